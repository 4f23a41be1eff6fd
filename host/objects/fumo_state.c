/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware update object (OMA-TS-DM-FUMO 1.0): its states, and what is kept of an operation. */
#include "host/objects/fumo.h"
#include "host/objects/outcome.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FUMO 6.1 and 7; docs/objects.md shows the same. */
static const struct {
    enum dmsc_fumo_state from;
    enum dmsci_fumo_event event;
    enum dmsc_fumo_state to;
} rows[] = {
    { DMSC_FUMO_IDLE, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_DOWNLOAD_FAILED, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_READY, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_FAILED_KEPT, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_FAILED_GONE, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_UPDATED_KEPT, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_UPDATED_GONE, DMSCI_FUMO_DOWNLOAD, DMSC_FUMO_DOWNLOADING },
    { DMSC_FUMO_IDLE, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_DOWNLOAD_FAILED, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_READY, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_FAILED_KEPT, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_FAILED_GONE, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_UPDATED_KEPT, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_UPDATED_GONE, DMSCI_FUMO_DATA, DMSC_FUMO_READY },
    { DMSC_FUMO_DOWNLOADING, DMSCI_FUMO_GOT, DMSC_FUMO_DOWNLOADED },
    { DMSC_FUMO_DOWNLOADING, DMSCI_FUMO_LOST, DMSC_FUMO_DOWNLOAD_FAILED },
    { DMSC_FUMO_DOWNLOADED, DMSCI_FUMO_LOST, DMSC_FUMO_DOWNLOAD_FAILED },
    { DMSC_FUMO_DOWNLOADED, DMSCI_FUMO_CHECKED, DMSC_FUMO_READY },
    { DMSC_FUMO_READY, DMSCI_FUMO_UPDATE, DMSC_FUMO_UPDATING },
    { DMSC_FUMO_FAILED_KEPT, DMSCI_FUMO_UPDATE, DMSC_FUMO_UPDATING },
    { DMSC_FUMO_UPDATED_KEPT, DMSCI_FUMO_UPDATE, DMSC_FUMO_UPDATING },
    { DMSC_FUMO_UPDATING, DMSCI_FUMO_DONE_KEPT, DMSC_FUMO_UPDATED_KEPT },
    { DMSC_FUMO_UPDATING, DMSCI_FUMO_DONE_GONE, DMSC_FUMO_UPDATED_GONE },
    { DMSC_FUMO_UPDATING, DMSCI_FUMO_FAILED_KEPT, DMSC_FUMO_FAILED_KEPT },
    { DMSC_FUMO_UPDATING, DMSCI_FUMO_FAILED_GONE, DMSC_FUMO_FAILED_GONE },
};

static const struct {
    enum dmsc_fumo_state state;
    const char *name;
} names[] = {
    { DMSC_FUMO_IDLE, "Idle/Start" },
    { DMSC_FUMO_DOWNLOAD_FAILED, "Download Failed" },
    { DMSC_FUMO_DOWNLOADING, "Download Progressing" },
    { DMSC_FUMO_DOWNLOADED, "Download Complete" },
    { DMSC_FUMO_READY, "Ready to Update" },
    { DMSC_FUMO_UPDATING, "Update Progressing" },
    { DMSC_FUMO_FAILED_KEPT, "Update Failed / Have Data" },
    { DMSC_FUMO_FAILED_GONE, "Update Failed / No Data" },
    { DMSC_FUMO_UPDATED_KEPT, "Update Successful / Have Data" },
    { DMSC_FUMO_UPDATED_GONE, "Update Successful / No Data" },
};

const char *dmsc_fumo_state_name(enum dmsc_fumo_state state)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].state == state)
            return names[i].name;
    }
    return "?";
}

enum dmsc_err dmsci_fumo_refuse(struct dmsc_fumo *fumo, enum dmsc_err err, const char *reason,
                                const char *why)
{
    (void)dmsci_fail(fumo->ctx, err, "update firmware");
    dmsci_where(fumo->ctx, "%.180s", fumo->uri);
    dmsci_why(fumo->ctx, reason, "%s", why);
    return err;
}

enum dmsc_err dmsci_fumo_next(struct dmsc_fumo *fumo, enum dmsc_fumo_state from,
                              enum dmsci_fumo_event event, enum dmsc_fumo_state *ret_to)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        if (rows[i].from == from && rows[i].event == event) {
            *ret_to = rows[i].to;
            return DMSC_OK;
        }
    }
    if (from == DMSC_FUMO_DOWNLOADING || from == DMSC_FUMO_DOWNLOADED || from == DMSC_FUMO_UPDATING)
        return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:busy", "an operation is under way");
    if (event == DMSCI_FUMO_UPDATE)
        return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:no-package", "there is no package");
    return dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:state", "nothing of the kind is under way");
}

static enum dmsc_err node_uri(struct dmsc_fumo *fumo, const char *path, struct dmsc_buf *ret_uri)
{
    dmsc_buf_init(ret_uri, fumo->ctx, SIZE_MAX / 2);
    return dmsci_buf_printf(ret_uri, "%s/%s", fumo->uri, path);
}

enum dmsc_err dmsci_fumo_value(struct dmsc_fumo *fumo, const char *path, struct dmsc_buf *ret_value)
{
    struct dmsc_buf uri;
    enum dmsc_err err = node_uri(fumo, path, &uri);

