/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_STORE_H
#define DMSC_STORE_H

#include <dmsc/bytes.h>
#include <dmsc/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * State on disk: SQLite in WAL mode, synchronous=FULL, one writer. Holds the nodes of the tree and
 * named values (what is known of a card, its MA list, its certificates). Rows know nothing of ACLs
 * or formats: host/mo gives them meaning.
 */
struct dmsc_store;

/**
 * @param path of the file, made with mode 0600 if it is not there; NULL keeps all in memory
 * @return DMSC_E_IO; DMSC_E_CORRUPT when SQLite's integrity check fails; DMSC_E_UNSUPPORTED for a
 *         newer schema; DMSC_E_AGAIN when another process writes (the story names it if it can)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_open(struct dmsc_ctx *ctx, const char *path,
                                                      struct dmsc_store **ret_store);
DMSC_API void dmsc_store_close(struct dmsc_store *store);

/**
 * The key that values of secret nodes are sealed with from now on; it opens what was sealed with it
 * before. The store keeps a copy and wipes it on close. Without a key a secret can neither be
 * written nor read (DMSC_E_UNSUPPORTED, "secret:no-key").
 *
 * @param key 32 bytes; NULL forgets the key
 * @return DMSC_E_ARG for another length, DMSC_E_NOMEM: the key stays as it was
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_set_key(struct dmsc_store *store,
                                                         const struct dmsc_secret *key);

/* Transactions nest (savepoints); only the outermost commit reaches the disk. A commit that fails
 * has rolled back; rolling back outside a transaction does nothing. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_begin(struct dmsc_store *store);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_commit(struct dmsc_store *store);
DMSC_API void dmsc_store_rollback(struct dmsc_store *store);

/**
 * Named values, keys like "card/AFC79B4430606431/header". Put replaces; an empty value is kept.
 * DMSC_E_NOTFOUND from get when there is none; delete of nothing is fine.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_put(struct dmsc_store *store, const char *key,
                                                     struct dmsc_bytes value);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_get(struct dmsc_store *store, const char *key,
                                                     struct dmsc_buf *ret_value);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_delete(struct dmsc_store *store, const char *key);
/** Keys that begin with @p prefix, octet order; @p key answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_store_keys(struct dmsc_store *store, const char *prefix,
                                                      bool (*key)(void *user, const char *key),
                                                      void *user);

#ifdef __cplusplus
}
#endif
#endif
