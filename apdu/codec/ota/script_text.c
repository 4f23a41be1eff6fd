/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts written by people, and told to them. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/script.h"
#include <dmsc/ctx.h>
#include <dmsc/ota.h>

#define LINE_BYTES  600u /* characters of a line: 255 bytes of data in hex, and room */
#define APDU_HEADER 5u

struct builder {
    struct dmsc_ctx *ctx;
    enum dmsc_ota_format format;
    unsigned line;
    struct dmsc_buf body;
};

static enum dmsc_err bad_line(const struct builder *b, const char *why, const char *hint)
{
    (void)dmsci_fail(b->ctx, DMSC_E_MALFORMED, "read a script");
    dmsci_where(b->ctx, "line %u", b->line);
    dmsci_why(b->ctx, "ota:script", "%s", why);
    dmsci_hint(b->ctx, "%s", hint);
    return DMSC_E_MALFORMED;
}

static enum dmsc_err put_object(struct builder *b, uint8_t tag, struct dmsc_bytes value)
{
    uint8_t out[LINE_BYTES / 2 + 4];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    enum dmsc_err err;

    dmsci_script_put(&w, tag, value);
    err = w.bad ? bad_line(b, "too long", "one C-APDU a line")
                : dmsc_buf_append(&b->body, dmsc_bytes(out, w.n));
    dmsc_wipe(out, sizeof(out)); /* there may be a PIN in it */
    return err;
}

/* TS 102 226 5.1.1: CLA INS P1 P2 P3 and the data that P3 announces; never an Le behind it. */
static enum dmsc_err put_compact(struct builder *b, struct dmsc_bytes apdu)
{
    enum dmsc_err err;
    size_t n = APDU_HEADER;

    if (apdu.n == APDU_HEADER - 1) {
        err = dmsc_buf_append(&b->body, apdu);
        return err == DMSC_OK ? dmsc_buf_append_u8(&b->body, 0) : err;
    }
    if (dmsci_script_has_data(apdu))
        n += apdu.p[4];
    if (apdu.n == n)
        return dmsc_buf_append(&b->body, apdu);
    return bad_line(b, "the command is not as long as its P3 says",
                    "leave out Le behind data and send GET RESPONSE, or use --format expanded");
}

static enum dmsc_err put_command(struct builder *b, struct dmsc_bytes apdu)
{
    if (apdu.n < APDU_HEADER - 1)
        return bad_line(b, "a command has at least four bytes", "one C-APDU in hex a line");
    return b->format == DMSC_OTA_COMPACT ? put_compact(b, apdu)
                                         : put_object(b, DMSCI_SCRIPT_C_APDU, apdu);
}

static enum dmsc_err put_chaining(struct builder *b, const char *word)
{
    static const struct {
        const char *word;
        uint8_t value;
    } words[] = {
        { "first", DMSCI_SCRIPT_FIRST_DELETE },
        { "first-keep", DMSCI_SCRIPT_FIRST_KEEP },
        { "more", DMSCI_SCRIPT_SUBSEQUENT },
        { "last", DMSCI_SCRIPT_LAST },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(words); i++) {
        if (dmsc_bytes_equal(dmsc_bytes_str(word), dmsc_bytes_str(words[i].word)))
            return put_object(b, DMSCI_SCRIPT_CHAINING, dmsc_bytes(&words[i].value, 1));
    }
    return bad_line(b, "chain what?", "chain first, first-keep, more or last");
}

