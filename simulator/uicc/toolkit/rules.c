/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on the terminal's side, and the commands that answer it. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/toolkit/toolkit.h"

#define TAG_EVENT_LIST 0x19u
#define TAG_ITEM       0x10u
#define TAG_TIMER      0x24u

static void send_commands(struct dmsc_sim *sim, const struct dmsci_sim_rule_on *rule)
{
    struct dmsc_rd r =
        dmsc_rd(dmsc_bytes(sim->toolkit->commands.p + rule->sends.at, rule->sends.n));

    while (!r.bad && r.n > 0) {
        uint16_t n = dmsc_rd_u16(&r);

        if (dmsci_sim_cat_queue(sim, dmsc_rd_bytes(&r, n), true) != DMSC_OK)
            dmsci_log(sim->ctx, DMSC_LOG_WARN, "sim", "a proactive command of a rule is lost");
    }
}

static void happened(struct dmsc_sim *sim, enum dmsci_sim_trigger trigger, uint8_t number)
{
    for (unsigned i = 0; i < sim->toolkit->n_rules; i++) {
        const struct dmsci_sim_rule_on *rule = &sim->toolkit->rules[i];

        if (rule->trigger != trigger || rule->number != number)
            continue;
        send_commands(sim, rule);
        if (rule->pulls)
            dmsci_sim_applet_begin(sim);
    }
}

void dmsci_sim_toolkit_started(struct dmsc_sim *sim)
{
    if (sim->toolkit != NULL)
        happened(sim, DMSCI_SIM_ON_START, 0);
}

static const struct {
    uint8_t envelope, tag;
    enum dmsci_sim_trigger trigger;
} triggers[] = {
    { 0xD3, TAG_ITEM, DMSCI_SIM_ON_MENU },        /* TS 102 223 7.1 */
    { 0xD6, TAG_EVENT_LIST, DMSCI_SIM_ON_EVENT }, /* 7.5 */
    { 0xD7, TAG_TIMER, DMSCI_SIM_ON_TIMER },      /* 7.4 */
};

void dmsci_sim_toolkit_envelope(struct dmsc_sim *sim, uint8_t envelope, struct dmsc_bytes objects)
{
    for (unsigned i = 0; sim->toolkit != NULL && i < DMSCI_ARRAY_LEN(triggers); i++) {
        struct dmsc_rd r = dmsc_rd(objects);
        struct dmsci_tlv tlv;

        if (triggers[i].envelope != envelope)
            continue;
        while (dmsci_ber_next(&r, &tlv)) {
            if (tlv.tag > 0xFF || (tlv.tag & 0x7F) != triggers[i].tag || tlv.value.n != 1)
                continue;
            if (triggers[i].trigger == DMSCI_SIM_ON_EVENT)
                dmsci_sim_applet_event(sim, tlv.value.p[0], objects);
            happened(sim, triggers[i].trigger, tlv.value.p[0]);
            return;
        }
    }
}

void dmsci_sim_toolkit_response(struct dmsc_sim *sim, uint8_t number, uint8_t result,
                                struct dmsc_bytes objects)
{
    if (sim->toolkit != NULL)
        dmsci_sim_applet_response(sim, number, result, objects);
}

void dmsci_sim_toolkit_reset(struct dmsc_sim *sim)
{
    if (sim->toolkit != NULL)
        dmsci_sim_applet_reset(&sim->toolkit->applet);
}
