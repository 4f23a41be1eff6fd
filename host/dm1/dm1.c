/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing the engine. */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PRO: 1 to 4 upper-case hex digits without a leading zero. */
static bool session_id_good(const char *id)
{
    size_t n = id == NULL ? 0 : strspn(id, "0123456789ABCDEF");

    return n >= 1 && n <= 4 && id[n] == '\0' && id[0] != '0';
}

static bool text_there(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static enum dmsc_err check(struct dmsc_ctx *ctx, const struct dmsc_dm1_config *config)
{
    const char *why = NULL;

    if (config->tree == NULL || config->authority == NULL)
        why = "no tree or no authority";
    else if (!text_there(config->server_id) || !text_there(config->device_id))
        why = "no ServerID or no device id";
    else if (config->server_uri == NULL || strncmp(config->server_uri, "https://", 8) != 0)
        why = "the server's address is not an https URI";
    else if (!session_id_good(config->session_id))
        why = "the SessionID is not 1 to 4 upper-case hex digits";
    if (why == NULL)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_ARG, "prepare a DM session");
    dmsci_why(ctx, "dm1:config", "%s", why);
    return DMSC_E_ARG;
}

static size_t smaller(size_t wanted, size_t limit)
{
    return wanted > 0 && wanted < limit ? wanted : limit;
}

static enum dmsc_err copy_texts(struct dmsc_dm1 *dm1, const struct dmsc_dm1_config *config)
{
    size_t n = strlen(config->server_id) + sizeof("ma:");

    dm1->ma_id = config->ma_id;
    dm1->server_id = dmsci_strdup(dm1->ctx, config->server_id);
    dm1->server_uri = dmsci_strdup(dm1->ctx, config->server_uri);
    dm1->device_id = dmsci_strdup(dm1->ctx, config->device_id);
    dm1->session_id = dmsci_strdup(dm1->ctx, config->session_id);
    dm1->actor = dmsci_alloc(dm1->ctx, n);
    if (dm1->server_id == NULL || dm1->server_uri == NULL || dm1->device_id == NULL ||
        dm1->session_id == NULL || dm1->actor == NULL)
        return DMSC_E_NOMEM;
    (void)snprintf(dm1->actor, n, "ma:%s", config->server_id);
    dm1->session = (uint32_t)strtoul(config->session_id, NULL, 16);
    if (dm1->session == 0) /* would count as no session */
        dm1->session = 1;
    return DMSC_OK;
}

/* As it is carried: base64 of octets in XML. */
static size_t largest_object(const struct dmsc_limits *limits)
{
    size_t groups = limits->large_value / 3 + 1;

    return groups > SIZE_MAX / 4 ? SIZE_MAX : groups * 4;
}

enum dmsc_err dmsc_dm1_new(struct dmsc_ctx *ctx, const struct dmsc_dm1_config *config,
                           struct dmsc_dm1 **ret_dm1)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(ctx);
    struct dmsc_dm1 *dm1;
    enum dmsc_err err = check(ctx, config);

    if (err != DMSC_OK)
        return err;
    dm1 = dmsci_alloc(ctx, sizeof(*dm1));
    if (dm1 == NULL)
        return DMSC_E_NOMEM;
    dm1->ctx = dm1->answers.ctx = ctx;
    dm1->tree = config->tree;
    dm1->authority = config->authority;
    dm1->server_initiated = config->server_initiated;
    dm1->max_msg_size = smaller(config->max_msg_size, limits->message_size);
    dm1->max_obj_size = smaller(config->max_obj_size, largest_object(limits));
    err = copy_texts(dm1, config);
    if (err != DMSC_OK) {
        dmsc_dm1_free(dm1);
        return err;
    }
    *ret_dm1 = dm1;
    return DMSC_OK;
}

void dmsc_dm1_free(struct dmsc_dm1 *dm1)
{
    if (dm1 == NULL)
        return;
    dmsci_dm1_object_drop(dm1);
    dmsci_answers_clear(&dm1->answers);
    dmsc_buf_clear(&dm1->sent);
    dmsc_buf_clear(&dm1->window);
    dmsci_free(dm1->ctx, dm1->alerts);
    dmsci_free(dm1->ctx, dm1->resp_uri);
    dmsci_free(dm1->ctx, dm1->server_id);
    dmsci_free(dm1->ctx, dm1->server_uri);
    dmsci_free(dm1->ctx, dm1->device_id);
    dmsci_free(dm1->ctx, dm1->session_id);
    dmsci_free(dm1->ctx, dm1->actor);
    dmsci_free(dm1->ctx, dm1);
}

const struct dmsc_dm1_report *dmsc_dm1_report(const struct dmsc_dm1 *dm1)
{
    return &dm1->report;
}

void dmsc_dm1_watch(struct dmsc_dm1 *dm1,
                    void (*event)(void *user, const struct dmsc_dm1_event *event), void *user)
{
    dm1->watch = event;
    dm1->watch_user = user;
}
