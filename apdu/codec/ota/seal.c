/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/seal.h"
#include "apdu/base/ctx.h"
#include <dmsc/ctx.h>
#include <dmsc/secret.h>

#define PCNTR_AT 5u /* behind CNTR, in the fixed part */

/* TS 102 225 5.1.2 and 5.1.3.2, low nibble. D, DES in ECB mode, is not to be used any more. */
static const struct {
    uint8_t nibble;
    enum dmsci_cipher cipher;
    size_t key_n; /* 0: what the cipher takes */
} ciphers[] = {
    { 0x1, DMSCI_DES, 8 }, { 0x5, DMSCI_DES, 16 }, { 0x9, DMSCI_DES, 24 }, { 0x2, DMSCI_AES, 0 }
};

static enum dmsc_err refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(ctx, err, "handle a secured packet");
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

static enum dmsc_err find_cipher(struct dmsc_ctx *ctx, uint8_t coding, uint8_t implicit,
                                 struct dmsc_bytes key, enum dmsci_cipher *ret_cipher)
{
    uint8_t nibble = coding & 0x0F;

    if (nibble == 0)
        nibble = implicit & 0x0F;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(ciphers); i++) {
        if (ciphers[i].nibble != nibble)
            continue;
        if (ciphers[i].key_n != 0 ? key.n != ciphers[i].key_n
                                  : !dmsci_cipher_key_fits(ciphers[i].cipher, key.n))
            return refuse(ctx, DMSC_E_ARG, "ota:key", "no key of the length that KIc or KID asks");
        *ret_cipher = ciphers[i].cipher;
        return DMSC_OK;
    }
    return refuse(ctx, DMSC_E_UNSUPPORTED, "ota:algorithm",
                  "KIc or KID names an algorithm that is not known (TS 102 225 5.1.2, 5.1.3)");
}

static enum dmsc_err find_check(struct dmsc_ctx *ctx, enum dmsci_ota_integrity integrity,
                                const struct dmsci_ota_header *header,
                                const struct dmsci_ota_keys *keys, struct dmsci_ota_security *s)
{
    uint8_t nibble = header->kid & 0x0F;

    switch (integrity) {
    case DMSCI_OTA_NONE:
        return DMSC_OK;
    case DMSCI_OTA_RC: /* 5.1.3.1 */
        if (nibble == 0)
            nibble = keys->kid_implicit & 0x0F;
        if (nibble != 0x1 && nibble != 0x5)
            return refuse(ctx, DMSC_E_UNSUPPORTED, "ota:algorithm",
                          "KID names no CRC (TS 102 225 5.1.3.1)");
        s->check = nibble == 0x1 ? OTA_CHECK_CRC16 : OTA_CHECK_CRC32;
        s->check_n = nibble == 0x1 ? 2 : 4;
        return DMSC_OK;
    case DMSCI_OTA_CC:
        s->check = OTA_CHECK_MAC;
        s->mac_key = keys->kid;
        s->check_n = 8;
        if (find_cipher(ctx, header->kid, keys->kid_implicit, keys->kid, &s->mac) != DMSC_OK)
            return dmsc_diag_get(ctx)->err;
        if (s->mac == DMSCI_AES && keys->cc_size == 4)
            s->check_n = 4;
        else if (keys->cc_size != 0 && keys->cc_size != 8)
            return refuse(ctx, DMSC_E_ARG, "ota:cc-size", "a CC has 8 bytes, an AES-CMAC 4 or 8");
        return DMSC_OK;
    default: /* the standard names no algorithm of a digital signature */
        return refuse(ctx, DMSC_E_UNSUPPORTED, "ota:algorithm", "digital signatures are not known");
    }
}

enum dmsc_err dmsci_ota_security(struct dmsc_ctx *ctx, enum dmsci_ota_integrity integrity,
                                 bool ciphered, const struct dmsci_ota_header *header,
                                 const struct dmsci_ota_keys *keys,
                                 struct dmsci_ota_security *ret_security)
{
    struct dmsci_ota_security s = { .check = OTA_CHECK_NONE, .ciphered = ciphered };
    enum dmsc_err err = find_check(ctx, integrity, header, keys, &s);

    if (err == DMSC_OK && ciphered) {
        s.key = keys->kic;
        err = find_cipher(ctx, header->kic, keys->kic_implicit, keys->kic, &s.cipher);
    }
    if (err == DMSC_OK)
        *ret_security = s;
    return err;
}

static enum dmsc_err compute_check(struct dmsc_ctx *ctx, const struct dmsci_ota_security *s,
                                   struct dmsc_bytes input, uint8_t ret_check[OTA_CHECK_MAX])
{
    struct dmsc_wr w = dmsc_wr(ret_check, OTA_CHECK_MAX);
    enum dmsc_err err = DMSC_OK;
    uint8_t mac[16];

