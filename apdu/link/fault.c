/* SPDX-License-Identifier: Apache-2.0 */
/* A link around a link that breaks when it is told to. */
#include "apdu/link/wrapper.h"
#include <dmsc/secret.h>
#include <stdlib.h>
#include <string.h>

#define LONG_ANSWER 65538u
#define MORE_BYTES  16 /* of each answer that announces more */

struct faulty {
    struct dmsci_wrapper base;
    struct dmsc_fault *fault;
    bool gone;             /* up to the next power-on */
    struct dmsc_fault own; /* when it came with --link */
};

static const struct {
    const char *name;
    enum dmsc_fault_kind kind;
} kinds[] = {
    { "error", DMSC_FAULT_ERROR },     { "timeout", DMSC_FAULT_TIMEOUT },
    { "removed", DMSC_FAULT_REMOVED }, { "torn", DMSC_FAULT_TORN },
    { "reset", DMSC_FAULT_RESET },     { "short", DMSC_FAULT_SHORT },
    { "long", DMSC_FAULT_LONG },       { "sw", DMSC_FAULT_SW },
    { "61", DMSC_FAULT_61 },           { "6c", DMSC_FAULT_6C },
};

static enum dmsc_err fail(struct faulty *f, enum dmsc_err err)
{
    (void)dmsci_fail(f->base.ctx, err, "send command %lu to the card", f->fault->seen);
    dmsci_why(f->base.ctx, "fault:injected", "the link was told to fail here");
    return err;
}

/* Carried out by the card, whatever becomes of the answer. */
static enum dmsc_err carry_out(struct faulty *f, struct dmsc_bytes capdu)
{
    struct dmsc_buf answer;
    enum dmsc_err err;

    dmsc_buf_init(&answer, f->base.ctx, dmsc_ctx_limits(f->base.ctx)->rapdu_size + 2);
    err = dmsc_link_transmit(f->base.inner, capdu, &answer);
    dmsc_buf_clear(&answer);
    return err;
}

static enum dmsc_err take_power(struct faulty *f, struct dmsc_bytes capdu, bool carried_out)
{
    enum dmsc_err err = carried_out ? carry_out(f, capdu) : DMSC_OK;

    if (err == DMSC_OK)
        err = dmsc_link_power(f->base.inner, DMSC_POWER_OFF);
    f->gone = true;
    return err == DMSC_E_NOMEM ? err : fail(f, DMSC_E_REMOVED);
}

static enum dmsc_err cut_short(struct faulty *f, struct dmsc_bytes capdu,
                               struct dmsc_buf *ret_rapdu)
{
    enum dmsc_err err = dmsc_link_transmit(f->base.inner, capdu, ret_rapdu);

    if (err == DMSC_OK)
        dmsc_buf_truncate(ret_rapdu, 1);
    return err;
}

static enum dmsc_err make_long(struct faulty *f, struct dmsc_bytes capdu,
                               struct dmsc_buf *ret_rapdu)
{
    enum dmsc_err err = carry_out(f, capdu);
    uint8_t *p = NULL;

    if (err != DMSC_OK)
        return err;
    p = dmsci_alloc(f->base.ctx, LONG_ANSWER);
    if (p == NULL)
        return DMSC_E_NOMEM;
    err = dmsc_buf_set(ret_rapdu, dmsc_bytes(p, LONG_ANSWER));
    dmsci_free(f->base.ctx, p);
    return err;
}

/* @p n bytes and a status word */
static enum dmsc_err answer(struct dmsc_buf *ret_rapdu, size_t n, uint16_t sw)
{
    uint8_t bytes[MORE_BYTES + 2] = { 0 };

    bytes[n] = (uint8_t)(sw >> 8);
    bytes[n + 1] = (uint8_t)sw;
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(bytes, n + 2));
}

static enum dmsc_err strike(struct faulty *f, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    enum dmsc_err err;

    f->fault->fired = true;
    switch (f->fault->kind) {
    case DMSC_FAULT_TIMEOUT:
        err = carry_out(f, capdu);
        return err == DMSC_OK ? fail(f, DMSC_E_TIMEOUT) : err;
    case DMSC_FAULT_REMOVED:
    case DMSC_FAULT_TORN:
        return take_power(f, capdu, f->fault->kind == DMSC_FAULT_TORN);
    case DMSC_FAULT_RESET:
        err = dmsc_link_power(f->base.inner, DMSC_POWER_RESET);
        return err == DMSC_OK ? fail(f, DMSC_E_CARD_RESET) : err;
    case DMSC_FAULT_SHORT:
        return cut_short(f, capdu, ret_rapdu);
    case DMSC_FAULT_LONG:
        return make_long(f, capdu, ret_rapdu);
    case DMSC_FAULT_SW:
        return answer(ret_rapdu, 0, f->fault->sw);
    case DMSC_FAULT_61:
        return answer(ret_rapdu, capdu.p[1] == 0xC0 ? MORE_BYTES : 0, 0x6100 | MORE_BYTES);
    case DMSC_FAULT_6C:
        return answer(ret_rapdu, 0, 0x6C00 | MORE_BYTES);
    default:
        return fail(f, DMSC_E_LINK);
    }
}

