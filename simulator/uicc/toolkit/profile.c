/* SPDX-License-Identifier: Apache-2.0 */
/* The part "toolkit" of a profile: rules, and the applet. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/profile/parts.h"
#include "simulator/uicc/toolkit/toolkit.h"
#include <stdio.h>
#include <string.h>

#define WHERE_MAX    192u
#define COMMANDS_MAX 32768u
#define TEXT_MAX     255u

static const char *const triggers[] = { "start", "timer", "event", "menu" };

static enum dmsc_err build_trigger(const struct dmsci_sim_node *node,
                                   struct dmsci_sim_rule_on *rule)
{
    const char *on = "", *number = NULL;
    unsigned value = 0;
    uint8_t i = 0;
    enum dmsc_err err = dmsci_sim_json_text(node, "on", &on);

    while (i < DMSCI_ARRAY_LEN(triggers) && strcmp(triggers[i], on) != 0)
        i++;
    if (err == DMSC_OK && i == DMSCI_ARRAY_LEN(triggers))
        err = dmsci_sim_json_wrong(node, "on", "profile:value",
                                   "one of start, timer, event, menu is wanted");
    rule->trigger = i;
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "number", &number);
    if (err == DMSC_OK && (number == NULL) != (i == DMSCI_SIM_ON_START))
        err = dmsci_sim_json_wrong(node, "number", "profile:missing",
                                   "timer, event and menu have one, start has none");
    if (err == DMSC_OK && number != NULL)
        err = dmsci_sim_json_id(node, "number", number, 2, &value);
    rule->number = (uint8_t)value;
    return err;
}

/* Queued once and forgotten, so that mistakes show now. */
static enum dmsc_err add_command(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                 const json_t *text)
{
    struct dmsc_buf *commands = &sim->toolkit->commands;
    struct dmsc_buf command;
    uint8_t length[2];
    enum dmsc_err err;

    dmsc_buf_init(&command, sim->ctx, DMSCI_SIM_COMMAND_MAX);
    err = json_is_string(text) ? dmsc_hex_decode(json_string_value(text), &command)
                               : DMSC_E_MALFORMED;
    if (err == DMSC_OK)
        err = dmsc_sim_queue(sim, dmsc_buf_bytes(&command));
    dmsci_sim_cat_clear(sim);
    if (err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT)
        err = dmsci_sim_json_wrong(node, "send", "profile:value",
                                   "D0 templates with command details in hex are wanted");
    length[0] = (uint8_t)(command.n >> 8);
    length[1] = (uint8_t)command.n;
    if (err == DMSC_OK)
        err = dmsc_buf_append(commands, dmsc_bytes(length, sizeof(length)));
    if (err == DMSC_OK)
        err = dmsc_buf_append(commands, dmsc_buf_bytes(&command));
    dmsc_buf_clear(&command);
    return err;
}

static enum dmsc_err build_rule(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                struct dmsci_sim_rule_on *rule)
{
    static const char *const known[] = { "on", "number", "send", "pull", "comment", NULL };
    const json_t *list = json_object_get(node->object, "send");
    uint32_t at = (uint32_t)sim->toolkit->commands.n;
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = build_trigger(node, rule);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "pull", &rule->pulls);
    if (err == DMSC_OK && rule->pulls && !sim->toolkit->applet.present)
        err = dmsci_sim_json_wrong(node, "pull", "profile:value", "there is no \"applet\"");
    if (err == DMSC_OK && list != NULL && !json_is_array(list))
        err = dmsci_sim_json_wrong(node, "send", "profile:type", "an array is wanted");
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++)
        err = add_command(sim, node, json_array_get(list, i));
    rule->sends = (struct dmsci_sim_slice){ at, (uint16_t)(sim->toolkit->commands.n - at) };
    return err;
}

static enum dmsc_err build_rules(struct dmsc_sim *sim, const struct dmsci_sim_node *toolkit)
{
    const json_t *list = json_object_get(toolkit->object, "rules");
    enum dmsc_err err = DMSC_OK;

    if (list != NULL && (!json_is_array(list) || json_array_size(list) > DMSCI_SIM_RULES_MAX))
        return dmsci_sim_json_wrong(toolkit, "rules", "profile:type",
                                    "an array of at most %u rules is wanted", DMSCI_SIM_RULES_MAX);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, toolkit->file, where,
                                             json_array_get(list, i) };

        (void)snprintf(where, sizeof(where), "toolkit.rules[%zu]", i);
        err = build_rule(sim, &node, &sim->toolkit->rules[sim->toolkit->n_rules]);
        if (err == DMSC_OK)
            sim->toolkit->n_rules++;
    }
    return err;
}

/* The request is the same every time. */
static enum dmsc_err build_request(struct dmsci_sim_applet *applet, const char *path)
{
    const uint8_t *a = applet->address;

    return dmsci_buf_printf(&applet->request,
                            "GET %s HTTP/1.0\r\nHost: %u.%u.%u.%u:%u\r\nAccept: */*\r\n\r\n",
                            path[0] != '\0' ? path : "/", a[0], a[1], a[2], a[3], applet->port);
}

static enum dmsc_err build_applet(struct dmsc_sim *sim, const struct dmsci_sim_node *toolkit)
{
    static const char *const known[] = { "url", "file", "comment", NULL };
    const struct dmsci_sim_node node = { sim->ctx, toolkit->file, "toolkit.applet",
                                         json_object_get(toolkit->object, "applet") };
    struct dmsci_sim_applet *applet = &sim->toolkit->applet;
    const char *url = "", *file = "", *path = "";
    unsigned index;
    enum dmsc_err err;

