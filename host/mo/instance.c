/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of Management Objects: interior nodes that have a MO identifier (TND 7.7.7.3). */
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <string.h>

static bool is_instance(const struct dmsci_row *row)
{
    return row->format == DMSC_FORMAT_NODE && row->type[0] != '\0';
}

enum dmsc_err dmsc_tree_instance(struct dmsc_tree *tree, const char *uri, struct dmsc_buf *ret_urn,
                                 struct dmsc_buf *ret_root)
{
    struct dmsci_row row;
    size_t n = 0;
    enum dmsc_err err = dmsci_tree_nearest(tree, uri, is_instance, &row, &n);

    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_urn, dmsc_bytes_str(n > 0 ? row.type : ""));
    return err != DMSC_OK ? err : dmsc_buf_set(ret_root, dmsc_bytes(uri, n));
}

enum dmsc_err dmsc_tree_mo_of(struct dmsc_tree *tree, const char *uri, struct dmsc_buf *ret_urn)
{
    struct dmsci_row row;
    size_t n = 0;
    enum dmsc_err err = dmsci_tree_nearest(tree, uri, is_instance, &row, &n);

    return err != DMSC_OK ? err : dmsc_buf_set(ret_urn, dmsc_bytes_str(n > 0 ? row.type : ""));
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
