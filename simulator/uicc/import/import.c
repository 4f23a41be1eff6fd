/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real card as a profile. Its export has one JSON object a line: "fids", the path in lower-case
 * identifiers, an ADF by its AID ("3f00/a0000000871002/6f07"); "fcp", what SELECT answered, in hex;
 * "binary" or "records" (by number), the content. A line without "fcp" is a file that is not there.
 */
#include "simulator/uicc/import/import.h"
#include "apdu/codec/ber.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

#define EXPORT_MAX (32u << 20)
#define ROWS_MAX   2048u

enum dmsc_err dmsci_sim_import_wrong(const struct dmsci_sim_import *im, const char *key,
                                     const char *why)
{
    const struct dmsci_sim_node top = { im->ctx, im->file, "", NULL };
    char where[64];

    (void)snprintf(where, sizeof(where), "line %u%s%s", im->line, key[0] != '\0' ? ", " : "", key);
    (void)dmsci_sim_json_wrong(&top, where, "import:line", "%s", why);
    return DMSC_E_MALFORMED;
}

static enum dmsc_err take_answer(struct dmsci_sim_import *im, struct dmsci_sim_import_row *row)
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
        return dmsci_sim_import_wrong(im, "fcp", "at most 256 bytes in hex are wanted");
    row->is_fcp = row->answer.p[0] == 0x62;
    if (row->is_fcp && dmsc_fcp_decode(dmsc_buf_bytes(&row->answer), &row->fcp) != DMSC_OK)
        return dmsci_sim_import_wrong(im, "fcp", "this is no FCP");
    return DMSC_OK;
}

bool dmsci_sim_import_name(const struct dmsci_sim_import_row *row, struct dmsc_bytes *ret_name)
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
static enum dmsc_err make_path(struct dmsci_sim_import *im, struct dmsci_sim_import_row *row)
{
    const char *slash = strrchr(row->fids, '/');
    char own[2 * DMSCI_SIM_AID_MAX + 1] = "";
    char path[DMSCI_SIM_PATH_TEXT];
    struct dmsc_bytes name = { NULL, 0 };
    const char *above = NULL;

    if (row->is_fcp && row->fcp.has_file_id)
        (void)snprintf(own, sizeof(own), "%04X", row->fcp.file_id);
    else if (dmsci_sim_import_name(row, &name))
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
        return dmsci_sim_import_wrong(im, "fids", "no file above it, or no name");
    (void)snprintf(path, sizeof(path), "%s%s%s", above != NULL ? above : "",
                   above != NULL ? "/" : "", own);
    row->path = dmsci_strdup(im->ctx, path);
    return row->path == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err take_line(struct dmsci_sim_import *im, struct dmsc_bytes line)
{
    struct dmsci_sim_import_row *row = &im->rows[im->n];
    enum dmsc_err err;

    *row =
        (struct dmsci_sim_import_row){ .json = json_loadb((const char *)line.p, line.n, 0, NULL) };
    row->fids = json_string_value(json_object_get(row->json, "fids"));
    if (row->json == NULL || row->fids == NULL) {
        json_decref(row->json);
        return dmsci_sim_import_wrong(im, "", "an object with \"fids\" is wanted");
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

static enum dmsc_err take_lines(struct dmsci_sim_import *im, struct dmsc_bytes text)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);

        im->line++;
        if (im->n == ROWS_MAX)
            return dmsci_sim_import_wrong(im, "", "too many files");
        if (n > 0)
            err = take_line(im, dmsc_bytes(text.p, n));
        n += end != NULL;
        text = dmsc_bytes(text.p + n, text.n - n);
    }
    return err;
}

static void import_clear(struct dmsci_sim_import *im)
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
    struct dmsci_sim_import im = { .ctx = ctx, .file = path };
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
        err = dmsci_sim_import_wrong(&im, "", "there is no file in it");
    if (err == DMSC_OK)
        err = dmsci_sim_import_write(&im, atr_hex);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_profile, dmsc_buf_bytes(&im.out));
    if (im.rows != NULL)
        import_clear(&im);
    dmsc_buf_clear(&text);
    return err == DMSC_E_NOMEM ? dmsci_fail(ctx, err, "import card %s", path) : err;
}
