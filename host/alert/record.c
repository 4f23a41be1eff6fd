/* SPDX-License-Identifier: Apache-2.0 */
#include "host/alert/record.h"
#include <string.h>

/* Each with its NUL, so that a reader can lend them as they stand. */
static void put_text(struct dmsc_wr *w, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;

    if (n > UINT16_MAX - 1u)
        w->bad = true;
    dmsc_wr_u16(w, (uint16_t)(n + 1));
    dmsc_wr_bytes(w, dmsc_bytes(text, n));
    dmsc_wr_u8(w, 0);
}

static void put(struct dmsc_wr *w, const struct dmsc_alert *alert)
{
    dmsc_wr_u32(w, (uint32_t)((uint64_t)alert->at >> 32));
    dmsc_wr_u32(w, (uint32_t)((uint64_t)alert->at & 0xFFFFFFFFu));
    put_text(w, alert->type);
    put_text(w, alert->source);
    put_text(w, alert->correlator);
    put_text(w, alert->format);
    put_text(w, alert->mark);
    dmsc_wr_bytes(w, alert->data);
}

enum dmsc_err dmsci_alert_encode(const struct dmsc_alert *alert, struct dmsc_buf *ret_record)
{
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    uint8_t *p = NULL;
    enum dmsc_err err;

    put(&w, alert);
    if (w.bad)
        return DMSC_E_LIMIT;
    err = dmsc_buf_reserve(ret_record, w.n, &p);
    if (err != DMSC_OK)
        return err;
    w = dmsc_wr(p, w.n);
    put(&w, alert);
    dmsc_buf_commit(ret_record, w.n);
    return DMSC_OK;
}

static const char *text(struct dmsc_rd *r)
{
    struct dmsc_bytes bytes = dmsc_rd_bytes(r, dmsc_rd_u16(r));

    /* One NUL, and that at the end. */
    if (bytes.n == 0 || memchr(bytes.p, 0, bytes.n) != bytes.p + bytes.n - 1) {
        r->bad = true;
        return "";
    }
    return (const char *)bytes.p;
}

enum dmsc_err dmsci_alert_decode(struct dmsc_ctx *ctx, struct dmsc_bytes record,
                                 struct dmsc_alert *ret_alert)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    struct dmsc_rd r = dmsc_rd(record);
    uint64_t at = (uint64_t)dmsc_rd_u32(&r) << 32;

    at |= dmsc_rd_u32(&r);
    alert.at = (int64_t)at;
    alert.type = text(&r);
    alert.source = text(&r);
    alert.correlator = text(&r);
    alert.format = text(&r);
    alert.mark = text(&r);
    alert.data = dmsc_bytes(r.p, r.n);
    if (r.bad) {
        (void)dmsci_fail(ctx, DMSC_E_CORRUPT, "read an alert that waits");
        dmsci_why(ctx, "alert:record", "the store has another form of it");
        return DMSC_E_CORRUPT;
    }
    *ret_alert = alert;
    return DMSC_OK;
}
