/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card file: the File Control Parameters of one file, to the last field. */
#include "host/cli/card/files.h"
#include <dmsc/access.h>
#include <dmsc/efdir.h>
#include <stdio.h>
#include <string.h>

static void set(json_t *record, const char *key, json_t *value)
{
    (void)json_object_set_new(record, key, value);
}

static void set_bytes(struct cli *cli, json_t *record, const char *key, struct dmsc_bytes bytes)
{
    if (bytes.n > 0)
        set(record, key, cli_hex(cli, bytes));
}

/* TS 102 221 11.1.1.4.9. */
static const char *life_cycle(uint8_t status)
{
    static const char *const names[16] = { "no information",
                                           "creation",
                                           NULL,
                                           "initialisation",
                                           "deactivated",
                                           "activated",
                                           "deactivated",
                                           "activated",
                                           NULL,
                                           NULL,
                                           NULL,
                                           NULL,
                                           "terminated",
                                           "terminated",
                                           "terminated",
                                           "terminated" };

    return status < 16 && names[status] != NULL ? names[status] : "proprietary";
}

static void add_descriptor(struct cli *cli, json_t *record, const struct dmsc_fcp *fcp)
{
    static const char *const kinds[] = { "DF", "working EF", "internal EF" };
    static const char *const structures[] = { NULL, "transparent", "linear fixed", "cyclic",
                                              "BER-TLV" };

    set(record, "descriptor", json_sprintf("%02X", fcp->descriptor));
    set(record, "kind", json_string(kinds[fcp->kind]));
    if (structures[fcp->structure] != NULL)
        set(record, "structure", json_string(structures[fcp->structure]));
    set(record, "shareable", json_boolean(fcp->shareable));
    if (fcp->record_length > 0) {
        set(record, "records", json_integer(fcp->records));
        set(record, "record_length", json_integer(fcp->record_length));
    }
    if (fcp->has_file_id)
        set(record, "file_id", json_sprintf("%04X", fcp->file_id));
    set_bytes(cli, record, "aid", fcp->df_name);
    if (fcp->df_name.n > 0 && dmsc_aid_name(fcp->df_name) != NULL)
        set(record, "application", json_string(dmsc_aid_name(fcp->df_name)));
    if (fcp->has_size)
        set(record, "size", json_integer((json_int_t)fcp->size_bytes));
    if (fcp->has_total_size)
        set(record, "total_size", json_integer((json_int_t)fcp->total_size_bytes));
    if (fcp->has_sfi)
        set(record, "sfi", fcp->sfi > 0 ? json_sprintf("%02X", fcp->sfi) : json_string("none"));
    set(record, "life_cycle", json_string(life_cycle(fcp->life_cycle)));
}

/* The numbers of 'A5', each with a member of its own. */
static void add_proprietary(struct cli *cli, json_t *record, const struct dmsc_fcp *fcp)
{
    struct dmsc_fcp_proprietary p = DMSC_FCP_PROPRIETARY_INIT;

    if (fcp->proprietary.n == 0)
        return;
    set_bytes(cli, record, "proprietary", fcp->proprietary);
    if (dmsc_fcp_proprietary_decode(fcp->proprietary, &p) != DMSC_OK)
        return;
    if (p.has_characteristics)
        set(record, "characteristics", json_sprintf("%02X", p.characteristics));
    if (p.has_power)
        set(record, "power",
            json_sprintf("class %02X, %u mA at %u.%u MHz", p.voltage_class, p.power_ma,
                         p.frequency_100khz / 10u, p.frequency_100khz % 10u));
    if (p.has_clock)
        set(record, "least_clock",
            json_sprintf("%u.%u MHz", p.clock_100khz / 10u, p.clock_100khz % 10u));
    if (p.has_memory)
        set(record, "free_memory", json_integer((json_int_t)p.memory_bytes));
    if (p.has_file_details)
        set(record, "file_details", json_string((p.file_details & 1) != 0 ? "DER coding" : "-"));
    if (p.has_reserved)
        set(record, "reserved_size", json_integer((json_int_t)p.reserved_bytes));
    if (p.has_maximum)
        set(record, "maximum_size", json_integer((json_int_t)p.maximum_bytes));
    if (p.has_commands)
        set(record, "terminal_capability", json_boolean((p.commands & 1) != 0));
    if (p.has_special)
        set(record, "special_information", json_sprintf("%02X", p.special));
    set_bytes(cli, record, "environment", p.environment);
    set_bytes(cli, record, "filling", p.filling);
    set_bytes(cli, record, "repeat", p.repeat);
}

