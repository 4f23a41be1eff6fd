/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real card as a profile. Its export has one JSON object a line: "fids", the path in lower-case
 * identifiers, an ADF by its AID ("3f00/a0000000871002/6f07"); "fcp", what SELECT answered, in hex;
 * "binary" or "records" (by number), the content. A line without "fcp" is a file that is not there.
 */
#include "apdu/codec/ber.h"
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <dmsc/fcp.h>
#include <stdio.h>
#include <string.h>

#define EXPORT_MAX (32u << 20)
#define ROWS_MAX   2048u

struct row {
    const char *fids;       /* borrowed from its line */
    json_t *json;           /* the line */
    char *path;             /* as a profile has it */
    struct dmsc_buf answer; /* of SELECT */
    struct dmsc_fcp fcp;
    bool there;
    bool is_fcp; /* and not an FCI of GlobalPlatform */
};

struct import {
    struct dmsc_ctx *ctx;
    const char *file;
    struct row *rows;
    unsigned n, line;
    struct dmsc_buf out;
};

static enum dmsc_err wrong(const struct import *im, const char *key, const char *why)
{
    const struct dmsci_sim_node top = { im->ctx, im->file, "", NULL };
    char where[64];

    (void)snprintf(where, sizeof(where), "line %u%s%s", im->line, key[0] != '\0' ? ", " : "", key);
    (void)dmsci_sim_json_wrong(&top, where, "import:line", "%s", why);
    return DMSC_E_MALFORMED;
}

static enum dmsc_err take_answer(struct import *im, struct row *row)
{
    const char *hex = json_string_value(json_object_get(row->json, "fcp"));
    enum dmsc_err err;

    dmsc_buf_init(&row->answer, im->ctx, 256);
    row->there = hex != NULL;
    /* An applet that was selected and answered nothing. */
    if (hex == NULL || strcmp(hex, "None") == 0)
        return DMSC_OK;
    err = dmsc_hex_decode(hex, &row->answer);
    if (err == DMSC_E_NOMEM)
        return err;
    if (err != DMSC_OK || row->answer.n < 2)
        return wrong(im, "fcp", "at most 256 bytes in hex are wanted");
    row->is_fcp = row->answer.p[0] == 0x62;
    if (row->is_fcp && dmsc_fcp_decode(dmsc_buf_bytes(&row->answer), &row->fcp) != DMSC_OK)
        return wrong(im, "fcp", "this is no FCP");
    return DMSC_OK;
}

/* The AID of an applet stands in its FCI: '84'. */
static bool df_name(const struct row *row, struct dmsc_bytes *ret_name)
{
    struct dmsc_rd r = dmsc_rd(dmsc_buf_bytes(&row->answer));
    struct dmsci_tlv tlv;

    if (row->is_fcp) {
        *ret_name = row->fcp.df_name;
        return row->fcp.df_name.n > 0;
    }
    return dmsci_ber_next(&r, &tlv) && dmsci_ber_find(tlv.value, 0x84, ret_name) &&
           ret_name->n <= DMSCI_SIM_AID_MAX;
}

static void capitals(const char *from, char *to)
{
    do
        *to++ = *from >= 'a' && *from <= 'f' ? (char)(*from - 'a' + 'A') : *from;
    while (*from++ != '\0');
}

/* The path of the row above, then the identifier, or the AID of an ADF without one. */
static enum dmsc_err make_path(struct import *im, struct row *row)
{
    const char *slash = strrchr(row->fids, '/');
    char own[2 * DMSCI_SIM_AID_MAX + 1] = "";
    char path[DMSCI_SIM_PATH_TEXT];
    struct dmsc_bytes name = { NULL, 0 };
    const char *above = NULL;

