/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bridge/file.h"
#include "host/bridge/private.h"
#include "host/credential/cert.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define KEY_FILE_MAX_BYTES 16384u

/* Before the year of the first release the clock was certainly never set. */
#define CLOCK_PLAUSIBLE 1767225600 /* 2026-01-01T00:00:00Z */

struct dmsc_now dmsc_bridge_now(const struct dmsc_bridge *bridge)
{
    int64_t seconds = (int64_t)time(NULL);

    return (struct dmsc_now){ seconds,
                              !bridge->config->clock_untrusted && seconds >= CLOCK_PLAUSIBLE };
}

static enum dmsc_err load_issuer(struct dmsc_bridge *bridge, const char *path,
                                 struct dmsc_buf *ret_spki)
{
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, bridge->ctx, KEY_FILE_MAX_BYTES);
    err = dmsci_file_read(bridge->ctx, path, false, &file);
    if (err == DMSC_OK)
        err = dmsci_spki_load(bridge->ctx, dmsc_buf_bytes(&file), ret_spki);
    if (err != DMSC_OK)
        dmsci_where(bridge->ctx, "%s ([trust] issuer_key)", path);
    dmsc_buf_clear(&file);
    return err;
}

static enum dmsc_err load_issuers(struct dmsc_bridge *bridge, struct dmsci_sync_material *m)
{
    const struct dmsc_config *config = bridge->config;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < config->issuer_key_count; i++) {
        if (i == DMSCI_ARRAY_LEN(m->spkis))
            return dmsci_fail(bridge->ctx, DMSC_E_LIMIT, "load more than %zu issuer keys", i);
        dmsc_buf_init(&m->spkis[i], bridge->ctx, KEY_FILE_MAX_BYTES);
        err = load_issuer(bridge, config->issuer_keys[i], &m->spkis[i]);
        m->spki_bytes[i] = dmsc_buf_bytes(&m->spkis[i]);
        m->trust.count = i + 1;
    }
    m->trust.issuer_spkis = m->spki_bytes;
    return err;
}

/* Without the keys of the configuration nobody can say whether a list counts: then none does. */
static enum dmsc_err list_counts(struct dmsc_bridge *bridge, const struct dmsci_card_state *state,
                                 bool *ret_counts)
{
    struct dmsci_sync_material *m = dmsci_alloc(bridge->ctx, sizeof(*m));
    enum dmsc_err err;

    if (m == NULL)
        return DMSC_E_NOMEM;
    *ret_counts = false;
    err = load_issuers(bridge, m);
    if (err == DMSC_OK) {
        err = dmsci_state_counts(bridge->ctx, &m->trust, state, ret_counts);
    } else if (err != DMSC_E_NOMEM) {
        dmsci_log(bridge->ctx, DMSC_LOG_WARN, "bridge", "no MA list is in force: %s: %s",
                  dmsc_diag_get(bridge->ctx)->where, dmsc_diag_get(bridge->ctx)->why);
        err = DMSC_OK;
    }
    dmsci_material_clear(m);
    dmsci_free(bridge->ctx, m);
    return err;
}

/* The list of the card that is in force, as it was verified when it was read. */
static enum dmsc_err load_list(struct dmsc_bridge *bridge)
{
    struct dmsci_card_state state = DMSCI_CARD_STATE_INIT;
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    bool counts = false;
    enum dmsc_err err = dmsci_state_current(bridge->store, bridge->ctx, tag);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    if (err == DMSC_OK)
        err = dmsci_state_load(bridge->store, bridge->ctx, tag, &state);
    if (err == DMSC_OK)
        err = list_counts(bridge, &state, &counts);
    if (err == DMSC_OK && counts)
        err = dmsc_authority_set_list(bridge->authority, &state.list);
    dmsci_card_state_clear(&state);
    return err;
}

enum dmsc_err dmsc_bridge_new(struct dmsc_ctx *ctx, const struct dmsc_config *config,
                              struct dmsc_bridge **ret_bridge)
{
    struct dmsc_bridge *bridge = dmsci_alloc(ctx, sizeof(*bridge));
    enum dmsc_err err;

    if (bridge == NULL)
        return DMSC_E_NOMEM;
    bridge->ctx = ctx;
    bridge->config = config;
    err = dmsc_store_open(ctx, config->store, &bridge->store);
    if (err == DMSC_OK)
        err = dmsci_bridge_set_key(bridge);
    if (err == DMSC_OK)
        err = dmsc_tree_open(ctx, bridge->store, NULL, &bridge->tree);
    if (err == DMSC_OK)
        err = dmsc_authority_new(ctx, bridge->tree, &bridge->authority);
    if (err == DMSC_OK)
        err = dmsci_bridge_applications(bridge);
    if (err == DMSC_OK)
        err = dmsci_device_describe(bridge);
    if (err == DMSC_OK)
        err = dmsc_bridge_tell(bridge);
    if (err == DMSC_OK)
        err = load_list(bridge);
    if (err == DMSC_OK)
        err = dmsci_bridge_certs(bridge, DMSCI_CERTS_START);
    if (err != DMSC_OK) {
        dmsc_bridge_free(bridge);
        return err;
    }
    *ret_bridge = bridge;
    return DMSC_OK;
}

