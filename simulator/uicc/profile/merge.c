/* SPDX-License-Identifier: Apache-2.0 */
/* From files to one merged profile. */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BASES_MAX     4u
#define FILE_MAX      (48u << 20) /* every content byte as hex, and as much again */
#define PATH_TEXT_MAX 768u

static enum dmsc_err slurp(struct dmsc_ctx *ctx, const char *path, struct dmsc_buf *ret_text)
{
    FILE *f = fopen(path, "rbe");
    enum dmsc_err err = DMSC_OK;
    uint8_t *to;
    size_t n = 1;

    if (f == NULL)
        goto failed;
    while (err == DMSC_OK && n > 0) {
        err = dmsc_buf_reserve(ret_text, 4096, &to);
        if (err == DMSC_OK) {
            n = fread(to, 1, 4096, f);
            dmsc_buf_commit(ret_text, n);
        }
    }
    if (err == DMSC_OK && ferror(f))
        goto failed;
    (void)fclose(f);
    return err;
failed:
    (void)dmsci_fail(ctx, DMSC_E_IO, "read card profile %s", path);
    dmsci_fail_code(ctx, errno);
    dmsci_why(ctx, "profile:file", "%s", strerror(errno));
    dmsci_hint(ctx, "profiles to begin with are in card-scripts: usim.json, blank.json");
    if (f != NULL)
        (void)fclose(f);
    return DMSC_E_IO;
}

static enum dmsc_err parse(struct dmsc_ctx *ctx, struct dmsc_bytes text, const char *name,
                           json_t **ret_profile)
{
    const struct dmsci_sim_node top = { ctx, name, "", NULL };
    json_error_t error;
    json_t *profile = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);

    if (profile == NULL) {
        char where[48];

        (void)snprintf(where, sizeof(where), "line %d, column %d", error.line, error.column);
        return dmsci_sim_json_wrong(&top, where, "profile:json", "%s", error.text);
    }
    if (!json_is_object(profile)) {
        json_decref(profile);
        return dmsci_sim_json_wrong(&top, NULL, "profile:type", "an object is wanted");
    }
    *ret_profile = profile;
    return DMSC_OK;
}

static enum dmsc_err no_memory(struct dmsc_ctx *ctx, const char *name)
{
    return dmsci_fail(ctx, DMSC_E_NOMEM, "load card profile %s", name);
}

/* Each entry of "files" and "pins" remembers the file it came from, for the stories. */
static enum dmsc_err sign_entries(struct dmsc_ctx *ctx, json_t *profile, const char *part,
                                  const char *name)
{
    json_t *entries = json_object_get(profile, part);
    const char *key;
    json_t *entry;

    if (entries == NULL)
        return DMSC_OK;
    json_object_foreach(entries, key, entry)
    {
        const struct dmsci_sim_node node = { ctx, name, part, entries };

        if (json_is_null(entry))
            continue;
        if (!json_is_object(entry))
            return dmsci_sim_json_wrong(&node, key, "profile:type", "an object is wanted");
        if (json_object_get(entry, DMSCI_SIM_JSON_FROM) != NULL)
            return dmsci_sim_json_wrong(&node, key, "profile:key",
                                        "there is no key " DMSCI_SIM_JSON_FROM);
        if (json_object_set_new(entry, DMSCI_SIM_JSON_FROM, json_string(name)) != 0)
            return no_memory(ctx, name);
    }
    if (!json_is_object(entries)) {
        const struct dmsci_sim_node node = { ctx, name, part, entries };

        return dmsci_sim_json_wrong(&node, NULL, "profile:type", "an object is wanted");
    }
    return DMSC_OK;
}

static int merge_entries(json_t *base, json_t *more)
{
    const char *key;
    json_t *entry;
    int failed = 0;

    json_object_foreach(more, key, entry)
    {
        json_t *old = json_object_get(base, key);

        if (json_is_null(entry))
            (void)json_object_del(base, key);
        else if (old != NULL)
            failed |= json_object_update(old, entry);
        else
            failed |= json_object_set(base, key, entry);
    }
    return failed;
}

/* @p more over @p base, which becomes the result. */
static enum dmsc_err merge(struct dmsc_ctx *ctx, json_t *base, json_t *more, const char *name)
{
    const char *key;
    json_t *value;
    int failed = 0;

    json_object_foreach(more, key, value)
    {
        json_t *old = json_object_get(base, key);

        if (strcmp(key, "base") == 0)
            continue;
        if (old != NULL && (strcmp(key, "files") == 0 || strcmp(key, "pins") == 0))
            failed |= merge_entries(old, value);
        else
            failed |= json_object_set(base, key, value);
    }
    return failed != 0 ? no_memory(ctx, name) : DMSC_OK;
}

