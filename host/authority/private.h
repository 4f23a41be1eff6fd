/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_AUTHORITY_PRIVATE_H
#define DMSCI_AUTHORITY_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/authority.h>
#include <dmsc/grant.h>

/** A ServerID or "local:" and an application, with its NUL. */
#define DMSCI_WHO_SIZE 128u
/** "./DACMO/" and 16 hex digits. */
#define DMSCI_DACMO_SIZE 32u

struct dmsci_refused;

/** A grant that lasts some sessions, used in one of them: counted once. */
struct dmsci_used {
    char base[DMSCI_DACMO_SIZE];
    char who[DMSCI_WHO_SIZE];
    uint32_t session;
    bool written;
};
#define DMSCI_USED_MAX 32u

/** A grant that was found over: dmsc_authority_flush() takes it away. */
struct dmsci_over {
    char base[DMSCI_DACMO_SIZE];
    char who[DMSCI_WHO_SIZE];
};
#define DMSCI_OVER_MAX 32u

struct dmsc_authority {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_ma_list list;
    struct dmsci_refused *refused; /* wait for dmsc_authority_flush(); made when first needed */
    size_t refused_count;
    struct dmsci_used used[DMSCI_USED_MAX];
    size_t used_count;
    bool dacmo; /* ./DACMO was seen: somebody owns an instance */
    struct dmsci_over over[DMSCI_OVER_MAX];
    size_t over_count;
};

/** Hops of a delegation chain (docs/card-application.md): a longer one is refused. */
#define DMSCI_DELEGATION_HOPS 3

/** One question while it is answered. */
struct dmsci_case {
    struct dmsc_authority *authority;
    const struct dmsc_subject *subject;
    const struct dmsc_question *question;
    struct dmsc_now now;
    const char *mo;   /* URN of the MO the URI lies in, "" when none; of an Add: the new one's */
    const char *urn;  /* of the instance it lies in, "" when none */
    const char *root; /* that instance, "" when none */
    bool past;        /* whether an earlier writer may still write: priority is not asked again */
};
/** A step of the reasoning, for whoever asked to be told. */
void dmsci_tell(const struct dmsci_case *c, const char *fmt, ...) DMSCI_PRINTF(2, 3);

struct dmsc_verdict dmsci_verdict(enum dmsc_reason reason, const struct dmsc_ma *ma,
                                  const char *fmt, ...) DMSCI_PRINTF(3, 4);

/** Whether the entry itself is in force now: enabled, in its time. DMSC_ALLOWED or why not. */
enum dmsc_reason dmsci_entry_in_force(const struct dmsc_ma *ma, struct dmsc_now now);
bool dmsci_entry_has_server_id(const struct dmsc_ma *ma, const char *server_id);
/** Whether the entry is a deny entry over @p server_id that beats a grant of @p priority. A bounded
 * one stands when the time is not known: fail closed. */
bool dmsci_entry_denies(const struct dmsc_ma *ma, const char *server_id, uint8_t priority,
                        struct dmsc_now now);

/** An object as the list sees it. */
struct dmsci_object {
    const char *uri;
    const char *mo; /* URN of the MO it lies in, "" when none */
};
/** Bits that the entry's scopes give over the object, with all bits set for "all"; 0 when none
 * covers it. */
uint16_t dmsci_scope_rights(const struct dmsc_ma *ma, const struct dmsci_object *object);
bool dmsci_scope_covers(const struct dmsc_ma *ma, const struct dmsci_object *object);

/**
 * Walk the delegation chain of an entry. @p object NULL: look only whether the chain can hold at
 * all.
 * @param rights narrowed to what every delegating entry has over the object too
 */
enum dmsc_reason dmsci_delegation(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                  const struct dmsci_object *object, struct dmsc_now now,
                                  uint16_t *rights);
/** The same chain hop by hop, for who wants to know the way. */
void dmsci_tell_delegation(const struct dmsci_case *c, const struct dmsc_ma *ma,
                           const struct dmsci_object *object);
/** What the MA list says (list.c): docs/card-application.md, steps 2 to 5. */
struct dmsc_verdict dmsci_list_says(const struct dmsci_case *c);

