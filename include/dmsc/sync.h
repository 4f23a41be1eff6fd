/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SYNC_H
#define DMSC_SYNC_H

#include <dmsc/card.h>
#include <dmsc/link.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happened to one MO of the card. */
enum dmsc_sync_action {
    DMSC_SYNC_KEPT,    /* the same version as known */
    DMSC_SYNC_TAKEN,   /* card to tree */
    DMSC_SYNC_REMOVED, /* gone from the card, gone from the tree */
    DMSC_SYNC_WRITTEN, /* tree to card */
    DMSC_SYNC_LEFT_OUT /* see reason */
};
struct dmsc_sync_item {
    enum dmsc_sync_action action;
    uint8_t id;
    char path[256];
    char type[64];
    uint32_t version;
    size_t bytes;
    char reason[192]; /* why it was left out, "" otherwise */
};
struct dmsc_sync_report {
    struct dmsc_card_header header;
    bool unchanged;
    bool first; /* this card was not known */
    bool list_changed;
    unsigned authorities;
    unsigned certificates; /* taken from the card this time */
    struct dmsc_sync_item *items;
    size_t item_count;
    struct dmsc_link_counts cost; /* APDUs and bytes of this call */
    struct dmsc_ctx *ctx;
};
#define DMSC_SYNC_REPORT_INIT                                                                      \
    {                                                                                              \
        0                                                                                          \
    }
DMSC_API void dmsc_sync_report_clear(struct dmsc_sync_report *report);

#ifdef __cplusplus
}
#endif
#endif
