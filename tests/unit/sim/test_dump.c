/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc --dump and --fault: the card as it is now, written at the end and on SIGUSR1. */
#include "tests/unit/sim/reader.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

    reader_profile("blank", profile);
    (void)snprintf(dump, sizeof(dump), "%s/dump.json", r->directory);
    assert_int_equal(listen(r->listener, 1), 0);
    reader_start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    reader_send_hex(r, "01");
    reader_send_hex(r, "80F2000C00");
    reader_expect(r, "9000");
    reader_send_hex(r, "80F2000C00");
    reader_expect(r, "6F00");
    reader_send_hex(r, "80F2000C00");
    reader_expect(r, "9000");
    reader_send_hex(r, "0020000A084444444444444444");
    reader_expect(r, "9000");
    reader_send_hex(r, "00D68500026672");
    reader_expect(r, "6982"); /* EF(PL) wants PIN1 */
    reader_send_hex(r, "002000010831323334FFFFFFFF");
    reader_expect(r, "9000");
    reader_send_hex(r, "00D68500026672");
    reader_expect(r, "9000");
    /* It is taken out, and put in again. */
    reader_send_hex(r, "00B2010426");
    (void)close(r->card);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    reader_send_hex(r, "01");
    reader_send_hex(r, "00B0850002");
    reader_expect(r, "66729000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
    reader_content(r, "dump.json", text, sizeof(text));
    assert_non_null(strstr(text, "\"name\": \"EF.PL\""));
    assert_non_null(strstr(text, "\"content\": \"66726465\"")); /* "frde" */
    /* What was dumped is a profile. */
    assert_int_equal(reader_run(r, dump, "--check", text, sizeof(text)), 0);
}

/* SIGUSR1: the card that runs is written down, and goes on. */
static void a_dump_of_a_running_card(void **state)
{
    struct reader *r = *state;
    static char text[16384];
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile, "--port", r->port, "--dump", "dump.json", NULL };

    reader_profile("blank", profile);
    assert_int_equal(listen(r->listener, 1), 0);
    reader_start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
    reader_send_hex(r, "01");
    for (unsigned i = 0; i < 2; i++) {
        static const char *const writes[] = { "00D68500026672", "00D68500027376" };
        static const char *const dumped[] = { "\"content\": \"66726465\"",
                                              "\"content\": \"73766465\"" };

        reader_send_hex(r, "002000010831323334FFFFFFFF");
        reader_expect(r, "9000");
        reader_send_hex(r, writes[i]);
        reader_expect(r, "9000");
        assert_false(reader_has(r, "dump.json"));
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        reader_wait_for(r, "dump.json");
        reader_content(r, "dump.json", text, sizeof(text));
        assert_non_null(strstr(text, dumped[i]));
        assert_non_null(strstr(text, "\n}\n")); /* whole */
        reader_remove(r, "dump.json");
    }
    /* What was verified is verified still. */
    reader_send_hex(r, "0020000100");
    reader_expect(r, "9000");
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(reader_finish(r), 0);
    assert_true(reader_has(r, "dump.json"));
    reader_content(r, "err", text, sizeof(text));
    assert_string_equal(text, "");
}

/* The other fronts hear it too; without --dump it says so, and goes on. */
static void a_dump_in_other_fronts(void **state)
{
    static const char *const fronts[] = { "--front=tcp:0", "--front=pty" };
    struct reader *r = *state;
    char text[4096], profile[SUPPORT_PATH_MAX];

    reader_profile("blank", profile);
    for (unsigned i = 0; i < 2; i++) {
        const char *with[] = { profile,     fronts[i], "--ready-file", "ready", "--dump",
                               "dump.json", NULL };
        const char *without[] = { profile, fronts[i], "--ready-file", "ready", NULL };

        reader_start(r, with);
        reader_wait_for(r, "ready");
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        reader_wait_for(r, "dump.json");
        reader_remove(r, "dump.json");
        assert_int_equal(kill(r->pid, SIGINT), 0);
        assert_int_equal(reader_finish(r), 0);
        reader_remove(r, "dump.json");
        reader_start(r, without);
        reader_wait_for(r, "ready");
        assert_int_equal(kill(r->pid, SIGUSR1), 0);
        (void)usleep(200000);
        assert_int_equal(kill(r->pid, SIGTERM), 0);
        assert_int_equal(reader_finish(r), 0);
        reader_content(r, "err", text, sizeof(text));
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

    reader_profile("blank", profile);
    arguments[3] = "no-such-folder/dump.json";
    reader_start(r, arguments);
    assert_int_equal(reader_finish(r), 1);
    reader_content(r, "err", text, sizeof(text));
    assert_non_null(strstr(text, "cannot write no-such-folder/dump.json"));
    (void)snprintf(text, sizeof(text), "%s/taken", r->directory);
    assert_int_equal(mkdir(text, 0700), 0);
    arguments[3] = "taken";
    reader_start(r, arguments);
    assert_int_equal(reader_finish(r), 1);
    arguments[3] = "/dev/null";
    reader_start(r, arguments);
    assert_int_equal(reader_finish(r), 0);
    assert_int_equal(stat("/dev/null", &null), 0);
    assert_true(S_ISCHR(null.st_mode));
    arguments[3] = "dump.json";
    reader_start(r, arguments);
    assert_int_equal(reader_finish(r), 0);
    (void)snprintf(text, sizeof(text), "%s/dump.json", r->directory);
    assert_int_equal(stat(text, &null), 0);
    assert_int_equal(null.st_mode & 0777, 0600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_setup, reader_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(faults_and_a_dump),
        TEST(a_dump_of_a_running_card),
        TEST(a_dump_in_other_fronts),
        TEST(where_a_dump_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
