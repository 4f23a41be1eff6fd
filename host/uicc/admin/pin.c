/* SPDX-License-Identifier: Apache-2.0 */
/* PIN management (TS 102 221 clauses 11.1.10 to 11.1.13). No command is ever sent twice. */
#include "host/uicc/admin/private.h"
#include <dmsc/access.h>
#include <stdio.h>

#define REPLACED 0x80 /* P1 of DISABLE PIN: b5..b1 name the key that stands in (table 11.14) */

/* One or two values of 8 bytes, the first one a PUK or a PIN. */
static enum dmsc_err send(struct dmsc_uicc *uicc, const struct dmsc_capdu *header, const char *verb,
                          const struct dmsc_secret *first, const struct dmsc_secret *second)
{
    uint8_t block[16];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = *header;
    char name[40], what[64];
    uint16_t sw = 0;
    enum dmsc_err err = dmsci_uicc_put_pin(uicc, verb, dmsc_secret_bytes(first), &w);

    if (err == DMSC_OK && second != NULL)
        err = dmsci_uicc_put_pin(uicc, verb, dmsc_secret_bytes(second), &w);
    capdu.data = dmsc_bytes(block, w.n);
    if (err == DMSC_OK)
        err = dmsc_uicc_exchange(uicc, &capdu, NULL, &sw);
    dmsc_wipe(block, sizeof(block));
    if (err != DMSC_OK || dmsc_sw_done(sw))
        return err;
    if (dmsc_sw_class(sw) == DMSC_SW_RETRIES || dmsc_sw_class(sw) == DMSC_SW_BLOCKED)
        return dmsci_uicc_pin_refused(uicc, verb, capdu.p2, sw, capdu.ins == 0x2C);
    (void)snprintf(what, sizeof(what), "%s %s", verb, dmsc_key_name(capdu.p2, name));
    return dmsci_admin_refused(uicc, &capdu, sw, what);
}

enum dmsc_err dmsc_uicc_change_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                   const struct dmsc_secret *old_pin,
                                   const struct dmsc_secret *new_pin)
{
    return send(uicc, &(struct dmsc_capdu){ .ins = 0x24, .p2 = key_ref }, "change", old_pin,
                new_pin);
}

enum dmsc_err dmsc_uicc_disable_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                    const struct dmsc_secret *pin, uint8_t replacement)
{
    struct dmsc_capdu capdu = { .ins = 0x26, .p2 = key_ref };

    if (replacement > 31)
        return dmsci_admin_bad(uicc, "disable a PIN", "the replacement is a global key, 1 to 31");
    if (replacement > 0)
        capdu.p1 = (uint8_t)(REPLACED | replacement);
    return send(uicc, &capdu, "disable", pin, NULL);
}

enum dmsc_err dmsc_uicc_enable_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                   const struct dmsc_secret *pin)
{
    return send(uicc, &(struct dmsc_capdu){ .ins = 0x28, .p2 = key_ref }, "enable", pin, NULL);
}

enum dmsc_err dmsc_uicc_unblock_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                    const struct dmsc_secret *puk,
                                    const struct dmsc_secret *new_pin)
{
    if (puk->n != 8)
        return dmsci_admin_bad(uicc, "unblock a PIN", "a PUK has 8 digits");
    return send(uicc, &(struct dmsc_capdu){ .ins = 0x2C, .p2 = key_ref }, "unblock", puk, new_pin);
}

enum dmsc_err dmsc_uicc_puk_tries(struct dmsc_uicc *uicc, uint8_t key_ref, uint8_t *ret_tries)
{
    struct dmsc_capdu capdu = { .ins = 0x2C, .p2 = key_ref };
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_uicc_exchange(uicc, &capdu, NULL, &sw);

    if (err != DMSC_OK)
        return err;
    if (dmsc_sw_class(sw) != DMSC_SW_RETRIES && dmsc_sw_class(sw) != DMSC_SW_BLOCKED)
        return dmsci_admin_refused(uicc, &capdu, sw, "count the tries of a PUK");
    *ret_tries = dmsc_sw_class(sw) == DMSC_SW_BLOCKED ? 0 : sw & 0x0F;
    return DMSC_OK;
}
