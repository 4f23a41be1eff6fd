/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What secured packets carry to and from remote management applications: TS 102 226 clause 5, the
 * compact format (5.1) and the expanded one (5.2). What is decoded borrows from the input.
 */
#ifndef DMSCI_OTA_SCRIPT_H
#define DMSCI_OTA_SCRIPT_H

#include <dmsc/bytes.h>

/* Templates of the expanded format; each is its own format's tag. */
enum dmsci_script_format {
    DMSCI_SCRIPT_COMPACT = 0,
    DMSCI_SCRIPT_COMMAND = 0xAA,            /* definite length */
    DMSCI_SCRIPT_RESPONSE = 0xAB,           /* definite length */
    DMSCI_SCRIPT_COMMAND_INDEFINITE = 0xAE, /* 80, objects, 00 00 */
    DMSCI_SCRIPT_RESPONSE_INDEFINITE = 0xAF
};

/* Objects of a command script. */
#define DMSCI_SCRIPT_C_APDU    0x22u
#define DMSCI_SCRIPT_IMMEDIATE 0x81u /* immediate action, and its response */
#define DMSCI_SCRIPT_ERROR     0x82u /* what to do when a command fails; empty: nothing */
#define DMSCI_SCRIPT_CHAINING  0x83u
/* Objects of a response script. */
#define DMSCI_SCRIPT_EXECUTED   0x80u /* number of command objects executed */
#define DMSCI_SCRIPT_R_APDU     0x23u
#define DMSCI_SCRIPT_BAD_FORMAT 0x90u

/* Immediate action and error action of one byte (5.2.1.1, 5.2.1.2): 01..7F a record of EF(RMA). */
#define DMSCI_SCRIPT_ACTION_RECORD_MAX 0x7Fu
#define DMSCI_SCRIPT_ACTION_SESSION    0x81u /* a proactive session is going to be asked for */
#define DMSCI_SCRIPT_ACTION_EARLY      0x82u /* answer before the script is executed */

enum dmsci_script_chaining {                                   /* 5.2.1.3 */
                             DMSCI_SCRIPT_FIRST_DELETE = 0x01, /* context goes with a card reset */
                             DMSCI_SCRIPT_FIRST_KEEP = 0x11,
                             DMSCI_SCRIPT_SUBSEQUENT = 0x02,
                             DMSCI_SCRIPT_LAST = 0x03
};
enum dmsci_script_chaining_error { /* response to it */
                                   DMSCI_SCRIPT_NO_PREVIOUS = 0x01,
                                   DMSCI_SCRIPT_CHAINING_UNSUPPORTED = 0x02,
                                   DMSCI_SCRIPT_CHAINING_UNABLE = 0x03
};
enum dmsci_script_fault { /* value of "bad format" */
                          DMSCI_SCRIPT_FINE = 0x00,
                          DMSCI_SCRIPT_UNKNOWN_TAG = 0x01,
                          DMSCI_SCRIPT_WRONG_LENGTH = 0x02,
                          DMSCI_SCRIPT_NO_LENGTH = 0x03
};

struct dmsci_script {
    enum dmsci_script_format format;
    struct dmsc_bytes body; /* commands or objects without their template */
};

struct dmsci_script_item {
    uint8_t tag; /* of the expanded format; DMSCI_SCRIPT_C_APDU in the compact one */
    struct dmsc_bytes value;
};

/**
 * Which format is it, and is it well formed? Every object is checked: known, whole, of a length
 * that its kind can have. A compact script begins with CLA, which no template is.
 *
 * @param ret_fault what a card answers in "bad format"; NULL is fine
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED
 */
DMSC_NODISCARD enum dmsc_err dmsci_script_decode(struct dmsc_bytes bytes,
                                                 struct dmsci_script *ret_script,
                                                 enum dmsci_script_fault *ret_fault);
/** Step through script.body, which dmsci_script_decode() has checked. */
bool dmsci_script_next(const struct dmsci_script *script, struct dmsc_rd *r,
                       struct dmsci_script_item *ret_item);

/** Write @p body, commands or objects, in a template. Compact: as it is. */
void dmsci_script_encode(enum dmsci_script_format format, struct dmsc_bytes body,
                         struct dmsc_wr *w);
void dmsci_script_put(struct dmsc_wr *w, uint8_t tag, struct dmsc_bytes value);
/** "80": one byte, or two from 256 on. */
void dmsci_script_put_executed(struct dmsc_wr *w, unsigned executed);

/** Does P3 of this header announce data that follows (compact format, 5.1.1), or is it Le? */
bool dmsci_script_has_data(struct dmsc_bytes header);

/** What the compact format answers (5.1.2). */
struct dmsci_compact_response {
    uint8_t executed;
    uint16_t sw;            /* of the last one */
    struct dmsc_bytes data; /* of the last one */
};
DMSC_NODISCARD enum dmsc_err dmsci_compact_response_decode(
    struct dmsc_bytes bytes, struct dmsci_compact_response *ret_response);
void dmsci_compact_response_encode(const struct dmsci_compact_response *response,
                                   struct dmsc_wr *w);

#endif
