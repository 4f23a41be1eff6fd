/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/fault.h"
#include "simulator/uicc/card.h"
#include <time.h>

#define PAGE_SIZE_DEFAULT 64u
#define PAGE_SIZE_MAX     256u

/* SplitMix64: small, and every seed is as good as another. Not for secrets. */
static uint64_t next_random(struct dmsc_sim *sim)
{
    uint64_t z = sim->random += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void dmsci_sim_random(struct dmsc_sim *sim, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(next_random(sim) >> 32);
}

void dmsc_sim_seed(struct dmsc_sim *sim, uint64_t seed)
{
    sim->random = seed;
}

static enum dmsc_err faults(struct dmsc_sim *sim, struct dmsci_sim_faults **ret)
{
    if (sim->faults == NULL)
        sim->faults = dmsci_alloc(sim->ctx, sizeof(*sim->faults));
    *ret = sim->faults;
    return sim->faults == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

void dmsci_sim_faults_free(struct dmsc_sim *sim)
{
    if (sim->faults != NULL)
        dmsci_free(sim->ctx, sim->faults->wear);
    dmsci_free(sim->ctx, sim->faults);
    sim->faults = NULL;
}

enum dmsc_err dmsc_sim_fault_add(struct dmsc_sim *sim, const struct dmsc_sim_fault *fault)
{
    struct dmsci_sim_faults *all;
    enum dmsc_err err = faults(sim, &all);

    if (err != DMSC_OK)
        return err;
    if (all->n == DMSCI_SIM_FAULTS_MAX)
        return dmsci_fail(sim->ctx, DMSC_E_LIMIT, "make a card fail in more than %u ways",
                          DMSCI_SIM_FAULTS_MAX);
    all->rules[all->n++] = (struct dmsci_sim_fault_rule){ .fault = *fault };
    if (fault->kind == DMSC_SIM_FAULT_CUT && fault->byte > 0)
        sim->tear = (struct dmsci_sim_tear){ 0, fault->byte, fault->outcome };
    if (fault->kind == DMSC_SIM_FAULT_CUT && fault->write > 0)
        sim->tear = (struct dmsci_sim_tear){ fault->write, 0, fault->outcome };
    return DMSC_OK;
}

void dmsc_sim_fault_clear(struct dmsc_sim *sim)
{
    if (sim->faults != NULL)
        sim->faults->n = 0;
    sim->tear = (struct dmsci_sim_tear){ 0 };
}

enum dmsc_err dmsc_sim_set_timing(struct dmsc_sim *sim, const struct dmsc_sim_timing *timing)
{
    unsigned size = timing->page_size == 0 ? PAGE_SIZE_DEFAULT : timing->page_size;
    size_t pages = sim->fs.content_n / size + 1;
    struct dmsci_sim_faults *all;
    uint32_t *wear;
    enum dmsc_err err = faults(sim, &all);

    if (err != DMSC_OK)
        return err;
    if (size > PAGE_SIZE_MAX)
        return dmsci_fail(sim->ctx, DMSC_E_ARG, "use pages of %u bytes: at most %u", size,
                          PAGE_SIZE_MAX);
    wear = dmsci_calloc(sim->ctx, pages, sizeof(*wear));
    if (wear == NULL)
        return DMSC_E_NOMEM;
    dmsci_free(sim->ctx, all->wear);
    all->wear = wear;
    all->pages = pages;
    all->timing = *timing;
    all->timing.page_size = size;
    return DMSC_OK;
}

/* Files that came later may lie beyond the pages there were: those are not counted. */
void dmsci_sim_wear(struct dmsc_sim *sim, size_t offset, size_t n)
{
    struct dmsci_sim_faults *all = sim->faults;
    size_t size = all->timing.page_size;

    if (all->wear == NULL || n == 0)
        return;
    for (size_t page = offset / size; page <= (offset + n - 1) / size; page++) {
        all->written++;
        if (page < all->pages)
            all->wear[page]++;
    }
}

void dmsc_sim_wear(const struct dmsc_sim *sim, struct dmsc_sim_wear *ret_wear)
{
    const struct dmsci_sim_faults *all = sim->faults;

    *ret_wear = (struct dmsc_sim_wear){ 0 };
    if (all == NULL || all->wear == NULL)
        return;
    ret_wear->page_size = all->timing.page_size;
    ret_wear->pages = all->pages;
    for (size_t i = 0; i < all->pages; i++) {
        ret_wear->writes += all->wear[i];
        if (all->wear[i] > ret_wear->most) {
            ret_wear->most = all->wear[i];
            ret_wear->most_at = i;
        }
    }
}

/* The first rule that strikes this command. All rules count it. */
static struct dmsci_sim_fault_rule *due(struct dmsc_sim *sim, struct dmsc_bytes capdu)
{
    struct dmsci_sim_faults *all = sim->faults;
    struct dmsci_sim_fault_rule *found = NULL;

    for (unsigned i = 0; i < all->n; i++) {
        struct dmsci_sim_fault_rule *rule = &all->rules[i];
        const struct dmsc_sim_fault *f = &rule->fault;
        unsigned times = f->times == 0 && f->at > 0 ? 1 : f->times;

        if ((f->only_ins && (capdu.n < 2 || capdu.p[1] != f->ins)) || f->byte > 0 || f->write > 0)
            continue;
        if (++rule->seen < f->at || (times > 0 && rule->fired >= times) || found != NULL)
            continue;
        if (f->chance > 0 && next_random(sim) % 1000 >= f->chance)
            continue;
        rule->fired++;
        found = rule;
    }
    return found;
}

static enum dmsc_err gone(struct dmsc_sim *sim, enum dmsc_err err)
{
    (void)dmsci_fail(sim->ctx, err, "send a command to the software UICC");
    dmsci_why(sim->ctx, "sim:fault", "it was asked to fail here");
    return err;
}

/* The command as a power cut finds it: before it, after it, or in its first write. */
static enum dmsc_err run_cut(struct dmsc_sim *sim, const struct dmsc_sim_fault *f,
                             struct dmsc_bytes capdu, uint8_t *ret_rapdu, size_t *ret_n)
{
    if (f->outcome != DMSC_SIM_TEAR_OLD) {
        sim->tear =
            (struct dmsci_sim_tear){ f->outcome == DMSC_SIM_TEAR_NEW ? 0 : 1, 0, f->outcome };
        (void)!dmsci_sim_run(sim, capdu, ret_rapdu, ret_n);
        sim->tear = (struct dmsci_sim_tear){ 0 };
    }
    if (!sim->silent)
        sim->counts.torn++;
    sim->silent = true;
    return gone(sim, DMSC_E_REMOVED);
}

/* More data than there are, before the status word. */
static void lengthen(struct dmsc_sim *sim, unsigned more, uint8_t *rapdu, size_t *n)
{
    uint8_t sw[2] = { rapdu[*n - 2], rapdu[*n - 1] };

    if (more > DMSC_RAPDU_MAX - *n)
        more = (unsigned)(DMSC_RAPDU_MAX - *n);
    dmsci_sim_random(sim, rapdu + *n - 2, more);
    *n += more;
    dmsci_copy(rapdu + *n - 2, sw, sizeof(sw));
}

static enum dmsc_err run_with(struct dmsc_sim *sim, const struct dmsc_sim_fault *f,
                              struct dmsc_bytes capdu, uint8_t *ret_rapdu, size_t *ret_n)
{
    enum dmsc_err err;
    uint64_t bit;

    sim->counts.faults++;
    if (f->kind == DMSC_SIM_FAULT_CUT)
        return run_cut(sim, f, capdu, ret_rapdu, ret_n);
    if (f->kind == DMSC_SIM_FAULT_REMOVE) {
        sim->silent = true;
        return gone(sim, DMSC_E_REMOVED);
    }
    if (f->kind == DMSC_SIM_FAULT_SW) {
        ret_rapdu[0] = (uint8_t)(f->sw >> 8);
        ret_rapdu[1] = (uint8_t)f->sw;
        *ret_n = 2;
        return DMSC_OK;
    }
    err = dmsci_sim_run(sim, capdu, ret_rapdu, ret_n);
    if (err == DMSC_OK && f->kind == DMSC_SIM_FAULT_SILENCE)
        return gone(sim, DMSC_E_TIMEOUT);
    if (err == DMSC_OK && f->kind == DMSC_SIM_FAULT_LONG)
        lengthen(sim, f->more, ret_rapdu, ret_n);
    if (err == DMSC_OK && f->kind == DMSC_SIM_FAULT_FLIP) {
        bit = next_random(sim) % (8 * (uint64_t)*ret_n);
        ret_rapdu[bit / 8] = (uint8_t)(ret_rapdu[bit / 8] ^ 1u << bit % 8);
    }
    return err;
}

/* The time a real line and a real memory would have taken. */
static void spend(struct dmsc_sim *sim, size_t bytes)
{
    const struct dmsc_sim_timing *t = &sim->faults->timing;
    unsigned long long us = (unsigned long long)bytes * t->byte_us +
                            (unsigned long long)sim->faults->written * t->page_us;
    const struct timespec pause = { (time_t)(us / 1000000u), (long)(us % 1000000u * 1000u) };

    sim->counts.elapsed_us += us;
    if (t->real && us > 0)
        (void)nanosleep(&pause, NULL);
}

enum dmsc_err dmsci_sim_transmit_faulty(struct dmsc_sim *sim, struct dmsc_bytes capdu,
                                        uint8_t ret_rapdu[DMSC_RAPDU_MAX], size_t *ret_n)
{
    struct dmsci_sim_fault_rule *rule = due(sim, capdu);
    enum dmsc_err err;

    sim->faults->written = 0;
    err = rule != NULL ? run_with(sim, &rule->fault, capdu, ret_rapdu, ret_n)
                       : dmsci_sim_run(sim, capdu, ret_rapdu, ret_n);
    spend(sim, capdu.n + (err == DMSC_OK ? *ret_n : 0));
    return err;
}
