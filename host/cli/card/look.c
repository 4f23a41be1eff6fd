/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card ls, read, update: files by path and by name, with what they mean and what they need. */
#include "host/cli/card/files.h"
#include <dmsc/ef.h>
#include <dmsc/uicc_admin.h>
#include <dmsc/uicc_rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *structure_name(const struct dmsc_fcp *fcp)
{
    static const char *const names[] = { "-", "transparent", "linear fixed", "cyclic", "BER-TLV" };

    return fcp->kind == DMSC_FILE_DF ? "DF" : names[fcp->structure];
}

static json_t *size_json(const struct dmsc_fcp *fcp)
{
    if (fcp->structure == DMSC_FILE_LINEAR_FIXED || fcp->structure == DMSC_FILE_CYCLIC)
        return json_sprintf("%u x %u", fcp->records, fcp->record_length);
    return fcp->has_size ? json_sprintf("%lu", (unsigned long)fcp->size_bytes) : json_null();
}

/* --- ls --- */

struct listing {
    struct cli *cli;
    struct dmsc_uicc_rules *rules;
    json_t *rows;
    const char *absent; /* path of a DF that the card does not have */
    const char *first;  /* application in use, as far as the first '/' */
    size_t first_n;
};

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return strncasecmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* 7FFF is another DF from here on. */
static void follow_application(struct listing *l, const char *path)
{
    size_t n = strcspn(path, "/");

    if (l->first == NULL || l->first_n != n || strncmp(l->first, path, n) != 0)
        dmsc_uicc_rules_forget(l->rules);
    l->first = path;
    l->first_n = n;
}

static enum dmsc_err add_row(struct listing *l, const struct cli_file *file,
                             const struct dmsc_fcp *fcp)
{
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:o,s:o}", "path", file->path, "name", file->name, "structure",
                  structure_name(fcp), "size", size_json(fcp), "sfi",
                  fcp->has_sfi && fcp->sfi > 0 ? json_sprintf("%02X", fcp->sfi) : json_null());
    json_t *needs = cli_needs_json(l->rules, file, fcp);

    if (needs != NULL) {
        if (!l->cli->json)
            (void)json_object_set_new(row, "words", cli_needs_words(needs));
        (void)json_object_set_new(row, "access", needs);
    }
    if (fcp->life_cycle == 0x04 || fcp->life_cycle == 0x06)
        (void)json_object_set_new(row, "state", json_string("deactivated"));
    return json_array_append_new(l->rows, row) == 0 ? DMSC_OK : DMSC_E_NOMEM;
}

static enum dmsc_err list_file(struct listing *l, const struct cli_file *file)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    if (l->absent != NULL && is_below(file->path, l->absent))
        return DMSC_OK;
    l->absent = NULL;
    follow_application(l, file->path);
    dmsc_buf_init(&bytes, l->cli->ctx, DMSC_RAPDU_MAX);
    err = cli_file_select(l->cli, file, &bytes);
    if (err == DMSC_E_NOTFOUND || err == DMSC_E_SW || err == DMSC_E_DENIED) {
        l->absent = file->path; /* this card does not have it, nor what is in it */
        err = DMSC_OK;
        goto out;
    }
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp);
    if (err == DMSC_OK)
        err = add_row(l, file, &fcp);
out:
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "path", "PATH" }, { "name", "NAME" }, { "structure", "STRUCTURE" },
        { "size", "SIZE" }, { "sfi", "SFI" },   { "words", "ACCESS" },
        { NULL, NULL },
    };
    struct listing l = { .cli = cli, .rows = json_array() };
    const char *below = cli->arguments > 0 ? cli->argument[0] : NULL;
    enum dmsc_err err = dmsc_uicc_power_on(cli->uicc);

    if (err == DMSC_OK)
        err = dmsc_uicc_rules_new(cli->uicc, &l.rules);
    for (const struct cli_file *f = cli_files; err == DMSC_OK && f->path != NULL; f++) {
        if (below == NULL || is_below(f->path, below))
            err = list_file(&l, f);
    }
    dmsc_uicc_rules_free(l.rules);
    if (err == DMSC_OK && json_array_size(l.rows) == 0)
        err = cli_fail(cli, DMSC_E_NOTFOUND, "list the files",
                       "the card has none of the files that the standards name there",
                       "dmsc card ls; dmsc card ls USIM");
    if (err != DMSC_OK) {
        json_decref(l.rows);
        return err;
    }
    return cli_table(cli, columns, l.rows);
}

/* --- read --- */

struct reading {
    struct cli *cli;
    const struct cli_file *file;
    struct dmsc_fcp fcp;
    struct dmsc_buf fcp_bytes, content;
    json_t *decoded;
};

