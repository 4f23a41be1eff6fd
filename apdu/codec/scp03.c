/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/scp03.h"
#include "apdu/base/ctx.h"
#include "apdu/crypto/crypto.h"
#include <dmsc/secret.h>

#define BLOCK                     16u
#define MODE_S8                   8u
#define MODE_S16                  16u
#define INS_EXTERNAL_AUTHENTICATE 0x82

/* Derivation constants (4.1.5, table 4-1). */
enum constant {
    CARD_CRYPTOGRAM = 0x00,
    HOST_CRYPTOGRAM = 0x01,
    CARD_CHALLENGE = 0x02,
    S_ENC = 0x04,
    S_MAC = 0x06,
    S_RMAC = 0x07
};

static enum dmsc_err untrusted(struct dmsc_ctx *ctx, const char *what, const char *why)
{
    enum dmsc_err err = dmsci_fail(ctx, DMSC_E_UNTRUSTED, "%s", what);

    dmsci_why(ctx, "scp03:untrusted", "%s", why);
    return err;
}

void dmsci_scp03_clear(struct dmsci_scp03 *session)
{
    dmsc_wipe(session, sizeof(*session));
}

/* SP 800-108 in counter mode over CMAC (4.1.5): label (11 zeroes and the constant), 00, length in
 * bits, counter, context. */
static enum dmsc_err derive(struct dmsc_ctx *ctx, struct dmsc_bytes key, enum constant constant,
                            const struct dmsc_bytes context[2], size_t n, uint8_t *ret_out)
{
    uint8_t fixed[16] = { 0 }, block[BLOCK];
    struct dmsc_bytes parts[3] = { { fixed, sizeof(fixed) }, context[0], context[1] };
    enum dmsc_err err = DMSC_OK;

    fixed[11] = (uint8_t)constant;
    fixed[13] = (uint8_t)(n * 8 >> 8);
    fixed[14] = (uint8_t)(n * 8);
    for (size_t done = 0; err == DMSC_OK && done < n; done += BLOCK) {
        fixed[15]++;
        err = dmsci_cmac(ctx, key, parts, 3, block);
        if (err == DMSC_OK)
            dmsci_copy(ret_out + done, block, n - done < BLOCK ? n - done : BLOCK);
    }
    dmsc_wipe(block, sizeof(block));
    return err;
}

static bool mode_fits(size_t n)
{
    return n == MODE_S8 || n == MODE_S16;
}

enum dmsc_err dmsci_scp03_card_challenge(struct dmsc_ctx *ctx, struct dmsc_bytes enc,
                                         struct dmsc_bytes sequence, struct dmsc_bytes aid,
                                         size_t n, uint8_t ret_challenge[16])
{
    const struct dmsc_bytes context[2] = { sequence, aid };

    if (!mode_fits(n) || sequence.n != 3)
        return dmsci_fail(ctx, DMSC_E_ARG, "make a card challenge of %zu bytes", n);
    return derive(ctx, enc, CARD_CHALLENGE, context, n, ret_challenge);
}

enum dmsc_err dmsci_scp03_begin(struct dmsc_ctx *ctx, const struct dmsci_scp03_keys *keys,
                                struct dmsc_bytes host_challenge, struct dmsc_bytes card_challenge,
                                struct dmsci_scp03 *ret_session)
{
    const struct dmsc_bytes context[2] = { host_challenge, card_challenge };
    struct dmsci_scp03 session = { 0 };
    size_t n = keys->enc.n;
    enum dmsc_err err;

    if (keys->mac.n != n || !dmsci_cipher_key_fits(DMSCI_AES, n) || !mode_fits(host_challenge.n) ||
        card_challenge.n != host_challenge.n) {
        err = dmsci_fail(ctx, DMSC_E_ARG, "begin a secure channel");
        dmsci_why(ctx, "scp03:length", "keys of %zu and %zu bytes, challenges of %zu and %zu", n,
                  keys->mac.n, host_challenge.n, card_challenge.n);
        return err;
    }
    session.key_n = (uint8_t)n;
    session.mac_n = (uint8_t)host_challenge.n;
    dmsci_copy(session.host_challenge, host_challenge.p, host_challenge.n);
    dmsci_copy(session.card_challenge, card_challenge.p, card_challenge.n);
    err = derive(ctx, keys->enc, S_ENC, context, n, session.s_enc);
    if (err == DMSC_OK)
        err = derive(ctx, keys->mac, S_MAC, context, n, session.s_mac);
    if (err == DMSC_OK)
        err = derive(ctx, keys->mac, S_RMAC, context, n, session.s_rmac);
    if (err == DMSC_OK)
        *ret_session = session;
    dmsci_scp03_clear(&session);
    return err;
}

