/* SPDX-License-Identifier: Apache-2.0 */
/* Files that come, go and grow: TS 102 222 clauses 6.3, 6.4 and 6.10. Rare, so each change lays the
 * content out anew: no holes, no free list, and a failure leaves the old layout. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/fs/fs.h"

#define GROWTH 16u

/* What does not fit into 16 MB of content is refused before anything is touched. */
static bool too_much(const struct dmsci_sim_fs *fs, uint32_t less, uint32_t more)
{
    return more > DMSCI_SIM_CONTENT_MAX - (fs->content_n - less);
}

static void fill(uint8_t *to, size_t n, uint8_t byte)
{
    for (size_t i = 0; i < n; i++)
        to[i] = byte;
}

/* Lay out all files one behind the other, @p changed with @p size bytes (all of it, when it is no
 * file). The content of a cyclic EF moves as it is. */
static enum dmsc_err lay_out(struct dmsci_sim_fs *fs, unsigned changed, uint32_t size)
{
    size_t total = 0, at = 0;
    uint8_t *content;

    for (unsigned i = 0; i < fs->n_files; i++)
        total += i == changed ? size : fs->files[i].size;
    content = dmsci_alloc(fs->ctx, total > 0 ? total : 1);
    if (content == NULL)
        return DMSC_E_NOMEM;
    for (unsigned i = 0; i < fs->n_files; i++) {
        struct dmsci_sim_file *file = &fs->files[i];
        uint32_t now = i == changed ? size : file->size;
        uint32_t kept = now < file->size ? now : file->size;

        dmsci_copy(content + at, fs->content + file->content, kept);
        fill(content + at + kept, now - kept, 0xFF);
        file->content = (uint32_t)at;
        file->size = now;
        at += now;
    }
    dmsci_free(fs->ctx, fs->content);
    fs->content = content;
    fs->content_n = total;
    return DMSC_OK;
}

static enum dmsc_err grow(struct dmsci_sim_fs *fs)
{
    size_t n = fs->files_max + GROWTH;
    void *to;

    if (fs->n_files < fs->files_max)
        return DMSC_OK;
    if (fs->n_files >= DMSCI_SIM_FILES_MAX)
        return DMSC_E_LIMIT;
    to = dmsci_realloc(fs->ctx, fs->files, n * sizeof(*fs->files));
    if (to == NULL)
        return DMSC_E_NOMEM;
    fs->files = to;
    to = dmsci_realloc(fs->ctx, fs->info, n * sizeof(*fs->info));
    if (to == NULL)
        return DMSC_E_NOMEM;
    fs->info = to;
    to = dmsci_realloc(fs->ctx, fs->adfs, n * sizeof(*fs->adfs));
    if (to == NULL)
        return DMSC_E_NOMEM;
    fs->adfs = to;
    fs->files_max = (unsigned)n;
    return DMSC_OK;
}

static enum dmsc_err keep(struct dmsci_sim_fs *fs, struct dmsc_bytes bytes,
                          struct dmsci_sim_slice *ret_slice)
{
    struct dmsci_sim_slice slice = { (uint32_t)fs->pool.n, (uint16_t)bytes.n };
    enum dmsc_err err = dmsc_buf_append(&fs->pool, bytes);

    if (err == DMSC_OK && bytes.n > 0)
        *ret_slice = slice;
    return err;
}

static enum dmsc_err keep_slices(struct dmsci_sim_fs *fs, const struct dmsci_sim_new_file *fresh,
                                 struct dmsci_sim_file_info *info)
{
    enum dmsc_err err = keep(fs, fresh->aid, &info->aid);

    if (err == DMSC_OK)
        err = keep(fs, fresh->proprietary, &info->proprietary);
    return err == DMSC_OK ? keep(fs, fresh->security, &info->security) : err;
}

/* Where the index of the last child of @p df has to be written. */
static uint16_t *last_link(struct dmsci_sim_fs *fs, unsigned df)
{
    uint16_t *link = &fs->files[df].child;

    while (*link != DMSCI_SIM_NO_FILE)
        link = &fs->files[*link].next;
    return link;
}

/* Rules and FCPs of the tree as it is now. FCPs have room: what else may fail comes first. */
static enum dmsc_err derive(struct dmsci_sim_fs *fs)
{
    unsigned bad = 0;
    uint8_t *room;
    enum dmsc_err err = dmsc_buf_reserve(&fs->fcp, DMSCI_SIM_FCP_MAX, &room);

    if (err == DMSC_OK)
        err = dmsci_sim_fs_rules_build(fs, false, &bad);
    return err == DMSC_OK ? dmsci_sim_fs_fcp_build(fs, &bad) : err;
}