    if (row->is_fcp && row->fcp.has_file_id)
        (void)snprintf(own, sizeof(own), "%04X", row->fcp.file_id);
    else if (df_name(row, &name))
        dmsc_hex_encode(name, own);
    else if (!row->is_fcp && slash != NULL && strlen(slash + 1) > 4 &&
             strlen(slash + 1) < sizeof(own) &&
             strspn(slash + 1, "0123456789abcdefABCDEF") == strlen(slash + 1))
        capitals(slash + 1, own);
    for (unsigned i = 0; slash != NULL && i < im->n; i++) {
        if (strlen(im->rows[i].fids) == (size_t)(slash - row->fids) &&
            strncmp(im->rows[i].fids, row->fids, (size_t)(slash - row->fids)) == 0)
            above = im->rows[i].path;
    }
    if (own[0] == '\0' || (slash != NULL) != (above != NULL) ||
        (above != NULL && strlen(above) + strlen(own) + 2 > sizeof(path)))
        return wrong(im, "fids", "no file above it, or no name");
    (void)snprintf(path, sizeof(path), "%s%s%s", above != NULL ? above : "",
                   above != NULL ? "/" : "", own);
    row->path = dmsci_strdup(im->ctx, path);
    return row->path == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err take_line(struct import *im, struct dmsc_bytes line)
{
    struct row *row = &im->rows[im->n];
    enum dmsc_err err;

    *row = (struct row){ .json = json_loadb((const char *)line.p, line.n, 0, NULL) };
    row->fids = json_string_value(json_object_get(row->json, "fids"));
    if (row->json == NULL || row->fids == NULL) {
        json_decref(row->json);
        return wrong(im, "", "an object with \"fids\" is wanted");
    }
    im->n++; /* from here on import_clear() has it */
    err = take_answer(im, row);
    if (err == DMSC_OK && row->there) {
        im->n--;
        err = make_path(im, row);
        im->n++;
    }
    return err;
}

static enum dmsc_err take_lines(struct import *im, struct dmsc_bytes text)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);

        im->line++;
        if (im->n == ROWS_MAX)
            return wrong(im, "", "too many files");
        if (n > 0)
            err = take_line(im, dmsc_bytes(text.p, n));
        n += end != NULL;
        text = dmsc_bytes(text.p + n, text.n - n);
    }
    return err;
}

static enum dmsc_err put_hex(struct import *im, const char *key, struct dmsc_bytes bytes)
{
    char hex[513];

    if (bytes.n == 0 || bytes.n > 256)
        return DMSC_OK;
    dmsc_hex_encode(bytes, hex);
    return dmsci_buf_printf(&im->out, ", \"%s\": \"%s\"", key, hex);
}

/* 8B: one record, or one for each security environment. */
static enum dmsc_err put_reference(struct import *im, struct dmsc_bytes value)
{
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, ", \"arr\": \"%02X%02X:", value.p[0], value.p[1]);

    if (err == DMSC_OK && value.n == 3)
        err = dmsci_buf_printf(&im->out, "%u", value.p[2]);
    for (size_t i = 2; err == DMSC_OK && value.n > 3 && i + 1 < value.n; i += 2)
        err = dmsci_buf_printf(&im->out, "%s%02X=%u", i > 2 ? "," : "", value.p[i], value.p[i + 1]);
    return err == DMSC_OK ? dmsc_buf_append_u8(&im->out, '"') : err;
}

static enum dmsc_err put_security(struct import *im, const struct dmsc_fcp *fcp)
{
    if (fcp->security_referenced.n >= 3)
        return put_reference(im, fcp->security_referenced);
    if (fcp->security_compact.n > 0)
        return put_hex(im, "compact", fcp->security_compact);
    if (fcp->security_expanded.n > 0)
        return put_hex(im, "expanded", fcp->security_expanded);
    return dmsc_buf_append_str(&im->out,
                               ", \"compact\": \"00\""); /* tells none: all is forbidden */
}

/* The keys of the PIN status template, in its order. */
static enum dmsc_err put_keys(struct import *im, const struct dmsc_fcp *fcp)
{
    struct dmsc_rd r = dmsc_rd(fcp->pin_status);
    struct dmsci_tlv tlv;
    unsigned n = 0;
    enum dmsc_err err = dmsc_buf_append_str(&im->out, ", \"pin_keys\": [");

    while (err == DMSC_OK && dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == 0x83 && tlv.value.n == 1)
            err = dmsci_buf_printf(&im->out, "%s\"%02X\"", n++ > 0 ? ", " : "", tlv.value.p[0]);
    }
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "]") : err;
}

static enum dmsc_err put_quoted(struct import *im, const char *hex, bool first)
{
    return strspn(hex, "0123456789abcdefABCDEF") == strlen(hex)
               ? dmsci_buf_printf(&im->out, "%s\"%s\"", first ? "" : ",", hex)
               : wrong(im, "content", "hex digits are wanted");
}

