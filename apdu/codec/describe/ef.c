/* SPDX-License-Identifier: Apache-2.0 */
/* What standard EFs hold: a table of names, and a short function for each kind of content. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include "apdu/codec/describe/services.h"
#include <dmsc/access.h>
#include <dmsc/ef.h>
#include <dmsc/efdir.h>
#include <dmsc/usat_describe.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 512u

struct out {
    struct dmsc_ctx *ctx;
    void (*found)(void *user, const struct dmsc_ef_line *line);
    void *user;
};

static void tell(const struct out *out, const char *name, const char *value)
{
    out->found(out->user, &(struct dmsc_ef_line){ name, value });
}

/* Digits two to a byte, the low nibble first; the first F ends them (TS 102 221 13.2). */
static size_t digits(struct dmsc_bytes bcd, char *text, size_t size)
{
    static const char symbols[] = "0123456789*#abc";
    size_t n = 0;

    for (size_t i = 0; i < 2 * bcd.n && n + 1 < size; i++) {
        uint8_t nibble = i % 2 == 0 ? bcd.p[i / 2] & 0x0F : bcd.p[i / 2] >> 4;

        if (nibble == 0x0F)
            break;
        text[n++] = symbols[nibble];
    }
    text[n] = '\0';
    return n;
}

static size_t used(struct dmsc_bytes content)
{
    size_t n = content.n;

    while (n > 0 && content.p[n - 1] == 0xFF)
        n--;
    return n;
}

/* An alpha identifier (TS 102 221 annex A): unpacked GSM characters, or UCS2 behind 80, 81, 82. */
static enum dmsc_err text_of(const struct out *out, const char *name, struct dmsc_bytes alpha)
{
    struct dmsc_buf text;
    uint32_t coding;
    enum dmsc_err err;

    alpha.n = used(alpha);
    if (alpha.n == 0)
        return DMSC_OK;
    coding =
        alpha.p[0] >= 0x80 && alpha.p[0] <= 0x82 ? alpha.p[0] : (uint32_t)DMSC_USAT_GSM_UNPACKED;
    dmsc_buf_init(&text, out->ctx, TEXT_MAX);
    err = dmsc_usat_text_decode(coding, alpha, &text);
    if (err == DMSC_OK)
        tell(out, name, dmsc_buf_str(&text));
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err iccid(const struct out *out, struct dmsc_bytes content)
{
    char text[24];

    (void)digits(dmsc_bytes(content.p, content.n < 10 ? content.n : 10), text, sizeof(text));
    tell(out, "ICCID", text);
    return content.n < 10 ? DMSC_E_TRUNCATED : DMSC_OK;
}

/* TS 31.102 4.2.2: a length, then digits behind the nibble with the parity. */
static enum dmsc_err imsi(const struct out *out, struct dmsc_bytes content)
{
    struct dmsc_rd r = dmsc_rd(content);
    uint8_t n = dmsc_rd_u8(&r);
    char text[32];

    if (n == 0xFF || n == 0)
        return DMSC_OK; /* not written yet */
    if (n > 8)
        return DMSC_E_MALFORMED;
    (void)digits(dmsc_rd_bytes(&r, n), text, sizeof(text));
    if (r.bad)
        return DMSC_E_TRUNCATED;
    tell(out, "IMSI", text[0] != '\0' ? text + 1 : "");
    return DMSC_OK;
}

/* TS 31.102 4.2.12. */
static enum dmsc_err spn(const struct out *out, struct dmsc_bytes content)
{
    if (content.n < 17)
        return DMSC_E_TRUNCATED;
    if (content.p[0] != 0xFF) {
        tell(out, "registered PLMN shown", (content.p[0] & 1) != 0 ? "yes" : "no");
        tell(out, "shown while roaming", (content.p[0] & 2) != 0 ? "no" : "yes");
    }
    return text_of(out, "name", dmsc_bytes(content.p + 1, 16));
}

/* TS 24.008 10.5.1.13: MCC and MNC of two or three digits; FFFFFF is empty. */
static bool plmn(const uint8_t p[3], char text[12])
{
    uint8_t nibble[6] = { p[0] & 0x0F, p[0] >> 4, p[1] & 0x0F, p[2] & 0x0F, p[2] >> 4, p[1] >> 4 };
    size_t n = 0;

    if (p[0] == 0xFF && p[1] == 0xFF && p[2] == 0xFF)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        if (i == 3)
            text[n++] = ' ';
        if (nibble[i] < 0x0F)
            text[n++] = nibble[i] <= 9 ? (char)('0' + nibble[i]) : '?';
    }
    text[n] = '\0';
    return true;
}

