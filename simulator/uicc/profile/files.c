/* SPDX-License-Identifier: Apache-2.0 */
/* The part "files" of a profile: "3F00/7F4D/6F01": { ... }. */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/place.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

#define WHERE_MAX 192u
#define TEXT_MAX  65535u

static const char *const known_keys[] = {
    "name",          "comment",     "type",     "aid",     "sfi",     "size",     "records",
    "record_length", "fill",        "content",  "arr",     "compact", "expanded", "life_cycle",
    "shareable",     "proprietary", "pin_keys", "fcp_fid", "pins",    "fci",      NULL,
};

/* Which keys a type may have beyond those of all files. */
struct file_type {
    const char *name;
    enum dmsci_sim_kind kind;
    const char *keys[8];
};
static const struct file_type types[] = {
    { "df", DMSCI_SIM_DF, { "pin_keys", "fci", NULL } },
    { "adf", DMSCI_SIM_ADF, { "pin_keys", "aid", "fcp_fid", "pins", "fci", NULL } },
    { "transparent", DMSCI_SIM_TRANSPARENT, { "sfi", "size", "fill", "content", NULL } },
    { "linear-fixed",
      DMSCI_SIM_LINEAR_FIXED,
      { "sfi", "records", "record_length", "fill", "content", NULL } },
    { "cyclic", DMSCI_SIM_CYCLIC, { "sfi", "records", "record_length", "fill", "content", NULL } },
    { "ber-tlv", DMSCI_SIM_BER_TLV, { "sfi", "size", "content", NULL } },
};
static const char *const keys_of_all[] = {
    "name",        "comment",           "type",       "arr",
    "compact",     "expanded",          "life_cycle", "shareable",
    "proprietary", DMSCI_SIM_JSON_FROM, NULL
};

struct builder {
    struct dmsc_sim *sim;
    struct dmsci_sim_fs *fs;
    const char *file;
    const json_t *profile;
    size_t content_n;
};

static bool listed(const char *const *list, const char *key)
{
    while (*list != NULL && strcmp(*list, key) != 0)
        list++;
    return *list != NULL;
}

static enum dmsc_err find_type(const struct dmsci_sim_node *node, const struct file_type **ret_type)
{
    const char *name = "";
    enum dmsc_err err = dmsci_sim_json_known(node, known_keys);
    unsigned i = 0;

    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "type", &name);
    if (err != DMSC_OK)
        return err;
    while (i < DMSCI_ARRAY_LEN(types) && strcmp(types[i].name, name) != 0)
        i++;
    if (i == DMSCI_ARRAY_LEN(types))
        return dmsci_sim_json_wrong(
            node, "type", "profile:value",
            "one of df, adf, transparent, linear-fixed, cyclic, ber-tlv is wanted");
    for (void *it = json_object_iter((json_t *)node->object); it != NULL;
         it = json_object_iter_next((json_t *)node->object, it)) {
        const char *key = json_object_iter_key(it);

        if (!listed(keys_of_all, key) && !listed(types[i].keys, key))
            return dmsci_sim_json_wrong(node, key, "profile:key", "a file of type %s has none",
                                        name);
    }
    *ret_type = &types[i];
    return DMSC_OK;
}

static enum dmsc_err pooled_text(struct builder *b, const struct dmsci_sim_node *node,
                                 const char *key, struct dmsci_sim_slice *ret_slice)
{
    const char *text = NULL;
    enum dmsc_err err = dmsci_sim_json_text(node, key, &text);
    uint32_t at = (uint32_t)b->fs->pool.n;

    if (err != DMSC_OK || text == NULL)
        return err;
    if (strlen(text) > TEXT_MAX)
        return dmsci_sim_json_wrong(node, key, "profile:value", "it is too long");
    err = dmsc_buf_append_str(&b->fs->pool, text);
    if (err == DMSC_OK)
        *ret_slice = (struct dmsci_sim_slice){ at, (uint16_t)strlen(text) };
    return err;
}

static enum dmsc_err pooled_hex(struct builder *b, const struct dmsci_sim_node *node,
                                const char *key, size_t least, size_t most,
                                struct dmsci_sim_slice *ret_slice)
{
    uint32_t at = (uint32_t)b->fs->pool.n;
    enum dmsc_err err = dmsci_sim_json_hex(node, key, least, most, &b->fs->pool);

