/* SPDX-License-Identifier: Apache-2.0 */
/* The commands without channels: TS 102 223 clauses 6.4 and 6.6. */
#include "host/uicc/cat/private.h"

#define MODE_FULL_AND_INIT 0x00
#define MODE_FILES         0x01
#define MODE_RESET         0x04
#define MODE_APPLICATION   0x05
#define MODE_PROFILE_STATE 0x09

#define DAY_S 86400

void dmsci_cat_put(struct dmsc_wr *w, uint8_t tag, bool required, const void *p, size_t n)
{
    const struct dmsc_usat_object object = { tag, required, false, dmsc_bytes(p, n) };

    dmsc_usat_put(w, &object);
}

void dmsci_cat_result(struct dmsci_cat *cat, uint8_t result)
{
    cat->result = result;
    cat->has_info = false;
}

void dmsci_cat_result_info(struct dmsci_cat *cat, uint8_t result, uint8_t info)
{
    cat->result = result;
    cat->info = info;
    cat->has_info = true;
}

static struct dmsc_bytes object(const struct dmsci_cat *cat, uint8_t tag)
{
    struct dmsc_bytes value = { NULL, 0 };

    (void)dmsc_usat_find(&cat->usat, tag, &value);
    return value;
}

bool dmsc_refresh_next(struct dmsc_rd *r, struct dmsc_bytes *ret_path)
{
    size_t n = 2;

    /* 8.18: paths behind each other; 3F00 begins one. */
    if (r->bad || r->n < 2 || r->p[0] != 0x3F || r->p[1] != 0x00)
        return false;
    while (n + 2 <= r->n && !(r->p[n] == 0x3F && r->p[n + 1] == 0x00))
        n += 2;
    *ret_path = dmsc_rd_bytes(r, n);
    return true;
}

/* The count in front and the paths behind it must agree. */
static bool read_file_list(struct dmsc_bytes value, struct dmsc_refresh *refresh)
{
    struct dmsc_rd r = dmsc_rd(value);
    struct dmsc_bytes path;
    unsigned n = 0;

    refresh->file_count = dmsc_rd_u8(&r);
    refresh->files = dmsc_bytes(r.p, r.n);
    while (dmsc_refresh_next(&r, &path))
        n++;
    return !r.bad && r.n == 0 && n == refresh->file_count;
}

/* 6.4.7. Steering of roaming, the modem's matter, does not come this far. */
static void refresh(struct dmsci_cat *cat)
{
    struct dmsc_refresh *rf = &cat->refresh;
    struct dmsc_bytes files = { NULL, 0 };
    uint8_t mode = cat->usat.qualifier;

    *rf = (struct dmsc_refresh){ .mode = mode, .aid = object(cat, TAG_AID) };
    if (dmsc_usat_find(&cat->usat, TAG_FILE_LIST, &files) && !read_file_list(files, rf)) {
        dmsci_cat_result(cat, RESULT_NO_SENSE);
        return;
    }
    rf->everything = mode == MODE_FULL_AND_INIT || mode >= MODE_PROFILE_STATE ||
                     (mode >= MODE_APPLICATION && rf->file_count == 0);
    rf->initialise = mode != MODE_FILES;
    cat->phase = mode == MODE_RESET ? RESETTING : REFRESHING;
}

/* 6.4.5. The interval is granted as it was asked for, but no shorter than a second. */
static void poll_interval(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    static const uint8_t one_second[2] = { 0x01, 0x01 };
    static const int64_t units_ms[] = { 60000, 1000, 100 };
    struct dmsc_bytes asked = object(cat, TAG_DURATION);

    if (asked.n < 2 || asked.p[0] >= DMSCI_ARRAY_LEN(units_ms) || asked.p[1] == 0) {
        dmsci_cat_result(cat, RESULT_NO_SENSE);
        return;
    }
    cat->poll_ms = units_ms[asked.p[0]] * asked.p[1];
    if (cat->poll_ms < 1000) {
        cat->poll_ms = 1000;
        asked.p = one_second;
    }
    cat->poll_at_ms = now->ms + cat->poll_ms;
    dmsci_cat_put(&cat->extra, TAG_DURATION, true, asked.p, 2);
}

