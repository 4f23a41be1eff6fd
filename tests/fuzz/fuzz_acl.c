/* SPDX-License-Identifier: Apache-2.0 */
/* ACLs come from servers and from objects on the card. */
#include "host/mo/acl.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dmsc_acl_command commands[] = { DMSC_ACL_ADD, DMSC_ACL_DELETE, DMSC_ACL_EXEC,
                                                      DMSC_ACL_GET, DMSC_ACL_REPLACE };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf acl;
    struct dmsc_buf left;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&acl, ctx, 65536);
    dmsc_buf_init(&left, ctx, 65536 + 64);
    if (size < 65536 && dmsc_buf_append(&acl, dmsc_bytes(data, size)) == DMSC_OK) {
        const char *text = dmsc_buf_str(&acl);
        bool valid = dmsc_acl_valid(text);
        enum dmsc_err err = dmsci_acl_remove(ctx, text, "S1", false, &left);

        assert((err == DMSC_OK) == valid);
        assert(dmsc_acl_valid(dmsc_buf_str(&left)));
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
            bool all = dmsc_acl_allows(text, commands[i], "*");

            assert(valid || !dmsc_acl_allows(text, commands[i], "S1"));
            assert(!valid || dmsc_acl_allows(dmsc_buf_str(&left), commands[i], "S1") == all);
            assert(!valid || dmsc_acl_allows(dmsc_buf_str(&left), commands[i], "S2") ==
                                 dmsc_acl_allows(text, commands[i], "S2"));
        }
    }
    dmsc_buf_clear(&acl);
    dmsc_buf_clear(&left);
    dmsc_ctx_free(ctx);
    return 0;
}
