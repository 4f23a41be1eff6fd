/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/scenario_json.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <string.h>

struct server_json_place server_json_place(const struct server_json *j)
{
    return (struct server_json_place){ strlen(j->path) };
}

void server_json_return(struct server_json *j, struct server_json_place place)
{
    j->path[place.n] = '\0';
}

void server_json_key(struct server_json *j, const char *key)
{
    size_t n = strlen(j->path);

    (void)snprintf(j->path + n, sizeof(j->path) - n, "%s%s", n > 0 ? "." : "", key);
}

void server_json_index(struct server_json *j, size_t index)
{
    size_t n = strlen(j->path);

    (void)snprintf(j->path + n, sizeof(j->path) - n, "[%zu]", index);
}

enum dmsc_err server_json_fail(struct server_json *j, const char *key, const char *why)
{
    struct server_json_place place = server_json_place(j);

    if (key != NULL)
        server_json_key(j, key);
    (void)dmsci_fail(j->ctx, DMSC_E_MALFORMED, "read the scenario %s", j->file);
    dmsci_where(j->ctx, "%s", j->path[0] != '\0' ? j->path : "top level");
    dmsci_why(j->ctx, "scenario:value", "%s", why);
    server_json_return(j, place);
    return DMSC_E_MALFORMED;
}

enum dmsc_err server_json_object(struct server_json *j, const json_t *value)
{
    return json_is_object(value) ? DMSC_OK : server_json_fail(j, NULL, "an object is wanted");
}

enum dmsc_err server_json_keys(struct server_json *j, const json_t *object, const char *const *keys,
                               const char *also)
{
    const char *key;
    json_t *value;

    /* The macro wants a pointer that is not const, and changes nothing. */
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        bool known = also != NULL && strcmp(key, also) == 0;

        for (size_t i = 0; !known && keys[i] != NULL; i++)
            known = strcmp(key, keys[i]) == 0;
        if (!known)
            return server_json_fail(j, key, "nobody knows this key here");
    }
    return DMSC_OK;
}

enum dmsc_err server_json_string(struct server_json *j, const json_t *object, const char *key,
                                 bool mandatory, const char **ret_text)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        return mandatory ? server_json_fail(j, key, "it is missing") : DMSC_OK;
    if (!json_is_string(value))
        return server_json_fail(j, key, "a string is wanted");
    *ret_text = json_string_value(value);
    return DMSC_OK;
}
