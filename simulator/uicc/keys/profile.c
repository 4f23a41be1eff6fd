/* SPDX-License-Identifier: Apache-2.0 */
/* The part "keys" of a profile: private keys of applications. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/keys/keys.h"
#include "simulator/uicc/profile/parts.h"
#include <stdio.h>
#include <string.h>

#define WHERE_MAX   192u
#define PRIVATE_MAX 1400u

static const char *const types[] = { "rsa-2048", "ec-p256" };

static enum dmsc_err build_type(const struct dmsci_sim_node *node,
                                struct dmsci_sim_private_key *key)
{
    const char *type = "";
    enum dmsc_err err = dmsci_sim_json_text(node, "type", &type);
    uint8_t i = 0;

    while (i < DMSCI_ARRAY_LEN(types) && strcmp(types[i], type) != 0)
        i++;
    if (err == DMSC_OK && i == DMSCI_ARRAY_LEN(types))
        err = dmsci_sim_json_wrong(node, "type", "profile:value",
                                   "\"rsa-2048\" or \"ec-p256\" is wanted");
    key->type = i;
    return err;
}

static enum dmsc_err build_private(const struct dmsci_sim_node *node,
                                   struct dmsci_sim_private_key *key)
{
    uint8_t der[PRIVATE_MAX];
    size_t n = 0;
    enum dmsc_err err = dmsci_sim_json_bytes(node, "private", 1, sizeof(der), der, &n);

    if (err == DMSC_OK && n > 0)
        err = dmsc_secret_set(&key->value, node->ctx, dmsc_bytes(der, n));
    dmsc_wipe(der, sizeof(der));
    if (err != DMSC_OK || n == 0)
        return err;
    err = dmsci_sim_key_check(node->ctx, key);
    return err == DMSC_OK || err == DMSC_E_NOMEM
               ? err
               : dmsci_sim_json_wrong(node, "private", "profile:value", "no private key of type %s",
                                      types[key->type]);
}

/* A key reference of "pins"; 00 for none. */
static enum dmsc_err build_reference(const struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                     const char *name, unsigned usual, uint8_t *ret)
{
    const char *text = NULL;
    unsigned ref = 0;
    bool found = false;
    enum dmsc_err err = dmsci_sim_json_text(node, name, &text);

    if (err == DMSC_OK && text != NULL)
        err = dmsci_sim_json_id(node, name, text, 2, &ref);
    if (text == NULL)
        ref = usual;
    for (unsigned i = 0; i < sim->n_keys; i++)
        found = found || sim->keys[i].ref == ref;
    if (err == DMSC_OK && text != NULL && ref != 0 && !found)
        err =
            dmsci_sim_json_wrong(node, name, "profile:value", "there is no key %02X in pins", ref);
    *ret = found ? (uint8_t)ref : 0;
    return err;
}

static enum dmsc_err build_place(const struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                 struct dmsci_sim_private_key *key)
{
    const char *path = "", *fid = NULL;
    unsigned public_fid = 0;
    enum dmsc_err err = dmsci_sim_json_text(node, "application", &path);

    if (err == DMSC_OK)
        err = dmsci_sim_json_adf(sim, node, "application", path, "there is no such ADF in files",
                                 key->aid, &key->aid_n);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "public_file", &fid);
    if (err == DMSC_OK && fid != NULL)
        err = dmsci_sim_json_id(node, "public_file", fid, 4, &public_fid);
    key->public_fid = (uint16_t)public_fid;
    return err;
}

static enum dmsc_err build_one(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                               struct dmsci_sim_private_key *key)
{
    static const char *const known[] = { "application", "reference",   "type",
                                         "private",     "pin",         "admin",
                                         "comment",     "public_file", NULL };
    unsigned reference = 0;
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = build_place(sim, node, key);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "reference", 1, 0x7F, &reference);
    if (err == DMSC_OK && reference == 0)
        err = dmsci_sim_json_wrong(node, "reference", "profile:missing", "1 to 127 is wanted");
    key->reference = (uint8_t)reference;
    if (err == DMSC_OK)
        err = build_type(node, key);
    if (err == DMSC_OK)
        err = build_reference(sim, node, "pin", 0x01, &key->pin);
    if (err == DMSC_OK)
        err = build_reference(sim, node, "admin", 0x0A, &key->admin);
    return err == DMSC_OK ? build_private(node, key) : err;
}

static enum dmsc_err check_unique(const struct dmsci_sim_keys *keys,
                                  const struct dmsci_sim_node *node)
{
    const struct dmsci_sim_private_key *key = &keys->of[keys->n];

    for (unsigned i = 0; i < keys->n; i++) {
        if (keys->of[i].reference == key->reference &&
            dmsc_bytes_equal(dmsc_bytes(keys->of[i].aid, keys->of[i].aid_n),
                             dmsc_bytes(key->aid, key->aid_n)))
            return dmsci_sim_json_wrong(node, "reference", "profile:value", "it is taken");
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_keys_build(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    const json_t *list = json_object_get(top->object, "keys");
    enum dmsc_err err = DMSC_OK;

    if (list == NULL)
        return DMSC_OK;
    if (!json_is_array(list) || json_array_size(list) > DMSCI_SIM_PRIVATE_KEYS_MAX)
        return dmsci_sim_json_wrong(top, "keys", "profile:type",
                                    "an array of at most %u keys is wanted",
                                    DMSCI_SIM_PRIVATE_KEYS_MAX);
    sim->private_keys = dmsci_alloc(sim->ctx, sizeof(*sim->private_keys));
    if (sim->private_keys == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        struct dmsci_sim_keys *keys = sim->private_keys;
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, top->file, where, json_array_get(list, i) };

        (void)snprintf(where, sizeof(where), "keys[%zu]", i);
        err = build_one(sim, &node, &keys->of[keys->n]);
        if (err == DMSC_OK)
            err = check_unique(keys, &node);
        keys->n++; /* a broken one too: it is to be freed */
    }
    return err;
}

void dmsci_sim_keys_free(struct dmsc_sim *sim)
{
    for (unsigned i = 0; sim->private_keys != NULL && i < sim->private_keys->n; i++)
        dmsc_secret_clear(&sim->private_keys->of[i].value);
    dmsci_free(sim->ctx, sim->private_keys);
    sim->private_keys = NULL;
}

static struct dmsc_bytes aid_of(const struct dmsc_sim *sim, unsigned i)
{
    return dmsc_bytes(sim->private_keys->of[i].aid, sim->private_keys->of[i].aid_n);
}

static enum dmsc_err put_one(const struct dmsc_sim *sim, unsigned i, const char *path,
                             struct dmsc_buf *out)
{
    const struct dmsci_sim_private_key *key = &sim->private_keys->of[i];
    enum dmsc_err err = dmsci_buf_printf(
        out,
        "{\"application\": \"%s\", \"reference\": %u, \"type\": \"%s\", \"pin\": \"%02X\", "
        "\"admin\": \"%02X\"",
        path, key->reference, types[key->type], key->pin, key->admin);

    if (err == DMSC_OK && key->public_fid != 0)
        err = dmsci_buf_printf(out, ", \"public_file\": \"%04X\"", key->public_fid);
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "private", dmsc_secret_bytes(&key->value));
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '}') : err;
}

enum dmsc_err dmsci_sim_keys_dump(const struct dmsc_sim *sim, struct dmsc_buf *out)
{
    struct dmsci_sim_list list = { "keys", 0, aid_of, put_one };

    if (sim->private_keys == NULL)
        return DMSC_OK;
    list.n = sim->private_keys->n;
    return dmsci_sim_put_list(sim, &list, out);
}
