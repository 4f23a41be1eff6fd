/* SPDX-License-Identifier: Apache-2.0 */
/* One DM session: admit, connect, drive the engine, write back. */
#include "host/bridge/private.h"
#include "host/bridge/trust.h"
#include "host/net/net.h"
#include <dmsc/grant.h>
#include <stdio.h>
#include <string.h>

#define ACCEPT "application/vnd.syncml.dm+xml"

struct session {
    struct dmsc_bridge *bridge;
    struct dmsc_account account;
    struct dmsci_trust trust; /* anchors, our certificate, key */
    struct dmsci_net_override *overrides;
    char **hosts; /* beside them */
    size_t override_count;
    uint8_t ma_id; /* the entry whose pin the peer proved */
    struct dmsci_net *net;
    struct dmsc_dm1 *dm1;
    struct dmsc_session_report *report;
};

void dmsc_session_report_clear(struct dmsc_session_report *report)
{
    dmsc_sync_report_clear(&report->write_back);
    *report = (struct dmsc_session_report)DMSC_SESSION_REPORT_INIT;
}

static enum dmsc_err refused(struct dmsc_bridge *bridge, const char *server_id,
                             const struct dmsc_verdict *v)
{
    struct dmsc_ctx *ctx = bridge->ctx;
    bool unlisted = v->reason == DMSC_REFUSED_UNLISTED || v->reason == DMSC_REFUSED_NO_LIST;
    enum dmsc_err err = unlisted ? DMSC_E_NOT_LISTED_MA : DMSC_E_REFUSED;

    dmsc_authority_refused(bridge->authority, server_id, v, dmsc_bridge_now(bridge));
    (void)dmsci_fail(ctx, err, "run a session with %s", server_id);
    dmsci_where(ctx, "MA list of the card: %s", v->detail);
    dmsci_why(ctx, dmsc_reason_name(v->reason), "%s", dmsc_reason_text(v->reason));
    dmsci_hint(ctx, "dmsc ma ls shows who is listed; the issuer of the card decides that");
    return err;
}

struct search {
    const char *server_id;
    struct dmsc_account *account;
    bool found;
};

static bool match(void *user, const struct dmsc_account *account)
{
    struct search *search = user;

    search->found = strcmp(account->server_id, search->server_id) == 0;
    if (search->found)
        *search->account = *account;
    return !search->found;
}

/* Who is asked first, where afterwards: an authority that is not listed learns nothing. */
static enum dmsc_err find_account(struct session *s, const char *server_id)
{
    struct dmsc_bridge *bridge = s->bridge;
    struct search search = { server_id, &s->account, false };
    struct dmsc_verdict v =
        dmsc_authority_admit(bridge->authority, server_id, dmsc_bridge_now(bridge));
    enum dmsc_err err;

    if (v.reason != DMSC_ALLOWED)
        return refused(bridge, server_id, &v);
    err = dmsc_bridge_accounts(bridge, match, &search);
    if (err == DMSC_OK && !search.found) {
        err = dmsci_fail(bridge->ctx, DMSC_E_NOTFOUND, "run a session with %s", server_id);
        dmsci_why(bridge->ctx, "account:none", "no account below ./DMAcc has this ServerID");
        dmsci_hint(bridge->ctx, "provision a DMAcc for it on the card, then dmsc sync");
    }
    return err;
}

/* HOST:PORT:ADDRESS */
static enum dmsc_err parse_override(struct session *s, const char *text)
{
    struct dmsc_ctx *ctx = s->bridge->ctx;
    size_t host_length = strcspn(text, ":");
    const char *p = text + host_length;
    unsigned long port = 0;
    size_t digits = 0;

    if (*p == ':') {
        for (p++; p[digits] >= '0' && p[digits] <= '9' && digits < 5; digits++)
            port = port * 10 + (unsigned long)(p[digits] - '0');
    }
    if (host_length == 0 || digits == 0 || port > 65535 || p[digits] != ':' ||
        p[digits + 1] == '\0') {
        (void)dmsci_fail(ctx, DMSC_E_CONFIG, "use [net] resolve");
        dmsci_where(ctx, "%s", text);
        dmsci_why(ctx, "config:resolve", "it is written HOST:PORT:ADDRESS");
        return DMSC_E_CONFIG;
    }
    s->hosts[s->override_count] = dmsci_strndup(ctx, text, host_length);
    if (s->hosts[s->override_count] == NULL)
        return DMSC_E_NOMEM;
    s->overrides[s->override_count] =
        (struct dmsci_net_override){ s->hosts[s->override_count], (uint16_t)port, p + digits + 1 };
    s->override_count++;
    return DMSC_OK;
}

