/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_MO_H
#define DMSC_MO_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_store;

/**
 * The management tree (OMA-TS-DM_TND 1.2 clauses 5 to 7): nodes addressed by LocURI, kept in a
 * store, changed in transactions. The tree does not decide who may do what: whoever acts for
 * somebody asks dmsc_authority_decide() first. It does keep the rules that hold for everybody:
 * URI syntax, parents before children, permanent nodes, formats and their lexical forms, limits.
 */
struct dmsc_tree;

enum dmsc_format {
    DMSC_FORMAT_NODE,
    DMSC_FORMAT_CHR,
    DMSC_FORMAT_INT,
    DMSC_FORMAT_BOOL,
    DMSC_FORMAT_BIN,
    DMSC_FORMAT_B64,
    DMSC_FORMAT_XML,
    DMSC_FORMAT_NULL,
    DMSC_FORMAT_DATE,
    DMSC_FORMAT_TIME,
    DMSC_FORMAT_FLOAT
};

/** "node", "chr", ... as META and TND write it; never NULL. */
DMSC_API const char *dmsc_format_name(enum dmsc_format format);
/** false for a name that is none */
DMSC_API bool dmsc_format_by_name(const char *name, enum dmsc_format *ret_format);

/* AccessType bits of a node (TND 9), independent of any ACL. */
#define DMSC_ACCESS_ADD     0x01u
#define DMSC_ACCESS_DELETE  0x02u
#define DMSC_ACCESS_EXEC    0x04u
#define DMSC_ACCESS_GET     0x08u
#define DMSC_ACCESS_REPLACE 0x10u
#define DMSC_ACCESS_COPY    0x20u
/* What a node made by a server has: all but Exec. */
#define DMSC_ACCESS_DYNAMIC                                                                        \
    (DMSC_ACCESS_ADD | DMSC_ACCESS_DELETE | DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE |                \
     DMSC_ACCESS_COPY)

#define DMSC_NODE_PERMANENT 0x01u /* TND 6: no server may make or delete it, its name is fixed */
#define DMSC_NODE_SECRET    0x02u /* AAuthSecret and the like: no Get for anybody, never exported */

/** A node's properties. Strings from dmsc_tree_get() belong to the struct: dmsc_node_clear(). */
struct dmsc_node {
    struct dmsc_ctx *ctx;
    enum dmsc_format format;
    char *type;     /* MIME type of a leaf, MO identifier of an interior node; "" when none */
    char *title;    /* "" when none */
    char *acl;      /* own value, "" when inherited */
    int64_t tstamp; /* last change, s since 1970 */
    uint16_t verno;
    uint8_t access;    /* DMSC_ACCESS_ bits */
    uint8_t flags;     /* DMSC_NODE_ bits */
    size_t size_bytes; /* of the stored value; 0 for interior nodes */
};

#define DMSC_NODE_INIT                                                                             \
    {                                                                                              \
        0                                                                                          \
    }
DMSC_API void dmsc_node_clear(struct dmsc_node *node);

/**
 * Open the tree in @p store (borrowed). A new store gets the root ".", interior, permanent, with
 * @p root_acl (TND 7.7.1: never empty; NULL for "Add=*&Get=*").
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_open(struct dmsc_ctx *ctx, struct dmsc_store *store,
                                                     const char *root_acl,
                                                     struct dmsc_tree **ret_tree);
DMSC_API void dmsc_tree_close(struct dmsc_tree *tree);
DMSC_API struct dmsc_ctx *dmsc_tree_ctx(const struct dmsc_tree *tree);

/**
 * A change is a transaction: nothing is kept before the outermost commit. Begin may nest; an inner
 * rollback undoes what came since its begin. @p now stamps TStamp of what changes; @p actor
 * ("card", "ma:com.opa.dm", "local"), that of the outermost begin, goes to the change record.
 * Writing outside a transaction is DMSC_E_STATE. A commit that fails has rolled back.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_begin(struct dmsc_tree *tree, const char *actor,
                                                      int64_t now);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_commit(struct dmsc_tree *tree);
DMSC_API void dmsc_tree_rollback(struct dmsc_tree *tree);
/** Who the running change is by; "" outside of one. */
DMSC_API const char *dmsc_tree_actor(const struct dmsc_tree *tree);