    if (err == DMSC_OK && b->fs->pool.n > at)
        *ret_slice = (struct dmsci_sim_slice){ at, (uint16_t)(b->fs->pool.n - at) };
    return err;
}

/* 11.1.1.4.8: absent: the five last bits of the FID count; 0: none (88 00). */
static enum dmsc_err build_sfi(const struct dmsci_sim_node *node, struct dmsci_sim_file *file,
                               struct dmsci_sim_file_info *info)
{
    unsigned sfi = 32;
    enum dmsc_err err = dmsci_sim_json_number(node, "sfi", 0, 30, &sfi);

    if (err != DMSC_OK)
        return err;
    info->sfi_how = sfi == 32  ? DMSCI_SIM_SFI_FROM_FID
                    : sfi == 0 ? DMSCI_SIM_SFI_NONE
                               : DMSCI_SIM_SFI_GIVEN;
    file->sfi = sfi == 32 ? file->fid & 0x1F : (uint8_t)sfi;
    if (file->sfi == 0x1F)
        file->sfi = 0;
    return DMSC_OK;
}

static enum dmsc_err build_ef(struct builder *b, const struct dmsci_sim_node *node,
                              struct dmsci_sim_file *file, struct dmsci_sim_file_info *info)
{
    unsigned size = 0, records = 0, length = 0;
    enum dmsc_err err = build_sfi(node, file, info);

    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "size", 0, 65535, &size);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "records", 1, 254, &records);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "record_length", 1, 255, &length);
    if (err != DMSC_OK)
        return err;
    if (!dmsci_sim_file_has_records(file) && json_object_get(node->object, "size") == NULL)
        return dmsci_sim_json_wrong(node, "size", "profile:missing", "an EF has one");
    if (dmsci_sim_file_has_records(file) && (records == 0 || length == 0))
        return dmsci_sim_json_wrong(node, NULL, "profile:missing",
                                    "\"records\" and \"record_length\" are wanted");
    file->records = (uint8_t)records;
    file->record_length = (uint8_t)length;
    file->size = dmsci_sim_file_has_records(file) ? records * length : size;
    if (file->size > DMSCI_SIM_CONTENT_MAX - b->content_n)
        return dmsci_sim_json_wrong(node, NULL, "profile:value", "the card holds at most %u bytes",
                                    DMSCI_SIM_CONTENT_MAX);
    file->content = (uint32_t)b->content_n;
    b->content_n += file->size;
    return DMSC_OK;
}

/* A key of the card, or of this application. */
static bool has_key(const struct dmsc_sim *sim, unsigned ref, uint16_t adf)
{
    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (sim->keys[i].ref == ref &&
            (sim->keys[i].adf == DMSCI_SIM_NO_FILE || sim->keys[i].adf == adf))
            return true;
    }
    return false;
}

/* The keys that the PIN status template of a DF tells of; without the list all of the card. */
static enum dmsc_err build_pin_keys(const struct builder *b, const struct dmsci_sim_node *node,
                                    uint16_t adf, struct dmsci_sim_file_info *info)
{
    const json_t *list = json_object_get(node->object, "pin_keys");
    enum dmsc_err err = DMSC_OK;
    unsigned ref = 0;

    info->keys_given = list != NULL;
    for (unsigned i = 0; list == NULL && i < b->sim->n_keys && info->n_keys < DMSCI_SIM_DF_KEYS_MAX;
         i++) {
        uint8_t key = b->sim->keys[i].ref;

        if ((b->sim->keys[i].adf == DMSCI_SIM_NO_FILE || b->sim->keys[i].adf == adf) &&
            memchr(info->keys, key, info->n_keys) == NULL)
            info->keys[info->n_keys++] = key;
    }
    if (list != NULL && (!json_is_array(list) || json_array_size(list) > DMSCI_SIM_DF_KEYS_MAX))
        return dmsci_sim_json_wrong(node, "pin_keys", "profile:type",
                                    "an array of at most %u key references is wanted",
                                    DMSCI_SIM_DF_KEYS_MAX);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);

        err = dmsci_sim_json_id(node, "pin_keys",
                                json_is_string(text) ? json_string_value(text) : "", 2, &ref);
        if (err == DMSC_OK && !has_key(b->sim, ref, adf))
            err = dmsci_sim_json_wrong(node, "pin_keys", "profile:value",
                                       "there is no key %02X in pins", ref);
        info->keys[info->n_keys++] = (uint8_t)ref;
    }
    return err;
}