enum dmsc_err dmsci_scp03_cryptogram(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session,
                                     bool of_card, uint8_t ret_cryptogram[16])
{
    const struct dmsc_bytes context[2] = { { session->host_challenge, session->mac_n },
                                           { session->card_challenge, session->mac_n } };

    return derive(ctx, dmsc_bytes(session->s_mac, session->key_n),
                  of_card ? CARD_CRYPTOGRAM : HOST_CRYPTOGRAM, context, session->mac_n,
                  ret_cryptogram);
}

enum dmsc_err dmsci_scp03_init_decode(struct dmsc_bytes bytes, struct dmsci_scp03_init *ret_init)
{
    struct dmsci_scp03_init init = { 0 };
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsc_bytes diversification = dmsc_rd_bytes(&r, sizeof(init.diversification));
    uint8_t protocol;
    size_t n;

    init.version = dmsc_rd_u8(&r);
    protocol = dmsc_rd_u8(&r);
    if (r.bad)
        return DMSC_E_TRUNCATED;
    if (protocol != 0x03)
        return DMSC_E_UNSUPPORTED;
    init.i = dmsc_rd_u8(&r);
    n = (init.i & DMSCI_SCP03_I_S16) != 0 ? MODE_S16 : MODE_S8;
    init.card_challenge = dmsc_rd_bytes(&r, n);
    init.card_cryptogram = dmsc_rd_bytes(&r, n);
    if ((init.i & DMSCI_SCP03_I_PSEUDORANDOM) != 0)
        init.sequence = dmsc_rd_bytes(&r, 3);
    if (dmsc_rd_end(&r) != DMSC_OK)
        return dmsc_rd_end(&r);
    dmsci_copy(init.diversification, diversification.p, diversification.n);
    *ret_init = init;
    return DMSC_OK;
}

enum dmsc_err dmsci_scp03_init_encode(const struct dmsci_scp03_init *init, struct dmsc_wr *w)
{
    size_t n = (init->i & DMSCI_SCP03_I_S16) != 0 ? MODE_S16 : MODE_S8;
    size_t sequence_n = (init->i & DMSCI_SCP03_I_PSEUDORANDOM) != 0 ? 3 : 0;
    struct dmsc_wr out = *w;

    if (init->card_challenge.n != n || init->card_cryptogram.n != n ||
        init->sequence.n != sequence_n)
        return DMSC_E_ARG;
    dmsc_wr_bytes(&out, dmsc_bytes(init->diversification, sizeof(init->diversification)));
    dmsc_wr_u8(&out, init->version);
    dmsc_wr_u8(&out, 0x03);
    dmsc_wr_u8(&out, init->i);
    dmsc_wr_bytes(&out, init->card_challenge);
    dmsc_wr_bytes(&out, init->card_cryptogram);
    dmsc_wr_bytes(&out, init->sequence);
    if (out.bad)
        return DMSC_E_LIMIT;
    *w = out;
    return DMSC_OK;
}

static bool level_fits(uint8_t level)
{
    static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };

    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(levels); i++) {
        if (levels[i] == level)
            return true;
    }
    return false;
}

/* First interindustry coding: b3, channel in b2 b1. Further one: b6, channel in b4..b1 (Card
 * Specification 11.1.4). */
static uint8_t class_protected(uint8_t cla)
{
    return (uint8_t)(cla | ((cla & 0x40) != 0 ? 0x20 : 0x04));
}

static uint8_t class_plain(uint8_t cla)
{
    return (uint8_t)(cla & ((cla & 0x40) != 0 ? ~0x20 : ~0x04));
}

/* 6.2.4: over chaining value, header with the length of what is sent and without the channel, and
 * data as sent. */
