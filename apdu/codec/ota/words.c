/* SPDX-License-Identifier: Apache-2.0 */
/* TS 102 225 clauses 5.1 and 5.2 in words. */
#include "apdu/base/compiler.h"
#include "apdu/codec/ota/packet.h"
#include <dmsc/ota.h>

static const char *const integrities[] = { "none", "RC", "CC", "DS" };
static const char *const counters[] = { "not used", "there, not checked", "must be higher",
                                        "must be one higher" };
static const char *const pors[] = { "never", "always", "on error", "reserved" };

static const char *cipher_name(uint8_t coding, bool mac)
{
    switch (coding & 0x0F) {
    case 0x0:
        return "known implicitly";
    case 0x1:
        return mac ? "DES MAC" : "DES CBC";
    case 0x5:
        return mac ? "3DES MAC, two keys" : "3DES CBC, two keys";
    case 0x9:
        return mac ? "3DES MAC, three keys" : "3DES CBC, three keys";
    case 0x2:
        return mac ? "AES-CMAC" : "AES CBC";
    case 0xD:
        return mac ? "reserved" : "DES ECB, not to be used any more";
    default:
        return (coding & 0x03) == 0x03 ? "proprietary" : "reserved";
    }
}

static const char *crc_name(uint8_t coding)
{
    switch (coding & 0x0F) {
    case 0x0:
        return "known implicitly";
    case 0x1:
        return "CRC-16";
    case 0x5:
        return "CRC-32";
    default:
        return (coding & 0x03) == 0x03 ? "proprietary" : "reserved";
    }
}

const char *dmsc_ota_words(const struct dmsc_ota_packet *p, enum dmsc_ota_field field)
{
    switch (field) {
    case DMSC_OTA_INTEGRITY:
        return integrities[p->spi[0] & 3];
    case DMSC_OTA_CIPHERING:
        return (p->spi[0] & DMSCI_OTA_CIPHERED) != 0 ? "ciphered" : "in clear";
    case DMSC_OTA_COUNTER:
        return counters[p->spi[0] >> 3 & 3];
    case DMSC_OTA_POR:
        return pors[p->spi[1] & 3];
    case DMSC_OTA_POR_INTEGRITY:
        return integrities[p->spi[1] >> 2 & 3];
    case DMSC_OTA_POR_CIPHERING:
        return (p->spi[1] & DMSCI_OTA_POR_CIPHERED) != 0 ? "ciphered" : "in clear";
    case DMSC_OTA_POR_WAY:
        return (p->spi[1] & DMSCI_OTA_POR_SMS_SUBMIT) != 0 ? "SMS-SUBMIT" : "SMS-DELIVER-REPORT";
    case DMSC_OTA_KIC:
        return cipher_name(p->kic, false);
    default: /* KID is of the RC where the command has one */
        return DMSCI_OTA_INTEGRITY(p->spi[0]) == DMSCI_OTA_RC ? crc_name(p->kid)
                                                              : cipher_name(p->kid, true);
    }
}

static const struct {
    const char *text, *hint;
} statuses[] = {
    { "done", "" },
    { "RC, CC or DS is wrong", "compare KID, its key and cc-size with the card's" },
    { "the counter is too low", "raise the counter in the key file above the card's" },
    { "the counter is too high", "the card wants exactly the next one: lower the counter" },
    { "the counter is blocked", "the key set is used up; give the card new keys" },
    { "ciphering error", "compare KIc and its key with the card's" },
    { "unidentified security error", "compare SPI, KIc and KID with what the card's keys allow" },
    { "not enough memory on the card", "send a shorter script" },
    { "the card needs more time", "wait, then send it again" },
    { "the TAR is unknown", "ask the card's issuer for the TAR of the application" },
    { "the security level is not enough", "the application asks for more: see SPI" },
    { "the answer comes in an SMS-SUBMIT", "" },
    { "the answer comes by USSD", "" },
};

const char *dmsc_ota_sts_text(uint8_t sts)
{
    return sts < DMSCI_ARRAY_LEN(statuses) ? statuses[sts].text : "a status not known here";
}

const char *dmsc_ota_sts_hint(uint8_t sts)
{
    return sts < DMSCI_ARRAY_LEN(statuses) ? statuses[sts].hint : "";
}
