/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/usat/show.h"
#include <stdio.h>
#include <string.h>

#define BYTES_A_LINE 32u

static void add(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static json_t *hex_of(unsigned number, int digits)
{
    return json_sprintf("%0*X", digits, number);
}

/* --- fields -------------------------------------------------------------------------------- */

/* Line breaks in their usual disguise: a line stays a line. */
static void escape(struct dmsc_bytes text, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n && n + 3 < size; i++) {
        char c = (char)text.p[i];

        if (c == '\n' || c == '\r' || c == '\\')
            out[n++] = '\\';
        out[n++] = (char)(c == '\n' ? 'n' : c == '\r' ? 'r' : c);
    }
    out[n] = '\0';
}

static void say_bytes(struct cli *cli, const struct dmsc_usat_field *f)
{
    char hex[2 * BYTES_A_LINE + 1];

    for (size_t at = 0; at == 0 || at < f->bytes.n; at += BYTES_A_LINE) {
        size_t n = f->bytes.n - at < BYTES_A_LINE ? f->bytes.n - at : BYTES_A_LINE;

        dmsc_hex_encode(dmsc_bytes(f->bytes.p + at, n), hex);
        cli_say(cli, "      %-26s %s", at == 0 ? f->name : "", hex);
    }
    if (f->meaning[0] != '\0')
        cli_say(cli, "      %-26s reads \"%s\"", "", f->meaning);
}

static void say_field(struct cli *cli, const struct dmsc_usat_field *f)
{
    char text[2048];

    if (f->form == DMSC_USAT_BYTES) {
        say_bytes(cli, f);
    } else if (f->form == DMSC_USAT_TEXT) {
        escape(f->bytes, text, sizeof(text));
        if (f->number == DMSC_USAT_WRITTEN)
            cli_say(cli, "      %-26s %s", f->name, text);
        else
            cli_say(cli, "      %-26s \"%s\"", f->name, text);
    } else if (f->meaning[0] != '\0') {
        cli_say(cli, "      %-26s %02X  %s", f->name, (unsigned)f->number, f->meaning);
    } else {
        cli_say(cli, "      %-26s %u", f->name, (unsigned)f->number);
    }
}

static json_t *field_json(struct cli *cli, const struct dmsc_usat_field *f)
{
    json_t *o = json_pack("{s:s}", "name", f->name);

    if (o == NULL)
        return NULL;
    if (f->form == DMSC_USAT_NUMBER)
        add(o, "number", json_integer((json_int_t)f->number));
    else if (f->form == DMSC_USAT_TEXT)
        add(o, "text", json_stringn((const char *)f->bytes.p, f->bytes.n));
    else
        add(o, "hex", cli_hex(cli, f->bytes));
    if (f->meaning[0] != '\0')
        add(o, "meaning", cli_text(f->meaning));
    return o;
}

/* --- objects ------------------------------------------------------------------------------- */

static void say_part(struct cli *cli, const struct dmsc_usat_part *part)
{
    unsigned tag = part->tag < 0x7F
                       ? part->tag | (part->comprehension_required ? 0x80u : 0u)
                       : part->tag | 0x7F0000u | (part->comprehension_required ? 0x8000u : 0u);

    if (part->clause[0] != '\0')
        cli_say(cli, "  %02X  %-42s %s", tag, part->name, part->clause);
    else
        cli_say(cli, "  %02X  %s", tag, part->name);
    for (size_t i = 0; i < part->fields; i++)
        say_field(cli, &part->field[i]);
}

static json_t *part_json(struct cli *cli, const struct dmsc_usat_part *part)
{
    json_t *fields = json_array();
    json_t *o =
        json_pack("{s:o,s:b,s:s,s:s}", "tag", hex_of(part->tag, 2), "comprehension_required",
                  part->comprehension_required, "name", part->name, "clause", part->clause);

    for (size_t i = 0; i < part->fields; i++)
        (void)json_array_append_new(fields, field_json(cli, &part->field[i]));
    if (o == NULL)
        json_decref(fields);
    else
        add(o, "fields", fields);
    return o;
}

static enum dmsc_err show_parts(struct cli *cli, const struct dmsc_usat *usat, json_t *record)
{
    struct dmsc_usat_parts *parts = NULL;
    json_t *objects = json_array();
    enum dmsc_err err = dmsc_usat_parts_decode(cli->ctx, usat, &parts);

    for (size_t i = 0; err == DMSC_OK && i < dmsc_usat_parts_count(parts); i++) {
        const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, i);

        say_part(cli, part);
        (void)json_array_append_new(objects, part_json(cli, part));
    }
    dmsc_usat_parts_free(parts);
    add(record, "objects", objects);
    return err;
}

/* --- messages ------------------------------------------------------------------------------ */

static const char *or_unknown(const char *name)
{
    return name != NULL ? name : "of a type that is not known";
}

/* The object that breaks the message. */
static void tell_where(struct cli *cli, enum dmsc_usat_kind kind, struct dmsc_bytes bytes)
{
    struct dmsc_rd r = dmsc_rd(bytes), before = r;
    struct dmsc_tlv_object template = { 0, false, bytes };
    struct dmsc_usat_object object;

    if (kind != DMSC_USAT_RESPONSE && !dmsc_tlv_next(&r, &template))
        return;
    r = dmsc_rd(template.value);
    do
        before = r;
    while (dmsc_usat_next(&r, &object));
    if (r.bad)
        (void)snprintf(cli->story.where, sizeof(cli->story.where), "object at byte %zu, tag %02X",
                       (size_t)(before.p - bytes.p), before.p[0]);
}

