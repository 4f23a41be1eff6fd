/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT, READ, UPDATE (TS 102 221 clauses 11.1.1 to 11.1.6). */
#include "host/uicc/private.h"
#include <stdio.h>

#define P2_FCP         0x04
#define P2_NO_DATA     0x0C
#define READ_BLOCK     256u
#define UPDATE_BLOCK   255u
#define OFFSET_MAX     0x7FFFu /* 15 bits of P1 P2 */
#define SFI_OFFSET_MAX 0xFFu
#define SFI_MAX        30u
#define RECORD_MAX     256u

static size_t read_block(const struct dmsc_uicc *uicc)
{
    return uicc->read_block > 0 ? uicc->read_block : READ_BLOCK;
}

static size_t update_block(const struct dmsc_uicc *uicc)
{
    return uicc->update_block > 0 ? uicc->update_block : UPDATE_BLOCK;
}

static enum dmsc_err select_file(struct dmsc_uicc *uicc, uint8_t p1, struct dmsc_bytes data,
                                 struct dmsc_buf *ret_fcp)
{
    struct dmsc_capdu capdu = { .ins = 0xA4, .p1 = p1, .data = data };
    char hex[2 * 16 + 1];
    char what[80];

    if (data.n == 0 || data.n > 16)
        return dmsci_fail(uicc->ctx, DMSC_E_ARG, "select a file by %zu bytes", data.n);
    capdu.p2 = ret_fcp == NULL ? P2_NO_DATA : P2_FCP;
    capdu.le = ret_fcp == NULL ? 0 : 256;
    dmsc_hex_encode(data, hex);
    (void)snprintf(what, sizeof(what), "SELECT %s %s", p1 == 0x04 ? "AID" : "file", hex);
    return dmsc_uicc_command(uicc, &capdu, ret_fcp, what);
}

enum dmsc_err dmsc_uicc_select_aid(struct dmsc_uicc *uicc, struct dmsc_bytes aid,
                                   struct dmsc_buf *ret_fcp)
{
    return select_file(uicc, 0x04, aid, ret_fcp);
}

enum dmsc_err dmsc_uicc_select_fid(struct dmsc_uicc *uicc, uint16_t fid, struct dmsc_buf *ret_fcp)
{
    uint8_t bytes[2] = { (uint8_t)(fid >> 8), (uint8_t)fid };

    return select_file(uicc, 0x00, dmsc_bytes(bytes, 2), ret_fcp);
}

enum dmsc_err dmsc_uicc_select_path(struct dmsc_uicc *uicc, struct dmsc_bytes path,
                                    struct dmsc_buf *ret_fcp)
{
    if (path.n >= 4 && path.p[0] == 0x3F && path.p[1] == 0x00)
        path = dmsc_bytes(path.p + 2, path.n - 2);
    if (path.n % 2 != 0)
        return dmsci_fail(uicc->ctx, DMSC_E_ARG, "select a path of %zu bytes", path.n);
    if (path.n == 2 && path.p[0] == 0x3F) /* the MF has no path from itself */
        return select_file(uicc, 0x00, path, ret_fcp);
    return select_file(uicc, 0x08, path, ret_fcp);
}

/* Every block must begin where 15 bits reach; looked at before the first one is sent. */
static enum dmsc_err check_range(struct dmsc_uicc *uicc, uint8_t sfi, size_t offset, size_t n,
                                 size_t block)
{
    size_t last = n == 0 ? 0 : (n - 1) / block * block;

    if (sfi > SFI_MAX || offset > OFFSET_MAX || last > OFFSET_MAX - offset)
        return dmsci_fail(uicc->ctx, DMSC_E_ARG, "address %zu bytes at offset %zu by SFI %u", n,
                          offset, sfi);
    return DMSC_OK;
}

/* P1 P2 of READ and UPDATE BINARY: by SFI for the first block, by offset in the EF then current. */
static void address(uint8_t sfi, size_t offset, bool first, struct dmsc_capdu *capdu)
{
    capdu->p1 = (uint8_t)(first && sfi != 0 ? 0x80 | sfi : offset >> 8);
    capdu->p2 = (uint8_t)offset;
}

/* An SFI reaches offset 255. Beyond, the EF is made current by reading its first byte. */
static enum dmsc_err make_current(struct dmsc_uicc *uicc, uint8_t *sfi, size_t offset)
{
    struct dmsc_capdu capdu = { .ins = 0xB0, .p1 = (uint8_t)(0x80 | *sfi), .le = 1 };
    enum dmsc_err err;

    if (*sfi == 0 || offset <= SFI_OFFSET_MAX)
        return DMSC_OK;
    err = dmsc_uicc_command(uicc, &capdu, NULL, "READ BINARY");
    if (err == DMSC_OK)
        *sfi = 0;
    return err;
}

enum dmsc_err dmsc_uicc_read_binary(struct dmsc_uicc *uicc, uint8_t sfi, size_t offset, size_t n,
                                    struct dmsc_buf *ret_content)
{
    struct dmsc_buf content, block;
    enum dmsc_err err;

    dmsc_buf_init(&content, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->ef_size);
    dmsc_buf_init(&block, uicc->ctx, DMSC_RAPDU_MAX);
    err = check_range(uicc, sfi, offset, n, read_block(uicc));
    if (err == DMSC_OK && n > 0)
        err = make_current(uicc, &sfi, offset);
    while (err == DMSC_OK && content.n < n) {
        struct dmsc_capdu capdu = { .ins = 0xB0 };
        size_t most = read_block(uicc);
        size_t want = n - content.n < most ? n - content.n : most;

        capdu.le = (uint16_t)want;
        address(sfi, offset + content.n, content.n == 0, &capdu);
        err = dmsc_uicc_command(uicc, &capdu, &block, "READ BINARY");
        if (err == DMSC_OK && block.n != want) {
            err = dmsci_fail(uicc->ctx, DMSC_E_TRUNCATED, "READ BINARY");
            dmsci_why(uicc->ctx, "card:short-read", "%zu of %zu bytes came at offset %zu", block.n,
                      want, offset + content.n);
        }
        if (err == DMSC_OK)
            err = dmsc_buf_append(&content, dmsc_buf_bytes(&block));
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_content, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&block);
    dmsc_buf_clear(&content);
    return err;
}

