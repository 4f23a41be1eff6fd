/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_BRIDGE_H
#define DMSC_BRIDGE_H

#include <dmsc/app.h>
#include <dmsc/authority.h>
#include <dmsc/card.h>
#include <dmsc/cat.h>
#include <dmsc/ctx.h>
#include <dmsc/dm1.h>
#include <dmsc/env.h>
#include <dmsc/link.h>
#include <dmsc/mo.h>
#include <dmsc/store.h>
#include <dmsc/sync.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The middleware as one object: a store with the management tree, the authorities, and, once
 * attached, a card. It brings them together: card to tree, sessions, and back to the card.
 */
struct dmsc_bridge;

/**
 * What the operator says. Strings may be NULL where a default is named; dmsc_config_load() fills it
 * from a file, whose keys are given here as [section] key. No secret is in it: only names of files.
 */
struct dmsc_config {
    struct dmsc_ctx *ctx;
    char *store;          /* [store] path: SQLite file; NULL keeps all in memory */
    char *device_id;      /* [device] id: ./DevInfo/DevId, a URN; NULL: a random urn:uuid, kept */
    char *manufacturer;   /* [device] manufacturer; NULL "unknown" */
    char *model;          /* [device] model; NULL "unknown" */
    char *language;       /* [device] language; NULL "en" */
    char *device_key;     /* [device] key: private key of the device certificate, PEM or DER */
    bool clock_untrusted; /* [device] clock = trusted | untrusted */
    char **issuer_keys;   /* [trust] issuer_key: public keys or certificates of MA list signers;
                             repeatable */
    size_t issuer_key_count;
    char *pin_file;  /* [card] pin_file: PIN1, digits */
    char *adm1_file; /* [card] adm1_file: ADM1, 16 hex digits */
    char *link;      /* [card] link: what --link defaults to */
    char **resolve;  /* [net] resolve: HOST:PORT:ADDRESS, used instead of the name service;
                        repeatable */
    size_t resolve_count;
    char **usat_connect; /* [usat] connect: where the card's toolkit may go; repeatable */
    size_t usat_connect_count;
    char **usat_listen; /* [usat] listen: where it may listen; repeatable */
    size_t usat_listen_count;
    char **usat_dns; /* [usat] dns: DNS servers it may be told; repeatable */
    size_t usat_dns_count;
    char **app_users; /* [app] user: "NAME:UID", who may be which local application; repeatable */
    size_t app_user_count;
    char **app_environments; /* [app] environment: "NAME:ENVIRONMENT", where an application belongs;
                                repeatable */
    size_t app_environment_count;
    char **environments; /* [env] name: "NAME" or "NAME:KIND"; repeatable */
    size_t environment_count;
    char *usat_imei;     /* [usat] imei: what it may know of the device; NULL: nothing */
    unsigned timeout_ms; /* [net] timeout_ms: of one connect, read or write; 0: 15000 */
};
#define DMSC_CONFIG_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Read an INI file over what @p config says already (zeroed: nothing). Names of files are taken
 * relative to the file's folder. An unknown section or key, or a repeated one that is not a list,
 * is DMSC_E_CONFIG with file and line. @p config must be cleared whatever the result.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_config_load(struct dmsc_ctx *ctx, const char *path,
                                                       struct dmsc_config *config);
DMSC_API void dmsc_config_clear(struct dmsc_config *config);
/** What it says of the toolkit: [usat] and [device] language. @param ret_cat borrows */
DMSC_API void dmsc_config_cat(const struct dmsc_config *config, struct dmsc_cat_config *ret_cat);

/**
 * Open the store, make DevInfo and DevDetail, put the last verified MA list in force.
 * @param config borrowed for the life of the bridge
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_new(struct dmsc_ctx *ctx,
                                                      const struct dmsc_config *config,
                                                      struct dmsc_bridge **ret_bridge);
DMSC_API void dmsc_bridge_free(struct dmsc_bridge *bridge);

DMSC_API struct dmsc_tree *dmsc_bridge_tree(const struct dmsc_bridge *bridge);
DMSC_API struct dmsc_store *dmsc_bridge_store(const struct dmsc_bridge *bridge);
DMSC_API struct dmsc_authority *dmsc_bridge_authority(const struct dmsc_bridge *bridge);
/**
 * What this build, with this configuration, can do beyond what every client can: the tokens of
 * ./DevInfo/Ext/dmsc/Feat (docs/objects.md). @p token answers false to stop.
 */
DMSC_API void dmsc_bridge_features(const struct dmsc_bridge *bridge,
                                   bool (*token)(void *user, const char *token), void *user);
/**
 * The kinds of objects that the device supports now: DM accounts, and all that is described or that
 * something stands behind; each once, by MO identifier.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_objects(
    struct dmsc_bridge *bridge, bool (*kind)(void *user, const char *moid), void *user);
/**
 * Write into the tree what the device says of itself: DevInfo and DevDetail, with features and
 * kinds. Done when the bridge is made, when a link is attached and before each session; only what
 * differs is written.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_tell(struct dmsc_bridge *bridge);
/** The local applications on this tree, with the rules of [app] and the environments of [env]; the
 * program may add others. */