static enum dmsc_err load_overrides(struct session *s)
{
    const struct dmsc_config *config = s->bridge->config;
    enum dmsc_err err = DMSC_OK;

    s->overrides = dmsci_calloc(s->bridge->ctx, config->resolve_count, sizeof(*s->overrides));
    s->hosts = dmsci_calloc(s->bridge->ctx, config->resolve_count, sizeof(*s->hosts));
    if (s->overrides == NULL || s->hosts == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; err == DMSC_OK && i < config->resolve_count; i++)
        err = parse_override(s, config->resolve[i]);
    return err;
}

/* After the handshake, before the first byte of HTTP: is this the credential that the card pins? */
static enum dmsc_err check_peer(void *user, const struct dmsc_peer *peer)
{
    struct session *s = user;
    struct dmsc_bridge *bridge = s->bridge;
    struct dmsc_verdict v = dmsc_authority_admit_peer(bridge->authority, s->account.server_id, peer,
                                                      dmsc_bridge_now(bridge));

    if (v.reason != DMSC_ALLOWED)
        return refused(bridge, s->account.server_id, &v);
    s->ma_id = v.ma_id;
    return DMSC_OK;
}

static enum dmsc_err connect_server(struct session *s)
{
    struct dmsci_net_config config = DMSCI_NET_CONFIG_INIT;
    const struct dmsci_net_info *info;
    unsigned timeout_ms = s->bridge->config->timeout_ms;
    enum dmsc_err err;

    config.tls.anchors = s->trust.anchors;
    config.tls.anchor_count = s->trust.anchor_count;
    config.tls.chain = &s->trust.certificate;
    config.tls.chain_count = 1;
    config.tls.key = &s->trust.key;
    config.tls.demand_mutual = true;
    config.tls.check = check_peer;
    config.tls.check_user = s;
    config.conn.overrides = s->overrides;
    config.conn.override_count = s->override_count;
    config.conn.connect_timeout_ms = timeout_ms > 0 ? (int)timeout_ms : 15000;
    config.conn.io_timeout_ms = config.conn.connect_timeout_ms;
    err = dmsci_net_open(s->bridge->ctx, s->account.addr, &config, &s->net);
    if (err != DMSC_OK) {
        dmsci_where(s->bridge->ctx, "%s (account %s)", s->account.addr, s->account.uri);
        if (err == DMSC_E_NET)
            dmsci_hint(s->bridge->ctx, "see that the server runs and can be reached from here");
        return err;
    }
    info = dmsci_net_info(s->net);
    (void)snprintf(s->report->tls_version, sizeof(s->report->tls_version), "%s", info->tls.version);
    (void)snprintf(s->report->tls_suite, sizeof(s->report->tls_suite), "%s", info->tls.suite);
    (void)snprintf(s->report->peer, sizeof(s->report->peer), "%s", info->tls.peer);
    s->report->mutual = info->tls.mutual;
    return DMSC_OK;
}

/* A session id is the client's choice (SyncML RepPro 6.1.15): four hex digits of the clock. */
static void session_id(struct dmsc_now now, char ret_id[8])
{
    (void)snprintf(ret_id, 8, "%X", (unsigned)(now.seconds & 0xFFFF) | 1u);
}

static enum dmsc_err start_engine(struct session *s)
{
    struct dmsc_bridge *bridge = s->bridge;
    struct dmsc_buf device;
    char id[8];
    struct dmsc_dm1_config config = { .tree = bridge->tree,
                                      .authority = bridge->authority,
                                      .server_id = s->account.server_id,
                                      .ma_id = s->ma_id,
                                      .server_uri = s->account.addr,
                                      .session_id = id };
    enum dmsc_err err;

