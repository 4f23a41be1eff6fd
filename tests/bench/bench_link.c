/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the link layer adds to a card in process. Instructions are counted from outside, by
 * tests/bench/instructions.py:
 *
 *     bench_link card N     N rounds straight to the card
 *     bench_link link N     the same through the link
 *     bench_link            allocations of an exchange, printed
 *
 * A round is SELECT of an EF without data, READ BINARY of ten bytes and STATUS: three exchanges.
 */
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t iccid[] = { 0x2F, 0xE2 };
static const struct dmsc_capdu round_of[] = {
    { .ins = 0xA4, .p2 = 0x0C, .data = { iccid, sizeof(iccid) } },
    { .ins = 0xB0, .le = 10 },
    { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C },
};
#define EXCHANGES (sizeof(round_of) / sizeof(round_of[0]))

static unsigned long allocations;

static void *count(void *user, void *p, size_t n)
{
    (void)user;
    if (n == 0) {
        free(p);
        return NULL;
    }
    allocations++;
    return realloc(p, n);
}

static void check(enum dmsc_err err, const struct dmsc_ctx *ctx)
{
    if (err == DMSC_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    exit(1);
}

/* The commands as they are on the wire, made once: what a card gets costs it alone. */
static void straight(struct dmsc_sim *sim, unsigned long rounds)
{
    uint8_t wire[EXCHANGES][16], rapdu[DMSC_RAPDU_MAX];
    size_t n[EXCHANGES], got = 0;

    for (size_t i = 0; i < EXCHANGES; i++) {
        struct dmsc_wr w = dmsc_wr(wire[i], sizeof(wire[i]));

        if (dmsc_capdu_encode(&round_of[i], dmsc_sim_protocol(sim), &w) != DMSC_OK)
            exit(1);
        n[i] = w.n;
    }
    for (; rounds > 0; rounds--) {
        for (size_t i = 0; i < EXCHANGES; i++) {
            if (dmsc_sim_transmit(sim, dmsc_bytes(wire[i], n[i]), rapdu, &got) != DMSC_OK ||
                rapdu[got - 2] != 0x90)
                exit(1);
        }
    }
}

static void through_link(struct dmsc_ctx *ctx, struct dmsc_link *link, struct dmsc_buf *data,
                         unsigned long rounds)
{
    uint16_t sw = 0;

    for (; rounds > 0; rounds--) {
        for (size_t i = 0; i < EXCHANGES; i++) {
            check(dmsc_link_exchange(link, &round_of[i], data, &sw), ctx);
            if (sw != 0x9000)
                exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    const char *root = getenv("DMSC_SOURCE_ROOT");
    struct dmsc_ctx_config config = { .realloc = count };
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf data;
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/card-scripts/example.json", root != NULL ? root : ".");
    if (dmsc_ctx_new(&config, &ctx) != DMSC_OK)
        return 1;
    check(dmsc_sim_new(ctx, path, NULL, &sim), ctx);
    check(dmsc_sim_link(sim, ctx, &link), ctx);
    check(dmsc_link_power(link, DMSC_POWER_COLD), ctx);
    dmsc_buf_init(&data, ctx, DMSC_RAPDU_MAX);
    if (argc == 3 && strcmp(argv[1], "card") == 0) {
        straight(sim, strtoul(argv[2], NULL, 10));
    } else if (argc == 3 && strcmp(argv[1], "link") == 0) {
        through_link(ctx, link, &data, strtoul(argv[2], NULL, 10));
    } else {
        unsigned long before;

        through_link(ctx, link, &data, 2); /* the buffers grow once */
        before = allocations;
        through_link(ctx, link, &data, 100000);
        (void)printf("BENCH:link_allocations %.6f allocation\n",
                     (double)(allocations - before) / (100000.0 * EXCHANGES));
    }
    dmsc_buf_clear(&data);
    dmsc_link_free(link);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    return 0;
}
