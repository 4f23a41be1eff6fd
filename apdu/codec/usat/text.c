/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/usat/text.h"
#include "apdu/base/ctx.h"

#define ESCAPE          0x1B
#define NO_BREAK_SPACE  0xA0
#define SURROGATE_HIGH  0xD800
#define SURROGATE_LOW   0xDC00
#define SURROGATES_END  0xE000
#define BASIC_PLANE_END 0x10000

/* TS 23.038 clause 6.2.1: the default alphabet, by code. */
static const uint16_t alphabet[128] = {
    0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, 0x00F2, 0x00C7, 0x000A, 0x00D8,
    0x00F8, 0x000D, 0x00C5, 0x00E5, 0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9, 0x03A0, 0x03A8,
    0x03A3, 0x0398, 0x039E, 0x0000, 0x00C6, 0x00E6, 0x00DF, 0x00C9, 0x0020, 0x0021, 0x0022, 0x0023,
    0x00A4, 0x0025, 0x0026, 0x0027, 0x0028, 0x0029, 0x002A, 0x002B, 0x002C, 0x002D, 0x002E, 0x002F,
    0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003A, 0x003B,
    0x003C, 0x003D, 0x003E, 0x003F, 0x00A1, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047,
    0x0048, 0x0049, 0x004A, 0x004B, 0x004C, 0x004D, 0x004E, 0x004F, 0x0050, 0x0051, 0x0052, 0x0053,
    0x0054, 0x0055, 0x0056, 0x0057, 0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7,
    0x00BF, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067, 0x0068, 0x0069, 0x006A, 0x006B,
    0x006C, 0x006D, 0x006E, 0x006F, 0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077,
    0x0078, 0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0,
};

/* Clause 6.2.1.1: behind the escape. */
static const struct {
    uint8_t code;
    uint16_t character;
} extension[] = {
    { 0x0A, 0x000C }, { 0x14, 0x005E }, { 0x28, 0x007B }, { 0x29, 0x007D }, { 0x2F, 0x005C },
    { 0x3C, 0x005B }, { 0x3D, 0x007E }, { 0x3E, 0x005D }, { 0x40, 0x007C }, { 0x65, 0x20AC },
};

int dmsci_gsm_code(uint32_t character)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(alphabet); i++) {
        if (alphabet[i] == character && i != ESCAPE)
            return (int)i;
    }
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(extension); i++) {
        if (extension[i].character == character)
            return ESCAPE << 8 | extension[i].code;
    }
    return -1;
}

uint32_t dmsci_gsm_character(unsigned code)
{
    if (code < DMSCI_ARRAY_LEN(alphabet))
        return alphabet[code];
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(extension); i++) {
        if (code == (unsigned)(ESCAPE << 8 | extension[i].code))
            return extension[i].character;
    }
    return 0;
}

uint32_t dmsci_utf8_read(struct dmsc_rd *r)
{
    size_t length = dmsci_utf8_length(dmsc_bytes(r->p, r->n));
    uint32_t character = dmsc_rd_u8(r);

    if (length == 0) {
        r->bad = true;
        return 0;
    }
    if (length > 1)
        character &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++)
        character = character << 6 | (dmsc_rd_u8(r) & 0x3F);
    return character;
}

void dmsci_utf8_write(struct dmsc_wr *w, uint32_t character)
{
    unsigned more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;

    if (more == 0) {
        dmsc_wr_u8(w, (uint8_t)character);
        return;
    }
    dmsc_wr_u8(w, (uint8_t)(0xFF00u >> (more + 1) | character >> (6 * more)));
    while (more-- > 0)
        dmsc_wr_u8(w, (uint8_t)(0x80 | (character >> (6 * more) & 0x3F)));
}

/* A code as the last one of an escape or alone; @p escaped is carried from code to code. */
static void write_gsm(struct dmsc_wr *text, unsigned code, bool *escaped)
{
    uint32_t character;

    if (code == ESCAPE && !*escaped) {
        *escaped = true;
        return;
    }
    character = dmsci_gsm_character(*escaped ? (unsigned)ESCAPE << 8 | code : code);
    dmsci_utf8_write(text, character == 0 ? NO_BREAK_SPACE : character);
    *escaped = false;
}

static bool read_unpacked(struct dmsc_rd r, struct dmsc_wr *text)
{
    bool escaped = false;

    while (r.n > 0) {
        uint8_t code = dmsc_rd_u8(&r);

        if (code > 0x7F)
            return false;
        write_gsm(text, code, &escaped);
    }
    return !escaped;
}

/* Clause 6.1.2.1. When 7 octets hold 8 characters and the last is 0, it is filling, not "@". */
static bool read_packed(struct dmsc_rd r, struct dmsc_wr *text)
{
    size_t count = r.n * 8 / 7;
    bool escaped = false;
    uint32_t bits = 0;
    unsigned have = 0;

    if (r.n > 0 && r.n % 7 == 0 && r.p[r.n - 1] >> 1 == 0)
        count--;
    for (size_t i = 0; i < count; i++) {
        if (have < 7) {
            bits |= (uint32_t)dmsc_rd_u8(&r) << have;
            have += 8;
        }
        write_gsm(text, bits & 0x7F, &escaped);
        bits >>= 7;
        have -= 7;
    }
    return !escaped;
}

