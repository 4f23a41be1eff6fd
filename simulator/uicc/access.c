/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/card.h"

bool dmsci_sim_allowed(const struct dmsc_sim *sim, const struct dmsci_sim_file *file,
                       enum dmsci_arr_access access)
{
    return dmsci_arr_met(&sim->fs.rules[file->rule].rule.access[access], sim->satisfied);
}

uint32_t dmsci_sim_keys_enabled(const struct dmsc_sim *sim)
{
    uint32_t enabled = 0;

    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (!sim->keys[i].disabled)
            enabled |= (uint32_t)1 << dmsci_arr_key_bit(sim->keys[i].ref);
    }
    return enabled;
}

/* TS 102 221 9.5: the condition of a disabled PIN is always met. */
void dmsci_sim_keys_changed(struct dmsc_sim *sim)
{
    sim->satisfied = sim->verified;
    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (sim->keys[i].disabled)
            sim->satisfied |= (uint32_t)1 << dmsci_arr_key_bit(sim->keys[i].ref);
    }
}
