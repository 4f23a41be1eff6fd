/* SPDX-License-Identifier: Apache-2.0 */
/* The card application on its channel: open, headers, shared secrets. */
#include "host/card/private.h"
#include "host/credential/cert.h"
#include <stdio.h>
#include <string.h>

const uint8_t dmsci_card_aid[12] = { 0xF0, 0x44, 0x4D, 0x53, 0x43, 0x2D,
                                     0x55, 0x49, 0x43, 0x43, 0x01, 0x00 };

enum dmsc_err dmsci_card_select(struct dmsc_card *card)
{
    return dmsc_uicc_select_aid(card->uicc, dmsc_bytes(dmsci_card_aid, sizeof(dmsci_card_aid)),
                                NULL);
}

enum dmsc_err dmsci_card_own_tag(struct dmsc_card *card, uint8_t ret_iccid[DMSCI_ICCID_SIZE],
                                 uint8_t ret_tag[DMSC_CARD_TAG_SIZE])
{
    static const uint8_t iccid_path[4] = { 0x3F, 0x00, 0x2F, 0xE2 };
    uint8_t digest[32];
    struct dmsc_buf iccid;
    enum dmsc_err err;

    dmsc_buf_init(&iccid, card->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_select_path(card->uicc, dmsc_bytes(iccid_path, sizeof(iccid_path)), NULL);
    if (err == DMSC_OK)
        err = dmsc_uicc_read_binary(card->uicc, 0, 0, DMSCI_ICCID_SIZE, &iccid);
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "EF.ICCID");
    if (err == DMSC_OK)
        err = dmsci_sha256(card->ctx, dmsc_buf_bytes(&iccid), digest);
    if (err == DMSC_OK)
        err = dmsci_card_select(card);
    if (err == DMSC_OK) {
        dmsci_copy(ret_tag, digest, DMSC_CARD_TAG_SIZE);
        if (ret_iccid != NULL)
            dmsci_copy(ret_iccid, iccid.p, DMSCI_ICCID_SIZE);
    }
    dmsc_buf_clear(&iccid);
    return err;
}

enum dmsc_err dmsc_card_open(struct dmsc_uicc *uicc, struct dmsc_card **ret_card)
{
    struct dmsc_ctx *ctx = dmsc_uicc_ctx(uicc);
    bool opened = dmsc_uicc_channel(uicc) == 0;
    struct dmsc_card *card = dmsci_alloc(ctx, sizeof(*card));
    enum dmsc_err err;

    if (card == NULL)
        return DMSC_E_NOMEM;
    card->ctx = ctx;
    card->uicc = uicc;
    err = opened ? dmsc_uicc_channel_open(uicc) : DMSC_OK;
    if (err == DMSC_OK) {
        err = dmsci_card_select(card);
        if (err != DMSC_OK && opened) {
            struct dmsci_story story;

            dmsci_story_keep(ctx, &story);
            if (dmsc_uicc_channel_close(uicc) != DMSC_OK)
                dmsci_log(ctx, DMSC_LOG_DEBUG, "card", "the logical channel stays open");
            (void)dmsci_story_retell(ctx, &story);
        }
    }
    if (err == DMSC_E_NOTFOUND) {
        (void)dmsci_fail(ctx, err, "open the DM card application");
        dmsci_why(ctx, "card:no-application", "the card has no ADF.DMSC");
        dmsci_hint(ctx, "use a card of profile DMSC-UICC 1.0, or let its issuer install it");
    }
    if (err != DMSC_OK) {
        dmsci_free(ctx, card);
        return err;
    }
    *ret_card = card;
    return DMSC_OK;
}

void dmsc_card_free(struct dmsc_card *card)
{
    if (card != NULL)
        dmsci_free(card->ctx, card);
}

struct dmsc_uicc *dmsc_card_uicc(const struct dmsc_card *card)
{
    return card->uicc;
}

