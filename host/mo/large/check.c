/* SPDX-License-Identifier: Apache-2.0 */
/* Formats of values that are not in memory (TND 7.7.2): the same rules as format.c, piecewise. */
#include "host/mo/format.h"
#include "host/mo/large/large.h"
#include "host/mo/uri.h"
#include "host/store/large.h"

size_t dmsci_whole_characters(struct dmsc_bytes text)
{
    size_t n = text.n;

    for (size_t back = 1; back <= 3 && back <= n; back++) {
        uint8_t c = text.p[n - back];

        if ((c & 0xC0) == 0x80)
            continue;
        return c >= 0xC0 ? n - back : n;
    }
    return n;
}

/* Look at what waits and leave what may go on in the next piece. */
static bool look_at_text(struct dmsc_buf *waiting, bool last)
{
    struct dmsc_bytes all = dmsc_buf_bytes(waiting);
    size_t n = last ? all.n : dmsci_whole_characters(all);
    bool good = dmsci_text_valid(dmsc_bytes(all.p, n), true);

    dmsc_buf_consume(waiting, n);
    return good;
}

static enum dmsc_err is_text(struct dmsc_tree *tree, int64_t id, int64_t size, bool *ret_good)
{
    struct dmsc_buf waiting;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&waiting, tree->ctx, DMSCI_LARGE_PIECE + 4);
    *ret_good = true;
    for (int64_t at = 0; at < size && err == DMSC_OK && *ret_good;) {
        size_t before = waiting.n;

        err = dmsci_large_read(tree->store, id, at, DMSCI_LARGE_PIECE, &waiting);
        if (err == DMSC_OK && waiting.n == before)
            err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read a large object");
        at += (int64_t)(waiting.n - before);
        *ret_good = look_at_text(&waiting, at >= size);
    }
    dmsc_buf_clear(&waiting);
    return err;
}

static enum dmsc_err is_base64(struct dmsc_tree *tree, int64_t id, int64_t size, bool *ret_good)
{
    struct dmsci_base64_seen seen = { 0 };
    struct dmsc_buf piece;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&piece, tree->ctx, DMSCI_LARGE_PIECE);
    *ret_good = true;
    for (int64_t at = 0; at < size && err == DMSC_OK && *ret_good; at += (int64_t)piece.n) {
        dmsc_buf_reset(&piece);
        err = dmsci_large_read(tree->store, id, at, DMSCI_LARGE_PIECE, &piece);
        if (err == DMSC_OK && piece.n == 0)
            err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read a large object");
        *ret_good = dmsci_base64_look(&seen, dmsc_buf_bytes(&piece));
    }
    *ret_good = *ret_good && dmsci_base64_ends(&seen);
    dmsc_buf_clear(&piece);
    return err;
}

enum dmsc_err dmsci_large_check(struct dmsc_tree *tree, enum dmsc_format format, int64_t id,
                                int64_t size)
{
    bool good = format == DMSC_FORMAT_BIN;
    enum dmsc_err err = DMSC_OK;

    if (format == DMSC_FORMAT_CHR || format == DMSC_FORMAT_XML)
        err = is_text(tree, id, size, &good);
    else if (format == DMSC_FORMAT_B64)
        err = is_base64(tree, id, size, &good);
    return err == DMSC_OK && !good ? dmsci_value_refuse(tree->ctx, format) : err;
}