    session_id(dmsc_bridge_now(bridge), id);
    dmsc_buf_init(&device, bridge->ctx, 512);
    err = dmsci_device_id(bridge, &device);
    config.device_id = dmsc_buf_str(&device);
    if (err == DMSC_OK)
        err = dmsc_dm1_new(bridge->ctx, &config, &s->dm1);
    dmsc_buf_clear(&device);
    return err;
}

static enum dmsc_err check_answer(struct session *s, const struct dmsci_net_response *response,
                                  const struct dmsc_buf *body)
{
    if (body->n == 0 || strcmp(response->content_type, ACCEPT) == 0)
        return DMSC_OK;
    (void)dmsci_fail(s->bridge->ctx, DMSC_E_HTTP, "read the answer of %s", s->account.server_id);
    dmsci_why(s->bridge->ctx, "http:type", "it is \"%s\", not a DM message",
              response->content_type);
    return DMSC_E_HTTP;
}

static enum dmsc_err drive(struct session *s)
{
    struct dmsc_ctx *ctx = s->bridge->ctx;
    struct dmsci_net_response response = { .status = 0 };
    struct dmsc_dm1_want want;
    struct dmsc_buf body;
    enum dmsc_err err;

    dmsc_buf_init(&body, ctx, dmsc_ctx_limits(ctx)->message_size);
    for (;;) {
        err = dmsc_dm1_step(s->dm1, dmsc_buf_bytes(&body), dmsc_bridge_now(s->bridge), &want);
        if (err == DMSC_OK)
            err = dmsc_authority_flush(s->bridge->authority, dmsc_bridge_now(s->bridge));
        if (err != DMSC_OK || want.kind != DMSC_DM1_SEND)
            break;
        s->report->http_sent_bytes += want.body.n;
        err = dmsci_net_post(s->net, want.uri, want.content_type, ACCEPT, want.body, &body,
                             &response);
        if (err == DMSC_OK)
            err = check_answer(s, &response, &body);
        if (err != DMSC_OK)
            break;
        s->report->http_received_bytes += body.n;
    }
    s->report->completed = err == DMSC_OK && want.kind == DMSC_DM1_DONE;
    s->report->dm = *dmsc_dm1_report(s->dm1);
    dmsc_buf_clear(&body);
    return err;
}

/* Instances that were handed over to the authority are its own from its first session on; grants
 * of its that are over go, so that this session tells it. */
static enum dmsc_err take_over(struct session *s)
{
    struct dmsc_bridge *bridge = s->bridge;
    enum dmsc_err err =
        dmsc_tree_begin(bridge->tree, s->account.server_id, dmsc_bridge_now(bridge).seconds);

    if (err != DMSC_OK)
        return err;
    err = dmsc_grant_session(bridge->authority, s->account.server_id);
    if (err == DMSC_OK)
        err = dmsc_grant_expire(bridge->authority, s->account.server_id, dmsc_bridge_now(bridge));
    if (err == DMSC_OK)
        return dmsc_tree_commit(bridge->tree);
    dmsc_tree_rollback(bridge->tree);
    return err;
}

static enum dmsc_err write_back(struct session *s)
{
    struct dmsc_bridge *bridge = s->bridge;
    struct dmsci_sync_material *material;
    enum dmsc_err err;

    if (bridge->uicc == NULL || s->report->dm.changes == 0)
        return dmsci_marker_set(bridge, NULL, 0);
    material = dmsci_alloc(bridge->ctx, sizeof(*material));
    if (material == NULL)
        return DMSC_E_NOMEM;
    s->report->write_back.ctx = bridge->ctx;
    err = dmsci_material_load(bridge, material);
    material->sync.ma_id = s->ma_id;
    /* Nobody looked at the card before this session. */
    if (err == DMSC_OK && dmsc_link_atr(bridge->link).n == 0)
        err = dmsc_uicc_power_on(bridge->uicc);
    if (err == DMSC_OK)
        err = dmsci_sync_push(&material->sync, s->account.server_id, &s->report->write_back);
    if (err == DMSC_OK)
        err = dmsci_marker_set(bridge, NULL, 0);
    dmsci_material_clear(material);
    dmsci_free(bridge->ctx, material);
    return err;
}

