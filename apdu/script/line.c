/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a script: its directive and what stands behind it. */
#include "apdu/base/compiler.h"
#include "apdu/script/item.h"
#include <string.h>

/* What may stand behind a directive. */
enum rest {
    REST_NONE,
    REST_ANY,    /* is not looked at */
    REST_NAME,   /* %NAME */
    REST_DEFINE, /* %NAME and a line */
    REST_PATH,
    REST_CHANGE, /* buffer, expression */
    REST_VALUE,  /* expression */
    REST_SAY,    /* "text" or expression */
    REST_POWER,  /* /OPTION..., what is expected */
    REST_COUNT
};

static const struct {
    char word[25];
    uint8_t kind, rest;
} directives[] = {
    { ".DEFINE", DMSCI_SCRIPT_DEFINE, REST_DEFINE },
    { ".UNDEFINE", DMSCI_SCRIPT_UNDEFINE, REST_NAME },
    { ".ALLUNDEFINE", DMSCI_SCRIPT_UNDEFINE_ALL, REST_NONE },
    { ".CALL", DMSCI_SCRIPT_CALL, REST_PATH },
    { ".SET_BUFFER", DMSCI_SCRIPT_SET, REST_CHANGE },
    { ".APPEND_BUFFER", DMSCI_SCRIPT_APPEND, REST_CHANGE },
    { ".INCREASE_BUFFER", DMSCI_SCRIPT_INCREASE, REST_CHANGE },
    { ".DECREASE_BUFFER", DMSCI_SCRIPT_DECREASE, REST_CHANGE },
    { ".DISPLAY", DMSCI_SCRIPT_DISPLAY, REST_VALUE },
    { ".MESSAGE", DMSCI_SCRIPT_SAY, REST_SAY },
    { ".POWER_ON", DMSCI_SCRIPT_POWER_ON, REST_POWER },
    { ".POWER_OFF", DMSCI_SCRIPT_POWER_OFF, REST_NONE },
    { ".RESET", DMSCI_SCRIPT_POWER_ON, REST_POWER },
    { ".SWITCH", DMSCI_SCRIPT_SWITCH, REST_VALUE },
    { ".CASE", DMSCI_SCRIPT_CASE, REST_VALUE },
    { ".DEFAULT", DMSCI_SCRIPT_DEFAULT, REST_NONE },
    { ".BREAK", DMSCI_SCRIPT_BREAK, REST_NONE },
    { ".ENDSWITCH", DMSCI_SCRIPT_ENDSWITCH, REST_NONE },
    { ".BEGIN_LOOP", DMSCI_SCRIPT_BEGIN_LOOP, REST_NONE },
    { ".LOOP", DMSCI_SCRIPT_LOOP, REST_COUNT },
    /* For people and readers that are not here. */
    { ".PAUSE", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".GET_PROTOCOL_PARAMETERS", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".INSERT", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".EJECT", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".LIST_ON", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".LIST_OFF", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".STEP_ON", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".STEP_OFF", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".LOAD", DMSCI_SCRIPT_NOTHING, REST_ANY },
    { ".UNLOAD", DMSCI_SCRIPT_NOTHING, REST_ANY },
};

static bool same_word(struct dmsc_bytes word, const char *other)
{
    if (strlen(other) != word.n)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (dmsci_script_upper(word.p[i]) != other[i])
            return false;
    }
    return true;
}

static struct dmsc_bytes take_word(struct dmsc_rd *r)
{
    size_t n = 0;

    while (n < r->n && !dmsci_script_is_space(r->p[n]))
        n++;
    return dmsc_rd_bytes(r, n);
}

static struct dmsc_bytes trimmed(struct dmsc_rd r)
{
    dmsci_script_skip_space(&r);
    while (r.n > 0 && dmsci_script_is_space(r.p[r.n - 1]))
        r.n--;
    return dmsc_bytes(r.p, r.n);
}

/* Every piece of an expression, and X only where something is compared. */
static bool check_expression(struct dmsc_bytes text, bool wild, const char **ret_why)
{
    struct dmsc_rd r = dmsc_rd(text);
    struct dmsci_script_item item;

    while (dmsci_script_item(&r, &item, ret_why)) {
        if (!wild && item.kind == DMSCI_SCRIPT_BYTE && item.mask != 0xFF) {
            *ret_why = "X stands for any digit in what is expected, not in what is sent";
            return false;
        }
    }
    return !r.bad;
}

static bool check_sw(struct dmsc_bytes text, const char **ret_why)
{
    struct dmsc_rd r = dmsc_rd(text);
    uint16_t value, mask;
    unsigned n = 0;

    while (dmsci_script_sw(&r, &value, &mask))
        n++;
    if (!r.bad && n > 0)
        return true;
    *ret_why = "status words are four digits or X each: (9000, 91XX)";
    return false;
}

