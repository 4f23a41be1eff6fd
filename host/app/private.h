/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_APP_PRIVATE_H
#define DMSCI_APP_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/env.h>
#include <dmsc/grant.h>

#define DMSCI_APP_NAME 64u

/** Who may be an application: a user of the system, or who holds the key of a certificate. */
struct dmsci_app_rule {
    char *name;
    uint32_t uid;
    uint8_t *certificate; /* NULL: the uid counts */
    size_t certificate_n;
};

/** Where an application belongs. */
struct dmsci_app_place {
    char name[DMSCI_APP_NAME + 1];
    char environment[DMSC_ENV_NAME + 1];
};

struct dmsci_watch {
    char *uri; /* NULL: free */
    bool lasting;
    int64_t change; /* the one being told; 0: none */
    size_t at;      /* offset in its text of the next line */
    int64_t seen;   /* the last one told to its end */
};

struct dmsc_apps {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    struct dmsci_app_rule *rules;
    size_t rule_count;
    struct dmsci_app_place *places;
    size_t place_count;
    struct dmsc_app *open; /* list */
    uint8_t nonce[DMSC_APP_NONCE_SIZE];
    bool nonce_fresh;
    struct dmsc_now (*clock)(void *user); /* NULL: certificates of the card admit nobody */
    void *clock_user;
};

struct dmsc_app {
    struct dmsc_apps *apps;
    struct dmsc_app *next;
    char subject[DMSCI_APP_NAME + 8]; /* "local:NAME" */
    bool by_card; /* opened with a certificate of the card, which may be withdrawn: */
    uint8_t certificate_sha256[32];
    char **bound; /* limits.app_objects */
    size_t bound_count;
    struct dmsci_watch *watches; /* limits.app_watches */
    struct dmsc_buf what, uri;   /* of the event told last */
    struct dmsc_buf actor;
};

bool dmsci_app_good_name(const char *name);
/** "local:NAME" of a good name. */
void dmsci_app_subject_text(const char *name, char ret_subject[DMSCI_APP_NAME + 8]);
DMSC_NODISCARD enum dmsc_err dmsci_app_make(struct dmsc_apps *apps, const char *name,
                                            struct dmsc_app **ret_app);
/** Log and story. @return DMSC_E_REFUSED */
enum dmsc_err dmsci_app_not_opened(struct dmsc_apps *apps, const char *name, const char *reason,
                                   const char *why);
/** Whether certificates of the card name the application at all, and whether this one is it. */
DMSC_NODISCARD enum dmsc_err dmsci_app_provisioned(struct dmsc_apps *apps, const char *subject,
                                                   const uint8_t sha256[32], struct dmsc_now now,
                                                   bool *ret_known, bool *ret_admitted);
/** DMSC_E_REFUSED (app:withdrawn) when what it was opened with is in use no more. */
DMSC_NODISCARD enum dmsc_err dmsci_app_still(struct dmsc_app *app, struct dmsc_now now);
struct dmsc_subject dmsci_app_subject(const struct dmsc_app *app);
/** DMSC_OK when the application may; else the story of the refusal. */
DMSC_NODISCARD enum dmsc_err dmsci_app_may(struct dmsc_app *app, enum dmsc_right right,
                                           const char *uri, const char *new_mo,
                                           struct dmsc_now now);
/** A quiet look. */
bool dmsci_app_sees(struct dmsc_app *app, const char *uri, struct dmsc_now now);
/** Keep a change, or with a failure nothing of it. */
DMSC_NODISCARD enum dmsc_err dmsci_app_end(struct dmsc_app *app, enum dmsc_err err);
/** Behind a write that went well. */
DMSC_NODISCARD enum dmsc_err dmsci_app_wrote(struct dmsc_app *app, const char *uri,
                                             struct dmsc_now now);
/** What stands behind the node is asked for its value now. */
DMSC_NODISCARD enum dmsc_err dmsci_app_refresh(struct dmsc_app *app, const char *uri,
                                               struct dmsc_now now);
void dmsci_app_unwatch_all(struct dmsc_app *app);
enum dmsc_err dmsci_app_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *what,
                               const char *where, const char *reason, const char *why);

#endif
