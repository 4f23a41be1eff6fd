/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/scenario.h"
#include "apdu/base/ctx.h"
#include "simulator/server/scenario_json.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_SIZE (1u << 20)
/* Without max_msg_size; what DM servers commonly say. */
#define MAX_MSG_SIZE       16384u
#define MAX_MSG_SIZE_LEAST 512u
#define MAX_MSG_SIZE_MOST  (1u << 20)
#define STEP_MAX           1000u
/* A Sequence in an Atomic, a command in it: deeper groups make no sense in DM. */
#define GROUP_DEPTH_MAX 2u

enum dmsc_err server_slurp(struct dmsc_ctx *ctx, const char *path, struct dmsc_buf *ret_content)
{
    enum dmsc_err err = DMSC_OK;
    uint8_t block[1024];
    FILE *file = fopen(path, "rb");
    size_t n = 0;

    if (file == NULL) {
        err = dmsci_fail(ctx, DMSC_E_IO, "read %s", path);
        dmsci_why(ctx, NULL, "%s", strerror(errno));
        return err;
    }
    while (err == DMSC_OK && (n = fread(block, 1, sizeof(block), file)) > 0)
        err = dmsc_buf_append(ret_content, dmsc_bytes(block, n));
    if (err == DMSC_OK && ferror(file) != 0)
        err = dmsci_fail(ctx, DMSC_E_IO, "read %s", path);
    (void)fclose(file);
    return err;
}

/* A path in the file is relative to the file. */
static enum dmsc_err beside(struct server_json *j, const char *path, char **ret_path)
{
    const char *slash = strrchr(j->file, '/');
    size_t n = path[0] == '/' || slash == NULL ? 0 : (size_t)(slash - j->file) + 1;
    char *joined = dmsci_alloc(j->ctx, n + strlen(path) + 1);

    if (joined == NULL)
        return DMSC_E_NOMEM;
    dmsci_copy(joined, j->file, n);
    dmsci_copy(joined + n, path, strlen(path));
    *ret_path = joined;
    return DMSC_OK;
}

static const struct {
    const char *key; /* also the command's name in lower case */
    enum dmsci_syncml_name kind;
} verbs[] = {
    { "add", DMSCI_N_Add },   { "alert", DMSCI_N_Alert },     { "atomic", DMSCI_N_Atomic },
    { "copy", DMSCI_N_Copy }, { "delete", DMSCI_N_Delete },   { "exec", DMSCI_N_Exec },
    { "get", DMSCI_N_Get },   { "replace", DMSCI_N_Replace }, { "sequence", DMSCI_N_Sequence },
};

/* Keys beside the verb that each command may have. */
static const char *const common_keys[] = { "expect", "comment", NULL };
static const char *const data_keys[] = { "expect", "comment", "data", "data_file",
                                         "format", "type",    NULL };
static const char *const get_keys[] = { "expect", "comment", "expect_data", NULL };
static const char *const copy_keys[] = { "expect", "comment", "from", NULL };
static const char *const alert_keys[] = { "expect", "comment", "items", NULL };

static const char *const *keys_of(enum dmsci_syncml_name kind)
{
    switch (kind) {
    case DMSCI_N_Add:
    case DMSCI_N_Replace:
    case DMSCI_N_Exec:
        return data_keys;
    case DMSCI_N_Get:
        return get_keys;
    case DMSCI_N_Copy:
        return copy_keys;
    case DMSCI_N_Alert:
        return alert_keys;
    default:
        return common_keys;
    }
}

static enum dmsc_err find_verb(struct server_json *j, const json_t *object, const char **ret_verb,
                               enum dmsci_syncml_name *ret_kind)
{
    const char *verb = NULL;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(verbs); i++) {
        if (json_object_get(object, verbs[i].key) == NULL)
            continue;
        if (verb != NULL)
            return server_json_fail(j, verbs[i].key, "a command is one verb, not also this one");
        verb = verbs[i].key;
        *ret_kind = verbs[i].kind;
    }
    if (verb == NULL)
        return server_json_fail(j, NULL,
                                "no verb: get, replace, add, delete, copy, exec, atomic, "
                                "sequence or alert");
    *ret_verb = verb;
    return DMSC_OK;
}

static enum dmsc_err take_status(struct server_json *j, const json_t *value,
                                 struct server_command *command)
{
    json_int_t status = json_integer_value(value);

    if (!json_is_integer(value) || status < 101 || status > 599)
        return server_json_fail(j, "expect", "a status is a number from 101 to 599");
    if (command->expect_count == SERVER_EXPECT_MAX)
        return server_json_fail(j, "expect", "too many statuses");
    command->expect[command->expect_count++] = (unsigned)status;
    return DMSC_OK;
}

