/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/cmd/exchange.h"
#include "host/uicc/private.h"

enum dmsc_err dmsc_uicc_new(struct dmsc_ctx *ctx, struct dmsc_link *link,
                            struct dmsc_uicc **ret_uicc)
{
    struct dmsc_uicc *uicc = dmsci_alloc(ctx, sizeof(*uicc));

    if (uicc == NULL)
        return DMSC_E_NOMEM;
    uicc->ctx = ctx;
    uicc->link = link;
    *ret_uicc = uicc;
    return DMSC_OK;
}

void dmsc_uicc_free(struct dmsc_uicc *uicc)
{
    if (uicc == NULL)
        return;
    dmsci_uicc_cat_free(uicc);
    dmsci_free(uicc->ctx, uicc);
}

struct dmsc_link *dmsc_uicc_link(const struct dmsc_uicc *uicc)
{
    return uicc->link;
}

struct dmsc_ctx *dmsc_uicc_ctx(const struct dmsc_uicc *uicc)
{
    return uicc->ctx;
}

unsigned dmsc_uicc_channel(const struct dmsc_uicc *uicc)
{
    return uicc->channel;
}

enum dmsc_err dmsci_uicc_power(struct dmsc_uicc *uicc)
{
    enum dmsc_err err = dmsc_link_power(uicc->link, DMSC_POWER_COLD);

    if (err != DMSC_OK)
        return err;
    uicc->channel = 0;
    uicc->waiting = 0;
    return DMSC_OK;
}

enum dmsc_err dmsc_uicc_power_on(struct dmsc_uicc *uicc)
{
    enum dmsc_err err = dmsci_uicc_power(uicc);

    if (err == DMSC_OK)
        dmsci_uicc_cat_forget(uicc);
    return err;
}

enum dmsc_err dmsc_uicc_exchange(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                 struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    struct dmsc_capdu on_channel = *capdu;
    enum dmsc_err err;

    on_channel.cla = dmsci_cla_channel(capdu->cla, uicc->channel);
    err = dmsc_link_exchange(uicc->link, &on_channel, ret_data, ret_sw);
    if (err != DMSC_OK)
        return err;
    if (dmsc_sw_class(*ret_sw) == DMSC_SW_PROACTIVE)
        uicc->waiting = (*ret_sw & 0xFF) == 0 ? 256 : *ret_sw & 0xFF;
    return DMSC_OK;
}

enum dmsc_err dmsci_uicc_refused_as(struct dmsc_uicc *uicc, uint16_t sw, const char *what,
                                    const char *text)
{
    static const struct {
        enum dmsc_sw_class class;
        enum dmsc_err err;
    } errors[] = {
        { DMSC_SW_NOTFOUND, DMSC_E_NOTFOUND }, { DMSC_SW_DENIED, DMSC_E_DENIED },
        { DMSC_SW_RETRIES, DMSC_E_PIN },       { DMSC_SW_BLOCKED, DMSC_E_PIN },
        { DMSC_SW_BUSY, DMSC_E_AGAIN },
    };
    enum dmsc_err err = DMSC_E_SW;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(errors); i++) {
        if (errors[i].class == dmsc_sw_class(sw))
            err = errors[i].err;
    }
    (void)dmsci_fail(uicc->ctx, err, "%s", what);
    dmsci_fail_sw(uicc->ctx, sw);
    dmsci_why(uicc->ctx, "card:sw", "%s (SW %04X)", text, sw);
    return err;
}

enum dmsc_err dmsci_uicc_refused(struct dmsc_uicc *uicc, uint16_t sw, const char *what)
{
    return dmsci_uicc_refused_as(uicc, sw, what, dmsc_sw_text(sw));
}

enum dmsc_err dmsc_uicc_command(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                struct dmsc_buf *ret_data, const char *what)
{
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err;

    dmsc_buf_init(&data, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    err = dmsc_uicc_exchange(uicc, capdu, ret_data != NULL ? &data : NULL, &sw);
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = dmsci_uicc_refused(uicc, sw, what);
    if (err == DMSC_OK && ret_data != NULL)
        err = dmsc_buf_set(ret_data, dmsc_buf_bytes(&data));
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_channel_open(struct dmsc_uicc *uicc)
{
    /* TS 102 221 11.1.17: from the basic channel, P2 = 00 lets the card choose. */
    struct dmsc_capdu capdu = { .cla = 0x00, .ins = 0x70, .le = 1 };
    struct dmsc_buf data;
    enum dmsc_err err;

    if (uicc->channel != 0)
        return dmsci_fail(uicc->ctx, DMSC_E_STATE, "open a second logical channel");
    dmsc_buf_init(&data, uicc->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_command(uicc, &capdu, &data, "open a logical channel");
    if (err == DMSC_OK && (data.n != 1 || data.p[0] == 0 || data.p[0] > 19)) {
        err = dmsci_fail(uicc->ctx, DMSC_E_MALFORMED, "open a logical channel");
        dmsci_why(uicc->ctx, "card:channel", "the card answered no channel number of 1 to 19");
    }
    if (err == DMSC_OK)
        uicc->channel = data.p[0];
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_channel_close(struct dmsc_uicc *uicc)
{
    struct dmsc_capdu capdu = { .cla = 0x00, .ins = 0x70, .p1 = 0x80 };
    unsigned channel = uicc->channel;
    enum dmsc_err err;

    if (channel == 0)
        return DMSC_OK;
    capdu.p2 = (uint8_t)channel;
    uicc->channel = 0; /* the command goes on the basic channel */
    err = dmsc_uicc_command(uicc, &capdu, NULL, "close the logical channel");
    if (err != DMSC_OK)
        uicc->channel = channel;
    return err;
}
