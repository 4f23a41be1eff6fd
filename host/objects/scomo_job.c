/* SPDX-License-Identifier: Apache-2.0 */
/* Software components: the operations that there are, and the one that is under way. */
#include "host/objects/outcome.h"
#include "host/objects/scomo.h"
#include <stdio.h>
#include <string.h>

/* SCOMO 6: Status 10 is idle everywhere, the others mean something else in each place. */
static const struct dmsci_scomo_row rows[] = {
    { "Download", "Download", DMSC_SCOMO_DOWNLOAD, 30, 40, 20, 20, true, 0 },
    { "Download", "DownloadInstall", DMSC_SCOMO_DOWNLOAD_INSTALL, 30, 10, 60, 70, true, 0 },
    { "Download", "DownloadInstallInactive", DMSC_SCOMO_DOWNLOAD_INSTALL_INACTIVE, 30, 10, 60, 70,
      true, 0 },
    { "Inventory/Delivered", "Install", DMSC_SCOMO_INSTALL, 40, 10, 50, 60, false, 0 },
    { "Inventory/Delivered", "InstallInactive", DMSC_SCOMO_INSTALL_INACTIVE, 40, 10, 50, 60, false,
      0 },
    { "Inventory/Delivered", "Remove", DMSC_SCOMO_REMOVE_PACKAGE, 30, 10, 20, 20, false, 0 },
    { "Inventory/Deployed", "Activate", DMSC_SCOMO_ACTIVATE, 50, 10, 40, 40, false, 10 },
    { "Inventory/Deployed", "Deactivate", DMSC_SCOMO_DEACTIVATE, 70, 10, 60, 60, false, 20 },
    { "Inventory/Deployed", "Remove", DMSC_SCOMO_REMOVE_COMPONENT, 30, 10, 20, 20, false, 0 },
};
enum dmsc_err dmsci_scomo_refuse(struct dmsc_scomo *scomo, enum dmsc_err err, const char *reason,
                                 const char *why)
{
    (void)dmsci_fail(scomo->ctx, err, "manage software");
    dmsci_where(scomo->ctx, "%.180s", scomo->uri);
    dmsci_why(scomo->ctx, reason, "%s", why);
    return err;
}

/* PARENT/X/Operations/NODE; @p ret_item gets PARENT/X. */
const struct dmsci_scomo_row *dmsci_scomo_row_of(const char *path, struct dmsc_buf *ret_item,
                                                 enum dmsc_err *ret_err)
{
    *ret_err = DMSC_OK;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].parent);
        const char *item = path + n + 1;
        size_t length;

        if (strncmp(path, rows[i].parent, n) != 0 || path[n] != '/')
            continue;
        length = strcspn(item, "/");
        if (strncmp(item + length, "/Operations/", 12) != 0 ||
            strcmp(item + length + 12, rows[i].node) != 0)
            continue;
        *ret_err = dmsc_buf_set(ret_item, dmsc_bytes(path, n + 1 + length));
        return &rows[i];
    }
    return NULL;
}

enum dmsc_err dmsci_scomo_job_get(struct dmsc_scomo *scomo, struct dmsci_scomo_job *job)
{
    const char *texts[3] = { "", "", "" };
    enum dmsc_err err;

    memset(job, 0, sizeof(*job));
    dmsc_buf_init(&job->text, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&job->item, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_texts_get(scomo->tree, scomo->key, &job->text, texts, 3);
    job->path = texts[0];
    job->server_id = texts[1];
    job->correlator = texts[2];
    if (err != DMSC_OK)
        return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
    job->row = dmsci_scomo_row_of(job->path, &job->item, &err);
    return err;
}

void dmsci_scomo_job_clear(struct dmsci_scomo_job *job)
{
    dmsc_buf_clear(&job->text);
    dmsc_buf_clear(&job->item);
}

enum dmsc_err dmsci_scomo_item_value(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                                     const char *leaf, struct dmsc_buf *ret_value)
{
    struct dmsc_buf path;
    enum dmsc_err err;

    dmsc_buf_init(&path, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&path, "%s/%s", dmsc_buf_str(&job->item), leaf);
    if (err == DMSC_OK)
        err = dmsci_scomo_value(scomo, dmsc_buf_str(&path), ret_value);
    dmsc_buf_clear(&path);
    return err;
}

/* The item may be gone by then: it was removed. */
enum dmsc_err dmsci_scomo_set_status(struct dmsc_scomo *scomo, const struct dmsci_scomo_job *job,
                                     unsigned status)
{
    struct dmsc_buf path, uri;
    char text[8];
    bool there = false;
    enum dmsc_err err;

    (void)snprintf(text, sizeof(text), "%u", status);
    dmsc_buf_init(&path, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&uri, scomo->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", scomo->uri, dmsc_buf_str(&job->item));
    if (err == DMSC_OK)
        err = dmsc_tree_has(scomo->tree, dmsc_buf_str(&uri), &there);
    if (err == DMSC_OK)
        err = dmsci_buf_printf(&path, "%s/Status", dmsc_buf_str(&job->item));
    if (err == DMSC_OK && there)
        err = dmsci_scomo_keep(scomo, dmsc_buf_str(&path), DMSC_FORMAT_INT, text);
    dmsc_buf_clear(&path);
    dmsc_buf_clear(&uri);
    return err;
}
