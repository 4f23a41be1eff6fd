/* SPDX-License-Identifier: Apache-2.0 */
/* The parts "pins": of the card, and of applications. */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 255u
#define WHERE_MAX      192u
#define UNIVERSAL_PIN  0x11u

static enum dmsc_err set_pooled(struct dmsc_sim *sim, const char *text, struct dmsci_sim_slice *ret)
{
    struct dmsc_bytes bytes = dmsc_bytes_str(text);
    struct dmsci_sim_slice slice = { (uint32_t)sim->fs.pool.n, (uint16_t)bytes.n };
    enum dmsc_err err = dmsc_buf_append(&sim->fs.pool, bytes);

    if (err == DMSC_OK)
        *ret = slice;
    return err;
}

/* A PIN as digits ("value", filled with FF) or as 8 raw bytes ("hex"). */
static enum dmsc_err pin_value(const struct dmsci_sim_node *node,
                               uint8_t ret_value[DMSCI_SIM_PIN_SIZE])
{
    const char *digits = NULL;
    struct dmsc_buf raw;
    enum dmsc_err err = dmsci_sim_json_text(node, "value", &digits);

    dmsc_buf_init(&raw, node->ctx, DMSCI_SIM_PIN_SIZE);
    if (err == DMSC_OK)
        err = dmsci_sim_json_hex(node, "hex", DMSCI_SIM_PIN_SIZE, DMSCI_SIM_PIN_SIZE, &raw);
    if (err == DMSC_OK && (digits == NULL) == (raw.n == 0))
        err = dmsci_sim_json_wrong(node, NULL, "profile:missing", "\"value\" or \"hex\" is wanted");
    if (err == DMSC_OK && digits != NULL &&
        (strlen(digits) < 4 || strlen(digits) > DMSCI_SIM_PIN_SIZE ||
         strspn(digits, "0123456789") != strlen(digits)))
        err = dmsci_sim_json_wrong(node, "value", "profile:value", "4 to 8 digits are possible");
    if (err == DMSC_OK) {
        struct dmsc_wr w = dmsc_wr(ret_value, DMSCI_SIM_PIN_SIZE);

        dmsc_wr_bytes(&w, digits != NULL ? dmsc_bytes_str(digits) : dmsc_buf_bytes(&raw));
        dmsc_wr_fill(&w, 0xFF, DMSCI_SIM_PIN_SIZE - w.n);
    }
    dmsc_buf_clear(&raw);
    return err;
}

static enum dmsc_err pin_tries(const struct dmsci_sim_node *node, unsigned otherwise,
                               uint8_t *ret_tries, uint8_t *ret_left)
{
    unsigned tries = otherwise, left;
    enum dmsc_err err = dmsci_sim_json_number(node, "tries", 1, 15, &tries);

    left = tries;
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "left", 0, tries, &left);
    if (err == DMSC_OK) {
        *ret_tries = (uint8_t)tries;
        *ret_left = (uint8_t)left;
    }
    return err;
}

static enum dmsc_err build_unblock(struct dmsci_sim_key *key, const struct dmsci_sim_node *pin)
{
    static const char *const known[] = { "value", "hex", "tries", "left", NULL };
    char where[WHERE_MAX];
    const struct dmsci_sim_node node = { pin->ctx, pin->file, where,
                                         json_object_get(pin->object, "unblock") };
    enum dmsc_err err;

    if (node.object == NULL)
        return DMSC_OK;
    (void)snprintf(where, sizeof(where), "%s.unblock", pin->where);
    err = dmsci_sim_json_known(&node, known);
    if (err == DMSC_OK)
        err = pin_value(&node, key->unblock);
    return err == DMSC_OK ? pin_tries(&node, 10, &key->unblock_tries, &key->unblock_left) : err;
}

/* "replaced_by": the universal PIN, while this one is disabled (9.5.2). */
static enum dmsc_err build_replaced(const struct dmsci_sim_node *node, struct dmsci_sim_key *key)
{
    const char *text = NULL;
    unsigned ref = 0;
    enum dmsc_err err = dmsci_sim_json_text(node, "replaced_by", &text);