    if (node.object == NULL)
        return DMSC_OK;
    err = dmsci_sim_json_known(&node, known);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(&node, "url", &url);
    if (err == DMSC_OK &&
        (strlen(url) > TEXT_MAX || !dmsci_sim_http_url(url, applet->address, &applet->port, &path)))
        err = dmsci_sim_json_wrong(&node, "url", "profile:value",
                                   "like http://192.0.2.1:8080/path, with an IPv4 address");
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(&node, "file", &file);
    if (err != DMSC_OK)
        return err;
    index = dmsci_sim_fs_by_text(&sim->fs, file);
    if (index == DMSCI_SIM_NO_FILE || sim->fs.files[index].kind != DMSCI_SIM_TRANSPARENT)
        return dmsci_sim_json_wrong(&node, "file", "profile:path",
                                    "there is no such transparent EF in files");
    dmsc_buf_init(&applet->response, sim->ctx, DMSCI_SIM_HEAD_MAX + sim->fs.files[index].size);
    err = dmsc_buf_append_str(&applet->url, url);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&applet->file, file);
    if (err == DMSC_OK)
        err = build_request(applet, path);
    applet->present = err == DMSC_OK;
    return err;
}

enum dmsc_err dmsci_sim_toolkit_build(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    static const char *const known[] = { "rules", "applet", "comment", NULL };
    const struct dmsci_sim_node node = { sim->ctx, top->file, "toolkit",
                                         json_object_get(top->object, "toolkit") };
    struct dmsci_sim_applet *applet;
    enum dmsc_err err;

    if (node.object == NULL)
        return DMSC_OK;
    err = dmsci_sim_json_known(&node, known);
    if (err != DMSC_OK)
        return err;
    sim->toolkit = dmsci_alloc(sim->ctx, sizeof(*sim->toolkit));
    if (sim->toolkit == NULL)
        return DMSC_E_NOMEM;
    applet = &sim->toolkit->applet;
    dmsc_buf_init(&sim->toolkit->commands, sim->ctx, COMMANDS_MAX);
    dmsc_buf_init(&applet->url, sim->ctx, TEXT_MAX + 1);
    dmsc_buf_init(&applet->file, sim->ctx, DMSCI_SIM_PATH_TEXT);
    dmsc_buf_init(&applet->request, sim->ctx, DMSCI_SIM_REQUEST_MAX);
    dmsc_buf_init(&applet->response, sim->ctx, 0);
    err = build_applet(sim, &node);
    return err == DMSC_OK ? build_rules(sim, &node) : err;
}

void dmsci_sim_toolkit_free(struct dmsc_sim *sim)
{
    if (sim->toolkit == NULL)
        return;
    dmsc_buf_clear(&sim->toolkit->commands);
    dmsc_buf_clear(&sim->toolkit->applet.url);
    dmsc_buf_clear(&sim->toolkit->applet.file);
    dmsc_buf_clear(&sim->toolkit->applet.request);
    dmsc_buf_clear(&sim->toolkit->applet.response);
    dmsci_free(sim->ctx, sim->toolkit);
    sim->toolkit = NULL;
}

static enum dmsc_err put_rule(const struct dmsci_sim_toolkit *t,
                              const struct dmsci_sim_rule_on *rule, struct dmsc_buf *out)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(t->commands.p + rule->sends.at, rule->sends.n));
    char hex[2 * DMSCI_SIM_COMMAND_MAX + 1];
    enum dmsc_err err = dmsci_buf_printf(out, "{\"on\": \"%s\"", triggers[rule->trigger]);
    bool first = true;

    if (err == DMSC_OK && rule->trigger != DMSCI_SIM_ON_START)
        err = dmsci_buf_printf(out, ", \"number\": \"%02X\"", rule->number);
    if (err == DMSC_OK)
        err = dmsci_buf_printf(out, ", \"pull\": %s, \"send\": [", rule->pulls ? "true" : "false");
    while (err == DMSC_OK && r.n > 0 && !r.bad) {
        uint16_t n = dmsc_rd_u16(&r);

        dmsc_hex_encode(dmsc_rd_bytes(&r, n), hex);
        err = dmsci_buf_printf(out, "%s\"%s\"", first ? "" : ", ", hex);
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "]}") : err;
}

enum dmsc_err dmsci_sim_toolkit_dump(const struct dmsc_sim *sim, struct dmsc_buf *out)
{
    const struct dmsci_sim_toolkit *t = sim->toolkit;
    enum dmsc_err err;

    if (t == NULL)
        return DMSC_OK;
    err = dmsc_buf_append_str(out, "  \"toolkit\": {");
    /* A URL and a path have no character that JSON escapes but the quotation mark, which neither
     * takes. */
    if (err == DMSC_OK && t->applet.present)
        err = dmsci_buf_printf(out, "\n    \"applet\": {\"url\": \"%s\", \"file\": \"%s\"},",
                               dmsc_buf_str(&t->applet.url), dmsc_buf_str(&t->applet.file));
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(out, "\n    \"rules\": [");
    for (unsigned i = 0; err == DMSC_OK && i < t->n_rules; i++) {
        err = dmsc_buf_append_str(out, i > 0 ? ",\n      " : "\n      ");
        if (err == DMSC_OK)
            err = put_rule(t, &t->rules[i], out);
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "\n    ]\n  },\n") : err;
}
