/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/uicc/cat_play.h"
#include "tests/support/support.h"
#include "tests/support/test.h"
#include <arpa/inet.h>
#include <dmsc/ctx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX  8
#define LINE_BYTES 2048

struct line {
    char text[LINE_BYTES];
    const char *word[WORDS_MAX];
    unsigned words;
    uint8_t bytes[LINE_BYTES / 2];
};

static char wrong[2 * LINE_BYTES];

void cat_play_begin(struct cat_play *play, struct dmsc_ctx *ctx,
                    const struct dmsc_cat_config *config)
{
    *play = (struct cat_play){ .ctx = ctx };
    play->now.seconds = 1769881500;
    play->now.zone_quarters = 4;
    play->now.zone_known = true;
    assert_int_equal(dmsci_cat_new(ctx, config, &play->cat), DMSC_OK);
}

void cat_play_end(struct cat_play *play)
{
    dmsci_cat_free(play->cat);
}

static void split(const char *text, struct line *line)
{
    char *p;

    *line = (struct line){ .words = 0 };
    (void)snprintf(line->text, sizeof(line->text), "%s", text);
    p = line->text;
    while (line->words < WORDS_MAX && *(p += strspn(p, " ")) != '\0') {
        line->word[line->words++] = p;
        /* Hex of APDUs may have spaces in it. */
        p += line->words == 2 && strchr("<>", line->text[0]) != NULL ? strlen(p) : strcspn(p, " ");
        if (*p != '\0')
            *p++ = '\0';
    }
    while (line->words < WORDS_MAX)
        line->word[line->words++] = "";
}

static struct dmsc_bytes hex(struct line *line, const char *text)
{
    size_t n = 0;
    unsigned v;

    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        assert_int_equal(sscanf(text, "%2x", &v), 1);
        line->bytes[n++] = (uint8_t)v;
        text++;
    }
    return dmsc_bytes(line->bytes, n);
}

static unsigned number(const char *text, int base)
{
    return (unsigned)strtoul(text, NULL, base);
}

static const char *say(const char *line, const char *expected, const char *actual)
{
    (void)snprintf(wrong, sizeof(wrong), "\"%.600s\": expected %.1200s, it wants %.1200s", line,
                   expected, actual);
    return wrong;
}

static void show(struct dmsc_bytes bytes, char *text, size_t size)
{
    assert_true(2 * bytes.n < size);
    dmsc_hex_encode(bytes, text);
}

/* The want as the line that would have asked for it. */
static void describe(const struct dmsci_cat_want *w, char *text, size_t size)
{
    uint8_t apdu[DMSC_CAPDU_MAX];
    struct dmsc_wr wr = dmsc_wr(apdu, sizeof(apdu));
    char data[1100] = "", addr[64] = "-", aid[64] = "";

    switch (w->kind) {
    case DMSCI_CAT_WAIT:
        if (w->until_ms == INT64_MAX)
            (void)snprintf(text, size, "wait -%s", w->busy ? " busy" : "");
        else
            (void)snprintf(text, size, "wait %lld%s", (long long)w->until_ms,
                           w->busy ? " busy" : "");
        return;
    case DMSCI_CAT_TRANSMIT:
        assert_int_equal(dmsc_capdu_encode(&w->capdu, DMSC_T1, &wr), DMSC_OK);
        show(dmsc_bytes(apdu, wr.n), data, sizeof(data));
        (void)snprintf(text, size, "> %s", data);
        return;
    case DMSCI_CAT_RESET:
        (void)snprintf(text, size, "reset");
        return;
    case DMSCI_CAT_REFRESH:
        show(w->refresh.files, data, sizeof(data));
        show(w->refresh.aid, aid, sizeof(aid));
        (void)snprintf(text, size, "refresh %02X %s %s %s %s", w->refresh.mode,
                       w->refresh.everything       ? "everything"
                       : w->refresh.file_count > 0 ? "files"
                                                   : "-",
                       w->refresh.initialise ? "init" : "-", data[0] != '\0' ? data : "-",
                       aid[0] != '\0' ? aid : "-");
        return;
    case DMSCI_CAT_SEEN:
        (void)snprintf(text, size, "seen %02X %02X", w->seen.type, w->seen.result);
        return;
    case DMSCI_CAT_OPEN:
        (void)inet_ntop(w->addr.size == 16 ? AF_INET6 : AF_INET, w->addr.p, addr, sizeof(addr));
        (void)snprintf(text, size, "open %u %s %s %u", w->channel,
                       w->server ? "server"
                       : w->udp  ? "udp"
                                 : "tcp",
                       addr, w->port);
        return;
    case DMSCI_CAT_CLOSE:
        (void)snprintf(text, size, "close %u%s", w->channel, w->listen_again ? " again" : "");
        return;
    default:
        show(w->data, data, sizeof(data));
        (void)snprintf(text, size, "send %u %s", w->channel, data);
        return;
    }
}

