/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_AUTHORITY_H
#define DMSC_AUTHORITY_H

#include <dmsc/ma.h>
#include <dmsc/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_tree;

/**
 * The one place that decides every access. Default is deny; every refusal has a name.
 */
struct dmsc_authority;

/** @param tree for the ACLs, borrowed. Starts without a list: every MA is refused. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_new(struct dmsc_ctx *ctx,
                                                         struct dmsc_tree *tree,
                                                         struct dmsc_authority **ret_authority);
DMSC_API void dmsc_authority_free(struct dmsc_authority *authority);
/** Put a verified list in force (copied), or none with NULL. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_set_list(struct dmsc_authority *authority,
                                                              const struct dmsc_ma_list *list);
/** Never NULL; empty when none is in force. Borrowed until the next set or free. */
DMSC_API const struct dmsc_ma_list *dmsc_authority_list(const struct dmsc_authority *authority);

enum dmsc_subject_kind {
    DMSC_SUBJECT_MA,   /* a Management Authority in a session */
    DMSC_SUBJECT_CARD, /* the card itself while it is read: the issuer */
    DMSC_SUBJECT_LOCAL /* the device's owner at the command line */
};
struct dmsc_subject {
    enum dmsc_subject_kind kind;
    const char *server_id; /* MA: as the session was authenticated */
    /* MA: the entry whose pin the peer proved; grants of other entries with the same ServerID do
     * not count. 0: of every entry with it, for questions outside a session. */
    uint8_t ma_id;
};

/** Time as the device knows it. An untrusted clock makes every bounded entry unusable. */
struct dmsc_now {
    int64_t seconds; /* since 1970, UTC */
    bool trusted;
};

/** Why. Names are stable: dmsc_reason_name(). */
enum dmsc_reason {
    DMSC_ALLOWED,
    DMSC_REFUSED_NO_LIST,     /* "ma:no-list" */
    DMSC_REFUSED_UNLISTED,    /* "ma:unlisted" */
    DMSC_REFUSED_DISABLED,    /* "ma:disabled" */
    DMSC_REFUSED_DENY_ENTRY,  /* "ma:deny-entry": the entry itself, or one of equal or higher
                                 priority */
    DMSC_REFUSED_NO_PIN,      /* "ma:no-credential-pin": an entry without pins is unusable */
    DMSC_REFUSED_CLOCK,       /* "ma:clock-untrusted" */
    DMSC_REFUSED_NOT_YET,     /* "ma:not-yet-valid" */
    DMSC_REFUSED_EXPIRED,     /* "ma:expired" */
    DMSC_REFUSED_DELEGATION,  /* "ma:delegation": chain broken, too deep, a cycle, or no right to
                                 delegate */
    DMSC_REFUSED_SCOPE,       /* "ma:scope": no scope of the entry covers type and path */
    DMSC_REFUSED_RIGHT,       /* "ma:right": a scope covers it, without this right */
    DMSC_REFUSED_ACL,         /* "acl" */
    DMSC_REFUSED_ACCESS_TYPE, /* "access-type": the node's description forbids it to everybody */
    DMSC_REFUSED_SECRET,      /* "secret": never readable */
    DMSC_REFUSED_IDENTITY,    /* "ma:identity": the peer's credential is not the pinned one */
    DMSC_REFUSED_ERROR        /* "error": the decision could not be made; see the context's story */
};
DMSC_API const char *dmsc_reason_name(enum dmsc_reason reason);
/** One sentence for a person. Never NULL. */
DMSC_API const char *dmsc_reason_text(enum dmsc_reason reason);

struct dmsc_verdict {
    enum dmsc_reason reason;
    uint8_t ma_id;    /* entry that was looked at, 0 none */
    char detail[160]; /* the chain of reasoning in short, for people */
};

/**
 * May this MA open a session at all? Listed, enabled, not denied, in its time, with a usable pin
 * and, where delegated, with a chain that holds. Says nothing yet about a credential.
 */
DMSC_API struct dmsc_verdict dmsc_authority_admit(struct dmsc_authority *authority,
                                                  const char *server_id, struct dmsc_now now);

/** dmsc_authority_admit(), and: the name is the entry's authority id, and at least one pin matches.
 */
DMSC_API struct dmsc_verdict dmsc_authority_admit_peer(struct dmsc_authority *authority,
                                                       const char *server_id,
                                                       const struct dmsc_peer *peer,
                                                       struct dmsc_now now);

/**
 * May @p subject do @p right to @p uri? For an Add ask with the URI of the node to be made.
 *
 * Combines the MA list (scope, rights, deny entries, validity, delegation), the node's AccessType
 * and, for MAs, the ACL that counts (TND 7.7.1). The type is that of the MO the URI lies in.
 *
 * @param right one DMSC_RIGHT_ bit. DMSC_RIGHT_ACL: replace the ACL of @p uri (Replace on it or on
 * its parent, for a leaf on its parent alone)
 * @param uri   canonical LocURI
 */
DMSC_API struct dmsc_verdict dmsc_authority_decide(struct dmsc_authority *authority,
                                                   const struct dmsc_subject *subject,
                                                   enum dmsc_right right, const char *uri,
                                                   struct dmsc_now now);

#ifdef __cplusplus
}
#endif
#endif
