/* SPDX-License-Identifier: Apache-2.0 */
/* Card profiles: what is refused and why, inheritance, and "dump, load, dump". */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
#include <string.h>

static const char minimal[] =
    "\"3F00\": {\"type\": \"df\", \"arr\": \"2F06:1\"}, \"3F00/2F06\": {\"type\": "
    "\"linear-fixed\", \"records\": 2, \"record_length\": 8, \"arr\": \"2F06:1\", \"content\": "
    "[\"80017F9000\"]}";

/* "{MF" and what follows: MF stands for the minimal card system. */
static void expand(const char *json, struct dmsc_buf *ret_text)
{
    const char *mf = strstr(json, "{MF");

    assert_int_equal(
        dmsc_buf_append(ret_text,
                        dmsc_bytes(json, mf == NULL ? strlen(json) : (size_t)(mf - json) + 1)),
        DMSC_OK);
    if (mf != NULL) {
        assert_int_equal(dmsc_buf_append_str(ret_text, minimal), DMSC_OK);
        assert_int_equal(dmsc_buf_append_str(ret_text, mf + 3), DMSC_OK);
    }
}

static void try_vector(struct vectors *v, struct dmsc_ctx *ctx)
{
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, 65536);
    expand(vec_text(v, "json"), &text);
    err = dmsc_sim_new_text(ctx, dmsc_buf_bytes(&text), NULL, NULL, &sim);
    if (err != vec_err(v, "error"))
        vec_fail(v, "%s: %s: %s", dmsc_err_name(err), dmsc_diag_get(ctx)->where,
                 dmsc_diag_get(ctx)->why);
    vec_assert_err(v, err);
    if (err != DMSC_OK) {
        assert_null(sim);
        assert_non_null(strstr(dmsc_diag_get(ctx)->what, "card profile (text)"));
        vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
        if (vec_has(v, "where"))
            vec_assert_text(v, "where", dmsc_diag_get(ctx)->where);
        assert_string_not_equal(dmsc_diag_get(ctx)->why, "");
    }
    dmsc_sim_free(sim);
    dmsc_buf_clear(&text);
}

