/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the card in one consistent generation (docs/card-application.md, "Reading"). */
#include "host/card/private.h"

#define RESTARTS 3u

struct read_job {
    struct dmsc_card *card;
    const struct dmsc_card_read_options *options;
    const struct dmsc_card_known *known; /* NULL: nothing of this card */
    struct dmsci_pool_reader pools;
    struct dmsc_card_image image;
    bool iccid_checked;
};

void dmsc_card_image_clear(struct dmsc_card_image *image)
{
    if (image->list_read)
        dmsc_ma_list_clear(&image->list);
    if (image->index_read) {
        struct dmsc_ctx *ctx = image->index.ctx;

        dmsci_bodies_free(ctx, image->bodies, image->body_count);
        dmsc_mo_index_clear(&image->index);
    }
    *image = (struct dmsc_card_image)DMSC_CARD_IMAGE_INIT;
}

const struct dmsc_card_body *dmsc_card_image_body(const struct dmsc_card_image *image, uint8_t id)
{
    for (size_t i = 0; i < image->body_count; i++) {
        if (image->bodies[i].id == id)
            return &image->bodies[i];
    }
    return NULL;
}

/* Read one list file and hold it against the header's length and check sum. */
static enum dmsc_err fetch(struct dmsc_card *card, uint8_t sfi, uint16_t length, uint32_t crc,
                           const char *what, const char *reason, struct dmsc_buf *ret_file)
{
    enum dmsc_err err = dmsc_uicc_read_binary(card->uicc, sfi, 0, length, ret_file);

    if (err == DMSC_OK && dmsci_crc32(dmsc_buf_bytes(ret_file)) != crc) {
        err = dmsci_fail(card->ctx, DMSC_E_CORRUPT, "%s", what);
        dmsci_why(card->ctx, reason, "its check sum is not the one in the commit header");
    }
    if (err != DMSC_OK)
        dmsci_where(card->ctx, "ADF.DMSC, EF with SFI %02X, %u bytes", sfi, length);
    return err;
}

enum dmsc_err dmsci_card_fetch_list(struct dmsc_card *card, const struct dmsc_card_header *header,
                                    struct dmsc_buf *ret_file)
{
    bool slot_b = (header->flags & DMSC_CARD_MAL_SLOT_B) != 0;

    return fetch(card, (uint8_t)(DMSCI_SFI_MAL + slot_b), header->mal_length, header->mal_crc,
                 "read the MA list", "mal:crc", ret_file);
}

enum dmsc_err dmsci_card_fetch_index(struct dmsc_card *card, const struct dmsc_card_header *header,
                                     struct dmsc_mo_index *ret_index)
{
    bool slot_b = (header->flags & DMSC_CARD_MOX_SLOT_B) != 0;
    struct dmsc_mo_index index = DMSC_MO_INDEX_INIT;
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, card->ctx, dmsc_ctx_limits(card->ctx)->ef_size);
    err = fetch(card, (uint8_t)(DMSCI_SFI_MOX + slot_b), header->mox_length, header->mox_crc,
                "read the MO index", "mox:crc", &file);
    if (err == DMSC_OK)
        err = dmsc_mo_index_decode(card->ctx, dmsc_buf_bytes(&file), &index);
    dmsc_buf_clear(&file);
    if (err != DMSC_OK)
        return err;
    if (index.version != header->mox_version) {
        err = dmsci_format_refuse(card->ctx, DMSC_E_MALFORMED, "read the MO index",
                                  "mox:generation", "it is of generation %u, the header says %u",
                                  (unsigned)index.version, (unsigned)header->mox_version);
        dmsc_mo_index_clear(&index);
        return err;
    }
    *ret_index = index;
    return DMSC_OK;
}

static enum dmsc_err check_list(struct read_job *job, const struct dmsc_card_header *header,
                                const struct dmsc_ma_list *list,
                                const struct dmsci_mal_signature *signature)
{
    static const uint8_t any_card[DMSC_CARD_TAG_SIZE];
    struct dmsc_bytes tag = dmsc_bytes(list->card_tag, sizeof(list->card_tag));
    const struct dmsc_card_trust *trust = job->options->trust;

    if (list->version != header->mal_version)
        return dmsci_format_refuse(job->card->ctx, DMSC_E_MALFORMED, "read the MA list",
                                   "mal:generation", "it is of generation %u, the header says %u",
                                   (unsigned)list->version, (unsigned)header->mal_version);
    if (!dmsc_bytes_equal(tag, dmsc_bytes(any_card, sizeof(any_card))) &&
        !dmsc_bytes_equal(tag, dmsc_bytes(header->card_tag, sizeof(header->card_tag))))
        return dmsci_format_refuse(job->card->ctx, DMSC_E_UNTRUSTED, "verify the MA list",
                                   "mal:card-tag", "the list was made for another card");
    if ((header->flags & DMSC_CARD_SIGNED) == 0 && (trust == NULL || trust->count == 0))
        return DMSC_OK;
    return dmsci_mal_verify(job->card->ctx, signature, trust);
}

