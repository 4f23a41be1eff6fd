/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an export as the text of a profile. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/import/import.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_err put_hex(struct dmsci_sim_import *im, const char *key, struct dmsc_bytes bytes)
{
    char hex[513];

    if (bytes.n == 0 || bytes.n > 256)
        return DMSC_OK;
    dmsc_hex_encode(bytes, hex);
    return dmsci_buf_printf(&im->out, ", \"%s\": \"%s\"", key, hex);
}

/* 8B: one record, or one for each security environment. */
static enum dmsc_err put_reference(struct dmsci_sim_import *im, struct dmsc_bytes value)
{
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, ", \"arr\": \"%02X%02X:", value.p[0], value.p[1]);

    if (err == DMSC_OK && value.n == 3)
        err = dmsci_buf_printf(&im->out, "%u", value.p[2]);
    for (size_t i = 2; err == DMSC_OK && value.n > 3 && i + 1 < value.n; i += 2)
        err = dmsci_buf_printf(&im->out, "%s%02X=%u", i > 2 ? "," : "", value.p[i], value.p[i + 1]);
    return err == DMSC_OK ? dmsc_buf_append_u8(&im->out, '"') : err;
}

static enum dmsc_err put_security(struct dmsci_sim_import *im, const struct dmsc_fcp *fcp)
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
static enum dmsc_err put_keys(struct dmsci_sim_import *im, const struct dmsc_fcp *fcp)
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

static enum dmsc_err put_quoted(struct dmsci_sim_import *im, const char *hex, bool first)
{
    return strspn(hex, "0123456789abcdefABCDEF") == strlen(hex)
               ? dmsci_buf_printf(&im->out, "%s\"%s\"", first ? "" : ",", hex)
               : dmsci_sim_import_wrong(im, "content", "hex digits are wanted");
}

static enum dmsc_err put_records(struct dmsci_sim_import *im,
                                 const struct dmsci_sim_import_row *row, const json_t *records)
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

static enum dmsc_err put_ef(struct dmsci_sim_import *im, const struct dmsci_sim_import_row *row)
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

static enum dmsc_err put_fcp(struct dmsci_sim_import *im, const struct dmsci_sim_import_row *row,
                             struct dmsc_bytes name)
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
static enum dmsc_err put_applet(struct dmsci_sim_import *im, const struct dmsci_sim_import_row *row)
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

static enum dmsc_err put_row(struct dmsci_sim_import *im, const struct dmsci_sim_import_row *row,
                             bool first)
{
    struct dmsc_bytes name = { NULL, 0 };
    enum dmsc_err err =
        dmsci_buf_printf(&im->out, "%s\n    \"%s\": {", first ? "" : ",", row->path);

    (void)dmsci_sim_import_name(row, &name);
    if (err == DMSC_OK)
        err = row->is_fcp ? put_fcp(im, row, name) : put_applet(im, row);
    return err == DMSC_OK ? dmsc_buf_append_str(&im->out, "}") : err;
}

/* Keys that some DF names. Their values are not in an export: those of the test cards. */
static enum dmsc_err put_pins(struct dmsci_sim_import *im)
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
static bool has_arr(const struct dmsci_sim_import *im, const char *path, uint16_t fid)
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

static uint16_t arr_fid(const struct dmsci_sim_import_row *row)
{
    struct dmsc_bytes value = row->fcp.security_referenced;

    if (row->path == NULL || value.n != 3)
        return 0;
    return (uint16_t)(value.p[0] << 8 | value.p[1]);
}

/* Two rows with the same reference in the same DF. */
static bool same_arr(const struct dmsci_sim_import_row *a, const struct dmsci_sim_import_row *b)
{
    const char *end_a = strrchr(a->path, '/');
    const char *end_b = b->path != NULL ? strrchr(b->path, '/') : NULL;

    return end_a != NULL && end_b != NULL && arr_fid(a) == arr_fid(b) &&
           end_a - a->path == end_b - b->path &&
           strncmp(a->path, b->path, (size_t)(end_a - a->path)) == 0;
}

static bool was_read(const struct dmsci_sim_import_row *row)
{
    return json_object_get(row->json, "binary") != NULL ||
           json_object_get(row->json, "records") != NULL;
}

/* What the export could read may be read; nothing else is known, and so it is forbidden. */
static enum dmsc_err put_stand_in(struct dmsci_sim_import *im,
                                  const struct dmsci_sim_import_row *row)
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
static enum dmsc_err put_missing_arrs(struct dmsci_sim_import *im)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned i = 0; err == DMSC_OK && i < im->n; i++) {
        const struct dmsci_sim_import_row *row = &im->rows[i];
        bool done = arr_fid(row) == 0 || has_arr(im, row->path, arr_fid(row));

        for (unsigned j = 0; !done && j < i; j++)
            done = arr_fid(&im->rows[j]) != 0 && same_arr(row, &im->rows[j]);
        if (!done && strrchr(row->path, '/') != NULL)
            err = put_stand_in(im, row);
    }
    return err;
}

enum dmsc_err dmsci_sim_import_write(struct dmsci_sim_import *im, const char *atr)
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
