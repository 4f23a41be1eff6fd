/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MANAGE SECURITY ENVIRONMENT (ISO 7816-4 clause 11.5.11), PERFORM SECURITY OPERATION: COMPUTE
 * DIGITAL SIGNATURE and GENERATE ASYMMETRIC KEY PAIR (ISO 7816-8 clauses 11.8 and 11.1), INTERNAL
 * AUTHENTICATE (ISO 7816-4 clause 11.5.2).
 */
#include "apdu/codec/ber.h"
#include "simulator/uicc/keys/keys.h"

#define MSE_SET          0x41u /* computation, authentication, signature */
#define CRT_SIGN         0xB6u
#define CRT_AUTHENTICATE 0xA4u
#define DO_ALGORITHM     0x80u
#define DO_FILE          0x81u
#define DO_PUBLIC_KEY    0x83u
#define DO_PRIVATE_KEY   0x84u
#define GENERATE         0x80u
#define READ_PUBLIC      0x81u
/* What '80' may name. Each type of key has one algorithm; naming none is fine. */
#define ALGORITHM_RSA   0x02u /* RSASSA-PKCS1-v1_5, the terminal hashes */
#define ALGORITHM_ECDSA 0x04u

static struct dmsc_bytes aid_of(const struct dmsc_sim *sim, const struct dmsci_sim_channel *channel)
{
    return channel->adf == DMSCI_SIM_NO_FILE
               ? dmsc_bytes(NULL, 0)
               : dmsci_sim_fs_slice(&sim->fs, sim->fs.info[channel->adf].aid);
}

static bool is_of(const struct dmsci_sim_private_key *key, struct dmsc_bytes aid)
{
    return aid.n > 0 && dmsc_bytes_equal(aid, dmsc_bytes(key->aid, key->aid_n));
}

bool dmsci_sim_keys_here(const struct dmsc_sim *sim, const struct dmsci_sim_channel *channel)
{
    struct dmsc_bytes aid = aid_of(sim, channel);

    for (unsigned i = 0; sim->private_keys != NULL && i < sim->private_keys->n; i++) {
        if (is_of(&sim->private_keys->of[i], aid))
            return true;
    }
    return false;
}

static struct dmsci_sim_private_key *find(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                                          uint8_t reference)
{
    struct dmsc_bytes aid = aid_of(sim, c->channel);

    for (unsigned i = 0; sim->private_keys != NULL && i < sim->private_keys->n; i++) {
        struct dmsci_sim_private_key *key = &sim->private_keys->of[i];

        if (is_of(key, aid) && key->reference == reference)
            return key;
    }
    return NULL;
}

void dmsci_sim_keys_reset(struct dmsc_sim *sim)
{
    static const struct dmsci_sim_environment none;

    for (unsigned i = 0; sim->private_keys != NULL && i < DMSCI_SIM_CHANNELS_MAX; i++)
        sim->private_keys->environment[i] = none;
}

/* The objects of a control reference template: algorithm, file, key. A file is fine: the key is
 * what counts. */
static uint16_t parse_template(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                               struct dmsc_bytes objects, struct dmsci_sim_private_key **ret_key)
{
    struct dmsc_rd r = dmsc_rd(objects);
    unsigned algorithm = 0, reference = 0;
    struct dmsci_tlv tlv;

    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == DO_FILE)
            continue;
        if (tlv.value.n != 1)
            return SW_BAD_DATA;
        if (tlv.tag == DO_ALGORITHM)
            algorithm = tlv.value.p[0];
        else if (tlv.tag == DO_PRIVATE_KEY || tlv.tag == DO_PUBLIC_KEY)
            reference = tlv.value.p[0] & 0x7F; /* b8: specific to the application (9.5.1) */
        else
            return SW_BAD_DATA;
    }
    if (r.bad || reference == 0)
        return SW_BAD_DATA;
    *ret_key = find(sim, c, (uint8_t)reference);
    if (*ret_key == NULL)
        return SW_REFERENCE;
    if (algorithm != 0 &&
        algorithm != ((*ret_key)->type == DMSCI_SIM_RSA_2048 ? ALGORITHM_RSA : ALGORITHM_ECDSA))
        return SW_BAD_DATA;
    return SW_OK;
}

