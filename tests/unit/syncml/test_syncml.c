/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/support/test.h"
#include "tests/unit/syncml/dump.h"
#include <stdio.h>
#include <string.h>

#define CEILING 1000000u

static struct dmsc_ctx *new_ctx(const struct dmsc_limits *limits)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    if (limits != NULL)
        config.limits = *limits;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    return ctx;
}

/* decode, encode, decode: both models read the same */
static void round_trip(struct dmsc_ctx *ctx, const struct dmsci_syncml_message *msg,
                       const char *dump)
{
    struct dmsci_syncml_message again = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf document, text;

    dmsc_buf_init(&document, ctx, CEILING);
    dmsc_buf_init(&text, ctx, CEILING);
    assert_int_equal(dmsci_syncml_encode(msg, &dmsci_syncml_xml, CEILING, &document), DMSC_OK);
    assert_int_equal(dmsci_syncml_decode(ctx, dmsc_buf_bytes(&document), &again), DMSC_OK);
    assert_int_equal(dump_message(&again, &text), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&text), dump);
    dmsci_syncml_clear(&again);
    dmsc_buf_clear(&document);
    dmsc_buf_clear(&text);
}

static bool any_bad(const struct dmsci_syncml_message *msg)
{
    for (size_t i = 0; i < msg->command_count; i++) {
        if (msg->commands[i].bad != NULL)
            return true;
    }
    return false;
}

static void one_vector(struct vectors *v)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const char *xml = vec_text(v, "xml");
    struct dmsc_bytes exact = support_copy_exact(dmsc_bytes_str(xml));
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf text;

    dmsc_buf_init(&text, ctx, CEILING);
    vec_assert_err(v, dmsci_syncml_decode(ctx, exact, &msg));
    if (vec_has(v, "reason"))
        vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
    if (msg.ctx != NULL) {
        assert_int_equal(dump_message(&msg, &text), DMSC_OK);
        vec_assert_text(v, "model", dmsc_buf_str(&text));
        if (!any_bad(&msg))
            round_trip(ctx, &msg, dmsc_buf_str(&text));
    }
    dmsci_syncml_clear(&msg);
    dmsc_buf_clear(&text);
    support_free(exact);
    dmsc_ctx_free(ctx);
}

static void vectors(void **state)
{
    struct vectors *v = vectors_open("syncml.txt");

    (void)state;
    while (vectors_next(v))
        one_vector(v);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
