/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: text in, text out. Who reads and saves them is the caller's matter. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/packet.h"
#include <dmsc/ctx.h>
#include <dmsc/ota.h>

#define KEY_MAX    32u
#define NUMBER_MAX 20u

enum name { SPI, KIC, KID, TAR, KIC_KEY, KID_KEY, COUNTER, CC_SIZE, KIC_IMPLICIT, KID_IMPLICIT };

static const struct {
    const char *name;
    bool needed;
    size_t least, most; /* bytes of hex; 0: a decimal number */
} names[] = {
    [SPI] = { "spi", true, 2, 2 },
    [KIC] = { "kic", true, 1, 1 },
    [KID] = { "kid", true, 1, 1 },
    [TAR] = { "tar", true, 3, 3 },
    [KIC_KEY] = { "kic-key", false, 8, KEY_MAX },
    [KID_KEY] = { "kid-key", false, 8, KEY_MAX },
    [COUNTER] = { "counter", false, 0, 0 },
    [CC_SIZE] = { "cc-size", false, 0, 0 },
    [KIC_IMPLICIT] = { "kic-implicit", false, 1, 1 },
    [KID_IMPLICIT] = { "kid-implicit", false, 1, 1 },
};

struct line {
    struct dmsc_bytes name, value;
    size_t value_at; /* offset of the value in the text */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct dmsc_bytes trim(struct dmsc_bytes b)
{
    while (b.n > 0 && is_blank(b.p[0])) {
        b.p++;
        b.n--;
    }
    while (b.n > 0 && is_blank(b.p[b.n - 1]))
        b.n--;
    return b;
}

/* The next line without its comment; an empty one has no name. @return false at the end */
static bool next_line(struct dmsc_rd *r, const uint8_t *text, struct line *ret_line)
{
    struct dmsc_bytes line = { r->p, 0 };
    size_t equal;

    if (r->n == 0)
        return false;
    while (line.n < r->n && line.p[line.n] != '\n')
        line.n++;
    dmsc_rd_skip(r, line.n < r->n ? line.n + 1 : line.n);
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '#')
            line.n = i;
    }
    for (equal = 0; equal < line.n && line.p[equal] != '=';)
        equal++;
    ret_line->name = trim(dmsc_bytes(line.p, equal));
    ret_line->value = equal < line.n ? trim(dmsc_bytes(line.p + equal + 1, line.n - equal - 1))
                                     : dmsc_bytes(line.p + line.n, 0);
    ret_line->value_at = (size_t)(ret_line->value.p - text);
    return true;
}

static bool find_name(struct dmsc_bytes name, enum name *ret_name)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (dmsc_bytes_equal(name, dmsc_bytes_str(names[i].name))) {
            *ret_name = (enum name)i;
            return true;
        }
    }
    return false;
}

static bool get_number(struct dmsc_bytes text, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (text.n == 0 || text.n > NUMBER_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || number > most)
            return false;
        number = number * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret_number = number;
    return number <= most;
}

static enum dmsc_err bad_line(struct dmsc_ctx *ctx, unsigned number, const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a key file");
    dmsci_where(ctx, "line %u", number);
    dmsci_why(ctx, "ota:keys", "%s", why);
    dmsci_hint(ctx, "lines are name = value; docs/ota.md shows a key file");
    return DMSC_E_MALFORMED;
}

static enum dmsc_err set_hex(struct dmsc_ctx *ctx, struct dmsc_ota_keys *keys, enum name name,
                             struct dmsc_bytes value)
{
    switch (name) {
    case SPI:
        dmsci_copy(keys->spi, value.p, 2);
        return DMSC_OK;
    case TAR:
        dmsci_copy(keys->tar, value.p, 3);
        return DMSC_OK;
    case KIC:
        keys->kic = value.p[0];
        return DMSC_OK;
    case KID:
        keys->kid = value.p[0];
        return DMSC_OK;
    case KIC_IMPLICIT:
        keys->kic_implicit = value.p[0];
        return DMSC_OK;
    case KID_IMPLICIT:
        keys->kid_implicit = value.p[0];
        return DMSC_OK;
    default:
        return dmsc_secret_set(name == KIC_KEY ? &keys->kic_key : &keys->kid_key, ctx, value);
    }
}

/* Through a buffer, which is wiped. */
static enum dmsc_err get_hex(struct dmsc_ctx *ctx, struct dmsc_ota_keys *keys, enum name name,
                             struct dmsc_bytes value, unsigned number)
{
    struct dmsc_buf text, bytes;
    enum dmsc_err err;

