/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit engine: conversations byte for byte, the profile, the corpus. */
#include "tests/support/fault.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/uicc/cat_play.h"
#include <dmsc/ctx.h>
#include <dmsc/usat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 4

/* The configuration of a block: imei, language, events; connect, listen and dns may be repeated. */
struct lists {
    const char *connect[LIST_MAX], *listen[LIST_MAX], *dns[LIST_MAX];
};

static size_t list_of(struct vectors *v, const char *key, const char **list)
{
    size_t n = vec_count(v, key);

    assert_true(n <= LIST_MAX);
    for (size_t i = 0; i < n; i++)
        list[i] = vec_nth(v, key, i);
    return n;
}

static struct dmsc_cat_config config_of(struct vectors *v, struct lists *lists)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;

    config.imei = vec_text_or(v, "imei", NULL);
    config.language = vec_text_or(v, "language", NULL);
    config.events = (uint32_t)vec_number_or(v, "events", 0);
    config.connect = lists->connect;
    config.connect_count = list_of(v, "connect", lists->connect);
    config.listen = lists->listen;
    config.listen_count = list_of(v, "listen", lists->listen);
    config.dns = lists->dns;
    config.dns_count = list_of(v, "dns", lists->dns);
    return config;
}

static struct dmsc_ctx *new_ctx(struct vectors *v)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;

    config.limits.proactive = (unsigned)vec_number_or(v, "proactive", 0);
    config.limits.proactive_rate = (unsigned)vec_number_or(v, "rate", 0);
    config.limits.envelope_busy = (unsigned)vec_number_or(v, "busy", 0);
    config.limits.bip_buffer = (size_t)vec_number_or(v, "buffer", 0);
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    return ctx;
}

static unsigned play_file(const char *name)
{
    struct vectors *v = vectors_open(name);
    unsigned played = 0, failed = 0;
    const char *wrong;

    while (vectors_next(v)) {
        struct dmsc_ctx *ctx = new_ctx(v);
        struct lists lists;
        struct dmsc_cat_config config = config_of(v, &lists);
        struct cat_play play;

        cat_play_begin(&play, ctx, &config);
        wrong = NULL;
        for (size_t i = 0; i < vec_count(v, "step") && wrong == NULL; i++) {
            wrong = cat_play_line(&play, vec_nth(v, "step", i));
            if (wrong != NULL)
                print_error("%s: \"%s\", step %zu, %s\n", name, vec_text(v, "name"), i + 1, wrong);
        }
        failed += wrong != NULL;
        cat_play_end(&play);
        dmsc_ctx_free(ctx);
        played++;
    }
    vectors_close(v);
    assert_int_equal(failed, 0);
    return played;
}

static void conversations_go_as_written(void **state)
{
    (void)state;
    assert_true(play_file("cat.txt") > 40);
    assert_true(play_file("cat_bip.txt") > 20);
}

/* A card and a network that answer whatever is wanted, until the command has its response. */
struct drive {
    struct dmsci_cat *cat;
    struct dmsci_cat_now now;
    struct dmsc_bytes command;
    bool links_fail;
    bool answered; /* by TERMINAL RESPONSE, or by a reset */
    bool was_reset;
    uint8_t response[256];
    size_t response_bytes;
    unsigned timers_told;
};

static void drive_transmit(struct drive *d, const struct dmsci_cat_want *w, struct dmsci_cat_in *in)
{
    assert_true(w->capdu.data.n <= 255);
    in->kind = DMSCI_CAT_ANSWER;
    in->sw = 0x9000;
    if (w->fetch)
        in->data = d->command;
    if (w->capdu.ins == 0xC2 && w->capdu.data.p[0] == 0xD7)
        d->timers_told++;
    if (w->capdu.ins != 0x14)
        return;
    assert_false(d->answered);
    d->answered = true;
    d->response_bytes = w->capdu.data.n;
    memcpy(d->response, w->capdu.data.p, w->capdu.data.n);
}

