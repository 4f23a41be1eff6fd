/* SPDX-License-Identifier: Apache-2.0 */
/* Records in every mode (TS 102 221 clauses 11.1.5 to 11.1.8). */
#include "host/uicc/admin/private.h"

#define SFI_MAX 30u

static bool address_fits(uint8_t sfi, enum dmsc_record_mode mode, uint8_t record)
{
    return sfi <= SFI_MAX && (mode == DMSC_RECORD_ABSOLUTE || record == 0);
}

enum dmsc_err dmsc_uicc_read_record_at(struct dmsc_uicc *uicc, uint8_t sfi,
                                       enum dmsc_record_mode mode, uint8_t record, uint16_t length,
                                       struct dmsc_buf *ret_content)
{
    struct dmsc_capdu capdu = { .ins = 0xB2, .p1 = record, .le = length };

    capdu.p2 = (uint8_t)((unsigned)sfi << 3 | (unsigned)mode);
    if (!address_fits(sfi, mode, record) || length == 0 || length > 256)
        return dmsci_admin_bad(uicc, "READ RECORD",
                               "an SFI is 1 to 30, a length 1 to 256, and only an absolute record "
                               "has a number");
    return dmsci_admin_command(uicc, &capdu, ret_content, "READ RECORD");
}

enum dmsc_err dmsc_uicc_update_record_at(struct dmsc_uicc *uicc, uint8_t sfi,
                                         enum dmsc_record_mode mode, uint8_t record,
                                         struct dmsc_bytes content)
{
    struct dmsc_capdu capdu = { .ins = 0xDC, .p1 = record, .data = content };

    capdu.p2 = (uint8_t)((unsigned)sfi << 3 | (unsigned)mode);
    if (!address_fits(sfi, mode, record) || content.n == 0 || content.n > 255)
        return dmsci_admin_bad(uicc, "UPDATE RECORD",
                               "an SFI is 1 to 30, a record 1 to 255 bytes, and only an absolute "
                               "record has a number");
    return dmsci_uicc_update(uicc, &capdu, "UPDATE RECORD");
}

/* Search indication (table 11.10): b4 offset or value, b3..b1 where it begins and which way. */
static uint8_t indication(const struct dmsc_search *search)
{
    unsigned way = search->beside ? 6u : 4u;

    return (uint8_t)((search->marker ? 0x08 : 0x00) | way | (search->backward ? 1 : 0));
}

enum dmsc_err dmsc_uicc_search_record(struct dmsc_uicc *uicc, const struct dmsc_search *search,
                                      struct dmsc_buf *ret_records)
{
    uint8_t block[255];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .ins = 0xA2, .p1 = search->record, .le = 256 };
    struct dmsc_buf records;
    uint16_t sw = 0;
    enum dmsc_err err;

    if (search->enhanced) {
        dmsc_wr_u8(&w, indication(search));
        dmsc_wr_u8(&w, search->where);
    }
    dmsc_wr_bytes(&w, search->pattern);
    if (w.bad || search->pattern.n == 0 || search->sfi > SFI_MAX)
        return dmsci_admin_bad(uicc, "SEARCH RECORD", "the pattern has 1 to 253 bytes");
    capdu.p2 = (uint8_t)(search->sfi << 3 | (search->enhanced ? 6 : search->backward ? 5 : 4));
    capdu.data = dmsc_bytes(block, w.n);
    dmsc_buf_init(&records, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    err = dmsc_uicc_exchange(uicc, &capdu, &records, &sw);
    if (err == DMSC_OK && (sw == 0x6282 || (dmsc_sw_done(sw) && records.n == 0))) {
        err = dmsci_fail(uicc->ctx, DMSC_E_NOTFOUND, "SEARCH RECORD");
        dmsci_fail_sw(uicc->ctx, sw);
        dmsci_why(uicc->ctx, "card:search", "no record fits the pattern");
    } else if (err == DMSC_OK && !dmsc_sw_done(sw)) {
        err = dmsci_admin_refused(uicc, &capdu, sw, "SEARCH RECORD");
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_records, dmsc_buf_bytes(&records));
    dmsc_buf_clear(&records);
    return err;
}

enum dmsc_err dmsc_uicc_increase(struct dmsc_uicc *uicc, uint8_t sfi, struct dmsc_bytes value,
                                 struct dmsc_buf *ret_record)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x32, .data = value, .le = 256 };
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err;

    if (sfi > SFI_MAX || value.n == 0 || value.n > 127)
        return dmsci_admin_bad(uicc, "INCREASE", "a value has 1 to 127 bytes");
    capdu.p1 = sfi == 0 ? 0 : (uint8_t)(0x80 | sfi);
    dmsc_buf_init(&data, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    err = dmsc_uicc_exchange(uicc, &capdu, &data, &sw);
    if (err == DMSC_OK && !dmsc_sw_done(sw) && dmsc_sw_class(sw) != DMSC_SW_RETRIES)
        err = dmsci_admin_refused(uicc, &capdu, sw, "INCREASE");
    if (err == DMSC_OK && data.n <= value.n) {
        err = dmsci_fail(uicc->ctx, DMSC_E_TRUNCATED, "INCREASE");
        dmsci_why(uicc->ctx, "card:short-read", "%zu bytes came for record and value", data.n);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_record, dmsc_bytes(data.p, data.n - value.n));
    dmsc_buf_clear(&data);
    return err;
}
