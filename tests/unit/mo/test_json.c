/* SPDX-License-Identifier: Apache-2.0 */
/* JSON into the tree and out of it: tests/vectors/mo/json.txt, round trips, bombs. */
#include "tests/unit/mo/support.h"
#include <dmsc/mo_json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    static struct bed bed;

    bed_make(&bed, NULL);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    bed_clear(*state);
    return 0;
}

static enum dmsc_err import(struct bed *w, enum dmsc_tnds_mode mode, const char *json)
{
    enum dmsc_err err;

    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    err = dmsc_mo_json_import(w->tree, ".", mode, dmsc_bytes_str(json), NULL);
    /* What fails has changed nothing, so the change may go on. */
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
    return err;
}

static void assert_export(struct bed *w, const char *uri, const char *expected)
{
    struct dmsc_buf json;

    dmsc_buf_init(&json, w->ctx, 1u << 20);
    assert_int_equal(dmsc_mo_json_export(w->tree, uri, NULL, NULL, &json), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&json), expected);
    dmsc_buf_clear(&json);
}

/* "URI FORMAT VALUE" */
static void assert_leaf(struct bed *w, struct vectors *v, const char *line)
{
    char uri[128], format[16];
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;
    int at = 0;

    assert_true(sscanf(line, "%127s %15s %n", uri, format, &at) >= 2);
    dmsc_buf_init(&value, w->ctx, 10000);
    if (dmsc_tree_get(w->tree, uri, &node) != DMSC_OK)
        vec_fail(v, "there is no %s", uri);
    assert_string_equal(dmsc_format_name(node.format), format);
    if (node.format != DMSC_FORMAT_NODE) {
        assert_int_equal(dmsc_tree_value(w->tree, uri, &value), DMSC_OK);
        assert_string_equal(dmsc_buf_str(&value), line + at);
    }
    dmsc_node_clear(&node);
    dmsc_buf_clear(&value);
}

static void remove_all(struct bed *w)
{
    bool there = false;

    assert_int_equal(dmsc_tree_has(w->tree, "./T", &there), DMSC_OK);
    if (!there)
        return;
    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_delete(w->tree, "./T", true), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
}

static void vectors_hold(void **state)
{
    static const char *const modes[] = { "add", "merge", "replace" };
    struct bed *w = *state;
    struct vectors *v = vectors_open("mo/json.txt");

    while (vectors_next(v)) {
        int mode = 0;

        while (strcmp(modes[mode], vec_text(v, "mode")) != 0)
            mode++;
        if (vec_has(v, "first"))
            assert_int_equal(import(w, DMSC_TNDS_ADD, vec_text(v, "first")), DMSC_OK);
        vec_assert_err(v, import(w, (enum dmsc_tnds_mode)mode, vec_text(v, "json")));
        if (vec_has(v, "reason"))
            vec_assert_text(v, "reason", dmsc_diag_get(w->ctx)->reason);
        for (size_t i = 0; i < vec_count(v, "leaf"); i++)
            assert_leaf(w, v, vec_nth(v, "leaf", i));
        if (vec_has(v, "out"))
            assert_export(w, "./T", vec_text(v, "out"));
        remove_all(w);
    }
    vectors_close(v);
}

/* Formats that JSON has no type for. */
static void other_formats(void **state)
{
    static const struct {
        const char *name;
        enum dmsc_format format;
        const char *stored, *json, *back;
    } rows[] = {
        { "Bin", DMSC_FORMAT_BIN, "abc", "\"YWJj\"", "abc" },
        { "B64", DMSC_FORMAT_B64, "YWJj", "\"YWJj\"", "YWJj" },
        { "Xml", DMSC_FORMAT_XML, "<a/>", "\"<a/>\"", "<a/>" },
        { "Date", DMSC_FORMAT_DATE, "20260131", "\"2026-01-31\"", "2026-01-31" },
        { "Time", DMSC_FORMAT_TIME, "163000", "\"16:30:00\"", "16:30:00" },
        { "Inf", DMSC_FORMAT_FLOAT, "-INF", "\"-INF\"", "-INF" },
        { "Void", DMSC_FORMAT_INT, "", "null", "" },
    };
    struct bed *w = *state;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char expected[1024] = "{\"T\":{", uri[64];
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 1000);
    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        spec.format = rows[i].format;
        spec.value = dmsc_bytes_str(rows[i].stored);
        (void)snprintf(uri, sizeof(uri), "./T/%s", rows[i].name);
        assert_int_equal(dmsc_tree_add(w->tree, uri, &spec), DMSC_OK);
    }
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
    /* In the octet order of a walk. */
    for (size_t k = 0; k < 7; k++) {
        static const unsigned sorted[] = { 1, 0, 3, 5, 4, 6, 2 };
        size_t n = strlen(expected);

        (void)snprintf(expected + n, sizeof(expected) - n, "%s\"%s\":%s", k == 0 ? "" : ",",
                       rows[sorted[k]].name, rows[sorted[k]].json);
    }
    (void)strcat(expected, "}}");
    assert_export(w, "./T", expected);
    /* What was written is taken back. */
    assert_int_equal(import(w, DMSC_TNDS_MERGE, expected), DMSC_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(uri, sizeof(uri), "./T/%s", rows[i].name);
        assert_int_equal(dmsc_tree_value(w->tree, uri, &value), DMSC_OK);
        assert_string_equal(dmsc_buf_str(&value), rows[i].back);
    }
    dmsc_buf_clear(&value);
}

