/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/json/value.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum dmsc_err bad(struct dmsc_ctx *ctx, const char *reason, const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "take a value from JSON");
    dmsci_why(ctx, reason, "%s", why);
    return DMSC_E_MALFORMED;
}

bool dmsci_json_constructed(const json_t *json)
{
    const char *form = json_string_value(json_object_get(json, "$fmt"));

    return form != NULL && strcmp(form, "json") == 0 && json_object_get(json, "$v") != NULL &&
           json_object_size(json) == 2;
}

enum dmsc_format dmsci_json_format(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_INTEGER:
        return DMSC_FORMAT_INT;
    case JSON_REAL:
        return DMSC_FORMAT_FLOAT;
    case JSON_TRUE:
    case JSON_FALSE:
        return DMSC_FORMAT_BOOL;
    case JSON_NULL:
        return DMSC_FORMAT_NULL;
    case JSON_OBJECT:
        return dmsci_json_constructed(json) ? DMSC_FORMAT_CHR : DMSC_FORMAT_NODE;
    default:
        return DMSC_FORMAT_CHR;
    }
}

static enum dmsc_err given(json_t *json, json_t **ret_value)
{
    *ret_value = json;
    return json == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err text_json(struct dmsc_bytes value, json_t **ret_value)
{
    return given(json_stringn((const char *)value.p, value.n), ret_value);
}

static enum dmsc_err base64_json(struct dmsc_ctx *ctx, struct dmsc_bytes value, json_t **ret_value)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, SIZE_MAX / 2);
    err = dmsci_base64_encode(value, &text);
    if (err == DMSC_OK)
        err = text_json(dmsc_buf_bytes(&text), ret_value);
    dmsc_buf_clear(&text);
    return err;
}

/* A number with a NUL behind it, for the C library. */
static enum dmsc_err number_json(bool real, struct dmsc_bytes value, json_t **ret_value)
{
    char text[64];
    double number;

    if (value.n >= sizeof(text))
        return text_json(value, ret_value);
    dmsci_copy(text, value.p, value.n);
    text[value.n] = '\0';
    if (!real)
        return given(json_integer(strtoll(text, NULL, 10)), ret_value);
    /* JSON has no INF and no NaN: they stay text. */
    number = strtod(text, NULL);
    return isfinite(number) ? given(json_real(number), ret_value) : text_json(value, ret_value);
}

/* "20260131" and "163000" in the extended form; what is written that way already stays. */
static enum dmsc_err moment_json(struct dmsc_ctx *ctx, char separator, const unsigned cuts[2],
                                 size_t basic, struct dmsc_bytes value, json_t **ret_value)
{
    struct dmsc_buf text;
    enum dmsc_err err = DMSC_OK;

    if (value.n < basic || memchr(value.p, separator, value.n) != NULL)
        return text_json(value, ret_value);
    dmsc_buf_init(&text, ctx, 64);
    for (size_t i = 0; i < value.n && err == DMSC_OK; i++) {
        if (i == cuts[0] || i == cuts[1])
            err = dmsc_buf_append_u8(&text, (uint8_t)separator);
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(&text, value.p[i]);
    }
    if (err == DMSC_OK)
        err = text_json(dmsc_buf_bytes(&text), ret_value);
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err constructed_json(struct dmsc_ctx *ctx, struct dmsc_bytes value,
                                      json_t **ret_value)
{
    json_t *inner =
        json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    if (inner == NULL)
        return bad(ctx, "json:constructed", "the leaf holds no JSON");
    return given(json_pack("{s:s,s:o}", "$fmt", "json", "$v", inner), ret_value);
}

enum dmsc_err dmsci_json_of_value(struct dmsc_ctx *ctx, enum dmsc_format format, const char *type,
                                  struct dmsc_bytes value, json_t **ret_value)
{
    static const unsigned date_cuts[] = { 4, 6 }, time_cuts[] = { 2, 4 };

    if (format == DMSC_FORMAT_CHR && dmsci_type_is_json(type) && value.n > 0)
        return constructed_json(ctx, value, ret_value);
    if (format == DMSC_FORMAT_CHR || format == DMSC_FORMAT_XML || format == DMSC_FORMAT_B64)
        return text_json(value, ret_value);
    if (format == DMSC_FORMAT_BIN)
        return base64_json(ctx, value, ret_value);
    if (value.n == 0 || format == DMSC_FORMAT_NULL)
        return given(json_null(), ret_value);
    switch (format) {
    case DMSC_FORMAT_INT:
        return number_json(false, value, ret_value);
    case DMSC_FORMAT_FLOAT:
        return number_json(true, value, ret_value);
    case DMSC_FORMAT_BOOL:
        return given(json_boolean(value.p[0] == 't'), ret_value);
    case DMSC_FORMAT_DATE:
        return moment_json(ctx, '-', date_cuts, 8, value, ret_value);
    default:
        return moment_json(ctx, ':', time_cuts, 6, value, ret_value);
    }
}

struct put {
    struct dmsc_buf *text;
    enum dmsc_err err;
};

static int put_piece(const char *piece, size_t n, void *user)
{
    struct put *put = user;

    put->err = dmsc_buf_append(put->text, dmsc_bytes(piece, n));
    return put->err == DMSC_OK ? 0 : -1;
}

enum dmsc_err dmsci_json_put(const json_t *json, size_t flags, struct dmsc_buf *ret_text)
{
    struct put put = { ret_text, DMSC_OK };
    size_t before = ret_text->n;

    if (json_dump_callback(json, put_piece, &put, flags) == 0)
        return DMSC_OK;
    dmsc_buf_truncate(ret_text, before);
    return put.err != DMSC_OK ? put.err : DMSC_E_NOMEM;
}

static enum dmsc_err put_string(struct dmsc_ctx *ctx, enum dmsc_format format,
                                struct dmsc_bytes text, struct dmsc_buf *ret_value)
{
    enum dmsc_err err;

    if (format != DMSC_FORMAT_BIN)
        return dmsc_buf_append(ret_value, text);
    err = dmsci_base64_decode(text, ret_value);
    return err == DMSC_E_MALFORMED ? bad(ctx, "json:base64", "the text is no base64") : err;
}

enum dmsc_err dmsci_json_to_value(struct dmsc_ctx *ctx, enum dmsc_format format, bool constructed,
                                  const json_t *json, struct dmsc_buf *ret_value)
{
    if (dmsci_json_constructed(json))
        return constructed
                   ? dmsci_json_put(json_object_get(json, "$v"),
                                    JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS, ret_value)
                   : bad(ctx, "json:constructed", "the leaf takes a single value");
    switch (json_typeof(json)) {
    case JSON_NULL: /* the leaf has no value */
        return DMSC_OK;
    case JSON_STRING: /* digits, "true", dates: whether it is a value of the format is checked */
        return put_string(ctx, format,
                          dmsc_bytes(json_string_value(json), json_string_length(json)), ret_value);
    case JSON_INTEGER:
        if (format == DMSC_FORMAT_INT || format == DMSC_FORMAT_FLOAT)
            return dmsci_buf_printf(ret_value, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        break;
    case JSON_REAL:
        if (format == DMSC_FORMAT_FLOAT)
            return dmsci_buf_printf(ret_value, "%.17g", json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        if (format == DMSC_FORMAT_BOOL)
            return dmsc_buf_append_str(ret_value, json_is_true(json) ? "true" : "false");
        break;
    default:
        break;
    }
    return bad(ctx, "json:type", "a value of another type is wanted");
}
