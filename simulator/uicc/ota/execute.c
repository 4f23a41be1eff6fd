/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts of remote management: TS 102 226 clauses 5.1, 5.2 and 6.2. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/ota/ota.h"

#define INS_GET_RESPONSE 0xC0u
#define INS_DELETE_FILE  0xE4u
#define RAPDU_DATA_MAX   256u

/* 6.2.1: what a script may hold. */
static const uint8_t allowed[] = {
    0x04, 0x20, 0x24, 0x26, 0x28, 0x2C, 0x32, 0x44, 0xA2, 0xA4, 0xB0,
    0xB2, 0xCB, 0xD4, 0xD6, 0xDB, 0xDC, 0xE0, 0xE4, 0xE6, 0xE8, 0xF2
};
static const uint8_t writing[] = { 0x32, 0xD6, 0xDB, 0xDC };

static bool is_one_of(const uint8_t *list, size_t n, uint8_t ins)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == ins)
            return true;
    }
    return false;
}

static bool is_good(uint16_t sw)
{
    return sw == SW_OK || (sw & 0xFF00) == SW_MORE || (sw & 0xFF00) == 0x6200 ||
           (sw & 0xFF00) == 0x6300;
}

static void note_change(struct dmsci_sim_ota_run *run)
{
    if (run->all_changed)
        return;
    for (unsigned i = 0; i < run->n_changed; i++) {
        if (run->changed[i] == run->channel.ef)
            return;
    }
    if (run->channel.ef == DMSCI_SIM_NO_FILE)
        return;
    if (run->n_changed == DMSCI_SIM_OTA_CHANGED_MAX)
        run->all_changed = true;
    else
        run->changed[run->n_changed++] = run->channel.ef;
}

/* Header, Lc and data, Le as far as they are there. The compact format has one length (5.1.1). */
static bool parse(struct dmsc_bytes capdu, bool compact, struct dmsci_sim_apdu *c)
{
    struct dmsc_rd r = dmsc_rd(capdu);
    uint8_t p3;

    c->cla = dmsc_rd_u8(&r);
    c->ins = dmsc_rd_u8(&r);
    c->p1 = dmsc_rd_u8(&r);
    c->p2 = dmsc_rd_u8(&r);
    if (r.n == 0)
        return !r.bad;
    p3 = dmsc_rd_u8(&r);
    if (r.n == 0) {
        bool is_lc = compact && dmsci_script_has_data(dmsc_bytes(capdu.p, 5));

        c->le = is_lc ? 0 : p3 == 0 ? 256 : p3;
        return !is_lc || p3 == 0;
    }
    c->data = dmsc_rd_bytes(&r, p3);
    if (r.n > 0)
        c->le = dmsc_rd_u8(&r);
    if (capdu.n == 6u + p3 && c->le == 0)
        c->le = 256;
    return p3 > 0 && dmsc_rd_end(&r) == DMSC_OK;
}

/* What GET RESPONSE fetches of the command before it: the compact format is one of T=0. */
static uint16_t get_response(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                             struct dmsc_bytes waiting)
{
    if (waiting.n == 0)
        return SW_TECHNICAL;
    if (c->p1 != 0 || c->p2 != 0 || c->data.n > 0)
        return SW_P1P2;
    if (c->le != 256 && c->le > waiting.n)
        return dmsci_sim_wrong_le(waiting.n);
    sim->reply = dmsc_bytes(waiting.p, c->le < waiting.n ? c->le : waiting.n);
    return SW_OK;
}

/* @param waiting of the command before; what this one leaves to be fetched comes back in it */
static uint16_t one(struct dmsc_sim *sim, struct dmsci_sim_ota_run *run, struct dmsc_bytes capdu,
                    bool compact, struct dmsc_bytes *waiting)
{
    struct dmsci_sim_apdu c = { .channel = &run->channel };
    struct dmsc_bytes before = *waiting;
    uint16_t sw;

    sim->reply = dmsc_bytes(NULL, 0);
    *waiting = sim->reply;
    if (!parse(capdu, compact, &c))
        return SW_LENGTH;
    if (compact && c.ins == INS_GET_RESPONSE)
        return get_response(sim, &c, before);
    if (!is_one_of(allowed, sizeof(allowed), c.ins))
        return SW_INS;
    if (compact && c.data.n > 0)
        c.le = 256; /* it comes with GET RESPONSE */
    sw = dmsci_sim_run_command(sim, &c);
    if (sw == SW_OK && is_one_of(writing, sizeof(writing), c.ins))
        note_change(run);
    if (sw == SW_OK && c.ins == INS_DELETE_FILE) {
        run->n_changed = 0; /* the files behind it have other indices now */
        run->all_changed = true;
    }
    if (sw == SW_OK && compact && c.data.n > 0 && sim->reply.n > 0) {
        *waiting = sim->reply;
        sim->reply = dmsc_bytes(NULL, 0);
        sw = (uint16_t)(SW_MORE | (waiting->n & 0xFF));
    } else if (c.le == 0) {
        sim->reply = dmsc_bytes(NULL, 0);
    }
    return sw;
}

