/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that an Exec began: what is kept of them, and their end. */
#include "host/objects/outcome.h"
#include "host/mo/tree.h"
#include <dmsc/alert.h>
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsci_texts_put(struct dmsc_tree *tree, const char *key, const char *const *texts,
                              size_t n)
{
    struct dmsc_buf all;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&all, tree->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < n && err == DMSC_OK; i++)
        err = dmsc_buf_append(&all, dmsc_bytes(texts[i], strlen(texts[i]) + 1));
    if (err == DMSC_OK)
        err = dmsc_store_put(tree->store, key, dmsc_buf_bytes(&all));
    dmsc_buf_clear(&all);
    return err;
}

enum dmsc_err dmsci_texts_get(struct dmsc_tree *tree, const char *key, struct dmsc_buf *buf,
                              const char **ret_texts, size_t n)
{
    size_t at = 0, found = 0;
    enum dmsc_err err = dmsc_store_get(tree->store, key, buf);

    if (err != DMSC_OK)
        return err;
    /* A NUL behind all that came: no text ends outside. */
    err = dmsc_buf_append_u8(buf, 0);
    for (; err == DMSC_OK && at + 1 < buf->n; at += strlen((const char *)buf->p + at) + 1) {
        if (found < n)
            ret_texts[found] = (const char *)buf->p + at;
        found++;
    }
    if (err == DMSC_OK && found != n) {
        err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read what is kept of an operation");
        dmsci_where(tree->ctx, "%.150s", key);
    }
    return err;
}

enum dmsc_err dmsci_outcome_tell(struct dmsc_tree *tree, const struct dmsci_outcome *outcome)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    char data[16];

    if (outcome->server_id[0] == '\0')
        return DMSC_OK; /* it was begun on the device */
    (void)snprintf(data, sizeof(data), "%u", outcome->result);
    alert.at = dmsci_tree_now(tree);
    alert.type = outcome->type;
    alert.mark = outcome->mark;
    alert.source = outcome->source;
    alert.correlator = outcome->correlator;
    alert.data = dmsc_bytes_str(data);
    return dmsc_alert_put(tree, outcome->server_id, &alert);
}
