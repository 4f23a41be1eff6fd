/* SPDX-License-Identifier: Apache-2.0 */
/* What a line does with the card, and whether the answer is the one that was expected. */
#include "apdu/base/ctx.h"
#include "apdu/script/run.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <time.h>

static long now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

void dmsci_script_unlock(struct dmsci_script_run *run)
{
    if (run->locked)
        dmsc_link_unlock(run->link);
    run->locked = false;
}

/* The card or the way to it failed: the story is told already, and gets its line. */
static enum dmsc_err broken(struct dmsci_script_run *run, enum dmsc_err err)
{
    const struct dmsc_diag *story = dmsc_diag_get(run->ctx);

    if (err == DMSC_E_NOMEM)
        return err;
    if (story->err != err)
        (void)dmsci_fail(run->ctx, err, "run the script");
    dmsci_where(run->ctx, "%s:%u", run->file, run->line);
    (void)snprintf(run->why, sizeof(run->why), "%s", dmsc_err_text(err));
    run->event.why = run->why;
    return dmsci_script_tell(run, DMSC_SCRIPT_BROKEN, err);
}

/* The line itself cannot be done. */
static enum dmsc_err refused(struct dmsci_script_run *run, enum dmsc_err err, const char *why)
{
    if (err == DMSC_E_NOMEM)
        return err;
    (void)dmsci_fail(run->ctx, err, "run the script");
    dmsci_where(run->ctx, "%s:%u", run->file, run->line);
    dmsci_why(run->ctx, "script:value", "%s", why);
    if (run->event.name[0] == '\0')
        run->event.name = "command";
    run->event.why = why;
    return dmsci_script_tell(run, DMSC_SCRIPT_BROKEN, err);
}

static enum dmsc_err put_byte(struct dmsc_buf *text, uint8_t byte, uint8_t mask)
{
    static const char digits[] = "0123456789ABCDEF";
    char pair[3] = { 'X', 'X', '\0' };

    if ((mask & 0xF0) != 0)
        pair[0] = digits[byte >> 4];
    if ((mask & 0x0F) != 0)
        pair[1] = digits[byte & 0x0F];
    return dmsc_buf_append_str(text, pair);
}

/* @param secret hides what is said, not how much of it */
static enum dmsc_err write_expected(struct dmsci_script_run *run, bool secret)
{
    const struct dmsci_script_value *v = &run->expected;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < v->bytes.n; i++)
        err = secret ? dmsc_buf_append_str(&run->expected_text, "**")
                     : put_byte(&run->expected_text, v->bytes.p[i], v->mask.p[i]);
    run->event.expected = dmsc_buf_str(&run->expected_text);
    return err;
}

static enum dmsc_err write_bytes(struct dmsc_buf *text, const struct dmsci_trace_line *line,
                                 size_t n)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < n; i++)
        err = line->known[i] != 0 ? put_byte(text, line->bytes[i], 0xFF)
                                  : dmsc_buf_append_str(text, "**");
    return err;
}

/* Without what does not matter: "9000, 91XX". */
static enum dmsc_err write_sw(struct dmsci_script_run *run, struct dmsc_bytes list)
{
    struct dmsc_rd r = dmsc_rd(list);
    uint16_t value, mask;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && dmsci_script_sw(&r, &value, &mask)) {
        err = dmsc_buf_append_str(&run->sw_text, run->sw_text.n > 0 ? ", " : "");
        if (err == DMSC_OK)
            err = put_byte(&run->sw_text, (uint8_t)(value >> 8), (uint8_t)(mask >> 8));
        if (err == DMSC_OK)
            err = put_byte(&run->sw_text, (uint8_t)value, (uint8_t)mask);
    }
    run->event.expected_sw = dmsc_buf_str(&run->sw_text);
    return err;
}

static bool sw_fits(struct dmsc_bytes list, uint16_t sw)
{
    struct dmsc_rd r = dmsc_rd(list);
    uint16_t value, mask;

    while (dmsci_script_sw(&r, &value, &mask)) {
        if (((value ^ sw) & mask) == 0)
            return true;
    }
    return false;
}

/* What the line expects, or else what the names in it bring along. */
static enum dmsc_err expectations(struct dmsci_script_run *run,
                                  const struct dmsci_script_stmt *stmt, bool *ret_data,
                                  struct dmsc_bytes *ret_sw)
{
    struct dmsc_rd r = dmsc_rd(stmt->data);
    struct dmsci_script_item item;
    const char *why = "";
    enum dmsc_err err = DMSC_OK;

