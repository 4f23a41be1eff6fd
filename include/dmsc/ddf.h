/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_DDF_H
#define DMSC_DDF_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The description of a kind of object (DDF, TND 9; OMA DTD-DM-DDF 1.2): which nodes it may have,
 * how often, of which format and type, and what may be done with them.
 */
struct dmsc_ddf;

/**
 * Read a description, in XML or in WBXML (the first octet tells: 01 to 03). Files of the field have
 * defects; what can be understood without is, and each is told by name and line:
 *
 *     ddf:no-version       no VerDTD, or another than 1.2 and 1.3
 *     ddf:no-name          a Node without NodeName: taken as one that is named when it is made
 *     ddf:no-type          a Node without DFType or without anything in it
 *     ddf:no-format        a Node without DFFormat: node with Nodes in it, else chr
 *     ddf:no-access        a Node without AccessType: Get
 *     ddf:path-inside      Path in a Node that is not at the top: not looked at
 *     ddf:mime-on-node     an interior node with a MIME type: not looked at
 *     ddf:unknown-element  an element that is none of the document type, with all in it
 *     ddf:runtime          RTProperties: not looked at
 *
 * @param warn may be NULL
 * @return DMSC_E_MALFORMED, DMSC_E_LIMIT, DMSC_E_UNSUPPORTED
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ddf_load(struct dmsc_ctx *ctx,
                                                    struct dmsc_bytes document,
                                                    void (*warn)(void *user, const char *defect,
                                                                 const char *where),
                                                    void *user, struct dmsc_ddf **ret_ddf);
DMSC_API void dmsc_ddf_free(struct dmsc_ddf *ddf);

/** One described node. Strings belong to the description. */
struct dmsc_ddf_node {
    const char *name; /* "" when it is given at creation */
    enum dmsc_format format;
    uint8_t access;    /* DMSC_ACCESS_ bits */
    bool permanent;    /* Scope */
    uint32_t least;    /* Occurrence: 0 or 1 */
    uint32_t most;     /* UINT32_MAX: no bound */
    const char *types; /* MIME types, or the MO identifier of an interior node; NUL behind each,
                          an empty one at the end */
    const char *value; /* DefaultValue, "" without */
    size_t depth;      /* 0 for a node at the top */
};
/** The nodes in the order of the file. @p node answers false to stop. */
DMSC_API void dmsc_ddf_walk(const struct dmsc_ddf *ddf,
                            bool (*node)(void *user, const struct dmsc_ddf_node *node), void *user);
/** Where its first node stands: Path and NodeName, canonical, or "." below which it is to be put.
 */
DMSC_API const char *dmsc_ddf_place(const struct dmsc_ddf *ddf);

/**
 * Write the description as XML (appended): valid by OMA DTD-DM-DDF 1.2, and when it is loaded again
 * it is the same description, without a defect. Without titles and descriptions for people, which
 * dmsc_ddf_load() does not keep. On failure @p ret_xml is as it was.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ddf_export(const struct dmsc_ddf *ddf,
                                                      struct dmsc_buf *ret_xml);

/**
 * From now on the tree holds to the description at @p base and below: what is not described cannot
 * be made ("ddf:unknown"), nor more of it than may be ("ddf:occurrence"), nor of another format or
 * type ("ddf:format", "ddf:type"); a node that must be there is not deleted; new nodes get the
 * access and the scope of their description. What is there already stays. Below a node "Ext" of
 * which the description says nothing more, anything may be (STD 5).
 *
 * @param base URI of the node that the first Node of the description is about; NULL: its place
 * @param ddf  borrowed: must outlive the tree
 * @return DMSC_E_EXISTS when something describes @p base or a node above or below it
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_describe(struct dmsc_tree *tree,
                                                         const struct dmsc_ddf *ddf,
                                                         const char *base);
/** Where the tree is described, and by what. @p description answers false to stop. */
DMSC_API void dmsc_tree_descriptions(const struct dmsc_tree *tree,
                                     bool (*description)(void *user, const char *base,
                                                         const struct dmsc_ddf *ddf),
                                     void *user);
/** No longer hold to what is described at @p base; the nodes stay. */
DMSC_API void dmsc_tree_undescribe(struct dmsc_tree *tree, const char *base);
/**
 * Make what must be there: the nodes with a name that occur at least once, with their default
 * values, in the caller's change. What is there stays.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_make_described(struct dmsc_tree *tree,
                                                               const char *base);

#ifdef __cplusplus
}
#endif
#endif
