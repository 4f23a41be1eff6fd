/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include <dmsc/access.h>
#include <stdio.h>

#define NESTING  8u
#define TEXT_MAX 1024u
#define MODES    16u /* operations that share one condition */

/* b1 to b7 of an access mode byte (ISO/IEC 7816-4 tables 16 and 17; TS 102 221 table 9.2). */
static const char *const of_ef[7] = { "read",     "update",    "write", "deactivate",
                                      "activate", "terminate", "delete" };
static const char *const of_df[7] = { "delete child", "create EF", "create DF", "deactivate",
                                      "activate",     "terminate", "delete" };

const char *dmsc_key_name(uint8_t key_ref, char ret_text[40])
{
    unsigned low = key_ref & 0x7Fu;

    if (key_ref == 0x01 || key_ref == 0x81)
        (void)snprintf(ret_text, 40, "PIN%u", key_ref == 0x01 ? 1u : 2u);
    else if (key_ref == 0x11)
        (void)snprintf(ret_text, 40, "universal PIN");
    else if (low >= 0x01 && low <= 0x08)
        (void)snprintf(ret_text, 40, "%s of application %u", key_ref < 0x80 ? "PIN" : "second PIN",
                       low);
    else if (low >= 0x0A && low <= 0x0E)
        (void)snprintf(ret_text, 40, "ADM%u", low - 0x0A + (key_ref < 0x80 ? 1u : 6u));
    else
        (void)snprintf(ret_text, 40, "key %02X", key_ref);
    return ret_text;
}

/* ISO/IEC 7816-4 table 20: b8 all of, b7 secure messaging, b6 external, b5 user authentication,
 * b4..b1 security environment. */
static const char *byte_words(uint8_t byte, char *text, size_t size)
{
    static const char *const means[3] = { "user authentication", "external authentication",
                                          "secure messaging" };
    const char *joint = (byte & 0x80) != 0 ? " and " : " or ";
    size_t n = 0;

    if (byte == 0x00 || byte == 0xFF)
        return byte == 0x00 ? "always" : "never";
    for (unsigned i = 0; i < 3; i++) {
        if ((byte >> (4 + i) & 1) != 0)
            n += (size_t)snprintf(text + n, size - n, "%s%s", n > 0 ? joint : "", means[i]);
    }
    if (n == 0)
        n += (size_t)snprintf(text, size, "a condition");
    if ((byte & 0x0F) != 0)
        (void)snprintf(text + n, size - n, " of environment %u", byte & 0x0Fu);
    return text;
}

enum dmsc_err dmsc_access_compact(struct dmsc_bytes rule, bool df,
                                  void (*found)(void *user, const struct dmsc_access *access),
                                  void *user)
{
    const char *const *names = df ? of_df : of_ef;
    struct dmsc_rd r = dmsc_rd(rule);
    uint8_t bits = dmsc_rd_u8(&r);
    unsigned conditions = 0;

    for (unsigned i = 0; i < 8; i++)
        conditions += (unsigned)bits >> i & 1u;
    /* A live UICC has a byte for b8 too, in front, where the standard counts b7 to b1 only. */
    if ((bits & 0x80) != 0 && r.n == conditions)
        dmsc_rd_skip(&r, 1);
    if (r.bad)
        return DMSC_E_TRUNCATED;
    for (unsigned i = 7; i-- > 0;) {
        char text[96], name[24];
        struct dmsc_access access = { names[i], NULL };

        if ((bits >> i & 1) == 0)
            continue;
        access.needs = byte_words(dmsc_rd_u8(&r), text, sizeof(text));
        if ((bits & 0x80) != 0 && i >= 3) { /* with b8 these four are the card's own */
            (void)snprintf(name, sizeof(name), "own operation b%u", i + 1);
            access.operation = name;
        }
        if (r.bad)
            return DMSC_E_TRUNCATED;
        found(user, &access);
    }
    return dmsc_rd_end(&r);
}

/* The instructions that rules of real cards name (81 to 8F: parts of a command's header). */
static const struct {
    uint8_t ins;
    const char *name;
} instructions[] = {
    { 0x32, "increase" }, { 0xD4, "resize" },   { 0xE0, "create" },     { 0xE4, "delete" },
    { 0xCB, "retrieve" }, { 0xDB, "set" },      { 0x2C, "unblock" },    { 0x24, "change" },
    { 0x20, "verify" },   { 0xA2, "search" },   { 0xE2, "append" },     { 0x26, "disable" },
    { 0x28, "enable" },   { 0x44, "activate" }, { 0x04, "deactivate" }, { 0x88, "authenticate" },
};

