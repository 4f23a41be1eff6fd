/* SPDX-License-Identifier: Apache-2.0 */
/* Where the MOs of a card belong in the tree, and which of them cannot be taken. */
#include "host/sync/sync.h"
#include <string.h>

/* The device's own nodes: no card replaces or removes them. Accounts below ./DMAcc are welcome,
 * so are certificates below ./Cert and objects of an environment. */
static bool is_reserved(const char *uri)
{
    static const char *const own[] = { "./DevInfo", "./DevDetail", "./DACMO", "./Inbox",
                                       "./VirMO" };
    static const char *const lists[] = { ".", "./DMAcc", "./Cert", "./Env" };
    bool reserved = strncmp(uri, "./Cert/uicc-", sizeof("./Cert/uicc-") - 1) == 0;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(own); i++)
        reserved = reserved || dmsc_uri_below(uri, own[i]);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(lists); i++)
        reserved = reserved || strcmp(uri, lists[i]) == 0;
    return reserved;
}

static bool overlap(const char *a, const char *b)
{
    return dmsc_uri_below(a, b) || dmsc_uri_below(b, a);
}

/* One place has one MO, the first of the index: with two nobody could tell what goes with which. */
static bool is_occupied(const struct dmsci_card_state *state, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (state->places[k].left_out == NULL &&
            overlap(state->places[k].uri, state->places[i].uri))
            return true;
    }
    return false;
}

static const char *judge(const struct dmsci_card_state *state, size_t i)
{
    const struct dmsc_mo_entry *entry = &state->index.entries[i];

    if (entry->encoding != DMSC_MO_TNDS_XML && entry->encoding != DMSC_MO_TNDS_WBXML)
        return "encoding:unsupported: only TNDS is read";
    if (entry->owner != 0 && dmsc_ma_list_by_id(&state->list, entry->owner) == NULL)
        return "ma:unlisted: its owner is not on the MA list";
    if (is_reserved(state->places[i].uri))
        return "path:reserved: the device's own nodes";
    if (is_occupied(state, i))
        return "path:occupied: another object of the card has this place";
    return NULL;
}

static enum dmsc_err place(struct dmsc_ctx *ctx, struct dmsci_card_state *state, size_t i)
{
    struct dmsci_place *place = &state->places[i];
    struct dmsc_buf uri;
    enum dmsc_err err;

    dmsc_buf_init(&uri, ctx, dmsc_ctx_limits(ctx)->uri_length);
    err = dmsc_uri_normalise(ctx, state->index.entries[i].path, &uri, NULL);
    if (err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT) {
        place->left_out = "path:malformed: it is no path of a node";
        err = DMSC_OK;
        dmsc_buf_reset(&uri);
    }
    if (err == DMSC_OK) {
        place->uri = dmsci_strdup(ctx, dmsc_buf_str(&uri));
        err = place->uri == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    if (err == DMSC_OK && place->left_out == NULL)
        place->left_out = judge(state, i);
    dmsc_buf_clear(&uri);
    return err;
}

enum dmsc_err dmsci_places_make(struct dmsc_ctx *ctx, struct dmsci_card_state *state)
{
    enum dmsc_err err = DMSC_OK;

    state->places_ctx = ctx;
    state->places = dmsci_calloc(ctx, state->index.count, sizeof(*state->places));
    if (state->places == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; err == DMSC_OK && i < state->index.count; i++)
        err = place(ctx, state, i);
    return err;
}

void dmsci_places_clear(struct dmsci_card_state *state)
{
    for (size_t i = 0; state->places != NULL && i < state->index.count; i++)
        dmsci_free(state->places_ctx, state->places[i].uri);
    if (state->places != NULL)
        dmsci_free(state->places_ctx, state->places);
    state->places = NULL;
}

const struct dmsci_place *dmsci_place_of(const struct dmsci_card_state *state,
                                         const struct dmsc_mo_entry *entry)
{
    return &state->places[entry - state->index.entries];
}

static bool same_names(const struct dmsc_ma *a, const struct dmsc_ma *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->server_id_count != b->server_id_count)
        return false;
    for (size_t i = 0; i < a->server_id_count; i++) {
        if (strcmp(a->server_ids[i], b->server_ids[i]) != 0)
            return false;
    }
    return true;
}

bool dmsci_place_same_hands(const struct dmsci_card_state *then, const struct dmsc_mo_entry *was,
                            const struct dmsci_card_state *now, const struct dmsc_mo_entry *is)
{
    return was->owner == is->owner && same_names(dmsc_ma_list_by_id(&then->list, was->owner),
                                                 dmsc_ma_list_by_id(&now->list, is->owner));
}
