/* SPDX-License-Identifier: Apache-2.0 */
/* TERMINAL CAPABILITY, GET CHALLENGE, SUSPEND and RESUME: TS 102 221 clauses 11.1.18, 11.1.19 and
 * 11.1.22. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/card.h"
#include <dmsc/secret.h>

#define TOKEN_SIZE       8u
#define LONGEST_SECONDS  (30u * 86400u) /* this card keeps its state for thirty days */
#define EF_UMPC          0x2F08u
#define UMPC_MAY_SUSPEND 0x02u

/* 11.1.1.4.6.8: b1 of '87' in the FCP of the MF. */
static bool capability_is_wanted(const struct dmsc_sim *sim)
{
    struct dmsc_bytes value;

    return dmsci_ber_find(dmsci_sim_fs_slice(&sim->fs, sim->fs.info[0].proprietary), 0x87,
                          &value) &&
           value.n > 0 && (value.p[0] & 1) != 0;
}

uint16_t dmsci_sim_terminal_capability(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsc_rd r = dmsc_rd(c->data);
    struct dmsci_tlv tlv, inner;
    struct dmsc_rd objects;

    if (!capability_is_wanted(sim))
        return SW_INS;
    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (!dmsci_ber_next(&r, &tlv) || tlv.tag != 0xA9 || dmsc_rd_end(&r) != DMSC_OK)
        return SW_BAD_DATA;
    objects = dmsc_rd(tlv.value);
    while (dmsci_ber_next(&objects, &inner))
        ;
    if (objects.bad)
        return SW_BAD_DATA;
    /* It comes before the first application is selected. */
    for (unsigned i = 0; i < sim->n_channels; i++) {
        if (sim->channels[i].open && sim->channels[i].adf != DMSCI_SIM_NO_FILE)
            return SW_CONDITIONS;
    }
    sim->capability_n =
        (uint8_t)(tlv.value.n < sizeof(sim->capability) ? tlv.value.n : sizeof(sim->capability));
    dmsci_copy(sim->capability, tlv.value.p, sim->capability_n);
    return SW_OK;
}

uint16_t dmsci_sim_get_challenge(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n != 0 || c->le == 0)
        return SW_LENGTH;
    dmsci_sim_random(sim, sim->scratch, c->le);
    sim->reply = dmsc_bytes(sim->scratch, c->le);
    return SW_OK;
}

/* GET DATA of an applet (GPD_SPE_013 clause 4.1): what it answers to P1 P2 stands in a file of this
 * identifier below it. Of an access rule application that is FF40, all rules, and DF20. */
uint16_t dmsci_sim_get_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    uint16_t tag = (uint16_t)(c->p1 << 8 | c->p2);
    struct dmsc_rd r;
    struct dmsci_tlv tlv;
    unsigned file;
    uint16_t sw;

    if (!sim->fs.info[c->channel->df].applet)
        return SW_INS; /* the current DF is no applet */
    file = dmsci_sim_fs_child(&sim->fs, c->channel->df, tag);
    if (c->data.n > 0 || c->le == 0)
        return SW_LENGTH;
    if (file == DMSCI_SIM_NO_FILE || sim->fs.files[file].kind != DMSCI_SIM_TRANSPARENT)
        return SW_REFERENCE;
    sw = dmsci_sim_may(sim, file, DMSCI_ARR_READ, c);
    if (sw != SW_OK)
        return sw;
    r = dmsc_rd(
        dmsc_bytes(sim->fs.content + sim->fs.files[file].content, sim->fs.files[file].size));
    if (!dmsci_ber_next(&r, &tlv) || tlv.tag != tag)
        return SW_REFERENCE;
    sim->reply =
        dmsc_bytes(sim->fs.content + sim->fs.files[file].content, sim->fs.files[file].size - r.n);
    if (sim->reply.n > 256)
        return SW_NO_ROOM;
    /* T=1 with Le 00 takes what comes; T=0 answers 6Cxx. */
    return SW_OK;
}

