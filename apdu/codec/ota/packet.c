/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/packet.h"
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/seal.h"
#include <dmsc/ctx.h>

#define COMMAND_HEAD  16u /* CPL CHL SPI KIc KID TAR, CNTR PCNTR */
#define RESPONSE_HEAD 13u /* RPL RHL TAR, CNTR PCNTR STS */

/* TS 31.115 4.2: a command's check begins with CPL; 4.3: a response's with its UDH. */
static const struct dmsci_ota_layout command_layout = { { NULL, 0 }, 10, 6 };
static const uint8_t response_udh[] = { 0x02, 0x71, 0x00 };
static const struct dmsci_ota_layout response_layout = { { response_udh, sizeof(response_udh) },
                                                         6,
                                                         7 };

static void put_counter(struct dmsc_wr *w, uint64_t counter)
{
    dmsc_wr_u8(w, (uint8_t)(counter >> 32));
    dmsc_wr_u32(w, (uint32_t)counter);
}

static uint64_t get_counter(struct dmsc_rd *r)
{
    uint64_t high = dmsc_rd_u8(r);

    return high << 32 | dmsc_rd_u32(r);
}

static enum dmsc_err bad_counter(struct dmsc_ctx *ctx)
{
    (void)dmsci_fail(ctx, DMSC_E_ARG, "wrap a secured packet");
    dmsci_why(ctx, "ota:counter", "a counter has 40 bits");
    return DMSC_E_ARG;
}

enum dmsc_err dmsci_ota_command_wrap(struct dmsc_ctx *ctx, const struct dmsci_ota_header *header,
                                     const struct dmsci_ota_keys *keys, uint64_t counter,
                                     struct dmsc_bytes data, struct dmsc_buf *ret_packet)
{
    struct dmsci_ota_security security;
    uint8_t head[COMMAND_HEAD];
    struct dmsc_wr w = dmsc_wr(head, sizeof(head));
    enum dmsc_err err;

    if (counter > DMSCI_OTA_COUNTER_MAX)
        return bad_counter(ctx);
    err = dmsci_ota_security(ctx, DMSCI_OTA_INTEGRITY(header->spi[0]),
                             (header->spi[0] & DMSCI_OTA_CIPHERED) != 0, header, keys, &security);
    if (err != DMSC_OK)
        return err;
    dmsc_wr_fill(&w, 0, 3);
    dmsc_wr_bytes(&w, dmsc_bytes(header->spi, 2));
    dmsc_wr_u8(&w, header->kic);
    dmsc_wr_u8(&w, header->kid);
    dmsc_wr_bytes(&w, dmsc_bytes(header->tar, 3));
    put_counter(&w, counter);
    dmsc_wr_u8(&w, 0);
    return dmsci_ota_seal(ctx, &command_layout, &security, head, data, ret_packet);
}

static void read_header(struct dmsc_bytes packet, struct dmsci_ota_header *ret_header)
{
    struct dmsc_rd r = dmsc_rd(packet);

    dmsc_rd_skip(&r, 3);
    dmsci_copy(ret_header->spi, dmsc_rd_bytes(&r, 2).p, 2);
    ret_header->kic = dmsc_rd_u8(&r);
    ret_header->kid = dmsc_rd_u8(&r);
    dmsci_copy(ret_header->tar, dmsc_rd_bytes(&r, 3).p, 3);
}

enum dmsc_err dmsci_ota_command_peek(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                     struct dmsci_ota_header *ret_header)
{
    size_t check;
    enum dmsc_err err = dmsci_ota_lengths(ctx, &command_layout, packet, &check);

    if (err == DMSC_OK)
        read_header(packet, ret_header);
    return err;
}

static enum dmsc_err wrong_check_size(struct dmsc_ctx *ctx, size_t there, size_t wanted)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "unwrap a secured packet");
    dmsci_why(ctx, "ota:length", "RC/CC/DS has %zu bytes, the security asked for %zu", there,
              wanted);
    return DMSC_E_MALFORMED;
}

static enum dmsc_err open_command(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                  const struct dmsci_ota_keys *keys,
                                  struct dmsci_ota_command *command, struct dmsc_buf *plain,
                                  enum dmsci_ota_sts *ret_sts)
{
    struct dmsci_ota_security security;
    struct dmsc_rd r;
    size_t check;
    enum dmsc_err err = dmsci_ota_lengths(ctx, &command_layout, packet, &check);

    *ret_sts = DMSCI_OTA_STS_SECURITY;
    if (err != DMSC_OK)
        return err;
    read_header(packet, &command->header);
    err = dmsci_ota_security(ctx, DMSCI_OTA_INTEGRITY(command->header.spi[0]),
                             (command->header.spi[0] & DMSCI_OTA_CIPHERED) != 0, &command->header,
                             keys, &security);
    if (err != DMSC_OK)
        return err;
    if (check != security.check_n)
        return wrong_check_size(ctx, check, security.check_n);
    err = dmsci_ota_open(ctx, &command_layout, &security, packet, plain, ret_sts);
    if (err != DMSC_OK)
        return err;
    r = dmsc_rd(dmsc_buf_bytes(plain));
    dmsc_rd_skip(&r, command_layout.clear);
    command->counter = get_counter(&r);
    command->padding = dmsc_rd_u8(&r);
    return DMSC_OK;
}

