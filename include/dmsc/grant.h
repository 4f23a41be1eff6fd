/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_GRANT_H
#define DMSC_GRANT_H

#include <dmsc/authority.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Owner and grants of an instance of a Management Object: the Delegation Access Control MO (DACMO)
 * of DM 2.0. Kept in the tree as nodes below ./DACMO, which no server may write; these calls are
 * the only way to change them. An instance is an interior node that has a MO identifier.
 *
 * All calls run inside the caller's change (dmsc_tree_begin()).
 */

/* Rights of a grant (dm_delegation: Read, Write, Execute, Delegate). */
#define DMSC_GRANT_READ     1u
#define DMSC_GRANT_WRITE    2u
#define DMSC_GRANT_EXECUTE  4u
#define DMSC_GRANT_DELEGATE 8u
#define DMSC_GRANT_ALL      15u

#define DMSC_GRANT_PRIORITY 128u /* where a grant states none; the owner is 0 */
#define DMSC_GRANT_DEPTH    3u   /* hops from the owner */

struct dmsc_grant {
    const char *server_id; /* the grantee, "local:NAME" for an application; "*" for Read alone */
    uint8_t rights;        /* DMSC_GRANT_ bits */
    int64_t not_before;    /* s since 1970; 0: open */
    int64_t not_after;     /* the first second in which it is over; 0: open */
    uint32_t sessions;     /* sessions that are left; 0: not counted */
    uint8_t priority;      /* 1..255, smaller is more important; 0: DMSC_GRANT_PRIORITY */
};
#define DMSC_GRANT_INIT                                                                            \
    {                                                                                              \
        NULL, 0, 0, 0, 0, 0                                                                        \
    }

/** Behind the making of an instance: @p subject becomes its owner, with all rights, alone. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_created(struct dmsc_authority *authority,
                                                         const struct dmsc_subject *subject,
                                                         const char *instance);
/** Replaced; DMSC_E_NOTFOUND for an instance that nobody owns. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_owner(struct dmsc_authority *authority,
                                                       const char *instance,
                                                       struct dmsc_buf *ret_owner);

/**
 * Give, or change what was given before: one grant for each grantee. Who gives must be the owner,
 * or hold Delegate; nobody gives a right he lacks, a later end, a better priority than his own, or
 * Delegate at the third hop. A server must be listed for the MO type: a grant never makes an
 * authority. Shrinking a grant shrinks those that its grantee gave.
 *
 * @return DMSC_E_DENIED ("dacmo:grant", "dacmo:rights", "dacmo:until", "dacmo:priority",
 *         "dacmo:depth"): DM 2.0 status 403; DMSC_E_NOT_LISTED_MA ("dacmo:grantee"): 409;
 *         DMSC_E_NOTFOUND without instance or owner; DMSC_E_ARG for a grant that makes no sense
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_give(struct dmsc_authority *authority,
                                                      const struct dmsc_subject *subject,
                                                      const char *instance,
                                                      const struct dmsc_grant *grant,
                                                      struct dmsc_now now);
/** Take back: by the owner, by who gave it, or by the grantee. What the grantee gave goes too. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_revoke(struct dmsc_authority *authority,
                                                        const struct dmsc_subject *subject,
                                                        const char *instance, const char *server_id,
                                                        struct dmsc_now now);
/**
 * The owner hands the instance over to a grantee that holds all four rights. It takes effect when
 * the new owner's first session starts: dmsc_grant_session().
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_transfer(struct dmsc_authority *authority,
                                                          const struct dmsc_subject *subject,
                                                          const char *instance,
                                                          const char *server_id,
                                                          struct dmsc_now now);
/** A session of @p server_id starts, authenticated: instances handed over to it become its own. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_session(struct dmsc_authority *authority,
                                                         const char *server_id);
/**
 * Grants that @p server_id gave and whose time or sessions are over go away, and with each an alert
 * waits for it (DMSC_ALERT_DELEGATION_EXPIRED); at the start of its session, so that this very
 * session tells it. Grants that a decision found over go with dmsc_authority_flush(), likewise.
 * Without a trusted clock only those go whose sessions are over.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_expire(struct dmsc_authority *authority,
                                                        const char *server_id, struct dmsc_now now);
/**
 * An authority is listed no more, or an application is gone: its grants go, those it gave too, and
 * the alerts that wait for it; what it owned belongs to the device's owner from now on ("local:").
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_forget(struct dmsc_authority *authority,
                                                        const char *server_id);
/**
 * The grants of an instance in octet order of their grantees. @p given_by and @p depth (1: by the
 * owner) say where each comes from. @p grant answers false to stop.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_grant_list(
    struct dmsc_authority *authority, const char *instance,
    bool (*grant)(void *user, const struct dmsc_grant *grant, const char *given_by, unsigned depth),
    void *user);

#ifdef __cplusplus
}
#endif
#endif
