/* SPDX-License-Identifier: Apache-2.0 */
/* The driver "at" and what modems do: each transcript of at_quirks.txt on a pseudo-terminal. */
#include "apdu/base/ctx.h"
#include "apdu/link/at/port.h"
#include "tests/support/test.h"
#include <dmsc/link.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct modem {
    int master, slave;
    char name[64];
    pid_t pid;
};

static void open_pty(struct modem *m)
{
    struct termios raw;

    m->pid = 0;
    m->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(m->master >= 0 && grantpt(m->master) == 0 && unlockpt(m->master) == 0);
    (void)snprintf(m->name, sizeof(m->name), "%s", ptsname(m->master));
    m->slave = open(m->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(m->slave >= 0 && tcgetattr(m->slave, &raw) == 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(m->slave, TCSANOW, &raw), 0);
}

static void close_pty(struct modem *m)
{
    if (m->master >= 0)
        (void)close(m->master);
    if (m->slave >= 0)
        (void)close(m->slave);
}

/* The child's side. What goes wrong there ends it with 1 and a word. */

static void give_up(const char *what, const char *text)
{
    (void)fprintf(stderr, "modem: %s: %s\n", what, text);
    _exit(1);
}

/* The whole of it, however slowly it is taken. */
static void put(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, text, n);

        if (k < 0 && errno != EINTR)
            give_up("nobody reads", text);
        text += k > 0 ? k : 0;
        n -= k > 0 ? (size_t)k : 0;
    }
}

/* \r \n \xHH */
static size_t unescape(const char *text, char *to)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        char digits[3] = { 0 };

        if (text[0] != '\\') {
            to[n++] = *text;
        } else if (text[1] == 'x') {
            memcpy(digits, text + 2, 2);
            to[n++] = (char)strtoul(digits, NULL, 16);
            text += 3;
        } else {
            to[n++] = text[1] == 'r' ? '\r' : '\n';
            text++;
        }
    }
    return n;
}

static void expect(int fd, const char *text)
{
    char line[1024], wanted[1024];
    size_t n = 0, wanted_n = unescape(text, wanted);

    for (;;) {
        struct pollfd p = { fd, POLLIN, 0 };

        if (poll(&p, 1, 8000) != 1 || read(fd, line + n, 1) != 1 || n + 2 > sizeof(line))
            give_up("no command", text);
        if (line[n] == '\r')
            break;
        n++;
    }
    line[n] = '\0';
    if (n != wanted_n || memcmp(line, wanted, n) != 0) {
        (void)fprintf(stderr, "modem: it wants \"%s\"\n", text);
        give_up("and gets", line);
    }
}

static void play(struct modem *m, const char *talk)
{
    char text[1024];

    if (strncmp(talk, "> ", 2) == 0) {
        expect(m->master, talk + 2);
    } else if (strncmp(talk, "<< ", 3) == 0) {
        size_t n = unescape(talk + 3, text);

        put(m->master, text, n);
    } else if (strncmp(talk, "< ", 2) == 0) {
        int n = snprintf(text, sizeof(text), "\r\n%s\r\n", talk + 2);

        put(m->master, text, (size_t)n);
    } else if (strncmp(talk, "long ", 5) == 0) {
        for (unsigned long i = strtoul(talk + 5, NULL, 10); i > 0; i--)
            put(m->master, "00", 2);
    } else if (strncmp(talk, "wait ", 5) == 0) {
        (void)usleep((useconds_t)strtoul(talk + 5, NULL, 10) * 1000);
    } else if (strcmp(talk, "hangup") == 0) {
        (void)close(m->master);
    } else {
        give_up("the transcript has no such line", talk);
    }
}

static void start_talk(struct modem *m, struct vectors *v)
{
    static const char *const hello[] = { "> AT", "< OK", "> ATE0", "< OK", "> AT+CMEE=1", "< OK" };
    bool none = strcmp(vec_text_or(v, "hello", ""), "none") == 0;
    size_t lines = vec_count(v, "talk");

    /* Asked for here, so that the reader of vectors knows. */
    for (size_t i = 0; i < lines; i++)
        (void)vec_nth(v, "talk", i);
    open_pty(m);
    m->pid = fork();
    assert_true(m->pid >= 0);
    if (m->pid > 0)
        return;
    (void)close(m->slave);
    for (size_t i = 0; !none && i < DMSCI_ARRAY_LEN(hello); i++)
        play(m, hello[i]);
    for (size_t i = 0; i < lines; i++)
        play(m, vec_nth(v, "talk", i));
    /* What is said last is still to be read. */
    (void)usleep(100000);
    _exit(0);
}

static void end_talk(struct modem *m, struct vectors *v)
{
    int status = 0;

    assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
    close_pty(m);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        vec_fail(v, "the modem heard something else");
}

