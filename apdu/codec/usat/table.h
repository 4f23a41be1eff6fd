/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of this folder are made of: names of values, layouts of objects. */
#ifndef DMSCI_USAT_TABLE_H
#define DMSCI_USAT_TABLE_H

#include "apdu/base/compiler.h"
#include <dmsc/usat_describe.h>

/** Words for a value: (number & mask) == value. Rows that fit are joined; ends with words NULL. */
struct dmsci_usat_name {
    uint16_t mask, value;
    const char *words;
};
#define IS(value, words)                                                                           \
    {                                                                                              \
        0xFFFF, value, words                                                                       \
    }
#define BIT(mask, words)                                                                           \
    {                                                                                              \
        mask, mask, words                                                                          \
    }
#define IN(mask, value, words)                                                                     \
    {                                                                                              \
        mask, value, words                                                                         \
    }
#define NAMES_END                                                                                  \
    {                                                                                              \
        0, 0, NULL                                                                                 \
    }

/** What the bytes of a field are. */
enum dmsci_usat_type {
    AS_NUMBER,     /* size bytes, most significant first, at most 4 */
    AS_BITS,       /* size bits, from the most significant; rows in a row make whole bytes */
    AS_BYTES,      /* size bytes; 0: all that are left */
    AS_ALPHA,      /* the rest: text of TS 102 221 annex A */
    AS_PLAIN,      /* size bytes of ASCII; 0: the rest */
    AS_DCS_TEXT,   /* the rest, in the coding of the byte before (TS 23.038 clause 4) */
    AS_CBS_TEXT,   /* the same for cell broadcast and USSD (clause 5) */
    AS_DIGITS,     /* BCD, low nibble first, F fills; 0: the rest */
    AS_SMS_DIGITS, /* the same, as many as the count kept before says */
    AS_IDENTITY,   /* IMEI: type and parity in the first low nibble; 0: the rest */
    AS_PLMN,       /* 3 bytes: MCC-MNC */
    AS_TIME,       /* 3 bytes, swapped BCD: hh:mm:ss */
    AS_DATE,       /* 7 bytes, swapped BCD: date, time, time zone */
    AS_PATH,       /* file identifiers up to the next 3F00 */
    AS_IPV4,       /* 4 bytes */
    AS_IPV6,       /* 16 bytes */
    AS_LABELS,     /* the rest: labels with their lengths (TS 23.003) */
    AS_VALIDITY,   /* validity period of an SMS, as the format kept before says */
    AS_QUALIFIER,  /* one byte, in words of the type of command before */
    AS_USER_DATA,  /* bytes of an SMS, said in words when they are a text without a header */
    AS_CHOICE,     /* go on with the layout of the number before */
    AS_LENGTH,     /* go on with the other layout when size bytes are left */
    AS_AGAIN       /* go back size rows as long as there is more */
};

enum { KEEP_NOTHING, KEEP_COUNT, KEEP_FORMAT, KEEP_HEADER, KEEP_CODING };

struct dmsci_usat_choice;
/** One field; a layout ends with name NULL. What is left when a layout ends is "rest". */
struct dmsci_usat_row {
    const char *name;
    uint8_t type; /* enum dmsci_usat_type */
    uint8_t size;
    uint8_t keep;
    const struct dmsci_usat_name *names;
    const struct dmsci_usat_choice *choice;
};
/** Layout for a number; ends with row NULL. */
struct dmsci_usat_choice {
    uint16_t mask, value;
    const struct dmsci_usat_row *row;
};

/** What some tags depend on. */
struct dmsci_usat_scope {
    enum dmsc_usat_kind kind;
    uint8_t template_tag;
    uint8_t type;  /* of the command; 0 for an envelope */
    uint8_t event; /* first of the list of an EVENT DOWNLOAD; FF otherwise */
};

struct dmsci_usat_kind_of_object {
    uint16_t tag;
    uint8_t when; /* enum in objects.c: where a tag has this meaning */
    const char *name;
    const char *clause;
    const struct dmsci_usat_row *row;
};

/** Never NULL: an unknown object has a layout too. */
const struct dmsci_usat_kind_of_object *dmsci_usat_object(const struct dmsci_usat_scope *scope,
                                                          uint16_t tag);
/** Qualifiers of a type of command; NULL when it has none. */
const struct dmsci_usat_name *dmsci_usat_qualifiers(uint8_t type);

extern const struct dmsci_usat_name dmsci_usat_commands[], dmsci_usat_devices[],
    dmsci_usat_events[], dmsci_usat_results[], dmsci_usat_units[], dmsci_usat_tons[],
    dmsci_usat_npis[], dmsci_usat_dcs[], dmsci_usat_cbs[], dmsci_usat_tones[], dmsci_usat_bearers[],
    dmsci_usat_link[], dmsci_usat_transports[], dmsci_usat_access[], dmsci_usat_plmn_access[],
    dmsci_usat_services[], dmsci_usat_registrations[], dmsci_usat_measurements[];
extern const struct dmsci_usat_choice dmsci_usat_result_choices[], dmsci_usat_bearer_choices[],
    dmsci_usat_address_choices[], dmsci_usat_tpdu_choices[];

/** The name of the one row that is exactly @p value; NULL without one. */
const char *dmsci_usat_name(const struct dmsci_usat_name *names, uint32_t value);

#endif
