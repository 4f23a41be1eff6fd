/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Card and tree in step, both directions. The store remembers, for each card tag, the header, the
 * MA list, the MO index and the certificates that are in force; a change of any of them and of the
 * tree is one transaction.
 */
#ifndef DMSCI_SYNC_H
#define DMSCI_SYNC_H

#include "apdu/base/ctx.h"
#include <dmsc/authority.h>
#include <dmsc/card.h>
#include <dmsc/mo.h>
#include <dmsc/store.h>
#include <dmsc/sync.h>

/* Which file a PIN or key came from, and its version. */
#define DMSCI_STAMP_MAX 128

/** What the two directions work with; everything is borrowed. */
struct dmsci_sync {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_store *store;
    struct dmsc_authority *authority;
    struct dmsc_uicc *uicc; /* powered */
    const struct dmsc_card_trust *trust;
    const struct dmsc_secret *pin;  /* NULL: none */
    const struct dmsc_secret *adm1; /* NULL: none */
    /* NULL: of no file, so a refusal is not remembered */
    const char *pin_stamp, *adm1_stamp;
    struct dmsc_now now;
    uint8_t ma_id; /* push: the entry that admitted the MA; 0: any with its ServerID */
    /* Called in the transaction that puts a card in force, before its objects are taken, and again
     * with the tag before (NULL: none) when that transaction is undone: secrets of the tree belong
     * to the card in force. May be NULL. */
    enum dmsc_err (*rekey)(void *user, const uint8_t *card_tag);
    void *rekey_user;
};

/** Where an entry of the MO index belongs. */
struct dmsci_place {
    char *uri;            /* canonical; "" when its path is none */
    const char *left_out; /* why it cannot be taken: a reason name, a colon, words; NULL: it can */
};

/** A card as the store remembers it, or as it was just read. */
struct dmsci_card_state {
    bool known;
    bool owes_secrets; /* objects were left out for want of a key: see dmsci_state_owe() */
    struct dmsc_card_header header;
    struct dmsc_ma_list list;
    bool vouched_for; /* the list, by the issuer key with this id */
    uint8_t signer[4];
    struct dmsc_mo_index index;
    struct dmsci_place *places; /* one for each entry of the index; NULL when not known */
    struct dmsc_ctx *places_ctx;
};
#define DMSCI_CARD_STATE_INIT                                                                      \
    {                                                                                              \
        0                                                                                          \
    }
void dmsci_card_state_clear(struct dmsci_card_state *state);

/** Fill state->places from its list and index. What can be taken depends on these alone, so that
 * the tree is the same whichever generations of a card a device has seen. */
DMSC_NODISCARD enum dmsc_err dmsci_places_make(struct dmsc_ctx *ctx,
                                               struct dmsci_card_state *state);
void dmsci_places_clear(struct dmsci_card_state *state);
/** @param entry of the state's own index */
const struct dmsci_place *dmsci_place_of(const struct dmsci_card_state *state,
                                         const struct dmsc_mo_entry *entry);
/** Has the MO the same owner, known by the same ServerIDs? */
bool dmsci_place_same_hands(const struct dmsci_card_state *then, const struct dmsc_mo_entry *was,
                            const struct dmsci_card_state *now, const struct dmsc_mo_entry *is);

/** The card in force, by its tag. DMSC_E_NOTFOUND before the first one. */
DMSC_NODISCARD enum dmsc_err dmsci_state_current(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                                 uint8_t ret_tag[DMSC_CARD_TAG_SIZE]);
DMSC_NODISCARD enum dmsc_err dmsci_state_load(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                              const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                              struct dmsci_card_state *ret_state);
/** Who signed the list that was just read. */
void dmsci_state_vouch(struct dmsci_card_state *state, const struct dmsc_card_image *image);
/** Whether the list counts with these issuer keys: any does without keys (NULL). */
DMSC_NODISCARD enum dmsc_err dmsci_state_counts(struct dmsc_ctx *ctx,
                                                const struct dmsc_card_trust *trust,
                                                const struct dmsci_card_state *state,
                                                bool *ret_counts);
/** Inside a transaction: this card is the one in force now. */
DMSC_NODISCARD enum dmsc_err dmsci_state_save(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                              const struct dmsci_card_state *state);
/** Inside a transaction: whether the card has to be read again, changed or not, because there was
 * no key to seal its secrets with. */