static void title(struct cli *cli, const struct dmsc_usat *usat, json_t *record)
{
    static const char *const kinds[] = { "command", "response", "envelope" };
    const char *name = usat->kind == DMSC_USAT_ENVELOPE
                           ? or_unknown(dmsc_usat_template_name(usat->template_tag))
                       : usat->has_details ? or_unknown(dmsc_usat_command_name(usat->type))
                                           : "no command details";

    add(record, "kind", json_string(kinds[usat->kind]));
    add(record, "name", json_string(name));
    if (usat->kind != DMSC_USAT_RESPONSE)
        add(record, "template", hex_of(usat->template_tag, 2));
    if (usat->has_details) {
        add(record, "number", json_integer(usat->number));
        add(record, "type", hex_of(usat->type, 2));
        add(record, "qualifier", hex_of(usat->qualifier, 2));
    }
    if (usat->has_result) {
        add(record, "result", hex_of(usat->result, 2));
        add(record, "result_text", json_string(or_unknown(dmsc_usat_result_name(usat->result))));
    }
    if (usat->kind == DMSC_USAT_COMMAND)
        cli_say(cli, "Proactive command %s", name);
    else if (usat->kind == DMSC_USAT_ENVELOPE)
        cli_say(cli, "ENVELOPE (%s)", name);
    else
        cli_say(cli, "TERMINAL RESPONSE to %s: %s", name,
                usat->has_result ? or_unknown(dmsc_usat_result_name(usat->result)) : "no result");
}

/* What a terminal that knows all this would answer, when it is not simply yes. */
static void comprehension(struct cli *cli, const struct dmsc_usat *usat, json_t *record)
{
    uint8_t result = dmsc_usat_comprehend(usat);

    add(record, "comprehension", hex_of(result, 2));
    if (result != 0)
        cli_say(cli, "  A terminal must answer %02X, %s (TS 102 223 clause 6.10).", result,
                or_unknown(dmsc_usat_result_name(result)));
}

enum dmsc_err cli_usat_show(struct cli *cli, enum dmsc_usat_kind kind, struct dmsc_bytes bytes)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;
    enum dmsc_err err = dmsc_usat_decode(kind, bytes, &usat);
    json_t *record;

    if (err != DMSC_OK) {
        (void)cli_fail(cli, err, "decode the USAT message",
                       err == DMSC_E_TRUNCATED
                           ? "the template is longer than what there is"
                           : "an object does not end inside of its message, or has the tag 00",
                       "compare the lengths; --kind says what it is meant to be");
        tell_where(cli, kind, bytes);
        return err;
    }
    record = json_object();
    title(cli, &usat, record);
    err = show_parts(cli, &usat, record);
    if (err == DMSC_OK && kind == DMSC_USAT_COMMAND)
        comprehension(cli, &usat, record);
    if (err == DMSC_OK)
        return cli_json(cli, record);
    json_decref(record);
    return err;
}

enum dmsc_err cli_usat_show_objects(struct cli *cli, struct dmsc_bytes objects)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;
    enum dmsc_err err = dmsc_usat_decode(DMSC_USAT_RESPONSE, objects, &usat);
    json_t *record;

    if (err != DMSC_OK) {
        (void)cli_fail(cli, err, "decode the COMPREHENSION-TLV objects",
                       "one does not end inside of what there is, or has the tag 00, 80 or FF",
                       "without --comprehension the bytes are read as BER-TLV");
        tell_where(cli, DMSC_USAT_RESPONSE, objects);
        return err;
    }
    record = json_object();
    err = show_parts(cli, &usat, record);
    if (err == DMSC_OK)
        return cli_json(cli, record);
    json_decref(record);
    return err;
}

/* --- profile ------------------------------------------------------------------------------- */

/* The number that the bits of a byte make from @p bit on, and how many they are. */
static unsigned number_at(uint8_t byte, unsigned index, unsigned bit, unsigned *ret_bits)
{
    const char *name = dmsc_usat_profile_number_name(index, bit);
    unsigned bits = 0;

    while (bit + bits <= 8 && dmsc_usat_profile_number_name(index, bit + bits) == name)
        bits++;
    *ret_bits = bits;
    return (unsigned)byte >> (bit - 1) & ((1u << bits) - 1);
}

static void announce(struct cli *cli, json_t *list, unsigned byte, unsigned bit, const char *name,
                     int number)
{
    json_t *o = json_pack("{s:i,s:i,s:s}", "byte", (int)byte, "bit", (int)bit, "name",
                          name != NULL ? name : "reserved");

    if (number >= 0) {
        add(o, "number", json_integer(number));
        cli_say(cli, "  %2u.%u  %s: %d", byte, bit, name, number);
    } else {
        cli_say(cli, "  %2u.%u  %s", byte, bit, name != NULL ? name : "(reserved)");
    }
    (void)json_array_append_new(list, o);
}

enum dmsc_err cli_usat_show_profile(struct cli *cli, struct dmsc_bytes profile)
{
    json_t *list = json_array();

    cli_say(cli, "TERMINAL PROFILE, %zu bytes (TS 102 223 clause 5.2)", profile.n);
    for (size_t i = 0; i < profile.n; i++) {
        unsigned byte = (unsigned)i + 1, bits = 1;

        for (unsigned bit = 1; bit <= 8; bit += bits) {
            const char *number = dmsc_usat_profile_number_name(byte, bit);

            bits = 1;
            if (number != NULL) {
                unsigned value = number_at(profile.p[i], byte, bit, &bits);

                if (value != 0)
                    announce(cli, list, byte, bit, number, (int)value);
            } else if ((profile.p[i] >> (bit - 1) & 1) != 0) {
                announce(cli, list, byte, bit, dmsc_usat_profile_name(byte, bit), -1);
            }
        }
    }
    return cli_json(cli, json_pack("{s:s,s:o}", "kind", "profile", "announced", list));
}
