/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/trace/details.h"
#include "apdu/base/ctx.h"
#include <dmsc/atr.h>
#include <dmsc/usat_describe.h>
#include <stdio.h>

/* Templates in each other: FCP nests three deep. */
#define DEPTH_MAX 6u
#define VALUE_MAX 96u /* bytes of a value that are shown */

static enum dmsc_err keep(struct dmsc_trace *t, const char *text, size_t *ret_at)
{
    *ret_at = t->arena.n;
    return dmsc_buf_append(&t->arena, dmsc_bytes(text, dmsc_bytes_str(text).n + 1));
}

enum dmsc_err dmsci_trace_detail(struct dmsc_trace *trace, unsigned depth, const char *name,
                                 const char *fmt, ...)
{
    char value[1024];
    size_t before = trace->arena.n, name_at = 0, value_at = 0;
    va_list args;
    enum dmsc_err err;

    if (trace->count == DMSCI_TRACE_DETAILS_MAX) {
        trace->lost++;
        return DMSC_OK;
    }
    va_start(args, fmt);
    (void)vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    err = keep(trace, name, &name_at);
    if (err == DMSC_OK)
        err = keep(trace, value, &value_at);
    if (err != DMSC_OK) {
        dmsc_buf_truncate(&trace->arena, before);
        if (err != DMSC_E_LIMIT)
            return err;
        trace->lost++;
        return DMSC_OK;
    }
    trace->found[trace->count].depth = depth;
    trace->found[trace->count].name = name_at;
    trace->found[trace->count++].value = value_at;
    return DMSC_OK;
}

static enum dmsc_err put_bytes(struct dmsc_trace *t, unsigned depth, const char *name,
                               struct dmsc_bytes bytes, const char *meaning)
{
    char hex[2 * VALUE_MAX + 1];
    struct dmsc_bytes shown = dmsc_bytes(bytes.p, bytes.n < VALUE_MAX ? bytes.n : VALUE_MAX);

    dmsc_hex_encode(shown, hex);
    return dmsci_trace_detail(t, depth, name, "%s%s%s%s", hex, shown.n < bytes.n ? ".." : "",
                              bytes.n > 0 && meaning[0] != '\0' ? "  " : "", meaning);
}

static enum dmsc_err put_field(struct dmsc_trace *t, const struct dmsc_usat_field *f)
{
    const char *meaning = f->meaning != NULL ? f->meaning : "";

    switch (f->form) {
    case DMSC_USAT_NUMBER:
        return dmsci_trace_detail(t, 1, f->name, "%lu%s%s", (unsigned long)f->number,
                                  meaning[0] != '\0' ? "  " : "", meaning);
    case DMSC_USAT_TEXT:
        return dmsci_trace_detail(t, 1, f->name, "\"%.*s\"%s%s",
                                  (int)(f->bytes.n < 800 ? f->bytes.n : 800),
                                  f->bytes.n > 0 ? (const char *)f->bytes.p : "",
                                  meaning[0] != '\0' ? "  " : "", meaning);
    case DMSC_USAT_BYTES:
    default:
        return put_bytes(t, 1, f->name, f->bytes, meaning);
    }
}

enum dmsc_err dmsci_trace_usat(struct dmsc_trace *trace, const struct dmsc_usat *usat)
{
    struct dmsc_usat_parts *parts = NULL;
    enum dmsc_err err = dmsc_usat_parts_decode(trace->ctx, usat, &parts);
    size_t count = err == DMSC_OK ? dmsc_usat_parts_count(parts) : 0;

    for (size_t i = 0; err == DMSC_OK && i < count; i++) {
        const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, i);

        err = dmsci_trace_detail(trace, 0, part->name, "%s", part->clause);
        for (size_t k = 0; err == DMSC_OK && k < part->fields; k++)
            err = put_field(trace, &part->field[k]);
    }
    dmsc_usat_parts_free(parts);
    return err == DMSC_E_LIMIT ? DMSC_OK : err;
}

