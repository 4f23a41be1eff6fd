/* SPDX-License-Identifier: Apache-2.0 */
/* A link around a link that speaks to a security domain over SCP03. Above it passes plain APDUs, in
 * the form of T=1; below it the inner link does what its protocol needs. */
#include "apdu/codec/scp03.h"
#include "apdu/base/ctx.h"
#include <dmsc/scp03.h>

#define MODE_S8  8u
#define MODE_S16 16u

struct scp03 {
    struct dmsc_ctx *ctx;
    struct dmsc_link *inner;
    struct dmsc_secret enc, mac;
    struct dmsc_scp03 config; /* key and AID bytes replaced by our copies */
    uint8_t aid[16];
    struct dmsci_scp03 session; /* key_n 0: not open */
};

static enum dmsc_err refused(struct scp03 *s, enum dmsc_err err, const char *what, uint16_t sw,
                             const char *why)
{
    (void)dmsci_fail(s->ctx, err, "%s", what);
    dmsci_fail_sw(s->ctx, sw);
    dmsci_why(s->ctx, err == DMSC_E_UNTRUSTED ? "scp03:untrusted" : "scp03:refused", "%s (SW %04X)",
              why, sw);
    return err;
}

/* As GlobalPlatform selects (P2 00); a strict UICC refuses that (6A86) and knows 0C. */
static enum dmsc_err select_domain(struct scp03 *s)
{
    struct dmsc_capdu capdu = { .ins = 0xA4, .p1 = 0x04, .data = s->config.aid, .le = 256 };
    uint16_t sw = 0;
    enum dmsc_err err;

    if (s->config.aid.n == 0)
        return DMSC_OK;
    err = dmsc_link_exchange(s->inner, &capdu, NULL, &sw);
    if (err == DMSC_OK && sw == 0x6A86) {
        capdu.p2 = 0x0C;
        capdu.le = 0;
        err = dmsc_link_exchange(s->inner, &capdu, NULL, &sw);
    }
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = refused(s, DMSC_E_NOTFOUND, "select the security domain", sw, dmsc_sw_text(sw));
    return err;
}

/* What the card answered must offer what is wanted (table 5-1). */
static enum dmsc_err check_offer(struct scp03 *s, const struct dmsci_scp03_init *init)
{
    uint8_t level = s->config.level;
    bool s16 = (init->i & DMSCI_SCP03_I_S16) != 0;
    enum dmsc_err err;

    if (s16 == s->config.s16 &&
        ((level & DMSCI_SCP03_R_MAC) == 0 || (init->i & DMSCI_SCP03_I_R_MAC) != 0) &&
        ((level & DMSCI_SCP03_R_ENC) == 0 || (init->i & DMSCI_SCP03_I_R_ENC) != 0))
        return DMSC_OK;
    err = dmsci_fail(s->ctx, DMSC_E_UNSUPPORTED, "open a secure channel of level %02X in mode %s",
                     level, s->config.s16 ? "S16" : "S8");
    dmsci_why(s->ctx, "scp03:offer", "the card offers i = %02X", init->i);
    dmsci_hint(s->ctx, "bit 01 of i is mode S16, 20 R-MAC, 40 R-ENC");
    return err;
}

static enum dmsc_err bad_init(struct scp03 *s, enum dmsc_err err, const struct dmsc_buf *data)
{
    (void)dmsci_fail(s->ctx, err, "open a secure channel");
    dmsci_why(s->ctx, "scp03:init",
              err == DMSC_E_UNSUPPORTED ? "the %s speaks another protocol than SCP03"
                                        : "the answer of the %s to INITIALIZE UPDATE is none",
              "card");
    dmsci_where(s->ctx, "%zu bytes of answer", data->n);
    return err;
}

/* INITIALIZE UPDATE (7.1.1): the card proves that it has the keys. */
static enum dmsc_err initialize(struct scp03 *s, struct dmsci_scp03 *session)
{
    struct dmsci_scp03_keys keys = { dmsc_secret_bytes(&s->enc), dmsc_secret_bytes(&s->mac) };
    size_t n = s->config.s16 ? MODE_S16 : MODE_S8;
    uint8_t challenge[16], cryptogram[16];
    struct dmsc_capdu capdu = {
        .cla = 0x80, .ins = 0x50, .p1 = s->config.key_version, .data = { challenge, n }, .le = 256
    };
    struct dmsci_scp03_init init;
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err = s->config.random(s->config.random_user, challenge, n);

