/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application that brings a Management Object and follows what others do to it.
 *
 *     cc thermostat.c $(pkg-config --cflags --libs dmsc) -o thermostat
 *     ./thermostat state.db 21
 *
 * It registers ./App/Thermostat with a value that it measures and one that others may set, sets the
 * latter to its second argument, and prints what it heard.
 */
#include <dmsc/app.h>
#include <dmsc/ctx.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OBJECT "./App/Thermostat"
#define MOID   "urn:x-example:mo:thermostat:1.0"

struct thermostat {
    int measured;
    char wanted[8];
};

static enum dmsc_err measure(void *user, const char *path, struct dmsc_buf *ret_value)
{
    struct thermostat *t = user;
    char text[16];

    if (strcmp(path, "Measured") != 0)
        return DMSC_E_NOTFOUND; /* what is stored counts */
    (void)snprintf(text, sizeof(text), "%d", t->measured);
    return dmsc_buf_append_str(ret_value, text);
}

static enum dmsc_err take(void *user, const char *path, struct dmsc_bytes value)
{
    struct thermostat *t = user;

    if (strcmp(path, "Wanted") != 0)
        return DMSC_OK;
    if (value.n >= sizeof(t->wanted))
        return DMSC_E_ARG; /* refused: the server gets an error, the tree stays as it is */
    (void)snprintf(t->wanted, sizeof(t->wanted), "%.*s", (int)value.n, (const char *)value.p);
    return DMSC_OK;
}

static const struct dmsc_mo_ops ops = { .get = measure, .set = take };

static struct dmsc_now now(void)
{
    return (struct dmsc_now){ (int64_t)time(NULL), true };
}

/* The nodes, if they are not there yet. */
static enum dmsc_err make_nodes(struct dmsc_app *app)
{
    static const char *const leaves[] = { OBJECT "/Measured", OBJECT "/Wanted" };
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT;
    enum dmsc_err err = DMSC_OK;

    leaf.format = DMSC_FORMAT_INT;
    leaf.value = dmsc_bytes_str("0");
    for (int i = 0; i < 2 && (err == DMSC_OK || err == DMSC_E_EXISTS); i++)
        err = dmsc_app_add(app, leaves[i], &leaf, now());
    return err == DMSC_E_EXISTS ? DMSC_OK : err;
}

static enum dmsc_err work(struct dmsc_app *app, struct dmsc_ctx *ctx, const char *wanted)
{
    struct thermostat thermostat = { .measured = 19 };
    struct dmsc_app_event event;
    struct dmsc_buf value;
    unsigned watch = 0;
    bool there = true;
    enum dmsc_err err = dmsc_app_register(app, OBJECT, MOID, &ops, &thermostat, now());

    dmsc_buf_init(&value, ctx, 64);
    if (err == DMSC_OK)
        err = make_nodes(app);
    if (err == DMSC_OK)
        err = dmsc_app_watch(app, OBJECT, false, now(), &watch);
    if (err == DMSC_OK)
        err = dmsc_app_set(app, OBJECT "/Wanted", dmsc_bytes_str(wanted), now());
    if (err == DMSC_OK)
        err = dmsc_app_get(app, OBJECT "/Measured", now(), &value);
    if (err == DMSC_OK)
        (void)printf("measured %s, wanted %s\n", dmsc_buf_str(&value), thermostat.wanted);
    while (err == DMSC_OK) {
        err = dmsc_app_next(app, watch, now(), &event, &there);
        if (err != DMSC_OK || !there)
            break;
        (void)printf("%s %s by %s\n", event.what, event.uri, event.actor);
    }
    dmsc_buf_clear(&value);
    dmsc_app_close(app); /* before what stands behind the object goes */
    return err;
}

static enum dmsc_err run(struct dmsc_ctx *ctx, const char *path, const char *wanted)
{
    struct dmsc_store *store = NULL;
    struct dmsc_tree *tree = NULL;
    struct dmsc_authority *authority = NULL;
    struct dmsc_apps *apps = NULL;
    struct dmsc_app *app = NULL;
    enum dmsc_err err = dmsc_store_open(ctx, path, &store);

    if (err == DMSC_OK)
        err = dmsc_tree_open(ctx, store, NULL, &tree);
    if (err == DMSC_OK)
        err = dmsc_authority_new(ctx, tree, &authority);
    if (err == DMSC_OK)
        err = dmsc_apps_new(ctx, tree, authority, &apps);
    /* The device says which user may be which application. */
    if (err == DMSC_OK)
        err = dmsc_apps_admit_uid(apps, "thermostat", (uint32_t)getuid());
    if (err == DMSC_OK)
        err = dmsc_app_open(apps, "thermostat", (uint32_t)getuid(), &app);
    if (err == DMSC_OK)
        err = work(app, ctx, wanted);
    dmsc_apps_free(apps);
    dmsc_authority_free(authority);
    dmsc_tree_close(tree);
    dmsc_store_close(store);
    return err;
}

int main(int argc, char **argv)
{
    struct dmsc_ctx *ctx = NULL;
    enum dmsc_err err;

    if (argc != 3) {
        (void)fprintf(stderr, "Usage: %s STORE WANTED\n", argv[0]);
        return 2;
    }
    err = dmsc_ctx_new(NULL, &ctx);
    if (err == DMSC_OK)
        err = run(ctx, argv[1], argv[2]);
    if (err != DMSC_OK && ctx != NULL) {
        const struct dmsc_diag *story = dmsc_diag_get(ctx);

        (void)fprintf(stderr, "%s: cannot %s: %s\n", argv[0], story->what, story->why);
    }
    dmsc_ctx_free(ctx);
    return err == DMSC_OK ? 0 : 1;
}
