/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc against a reader of our own: the messages of vpcd, its orders, its ends, exit codes. */
#include "tests/unit/sim/reader.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ATR "3B9F96801F878031E073FE211B674A357530350265F8"

static void a_card_in_a_reader(void **state)
{
    struct reader *r = *state;
    char text[4096];

    reader_start_card(r, "--lenient");
    reader_send_hex(r, "04");
    reader_expect(r, ATR);
    assert_false(reader_has(r, "ready")); /* no power yet */
    reader_send_hex(r, "01");
    reader_send_hex(r, "04");
    reader_expect(r, ATR);
    reader_send_hex(r, "00A40000022FE2");
    reader_expect(r, "6119");
    reader_send_hex(r, "00C0000019");
    reader_expect(r, "6217820241218302"
                     "2FE28A01058B032F06028002000A8801109000");
    assert_true(reader_has(r, "ready"));
    reader_send_hex(r, "0020000108"
                       "31323334FFFFFFFF");
    reader_expect(r, "9000");
    /* A reset in between, an unknown order, an order to power off */
    reader_send_hex(r, "02");
    reader_send_hex(r, "77");
    reader_send_hex(r, "0020000100");
    reader_expect(r, "63C3");
    reader_send_hex(r, "00");
    reader_send_hex(r, "01");
    reader_send_hex(r, "80F2000C00");
    reader_expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
    assert_false(reader_has(r, "ready"));
    reader_content(r, "out", text, sizeof(text));
    assert_non_null(strstr(text, "dmsc example is in the reader at 127.0.0.1 port "));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    reader_content(r, "trace", text, sizeof(text));
    assert_non_null(strstr(text, "# power on\n> 00A40000022FE2\n< 6119\n"));
    assert_non_null(strstr(text, "> 0020000108****************\n< 9000\n# reset\n"));
    assert_null(strstr(text, "31323334"));
}

static void many_in_one_go_and_one_in_pieces(void **state)
{
    static const uint8_t two[] = { 0,    1, 1, 0,    5,    0x80, 0xF2, 0x00, 0x0C,
                                   0x00, 0, 5, 0x00, 0xB0, 0x82, 0x00, 0x02 };
    struct reader *r = *state;

    reader_start_card(r, "--t1");
    reader_send(r, dmsc_bytes(two, sizeof(two)));
    reader_expect(r, "9000");
    reader_expect(r, "98889000");
    for (size_t i = 0; i < sizeof(two); i++) {
        reader_send(r, dmsc_bytes(two + i, 1));
        (void)usleep(2000);
    }
    reader_expect(r, "9000");
    reader_expect(r, "98889000");
    /* T=1 has an ATR of its own, and answers the data at once */
    reader_send_hex(r, "04");
    reader_expect(r, "3B9F96811F878031E073FE211B674A357530350265F9");
    reader_send_hex(r, "00A40004022FE200");
    reader_expect(r, "621782024121830"
                     "22FE28A01058B032F06028002000A8801109000");
    /* The reader goes: the program ends, and nothing was wrong. */
    (void)close(r->card);
    r->card = -1;
    assert_int_equal(reader_finish(r), 0);
}

/* What no UICC takes: a message of 65535 bytes, and an empty one. */
static void odd_messages(void **state)
{
    static uint8_t big[2 + 65535] = { 0xFF, 0xFF };
    static const uint8_t nothing[2];
    struct reader *r = *state;

    reader_start_card(r, "--lenient");
    reader_send_hex(r, "01");
    reader_send(r, dmsc_bytes(big, sizeof(big)));
    reader_expect(r, "6700");
    reader_send(r, dmsc_bytes(nothing, 2));
    reader_send_hex(r, "80F2000C00");
    reader_expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGINT), 0);
    assert_int_equal(reader_finish(r), 0);
}

static void it_waits_for_the_reader(void **state)
{
    struct reader *r = *state;
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile, "--port", r->port, NULL };

    reader_profile("blank", profile);
    reader_start(r, arguments); /* nobody listens yet */
    (void)usleep(300000);
    assert_int_equal(listen(r->listener, 1), 0);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    reader_send_hex(r, "04");
    reader_expect(r, ATR);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
    /* Told to end while it waits */
    (void)close(r->card);
    (void)close(r->listener);
    reader_listen(r);
    reader_start(r, arguments);
    (void)usleep(200000);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
}

static void exit_codes(void **state)
{
    struct reader *r = *state;
    char text[4096], profile[SUPPORT_PATH_MAX];

    reader_profile("example", profile);
    assert_int_equal(reader_run(r, "--help", NULL, text, sizeof(text)), 0);
    reader_content(r, "out", text, sizeof(text));
    assert_non_null(strstr(text, "usage: dmsc-uicc PROFILE"));
    assert_int_equal(reader_run(r, "--version", NULL, text, sizeof(text)), 0);
    assert_int_equal(reader_run(r, NULL, NULL, text, sizeof(text)), 2);
    assert_non_null(strstr(text, "--help"));
    assert_int_equal(reader_run(r, "--no-such-thing", profile, text, sizeof(text)), 2);
    assert_int_equal(reader_run(r, profile, "--front=usb", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "there is no front usb"));
    assert_int_equal(reader_run(r, profile, "another", text, sizeof(text)), 2);
    assert_int_equal(reader_run(r, profile, "--check", text, sizeof(text)), 0);
    assert_int_equal(reader_run(r, "/no/such/card.json", NULL, text, sizeof(text)), 6);
    assert_non_null(strstr(text, "why:   No such file"));
    assert_int_equal(reader_run(r, profile, "--fault=sw=99", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "[fault:text]"));
    assert_int_equal(reader_run(r, profile, "--baud=fast", text, sizeof(text)), 2);
    assert_int_equal(
        reader_run(r, "--import=/no/such/card_3b00.jsonl", "--check", text, sizeof(text)), 6);
    assert_int_equal(reader_run(r, "--import=/no/such.jsonl", "--check", text, sizeof(text)), 2);
    assert_non_null(strstr(text, "--atr"));
    reader_profile("profile.schema", profile);
    assert_int_equal(reader_run(r, profile, "--check", text, sizeof(text)), 6);
    assert_non_null(strstr(text, "where: $id"));
    assert_non_null(strstr(text, "[profile:key]"));
}

/* With the reader's way of writing (length and payload apart, Nagle on) a naive card answers 21
 * commands a second. Far from the real figure, so that a slow machine passes too. */
static void there_are_no_stalls(void **state)
{
    struct reader *r = *state;
    struct timespec begin, end;
    double seconds;

    reader_start_card(r, "--lenient");
    reader_send_hex(r, "01");
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < 300; i++) {
        reader_send_hex(r, "80F2000C00");
        reader_expect(r, "9000");
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    print_message("%.0f commands a second\n", 300 / seconds);
    assert_true(300 / seconds > 200);
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_setup, reader_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_in_a_reader), TEST(many_in_one_go_and_one_in_pieces),
        TEST(odd_messages),       TEST(it_waits_for_the_reader),
        TEST(exit_codes),         TEST(there_are_no_stalls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