/**
 * Check a LocURI (TND 5; the table of docs/tree.md) and write its canonical form "./A/B", root ".".
 * "A/B" and "./A/B" are one node. Percent-encoding is decoded after the split at "/".
 *
 * @param ret_uri appended; @param ret_query what stands behind "?" ("prop=ACL"), untouched when
 * there is none; with NULL a query is refused
 * @return DMSC_E_MALFORMED (status 400); DMSC_E_LIMIT (414)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uri_normalise(struct dmsc_ctx *ctx, const char *uri,
                                                         struct dmsc_buf *ret_uri,
                                                         struct dmsc_buf *ret_query);
/** true when @p uri is @p prefix or below it, on node boundaries; both canonical. "." has all. */
DMSC_API bool dmsc_uri_below(const char *uri, const char *prefix);

/* All @p uri below are canonical. DMSC_E_NOTFOUND when there is no such node. */

DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_get(struct dmsc_tree *tree, const char *uri,
                                                    struct dmsc_node *ret_node);
/** Whether the node exists. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_has(struct dmsc_tree *tree, const char *uri,
                                                    bool *ret_there);
/** Value of a leaf, replaced. DMSC_E_STATE for an interior node. Secret leaves are given too. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_value(struct dmsc_tree *tree, const char *uri,
                                                      struct dmsc_buf *ret_value);
/** Names of the children in octet order. @p child answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_children(struct dmsc_tree *tree, const char *uri,
                                                         bool (*child)(void *user,
                                                                       const char *name),
                                                         void *user);
/** The node and all below it, parents first, octet order. @p visit must not change the tree. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_walk(
    struct dmsc_tree *tree, const char *uri,
    enum dmsc_err (*visit)(void *user, const char *uri, const struct dmsc_node *node), void *user);

/** What a new node shall be. NULL strings are "". */
struct dmsc_node_spec {
    enum dmsc_format format;
    const char *type;
    const char *title;
    const char *acl;
    struct dmsc_bytes value; /* leaves; the stored (decoded) form */
    uint8_t access;          /* 0: DMSC_ACCESS_DYNAMIC */
    uint8_t flags;
};
#define DMSC_NODE_SPEC_INIT                                                                        \
    {                                                                                              \
        DMSC_FORMAT_NODE, NULL, NULL, NULL, { NULL, 0 }, 0, 0                                      \
    }

/**
 * Make one node. Missing interior parents are made too (REP 6.6.1), with an empty ACL.
 * @return DMSC_E_EXISTS (418); DMSC_E_STATE when the parent is a leaf (405); DMSC_E_MALFORMED for a
 *         value that is none of its format (415) or a bad ACL; DMSC_E_LIMIT (413, 420)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_add(struct dmsc_tree *tree, const char *uri,
                                                    const struct dmsc_node_spec *spec);
/**
 * Replace a leaf's value; VerNo + 1. @p format and @p type NULL: as they are.
 * @return DMSC_E_NOTFOUND; DMSC_E_STATE for an interior node; DMSC_E_MALFORMED as above
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_replace(struct dmsc_tree *tree, const char *uri,
                                                        const enum dmsc_format *format,
                                                        const char *type, struct dmsc_bytes value);
/**
 * Delete the node and all below it.
 * @param even_permanent the device itself may remove permanent nodes, a server may not
 * @return DMSC_E_STATE for the root, or when it or a node below is permanent (405)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_delete(struct dmsc_tree *tree, const char *uri,
                                                       bool even_permanent);
/** Rename (property Name). DMSC_E_EXISTS for a sibling's name, DMSC_E_STATE when permanent. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_rename(struct dmsc_tree *tree, const char *uri,
                                                       const char *name);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_set_title(struct dmsc_tree *tree, const char *uri,
                                                          const char *title);
/** Empty @p acl: inherit (not for the root: DMSC_E_STATE). Malformed: DMSC_E_MALFORMED. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_set_acl(struct dmsc_tree *tree, const char *uri,
                                                        const char *acl);

/**
 * The ACL that counts for a node: its own if it has one, else its parent's, up to the root
 * (TND 7.7.1.2). For a node that does not exist: that of its nearest ancestor that does.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_effective_acl(struct dmsc_tree *tree,
                                                              const char *uri,
                                                              struct dmsc_buf *ret_acl);
/**
 * MO identifier (property Type of the nearest interior node at or above @p uri that has one), "" if
 * none.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_mo_of(struct dmsc_tree *tree, const char *uri,
                                                      struct dmsc_buf *ret_urn);

/**
 * The instance that @p uri lies in: the nearest interior node at or above it that has a MO
 * identifier. Both replaced; both empty when it lies in none.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_instance(struct dmsc_tree *tree, const char *uri,
                                                         struct dmsc_buf *ret_urn,
                                                         struct dmsc_buf *ret_root);
/**
 * The MIID that names an instance beside its MOID (DM 2.0 clause 6.2): its LocURI with dots in the
 * place of slashes, "DMAcc.OpA". So every instance has one, it is unique, and it can be read back.
 * Appended. @param uri canonical
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_miid_of_uri(const char *uri, struct dmsc_buf *ret_miid);
/** The other way; appended. @return as dmsc_uri_normalise() */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_miid_to_uri(struct dmsc_ctx *ctx, const char *miid,
                                                       struct dmsc_buf *ret_uri);

