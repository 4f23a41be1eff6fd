/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dm1/rig.h"
#include "apdu/base/ctx.h"
#include <dmsc/alert.h>
#include <dmsc/mo_ops.h>
#include <dmsc/secret.h>
#include <string.h>

static char own_name[] = "test", own_authority[] = "dm.example.net", root_path[] = ".";

static enum dmsc_err put_list(struct rig *rig, unsigned rights, const char *scope_urn)
{
    char ids[5][16] = { "dm.example.net", "S1", "S2", "S3", "S4" };
    char *id_list[5] = { ids[0], ids[1], ids[2], ids[3], ids[4] };
    struct dmsc_ma_pin pin = { .kind = DMSC_PIN_SPKI };
    struct dmsc_ma_scope scope = { .path = root_path, .rights = (uint16_t)rights };
    char urn[128] = "";
    struct dmsc_ma ma = { .id = 1,
                          .name = own_name,
                          .authority = own_authority,
                          .server_ids = id_list,
                          .server_id_count = 5,
                          .pins = &pin,
                          .pin_count = 1,
                          .scopes = &scope,
                          .scope_count = 1,
                          .not_after = UINT32_MAX,
                          .flags = DMSC_MA_ENABLED };
    struct dmsc_ma_list list = { .ctx = rig->ctx, .version = 1, .entries = &ma, .count = 1 };

    if (scope_urn != NULL) {
        dmsci_copy(urn, scope_urn, strlen(scope_urn) + 1);
        scope.type = DMSC_MO_URN;
        scope.urn = urn;
    }
    return dmsc_authority_set_list(rig->authority, &list);
}

static const struct {
    const char *name;
    uint8_t bit;
} accesses[] = {
    { "Add", DMSC_ACCESS_ADD }, { "Delete", DMSC_ACCESS_DELETE },   { "Exec", DMSC_ACCESS_EXEC },
    { "Get", DMSC_ACCESS_GET }, { "Replace", DMSC_ACCESS_REPLACE }, { "Copy", DMSC_ACCESS_COPY },
};

static uint8_t access_of(const char *text)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(accesses); i++) {
        if (strstr(text, accesses[i].name) != NULL)
            bits |= accesses[i].bit;
    }
    return bits;
}

/* The next field of a line, without the spaces around it; NULL at its end. */
static char *field(char **line)
{
    char *start = *line, *end;

    if (start == NULL)
        return NULL;
    end = strstr(start, " |");
    *line = end == NULL ? NULL : end + 2;
    if (end != NULL)
        *end = '\0';
    while (*start == ' ')
        start++;
    return start;
}

static void option(const char *text, struct dmsc_node_spec *spec)
{
    if (strncmp(text, "acl=", 4) == 0)
        spec->acl = text + 4;
    else if (strncmp(text, "type=", 5) == 0)
        spec->type = text + 5;
    else if (strncmp(text, "title=", 6) == 0)
        spec->title = text + 6;
    else if (strncmp(text, "access=", 7) == 0)
        spec->access = access_of(text + 7);
    else if (strcmp(text, "permanent") == 0)
        spec->flags |= DMSC_NODE_PERMANENT;
    else if (strcmp(text, "secret") == 0)
        spec->flags |= DMSC_NODE_SECRET;
}

static enum dmsc_err add_line(struct rig *rig, char *line)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    const char *uri = field(&line), *format = field(&line), *more;
    struct dmsc_buf octets;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&octets, rig->ctx, 100000);
    if (format == NULL || !dmsc_format_by_name(format, &spec.format))
        return dmsci_fail(rig->ctx, DMSC_E_ARG, "read the tree's line of %s", uri);
    spec.type = spec.format == DMSC_FORMAT_NODE ? "" : "text/plain";
    if (spec.format != DMSC_FORMAT_NODE)
        spec.value = dmsc_bytes_str(field(&line));
    if (spec.format == DMSC_FORMAT_BIN) {
        err = dmsc_hex_decode((const char *)spec.value.p, &octets);
        spec.value = dmsc_buf_bytes(&octets);
    }
    while ((more = field(&line)) != NULL)
        option(more, &spec);
    if (err == DMSC_OK)
        err = dmsc_tree_add(rig->tree, uri, &spec);
    dmsc_buf_clear(&octets);
    return err;
}

