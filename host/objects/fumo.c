/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware update object: between servers, who execute, and the device, which reports. */
#include "host/objects/fumo.h"
#include <dmsc/objects.h>
#include <string.h>

static bool is_good(unsigned result)
{
    return result >= 200 && result < 300;
}

static enum dmsc_err begin(struct dmsc_fumo *fumo)
{
    return dmsc_tree_begin(fumo->tree, "device", fumo->ops->now(fumo->user).seconds);
}

/* End a change of our own, of which on_settled() is not to hear. */
static enum dmsc_err end(struct dmsc_fumo *fumo, enum dmsc_err err)
{
    fumo->writing = true;
    if (err == DMSC_OK)
        err = dmsc_tree_commit(fumo->tree);
    else
        dmsc_tree_rollback(fumo->tree);
    fumo->writing = false;
    return err;
}

/* --- what servers do ----------------------------------------------------------------------- */

/* FUMO 7.1: the address must be there before it is executed. */
static enum dmsc_err need_url(struct dmsc_fumo *fumo, const char *operation)
{
    struct dmsc_buf path, url;
    enum dmsc_err err;

    dmsc_buf_init(&path, fumo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&url, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&path, "%s/PkgURL", operation);
    if (err == DMSC_OK)
        err = dmsci_fumo_value(fumo, dmsc_buf_str(&path), &url);
    if (err == DMSC_OK && url.n == 0)
        err = dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:no-url", "PkgURL is empty");
    dmsc_buf_clear(&path);
    dmsc_buf_clear(&url);
    return err;
}

/* One package belongs to the object (FUMO 6): the one to be downloaded takes the place of any. */
static enum dmsc_err ask_download(struct dmsc_fumo *fumo, struct dmsci_fumo_job *job)
{
    enum dmsc_err err = need_url(fumo, job->operation);

    if (err == DMSC_OK)
        err = dmsc_code_ready(fumo->ctx, fumo->trust, job->server_id, fumo->ops->now(fumo->user));
    job->sha256 = "";
    return err != DMSC_OK
               ? err
               : dmsci_fumo_write(fumo, "Update/PkgData", (struct dmsc_bytes){ NULL, 0 });
}

/* Whoever asks for the update vouches for the package, whoever had it brought here. */
static enum dmsc_err ask_update(struct dmsc_fumo *fumo, const struct dmsci_fumo_job *job)
{
    uint8_t sha256[32];
    enum dmsc_err err = dmsci_fumo_package(fumo, job, sha256);

    return err != DMSC_OK ? err : dmsci_fumo_check(fumo, job->server_id, sha256);
}

static enum dmsc_err ask(struct dmsc_fumo *fumo, const char *operation)
{
    struct dmsc_exec *exec = dmsc_tree_executing(fumo->tree);
    const char *actor = dmsc_tree_actor(fumo->tree);
    bool update = strcmp(operation, "Update") == 0;
    enum dmsc_fumo_state state = DMSC_FUMO_IDLE;
    struct dmsci_fumo_job job;
    enum dmsc_err err = dmsci_fumo_job_get(fumo, &job);

    job.operation = operation;
    job.server_id = strncmp(actor, "ma:", 3) == 0 ? actor + 3 : actor;
    job.correlator = exec->correlator != NULL ? exec->correlator : "";
    if (err == DMSC_OK)
        err = dmsc_fumo_state(fumo, &state);
    if (err == DMSC_OK && fumo->data)
        err = dmsci_fumo_next(fumo, state, DMSCI_FUMO_DATA, &state);
    if (err == DMSC_OK)
        err =
            dmsci_fumo_next(fumo, state, update ? DMSCI_FUMO_UPDATE : DMSCI_FUMO_DOWNLOAD, &state);
    if (err == DMSC_OK)
        err = update ? ask_update(fumo, &job) : ask_download(fumo, &job);
    if (err == DMSC_OK)
        err = dmsci_fumo_job_put(fumo, &job);
    if (err == DMSC_OK)
        err = dmsci_fumo_set_state(fumo, state);
    if (err == DMSC_OK)
        exec->later = true;
    dmsci_fumo_job_clear(&job);
    return err;
}