/* 6.4.16: the new list takes the place of the old one, all of it or nothing. */
static void event_list(struct dmsci_cat *cat)
{
    struct dmsc_bytes list = object(cat, TAG_EVENT_LIST);
    uint32_t events = 0;

    for (size_t i = 0; i < list.n; i++) {
        if (!dmsci_cat_serves_event(cat, list.p[i])) {
            dmsci_cat_result(cat, RESULT_BEYOND);
            return;
        }
        events |= 1u << list.p[i];
    }
    cat->events = events;
    for (unsigned i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        struct channel *c = &cat->channels[i];

        c->data_due = c->data_due && (events >> EVENT_DATA_AVAILABLE & 1) != 0;
        c->status_due = c->status_due && (events >> EVENT_CHANNEL_STATUS & 1) != 0;
    }
}

static uint8_t swapped_bcd(unsigned v)
{
    return (uint8_t)(v % 10 << 4 | v / 10 % 10);
}

static bool from_swapped_bcd(uint8_t v, unsigned most, unsigned *ret_v)
{
    *ret_v = (v & 0x0Fu) * 10 + (v >> 4);
    return (v & 0x0F) <= 9 && v >> 4 <= 9 && *ret_v <= most;
}

void dmsci_cat_put_timer_value(struct dmsc_wr *w, int64_t ms)
{
    int64_t s = ms > 0 ? (ms + 999) / 1000 : 0;
    unsigned t = (unsigned)(s < DAY_S ? s : DAY_S - 1);
    const uint8_t value[3] = { swapped_bcd(t / 3600), swapped_bcd(t / 60 % 60),
                               swapped_bcd(t % 60) };

    dmsci_cat_put(w, TAG_TIMER_VALUE, true, value, sizeof(value));
}

static bool timer_value(const struct dmsci_cat *cat, int64_t *ret_ms)
{
    struct dmsc_bytes value = object(cat, TAG_TIMER_VALUE);
    unsigned h, m, s;

    if (value.n < 3 || !from_swapped_bcd(value.p[0], 23, &h) ||
        !from_swapped_bcd(value.p[1], 59, &m) || !from_swapped_bcd(value.p[2], 59, &s))
        return false;
    *ret_ms = 1000 * (int64_t)(h * 3600 + m * 60 + s);
    return *ret_ms > 0;
}

/* 6.4.21: start (again), deactivate, get the time that is left. */
static void timer_management(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    struct dmsc_bytes id = object(cat, TAG_TIMER_ID);
    uint8_t action = cat->usat.qualifier & 3;
    int64_t ms = 0;

    if (id.n < 1 || id.p[0] < 1 || id.p[0] > TIMERS || (action == 0 && !timer_value(cat, &ms))) {
        dmsci_cat_result(cat, RESULT_NO_SENSE);
        return;
    }
    dmsci_cat_put(&cat->extra, TAG_TIMER_ID, true, id.p, 1);
    if (action == 0) {
        cat->timers[id.p[0] - 1].running = true;
        cat->timers[id.p[0] - 1].started_ms = now->ms;
        cat->timers[id.p[0] - 1].end_ms = now->ms + ms;
        return;
    }
    if (!cat->timers[id.p[0] - 1].running) {
        dmsci_cat_result(cat, RESULT_TIMER);
        return;
    }
    dmsci_cat_put_timer_value(&cat->extra, cat->timers[id.p[0] - 1].end_ms - now->ms);
    if (action == 1)
        cat->timers[id.p[0] - 1].running = false;
}

/* 8.39: seven bytes as in a time stamp of TS 123 040 9.2.3.11, FF for an unknown zone. */
static void put_date(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    unsigned quarters =
        (unsigned)(now->zone_quarters < 0 ? -now->zone_quarters : now->zone_quarters);
    char text[17]; /* "20260131T174500Z" */
    uint8_t value[7];

    dmsci_time_basic(now->seconds + (now->zone_known ? 900 * (int64_t)now->zone_quarters : 0),
                     text);
    for (size_t i = 0; i < 6; i++) {
        const char *digits = text + 2 + 2 * i + (i >= 3 ? 1 : 0);

        value[i] = swapped_bcd((unsigned)((digits[0] - '0') * 10 + digits[1] - '0'));
    }
    value[6] = now->zone_known ? swapped_bcd(quarters) : 0xFF;
    if (now->zone_known && now->zone_quarters < 0)
        value[6] |= 0x08;
    dmsci_cat_put(&cat->extra, TAG_DATE, true, value, sizeof(value));
}

