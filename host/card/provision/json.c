/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/provision/json.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX 8u
#define PATH_SIZE 1024u

/* "$.authorities[0].scopes[1].rights": the places from here up are turned round. */
static void json_path(const struct dmsci_json *at, char *text, size_t size)
{
    const struct dmsci_json *chain[DEPTH_MAX];
    size_t depth = 0, used;

    for (; at != NULL && at->up != NULL && depth < DEPTH_MAX; at = at->up)
        chain[depth++] = at;
    (void)snprintf(text, size, "$");
    while (depth-- > 0) {
        used = strlen(text);
        if (chain[depth]->name != NULL)
            (void)snprintf(text + used, size - used, ".%s", chain[depth]->name);
        else
            (void)snprintf(text + used, size - used, "[%zu]", chain[depth]->index);
    }
}

enum dmsc_err dmsci_json_located(const struct dmsci_json *at, enum dmsc_err err)
{
    char path[120];

    json_path(at, path, sizeof(path));
    dmsci_where(at->file->ctx, "%s: %s", at->file->path, path);
    return err;
}

enum dmsc_err dmsci_json_wrong(const struct dmsci_json *at, const char *reason, const char *fmt,
                               ...)
{
    char why[160], name[48];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)snprintf(name, sizeof(name), "profile:%s", reason);
    (void)dmsci_fail(at->file->ctx, DMSC_E_CONFIG, "load the DM card profile");
    dmsci_why(at->file->ctx, name, "%s", why);
    return dmsci_json_located(at, DMSC_E_CONFIG);
}

struct dmsci_json dmsci_json_member(const struct dmsci_json *object, const char *name)
{
    return (struct dmsci_json){ object->file, object, name, 0,
                                json_object_get(object->value, name) };
}

struct dmsci_json dmsci_json_element(const struct dmsci_json *array, size_t index)
{
    return (struct dmsci_json){ array->file, array, NULL, index,
                                json_array_get(array->value, index) };
}

