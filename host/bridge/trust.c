/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bridge/trust.h"

struct loading {
    struct dmsc_bridge *bridge;
    const struct dmsc_ma *ma;
    struct dmsci_trust *trust;
    enum dmsc_err err;
};

static struct dmsc_bytes keep(struct loading *l, struct dmsc_bytes der)
{
    struct dmsc_buf *copy = &l->trust->memory[l->trust->memory_count];

    dmsc_buf_init(copy, l->bridge->ctx, dmsc_ctx_limits(l->bridge->ctx)->certificate_size);
    l->err = dmsc_buf_append(copy, der);
    l->trust->memory_count++;
    return dmsc_buf_bytes(copy);
}

bool dmsci_trust_is_anchor(const struct dmsc_ma *ma, const uint8_t *spki_sha256)
{
    bool own_pin = false;

    for (size_t i = 0; i < ma->pin_count; i++) {
        const struct dmsc_ma_pin *pin = &ma->pins[i];

        if (pin->kind == DMSC_PIN_CERT || pin->kind == DMSC_PIN_SPKI)
            own_pin = true;
        if (pin->kind == DMSC_PIN_CA_SPKI &&
            dmsc_ct_equal(dmsc_bytes(pin->sha256, 32), dmsc_bytes(spki_sha256, 32)))
            return true;
    }
    return own_pin;
}

static bool sort_in(void *user, const struct dmsc_cert_info *cert)
{
    struct loading *l = user;
    struct dmsci_trust *t = l->trust;

    if (t->memory_count == DMSCI_ANCHORS_MAX)
        return false;
    if (cert->trusted && dmsci_trust_is_anchor(l->ma, cert->spki_sha256)) {
        struct dmsc_bytes der = keep(l, cert->der);

        t->anchors[t->anchor_count++] = der;
    } else if (!cert->trusted && cert->has_key && t->certificate.n == 0) {
        t->certificate = keep(l, cert->der);
    }
    return l->err == DMSC_OK;
}

static enum dmsc_err complete(struct loading *l)
{
    struct dmsc_ctx *ctx = l->bridge->ctx;
    enum dmsc_err err;

    if (l->trust->anchor_count == 0) {
        err = dmsci_fail(ctx, DMSC_E_UNTRUSTED, "find a trust anchor for %s", l->ma->name);
        dmsci_why(ctx, "trust:no-anchor", "no trusted certificate of the card fits its pins");
        dmsci_hint(ctx, "dmsc cert ls shows what the card holds");
        return err;
    }
    if (l->trust->certificate.n == 0) {
        err = dmsci_fail(ctx, DMSC_E_NOTFOUND, "find the device's credential");
        dmsci_why(ctx, "cred:none", "no certificate of the card belongs to the device's key");
        dmsci_hint(ctx, "[device] key names the private key; dmsc cert ls shows KEY HERE");
        return err;
    }
    return dmsc_secret_load(ctx, l->bridge->config->device_key, false, &l->trust->key);
}

enum dmsc_err dmsci_trust_load(struct dmsc_bridge *bridge, uint8_t ma_id, struct dmsci_trust *trust)
{
    struct loading l = { .bridge = bridge, .trust = trust, .err = DMSC_OK };
    enum dmsc_err err;

    l.ma = dmsc_ma_list_by_id(dmsc_authority_list(bridge->authority), ma_id);
    if (l.ma == NULL)
        return dmsci_fail(bridge->ctx, DMSC_E_NOT_LISTED_MA, "find entry %u of the MA list", ma_id);
    err = dmsc_bridge_certificates(bridge, sort_in, &l);
    if (err == DMSC_OK)
        err = l.err;
    return err == DMSC_OK ? complete(&l) : err;
}

void dmsci_trust_clear(struct dmsci_trust *trust)
{
    for (size_t i = 0; i < trust->memory_count; i++)
        dmsc_buf_clear(&trust->memory[i]);
    dmsc_secret_clear(&trust->key);
    *trust = (struct dmsci_trust){ .anchor_count = 0 };
}
