/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets in words. */
#include "host/cli/ota/ota.h"
#include <dmsc/apdu.h>
#include <stdio.h>
#include <string.h>

static const struct cli_column columns[] = {
    { "form", "came as" },
    { "address", "from" },
    { "kind", "kind" },
    { "status_text", "status" },
    { "try", "try" },
    { "tar", "TAR" },
    { "spi", "SPI" },
    { "integrity", "integrity" },
    { "ciphering", "ciphering" },
    { "counter_text", "counter" },
    { "por_text", "answer asked" },
    { "kic_text", "KIc" },
    { "kid_text", "KID" },
    { "padding", "padding" },
    { "content", "content" },
    { NULL, NULL },
};

static void set(json_t *record, const char *key, json_t *value)
{
    (void)json_object_set_new(record, key, value);
}

static json_t *key_text(uint8_t coding, const char *algorithm)
{
    return json_sprintf("%02X: key set %u, %s", coding, coding >> 4, algorithm);
}

static const char *verdict(const struct dmsc_ota_packet *p)
{
    return p->authenticated ? "right" : "not checked";
}

/* Of a response: the command had asked for it, and this is an error in clear. */
static const char *none(const struct dmsc_ota_packet *p, bool keys)
{
    return keys && (p->spi[1] >> 2 & 3) != 0 ? "none: in clear, so anybody may have sent it"
                                             : "none";
}

static void describe_command(json_t *r, const struct dmsc_ota_packet *p)
{
    set(r, "integrity",
        p->check_size == 0
            ? json_string("none")
            : json_sprintf("%s of %zu bytes, %s", dmsc_ota_words(p, DMSC_OTA_INTEGRITY),
                           p->check_size, verdict(p)));
    set(r, "ciphering", json_string(dmsc_ota_words(p, DMSC_OTA_CIPHERING)));
    set(r, "kic_text", key_text(p->kic, dmsc_ota_words(p, DMSC_OTA_KIC)));
    set(r, "kid_text", key_text(p->kid, dmsc_ota_words(p, DMSC_OTA_KID)));
    set(r, "por_text",
        (p->spi[1] & 3) == 0
            ? json_string("never")
            : json_sprintf("%s, integrity %s, %s, by %s", dmsc_ota_words(p, DMSC_OTA_POR),
                           dmsc_ota_words(p, DMSC_OTA_POR_INTEGRITY),
                           dmsc_ota_words(p, DMSC_OTA_POR_CIPHERING),
                           dmsc_ota_words(p, DMSC_OTA_POR_WAY)));
    set(r, "spi", json_sprintf("%02X%02X", p->spi[0], p->spi[1]));
    set(r, "kic", json_sprintf("%02X", p->kic));
    set(r, "kid", json_sprintf("%02X", p->kid));
}

static void describe_response(json_t *r, const struct dmsc_ota_packet *p, bool keys)
{
    set(r, "integrity",
        p->check_size == 0 ? json_string(none(p, keys))
                           : json_sprintf("%zu bytes, %s", p->check_size, verdict(p)));
    if (!p->opened)
        return;
    set(r, "ciphering", json_string(p->ciphered ? "ciphered" : "in clear"));
    set(r, "status", json_sprintf("%02X", p->sts));
    set(r, "status_text", json_sprintf("%02X %s", p->sts, dmsc_ota_sts_text(p->sts)));
    if (dmsc_ota_sts_hint(p->sts)[0] != '\0')
        set(r, "try", json_string(dmsc_ota_sts_hint(p->sts)));
}

/* An array of what is in it; NULL when it cannot be taken apart. */
static void add_item(void *user, const struct dmsc_ota_item *item)
{
    struct cli_rows *list = user;
    json_t *o =
        json_pack("{s:s,s:o}", "name", item->name, "value", cli_hex(list->cli, item->value));

    if (o == NULL)
        return;
    if (item->has_sw) {
        set(o, "sw", json_sprintf("%04X", item->sw));
        set(o, "text", json_string(dmsc_sw_text(item->sw)));
    }
    if (item->words != NULL)
        set(o, "text", json_string(item->words));
    (void)json_array_append_new(list->rows, o);
}

