/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_OTA_H
#define DMSC_OTA_H

#include <dmsc/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The server's side of over-the-air management: scripts (TS 102 226), secured packets (TS 102 225,
 * TS 31.115) and the short messages that carry them (TS 23.040). Workbench: a library built with
 * -Dworkbench=disabled lacks these functions.
 */

/** How packets for one application of one card are secured. */
struct dmsc_ota_keys {
    uint64_t counter; /* of the last packet that was given out; 40 bits */
    uint8_t spi[2];
    uint8_t kic, kid; /* high nibble: key set, low nibble: algorithm */
    uint8_t tar[3];
    uint8_t kic_implicit, kid_implicit; /* algorithm nibble where KIc or KID says 0 */
    uint8_t cc_size;                    /* bytes of an AES-CMAC: 4 or 8; 0 is 8 */
    struct dmsc_secret kic_key, kid_key;
};
#define DMSC_OTA_KEYS_INIT                                                                         \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Read a key file: lines "name = value", "#" begins a comment. docs/ota.md lists the names.
 * @param ret_keys replaced on success; dmsc_ota_keys_clear() wipes it
 * @return DMSC_E_MALFORMED with the line in the story, which never holds a value
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_keys_parse(struct dmsc_ctx *ctx,
                                                          struct dmsc_bytes text,
                                                          struct dmsc_ota_keys *ret_keys);
DMSC_API void dmsc_ota_keys_clear(struct dmsc_ota_keys *keys);
/**
 * Take the next counter: @p keys has it then, and so has the text of the file. Save that text
 * before the packet leaves: a counter that was used twice is refused by the card. Where the SPI
 * says "no counter" nothing changes.
 * @param ret_text replaced; holds the keys
 * @return DMSC_E_LIMIT for FFFFFFFFFF, which would block the card's counter for ever
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_keys_advance(struct dmsc_ctx *ctx,
                                                            struct dmsc_bytes text,
                                                            struct dmsc_ota_keys *keys,
                                                            struct dmsc_buf *ret_text);

/** Formats of a script (TS 102 226 clauses 5.1 and 5.2). */
enum dmsc_ota_format {
    DMSC_OTA_COMPACT = 0,
    DMSC_OTA_EXPANDED = 0xAA,  /* definite length */
    DMSC_OTA_INDEFINITE = 0xAE /* expanded, indefinite length */
};
/**
 * Make a script of text: one C-APDU in hex a line, "#" begins a comment. The expanded formats take
 * lines "chain first|first-keep|more|last", "immediate HEX" and "on-error HEX" too. A text that is
 * one finished expanded script is taken as it is.
 * @return DMSC_E_MALFORMED with the line in the story
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_script(struct dmsc_ctx *ctx,
                                                      enum dmsc_ota_format format, const char *text,
                                                      struct dmsc_buf *ret_script);
/** A command, an answer, or another object of a script or of what came back. */
struct dmsc_ota_item {
    const char *name;        /* "command", "answer", "executed", "script chaining", ... */
    struct dmsc_bytes value; /* of an answer without its SW */
    bool has_sw;
    uint16_t sw;
    const char *words; /* what the value means; NULL when it speaks for itself */
};
/**
 * Step through a script, or with @p response through what a remote management application
 * answered; the format is found out.
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED: then nothing was told
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_script_each(
    struct dmsc_ctx *ctx, struct dmsc_bytes script, bool response,
    void (*item)(void *user, const struct dmsc_ota_item *item), void *user);

/** Wrap a script with keys->counter. @param ret_packet replaced: from CPL on */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_wrap(struct dmsc_ctx *ctx,
                                                    const struct dmsc_ota_keys *keys,
                                                    struct dmsc_bytes script,
                                                    struct dmsc_buf *ret_packet);

/** The SMS-DELIVER that brings a packet: class 2, (U)SIM data download. */
struct dmsc_ota_sms {
    const char *from;   /* digits, with or without "+" */
    const char *centre; /* service centre for the ENVELOPE; NULL: left out */
    uint16_t reference; /* of concatenated messages */
    bool wide;          /* 16 bits of reference */
    uint8_t time[7];    /* TP-SCTS as it is sent */
};
/** Messages that a packet of @p n bytes takes; 0: more than 255. */
DMSC_API unsigned dmsc_ota_parts(size_t n, bool wide);
/** TPDU number @p part, from 1. @param ret_tpdu replaced */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_tpdu(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                                    const struct dmsc_ota_sms *sms, unsigned part,
                                                    struct dmsc_buf *ret_tpdu);
