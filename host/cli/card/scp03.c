/* SPDX-License-Identifier: Apache-2.0 */
/* --scp03-keys FILE: the link is wrapped before a command runs. */
#include "host/cli/cli.h"
#include <ctype.h>
#include <dmsc/scp03.h>
#include <dmsc/uicc_admin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

struct key_file {
    struct dmsc_buf enc, mac, dek, aid; /* dek is for PUT KEY, which dmsc does not send */
    unsigned long version, level;
    bool s16;
};

static enum dmsc_err fresh(void *user, uint8_t *p, size_t n)
{
    struct cli *cli = user;

    if (getrandom(p, n, 0) == (ssize_t)n)
        return DMSC_OK;
    return cli_fail(cli, DMSC_E_IO, "draw random bytes", strerror(errno), "");
}

static bool hex_number(const char *text, unsigned long *ret_number)
{
    char *end = NULL;

    *ret_number = strtoul(text, &end, 16);
    return end != text && *end == '\0' && *ret_number <= 0xFF;
}

/* One line: a word, white space, its value. */
static bool take(struct key_file *file, const char *word, const char *value)
{
    const struct {
        const char *word;
        struct dmsc_buf *bytes;
    } fields[] = {
        { "enc", &file->enc }, { "mac", &file->mac }, { "dek", &file->dek }, { "aid", &file->aid }
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].word, word) == 0)
            return fields[i].bytes->n == 0 && dmsc_hex_decode(value, fields[i].bytes) == DMSC_OK;
    }
    if (strcmp(word, "version") == 0)
        return hex_number(value, &file->version);
    if (strcmp(word, "level") == 0)
        return hex_number(value, &file->level);
    if (strcmp(word, "mode") != 0 ||
        (strcasecmp(value, "S8") != 0 && strcasecmp(value, "S16") != 0))
        return false;
    file->s16 = strcasecmp(value, "S16") == 0;
    return true;
}

/* @return the number of the first line that cannot be read; 0 when all can */
static unsigned parse(struct key_file *file, char *text)
{
    unsigned number = 0;

    for (char *line = text, *next; line != NULL; line = next) {
        char *value;

        number++;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line[strcspn(line, "#\r")] = '\0';
        line += strspn(line, " \t");
        for (size_t n = strlen(line); n > 0 && isspace((unsigned char)line[n - 1]); n--)
            line[n - 1] = '\0';
        if (*line == '\0')
            continue;
        value = line + strcspn(line, " \t");
        if (*value != '\0')
            *value++ = '\0';
        value += strspn(value, " \t");
        if (!take(file, line, value))
            return number;
    }
    return 0;
}

static enum dmsc_err load(struct cli *cli, const char *path, struct key_file *file)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    struct dmsc_buf text;
    unsigned wrong;
    enum dmsc_err err = dmsc_secret_load(cli->ctx, path, false, &secret);

    dmsc_buf_init(&text, cli->ctx, 16384);
    if (err == DMSC_OK)
        err = dmsc_buf_set(&text, dmsc_secret_bytes(&secret));
    if (err == DMSC_OK) {
        wrong = parse(file, (char *)text.p);
        if (wrong > 0 || file->enc.n == 0 || file->mac.n == 0) {
            char why[64];

            (void)snprintf(
                why, sizeof(why),
                wrong > 0 ? "line %u is not understood" : "it lacks the keys enc and mac", wrong);
            err = cli_fail(cli, DMSC_E_CONFIG, "read the keys of the secure channel", why,
                           "lines of: enc HEX, mac HEX, version HEX, level HEX, mode S8 or S16, "
                           "aid HEX");
            (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.190s", path);
        }
    }
    dmsc_buf_clear(&text);
    dmsc_secret_clear(&secret);
    return err;
}

enum dmsc_err cli_scp03_wrap(struct cli *cli)
{
    struct key_file file = { .level = 0x33 };
    struct dmsc_link *wrapped = NULL;
    struct dmsc_scp03 config = DMSC_SCP03_INIT;
    enum dmsc_err err;

    if (cli->option[OPT_SCP03_KEYS] == NULL)
        return DMSC_OK;
    dmsc_buf_init(&file.enc, cli->ctx, 32);
    dmsc_buf_init(&file.mac, cli->ctx, 32);
    dmsc_buf_init(&file.dek, cli->ctx, 32);
    dmsc_buf_init(&file.aid, cli->ctx, 16);
    err = load(cli, cli->option[OPT_SCP03_KEYS], &file);
    config.enc = dmsc_buf_bytes(&file.enc);
    config.mac = dmsc_buf_bytes(&file.mac);
    config.aid = dmsc_buf_bytes(&file.aid);
    config.key_version = (uint8_t)file.version;
    config.level = (uint8_t)file.level;
    config.s16 = file.s16;
    config.random = fresh;
    config.random_user = cli;
    if (err == DMSC_OK)
        err = dmsc_link_scp03(cli->link, &config, &wrapped);
    if (err == DMSC_OK) {
        cli->link = wrapped;
        dmsc_link_scp03_blocks(config.level, config.s16, &cli->read_block, &cli->update_block);
    }
    dmsc_buf_clear(&file.aid);
    dmsc_buf_clear(&file.dek);
    dmsc_buf_clear(&file.mac);
    dmsc_buf_clear(&file.enc);
    return err;
}
