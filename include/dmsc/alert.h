/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ALERT_H
#define DMSC_ALERT_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_tree;

/**
 * Alerts that wait for a server: each Management Authority has a queue in the store, which outlives
 * the process. DM 1.x sends what waits as Generic Alerts (Alert 1226, DM_Protocol 1.2 clause 8.7)
 * in package 1 of the authority's next session and forgets each once the server has answered it
 * with a good Status; until then it is sent again in every session.
 */

/** A grant that the server gave is over. Source: the instance; data: who held it. */
#define DMSC_ALERT_DELEGATION_EXPIRED "urn:oma:at:x-dmsc:1.0:DelegationExpired"
/** A certificate of the server came into use. Source: the certificate's object. */
#define DMSC_ALERT_CERT_PROVISIONED "urn:oma:at:x-dmsc:1.0:CertProvisioned"

/** One alert. Texts are UTF-8 that XML can carry. */
struct dmsc_alert {
    int64_t id;             /* in its queue: rises; not looked at by dmsc_alert_put() */
    int64_t at;             /* s since 1970 */
    const char *type;       /* Meta Type: a URN, or "Reversed-Domain-Name: ..." */
    const char *source;     /* LocURI that it is about; NULL or "": none */
    const char *correlator; /* of the Exec that it answers; NULL or "": none */
    const char *format;     /* Meta Format; NULL or "": "chr" */
    const char *mark;       /* "fatal" to "indeterminate"; NULL or "": informational */
    struct dmsc_bytes data; /* as the message carries it: of a bin or b64 the base64 text */
};
#define DMSC_ALERT_INIT                                                                            \
    {                                                                                              \
        0, 0, NULL, NULL, NULL, NULL, NULL,                                                        \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

/**
 * Let an alert wait for @p server_id. In the caller's change (dmsc_tree_begin()): what is rolled
 * back was never raised. With limits.alerts of them waiting the oldest makes room.
 *
 * @return DMSC_E_ARG for a server of no name, one without a type, or a text that XML cannot carry;
 *         DMSC_E_LIMIT above limits.alert_size; DMSC_E_STATE outside a change
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alert_put(struct dmsc_tree *tree, const char *server_id,
                                                     const struct dmsc_alert *alert);
/**
 * What waits for @p server_id, oldest first. Absent texts are "". @p alert borrows for the time of
 * the call, changes nothing, and answers false to stop.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alert_each(struct dmsc_tree *tree, const char *server_id,
                                                      bool (*alert)(void *user,
                                                                    const struct dmsc_alert *alert),
                                                      void *user);
/** The server has taken it. One that does not wait any more is fine. In the caller's change. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alert_taken(struct dmsc_tree *tree,
                                                       const char *server_id, int64_t id);
/** The authority is gone, and all that waited for it. In the caller's change. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alert_forget(struct dmsc_tree *tree,
                                                        const char *server_id);

#ifdef __cplusplus
}
#endif
#endif
