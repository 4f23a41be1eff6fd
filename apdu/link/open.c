/* SPDX-License-Identifier: Apache-2.0 */
/* "--link SPEC": NAME:ARGUMENT of a driver, in front of it the wrappers, outermost first. */
#include "apdu/link/private.h"
#include <string.h>

/* More than anybody needs; the stories name it. */
#define WRAPPERS_MAX 8

struct part {
    const struct dmsci_link_wrapper *wrapper;
    const char *options;
    size_t options_n;
};

static bool is_name(const char *name, const char *spec, size_t n)
{
    return strlen(name) == n && strncmp(name, spec, n) == 0;
}

static const struct dmsc_link_driver *find(const struct dmsc_link_driver *const *drivers,
                                           const char *spec, size_t n)
{
    for (; drivers != NULL && *drivers != NULL; drivers++) {
        if (is_name((*drivers)->name, spec, n))
            return *drivers;
    }
    return NULL;
}

static const struct dmsci_link_wrapper *find_wrapper(const char *spec, size_t n)
{
    for (size_t i = 0; dmsci_link_wrappers[i] != NULL; i++) {
        if (is_name(dmsci_link_wrappers[i]->name, spec, n))
            return dmsci_link_wrappers[i];
    }
    return NULL;
}

static enum dmsc_err unknown(struct dmsc_ctx *ctx, const char *spec,
                             const struct dmsc_link_driver *const *more)
{
    const struct dmsc_link_driver *const *lists[] = { dmsci_link_drivers, more };
    struct dmsc_buf names;

    dmsc_buf_init(&names, ctx, 256);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(lists); i++) {
        for (size_t k = 0; lists[i] != NULL && lists[i][k] != NULL; k++) {
            if (dmsci_buf_printf(&names, "%s%s:%s", names.n > 0 ? ", " : "", lists[i][k]->name,
                                 lists[i][k]->argument) != DMSC_OK)
                break;
        }
    }
    for (size_t i = 0; dmsci_link_wrappers[i] != NULL; i++) {
        if (dmsci_buf_printf(&names, ", %s:%s", dmsci_link_wrappers[i]->name,
                             dmsci_link_wrappers[i]->argument) != DMSC_OK)
            break;
    }
    (void)dmsci_fail(ctx, DMSC_E_ARG, "open the link \"%s\"", spec);
    dmsci_why(ctx, "link:unknown", "there is no such way to a card");
    dmsci_hint(ctx, "use one of: %s", dmsc_buf_str(&names));
    dmsc_buf_clear(&names);
    return DMSC_E_ARG;
}

/* Cut the wrappers off the front. @return where the driver's name begins; NULL: too many */
static const char *take_wrappers(const char *spec, struct part *parts, size_t *ret_n)
{
    *ret_n = 0;
    for (;;) {
        size_t n = strcspn(spec, ":"), options;
        const struct dmsci_link_wrapper *wrapper = find_wrapper(spec, n);

        if (wrapper == NULL || spec[n] == '\0')
            return spec;
        if (*ret_n == WRAPPERS_MAX)
            return NULL;
        spec += n + 1;
        options = strcspn(spec, ":");
        if (!wrapper->options && memchr(spec, '=', options) == NULL)
            options = 0;
        parts[(*ret_n)++] = (struct part){ wrapper, spec, options };
        spec += options;
        if (options > 0 && *spec == ':')
            spec++;
    }
}

/* Takes @p inner on success. */
static enum dmsc_err wrap(struct dmsc_ctx *ctx, const struct part *part, struct dmsc_link *inner,
                          struct dmsc_link **ret_link)
{
    char *options = dmsci_strndup(ctx, part->options, part->options_n);
    enum dmsc_err err;

    if (options == NULL)
        return DMSC_E_NOMEM;
    err = part->wrapper->wrap(ctx, options, inner, ret_link);
    dmsci_free(ctx, options);
    return err;
}

enum dmsc_err dmsc_link_open(struct dmsc_ctx *ctx, const char *spec,
                             const struct dmsc_link_driver *const *more,
                             struct dmsc_link **ret_link)
{
    struct part parts[WRAPPERS_MAX];
    size_t wrappers, name_n;
    const char *inner = take_wrappers(spec, parts, &wrappers);
    const struct dmsc_link_driver *driver;
    struct dmsc_link *link = NULL;
    enum dmsc_err err;

    if (inner == NULL)
        return dmsci_fail(ctx, DMSC_E_ARG, "open a link with more than %d wrappers", WRAPPERS_MAX);
    name_n = strcspn(inner, ":");
    driver = find(dmsci_link_drivers, inner, name_n);
    if (driver == NULL)
        driver = find(more, inner, name_n);
    if (driver == NULL)
        return unknown(ctx, inner, more);
    err = driver->open(ctx, inner[name_n] == ':' ? inner + name_n + 1 : "", &link);
    while (err == DMSC_OK && wrappers > 0) {
        err = wrap(ctx, &parts[wrappers - 1], link, &link);
        wrappers--;
    }
    if (err != DMSC_OK) {
        dmsc_link_free(link);
        return err;
    }
    *ret_link = link;
    return DMSC_OK;
}
