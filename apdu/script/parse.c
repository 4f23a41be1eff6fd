/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a script: lines without comments, continued ones joined, blocks matched. */
#include "apdu/base/ctx.h"
#include "apdu/script/item.h"
#include <string.h>

/* Of .SWITCH and .BEGIN_LOOP in each other. */
#define BLOCKS_MAX 16u

void *dmsci_script_grow(struct dmsc_ctx *ctx, void *p, size_t size, size_t count, size_t *cap)
{
    size_t wanted = *cap == 0 ? 16 : *cap * 2;
    void *fresh;

    if (count < *cap)
        return p;
    fresh = dmsci_calloc(ctx, wanted, size);
    if (fresh == NULL)
        return NULL;
    dmsci_copy(fresh, p, count * size);
    dmsci_free(ctx, p);
    *cap = wanted;
    return fresh;
}

struct dmsc_bytes dmsci_script_row_text(const struct dmsci_script_file *file, size_t row)
{
    return dmsc_bytes(file->text.p + file->rows[row].at, file->rows[row].n);
}

void dmsci_script_file_free(struct dmsci_script_file *file)
{
    if (file == NULL)
        return;
    dmsc_buf_clear(&file->text);
    dmsci_free(file->ctx, file->rows);
    dmsci_free(file->ctx, file->name);
    dmsci_free(file->ctx, file);
}

enum dmsc_err dmsci_script_refuse(struct dmsc_ctx *ctx, const char *file, unsigned line,
                                  const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read the script");
    dmsci_where(ctx, "%s:%u", file, line);
    dmsci_why(ctx, "script:line", "%s", why);
    dmsci_hint(ctx, "docs/scripts.md says what is understood");
    return DMSC_E_MALFORMED;
}

static bool is_word(struct dmsc_bytes text, const char *word)
{
    size_t n = strlen(word);

    if (text.n < n || (text.n > n && !dmsci_script_is_space(text.p[n])))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (dmsci_script_upper(text.p[i]) != word[i])
            return false;
    }
    return true;
}

/* ";" begins a comment, but not in brackets, W(2;1), and not in a text between quotation marks. */
static size_t without_comment(struct dmsc_bytes line)
{
    bool quoted = false, bracket = false;

    if (line.n > 0 && line.p[0] == '*')
        return line.n;
    if ((line.n > 0 && line.p[0] == '#') || is_word(line, "REM"))
        return 0;
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];

        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '(' || c == ')'))
            bracket = c == '(';
        else if (c == ';' && !quoted && !bracket)
            return i;
    }
    return line.n;
}

static struct dmsc_bytes take_line(struct dmsc_rd *r)
{
    size_t n = 0;
    struct dmsc_bytes line;

    while (n < r->n && r->p[n] != '\n')
        n++;
    line = dmsc_rd_bytes(r, n);
    if (r->n > 0)
        dmsc_rd_skip(r, 1);
    return line;
}

static struct dmsc_bytes trimmed(struct dmsc_bytes line)
{
    while (line.n > 0 && dmsci_script_is_space(line.p[0]))
        line = dmsc_bytes(line.p + 1, line.n - 1);
    while (line.n > 0 && dmsci_script_is_space(line.p[line.n - 1]))
        line.n--;
    return line;
}

static enum dmsc_err add_row(struct dmsci_script_file *file, size_t at, unsigned line)
{
    struct dmsci_script_row *rows =
        dmsci_script_grow(file->ctx, file->rows, sizeof(*rows), file->count, &file->cap);

    if (rows == NULL)
        return DMSC_E_NOMEM;
    file->rows = rows;
    rows[file->count++] = (struct dmsci_script_row){ line, at, file->text.n - at, 0 };
    return DMSC_OK;
}

/* A line of the script from one or more of the file. @p line counts those. */
static enum dmsc_err take_row(struct dmsci_script_file *file, struct dmsc_rd *r, unsigned *line)
{
    size_t at = file->text.n;
    unsigned first = *line + 1;
    bool goes_on = true;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && goes_on && r->n > 0) {
        struct dmsc_bytes text = trimmed(take_line(r));

        ++*line;
        text = trimmed(dmsc_bytes(text.p, without_comment(text)));
        goes_on = text.n > 0 && text.p[text.n - 1] == '\\';
        if (goes_on)
            text.n--;
        err = dmsc_buf_append(&file->text, text);
        if (err == DMSC_OK && goes_on)
            err = dmsc_buf_append_u8(&file->text, ' ');
    }
    if (err != DMSC_OK || trimmed(dmsc_bytes(file->text.p + at, file->text.n - at)).n == 0)
        return err;
    return add_row(file, at, first);
}