/* Why the session broke is what people want to know, not what was looked up afterwards. */
enum dmsc_err dmsci_bridge_tell_again(struct dmsc_ctx *ctx, const struct dmsc_diag *story)
{
    (void)dmsci_fail(ctx, story->err, "%s", story->what);
    if (story->where[0] != '\0')
        dmsci_where(ctx, "%s", story->where);
    dmsci_why(ctx, story->reason[0] != '\0' ? story->reason : NULL, "%s", story->why);
    if (story->hint[0] != '\0')
        dmsci_hint(ctx, "%s", story->hint);
    dmsci_fail_sw(ctx, story->sw);
    dmsci_fail_code(ctx, story->code);
    return story->err;
}

static enum dmsc_err run(struct session *s, const char *server_id,
                         void (*event)(void *user, const struct dmsc_dm1_event *event), void *user)
{
    enum dmsc_err err = find_account(s, server_id);
    enum dmsc_err end;
    struct dmsc_diag story;

    if (err == DMSC_OK)
        err = dmsci_trust_load(s->bridge, s->account.verdict.ma_id, &s->trust);
    if (err == DMSC_OK)
        err = load_overrides(s);
    if (err == DMSC_OK)
        err = connect_server(s);
    if (err == DMSC_OK)
        err = start_engine(s);
    if (err == DMSC_OK)
        err = take_over(s);
    /* The marker stands from before the first command until the card has what belongs there, so
     * that a power cut in between is mended by the next sync. */
    if (err == DMSC_OK)
        err = dmsci_marker_set(s->bridge, server_id, s->ma_id);
    if (err != DMSC_OK)
        return err;
    (void)snprintf(s->report->server_id, sizeof(s->report->server_id), "%s", server_id);
    (void)snprintf(s->report->server_uri, sizeof(s->report->server_uri), "%s", s->account.addr);
    if (event != NULL)
        dmsc_dm1_watch(s->dm1, event, user);
    err = drive(s);
    story = *dmsc_diag_get(s->bridge->ctx);
    /* What was committed before a broken end is in the tree, so it goes to the card too. */
    end = write_back(s);
    return err != DMSC_OK ? dmsci_bridge_tell_again(s->bridge->ctx, &story) : end;
}

enum dmsc_err dmsc_bridge_session(struct dmsc_bridge *bridge, const char *server_id,
                                  void (*event)(void *user, const struct dmsc_dm1_event *event),
                                  void *user, struct dmsc_session_report *ret_report)
{
    struct dmsc_session_report *report = dmsci_alloc(bridge->ctx, sizeof(*report));
    struct session *s = dmsci_alloc(bridge->ctx, sizeof(*s));
    enum dmsc_err err = DMSC_E_NOMEM;

    if (report == NULL || s == NULL)
        goto out;
    s->bridge = bridge;
    s->report = report;
    err = dmsc_bridge_tell(bridge);
    if (err == DMSC_OK)
        err = run(s, server_id, event, user);
    /* What was refused is kept whatever became of the session; the log has it already. */
    if (err != DMSC_OK) {
        struct dmsc_diag story = *dmsc_diag_get(bridge->ctx);

        if (dmsc_authority_flush(bridge->authority, dmsc_bridge_now(bridge)) != DMSC_OK)
            dmsci_log(bridge->ctx, DMSC_LOG_ERROR, "bridge", "the record of refusals is not kept");
        (void)dmsci_bridge_tell_again(bridge->ctx, &story);
    }
    dmsc_dm1_free(s->dm1);
    dmsci_net_close(s->net);
    dmsci_trust_clear(&s->trust);
    for (size_t i = 0; i < s->override_count; i++)
        dmsci_free(bridge->ctx, s->hosts[i]);
    dmsci_free(bridge->ctx, s->hosts);
    dmsci_free(bridge->ctx, s->overrides);
    if (err == DMSC_OK) {
        *ret_report = *report;
        report->write_back = (struct dmsc_sync_report)DMSC_SYNC_REPORT_INIT;
    }
out:
    if (report != NULL)
        dmsc_session_report_clear(report);
    dmsci_free(bridge->ctx, s);
    dmsci_free(bridge->ctx, report);
    return err;
}
