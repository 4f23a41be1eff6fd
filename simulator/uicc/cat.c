/* SPDX-License-Identifier: Apache-2.0 */
/* The card side of the toolkit: TS 102 223 clauses 6.4 to 6.8, TS 102 221 clause 11.2. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/card.h"

#define TYPE_REFRESH       0x01u
#define REFRESH_UICC_RESET 0x04u
#define ENVELOPE_SMS_PP    0xD1u
#define RESULT_BEYOND      0x30u /* 8.12: beyond the terminal's capabilities */

/* Command details (tag 01, with or without comprehension bit), the first object of a command
 * (6.6) and of a TERMINAL RESPONSE (6.8). */
static bool command_details(struct dmsc_bytes objects, struct dmsc_bytes *ret_details)
{
    struct dmsc_rd r = dmsc_rd(objects);
    struct dmsci_tlv tlv;

    if (!dmsci_ber_next(&r, &tlv) || (tlv.tag & 0x7F) != 0x01 || tlv.tag > 0xFF || tlv.value.n != 3)
        return false;
    *ret_details = tlv.value;
    return true;
}

static bool parse_command(struct dmsc_bytes command, struct dmsc_bytes *ret_details)
{
    struct dmsc_rd r = dmsc_rd(command);
    struct dmsci_tlv tlv;

    return dmsci_ber_next(&r, &tlv) && tlv.tag == 0xD0 && dmsc_rd_end(&r) == DMSC_OK &&
           command_details(tlv.value, ret_details);
}

enum dmsc_err dmsci_sim_cat_queue(struct dmsc_sim *sim, struct dmsc_bytes command, bool of_profile)
{
    struct dmsci_sim_proactive *fresh, **last = &sim->cat.queue;
    struct dmsc_bytes details;

    if (command.n > DMSCI_SIM_COMMAND_MAX || sim->cat.queued == DMSCI_SIM_QUEUE_MAX)
        return dmsci_fail(sim->ctx, DMSC_E_LIMIT, "queue a proactive command");
    if (!parse_command(command, &details)) {
        (void)dmsci_fail(sim->ctx, DMSC_E_MALFORMED, "queue a proactive command");
        dmsci_why(sim->ctx, "cat:command",
                  "not a D0 template with command details (TS 102 223 6.6)");
        return DMSC_E_MALFORMED;
    }
    fresh = dmsci_alloc(sim->ctx, sizeof(*fresh));
    if (fresh == NULL)
        return DMSC_E_NOMEM;
    fresh->of_profile = of_profile;
    fresh->number = details.p[0];
    fresh->type = details.p[1];
    fresh->qualifier = details.p[2];
    fresh->n = (uint16_t)command.n;
    dmsci_copy(fresh->bytes, command.p, command.n);
    while (*last != NULL)
        last = &(*last)->next;
    *last = fresh;
    sim->cat.queued++;
    return DMSC_OK;
}

enum dmsc_err dmsc_sim_queue(struct dmsc_sim *sim, struct dmsc_bytes command)
{
    return dmsci_sim_cat_queue(sim, command, false);
}

static void drop(struct dmsc_sim *sim, struct dmsci_sim_proactive **place)
{
    struct dmsci_sim_proactive *gone = *place;

    *place = gone->next;
    dmsci_free(sim->ctx, gone);
    sim->cat.queued--;
}

void dmsci_sim_cat_clear(struct dmsc_sim *sim)
{
    while (sim->cat.queue != NULL)
        drop(sim, &sim->cat.queue);
    dmsci_free(sim->ctx, sim->cat.outstanding);
    sim->cat.outstanding = NULL;
}

/* An applet begins anew after a reset: what the profile lists is asked again. */
void dmsci_sim_cat_reset(struct dmsc_sim *sim)
{
    struct dmsci_sim_proactive **place = &sim->cat.queue;
    struct dmsc_rd r = dmsc_rd(dmsc_buf_bytes(&sim->cat.commands));

    dmsci_free(sim->ctx, sim->cat.outstanding);
    sim->cat.outstanding = NULL;
    sim->cat.profile_n = 0;
    while (*place != NULL) {
        if ((*place)->of_profile)
            drop(sim, place);
        else
            place = &(*place)->next;
    }
    while (!r.bad && r.n > 0) {
        uint16_t n = dmsc_rd_u16(&r);

        if (dmsci_sim_cat_queue(sim, dmsc_rd_bytes(&r, n), true) != DMSC_OK) {
            dmsci_log(sim->ctx, DMSC_LOG_WARN, "sim", "a proactive command of the profile is lost");
            return;
        }
    }
}

/* 6.4.1: one command at a time; the next is announced when the one before was answered. */
unsigned dmsci_sim_cat_announce(struct dmsc_sim *sim)
{
    struct dmsci_sim_cat *cat = &sim->cat;

    if (cat->profile_n == 0 || cat->outstanding != NULL)
        return 0;
    while (cat->queue != NULL &&
           !dmsci_sim_cat_serves(cat, cat->queue->type, cat->queue->qualifier)) {
        uint8_t number = cat->queue->number;

        cat->told.skipped++;
        drop(sim, &cat->queue);
        dmsci_sim_toolkit_response(sim, number, RESULT_BEYOND, dmsc_bytes(NULL, 0));
    }
    return cat->queue != NULL ? cat->queue->n : 0;
}