/* Table 11.34: unit and number. @return UINT32_MAX for a unit that is none */
static uint32_t seconds(const uint8_t duration[2])
{
    static const uint32_t units[] = { 1, 60, 3600, 86400, 864000 };

    return duration[0] < DMSCI_ARRAY_LEN(units) ? units[duration[0]] * duration[1] : UINT32_MAX;
}

static bool may_suspend(const struct dmsc_sim *sim)
{
    unsigned file = dmsci_sim_fs_child(&sim->fs, 0, EF_UMPC);
    const struct dmsci_sim_file *f = file == DMSCI_SIM_NO_FILE ? NULL : &sim->fs.files[file];

    return f != NULL && f->kind == DMSCI_SIM_TRANSPARENT && f->size >= 3 &&
           (sim->fs.content[f->content + 2] & UMPC_MAY_SUSPEND) != 0;
}

static void put_aside(struct dmsc_sim *sim, struct dmsci_sim_suspended *s)
{
    dmsci_sim_random(sim, s->token, sizeof(s->token));
    for (unsigned i = 0; i < DMSCI_SIM_CHANNELS_MAX; i++)
        s->channels[i] = sim->channels[i];
    for (unsigned i = 0; i < DMSCI_SIM_KEY_SETS_MAX; i++)
        s->verified[i] = sim->fs.key_sets[i].verified;
    dmsci_copy(s->profile, sim->cat.profile, sizeof(s->profile));
    s->profile_n = sim->cat.profile_n;
    s->valid = true;
    s->resumes = false;
}

static uint16_t suspend(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    uint32_t least, most;

    if (c->data.n != 4)
        return SW_LENGTH;
    least = seconds(c->data.p);
    most = seconds(c->data.p + 2);
    if (least == UINT32_MAX || most == UINT32_MAX || least > most)
        return SW_BAD_DATA;
    if (least > LONGEST_SECONDS)
        return SW_SUSPEND_TIME;
    if (sim->cat.outstanding != NULL || dmsci_sim_cat_announce(sim) > 0)
        return SW_CONDITIONS;
    if (!dmsci_sim_le_fits(sim, c, 2 + TOKEN_SIZE))
        return dmsci_sim_wrong_le(2 + TOKEN_SIZE);
    if (sim->suspended == NULL)
        sim->suspended = dmsci_alloc(sim->ctx, sizeof(*sim->suspended));
    if (sim->suspended == NULL)
        return SW_MEMORY;
    put_aside(sim, sim->suspended);
    sim->scratch[0] = most > LONGEST_SECONDS ? 0x03 : c->data.p[2];
    sim->scratch[1] = most > LONGEST_SECONDS ? LONGEST_SECONDS / 86400u : c->data.p[3];
    dmsci_copy(sim->scratch + 2, sim->suspended->token, TOKEN_SIZE);
    sim->reply = dmsc_bytes(sim->scratch, 2 + TOKEN_SIZE);
    return SW_OK;
}

static uint16_t resume(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_suspended *s = sim->suspended;

    if (c->data.n != TOKEN_SIZE)
        return SW_LENGTH;
    if (s == NULL || !s->valid || !s->resumes)
        return SW_CONDITIONS;
    s->valid = false;
    if (!dmsc_ct_equal(dmsc_bytes(s->token, TOKEN_SIZE), c->data))
        return SW_SECURITY;
    for (unsigned i = 0; i < DMSCI_SIM_CHANNELS_MAX; i++)
        sim->channels[i] = s->channels[i];
    for (unsigned i = 0; i < DMSCI_SIM_KEY_SETS_MAX; i++)
        sim->fs.key_sets[i].verified = s->verified[i];
    dmsci_copy(sim->cat.profile, s->profile, sizeof(s->profile));
    sim->cat.profile_n = s->profile_n;
    dmsci_sim_keys_changed(sim);
    return SW_OK;
}

uint16_t dmsci_sim_suspend(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    if (!may_suspend(sim))
        return SW_INS;
    if (c->p1 > 1 || c->p2 != 0)
        return SW_P1P2;
    return c->p1 == 0 ? suspend(sim, c) : resume(sim, c);
}
