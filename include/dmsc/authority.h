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
    DMSC_SUBJECT_MA,    /* a Management Authority in a session */
    DMSC_SUBJECT_CARD,  /* the card itself while it is read: the issuer */
    DMSC_SUBJECT_LOCAL, /* the device's owner at the command line */
    DMSC_SUBJECT_APP    /* a local application: what it owns, and what was granted to it */
};
/** Which rights a session goes by, beside the MA list. */
enum dmsc_rules {
    DMSC_RULES_ACL, /* DM 1.x: the ACL of each node (TND 7.7.1), and the owner where there is one */
    DMSC_RULES_DACMO /* DM 2.0: owner and grants of each instance (dmsc/grant.h) */
};
#define DMSC_ENV_NAME 32u /* most characters of the name of an environment (dmsc/env.h) */
struct dmsc_subject {
    enum dmsc_subject_kind kind;
    const char *server_id; /* MA: as the session was authenticated; APP: "local:" and its name */
    /* MA: the entry whose pin the peer proved; grants of other entries with the same ServerID do
     * not count. 0: of every entry with it, for questions outside a session. */
    uint8_t ma_id;
    enum dmsc_rules rules; /* MA; an application always goes by DMSC_RULES_DACMO */
    /* DM 2.0: the MOIDs that the account's Perm lists, NULL at the end; NULL: no such limit. */
    const char *const *moids;
    /* A number of this session, for grants that last some sessions: 0 outside of one. */
    uint32_t session;
    const char *environment; /* APP: the one it belongs to; NULL: the device itself */
};

/** Time as the device knows it. An untrusted clock makes every bounded entry unusable. */
struct dmsc_now {
    int64_t seconds; /* since 1970, UTC */
    bool trusted;
};