static enum dmsc_err put_records(struct import *im, const struct row *row, const json_t *records)
{
    enum dmsc_err err = dmsc_buf_append_str(&im->out, ", \"content\": [");

    for (unsigned i = 1; err == DMSC_OK && i <= row->fcp.records; i++) {
        char number[8];
        const char *hex;

        (void)snprintf(number, sizeof(number), "%u", i);
        hex = json_string_value(json_object_get(records, number));
        err = put_quoted(im, hex != NULL ? hex : "", i == 1);
    }
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "]") : err;
}

static enum dmsc_err put_ef(struct import *im, const struct row *row)
{
    const json_t *records = json_object_get(row->json, "records");
    const char *binary = json_string_value(json_object_get(row->json, "binary"));
    enum dmsc_err err =
        row->fcp.records > 0
            ? dmsci_buf_printf(&im->out, ", \"records\": %u, \"record_length\": %u",
                               row->fcp.records, row->fcp.record_length)
            : dmsci_buf_printf(&im->out, ", \"size\": %lu", (unsigned long)row->fcp.size_bytes);

    if (err == DMSC_OK && row->fcp.has_sfi)
        err = dmsci_buf_printf(&im->out, ", \"sfi\": %u", row->fcp.sfi);
    if (err == DMSC_OK && records != NULL && row->fcp.records > 0)
        return put_records(im, row, records);
    if (err == DMSC_OK && binary != NULL && row->fcp.records == 0) {
        err = dmsc_buf_append_str(&im->out, ", \"content\": ");
        return err == DMSC_OK ? put_quoted(im, binary, true) : err;
    }
    return err;
}

static enum dmsc_err put_fcp(struct import *im, const struct row *row, struct dmsc_bytes name)
{
    static const char *const types[] = { "df", "transparent", "linear-fixed", "cyclic", "ber-tlv" };
    const struct dmsc_fcp *fcp = &row->fcp;
    bool df = fcp->kind == DMSC_FILE_DF;
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, "\"type\": \"%s\", \"life_cycle\": %u%s",
                         df ? (name.n > 0 ? "adf" : "df") : types[fcp->structure], fcp->life_cycle,
                         fcp->shareable ? "" : ", \"shareable\": false");

    if (err == DMSC_OK)
        err = put_security(im, fcp);
    if (err == DMSC_OK)
        err = put_hex(im, "proprietary", fcp->proprietary);
    if (err == DMSC_OK)
        err = put_hex(im, "aid", name);
    if (err == DMSC_OK)
        err = df ? put_keys(im, fcp) : put_ef(im, row);
    return err;
}

/* An applet: the last element of its path is its AID. */
static enum dmsc_err put_applet(struct import *im, const struct row *row)
{
    enum dmsc_err err = dmsci_buf_printf(
        &im->out, "\"type\": \"adf\", \"compact\": \"00\", \"aid\": \"%s\", \"fci\": \"",
        strrchr(row->path, '/') + 1);
    uint8_t *to;

    if (err == DMSC_OK)
        err = dmsc_buf_reserve(&im->out, 2 * row->answer.n + 1, &to);
    if (err != DMSC_OK)
        return err;
    dmsc_hex_encode(dmsc_buf_bytes(&row->answer), (char *)to);
    dmsc_buf_commit(&im->out, 2 * row->answer.n);
    return dmsc_buf_append_u8(&im->out, '"');
}

static enum dmsc_err put_row(struct import *im, const struct row *row, bool first)
{
    struct dmsc_bytes name = { NULL, 0 };
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, "%s\n    \"%s\": {", first ? "" : ",", row->path);

    (void)df_name(row, &name);
    if (err == DMSC_OK)
        err = row->is_fcp ? put_fcp(im, row, name) : put_applet(im, row);
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "}") : err;
}

/* Keys that some DF names. Their values are not in an export: those of the test cards. */
static enum dmsc_err put_pins(struct import *im)
{
    uint32_t named = 0, enabled = 0;
    unsigned n = 0;
    enum dmsc_err err = dmsc_buf_append_str(&im->out, "  \"pins\": {");

