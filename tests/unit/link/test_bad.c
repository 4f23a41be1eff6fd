/* SPDX-License-Identifier: Apache-2.0 */
/* Bad cards, bad helpers, bad traces: bounded, named, and the link goes on where it can. */
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint8_t mf[] = { 0x3F, 0x00 };
static const struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
static const struct dmsc_capdu select_mf = {
    .ins = 0xA4, .p2 = 0x04, .data = { mf, sizeof(mf) }, .le = 256
};
static const struct dmsc_capdu read_some = { .ins = 0xB0, .le = 256 };

struct rig {
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    struct dmsc_buf data;
    uint16_t sw;
};

static struct rig begin(const char *spec)
{
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };
    struct rig rig = { .sw = 0x1234 };

    assert_int_equal(dmsc_ctx_new(NULL, &rig.ctx), DMSC_OK);
    if (dmsc_link_open(rig.ctx, spec, more, &rig.link) != DMSC_OK)
        fail_msg("%s: %s: %s", spec, dmsc_diag_get(rig.ctx)->what, dmsc_diag_get(rig.ctx)->why);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    dmsc_buf_init(&rig.data, rig.ctx, 65540);
    return rig;
}

static void end(struct rig *rig)
{
    dmsc_buf_clear(&rig->data);
    dmsc_link_free(rig->link);
    dmsc_ctx_free(rig->ctx);
}

static struct rig begin_exec(const char *arguments)
{
    char spec[SUPPORT_PATH_MAX];

    assert_non_null(getenv("EXEC_CARD"));
    (void)snprintf(spec, sizeof(spec), "exec:timeout=300,%s %s", getenv("EXEC_CARD"), arguments);
    return begin(spec);
}

static struct rig begin_sim(const char *wrapper)
{
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 64];

    support_path("card-scripts/example.json", path);
    (void)snprintf(spec, sizeof(spec), "%ssim:%s", wrapper, path);
    return begin(spec);
}

static enum dmsc_err exchange(struct rig *rig, const struct dmsc_capdu *capdu)
{
    dmsc_diag_clear(rig->ctx);
    return dmsc_link_exchange(rig->link, capdu, &rig->data, &rig->sw);
}

static void expect(struct rig *rig, const struct dmsc_capdu *capdu, enum dmsc_err err,
                   const char *reason)
{
    const struct dmsc_diag *diag;

    assert_int_equal(exchange(rig, capdu), err);
    diag = dmsc_diag_get(rig->ctx);
    assert_int_equal(diag->err, err);
    assert_string_equal(diag->reason, reason);
    assert_true(diag->what[0] != '\0' && diag->why[0] != '\0');
}

/* The same link, after what it survived. */
static void goes_on(struct rig *rig)
{
    assert_int_equal(dmsc_link_power(rig->link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(exchange(rig, &status), DMSC_OK);
    assert_int_equal(rig->sw, 0x9000);
}

/* 61xx for ever: limits.get_response answers and no more. */
static void more_data_without_end(void **state)
{
    struct rig rig = begin_exec("0 61 1");
    unsigned limit = dmsc_ctx_limits(rig.ctx)->get_response;

    (void)state;
    expect(&rig, &select_mf, DMSC_E_LIMIT, "link:endless");
    assert_int_equal(dmsc_link_counts(rig.link).apdus, limit + 1);
    assert_int_equal(rig.data.n, 0);
    end(&rig);
    rig = begin_sim("fault:61@2:");
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    expect(&rig, &select_mf, DMSC_E_LIMIT, "link:endless");
    assert_int_equal(dmsc_link_counts(rig.link).apdus, limit + 2);
    end(&rig);
}

/* 6Cxx for ever: heeded once, then it is the answer. */
static void wrong_le_without_end(void **state)
{
    struct rig rig = begin_exec("0 6c 1");

    (void)state;
    assert_int_equal(exchange(&rig, &read_some), DMSC_OK);
    assert_int_equal(rig.sw, 0x6C02);
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 2);
    end(&rig);
    rig = begin_sim("fault:6c@1:");
    assert_int_equal(exchange(&rig, &read_some), DMSC_OK);
    assert_int_equal(rig.sw, 0x6C10);
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 2);
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    end(&rig);
}