static enum dmsc_err command_mac(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session,
                                 const struct dmsc_capdu *capdu, struct dmsc_bytes data,
                                 uint8_t ret_mac[16])
{
    uint8_t cla = class_protected(capdu->cla);
    uint8_t header[5] = { (uint8_t)(cla & ((cla & 0x40) != 0 ? 0xF0 : 0xFC)), capdu->ins, capdu->p1,
                          capdu->p2, (uint8_t)(data.n + session->mac_n) };
    struct dmsc_bytes parts[3] = { { session->chain, sizeof(session->chain) },
                                   { header, sizeof(header) },
                                   data };

    return dmsci_cmac(ctx, dmsc_bytes(session->s_mac, session->key_n), parts, 3, ret_mac);
}

enum dmsc_err dmsci_scp03_authenticate(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                                       uint8_t cla, uint8_t level, uint8_t data[32],
                                       struct dmsc_capdu *ret_capdu)
{
    struct dmsc_capdu capdu = { .cla = class_protected(cla),
                                .ins = INS_EXTERNAL_AUTHENTICATE,
                                .p1 = level };
    uint8_t cryptogram[16], mac[16];
    size_t n = session->mac_n;
    enum dmsc_err err;

    if (session->key_n == 0 || !level_fits(level))
        return dmsci_fail(ctx, DMSC_E_ARG, "open a secure channel of level %02X", level);
    err = dmsci_scp03_cryptogram(ctx, session, false, cryptogram);
    if (err == DMSC_OK)
        err = command_mac(ctx, session, &capdu, dmsc_bytes(cryptogram, n), mac);
    if (err != DMSC_OK)
        return err;
    dmsci_copy(data, cryptogram, n);
    dmsci_copy(data + n, mac, n);
    dmsci_copy(session->chain, mac, sizeof(mac));
    session->level = level;
    session->counter = 0;
    session->authenticated = true;
    capdu.data = dmsc_bytes(data, 2 * n);
    *ret_capdu = capdu;
    return DMSC_OK;
}

enum dmsc_err dmsci_scp03_authenticated(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                                        const struct dmsc_capdu *capdu)
{
    uint8_t cryptogram[16], mac[16];
    size_t n = session->mac_n;
    enum dmsc_err err;

    if (session->key_n == 0 || session->authenticated || capdu->data.n != 2 * n ||
        !level_fits(capdu->p1) || capdu->ins != INS_EXTERNAL_AUTHENTICATE)
        return dmsci_fail(ctx, DMSC_E_MALFORMED, "take EXTERNAL AUTHENTICATE");
    err = dmsci_scp03_cryptogram(ctx, session, false, cryptogram);
    if (err == DMSC_OK)
        err = command_mac(ctx, session, capdu, dmsc_bytes(capdu->data.p, n), mac);
    if (err != DMSC_OK)
        return err;
    if (!dmsc_ct_equal(dmsc_bytes(capdu->data.p, n), dmsc_bytes(cryptogram, n)) ||
        !dmsc_ct_equal(dmsc_bytes(capdu->data.p + n, n), dmsc_bytes(mac, n)))
        return untrusted(ctx, "take EXTERNAL AUTHENTICATE", "host cryptogram or MAC is wrong");
    dmsci_copy(session->chain, mac, sizeof(mac));
    session->level = capdu->p1;
    session->counter = 0;
    session->authenticated = true;
    return DMSC_OK;
}

static size_t most(size_t room, size_t mac_n, bool macs, bool enciphers)
{
    if (macs)
        room -= mac_n;
    return enciphers ? room / BLOCK * BLOCK - 1 : room; /* 80 at least (4.1.4) */
}

size_t dmsci_scp03_data_max(const struct dmsci_scp03 *session)
{
    return most(255, session->mac_n, (session->level & DMSCI_SCP03_C_MAC) != 0,
                (session->level & DMSCI_SCP03_C_ENC) != 0);
}

size_t dmsci_scp03_answer_max(const struct dmsci_scp03 *session)
{
    return most(256, session->mac_n, (session->level & DMSCI_SCP03_R_MAC) != 0,
                (session->level & DMSCI_SCP03_R_ENC) != 0);
}

/* The counter in one block, enciphered, is the first vector; answers set the top bit (6.2.6,
 * 6.2.7). */
