/* SPDX-License-Identifier: Apache-2.0 */
/* The MA list as values: lifetime, look-up, names of MO types. */
#include "apdu/base/ctx.h"
#include <dmsc/ma.h>
#include <string.h>

/* The registered URNs of OMA and 3GPP without their versions, and what people call them. */
static const struct {
    enum dmsc_mo_type type;
    const char *urn;
    const char *name;
} types[] = {
    { DMSC_MO_ANY, NULL, "any" },
    { DMSC_MO_DEVINFO, "urn:oma:mo:oma-dm-devinfo", "DevInfo" },
    { DMSC_MO_DEVDETAIL, "urn:oma:mo:oma-dm-devdetail", "DevDetail" },
    { DMSC_MO_DMACC, "urn:oma:mo:oma-dm-dmacc", "DMAcc" },
    { DMSC_MO_INBOX, "urn:oma:mo:oma-dm-inbox", "Inbox" },
    { DMSC_MO_CONN, "urn:oma:mo:oma-connmo", "ConnMO" },
    { DMSC_MO_FUMO, "urn:oma:mo:oma-fumo", "FUMO" },
    { DMSC_MO_SCOMO, "urn:oma:mo:oma-scomo", "SCOMO" },
    { DMSC_MO_LAWMO, "urn:oma:mo:oma-lawmo", "LAWMO" },
    { DMSC_MO_DIAGMON, "urn:oma:mo:oma-diag", "DiagMon" },
    { DMSC_MO_CP_W7, NULL, "CP document" },
    { DMSC_MO_SYNCML_BOOTSTRAP, NULL, "SyncML bootstrap" },
    { DMSC_MO_LWM2M_BOOTSTRAP, NULL, "LwM2M bootstrap" },
    { DMSC_MO_3GPP_IMS, "urn:oma:mo:ext-3gpp-ims", "3GPP IMS" },
    { DMSC_MO_NAS_CONFIG, "urn:oma:mo:ext-3gpp-nas-config", "NAS configuration" },
    { DMSC_MO_ANDSF, "urn:oma:mo:ext-3gpp-andsf", "ANDSF" },
    { DMSC_MO_SDOUE, "urn:oma:mo:ext-3gpp-sdoue", "SDoUE" },
    { DMSC_MO_XCAP, "urn:oma:mo:ext-3gpp-xcap", "XCAP" },
    { DMSC_MO_PS_DATA_OFF, "urn:oma:mo:ext-3gpp-psdataoff", "PS data off" },
};

const char *dmsc_mo_type_urn(enum dmsc_mo_type type)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(types); i++) {
        if (types[i].type == type)
            return types[i].urn;
    }
    return NULL;
}

const char *dmsc_mo_type_name(enum dmsc_mo_type type)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(types); i++) {
        if (types[i].type == type)
            return types[i].name;
    }
    return type == DMSC_MO_URN ? "URN" : type >= 0x20 && (int)type <= 0x7F ? "vendor" : "unknown";
}

static void clear_entry(struct dmsc_ctx *ctx, struct dmsc_ma *ma)
{
    for (size_t i = 0; i < ma->server_id_count; i++)
        dmsci_free(ctx, ma->server_ids[i]);
    for (size_t i = 0; i < ma->scope_count; i++) {
        dmsci_free(ctx, ma->scopes[i].urn);
        dmsci_free(ctx, ma->scopes[i].path);
    }
    dmsci_free(ctx, ma->server_ids);
    dmsci_free(ctx, ma->pins);
    dmsci_free(ctx, ma->scopes);
    dmsci_free(ctx, ma->name);
    dmsci_free(ctx, ma->authority);
}

void dmsc_ma_list_clear(struct dmsc_ma_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        clear_entry(list->ctx, &list->entries[i]);
    if (list->entries != NULL)
        dmsci_free(list->ctx, list->entries);
    *list = (struct dmsc_ma_list)DMSC_MA_LIST_INIT;
}

static bool copy_text(struct dmsc_ctx *ctx, const char *from, char **ret_to)
{
    if (from == NULL)
        return true;
    *ret_to = dmsci_strdup(ctx, from);
    return *ret_to != NULL;
}

/* Counts grow with what is really there, so that clear_entry() can undo a copy cut short. */
static bool copy_entry(struct dmsc_ctx *ctx, const struct dmsc_ma *from, struct dmsc_ma *to)
{
    *to = *from;
    to->name = to->authority = NULL;
    to->server_ids = NULL;
    to->pins = NULL;
    to->scopes = NULL;
    to->server_id_count = to->pin_count = to->scope_count = 0;
    to->server_ids = dmsci_calloc(ctx, from->server_id_count, sizeof(*to->server_ids));
    to->pins = dmsci_calloc(ctx, from->pin_count, sizeof(*to->pins));
    to->scopes = dmsci_calloc(ctx, from->scope_count, sizeof(*to->scopes));
    if (to->server_ids == NULL || to->pins == NULL || to->scopes == NULL ||
        !copy_text(ctx, from->name, &to->name) || !copy_text(ctx, from->authority, &to->authority))
        return false;
    for (; to->server_id_count < from->server_id_count; to->server_id_count++) {
        size_t i = to->server_id_count;

        if (!copy_text(ctx, from->server_ids[i], &to->server_ids[i]))
            return false;
    }
    for (; to->pin_count < from->pin_count; to->pin_count++)
        to->pins[to->pin_count] = from->pins[to->pin_count];
    while (to->scope_count < from->scope_count) {
        const struct dmsc_ma_scope *scope = &from->scopes[to->scope_count];
        struct dmsc_ma_scope *copy = &to->scopes[to->scope_count++];

        *copy = *scope;
        copy->urn = copy->path = NULL;
        if (!copy_text(ctx, scope->urn, &copy->urn) || !copy_text(ctx, scope->path, &copy->path))
            return false;
    }
    return true;
}

enum dmsc_err dmsc_ma_list_copy(const struct dmsc_ma_list *list, struct dmsc_ctx *ctx,
                                struct dmsc_ma_list *ret_list)
{
    struct dmsc_ma_list copy = *list;

    copy.ctx = ctx;
    copy.count = 0;
    copy.entries = dmsci_calloc(ctx, list->count, sizeof(*copy.entries));
    if (copy.entries == NULL)
        return DMSC_E_NOMEM;
    while (copy.count < list->count) {
        size_t i = copy.count++;

        if (!copy_entry(ctx, &list->entries[i], &copy.entries[i])) {
            dmsc_ma_list_clear(&copy);
            return DMSC_E_NOMEM;
        }
    }
    *ret_list = copy;
    return DMSC_OK;
}

const struct dmsc_ma *dmsc_ma_list_by_id(const struct dmsc_ma_list *list, uint8_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].id == id)
            return &list->entries[i];
    }
    return NULL;
}

const struct dmsc_ma *dmsc_ma_list_by_server_id(const struct dmsc_ma_list *list,
                                                const char *server_id)
{
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < list->entries[i].server_id_count; k++) {
            if (strcmp(list->entries[i].server_ids[k], server_id) == 0)
                return &list->entries[i];
        }
    }
    return NULL;
}
