/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/sms.h"
#include "apdu/base/ctx.h"

#define MTI_DELIVER            0x00u
#define MTI_SUBMIT             0x01u
#define FLAG_UDHI              0x40u
#define TON_ALPHANUMERIC(type) (((type)&0x70) == 0x50)

static const char digits[] = "0123456789*#abc";

static void set_digit(struct dmsci_sms_address *a, unsigned i, uint8_t digit)
{
    unsigned shift = i % 2 == 0 ? 0 : 4;

    a->bcd[i / 2] = (uint8_t)((a->bcd[i / 2] & ~(0x0F << shift)) | digit << shift);
}

enum dmsc_err dmsci_sms_address_parse(const char *text, struct dmsci_sms_address *ret_address)
{
    struct dmsci_sms_address a = { 0x81, 0, { 0 } }; /* unknown number, E.164 plan */

    if (*text == '+') {
        a.type = 0x91;
        text++;
    }
    for (; *text != '\0'; text++) {
        uint8_t digit = 0;

        while (digit < sizeof(digits) - 1 && digits[digit] != *text)
            digit++;
        if (digit == sizeof(digits) - 1 || a.digits == DMSCI_SMS_DIGITS_MAX)
            return DMSC_E_MALFORMED;
        set_digit(&a, a.digits++, digit);
    }
    if (a.digits == 0)
        return DMSC_E_MALFORMED;
    if (a.digits % 2 != 0)
        set_digit(&a, a.digits, 0x0F);
    *ret_address = a;
    return DMSC_OK;
}

void dmsci_sms_address_text(const struct dmsci_sms_address *a, char ret_text[24])
{
    char *to = ret_text;

    if (TON_ALPHANUMERIC(a->type)) {
        dmsc_hex_encode(dmsc_bytes(a->bcd, (a->digits + 1u) / 2), ret_text);
        return;
    }
    if ((a->type & 0x70) == 0x10)
        *to++ = '+';
    for (unsigned i = 0; i < a->digits && i < DMSCI_SMS_DIGITS_MAX; i++) {
        uint8_t digit = i % 2 == 0 ? a->bcd[i / 2] & 0x0F : a->bcd[i / 2] >> 4;

        *to++ = digit < sizeof(digits) - 1 ? digits[digit] : '?';
    }
    *to = '\0';
}

/* TS 23.038 clause 4: does the data coding scheme stand for the 7-bit alphabet? */
static bool is_7bit(uint8_t dcs)
{
    switch (dcs >> 4) {
    case 0x8:
    case 0x9:
    case 0xA:
    case 0xB: /* reserved: as the default alphabet */
    case 0xC:
    case 0xD:
        return true;
    case 0xE:
        return false;
    case 0xF:
        return (dcs & 0x04) == 0;
    default:
        return (dcs & 0x0C) == 0x00 || (dcs & 0x0C) == 0x0C;
    }
}

static size_t octets_of(uint8_t dcs, uint8_t length)
{
    return is_7bit(dcs) ? (length * 7u + 7) / 8 : length;
}

static void get_address(struct dmsc_rd *r, struct dmsci_sms_address *a)
{
    a->digits = dmsc_rd_u8(r);
    a->type = dmsc_rd_u8(r);
    if (a->digits > DMSCI_SMS_DIGITS_MAX || (a->type & 0x80) == 0) {
        r->bad = true;
        return;
    }
    struct dmsc_bytes bcd = dmsc_rd_bytes(r, (a->digits + 1u) / 2);

    dmsci_copy(a->bcd, bcd.p, bcd.n);
}

static void get_user_data(struct dmsc_rd *r, struct dmsci_sms *sms)
{
    struct dmsc_rd ud;

    sms->length = dmsc_rd_u8(r);
    ud = dmsc_rd_take(r, octets_of(sms->dcs, sms->length));
    if (sms->has_header)
        sms->header = dmsc_rd_bytes(&ud, dmsc_rd_u8(&ud));
    sms->data = dmsc_rd_bytes(&ud, ud.n);
    r->bad |= ud.bad || octets_of(sms->dcs, sms->length) > DMSCI_SMS_UD_MAX;
}

