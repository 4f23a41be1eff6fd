/* SPDX-License-Identifier: Apache-2.0 */
/* A whole DM card profile onto a card: what readers look at last is written last. */
#include "host/card/provision/profile.h"
#include "host/card/provision/view.h"
#include "host/card/store.h"

static const uint8_t pkcs15_aid[] = { 0xA0, 0x00, 0x00, 0x00, 0x63, 0x50,
                                      0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35 };
/* The order in which a reader that comes in between understands most. */
static const struct {
    uint16_t fid;
    const char *name;
} view_files[] = {
    { DMSCI_FID_CDF, "EF.CDF" },
    { DMSCI_FID_CDF_TRUSTED, "trusted EF.CDF" },
    { DMSCI_FID_DODF, "EF.DODF" },
    { DMSCI_FID_ODF, "EF.ODF" },
    { DMSCI_FID_TOKEN_INFO, "EF.TokenInfo" },
};

struct job {
    const struct dmsc_card_profile *profile;
    const struct dmsc_card_provision_options *options;
    uint8_t iccid[DMSCI_ICCID_SIZE];
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    uint32_t pool_size[2], mal_size, mox_size;
    bool has_pkcs15;
};

static enum dmsc_err too_small(struct dmsc_ctx *ctx, const char *name, size_t n, size_t size)
{
    (void)dmsci_fail(ctx, DMSC_E_LIMIT, "provision the card");
    dmsci_where(ctx, "%s", name);
    dmsci_why(ctx, "card:slot-full", "%zu bytes are to go into a file of %zu", n, size);
    return DMSC_E_LIMIT;
}

/* SELECT a transparent EF of the application in use; its size. */
static enum dmsc_err open_ef(struct dmsc_card *card, uint16_t fid, const char *name,
                             uint32_t *ret_size)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, card->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_select_fid(card->uicc, fid, &bytes);
    if (err == DMSC_E_NOTFOUND) {
        (void)dmsci_fail(card->ctx, err, "provision the card");
        dmsci_why(card->ctx, "card:no-file", "the card has no such file (%04X)", fid);
        dmsci_hint(card->ctx,
                   "the files of the application are made when the card is personalised");
    }
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp);
    if (err == DMSC_OK && (fcp.structure != DMSC_FILE_TRANSPARENT || !fcp.has_size)) {
        err = dmsci_fail(card->ctx, DMSC_E_UNSUPPORTED, "provision the card");
        dmsci_why(card->ctx, "card:file-structure", "%04X is no transparent file", fid);
    }
    if (err == DMSC_OK)
        *ret_size = fcp.size_bytes;
    else
        dmsci_where(card->ctx, "%s", name);
    dmsc_buf_clear(&bytes);
    return err;
}

/* @p fill: the rest of the file is FF, so that what was there before ends with the new content. */
static enum dmsc_err write_ef(struct dmsc_card *card, uint16_t fid, const char *name,
                              struct dmsc_bytes content, bool fill)
{
    uint32_t size = 0;
    struct dmsc_buf bytes;
    uint8_t *p;
    enum dmsc_err err = open_ef(card, fid, name, &size);

    if (err == DMSC_OK && content.n > size)
        err = too_small(card->ctx, name, content.n, size);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&bytes, card->ctx, dmsc_ctx_limits(card->ctx)->ef_size);
    err = dmsc_buf_set(&bytes, content);
    if (err == DMSC_OK && fill && size > content.n) {
        err = dmsc_buf_reserve(&bytes, size - content.n, &p);
        if (err == DMSC_OK) {
            struct dmsc_wr w = dmsc_wr(p, size - content.n);

            dmsc_wr_fill(&w, 0xFF, size - content.n);
            dmsc_buf_commit(&bytes, w.n);
        }
    }
    if (err == DMSC_OK)
        err = dmsc_uicc_update_binary(card->uicc, 0, 0, dmsc_buf_bytes(&bytes));
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "%s", name);
    dmsc_buf_clear(&bytes);
    return err;
}

/* What the card is, before anything is written to it. */
static enum dmsc_err inspect(struct dmsci_store *store, struct job *job)
{
    const struct {
        uint16_t fid;
        const char *name;
        uint32_t *size;
    } files[] = {
        { DMSC_CARD_FID_POOL0, "EF.DMPOOL0", &job->pool_size[0] },
        { DMSC_CARD_FID_POOL1, "EF.DMPOOL1", &job->pool_size[1] },
        { 0x6F02, "EF.DMMALA", &job->mal_size },
        { 0x6F04, "EF.DMMOXA", &job->mox_size },
    };
    enum dmsc_err err = dmsci_card_own_tag(store->card, job->iccid, job->tag);

    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(files); i++)
        err = open_ef(store->card, files[i].fid, files[i].name, files[i].size);
    if (err != DMSC_OK)
        return err;
    err = dmsc_uicc_select_aid(store->card->uicc, dmsc_bytes(pkcs15_aid, sizeof(pkcs15_aid)), NULL);
    job->has_pkcs15 = err == DMSC_OK;
    if (err == DMSC_E_NOTFOUND) {
        dmsci_log(store->card->ctx, DMSC_LOG_WARN, "card", "no PKCS#15 application on the card");
        err = DMSC_OK;
    }
    if (err == DMSC_OK && !job->has_pkcs15 && job->profile->bootstrap_label != NULL) {
        err = dmsci_fail(store->card->ctx, DMSC_E_NOTFOUND, "provision the card");
        dmsci_why(store->card->ctx, "card:no-pkcs15",
                  "the profile has a bootstrap message and the card no PKCS#15 application");
    }
    return err == DMSC_OK ? dmsci_card_select(store->card) : err;
}

