/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that outlives the power: every write to a file goes through here, and here it is cut. */
#include "simulator/uicc/card.h"
#include "simulator/uicc/fault.h"

/* One cut of one write: how many of its bytes come before it. */
struct cut {
    bool now;
    size_t before;
};

static struct cut cut_of(struct dmsc_sim *sim, size_t n)
{
    struct dmsci_sim_tear *tear = &sim->tear;
    struct cut cut = { false, n / 2 };

    if (tear->countdown > 0 && --tear->countdown == 0)
        cut.now = true;
    if (tear->in_bytes > 0 && tear->in_bytes <= n) {
        cut = (struct cut){ true, tear->in_bytes - 1 };
        tear->in_bytes = 0;
    } else if (tear->in_bytes > 0) {
        tear->in_bytes -= n;
    }
    return cut;
}

/* None of the bytes is the old or the new one. */
static void put_garbage(struct dmsc_sim *sim, uint8_t *to, struct dmsc_bytes data)
{
    for (size_t i = 0; i < data.n; i++) {
        uint8_t garbage;

        do
            dmsci_sim_random(sim, &garbage, 1);
        while (garbage == to[i] || garbage == data.p[i]);
        to[i] = garbage;
    }
}

/* How much of a write reaches the memory when it is cut, and with what in it. */
static void put(struct dmsc_sim *sim, uint8_t *to, struct dmsc_bytes data, struct cut cut)
{
    size_t n = data.n;

    if (cut.now && sim->tear.outcome == DMSC_SIM_TEAR_OLD)
        n = 0;
    if (cut.now && sim->tear.outcome == DMSC_SIM_TEAR_PREFIX)
        n = cut.before;
    if (cut.now && sim->tear.outcome == DMSC_SIM_TEAR_GARBAGE)
        put_garbage(sim, to, data);
    else
        dmsci_copy(to, data.p, n);
    sim->counts.nvm_writes++;
    sim->counts.nvm_bytes += n;
    sim->dirty = true;
    if (sim->faults != NULL)
        dmsci_sim_wear(sim, (size_t)(to - sim->fs.content), n);
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
    struct cut cut = cut_of(sim, data.n);

    put(sim, sim->fs.content + f->content + offset, data, cut);
    return done(sim, f, cut.now);
}

bool dmsci_sim_nvm_append(struct dmsc_sim *sim, unsigned file, struct dmsc_bytes data)
{
    struct dmsci_sim_file *f = &sim->fs.files[file];
    struct cut cut = cut_of(sim, data.n);
    unsigned oldest = (f->newest + f->records - 1u) % f->records;

    put(sim, sim->fs.content + f->content + (size_t)oldest * f->record_length, data, cut);
    /* The pointer moves as one bit does: before the cut or not at all. */
    if (!cut.now || sim->tear.outcome != DMSC_SIM_TEAR_OLD)
        f->newest = (uint8_t)oldest;
    return done(sim, f, cut.now);
}

bool dmsci_sim_nvm_allows(struct dmsc_sim *sim, size_t n)
{
    bool cut = cut_of(sim, n).now;
    bool make = !cut || sim->tear.outcome == DMSC_SIM_TEAR_NEW;

    if (cut) {
        sim->silent = true;
        sim->counts.torn++;
    }
    if (make) {
        sim->counts.nvm_writes++;
        sim->counts.nvm_bytes += n;
        sim->dirty = true;
    }
    return make;
}

void dmsc_sim_tear_at(struct dmsc_sim *sim, unsigned n, enum dmsc_sim_tear outcome)
{
    sim->tear = (struct dmsci_sim_tear){ n, 0, outcome };
}
