/* SPDX-License-Identifier: Apache-2.0 */
#include "host/uicc/private.h"
#include <stdio.h>

/* TS 102 221 9.3, table 9.3. */
static const char *name_of(uint8_t key_ref, char *text, size_t size)
{
    if (key_ref >= 0x01 && key_ref <= 0x08)
        (void)snprintf(text, size, "PIN of application %u", key_ref);
    else if (key_ref >= 0x0A && key_ref <= 0x0E)
        (void)snprintf(text, size, "ADM%u", key_ref - 0x0A + 1u);
    else if (key_ref >= 0x8A && key_ref <= 0x8E)
        (void)snprintf(text, size, "ADM%u", key_ref - 0x8A + 6u);
    else if (key_ref == 0x11)
        (void)snprintf(text, size, "the universal PIN");
    else if (key_ref >= 0x81 && key_ref <= 0x88)
        (void)snprintf(text, size, "second PIN of application %u", key_ref - 0x80u);
    else
        (void)snprintf(text, size, "key reference %02X", key_ref);
    return text;
}

enum dmsc_err dmsci_uicc_pin_refused(struct dmsc_uicc *uicc, const char *verb, uint8_t key_ref,
                                     uint16_t sw, bool by_puk)
{
    char name[48], what[64];
    enum dmsc_err err;

    (void)snprintf(what, sizeof(what), "%s %s", verb, name_of(key_ref, name, sizeof(name)));
    if (dmsc_sw_class(sw) == DMSC_SW_RETRIES) {
        err = dmsci_fail(uicc->ctx, DMSC_E_PIN, "%s", what);
        dmsci_fail_sw(uicc->ctx, sw);
        dmsci_fail_code(uicc->ctx, key_ref);
        dmsci_why(uicc->ctx, "pin:wrong", "%s is wrong; %u %s left (SW %04X)",
                  by_puk ? "the PUK" : "it", sw & 0x0Fu, (sw & 0x0F) == 1 ? "try is" : "tries are",
                  sw);
        dmsci_hint(uicc->ctx, "check the value before the next try; dmsc never tries by itself");
        return err;
    }
    err = dmsci_uicc_refused(uicc, sw, what);
    if (dmsc_sw_class(sw) == DMSC_SW_BLOCKED)
        dmsci_hint(uicc->ctx, by_puk
                                  ? "the PUK is blocked for ever: the issuer replaces the card"
                                  : "it is blocked: unblock it with the PUK of the card's issuer");
    return err;
}

enum dmsc_err dmsci_uicc_put_pin(struct dmsc_uicc *uicc, const char *verb, struct dmsc_bytes pin,
                                 struct dmsc_wr *w)
{
    enum dmsc_err err;

    if (pin.n < 4 || pin.n > 8) {
        err = dmsci_fail(uicc->ctx, DMSC_E_ARG, "%s a PIN", verb);
        dmsci_why(uicc->ctx, "pin:length", "a PIN has 4 to 8 digits, an ADM key 8 bytes");
        return err;
    }
    dmsc_wr_bytes(w, pin);
    dmsc_wr_fill(w, 0xFF, 8 - pin.n); /* 9.5.1: padded with FF */
    return DMSC_OK;
}

enum dmsc_err dmsc_uicc_verify_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                   const struct dmsc_secret *pin)
{
    uint8_t block[8];
    struct dmsc_capdu capdu = { .ins = 0x20, .p2 = key_ref, .data = { block, sizeof(block) } };
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    uint16_t sw = 0;
    enum dmsc_err err = dmsci_uicc_put_pin(uicc, "verify", dmsc_secret_bytes(pin), &w);
    if (err != DMSC_OK)
        return err;
    err = dmsc_uicc_exchange(uicc, &capdu, NULL, &sw);
    dmsc_wipe(block, sizeof(block));
    if (err != DMSC_OK)
        return err;
    return dmsc_sw_done(sw) ? DMSC_OK : dmsci_uicc_pin_refused(uicc, "verify", key_ref, sw, false);
}

enum dmsc_err dmsc_uicc_pin_tries(struct dmsc_uicc *uicc, uint8_t key_ref, uint8_t *ret_tries)
{
    struct dmsc_capdu capdu = { .ins = 0x20, .p2 = key_ref };
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_uicc_exchange(uicc, &capdu, NULL, &sw);

    if (err != DMSC_OK)
        return err;
    if (dmsc_sw_done(sw))
        *ret_tries = 255;
    else if (dmsc_sw_class(sw) == DMSC_SW_RETRIES)
        *ret_tries = sw & 0x0F;
    else if (dmsc_sw_class(sw) == DMSC_SW_BLOCKED)
        *ret_tries = 0;
    else
        return dmsci_uicc_pin_refused(uicc, "verify", key_ref, sw, false);
    return DMSC_OK;
}