static void add_line(void *user, const struct dmsc_ef_line *line)
{
    (void)json_array_append_new(
        user, json_pack("{s:o,s:o}", "name", cli_text(line->name), "value", cli_text(line->value)));
}

/* What one record, or the whole file, means. Lines told before a failure are kept. */
static void describe(struct reading *r, struct dmsc_bytes content, unsigned record)
{
    json_t *lines = json_array(), *line;
    enum dmsc_err err;
    char name[32];
    size_t i;

    err =
        dmsc_ef_describe(r->cli->ctx, cli_file_short_name(r->file, name), content, add_line, lines);
    json_array_foreach(lines, i, line)
    {
        cli_say(r->cli, "  %s: %s", json_string_value(json_object_get(line, "name")),
                json_string_value(json_object_get(line, "value")));
        if (record > 0)
            (void)json_object_set_new(line, "record", json_integer(record));
    }
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        cli_say(r->cli, "  (not as the standard has it: %s)", dmsc_err_text(err));
    (void)json_array_extend(r->decoded, lines);
    json_decref(lines);
}

/* Erased memory at the end is of no interest to a reader's eye; --json and --raw show all. */
static size_t without_fill(struct dmsc_bytes content)
{
    size_t n = content.n;

    while (n > 0 && content.p[n - 1] == 0xFF)
        n--;
    return n;
}

static void show_piece(struct reading *r, struct dmsc_bytes piece, unsigned record)
{
    size_t used = without_fill(piece);

    if (record > 0)
        cli_say(r->cli, "record %u%s", record, used == 0 ? ": empty" : "");
    describe(r, piece, record);
    cli_dump(r->cli, dmsc_bytes(piece.p, used));
    if (used < piece.n && (used > 0 || record == 0))
        cli_say(r->cli, "(%zu bytes FF up to the end)", piece.n - used);
}

/* @param only the record that was read; 0: all of them */
static enum dmsc_err show_content(struct reading *r, unsigned only)
{
    struct dmsc_bytes content = dmsc_buf_bytes(&r->content);
    size_t step = r->fcp.record_length > 0 ? r->fcp.record_length : content.n;

    if (r->cli->option[OPT_RAW] != NULL)
        return fwrite(content.p, 1, content.n, stdout) == content.n ? DMSC_OK : DMSC_E_IO;
    cli_say(r->cli, "%s%s%s, %s, %zu bytes", r->file->path, r->file->name[0] != '\0' ? " " : "",
            r->file->name, structure_name(&r->fcp), content.n);
    for (size_t at = 0; at < content.n; at += step) {
        size_t n = content.n - at < step ? content.n - at : step;
        unsigned record = r->fcp.record_length == 0 ? 0
                          : only > 0                ? only
                                                    : (unsigned)(at / step) + 1;

        show_piece(r, dmsc_bytes(content.p + at, n), record);
    }
    return cli_json(r->cli, json_pack("{s:s,s:s,s:s,s:i,s:o,s:O}", "path", r->file->path, "name",
                                      r->file->name, "structure", structure_name(&r->fcp),
                                      "record_length", r->fcp.record_length, "content",
                                      cli_hex(r->cli, content), "decoded", r->decoded));
}

/* The tags that '5C' lists, object after object (TS 102 221 11.3). */
static enum dmsc_err read_objects(struct reading *r)
{
    struct dmsc_buf list, object;
    struct dmsc_rd tags;
    enum dmsc_err err;

    dmsc_buf_init(&list, r->cli->ctx, DMSC_RAPDU_MAX);
    dmsc_buf_init(&object, r->cli->ctx, dmsc_ctx_limits(r->cli->ctx)->ef_size);
    err = dmsc_uicc_retrieve_data(r->cli->uicc, 0, DMSC_TAG_LIST, &list);
    tags = dmsc_rd(dmsc_buf_bytes(&list));
    if (err == DMSC_OK) {
        dmsc_rd_skip(&tags, 1);
        if (dmsc_rd_u8(&tags) == 0x81)
            dmsc_rd_skip(&tags, 1);
    }
    while (err == DMSC_OK && tags.n > 0) {
        uint32_t tag = dmsc_rd_u8(&tags), more = tag & 0x1F;

        for (unsigned i = 0; i < 2 && more == 0x1F; i++) {
            tag = tag << 8 | dmsc_rd_u8(&tags);
            more = (tag & 0x80) != 0 ? 0x1F : 0;
        }
        err = dmsc_uicc_retrieve_data(r->cli->uicc, 0, tag, &object);
        if (err == DMSC_OK)
            err = dmsc_buf_append(&r->content, dmsc_buf_bytes(&object));
    }
    dmsc_buf_clear(&object);
    dmsc_buf_clear(&list);
    return err;
}