static uint16_t adf_of(const struct builder *b, const struct dmsci_sim_file *file)
{
    if (file->kind == DMSCI_SIM_ADF)
        return (uint16_t)b->fs->n_files;
    return (uint16_t)(file->parent == DMSCI_SIM_NO_FILE ? DMSCI_SIM_NO_FILE
                                                        : dmsci_sim_fs_adf_of(b->fs, file->parent));
}

static enum dmsc_err build_df(struct builder *b, const struct dmsci_sim_node *node,
                              struct dmsci_sim_file *file, struct dmsci_sim_file_info *info)
{
    uint16_t adf = adf_of(b, file);
    bool fcp_fid = true;
    enum dmsc_err err = DMSC_OK;

    /* The file will be the next one. */
    if (file->kind == DMSCI_SIM_ADF)
        err = dmsci_sim_build_pins(b->sim, node, adf);
    if (err == DMSC_OK)
        err = build_pin_keys(b, node, adf, info);
    if (err == DMSC_OK)
        err = pooled_hex(b, node, "fci", 0, 255, &info->answer);
    info->applet = json_object_get(node->object, "fci") != NULL;
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "fcp_fid", &fcp_fid);
    if (err == DMSC_OK)
        err = pooled_hex(b, node, "aid", 5, DMSCI_SIM_AID_MAX, &info->aid);
    info->fcp_without_fid = !fcp_fid;
    if (err == DMSC_OK && file->kind == DMSCI_SIM_ADF && info->aid.n == 0)
        err = dmsci_sim_json_wrong(node, "aid", "profile:missing", "an ADF has one");
    return err;
}

static void commit(struct builder *b, unsigned parent, const struct dmsci_sim_file *file,
                   const struct dmsci_sim_file_info *info)
{
    struct dmsci_sim_fs *fs = b->fs;
    unsigned index = fs->n_files++;

    fs->files[index] = *file;
    fs->info[index] = *info;
    if (parent != DMSCI_SIM_NO_FILE)
        dmsci_sim_place_adopt(fs, parent, index);
    if (file->kind == DMSCI_SIM_ADF)
        fs->adfs[fs->n_adfs++] = (uint16_t)index;
}

static enum dmsc_err build_common(struct builder *b, const struct dmsci_sim_node *node,
                                  struct dmsci_sim_file *file, struct dmsci_sim_file_info *info)
{
    unsigned life_cycle = 0x05;
    bool shareable = true;
    enum dmsc_err err = pooled_text(b, node, "name", &info->name);

    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "life_cycle", 0, 0x0F, &life_cycle);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "shareable", &shareable);
    if (err == DMSC_OK)
        err = pooled_hex(b, node, "proprietary", 0, 127, &info->proprietary);
    if (err == DMSC_OK)
        err = dmsci_sim_build_security(b->fs, node, info);
    file->life_cycle = (uint8_t)life_cycle;
    info->not_shareable = !shareable;
    return err;
}

static enum dmsc_err build_file(struct builder *b, const struct dmsci_sim_node *node,
                                const char *path)
{
    struct dmsci_sim_file file = { .child = DMSCI_SIM_NO_FILE, .next = DMSCI_SIM_NO_FILE };
    struct dmsci_sim_file_info info = { 0 };
    const struct file_type *type = NULL;
    unsigned parent = DMSCI_SIM_NO_FILE;
    const char *own = "";
    enum dmsc_err err = find_type(node, &type);

    if (err == DMSC_OK)
        err = dmsci_sim_place_parent(b->fs, node, path, &parent, &own);
    if (err != DMSC_OK)
        return err;
    file.kind = (uint8_t)type->kind;
    file.parent = (uint16_t)parent;
    if (dmsci_sim_file_is_df(&file))
        err = build_df(b, node, &file, &info);
    if (err == DMSC_OK)
        err = dmsci_sim_place_name(b->fs, node, own, &file, &info);
    if (err == DMSC_OK && !dmsci_sim_file_is_df(&file))
        err = build_ef(b, node, &file, &info);
    if (err == DMSC_OK)
        err = build_common(b, node, &file, &info);
    if (err == DMSC_OK)
        err = dmsci_sim_place_check(b->fs, node, parent, &file);
    if (err == DMSC_OK)
        commit(b, parent, &file, &info);
    return err;
}

