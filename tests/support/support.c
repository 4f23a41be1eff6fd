/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t skipped_tests;

void support_path(const char *relative, char ret_path[SUPPORT_PATH_MAX])
{
    const char *root = getenv("DMSC_SOURCE_ROOT");
    int n;

    if (relative[0] == '/')
        n = snprintf(ret_path, SUPPORT_PATH_MAX, "%s", relative);
    else
        n = snprintf(ret_path, SUPPORT_PATH_MAX, "%s/%s", root != NULL ? root : ".", relative);
    if (n < 0 || n >= SUPPORT_PATH_MAX)
        fail_msg("path too long: %s", relative);
}

bool support_exists(const char *relative)
{
    char path[SUPPORT_PATH_MAX];

    support_path(relative, path);
    return access(path, F_OK) == 0;
}

static bool read_stream(FILE *file, size_t extra, struct dmsc_bytes *ret_bytes)
{
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t *p;

    if (size < 0)
        return false;
    rewind(file);
    p = calloc(1, (size_t)size + extra);
    if (p == NULL || fread(p, 1, (size_t)size, file) != (size_t)size) {
        free(p);
        return false;
    }
    *ret_bytes = dmsc_bytes(p, (size_t)size);
    return true;
}

static struct dmsc_bytes slurp(const char *name, size_t extra)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_bytes bytes = { NULL, 0 };
    bool done = false;
    FILE *file;

    support_path(name, path);
    file = fopen(path, "rb");
    if (file != NULL) {
        done = read_stream(file, extra, &bytes);
        (void)fclose(file);
    }
    if (!done)
        fail_msg("cannot read %s", path);
    return bytes;
}

struct dmsc_bytes support_slurp(const char *path)
{
    return slurp(path, 1);
}

struct dmsc_bytes support_slurp_exact(const char *path)
{
    return slurp(path, 0);
}

struct dmsc_bytes support_copy_exact(struct dmsc_bytes bytes)
{
    uint8_t *p = malloc(bytes.n);

    if (p == NULL && bytes.n > 0)
        fail_msg("no memory for %zu bytes", bytes.n);
    if (bytes.n > 0)
        memcpy(p, bytes.p, bytes.n);
    return dmsc_bytes(p, bytes.n);
}

void support_free(struct dmsc_bytes bytes)
{
    /* The block is ours; struct dmsc_bytes only lost the right to write to it. */
    free((void *)(uintptr_t)bytes.p);
}

void support_mkdir(char ret_path[SUPPORT_PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(ret_path, SUPPORT_PATH_MAX, "%s/dmsc-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(ret_path) == NULL)
        fail_msg("cannot make a directory %s", ret_path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void support_rmdir(const char *path)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fail_msg("cannot remove %s", path);
}

void req_done(const char *id)
{
    /* tools/test collects these lines: each begins at the left edge. */
    printf("\nREQ:%s\n", id);
    (void)fflush(stdout);
}

void support_skip(const char *fmt, ...)
{
    va_list args;

    printf("\nSKIPPED: ");
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    printf("\n");
    (void)fflush(stdout);
    skipped_tests++;
    skip();
}

int support_exit(int failed, size_t tests)
{
    if (failed != 0)
        return 1;
    return tests > 0 && skipped_tests >= tests ? 77 : 0;
}