/* 11.2.1. The toolkit is reachable on the basic channel only (10.1.1). */
uint16_t dmsci_sim_terminal_profile(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_cat *cat = &sim->cat;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    cat->profile_n =
        (uint8_t)(c->data.n < DMSCI_SIM_PROFILE_MAX ? c->data.n : DMSCI_SIM_PROFILE_MAX);
    dmsci_copy(cat->profile, c->data.p, cat->profile_n);
    dmsci_sim_toolkit_started(sim);
    return SW_OK;
}

/* 11.2.3 */
uint16_t dmsci_sim_fetch(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_cat *cat = &sim->cat;
    struct dmsci_sim_proactive *command;
    unsigned n = dmsci_sim_cat_announce(sim);

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n > 0 || c->le == 0)
        return SW_LENGTH;
    if (n == 0)
        return SW_CONDITIONS;
    if (!dmsci_sim_le_fits(sim, c, n))
        return dmsci_sim_wrong_le(n);
    command = cat->queue;
    dmsci_copy(sim->scratch, command->bytes, n);
    sim->reply = dmsc_bytes(sim->scratch, n);
    cat->queue = command->next;
    cat->queued--;
    /* 6.4.7: a REFRESH that resets the UICC is answered by the reset. */
    if (command->type == TYPE_REFRESH && command->qualifier == REFRESH_UICC_RESET)
        dmsci_free(sim->ctx, command);
    else
        cat->outstanding = command;
    return SW_OK;
}

/* 6.8: command details come back byte for byte, then device identities, then the result. */
static bool is_answer(const struct dmsci_sim_proactive *command, struct dmsc_bytes response,
                      uint8_t *ret_result)
{
    struct dmsc_bytes details;
    struct dmsc_rd r = dmsc_rd(response);
    struct dmsci_tlv tlv;
    bool has_result = false;

    if (!command_details(response, &details) || details.p[0] != command->number ||
        details.p[1] != command->type || details.p[2] != command->qualifier)
        return false;
    while (dmsci_ber_next(&r, &tlv)) {
        if ((tlv.tag & 0x7F) == 0x03 && tlv.tag <= 0xFF && tlv.value.n > 0 && !has_result) {
            *ret_result = tlv.value.p[0];
            has_result = true;
        }
    }
    return has_result && !r.bad;
}

/* 11.2.4 */
uint16_t dmsci_sim_terminal_response(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_cat *cat = &sim->cat;
    uint8_t number;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (cat->outstanding == NULL)
        return SW_CONDITIONS;
    if (!is_answer(cat->outstanding, c->data, &cat->told.result))
        return SW_BAD_DATA;
    dmsci_copy(cat->response, c->data.p, c->data.n);
    cat->told.response = dmsc_bytes(cat->response, c->data.n);
    cat->told.served++;
    number = cat->outstanding->number;
    dmsci_free(sim->ctx, cat->outstanding);
    cat->outstanding = NULL;
    dmsci_sim_toolkit_response(sim, number, cat->told.result, c->data);
    return SW_OK;
}

/* 11.2.2. What comes is kept for whoever asks; a short message may be for remote management. */
uint16_t dmsci_sim_envelope(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_cat *cat = &sim->cat;
    struct dmsc_rd r = dmsc_rd(c->data);
    struct dmsci_tlv tlv;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (cat->profile_n == 0)
        return SW_CONDITIONS;
    if (cat->outstanding != NULL)
        return SW_BUSY;
    if (!dmsci_ber_next(&r, &tlv) || dmsc_rd_end(&r) != DMSC_OK || tlv.tag < 0xD1 || tlv.tag > 0xE4)
        return SW_BAD_DATA;
    dmsci_copy(cat->envelope, c->data.p, c->data.n);
    cat->told.envelope = dmsc_bytes(cat->envelope, c->data.n);
    cat->told.envelopes++;
    dmsci_sim_toolkit_envelope(sim, (uint8_t)tlv.tag, tlv.value);
    return tlv.tag == ENVELOPE_SMS_PP && sim->ota != NULL ? dmsci_sim_ota_envelope(sim, c->data)
                                                          : SW_OK;
}

uint8_t dmsci_sim_command_number(struct dmsc_sim *sim)
{
    sim->cat.number = (uint8_t)(sim->cat.number % 254 + 1);
    return sim->cat.number;
}

void dmsc_sim_toolkit(const struct dmsc_sim *sim, struct dmsc_sim_toolkit *ret_toolkit)
{
    *ret_toolkit = sim->cat.told;
    ret_toolkit->profile = sim->cat.profile_n > 0;
    ret_toolkit->waiting = sim->cat.queued;
    ret_toolkit->outstanding = sim->cat.outstanding != NULL;
}