    switch (s->check) {
    case OTA_CHECK_CRC16:
        dmsc_wr_u16(&w, dmsci_crc16(0, input));
        break;
    case OTA_CHECK_CRC32:
        dmsc_wr_u32(&w, dmsci_crc32(input));
        break;
    case OTA_CHECK_MAC: /* 5.1.3.2; of an AES-CMAC the first bytes */
        err = s->mac == DMSCI_AES ? dmsci_cmac(ctx, s->mac_key, &input, 1, mac)
                                  : dmsci_des_mac(ctx, s->mac_key, &input, 1, mac);
        if (err == DMSC_OK)
            dmsc_wr_bytes(&w, dmsc_bytes(mac, s->check_n));
        dmsc_wipe(mac, sizeof(mac));
        break;
    default:
        break;
    }
    return err;
}

/* The whole input of the check in one piece: what is sent without the check, behind the lead. */
static enum dmsc_err check_input(const struct dmsci_ota_layout *layout, const uint8_t *head,
                                 struct dmsc_bytes rest, size_t padding, struct dmsc_buf *input)
{
    static const uint8_t zeroes[DMSCI_BLOCK_MAX] = { 0 };
    enum dmsc_err err = dmsc_buf_append(input, layout->lead);

    if (err == DMSC_OK)
        err = dmsc_buf_append(input, dmsc_bytes(head, layout->clear + layout->fixed));
    if (err == DMSC_OK)
        err = dmsc_buf_append(input, rest);
    return err == DMSC_OK ? dmsc_buf_append(input, dmsc_bytes(zeroes, padding)) : err;
}

static enum dmsc_err too_long(struct dmsc_ctx *ctx, size_t n)
{
    (void)dmsci_fail(ctx, DMSC_E_LIMIT, "handle a secured packet");
    dmsci_why(ctx, "ota:length", "%zu bytes, limits.ota_packet_size is %zu", n,
              dmsc_ctx_limits(ctx)->ota_packet_size);
    return DMSC_E_LIMIT;
}

static enum dmsc_err assemble(struct dmsc_ctx *ctx, const struct dmsci_ota_layout *layout,
                              const struct dmsci_ota_security *s, struct dmsc_bytes input,
                              struct dmsc_buf *packet)
{
    uint8_t check[OTA_CHECK_MAX] = { 0 };
    size_t front = layout->lead.n, head = layout->clear + layout->fixed;
    enum dmsc_err err = compute_check(ctx, s, input, check);

    if (err == DMSC_OK)
        err = dmsc_buf_append(packet, dmsc_bytes(input.p + front, head));
    if (err == DMSC_OK)
        err = dmsc_buf_append(packet, dmsc_bytes(check, s->check_n));
    if (err == DMSC_OK)
        err = dmsc_buf_append(packet, dmsc_bytes(input.p + front + head, input.n - front - head));
    if (err == DMSC_OK && s->ciphered) {
        uint8_t *p = packet->p + layout->clear;

        err = dmsci_cbc_encrypt(ctx, s->cipher, s->key, NULL,
                                dmsc_bytes(p, packet->n - layout->clear), p);
    }
    return err;
}

enum dmsc_err dmsci_ota_seal(struct dmsc_ctx *ctx, const struct dmsci_ota_layout *layout,
                             const struct dmsci_ota_security *s, uint8_t *head,
                             struct dmsc_bytes data, struct dmsc_buf *ret_packet)
{
    size_t block = s->ciphered ? dmsci_cipher_block(s->cipher) : 1;
    size_t inner = layout->fixed + s->check_n + data.n, padding, total;
    size_t limit = dmsc_ctx_limits(ctx)->ota_packet_size;
    struct dmsc_wr w = dmsc_wr(head, 3);
    struct dmsc_buf input, packet;
    enum dmsc_err err;

    if (data.n > limit)
        return too_long(ctx, data.n);
    padding = (block - inner % block) % block;
    total = layout->clear + inner + padding;
    if (total > limit || total - 2 > UINT16_MAX)
        return too_long(ctx, total);
    dmsc_wr_u16(&w, (uint16_t)(total - 2));
    dmsc_wr_u8(&w, (uint8_t)(layout->clear - 3 + layout->fixed + s->check_n));
    head[layout->clear + PCNTR_AT] = (uint8_t)padding;

