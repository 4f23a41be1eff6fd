/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of one commit: nothing that the header in force names is touched before the last. */
#include "apdu/base/ctx.h"
#include "host/card/store.h"
#include <dmsc/apdu.h>
#include <string.h>

#define SLOT_FLAGS (DMSC_CARD_MAL_SLOT_B | DMSC_CARD_MOX_SLOT_B)

enum dmsc_err dmsci_store_unmoved(struct dmsci_store *store)
{
    struct dmsc_ctx *ctx = store->card->ctx;
    bool moved = false;
    enum dmsc_err err = dmsci_generations_moved(&store->walk, &moved);

    if (err != DMSC_OK || !moved)
        return err;
    (void)dmsci_fail(ctx, DMSC_E_AGAIN, "write to the card");
    dmsci_where(ctx, "ADF.DMSC/EF.DMHDR");
    dmsci_why(ctx, "card:changed", "somebody else committed a generation meanwhile");
    dmsci_hint(ctx, "read the card again; nothing in force was touched");
    return DMSC_E_AGAIN;
}

/* What became of an UPDATE that failed before the header was written: the old generation holds. */
static enum dmsc_err update_failed(struct dmsci_store *store, enum dmsc_err err, const char *where)
{
    struct dmsc_ctx *ctx = store->card->ctx;
    uint16_t sw = dmsc_diag_get(ctx)->sw;

    if (err == DMSC_E_SW && (sw == 0x6B00 || sw == 0x6700 || sw == 0x6A84)) {
        (void)dmsci_fail(ctx, DMSC_E_LIMIT, "write to the card");
        dmsci_why(ctx, "card:slot-full", "the file is too small for its new content (SW %04X)", sw);
        err = DMSC_E_LIMIT;
    } else if (err == DMSC_E_SW && dmsc_sw_class(sw) == DMSC_SW_EXECUTION) {
        (void)dmsci_fail(ctx, err, "write to the card");
        dmsci_why(ctx, "card:torn", "%s (SW %04X)", dmsc_sw_text(sw), sw);
    }
    dmsci_fail_sw(ctx, sw);
    dmsci_where(ctx, "%s", where);
    dmsci_hint(ctx, "the generation that was in force still is");
    return err;
}

static enum dmsc_err write_bodies(struct dmsci_store *store)
{
    char where[40] = "ADF.DMSC/EF.DMPOOL0";
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < store->next.count; i++) {
        const struct dmsc_mo_entry *e = &store->next.entries[i];
        bool pool1 = e->fid == DMSC_CARD_FID_POOL1;

        if (store->bodies[i].p == NULL)
            continue;
        where[strlen(where) - 1] = pool1 ? '1' : '0';
        dmsci_store_step(store, "MO body");
        dmsc_link_conceal(dmsc_uicc_link(store->card->uicc), pool1);
        err = dmsc_uicc_update_binary(store->card->uicc, pool1 ? DMSCI_SFI_POOL1 : DMSCI_SFI_POOL0,
                                      e->offset, store->bodies[i]);
        dmsc_link_conceal(dmsc_uicc_link(store->card->uicc), false);
        if (err != DMSC_OK)
            err = update_failed(store, err, where);
    }
    return err;
}

static enum dmsc_err write_slot(struct dmsci_store *store, uint8_t sfi, const char *name,
                                struct dmsc_bytes content)
{
    char where[40] = "ADF.DMSC/";
    enum dmsc_err err;

    dmsci_copy(where + strlen(where), name, strlen(name) + 1);
    dmsci_store_step(store, name);
    err = dmsc_uicc_update_binary(store->card->uicc, sfi, 0, content);
    return err == DMSC_OK ? DMSC_OK : update_failed(store, err, where);
}

static enum dmsc_err write_index(struct dmsci_store *store, struct dmsc_card_header *header)
{
    struct dmsc_buf file;
    bool slot_b;
    enum dmsc_err err;