static enum dmsc_err on_exec(void *user, const char *path, struct dmsc_bytes argument)
{
    static const char *const operations[] = { "Download", "Update", "DownloadAndUpdate" };

    (void)argument;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(operations); i++) {
        if (strcmp(path, operations[i]) == 0)
            return ask(user, operations[i]);
    }
    return DMSC_E_NOTFOUND;
}

/* What is being used stays as it is. */
static enum dmsc_err on_set(void *user, const char *path, struct dmsc_bytes value)
{
    struct dmsc_fumo *fumo = user;
    bool data = strcmp(path, "Update/PkgData") == 0;
    enum dmsc_fumo_state state, next;
    enum dmsc_err err;

    (void)value;
    if (fumo->writing || (!data && strcmp(path, "Ext/dmsc/Signature") != 0))
        return DMSC_OK;
    err = dmsc_fumo_state(fumo, &state);
    if (err == DMSC_OK)
        err = dmsci_fumo_next(fumo, state, DMSCI_FUMO_DATA, &next);
    if (err == DMSC_OK && data)
        fumo->data = true;
    return err;
}

/* A package came as PkgData: it takes the place of one that was downloaded. */
static enum dmsc_err take_data(struct dmsc_fumo *fumo)
{
    enum dmsc_fumo_state state = DMSC_FUMO_IDLE;
    struct dmsci_fumo_job job;
    struct dmsc_buf data;
    bool discard = false;
    enum dmsc_err err = dmsci_fumo_job_get(fumo, &job);

    dmsc_buf_init(&data, fumo->ctx, SIZE_MAX / 2);
    if (err == DMSC_OK)
        err = dmsci_fumo_value(fumo, "Update/PkgData", &data);
    if (err == DMSC_OK)
        err = dmsc_fumo_state(fumo, &state);
    if (err != DMSC_OK || data.n == 0 ||
        dmsci_fumo_next(fumo, state, DMSCI_FUMO_DATA, &state) != DMSC_OK)
        goto out;
    discard = job.sha256[0] != '\0';
    job.sha256 = "";
    err = begin(fumo);
    if (err != DMSC_OK)
        goto out;
    err = dmsci_fumo_job_put(fumo, &job);
    if (err == DMSC_OK)
        err = dmsci_fumo_set_state(fumo, state);
    err = end(fumo, err);
    if (err == DMSC_OK && discard)
        fumo->ops->discard(fumo->user);
out:
    dmsc_buf_clear(&data);
    dmsci_fumo_job_clear(&job);
    return err;
}

static void on_settled(void *user, bool kept)
{
    struct dmsc_fumo *fumo = user;
    bool data = fumo->data;

    (void)kept; /* what the tree holds counts */
    if (fumo->writing)
        return;
    fumo->data = false;
    if (data && take_data(fumo) != DMSC_OK)
        dmsci_log(fumo->ctx, DMSC_LOG_ERROR, "fumo", "the state is not kept: %s",
                  dmsc_diag_get(fumo->ctx)->why);
    dmsci_fumo_start(fumo, false);
}

/* --- what the device does ------------------------------------------------------------------ */

static enum dmsc_err begin_download(struct dmsc_fumo *fumo, bool again)
{
    struct dmsci_fumo_job job;
    struct dmsc_buf path, url;
    enum dmsc_err err = dmsci_fumo_job_get(fumo, &job);

    dmsc_buf_init(&path, fumo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&url, fumo->ctx, SIZE_MAX / 2);
    fumo->digested = false;
    if (err == DMSC_OK)
        err = dmsci_buf_printf(&path, "%s/PkgURL", job.operation);
    if (err == DMSC_OK)
        err = dmsci_fumo_value(fumo, dmsc_buf_str(&path), &url);
    if (err == DMSC_OK)
        err = dmsc_code_end(fumo->code, fumo->digest);
    if (err == DMSC_OK)
        err = fumo->ops->download(fumo->user, dmsc_buf_str(&url), again);
    dmsc_buf_clear(&path);
    dmsc_buf_clear(&url);
    dmsci_fumo_job_clear(&job);
    return err;
}