/* "base" is relative to the file that names it. */
static enum dmsc_err beside(const struct dmsci_sim_node *top, const char *key,
                            const char *directory, const char *name, char ret_path[PATH_TEXT_MAX])
{
    int n;

    if (directory == NULL)
        return dmsci_sim_json_wrong(top, key, "profile:base", "this profile cannot have a base");
    n = name[0] == '/' ? snprintf(ret_path, PATH_TEXT_MAX, "%s", name)
                       : snprintf(ret_path, PATH_TEXT_MAX, "%s/%s", directory, name);
    if (n < 0 || (size_t)n >= PATH_TEXT_MAX)
        return dmsci_sim_json_wrong(top, key, "profile:base", "the path is too long");
    return DMSC_OK;
}

static void directory_of(const char *path, char ret_directory[PATH_TEXT_MAX])
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        (void)snprintf(ret_directory, PATH_TEXT_MAX, ".");
    else
        (void)snprintf(ret_directory, PATH_TEXT_MAX, "%.*s", (int)(slash - path) + (slash == path),
                       path);
}

enum dmsc_err dmsci_sim_read_beside(const struct dmsci_sim_node *node, const char *key,
                                    const char *name, struct dmsc_buf *ret_bytes)
{
    char directory[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
    enum dmsc_err err;

    directory_of(node->file, directory);
    err = beside(node, key, directory, name, path);
    if (err == DMSC_OK)
        err = slurp(node->ctx, path, ret_bytes);
    if (err == DMSC_E_IO)
        err = dmsci_sim_json_wrong(node, key, "profile:file", "%.150s cannot be read", path);
    return err;
}

static enum dmsc_err load_one(struct dmsc_ctx *ctx, const char *path, json_t **ret_profile)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, FILE_MAX);
    err = slurp(ctx, path, &text);
    if (err == DMSC_OK)
        err = parse(ctx, dmsc_buf_bytes(&text), path, ret_profile);
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err sign(struct dmsc_ctx *ctx, json_t *profile, const char *name)
{
    enum dmsc_err err = sign_entries(ctx, profile, "files", name);

    return err == DMSC_OK ? sign_entries(ctx, profile, "pins", name) : err;
}

/* @p layers[0] is the outermost profile; each next one is the base of the one before. */
static enum dmsc_err collect(struct dmsc_ctx *ctx, const char *name, const char *directory,
                             json_t *layers[BASES_MAX + 1], unsigned *n)
{
    char path[PATH_TEXT_MAX], here[PATH_TEXT_MAX];
    enum dmsc_err err = sign(ctx, layers[0], name);

    while (err == DMSC_OK && json_object_get(layers[*n - 1], "base") != NULL) {
        const struct dmsci_sim_node top = { ctx, name, "", layers[*n - 1] };
        const char *base = "";

        err = dmsci_sim_json_text(&top, "base", &base);
        if (err == DMSC_OK && *n == BASES_MAX + 1)
            err = dmsci_sim_json_wrong(&top, "base", "profile:base", "more than %u bases in a row",
                                       BASES_MAX);
        if (err == DMSC_OK)
            err = beside(&top, "base", directory, base, path);
        if (err == DMSC_OK)
            err = load_one(ctx, path, &layers[*n]);
        if (err != DMSC_OK)
            break;
        (*n)++;
        name = path;
        directory_of(path, here);
        directory = here;
        err = sign(ctx, layers[*n - 1], name);
    }
    return err;
}

/* Takes @p profile. */
static enum dmsc_err flatten(struct dmsc_ctx *ctx, json_t *profile, const char *name,
                             const char *directory, json_t **ret_profile)
{
    json_t *layers[BASES_MAX + 1] = { profile };
    unsigned n = 1;
    enum dmsc_err err = collect(ctx, name, directory, layers, &n);

    for (unsigned i = n - 1; err == DMSC_OK && i-- > 0;)
        err = merge(ctx, layers[n - 1], layers[i], name);
    if (err == DMSC_OK) {
        (void)json_object_del(layers[n - 1], "base");
        *ret_profile = json_incref(layers[n - 1]);
    }
    for (unsigned i = 0; i < n; i++)
        json_decref(layers[i]);
    return err;
}

enum dmsc_err dmsci_sim_profile_read(struct dmsc_ctx *ctx, const char *path, json_t **ret_profile)
{
    char directory[PATH_TEXT_MAX];
    json_t *profile = NULL;
    enum dmsc_err err = load_one(ctx, path, &profile);

    if (err != DMSC_OK)
        return err;
    directory_of(path, directory);
    return flatten(ctx, profile, path, directory, ret_profile);
}

enum dmsc_err dmsci_sim_profile_parse(struct dmsc_ctx *ctx, struct dmsc_bytes json,
                                      const char *name, const char *directory, json_t **ret_profile)
{
    json_t *profile = NULL;
    enum dmsc_err err = parse(ctx, json, name, &profile);

    return err != DMSC_OK ? err : flatten(ctx, profile, name, directory, ret_profile);
}
