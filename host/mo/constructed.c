/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/constructed.h"
#include "apdu/base/ctx.h"
#include "host/mo/xml.h"
#include <jansson.h>
#include <string.h>
#include <strings.h>

static size_t without_parameters(const char *type)
{
    return strcspn(type, "; \t");
}

bool dmsci_type_is_json(const char *type)
{
    size_t n = strlen(DMSCI_JSON_MIME);

    return type != NULL && without_parameters(type) == n &&
           strncasecmp(type, DMSCI_JSON_MIME, n) == 0;
}

/* RFC 7303: two names, and whatever ends in +xml. */
static bool type_is_xml(const char *type)
{
    size_t n = without_parameters(type);

    return (n == 8 && strncasecmp(type, "text/xml", n) == 0) ||
           (n == 15 && strncasecmp(type, "application/xml", n) == 0) ||
           (n > 4 && strncasecmp(type + n - 4, "+xml", 4) == 0);
}

static enum dmsc_err refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(ctx, err, "take a value");
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

/* Before the parser, which works in recursion, sees it: braces count outside of strings. */
static bool nested_deeper(struct dmsc_bytes json, unsigned most)
{
    unsigned depth = 0;
    bool string = false;

    for (size_t i = 0; i < json.n; i++) {
        uint8_t c = json.p[i];

        if (string && c == '\\')
            i++;
        else if (c == '"')
            string = !string;
        else if (!string && (c == '{' || c == '[') && ++depth > most)
            return true;
        else if (!string && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return false;
}

static enum dmsc_err check_json(struct dmsc_ctx *ctx, struct dmsc_bytes value)
{
    json_error_t error;
    json_t *json;

    if (nested_deeper(value, dmsc_ctx_limits(ctx)->xml_depth))
        return refuse(ctx, DMSC_E_LIMIT, "json:depth", "it is nested too deep");
    json = json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                      &error);
    if (json == NULL)
        return json_error_code(&error) == json_error_out_of_memory
                   ? DMSC_E_NOMEM
                   : refuse(ctx, DMSC_E_MALFORMED, "format:json", error.text);
    json_decref(json);
    return DMSC_OK;
}

static enum dmsc_err on_start(void *user, const char *ns, const char *name)
{
    (void)user;
    (void)ns;
    (void)name;
    return DMSC_OK;
}

static enum dmsc_err on_text(void *user, struct dmsc_bytes text)
{
    (void)user;
    (void)text;
    return DMSC_OK;
}

static enum dmsc_err on_end(void *user)
{
    (void)user;
    return DMSC_OK;
}

static enum dmsc_err check_xml(struct dmsc_ctx *ctx, struct dmsc_bytes value)
{
    static const struct dmsci_xml_events events = { on_start, on_text, on_end, NULL, false };
    enum dmsc_err err = dmsci_xml_parse(ctx, value, dmsc_ctx_limits(ctx)->xml_depth, &events, NULL);

    return err == DMSC_E_MALFORMED
               ? refuse(ctx, err, "format:xml", "it is no well-formed XML document")
               : err;
}

enum dmsc_err dmsci_constructed_check(struct dmsc_ctx *ctx, enum dmsc_format format,
                                      const char *type, struct dmsc_bytes value)
{
    if (value.n == 0 || type == NULL)
        return DMSC_OK;
    if (format == DMSC_FORMAT_CHR && dmsci_type_is_json(type))
        return check_json(ctx, value);
    if (format == DMSC_FORMAT_XML && type_is_xml(type))
        return check_xml(ctx, value);
    return DMSC_OK;
}
