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

static bool one(void *user, const struct dmsci_known_cert *known)
{
    struct each *each = user;
    struct dmsci_cert *cert = dmsci_alloc(each->bridge->ctx, sizeof(*cert));
    struct dmsc_cert_info info = { .label = known->label, .trusted = known->trusted };
    bool more = true;

    if (cert == NULL)
        return false;
    /* A certificate that nobody can read is none; the rest of the card is still good. */
    if (dmsci_cert_parse(each->bridge->ctx, known->der, cert) != DMSC_OK) {
        dmsci_log(each->bridge->ctx, DMSC_LOG_WARN, "bridge", "certificate \"%s\" of the card: %s",
                  known->label, dmsc_diag_get(each->bridge->ctx)->why);
    } else {
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
        more = each->cert(each->user, &info);
    }
    dmsci_free(each->bridge->ctx, cert);
    return more;
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
    dmsc_buf_clear(&each.key_spki);
    return err;
}
