/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMPSK record: one shared secret (docs/card-application.md, "Credentials"). */
#include "host/card/format/format.h"

#define WHAT       "read a shared secret"
#define KEY_SIZE   32u
#define STATE_FREE 0x00u
#define STATE_SET  0x01u

static bool blank(struct dmsc_bytes record)
{
    struct dmsc_rd r = dmsc_rd(record);

    return dmsci_format_only_fill(&r);
}

static enum dmsc_err check_frame(struct dmsc_ctx *ctx, struct dmsc_bytes record)
{
    struct dmsc_rd crc;

    if (record.p[0] != STATE_SET)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "psk:status", "status %02X",
                                   record.p[0]);
    crc = dmsc_rd(dmsc_bytes(record.p + DMSC_CARD_PSK_SIZE - 4, 4));
    if (dmsc_rd_u32(&crc) != dmsci_crc32(dmsc_bytes(record.p, DMSC_CARD_PSK_SIZE - 4)))
        return dmsci_format_refuse(ctx, DMSC_E_CORRUPT, WHAT, "psk:crc",
                                   "its check sum does not fit");
    return DMSC_OK;
}

static enum dmsc_err check_values(struct dmsc_ctx *ctx, uint8_t type, uint8_t ma_id,
                                  size_t key_length, size_t identity_length)
{
    bool stored = type == DMSC_PSK_TLS || type == DMSC_PSK_DM_SECRET;

    if (!stored && type != DMSC_PSK_GBA)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "psk:type", "type %02X", type);
    if (ma_id == 0x00 || ma_id == 0xFF)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "psk:ma-id", "MA id %02X", ma_id);
    if (stored ? key_length == 0 || key_length > KEY_SIZE : key_length != 0)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "psk:key-length",
                                   "a key of %zu bytes for type %02X", key_length, type);
    if (identity_length > sizeof(((struct dmsc_psk_record *)0)->identity))
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "psk:identity",
                                   "an identity of %zu bytes", identity_length);
    return DMSC_OK;
}

enum dmsc_err dmsc_psk_record_decode(struct dmsc_ctx *ctx, struct dmsc_bytes record,
                                     struct dmsc_psk_record *ret_psk)
{
    struct dmsc_psk_record psk = DMSC_PSK_RECORD_INIT;
    struct dmsc_bytes key;
    struct dmsc_rd r;
    uint8_t key_length, type;
    enum dmsc_err err;

    if (record.n != DMSC_CARD_PSK_SIZE)
        return dmsci_format_refuse(ctx, DMSC_E_TRUNCATED, WHAT, "psk:length",
                                   "a record has %u bytes, this one %zu", DMSC_CARD_PSK_SIZE,
                                   record.n);
    /* A record that was never written is as free as one that says so. */
    if (record.p[0] == STATE_FREE || blank(record)) {
        *ret_psk = psk;
        return DMSC_OK;
    }
    err = check_frame(ctx, record);
    if (err != DMSC_OK)
        return err;
    r = dmsc_rd(record);
    dmsc_rd_skip(&r, 1);
    type = dmsc_rd_u8(&r);
    psk.ma_id = dmsc_rd_u8(&r);
    key_length = dmsc_rd_u8(&r);
    key = dmsc_rd_bytes(&r, KEY_SIZE);
    psk.identity_length = dmsc_rd_u8(&r);
    err = check_values(ctx, type, psk.ma_id, key_length, psk.identity_length);
    if (err != DMSC_OK)
        return err;
    psk.valid = true;
    psk.type = (enum dmsc_psk_type)type;
    dmsci_copy(psk.identity, dmsc_rd_bytes(&r, sizeof(psk.identity)).p, psk.identity_length);
    psk.key_version = dmsc_rd_u16(&r);
    if (key_length > 0)
        err = dmsc_secret_set(&psk.key, ctx, dmsc_bytes(key.p, key_length));
    if (err == DMSC_OK)
        *ret_psk = psk;
    return err;
}

enum dmsc_err dmsc_psk_record_encode(struct dmsc_ctx *ctx, const struct dmsc_psk_record *psk,
                                     uint8_t ret_record[DMSC_CARD_PSK_SIZE])
{
    struct dmsc_wr w = dmsc_wr(ret_record, DMSC_CARD_PSK_SIZE);
    enum dmsc_err err;

    if (!psk->valid) {
        dmsc_wr_fill(&w, 0, DMSC_CARD_PSK_SIZE);
        return DMSC_OK;
    }
    err = check_values(ctx, (uint8_t)psk->type, psk->ma_id, psk->key.n, psk->identity_length);
    if (err != DMSC_OK)
        return err;
    dmsc_wr_u8(&w, STATE_SET);
    dmsc_wr_u8(&w, (uint8_t)psk->type);
    dmsc_wr_u8(&w, psk->ma_id);
    dmsc_wr_u8(&w, (uint8_t)psk->key.n);
    dmsc_wr_bytes(&w, dmsc_secret_bytes(&psk->key));
    dmsc_wr_fill(&w, 0, KEY_SIZE - psk->key.n);
    dmsc_wr_u8(&w, (uint8_t)psk->identity_length);
    dmsc_wr_bytes(&w, dmsc_bytes(psk->identity, psk->identity_length));
    dmsc_wr_fill(&w, 0, sizeof(psk->identity) - psk->identity_length);
    dmsc_wr_u16(&w, psk->key_version);
    dmsc_wr_u32(&w, dmsci_crc32(dmsc_bytes(ret_record, w.n)));
    return DMSC_OK;
}

void dmsc_psk_record_clear(struct dmsc_psk_record *psk)
{
    dmsc_secret_clear(&psk->key);
    *psk = (struct dmsc_psk_record)DMSC_PSK_RECORD_INIT;
}
