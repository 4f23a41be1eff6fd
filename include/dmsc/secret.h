/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SECRET_H
#define DMSC_SECRET_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A PIN, a key, a password. Owns its bytes, which are wiped before they are freed. Never printed,
 * never logged. A program that holds one forbids itself core files, as dmsc does.
 */
struct dmsc_secret {
    struct dmsc_ctx *ctx;
    uint8_t *p;
    size_t n;
};

#define DMSC_SECRET_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }

/** Keep a copy of @p bytes; what was there before is wiped. Unchanged on DMSC_E_NOMEM. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_secret_set(struct dmsc_secret *secret,
                                                      struct dmsc_ctx *ctx,
                                                      struct dmsc_bytes bytes);
DMSC_API struct dmsc_bytes dmsc_secret_bytes(const struct dmsc_secret *secret);
/** Wipe and free; fine on an all-zero struct. */
DMSC_API void dmsc_secret_clear(struct dmsc_secret *secret);
/** Overwrite memory in a way the compiler keeps. */
DMSC_API void dmsc_wipe(void *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
