/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "simulator/server/scenario.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <string.h>

static void vectors(void **state)
{
    struct vectors *v = vectors_open("scenario.txt");
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        struct server_scenario *s = NULL;
        enum dmsc_err err =
            server_scenario_parse(ctx, "some/where.json", dmsc_bytes_str(vec_text(v, "json")), &s);

        vec_assert_err(v, err);
        if (err != DMSC_OK) {
            const struct dmsc_diag *diag = dmsc_diag_get(ctx);

            assert_string_equal(diag->what, "read the scenario some/where.json");
            vec_assert_text(v, "where", diag->where);
            if (vec_has(v, "why"))
                vec_assert_text(v, "why", diag->why);
            assert_true(diag->why[0] != '\0');
            continue;
        }
        vec_assert_number(v, "steps", s->step_count);
        vec_assert_number(v, "commands", s->command_count);
        assert_string_equal(s->certificate, "some/c.pem");
        server_scenario_free(s);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void what_a_scenario_says(void **state)
{
    static const char text[] =
        "{\"server_id\":\"a\",\"certificate\":\"/c\",\"key\":\"k\",\"client_ca\":\"d\",\"steps\":["
        "{\"commands\":[{\"sequence\":[{\"replace\":\"./B\",\"data\":\"\"},{\"atomic\":["
        "{\"get\":\"./C\",\"expect_data\":\"x\"}]}]},{\"get\":\"./D\"}]},"
        "{\"commands\":[{\"alert\":1223}]}]}";
    struct server_scenario *s = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(server_scenario_parse(ctx, "s.json", dmsc_bytes_str(text), &s), DMSC_OK);
    assert_string_equal(s->certificate, "/c");
    assert_string_equal(s->key, "k");
    assert_string_equal(s->listen, "127.0.0.1:0");
    assert_string_equal(s->path, "/dm");
    assert_int_equal(s->steps[0].first, 0);
    assert_int_equal(s->steps[0].count, 5);
    assert_int_equal(s->steps[1].first, 5);
    assert_int_equal(s->steps[1].count, 1);
    assert_int_equal(s->commands[0].parent, SERVER_TOP);
    assert_int_equal(s->commands[1].parent, 0);
    assert_true(s->commands[1].has_data);
    assert_int_equal(s->commands[2].kind, DMSCI_N_Atomic);
    assert_int_equal(s->commands[3].parent, 2);
    assert_string_equal(s->commands[3].expect_data, "x");
    assert_int_equal(s->commands[3].expect[0], 200);
    assert_int_equal(s->commands[4].parent, SERVER_TOP);
    assert_int_equal(s->commands[5].expect_count, 0);
    server_scenario_free(s);
    dmsc_ctx_free(ctx);
}

static void data_from_a_file(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct server_scenario *s = NULL;
    struct dmsc_ctx *ctx = NULL;
    FILE *file;

    (void)state;
    support_mkdir(dir);
    (void)snprintf(path, sizeof(path), "%s/o.xml", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("<MgmtTree/>", file);
    (void)fclose(file);
    (void)snprintf(path, sizeof(path), "%s/s.json", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("{\"server_id\":\"a\",\"certificate\":\"c\",\"key\":\"k\",\"client_ca\":\"d\","
                "\"steps\":[{\"commands\":[{\"replace\":\"./Inbox\",\"data_file\":\"o.xml\"}]}]}",
                file);
    (void)fclose(file);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(server_scenario_load(ctx, path, &s), DMSC_OK);
    assert_true(dmsc_bytes_equal(s->commands[0].data, dmsc_bytes_str("<MgmtTree/>")));
    server_scenario_free(s);
    s = NULL;
    (void)snprintf(path, sizeof(path), "%s/o.xml", dir);
    assert_int_equal(remove(path), 0);
    (void)snprintf(path, sizeof(path), "%s/s.json", dir);
    assert_int_equal(server_scenario_load(ctx, path, &s), DMSC_E_IO);
    assert_int_equal(server_scenario_load(ctx, "/nowhere/at.all", &s), DMSC_E_IO);
    assert_null(s);
    dmsc_ctx_free(ctx);
    support_rmdir(dir);
}

static enum dmsc_err parse(struct dmsc_ctx *ctx, void *user)
{
    struct server_scenario *s = NULL;
    enum dmsc_err err = server_scenario_parse(ctx, "s.json", dmsc_bytes_str(user), &s);

    server_scenario_free(s);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    char text[] = "{\"server_id\":\"a\",\"certificate\":\"c\",\"key\":\"k\",\"client_ca\":\"d\","
                  "\"steps\":[{\"commands\":[{\"get\":\"./A\"}]}]}";

    (void)state;
    assert_in_range(fault_torture(parse, text), 5, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(what_a_scenario_says),
        cmocka_unit_test(data_from_a_file),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
