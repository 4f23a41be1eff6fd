/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_APP_H
#define DMSC_APP_H

#include <dmsc/authority.h>
#include <dmsc/cert.h>
#include <dmsc/mo_ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Local applications (HLF-005, HLF-017, HLF-018): they read, write and execute under the same
 * decision as everybody, as subject "local:NAME"; they bring Management Objects of their own and
 * follow the changes of others. Every call takes and gives plain values, so that it can be carried
 * as a message; one thread at a time.
 */
struct dmsc_apps; /* all of them on one tree */
struct dmsc_app;  /* one that is open */

/** @param tree, authority borrowed, must outlive it */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_apps_new(struct dmsc_ctx *ctx, struct dmsc_tree *tree,
                                                    struct dmsc_authority *authority,
                                                    struct dmsc_apps **ret_apps);
/** Closes every application too. */
DMSC_API void dmsc_apps_free(struct dmsc_apps *apps);

/**
 * Who may be the application @p name: 1 to 64 letters, digits, '.', '_', '-'. Several rules may
 * name one application; without a rule nobody is it.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_apps_admit_uid(struct dmsc_apps *apps, const char *name,
                                                          uint32_t uid);
/** @param certificate provisioned for this use (usage "app"), DER, EC P-256; copied */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_apps_admit_certificate(struct dmsc_apps *apps,
                                                                  const char *name,
                                                                  struct dmsc_bytes certificate);

/**
 * Let the certificates that the card provisions (dmsc/cert.h) admit applications too: one of usage
 * "app" in use, whose Scope names "local:NAME". Of several authorities that provision for one name
 * the best by priority speaks for it, the card's issuer before all; two of one priority are not
 * believed. To a name that a rule above has, the issuer alone may add.
 *
 * An application that is open is bound to its certificate: when that is withdrawn, each call
 * answers DMSC_E_REFUSED ("app:withdrawn").
 * @param clock the time to judge certificates by; borrowed
 */
DMSC_API void dmsc_apps_trust_card(struct dmsc_apps *apps, struct dmsc_now (*clock)(void *user),
                                   void *user);

/**
 * Open as the application @p name, a process of user @p uid as the system says it.
 * @return DMSC_E_REFUSED ("app:unknown", "app:uid")
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_open(struct dmsc_apps *apps, const char *name,
                                                    uint32_t uid, struct dmsc_app **ret_app);

#define DMSC_APP_NONCE_SIZE 32u
/** A nonce for one dmsc_app_open_certificate(); the next call makes it worthless. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_challenge(struct dmsc_apps *apps,
                                                         uint8_t ret_nonce[DMSC_APP_NONCE_SIZE]);
/**
 * Open with proof of possession: an ECDSA P-256 signature (r || s, 64 bytes, SHA-256) with the key
 * of @p certificate over "dmsc-app", a zero octet, @p name, a zero octet and the nonce.
 * @return DMSC_E_REFUSED ("app:unknown", "app:certificate", "app:challenge", "app:proof")
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_open_certificate(struct dmsc_apps *apps,
                                                                const char *name,
                                                                struct dmsc_bytes certificate,
                                                                struct dmsc_bytes signature,
                                                                struct dmsc_app **ret_app);
/** Its objects lose what stands behind them; the nodes stay. */
DMSC_API void dmsc_app_close(struct dmsc_app *app);
/** "local:NAME" */
DMSC_API const char *dmsc_app_subject(const struct dmsc_app *app);

/**
 * Bring an object: an interior node at @p uri with the identifier @p moid, made when it is not
 * there and then owned by the application; and @p ops behind it until the application closes.
 *
 * @param uri canonical; in an environment (one of several systems on the device, HLF-006)
 *        "./Env/NAME/..."
 * @param ops, user borrowed; @p ops NULL: the nodes are all there is
 * @return DMSC_E_REFUSED when somebody else owns what is there, or it is of another kind
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_register(struct dmsc_app *app, const char *uri,
                                                        const char *moid,
                                                        const struct dmsc_mo_ops *ops, void *user,
                                                        struct dmsc_now now);

/* Each is one decision and one change. DMSC_E_REFUSED: the story names the reason of the refusal;
 * nothing tells whether the node exists. All else is as the tree answers it (dmsc/mo.h). */