/** Why. Names are stable: dmsc_reason_name(). */
enum dmsc_reason {
    DMSC_ALLOWED,
    DMSC_REFUSED_NO_LIST,      /* "ma:no-list" */
    DMSC_REFUSED_UNLISTED,     /* "ma:unlisted" */
    DMSC_REFUSED_DISABLED,     /* "ma:disabled" */
    DMSC_REFUSED_DENY_ENTRY,   /* "ma:deny-entry": the entry itself, or one of equal or higher
                                  priority */
    DMSC_REFUSED_NO_PIN,       /* "ma:no-credential-pin": an entry without pins is unusable */
    DMSC_REFUSED_CLOCK,        /* "ma:clock-untrusted" */
    DMSC_REFUSED_NOT_YET,      /* "ma:not-yet-valid" */
    DMSC_REFUSED_EXPIRED,      /* "ma:expired" */
    DMSC_REFUSED_DELEGATION,   /* "ma:delegation": chain broken, too deep, a cycle, or no right to
                                  delegate */
    DMSC_REFUSED_SCOPE,        /* "ma:scope": no scope of the entry covers type and path */
    DMSC_REFUSED_RIGHT,        /* "ma:right": a scope covers it, without this right */
    DMSC_REFUSED_ACL,          /* "acl" */
    DMSC_REFUSED_ACCESS_TYPE,  /* "access-type": the node's description forbids it to everybody */
    DMSC_REFUSED_SECRET,       /* "secret": never readable */
    DMSC_REFUSED_IDENTITY,     /* "ma:identity": the peer's credential is not the pinned one */
    DMSC_REFUSED_MOID,         /* "dacmo:moid": not among the MOIDs of the account's Perm */
    DMSC_REFUSED_GRANT,        /* "dacmo:grant": neither owner of the instance nor granted it */
    DMSC_REFUSED_GRANT_CLOCK,  /* "dacmo:clock-untrusted": only by a grant bounded in time */
    DMSC_REFUSED_GRANT_OVER,   /* "dacmo:expired": the only grant is over: DM 2.0 status 410 */
    DMSC_REFUSED_PRIORITY,     /* "priority": an authority of better priority wrote the instance;
                                  DM 2.0 status 409, DM 1.x 425 */
    DMSC_REFUSED_ENV_DISABLED, /* "env:disabled": the environment of the node, or of the application
                                  itself (dmsc/env.h) */
    DMSC_REFUSED_ENV_UNKNOWN,  /* "env:unknown": below ./Env, in none that is listed */
    DMSC_REFUSED_ENV_OUTSIDE,  /* "env:outside": an object of an application away from its
                                  environment */
    DMSC_REFUSED_ERROR /* "error": the decision could not be made; see the context's story */
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

/** The same for a session that is open already, of the entry that admitted it (0: of any). */
DMSC_API struct dmsc_verdict dmsc_authority_admit_entry(struct dmsc_authority *authority,
                                                        const char *server_id, uint8_t ma_id,
                                                        struct dmsc_now now);

/** dmsc_authority_admit(), and: the name is the entry's authority id, and at least one pin matches.
 */
DMSC_API struct dmsc_verdict dmsc_authority_admit_peer(struct dmsc_authority *authority,
                                                       const char *server_id,
                                                       const struct dmsc_peer *peer,
                                                       struct dmsc_now now);

/**
 * May @p subject do @p right to @p uri? For an Add ask with the URI of the node to be made.
 *
 * Combines the MA list (scope, rights, deny entries, validity, delegation), the node's AccessType,
 * the ACL that counts (TND 7.7.1) or the grants of the instance, and the priority between those who
 * write one instance. The type is that of the MO the URI lies in. A refusal is logged and kept for
 * the audit record: dmsc_authority_flush(). Changes nothing in the tree.
 *
 * @param right one DMSC_RIGHT_ bit. DMSC_RIGHT_ACL: replace the ACL of @p uri (Replace on it or on
 * its parent, for a leaf on its parent alone)
 * @param uri   canonical LocURI
 */
DMSC_API struct dmsc_verdict dmsc_authority_decide(struct dmsc_authority *authority,
                                                   const struct dmsc_subject *subject,
                                                   enum dmsc_right right, const char *uri,
                                                   struct dmsc_now now);

/** More to say of a question than dmsc_authority_decide() takes. */
struct dmsc_question {
    enum dmsc_right right;
    const char *uri;
    /* Add: the MO identifier (property Type) that the new interior node will have; a scope that
     * names the type then covers it. NULL: none, the MO around it counts. */
    const char *new_mo;
    bool quiet; /* a look, not an attempt: no log, no audit, no session of a grant is used up */
    /* Told each step of the reasoning, in order: which entry, scope, delegation, ACL, grant. */
    void (*step)(void *user, const char *text);
    void *user;
};
#define DMSC_QUESTION_INIT                                                                         \
    {                                                                                              \
        DMSC_RIGHT_GET, NULL, NULL, false, NULL, NULL                                              \
    }
/** As dmsc_authority_decide(). */
DMSC_API struct dmsc_verdict dmsc_authority_ask(struct dmsc_authority *authority,
                                                const struct dmsc_subject *subject,
                                                const struct dmsc_question *question,
                                                struct dmsc_now now);

/**
 * Behind each write that an MA or an application was allowed, in the same change: remembers whose
 * priority the instance was written with. A better priority overwrites a worse one; the worse is
 * refused (DMSC_REFUSED_PRIORITY) while the better one may still write.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_wrote(struct dmsc_authority *authority,
                                                           const struct dmsc_subject *subject,
                                                           const char *uri, struct dmsc_now now);
/** Before a node is deleted, in the same change: grants and priority of the instances in it go. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_deleting(struct dmsc_authority *authority,
                                                              const char *uri);

/** An MA was not let in (dmsc_authority_admit_peer()): log it and keep it for the audit record. */
DMSC_API void dmsc_authority_refused(struct dmsc_authority *authority, const char *server_id,
                                     const struct dmsc_verdict *verdict, struct dmsc_now now);

/** One refusal, as it is kept. Texts are never NULL and are cut to a sane length. */
struct dmsc_audit {
    int64_t id;         /* rises */
    int64_t at;         /* s since 1970 */
    uint32_t times;     /* the same refusal, again and again until the record was written */
    const char *who;    /* ServerID, or "local:" and an application */
    const char *right;  /* "Get" */
    const char *where;  /* URI */
    const char *reason; /* "ma:scope" */
    const char *detail;
};
/**
 * Write down what waits: refusals, sessions of grants that were used, the end of grants that were
 * found over. Outside a change; at the
 * end of a message and of a session. The latest 10,000 refusals are kept.
 * @return on failure what waits goes on waiting
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_flush(struct dmsc_authority *authority,
                                                           struct dmsc_now now);
/** The refusals kept, oldest first, behind @p after (0: all). @p record answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_authority_audit(
    struct dmsc_authority *authority, int64_t after,
    bool (*record)(void *user, const struct dmsc_audit *audit), void *user);

/** "Get", "Add", ... as ma check and the audit write it; "?" for none. */
DMSC_API const char *dmsc_right_name(enum dmsc_right right);
/** In any letter case. false for a name that is none. */
DMSC_API bool dmsc_right_by_name(const char *name, enum dmsc_right *ret_right);

#ifdef __cplusplus
}
#endif
#endif
