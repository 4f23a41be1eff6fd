/* SPDX-License-Identifier: Apache-2.0 */
/* Files as a whole: every SELECT, STATUS, and the administrative commands of TS 102 222. */
#include "apdu/codec/ber.h"
#include "host/uicc/admin/private.h"
#include <stdio.h>

#define P2_FCP     0x04
#define P2_NO_DATA 0x0C
#define P2_END     0x40 /* session control: terminate (table 11.2) */

static bool name_fits(enum dmsc_select_how how, size_t n)
{
    switch (how) {
    case DMSC_SELECT_PARENT:
        return n == 0;
    case DMSC_SELECT_AID:
        return n <= 16;
    case DMSC_SELECT_PATH_MF:
    case DMSC_SELECT_PATH_DF:
        return n >= 2 && n <= 16 && n % 2 == 0;
    default:
        return n == 2;
    }
}

enum dmsc_err dmsc_uicc_select(struct dmsc_uicc *uicc, const struct dmsc_select *select,
                               struct dmsc_buf *ret_fcp)
{
    struct dmsc_capdu capdu = { .ins = 0xA4, .p1 = (uint8_t)select->how, .data = select->name };
    char hex[2 * 16 + 1], what[64];

    if (!name_fits(select->how, select->name.n) ||
        (select->how != DMSC_SELECT_AID && (select->occurrence != 0 || select->terminate)))
        return dmsci_admin_bad(uicc, "select a file", "the name does not fit the form of SELECT");
    capdu.p2 = (uint8_t)((ret_fcp == NULL ? P2_NO_DATA : P2_FCP) | select->occurrence |
                         (select->terminate ? P2_END : 0));
    capdu.le = ret_fcp == NULL ? 0 : 256;
    dmsc_hex_encode(select->name, hex);
    (void)snprintf(what, sizeof(what), "SELECT %s %s",
                   select->how == DMSC_SELECT_AID      ? "AID"
                   : select->how == DMSC_SELECT_PARENT ? "the parent"
                                                       : "file",
                   hex);
    return dmsci_admin_command(uicc, &capdu, ret_fcp, what);
}

enum dmsc_err dmsc_uicc_status(struct dmsc_uicc *uicc, enum dmsc_status_says says,
                               enum dmsc_status_form form, struct dmsc_buf *ret_data)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xF2, .p1 = (uint8_t)says };

    capdu.p2 = (uint8_t)(ret_data == NULL ? DMSC_STATUS_NO_DATA : form);
    capdu.le = capdu.p2 == DMSC_STATUS_NO_DATA ? 0 : 256;
    return dmsci_admin_command(uicc, &capdu, ret_data, "STATUS");
}

enum dmsc_err dmsc_uicc_create_file(struct dmsc_uicc *uicc, const struct dmsc_fcp *fcp)
{
    uint8_t block[255];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .ins = 0xE0 };
    char what[32];

    if (dmsc_fcp_encode_create(fcp, &w) != DMSC_OK)
        return dmsci_admin_bad(uicc, "create a file", "its FCP cannot be written in 255 bytes");
    capdu.data = dmsc_bytes(block, w.n);
    (void)snprintf(what, sizeof(what), "CREATE FILE %04X", fcp->file_id);
    return dmsci_admin_command(uicc, &capdu, NULL, what);
}

static enum dmsc_err by_fid(struct dmsc_uicc *uicc, uint8_t ins, uint16_t fid, const char *name)
{
    uint8_t bytes[2] = { (uint8_t)(fid >> 8), (uint8_t)fid };
    struct dmsc_capdu capdu = { .ins = ins, .data = { bytes, sizeof(bytes) } };
    char what[32];

    (void)snprintf(what, sizeof(what), "%s %04X", name, fid);
    return dmsci_admin_command(uicc, &capdu, NULL, what);
}

enum dmsc_err dmsc_uicc_delete_file(struct dmsc_uicc *uicc, uint16_t fid)
{
    return by_fid(uicc, 0xE4, fid, "DELETE FILE");
}

enum dmsc_err dmsc_uicc_terminate(struct dmsc_uicc *uicc, enum dmsc_terminate what, uint16_t fid)
{
    struct dmsc_capdu capdu = { .ins = (uint8_t)what };

    if (what == DMSC_TERMINATE_CARD)
        return dmsci_admin_command(uicc, &capdu, NULL, "TERMINATE CARD USAGE");
    return by_fid(uicc, (uint8_t)what, fid,
                  what == DMSC_TERMINATE_DF ? "TERMINATE DF" : "TERMINATE EF");
}

/* TS 102 222 6.10.2: 62 { 83 identifier, 80 new size }. */
enum dmsc_err dmsc_uicc_resize_file(struct dmsc_uicc *uicc, uint16_t fid, uint32_t size_bytes)
{
    uint8_t block[16];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xD4 };
    char what[32];

    dmsci_ber_put_header(&w, 0x62, size_bytes > 0xFFFF ? 10 : 8);
    dmsci_ber_put_u16(&w, 0x83, fid);
    if (size_bytes > 0xFFFF)
        dmsci_ber_put_u32(&w, 0x80, size_bytes);
    else
        dmsci_ber_put_u16(&w, 0x80, (uint16_t)size_bytes);
    capdu.data = dmsc_bytes(block, w.n);
    (void)snprintf(what, sizeof(what), "RESIZE FILE %04X", fid);
    return dmsci_admin_command(uicc, &capdu, NULL, what);
}

enum dmsc_err dmsc_uicc_activate(struct dmsc_uicc *uicc, bool active, enum dmsc_select_how how,
                                 struct dmsc_bytes name)
{
    struct dmsc_capdu capdu = { .ins = active ? 0x44 : 0x04, .p1 = (uint8_t)how, .data = name };

    if (name.n > 0 && (!name_fits(how, name.n) || how == DMSC_SELECT_AID ||
                       how == DMSC_SELECT_CHILD_DF || how == DMSC_SELECT_PARENT))
        return dmsci_admin_bad(uicc, active ? "activate a file" : "deactivate a file",
                               "it goes by its identifier or its path");
    if (name.n == 0)
        capdu.p1 = 0; /* the current file */
    return dmsci_admin_command(uicc, &capdu, NULL, active ? "ACTIVATE FILE" : "DEACTIVATE FILE");
}
