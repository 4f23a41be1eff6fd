/* SPDX-License-Identifier: Apache-2.0 */
/* Generic bootstrapping with keys that stay on the card: TS 33.220 clause 5 and annex B. */
#include "simulator/uicc/auth/subscriber.h"
#include <mbedtls/md.h>

#define FC_GBA 0x01u /* annex B.3 */

enum dmsc_err dmsci_sim_gba_mask(struct dmsc_bytes ik, uint8_t ret_mask[8])
{
    uint8_t digest[20];

    if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), ik.p, ik.n, digest) != 0)
        return DMSC_E_NOMEM;
    dmsci_copy(ret_mask, digest, 8);
    return DMSC_OK;
}

/* B.2.1: each parameter, and behind it its length in two bytes. */
static int put_parameter(mbedtls_md_context_t *md, struct dmsc_bytes p)
{
    const uint8_t length[2] = { (uint8_t)(p.n >> 8), (uint8_t)p.n };
    int rc = mbedtls_md_hmac_update(md, p.p, p.n);

    return rc != 0 ? rc : mbedtls_md_hmac_update(md, length, sizeof(length));
}

enum dmsc_err dmsci_sim_ks_ext_naf(const struct dmsci_sim_subscriber *s, struct dmsc_bytes naf_id,
                                   struct dmsc_bytes impi, uint8_t ret_key[32])
{
    const struct dmsc_bytes parameters[] = { dmsc_bytes_str("gba-me"),
                                             dmsc_bytes(s->ks_rand, DMSCI_AKA_RAND), impi, naf_id };
    const uint8_t fc = FC_GBA;
    mbedtls_md_context_t md;
    int rc;

    mbedtls_md_init(&md);
    rc = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1);
    if (rc == 0)
        rc = mbedtls_md_hmac_starts(&md, s->ks, s->ks_n);
    if (rc == 0)
        rc = mbedtls_md_hmac_update(&md, &fc, 1);
    for (unsigned i = 0; rc == 0 && i < DMSCI_ARRAY_LEN(parameters); i++)
        rc = put_parameter(&md, parameters[i]);
    if (rc == 0)
        rc = mbedtls_md_hmac_finish(&md, ret_key);
    mbedtls_md_free(&md);
    return rc == 0 ? DMSC_OK : DMSC_E_NOMEM;
}
