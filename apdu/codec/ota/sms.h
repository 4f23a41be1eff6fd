/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short messages that carry secured packets: TPDUs of TS 23.040 clause 9.2, their user data header
 * with the identifiers of TS 31.115 clause 4, and the toolkit objects around them (TS 31.111).
 * What is decoded borrows from the input.
 */
#ifndef DMSCI_OTA_SMS_H
#define DMSCI_OTA_SMS_H

#include <dmsc/bytes.h>

/* Information elements (TS 23.040 9.2.3.24). */
#define DMSCI_SMS_IE_CONCAT8  0x00u
#define DMSCI_SMS_IE_CONCAT16 0x08u
#define DMSCI_SMS_IE_COMMAND  0x70u /* command packet */
#define DMSCI_SMS_IE_RESPONSE 0x71u /* response packet */

#define DMSCI_SMS_UD_MAX       140u /* user data, octets */
#define DMSCI_SMS_DIGITS_MAX   20u
#define DMSCI_SMS_TPDU_MAX     176u /* SMS-SUBMIT: 14 + 12 octets around the user data, rounded up */
#define DMSCI_SMS_PARTS_MAX    255u
#define DMSCI_SMS_PID_DOWNLOAD 0x7Fu /* (U)SIM data download (9.2.3.9) */
#define DMSCI_SMS_DCS_CLASS2   0xF6u /* 8 bit, for the card (TS 23.038) */

/** TON/NPI octet and digits (9.1.2.5), or the toolkit's address without a length. */
struct dmsci_sms_address {
    uint8_t type;
    uint8_t digits; /* semi-octets used */
    uint8_t bcd[DMSCI_SMS_DIGITS_MAX / 2];
};

enum dmsci_sms_type { DMSCI_SMS_DELIVER, DMSCI_SMS_SUBMIT };

struct dmsci_sms {
    enum dmsci_sms_type type;
    uint8_t flags;     /* first octet without TP-MTI, TP-VPF and TP-UDHI */
    uint8_t reference; /* SUBMIT: TP-MR */
    struct dmsci_sms_address address;
    uint8_t pid, dcs;
    uint8_t time[7];       /* DELIVER: TP-SCTS */
    uint8_t validity_form; /* SUBMIT: TP-VPF, 0 none, 2 relative (1 octet), others 7 */
    uint8_t validity[7];
    uint8_t length;           /* TP-UDL: octets, or septets of 7-bit text */
    bool has_header;          /* TP-UDHI */
    struct dmsc_bytes header; /* its information elements, without UDHL */
    struct dmsc_bytes data;   /* user data behind the header; 7-bit text with its fill bits */
};

/** What a user data header says that matters here. */
struct dmsci_sms_header {
    uint8_t packet;          /* DMSCI_SMS_IE_COMMAND, _RESPONSE; 0 for neither */
    bool concatenated, wide; /* wide: 16 bits of reference */
    uint16_t reference;
    uint8_t total, number; /* this is part number of total, from 1 */
};

/** "+" and digits, or digits, "*#abc". DMSC_E_MALFORMED for other characters or too many. */
DMSC_NODISCARD enum dmsc_err dmsci_sms_address_parse(const char *text,
                                                     struct dmsci_sms_address *ret_address);
/** The reverse; alphanumeric addresses come as hex. @p ret_text holds 24 characters. */
void dmsci_sms_address_text(const struct dmsci_sms_address *address, char ret_text[24]);

/** @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED; DMSC_E_UNSUPPORTED for another TP-MTI */
DMSC_NODISCARD enum dmsc_err dmsci_sms_decode(struct dmsc_bytes tpdu, struct dmsci_sms *ret_sms);
/** TP-UDL is @p sms->length for 7-bit text, else it is counted. DMSC_E_MALFORMED: too much. */
DMSC_NODISCARD enum dmsc_err dmsci_sms_encode(const struct dmsci_sms *sms, struct dmsc_wr *w);
/** Elements that contradict themselves are as if absent (9.2.3.24.1). DMSC_E_MALFORMED: no IEs. */
DMSC_NODISCARD enum dmsc_err dmsci_sms_header_decode(struct dmsc_bytes header,
                                                     struct dmsci_sms_header *ret_header);
/** The elements that the header has, without UDHL: at most DMSCI_SMS_HEADER_MAX bytes. */
#define DMSCI_SMS_HEADER_MAX 8u
void dmsci_sms_header_encode(const struct dmsci_sms_header *header, struct dmsc_wr *w);

/** Messages that a packet of @p n bytes takes; 0: more than DMSCI_SMS_PARTS_MAX. */
unsigned dmsci_sms_parts(size_t n, bool wide);
/**
 * What part @p number, from 1, carries. The identifier of the packet is in the first part alone
 * (TS 31.115 4.2).
 *
 * @param header   packet, wide, reference set; the rest is filled in
 * @return the bytes of @p packet in that part
 */
struct dmsc_bytes dmsci_sms_part(struct dmsc_bytes packet, unsigned number,
                                 struct dmsci_sms_header *header);

/* The toolkit around a TPDU. */

/** ENVELOPE (SMS-PP DOWNLOAD), TS 31.111 7.1.1.2. @param centre TS-Service-Centre-Address or NULL
 */
void dmsci_sms_envelope_encode(struct dmsc_bytes tpdu, const struct dmsci_sms_address *centre,
                               struct dmsc_wr *w);
DMSC_NODISCARD enum dmsc_err dmsci_sms_envelope_decode(struct dmsc_bytes envelope,
                                                       struct dmsc_bytes *ret_tpdu);
/** SEND SHORT MESSAGE (TS 31.111 6.6.9) without packing, to the centre that the card knows. */
void dmsci_sms_send_encode(uint8_t command_number, struct dmsc_bytes tpdu, struct dmsc_wr *w);
/** DMSC_E_NOTFOUND: another proactive command. */
DMSC_NODISCARD enum dmsc_err dmsci_sms_send_decode(struct dmsc_bytes command,
                                                   struct dmsc_bytes *ret_tpdu);

#endif
