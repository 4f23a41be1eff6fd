/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a ClientURI (DM 2.0 clause 6.1), strictly. */
#include "host/mo/client_uri/client_uri.h"
#include "host/mo/uri.h"
#include <string.h>

static enum dmsc_err bad(struct dmsc_ctx *ctx, const char *text, const char *reason,
                         const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a ClientURI");
    dmsci_where(ctx, "%.180s", text);
    dmsci_why(ctx, reason, "%s", why);
    return DMSC_E_MALFORMED;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoding decoded in place. false: broken, or it makes what no name or value can hold. */
static bool decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        int high, low;

        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        high = digit(from[1]);
        low = high < 0 ? -1 : digit(from[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high << 4 | low);
        from += 2;
    }
    *to = '\0';
    return dmsci_text_valid(dmsc_bytes_str(text), false);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "(x)" */
static char x_name(const char *text, size_t n)
{
    return n == 3 && text[0] == '(' && is_letter(text[1]) && text[2] == ')' ? text[1] : '\0';
}

/* A segment as it stands: decoding comes behind the look at what it is. */
static enum dmsc_err read_place(struct dmsci_client_uri *u, char *segment, const char *whole,
                                struct dmsci_place *ret_place)
{
    char letter = x_name(segment, strlen(segment));

    *ret_place = (struct dmsci_place){ DMSCI_PLACE_NAME, segment, letter };
    if (strcmp(segment, "*") == 0)
        ret_place->kind = DMSCI_PLACE_ANY;
    else if (letter != '\0')
        ret_place->kind = DMSCI_PLACE_X;
    else if (strpbrk(segment, "()*&=#") != NULL)
        return bad(u->ctx, whole, "client-uri:segment", "a name holds what must be encoded");
    else if (!decode(segment) || strchr(segment, '/') != NULL)
        return bad(u->ctx, whole, "client-uri:percent", "a name is not encoded as it must be");
    return DMSC_OK;
}

static enum dmsc_err read_path(struct dmsci_client_uri *u, char *path, const char *whole)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && path != NULL && *path != '\0') {
        char *next = strchr(path, '/');

        if (next != NULL)
            *next++ = '\0';
        if (*path == '\0')
            return bad(u->ctx, whole, "client-uri:empty-segment",
                       "nothing stands between two \"/\"");
        if (u->path_count == DMSCI_CLIENT_URI_SEGMENTS) {
            (void)dmsci_fail(u->ctx, DMSC_E_LIMIT, "read a ClientURI");
            dmsci_why(u->ctx, "client-uri:depth", "it has more than 32 segments");
            return DMSC_E_LIMIT;
        }
        err = read_place(u, path, whole, &u->path[u->path_count]);
        if (err == DMSC_OK && strcmp(u->path[u->path_count].name, ".") == 0)
            err = bad(u->ctx, whole, "client-uri:dot-segment", "\".\" is no name");
        if (err == DMSC_OK && strcmp(u->path[u->path_count].name, "..") == 0)
            err = bad(u->ctx, whole, "client-uri:dot-segment", "\"..\" is no name");
        u->path_count++;
        path = next;
    }
    return err;
}

/* "(x)/A/B:value" */
static enum dmsc_err read_condition(struct dmsci_client_uri *u, char *text, const char *whole)
{
    struct dmsci_condition *nv = &u->nv[u->nv_count];
    char *colon = strchr(text, ':');

    if (u->nv_count == DMSCI_CLIENT_URI_CONDITIONS) {
        (void)dmsci_fail(u->ctx, DMSC_E_LIMIT, "read a ClientURI");
        dmsci_why(u->ctx, "client-uri:conditions", "it has more than 16 conditions");
        return DMSC_E_LIMIT;
    }
    if (colon == NULL || strlen(text) < 4 || (nv->letter = x_name(text, 3)) == '\0' ||
        (text[3] != '/' && text[3] != ':'))
        return bad(u->ctx, whole, "client-uri:condition", "a condition is (x)/path:value");
    *colon++ = '\0';
    nv->path = text[3] == '/' ? text + 4 : "";
    nv->value = colon;
    if (strpbrk(colon, "()*=") != NULL || (text[3] == '/' && strpbrk(nv->path, "()*=") != NULL))
        return bad(u->ctx, whole, "client-uri:condition", "it holds what must be encoded");
    if (!decode(colon) || (text[3] == '/' && !decode(text + 4)))
        return bad(u->ctx, whole, "client-uri:percent", "a condition is not encoded as it must be");
    u->nv_count++;
    return DMSC_OK;
}

