/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMHDR record: the commit header (docs/card-application.md, "Commit header"). */
#include "host/card/format/format.h"

#define MAGIC   0x444Du
#define VERSION 0x10u
#define WHAT    "read a commit header"

static enum dmsc_err check_frame(struct dmsc_ctx *ctx, struct dmsc_bytes record)
{
    struct dmsc_rd crc = { NULL, 0, false };

    if (record.n != DMSC_CARD_HEADER_SIZE)
        return dmsci_format_refuse(ctx, DMSC_E_TRUNCATED, WHAT, "hdr:length",
                                   "a record has %u bytes, this one %zu", DMSC_CARD_HEADER_SIZE,
                                   record.n);
    if (record.p[0] != (MAGIC >> 8) || record.p[1] != (MAGIC & 0xFF))
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "hdr:magic",
                                   "it begins %02X%02X instead of 444D", record.p[0], record.p[1]);
    /* The check sum before all the rest: a torn record is corrupt, not of an unknown version. */
    crc = dmsc_rd(dmsc_bytes(record.p + DMSC_CARD_HEADER_SIZE - 4, 4));
    if (dmsc_rd_u32(&crc) != dmsci_crc32(dmsc_bytes(record.p, DMSC_CARD_HEADER_SIZE - 4)))
        return dmsci_format_refuse(ctx, DMSC_E_CORRUPT, WHAT, "hdr:crc",
                                   "its check sum does not fit: torn, or not written by us");
    if (record.p[2] != VERSION)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "hdr:version",
                                   "profile version %02X, known is 10", record.p[2]);
    return DMSC_OK;
}

static enum dmsc_err check_values(struct dmsc_ctx *ctx, const struct dmsc_card_header *h,
                                  struct dmsc_bytes rfu)
{
    if ((h->flags & ~DMSC_CARD_FLAGS_KNOWN) != 0)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "hdr:flags", "flags %02X",
                                   h->flags);
    if ((rfu.p[0] | rfu.p[1] | rfu.p[2]) != 0)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "hdr:rfu",
                                   "reserved bytes are not zero");
    if (h->generation == 0 || h->mal_version > h->generation || h->mox_version > h->generation)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "hdr:generation",
                                   "generation %u with MA list %u and MO index %u",
                                   (unsigned)h->generation, (unsigned)h->mal_version,
                                   (unsigned)h->mox_version);
    if (h->mal_length < DMSCI_MAL_FIXED || h->mox_length < DMSCI_MOX_FIXED)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "hdr:list-length",
                                   "MA list of %u bytes, MO index of %u", h->mal_length,
                                   h->mox_length);
    return DMSC_OK;
}

enum dmsc_err dmsc_card_header_decode(struct dmsc_ctx *ctx, struct dmsc_bytes record,
                                      struct dmsc_card_header *ret_header)
{
    struct dmsc_card_header h = { 0 };
    struct dmsc_bytes rfu;
    struct dmsc_rd r;
    enum dmsc_err err = check_frame(ctx, record);

    if (err != DMSC_OK)
        return err;
    r = dmsc_rd(record);
    dmsc_rd_skip(&r, 3);
    h.flags = dmsc_rd_u8(&r);
    h.generation = dmsc_rd_u32(&r);
    dmsci_copy(h.card_tag, dmsc_rd_bytes(&r, sizeof(h.card_tag)).p, sizeof(h.card_tag));
    h.mal_version = dmsc_rd_u32(&r);
    h.mox_version = dmsc_rd_u32(&r);
    h.mal_crc = dmsc_rd_u32(&r);
    h.mox_crc = dmsc_rd_u32(&r);
    h.mal_length = dmsc_rd_u16(&r);
    h.mox_length = dmsc_rd_u16(&r);
    h.commit_time = dmsc_rd_u32(&r);
    h.writer = dmsc_rd_u8(&r);
    rfu = dmsc_rd_bytes(&r, 3);
    h.crc = dmsc_rd_u32(&r);
    err = check_values(ctx, &h, rfu);
    if (err == DMSC_OK)
        *ret_header = h;
    return err;
}

void dmsc_card_header_encode(struct dmsc_card_header *header,
                             uint8_t ret_record[DMSC_CARD_HEADER_SIZE])
{
    struct dmsc_wr w = dmsc_wr(ret_record, DMSC_CARD_HEADER_SIZE);

    dmsc_wr_u16(&w, MAGIC);
    dmsc_wr_u8(&w, VERSION);
    dmsc_wr_u8(&w, header->flags);
    dmsc_wr_u32(&w, header->generation);
    dmsc_wr_bytes(&w, dmsc_bytes(header->card_tag, sizeof(header->card_tag)));
    dmsc_wr_u32(&w, header->mal_version);
    dmsc_wr_u32(&w, header->mox_version);
    dmsc_wr_u32(&w, header->mal_crc);
    dmsc_wr_u32(&w, header->mox_crc);
    dmsc_wr_u16(&w, header->mal_length);
    dmsc_wr_u16(&w, header->mox_length);
    dmsc_wr_u32(&w, header->commit_time);
    dmsc_wr_u8(&w, header->writer);
    dmsc_wr_fill(&w, 0, 3);
    header->crc = dmsci_crc32(dmsc_bytes(ret_record, w.n));
    dmsc_wr_u32(&w, header->crc);
}
