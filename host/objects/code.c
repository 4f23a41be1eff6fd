/* SPDX-License-Identifier: Apache-2.0 */
/* Packages and the certificates that vouch for them. */
#include "apdu/base/ctx.h"
#include "host/credential/cert.h"
#include <dmsc/code.h>
#include <string.h>

struct dmsc_code {
    struct dmsc_ctx *ctx;
    struct dmsci_digest *digest;
};

enum dmsc_err dmsc_code_new(struct dmsc_ctx *ctx, struct dmsc_code **ret_code)
{
    struct dmsc_code *code = dmsci_alloc(ctx, sizeof(*code));
    enum dmsc_err err;

    if (code == NULL)
        return DMSC_E_NOMEM;
    code->ctx = ctx;
    err = dmsci_digest_new(ctx, &code->digest);
    if (err != DMSC_OK) {
        dmsci_free(ctx, code);
        return err;
    }
    *ret_code = code;
    return DMSC_OK;
}

void dmsc_code_free(struct dmsc_code *code)
{
    if (code == NULL)
        return;
    dmsci_digest_free(code->digest);
    dmsci_free(code->ctx, code);
}

enum dmsc_err dmsc_code_add(struct dmsc_code *code, struct dmsc_bytes bytes)
{
    return dmsci_digest_add(code->digest, bytes);
}

enum dmsc_err dmsc_code_end(struct dmsc_code *code, uint8_t ret_sha256[32])
{
    return dmsci_digest_end(code->digest, ret_sha256);
}

/* How far a certificate got; of several the one that got furthest is told. */
enum step { NONE, USAGE, CLOCK, NOT_YET, EXPIRED, KEY, SIGNATURE, GOOD };

static const struct {
    const char *reason, *why;
} steps[] = {
    [NONE] = { "code:no-certificate", "the authority provisioned no certificate" },
    [USAGE] = { "code:usage", "its certificates are for other uses than code" },
    [CLOCK] = { "code:clock", "the time is not known, so no certificate can be held valid" },
    [NOT_YET] = { "code:not-yet-valid", "its certificate is not valid yet" },
    [EXPIRED] = { "code:expired", "its certificate is no longer valid" },
    [KEY] = { "code:key", "the key of its certificate is too short or of an unknown kind" },
    [SIGNATURE] = { "code:signature", "the signature is not of a key of the authority" },
};

struct search {
    struct dmsc_ctx *ctx;
    const char *server_id;
    const uint8_t *sha256; /* NULL: any certificate that could verify something will do */
    struct dmsc_bytes signature;
    struct dmsc_now now;
    enum step best;
    enum dmsc_err err;
};

static enum step try_certificate(struct search *s, const struct dmsc_code_certificate *one)
{
    struct dmsci_cert cert;

    if (strcmp(one->usage, "code") != 0)
        return USAGE;
    if (!s->now.trusted)
        return CLOCK;
    s->err = dmsci_cert_parse(s->ctx, one->der, &cert);
    if (s->err != DMSC_OK)
        return KEY;
    if (s->now.seconds < cert.not_before)
        return NOT_YET;
    if (s->now.seconds > cert.not_after)
        return EXPIRED;
    if (s->sha256 == NULL)
        return GOOD;
    s->err = dmsci_cert_verify(s->ctx, one->der, s->sha256, s->signature);
    return s->err == DMSC_OK ? GOOD : s->err == DMSC_E_UNTRUSTED ? SIGNATURE : KEY;
}

static bool look(void *to, const struct dmsc_code_certificate *one)
{
    struct search *s = to;
    enum step step;

    if (strcmp(one->server_id, s->server_id) != 0)
        return true;
    step = try_certificate(s, one);
    /* A certificate that cannot be read or used does not stand in the way of another. */
    if (s->err != DMSC_E_NOMEM && s->err != DMSC_E_IO)
        s->err = DMSC_OK;
    if (step > s->best)
        s->best = step;
    return s->err == DMSC_OK && s->best != GOOD;
}

static enum dmsc_err search(struct search *s, const struct dmsc_code_trust *trust)
{
    enum dmsc_err err = DMSC_OK;

    if (trust != NULL)
        err = trust->certificates(trust->user, look, s);
    if (err == DMSC_OK)
        err = s->err;
    if (err != DMSC_OK || s->best == GOOD)
        return err;
    (void)dmsci_fail(s->ctx, DMSC_E_REFUSED, "check who vouches for a package");
    dmsci_where(s->ctx, "%.150s", s->server_id);
    dmsci_why(s->ctx, steps[s->best].reason, "%s", steps[s->best].why);
    return DMSC_E_REFUSED;
}

enum dmsc_err dmsc_code_check(struct dmsc_ctx *ctx, const struct dmsc_code_trust *trust,
                              const char *server_id, const uint8_t sha256[32],
                              struct dmsc_bytes signature, struct dmsc_now now)
{
    struct search s = { ctx, server_id, sha256, signature, now, NONE, DMSC_OK };

    return search(&s, trust);
}

enum dmsc_err dmsc_code_ready(struct dmsc_ctx *ctx, const struct dmsc_code_trust *trust,
                              const char *server_id, struct dmsc_now now)
{
    struct search s = { ctx, server_id, NULL, { NULL, 0 }, now, NONE, DMSC_OK };

    return search(&s, trust);
}