    dmsc_buf_init(&data, s->ctx, DMSC_RAPDU_MAX);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(s->inner, &capdu, &data, &sw);
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = refused(s, DMSC_E_UNSUPPORTED, "INITIALIZE UPDATE", sw, dmsc_sw_text(sw));
    else if (err == DMSC_OK) {
        err = dmsci_scp03_init_decode(dmsc_buf_bytes(&data), &init);
        err = err == DMSC_OK ? check_offer(s, &init) : bad_init(s, err, &data);
    }
    if (err == DMSC_OK)
        err = dmsci_scp03_begin(s->ctx, &keys, dmsc_bytes(challenge, n), init.card_challenge,
                                session);
    if (err == DMSC_OK)
        err = dmsci_scp03_cryptogram(s->ctx, session, true, cryptogram);
    if (err == DMSC_OK && !dmsc_ct_equal(dmsc_bytes(cryptogram, n), init.card_cryptogram))
        err = refused(s, DMSC_E_UNTRUSTED, "open a secure channel", sw,
                      "the card does not have these keys");
    dmsc_buf_clear(&data);
    return err;
}

/* EXTERNAL AUTHENTICATE (7.1.2): the host proves it. One try. */
static enum dmsc_err authenticate(struct scp03 *s, struct dmsci_scp03 *session)
{
    struct dmsc_capdu capdu;
    uint8_t data[32];
    uint16_t sw = 0;
    enum dmsc_err err =
        dmsci_scp03_authenticate(s->ctx, session, 0x80, s->config.level, data, &capdu);

    if (err == DMSC_OK)
        err = dmsc_link_exchange(s->inner, &capdu, NULL, &sw);
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = refused(s, DMSC_E_UNTRUSTED, "EXTERNAL AUTHENTICATE", sw,
                      "the card does not take the host's proof");
    return err;
}

static enum dmsc_err scp03_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                 enum dmsc_protocol *ret_protocol)
{
    struct dmsci_scp03 session = { 0 };
    struct scp03 *s = impl;
    enum dmsc_err err;

    dmsci_scp03_clear(&s->session);
    err = dmsc_link_power(s->inner, how);
    if (err == DMSC_OK && how != DMSC_POWER_OFF) {
        err = select_domain(s);
        if (err == DMSC_OK)
            err = initialize(s, &session);
        if (err == DMSC_OK)
            err = authenticate(s, &session);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_atr, dmsc_link_atr(s->inner));
    if (err == DMSC_OK) {
        s->session = session;
        *ret_protocol = DMSC_T1; /* whole APDUs, whatever is below */
    }
    dmsci_scp03_clear(&session);
    return err;
}

/* b3..b1 of the first class coding are channel and secure messaging; the further one, 4X and CX, is
 * for channels 4 to 19. */
static bool on_basic_channel(uint8_t cla)
{
    return (cla & 0x43) == 0;
}

static enum dmsc_err protected_exchange(struct scp03 *s, const struct dmsc_capdu *capdu,
                                        struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    uint8_t block[255];
    struct dmsc_capdu wrapped;
    struct dmsc_buf data;
    enum dmsc_err err;

    if (!s->session.authenticated) {
        err = dmsci_fail(s->ctx, DMSC_E_STATE, "send a command over the secure channel");
        dmsci_why(s->ctx, "scp03:closed", "there is no secure channel any more");
        return err;
    }
    dmsc_buf_init(&data, s->ctx, dmsc_ctx_limits(s->ctx)->rapdu_size);
    err = dmsci_scp03_wrap(s->ctx, &s->session, capdu, block, &wrapped);
    if (err == DMSC_OK) {
        err = dmsc_link_exchange(s->inner, &wrapped, &data, ret_sw);
        if (err == DMSC_OK)
            err = dmsci_scp03_answer_unwrap(s->ctx, &s->session, dmsc_buf_bytes(&data), *ret_sw,
                                            ret_data);
        if (err != DMSC_OK) /* card and host no longer count alike */
            dmsci_scp03_clear(&s->session);
    }
    dmsc_wipe(block, sizeof(block));
    dmsc_buf_clear(&data);
    return err;
}

