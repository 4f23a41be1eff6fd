/* SPDX-License-Identifier: Apache-2.0 */
/* What command and response packets have in common: check sum, padding, ciphering. */
#ifndef DMSCI_OTA_SEAL_H
#define DMSCI_OTA_SEAL_H

#include "apdu/codec/ota/packet.h"
#include "apdu/crypto/crypto.h"

#define OTA_CHECK_MAX 8u

/* Of a packet: [lead] clear | fixed check data padding. From fixed on it is ciphered; lead is part
 * of the check alone. */
struct dmsci_ota_layout {
    struct dmsc_bytes lead;
    size_t clear; /* length, header length and what follows in clear */
    size_t fixed; /* CNTR, PCNTR and, of a response, STS */
};

enum dmsci_ota_check { OTA_CHECK_NONE, OTA_CHECK_CRC16, OTA_CHECK_CRC32, OTA_CHECK_MAC };

/* Algorithms and keys that SPI, KIc and KID stand for. */
struct dmsci_ota_security {
    enum dmsci_ota_check check;
    size_t check_n;
    enum dmsci_cipher mac;
    struct dmsc_bytes mac_key;
    bool ciphered;
    enum dmsci_cipher cipher;
    struct dmsc_bytes key;
};

/** @return DMSC_E_UNSUPPORTED for algorithms, DMSC_E_ARG for keys that do not fit them */
DMSC_NODISCARD enum dmsc_err dmsci_ota_security(struct dmsc_ctx *ctx,
                                                enum dmsci_ota_integrity integrity, bool ciphered,
                                                const struct dmsci_ota_header *header,
                                                const struct dmsci_ota_keys *keys,
                                                struct dmsci_ota_security *ret_security);
/**
 * @param head   clear and fixed bytes; lengths and PCNTR are filled in here
 * @param packet replaced
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_seal(struct dmsc_ctx *ctx,
                                            const struct dmsci_ota_layout *layout,
                                            const struct dmsci_ota_security *security,
                                            uint8_t *head, struct dmsc_bytes data,
                                            struct dmsc_buf *ret_packet);
/** Do the two lengths in front fit the packet? @param ret_check bytes of RC/CC/DS */
DMSC_NODISCARD enum dmsc_err dmsci_ota_lengths(struct dmsc_ctx *ctx,
                                               const struct dmsci_ota_layout *layout,
                                               struct dmsc_bytes packet, size_t *ret_check);
/**
 * @param ret_plain appended: lead, clear, fixed, data, padding
 * @param ret_sts   what a card answers; set on failure
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_open(struct dmsc_ctx *ctx,
                                            const struct dmsci_ota_layout *layout,
                                            const struct dmsci_ota_security *security,
                                            struct dmsc_bytes packet, struct dmsc_buf *ret_plain,
                                            enum dmsci_ota_sts *ret_sts);

#endif