static void it_never_answers(void **state)
{
    struct rig rig = begin_exec("0 mute 2");
    struct timespec before, after;

    (void)state;
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    expect(&rig, &status, DMSC_E_TIMEOUT, "exec:timeout");
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_in_range(after.tv_sec - before.tv_sec, 0, 5);
    /* The helper was ended. The next power-on has another one. */
    assert_int_equal(exchange(&rig, &status), DMSC_E_STATE);
    goes_on(&rig);
    end(&rig);
    rig = begin_sim("fault:timeout@2:");
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    expect(&rig, &status, DMSC_E_TIMEOUT, "fault:injected");
    goes_on(&rig);
    end(&rig);
}

static void an_answer_of_65538_bytes(void **state)
{
    struct rig rig = begin_exec("0 long 1");

    (void)state;
    /* As many as an extended answer may have: taken, and nothing breaks. */
    assert_int_equal(exchange(&rig, &read_some), DMSC_OK);
    assert_int_equal(rig.data.n, 65536);
    assert_int_equal(rig.sw, 0x9000);
    end(&rig);
    /* Into a buffer for less. */
    rig = begin_sim("fault:long@1:");
    dmsc_buf_clear(&rig.data);
    dmsc_buf_init(&rig.data, rig.ctx, 256);
    assert_int_equal(dmsc_buf_append_str(&rig.data, "old"), DMSC_OK);
    assert_int_equal(exchange(&rig, &read_some), DMSC_E_LIMIT);
    assert_string_equal(dmsc_buf_str(&rig.data), "old");
    goes_on(&rig);
    end(&rig);
    /* And one that never ends. */
    rig = begin_exec("0 endless 1");
    expect(&rig, &read_some, DMSC_E_LINK, "exec:answer");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    end(&rig);
}

static void helpers_that_fail(void **state)
{
    static const struct {
        const char *kind;
        enum dmsc_err err;
        const char *reason, *why;
    } cases[] = {
        { "exit", DMSC_E_LINK, "exec:exit", "status 3" },
        { "signal", DMSC_E_LINK, "exec:exit", "signal 9" },
        { "garbage", DMSC_E_LINK, "exec:answer", "protocol" },
        { "removed", DMSC_E_REMOVED, "exec:told", "taken out" },
        { "reset", DMSC_E_CARD_RESET, "exec:told", "reset the card" },
        { "odd", DMSC_E_LINK, "exec:told", "it is" },
        { "short", DMSC_E_LINK, "link:short-answer", "1 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        char arguments[32];
        struct rig rig;

        (void)snprintf(arguments, sizeof(arguments), "0 %s 2", cases[i].kind);
        rig = begin_exec(arguments);
        assert_int_equal(exchange(&rig, &status), DMSC_OK);
        expect(&rig, &status, cases[i].err, cases[i].reason);
        assert_non_null(strstr(dmsc_diag_get(rig.ctx)->why, cases[i].why));
        if (i < 3)
            goes_on(&rig);
        end(&rig);
    }
}

static void helpers_that_do_not_start(void **state)
{
    static const struct {
        const char *arguments, *reason;
        enum dmsc_err err;
    } cases[] = {
        { " 0 nogreeting", "exec:timeout", DMSC_E_TIMEOUT },
        { " 0 badgreeting", "exec:greeting", DMSC_E_LINK },
        { "-is-not-there", "exec:start", DMSC_E_LINK },
    };
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;
    char spec[SUPPORT_PATH_MAX + 256];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        (void)snprintf(spec, sizeof(spec), "exec:timeout=300,%s%s", getenv("EXEC_CARD"),
                       cases[i].arguments);
        assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), cases[i].err);
        assert_string_equal(dmsc_diag_get(ctx)->reason, cases[i].reason);
    }
    assert_int_equal(dmsc_link_open(ctx, "exec:/bin/true", NULL, &link), DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "exec:exit");
    assert_non_null(strstr(dmsc_diag_get(ctx)->why, "status 0"));
    assert_int_equal(dmsc_link_open(ctx, "exec:", NULL, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "exec:timeout=no,/bin/true", NULL, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "exec:timeout=5", NULL, &link), DMSC_E_ARG);
    memcpy(spec, "exec:x", 7);
    for (unsigned i = 0; i < 32; i++)
        (void)strcat(spec, " x");
    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), DMSC_E_ARG);
    assert_null(link);
    dmsc_ctx_free(ctx);
}