    for (unsigned i = 0; i < im->n; i++) {
        struct dmsc_rd r = dmsc_rd(im->rows[i].fcp.pin_status);
        struct dmsc_bytes bits = { NULL, 0 };
        struct dmsci_tlv tlv;
        unsigned at = 0;

        while (dmsci_ber_next(&r, &tlv)) {
            int bit = tlv.tag == 0x83 && tlv.value.n == 1 ? dmsci_arr_key_bit(tlv.value.p[0]) : -1;

            bits = tlv.tag == 0x90 ? tlv.value : bits;
            if (bit < 0)
                continue;
            named |= (uint32_t)1 << bit;
            if (at / 8 < bits.n && (bits.p[at / 8] >> (7 - at % 8) & 1) != 0)
                enabled |= (uint32_t)1 << bit;
            at++;
        }
    }
    for (unsigned ref = 1; err == DMSC_OK && ref < 0x90; ref++) {
        int bit = dmsci_arr_key_bit((uint8_t)ref);
        bool adm = (ref & 0x7F) >= 0x0A && (ref & 0x7F) <= 0x0E;

        if (bit < 0 || (named >> bit & 1) == 0)
            continue;
        err = dmsci_buf_printf(&im->out, "%s\n    \"%02X\": { %s, \"enabled\": %s%s }",
                               n++ > 0 ? "," : "", ref,
                               adm ? "\"hex\": \"4444444444444444\"" : "\"value\": \"1234\"",
                               (enabled >> bit & 1) != 0 ? "true" : "false",
                               adm ? "" : ", \"unblock\": { \"value\": \"12345678\" }");
    }
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "\n  },\n") : err;
}

/* Is the EF(ARR) that a row refers to in the export, in its DF or above (9.2.7)? */
static bool has_arr(const struct import *im, const char *path, uint16_t fid)
{
    char wanted[DMSCI_SIM_PATH_TEXT + 8];
    size_t n = strlen(path);

    while (n > 0) {
        while (n > 0 && path[n - 1] != '/')
            n--;
        if (n == 0)
            return false;
        n--;
        (void)snprintf(wanted, sizeof(wanted), "%.*s/%04X", (int)n, path, fid);
        for (unsigned i = 0; i < im->n; i++) {
            if (im->rows[i].path != NULL && strcmp(im->rows[i].path, wanted) == 0)
                return true;
        }
    }
    return false;
}

static uint16_t arr_fid(const struct row *row)
{
    struct dmsc_bytes value = row->fcp.security_referenced;

    if (row->path == NULL || value.n != 3)
        return 0;
    return (uint16_t)(value.p[0] << 8 | value.p[1]);
}

/* Two rows with the same reference in the same DF. */
static bool same_arr(const struct row *a, const struct row *b)
{
    const char *end_a = strrchr(a->path, '/');
    const char *end_b = b->path != NULL ? strrchr(b->path, '/') : NULL;

    return end_a != NULL && end_b != NULL && arr_fid(a) == arr_fid(b) &&
           end_a - a->path == end_b - b->path &&
           strncmp(a->path, b->path, (size_t)(end_a - a->path)) == 0;
}

static bool was_read(const struct row *row)
{
    return json_object_get(row->json, "binary") != NULL ||
           json_object_get(row->json, "records") != NULL;
}

/* What the export could read may be read; nothing else is known, and so it is forbidden. */
static enum dmsc_err put_stand_in(struct import *im, const struct row *row)
{
    bool readable[256] = { false };
    unsigned last = 1;
    enum dmsc_err err;

    for (unsigned i = 0; i < im->n; i++) {
        uint8_t record;

        if (arr_fid(&im->rows[i]) == 0 || !same_arr(row, &im->rows[i]))
            continue;
        record = im->rows[i].fcp.security_referenced.p[2];
        readable[record] = readable[record] || was_read(&im->rows[i]);
        last = record > last ? record : last;
    }
    err = dmsci_buf_printf(&im->out,
                           ",\n    \"%.*s/%04X\": {\"type\": \"linear-fixed\", \"sfi\": 0, "
                           "\"compact\": \"00\", \"records\": %u, \"record_length\": 8, "
                           "\"name\": \"not in the export\", \"content\": [",
                           (int)(strrchr(row->path, '/') - row->path), row->path, arr_fid(row),
                           last > 254 ? 254 : last);
    for (unsigned i = 1; err == DMSC_OK && i <= last && i <= 254; i++)
        err = dmsci_buf_printf(&im->out, "%s\"%s\"", i > 1 ? ", " : "",
                               readable[i] ? "8001019000" : "");
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "]}") : err;
}