uint16_t dmsci_sim_manage_environment(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_environment *environment;
    struct dmsci_sim_private_key *key = NULL;
    uint16_t sw;

    if (!dmsci_sim_keys_here(sim, c->channel))
        return SW_CONDITIONS;
    if (c->p1 != MSE_SET || (c->p2 != CRT_SIGN && c->p2 != CRT_AUTHENTICATE))
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_LENGTH;
    sw = parse_template(sim, c, c->data, &key);
    if (sw != SW_OK)
        return sw;
    environment = &sim->private_keys->environment[c->channel_no];
    if (c->p2 == CRT_SIGN)
        environment->sign = key->reference;
    else
        environment->authenticate = key->reference;
    return SW_OK;
}

static bool is_met(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, uint8_t pin)
{
    return pin == 0 || dmsci_sim_key_is_met(sim, c->channel->adf, pin);
}

static uint16_t sign(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, uint8_t reference)
{
    struct dmsci_sim_private_key *key = find(sim, c, reference);
    size_t expected, n = 0;
    enum dmsc_err err;

    if (key == NULL)
        return reference == 0 ? SW_CONDITIONS : SW_REFERENCE;
    if (!is_met(sim, c, key->pin))
        return SW_SECURITY;
    if (key->value.n == 0)
        return SW_CONDITIONS; /* not generated yet */
    expected = key->type == DMSCI_SIM_RSA_2048 ? DMSCI_SIM_RSA_BITS / 8 : 64;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (!dmsci_sim_le_fits(sim, c, expected))
        return dmsci_sim_wrong_le(expected);
    err = dmsci_sim_key_sign(sim->ctx, key, c->data, sim->private_keys->answer, &n);
    if (err == DMSC_E_ARG)
        return SW_LENGTH;
    if (err != DMSC_OK)
        return SW_TECHNICAL;
    sim->reply = dmsc_bytes(sim->private_keys->answer, n);
    return SW_OK;
}

uint16_t dmsci_sim_security_operation(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    if (!dmsci_sim_keys_here(sim, c->channel))
        return SW_CONDITIONS;
    /* 9E: the answer is a signature; 9A: the data are what is signed. */
    if (c->p1 != 0x9E || c->p2 != 0x9A)
        return SW_P1P2;
    return sign(sim, c, sim->private_keys->environment[c->channel_no].sign);
}

/* P2 names the key, or 00 that of the environment. P1, the algorithm, is known by the key. */
uint16_t dmsci_sim_internal_authenticate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    uint8_t reference = c->p2 & 0x7F;

    if (c->p1 != 0)
        return SW_P1P2;
    if (c->p2 == 0)
        reference = sim->private_keys->environment[c->channel_no].authenticate;
    return sign(sim, c, reference);
}

/* ISO 7816-8 table 3: 7F49 { 81 modulus 82 exponent } or 7F49 { 86 point }. */
static void put_template(struct dmsc_wr *w, const struct dmsci_sim_private_key *key,
                         const struct dmsci_sim_public_key *public)
{
    struct dmsc_wr inner = dmsc_wr(NULL, 0);

    for (unsigned pass = 0; pass < 2; pass++) {
        struct dmsc_wr *to = pass == 0 ? &inner : w;

        if (pass == 1)
            dmsci_ber_put_header(w, 0x7F49, inner.n);
        if (key->type == DMSCI_SIM_RSA_2048) {
            dmsci_ber_put(to, 0x81, dmsc_bytes(public->modulus, sizeof(public->modulus)));
            dmsci_ber_put(to, 0x82, dmsc_bytes(public->exponent, sizeof(public->exponent)));
        } else {
            dmsci_ber_put(to, 0x86, dmsc_bytes(public->point, sizeof(public->point)));
        }
    }
}

