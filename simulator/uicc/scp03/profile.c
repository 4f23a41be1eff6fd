/* SPDX-License-Identifier: Apache-2.0 */
/* The part "scp03" of a profile: key sets of applications. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/profile/parts.h"
#include "simulator/uicc/scp03/channel.h"
#include <stdio.h>

#define WHERE_MAX 192u
#define KEY_MAX   32u

static enum dmsc_err build_secret(const struct dmsci_sim_node *node, const char *name,
                                  struct dmsc_secret *secret)
{
    uint8_t key[KEY_MAX];
    size_t n = 0;
    enum dmsc_err err = dmsci_sim_json_demand(node, name, 16, sizeof(key), key, &n);

    if (err == DMSC_OK && n % 8 != 0)
        err = dmsci_sim_json_wrong(node, name, "profile:value", "16, 24 or 32 bytes are possible");
    if (err == DMSC_OK)
        err = dmsc_secret_set(secret, node->ctx, dmsc_bytes(key, n));
    dmsc_wipe(key, sizeof(key));
    return err;
}

static enum dmsc_err build_secrets(const struct dmsci_sim_node *node,
                                   struct dmsci_sim_scp03_keys *keys)
{
    enum dmsc_err err = build_secret(node, "enc", &keys->enc);

    if (err == DMSC_OK)
        err = build_secret(node, "mac", &keys->mac);
    if (err == DMSC_OK)
        err = build_secret(node, "dek", &keys->dek);
    if (err == DMSC_OK && (keys->enc.n != keys->mac.n || keys->enc.n != keys->dek.n))
        err = dmsci_sim_json_wrong(node, NULL, "profile:value", "the keys have one length");
    return err;
}

static enum dmsc_err build_one(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                               struct dmsci_sim_scp03_keys *keys)
{
    static const char *const known[] = { "application", "version",  "i",       "enc", "mac",
                                         "dek",         "sequence", "comment", NULL };
    uint8_t sequence[3] = { 0 };
    const char *path = "";
    struct dmsc_bytes aid;
    unsigned index;
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    keys->i = DMSCI_SCP03_I_PSEUDORANDOM | DMSCI_SCP03_I_R_MAC | DMSCI_SCP03_I_R_ENC;
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "application", &path);
    if (err != DMSC_OK)
        return err;
    index = dmsci_sim_fs_by_text(&sim->fs, path);
    if (index == DMSCI_SIM_NO_FILE || sim->fs.files[index].kind != DMSCI_SIM_ADF)
        return dmsci_sim_json_wrong(node, "application", "profile:path",
                                    "there is no such ADF in files");
    aid = dmsci_sim_fs_slice(&sim->fs, sim->fs.info[index].aid);
    dmsci_copy(keys->aid, aid.p, aid.n);
    keys->aid_n = (uint8_t)aid.n;
    err = dmsci_sim_json_demand(node, "version", 1, 1, &keys->version, NULL);
    if (err == DMSC_OK && (keys->version < 0x30 || keys->version > 0x3F))
        err = dmsci_sim_json_wrong(node, "version", "profile:value", "30 to 3F are those of SCP03");
    if (err == DMSC_OK)
        err = dmsci_sim_json_bytes(node, "i", 1, 1, &keys->i, NULL);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bytes(node, "sequence", 3, 3, sequence, NULL);
    keys->sequence = (uint32_t)(sequence[0] << 16 | sequence[1] << 8 | sequence[2]);
    return err == DMSC_OK ? build_secrets(node, keys) : err;
}

enum dmsc_err dmsci_sim_scp03_build(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    const json_t *list = json_object_get(top->object, "scp03");
    enum dmsc_err err = DMSC_OK;

    if (list == NULL)
        return DMSC_OK;
    if (!json_is_array(list) || json_array_size(list) > DMSCI_SIM_SCP03_KEYS_MAX)
        return dmsci_sim_json_wrong(top, "scp03", "profile:type",
                                    "an array of at most %u key sets is wanted",
                                    DMSCI_SIM_SCP03_KEYS_MAX);
    sim->scp03 = dmsci_alloc(sim->ctx, sizeof(*sim->scp03));
    if (sim->scp03 == NULL)
        return DMSC_E_NOMEM;
    dmsc_buf_init(&sim->scp03->answer, sim->ctx, DMSC_RAPDU_MAX);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, top->file, where, json_array_get(list, i) };

        (void)snprintf(where, sizeof(where), "scp03[%zu]", i);
        err = build_one(sim, &node, &sim->scp03->keys[sim->scp03->n_keys++]);
    }
    return err;
}

void dmsci_sim_scp03_free(struct dmsc_sim *sim)
{
    if (sim->scp03 == NULL)
        return;
    dmsci_sim_scp03_reset(sim);
    for (unsigned i = 0; i < sim->scp03->n_keys; i++) {
        dmsc_secret_clear(&sim->scp03->keys[i].enc);
        dmsc_secret_clear(&sim->scp03->keys[i].mac);
        dmsc_secret_clear(&sim->scp03->keys[i].dek);
    }
    dmsc_wipe(sim->scp03->plain, sizeof(sim->scp03->plain));
    dmsc_buf_clear(&sim->scp03->answer);
    dmsci_free(sim->ctx, sim->scp03);
    sim->scp03 = NULL;
}

static enum dmsc_err put_one(const struct dmsci_sim_scp03_keys *keys, const char *path,
                             struct dmsc_buf *out)
{
    enum dmsc_err err = dmsci_buf_printf(
        out,
        "{\"application\": \"%s\", \"version\": \"%02X\", \"i\": \"%02X\", \"sequence\": \"%06lX\"",
        path, keys->version, keys->i, (unsigned long)keys->sequence);

    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "enc", dmsc_secret_bytes(&keys->enc));
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "mac", dmsc_secret_bytes(&keys->mac));
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "dek", dmsc_secret_bytes(&keys->dek));
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '}') : err;
}

enum dmsc_err dmsci_sim_scp03_dump(const struct dmsc_sim *sim, struct dmsc_buf *out)
{
    char path[DMSCI_SIM_PATH_TEXT];
    bool first = true;
    enum dmsc_err err;

    if (sim->scp03 == NULL)
        return DMSC_OK;
    err = dmsc_buf_append_str(out, "  \"scp03\": [");
    for (unsigned i = 0; err == DMSC_OK && i < sim->scp03->n_keys; i++) {
        const struct dmsci_sim_scp03_keys *keys = &sim->scp03->keys[i];

        if (!dmsci_sim_path_of_aid(sim, dmsc_bytes(keys->aid, keys->aid_n), path, sizeof(path)))
            continue; /* its ADF was deleted */
        err = dmsc_buf_append_str(out, first ? "\n    " : ",\n    ");
        if (err == DMSC_OK)
            err = put_one(keys, path, out);
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "\n  ],\n") : err;
}
