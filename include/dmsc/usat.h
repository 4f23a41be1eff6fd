/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_USAT_H
#define DMSC_USAT_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What passes between card and terminal on behalf of the toolkit (TS 102 223 clauses 6 to 8). */
enum dmsc_usat_kind {
    DMSC_USAT_COMMAND,  /* what FETCH brings: template 'D0' */
    DMSC_USAT_RESPONSE, /* the data of TERMINAL RESPONSE: objects without a template */
    DMSC_USAT_ENVELOPE  /* the data of ENVELOPE: a template 'D1' to 'E4' */
};

/** One COMPREHENSION-TLV data object (TS 101 220 clause 7.1.1). */
struct dmsc_usat_object {
    uint16_t tag; /* without the comprehension bit */
    bool comprehension_required;
    bool long_tag; /* came in the 3-byte form */
    struct dmsc_bytes value;
};

/** A message as it stands: what every one of its kind has, and all objects. Bytes borrow. */
struct dmsc_usat {
    enum dmsc_usat_kind kind;
    uint8_t template_tag; /* 0 for a response */
    bool has_details;     /* command details (8.6): three bytes */
    uint8_t number, type, qualifier;
    bool has_devices; /* device identities (8.7): two bytes */
    uint8_t source, destination;
    bool has_result; /* result (8.12) of a response */
    uint8_t result;
    struct dmsc_bytes result_info;
    struct dmsc_bytes objects; /* all of them, the above included, in the order they came */
};

#define DMSC_USAT_INIT                                                                             \
    {                                                                                              \
        DMSC_USAT_COMMAND, 0, false, 0, 0, 0, false, 0, 0, false, 0, { NULL, 0 },                  \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

/**
 * Take a message apart. Unknown objects are kept. Each object is checked to be whole; whether those
 * that the type demands are there is dmsc_usat_comprehend()'s question.
 *
 * @param ret_usat untouched on failure
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_usat_decode(enum dmsc_usat_kind kind,
                                                       struct dmsc_bytes bytes,
                                                       struct dmsc_usat *ret_usat);
/** Step through usat.objects. false at the end or on bad input: look at r->bad. */
DMSC_API bool dmsc_usat_next(struct dmsc_rd *r, struct dmsc_usat_object *ret_object);
/** The first object with @p tag, whatever its comprehension bit; NULL @p ret_value is fine. */
DMSC_API bool dmsc_usat_find(const struct dmsc_usat *usat, uint16_t tag,
                             struct dmsc_bytes *ret_value);
/** Write one object; a tag from 7F on in the 3-byte form. */
DMSC_API void dmsc_usat_put(struct dmsc_wr *w, const struct dmsc_usat_object *object);

/**
 * Does a terminal that knows the objects of this release comprehend the command (TS 102 223 clause
 * 6.10, TS 101 220 clause 7.1.1)?
 *
 * @return the general result it demands (8.12): 00; 01 when an object without the comprehension bit
 *         is not known, not expected or too short; 31 for an unknown type; 32 for such an object
 *         that must be comprehended or that the type demands, and for an icon that does not
 *         explain itself and has no text (6.5.4); 36 when one that the type demands is missing
 */
DMSC_API uint8_t dmsc_usat_comprehend(const struct dmsc_usat *command);

#ifdef __cplusplus
}
#endif
#endif