/* As PKCS#15 files have it: RSAPublicKey (RFC 8017 A.1.1), SubjectPublicKeyInfo (RFC 5480 2). */
static void put_file(struct dmsc_wr *w, const struct dmsci_sim_private_key *key,
                     const struct dmsci_sim_public_key *public)
{
    static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

    if (key->type == DMSCI_SIM_EC_P256) {
        dmsc_wr_bytes(w, dmsc_bytes(p256, sizeof(p256)));
        dmsc_wr_bytes(w, dmsc_bytes(public->point, sizeof(public->point)));
        return;
    }
    /* The modulus has its first bit set, so the INTEGER begins with 00. */
    dmsci_ber_put_header(w, 0x30, sizeof(public->modulus) + 5 + sizeof(public->exponent) + 2);
    dmsci_ber_put_header(w, 0x02, sizeof(public->modulus) + 1);
    dmsc_wr_u8(w, 0);
    dmsc_wr_bytes(w, dmsc_bytes(public->modulus, sizeof(public->modulus)));
    dmsci_ber_put(w, 0x02, dmsc_bytes(public->exponent, sizeof(public->exponent)));
}

static uint16_t write_public(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                             const struct dmsci_sim_private_key *key,
                             const struct dmsci_sim_public_key *public)
{
    unsigned index = key->public_fid == 0
                         ? DMSCI_SIM_NO_FILE
                         : dmsci_sim_fs_child(&sim->fs, c->channel->adf, key->public_fid);
    uint8_t bytes[DMSCI_SIM_PUBLIC_MAX];
    struct dmsc_wr w = dmsc_wr(bytes, sizeof(bytes));
    const struct dmsci_sim_file *file;

    if (index == DMSCI_SIM_NO_FILE)
        return SW_OK;
    file = &sim->fs.files[index];
    put_file(&w, key, public);
    if (file->kind != DMSCI_SIM_TRANSPARENT || file->size < w.n)
        return SW_OK;
    dmsc_wr_fill(&w, 0xFF, (file->size < sizeof(bytes) ? file->size : sizeof(bytes)) - w.n);
    return dmsci_sim_nvm_write(sim, index, 0, dmsc_bytes(bytes, w.n)) ? SW_OK : SW_MEMORY;
}

/* The key in the template of the command, or that of the environment. */
static uint16_t key_to_generate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                                struct dmsci_sim_private_key **ret_key)
{
    struct dmsc_rd r = dmsc_rd(c->data);
    struct dmsci_tlv tlv;

    if (c->data.n > 0) {
        if (!dmsci_ber_next(&r, &tlv) || dmsc_rd_end(&r) != DMSC_OK || tlv.tag != CRT_SIGN)
            return SW_BAD_DATA;
        return parse_template(sim, c, tlv.value, ret_key);
    }
    *ret_key = find(sim, c, sim->private_keys->environment[c->channel_no].sign);
    return *ret_key == NULL ? SW_CONDITIONS : SW_OK;
}

/* Answers 7F49; an RSA key is longer than one R-APDU, the rest comes with GET RESPONSE. */
uint16_t dmsci_sim_generate_key_pair(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_private_key *key = NULL;
    struct dmsci_sim_public_key public;
    struct dmsc_wr w;
    uint16_t sw;

    if (!dmsci_sim_keys_here(sim, c->channel))
        return SW_CONDITIONS;
    if ((c->p1 != GENERATE && c->p1 != READ_PUBLIC) || c->p2 != 0)
        return SW_P1P2;
    sw = key_to_generate(sim, c, &key);
    if (sw != SW_OK)
        return sw;
    if (c->p1 == GENERATE && !is_met(sim, c, key->admin))
        return SW_SECURITY;
    if (c->p1 == READ_PUBLIC && key->value.n == 0)
        return SW_REFERENCE;
    if (c->p1 == GENERATE) {
        if (dmsci_sim_key_generate(sim->ctx, key) != DMSC_OK)
            return SW_TECHNICAL;
        sim->dirty = true;
    }
    if (dmsci_sim_key_public(sim->ctx, key, &public) != DMSC_OK)
        return SW_TECHNICAL;
    w = dmsc_wr(sim->private_keys->answer, sizeof(sim->private_keys->answer));
    put_template(&w, key, &public);
    sim->reply = dmsc_bytes(sim->private_keys->answer, w.n);
    return c->p1 == GENERATE ? write_public(sim, c, key, &public) : SW_OK;
}
