/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMDEV record: what became of a generation on the device. */
#include "host/card/format/format.h"

#define MAGIC   0x4452u
#define VERSION 0x10u
#define WHAT    "read a receipt"

enum dmsc_err dmsc_card_receipt_decode(struct dmsc_ctx *ctx, struct dmsc_bytes record,
                                       struct dmsc_card_receipt *ret_receipt)
{
    struct dmsc_card_receipt receipt = { 0 };
    struct dmsc_rd r = dmsc_rd(record);
    uint8_t result;

    if (record.n != DMSC_CARD_RECEIPT_SIZE)
        return dmsci_format_refuse(ctx, DMSC_E_TRUNCATED, WHAT, "dev:length",
                                   "a record has %u bytes, this one %zu", DMSC_CARD_RECEIPT_SIZE,
                                   record.n);
    if (dmsc_rd_u16(&r) != MAGIC)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "dev:magic",
                                   "it begins %02X%02X instead of 4452", record.p[0], record.p[1]);
    if (dmsc_rd_u8(&r) != VERSION)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "dev:version",
                                   "version %02X, known is 10", record.p[2]);
    result = dmsc_rd_u8(&r);
    receipt.generation = dmsc_rd_u32(&r);
    receipt.time = dmsc_rd_u32(&r);
    dmsci_copy(receipt.device, dmsc_rd_bytes(&r, sizeof(receipt.device)).p, sizeof(receipt.device));
    receipt.failed = dmsc_rd_u32(&r);
    dmsc_rd_skip(&r, 4);
    if (dmsc_rd_u32(&r) != dmsci_crc32(dmsc_bytes(record.p, DMSC_CARD_RECEIPT_SIZE - 4)))
        return dmsci_format_refuse(ctx, DMSC_E_CORRUPT, WHAT, "dev:crc",
                                   "its check sum does not fit");
    if (result > DMSC_CARD_ROLLBACK)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "dev:result", "result %02X",
                                   result);
    receipt.result = (enum dmsc_card_result)result;
    *ret_receipt = receipt;
    return DMSC_OK;
}

void dmsc_card_receipt_encode(const struct dmsc_card_receipt *receipt,
                              uint8_t ret_record[DMSC_CARD_RECEIPT_SIZE])
{
    struct dmsc_wr w = dmsc_wr(ret_record, DMSC_CARD_RECEIPT_SIZE);

    dmsc_wr_u16(&w, MAGIC);
    dmsc_wr_u8(&w, VERSION);
    dmsc_wr_u8(&w, (uint8_t)receipt->result);
    dmsc_wr_u32(&w, receipt->generation);
    dmsc_wr_u32(&w, receipt->time);
    dmsc_wr_bytes(&w, dmsc_bytes(receipt->device, sizeof(receipt->device)));
    dmsc_wr_u32(&w, receipt->failed);
    dmsc_wr_fill(&w, 0, 4);
    dmsc_wr_u32(&w, dmsci_crc32(dmsc_bytes(ret_record, w.n)));
}
