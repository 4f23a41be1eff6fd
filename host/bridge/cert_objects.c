/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate objects of the tree (dmsc/cert.h) brought in step with the card in force: those
 * of its PKCS#15 view as ./Cert/uicc-N, and the objects of this kind that it brings below ./Cert.
 * All of it is one change, so a certificate is replaced as a whole or not at all.
 */
#include "host/bridge/private.h"
#include "host/bridge/trust.h"
#include "host/certs/object.h"
#include "host/credential/cert.h"
#include <dmsc/alert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX    "uicc-"
#define NAMES_MAX 128u
#define GONE_KEPT 8u /* certificates of cards before, for people to see */

struct names {
    char name[NAMES_MAX][DMSCI_CERT_NAME];
    bool done[NAMES_MAX];
    size_t count;
};

struct settling {
    struct dmsc_bridge *bridge;
    enum dmsci_certs_when when;
    struct dmsc_now now;
    bool any_card; /* one is in force: */
    struct dmsci_card_state state;
    struct names *names;
    unsigned long newest; /* number of the newest "uicc-N" */
    enum dmsc_err err;
};

static bool collect(void *user, const char *name)
{
    struct settling *s = user;
    struct names *names = s->names;

    if (strlen(name) >= DMSCI_CERT_NAME) /* no name of ours */
        return true;
    if (names->count == NAMES_MAX) {
        s->err = dmsci_fail(s->bridge->ctx, DMSC_E_LIMIT, "keep more than %u certificate objects",
                            NAMES_MAX);
        return false;
    }
    (void)snprintf(names->name[names->count++], DMSCI_CERT_NAME, "%s", name);
    if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0) {
        unsigned long n = strtoul(name + sizeof(PREFIX) - 1, NULL, 10);

        s->newest = n > s->newest ? n : s->newest;
    }
    return true;
}

static void uri_of(const char *name, char ret_uri[DMSCI_CERT_NAME + 16])
{
    (void)snprintf(ret_uri, DMSCI_CERT_NAME + 16, DMSCI_CERTS "/%.63s", name);
}

static struct dmsci_cert_object *new_object(struct dmsc_ctx *ctx)
{
    struct dmsci_cert_object *object = dmsci_alloc(ctx, sizeof(*object));

    if (object != NULL)
        dmsci_cert_object_init(object, ctx);
    return object;
}

static void free_object(struct dmsc_ctx *ctx, struct dmsci_cert_object *object)
{
    if (object != NULL)
        dmsci_cert_object_clear(object);
    dmsci_free(ctx, object);
}

/* What was pulled out stays so until the card is seen again. */
static void keep_removed(const struct settling *s, const struct dmsci_cert_object *before,
                         struct dmsci_cert_object *object)
{
    bool out = s->when == DMSCI_CERTS_REMOVED ||
               (s->when == DMSCI_CERTS_START && before->state == DMSC_CERT_CARD_REMOVED);

    if (!out)
        return;
    object->state = DMSC_CERT_CARD_REMOVED;
    (void)snprintf(object->reason, sizeof(object->reason), "cert:card-removed");
}

static enum dmsc_err write_object(struct settling *s, const char *uri,
                                  const struct dmsci_cert_object *object)
{
    bool changed = false;

    return dmsci_cert_object_write(s->bridge->authority, s->bridge->tree, uri, object, &changed);
}

/* --- certificates of the PKCS#15 view -----------------------------------------------------------
 */

static bool pins(const struct dmsc_ma *ma, const struct dmsci_cert *cert)
{
    for (size_t i = 0; i < ma->pin_count; i++) {
        const struct dmsc_ma_pin *pin = &ma->pins[i];
        const uint8_t *is = pin->kind == DMSC_PIN_CERT ? cert->sha256 : cert->spki_sha256;

        if ((pin->kind == DMSC_PIN_CERT || pin->kind == DMSC_PIN_SPKI) &&
            dmsc_bytes_equal(dmsc_bytes(pin->sha256, 32), dmsc_bytes(is, 32)))
            return true;
    }
    return false;
}

static enum dmsc_err name_all(struct dmsci_cert_object *object, const struct dmsc_ma *ma)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < ma->server_id_count && err == DMSC_OK; i++)
        err = dmsci_cert_object_scope(object, ma->server_ids[i]);
    return err == DMSC_E_LIMIT ? DMSC_OK : err;
}

/* The view says "trusted" or "the device's own"; what it is for follows from the MA list: the
 * certificate that an entry pins is its server's, any other trusted one is a CA, for those whose
 * connections it anchors. */