static enum dmsc_err scp03_transmit(void *impl, struct dmsc_bytes capdu_bytes, int timeout_ms,
                                    struct dmsc_buf *ret_rapdu)
{
    struct scp03 *s = impl;
    struct dmsc_capdu capdu;
    struct dmsc_buf data;
    uint8_t status[2];
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_capdu_decode(capdu_bytes, &capdu);

    (void)timeout_ms;
    if (err != DMSC_OK)
        return dmsci_fail(s->ctx, err, "read a command");
    dmsc_buf_init(&data, s->ctx, dmsc_ctx_limits(s->ctx)->rapdu_size + 2);
    err = on_basic_channel(capdu.cla) ? protected_exchange(s, &capdu, &data, &sw)
                                      : dmsc_link_exchange(s->inner, &capdu, &data, &sw);
    status[0] = (uint8_t)(sw >> 8);
    status[1] = (uint8_t)sw;
    if (err == DMSC_OK)
        err = dmsc_buf_append(&data, dmsc_bytes(status, 2));
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_rapdu, dmsc_buf_bytes(&data));
    dmsc_buf_clear(&data);
    return err;
}

static enum dmsc_err scp03_lock(void *impl)
{
    return dmsc_link_lock(((struct scp03 *)impl)->inner);
}

static void scp03_unlock(void *impl)
{
    dmsc_link_unlock(((struct scp03 *)impl)->inner);
}

static void scp03_conceal(void *impl, bool on)
{
    dmsc_link_conceal(((struct scp03 *)impl)->inner, on);
}

static void release(struct scp03 *s)
{
    dmsci_scp03_clear(&s->session);
    dmsc_secret_clear(&s->enc);
    dmsc_secret_clear(&s->mac);
    dmsci_free(s->ctx, s);
}

static void scp03_close(void *impl)
{
    struct scp03 *s = impl;

    dmsc_link_free(s->inner);
    release(s);
}

static const struct dmsc_link_ops scp03_ops = {
    .name = "scp03",
    .power = scp03_power,
    .transmit = scp03_transmit,
    .lock = scp03_lock,
    .unlock = scp03_unlock,
    .conceal = scp03_conceal,
    .close = scp03_close,
};

static bool level_fits(uint8_t level)
{
    return level == 0x01 || level == 0x03 || level == 0x11 || level == 0x13 || level == 0x33;
}

static enum dmsc_err check_config(struct dmsc_ctx *ctx, const struct dmsc_scp03 *config)
{
    size_t n = config->enc.n;
    enum dmsc_err err;

    if (level_fits(config->level) && (n == 16 || n == 24 || n == 32) && config->mac.n == n &&
        config->random != NULL && (config->aid.n == 0 || config->aid.n >= 5) && config->aid.n <= 16)
        return DMSC_OK;
    err = dmsci_fail(ctx, DMSC_E_ARG, "prepare a secure channel");
    dmsci_why(ctx, "scp03:config",
              "keys have 16, 24 or 32 bytes, the level is 01, 03, 11, 13 or 33, "
              "an AID has 5 to 16 bytes");
    return err;
}

enum dmsc_err dmsc_link_scp03(struct dmsc_link *inner, const struct dmsc_scp03 *config,
                              struct dmsc_link **ret_link)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(inner);
    struct scp03 *s;
    enum dmsc_err err = check_config(ctx, config);

    if (err != DMSC_OK)
        return err;
    s = dmsci_alloc(ctx, sizeof(*s));
    if (s == NULL)
        return DMSC_E_NOMEM;
    *s = (struct scp03){ .ctx = ctx, .inner = inner, .config = *config };
    dmsci_copy(s->aid, config->aid.p, config->aid.n);
    s->config.aid = dmsc_bytes(s->aid, config->aid.n);
    s->config.enc = s->config.mac = dmsc_bytes(NULL, 0);
    err = dmsc_secret_set(&s->enc, ctx, config->enc);
    if (err == DMSC_OK)
        err = dmsc_secret_set(&s->mac, ctx, config->mac);
    if (err == DMSC_OK)
        err = dmsc_link_new(ctx, &scp03_ops, s, ret_link);
    if (err != DMSC_OK)
        release(s);
    return err;
}

void dmsc_link_scp03_blocks(uint8_t level, bool s16, size_t *ret_read, size_t *ret_update)
{
    struct dmsci_scp03 session = { .level = level, .mac_n = s16 ? MODE_S16 : MODE_S8 };

    *ret_read = dmsci_scp03_answer_max(&session);
    *ret_update = dmsci_scp03_data_max(&session);
}