    *ret_data = stmt->has_expected;
    *ret_sw = stmt->has_sw ? stmt->sw : dmsc_bytes(NULL, 0);
    if (stmt->has_expected)
        err = dmsci_script_eval(&run->env, stmt->expected, &run->expected);
    while (err == DMSC_OK && dmsci_script_item(&r, &item, &why)) {
        const struct dmsci_script_define *define =
            item.kind == DMSCI_SCRIPT_NAME ? dmsci_script_find(&run->env, item.name) : NULL;

        if (define == NULL)
            continue;
        if (define->has_sw && !stmt->has_sw)
            *ret_sw = define->sw;
        if (define->has_expected && !*ret_data) {
            *ret_data = true;
            err = dmsc_buf_set(&run->expected.bytes, dmsc_buf_bytes(&define->expected.bytes));
            if (err == DMSC_OK)
                err = dmsc_buf_set(&run->expected.mask, dmsc_buf_bytes(&define->expected.mask));
        }
    }
    return err;
}

/* Why data are not the expected ones. */
static void explain(struct dmsci_script_run *run, struct dmsc_bytes data, bool secret)
{
    const struct dmsci_script_value *v = &run->expected;
    size_t i = 0;

    if (data.n != v->bytes.n) {
        (void)snprintf(run->why, sizeof(run->why), "%zu bytes came, %zu are expected", data.n,
                       v->bytes.n);
        return;
    }
    while (i < data.n && ((v->bytes.p[i] ^ data.p[i]) & v->mask.p[i]) == 0)
        i++;
    if (i == data.n)
        return;
    if (secret) {
        (void)snprintf(run->why, sizeof(run->why), "byte %zu is another one", i + 1);
        return;
    }
    (void)snprintf(run->why, sizeof(run->why), "byte %zu is %02X instead of %.2s", i + 1, data.p[i],
                   dmsc_buf_str(&run->expected_text) + 2 * i);
}

static enum dmsc_err judge(struct dmsci_script_run *run, bool has_data, struct dmsc_bytes list,
                           struct dmsc_bytes data, uint16_t sw, bool secret)
{
    bool good = true;
    enum dmsc_err err = DMSC_OK;

    if (has_data)
        err = write_expected(run, secret);
    if (err == DMSC_OK && list.n > 0)
        err = write_sw(run, list);
    if (err != DMSC_OK)
        return err;
    run->event.why = run->why;
    run->why[0] = '\0';
    if (list.n > 0 && !sw_fits(list, sw)) {
        good = false;
        (void)snprintf(run->why, sizeof(run->why), "SW %04X (%s) instead of %.100s", sw,
                       dmsc_sw_text(sw), run->event.expected_sw);
    } else if (has_data && !dmsci_script_matches(&run->expected, data)) {
        good = false;
        explain(run, data, secret);
    }
    if (!has_data && list.n == 0)
        return dmsci_script_tell(run, DMSC_SCRIPT_DONE, DMSC_OK);
    return dmsci_script_tell(run, good ? DMSC_SCRIPT_PASSED : DMSC_SCRIPT_FAILED, DMSC_OK);
}

static enum dmsc_err switch_on(struct dmsci_script_run *run, enum dmsc_power how)
{
    enum dmsc_err err = dmsc_link_power(run->link, how);

    run->mask.answer = false;
    if (err != DMSC_OK)
        return err;
    run->card = DMSCI_SCRIPT_ON;
    if (!run->locked)
        err = dmsc_link_lock(run->link);
    run->locked = err == DMSC_OK;
    return err;
}

/* As the interface wants it; what is no command of ISO 7816-4, a test may want to send as well. */
static enum dmsc_err encode(struct dmsci_script_run *run, uint8_t *capdu, size_t *ret_n)
{
    struct dmsc_wr w = dmsc_wr(capdu, DMSC_CAPDU_MAX);
    struct dmsc_capdu parts;

    if (run->bytes.n < 4 || run->bytes.n > DMSC_CAPDU_MAX)
        return DMSC_E_MALFORMED;
    if (dmsc_capdu_decode(dmsc_buf_bytes(&run->bytes), &parts) != DMSC_OK ||
        dmsc_capdu_encode(&parts, dmsc_link_protocol(run->link), &w) != DMSC_OK) {
        w = dmsc_wr(capdu, DMSC_CAPDU_MAX);
        dmsc_wr_bytes(&w, dmsc_buf_bytes(&run->bytes));
    }
    *ret_n = w.n;
    return DMSC_OK;
}

static enum dmsc_err transmit(struct dmsci_script_run *run, struct dmsc_bytes capdu)
{
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    long start = now_ms();
    enum dmsc_err err;

    line.kind = DMSCI_TRACE_COMMAND;
    (void)dmsci_trace_set(&line, capdu);
    dmsci_trace_mask(&run->mask, &line);
    run->event.name = dmsci_trace_name(capdu);
    dmsc_buf_reset(&run->text);
    err = write_bytes(&run->text, &line, line.n);
    run->event.command = dmsc_buf_str(&run->text);
    dmsc_wipe(&line, sizeof(line));
    if (err != DMSC_OK)
        return err;
    err = dmsc_link_transmit(run->link, capdu, &run->rapdu);
    run->event.ms = now_ms() - start;
    run->result.commands += err == DMSC_OK;
    return err;
}

