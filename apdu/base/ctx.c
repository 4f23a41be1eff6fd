/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/private.h"
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsc_ctx_new(const struct dmsc_ctx_config *config, struct dmsc_ctx **ret_ctx)
{
    struct dmsc_ctx_config wanted = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    if (config != NULL)
        wanted = *config;
    if (wanted.realloc == NULL)
        wanted.realloc = dmsci_default_realloc;
    dmsci_limits_fill(&wanted.limits);
    ctx = wanted.realloc(wanted.realloc_user, NULL, sizeof(*ctx));
    if (ctx == NULL)
        return DMSC_E_NOMEM;
    *ctx = (struct dmsc_ctx){ .config = wanted };
    *ret_ctx = ctx;
    return DMSC_OK;
}

void dmsc_ctx_free(struct dmsc_ctx *ctx)
{
    if (ctx != NULL)
        (void)ctx->config.realloc(ctx->config.realloc_user, ctx, 0);
}

const struct dmsc_limits *dmsc_ctx_limits(const struct dmsc_ctx *ctx)
{
    return &ctx->config.limits;
}

const struct dmsc_diag *dmsc_diag_get(const struct dmsc_ctx *ctx)
{
    return &ctx->diag;
}

void dmsc_diag_clear(struct dmsc_ctx *ctx)
{
    ctx->diag = (struct dmsc_diag){ 0 };
}

void dmsci_diag_restore(struct dmsc_ctx *ctx, const struct dmsc_diag *story)
{
    ctx->diag = *story;
}

/* Control characters of ASCII and of Latin-1 (U+0080 to U+009F drive terminals too). */
static bool is_control(const char *p, size_t length)
{
    uint8_t first = (uint8_t)p[0];

    return (length == 1 && (first < 0x20 || first == 0x7F)) ||
           (length == 2 && first == 0xC2 && (uint8_t)p[1] < 0xA0);
}

/* Text of the outside world ends up here: what is a control character or no UTF-8 becomes dots, so
 * that a story stays one line of text and cannot drive a terminal. */
static void defuse(char *text, size_t n)
{
    size_t length;

    for (size_t i = 0; i < n; i += length) {
        length = dmsci_utf8_length(dmsc_bytes(text + i, n - i));
        if (length != 0 && !is_control(text + i, length))
            continue;
        length = length != 0 ? length : 1;
        for (size_t k = 0; k < length; k++)
            text[i + k] = '.';
    }
}

static void tell(char *part, size_t size, const char *fmt, va_list args) DMSCI_PRINTF(3, 0);

static void tell(char *part, size_t size, const char *fmt, va_list args)
{
    size_t n;
    int wanted = vsnprintf(part, size, fmt, args);

    if (wanted < 0) {
        part[0] = '\0';
        return;
    }
    n = strlen(part);
    /* A cut never leaves half a character. */
    if ((size_t)wanted >= size) {
        while (n > 0 && ((unsigned char)part[n - 1] & 0xC0) == 0x80)
            n--;
        if (n > 0 && (unsigned char)part[n - 1] >= 0xC0)
            n--;
        part[n] = '\0';
    }
    defuse(part, n);
}

#define TELL(part, fmt)                                                                            \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, fmt);                                                                       \
        tell(part, sizeof(part), fmt, args);                                                       \
        va_end(args);                                                                              \
    } while (0)

enum dmsc_err dmsci_fail(struct dmsc_ctx *ctx, enum dmsc_err err, const char *fmt, ...)
{
    /* Arguments may point into the old story: format first, forget then. */
    struct dmsc_diag story = { .err = err };

    TELL(story.what, fmt);
    ctx->diag = story;
    return err;
}

void dmsci_where(struct dmsc_ctx *ctx, const char *fmt, ...)
{
    if (ctx->diag.where[0] == '\0')
        TELL(ctx->diag.where, fmt);
}

void dmsci_why(struct dmsc_ctx *ctx, const char *reason, const char *fmt, ...)
{
    if (ctx->diag.why[0] == '\0')
        TELL(ctx->diag.why, fmt);
    if (reason != NULL && ctx->diag.reason[0] == '\0')
        (void)snprintf(ctx->diag.reason, sizeof(ctx->diag.reason), "%s", reason);
}

void dmsci_hint(struct dmsc_ctx *ctx, const char *fmt, ...)
{
    if (ctx->diag.hint[0] == '\0')
        TELL(ctx->diag.hint, fmt);
}

void dmsci_fail_sw(struct dmsc_ctx *ctx, uint16_t sw)
{
    ctx->diag.sw = sw;
}

void dmsci_fail_code(struct dmsc_ctx *ctx, int code)
{
    ctx->diag.code = code;
}

void dmsci_log(struct dmsc_ctx *ctx, enum dmsc_level level, const char *area, const char *fmt, ...)
{
    char line[512];

    if (ctx->config.log == NULL || level > ctx->config.log_level)
        return;
    TELL(line, fmt);
    ctx->config.log(ctx->config.log_user, level, area, line);
}
