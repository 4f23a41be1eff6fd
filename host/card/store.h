/* SPDX-License-Identifier: Apache-2.0 */
/* Writing one generation (docs/card-application.md, "Writing"): what commit and provision share. */
#ifndef DMSCI_CARD_STORE_H
#define DMSCI_CARD_STORE_H

#include "host/card/private.h"

struct dmsci_store {
    struct dmsc_card *card;
    const struct dmsc_secret *pin;
    uint8_t writer;
    uint32_t commit_time;
    const struct dmsc_card_progress *progress; /* NULL: nobody watches */
    unsigned steps_done, steps_total;

    /* In force, after dmsci_store_load(). */
    struct dmsci_generations walk;
    bool blank; /* no generation yet: header and index are empty */
    struct dmsc_card_header header;
    struct dmsc_mo_index now;

    /* Wanted. */
    uint32_t generation; /* of the next commit, dmsci_store_load() proposes one more */
    uint8_t flags;       /* header flags but the slots, as they are to be */
    struct dmsc_mo_index next;
    struct dmsc_bytes *bodies; /* one for each entry of next; p NULL: the body stays where it is */
    bool index_changes;
    struct dmsc_buf list_file; /* the new MA list */
    bool list_changes;
};

void dmsci_store_init(struct dmsci_store *store, struct dmsc_card *card);
void dmsci_store_clear(struct dmsci_store *store);
/**
 * Read what is in force. @param may_be_blank a card without any generation is no error
 * On return next is a copy of now with room for @p more entries.
 */
DMSC_NODISCARD enum dmsc_err dmsci_store_load(struct dmsci_store *store, bool may_be_blank,
                                              size_t more);
/**
 * Give each new body of next a place that the index in force does not use.
 * @return DMSC_E_LIMIT with reason card:pool-full; @p ret_fid then says which pool
 */
DMSC_NODISCARD enum dmsc_err dmsci_store_place(struct dmsci_store *store, uint16_t *ret_fid);
/** Encode and sign @p list as the next one. @param tag 8 bytes, or NULL: fits any card */
DMSC_NODISCARD enum dmsc_err dmsci_store_list(struct dmsci_store *store,
                                              const struct dmsc_ma_list *list, const uint8_t *tag,
                                              const struct dmsc_secret *signing_key);
/** Bodies, index and list into free space and inactive slots, then the header. */
DMSC_NODISCARD enum dmsc_err dmsci_store_write(struct dmsci_store *store,
                                               struct dmsc_card_header *ret_header);
/**
 * Make room in a pool: move one body, as a generation of its own. The store is loaded again after.
 * @return DMSC_E_LIMIT when no move helps
 */
DMSC_NODISCARD enum dmsc_err dmsci_store_compact(struct dmsci_store *store, uint16_t fid);

/** Has anybody written since dmsci_store_load()? DMSC_E_AGAIN, card:changed. */
DMSC_NODISCARD enum dmsc_err dmsci_store_unmoved(struct dmsci_store *store);
DMSC_NODISCARD enum dmsc_err dmsci_card_need_adm(struct dmsc_card *card,
                                                 const struct dmsc_secret *adm);
void dmsci_store_step(struct dmsci_store *store, const char *name);

#endif
