/* SPDX-License-Identifier: Apache-2.0 */
/* PINs and ADM keys: TS 102 221 clauses 9.5 and 11.1.9 to 11.1.13. */
#include "simulator/uicc/card.h"
#include <dmsc/secret.h>

#define INS_DISABLE   0x26u
#define UNIVERSAL_PIN 0x11u

static struct dmsci_sim_key *find_at(struct dmsc_sim *sim, uint8_t ref, uint16_t adf)
{
    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (sim->keys[i].ref == ref && sim->keys[i].adf == adf)
            return &sim->keys[i];
    }
    return NULL;
}

/* 9.5.1: with b8 the key of the application that is active here, when it has one of its own. */
static struct dmsci_sim_key *find(struct dmsc_sim *sim, const struct dmsci_sim_channel *channel,
                                  uint8_t ref)
{
    struct dmsci_sim_key *own = (ref & 0x80) != 0 && channel->adf != DMSCI_SIM_NO_FILE
                                    ? find_at(sim, ref, channel->adf)
                                    : NULL;

    return own != NULL ? own : find_at(sim, ref, DMSCI_SIM_NO_FILE);
}

static uint32_t bit_of(const struct dmsci_sim_key *key)
{
    return (uint32_t)1 << dmsci_arr_key_bit(key->ref);
}

static struct dmsci_sim_key_set *set_of(struct dmsc_sim *sim, const struct dmsci_sim_key *key)
{
    unsigned i = 0;

    while (i + 1 < sim->fs.n_key_sets && sim->fs.key_sets[i].adf != key->adf)
        i++;
    return &sim->fs.key_sets[i];
}

static bool is_verified(struct dmsc_sim *sim, const struct dmsci_sim_key *key)
{
    return (set_of(sim, key)->verified & bit_of(key)) != 0;
}

static void set_verified(struct dmsc_sim *sim, const struct dmsci_sim_key *key, bool verified)
{
    struct dmsci_sim_key_set *set = set_of(sim, key);

    set->verified = verified ? set->verified | bit_of(key) : set->verified & ~bit_of(key);
    dmsci_sim_keys_changed(sim);
}

static void set_left(struct dmsc_sim *sim, uint8_t *left, uint8_t value)
{
    if (*left != value)
        sim->dirty = true;
    *left = value;
}

/* 11.1.9 to 11.1.13 begin alike. @return SW_OK, or why the command ends here */
static uint16_t begin(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, size_t size,
                      struct dmsci_sim_key **ret_key)
{
    if (c->p1 != 0 && c->ins != INS_DISABLE)
        return SW_P1P2;
    *ret_key = find(sim, c->channel, c->p2);
    if (*ret_key == NULL)
        return SW_REFERENCE;
    return c->data.n == size ? SW_OK : SW_LENGTH;
}

/* Without data the tries are asked for; in T=0 that has P3 = 00. */
static bool is_query(const struct dmsci_sim_apdu *c)
{
    return c->data.n == 0 && (c->le == 0 || c->le == 256);
}

static uint16_t retries(uint8_t left)
{
    return (uint16_t)(SW_RETRIES | (left > 15 ? 15 : left));
}

/* Compare what was presented. A wrong value costs one try, and the right one that was verified. */
static uint16_t present(struct dmsc_sim *sim, struct dmsci_sim_key *key, struct dmsc_bytes value)
{
    if (key->left == 0)
        return SW_BLOCKED;
    if (!dmsc_ct_equal(dmsc_bytes(key->value, DMSCI_SIM_PIN_SIZE), value)) {
        set_left(sim, &key->left, (uint8_t)(key->left - 1));
        set_verified(sim, key, false);
        return retries(key->left);
    }
    set_left(sim, &key->left, key->tries);
    return SW_OK;
}

static struct dmsc_bytes half(const struct dmsci_sim_apdu *c, unsigned which)
{
    return dmsc_bytes(c->data.p + which * DMSCI_SIM_PIN_SIZE, DMSCI_SIM_PIN_SIZE);
}

/* 9.5.1: 4 to 8 digits, filled with FF. ADM keys are 8 bytes of anything. */
static bool is_value_for(const struct dmsci_sim_key *key, struct dmsc_bytes value)
{
    size_t digits = 0;

    if ((key->ref & 0x7F) >= 0x0A && (key->ref & 0x7F) <= 0x0E)
        return true;
    while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
        digits++;
    for (size_t i = digits; i < value.n; i++) {
        if (value.p[i] != 0xFF)
            return false;
    }
    return digits >= 4;
}

static void set_value(struct dmsc_sim *sim, struct dmsci_sim_key *key, struct dmsc_bytes value)
{
    dmsci_copy(key->value, value.p, DMSCI_SIM_PIN_SIZE);
    sim->dirty = true;
}