/* TS 102 221 11.1.1.4.3: the bytes in words. */
static const char *descriptor(struct dmsc_bytes value)
{
    uint8_t kind = value.n > 0 ? value.p[0] : 0;

    if ((kind & 0x38) == 0x38)
        return (kind & 7) == 1 ? "BER-TLV structure" : "DF or ADF";
    switch (kind & 7) {
    case 1:
        return "transparent EF";
    case 2:
        return "linear fixed EF";
    case 6:
        return "cyclic EF";
    default:
        return "";
    }
}

static enum dmsc_err put_object(struct dmsc_trace *t, unsigned depth, uint32_t inside,
                                const struct dmsc_tlv_object *o)
{
    const char *name = dmsc_tlv_name(inside, o->tag);
    char unknown[24];

    if (name == NULL) {
        (void)snprintf(unknown, sizeof(unknown), "tag %02lX", (unsigned long)o->tag);
        name = unknown;
    }
    if (o->constructed && depth + 1 < DEPTH_MAX)
        return dmsci_trace_detail(t, depth, name, "%zu bytes", o->value.n);
    return put_bytes(t, depth, name, o->value,
                     inside == 0x62 && o->tag == 0x82 ? descriptor(o->value) : "");
}

enum dmsc_err dmsci_trace_fcp(struct dmsc_trace *trace, struct dmsc_bytes bytes)
{
    struct dmsc_rd open[DEPTH_MAX];
    uint32_t inside[DEPTH_MAX] = { 0 };
    unsigned depth = 0;
    enum dmsc_err err = DMSC_OK;

    if (bytes.n < 2 || (bytes.p[0] != 0x62 && bytes.p[0] != 0x6F))
        return DMSC_OK;
    open[0] = dmsc_rd(bytes);
    for (;;) {
        struct dmsc_tlv_object object;

        if (!dmsc_tlv_next(&open[depth], &object)) {
            if (open[depth].bad && err == DMSC_OK)
                err = dmsci_trace_detail(trace, depth, "not well formed", "%s", "");
            if (err != DMSC_OK || depth == 0)
                return err;
            depth--;
            continue;
        }
        err = put_object(trace, depth, inside[depth], &object);
        if (err != DMSC_OK)
            return err;
        if (object.constructed && depth + 1 < DEPTH_MAX) {
            depth++;
            open[depth] = dmsc_rd(object.value);
            inside[depth] = object.tag;
        }
    }
}

enum dmsc_err dmsci_trace_profile(struct dmsc_trace *trace, struct dmsc_bytes profile)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < profile.n && i < 64; i++) {
        for (unsigned bit = 1; err == DMSC_OK && bit <= 8; bit++) {
            const char *name = dmsc_usat_profile_name((unsigned)i + 1, bit);

            if ((profile.p[i] >> (bit - 1) & 1) != 0)
                err = dmsci_trace_detail(trace, 0, "announces", "%s (byte %zu, bit %u)",
                                         name != NULL ? name : "part of a number", i + 1, bit);
        }
    }
    return err;
}

enum dmsc_err dmsci_trace_describe_atr(struct dmsc_trace *trace)
{
    struct dmsc_bytes bytes = dmsc_bytes(trace->answer.bytes, trace->answer.n);
    struct dmsc_atr atr;
    enum dmsc_err err;

    if (bytes.n == 0)
        return DMSC_OK;
    err = put_bytes(trace, 0, "ATR", bytes, "");
    if (err != DMSC_OK || dmsc_atr_decode(bytes, &atr) != DMSC_OK)
        return err;
    err = dmsci_trace_detail(trace, 1, "offers", "%s%s%s, Fi %u, Di %u",
                             (atr.protocols & 1) != 0 ? "T=0" : "",
                             (atr.protocols & 3) == 3 ? " and " : "",
                             (atr.protocols & 2) != 0 ? "T=1" : "", atr.fi, atr.di);
    if (err == DMSC_OK && atr.historical.n > 0)
        err = put_bytes(trace, 1, "historical bytes", atr.historical, "");
    if (err == DMSC_OK && atr.channels > 0)
        err = dmsci_trace_detail(trace, 1, "logical channels", "%u", atr.channels);
    return err;
}