static enum dmsc_err plmn_list(const struct out *out, struct dmsc_bytes content)
{
    char text[12];

    for (size_t at = 0; at + 3 <= content.n; at += 3) {
        if (plmn(content.p + at, text))
            tell(out, "PLMN", text);
    }
    return content.n % 3 == 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

/* TS 31.102 4.2.5: the access technologies that a PLMN is wanted for. */
static void technologies(uint16_t bits, char *text, size_t size)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } names[] = { { 0x8000, "UTRAN" },         { 0x4000, "E-UTRAN" },
                  { 0x0800, "NG-RAN" },        { 0x0080, "GSM" },
                  { 0x0040, "GSM COMPACT" },   { 0x0020, "cdma2000 HRPD" },
                  { 0x0010, "cdma2000 1xRTT" } };
    size_t n = strlen(text);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if ((bits & names[i].bit) != 0 && n < size)
            n += (size_t)snprintf(text + n, size - n, ", %s", names[i].name);
    }
}

static enum dmsc_err plmn_act_list(const struct out *out, struct dmsc_bytes content)
{
    char text[120];

    for (size_t at = 0; at + 5 <= content.n; at += 5) {
        if (!plmn(content.p + at, text))
            continue;
        technologies((uint16_t)(content.p[at + 3] << 8 | content.p[at + 4]), text, sizeof(text));
        tell(out, "PLMN", text);
    }
    return content.n % 5 == 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

/* A bit for each service, b1 of the first byte the first one. */
static enum dmsc_err service_table(const struct out *out, struct dmsc_bytes content,
                                   const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < content.n * 8 && i < 1024; i++) {
        char number[32];

        if ((content.p[i / 8] >> (i % 8) & 1) == 0)
            continue;
        (void)snprintf(number, sizeof(number), "service %u", i + 1);
        tell(out, number, i < count && names[i] != NULL ? names[i] : "available");
    }
    return DMSC_OK;
}

static enum dmsc_err ust(const struct out *out, struct dmsc_bytes content)
{
    return service_table(out, content, dmsci_usim_services, dmsci_usim_service_count);
}

static enum dmsc_err est(const struct out *out, struct dmsc_bytes content)
{
    static const char *const names[] = { "FDN is enabled", "BDN is enabled", "ACL is enabled" };

    return service_table(out, content, names, 3);
}

/* TS 31.103 4.2.7. */
static enum dmsc_err ist(const struct out *out, struct dmsc_bytes content)
{
    static const char *const names[] = { "P-CSCF address",
                                         "GBA",
                                         "HTTP digest",
                                         "GBA local key establishment",
                                         "P-CSCF discovery",
                                         "SMS",
                                         "SMS reports",
                                         "SM over IP",
                                         "IMS communication control",
                                         "UICC access to IMS",
                                         "URI support",
                                         "media type support",
                                         "IMS call disconnection cause",
                                         "URI for MO-SMS control",
                                         "mission critical services",
                                         "URI for SMS-PP download",
                                         "From preferred",
                                         "IMS configuration data",
                                         "XCAP configuration",
                                         "WebRTC URI" };

    return service_table(out, content, names, (unsigned)DMSCI_ARRAY_LEN(names));
}

