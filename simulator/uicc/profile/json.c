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

enum dmsc_err dmsci_sim_json_whole(const struct dmsci_sim_node *node, const char *key,
                                   const json_t *value, unsigned least, unsigned most,
                                   unsigned *ret_value)
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

    return value == NULL ? DMSC_OK : dmsci_sim_json_whole(node, key, value, least, most, ret_value);
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
