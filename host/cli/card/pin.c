/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card verify-pin, change-pin, enable-pin, disable-pin, unblock-pin. Values come from files
 * that nobody else can read; no command is sent twice. */
#include "host/cli/card/files.h"
#include <dmsc/access.h>
#include <dmsc/uicc_admin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_ADM1 0x0A

enum dmsc_err cli_key_parse(struct cli *cli, const char *text, uint8_t *ret_key)
{
    char name[40], *end = NULL;
    unsigned long n;

    if (strcasecmp(text, "UPIN") == 0) {
        *ret_key = DMSC_KEY_UNIVERSAL_PIN;
        return DMSC_OK;
    }
    for (unsigned key = 1; key < 0xFF; key++) {
        if (strcasecmp(dmsc_key_name((uint8_t)key, name), text) == 0) {
            *ret_key = (uint8_t)key;
            return DMSC_OK;
        }
    }
    n = strtoul(text, &end, 16);
    if (strlen(text) == 2 && *end == '\0' && n > 0 && n < 0xFF) {
        *ret_key = (uint8_t)n;
        return DMSC_OK;
    }
    return cli_fail(cli, DMSC_E_ARG, "find the key",
                    "a key is PIN1, PIN2, UPIN, ADM1 to ADM10 or its reference, two hex digits",
                    "dmsc card verify-pin PIN1 --pin-file pin1");
}

static bool is_adm(uint8_t key)
{
    return (key & 0x7F) >= 0x0A && (key & 0x7F) <= 0x0E;
}

/* The value of an option's file, or of the configuration. */
static enum dmsc_err load(struct cli *cli, enum cli_option_id option, const char *configured,
                          const char *missing, bool hex, struct dmsc_secret *ret_secret)
{
    const char *path = cli->option[option] != NULL ? cli->option[option] : configured;

    if (path == NULL)
        return cli_fail(cli, DMSC_E_ARG, "find the secret",
                        "values come from files, never from the command line", missing);
    return dmsc_secret_load(cli->ctx, path, hex, ret_secret);
}

static enum dmsc_err verify(struct cli *cli, enum cli_option_id option, bool hex, uint8_t key)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    enum dmsc_err err;

    if (cli->option[option] == NULL)
        return DMSC_OK;
    err = dmsc_secret_load(cli->ctx, cli->option[option], hex, &secret);
    if (err == DMSC_OK)
        err = dmsc_uicc_verify_pin(cli->uicc, key, &secret);
    dmsc_secret_clear(&secret);
    return err;
}

enum dmsc_err cli_verify_given(struct cli *cli)
{
    enum dmsc_err err = verify(cli, OPT_PIN_FILE, false, 0x01);

    return err == DMSC_OK ? verify(cli, OPT_ADM_FILE, true, KEY_ADM1) : err;
}

/* A local key (b8) is one of an application: that of the USIM, where there is one. */
static enum dmsc_err prepare(struct cli *cli, uint8_t *ret_key)
{
    static const uint8_t usim[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };
    enum dmsc_err err = DMSC_OK;

    *ret_key = 0x01;
    if (cli->arguments > 0)
        err = cli_key_parse(cli, cli->argument[0], ret_key);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    if (err == DMSC_OK && *ret_key >= 0x80) {
        err = dmsc_uicc_select_aid(cli->uicc, dmsc_bytes(usim, sizeof(usim)), NULL);
        if (err == DMSC_E_NOTFOUND)
            err = DMSC_OK;
    }
    return err;
}

static enum dmsc_err done(struct cli *cli, uint8_t key, const char *what)
{
    char name[40];

    cli_say(cli, "%s is %s", dmsc_key_name(key, name), what);
    return cli_json(cli, json_pack("{s:s,s:i,s:s}", "key", name, "reference", key, "is", what));
}

struct pin_command {
    const char *did;
    bool wants_new, by_puk;
};

static enum dmsc_err load_values(struct cli *cli, uint8_t key, const struct pin_command *command,
                                 struct dmsc_secret *first, struct dmsc_secret *second)
{
    enum dmsc_err err;

    if (command->by_puk)
        err = load(cli, OPT_PUK_FILE, NULL, "--puk-file FILE, its 8 digits", false, first);
    else if (is_adm(key))
        err = load(cli, OPT_ADM_FILE, cli->config.adm1_file, "--adm-file FILE, 16 hex digits", true,
                   first);
    else
        err = load(cli, OPT_PIN_FILE, key == 0x01 ? cli->config.pin_file : NULL,
                   "--pin-file FILE, its 4 to 8 digits", false, first);
    if (err == DMSC_OK && command->wants_new)
        err = load(cli, OPT_NEW_PIN_FILE, NULL, "--new-pin-file FILE", is_adm(key), second);
    return err;
}

