/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc --front tcp: the line protocol from the card's side, and lines that are none. */
#include "tests/support/test.h"
#include "tests/unit/link/program.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATR "3B9F96801F878031E073FE211B674A357530350265F8"

static int client(const struct program *card)
{
    struct sockaddr_in there = { .sin_family = AF_INET,
                                 .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    there.sin_port = htons((uint16_t)strtoul(card->where, NULL, 10));
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void expect(int fd, const char *line)
{
    char text[1200];
    size_t n = 0;

    do {
        struct pollfd p = { fd, POLLIN, 0 };

        if (poll(&p, 1, 10000) != 1 || recv(fd, text + n, 1, 0) != 1)
            fail_msg("no answer, \"%s\" was expected", line);
    } while (text[n++] != '\n' && n < sizeof(text));
    text[n - 1] = '\0';
    assert_string_equal(text, line);
}

static void lines(void **state)
{
    static char endless[3000];
    struct program card;
    int fd, other;

    (void)state;
    program_start(&card, "tcp", NULL);
    fd = client(&card);
    expect(fd, "dmsc-link 1");
    say(fd, "80F2000C00\n");
    expect(fd, "error removed the card has no power");
    say(fd, "power cold\r\n");
    expect(fd, "atr " ATR " 0");
    say(fd, "\n\r\n80f2 00 0c 00\n");
    expect(fd, "9000");
    /* Two in one go, one in pieces. */
    say(fd, "80F2000C00\n00A40004023F00\n");
    expect(fd, "9000");
    expect(fd, "6128");
    say(fd, "80F2");
    (void)usleep(20000);
    say(fd, "000C00\n");
    expect(fd, "9000");
    say(fd, "80F2000C0\n80F200\nhello\npower\npower on\n");
    for (unsigned i = 0; i < 4; i++)
        expect(fd, "error failed this is no command in hex");
    expect(fd, "error failed power cold, power reset or power off");
    /* Longer than any command, without an end for long. */
    memset(endless, '0', sizeof(endless) - 1);
    say(fd, endless);
    say(fd, "\n80F2000C00\n");
    expect(fd, "error failed the line is too long");
    expect(fd, "9000");
    say(fd, "power reset\npower off\n80F2000C00\n");
    expect(fd, "atr " ATR " 0");
    expect(fd, "ok");
    expect(fd, "error removed the card has no power");
    say(fd, "power cold\n");
    expect(fd, "atr " ATR " 0");
    /* The next client waits for its turn, and finds the card without power. */
    other = client(&card);
    (void)close(fd);
    expect(other, "dmsc-link 1");
    say(other, "80F2000C00\n");
    expect(other, "error removed the card has no power");
    program_stop(&card);
    (void)close(other);
}

/* Each failure by its kind (docs/links.md): a lost answer is no card that left. */
static void failures(void **state)
{
    static const struct {
        const char *fault;
        const char *first, *second; /* answers to two commands */
    } cases[] = {
        { "--fault=silence,at=1", "error timeout the card does not answer", "9000" },
        { "--fault=remove,at=1", "error removed the card is gone",
          "error removed the card has no power" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct program card;
        int fd;

        program_start(&card, "tcp", cases[i].fault);
        fd = client(&card);
        expect(fd, "dmsc-link 1");
        say(fd, "power cold\n");
        expect(fd, "atr " ATR " 0");
        say(fd, "80F2000C00\n80F2000C00\n");
        expect(fd, cases[i].first);
        expect(fd, cases[i].second);
        say(fd, "power cold\n80F2000C00\n");
        expect(fd, "atr " ATR " 0");
        expect(fd, "9000");
        program_stop(&card);
        (void)close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
