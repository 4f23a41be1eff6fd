/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc.conf: INI, read by inih. */
#include "apdu/base/ctx.h"
#include "host/uicc/cat/cat.h"
#include <dmsc/bridge.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 16

enum kind { TEXT, PATH, LIST_TEXT, LIST_PATH, CLOCK, MILLISECONDS };

/* Every key there is. docs/man/dmsc.conf.5 lists the same. */
static const struct key {
    const char *section, *name;
    enum kind kind;
    size_t offset, count_offset;
} keys[] = {
#define AT(field) offsetof(struct dmsc_config, field)
    { "store", "path", PATH, AT(store), 0 },
    { "device", "id", TEXT, AT(device_id), 0 },
    { "device", "manufacturer", TEXT, AT(manufacturer), 0 },
    { "device", "model", TEXT, AT(model), 0 },
    { "device", "language", TEXT, AT(language), 0 },
    { "device", "key", PATH, AT(device_key), 0 },
    { "device", "clock", CLOCK, AT(clock_untrusted), 0 },
    { "trust", "issuer_key", LIST_PATH, AT(issuer_keys), AT(issuer_key_count) },
    { "card", "pin_file", PATH, AT(pin_file), 0 },
    { "card", "adm1_file", PATH, AT(adm1_file), 0 },
    { "card", "link", TEXT, AT(link), 0 },
    { "net", "resolve", LIST_TEXT, AT(resolve), AT(resolve_count) },
    { "net", "timeout_ms", MILLISECONDS, AT(timeout_ms), 0 },
    { "usat", "connect", LIST_TEXT, AT(usat_connect), AT(usat_connect_count) },
    { "usat", "listen", LIST_TEXT, AT(usat_listen), AT(usat_listen_count) },
    { "usat", "dns", LIST_TEXT, AT(usat_dns), AT(usat_dns_count) },
    { "usat", "imei", TEXT, AT(usat_imei), 0 },
    { "app", "user", LIST_TEXT, AT(app_users), AT(app_user_count) },
    { "app", "environment", LIST_TEXT, AT(app_environments), AT(app_environment_count) },
    { "env", "name", LIST_TEXT, AT(environments), AT(environment_count) },
#undef AT
};

struct reading {
    struct dmsc_ctx *ctx;
    struct dmsc_config *config;
    const char *path;
    size_t folder_length; /* of path, with its slash; 0: the working folder */
    bool seen[DMSCI_ARRAY_LEN(keys)];
    char why[192]; /* of the first line that was refused */
    bool no_memory;
};

static void *field(struct dmsc_config *config, size_t offset)
{
    return (char *)config + offset;
}

static bool refuse(struct reading *r, const char *why, const char *what)
{
    if (r->why[0] == '\0')
        (void)snprintf(r->why, sizeof(r->why), "%s \"%.80s\"", why, what);
    return false;
}

/* A relative name of a file is meant relative to the configuration, not to where one stands. */
static char *copy_value(struct reading *r, const char *value, bool is_path)
{
    size_t folder = is_path && value[0] != '/' ? r->folder_length : 0;
    char *copy = dmsci_alloc(r->ctx, folder + strlen(value) + 1);

    if (copy == NULL) {
        r->no_memory = true;
        return NULL;
    }
    dmsci_copy(copy, r->path, folder);
    dmsci_copy(copy + folder, value, strlen(value));
    return copy;
}

static bool add_to_list(struct reading *r, const struct key *key, char *value)
{
    char ***list = field(r->config, key->offset);
    size_t *count = field(r->config, key->count_offset);
    char **grown;

    if (*count == LIST_MAX)
        return refuse(r, "too many values for", key->name);
    grown = dmsci_realloc(r->ctx, *list, (*count + 1) * sizeof(*grown));
    if (grown == NULL) {
        r->no_memory = true;
        return false;
    }
    grown[(*count)++] = value;
    *list = grown;
    return true;
}

static bool set_text(struct reading *r, const struct key *key, const char *value)
{
    bool is_path = key->kind == PATH || key->kind == LIST_PATH;
    bool is_list = key->kind == LIST_TEXT || key->kind == LIST_PATH;
    char *copy = copy_value(r, value, is_path);
    char **place;

    if (copy == NULL)
        return false;
    if (is_list) {
        if (add_to_list(r, key, copy))
            return true;
        dmsci_free(r->ctx, copy);
        return false;
    }
    place = field(r->config, key->offset);
    dmsci_free(r->ctx, *place);
    *place = copy;
    return true;
}

static bool set_clock(struct reading *r, const struct key *key, const char *value)
{
    bool untrusted = strcmp(value, "untrusted") == 0;

    if (!untrusted && strcmp(value, "trusted") != 0)
        return refuse(r, "clock is \"trusted\" or \"untrusted\", not", value);
    *(bool *)field(r->config, key->offset) = untrusted;
    return true;
}

static bool set_milliseconds(struct reading *r, const struct key *key, const char *value)
{
    char *end = NULL;
    unsigned long v = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || v == 0 || v > 3600000)
        return refuse(r, "timeout_ms is a number of 1 to 3600000, not", value);
    *(unsigned *)field(r->config, key->offset) = (unsigned)v;
    return true;
}