static enum dmsc_err run(struct cli *cli, const struct pin_command *command,
                         enum dmsc_err (*send)(struct cli *cli, uint8_t key,
                                               const struct dmsc_secret *first,
                                               const struct dmsc_secret *second))
{
    struct dmsc_secret first = DMSC_SECRET_INIT, second = DMSC_SECRET_INIT;
    uint8_t key = 0x01;
    enum dmsc_err err = DMSC_OK;

    if (cli->arguments > 0)
        err = cli_key_parse(cli, cli->argument[0], &key);
    if (err == DMSC_OK)
        err = load_values(cli, key, command, &first, &second);
    if (err == DMSC_OK)
        err = prepare(cli, &key);
    if (err == DMSC_OK)
        err = send(cli, key, &first, &second);
    dmsc_secret_clear(&second);
    dmsc_secret_clear(&first);
    return err == DMSC_OK ? done(cli, key, command->did) : err;
}

static enum dmsc_err send_verify(struct cli *cli, uint8_t key, const struct dmsc_secret *first,
                                 const struct dmsc_secret *second)
{
    (void)second;
    return dmsc_uicc_verify_pin(cli->uicc, key, first);
}

static enum dmsc_err send_change(struct cli *cli, uint8_t key, const struct dmsc_secret *first,
                                 const struct dmsc_secret *second)
{
    return dmsc_uicc_change_pin(cli->uicc, key, first, second);
}

static enum dmsc_err send_enable(struct cli *cli, uint8_t key, const struct dmsc_secret *first,
                                 const struct dmsc_secret *second)
{
    (void)second;
    return dmsc_uicc_enable_pin(cli->uicc, key, first);
}

static enum dmsc_err send_disable(struct cli *cli, uint8_t key, const struct dmsc_secret *first,
                                  const struct dmsc_secret *second)
{
    (void)second;
    return dmsc_uicc_disable_pin(cli->uicc, key, first,
                                 cli->option[OPT_UNIVERSAL] != NULL ? DMSC_KEY_UNIVERSAL_PIN : 0);
}

static enum dmsc_err send_unblock(struct cli *cli, uint8_t key, const struct dmsc_secret *first,
                                  const struct dmsc_secret *second)
{
    return dmsc_uicc_unblock_pin(cli->uicc, key, first, second);
}

static enum dmsc_err run_verify(struct cli *cli)
{
    return run(cli, &(struct pin_command){ "verified", false, false }, send_verify);
}

static enum dmsc_err run_change(struct cli *cli)
{
    return run(cli, &(struct pin_command){ "changed", true, false }, send_change);
}

static enum dmsc_err run_enable(struct cli *cli)
{
    return run(cli, &(struct pin_command){ "enabled", false, false }, send_enable);
}

static enum dmsc_err run_disable(struct cli *cli)
{
    return run(cli, &(struct pin_command){ "disabled", false, false }, send_disable);
}

static enum dmsc_err run_unblock(struct cli *cli)
{
    return run(cli, &(struct pin_command){ "unblocked", true, true }, send_unblock);
}

#define VALUE_FILES (CLI_OPTION(OPT_PIN_FILE) | CLI_OPTION(OPT_ADM_FILE) | CLI_SCP03)

const struct cli_command cli_card_pin_commands[] = {
    { "card", "verify-pin", "[KEY]", 0, 1, CLI_NEEDS_LINK | CLI_CHANGES, VALUE_FILES, run_verify,
      "try a PIN or a key",
      "KEY is PIN1 (without it), PIN2, UPIN, ADM1 to ADM10 or a reference of two hex digits. A "
      "wrong value\n"
      "costs one try, and the tries that are left are told; it is never tried twice.\n\n"
      "  dmsc card verify-pin PIN1 --pin-file pin1" },
    { "card", "change-pin", "[KEY]", 0, 1, CLI_NEEDS_LINK | CLI_CHANGES,
      VALUE_FILES | CLI_OPTION(OPT_NEW_PIN_FILE), run_change, "change a PIN or a key",
      "The old value is in --pin-file or --adm-file, the new one in --new-pin-file.\n\n"
      "  dmsc card change-pin PIN1 --pin-file old --new-pin-file new" },
    { "card", "enable-pin", "[KEY]", 0, 1, CLI_NEEDS_LINK | CLI_CHANGES, VALUE_FILES, run_enable,
      "have the card ask for a PIN",
      "From now on files whose rule names the PIN need it.\n\n"
      "  dmsc card enable-pin PIN1 --pin-file pin1" },
    { "card", "disable-pin", "[KEY]", 0, 1, CLI_NEEDS_LINK | CLI_CHANGES,
      VALUE_FILES | CLI_OPTION(OPT_UNIVERSAL), run_disable, "have the card ask for a PIN no more",
      "Files whose rule names the PIN are open from now on; with --universal they need the "
      "universal PIN\n"
      "instead.\n\n"
      "  dmsc card disable-pin PIN1 --pin-file pin1" },
    { "card", "unblock-pin", "[KEY]", 0, 1, CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_PUK_FILE) | CLI_OPTION(OPT_NEW_PIN_FILE) | CLI_SCP03, run_unblock,
      "give a blocked PIN a new value",
      "The PUK is in --puk-file, the new PIN in --new-pin-file. A PUK that is wrong ten times is "
      "blocked\n"
      "for ever.\n\n"
      "  dmsc card unblock-pin PIN1 --puk-file puk --new-pin-file new" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
