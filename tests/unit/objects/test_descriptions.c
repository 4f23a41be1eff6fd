/* SPDX-License-Identifier: Apache-2.0 */
/* The standard objects: what the library holds is what its files say, and the document type agrees.
 */
#include "tests/unit/mo/support.h"
#include <dmsc/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DTD "../shared/corpus/dm1/hostap-hs20/dm_ddf-v1_2.dtd"

static void no_defect(void *user, const char *defect, const char *where)
{
    (void)user;
    fail_msg("%s: %s", where, defect);
}

static void exported(struct dmsc_ctx *ctx, const struct dmsc_ddf *ddf, struct dmsc_buf *xml)
{
    dmsc_buf_init(xml, ctx, 1 << 20);
    assert_int_equal(dmsc_ddf_export(ddf, xml), DMSC_OK);
}

struct seen {
    struct dmsc_ctx *ctx;
    unsigned files, objects;
    char last[64];
};

/* By name and by kind the same; in order; and where there is a file, equal to it. */
static bool look(void *user, const struct dmsc_object *object)
{
    struct seen *seen = user;
    char path[128];
    struct dmsc_ddf *by_name = NULL, *by_kind = NULL, *from_file = NULL;
    struct dmsc_buf name, kind, file;

    assert_true(strcmp(seen->last, object->name) < 0);
    (void)snprintf(seen->last, sizeof(seen->last), "%s", object->name);
    seen->objects++;
    assert_int_equal(dmsc_object_ddf(seen->ctx, object->name, &by_name), DMSC_OK);
    assert_int_equal(dmsc_object_ddf(seen->ctx, object->moid, &by_kind), DMSC_OK);
    exported(seen->ctx, by_name, &name);
    exported(seen->ctx, by_kind, &kind);
    assert_string_equal(dmsc_buf_str(&name), dmsc_buf_str(&kind));
    assert_non_null(strstr(dmsc_buf_str(&name), object->moid));
    (void)snprintf(path, sizeof(path), "host/objects/ddf/%s.ddf", object->name);
    if (support_exists(path)) {
        struct dmsc_bytes xml = support_slurp_exact(path);

        assert_int_equal(dmsc_ddf_load(seen->ctx, xml, no_defect, NULL, &from_file), DMSC_OK);
        exported(seen->ctx, from_file, &file);
        assert_string_equal(dmsc_buf_str(&name), dmsc_buf_str(&file));
        dmsc_buf_clear(&file);
        dmsc_ddf_free(from_file);
        support_free(xml);
        seen->files++;
    }
    dmsc_buf_clear(&name);
    dmsc_buf_clear(&kind);
    dmsc_ddf_free(by_name);
    dmsc_ddf_free(by_kind);
    return true;
}

static void the_library_holds_what_the_files_say(void **state)
{
    struct seen seen = { NULL, 0, 0, "" };
    struct dmsc_ddf *none = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &seen.ctx), DMSC_OK);
    dmsc_object_walk(look, &seen);
    assert_int_equal(seen.objects, 12);
    assert_int_equal(seen.files, 9);
    assert_int_equal(dmsc_object_ddf(seen.ctx, "fumo-9.9", &none), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_diag_get(seen.ctx)->reason, "object:unknown");
    assert_null(none);
    dmsc_ctx_free(seen.ctx);
}

static bool judged(void *user, const struct dmsc_object *object)
{
    struct seen *seen = user;
    char path[SUPPORT_PATH_MAX + 64], command[4 * SUPPORT_PATH_MAX], dtd[SUPPORT_PATH_MAX];
    struct dmsc_ddf *ddf = NULL;
    struct dmsc_buf xml;
    FILE *f;

    assert_int_equal(dmsc_object_ddf(seen->ctx, object->name, &ddf), DMSC_OK);
    exported(seen->ctx, ddf, &xml);
    (void)snprintf(path, sizeof(path), "%s/object.ddf", seen->last);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(xml.p, 1, xml.n, f), xml.n);
    assert_int_equal(fclose(f), 0);
    support_path(DTD, dtd);
    (void)snprintf(command, sizeof(command), "xmllint --nonet --noout --dtdvalid '%s' '%s'", dtd,
                   path);
    if (system(command) != 0)
        fail_msg("%s is not valid", object->name);
    dmsc_buf_clear(&xml);
    dmsc_ddf_free(ddf);
    return true;
}

