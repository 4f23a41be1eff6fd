/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/link/wrapper.h"

enum dmsc_err dmsci_wrapper_lock(void *impl)
{
    return dmsc_link_lock(((struct dmsci_wrapper *)impl)->inner);
}

void dmsci_wrapper_unlock(void *impl)
{
    dmsc_link_unlock(((struct dmsci_wrapper *)impl)->inner);
}

void dmsci_wrapper_conceal(void *impl, bool on)
{
    dmsc_link_conceal(((struct dmsci_wrapper *)impl)->inner, on);
}

void dmsci_wrapper_close(void *impl)
{
    struct dmsci_wrapper *wrapper = impl;
    struct dmsc_ctx *ctx = wrapper->ctx;

    dmsc_link_free(wrapper->inner);
    dmsci_free(ctx, wrapper);
}

enum dmsc_err dmsci_wrapper_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                  enum dmsc_protocol *ret_protocol)
{
    struct dmsc_link *inner = ((struct dmsci_wrapper *)impl)->inner;
    enum dmsc_err err = dmsc_link_power(inner, how);

    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_atr, dmsc_link_atr(inner));
    if (err == DMSC_OK)
        *ret_protocol = dmsc_link_protocol(inner);
    return err;
}