void dmsci_story_keep(struct dmsc_ctx *ctx, struct dmsci_story *ret_story)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    *ret_story = (struct dmsci_story){ .err = diag->err, .sw = diag->sw, .code = diag->code };
    (void)snprintf(ret_story->what, sizeof(ret_story->what), "%.95s", diag->what);
    (void)snprintf(ret_story->where, sizeof(ret_story->where), "%.95s", diag->where);
    (void)snprintf(ret_story->why, sizeof(ret_story->why), "%s", diag->why);
    (void)snprintf(ret_story->hint, sizeof(ret_story->hint), "%.127s", diag->hint);
    (void)snprintf(ret_story->reason, sizeof(ret_story->reason), "%s", diag->reason);
}

enum dmsc_err dmsci_story_retell(struct dmsc_ctx *ctx, const struct dmsci_story *story)
{
    (void)dmsci_fail(ctx, story->err, "%s", story->what);
    if (story->where[0] != '\0')
        dmsci_where(ctx, "%s", story->where);
    dmsci_why(ctx, story->reason[0] == '\0' ? NULL : story->reason, "%s", story->why);
    if (story->hint[0] != '\0')
        dmsci_hint(ctx, "%s", story->hint);
    dmsci_fail_sw(ctx, story->sw);
    dmsci_fail_code(ctx, story->code);
    return story->err;
}

enum dmsc_err dmsci_card_raw_header(struct dmsc_card *card, uint8_t record,
                                    struct dmsci_raw_header *ret_raw)
{
    struct dmsci_raw_header raw = { .there = true };
    struct dmsc_buf content;
    enum dmsc_err err;

    dmsc_buf_init(&content, card->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_read_record(card->uicc, DMSCI_SFI_HEADER, record, DMSC_CARD_HEADER_SIZE,
                                &content);
    if (err == DMSC_OK)
        dmsci_copy(raw.bytes, content.p, sizeof(raw.bytes));
    else if (err == DMSC_E_NOTFOUND && dmsc_diag_get(card->ctx)->sw == 0x6A83)
        raw.there = false; /* a cyclic EF that was never written has no record on some cards */
    dmsc_buf_clear(&content);
    if (err != DMSC_OK && raw.there)
        return err;
    *ret_raw = raw;
    return DMSC_OK;
}

void dmsci_generations_begin(struct dmsci_generations *walk, struct dmsc_card *card)
{
    *walk = (struct dmsci_generations){ .card = card, .blank = true };
}

void dmsci_generations_reject(struct dmsci_generations *walk)
{
    if (!walk->failed)
        dmsci_story_keep(walk->card->ctx, &walk->first);
    walk->failed = true;
    dmsci_log(walk->card->ctx, DMSC_LOG_WARN, "card", "header record %u passed over: %s",
              walk->record, dmsc_diag_get(walk->card->ctx)->reason);
}

bool dmsci_never_written(struct dmsc_bytes record)
{
    for (size_t i = 1; i < record.n; i++) {
        if (record.p[i] != record.p[0])
            return false;
    }
    return record.n == 0 || record.p[0] == 0x00 || record.p[0] == 0xFF;
}

static enum dmsc_err none_left(struct dmsci_generations *walk)
{
    struct dmsc_ctx *ctx = walk->card->ctx;

    if (!walk->blank)
        return dmsci_story_retell(ctx, &walk->first);
    (void)dmsci_fail(ctx, DMSC_E_NOTFOUND, "read the commit header");
    dmsci_where(ctx, "ADF.DMSC/EF.DMHDR");
    dmsci_why(ctx, "card:not-provisioned", "no record was ever written");
    dmsci_hint(ctx, "dmsc card provision PROFILE writes a DM card profile");
    return DMSC_E_NOTFOUND;
}

enum dmsc_err dmsci_generations_next(struct dmsci_generations *walk,
                                     struct dmsc_card_header *ret_header)
{
    struct dmsci_raw_header raw;
    enum dmsc_err err;

