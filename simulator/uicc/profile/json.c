/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/profile/json.h"
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsci_sim_json_wrong(const struct dmsci_sim_node *node, const char *key,
                                   const char *reason, const char *fmt, ...)
{
    char why[192];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)dmsci_fail(node->ctx, DMSC_E_MALFORMED, "load card profile %s", node->file);
    if (key == NULL)
        dmsci_where(node->ctx, "%s", node->where[0] != '\0' ? node->where : "the top");
    else
        dmsci_where(node->ctx, "%s%s%s", node->where, node->where[0] != '\0' ? "." : "", key);
    dmsci_why(node->ctx, reason, "%s", why);
    return DMSC_E_MALFORMED;
}

enum dmsc_err dmsci_sim_json_known(const struct dmsci_sim_node *node, const char *const *known)
{
    if (!json_is_object(node->object))
        return dmsci_sim_json_wrong(node, NULL, "profile:type", "an object is wanted");
    for (void *i = json_object_iter((json_t *)node->object); i != NULL;
         i = json_object_iter_next((json_t *)node->object, i)) {
        const char *key = json_object_iter_key(i);
        unsigned n = 0;

        while (known[n] != NULL && strcmp(known[n], key) != 0)
            n++;
        if (known[n] == NULL && strcmp(key, DMSCI_SIM_JSON_FROM) != 0)
            return dmsci_sim_json_wrong(node, key, "profile:key", "there is no such key");
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_json_text(const struct dmsci_sim_node *node, const char *key,
                                  const char **ret_text)
{
    const json_t *value = json_object_get(node->object, key);

    if (value == NULL)
        return DMSC_OK;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return dmsci_sim_json_wrong(node, key, "profile:type", "a text without NUL is wanted");
    *ret_text = json_string_value(value);
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_json_bool(const struct dmsci_sim_node *node, const char *key,
                                  bool *ret_value)
{
    const json_t *value = json_object_get(node->object, key);

    if (value == NULL)
        return DMSC_OK;
    if (!json_is_boolean(value))
        return dmsci_sim_json_wrong(node, key, "profile:type", "true or false is wanted");
    *ret_value = json_is_true(value);
    return DMSC_OK;
}

static enum dmsc_err number(const struct dmsci_sim_node *node, const char *key, const json_t *value,
                            unsigned least, unsigned most, unsigned *ret_value)
{
    if (!json_is_integer(value))
        return dmsci_sim_json_wrong(node, key, "profile:type", "a whole number is wanted");
    if (json_integer_value(value) < (json_int_t)least ||
        json_integer_value(value) > (json_int_t)most)
        return dmsci_sim_json_wrong(node, key, "profile:value", "%u to %u is possible", least,
                                    most);
    *ret_value = (unsigned)json_integer_value(value);
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_json_number(const struct dmsci_sim_node *node, const char *key,
                                    unsigned least, unsigned most, unsigned *ret_value)
{
    const json_t *value = json_object_get(node->object, key);

    return value == NULL ? DMSC_OK : number(node, key, value, least, most, ret_value);
}

enum dmsc_err dmsci_sim_json_hex(const struct dmsci_sim_node *node, const char *key, size_t least,
                                 size_t most, struct dmsc_buf *ret)
{
    const char *text = NULL;
    size_t before = ret->n;
    enum dmsc_err err = dmsci_sim_json_text(node, key, &text);

    if (err != DMSC_OK || text == NULL)
        return err;
    err = dmsc_hex_decode(text, ret);
    if (err == DMSC_E_MALFORMED)
        return dmsci_sim_json_wrong(node, key, "profile:hex", "pairs of hex digits are wanted");
    if (err != DMSC_OK)
        return err;
    if (ret->n - before < least || ret->n - before > most) {
        dmsc_buf_truncate(ret, before);
        return dmsci_sim_json_wrong(node, key, "profile:value", "%zu to %zu bytes are possible",
                                    least, most);
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_json_id(const struct dmsci_sim_node *node, const char *key,
                                const char *text, size_t digits, unsigned *ret_value)
{
    unsigned value = 0;

    if (strlen(text) != digits || strspn(text, "0123456789ABCDEF") != digits)
        return dmsci_sim_json_wrong(node, key, "profile:value",
                                    "%zu hex digits in capitals are wanted, not \"%.40s\"", digits,
                                    text);
    for (size_t i = 0; i < digits; i++)
        value = value << 4 | (unsigned)(text[i] <= '9' ? text[i] - '0' : text[i] - 'A' + 10);
    *ret_value = value;
    return DMSC_OK;
}

/* Where the next part of a content goes. */
struct target {
    const struct dmsci_sim_node *node;
    const char *what;
    uint8_t *p;
    size_t size, at;
};

static enum dmsc_err too_long(const struct target *t, size_t n)
{
    return dmsci_sim_json_wrong(t->node, t->what, "profile:content",
                                "%zu bytes at %zu do not fit into %zu", n, t->at, t->size);
}

static enum dmsc_err put(struct target *t, struct dmsc_bytes bytes)
{
    if (bytes.n > t->size - t->at)
        return too_long(t, bytes.n);
    dmsci_copy(t->p + t->at, bytes.p, bytes.n);
    t->at += bytes.n;
    return DMSC_OK;
}

static enum dmsc_err put_hex(struct target *t, const json_t *value)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, t->node->ctx, json_string_length(value) / 2);
    err = dmsc_hex_decode(json_string_value(value), &bytes);
    if (err == DMSC_E_MALFORMED || strlen(json_string_value(value)) != json_string_length(value))
        err =
            dmsci_sim_json_wrong(t->node, t->what, "profile:hex", "pairs of hex digits are wanted");
    if (err == DMSC_OK)
        err = put(t, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err put_fill(struct target *t, const json_t *object, const json_t *value)
{
    const json_t *count = json_object_get(object, "count");
    unsigned byte = 0, n = (unsigned)(t->size - t->at);
    enum dmsc_err err = dmsci_sim_json_id(t->node, t->what, json_string_value(value), 2, &byte);

    if (err == DMSC_OK && count != NULL)
        err = number(t->node, t->what, count, 0, (unsigned)(t->size - t->at), &n);
    for (unsigned i = 0; err == DMSC_OK && i < n; i++)
        t->p[t->at++] = (uint8_t)byte;
    return err;
}

static enum dmsc_err put_object(struct target *t, const json_t *object)
{
    static const char *const known[] = { "hex", "text", "fill", "at", "count", NULL };
    char where[256];
    const struct dmsci_sim_node part = { t->node->ctx, t->node->file, where, object };
    const json_t *hex = json_object_get(object, "hex");
    const json_t *text = json_object_get(object, "text");
    const json_t *fill = json_object_get(object, "fill");
    unsigned at = (unsigned)t->at;
    enum dmsc_err err;

    (void)snprintf(where, sizeof(where), "%s.%s", t->node->where, t->what);
    err = dmsci_sim_json_known(&part, known);
    if (err != DMSC_OK)
        return err;
    if ((hex != NULL) + (text != NULL) + (fill != NULL) != 1 ||
        !json_is_string(hex != NULL    ? hex
                        : text != NULL ? text
                                       : fill))
        return dmsci_sim_json_wrong(t->node, t->what, "profile:content",
                                    "one text of \"hex\", \"text\" and \"fill\" is wanted");
    if (fill == NULL && json_object_get(object, "count") != NULL)
        return dmsci_sim_json_wrong(t->node, t->what, "profile:content",
                                    "\"count\" is for \"fill\"");
    err = dmsci_sim_json_number(&part, "at", 0, (unsigned)t->size, &at);
    if (err != DMSC_OK)
        return err;
    t->at = at;
    if (fill != NULL)
        return put_fill(t, object, fill);
    return hex != NULL ? put_hex(t, hex)
                       : put(t, dmsc_bytes(json_string_value(text), json_string_length(text)));
}

static enum dmsc_err put_part(struct target *t, const json_t *part)
{
    if (json_is_string(part))
        return put_hex(t, part);
    if (json_is_object(part))
        return put_object(t, part);
    return dmsci_sim_json_wrong(t->node, t->what, "profile:type",
                                "hex digits or an object are wanted");
}

enum dmsc_err dmsci_sim_json_content(const struct dmsci_sim_node *node, const char *what,
                                     const json_t *content, uint8_t *to, size_t size)
{
    struct target t = { node, what, to, size, 0 };
    enum dmsc_err err = DMSC_OK;

    if (!json_is_array(content))
        return put_part(&t, content);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(content); i++)
        err = put_part(&t, json_array_get(content, i));
    return err;
}
