/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that may name the C library's allocator (style.md 7). */
#include "apdu/base/private.h"
#include <stdlib.h>
#include <string.h>

void *dmsci_default_realloc(void *user, void *p, size_t n)
{
    (void)user;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

static void *no_memory(struct dmsc_ctx *ctx, size_t n)
{
    (void)dmsci_fail(ctx, DMSC_E_NOMEM, "allocate %zu bytes", n);
    return NULL;
}

void *dmsci_alloc(struct dmsc_ctx *ctx, size_t n)
{
    void *p = ctx->config.realloc(ctx->config.realloc_user, NULL, n);

    if (p == NULL)
        return no_memory(ctx, n);
    memset(p, 0, n);
    return p;
}

void *dmsci_calloc(struct dmsc_ctx *ctx, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return no_memory(ctx, SIZE_MAX);
    return dmsci_alloc(ctx, count * size > 0 ? count * size : 1);
}

void *dmsci_realloc(struct dmsc_ctx *ctx, void *p, size_t n)
{
    void *q = ctx->config.realloc(ctx->config.realloc_user, p, n > 0 ? n : 1);

    return q == NULL ? no_memory(ctx, n) : q;
}

void *dmsci_more(struct dmsc_ctx *ctx, void *p, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap > 0 ? *cap * 2 : 16;
    void *grown;

    if (count < *cap)
        return p;
    if (more < *cap || more > SIZE_MAX / size)
        return no_memory(ctx, SIZE_MAX);
    grown = dmsci_realloc(ctx, p, more * size);
    if (grown != NULL)
        *cap = more;
    return grown;
}

void dmsci_free(struct dmsc_ctx *ctx, void *p)
{
    if (p != NULL)
        (void)ctx->config.realloc(ctx->config.realloc_user, p, 0);
}

char *dmsci_strndup(struct dmsc_ctx *ctx, const char *s, size_t n)
{
    char *copy = dmsci_alloc(ctx, n + 1);

    if (copy != NULL)
        dmsci_copy(copy, s, n);
    return copy;
}

char *dmsci_strdup(struct dmsc_ctx *ctx, const char *s)
{
    return dmsci_strndup(ctx, s, strlen(s));
}

void dmsci_copy(void *to, const void *from, size_t n)
{
    if (n > 0)
        memmove(to, from, n);
}
