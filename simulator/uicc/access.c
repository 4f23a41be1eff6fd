/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: access rules, security environments, and the state of keys (TS 102 221 clause
 * 9).
 */
#include "simulator/uicc/card.h"

#define UNIVERSAL_PIN 0x11u

static uint32_t bit_of(uint8_t ref)
{
    return (uint32_t)1 << dmsci_arr_key_bit(ref);
}

/* Table 9.2: environment 00 when the application PIN is disabled, and the universal PIN stands for
 * it or is disabled too; else 01. The PIN is the first of 01 to 08 that the DF of the file names.
 */
static bool in_environment_00(const struct dmsci_sim_fs *fs, unsigned file)
{
    unsigned df = dmsci_sim_file_is_df(&fs->files[file]) ? file : fs->files[file].parent;
    const struct dmsci_sim_file_info *info = &fs->info[df];
    uint32_t enabled = fs->key_sets[0].enabled;

    for (unsigned i = 0; i < info->n_keys; i++) {
        if (info->keys[i] <= 0x08)
            return (enabled & bit_of(info->keys[i])) == 0 &&
                   ((enabled & bit_of(UNIVERSAL_PIN)) == 0 || fs->upin_used);
    }
    return false;
}

static const struct dmsci_sim_rule *rule_of(const struct dmsci_sim_fs *fs, unsigned file)
{
    const struct dmsci_sim_file *f = &fs->files[file];
    bool other = f->environments && in_environment_00(fs, file);

    return &fs->rules[other ? fs->info[file].rule_00 : f->rule];
}

static uint32_t satisfied(const struct dmsc_sim *sim, unsigned file,
                          const struct dmsci_sim_rule *rule)
{
    return rule->local ? dmsci_sim_fs_satisfied(&sim->fs, file) : sim->fs.key_sets[0].satisfied;
}

bool dmsci_sim_allowed_command(const struct dmsc_sim *sim, unsigned file,
                               const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_rule *rule = rule_of(&sim->fs, file);
    const uint8_t header[4] = { c->cla & 0x80, c->ins, c->p1, c->p2 };

    return dmsci_arr_command_met(&rule->rule, header, satisfied(sim, file, rule));
}

bool dmsci_sim_allowed_by(const struct dmsc_sim *sim, unsigned file, enum dmsci_arr_access access,
                          const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_rule *rule = rule_of(&sim->fs, file);

    if (dmsci_arr_met(&rule->rule.access[access], satisfied(sim, file, rule)))
        return true;
    return c != NULL && rule->rule.n_commands > 0 && dmsci_sim_allowed_command(sim, file, c);
}

bool dmsci_sim_allowed(const struct dmsc_sim *sim, const struct dmsci_sim_file *file,
                       enum dmsci_arr_access access)
{
    return dmsci_sim_allowed_by(sim, (unsigned)(file - sim->fs.files), access, NULL);
}

static struct dmsci_sim_key_set *set_of(struct dmsci_sim_fs *fs, uint16_t adf)
{
    unsigned i = 0;

    while (i < fs->n_key_sets && fs->key_sets[i].adf != adf)
        i++;
    return i < fs->n_key_sets ? &fs->key_sets[i] : &fs->key_sets[0];
}

/* 9.5: the condition of a disabled PIN is met, or that of the key which replaces it. */
static void take_key(struct dmsci_sim_fs *fs, const struct dmsci_sim_key *key)
{
    struct dmsci_sim_key_set *set = set_of(fs, key->adf);
    const struct dmsci_sim_key_set *card = &fs->key_sets[0];
    uint32_t bit = bit_of(key->ref);

    set->own |= bit;
    if (!key->disabled) {
        set->enabled |= bit;
        return;
    }
    if (key->replaced_by == UNIVERSAL_PIN)
        fs->upin_used = true;
    if (key->replaced_by == 0 || (card->verified & bit_of(key->replaced_by)) != 0)
        set->satisfied |= bit;
}

void dmsci_sim_keys_changed(struct dmsc_sim *sim)
{
    struct dmsci_sim_fs *fs = &sim->fs;

    fs->upin_used = false;
    for (unsigned i = 0; i < fs->n_key_sets; i++) {
        fs->key_sets[i].own = 0;
        fs->key_sets[i].enabled = 0;
        fs->key_sets[i].satisfied = fs->key_sets[i].verified;
    }
    for (unsigned i = 0; i < sim->n_keys; i++)
        take_key(fs, &sim->keys[i]);
}

static bool in_use(const struct dmsc_sim *sim, uint16_t adf)
{
    for (unsigned i = 0; i < sim->n_channels; i++) {
        if (sim->channels[i].open && sim->channels[i].adf == adf)
            return true;
    }
    return false;
}

void dmsci_sim_sessions_changed(struct dmsc_sim *sim)
{
    bool changed = false;

    for (unsigned i = 1; i < sim->fs.n_key_sets; i++) {
        struct dmsci_sim_key_set *set = &sim->fs.key_sets[i];

        if (set->verified != 0 && !in_use(sim, set->adf)) {
            set->verified = 0;
            changed = true;
        }
    }
    if (changed)
        dmsci_sim_keys_changed(sim);
}