static enum dmsc_err begin_update(struct dmsc_fumo *fumo, bool again)
{
    uint8_t sha256[32];
    struct dmsci_fumo_job job;
    enum dmsc_err err = dmsci_fumo_job_get(fumo, &job);

    if (err == DMSC_OK)
        err = dmsci_fumo_package(fumo, &job, sha256);
    if (err == DMSC_OK)
        err = fumo->ops->update(fumo->user, sha256, again);
    dmsci_fumo_job_clear(&job);
    return err;
}

void dmsci_fumo_start(struct dmsc_fumo *fumo, bool again)
{
    enum dmsc_fumo_state state = DMSC_FUMO_IDLE;
    enum dmsc_err err = dmsc_fumo_state(fumo, &state);

    if (err != DMSC_OK || fumo->busy != 0 ||
        (state != DMSC_FUMO_DOWNLOADING && state != DMSC_FUMO_UPDATING))
        return;
    fumo->busy = state;
    if (state == DMSC_FUMO_DOWNLOADING && begin_download(fumo, again) != DMSC_OK)
        err = dmsc_fumo_downloaded(fumo, DMSC_FUMO_CLIENT_ERROR);
    else if (state == DMSC_FUMO_UPDATING && begin_update(fumo, again) != DMSC_OK)
        err = dmsc_fumo_updated(fumo, DMSC_FUMO_UPDATE_FAILED, true);
    if (err != DMSC_OK)
        dmsci_log(fumo->ctx, DMSC_LOG_ERROR, "fumo", "an outcome is not kept: %s",
                  dmsc_diag_get(fumo->ctx)->why);
}

enum dmsc_err dmsc_fumo_data(struct dmsc_fumo *fumo, struct dmsc_bytes bytes)
{
    if (fumo->busy != DMSC_FUMO_DOWNLOADING || fumo->digested)
        return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:state", "nothing is being downloaded");
    return dmsc_code_add(fumo->code, bytes);
}

/* The states behind a download: failed, ready, or on to the update. In a change. */
static enum dmsc_err keep_download(struct dmsc_fumo *fumo, struct dmsci_fumo_job *job, bool good,
                                   unsigned result)
{
    bool alone = strcmp(job->operation, "Download") == 0;
    enum dmsc_fumo_state state = DMSC_FUMO_IDLE;
    char hex[65] = "";
    enum dmsc_err err = dmsc_fumo_state(fumo, &state);

    if (err == DMSC_OK)
        err = dmsci_fumo_next(fumo, state, good ? DMSCI_FUMO_GOT : DMSCI_FUMO_LOST, &state);
    if (err == DMSC_OK && good)
        err = dmsci_fumo_next(fumo, state, DMSCI_FUMO_CHECKED, &state);
    if (err == DMSC_OK && good && !alone)
        err = dmsci_fumo_next(fumo, state, DMSCI_FUMO_UPDATE, &state);
    if (good)
        dmsc_hex_encode(dmsc_bytes(fumo->digest, 32), hex);
    job->sha256 = hex;
    if (err == DMSC_OK)
        err = dmsci_fumo_job_put(fumo, job);
    job->sha256 = "";
    if (err == DMSC_OK && (alone || !good))
        err = dmsci_fumo_alert(fumo, job, result);
    return err != DMSC_OK ? err : dmsci_fumo_set_state(fumo, state);
}

enum dmsc_err dmsc_fumo_downloaded(struct dmsc_fumo *fumo, unsigned result)
{
    struct dmsci_fumo_job job;
    bool good = is_good(result);
    enum dmsc_err err;

