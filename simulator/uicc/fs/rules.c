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

static enum dmsc_err place(const struct dmsci_sim_fs *fs, unsigned file, uint16_t fid,
                           uint8_t record, struct dmsci_sim_rule *ret_rule)
{
    unsigned arr = find_arr(fs, file, fid);

    if (arr == DMSCI_SIM_NO_FILE || record == 0 || record > fs->files[arr].records)
        return DMSC_E_NOTFOUND;
    ret_rule->arr = (uint16_t)arr;
    ret_rule->record = record;
    return decode_record(fs, arr, record, &ret_rule->rule);
}

/* 8B: file identifier and record, or file identifier and pairs of security environment and record
 * (9.2.7, TS 102 221 11.1.1.4.7.3). What an environment does not list is never allowed. */
static enum dmsc_err reference(const struct dmsci_sim_fs *fs, unsigned file,
                               struct dmsc_bytes value, uint8_t environment,
                               struct dmsci_sim_rule *ret_rule)
{
    struct dmsc_rd r = dmsc_rd(value);
    uint16_t fid = dmsc_rd_u16(&r);
    enum dmsc_err err = DMSC_OK;

    if (value.n == 3)
        return place(fs, file, fid, dmsc_rd_u8(&r), ret_rule);
    if (value.n < 4 || value.n % 2 != 0)
        return DMSC_E_MALFORMED;
    while (err == DMSC_OK && r.n > 0) {
        uint8_t id = dmsc_rd_u8(&r);
        uint8_t record = dmsc_rd_u8(&r);

        if (id == environment)
            err = place(fs, file, fid, record, ret_rule);
    }
    return err;
}

static enum dmsc_err make_rule(const struct dmsci_sim_fs *fs, unsigned file, uint8_t environment,
                               struct dmsci_sim_rule *ret_rule)
{
    const struct dmsci_sim_file_info *info = &fs->info[file];
    struct dmsc_bytes value = dmsci_sim_fs_slice(fs, info->security);

    *ret_rule = (struct dmsci_sim_rule){ .arr = DMSCI_SIM_NO_FILE };
    if (info->security_tag == 0x8C)
        return dmsci_arr_decode_compact(value, &ret_rule->rule);
    if (info->security_tag == 0xAB)
        return dmsci_arr_decode(value, &ret_rule->rule);
    return reference(fs, file, value, environment, ret_rule);
}

/* Bits of the keys that an ADF may have of its own: references with b8 set. */
static bool asks_local(const struct dmsci_arr_rule *rule)
{
    return dmsci_arr_keys(rule) >> dmsci_arr_key_bit(0x81) != 0;
}

bool dmsci_sim_fs_rules_dangle(const struct dmsci_sim_fs *fs)
{
    for (unsigned i = 0; i < fs->n_files; i++) {
        struct dmsci_sim_rule rule;

        if (make_rule(fs, i, 0x01, &rule) != DMSC_OK || make_rule(fs, i, 0x00, &rule) != DMSC_OK)
            return true;
    }
    return false;
}

struct table {
    struct dmsci_sim_rule *rules;
    unsigned n;
};

static unsigned add_rule(struct table *t, const struct dmsci_sim_rule *rule)
{
    unsigned i = 0;

    while (i < t->n && (rule->arr == DMSCI_SIM_NO_FILE || t->rules[i].arr != rule->arr ||
                        t->rules[i].record != rule->record))
        i++;
    if (i == t->n) {
        t->rules[t->n] = *rule;
        t->rules[t->n++].local = asks_local(&rule->rule);
    }
    return i;
}

/* @p strict: a rule must be there. @return the place of the rule of @p file in the table */
static enum dmsc_err add_rule_of(const struct dmsci_sim_fs *fs, struct table *t, unsigned file,
                                 uint8_t environment, bool strict, uint16_t *ret_place)
{
    struct dmsci_sim_rule rule;
    enum dmsc_err err = make_rule(fs, file, environment, &rule);

    if (err != DMSC_OK && strict)
        return err;
    if (err != DMSC_OK)
        rule.rule = (struct dmsci_arr_rule){ .n_commands = 0 };
    *ret_place = (uint16_t)add_rule(t, &rule);
    return DMSC_OK;
}

static enum dmsc_err fill_table(struct dmsci_sim_fs *fs, struct table *t, bool strict,
                                unsigned *ret_bad)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < fs->n_files; i++) {
        bool environments = fs->info[i].security_tag == 0x8B && fs->info[i].security.n > 3;

        *ret_bad = i;
        fs->files[i].environments = environments;
        err = add_rule_of(fs, t, i, 0x01, strict, &fs->files[i].rule);
        fs->info[i].rule_00 = fs->files[i].rule;
        if (err == DMSC_OK && environments)
            err = add_rule_of(fs, t, i, 0x00, strict, &fs->info[i].rule_00);
    }
    return err;
}

enum dmsc_err dmsci_sim_fs_rules_build(struct dmsci_sim_fs *fs, bool strict, unsigned *ret_bad)
{
    struct table table = { dmsci_calloc(fs->ctx, 2 * (size_t)fs->n_files, sizeof(*fs->rules)), 0 };
    struct dmsci_sim_rule *fitting;
    enum dmsc_err err;

    if (table.rules == NULL)
        return DMSC_E_NOMEM;
    err = fill_table(fs, &table, strict, ret_bad);
    if (err != DMSC_OK) {
        dmsci_free(fs->ctx, table.rules);
        return err;
    }
    /* Most files share a rule: give back what was reserved for the worst case. */
    fitting = dmsci_realloc(fs->ctx, table.rules, table.n * sizeof(*table.rules));
    dmsci_free(fs->ctx, fs->rules);
    fs->rules = fitting != NULL ? fitting : table.rules;
    fs->n_rules = table.n;
    for (unsigned i = 0; i < fs->n_files; i++)
        fs->files[i].is_arr = false;
    for (unsigned i = 0; i < fs->n_rules; i++) {
        if (fs->rules[i].arr != DMSCI_SIM_NO_FILE)
            fs->files[fs->rules[i].arr].is_arr = true;
    }
    return DMSC_OK;
}

void dmsci_sim_fs_rules_refresh(struct dmsci_sim_fs *fs)
{
    for (unsigned i = 0; i < fs->n_rules; i++) {
        struct dmsci_sim_rule *rule = &fs->rules[i];

        if (rule->arr == DMSCI_SIM_NO_FILE)
            continue;
        if (rule->record > fs->files[rule->arr].records ||
            decode_record(fs, rule->arr, rule->record, &rule->rule) != DMSC_OK)
            rule->rule = (struct dmsci_arr_rule){ .n_commands = 0 };
        rule->local = asks_local(&rule->rule);
    }
}
