/* SPDX-License-Identifier: Apache-2.0 */
/* The part "authentication" of a profile, by the path of the ADF. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/auth/subscriber.h"
#include "simulator/uicc/profile/parts.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <string.h>

#define WHERE_MAX 192u
#define SQNS_MAX  (6u << DMSCI_SIM_IND_BITS_MAX)

/* TUAK only; Milenage has one length each. */
static enum dmsc_err build_lengths(const struct dmsci_sim_node *node, struct dmsci_aka_keys *keys)
{
    unsigned res = 8, ck = 16, ik = 16, iterations = 1;
    enum dmsc_err err = dmsci_sim_json_number(node, "res_length", 4, 16, &res);

    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "ck_length", 16, 32, &ck);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "ik_length", 16, 32, &ik);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "iterations", 1, 255, &iterations);
    if (err != DMSC_OK)
        return err;
    /* TS 31.102 7.1.2.1: RES of 4 to 16 bytes. */
    if ((res != 4 && res != 8 && res != 16) || (ck != 16 && ck != 32) || (ik != 16 && ik != 32))
        return dmsci_sim_json_wrong(node, NULL, "profile:value",
                                    "RES has 4, 8 or 16 bytes, CK and IK have 16 or 32");
    if (!keys->tuak && (res != 8 || ck != 16 || ik != 16 || iterations != 1))
        return dmsci_sim_json_wrong(node, NULL, "profile:value", "lengths are for \"tuak\"");
    keys->res_n = (uint8_t)res;
    keys->ck_n = (uint8_t)ck;
    keys->ik_n = (uint8_t)ik;
    keys->iterations = (uint8_t)iterations;
    keys->mac_n = DMSCI_AKA_MAC;
    return DMSC_OK;
}

/* "k", and one of "op" and "opc"; TUAK has TOP and TOPc in their places. */
static enum dmsc_err build_secrets(const struct dmsci_sim_node *node, struct dmsci_aka_keys *keys)
{
    size_t op_n = keys->tuak ? 32 : 16, k_n = 0;
    bool derive = json_object_get(node->object, "op") != NULL;
    uint8_t op[DMSCI_AKA_WIDE];
    enum dmsc_err err;

    if (derive == (json_object_get(node->object, "opc") != NULL))
        return dmsci_sim_json_wrong(node, NULL, "profile:missing", "\"op\" or \"opc\" is wanted");
    err = dmsci_sim_json_demand(node, "k", 16, keys->tuak ? 32 : 16, keys->k, &k_n);
    keys->k_n = (uint8_t)k_n;
    if (err == DMSC_OK && k_n != 16 && k_n != 32)
        err = dmsci_sim_json_wrong(node, "k", "profile:value", "16 or 32 bytes are possible");
    if (err == DMSC_OK && derive)
        err = dmsci_sim_json_bytes(node, "op", op_n, op_n, op, NULL);
    if (err == DMSC_OK && derive)
        err = dmsci_aka_derive_opc(node->ctx, keys, op);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bytes(node, "opc", op_n, op_n, keys->opc, NULL);
    dmsc_wipe(op, sizeof(op));
    return err;
}

/* "sqn": the last one that was accepted, or one for each IND, as state files have them. */
static enum dmsc_err build_sqn(const struct dmsci_sim_node *node, struct dmsci_sim_subscriber *s)
{
    unsigned bits = DMSCI_SIM_IND_BITS_MAX;
    uint8_t bytes[SQNS_MAX] = { 0 };
    struct dmsc_rd r;
    size_t n = 6;
    enum dmsc_err err = dmsci_sim_json_number(node, "ind_bits", 0, DMSCI_SIM_IND_BITS_MAX, &bits);

