/* SPDX-License-Identifier: Apache-2.0 */
/* The front in process: a link driver like any other, written against the public header. */
#include "simulator/uicc/card.h"
#include <string.h>

struct front {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    bool owned;
    /* Of the command at hand; here, because locals with an address cost a canary each time. */
    uint8_t *rapdu;
    size_t n;
};

static enum dmsc_err power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                           enum dmsc_protocol *ret_protocol)
{
    struct front *link = impl;
    enum dmsc_err err = dmsc_buf_set(ret_atr, how == DMSC_POWER_OFF ? dmsc_bytes(NULL, 0)
                                                                    : dmsc_sim_atr(link->sim));

    if (err != DMSC_OK)
        return err;
    dmsc_sim_power(link->sim, how);
    *ret_protocol = dmsc_sim_protocol(link->sim);
    return DMSC_OK;
}

DMSCI_RARE static enum dmsc_err no_answer(struct front *link, enum dmsc_err err)
{
    (void)dmsci_fail(link->ctx, err, "send a command to the card");
    dmsci_why(link->ctx, "sim:silent", "it has no power, or lost it during a command");
    return err;
}

/* Straight into the buffer, behind what is in it: that stays when there is no answer. */
static enum dmsc_err transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                              struct dmsc_buf *ret_rapdu)
{
    struct front *link = impl;
    size_t before = ret_rapdu->n;
    enum dmsc_err err = dmsc_buf_reserve(ret_rapdu, DMSC_RAPDU_MAX, &link->rapdu);

    (void)timeout_ms; /* it answers at once or not at all */
    if (err != DMSC_OK)
        return err;
    err = dmsc_sim_transmit(link->sim, capdu, link->rapdu, &link->n);
    if (err != DMSC_OK)
        return no_answer(link, err);
    dmsc_buf_commit(ret_rapdu, link->n);
    if (before > 0)
        dmsc_buf_consume(ret_rapdu, before);
    return DMSC_OK;
}

static void close_link(void *impl)
{
    struct front *link = impl;

    if (link->owned)
        dmsc_sim_free(link->sim);
    else
        dmsc_sim_power(link->sim, DMSC_POWER_OFF);
    dmsci_free(link->ctx, link);
}

static const struct dmsc_link_ops ops = {
    .name = "sim",
    .power = power,
    .transmit = transmit,
    .close = close_link,
};

static enum dmsc_err make_link(struct dmsc_sim *sim, struct dmsc_ctx *ctx, bool owned,
                               struct dmsc_link **ret_link)
{
    struct front *link = dmsci_alloc(ctx, sizeof(*link));
    enum dmsc_err err;

    if (link == NULL)
        return DMSC_E_NOMEM;
    *link = (struct front){ .ctx = ctx, .sim = sim, .owned = owned };
    err = dmsc_link_new(ctx, &ops, link, ret_link);
    if (err != DMSC_OK)
        dmsci_free(ctx, link);
    return err;
}

enum dmsc_err dmsc_sim_link(struct dmsc_sim *sim, struct dmsc_ctx *ctx, struct dmsc_link **ret_link)
{
    return make_link(sim, ctx, false, ret_link);
}

static enum dmsc_err set_option(struct dmsc_ctx *ctx, char *word, struct dmsc_sim_options *options)
{
    if (strcmp(word, "t1") == 0) {
        options->t1 = true;
    } else if (strcmp(word, "lenient") == 0) {
        options->lenient = true;
    } else if (strncmp(word, "state=", 6) == 0 && word[6] != '\0') {
        options->state_path = word + 6;
    } else {
        (void)dmsci_fail(ctx, DMSC_E_ARG, "open link sim: option \"%s\"", word);
        dmsci_why(ctx, "sim:option", "there is no such option");
        dmsci_hint(ctx, "sim:PROFILE[,state=FILE][,t1][,lenient]");
        return DMSC_E_ARG;
    }
    return DMSC_OK;
}

/* Cuts @p words, which begins behind the name of the profile, at its commas. */
static enum dmsc_err set_options(struct dmsc_ctx *ctx, char *words,
                                 struct dmsc_sim_options *options)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && words != NULL) {
        char *comma = strchr(words, ',');

        if (comma != NULL)
            *comma = '\0';
        err = set_option(ctx, words, options);
        words = comma != NULL ? comma + 1 : NULL;
    }
    return err;
}

static enum dmsc_err open_link(struct dmsc_ctx *ctx, const char *argument,
                               struct dmsc_link **ret_link)
{
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    char *profile = dmsci_strdup(ctx, argument);
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;
    char *comma;

    if (profile == NULL)
        return DMSC_E_NOMEM;
    comma = strchr(profile, ',');
    if (comma != NULL)
        *comma = '\0';
    err = set_options(ctx, comma != NULL ? comma + 1 : NULL, &options);
    if (err == DMSC_OK && profile[0] == '\0')
        err = dmsci_fail(ctx, DMSC_E_ARG, "open link sim: the name of a card profile is wanted");
    if (err == DMSC_OK)
        err = dmsc_sim_new(ctx, profile, &options, &sim);
    if (err == DMSC_OK)
        err = make_link(sim, ctx, true, ret_link);
    if (err != DMSC_OK)
        dmsc_sim_free(sim);
    dmsci_free(ctx, profile);
    return err;
}

const struct dmsc_link_driver dmsc_sim_link_driver = {
    .name = "sim",
    .argument = "PROFILE[,state=FILE][,t1][,lenient]",
    .open = open_link,
};
