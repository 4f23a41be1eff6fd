/* SPDX-License-Identifier: Apache-2.0 */
/* Line after line, blocks, calls, and what is told about each. */
#include "apdu/script/run.h"
#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <stdio.h>

/* The first failure ends the run, and its story is the run's; with "all" it is counted. */
enum dmsc_err dmsci_script_tell(struct dmsci_script_run *run, enum dmsc_script_verdict verdict,
                                enum dmsc_err err)
{
    run->event.file = run->file;
    run->event.line = run->line;
    run->event.verdict = verdict;
    run->event.err = err;
    run->result.passed += verdict == DMSC_SCRIPT_PASSED;
    run->result.failed += verdict == DMSC_SCRIPT_FAILED;
    run->result.broken += verdict == DMSC_SCRIPT_BROKEN;
    if (run->options.event != NULL)
        run->options.event(run->options.user, &run->event);
    if (verdict != DMSC_SCRIPT_BROKEN || (run->options.all && err != DMSC_E_NOMEM))
        return DMSC_OK;
    return err;
}

static void new_event(struct dmsci_script_run *run, enum dmsc_script_kind kind)
{
    run->event = (struct dmsc_script_event){
        .kind = kind,
        .name = "",
        .command = "",
        .answer = "",
        .sw = "",
        .expected = "",
        .expected_sw = "",
        .why = "",
    };
    dmsc_buf_reset(&run->text);
    dmsc_buf_reset(&run->expected_text);
    dmsc_buf_reset(&run->sw_text);
    dmsc_buf_reset(&run->answer_text);
    dmsci_script_value_clear(&run->expected);
}

/* A line that concerns no card and cannot be done. */
static enum dmsc_err broken(struct dmsci_script_run *run, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return DMSC_OK;
    if (err != DMSC_E_NOMEM) {
        (void)dmsci_fail(run->ctx, err, "run the script");
        dmsci_where(run->ctx, "%s:%u", run->file, run->line);
        dmsci_why(run->ctx, "script:value", "%s", run->env.why);
    }
    /* Its first word: what stands behind may be a key. */
    for (size_t i = 0; i < run->text.n; i++) {
        if (run->text.p[i] == ' ' || run->text.p[i] == '\t')
            dmsc_buf_truncate(&run->text, i);
    }
    run->event.name = dmsc_buf_str(&run->text);
    run->event.why = run->env.why;
    return dmsci_script_tell(run, DMSC_SCRIPT_BROKEN, err);
}

static enum dmsc_err say(struct dmsci_script_run *run, struct dmsc_bytes text)
{
    enum dmsc_err err = dmsc_buf_set(&run->text, text);

    if (err != DMSC_OK)
        return err;
    run->event.name = dmsc_buf_str(&run->text);
    return dmsci_script_tell(run, DMSC_SCRIPT_DONE, DMSC_OK);
}

static enum dmsc_err display(struct dmsci_script_run *run, struct dmsc_bytes expression)
{
    char hex[3];
    enum dmsc_err err = dmsci_script_eval_bytes(&run->env, expression, &run->bytes);

    if (err != DMSC_OK)
        return broken(run, err);
    err = dmsc_buf_set(&run->text, expression);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&run->text, " =");
    for (size_t i = 0; err == DMSC_OK && i < run->bytes.n; i++) {
        dmsc_hex_encode(dmsc_bytes(run->bytes.p + i, 1), hex);
        err = dmsc_buf_append_str(&run->text, i == 0 ? " " : "");
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(&run->text, hex);
    }
    if (err != DMSC_OK)
        return err;
    run->event.name = dmsc_buf_str(&run->text);
    return dmsci_script_tell(run, DMSC_SCRIPT_DONE, DMSC_OK);
}

static enum dmsc_err limit(struct dmsci_script_run *run, const char *reason, const char *why,
                           unsigned long most)
{
    (void)dmsci_fail(run->ctx, DMSC_E_LIMIT, "run the script");
    dmsci_where(run->ctx, "%s:%u", run->file, run->line);
    dmsci_why(run->ctx, reason, "%s %lu", why, most);
    return DMSC_E_LIMIT;
}

static enum dmsc_err call(struct dmsci_script_run *run, size_t file)
{
    unsigned most = dmsc_ctx_limits(run->ctx)->script_depth;

    if (run->depth == most)
        return limit(run, "script:depth", "files call each other deeper than", most);
    run->frames[run->depth].file = file;
    run->frames[run->depth++].row = 0;
    return DMSC_OK;
}

