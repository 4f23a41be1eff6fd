/* SPDX-License-Identifier: Apache-2.0 */
/* What the program dmsc-uicc puts into its fronts: where the card comes from, and how it fails. */
#ifndef DMSCI_SIM_MAIN_CARD_H
#define DMSCI_SIM_MAIN_CARD_H

#include <dmsc/sim.h>

#define MAIN_FAULTS_MAX 16u

struct main_card {
    const char *profile;
    const char *import, *atr; /* in the place of a profile; atr NULL: from the file's name */
    const char *dump;         /* the card as it then is goes here; "-": standard output */
    const char *faults[MAIN_FAULTS_MAX];
    unsigned n_faults;
    const char *seed, *baud, *page_us, *page_size;
    struct dmsc_sim_options options;
};

/** Take one of the options about the card. @return false: it is none, or one fault too many */
bool main_card_option(struct main_card *card, int option, const char *value);
enum main_card_options {
    MAIN_CARD_IMPORT = 512,
    MAIN_CARD_ATR,
    MAIN_CARD_DUMP,
    MAIN_CARD_FAULT,
    MAIN_CARD_SEED,
    MAIN_CARD_BAUD,
    MAIN_CARD_PAGE_US,
    MAIN_CARD_PAGE_SIZE
};
/** The story of a failure is in the context. */
DMSC_NODISCARD enum dmsc_err main_card_make(const struct main_card *card, struct dmsc_ctx *ctx,
                                            struct dmsc_sim **ret_sim);
/** Write card->dump, a file as a whole or not at all. @return false: it cannot be, errno says why
 */
bool main_card_dump(const struct main_card *card, struct dmsc_ctx *ctx, const struct dmsc_sim *sim);

#endif
