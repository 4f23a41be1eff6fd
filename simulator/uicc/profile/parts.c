/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/profile/parts.h"
#include <dmsc/secret.h>

enum dmsc_err dmsci_sim_json_bytes(const struct dmsci_sim_node *node, const char *key, size_t least,
                                   size_t most, uint8_t *ret, size_t *ret_n)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    if (json_object_get(node->object, key) == NULL)
        return DMSC_OK;
    /* json_hex() tells of too many. */
    dmsc_buf_init(&bytes, node->ctx, json_string_length(json_object_get(node->object, key)) + 1);
    err = dmsci_sim_json_hex(node, key, least, most, &bytes);
    if (err == DMSC_OK) {
        dmsci_copy(ret, bytes.p, bytes.n);
        if (ret_n != NULL)
            *ret_n = bytes.n;
    }
    if (bytes.n > 0)
        dmsc_wipe(bytes.p, bytes.n);
    dmsc_buf_clear(&bytes);
    return err;
}

enum dmsc_err dmsci_sim_json_demand(const struct dmsci_sim_node *node, const char *key,
                                    size_t least, size_t most, uint8_t *ret, size_t *ret_n)
{
    if (json_object_get(node->object, key) == NULL)
        return dmsci_sim_json_wrong(node, key, "profile:missing", "it is wanted");
    return dmsci_sim_json_bytes(node, key, least, most, ret, ret_n);
}

enum dmsc_err dmsci_sim_put_bytes(struct dmsc_buf *out, const char *key, struct dmsc_bytes bytes)
{
    enum dmsc_err err;
    uint8_t *to;

    if (bytes.n == 0)
        return DMSC_OK;
    err = dmsci_buf_printf(out, ", \"%s\": \"", key);
    if (err == DMSC_OK)
        err = dmsc_buf_reserve(out, 2 * bytes.n + 1, &to);
    if (err != DMSC_OK)
        return err;
    dmsc_hex_encode(bytes, (char *)to);
    dmsc_buf_commit(out, 2 * bytes.n);
    return dmsc_buf_append_u8(out, '"');
}