static void refusals_name_place_and_reason(void **state)
{
    struct vectors *v = vectors_open("sim_profile.txt");
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    while (vectors_next(v))
        try_vector(v, ctx);
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[SUPPORT_PATH_MAX + 64];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static enum dmsc_err load(struct dmsc_ctx *ctx, const char *directory, const char *name,
                          struct dmsc_sim **ret_sim)
{
    char path[SUPPORT_PATH_MAX + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return dmsc_sim_new(ctx, path, NULL, ret_sim);
}

#define BASE                                                                                       \
    "{\"name\": \"base\", \"atr\": \"3B00\", \"pins\": {\"01\": {\"value\": \"1234\"}},"           \
    "\"files\": {\"3F00\": {\"type\": \"df\", \"compact\": \"00\"},"                               \
    "\"3F00/2F01\": {\"type\": \"transparent\", \"size\": 2, \"compact\": \"0100\","               \
    "\"content\": \"0102\"},"                                                                      \
    "\"3F00/2F02\": {\"type\": \"transparent\", \"size\": 2, \"compact\": \"0100\"}}}"

static void inheritance_replaces_key_by_key(void **state)
{
    char directory[SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = NULL;

    (void)state;
    support_mkdir(directory);
    write_file(directory, "base.json", BASE);
    write_file(directory, "middle.json",
               "{\"base\": \"base.json\", \"name\": \"middle\", \"pins\": {\"01\": {\"tries\": 5}},"
               "\"files\": {\"3F00/2F01\": {\"content\": \"03\"}, \"3F00/2F02\": null}}");
    write_file(directory, "top.json",
               "{\"base\": \"middle.json\", \"files\": {\"3F00/2F03\": {\"type\": \"transparent\","
               "\"size\": 1, \"compact\": \"0100\"}}}");
    assert_int_equal(load(ctx, directory, "top.json", &sim), DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    assert_string_equal(dmsc_sim_name(sim), "middle");
    card_content(sim, "3F00/2F01", "03FF");
    card_content(sim, "3F00/2F03", "FF");
    card_expect(sim, "00A4000C022F02", "6A82");
    card_expect(sim, "00200001", "63C5");
    dmsc_sim_free(sim);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

static void a_mistake_is_told_of_the_file_it_is_in(void **state)
{
    char directory[SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = NULL;

    (void)state;
    support_mkdir(directory);
    write_file(directory, "base.json",
               "{\"atr\": \"3B00\", \"files\": {\"3F00\": {\"type\": \"df\", \"compact\": \"00\"},"
               "\"3F00/2F01\": {\"type\": \"transparent\", \"size\": 1, \"compact\": \"0\"}}}");
    write_file(directory, "top.json", "{\"base\": \"base.json\"}");
    assert_int_equal(load(ctx, directory, "top.json", &sim), DMSC_E_MALFORMED);
    assert_non_null(strstr(dmsc_diag_get(ctx)->what, "/base.json"));
    assert_string_equal(dmsc_diag_get(ctx)->where, "files.3F00/2F01.compact");
    /* There is no such base, and a chain without an end. */
    write_file(directory, "top.json", "{\"base\": \"nobody.json\"}");
    assert_int_equal(load(ctx, directory, "top.json", &sim), DMSC_E_IO);
    assert_non_null(strstr(dmsc_diag_get(ctx)->what, "/nobody.json"));
    write_file(directory, "top.json", "{\"base\": \"top.json\"}");
    assert_int_equal(load(ctx, directory, "top.json", &sim), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "profile:base");
    assert_null(sim);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

static void dump_load_dump(void **state)
{
    static const char *const names[] = { "blank", "example" };
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        struct dmsc_sim *sim = card_new(ctx, names[i], NULL), *again = NULL;
        struct dmsc_buf first, second;

        dmsc_buf_init(&first, ctx, 1u << 20);
        dmsc_buf_init(&second, ctx, 1u << 20);
        /* A cyclic EF whose newest record is not at the beginning, a counter, odd characters. */
        card_expect(sim, "0020000A084444444444444444", "9000");
        card_expect(sim, "0020000108 30303030FFFFFFFF", "63C2");
        card_expect(sim, "00A4040C0CF0444D53432D554943430100", "9000");
        card_expect(sim, "00DC000B30 5A*48", "9000");
        card_expect(sim, "00D6820004 00112233", "9000");
        assert_int_equal(dmsc_sim_dump(sim, &first), DMSC_OK);
        assert_int_equal(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&first), NULL, NULL, &again),
                         DMSC_OK);
        assert_int_equal(dmsc_sim_dump(again, &second), DMSC_OK);
        assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
        dmsc_sim_power(again, DMSC_POWER_COLD);
        card_expect(again, "00A4040C0CF0444D53432D554943430100", "9000");
        card_expect(again, "00B2010C30", "5A*48 9000");
        card_expect(again, "00200001", "63C2");
        dmsc_buf_clear(&first);
        dmsc_buf_clear(&second);
        dmsc_sim_free(sim);
        dmsc_sim_free(again);
    }
    dmsc_ctx_free(ctx);
}

static void names_may_hold_anything(void **state)
{
    static const char json[] =
        "{\"name\": \"a\\\"b\\\\c\\u0001\\u00E4\", \"atr\": \"3B00\", \"files\": {\"3F00\": "
        "{\"type\": \"df\", \"compact\": \"00\", \"name\": \"\\n\"}}}";
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = NULL, *again = NULL;
    struct dmsc_buf dump;

    (void)state;
    dmsc_buf_init(&dump, ctx, 65536);
    assert_int_equal(dmsc_sim_new_text(ctx, dmsc_bytes_str(json), NULL, NULL, &sim), DMSC_OK);
    assert_int_equal(dmsc_sim_dump(sim, &dump), DMSC_OK);
    assert_int_equal(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&dump), NULL, NULL, &again), DMSC_OK);
    assert_string_equal(dmsc_sim_name(again), "a\"b\\c\001\xC3\xA4");
    dmsc_buf_clear(&dump);
    dmsc_sim_free(sim);
    dmsc_sim_free(again);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err load_example(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf dump;
    enum dmsc_err err = dmsc_sim_new(ctx, user, NULL, &sim);

    dmsc_buf_init(&dump, ctx, 1u << 20);
    if (err == DMSC_OK)
        err = dmsc_sim_dump(sim, &dump);
    dmsc_buf_clear(&dump);
    dmsc_sim_free(sim);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    char path[SUPPORT_PATH_MAX];

    (void)state;
    support_path("card-scripts/example.json", path);
    assert_true(fault_torture(load_example, path) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_place_and_reason),
        cmocka_unit_test(inheritance_replaces_key_by_key),
        cmocka_unit_test(a_mistake_is_told_of_the_file_it_is_in),
        cmocka_unit_test(dump_load_dump),
        cmocka_unit_test(names_may_hold_anything),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
