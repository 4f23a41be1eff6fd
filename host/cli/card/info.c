/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card info: ATR, ICCID, applications, characteristics, PINs, the DM application. */
#include "host/cli/cli.h"
#include <dmsc/access.h>
#include <dmsc/atr.h>
#include <dmsc/ef.h>
#include <dmsc/efdir.h>
#include <dmsc/uicc_admin.h>
#include <stdio.h>
#include <string.h>

#define NONE_TRIED 255u

/* EF(DIR): one application a record (TS 102 221 clause 13.1). */
static enum dmsc_err read_applications(struct cli *cli, json_t *rows)
{
    struct dmsc_buf fcp_bytes, content;
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    enum dmsc_err err;

    dmsc_buf_init(&fcp_bytes, cli->ctx, DMSC_RAPDU_MAX);
    dmsc_buf_init(&content, cli->ctx, dmsc_ctx_limits(cli->ctx)->ef_size);
    err = dmsc_uicc_select_fid(cli->uicc, 0x2F00, &fcp_bytes);
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&fcp_bytes), &fcp);
    if (err == DMSC_OK)
        err = dmsc_uicc_read_selected(cli->uicc, &fcp, &content);
    for (size_t at = 0; err == DMSC_OK && fcp.record_length > 0 && at < content.n;
         at += fcp.record_length) {
        struct dmsc_application app;
        char label[64];
        const char *name;

        if (dmsc_application_decode(dmsc_bytes(content.p + at, fcp.record_length), &app) != DMSC_OK)
            continue;
        (void)snprintf(label, sizeof(label), "%.*s", (int)(app.label.n < 63 ? app.label.n : 63),
                       app.label.n > 0 ? (const char *)app.label.p : "");
        name = dmsc_aid_name(app.aid);
        (void)json_array_append_new(rows, json_pack("{s:o,s:s,s:o}", "aid", cli_hex(cli, app.aid),
                                                    "name", name != NULL ? name : "unknown",
                                                    "label", cli_text(label)));
    }
    dmsc_buf_clear(&content);
    dmsc_buf_clear(&fcp_bytes);
    return err;
}

static void take_iccid(void *user, const struct dmsc_ef_line *line)
{
    (void)json_object_set_new(user, "iccid", cli_text(line->value));
}

/* --- the ATR in words --- */

static json_t *bits(unsigned value, const char *const *names, unsigned count)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < count; i++) {
        if ((value >> i & 1) != 0 && names[i] != NULL)
            (void)json_array_append_new(list, json_string(names[i]));
    }
    return list;
}

static json_t *protocols(uint16_t offered)
{
    json_t *list = json_array();

    for (unsigned t = 0; t < 15; t++) { /* 15 is no protocol: global bytes follow */
        if ((offered >> t & 1) != 0)
            (void)json_array_append_new(list, json_sprintf("T=%u", t));
    }
    return list;
}

static json_t *speed(const struct dmsc_atr *atr)
{
    if (atr->fi == 0 || atr->di == 0)
        return json_string("reserved values");
    return json_sprintf("Fi %u, Di %u, up to %u.%u MHz: %lu bit/s at 4 MHz", atr->fi, atr->di,
                        atr->f_mhz_x10 / 10u, atr->f_mhz_x10 % 10u, 4000000ul * atr->di / atr->fi);
}

static void add_atr(json_t *record, struct dmsc_bytes bytes)
{
    static const char *const classes[] = { "A (5 V)", "B (3 V)", "C (1.8 V)", "D", "E" };
    static const char *const stops[] = { "not allowed", "in state L", "in state H",
                                         "in either state" };
    static const char *const functions[] = { NULL,
                                             "eUICC",
                                             NULL,
                                             "secure channel (TS 102 484)",
                                             "low impedance drivers",
                                             "UICC-CLF interface",
                                             "inter-chip USB" };
    struct dmsc_atr atr = DMSC_ATR_INIT;
    enum dmsc_err err = dmsc_atr_decode(bytes, &atr);
    json_t *atr_json = json_object();

    if (bytes.n == 0 || err != DMSC_OK) {
        if (bytes.n > 0)
            (void)json_object_set_new(record, "atr_problem",
                                      json_string(err == DMSC_E_CORRUPT
                                                      ? "its check byte TCK is wrong"
                                                      : dmsc_err_text(err)));
        json_decref(atr_json);
        return;
    }
    (void)json_object_set_new(atr_json, "inverse_convention", json_boolean(atr.inverse));
    (void)json_object_set_new(atr_json, "protocols", protocols(atr.protocols));
    (void)json_object_set_new(atr_json, "speed", speed(&atr));
    if (atr.specific)
        (void)json_object_set_new(atr_json, "mode", json_string("specific"));
    if (atr.has_global) {
        (void)json_object_set_new(atr_json, "classes", bits(atr.classes, classes, 5));
        (void)json_object_set_new(atr_json, "clock_stop", json_string(stops[atr.clock_stop]));
    }
    if (atr.has_uicc)
        (void)json_object_set_new(atr_json, "functions", bits(atr.uicc & 0x7Fu, functions, 7));
    if (atr.has_capabilities)
        (void)json_object_set_new(atr_json, "logical_channels", json_integer(atr.channels));
    (void)json_object_set_new(record, "atr_explained", atr_json);
}