/* The rest of a line behind a word; NULL when the line begins otherwise. */
static const char *behind(const char *line, const char *word)
{
    while (*word != '\0' && *line == *word) {
        line++;
        word++;
    }
    if (*word != '\0' || (*line != '\0' && *line != ' ' && *line != '\t'))
        return NULL;
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

static enum dmsc_err put_hex(struct builder *b, uint8_t tag, const char *hex)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, b->ctx, LINE_BYTES / 2);
    err = dmsc_hex_decode(hex, &bytes);
    if (err == DMSC_E_MALFORMED)
        err = bad_line(b, "neither hex digits nor a word that is known here",
                       "one C-APDU in hex a line; chain, immediate and on-error need --format "
                       "expanded");
    else if (err == DMSC_OK)
        err = tag == DMSCI_SCRIPT_C_APDU ? put_command(b, dmsc_buf_bytes(&bytes))
                                         : put_object(b, tag, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err take_line(struct builder *b, const char *line)
{
    bool expanded = b->format != DMSC_OTA_COMPACT;
    const char *rest;

    if (expanded && (rest = behind(line, "chain")) != NULL)
        return put_chaining(b, rest);
    if (expanded && (rest = behind(line, "immediate")) != NULL)
        return put_hex(b, DMSCI_SCRIPT_IMMEDIATE, rest);
    if (expanded && (rest = behind(line, "on-error")) != NULL)
        return put_hex(b, DMSCI_SCRIPT_ERROR, rest);
    return put_hex(b, DMSCI_SCRIPT_C_APDU, line);
}

/* One line without comment and blanks around it, as a C string. */
static size_t cut_line(const char *text, char line[LINE_BYTES], bool *ret_long)
{
    size_t n = 0, at = 0;
    bool comment = false;

    *ret_long = false;
    for (; text[at] != '\0' && text[at] != '\n'; at++) {
        comment |= text[at] == '#';
        if (comment || (n == 0 && (text[at] == ' ' || text[at] == '\t')))
            continue;
        if (n + 1 < LINE_BYTES)
            line[n++] = text[at];
        else
            *ret_long = true;
    }
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
        n--;
    line[n] = '\0';
    return text[at] == '\n' ? at + 1 : at;
}

static enum dmsc_err read_lines(struct builder *b, const char *text)
{
    char line[LINE_BYTES];
    enum dmsc_err err = DMSC_OK;
    bool too_long;

    while (err == DMSC_OK && *text != '\0') {
        text += cut_line(text, line, &too_long);
        b->line++;
        if (too_long)
            err = bad_line(b, "the line is too long", "one C-APDU a line");
        else if (line[0] != '\0')
            err = take_line(b, line);
    }
    dmsc_wipe(line, sizeof(line));
    return err;
}

/* A finished script: nothing but hex, and it begins with a template. */
static bool is_finished(const char *text, struct dmsc_buf *bytes)
{
    return (text[0] == 'A' || text[0] == 'a') && dmsc_hex_decode(text, bytes) == DMSC_OK &&
           bytes->n > 0 && (bytes->p[0] & 0xFB) == DMSCI_SCRIPT_COMMAND;
}

static enum dmsc_err take_finished(const struct builder *b, struct dmsc_buf *ret_script)
{
    struct dmsci_script script;
    enum dmsc_err err = dmsci_script_decode(dmsc_buf_bytes(&b->body), &script, NULL);

    if (err == DMSC_OK)
        return dmsc_buf_set(ret_script, dmsc_buf_bytes(&b->body));
    (void)dmsci_fail(b->ctx, err, "read a script");
    dmsci_why(b->ctx, "ota:script",
              "an expanded script that is not whole, or holds what does not "
              "belong there (TS 102 226 5.2)");
    return err;
}

static enum dmsc_err close_script(struct builder *b, struct dmsc_buf *ret_script)
{
    struct dmsc_wr count = dmsc_wr(NULL, 0), w;
    struct dmsci_script script;
    struct dmsc_buf out;
    enum dmsc_err err;
    uint8_t *p = NULL;

    dmsci_script_encode((enum dmsci_script_format)b->format, dmsc_buf_bytes(&b->body), &count);
    dmsc_buf_init(&out, b->ctx, count.n);
    err = dmsc_buf_reserve(&out, count.n, &p);
    if (err == DMSC_OK) {
        w = dmsc_wr(p, count.n);
        dmsci_script_encode((enum dmsci_script_format)b->format, dmsc_buf_bytes(&b->body), &w);
        dmsc_buf_commit(&out, w.n);
        if (dmsci_script_decode(dmsc_buf_bytes(&out), &script, NULL) != DMSC_OK)
            err =
                bad_line(b, "a card would not read this as a script",
                         "\"immediate\" takes bytes; a CLA of AA, AB, AE or AF begins a template");
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_script, dmsc_buf_bytes(&out));
    dmsc_buf_clear(&out);
    return err;
}

enum dmsc_err dmsc_ota_script(struct dmsc_ctx *ctx, enum dmsc_ota_format format, const char *text,
                              struct dmsc_buf *ret_script)
{
    size_t limit = dmsc_ctx_limits(ctx)->ota_packet_size;
    struct builder b = { .ctx = ctx, .format = format };
    enum dmsc_err err;

    dmsc_buf_init(&b.body, ctx, limit);
    if (is_finished(text, &b.body)) {
        err = take_finished(&b, ret_script);
    } else {
        dmsc_buf_reset(&b.body);
        err = read_lines(&b, text);
        if (err == DMSC_OK && b.body.n == 0)
            err = bad_line(&b, "there is no command in it", "one C-APDU in hex a line");
        if (err == DMSC_OK)
            err = close_script(&b, ret_script);
    }
    dmsc_buf_clear(&b.body);
    return err;
}