/* Two letters of ISO 639 each. */
static enum dmsc_err languages(const struct out *out, struct dmsc_bytes content)
{
    for (size_t at = 0; at + 2 <= content.n; at += 2) {
        char text[3] = { (char)content.p[at], (char)content.p[at + 1], '\0' };

        if (content.p[at] >= 'a' && content.p[at] <= 'z' && content.p[at + 1] >= 'a' &&
            content.p[at + 1] <= 'z')
            tell(out, "language", text);
    }
    return content.n % 2 == 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

/* TS 31.102 4.2.18. */
static enum dmsc_err administrative_data(const struct out *out, struct dmsc_bytes content)
{
    static const struct {
        uint8_t mode;
        const char *name;
    } modes[] = { { 0x00, "normal" },
                  { 0x80, "type approval" },
                  { 0x01, "normal, with specific facilities" },
                  { 0x81, "type approval, with specific facilities" },
                  { 0x02, "maintenance" },
                  { 0x04, "cell test" } };
    const char *mode = "unknown";
    char text[8];

    if (content.n < 3)
        return DMSC_E_TRUNCATED;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(modes); i++)
        mode = modes[i].mode == content.p[0] ? modes[i].name : mode;
    tell(out, "operation of the UE", mode);
    if (content.n > 3) {
        (void)snprintf(text, sizeof(text), "%u", content.p[3] & 0x0Fu);
        tell(out, "digits of the MNC", text);
    }
    return DMSC_OK;
}

static enum dmsc_err access_classes(const struct out *out, struct dmsc_bytes content)
{
    char text[8];

    if (content.n != 2)
        return content.n < 2 ? DMSC_E_TRUNCATED : DMSC_E_MALFORMED;
    for (unsigned i = 0; i < 16; i++) {
        (void)snprintf(text, sizeof(text), "%u", i);
        if (((content.p[0] << 8 | content.p[1]) >> i & 1) != 0)
            tell(out, "access class", text);
    }
    return DMSC_OK;
}

/* TS 31.102 4.2.26: alpha identifier, then 14 bytes with the number. */
static enum dmsc_err dialling_number(const struct out *out, struct dmsc_bytes content)
{
    char text[32] = "+";
    struct dmsc_rd r;
    uint8_t n, type;
    enum dmsc_err err;

    if (content.n < 14)
        return DMSC_E_TRUNCATED;
    err = text_of(out, "name", dmsc_bytes(content.p, content.n - 14));
    r = dmsc_rd(dmsc_bytes(content.p + content.n - 14, 14));
    n = dmsc_rd_u8(&r);
    type = dmsc_rd_u8(&r);
    if (err != DMSC_OK || n == 0xFF || n == 0)
        return err;
    if (n > 11)
        return DMSC_E_MALFORMED;
    (void)digits(dmsc_rd_bytes(&r, n - 1u), text + 1, sizeof(text) - 1);
    tell(out, "number", (type & 0x70) == 0x10 ? text : text + 1);
    return DMSC_OK;
}

static enum dmsc_err hplmn_period(const struct out *out, struct dmsc_bytes content)
{
    char text[24];

    if (content.n < 1)
        return DMSC_E_TRUNCATED;
    (void)snprintf(text, sizeof(text), "%u minutes", content.p[0] * 6u);
    tell(out, "search for a better PLMN every", text);
    return DMSC_OK;
}

/* TS 102 221 13.5. */
static enum dmsc_err maximum_power(const struct out *out, struct dmsc_bytes content)
{
    char text[24];

    if (content.n < 3)
        return DMSC_E_TRUNCATED;
    (void)snprintf(text, sizeof(text), "%u mA", content.p[0]);
    tell(out, "greatest current", text);
    (void)snprintf(text, sizeof(text), "%u s", content.p[1]);
    tell(out, "operating time after reset", text);
    tell(out, "more time needed after reset", (content.p[2] & 1) != 0 ? "yes" : "no");
    tell(out, "SUSPEND UICC", (content.p[2] & 2) != 0 ? "supported" : "not supported");
    return DMSC_OK;
}

static enum dmsc_err application(const struct out *out, struct dmsc_bytes content)
{
    struct dmsc_application app;
    char hex[33];
    enum dmsc_err err = dmsc_application_decode(content, &app);

