/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/profile/forms.h"
#include "apdu/codec/ber.h"
#include <stdio.h>
#include <string.h>

#define NUMBER_TAIL 14u /* EF(ADN) and EF(MSISDN): what follows the alpha identifier */
#define AID_MAX     16u

static enum dmsc_err wrong(const struct dmsci_sim_node *node, const char *key, const char *wanted)
{
    return dmsci_sim_json_wrong(node, key, "profile:form", "%s", wanted);
}

static const char *text_of(const struct dmsci_sim_node *node, const char *key)
{
    const char *text = json_string_value(json_object_get(node->object, key));

    return text != NULL ? text : "";
}

static bool only_digits(const char *text, size_t least, size_t most)
{
    return strlen(text) >= least && strlen(text) <= most &&
           strspn(text, "0123456789") == strlen(text);
}

static uint8_t digit(const char *text, size_t i)
{
    return i < strlen(text) ? (uint8_t)(text[i] - '0') : 0x0F;
}

/* Two digits a byte, the first in the low nibble; F behind the last. */
static void put_bcd(struct dmsc_wr *w, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        dmsc_wr_u8(w, (uint8_t)(digit(text, 2 * i) | digit(text, 2 * i + 1) << 4));
}

/* TS 102 221 13.2 */
static enum dmsc_err put_iccid(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const char *text = text_of(node, "iccid");

    if (!only_digits(text, 18, 20))
        return wrong(node, "iccid", "18 to 20 digits are wanted");
    put_bcd(w, text, 10);
    return DMSC_OK;
}

/* TS 31.102 4.2.2: length, then parity in the place of a digit in front. */
static enum dmsc_err put_imsi(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const char *text = text_of(node, "imsi");
    size_t n = strlen(text);

    if (!only_digits(text, 6, 15))
        return wrong(node, "imsi", "6 to 15 digits are wanted");
    dmsc_wr_u8(w, (uint8_t)(n / 2 + 1));
    dmsc_wr_u8(w, (uint8_t)((n % 2 == 1 ? 9 : 1) | digit(text, 0) << 4));
    put_bcd(w, text + 1, 7);
    return DMSC_OK;
}

/* TS 31.102 4.2.26, 4.4.2.3: name, length, type, digits, and no extensions. */
static enum dmsc_err put_msisdn(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const char *text = text_of(node, "msisdn"), *name = text_of(node, "name");
    bool international = text[0] == '+';
    const char *digits = text + international;

    if (!only_digits(digits, 1, 20))
        return wrong(node, "msisdn", "1 to 20 digits are wanted, \"+\" may be in front");
    if (w->cap < w->n + NUMBER_TAIL || strlen(name) > w->cap - w->n - NUMBER_TAIL)
        return wrong(node, "name", "it does not fit in front of the 14 bytes of the number");
    dmsc_wr_bytes(w, dmsc_bytes_str(name));
    dmsc_wr_fill(w, 0xFF, w->cap - w->n - NUMBER_TAIL);
    dmsc_wr_u8(w, (uint8_t)(1 + (strlen(digits) + 1) / 2));
    dmsc_wr_u8(w, international ? 0x91 : 0x81);
    put_bcd(w, digits, 10);
    dmsc_wr_fill(w, 0xFF, 2);
    return DMSC_OK;
}

/* TS 31.102 4.2.12. "display": b1 with the registered PLMN, b2 not in the provider's networks */
static enum dmsc_err put_spn(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    unsigned display = 1;
    enum dmsc_err err = dmsci_sim_json_number(node, "display", 0, 3, &display);

    if (err != DMSC_OK)
        return err;
    if (strlen(text_of(node, "spn")) > 16)
        return wrong(node, "spn", "at most 16 characters");
    dmsc_wr_u8(w, (uint8_t)display);
    dmsc_wr_bytes(w, dmsc_bytes_str(text_of(node, "spn")));
    dmsc_wr_fill(w, 0xFF, 16 - strlen(text_of(node, "spn")));
    return DMSC_OK;
}

/* TS 24.008 10.5.1.13: MCC and MNC, whose third digit may be absent. */
static bool put_plmn(struct dmsc_wr *w, const char *text)
{
    if (!only_digits(text, 5, 6))
        return false;
    dmsc_wr_u8(w, (uint8_t)(digit(text, 0) | digit(text, 1) << 4));
    dmsc_wr_u8(w, (uint8_t)(digit(text, 2) | digit(text, 5) << 4));
    dmsc_wr_u8(w, (uint8_t)(digit(text, 3) | digit(text, 4) << 4));
    return true;
}

