/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following changes: a watch is a place in the store's record of committed changes, so nothing is
 * queued, nothing is lost while nobody looks, and each change is told once.
 */
#include "host/app/private.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dmsc_err newest_change(struct dmsc_app *app, int64_t *ret_id)
{
    return dmsci_change_newest(app->apps->tree->store, ret_id);
}

/* Where a lasting watch stopped: a named value, "watch/SUBJECT/URI", in decimal. */
static enum dmsc_err key_of(struct dmsc_app *app, const char *uri, struct dmsc_buf *ret_key)
{
    dmsc_buf_init(ret_key, app->apps->ctx, SIZE_MAX / 2);
    return dmsci_buf_printf(ret_key, "watch/%s/%s", app->subject, uri);
}

static enum dmsc_err recall(struct dmsc_app *app, struct dmsci_watch *w)
{
    struct dmsc_buf key, value;
    enum dmsc_err err = key_of(app, w->uri, &key);

    dmsc_buf_init(&value, app->apps->ctx, 32);
    if (err == DMSC_OK)
        err = dmsc_store_get(app->apps->tree->store, dmsc_buf_str(&key), &value);
    if (err == DMSC_OK)
        w->seen = strtoll(dmsc_buf_str(&value), NULL, 10);
    dmsc_buf_clear(&key);
    dmsc_buf_clear(&value);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

/* @param there false: it is forgotten */
static enum dmsc_err remember(struct dmsc_app *app, const struct dmsci_watch *w, bool there)
{
    struct dmsc_store *store = app->apps->tree->store;
    struct dmsc_buf key;
    char text[24];
    enum dmsc_err err = key_of(app, w->uri, &key);

    (void)snprintf(text, sizeof(text), "%lld", (long long)w->seen);
    if (err == DMSC_OK)
        err = dmsc_store_begin(store);
    if (err == DMSC_OK) {
        err = there ? dmsc_store_put(store, dmsc_buf_str(&key), dmsc_bytes_str(text))
                    : dmsc_store_delete(store, dmsc_buf_str(&key));
        if (err == DMSC_OK)
            err = dmsc_store_commit(store);
        else
            dmsc_store_rollback(store);
    }
    dmsc_buf_clear(&key);
    return err;
}

static unsigned most(const struct dmsc_app *app)
{
    return dmsc_ctx_limits(app->apps->ctx)->app_watches;
}

static void drop(struct dmsc_app *app, struct dmsci_watch *w)
{
    dmsci_free(app->apps->ctx, w->uri);
    *w = (struct dmsci_watch){ 0 };
}

void dmsci_app_unwatch_all(struct dmsc_app *app)
{
    for (size_t i = 0; i < most(app); i++) {
        struct dmsci_watch *w = &app->watches[i];

        if (w->uri != NULL && w->lasting && remember(app, w, true) != DMSC_OK)
            dmsci_log(app->apps->ctx, DMSC_LOG_WARN, "app", "%s: where its watch stopped is lost",
                      app->subject);
        drop(app, w);
    }
}

enum dmsc_err dmsc_app_watch(struct dmsc_app *app, const char *uri, bool lasting,
                             struct dmsc_now now, unsigned *ret_watch)
{
    struct dmsci_watch *w = NULL;
    unsigned number = 0;
    bool there = false;
    enum dmsc_err err = dmsci_app_may(app, DMSC_RIGHT_GET, uri, NULL, now);

    if (err == DMSC_OK)
        err = dmsc_tree_has(app->apps->tree, uri, &there);
    if (err == DMSC_OK && !there)
        err = dmsci_app_refuse(app->apps->ctx, DMSC_E_NOTFOUND, "watch a node", uri, "node:missing",
                               "there is no such node");
    if (err != DMSC_OK)
        return err;
    while (number < most(app) && app->watches[number].uri != NULL)
        number++;
    if (number == most(app))
        return dmsci_app_refuse(app->apps->ctx, DMSC_E_LIMIT, "watch a node", uri, "app:watches",
                                "it has as many as it may have");
    w = &app->watches[number];
    w->uri = dmsci_strdup(app->apps->ctx, uri);
    if (w->uri == NULL)
        return DMSC_E_NOMEM;
    w->lasting = lasting;
    err = newest_change(app, &w->seen);
    if (err == DMSC_OK && lasting)
        err = recall(app, w);
    if (err == DMSC_OK && lasting)
        err = remember(app, w, true);
    if (err != DMSC_OK) {
        drop(app, w);
        return err;
    }
    *ret_watch = number;
    return DMSC_OK;
}

static struct dmsci_watch *watch_of(struct dmsc_app *app, unsigned watch)
{
    return watch < most(app) && app->watches[watch].uri != NULL ? &app->watches[watch] : NULL;
}

enum dmsc_err dmsc_app_unwatch(struct dmsc_app *app, unsigned watch)
{
    struct dmsci_watch *w = watch_of(app, watch);
    enum dmsc_err err = DMSC_OK;