static enum dmsc_err get_kind(uint8_t first, struct dmsci_sms *sms)
{
    sms->has_header = (first & FLAG_UDHI) != 0;
    switch (first & 0x03) {
    case MTI_DELIVER:
        sms->type = DMSCI_SMS_DELIVER;
        sms->flags = first & 0xBC;
        return DMSC_OK;
    case MTI_SUBMIT:
        sms->type = DMSCI_SMS_SUBMIT;
        sms->flags = first & 0xA4;
        sms->validity_form = first >> 3 & 0x03;
        return DMSC_OK;
    default: /* SMS-STATUS-REPORT, SMS-COMMAND: they carry no packet */
        return DMSC_E_UNSUPPORTED;
    }
}

static size_t validity_size(uint8_t form)
{
    return form == 0 ? 0 : form == 2 ? 1 : 7;
}

enum dmsc_err dmsci_sms_decode(struct dmsc_bytes tpdu, struct dmsci_sms *ret_sms)
{
    struct dmsc_rd r = dmsc_rd(tpdu);
    struct dmsci_sms sms = { .flags = 0 };
    struct dmsci_sms_header header;
    struct dmsc_bytes field;

    if (tpdu.n == 0)
        return DMSC_E_TRUNCATED;
    if (get_kind(dmsc_rd_u8(&r), &sms) != DMSC_OK)
        return DMSC_E_UNSUPPORTED;
    if (sms.type == DMSCI_SMS_SUBMIT)
        sms.reference = dmsc_rd_u8(&r);
    get_address(&r, &sms.address);
    sms.pid = dmsc_rd_u8(&r);
    sms.dcs = dmsc_rd_u8(&r);
    field = dmsc_rd_bytes(&r, sms.type == DMSCI_SMS_DELIVER ? sizeof(sms.time)
                                                            : validity_size(sms.validity_form));
    dmsci_copy(sms.type == DMSCI_SMS_DELIVER ? sms.time : sms.validity, field.p, field.n);
    get_user_data(&r, &sms);
    if (r.bad || r.n > 0)
        return r.bad ? DMSC_E_TRUNCATED : DMSC_E_MALFORMED;
    if (sms.has_header && dmsci_sms_header_decode(sms.header, &header) != DMSC_OK)
        return DMSC_E_MALFORMED;
    *ret_sms = sms;
    return DMSC_OK;
}

enum dmsc_err dmsci_sms_encode(const struct dmsci_sms *sms, struct dmsc_wr *w)
{
    size_t n = (sms->has_header ? 1 + sms->header.n : 0) + sms->data.n;
    bool submit = sms->type == DMSCI_SMS_SUBMIT;
    struct dmsc_wr try = *w;

    if (n > DMSCI_SMS_UD_MAX || sms->address.digits > DMSCI_SMS_DIGITS_MAX ||
        (is_7bit(sms->dcs) && octets_of(sms->dcs, sms->length) != n))
        return DMSC_E_MALFORMED;
    dmsc_wr_u8(&try,
               (uint8_t)(sms->flags | (sms->has_header ? FLAG_UDHI : 0) |
                         (submit ? MTI_SUBMIT | (sms->validity_form & 3u) << 3 : MTI_DELIVER)));
    if (submit)
        dmsc_wr_u8(&try, sms->reference);
    dmsc_wr_u8(&try, sms->address.digits);
    dmsc_wr_u8(&try, sms->address.type);
    dmsc_wr_bytes(&try, dmsc_bytes(sms->address.bcd, (sms->address.digits + 1u) / 2));
    dmsc_wr_u8(&try, sms->pid);
    dmsc_wr_u8(&try, sms->dcs);
    if (submit)
        dmsc_wr_bytes(&try, dmsc_bytes(sms->validity, validity_size(sms->validity_form & 3)));
    else
        dmsc_wr_bytes(&try, dmsc_bytes(sms->time, sizeof(sms->time)));
    dmsc_wr_u8(&try, is_7bit(sms->dcs) ? sms->length : (uint8_t)n);
    if (sms->has_header) {
        dmsc_wr_u8(&try, (uint8_t)sms->header.n);
        dmsc_wr_bytes(&try, sms->header);
    }
    dmsc_wr_bytes(&try, sms->data);
    *w = try;
    return DMSC_OK;
}

