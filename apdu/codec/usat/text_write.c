/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 to the codings of a card. */
#include "apdu/base/ctx.h"
#include "apdu/codec/usat/text.h"

/* Text of a USAT object ends before this many octets. */
#define MANY 0xFFFFu

static void pack(struct dmsc_wr *w, unsigned code, uint32_t *bits, unsigned *have)
{
    *bits |= (uint32_t)code << *have;
    *have += 7;
    if (*have >= 8) {
        dmsc_wr_u8(w, (uint8_t)*bits);
        *bits >>= 8;
        *have -= 8;
    }
}

static enum dmsc_err write_gsm(struct dmsc_bytes text, bool packed, struct dmsc_wr *w)
{
    struct dmsc_rd r = dmsc_rd(text);
    uint32_t bits = 0;
    unsigned have = 0;

    while (r.n > 0) {
        int code = dmsci_gsm_code(dmsci_utf8_read(&r));

        if (r.bad)
            return DMSC_E_ARG;
        if (code < 0)
            return DMSC_E_UNSUPPORTED;
        if (packed && code > 0x7F)
            pack(w, (unsigned)code >> 8, &bits, &have);
        else if (code > 0x7F)
            dmsc_wr_u8(w, (uint8_t)((unsigned)code >> 8));
        if (packed)
            pack(w, (unsigned)code & 0x7F, &bits, &have);
        else
            dmsc_wr_u8(w, (uint8_t)code);
    }
    if (have > 0)
        dmsc_wr_u8(w, (uint8_t)bits);
    return DMSC_OK;
}

static enum dmsc_err write_ucs2(struct dmsc_bytes text, struct dmsc_wr *w)
{
    struct dmsc_rd r = dmsc_rd(text);

    while (r.n > 0) {
        uint32_t character = dmsci_utf8_read(&r);

        if (r.bad)
            return DMSC_E_ARG;
        if (character >= 0x10000) {
            character -= 0x10000;
            dmsc_wr_u16(w, (uint16_t)(0xD800 | character >> 10));
            character = 0xDC00 | (character & 0x3FF);
        }
        dmsc_wr_u16(w, (uint16_t)character);
    }
    return DMSC_OK;
}

/* The characters behind a base; a character of the default alphabet goes without it. */
static enum dmsc_err write_offsets(struct dmsc_bytes text, uint32_t base, struct dmsc_wr *w)
{
    struct dmsc_rd r = dmsc_rd(text);

    while (r.n > 0) {
        uint32_t character = dmsci_utf8_read(&r);
        int code = dmsci_gsm_code(character);

        if (r.bad)
            return DMSC_E_ARG;
        if (code > 0x7F)
            dmsc_wr_u8(w, (uint8_t)((unsigned)code >> 8));
        if (code >= 0)
            dmsc_wr_u8(w, (uint8_t)(code & 0x7F));
        else if (character >= base && character < base + 0x80)
            dmsc_wr_u8(w, (uint8_t)(0x80 | (character - base)));
        else
            return DMSC_E_UNSUPPORTED;
    }
    return DMSC_OK;
}

static enum dmsc_err write_based(uint32_t coding, struct dmsc_bytes text, struct dmsc_wr *w)
{
    bool wide = (coding & 0xFF) == DMSC_USAT_UCS2_82;
    uint32_t base = wide ? coding >> 8 & 0xFFFF : (coding >> 8 & 0xFF) << 7;
    struct dmsc_wr count = dmsc_wr(NULL, 0);
    enum dmsc_err err = write_offsets(text, base, &count);

    if (err != DMSC_OK)
        return err;
    if (count.n > 0xFF)
        return DMSC_E_UNSUPPORTED;
    dmsc_wr_u8(w, (uint8_t)coding);
    dmsc_wr_u8(w, (uint8_t)count.n);
    if (wide)
        dmsc_wr_u16(w, (uint16_t)base);
    else
        dmsc_wr_u8(w, (uint8_t)(base >> 7));
    return write_offsets(text, base, w);
}

static enum dmsc_err write_plain(struct dmsc_bytes text, struct dmsc_wr *w)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return DMSC_E_UNSUPPORTED;
    }
    dmsc_wr_bytes(w, text);
    return DMSC_OK;
}

enum dmsc_err dmsci_text_write(uint32_t coding, struct dmsc_bytes text, struct dmsc_wr *w)
{
    switch (coding & 0xFF) {
    case DMSC_USAT_GSM_UNPACKED:
        return write_gsm(text, false, w);
    case DMSC_USAT_GSM_PACKED:
        return write_gsm(text, true, w);
    case DMSC_USAT_UCS2:
        return write_ucs2(text, w);
    case DMSC_USAT_PLAIN:
        return write_plain(text, w);
    case DMSC_USAT_UCS2_80:
        dmsc_wr_u8(w, 0x80);
        return write_ucs2(text, w);
    case DMSC_USAT_UCS2_81:
    case DMSC_USAT_UCS2_82:
        return write_based(coding, text, w);
    default:
        return DMSC_E_ARG;
    }
}

/* Count, make room, write. */
static enum dmsc_err into(struct dmsc_buf *buf, uint32_t coding, struct dmsc_bytes from, bool read)
{
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    enum dmsc_err err = from.n > MANY ? DMSC_E_LIMIT : DMSC_OK;
    uint8_t *p = NULL;

    for (unsigned pass = 0; err == DMSC_OK && pass < 2; pass++) {
        if (read)
            err = dmsci_text_read(coding, dmsc_rd(from), &w) ? DMSC_OK : DMSC_E_MALFORMED;
        else
            err = dmsci_text_write(coding, from, &w);
        if (err == DMSC_OK && w.n == 0)
            return DMSC_OK;
        if (err == DMSC_OK && pass == 0) {
            err = dmsc_buf_reserve(buf, w.n, &p);
            w = dmsc_wr(p, w.n);
        }
    }
    if (err == DMSC_OK)
        dmsc_buf_commit(buf, w.n);
    return err;
}

enum dmsc_err dmsc_usat_text_decode(uint32_t coding, struct dmsc_bytes bytes, struct dmsc_buf *text)
{
    return into(text, coding, bytes, true);
}

enum dmsc_err dmsc_usat_text_encode(uint32_t coding, struct dmsc_bytes text, struct dmsc_buf *bytes)
{
    return into(bytes, coding, text, false);
}