static enum dmsc_err cipher(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session, bool encrypt,
                            bool answer, struct dmsc_bytes in, uint8_t *out)
{
    struct dmsc_bytes key = dmsc_bytes(session->s_enc, session->key_n);
    uint8_t iv[BLOCK] = { 0 };
    struct dmsc_wr w = dmsc_wr(iv + BLOCK - 4, 4);
    enum dmsc_err err;

    iv[0] = answer ? 0x80 : 0x00;
    dmsc_wr_u32(&w, session->counter);
    err = dmsci_cbc_encrypt(ctx, DMSCI_AES, key, NULL, dmsc_bytes(iv, BLOCK), iv);
    if (err == DMSC_OK)
        err = encrypt ? dmsci_cbc_encrypt(ctx, DMSCI_AES, key, iv, in, out)
                      : dmsci_cbc_decrypt(ctx, DMSCI_AES, key, iv, in, out);
    dmsc_wipe(iv, sizeof(iv));
    return err;
}

/* Pad with 80 00.. to whole blocks and encipher in place: @p out holds @p n bytes, 16 more fit. */
static enum dmsc_err encipher(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session, bool answer,
                              uint8_t *out, size_t *n)
{
    size_t padded = *n / BLOCK * BLOCK + BLOCK;
    struct dmsc_wr w = dmsc_wr(out + *n, padded - *n);

    dmsc_wr_u8(&w, 0x80);
    dmsc_wr_fill(&w, 0x00, padded - *n - 1);
    *n = padded;
    return cipher(ctx, session, true, answer, dmsc_bytes(out, padded), out);
}

/* Decipher @p in to @p out and find the end of the plain data. */
static enum dmsc_err decipher(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session, bool answer,
                              struct dmsc_bytes in, uint8_t *out, size_t *ret_n)
{
    size_t n = in.n;
    enum dmsc_err err;

    if (in.n % BLOCK != 0)
        return untrusted(ctx, "decipher", "the length is no multiple of a block");
    err = cipher(ctx, session, false, answer, in, out);
    if (err != DMSC_OK)
        return err;
    while (n > 0 && out[n - 1] == 0x00)
        n--;
    if (n == 0 || out[n - 1] != 0x80 || in.n - n >= BLOCK)
        return untrusted(ctx, "decipher", "the padding is none");
    *ret_n = n - 1;
    return DMSC_OK;
}

enum dmsc_err dmsci_scp03_wrap(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                               const struct dmsc_capdu *capdu, uint8_t data[255],
                               struct dmsc_capdu *ret_capdu)
{
    struct dmsci_scp03 next = *session;
    struct dmsc_capdu made = *capdu;
    size_t n = capdu->data.n;
    enum dmsc_err err = DMSC_OK;

    if (n > dmsci_scp03_data_max(session)) {
        err = dmsci_fail(ctx, DMSC_E_LIMIT, "protect a command with %zu bytes of data", n);
        dmsci_why(ctx, "scp03:length", "%zu bytes fit", dmsci_scp03_data_max(session));
        goto out;
    }
    next.counter++;
    dmsci_copy(data, capdu->data.p, n);
    if ((next.level & DMSCI_SCP03_C_ENC) != 0 && n > 0)
        err = encipher(ctx, &next, false, data, &n);
    if (err == DMSC_OK && (next.level & DMSCI_SCP03_C_MAC) != 0) {
        made.cla = class_protected(capdu->cla);
        err = command_mac(ctx, session, capdu, dmsc_bytes(data, n), next.chain);
        dmsci_copy(data + n, next.chain, next.mac_n);
        n += next.mac_n;
    }
    if (err != DMSC_OK)
        goto out;
    made.data = dmsc_bytes(data, n);
    if ((next.level & DMSCI_SCP03_R_MAC) != 0 && made.le == 0)
        made.le = 256;
    *session = next;
    *ret_capdu = made;
out:
    dmsci_scp03_clear(&next);
    return err;
}

enum dmsc_err dmsci_scp03_unwrap(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                                 const struct dmsc_capdu *capdu, uint8_t data[255],
                                 struct dmsc_capdu *ret_capdu)
{
    struct dmsci_scp03 next = *session;
    struct dmsc_capdu made = *capdu;
    struct dmsc_bytes body = capdu->data;
    uint8_t mac[16];
    enum dmsc_err err = DMSC_OK;

