/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the software UICC answers in process, and what a thousand of them weigh. */
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 2000000u
#define CARDS 1000u

#define BIG_FILE  65535u
#define BIG_FILES 32u

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Resident now, from the second field of statm; 0 where there is none. */
static double resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f == NULL)
        return 0;
    if (fscanf(f, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    (void)fclose(f);
    return (double)resident * 4096;
}

static struct dmsc_sim *card(struct dmsc_ctx *ctx)
{
    const char *root = getenv("DMSC_SOURCE_ROOT");
    struct dmsc_sim *sim = NULL;
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/card-scripts/example.json", root != NULL ? root : ".");
    if (dmsc_sim_new(ctx, path, NULL, &sim) != DMSC_OK) {
        (void)fprintf(stderr, "%s: %s\n", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
        exit(1);
    }
    return sim;
}

static void send(struct dmsc_sim *sim, const uint8_t *capdu, size_t n)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t got = 0;

    if (dmsc_sim_transmit(sim, dmsc_bytes(capdu, n), rapdu, &got) != DMSC_OK ||
        rapdu[got - 2] != 0x90)
        exit(1);
}

/* A card whose content is 32 files of 65,535 bytes, from the moment its profile is given until it
 * answers; the best of five, for the machine is not ours alone. */
static void bench_start(struct dmsc_ctx *ctx)
{
    char file[64], head[256];
    struct dmsc_buf profile;
    double best = 1e9;
    FILE *f;

    (void)snprintf(file, sizeof(file), "/tmp/dmsc-bench-%ld.bin", (long)getpid());
    f = fopen(file, "we");
    if (f == NULL)
        exit(1);
    for (unsigned i = 0; i < BIG_FILE; i++)
        (void)fputc((int)(i * 31 % 251), f);
    (void)fclose(f);
    dmsc_buf_init(&profile, ctx, 1u << 20);
    if (dmsc_buf_append_str(&profile, "{\"atr\": \"3B9F96801F878031E073FE211B674A357530350265F8\","
                                      "\"files\": {\"3F00\": {\"type\": \"df\", \"compact\": "
                                      "\"00\"}") != DMSC_OK)
        exit(1);
    for (unsigned i = 0; i < BIG_FILES; i++) {
        (void)snprintf(head, sizeof(head),
                       ",\"3F00/4F%02X\": {\"type\": \"transparent\", \"sfi\": 0, \"compact\": "
                       "\"0100\", \"size\": %u, \"content\": {\"file\": \"%s\"}}",
                       i, BIG_FILE, file);
        if (dmsc_buf_append_str(&profile, head) != DMSC_OK)
            exit(1);
    }
    if (dmsc_buf_append_str(&profile, "}}") != DMSC_OK)
        exit(1);
    for (unsigned i = 0; i < 5; i++) {
        static const uint8_t select[] = { 0x00, 0xA4, 0x00, 0x0C, 0x02, 0x4F, 0x1F };
        struct dmsc_sim *sim = NULL;
        double begin = seconds(), took;

        if (dmsc_sim_new_text(ctx, dmsc_buf_bytes(&profile), NULL, NULL, &sim) != DMSC_OK)
            exit(1);
        dmsc_sim_power(sim, DMSC_POWER_COLD);
        send(sim, select, sizeof(select));
        took = seconds() - begin;
        best = took < best ? took : best;
        dmsc_sim_free(sim);
    }
    (void)printf("BENCH:sim_start_2mb %.2f ms\n", best * 1000);
    dmsc_buf_clear(&profile);
    (void)remove(file);
}

int main(void)
{
    static const uint8_t select[] = { 0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2 };
    static const uint8_t read[] = { 0x00, 0xB0, 0x00, 0x00, 0x0A };
    static struct dmsc_sim *cards[CARDS];
    struct dmsc_ctx *ctx = NULL;
    double begin, before;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 1;
    cards[0] = card(ctx);
    dmsc_sim_power(cards[0], DMSC_POWER_COLD);
    begin = seconds();
    for (unsigned i = 0; i < PAIRS; i++) {
        send(cards[0], select, sizeof(select));
        send(cards[0], read, sizeof(read));
    }
    (void)printf("BENCH:sim_pairs_rate %.0f pair/s\n", PAIRS / (seconds() - begin));
    bench_start(ctx);
    before = resident_bytes();
    for (unsigned i = 1; i < CARDS; i++)
        cards[i] = card(ctx);
    (void)printf("BENCH:sim_card_memory %.0f byte\n", (resident_bytes() - before) / (CARDS - 1));
    (void)printf("BENCH:sim_cards_1000 %.1f MB\n", resident_bytes() / 1e6);
    for (unsigned i = 0; i < CARDS; i++)
        dmsc_sim_free(cards[i]);
    dmsc_ctx_free(ctx);
    return 0;
}
