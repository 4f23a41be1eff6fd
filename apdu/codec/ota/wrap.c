/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side for programs: packets and the messages around them. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/facade.h"
#include "apdu/codec/ota/sms.h"
#include <dmsc/ctx.h>

#define ENVELOPE_MAX 255u /* the data of one command */

struct dmsci_ota_keys dmsci_ota_keys_of(const struct dmsc_ota_keys *keys)
{
    return (struct dmsci_ota_keys){ .kic = dmsc_secret_bytes(&keys->kic_key),
                                    .kid = dmsc_secret_bytes(&keys->kid_key),
                                    .kic_implicit = keys->kic_implicit,
                                    .kid_implicit = keys->kid_implicit,
                                    .cc_size = keys->cc_size };
}

struct dmsci_ota_header dmsci_ota_header_of(const struct dmsc_ota_keys *keys)
{
    return (struct dmsci_ota_header){ { keys->spi[0], keys->spi[1] },
                                      keys->kic,
                                      keys->kid,
                                      { keys->tar[0], keys->tar[1], keys->tar[2] } };
}

enum dmsc_err dmsc_ota_wrap(struct dmsc_ctx *ctx, const struct dmsc_ota_keys *keys,
                            struct dmsc_bytes script, struct dmsc_buf *ret_packet)
{
    struct dmsci_ota_header header = dmsci_ota_header_of(keys);
    struct dmsci_ota_keys inner = dmsci_ota_keys_of(keys);

    return dmsci_ota_command_wrap(ctx, &header, &inner, keys->counter, script, ret_packet);
}

unsigned dmsc_ota_parts(size_t n, bool wide)
{
    return dmsci_sms_parts(n, wide);
}

static enum dmsc_err bad_argument(struct dmsc_ctx *ctx, const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_ARG, "write a short message");
    dmsci_why(ctx, "ota:sms", "%s", why);
    return DMSC_E_ARG;
}

enum dmsc_err dmsc_ota_tpdu(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                            const struct dmsc_ota_sms *sms, unsigned part,
                            struct dmsc_buf *ret_tpdu)
{
    struct dmsci_sms_header h = { .packet = DMSCI_SMS_IE_COMMAND, .wide = sms->wide };
    struct dmsci_sms message = { .type = DMSCI_SMS_DELIVER, .has_header = true };
    uint8_t elements[DMSCI_SMS_HEADER_MAX], tpdu[DMSCI_SMS_TPDU_MAX];
    struct dmsc_wr e = dmsc_wr(elements, sizeof(elements)), w = dmsc_wr(tpdu, sizeof(tpdu));

    if (part == 0 || part > dmsci_sms_parts(packet.n, sms->wide))
        return bad_argument(ctx, "there is no such part");
    if (sms->from == NULL || dmsci_sms_address_parse(sms->from, &message.address) != DMSC_OK)
        return bad_argument(ctx, "the sender has at most 20 digits");
    h.reference = sms->reference;
    message.pid = DMSCI_SMS_PID_DOWNLOAD;
    message.dcs = DMSCI_SMS_DCS_CLASS2;
    dmsci_copy(message.time, sms->time, sizeof(message.time));
    message.data = dmsci_sms_part(packet, part, &h);
    dmsci_sms_header_encode(&h, &e);
    message.header = dmsc_bytes(elements, e.n);
    /* TP-MMS 0 while more of them wait (TS 23.040 9.2.3.2). The worked example has 0 also in a
     * message that is alone. */
    if (part == h.total && part > 1)
        message.flags = 0x04;
    if (dmsci_sms_encode(&message, &w) != DMSC_OK)
        return bad_argument(ctx, "it does not fit");
    return dmsc_buf_set(ret_tpdu, dmsc_bytes(tpdu, w.n));
}

enum dmsc_err dmsc_ota_envelope(struct dmsc_ctx *ctx, struct dmsc_bytes tpdu,
                                const struct dmsc_ota_sms *sms, struct dmsc_buf *ret_envelope)
{
    struct dmsci_sms_address centre;
    uint8_t out[ENVELOPE_MAX];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    if (sms->centre != NULL && dmsci_sms_address_parse(sms->centre, &centre) != DMSC_OK)
        return bad_argument(ctx, "the service centre has at most 20 digits");
    dmsci_sms_envelope_encode(tpdu, sms->centre != NULL ? &centre : NULL, &w);
    if (w.bad)
        return bad_argument(ctx, "an ENVELOPE has at most 255 bytes");
    return dmsc_buf_set(ret_envelope, dmsc_bytes(out, w.n));
}