    while (walk->record < DMSCI_HEADER_RECORDS) {
        err = dmsci_card_raw_header(walk->card, (uint8_t)(walk->record + 1), &raw);
        if (err != DMSC_OK)
            return err;
        walk->record++;
        if (walk->record == 1)
            walk->newest = raw;
        if (!raw.there)
            break;
        if (dmsci_never_written(dmsc_bytes(raw.bytes, sizeof(raw.bytes))))
            continue;
        walk->blank = false;
        err = dmsc_card_header_decode(walk->card->ctx, dmsc_bytes(raw.bytes, sizeof(raw.bytes)),
                                      ret_header);
        if (err == DMSC_OK) {
            if (ret_header->generation > walk->highest)
                walk->highest = ret_header->generation;
            return DMSC_OK;
        }
        dmsci_where(walk->card->ctx, "ADF.DMSC/EF.DMHDR record %u", walk->record);
        dmsci_generations_reject(walk);
    }
    walk->record = DMSCI_HEADER_RECORDS;
    return none_left(walk);
}

enum dmsc_err dmsci_generations_moved(struct dmsci_generations *walk, bool *ret_moved)
{
    struct dmsci_raw_header now;
    enum dmsc_err err = dmsci_card_raw_header(walk->card, 1, &now);

    if (err != DMSC_OK)
        return err;
    *ret_moved = now.there != walk->newest.there ||
                 memcmp(now.bytes, walk->newest.bytes, sizeof(now.bytes)) != 0;
    return DMSC_OK;
}

enum dmsc_err dmsc_card_header(struct dmsc_card *card, struct dmsc_card_header *ret_header)
{
    struct dmsci_generations walk;
    struct dmsc_card_header header;
    enum dmsc_err err;

    dmsci_generations_begin(&walk, card);
    err = dmsci_generations_next(&walk, &header);
    if (err == DMSC_OK)
        *ret_header = header;
    return err;
}

enum dmsc_err dmsci_card_need_pin(struct dmsc_card *card, const struct dmsc_secret *pin,
                                  const char *what)
{
    if (pin != NULL && pin->n > 0)
        return dmsc_uicc_verify_pin(card->uicc, DMSCI_KEY_PIN1, pin);
    (void)dmsci_fail(card->ctx, DMSC_E_PIN, "%s", what);
    dmsci_why(card->ctx, "card:pin-needed", "it is behind PIN1 of the card and no PIN was given");
    dmsci_hint(card->ctx,
               "name a file with the digits of PIN1: --pin-file FILE or [card] pin_file");
    return DMSC_E_PIN;
}

enum dmsc_err dmsc_card_psk(struct dmsc_card *card, uint8_t record, const struct dmsc_secret *pin,
                            struct dmsc_psk_record *ret_psk)
{
    struct dmsc_buf content;
    enum dmsc_err err;

    dmsc_buf_init(&content, card->ctx, DMSC_RAPDU_MAX);
    dmsc_link_conceal(dmsc_uicc_link(card->uicc), true);
    err = dmsc_uicc_read_record(card->uicc, DMSCI_SFI_PSK, record, DMSC_CARD_PSK_SIZE, &content);
    if (err == DMSC_E_DENIED) {
        err = dmsci_card_need_pin(card, pin, "read a shared secret of the card");
        if (err == DMSC_OK)
            err = dmsc_uicc_read_record(card->uicc, DMSCI_SFI_PSK, record, DMSC_CARD_PSK_SIZE,
                                        &content);
    }
    dmsc_link_conceal(dmsc_uicc_link(card->uicc), false);
    if (err == DMSC_OK)
        err = dmsc_psk_record_decode(card->ctx, dmsc_buf_bytes(&content), ret_psk);
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "ADF.DMSC/EF.DMPSK record %u", record);
    dmsc_buf_clear(&content);
    return err;
}