static enum dmsc_err check(struct dmsci_store *store, void *user)
{
    struct job *job = user;
    uint32_t wanted = job->profile->generation;
    struct dmsc_ctx *ctx = store->card->ctx;
    enum dmsc_err err;

    if ((store->header.flags & DMSC_CARD_LOCKED) != 0 && !job->options->even_if_locked) {
        err = dmsci_fail(ctx, DMSC_E_REFUSED, "provision the card");
        dmsci_why(ctx, "card:locked", "its issuer allows no local writer");
        return err;
    }
    if (wanted != 0 && wanted <= store->walk.highest) {
        err = dmsci_fail(ctx, DMSC_E_ARG, "provision the card");
        dmsci_why(ctx, "card:generation", "the card is at generation %lu, the profile says %lu",
                  (unsigned long)store->walk.highest, (unsigned long)wanted);
        dmsci_hint(ctx, "say \"generation\": \"auto\"");
        return err;
    }
    return inspect(store, job);
}

/* An object whose bytes are on the card already keeps its place. */
static bool stays(const struct dmsci_store *store, const struct dmsci_profile_object *object,
                  struct dmsc_mo_entry *entry)
{
    const struct dmsc_mo_entry *now = dmsc_mo_index_by_id(&store->now, object->entry.id);

    if (now == NULL || now->fid != entry->fid || now->length != object->body.n ||
        now->crc != dmsci_crc32(dmsc_buf_bytes(&object->body)))
        return false;
    entry->offset = now->offset;
    entry->length = now->length;
    entry->version = now->version;
    entry->crc = now->crc;
    return true;
}

static enum dmsc_err plan_index(struct dmsci_store *store, const struct job *job)
{
    const struct dmsc_card_profile *profile = job->profile;
    enum dmsc_err err = DMSC_OK;

    while (store->next.count > 0)
        dmsci_mo_entry_clear(store->card->ctx, &store->next.entries[--store->next.count]);
    for (size_t i = 0; err == DMSC_OK && i < profile->object_count; i++) {
        struct dmsc_mo_entry *entry = &store->next.entries[i];

        err = dmsci_mo_entry_copy(store->card->ctx, &profile->objects[i].entry, entry);
        if (err != DMSC_OK)
            break;
        store->next.count++;
        store->bodies[i] = stays(store, &profile->objects[i], entry)
                               ? dmsc_bytes(NULL, 0)
                               : dmsc_buf_bytes(&profile->objects[i].body);
    }
    for (size_t i = 0; i < 2; i++) {
        uint32_t units = job->pool_size[i] / 256;

        store->next.pool_units[i] = (uint16_t)(units > 128 ? 128 : units); /* 15 bits of offset */
    }
    store->index_changes = true;
    return err;
}

/* Both lists must fit before the first byte is written. */
static enum dmsc_err check_sizes(struct dmsci_store *store, const struct job *job)
{
    uint32_t was = store->next.version;
    struct dmsc_buf file;
    enum dmsc_err err;

    if (store->list_file.n > job->mal_size)
        return too_small(store->card->ctx, "EF.DMMAL", store->list_file.n, job->mal_size);
    dmsc_buf_init(&file, store->card->ctx, dmsc_ctx_limits(store->card->ctx)->ef_size);
    store->next.version = store->generation;
    err = dmsc_mo_index_encode(&store->next, &file);
    store->next.version = was;
    if (err == DMSC_OK && file.n > job->mox_size)
        err = too_small(store->card->ctx, "EF.DMMOX", file.n, job->mox_size);
    dmsc_buf_clear(&file);
    return err;
}

static void count_steps(struct dmsci_store *store, const struct job *job)
{
    size_t steps = 1 + DMSCI_ARRAY_LEN(view_files); /* the header, the view of ADF.DMSC */

    steps += job->profile->cert_count + job->profile->psk_count;
    steps += job->has_pkcs15 ? DMSCI_ARRAY_LEN(view_files) : 0;
    steps += job->profile->bootstrap_label != NULL;
    steps += 2; /* index and list */
    for (size_t i = 0; i < store->next.count; i++)
        steps += store->bodies[i].p != NULL;
    store->steps_total = (unsigned)steps;
}

static enum dmsc_err plan(struct dmsci_store *store, void *user)
{
    const struct job *job = user;
    const struct dmsc_card_profile *profile = job->profile;
    enum dmsc_err err;