/* A number, or an array of those that will do. Nothing said is 200. */
static enum dmsc_err take_expect(struct server_json *j, const json_t *object,
                                 struct server_command *command)
{
    const json_t *value = json_object_get(object, "expect");
    enum dmsc_err err = DMSC_OK;

    if (command->kind == DMSCI_N_Alert && command->alert == 1223)
        return value == NULL ? DMSC_OK
                             : server_json_fail(j, "expect", "nothing answers a session abort");
    if (value == NULL) {
        command->expect[command->expect_count++] = 200;
        return DMSC_OK;
    }
    if (!json_is_array(value))
        return take_status(j, value, command);
    if (json_array_size(value) == 0)
        return server_json_fail(j, "expect", "an empty array");
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(value); i++)
        err = take_status(j, json_array_get(value, i), command);
    return err;
}

static enum dmsc_err take_data(struct server_json *j, const json_t *object,
                               struct server_scenario *scenario, size_t index)
{
    struct server_command *command = &scenario->commands[index];
    const json_t *data = json_object_get(object, "data");
    const char *file = NULL;
    char *path = NULL;
    enum dmsc_err err = server_json_string(j, object, "data_file", false, &file);

    if (err != DMSC_OK)
        return err;
    if (data != NULL && file != NULL)
        return server_json_fail(j, "data_file", "either data or data_file");
    if (data != NULL && !json_is_string(data))
        return server_json_fail(j, "data", "a string is wanted");
    command->has_data = data != NULL || file != NULL;
    if (data != NULL)
        command->data = dmsc_bytes(json_string_value(data), json_string_length(data));
    if (file == NULL)
        return DMSC_OK;
    err = beside(j, file, &path);
    if (err == DMSC_OK)
        err = server_slurp(j->ctx, path, &scenario->files[index]);
    if (err == DMSC_OK)
        command->data = dmsc_buf_bytes(&scenario->files[index]);
    dmsci_free(j->ctx, path);
    return err;
}

static enum dmsc_err take_items(struct server_json *j, const json_t *object,
                                struct server_command *command)
{
    json_t *items = json_object_get(object, "items");

    if (items == NULL)
        return DMSC_OK;
    if (!json_is_array(items) || json_array_size(items) > SERVER_EXPECT_MAX)
        return server_json_fail(j, "items", "an array of at most 8 strings is wanted");
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (!json_is_string(json_array_get(items, i)))
            return server_json_fail(j, "items", "an array of strings is wanted");
    }
    command->items = items;
    return DMSC_OK;
}

/* What belongs to the verb itself: a URI, or the code of an alert. */
static enum dmsc_err take_verb(struct server_json *j, const json_t *object, const char *verb,
                               struct server_command *command)
{
    const json_t *value = json_object_get(object, verb);

    switch (command->kind) {
    case DMSCI_N_Atomic:
    case DMSCI_N_Sequence:
        return json_is_array(value) ? DMSC_OK : server_json_fail(j, verb, "an array is wanted");
    case DMSCI_N_Alert:
        if (!json_is_integer(value) || json_integer_value(value) < 1000 ||
            json_integer_value(value) > 9999)
            return server_json_fail(j, verb, "an alert code of four digits is wanted");
        command->alert = (unsigned)json_integer_value(value);
        return take_items(j, object, command);
    default:
        return server_json_string(j, object, verb, true, &command->uri);
    }
}

static enum dmsc_err take_command(struct server_json *j, const json_t *object,
                                  struct server_scenario *scenario, size_t parent,
                                  const json_t **ret_children)
{
    struct server_command *command;
    const json_t *expect_data = NULL;
    const char *verb = NULL;
    enum dmsci_syncml_name kind = DMSCI_N_UNKNOWN;
    enum dmsc_err err = server_json_object(j, object);

    if (err == DMSC_OK && scenario->command_count == SERVER_COMMAND_MAX)
        err = server_json_fail(j, NULL, "too many commands");
    if (err == DMSC_OK)
        err = find_verb(j, object, &verb, &kind);
    if (err == DMSC_OK)
        err = server_json_keys(j, object, keys_of(kind), verb);
    if (err != DMSC_OK)
        return err;
    command = &scenario->commands[scenario->command_count];
    *command = (struct server_command){ .kind = kind, .parent = parent };
    err = take_verb(j, object, verb, command);
    if (err == DMSC_OK)
        err = take_expect(j, object, command);
    if (err == DMSC_OK)
        err = server_json_string(j, object, "from", kind == DMSCI_N_Copy, &command->source);
    if (err == DMSC_OK)
        err = server_json_string(j, object, "format", false, &command->format);
    if (err == DMSC_OK)
        err = server_json_string(j, object, "type", false, &command->type);
    if (err == DMSC_OK)
        err = server_json_string(j, object, "expect_data", false, &command->expect_data);
    if (err == DMSC_OK)
        err = take_data(j, object, scenario, scenario->command_count);
    if (err != DMSC_OK)
        return err;
    expect_data = json_object_get(object, "expect_data");
    command->expect_data_n = expect_data != NULL ? json_string_length(expect_data) : 0;
    *ret_children =
        kind == DMSCI_N_Atomic || kind == DMSCI_N_Sequence ? json_object_get(object, verb) : NULL;
    scenario->command_count++;
    return DMSC_OK;
}

