/* SPDX-License-Identifier: Apache-2.0 */
/* Concatenated short messages put together again, in whatever order they come. */
#ifndef DMSCI_OTA_JOIN_H
#define DMSCI_OTA_JOIN_H

#include "apdu/codec/ota/sms.h"

#define DMSCI_SMS_JOIN_SLOTS                                                                       \
    4u /* messages that are incomplete at a time; the oldest goes first                            \
        */

struct dmsci_sms_join_slot {
    bool used;
    unsigned long age;
    struct dmsci_sms_address address;
    struct dmsci_sms_header header; /* of the part that came last */
    uint8_t packet;
    unsigned seen;
    struct dmsc_buf parts; /* number, length, bytes; one behind the other */
};

struct dmsci_sms_join {
    struct dmsc_ctx *ctx;
    unsigned long clock;
    struct dmsci_sms_join_slot slot[DMSCI_SMS_JOIN_SLOTS];
};

void dmsci_sms_join_init(struct dmsci_sms_join *join, struct dmsc_ctx *ctx);
void dmsci_sms_join_clear(struct dmsci_sms_join *join);
/**
 * Take a message. One that is not concatenated is whole at once.
 *
 * @param ret_whole  false: more parts are missing, the other results are untouched
 * @param ret_kind   DMSCI_SMS_IE_COMMAND, _RESPONSE, or 0 for an ordinary message
 * @param ret_packet replaced
 * @return DMSC_E_MALFORMED: a part came twice and differs; DMSC_E_LIMIT: more than
 *         limits.ota_packet_size. The parts that came before are then still kept.
 */
DMSC_NODISCARD enum dmsc_err dmsci_sms_join_add(struct dmsci_sms_join *join,
                                                const struct dmsci_sms *sms, bool *ret_whole,
                                                uint8_t *ret_kind, struct dmsc_buf *ret_packet);

#endif