/* The words of the line again, hex without its spaces. */
static void normal(const struct line *line, unsigned words, char *text, size_t size)
{
    size_t n = 0;

    for (unsigned i = 0; i < words && line->word[i][0] != '\0'; i++) {
        if (i > 0)
            text[n++] = ' ';
        for (const char *p = line->word[i]; *p != '\0' && n + 1 < size; p++) {
            if (*p != ' ')
                text[n++] = *p;
        }
    }
    text[n] = '\0';
}

static void feed(struct cat_play *play, const struct dmsci_cat_in *in)
{
    dmsci_cat_feed(play->cat, &play->now, in);
}

/* A line about a want; what the caller does then. */
static const char *want_line(struct cat_play *play, struct line *line, const char *text)
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };
    struct dmsci_cat_want want;
    char expected[LINE_BYTES], actual[LINE_BYTES];
    bool refresh = strcmp(line->word[0], "refresh") == 0;

    dmsci_cat_next(play->cat, &play->now, &want);
    describe(&want, actual, sizeof(actual));
    normal(line, refresh ? 6 : WORDS_MAX, expected, sizeof(expected));
    if (strcmp(expected, actual) != 0)
        return say(text, expected, actual);
    if (refresh) {
        in.kind = DMSCI_CAT_REFRESHED;
        in.result = (uint8_t)number(line->word[6], 16);
        feed(play, &in);
    }
    if (want.kind == DMSCI_CAT_RESET) {
        in.kind = DMSCI_CAT_WAS_RESET;
        feed(play, &in);
    }
    return NULL;
}

static bool socket_line(struct cat_play *play, struct line *line)
{
    static const struct {
        const char *word;
        enum dmsci_cat_in_kind kind;
    } kinds[] = {
        { "started", DMSCI_CAT_STARTED },   { "connected", DMSCI_CAT_CONNECTED },
        { "failed", DMSCI_CAT_FAILED },     { "sent", DMSCI_CAT_SENT },
        { "writable", DMSCI_CAT_WRITABLE }, { "received", DMSCI_CAT_RECEIVED },
        { "dropped", DMSCI_CAT_DROPPED },
    };
    struct dmsci_cat_in in = { .channel = (uint8_t)number(line->word[1], 10) };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(kinds); i++) {
        if (strcmp(line->word[0], kinds[i].word) != 0)
            continue;
        in.kind = kinds[i].kind;
        if (in.kind == DMSCI_CAT_RECEIVED)
            in.data = hex(line, line->word[2]);
        in.result = (uint8_t)number(line->word[2], 16);
        in.n = number(line->word[2], 10);
        feed(play, &in);
        return true;
    }
    return false;
}

static const char *event_line(struct cat_play *play, struct line *line, const char *text)
{
    bool listed = false;
    enum dmsc_err err = dmsci_cat_event(play->cat, (uint8_t)number(line->word[1], 16),
                                        hex(line, line->word[2]), &listed);
    const char *outcome = err != DMSC_OK ? dmsc_err_name(err) : listed ? "listed" : "no";

    return strcmp(outcome, line->word[3]) == 0 ? NULL : say(text, line->word[3], outcome);
}

const char *cat_play_line(struct cat_play *play, const char *text)
{
    static struct line line;
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_ANSWER };
    const char *word;

    split(text, &line);
    word = line.word[0];
    if (strcmp(word, "<") == 0) {
        in.data = hex(&line, line.word[1]);
        in.sw = (uint16_t)(in.data.p[in.data.n - 2] << 8 | in.data.p[in.data.n - 1]);
        in.data.n -= 2;
        feed(play, &in);
    } else if (strcmp(word, "begin") == 0) {
        dmsci_cat_begin(play->cat);
    } else if (strcmp(word, "forget") == 0) {
        dmsci_cat_forget(play->cat);
    } else if (strcmp(word, "abort") == 0) {
        dmsci_cat_abort(play->cat);
    } else if (strcmp(word, "announce") == 0) {
        dmsci_cat_announce(play->cat, (uint16_t)number(line.word[1], 10));
    } else if (strcmp(word, "time") == 0) {
        play->now.ms += number(line.word[1], 10);
    } else if (strcmp(word, "event") == 0) {
        return event_line(play, &line, text);
    } else if (!socket_line(play, &line)) {
        return want_line(play, &line, text);
    }
    return NULL;
}
