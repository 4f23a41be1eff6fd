/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/memvfs.h"
#include "tests/support/test.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES   8
#define PENDING 4096
#define REGIONS 64
#define SECTOR  512

struct image {
    unsigned char *p;
    size_t n;
    size_t cap;
};

/* A write that is not flushed yet; size SIZE_MAX - 1 and above: a truncation to "at". */
struct pending {
    size_t at;
    unsigned char *p;
    size_t n;
    bool truncation;
};

struct memfile {
    char name[1024];
    bool there;
    struct image now;     /* what the process sees */
    struct image durable; /* what a power cut leaves */
    struct pending pending[PENDING];
    size_t pending_count;
    void *regions[REGIONS];
};

struct handle {
    sqlite3_file base;
    struct memfile *file;
};

static struct memfile files[FILES];
static struct memvfs_stats stats;
static enum memvfs_fault fault;
static unsigned long fault_at;
static bool dead;

static void image_resize(struct image *image, size_t n)
{
    if (n > image->cap) {
        size_t cap = n * 2;
        unsigned char *p = realloc(image->p, cap);

        assert_non_null(p);
        image->p = p;
        image->cap = cap;
    }
    if (n > image->n)
        memset(image->p + image->n, 0, n - image->n);
    image->n = n;
}

static void image_write(struct image *image, size_t at, const void *p, size_t n)
{
    if (at + n > image->n)
        image_resize(image, at + n);
    memcpy(image->p + at, p, n);
}

static void image_apply(struct image *image, const struct pending *w, size_t n)
{
    if (w->truncation)
        image_resize(image, w->at);
    else
        image_write(image, w->at, w->p, n);
}

static void forget_pending(struct memfile *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        free(file->pending[i].p);
    file->pending_count = 0;
}

static void forget_file(struct memfile *file)
{
    forget_pending(file);
    free(file->now.p);
    free(file->durable.p);
    for (size_t i = 0; i < REGIONS; i++)
        free(file->regions[i]);
    memset(file, 0, sizeof(*file));
}

/* @return the code of a fault at this step, SQLITE_OK for none */
static int step(int io_code)
{
    unsigned long now = stats.steps++;

    if (dead)
        return SQLITE_IOERR;
    if (fault == MEMVFS_NONE || now != fault_at)
        return SQLITE_OK;
    stats.fired = true;
    dead = fault == MEMVFS_POWER_CUT;
    return fault == MEMVFS_FULL_ONCE ? SQLITE_FULL : io_code;
}

static struct memfile *file_of(sqlite3_file *f)
{
    return ((struct handle *)f)->file;
}

static int x_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static int x_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    struct memfile *file = file_of(f);
    size_t have = (size_t)at < file->now.n ? file->now.n - (size_t)at : 0;

    if (dead)
        return SQLITE_IOERR_READ;
    if (have >= (size_t)n) {
        memcpy(to, file->now.p + at, (size_t)n);
        return SQLITE_OK;
    }
    memset(to, 0, (size_t)n);
    if (have > 0)
        memcpy(to, file->now.p + at, have);
    return SQLITE_IOERR_SHORT_READ;
}

static void remember(struct memfile *file, size_t at, const void *p, size_t n, bool truncation)
{
    struct pending w = { at, NULL, n, truncation };

    assert_true(file->pending_count < PENDING);
    if (p != NULL) {
        w.p = malloc(n > 0 ? n : 1);
        assert_non_null(w.p);
        memcpy(w.p, p, n);
    }
    file->pending[file->pending_count++] = w;
}

static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int code = step(SQLITE_IOERR_WRITE);

    stats.writes++;
    if (code != SQLITE_OK)
        return code;
    image_write(&file_of(f)->now, (size_t)at, p, (size_t)n);
    remember(file_of(f), (size_t)at, p, (size_t)n, false);
    return SQLITE_OK;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    int code = step(SQLITE_IOERR_TRUNCATE);

    if (code != SQLITE_OK)
        return code;
    image_resize(&file_of(f)->now, (size_t)n);
    remember(file_of(f), (size_t)n, NULL, 0, true);
    return SQLITE_OK;
}

static int x_sync(sqlite3_file *f, int flags)
{
    struct memfile *file = file_of(f);
    int code = step(SQLITE_IOERR_FSYNC);

    (void)flags;
    if (code != SQLITE_OK)
        return code;
    stats.syncs++;
    for (size_t i = 0; i < file->pending_count; i++)
        image_apply(&file->durable, &file->pending[i], file->pending[i].n);
    forget_pending(file);
    return SQLITE_OK;
}

static int x_size(sqlite3_file *f, sqlite3_int64 *ret_n)
{
    *ret_n = (sqlite3_int64)file_of(f)->now.n;
    return SQLITE_OK;
}

