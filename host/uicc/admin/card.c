/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to the card as a whole: channels, capability, suspension, challenge, identity. */
#include "apdu/codec/ber.h"
#include "host/uicc/admin/private.h"
#include <dmsc/secret.h>

#define CHANNEL_MAX 19u
#define TOKEN_BYTES 8u

void dmsc_uicc_set_blocks(struct dmsc_uicc *uicc, size_t read_bytes, size_t update_bytes)
{
    uicc->read_block = read_bytes <= 256 ? read_bytes : 0;
    uicc->update_block = update_bytes <= 255 ? update_bytes : 0;
}

enum dmsc_err dmsc_uicc_channel_open_at(struct dmsc_uicc *uicc, unsigned number,
                                        unsigned *ret_number)
{
    struct dmsc_capdu capdu = { .ins = 0x70, .p2 = (uint8_t)number };
    struct dmsc_buf data;
    enum dmsc_err err;

    if (number > CHANNEL_MAX)
        return dmsci_admin_bad(uicc, "open a logical channel", "channels are 1 to 19");
    if (number > 0) {
        err = dmsci_admin_command(uicc, &capdu, NULL, "open a logical channel");
        if (err == DMSC_OK)
            *ret_number = number;
        return err;
    }
    capdu.le = 1;
    dmsc_buf_init(&data, uicc->ctx, DMSC_RAPDU_MAX);
    err = dmsci_admin_command(uicc, &capdu, &data, "open a logical channel");
    if (err == DMSC_OK && (data.n != 1 || data.p[0] == 0 || data.p[0] > CHANNEL_MAX)) {
        err = dmsci_fail(uicc->ctx, DMSC_E_MALFORMED, "open a logical channel");
        dmsci_why(uicc->ctx, "card:channel", "the card answered no channel number of 1 to 19");
    }
    if (err == DMSC_OK)
        *ret_number = data.p[0];
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_channel_use(struct dmsc_uicc *uicc, unsigned number)
{
    if (number > CHANNEL_MAX)
        return dmsci_admin_bad(uicc, "use a logical channel", "channels are 0 to 19");
    uicc->channel = number;
    return DMSC_OK;
}

enum dmsc_err dmsc_uicc_channel_close_at(struct dmsc_uicc *uicc, unsigned number)
{
    struct dmsc_capdu capdu = { .ins = 0x70, .p1 = 0x80, .p2 = (uint8_t)number };
    unsigned used = uicc->channel;
    enum dmsc_err err;

    if (number == 0 || number > CHANNEL_MAX)
        return dmsci_admin_bad(uicc, "close a logical channel", "channels are 1 to 19");
    if (used == number)
        uicc->channel = 0; /* a channel is closed from another one */
    err = dmsci_admin_command(uicc, &capdu, NULL, "close a logical channel");
    if (err != DMSC_OK)
        uicc->channel = used;
    return err;
}

static void put_capability(struct dmsc_wr *w, const struct dmsc_terminal_capability *c)
{
    if (c->has_power) {
        dmsci_ber_put_header(w, 0x80, 3);
        dmsc_wr_u8(w, c->voltage_class);
        dmsc_wr_u8(w, c->power_ma);
        dmsc_wr_u8(w, c->frequency_100khz);
    }
    if (c->extended_channels)
        dmsci_ber_put_header(w, 0x81, 0);
    if (c->has_interfaces)
        dmsci_ber_put_u8(w, 0x82, c->interfaces);
    if (c->euicc.n > 0)
        dmsci_ber_put(w, 0x83, c->euicc);
}

enum dmsc_err dmsc_uicc_terminal_capability(struct dmsc_uicc *uicc,
                                            const struct dmsc_terminal_capability *capability)
{
    uint8_t block[32];
    struct dmsc_wr count = dmsc_wr(NULL, 0), w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xAA };

    if (capability->euicc.n > 8)
        return dmsci_admin_bad(uicc, "TERMINAL CAPABILITY", "object 83 has at most 8 bytes");
    put_capability(&count, capability);
    dmsci_ber_put_header(&w, 0xA9, count.n);
    put_capability(&w, capability);
    capdu.data = dmsc_bytes(block, w.n);
    return dmsci_admin_command(uicc, &capdu, NULL, "TERMINAL CAPABILITY");
}