enum dmsc_err dmsci_ota_command_unwrap(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                       const struct dmsci_ota_keys *keys, uint64_t stored,
                                       struct dmsci_ota_command *ret_command,
                                       struct dmsc_buf *ret_data, enum dmsci_ota_sts *ret_sts)
{
    struct dmsci_ota_command command = { { { 0 }, 0, 0, { 0 } }, 0, 0 };
    struct dmsc_buf plain;
    enum dmsc_err err;

    dmsc_buf_init(&plain, ctx, packet.n);
    err = open_command(ctx, packet, keys, &command, &plain, ret_sts);
    if (err != DMSC_OK)
        goto out;
    *ret_sts = dmsci_ota_counter_check(command.header.spi[0], command.counter, stored);
    if (*ret_sts != DMSCI_OTA_STS_OK) {
        err = dmsci_fail(ctx, DMSC_E_REPLAY, "unwrap a secured packet");
        dmsci_why(ctx, "ota:counter", "counter %010llX, the last one was %010llX",
                  (unsigned long long)command.counter, (unsigned long long)stored);
        *ret_command = command;
        goto out;
    }
    err = dmsc_buf_set(
        ret_data, dmsc_bytes(plain.p + COMMAND_HEAD, plain.n - COMMAND_HEAD - command.padding));
    if (err == DMSC_OK)
        *ret_command = command;
    else
        *ret_sts = DMSCI_OTA_STS_MEMORY;
out:
    dmsc_buf_clear(&plain);
    return err;
}

enum dmsc_err dmsci_ota_command_open(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                     const struct dmsci_ota_keys *keys,
                                     struct dmsci_ota_command *ret_command,
                                     struct dmsc_buf *ret_data)
{
    struct dmsci_ota_command command = { { { 0 }, 0, 0, { 0 } }, 0, 0 };
    enum dmsci_ota_sts sts;
    struct dmsc_buf plain;
    enum dmsc_err err;

    dmsc_buf_init(&plain, ctx, packet.n);
    err = open_command(ctx, packet, keys, &command, &plain, &sts);
    if (err == DMSC_OK)
        err = dmsc_buf_set(
            ret_data, dmsc_bytes(plain.p + COMMAND_HEAD, plain.n - COMMAND_HEAD - command.padding));
    if (err == DMSC_OK)
        *ret_command = command;
    dmsc_buf_clear(&plain);
    return err;
}

enum dmsci_ota_sts dmsci_ota_counter_check(uint8_t spi1, uint64_t counter, uint64_t stored)
{
    if (!dmsci_ota_counter_kept(spi1))
        return DMSCI_OTA_STS_OK;
    if (stored >= DMSCI_OTA_COUNTER_MAX)
        return DMSCI_OTA_STS_CNTR_BLOCKED;
    if (counter <= stored)
        return DMSCI_OTA_STS_CNTR_LOW;
    if (DMSCI_OTA_COUNTER(spi1) == DMSCI_OTA_COUNTER_NEXT && counter != stored + 1)
        return DMSCI_OTA_STS_CNTR_HIGH;
    return DMSCI_OTA_STS_OK;
}

bool dmsci_ota_counter_kept(uint8_t spi1)
{
    return DMSCI_OTA_COUNTER(spi1) >= DMSCI_OTA_COUNTER_HIGHER;
}

bool dmsci_ota_level_met(uint8_t minimum, uint8_t spi1)
{
    return DMSCI_OTA_INTEGRITY(spi1) >= DMSCI_OTA_INTEGRITY(minimum) &&
           DMSCI_OTA_COUNTER(spi1) >= DMSCI_OTA_COUNTER(minimum) &&
           (spi1 & DMSCI_OTA_CIPHERED) >= (minimum & DMSCI_OTA_CIPHERED);
}

static enum dmsc_err response_security(struct dmsc_ctx *ctx, const struct dmsci_ota_header *header,
                                       const struct dmsci_ota_keys *keys,
                                       struct dmsci_ota_security *ret_security)
{
    return dmsci_ota_security(ctx, DMSCI_OTA_INTEGRITY(header->spi[1] >> 2),
                              (header->spi[1] & DMSCI_OTA_POR_CIPHERED) != 0, header, keys,
                              ret_security);
}

enum dmsc_err dmsci_ota_response_wrap(struct dmsc_ctx *ctx, const struct dmsci_ota_command *command,
                                      const struct dmsci_ota_keys *keys, enum dmsci_ota_sts sts,
                                      struct dmsc_bytes data, struct dmsc_buf *ret_packet)
{
    struct dmsci_ota_security security;
    uint8_t head[RESPONSE_HEAD];
    struct dmsc_wr w = dmsc_wr(head, sizeof(head));
    enum dmsc_err err;