/* The first .CASE that fits, else .DEFAULT, else behind .ENDSWITCH. */
static enum dmsc_err choose(struct dmsci_script_run *run, const struct dmsci_script_file *file,
                            size_t *row, const struct dmsci_script_stmt *stmt)
{
    size_t home = *row, end = file->rows[home].partner, to = end;
    struct dmsci_script_value value;
    enum dmsc_err err = dmsci_script_eval_bytes(&run->env, stmt->data, &run->bytes);

    dmsci_script_value_init(&value, run->ctx);
    for (size_t i = home + 1; err == DMSC_OK && i < end; i++) {
        struct dmsci_script_stmt other;
        const char *why = "";

        if (file->rows[i].partner != home ||
            dmsci_script_stmt(dmsci_script_row_text(file, i), &other, &why) != DMSC_OK)
            continue;
        if (other.kind == DMSCI_SCRIPT_DEFAULT)
            to = i;
        if (other.kind != DMSCI_SCRIPT_CASE)
            continue;
        dmsci_script_value_clear(&value);
        err = dmsci_script_eval(&run->env, other.data, &value);
        if (err == DMSC_OK && dmsci_script_matches(&value, dmsc_buf_bytes(&run->bytes))) {
            to = i;
            break;
        }
    }
    dmsci_script_value_clear(&value);
    if (err == DMSC_OK)
        *row = to;
    else
        *row = end; /* with "all" the run goes on behind the block */
    return broken(run, err);
}

static enum dmsc_err loop(struct dmsci_script_run *run, const struct dmsci_script_file *file,
                          size_t *row, const struct dmsci_script_stmt *stmt)
{
    unsigned top = run->loop_count;
    uint32_t left = 0;

    if (top > 0 && run->loops[top - 1].depth == run->depth && run->loops[top - 1].row == *row) {
        left = --run->loops[top - 1].left;
        run->loop_count -= left == 0;
    } else {
        enum dmsc_err err = dmsci_script_eval_number(&run->env, &stmt->count, &left);

        if (err != DMSC_OK)
            return broken(run, err);
        left = left > 0 ? left - 1 : 0;
        if (left > 0 && top == DMSCI_SCRIPT_LOOPS_MAX)
            return limit(run, "script:loops", "more loops in each other than",
                         DMSCI_SCRIPT_LOOPS_MAX);
        if (left > 0) {
            run->loops[top].depth = run->depth;
            run->loops[top].row = *row;
            run->loops[top].left = left;
            run->loop_count++;
        }
    }
    if (left > 0)
        *row = file->rows[*row].partner;
    return DMSC_OK;
}

static enum dmsc_err do_row(struct dmsci_script_run *run, const struct dmsci_script_file *file,
                            size_t *row, const struct dmsci_script_stmt *stmt)
{
    switch (stmt->kind) {
    case DMSCI_SCRIPT_COMMAND:
        new_event(run, DMSC_SCRIPT_COMMAND);
        return dmsci_script_send(run, stmt);
    case DMSCI_SCRIPT_POWER_ON:
    case DMSCI_SCRIPT_POWER_OFF:
        new_event(run, DMSC_SCRIPT_POWER);
        return dmsci_script_power(run, stmt);
    case DMSCI_SCRIPT_DEFINE:
        return broken(run, dmsci_script_define_set(&run->env, stmt));
    case DMSCI_SCRIPT_UNDEFINE:
        dmsci_script_undefine(&run->env, stmt->name);
        return DMSC_OK;
    case DMSCI_SCRIPT_UNDEFINE_ALL:
        dmsci_script_undefine_all(&run->env);
        return DMSC_OK;
    case DMSCI_SCRIPT_CALL:
        return call(run, file->rows[*row].partner);
    case DMSCI_SCRIPT_SET:
    case DMSCI_SCRIPT_APPEND:
    case DMSCI_SCRIPT_INCREASE:
    case DMSCI_SCRIPT_DECREASE:
        return broken(run, dmsci_script_buffer_change(&run->env, stmt));
    case DMSCI_SCRIPT_DISPLAY:
        return display(run, stmt->data);
    case DMSCI_SCRIPT_SAY:
        return say(run, stmt->name);
    case DMSCI_SCRIPT_SWITCH:
        return choose(run, file, row, stmt);
    case DMSCI_SCRIPT_BREAK:
        *row = file->rows[file->rows[*row].partner].partner;
        return DMSC_OK;
    case DMSCI_SCRIPT_LOOP:
        return loop(run, file, row, stmt);
    default: /* marks, and what there is nothing to do for */
        return DMSC_OK;
    }
}