/* 63Cx is no PIN here: done, after x tries inside the card (10.2.1.3). */
enum dmsc_err dmsci_uicc_update(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                const char *what)
{
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_uicc_exchange(uicc, capdu, NULL, &sw);

    if (err != DMSC_OK)
        return err;
    if (dmsc_sw_done(sw) || dmsc_sw_class(sw) == DMSC_SW_RETRIES)
        return DMSC_OK;
    return dmsci_uicc_refused(uicc, sw, what);
}

enum dmsc_err dmsc_uicc_update_binary(struct dmsc_uicc *uicc, uint8_t sfi, size_t offset,
                                      struct dmsc_bytes content)
{
    size_t done = 0;
    enum dmsc_err err = check_range(uicc, sfi, offset, content.n, update_block(uicc));

    if (err == DMSC_OK && content.n > 0)
        err = make_current(uicc, &sfi, offset);
    while (err == DMSC_OK && done < content.n) {
        struct dmsc_capdu capdu = { .ins = 0xD6 };
        size_t most = update_block(uicc);
        size_t n = content.n - done < most ? content.n - done : most;

        capdu.data = dmsc_bytes(content.p + done, n);
        address(sfi, offset + done, done == 0, &capdu);
        err = dmsci_uicc_update(uicc, &capdu, "UPDATE BINARY");
        done += n;
    }
    return err;
}

enum dmsc_err dmsc_uicc_read_record(struct dmsc_uicc *uicc, uint8_t sfi, uint8_t record,
                                    uint16_t length, struct dmsc_buf *ret_content)
{
    struct dmsc_capdu capdu = { .ins = 0xB2, .p1 = record, .le = length };
    struct dmsc_buf data;
    char what[40];
    enum dmsc_err err;

    capdu.p2 = (uint8_t)(sfi << 3 | 0x04);
    if (sfi > SFI_MAX || record == 0 || length == 0 || length > RECORD_MAX)
        return dmsci_fail(uicc->ctx, DMSC_E_ARG, "read record %u by SFI %u", record, sfi);
    (void)snprintf(what, sizeof(what), "READ RECORD %u", record);
    dmsc_buf_init(&data, uicc->ctx, DMSC_RAPDU_MAX);
    err = dmsc_uicc_command(uicc, &capdu, &data, what);
    if (err == DMSC_OK && data.n != length) {
        err = dmsci_fail(uicc->ctx, DMSC_E_TRUNCATED, "%s", what);
        dmsci_why(uicc->ctx, "card:short-read", "%zu of %u bytes came", data.n, length);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_content, dmsc_buf_bytes(&data));
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_update_record(struct dmsc_uicc *uicc, uint8_t sfi, uint8_t record,
                                      struct dmsc_bytes content)
{
    struct dmsc_capdu capdu = { .ins = 0xDC, .p1 = record, .data = content };

    capdu.p2 = (uint8_t)(sfi << 3 | (record == 0 ? 0x03 : 0x04));
    if (sfi > SFI_MAX || content.n == 0 || content.n > 255)
        return dmsci_fail(uicc->ctx, DMSC_E_ARG, "update a record with %zu bytes", content.n);
    return dmsci_uicc_update(uicc, &capdu, "UPDATE RECORD");
}

static enum dmsc_err read_records(struct dmsc_uicc *uicc, const struct dmsc_fcp *fcp,
                                  struct dmsc_buf *ret_content)
{
    struct dmsc_buf content, record;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&content, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->ef_size);
    dmsc_buf_init(&record, uicc->ctx, DMSC_RAPDU_MAX);
    for (unsigned i = 1; err == DMSC_OK && i <= fcp->records; i++) {
        err = dmsc_uicc_read_record(uicc, 0, (uint8_t)i, fcp->record_length, &record);
        if (err == DMSC_OK)
            err = dmsc_buf_append(&content, dmsc_buf_bytes(&record));
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_content, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&record);
    dmsc_buf_clear(&content);
    return err;
}

enum dmsc_err dmsc_uicc_read_selected(struct dmsc_uicc *uicc, const struct dmsc_fcp *fcp,
                                      struct dmsc_buf *ret_content)
{
    size_t limit = dmsc_ctx_limits(uicc->ctx)->ef_size;
    bool records = fcp->structure == DMSC_FILE_LINEAR_FIXED || fcp->structure == DMSC_FILE_CYCLIC;
    size_t size = records ? (size_t)fcp->records * fcp->record_length : fcp->size_bytes;

    if ((!records && (fcp->structure != DMSC_FILE_TRANSPARENT || !fcp->has_size)) ||
        fcp->record_length > RECORD_MAX || (!records && size > OFFSET_MAX + 1))
        return dmsci_fail(uicc->ctx, DMSC_E_UNSUPPORTED,
                          "read a file of descriptor %02X and %zu bytes", fcp->descriptor, size);
    if (size > limit)
        return dmsci_fail(uicc->ctx, DMSC_E_LIMIT, "read a file of %zu bytes where %zu are allowed",
                          size, limit);
    if (records)
        return read_records(uicc, fcp, ret_content);
    return dmsc_uicc_read_binary(uicc, 0, 0, size, ret_content);
}
