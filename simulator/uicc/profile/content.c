/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a file: its filling, and the parts of "content" over it. */
#include "simulator/uicc/profile/forms.h"
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

/* Where the next part of a content goes. */
struct target {
    const struct dmsci_sim_node *node;
    const char *what;
    uint8_t *p;
    size_t size, at;
};

static enum dmsc_err too_long(const struct target *t, size_t n)
{
    return dmsci_sim_json_wrong(t->node, t->what, "profile:content",
                                "%zu bytes at %zu do not fit into %zu", n, t->at, t->size);
}

static enum dmsc_err put(struct target *t, struct dmsc_bytes bytes)
{
    if (bytes.n > t->size - t->at)
        return too_long(t, bytes.n);
    dmsci_copy(t->p + t->at, bytes.p, bytes.n);
    t->at += bytes.n;
    return DMSC_OK;
}

static enum dmsc_err put_hex(struct target *t, const json_t *value)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, t->node->ctx, json_string_length(value) / 2);
    err = dmsc_hex_decode(json_string_value(value), &bytes);
    if (err == DMSC_E_MALFORMED || strlen(json_string_value(value)) != json_string_length(value))
        err =
            dmsci_sim_json_wrong(t->node, t->what, "profile:hex", "pairs of hex digits are wanted");
    if (err == DMSC_OK)
        err = put(t, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err put_fill(struct target *t, const json_t *object, const json_t *value)
{
    const json_t *count = json_object_get(object, "count");
    unsigned byte = 0, n = (unsigned)(t->size - t->at);
    enum dmsc_err err = dmsci_sim_json_id(t->node, t->what, json_string_value(value), 2, &byte);

    if (err == DMSC_OK && count != NULL)
        err = dmsci_sim_json_whole(t->node, t->what, count, 0, (unsigned)(t->size - t->at), &n);
    for (unsigned i = 0; err == DMSC_OK && i < n; i++)
        t->p[t->at++] = (uint8_t)byte;
    return err;
}

/* The decoded form of a well-known EF, into the room that is left. */
static enum dmsc_err put_form(struct target *t, const struct dmsci_sim_node *part, const char *form)
{
    unsigned at = (unsigned)t->at;
    struct dmsc_wr w;
    enum dmsc_err err = dmsci_sim_json_number(part, "at", 0, (unsigned)t->size, &at);

    if (err != DMSC_OK)
        return err;
    w = dmsc_wr(t->p + at, t->size - at);
    err = dmsci_sim_form_put(part, form, &w);
    t->at = at + w.n;
    return err;
}

/* "file": its bytes, from beside the profile. */
static enum dmsc_err put_file(struct target *t, const struct dmsci_sim_node *part, const char *name)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, part->ctx, DMSCI_SIM_CONTENT_MAX);
    err = dmsci_sim_read_beside(part, "file", name, &bytes);
    if (err == DMSC_OK)
        err = put(t, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err put_object(struct target *t, const json_t *object)
{
    static const char *const known[] = { "hex", "text", "fill", "file", "at", "count", NULL };
    char where[256];
    const struct dmsci_sim_node part = { t->node->ctx, t->node->file, where, object };
    const json_t *file = json_object_get(object, "file");
    const char *form = dmsci_sim_form_of(object);
    const json_t *hex = json_object_get(object, "hex");
    const json_t *text = json_object_get(object, "text");
    const json_t *fill = json_object_get(object, "fill");
    unsigned at = (unsigned)t->at;
    enum dmsc_err err;

    (void)snprintf(where, sizeof(where), "%s.%s", t->node->where, t->what);
    if (form != NULL)
        return put_form(t, &part, form);
    err = dmsci_sim_json_known(&part, known);
    if (err != DMSC_OK)
        return err;
    if ((hex != NULL) + (text != NULL) + (fill != NULL) + (file != NULL) != 1 ||
        !json_is_string(hex != NULL    ? hex
                        : text != NULL ? text
                        : fill != NULL ? fill
                                       : file))
        return dmsci_sim_json_wrong(
            t->node, t->what, "profile:content",
            "one text of \"hex\", \"text\", \"fill\", \"file\" or a form is wanted");
    if (fill == NULL && json_object_get(object, "count") != NULL)
        return dmsci_sim_json_wrong(t->node, t->what, "profile:content",
                                    "\"count\" is for \"fill\"");
    err = dmsci_sim_json_number(&part, "at", 0, (unsigned)t->size, &at);
    if (err != DMSC_OK)
        return err;
    t->at = at;
    if (fill != NULL)
        return put_fill(t, object, fill);
    if (file != NULL)
        return put_file(t, &part, json_string_value(file));
    return hex != NULL ? put_hex(t, hex)
                       : put(t, dmsc_bytes(json_string_value(text), json_string_length(text)));
}

static enum dmsc_err put_part(struct target *t, const json_t *part)
{
    if (json_is_string(part))
        return put_hex(t, part);
    if (json_is_object(part))
        return put_object(t, part);
    return dmsci_sim_json_wrong(t->node, t->what, "profile:type",
                                "hex digits or an object are wanted");
}

static enum dmsc_err put_content(const struct dmsci_sim_node *node, const char *what,
                                 const json_t *content, uint8_t *to, size_t size)
{
    struct target t = { node, what, to, size, 0 };
    enum dmsc_err err = DMSC_OK;

    if (!json_is_array(content))
        return put_part(&t, content);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(content); i++)
        err = put_part(&t, json_array_get(content, i));
    return err;
}

