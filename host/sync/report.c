/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sync/sync.h"
#include <stdio.h>

void dmsc_sync_report_clear(struct dmsc_sync_report *report)
{
    if (report->items != NULL)
        dmsci_free(report->ctx, report->items);
    *report = (struct dmsc_sync_report)DMSC_SYNC_REPORT_INIT;
}

enum dmsc_err dmsci_report_item(struct dmsc_sync_report *report, enum dmsc_sync_action action,
                                const struct dmsc_mo_entry *entry, const char *reason)
{
    struct dmsc_sync_item *items;
    struct dmsc_sync_item *item;

    items = dmsci_realloc(report->ctx, report->items,
                          (report->item_count + 1) * sizeof(*report->items));
    if (items == NULL)
        return DMSC_E_NOMEM;
    report->items = items;
    item = &items[report->item_count++];
    *item = (struct dmsc_sync_item){
        .action = action, .id = entry->id, .version = entry->version, .bytes = entry->length
    };
    (void)snprintf(item->path, sizeof(item->path), "%s", entry->path);
    (void)snprintf(item->type, sizeof(item->type), "%s",
                   entry->type == DMSC_MO_URN ? entry->urn : dmsc_mo_type_name(entry->type));
    (void)snprintf(item->reason, sizeof(item->reason), "%s", reason);
    return DMSC_OK;
}

enum dmsc_err dmsci_report_failure(struct dmsc_sync_report *report,
                                   const struct dmsc_mo_entry *entry)
{
    const struct dmsc_diag *d = dmsc_diag_get(report->ctx);
    char reason[sizeof(((struct dmsc_sync_item *)0)->reason)];

    (void)snprintf(reason, sizeof(reason), "%.47s: %.140s",
                   d->reason[0] != '\0' ? d->reason : dmsc_err_name(d->err), d->why);
    dmsci_log(report->ctx, DMSC_LOG_WARN, "sync", "MO %u, %s, was left out: %s", entry->id,
              entry->path, reason);
    return dmsci_report_item(report, DMSC_SYNC_LEFT_OUT, entry, reason);
}
