/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc ota: build and read secured packets. */
#include "host/cli/ota/ota.h"
#include <dmsc/apdu.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SCRIPT_MAX   (1u << 20) /* characters of a script's text */
#define SENDER       "12345678"
#define INS_ENVELOPE 0xC2u

void cli_ota_parcel_init(struct cli *cli, struct cli_ota_parcel *p)
{
    *p = (struct cli_ota_parcel){ .parts = 0 };
    dmsc_buf_init(&p->packet, cli->ctx, dmsc_ctx_limits(cli->ctx)->ota_packet_size);
}

void cli_ota_parcel_clear(struct cli_ota_parcel *p)
{
    dmsc_buf_clear(&p->packet);
    dmsc_ota_keys_clear(&p->keys);
}

static enum dmsc_err choose_format(struct cli *cli, enum dmsc_ota_format *ret_format)
{
    static const struct {
        const char *word;
        enum dmsc_ota_format format;
    } words[] = { { "compact", DMSC_OTA_COMPACT },
                  { "expanded", DMSC_OTA_EXPANDED },
                  { "indefinite", DMSC_OTA_INDEFINITE } };
    const char *word = cli->option[OPT_FORMAT];

    *ret_format = DMSC_OTA_COMPACT;
    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) == 0) {
            *ret_format = words[i].format;
            return DMSC_OK;
        }
    }
    return word == NULL ? DMSC_OK
                        : cli_fail(cli, DMSC_E_ARG, "build a script", "there is no such format",
                                   "--format compact, expanded or indefinite");
}

static enum dmsc_err read_script(struct cli *cli, struct dmsc_buf *ret_script)
{
    enum dmsc_ota_format format;
    struct dmsc_buf text;
    enum dmsc_err err = choose_format(cli, &format);

    dmsc_buf_init(&text, cli->ctx, SCRIPT_MAX);
    if (err == DMSC_OK)
        err = cli_ota_read_text(cli, cli->argument[0], &text);
    if (err == DMSC_OK)
        err = dmsc_ota_script(cli->ctx, format, dmsc_buf_str(&text), ret_script);
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err set_tar(struct cli *cli, struct dmsc_ota_keys *keys)
{
    struct dmsc_buf tar;
    enum dmsc_err err;

    if (cli->option[OPT_TAR] == NULL)
        return DMSC_OK;
    dmsc_buf_init(&tar, cli->ctx, 64);
    err = dmsc_hex_decode(cli->option[OPT_TAR], &tar);
    if (err != DMSC_OK || tar.n != sizeof(keys->tar))
        err = cli_fail(cli, DMSC_E_ARG, "address the application", "a TAR has three bytes",
                       "--tar B00010");
    for (size_t i = 0; err == DMSC_OK && i < sizeof(keys->tar); i++)
        keys->tar[i] = tar.p[i];
    dmsc_buf_clear(&tar);
    return err;
}

/* TP-SCTS: now, in UTC; nibbles swapped (TS 23.040 9.2.3.11). */
static void stamp(uint8_t scts[7])
{
    time_t now = time(NULL);
    struct tm tm = { 0 };
    int fields[6];

    (void)gmtime_r(&now, &tm);
    fields[0] = tm.tm_year % 100;
    fields[1] = tm.tm_mon + 1;
    fields[2] = tm.tm_mday;
    fields[3] = tm.tm_hour;
    fields[4] = tm.tm_min;
    fields[5] = tm.tm_sec;
    for (unsigned i = 0; i < 6; i++)
        scts[i] = (uint8_t)(fields[i] % 10 << 4 | fields[i] / 10);
    scts[6] = 0;
}

/* The script is read, and wrapped once for nothing, before a counter is spent on it. */
enum dmsc_err cli_ota_parcel_make(struct cli *cli, struct cli_ota_parcel *p)
{
    const char *path = cli->option[OPT_KEYS];
    struct dmsc_buf script;
    enum dmsc_err err;

    if (path == NULL)
        return cli_fail(cli, DMSC_E_ARG, "wrap a script", "no key file is named", "--keys FILE");
    dmsc_buf_init(&script, cli->ctx, dmsc_ctx_limits(cli->ctx)->ota_packet_size);
    err = read_script(cli, &script);
    if (err == DMSC_OK)
        err = cli_ota_keys_load(cli, path, &p->keys);
    if (err == DMSC_OK)
        err = set_tar(cli, &p->keys);
    if (err == DMSC_OK)
        err = cli_ota_blame(
            cli, dmsc_ota_wrap(cli->ctx, &p->keys, dmsc_buf_bytes(&script), &p->packet), path);
    dmsc_buf_reset(&p->packet);
    dmsc_ota_keys_clear(&p->keys);
    if (err == DMSC_OK)
        err = cli_ota_keys_take(cli, path, &p->keys);
    if (err == DMSC_OK)
        err = set_tar(cli, &p->keys);
    if (err == DMSC_OK)
        err = dmsc_ota_wrap(cli->ctx, &p->keys, dmsc_buf_bytes(&script), &p->packet);
    dmsc_buf_clear(&script);
    p->sms.from = SENDER;
    p->sms.reference = (uint16_t)(p->keys.counter & 0xFF);
    stamp(p->sms.time);
    p->parts = dmsc_ota_parts(p->packet.n, false);
    return err;
}

enum dmsc_err cli_ota_part(struct cli *cli, const struct cli_ota_parcel *p, unsigned part,
                           struct dmsc_buf *tpdu, struct dmsc_buf *envelope)
{
    enum dmsc_err err = dmsc_ota_tpdu(cli->ctx, dmsc_buf_bytes(&p->packet), &p->sms, part, tpdu);