/* The lines of the text; --json has them in one object. */
static void flatten(json_t *record)
{
    json_t *atr = json_object_get(record, "atr_explained");

    if (atr != NULL)
        (void)json_object_update_missing(record, atr);
}

/* --- what the FCP of the MF says --- */

static const char *tries_text(uint8_t tries, char *text, size_t size)
{
    if (tries == NONE_TRIED)
        return "not needed";
    if (tries == 0)
        return "blocked";
    (void)snprintf(text, size, "needed, %u tries left", tries);
    return text;
}

static json_t *pin_json(struct cli *cli)
{
    uint8_t tries = 0;
    char text[40];

    if (dmsc_uicc_pin_tries(cli->uicc, 0x01, &tries) != DMSC_OK)
        return json_string("unknown");
    return json_string(tries_text(tries, text, sizeof(text)));
}

/* The keys of 'C6', each with its tries: VERIFY without data spends none. */
static void add_keys(struct cli *cli, json_t *record, const struct dmsc_fcp *fcp)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    json_t *list = json_array(), *words = json_array();
    size_t n = 0;

    if (dmsc_pin_status_decode(fcp->pin_status, keys, &n) != DMSC_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t tries = 0;
        char name[40], text[40];
        const char *state = "unknown";
        json_t *key = json_pack("{s:s,s:i,s:b}", "name", dmsc_key_name(keys[i].key_ref, name),
                                "reference", keys[i].key_ref, "enabled", keys[i].enabled);

        if (dmsc_uicc_pin_tries(cli->uicc, keys[i].key_ref, &tries) == DMSC_OK) {
            state = tries_text(tries, text, sizeof(text));
            if (tries != NONE_TRIED)
                (void)json_object_set_new(key, "tries", json_integer(tries));
        }
        if (keys[i].has_usage)
            (void)json_object_set_new(key, "usage", json_integer(keys[i].usage));
        (void)json_array_append_new(
            words,
            json_sprintf("%s %s (%s)", name, keys[i].enabled ? "enabled" : "disabled", state));
        (void)json_array_append_new(list, key);
    }
    (void)json_object_set_new(record, "keys", list);
    (void)json_object_set_new(record, "key_words", words);
}

static void add_characteristics(json_t *record, const struct dmsc_fcp *fcp)
{
    struct dmsc_fcp_proprietary p = DMSC_FCP_PROPRIETARY_INIT;

    if (dmsc_fcp_proprietary_decode(fcp->proprietary, &p) != DMSC_OK)
        return;
    if (p.has_memory)
        (void)json_object_set_new(record, "free_memory", json_integer((json_int_t)p.memory_bytes));
    if (p.has_commands)
        (void)json_object_set_new(record, "terminal_capability",
                                  json_string((p.commands & 1) != 0 ? "wanted" : "not known"));
    if (p.has_characteristics)
        (void)json_object_set_new(record, "characteristics",
                                  json_sprintf("%02X", p.characteristics));
}

static void add_mf(struct cli *cli, json_t *record)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_buf bytes;

    dmsc_buf_init(&bytes, cli->ctx, DMSC_RAPDU_MAX);
    if (dmsc_uicc_select_fid(cli->uicc, 0x3F00, &bytes) == DMSC_OK &&
        dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp) == DMSC_OK) {
        add_characteristics(record, &fcp);
        add_keys(cli, record, &fcp);
    }
    dmsc_buf_clear(&bytes);
}