/* 5.2.2: "bad format" in the template of an expanded script; a compact one has its SW alone. */
static void put_bad_format(struct dmsc_wr *w, struct dmsc_bytes script, uint8_t fault)
{
    const struct dmsci_compact_response nothing = { 0, SW_LENGTH, { NULL, 0 } };
    uint8_t body[8];
    struct dmsc_wr inner = dmsc_wr(body, sizeof(body));
    uint8_t tag = script.n > 0 ? script.p[0] : 0;

    if (tag != DMSCI_SCRIPT_COMMAND && tag != DMSCI_SCRIPT_COMMAND_INDEFINITE) {
        dmsci_compact_response_encode(&nothing, w);
        return;
    }
    dmsci_script_put_executed(&inner, 0);
    dmsci_script_put(&inner, DMSCI_SCRIPT_BAD_FORMAT, dmsc_bytes(&fault, 1));
    dmsci_script_encode(tag == DMSCI_SCRIPT_COMMAND ? DMSCI_SCRIPT_RESPONSE
                                                    : DMSCI_SCRIPT_RESPONSE_INDEFINITE,
                        dmsc_bytes(body, inner.n), w);
}

static void queue_action(struct dmsc_sim *sim, struct dmsc_bytes objects)
{
    uint8_t command[DMSCI_SIM_COMMAND_MAX];
    struct dmsc_wr w = dmsc_wr(command, sizeof(command));

    dmsci_ber_put(&w, 0xD0, objects);
    if (w.bad || dmsc_sim_queue(sim, dmsc_bytes(command, w.n)) != DMSC_OK)
        dmsci_log(sim->ctx, DMSC_LOG_WARN, "ota", "an action of a script is no command");
}

/* 5.2.1.1, 5.2.1.2: a proactive command without its template. Records of EF(RMA) are not served. */
static bool is_action(struct dmsc_bytes value)
{
    return value.n > 1;
}

struct expanded {
    struct dmsc_bytes immediate, on_error;
    uint8_t body[DMSCI_SIM_OTA_ANSWER_MAX];
    struct dmsc_wr w;
};

/* 5.2.2: R-APDUs, one for each command, behind the number of them. */
static void put_rapdu(struct dmsc_sim *sim, struct expanded *e, uint16_t sw)
{
    uint8_t rapdu[RAPDU_DATA_MAX + 2];
    struct dmsc_wr w = dmsc_wr(rapdu, sizeof(rapdu));

    dmsc_wr_bytes(&w, sim->reply);
    dmsc_wr_u16(&w, sw);
    dmsci_script_put(&e->w, DMSCI_SCRIPT_R_APDU, dmsc_bytes(rapdu, w.n));
}

/* false: the script ends here. */
static bool one_object(struct dmsc_sim *sim, struct dmsci_sim_ota_run *run, struct expanded *e,
                       const struct dmsci_script_item *item)
{
    const uint8_t unsupported = DMSCI_SCRIPT_CHAINING_UNSUPPORTED;
    struct dmsc_bytes waiting = { NULL, 0 };

    switch (item->tag) {
    case DMSCI_SCRIPT_IMMEDIATE:
        e->immediate = item->value;
        return true;
    case DMSCI_SCRIPT_ERROR:
        e->on_error = item->value;
        return true;
    case DMSCI_SCRIPT_CHAINING:
        dmsci_script_put(&e->w, DMSCI_SCRIPT_CHAINING, dmsc_bytes(&unsupported, 1));
        return false;
    default:
        run->executed++;
        run->sw = one(sim, run, item->value, false, &waiting);
        put_rapdu(sim, e, run->sw);
        run->failed = !is_good(run->sw);
        return !run->failed && !sim->silent;
    }
}

