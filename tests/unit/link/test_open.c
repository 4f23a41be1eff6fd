/* SPDX-License-Identifier: Apache-2.0 */
/* How a link is found by its name, and what is said where there is no PC/SC service. */
#include "tests/support/test.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <stdlib.h>
#include <string.h>

static struct scripted *card;
static char argument_seen[64];

static enum dmsc_err open_scripted(struct dmsc_ctx *ctx, const char *argument,
                                   struct dmsc_link **ret_link)
{
    assert_true(strlen(argument) < sizeof(argument_seen));
    (void)strcpy(argument_seen, argument);
    return scripted_link(card, ctx, ret_link);
}

static const struct dmsc_link_driver scripted_driver = { "scripted", "CARD", open_scripted };
static const struct dmsc_link_driver other_driver = { "script", "FILE", NULL };
static const struct dmsc_link_driver *const more[] = { &other_driver, &scripted_driver, NULL };

static int make(void **state)
{
    struct dmsc_ctx *ctx = NULL;

    card = scripted_new(DMSC_T0);
    argument_seen[0] = '\0';
    *state = ctx;
    return dmsc_ctx_new(NULL, (struct dmsc_ctx **)state) == DMSC_OK ? 0 : -1;
}

static int unmake(void **state)
{
    scripted_free(card);
    dmsc_ctx_free(*state);
    return 0;
}

static void a_driver_gets_what_stands_behind_its_name(void **state)
{
    static const struct {
        const char *spec, *argument;
    } cases[] = {
        { "scripted", "" },    { "scripted:", "" },
        { "scripted:A", "A" }, { "scripted:A:B,c=/d", "A:B,c=/d" },
        { "scripted::", ":" },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_link *link = NULL;

        assert_int_equal(dmsc_link_open(*state, cases[i].spec, more, &link), DMSC_OK);
        assert_string_equal(argument_seen, cases[i].argument);
        assert_string_equal(dmsc_link_name(link), "scripted");
        assert_false(card->powered);
        dmsc_link_free(link);
    }
}

static void an_unknown_name_lists_the_drivers(void **state)
{
    static const char *const specs[] = { "",           ":",         "pcs",       "pcscd:0",
                                         "Scripted:A", "scripted2", " scripted", "scrip" };
    struct dmsc_link *link = NULL;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(specs); i++) {
        const struct dmsc_diag *diag;

        assert_int_equal(dmsc_link_open(*state, specs[i], more, &link), DMSC_E_ARG);
        diag = dmsc_diag_get(*state);
        assert_int_equal(diag->err, DMSC_E_ARG);
        assert_string_equal(diag->reason, "link:unknown");
        assert_non_null(strstr(diag->what, specs[i]));
        assert_non_null(strstr(diag->hint, "pcsc:READER"));
        assert_non_null(strstr(diag->hint, "script:FILE"));
        assert_non_null(strstr(diag->hint, "scripted:CARD"));
    }
    assert_int_equal(dmsc_link_open(*state, "scripted:A", NULL, &link), DMSC_E_ARG);
    assert_null(strstr(dmsc_diag_get(*state)->hint, "scripted"));
    assert_null(link);
}

static void no_service(const struct dmsc_ctx *ctx)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    assert_int_equal(diag->err, DMSC_E_NOSERVICE);
    assert_string_equal(diag->reason, "pcsc:no-service");
    assert_non_null(strstr(diag->hint, "pcscd"));
    assert_non_null(strstr(diag->hint, "--link sim:"));
    assert_true(diag->code != 0);
}

static void found(void *user, const struct dmsc_reader *reader)
{
    (void)user;
    fail_msg("a reader without a service: %s", reader->name);
}

static void without_pcscd_there_is_a_hint(void **state)
{
    static const char *const specs[] = { "pcsc", "pcsc:", "pcsc:0", "pcsc:Virtual" };
    struct dmsc_link *link = NULL;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(specs); i++) {
        dmsc_diag_clear(*state);
        assert_int_equal(dmsc_link_open(*state, specs[i], NULL, &link), DMSC_E_NOSERVICE);
        no_service(*state);
        assert_null(link);
    }
    dmsc_diag_clear(*state);
    assert_int_equal(dmsc_pcsc_readers(*state, found, NULL), DMSC_E_NOSERVICE);
    no_service(*state);
}

static enum dmsc_err open_pcsc(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_link *link = NULL;
    enum dmsc_err err = dmsc_link_open(ctx, "pcsc:0", NULL, &link);

    (void)user;
    assert_null(link);
    /* As good as it gets here. */
    return err == DMSC_E_NOSERVICE ? DMSC_OK : err;
}

static enum dmsc_err list_pcsc(struct dmsc_ctx *ctx, void *user)
{
    enum dmsc_err err = dmsc_pcsc_readers(ctx, found, user);

    return err == DMSC_E_NOSERVICE ? DMSC_OK : err;
}

/* What was refused stays refused when there is no memory for the list of names. */
static enum dmsc_err open_unknown(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_link *link = NULL;
    enum dmsc_err err = dmsc_link_open(ctx, "nothing:0", user, &link);

    assert_null(link);
    return err == DMSC_E_ARG ? DMSC_OK : err;
}

static void survives_without_memory(void **state)
{
    (void)state;
    (void)fault_torture(open_pcsc, NULL);
    (void)fault_torture(list_pcsc, NULL);
    (void)fault_torture(open_unknown, (void *)(uintptr_t)more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_driver_gets_what_stands_behind_its_name, make, unmake),
        cmocka_unit_test_setup_teardown(an_unknown_name_lists_the_drivers, make, unmake),
        cmocka_unit_test_setup_teardown(without_pcscd_there_is_a_hint, make, unmake),
        cmocka_unit_test(survives_without_memory),
    };

    /* No service answers there, whatever runs on this machine. */
    if (setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm", 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
