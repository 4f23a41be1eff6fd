/* SPDX-License-Identifier: Apache-2.0 */
/* The part "scp03" of a profile: key sets of applications. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/profile/parts.h"
#include "simulator/uicc/scp03/channel.h"
#include <stdio.h>

#define WHERE_MAX 192u

static enum dmsc_err build_secrets(const struct dmsci_sim_node *node,
                                   struct dmsci_sim_scp03_keys *keys)
{
    enum dmsc_err err = dmsci_sim_json_secret(node, "enc", 16, &keys->enc);

    if (err == DMSC_OK)
        err = dmsci_sim_json_secret(node, "mac", 16, &keys->mac);
    if (err == DMSC_OK)
        err = dmsci_sim_json_secret(node, "dek", 16, &keys->dek);
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
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    keys->i = DMSCI_SCP03_I_PSEUDORANDOM | DMSCI_SCP03_I_R_MAC | DMSCI_SCP03_I_R_ENC;
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "application", &path);
    if (err == DMSC_OK)
        err = dmsci_sim_json_adf(sim, node, "application", path, "there is no such ADF in files",
                                 keys->aid, &keys->aid_n);
    if (err == DMSC_OK)
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

static struct dmsc_bytes aid_of(const struct dmsc_sim *sim, unsigned i)
{
    return dmsc_bytes(sim->scp03->keys[i].aid, sim->scp03->keys[i].aid_n);
}

static enum dmsc_err put_one(const struct dmsc_sim *sim, unsigned i, const char *path,
                             struct dmsc_buf *out)
{
    const struct dmsci_sim_scp03_keys *keys = &sim->scp03->keys[i];
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
    struct dmsci_sim_list list = { "scp03", 0, aid_of, put_one };

    if (sim->scp03 == NULL)
        return DMSC_OK;
    list.n = sim->scp03->n_keys;
    return dmsci_sim_put_list(sim, &list, out);
}
