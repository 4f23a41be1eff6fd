/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for code, from those that the card provisions. */
#include <dmsc/cert.h>
#include <dmsc/code.h>
#include <string.h>

struct each {
    bool (*certificate)(void *to, const struct dmsc_code_certificate *one);
    void *to;
};

static bool in_scope(const struct dmsc_cert *cert)
{
    for (size_t i = 0; i < cert->scope_count; i++) {
        if (strcmp(cert->scope[i], cert->ma) == 0 || strcmp(cert->scope[i], "*") == 0)
            return true;
    }
    return false;
}

/* One that has expired is looked at too: the story of a refusal then says so. */
static bool one(void *user, const struct dmsc_cert *cert)
{
    const struct each *each = user;
    const struct dmsc_code_certificate shown = { cert->ma, cert->usage, cert->der };

    if (cert->ma[0] == '\0' || !in_scope(cert) ||
        (cert->state != DMSC_CERT_ACTIVE && cert->state != DMSC_CERT_EXPIRED))
        return true;
    return each->certificate(each->to, &shown);
}

static enum dmsc_err certificates(
    void *user, bool (*certificate)(void *to, const struct dmsc_code_certificate *one), void *to)
{
    static const struct dmsc_cert_query all = { .all = true };
    /* Validity is judged by who asks, with a clock. */
    static const struct dmsc_now never = { 0, false };
    struct each each = { certificate, to };

    return dmsc_certs_each(user, &all, never, one, &each);
}

struct dmsc_code_trust dmsc_code_trust_tree(struct dmsc_tree *tree)
{
    return (struct dmsc_code_trust){ certificates, tree };
}
