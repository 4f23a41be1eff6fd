/* SPDX-License-Identifier: Apache-2.0 */
/* A ClientURI taken apart; nothing in it has been looked up. */
#ifndef DMSCI_CLIENT_URI_H
#define DMSCI_CLIENT_URI_H

#include "apdu/base/ctx.h"
#include <dmsc/client_uri.h>

#define DMSCI_CLIENT_URI_SEGMENTS   32u
#define DMSCI_CLIENT_URI_CONDITIONS 16u

enum dmsci_place_kind { DMSCI_PLACE_NAME, DMSCI_PLACE_ANY, DMSCI_PLACE_X, DMSCI_PLACE_ONLY };
/** One place: a name, "*", "(x)", or nothing where the only instance is meant. */
struct dmsci_place {
    enum dmsci_place_kind kind;
    const char *name; /* decoded */
    char letter;
};
/** "nv=(x)/A/B:value" */
struct dmsci_condition {
    char letter;
    const char *path; /* decoded segments, "/" between them, "" for the node itself */
    const char *value;
};
struct dmsci_client_uri {
    struct dmsc_ctx *ctx;
    char *text; /* all strings point into it */
    const char *moid;
    struct dmsci_place instance;
    struct dmsci_place path[DMSCI_CLIENT_URI_SEGMENTS];
    size_t path_count;
    struct dmsci_condition nv[DMSCI_CLIENT_URI_CONDITIONS];
    size_t nv_count;
    const char *cv; /* "" without */
};

/** @param ret_uri untouched on failure; dmsci_client_uri_clear() */
DMSC_NODISCARD enum dmsc_err dmsci_client_uri_parse(struct dmsc_ctx *ctx, const char *text,
                                                    struct dmsci_client_uri *ret_uri);
void dmsci_client_uri_clear(struct dmsci_client_uri *uri);

#endif