/* The helper hands out channels by AID. */
static void channels_of_a_helper(void **state)
{
    static const uint8_t dmsc[] = { 0xF0, 0x44, 0x4D, 0x53 },
                         none[] = { 0xA0, 0x00, 0x00, 0x00, 1 },
                         full[] = { 0xFF, 0x00, 0x00, 0x00, 1 };
    static const struct dmsc_capdu open = { .ins = 0x70, .le = 1 };
    struct dmsc_capdu select = { .cla = 1, .ins = 0xA4, .p1 = 4, .p2 = 4, .le = 256 };
    struct dmsc_capdu on_one = { .cla = 0x81, .ins = 0xF2, .p2 = 0x0C };
    struct rig rig = begin_exec("0 channels");

    (void)state;
    assert_int_equal(exchange(&rig, &open), DMSC_OK);
    assert_int_equal(rig.sw, 0x9000);
    assert_int_equal(rig.data.p[0], 1);
    select.data = dmsc_bytes(none, sizeof(none));
    assert_int_equal(exchange(&rig, &select), DMSC_OK);
    assert_int_equal(rig.sw, 0x6A82);
    select.data = dmsc_bytes(full, sizeof(full));
    assert_int_equal(exchange(&rig, &select), DMSC_OK);
    assert_int_equal(rig.sw, 0x6A81);
    select.data = dmsc_bytes(dmsc, sizeof(dmsc));
    assert_int_equal(exchange(&rig, &select), DMSC_OK);
    assert_int_equal(rig.sw, 0x9000);
    assert_int_equal(rig.data.n, 9);
    assert_int_equal(exchange(&rig, &on_one), DMSC_OK);
    assert_int_equal(rig.sw, 0x9000);
    end(&rig);
}

struct fault_case {
    const char *spec;
    enum dmsc_err err; /* of the second command */
    uint16_t sw;
    bool gone;        /* all that follow are DMSC_E_REMOVED */
    bool carried_out; /* the card saw it */
};

/* UPDATE shows whether the card saw it: the counter of a wrong PIN is one that is easy to read. */
static void each_fault_does_what_it_says(void **state)
{
    static const struct fault_case cases[] = {
        { "fault:error@2:", DMSC_E_LINK, 0, false, false },
        { "fault:timeout@2:", DMSC_E_TIMEOUT, 0, false, true },
        { "fault:removed@2:", DMSC_E_REMOVED, 0, true, false },
        { "fault:torn@2:", DMSC_E_REMOVED, 0, true, true },
        { "fault:reset@2:", DMSC_E_CARD_RESET, 0, false, false },
        { "fault:short@2:", DMSC_E_LINK, 0, false, true },
        { "fault:sw=6F00@2:", DMSC_OK, 0x6F00, false, false },
    };
    static const uint8_t wrong[8] = { '9', '9', '9', '9', 0xFF, 0xFF, 0xFF, 0xFF };
    static const struct dmsc_capdu query = { .ins = 0x20, .p2 = 1 };
    struct dmsc_capdu verify = { .ins = 0x20, .p2 = 1, .data = { wrong, 8 } };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = begin_sim(cases[i].spec);

        assert_int_equal(exchange(&rig, &query), DMSC_OK);
        assert_int_equal(rig.sw, 0x63C3);
        assert_int_equal(exchange(&rig, &verify), cases[i].err);
        if (cases[i].err == DMSC_OK)
            assert_int_equal(rig.sw, cases[i].sw);
        else
            assert_true(dmsc_diag_get(rig.ctx)->what[0] != '\0');
        if (cases[i].gone)
            expect(&rig, &query, DMSC_E_REMOVED, "fault:injected");
        assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
        assert_int_equal(exchange(&rig, &query), DMSC_OK);
        assert_int_equal(rig.sw, cases[i].carried_out ? 0x63C2 : 0x63C3);
        end(&rig);
    }
}