static enum dmsc_err describe(const struct settling *s, const struct dmsci_known_cert *known,
                              const struct dmsci_cert *cert, struct dmsci_cert_object *object)
{
    const struct dmsc_ma_list *list = dmsc_authority_list(s->bridge->authority);
    const char *usage = known->trusted ? "ca" : "client";
    enum dmsc_err err = DMSC_OK;

    if (!known->trusted)
        err = dmsci_cert_object_scope(object, "*");
    for (size_t i = 0; known->trusted && i < list->count && err == DMSC_OK; i++) {
        const struct dmsc_ma *ma = &list->entries[i];

        if ((ma->flags & DMSC_MA_DENY) != 0)
            continue;
        if (!cert->ca && pins(ma, cert)) {
            usage = "server-pin";
            err = name_all(object, ma);
        } else if (cert->ca && dmsci_trust_is_anchor(ma, cert->spki_sha256)) {
            err = name_all(object, ma);
        }
    }
    (void)snprintf(object->usage, sizeof(object->usage), "%s", usage);
    (void)snprintf(object->origin, sizeof(object->origin), "uicc");
    return err;
}

/* The object of this certificate: by its fingerprint, so that it keeps its name. */
static enum dmsc_err find_name(struct settling *s, const uint8_t *sha256, const char **ret_name,
                               struct dmsci_cert_object *before)
{
    enum dmsc_err err = DMSC_OK;

    *ret_name = NULL;
    for (size_t i = 0; i < s->names->count && err == DMSC_OK && *ret_name == NULL; i++) {
        char uri[DMSCI_CERT_NAME + 16];

        if (s->names->done[i] || strncmp(s->names->name[i], PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        uri_of(s->names->name[i], uri);
        dmsci_cert_object_clear(before);
        dmsci_cert_object_init(before, s->bridge->ctx);
        err = dmsci_cert_object_read(s->bridge->tree, uri, before);
        if (err != DMSC_OK ||
            !dmsc_bytes_equal(dmsc_bytes(before->sha256, 32), dmsc_bytes(sha256, 32)))
            continue;
        s->names->done[i] = true;
        *ret_name = s->names->name[i];
    }
    return err;
}

static enum dmsc_err put_known(struct settling *s, struct dmsci_cert_object *object,
                               struct dmsci_cert_object *before)
{
    char fresh[DMSCI_CERT_NAME], uri[DMSCI_CERT_NAME + 16];
    const char *name = NULL;
    enum dmsc_err err = find_name(s, object->sha256, &name, before);

    if (err != DMSC_OK)
        return err;
    if (name == NULL) {
        before->state = DMSC_CERT_STAGED;
        (void)snprintf(fresh, sizeof(fresh), PREFIX "%lu", ++s->newest);
        name = fresh;
    }
    keep_removed(s, before, object);
    uri_of(name, uri);
    return write_object(s, uri, object);
}

static bool one_known(void *user, const struct dmsci_known_cert *known)
{
    struct settling *s = user;
    struct dmsc_ctx *ctx = s->bridge->ctx;
    struct dmsci_cert *cert = dmsci_alloc(ctx, sizeof(*cert));
    struct dmsci_cert_object *object = new_object(ctx), *before = new_object(ctx);

    s->err = cert == NULL || object == NULL || before == NULL ? DMSC_E_NOMEM : DMSC_OK;
    if (s->err == DMSC_OK)
        s->err = dmsc_buf_append(&object->der, known->der);
    if (s->err == DMSC_OK) {
        s->err = dmsci_cert_parse(ctx, known->der, cert);
        if (s->err == DMSC_OK)
            s->err = describe(s, known, cert, object);
        else if (s->err == DMSC_E_MALFORMED || s->err == DMSC_E_UNSUPPORTED)
            s->err = describe(s, known, &(struct dmsci_cert){ .ca = false }, object);
    }
    if (s->err == DMSC_OK)
        s->err = dmsci_cert_object_judge(object, s->now);
    if (s->err == DMSC_OK)
        s->err = put_known(s, object, before);
    free_object(ctx, object);
    free_object(ctx, before);
    dmsci_free(ctx, cert);
    return s->err == DMSC_OK;
}

/* --- objects that the card brings ----------------------------------------------------------------
 */

/* The entry of the card's index that stands here as a certificate object; NULL: none. What the
 * device may write back is the authority's, and no word of the card. */
static const struct dmsc_mo_entry *entry_at(const struct settling *s, const char *uri)
{
    size_t n = sizeof(DMSC_CERT_MOID) - sizeof(":1.0");

    for (size_t i = 0; i < s->state.index.count; i++) {
        const struct dmsc_mo_entry *entry = &s->state.index.entries[i];

        if (entry->type == DMSC_MO_URN && entry->urn != NULL &&
            strncmp(entry->urn, DMSC_CERT_MOID, n) == 0 &&
            (entry->urn[n] == '\0' || entry->urn[n] == ':') &&
            (entry->flags & DMSC_MO_FLAG_WRITE_BACK) == 0 && s->state.places[i].left_out == NULL &&
            strcmp(s->state.places[i].uri, uri) == 0)
            return entry;
    }
    return NULL;
}

static enum dmsc_err tell_owner(struct settling *s, const char *uri,
                                const struct dmsci_cert_object *object)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;

    if (object->ma[0] == '\0')
        return DMSC_OK;
    alert.at = s->now.seconds;
    alert.type = DMSC_ALERT_CERT_PROVISIONED;
    alert.source = uri;
    alert.data = dmsc_bytes_str(object->usage);
    return dmsc_alert_put(s->bridge->tree, object->ma, &alert);
}

/* Whose it is says the index and not the object: an authority speaks for itself alone. */
static enum dmsc_err certify(struct settling *s, const char *uri, const struct dmsc_mo_entry *entry,
                             struct dmsci_cert_object *object)
{
    const struct dmsc_ma *ma =
        dmsc_ma_list_by_id(dmsc_authority_list(s->bridge->authority), entry->owner);
    bool listed = ma != NULL && ma->server_id_count > 0 &&
                  (ma->flags & (DMSC_MA_ENABLED | DMSC_MA_DENY)) == DMSC_MA_ENABLED;
    bool was_active = object->state == DMSC_CERT_ACTIVE && strcmp(object->origin, "uicc") == 0;
    struct dmsci_cert_object before = { .state = object->state };
    enum dmsc_err err = dmsci_cert_object_judge(object, s->now);

