/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE, DELETE and RESIZE FILE: TS 102 222 clauses 6.3, 6.4 and 6.10. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/card.h"

#define SIZE_MAX_EF 65535u

/* The template '62' of the command (TS 102 222 tables 3 to 5). */
struct template
{
    struct dmsc_bytes descriptor, fid, aid, life_cycle, size, sfi, proprietary, keys;
    struct dmsc_bytes security;
    uint8_t security_tag;
    bool has_sfi;
};

static uint16_t take_object(struct template *t, const struct dmsci_tlv *tlv)
{
    switch (tlv->tag) {
    case 0x80:
        t->size = tlv->value;
        return tlv->value.n >= 2 && tlv->value.n <= 4 ? SW_OK : SW_BAD_DATA;
    case 0x82:
        t->descriptor = tlv->value;
        return SW_OK;
    case 0x83:
        t->fid = tlv->value;
        return tlv->value.n == 2 ? SW_OK : SW_BAD_DATA;
    case 0x84:
        t->aid = tlv->value;
        return tlv->value.n >= 5 && tlv->value.n <= DMSCI_SIM_AID_MAX ? SW_OK : SW_BAD_DATA;
    case 0x88:
        t->sfi = tlv->value;
        t->has_sfi = true;
        return tlv->value.n <= 1 ? SW_OK : SW_BAD_DATA;
    case 0x8A:
        t->life_cycle = tlv->value;
        return tlv->value.n == 1 ? SW_OK : SW_BAD_DATA;
    case 0x8B:
    case 0x8C:
    case 0xAB:
        t->security = tlv->value;
        t->security_tag = (uint8_t)tlv->tag;
        return tlv->value.n > 0 ? SW_OK : SW_BAD_DATA;
    case 0xA5:
        t->proprietary = tlv->value;
        return tlv->value.n <= 127 ? SW_OK : SW_BAD_DATA;
    case 0xC6:
        t->keys = tlv->value;
        return SW_OK;
    default:
        return SW_OK; /* 81, the size of a DF, is not reserved here */
    }
}

static uint16_t parse_template(struct dmsc_bytes data, struct template *ret)
{
    struct dmsc_rd outer = dmsc_rd(data), inner;
    struct dmsci_tlv tlv;
    uint16_t sw = SW_OK;

    *ret = (struct template){ 0 };
    if (!dmsci_ber_next(&outer, &tlv) || tlv.tag != 0x62 || dmsc_rd_end(&outer) != DMSC_OK)
        return SW_BAD_DATA;
    inner = dmsc_rd(tlv.value);
    while (sw == SW_OK && dmsci_ber_next(&inner, &tlv))
        sw = take_object(ret, &tlv);
    return inner.bad || ret->fid.n == 0 ? SW_BAD_DATA : sw;
}

static uint32_t number(struct dmsc_bytes value)
{
    uint32_t n = 0;

    for (size_t i = 0; i < value.n; i++)
        n = n << 8 | value.p[i];
    return n;
}

/* C0 to C2 are for the making of the file, not for its FCP. What is left goes to @p ret. */
static bool split_proprietary(const struct template *t, struct dmsci_sim_new_file *fresh,
                              struct dmsc_wr *ret)
{
    struct dmsc_rd r = dmsc_rd(t->proprietary);
    struct dmsci_tlv tlv;

    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == 0xC1 || tlv.tag == 0xC2) {
            fresh->pattern = tlv.value;
            fresh->repeats = tlv.tag == 0xC2;
        } else if (tlv.tag != 0xC0) {
            dmsci_ber_put(ret, tlv.tag, tlv.value);
        }
    }
    fresh->proprietary = dmsc_bytes(ret->p, ret->n);
    return !r.bad;
}