/* The caller's own fault: counted, armed and taken back while the link lives. */
static void a_fault_of_the_callers(void **state)
{
    struct rig rig = begin_sim("");
    struct dmsc_fault fault = { DMSC_FAULT_NONE, 0, false, 0, 0, false };
    struct dmsc_link *link = NULL;

    (void)state;
    assert_int_equal(dmsc_link_fault(rig.link, &fault, &link), DMSC_OK);
    rig.link = link;
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(fault.seen, 1);
    fault.kind = DMSC_FAULT_ERROR;
    fault.at = 3;
    fault.again = true;
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_false(fault.fired);
    assert_int_equal(exchange(&rig, &status), DMSC_E_LINK);
    assert_true(fault.fired);
    assert_int_equal(exchange(&rig, &status), DMSC_E_LINK);
    fault.kind = DMSC_FAULT_NONE;
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(fault.seen, 5);
    end(&rig);
}

static void wrappers_that_are_none(void **state)
{
    static const char *const specs[] = {
        "fault:error:sim:x",   "fault:error@0:sim:x",  "fault:error@:sim:x",
        "fault:@1:sim:x",      "fault:error@1x:sim:x", "fault:sw@1:sim:x",
        "fault:sw=6F@1:sim:x", "fault:61=1@1:sim:x",   "fault:sw=6F000@1:sim:x",
        "fault:what@1:sim:x",  "timed:speed=1:sim:x",  "timed:clock=0:sim:x",
        "timed:baud=-1:sim:x", "timed:clock=1x:sim:x",
    };
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 64];
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    support_path("card-scripts/example.json", path);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(specs); i++) {
        (void)snprintf(spec, sizeof(spec), "%.*s%s", (int)strlen(specs[i]) - 1, specs[i], path);
        assert_int_equal(dmsc_link_open(ctx, spec, more, &link), DMSC_E_ARG);
        assert_true(strcmp(dmsc_diag_get(ctx)->reason, "fault:option") == 0 ||
                    strcmp(dmsc_diag_get(ctx)->reason, "timed:option") == 0);
    }
    /* Eight of them are enough for everybody. */
    (void)snprintf(spec, sizeof(spec),
                   "timed:timed:timed:timed:timed:timed:timed:timed:timed:sim:x");
    assert_int_equal(dmsc_link_open(ctx, spec, more, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "timed:nothing:x", more, &link), DMSC_E_ARG);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "link:unknown");
    assert_null(link);
    dmsc_ctx_free(ctx);
}

/* 372 etu of a clock cycle each, 12 to a character: STATUS is 7 characters. The ATR of the example
 * has TA1 = 96: F = 512, D = 32. */
static void the_time_of_the_wire(void **state)
{
    struct rig rig = begin_sim("timed:clock=4000000:");
    struct dmsc_link_times times;
    uint64_t after_atr;

    (void)state;
    assert_int_equal(dmsc_link_timed_get(rig.link, &times), DMSC_OK);
    assert_int_equal(times.fi, 512);
    assert_int_equal(times.di, 32);
    assert_int_equal(times.apdus, 0);
    assert_int_equal(times.bytes, dmsc_link_atr(rig.link).n + 8);
    /* 22 of the ATR and 8 of the PPS: 30 * 12 * 372 / 4 MHz = 33.48 ms */
    assert_int_equal(times.wire_ns, 33480000);
    after_atr = times.wire_ns;
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(dmsc_link_timed_get(rig.link, &times), DMSC_OK);
    assert_int_equal(times.apdus, 1);
    /* 7 * 12 * 16 / 4 MHz = 336 us */
    assert_int_equal(times.wire_ns - after_atr, 336000);
    assert_true(times.real_ns > 0);
    end(&rig);
    rig = begin_sim("timed:baud=9600:");
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(dmsc_link_timed_get(rig.link, &times), DMSC_OK);
    assert_int_equal(times.wire_ns / 1000, (30 + 7) * 12 * 1000000ull / 9600);
    end(&rig);
    /* It is asked of that wrapper alone. */
    rig = begin_sim("");
    assert_int_equal(dmsc_link_timed_get(rig.link, &times), DMSC_E_ARG);
    end(&rig);
}

static void keep_line(void *user, enum dmsc_level level, const char *area, const char *text)
{
    (void)level;
    (void)area;
    (void)snprintf(user, 256, "%s", text);
}

static void the_figures_are_reported(void **state)
{
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 64], line[256] = "";
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;
    uint16_t sw = 0;

    (void)state;
    config.log = keep_line;
    config.log_user = line;
    config.log_level = DMSC_LOG_INFO;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    support_path("card-scripts/example.json", path);
    (void)snprintf(spec, sizeof(spec), "timed:sim:%s", path);
    assert_int_equal(dmsc_link_open(ctx, spec, more, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_OK);
    dmsc_link_free(link);
    assert_non_null(strstr(line, "1 commands, 37 bytes: 33.816 ms on a wire at 249984 bit/s"));
    dmsc_ctx_free(ctx);
}