static json_t *items_of(struct cli *cli, const struct dmsc_ota_packet *p, struct dmsc_bytes data)
{
    struct cli_rows list = { cli, json_array() };

    if (!p->opened || data.n == 0 ||
        dmsc_ota_script_each(cli->ctx, data, p->kind == DMSC_OTA_RESPONSE, add_item, &list) !=
            DMSC_OK) {
        dmsc_diag_clear(cli->ctx); /* data of an application of its own is none of ours */
        json_decref(list.rows);
        return NULL;
    }
    return list.rows;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static void say_items(struct cli *cli, json_t *items)
{
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item) cli_say(
        cli, "  %-16s %s%s%s%s%s", text_of(item, "name"), text_of(item, "value"),
        text_of(item, "value")[0] != '\0' && text_of(item, "sw")[0] != '\0' ? " " : "",
        text_of(item, "sw"), text_of(item, "text")[0] != '\0' ? "  " : "", text_of(item, "text"));
}

bool cli_ota_succeeded(struct cli *cli, const struct dmsc_ota_packet *p, struct dmsc_bytes data)
{
    json_t *items = items_of(cli, p, data), *item;
    bool done = p->opened && p->sts == 0;
    size_t i;

    json_array_foreach(items, i, item)
    {
        unsigned sw = 0x9000;

        if (sscanf(text_of(item, "sw"), "%4X", &sw) == 1 && !dmsc_sw_done((uint16_t)sw))
            done = false;
        if (strcmp(text_of(item, "name"), "bad format") == 0)
            done = false;
    }
    json_decref(items);
    return done;
}

/* What the text form joins is apart in the JSON. */
static void leave_out(json_t *record, bool json)
{
    static const char *const texts[] = { "status_text", "counter_text" };

    for (size_t i = 0; json && i < sizeof(texts) / sizeof(texts[0]); i++)
        (void)json_object_del(record, texts[i]);
}

static enum dmsc_err show_record(struct cli *cli, json_t *record)
{
    struct cli_column used[sizeof(columns) / sizeof(columns[0])];
    size_t n = 0;

    if (cli->json)
        return cli_json(cli, record);
    for (size_t i = 0; columns[i].key != NULL; i++) {
        if (json_object_get(record, columns[i].key) != NULL)
            used[n++] = columns[i];
    }
    used[n] = (struct cli_column){ NULL, NULL };
    return cli_record(cli, used, record);
}

enum dmsc_err cli_ota_show(struct cli *cli, json_t *record, const struct dmsc_ota_packet *p,
                           struct dmsc_bytes data, bool keys)
{
    json_t *items = items_of(cli, p, data);
    enum dmsc_err err;

    set(record, "kind",
        json_string(p->kind == DMSC_OTA_COMMAND ? "command packet" : "response packet"));
    set(record, "tar", cli_hex(cli, dmsc_bytes(p->tar, 3)));
    if (p->kind == DMSC_OTA_COMMAND)
        describe_command(record, p);
    else
        describe_response(record, p, keys);
    set(record, "opened", json_boolean(p->opened));
    set(record, "authenticated", json_boolean(p->authenticated));
    if (p->opened) {
        set(record, "counter", json_integer((json_int_t)p->counter));
        set(record, "counter_text",
            p->kind == DMSC_OTA_COMMAND ? json_sprintf("%llu, %s", (unsigned long long)p->counter,
                                                       dmsc_ota_words(p, DMSC_OTA_COUNTER))
                                        : json_sprintf("%llu", (unsigned long long)p->counter));
        set(record, "padding", json_integer(p->padding));
        if (cli->json || (items == NULL && data.n > 0))
            set(record, "content", cli_hex(cli, data));
    } else {
        set(record, "content", json_string(keys ? "-" : "not known without the keys"));
    }
    if (items != NULL)
        set(record, "items", json_incref(items));
    leave_out(record, cli->json);
    err = show_record(cli, record);
    if (err == DMSC_OK)
        say_items(cli, items);
    json_decref(items);
    return err;
}