static enum dmsc_err read_list(struct read_job *job, const struct dmsc_card_header *header)
{
    const struct dmsc_card_trust *trust = job->options->trust;
    struct dmsci_mal_signature signature = { 0 };
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, job->card->ctx, dmsc_ctx_limits(job->card->ctx)->ef_size);
    err = dmsci_card_fetch_list(job->card, header, &file);
    if (err == DMSC_OK)
        err = dmsci_mal_decode(job->card->ctx, dmsc_buf_bytes(&file), &list, &signature);
    if (err == DMSC_OK) {
        err = check_list(job, header, &list, &signature);
        if (err != DMSC_OK)
            dmsc_ma_list_clear(&list);
    }
    dmsc_buf_clear(&file);
    if (err != DMSC_OK)
        return err;
    job->image.list = list;
    job->image.list_read = true;
    job->image.list_signed = trust != NULL && trust->count > 0;
    return DMSC_OK;
}

static bool at_hand(const struct read_job *job, const struct dmsc_mo_entry *entry)
{
    const struct dmsc_card_known *known = job->known;

    for (size_t i = 0; known != NULL && i < known->body_count; i++) {
        if (known->bodies[i].id == entry->id)
            return known->bodies[i].version == entry->version;
    }
    return false;
}

static enum dmsc_err read_bodies(struct read_job *job)
{
    struct dmsc_ctx *ctx = job->card->ctx;
    struct dmsc_card_image *image = &job->image;
    const struct dmsc_mo_entry **wanted;
    size_t count = 0;
    enum dmsc_err err;

    if (image->index.count == 0)
        return DMSC_OK;
    wanted = dmsci_calloc(ctx, image->index.count, sizeof(const struct dmsc_mo_entry *));
    if (wanted == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; i < image->index.count; i++) {
        if (!at_hand(job, &image->index.entries[i]))
            wanted[count++] = &image->index.entries[i];
    }
    err = dmsci_pool_read(&job->pools, wanted, count, &image->bodies);
    if (err == DMSC_OK)
        image->body_count = count;
    dmsci_free(ctx, wanted);
    return err;
}

/* The tag in the header is only as good as the card's own number behind it. */
static enum dmsc_err check_iccid(struct read_job *job, const struct dmsc_card_header *header)
{
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    enum dmsc_err err;

    if (!job->options->check_iccid || job->iccid_checked)
        return DMSC_OK;
    err = dmsci_card_own_tag(job->card, NULL, tag);
    if (err == DMSC_OK && !dmsc_bytes_equal(dmsc_bytes(tag, DMSC_CARD_TAG_SIZE),
                                            dmsc_bytes(header->card_tag, DMSC_CARD_TAG_SIZE)))
        err = dmsci_format_refuse(job->card->ctx, DMSC_E_UNTRUSTED, "read the commit header",
                                  "hdr:card-tag",
                                  "its card tag does not belong to the EF.ICCID of this card");
    job->iccid_checked = err == DMSC_OK;
    return err;
}

static enum dmsc_err rollback(struct dmsc_ctx *ctx, const char *what, uint32_t now, uint32_t known)
{
    (void)dmsci_fail(ctx, DMSC_E_REPLAY, "read the card");
    dmsci_where(ctx, "ADF.DMSC/EF.DMHDR");
    dmsci_why(ctx, "card:rollback", "%s %lu is older than the known %lu", what, (unsigned long)now,
              (unsigned long)known);
    dmsci_hint(ctx, "somebody put an old state back, or the card was damaged; what is known stays");
    return DMSC_E_REPLAY;
}

/* Rules R2 and R4: what the device knows of this very card. */
static enum dmsc_err compare_known(struct read_job *job, const struct dmsc_card_header *header)
{
    const struct dmsc_card_known *known = job->options->known;
    struct dmsc_ctx *ctx = job->card->ctx;

