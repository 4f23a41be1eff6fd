/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the codecs of the DM card application. Pure functions: no I/O. */
#ifndef DMSCI_CARD_FORMAT_H
#define DMSCI_CARD_FORMAT_H

#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include <dmsc/card.h>

/* Fixed beginnings of the two list files: magic, version, V_MAL, card tag; magic, version, V_MOX,
 * pool sizes. */
#define DMSCI_MAL_FIXED 16u
#define DMSCI_MOX_FIXED 12u

/** Begin a refusal: reason name and a sentence. @return @p err */
enum dmsc_err dmsci_format_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *what,
                                  const char *reason, const char *fmt, ...) DMSCI_PRINTF(5, 6);
/** Text as the profile allows it: 1..max bytes, UTF-8, no control character. */
bool dmsci_format_text_ok(struct dmsc_bytes value, size_t max);
/** A tree path: "." or "./A/B", at most 255 bytes, no empty, "." or ".." segment, no end slash. */
bool dmsci_format_path_ok(struct dmsc_bytes value);
/** Nothing but FF is left. */
bool dmsci_format_only_fill(const struct dmsc_rd *r);
/** How many objects with this tag there are at this level, up to the first bad one or the fill. */
size_t dmsci_format_count(struct dmsc_bytes in, uint32_t tag);

/* One template of primitive (and some constructed) objects, as a table. */
enum dmsci_field_use { DMSCI_FIELD_ONE, DMSCI_FIELD_MAYBE, DMSCI_FIELD_MANY };
struct dmsci_fields;
struct dmsci_field {
    uint32_t tag;
    enum dmsci_field_use use;
    size_t min, max; /* bytes of the value */
    enum dmsc_err (*get)(const struct dmsci_fields *job, struct dmsc_bytes value);
};
struct dmsci_fields {
    struct dmsc_ctx *ctx;
    const char *what;   /* the story: "read the MA list" */
    const char *prefix; /* of the reason names: "mal" */
    unsigned entry;     /* which entry, for the story; from 1 */
    const struct dmsci_field *table;
    size_t count; /* at most 32 */
    void *into;
};
/**
 * Decode one template. Unknown primitive objects are ignored; an unknown constructed one may change
 * the meaning of all the rest and is refused.
 */
DMSC_NODISCARD enum dmsc_err dmsci_fields_decode(const struct dmsci_fields *job,
                                                 struct dmsc_bytes in);
/** Refuse with reason "PREFIX:NAME". @return @p err */
enum dmsc_err dmsci_fields_refuse(const struct dmsci_fields *job, enum dmsc_err err,
                                  const char *name, const char *fmt, ...) DMSCI_PRINTF(4, 5);
/** Keep a text as a C string. */
DMSC_NODISCARD enum dmsc_err dmsci_fields_text(const struct dmsci_fields *job,
                                               struct dmsc_bytes value, char **ret_text);
/** Code of one byte or URN. */
DMSC_NODISCARD enum dmsc_err dmsci_fields_type(const struct dmsci_fields *job,
                                               struct dmsc_bytes value, enum dmsc_mo_type *ret_type,
                                               char **ret_urn);

/** The parts of a MA list that its signature is about. Borrowed from the file. */
struct dmsci_mal_signature {
    bool present;
    struct dmsc_bytes message; /* what was signed */
    uint8_t key_id[4];
    struct dmsc_bytes value; /* r || s */
};
DMSC_NODISCARD enum dmsc_err dmsci_mal_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                              struct dmsc_ma_list *ret_list,
                                              struct dmsci_mal_signature *ret_signature);
DMSC_NODISCARD enum dmsc_err dmsci_mal_verify(struct dmsc_ctx *ctx,
                                              const struct dmsci_mal_signature *signature,
                                              const struct dmsc_card_trust *trust);

/** Deep copy of one entry; @p ret_entry is overwritten. */
DMSC_NODISCARD enum dmsc_err dmsci_mo_entry_copy(struct dmsc_ctx *ctx,
                                                 const struct dmsc_mo_entry *entry,
                                                 struct dmsc_mo_entry *ret_entry);
void dmsci_mo_entry_clear(struct dmsc_ctx *ctx, struct dmsc_mo_entry *entry);

#endif