/** ENVELOPE (SMS-PP DOWNLOAD) of a TPDU: the data of the command. @param ret_envelope replaced */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_envelope(struct dmsc_ctx *ctx,
                                                        struct dmsc_bytes tpdu,
                                                        const struct dmsc_ota_sms *sms,
                                                        struct dmsc_buf *ret_envelope);

enum dmsc_ota_kind { DMSC_OTA_NO_PACKET, DMSC_OTA_COMMAND, DMSC_OTA_RESPONSE };

/** Finds the packet in whatever is around it, and joins concatenated messages. */
struct dmsc_ota_receiver;
struct dmsc_ota_received {
    const char *form;     /* "ENVELOPE", "SEND SHORT MESSAGE", "SMS-DELIVER", "packet", ... */
    char address[24];     /* of a short message, else "" */
    unsigned part, parts; /* 1 of 1 when it is not concatenated */
    bool whole;           /* all parts came: kind and packet are set */
    enum dmsc_ota_kind kind;
    struct dmsc_bytes packet; /* until the next call */
};
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_receiver_new(
    struct dmsc_ctx *ctx, struct dmsc_ota_receiver **ret_receiver);
DMSC_API void dmsc_ota_receiver_free(struct dmsc_ota_receiver *receiver);
/**
 * @param bytes an ENVELOPE with or without its command header, a SEND SHORT MESSAGE, a TPDU, a
 *              packet with or without its user data header
 * @return DMSC_E_MALFORMED when it is none of them
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_receive(struct dmsc_ota_receiver *receiver,
                                                       struct dmsc_bytes bytes,
                                                       struct dmsc_ota_received *ret_received);

/** What can be told of a packet. */
struct dmsc_ota_packet {
    enum dmsc_ota_kind kind;
    uint8_t spi[2], kic, kid; /* of a command; of a response those of the keys */
    uint8_t tar[3];
    size_t check_size; /* bytes of RC/CC/DS */
    bool opened;       /* what follows is known */
    bool authenticated, ciphered;
    uint64_t counter;
    uint8_t padding;
    uint8_t sts; /* of a response */
};
/**
 * Read a packet. Without keys: what is in clear, nothing of it proved. With keys it is deciphered
 * and checked.
 * @param keys     NULL: without; of a response, spi, kic and kid are those of its command
 * @param ret_data replaced when ret_packet->opened: script or answer, without padding
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED, DMSC_E_UNSUPPORTED, DMSC_E_ARG (keys); DMSC_E_CORRUPT
 *         when RC or CC are wrong; DMSC_E_UNTRUSTED for a response in clear that had to be secured
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ota_read(struct dmsc_ctx *ctx, enum dmsc_ota_kind kind,
                                                    struct dmsc_bytes packet,
                                                    const struct dmsc_ota_keys *keys,
                                                    struct dmsc_ota_packet *ret_packet,
                                                    struct dmsc_buf *ret_data);

enum dmsc_ota_field {
    DMSC_OTA_INTEGRITY,
    DMSC_OTA_CIPHERING,
    DMSC_OTA_COUNTER,
    DMSC_OTA_POR,
    DMSC_OTA_POR_INTEGRITY,
    DMSC_OTA_POR_CIPHERING,
    DMSC_OTA_POR_WAY,
    DMSC_OTA_KIC,
    DMSC_OTA_KID
};
/** A field of SPI, KIc or KID in words. Never NULL. */
DMSC_API const char *dmsc_ota_words(const struct dmsc_ota_packet *packet,
                                    enum dmsc_ota_field field);
/** A response status code (TS 102 225 clause 5.2) in words, and what to try. Never NULL. */
DMSC_API const char *dmsc_ota_sts_text(uint8_t sts);
DMSC_API const char *dmsc_ota_sts_hint(uint8_t sts);

#ifdef __cplusplus
}
#endif
#endif
