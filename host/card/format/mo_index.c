/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMMOXx: the MO index (docs/card-application.md, "MO index"). */
#include "host/card/format/format.h"

#define MAGIC       0x4D4F5810u
#define WHAT        "read the MO index"
#define TAG_ENTRY   0xA1u
#define FLAGS_KNOWN 0x0Fu

static enum dmsc_err get_id(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    ((struct dmsc_mo_entry *)job->into)->id = value.p[0];
    return DMSC_OK;
}

static enum dmsc_err get_type(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_mo_entry *entry = job->into;

    if (value.n == 1 && value.p[0] == DMSC_MO_ANY)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "type", "an MO of any type");
    return dmsci_fields_type(job, value, &entry->type, &entry->urn);
}

static enum dmsc_err get_path(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    if (!dmsci_format_path_ok(value))
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "path", "a root path that is none");
    return dmsci_fields_text(job, value, &((struct dmsc_mo_entry *)job->into)->path);
}

static enum dmsc_err get_encoding(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    if (value.p[0] < DMSC_MO_TNDS_XML || value.p[0] > DMSC_MO_SYNCML_WBXML)
        return dmsci_fields_refuse(job, DMSC_E_UNSUPPORTED, "encoding", "encoding %02X",
                                   value.p[0]);
    ((struct dmsc_mo_entry *)job->into)->encoding = (enum dmsc_mo_encoding)value.p[0];
    return DMSC_OK;
}

/* Object tags of a BER-TLV EF (TS 102 221 11.3.1): context class, and as many bytes as it says. */
static bool blob_tag_ok(struct dmsc_bytes tag)
{
    struct dmsc_rd r = dmsc_rd(tag);
    struct dmsci_tlv tlv;
    uint8_t object[4];
    struct dmsc_wr w = dmsc_wr(object, sizeof(object));

    dmsc_wr_bytes(&w, tag);
    dmsc_wr_u8(&w, 0x00);
    r = dmsc_rd(dmsc_bytes(object, w.n));
    return (tag.p[0] & 0xC0) == 0x80 && dmsci_ber_next(&r, &tlv) && tlv.value.n == 0 && r.n == 0;
}

static enum dmsc_err get_location(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_mo_entry *entry = job->into;
    struct dmsc_rd r = dmsc_rd(value);

    entry->fid = dmsc_rd_u16(&r);
    if (entry->fid == DMSC_CARD_FID_BLOB) {
        if (value.n > 5 || !blob_tag_ok(dmsc_bytes(value.p + 2, value.n - 2)))
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "extent", "no tag of a BER-TLV EF");
        while (r.n > 0)
            entry->blob_tag = entry->blob_tag << 8 | dmsc_rd_u8(&r);
        return DMSC_OK;
    }
    if ((entry->fid != DMSC_CARD_FID_POOL0 && entry->fid != DMSC_CARD_FID_POOL1) || value.n != 6)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "extent", "a place of %zu bytes in %04X",
                                   value.n, entry->fid);
    entry->offset = dmsc_rd_u16(&r);
    entry->length = dmsc_rd_u16(&r);
    return DMSC_OK;
}

static enum dmsc_err get_version(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_rd r = dmsc_rd(value);

    ((struct dmsc_mo_entry *)job->into)->version = dmsc_rd_u32(&r);
    return DMSC_OK;
}

static enum dmsc_err get_crc(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_rd r = dmsc_rd(value);

    ((struct dmsc_mo_entry *)job->into)->crc = dmsc_rd_u32(&r);
    return DMSC_OK;
}

static enum dmsc_err get_owner(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    ((struct dmsc_mo_entry *)job->into)->owner = value.p[0];
    return DMSC_OK;
}

static enum dmsc_err get_flags(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_mo_entry *entry = job->into;

    entry->flags = value.p[0];
    if ((entry->flags & ~FLAGS_KNOWN) != 0)
        return dmsci_fields_refuse(job, DMSC_E_UNSUPPORTED, "flags", "flags %02X", entry->flags);
    return DMSC_OK;
}

static const struct dmsci_field entry_fields[] = {
    { 0x80, DMSCI_FIELD_ONE, 1, 1, get_id },       { 0x81, DMSCI_FIELD_ONE, 1, 255, get_type },
    { 0x82, DMSCI_FIELD_ONE, 1, 255, get_path },   { 0x83, DMSCI_FIELD_ONE, 1, 1, get_encoding },
    { 0x84, DMSCI_FIELD_ONE, 3, 6, get_location }, { 0x85, DMSCI_FIELD_ONE, 4, 4, get_version },
    { 0x86, DMSCI_FIELD_ONE, 4, 4, get_crc },      { 0x87, DMSCI_FIELD_ONE, 1, 1, get_owner },
    { 0x88, DMSCI_FIELD_ONE, 1, 1, get_flags },
};

