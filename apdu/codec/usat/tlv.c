/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV objects of a UICC by name. */
#include "apdu/codec/ber.h"
#include "apdu/codec/usat/table.h"

bool dmsc_tlv_next(struct dmsc_rd *r, struct dmsc_tlv_object *ret_object)
{
    struct dmsci_tlv tlv;
    uint32_t first;

    if (!dmsci_ber_next_lenient(r, &tlv))
        return false;
    first = tlv.tag > 0xFFFF ? tlv.tag >> 16 : tlv.tag > 0xFF ? tlv.tag >> 8 : tlv.tag;
    *ret_object = (struct dmsc_tlv_object){ tlv.tag, (first & 0x20) != 0, tlv.value };
    return true;
}

/* 6F is the template of ISO 7816-4 that some cards answer with what belongs into 62. */
static const struct {
    uint32_t inside, tag;
    const char *name;
} names[] = {
    { 0, 0x62, "File control parameters" },
    { 0, 0x6F, "File control information" },
    { 0x6F, 0x62, "File control parameters" },
    { 0, 0x61, "Application template" },
    { 0, 0xD0, "Proactive command" },
    /* TS 102 221 11.1.1.3 */
    { 0x62, 0x80, "File size" },
    { 0x62, 0x81, "Total file size" },
    { 0x62, 0x82, "File descriptor" },
    { 0x62, 0x83, "File identifier" },
    { 0x62, 0x84, "DF name (AID)" },
    { 0x62, 0x88, "Short file identifier" },
    { 0x62, 0x8A, "Life cycle status" },
    { 0x62, 0x8B, "Security attributes: reference to EF(ARR)" },
    { 0x62, 0x8C, "Security attributes: compact" },
    { 0x62, 0xAB, "Security attributes: expanded" },
    { 0x62, 0xA5, "Proprietary information" },
    { 0x62, 0xC6, "PIN status template" },
    /* 11.1.1.4.6 */
    { 0xA5, 0x80, "UICC characteristics" },
    { 0xA5, 0x81, "Application power consumption" },
    { 0xA5, 0x82, "Minimum application clock frequency" },
    { 0xA5, 0x83, "Amount of available memory" },
    { 0xA5, 0x84, "File details" },
    { 0xA5, 0x85, "Reserved file size" },
    { 0xA5, 0x86, "Maximum file size" },
    { 0xA5, 0x87, "Supported system commands" },
    { 0xA5, 0x88, "Specific UICC environmental conditions" },
    { 0xA5, 0xC0, "Special file information" },
    { 0xA5, 0xC1, "Filling pattern" },
    { 0xA5, 0xC2, "Repeat pattern" },
    /* 11.1.1.4.10 */
    { 0xC6, 0x90, "PIN status" },
    { 0xC6, 0x83, "Key reference" },
    { 0xC6, 0x95, "Usage qualifier" },
    /* 13.1 */
    { 0x61, 0x4F, "AID" },
    { 0x61, 0x50, "Label" },
    { 0x61, 0x51, "Path" },
    { 0x61, 0x52, "Command APDU" },
    { 0x61, 0x53, "Discretionary data" },
    { 0x61, 0x73, "Discretionary template" },
    { 0x61, 0x5F50, "URL" },
};

/* Access rules: ISO 7816-4 5.4.3, in 'AB' of an FCP and in records of EF(ARR). */
static const struct {
    uint32_t first, last;
    const char *name;
} rules[] = {
    { 0x80, 0x80, "Access mode" },
    { 0x81, 0x8F, "Access mode: command header" },
    { 0x90, 0x90, "Always" },
    { 0x97, 0x97, "Never" },
    { 0x9E, 0x9E, "Security condition byte" },
    { 0xA4, 0xA4, "Key to be verified" },
    { 0xA0, 0xA0, "Any of" },
    { 0xA7, 0xA7, "All of" },
    { 0xAF, 0xAF, "Not" },
};

const char *dmsc_tlv_name(uint32_t inside, uint32_t tag)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].tag == tag &&
            (names[i].inside == inside || (names[i].inside == 0x62 && inside == 0x6F)))
            return names[i].name;
    }
    if (inside == 0xA4)
        return tag == 0x83 ? "Key reference" : tag == 0x95 ? "Usage qualifier" : NULL;
    if (inside != 0 && inside != 0xAB && inside != 0xA0 && inside != 0xA7 && inside != 0xAF)
        return NULL;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(rules); i++) {
        if (tag >= rules[i].first && tag <= rules[i].last)
            return rules[i].name;
    }
    return NULL;
}