static enum dmsc_err put_plmns(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const json_t *list = json_object_get(node->object, "plmns");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text == NULL || !put_plmn(w, text))
            return wrong(node, "plmns", "like \"00101\", MCC and MNC of two or three digits");
    }
    return json_is_array(list) ? DMSC_OK : wrong(node, "plmns", "an array is wanted");
}

/* TS 31.102 4.2.5: the access technologies of a PLMN. */
static const struct {
    const char *name;
    uint16_t bits;
} technologies[] = {
    { "UTRAN", 0x8000 },       { "E-UTRAN", 0x4000 }, { "E-UTRAN-WB", 0x6000 },
    { "E-UTRAN-NB", 0x5000 },  { "NG-RAN", 0x0800 },  { "GSM", 0x0080 },
    { "GSM-COMPACT", 0x0040 }, { "HRPD", 0x0020 },    { "1xRTT", 0x0010 },
};

static bool put_technologies(struct dmsc_wr *w, const json_t *list)
{
    uint16_t bits = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        unsigned t = 0;

        while (name != NULL && t < DMSCI_ARRAY_LEN(technologies) &&
               strcmp(technologies[t].name, name) != 0)
            t++;
        if (name == NULL || t == DMSCI_ARRAY_LEN(technologies))
            return false;
        bits |= technologies[t].bits;
    }
    dmsc_wr_u16(w, bits);
    return json_is_array(list);
}

static enum dmsc_err put_plmns_act(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const json_t *list = json_object_get(node->object, "plmns_act");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *plmn = json_string_value(json_object_get(entry, "plmn"));

        if (plmn == NULL || !put_plmn(w, plmn) ||
            !put_technologies(w, json_object_get(entry, "act")))
            return wrong(node, "plmns_act",
                         "like {\"plmn\": \"00101\", \"act\": [\"UTRAN\", \"E-UTRAN\", \"NG-RAN\", "
                         "\"GSM\"]}");
    }
    return json_is_array(list) ? DMSC_OK : wrong(node, "plmns_act", "an array is wanted");
}

/* One bit a number, from b1 of the first byte on; the room there is, is filled. */
static enum dmsc_err put_bits(const struct dmsci_sim_node *node, const char *key, size_t most,
                              struct dmsc_wr *w)
{
    const json_t *list = json_object_get(node->object, key);
    size_t at = w->n;

    dmsc_wr_fill(w, 0x00, w->cap - w->n);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_int_t n = json_integer_value(json_array_get(list, i));

        if (n < 1 || (size_t)n > most || (size_t)(n - 1) / 8 >= w->cap - at)
            return wrong(node, key, "a number is none, or beyond the end of the file");
        w->p[at + (size_t)(n - 1) / 8] |= (uint8_t)(1u << (n - 1) % 8);
    }
    return json_is_array(list) ? DMSC_OK : wrong(node, key, "an array is wanted");
}

/* EF(UST), EF(EST), EF(IST): TS 31.102 4.2.8 */
static enum dmsc_err put_services(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    return put_bits(node, "services", 2040, w);
}

/* EF(ACC): TS 31.102 4.2.15, class 15 in b8 of the first byte */
static enum dmsc_err put_access_classes(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const json_t *list = json_object_get(node->object, "access_classes");
    uint16_t bits = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_int_t n = json_integer_value(json_array_get(list, i));

        if (!json_is_integer(json_array_get(list, i)) || n < 0 || n > 15 || n == 10)
            return wrong(node, "access_classes", "0 to 9 and 11 to 15 are possible");
        bits = (uint16_t)(bits | 1u << n);
    }
    dmsc_wr_u16(w, bits);
    return json_is_array(list) ? DMSC_OK : wrong(node, "access_classes", "an array is wanted");
}

/* EF(PL), EF(LI): two letters of ISO 639 each */
static enum dmsc_err put_languages(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const json_t *list = json_object_get(node->object, "languages");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text == NULL || strlen(text) != 2)
            return wrong(node, "languages", "two letters each are wanted");
        dmsc_wr_bytes(w, dmsc_bytes_str(text));
    }
    return json_is_array(list) ? DMSC_OK : wrong(node, "languages", "an array is wanted");
}

