/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies out of the pools, in as few READ BINARY as their bytes need. */
#include "host/card/private.h"

#define READ_BLOCK 256u

/* Bodies that lie close together are read in one go when that costs no command more. */
struct run {
    uint16_t fid;
    uint32_t begin, end;
};

static uint32_t blocks(uint32_t bytes)
{
    return (bytes + READ_BLOCK - 1) / READ_BLOCK;
}

static bool before(const struct dmsc_mo_entry *a, const struct dmsc_mo_entry *b)
{
    /* POOL1 first: a missing PIN shows before the rest was read in vain. */
    if (a->fid != b->fid)
        return a->fid > b->fid;
    return a->offset < b->offset;
}

/* Which of @p wanted comes next in the order of the card; at most 64 of them. */
static void sort(const struct dmsc_mo_entry *const *wanted, size_t count, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = i;

        for (; j > 0 && before(wanted[i], wanted[order[j - 1]]); j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

static bool joins(const struct run *run, const struct dmsc_mo_entry *next)
{
    uint32_t end = (uint32_t)next->offset + next->length;

    return run->fid == next->fid &&
           blocks(end - run->begin) <= blocks(run->end - run->begin) + blocks(next->length);
}

static enum dmsc_err read_run(struct dmsci_pool_reader *reader, const struct run *run,
                              struct dmsc_buf *ret_bytes)
{
    uint8_t sfi = run->fid == DMSC_CARD_FID_POOL1 ? DMSCI_SFI_POOL1 : DMSCI_SFI_POOL0;
    struct dmsc_link *link = dmsc_uicc_link(reader->card->uicc);
    enum dmsc_err err;

    dmsc_link_conceal(link, run->fid == DMSC_CARD_FID_POOL1);
    err = dmsc_uicc_read_binary(reader->card->uicc, reader->current == run->fid ? 0 : sfi,
                                run->begin, run->end - run->begin, ret_bytes);
    if (err == DMSC_E_DENIED && !reader->verified) {
        err = dmsci_card_need_pin(reader->card, reader->pin, "read the MO bodies of the card");
        reader->verified = err == DMSC_OK;
        if (err == DMSC_OK)
            err = dmsc_uicc_read_binary(reader->card->uicc, sfi, run->begin, run->end - run->begin,
                                        ret_bytes);
    }
    dmsc_link_conceal(link, false);
    reader->current = err == DMSC_OK ? run->fid : 0;
    if (err != DMSC_OK)
        dmsci_where(reader->card->ctx, "ADF.DMSC/%04X, %u bytes at %u", run->fid,
                    (unsigned)(run->end - run->begin), (unsigned)run->begin);
    return err;
}

static enum dmsc_err take_body(struct dmsc_ctx *ctx, const struct dmsc_mo_entry *entry,
                               struct dmsc_bytes bytes, struct dmsc_card_body *body)
{
    body->id = entry->id;
    if (dmsci_crc32(bytes) != entry->crc) {
        (void)dmsci_fail(ctx, DMSC_E_CORRUPT, "read the MO bodies of the card");
        dmsci_where(ctx, "instance %u, %s", entry->id, entry->path);
        dmsci_why(ctx, "mox:body-crc", "the check sum of the body is not the one in the index");
        return DMSC_E_CORRUPT;
    }
    dmsc_buf_init(&body->content, ctx, dmsc_ctx_limits(ctx)->mo_body_size);
    return dmsc_buf_set(&body->content, bytes);
}

static enum dmsc_err no_blob(struct dmsc_ctx *ctx, const struct dmsc_mo_entry *entry)
{
    (void)dmsci_fail(ctx, DMSC_E_UNSUPPORTED, "read the MO bodies of the card");
    dmsci_where(ctx, "instance %u, %s", entry->id, entry->path);
    dmsci_why(ctx, "mox:blob", "the body is in the BER-TLV store EF.DMBLOB");
    return DMSC_E_UNSUPPORTED;
}

static enum dmsc_err read_all(struct dmsci_pool_reader *reader,
                              const struct dmsc_mo_entry *const *wanted, size_t count,
                              const size_t *order, struct dmsc_card_body *bodies)
{
    struct dmsc_ctx *ctx = reader->card->ctx;
    struct dmsc_buf bytes;
    enum dmsc_err err = DMSC_OK;
    size_t i = 0;

    dmsc_buf_init(&bytes, ctx, dmsc_ctx_limits(ctx)->ef_size);
    while (err == DMSC_OK && i < count) {
        const struct dmsc_mo_entry *e = wanted[order[i]];
        struct run run = { e->fid, e->offset, (uint32_t)e->offset + e->length };
        size_t last = i;

        if (e->fid == DMSC_CARD_FID_BLOB) {
            err = no_blob(ctx, e);
            break;
        }
        while (last + 1 < count && joins(&run, wanted[order[last + 1]])) {
            e = wanted[order[++last]];
            run.end = (uint32_t)e->offset + e->length;
        }
        err = read_run(reader, &run, &bytes);
        for (; err == DMSC_OK && i <= last; i++) {
            e = wanted[order[i]];
            err = take_body(ctx, e, dmsc_bytes(bytes.p + (e->offset - run.begin), e->length),
                            &bodies[order[i]]);
        }
    }
    dmsc_buf_clear(&bytes);
    return err;
}

enum dmsc_err dmsci_pool_read(struct dmsci_pool_reader *reader,
                              const struct dmsc_mo_entry *const *wanted, size_t count,
                              struct dmsc_card_body **ret_bodies)
{
    struct dmsc_ctx *ctx = reader->card->ctx;
    struct dmsc_card_body *bodies;
    size_t *order;
    enum dmsc_err err = DMSC_E_NOMEM;

    if (count == 0) {
        *ret_bodies = NULL;
        return DMSC_OK;
    }
    bodies = dmsci_calloc(ctx, count, sizeof(*bodies));
    order = bodies == NULL ? NULL : dmsci_calloc(ctx, count, sizeof(*order));
    if (order != NULL) {
        sort(wanted, count, order);
        err = read_all(reader, wanted, count, order, bodies);
        dmsci_free(ctx, order);
    }
    if (err == DMSC_OK)
        *ret_bodies = bodies;
    else
        dmsci_bodies_free(ctx, bodies, count);
    return err;
}

void dmsci_bodies_free(struct dmsc_ctx *ctx, struct dmsc_card_body *bodies, size_t count)
{
    if (bodies == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        dmsc_buf_clear(&bodies[i].content);
    dmsci_free(ctx, bodies);
}