/* The text up to @p end, which is skipped. */
static bool take_until(struct dmsc_rd *r, char end, struct dmsc_bytes *ret_text)
{
    size_t n = 0;

    while (n < r->n && r->p[n] != (uint8_t)end)
        n++;
    if (n == r->n)
        return false;
    *ret_text = dmsc_rd_bytes(r, n);
    dmsc_rd_skip(r, 1);
    return true;
}

/* Where the expression ends: at "[" or at a "(" that begins no slice. */
static size_t expression_length(struct dmsc_rd r, const char **ret_why)
{
    struct dmsci_script_item item;
    size_t all = r.n, left;

    do {
        dmsci_script_skip_space(&r);
        left = r.n;
    } while (left > 0 && r.p[0] != '[' && r.p[0] != '(' && dmsci_script_item(&r, &item, ret_why));
    return all - left;
}

/* "DATA [EXPECTED] (SW)", the last two in either order. */
static enum dmsc_err read_exchange(struct dmsc_rd *r, bool wild, struct dmsci_script_stmt *stmt,
                                   const char **ret_why)
{
    stmt->data = dmsc_rd_bytes(r, expression_length(*r, ret_why));
    if (!check_expression(stmt->data, wild, ret_why))
        return DMSC_E_MALFORMED;
    for (dmsci_script_skip_space(r); r->n > 0; dmsci_script_skip_space(r)) {
        uint8_t open = r->p[0];

        if (open == '[' && !stmt->has_expected) {
            dmsc_rd_skip(r, 1);
            stmt->has_expected = true;
            *ret_why = "a \"]\" is missing";
            if (!take_until(r, ']', &stmt->expected) ||
                !check_expression(stmt->expected, true, ret_why))
                return DMSC_E_MALFORMED;
        } else if (open == '(' && !stmt->has_sw) {
            dmsc_rd_skip(r, 1);
            stmt->has_sw = true;
            *ret_why = "a \")\" is missing";
            if (!take_until(r, ')', &stmt->sw) || !check_sw(stmt->sw, ret_why))
                return DMSC_E_MALFORMED;
        } else {
            /* The expression ended at a piece that is none, or a part stands twice. */
            struct dmsc_rd rest = *r;
            struct dmsci_script_item item;

            *ret_why = "nothing else may stand behind what is expected";
            if (open != '[' && open != '(')
                (void)dmsci_script_item(&rest, &item, ret_why);
            return DMSC_E_MALFORMED;
        }
    }
    return DMSC_OK;
}

static enum dmsc_err read_name(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                               const char **ret_why)
{
    struct dmsci_script_item item;

    dmsci_script_skip_space(r);
    *ret_why = "a name behind \"%\" is wanted";
    if (r->n == 0 || r->p[0] != '%' || !dmsci_script_item(r, &item, ret_why))
        return DMSC_E_MALFORMED;
    stmt->name = item.name;
    return DMSC_OK;
}

/* "dir\file.txt /LIST_OFF": scripts of another system separate folders by "\". */
static enum dmsc_err read_path(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                               const char **ret_why)
{
    struct dmsc_bytes path = trimmed(*r);

    for (size_t i = 1; i < path.n; i++) {
        if (path.p[i] == '/' && dmsci_script_is_space(path.p[i - 1])) {
            path = trimmed(dmsc_rd(dmsc_bytes(path.p, i)));
            break;
        }
    }
    if (path.n >= 2 && path.p[0] == '"' && path.p[path.n - 1] == '"')
        path = dmsc_bytes(path.p + 1, path.n - 2);
    *ret_why = "the name of a file is wanted";
    stmt->name = path;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] < 0x20)
            return DMSC_E_MALFORMED;
    }
    return path.n > 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

/* "L 0001", "L(4:5) 0001", "L" */
static enum dmsc_err read_change(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                                 const char **ret_why)
{
    struct dmsci_script_item item;

    dmsci_script_skip_space(r);
    *ret_why = "the letter of a buffer is wanted, G to Z";
    if (r->n == 0 || !dmsci_script_is_buffer(r->p[0]) || !dmsci_script_item(r, &item, ret_why))
        return DMSC_E_MALFORMED;
    *ret_why = "R and W are what the card answered: they cannot be changed";
    if (item.buffer == 'R' || item.buffer == 'W')
        return DMSC_E_MALFORMED;
    stmt->buffer = item.buffer;
    stmt->slice = item.slice;
    stmt->data = trimmed(*r);
    dmsc_rd_skip(r, r->n);
    return check_expression(stmt->data, false, ret_why) ? DMSC_OK : DMSC_E_MALFORMED;
}