static enum dmsc_err fill_records(const struct dmsci_sim_node *node, const struct dmsci_sim_fs *fs,
                                  const struct dmsci_sim_file *file, const json_t *content)
{
    enum dmsc_err err = DMSC_OK;

    if (!json_is_array(content))
        return dmsci_sim_json_wrong(node, "content", "profile:type",
                                    "an array with one content a record is wanted");
    if (json_array_size(content) > file->records)
        return dmsci_sim_json_wrong(node, "content", "profile:content", "%zu records for %u",
                                    json_array_size(content), file->records);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(content); i++) {
        char what[32];

        (void)snprintf(what, sizeof(what), "content[%zu]", i);
        err =
            put_content(node, what, json_array_get(content, i),
                        fs->content + file->content + i * file->record_length, file->record_length);
    }
    return err;
}

/* Whole objects, and FF behind them. */
static enum dmsc_err check_objects(const struct dmsci_sim_node *node, const struct dmsci_sim_fs *fs,
                                   const struct dmsci_sim_file *file)
{
    const uint8_t *content = fs->content + file->content;
    size_t used = dmsci_sim_tlv_used(fs, file);

    for (size_t i = used; i < file->size; i++) {
        if (content[i] != 0xFF)
            return dmsci_sim_json_wrong(node, "content", "profile:content",
                                        "no data object of TS 102 221 11.3 at %zu", used);
    }
    if (dmsci_sim_tlv_sound(dmsc_bytes(content, used)) != used)
        return dmsci_sim_json_wrong(node, "content", "profile:content", "a tag is there twice");
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_fill(const struct dmsci_sim_node *node, const struct dmsci_sim_fs *fs,
                             const struct dmsci_sim_file *file)
{
    const json_t *content = json_object_get(node->object, "content");
    const char *fill = "FF";
    unsigned byte = 0xFF;
    enum dmsc_err err = dmsci_sim_json_text(node, "fill", &fill);

    if (err == DMSC_OK)
        err = dmsci_sim_json_id(node, "fill", fill, 2, &byte);
    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < file->size; i++)
        fs->content[file->content + i] = (uint8_t)byte;
    if (content == NULL)
        return DMSC_OK;
    if (dmsci_sim_file_has_records(file))
        return fill_records(node, fs, file, content);
    err = put_content(node, "content", content, fs->content + file->content, file->size);
    if (err == DMSC_OK && file->kind == DMSCI_SIM_BER_TLV)
        err = check_objects(node, fs, file);
    return err;
}
