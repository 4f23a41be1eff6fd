/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they are stored and as XML carries them (TND 7.7.2). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include <string.h>
#include <strings.h>

static enum dmsc_err show_value(struct dmsc_dm1 *dm1, const char *uri, const struct dmsc_node *node,
                                struct dmsci_syncml_item *item)
{
    struct dmsc_buf stored, carried;
    enum dmsc_err err;

    dmsc_buf_init(&stored, dm1->ctx, SIZE_MAX / 4);
    dmsc_buf_init(&carried, dm1->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(dm1->tree, uri, &stored);
    if (err == DMSC_OK && node->format == DMSC_FORMAT_BIN)
        err = dmsci_base64_encode(dmsc_buf_bytes(&stored), &carried);
    if (err == DMSC_OK && node->format != DMSC_FORMAT_BIN &&
        !dmsci_text_valid(dmsc_buf_bytes(&stored), true)) {
        err = dmsci_fail(dm1->ctx, DMSC_E_UNSUPPORTED, "write a value as XML");
        dmsci_where(dm1->ctx, "%.180s", uri);
        dmsci_why(dm1->ctx, "xml:character", "a character that XML cannot carry");
    }
    if (err == DMSC_OK)
        err = dmsci_answers_value(
            &dm1->answers, dmsc_buf_bytes(node->format == DMSC_FORMAT_BIN ? &carried : &stored),
            &item->data);
    dmsc_buf_clear(&stored);
    dmsc_buf_clear(&carried);
    return err;
}

enum dmsc_err dmsci_dm1_show(struct dmsc_dm1 *dm1, const char *uri, const struct dmsc_node *node,
                             bool with_data, struct dmsci_syncml_item *item)
{
    struct dmsci_syncml_meta *meta = &item->meta;

    /* META: chr and text/plain are the defaults, and are not written. */
    if (node->format == DMSC_FORMAT_BIN)
        meta->format = "b64";
    else if (node->format != DMSC_FORMAT_CHR)
        meta->format = dmsc_format_name(node->format);
    if (node->type != NULL && node->type[0] != '\0' && strcmp(node->type, "text/plain") != 0) {
        meta->type = dmsci_answers_text(&dm1->answers, node->type);
        if (meta->type == NULL)
            return DMSC_E_NOMEM;
    }
    meta->present = meta->format != NULL || meta->type != NULL;
    if (!with_data || node->format == DMSC_FORMAT_NODE || node->format == DMSC_FORMAT_NULL)
        return DMSC_OK;
    return show_value(dm1, uri, node, item);
}

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* TND 7.7.4: whether base64 stands for octets, or is itself the value, is told by the Type. */
static bool text_type(const char *type)
{
    return type == NULL || type[0] == '\0' || begins(type, "text/") ||
           strstr(type, "xml") != NULL || begins(type, "application/json");
}

/* Formats whose white space around the value means nothing. */
static struct dmsc_bytes trimmed(struct dmsc_bytes value)
{
    static const char space[] = " \t\r\n";

    while (value.n > 0 && memchr(space, value.p[0], sizeof(space) - 1) != NULL) {
        value.p++;
        value.n--;
    }
    while (value.n > 0 && memchr(space, value.p[value.n - 1], sizeof(space) - 1) != NULL)
        value.n--;
    return value;
}

static bool keeps_space(enum dmsc_format format)
{
    return format == DMSC_FORMAT_CHR || format == DMSC_FORMAT_XML || format == DMSC_FORMAT_B64;
}

enum dmsc_format dmsci_dm1_stored_format(const struct dmsci_dm1_op *op, enum dmsc_format format)
{
    if (op->format == NULL || strcasecmp(op->format, "b64") != 0)
        return format;
    if (op->exists && (op->node.format == DMSC_FORMAT_BIN || op->node.format == DMSC_FORMAT_B64))
        return op->node.format;
    return text_type(op->type) ? DMSC_FORMAT_B64 : DMSC_FORMAT_BIN;
}

enum dmsc_err dmsci_dm1_take(struct dmsci_dm1_op *op, enum dmsc_format *format,
                             struct dmsc_buf *ret_value, bool *ret_good)
{
    struct dmsc_bytes value = op->data;
    enum dmsc_err err;

    *ret_good = false;
    *format = dmsci_dm1_stored_format(op, *format);
    /* Octets have no other form in XML, whatever Meta says of them. */
    if (*format == DMSC_FORMAT_BIN) {
        err = dmsci_base64_decode(value, ret_value);
        if (err == DMSC_E_MALFORMED) {
            op->reason = "format:bin";
            return dmsci_dm1_settle(op, 415);
        }
    } else
        err = dmsc_buf_append(ret_value, keeps_space(*format) ? value : trimmed(value));
    if (err == DMSC_OK && ret_value->n > dmsc_ctx_limits(op->dm1->ctx)->node_value)
        return dmsci_dm1_settle(op, 413);
    *ret_good = err == DMSC_OK;
    return err;
}