/* @return false when the engine waits for nothing */
static bool drive_once(struct drive *d)
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };
    struct dmsci_cat_want w;

    dmsci_cat_next(d->cat, &d->now, &w);
    in.channel = w.channel;
    switch (w.kind) {
    case DMSCI_CAT_WAIT:
        assert_false(w.busy);
        return false;
    case DMSCI_CAT_TRANSMIT:
        drive_transmit(d, &w, &in);
        break;
    case DMSCI_CAT_RESET:
        in.kind = DMSCI_CAT_WAS_RESET;
        d->answered = d->was_reset = true;
        break;
    case DMSCI_CAT_REFRESH:
        in.kind = DMSCI_CAT_REFRESHED;
        break;
    case DMSCI_CAT_OPEN:
        in.kind = d->links_fail ? DMSCI_CAT_FAILED
                  : w.server    ? DMSCI_CAT_STARTED
                                : DMSCI_CAT_CONNECTED;
        in.result = 0x07;
        break;
    case DMSCI_CAT_SEND:
        in.kind = d->links_fail ? DMSCI_CAT_DROPPED : DMSCI_CAT_SENT;
        in.n = w.data.n;
        break;
    default:
        break;
    }
    dmsci_cat_feed(d->cat, &d->now, &in);
    return true;
}

/* One command, whole. The result of its response; 00 for a reset. */
static uint8_t drive_command(struct drive *d, struct dmsc_bytes command)
{
    unsigned steps = 0;

    d->now.ms += 25; /* within the rate */
    d->command = command;
    d->answered = d->was_reset = false;
    dmsci_cat_announce(d->cat, (uint16_t)(command.n > 0 && command.n < 256 ? command.n : 256));
    while (drive_once(d))
        assert_true(steps++ < 100);
    assert_true(d->answered);
    return d->was_reset ? 0 : d->response[11];
}

static uint8_t drive_hex(struct drive *d, const char *hex)
{
    struct dmsc_buf buf = { 0 };
    struct dmsc_ctx *ctx = NULL;
    uint8_t result;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 256);
    assert_int_equal(dmsc_hex_decode("D000", &buf), DMSC_OK);
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    buf.p[1] = (uint8_t)(buf.n - 2);
    result = drive_command(d, dmsc_buf_bytes(&buf));
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
    return result;
}

static const char *const everywhere[] = { "tcp:192.0.2.1:443", "tcp:127.0.0.1:443",
                                          "udp:192.0.2.1:443", "udp:127.0.0.1:443" };
static const char *const here[] = { "192.0.2.9:443" };
static const char *const name_server[] = { "192.0.2.53" };

static struct dmsc_cat_config all_of_it(void)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;

    config.imei = "490154203237518";
    config.connect = everywhere;
    config.connect_count = 4;
    config.listen = here;
    config.listen_count = 1;
    config.dns = name_server;
    config.dns_count = 1;
    config.events = 0x79FF;
    return config;
}

#define TO_TERMINAL " 82028182 "
#define TO_CHANNEL  " 82028121 "
#define WHERE       " 39020100 3C0302 01BB 3E0521C0000201"

/* TS 102 223 clause 5.2 as the standard lists it: a bit, and a command that a terminal which sets
 * it serves, and one that does not, refuses. Without command: shown in the test itself. */