static void run_expanded(struct dmsc_sim *sim, struct dmsci_sim_ota_run *run,
                         const struct dmsci_script *script)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    struct dmsci_script_item item;
    struct expanded e = { .immediate = { NULL, 0 } };
    uint8_t whole[DMSCI_SIM_OTA_ANSWER_MAX + 8];
    struct dmsc_wr w = dmsc_wr(whole, sizeof(whole));

    e.w = dmsc_wr(e.body, sizeof(e.body));
    while (dmsci_script_next(script, &r, &item) && one_object(sim, run, &e, &item)) {}
    if (run->failed && is_action(e.on_error))
        queue_action(sim, e.on_error);
    if (!run->failed && is_action(e.immediate))
        queue_action(sim, e.immediate);
    dmsci_script_put_executed(&w, run->executed);
    dmsc_wr_bytes(&w, dmsc_bytes(e.body, e.w.n));
    run->answer.bad = run->answer.bad || e.w.bad || w.bad;
    dmsci_script_encode(script->format == DMSCI_SCRIPT_COMMAND ? DMSCI_SCRIPT_RESPONSE
                                                               : DMSCI_SCRIPT_RESPONSE_INDEFINITE,
                        dmsc_bytes(whole, w.n), &run->answer);
}

static void run_compact(struct dmsc_sim *sim, struct dmsci_sim_ota_run *run,
                        const struct dmsci_script *script)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    struct dmsc_bytes waiting = { NULL, 0 };
    struct dmsci_compact_response response;
    struct dmsci_script_item item;

    while (!run->failed && !sim->silent && dmsci_script_next(script, &r, &item)) {
        run->executed++;
        run->sw = one(sim, run, item.value, true, &waiting);
        run->failed = !is_good(run->sw);
    }
    response = (struct dmsci_compact_response){ (uint8_t)run->executed, run->sw, sim->reply };
    dmsci_compact_response_encode(&response, &run->answer);
}

static void start(struct dmsc_sim *sim, struct dmsci_sim_ota_run *run)
{
    struct dmsc_bytes aid = dmsc_bytes(run->application->aid, run->application->aid_n);

    run->channel = (struct dmsci_sim_channel){ .open = true,
                                               .ef = DMSCI_SIM_NO_FILE,
                                               .adf = DMSCI_SIM_NO_FILE };
    for (unsigned i = 0; aid.n > 0 && i < sim->fs.n_adfs; i++) {
        uint16_t adf = sim->fs.adfs[i];

        if (dmsc_bytes_equal(dmsci_sim_fs_slice(&sim->fs, sim->fs.info[adf].aid), aid)) {
            run->channel.df = adf;
            run->channel.adf = adf;
        }
    }
}

void dmsci_sim_ota_execute(struct dmsc_sim *sim,
                           const struct dmsci_sim_ota_application *application,
                           struct dmsc_bytes bytes, struct dmsc_wr *w)
{
    struct dmsci_sim_ota_run run = { .application = application, .answer = *w, .sw = SW_OK };
    struct dmsci_sim_verified kept;
    enum dmsci_script_fault fault = DMSCI_SCRIPT_FINE;
    struct dmsci_script script;
    bool t1 = sim->t1;

    if (dmsci_script_decode(bytes, &script, &fault) != DMSC_OK) {
        put_bad_format(w, bytes,
                       (uint8_t)(fault != DMSCI_SCRIPT_FINE ? fault : DMSCI_SCRIPT_WRONG_LENGTH));
        return;
    }
    start(sim, &run);
    dmsci_sim_domain_enter(sim, application->domain, &kept);
    sim->script_channel = &run.channel;
    sim->t1 = true; /* Le 00 is "all there is", in both formats */
    if (script.format == DMSCI_SCRIPT_COMPACT)
        run_compact(sim, &run, &script);
    else
        run_expanded(sim, &run, &script);
    sim->t1 = t1;
    sim->script_channel = NULL;
    dmsci_sim_domain_leave(sim, &kept);
    if (application->refreshes && (run.n_changed > 0 || run.all_changed))
        dmsci_sim_ota_refresh(sim, &run);
    *w = run.answer;
}