    return err == DMSC_OK ? dmsc_ota_envelope(cli->ctx, dmsc_buf_bytes(tpdu), &p->sms, envelope)
                          : err;
}

/* 80 C2 00 00 Lc data 00, as "dmsc card apdu" takes it. */
static json_t *envelope_apdu(struct cli *cli, struct dmsc_bytes envelope)
{
    struct dmsc_capdu capdu = DMSC_CAPDU_INIT;
    uint8_t bytes[DMSC_CAPDU_MAX];
    struct dmsc_wr w = dmsc_wr(bytes, sizeof(bytes));

    capdu.cla = 0x80;
    capdu.ins = INS_ENVELOPE;
    capdu.data = envelope;
    capdu.le = 256;
    if (dmsc_capdu_encode(&capdu, DMSC_T1, &w) != DMSC_OK)
        return NULL;
    return cli_hex(cli, dmsc_bytes(bytes, w.n));
}

static enum dmsc_err pack(struct cli *cli, const struct cli_ota_parcel *p, json_t *tpdus,
                          json_t *envelopes)
{
    struct dmsc_buf tpdu, envelope;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&tpdu, cli->ctx, DMSC_CAPDU_MAX);
    dmsc_buf_init(&envelope, cli->ctx, DMSC_CAPDU_MAX);
    for (unsigned part = 1; err == DMSC_OK && part <= p->parts; part++) {
        err = cli_ota_part(cli, p, part, &tpdu, &envelope);
        if (err == DMSC_OK) {
            (void)json_array_append_new(tpdus, cli_hex(cli, dmsc_buf_bytes(&tpdu)));
            (void)json_array_append_new(envelopes, envelope_apdu(cli, dmsc_buf_bytes(&envelope)));
        }
    }
    dmsc_buf_clear(&tpdu);
    dmsc_buf_clear(&envelope);
    return err;
}

static void say_lines(struct cli *cli, json_t *lines)
{
    json_t *line;
    size_t i;

    json_array_foreach(lines, i, line) cli_say(cli, "%s", json_string_value(line));
}

static enum dmsc_err check_as(struct cli *cli)
{
    const char *as = cli->option[OPT_AS];

    return as == NULL || strcmp(as, "packet") == 0 || strcmp(as, "sms") == 0 ||
                   strcmp(as, "envelope") == 0
               ? DMSC_OK
               : cli_fail(cli, DMSC_E_ARG, "write the packet", "there is no such form",
                          "--as packet, sms or envelope");
}

static enum dmsc_err give_out(struct cli *cli, const struct cli_ota_parcel *p)
{
    const char *as = cli->option[OPT_AS] != NULL ? cli->option[OPT_AS] : "packet";
    json_t *tpdus = json_array(), *envelopes = json_array(), *packet;
    enum dmsc_err err = pack(cli, p, tpdus, envelopes);

    if (err != DMSC_OK) {
        json_decref(tpdus);
        json_decref(envelopes);
        return err;
    }
    packet = cli_hex(cli, dmsc_buf_bytes(&p->packet));
    if (strcmp(as, "packet") == 0)
        cli_say(cli, "%s", json_string_value(packet));
    else
        say_lines(cli, as[0] == 's' ? tpdus : envelopes);
    return cli_json(cli, json_pack("{s:o,s:I,s:o,s:o,s:o}", "tar",
                                   cli_hex(cli, dmsc_bytes(p->keys.tar, 3)), "counter",
                                   (json_int_t)p->keys.counter, "packet", packet, "sms", tpdus,
                                   "envelopes", envelopes));
}

static enum dmsc_err run_wrap(struct cli *cli)
{
    enum dmsc_err err = check_as(cli);
    struct cli_ota_parcel p;

    cli_ota_parcel_init(cli, &p);
    if (err == DMSC_OK)
        err = cli_ota_parcel_make(cli, &p);
    if (err == DMSC_OK)
        err = give_out(cli, &p);
    cli_ota_parcel_clear(&p);
    return err;
}

static enum dmsc_err show_received(struct cli *cli, const struct dmsc_ota_received *r,
                                   const struct dmsc_ota_keys *keys)
{
    struct dmsc_ota_packet packet;
    struct dmsc_buf data;
    enum dmsc_err err;
    json_t *record;

    dmsc_buf_init(&data, cli->ctx, dmsc_ctx_limits(cli->ctx)->ota_packet_size);
    err = dmsc_ota_read(cli->ctx, r->kind, r->packet, keys, &packet, &data);
    if (err == DMSC_OK) {
        record = json_pack("{s:s}", "form", r->form);
        if (record != NULL && r->address[0] != '\0')
            (void)json_object_set_new(record, "address", cli_text(r->address));
        err = cli_ota_show(cli, record, &packet, dmsc_buf_bytes(&data), keys != NULL);
    }
    dmsc_buf_clear(&data);
    return err;
}

