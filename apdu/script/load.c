/* SPDX-License-Identifier: Apache-2.0 */
/* A script with all files that it calls. */
#include "apdu/base/ctx.h"
#include "apdu/script/private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum dmsc_err slurp(struct dmsc_ctx *ctx, const char *path, struct dmsc_buf *text)
{
    size_t most = dmsc_ctx_limits(ctx)->script_size;
    FILE *file = fopen(path, "rbe");
    enum dmsc_err err = DMSC_OK;
    size_t got = 1;

    while (file != NULL && err == DMSC_OK && got > 0) {
        size_t room = most + 1 - text->n < 4096 ? most + 1 - text->n : 4096;
        uint8_t *p;

        err = dmsc_buf_reserve(text, room, &p);
        if (err == DMSC_OK) {
            got = fread(p, 1, room, file);
            dmsc_buf_commit(text, got);
        }
    }
    if (file == NULL || (err == DMSC_OK && ferror(file))) {
        int code = errno;

        err = dmsci_fail(ctx, DMSC_E_IO, "read the script");
        dmsci_where(ctx, "%s", path);
        dmsci_why(ctx, "script:file", "%s", strerror(code));
        dmsci_fail_code(ctx, code);
    } else if (err == DMSC_OK && text->n > most) {
        err = dmsci_fail(ctx, DMSC_E_LIMIT, "read the script");
        dmsci_where(ctx, "%s", path);
        dmsci_why(ctx, "script:size", "it is longer than %zu bytes", most);
        dmsci_hint(ctx, "divide it and use .CALL");
    }
    if (file != NULL)
        (void)fclose(file);
    return err;
}

static enum dmsc_err add_file(struct dmsc_script *script, const char *path, struct dmsc_bytes text)
{
    struct dmsci_script_file *file = NULL;
    struct dmsci_script_file **files =
        dmsci_script_grow(script->ctx, script->files, sizeof(*files), script->count, &script->cap);
    enum dmsc_err err;

    if (files == NULL)
        return DMSC_E_NOMEM;
    script->files = files;
    err = dmsci_script_file(script->ctx, path, text, &file);
    if (err == DMSC_OK)
        files[script->count++] = file;
    return err;
}

static enum dmsc_err load_file(struct dmsc_script *script, const char *path)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, script->ctx, dmsc_ctx_limits(script->ctx)->script_size + 1);
    err = slurp(script->ctx, path, &text);
    if (err == DMSC_OK)
        err = add_file(script, path, dmsc_buf_bytes(&text));
    dmsc_buf_clear(&text);
    return err;
}

/* Beside the file that calls. */
static enum dmsc_err path_of(const struct dmsci_script_file *caller, struct dmsc_bytes name,
                             struct dmsc_buf *path)
{
    const char *slash = strrchr(caller->name, '/');
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_reset(path);
    if (slash != NULL && name.p[0] != '/')
        err = dmsc_buf_append(path, dmsc_bytes(caller->name, (size_t)(slash + 1 - caller->name)));
    for (size_t i = 0; err == DMSC_OK && i < name.n; i++)
        err = dmsc_buf_append_u8(path, name.p[i] == '\\' ? '/' : name.p[i]);
    return err;
}

static size_t find_file(const struct dmsc_script *script, const char *path)
{
    size_t i = 0;

    while (i < script->count && strcmp(script->files[i]->name, path) != 0)
        i++;
    return i;
}

static enum dmsc_err called_by(struct dmsc_script *script, const char *caller, unsigned line,
                               enum dmsc_err err)
{
    if (err == DMSC_E_IO)
        dmsci_hint(script->ctx, "it is called in %s:%u", caller, line);
    return err;
}

static enum dmsc_err resolve(struct dmsc_script *script, size_t at, struct dmsc_buf *path)
{
    const struct dmsci_script_file *file = script->files[at];
    unsigned most = dmsc_ctx_limits(script->ctx)->script_files;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < file->count; i++) {
        struct dmsci_script_stmt stmt;
        const char *why = "";

        err = dmsci_script_stmt(dmsci_script_row_text(file, i), &stmt, &why);
        if (err != DMSC_OK || stmt.kind != DMSCI_SCRIPT_CALL)
            continue;
        err = path_of(file, stmt.name, path);
        if (err != DMSC_OK)
            break;
        file->rows[i].partner = find_file(script, dmsc_buf_str(path));
        if (file->rows[i].partner < script->count)
            continue;
        if (script->count >= most) {
            err = dmsci_fail(script->ctx, DMSC_E_LIMIT, "read the script");
            dmsci_where(script->ctx, "%s:%u", file->name, file->rows[i].line);
            dmsci_why(script->ctx, "script:files", "it calls more than %u files", most);
            break;
        }
        err = called_by(script, file->name, file->rows[i].line,
                        load_file(script, dmsc_buf_str(path)));
    }
    return err;
}

static enum dmsc_err refuse_calls(const struct dmsc_script *script)
{
    const struct dmsci_script_file *file = script->files[0];

    for (size_t i = 0; i < file->count; i++) {
        struct dmsci_script_stmt stmt;
        const char *why = "";

        if (dmsci_script_stmt(dmsci_script_row_text(file, i), &stmt, &why) == DMSC_OK &&
            stmt.kind == DMSCI_SCRIPT_CALL)
            return dmsci_script_refuse(script->ctx, file->name, file->rows[i].line,
                                       "a text in memory calls no files");
    }
    return DMSC_OK;
}

void dmsc_script_free(struct dmsc_script *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->count; i++)
        dmsci_script_file_free(script->files[i]);
    dmsci_free(script->ctx, script->files);
    dmsci_free(script->ctx, script);
}

enum dmsc_err dmsc_script_parse(struct dmsc_ctx *ctx, const char *name, struct dmsc_bytes text,
                                struct dmsc_script **ret_script)
{
    struct dmsc_script *script = dmsci_alloc(ctx, sizeof(*script));
    enum dmsc_err err;

    if (script == NULL)
        return DMSC_E_NOMEM;
    script->ctx = ctx;
    err = add_file(script, name, text);
    if (err == DMSC_OK)
        err = refuse_calls(script);
    if (err == DMSC_OK)
        *ret_script = script;
    else
        dmsc_script_free(script);
    return err;
}

enum dmsc_err dmsc_script_load(struct dmsc_ctx *ctx, const char *path,
                               struct dmsc_script **ret_script)
{
    struct dmsc_script *script = dmsci_alloc(ctx, sizeof(*script));
    struct dmsc_buf name;
    enum dmsc_err err;

    if (script == NULL)
        return DMSC_E_NOMEM;
    script->ctx = ctx;
    dmsc_buf_init(&name, ctx, 4096);
    err = load_file(script, path);
    for (size_t i = 0; err == DMSC_OK && i < script->count; i++)
        err = resolve(script, i, &name);
    dmsc_buf_clear(&name);
    if (err == DMSC_OK)
        *ret_script = script;
    else
        dmsc_script_free(script);
    return err;
}