static bool read_ucs2(struct dmsc_rd r, struct dmsc_wr *text)
{
    while (r.n > 0) {
        uint32_t character = dmsc_rd_u16(&r);

        if (character >= SURROGATE_HIGH && character < SURROGATE_LOW) {
            uint32_t low = dmsc_rd_u16(&r);

            if (low < SURROGATE_LOW || low >= SURROGATES_END)
                return false;
            character = BASIC_PLANE_END + ((character & 0x3FF) << 10 | (low & 0x3FF));
        } else if (character >= SURROGATE_LOW && character < SURROGATES_END) {
            return false;
        }
        if (r.bad || character == 0)
            return false;
        dmsci_utf8_write(text, character);
    }
    return true;
}

/* TS 102 221 annex A, 81 and 82: number of characters, base, characters of one octet: below 80 of
 * the default alphabet, from there on an offset to the base. */
static bool read_based(struct dmsc_rd r, struct dmsc_wr *text)
{
    bool wide = dmsc_rd_u8(&r) == 0x82, escaped = false;
    size_t count = dmsc_rd_u8(&r);
    uint32_t base = wide ? dmsc_rd_u16(&r) : (uint32_t)dmsc_rd_u8(&r) << 7;

    if (r.bad || r.n != count)
        return false;
    while (r.n > 0) {
        uint8_t c = dmsc_rd_u8(&r);
        uint32_t character = base + (c & 0x7Fu);

        if (c < 0x80) {
            write_gsm(text, c, &escaped);
            continue;
        }
        if (escaped || character == 0 || character >= BASIC_PLANE_END ||
            (character >= SURROGATE_HIGH && character < SURROGATES_END))
            return false;
        dmsci_utf8_write(text, character);
    }
    return !escaped;
}

static bool read_plain(struct dmsc_rd r, struct dmsc_wr *text)
{
    while (r.n > 0) {
        uint8_t c = dmsc_rd_u8(&r);

        if (c < 0x20 || c > 0x7E)
            return false;
        dmsc_wr_u8(text, c);
    }
    return true;
}

bool dmsci_text_read(uint32_t coding, struct dmsc_rd r, struct dmsc_wr *text)
{
    switch (coding & 0xFF) {
    case DMSC_USAT_GSM_UNPACKED:
        return read_unpacked(r, text);
    case DMSC_USAT_GSM_PACKED:
        return read_packed(r, text);
    case DMSC_USAT_UCS2:
        return read_ucs2(r, text);
    case DMSC_USAT_PLAIN:
        return read_plain(r, text);
    case DMSC_USAT_UCS2_80:
        return dmsc_rd_u8(&r) == 0x80 && read_ucs2(r, text);
    case DMSC_USAT_UCS2_81:
    case DMSC_USAT_UCS2_82:
        return r.n > 0 && r.p[0] == (coding & 0xFF) && read_based(r, text);
    default:
        return false;
    }
}

uint32_t dmsci_alpha_coding(struct dmsc_bytes bytes)
{
    if (bytes.n >= 1 && bytes.p[0] == 0x80)
        return DMSC_USAT_UCS2_80;
    if (bytes.n >= 3 && bytes.p[0] == 0x81)
        return DMSC_USAT_UCS2_81 | (uint32_t)bytes.p[2] << 8;
    if (bytes.n >= 4 && bytes.p[0] == 0x82)
        return DMSC_USAT_UCS2_82 | (uint32_t)bytes.p[2] << 16 | (uint32_t)bytes.p[3] << 8;
    return DMSC_USAT_GSM_UNPACKED;
}

/* TS 23.038 clause 4. Group 00xx: b6 compressed, b4 b3 the alphabet; F: b3. */
int dmsci_dcs_coding(uint8_t dcs)
{
    static const int alphabets[4] = { DMSC_USAT_GSM_PACKED, DMSC_USAT_GSM_UNPACKED, DMSC_USAT_UCS2,
                                      -1 };

    if ((dcs & 0xC0) == 0)
        return (dcs & 0x20) != 0 ? -1 : alphabets[dcs >> 2 & 3];
    if ((dcs & 0xF0) == 0xF0)
        return (dcs & 0x04) != 0 ? DMSC_USAT_GSM_UNPACKED : DMSC_USAT_GSM_PACKED;
    return -1;
}

/* Clause 5: groups 0, 2 and 3 and the value 10 (the language stands before the text) of the default
 * alphabet, 4 to 7 as above, F as above. */
int dmsci_cbs_coding(uint8_t dcs)
{
    unsigned group = dcs >> 4;

    if (group == 0 || group == 2 || group == 3 || dcs == 0x10)
        return DMSC_USAT_GSM_PACKED;
    if (group >= 4 && group <= 7)
        return dmsci_dcs_coding(dcs & 0x3F);
    if (group == 0xF)
        return dmsci_dcs_coding(dcs);
    return -1;
}
