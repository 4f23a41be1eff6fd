/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that the files of the DM card application have in common. */
#include "host/card/format/format.h"
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsci_format_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *what,
                                  const char *reason, const char *fmt, ...)
{
    char why[160];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)dmsci_fail(ctx, err, "%s", what);
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

bool dmsci_format_text_ok(struct dmsc_bytes value, size_t max)
{
    if (value.n == 0 || value.n > max || !dmsci_utf8_valid(value))
        return false;
    for (size_t i = 0; i < value.n; i++) {
        /* These texts reach terminals and logs. */
        if (value.p[i] < 0x20 || value.p[i] == 0x7F)
            return false;
    }
    return true;
}

static bool segment_ok(const uint8_t *p, size_t n)
{
    return n > 0 && !(n == 1 && p[0] == '.') && !(n == 2 && p[0] == '.' && p[1] == '.');
}

bool dmsci_format_path_ok(struct dmsc_bytes value)
{
    size_t begin = 2;

    if (!dmsci_format_text_ok(value, 255) || value.p[0] != '.')
        return false;
    if (value.n == 1)
        return true;
    if (value.p[1] != '/')
        return false;
    for (size_t i = begin; i <= value.n; i++) {
        if (i < value.n && value.p[i] != '/')
            continue;
        if (!segment_ok(value.p + begin, i - begin))
            return false;
        begin = i + 1;
    }
    return true;
}

bool dmsci_format_only_fill(const struct dmsc_rd *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->p[i] != 0xFF)
            return false;
    }
    return true;
}

size_t dmsci_format_count(struct dmsc_bytes in, uint32_t tag)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;
    size_t count = 0;

    while (!dmsci_format_only_fill(&r) && dmsci_ber_next(&r, &tlv))
        count += tlv.tag == tag;
    return count;
}