struct mode {
    bool header;
    uint8_t tag;      /* of a header part */
    uint8_t parts[4]; /* what stands there, in its order */
    uint8_t n;
    uint8_t bit; /* of an access mode byte */
};

static const char *mode_words(const struct mode *mode, bool df, char *text, size_t size)
{
    size_t n = 0;

    if (!mode->header)
        return (df ? of_df : of_ef)[mode->bit];
    for (unsigned i = 0; mode->tag == 0x84 && i < DMSCI_ARRAY_LEN(instructions); i++) {
        if (instructions[i].ins == mode->parts[0])
            return instructions[i].name;
    }
    for (unsigned bit = 4, i = 0; bit-- > 0;) {
        static const char *const names[4] = { "P2", "P1", "INS", "CLA" };

        if ((mode->tag >> bit & 1) != 0 && i < mode->n)
            n += (size_t)snprintf(text + n, size - n, "%s%s %02X", n > 0 ? " " : "", names[bit],
                                  mode->parts[i++]);
    }
    return text;
}

struct rule {
    struct mode mode[MODES];
    unsigned modes;
    bool conditions; /* the last data object was a condition: a mode begins the next pair */
    bool df;
    struct dmsc_buf needs;
    void (*found)(void *user, const struct dmsc_access *access);
    void *user;
};

static void tell(struct rule *rule)
{
    for (unsigned i = 0; i < rule->modes; i++) {
        char text[48] = "";
        struct dmsc_access access = { mode_words(&rule->mode[i], rule->df, text, sizeof(text)),
                                      dmsc_buf_str(&rule->needs) };

        rule->found(rule->user, &access);
    }
    rule->modes = 0;
    rule->conditions = false;
    dmsc_buf_reset(&rule->needs);
}

static enum dmsc_err add_mode(struct rule *rule, const struct mode *mode)
{
    if (rule->modes == MODES)
        return DMSC_E_LIMIT;
    rule->mode[rule->modes++] = *mode;
    return DMSC_OK;
}

/* One header after the other, each as long as the tag's low nibble has bits. */
static enum dmsc_err add_headers(struct rule *rule, const struct dmsci_tlv *tlv)
{
    struct dmsc_rd r = dmsc_rd(tlv->value);
    enum dmsc_err err = r.n > 0 ? DMSC_OK : DMSC_E_MALFORMED;

    while (err == DMSC_OK && r.n > 0) {
        struct mode mode = { .header = true, .tag = (uint8_t)tlv->tag };

        for (unsigned bit = 0; bit < 4; bit++) {
            if ((tlv->tag >> bit & 1) != 0)
                mode.parts[mode.n++] = dmsc_rd_u8(&r);
        }
        err = r.bad ? DMSC_E_MALFORMED : add_mode(rule, &mode);
    }
    return err;
}

static enum dmsc_err add_modes(struct rule *rule, const struct dmsci_tlv *tlv)
{
    enum dmsc_err err = DMSC_OK;

    if (rule->conditions)
        tell(rule);
    if (tlv->tag != 0x80)
        return add_headers(rule, tlv);
    if (tlv->value.n != 1)
        return DMSC_E_MALFORMED;
    for (uint8_t bit = 0; err == DMSC_OK && bit < 7; bit++) {
        if ((tlv->value.p[0] >> bit & 1) != 0)
            err = add_mode(rule, &(struct mode){ .bit = bit });
    }
    return err;
}

/* A4: 83 key reference, 95 usage qualifier (08: user authentication), both in either order. */
static enum dmsc_err key_words(struct dmsc_bytes value, char *text, size_t size, const char **ret)
{
    struct dmsc_bytes key, usage;
    char name[40];

    if (!dmsci_ber_find(value, 0x83, &key) || key.n != 1)
        return DMSC_E_MALFORMED;
    if (dmsci_ber_find(value, 0x95, &usage) && (usage.n != 1 || (usage.p[0] & 0x08) == 0))
        (void)snprintf(text, size, "%s (usage %02X)", dmsc_key_name(key.p[0], name),
                       usage.n > 0 ? usage.p[0] : 0u);
    else
        (void)snprintf(text, size, "%s", dmsc_key_name(key.p[0], name));
    *ret = text;
    return DMSC_OK;
}