static enum dmsc_err each_file(struct builder *b, const json_t *files,
                               enum dmsc_err (*run)(struct builder *b,
                                                    const struct dmsci_sim_node *node,
                                                    const char *path, unsigned index))
{
    enum dmsc_err err = DMSC_OK;
    unsigned index = 0;

    for (void *i = json_object_iter((json_t *)files); err == DMSC_OK && i != NULL;
         i = json_object_iter_next((json_t *)files, i)) {
        const json_t *from = json_object_get(json_object_iter_value(i), DMSCI_SIM_JSON_FROM);
        const char *path = json_object_iter_key(i);
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { b->fs->ctx,
                                             from != NULL ? json_string_value(from) : b->file,
                                             where, json_object_iter_value(i) };

        (void)snprintf(where, sizeof(where), "files.%.150s", path);
        err = run(b, &node, path, index++);
    }
    return err;
}

static enum dmsc_err make_one(struct builder *b, const struct dmsci_sim_node *node,
                              const char *path, unsigned index)
{
    (void)index;
    return build_file(b, node, path);
}

static enum dmsc_err fill_one(struct builder *b, const struct dmsci_sim_node *node,
                              const char *path, unsigned index)
{
    const struct dmsci_sim_file *file = &b->fs->files[index];

    (void)path;
    return dmsci_sim_file_is_df(file) ? DMSC_OK : dmsci_sim_fill(node, b->fs, file);
}

static enum dmsc_err reserve(struct builder *b, size_t n)
{
    b->fs->files = dmsci_calloc(b->fs->ctx, n, sizeof(*b->fs->files));
    if (b->fs->files == NULL)
        return DMSC_E_NOMEM;
    b->fs->info = dmsci_calloc(b->fs->ctx, n, sizeof(*b->fs->info));
    if (b->fs->info == NULL)
        return DMSC_E_NOMEM;
    b->fs->adfs = dmsci_calloc(b->fs->ctx, n, sizeof(*b->fs->adfs));
    b->fs->files_max = (unsigned)n;
    return b->fs->adfs == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err build_rules(const struct builder *b)
{
    char path[DMSCI_SIM_PATH_TEXT] = "?";
    char where[DMSCI_SIM_PATH_TEXT + 16];
    const struct dmsci_sim_node top = { b->fs->ctx, b->file, "", NULL };
    unsigned bad = 0;
    bool dangling = false;
    const struct dmsci_sim_node all = { b->fs->ctx, b->file, "", b->profile };
    enum dmsc_err err = dmsci_sim_json_bool(&all, "dangling_rules", &dangling);

    if (err == DMSC_OK)
        err = dmsci_sim_fs_rules_build(b->fs, !dangling, &bad);

    if (err == DMSC_OK || err == DMSC_E_NOMEM)
        return err;
    (void)!dmsci_sim_fs_text(b->fs, bad, path, sizeof(path));
    (void)snprintf(where, sizeof(where), "files.%s", path);
    if (err == DMSC_E_NOTFOUND)
        return dmsci_sim_json_wrong(&top, where, "profile:access",
                                    "\"arr\" leads to no record of an EF(ARR) in a DF above");
    return dmsci_sim_json_wrong(&top, where, "profile:access", "its access rule cannot be read: %s",
                                dmsc_err_text(err));
}

enum dmsc_err dmsci_sim_build_files(struct dmsc_sim *sim, const json_t *profile, const char *file)
{
    const struct dmsci_sim_node top = { sim->ctx, file, "", profile };
    const json_t *files = json_object_get(profile, "files");
    struct builder b = { sim, &sim->fs, file, profile, 0 };
    enum dmsc_err err;

    if (!json_is_object(files) || json_object_size(files) == 0)
        return dmsci_sim_json_wrong(&top, "files", "profile:missing", "a card has files");
    if (json_object_size(files) > DMSCI_SIM_FILES_MAX)
        return dmsci_sim_json_wrong(&top, "files", "profile:value", "at most %u",
                                    DMSCI_SIM_FILES_MAX);
    err = reserve(&b, json_object_size(files));
    if (err == DMSC_OK)
        err = each_file(&b, files, make_one);
    if (err != DMSC_OK)
        return err;
    dmsci_sim_place_settle(&sim->fs);
    sim->fs.content_n = b.content_n;
    sim->fs.content = dmsci_alloc(sim->ctx, b.content_n > 0 ? b.content_n : 1);
    if (sim->fs.content == NULL)
        return DMSC_E_NOMEM;
    err = each_file(&b, files, fill_one);
    return err == DMSC_OK ? build_rules(&b) : err;
}
