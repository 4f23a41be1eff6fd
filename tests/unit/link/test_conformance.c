/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/link/link_conformance.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <string.h>

/* The least of a UICC: STATUS, SELECT MF, GET RESPONSE. */
static enum dmsc_err respond(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    static const uint8_t fcp[] = {
        0x62, 0x07, 0x82, 0x02, 0x78, 0x21, 0x8A, 0x01, 0x05, 0x90, 0x00
    };
    const struct scripted *s = user;
    struct dmsc_bytes answer = dmsc_bytes("\x6D\x00", 2);

    if (capdu.p[1] == 0xF2)
        answer = dmsc_bytes("\x90\x00", 2);
    else if (capdu.p[1] == 0xA4 && s->protocol == DMSC_T0)
        answer = dmsc_bytes("\x61\x09", 2);
    else if (capdu.p[1] == 0xA4 || capdu.p[1] == 0xC0)
        answer = dmsc_bytes(fcp, sizeof(fcp));
    return dmsc_buf_set(ret_rapdu, answer);
}

static enum dmsc_err open_scripted(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    return scripted_link(user, ctx, ret_link);
}

static void no_line(void *user, const char *text)
{
    (void)user;
    assert_true(text[0] == '>' || text[0] == '<' || text[0] == '!');
}

struct wrapped {
    enum dmsc_err (*open)(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link);
    void *user;
};

static enum dmsc_err open_traced(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    const struct wrapped *wrapped = user;
    struct dmsc_link *inner = NULL;
    enum dmsc_err err = wrapped->open(ctx, wrapped->user, &inner);

    if (err != DMSC_OK)
        return err;
    err = dmsc_link_traced(inner, false, no_line, NULL, ret_link);
    if (err != DMSC_OK)
        dmsc_link_free(inner);
    return err;
}

static enum dmsc_err open_sim(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };

    return dmsc_link_open(ctx, user, more, ret_link);
}

static void scripted_conforms(void **state)
{
    (void)state;
    for (int protocol = DMSC_T0; protocol <= DMSC_T1; protocol++) {
        struct scripted *s = scripted_new((enum dmsc_protocol)protocol);
        struct link_conformance subject = { open_scripted, s, "scripted",
                                            (enum dmsc_protocol)protocol, false };

        s->respond = respond;
        s->respond_user = s;
        link_conformance(&subject);
        s->no_lock = true;
        link_conformance(&subject);
        scripted_free(s);
    }
}

static void traced_conforms(void **state)
{
    struct scripted *s = scripted_new(DMSC_T0);
    struct wrapped once = { open_scripted, s };
    struct wrapped twice = { open_traced, &once };
    struct link_conformance subject = { open_traced, &once, "traced", DMSC_T0, false };

    (void)state;
    s->respond = respond;
    s->respond_user = s;
    link_conformance(&subject);
    subject.user = &twice;
    link_conformance(&subject);
    scripted_free(s);
}

static void sim_conforms(void **state)
{
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 8];
    struct link_conformance subject = { open_sim, spec, "sim", DMSC_T0, false };
    struct wrapped inner = { open_sim, spec };
    struct link_conformance traced = { open_traced, &inner, "traced", DMSC_T1, false };

    (void)state;
    support_path("card-scripts/example.json", path);
    (void)snprintf(spec, sizeof(spec), "sim:%s", path);
    link_conformance(&subject);
    (void)snprintf(spec, sizeof(spec), "sim:%s,t1", path);
    subject.protocol = DMSC_T1;
    link_conformance(&subject);
    link_conformance(&traced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripted_conforms),
        cmocka_unit_test(traced_conforms),
        cmocka_unit_test(sim_conforms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
