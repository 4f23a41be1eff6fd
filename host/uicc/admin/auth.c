/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: results are secrets and reach no trace (TS 31.102 clause 7.1). */
#include "host/uicc/admin/private.h"
#include <dmsc/secret.h>
#include <dmsc/uicc_auth.h>

#define CHALLENGE_BYTES 16u
#define AUTS_BYTES      14u
#define DATA_MAX        255u
#define SW_MAC          0x9862

static const uint8_t p2_of[] = {
    [DMSC_AUTH_GSM] = 0x80,
    [DMSC_AUTH_3G] = 0x81,
    [DMSC_AUTH_GBA_BOOTSTRAP] = 0x84,
    [DMSC_AUTH_GBA_NAF] = 0x84,
};

void dmsc_auth_result_clear(struct dmsc_auth_result *result)
{
    dmsc_secret_clear(&result->res);
    dmsc_secret_clear(&result->ck);
    dmsc_secret_clear(&result->ik);
    dmsc_secret_clear(&result->kc);
    dmsc_secret_clear(&result->auts);
    dmsc_secret_clear(&result->ks_naf);
    result->resynchronise = false;
}

/* One length byte and that many bytes, @p least to @p most of them. */
static enum dmsc_err take(struct dmsc_ctx *ctx, struct dmsc_rd *r, size_t least, size_t most,
                          struct dmsc_secret *ret_secret)
{
    struct dmsc_bytes value = dmsc_rd_bytes(r, dmsc_rd_u8(r));

    if (r->bad)
        return DMSC_E_TRUNCATED;
    if (value.n < least || value.n > most)
        return DMSC_E_MALFORMED;
    return dmsc_secret_set(ret_secret, ctx, value);
}

/* 7.1.2.1: DB RES CK IK, and Kc where the card converts keys for GSM. */
static enum dmsc_err take_keys(struct dmsc_ctx *ctx, struct dmsc_rd *r,
                               struct dmsc_auth_result *result)
{
    enum dmsc_err err = take(ctx, r, 4, 16, &result->res);

    if (err == DMSC_OK)
        err = take(ctx, r, 16, 16, &result->ck);
    if (err == DMSC_OK)
        err = take(ctx, r, 16, 16, &result->ik);
    if (err == DMSC_OK && r->n > 0)
        err = take(ctx, r, 8, 8, &result->kc);
    return err;
}

static enum dmsc_err take_tagged(struct dmsc_ctx *ctx, enum dmsc_auth_context context,
                                 struct dmsc_rd *r, struct dmsc_auth_result *result)
{
    uint8_t tag = dmsc_rd_u8(r);

    if (r->bad)
        return DMSC_E_TRUNCATED;
    if (tag == 0xDC && context != DMSC_AUTH_GBA_NAF) {
        result->resynchronise = true;
        return take(ctx, r, AUTS_BYTES, AUTS_BYTES, &result->auts);
    }
    if (tag != 0xDB)
        return DMSC_E_MALFORMED;
    if (context == DMSC_AUTH_3G)
        return take_keys(ctx, r, result);
    if (context == DMSC_AUTH_GBA_BOOTSTRAP)
        return take(ctx, r, 4, 16, &result->res);
    return take(ctx, r, 1, 255, &result->ks_naf);
}

enum dmsc_err dmsc_auth_result_decode(struct dmsc_ctx *ctx, enum dmsc_auth_context context,
                                      struct dmsc_bytes answer, struct dmsc_auth_result *ret_result)
{
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    struct dmsc_rd r = dmsc_rd(answer);
    enum dmsc_err err;

    if (context == DMSC_AUTH_GSM) { /* 7.1.2.2: SRES and Kc, each behind its length */
        err = take(ctx, &r, 4, 4, &result.res);
        if (err == DMSC_OK)
            err = take(ctx, &r, 8, 8, &result.kc);
    } else {
        err = take_tagged(ctx, context, &r, &result);
    }
    if (err == DMSC_OK)
        err = dmsc_rd_end(&r);
    if (err != DMSC_OK) {
        dmsc_auth_result_clear(&result);
        return err;
    }
    dmsc_auth_result_clear(ret_result);
    *ret_result = result;
    return DMSC_OK;
}

static void put(struct dmsc_wr *w, struct dmsc_bytes value)
{
    if (value.n > 255)
        w->bad = true;
    dmsc_wr_u8(w, (uint8_t)value.n);
    dmsc_wr_bytes(w, value);
}

static bool put_input(struct dmsc_wr *w, const struct dmsc_auth *auth)
{
    bool naf = auth->context == DMSC_AUTH_GBA_NAF;

    if (auth->context == DMSC_AUTH_GBA_BOOTSTRAP)
        dmsc_wr_u8(w, 0xDD);
    if (naf)
        dmsc_wr_u8(w, 0xDE);
    put(w, naf ? auth->naf_id : auth->rand);
    if (auth->context != DMSC_AUTH_GSM)
        put(w, naf ? auth->impi : auth->autn);
    if (naf)
        return auth->naf_id.n > 0 && auth->impi.n > 0 && !w->bad;
    return auth->rand.n == CHALLENGE_BYTES &&
           (auth->context == DMSC_AUTH_GSM || auth->autn.n == CHALLENGE_BYTES) && !w->bad;
}

static enum dmsc_err refused(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu, uint16_t sw)
{
    struct dmsc_sw_meaning meaning = dmsc_sw_explain(capdu->cla, capdu->ins, sw);
    enum dmsc_err err;

    if (sw != SW_MAC)
        return dmsci_admin_refused(uicc, capdu, sw, "AUTHENTICATE");
    err = dmsci_fail(uicc->ctx, DMSC_E_UNTRUSTED, "AUTHENTICATE");
    dmsci_fail_sw(uicc->ctx, sw);
    dmsci_where(uicc->ctx, "%s", meaning.clause);
    dmsci_why(uicc->ctx, "auth:mac", "%s (SW %04X)", meaning.text, sw);
    return err;
}

enum dmsc_err dmsc_uicc_authenticate(struct dmsc_uicc *uicc, const struct dmsc_auth *auth,
                                     struct dmsc_auth_result *ret_result)
{
    uint8_t block[DATA_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { .ins = 0x88, .le = 256 };
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err;

    if ((unsigned)auth->context > DMSC_AUTH_GBA_NAF || !put_input(&w, auth))
        return dmsci_admin_bad(uicc, "AUTHENTICATE",
                               "RAND and AUTN have 16 bytes, NAF_ID and IMPI are not empty");
    capdu.p2 = p2_of[auth->context];
    capdu.data = dmsc_bytes(block, w.n);
    dmsc_buf_init(&data, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    dmsc_link_conceal(uicc->link, true);
    err = dmsc_uicc_exchange(uicc, &capdu, &data, &sw);
    dmsc_link_conceal(uicc->link, false);
    if (err == DMSC_OK && !dmsc_sw_done(sw))
        err = refused(uicc, &capdu, sw);
    else if (err == DMSC_OK) {
        err = dmsc_auth_result_decode(uicc->ctx, auth->context, dmsc_buf_bytes(&data), ret_result);
        if (err == DMSC_E_TRUNCATED || err == DMSC_E_MALFORMED) {
            (void)dmsci_fail(uicc->ctx, err, "AUTHENTICATE");
            dmsci_why(uicc->ctx, "auth:answer", "the %zu bytes that came are no such answer",
                      data.n);
        }
    }
    dmsc_buf_clear(&data);
    return err;
}
