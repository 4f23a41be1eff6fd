/* SPDX-License-Identifier: Apache-2.0 */
/* Text and JSON from the same objects. */
#include "host/cli/cli.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CELL_MAX_BYTES 1024

#define LINE_MAX_BYTES 4096

/* Bytes that follow the first byte of a character (RFC 3629); 0 for one that begins none. */
static size_t followers(unsigned char c)
{
    return c >= 0xF0 && c <= 0xF4 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 && c < 0xE0 ? 1 : 0;
}

/* What came from a card or a server must not talk to the terminal: control characters, C1 among
 * them, and what is no UTF-8 become "?". */
static void put_clean(FILE *to, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    while (*p != '\0') {
        size_t n = *p < 0x80 ? 0 : followers(*p), seen = 0;
        bool bad = *p < 0x20 || *p == 0x7F || (*p >= 0x80 && n == 0) || *p > 0xF4 ||
                   (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0);

        while (seen < n && (p[seen + 1] & 0xC0) == 0x80)
            seen++;
        if (bad || seen < n)
            (void)fputc('?', to);
        else
            (void)fwrite(p, 1, n + 1, to);
        p += seen + 1;
    }
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;

    if (cli->json)
        return;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    put_clean(stdout, line);
    (void)putchar('\n');
}

json_t *cli_text(const char *text)
{
    json_t *value = json_string(text);
    char ascii[CELL_MAX_BYTES];
    size_t n = 0;

    if (value != NULL)
        return value;
    for (; text[n] != '\0' && n < sizeof(ascii) - 1; n++)
        ascii[n] = (unsigned char)text[n] < 0x20 || (unsigned char)text[n] > 0x7E ? '?' : text[n];
    ascii[n] = '\0';
    return json_string(ascii);
}

json_t *cli_hex(struct cli *cli, struct dmsc_bytes bytes)
{
    struct dmsc_buf hex;
    uint8_t *text;
    json_t *value = NULL;

    dmsc_buf_init(&hex, cli->ctx, 2 * bytes.n);
    if (dmsc_buf_reserve(&hex, 2 * bytes.n, &text) == DMSC_OK) {
        dmsc_hex_encode(bytes, (char *)text);
        dmsc_buf_commit(&hex, 2 * bytes.n);
        value = json_string(dmsc_buf_str(&hex));
    }
    dmsc_buf_clear(&hex);
    return value;
}

json_t *cli_time(int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[32];

    if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return json_null();
    return json_string(text);
}

static const char *scalar(const json_t *value, char *text, size_t size)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        (void)snprintf(text, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        (void)snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
    else
        (void)snprintf(text, size, "-");
    return text;
}

/* A value as one cell: lists are joined by commas, an absent value is a dash. */
static const char *cell(const json_t *value, char *text, size_t size)
{
    size_t i, n = 0;
    json_t *item;
    char one[CELL_MAX_BYTES];

    if (!json_is_array(value))
        return scalar(value, text, size);
    (void)snprintf(text, size, "%s", json_array_size(value) == 0 ? "-" : "");
    json_array_foreach(value, i, item)
    {
        int written =
            snprintf(text + n, size - n, "%s%s", i > 0 ? ", " : "", scalar(item, one, sizeof(one)));

        if (written < 0 || (size_t)written >= size - n)
            break;
        n += (size_t)written;
    }
    return text;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void pad(size_t from, size_t to)
{
    for (; from < to; from++)
        (void)putchar(' ');
}

enum dmsc_err cli_json(struct cli *cli, json_t *value)
{
    enum dmsc_err err = value == NULL ? DMSC_E_NOMEM : DMSC_OK;

    /* Whether standard output takes it is seen at the end, once for all. */
    if (err == DMSC_OK && cli->json) {
        (void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
        (void)putchar('\n');
    }
    json_decref(value);
    return err;
}

enum dmsc_err cli_table(struct cli *cli, const struct cli_column *columns, json_t *rows)
{
    char text[CELL_MAX_BYTES];
    size_t width[16];
    size_t i, n = 0;
    json_t *row;

    if (cli->json || rows == NULL)
        return cli_json(cli, rows);
    for (; columns[n].key != NULL && n < 16; n++) {
        width[n] = width_of(columns[n].title);
        json_array_foreach(rows, i, row)
        {
            size_t w = width_of(cell(json_object_get(row, columns[n].key), text, sizeof(text)));

            width[n] = w > width[n] ? w : width[n];
        }
    }
    for (size_t c = 0; c < n; c++) {
        (void)fputs(columns[c].title, stdout);
        pad(width_of(columns[c].title), c + 1 < n ? width[c] + 2 : 0);
    }
    (void)putchar('\n');
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            const char *value = cell(json_object_get(row, columns[c].key), text, sizeof(text));

            put_clean(stdout, value);
            pad(width_of(value), c + 1 < n ? width[c] + 2 : 0);
        }
        (void)putchar('\n');
    }
    json_decref(rows);
    return DMSC_OK;
}

enum dmsc_err cli_record(struct cli *cli, const struct cli_column *columns, json_t *record)
{
    char text[CELL_MAX_BYTES];
    size_t width = 0;