/* Table 11.5; the length of a record comes with the descriptor, their number from the size. */
static uint16_t set_structure(const struct template *t, struct dmsci_sim_new_file *fresh)
{
    static const uint8_t descriptors[] = { 0x38, 0x38, 0x01, 0x02, 0x06, 0x39 };
    struct dmsci_sim_file *file = &fresh->file;
    uint8_t fdb = t->descriptor.n > 0 ? t->descriptor.p[0] : 0xFF;
    unsigned kind = t->aid.n > 0 ? DMSCI_SIM_ADF : DMSCI_SIM_DF;
    uint32_t length;

    while (kind < DMSCI_ARRAY_LEN(descriptors) && descriptors[kind] != (fdb & 0x3F))
        kind++;
    if ((fdb & 0x80) != 0 || kind == DMSCI_ARRAY_LEN(descriptors))
        return SW_BAD_DATA;
    file->kind = (uint8_t)kind;
    fresh->info.not_shareable = (fdb & 0x40) == 0;
    if (dmsci_sim_file_is_df(file))
        return SW_OK;
    file->size = number(t->size);
    if (t->size.n == 0 || file->size > SIZE_MAX_EF || t->aid.n > 0)
        return SW_BAD_DATA;
    if (!dmsci_sim_file_has_records(file))
        return SW_OK;
    if (t->descriptor.n != 4 && t->descriptor.n != 5)
        return SW_BAD_DATA;
    length = (uint32_t)(t->descriptor.p[2] << 8 | t->descriptor.p[3]);
    if (length == 0 || length > 255 || file->size % length != 0 || file->size == 0 ||
        file->size / length > 254)
        return SW_BAD_DATA;
    if (t->descriptor.n == 5 && t->descriptor.p[4] != file->size / length)
        return SW_BAD_DATA;
    file->record_length = (uint8_t)length;
    file->records = (uint8_t)(file->size / length);
    return SW_OK;
}

static uint16_t set_sfi(const struct template *t, struct dmsci_sim_new_file *fresh)
{
    struct dmsci_sim_file *file = &fresh->file;

    if (dmsci_sim_file_is_df(file))
        return SW_OK;
    fresh->info.sfi_how = !t->has_sfi     ? DMSCI_SIM_SFI_FROM_FID
                          : t->sfi.n == 0 ? DMSCI_SIM_SFI_NONE
                                          : DMSCI_SIM_SFI_GIVEN;
    file->sfi = !t->has_sfi     ? (uint8_t)(file->fid & 0x1F)
                : t->sfi.n == 0 ? 0
                                : (uint8_t)(t->sfi.p[0] >> 3);
    if (t->has_sfi && t->sfi.n > 0 && (file->sfi == 0 || file->sfi > 30 || (t->sfi.p[0] & 7) != 0))
        return SW_BAD_DATA;
    if (file->sfi > 30)
        file->sfi = 0;
    return SW_OK;
}

static bool is_key(const struct dmsc_sim *sim, uint8_t ref)
{
    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (sim->keys[i].ref == ref && sim->keys[i].adf == DMSCI_SIM_NO_FILE)
            return true;
    }
    return false;
}

/* Those that the card has. */
static void set_keys(const struct dmsc_sim *sim, const struct template *t,
                     struct dmsci_sim_file_info *info)
{
    struct dmsc_rd r = dmsc_rd(t->keys);
    struct dmsci_tlv tlv;

    info->keys_given = true;
    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == 0x83 && tlv.value.n == 1 && is_key(sim, tlv.value.p[0]) &&
            info->n_keys < DMSCI_SIM_DF_KEYS_MAX)
            info->keys[info->n_keys++] = tlv.value.p[0];
    }
}

/* 8B: a record, or one for each of at most four environments; lengths as profiles have them. */
static bool is_security(const struct template *t)
{
    struct dmsc_rd r = dmsc_rd(t->security);

    if (t->security_tag != 0x8B)
        return t->security.n > 0 && t->security.n <= (t->security_tag == 0x8C ? 8u : 200u);
    if (t->security.n != 3 && (t->security.n < 4 || t->security.n > 10 || t->security.n % 2 != 0))
        return false;
    dmsc_rd_skip(&r, 2);
    while (r.n > 0) {
        uint8_t record;

        if (t->security.n > 3)
            dmsc_rd_skip(&r, 1);
        record = dmsc_rd_u8(&r);
        if (record == 0 || record == 255)
            return false;
    }
    return true;
}

