/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_BYTES_H
#define DMSC_BYTES_H

#include <dmsc/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_ctx;

/** Bytes somebody else owns. Valid as long as the owner says. */
struct dmsc_bytes {
    const uint8_t *p;
    size_t n;
};

DMSC_API struct dmsc_bytes dmsc_bytes(const void *p, size_t n);
/** The characters of @p s without its NUL; empty for NULL. */
DMSC_API struct dmsc_bytes dmsc_bytes_str(const char *s);
DMSC_API bool dmsc_bytes_equal(struct dmsc_bytes a, struct dmsc_bytes b);
/** Compare in time that depends on the lengths alone: for secrets and digests. */
DMSC_API bool dmsc_ct_equal(struct dmsc_bytes a, struct dmsc_bytes b);

/**
 * A reader over borrowed bytes. Sticky: the first read past the end sets @p bad, and every later
 * read answers zero, so that one look at the end is enough.
 */
struct dmsc_rd {
    const uint8_t *p;
    size_t n;
    bool bad;
};

DMSC_API struct dmsc_rd dmsc_rd(struct dmsc_bytes bytes);
DMSC_API uint8_t dmsc_rd_u8(struct dmsc_rd *r);
DMSC_API uint16_t dmsc_rd_u16(struct dmsc_rd *r); /* most significant byte first */
DMSC_API uint32_t dmsc_rd_u24(struct dmsc_rd *r);
DMSC_API uint32_t dmsc_rd_u32(struct dmsc_rd *r);
/** The next @p n bytes as a reader of their own; an inner length never sees the outer bytes. */
DMSC_API struct dmsc_rd dmsc_rd_take(struct dmsc_rd *r, size_t n);
/** As dmsc_rd_take(), as bytes; { NULL, 0 } when they are not there. */
DMSC_API struct dmsc_bytes dmsc_rd_bytes(struct dmsc_rd *r, size_t n);
DMSC_API void dmsc_rd_skip(struct dmsc_rd *r, size_t n);
/** DMSC_OK only if nothing failed and nothing is left; DMSC_E_TRUNCATED or DMSC_E_MALFORMED. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_rd_end(const struct dmsc_rd *r);

/** The mirror image of dmsc_rd. With @p p NULL it only counts, so an encoder can size itself. */
struct dmsc_wr {
    uint8_t *p;
    size_t cap;
    size_t n; /* written so far, or wanted when counting */
    bool bad; /* did not fit */
};

DMSC_API struct dmsc_wr dmsc_wr(void *p, size_t cap);
DMSC_API void dmsc_wr_u8(struct dmsc_wr *w, uint8_t v);
DMSC_API void dmsc_wr_u16(struct dmsc_wr *w, uint16_t v);
DMSC_API void dmsc_wr_u32(struct dmsc_wr *w, uint32_t v);
DMSC_API void dmsc_wr_bytes(struct dmsc_wr *w, struct dmsc_bytes v);
DMSC_API void dmsc_wr_fill(struct dmsc_wr *w, uint8_t v, size_t n);

/**
 * A growing buffer with a ceiling. Memory comes from the context. A NUL that is not counted always
 * follows the content, so text in it is a C string; p is never NULL after a successful append.
 */
struct dmsc_buf {
    struct dmsc_ctx *ctx;
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t ceiling;
};

/** @param ceiling most bytes it may ever hold; one more is DMSC_E_LIMIT */
DMSC_API void dmsc_buf_init(struct dmsc_buf *buf, struct dmsc_ctx *ctx, size_t ceiling);
/** Wipe and free the content; the buffer can be used again. Fine on an all-zero struct. */
DMSC_API void dmsc_buf_clear(struct dmsc_buf *buf);
/** Forget the content (wiped), keep the memory. */
DMSC_API void dmsc_buf_reset(struct dmsc_buf *buf);
/** @param b must not be bytes of @p buf itself, which may move */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_buf_append(struct dmsc_buf *buf, struct dmsc_bytes b);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_buf_append_u8(struct dmsc_buf *buf, uint8_t v);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_buf_append_str(struct dmsc_buf *buf, const char *s);
/** Replace the content. On failure the old content is still there. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_buf_set(struct dmsc_buf *buf, struct dmsc_bytes b);
/** Make room for @p n more bytes and give a pointer to them; dmsc_buf_commit() says how many came.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_buf_reserve(struct dmsc_buf *buf, size_t n,
                                                       uint8_t **ret_p);
DMSC_API void dmsc_buf_commit(struct dmsc_buf *buf, size_t n);
DMSC_API void dmsc_buf_truncate(struct dmsc_buf *buf, size_t n);
/** Drop @p n bytes from the front. */
DMSC_API void dmsc_buf_consume(struct dmsc_buf *buf, size_t n);
DMSC_API struct dmsc_bytes dmsc_buf_bytes(const struct dmsc_buf *buf);
/** The content as a C string; "" when empty. Valid until the next change. */
DMSC_API const char *dmsc_buf_str(const struct dmsc_buf *buf);

/** Upper-case hex, two digits a byte. @p ret_text needs 2 * n + 1 bytes. */
DMSC_API void dmsc_hex_encode(struct dmsc_bytes bytes, char *ret_text);
/**
 * Hex digits of either case, white space between bytes ignored, appended to @p buf.
 * @return DMSC_E_MALFORMED on anything else or an odd number of digits; @p buf is then unchanged
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_hex_decode(const char *text, struct dmsc_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