    s->ind_bits = (uint8_t)bits;
    if (err == DMSC_OK)
        err = dmsci_sim_json_bytes(node, "sqn", 6, (size_t)6 << bits, bytes, &n);
    if (err == DMSC_OK && n != 6 && n != (size_t)6 << bits)
        err = dmsci_sim_json_wrong(node, "sqn", "profile:value",
                                   "6 bytes, or 6 for each value of IND are wanted");
    r = dmsc_rd(dmsc_bytes(bytes, n));
    for (unsigned i = 0; err == DMSC_OK && r.n > 0; i++) {
        uint64_t sqn = (uint64_t)dmsc_rd_u16(&r) << 32;

        sqn |= dmsc_rd_u32(&r);
        if (n == 6)
            dmsci_sim_sqn_start(s, sqn);
        else
            s->sqn[i] = sqn;
    }
    return err;
}

static bool has_key(const struct dmsc_sim *sim, unsigned ref)
{
    for (unsigned i = 0; i < sim->n_keys; i++) {
        if (sim->keys[i].ref == ref)
            return true;
    }
    return false;
}

/* TS 31.102 7.1.1: not without the PIN of the application. */
static enum dmsc_err build_pin(const struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                               struct dmsci_sim_subscriber *s)
{
    unsigned ref = has_key(sim, 0x01) ? 0x01 : 0;
    const char *text = NULL;
    enum dmsc_err err = dmsci_sim_json_text(node, "pin", &text);

    if (err == DMSC_OK && text != NULL)
        err = dmsci_sim_json_id(node, "pin", text, 2, &ref);
    if (err == DMSC_OK && ref != 0 && !has_key(sim, ref))
        err =
            dmsci_sim_json_wrong(node, "pin", "profile:value", "there is no key %02X in pins", ref);
    s->pin = (uint8_t)ref;
    return err;
}

/* What a bootstrapping left: Ks, RAND, and the record of EF(GBANL) that is next. */
static enum dmsc_err build_gba(const struct dmsci_sim_node *node, struct dmsci_sim_subscriber *s)
{
    size_t n = 0;
    unsigned next = 0;
    enum dmsc_err err = dmsci_sim_json_bytes(node, "ks", 32, sizeof(s->ks), s->ks, &n);

    s->ks_n = (uint8_t)n;
    if (err == DMSC_OK && n > 0)
        err = dmsci_sim_json_demand(node, "ks_rand", DMSCI_AKA_RAND, DMSCI_AKA_RAND, s->ks_rand,
                                    NULL);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(node, "naf_next", 0, 253, &next);
    s->naf_next = (uint8_t)next;
    return err;
}

static enum dmsc_err build_one(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                               const char *path, struct dmsci_sim_subscriber *s)
{
    static const char *const known[] = { "algorithm", "k",         "op",         "opc",
                                         "sqn",       "ind_bits",  "pin",        "res_length",
                                         "ck_length", "ik_length", "iterations", "ks",
                                         "ks_rand",   "naf_next",  "comment",    NULL };
    const char *algorithm = "milenage";
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = dmsci_sim_json_adf(sim, node, NULL, path, "there is no such ADF in files", s->aid,
                                 &s->aid_n);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "algorithm", &algorithm);
    s->keys.tuak = strcmp(algorithm, "tuak") == 0;
    if (err == DMSC_OK && !s->keys.tuak && strcmp(algorithm, "milenage") != 0)
        err = dmsci_sim_json_wrong(node, "algorithm", "profile:value",
                                   "\"milenage\" or \"tuak\" is possible");
    if (err == DMSC_OK)
        err = build_lengths(node, &s->keys);
    if (err == DMSC_OK)
        err = build_secrets(node, &s->keys);
    if (err == DMSC_OK)
        err = build_sqn(node, s);
    if (err == DMSC_OK)
        err = build_pin(sim, node, s);
    return err == DMSC_OK ? build_gba(node, s) : err;
}