static void add_dm_application(struct cli *cli, json_t *record)
{
    struct dmsc_card_header h;
    struct dmsc_card *card = NULL;
    enum dmsc_err err = dmsc_card_open(cli->uicc, &card);

    if (err == DMSC_OK)
        err = dmsc_card_header(card, &h);
    if (err == DMSC_OK) {
        (void)json_object_set_new(record, "dm_application", json_string("provisioned"));
        (void)json_object_set_new(record, "generation", json_integer(h.generation));
        (void)json_object_set_new(record, "card_tag",
                                  cli_hex(cli, dmsc_bytes(h.card_tag, DMSC_CARD_TAG_SIZE)));
        (void)json_object_set_new(record, "committed",
                                  h.commit_time == 0 ? json_null() : cli_time(h.commit_time));
    } else {
        const struct dmsc_diag *d = dmsc_diag_get(cli->ctx);

        (void)json_object_set_new(
            record, "dm_application",
            json_sprintf("none (%s)", d->reason[0] != '\0' ? d->reason : dmsc_err_text(err)));
    }
    dmsc_card_free(card);
}

static enum dmsc_err show(struct cli *cli, json_t *record)
{
    static const struct cli_column columns[] = {
        { "link", "link" },
        { "protocol", "protocol" },
        { "atr", "ATR" },
        { "atr_problem", "  problem" },
        { "protocols", "  offers" },
        { "speed", "  speed" },
        { "mode", "  mode" },
        { "classes", "  voltage classes" },
        { "clock_stop", "  clock stop" },
        { "functions", "  functions" },
        { "logical_channels", "  logical channels" },
        { "iccid", "ICCID" },
        { "pin1", "PIN1" },
        { "key_words", "keys of the MF" },
        { "free_memory", "free memory" },
        { "terminal_capability", "TERMINAL CAPABILITY" },
        { "application_names", "applications" },
        { "dm_application", "DM application" },
        { "generation", "generation" },
        { "card_tag", "card tag" },
        { "committed", "last commit" },
        { NULL, NULL },
    };

    if (record != NULL && cli->json) {
        (void)json_object_del(record, "application_names");
        (void)json_object_del(record, "key_words");
    } else if (record != NULL) {
        flatten(record);
    }
    return cli_record(cli, columns, record);
}

static enum dmsc_err run_info(struct cli *cli)
{
    json_t *applications = json_array(), *names = json_array(), *record = NULL, *app;
    struct dmsc_link *link = dmsc_uicc_link(cli->uicc);
    struct dmsc_buf iccid;
    size_t i;
    enum dmsc_err err = dmsc_uicc_power_on(cli->uicc);

    dmsc_buf_init(&iccid, cli->ctx, 16);
    if (err == DMSC_OK && cli->option[OPT_SCP03_KEYS] != NULL) /* a security domain is */
        err = dmsc_uicc_select_fid(cli->uicc, 0x3F00, NULL);
    if (err == DMSC_OK) /* EF(ICCID), SFI 02: the MF is current after reset */
        err = dmsc_uicc_read_binary(cli->uicc, 0x02, 0, 10, &iccid);
    if (err == DMSC_OK)
        err = read_applications(cli, applications);
    if (err != DMSC_OK)
        goto out;
    json_array_foreach(applications, i, app)(void)
        json_array_append(names, json_object_get(app, "name"));
    record = json_pack("{s:s,s:s,s:o,s:o,s:O,s:O}", "link", cli->link_spec, "protocol",
                       dmsc_link_protocol(link) == DMSC_T1 ? "T=1" : "T=0", "atr",
                       cli_hex(cli, dmsc_link_atr(link)), "pin1", pin_json(cli), "applications",
                       applications, "application_names", names);
    if (record != NULL) {
        err = dmsc_ef_describe(cli->ctx, "ICCID", dmsc_buf_bytes(&iccid), take_iccid, record);
        add_atr(record, dmsc_link_atr(link));
        add_mf(cli, record);
        add_dm_application(cli, record);
    }
    if (err == DMSC_OK)
        err = show(cli, record);
    else
        json_decref(record);
out:
    json_decref(names);
    json_decref(applications);
    dmsc_buf_clear(&iccid);
    return err;
}

const struct cli_command cli_card_info_commands[] = {
    { "card", "info", "", 0, 0, CLI_NEEDS_LINK, CLI_SCP03, run_info, "say what the card is",
      "ATR and what it means, ICCID, keys and their tries, free memory, the applications of "
      "EF(DIR), and\n"
      "the state of the DM application. Nothing is written, and no try is spent.\n\n"
      "  dmsc card info" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
