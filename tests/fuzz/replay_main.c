/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target without a fuzzer: every file of its corpus, then all prefixes and single-byte
 * changes of each, in a fixed order and number. Each input lies in a heap block of exactly its
 * size. When the target dies, the input is left in the working directory as fuzz-crash-NAME.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs of one target, shared fairly by the files of its corpus. */
#define RUNS_PER_TARGET 60000ul

static struct {
    char crash_path[256];
    const uint8_t *p;
    size_t n;
    unsigned long runs;
} replay;

static void leave_input_behind(int sig)
{
    int fd = open(replay.crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd >= 0) {
        (void)!write(fd, replay.p, replay.n);
        (void)close(fd);
    }
    (void)raise(sig);
}

static void watch_for_death(const char *name)
{
    /* abort: assertions and sanitizers; SIGTERM: the test runner's timeout. */
    static const int signals[] = { SIGABRT, SIGTERM };
    struct sigaction action = { .sa_handler = leave_input_behind, .sa_flags = (int)SA_RESETHAND };

    (void)snprintf(replay.crash_path, sizeof(replay.crash_path), "fuzz-crash-%s", name);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
}

static void run(const uint8_t *p, size_t n)
{
    uint8_t *exact = malloc(n);

    if (exact == NULL && n > 0)
        exit(1);
    if (n > 0)
        memcpy(exact, p, n);
    replay.p = exact;
    replay.n = n;
    (void)LLVMFuzzerTestOneInput(exact, n);
    replay.runs++;
    free(exact);
}

static void run_prefixes(const uint8_t *p, size_t n, unsigned long budget)
{
    size_t step = n / (budget + 1) + 1;

    for (size_t length = 0; length < n; length += step)
        run(p, length);
}

static void run_changed_bytes(uint8_t *p, size_t n, unsigned long budget)
{
    static const uint8_t flips[] = { 0x01, 0x80, 0xFF, 0x20, 0x04 };
    static const uint8_t values[] = { 0x00, 0x7F, 0xFF };
    size_t step = n * (sizeof(flips) + sizeof(values)) / (budget + 1) + 1;

    for (size_t at = 0; at < n; at += step) {
        uint8_t old = p[at];

        for (size_t i = 0; i < sizeof(flips); i++) {
            p[at] = old ^ flips[i];
            run(p, n);
        }
        for (size_t i = 0; i < sizeof(values); i++) {
            p[at] = values[i];
            run(p, n);
        }
        p[at] = old;
    }
}

static int read_file(const char *dir, const char *name, uint8_t **ret_p, size_t *ret_n)
{
    char path[4096];
    FILE *file;
    long size = -1;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "rb");
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size < 0)
        return -1;
    rewind(file);
    *ret_n = (size_t)size;
    *ret_p = malloc(*ret_n + 1);
    if (*ret_p == NULL || fread(*ret_p, 1, *ret_n, file) != *ret_n)
        return -1;
    return fclose(file);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_corpus(const char *dir)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, visible, alphasort);
    unsigned long budget;

    if (count <= 0) {
        (void)fprintf(stderr, "%s: a fuzz target needs at least one seed\n", dir);
        return 1;
    }
    budget = RUNS_PER_TARGET / 2 / (unsigned long)count;
    for (int i = 0; i < count; i++) {
        uint8_t *p = NULL;
        size_t n = 0;

        if (read_file(dir, entries[i]->d_name, &p, &n) != 0) {
            (void)fprintf(stderr, "cannot read %s/%s\n", dir, entries[i]->d_name);
            return 1;
        }
        run(p, n);
        run_prefixes(p, n, budget);
        run_changed_bytes(p, n, budget);
        free(p);
        free(entries[i]);
    }
    free(entries);
    (void)printf("%d seeds\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s NAME CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    watch_for_death(argv[1]);
    for (unsigned first = 0; first < 256; first++) {
        uint8_t byte = (uint8_t)first;

        run(&byte, 1);
    }
    run(NULL, 0);
    if (replay_corpus(argv[2]) != 0)
        return 1;
    (void)printf("%lu inputs\n", replay.runs);
    return 0;
}
