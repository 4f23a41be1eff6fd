/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every link must do, whatever it goes through. A new driver or wrapper brings a function that
 * opens it to a card with a UICC's MF and passes this suite.
 */
#ifndef TESTS_UNIT_LINK_LINK_CONFORMANCE_H
#define TESTS_UNIT_LINK_LINK_CONFORMANCE_H

#include <dmsc/link.h>

struct link_conformance {
    /** Open a link to a card that has no power yet. What it needs besides is freed with the link.
     */
    enum dmsc_err (*open)(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link);
    void *user;
    const char *name; /* what dmsc_link_name() shall say */
    enum dmsc_protocol protocol;
    bool hides_atr; /* a modem keeps it to itself */
};

void link_conformance(const struct link_conformance *subject);

#endif
