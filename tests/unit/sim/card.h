/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the software UICC share. */
#ifndef TESTS_SIM_CARD_H
#define TESTS_SIM_CARD_H

#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <dmsc/sim.h>

/** A context; the card scripts' folder holds the profiles. */
struct dmsc_ctx *card_ctx(void);
/** Powered card of a profile of the source tree. Fails the test. */
struct dmsc_sim *card_open(struct dmsc_ctx *ctx, const char *profile,
                           const struct dmsc_sim_options *options);
/** Powered card of card-scripts/NAME.json. */
struct dmsc_sim *card_new(struct dmsc_ctx *ctx, const char *name,
                          const struct dmsc_sim_options *options);
/** Upper-case digits without spaces; "FF*16" is FF sixteen times; a comment ends the line. */
void card_hex(const char *line, char *out, size_t size);
/** Transmit hex, expect hex: "9000", data and SW; "-" means no answer. Fails the test. */
void card_expect(struct dmsc_sim *sim, const char *capdu, const char *rapdu);
/** Transmit hex, whatever the answer is. */
void card_send(struct dmsc_sim *sim, const char *capdu);
/** The raw content of an EF is this hex. */
void card_content(struct dmsc_sim *sim, const char *path, const char *hex);

/** Run tests/vectors/NAME: lines "> C-APDU", "< R-APDU" and "! directive". */
void script_run(const char *name);

#endif
