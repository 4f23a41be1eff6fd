/* SPDX-License-Identifier: Apache-2.0 */
/* Writing one generation (docs/card-application.md, "Writing"): what commit and provision share. */
#ifndef DMSCI_CARD_STORE_H
#define DMSCI_CARD_STORE_H

#include "host/card/private.h"
#include "host/card/space.h"

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
    uint16_t full; /* pool that had no room, 0 none */
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
 * @return DMSC_E_LIMIT with reason card:pool-full; store->full then says which pool
 */
DMSC_NODISCARD enum dmsc_err dmsci_store_place(struct dmsci_store *store);
/** Encode and sign @p list as the next one. @param tag 8 bytes, or NULL: fits any card */
DMSC_NODISCARD enum dmsc_err dmsci_store_list(struct dmsci_store *store,
                                              const struct dmsc_ma_list *list, const uint8_t *tag,
                                              const struct dmsc_secret *signing_key);
/** Bodies, index and list into free space and inactive slots, then the header. */
DMSC_NODISCARD enum dmsc_err dmsci_store_write(struct dmsci_store *store,
                                               struct dmsc_card_header *ret_header);
/**
 * The loop around a commit: load, let @p plan lay the wanted state over it and place the bodies,
 * write. Where a pool has no gap that is large enough, bodies are moved together first, each move a
 * generation of its own, and all begins anew.
 *
 * @param adm  ADM1; verified when something is to be written
 * @param more entries that plan() adds at most
 * @param plan may be called more than once. DMSC_E_LIMIT with store->full set asks for room
 * @param before_header NULL, or what else is to be on the card before the generation is
 */
struct dmsci_store_work {
    const struct dmsc_secret *adm;
    bool may_be_blank;
    size_t more;
    enum dmsc_err (*check)(struct dmsci_store *store, void *user); /* once, before anything */
    enum dmsc_err (*plan)(struct dmsci_store *store, void *user);
    enum dmsc_err (*before_header)(struct dmsci_store *store, void *user);
    void *user;
};
DMSC_NODISCARD enum dmsc_err dmsci_store_run(struct dmsci_store *store,
                                             const struct dmsci_store_work *work,
                                             struct dmsc_card_header *ret_header);

/** What of a pool must not be touched: all that the index in force names. */
DMSC_NODISCARD enum dmsc_err dmsci_store_space(const struct dmsci_store *store, uint16_t fid,
                                               struct dmsci_space *ret_space);
/** Has anybody written since dmsci_store_load()? DMSC_E_AGAIN, card:changed. */
DMSC_NODISCARD enum dmsc_err dmsci_store_unmoved(struct dmsci_store *store);
DMSC_NODISCARD enum dmsc_err dmsci_card_need_adm(struct dmsc_card *card,
                                                 const struct dmsc_secret *adm);
void dmsci_store_step(struct dmsci_store *store, const char *name);

#endif