static bool listed(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

enum dmsc_err dmsci_json_object(const struct dmsci_json *at, const char *const *names)
{
    const char *name;
    json_t *value;

    if (!json_is_object(at->value))
        return dmsci_json_wrong(at, "type", "an object is wanted");
    json_object_foreach(at->value, name, value)
    {
        if (!listed(name, names))
            return dmsci_json_wrong(at, "unknown-member", "unknown member \"%.60s\"", name);
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_json_array(const struct dmsci_json *at, size_t max, size_t *ret_count)
{
    if (at->value == NULL) {
        *ret_count = 0;
        return DMSC_OK;
    }
    if (!json_is_array(at->value))
        return dmsci_json_wrong(at, "type", "an array is wanted");
    if (json_array_size(at->value) > max)
        return dmsci_json_wrong(at, "limit", "at most %zu elements", max);
    *ret_count = json_array_size(at->value);
    return DMSC_OK;
}

enum dmsc_err dmsci_json_text(const struct dmsci_json *at, size_t max, const char **ret_text)
{
    size_t n = json_string_length(at->value);

    if (at->value == NULL)
        return dmsci_json_wrong(at, "missing", "it is missing");
    if (!json_is_string(at->value))
        return dmsci_json_wrong(at, "type", "a text is wanted");
    if (n == 0 || n > max || strlen(json_string_value(at->value)) != n)
        return dmsci_json_wrong(at, "length", "a text of 1 to %zu bytes is wanted", max);
    *ret_text = json_string_value(at->value);
    return DMSC_OK;
}

enum dmsc_err dmsci_json_copy(const struct dmsci_json *at, size_t max, char **ret_text)
{
    const char *text = NULL;
    char *copy;
    enum dmsc_err err = dmsci_json_text(at, max, &text);

    if (err != DMSC_OK)
        return err;
    copy = dmsci_strdup(at->file->ctx, text);
    if (copy == NULL)
        return DMSC_E_NOMEM;
    *ret_text = copy;
    return DMSC_OK;
}

enum dmsc_err dmsci_json_number(const struct dmsci_json *at, uint32_t min, uint32_t max,
                                uint32_t *ret_number)
{
    json_int_t number = json_integer_value(at->value);

    if (at->value == NULL)
        return dmsci_json_wrong(at, "missing", "it is missing");
    if (!json_is_integer(at->value))
        return dmsci_json_wrong(at, "type", "a whole number is wanted");
    if (number < (json_int_t)min || number > (json_int_t)max)
        return dmsci_json_wrong(at, "range", "%lu to %lu are possible", (unsigned long)min,
                                (unsigned long)max);
    *ret_number = (uint32_t)number;
    return DMSC_OK;
}

enum dmsc_err dmsci_json_flag(const struct dmsci_json *at, bool *ret_flag)
{
    if (at->value == NULL)
        return DMSC_OK;
    if (!json_is_boolean(at->value))
        return dmsci_json_wrong(at, "type", "true or false is wanted");
    *ret_flag = json_is_true(at->value);
    return DMSC_OK;
}

static bool parse_time(const char *text, struct tm *ret_tm)
{
    int used = 0;
    int read =
        sscanf(text, "%4d-%2d-%2d%n", &ret_tm->tm_year, &ret_tm->tm_mon, &ret_tm->tm_mday, &used);

    if (read != 3 || used != 10)
        return false;
    if (text[10] != '\0') {
        int more = 0;

        read = sscanf(text + 10, "T%2d:%2d:%2dZ%n", &ret_tm->tm_hour, &ret_tm->tm_min,
                      &ret_tm->tm_sec, &more);
        if (read != 3 || more != 10 || text[20] != '\0')
            return false;
    }
    ret_tm->tm_year -= 1900;
    ret_tm->tm_mon -= 1;
    return true;
}

enum dmsc_err dmsci_json_time(const struct dmsci_json *at, uint32_t *ret_seconds)
{
    struct tm tm = { 0 }, same;
    const char *text = NULL;
    time_t seconds;
    enum dmsc_err err;

    if (at->value == NULL || json_is_null(at->value))
        return DMSC_OK;
    err = dmsci_json_text(at, 20, &text);
    if (err != DMSC_OK)
        return err;
    if (!parse_time(text, &tm))
        return dmsci_json_wrong(at, "time", "2026-01-31 or 2026-01-31T12:00:00Z is wanted");
    same = tm;
    seconds = timegm(&same);
    /* timegm() takes the 31st of June for the 1st of July: what comes out must be what went in. */
    if (same.tm_mday != tm.tm_mday || same.tm_mon != tm.tm_mon || same.tm_hour != tm.tm_hour ||
        same.tm_min != tm.tm_min || same.tm_sec != tm.tm_sec || seconds < 1 ||
        (int64_t)seconds >= (int64_t)UINT32_MAX)
        return dmsci_json_wrong(at, "time", "no such time between 1970 and 2106");
    *ret_seconds = (uint32_t)seconds;
    return DMSC_OK;
}

enum dmsc_err dmsci_json_hex(const struct dmsci_json *at, struct dmsc_buf *ret_bytes)
{
    const char *text = NULL;
    enum dmsc_err err = dmsci_json_text(at, 2 * ret_bytes->ceiling, &text);

    if (err != DMSC_OK)
        return err;
    err = dmsc_hex_decode(text, ret_bytes);
    return err == DMSC_E_MALFORMED ? dmsci_json_wrong(at, "hex", "hex digits are wanted") : err;
}

enum dmsc_err dmsci_json_slurp(struct dmsc_ctx *ctx, const char *path, size_t max,
                               struct dmsc_buf *ret_content)
{
    FILE *f = fopen(path, "rbe");
    struct dmsc_buf content;
    enum dmsc_err err = DMSC_OK;
    uint8_t *to;
    size_t n = 1;

    dmsc_buf_init(&content, ctx, max);
    if (f == NULL) {
        err = dmsci_fail(ctx, DMSC_E_IO, "read %s", path);
        dmsci_fail_code(ctx, errno);
        dmsci_why(ctx, "profile:file", "%s", strerror(errno));
        return err;
    }
    (void)setvbuf(f, NULL, _IONBF, 0); /* a private key leaves no copy in stdio's buffer */
    while (err == DMSC_OK && n > 0) {
        size_t room = max - content.n < 4096 ? max - content.n : 4096;

        if (room == 0) {
            if (fgetc(f) != EOF)
                err = dmsci_fail(ctx, DMSC_E_LIMIT, "read %s: more than %zu bytes", path, max);
            break;
        }
        err = dmsc_buf_reserve(&content, room, &to);
        if (err == DMSC_OK) {
            n = fread(to, 1, room, f);
            dmsc_buf_commit(&content, n);
        }
    }
    if (err == DMSC_OK && ferror(f))
        err = dmsci_fail(ctx, DMSC_E_IO, "read %s", path);
    (void)fclose(f);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_content, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&content);
    return err;
}

enum dmsc_err dmsci_json_file(const struct dmsci_json *at, size_t max, struct dmsc_buf *ret_content)
{
    const char *slash = strrchr(at->file->path, '/');
    const char *text = NULL;
    char path[PATH_SIZE];
    int folder = slash == NULL ? 0 : (int)(slash - at->file->path) + 1;
    int n;
    enum dmsc_err err = dmsci_json_text(at, PATH_SIZE - 1, &text);

    if (err != DMSC_OK)
        return err;
    if (text[0] == '/')
        folder = 0;
    n = snprintf(path, sizeof(path), "%.*s%s", folder, at->file->path, text);
    if (n < 0 || (size_t)n >= sizeof(path))
        return dmsci_json_wrong(at, "length", "the path of the file is too long");
    err = dmsci_json_slurp(at->file->ctx, path, max, ret_content);
    return err == DMSC_OK ? DMSC_OK : dmsci_json_located(at, err);
}

enum dmsc_err dmsci_json_name(const struct dmsci_json *at, const char *const *table, size_t count,
                              size_t *ret_index)
{
    const char *text = NULL;
    enum dmsc_err err = dmsci_json_text(at, 64, &text);

    for (size_t i = 0; err == DMSC_OK && i < count; i++) {
        if (strcmp(table[i], text) == 0) {
            *ret_index = i;
            return DMSC_OK;
        }
    }
    return err != DMSC_OK ? err : dmsci_json_wrong(at, "name", "\"%.40s\" is not known here", text);
}
