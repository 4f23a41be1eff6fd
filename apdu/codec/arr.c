/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/arr.h"
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"

/* OR in AND in NOT in OR: more makes no sense, and bounds the work a record can ask for. */
#define NESTING 4u

static const struct dmsci_arr_condition never = { 0, { { 0, 0 } } };
static const struct dmsci_arr_condition always = { 1, { { 0, 0 } } };

/* TS 102 221 table 9.3: application PINs, ADM1..5, universal PIN, second PINs, ADM6..10. */
static const struct {
    uint8_t first, last, bit;
} key_refs[] = {
    { 0x01, 0x08, 0 },  { 0x0A, 0x0E, 8 },  { 0x11, 0x11, 13 },
    { 0x81, 0x88, 14 }, { 0x8A, 0x8E, 22 },
};

int dmsci_arr_key_bit(uint8_t key_ref)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(key_refs); i++) {
        if (key_ref >= key_refs[i].first && key_ref <= key_refs[i].last)
            return key_refs[i].bit + (key_ref - key_refs[i].first);
    }
    return -1;
}

bool dmsci_arr_met(const struct dmsci_arr_condition *condition, uint32_t verified)
{
    for (unsigned i = 0; i < condition->n; i++) {
        if ((condition->term[i].with & ~verified) == 0 &&
            (condition->term[i].without & verified) == 0)
            return true;
    }
    return false;
}

bool dmsci_arr_command_met(const struct dmsci_arr_rule *rule, const uint8_t header[4],
                           uint32_t verified)
{
    for (unsigned i = 0; i < rule->n_commands; i++) {
        const struct dmsci_arr_command *command = &rule->command[i];
        bool same = true;

        for (unsigned part = 0; part < 4; part++)
            same = same &&
                   ((command->parts & 8u >> part) == 0 || command->header[part] == header[part]);
        if (same && dmsci_arr_met(&command->when, verified))
            return true;
    }
    return false;
}

static uint32_t keys_of(const struct dmsci_arr_condition *condition)
{
    uint32_t keys = 0;

    for (unsigned i = 0; i < condition->n; i++)
        keys |= condition->term[i].with | condition->term[i].without;
    return keys;
}

uint32_t dmsci_arr_keys(const struct dmsci_arr_rule *rule)
{
    uint32_t keys = 0;

    for (unsigned i = 0; i < DMSCI_ARR_ACCESSES; i++)
        keys |= keys_of(&rule->access[i]);
    for (unsigned i = 0; i < rule->n_commands; i++)
        keys |= keys_of(&rule->command[i].when);
    return keys;
}

static enum dmsc_err add_term(struct dmsci_arr_condition *sum, struct dmsci_arr_term term)
{
    if ((term.with & term.without) != 0)
        return DMSC_OK; /* contradicts itself */
    for (unsigned i = 0; i < sum->n; i++) {
        if (sum->term[i].with == term.with && sum->term[i].without == term.without)
            return DMSC_OK;
    }
    if (sum->n == DMSCI_ARR_TERMS)
        return DMSC_E_LIMIT;
    sum->term[sum->n++] = term;
    return DMSC_OK;
}

static enum dmsc_err either(struct dmsci_arr_condition *sum, const struct dmsci_arr_condition *more)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < more->n; i++)
        err = add_term(sum, more->term[i]);
    return err;
}

static enum dmsc_err both(struct dmsci_arr_condition *product,
                          const struct dmsci_arr_condition *factor)
{
    struct dmsci_arr_condition sum = never;
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; i < product->n; i++) {
        for (unsigned j = 0; err == DMSC_OK && j < factor->n; j++)
            err = add_term(&sum, (struct dmsci_arr_term){
                                     product->term[i].with | factor->term[j].with,
                                     product->term[i].without | factor->term[j].without });
    }
    if (err == DMSC_OK)
        *product = sum;
    return err;
}

/* De Morgan: every term must fail, and a term fails by any one of its literals. */
static enum dmsc_err invert(const struct dmsci_arr_condition *sum,
                            struct dmsci_arr_condition *ret_inverse)
{
    struct dmsci_arr_condition product = always;
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < sum->n; i++) {
        struct dmsci_arr_condition fails = never;

        for (unsigned bit = 0; err == DMSC_OK && bit < 32; bit++) {
            uint32_t mask = (uint32_t)1 << bit;

            if ((sum->term[i].with & mask) != 0)
                err = add_term(&fails, (struct dmsci_arr_term){ 0, mask });
            if (err == DMSC_OK && (sum->term[i].without & mask) != 0)
                err = add_term(&fails, (struct dmsci_arr_term){ mask, 0 });
        }
        if (err == DMSC_OK)
            err = both(&product, &fails);
    }
    if (err == DMSC_OK)
        *ret_inverse = product;
    return err;
}