void dmsc_bridge_free(struct dmsc_bridge *bridge)
{
    if (bridge == NULL)
        return;
    dmsc_uicc_free(bridge->uicc);
    dmsc_link_free(bridge->link);
    dmsc_apps_free(bridge->apps);
    dmsc_authority_free(bridge->authority);
    dmsc_tree_close(bridge->tree);
    dmsc_ddf_free(bridge->devinfo);
    dmsc_ddf_free(bridge->devdetail);
    dmsc_store_close(bridge->store);
    dmsci_free(bridge->ctx, bridge);
}

struct dmsc_tree *dmsc_bridge_tree(const struct dmsc_bridge *bridge)
{
    return bridge->tree;
}

struct dmsc_store *dmsc_bridge_store(const struct dmsc_bridge *bridge)
{
    return bridge->store;
}

struct dmsc_authority *dmsc_bridge_authority(const struct dmsc_bridge *bridge)
{
    return bridge->authority;
}

struct dmsc_apps *dmsc_bridge_apps(const struct dmsc_bridge *bridge)
{
    return bridge->apps;
}

struct dmsc_uicc *dmsc_bridge_uicc(const struct dmsc_bridge *bridge)
{
    return bridge->uicc;
}

enum dmsc_err dmsc_bridge_attach(struct dmsc_bridge *bridge, struct dmsc_link *link)
{
    struct dmsc_cat_config cat;
    struct dmsc_uicc *uicc = NULL;
    enum dmsc_err err;

    if (bridge->link != NULL)
        return dmsci_fail(bridge->ctx, DMSC_E_STATE, "attach a second link");
    dmsc_config_cat(bridge->config, &cat);
    err = dmsc_uicc_new(bridge->ctx, link, &uicc);
    if (err == DMSC_OK)
        err = dmsc_uicc_cat_configure(uicc, &cat);
    if (err != DMSC_OK) {
        dmsc_uicc_free(uicc);
        return err;
    }
    bridge->link = link;
    bridge->uicc = uicc;
    err = dmsc_bridge_tell(bridge);
    if (err != DMSC_OK) {
        /* The link stays the caller's, as after any other failure. */
        bridge->link = NULL;
        bridge->uicc = NULL;
        dmsc_uicc_free(uicc);
    }
    return err;
}

enum dmsc_err dmsci_leaf_text(struct dmsc_bridge *bridge, const char *uri, char *ret_text,
                              size_t size, bool *ret_there)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, bridge->ctx, dmsc_ctx_limits(bridge->ctx)->node_value);
    err = dmsc_tree_value(bridge->tree, uri, &value);
    *ret_there = err == DMSC_OK;
    if (err == DMSC_OK)
        (void)snprintf(ret_text, size, "%s", dmsc_buf_str(&value));
    dmsc_buf_clear(&value);
    return err == DMSC_E_NOTFOUND || err == DMSC_E_STATE ? DMSC_OK : err;
}

enum dmsc_err dmsci_material_load(struct dmsc_bridge *bridge, struct dmsci_sync_material *m)
{
    const struct dmsc_config *config = bridge->config;
    enum dmsc_err err;

    *m = (struct dmsci_sync_material){ .sync = { .ctx = bridge->ctx,
                                                 .tree = bridge->tree,
                                                 .store = bridge->store,
                                                 .authority = bridge->authority,
                                                 .uicc = bridge->uicc,
                                                 .rekey = dmsci_bridge_rekey,
                                                 .rekey_user = bridge } };
    m->sync.now = dmsc_bridge_now(bridge);
    err = load_issuers(bridge, m);
    if (err == DMSC_OK && m->trust.count > 0)
        m->sync.trust = &m->trust;
    if (err == DMSC_OK && config->pin_file != NULL) {
        err = dmsc_secret_load(bridge->ctx, config->pin_file, false, &m->pin);
        m->sync.pin = &m->pin;
        dmsci_file_stamp(config->pin_file, m->pin_stamp, sizeof(m->pin_stamp));
        m->sync.pin_stamp = m->pin_stamp;
    }
    if (err == DMSC_OK && config->adm1_file != NULL) {
        err = dmsc_secret_load(bridge->ctx, config->adm1_file, true, &m->adm1);
        m->sync.adm1 = &m->adm1;
        dmsci_file_stamp(config->adm1_file, m->adm1_stamp, sizeof(m->adm1_stamp));
        m->sync.adm1_stamp = m->adm1_stamp;
    }
    return err;
}

