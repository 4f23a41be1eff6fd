/* SPDX-License-Identifier: Apache-2.0 */
/* A device and a software UICC side by side, and the issuer's hand behind the device's back. */
#ifndef TESTS_SYNC_RIG_H
#define TESTS_SYNC_RIG_H

#include "host/sync/sync.h"
#include "tests/support/test.h"
#include <dmsc/sim.h>

/** What goes wrong on the way to the card. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_ERROR,   /* DMSC_E_LINK, the command did not arrive */
    TROUBLE_LOST,    /* DMSC_E_LINK, the command was carried out and the answer lost */
    TROUBLE_REMOVED, /* the card is gone until it is powered again */
    TROUBLE_RESET,   /* DMSC_E_CARD_RESET: channels and PINs are lost */
    TROUBLE_SW,      /* 6F00, the command did not arrive */
    TROUBLE_SHORT,   /* the answer lacks its last byte */
    TROUBLE_EMPTY,   /* an answer without SW */
    TROUBLE_MORE,    /* 61FF instead of the answer */
    TROUBLE_BITS,    /* each byte of the data inverted, 9000 */
    TROUBLE_KINDS
};

struct rig_link {
    struct dmsc_link *inner;
    struct dmsc_ctx *ctx;
    enum trouble kind;
    unsigned at;    /* the command it happens to, from 1 */
    unsigned count; /* commands since rig_trouble() */
    bool gone, fired;
    bool never_power; /* power calls are answered and not carried out */
    /* Called before command number hook_at: somebody else at the card. */
    void (*hook)(void *user);
    void *hook_user;
    unsigned hook_at;
};

struct rig {
    struct dmsc_ctx *world; /* card and issuer: no trouble reaches them */
    struct dmsc_sim *sim;

    struct fault fault;
    struct dmsc_ctx *ctx; /* the device's */
    struct rig_link *way;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    struct dmsc_secret pin, adm1;
    struct dmsc_bytes issuer_spki;
    struct dmsc_card_trust trust;
    struct dmsci_sync sync; /* all of it, for the calls under test */
    struct dmsc_sync_report report;
};

/** The card of tests/data/sync/profile.json, fresh from its issuer; a device that knows nothing. */
void rig_open(struct rig *rig);
/** Likewise with the card that this profile text of the simulator describes. */
void rig_open_card(struct rig *rig, const char *sim_profile);
/** No block of the device's memory may be left. */
void rig_close(struct rig *rig);
/** The device forgets all it knew: a new store. */
void rig_forget(struct rig *rig);

/** Another card into the reader; the device keeps what it knows. */
void rig_swap(struct rig *rig, struct dmsc_sim **sim);
/** A card with another ICCID, provisioned with @p profile below tests/data/sync/. */
struct dmsc_sim *rig_other_card(struct rig *rig, const char *profile);

/** The simulator's profile text of the provisioned card. Lives as long as the program. */
const char *rig_card_text(void);

/* --- the device ------------------------------------------------------------------------------- */

/** Power on and dmsci_sync_pull(); rig->report is what it said. */
enum dmsc_err rig_pull(struct rig *rig, bool dry_run);
/** dmsci_sync_push() with the power on; rig->report likewise. */
enum dmsc_err rig_push(struct rig *rig, const char *server_id);
void rig_pull_ok(struct rig *rig);
/** The item of the report with this id; fails the test without. */
const struct dmsc_sync_item *rig_item(const struct rig *rig, uint8_t id);
void rig_assert_item(const struct rig *rig, uint8_t id, enum dmsc_sync_action action,
                     const char *reason_prefix);
void rig_assert_failed(const struct rig *rig, enum dmsc_err err, enum dmsc_err wanted,
                       const char *reason);
/** A server's change to the tree, past every right: what the engine would have done. */
void rig_set(struct rig *rig, const char *uri, const char *value);
void rig_delete(struct rig *rig, const char *uri);
bool rig_has(struct rig *rig, const char *uri);
void rig_assert_value(struct rig *rig, const char *uri, const char *value);
void rig_assert_acl(struct rig *rig, const char *uri, const char *acl);
/** Tree, list in force and what is remembered of cards, as text. free() */
char *rig_snapshot(struct rig *rig);
/** Tree and list alone: what the device does, not what it remembers. free() */
char *rig_behaviour(struct rig *rig);

/** From now on: trouble at the @p at th command, from 1. */
void rig_trouble(struct rig *rig, enum trouble kind, unsigned at);

/* --- the issuer ------------------------------------------------------------------------------- */

/** One commit. The card loses power. */
void rig_issue(struct rig *rig, const struct dmsc_card_change *changes, size_t count,
               const struct dmsc_ma_list *list);
/** As rig_issue(), but while the device works: on a channel of its own, without a reset. */
void rig_issue_beside(struct rig *rig, const struct dmsc_card_change *changes, size_t count,
                      const struct dmsc_ma_list *list);
/** As rig_issue() with a list that nobody signed. */
void rig_issue_unsigned(struct rig *rig, const struct dmsc_ma_list *list);
/** One bit of the signature of the list; length and check sums of the next generation fit. */
void rig_break_signature(struct rig *rig);
/** What the card holds now, all of it. dmsc_card_image_clear() */
void rig_read_card(struct rig *rig, struct dmsc_card_image *ret_image);
void rig_newest_header(struct rig *rig, struct dmsc_card_header *ret_header);
/** A raw header as the newest record, with a right check sum. */
void rig_header(struct rig *rig, struct dmsc_card_header *header);
/** Generation and bodies of the card as text. free() */
char *rig_card(struct rig *rig);
struct dmsc_card_change rig_body(uint8_t id, const char *xml);
/** A TNDS leaf as a body. */
#define RIG_LEAF(name, value)                                                                      \
    "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>" name "</NodeName><Value>" value               \
    "</Value></Node></MgmtTree>"

#endif