static uint16_t describe(const struct dmsc_sim *sim, const struct template *t,
                         struct dmsci_sim_new_file *fresh, struct dmsc_wr *proprietary)
{
    uint8_t state = t->life_cycle.n == 1 ? t->life_cycle.p[0] : 0x05;
    uint16_t sw = set_structure(t, fresh);

    if (sw != SW_OK)
        return sw;
    if (!is_security(t) || t->descriptor.n == 0 ||
        (state != 0x01 && state != 0x03 && (state & 0xFC) != 0x04))
        return SW_BAD_DATA;
    fresh->file.fid = (uint16_t)number(t->fid);
    fresh->file.life_cycle = state;
    fresh->aid = t->aid;
    fresh->security = t->security;
    fresh->info.security_tag = t->security_tag;
    if (dmsci_sim_file_is_df(&fresh->file))
        set_keys(sim, t, &fresh->info);
    return split_proprietary(t, fresh, proprietary) ? set_sfi(t, fresh) : SW_BAD_DATA;
}

static bool fid_is_reserved(uint16_t fid)
{
    return fid == 0x0000 || fid == 0x3F00 || fid == 0x3FFF || fid == 0x7FFF || fid == 0xFFFF;
}

/* 6.3: names that are taken. An SFI by FID alone yields to one that is given. */
static uint16_t check_names(const struct dmsc_sim *sim, const struct dmsci_sim_new_file *fresh)
{
    const struct dmsci_sim_fs *fs = &sim->fs;
    unsigned parent = fresh->file.parent;
    unsigned other =
        fresh->file.sfi == 0 ? DMSCI_SIM_NO_FILE : dmsci_sim_fs_by_sfi(fs, parent, fresh->file.sfi);

    if (fid_is_reserved(fresh->file.fid))
        return SW_BAD_DATA;
    if (dmsci_sim_fs_child(fs, parent, fresh->file.fid) != DMSCI_SIM_NO_FILE ||
        fs->files[parent].fid == fresh->file.fid)
        return SW_FID_EXISTS;
    for (unsigned i = 0; fresh->aid.n > 0 && i < fs->n_adfs; i++) {
        if (dmsc_bytes_equal(dmsci_sim_fs_slice(fs, fs->info[fs->adfs[i]].aid), fresh->aid))
            return SW_NAME_EXISTS;
    }
    if (fresh->file.kind == DMSCI_SIM_ADF && parent != 0)
        return SW_CONDITIONS;
    return other != DMSCI_SIM_NO_FILE && fresh->info.sfi_how == DMSCI_SIM_SFI_GIVEN ? SW_BAD_DATA
                                                                                    : SW_OK;
}

static unsigned depth_of(const struct dmsci_sim_fs *fs, unsigned file)
{
    unsigned depth = 0;

    for (; file != DMSCI_SIM_NO_FILE; file = fs->files[file].parent)
        depth++;
    return depth;
}

static uint16_t make(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                     const struct dmsci_sim_new_file *fresh)
{
    unsigned file = 0;

    if (fresh->file.size > dmsci_sim_fs_free(&sim->fs))
        return SW_NO_ROOM;
    if (!dmsci_sim_nvm_allows(sim, fresh->file.size))
        return SW_OK;
    dmsci_sim_fs_give_back(&sim->fs, -(int64_t)fresh->file.size);
    if (dmsci_sim_fs_create(&sim->fs, fresh, &file) != DMSC_OK) {
        unsigned bad;

        dmsci_sim_fs_give_back(&sim->fs, (int64_t)fresh->file.size);
        (void)!dmsci_sim_fs_fcp_build(&sim->fs, &bad);
        return SW_NO_ROOM;
    }
    dmsci_sim_set_current(sim, c->channel, file);
    return SW_OK;
}

uint16_t dmsci_sim_create_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_new_file fresh = { .file = { .parent = c->channel->df } };
    struct dmsc_wr proprietary = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct template t;
    bool is_df;
    uint16_t sw;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    sw = parse_template(c->data, &t);
    if (sw == SW_OK)
        sw = describe(sim, &t, &fresh, &proprietary);
    if (sw != SW_OK)
        return sw;
    is_df = dmsci_sim_file_is_df(&fresh.file);
    sw = dmsci_sim_may(sim, fresh.file.parent, is_df ? DMSCI_ARR_WRITE : DMSCI_ARR_UPDATE, c);
    if (sw == SW_OK)
        sw = check_names(sim, &fresh);
    if (sw == SW_OK && depth_of(&sim->fs, fresh.file.parent) >= DMSCI_SIM_DEPTH_MAX)
        sw = SW_CONDITIONS;
    return sw == SW_OK ? make(sim, c, &fresh) : sw;
}