/* Rules are given by reference, and an export may lack an EF(ARR) that the card has. */
static enum dmsc_err put_missing_arrs(struct import *im)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < im->n; i++) {
        const struct row *row = &im->rows[i];
        bool done = arr_fid(row) == 0 || has_arr(im, row->path, arr_fid(row));

        for (unsigned j = 0; !done && j < i; j++)
            done = arr_fid(&im->rows[j]) != 0 && same_arr(row, &im->rows[j]);
        if (!done && strrchr(row->path, '/') != NULL)
            err = put_stand_in(im, row);
    }
    return err;
}

static enum dmsc_err write_profile(struct import *im, const char *atr)
{
    bool first = true;
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, "{\n  \"name\": \"imported\",\n  \"atr\": \"%s\",\n", atr);

    if (err == DMSC_OK)
        err = put_pins(im);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&im->out, "  \"files\": {");
    for (unsigned i = 0; err == DMSC_OK && i < im->n; i++) {
        if (im->rows[i].path == NULL)
            continue;
        im->line = i + 1;
        err = put_row(im, &im->rows[i], first);
        first = false;
    }
    if (err == DMSC_OK)
        err = put_missing_arrs(im);
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "\n  }\n}\n") : err;
}

static void import_clear(struct import *im)
{
    for (unsigned i = 0; i < im->n; i++) {
        json_decref(im->rows[i].json);
        dmsc_buf_clear(&im->rows[i].answer);
        dmsci_free(im->ctx, im->rows[i].path);
    }
    dmsci_free(im->ctx, im->rows);
    dmsc_buf_clear(&im->out);
}

/* "card_ATR_ICCID.jsonl", as exports are named. */
static enum dmsc_err atr_of(struct dmsc_ctx *ctx, const char *path, const char *given,
                            char ret_atr[2 * 33 + 1])
{
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    const char *atr = given;
    size_t n;

    if (atr == NULL && strncmp(name, "card_", 5) == 0)
        atr = name + 5;
    n = atr != NULL ? strspn(atr, "0123456789abcdefABCDEF") : 0;
    if (n < 4 || n > 66 || n % 2 != 0) {
        (void)dmsci_fail(ctx, DMSC_E_ARG, "import card %s", path);
        dmsci_why(ctx, "import:atr", "its answer to reset is not known");
        dmsci_hint(ctx, "name the file card_ATR_ICCID.jsonl, or give --atr HEX");
        return DMSC_E_ARG;
    }
    (void)snprintf(ret_atr, 2 * 33 + 1, "%.*s", (int)n, atr);
    return DMSC_OK;
}

enum dmsc_err dmsc_sim_import(struct dmsc_ctx *ctx, const char *path, const char *atr,
                              struct dmsc_buf *ret_profile)
{
    const struct dmsci_sim_node node = { ctx, "./here", "", NULL };
    struct import im = { .ctx = ctx, .file = path };
    char atr_hex[2 * 33 + 1];
    struct dmsc_buf text;
    enum dmsc_err err = atr_of(ctx, path, atr, atr_hex);

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&text, ctx, EXPORT_MAX);
    dmsc_buf_init(&im.out, ctx, EXPORT_MAX);
    im.rows = dmsci_calloc(ctx, ROWS_MAX, sizeof(*im.rows));
    err = im.rows == NULL ? DMSC_E_NOMEM : dmsci_sim_read_beside(&node, "import", path, &text);
    if (err == DMSC_OK)
        err = take_lines(&im, dmsc_buf_bytes(&text));
    if (err == DMSC_OK && im.n == 0)
        err = wrong(&im, "", "there is no file in it");
    if (err == DMSC_OK)
        err = write_profile(&im, atr_hex);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_profile, dmsc_buf_bytes(&im.out));
    if (im.rows != NULL)
        import_clear(&im);
    dmsc_buf_clear(&text);
    return err == DMSC_E_NOMEM ? dmsci_fail(ctx, err, "import card %s", path) : err;
}