    if (fumo->busy != DMSC_FUMO_DOWNLOADING)
        return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:state", "nothing is being downloaded");
    err = dmsci_fumo_job_get(fumo, &job);
    if (err == DMSC_OK && !fumo->digested)
        err = dmsc_code_end(fumo->code, fumo->digest);
    fumo->digested = err == DMSC_OK;
    if (err == DMSC_OK && good)
        err = dmsci_fumo_check(fumo, job.server_id, fumo->digest);
    if (err == DMSC_E_REFUSED) {
        dmsci_log(fumo->ctx, DMSC_LOG_WARN, "fumo", "the package is refused: %s",
                  dmsc_diag_get(fumo->ctx)->reason);
        good = false;
        result = DMSC_FUMO_INVALID;
        err = DMSC_OK;
    }
    if (err == DMSC_OK)
        err = begin(fumo);
    if (err == DMSC_OK)
        err = end(fumo, keep_download(fumo, &job, good, result));
    dmsci_fumo_job_clear(&job);
    if (err != DMSC_OK)
        return err;
    fumo->busy = (enum dmsc_fumo_state)0;
    if (!good)
        fumo->ops->discard(fumo->user);
    dmsci_fumo_start(fumo, false);
    return DMSC_OK;
}

static enum dmsc_err keep_update(struct dmsc_fumo *fumo, struct dmsci_fumo_job *job,
                                 unsigned result, bool kept)
{
    static const enum dmsci_fumo_event events[2][2] = {
        { DMSCI_FUMO_FAILED_GONE, DMSCI_FUMO_FAILED_KEPT },
        { DMSCI_FUMO_DONE_GONE, DMSCI_FUMO_DONE_KEPT },
    };
    enum dmsc_fumo_state state = DMSC_FUMO_IDLE;
    enum dmsc_err err = dmsc_fumo_state(fumo, &state);

    if (err == DMSC_OK)
        err = dmsci_fumo_next(fumo, state, events[is_good(result)][kept], &state);
    if (err == DMSC_OK && !kept) {
        job->sha256 = "";
        err = dmsci_fumo_write(fumo, "Update/PkgData", (struct dmsc_bytes){ NULL, 0 });
    }
    if (err == DMSC_OK)
        err = dmsci_fumo_job_put(fumo, job);
    if (err == DMSC_OK)
        err = dmsci_fumo_alert(fumo, job, result);
    return err != DMSC_OK ? err : dmsci_fumo_set_state(fumo, state);
}

enum dmsc_err dmsc_fumo_updated(struct dmsc_fumo *fumo, unsigned result, bool kept)
{
    struct dmsci_fumo_job job;
    enum dmsc_err err;

    if (fumo->busy != DMSC_FUMO_UPDATING)
        return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:state", "nothing is being updated");
    err = dmsci_fumo_job_get(fumo, &job);
    if (err == DMSC_OK)
        err = begin(fumo);
    if (err == DMSC_OK)
        err = end(fumo, keep_update(fumo, &job, result, kept));
    dmsci_fumo_job_clear(&job);
    if (err == DMSC_OK)
        fumo->busy = (enum dmsc_fumo_state)0;
    return err;
}

/* --- the object ---------------------------------------------------------------------------- */

static enum dmsc_err make_node(struct dmsc_fumo *fumo, const char *path, enum dmsc_format format,
                               const char *type, uint8_t access)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf uri;
    bool there = false;
    enum dmsc_err err;

    dmsc_buf_init(&uri, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", fumo->uri, path);
    if (err == DMSC_OK)
        err = dmsc_tree_has(fumo->tree, dmsc_buf_str(&uri), &there);
    spec.format = format;
    spec.type = type;
    spec.access = access;
    spec.flags = DMSC_NODE_PERMANENT;
    if (err == DMSC_OK && !there)
        err = dmsc_tree_add(fumo->tree, dmsc_buf_str(&uri), &spec);
    dmsc_buf_clear(&uri);
    return err;
}

