/* SPDX-License-Identifier: Apache-2.0 */
/* Software components: between servers, who execute, and the device, which reports. */
#include "host/objects/scomo.h"
#include "host/objects/outcome.h"
#include <stdio.h>
#include <string.h>

#define STATUS_DOWNLOAD_FAILED 20
#define STATUS_INSTALLING      50 /* below Download */

static bool is_good(unsigned result)
{
    return result >= 1200 && result < 1300;
}

static enum dmsc_err begin(struct dmsc_scomo *scomo)
{
    return dmsc_tree_begin(scomo->tree, "device", scomo->ops->now(scomo->user).seconds);
}

static enum dmsc_err end(struct dmsc_scomo *scomo, enum dmsc_err err)
{
    scomo->writing = true;
    if (err == DMSC_OK)
        err = dmsc_tree_commit(scomo->tree);
    else
        dmsc_tree_rollback(scomo->tree);
    scomo->writing = false;
    return err;
}

/* --- what servers do ----------------------------------------------------------------------- */

static enum dmsc_err check_ask(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job)
{
    struct dmsc_buf value;
    char state[8];
    enum dmsc_err err;

    dmsc_buf_init(&value, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_scomo_item_value(scomo, job, job->row->downloads ? "PkgURL" : "State", &value);
    (void)snprintf(state, sizeof(state), "%u", (unsigned)job->row->state);
    if (err == DMSC_OK && job->row->downloads && value.n == 0)
        err = dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:no-url", "PkgURL is empty");
    else if (err == DMSC_OK && job->row->downloads)
        err =
            dmsc_code_ready(scomo->ctx, scomo->trust, job->server_id, scomo->ops->now(scomo->user));
    else if (err == DMSC_OK && job->row->state != 0 && strcmp(dmsc_buf_str(&value), state) != 0)
        err = dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:state",
                                 "the component is in that state already");
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err on_exec(void *user, const char *path, struct dmsc_bytes argument)
{
    struct dmsc_scomo *scomo = user;
    struct dmsc_exec *exec = dmsc_tree_executing(scomo->tree);
    const char *actor = dmsc_tree_actor(scomo->tree);
    struct dmsci_scomo_job job;
    enum dmsc_err err = dmsci_scomo_job_get(scomo, &job);

    (void)argument;
    if (err == DMSC_OK && job.row != NULL)
        err = dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:busy", "an operation is under way");
    if (err == DMSC_OK)
        job.row = dmsci_scomo_row_of(path, &job.item, &err);
    if (err == DMSC_OK && job.row == NULL)
        err = DMSC_E_NOTFOUND;
    job.path = path;
    job.server_id = strncmp(actor, "ma:", 3) == 0 ? actor + 3 : actor;
    job.correlator = exec->correlator != NULL ? exec->correlator : "";
    if (err == DMSC_OK)
        err = check_ask(scomo, &job);
    if (err == DMSC_OK) {
        const char *const texts[3] = { job.path, job.server_id, job.correlator };

        err = dmsci_texts_put(scomo->tree, scomo->key, texts, 3);
    }
    if (err == DMSC_OK)
        err = dmsci_scomo_set_status(scomo, &job, job.row->running);
    if (err == DMSC_OK)
        exec->later = true;
    dmsci_scomo_job_clear(&job);
    return err;
}

static enum dmsc_err on_set(void *user, const char *path, struct dmsc_bytes value)
{
    struct dmsc_scomo *scomo = user;

    (void)value;
    if (!scomo->writing && strncmp(path, "Download/", 9) == 0)
        scomo->added = true;
    return DMSC_OK;
}

/* What is being worked on stays. */
static enum dmsc_err on_remove(void *user, const char *path)
{
    struct dmsc_scomo *scomo = user;
    struct dmsci_scomo_job job;
    enum dmsc_err err;