/* @param ret_number 0 where the option is not given */
static enum dmsc_err number_option(struct cli *cli, enum cli_option_id option, unsigned long most,
                                   unsigned *ret_number)
{
    const char *text = cli->option[option];
    char *end = NULL;
    unsigned long n;

    *ret_number = 0;
    if (text == NULL)
        return DMSC_OK;
    n = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || n > most)
        return cli_fail(cli, DMSC_E_ARG, "understand the command line",
                        "--record is 1 to 254, --offset a number of bytes", "");
    *ret_number = (unsigned)n;
    return DMSC_OK;
}

static enum dmsc_err read_content(struct reading *r, unsigned record)
{
    struct dmsc_uicc *uicc = r->cli->uicc;

    if (r->fcp.kind == DMSC_FILE_DF)
        return cli_fail(r->cli, DMSC_E_UNSUPPORTED, "read the file", "it is a folder",
                        "dmsc card ls PATH lists what is in it");
    if (r->fcp.structure == DMSC_FILE_BER_TLV)
        return read_objects(r);
    if (record > 0 && r->fcp.record_length == 0)
        return cli_fail(r->cli, DMSC_E_ARG, "read the record", "the file has no records",
                        "leave --record out");
    if (record > 0)
        return dmsc_uicc_read_record(uicc, 0, (uint8_t)record, r->fcp.record_length, &r->content);
    return dmsc_uicc_read_selected(uicc, &r->fcp, &r->content);
}

static enum dmsc_err open_file(struct cli *cli, const struct cli_file *file,
                               struct dmsc_buf *fcp_bytes, struct dmsc_fcp *ret_fcp)
{
    enum dmsc_err err = dmsc_uicc_power_on(cli->uicc);

    if (err == DMSC_OK)
        err = cli_verify_given(cli);
    if (err == DMSC_OK)
        err = cli_file_select(cli, file, fcp_bytes);
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(fcp_bytes), ret_fcp);
    return err;
}

static enum dmsc_err run_read(struct cli *cli)
{
    struct cli_file file;
    struct reading r = { .cli = cli, .file = &file, .decoded = json_array() };
    unsigned record = 0;
    enum dmsc_err err = cli_file_parse(cli, cli->argument[0], &file);

    dmsc_buf_init(&r.fcp_bytes, cli->ctx, DMSC_RAPDU_MAX);
    dmsc_buf_init(&r.content, cli->ctx, dmsc_ctx_limits(cli->ctx)->ef_size);
    if (err == DMSC_OK)
        err = number_option(cli, OPT_RECORD, 254, &record);
    if (err == DMSC_OK)
        err = open_file(cli, &file, &r.fcp_bytes, &r.fcp);
    if (err == DMSC_OK) {
        dmsc_link_conceal(dmsc_uicc_link(cli->uicc), file.secret);
        err = read_content(&r, record);
        dmsc_link_conceal(dmsc_uicc_link(cli->uicc), false);
    }
    if (err == DMSC_E_DENIED)
        err = cli_needs_denied(cli, &file, &r.fcp, "read");
    if (err == DMSC_OK)
        err = show_content(&r, record);
    json_decref(r.decoded);
    dmsc_buf_clear(&r.content);
    dmsc_buf_clear(&r.fcp_bytes);
    return err;
}

/* --- update --- */

static enum dmsc_err write_content(struct cli *cli, const struct dmsc_fcp *fcp, unsigned record,
                                   unsigned offset, struct dmsc_bytes content)
{
    bool records = fcp->structure == DMSC_FILE_LINEAR_FIXED || fcp->structure == DMSC_FILE_CYCLIC;

    if (records && (content.n != fcp->record_length || offset > 0))
        return cli_fail(cli, DMSC_E_ARG, "update the record", "a record is written as a whole",
                        "as many bytes as dmsc card ls says, without --offset");
    if (fcp->structure == DMSC_FILE_CYCLIC && record == 0)
        return dmsc_uicc_update_record(cli->uicc, 0, 0, content);
    if (fcp->structure == DMSC_FILE_LINEAR_FIXED && record > 0)
        return dmsc_uicc_update_record(cli->uicc, 0, (uint8_t)record, content);
    if (records)
        return cli_fail(cli, DMSC_E_ARG, "update the record",
                        record > 0 ? "a cyclic file takes the next record by itself"
                                   : "which record is not said",
                        record > 0 ? "leave --record out" : "--record N");
    if (fcp->structure != DMSC_FILE_TRANSPARENT)
        return cli_fail(cli, DMSC_E_UNSUPPORTED, "update the file",
                        "it is neither transparent nor made of records",
                        "dmsc card apdu sends any command");
    if (record > 0 || (fcp->has_size && offset + content.n > fcp->size_bytes))
        return cli_fail(cli, DMSC_E_ARG, "update the file",
                        record > 0 ? "it has no records" : "the bytes go beyond its end", "");
    return dmsc_uicc_update_binary(cli->uicc, 0, offset, content);
}