enum dmsc_err dmsci_sim_auth_build(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    json_t *list = json_object_get(top->object, "authentication");
    enum dmsc_err err = DMSC_OK;
    const char *path;
    json_t *entry;

    if (list == NULL)
        return DMSC_OK;
    if (!json_is_object(list) || json_object_size(list) > DMSCI_SIM_SUBSCRIBERS_MAX)
        return dmsci_sim_json_wrong(top, "authentication", "profile:type",
                                    "an object with at most %u ADFs is wanted",
                                    DMSCI_SIM_SUBSCRIBERS_MAX);
    sim->auth = dmsci_alloc(sim->ctx, sizeof(*sim->auth));
    if (sim->auth == NULL)
        return DMSC_E_NOMEM;
    json_object_foreach(list, path, entry)
    {
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, top->file, where, entry };

        (void)snprintf(where, sizeof(where), "authentication.%.150s", path);
        err = build_one(sim, &node, path, &sim->auth->of[sim->auth->n]);
        if (err != DMSC_OK)
            return err;
        sim->auth->n++;
    }
    return err;
}

void dmsci_sim_auth_free(struct dmsc_sim *sim)
{
    if (sim->auth != NULL)
        dmsc_wipe(sim->auth, sizeof(*sim->auth));
    dmsci_free(sim->ctx, sim->auth);
    sim->auth = NULL;
}

static enum dmsc_err put_sqns(struct dmsc_buf *out, const struct dmsci_sim_subscriber *s)
{
    uint8_t bytes[SQNS_MAX];
    struct dmsc_wr w = dmsc_wr(bytes, sizeof(bytes));

    for (unsigned i = 0; i < 1u << s->ind_bits; i++) {
        dmsc_wr_u16(&w, (uint16_t)(s->sqn[i] >> 32));
        dmsc_wr_u32(&w, (uint32_t)s->sqn[i]);
    }
    return dmsci_sim_put_bytes(out, "sqn", dmsc_bytes(bytes, w.n));
}

static enum dmsc_err put_one(struct dmsc_buf *out, const struct dmsci_sim_subscriber *s)
{
    const struct dmsci_aka_keys *k = &s->keys;
    enum dmsc_err err =
        dmsci_buf_printf(out, "{\"algorithm\": \"%s\", \"ind_bits\": %u, \"pin\": \"%02X\"",
                         k->tuak ? "tuak" : "milenage", s->ind_bits, s->pin);

    if (err == DMSC_OK && k->tuak)
        err = dmsci_buf_printf(
            out, ", \"res_length\": %u, \"ck_length\": %u, \"ik_length\": %u, \"iterations\": %u",
            k->res_n, k->ck_n, k->ik_n, k->iterations);
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "k", dmsc_bytes(k->k, k->k_n));
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "opc", dmsc_bytes(k->opc, k->tuak ? 32 : 16));
    if (err == DMSC_OK)
        err = put_sqns(out, s);
    if (err == DMSC_OK)
        err = dmsci_sim_put_bytes(out, "ks", dmsc_bytes(s->ks, s->ks_n));
    if (err == DMSC_OK && s->ks_n > 0)
        err = dmsci_sim_put_bytes(out, "ks_rand", dmsc_bytes(s->ks_rand, DMSCI_AKA_RAND));
    if (err == DMSC_OK && s->naf_next > 0)
        err = dmsci_buf_printf(out, ", \"naf_next\": %u", s->naf_next);
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '}') : err;
}

enum dmsc_err dmsci_sim_auth_dump(const struct dmsc_sim *sim, struct dmsc_buf *out)
{
    char path[DMSCI_SIM_PATH_TEXT];
    bool first = true;
    enum dmsc_err err;

    if (sim->auth == NULL)
        return DMSC_OK;
    err = dmsc_buf_append_str(out, "  \"authentication\": {");
    for (unsigned i = 0; err == DMSC_OK && i < sim->auth->n; i++) {
        const struct dmsci_sim_subscriber *subscriber = &sim->auth->of[i];

        if (!dmsci_sim_path_of_aid(sim, dmsc_bytes(subscriber->aid, subscriber->aid_n), path,
                                   sizeof(path)))
            continue; /* its ADF was deleted */
        err = dmsci_buf_printf(out, "%s\n    \"%s\": ", first ? "" : ",", path);
        if (err == DMSC_OK)
            err = put_one(out, subscriber);
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "\n  },\n") : err;
}
