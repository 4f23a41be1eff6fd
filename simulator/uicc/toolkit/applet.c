/* SPDX-License-Identifier: Apache-2.0 */
/* An applet that pulls a URL over BIP (TS 102 223 clauses 6.4.27 to 6.4.31) and keeps the answer.
 */
#include "apdu/codec/ber.h"
#include "simulator/uicc/toolkit/toolkit.h"
#include <stdio.h>

#define SEND_MAX       200u
#define RECEIVE_MAX    237u /* what one TERMINAL RESPONSE can hold */
#define DEVICE_UICC    0x81u
#define DEVICE_ME      0x82u
#define DEVICE_CHANNEL 0x20u
#define EVENT_DATA     0x09u
#define EVENT_CHANNEL  0x0Au

/* Objects without their comprehension bit (TS 102 223 clause 9.3). */
static bool find_object(struct dmsc_bytes objects, uint8_t tag, struct dmsc_bytes *ret_value)
{
    struct dmsc_rd r = dmsc_rd(objects);
    struct dmsci_tlv tlv;

    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag <= 0xFF && (tlv.tag & 0x7F) == tag) {
            *ret_value = tlv.value;
            return true;
        }
    }
    return false;
}

static struct dmsci_sim_applet *applet_of(struct dmsc_sim *sim)
{
    return sim->toolkit == NULL || !sim->toolkit->applet.present ? NULL : &sim->toolkit->applet;
}

/* Queue a command, whose answer leads on from @p step. */
static void command(struct dmsc_sim *sim, uint8_t type, uint8_t qualifier, uint8_t device,
                    struct dmsc_bytes objects, enum dmsci_sim_applet_step step)
{
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    const uint8_t number = dmsci_sim_command_number(sim);
    const uint8_t details[] = { number, type, qualifier }, devices[] = { DEVICE_UICC, device };
    uint8_t body[DMSCI_SIM_COMMAND_MAX], bytes[DMSCI_SIM_COMMAND_MAX];
    struct dmsc_wr w = dmsc_wr(body, sizeof(body));

    dmsci_ber_put(&w, 0x81, dmsc_bytes(details, sizeof(details)));
    dmsci_ber_put(&w, 0x82, dmsc_bytes(devices, sizeof(devices)));
    dmsc_wr_bytes(&w, objects);
    objects = dmsc_bytes(body, w.n);
    w = dmsc_wr(bytes, sizeof(bytes));
    dmsci_ber_put(&w, 0xD0, objects);
    applet->step = step;
    applet->number = number;
    if (dmsci_sim_cat_queue(sim, dmsc_bytes(bytes, w.n), true) != DMSC_OK) {
        dmsci_log(sim->ctx, DMSC_LOG_WARN, "applet", "no room for a command");
        applet->step = DMSCI_SIM_APPLET_IDLE;
    }
}

static void set_up_events(struct dmsc_sim *sim)
{
    static const uint8_t events[] = { 0x99, 0x02, EVENT_DATA, EVENT_CHANNEL };

    command(sim, 0x05, 0x00, DEVICE_ME, dmsc_bytes(events, sizeof(events)),
            DMSCI_SIM_APPLET_EVENTS);
}

/* 6.4.27.2: default bearer, TCP to an address, at once. */
static void open_channel(struct dmsc_sim *sim)
{
    const struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    const uint8_t *a = applet->address;
    const uint8_t objects[] = { 0x35,
                                0x01,
                                0x03,
                                0x39,
                                0x02,
                                0x05,
                                0xDC,
                                0x3C,
                                0x03,
                                0x02,
                                (uint8_t)(applet->port >> 8),
                                (uint8_t)applet->port,
                                0x3E,
                                0x05,
                                0x21,
                                a[0],
                                a[1],
                                a[2],
                                a[3] };

    command(sim, 0x40, 0x01, DEVICE_ME, dmsc_bytes(objects, sizeof(objects)),
            DMSCI_SIM_APPLET_OPEN);
}

static uint8_t device(const struct dmsci_sim_applet *applet)
{
    return (uint8_t)(DEVICE_CHANNEL | applet->channel);
}

static void send_data(struct dmsc_sim *sim)
{
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    size_t n = applet->request.n - applet->sent;
    uint8_t objects[SEND_MAX + 4];
    struct dmsc_wr w = dmsc_wr(objects, sizeof(objects));

    n = n > SEND_MAX ? SEND_MAX : n;
    dmsci_ber_put(&w, 0xB6, dmsc_bytes(applet->request.p + applet->sent, n));
    applet->sent += n;
    command(sim, 0x43, 0x01, device(applet), dmsc_bytes(objects, w.n), DMSCI_SIM_APPLET_SEND);
}

static void receive_data(struct dmsc_sim *sim)
{
    static const uint8_t objects[] = { 0xB7, 0x01, RECEIVE_MAX };

    command(sim, 0x42, 0x00, device(&sim->toolkit->applet), dmsc_bytes(objects, sizeof(objects)),
            DMSCI_SIM_APPLET_RECEIVE);
}

static void close_channel(struct dmsc_sim *sim)
{
    command(sim, 0x41, 0x00, device(&sim->toolkit->applet), dmsc_bytes(NULL, 0),
            DMSCI_SIM_APPLET_CLOSE);
}