static enum dmsc_err read_say(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                              const char **ret_why)
{
    struct dmsc_bytes text = trimmed(*r);

    dmsc_rd_skip(r, r->n);
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"') {
        stmt->name = dmsc_bytes(text.p + 1, text.n - 2);
        return DMSC_OK;
    }
    stmt->kind = DMSCI_SCRIPT_DISPLAY;
    stmt->data = text;
    return check_expression(text, true, ret_why) ? DMSC_OK : DMSC_E_MALFORMED;
}

static enum dmsc_err read_power(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                                const char **ret_why)
{
    for (dmsci_script_skip_space(r); r->n > 0 && r->p[0] == '/'; dmsci_script_skip_space(r))
        stmt->warm = same_word(take_word(r), "/WARM") || stmt->warm;
    *ret_why = "only /OPTIONS and what is expected may follow";
    if (r->n > 0 && r->p[0] != '[' && r->p[0] != '(')
        return DMSC_E_MALFORMED;
    return read_exchange(r, false, stmt, ret_why);
}

static enum dmsc_err read_rest(struct dmsc_rd *r, enum rest rest, struct dmsci_script_stmt *stmt,
                               const char **ret_why)
{
    enum dmsc_err err;

    switch (rest) {
    case REST_NAME:
        return read_name(r, stmt, ret_why);
    case REST_DEFINE:
        err = read_name(r, stmt, ret_why);
        return err == DMSC_OK ? read_exchange(r, true, stmt, ret_why) : err;
    case REST_PATH:
        err = read_path(r, stmt, ret_why);
        dmsc_rd_skip(r, r->n);
        return err;
    case REST_CHANGE:
        return read_change(r, stmt, ret_why);
    case REST_VALUE:
        stmt->data = trimmed(*r);
        dmsc_rd_skip(r, r->n);
        if (!check_expression(stmt->data, stmt->kind == DMSCI_SCRIPT_CASE, ret_why))
            return DMSC_E_MALFORMED;
        *ret_why = "a value is wanted";
        return stmt->data.n > 0 ? DMSC_OK : DMSC_E_MALFORMED;
    case REST_SAY:
        return read_say(r, stmt, ret_why);
    case REST_POWER:
        return read_power(r, stmt, ret_why);
    case REST_COUNT:
        *ret_why = "a number or a buffer is wanted";
        return dmsci_script_number(r, &stmt->count) ? DMSC_OK : DMSC_E_MALFORMED;
    case REST_ANY:
        dmsc_rd_skip(r, r->n);
        return DMSC_OK;
    case REST_NONE:
    default:
        return DMSC_OK;
    }
}

static enum dmsc_err read_directive(struct dmsc_rd *r, struct dmsci_script_stmt *stmt,
                                    const char **ret_why)
{
    struct dmsc_bytes word = take_word(r);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(directives); i++) {
        enum dmsc_err err;

        if (!same_word(word, directives[i].word))
            continue;
        stmt->kind = (enum dmsci_script_stmt_kind)directives[i].kind;
        stmt->warm = same_word(word, ".RESET");
        err = read_rest(r, (enum rest)directives[i].rest, stmt, ret_why);
        if (err != DMSC_OK)
            return err;
        dmsci_script_skip_space(r);
        *ret_why = "nothing more may follow";
        return r->n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
    }
    *ret_why = "dmsc knows no such directive";
    return DMSC_E_MALFORMED;
}

enum dmsc_err dmsci_script_stmt(struct dmsc_bytes line, struct dmsci_script_stmt *ret_stmt,
                                const char **ret_why)
{
    struct dmsci_script_stmt stmt = { .kind = DMSCI_SCRIPT_COMMAND };
    struct dmsc_rd r = dmsc_rd(trimmed(dmsc_rd(line)));
    enum dmsc_err err;

    if (r.n > 0 && r.p[0] == '*') {
        stmt.kind = DMSCI_SCRIPT_SAY;
        stmt.name = dmsc_bytes(r.p, r.n);
        err = DMSC_OK;
    } else if (r.n > 0 && r.p[0] == '.') {
        err = read_directive(&r, &stmt, ret_why);
    } else if (same_word(dmsc_bytes(r.p, r.n), "RESET")) {
        stmt.kind = DMSCI_SCRIPT_POWER_ON; /* as scriptor says it */
        stmt.warm = true;
        err = DMSC_OK;
    } else {
        err = read_exchange(&r, false, &stmt, ret_why);
        if (err == DMSC_OK && stmt.data.n == 0) {
            *ret_why = "there is no command on the line";
            err = DMSC_E_MALFORMED;
        }
    }
    if (err == DMSC_OK)
        *ret_stmt = stmt;
    return err;
}