static const struct announced {
    unsigned byte, bit;
    const char *command;
} announced[] = {
    { 1, 1, NULL },
    { 1, 6, NULL },
    { 2, 1, NULL },
    { 3, 4, "8103010200" TO_TERMINAL },
    { 3, 6, "8103010300" TO_TERMINAL "84020114" },
    { 3, 7, "8103010400" TO_TERMINAL },
    { 3, 8, "8103010100" TO_TERMINAL },
    { 3, 8, "8103010101" TO_TERMINAL "9205013F002FE2" },
    { 3, 8, "8103010102" TO_TERMINAL "9205013F002FE2" },
    { 3, 8, "8103010103" TO_TERMINAL },
    { 3, 8, "8103010105" TO_TERMINAL },
    { 3, 8, "8103010106" TO_TERMINAL },
    { 4, 7, "8103012600" TO_TERMINAL },
    { 4, 7, "8103012601" TO_TERMINAL },
    { 5, 1, "8103010500" TO_TERMINAL "9900" },
    { 5, 2, "8103010500" TO_TERMINAL "990100" },
    { 5, 3, "8103010500" TO_TERMINAL "990101" },
    { 5, 4, "8103010500" TO_TERMINAL "990102" },
    { 5, 5, "8103010500" TO_TERMINAL "990103" },
    { 5, 6, "8103010500" TO_TERMINAL "990104" },
    { 5, 7, "8103010500" TO_TERMINAL "990105" },
    { 5, 8, "8103010500" TO_TERMINAL "990106" },
    { 6, 1, "8103010500" TO_TERMINAL "990107" },
    { 6, 2, "8103010500" TO_TERMINAL "990108" },
    { 6, 3, "8103010500" TO_TERMINAL "990109" },
    { 6, 4, "8103010500" TO_TERMINAL "99010A" },
    { 6, 5, "8103010500" TO_TERMINAL "99010B" },
    { 6, 6, "8103010500" TO_TERMINAL "99010C" },
    { 6, 7, "8103010500" TO_TERMINAL "99010D" },
    { 6, 8, "8103010500" TO_TERMINAL "99010E" },
    { 8, 1, "8103012700" TO_TERMINAL "A40108 A503000010" },
    { 8, 1, "8103012701" TO_TERMINAL "A40108" },
    { 8, 2, "8103012702" TO_TERMINAL "A40108" },
    { 8, 3, "8103012603" TO_TERMINAL },
    { 9, 4, "8103012604" TO_TERMINAL },
    { 12, 1, "8103014001" TO_TERMINAL "350103" WHERE },
    { 12, 2, "8103014100" TO_CHANNEL },
    { 12, 3, "8103014200" TO_CHANNEL "B70101" },
    { 12, 4, "8103014301" TO_CHANNEL "B60141" },
    { 12, 5, "8103014400" TO_TERMINAL },
    { 13, 2, "8103014001" TO_TERMINAL "350702030403041F02" WHERE },
    { 13, 6, NULL },
    { 13, 7, NULL },
    { 13, 8, NULL },
    { 17, 1, "8103014001" TO_TERMINAL "350103 39020100 3C030201BB 3E0521C0000201" },
    { 17, 2, "8103014001" TO_TERMINAL "350103 39020100 3C030101BB 3E0521C0000201" },
    { 17, 3, "8103014000" TO_TERMINAL "39020100 3C030301BB" },
    { 17, 4, "8103014000" TO_TERMINAL "39020100 3C030501BB" },
    { 17, 5, "8103014000" TO_TERMINAL "39020100 3C030401BB" },
    { 33, 1, NULL },
    { 34, 6, "8103010109" TO_TERMINAL },
    { 35, 4, "810301010A" TO_TERMINAL },
};

/* OPEN CHANNEL is served for one transport, refused for another: byte 17 says which. */
static bool refused(const struct drive *d, uint8_t result, unsigned byte)
{
    bool transport =
        byte == 17 && result == 0x3A && d->response_bytes > 12 && d->response[12] == 0x06;

    return result == 0x30 || result == 0x31 || transport;
}

static void take_profile(struct drive *d, uint8_t profile[40])
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_ANSWER, .sw = 0x9000 };
    struct dmsci_cat_want w;

    dmsci_cat_begin(d->cat);
    dmsci_cat_next(d->cat, &d->now, &w);
    assert_int_equal(w.capdu.ins, 0x10);
    assert_true(w.capdu.data.n <= 40);
    memset(profile, 0, 40);
    memcpy(profile, w.capdu.data.p, w.capdu.data.n);
    dmsci_cat_feed(d->cat, &d->now, &in);
}

static bool is_set(const uint8_t profile[40], unsigned byte, unsigned bit)
{
    return (profile[byte - 1] >> (bit - 1) & 1) != 0;
}

