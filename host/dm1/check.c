/* SPDX-License-Identifier: Apache-2.0 */
/* What a body of the server is, before anything of it is executed. */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <string.h>
#include <strings.h>

bool dmsci_dm1_is_alert(const struct dmsci_syncml_command *command, enum dmsci_alert code)
{
    size_t value;

    return command->kind == DMSCI_N_Alert && command->parent == DMSCI_SYNCML_TOP &&
           command->bad == NULL && dmsci_syncml_number(command->data, &value) && value == code;
}

/* The host of an https URI: behind the scheme, without user, port and path. */
static struct dmsc_bytes host_of(const char *uri)
{
    static const char scheme[] = "https://";
    const char *host = uri + sizeof(scheme) - 1;
    size_t n;

    if (strncasecmp(uri, scheme, sizeof(scheme) - 1) != 0)
        return dmsc_bytes(NULL, 0);
    n = strcspn(host, "/?#");
    if (memchr(host, '@', n) != NULL || memchr(host, '\\', n) != NULL)
        return dmsc_bytes(NULL, 0);
    if (host[0] == '[') {
        size_t inside = strcspn(host, "]");

        return dmsc_bytes(host, inside < n ? inside + 1 : 0);
    }
    if (memchr(host, ':', n) != NULL)
        n = strcspn(host, ":");
    return dmsc_bytes(host, n);
}

/* RespURI MUST be obeyed (REP 6.1); we go nowhere but to the host that was authenticated. */
static bool resp_uri_fine(const struct dmsc_dm1 *dm1, const char *resp_uri)
{
    struct dmsc_bytes ours = host_of(dm1->server_uri), theirs = host_of(resp_uri);

    /* RFC 3986: graphic ASCII only; nothing that could end a line of a request. */
    for (const char *c = resp_uri; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    return theirs.n > 0 && theirs.n == ours.n &&
           strncasecmp((const char *)ours.p, (const char *)theirs.p, ours.n) == 0;
}

/* Whose message it is: session, device, and a MsgID that goes forward. */
static const char *foreign(const struct dmsc_dm1 *dm1, const struct dmsci_syncml_header *h,
                           size_t *ret_msg_id)
{
    if (strcmp(h->session_id, dm1->session_id) != 0)
        return "a message of another session";
    if (strcmp(h->target, dm1->device_id) != 0)
        return "a message for another device";
    if (!dmsci_syncml_number(h->msg_id, ret_msg_id))
        return "a MsgID that is no number";
    if (dm1->heard && *ret_msg_id < dm1->heard_msg_id)
        return "a MsgID that goes back";
    if (h->resp_uri != NULL && !resp_uri_fine(dm1, h->resp_uri))
        return "a RespURI that leads away from the server";
    return NULL;
}

static bool version_fine(const struct dmsci_syncml_header *h, unsigned *ret_status)
{
    if (h->ver_dtd == NULL || strcmp(h->ver_dtd, DMSCI_SYNCML_VERDTD) != 0)
        *ret_status = 505;
    else if (h->ver_proto == NULL || (strcmp(h->ver_proto, "DM/1.2") != 0 &&
                                      /* the representation of 1.3 is that of 1.2 */
                                      strcmp(h->ver_proto, "DM/1.3") != 0))
        *ret_status = 513;
    else
        return true;
    return false;
}

static bool is_header_status(const struct dmsci_syncml_command *c)
{
    /* Some leave CmdRef out where it is 0. */
    return (c->cmd_ref != NULL && strcmp(c->cmd_ref, "0") == 0) ||
           (c->cmd_ref == NULL && c->cmd != NULL && strcmp(c->cmd, "SyncHdr") == 0);
}

/* The Statuses of our last message that decide about the session. */
static enum dmsci_dm1_event judged(const struct dmsci_syncml_message *msg)
{
    enum dmsci_dm1_event event = DMSCI_DM1_ON_MESSAGE;

    for (size_t i = 0; i < msg->command_count; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];
        size_t code = 0;

        if (dmsci_dm1_is_alert(c, DMSCI_ALERT_SESSION_ABORT))
            return DMSCI_DM1_ON_ABORT;
        if (c->kind != DMSCI_N_Status || c->parent != DMSCI_SYNCML_TOP)
            continue;
        (void)dmsci_syncml_number(c->data, &code);
        /* PRO 9: a client that authenticates on the transport alone cannot answer a challenge. */
        if (code == 401 || code == 407)
            event = DMSCI_DM1_ON_CHALLENGE;
        else if (is_header_status(c) && (code < 100 || code >= 300) &&
                 event == DMSCI_DM1_ON_MESSAGE)
            event = DMSCI_DM1_ON_DENIED;
    }
    return event;
}

