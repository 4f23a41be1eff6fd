/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim/reader.h"
#include "apdu/base/ctx.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void reader_listen(struct reader *r)
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

int reader_setup(void **state)
{
    static struct reader reader;

    reader = (struct reader){ .card = -1, .pid = -1 };
    reader_listen(&reader);
    support_mkdir(reader.directory);
    *state = &reader;
    return 0;
}

int reader_teardown(void **state)
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
void reader_start(struct reader *r, const char *const *arguments)
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

int reader_finish(struct reader *r)
{
    int status = 0;

    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    r->pid = -1;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void reader_profile(const char *name, char ret_path[SUPPORT_PATH_MAX])
{
    char relative[64], path[SUPPORT_PATH_MAX];

    (void)snprintf(relative, sizeof(relative), "card-scripts/%s.json", name);
    support_path(relative, path);
    assert_non_null(realpath(path, ret_path));
}

void reader_start_card(struct reader *r, const char *option)
{
    char profile[SUPPORT_PATH_MAX];
    const char *arguments[] = { profile,        "--front", "vpcd", "--port",  r->port,
                                "--ready-file", "ready",   option, "--trace", "trace",
                                "--state",      "state",   NULL };

    reader_profile("example", profile);
    assert_int_equal(listen(r->listener, 1), 0);
    reader_start(r, arguments);
    r->card = accept(r->listener, NULL, NULL);
    assert_true(r->card >= 0);
}

void reader_send(struct reader *r, struct dmsc_bytes bytes)
{
    assert_int_equal(send(r->card, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

void reader_send_hex(struct reader *r, const char *hex)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf message;
    uint8_t length[2];

    dmsc_buf_init(&message, ctx, 70000);
    assert_int_equal(dmsc_hex_decode(hex, &message), DMSC_OK);
    length[0] = (uint8_t)(message.n >> 8);
    length[1] = (uint8_t)message.n;
    /* Apart, as vpcd does it. */
    reader_send(r, dmsc_bytes(length, 2));
    reader_send(r, dmsc_buf_bytes(&message));
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

void reader_expect(struct reader *r, const char *hex)
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

void reader_content(struct reader *r, const char *name, char *ret_text, size_t size)
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

bool reader_has(struct reader *r, const char *name)
{
    char path[SUPPORT_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/%s", r->directory, name);
    return access(path, F_OK) == 0;
}

void reader_remove(struct reader *r, const char *name)
{
    char path[SUPPORT_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/%s", r->directory, name);
    assert_int_equal(unlink(path), 0);
}

int reader_run(struct reader *r, const char *a, const char *b, char *err, size_t size)
{
    const char *arguments[] = { a, b, NULL };

    reader_start(r, arguments);
    (void)fflush(NULL);
    {
        int code = reader_finish(r);

        reader_content(r, "err", err, size);
        return code;
    }
}

void reader_wait_for(struct reader *r, const char *name)
{
    for (unsigned i = 0; !reader_has(r, name); i++) {
        if (i == 1000)
            fail_msg("there is no %s", name);
        (void)usleep(10000);
    }
}