/* Each bit is in the table, and its command is served when it is set and refused when it is not. */
static void check_bits(struct drive *d, const uint8_t profile[40])
{
    uint8_t known[40] = { 0 };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(announced); i++) {
        const struct announced *a = &announced[i];
        uint8_t result;

        known[a->byte - 1] |= (uint8_t)(1u << (a->bit - 1));
        if (a->command == NULL)
            continue;
        result = drive_hex(d, a->command);
        if (refused(d, result, a->byte) == is_set(profile, a->byte, a->bit))
            fail_msg("bit %u.%u is %d, but %s is answered %02X", a->byte, a->bit,
                     is_set(profile, a->byte, a->bit), a->command, result);
    }
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(profile[i] & ~known[i], 0);
}

/* The other way round: whatever is served, of all types and qualifiers, has a bit that is set. */
static void check_types(struct drive *d, const uint8_t profile[40])
{
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned qualifier = 0; qualifier < 18; qualifier++) {
            char command[64], head[16];
            bool found = false;

            if (type == 0x01 && qualifier == 0x04) /* would end the session */
                continue;
            (void)snprintf(head, sizeof(head), "810301%02X%02X", type, qualifier);
            (void)snprintf(command, sizeof(command), "%s" TO_TERMINAL, head);
            if (refused(d, drive_hex(d, command), 0))
                continue;
            for (size_t i = 0; i < DMSCI_ARRAY_LEN(announced) && !found; i++) {
                const struct announced *a = &announced[i];
                bool of_type = a->command != NULL && strncmp(a->command, head, 8) == 0;

                /* Of these the qualifier counts. */
                if (type == 0x01 || type == 0x26 || type == 0x27)
                    of_type = of_type && strncmp(a->command, head, 10) == 0;
                found = of_type && is_set(profile, a->byte, a->bit);
            }
            if (!found)
                fail_msg("%s is served and not announced: %02X", head, d->response[11]);
        }
    }
}

/* Profile download, timer expiration, command result; seven channels or none. */
static void check_others(struct drive *d, const uint8_t profile[40])
{
    unsigned channels = profile[12] >> 5, opened = 0;

    assert_int_equal(profile[0], 0x21);
    assert_int_equal(profile[1], 0x01);
    assert_int_equal(drive_hex(d, "8103012700" TO_TERMINAL "A40101 A503000010"), 0);
    d->now.ms += 2000;
    d->timers_told = 0;
    while (drive_once(d))
        ;
    assert_true(d->timers_told >= 1);
    assert_int_equal(channels, is_set(profile, 12, 1) ? 7 : 0);
    /* DNS server address request: the answer holds one. */
    if (is_set(profile, 17, 1)) {
        assert_int_equal(drive_hex(d, "8103014009" TO_TERMINAL "350103" WHERE), 0);
        assert_int_equal(d->response_bytes > 16 && d->response[16] == 0x40, is_set(profile, 33, 1));
    } else {
        return;
    }
    for (unsigned i = 1; i <= 7; i++) {
        char close[32];

        (void)snprintf(close, sizeof(close), "8103014100 820281%02X", 0x20 + i);
        (void)drive_hex(d, close);
    }
    while (opened < 9 && drive_hex(d, "8103014001" TO_TERMINAL "350103" WHERE) == 0)
        opened++;
    assert_int_equal(opened, channels);
}

static void check_profile(const struct dmsc_cat_config *config)
{
    struct dmsc_ctx *ctx = NULL;
    struct drive d = { .links_fail = false };
    uint8_t profile[40];

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsci_cat_new(ctx, config, &d.cat), DMSC_OK);
    take_profile(&d, profile);
    check_bits(&d, profile);
    d.now.ms += 120000;
    check_others(&d, profile);
    dmsci_cat_free(d.cat);
    d.cat = NULL;
    assert_int_equal(dmsci_cat_new(ctx, config, &d.cat), DMSC_OK);
    take_profile(&d, profile);
    check_types(&d, profile);
    dmsci_cat_free(d.cat);
    dmsc_ctx_free(ctx);
}

