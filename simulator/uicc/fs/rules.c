/* SPDX-License-Identifier: Apache-2.0 */
/* From the security attributes of a file to a rule that a command can ask in one step. */
#include "simulator/uicc/fs/fs.h"

/* TS 102 221 9.2.7: an EF(ARR) that is not in the DF of the file is looked for in the DFs above. */
static unsigned find_arr(const struct dmsci_sim_fs *fs, unsigned file, uint16_t fid)
{
    unsigned df = fs->files[file].parent != DMSCI_SIM_NO_FILE ? fs->files[file].parent : file;

    for (; df != DMSCI_SIM_NO_FILE; df = fs->files[df].parent) {
        unsigned found = dmsci_sim_fs_child(fs, df, fid);

        if (found != DMSCI_SIM_NO_FILE && fs->files[found].kind == DMSCI_SIM_LINEAR_FIXED)
            return found;
    }
    return DMSCI_SIM_NO_FILE;
}

static enum dmsc_err decode_record(const struct dmsci_sim_fs *fs, unsigned arr, uint8_t record,
                                   struct dmsci_arr_rule *ret_rule)
{
    const struct dmsci_sim_file *file = &fs->files[arr];

    return dmsci_arr_decode(dmsc_bytes(dmsci_sim_fs_record(fs, file, record), file->record_length),
                            ret_rule);
}

/* 8B: file identifier and record (11.1.1.4.7.3, the form with one security environment). */
static enum dmsc_err reference(const struct dmsci_sim_fs *fs, unsigned file,
                               struct dmsc_bytes value, struct dmsci_sim_rule *ret_rule)
{
    struct dmsc_rd r = dmsc_rd(value);
    uint16_t fid = dmsc_rd_u16(&r);
    unsigned arr = find_arr(fs, file, fid);

    ret_rule->record = dmsc_rd_u8(&r);
    if (dmsc_rd_end(&r) != DMSC_OK)
        return DMSC_E_MALFORMED;
    if (arr == DMSCI_SIM_NO_FILE || ret_rule->record == 0 ||
        ret_rule->record > fs->files[arr].records)
        return DMSC_E_NOTFOUND;
    ret_rule->arr = (uint16_t)arr;
    return DMSC_OK;
}

static enum dmsc_err make_rule(const struct dmsci_sim_fs *fs, unsigned file,
                               struct dmsci_sim_rule *ret_rule)
{
    const struct dmsci_sim_file_info *info = &fs->info[file];
    struct dmsc_bytes value = dmsci_sim_fs_slice(fs, info->security);
    enum dmsc_err err;

    ret_rule->arr = DMSCI_SIM_NO_FILE;
    if (info->security_tag == 0x8C)
        return dmsci_arr_decode_compact(value, &ret_rule->rule);
    if (info->security_tag == 0xAB)
        return dmsci_arr_decode(value, &ret_rule->rule);
    err = reference(fs, file, value, ret_rule);
    if (err != DMSC_OK)
        return err;
    return decode_record(fs, ret_rule->arr, ret_rule->record, &ret_rule->rule);
}

static unsigned known_reference(const struct dmsci_sim_fs *fs, const struct dmsci_sim_rule *rule)
{
    unsigned i = 0;

    while (i < fs->n_rules && (rule->arr == DMSCI_SIM_NO_FILE || fs->rules[i].arr != rule->arr ||
                               fs->rules[i].record != rule->record))
        i++;
    return i;
}

enum dmsc_err dmsci_sim_fs_rules_build(struct dmsci_sim_fs *fs, unsigned *ret_bad)
{
    struct dmsci_sim_rule *fitting;

    fs->rules = dmsci_calloc(fs->ctx, fs->n_files, sizeof(*fs->rules));
    if (fs->rules == NULL)
        return DMSC_E_NOMEM;
    for (unsigned i = 0; i < fs->n_files; i++) {
        struct dmsci_sim_rule rule = { 0 };
        unsigned place;
        enum dmsc_err err = make_rule(fs, i, &rule);

        *ret_bad = i;
        if (err != DMSC_OK)
            return err;
        place = known_reference(fs, &rule);
        if (place == fs->n_rules)
            fs->rules[fs->n_rules++] = rule;
        fs->files[i].rule = (uint16_t)place;
        if (rule.arr != DMSCI_SIM_NO_FILE)
            fs->files[rule.arr].is_arr = true;
    }
    /* Most files share a rule: give back what was reserved for the worst case. */
    fitting = dmsci_realloc(fs->ctx, fs->rules, fs->n_rules * sizeof(*fs->rules));
    if (fitting == NULL)
        return DMSC_E_NOMEM;
    fs->rules = fitting;
    return DMSC_OK;
}

void dmsci_sim_fs_rules_refresh(struct dmsci_sim_fs *fs)
{
    for (unsigned i = 0; i < fs->n_rules; i++) {
        struct dmsci_sim_rule *rule = &fs->rules[i];

        if (rule->arr != DMSCI_SIM_NO_FILE &&
            decode_record(fs, rule->arr, rule->record, &rule->rule) != DMSC_OK)
            rule->rule = (struct dmsci_arr_rule){ { { 0, { { 0, 0 } } } } };
    }
}
