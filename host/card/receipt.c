/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the card, and so its issuer, what the device made of a generation. */
#include "host/card/private.h"

#define SFI_DMDEV 0x13u

enum dmsc_err dmsc_card_receipt_write(struct dmsc_card *card,
                                      const struct dmsc_card_receipt *receipt,
                                      const struct dmsc_secret *pin)
{
    uint8_t record[DMSC_CARD_RECEIPT_SIZE];
    struct dmsc_bytes bytes;
    enum dmsc_err err;

    dmsc_card_receipt_encode(receipt, record);
    bytes = dmsc_bytes(record, sizeof(record));
    err = dmsc_uicc_update_record(card->uicc, SFI_DMDEV, 0, bytes);
    if (err == DMSC_E_DENIED) {
        err = dmsci_card_need_pin(card, pin, "leave a receipt on the card");
        if (err == DMSC_OK)
            err = dmsc_uicc_update_record(card->uicc, SFI_DMDEV, 0, bytes);
    }
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "ADF.DMSC/EF.DMDEV");
    return err;
}

enum dmsc_err dmsc_card_receipt_read(struct dmsc_card *card, struct dmsc_card_receipt *ret_receipt)
{
    struct dmsc_buf content;
    enum dmsc_err err;

    dmsc_buf_init(&content, card->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_read_record(card->uicc, SFI_DMDEV, 1, DMSC_CARD_RECEIPT_SIZE, &content);
    if (err == DMSC_OK && dmsci_never_written(dmsc_buf_bytes(&content)))
        err = DMSC_E_NOTFOUND;
    if (err == DMSC_E_NOTFOUND) {
        (void)dmsci_fail(card->ctx, err, "read a receipt");
        dmsci_why(card->ctx, "dev:none", "no device has left one yet");
    }
    if (err == DMSC_OK)
        err = dmsc_card_receipt_decode(card->ctx, dmsc_buf_bytes(&content), ret_receipt);
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "ADF.DMSC/EF.DMDEV");
    dmsc_buf_clear(&content);
    return err;
}