    if (err == DMSC_OK)
        err = dmsc_tree_value(fumo->tree, dmsc_buf_str(&uri), ret_value);
    dmsc_buf_clear(&uri);
    return err;
}

enum dmsc_err dmsci_fumo_write(struct dmsc_fumo *fumo, const char *path, struct dmsc_bytes value)
{
    bool outer = fumo->writing;
    struct dmsc_buf uri;
    enum dmsc_err err = node_uri(fumo, path, &uri);

    fumo->writing = true;
    if (err == DMSC_OK)
        err = dmsc_tree_replace(fumo->tree, dmsc_buf_str(&uri), NULL, NULL, value);
    fumo->writing = outer;
    dmsc_buf_clear(&uri);
    return err;
}

enum dmsc_err dmsci_fumo_set_state(struct dmsc_fumo *fumo, enum dmsc_fumo_state state)
{
    char text[8];

    (void)snprintf(text, sizeof(text), "%d", (int)state);
    return dmsci_fumo_write(fumo, "State", dmsc_bytes_str(text));
}

enum dmsc_err dmsc_fumo_state(struct dmsc_fumo *fumo, enum dmsc_fumo_state *ret_state)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_fumo_value(fumo, "State", &value);
    if (err == DMSC_OK)
        *ret_state = (enum dmsc_fumo_state)strtol(dmsc_buf_str(&value), NULL, 10);
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_fumo_job_get(struct dmsc_fumo *fumo, struct dmsci_fumo_job *job)
{
    const char *texts[4] = { "", "", "", "" };
    enum dmsc_err err;

    dmsc_buf_init(&job->text, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_texts_get(fumo->tree, fumo->key, &job->text, texts, 4);
    job->operation = texts[0];
    job->server_id = texts[1];
    job->correlator = texts[2];
    job->sha256 = texts[3];
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsci_fumo_job_put(struct dmsc_fumo *fumo, const struct dmsci_fumo_job *job)
{
    const char *const texts[4] = { job->operation, job->server_id, job->correlator, job->sha256 };

    return dmsci_texts_put(fumo->tree, fumo->key, texts, 4);
}

void dmsci_fumo_job_clear(struct dmsci_fumo_job *job)
{
    dmsc_buf_clear(&job->text);
}

/* FUMO 7.3: the alert names what was executed, the data is the result code. */
enum dmsc_err dmsci_fumo_alert(struct dmsc_fumo *fumo, const struct dmsci_fumo_job *job,
                               unsigned result)
{
    static const struct {
        const char *operation, *type;
    } types[] = {
        { "Download", "org.openmobilealliance.dm.firmwareupdate.download" },
        { "Update", "org.openmobilealliance.dm.firmwareupdate.update" },
        { "DownloadAndUpdate", "org.openmobilealliance.dm.firmwareupdate.downloadandupdate" },
    };
    struct dmsci_outcome over = { .server_id = job->server_id,
                                  .correlator = job->correlator,
                                  .result = result };
    struct dmsc_buf source;
    enum dmsc_err err = node_uri(fumo, job->operation, &source);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(types); i++) {
        if (strcmp(types[i].operation, job->operation) == 0)
            over.type = types[i].type;
    }
    over.mark = result >= 200 && result < 300 ? "informational" : "critical";
    over.source = dmsc_buf_str(&source);
    /* Without a type nothing was begun that a server could be told of. */
    if (err == DMSC_OK && over.type != NULL)
        err = dmsci_outcome_tell(fumo->tree, &over);
    dmsc_buf_clear(&source);
    return err;
}

enum dmsc_err dmsci_fumo_check(struct dmsc_fumo *fumo, const char *server_id,
                               const uint8_t sha256[32])
{
    struct dmsc_buf signature;
    enum dmsc_err err;

    dmsc_buf_init(&signature, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_fumo_value(fumo, "Ext/dmsc/Signature", &signature);
    if (err == DMSC_OK)
        err = dmsc_code_check(fumo->ctx, fumo->trust, server_id, sha256, dmsc_buf_bytes(&signature),
                              fumo->ops->now(fumo->user));
    dmsc_buf_clear(&signature);
    return err;
}

enum dmsc_err dmsci_fumo_package(struct dmsc_fumo *fumo, const struct dmsci_fumo_job *job,
                                 uint8_t ret_sha256[32])
{
    struct dmsc_code *code = NULL;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, fumo->ctx, SIZE_MAX / 2);
    err = dmsci_fumo_value(fumo, "Update/PkgData", &bytes);
    if (err == DMSC_OK && bytes.n == 0) {
        err = dmsc_hex_decode(job->sha256, &bytes);
        if (err == DMSC_OK && bytes.n != 32)
            err = dmsci_fumo_refuse(fumo, DMSC_E_STATE, "fumo:no-package", "there is no package");
        if (err == DMSC_OK)
            dmsci_copy(ret_sha256, bytes.p, 32);
        goto out;
    }
    if (err == DMSC_OK)
        err = dmsc_code_new(fumo->ctx, &code);
    if (err == DMSC_OK)
        err = dmsc_code_add(code, dmsc_buf_bytes(&bytes));
    if (err == DMSC_OK)
        err = dmsc_code_end(code, ret_sha256);
out:
    dmsc_code_free(code);
    dmsc_buf_clear(&bytes);
    return err;
}
