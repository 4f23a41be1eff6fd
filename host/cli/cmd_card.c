/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc readers, dmsc card: look at a UICC and provision it. */
#include "host/cli/cli.h"
#include "host/cli/files.h"
#include <dmsc/efdir.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void add_reader(void *user, const struct dmsc_reader *reader)
{
    struct cli_rows *list = user;
    json_t *rows = list->rows;

    (void)json_array_append_new(rows,
                                json_pack("{s:i,s:o,s:b,s:o}", "number", (int)json_array_size(rows),
                                          "reader", cli_text(reader->name), "card", reader->card,
                                          "atr", cli_hex(list->cli, reader->atr)));
}

static enum dmsc_err run_readers(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "number", "NO" }, { "reader", "READER" }, { "card", "CARD" },
        { "atr", "ATR" },   { NULL, NULL },
    };
    json_t *rows = json_array();
    struct cli_rows list = { cli, rows };
    enum dmsc_err err = dmsc_pcsc_readers(cli->ctx, add_reader, &list);

    if (err != DMSC_OK) {
        json_decref(rows);
        return err;
    }
    if (json_array_size(rows) == 0)
        cli_say(cli, "the PC/SC service knows no reader");
    return cli_table(cli, columns, rows);
}

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

/* TS 102 221 13.2: BCD, the nibbles of each byte swapped, F fills. */
static json_t *iccid_json(struct dmsc_bytes raw)
{
    char digits[2 * 10 + 1];
    size_t n = 0;

    for (size_t i = 0; i < raw.n && i < 10; i++) {
        uint8_t low = raw.p[i] & 0x0F, high = raw.p[i] >> 4;

        if (low <= 9)
            digits[n++] = (char)('0' + low);
        if (high <= 9)
            digits[n++] = (char)('0' + high);
    }
    digits[n] = '\0';
    return json_string(digits);
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

static json_t *pin_json(struct cli *cli)
{
    uint8_t tries = 0;

    if (dmsc_uicc_pin_tries(cli->uicc, 0x01, &tries) != DMSC_OK)
        return json_string("unknown");
    if (tries == 255)
        return json_string("not needed");
    return tries == 0 ? json_string("blocked") : json_sprintf("needed, %u tries left", tries);
}

static enum dmsc_err run_info(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "link", "link" },
        { "protocol", "protocol" },
        { "atr", "ATR" },
        { "iccid", "ICCID" },
        { "pin1", "PIN1" },
        { "application_names", "applications" },
        { "dm_application", "DM application" },
        { "generation", "generation" },
        { "card_tag", "card tag" },
        { "committed", "last commit" },
        { NULL, NULL },
    };
    json_t *applications = json_array(), *names = json_array(), *record = NULL, *app;
    struct dmsc_link *link = dmsc_uicc_link(cli->uicc);
    struct dmsc_buf iccid;
    size_t i;
    enum dmsc_err err = dmsc_uicc_power_on(cli->uicc);

    dmsc_buf_init(&iccid, cli->ctx, 16);
    if (err == DMSC_OK) /* EF(ICCID), SFI 02: the MF is current after reset */
        err = dmsc_uicc_read_binary(cli->uicc, 0x02, 0, 10, &iccid);
    if (err == DMSC_OK)
        err = read_applications(cli, applications);
    if (err != DMSC_OK)
        goto out;
    json_array_foreach(applications, i, app)(void)
        json_array_append(names, json_object_get(app, "name"));
    record =
        json_pack("{s:s,s:s,s:o,s:o,s:o,s:O}", "link", cli->link_spec, "protocol",
                  dmsc_link_protocol(link) == DMSC_T1 ? "T=1" : "T=0", "atr",
                  cli_hex(cli, dmsc_link_atr(link)), "iccid", iccid_json(dmsc_buf_bytes(&iccid)),
                  "pin1", pin_json(cli), "applications", applications);
    if (record != NULL) {
        add_dm_application(cli, record);
        (void)json_object_set(record, "application_names", names);
    }
    if (record != NULL && cli->json)
        (void)json_object_del(record, "application_names");
    err = cli_record(cli, columns, record);
out:
    json_decref(names);
    json_decref(applications);
    dmsc_buf_clear(&iccid);
    return err;
}

static const char *structure_name(const struct dmsc_fcp *fcp)
{
    static const char *const names[] = { "-", "transparent", "linear fixed", "cyclic", "BER-TLV" };

    return fcp->kind == DMSC_FILE_DF ? "DF" : names[fcp->structure];
}

static json_t *size_json(const struct dmsc_fcp *fcp)
{
    if (fcp->structure == DMSC_FILE_LINEAR_FIXED || fcp->structure == DMSC_FILE_CYCLIC)
        return json_sprintf("%u x %u", fcp->records, fcp->record_length);
    return fcp->has_size ? json_sprintf("%lu", (unsigned long)fcp->size_bytes) : json_null();
}

