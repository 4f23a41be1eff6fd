/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and public keys come from the card, from servers and from files. */
#include "host/credential/cert.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dmsci_cert cert;
    struct dmsc_bytes in = { data, size };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf der, spki, again;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&der, ctx, 65536);
    dmsc_buf_init(&spki, ctx, 65536);
    dmsc_buf_init(&again, ctx, 65536);
    if (dmsci_cert_parse(ctx, in, &cert) == DMSC_OK) {
        assert(strlen(cert.subject) < sizeof(cert.subject));
        assert(cert.name_count <= DMSCI_CERT_NAMES);
        assert(dmsci_cert_load(ctx, in, &der) == DMSC_OK);
        assert(dmsc_bytes_equal(dmsc_buf_bytes(&der), in));
    }
    if (dmsci_spki_load(ctx, in, &spki) == DMSC_OK) {
        assert(dmsci_spki_load(ctx, dmsc_buf_bytes(&spki), &again) == DMSC_OK);
        assert(dmsc_bytes_equal(dmsc_buf_bytes(&spki), dmsc_buf_bytes(&again)));
    }
    if (size > 64)
        (void)!dmsci_ecdsa_verify(ctx, dmsc_bytes(data, size - 64), in,
                                  dmsc_bytes(data + size - 64, 64));
    dmsc_buf_clear(&der);
    dmsc_buf_clear(&spki);
    dmsc_buf_clear(&again);
    dmsc_ctx_free(ctx);
    return 0;
}
