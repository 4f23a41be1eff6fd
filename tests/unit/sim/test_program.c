/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc against a reader of our own: the messages of vpcd, its orders, its ends, exit codes. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATR "3B9F96801F878031E073FE211B674A357530350265F8"

struct reader {
    int listener, card;
    char port[8];
    char directory[SUPPORT_PATH_MAX];
    pid_t pid;
};

static void listen_on_any_port(struct reader *r)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof(here);

    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(r->listener >= 0);
    assert_int_equal(bind(r->listener, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(getsockname(r->listener, (struct sockaddr *)&here, &size), 0);
    (void)snprintf(r->port, sizeof(r->port), "%u", ntohs(here.sin_port));
}

static int setup(void **state)
{
    static struct reader reader;

    reader = (struct reader){ .card = -1, .pid = -1 };
    listen_on_any_port(&reader);
    support_mkdir(reader.directory);
    *state = &reader;
    return 0;
}

static int teardown(void **state)
{
    struct reader *r = *state;

    if (r->card >= 0)
        (void)close(r->card);
    if (r->pid > 0) {
        (void)kill(r->pid, SIGKILL);
        (void)waitpid(r->pid, NULL, 0);
    }
    (void)close(r->listener);
    support_rmdir(r->directory);
    return 0;
}

/* Output goes to files of the test's directory, "out" and "err". */
static void start(struct reader *r, const char *const *arguments)
{
    char *argv[24] = { (char *)"dmsc-uicc" };
    const char *program = getenv("DMSC_UICC");
    unsigned n = 1;

    assert_non_null(program);
    for (; *arguments != NULL; arguments++)
        argv[n++] = (char *)*arguments;
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid > 0)
        return;
    if (chdir(r->directory) != 0 || freopen("out", "w", stdout) == NULL ||
        freopen("err", "w", stderr) == NULL)
        _exit(99);
    (void)execv(program, argv);
    _exit(98);
}

static int finish(struct reader *r)
{
    int status = 0;

    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    r->pid = -1;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void card_profile(const char *name, char ret_path[SUPPORT_PATH_MAX])
{
    char relative[64], path[SUPPORT_PATH_MAX];

    (void)snprintf(relative, sizeof(relative), "card-scripts/%s.json", name);
    support_path(relative, path);
    assert_non_null(realpath(path, ret_path));
}

static void start_card(struct reader *r, const char *option)
{
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile,        "--front", "vpcd", "--port",  r->port,
                                "--ready-file", "ready",   option, "--trace", "trace",
                                "--state",      "state",   NULL };

    card_profile("example", profile);
    assert_int_equal(listen(r->listener, 1), 0);
    start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
}

