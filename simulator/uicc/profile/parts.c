/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/profile/parts.h"

#define SECRET_MAX 32u

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

enum dmsc_err dmsci_sim_json_secret(const struct dmsci_sim_node *node, const char *key,
                                    size_t least, struct dmsc_secret *ret_secret)
{
    uint8_t bytes[SECRET_MAX];
    size_t n = 0;
    enum dmsc_err err = dmsci_sim_json_demand(node, key, least, sizeof(bytes), bytes, &n);

    if (err == DMSC_OK && n % 8 != 0)
        err = dmsci_sim_json_wrong(node, key, "profile:value", "%s16, 24 or 32 bytes are possible",
                                   least <= 8 ? "8, " : "");
    if (err == DMSC_OK)
        err = dmsc_secret_set(ret_secret, node->ctx, dmsc_bytes(bytes, n));
    dmsc_wipe(bytes, sizeof(bytes));
    return err;
}

enum dmsc_err dmsci_sim_json_adf(const struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                 const char *key, const char *path, const char *why,
                                 uint8_t ret_aid[DMSCI_SIM_AID_MAX], uint8_t *ret_n)
{
    unsigned index = dmsci_sim_fs_by_text(&sim->fs, path);
    struct dmsc_bytes aid;

    if (index == DMSCI_SIM_NO_FILE || sim->fs.files[index].kind != DMSCI_SIM_ADF)
        return dmsci_sim_json_wrong(node, key, "profile:path", "%s", why);
    aid = dmsci_sim_fs_slice(&sim->fs, sim->fs.info[index].aid);
    dmsci_copy(ret_aid, aid.p, aid.n);
    *ret_n = (uint8_t)aid.n;
    return DMSC_OK;
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

enum dmsc_err dmsci_sim_put_list(const struct dmsc_sim *sim, const struct dmsci_sim_list *list,
                                 struct dmsc_buf *out)
{
    char path[DMSCI_SIM_PATH_TEXT];
    bool first = true;
    enum dmsc_err err = dmsci_buf_printf(out, "  \"%s\": [", list->key);

    for (unsigned i = 0; err == DMSC_OK && i < list->n; i++) {
        if (!dmsci_sim_path_of_aid(sim, list->aid(sim, i), path, sizeof(path)))
            continue; /* its ADF was deleted */
        err = dmsc_buf_append_str(out, first ? "\n    " : ",\n    ");
        if (err == DMSC_OK)
            err = list->put(sim, i, path, out);
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "\n  ],\n") : err;
}