/* @p replaced_by the key that stands for it from now on; 0: none */
static void set_disabled(struct dmsc_sim *sim, struct dmsci_sim_key *key, bool disabled,
                         uint8_t replaced_by)
{
    unsigned bad;

    if (key->disabled == disabled)
        return;
    key->disabled = disabled;
    key->replaced_by = replaced_by;
    sim->dirty = true;
    dmsci_sim_keys_changed(sim);
    /* The PIN status template says so; sizes stay, hence no allocation and no failure. */
    (void)!dmsci_sim_fs_fcp_build(&sim->fs, &bad);
}

/* 11.1.11.2: b8 of P1 and a global key that is verified in the place of the disabled one. Only the
 * universal PIN can be (9.5.2). */
static uint16_t replacement(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            const struct dmsci_sim_key *key, uint8_t *ret_ref)
{
    const struct dmsci_sim_key *other;

    *ret_ref = c->p1 & 0x1F;
    if (c->p1 == 0)
        return SW_OK;
    if ((c->p1 & 0xE0) != 0x80)
        return SW_P1P2;
    other = find_at(sim, *ret_ref, DMSCI_SIM_NO_FILE);
    if (*ret_ref != UNIVERSAL_PIN || other == NULL || other == key)
        return SW_REFERENCE;
    return other->disabled ? SW_CONDITIONS : SW_OK;
}

uint16_t dmsci_sim_verify(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_key *key = NULL;
    uint16_t sw = begin(sim, c, DMSCI_SIM_PIN_SIZE, &key);

    if (key != NULL && is_query(c)) {
        if (key->left == 0)
            return SW_BLOCKED;
        return key->disabled || is_verified(sim, key) ? SW_OK : retries(key->left);
    }
    if (sw != SW_OK)
        return sw;
    if (key->disabled)
        return key->left == 0 ? SW_BLOCKED : SW_INVALIDATED;
    sw = present(sim, key, c->data);
    if (sw == SW_OK)
        set_verified(sim, key, true);
    return sw;
}

uint16_t dmsci_sim_change(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_key *key = NULL;
    uint16_t sw = begin(sim, c, 2 * DMSCI_SIM_PIN_SIZE, &key);

    if (sw != SW_OK)
        return sw;
    if (key->disabled)
        return key->left == 0 ? SW_BLOCKED : SW_INVALIDATED;
    if (!is_value_for(key, half(c, 1)))
        return SW_BAD_DATA;
    sw = present(sim, key, half(c, 0));
    if (sw != SW_OK)
        return sw;
    set_value(sim, key, half(c, 1));
    set_verified(sim, key, true);
    return SW_OK;
}

uint16_t dmsci_sim_disable(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_key *key = NULL;
    uint8_t other = 0;
    uint16_t sw = begin(sim, c, DMSCI_SIM_PIN_SIZE, &key);

    if (sw != SW_OK)
        return sw;
    if (key->disabled)
        return key->left == 0 ? SW_BLOCKED : SW_INVALIDATED;
    if (!key->can_disable)
        return SW_CONDITIONS;
    sw = replacement(sim, c, key, &other);
    if (sw != SW_OK)
        return sw;
    sw = present(sim, key, c->data);
    if (sw != SW_OK)
        return sw;
    set_verified(sim, key, false);
    set_disabled(sim, key, true, other);
    return SW_OK;
}

uint16_t dmsci_sim_enable(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_key *key = NULL;
    uint16_t sw = begin(sim, c, DMSCI_SIM_PIN_SIZE, &key);

    if (sw != SW_OK)
        return sw;
    if (!key->disabled)
        return key->left == 0 ? SW_BLOCKED : SW_CONDITIONS;
    sw = present(sim, key, c->data);
    if (sw != SW_OK)
        return sw;
    set_disabled(sim, key, false, 0);
    set_verified(sim, key, true);
    return SW_OK;
}

uint16_t dmsci_sim_unblock(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_key *key = NULL;
    uint16_t sw = begin(sim, c, 2 * DMSCI_SIM_PIN_SIZE, &key);

    if (key != NULL && key->unblock_tries == 0)
        return SW_REFERENCE; /* there is no unblocking key */
    if (key != NULL && is_query(c))
        return key->unblock_left == 0 ? SW_BLOCKED : retries(key->unblock_left);
    if (sw != SW_OK)
        return sw;
    if (key->unblock_left == 0)
        return SW_BLOCKED;
    if (!is_value_for(key, half(c, 1)))
        return SW_BAD_DATA;
    if (!dmsc_ct_equal(dmsc_bytes(key->unblock, DMSCI_SIM_PIN_SIZE), half(c, 0))) {
        set_left(sim, &key->unblock_left, (uint8_t)(key->unblock_left - 1));
        return retries(key->unblock_left);
    }
    set_left(sim, &key->unblock_left, key->unblock_tries);
    set_left(sim, &key->left, key->tries);
    set_value(sim, key, half(c, 1));
    set_disabled(sim, key, false, 0);
    set_verified(sim, key, true);
    return SW_OK;
}
