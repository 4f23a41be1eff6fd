/* SPDX-License-Identifier: Apache-2.0 */
/* SyncML messages of servers: decode; what is good is written and read again to the same model. */
#include "apdu/base/ctx.h"
#include "tests/unit/syncml/dump.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CEILING 8000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Broken commands are not written; nor is a name of DM in a namespace of somebody else, which would
 * come back as a command of DM. */
static bool writable(const struct dmsci_syncml_message *msg)
{
    for (size_t i = 0; i < msg->command_count; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];

        if (c->bad != NULL)
            return false;
        if (c->kind == DMSCI_N_UNKNOWN && dmsci_syncml_name_find(c->name) != DMSCI_N_UNKNOWN)
            return false;
    }
    return true;
}

static void again(struct dmsc_ctx *ctx, const struct dmsci_syncml_message *msg)
{
    struct dmsci_syncml_message back = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf xml, one, two;

    dmsc_buf_init(&xml, ctx, CEILING);
    dmsc_buf_init(&one, ctx, CEILING);
    dmsc_buf_init(&two, ctx, CEILING);
    assert(dmsci_syncml_encode(msg, &dmsci_syncml_xml, CEILING, &xml) == DMSC_OK);
    /* Escaping makes it longer: it may pass the limit that the first form kept. */
    if (xml.n <= dmsc_ctx_limits(ctx)->message_size) {
        assert(dmsci_syncml_decode(ctx, dmsc_buf_bytes(&xml), &back) == DMSC_OK);
        assert(dump_message(msg, &one) == DMSC_OK && dump_message(&back, &two) == DMSC_OK);
        assert(strcmp(dmsc_buf_str(&one), dmsc_buf_str(&two)) == 0);
    }
    dmsci_syncml_clear(&back);
    dmsc_buf_clear(&xml);
    dmsc_buf_clear(&one);
    dmsc_buf_clear(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_ctx *ctx = NULL;
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (exact == NULL || dmsc_ctx_new(NULL, &ctx) != DMSC_OK) {
        free(exact);
        return 0;
    }
    dmsci_copy(exact, data, size);
    if (dmsci_syncml_decode(ctx, dmsc_bytes(exact, size), &msg) == DMSC_OK) {
        assert(msg.header.session_id[0] != '\0' && msg.header.target[0] != '\0');
        for (size_t i = 0; i < msg.command_count; i++)
            assert(msg.commands[i].parent == DMSCI_SYNCML_TOP || msg.commands[i].parent < i);
        if (writable(&msg))
            again(ctx, &msg);
    } else
        assert(msg.ctx == NULL);
    dmsci_syncml_clear(&msg);
    dmsc_ctx_free(ctx);
    free(exact);
    return 0;
}
