/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc readers, dmsc card apdu and provision. */
#include "host/cli/card/files.h"
#include "host/cli/cli.h"
#include <dmsc/uicc_admin.h>
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

#define DUMP_ROW 32u

void cli_dump(const struct cli *cli, struct dmsc_bytes content)
{
    for (size_t at = 0; at < content.n; at += DUMP_ROW) {
        size_t n = content.n - at < DUMP_ROW ? content.n - at : DUMP_ROW;
        char hex[2 * DUMP_ROW + 1], text[DUMP_ROW + 1];

        dmsc_hex_encode(dmsc_bytes(content.p + at, n), hex);
        for (size_t i = 0; i < n; i++) {
            uint8_t c = content.p[at + i];

            text[i] = c >= 0x20 && c < 0x7F ? (char)c : '.';
        }
        text[n] = '\0';
        cli_say(cli, "%04zX  %-*s  %s", at, (int)(2 * DUMP_ROW), hex, text);
    }
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
    struct dmsc_sw_meaning meaning;
    uint16_t sw = 0;
    /* as typed: the channel is in CLA */
    enum dmsc_err err = dmsc_link_exchange(dmsc_uicc_link(cli->uicc), capdu, data, &sw);

    if (err != DMSC_OK)
        return err;
    meaning = dmsc_sw_explain(capdu->cla, capdu->ins, sw);
    cli_dump(cli, dmsc_buf_bytes(data));
    cli_say(cli, "SW %04X  %s (%s)", sw, meaning.text, meaning.clause);
    (void)json_array_append_new(
        rows, json_pack("{s:o,s:o,s:s,s:s}", "data", cli_hex(cli, dmsc_buf_bytes(data)), "sw",
                        json_sprintf("%04X", sw), "text", meaning.text, "clause", meaning.clause));
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
    { "card", "apdu", "HEX...", 1, 64, CLI_NEEDS_LINK | CLI_CHANGES, CLI_SCP03, run_apdu,
      "send commands as typed",
      "Each argument is one C-APDU. GET RESPONSE and a corrected Le are done by the link. What a\n"
      "status word means to that very command is told. --json gives an array, one answer each. "
      "With\n"
      "--scp03-keys each command goes protected.\n\n"
      "  dmsc card apdu 00A40004023F00 80F2000000" },
    { "card", "provision", "PROFILE", 1, 1, CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_ADM_FILE) | CLI_OPTION(OPT_PIN_FILE), run_provision, "write a DM card profile",
      "Authorities, objects, secrets and certificates of the profile go to the DM application of "
      "the\n"
      "card, its commit header last: a power cut leaves the old state or the new one.\n\n"
      "  dmsc card provision profile.json --adm-file adm1.hex" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
