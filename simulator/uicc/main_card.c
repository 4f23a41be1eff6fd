/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/main_card.h"
#include <dmsc/ctx.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_MAX (48u << 20)
/* ISO 7816-3: a character takes twelve bit times. */
#define BITS_A_BYTE 12u

bool main_card_option(struct main_card *card, int option, const char *value)
{
    switch (option) {
    case MAIN_CARD_IMPORT:
        card->import = value;
        return true;
    case MAIN_CARD_ATR:
        card->atr = value;
        return true;
    case MAIN_CARD_DUMP:
        card->dump = value;
        return true;
    case MAIN_CARD_FAULT:
        if (card->n_faults == MAIN_FAULTS_MAX)
            return false;
        card->faults[card->n_faults++] = value;
        return true;
    case MAIN_CARD_SEED:
        card->seed = value;
        return true;
    case MAIN_CARD_BAUD:
        card->baud = value;
        return true;
    case MAIN_CARD_PAGE_US:
        card->page_us = value;
        return true;
    case MAIN_CARD_PAGE_SIZE:
        card->page_size = value;
        return true;
    default:
        return false;
    }
}

static enum dmsc_err number(struct dmsc_sim *sim, const char *text, unsigned long long most,
                            unsigned long long *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 0);
    if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *ret <= most)
        return DMSC_OK;
    /* Tells the story in the context's form. */
    return dmsc_sim_fault_text(sim, text);
}

static enum dmsc_err set_timing(const struct main_card *card, struct dmsc_sim *sim)
{
    struct dmsc_sim_timing timing = { .real = true };
    unsigned long long baud = 0, page_us = 0, page_size = 0;
    enum dmsc_err err = DMSC_OK;

    if (card->baud == NULL && card->page_us == NULL && card->page_size == NULL)
        return DMSC_OK;
    if (card->baud != NULL)
        err = number(sim, card->baud, 100000000, &baud);
    if (err == DMSC_OK && card->page_us != NULL)
        err = number(sim, card->page_us, 10000000, &page_us);
    if (err == DMSC_OK && card->page_size != NULL)
        err = number(sim, card->page_size, 100000, &page_size);
    timing.byte_us = baud == 0 ? 0 : (unsigned)((BITS_A_BYTE * 1000000ull + baud / 2) / baud);
    timing.page_us = (unsigned)page_us;
    timing.page_size = (unsigned)page_size;
    return err == DMSC_OK ? dmsc_sim_set_timing(sim, &timing) : err;
}

static enum dmsc_err set_faults(const struct main_card *card, struct dmsc_sim *sim)
{
    unsigned long long seed = 0;
    enum dmsc_err err = DMSC_OK;

    if (card->seed != NULL)
        err = number(sim, card->seed, UINT64_MAX, &seed);
    if (err == DMSC_OK)
        dmsc_sim_seed(sim, seed);
    if (err == DMSC_OK)
        err = set_timing(card, sim);
    for (unsigned i = 0; err == DMSC_OK && i < card->n_faults; i++)
        err = dmsc_sim_fault_text(sim, card->faults[i]);
    return err;
}

static enum dmsc_err import(const struct main_card *card, struct dmsc_ctx *ctx,
                            struct dmsc_sim **ret_sim)
{
    struct dmsc_buf profile;
    enum dmsc_err err;

    dmsc_buf_init(&profile, ctx, PROFILE_MAX);
    err = dmsc_sim_import(ctx, card->import, card->atr, &profile);
    if (err == DMSC_OK)
        err = dmsc_sim_new_text(ctx, dmsc_buf_bytes(&profile), NULL, &card->options, ret_sim);
    dmsc_buf_clear(&profile);
    return err;
}

enum dmsc_err main_card_make(const struct main_card *card, struct dmsc_ctx *ctx,
                             struct dmsc_sim **ret_sim)
{
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err = card->import != NULL
                            ? import(card, ctx, &sim)
                            : dmsc_sim_new(ctx, card->profile, &card->options, &sim);

    if (err == DMSC_OK)
        err = set_faults(card, sim);
    if (err != DMSC_OK) {
        dmsc_sim_free(sim);
        return err;
    }
    *ret_sim = sim;
    return DMSC_OK;
}

bool main_card_dump(const struct main_card *card, struct dmsc_ctx *ctx, const struct dmsc_sim *sim)
{
    bool out = strcmp(card->dump, "-") == 0, good;
    struct dmsc_buf text;
    FILE *f;

    dmsc_buf_init(&text, ctx, PROFILE_MAX);
    good = dmsc_sim_dump(sim, &text) == DMSC_OK;
    if (!good)
        errno = ENOMEM;
    f = !good ? NULL : out ? stdout : fopen(card->dump, "we");
    good = f != NULL && fwrite(text.p, 1, text.n, f) == text.n;
    if (f != NULL)
        good = (out ? fflush(f) : fclose(f)) == 0 && good;
    dmsc_buf_clear(&text);
    return good;
}