/* The pattern, then its last byte; or the pattern again and again (TS 102 222 6.3.2.2: C1, C2).
 * Each record begins anew. */
static void put_pattern(struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file,
                        const struct dmsci_sim_new_file *fresh)
{
    uint32_t step = dmsci_sim_file_has_records(file) ? file->record_length : file->size;

    for (uint32_t i = 0; fresh->pattern.n > 0 && i < file->size; i++) {
        size_t at = fresh->repeats ? i % step % fresh->pattern.n : i % step;

        fs->content[file->content + i] =
            fresh->pattern.p[at < fresh->pattern.n ? at : fresh->pattern.n - 1];
    }
}

enum dmsc_err dmsci_sim_fs_create(struct dmsci_sim_fs *fs, const struct dmsci_sim_new_file *fresh,
                                  unsigned *ret_file)
{
    struct dmsci_sim_file_info info = fresh->info;
    struct dmsci_sim_file file = fresh->file;
    unsigned index = fs->n_files;
    size_t pool_n = fs->pool.n;
    enum dmsc_err err = too_much(fs, 0, file.size) ? DMSC_E_LIMIT : grow(fs);

    if (err == DMSC_OK)
        err = keep_slices(fs, fresh, &info);
    if (err != DMSC_OK) {
        dmsc_buf_truncate(&fs->pool, pool_n);
        return err;
    }
    file.child = file.next = DMSCI_SIM_NO_FILE;
    file.size = 0; /* lay_out() gives it its content */
    file.content = 0;
    fs->files[index] = file;
    fs->info[index] = info;
    *last_link(fs, file.parent) = (uint16_t)index;
    fs->n_files++;
    err = lay_out(fs, index, fresh->file.size);
    if (err == DMSC_OK)
        err = derive(fs);
    if (err != DMSC_OK) {
        fs->n_files--;
        fs->files[index].size = 0;
        for (unsigned i = 0; i < fs->n_files; i++) {
            if (fs->files[i].child == index)
                fs->files[i].child = DMSCI_SIM_NO_FILE;
            if (fs->files[i].next == index)
                fs->files[i].next = DMSCI_SIM_NO_FILE;
        }
        dmsc_buf_truncate(&fs->pool, pool_n);
        (void)!dmsci_sim_fs_fcp_build(fs, &index);
        return err;
    }
    if (file.kind == DMSCI_SIM_ADF)
        fs->adfs[fs->n_adfs++] = (uint16_t)index;
    put_pattern(fs, &fs->files[index], fresh);
    *ret_file = index;
    return DMSC_OK;
}

static uint16_t moved_to(const uint16_t *moved, uint16_t file)
{
    return file == DMSCI_SIM_NO_FILE ? file : moved[file];
}

/* The next sibling that stays. */
static uint16_t next_left(const struct dmsci_sim_fs *fs, const uint16_t *moved, uint16_t file)
{
    while (file != DMSCI_SIM_NO_FILE && moved[file] == DMSCI_SIM_NO_FILE)
        file = fs->files[file].next;
    return file;
}

/* Which files go: parents stand before their children. */
static void plan(const struct dmsci_sim_fs *fs, unsigned file, uint16_t *moved)
{
    uint16_t n = 0;

    for (unsigned i = 0; i < fs->n_files; i++) {
        uint16_t parent = fs->files[i].parent;
        bool gone =
            i == file || (parent != DMSCI_SIM_NO_FILE && moved[parent] == DMSCI_SIM_NO_FILE);

        moved[i] = gone ? DMSCI_SIM_NO_FILE : n++;
    }
}

static void close_ranks(struct dmsci_sim_fs *fs, const uint16_t *moved)
{
    unsigned n = 0, n_adfs = 0;

    /* Links first: they are followed with the old indices. */
    for (unsigned i = 0; i < fs->n_files; i++) {
        if (moved[i] == DMSCI_SIM_NO_FILE)
            continue;
        fs->files[i].child = next_left(fs, moved, fs->files[i].child);
        fs->files[i].next = next_left(fs, moved, fs->files[i].next);
    }
    for (unsigned i = 0; i < fs->n_files; i++) {
        struct dmsci_sim_file file = fs->files[i];

        if (moved[i] == DMSCI_SIM_NO_FILE)
            continue;
        file.parent = moved_to(moved, file.parent);
        file.child = moved_to(moved, file.child);
        file.next = moved_to(moved, file.next);
        fs->files[n] = file;
        fs->info[n++] = fs->info[i];
    }
    fs->n_files = n;
    for (unsigned i = 0; i < fs->n_adfs; i++) {
        if (moved[fs->adfs[i]] != DMSCI_SIM_NO_FILE)
            fs->adfs[n_adfs++] = moved[fs->adfs[i]];
    }
    fs->n_adfs = n_adfs;
}