static enum dmsc_err put_alert(struct rig *rig, const struct rig_config *config, char *line)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    const char *data;

    alert.type = field(&line);
    alert.source = field(&line);
    alert.correlator = field(&line);
    alert.format = field(&line);
    alert.mark = field(&line);
    data = field(&line);
    alert.data = dmsc_bytes_str(data != NULL ? data : "");
    return dmsc_alert_put(rig->tree,
                          config->server_id != NULL ? config->server_id : "dm.example.net", &alert);
}

static enum dmsc_err fill(struct rig *rig, const struct rig_config *config, const char *text,
                          bool alerts)
{
    enum dmsc_err err = dmsc_tree_begin(rig->tree, "local", RIG_NOW.seconds);

    while (err == DMSC_OK && *text != '\0') {
        size_t n = strcspn(text, "\n");
        char *line = dmsci_strndup(rig->ctx, text, n);

        err = line == NULL ? DMSC_E_NOMEM : DMSC_OK;
        if (err == DMSC_OK && n > 0)
            err = alerts ? put_alert(rig, config, line) : add_line(rig, line);
        dmsci_free(rig->ctx, line);
        text += n + (text[n] != '\0');
    }
    if (err == DMSC_OK)
        return dmsc_tree_commit(rig->tree);
    dmsc_tree_rollback(rig->tree);
    return err;
}

/* Values of secret nodes are sealed with it. */
static enum dmsc_err put_key(struct rig *rig)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;
    enum dmsc_err err =
        dmsc_secret_set(&key, rig->ctx, dmsc_bytes("0123456789abcdef0123456789abcdef", 32));

    if (err == DMSC_OK)
        err = dmsc_store_set_key(rig->store, &key);
    dmsc_secret_clear(&key);
    return err;
}

static enum dmsc_err thing_get(void *user, const char *path, struct dmsc_buf *ret_value)
{
    (void)user;
    if (strcmp(path, "Broken") == 0)
        return dmsci_fail(user, DMSC_E_LINK, "ask the thing");
    return strcmp(path, "Now") == 0 ? dmsc_buf_append_str(ret_value, "42") : DMSC_E_NOTFOUND;
}

static enum dmsc_err thing_set(void *user, const char *path, struct dmsc_bytes value)
{
    if (strcmp(path, "Wanted") == 0 && dmsc_bytes_equal(value, dmsc_bytes("bad", 3)))
        return dmsci_fail(user, DMSC_E_MALFORMED, "take a value");
    return DMSC_OK;
}

static enum dmsc_err thing_exec(void *user, const char *path, struct dmsc_bytes argument)
{
    (void)argument;
    if (strcmp(path, "Run") == 0)
        return DMSC_OK;
    return strcmp(path, "Fail") == 0 ? dmsci_fail(user, DMSC_E_LINK, "run") : DMSC_E_NOTFOUND;
}

static const struct dmsc_mo_ops thing = { .get = thing_get, .set = thing_set, .exec = thing_exec };

enum dmsc_err rig_open(struct rig *rig, struct dmsc_ctx *ctx, const struct rig_config *config)
{
    const char *all = "Add=*&Delete=*&Exec=*&Get=*&Replace=*";
    struct dmsc_dm1_config dm1 = {
        .server_id = config->server_id != NULL ? config->server_id : "dm.example.net",
        .server_uri = RIG_URI,
        .device_id = config->device_id != NULL ? config->device_id : RIG_DEVICE,
        .session_id = config->session_id != NULL ? config->session_id : "1F",
        .server_initiated = config->server_initiated,
        .max_msg_size = config->max_msg_size,
        .max_obj_size = config->max_obj_size,
    };
    enum dmsc_err err;

