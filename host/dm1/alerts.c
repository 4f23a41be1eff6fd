/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts that wait for the server (dmsc/alert.h): sent in package 1, forgotten once it took them
 * (PRO 8.7). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <dmsc/alert.h>
#include <stdio.h>
#include <string.h>

/* One that was sent, until the server says something of it. */
struct dmsci_dm1_alert {
    int64_t id;
    unsigned cmd_id;
};

struct sending {
    struct dmsc_dm1 *dm1;
    struct dmsci_syncml_writer *w;
    unsigned cmd_id;
    enum dmsc_err err;
};

static const char *present(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static enum dmsc_err put(struct sending *s, const struct dmsc_alert *alert)
{
    char cmd_id[12];
    const struct dmsci_syncml_item item = {
        .source = present(alert->source),
        .meta = { .present = true,
                  .type = alert->type,
                  .format = alert->format[0] != '\0' ? alert->format : "chr",
                  .mark = present(alert->mark) },
        .data = alert->data,
    };
    const struct dmsci_syncml_command command = { .kind = DMSCI_N_Alert,
                                                  .cmd_id = cmd_id,
                                                  .data = "1226",
                                                  .correlator = present(alert->correlator),
                                                  .items = &item,
                                                  .item_count = 1 };

    (void)snprintf(cmd_id, sizeof(cmd_id), "%u", s->cmd_id);
    return dmsci_syncml_put(s->w, &command);
}

static bool send_one(void *user, const struct dmsc_alert *alert)
{
    struct sending *s = user;
    struct dmsc_dm1 *dm1 = s->dm1;
    struct dmsci_dm1_alert *alerts =
        dmsci_realloc(dm1->ctx, dm1->alerts, (dm1->alert_count + 1) * sizeof(*alerts));

    if (alerts == NULL) {
        s->err = DMSC_E_NOMEM;
        return false;
    }
    dm1->alerts = alerts;
    s->err = put(s, alert);
    if (s->err != DMSC_OK)
        return false;
    alerts[dm1->alert_count++] = (struct dmsci_dm1_alert){ alert->id, s->cmd_id++ };
    return true;
}

enum dmsc_err dmsci_dm1_put_alerts(struct dmsc_dm1 *dm1, struct dmsci_syncml_writer *w,
                                   unsigned first_cmd_id)
{
    struct sending s = { dm1, w, first_cmd_id, DMSC_OK };
    enum dmsc_err err = dmsc_alert_each(dm1->tree, dm1->server_id, send_one, &s);

    /* What has no room in this message is for the next session. */
    if (err == DMSC_OK && s.err != DMSC_E_LIMIT)
        err = s.err;
    return err;
}

static enum dmsc_err answered(struct dmsc_dm1 *dm1, const struct dmsci_syncml_command *status)
{
    size_t code = 0, ref = 0;

    (void)dmsci_syncml_number(status->data, &code);
    if (!dmsci_syncml_number(status->cmd_ref, &ref) || !dmsci_status_good((unsigned)code))
        return DMSC_OK;
    for (size_t i = 0; i < dm1->alert_count; i++) {
        if (dm1->alerts[i].cmd_id == ref)
            return dmsc_alert_taken(dm1->tree, dm1->server_id, dm1->alerts[i].id);
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_dm1_alerts_answered(struct dmsc_dm1 *dm1,
                                        const struct dmsci_syncml_message *msg)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < msg->command_count && dm1->alert_count > 0 && err == DMSC_OK; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];

        /* CmdIDs count from 1 in each message: what was sent, was sent in our first. */
        if (c->kind == DMSCI_N_Status && c->bad == NULL && c->parent == DMSCI_SYNCML_TOP &&
            c->cmd != NULL && strcmp(c->cmd, "Alert") == 0 && c->msg_ref != NULL &&
            strcmp(c->msg_ref, "1") == 0)
            err = answered(dm1, c);
    }
    return err;
}
