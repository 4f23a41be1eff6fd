/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts with keys of their own ask of the card. */
#include "simulator/uicc/card.h"

bool dmsci_sim_key_is_met(const struct dmsc_sim *sim, unsigned file, uint8_t ref)
{
    return (dmsci_sim_fs_satisfied(&sim->fs, file) >> dmsci_arr_key_bit(ref) & 1) != 0;
}

void dmsci_sim_domain_enter(struct dmsc_sim *sim, uint32_t domain, struct dmsci_sim_verified *ret)
{
    for (unsigned i = 0; i < sim->fs.n_key_sets; i++) {
        ret->of[i] = sim->fs.key_sets[i].verified;
        sim->fs.key_sets[i].verified = domain;
    }
    dmsci_sim_keys_changed(sim);
}

void dmsci_sim_domain_leave(struct dmsc_sim *sim, const struct dmsci_sim_verified *before)
{
    for (unsigned i = 0; i < sim->fs.n_key_sets; i++)
        sim->fs.key_sets[i].verified = before->of[i];
    dmsci_sim_keys_changed(sim);
}

bool dmsci_sim_path_of_aid(const struct dmsc_sim *sim, struct dmsc_bytes aid, char *ret_text,
                           size_t size)
{
    for (unsigned i = 0; i < sim->fs.n_adfs; i++) {
        unsigned adf = sim->fs.adfs[i];

        if (dmsc_bytes_equal(dmsci_sim_fs_slice(&sim->fs, sim->fs.info[adf].aid), aid))
            return dmsci_sim_fs_text(&sim->fs, adf, ret_text, size) == DMSC_OK;
    }
    return false;
}
