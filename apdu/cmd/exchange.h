/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_EXCHANGE_H
#define DMSCI_EXCHANGE_H

#include <dmsc/apdu.h>

/** Where the bytes go: one C-APDU or TPDU out, data and SW back (replaced). */
struct dmsci_transmit {
    enum dmsc_err (*send)(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu);
    void *user;
    struct dmsc_buf *rapdu; /* of dmsci_exchange_rest(): where answers are put, wiped after it */
};

/**
 * One APDU with all that T=0 makes of it (TS 102 221 clause 7.3.1.1; ISO 7816-3 12.2): GET RESPONSE
 * after 61xx and 9Fxx, the same case 2 command again after 6Cxx (once), GET RESPONSE after the
 * warnings of a case 4. A command with data is never sent twice. Tolerates the same on T=1. At most
 * limits.get_response rounds and limits.rapdu_size bytes.
 *
 * @param ret_data appended: response data without SW
 * @return DMSC_E_LINK for an answer shorter than an SW; DMSC_E_LIMIT when the card does not come to
 * an end
 */
DMSC_NODISCARD enum dmsc_err dmsci_exchange(struct dmsc_ctx *ctx, enum dmsc_protocol protocol,
                                            const struct dmsci_transmit *transmit,
                                            const struct dmsc_capdu *capdu,
                                            struct dmsc_buf *ret_data, uint16_t *ret_sw);

/** As dmsci_exchange() where the first answer is in transmit->rapdu already: what follows from it.
 */
DMSC_NODISCARD enum dmsc_err dmsci_exchange_rest(struct dmsc_ctx *ctx, enum dmsc_protocol protocol,
                                                 const struct dmsci_transmit *transmit,
                                                 const struct dmsc_capdu *capdu,
                                                 struct dmsc_buf *ret_data, uint16_t *ret_sw);

/** Put a logical channel 0..19 into a CLA of class 0X, 8X or A0 given for channel 0 (10.1.1). */
uint8_t dmsci_cla_channel(uint8_t cla, unsigned channel);
/** The GET RESPONSE class of a command: 0X or 4X with the command's channel. */
uint8_t dmsci_cla_get_response(uint8_t cla);

#endif
