/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer sends before encryption; names and flags must not depend on how it is cut. */
#include "host/net/tls_watch.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_tls_watch whole, bytes;

    dmsci_tls_watch_init(&whole);
    dmsci_tls_watch_init(&bytes);
    dmsci_tls_watch_feed(&whole, (struct dmsc_bytes){ data, size });
    for (size_t i = 0; i < size; i++)
        dmsci_tls_watch_feed(&bytes, (struct dmsc_bytes){ data + i, 1 });
    assert(whole.kind == bytes.kind && whole.version == bytes.version);
    assert(whole.hello == bytes.hello && whole.alert == bytes.alert);
    assert(whole.certificate_request == bytes.certificate_request);
    assert(strcmp(dmsci_tls_watch_name(&whole), dmsci_tls_watch_name(&bytes)) == 0);
    return 0;
}