/** What the ACLs say (TND 7.7.1). @param reason of the refusal, DMSC_ALLOWED without one */
DMSC_NODISCARD enum dmsc_err dmsci_acl_says(const struct dmsci_case *c,
                                            enum dmsc_reason *ret_reason);
/** What the node's description says to everybody: AccessType, and whether it is a secret. */
DMSC_NODISCARD enum dmsc_err dmsci_access_says(const struct dmsci_case *c,
                                               enum dmsc_reason *ret_reason);

/** One row of an instance's grants. */
struct dmsci_grant {
    char key[12]; /* name of its node */
    char who[DMSCI_WHO_SIZE];
    char given_by[DMSCI_WHO_SIZE];
    unsigned depth; /* 1: by the owner */
    bool counted;   /* grant.sessions are left, else they are not counted */
    struct dmsc_grant grant;
};
/** Where the DACMO of an instance stands, whether it is there or not. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_base(struct dmsc_authority *authority, const char *moid,
                                              const char *root, char ret_base[DMSCI_DACMO_SIZE]);
/** "" when nobody owns it: there is no DACMO. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_owner(struct dmsc_authority *authority, const char *base,
                                               char ret_who[DMSCI_WHO_SIZE]);
/** @p grant answers false to stop. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_grants(struct dmsc_authority *authority, const char *base,
                                                bool (*grant)(void *user,
                                                              const struct dmsci_grant *grant),
                                                void *user);
/** The grant of exactly this grantee. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_find(struct dmsc_authority *authority, const char *base,
                                              const char *who, struct dmsci_grant *ret_grant,
                                              bool *ret_there);
/** The value of a leaf below @p base as text, "" when there is none. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_text(struct dmsc_authority *authority, const char *base,
                                              const char *leaf, char *ret_text, size_t size);
/** Whether the grant can be used now: DMSC_ALLOWED, GRANT_CLOCK, or GRANT_OVER. */
enum dmsc_reason dmsci_grant_in_force(struct dmsc_authority *authority, const char *base,
                                      const struct dmsci_grant *grant, uint32_t session,
                                      struct dmsc_now now);
/** What owner and grants of the instance say (DM 2.0). */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_says(const struct dmsci_case *c,
                                              enum dmsc_reason *ret_reason);
/** A new owner, and the grants of the old one are the new one's. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_set_owner(struct dmsc_authority *authority,
                                                   const char *base, const char *who);
/** A session of a grant that counts them is over: written by dmsc_authority_flush(). */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_spend(struct dmsc_authority *authority,
                                               const struct dmsci_used *used);
/** Remember that a grant that counts sessions was used in this one. false: no room for it. */
bool dmsci_dacmo_use(struct dmsc_authority *authority, const char *base, const char *who,
                     uint32_t session);

/** Whether the grant has had its time or its sessions; one that has not begun is not over. */
bool dmsci_grant_is_over(const struct dmsci_grant *grant, struct dmsc_now now);
/** A decision found the grant over. Without room for it another one will find it. */
void dmsci_over_note(struct dmsc_authority *authority, const char *base, const char *who);
/** What was noted goes, and who gave it is told. In the caller's change. */
DMSC_NODISCARD enum dmsc_err dmsci_over_flush(struct dmsc_authority *authority,
                                              struct dmsc_now now);

/** What the environments of node and application say. */
DMSC_NODISCARD enum dmsc_err dmsci_environment_says(const struct dmsci_case *c,
                                                    enum dmsc_reason *ret_reason);

/** Whether a better priority stands against a write (dm2 15.6). */
DMSC_NODISCARD enum dmsc_err dmsci_priority_says(const struct dmsci_case *c, uint8_t ma_id,
                                                 enum dmsc_reason *ret_reason);
/** Records of priority at and below a node go. */
DMSC_NODISCARD enum dmsc_err dmsci_priority_forget(struct dmsc_authority *authority,
                                                   const char *uri);
/** decide.c: the answer, without log and audit. */
struct dmsc_verdict dmsci_answer(struct dmsci_case *c);

void dmsci_audit_note(struct dmsc_authority *authority, const char *who, const char *right,
                      const char *where, const struct dmsc_verdict *verdict, struct dmsc_now now);
void dmsci_audit_free(struct dmsc_authority *authority);

#endif