/* All that FUMO 6 has, since the device can do all of it; and the place of the signature. */
static enum dmsc_err make_nodes(struct dmsc_fumo *fumo)
{
    static const struct {
        const char *path;
        enum dmsc_format format;
        const char *type;
        uint8_t access; /* of what is not described */
    } nodes[] = {
        { "PkgName", DMSC_FORMAT_CHR, "text/plain", 0 },
        { "PkgVersion", DMSC_FORMAT_CHR, "text/plain", 0 },
        { "Download", DMSC_FORMAT_NODE, "", 0 },
        { "Download/PkgURL", DMSC_FORMAT_CHR, "text/plain", 0 },
        { "Update", DMSC_FORMAT_NODE, "", 0 },
        { "Update/PkgData", DMSC_FORMAT_BIN, "application/octet-stream", 0 },
        { "DownloadAndUpdate", DMSC_FORMAT_NODE, "", 0 },
        { "DownloadAndUpdate/PkgURL", DMSC_FORMAT_CHR, "text/plain", 0 },
        { "Ext", DMSC_FORMAT_NODE, "", 0 },
        { "Ext/dmsc", DMSC_FORMAT_NODE, "", DMSC_ACCESS_GET },
        { "Ext/dmsc/Signature", DMSC_FORMAT_BIN, "application/octet-stream",
          DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE },
    };
    enum dmsc_err err = dmsc_tree_make_described(fumo->tree, fumo->uri);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(nodes) && err == DMSC_OK; i++)
        err = make_node(fumo, nodes[i].path, nodes[i].format, nodes[i].type, nodes[i].access);
    return err;
}

static enum dmsc_err name_it(struct dmsc_fumo *fumo, const char *uri)
{
    struct dmsc_buf key;
    enum dmsc_err err;

    dmsc_buf_init(&key, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&key, "fumo/%s", uri);
    fumo->uri = dmsci_strdup(fumo->ctx, uri);
    fumo->key = err == DMSC_OK ? dmsci_strdup(fumo->ctx, dmsc_buf_str(&key)) : NULL;
    dmsc_buf_clear(&key);
    return fumo->uri == NULL || fumo->key == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err put_in_place(struct dmsc_fumo *fumo)
{
    static const struct dmsc_mo_ops mo_ops = { .set = on_set,
                                               .settled = on_settled,
                                               .exec = on_exec };
    enum dmsc_err err = dmsc_tree_describe(fumo->tree, fumo->ddf, fumo->uri);

    if (err != DMSC_OK)
        return err;
    err = begin(fumo);
    if (err == DMSC_OK)
        err = end(fumo, make_nodes(fumo));
    if (err == DMSC_OK)
        err = dmsc_tree_bind(fumo->tree, fumo->uri, &mo_ops, fumo);
    if (err != DMSC_OK)
        dmsc_tree_undescribe(fumo->tree, fumo->uri);
    return err;
}

enum dmsc_err dmsc_fumo_new(struct dmsc_tree *tree, const char *uri,
                            const struct dmsc_fumo_ops *ops, void *user,
                            const struct dmsc_code_trust *trust, struct dmsc_fumo **ret_fumo)
{
    struct dmsc_ctx *ctx = dmsc_tree_ctx(tree);
    struct dmsc_fumo *fumo = dmsci_calloc(ctx, 1, sizeof(*fumo));
    enum dmsc_err err;

    if (fumo == NULL)
        return DMSC_E_NOMEM;
    fumo->ctx = ctx;
    fumo->tree = tree;
    fumo->ops = ops;
    fumo->user = user;
    fumo->trust = trust;
    err = name_it(fumo, uri);
    if (err == DMSC_OK)
        err = dmsc_code_new(ctx, &fumo->code);
    if (err == DMSC_OK)
        err = dmsc_object_ddf(ctx, "fumo-1.0", &fumo->ddf);
    if (err == DMSC_OK)
        err = put_in_place(fumo);
    if (err != DMSC_OK) {
        dmsc_ddf_free(fumo->ddf);
        fumo->ddf = NULL; /* it is not in place */
        dmsc_fumo_free(fumo);
        return err;
    }
    *ret_fumo = fumo;
    dmsci_fumo_start(fumo, true);
    return DMSC_OK;
}

void dmsc_fumo_free(struct dmsc_fumo *fumo)
{
    if (fumo == NULL)
        return;
    if (fumo->ddf != NULL) {
        dmsc_tree_unbind(fumo->tree, fumo->uri);
        dmsc_tree_undescribe(fumo->tree, fumo->uri);
        dmsc_ddf_free(fumo->ddf);
    }
    dmsc_code_free(fumo->code);
    dmsci_free(fumo->ctx, fumo->uri);
    dmsci_free(fumo->ctx, fumo->key);
    dmsci_free(fumo->ctx, fumo);
}
