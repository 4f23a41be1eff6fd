/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secured packets over SMS: TS 102 225 clause 5.1 as TS 31.115 clause 4 writes them. Both packets,
 * both ends: the server wraps commands and unwraps responses, the card the other way round.
 */
#ifndef DMSCI_OTA_PACKET_H
#define DMSCI_OTA_PACKET_H

#include <dmsc/bytes.h>

struct dmsc_ctx;

/* SPI, first byte (TS 102 225 clause 5.1.1). */
#define DMSCI_OTA_INTEGRITY(spi1) ((enum dmsci_ota_integrity)((spi1)&0x03))
#define DMSCI_OTA_CIPHERED        0x04u
#define DMSCI_OTA_COUNTER(spi1)   ((enum dmsci_ota_counter)((spi1) >> 3 & 0x03))
/* SPI, second byte. Integrity of the response: DMSCI_OTA_INTEGRITY(spi2 >> 2). */
#define DMSCI_OTA_POR(spi2)      ((enum dmsci_ota_por)((spi2)&0x03))
#define DMSCI_OTA_POR_CIPHERED   0x10u
#define DMSCI_OTA_POR_SMS_SUBMIT 0x20u /* else in the SMS-DELIVER-REPORT */

enum dmsci_ota_integrity { DMSCI_OTA_NONE, DMSCI_OTA_RC, DMSCI_OTA_CC, DMSCI_OTA_DS };
enum dmsci_ota_counter {
    DMSCI_OTA_COUNTER_NONE,
    DMSCI_OTA_COUNTER_UNCHECKED,
    DMSCI_OTA_COUNTER_HIGHER,
    DMSCI_OTA_COUNTER_NEXT /* exactly one higher */
};
enum dmsci_ota_por { DMSCI_OTA_POR_NEVER, DMSCI_OTA_POR_ALWAYS, DMSCI_OTA_POR_ON_ERROR };

/** Response status code (TS 102 225 table 5). */
enum dmsci_ota_sts {
    DMSCI_OTA_STS_OK = 0x00,
    DMSCI_OTA_STS_CHECK = 0x01, /* RC/CC/DS failed */
    DMSCI_OTA_STS_CNTR_LOW = 0x02,
    DMSCI_OTA_STS_CNTR_HIGH = 0x03,
    DMSCI_OTA_STS_CNTR_BLOCKED = 0x04,
    DMSCI_OTA_STS_CIPHERING = 0x05,
    DMSCI_OTA_STS_SECURITY = 0x06, /* unidentified security error */
    DMSCI_OTA_STS_MEMORY = 0x07,
    DMSCI_OTA_STS_MORE_TIME = 0x08,
    DMSCI_OTA_STS_TAR = 0x09,   /* unknown */
    DMSCI_OTA_STS_LEVEL = 0x0A, /* insufficient security level */
    DMSCI_OTA_STS_IN_SMS_SUBMIT = 0x0B,
    DMSCI_OTA_STS_IN_USSD = 0x0C
};

/* Counters have 40 bits and never wrap; a card whose counter stands here is blocked (5.1.4). */
#define DMSCI_OTA_COUNTER_MAX 0xFFFFFFFFFFull

/** What travels in clear in front of a command packet. */
struct dmsci_ota_header {
    uint8_t spi[2];
    uint8_t kic, kid; /* high nibble: key set, low nibble: algorithm (5.1.2, 5.1.3) */
    uint8_t tar[3];
};

/** The keys that KIc and KID of a header stand for. Borrowed. */
struct dmsci_ota_keys {
    struct dmsc_bytes kic, kid;         /* empty where the SPI needs none */
    uint8_t kic_implicit, kid_implicit; /* algorithm nibble that 0, "known implicitly", means */
    uint8_t cc_size;                    /* bytes of an AES-CMAC: 4 or 8; 0 is 8 */
};

/** A command as the card needs it to answer. */
struct dmsci_ota_command {
    struct dmsci_ota_header header;
    uint64_t counter;
    uint8_t padding; /* bytes behind the data */
};

struct dmsci_ota_response {
    uint8_t tar[3];
    uint64_t counter;
    uint8_t padding;
    uint8_t sts;        /* enum dmsci_ota_sts, or a value not known here */
    bool authenticated; /* RC or CC was there and right */
    bool ciphered;
};