static enum dmsc_err leaf_words(const struct dmsci_tlv *tlv, char *text, size_t size,
                                const char **ret)
{
    switch (tlv->tag) {
    case 0x90:
    case 0x97:
        *ret = tlv->tag == 0x90 ? "always" : "never";
        return tlv->value.n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
    case 0x9E:
        if (tlv->value.n != 1)
            return DMSC_E_MALFORMED;
        *ret = byte_words(tlv->value.p[0], text, size);
        return DMSC_OK;
    case 0xA4:
        return key_words(tlv->value, text, size, ret);
    case 0xB4:
    case 0xB6:
    case 0xB8:
        *ret = "secure messaging";
        return DMSC_OK;
    default:
        return DMSC_E_MALFORMED;
    }
}

struct level {
    struct dmsc_rd rd;
    const char *joint; /* what stands between two operands */
    unsigned operands;
    bool brackets;
};

static enum dmsc_err append(struct rule *rule, const char *text)
{
    return dmsc_buf_append_str(&rule->needs, text);
}

/* Beside others of the level above, an OR or an AND of several needs brackets. */
static enum dmsc_err open_level(struct rule *rule, struct level *level, const struct dmsci_tlv *tlv,
                                bool inner)
{
    enum dmsc_err err = DMSC_OK;

    *level = (struct level){ .rd = dmsc_rd(tlv->value),
                             .joint = tlv->tag == 0xA7   ? " and "
                                      : tlv->tag == 0xA0 ? " or "
                                                         : "",
                             .brackets = inner || tlv->tag == 0xAF };
    if (tlv->tag == 0xAF)
        err = append(rule, "not ");
    if (err == DMSC_OK && level->brackets)
        err = append(rule, "(");
    return err;
}

static bool is_template(uint32_t tag)
{
    return tag == 0xA0 || tag == 0xA7 || tag == 0xAF;
}

/* One security condition with all it nests, without recursion, written as it is read. */
static enum dmsc_err add_condition(struct rule *rule, const struct dmsci_tlv *object)
{
    struct level level[NESTING + 1] = { { .rd = { NULL, 0, false }, .joint = " or " } };
    struct dmsci_tlv tlv = *object;
    unsigned depth = 0;
    bool more = true;
    enum dmsc_err err = DMSC_OK;

    level[0].operands = rule->conditions ? 1 : 0; /* several in a row: any of them will do */
    rule->conditions = true;
    while (err == DMSC_OK) {
        struct level *top = &level[depth];
        char text[96];
        const char *words = text;

        if (!more) {
            if (depth == 0)
                return DMSC_OK;
            if (top->rd.bad || top->operands == 0)
                return top->rd.bad ? DMSC_E_TRUNCATED : DMSC_E_MALFORMED;
            if (top->brackets)
                err = append(rule, ")");
            depth--;
        } else {
            if (top->operands++ > 0)
                err = top->joint[0] != '\0' ? append(rule, top->joint) : DMSC_E_MALFORMED;
            if (err == DMSC_OK && is_template(tlv.tag)) {
                if (depth == NESTING)
                    return DMSC_E_LIMIT;
                err = open_level(rule, &level[depth + 1], &tlv, depth > 0);
                depth++;
            } else if (err == DMSC_OK) {
                err = leaf_words(&tlv, text, sizeof(text), &words);
                if (err == DMSC_OK)
                    err = append(rule, words);
            }
        }
        more = depth > 0 && dmsci_ber_next(&level[depth].rd, &tlv);
    }
    return err;
}

static enum dmsc_err read_rule(struct dmsc_bytes bytes, struct rule *rule)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsci_tlv tlv;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && r.n > 0 && r.p[0] != 0xFF && dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag >= 0x80 && tlv.tag <= 0x8F)
            err = add_modes(rule, &tlv);
        else
            err = rule->modes > 0 ? add_condition(rule, &tlv) : DMSC_E_MALFORMED;
    }
    if (err != DMSC_OK || r.bad)
        return err != DMSC_OK ? err : DMSC_E_TRUNCATED;
    while (r.n > 0) {
        if (dmsc_rd_u8(&r) != 0xFF)
            return DMSC_E_MALFORMED;
    }
    if (rule->modes > 0 && !rule->conditions)
        return DMSC_E_MALFORMED; /* a mode without a condition */
    tell(rule);
    return DMSC_OK;
}

enum dmsc_err dmsc_access_expanded(struct dmsc_ctx *ctx, struct dmsc_bytes rule, bool df,
                                   void (*found)(void *user, const struct dmsc_access *access),
                                   void *user)
{
    struct rule state = { .df = df, .found = found, .user = user };
    enum dmsc_err err;

    dmsc_buf_init(&state.needs, ctx, TEXT_MAX);
    err = read_rule(rule, &state);
    dmsc_buf_clear(&state.needs);
    return err;
}