static uint32_t pool_size(const struct dmsc_mo_index *index, uint16_t fid)
{
    return 256u * index->pool_units[fid == DMSC_CARD_FID_POOL1];
}

static bool overlap(const struct dmsc_mo_entry *a, const struct dmsc_mo_entry *b)
{
    if (a->fid != b->fid)
        return false;
    if (a->fid == DMSC_CARD_FID_BLOB)
        return a->blob_tag == b->blob_tag;
    return a->offset < (uint32_t)b->offset + b->length &&
           b->offset < (uint32_t)a->offset + a->length;
}

/* What one entry must be beside the index and the entries before it. */
static enum dmsc_err check_entry(const struct dmsci_fields *job, const struct dmsc_mo_index *index)
{
    const struct dmsc_mo_entry *entry = job->into;
    bool blob = entry->fid == DMSC_CARD_FID_BLOB;

    /* A body newer than its index would never be noticed by a reader that compares versions. */
    if (entry->version > index->version)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "body-version",
                                   "a body of generation %u in an index of %u",
                                   (unsigned)entry->version, (unsigned)index->version);
    if (!blob && (entry->length == 0 ||
                  (uint32_t)entry->offset + entry->length > pool_size(index, entry->fid) ||
                  entry->length > dmsc_ctx_limits(job->ctx)->mo_body_size))
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "extent",
                                   "%u bytes at %u of a pool of %u", entry->length, entry->offset,
                                   (unsigned)pool_size(index, entry->fid));
    for (const struct dmsc_mo_entry *other = index->entries; other < entry; other++) {
        if (other->id == entry->id)
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "duplicate-id", "instance %u twice",
                                       entry->id);
        if (overlap(other, entry))
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "overlap",
                                       "instances %u and %u share bytes", other->id, entry->id);
    }
    return DMSC_OK;
}

static enum dmsc_err decode_entries(struct dmsc_ctx *ctx, struct dmsc_rd *r,
                                    struct dmsc_mo_index *index)
{
    struct dmsci_fields job = { .ctx = ctx,
                                .what = WHAT,
                                .prefix = "mox",
                                .table = entry_fields,
                                .count = DMSCI_ARRAY_LEN(entry_fields) };
    struct dmsci_tlv tlv;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && !dmsci_format_only_fill(r)) {
        if (!dmsci_ber_next(r, &tlv))
            return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mox:syntax",
                                       "not BER-TLV in shortest form behind entry %zu",
                                       index->count);
        if (tlv.tag != TAG_ENTRY)
            return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "mox:unknown-template",
                                       "unknown object %02X behind entry %zu", (unsigned)tlv.tag,
                                       index->count);
        job.into = &index->entries[index->count++];
        job.entry = (unsigned)index->count;
        err = dmsci_fields_decode(&job, tlv.value);
        if (err == DMSC_OK)
            err = check_entry(&job, index);
    }
    return err;
}

enum dmsc_err dmsc_mo_index_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                   struct dmsc_mo_index *ret_index)
{
    struct dmsc_mo_index index = { .ctx = ctx };
    struct dmsc_rd r = dmsc_rd(file);
    size_t count;
    enum dmsc_err err;

    if (file.n < DMSCI_MOX_FIXED)
        return dmsci_format_refuse(ctx, DMSC_E_TRUNCATED, WHAT, "mox:length", "%zu bytes", file.n);
    if (dmsc_rd_u24(&r) != MAGIC >> 8)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mox:magic",
                                   "it begins %02X%02X%02X instead of 4D4F58", file.p[0], file.p[1],
                                   file.p[2]);
    if (dmsc_rd_u8(&r) != (MAGIC & 0xFF))
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "mox:version",
                                   "version %02X, known is 10", file.p[3]);
    index.version = dmsc_rd_u32(&r);
    index.pool_units[0] = dmsc_rd_u16(&r);
    index.pool_units[1] = dmsc_rd_u16(&r);
    count = dmsci_format_count(dmsc_bytes(r.p, r.n), TAG_ENTRY);
    if (count > dmsc_ctx_limits(ctx)->mo_entries)
        return dmsci_format_refuse(ctx, DMSC_E_LIMIT, WHAT, "mox:limit", "%zu entries", count);
    if (count > 0) {
        index.entries = dmsci_calloc(ctx, count, sizeof(*index.entries));
        if (index.entries == NULL)
            return DMSC_E_NOMEM;
    }
    err = decode_entries(ctx, &r, &index);
    if (err != DMSC_OK) {
        dmsc_mo_index_clear(&index);
        return err;
    }
    *ret_index = index;
    return DMSC_OK;
}