DMSC_API struct dmsc_apps *dmsc_bridge_apps(const struct dmsc_bridge *bridge);
/** Time as the configuration lets the device know it. */
DMSC_API struct dmsc_now dmsc_bridge_now(const struct dmsc_bridge *bridge);

/** Use this link, powered off; the bridge frees it. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_attach(struct dmsc_bridge *bridge,
                                                         struct dmsc_link *link);
/** The UICC of the link; NULL before attach. */
DMSC_API struct dmsc_uicc *dmsc_bridge_uicc(const struct dmsc_bridge *bridge);

/**
 * Bring card and tree together: power on, the change check (3 APDUs), and where something changed,
 * read, verify and take it over in one transaction; finish a write-back that was cut short. On
 * failure the tree and the list in force stay as they were.
 *
 * @param dry_run say what would change, change nothing
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_sync(struct dmsc_bridge *bridge, bool dry_run,
                                                       struct dmsc_sync_report *ret_report);

/** What happens while a card is followed. */
struct dmsc_bridge_watch {
    /** A sync is over: once at the beginning, then each time that the card says REFRESH. On an
     * error the story is in the context, the report is empty and what was in force still is. */
    void (*synced)(void *user, enum dmsc_err err, const struct dmsc_sync_report *report);
    /** false ends dmsc_bridge_watch(). Asked at least once a second. */
    bool (*go_on)(void *user);
    void *user;
};
/**
 * Follow the card: bring it and the tree together, serve its toolkit, and begin again when it tells
 * of a change (REFRESH, TS 102 223 clause 6.4.7) or resets itself. Without a change the card is
 * looked at no more than it asks to be polled.
 *
 * @return DMSC_OK when go_on said so; DMSC_E_REMOVED, DMSC_E_LINK, DMSC_E_TIMEOUT; DMSC_E_SW when
 *         the card has no toolkit
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_watch(struct dmsc_bridge *bridge,
                                                        const struct dmsc_bridge_watch *watch);

/** A DM account of the tree, and whether its MA may use it now. */
struct dmsc_account {
    char server_id[128];
    char name[64];
    char uri[256];  /* of the account's node */
    char addr[512]; /* server address */
    struct dmsc_verdict verdict;
    uint8_t priority; /* of its MA */
};
/** In the order of their MAs' priority. @p account answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_accounts(
    struct dmsc_bridge *bridge, bool (*account)(void *user, const struct dmsc_account *account),
    void *user);

struct dmsc_session_report {
    char server_id[128];
    char server_uri[512];
    char tls_version[16], tls_suite[64];
    char peer[256]; /* subject of the server's certificate */
    bool mutual;    /* our certificate was asked for and sent */
    struct dmsc_dm1_report dm;
    bool completed; /* as the protocol says, not aborted */
    size_t http_sent_bytes, http_received_bytes;
    struct dmsc_sync_report write_back; /* items WRITTEN or LEFT_OUT */
};
#define DMSC_SESSION_REPORT_INIT                                                                   \
    {                                                                                              \
        0                                                                                          \
    }
DMSC_API void dmsc_session_report_clear(struct dmsc_session_report *report);

/**
 * One DM 1.2 session with a listed MA: admit, connect with the trust anchors the card has for it,
 * check the pinned credential, run the engine, write changed card-resident MOs back.
 *
 * @param event each command as it is answered; may be NULL
 * @return DMSC_E_NOTFOUND (no account); DMSC_E_NOT_LISTED_MA, DMSC_E_REFUSED with the reason's name
 *         before any DM message; DMSC_E_TLS, DMSC_E_NET, DMSC_E_HTTP; DMSC_E_PEER when the session
 * was aborted
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_session(
    struct dmsc_bridge *bridge, const char *server_id,
    void (*event)(void *user, const struct dmsc_dm1_event *event), void *user,
    struct dmsc_session_report *ret_report);

/** A certificate as it was taken from the card. Valid during the call. */
struct dmsc_cert_info {
    const char *label;
    bool trusted; /* a trust anchor; else the device's own */
    struct dmsc_bytes id;
    struct dmsc_bytes der;
    const char *subject, *issuer, *key;
    int64_t not_before, not_after; /* s since 1970 */
    bool ca;
    const uint8_t *sha256, *spki_sha256; /* 32 bytes each */
    bool has_key;                        /* the device holds its private key */
};
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_bridge_certificates(
    struct dmsc_bridge *bridge, bool (*cert)(void *user, const struct dmsc_cert_info *cert),
    void *user);

/** A secret from a file: text without its line end, or hex digits. Refused when others can read it.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_secret_load(struct dmsc_ctx *ctx, const char *path,
                                                       bool hex, struct dmsc_secret *ret_secret);

#ifdef __cplusplus
}
#endif
#endif