/* EF(ARR) FID and record (11.1.1.4.7); expanding the rule is the matter of a later command. */
static json_t *rule_json(const struct dmsc_fcp *fcp)
{
    const struct dmsc_bytes r = fcp->security_referenced;

    if (r.n == 3)
        return json_sprintf("%02X%02X record %u", r.p[0], r.p[1], r.p[2]);
    return json_string(fcp->security_compact.n > 0    ? "compact"
                       : fcp->security_expanded.n > 0 ? "expanded"
                       : r.n > 0                      ? "per environment"
                                                      : "-");
}

static enum dmsc_err list_file(struct cli *cli, const struct cli_file *file, json_t *rows)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, cli->ctx, DMSC_RAPDU_MAX);
    err = cli_file_select(cli, file, &bytes);
    if (err == DMSC_E_NOTFOUND || err == DMSC_E_SW || err == DMSC_E_DENIED) {
        err = DMSC_OK; /* this card does not have it */
        goto out;
    }
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp);
    if (err == DMSC_OK &&
        json_array_append_new(
            rows,
            json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "path", file->path, "name", file->name,
                      "structure", structure_name(&fcp), "size", size_json(&fcp), "sfi",
                      fcp.has_sfi && fcp.sfi > 0 ? json_sprintf("%02X", fcp.sfi) : json_null(),
                      "rule", rule_json(&fcp))) != 0)
        err = DMSC_E_NOMEM;
out:
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "path", "PATH" }, { "name", "NAME" }, { "structure", "STRUCTURE" },
        { "size", "SIZE" }, { "sfi", "SFI" },   { "rule", "ACCESS RULE" },
        { NULL, NULL },
    };
    json_t *rows = json_array();
    enum dmsc_err err = dmsc_uicc_power_on(cli->uicc);

    for (const struct cli_file *f = cli_files; err == DMSC_OK && f->path != NULL; f++)
        err = list_file(cli, f, rows);
    if (err != DMSC_OK) {
        json_decref(rows);
        return err;
    }
    return cli_table(cli, columns, rows);
}

static void dump(const struct cli *cli, struct dmsc_bytes content, size_t row)
{
    for (size_t at = 0; at < content.n; at += row) {
        size_t n = content.n - at < row ? content.n - at : row;
        char hex[2 * 32 + 1], text[32 + 1];

        dmsc_hex_encode(dmsc_bytes(content.p + at, n), hex);
        for (size_t i = 0; i < n; i++) {
            uint8_t c = content.p[at + i];

            text[i] = c >= 0x20 && c < 0x7F ? (char)c : '.';
        }
        text[n] = '\0';
        cli_say(cli, "%04zX  %-*s  %s", at, (int)(2 * row), hex, text);
    }
}

/* Erased memory at the end is of no interest to a reader's eye; --json and --raw show all. */
static size_t without_fill(struct dmsc_bytes content)
{
    size_t n = content.n;

    while (n > 0 && content.p[n - 1] == 0xFF)
        n--;
    return n;
}

static enum dmsc_err show_content(struct cli *cli, const struct cli_file *file,
                                  const struct dmsc_fcp *fcp, struct dmsc_bytes content)
{
    size_t row = fcp->record_length > 0 ? fcp->record_length : content.n;

    if (cli->option[OPT_RAW] != NULL)
        return fwrite(content.p, 1, content.n, stdout) == content.n ? DMSC_OK : DMSC_E_IO;
    cli_say(cli, "%s %s, %s, %zu bytes", file->path, file->name, structure_name(fcp), content.n);
    for (size_t at = 0; at < content.n; at += row) {
        size_t n = content.n - at < row ? content.n - at : row;
        size_t used = without_fill(dmsc_bytes(content.p + at, n));

        if (fcp->record_length > 0)
            cli_say(cli, "record %zu%s", at / row + 1, used == 0 ? ": empty" : "");
        dump(cli, dmsc_bytes(content.p + at, used), 32);
        if (used < n && (used > 0 || fcp->record_length == 0))
            cli_say(cli, "(%zu bytes FF up to the end)", n - used);
    }
    return cli_json(cli, json_pack("{s:s,s:s,s:s,s:i,s:o}", "path", file->path, "name", file->name,
                                   "structure", structure_name(fcp), "record_length",
                                   fcp->record_length, "content", cli_hex(cli, content)));
}

/* PIN1, when the file asks for it and a file with the PIN was named. */
static enum dmsc_err verify_pin(struct cli *cli)
{
    const char *path =
        cli->option[OPT_PIN_FILE] != NULL ? cli->option[OPT_PIN_FILE] : cli->config.pin_file;
    struct dmsc_secret pin = DMSC_SECRET_INIT;
    enum dmsc_err err;

