/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands of this folder share: one exchange, and the story of a refusal. */
#include "host/uicc/admin/private.h"

enum dmsc_err dmsci_admin_bad(struct dmsc_uicc *uicc, const char *what, const char *why)
{
    enum dmsc_err err = dmsci_fail(uicc->ctx, DMSC_E_ARG, "%s", what);

    dmsci_why(uicc->ctx, NULL, "%s", why);
    return err;
}

enum dmsc_err dmsci_admin_refused(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                  uint16_t sw, const char *what)
{
    struct dmsc_sw_meaning meaning = dmsc_sw_explain(capdu->cla, capdu->ins, sw);
    enum dmsc_err err = dmsci_uicc_refused_as(uicc, sw, what, meaning.text);

    dmsci_where(uicc->ctx, "%s", meaning.clause);
    return err;
}

enum dmsc_err dmsci_admin_command(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                  struct dmsc_buf *ret_data, const char *what)
{
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err;

    dmsc_buf_init(&data, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    err = dmsc_uicc_exchange(uicc, capdu, ret_data != NULL ? &data : NULL, &sw);
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = dmsci_admin_refused(uicc, capdu, sw, what);
    if (err == DMSC_OK && ret_data != NULL)
        err = dmsc_buf_set(ret_data, dmsc_buf_bytes(&data));
    dmsc_buf_clear(&data);
    return err;
}