    if (scomo->writing)
        return DMSC_OK;
    err = dmsci_scomo_job_get(scomo, &job);
    if (err == DMSC_OK && job.row != NULL &&
        (path[0] == '\0' || dmsc_uri_below(job.path, path) ||
         dmsc_uri_below(path, dmsc_buf_str(&job.item))))
        err = dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:busy", "an operation is under way");
    dmsci_scomo_job_clear(&job);
    return err;
}

static void start(struct dmsc_scomo *scomo, bool again);

static void on_settled(void *user, bool kept)
{
    struct dmsc_scomo *scomo = user;
    enum dmsc_err err = DMSC_OK;

    (void)kept; /* what the tree holds counts */
    if (scomo->writing)
        return;
    if (scomo->added)
        err = begin(scomo);
    if (err == DMSC_OK && scomo->added)
        err = end(scomo, dmsci_scomo_prepare(scomo));
    scomo->added = false;
    if (err != DMSC_OK)
        dmsci_log(scomo->ctx, DMSC_LOG_ERROR, "scomo", "nodes are missing: %s",
                  dmsc_diag_get(scomo->ctx)->why);
    start(scomo, false);
}

/* --- what the device does ------------------------------------------------------------------ */

struct told {
    struct dmsc_buf id, url, params;
    struct dmsc_scomo_task task;
};

static enum dmsc_err make_task(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                               struct told *t)
{
    bool component = strcmp(job->row->parent, "Inventory/Deployed") == 0;
    enum dmsc_err err;

    dmsc_buf_init(&t->id, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&t->url, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&t->params, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_scomo_item_value(scomo, job, component ? "ID" : "PkgID", &t->id);
    if (err == DMSC_OK)
        err = dmsci_scomo_item_value(scomo, job, "PkgURL", &t->url);
    if (err == DMSC_OK)
        err = dmsci_scomo_item_value(scomo, job, "InstallParams", &t->params);
    t->task.operation = job->row->operation;
    t->task.item = dmsc_buf_str(&job->item) + strlen(job->row->parent) + 1;
    t->task.id = dmsc_buf_str(&t->id);
    t->task.url = dmsc_buf_str(&t->url);
    t->task.params = dmsc_buf_str(&t->params);
    return err;
}

static void told_clear(struct told *t)
{
    dmsc_buf_clear(&t->id);
    dmsc_buf_clear(&t->url);
    dmsc_buf_clear(&t->params);
}

/* A download whose package has come is being installed: its Status says so. */
static enum dmsc_err phase_of(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                              bool *ret_downloads)
{
    struct dmsc_buf status;
    char running[8];
    enum dmsc_err err;

    dmsc_buf_init(&status, scomo->ctx, SIZE_MAX / 2);
    (void)snprintf(running, sizeof(running), "%u", (unsigned)job->row->running);
    err = dmsci_scomo_item_value(scomo, job, "Status", &status);
    *ret_downloads = job->row->downloads && strcmp(dmsc_buf_str(&status), running) == 0;
    dmsc_buf_clear(&status);
    return err;
}

static enum dmsc_err tell_device(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                                 bool again)
{
    bool downloads = false;
    struct told t = { 0 };
    enum dmsc_err err = phase_of(scomo, job, &downloads);

