/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_CTLV_H
#define DMSCI_CTLV_H

#include <dmsc/bytes.h>

/** One COMPREHENSION-TLV data object (TS 101 220 clause 7.1.1). Value borrows from the input. */
struct dmsci_ctlv {
    uint16_t tag; /* 01..7E without the comprehension bit; 3-byte tags: 0001..7FFF */
    bool comprehension_required;
    bool long_tag; /* came in the 3-byte form */
    struct dmsc_bytes value;
};

/**
 * Take the next object. Length: 00..7F, 81 xx, 82 xxxx, 83 xxxxxx.
 * @return false at the end or on bad input; look at r->bad. Tag bytes 00, 80 and FF are bad,
 * and so is the number 0 in the 3-byte form.
 */
bool dmsci_ctlv_next(struct dmsc_rd *r, struct dmsci_ctlv *ret_ctlv);
/** First object with @p tag, whatever its comprehension bit. */
bool dmsci_ctlv_find(struct dmsc_bytes in, uint16_t tag, struct dmsc_bytes *ret_value);
/** @p tag below 7F goes in one byte, others in three. */
void dmsci_ctlv_put(struct dmsc_wr *w, uint16_t tag, bool comprehension_required,
                    struct dmsc_bytes value);

/* Tags of TS 102 223 clause 9.3 used here. */
#define DMSCI_CTLV_COMMAND_DETAILS   0x01
#define DMSCI_CTLV_DEVICE_IDENTITIES 0x02
#define DMSCI_CTLV_RESULT            0x03
#define DMSCI_CTLV_FILE_LIST         0x12
#define DMSCI_CTLV_AID               0x2F

#endif