static bool strikes(const struct dmsc_fault *fault)
{
    bool on = fault->again || fault->kind == DMSC_FAULT_61 || fault->kind == DMSC_FAULT_6C;

    return fault->kind != DMSC_FAULT_NONE && fault->at > 0 &&
           (on ? fault->seen >= fault->at : fault->seen == fault->at);
}

static enum dmsc_err fault_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                    struct dmsc_buf *ret_rapdu)
{
    struct faulty *f = impl;

    (void)timeout_ms;
    f->fault->seen++;
    if (f->gone)
        return fail(f, DMSC_E_REMOVED);
    return strikes(f->fault) ? strike(f, capdu, ret_rapdu)
                             : dmsc_link_transmit(f->base.inner, capdu, ret_rapdu);
}

static enum dmsc_err fault_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                 enum dmsc_protocol *ret_protocol)
{
    struct faulty *f = impl;
    enum dmsc_err err = dmsci_wrapper_power(impl, how, ret_atr, ret_protocol);

    if (err == DMSC_OK)
        f->gone = false;
    return err;
}

static const struct dmsc_link_ops fault_ops = {
    .name = "fault",
    .power = fault_power,
    .transmit = fault_transmit,
    .lock = dmsci_wrapper_lock,
    .unlock = dmsci_wrapper_unlock,
    .conceal = dmsci_wrapper_conceal,
    .close = dmsci_wrapper_close,
};

/* @p fault NULL: a copy of @p own */
static enum dmsc_err make(struct dmsc_link *inner, struct dmsc_fault *fault,
                          const struct dmsc_fault *own, struct dmsc_link **ret_link)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(inner);
    struct faulty *f = dmsci_alloc(ctx, sizeof(*f));
    enum dmsc_err err;

    if (f == NULL)
        return DMSC_E_NOMEM;
    f->base = (struct dmsci_wrapper){ ctx, inner };
    if (own != NULL)
        f->own = *own;
    f->fault = fault != NULL ? fault : &f->own;
    err = dmsc_link_new(ctx, &fault_ops, f, ret_link);
    if (err != DMSC_OK)
        dmsci_free(ctx, f);
    return err;
}

enum dmsc_err dmsc_link_fault(struct dmsc_link *inner, struct dmsc_fault *fault,
                              struct dmsc_link **ret_link)
{
    return make(inner, fault, NULL, ret_link);
}

/* "KIND@N", "KIND@N+" for N and all that follow; KIND sw has "=6F00". */
static bool parse(const char *text, struct dmsc_fault *ret_fault)
{
    struct dmsc_fault fault = { DMSC_FAULT_NONE, 0, false, 0, 0, false };
    size_t n = strcspn(text, "@=");
    char *end = NULL;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(kinds); i++) {
        if (strlen(kinds[i].name) == n && strncmp(kinds[i].name, text, n) == 0)
            fault.kind = kinds[i].kind;
    }
    text += n;
    if ((*text == '=') != (fault.kind == DMSC_FAULT_SW))
        return false;
    if (*text == '=') {
        unsigned long sw = strtoul(text + 1, &end, 16);

        if (end != text + 5 || sw > 0xFFFF)
            return false;
        fault.sw = (uint16_t)sw;
        text = end;
    }
    if (fault.kind == DMSC_FAULT_NONE || text[0] != '@' || text[1] < '0' || text[1] > '9')
        return false;
    fault.at = strtoul(text + 1, &end, 10);
    fault.again = *end == '+';
    if (fault.at == 0 || end[fault.again ? 1 : 0] != '\0')
        return false;
    *ret_fault = fault;
    return true;
}

static enum dmsc_err wrap(struct dmsc_ctx *ctx, const char *options, struct dmsc_link *inner,
                          struct dmsc_link **ret_link)
{
    struct dmsc_fault fault;

    if (parse(options, &fault))
        return make(inner, NULL, &fault, ret_link);
    (void)dmsci_fail(ctx, DMSC_E_ARG, "open link fault: \"%s\"", options);
    dmsci_why(ctx, "fault:option", "it does not say what fails at which command");
    dmsci_hint(ctx, "fault:KIND@N:LINK, KIND one of error, timeout, removed, torn, reset, short, "
                    "long, sw=6F00, 61, 6c; N+ for all from N on");
    return DMSC_E_ARG;
}

const struct dmsci_link_wrapper dmsci_fault_wrapper = {
    .name = "fault",
    .argument = "KIND@N:LINK",
    .options = true,
    .wrap = wrap,
};