    job->known = NULL;
    if (known == NULL || !dmsc_bytes_equal(dmsc_bytes(known->card_tag, DMSC_CARD_TAG_SIZE),
                                           dmsc_bytes(header->card_tag, DMSC_CARD_TAG_SIZE)))
        return DMSC_OK;
    if (header->generation < known->generation)
        return rollback(ctx, "generation", header->generation, known->generation);
    if (header->mal_version < known->mal_version)
        return rollback(ctx, "MA list", header->mal_version, known->mal_version);
    if (header->mox_version < known->mox_version)
        return rollback(ctx, "MO index", header->mox_version, known->mox_version);
    /* The same generation with another header is not what we saw: nothing known counts. */
    if (header->generation == known->generation && header->crc != known->header_crc)
        return DMSC_OK;
    job->known = known;
    return DMSC_OK;
}

static enum dmsc_err read_generation(struct read_job *job, const struct dmsc_card_header *header)
{
    enum dmsc_err err = compare_known(job, header);
    const struct dmsc_card_known *known = job->known;

    job->image.header = *header;
    if (err != DMSC_OK)
        return err;
    if (known != NULL && header->generation == known->generation) {
        job->image.unchanged = true;
        return DMSC_OK;
    }
    err = check_iccid(job, header);
    if (err == DMSC_OK && (known == NULL || header->mal_version > known->mal_version))
        err = read_list(job, header);
    if (err == DMSC_OK && (known == NULL || header->mox_version > known->mox_version)) {
        err = dmsci_card_fetch_index(job->card, header, &job->image.index);
        job->image.index_read = err == DMSC_OK;
        if (err == DMSC_OK)
            err = read_bodies(job);
    }
    return err;
}

/* R1: a generation whose list or index has a wrong check sum is passed over for an older one. */
static bool passed_over(enum dmsc_err err, const char *reason)
{
    return err == DMSC_E_CORRUPT &&
           (dmsc_bytes_equal(dmsc_bytes_str(reason), dmsc_bytes_str("mal:crc")) ||
            dmsc_bytes_equal(dmsc_bytes_str(reason), dmsc_bytes_str("mox:crc")));
}

/* One attempt. @p ret_moved: the card changed under it, whatever it said. */
static enum dmsc_err attempt(struct read_job *job, bool *ret_moved)
{
    struct dmsci_generations walk;
    struct dmsc_card_header header;
    struct dmsci_story story;
    bool moved = false;
    enum dmsc_err err, again;

    job->pools.current = 0;
    dmsci_generations_begin(&walk, job->card);
    for (;;) {
        err = dmsci_generations_next(&walk, &header);
        if (err != DMSC_OK)
            break;
        err = read_generation(job, &header);
        if (!passed_over(err, dmsc_diag_get(job->card->ctx)->reason))
            break;
        dmsci_generations_reject(&walk);
        dmsc_card_image_clear(&job->image);
    }
    *ret_moved = false;
    if (job->image.unchanged || (err != DMSC_OK && err != DMSC_E_CORRUPT &&
                                 err != DMSC_E_MALFORMED && err != DMSC_E_UNTRUSTED))
        return err;
    /* R3. Nonsense may come of a commit between two of our commands: look before it is told. */
    dmsci_story_keep(job->card->ctx, &story);
    again = dmsci_generations_moved(&walk, &moved);
    if (again != DMSC_OK)
        return again;
    *ret_moved = moved;
    return err == DMSC_OK ? DMSC_OK : dmsci_story_retell(job->card->ctx, &story);
}

enum dmsc_err dmsc_card_read(struct dmsc_card *card, const struct dmsc_card_read_options *options,
                             struct dmsc_card_image *ret_image)
{
    struct read_job job = { .card = card, .options = options };
    bool moved = false;
    enum dmsc_err err;

    job.pools = (struct dmsci_pool_reader){ .card = card, .pin = options->pin };
    for (unsigned restarts = 0; restarts <= RESTARTS; restarts++) {
        err = attempt(&job, &moved);
        if (err == DMSC_OK && !moved) {
            *ret_image = job.image;
            return DMSC_OK;
        }
        dmsc_card_image_clear(&job.image);
        if (!moved)
            return err;
        dmsci_log(card->ctx, DMSC_LOG_INFO, "card", "the card changed while it was read");
    }
    (void)dmsci_fail(card->ctx, DMSC_E_AGAIN, "read the card");
    dmsci_why(card->ctx, "card:changing", "its commit header moved during each of %u attempts",
              RESTARTS + 1);
    dmsci_hint(card->ctx, "an update over the air may be running: try again later");
    return DMSC_E_AGAIN;
}