/* A channel in a file that is gone falls back to the DF that is left above it. */
static void move_channel(const struct dmsci_sim_fs *fs, struct dmsci_sim_channel *channel,
                         const uint16_t *moved, uint16_t parent)
{
    if (!channel->open)
        return;
    if (channel->ef != DMSCI_SIM_NO_FILE)
        channel->ef = moved[channel->ef];
    if (channel->ef == DMSCI_SIM_NO_FILE)
        channel->transfer.how = DMSCI_SIM_NO_TRANSFER;
    if (channel->adf != DMSCI_SIM_NO_FILE)
        channel->adf = moved[channel->adf];
    if (moved[channel->df] != DMSCI_SIM_NO_FILE) {
        channel->df = moved[channel->df];
    } else {
        channel->df = moved[parent];
        channel->ef = DMSCI_SIM_NO_FILE;
    }
    if (channel->ef == DMSCI_SIM_NO_FILE || !dmsci_sim_file_has_records(&fs->files[channel->ef]))
        channel->record = 0;
}

/* The keys of an application go with it. */
static void move_keys(struct dmsc_sim *sim, const uint16_t *moved)
{
    unsigned n = 0;

    for (unsigned i = 0; i < sim->n_keys; i++) {
        struct dmsci_sim_key key = sim->keys[i];
        bool own = key.adf != DMSCI_SIM_NO_FILE;

        key.adf = own ? moved[key.adf] : key.adf;
        if (!own || key.adf != DMSCI_SIM_NO_FILE)
            sim->keys[n++] = key;
    }
    sim->n_keys = n;
    dmsci_sim_keys_changed(sim);
}

static uint32_t size_of(const struct dmsci_sim_fs *fs, unsigned file)
{
    uint32_t size = 0;

    for (unsigned i = file; i < fs->n_files; i++) {
        unsigned above = i;

        while (above != DMSCI_SIM_NO_FILE && above != file)
            above = fs->files[above].parent;
        size += above == file ? fs->files[i].size : 0;
    }
    return size;
}

static uint16_t take_away(struct dmsc_sim *sim, unsigned file)
{
    uint32_t size = size_of(&sim->fs, file);
    uint16_t parent = sim->fs.files[file].parent;
    uint16_t *moved = NULL;

    if (!dmsci_sim_nvm_allows(sim, size))
        return SW_OK;
    dmsci_sim_fs_give_back(&sim->fs, (int64_t)size);
    if (dmsci_sim_fs_delete(&sim->fs, file, &moved) != DMSC_OK) {
        dmsci_sim_fs_give_back(&sim->fs, -(int64_t)size);
        return SW_MEMORY;
    }
    for (unsigned i = 0; i < DMSCI_SIM_CHANNELS_MAX; i++)
        move_channel(&sim->fs, &sim->channels[i], moved, parent);
    if (sim->suspended != NULL)
        sim->suspended->valid = false;
    if (sim->script_channel != NULL)
        move_channel(&sim->fs, sim->script_channel, moved, parent);
    move_keys(sim, moved);
    dmsci_free(sim->ctx, moved);
    dmsci_sim_sessions_changed(sim);
    return SW_OK;
}

