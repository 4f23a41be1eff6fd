/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/acl.h"
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_acl_command command(struct vectors *v, const char *name)
{
    static const char *const names[] = { "Add", "Delete", "Exec", "Get", "Replace" };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            return (enum dmsc_acl_command)i;
    }
    vec_fail(v, "\"%s\" is no command", name);
    return DMSC_ACL_GET;
}

static void ask(struct vectors *v, const char *key, bool expected)
{
    char word[16];
    char id[80];

    for (size_t i = 0; i < vec_count(v, key); i++) {
        if (sscanf(vec_nth(v, key, i), "%15s %79s", word, id) != 2)
            vec_fail(v, "%s: command and identifier", key);
        if (dmsc_acl_allows(vec_text(v, "acl"), command(v, word), id) != expected)
            vec_fail(v, "%s %s %s", word, id, expected ? "is refused" : "is allowed");
    }
}

static void check_removed(struct vectors *v, struct dmsc_ctx *ctx, const char *key, bool root)
{
    struct dmsc_buf left;

    if (!vec_has(v, key))
        return;
    dmsc_buf_init(&left, ctx, 4096);
    assert_int_equal(dmsci_acl_remove(ctx, vec_text(v, "acl"), vec_text(v, "without"), root, &left),
                     DMSC_OK);
    vec_assert_text(v, key, dmsc_buf_str(&left));
    assert_true(dmsc_acl_valid(dmsc_buf_str(&left)));
    dmsc_buf_clear(&left);
}

static void req_S1_25_syntax_of_acls(void **state)
{
    struct vectors *v = vectors_open("mo/acl.txt");
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        bool valid = strcmp(vec_text(v, "valid"), "yes") == 0;

        if (dmsc_acl_valid(vec_text(v, "acl")) != valid)
            vec_fail(v, "\"%s\" is%s valid", vec_text(v, "acl"), valid ? " not" : "");
        ask(v, "may", true);
        ask(v, "not", false);
        check_removed(v, ctx, "removed", false);
        check_removed(v, ctx, "at-root", true);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void odd_arguments(void **state)
{
    struct dmsc_ctx *ctx;
    struct dmsc_buf left;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&left, ctx, 4096);
    assert_false(dmsc_acl_valid("Get=a\x01"));
    assert_false(dmsc_acl_valid("Get=\xC3"));
    assert_false(dmsc_acl_valid("Get=a\tb"));
    assert_true(dmsc_acl_allows("Get=*", DMSC_ACL_GET, NULL));
    assert_false(dmsc_acl_allows("Get=S1", DMSC_ACL_GET, NULL));
    assert_false(dmsc_acl_allows("Get=S1", DMSC_ACL_GET, ""));
    assert_int_equal(dmsci_acl_remove(ctx, "Get", "S1", false, &left), DMSC_E_MALFORMED);
    assert_int_equal(dmsci_acl_creator("S1", &left), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&left), "Add=S1&Delete=S1&Get=S1&Replace=S1");
    dmsc_buf_clear(&left);
    dmsc_ctx_free(ctx);
}

/* "node: URI kind [ACL]" */
static void plant(struct vectors *v, struct bed *bed)
{
    for (size_t i = 0; i < vec_count(v, "node"); i++) {
        char uri[80];
        char kind[16];
        char acl[120] = "";
        struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

        if (sscanf(vec_nth(v, "node", i), "%79s %15s %119s", uri, kind, acl) < 2)
            vec_fail(v, "node: URI, kind, ACL");
        spec.acl = acl;
        if (!dmsc_format_by_name(kind, &spec.format))
            vec_fail(v, "\"%s\" is no format", kind);
        bed_begin(bed);
        if (strcmp(uri, ".") == 0)
            assert_int_equal(dmsc_tree_set_acl(bed->tree, uri, acl), DMSC_OK);
        else
            assert_int_equal(dmsc_tree_add(bed->tree, uri, &spec), DMSC_OK);
        bed_commit(bed);
    }
}

static void check_effective(struct vectors *v, struct bed *bed, const char *key)
{
    for (size_t i = 0; i < vec_count(v, key); i++) {
        char uri[80];
        char expected[120];
        struct dmsc_buf acl;

        if (sscanf(vec_nth(v, key, i), "%79s %119s", uri, expected) != 2)
            vec_fail(v, "%s: URI and ACL", key);
        dmsc_buf_init(&acl, bed->ctx, 4096);
        assert_int_equal(dmsc_tree_effective_acl(bed->tree, uri, &acl), DMSC_OK);
        if (strcmp(dmsc_buf_str(&acl), expected) != 0)
            vec_fail(v, "%s: %s instead of %s", uri, dmsc_buf_str(&acl), expected);
        dmsc_buf_clear(&acl);
    }
}

static void check_asked(struct vectors *v, struct bed *bed)
{
    for (size_t i = 0; i < vec_count(v, "ask"); i++) {
        char server[16];
        char word[16];
        char uri[80];
        char answer[8];
        struct dmsc_buf acl;

        if (sscanf(vec_nth(v, "ask", i), "%15s %15s %79s %7s", server, word, uri, answer) != 4)
            vec_fail(v, "ask: server, command, URI, answer");
        dmsc_buf_init(&acl, bed->ctx, 4096);
        assert_int_equal(dmsc_tree_effective_acl(bed->tree, uri, &acl), DMSC_OK);
        if (dmsc_acl_allows(dmsc_buf_str(&acl), command(v, word), server) !=
            (strcmp(answer, "yes") == 0))
            vec_fail(v, "%s: not so", vec_nth(v, "ask", i));
        dmsc_buf_clear(&acl);
    }
}

static void req_S1_25_worked_example(void **state)
{
    struct vectors *v = vectors_open("mo/acl_tree.txt");

    (void)state;
    while (vectors_next(v)) {
        struct bed bed;

        bed_make(&bed, NULL);
        plant(v, &bed);
        check_effective(v, &bed, "effective");
        check_asked(v, &bed);
        bed_begin(&bed);
        assert_int_equal(dmsci_tree_forget_server(bed.tree, vec_text(v, "forget")), DMSC_OK);
        bed_commit(&bed);
        check_effective(v, &bed, "after");
        bed_clear(&bed);
    }
    vectors_close(v);
    req_done("S1-25");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_S1_25_syntax_of_acls),
        cmocka_unit_test(odd_arguments),
        cmocka_unit_test(req_S1_25_worked_example),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