static enum dmsc_err read_query(struct dmsci_client_uri *u, char *query, const char *whole)
{
    enum dmsc_err err = DMSC_OK;

    for (char *field = query; err == DMSC_OK && field != NULL;) {
        char *next = strchr(field, '&');

        if (next != NULL)
            *next++ = '\0';
        if (strncmp(field, "nv=", 3) == 0) {
            err = read_condition(u, field + 3, whole);
        } else if (strncmp(field, "cv=", 3) == 0 && u->cv[0] == '\0' && decode(field + 3)) {
            u->cv = field + 3;
        } else {
            err = bad(u->ctx, whole, "client-uri:query", "it has another field than nv and one cv");
        }
        field = next;
    }
    return err;
}

/* Each letter stands for one place, and a condition for a letter that stands somewhere. */
static enum dmsc_err check_letters(const struct dmsci_client_uri *u, const char *whole)
{
    bool used[128] = { false };

    for (size_t i = 0; i <= u->path_count; i++) {
        const struct dmsci_place *place = i == 0 ? &u->instance : &u->path[i - 1];

        if (place->kind != DMSCI_PLACE_X)
            continue;
        if (used[(unsigned char)place->letter])
            return bad(u->ctx, whole, "client-uri:letter", "a letter stands in two places");
        used[(unsigned char)place->letter] = true;
    }
    for (size_t i = 0; i < u->nv_count; i++) {
        if (!used[(unsigned char)u->nv[i].letter])
            return bad(u->ctx, whole, "client-uri:letter", "a condition is about no place");
    }
    return DMSC_OK;
}

static enum dmsc_err read_parts(struct dmsci_client_uri *u, const char *whole)
{
    char *instance = strchr(u->text, '/');
    char *query = strchr(u->text, '?');
    char *path;
    enum dmsc_err err;

    if (query != NULL)
        *query++ = '\0';
    if (instance == NULL || (query != NULL && instance >= query - 1) || instance == u->text)
        return bad(u->ctx, whole, "client-uri:moid", "it begins with MOID and \"/\"");
    *instance++ = '\0';
    path = strchr(instance, '/');
    if (path == NULL)
        return bad(u->ctx, whole, "client-uri:instance", "\"/\" stands behind the instance");
    *path++ = '\0';
    u->moid = u->text;
    if (!decode(u->text))
        return bad(u->ctx, whole, "client-uri:percent", "the MOID is not encoded as it must be");
    if (*instance == '\0')
        u->instance.kind = DMSCI_PLACE_ONLY;
    else if (strcmp(instance, "*") == 0)
        u->instance.kind = DMSCI_PLACE_ANY;
    else if ((u->instance.letter = x_name(instance, strlen(instance))) != '\0')
        u->instance.kind = DMSCI_PLACE_X;
    else
        u->instance = (struct dmsci_place){ DMSCI_PLACE_NAME, instance, '\0' };
    err = read_path(u, path, whole);
    if (err == DMSC_OK)
        err = read_query(u, query, whole);
    return err == DMSC_OK ? check_letters(u, whole) : err;
}

enum dmsc_err dmsci_client_uri_parse(struct dmsc_ctx *ctx, const char *text,
                                     struct dmsci_client_uri *ret_uri)
{
    struct dmsci_client_uri *u;
    enum dmsc_err err;

    if (strlen(text) > dmsc_ctx_limits(ctx)->uri_length) {
        (void)dmsci_fail(ctx, DMSC_E_LIMIT, "read a ClientURI");
        dmsci_why(ctx, "client-uri:length", "it is too long");
        return DMSC_E_LIMIT;
    }
    u = dmsci_alloc(ctx, sizeof(*u));
    if (u == NULL)
        return DMSC_E_NOMEM;
    u->ctx = ctx;
    u->cv = "";
    u->text = dmsci_strdup(ctx, text);
    err = u->text == NULL ? DMSC_E_NOMEM : read_parts(u, text);
    if (err == DMSC_OK)
        *ret_uri = *u;
    else
        dmsci_free(ctx, u->text);
    dmsci_free(ctx, u);
    return err;
}

void dmsci_client_uri_clear(struct dmsci_client_uri *uri)
{
    dmsci_free(uri->ctx, uri->text);
    uri->text = NULL;
}
