/* SPDX-License-Identifier: Apache-2.0 */
/* ClientURIs: tests/vectors/mo/client_uri.txt; each node found is named back. */
#include "tests/unit/mo/support.h"
#include <dmsc/client_uri.h>
#include <stdio.h>
#include <string.h>

/* "URI", "URI TYPE" or "URI = VALUE" */
static void add_node(struct bed *w, const char *line)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char uri[128];
    const char *rest = strchr(line, ' ');

    (void)snprintf(uri, sizeof(uri), "%.*s", rest == NULL ? (int)strlen(line) : (int)(rest - line),
                   line);
    if (rest != NULL && strncmp(rest, " = ", 3) == 0) {
        spec.format = DMSC_FORMAT_CHR;
        spec.value = dmsc_bytes_str(rest + 3);
    } else if (rest != NULL) {
        spec.type = rest + 1;
    }
    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(w->tree, uri, &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
}

struct hits {
    size_t n;
    char uri[16][128];
};

static bool note(void *user, const char *uri)
{
    struct hits *hits = user;

    assert_true(hits->n < 16);
    (void)snprintf(hits->uri[hits->n++], sizeof(hits->uri[0]), "%s", uri);
    return true;
}

static bool not_hidden(void *user, const char *uri)
{
    (void)user;
    return strstr(uri, "hidden") == NULL;
}

/* A node found has a ClientURI of its own, which finds it alone. */
static void name_back(struct bed *w, const char *uri)
{
    struct hits hits = { 0 };
    struct dmsc_buf text;

    dmsc_buf_init(&text, w->ctx, 1000);
    assert_int_equal(dmsc_client_uri_of(w->tree, uri, &text), DMSC_OK);
    assert_int_equal(dmsc_client_uri_resolve(w->tree, dmsc_buf_str(&text), NULL, note, &hits, NULL),
                     DMSC_OK);
    assert_int_equal(hits.n, 1);
    assert_string_equal(hits.uri[0], uri);
    dmsc_buf_clear(&text);
}

static void check_row(struct bed *w, struct vectors *v)
{
    struct hits hits = { 0 };
    struct dmsc_buf cv;
    enum dmsc_err err;

    dmsc_buf_init(&cv, w->ctx, 100);
    err = dmsc_client_uri_resolve(w->tree, vec_text(v, "uri"), not_hidden, note, &hits, &cv);
    vec_assert_err(v, err);
    if (vec_has(v, "reason"))
        vec_assert_text(v, "reason", dmsc_diag_get(w->ctx)->reason);
    assert_int_equal(hits.n, vec_count(v, "found"));
    for (size_t i = 0; i < hits.n; i++) {
        if (strcmp(hits.uri[i], vec_nth(v, "found", i)) != 0)
            vec_fail(v, "found %s", hits.uri[i]);
        name_back(w, hits.uri[i]);
    }
    if (err == DMSC_OK)
        assert_string_equal(dmsc_buf_str(&cv), vec_text_or(v, "cv", ""));
    dmsc_buf_clear(&cv);
}

static void client_uris_name_nodes(void **state)
{
    struct vectors *v = vectors_open("mo/client_uri.txt");
    struct bed w;

    (void)state;
    bed_make(&w, NULL);
    while (vectors_next(v)) {
        for (size_t i = 0; i < vec_count(v, "node"); i++)
            add_node(&w, vec_nth(v, "node", i));
        if (!vec_has(v, "node"))
            check_row(&w, v);
    }
    vectors_close(v);
    bed_clear(&w);
}

/* A hundred instances with a hundred children each: found without a look at anything else. */
static bool count(void *user, const char *uri)
{
    unsigned *n = user;

    (void)uri;
    return ++*n < 50;
}

static void finding_can_be_stopped(void **state)
{
    struct bed w;
    unsigned n = 0;
    char line[64];

    (void)state;
    bed_make(&w, NULL);
    for (unsigned i = 0; i < 10; i++) {
        (void)snprintf(line, sizeof(line), "./m%u urn:x:many:1.0", i);
        add_node(&w, line);
        for (unsigned k = 0; k < 20; k++) {
            (void)snprintf(line, sizeof(line), "./m%u/%u = x", i, k);
            add_node(&w, line);
        }
    }
    assert_int_equal(dmsc_client_uri_resolve(w.tree, "urn:x:many:1.0/*/*", NULL, count, &n, NULL),
                     DMSC_OK);
    assert_int_equal(n, 50);
    bed_clear(&w);
}

static void no_instance_no_name(void **state)
{
    struct dmsc_buf text;
    struct bed w;

    (void)state;
    bed_make(&w, NULL);
    dmsc_buf_init(&text, w.ctx, 1000);
    add_node(&w, "./A = x");
    assert_int_equal(dmsc_client_uri_of(w.tree, "./A", &text), DMSC_E_NOTFOUND);
    assert_int_equal(text.n, 0);
    dmsc_buf_clear(&text);
    bed_clear(&w);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT, leaf = DMSC_NODE_SPEC_INIT;
    struct bed bed = { ctx, NULL, NULL };
    struct hits hits = { 0 };
    struct dmsc_buf text;
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    dmsc_buf_init(&text, ctx, 1000);
    spec.type = "urn:x:one:1.0";
    leaf.format = DMSC_FORMAT_CHR;
    leaf.value = dmsc_bytes_str("v");
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK)
        err = dmsc_tree_add(bed.tree, "./m", &spec);
    if (err == DMSC_OK)
        err = dmsc_tree_add(bed.tree, "./m/A", &leaf);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bed.tree);
    if (err == DMSC_OK)
        err = dmsc_client_uri_resolve(bed.tree, "urn:x:one:1.0/(x)/*?nv=(x)/A:v&cv=1", NULL, note,
                                      &hits, &text);
    if (err == DMSC_OK)
        err = dmsc_client_uri_of(bed.tree, "./m/A", &text);
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
        cmocka_unit_test(client_uris_name_nodes),
        cmocka_unit_test(finding_can_be_stopped),
        cmocka_unit_test(no_instance_no_name),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