/* EF(ECC): TS 31.102 4.2.21, the category at the end of the record */
static enum dmsc_err put_ecc(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const char *text = text_of(node, "ecc"), *name = text_of(node, "name");
    unsigned category = 0;
    enum dmsc_err err = dmsci_sim_json_number(node, "category", 0, 255, &category);

    if (err != DMSC_OK)
        return err;
    if (!only_digits(text, 1, 6) || w->cap < w->n + 4 || strlen(name) > w->cap - w->n - 4)
        return wrong(node, "ecc", "1 to 6 digits, and a name that fits, are wanted");
    put_bcd(w, text, 3);
    dmsc_wr_bytes(w, dmsc_bytes_str(name));
    dmsc_wr_fill(w, 0xFF, w->cap - w->n - 1);
    dmsc_wr_u8(w, (uint8_t)category);
    return DMSC_OK;
}

/* EF(IMPI), EF(DOMAIN), EF(IMPU): TS 31.103 4.2.2 to 4.2.4, '80' and UTF-8 */
static enum dmsc_err put_uri(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    if (text_of(node, "uri")[0] == '\0')
        return wrong(node, "uri", "a text is wanted");
    dmsci_ber_put(w, 0x80, dmsc_bytes_str(text_of(node, "uri")));
    return DMSC_OK;
}

/* EF(DIR): TS 102 221 13.1 */
static enum dmsc_err put_application(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    const char *label = text_of(node, "label");
    struct dmsc_buf aid;
    size_t inner;
    enum dmsc_err err;

    dmsc_buf_init(&aid, node->ctx, AID_MAX);
    err = dmsci_sim_json_hex(node, "application", 5, AID_MAX, &aid);
    if (err == DMSC_OK && strlen(label) > 32)
        err = wrong(node, "label", "at most 32 characters");
    if (err == DMSC_OK) {
        inner = 2 + aid.n + (label[0] != '\0' ? 2 + strlen(label) : 0);
        dmsci_ber_put_header(w, 0x61, inner);
        dmsci_ber_put(w, 0x4F, dmsc_buf_bytes(&aid));
        if (label[0] != '\0')
            dmsci_ber_put(w, 0x50, dmsc_bytes_str(label));
    }
    dmsc_buf_clear(&aid);
    return err;
}

/* A number, most significant byte first. */
static enum dmsc_err put_number(const struct dmsci_sim_node *node, struct dmsc_wr *w)
{
    unsigned bytes = 1;
    json_int_t n = json_integer_value(json_object_get(node->object, "number"));
    enum dmsc_err err = dmsci_sim_json_number(node, "bytes", 1, 8, &bytes);

    if (err != DMSC_OK)
        return err;
    if (!json_is_integer(json_object_get(node->object, "number")) || n < 0 ||
        (bytes < 8 && (uint64_t)n >> 8 * bytes != 0))
        return wrong(node, "number", "it does not fit into \"bytes\" bytes");
    while (bytes-- > 0)
        dmsc_wr_u8(w, (uint8_t)((uint64_t)n >> 8 * bytes));
    return DMSC_OK;
}

static const struct form {
    const char *key;
    const char *more[3];
    enum dmsc_err (*put)(const struct dmsci_sim_node *node, struct dmsc_wr *w);
} forms[] = {
    { "iccid", { NULL }, put_iccid },
    { "imsi", { NULL }, put_imsi },
    { "msisdn", { "name", NULL }, put_msisdn },
    { "spn", { "display", NULL }, put_spn },
    { "plmns", { NULL }, put_plmns },
    { "plmns_act", { NULL }, put_plmns_act },
    { "services", { NULL }, put_services },
    { "access_classes", { NULL }, put_access_classes },
    { "languages", { NULL }, put_languages },
    { "ecc", { "name", "category", NULL }, put_ecc },
    { "uri", { NULL }, put_uri },
    { "application", { "label", NULL }, put_application },
    { "number", { "bytes", NULL }, put_number },
};

const char *dmsci_sim_form_of(const json_t *object)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(forms); i++) {
        if (json_object_get(object, forms[i].key) != NULL)
            return forms[i].key;
    }
    return NULL;
}

enum dmsc_err dmsci_sim_form_put(const struct dmsci_sim_node *node, const char *form,
                                 struct dmsc_wr *w)
{
    unsigned i = 0;

    while (i + 1 < DMSCI_ARRAY_LEN(forms) && strcmp(forms[i].key, form) != 0)
        i++;
    {
        const char *const known[] = { forms[i].key, "at", forms[i].more[0],
                                      forms[i].more[0] != NULL ? forms[i].more[1] : NULL, NULL };
        enum dmsc_err err = dmsci_sim_json_known(node, known);

        if (err == DMSC_OK)
            err = forms[i].put(node, w);
        if (err != DMSC_OK)
            return err;
    }
    return w->bad ? wrong(node, form, "it does not fit into the file") : DMSC_OK;
}
