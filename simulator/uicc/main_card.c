/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/main_card.h"
#include <dmsc/ctx.h>
#include <dmsc/secret.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool write_all(int fd, struct dmsc_bytes text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text = dmsc_bytes(text.p + n, text.n - (size_t)n);
    }
    return true;
}

/* Beside it, then renamed: whoever reads has the old dump or the new one. For its owner alone,
 * since keys are in it. */
static bool replace_file(const char *path, char *beside, struct dmsc_bytes text)
{
    int fd = mkstemp(beside), number;
    bool good;

    if (fd < 0)
        return false;
    good = write_all(fd, text) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(beside, path) == 0)
        return true;
    number = errno;
    (void)unlink(beside);
    errno = number;
    return false;
}

/* A device, a pipe, a link: it is written to, not replaced. */
static bool write_file(const char *path, struct dmsc_bytes text)
{
    bool out = strcmp(path, "-") == 0, good;
    FILE *f = out ? stdout : fopen(path, "we");

    if (f == NULL)
        return false;
    good = fwrite(text.p, 1, text.n, f) == text.n;
    return (out ? fflush(f) : fclose(f)) == 0 && good;
}

static bool is_replaced(const char *path)
{
    struct stat there;

    return strcmp(path, "-") != 0 && (lstat(path, &there) != 0 || S_ISREG(there.st_mode));
}

bool main_card_dump(const struct main_card *card, struct dmsc_ctx *ctx, const struct dmsc_sim *sim)
{
    struct dmsc_buf text, beside;
    bool good;

    dmsc_buf_init(&text, ctx, PROFILE_MAX);
    dmsc_buf_init(&beside, ctx, PATH_MAX);
    errno = ENOMEM;
    good = dmsc_sim_dump(sim, &text) == DMSC_OK &&
           dmsc_buf_append_str(&beside, card->dump) == DMSC_OK &&
           dmsc_buf_append_str(&beside, ".XXXXXX") == DMSC_OK &&
           dmsc_buf_append_u8(&beside, 0) == DMSC_OK;
    if (good)
        good = is_replaced(card->dump)
                   ? replace_file(card->dump, (char *)beside.p, dmsc_buf_bytes(&text))
                   : write_file(card->dump, dmsc_buf_bytes(&text));
    if (text.n > 0)
        dmsc_wipe(text.p, text.n);
    dmsc_buf_clear(&beside);
    dmsc_buf_clear(&text);
    return good;
}