    if (err == DMSC_OK && text != NULL)
        err = dmsci_sim_json_id(node, "replaced_by", text, 2, &ref);
    if (err == DMSC_OK && text != NULL && (ref != UNIVERSAL_PIN || !key->disabled))
        err = dmsci_sim_json_wrong(node, "replaced_by", "profile:value",
                                   "a disabled PIN can be replaced by \"11\"");
    key->replaced_by = (uint8_t)ref;
    return err;
}

static enum dmsc_err build_pin(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                               const char *ref, uint16_t adf)
{
    static const char *const known[] = { "name",    "value",   "hex",     "tries",       "left",
                                         "enabled", "disable", "unblock", "replaced_by", NULL };
    struct dmsci_sim_key *key = &sim->keys[sim->n_keys];
    unsigned number = 0;
    const char *name = "";
    bool enabled = true;
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = dmsci_sim_json_id(node, NULL, ref, 2, &number);
    if (err == DMSC_OK && dmsci_arr_key_bit((uint8_t)number) < 0)
        err = dmsci_sim_json_wrong(node, NULL, "profile:value",
                                   "no key reference of TS 102 221 9.5.1");
    if (err != DMSC_OK)
        return err;
    if (adf != DMSCI_SIM_NO_FILE && (number & 0x80) == 0)
        return dmsci_sim_json_wrong(node, NULL, "profile:value",
                                    "an application has keys 81 to 88 and 8A to 8E of its own");
    key->ref = (uint8_t)number;
    key->adf = adf;
    key->can_disable = (number & 0x7F) <= 0x08;
    err = dmsci_sim_json_text(node, "name", &name);
    if (err == DMSC_OK && strlen(name) > NAME_MAX_BYTES)
        err =
            dmsci_sim_json_wrong(node, "name", "profile:value", "at most %u bytes", NAME_MAX_BYTES);
    if (err == DMSC_OK)
        err = set_pooled(sim, name, &key->name);
    if (err == DMSC_OK)
        err = pin_value(node, key->value);
    if (err == DMSC_OK)
        err = pin_tries(node, 3, &key->tries, &key->left);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "enabled", &enabled);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "disable", &key->can_disable);
    key->disabled = !enabled;
    if (err == DMSC_OK)
        err = build_replaced(node, key);
    return err == DMSC_OK ? build_unblock(key, node) : err;
}

enum dmsc_err dmsci_sim_build_pins(struct dmsc_sim *sim, const struct dmsci_sim_node *top,
                                   uint16_t adf)
{
    json_t *pins = json_object_get(top->object, "pins");
    enum dmsc_err err = DMSC_OK;
    const char *ref;
    json_t *pin;

    if (pins != NULL && !json_is_object(pins))
        return dmsci_sim_json_wrong(top, "pins", "profile:type", "an object is wanted");
    json_object_foreach(pins, ref, pin)
    {
        const json_t *from = json_object_get(pin, DMSCI_SIM_JSON_FROM);
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx,
                                             from != NULL ? json_string_value(from) : top->file,
                                             where, pin };

        (void)snprintf(where, sizeof(where), "%.120s%spins.%.40s", top->where,
                       top->where[0] != '\0' ? "." : "", ref);
        if (sim->n_keys == DMSCI_SIM_KEYS_MAX)
            return dmsci_sim_json_wrong(&node, NULL, "profile:value", "more than %u keys",
                                        DMSCI_SIM_KEYS_MAX);
        err = build_pin(sim, &node, ref, adf);
        if (err != DMSC_OK)
            return err;
        sim->n_keys++;
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_build_key_sets(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    struct dmsci_sim_fs *fs = &sim->fs;

    for (unsigned i = 0; i < sim->n_keys; i++) {
        unsigned set = 0;

        while (set < fs->n_key_sets && fs->key_sets[set].adf != sim->keys[i].adf)
            set++;
        if (set == DMSCI_SIM_KEY_SETS_MAX)
            return dmsci_sim_json_wrong(top, "files", "profile:value",
                                        "at most %u applications have keys of their own",
                                        DMSCI_SIM_KEY_SETS_MAX - 1);
        if (set == fs->n_key_sets)
            fs->key_sets[fs->n_key_sets++].adf = sim->keys[i].adf;
    }
    dmsci_sim_keys_changed(sim);
    return DMSC_OK;
}