    if (w == NULL)
        return dmsci_app_refuse(app->apps->ctx, DMSC_E_ARG, "end a watch", app->subject,
                                "app:no-watch", "there is none of this number");
    if (w->lasting)
        err = remember(app, w, false);
    if (err == DMSC_OK)
        drop(app, w);
    return err;
}

/* A line of a change: "replace ./A/B". */
struct line {
    size_t verb_n;
    const char *uri;
    size_t uri_n;
    size_t next; /* offset of the line behind */
};

static bool read_line(const char *text, size_t at, struct line *ret_line)
{
    const char *start = text + at;
    size_t n = strcspn(start, "\n"), verb = strcspn(start, " \n");

    if (*start == '\0')
        return false;
    *ret_line = (struct line){ .verb_n = verb, .next = at + n + (start[n] == '\n') };
    if (verb < n) {
        ret_line->uri = start + verb + 1;
        ret_line->uri_n = n - verb - 1;
    }
    return true;
}

/* The node that the line tells the watch of: one at or below what is watched, or, when it or what
 * is above it went away, what is watched. */
static enum dmsc_err concerned(struct dmsc_app *app, const struct dmsci_watch *w, const char *verb,
                               const struct line *line, bool *ret_it_is)
{
    enum dmsc_err err = dmsc_buf_set(&app->uri, dmsc_bytes(line->uri, line->uri_n));
    bool gone = strncmp(verb, "delete ", 7) == 0 || strncmp(verb, "rename ", 7) == 0;

    *ret_it_is = err == DMSC_OK && dmsc_uri_below(dmsc_buf_str(&app->uri), w->uri);
    if (err == DMSC_OK && !*ret_it_is && gone && dmsc_uri_below(w->uri, dmsc_buf_str(&app->uri))) {
        *ret_it_is = true;
        err = dmsc_buf_set(&app->uri, dmsc_bytes_str(w->uri));
    }
    return err;
}

/* A node is told once in a change: at its first line, and as gone when it is gone in the end. */
static bool told_before(const char *text, size_t before, const struct line *line)
{
    struct line other;

    for (size_t at = 0; at < before && read_line(text, at, &other); at = other.next) {
        if (other.uri_n == line->uri_n && strncmp(other.uri, line->uri, line->uri_n) == 0)
            return true;
    }
    return false;
}

static enum dmsc_err net_effect(struct dmsc_app *app, const char *text, size_t at,
                                const struct line *line)
{
    const char *last = text + at;
    size_t last_n = line->verb_n;
    struct line other;

    for (size_t next = line->next; read_line(text, next, &other); next = other.next) {
        if (other.uri_n == line->uri_n && strncmp(other.uri, line->uri, line->uri_n) == 0 &&
            strncmp(text + next, "delete ", 7) == 0) {
            last = text + next;
            last_n = other.verb_n;
        }
    }
    return dmsc_buf_set(&app->what, dmsc_bytes(last, last_n));
}

/* The next line of a change that concerns the watch. */
static enum dmsc_err next_of_change(struct dmsc_app *app, struct dmsci_watch *w, const char *text,
                                    struct dmsc_now now, bool *ret_found)
{
    struct line line;
    enum dmsc_err err = DMSC_OK;

