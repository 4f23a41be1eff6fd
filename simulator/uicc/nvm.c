/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that outlives the power: every write to a file goes through here, and here it is cut. */
#include "simulator/uicc/card.h"

/* How much of a write reaches the memory when it is cut, and with what in it. */
static void put(struct dmsc_sim *sim, uint8_t *to, struct dmsc_bytes data, bool cut)
{
    size_t n = data.n;

    if (cut && sim->tear.outcome == DMSC_SIM_TEAR_OLD)
        n = 0;
    if (cut && sim->tear.outcome == DMSC_SIM_TEAR_PREFIX)
        n = data.n / 2;
    if (cut && sim->tear.outcome == DMSC_SIM_TEAR_GARBAGE) {
        for (size_t i = 0; i < n; i++) {
            uint8_t garbage = (uint8_t)(data.p[i] ^ 0x5A);

            to[i] = garbage == to[i] ? (uint8_t)(garbage ^ 0xFF) : garbage;
        }
    } else {
        dmsci_copy(to, data.p, n);
    }
    sim->counts.nvm_writes++;
    sim->counts.nvm_bytes += n;
    sim->dirty = true;
}

static bool cut_now(struct dmsc_sim *sim)
{
    return sim->tear.countdown > 0 && --sim->tear.countdown == 0;
}

static bool done(struct dmsc_sim *sim, const struct dmsci_sim_file *file, bool cut)
{
    if (file->is_arr)
        dmsci_sim_fs_rules_refresh(&sim->fs);
    if (cut) {
        sim->silent = true;
        sim->counts.torn++;
    }
    return !cut;
}

bool dmsci_sim_nvm_write(struct dmsc_sim *sim, unsigned file, size_t offset, struct dmsc_bytes data)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    bool cut = cut_now(sim);

    put(sim, sim->fs.content + f->content + offset, data, cut);
    return done(sim, f, cut);
}

bool dmsci_sim_nvm_append(struct dmsc_sim *sim, unsigned file, struct dmsc_bytes data)
{
    struct dmsci_sim_file *f = &sim->fs.files[file];
    bool cut = cut_now(sim);
    unsigned oldest = (f->newest + f->records - 1u) % f->records;

    put(sim, sim->fs.content + f->content + (size_t)oldest * f->record_length, data, cut);
    /* The pointer moves as one bit does: before the cut or not at all. */
    if (!cut || sim->tear.outcome != DMSC_SIM_TEAR_OLD)
        f->newest = (uint8_t)oldest;
    return done(sim, f, cut);
}

void dmsc_sim_tear_at(struct dmsc_sim *sim, unsigned n, enum dmsc_sim_tear outcome)
{
    sim->tear = (struct dmsci_sim_tear){ n, outcome };
}