static bool no_private(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)user;
    (void)node;
    return strstr(uri, "Private") == NULL;
}

static void secrets_and_hidden_nodes_stay_out(void **state)
{
    struct dmsc_node_spec secret = DMSC_NODE_SPEC_INIT;
    struct bed *w = *state;
    struct dmsc_buf json;

    dmsc_buf_init(&json, w->ctx, 1000);
    assert_int_equal(
        import(w, DMSC_TNDS_ADD,
               "{\"T\":{\"Private\":{\"Deep\":{\"x\":1}},\"PrivateLeaf\":1,\"Open\":2}}"),
        DMSC_OK);
    secret.format = DMSC_FORMAT_CHR;
    secret.flags = DMSC_NODE_SECRET;
    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(w->tree, "./T/Key", &secret), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
    assert_int_equal(dmsc_mo_json_export(w->tree, "./T", no_private, NULL, &json), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&json), "{\"T\":{\"Open\":2}}");
    dmsc_buf_clear(&json);
}

/* Ten thousand levels: refused, whatever the parser of the library would take. */
static void bombs_are_refused(void **state)
{
    struct bed *w = *state;
    size_t levels = 10000;
    char *json = malloc(levels * 6 + 16);
    char *at = json;
    enum dmsc_err err;

    assert_non_null(json);
    for (size_t i = 0; i < levels; i++)
        at += sprintf(at, "{\"T\":");
    at += sprintf(at, "1");
    for (size_t i = 0; i < levels; i++)
        *at++ = '}';
    *at = '\0';
    err = import(w, DMSC_TNDS_ADD, json);
    assert_true(err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT);
    json[0] = '\0';
    at = json;
    for (size_t i = 0; i < 100; i++)
        at += sprintf(at, "{\"T\":");
    at += sprintf(at, "1");
    for (size_t i = 0; i < 100; i++)
        *at++ = '}';
    *at = '\0';
    assert_int_equal(import(w, DMSC_TNDS_ADD, json), DMSC_E_LIMIT);
    free(json);
    assert_int_equal(
        dmsc_mo_json_import(w->tree, ".", DMSC_TNDS_ADD, dmsc_bytes_str("{\"T\":1}"), NULL),
        DMSC_E_STATE); /* outside a change */
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct bed bed = { ctx, NULL, NULL };
    struct dmsc_buf text;
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    dmsc_buf_init(&text, ctx, 1000);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK)
        err = dmsc_mo_json_import(
            bed.tree, ".", DMSC_TNDS_ADD,
            dmsc_bytes_str(
                "{\"T\":{\"A\":1,\"B\":{\"C\":\"x\"},\"D\":{\"$fmt\":\"json\",\"$v\":[]}}}"),
            &text);
    if (err == DMSC_OK)
        err = dmsc_mo_json_import(bed.tree, ".", DMSC_TNDS_REPLACE,
                                  dmsc_bytes_str("{\"T\":{\"A\":2}}"), NULL);
    if (err == DMSC_OK)
        err = dmsc_mo_json_export(bed.tree, "./T", NULL, NULL, &text);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bed.tree);
    dmsc_buf_clear(&text);
    bed_close(&bed);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(life, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vectors_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(other_formats, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_and_hidden_nodes_stay_out, setup, teardown),
        cmocka_unit_test_setup_teardown(bombs_are_refused, setup, teardown),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