    if (config->root_acl != NULL)
        all = strcmp(config->root_acl, "default") == 0 ? NULL : config->root_acl;
    *rig = (struct rig){ .ctx = ctx };
    err = dmsc_store_open(ctx, NULL, &rig->store);
    if (err == DMSC_OK && !config->no_key)
        err = put_key(rig);
    if (err == DMSC_OK)
        err = dmsc_tree_open(ctx, rig->store, all, &rig->tree);
    if (err == DMSC_OK)
        err = dmsc_authority_new(ctx, rig->tree, &rig->authority);
    if (err == DMSC_OK && !config->unlisted)
        err = put_list(rig, config->rights != 0 ? config->rights : DMSC_RIGHT_ALL, config->scope);
    if (err == DMSC_OK && config->tree != NULL)
        err = fill(rig, config, config->tree, false);
    if (err == DMSC_OK && config->alerts != NULL)
        err = fill(rig, config, config->alerts, true);
    if (err == DMSC_OK && config->bind != NULL)
        err = dmsc_tree_bind(rig->tree, config->bind, &thing, rig->ctx);
    dm1.tree = rig->tree;
    dm1.authority = rig->authority;
    if (err == DMSC_OK)
        err = dmsc_dm1_new(ctx, &dm1, &rig->dm1);
    return err;
}

void rig_close(struct rig *rig)
{
    dmsc_dm1_free(rig->dm1);
    dmsc_authority_free(rig->authority);
    dmsc_tree_close(rig->tree);
    dmsc_store_close(rig->store);
}

struct dump {
    struct rig *rig;
    struct dmsc_buf *text;
};

static enum dmsc_err dump_value(struct dump *d, const char *uri, const struct dmsc_node *node)
{
    struct dmsc_buf value;
    char hex[3];
    enum dmsc_err err;

    dmsc_buf_init(&value, d->rig->ctx, 10000000);
    err = dmsc_tree_value(d->rig->tree, uri, &value);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(d->text, " | ");
    if (err == DMSC_OK && node->format != DMSC_FORMAT_BIN)
        err = dmsc_buf_append(d->text, dmsc_buf_bytes(&value));
    for (size_t i = 0; i < value.n && err == DMSC_OK && node->format == DMSC_FORMAT_BIN; i++) {
        dmsc_hex_encode(dmsc_bytes(value.p + i, 1), hex);
        err = dmsc_buf_append_str(d->text, hex);
    }
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err dump_node(void *user, const char *uri, const struct dmsc_node *node)
{
    struct dump *d = user;
    enum dmsc_err err = dmsci_buf_printf(d->text, "%s%s | %s", d->text->n > 0 ? "\n" : "", uri,
                                         dmsc_format_name(node->format));

    if (err == DMSC_OK && node->format != DMSC_FORMAT_NODE)
        err = dump_value(d, uri, node);
    if (err == DMSC_OK && node->type[0] != '\0' &&
        (node->format == DMSC_FORMAT_NODE || strcmp(node->type, "text/plain") != 0))
        err = dmsci_buf_printf(d->text, " | type=%s", node->type);
    if (err == DMSC_OK && node->acl[0] != '\0')
        err = dmsci_buf_printf(d->text, " | acl=%s", node->acl);
    if (err == DMSC_OK && node->title[0] != '\0')
        err = dmsci_buf_printf(d->text, " | title=%s", node->title);
    if (err == DMSC_OK && node->verno != 0)
        err = dmsci_buf_printf(d->text, " | verno=%u", (unsigned)node->verno);
    return err;
}

enum dmsc_err rig_dump(struct rig *rig, struct dmsc_buf *ret_text)
{
    struct dump d = { rig, ret_text };

    dmsc_buf_reset(ret_text);
    return dmsc_tree_walk(rig->tree, ".", dump_node, &d);
}

enum dmsc_err rig_message(struct dmsc_buf *ret_xml, unsigned msg_id, const char *header_extra,
                          const char *body)
{
    dmsc_buf_reset(ret_xml);
    return dmsci_buf_printf(ret_xml,
                            "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
                            "<VerProto>DM/1.2</VerProto><SessionID>1F</SessionID><MsgID>%u</MsgID>"
                            "<Target><LocURI>" RIG_DEVICE
                            "</LocURI></Target><Source><LocURI>" RIG_URI
                            "</LocURI></Source>%s</SyncHdr><SyncBody>%s</SyncBody></SyncML>",
                            msg_id, header_extra != NULL ? header_extra : "", body);
}