/* Commands in document order, children behind their group: a walk with a stack of its own. */
static enum dmsc_err take_commands(struct server_json *j, const json_t *array,
                                   struct server_scenario *scenario)
{
    struct {
        const json_t *array;
        size_t next;
        size_t parent;
        struct server_json_place place;
    } stack[GROUP_DEPTH_MAX + 1] = { { array, 0, SERVER_TOP, server_json_place(j) } };
    size_t depth = 0;
    enum dmsc_err err = DMSC_OK;

    for (;;) {
        const json_t *children = NULL;
        size_t i = stack[depth].next++;

        server_json_return(j, stack[depth].place);
        if (i >= json_array_size(stack[depth].array)) {
            if (depth == 0)
                return DMSC_OK;
            depth--;
            continue;
        }
        server_json_index(j, i);
        err = take_command(j, json_array_get(stack[depth].array, i), scenario, stack[depth].parent,
                           &children);
        if (err != DMSC_OK)
            return err;
        if (children == NULL)
            continue;
        if (depth == GROUP_DEPTH_MAX)
            return server_json_fail(j, NULL, "groups are nested too deep");
        server_json_key(j, scenario->commands[scenario->command_count - 1].kind == DMSCI_N_Atomic
                               ? "atomic"
                               : "sequence");
        depth++;
        stack[depth].array = children;
        stack[depth].next = 0;
        stack[depth].parent = scenario->command_count - 1;
        stack[depth].place = server_json_place(j);
    }
}

static enum dmsc_err take_step(struct server_json *j, const json_t *object,
                               struct server_scenario *scenario)
{
    static const char *const keys[] = { "commands", "comment", NULL };
    struct server_step *step = &scenario->steps[scenario->step_count];
    const json_t *commands;
    enum dmsc_err err = server_json_object(j, object);

    if (err == DMSC_OK)
        err = server_json_keys(j, object, keys, NULL);
    if (err != DMSC_OK)
        return err;
    commands = json_object_get(object, "commands");
    if (!json_is_array(commands) || json_array_size(commands) == 0)
        return server_json_fail(j, "commands",
                                "an array of commands is wanted: an empty package ends a session");
    step->first = scenario->command_count;
    server_json_key(j, "commands");
    err = take_commands(j, commands, scenario);
    if (err != DMSC_OK)
        return err;
    step->count = scenario->command_count - step->first;
    scenario->step_count++;
    return DMSC_OK;
}

static enum dmsc_err take_steps(struct server_json *j, struct server_scenario *scenario)
{
    const json_t *steps = json_object_get(scenario->json, "steps");
    struct server_json_place place = server_json_place(j);
    enum dmsc_err err = DMSC_OK;

    if (!json_is_array(steps) || json_array_size(steps) > STEP_MAX)
        return server_json_fail(j, "steps", "an array of at most 1000 steps is wanted");
    scenario->steps = dmsci_calloc(j->ctx, json_array_size(steps) + 1, sizeof(*scenario->steps));
    scenario->commands = dmsci_calloc(j->ctx, SERVER_COMMAND_MAX, sizeof(*scenario->commands));
    scenario->files = dmsci_calloc(j->ctx, SERVER_COMMAND_MAX, sizeof(*scenario->files));
    if (scenario->steps == NULL || scenario->commands == NULL || scenario->files == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; i < SERVER_COMMAND_MAX; i++)
        dmsc_buf_init(&scenario->files[i], j->ctx, FILE_SIZE);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(steps); i++) {
        server_json_return(j, place);
        server_json_key(j, "steps");
        server_json_index(j, i);
        err = take_step(j, json_array_get(steps, i), scenario);
    }
    server_json_return(j, place);
    return err;
}

