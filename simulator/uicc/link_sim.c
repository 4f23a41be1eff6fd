/* SPDX-License-Identifier: Apache-2.0 */
/* The front in process: a link driver like any other, written against the public header. */
#include "simulator/uicc/card.h"
#include "simulator/uicc/fault.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENT "PROFILE[,state=FILE][,t1][,lenient][,fault=WHAT[,WHEN...]][,seed=N]"

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
    if (err == DMSC_E_TIMEOUT)
        dmsci_why(link->ctx, "sim:silent", "it was carried out, and its answer is lost");
    else
        dmsci_why(link->ctx, "sim:removed",
                  "it has no power, was taken out, or lost its power during a command");
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

/* What stands behind "sim:". Texts are borrowed from it. */
struct spec {
    struct dmsc_sim_options options;
    const char *faults[DMSCI_SIM_FAULTS_MAX];
    unsigned n_faults;
    bool seeded;
    uint64_t seed;
};

static enum dmsc_err wrong_option(struct dmsc_ctx *ctx, const char *word, const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_ARG, "open link sim: option \"%s\"", word);
    dmsci_why(ctx, "sim:option", "%s", why);
    dmsci_hint(ctx, "sim:" ARGUMENT);
    return DMSC_E_ARG;
}

static bool take_seed(const char *text, uint64_t *ret_seed)
{
    char *end;

    errno = 0;
    *ret_seed = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static enum dmsc_err set_option(struct dmsc_ctx *ctx, const char *word, struct spec *spec)
{
    if (strcmp(word, "t1") == 0) {
        spec->options.t1 = true;
    } else if (strcmp(word, "lenient") == 0) {
        spec->options.lenient = true;
    } else if (strncmp(word, "state=", 6) == 0 && word[6] != '\0') {
        spec->options.state_path = word + 6;
    } else if (strncmp(word, "fault=", 6) == 0) {
        if (spec->n_faults == DMSCI_SIM_FAULTS_MAX)
            return wrong_option(ctx, word, "one fault too many");
        spec->faults[spec->n_faults++] = word + 6;
    } else if (strncmp(word, "seed=", 5) == 0) {
        spec->seeded = take_seed(word + 5, &spec->seed);
        if (!spec->seeded)
            return wrong_option(ctx, word, "this is no number of 64 bits");
    } else {
        return wrong_option(ctx, word, "there is no such option");
    }
    return DMSC_OK;
}

/* The end of a word: a comma, but one in front of when a fault strikes is the fault's own. */
static char *end_of_word(char *word)
{
    bool fault = strncmp(word, "fault=", 6) == 0;
    char *comma = strchr(word, ',');

    while (fault && comma != NULL && dmsci_sim_fault_goes_on(comma + 1))
        comma = strchr(comma + 1, ',');
    return comma;
}

/* Cuts @p words, which begins behind the name of the profile, at its commas. */
static enum dmsc_err set_options(struct dmsc_ctx *ctx, char *words, struct spec *spec)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && words != NULL) {
        char *comma = end_of_word(words);

        if (comma != NULL)
            *comma = '\0';
        err = set_option(ctx, words, spec);
        words = comma != NULL ? comma + 1 : NULL;
    }
    return err;
}

static enum dmsc_err make_card(struct dmsc_ctx *ctx, const char *profile, const struct spec *spec,
                               struct dmsc_sim **ret_sim)
{
    enum dmsc_err err = dmsc_sim_new(ctx, profile, &spec->options, ret_sim);

    if (err != DMSC_OK)
        return err;
    if (spec->seeded)
        dmsc_sim_seed(*ret_sim, spec->seed);
    for (unsigned i = 0; err == DMSC_OK && i < spec->n_faults; i++)
        err = dmsc_sim_fault_text(*ret_sim, spec->faults[i]);
    return err;
}

static enum dmsc_err open_link(struct dmsc_ctx *ctx, const char *argument,
                               struct dmsc_link **ret_link)
{
    struct spec spec = { .options = DMSC_SIM_OPTIONS_INIT };
    char *profile = dmsci_strdup(ctx, argument);
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;
    char *comma;

    if (profile == NULL)
        return DMSC_E_NOMEM;
    comma = strchr(profile, ',');
    if (comma != NULL)
        *comma = '\0';
    err = set_options(ctx, comma != NULL ? comma + 1 : NULL, &spec);
    if (err == DMSC_OK && profile[0] == '\0')
        err = dmsci_fail(ctx, DMSC_E_ARG, "open link sim: the name of a card profile is wanted");
    if (err == DMSC_OK)
        err = make_card(ctx, profile, &spec, &sim);
    if (err == DMSC_OK)
        err = make_link(sim, ctx, true, ret_link);
    if (err != DMSC_OK)
        dmsc_sim_free(sim);
    dmsci_free(ctx, profile);
    return err;
}

const struct dmsc_link_driver dmsc_sim_link_driver = {
    .name = "sim",
    .argument = ARGUMENT,
    .open = open_link,
};
