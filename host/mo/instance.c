/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of Management Objects: interior nodes that have a MO identifier (TND 7.7.7.3). */
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <string.h>

enum dmsc_err dmsc_tree_instance(struct dmsc_tree *tree, const char *uri, struct dmsc_buf *ret_urn,
                                 struct dmsc_buf *ret_root)
{
    char *at = dmsci_strdup(tree->ctx, uri);
    size_t n = strlen(uri);
    enum dmsc_err err = at == NULL ? DMSC_E_NOMEM : DMSC_OK;

    while (err == DMSC_OK && n > 0) {
        struct dmsci_row row;
        bool there = false;

        at[n] = '\0';
        err = dmsci_row_get(tree->store, at, &row, &there);
        if (err == DMSC_OK && there && row.format == DMSC_FORMAT_NODE && row.type[0] != '\0') {
            err = dmsc_buf_set(ret_urn, dmsc_bytes_str(row.type));
            if (err == DMSC_OK)
                err = dmsc_buf_set(ret_root, dmsc_bytes(at, n));
            dmsci_free(tree->ctx, at);
            return err;
        }
        n = dmsci_uri_parent_length(at);
    }
    dmsci_free(tree->ctx, at);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_reset(ret_urn);
    dmsc_buf_reset(ret_root);
    return DMSC_OK;
}

/* What would be read as something else in a ClientURI, and the dot that stands for "/" here. */
static bool plain(unsigned char c)
{
    return c > 0x20 && c < 0x7F && strchr("%/?#&=:()*.", c) == NULL;
}

enum dmsc_err dmsc_miid_of_uri(const char *uri, struct dmsc_buf *ret_miid)
{
    enum dmsc_err err = DMSC_OK;
    size_t before = ret_miid->n;

    if (strcmp(uri, ".") == 0)
        return dmsc_buf_append_str(ret_miid, ".");
    for (const char *p = uri + 2; *p != '\0' && err == DMSC_OK; p++) {
        unsigned char c = (unsigned char)*p;

        if (c == '/')
            err = dmsc_buf_append_u8(ret_miid, '.');
        else if (plain(c))
            err = dmsc_buf_append_u8(ret_miid, c);
        else
            err = dmsci_buf_printf(ret_miid, "%%%02X", c);
    }
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_miid, before);
    return err;
}

enum dmsc_err dmsc_miid_to_uri(struct dmsc_ctx *ctx, const char *miid, struct dmsc_buf *ret_uri)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    if (strcmp(miid, ".") == 0)
        return dmsc_buf_append_str(ret_uri, ".");
    dmsc_buf_init(&text, ctx, dmsc_ctx_limits(ctx)->uri_length * 3 + 3);
    err = dmsc_buf_append_str(&text, "./");
    /* The dots are separators; all else, percent-encoding too, is what a LocURI reads. */
    for (const char *p = miid; *p != '\0' && err == DMSC_OK; p++)
        err = dmsc_buf_append_u8(&text, *p == '.' ? '/' : (uint8_t)*p);
    if (err == DMSC_OK && strchr(miid, '/') != NULL) {
        err = dmsci_fail(ctx, DMSC_E_MALFORMED, "read the instance identifier %s", miid);
        dmsci_why(ctx, "miid:slash", "an instance identifier has no slash");
    }
    if (err == DMSC_OK)
        err = dmsc_uri_normalise(ctx, dmsc_buf_str(&text), ret_uri, NULL);
    dmsc_buf_clear(&text);
    return err;
}