static void write_trace(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* In its order: what comes otherwise is told with file and line, and nothing moves. */
static void a_trace_is_played_in_its_order(void **state)
{
    static const char text[] = "# by hand\n"
                               "! cold 3B9F96801F878031E073FE211B674A357530350265F8 T=0\n"
                               "> 80F2000C00\n"
                               "< 9000\n"
                               "> 0020000108****************\n"
                               "< 63C2\n"
                               "> 80F2000C00\n"
                               "! error DMSC_E_TIMEOUT   # 30000 ms\n"
                               "> 80F2000C00\n"
                               "< ****9000\n"
                               "> 80F2000C00\n"
                               "> 80F2000C00\n"
                               "! warm 3B00 T=1\n"
                               "> 80F2000C\n"
                               "< 9110\n";
    static const uint8_t pin[8] = { '1', '2', '3', '4', 0xFF, 0xFF, 0xFF, 0xFF };
    static const struct dmsc_capdu verify = { .ins = 0x20, .p2 = 1, .data = { pin, 8 } };
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 8], spec[SUPPORT_PATH_MAX + 32];
    struct rig rig;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/trace", directory);
    write_trace(path, text);
    (void)snprintf(spec, sizeof(spec), "replay:%s", path);
    rig = begin(spec);
    expect(&rig, &read_some, DMSC_E_LINK, "replay:differs");
    assert_non_null(strstr(dmsc_diag_get(rig.ctx)->where, "/trace:3"));
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(exchange(&rig, &verify), DMSC_OK);
    assert_int_equal(rig.sw, 0x63C2);
    expect(&rig, &status, DMSC_E_TIMEOUT, "replay:error");
    expect(&rig, &status, DMSC_E_LINK, "replay:masked");
    expect(&rig, &status, DMSC_E_LINK, "replay:answer");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(dmsc_link_atr(rig.link).n, 2);
    assert_int_equal(dmsc_link_protocol(rig.link), DMSC_T1);
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(rig.sw, 0x9110);
    expect(&rig, &status, DMSC_E_LINK, "replay:end");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(rig.ctx)->reason, "replay:end");
    end(&rig);
    /* Without a power-on, and with a line that is none. */
    write_trace(path, "> 80F2000C00\n< 9000\nnonsense\n");
    rig = begin(spec);
    assert_int_equal(dmsc_link_atr(rig.link).n, 0);
    assert_int_equal(exchange(&rig, &status), DMSC_OK);
    assert_int_equal(exchange(&rig, &status), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(rig.ctx)->reason, "replay:line");
    end(&rig);
    support_rmdir(directory);
}

static void traces_that_are_none(void **state)
{
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 8], spec[SUPPORT_PATH_MAX + 32];
    char text[3000];
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_link_open(ctx, "replay:", NULL, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "replay:/no/such/trace", NULL, &link), DMSC_E_IO);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "replay:open");
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/trace", directory);
    (void)snprintf(spec, sizeof(spec), "replay:%s,any", path);
    memset(text, '#', sizeof(text) - 2);
    text[sizeof(text) - 2] = '\n';
    text[sizeof(text) - 1] = '\0';
    write_trace(path, text);
    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_E_MALFORMED);
    dmsc_link_free(link);
    write_trace(path, "");
    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "replay:end");
    dmsc_link_free(link);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_data_without_end),
        cmocka_unit_test(wrong_le_without_end),
        cmocka_unit_test(it_never_answers),
        cmocka_unit_test(an_answer_of_65538_bytes),
        cmocka_unit_test(helpers_that_fail),
        cmocka_unit_test(helpers_that_do_not_start),
        cmocka_unit_test(channels_of_a_helper),
        cmocka_unit_test(each_fault_does_what_it_says),
        cmocka_unit_test(a_fault_of_the_callers),
        cmocka_unit_test(wrappers_that_are_none),
        cmocka_unit_test(the_time_of_the_wire),
        cmocka_unit_test(the_figures_are_reported),
        cmocka_unit_test(a_trace_is_played_in_its_order),
        cmocka_unit_test(traces_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
