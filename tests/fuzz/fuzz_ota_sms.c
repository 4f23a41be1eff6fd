/* SPDX-License-Identifier: Apache-2.0 */
/* TPDUs, envelopes and commands with a TPDU in them; messages put together. Of the input each
 * message has its length in front. What is read can be written, and reads the same. */
#include "apdu/codec/ota/join.h"
#include <assert.h>
#include <dmsc/ctx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct dmsci_sms *sms, struct dmsc_bytes tpdu)
{
    uint8_t out[DMSCI_SMS_TPDU_MAX];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));
    struct dmsci_sms again;
    char text[24];

    assert(dmsci_sms_encode(sms, &w) == DMSC_OK && !w.bad && w.n == tpdu.n);
    assert(dmsci_sms_decode(dmsc_bytes(out, w.n), &again) == DMSC_OK);
    assert(dmsc_bytes_equal(again.data, sms->data));
    assert(dmsc_bytes_equal(again.header, sms->header));
    dmsci_sms_address_text(&sms->address, text);
}

static void take(struct dmsci_sms_join *join, struct dmsc_bytes bytes, struct dmsc_buf *out)
{
    struct dmsc_bytes tpdu = bytes;
    struct dmsci_sms sms;
    bool whole = false;
    uint8_t kind = 0;

    if (dmsci_sms_envelope_decode(bytes, &tpdu) != DMSC_OK &&
        dmsci_sms_send_decode(bytes, &tpdu) != DMSC_OK)
        tpdu = bytes;
    if (dmsci_sms_decode(tpdu, &sms) != DMSC_OK)
        return;
    write_again(&sms, tpdu);
    if (dmsci_sms_join_add(join, &sms, &whole, &kind, out) == DMSC_OK && whole)
        assert(out->n >= sms.data.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(data, size));
    struct dmsci_sms_join join;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf out;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&out, ctx, size);
    dmsci_sms_join_init(&join, ctx);
    while (r.n > 0 && !r.bad)
        take(&join, dmsc_rd_bytes(&r, dmsc_rd_u8(&r)), &out);
    dmsci_sms_join_clear(&join);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
    return 0;
}
