/* SPDX-License-Identifier: Apache-2.0 */
/* RSA and EC keys over mbedTLS 2.28 and 3.x. */
#include "simulator/uicc/keys/keys.h"
#include <errno.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <sys/random.h>

#define MBED_3        (MBEDTLS_VERSION_NUMBER >= 0x03000000)
#define RSA_EXPONENT  65537
#define RSA_INPUT_MAX (DMSCI_SIM_RSA_BITS / 8 * 2 / 5)
#define PRIVATE_MAX   1400u
#define COORDINATE    32u

/* Keys and blinding take the randomness of the system, never that of a seed. */
static int random_bytes(void *user, unsigned char *to, size_t n)
{
    (void)user;
    while (n > 0) {
        ssize_t got = getrandom(to, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return MBEDTLS_ERR_ECP_RANDOM_FAILED;
        to += got;
        n -= (size_t)got;
    }
    return 0;
}

static enum dmsc_err failed(struct dmsc_ctx *ctx, int rc, const char *what)
{
    enum dmsc_err err = dmsci_fail(
        ctx, rc == MBEDTLS_ERR_PK_ALLOC_FAILED ? DMSC_E_NOMEM : DMSC_E_MALFORMED, "%s", what);

    dmsci_why(ctx, "key:private", "mbedTLS answers -0x%04X", (unsigned)-rc);
    return err;
}

static mbedtls_pk_type_t type_of(const struct dmsci_sim_private_key *key)
{
    return key->type == DMSCI_SIM_RSA_2048 ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY;
}

/* @p pk was initialised; the caller frees it either way. */
static int open_key(const struct dmsci_sim_private_key *key, mbedtls_pk_context *pk)
{
    struct dmsc_bytes der = dmsc_secret_bytes(&key->value);
#if MBED_3
    int rc = mbedtls_pk_parse_key(pk, der.p, der.n, NULL, 0, random_bytes, NULL);
#else
    int rc = mbedtls_pk_parse_key(pk, der.p, der.n, NULL, 0);
#endif

    if (rc != 0)
        return rc;
    if (mbedtls_pk_get_type(pk) != type_of(key) ||
        mbedtls_pk_get_bitlen(pk) != (key->type == DMSCI_SIM_RSA_2048 ? DMSCI_SIM_RSA_BITS : 256))
        return MBEDTLS_ERR_PK_TYPE_MISMATCH;
    return 0;
}

static int sign_rsa(mbedtls_pk_context *pk, struct dmsc_bytes input, uint8_t *signature,
                    size_t *ret_n)
{
#if MBED_3
    return mbedtls_pk_sign(pk, MBEDTLS_MD_NONE, input.p, input.n, signature,
                           DMSCI_SIM_SIGNATURE_MAX, ret_n, random_bytes, NULL);
#else
    return mbedtls_pk_sign(pk, MBEDTLS_MD_NONE, input.p, input.n, signature, ret_n, random_bytes,
                           NULL);
#endif
}

static int sign_ec(mbedtls_pk_context *pk, struct dmsc_bytes input, uint8_t *signature,
                   size_t *ret_n)
{
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    mbedtls_ecp_group group;
    mbedtls_mpi d, r, s;
    mbedtls_ecp_point q;
    int rc;

    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&d);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
#if MBED_3
    rc = mbedtls_ecp_export(pair, &group, &d, &q);
#else
    rc = mbedtls_ecp_group_copy(&group, &pair->grp);
    if (rc == 0)
        rc = mbedtls_mpi_copy(&d, &pair->d);
#endif
    if (rc == 0)
        rc = mbedtls_ecdsa_sign(&group, &r, &s, &d, input.p, input.n, random_bytes, NULL);
    if (rc == 0)
        rc = mbedtls_mpi_write_binary(&r, signature, COORDINATE);
    if (rc == 0)
        rc = mbedtls_mpi_write_binary(&s, signature + COORDINATE, COORDINATE);
    *ret_n = 2 * (size_t)COORDINATE;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&group);
    return rc;
}