/* The keys of an ADF go with it. */
static void move_key_sets(struct dmsci_sim_fs *fs, const uint16_t *moved)
{
    unsigned n = 1;

    for (unsigned i = 1; i < fs->n_key_sets; i++) {
        struct dmsci_sim_key_set set = fs->key_sets[i];

        set.adf = moved[set.adf];
        if (set.adf != DMSCI_SIM_NO_FILE)
            fs->key_sets[n++] = set;
    }
    fs->n_key_sets = n;
}

static void keep_rules(struct dmsci_sim_fs *fs, const uint16_t *moved)
{
    dmsci_log(fs->ctx, DMSC_LOG_WARN, "sim", "no memory to tidy up behind a deleted file");
    for (unsigned i = 0; i < fs->n_rules; i++)
        fs->rules[i].arr = moved_to(moved, fs->rules[i].arr);
}

enum dmsc_err dmsci_sim_fs_delete(struct dmsci_sim_fs *fs, unsigned file, uint16_t **ret_moved)
{
    uint16_t *moved = dmsci_calloc(fs->ctx, fs->n_files, sizeof(*moved));
    unsigned bad = 0;

    if (moved == NULL)
        return DMSC_E_NOMEM;
    plan(fs, file, moved);
    close_ranks(fs, moved);
    move_key_sets(fs, moved);
    /* Without memory the old layout and the old rules serve the files that are left. */
    if (lay_out(fs, DMSCI_SIM_NO_FILE, 0) != DMSC_OK ||
        dmsci_sim_fs_rules_build(fs, false, &bad) != DMSC_OK)
        keep_rules(fs, moved);
    (void)!dmsci_sim_fs_fcp_build(fs, &bad); /* shorter than before: no memory is asked for */
    *ret_moved = moved;
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_fs_resize(struct dmsci_sim_fs *fs, unsigned file, uint32_t size)
{
    struct dmsci_sim_file *f = &fs->files[file];
    unsigned bad = 0;
    uint8_t *room;
    enum dmsc_err err = dmsc_buf_reserve(&fs->fcp, DMSCI_SIM_FCP_MAX, &room);

    if (err == DMSC_OK)
        err = too_much(fs, f->size, size) ? DMSC_E_LIMIT : lay_out(fs, file, size);
    if (err != DMSC_OK)
        return err;
    if (f->kind == DMSCI_SIM_LINEAR_FIXED)
        f->records = (uint8_t)(size / f->record_length);
    /* References to records that are gone now lead nowhere. */
    if (dmsci_sim_fs_rules_build(fs, false, &bad) != DMSC_OK)
        dmsci_sim_fs_rules_refresh(fs);
    return dmsci_sim_fs_fcp_build(fs, &bad);
}

enum dmsc_err dmsci_sim_fs_set_proprietary(struct dmsci_sim_fs *fs, unsigned file,
                                           struct dmsc_bytes value)
{
    struct dmsci_sim_slice before = fs->info[file].proprietary;
    unsigned bad = 0;
    enum dmsc_err err = keep(fs, value, &fs->info[file].proprietary);

    if (err == DMSC_OK)
        err = derive(fs);
    if (err != DMSC_OK) {
        fs->info[file].proprietary = before;
        (void)!dmsci_sim_fs_fcp_build(fs, &bad);
    }
    return err;
}

/* '83' in the proprietary information of a DF: its place in the pool. */
static bool free_memory(const struct dmsci_sim_fs *fs, unsigned file, struct dmsc_bytes *ret_value)
{
    return dmsci_ber_find(dmsci_sim_fs_slice(fs, fs->info[file].proprietary), 0x83, ret_value) &&
           ret_value->n >= 1 && ret_value->n <= 4;
}

static uint32_t number_of(struct dmsc_bytes value)
{
    uint32_t n = 0;

    for (size_t i = 0; i < value.n; i++)
        n = n << 8 | value.p[i];
    return n;
}

uint32_t dmsci_sim_fs_free(const struct dmsci_sim_fs *fs)
{
    struct dmsc_bytes value;

    return free_memory(fs, 0, &value) ? number_of(value) : UINT32_MAX;
}

void dmsci_sim_fs_give_back(struct dmsci_sim_fs *fs, int64_t n)
{
    for (unsigned i = 0; i < fs->n_files; i++) {
        struct dmsc_bytes value;
        int64_t left;

        if (!dmsci_sim_file_is_df(&fs->files[i]) || !free_memory(fs, i, &value))
            continue;
        left = (int64_t)number_of(value) + n;
        left = left < 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : left;
        for (size_t byte = value.n; byte-- > 0; left >>= 8)
            fs->pool.p[(size_t)(value.p - fs->pool.p) + byte] = (uint8_t)left;
    }
}