static void give_up(struct dmsc_sim *sim, const char *why)
{
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;

    dmsci_log(sim->ctx, DMSC_LOG_WARN, "applet", "%s: %s", dmsc_buf_str(&applet->url), why);
    if (applet->channel != 0)
        close_channel(sim);
    else
        applet->step = DMSCI_SIM_APPLET_IDLE;
}

/* The body, and FF behind it. */
static void store(struct dmsc_sim *sim, struct dmsc_bytes body)
{
    unsigned index = dmsci_sim_fs_by_text(&sim->fs, dmsc_buf_str(&sim->toolkit->applet.file));
    const struct dmsci_sim_file *file;
    uint8_t filling[64];

    if (index == DMSCI_SIM_NO_FILE || sim->fs.files[index].kind != DMSCI_SIM_TRANSPARENT ||
        sim->fs.files[index].size < body.n) {
        give_up(sim, "its answer does not fit into the file");
        return;
    }
    file = &sim->fs.files[index];
    for (unsigned i = 0; i < sizeof(filling); i++)
        filling[i] = 0xFF;
    if (!dmsci_sim_nvm_write(sim, index, 0, body))
        return;
    for (size_t at = body.n; at < file->size; at += sizeof(filling)) {
        size_t n = file->size - at < sizeof(filling) ? file->size - at : sizeof(filling);

        if (!dmsci_sim_nvm_write(sim, index, at, dmsc_bytes(filling, n)))
            return;
    }
    close_channel(sim);
}

/* Is it all there? @param rest bytes that the terminal still has */
static void look(struct dmsc_sim *sim, bool rest)
{
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    struct dmsc_bytes body = { NULL, 0 };
    bool whole = false;
    enum dmsc_err err = dmsci_sim_http_body(dmsc_buf_bytes(&applet->response),
                                            applet->ended && !rest, &whole, &body);

    if (err != DMSC_OK)
        give_up(sim, "the server does not answer 200");
    else if (whole)
        store(sim, body);
    else if (rest)
        receive_data(sim);
    else
        applet->step = DMSCI_SIM_APPLET_WAIT;
}

static void opened(struct dmsc_sim *sim, struct dmsc_bytes objects)
{
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    struct dmsc_bytes status;

    if (!find_object(objects, 0x38, &status) || status.n < 1 || (status.p[0] & 0x07) == 0) {
        give_up(sim, "no channel");
        return;
    }
    applet->channel = status.p[0] & 0x07;
    send_data(sim);
}

static void received(struct dmsc_sim *sim, struct dmsc_bytes objects)
{
    struct dmsc_bytes data = { NULL, 0 }, rest = { NULL, 0 };

    (void)find_object(objects, 0x36, &data);
    (void)find_object(objects, 0x37, &rest);
    if (dmsc_buf_append(&sim->toolkit->applet.response, data) != DMSC_OK) {
        give_up(sim, "its answer does not fit into the file");
        return;
    }
    look(sim, rest.n == 1 && rest.p[0] > 0);
}

void dmsci_sim_applet_response(struct dmsc_sim *sim, uint8_t number, uint8_t result,
                               struct dmsc_bytes objects)
{
    struct dmsci_sim_applet *applet = applet_of(sim);

    if (applet == NULL || applet->step == DMSCI_SIM_APPLET_IDLE ||
        applet->step == DMSCI_SIM_APPLET_WAIT || number != applet->number)
        return;
    if (applet->step == DMSCI_SIM_APPLET_CLOSE) {
        dmsci_sim_applet_reset(applet);
        return;
    }
    if (result >= 0x10) { /* 8.12: 0x is done */
        give_up(sim, "the terminal refuses a command");
        return;
    }
    switch (applet->step) {
    case DMSCI_SIM_APPLET_EVENTS:
        open_channel(sim);
        break;
    case DMSCI_SIM_APPLET_OPEN:
        opened(sim, objects);
        break;
    case DMSCI_SIM_APPLET_SEND:
        if (applet->sent < applet->request.n)
            send_data(sim);
        else
            applet->step = DMSCI_SIM_APPLET_WAIT;
        break;
    default:
        received(sim, objects);
        break;
    }
}

/* 7.5.10, 7.5.11 */
void dmsci_sim_applet_event(struct dmsc_sim *sim, uint8_t event, struct dmsc_bytes objects)
{
    struct dmsci_sim_applet *applet = applet_of(sim);
    struct dmsc_bytes status;

    if (applet == NULL || applet->channel == 0 || !find_object(objects, 0x38, &status) ||
        status.n < 1 || (status.p[0] & 0x07) != applet->channel)
        return;
    if (event == EVENT_CHANNEL && (status.p[0] & 0x80) == 0)
        applet->ended = true;
    if (applet->step != DMSCI_SIM_APPLET_WAIT)
        return;
    if (event == EVENT_DATA)
        receive_data(sim);
    else if (applet->ended)
        look(sim, false);
}

void dmsci_sim_applet_begin(struct dmsc_sim *sim)
{
    struct dmsci_sim_applet *applet = applet_of(sim);

    if (applet == NULL || applet->step != DMSCI_SIM_APPLET_IDLE)
        return;
    dmsci_sim_applet_reset(applet);
    set_up_events(sim);
}

void dmsci_sim_applet_reset(struct dmsci_sim_applet *applet)
{
    applet->step = DMSCI_SIM_APPLET_IDLE;
    applet->channel = 0;
    applet->sent = 0;
    applet->ended = false;
    dmsc_buf_reset(&applet->response);
}
