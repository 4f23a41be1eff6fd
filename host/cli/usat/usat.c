/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc usat, dmsc tlv: bytes of a card in words. Needs no card. */
#include "host/cli/usat/show.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX  0x20000u
#define NESTING    16u
#define PIN_STATUS 0xC6
#define FCP        0x62
#define NAME_WIDTH 46

/* --- input --------------------------------------------------------------------------------- */

static enum dmsc_err slurp(struct cli *cli, FILE *file, const char *name, struct dmsc_buf *content)
{
    enum dmsc_err err = DMSC_OK;
    uint8_t block[4096];
    size_t n = 1;

    while (err == DMSC_OK && n > 0) {
        n = fread(block, 1, sizeof(block), file);
        err = dmsc_buf_append(content, dmsc_bytes(block, n));
    }
    if (err == DMSC_OK && ferror(file))
        return cli_fail(cli, DMSC_E_IO, "read the input", strerror(errno), name);
    if (err == DMSC_E_LIMIT)
        return cli_fail(cli, err, "read the input", "it is longer than any message of a card",
                        "give one message at a time");
    return err;
}

static bool is_hex_text(struct dmsc_bytes bytes)
{
    size_t digits = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        char c = (char)bytes.p[i];

        digits += c != '\0' && strchr("0123456789abcdefABCDEF", c) != NULL;
        if (c == '\0' || strchr("0123456789abcdefABCDEF \t\r\n", c) == NULL)
            return false;
    }
    return digits > 0;
}

/* The argument is "-", a file (hex or the bytes themselves), or the hex digits. */
static enum dmsc_err read_input(struct cli *cli, const char *argument, struct dmsc_buf *bytes)
{
    FILE *file = strcmp(argument, "-") == 0 ? stdin : fopen(argument, "rb");
    struct dmsc_buf content;
    enum dmsc_err err;

    dmsc_buf_init(bytes, cli->ctx, INPUT_MAX);
    dmsc_buf_init(&content, cli->ctx, 2 * INPUT_MAX);
    if (file == NULL && !is_hex_text(dmsc_bytes_str(argument)))
        return cli_fail(cli, DMSC_E_ARG, "read the input",
                        "it is no file that can be read and no hex digits",
                        "give hex digits, the name of a file, or - for standard input");
    err = file != NULL ? slurp(cli, file, argument, &content)
                       : dmsc_buf_append_str(&content, argument);
    if (err == DMSC_OK && is_hex_text(dmsc_buf_bytes(&content))) {
        err = dmsc_hex_decode(dmsc_buf_str(&content), bytes);
        if (err == DMSC_E_MALFORMED)
            err = cli_fail(cli, err, "read the hex digits", "a digit has no partner",
                           "two digits of 0-9 and A-F make a byte");
    } else if (err == DMSC_OK) {
        err = dmsc_buf_append(bytes, dmsc_buf_bytes(&content));
    }
    if (file != NULL && file != stdin)
        (void)fclose(file);
    dmsc_buf_clear(&content);
    return err;
}

/* --- usat decode --------------------------------------------------------------------------- */

enum what { COMMAND, RESPONSE, ENVELOPE, PROFILE, NOTHING };

static const char *const kinds[] = { "command", "response", "envelope", "profile" };

/* TS 102 221 table 10.5: what the instruction of a C-APDU carries; A0 is the class of a 2G SIM. */
static enum what of_capdu(struct dmsc_bytes in, struct dmsc_bytes *ret_data)
{
    static const struct {
        uint8_t ins;
        enum what what;
    } all[] = { { 0x10, PROFILE }, { 0x14, RESPONSE }, { 0xC2, ENVELOPE } };

    if (in.n < 5 || (in.p[0] != 0x80 && in.p[0] != 0xA0) || in.p[2] != 0 || in.p[3] != 0)
        return NOTHING;
    /* Le may follow the data. */
    if (in.n != 5u + in.p[4] && in.n != 6u + in.p[4])
        return NOTHING;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].ins == in.p[1]) {
            *ret_data = dmsc_bytes(in.p + 5, in.p[4]);
            return all[i].what;
        }
    }
    return NOTHING;
}

/* The answer to FETCH has its status word behind the template. */
static struct dmsc_bytes without_sw(struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsc_tlv_object object;

    if (in.n > 4 && dmsc_tlv_next(&r, &object) && r.n == 2 && (r.p[0] == 0x90 || r.p[0] == 0x91))
        in.n -= 2;
    return in;
}

