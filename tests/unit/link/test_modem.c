/* SPDX-License-Identifier: Apache-2.0 */
/* The software UICC as a modem: what it says to each command of modem.txt. */
#include "simulator/uicc/front/modem.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

static unsigned traced;

static void trace(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu)
{
    (void)user;
    assert_true(power != NULL || (capdu.n >= 4 && rapdu.n >= 2));
    traced++;
}

static void written(const struct dmsc_buf *said, char *ret_text)
{
    size_t n = 0;

    for (size_t i = 0; i < said->n; i++) {
        if (said->p[i] == '\n')
            ret_text[n++] = '|';
        else if (said->p[i] != '\r')
            ret_text[n++] = (char)said->p[i];
    }
    ret_text[n] = '\0';
}

static struct dmsc_sim *example(struct dmsc_ctx *ctx)
{
    struct dmsc_sim *sim = NULL;
    char path[SUPPORT_PATH_MAX];

    support_path("card-scripts/example.json", path);
    assert_int_equal(dmsc_sim_new(ctx, path, NULL, &sim), DMSC_OK);
    return sim;
}

static void commands(void **state)
{
    struct vectors *v = vectors_open("modem.txt");
    struct dmsci_modem *modem = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim;
    struct dmsc_buf said;
    char text[2048];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    sim = example(ctx);
    assert_int_equal(dmsci_modem_new(ctx, sim, trace, NULL, &modem), DMSC_OK);
    assert_true(dmsci_modem_echoes(modem));
    dmsc_buf_init(&said, ctx, 1024);
    while (vectors_next(v)) {
        size_t n = vec_count(v, "at");

        if (vec_count(v, "says") != n)
            vec_fail(v, "each command has an answer");
        for (size_t i = 0; i < n; i++) {
            dmsc_buf_reset(&said);
            assert_int_equal(dmsci_modem_command(modem, vec_nth(v, "at", i), &said), DMSC_OK);
            written(&said, text);
            if (strcmp(text, vec_nth(v, "says", i)) != 0)
                vec_fail(v, "%s: \"%s\", not \"%s\"", vec_nth(v, "at", i), text,
                         vec_nth(v, "says", i));
        }
    }
    vectors_close(v);
    assert_false(dmsci_modem_echoes(modem));
    assert_true(traced > 10);
    dmsc_buf_clear(&said);
    dmsci_modem_free(modem);
    assert_false(dmsc_sim_powered(sim));
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct dmsci_modem *modem = NULL;
    struct dmsc_buf said;
    enum dmsc_err err = dmsci_modem_new(ctx, user, trace, NULL, &modem);

    dmsc_buf_init(&said, ctx, 1024);
    if (err == DMSC_OK)
        err = dmsci_modem_command(modem, "AT+CSIM=10,\"80F2000C00\"", &said);
    /* Without memory for it a command is refused; without memory to refuse it, it fails. */
    if (err == DMSC_OK && strstr(dmsc_buf_str(&said), "OK") == NULL)
        err = DMSC_E_NOMEM;
    dmsc_buf_clear(&said);
    dmsci_modem_free(modem);
    return err;
}

static void it_survives_without_memory(void **state)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    sim = example(ctx);
    (void)fault_torture(life, sim);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(it_survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