    if (err != DMSC_OK)
        return err == DMSC_E_NOTFOUND ? DMSC_OK : err; /* an empty record */
    dmsc_hex_encode(app.aid, hex);
    tell(out, "AID", hex);
    if (dmsc_aid_name(app.aid) != NULL)
        tell(out, "application", dmsc_aid_name(app.aid));
    return text_of(out, "label", app.label);
}

static void tell_access(void *user, const struct dmsc_access *access)
{
    tell(user, access->operation, access->needs);
}

static enum dmsc_err access_rule(const struct out *out, struct dmsc_bytes content)
{
    return dmsc_access_expanded(out->ctx, content, false, tell_access, (void *)(uintptr_t)out);
}

/* TS 31.103 4.2.2 to 4.2.4: '80' with UTF-8. */
static enum dmsc_err ims_name(const struct out *out, struct dmsc_bytes content)
{
    struct dmsc_rd r = dmsc_rd(content);
    struct dmsci_tlv tlv;
    struct dmsc_buf text;
    enum dmsc_err err = DMSC_OK;

    if (used(content) == 0)
        return DMSC_OK;
    if (!dmsci_ber_next(&r, &tlv))
        return DMSC_E_TRUNCATED;
    if (tlv.tag != 0x80 || (tlv.value.n > 0 && !dmsci_utf8_valid(tlv.value)))
        return DMSC_E_MALFORMED;
    dmsc_buf_init(&text, out->ctx, TEXT_MAX);
    err = dmsc_buf_append(&text, tlv.value);
    if (err == DMSC_OK && tlv.value.n > 0)
        tell(out, "name", dmsc_buf_str(&text));
    dmsc_buf_clear(&text);
    return err;
}

/* TS 31.102 4.2.21: three bytes of number, a name, the category. */
static enum dmsc_err emergency_code(const struct out *out, struct dmsc_bytes content)
{
    char text[8];

    if (content.n < 4)
        return DMSC_E_TRUNCATED;
    if (digits(dmsc_bytes(content.p, 3), text, sizeof(text)) == 0)
        return DMSC_OK;
    tell(out, "number", text);
    return text_of(out, "name", dmsc_bytes(content.p + 3, content.n - 4));
}

static const struct {
    const char *ef;
    enum dmsc_err (*describe)(const struct out *out, struct dmsc_bytes content);
} files[] = {
    { "ICCID", iccid },
    { "DIR", application },
    { "ARR", access_rule },
    { "PL", languages },
    { "UMPC", maximum_power },
    { "IMSI", imsi },
    { "SPN", spn },
    { "LI", languages },
    { "UST", ust },
    { "EST", est },
    { "IST", ist },
    { "AD", administrative_data },
    { "ACC", access_classes },
    { "MSISDN", dialling_number },
    { "ADN", dialling_number },
    { "FDN", dialling_number },
    { "SDN", dialling_number },
    { "HPPLMN", hplmn_period },
    { "PLMNwAcT", plmn_act_list },
    { "OPLMNwAcT", plmn_act_list },
    { "HPLMNwAcT", plmn_act_list },
    { "FPLMN", plmn_list },
    { "EHPLMN", plmn_list },
    { "ECC", emergency_code },
    { "IMPI", ims_name },
    { "IMPU", ims_name },
    { "DOMAIN", ims_name },
};

bool dmsc_ef_known(const char *ef)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(files); i++) {
        if (strcmp(files[i].ef, ef) == 0)
            return true;
    }
    return false;
}

enum dmsc_err dmsc_ef_describe(struct dmsc_ctx *ctx, const char *ef, struct dmsc_bytes content,
                               void (*found)(void *user, const struct dmsc_ef_line *line),
                               void *user)
{
    struct out out = { ctx, found, user };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(files); i++) {
        if (strcmp(files[i].ef, ef) == 0)
            return files[i].describe(&out, content);
    }
    return DMSC_E_NOTFOUND;
}