/* "ERROR REASON" */
static void check_failure(struct vectors *v, const struct dmsc_ctx *ctx, enum dmsc_err err,
                          const char *wanted)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);
    char text[128];

    (void)snprintf(text, sizeof(text), "%s %s", dmsc_err_name(err), diag->reason);
    if (strcmp(text, wanted) != 0)
        vec_fail(v, "\"%s\", not \"%s\": %s, %s", text, wanted, diag->what, diag->why);
    if (diag->err != err || diag->what[0] == '\0' || diag->why[0] == '\0')
        vec_fail(v, "the story is not whole");
    if (vec_has(v, "hint") && strstr(diag->hint, vec_text(v, "hint")) == NULL)
        vec_fail(v, "the hint is \"%s\"", diag->hint);
}

static void check_answer(struct vectors *v, const struct dmsc_buf *rapdu, const char *wanted)
{
    char hex[2 * DMSC_RAPDU_MAX + 1];

    if (strcmp(wanted, "long") == 0) {
        assert_int_equal(rapdu->n, 65538);
        return;
    }
    assert_true(rapdu->n <= DMSC_RAPDU_MAX);
    dmsc_hex_encode(dmsc_buf_bytes(rapdu), hex);
    if (strcmp(hex, wanted) != 0)
        vec_fail(v, "%s, not %s", hex, wanted);
}

static void act(struct vectors *v, struct dmsc_link *link, const char *line)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(link);
    const char *answer = strstr(line, " = "), *failure = strstr(line, " ! ");
    size_t n = answer != NULL    ? (size_t)(answer - line)
               : failure != NULL ? (size_t)(failure - line)
                                 : strlen(line);
    char text[1024];
    struct dmsc_buf capdu, rapdu;
    enum dmsc_err err;

    (void)snprintf(text, sizeof(text), "%.*s", (int)n, line);
    dmsc_buf_init(&capdu, ctx, DMSC_CAPDU_MAX);
    dmsc_buf_init(&rapdu, ctx, 65540);
    if (strncmp(text, "wait ", 5) == 0) {
        (void)usleep((useconds_t)strtoul(text + 5, NULL, 10) * 1000);
        return;
    }
    assert_int_equal(dmsc_buf_append_str(&rapdu, "old"), DMSC_OK);
    if (strcmp(text, "power") == 0) {
        err = dmsc_link_power(link, DMSC_POWER_COLD);
    } else {
        assert_int_equal(dmsc_hex_decode(text, &capdu), DMSC_OK);
        err = dmsc_link_transmit(link, dmsc_buf_bytes(&capdu), &rapdu);
    }
    if (failure != NULL) {
        check_failure(v, ctx, err, failure + 3);
        assert_string_equal(dmsc_buf_str(&rapdu), "old");
    } else if (err != DMSC_OK) {
        vec_fail(v, "%s: %s: %s", line, dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    } else if (answer != NULL) {
        check_answer(v, &rapdu, answer + 3);
    }
    dmsc_buf_clear(&capdu);
    dmsc_buf_clear(&rapdu);
}

static void transcript(struct vectors *v)
{
    const char *options = vec_text_or(v, "options", "mode=auto");
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct modem modem;
    char spec[256];
    enum dmsc_err err;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    start_talk(&modem, v);
    (void)snprintf(spec, sizeof(spec), "at:%s,lock=none,%s", modem.name, options);
    (void)close(modem.master); /* the child has it, and hangs up with it */
    modem.master = -1;
    err = dmsc_link_open(ctx, spec, NULL, &link);
    (void)close(modem.slave);
    modem.slave = -1;
    if (vec_has(v, "open")) {
        check_failure(v, ctx, err, vec_text(v, "open"));
    } else if (err != DMSC_OK) {
        vec_fail(v, "open: %s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    }
    for (size_t i = 0; link != NULL && i < vec_count(v, "do"); i++)
        act(v, link, vec_nth(v, "do", i));
    if (link != NULL && dmsc_link_protocol(link) != vec_number_or(v, "protocol", 0))
        vec_fail(v, "T=%d", (int)dmsc_link_protocol(link));
    dmsc_link_free(link);
    end_talk(&modem, v);
    dmsc_ctx_free(ctx);
}

static void quirks(void **state)
{
    struct vectors *v = vectors_open("at_quirks.txt");
    unsigned count = 0;

    (void)state;
    for (; vectors_next(v); count++)
        transcript(v);
    vectors_close(v);
    print_message("%u transcripts\n", count);
    assert_true(count >= 30);
}

static void spec_fails(struct dmsc_ctx *ctx, const char *spec, enum dmsc_err err,
                       const char *reason)
{
    struct dmsc_link *link = NULL;

    dmsc_diag_clear(ctx);
    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), err);
    assert_null(link);
    assert_string_equal(dmsc_diag_get(ctx)->reason, reason);
}