static enum dmsc_err take_paths(struct server_json *j, struct server_scenario *scenario)
{
    const struct {
        const char *key;
        char **ret_path;
    } paths[] = {
        { "certificate", &scenario->certificate },
        { "key", &scenario->key },
        { "client_ca", &scenario->client_ca },
    };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(paths); i++) {
        const char *path = NULL;

        err = server_json_string(j, scenario->json, paths[i].key, true, &path);
        if (err == DMSC_OK)
            err = beside(j, path, paths[i].ret_path);
    }
    return err;
}

static enum dmsc_err take_server(struct server_json *j, struct server_scenario *scenario)
{
    static const char *const keys[] = { "comment",   "server_id", "certificate", "key",
                                        "client_ca", "listen",    "path",        "max_msg_size",
                                        "steps",     NULL };
    const json_t *size;
    enum dmsc_err err = server_json_object(j, scenario->json);

    if (err == DMSC_OK)
        err = server_json_keys(j, scenario->json, keys, NULL);
    if (err == DMSC_OK)
        err = server_json_string(j, scenario->json, "server_id", true, &scenario->server_id);
    if (err == DMSC_OK)
        err = server_json_string(j, scenario->json, "listen", false, &scenario->listen);
    if (err == DMSC_OK)
        err = server_json_string(j, scenario->json, "path", false, &scenario->path);
    if (err == DMSC_OK)
        err = take_paths(j, scenario);
    if (err != DMSC_OK)
        return err;
    if (scenario->listen == NULL)
        scenario->listen = "127.0.0.1:0";
    if (scenario->path == NULL)
        scenario->path = "/dm";
    if (scenario->path[0] != '/')
        return server_json_fail(j, "path", "it begins with a slash");
    size = json_object_get(scenario->json, "max_msg_size");
    scenario->max_msg_size = size == NULL ? MAX_MSG_SIZE : (size_t)json_integer_value(size);
    if ((size != NULL && !json_is_integer(size)) || scenario->max_msg_size < MAX_MSG_SIZE_LEAST ||
        scenario->max_msg_size > MAX_MSG_SIZE_MOST)
        return server_json_fail(j, "max_msg_size", "a number from 512 to 1048576 is wanted");
    return take_steps(j, scenario);
}

enum dmsc_err server_scenario_parse(struct dmsc_ctx *ctx, const char *file, struct dmsc_bytes text,
                                    struct server_scenario **ret_scenario)
{
    struct server_scenario *scenario = dmsci_alloc(ctx, sizeof(*scenario));
    struct server_json j = { .ctx = ctx, .file = file };
    json_error_t where;
    enum dmsc_err err;

    if (scenario == NULL)
        return DMSC_E_NOMEM;
    scenario->ctx = ctx;
    scenario->json =
        json_loadb(text.n > 0 ? (const char *)text.p : "", text.n, JSON_REJECT_DUPLICATES, &where);
    if (scenario->json == NULL) {
        err = dmsci_fail(ctx, DMSC_E_MALFORMED, "read the scenario %s", file);
        dmsci_where(ctx, "line %d, column %d", where.line, where.column);
        dmsci_why(ctx, "scenario:json", "%s", where.text);
    } else {
        err = take_server(&j, scenario);
    }
    if (err != DMSC_OK) {
        server_scenario_free(scenario);
        return err;
    }
    *ret_scenario = scenario;
    return DMSC_OK;
}

enum dmsc_err server_scenario_load(struct dmsc_ctx *ctx, const char *file,
                                   struct server_scenario **ret_scenario)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, FILE_SIZE);
    err = server_slurp(ctx, file, &text);
    if (err == DMSC_OK)
        err = server_scenario_parse(ctx, file, dmsc_buf_bytes(&text), ret_scenario);
    dmsc_buf_clear(&text);
    return err;
}

void server_scenario_free(struct server_scenario *scenario)
{
    if (scenario == NULL)
        return;
    for (size_t i = 0; scenario->files != NULL && i < SERVER_COMMAND_MAX; i++)
        dmsc_buf_clear(&scenario->files[i]);
    dmsci_free(scenario->ctx, scenario->files);
    dmsci_free(scenario->ctx, scenario->commands);
    dmsci_free(scenario->ctx, scenario->steps);
    dmsci_free(scenario->ctx, scenario->certificate);
    dmsci_free(scenario->ctx, scenario->key);
    dmsci_free(scenario->ctx, scenario->client_ca);
    json_decref(scenario->json);
    dmsci_free(scenario->ctx, scenario);
}
