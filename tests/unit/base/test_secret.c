/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <dmsc/secret.h>
#include <stdlib.h>
#include <string.h>

/* Looks at each block at the moment it is given back. */
struct watch {
    const char *planted;
    size_t planted_size;
    unsigned freed;
    unsigned leaked;
    size_t last_size;
};

static void *watching_realloc(void *user, void *p, size_t n)
{
    struct watch *watch = user;

    if (n > 0) {
        watch->last_size = n;
        return p == NULL ? malloc(n) : NULL;
    }
    if (p != NULL && watch->last_size == watch->planted_size + 1) {
        watch->freed++;
        watch->leaked += memcmp(p, watch->planted, watch->planted_size) == 0 ? 1 : 0;
    }
    free(p);
    return NULL;
}

static void secret_is_wiped_before_it_is_freed(void **state)
{
    struct watch watch = { "hunter2!", 8, 0, 0, 0 };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_secret secret = DMSC_SECRET_INIT;

    (void)state;
    config.realloc = watching_realloc;
    config.realloc_user = &watch;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&secret, ctx, dmsc_bytes_str("hunter2!")), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_secret_bytes(&secret), dmsc_bytes_str("hunter2!")));
    /* Replaced by one of the same size, then cleared. */
    assert_int_equal(dmsc_secret_set(&secret, ctx, dmsc_bytes_str("hunter2!")), DMSC_OK);
    dmsc_secret_clear(&secret);
    assert_int_equal(watch.freed, 2);
    assert_int_equal(watch.leaked, 0);
    assert_int_equal(dmsc_secret_bytes(&secret).n, 0);
    dmsc_secret_clear(&secret);
    dmsc_ctx_free(ctx);
}

static void secret_can_be_set_from_itself(void **state)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_secret secret = DMSC_SECRET_INIT;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&secret, ctx, dmsc_bytes_str("abcdef")), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&secret, ctx, dmsc_bytes(secret.p + 2, 3)), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_secret_bytes(&secret), dmsc_bytes_str("cde")));
    assert_int_equal(dmsc_secret_set(&secret, ctx, dmsc_bytes(NULL, 0)), DMSC_OK);
    assert_int_equal(dmsc_secret_bytes(&secret).n, 0);
    dmsc_secret_clear(&secret);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err set_twice(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    enum dmsc_err err = dmsc_secret_set(&secret, ctx, dmsc_bytes_str("one"));

    (void)user;
    if (err == DMSC_OK) {
        err = dmsc_secret_set(&secret, ctx, dmsc_bytes_str("two"));
        if (err != DMSC_OK)
            assert_true(dmsc_bytes_equal(dmsc_secret_bytes(&secret), dmsc_bytes_str("one")));
    }
    dmsc_secret_clear(&secret);
    return err;
}

static void secret_is_unchanged_without_memory(void **state)
{
    (void)state;
    assert_int_equal(fault_torture(set_twice, NULL), 2);
}

static void wipe_overwrites(void **state)
{
    char text[] = "secret";

    (void)state;
    dmsc_wipe(text, 3);
    assert_memory_equal(text, "\0\0\0ret", 7);
    dmsc_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_is_wiped_before_it_is_freed),
        cmocka_unit_test(secret_can_be_set_from_itself),
        cmocka_unit_test(secret_is_unchanged_without_memory),
        cmocka_unit_test(wipe_overwrites),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
