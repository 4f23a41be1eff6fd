/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of the card in force, with what they say of themselves. */
#include "host/bridge/private.h"
#include "host/credential/cert.h"

struct each {
    struct dmsc_bridge *bridge;
    struct dmsc_buf key_spki; /* of the device's private key, empty without one */
    uint8_t key_sha256[32];
    bool (*cert)(void *user, const struct dmsc_cert_info *cert);
    void *user;
    enum dmsc_err err;
};

static enum dmsc_err load_device_key(struct each *each)
{
    struct dmsc_ctx *ctx = each->bridge->ctx;
    struct dmsc_secret key = DMSC_SECRET_INIT;
    enum dmsc_err err;

    if (each->bridge->config->device_key == NULL)
        return DMSC_OK;
    err = dmsc_secret_load(ctx, each->bridge->config->device_key, false, &key);
    if (err == DMSC_OK)
        err = dmsci_spki_of_key(ctx, &key, &each->key_spki);
    if (err == DMSC_OK)
        err = dmsci_sha256(ctx, dmsc_buf_bytes(&each->key_spki), each->key_sha256);
    dmsc_secret_clear(&key);
    if (err != DMSC_OK)
        dmsci_where(ctx, "%s ([device] key)", each->bridge->config->device_key);
    return err;
}

static bool show(struct each *each, const struct dmsci_known_cert *known,
                 const struct dmsci_cert *cert)
{
    struct dmsc_cert_info info = { .label = known->label, .trusted = known->trusted };

    info.id = dmsc_bytes(known->id, known->id_length);
    info.der = known->der;
    info.subject = cert->subject;
    info.issuer = cert->issuer;
    info.key = cert->key;
    info.not_before = cert->not_before;
    info.not_after = cert->not_after;
    info.ca = cert->ca;
    info.sha256 = cert->sha256;
    info.spki_sha256 = cert->spki_sha256;
    info.has_key = each->key_spki.n > 0 && dmsc_ct_equal(dmsc_bytes(each->key_sha256, 32),
                                                         dmsc_bytes(cert->spki_sha256, 32));
    return each->cert(each->user, &info);
}

static bool one(void *user, const struct dmsci_known_cert *known)
{
    struct each *each = user;
    struct dmsc_ctx *ctx = each->bridge->ctx;
    struct dmsci_cert *cert = dmsci_alloc(ctx, sizeof(*cert));
    bool more = true;

    each->err = cert == NULL ? DMSC_E_NOMEM : dmsci_cert_parse(ctx, known->der, cert);
    if (each->err == DMSC_E_MALFORMED || each->err == DMSC_E_UNSUPPORTED) {
        /* A certificate that nobody can read is none; the rest of the card is still good. */
        dmsci_log(ctx, DMSC_LOG_WARN, "bridge", "certificate \"%s\" of the card: %s", known->label,
                  dmsc_diag_get(ctx)->why);
        each->err = DMSC_OK;
    } else if (each->err == DMSC_OK) {
        more = show(each, known, cert);
    }
    dmsci_free(ctx, cert);
    return more && each->err == DMSC_OK;
}

enum dmsc_err dmsc_bridge_certificates(struct dmsc_bridge *bridge,
                                       bool (*cert)(void *user, const struct dmsc_cert_info *cert),
                                       void *user)
{
    struct each each = { .bridge = bridge, .cert = cert, .user = user };
    enum dmsc_err err;

    dmsc_buf_init(&each.key_spki, bridge->ctx, 16384);
    err = load_device_key(&each);
    if (err == DMSC_OK)
        err = dmsci_certs_each(bridge->store, bridge->ctx, one, &each);
    if (err == DMSC_OK)
        err = each.err;
    dmsc_buf_clear(&each.key_spki);
    return err;
}