    next.counter++;
    if ((next.level & DMSCI_SCP03_C_MAC) != 0) {
        size_t n = next.mac_n;

        if (body.n < n || capdu->cla == class_plain(capdu->cla)) {
            err = untrusted(ctx, "take a command", "its MAC is missing");
            goto out;
        }
        body.n -= n;
        err = command_mac(ctx, session, capdu, body, mac);
        if (err != DMSC_OK)
            goto out;
        if (!dmsc_ct_equal(dmsc_bytes(body.p + body.n, n), dmsc_bytes(mac, n))) {
            err = untrusted(ctx, "take a command", "its MAC is wrong");
            goto out;
        }
        dmsci_copy(next.chain, mac, sizeof(mac));
        made.cla = class_plain(capdu->cla);
    }
    made.data = dmsc_bytes(data, body.n);
    if ((next.level & DMSCI_SCP03_C_ENC) != 0 && body.n > 0)
        err = decipher(ctx, &next, false, body, data, &made.data.n);
    else
        dmsci_copy(data, body.p, body.n);
    if (err == DMSC_OK) {
        *session = next;
        *ret_capdu = made;
    }
out:
    dmsci_scp03_clear(&next);
    return err;
}

bool dmsci_scp03_answer_protected(const struct dmsci_scp03 *session, uint16_t sw)
{
    unsigned sw1 = sw >> 8;

    return (session->level & DMSCI_SCP03_R_MAC) != 0 &&
           (sw1 == 0x90 || sw1 == 0x91 || sw1 == 0x92 || sw1 == 0x62 || sw1 == 0x63);
}

/* 6.2.5: over chaining value, data as sent, and SW. */
static enum dmsc_err answer_mac(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session,
                                struct dmsc_bytes data, uint16_t sw, uint8_t ret_mac[16])
{
    uint8_t status[2] = { (uint8_t)(sw >> 8), (uint8_t)sw };
    struct dmsc_bytes parts[3] = { { session->chain, sizeof(session->chain) },
                                   data,
                                   { status, 2 } };

    return dmsci_cmac(ctx, dmsc_bytes(session->s_rmac, session->key_n), parts, 3, ret_mac);
}

enum dmsc_err dmsci_scp03_answer_wrap(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session,
                                      struct dmsc_bytes data, uint16_t sw,
                                      struct dmsc_buf *ret_data)
{
    uint8_t out[256], mac[16];
    size_t n = data.n;
    enum dmsc_err err = DMSC_OK;

    if (!dmsci_scp03_answer_protected(session, sw))
        return dmsc_buf_append(ret_data, data);
    if (n > dmsci_scp03_answer_max(session)) {
        err = dmsci_fail(ctx, DMSC_E_LIMIT, "protect an answer of %zu bytes", n);
        dmsci_why(ctx, "scp03:length", "%zu bytes fit", dmsci_scp03_answer_max(session));
        return err;
    }
    dmsci_copy(out, data.p, n);
    if ((session->level & DMSCI_SCP03_R_ENC) != 0 && n > 0)
        err = encipher(ctx, session, true, out, &n);
    if (err == DMSC_OK)
        err = answer_mac(ctx, session, dmsc_bytes(out, n), sw, mac);
    if (err == DMSC_OK) {
        dmsci_copy(out + n, mac, session->mac_n);
        err = dmsc_buf_append(ret_data, dmsc_bytes(out, n + session->mac_n));
    }
    dmsc_wipe(out, sizeof(out));
    return err;
}

enum dmsc_err dmsci_scp03_answer_unwrap(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session,
                                        struct dmsc_bytes data, uint16_t sw,
                                        struct dmsc_buf *ret_data)
{
    struct dmsc_bytes body = data;
    uint8_t *plain, mac[16];
    size_t n;
    enum dmsc_err err;

    if (!dmsci_scp03_answer_protected(session, sw))
        return dmsc_buf_append(ret_data, data);
    if (data.n < session->mac_n)
        return untrusted(ctx, "take an answer", "its MAC is missing");
    body.n -= session->mac_n;
    err = answer_mac(ctx, session, body, sw, mac);
    if (err != DMSC_OK)
        return err;
    if (!dmsc_ct_equal(dmsc_bytes(body.p + body.n, session->mac_n),
                       dmsc_bytes(mac, session->mac_n)))
        return untrusted(ctx, "take an answer", "its MAC is wrong");
    if ((session->level & DMSCI_SCP03_R_ENC) == 0 || body.n == 0)
        return dmsc_buf_append(ret_data, body);
    err = dmsc_buf_reserve(ret_data, body.n, &plain);
    if (err == DMSC_OK)
        err = decipher(ctx, session, true, body, plain, &n);
    if (err == DMSC_OK)
        dmsc_buf_commit(ret_data, n);
    return err;
}