static enum dmsc_err receive_all(struct cli *cli, struct dmsc_ota_receiver *receiver,
                                 struct dmsc_ota_received *received)
{
    struct dmsc_buf bytes;
    enum dmsc_err err = DMSC_OK;
    char why[64];

    dmsc_buf_init(&bytes, cli->ctx, dmsc_ctx_limits(cli->ctx)->ota_packet_size + 16);
    for (int i = 0; err == DMSC_OK && i < cli->arguments; i++) {
        dmsc_buf_reset(&bytes);
        err = dmsc_hex_decode(cli->argument[i], &bytes);
        if (err == DMSC_E_MALFORMED)
            err = cli_fail(cli, err, "read the packet", "it is not written in hex digits",
                           "dmsc ota unwrap 027100000B0AB0001000000000000006");
        if (err == DMSC_OK)
            err = dmsc_ota_receive(receiver, dmsc_buf_bytes(&bytes), received);
    }
    dmsc_buf_clear(&bytes);
    if (err == DMSC_OK && !received->whole) {
        (void)snprintf(why, sizeof(why), "of %u parts some are missing", received->parts);
        err = cli_fail(cli, DMSC_E_TRUNCATED, "join the short messages", why,
                       "give all of them, in whatever order");
    }
    if (err == DMSC_OK && received->kind == DMSC_OTA_NO_PACKET)
        err = cli_fail(cli, DMSC_E_NOTFOUND, "find a secured packet",
                       "the short message has neither identifier 70 nor 71",
                       "TS 31.115 4.2 and 4.3 say how a packet is marked");
    return err;
}

static enum dmsc_err run_unwrap(struct cli *cli)
{
    const char *path = cli->option[OPT_KEYS];
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
    struct dmsc_ota_receiver *receiver = NULL;
    struct dmsc_ota_received received = { .form = "" };
    enum dmsc_err err = path != NULL ? cli_ota_keys_load(cli, path, &keys) : DMSC_OK;

    if (err == DMSC_OK)
        err = dmsc_ota_receiver_new(cli->ctx, &receiver);
    if (err == DMSC_OK)
        err = receive_all(cli, receiver, &received);
    if (err == DMSC_OK)
        err = cli_ota_blame(cli, show_received(cli, &received, path != NULL ? &keys : NULL), path);
    dmsc_ota_receiver_free(receiver);
    dmsc_ota_keys_clear(&keys);
    return err;
}

#define WRAP_OPTIONS (CLI_OPTION(OPT_KEYS) | CLI_OPTION(OPT_FORMAT) | CLI_OPTION(OPT_TAR))

const struct cli_command cli_ota_commands[] = {
    { "ota", "wrap", "SCRIPT", 1, 1, 0, WRAP_OPTIONS | CLI_OPTION(OPT_AS), run_wrap,
      "build a secured packet for a card",
      "SCRIPT is a file, or - for standard input: one C-APDU in hex a line, # begins a comment.\n"
      "The expanded formats take \"chain first\", \"immediate HEX\" and \"on-error HEX\" too, or "
      "a\n"
      "finished script AA... or AE... as it is. --keys names the key file: SPI, KIc, KID, TAR,\n"
      "keys and counter, readable by you alone. Its counter goes up by one, and is on the disk,\n"
      "before the packet is written: a counter used twice would be refused by the card.\n\n"
      "  dmsc ota wrap script.txt --keys card.ota --as envelope" },
    { "ota", "unwrap", "HEX...", 1, 255, 0, CLI_OPTION(OPT_KEYS), run_unwrap,
      "say what a secured packet holds",
      "HEX is an ENVELOPE, a SEND SHORT MESSAGE, an SMS-DELIVER or SMS-SUBMIT, or a command or\n"
      "response packet; of concatenated messages give all. Without --keys only what is in clear\n"
      "is told, and nothing of it is proved. A response is read as the answer to a command with\n"
      "the SPI of the key file. The counter in the file stays as it is.\n\n"
      "  dmsc ota unwrap 027100000B0AB0001000000000000006 --keys card.ota" },
    { "ota", "deliver", "SCRIPT", 1, 1, CLI_NEEDS_LINK | CLI_CHANGES, WRAP_OPTIONS, cli_ota_deliver,
      "send a script to the card and explain its answer",
      "Wraps as \"dmsc ota wrap\" does, sends the packet by ENVELOPE (SMS-PP DOWNLOAD), in parts\n"
      "if it is long, and reads the proof of receipt: from the answer to the ENVELOPE, or, when\n"
      "SPI asks for an SMS-SUBMIT, from the message that the card sends. Exit status 3 when the\n"
      "card or one of the commands refused.\n\n"
      "  dmsc ota deliver script.txt --keys card.ota --link pcsc:0" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