/**
 * Build a command packet, from CPL on.
 *
 * @param counter    at most DMSCI_OTA_COUNTER_MAX
 * @param ret_packet replaced
 * @return DMSC_E_UNSUPPORTED: an algorithm, or DS, that is not known here; DMSC_E_ARG: a key of the
 *         wrong length; DMSC_E_LIMIT: longer than limits.ota_packet_size
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_command_wrap(struct dmsc_ctx *ctx,
                                                    const struct dmsci_ota_header *header,
                                                    const struct dmsci_ota_keys *keys,
                                                    uint64_t counter, struct dmsc_bytes data,
                                                    struct dmsc_buf *ret_packet);
/**
 * Read what is in clear: to find the application by TAR and the keys by KIc and KID. Nothing of it
 * is proved yet.
 *
 * @param packet from CPL on
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED: CPL or CHL do not fit
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_command_peek(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                                    struct dmsci_ota_header *ret_header);
/**
 * Decipher a command packet, check it, and check its counter.
 *
 * @param stored      the counter of the last command that the card accepted with these keys. When
 *                    dmsci_ota_counter_kept() and all went well, the card stores the new one
 *                    before it executes anything.
 * @param ret_command set when the check passed: with DMSC_OK and with DMSC_E_REPLAY
 * @param ret_data    replaced on success: the secured data without its padding. May hold secrets;
 *                    dmsc_buf_clear() wipes it.
 * @param ret_sts     always set: what the card answers
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED, DMSC_E_UNSUPPORTED, DMSC_E_ARG (keys); DMSC_E_CORRUPT
 *         when RC or CC are wrong; DMSC_E_REPLAY by the counter
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_command_unwrap(
    struct dmsc_ctx *ctx, struct dmsc_bytes packet, const struct dmsci_ota_keys *keys,
    uint64_t stored, struct dmsci_ota_command *ret_command, struct dmsc_buf *ret_data,
    enum dmsci_ota_sts *ret_sts);

/** The same without the counter: for whoever looks at a packet and executes nothing. */
DMSC_NODISCARD enum dmsc_err dmsci_ota_command_open(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                                    const struct dmsci_ota_keys *keys,
                                                    struct dmsci_ota_command *ret_command,
                                                    struct dmsc_buf *ret_data);
/** The replay rules (5.1.4): DMSCI_OTA_STS_OK, _CNTR_LOW, _CNTR_HIGH or _CNTR_BLOCKED. */
enum dmsci_ota_sts dmsci_ota_counter_check(uint8_t spi1, uint64_t counter, uint64_t stored);
/** Does a command with this SPI move the card's counter? Modes "higher" and "one higher" do. */
bool dmsci_ota_counter_kept(uint8_t spi1);
/**
 * Does a command with this first byte of SPI reach the minimum security level of an application
 * (TS 102 226 clause 8.2.1.3.2.4.1, coded as a first byte of SPI)? RC < CC and DS, ciphering, and
 * the counter modes in their order.
 */
bool dmsci_ota_level_met(uint8_t minimum, uint8_t spi1);

/**
 * Build a response packet, from RPL on, with the security that SPI2 of the command asks for. Where
 * the card cannot or must not secure it (the command failed its check), it passes a copy of the
 * command with SPI2 0. The first bytes on the way, the UDH 02 71 00, are part of the check but not
 * of the result.
 *
 * @param ret_packet replaced
 * @return as dmsci_ota_command_wrap()
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_response_wrap(struct dmsc_ctx *ctx,
                                                     const struct dmsci_ota_command *command,
                                                     const struct dmsci_ota_keys *keys,
                                                     enum dmsci_ota_sts sts, struct dmsc_bytes data,
                                                     struct dmsc_buf *ret_packet);
/**
 * Decipher and check the response to a command. A card that could not read the command answers in
 * clear: such an answer passes, not authenticated, when it tells an error and carries nothing else.
 *
 * @param packet  from RPL on, or with the UDH 02 71 00 in front
 * @param header  of the command
 * @param ret_data replaced on success: additional response data
 * @return as dmsci_ota_command_unwrap(), without DMSC_E_REPLAY: whether tar and counter are those
 *         of the command is for the caller to compare; DMSC_E_UNTRUSTED for a success in clear
 *         that should have been secured
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_response_unwrap(struct dmsc_ctx *ctx,
                                                       struct dmsc_bytes packet,
                                                       const struct dmsci_ota_header *header,
                                                       const struct dmsci_ota_keys *keys,
                                                       struct dmsci_ota_response *ret_response,
                                                       struct dmsc_buf *ret_data);
/**
 * Read what is in clear of a response packet.
 * @param ret_check bytes of RC/CC/DS
 */
DMSC_NODISCARD enum dmsc_err dmsci_ota_response_peek(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                                     uint8_t ret_tar[3], size_t *ret_check);

#endif
