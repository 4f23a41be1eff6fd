/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mo/support.h"

enum dmsc_err bed_set_key(struct dmsc_store *store, struct dmsc_ctx *ctx)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;
    enum dmsc_err err =
        dmsc_secret_set(&key, ctx, dmsc_bytes_str("32 bytes that nobody else knows."));

    if (err == DMSC_OK)
        err = dmsc_store_set_key(store, &key);
    dmsc_secret_clear(&key);
    return err;
}

enum dmsc_err bed_open(struct bed *bed, const char *root_acl)
{
    enum dmsc_err err = dmsc_store_open(bed->ctx, NULL, &bed->store);

    if (err == DMSC_OK)
        err = bed_set_key(bed->store, bed->ctx);
    if (err == DMSC_OK)
        err = dmsc_tree_open(bed->ctx, bed->store, root_acl, &bed->tree);
    return err;
}

void bed_close(struct bed *bed)
{
    dmsc_tree_close(bed->tree);
    dmsc_store_close(bed->store);
}

void bed_make(struct bed *bed, const char *root_acl)
{
    *bed = (struct bed){ NULL, NULL, NULL };
    assert_int_equal(dmsc_ctx_new(NULL, &bed->ctx), DMSC_OK);
    assert_int_equal(bed_open(bed, root_acl), DMSC_OK);
}

void bed_clear(struct bed *bed)
{
    bed_close(bed);
    dmsc_ctx_free(bed->ctx);
}

void bed_begin(struct bed *bed)
{
    assert_int_equal(dmsc_tree_begin(bed->tree, "test", 1000), DMSC_OK);
}

void bed_commit(struct bed *bed)
{
    assert_int_equal(dmsc_tree_commit(bed->tree), DMSC_OK);
}

void bed_add(struct bed *bed, const char *uri, enum dmsc_format format, const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = format;
    spec.value = dmsc_bytes_str(value);
    bed_begin(bed);
    assert_int_equal(dmsc_tree_add(bed->tree, uri, &spec), DMSC_OK);
    bed_commit(bed);
}

struct dump {
    struct bed *bed;
    struct dmsc_buf *to;
};

static enum dmsc_err dump_node(void *user, const char *uri, const struct dmsc_node *node)
{
    struct dump *d = user;
    struct dmsc_buf value;

    assert_int_equal(dmsci_buf_printf(d->to, "%s %s type=%s title=%s acl=%s", uri,
                                      dmsc_format_name(node->format), node->type, node->title,
                                      node->acl),
                     DMSC_OK);
    if (node->flags != 0)
        assert_int_equal(dmsci_buf_printf(d->to, " flags=%u", node->flags), DMSC_OK);
    dmsc_buf_init(&value, d->bed->ctx, SIZE_MAX / 2);
    if (node->format != DMSC_FORMAT_NODE) {
        assert_int_equal(dmsc_tree_value(d->bed->tree, uri, &value), DMSC_OK);
        assert_int_equal(node->size_bytes, value.n);
        assert_int_equal(dmsc_buf_append_str(d->to, " value="), DMSC_OK);
        for (size_t i = 0; i < value.n; i++) {
            bool plain = value.p[i] >= ' ' && value.p[i] < 0x7F && value.p[i] != '\\';

            assert_int_equal(dmsci_buf_printf(d->to, plain ? "%c" : "\\%02X", (unsigned)value.p[i]),
                             DMSC_OK);
        }
    }
    dmsc_buf_clear(&value);
    return dmsc_buf_append_str(d->to, "\n");
}

struct dmsc_buf bed_dump(struct bed *bed, const char *uri)
{
    struct dmsc_buf text;
    struct dump d = { bed, &text };

    dmsc_buf_init(&text, bed->ctx, SIZE_MAX / 2);
    assert_int_equal(dmsc_tree_walk(bed->tree, uri, dump_node, &d), DMSC_OK);
    return text;
}

const char *bed_reason(const struct bed *bed)
{
    return dmsc_diag_get(bed->ctx)->reason;
}