static void what_is_announced_is_served_and_nothing_else(void **state)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT, full = all_of_it();

    (void)state;
    check_profile(&config);
    config.imei = full.imei;
    check_profile(&config);
    config.events = 0x0081;
    check_profile(&config);
    config.connect = everywhere;
    config.connect_count = 1;
    check_profile(&config);
    config.connect_count = 2;
    config.dns = name_server;
    config.dns_count = 1;
    check_profile(&config);
    config.connect = everywhere + 2;
    check_profile(&config);
    config.connect_count = 1;
    config.dns_count = 0;
    check_profile(&config);
    config.connect_count = 0;
    config.listen = here;
    config.listen_count = 1;
    check_profile(&config);
    check_profile(&full);
}

/* The commands of the conformance suites. */
struct suite {
    struct drive drive;
    unsigned answered, resets, by_result[256];
};

static void corpus_row(void *user, json_t *row)
{
    struct suite *s = user;
    json_t *command = json_object_get(row, "command");
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_bytes bytes;
    uint8_t result;

    if (corpus_text(row, "hex") == NULL || corpus_text(row, "hex")[0] == '\0')
        return;
    bytes = corpus_hex(row, "hex");
    result = drive_command(&s->drive, bytes);
    s->by_result[result]++;
    s->resets += s->drive.was_reset;
    s->answered++;
    if (!s->drive.was_reset) {
        assert_int_equal(dmsc_usat_decode(DMSC_USAT_RESPONSE,
                                          dmsc_bytes(s->drive.response, s->drive.response_bytes),
                                          &usat),
                         DMSC_OK);
        assert_true(usat.has_details && usat.has_devices && usat.has_result);
        if (strcmp(corpus_text(row, "kind"), "proactive") == 0 && command != NULL && bytes.n <= 256)
            assert_int_equal(usat.number, json_integer_value(json_object_get(command, "number")));
    }
    support_free(bytes);
}

/* Whatever they are: commands, also those that are not well formed, responses, envelopes, profiles
 * are all fed as commands. */
static void whatever_the_suites_hold_is_answered(void **state)
{
    (void)state;
    corpus_need("usat/etsi-ts102268.jsonl");
    for (unsigned fails = 0; fails < 2; fails++) {
        struct dmsc_cat_config config = all_of_it();
        struct suite s = { .answered = 0 };
        struct dmsc_ctx *ctx = NULL;

        assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
        assert_int_equal(dmsci_cat_new(ctx, &config, &s.drive.cat), DMSC_OK);
        s.drive.links_fail = fails != 0;
        corpus_each("usat/etsi-ts102268.jsonl", corpus_row, &s);
        corpus_each("usat/stk-third.jsonl", corpus_row, &s);
        printf("%u answered, %u resets:", s.answered, s.resets);
        for (unsigned i = 0; i < 256; i++) {
            if (s.by_result[i] > 0)
                printf(" %02X %u,", i, s.by_result[i]);
        }
        printf("\n");
        assert_true(s.answered > 1000);
        dmsci_cat_free(s.drive.cat);
        dmsc_ctx_free(ctx);
    }
}

static enum dmsc_err a_life(struct dmsc_ctx *ctx, void *user)
{
    static const char *const commands[] = {
        "8103010500" TO_TERMINAL "9902090A",
        "8103014001" TO_TERMINAL "350103" WHERE,
        "8103014301" TO_CHANNEL "B60141",
        "8103014000" TO_TERMINAL "39020100 3C030301BB",
        "8103014200" TO_CHANNEL "B70101",
        "8103014100" TO_CHANNEL,
        "8103010104" TO_TERMINAL,
    };
    struct dmsc_cat_config config = all_of_it();
    struct drive d = { .links_fail = false };
    enum dmsc_err err = dmsci_cat_new(ctx, &config, &d.cat);

    (void)user;
    if (err != DMSC_OK)
        return err;
    /* Without memory a channel is refused, and the rest goes on. */
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++)
        (void)drive_hex(&d, commands[i]);
    dmsci_cat_free(d.cat);
    return DMSC_OK;
}

static void survives_without_memory(void **state)
{
    (void)state;
    assert_true(fault_torture(a_life, NULL) >= 7);
}

struct lines {
    char text[4096];
};

