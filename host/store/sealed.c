/* SPDX-License-Identifier: Apache-2.0 */
/* The key that secret values are sealed with. Which values those are is host/mo's business. */
#include "host/credential/seal.h"
#include "host/store/nodes.h"
#include "host/store/private.h"

enum dmsc_err dmsc_store_set_key(struct dmsc_store *store, const struct dmsc_secret *key)
{
    if (key == NULL) {
        dmsc_secret_clear(&store->key);
        return DMSC_OK;
    }
    if (key->n != DMSCI_SEAL_KEY_SIZE)
        return dmsci_fail(store->ctx, DMSC_E_ARG, "use a sealing key of %zu bytes", key->n);
    return dmsc_secret_set(&store->key, store->ctx, dmsc_secret_bytes(key));
}

static enum dmsc_err need_key(struct dmsc_store *store, const char *what)
{
    if (store->key.n > 0)
        return DMSC_OK;
    (void)dmsci_fail(store->ctx, DMSC_E_UNSUPPORTED, "%s", what);
    dmsci_why(store->ctx, "secret:no-key", "no key is set to seal secrets with");
    dmsci_hint(store->ctx, "[device] key names the device's private key");
    return DMSC_E_UNSUPPORTED;
}

enum dmsc_err dmsci_store_seal(struct dmsc_store *store, const char *uri, struct dmsc_bytes plain,
                               struct dmsc_buf *ret_sealed)
{
    enum dmsc_err err = need_key(store, "write a secret");

    if (err == DMSC_OK)
        err = dmsci_seal(store->ctx, &store->key, dmsc_bytes_str(uri), plain, ret_sealed);
    if (err != DMSC_OK)
        dmsci_where(store->ctx, "%.180s", uri);
    return err;
}

enum dmsc_err dmsci_store_unseal(struct dmsc_store *store, const char *uri,
                                 struct dmsc_bytes sealed, struct dmsc_buf *ret_plain)
{
    enum dmsc_err err = need_key(store, "read a secret");

    if (err == DMSC_OK)
        err = dmsci_unseal(store->ctx, &store->key, dmsc_bytes_str(uri), sealed, ret_plain);
    if (err != DMSC_OK)
        dmsci_where(store->ctx, "%.180s", uri);
    return err;
}

size_t dmsci_store_unsealed_size(size_t sealed_size)
{
    return sealed_size > DMSCI_SEAL_OVERHEAD ? sealed_size - DMSCI_SEAL_OVERHEAD : 0;
}