struct blocks {
    size_t rows[BLOCKS_MAX]; /* of the blocks that are open */
    enum dmsci_script_stmt_kind kinds[BLOCKS_MAX];
    size_t open;
};

/* The innermost open block is a @p kind. */
static bool in(const struct blocks *b, enum dmsci_script_stmt_kind kind)
{
    return b->open > 0 && b->kinds[b->open - 1] == kind;
}

static const char *match_row(struct dmsci_script_file *file, struct blocks *b, size_t row,
                             enum dmsci_script_stmt_kind kind)
{
    switch (kind) {
    case DMSCI_SCRIPT_SWITCH:
    case DMSCI_SCRIPT_BEGIN_LOOP:
        if (b->open == BLOCKS_MAX)
            return "more than 16 blocks in each other";
        b->rows[b->open] = row;
        b->kinds[b->open++] = kind;
        return NULL;
    case DMSCI_SCRIPT_CASE:
    case DMSCI_SCRIPT_DEFAULT:
    case DMSCI_SCRIPT_BREAK:
        if (!in(b, DMSCI_SCRIPT_SWITCH))
            return "it belongs between .SWITCH and .ENDSWITCH";
        file->rows[row].partner = b->rows[b->open - 1];
        return NULL;
    case DMSCI_SCRIPT_ENDSWITCH:
        if (!in(b, DMSCI_SCRIPT_SWITCH))
            return "there is no .SWITCH that it ends";
        file->rows[b->rows[--b->open]].partner = row;
        return NULL;
    case DMSCI_SCRIPT_LOOP:
        if (!in(b, DMSCI_SCRIPT_BEGIN_LOOP))
            return "there is no .BEGIN_LOOP that it ends";
        file->rows[row].partner = b->rows[--b->open];
        return NULL;
    default:
        return NULL;
    }
}

static enum dmsc_err check_rows(struct dmsci_script_file *file)
{
    struct blocks blocks = { .open = 0 };

    for (size_t i = 0; i < file->count; i++) {
        struct dmsci_script_stmt stmt;
        const char *why = "";

        if (dmsci_script_stmt(dmsci_script_row_text(file, i), &stmt, &why) == DMSC_OK)
            why = match_row(file, &blocks, i, stmt.kind);
        if (why != NULL)
            return dmsci_script_refuse(file->ctx, file->name, file->rows[i].line, why);
    }
    if (blocks.open == 0)
        return DMSC_OK;
    return dmsci_script_refuse(file->ctx, file->name, file->rows[blocks.rows[blocks.open - 1]].line,
                               "the block has no end");
}

enum dmsc_err dmsci_script_file(struct dmsc_ctx *ctx, const char *name, struct dmsc_bytes text,
                                struct dmsci_script_file **ret_file)
{
    static const uint8_t mark[] = { 0xEF, 0xBB, 0xBF }; /* UTF-8, as some editors begin a file */
    struct dmsci_script_file *file = dmsci_alloc(ctx, sizeof(*file));
    struct dmsc_rd r = dmsc_rd(text);
    unsigned line = 0;
    enum dmsc_err err = DMSC_OK;

    if (file == NULL)
        return DMSC_E_NOMEM;
    file->ctx = ctx;
    /* A line is never longer than what it was made of. */
    dmsc_buf_init(&file->text, ctx, text.n + 1);
    file->name = dmsci_strdup(ctx, name);
    if (file->name == NULL)
        err = DMSC_E_NOMEM;
    if (r.n >= sizeof(mark) && dmsc_bytes_equal(dmsc_bytes(r.p, 3), dmsc_bytes(mark, 3)))
        dmsc_rd_skip(&r, 3);
    while (err == DMSC_OK && r.n > 0)
        err = take_row(file, &r, &line);
    if (err == DMSC_OK)
        err = check_rows(file);
    if (err == DMSC_OK)
        *ret_file = file;
    else
        dmsci_script_file_free(file);
    return err;
}