void dmsci_material_clear(struct dmsci_sync_material *m)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(m->spkis); i++)
        dmsc_buf_clear(&m->spkis[i]);
    dmsc_secret_clear(&m->pin);
    dmsc_secret_clear(&m->adm1);
}

#define MARKER "session/open"

/* The marker's value: entry id, ServerID. */
static enum dmsc_err put_marker(struct dmsc_bridge *bridge, const char *server_id, uint8_t ma_id)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, bridge->ctx, 1024);
    err = dmsc_buf_append_u8(&value, ma_id);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&value, server_id);
    if (err == DMSC_OK)
        err = dmsc_store_put(bridge->store, MARKER, dmsc_buf_bytes(&value));
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_marker_set(struct dmsc_bridge *bridge, const char *server_id, uint8_t ma_id)
{
    enum dmsc_err err = dmsc_store_begin(bridge->store);

    if (err != DMSC_OK)
        return err;
    if (server_id != NULL)
        err = put_marker(bridge, server_id, ma_id);
    else
        err = dmsc_store_delete(bridge->store, MARKER);
    if (err == DMSC_OK)
        return dmsc_store_commit(bridge->store);
    dmsc_store_rollback(bridge->store);
    return err;
}

enum dmsc_err dmsci_marker_get(struct dmsc_bridge *bridge, struct dmsc_buf *ret_server_id,
                               uint8_t *ret_ma_id)
{
    enum dmsc_err err = dmsc_store_get(bridge->store, MARKER, ret_server_id);

    if (err != DMSC_OK)
        return err;
    if (ret_server_id->n < 2)
        return dmsci_fail(bridge->ctx, DMSC_E_CORRUPT, "read who the last session was with");
    *ret_ma_id = ret_server_id->p[0];
    dmsc_buf_consume(ret_server_id, 1);
    return DMSC_OK;
}

/* A session that ended without its write-back (power, a card pulled out) left its marker. */
static enum dmsc_err finish_write_back(struct dmsc_bridge *bridge, struct dmsci_sync_material *m,
                                       struct dmsc_sync_report *report)
{
    struct dmsc_buf server_id;
    enum dmsc_err err;

    dmsc_buf_init(&server_id, bridge->ctx, 1024);
    err = dmsci_marker_get(bridge, &server_id, &m->sync.ma_id);
    if (err == DMSC_OK)
        err = dmsci_sync_push(&m->sync, dmsc_buf_str(&server_id), report);
    else if (err == DMSC_E_NOTFOUND)
        err = DMSC_OK;
    if (err == DMSC_OK && server_id.n > 0)
        err = dmsci_marker_set(bridge, NULL, 0);
    dmsc_buf_clear(&server_id);
    return err;
}

enum dmsc_err dmsci_bridge_pull(struct dmsc_bridge *bridge, struct dmsci_sync_material *m,
                                bool dry_run, struct dmsc_sync_report *report)
{
    struct dmsc_link_counts before, after;
    enum dmsc_err err;

    report->ctx = bridge->ctx;
    if (bridge->uicc == NULL)
        return dmsci_fail(bridge->ctx, DMSC_E_STATE, "read the card without a link");
    before = dmsc_link_counts(bridge->link);
    err = dmsc_uicc_power_on(bridge->uicc);
    if (err == DMSC_OK)
        err = dmsci_sync_pull(&m->sync, dry_run, report);
    if (err == DMSC_OK && !dry_run)
        err = dmsci_bridge_certs(bridge, DMSCI_CERTS_SYNCED);
    if (err == DMSC_OK && !dry_run)
        err = finish_write_back(bridge, m, report);
    after = dmsc_link_counts(bridge->link);
    report->cost.apdus = after.apdus - before.apdus;
    report->cost.bytes = after.bytes - before.bytes;
    return err;
}

enum dmsc_err dmsc_bridge_sync(struct dmsc_bridge *bridge, bool dry_run,
                               struct dmsc_sync_report *ret_report)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsci_sync_material *material = dmsci_alloc(bridge->ctx, sizeof(*material));
    enum dmsc_err err;

    if (material == NULL)
        return DMSC_E_NOMEM;
    err = dmsci_material_load(bridge, material);
    if (err == DMSC_OK)
        err = dmsci_bridge_pull(bridge, material, dry_run, &report);
    dmsci_material_clear(material);
    dmsci_free(bridge->ctx, material);
    if (err != DMSC_OK) {
        dmsc_sync_report_clear(&report);
        return err;
    }
    *ret_report = report;
    return DMSC_OK;
}
