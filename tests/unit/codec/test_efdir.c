/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/efdir.h>
#include <string.h>

#define RECORD_MAX 256

static void compare(struct vectors *v, const struct dmsc_application *app)
{
    const char *name = dmsc_aid_name(app->aid);

    vec_assert_hex(v, "aid", app->aid);
    if (vec_has(v, "label") || app->label.n > 0)
        vec_assert_hex(v, "label", app->label);
    if (vec_has(v, "path") || app->path.n > 0)
        vec_assert_hex(v, "path", app->path);
    if (vec_has(v, "app") || name != NULL)
        vec_assert_text(v, "app", name != NULL ? name : "(none)");
}

static void survives(void *user, struct dmsc_bytes changed)
{
    uint8_t block[RECORD_MAX], again[RECORD_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_wr w2 = dmsc_wr(again, sizeof(again));
    struct dmsc_application app, second;

    (void)user;
    if (dmsc_application_decode(changed, &app) != DMSC_OK)
        return;
    (void)dmsc_aid_name(app.aid);
    assert_int_equal(dmsc_application_encode(&app, &w), DMSC_OK);
    assert_int_equal(dmsc_application_decode(dmsc_bytes(block, w.n), &second), DMSC_OK);
    assert_int_equal(dmsc_application_encode(&second, &w2), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_bytes(block, w.n), dmsc_bytes(again, w2.n)));
}

/* A prefix that still has the whole template is as good as the record. */
static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsc_application app;
    enum dmsc_err expected = prefix.n == 0 ? DMSC_E_NOTFOUND : DMSC_E_TRUNCATED;

    (void)user;
    memset(&app, 0xA5, sizeof(app));
    if (prefix.n >= 2 && prefix.n >= 2u + prefix.p[1])
        return;
    assert_int_equal(dmsc_application_decode(prefix, &app), expected);
    for (size_t i = 0; i < sizeof(app); i++)
        assert_int_equal(((const uint8_t *)&app)[i], 0xA5);
}

static void vectors_decode_and_encode(void **state)
{
    struct vectors *v = vectors_open("efdir.txt");
    uint8_t block[RECORD_MAX];

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsc_application app = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
        enum dmsc_err err = dmsc_application_decode(in, &app);

        vec_assert_err(v, err);
        each_byte_changed(in, survives, NULL);
        if (err != DMSC_OK)
            continue;
        compare(v, &app);
        each_prefix(in, short_is_refused, NULL);
        assert_int_equal(dmsc_application_encode(&app, &w), DMSC_OK);
        if (strcmp(vec_text_or(v, "canonical", "yes"), "yes") == 0)
            vec_assert_hex(v, "input", dmsc_bytes(block, w.n));
        for (size_t cap = 0; cap < w.n; cap++) {
            struct dmsc_wr small = dmsc_wr(block, cap);

            assert_int_equal(dmsc_application_encode(&app, &small), DMSC_E_LIMIT);
            assert_int_equal(small.n, 0);
        }
    }
    vectors_close(v);
}

static void encode_refuses_what_is_no_aid(void **state)
{
    static const uint8_t long_aid[17] = { 0xF0 };
    struct dmsc_application app = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    struct dmsc_wr w = dmsc_wr(NULL, 0);

    (void)state;
    assert_int_equal(dmsc_application_encode(&app, &w), DMSC_E_ARG);
    app.aid = dmsc_bytes(long_aid, sizeof(long_aid));
    assert_int_equal(dmsc_application_encode(&app, &w), DMSC_E_ARG);
    assert_int_equal(w.n, 0);
    app.aid.n = 16;
    assert_int_equal(dmsc_application_encode(&app, &w), DMSC_OK);
    assert_int_equal(w.n, 20);
}

static void generated_applications_come_back(void **state)
{
    struct gen gen = gen_begin("efdir");
    uint8_t block[RECORD_MAX], bytes[3][64];

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct dmsc_application app, back;
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsc_bytes exact;

        app.aid = gen_bytes(&gen, bytes[0], 1 + gen_below(&gen, 16));
        app.label = gen_bytes(&gen, bytes[1], gen_below(&gen, 33));
        app.path = gen_bytes(&gen, bytes[2], 2 * gen_below(&gen, 9));
        assert_int_equal(dmsc_application_encode(&app, &w), DMSC_OK);
        dmsc_wr_fill(&w, gen_bool(&gen) ? 0xFF : 0x00, gen_below(&gen, 20));
        exact = support_copy_exact(dmsc_bytes(block, w.n));
        assert_int_equal(dmsc_application_decode(exact, &back), DMSC_OK);
        assert_true(dmsc_bytes_equal(app.aid, back.aid));
        assert_true(dmsc_bytes_equal(app.label, back.label));
        assert_true(dmsc_bytes_equal(app.path, back.path));
        support_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_decode_and_encode),
        cmocka_unit_test(encode_refuses_what_is_no_aid),
        cmocka_unit_test(generated_applications_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