/* SUSPEND UICC goes on the basic channel, whichever is in use. */
static enum dmsc_err on_basic(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                              struct dmsc_buf *ret_data, const char *what)
{
    unsigned used = uicc->channel;
    enum dmsc_err err;

    uicc->channel = 0;
    err = dmsci_admin_command(uicc, capdu, ret_data, what);
    uicc->channel = used;
    return err;
}

static bool duration_fits(struct dmsc_duration d)
{
    return (unsigned)d.unit <= DMSC_TIME_TEN_DAYS && d.count > 0;
}

enum dmsc_err dmsc_uicc_suspend(struct dmsc_uicc *uicc, struct dmsc_duration shortest,
                                struct dmsc_duration longest, struct dmsc_duration *ret_longest,
                                struct dmsc_secret *ret_token)
{
    uint8_t times[4] = { (uint8_t)shortest.unit, shortest.count, (uint8_t)longest.unit,
                         longest.count };
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x76, .data = { times, 4 }, .le = 256 };
    struct dmsc_duration granted;
    struct dmsc_buf data;
    enum dmsc_err err;

    if (!duration_fits(shortest) || !duration_fits(longest))
        return dmsci_admin_bad(uicc, "suspend the card", "a time is 1 to 255 units");
    dmsc_buf_init(&data, uicc->ctx, DMSC_RAPDU_MAX);
    dmsc_link_conceal(uicc->link, true);
    err = on_basic(uicc, &capdu, &data, "suspend the card");
    dmsc_link_conceal(uicc->link, false);
    if (err == DMSC_OK) {
        granted = (struct dmsc_duration){ DMSC_TIME_SECONDS, 0 };
        if (data.n == 2 + TOKEN_BYTES)
            granted = (struct dmsc_duration){ (enum dmsc_time_unit)data.p[0], data.p[1] };
        if (!duration_fits(granted)) {
            err = dmsci_fail(uicc->ctx, DMSC_E_MALFORMED, "suspend the card");
            dmsci_why(uicc->ctx, "card:suspend", "%zu bytes came instead of a time and a token",
                      data.n);
        }
    }
    if (err == DMSC_OK)
        err = dmsc_secret_set(ret_token, uicc->ctx, dmsc_bytes(data.p + 2, TOKEN_BYTES));
    if (err == DMSC_OK)
        *ret_longest = granted;
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_resume(struct dmsc_uicc *uicc, const struct dmsc_secret *token)
{
    struct dmsc_capdu capdu = {
        .cla = 0x80, .ins = 0x76, .p1 = 0x01, .data = dmsc_secret_bytes(token)
    };
    unsigned used = uicc->channel;
    enum dmsc_err err;

    if (token->n != TOKEN_BYTES)
        return dmsci_admin_bad(uicc, "resume the card", "a token has 8 bytes");
    err = dmsc_uicc_power_on(uicc);
    dmsc_link_conceal(uicc->link, true);
    if (err == DMSC_OK)
        err = on_basic(uicc, &capdu, NULL, "resume the card");
    dmsc_link_conceal(uicc->link, false);
    if (err == DMSC_OK)
        uicc->channel = used;
    return err;
}

enum dmsc_err dmsc_uicc_get_challenge(struct dmsc_uicc *uicc, uint16_t n,
                                      struct dmsc_buf *ret_challenge)
{
    struct dmsc_capdu capdu = { .ins = 0x84, .le = n };

    if (n == 0 || n > 256)
        return dmsci_admin_bad(uicc, "GET CHALLENGE", "a challenge has 1 to 256 bytes");
    return dmsci_admin_command(uicc, &capdu, ret_challenge, "GET CHALLENGE");
}

enum dmsc_err dmsc_uicc_get_identity(struct dmsc_uicc *uicc, uint8_t context,
                                     struct dmsc_bytes data, struct dmsc_buf *ret_identity)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x78, .p2 = context, .data = data, .le = 256 };

    if (data.n > 255)
        return dmsci_admin_bad(uicc, "GET IDENTITY", "at most 255 bytes are sent");
    return dmsci_admin_command(uicc, &capdu, ret_identity, "GET IDENTITY");
}