/* Control reference template: 83 01 key reference, 95 01 usage qualifier (08: user authentication).
 */
static enum dmsc_err key_condition(struct dmsc_bytes value, struct dmsci_arr_condition *ret)
{
    struct dmsc_bytes key, usage;

    if (!dmsci_ber_find(value, 0x83, &key) || key.n != 1)
        return DMSC_E_MALFORMED;
    if (dmsci_ber_find(value, 0x95, &usage) && (usage.n != 1 || (usage.p[0] & 0x08) == 0))
        return DMSC_E_MALFORMED;
    if (dmsci_arr_key_bit(key.p[0]) < 0)
        return DMSC_E_MALFORMED;
    *ret = always;
    ret->term[0].with = (uint32_t)1 << dmsci_arr_key_bit(key.p[0]);
    return DMSC_OK;
}

/* Security condition byte (ISO 7816-4 table 23): 1n is user authentication in environment n, which
 * on live UICCs is the verification of key n. Others name what nothing here defines. */
static struct dmsci_arr_condition byte_condition(uint8_t byte)
{
    struct dmsci_arr_condition key = always;

    if ((byte & 0xF0) == 0x10 && dmsci_arr_key_bit(byte & 0x0F) >= 0) {
        key.term[0].with = (uint32_t)1 << dmsci_arr_key_bit(byte & 0x0F);
        return key;
    }
    return byte == 0 ? always : never;
}

static enum dmsc_err leaf(const struct dmsci_tlv *tlv, struct dmsci_arr_condition *ret)
{
    switch (tlv->tag) {
    case 0x90:
        *ret = always;
        return tlv->value.n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
    case 0x97:
        *ret = never;
        return tlv->value.n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
    case 0x9E:
        if (tlv->value.n != 1)
            return DMSC_E_MALFORMED;
        *ret = byte_condition(tlv->value.p[0]);
        return DMSC_OK;
    case 0xA4:
        return key_condition(tlv->value, ret);
    default:
        return DMSC_E_MALFORMED;
    }
}

struct level {
    struct dmsc_rd rd;
    uint32_t tag; /* A0 OR, A7 AND, AF NOT */
    struct dmsci_arr_condition value;
    bool used;
};

static enum dmsc_err combine(struct level *level, const struct dmsci_arr_condition *operand)
{
    enum dmsc_err err;

    /* NOT holds one condition; the others any number. */
    if (level->tag == 0xAF && level->used)
        return DMSC_E_MALFORMED;
    err = level->tag == 0xA7   ? both(&level->value, operand)
          : level->tag == 0xAF ? invert(operand, &level->value)
                               : either(&level->value, operand);
    level->used = true;
    return err;
}

static bool is_template(uint32_t tag)
{
    return tag == 0xA0 || tag == 0xA7 || tag == 0xAF;
}

static void enter(struct level *level, const struct dmsci_tlv *tlv)
{
    *level =
        (struct level){ dmsc_rd(tlv->value), tlv->tag, tlv->tag == 0xA7 ? always : never, false };
}

/* One security condition data object with all it nests, without recursion. */
static enum dmsc_err condition(const struct dmsci_tlv *object, struct dmsci_arr_condition *ret)
{
    struct level level[NESTING];
    struct dmsci_arr_condition value;
    struct dmsci_tlv tlv;
    unsigned depth = 0;
    enum dmsc_err err;

    if (!is_template(object->tag))
        return leaf(object, ret);
    enter(&level[depth++], object);
    while (depth > 0) {
        struct level *top = &level[depth - 1];

        if (dmsci_ber_next(&top->rd, &tlv)) {
            if (is_template(tlv.tag)) {
                if (depth == NESTING)
                    return DMSC_E_LIMIT;
                enter(&level[depth++], &tlv);
                continue;
            }
            err = leaf(&tlv, &value);
            if (err == DMSC_OK)
                err = combine(top, &value);
        } else {
            if (top->rd.bad || !top->used)
                return top->rd.bad ? DMSC_E_TRUNCATED : DMSC_E_MALFORMED;
            value = top->value;
            depth--;
            err = depth > 0 ? combine(&level[depth - 1], &value) : DMSC_OK;
        }
        if (err != DMSC_OK)
            return err;
    }
    *ret = value;
    return DMSC_OK;
}

/* What the modes since the last condition allow: bits of an access mode byte, and the commands of
 * the rule from @p first on. */
struct modes {
    uint8_t bits;
    unsigned first;
};

