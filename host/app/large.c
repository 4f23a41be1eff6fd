/* SPDX-License-Identifier: Apache-2.0 */
/* Values in pieces. Each call says all of what it is about: nothing is held between two. */
#include "host/app/private.h"
#include <dmsc/large.h>

enum dmsc_err dmsc_app_get_part(struct dmsc_app *app, const char *uri, uint64_t at, size_t n,
                                struct dmsc_now now, struct dmsc_buf *ret_octets)
{
    enum dmsc_err err = dmsci_app_may(app, DMSC_RIGHT_GET, uri, NULL, now);

    if (err == DMSC_OK)
        err = dmsci_app_refresh(app, uri, now);
    return err != DMSC_OK ? err : dmsc_tree_value_part(app->apps->tree, uri, at, n, ret_octets);
}

/* Replace where the leaf is, else Add. @p begin: also one that is not there yet */
static enum dmsc_err open_transfer(struct dmsc_app *app, const char *uri,
                                   const struct dmsc_app_content *content, bool begin,
                                   struct dmsc_now now, struct dmsc_large **ret_large)
{
    const struct dmsc_large_spec spec = {
        .uri = uri, .actor = app->subject, .tag = content->tag, .size = content->size
    };
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(app->apps->tree, uri, &there);

    if (err == DMSC_OK)
        err = dmsci_app_may(app, there ? DMSC_RIGHT_REPLACE : DMSC_RIGHT_ADD, uri,
                            there ? NULL : "", now);
    if (err != DMSC_OK)
        return err;
    return begin ? dmsc_large_open(app->apps->tree, &spec, now.seconds, ret_large)
                 : dmsc_large_find(app->apps->tree, &spec, ret_large);
}

enum dmsc_err dmsc_app_put_part(struct dmsc_app *app, const char *uri,
                                const struct dmsc_app_content *content, uint64_t at,
                                struct dmsc_bytes octets, struct dmsc_now now, uint64_t *ret_have)
{
    struct dmsc_large *large = NULL;
    enum dmsc_err err = open_transfer(app, uri, content, true, now, &large);

    if (err != DMSC_OK)
        return err;
    if (at == dmsc_large_have(large) && octets.n > 0)
        err = dmsc_large_append(large, octets, now.seconds);
    *ret_have = dmsc_large_have(large);
    dmsc_large_close(large);
    return err;
}

static enum dmsc_err put(struct dmsc_app *app, const char *uri, struct dmsc_large *large,
                         const enum dmsc_format *format, const char *type, struct dmsc_now now)
{
    enum dmsc_err err = dmsc_tree_begin(app->apps->tree, app->subject, now.seconds);

    if (err != DMSC_OK)
        return err;
    err = dmsc_large_put(large, format, type);
    return dmsci_app_end(app, err == DMSC_OK ? dmsci_app_wrote(app, uri, now) : err);
}

enum dmsc_err dmsc_app_put_end(struct dmsc_app *app, const char *uri,
                               const struct dmsc_app_content *content,
                               const enum dmsc_format *format, const char *type,
                               struct dmsc_now now)
{
    struct dmsc_large *large = NULL;
    enum dmsc_err err = open_transfer(app, uri, content, false, now, &large);

    if (err == DMSC_OK)
        err = put(app, uri, large, format, type, now);
    dmsc_large_close(large);
    return err;
}