static enum dmsc_err remember(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                              size_t msg_id)
{
    const struct dmsci_syncml_header *h = &turn->msg.header;
    size_t size;
    char *resp_uri = NULL;

    if (h->resp_uri != NULL) {
        resp_uri = dmsci_strdup(dm1->ctx, h->resp_uri);
        if (resp_uri == NULL)
            return DMSC_E_NOMEM;
        dmsci_free(dm1->ctx, dm1->resp_uri);
        dm1->resp_uri = resp_uri;
    }
    if (dmsci_syncml_number(h->meta.max_msg_size, &size) && size > 0)
        dm1->peer_max_msg = size;
    if (dmsci_syncml_number(h->meta.max_obj_size, &size) && size > 0)
        dm1->peer_max_obj = size;
    dm1->heard = true;
    dm1->heard_msg_id = msg_id;
    dm1->heard_size = turn->received.n;
    dm1->heard_crc = dmsci_crc32(turn->received);
    return DMSC_OK;
}

static bool heard_before(const struct dmsc_dm1 *dm1, struct dmsc_bytes received)
{
    return received.n == dm1->heard_size && dmsci_crc32(received) == dm1->heard_crc;
}

static enum dmsci_dm1_event classify(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                     size_t *ret_msg_id)
{
    const struct dmsci_syncml_header *h = &turn->msg.header;

    turn->end = foreign(dm1, h, ret_msg_id);
    if (turn->end != NULL)
        return DMSCI_DM1_ON_FOREIGN;
    /* A large value takes as many messages as it takes. */
    if (dm1->report.messages_received > dmsc_ctx_limits(dm1->ctx)->session_messages + dm1->chunks) {
        turn->end = "more messages than a session may have";
        return DMSCI_DM1_ON_FOREIGN;
    }
    if (dm1->heard && *ret_msg_id == dm1->heard_msg_id) {
        turn->end = "a MsgID that was there before, with other content";
        return heard_before(dm1, turn->received) ? DMSCI_DM1_ON_DUPLICATE : DMSCI_DM1_ON_FOREIGN;
    }
    if (!version_fine(h, &turn->header_status))
        return DMSCI_DM1_ON_VERSION;
    return judged(&turn->msg);
}

/* HLF-016: who is taken off the list while he speaks is not heard to the end. */
static bool still_admitted(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn)
{
    struct dmsc_verdict verdict =
        dmsc_authority_admit_entry(dm1->authority, dm1->server_id, dm1->ma_id, turn->now);

    if (verdict.reason == DMSC_ALLOWED)
        return true;
    dmsc_authority_refused(dm1->authority, dm1->server_id, &verdict, turn->now);
    turn->end = dmsc_reason_text(verdict.reason);
    return false;
}

enum dmsc_err dmsci_dm1_classify(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                 enum dmsci_dm1_event *ret_event)
{
    enum dmsci_dm1_event event;
    size_t msg_id = 0;
    enum dmsc_err err = DMSC_OK;

    if (!still_admitted(dm1, turn)) {
        *ret_event = DMSCI_DM1_ON_FOREIGN;
        return DMSC_OK;
    }
    if (turn->received.n > dm1->max_msg_size) {
        turn->end = "a message larger than our MaxMsgSize";
        *ret_event = DMSCI_DM1_ON_BROKEN;
        return DMSC_OK;
    }
    err = dmsci_syncml_decode(dm1->ctx, turn->received, &turn->msg);
    if (err == DMSC_E_NOMEM)
        return err;
    if (err != DMSC_OK) {
        dmsci_log(dm1->ctx, DMSC_LOG_WARN, "dm1", "refused a message: %s (%s)",
                  dmsc_diag_get(dm1->ctx)->why, dmsc_diag_get(dm1->ctx)->reason);
        turn->end = dmsc_diag_get(dm1->ctx)->why;
        *ret_event = DMSCI_DM1_ON_BROKEN;
        return DMSC_OK;
    }
    event = classify(dm1, turn, &msg_id);
    dm1->report.server_aborted = event == DMSCI_DM1_ON_ABORT;
    if (event == DMSCI_DM1_ON_MESSAGE || event == DMSCI_DM1_ON_VERSION)
        err = remember(dm1, turn, msg_id);
    if (err == DMSC_OK)
        *ret_event = event;
    return err;
}