    /* The slot that is not in use; a blank card begins with A. */
    if (!store->blank)
        header->flags ^= DMSC_CARD_MOX_SLOT_B;
    slot_b = (header->flags & DMSC_CARD_MOX_SLOT_B) != 0;
    dmsc_buf_init(&file, store->card->ctx, UINT16_MAX);
    store->next.version = store->generation;
    err = dmsc_mo_index_encode(&store->next, &file);
    if (err == DMSC_OK) {
        header->mox_version = store->generation;
        header->mox_crc = dmsci_crc32(dmsc_buf_bytes(&file));
        header->mox_length = (uint16_t)file.n;
        err = write_slot(store, (uint8_t)(DMSCI_SFI_MOX + slot_b),
                         slot_b ? "EF.DMMOXB" : "EF.DMMOXA", dmsc_buf_bytes(&file));
    }
    dmsc_buf_clear(&file);
    return err;
}

static enum dmsc_err write_list(struct dmsci_store *store, struct dmsc_card_header *header)
{
    bool slot_b;

    if (!store->blank)
        header->flags ^= DMSC_CARD_MAL_SLOT_B;
    slot_b = (header->flags & DMSC_CARD_MAL_SLOT_B) != 0;
    if (store->list_file.n > UINT16_MAX)
        return dmsci_fail(store->card->ctx, DMSC_E_LIMIT, "write a MA list of %zu bytes",
                          store->list_file.n);
    header->mal_version = store->generation;
    header->mal_crc = dmsci_crc32(dmsc_buf_bytes(&store->list_file));
    header->mal_length = (uint16_t)store->list_file.n;
    return write_slot(store, (uint8_t)(DMSCI_SFI_MAL + slot_b), slot_b ? "EF.DMMALB" : "EF.DMMALA",
                      dmsc_buf_bytes(&store->list_file));
}

/* The answer to the last UPDATE may be lost, or the card may say that it is not sure: the record
 * itself says which generation is in force. */
static enum dmsc_err settle(struct dmsci_store *store, const uint8_t record[DMSC_CARD_HEADER_SIZE],
                            enum dmsc_err err)
{
    struct dmsci_story story;
    struct dmsci_raw_header now;

    dmsci_story_keep(store->card->ctx, &story);
    if (dmsci_card_raw_header(store->card, 1, &now) != DMSC_OK) {
        if (err == DMSC_OK) /* 9000 came before the card went away */
            return DMSC_OK;
        (void)dmsci_story_retell(store->card->ctx, &story);
        dmsci_hint(store->card->ctx, "the old or the new generation is in force: read again");
        return err;
    }
    if (now.there && memcmp(now.bytes, record, sizeof(now.bytes)) == 0)
        return DMSC_OK;
    if (err == DMSC_OK) {
        err = dmsci_fail(store->card->ctx, DMSC_E_SW, "write to the card");
        dmsci_why(store->card->ctx, "card:torn", "the commit header did not come back as written");
        return err;
    }
    (void)dmsci_story_retell(store->card->ctx, &story);
    return update_failed(store, err, "ADF.DMSC/EF.DMHDR");
}

static enum dmsc_err append_header(struct dmsci_store *store, struct dmsc_card_header *header)
{
    uint8_t record[DMSC_CARD_HEADER_SIZE];
    struct dmsc_card_header check;
    enum dmsc_err err;

    dmsc_card_header_encode(header, record);
    err = dmsc_card_header_decode(store->card->ctx, dmsc_bytes(record, sizeof(record)), &check);
    if (err != DMSC_OK)
        return err;
    dmsci_store_step(store, "commit header");
    err = dmsc_uicc_update_record(store->card->uicc, DMSCI_SFI_HEADER, 0,
                                  dmsc_bytes(record, sizeof(record)));
    return settle(store, record, err);
}

enum dmsc_err dmsci_store_write(struct dmsci_store *store, struct dmsc_card_header *ret_header)
{
    struct dmsc_card_header header = store->header;
    enum dmsc_err err = dmsci_store_unmoved(store);

    header.flags = (uint8_t)((header.flags & SLOT_FLAGS) | (store->flags & ~SLOT_FLAGS));
    header.generation = store->generation;
    header.commit_time = store->commit_time;
    header.writer = store->writer;
    if (err == DMSC_OK)
        err = write_bodies(store);
    if (err == DMSC_OK && store->index_changes)
        err = write_index(store, &header);
    if (err == DMSC_OK && store->list_changes)
        err = write_list(store, &header);
    if (err == DMSC_OK)
        err = dmsci_store_unmoved(store);
    if (err == DMSC_OK)
        err = append_header(store, &header);
    if (err == DMSC_OK && ret_header != NULL)
        *ret_header = header;
    return err;
}