static enum what detect(struct dmsc_bytes in, struct dmsc_bytes *ret_data)
{
    enum what what = of_capdu(in, ret_data);

    if (what != NOTHING)
        return what;
    if (in.n > 0 && in.p[0] == 0xD0) {
        *ret_data = without_sw(in);
        return COMMAND;
    }
    *ret_data = in;
    if (in.n > 0 && in.p[0] > 0xD0 && in.p[0] <= 0xE4)
        return ENVELOPE;
    /* Command details of three bytes open every response. */
    if (in.n > 1 && (in.p[0] & 0x7F) == 0x01 && in.p[1] == 3)
        return RESPONSE;
    return NOTHING;
}

static enum dmsc_err kind_option(struct cli *cli, struct dmsc_bytes in, enum what *ret_what,
                                 struct dmsc_bytes *ret_data)
{
    const char *option = cli->option[OPT_KIND];
    enum what found = detect(in, ret_data);

    if (option == NULL && found == NOTHING)
        return cli_fail(cli, DMSC_E_MALFORMED, "decode the USAT message",
                        "it is no command (D0), envelope (D1 to E4), response (81 03) and no "
                        "C-APDU that carries one",
                        "--kind command, response, envelope or profile says what it is");
    *ret_what = found;
    if (option == NULL)
        return DMSC_OK;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(option, kinds[i]) != 0)
            continue;
        *ret_what = (enum what)i;
        if (found != *ret_what)
            *ret_data = in;
        return DMSC_OK;
    }
    return cli_fail(cli, DMSC_E_ARG, "understand --kind", option,
                    "one of command, response, envelope, profile");
}

static enum dmsc_err run_decode(struct cli *cli)
{
    struct dmsc_bytes data = { NULL, 0 };
    enum what what = NOTHING;
    struct dmsc_buf in;
    enum dmsc_err err = read_input(cli, cli->argument[0], &in);

    if (err == DMSC_OK)
        err = kind_option(cli, dmsc_buf_bytes(&in), &what, &data);
    if (err == DMSC_OK && what == PROFILE)
        err = cli_usat_show_profile(cli, data);
    else if (err == DMSC_OK)
        err = cli_usat_show(cli,
                            what == COMMAND    ? DMSC_USAT_COMMAND
                            : what == RESPONSE ? DMSC_USAT_RESPONSE
                                               : DMSC_USAT_ENVELOPE,
                            data);
    dmsc_buf_clear(&in);
    return err;
}

/* --- tlv ----------------------------------------------------------------------------------- */

struct level {
    struct dmsc_rd r;
    uint32_t tag; /* of the template around; 0 outermost */
    json_t *into;
};

static void say_object(struct cli *cli, const struct level *level, unsigned depth,
                       const struct dmsc_tlv_object *object, bool open, bool broken)
{
    const char *name = dmsc_tlv_name(level->tag, object->tag);
    char value[2 * 64 + 1] = "";
    size_t n = object->value.n < 64 ? object->value.n : 64;
    int indent = (int)(2 * depth);

    if (!open) {
        dmsc_hex_encode(dmsc_bytes(object->value.p, n), value);
    }
    if (open)
        cli_say(cli, "%*s%-4X %s", indent, "", (unsigned)object->tag, name != NULL ? name : "");
    else
        cli_say(cli, "%*s%-4X %-*s %s%s", indent, "", (unsigned)object->tag, NAME_WIDTH - indent,
                name != NULL ? name : "", value, object->value.n > n ? "..." : "");
    if (broken)
        cli_say(cli, "%*s     its objects do not end inside of it", indent, "");
}

/* @return where the inner objects go, NULL for a value. The list owns it. */
static json_t *add_object(struct cli *cli, const struct level *level,
                          const struct dmsc_tlv_object *object, bool open, bool broken)
{
    const char *name = dmsc_tlv_name(level->tag, object->tag);
    json_t *o = json_pack("{s:o}", "tag", json_sprintf("%02X", (unsigned)object->tag));
    json_t *inner = NULL;

    if (o == NULL)
        return NULL;
    if (name != NULL)
        (void)json_object_set_new(o, "name", json_string(name));
    if (open) {
        inner = json_array();
        (void)json_object_set_new(o, "objects", inner);
    } else {
        (void)json_object_set_new(o, "value", cli_hex(cli, object->value));
        if (broken)
            (void)json_object_set_new(o, "broken", json_true());
    }
    (void)json_array_append_new(level->into, o);
    return inner;
}