static void send_bytes(struct reader *r, struct dmsc_bytes bytes)
{
    assert_int_equal(send(r->card, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

static void send_hex(struct reader *r, const char *hex)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf message;
    uint8_t length[2];

    dmsc_buf_init(&message, ctx, 70000);
    assert_int_equal(dmsc_hex_decode(hex, &message), DMSC_OK);
    length[0] = (uint8_t)(message.n >> 8);
    length[1] = (uint8_t)message.n;
    /* Apart, as vpcd does it. */
    send_bytes(r, dmsc_bytes(length, 2));
    send_bytes(r, dmsc_buf_bytes(&message));
    dmsc_buf_clear(&message);
    dmsc_ctx_free(ctx);
}

static void receive(struct reader *r, uint8_t *to, size_t n)
{
    size_t have = 0;

    while (have < n) {
        struct pollfd fd = { r->card, POLLIN, 0 };
        ssize_t got;

        if (poll(&fd, 1, 10000) != 1)
            fail_msg("the card does not answer");
        got = recv(r->card, to + have, n - have, 0);
        if (got <= 0)
            fail_msg("the card is gone");
        have += (size_t)got;
    }
}

static void expect(struct reader *r, const char *hex)
{
    uint8_t length[2], payload[300];
    char actual[601];
    size_t n;

    receive(r, length, 2);
    n = (size_t)(length[0] << 8 | length[1]);
    assert_true(n < sizeof(payload));
    receive(r, payload, n);
    dmsc_hex_encode(dmsc_bytes(payload, n), actual);
    assert_string_equal(actual, hex);
}

static void content_of(struct reader *r, const char *name, char *ret_text, size_t size)
{
    char path[SUPPORT_PATH_MAX + 16];
    FILE *f;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/%s", r->directory, name);
    f = fopen(path, "re");
    assert_non_null(f);
    n = fread(ret_text, 1, size - 1, f);
    ret_text[n] = '\0';
    (void)fclose(f);
}

static bool is_there(struct reader *r, const char *name)
{
    char path[SUPPORT_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/%s", r->directory, name);
    return access(path, F_OK) == 0;
}

static void remove_file(struct reader *r, const char *name)
{
    char path[SUPPORT_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/%s", r->directory, name);
    assert_int_equal(unlink(path), 0);
}

static void a_card_in_a_reader(void **state)
{
    struct reader *r = *state;
    char text[4096];

    start_card(r, "--lenient");
    send_hex(r, "04");
    expect(r, ATR);
    assert_false(is_there(r, "ready")); /* no power yet */
    send_hex(r, "01");
    send_hex(r, "04");
    expect(r, ATR);
    send_hex(r, "00A40000022FE2");
    expect(r, "6119");
    send_hex(r, "00C0000019");
    expect(r, "6217820241218302"
              "2FE28A01058B032F06028002000A8801109000");
    assert_true(is_there(r, "ready"));
    send_hex(r, "0020000108"
                "31323334FFFFFFFF");
    expect(r, "9000");
    /* A reset in between, an unknown order, an order to power off */
    send_hex(r, "02");
    send_hex(r, "77");
    send_hex(r, "0020000100");
    expect(r, "63C3");
    send_hex(r, "00");
    send_hex(r, "01");
    send_hex(r, "80F2000C00");
    expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
    assert_false(is_there(r, "ready"));
    content_of(r, "out", text, sizeof(text));
    assert_non_null(strstr(text, "dmsc example is in the reader at 127.0.0.1 port "));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    content_of(r, "trace", text, sizeof(text));
    assert_non_null(strstr(text, "# power on\n> 00A40000022FE2\n< 6119\n"));
    assert_non_null(strstr(text, "> 0020000108****************\n< 9000\n# reset\n"));
    assert_null(strstr(text, "31323334"));
}

static void many_in_one_go_and_one_in_pieces(void **state)
{
    static const uint8_t two[] = { 0,    1, 1, 0,    5,    0x80, 0xF2, 0x00, 0x0C,
                                   0x00, 0, 5, 0x00, 0xB0, 0x82, 0x00, 0x02 };
    struct reader *r = *state;

    start_card(r, "--t1");
    send_bytes(r, dmsc_bytes(two, sizeof(two)));
    expect(r, "9000");
    expect(r, "98889000");
    for (size_t i = 0; i < sizeof(two); i++) {
        send_bytes(r, dmsc_bytes(two + i, 1));
        (void)usleep(2000);
    }
    expect(r, "9000");
    expect(r, "98889000");
    /* T=1 has an ATR of its own, and answers the data at once */
    send_hex(r, "04");
    expect(r, "3B9F96811F878031E073FE211B674A357530350265F9");
    send_hex(r, "00A40004022FE200");
    expect(r, "621782024121830"
              "22FE28A01058B032F06028002000A8801109000");
    /* The reader goes: the program ends, and nothing was wrong. */
    (void)close(r->card);
    r->card = -1;
    assert_int_equal(finish(r), 0);
}

/* What no UICC takes: a message of 65535 bytes, and an empty one. */
static void odd_messages(void **state)
{
    static uint8_t big[2 + 65535] = { 0xFF, 0xFF };
    static const uint8_t nothing[2];
    struct reader *r = *state;

    start_card(r, "--lenient");
    send_hex(r, "01");
    send_bytes(r, dmsc_bytes(big, sizeof(big)));
    expect(r, "6700");
    send_bytes(r, dmsc_bytes(nothing, 2));
    send_hex(r, "80F2000C00");
    expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGINT), 0);
    assert_int_equal(finish(r), 0);
}

static void it_waits_for_the_reader(void **state)
{
    struct reader *r = *state;
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile, "--port", r->port, NULL };

    card_profile("blank", profile);
    start(r, arguments); /* nobody listens yet */
    (void)usleep(300000);
    assert_int_equal(listen(r->listener, 1), 0);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    send_hex(r, "04");
    expect(r, ATR);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
    /* Told to end while it waits */
    (void)close(r->card);
    (void)close(r->listener);
    listen_on_any_port(r);
    start(r, arguments);
    (void)usleep(200000);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
}

static int run_program(struct reader *r, const char *a, const char *b, char *err, size_t size)
{
    const char *arguments[] = { a, b, NULL };

    start(r, arguments);
    (void)fflush(NULL);
    {
        int code = finish(r);

        content_of(r, "err", err, size);
        return code;
    }
}

static void exit_codes(void **state)
{
    struct reader *r = *state;
    char text[4096], profile[SUPPORT_PATH_MAX];

    card_profile("example", profile);
    assert_int_equal(run_program(r, "--help", NULL, text, sizeof(text)), 0);
    content_of(r, "out", text, sizeof(text));
    assert_non_null(strstr(text, "usage: dmsc-uicc PROFILE"));
    assert_int_equal(run_program(r, "--version", NULL, text, sizeof(text)), 0);
    assert_int_equal(run_program(r, NULL, NULL, text, sizeof(text)), 2);
    assert_non_null(strstr(text, "--help"));
    assert_int_equal(run_program(r, "--no-such-thing", profile, text, sizeof(text)), 2);
    assert_int_equal(run_program(r, profile, "--front=usb", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "there is no front usb"));
    assert_int_equal(run_program(r, profile, "another", text, sizeof(text)), 2);
    assert_int_equal(run_program(r, profile, "--check", text, sizeof(text)), 0);
    assert_int_equal(run_program(r, "/no/such/card.json", NULL, text, sizeof(text)), 6);
    assert_non_null(strstr(text, "why:   No such file"));
    assert_int_equal(run_program(r, profile, "--fault=sw=99", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "[fault:text]"));
    assert_int_equal(run_program(r, profile, "--baud=fast", text, sizeof(text)), 2);
    assert_int_equal(
        run_program(r, "--import=/no/such/card_3b00.jsonl", "--check", text, sizeof(text)), 6);
    assert_int_equal(run_program(r, "--import=/no/such.jsonl", "--check", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "--atr"));
    card_profile("profile.schema", profile);
    assert_int_equal(run_program(r, profile, "--check", text, sizeof(text)), 6);
    assert_non_null(strstr(text, "where: $id"));
    assert_non_null(strstr(text, "[profile:key]"));
}

/* A card that fails as it was told, and is written down when the program ends. */
static void faults_and_a_dump(void **state)
{
    struct reader *r = *state;
    static char text[16384];
    char profile[SUPPORT_PATH_MAX], dump[SUPPORT_PATH_MAX + 16];
    const char *arguments[] = { profile,
                                "--port",
                                r->port,
                                "--dump",
                                dump,
                                "--seed",
                                "5",
                                "--fault",
                                "sw=6F00,ins=F2,at=2",
                                "--fault",
                                "remove,ins=B2,at=1",
                                "--baud",
                                "1000000",
                                NULL };

    card_profile("blank", profile);
    (void)snprintf(dump, sizeof(dump), "%s/dump.json", r->directory);
    assert_int_equal(listen(r->listener, 1), 0);
    start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    send_hex(r, "01");
    send_hex(r, "80F2000C00");
    expect(r, "9000");
    send_hex(r, "80F2000C00");
    expect(r, "6F00");
    send_hex(r, "80F2000C00");
    expect(r, "9000");
    send_hex(r, "0020000A084444444444444444");
    expect(r, "9000");
    send_hex(r, "00D68500026672");
    expect(r, "6982"); /* EF(PL) wants PIN1 */
    send_hex(r, "002000010831323334FFFFFFFF");
    expect(r, "9000");
    send_hex(r, "00D68500026672");
    expect(r, "9000");
    /* It is taken out, and put in again. */
    send_hex(r, "00B2010426");
    (void)close(r->card);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    send_hex(r, "01");
    send_hex(r, "00B0850002");
    expect(r, "66729000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
    content_of(r, "dump.json", text, sizeof(text));
    assert_non_null(strstr(text, "\"name\": \"EF.PL\""));
    assert_non_null(strstr(text, "\"content\": \"66726465\"")); /* "frde" */
    /* What was dumped is a profile. */
    assert_int_equal(run_program(r, dump, "--check", text, sizeof(text)), 0);
}

static void wait_until_there(struct reader *r, const char *name)
{
    for (unsigned i = 0; !is_there(r, name); i++) {
        if (i == 1000)
            fail_msg("there is no %s", name);
        (void)usleep(10000);
    }
}

/* SIGUSR1: the card that runs is written down, and goes on. */
static void a_dump_of_a_running_card(void **state)
{
    struct reader *r = *state;
    static char text[16384];
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile, "--port", r->port, "--dump", "dump.json", NULL };

    card_profile("blank", profile);
    assert_int_equal(listen(r->listener, 1), 0);
    start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    send_hex(r, "01");
    for (unsigned i = 0; i < 2; i++) {
        static const char *const writes[] = { "00D68500026672", "00D68500027376" };
        static const char *const dumped[] = { "\"content\": \"66726465\"",
                                              "\"content\": \"73766465\"" };

        send_hex(r, "002000010831323334FFFFFFFF");
        expect(r, "9000");
        send_hex(r, writes[i]);
        expect(r, "9000");
        assert_false(is_there(r, "dump.json"));
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        wait_until_there(r, "dump.json");
        content_of(r, "dump.json", text, sizeof(text));
        assert_non_null(strstr(text, dumped[i]));
        assert_non_null(strstr(text, "\n}\n")); /* whole */
        remove_file(r, "dump.json");
    }
    /* What was verified is verified still. */
    send_hex(r, "0020000100");
    expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
    assert_true(is_there(r, "dump.json"));
    content_of(r, "err", text, sizeof(text));
    assert_string_equal(text, "");
}

/* The other fronts hear it too; without --dump it says so, and goes on. */
static void a_dump_in_other_fronts(void **state)
{
    static const char *const fronts[] = { "--front=tcp:0", "--front=pty" };
    struct reader *r = *state;
    char text[4096], profile[SUPPORT_PATH_MAX];

    card_profile("blank", profile);
    for (unsigned i = 0; i < 2; i++) {
        const char *with[] = { profile,     fronts[i], "--ready-file", "ready", "--dump",
                               "dump.json", NULL };
        const char *without[] = { profile, fronts[i], "--ready-file", "ready", NULL };

        start(r, with);
        wait_until_there(r, "ready");
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        wait_until_there(r, "dump.json");
        remove_file(r, "dump.json");
        assert_int_equal(kill(r->pid, SIGINT), 0);
        assert_int_equal(finish(r), 0);
        remove_file(r, "dump.json");
        start(r, without);
        wait_until_there(r, "ready");
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        (void)usleep(200000);
        assert_int_equal(kill(r->pid, SIGTERM), 0);
        assert_int_equal(finish(r), 0);
        content_of(r, "err", text, sizeof(text));
        assert_non_null(strstr(text, "SIGUSR1"));
    }
}

/* A dump that cannot be written leaves nothing behind; a pipe or a device is written to. */
static void where_a_dump_goes(void **state)
{
    struct reader *r = *state;
    char text[4096], profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile, "--check", "--dump", NULL, NULL };
    struct stat null;

    card_profile("blank", profile);
    arguments[3] = "no-such-folder/dump.json";
    start(r, arguments);
    assert_int_equal(finish(r), 1);
    content_of(r, "err", text, sizeof(text));
    assert_non_null(strstr(text, "cannot write no-such-folder/dump.json"));
    (void)snprintf(text, sizeof(text), "%s/taken", r->directory);
    assert_int_equal(mkdir(text, 0700), 0);
    arguments[3] = "taken";
    start(r, arguments);
    assert_int_equal(finish(r), 1);
    arguments[3] = "/dev/null";
    start(r, arguments);
    assert_int_equal(finish(r), 0);
    assert_int_equal(stat("/dev/null", &null), 0);
    assert_true(S_ISCHR(null.st_mode));
    arguments[3] = "dump.json";
    start(r, arguments);
    assert_int_equal(finish(r), 0);
    (void)snprintf(text, sizeof(text), "%s/dump.json", r->directory);
    assert_int_equal(stat(text, &null), 0);
    assert_int_equal(null.st_mode & 0777, 0600);
}

/* With the reader's way of writing (length and payload apart, Nagle on) a naive card answers 21
 * commands a second. Far from the real figure, so that a slow machine passes too. */
static void there_are_no_stalls(void **state)
{
    struct reader *r = *state;
    struct timespec begin, end;
    double seconds;

    start_card(r, "--lenient");
    send_hex(r, "01");
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < 300; i++) {
        send_hex(r, "80F2000C00");
        expect(r, "9000");
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    print_message("%.0f commands a second\n", 300 / seconds);
    assert_true(300 / seconds > 200);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(finish(r), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_in_a_reader),
        TEST(many_in_one_go_and_one_in_pieces),
        TEST(odd_messages),
        TEST(it_waits_for_the_reader),
        TEST(exit_codes),
        TEST(faults_and_a_dump),
        TEST(there_are_no_stalls),
        TEST(a_dump_of_a_running_card),
        TEST(a_dump_in_other_fronts),
        TEST(where_a_dump_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
