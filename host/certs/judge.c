/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for certificates that come into use (dm2 24). */
#include "host/certs/object.h"
#include "host/credential/cert.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERT_MAX_BYTES (16u * 1024u)

static bool weak_key(const struct dmsci_cert *cert)
{
    unsigned long bits =
        strtoul(strchr(cert->key, ' ') != NULL ? strchr(cert->key, ' ') : "", NULL, 10);

    return strncmp(cert->key, "RSA", 3) == 0 ? bits < 2048 : bits < 256;
}

/* The reason's name and state; "" and active when nothing speaks against it. */
static const char *rule(const struct dmsci_cert_object *object, const struct dmsci_cert *cert,
                        struct dmsc_now now, enum dmsc_cert_state *ret_state)
{
    bool is_ca = strcmp(object->usage, "ca") == 0;

    *ret_state = DMSC_CERT_STAGED;
    if (object->usage[0] == '\0')
        return "cert:usage";
    if (weak_key(cert))
        return "cert:weak-key";
    if (cert->weak_signature)
        return "cert:weak-signature";
    if (is_ca != cert->ca)
        return "cert:ca-flag";
    if (now.trusted && now.seconds < cert->not_before)
        return "cert:not-yet-valid";
    *ret_state = DMSC_CERT_EXPIRED;
    if (now.trusted && now.seconds > cert->not_after)
        return "cert:expired";
    *ret_state = DMSC_CERT_ACTIVE;
    return "";
}

enum dmsc_err dmsci_cert_object_judge(struct dmsci_cert_object *object, struct dmsc_now now)
{
    struct dmsc_ctx *ctx = object->ctx;
    struct dmsci_cert *cert = dmsci_alloc(ctx, sizeof(*cert));
    const char *reason = "";
    enum dmsc_err err;

    if (cert == NULL)
        return DMSC_E_NOMEM;
    object->state = DMSC_CERT_STAGED;
    err = dmsci_sha256(ctx, dmsc_buf_bytes(&object->der), object->sha256);
    if (err == DMSC_OK && object->der.n > CERT_MAX_BYTES) {
        reason = "cert:size";
    } else if (err == DMSC_OK) {
        err = dmsci_cert_parse(ctx, dmsc_buf_bytes(&object->der), cert);
        if (err == DMSC_OK)
            reason = rule(object, cert, now, &object->state);
        else if (err == DMSC_E_MALFORMED || err == DMSC_E_UNSUPPORTED || err == DMSC_E_LIMIT) {
            reason = "cert:malformed";
            err = DMSC_OK;
        }
    }
    (void)snprintf(object->reason, sizeof(object->reason), "%s", reason);
    dmsci_free(ctx, cert);
    return err;
}
