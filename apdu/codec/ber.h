/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_BER_H
#define DMSCI_BER_H

#include <dmsc/bytes.h>

/** One BER-TLV data object. Value borrows from the input. */
struct dmsci_tlv {
    uint32_t tag; /* 1 to 3 bytes as they stand: 0x9E, 0x9F1F, 0xBF8101 */
    struct dmsc_bytes value;
};

/**
 * Take the next data object. Lengths are DER as TS 102 221 clause 11.3.0 writes them: definite,
 * shortest form, up to 3 bytes of length.
 * @return false at the end or on bad input; look at r->bad. A non-minimal length is bad.
 */
bool dmsci_ber_next(struct dmsc_rd *r, struct dmsci_tlv *ret_tlv);
/** As dmsci_ber_next(), taking longer forms of a length too (PKCS#15 files of real cards). */
bool dmsci_ber_next_lenient(struct dmsc_rd *r, struct dmsci_tlv *ret_tlv);
/** First object with @p tag at this level; { NULL, 0 } and false when there is none. */
bool dmsci_ber_find(struct dmsc_bytes in, uint32_t tag, struct dmsc_bytes *ret_value);

void dmsci_ber_put(struct dmsc_wr *w, uint32_t tag, struct dmsc_bytes value);
/** Tag and length only; @p n bytes of value follow from the caller. */
void dmsci_ber_put_header(struct dmsc_wr *w, uint32_t tag, size_t n);
void dmsci_ber_put_u8(struct dmsc_wr *w, uint32_t tag, uint8_t v);
void dmsci_ber_put_u16(struct dmsc_wr *w, uint32_t tag, uint16_t v);
void dmsci_ber_put_u32(struct dmsc_wr *w, uint32_t tag, uint32_t v);

#endif
