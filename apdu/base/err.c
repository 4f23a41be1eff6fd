/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/compiler.h"
#include <dmsc/err.h>
#include <stddef.h>

static const struct {
    enum dmsc_err err;
    const char *name;
    const char *text;
} names[] = {
#define E(err, text)                                                                               \
    {                                                                                              \
        err, #err, text                                                                            \
    }
    E(DMSC_OK, "done"),
    E(DMSC_E_ARG, "an argument is not usable"),
    E(DMSC_E_NOMEM, "out of memory"),
    E(DMSC_E_LIMIT, "larger than the limit allows"),
    E(DMSC_E_STATE, "not possible at this moment"),
    E(DMSC_E_IO, "input or output failed"),
    E(DMSC_E_CONFIG, "the configuration is not usable"),
    E(DMSC_E_EXISTS, "it exists already"),
    E(DMSC_E_LINK, "the way to the card failed"),
    E(DMSC_E_TIMEOUT, "no answer in time"),
    E(DMSC_E_REMOVED, "there is no card"),
    E(DMSC_E_CARD_RESET, "the card was reset by somebody else"),
    E(DMSC_E_NOREADER, "there is no such reader"),
    E(DMSC_E_NOSERVICE, "the PC/SC service cannot be reached"),
    E(DMSC_E_SW, "the card refused the command"),
    E(DMSC_E_NOTFOUND, "not found"),
    E(DMSC_E_DENIED, "the card's access conditions are not met"),
    E(DMSC_E_PIN, "the PIN is wrong or blocked"),
    E(DMSC_E_TRUNCATED, "the data ends too early"),
    E(DMSC_E_MALFORMED, "the data is not well formed"),
    E(DMSC_E_UNSUPPORTED, "not supported"),
    E(DMSC_E_CORRUPT, "the check sum does not fit"),
    E(DMSC_E_UNTRUSTED, "not trusted"),
    E(DMSC_E_REPLAY, "older than what is known already"),
    E(DMSC_E_NOT_LISTED_MA, "not an authority that the card lists"),
    E(DMSC_E_REFUSED, "refused by the authority rules"),
    E(DMSC_E_NET, "the network failed"),
    E(DMSC_E_TLS, "no secure connection"),
    E(DMSC_E_HTTP, "the HTTP exchange failed"),
    E(DMSC_E_PEER, "the server broke the protocol"),
    E(DMSC_E_AGAIN, "not possible now, try again later"),
#undef E
};

const char *dmsc_err_name(enum dmsc_err err)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].err == err)
            return names[i].name;
    }
    return "?";
}

const char *dmsc_err_text(enum dmsc_err err)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].err == err)
            return names[i].text;
    }
    return "an unknown error";
}