    *ret_found = false;
    while (err == DMSC_OK && !*ret_found && read_line(text, w->at, &line)) {
        size_t at = w->at;
        bool is = false;

        w->at = line.next;
        if (line.uri == NULL || told_before(text, at, &line))
            continue;
        err = concerned(app, w, text + at, &line, &is);
        if (err != DMSC_OK || !is || !dmsci_app_sees(app, dmsc_buf_str(&app->uri), now))
            continue;
        err = net_effect(app, text, at, &line);
        *ret_found = err == DMSC_OK;
    }
    return err;
}

static size_t lines_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void tell(struct dmsc_app *app, const struct dmsci_change *change,
                 struct dmsc_app_event *ret_event)
{
    *ret_event =
        (struct dmsc_app_event){ .change = change->id,
                                 .at = change->at,
                                 .uri = dmsc_buf_str(&app->uri),
                                 .what = dmsc_buf_str(&app->what),
                                 .actor = dmsc_buf_str(&app->actor),
                                 .self = strcmp(dmsc_buf_str(&app->actor), app->subject) == 0 };
}

static enum dmsc_err overflow(struct dmsc_app *app, const struct dmsci_change *change,
                              struct dmsc_app_event *ret_event)
{
    enum dmsc_err err = dmsc_buf_set(&app->what, dmsc_bytes_str("overflow"));

    dmsc_buf_reset(&app->uri);
    if (err == DMSC_OK)
        err = dmsc_buf_set(&app->actor, dmsc_bytes_str(change->actor != NULL ? change->actor : ""));
    if (err == DMSC_OK)
        tell(app, change, ret_event);
    return err;
}

static enum dmsc_err next_event(struct dmsc_app *app, struct dmsci_watch *w, struct dmsc_now now,
                                struct dmsc_app_event *ret_event, bool *ret_there)
{
    struct dmsci_change change = { 0 };
    struct dmsc_buf text;
    bool there = true, found = false, cut = false;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&text, app->apps->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && there && !found) {
        err = dmsci_change_next(app->apps->tree->store, w->seen, &change, &there);
        if (err != DMSC_OK || !there)
            break;
        if (w->change != change.id) {
            w->change = change.id;
            w->at = 0;
        }
        /* Asking the authority reads the store, and what it lent us is gone then. */
        err = dmsc_buf_set(&text, dmsc_bytes_str(change.what));
        if (err == DMSC_OK)
            err = dmsc_buf_set(&app->actor, dmsc_bytes_str(change.actor));
        if (err == DMSC_OK)
            err = next_of_change(app, w, dmsc_buf_str(&text), now, &found);
        if (err != DMSC_OK || found)
            break;
        w->seen = change.id;
        change.actor = dmsc_buf_str(&app->actor);
        cut = lines_of(dmsc_buf_str(&text)) < change.count;
        if (cut)
            break;
    }
    if (err == DMSC_OK && found)
        tell(app, &change, ret_event);
    else if (err == DMSC_OK && cut) {
        char *actor = dmsci_strdup(app->apps->ctx, dmsc_buf_str(&app->actor));

        change.actor = actor;
        err = actor == NULL ? DMSC_E_NOMEM : overflow(app, &change, ret_event);
        dmsci_free(app->apps->ctx, actor);
    }
    *ret_there = err == DMSC_OK && (found || cut);
    dmsc_buf_clear(&text);
    return err;
}

enum dmsc_err dmsc_app_next(struct dmsc_app *app, unsigned watch, struct dmsc_now now,
                            struct dmsc_app_event *ret_event, bool *ret_there)
{
    struct dmsci_watch *w = watch_of(app, watch);
    struct dmsci_change none = { 0 };
    int64_t newest = 0;
    enum dmsc_err err;

    if (w == NULL)
        return dmsci_app_refuse(app->apps->ctx, DMSC_E_ARG, "read a watch", app->subject,
                                "app:no-watch", "there is none of this number");
    err = dmsci_app_still(app, now);
    if (err == DMSC_OK)
        err = newest_change(app, &newest);
    if (err != DMSC_OK)
        return err;
    /* Too much waited, or the store is another: start again from here. */
    if (newest - w->seen > (int64_t)dmsc_ctx_limits(app->apps->ctx)->app_waiting ||
        newest < w->seen) {
        w->seen = newest;
        w->change = 0;
        none.id = newest;
        none.at = now.seconds;
        *ret_there = true;
        return overflow(app, &none, ret_event);
    }
    return next_event(app, w, now, ret_event, ret_there);
}
