/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates by usage, authority and consumer. */
#include "host/certs/object.h"
#include "host/credential/cert.h"
#include <dmsc/mo.h>
#include <string.h>

static const char *const states[] = { "staged", "active", "expired", "revoked", "card removed" };

const char *dmsc_cert_state_name(enum dmsc_cert_state state)
{
    return (size_t)state < DMSCI_ARRAY_LEN(states) ? states[state] : "?";
}

struct looking {
    struct dmsc_tree *tree;
    const struct dmsc_cert_query *query;
    struct dmsc_now now;
    bool (*cert)(void *user, const struct dmsc_cert *cert);
    void *user;
    enum dmsc_err err;
};

static bool in_scope(const struct dmsci_cert_object *object, const char *consumer)
{
    for (size_t i = 0; i < object->scope_count; i++) {
        if (strcmp(object->scope[i], consumer) == 0 || strcmp(object->scope[i], "*") == 0)
            return true;
    }
    return false;
}

/* Nothing of the object is believed but what the device can check itself: it is what its
 * fingerprint says, and valid now. */
static bool in_use(const struct looking *l, struct dmsci_cert_object *object,
                   enum dmsc_err *ret_err)
{
    uint8_t sha256[32];
    bool was_active = object->state == DMSC_CERT_ACTIVE;

    dmsci_copy(sha256, object->sha256, sizeof(sha256));
    *ret_err = DMSC_OK;
    if (!was_active || !l->now.trusted)
        return false;
    *ret_err = dmsci_cert_object_judge(object, l->now);
    return *ret_err == DMSC_OK && object->state == DMSC_CERT_ACTIVE &&
           dmsc_bytes_equal(dmsc_bytes(sha256, 32), dmsc_bytes(object->sha256, 32));
}

static bool is_meant(const struct looking *l, struct dmsci_cert_object *object,
                     enum dmsc_err *ret_err)
{
    const struct dmsc_cert_query *q = l->query;

    *ret_err = DMSC_OK;
    if ((q->usage != NULL && strcmp(q->usage, object->usage) != 0) ||
        (q->ma != NULL && strcmp(q->ma, object->ma) != 0) ||
        (q->consumer != NULL && !in_scope(object, q->consumer)))
        return false;
    return q->all || in_use(l, object, ret_err);
}

static bool look(void *user, const char *name)
{
    struct looking *l = user;
    struct dmsc_ctx *ctx = dmsc_tree_ctx(l->tree);
    struct dmsci_cert_object *object;
    struct dmsc_buf uri;
    bool more = true, kept = false;

    if (strlen(name) >= DMSCI_CERT_NAME)
        return true;
    object = dmsci_alloc(ctx, sizeof(*object));
    dmsc_buf_init(&uri, ctx, SIZE_MAX / 2);
    l->err = object == NULL ? DMSC_E_NOMEM : dmsci_buf_printf(&uri, DMSCI_CERTS "/%s", name);
    if (object != NULL)
        dmsci_cert_object_init(object, ctx);
    if (l->err == DMSC_OK)
        l->err = dmsci_cert_object_kept(l->tree, dmsc_buf_str(&uri), &kept);
    if (l->err == DMSC_OK && kept)
        l->err = dmsci_cert_object_read(l->tree, dmsc_buf_str(&uri), object);
    if (l->err == DMSC_OK && kept && is_meant(l, object, &l->err)) {
        struct dmsc_cert cert = { .uri = dmsc_buf_str(&uri),
                                  .usage = object->usage,
                                  .ma = object->ma,
                                  .origin = object->origin,
                                  .reason = object->reason,
                                  .state = object->state,
                                  .der = dmsc_buf_bytes(&object->der),
                                  .scope = (const char *const *)object->scope,
                                  .scope_count = object->scope_count };

        dmsci_copy(cert.sha256, object->sha256, sizeof(cert.sha256));
        more = l->cert(l->user, &cert);
    }
    if (object != NULL)
        dmsci_cert_object_clear(object);
    dmsci_free(ctx, object);
    dmsc_buf_clear(&uri);
    return more && l->err == DMSC_OK;
}

enum dmsc_err dmsc_certs_each(struct dmsc_tree *tree, const struct dmsc_cert_query *query,
                              struct dmsc_now now,
                              bool (*cert)(void *user, const struct dmsc_cert *cert), void *user)
{
    struct looking l = { tree, query, now, cert, user, DMSC_OK };
    bool kept = false;
    enum dmsc_err err = dmsci_certs_kept(tree, &kept);

    if (err == DMSC_OK && kept)
        err = dmsc_tree_children(tree, DMSCI_CERTS, look, &l);
    return err != DMSC_OK ? err : l.err;
}
