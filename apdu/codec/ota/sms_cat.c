/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit's templates around a TPDU. */
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"
#include "apdu/codec/ctlv.h"
#include "apdu/codec/ota/sms.h"

#define TEMPLATE_COMMAND  0xD0u
#define TEMPLATE_DOWNLOAD 0xD1u
#define TAG_ADDRESS       0x06u
#define TAG_TPDU          0x0Bu
#define TYPE_SEND_SMS     0x13u
#define DEVICE_UICC       0x81u
#define DEVICE_NETWORK    0x83u

static void put_devices(struct dmsc_wr *w, uint8_t source, uint8_t destination)
{
    uint8_t devices[2] = { source, destination };

    dmsci_ctlv_put(w, DMSCI_CTLV_DEVICE_IDENTITIES, true, dmsc_bytes(devices, 2));
}

static void put_download(struct dmsc_bytes tpdu, const struct dmsci_sms_address *centre,
                         struct dmsc_wr *w)
{
    put_devices(w, DEVICE_NETWORK, DEVICE_UICC);
    if (centre != NULL) {
        uint8_t value[1 + DMSCI_SMS_DIGITS_MAX / 2];
        struct dmsc_wr a = dmsc_wr(value, sizeof(value));

        dmsc_wr_u8(&a, centre->type);
        dmsc_wr_bytes(&a, dmsc_bytes(centre->bcd, (centre->digits + 1u) / 2));
        dmsci_ctlv_put(w, TAG_ADDRESS, true, dmsc_bytes(value, a.n));
    }
    dmsci_ctlv_put(w, TAG_TPDU, true, tpdu);
}

void dmsci_sms_envelope_encode(struct dmsc_bytes tpdu, const struct dmsci_sms_address *centre,
                               struct dmsc_wr *w)
{
    struct dmsc_wr counted = dmsc_wr(NULL, 0);

    put_download(tpdu, centre, &counted);
    dmsci_ber_put_header(w, TEMPLATE_DOWNLOAD, counted.n);
    put_download(tpdu, centre, w);
}

/* Template, device identities and TPDU; other objects are the toolkit's matter. */
static enum dmsc_err open_template(struct dmsc_bytes in, uint8_t tag, uint8_t source,
                                   uint8_t destination, struct dmsc_bytes *ret_objects,
                                   struct dmsc_bytes *ret_tpdu)
{
    struct dmsc_rd r = dmsc_rd(in), inner;
    struct dmsc_bytes devices, tpdu;
    struct dmsci_ctlv object;
    struct dmsci_tlv outer;

    if (!dmsci_ber_next(&r, &outer))
        return DMSC_E_TRUNCATED;
    if (outer.tag != tag)
        return DMSC_E_NOTFOUND;
    if (r.n > 0)
        return DMSC_E_MALFORMED;
    inner = dmsc_rd(outer.value);
    while (dmsci_ctlv_next(&inner, &object))
        ;
    if (inner.bad)
        return DMSC_E_MALFORMED;
    *ret_objects = outer.value;
    if (!dmsci_ctlv_find(outer.value, DMSCI_CTLV_DEVICE_IDENTITIES, &devices) || devices.n != 2 ||
        devices.p[0] != source || devices.p[1] != destination ||
        !dmsci_ctlv_find(outer.value, TAG_TPDU, &tpdu) || tpdu.n == 0)
        return DMSC_E_MALFORMED;
    *ret_tpdu = tpdu;
    return DMSC_OK;
}

enum dmsc_err dmsci_sms_envelope_decode(struct dmsc_bytes envelope, struct dmsc_bytes *ret_tpdu)
{
    struct dmsc_bytes objects;

    return open_template(envelope, TEMPLATE_DOWNLOAD, DEVICE_NETWORK, DEVICE_UICC, &objects,
                         ret_tpdu);
}

static void put_send(uint8_t number, struct dmsc_bytes tpdu, struct dmsc_wr *w)
{
    uint8_t details[3] = { number, TYPE_SEND_SMS, 0 };

    dmsci_ctlv_put(w, DMSCI_CTLV_COMMAND_DETAILS, true, dmsc_bytes(details, sizeof(details)));
    put_devices(w, DEVICE_UICC, DEVICE_NETWORK);
    dmsci_ctlv_put(w, TAG_TPDU, true, tpdu);
}

void dmsci_sms_send_encode(uint8_t command_number, struct dmsc_bytes tpdu, struct dmsc_wr *w)
{
    struct dmsc_wr counted = dmsc_wr(NULL, 0);

    put_send(command_number, tpdu, &counted);
    dmsci_ber_put_header(w, TEMPLATE_COMMAND, counted.n);
    put_send(command_number, tpdu, w);
}

enum dmsc_err dmsci_sms_send_decode(struct dmsc_bytes command, struct dmsc_bytes *ret_tpdu)
{
    struct dmsc_bytes objects = { NULL, 0 }, details, tpdu = { NULL, 0 };
    enum dmsc_err err =
        open_template(command, TEMPLATE_COMMAND, DEVICE_UICC, DEVICE_NETWORK, &objects, &tpdu);

    if (objects.p != NULL && dmsci_ctlv_find(objects, DMSCI_CTLV_COMMAND_DETAILS, &details) &&
        details.n == 3 && details.p[1] != TYPE_SEND_SMS)
        return DMSC_E_NOTFOUND;
    if (err != DMSC_OK)
        return err;
    if (!dmsci_ctlv_find(objects, DMSCI_CTLV_COMMAND_DETAILS, &details) || details.n != 3)
        return DMSC_E_MALFORMED;
    *ret_tpdu = tpdu;
    return DMSC_OK;
}
