/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"
#include <dmsc/efdir.h>

static bool padding_only(struct dmsc_bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] != 0xFF && bytes.p[i] != 0x00)
            return false;
    }
    return true;
}

enum dmsc_err dmsc_application_decode(struct dmsc_bytes record,
                                      struct dmsc_application *ret_application)
{
    struct dmsc_application app = { 0 };
    struct dmsc_rd outer = dmsc_rd(record);
    struct dmsci_tlv tlv;
    struct dmsc_rd inner;

    if (padding_only(record))
        return DMSC_E_NOTFOUND;
    if (!dmsci_ber_next(&outer, &tlv))
        return DMSC_E_TRUNCATED;
    if (tlv.tag != 0x61 || !padding_only(dmsc_bytes(outer.p, outer.n)))
        return DMSC_E_MALFORMED;
    inner = dmsc_rd(tlv.value);
    while (dmsci_ber_next(&inner, &tlv)) {
        if (tlv.tag == 0x4F && app.aid.n > 0)
            return DMSC_E_MALFORMED; /* two names, and no telling which one counts */
        if (tlv.tag == 0x4F)
            app.aid = tlv.value;
        else if (tlv.tag == 0x50)
            app.label = tlv.value;
        else if (tlv.tag == 0x51)
            app.path = tlv.value;
    }
    if (inner.bad)
        return DMSC_E_TRUNCATED;
    if (app.aid.n == 0 || app.aid.n > 16)
        return DMSC_E_MALFORMED;
    *ret_application = app;
    return DMSC_OK;
}

static void put_fields(struct dmsc_wr *w, const struct dmsc_application *app)
{
    dmsci_ber_put(w, 0x4F, app->aid);
    if (app->label.n > 0)
        dmsci_ber_put(w, 0x50, app->label);
    if (app->path.n > 0)
        dmsci_ber_put(w, 0x51, app->path);
}

enum dmsc_err dmsc_application_encode(const struct dmsc_application *application, struct dmsc_wr *w)
{
    struct dmsc_wr count = dmsc_wr(NULL, 0);
    struct dmsc_wr out = *w;

    if (application->aid.n == 0 || application->aid.n > 16)
        return DMSC_E_ARG;
    put_fields(&count, application);
    dmsci_ber_put_header(&out, 0x61, count.n);
    put_fields(&out, application);
    if (out.bad)
        return DMSC_E_LIMIT;
    *w = out;
    return DMSC_OK;
}

/* Annex E of TS 101 220 and the registries of PKCS and GlobalPlatform; compared as prefixes. */
static const struct {
    uint8_t length;
    uint8_t prefix[16];
    const char *name;
} known[] = {
    { 7, { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 }, "USIM" },
    { 7, { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04 }, "ISIM" },
    { 7, { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x0B }, "USIM non-IMSI" },
    { 7, { 0xA0, 0x00, 0x00, 0x03, 0x43, 0x10, 0x02 }, "CSIM" },
    { 12, { 0xA0, 0, 0, 0, 0x63, 'P', 'K', 'C', 'S', '-', '1', '5' }, "PKCS#15" },
    { 9, { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x41, 0x43, 0x4C, 0x00 }, "ARA-M" },
    { 8, { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00 }, "GlobalPlatform ISD" },
    { 12, { 0xF0, 'D', 'M', 'S', 'C', '-', 'U', 'I', 'C', 'C', 1, 0 }, "DMSC" },
};

const char *dmsc_aid_name(struct dmsc_bytes aid)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(known); i++) {
        if (aid.n >= known[i].length &&
            dmsc_bytes_equal(dmsc_bytes(aid.p, known[i].length),
                             dmsc_bytes(known[i].prefix, known[i].length)))
            return known[i].name;
    }
    return NULL;
}
