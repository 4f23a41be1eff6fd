/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two rates, each measured in turns so that both see the same machine. The software UICC behind the
 * real pcscd, against the quickest card there can be: one that answers 9000 to everything. Both sit
 * in slots of the same virtual reader and are asked in turns; each of our rounds is compared with
 * the two around it. Run by tests/interop/pcscd.sh, which brings a pcscd of its own.
 *
 *     bench_pcscd card PORT        be the card that answers 9000
 *     bench_pcscd run ROUNDS       measure "Virtual PCD 00 00" against "Virtual PCD 00 01"
 *     bench_pcscd link ROUNDS      measure the link pcsc against bare calls of winscard.h, both on
 *                                  "Virtual PCD 00 00", shared, one command an exchange
 */
#include <arpa/inet.h>
#include <dmsc/ctx.h>
#include <dmsc/link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define BATCH 100u

static int take(int fd, uint8_t *to, size_t n)
{
    const int on = 1;

    while (n > 0) {
        ssize_t got;

        (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
        got = recv(fd, to, n, 0);
        if (got <= 0)
            return -1;
        to += got;
        n -= (size_t)got;
    }
    return 0;
}

static int be_card(const char *port)
{
    static const uint8_t atr[] = { 0, 2, 0x3B, 0x00 }, ok[] = { 0, 2, 0x90, 0x00 };
    struct sockaddr_in there = { .sin_family = AF_INET,
                                 .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    static uint8_t in[2 + 65535];
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    there.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof(there)) != 0) {
        perror("connect");
        return 1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (take(fd, in, 2) == 0) {
        size_t n = (size_t)(in[0] << 8 | in[1]);

        if (take(fd, in, n) != 0)
            break;
        if (n == 1 && in[0] == 4)
            (void)!write(fd, atr, sizeof(atr));
        else if (n > 1)
            (void)!write(fd, ok, sizeof(ok));
    }
    return 0;
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static SCARDHANDLE connect_to(SCARDCONTEXT context, const char *reader, DWORD share)
{
    SCARDHANDLE card;
    DWORD protocol;
    LONG rv = SCardConnect(context, reader, share, SCARD_PROTOCOL_T0, &card, &protocol);

    if (rv != SCARD_S_SUCCESS) {
        (void)fprintf(stderr, "%s: %s\n", reader, pcsc_stringify_error(rv));
        exit(1);
    }
    return card;
}

/* STATUS without data: the shortest command both answer alike. @return seconds, @p slowest kept */
static double batch(SCARDHANDLE card, double *slowest)
{
    static const uint8_t status[] = { 0x80, 0xF2, 0x00, 0x0C, 0x00 };
    double begin = seconds(), before = begin, after = begin;

    for (unsigned i = 0; i < BATCH; i++) {
        uint8_t out[258];
        DWORD n = sizeof(out);

        if (SCardTransmit(card, SCARD_PCI_T0, status, sizeof(status), NULL, out, &n) !=
                SCARD_S_SUCCESS ||
            n != 2 || out[0] != 0x90)
            exit(1);
        after = seconds();
        if (after - before > *slowest)
            *slowest = after - before;
        before = after;
    }
    return after - begin;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), by_value);
    return values[n / 2];
}

static int run(unsigned rounds)
{
    double *ours = calloc(rounds, sizeof(*ours)), *ratio = calloc(rounds, sizeof(*ratio));
    double slowest = 0, ignored = 0;
    SCARDHANDLE card, other;
    SCARDCONTEXT context;

    if (rounds == 0 || ours == NULL || ratio == NULL ||
        SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
        return 1;
    card = connect_to(context, "Virtual PCD 00 00", SCARD_SHARE_EXCLUSIVE);
    other = connect_to(context, "Virtual PCD 00 01", SCARD_SHARE_EXCLUSIVE);
    for (unsigned i = 0; i < rounds; i++) {
        double before = batch(other, &ignored);

        ours[i] = batch(card, &slowest);
        ratio[i] = (before + batch(other, &ignored)) / 2 / ours[i];
    }
    (void)printf("BENCH:sim_pcscd_rate %.1f %%\n", 100 * median(ratio, rounds));
    (void)printf("BENCH:sim_pcscd_commands %.0f APDU/s\n", BATCH / median(ours, rounds));
    (void)printf("BENCH:sim_pcscd_slowest %.1f ms\n", slowest * 1e3);
    (void)SCardDisconnect(card, SCARD_RESET_CARD);
    (void)SCardDisconnect(other, SCARD_RESET_CARD);
    (void)SCardReleaseContext(context);
    free(ours);
    free(ratio);
    return 0;
}

static double link_batch(struct dmsc_link *link, struct dmsc_buf *data)
{
    static const struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    double start = seconds();
    uint16_t sw = 0;

    for (unsigned i = 0; i < BATCH; i++) {
        if (dmsc_link_exchange(link, &status, data, &sw) != DMSC_OK || sw != 0x9000)
            exit(1);
    }
    return seconds() - start;
}

/* Both are connected all the time, so that neither meets a card that the other has to itself. */
static int run_link(unsigned rounds)
{
    double *ours = calloc(rounds, sizeof(*ours)), *ratio = calloc(rounds, sizeof(*ratio));
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf data;
    double ignored = 0;
    SCARDHANDLE card;
    SCARDCONTEXT context;

    if (rounds == 0 || ours == NULL || ratio == NULL || dmsc_ctx_new(NULL, &ctx) != DMSC_OK ||
        dmsc_link_open(ctx, "pcsc:Virtual PCD 00 00", NULL, &link) != DMSC_OK ||
        dmsc_link_power(link, DMSC_POWER_COLD) != DMSC_OK ||
        SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
        return 1;
    dmsc_buf_init(&data, ctx, DMSC_RAPDU_MAX);
    card = connect_to(context, "Virtual PCD 00 00", SCARD_SHARE_SHARED);
    for (unsigned i = 0; i < rounds; i++) {
        double before = batch(card, &ignored);

        ours[i] = link_batch(link, &data);
        ratio[i] = (before + batch(card, &ignored)) / 2 / ours[i];
    }
    (void)printf("BENCH:link_pcscd_rate %.1f %%\n", 100 * median(ratio, rounds));
    (void)printf("BENCH:link_pcscd_commands %.0f APDU/s\n", BATCH / median(ours, rounds));
    (void)SCardDisconnect(card, SCARD_LEAVE_CARD);
    (void)SCardReleaseContext(context);
    dmsc_buf_clear(&data);
    dmsc_link_free(link);
    dmsc_ctx_free(ctx);
    free(ours);
    free(ratio);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "card") == 0)
        return be_card(argv[2]);
    if (argc == 3 && strcmp(argv[1], "run") == 0)
        return run((unsigned)strtoul(argv[2], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "link") == 0)
        return run_link((unsigned)strtoul(argv[2], NULL, 10));
    (void)fputs("usage: bench_pcscd card PORT | run ROUNDS | link ROUNDS\n", stderr);
    return 2;
}
