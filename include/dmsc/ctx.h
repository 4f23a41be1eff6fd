/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CTX_H
#define DMSC_CTX_H

#include <dmsc/err.h>
#include <dmsc/limits.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The context: allocator, limits, log sink and the story of the last failure. There are no globals;
 * two contexts never meet. A context and all that was made with it belong to one thread at a time.
 */
struct dmsc_ctx;

enum dmsc_level { DMSC_LOG_ERROR, DMSC_LOG_WARN, DMSC_LOG_INFO, DMSC_LOG_DEBUG };

struct dmsc_ctx_config {
    /* realloc semantics: n == 0 frees and answers NULL. NULL: the C library's. */
    void *(*realloc)(void *user, void *p, size_t n);
    void *realloc_user;
    /* One event a line, no line end, never a secret. NULL: nothing is logged. */
    void (*log)(void *user, enum dmsc_level level, const char *area, const char *text);
    void *log_user;
    enum dmsc_level log_level; /* the most talkative level that reaches the sink */
    struct dmsc_limits limits; /* fields of 0 take their defaults */
};

#define DMSC_CTX_CONFIG_INIT                                                                       \
    {                                                                                              \
        0                                                                                          \
    }

/** @param config NULL for all defaults; copied */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ctx_new(const struct dmsc_ctx_config *config,
                                                   struct dmsc_ctx **ret_ctx);
/** Everything made with the context must be gone before. NULL is fine. */
DMSC_API void dmsc_ctx_free(struct dmsc_ctx *ctx);
DMSC_API const struct dmsc_limits *dmsc_ctx_limits(const struct dmsc_ctx *ctx);

/**
 * The story of the last failure: what failed, where, why, what to try. Each part is a line of UTF-8
 * without secrets, "" when there is nothing to say. @p reason is a stable name for programs
 * ("mal:signature", "tls:name"), "" when the code says it all.
 */
struct dmsc_diag {
    enum dmsc_err err;
    char what[192];
    char where[192];
    char why[192];
    char hint[192];
    char reason[48];
    uint16_t sw; /* status word of the card, 0 when there was none */
    int code;    /* number of the library below (PC/SC, mbedTLS, SQLite, errno), HTTP status, or key
                    reference of a PIN that is wrong; 0 none */
};

/** Never NULL; valid until the next failure in this context. */
DMSC_API const struct dmsc_diag *dmsc_diag_get(const struct dmsc_ctx *ctx);
DMSC_API void dmsc_diag_clear(struct dmsc_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