static void keep_line(void *user, enum dmsc_level level, const char *area, const char *text)
{
    struct lines *lines = user;
    size_t n = strlen(lines->text);

    assert_string_equal(area, "usat");
    (void)snprintf(lines->text + n, sizeof(lines->text) - n, "%d %s\n", (int)level, text);
}

/* Types, results and places; no content. */
static void what_is_logged(void **state)
{
    static const char *const places[] = { "tcp:192.0.2.1:443", "tcp:[2001:db8::]/32:443" };
    struct dmsc_ctx_config ctx_config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct drive d = { .links_fail = false };
    struct lines lines = { "" };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    ctx_config.log = keep_line;
    ctx_config.log_user = &lines;
    ctx_config.log_level = DMSC_LOG_DEBUG;
    assert_int_equal(dmsc_ctx_new(&ctx_config, &ctx), DMSC_OK);
    config.connect = places;
    config.connect_count = 2;
    config.imei = "490154203237518";
    assert_int_equal(dmsci_cat_new(ctx, &config, &d.cat), DMSC_OK);
    (void)drive_hex(&d, "8103014001" TO_TERMINAL "350103 39020100 0D05F455736572 0D05F450617373"
                        "3C030201BB 3E0521C0000201");
    (void)drive_hex(&d, "8103014001" TO_TERMINAL "350103 39020100 3C030201BB 3E0521C0000202");
    (void)drive_hex(&d, "8103014001" TO_TERMINAL "350103 39020100 3C030201BC"
                        "3E115720010DB8000000000000000000000001");
    (void)drive_hex(&d, "8103014301" TO_CHANNEL "B60650617373776F");
    (void)drive_hex(&d, "8103012601" TO_TERMINAL);
    (void)drive_hex(&d, "8103012100 82028102 8D0450617373");
    dmsci_cat_free(d.cat);
    dmsc_ctx_free(ctx);
    assert_string_equal(lines.text, "1 the card may ask for the IMEI\n"
                                    "1 the card may connect to tcp:192.0.2.1:443\n"
                                    "1 the card may connect to tcp:[2001:db8::]/32:443\n"
                                    "2 the card connects: tcp:192.0.2.1:443\n"
                                    "2 proactive command 1 type 40 qualifier 01: result 00\n"
                                    "1 the card may not connect to: tcp:192.0.2.2:443\n"
                                    "1 proactive command 1 type 40 qualifier 01: result 30\n"
                                    "1 the card may not connect to: tcp:[2001:db8::1]:444\n"
                                    "1 proactive command 1 type 40 qualifier 01: result 30\n"
                                    "2 proactive command 1 type 43 qualifier 01: result 00\n"
                                    "2 proactive command 1 type 26 qualifier 01: result 00\n"
                                    "1 proactive command 1 type 21 qualifier 00: result 30\n");
}

/* What is no configuration is refused whole. */
static void a_configuration_that_is_none(void **state)
{
    const char *const bad[] = { "tcp:192.0.2.1", "" };
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct dmsci_cat *cat = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    config.connect = bad;
    config.connect_count = 1;
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_CONFIG);
    assert_string_equal(dmsc_diag_get(ctx)->where, "tcp:192.0.2.1");
    assert_string_equal(dmsc_diag_get(ctx)->reason, "usat:config");
    config = (struct dmsc_cat_config){ .listen = bad, .listen_count = 2 };
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_CONFIG);
    config = (struct dmsc_cat_config){ .dns = bad, .dns_count = 1 };
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_CONFIG);
    config = (struct dmsc_cat_config){ .imei = "1" };
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_CONFIG);
    config = (struct dmsc_cat_config){ .language = "x" };
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_CONFIG);
    config = (struct dmsc_cat_config){ .dns = bad, .dns_count = 5 };
    assert_int_equal(dmsci_cat_new(ctx, &config, &cat), DMSC_E_LIMIT);
    assert_null(cat);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_go_as_written),
        cmocka_unit_test(what_is_announced_is_served_and_nothing_else),
        cmocka_unit_test(whatever_the_suites_hold_is_answered),
        cmocka_unit_test(survives_without_memory),
        cmocka_unit_test(what_is_logged),
        cmocka_unit_test(a_configuration_that_is_none),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