    if (cli->json || record == NULL)
        return cli_json(cli, record);
    for (const struct cli_column *c = columns; c->key != NULL; c++)
        width = width_of(c->title) > width ? width_of(c->title) : width;
    for (const struct cli_column *c = columns; c->key != NULL; c++) {
        const json_t *value = json_object_get(record, c->key);

        if (value == NULL || json_is_null(value))
            continue;
        (void)fputs(c->title, stdout);
        pad(width_of(c->title), width + 2);
        put_clean(stdout, cell(value, text, sizeof(text)));
        (void)putchar('\n');
    }
    json_decref(record);
    return DMSC_OK;
}

static const struct {
    enum dmsc_err err;
    enum cli_exit code;
} exits[] = {
    { DMSC_OK, CLI_DONE },
    { DMSC_E_ARG, CLI_USAGE },
    { DMSC_E_LINK, CLI_CARD },
    { DMSC_E_TIMEOUT, CLI_CARD },
    { DMSC_E_REMOVED, CLI_CARD },
    { DMSC_E_CARD_RESET, CLI_CARD },
    { DMSC_E_NOREADER, CLI_CARD },
    { DMSC_E_NOSERVICE, CLI_CARD },
    { DMSC_E_SW, CLI_CARD },
    { DMSC_E_DENIED, CLI_CARD },
    { DMSC_E_PIN, CLI_CARD },
    { DMSC_E_CONFIG, CLI_BAD_INPUT },
    { DMSC_E_TRUNCATED, CLI_BAD_INPUT },
    { DMSC_E_MALFORMED, CLI_BAD_INPUT },
    { DMSC_E_UNSUPPORTED, CLI_BAD_INPUT },
    { DMSC_E_CORRUPT, CLI_BAD_INPUT },
    { DMSC_E_UNTRUSTED, CLI_REFUSED },
    { DMSC_E_REPLAY, CLI_REFUSED },
    { DMSC_E_NOT_LISTED_MA, CLI_REFUSED },
    { DMSC_E_REFUSED, CLI_REFUSED },
    { DMSC_E_NET, CLI_NETWORK },
    { DMSC_E_TLS, CLI_NETWORK },
    { DMSC_E_HTTP, CLI_NETWORK },
    { DMSC_E_PEER, CLI_NETWORK },
    { DMSC_E_AGAIN, CLI_AGAIN },
};

static enum cli_exit exit_of(enum dmsc_err err)
{
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
        if (exits[i].err == err)
            return exits[i].code;
    }
    return CLI_FAILED;
}

static void part(const char *title, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)fprintf(stderr, "  %-6s ", title);
    put_clean(stderr, text);
    (void)fputc('\n', stderr);
}

enum dmsc_err cli_fail(struct cli *cli, enum dmsc_err err, const char *what, const char *why,
                       const char *hint)
{
    cli->story = (struct dmsc_diag){ .err = err };
    (void)snprintf(cli->story.what, sizeof(cli->story.what), "%s", what);
    (void)snprintf(cli->story.why, sizeof(cli->story.why), "%s", why);
    (void)snprintf(cli->story.hint, sizeof(cli->story.hint), "%s", hint);
    return err;
}

/* What the card lacks is the card's matter, a missing node the caller's. */
static enum cli_exit code_of(enum dmsc_err err, const struct dmsc_diag *d)
{
    bool of_card = d->sw != 0 || strncmp(d->reason, "card:", 5) == 0;

    return err == DMSC_E_NOTFOUND && of_card ? CLI_CARD : exit_of(err);
}

static const struct dmsc_diag *story_of(const struct cli *cli, enum dmsc_err err)
{
    return cli->story.err == err ? &cli->story : dmsc_diag_get(cli->ctx);
}

static const char *what_of(const struct dmsc_diag *d)
{
    return d->what[0] != '\0' ? d->what : "run the command";
}

json_t *cli_error_json(struct cli *cli, enum dmsc_err err)
{
    const struct dmsc_diag *d = story_of(cli, err);
    json_t *o = json_pack("{s:s,s:i,s:o,s:o,s:o,s:o,s:s,s:s}", "code", dmsc_err_name(err), "exit",
                          (int)code_of(err, d), "what", cli_text(what_of(d)), "where",
                          cli_text(d->where), "why", cli_text(d->why), "try", cli_text(d->hint),
                          "reason", d->reason, "text", dmsc_err_text(err));

    if (o != NULL && d->sw != 0)
        (void)json_object_set_new(o, "sw", json_sprintf("%04X", d->sw));
    return o;
}

enum cli_exit cli_tell(struct cli *cli, enum dmsc_err err)
{
    const struct dmsc_diag *d = story_of(cli, err);

    if (cli->json)
        return code_of(err, d);
    (void)fflush(stdout);
    (void)fputs("dmsc: cannot ", stderr);
    put_clean(stderr, what_of(d));
    (void)fprintf(stderr, ": %s\n", dmsc_err_text(err));
    part("where", d->where);
    part("why", d->why);
    part("reason", d->reason);
    part("try", d->hint);
    return code_of(err, d);
}

enum cli_exit cli_error(struct cli *cli, enum dmsc_err err)
{
    enum cli_exit code = cli_tell(cli, err);

    if (cli->json)
        (void)cli_json(cli, json_pack("{s:o}", "error", cli_error_json(cli, err)));
    return code;
}
