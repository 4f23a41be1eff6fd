/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of commands and answers. "> hex" is sent; "< hex" is what must come back, "< -" that
 * nothing does. A line "! ..." is an order to the test:
 *
 *     ! card NAME [t1] [lenient]   a powered card of card-scripts/NAME.json
 *     ! file PATH [t1]             likewise, of a profile anywhere in the tree
 *     ! reset | off | on
 *     ! fault TEXT                 dmsc_sim_fault_text(); "none" for no more
 *     ! seed N
 *     ! timing BYTE-US PAGE-US PAGE-SIZE
 *     ! elapsed US                 so long since the card was made
 *     ! wear MOST WRITES
 *     ! queue D0...                a proactive command
 *     ! tear N old|new|prefix|garbage
 *     ! content PATH hex           the raw content of an EF begins like this
 *     ! served N | skipped N       proactive commands answered, passed over
 */
#include "tests/unit/sim/card.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct script {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    const char *name;
    unsigned line;
    char pending[2400]; /* sent with its answer */
};

static void order_card(struct script *s, const char *words)
{
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    char name[32] = "";

    dmsc_sim_free(s->sim);
    assert_int_equal(sscanf(words, "%31s", name), 1);
    options.t1 = strstr(words, " t1") != NULL;
    options.lenient = strstr(words, " lenient") != NULL;
    s->sim = card_new(s->ctx, name, &options);
}

static void order_file(struct script *s, const char *words)
{
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    char name[128] = "";

    dmsc_sim_free(s->sim);
    s->sim = NULL;
    assert_int_equal(sscanf(words, "%127s", name), 1);
    options.t1 = strstr(words, " t1") != NULL;
    s->sim = card_open(s->ctx, name, &options);
}

static void order_reset(struct script *s, const char *words)
{
    (void)words;
    dmsc_sim_power(s->sim, DMSC_POWER_RESET);
}

static void order_on(struct script *s, const char *words)
{
    (void)words;
    dmsc_sim_power(s->sim, DMSC_POWER_COLD);
}

static void order_off(struct script *s, const char *words)
{
    (void)words;
    dmsc_sim_power(s->sim, DMSC_POWER_OFF);
}

static void order_queue(struct script *s, const char *words)
{
    struct dmsc_buf command;
    char hex[1200];

    card_hex(words, hex, sizeof(hex));
    dmsc_buf_init(&command, s->ctx, 300);
    assert_int_equal(dmsc_hex_decode(hex, &command), DMSC_OK);
    assert_int_equal(dmsc_sim_queue(s->sim, dmsc_buf_bytes(&command)), DMSC_OK);
    dmsc_buf_clear(&command);
}

static void order_tear(struct script *s, const char *words)
{
    static const char *const outcomes[] = { "old", "new", "prefix", "garbage" };
    char outcome[16] = "";
    unsigned n = 0, i = 0;

    assert_int_equal(sscanf(words, "%u %15s", &n, outcome), 2);
    while (strcmp(outcomes[i], outcome) != 0)
        assert_true(++i < 4);
    dmsc_sim_tear_at(s->sim, n, (enum dmsc_sim_tear)i);
}

static void order_fault(struct script *s, const char *words)
{
    if (strcmp(words, "none") == 0)
        dmsc_sim_fault_clear(s->sim);
    else
        assert_int_equal(dmsc_sim_fault_text(s->sim, words), DMSC_OK);
}

static void order_seed(struct script *s, const char *words)
{
    dmsc_sim_seed(s->sim, strtoul(words, NULL, 10));
}

static void order_timing(struct script *s, const char *words)
{
    struct dmsc_sim_timing timing = { 0 };

    assert_int_equal(sscanf(words, "%u %u %u", &timing.byte_us, &timing.page_us, &timing.page_size),
                     3);
    assert_int_equal(dmsc_sim_set_timing(s->sim, &timing), DMSC_OK);
}

static void order_elapsed(struct script *s, const char *words)
{
    assert_int_equal(dmsc_sim_counts(s->sim).elapsed_us, strtoul(words, NULL, 10));
}

static void order_wear(struct script *s, const char *words)
{
    unsigned long most = 0, writes = 0;
    struct dmsc_sim_wear wear;

    assert_int_equal(sscanf(words, "%lu %lu", &most, &writes), 2);
    dmsc_sim_wear(s->sim, &wear);
    assert_int_equal(wear.most, most);
    assert_int_equal(wear.writes, writes);
}

static void order_content(struct script *s, const char *words)
{
    char path[64] = "";
    int n = 0;

    assert_int_equal(sscanf(words, "%63s %n", path, &n), 1);
    card_content(s->sim, path, words + n);
}

static void order_served(struct script *s, const char *words)
{
    struct dmsc_sim_toolkit toolkit;

    dmsc_sim_toolkit(s->sim, &toolkit);
    assert_int_equal(toolkit.served, strtoul(words, NULL, 10));
}

static void order_skipped(struct script *s, const char *words)
{
    struct dmsc_sim_toolkit toolkit;

    dmsc_sim_toolkit(s->sim, &toolkit);
    assert_int_equal(toolkit.skipped, strtoul(words, NULL, 10));
}

static const struct {
    const char *word;
    void (*run)(struct script *s, const char *words);
} orders[] = {
    { "card ", order_card }, { "file ", order_file },       { "reset", order_reset },
    { "on", order_on },      { "off", order_off },          { "queue ", order_queue },
    { "tear ", order_tear }, { "content ", order_content }, { "fault ", order_fault },
    { "seed ", order_seed }, { "timing ", order_timing },   { "elapsed ", order_elapsed },
    { "wear ", order_wear }, { "served ", order_served },   { "skipped ", order_skipped },
};

static void run_order(struct script *s, const char *text)
{
    for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strncmp(text, orders[i].word, strlen(orders[i].word)) == 0) {
            orders[i].run(s, text + strlen(orders[i].word));
            return;
        }
    }
    fail_msg("%s:%u: no such order: %s", s->name, s->line, text);
}

static void run_line(struct script *s, char *line)
{
    char *comment = strchr(line, '#');

    if (comment != NULL)
        *comment = '\0';
    if (line[strspn(line, " \n")] == '\0')
        return;
    if (line[0] == '>') {
        assert_string_equal(s->pending, "");
        (void)snprintf(s->pending, sizeof(s->pending), "%s", line + 1);
    } else if (line[0] == '<') {
        if (s->pending[0] == '\0')
            fail_msg("an answer without a command");
        card_expect(s->sim, s->pending, line + 1);
        s->pending[0] = '\0';
    } else if (line[0] == '!' && line[1] == ' ') {
        run_order(s, line + 2);
    } else {
        fail_msg("neither > nor < nor !");
    }
}

void script_run(const char *name)
{
    struct script s = { card_ctx(), NULL, name, 0, "" };
    char relative[128], path[SUPPORT_PATH_MAX], line[2400];
    FILE *f;

    (void)snprintf(relative, sizeof(relative), "tests/vectors/%s", name);
    support_path(relative, path);
    f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        s.line++;
        line[strcspn(line, "\n")] = '\0';
        print_message("%s:%u: %s\n", name, s.line, line);
        run_line(&s, line);
    }
    assert_string_equal(s.pending, "");
    (void)fclose(f);
    dmsc_sim_free(s.sim);
    dmsc_ctx_free(s.ctx);
}