    scomo->busy = downloads ? SCOMO_DOWNLOADS : SCOMO_RUNS;
    scomo->digested = false;
    if (err == DMSC_OK)
        err = make_task(scomo, job, &t);
    if (err == DMSC_OK)
        err = dmsc_code_end(scomo->code, scomo->digest);
    if (err == DMSC_OK)
        err = (downloads ? scomo->ops->download : scomo->ops->run)(scomo->user, &t.task, again);
    told_clear(&t);
    return err;
}

static void start(struct dmsc_scomo *scomo, bool again)
{
    struct dmsci_scomo_job job;
    enum dmsc_err err = dmsci_scomo_job_get(scomo, &job);

    if (err == DMSC_OK && job.row != NULL && scomo->busy == SCOMO_IDLE &&
        tell_device(scomo, &job, again) != DMSC_OK)
        err = scomo->busy == SCOMO_DOWNLOADS
                  ? dmsc_scomo_downloaded(scomo, DMSC_SCOMO_DOWNLOAD_FAILED)
                  : dmsc_scomo_done(scomo, DMSC_SCOMO_CLIENT_ERROR, true);
    if (err != DMSC_OK)
        dmsci_log(scomo->ctx, DMSC_LOG_ERROR, "scomo", "an outcome is not kept: %s",
                  dmsc_diag_get(scomo->ctx)->why);
    dmsci_scomo_job_clear(&job);
}

enum dmsc_err dmsc_scomo_data(struct dmsc_scomo *scomo, struct dmsc_bytes bytes)
{
    if (scomo->busy != SCOMO_DOWNLOADS || scomo->digested)
        return dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:state", "nothing is downloaded");
    return dmsc_code_add(scomo->code, bytes);
}

/* The operation is over: told, forgotten, and seen in the inventory. */
static enum dmsc_err finish(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                            unsigned result, unsigned status)
{
    struct dmsci_outcome over = { .server_id = job->server_id,
                                  .type = "urn:oma:at:scomo:1.0:OperationComplete",
                                  .mark = is_good(result) ? "informational" : "warning",
                                  .correlator = job->correlator,
                                  .result = result };
    const char *const nothing[3] = { "", "", "" };
    struct dmsc_buf source;
    enum dmsc_err err;

    dmsc_buf_init(&source, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&source, "%s/%s", scomo->uri, job->path);
    over.source = dmsc_buf_str(&source);
    if (err == DMSC_OK)
        err = dmsci_outcome_tell(scomo->tree, &over);
    if (err == DMSC_OK)
        err = dmsci_texts_put(scomo->tree, scomo->key, nothing, 3);
    if (err == DMSC_OK)
        err = dmsci_scomo_inventory(scomo);
    if (err == DMSC_OK)
        err = dmsci_scomo_set_status(scomo, job, status);
    dmsc_buf_clear(&source);
    return err;
}

static enum dmsc_err check_package(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job)
{
    struct dmsc_buf signature;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&signature, scomo->ctx, SIZE_MAX / 2);
    if (!scomo->digested)
        err = dmsc_code_end(scomo->code, scomo->digest);
    scomo->digested = err == DMSC_OK;
    if (err == DMSC_OK)
        err = dmsci_scomo_item_value(scomo, job, "Ext/dmsc/Signature", &signature);
    if (err == DMSC_OK)
        err = dmsc_code_check(scomo->ctx, scomo->trust, job->server_id, scomo->digest,
                              dmsc_buf_bytes(&signature), scomo->ops->now(scomo->user));
    dmsc_buf_clear(&signature);
    return err;
}

/* Failed, or delivered, or on to the installation. */
static enum dmsc_err keep_download(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                                   unsigned result)
{
    enum dmsc_err err = begin(scomo);

    if (err != DMSC_OK)
        return err;
    if (!is_good(result))
        err = finish(scomo, job, result, STATUS_DOWNLOAD_FAILED);
    else if (job->row->operation == DMSC_SCOMO_DOWNLOAD)
        err = finish(scomo, job, result, job->row->good);
    else
        err = dmsci_scomo_set_status(scomo, job, STATUS_INSTALLING);
    return end(scomo, err);
}

enum dmsc_err dmsc_scomo_downloaded(struct dmsc_scomo *scomo, unsigned result)
{
    struct dmsci_scomo_job job;
    struct told t = { 0 };
    enum dmsc_err err;

    if (scomo->busy != SCOMO_DOWNLOADS)
        return dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:state", "nothing is downloaded");
    err = dmsci_scomo_job_get(scomo, &job);
    if (err == DMSC_OK)
        err = make_task(scomo, &job, &t);
    if (err == DMSC_OK && is_good(result))
        err = check_package(scomo, &job);
    if (err == DMSC_E_REFUSED) {
        dmsci_log(scomo->ctx, DMSC_LOG_WARN, "scomo", "the package is refused: %s",
                  dmsc_diag_get(scomo->ctx)->reason);
        result = DMSC_SCOMO_INVALID;
        err = DMSC_OK;
    }
    if (err == DMSC_OK)
        err = keep_download(scomo, &job, result);
    if (err == DMSC_OK) {
        scomo->busy = SCOMO_IDLE;
        if (!is_good(result))
            scomo->ops->discard(scomo->user, &t.task);
        start(scomo, false);
    }
    told_clear(&t);
    dmsci_scomo_job_clear(&job);
    return err;
}

enum dmsc_err dmsc_scomo_done(struct dmsc_scomo *scomo, unsigned result, bool kept)
{
    struct dmsci_scomo_job job;
    enum dmsc_err err;

