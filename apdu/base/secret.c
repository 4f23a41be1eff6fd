/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <string.h>

void dmsc_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}

enum dmsc_err dmsc_secret_set(struct dmsc_secret *secret, struct dmsc_ctx *ctx,
                              struct dmsc_bytes bytes)
{
    uint8_t *p = dmsci_alloc(ctx, bytes.n + 1);

    if (p == NULL)
        return DMSC_E_NOMEM;
    dmsci_copy(p, bytes.p, bytes.n);
    dmsc_secret_clear(secret);
    *secret = (struct dmsc_secret){ ctx, p, bytes.n };
    return DMSC_OK;
}

struct dmsc_bytes dmsc_secret_bytes(const struct dmsc_secret *secret)
{
    return (struct dmsc_bytes){ secret->p, secret->n };
}

void dmsc_secret_clear(struct dmsc_secret *secret)
{
    if (secret->p != NULL) {
        dmsc_wipe(secret->p, secret->n);
        dmsci_free(secret->ctx, secret->p);
    }
    *secret = (struct dmsc_secret)DMSC_SECRET_INIT;
}