    (void)snprintf(object->origin, sizeof(object->origin), "uicc");
    (void)snprintf(object->ma, sizeof(object->ma), "%s", listed ? ma->server_ids[0] : "");
    if (err == DMSC_OK && entry->owner != 0 && !listed) {
        object->state = DMSC_CERT_REVOKED;
        (void)snprintf(object->reason, sizeof(object->reason), "cert:ma");
    }
    keep_removed(s, &before, object);
    if (err == DMSC_OK && object->state == DMSC_CERT_ACTIVE && !was_active)
        err = tell_owner(s, uri, object);
    return err;
}

/* One that stands in the tree and was not met so far. */
static enum dmsc_err settle_name(struct settling *s, const char *name)
{
    char uri[DMSCI_CERT_NAME + 16];
    struct dmsci_cert_object *object = new_object(s->bridge->ctx);
    const struct dmsc_mo_entry *entry = NULL;
    enum dmsc_err err = object == NULL ? DMSC_E_NOMEM : DMSC_OK;

    uri_of(name, uri);
    if (err == DMSC_OK)
        err = dmsci_cert_object_read(s->bridge->tree, uri, object);
    if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
        entry = entry_at(s, uri);
    if (err == DMSC_OK && entry != NULL) {
        err = certify(s, uri, entry, object);
    } else if (err == DMSC_OK) {
        object->state = DMSC_CERT_CARD_REMOVED;
        (void)snprintf(object->reason, sizeof(object->reason), "cert:card-removed");
        err = dmsci_sha256(s->bridge->ctx, dmsc_buf_bytes(&object->der), object->sha256);
    }
    if (err == DMSC_OK)
        err = write_object(s, uri, object);
    free_object(s->bridge->ctx, object);
    return err;
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static enum dmsc_err read_names(struct settling *s)
{
    enum dmsc_err err = dmsc_tree_children(s->bridge->tree, DMSCI_CERTS, collect, s);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    return err != DMSC_OK ? err : s->err;
}

/* The oldest of those that no card has any more make room. */
static enum dmsc_err prune(struct settling *s)
{
    enum dmsc_err err = DMSC_OK;
    size_t gone = 0;