static void options_that_are_none(void **state)
{
    static const char *const options[] = { "baud=9601",  "baud=",      "mode=qmi",  "flow=yes",
                                           "timeout=-1", "timeout=no", "something", "le=1" };
    struct dmsc_ctx *ctx = NULL;
    char spec[64];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(options); i++) {
        (void)snprintf(spec, sizeof(spec), "at:/dev/null,%s", options[i]);
        spec_fails(ctx, spec, DMSC_E_ARG, "at:option");
    }
    spec_fails(ctx, "at:", DMSC_E_ARG, "");
    spec_fails(ctx, "at:/dev/null,lock=none", DMSC_E_LINK, "at:tty");
    spec_fails(ctx, "at:/dev/no-such-line,lock=none", DMSC_E_NOREADER, "at:device");
    dmsc_ctx_free(ctx);
}

static void write_lock(const char *path, long pid)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fprintf(f, "%10ld\n", pid) > 0);
    assert_int_equal(fclose(f), 0);
}

/* The lock file of others is honoured while they live; ours has our number and goes with us. */
static void one_at_a_time(void **state)
{
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 64], text[32] = "";
    struct dmsci_at_port port = { .fd = -1 }, other = { .fd = -1 };
    struct dmsc_ctx *ctx = NULL;
    struct modem modem;
    FILE *f;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    support_mkdir(directory);
    open_pty(&modem);
    (void)snprintf(path, sizeof(path), "%s/LCK..pts_%s", directory, strrchr(modem.name, '/') + 1);
    write_lock(path, (long)getpid());
    assert_int_equal(dmsci_at_port_open(&port, ctx, modem.name, 0, DMSCI_AT_FLOW_NONE, directory),
                     DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "at:locked");
    assert_non_null(strstr(dmsc_diag_get(ctx)->hint, path));
    /* Of one that is gone. */
    write_lock(path, 0x7FFFFFFE);
    assert_int_equal(
        dmsci_at_port_open(&port, ctx, modem.name, 115200, DMSCI_AT_FLOW_RTSCTS, directory),
        DMSC_OK);
    f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    (void)fclose(f);
    assert_int_equal(strtol(text, NULL, 10), getpid());
    assert_int_equal(strlen(text), 11);
    /* Where no lock file can be: the line itself is locked. */
    assert_int_equal(dmsci_at_port_open(&other, ctx, modem.name, 0, DMSCI_AT_FLOW_NONE, NULL),
                     DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "at:locked");
    dmsci_at_port_close(&port);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(
        dmsci_at_port_open(&other, ctx, modem.name, 0, DMSCI_AT_FLOW_NONE, "/no/such/directory"),
        DMSC_OK);
    dmsci_at_port_close(&other);
    dmsci_at_port_close(&other);
    close_pty(&modem);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

/* 8N1, raw, the speed asked for; afterwards as it was. */
static void the_line_is_set_and_set_back(void **state)
{
    static const struct {
        enum dmsci_at_flow flow;
        tcflag_t cflag, iflag;
    } flows[] = {
        { DMSCI_AT_FLOW_NONE, 0, 0 },
        { DMSCI_AT_FLOW_RTSCTS, CRTSCTS, 0 },
        { DMSCI_AT_FLOW_XONXOFF, 0, IXON | IXOFF },
    };
    struct termios before, during, after;
    struct dmsc_ctx *ctx = NULL;
    struct modem modem;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    open_pty(&modem);
    assert_int_equal(tcgetattr(modem.slave, &before), 0);
    before.c_lflag |= ECHO | ICANON;
    assert_int_equal(tcsetattr(modem.slave, TCSANOW, &before), 0);
    assert_int_equal(tcgetattr(modem.slave, &before), 0);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(flows); i++) {
        struct dmsci_at_port port = { .fd = -1 };

        assert_int_equal(dmsci_at_port_open(&port, ctx, modem.name, 57600, flows[i].flow, NULL),
                         DMSC_OK);
        assert_int_equal(tcgetattr(modem.slave, &during), 0);
        assert_int_equal(cfgetospeed(&during), B57600);
        assert_int_equal(during.c_cflag & (CSIZE | PARENB | CSTOPB), CS8);
        assert_int_equal(during.c_cflag & CRTSCTS, flows[i].cflag);
        assert_int_equal(during.c_iflag & (IXON | IXOFF), flows[i].iflag);
        assert_int_equal(during.c_lflag & (ECHO | ICANON | ISIG), 0);
        assert_int_equal(during.c_oflag & OPOST, 0);
        dmsci_at_port_close(&port);
        assert_int_equal(tcgetattr(modem.slave, &after), 0);
        assert_int_equal(after.c_lflag, before.c_lflag);
        assert_int_equal(after.c_cflag, before.c_cflag);
        assert_int_equal(cfgetospeed(&after), cfgetospeed(&before));
    }
    close_pty(&modem);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quirks),
        cmocka_unit_test(options_that_are_none),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(the_line_is_set_and_set_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