/* One or more headers, each with the bytes that the low nibble of the tag tells. */
static enum dmsc_err command_mode(const struct dmsci_tlv *tlv, struct dmsci_arr_rule *rule)
{
    struct dmsc_rd r = dmsc_rd(tlv->value);

    while (r.n > 0) {
        struct dmsci_arr_command *command = &rule->command[rule->n_commands];

        if (rule->n_commands == DMSCI_ARR_COMMANDS)
            return DMSC_E_LIMIT;
        *command = (struct dmsci_arr_command){ .parts = tlv->tag & 0x0F, .when = never };
        for (unsigned part = 0; part < 4; part++) {
            if ((command->parts & 8u >> part) != 0)
                command->header[part] = dmsc_rd_u8(&r);
        }
        if (r.bad)
            return DMSC_E_MALFORMED;
        rule->n_commands++;
    }
    return tlv->value.n > 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

/* 80: access mode byte. 81..8F: parts of a command header. */
static enum dmsc_err access_mode(const struct dmsci_tlv *tlv, struct dmsci_arr_rule *rule,
                                 struct modes *modes)
{
    if (tlv->tag != 0x80)
        return command_mode(tlv, rule);
    if (tlv->value.n != 1)
        return DMSC_E_MALFORMED;
    modes->bits |= tlv->value.p[0] & 0x7F;
    return DMSC_OK;
}

static enum dmsc_err allow(struct dmsci_arr_rule *rule, const struct modes *modes,
                           const struct dmsci_arr_condition *when)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_ARR_ACCESSES; i++) {
        if ((modes->bits >> i & 1) != 0)
            err = either(&rule->access[i], when);
    }
    for (unsigned i = modes->first; err == DMSC_OK && i < rule->n_commands; i++)
        err = either(&rule->command[i].when, when);
    return err;
}

static bool at_filling(const struct dmsc_rd *r)
{
    return r->n > 0 && r->p[0] == 0xFF;
}

enum dmsc_err dmsci_arr_decode(struct dmsc_bytes record, struct dmsci_arr_rule *ret_rule)
{
    struct dmsci_arr_rule rule = { .n_commands = 0 };
    struct dmsc_rd r = dmsc_rd(record);
    struct modes modes = { 0, 0 };
    struct dmsci_arr_condition when;
    struct dmsci_tlv tlv;
    bool any = false, conditions = true;
    enum dmsc_err err;

    while (!at_filling(&r) && dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag >= 0x80 && tlv.tag <= 0x8F) {
            /* A mode behind a condition begins the next pair. */
            if (conditions)
                modes = (struct modes){ 0, rule.n_commands };
            err = access_mode(&tlv, &rule, &modes);
            any = true;
            conditions = false;
        } else {
            err = any ? condition(&tlv, &when) : DMSC_E_MALFORMED;
            if (err == DMSC_OK)
                err = allow(&rule, &modes, &when);
            conditions = true;
        }
        if (err != DMSC_OK)
            return err;
    }
    if (r.bad)
        return DMSC_E_TRUNCATED;
    if (!conditions)
        return DMSC_E_MALFORMED; /* a mode without a condition */
    while (r.n > 0) {
        if (dmsc_rd_u8(&r) != 0xFF)
            return DMSC_E_MALFORMED;
    }
    *ret_rule = rule;
    return DMSC_OK;
}

/* With b8 of the mode, b7 to b4 are the card's own. A live UICC then has a condition byte for b8
 * too, in front, where the standard counts b7 to b1 only. */
static void skip_own(struct dmsc_rd *r, uint8_t bits)
{
    size_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        n += (unsigned)bits >> i & 1u;
    if ((bits & 0x80) != 0 && r->n == n)
        dmsc_rd_skip(r, 1);
}

enum dmsc_err dmsci_arr_decode_compact(struct dmsc_bytes value, struct dmsci_arr_rule *ret_rule)
{
    struct dmsci_arr_rule rule = { .n_commands = 0 };
    struct dmsc_rd r = dmsc_rd(value);
    uint8_t bits = dmsc_rd_u8(&r);

    skip_own(&r, bits);
    for (unsigned i = DMSCI_ARR_ACCESSES; i-- > 0;) {
        if ((bits >> i & 1) == 0)
            continue;
        rule.access[i] = byte_condition(dmsc_rd_u8(&r));
        if ((bits & 0x80) != 0 && i >= DMSCI_ARR_DEACTIVATE)
            rule.access[i] = never;
    }
    if (dmsc_rd_end(&r) != DMSC_OK)
        return dmsc_rd_end(&r);
    *ret_rule = rule;
    return DMSC_OK;
}
