/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit engine: conversations byte for byte, the profile, the corpus. */
#include "tests/support/fault.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/uicc/cat_play.h"
#include <dmsc/ctx.h>
#include <dmsc/usat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 4

/* The configuration of a block: imei, language, events; connect, listen and dns may be repeated. */
struct lists {
    const char *connect[LIST_MAX], *listen[LIST_MAX], *dns[LIST_MAX];
};

static size_t list_of(struct vectors *v, const char *key, const char **list)
{
    size_t n = vec_count(v, key);

    assert_true(n <= LIST_MAX);
    for (size_t i = 0; i < n; i++)
        list[i] = vec_nth(v, key, i);
    return n;
}

static struct dmsc_cat_config config_of(struct vectors *v, struct lists *lists)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;

    config.imei = vec_text_or(v, "imei", NULL);
    config.language = vec_text_or(v, "language", NULL);
    config.events = (uint32_t)vec_number_or(v, "events", 0);
    config.connect = lists->connect;
    config.connect_count = list_of(v, "connect", lists->connect);
    config.listen = lists->listen;
    config.listen_count = list_of(v, "listen", lists->listen);
    config.dns = lists->dns;
    config.dns_count = list_of(v, "dns", lists->dns);
    return config;
}

static struct dmsc_ctx *new_ctx(struct vectors *v)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;

    config.limits.proactive = (unsigned)vec_number_or(v, "proactive", 0);
    config.limits.proactive_rate = (unsigned)vec_number_or(v, "rate", 0);
    config.limits.envelope_busy = (unsigned)vec_number_or(v, "busy", 0);
    config.limits.bip_buffer = (size_t)vec_number_or(v, "buffer", 0);
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    return ctx;
}

static unsigned play_file(const char *name)
{
    struct vectors *v = vectors_open(name);
    unsigned played = 0, failed = 0;
    const char *wrong;

    while (vectors_next(v)) {
        struct dmsc_ctx *ctx = new_ctx(v);
        struct lists lists;
        struct dmsc_cat_config config = config_of(v, &lists);
        struct cat_play play;

        cat_play_begin(&play, ctx, &config);
        wrong = NULL;
        for (size_t i = 0; i < vec_count(v, "step") && wrong == NULL; i++) {
            wrong = cat_play_line(&play, vec_nth(v, "step", i));
            if (wrong != NULL)
                print_error("%s: \"%s\", step %zu, %s\n", name, vec_text(v, "name"), i + 1, wrong);
        }
        failed += wrong != NULL;
        cat_play_end(&play);
        dmsc_ctx_free(ctx);
        played++;
    }
    vectors_close(v);
    assert_int_equal(failed, 0);
    return played;
}

static void conversations_go_as_written(void **state)
{
    (void)state;
    assert_true(play_file("cat.txt") > 40);
    assert_true(play_file("cat_bip.txt") > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_go_as_written),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
