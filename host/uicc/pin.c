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

static enum dmsc_err refused(struct dmsc_uicc *uicc, uint8_t key_ref, uint16_t sw)
{
    char name[48], what[64];
    enum dmsc_err err;

    (void)snprintf(what, sizeof(what), "verify %s", name_of(key_ref, name, sizeof(name)));
    if (dmsc_sw_class(sw) == DMSC_SW_RETRIES) {
        err = dmsci_fail(uicc->ctx, DMSC_E_PIN, "%s", what);
        dmsci_fail_sw(uicc->ctx, sw);
        dmsci_fail_code(uicc->ctx, key_ref);
        dmsci_why(uicc->ctx, "pin:wrong", "it is wrong; %u %s left (SW %04X)", sw & 0x0Fu,
                  (sw & 0x0F) == 1 ? "try is" : "tries are", sw);
        dmsci_hint(uicc->ctx, "check the value before the next try; dmsc never tries by itself");
        return err;
    }
    err = dmsci_uicc_refused(uicc, sw, what);
    if (dmsc_sw_class(sw) == DMSC_SW_BLOCKED)
        dmsci_hint(uicc->ctx, "it is blocked: unblock it with the PUK of the card's issuer");
    return err;
}

enum dmsc_err dmsc_uicc_verify_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                   const struct dmsc_secret *pin)
{
    uint8_t block[8];
    struct dmsc_bytes value = dmsc_secret_bytes(pin);
    struct dmsc_capdu capdu = { .ins = 0x20, .p2 = key_ref, .data = { block, sizeof(block) } };
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    uint16_t sw = 0;
    enum dmsc_err err;

    if (value.n < 4 || value.n > sizeof(block)) {
        err = dmsci_fail(uicc->ctx, DMSC_E_ARG, "verify a PIN");
        dmsci_why(uicc->ctx, "pin:length", "a PIN has 4 to 8 digits, an ADM key 8 bytes");
        return err;
    }
    dmsc_wr_bytes(&w, value);
    dmsc_wr_fill(&w, 0xFF, sizeof(block) - value.n); /* 9.5.1: padded with FF */
    err = dmsc_uicc_exchange(uicc, &capdu, NULL, &sw);
    dmsc_wipe(block, sizeof(block));
    if (err != DMSC_OK)
        return err;
    return dmsc_sw_done(sw) ? DMSC_OK : refused(uicc, key_ref, sw);
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
        return refused(uicc, key_ref, sw);
    return DMSC_OK;
}