uint16_t dmsci_sim_delete_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file, parent;
    uint16_t fid, sw;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n != 2)
        return SW_LENGTH;
    fid = (uint16_t)(c->data.p[0] << 8 | c->data.p[1]);
    file = fid == 0x7FFF ? c->channel->adf : dmsci_sim_fs_by_fid(&sim->fs, c->channel->df, fid);
    if (file == DMSCI_SIM_NO_FILE && c->channel->ef != DMSCI_SIM_NO_FILE &&
        sim->fs.files[c->channel->ef].fid == fid)
        file = c->channel->ef;
    if (file == DMSCI_SIM_NO_FILE)
        return SW_NO_FILE;
    if (file == 0)
        return SW_CONDITIONS; /* without an MF there is no card */
    parent = sim->fs.files[file].parent;
    /* Its own rule, or "delete child" of the DF above (ISO 7816-4 tables 26 and 27). */
    sw = dmsci_sim_may(sim, file, DMSCI_ARR_DELETE, c);
    if (sw == SW_SECURITY && dmsci_sim_allowed_by(sim, parent, DMSCI_ARR_READ, NULL))
        sw = SW_OK;
    return sw == SW_OK ? take_away(sim, file) : sw;
}

/* P1 01 empties a BER-TLV EF, 00 keeps what is in it and refuses when it does not fit. */
static uint16_t new_size(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                         const struct template *t, uint32_t *ret_size)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    struct dmsc_bytes most;
    uint32_t size = number(t->size);

    if (f->kind == DMSCI_SIM_CYCLIC || dmsci_sim_file_is_df(f))
        return SW_STRUCTURE;
    if (f->kind == DMSCI_SIM_BER_TLV && t->size.n == 0 &&
        dmsci_ber_find(t->proprietary, 0x86, &most) && most.n >= 2 && most.n <= 4)
        size = number(most);
    else if (t->size.n == 0)
        return SW_BAD_DATA;
    if (size > SIZE_MAX_EF || (c->p1 == 1 && f->kind != DMSCI_SIM_BER_TLV))
        return size > SIZE_MAX_EF ? SW_BAD_DATA : SW_P1P2;
    if (f->kind == DMSCI_SIM_LINEAR_FIXED &&
        (size == 0 || size % f->record_length != 0 || size / f->record_length > 254))
        return SW_BAD_DATA;
    if (f->kind == DMSCI_SIM_BER_TLV && c->p1 == 0 && dmsci_sim_tlv_used(&sim->fs, f) > size)
        return SW_CONDITIONS;
    *ret_size = size;
    return size > f->size && size - f->size > dmsci_sim_fs_free(&sim->fs) ? SW_NO_ROOM : SW_OK;
}

static uint16_t change_size(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                            uint32_t size)
{
    struct dmsci_sim_file *f = &sim->fs.files[file];
    int64_t more = (int64_t)size - f->size;

    if (!dmsci_sim_nvm_allows(sim, more > 0 ? (size_t)more : 0))
        return SW_OK;
    dmsci_sim_fs_give_back(&sim->fs, -more);
    if (dmsci_sim_fs_resize(&sim->fs, file, size) != DMSC_OK) {
        dmsci_sim_fs_give_back(&sim->fs, more);
        return SW_NO_ROOM;
    }
    if (c->p1 == 1) {
        for (uint32_t i = 0; i < size; i++)
            sim->fs.content[f->content + i] = 0xFF;
    }
    for (unsigned i = 0; i < sim->n_channels; i++) {
        if (sim->channels[i].ef == file) {
            sim->channels[i].transfer.how = DMSCI_SIM_NO_TRANSFER;
            sim->channels[i].record = 0;
        }
    }
    dmsci_sim_set_current(sim, c->channel, file);
    return SW_OK;
}

uint16_t dmsci_sim_resize_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file;
    struct template t;
    uint32_t size = 0;
    uint16_t sw;

    if (c->p1 > 1 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    sw = parse_template(c->data, &t);
    if (sw != SW_OK)
        return sw;
    file = dmsci_sim_fs_by_fid(&sim->fs, c->channel->df, (uint16_t)number(t.fid));
    if (file == DMSCI_SIM_NO_FILE)
        return SW_NO_FILE;
    if (!dmsci_sim_file_is_active(&sim->fs.files[file]) ||
        dmsci_sim_fs_is_below_inactive(&sim->fs, file))
        return SW_INVALIDATED;
    if (!dmsci_sim_allowed_command(sim, file, c))
        return SW_SECURITY;
    sw = new_size(sim, c, file, &t, &size);
    return sw == SW_OK ? change_size(sim, c, file, size) : sw;
}