static void get_concat(struct dmsc_bytes value, bool wide, struct dmsci_sms_header *h)
{
    struct dmsc_rd r = dmsc_rd(value);
    uint16_t reference = wide ? dmsc_rd_u16(&r) : dmsc_rd_u8(&r);
    uint8_t total = dmsc_rd_u8(&r), number = dmsc_rd_u8(&r);

    if (dmsc_rd_end(&r) != DMSC_OK || total == 0 || number == 0 || number > total)
        return;
    h->concatenated = true;
    h->wide = wide;
    h->reference = reference;
    h->total = total;
    h->number = number;
}

enum dmsc_err dmsci_sms_header_decode(struct dmsc_bytes header, struct dmsci_sms_header *ret_header)
{
    struct dmsci_sms_header h = { .packet = 0 };
    struct dmsc_rd r = dmsc_rd(header);

    while (r.n > 0 && !r.bad) {
        uint8_t id = dmsc_rd_u8(&r);
        struct dmsc_bytes value = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));

        if (r.bad)
            break;
        if (id == DMSCI_SMS_IE_CONCAT8 || id == DMSCI_SMS_IE_CONCAT16)
            get_concat(value, id == DMSCI_SMS_IE_CONCAT16, &h); /* the last one counts */
        else if ((id == DMSCI_SMS_IE_COMMAND || id == DMSCI_SMS_IE_RESPONSE) && value.n == 0)
            h.packet = id;
    }
    if (r.bad)
        return DMSC_E_MALFORMED;
    *ret_header = h;
    return DMSC_OK;
}

void dmsci_sms_header_encode(const struct dmsci_sms_header *h, struct dmsc_wr *w)
{
    if (h->concatenated) {
        dmsc_wr_u8(w, h->wide ? DMSCI_SMS_IE_CONCAT16 : DMSCI_SMS_IE_CONCAT8);
        dmsc_wr_u8(w, h->wide ? 4 : 3);
        if (h->wide)
            dmsc_wr_u16(w, h->reference);
        else
            dmsc_wr_u8(w, (uint8_t)h->reference);
        dmsc_wr_u8(w, h->total);
        dmsc_wr_u8(w, h->number);
    }
    if (h->packet != 0) {
        dmsc_wr_u8(w, h->packet);
        dmsc_wr_u8(w, 0);
    }
}

/* Room behind UDHL and the elements: of a single message, of the first of many, of another. */
static size_t room(bool concatenated, bool wide, bool first)
{
    return DMSCI_SMS_UD_MAX - 1 - (concatenated ? (wide ? 6u : 5u) : 0u) - (first ? 2u : 0u);
}

unsigned dmsci_sms_parts(size_t n, bool wide)
{
    size_t first = room(true, wide, true), other = room(true, wide, false), parts;

    if (n <= room(false, wide, true))
        return 1;
    parts = 1 + (n - first + other - 1) / other;
    return parts <= DMSCI_SMS_PARTS_MAX ? (unsigned)parts : 0;
}

struct dmsc_bytes dmsci_sms_part(struct dmsc_bytes packet, unsigned number,
                                 struct dmsci_sms_header *header)
{
    unsigned parts = dmsci_sms_parts(packet.n, header->wide);
    size_t first = room(parts > 1, header->wide, true), other = room(true, header->wide, false);
    size_t at = number == 1 ? 0 : first + (number - 2) * other, n = number == 1 ? first : other;

    header->concatenated = parts > 1;
    header->total = (uint8_t)parts;
    header->number = (uint8_t)number;
    if (number != 1)
        header->packet = 0;
    if (number == 0 || number > parts)
        return dmsc_bytes(NULL, 0);
    return dmsc_bytes(packet.p + at, packet.n - at < n ? packet.n - at : n);
}