enum dmsc_err dmsci_sim_key_sign(struct dmsc_ctx *ctx, const struct dmsci_sim_private_key *key,
                                 struct dmsc_bytes input,
                                 uint8_t ret_signature[DMSCI_SIM_SIGNATURE_MAX], size_t *ret_n)
{
    bool is_rsa = key->type == DMSCI_SIM_RSA_2048;
    mbedtls_pk_context pk;
    int rc;

    if (is_rsa ? input.n == 0 || input.n > RSA_INPUT_MAX : input.n < 20 || input.n > 64)
        return dmsci_fail(ctx, DMSC_E_ARG, "sign %zu bytes", input.n);
    mbedtls_pk_init(&pk);
    rc = open_key(key, &pk);
    if (rc == 0)
        rc = is_rsa ? sign_rsa(&pk, input, ret_signature, ret_n)
                    : sign_ec(&pk, input, ret_signature, ret_n);
    mbedtls_pk_free(&pk);
    return rc == 0 ? DMSC_OK : failed(ctx, rc, "sign with a key of the card");
}

enum dmsc_err dmsci_sim_key_generate(struct dmsc_ctx *ctx, struct dmsci_sim_private_key *key)
{
    enum dmsc_err err = DMSC_OK;
    uint8_t der[PRIVATE_MAX];
    mbedtls_pk_context pk;
    int rc;

    mbedtls_pk_init(&pk);
    rc = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(type_of(key)));
    if (rc == 0 && key->type == DMSCI_SIM_RSA_2048)
        rc = mbedtls_rsa_gen_key(mbedtls_pk_rsa(pk), random_bytes, NULL, DMSCI_SIM_RSA_BITS,
                                 RSA_EXPONENT);
    else if (rc == 0)
        rc = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(pk), random_bytes, NULL);
    if (rc == 0)
        rc = mbedtls_pk_write_key_der(&pk, der, sizeof(der)); /* at the end of the buffer */
    mbedtls_pk_free(&pk);
    if (rc < 0)
        err = failed(ctx, rc, "generate a key pair");
    else
        err = dmsc_secret_set(&key->value, ctx,
                              dmsc_bytes(der + sizeof(der) - (size_t)rc, (size_t)rc));
    dmsc_wipe(der, sizeof(der));
    return err;
}

enum dmsc_err dmsci_sim_key_check(struct dmsc_ctx *ctx, const struct dmsci_sim_private_key *key)
{
    mbedtls_pk_context pk;
    int rc;

    mbedtls_pk_init(&pk);
    rc = open_key(key, &pk);
    mbedtls_pk_free(&pk);
    return rc == 0 ? DMSC_OK : failed(ctx, rc, "load a private key");
}

/* The end of a SubjectPublicKeyInfo of P-256 (RFC 5480) is the point. */
static int public_ec(mbedtls_pk_context *pk, struct dmsci_sim_public_key *ret_public)
{
    uint8_t der[128];
    int rc = mbedtls_pk_write_pubkey_der(pk, der, sizeof(der));

    if (rc < (int)sizeof(ret_public->point))
        return rc < 0 ? rc : MBEDTLS_ERR_PK_BAD_INPUT_DATA;
    dmsci_copy(ret_public->point, der + sizeof(der) - sizeof(ret_public->point),
               sizeof(ret_public->point));
    return 0;
}

static int public_rsa(mbedtls_pk_context *pk, struct dmsci_sim_public_key *ret_public)
{
    return mbedtls_rsa_export_raw(mbedtls_pk_rsa(*pk), ret_public->modulus,
                                  sizeof(ret_public->modulus), NULL, 0, NULL, 0, NULL, 0,
                                  ret_public->exponent, sizeof(ret_public->exponent));
}

enum dmsc_err dmsci_sim_key_public(struct dmsc_ctx *ctx, const struct dmsci_sim_private_key *key,
                                   struct dmsci_sim_public_key *ret_public)
{
    mbedtls_pk_context pk;
    int rc;

    mbedtls_pk_init(&pk);
    rc = open_key(key, &pk);
    if (rc == 0)
        rc = key->type == DMSCI_SIM_RSA_2048 ? public_rsa(&pk, ret_public)
                                             : public_ec(&pk, ret_public);
    mbedtls_pk_free(&pk);
    return rc == 0 ? DMSC_OK : failed(ctx, rc, "read a public key");
}