static bool set_usat(struct reading *r, const struct key *key, const char *value)
{
    const char *form = dmsci_cat_text_wrong(key->name, value);
    char why[96];

    if (form == NULL)
        return set_text(r, key, value);
    (void)snprintf(why, sizeof(why), "%s is %s, not", key->name, form);
    return refuse(r, why, value);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* "NAME:UID" */
static bool is_user(const char *value)
{
    size_t n = strspn(value, LETTERS ".");
    const char *uid = value + n + 1;

    return n >= 1 && n <= 64 && value[n] == ':' && *uid != '\0' && strlen(uid) <= 9 &&
           strspn(uid, "0123456789") == strlen(uid);
}

/* "NAME:ENVIRONMENT" */
static bool is_place(const char *value)
{
    size_t n = strspn(value, LETTERS "."), env = value[n] == ':' ? strlen(value + n + 1) : 0;

    return n >= 1 && n <= 64 && env >= 1 && env <= DMSC_ENV_NAME &&
           strspn(value + n + 1, LETTERS) == env;
}

/* "NAME" or "NAME:KIND" */
static bool is_environment(const char *value)
{
    size_t n = strspn(value, LETTERS);

    return n >= 1 && n <= DMSC_ENV_NAME &&
           (value[n] == '\0' ||
            (value[n] == ':' && strlen(value + n + 1) <= 64 && strchr(value + n + 1, ':') == NULL));
}

/* Keys whose values have a form of their own. */
static const struct form {
    const char *section, *name;
    bool (*is)(const char *value);
    const char *why;
} forms[] = {
    { "app", "user", is_user, "user is NAME:UID, not" },
    { "app", "environment", is_place, "environment is NAME:ENVIRONMENT, not" },
    { "env", "name", is_environment, "name is NAME or NAME:KIND, not" },
};

static bool set_formed(struct reading *r, const struct key *key, const char *value)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(forms); i++) {
        if (strcmp(forms[i].section, key->section) == 0 && strcmp(forms[i].name, key->name) == 0 &&
            !forms[i].is(value))
            return refuse(r, forms[i].why, value);
    }
    return set_text(r, key, value);
}

static bool set(struct reading *r, size_t i, const char *value)
{
    const struct key *key = &keys[i];
    bool is_list = key->kind == LIST_TEXT || key->kind == LIST_PATH;

    if (r->seen[i] && !is_list)
        return refuse(r, "given twice:", key->name);
    r->seen[i] = true;
    if (value[0] == '\0')
        return refuse(r, "no value for", key->name);
    if (key->kind == CLOCK)
        return set_clock(r, key, value);
    if (key->kind == MILLISECONDS)
        return set_milliseconds(r, key, value);
    return strcmp(key->section, "usat") == 0 ? set_usat(r, key, value) : set_formed(r, key, value);
}

/* Answers as inih wants it: 0 for a line that is refused. */
static int line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
            return set(r, i, value) ? 1 : 0;
    }
    return refuse(r, section[0] == '\0' ? "outside any section:" : "unknown key", name) ? 1 : 0;
}

static enum dmsc_err cannot_read(struct dmsc_ctx *ctx, const char *path, int code)
{
    (void)dmsci_fail(ctx, DMSC_E_CONFIG, "read the configuration");
    dmsci_where(ctx, "%s", path);
    dmsci_why(ctx, "config:file", "%s", strerror(code));
    dmsci_fail_code(ctx, code);
    return DMSC_E_CONFIG;
}

enum dmsc_err dmsc_config_load(struct dmsc_ctx *ctx, const char *path, struct dmsc_config *config)
{
    struct reading r = { .ctx = ctx, .config = config, .path = path };
    const char *slash = strrchr(path, '/');
    FILE *file = fopen(path, "re");
    int result, code;

    config->ctx = ctx;
    if (file == NULL)
        return cannot_read(ctx, path, errno);
    r.folder_length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    errno = 0;
    result = ini_parse_file(file, line, &r);
    /* Of a folder, or of a disk that fails, inih sees the end alone: half a configuration. */
    code = ferror(file) != 0 ? errno : 0;
    (void)fclose(file);
    if (code != 0)
        return cannot_read(ctx, path, code);
    if (r.no_memory || result < 0)
        return dmsci_fail(ctx, DMSC_E_NOMEM, "read the configuration");
    if (result == 0)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_CONFIG, "read the configuration");
    dmsci_where(ctx, "%s:%d", path, result);
    dmsci_why(ctx, "config:line", "%s",
              r.why[0] != '\0' ? r.why : "not a line of the form key = value");
    dmsci_hint(ctx, "man dmsc.conf lists every section and key");
    return DMSC_E_CONFIG;
}

void dmsc_config_cat(const struct dmsc_config *config, struct dmsc_cat_config *ret_cat)
{
    *ret_cat = (struct dmsc_cat_config){ .language = config->language,
                                         .imei = config->usat_imei,
                                         .connect = (const char *const *)config->usat_connect,
                                         .connect_count = config->usat_connect_count,
                                         .listen = (const char *const *)config->usat_listen,
                                         .listen_count = config->usat_listen_count,
                                         .dns = (const char *const *)config->usat_dns,
                                         .dns_count = config->usat_dns_count };
}

void dmsc_config_clear(struct dmsc_config *config)
{
    for (size_t i = 0; config->ctx != NULL && i < DMSCI_ARRAY_LEN(keys); i++) {
        const struct key *key = &keys[i];

        if (key->kind == TEXT || key->kind == PATH)
            dmsci_free(config->ctx, *(char **)field(config, key->offset));
        if (key->kind == LIST_TEXT || key->kind == LIST_PATH) {
            char **list = *(char ***)field(config, key->offset);

            for (size_t k = 0; k < *(size_t *)field(config, key->count_offset); k++)
                dmsci_free(config->ctx, list[k]);
            dmsci_free(config->ctx, list);
        }
    }
    *config = (struct dmsc_config)DMSC_CONFIG_INIT;
}