/* A judge of others: OMA's document type. */
static void the_document_type_agrees(void **state)
{
    struct seen seen = { NULL, 0, 0, "" };
    char folder[SUPPORT_PATH_MAX];

    (void)state;
    if (!support_exists(DTD) || system("xmllint --version >/dev/null 2>&1") != 0)
        support_skip("the published document type, or xmllint, is not here");
    support_mkdir(folder);
    assert_true((size_t)snprintf(seen.last, sizeof(seen.last), "%s", folder) < sizeof(seen.last));
    assert_int_equal(dmsc_ctx_new(NULL, &seen.ctx), DMSC_OK);
    dmsc_object_walk(judged, &seen);
    dmsc_ctx_free(seen.ctx);
    support_rmdir(folder);
}

/* Ext is where a vendor puts what he wants; elsewhere an object is what its description says. */
static void ext_is_open(void **state)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_ddf *ddf = NULL;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_object_ddf(bed.ctx, "devinfo-1.0", &ddf), DMSC_OK);
    assert_int_equal(dmsc_tree_describe(bed.tree, ddf, NULL), DMSC_OK);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_make_described(bed.tree, "./DevInfo"), DMSC_OK);
    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.value = dmsc_bytes_str("x");
    assert_int_equal(dmsc_tree_add(bed.tree, "./DevInfo/Ext/vendor/deep/Leaf", &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_get(bed.tree, "./DevInfo/Ext", &node), DMSC_OK);
    assert_int_equal(node.access, DMSC_ACCESS_GET);
    assert_int_equal(node.flags, DMSC_NODE_PERMANENT);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_get(bed.tree, "./DevInfo/Ext/vendor/deep/Leaf", &node), DMSC_OK);
    assert_int_equal(node.access, DMSC_ACCESS_DYNAMIC);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./DevInfo/Ext/vendor", false), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./DevInfo/Serial", &spec), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "ddf:unknown");
    assert_int_equal(dmsc_tree_add(bed.tree, "./DevInfo/Bearer/x", &spec), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "ddf:unknown");
    dmsc_tree_undescribe(bed.tree, "./DevInfo");
    assert_int_equal(dmsc_tree_add(bed.tree, "./DevInfo/Serial", &spec), DMSC_OK);
    bed_commit(&bed);
    dmsc_ddf_free(ddf); /* nothing describes any more */
    bed_clear(&bed);
}

/* --- a device's table of connections, as network access points ------------------------------- */

struct connection {
    char apn[32];
    const char *dns[2]; /* NULL: no more */
    char heard[64];
};

static enum dmsc_err give(void *user, const char *path, struct dmsc_buf *ret_value)
{
    struct connection *c = user;

    if (strcmp(path, "NAPID") == 0)
        return dmsc_buf_append_str(ret_value, "internet");
    if (strcmp(path, "Addr") == 0)
        return dmsc_buf_append_str(ret_value, c->apn);
    if (strncmp(path, "IPv4/DNS/", 9) == 0 && strcmp(path + 10, "/DNSAddr") == 0)
        return dmsc_buf_append_str(ret_value, c->dns[path[9] - '1']);
    return DMSC_E_NOTFOUND;
}

static enum dmsc_err show(void *user, const char *path,
                          bool (*child)(void *to, const char *name,
                                        const struct dmsc_node_spec *node),
                          void *to)
{
    struct connection *c = user;
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT, node = DMSC_NODE_SPEC_INIT;

    leaf.format = DMSC_FORMAT_CHR;
    leaf.type = "text/plain";
    if (path[0] == '\0')
        (void)(child(to, "NAPID", &leaf) && child(to, "Addr", &leaf) && child(to, "IPv4", &node));
    else if (strcmp(path, "IPv4") == 0)
        (void)child(to, "DNS", &node);
    else if (strcmp(path, "IPv4/DNS") == 0)
        (void)(c->dns[0] == NULL ||
               (child(to, "1", &node) && (c->dns[1] == NULL || child(to, "2", &node))));
    else if (strncmp(path, "IPv4/DNS/", 9) == 0)
        (void)child(to, "DNSAddr", &leaf);
    return DMSC_OK;
}