DMSC_NODISCARD enum dmsc_err dmsci_state_owe(struct dmsc_store *store,
                                             const uint8_t tag[DMSC_CARD_TAG_SIZE], bool owes);
/** Key of a value that belongs to a card: "card/TAG/" and @p name, number @p n appended unless < 0.
 */
void dmsci_state_key(const uint8_t tag[DMSC_CARD_TAG_SIZE], const char *name, int n,
                     char ret_key[64]);

/**
 * Check sum of an MO as it stands in the tree. It is remembered when tree and card agree, so a
 * difference later means that the tree has changed since. A subtree with secrets never differs: its
 * export is not whole.
 */
DMSC_NODISCARD enum dmsc_err dmsci_state_mark(const struct dmsci_sync *sync,
                                              const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                              const struct dmsc_mo_entry *entry);
/** @param ret_body the MO's export, replaced; whatever the answer */
DMSC_NODISCARD enum dmsc_err dmsci_state_differs(const struct dmsci_sync *sync,
                                                 const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                                 const struct dmsc_mo_entry *entry,
                                                 struct dmsc_buf *ret_body, bool *ret_differs);

/** Card to tree: the change check, and what follows from it. */
DMSC_NODISCARD enum dmsc_err dmsci_sync_pull(const struct dmsci_sync *sync, bool dry_run,
                                             struct dmsc_sync_report *report);
/**
 * Tree to card: every MO that may be written back, differs, and over which @p server_id holds the
 * right to write back, in one commit of the card. The others are named in the report; so are those
 * that the card refuses for good (a wrong key, no room, no local writers): no later try would mend
 * that.
 *
 * @return DMSC_E_AGAIN (card:changed): somebody else wrote to the card, pull first
 */
DMSC_NODISCARD enum dmsc_err dmsci_sync_push(const struct dmsci_sync *sync, const char *server_id,
                                             struct dmsc_sync_report *report);

/* References of TS 102 221 table 9.3. */
enum dmsci_key { DMSCI_KEY_OF_OWNER = 0x01, DMSCI_KEY_OF_ISSUER = 0x0A }; /* PIN1, ADM1 */
/** Whether the card with this tag has refused the very file that this PIN or key is from. */
DMSC_NODISCARD enum dmsc_err dmsci_key_refused(const struct dmsci_sync *sync,
                                               const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                               enum dmsci_key key, bool *ret_refused);
/** After @p failure with its story: remember it when it was a wrong PIN or key. @return it */
DMSC_NODISCARD enum dmsc_err dmsci_key_remember(const struct dmsci_sync *sync,
                                                const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                                enum dmsc_err failure);
/** PIN1 was held back: DMSC_E_PIN, pin:refused-before. */
enum dmsc_err dmsci_key_tell(const struct dmsci_sync *sync);

/** A certificate as remembered. */
struct dmsci_known_cert {
    char label[64];
    bool trusted;
    uint8_t id[32];
    size_t id_length;
    struct dmsc_bytes der; /* borrows from what was loaded */
};
/** Read the certificates of the card's PKCS#15 view and remember them instead of the old ones. */
DMSC_NODISCARD enum dmsc_err dmsci_certs_read(const struct dmsci_sync *sync,
                                              struct dmsc_card_objects *ret_objects);
DMSC_NODISCARD enum dmsc_err dmsci_certs_save(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                              const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                              const struct dmsc_card_objects *objects);
/** Each remembered certificate of the card in force; @p cert answers false to stop. */
DMSC_NODISCARD enum dmsc_err dmsci_certs_each(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                              bool (*cert)(void *user,
                                                           const struct dmsci_known_cert *cert),
                                              void *user);

/** One line of the report. */
DMSC_NODISCARD enum dmsc_err dmsci_report_item(struct dmsc_sync_report *report,
                                               enum dmsc_sync_action action,
                                               const struct dmsc_mo_entry *entry,
                                               const char *reason);
/** LEFT_OUT, for the reason of the story that was told last. */
DMSC_NODISCARD enum dmsc_err dmsci_report_failure(struct dmsc_sync_report *report,
                                                  const struct dmsc_mo_entry *entry);

#endif