/** Commands of an ACL (TND 7.7.1.1), in the order they are written. */
enum dmsc_acl_command {
    DMSC_ACL_ADD,
    DMSC_ACL_DELETE,
    DMSC_ACL_EXEC,
    DMSC_ACL_GET,
    DMSC_ACL_REPLACE
};
/** true when @p acl is well formed; "" is. */
DMSC_API bool dmsc_acl_valid(const char *acl);
/** true when @p acl gives @p command to @p server_id or to "*". Ids compare octet for octet. */
DMSC_API bool dmsc_acl_allows(const char *acl, enum dmsc_acl_command command,
                              const char *server_id);

/**
 * TNDS (OMA-TS-DM_TNDS 1.2), in XML and in WBXML.
 *
 * Import: put the objects of @p document below @p base (NULL: ".", paths as written). All or
 * nothing, inside the caller's transaction. The first octet tells which of the two it is: 01 to 03
 * is a version of WBXML (TND 10), and no XML begins so; a media type is not asked. In WBXML a value
 * of format bin comes as OPAQUE, or as base64 in text.
 */
enum dmsc_tnds_mode {
    DMSC_TNDS_ADD,    /* every node is new: DMSC_E_EXISTS otherwise */
    DMSC_TNDS_MERGE,  /* new nodes are made, existing leaves replaced, others kept */
    DMSC_TNDS_REPLACE /* existing nodes not listed are deleted (REP 6.6.11) */
};
struct dmsc_tnds_import {
    const char *base; /* canonical URI the object's Path and NodeName are relative to */
    enum dmsc_tnds_mode mode;
    /* not NULL: the object's one top node goes to base under this name, whatever Path and NodeName
     * it states; more than one are refused */
    const char *root_name;
    const char *acl; /* not NULL: ACL of each top node that states none */
    /* not NULL: asked about each node of the object, by where it is to be and whether one is there;
     * with false it is passed over */
    bool (*wanted)(void *user, const char *uri, bool there);
    void *wanted_user;
};
/**
 * @param ret_uri canonical URI of the first top node, appended; NULL if not wanted
 * @return DMSC_E_MALFORMED (not well-formed, not TNDS, duplicate URI, value and children),
 * DMSC_E_LIMIT, DMSC_E_EXISTS, DMSC_E_UNSUPPORTED (DOCTYPE, unknown VerDTD, WBXML of another kind)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tnds_import(struct dmsc_tree *tree,
                                                       const struct dmsc_tnds_import *how,
                                                       struct dmsc_bytes document,
                                                       struct dmsc_buf *ret_uri);
/** Whether each node may be in the export; NULL exports all but secret leaves. */
typedef bool dmsc_tnds_filter(void *user, const char *uri, const struct dmsc_node *node);
/**
 * Write @p uri and all below as one TNDS document (appended), VerDTD 1.2, the top node's Path in
 * full, RTProperties with Format, Type, and ACL where a node has its own. A hidden interior node
 * hides what is below it.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tnds_export(struct dmsc_tree *tree, const char *uri,
                                                       dmsc_tnds_filter *filter, void *user,
                                                       struct dmsc_buf *ret_xml);
/**
 * The same in WBXML (TND 10): version 1.2, UTF-8, the name of the document type in the string
 * table; values of format bin as OPAQUE. Read again it gives what the XML gives.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tnds_export_wbxml(struct dmsc_tree *tree,
                                                             const char *uri,
                                                             dmsc_tnds_filter *filter, void *user,
                                                             struct dmsc_buf *ret_wbxml);

#ifdef __cplusplus
}
#endif
#endif