static enum dmsc_err take(void *user, const char *path, struct dmsc_bytes value)
{
    struct connection *c = user;

    (void)snprintf(c->heard, sizeof(c->heard), "%s=%.*s", path, (int)value.n,
                   (const char *)value.p);
    if (strcmp(path, "Addr") != 0 || value.n >= sizeof(c->apn))
        return DMSC_E_ARG;
    (void)snprintf(c->apn, sizeof(c->apn), "%.*s", (int)value.n, (const char *)value.p);
    return DMSC_OK;
}

static const struct dmsc_mo_ops connection_ops = { .get = give, .list = show, .set = take };

#define NAP "./NAP/Internet"

static void a_connection_is_a_standard_object(void **state)
{
    struct connection c = { "ims", { "192.0.2.1", "192.0.2.2" }, "" };
    struct dmsc_object_binding *binding = NULL, *other = NULL;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf dump;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(
        dmsc_object_bind(bed.tree, "connmo-nap-1.0", NAP, 1, &connection_ops, &c, &binding),
        DMSC_OK);
    assert_int_equal(
        dmsc_object_bind(bed.tree, "connmo-nap-1.0", NAP, 1, &connection_ops, &c, &other),
        DMSC_E_EXISTS);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_refresh(bed.tree, NAP), DMSC_OK);
    bed_commit(&bed);
    dump = bed_dump(&bed, NAP);
    assert_non_null(strstr(dmsc_buf_str(&dump), "urn:oma:mo:oma-connmo-nap:1.0"));
    assert_non_null(strstr(dmsc_buf_str(&dump), "192.0.2.2"));
    assert_non_null(strstr(dmsc_buf_str(&dump), NAP "/Addr"));
    dmsc_buf_clear(&dump);
    /* The device loses one, a server sets another. */
    c.dns[1] = NULL;
    bed_begin(&bed);
    assert_int_equal(
        dmsc_tree_replace(bed.tree, NAP "/Addr", NULL, NULL, dmsc_bytes_str("internet")), DMSC_OK);
    assert_string_equal(c.heard, "Addr=internet");
    assert_int_equal(dmsc_tree_replace(bed.tree, NAP "/NAPID", NULL, NULL, dmsc_bytes_str("x")),
                     DMSC_E_ARG);
    spec.format = DMSC_FORMAT_CHR;
    assert_int_equal(dmsc_tree_add(bed.tree, NAP "/Secret", &spec), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "ddf:unknown");
    assert_int_equal(dmsc_tree_refresh(bed.tree, NAP), DMSC_OK);
    bed_commit(&bed);
    dump = bed_dump(&bed, NAP);
    assert_null(strstr(dmsc_buf_str(&dump), "192.0.2.2"));
    assert_non_null(strstr(dmsc_buf_str(&dump), "internet"));
    dmsc_buf_clear(&dump);
    dmsc_object_unbind(binding);
    assert_int_equal(
        dmsc_object_bind(bed.tree, "connmo-9.9", NAP, 1, &connection_ops, &c, &binding),
        DMSC_E_NOTFOUND);
    assert_int_equal(
        dmsc_object_bind(bed.tree, "connmo-nap-1.0", NAP, 2, &connection_ops, &c, &binding),
        DMSC_OK);
    dmsc_object_unbind(binding);
    bed_clear(&bed);
}

static enum dmsc_err bound(struct dmsc_ctx *ctx, void *user)
{
    struct connection c = { "ims", { "192.0.2.1", NULL }, "" };
    struct dmsc_object_binding *binding = NULL;
    struct bed bed = { ctx, NULL, NULL };
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_object_bind(bed.tree, "connmo-nap-1.0", NAP, 1, &connection_ops, &c, &binding);
    dmsc_object_unbind(binding);
    bed_close(&bed);
    return err;
}

static enum dmsc_err made(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_ddf *ddf = NULL;
    enum dmsc_err err = dmsc_object_ddf(ctx, user, &ddf);

    dmsc_ddf_free(ddf);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    char name[] = "scomo-1.0";

    (void)state;
    assert_true(fault_torture(made, name) > 5);
    assert_true(fault_torture(bound, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_holds_what_the_files_say),
        cmocka_unit_test(the_document_type_agrees),
        cmocka_unit_test(ext_is_open),
        cmocka_unit_test(a_connection_is_a_standard_object),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