    if (scomo->busy != SCOMO_RUNS)
        return dmsci_scomo_refuse(scomo, DMSC_E_STATE, "scomo:state", "nothing is under way");
    err = dmsci_scomo_job_get(scomo, &job);
    if (err == DMSC_OK)
        err = begin(scomo);
    if (err == DMSC_OK)
        err = end(scomo, finish(scomo, &job, result,
                                is_good(result) ? job.row->good
                                : kept          ? job.row->failed_kept
                                                : job.row->failed_gone));
    if (err == DMSC_OK)
        scomo->busy = SCOMO_IDLE;
    dmsci_scomo_job_clear(&job);
    return err;
}

enum dmsc_err dmsc_scomo_tell(struct dmsc_scomo *scomo)
{
    enum dmsc_err err = begin(scomo);

    return err != DMSC_OK ? err : end(scomo, dmsci_scomo_inventory(scomo));
}

/* --- the object ---------------------------------------------------------------------------- */

static enum dmsc_err put_in_place(struct dmsc_scomo *scomo, const char *uri)
{
    static const struct dmsc_mo_ops mo_ops = {
        .set = on_set, .remove = on_remove, .settled = on_settled, .exec = on_exec
    };
    struct dmsc_buf key;
    enum dmsc_err err;

    dmsc_buf_init(&key, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&key, "scomo/%s", uri);
    scomo->uri = dmsci_strdup(scomo->ctx, uri);
    scomo->key = err == DMSC_OK ? dmsci_strdup(scomo->ctx, dmsc_buf_str(&key)) : NULL;
    dmsc_buf_clear(&key);
    if (scomo->uri == NULL || scomo->key == NULL)
        return DMSC_E_NOMEM;
    err = dmsc_code_new(scomo->ctx, &scomo->code);
    if (err == DMSC_OK)
        err = dmsc_object_bind(scomo->tree, "scomo-1.0", uri, scomo->ops->now(scomo->user).seconds,
                               &mo_ops, scomo, &scomo->binding);
    return err != DMSC_OK ? err : dmsc_scomo_tell(scomo);
}

enum dmsc_err dmsc_scomo_new(struct dmsc_tree *tree, const char *uri,
                             const struct dmsc_scomo_ops *ops, void *user,
                             const struct dmsc_code_trust *trust, struct dmsc_scomo **ret_scomo)
{
    struct dmsc_ctx *ctx = dmsc_tree_ctx(tree);
    struct dmsc_scomo *scomo = dmsci_calloc(ctx, 1, sizeof(*scomo));
    enum dmsc_err err;

    if (scomo == NULL)
        return DMSC_E_NOMEM;
    scomo->ctx = ctx;
    scomo->tree = tree;
    scomo->ops = ops;
    scomo->user = user;
    scomo->trust = trust;
    err = put_in_place(scomo, uri);
    if (err != DMSC_OK) {
        dmsc_scomo_free(scomo);
        return err;
    }
    *ret_scomo = scomo;
    start(scomo, true);
    return DMSC_OK;
}

void dmsc_scomo_free(struct dmsc_scomo *scomo)
{
    if (scomo == NULL)
        return;
    dmsc_object_unbind(scomo->binding);
    dmsc_code_free(scomo->code);
    dmsci_free(scomo->ctx, scomo->uri);
    dmsci_free(scomo->ctx, scomo->key);
    dmsci_free(scomo->ctx, scomo);
}