    if (command->counter > DMSCI_OTA_COUNTER_MAX)
        return bad_counter(ctx);
    err = response_security(ctx, &command->header, keys, &security);
    if (err != DMSC_OK)
        return err;
    dmsc_wr_fill(&w, 0, 3);
    dmsc_wr_bytes(&w, dmsc_bytes(command->header.tar, 3));
    put_counter(&w, command->counter);
    dmsc_wr_u8(&w, 0);
    dmsc_wr_u8(&w, (uint8_t)sts);
    return dmsci_ota_seal(ctx, &response_layout, &security, head, data, ret_packet);
}

/* RPL 0271 and RHL 00 cannot be: RHL is at least 0A. */
static struct dmsc_bytes without_udh(struct dmsc_bytes packet)
{
    if (packet.n >= sizeof(response_udh) &&
        dmsc_bytes_equal(dmsc_bytes(packet.p, sizeof(response_udh)), response_layout.lead))
        return dmsc_bytes(packet.p + sizeof(response_udh), packet.n - sizeof(response_udh));
    return packet;
}

enum dmsc_err dmsci_ota_response_peek(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                      uint8_t ret_tar[3], size_t *ret_check)
{
    struct dmsc_bytes p = without_udh(packet);
    enum dmsc_err err = dmsci_ota_lengths(ctx, &response_layout, p, ret_check);

    if (err == DMSC_OK)
        dmsci_copy(ret_tar, p.p + 3, 3);
    return err;
}

/* TS 102 225 5.2: who could not check the command has no way to secure the answer. It is exactly
 * the fixed part, and its status is an error. */
static bool is_clear_error(struct dmsc_bytes packet, size_t check)
{
    return check == 0 && packet.n == RESPONSE_HEAD && packet.p[RESPONSE_HEAD - 1] != 0 &&
           packet.p[RESPONSE_HEAD - 2] == 0;
}

static enum dmsc_err unsecured(struct dmsc_ctx *ctx)
{
    (void)dmsci_fail(ctx, DMSC_E_UNTRUSTED, "unwrap a response packet");
    dmsci_why(ctx, "ota:unsecured", "it is not secured as the command asked");
    return DMSC_E_UNTRUSTED;
}

/* Which security the response has: the one that was asked for, or none for an error in clear. */
static enum dmsc_err choose_security(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                     const struct dmsci_ota_header *header,
                                     const struct dmsci_ota_keys *keys,
                                     struct dmsci_ota_security *ret_security)
{
    struct dmsci_ota_security none = { .check = OTA_CHECK_NONE };
    size_t check;
    enum dmsc_err err = dmsci_ota_lengths(ctx, &response_layout, packet, &check);

    if (err != DMSC_OK)
        return err;
    if (is_clear_error(packet, check)) {
        *ret_security = none;
        return DMSC_OK;
    }
    err = response_security(ctx, header, keys, ret_security);
    if (err != DMSC_OK)
        return err;
    if (check == 0 && ret_security->check_n != 0)
        return unsecured(ctx);
    return check == ret_security->check_n ? DMSC_OK
                                          : wrong_check_size(ctx, check, ret_security->check_n);
}

enum dmsc_err dmsci_ota_response_unwrap(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                        const struct dmsci_ota_header *header,
                                        const struct dmsci_ota_keys *keys,
                                        struct dmsci_ota_response *ret_response,
                                        struct dmsc_buf *ret_data)
{
    struct dmsci_ota_security security;
    struct dmsci_ota_response response = { { 0 }, 0, 0, 0, false, false };
    struct dmsc_bytes p = without_udh(packet);
    enum dmsci_ota_sts sts;
    struct dmsc_buf plain;
    struct dmsc_rd r;
    enum dmsc_err err = choose_security(ctx, p, header, keys, &security);

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&plain, ctx, sizeof(response_udh) + p.n);
    err = dmsci_ota_open(ctx, &response_layout, &security, p, &plain, &sts);
    if (err != DMSC_OK)
        goto out;
    r = dmsc_rd(dmsc_buf_bytes(&plain));
    dmsc_rd_skip(&r, sizeof(response_udh) + 3);
    dmsci_copy(response.tar, dmsc_rd_bytes(&r, 3).p, 3);
    response.counter = get_counter(&r);
    response.padding = dmsc_rd_u8(&r);
    response.sts = dmsc_rd_u8(&r);
    response.authenticated = security.check != OTA_CHECK_NONE;
    response.ciphered = security.ciphered;
    err = dmsc_buf_set(ret_data, dmsc_bytes(r.p, r.n - response.padding));
    if (err == DMSC_OK)
        *ret_response = response;
out:
    dmsc_buf_clear(&plain);
    return err;
}