    if (profile->generation > store->generation)
        store->generation = profile->generation;
    store->flags = profile->flags;
    dmsci_copy(store->header.card_tag, job->tag, sizeof(job->tag));
    err = plan_index(store, job);
    if (err == DMSC_OK)
        err = dmsci_store_place(store);
    if (err == DMSC_OK)
        err = dmsci_store_list(store, &profile->list, profile->bind_card ? job->tag : NULL,
                               profile->signing_key.n > 0 ? &profile->signing_key : NULL);
    if (err == DMSC_OK)
        err = check_sizes(store, job);
    if (err == DMSC_OK)
        count_steps(store, job);
    return err;
}

static enum dmsc_err write_view(struct dmsci_store *store, const struct job *job,
                                enum dmsci_view_at at)
{
    struct dmsc_buf content;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&content, store->card->ctx, dmsc_ctx_limits(store->card->ctx)->ef_size);
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(view_files); i++) {
        uint32_t size = 0;

        dmsci_store_step(store, view_files[i].name);
        err = open_ef(store->card, view_files[i].fid, view_files[i].name, &size);
        if (err == DMSC_OK)
            err = dmsci_view_file(job->profile, at, view_files[i].fid, size, job->iccid, &content);
        if (err == DMSC_OK)
            err = write_ef(store->card, view_files[i].fid, view_files[i].name,
                           dmsc_buf_bytes(&content), true);
    }
    dmsc_buf_clear(&content);
    return err;
}

static enum dmsc_err write_certs(struct dmsci_store *store, const struct job *job)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < job->profile->cert_count; i++) {
        dmsci_store_step(store, "certificate");
        err = write_ef(store->card, (uint16_t)(DMSCI_FID_CERT + i), "EF.CERT",
                       dmsc_buf_bytes(&job->profile->certs[i].der), false);
    }
    return err;
}

static enum dmsc_err write_secrets(struct dmsci_store *store, const struct job *job)
{
    uint8_t record[DMSC_CARD_PSK_SIZE];
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < job->profile->psk_count; i++) {
        const struct dmsci_profile_psk *item = &job->profile->psks[i];

        dmsci_store_step(store, "shared secret");
        err = dmsc_psk_record_encode(store->card->ctx, &item->psk, record);
        dmsc_link_conceal(dmsc_uicc_link(store->card->uicc), true);
        if (err == DMSC_OK)
            err = dmsc_uicc_update_record(store->card->uicc, DMSCI_SFI_PSK, item->record,
                                          dmsc_bytes(record, sizeof(record)));
        dmsc_link_conceal(dmsc_uicc_link(store->card->uicc), false);
        dmsc_wipe(record, sizeof(record));
        if (err != DMSC_OK)
            dmsci_where(store->card->ctx, "ADF.DMSC/EF.DMPSK record %u", item->record);
    }
    return err;
}

static enum dmsc_err write_standard(struct dmsci_store *store, const struct job *job)
{
    enum dmsc_err err;

    if (!job->has_pkcs15)
        return DMSC_OK;
    err = dmsc_uicc_select_aid(store->card->uicc, dmsc_bytes(pkcs15_aid, sizeof(pkcs15_aid)), NULL);
    if (err == DMSC_OK && job->profile->bootstrap_label != NULL) {
        dmsci_store_step(store, "EF.DM_Bootstrap");
        err = write_ef(store->card, DMSCI_FID_BOOTSTRAP, "EF.DM_Bootstrap",
                       dmsc_buf_bytes(&job->profile->bootstrap), true);
    }
    if (err == DMSC_OK)
        err = write_view(store, job, DMSCI_VIEW_PKCS15);
    return err;
}

static enum dmsc_err before_header(struct dmsci_store *store, void *user)
{
    struct job *job = user;
    enum dmsc_err err = write_certs(store, job);

    if (err == DMSC_OK)
        err = write_view(store, job, DMSCI_VIEW_DMSC);
    if (err == DMSC_OK)
        err = write_secrets(store, job);
    if (err == DMSC_OK)
        err = write_standard(store, job);
    return err == DMSC_OK ? dmsci_card_select(store->card) : err;
}

enum dmsc_err dmsc_card_provision(struct dmsc_card *card, const struct dmsc_card_profile *profile,
                                  const struct dmsc_card_provision_options *options,
                                  struct dmsc_card_header *ret_header)
{
    struct job job = { .profile = profile, .options = options };
    struct dmsci_store_work work = { .adm = options->adm,
                                     .may_be_blank = true,
                                     .more = profile->object_count,
                                     .check = check,
                                     .plan = plan,
                                     .before_header = before_header,
                                     .user = &job };
    struct dmsci_store store;
    enum dmsc_err err = dmsc_link_lock(dmsc_uicc_link(card->uicc));

    if (err != DMSC_OK)
        return err;
    dmsci_store_init(&store, card);
    store.pin = options->pin;
    store.commit_time = options->commit_time;
    store.progress = &options->progress;
    err = dmsci_store_run(&store, &work, ret_header);
    dmsci_store_clear(&store);
    dmsc_link_unlock(dmsc_uicc_link(card->uicc));
    return err;
}