    if (value.n > 4 * KEY_MAX)
        return bad_line(ctx, number, "too long");
    dmsc_buf_init(&text, ctx, 4 * KEY_MAX);
    dmsc_buf_init(&bytes, ctx, 2 * KEY_MAX);
    err = dmsc_buf_append(&text, value);
    if (err == DMSC_OK)
        err = dmsc_hex_decode(dmsc_buf_str(&text), &bytes);
    if (err == DMSC_E_MALFORMED)
        err = bad_line(ctx, number, "not hex digits");
    else if (err == DMSC_OK && (bytes.n < names[name].least || bytes.n > names[name].most))
        err = bad_line(ctx, number, "not as many bytes as it takes");
    if (err == DMSC_OK)
        err = set_hex(ctx, keys, name, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err take_line(struct dmsc_ctx *ctx, struct dmsc_ota_keys *keys,
                               const struct line *line, unsigned number, unsigned *seen)
{
    uint64_t value = 0;
    enum name name;

    if (!find_name(line->name, &name))
        return bad_line(ctx, number, "there is no such name");
    if ((*seen >> name & 1) != 0)
        return bad_line(ctx, number, "the name stands twice");
    *seen |= 1u << name;
    if (names[name].most != 0)
        return get_hex(ctx, keys, name, line->value, number);
    if (!get_number(line->value, DMSCI_OTA_COUNTER_MAX, &value))
        return bad_line(ctx, number, "not a decimal number of 40 bits");
    if (name == COUNTER)
        keys->counter = value;
    else if (value != 4 && value != 8)
        return bad_line(ctx, number, "cc-size is 4 or 8");
    else
        keys->cc_size = (uint8_t)value;
    return DMSC_OK;
}

enum dmsc_err dmsc_ota_keys_parse(struct dmsc_ctx *ctx, struct dmsc_bytes text,
                                  struct dmsc_ota_keys *ret_keys)
{
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
    struct dmsc_rd r = dmsc_rd(text);
    enum dmsc_err err = DMSC_OK;
    unsigned number = 1, seen = 0;
    struct line line;

    for (; err == DMSC_OK && next_line(&r, text.p, &line); number++) {
        if (line.name.n > 0 || line.value.n > 0)
            err = take_line(ctx, &keys, &line, number, &seen);
    }
    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].needed && (seen >> i & 1) == 0) {
            err = bad_line(ctx, number, "a name is missing");
            dmsci_hint(ctx, "add a line \"%s = ...\"", names[i].name);
        }
    }
    if (err != DMSC_OK) {
        dmsc_ota_keys_clear(&keys);
        return err;
    }
    dmsc_ota_keys_clear(ret_keys);
    *ret_keys = keys;
    return DMSC_OK;
}

void dmsc_ota_keys_clear(struct dmsc_ota_keys *keys)
{
    static const struct dmsc_ota_keys none = DMSC_OTA_KEYS_INIT;

    dmsc_secret_clear(&keys->kic_key);
    dmsc_secret_clear(&keys->kid_key);
    *keys = none;
}

/* The text with another counter; a line of its own at the end when there was none. */
static enum dmsc_err replace_counter(struct dmsc_bytes text, uint64_t counter, struct dmsc_buf *out)
{
    struct dmsc_rd r = dmsc_rd(text);
    enum dmsc_err err = DMSC_OK;
    size_t at = text.n, end = text.n;
    bool found = false;
    struct line line;
    enum name name;

    while (!found && next_line(&r, text.p, &line)) {
        if (!find_name(line.name, &name) || name != COUNTER)
            continue;
        at = line.value_at;
        end = at + line.value.n;
        found = true;
    }
    err = dmsc_buf_append(out, dmsc_bytes(text.p, at));
    if (err == DMSC_OK && !found)
        err = dmsc_buf_append_str(out, text.n > 0 && text.p[text.n - 1] != '\n' ? "\ncounter = "
                                                                                : "counter = ");
    if (err == DMSC_OK)
        err = dmsci_buf_printf(out, "%llu%s", (unsigned long long)counter, found ? "" : "\n");
    return err == DMSC_OK ? dmsc_buf_append(out, dmsc_bytes(text.p + end, text.n - end)) : err;
}

enum dmsc_err dmsc_ota_keys_advance(struct dmsc_ctx *ctx, struct dmsc_bytes text,
                                    struct dmsc_ota_keys *keys, struct dmsc_buf *ret_text)
{
    uint64_t next = keys->counter + 1;
    struct dmsc_buf out;
    enum dmsc_err err;

    if (DMSCI_OTA_COUNTER(keys->spi[0]) == DMSCI_OTA_COUNTER_NONE)
        return dmsc_buf_set(ret_text, text);
    if (next >= DMSCI_OTA_COUNTER_MAX) {
        (void)dmsci_fail(ctx, DMSC_E_LIMIT, "take the next counter");
        dmsci_why(ctx, "ota:counter",
                  "FFFFFFFFFF would block the card's counter for ever (TS 102 225 5.1.4)");
        dmsci_hint(ctx, "give the card new keys, whose counter begins again");
        return DMSC_E_LIMIT;
    }
    dmsc_buf_init(&out, ctx, text.n + 2 * NUMBER_MAX);
    err = replace_counter(text, next, &out);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_text, dmsc_buf_bytes(&out));
    if (err == DMSC_OK)
        keys->counter = next;
    dmsc_buf_clear(&out);
    return err;
}