/* Does the value hold objects and nothing else? The tag of the PIN status template does not say. */
static bool is_template(const struct level *level, const struct dmsc_tlv_object *object)
{
    struct dmsc_rd r = dmsc_rd(object->value);
    struct dmsc_tlv_object inner;

    if (!object->constructed && !(level->tag == FCP && object->tag == PIN_STATUS))
        return false;
    while (dmsc_tlv_next(&r, &inner))
        ;
    return !r.bad;
}

/* Records are filled up with FF. */
static bool only_filling(const struct dmsc_rd *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->p[i] != 0xFF)
            return false;
    }
    return r->n > 0;
}

/* Before a line is printed. Below the outermost level is_template() has looked. */
static enum dmsc_err check(struct cli *cli, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsc_tlv_object object;

    while (!only_filling(&r) && dmsc_tlv_next(&r, &object))
        ;
    if (!r.bad)
        return DMSC_OK;
    return cli_fail(cli, DMSC_E_MALFORMED, "decode the BER-TLV objects",
                    "an object does not end inside of what there is",
                    "--comprehension reads COMPREHENSION-TLV objects");
}

static void walk(struct cli *cli, struct dmsc_bytes in, json_t *list)
{
    struct level level[NESTING] = { { dmsc_rd(in), 0, list } };
    struct dmsc_tlv_object object;
    unsigned depth = 1;

    while (depth > 0) {
        struct level *top = &level[depth - 1];
        bool whole, open, broken;
        json_t *inner;

        if (depth == 1 && only_filling(&top->r)) {
            cli_say(cli, "FF   filling, %zu bytes", top->r.n);
            return;
        }
        if (!dmsc_tlv_next(&top->r, &object)) {
            depth--;
            continue;
        }
        whole = is_template(top, &object);
        open = whole && depth < NESTING;
        broken = object.constructed && !whole;
        say_object(cli, top, depth - 1, &object, open, broken);
        inner = add_object(cli, top, &object, open, broken);
        if (open && inner != NULL)
            level[depth++] = (struct level){ dmsc_rd(object.value), object.tag, inner };
    }
}

static enum dmsc_err run_tlv(struct cli *cli)
{
    struct dmsc_buf in;
    enum dmsc_err err = read_input(cli, cli->argument[0], &in);
    json_t *list;

    if (err == DMSC_OK && cli->option[OPT_COMPREHENSION] != NULL) {
        err = cli_usat_show_objects(cli, dmsc_buf_bytes(&in));
    } else if (err == DMSC_OK) {
        err = check(cli, dmsc_buf_bytes(&in));
        if (err == DMSC_OK) {
            list = json_array();
            walk(cli, dmsc_buf_bytes(&in), list);
            err = cli_json(cli, json_pack("{s:o}", "objects", list));
        }
    }
    dmsc_buf_clear(&in);
    return err;
}

const struct cli_command cli_usat_commands[] = {
    { "usat", "decode", "HEX|FILE|-", 1, 1, 0, CLI_OPTION(OPT_KIND), run_decode,
      "say what a toolkit message means",
      "A proactive command, the data of a TERMINAL RESPONSE or an ENVELOPE, or a whole C-APDU or\n"
      "FETCH answer that carries one, with every object in words and its clause (TS 102 223,\n"
      "TS 31.111). A TERMINAL PROFILE is told bit by bit. FILE holds hex digits or the bytes.\n\n"
      "  dmsc usat decode D0098103010104820281829000" },
    { "tlv", NULL, "HEX|FILE|-", 1, 1, 0, CLI_OPTION(OPT_COMPREHENSION), run_tlv,
      "show BER-TLV objects as a tree",
      "Templates that a UICC answers with are known by name: FCP (62), EF(DIR) entries (61), "
      "access\n"
      "rules, PIN status. Filling with FF at the end is passed over.\n\n"
      "  dmsc tlv 62178202412183022FE28A01058B032F06018002000A880110\n"
      "  dmsc tlv --comprehension 8D050454657874" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