static void put_entry(struct dmsc_wr *w, const struct dmsc_mo_entry *entry)
{
    dmsci_ber_put_u8(w, 0x80, entry->id);
    if (entry->type == DMSC_MO_URN)
        dmsci_ber_put(w, 0x81, dmsc_bytes_str(entry->urn));
    else
        dmsci_ber_put_u8(w, 0x81, (uint8_t)entry->type);
    dmsci_ber_put(w, 0x82, dmsc_bytes_str(entry->path));
    dmsci_ber_put_u8(w, 0x83, (uint8_t)entry->encoding);
    if (entry->fid == DMSC_CARD_FID_BLOB) {
        unsigned n = entry->blob_tag > 0xFFFF ? 3 : entry->blob_tag > 0xFF ? 2 : 1;

        dmsci_ber_put_header(w, 0x84, 2 + n);
        dmsc_wr_u16(w, entry->fid);
        while (n-- > 0)
            dmsc_wr_u8(w, (uint8_t)(entry->blob_tag >> 8 * n));
    } else {
        dmsci_ber_put_header(w, 0x84, 6);
        dmsc_wr_u16(w, entry->fid);
        dmsc_wr_u16(w, entry->offset);
        dmsc_wr_u16(w, entry->length);
    }
    dmsci_ber_put_u32(w, 0x85, entry->version);
    dmsci_ber_put_u32(w, 0x86, entry->crc);
    dmsci_ber_put_u8(w, 0x87, entry->owner);
    dmsci_ber_put_u8(w, 0x88, entry->flags);
}

static void put_index(struct dmsc_wr *w, const struct dmsc_mo_index *index)
{
    dmsc_wr_u32(w, MAGIC);
    dmsc_wr_u32(w, index->version);
    dmsc_wr_u16(w, index->pool_units[0]);
    dmsc_wr_u16(w, index->pool_units[1]);
    for (size_t i = 0; i < index->count; i++) {
        struct dmsc_wr size = dmsc_wr(NULL, 0);

        put_entry(&size, &index->entries[i]);
        dmsci_ber_put_header(w, TAG_ENTRY, size.n);
        put_entry(w, &index->entries[i]);
    }
}

enum dmsc_err dmsc_mo_index_encode(const struct dmsc_mo_index *index, struct dmsc_buf *ret_file)
{
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    struct dmsc_mo_index check;
    struct dmsc_buf file;
    uint8_t *p;
    enum dmsc_err err;

    dmsc_buf_init(&file, index->ctx, dmsc_ctx_limits(index->ctx)->ef_size);
    put_index(&w, index);
    err = dmsc_buf_reserve(&file, w.n, &p);
    if (err == DMSC_OK) {
        w = dmsc_wr(p, w.n);
        put_index(&w, index);
        dmsc_buf_commit(&file, w.n);
        /* What we write we must be able to read: our own decoder is the rule book. */
        err = dmsc_mo_index_decode(index->ctx, dmsc_buf_bytes(&file), &check);
    }
    if (err == DMSC_OK) {
        dmsc_mo_index_clear(&check);
        err = dmsc_buf_set(ret_file, dmsc_buf_bytes(&file));
    }
    dmsc_buf_clear(&file);
    return err;
}

void dmsci_mo_entry_clear(struct dmsc_ctx *ctx, struct dmsc_mo_entry *entry)
{
    dmsci_free(ctx, entry->urn);
    dmsci_free(ctx, entry->path);
    *entry = (struct dmsc_mo_entry){ 0 };
}

enum dmsc_err dmsci_mo_entry_copy(struct dmsc_ctx *ctx, const struct dmsc_mo_entry *entry,
                                  struct dmsc_mo_entry *ret_entry)
{
    struct dmsc_mo_entry copy = *entry;

    copy.path = dmsci_strdup(ctx, entry->path);
    copy.urn = entry->urn == NULL ? NULL : dmsci_strdup(ctx, entry->urn);
    if (copy.path == NULL || (entry->urn != NULL && copy.urn == NULL)) {
        dmsci_mo_entry_clear(ctx, &copy);
        return DMSC_E_NOMEM;
    }
    *ret_entry = copy;
    return DMSC_OK;
}

void dmsc_mo_index_clear(struct dmsc_mo_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        dmsci_mo_entry_clear(index->ctx, &index->entries[i]);
    if (index->entries != NULL)
        dmsci_free(index->ctx, index->entries);
    *index = (struct dmsc_mo_index)DMSC_MO_INDEX_INIT;
}

const struct dmsc_mo_entry *dmsc_mo_index_by_id(const struct dmsc_mo_index *index, uint8_t id)
{
    for (size_t i = 0; i < index->count; i++) {
        if (index->entries[i].id == id)
            return &index->entries[i];
    }
    return NULL;
}
