/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSC's reader operations over our link. To OpenSC it speaks T=1: 61xx and 6Cxx are the link's.
 */
#include "host/card/opensc_link.h"

#include "apdu/base/ctx.h"
#include <libopensc/errors.h>

static struct dmsci_opensc_reader *ours(struct sc_reader *reader)
{
    return reader->drv_data;
}

static int error_of(enum dmsc_err err)
{
    static const struct {
        enum dmsc_err ours;
        int theirs;
    } errors[] = {
        { DMSC_E_REMOVED, SC_ERROR_CARD_REMOVED },
        { DMSC_E_CARD_RESET, SC_ERROR_CARD_RESET },
        { DMSC_E_NOMEM, SC_ERROR_OUT_OF_MEMORY },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(errors); i++) {
        if (errors[i].ours == err)
            return errors[i].theirs;
    }
    return SC_ERROR_TRANSMIT_FAILED;
}

static int detect_card_presence(struct sc_reader *reader)
{
    (void)reader;
    return SC_READER_CARD_PRESENT; /* the link was powered before OpenSC came */
}

static int connect_card(struct sc_reader *reader)
{
    struct dmsc_bytes atr = dmsc_link_atr(ours(reader)->link);

    if (atr.n > sizeof(reader->atr.value))
        return SC_ERROR_INVALID_DATA;
    dmsci_copy(reader->atr.value, atr.p, atr.n);
    reader->atr.len = atr.n;
    reader->active_protocol = SC_PROTO_T1;
    return SC_SUCCESS;
}

static int disconnect_card(struct sc_reader *reader)
{
    (void)reader; /* the link stays: it is not OpenSC's */
    return SC_SUCCESS;
}

static bool wants_answer(int cse)
{
    int kind = cse & SC_APDU_SHORT_MASK;

    return kind == SC_APDU_CASE_2_SHORT || kind == SC_APDU_CASE_4_SHORT;
}

static int transmit(struct sc_reader *reader, struct sc_apdu *apdu)
{
    struct dmsci_opensc_reader *self = ours(reader);
    struct dmsc_capdu capdu = { .cla = apdu->cla,
                                .ins = apdu->ins,
                                .p1 = apdu->p1,
                                .p2 = apdu->p2,
                                .data = { apdu->data, apdu->datalen } };
    struct dmsc_buf data;
    uint16_t sw = 0;

    /* What failed once stays failed: OpenSC tries again after a reset, when the channel is gone and
     * the files of another application answer. */
    if (self->err != DMSC_OK)
        return error_of(self->err);
    if (apdu->datalen > 255 || (apdu->cse & SC_APDU_EXT) != 0)
        return SC_ERROR_INVALID_ARGUMENTS;
    if (wants_answer(apdu->cse)) /* OpenSC writes 256 as 256 or as 0 */
        capdu.le = (uint16_t)(apdu->le == 0 || apdu->le > 256 ? 256 : apdu->le);
    dmsc_buf_init(&data, dmsc_link_ctx(self->link), DMSC_RAPDU_MAX);
    self->err = dmsc_link_exchange(self->link, &capdu, &data, &sw);
    if (self->err == DMSC_OK) {
        size_t n = data.n < apdu->resplen ? data.n : apdu->resplen;

        if (apdu->resp != NULL)
            dmsci_copy(apdu->resp, data.p, n);
        apdu->resplen = apdu->resp == NULL ? 0 : n;
        apdu->sw1 = sw >> 8;
        apdu->sw2 = sw & 0xFF;
    }
    dmsc_buf_clear(&data);
    return self->err == DMSC_OK ? SC_SUCCESS : error_of(self->err);
}

static int lock(struct sc_reader *reader)
{
    struct dmsci_opensc_reader *self = ours(reader);

    if (self->err == DMSC_OK)
        self->err = dmsc_link_lock(self->link);
    return self->err == DMSC_OK ? SC_SUCCESS : error_of(self->err);
}

static int unlock(struct sc_reader *reader)
{
    dmsc_link_unlock(ours(reader)->link);
    return SC_SUCCESS;
}

void dmsci_opensc_reader_init(struct dmsci_opensc_reader *reader, struct sc_context *context,
                              struct dmsc_link *link)
{
    static char name[] = "dmsc link";

    *reader = (struct dmsci_opensc_reader){ .link = link };
    reader->ops = (struct sc_reader_operations){ .detect_card_presence = detect_card_presence,
                                                 .connect = connect_card,
                                                 .disconnect = disconnect_card,
                                                 .transmit = transmit,
                                                 .lock = lock,
                                                 .unlock = unlock };
    reader->driver = (struct sc_reader_driver){ .name = "dmsc", .short_name = "dmsc" };
    reader->driver.ops = &reader->ops;
    reader->reader.ctx = context;
    reader->reader.driver = &reader->driver;
    reader->reader.ops = &reader->ops;
    reader->reader.drv_data = reader;
    reader->reader.name = name;
    reader->reader.flags = SC_READER_CARD_PRESENT;
    reader->reader.supported_protocols = SC_PROTO_T1;
    reader->reader.active_protocol = SC_PROTO_T1;
    reader->reader.max_send_size = SC_READER_SHORT_APDU_MAX_SEND_SIZE;
    reader->reader.max_recv_size = SC_READER_SHORT_APDU_MAX_RECV_SIZE;
}