    for (size_t i = s->names->count; i-- > 0 && err == DMSC_OK;) {
        char uri[DMSCI_CERT_NAME + 16];

        if (s->names->done[i] || strncmp(s->names->name[i], PREFIX, sizeof(PREFIX) - 1) != 0 ||
            ++gone <= GONE_KEPT)
            continue;
        uri_of(s->names->name[i], uri);
        err = dmsc_authority_deleting(s->bridge->authority, uri);
        if (err == DMSC_OK)
            err = dmsc_tree_delete(s->bridge->tree, uri, true);
    }
    return err;
}

/* What the objects were made from: tag, generation and check sum of the card, and the day, since
 * certificates begin and end. A look at what stands already must not wait for a writer. */
#define MARK       "certs/settled"
#define CARD_BYTES (DMSC_CARD_TAG_SIZE + 8u)
#define MARK_BYTES (CARD_BYTES + 4u)

static void mark_of(const struct settling *s, uint8_t ret_mark[MARK_BYTES])
{
    const struct dmsc_card_header *h = &s->state.header;
    struct dmsc_wr w = dmsc_wr(ret_mark, MARK_BYTES);

    dmsc_wr_bytes(&w, dmsc_bytes(h->card_tag, DMSC_CARD_TAG_SIZE));
    dmsc_wr_u32(&w, h->generation);
    dmsc_wr_u32(&w, h->crc);
    if (s->when == DMSCI_CERTS_REMOVED) /* no day: the card, seen again, is looked at */
        dmsc_wr_u32(&w, UINT32_MAX);
    else
        dmsc_wr_u32(&w, s->now.trusted ? (uint32_t)(s->now.seconds / 86400) : 0);
}

static enum dmsc_err is_settled(const struct settling *s, bool *ret_settled)
{
    size_t n = s->when == DMSCI_CERTS_START ? CARD_BYTES : MARK_BYTES;
    uint8_t mark[MARK_BYTES];
    struct dmsc_buf stored;
    bool kept = false;
    enum dmsc_err err = dmsci_certs_kept(s->bridge->tree, &kept);

    *ret_settled = false;
    if (err != DMSC_OK || !kept || !s->any_card) {
        *ret_settled = kept;
        return err;
    }
    mark_of(s, mark);
    dmsc_buf_init(&stored, s->bridge->ctx, MARK_BYTES);
    err = dmsc_store_get(s->bridge->store, MARK, &stored);
    *ret_settled = err == DMSC_OK && stored.n == MARK_BYTES &&
                   dmsc_bytes_equal(dmsc_bytes(stored.p, n), dmsc_bytes(mark, n));
    dmsc_buf_clear(&stored);
    return err == DMSC_E_NOTFOUND || err == DMSC_E_LIMIT ? DMSC_OK : err;
}

static enum dmsc_err put_mark(const struct settling *s)
{
    uint8_t mark[MARK_BYTES];

    if (!s->any_card)
        return DMSC_OK;
    mark_of(s, mark);
    return dmsc_store_put(s->bridge->store, MARK, dmsc_bytes(mark, sizeof(mark)));
}

static enum dmsc_err settle(struct settling *s)
{
    enum dmsc_err err = dmsci_certs_make(s->bridge->tree);

    if (err != DMSC_OK || !s->any_card)
        return err;
    err = read_names(s);
    if (err == DMSC_OK)
        err = dmsci_certs_each(s->bridge->store, s->bridge->ctx, one_known, s);
    if (err == DMSC_OK)
        err = s->err;
    for (size_t i = 0; i < s->names->count && err == DMSC_OK; i++) {
        if (!s->names->done[i])
            err = settle_name(s, s->names->name[i]);
    }
    return err == DMSC_OK ? prune(s) : err;
}

static enum dmsc_err change(struct settling *s)
{
    struct dmsc_tree *tree = s->bridge->tree;
    enum dmsc_err err = dmsc_tree_begin(tree, "card", s->now.seconds);

    if (err != DMSC_OK)
        return err;
    err = settle(s);
    if (err == DMSC_OK)
        err = put_mark(s);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

enum dmsc_err dmsci_bridge_certs(struct dmsc_bridge *bridge, enum dmsci_certs_when when)
{
    struct settling s = { .bridge = bridge,
                          .when = when,
                          .now = dmsc_bridge_now(bridge),
                          .state = DMSCI_CARD_STATE_INIT };
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    bool settled = false;
    enum dmsc_err err = dmsci_state_current(bridge->store, bridge->ctx, tag);

    s.any_card = err == DMSC_OK;
    if (err == DMSC_OK)
        err = dmsci_state_load(bridge->store, bridge->ctx, tag, &s.state);
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return err;
    err = is_settled(&s, &settled);
    if (err == DMSC_OK && !settled) {
        s.names = dmsci_alloc(bridge->ctx, sizeof(*s.names));
        err = s.names == NULL ? DMSC_E_NOMEM : change(&s);
        dmsci_free(bridge->ctx, s.names);
    }
    dmsci_card_state_clear(&s.state);
    return err;
}