static enum dmsc_err update(struct cli *cli, const struct cli_file *file, struct dmsc_bytes content)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    unsigned record = 0, offset = 0;
    struct dmsc_buf fcp_bytes;
    enum dmsc_err err = number_option(cli, OPT_RECORD, 254, &record);

    dmsc_buf_init(&fcp_bytes, cli->ctx, DMSC_RAPDU_MAX);
    if (err == DMSC_OK)
        err = number_option(cli, OPT_OFFSET, 32767, &offset);
    if (err == DMSC_OK)
        err = open_file(cli, file, &fcp_bytes, &fcp);
    if (err == DMSC_OK) {
        dmsc_link_conceal(dmsc_uicc_link(cli->uicc), file->secret);
        err = write_content(cli, &fcp, record, offset, content);
        dmsc_link_conceal(dmsc_uicc_link(cli->uicc), false);
    }
    if (err == DMSC_E_DENIED)
        err = cli_needs_denied(cli, file, &fcp, "update");
    dmsc_buf_clear(&fcp_bytes);
    return err;
}

static enum dmsc_err run_update(struct cli *cli)
{
    struct dmsc_buf content;
    struct cli_file file;
    enum dmsc_err err = cli_file_parse(cli, cli->argument[0], &file);

    dmsc_buf_init(&content, cli->ctx, 32768);
    if (err == DMSC_OK &&
        (dmsc_hex_decode(cli->argument[1], &content) != DMSC_OK || content.n == 0))
        err = cli_fail(cli, DMSC_E_MALFORMED, "read the bytes", "they are no pairs of hex digits",
                       "dmsc card update USIM/6F46 01456D7074 --adm-file adm1.hex");
    if (err == DMSC_OK)
        err = update(cli, &file, dmsc_buf_bytes(&content));
    if (err == DMSC_OK) {
        cli_say(cli, "%s%s%s: %zu bytes written", file.path, file.name[0] != '\0' ? " " : "",
                file.name, content.n);
        err = cli_json(cli, json_pack("{s:s,s:s,s:i}", "path", file.path, "name", file.name,
                                      "written", (int)content.n));
    }
    dmsc_buf_clear(&content);
    return err;
}

const struct cli_command cli_card_look_commands[] = {
    { "card", "ls", "[PATH]", 0, 1, CLI_NEEDS_LINK, CLI_SCP03, run_ls, "list the files of the card",
      "Tries every file that the standards name under the MF, DF.TELECOM, ADF.USIM, ADF.ISIM, "
      "PKCS#15\n"
      "and ADF.DMSC, and shows what each FCP says and what the file needs: its access rule in "
      "words,\n"
      "from the FCP or from EF(ARR). A UICC has no command that lists files by itself. PATH "
      "narrows it.\n\n"
      "  dmsc card ls USIM" },
    { "card", "read", "PATH", 1, 1, CLI_NEEDS_LINK,
      CLI_OPTION(OPT_PIN_FILE) | CLI_OPTION(OPT_ADM_FILE) | CLI_OPTION(OPT_RAW) |
          CLI_OPTION(OPT_RECORD) | CLI_SCP03,
      run_read, "read a file",
      "PATH is identifiers between slashes from the MF (3F00/2FE2), or from an application by "
      "name\n"
      "(USIM/6F07, DMSC/6F10, PKCS15/5031) or AID; the name of a standard file does as well "
      "(ICCID,\n"
      "USIM/IMSI). What the bytes mean is told for the well-known ones. --raw writes the bytes "
      "and\n"
      "nothing else.\n\n"
      "  dmsc card read USIM/UST" },
    { "card", "update", "PATH HEX", 2, 2, CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_PIN_FILE) | CLI_OPTION(OPT_ADM_FILE) | CLI_OPTION(OPT_RECORD) |
          CLI_OPTION(OPT_OFFSET) | CLI_SCP03,
      run_update, "write into a file",
      "Bytes at an offset of a transparent file, one whole record of the others; a cyclic file "
      "takes its\n"
      "next record by itself. PATH as for dmsc card read.\n\n"
      "  dmsc card update 3F00/2F05 656E6465 --adm-file adm1.hex" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