    if (path == NULL)
        return DMSC_OK;
    err = dmsc_secret_load(cli->ctx, path, false, &pin);
    if (err == DMSC_OK)
        err = dmsc_uicc_verify_pin(cli->uicc, 0x01, &pin);
    dmsc_secret_clear(&pin);
    return err;
}

static enum dmsc_err run_read(struct cli *cli)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_buf fcp_bytes, content;
    struct cli_file file;
    enum dmsc_err err = cli_file_parse(cli, cli->argument[0], &file);

    dmsc_buf_init(&fcp_bytes, cli->ctx, DMSC_RAPDU_MAX);
    dmsc_buf_init(&content, cli->ctx, dmsc_ctx_limits(cli->ctx)->ef_size);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    if (err == DMSC_OK && cli->option[OPT_PIN_FILE] != NULL)
        err = verify_pin(cli);
    if (err == DMSC_OK)
        err = cli_file_select(cli, &file, &fcp_bytes);
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&fcp_bytes), &fcp);
    dmsc_link_conceal(dmsc_uicc_link(cli->uicc), file.secret);
    if (err == DMSC_OK)
        err = dmsc_uicc_read_selected(cli->uicc, &fcp, &content);
    dmsc_link_conceal(dmsc_uicc_link(cli->uicc), false);
    if (err == DMSC_E_DENIED && cli->option[OPT_PIN_FILE] == NULL)
        err = cli_fail(cli, err, "read the file", "the card wants a PIN for it (SW 6982)",
                       "name a file that holds PIN1: --pin-file FILE");
    if (err == DMSC_OK)
        err = show_content(cli, &file, &fcp, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&content);
    dmsc_buf_clear(&fcp_bytes);
    return err;
}

/* @param ret_command what the C-APDU borrows from */
static enum dmsc_err parse_apdu(struct cli *cli, const char *text, struct dmsc_buf *ret_command,
                                struct dmsc_capdu *ret_capdu)
{
    enum dmsc_err err;

    dmsc_buf_reset(ret_command);
    err = dmsc_hex_decode(text, ret_command);
    if (err == DMSC_OK && dmsc_capdu_decode(dmsc_buf_bytes(ret_command), ret_capdu) != DMSC_OK)
        err = cli_fail(cli, DMSC_E_MALFORMED, "send the command",
                       "it is none of the four cases of an APDU", "dmsc card apdu 80F2000000");
    return err;
}

static enum dmsc_err send_apdu(struct cli *cli, const struct dmsc_capdu *capdu,
                               struct dmsc_buf *data, json_t *rows)
{
    uint16_t sw = 0;
    /* as typed: the channel is in CLA */
    enum dmsc_err err = dmsc_link_exchange(dmsc_uicc_link(cli->uicc), capdu, data, &sw);

    if (err != DMSC_OK)
        return err;
    dump(cli, dmsc_buf_bytes(data), 32);
    cli_say(cli, "SW %04X  %s", sw, dmsc_sw_text(sw));
    (void)json_array_append_new(
        rows, json_pack("{s:o,s:o,s:s}", "data", cli_hex(cli, dmsc_buf_bytes(data)), "sw",
                        json_sprintf("%04X", sw), "text", dmsc_sw_text(sw)));
    return DMSC_OK;
}

/* All of them are read before the first one is sent. */
static enum dmsc_err run_apdu(struct cli *cli)
{
    struct dmsc_capdu capdu = DMSC_CAPDU_INIT;
    json_t *rows = json_array();
    struct dmsc_buf command, data;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&command, cli->ctx, DMSC_CAPDU_MAX);
    dmsc_buf_init(&data, cli->ctx, dmsc_ctx_limits(cli->ctx)->rapdu_size);
    for (int i = 0; err == DMSC_OK && i < cli->arguments; i++)
        err = parse_apdu(cli, cli->argument[i], &command, &capdu);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    for (int i = 0; err == DMSC_OK && i < cli->arguments; i++) {
        err = parse_apdu(cli, cli->argument[i], &command, &capdu);
        if (err == DMSC_OK)
            err = send_apdu(cli, &capdu, &data, rows);
    }
    dmsc_buf_clear(&data);
    dmsc_buf_clear(&command);
    if (err == DMSC_OK)
        return cli_json(cli, rows);
    json_decref(rows);
    return err;
}

