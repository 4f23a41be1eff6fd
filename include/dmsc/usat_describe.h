/* SPDX-License-Identifier: Apache-2.0 */
/* For a workbench: every object of USAT in typed fields and in words, and back to bytes. A device
 * that only serves the toolkit does with <dmsc/usat.h>. */
#ifndef DMSC_USAT_DESCRIBE_H
#define DMSC_USAT_DESCRIBE_H

#include <dmsc/usat.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_ctx;

/** How the characters of a text are coded. */
enum dmsc_usat_coding {
    DMSC_USAT_GSM_UNPACKED = 0, /* default alphabet of TS 23.038, an octet each */
    DMSC_USAT_GSM_PACKED = 1,   /* the same in 7 bits each */
    DMSC_USAT_UCS2 = 2,         /* two octets each; pairs of surrogates are taken too */
    DMSC_USAT_PLAIN = 3,        /* printable ASCII */
    DMSC_USAT_WRITTEN = 4,      /* digits, paths, dates, addresses: written as people do */
    /* TS 102 221 annex A. The base pointer stands above: coding | base << 8. */
    DMSC_USAT_UCS2_80 = 0x80,
    DMSC_USAT_UCS2_81 = 0x81,
    DMSC_USAT_UCS2_82 = 0x82
};

/**
 * Characters to UTF-8, appended to @p text; and back, appended to @p bytes. For DMSC_USAT_UCS2_80
 * to _82 the octets begin with 80, 81 or 82. The extension table of TS 23.038 is known; a code
 * without a character becomes U+00A0 (23.038 clause 6.2.1.1).
 *
 * @return DMSC_E_MALFORMED for octets that are no text of that coding; DMSC_E_UNSUPPORTED for a
 *         character that the coding does not have; DMSC_E_ARG for text that is no UTF-8;
 *         DMSC_E_LIMIT, DMSC_E_NOMEM. The buffer is then unchanged.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_usat_text_decode(uint32_t coding,
                                                            struct dmsc_bytes bytes,
                                                            struct dmsc_buf *text);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_usat_text_encode(uint32_t coding, struct dmsc_bytes text,
                                                            struct dmsc_buf *bytes);

enum dmsc_usat_form { DMSC_USAT_NUMBER, DMSC_USAT_TEXT, DMSC_USAT_BYTES };

/** One field of an object. What is no text that could be written back as it came is BYTES. */
struct dmsc_usat_field {
    const char *name; /* "time unit" */
    enum dmsc_usat_form form;
    uint32_t number;         /* NUMBER: the value. TEXT: its coding */
    struct dmsc_bytes bytes; /* TEXT: UTF-8. BYTES: as they stand */
    const char *meaning;     /* in words; "" when there is nothing to add */
};

/** One COMPREHENSION-TLV object in fields. */
struct dmsc_usat_part {
    uint16_t tag;
    bool comprehension_required;
    const char *name;   /* "Text string"; "Unknown object" */
    const char *clause; /* "TS 102 223 8.15"; "" for an unknown one */
    const struct dmsc_usat_field *field;
    size_t fields;
};

/** All objects of a message in fields. */
struct dmsc_usat_parts;

/**
 * @param usat its bytes must outlive the result; it may go itself
 * @return DMSC_E_NOMEM; DMSC_E_LIMIT for objects of more than 65,535 bytes together
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_usat_parts_decode(struct dmsc_ctx *ctx,
                                                             const struct dmsc_usat *usat,
                                                             struct dmsc_usat_parts **ret_parts);
/** NULL is fine. */
DMSC_API void dmsc_usat_parts_free(struct dmsc_usat_parts *parts);
DMSC_API size_t dmsc_usat_parts_count(const struct dmsc_usat_parts *parts);
/** @p at below the count. Lives as long as @p parts. */
DMSC_API const struct dmsc_usat_part *dmsc_usat_parts_at(const struct dmsc_usat_parts *parts,
                                                         size_t at);

/**
 * Write a message: template 'D0', the objects of a response without one, or the template of an
 * envelope. Names of parts and meanings do not count; the names of fields do, in their order. Since
 * some tags mean one thing in one command and another elsewhere, the command details or the event
 * list are looked at first. What decoding gave is written as it came, with lengths in their
 * shortest form.
 *
 * @param template_tag of an envelope; otherwise not looked at
 * @return DMSC_E_ARG for a field that the object does not have or that holds what cannot be
 *         written, with its story in @p ctx; DMSC_E_LIMIT when @p w is too small; @p w is then as
 *         before
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_usat_parts_encode(struct dmsc_ctx *ctx,
                                                             enum dmsc_usat_kind kind,
                                                             uint8_t template_tag,
                                                             const struct dmsc_usat_part *part,
                                                             size_t count, struct dmsc_wr *w);

/* Names. NULL for a value that has none. */

/** Type of command (TS 102 223 clause 9.4): 0x21 is "DISPLAY TEXT". */
DMSC_API const char *dmsc_usat_command_name(uint8_t type);
/** Template of an envelope or command (TS 101 220 clause 7.2): 0xD6 is "EVENT DOWNLOAD". */
DMSC_API const char *dmsc_usat_template_name(uint8_t template_tag);
DMSC_API const char *dmsc_usat_event_name(uint8_t event);
DMSC_API const char *dmsc_usat_device_name(uint8_t device);
DMSC_API const char *dmsc_usat_result_name(uint8_t result);
/** Bit @p bit (1 to 8) of byte @p byte (from 1) of the TERMINAL PROFILE (TS 102 223 clause 5.2). */
DMSC_API const char *dmsc_usat_profile_name(unsigned byte, unsigned bit);
/** The title of a byte of the TERMINAL PROFILE, or of a number that some of its bits make. */
DMSC_API const char *dmsc_usat_profile_number_name(unsigned byte, unsigned bit);

/** One BER-TLV object; tag of up to three bytes as they stand: 0x62, 0x9F1F. */
struct dmsc_tlv_object {
    uint32_t tag;
    bool constructed;
    struct dmsc_bytes value;
};

/** Step through BER-TLV objects, lengths in any form up to three bytes. false at the end or on bad
 * input: look at r->bad. */
DMSC_API bool dmsc_tlv_next(struct dmsc_rd *r, struct dmsc_tlv_object *ret_object);
/**
 * What a tag means inside of another: FCP (TS 102 221 clause 11.1.1.3), EF(DIR) entries, access
 * rules, PIN status.
 *
 * @param inside the tag of the template around it; 0 at the outermost level
 */
DMSC_API const char *dmsc_tlv_name(uint32_t inside, uint32_t tag);

#ifdef __cplusplus
}
#endif
#endif