static int x_lock(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int x_reserved(sqlite3_file *f, int *ret_reserved)
{
    (void)f;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int x_characteristics(sqlite3_file *f)
{
    (void)f;
    return 0; /* nothing is promised: neither atomic nor in order */
}

static int x_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **ret_p)
{
    struct memfile *file = file_of(f);

    assert_in_range(region, 0, REGIONS - 1);
    if (file->regions[region] == NULL && extend)
        file->regions[region] = calloc(1, (size_t)size);
    *ret_p = file->regions[region];
    return SQLITE_OK;
}

static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    (void)f;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void x_shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int x_shm_unmap(sqlite3_file *f, int delete_it)
{
    struct memfile *file = file_of(f);

    (void)delete_it;
    for (size_t i = 0; i < REGIONS; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    2,
    x_close,
    x_read,
    x_write,
    x_truncate,
    x_sync,
    x_size,
    x_lock,
    x_lock,
    x_reserved,
    x_control,
    x_sector,
    x_characteristics,
    x_shm_map,
    x_shm_lock,
    x_shm_barrier,
    x_shm_unmap,
    NULL,
    NULL,
};

static struct memfile *find(const char *name)
{
    for (size_t i = 0; i < FILES; i++) {
        if (files[i].there && strcmp(files[i].name, name) == 0)
            return &files[i];
    }
    return NULL;
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    struct handle *handle = (struct handle *)f;
    struct memfile *file = find(name);

    (void)vfs;
    for (size_t i = 0; i < FILES && file == NULL; i++) {
        if (!files[i].there)
            file = &files[i];
    }
    assert_non_null(file);
    if (!file->there) {
        (void)snprintf(file->name, sizeof(file->name), "%s", name);
        file->there = true;
    }
    handle->base.pMethods = &methods;
    handle->file = file;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    struct memfile *file = find(name);

    (void)vfs;
    (void)sync_directory;
    if (dead)
        return SQLITE_IOERR_DELETE;
    if (file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    forget_file(file);
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    const struct memfile *file = find(name);

    (void)vfs;
    (void)flags;
    *ret_there = file != NULL && file->now.n > 0;
    return SQLITE_OK;
}

static int v_path(sqlite3_vfs *vfs, const char *name, int n, char *to)
{
    (void)vfs;
    (void)snprintf(to, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int v_randomness(sqlite3_vfs *vfs, int n, char *to)
{
    static unsigned char next;

    (void)vfs;
    for (int i = 0; i < n; i++)
        to[i] = (char)++next;
    return n;
}

static int v_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int v_time(sqlite3_vfs *vfs, double *ret_days)
{
    (void)vfs;
    *ret_days = 2461000.5;
    return SQLITE_OK;
}

static int v_error(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs;
    (void)n;
    (void)to;
    return 0;
}

void memvfs_install(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 1000,
        .zName = "dmsc-test-memory",
        .xOpen = v_open,
        .xDelete = v_delete,
        .xAccess = v_access,
        .xFullPathname = v_path,
        .xRandomness = v_randomness,
        .xSleep = v_sleep,
        .xCurrentTime = v_time,
        .xGetLastError = v_error,
    };

    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

void memvfs_reset(void)
{
    for (size_t i = 0; i < FILES; i++)
        forget_file(&files[i]);
    memvfs_arm(MEMVFS_NONE, 0);
}

void memvfs_arm(enum memvfs_fault kind, unsigned long at)
{
    fault = kind;
    fault_at = at;
    dead = false;
    stats = (struct memvfs_stats){ 0 };
}

struct memvfs_stats memvfs_stats(void)
{
    return stats;
}

/* How much of an unflushed write the disk kept. */
static size_t kept(const struct pending *w, unsigned seed, unsigned *random)
{
    if (seed <= 1)
        return seed == 0 ? 0 : w->n;
    *random = *random * 1103515245u + 12345u;
    switch (*random >> 16 & 3) {
    case 0:
        return 0;
    case 1:
        return w->n / 2 / SECTOR * SECTOR;
    default:
        return w->n;
    }
}

void memvfs_reboot(unsigned seed)
{
    unsigned random = seed;

    for (size_t i = 0; i < FILES; i++) {
        struct memfile *file = &files[i];

        if (!file->there)
            continue;
        for (size_t k = 0; k < file->pending_count; k++) {
            size_t n = kept(&file->pending[k], seed, &random);

            if (n > 0 || (file->pending[k].truncation && seed != 0))
                image_apply(&file->durable, &file->pending[k], n);
        }
        forget_pending(file);
        image_resize(&file->now, file->durable.n);
        if (file->now.n > 0)
            memcpy(file->now.p, file->durable.p, file->now.n);
        for (size_t k = 0; k < REGIONS; k++) {
            free(file->regions[k]);
            file->regions[k] = NULL;
        }
    }
    memvfs_arm(MEMVFS_NONE, 0);
}
