/* SPDX-License-Identifier: Apache-2.0 */
/* A software UICC with a card profile, and the card application open on it. */
#ifndef TESTS_CARD_FIXTURE_H
#define TESTS_CARD_FIXTURE_H

#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <dmsc/card.h>
#include <dmsc/sim.h>

struct card_fixture {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_card *card;
    struct dmsc_secret pin, adm;
};

/** @param profile below card-scripts/; the card is powered and the application open */
void card_fixture_open(struct card_fixture *f, const char *profile);
/** As card_fixture_open() with the text of a profile that may name a base there. */
void card_fixture_open_text(struct card_fixture *f, const char *json);
void card_fixture_close(struct card_fixture *f);
/** Power the card again after a cut and open the application. */
void card_fixture_power(struct card_fixture *f);

/** The issuer key of the worked example. */
extern const struct dmsc_card_trust card_fixture_trust;

/** Read with PIN and issuer key, nothing known. */
enum dmsc_err card_fixture_read(struct card_fixture *f, struct dmsc_card_image *ret_image);
void assert_reason(struct card_fixture *f, enum dmsc_err err, enum dmsc_err wanted,
                   const char *reason);
/** The body is this text. */
void assert_body(const struct dmsc_card_image *image, uint8_t id, const char *text);

#endif