/* 6.4.15: what dmsci_cat_serves() let through. There is no network whose place could be told. */
static void local_information(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    switch (cat->usat.qualifier) {
    case 0x01:
        dmsci_cat_put(&cat->extra, TAG_IMEI, true, cat->imei, sizeof(cat->imei));
        break;
    case 0x03:
        put_date(cat, now);
        break;
    case 0x04:
        dmsci_cat_put(&cat->extra, TAG_LANGUAGE, true, cat->language, sizeof(cat->language));
        break;
    default:
        dmsci_cat_result_info(cat, RESULT_BUSY, BUSY_NO_SERVICE);
        break;
    }
}

static void carry_out(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    switch (cat->usat.type) {
    case TYPE_REFRESH:
        refresh(cat);
        break;
    case TYPE_POLL_INTERVAL:
        poll_interval(cat, now);
        break;
    case TYPE_POLLING_OFF:
        cat->poll_ms = 0;
        break;
    case TYPE_EVENT_LIST:
        event_list(cat);
        break;
    case TYPE_LOCAL_INFO:
        local_information(cat, now);
        break;
    case TYPE_TIMER:
        timer_management(cat, now);
        break;
    case TYPE_OPEN_CHANNEL:
        dmsci_cat_open_channel(cat, now);
        break;
    case TYPE_CLOSE_CHANNEL:
        dmsci_cat_close_channel(cat);
        break;
    case TYPE_RECEIVE_DATA:
        dmsci_cat_receive_data(cat);
        break;
    case TYPE_SEND_DATA:
        dmsci_cat_send_data(cat, now);
        break;
    case TYPE_CHANNEL_STATUS:
        dmsci_cat_channel_status(cat);
        break;
    default: /* MORE TIME: there is nothing to do */
        break;
    }
}

/* 6.5.3, 8.7: from the UICC, and to the terminal or, where there is one, to a channel. */
static bool right_devices(const struct dmsc_usat *usat)
{
    bool of_channel = usat->type >= TYPE_CLOSE_CHANNEL && usat->type <= TYPE_SEND_DATA;

    return usat->source == DEVICE_UICC && (of_channel || usat->destination == DEVICE_TERMINAL);
}

/* A command that is not whole: what can be read of its details goes back with the response. */
static void salvage(struct dmsci_cat *cat)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(cat->command, cat->command_bytes));
    struct dmsc_usat_object o;

    cat->usat = (struct dmsc_usat)DMSC_USAT_INIT;
    if (dmsc_rd_u8(&r) != 0xD0)
        return;
    if (dmsc_rd_u8(&r) == 0x81)
        dmsc_rd_skip(&r, 1);
    while (dmsc_usat_next(&r, &o)) {
        if (o.tag != TAG_DETAILS || o.value.n < 3)
            continue;
        cat->usat.has_details = true;
        cat->usat.number = o.value.p[0];
        cat->usat.type = o.value.p[1];
        cat->usat.qualifier = o.value.p[2];
        return;
    }
}

/* 6.10: what hinders the command, before it is looked at by its own rules; 00 and 01 do not. */
static uint8_t objection(struct dmsci_cat *cat)
{
    const struct dmsc_bytes command = dmsc_bytes(cat->command, cat->command_bytes);
    struct dmsc_usat *usat = &cat->usat;
    uint8_t comprehended;

    if (dmsc_usat_decode(DMSC_USAT_COMMAND, command, usat) != DMSC_OK) {
        salvage(cat);
        return RESULT_NO_SENSE;
    }
    comprehended = dmsc_usat_comprehend(usat);
    /* An unknown type, or details that cannot be read, count before all else. */
    if (comprehended == 0x31 || !usat->has_details)
        return comprehended;
    if (!dmsci_cat_serves(cat, usat->type, usat->qualifier))
        return RESULT_BEYOND;
    if (comprehended > 0x01)
        return comprehended;
    /* 6.5.1: a number is one of 01 to FE. */
    if (usat->number == 0x00 || usat->number == 0xFF)
        return RESULT_NUMBER;
    return right_devices(usat) ? comprehended : RESULT_NO_SENSE;
}

void dmsci_cat_command(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    uint8_t result = objection(cat);

    cat->extra = dmsc_wr(cat->extra_bytes, sizeof(cat->extra_bytes));
    cat->phase = RESPONSE;
    cat->refresh = (struct dmsc_refresh){ .mode = 0 };
    dmsci_cat_result(cat, result);
    if (result <= 0x01)
        carry_out(cat, now);
    cat->is_refresh = cat->phase == RESETTING || cat->phase == REFRESHING;
    if (cat->result >= RESULT_BEYOND)
        cat->extra.n = cat->usat.type == TYPE_OPEN_CHANNEL ? cat->extra.n : 0;
}
