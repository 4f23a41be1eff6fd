/* SPDX-License-Identifier: Apache-2.0 */
/* What the library's own code needs of the context: memory, stories of failures, log lines. */
#ifndef DMSCI_CTX_H
#define DMSCI_CTX_H

#include "apdu/base/compiler.h"
#include <dmsc/bytes.h>
#include <dmsc/ctx.h>
#include <stdarg.h>

/** Zeroed memory of @p n bytes, n > 0; NULL when there is none (the story is told). */
void *dmsci_alloc(struct dmsc_ctx *ctx, size_t n);
/** Zeroed array; NULL also when count * size overflows. */
void *dmsci_calloc(struct dmsc_ctx *ctx, size_t count, size_t size);
/** As realloc(3): NULL leaves @p p as it was. New bytes are not zeroed. */
void *dmsci_realloc(struct dmsc_ctx *ctx, void *p, size_t n);
/**
 * Room for one element more in an array that doubles: @p p itself while there is some, else a
 * larger block with the old content. NULL when there is no memory; the array is as it was.
 * @param cap elements there is room for; @param size of one
 */
void *dmsci_more(struct dmsc_ctx *ctx, void *p, size_t count, size_t *cap, size_t size);
void dmsci_free(struct dmsc_ctx *ctx, void *p);
/** NUL-terminated copy of @p n characters. */
char *dmsci_strndup(struct dmsc_ctx *ctx, const char *s, size_t n);
char *dmsci_strdup(struct dmsc_ctx *ctx, const char *s);

/** Overlapping is fine; n == 0 with NULL is fine. The one memcpy of the project. */
void dmsci_copy(void *to, const void *from, size_t n);

/**
 * Begin the story of a failure: what was being done, in a few words ("SELECT ADF.DMSC", "open store
 * /var/lib/..."). Forgets the story before. @return @p err, so that it can stand behind return
 */
enum dmsc_err dmsci_fail(struct dmsc_ctx *ctx, enum dmsc_err err, const char *fmt, ...)
    DMSCI_PRINTF(3, 4);
/* The other parts of the story just begun. The innermost layer knows best: a part that is already
 * told stays as it is. */
void dmsci_where(struct dmsc_ctx *ctx, const char *fmt, ...) DMSCI_PRINTF(2, 3);
/** @param reason stable name for programs, at most 47 characters; NULL for none */
void dmsci_why(struct dmsc_ctx *ctx, const char *reason, const char *fmt, ...) DMSCI_PRINTF(3, 4);
void dmsci_hint(struct dmsc_ctx *ctx, const char *fmt, ...) DMSCI_PRINTF(2, 3);
void dmsci_fail_sw(struct dmsc_ctx *ctx, uint16_t sw);
void dmsci_fail_code(struct dmsc_ctx *ctx, int code);
/** Put back a story that something done in between has covered. */
void dmsci_diag_restore(struct dmsc_ctx *ctx, const struct dmsc_diag *story);

/** A constant format, one event, no line end, no secret. Cheap when nobody listens. */
void dmsci_log(struct dmsc_ctx *ctx, enum dmsc_level level, const char *area, const char *fmt, ...)
    DMSCI_PRINTF(4, 5);

/** Append formatted text. DMSC_E_LIMIT when it would pass the ceiling. */
DMSC_NODISCARD enum dmsc_err dmsci_buf_printf(struct dmsc_buf *buf, const char *fmt, ...)
    DMSCI_PRINTF(2, 3);

/** CRC-32 of IEEE 802.3, reflected, init and final XOR FFFFFFFF: "123456789" gives CBF43926. */
uint32_t dmsci_crc32(struct dmsc_bytes bytes);

/** Append as base64 (RFC 4648 clause 4) with padding. */
DMSC_NODISCARD enum dmsc_err dmsci_base64_encode(struct dmsc_bytes bytes, struct dmsc_buf *buf);
/**
 * Append what base64 text stands for. White space anywhere is ignored, padding is demanded.
 * @return DMSC_E_MALFORMED for anything else; @p buf is then unchanged
 */
DMSC_NODISCARD enum dmsc_err dmsci_base64_decode(struct dmsc_bytes text, struct dmsc_buf *buf);

/** Length of the character that @p bytes begins with (RFC 3629 section 4); 0 when it is none. */
size_t dmsci_utf8_length(struct dmsc_bytes bytes);
/** strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above 10FFFF, no NUL. */
bool dmsci_utf8_valid(struct dmsc_bytes bytes);

/** UTF-8 that XML 1.0 can carry (its section 2.2). @param lines whether tab, CR and LF are fine */
bool dmsci_text_valid(struct dmsc_bytes text, bool lines);
/** Append text as character data. The text is valid by dmsci_text_valid(). */
DMSC_NODISCARD enum dmsc_err dmsci_xml_put_text(struct dmsc_buf *to, struct dmsc_bytes text);
/** Append text as the value of an attribute, without the quotes ("). Valid as above. */
DMSC_NODISCARD enum dmsc_err dmsci_xml_put_attribute(struct dmsc_buf *to, struct dmsc_bytes value);

/** Seconds since 1970 as "20260131T174500Z". @p ret_text holds 17 bytes. */
void dmsci_time_basic(int64_t seconds, char ret_text[17]);
/** Seconds since 1970 as "2026-01-31T17:45:00Z". @p ret_text holds 21 bytes. */
void dmsci_time_text(int64_t seconds, char ret_text[21]);

#endif