/** @param ret_value replaced */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_get(struct dmsc_app *app, const char *uri,
                                                   struct dmsc_now now, struct dmsc_buf *ret_value);
/** Names of the children that the application may see. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_list(struct dmsc_app *app, const char *uri,
                                                    struct dmsc_now now,
                                                    bool (*child)(void *user, const char *name),
                                                    void *user);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_set(struct dmsc_app *app, const char *uri,
                                                   struct dmsc_bytes value, struct dmsc_now now);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_add(struct dmsc_app *app, const char *uri,
                                                   const struct dmsc_node_spec *node,
                                                   struct dmsc_now now);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_delete(struct dmsc_app *app, const char *uri,
                                                      struct dmsc_now now);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_exec(struct dmsc_app *app, const char *uri,
                                                    struct dmsc_bytes argument,
                                                    struct dmsc_now now);

/* Values too large for one message (dmsc/large.h), of any leaf. */

/** Octets from @p at on, as dmsc_tree_value_part(). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_get_part(struct dmsc_app *app, const char *uri,
                                                        uint64_t at, size_t n, struct dmsc_now now,
                                                        struct dmsc_buf *ret_octets);
/** What is sent in pieces. Another tag or size is another content, and begins anew. */
struct dmsc_app_content {
    struct dmsc_bytes tag; /* up to 256 octets */
    uint64_t size;         /* octets in all, or UINT64_MAX when nobody knows */
};
/**
 * A piece of a value. It is kept when it goes on where the last one ended; @p ret_have tells where
 * the next one has to begin in any case, also after a restart and for an empty piece.
 * @return as dmsc_large_append()
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_put_part(struct dmsc_app *app, const char *uri,
                                                        const struct dmsc_app_content *content,
                                                        uint64_t at, struct dmsc_bytes octets,
                                                        struct dmsc_now now, uint64_t *ret_have);
/** All is there: it becomes the value of the leaf. @return as dmsc_large_put(); DMSC_E_NOTFOUND
 * when nothing of this content came, or it became the value already. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_put_end(struct dmsc_app *app, const char *uri,
                                                       const struct dmsc_app_content *content,
                                                       const enum dmsc_format *format,
                                                       const char *type, struct dmsc_now now);

/**
 * The certificates in use of a usage (NULL: any) that the application may use: their Scope names
 * "local:NAME" or "*". @p cert answers false to stop.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_certificates(
    struct dmsc_app *app, const char *usage, struct dmsc_now now,
    bool (*cert)(void *user, const struct dmsc_cert *cert), void *user);

/** What happened to one node in one committed change. */
struct dmsc_app_event {
    int64_t change;   /* number of the change: rises */
    int64_t at;       /* s since 1970 */
    const char *uri;  /* the node; "" for an overflow */
    const char *what; /* "add", "replace", "delete", "rename", "exec", "title", "acl", "overflow" */
    const char *actor; /* "card", "ma:com.opa.dm", "local", "local:NAME" */
    bool self;         /* the application's own doing */
};

/**
 * Follow what happens at @p uri and below, from now on. Needs the right to read it.
 *
 * @param lasting remembered under the application's name when it closes, so that the same watch
 *        opened again goes on where it stopped
 * @param ret_watch its number, for dmsc_app_unwatch()
 * @return DMSC_E_NOTFOUND, DMSC_E_REFUSED; DMSC_E_LIMIT above limits.app_watches
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_watch(struct dmsc_app *app, const char *uri,
                                                     bool lasting, struct dmsc_now now,
                                                     unsigned *ret_watch);
/** A lasting watch is forgotten too. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_unwatch(struct dmsc_app *app, unsigned watch);
/**
 * The next event of a watch: committed changes in their order, each node of a change once. Values
 * are not part of it. What the application may not read (any more) is passed over.
 *
 * @param ret_event borrowed until the next call for this application
 * @param ret_there false: nothing waits
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_app_next(struct dmsc_app *app, unsigned watch,
                                                    struct dmsc_now now,
                                                    struct dmsc_app_event *ret_event,
                                                    bool *ret_there);

#ifdef __cplusplus
}
#endif
#endif