/* R and W, and what is shown of them. */
static enum dmsc_err keep_answer(struct dmsci_script_run *run, bool *ret_secret)
{
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    struct dmsc_bytes rapdu = dmsc_buf_bytes(&run->rapdu);
    size_t n = rapdu.n - 2;
    enum dmsc_err err;

    line.kind = DMSCI_TRACE_ANSWER;
    (void)dmsci_trace_set(&line, rapdu);
    dmsci_trace_mask(&run->mask, &line);
    *ret_secret = n > 0 && line.known[0] == 0;
    err = write_bytes(&run->answer_text, &line, n);
    dmsc_wipe(&line, sizeof(line));
    if (err == DMSC_OK)
        err = dmsc_buf_set(dmsci_script_buffer(&run->env, 'R'), dmsc_bytes(rapdu.p, n));
    if (err == DMSC_OK)
        err = dmsc_buf_set(dmsci_script_buffer(&run->env, 'W'), dmsc_bytes(rapdu.p + n, 2));
    dmsc_hex_encode(dmsc_bytes(rapdu.p + n, 2), run->sw);
    run->event.sw = run->sw;
    run->event.answer = dmsc_buf_str(&run->answer_text);
    return err;
}

enum dmsc_err dmsci_script_send(struct dmsci_script_run *run, const struct dmsci_script_stmt *stmt)
{
    uint8_t capdu[DMSC_CAPDU_MAX];
    struct dmsc_bytes list = { NULL, 0 };
    size_t n = 0;
    bool has_data = false, secret = false;
    uint16_t sw;
    enum dmsc_err err = dmsci_script_eval_bytes(&run->env, stmt->data, &run->bytes);

    if (err == DMSC_OK)
        err = expectations(run, stmt, &has_data, &list);
    if (err != DMSC_OK)
        return refused(run, err, run->env.why);
    if (run->card == DMSCI_SCRIPT_OFF)
        return refused(run, DMSC_E_MALFORMED, "the card has no power: .POWER_ON stands in front");
    if (run->card == DMSCI_SCRIPT_UNTOUCHED)
        err = switch_on(run, DMSC_POWER_COLD);
    if (err != DMSC_OK)
        return broken(run, err);
    if (encode(run, capdu, &n) != DMSC_OK)
        return refused(run, DMSC_E_MALFORMED, "a command has 4 to 261 bytes");
    err = transmit(run, dmsc_bytes(capdu, n));
    dmsc_wipe(capdu, sizeof(capdu));
    if (err == DMSC_OK && (run->rapdu.n < 2 || run->rapdu.n > DMSC_RAPDU_MAX))
        return refused(run, DMSC_E_LINK, "an answer has 2 to 258 bytes, and this one has not");
    if (err == DMSC_OK)
        err = keep_answer(run, &secret);
    if (err != DMSC_OK)
        return broken(run, err);
    sw = (uint16_t)(run->rapdu.p[run->rapdu.n - 2] << 8 | run->rapdu.p[run->rapdu.n - 1]);
    return judge(run, has_data, list, dmsc_bytes(run->rapdu.p, run->rapdu.n - 2), sw, secret);
}

enum dmsc_err dmsci_script_power(struct dmsci_script_run *run, const struct dmsci_script_stmt *stmt)
{
    bool on = stmt->kind == DMSCI_SCRIPT_POWER_ON, has_data = false;
    struct dmsc_bytes list = { NULL, 0 }, atr;
    long start = now_ms();
    enum dmsc_err err;

    run->event.name = !on ? "power off" : stmt->warm ? "warm reset" : "power on";
    err = expectations(run, stmt, &has_data, &list);
    if (err != DMSC_OK)
        return refused(run, err, run->env.why);
    if (on) {
        /* A card that was never powered has nothing to be reset from. */
        bool warm = stmt->warm && run->card == DMSCI_SCRIPT_ON;

        err = switch_on(run, warm ? DMSC_POWER_RESET : DMSC_POWER_COLD);
    } else {
        dmsci_script_unlock(run);
        run->card = DMSCI_SCRIPT_OFF;
        err = dmsc_link_power(run->link, DMSC_POWER_OFF);
    }
    run->event.ms = now_ms() - start;
    if (err != DMSC_OK)
        return broken(run, err);
    atr = on ? dmsc_link_atr(run->link) : dmsc_bytes(NULL, 0);
    for (size_t i = 0; err == DMSC_OK && i < atr.n; i++)
        err = put_byte(&run->answer_text, atr.p[i], 0xFF);
    run->event.answer = dmsc_buf_str(&run->answer_text);
    if (err != DMSC_OK)
        return err;
    /* A reset has no status word; scripts write (9000) behind one that they expect to succeed. */
    return judge(run, has_data, list, atr, 0x9000, false);
}
