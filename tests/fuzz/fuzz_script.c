/* SPDX-License-Identifier: Apache-2.0 */
/* Card scripts come from vendors, and run against a card that answers what it likes: they are
 * refused with a story, or run to an end within their limits. */
#include "apdu/base/ctx.h"
#include <assert.h>
#include <dmsc/script.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct echo {
    struct dmsc_ctx *ctx;
    bool on;
};

static enum dmsc_err power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                           enum dmsc_protocol *ret_protocol)
{
    static const uint8_t atr[] = { 0x3B, 0x00 };
    struct echo *echo = impl;

    echo->on = how != DMSC_POWER_OFF;
    *ret_protocol = DMSC_T0;
    return dmsc_buf_set(ret_atr, dmsc_bytes(atr, echo->on ? sizeof(atr) : 0));
}

/* Says what it heard, as far as an answer can be. */
static enum dmsc_err transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                              struct dmsc_buf *ret_rapdu)
{
    const struct echo *echo = impl;

    (void)timeout_ms;
    assert(echo->on && capdu.n >= 4 && capdu.n <= DMSC_CAPDU_MAX);
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(capdu.p, capdu.n < 258 ? capdu.n : 258));
}

static void close_echo(void *impl)
{
    (void)impl;
}

static void event(void *user, const struct dmsc_script_event *e)
{
    unsigned long *events = user;

    ++*events;
    assert(strchr(e->why, '\n') == NULL && e->line > 0);
    assert(e->name != NULL && e->command != NULL && e->expected != NULL && e->expected_sw != NULL);
    assert((e->verdict == DMSC_SCRIPT_PASSED || e->verdict == DMSC_SCRIPT_DONE) ==
           (e->why[0] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dmsc_link_ops ops = {
        .name = "echo", .power = power, .transmit = transmit, .close = close_echo
    };
    struct dmsc_script_options options = DMSC_SCRIPT_OPTIONS_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct echo echo = { .on = false };
    struct dmsc_script_result result;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;
    unsigned long events = 0;

    config.limits.script_steps = 200;
    config.limits.ef_size = 2000;
    assert(dmsc_ctx_new(&config, &echo.ctx) == DMSC_OK);
    options.all = size % 2 == 0;
    options.event = event;
    options.user = &events;
    if (dmsc_script_parse(echo.ctx, "fuzz", dmsc_bytes(data, size), &script) == DMSC_OK) {
        enum dmsc_err err;

        assert(dmsc_link_new(echo.ctx, &ops, &echo, &link) == DMSC_OK);
        err = dmsc_script_run(script, link, &options, &result);
        assert(events >= result.passed + result.failed + result.broken);
        assert(err != DMSC_OK || options.all || result.broken == 0);
        dmsc_link_free(link);
        dmsc_script_free(script);
    } else {
        assert(dmsc_diag_get(echo.ctx)->why[0] != '\0');
    }
    dmsc_ctx_free(echo.ctx);
    return 0;
}