static enum dmsc_err step(struct dmsci_script_run *run)
{
    unsigned long most = dmsc_ctx_limits(run->ctx)->script_steps;
    unsigned depth = run->depth;
    const struct dmsci_script_file *file = run->script->files[run->frames[depth - 1].file];
    size_t row = run->frames[depth - 1].row;
    struct dmsci_script_stmt stmt;
    const char *why = "";
    enum dmsc_err err;

    if (row >= file->count) {
        run->depth--;
        return DMSC_OK;
    }
    run->file = file->name;
    run->line = file->rows[row].line;
    if (run->steps++ == most)
        return limit(run, "script:steps", "the lines that were run are more than", most);
    new_event(run, DMSC_SCRIPT_MESSAGE);
    err = dmsci_script_stmt(dmsci_script_row_text(file, row), &stmt, &why);
    if (err == DMSC_OK)
        err = dmsc_buf_set(&run->text, dmsci_script_row_text(file, row));
    if (err == DMSC_OK)
        err = do_row(run, file, &row, &stmt);
    run->frames[depth - 1].row = row + 1;
    return err;
}

static enum dmsc_err run_all(struct dmsci_script_run *run)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && run->depth > 0) {
        if (run->options.stop != NULL && run->options.stop(run->options.user)) {
            run->result.stopped = true;
            break;
        }
        err = step(run);
        if (run->result.failed > 0 && !run->options.all)
            break;
    }
    return err;
}

static void init(struct dmsci_script_run *run)
{
    size_t most = dmsc_ctx_limits(run->ctx)->script_size;

    dmsci_script_env_init(&run->env, run->ctx);
    dmsci_script_value_init(&run->expected, run->ctx);
    dmsc_buf_init(&run->bytes, run->ctx, dmsc_ctx_limits(run->ctx)->ef_size);
    dmsc_buf_init(&run->rapdu, run->ctx, dmsc_ctx_limits(run->ctx)->rapdu_size);
    dmsc_buf_init(&run->text, run->ctx, most + 4 * dmsc_ctx_limits(run->ctx)->ef_size);
    dmsc_buf_init(&run->expected_text, run->ctx, 2 * dmsc_ctx_limits(run->ctx)->ef_size);
    dmsc_buf_init(&run->answer_text, run->ctx, 2 * dmsc_ctx_limits(run->ctx)->rapdu_size);
    dmsc_buf_init(&run->sw_text, run->ctx, most);
}

static void clear(struct dmsci_script_run *run)
{
    dmsci_script_unlock(run);
    dmsci_script_env_clear(&run->env);
    dmsci_script_value_clear(&run->expected);
    dmsc_buf_clear(&run->bytes);
    dmsc_buf_clear(&run->rapdu);
    dmsc_buf_clear(&run->text);
    dmsc_buf_clear(&run->expected_text);
    dmsc_buf_clear(&run->answer_text);
    dmsc_buf_clear(&run->sw_text);
    dmsci_free(run->ctx, run->frames);
    dmsc_wipe(run->why, sizeof(run->why));
    dmsci_free(run->ctx, run);
}

enum dmsc_err dmsc_script_run(const struct dmsc_script *script, struct dmsc_link *link,
                              const struct dmsc_script_options *options,
                              struct dmsc_script_result *ret_result)
{
    struct dmsc_ctx *ctx = script->ctx;
    struct dmsci_script_run *run = dmsci_alloc(ctx, sizeof(*run));
    enum dmsc_err err = DMSC_E_NOMEM;

    *ret_result = (struct dmsc_script_result){ .commands = 0 };
    if (run == NULL)
        return DMSC_E_NOMEM;
    run->ctx = ctx;
    run->script = script;
    run->link = link;
    if (options != NULL)
        run->options = *options;
    run->mask.raw = run->options.raw;
    init(run);
    run->frames = dmsci_calloc(ctx, dmsc_ctx_limits(ctx)->script_depth, sizeof(*run->frames));
    if (run->frames != NULL) {
        run->depth = 1; /* the first line of the first file */
        err = run_all(run);
    }
    *ret_result = run->result;
    clear(run);
    return err;
}
