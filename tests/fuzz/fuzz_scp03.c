/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives at either end of a secure channel: answers to INITIALIZE UPDATE, protected commands
 * and answers. The first byte chooses who reads it and at which level. */
#include "apdu/codec/scp03.h"
#include <dmsc/ctx.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static void init(struct dmsc_bytes in)
{
    uint8_t again[64];
    struct dmsc_wr w = dmsc_wr(again, sizeof(again));
    struct dmsci_scp03_init made;

    if (dmsci_scp03_init_decode(in, &made) != DMSC_OK)
        return;
    require(dmsci_scp03_init_encode(&made, &w) == DMSC_OK);
    require(dmsc_bytes_equal(in, dmsc_bytes(again, w.n)));
}

static void command(struct dmsc_ctx *ctx, struct dmsci_scp03 *session, struct dmsc_bytes in)
{
    struct dmsci_scp03 before = *session;
    struct dmsc_capdu capdu, plain;
    uint8_t out[255];

    if (dmsc_capdu_decode(in, &capdu) != DMSC_OK)
        return;
    if (dmsci_scp03_unwrap(ctx, session, &capdu, out, &plain) == DMSC_OK)
        require(plain.data.n <= capdu.data.n && session->counter == before.counter + 1);
    else
        require(memcmp(session, &before, sizeof(before)) == 0);
}

static void answer(struct dmsc_ctx *ctx, const struct dmsci_scp03 *session, struct dmsc_bytes in)
{
    struct dmsc_buf plain;
    enum dmsc_err err;

    dmsc_buf_init(&plain, ctx, 65536);
    err = dmsci_scp03_answer_unwrap(ctx, session, in, 0x9000, &plain);
    require(err == DMSC_OK ? plain.n <= in.n : plain.n == 0);
    dmsc_buf_clear(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };
    struct dmsci_scp03 session = { .key_n = 16, .mac_n = 8 };
    struct dmsc_ctx *ctx = NULL;
    uint8_t *copy;

    if (size < 1 || size > 65536 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    copy = malloc(size);
    if (copy != NULL) {
        struct dmsc_bytes in = dmsc_bytes(copy, size - 1);

        memcpy(copy, data + 1, size - 1);
        session.level = levels[(data[0] & 0x0F) % 6];
        if ((data[0] & 0x40) != 0)
            session.mac_n = 16;
        if ((data[0] & 0x80) != 0)
            init(in);
        else if ((data[0] & 0x20) != 0)
            command(ctx, &session, in);
        else
            answer(ctx, &session, in);
        free(copy);
    }
    dmsc_ctx_free(ctx);
    return 0;
}
