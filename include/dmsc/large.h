/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_LARGE_H
#define DMSC_LARGE_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Large objects: values of leaves above limits.node_value, up to limits.large_value. They never are
 * in memory as a whole: they come in pieces, each of which is on the disk when its call returns,
 * become the value of a leaf in one step, and are read in pieces. A transfer that was interrupted,
 * whatever by, goes on at the octet where it stopped (HLF-023). One that nobody went on with for
 * seven days is forgotten.
 *
 * A large value is one of format bin, b64, chr or xml. A secret cannot be one ("large:secret"), nor
 * a value that operations stand behind ("large:bound"), and dmsc_tree_value() refuses it
 * (DMSC_E_LIMIT, "value:large").
 */
struct dmsc_large; /* a transfer that is open */

#define DMSC_LARGE_UNKNOWN UINT64_MAX

struct dmsc_large_spec {
    const char *uri;       /* canonical: the leaf it will be the value of */
    const char *actor;     /* whose transfer it is, as for dmsc_tree_begin() */
    struct dmsc_bytes tag; /* what content it is: an ETag, a digest; up to 256 octets */
    uint64_t size;         /* octets in all, or DMSC_LARGE_UNKNOWN */
};

/**
 * Begin the transfer of @p spec->actor to @p spec->uri, or go on with it: when one with the same
 * tag and size is there, dmsc_large_have() says from where. One with another tag or size is begun
 * anew. Not inside a change that may be undone: the transfer would be, too.
 *
 * @param now s since 1970
 * @return DMSC_E_LIMIT ("large:size" above limits.large_value, "large:many" above
 *         limits.transfers); DMSC_E_STATE when the node is an interior one; DMSC_E_UNSUPPORTED
 *         ("large:secret", "large:bound"); DMSC_E_ARG for too long a tag
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_open(struct dmsc_tree *tree,
                                                      const struct dmsc_large_spec *spec,
                                                      int64_t now, struct dmsc_large **ret_large);
/**
 * The same, of a transfer that is there; nothing is begun.
 * @return DMSC_E_NOTFOUND ("large:nothing") when there is none with this tag and size
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_find(struct dmsc_tree *tree,
                                                      const struct dmsc_large_spec *spec,
                                                      struct dmsc_large **ret_large);
/** Octets that are there. */
DMSC_API uint64_t dmsc_large_have(const struct dmsc_large *large);
/**
 * The octets that follow. They are on the disk when this returns, unless the caller is inside a
 * change; 64 KiB at a time are a good measure.
 *
 * @return DMSC_E_LIMIT above limits.large_value; DMSC_E_MALFORMED ("large:longer") above the
 *         announced size; DMSC_E_STATE ("large:taken") when somebody else went on with it
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_append(struct dmsc_large *large,
                                                        struct dmsc_bytes octets, int64_t now);
/**
 * All is there: make it the value of the leaf, in the caller's change. The leaf is made or its
 * value replaced (VerNo + 1); a value within limits.node_value becomes a plain one. When the change
 * is undone the transfer is there again.
 *
 * @param format, type of a new leaf; NULL for one that is there: as they are. A new one without is
 *        bin, application/octet-stream
 * @return as dmsc_tree_add() and dmsc_tree_replace(); DMSC_E_STATE ("large:incomplete")
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_put(struct dmsc_large *large,
                                                     const enum dmsc_format *format,
                                                     const char *type);
/** Forget what has come, in a change of its own or in the caller's. Close it all the same. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_drop(struct dmsc_large *large);
/** What has come stays, for the next open. */
DMSC_API void dmsc_large_close(struct dmsc_large *large);

/** A transfer that waits to be gone on with. */
struct dmsc_large_info {
    const char *actor;
    const char *uri;
    uint64_t have;
    uint64_t size; /* or DMSC_LARGE_UNKNOWN */
    int64_t at;    /* of the last octets, s since 1970 */
};
/** Every transfer that is not over; @p transfer answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_each(
    struct dmsc_tree *tree, bool (*transfer)(void *user, const struct dmsc_large_info *info),
    void *user);
/** Forget the transfer of @p actor to @p uri. DMSC_E_NOTFOUND when there is none. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_large_forget(struct dmsc_tree *tree, const char *actor,
                                                        const char *uri);

/**
 * Octets of the value of any leaf from @p at on, appended: up to @p n, fewer at its end or where a
 * piece ends, none behind the end. What is read in several calls is one value if the leaf's
 * VerNo is the same before and after.
 * @return DMSC_E_NOTFOUND, DMSC_E_STATE for an interior node
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_value_part(struct dmsc_tree *tree, const char *uri,
                                                           uint64_t at, size_t n,
                                                           struct dmsc_buf *ret_octets);
/**
 * The value of one leaf becomes that of another, with format and type (Copy, REP 6.6.4), of
 * whatever size.
 * @return as dmsc_tree_replace(); DMSC_E_UNSUPPORTED as dmsc_large_open()
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_copy_value(struct dmsc_tree *tree, const char *from,
                                                           const char *to);

#ifdef __cplusplus
}
#endif
#endif