static void add_keys(json_t *record, const struct dmsc_fcp *fcp)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    json_t *list = json_array();
    char name[40];
    size_t n = 0;

    if (dmsc_pin_status_decode(fcp->pin_status, keys, &n) != DMSC_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        const char *usage = !keys[i].has_usage            ? ""
                            : (keys[i].usage & 0x08) != 0 ? ", in use"
                                                          : ", not in use";

        (void)json_array_append_new(list,
                                    json_sprintf("%s %s%s", dmsc_key_name(keys[i].key_ref, name),
                                                 keys[i].enabled ? "enabled" : "disabled", usage));
    }
    if (n > 0)
        set(record, "keys", list);
    else
        json_decref(list);
}

/* Where the rule is, and what it says. */
static void add_rule(struct cli *cli, json_t *record, const struct cli_file *file,
                     const struct dmsc_fcp *fcp)
{
    struct dmsc_uicc_rules *rules = NULL;
    json_t *needs = NULL;
    uint8_t number = 0;
    uint16_t fid = 0;

    if (dmsc_fcp_rule(fcp, 0, &fid, &number) == DMSC_OK)
        set(record, "rule", json_sprintf("record %u of EF(ARR) %04X", number, fid));
    else if (fcp->security_compact.n > 0 || fcp->security_expanded.n > 0)
        set(record, "rule", json_string(fcp->security_compact.n > 0 ? "compact" : "expanded"));
    if (dmsc_uicc_rules_new(cli->uicc, &rules) == DMSC_OK)
        needs = cli_needs_json(rules, file, fcp);
    if (needs != NULL) {
        if (!cli->json)
            set(record, "words", cli_needs_words(needs));
        set(record, "access", needs);
    }
    dmsc_uicc_rules_free(rules);
}

static enum dmsc_err show(struct cli *cli, json_t *record)
{
    static const struct cli_column columns[] = {
        { "path", "path" },
        { "name", "name" },
        { "kind", "kind" },
        { "structure", "structure" },
        { "shareable", "shareable" },
        { "file_id", "file identifier" },
        { "aid", "AID" },
        { "application", "application" },
        { "records", "records" },
        { "record_length", "record length" },
        { "size", "size" },
        { "total_size", "total size" },
        { "reserved_size", "reserved size" },
        { "maximum_size", "maximum size" },
        { "sfi", "SFI" },
        { "life_cycle", "life cycle" },
        { "rule", "access rule" },
        { "words", "access" },
        { "keys", "keys" },
        { "characteristics", "characteristics" },
        { "power", "power" },
        { "least_clock", "least clock" },
        { "free_memory", "free memory" },
        { "terminal_capability", "TERMINAL CAPABILITY" },
        { "file_details", "file details" },
        { "environment", "environment" },
        { "special_information", "special information" },
        { "filling", "filling pattern" },
        { "repeat", "repeat pattern" },
        { "proprietary", "proprietary" },
        { "fcp", "FCP" },
        { NULL, NULL },
    };

    return cli_record(cli, columns, record);
}

static enum dmsc_err run_file(struct cli *cli)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct cli_file file;
    struct dmsc_buf bytes;
    json_t *record = NULL;
    enum dmsc_err err = cli_file_parse(cli, cli->argument[0], &file);

    dmsc_buf_init(&bytes, cli->ctx, DMSC_RAPDU_MAX);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    if (err == DMSC_OK)
        err = cli_file_select(cli, &file, &bytes);
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp);
    if (err == DMSC_OK) {
        record = json_pack("{s:s,s:s,s:o}", "path", file.path, "name", file.name, "fcp",
                           cli_hex(cli, dmsc_buf_bytes(&bytes)));
        if (record == NULL)
            err = DMSC_E_NOMEM;
    }
    if (err == DMSC_OK) {
        add_descriptor(cli, record, &fcp);
        add_proprietary(cli, record, &fcp);
        add_keys(record, &fcp);
        add_rule(cli, record, &file, &fcp);
        err = show(cli, record);
    }
    dmsc_buf_clear(&bytes);
    return err;
}

const struct cli_command cli_card_file_commands[] = {
    { "card", "file", "PATH", 1, 1, CLI_NEEDS_LINK, CLI_SCP03, run_file, "explain what a file is",
      "The File Control Parameters that SELECT answers, to the last field: structure, sizes, life "
      "cycle,\n"
      "access rule in words, keys, and what is in the proprietary template. PATH as for dmsc card "
      "read.\n\n"
      "  dmsc card file 3F00" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
