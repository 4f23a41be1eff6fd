/* SPDX-License-Identifier: Apache-2.0 */
/* A message in fields. Two passes over the objects: the first counts the room, the second fills it.
 */
#include "apdu/base/ctx.h"
#include "apdu/codec/usat/value.h"

#define MANY           0xFFFFu
#define EVENT_TEMPLATE 0xD6
#define EVENT_LIST     0x19
#define NO_EVENT       0xFF
/* Text of an octet takes at most three in UTF-8, and with the signs between not more than five. */
#define TEXT_FACTOR 5u
#define TEXT_MORE   64u

struct dmsc_usat_parts {
    struct dmsc_ctx *ctx;
    struct dmsc_usat_part *part;
    size_t count;
    struct dmsc_usat_field *field;
    char *text;
};

static struct dmsci_usat_scope scope_of(const struct dmsc_usat *usat)
{
    struct dmsci_usat_scope scope = { usat->kind, usat->template_tag, 0, NO_EVENT };
    struct dmsc_bytes events;

    if (usat->kind != DMSC_USAT_ENVELOPE && usat->has_details)
        scope.type = usat->type;
    if (usat->kind == DMSC_USAT_ENVELOPE && usat->template_tag == EVENT_TEMPLATE &&
        dmsc_usat_find(usat, EVENT_LIST, &events) && events.n > 0)
        scope.event = events.p[0];
    return scope;
}

/* @p part NULL: count. @return number of objects */
static size_t pass(const struct dmsc_usat *usat, struct dmsci_usat_sink *sink,
                   struct dmsc_usat_part *part)
{
    struct dmsci_usat_scope scope = scope_of(usat);
    struct dmsc_rd r = dmsc_rd(usat->objects);
    struct dmsc_usat_object object;
    size_t count = 0;

    for (; dmsc_usat_next(&r, &object); count++) {
        const struct dmsci_usat_kind_of_object *kind = dmsci_usat_object(&scope, object.tag);
        size_t first = sink->fields;

        dmsci_usat_value_read(sink, kind->row, object.value);
        if (part != NULL)
            part[count] =
                (struct dmsc_usat_part){ object.tag,          object.comprehension_required,
                                         kind->name,          kind->clause,
                                         sink->field + first, sink->fields - first };
    }
    return count;
}

/* Never of zero bytes. */
static enum dmsc_err make_room(struct dmsc_usat_parts *parts, const struct dmsci_usat_sink *count)
{
    parts->part = dmsci_calloc(parts->ctx, parts->count + 1, sizeof(parts->part[0]));
    parts->field = dmsci_calloc(parts->ctx, count->fields + 1, sizeof(parts->field[0]));
    parts->text = dmsci_alloc(parts->ctx, count->text.n + 1);
    return parts->part != NULL && parts->field != NULL && parts->text != NULL ? DMSC_OK
                                                                              : DMSC_E_NOMEM;
}

static enum dmsc_err fill(struct dmsc_usat_parts *parts, const struct dmsc_usat *usat,
                          uint8_t *work, size_t room)
{
    struct dmsci_usat_sink sink = { NULL, 0, dmsc_wr(NULL, 0), work, work + room, room };
    enum dmsc_err err;

    parts->count = pass(usat, &sink, NULL);
    err = make_room(parts, &sink);
    if (err != DMSC_OK)
        return err;
    sink.field = parts->field;
    sink.fields = 0;
    sink.text = dmsc_wr(parts->text, sink.text.n + 1);
    (void)pass(usat, &sink, parts->part);
    return DMSC_OK;
}

enum dmsc_err dmsc_usat_parts_decode(struct dmsc_ctx *ctx, const struct dmsc_usat *usat,
                                     struct dmsc_usat_parts **ret_parts)
{
    size_t room = TEXT_FACTOR * usat->objects.n + TEXT_MORE;
    struct dmsc_usat_parts *parts;
    enum dmsc_err err;
    uint8_t *work;

    if (usat->objects.n > MANY)
        return dmsci_fail(ctx, DMSC_E_LIMIT, "describe %zu bytes of USAT", usat->objects.n);
    parts = dmsci_alloc(ctx, sizeof(*parts));
    work = dmsci_alloc(ctx, 2 * room);
    err = parts != NULL && work != NULL ? DMSC_OK : DMSC_E_NOMEM;
    if (err == DMSC_OK) {
        parts->ctx = ctx;
        err = fill(parts, usat, work, room);
    }
    if (err == DMSC_OK) {
        *ret_parts = parts;
        parts = NULL;
    }
    dmsci_free(ctx, work);
    if (parts != NULL)
        parts->ctx = ctx;
    dmsc_usat_parts_free(parts);
    return err;
}

void dmsc_usat_parts_free(struct dmsc_usat_parts *parts)
{
    struct dmsc_ctx *ctx;

    if (parts == NULL)
        return;
    ctx = parts->ctx;
    dmsci_free(ctx, parts->part);
    dmsci_free(ctx, parts->field);
    dmsci_free(ctx, parts->text);
    dmsci_free(ctx, parts);
}

size_t dmsc_usat_parts_count(const struct dmsc_usat_parts *parts)
{
    return parts->count;
}

const struct dmsc_usat_part *dmsc_usat_parts_at(const struct dmsc_usat_parts *parts, size_t at)
{
    return &parts->part[at];
}