    dmsc_buf_init(&input, ctx, total + layout->lead.n);
    dmsc_buf_init(&packet, ctx, total);
    err = check_input(layout, head, data, padding, &input);
    if (err == DMSC_OK)
        err = assemble(ctx, layout, s, dmsc_buf_bytes(&input), &packet);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_packet, dmsc_buf_bytes(&packet));
    dmsc_buf_clear(&input);
    dmsc_buf_clear(&packet);
    return err;
}

enum dmsc_err dmsci_ota_lengths(struct dmsc_ctx *ctx, const struct dmsci_ota_layout *layout,
                                struct dmsc_bytes packet, size_t *ret_check)
{
    struct dmsc_rd r = dmsc_rd(packet);
    size_t length = dmsc_rd_u16(&r), header = dmsc_rd_u8(&r);
    size_t least = layout->clear - 3 + layout->fixed;

    if (r.bad || length > packet.n - 2 || packet.n < layout->clear + layout->fixed)
        return refuse(ctx, DMSC_E_TRUNCATED, "ota:length", "the packet is shorter than it says");
    if (length != packet.n - 2 || header < least || header + 1 > length)
        return refuse(ctx, DMSC_E_MALFORMED, "ota:length",
                      "the two lengths in front do not fit the packet");
    if (packet.n > dmsc_ctx_limits(ctx)->ota_packet_size)
        return too_long(ctx, packet.n);
    *ret_check = header - least;
    return DMSC_OK;
}

/* The deciphered part to @p inner; its length is known to be enough for the fixed part. */
static enum dmsc_err decipher(struct dmsc_ctx *ctx, const struct dmsci_ota_security *s,
                              struct dmsc_bytes coded, struct dmsc_buf *inner)
{
    enum dmsc_err err = dmsc_buf_append(inner, coded);

    if (err != DMSC_OK || !s->ciphered)
        return err;
    if (coded.n % dmsci_cipher_block(s->cipher) != 0)
        return refuse(ctx, DMSC_E_MALFORMED, "ota:block", "the ciphered part has no whole blocks");
    return dmsci_cbc_decrypt(ctx, s->cipher, s->key, NULL, coded, inner->p);
}

/* Compare RC/CC, then believe PCNTR: what it counts is there and less than a block. */
static enum dmsc_err verify(struct dmsc_ctx *ctx, const struct dmsci_ota_security *s,
                            struct dmsc_bytes input, struct dmsc_bytes check, size_t data_n,
                            uint8_t padding, enum dmsci_ota_sts *ret_sts)
{
    uint8_t right[OTA_CHECK_MAX] = { 0 };
    enum dmsc_err err = compute_check(ctx, s, input, right);
    bool equal = dmsc_ct_equal(check, dmsc_bytes(right, s->check_n));

    dmsc_wipe(right, sizeof(right));
    if (err != DMSC_OK)
        return err;
    if (!equal) {
        *ret_sts = DMSCI_OTA_STS_CHECK;
        return refuse(ctx, DMSC_E_CORRUPT, "ota:check",
                      "RC or CC is wrong: another key, or the packet was changed");
    }
    if (padding > data_n || padding >= (s->ciphered ? dmsci_cipher_block(s->cipher) : 1)) {
        *ret_sts = s->ciphered ? DMSCI_OTA_STS_CIPHERING : DMSCI_OTA_STS_SECURITY;
        return refuse(ctx, DMSC_E_MALFORMED, "ota:padding", "PCNTR counts what cannot be padding");
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_ota_open(struct dmsc_ctx *ctx, const struct dmsci_ota_layout *layout,
                             const struct dmsci_ota_security *s, struct dmsc_bytes packet,
                             struct dmsc_buf *ret_plain, enum dmsci_ota_sts *ret_sts)
{
    struct dmsc_bytes coded = { packet.p + layout->clear, packet.n - layout->clear };
    size_t before = layout->fixed + s->check_n;
    enum dmsc_err err;
    struct dmsc_buf inner;

    *ret_sts = DMSCI_OTA_STS_CIPHERING;
    dmsc_buf_init(&inner, ctx, coded.n);
    err = decipher(ctx, s, coded, &inner);
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_plain, layout->lead);
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_plain, dmsc_bytes(packet.p, layout->clear));
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_plain, dmsc_bytes(inner.p, layout->fixed));
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_plain, dmsc_bytes(inner.p + before, inner.n - before));
    if (err == DMSC_OK)
        err = verify(ctx, s, dmsc_buf_bytes(ret_plain),
                     dmsc_bytes(inner.p + layout->fixed, s->check_n), inner.n - before,
                     inner.p[PCNTR_AT], ret_sts);
    else if (err == DMSC_E_NOMEM)
        *ret_sts = DMSCI_OTA_STS_MEMORY;
    dmsc_buf_clear(&inner);
    return err;
}