static void progress(void *user, const char *name, unsigned done, unsigned total)
{
    const struct cli *cli = user;

    if (!cli->json && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r\033[K[%u/%u] %s%s", done, total, name, done == total ? "\n" : "");
}

static enum dmsc_err load_secret(struct cli *cli, enum cli_option_id option, const char *configured,
                                 bool hex, struct dmsc_secret *ret_secret)
{
    const char *path = cli->option[option] != NULL ? cli->option[option] : configured;

    return path == NULL ? DMSC_OK : dmsc_secret_load(cli->ctx, path, hex, ret_secret);
}

static enum dmsc_err provision(struct cli *cli, const struct dmsc_card_profile *profile)
{
    struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;
    struct dmsc_secret adm = DMSC_SECRET_INIT, pin = DMSC_SECRET_INIT;
    struct dmsc_card_header header;
    struct dmsc_card *card = NULL;
    enum dmsc_err err = load_secret(cli, OPT_ADM_FILE, cli->config.adm1_file, true, &adm);

    if (err == DMSC_OK && adm.n == 0)
        err = cli_fail(cli, DMSC_E_PIN, "provision the card", "writing to it needs ADM1",
                       "name a file that holds it in hex: --adm-file FILE or [card] adm1_file");
    if (err == DMSC_OK)
        err = load_secret(cli, OPT_PIN_FILE, cli->config.pin_file, false, &pin);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    if (err == DMSC_OK)
        err = dmsc_card_open(cli->uicc, &card);
    options.adm = &adm;
    options.pin = pin.n > 0 ? &pin : NULL;
    options.commit_time = (uint32_t)time(NULL);
    options.progress.step = progress;
    options.progress.user = cli;
    if (err == DMSC_OK)
        err = dmsc_card_provision(card, profile, &options, &header);
    if (err == DMSC_OK) {
        struct dmsc_link_counts counts = dmsc_link_counts(dmsc_uicc_link(cli->uicc));

        cli_say(cli, "the card is provisioned: generation %lu, %lu APDUs",
                (unsigned long)header.generation, counts.apdus);
        err = cli_json(cli, json_pack("{s:I,s:o,s:I}", "generation", (json_int_t)header.generation,
                                      "card_tag",
                                      cli_hex(cli, dmsc_bytes(header.card_tag, DMSC_CARD_TAG_SIZE)),
                                      "apdus", (json_int_t)counts.apdus));
    }
    dmsc_card_free(card);
    dmsc_secret_clear(&pin);
    dmsc_secret_clear(&adm);
    return err;
}

static enum dmsc_err run_provision(struct cli *cli)
{
    struct dmsc_card_profile *profile = NULL;
    enum dmsc_err err = dmsc_card_profile_load(cli->ctx, cli->argument[0], &profile);

    if (err == DMSC_OK)
        err = provision(cli, profile);
    dmsc_card_profile_free(profile);
    return err;
}

const struct cli_command cli_card_commands[] = {
    { "readers", NULL, "", 0, 0, 0, 0, run_readers, "list the PC/SC readers",
      "Each reader of the PC/SC service, whether a card is in it, and its ATR.\n\n"
      "  dmsc readers" },
    { "card", "info", "", 0, 0, CLI_NEEDS_LINK, 0, run_info, "say what the card is",
      "ATR, ICCID, PIN1, the applications of EF(DIR), and the state of the DM application.\n\n"
      "  dmsc card info --link pcsc:0" },
    { "card", "ls", "", 0, 0, CLI_NEEDS_LINK, 0, run_ls, "list the files of the card",
      "Tries every file that the standards name under the MF, ADF.USIM, PKCS#15 and ADF.DMSC, and\n"
      "shows what each FCP says. A UICC has no command that lists files by itself.\n\n"
      "  dmsc card ls" },
    { "card", "read", "PATH", 1, 1, CLI_NEEDS_LINK, 1u << OPT_PIN_FILE | 1u << OPT_RAW, run_read,
      "read a file",
      "PATH is identifiers between slashes from the MF (3F00/2FE2), or from an application by "
      "name\n"
      "(USIM/6F07, DMSC/6F10, PKCS15/5031) or AID. --raw writes the bytes and nothing else.\n\n"
      "  dmsc card read DMSC/6F01" },
    { "card", "apdu", "HEX...", 1, 64, CLI_NEEDS_LINK, 0, run_apdu, "send commands as typed",
      "Each argument is one C-APDU. GET RESPONSE and a corrected Le are done by the link. --json "
      "gives\n"
      "an array, one answer each.\n\n"
      "  dmsc card apdu 00A40004023F00 80F2000000" },
    { "card", "provision", "PROFILE", 1, 1, CLI_NEEDS_LINK, 1u << OPT_ADM_FILE | 1u << OPT_PIN_FILE,
      run_provision, "write a DM card profile",
      "Authorities, objects, secrets and certificates of the profile go to the DM application of "
      "the\n"
      "card, its commit header last: a power cut leaves the old state or the new one.\n\n"
      "  dmsc card provision profile.json --adm-file adm1.hex" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
