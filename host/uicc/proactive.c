/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proactive loop (TS 102 223 clause 6). The card is hostile input: what is not on the
 * allow-list is answered "beyond the terminal's capabilities", and every command is logged.
 */
#include "apdu/codec/ber.h"
#include "apdu/codec/ctlv.h"
#include "host/uicc/private.h"

#define RESULT_OK                  0x00
#define RESULT_BEYOND_CAPABILITIES 0x30
#define RESULT_NOT_UNDERSTOOD      0x32

#define TYPE_REFRESH       0x01
#define TYPE_MORE_TIME     0x02
#define REFRESH_UICC_RESET 0x04

#define DEVICE_UICC     0x81
#define DEVICE_TERMINAL 0x82

/* TERMINAL PROFILE (TS 102 223 5.2): byte 1 b1 profile download; byte 3 b4 MORE TIME, b8 REFRESH.
 * A bit that is set here has its row in allowed[] below. */
static const uint8_t profile[] = { 0x01, 0x00, 0x88 };

static const uint8_t allowed[] = { TYPE_REFRESH, TYPE_MORE_TIME };

/* The CAT commands live on the basic channel alone (TS 102 221 clause 11.2). */
static enum dmsc_err on_basic_channel(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                      struct dmsc_buf *ret_data, const char *what)
{
    unsigned channel = uicc->channel;
    enum dmsc_err err;

    uicc->channel = 0;
    err = dmsc_uicc_command(uicc, capdu, ret_data, what);
    uicc->channel = channel;
    return err;
}

enum dmsc_err dmsc_uicc_terminal_profile(struct dmsc_uicc *uicc)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x10, .data = { profile, sizeof(profile) } };

    return on_basic_channel(uicc, &capdu, NULL, "TERMINAL PROFILE");
}

/* Data objects of the commands on the allow-list (6.6.4, 6.6.13): details, devices, alpha
 * identifier, file list, icon, AID, enforcement policy, application data, text attribute, frame,
 * PLMNwAcT list. */
static const uint8_t known[] = { 0x01, 0x02, 0x05, 0x12, 0x1E, 0x2F, 0x3A, 0x3B, 0x50, 0x68, 0x72 };

static bool listed(const uint8_t *list, size_t n, unsigned value)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

/* Well formed to its end, and nothing that we must comprehend and do not (6.9, TS 101 220 7.1.1).
 */
static bool comprehended(struct dmsc_bytes body)
{
    struct dmsc_rd r = dmsc_rd(body);
    struct dmsci_ctlv object;

    while (dmsci_ctlv_next(&r, &object)) {
        if (object.comprehension_required && !listed(known, sizeof(known), object.tag))
            return false;
    }
    return dmsc_rd_end(&r) == DMSC_OK;
}

/* Command details and device identities as clause 6.6 demands them of every command. */
static uint8_t parse(struct dmsc_bytes command, struct dmsc_proactive *seen)
{
    struct dmsc_rd r = dmsc_rd(command);
    struct dmsc_bytes details, devices;
    struct dmsci_tlv outer;

    seen->command = command;
    if (!dmsci_ber_next(&r, &outer) || outer.tag != 0xD0 || dmsc_rd_end(&r) != DMSC_OK)
        return RESULT_NOT_UNDERSTOOD;
    if (!dmsci_ctlv_find(outer.value, DMSCI_CTLV_COMMAND_DETAILS, &details) || details.n != 3)
        return RESULT_NOT_UNDERSTOOD;
    seen->number = details.p[0];
    seen->type = details.p[1];
    seen->qualifier = details.p[2];
    if (!dmsci_ctlv_find(outer.value, DMSCI_CTLV_DEVICE_IDENTITIES, &devices) || devices.n != 2 ||
        devices.p[0] != DEVICE_UICC)
        return RESULT_NOT_UNDERSTOOD;
    if (!listed(allowed, sizeof(allowed), seen->type))
        return RESULT_BEYOND_CAPABILITIES;
    return comprehended(outer.value) ? RESULT_OK : RESULT_NOT_UNDERSTOOD;
}

/* Clause 6.8: details echoed, devices swapped, result. */
static enum dmsc_err respond(struct dmsc_uicc *uicc, const struct dmsc_proactive *seen)
{
    uint8_t block[16];
    uint8_t details[3] = { seen->number, seen->type, seen->qualifier };
    uint8_t devices[2] = { DEVICE_TERMINAL, DEVICE_UICC };
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x14 };

    dmsci_ctlv_put(&w, DMSCI_CTLV_COMMAND_DETAILS, true, dmsc_bytes(details, 3));
    dmsci_ctlv_put(&w, DMSCI_CTLV_DEVICE_IDENTITIES, true, dmsc_bytes(devices, 2));
    dmsci_ctlv_put(&w, DMSCI_CTLV_RESULT, true, dmsc_bytes(&seen->result, 1));
    capdu.data = dmsc_bytes(block, w.n);
    return on_basic_channel(uicc, &capdu, NULL, "TERMINAL RESPONSE");
}

static enum dmsc_err serve_one(struct dmsc_uicc *uicc,
                               void (*seen)(void *user, const struct dmsc_proactive *command),
                               void *user)
{
    struct dmsc_capdu fetch = { .cla = 0x80, .ins = 0x12, .le = uicc->waiting };
    struct dmsc_proactive command = { 0 };
    struct dmsc_buf data;
    enum dmsc_err err;

    dmsc_buf_init(&data, uicc->ctx, DMSC_RAPDU_MAX);
    uicc->waiting = 0;
    err = on_basic_channel(uicc, &fetch, &data, "FETCH");
    if (err != DMSC_OK)
        goto out;
    uicc->waiting = 0; /* FETCH's own 91xx names the command just fetched */
    command.result = parse(dmsc_buf_bytes(&data), &command);
    dmsci_log(uicc->ctx, command.result == RESULT_OK ? DMSC_LOG_INFO : DMSC_LOG_WARN, "uicc",
              "proactive command %u type %02X qualifier %02X: result %02X", command.number,
              command.type, command.qualifier, command.result);
    /* A reset has no answer: the terminal resets the card (clause 6.4.7). */
    if (command.type == TYPE_REFRESH && command.qualifier == REFRESH_UICC_RESET &&
        command.result == RESULT_OK)
        err = dmsc_uicc_power_on(uicc);
    else
        err = respond(uicc, &command);
    if (err == DMSC_OK && seen != NULL)
        seen(user, &command);
out:
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_serve(struct dmsc_uicc *uicc,
                              void (*seen)(void *user, const struct dmsc_proactive *command),
                              void *user)
{
    unsigned left = dmsc_ctx_limits(uicc->ctx)->proactive;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && uicc->waiting > 0) {
        if (left-- == 0) {
            err = dmsci_fail(uicc->ctx, DMSC_E_LIMIT, "serve the card's proactive commands");
            dmsci_why(uicc->ctx, "usat:endless", "the card sends one after the other without end");
            return err;
        }
        err = serve_one(uicc, seen, user);
    }
    return err;
}
