/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite trusts the disk: a bit that flipped in a value is a value. So each page carries a sum of
 * itself. Only the database file is looked at: pages come into it by a checkpoint of the log or by
 * the rollback journal, and leave it one by one, always whole.
 */
#include "host/store/checked.h"
#include "apdu/base/ctx.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Since SQLite 3.48: without it the pager itself reads whole pages alone. */
#define IOCAP_SUBPAGE_READ 0x00008000

#define HEAD_SIZE      100 /* sqlite.org/fileformat.html 1.3 */
#define HEAD_PAGE_SIZE 16
#define HEAD_RESERVED  20

/* SQLite allocates it, and behind it the real file. */
struct file {
    sqlite3_file base;
    uint8_t *page; /* one at hand: read around a part of it, or written with its sum */
    int page_n;
    int page_size; /* as the head has it */
    bool summed;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)((struct file *)file + 1);
}

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_word(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* Two sums of 32-bit words, each added to the other (Fletcher), begun with the number of the page:
 * every flipped bit changes them, and so does a page in the place of another. */
static void sum_page(const uint8_t *page, int n, sqlite3_int64 at,
                     uint8_t ret_sum[DMSCI_CHECKED_RESERVED])
{
    uint32_t a = (uint32_t)(at / n) + 1, b = 0x646D7363;

    for (int i = 0; i + 8 <= n - DMSCI_CHECKED_RESERVED; i += 8) {
        a += word(page + i) + b;
        b += word(page + i + 4) + a;
    }
    put_word(ret_sum, a);
    put_word(ret_sum + 4, b);
}

/* A hole: SQLite makes the file longer and writes no page that it freed in the same change. */
static bool never_written(const uint8_t *page, int n)
{
    return page[0] == 0 && memcmp(page, page + 1, (size_t)n - 1) == 0;
}

static int check_page(const uint8_t *page, int n, sqlite3_int64 at)
{
    uint8_t sum[DMSCI_CHECKED_RESERVED];

    sum_page(page, n, at, sum);
    if (memcmp(sum, page + n - sizeof(sum), sizeof(sum)) == 0 || never_written(page, n))
        return SQLITE_OK;
    return SQLITE_IOERR_DATA;
}

static bool is_page(int n, sqlite3_int64 at)
{
    return n >= 512 && (n & (n - 1)) == 0 && at % n == 0;
}

static void look_at_head(struct file *file, const uint8_t *p, int n, sqlite3_int64 at)
{
    static const char magic[16] = "SQLite format 3";

    if (at != 0 || n < HEAD_SIZE || memcmp(p, magic, sizeof(magic)) != 0)
        return;
    file->summed = p[HEAD_RESERVED] == DMSCI_CHECKED_RESERVED;
    file->page_size = p[HEAD_PAGE_SIZE] << 8 | p[HEAD_PAGE_SIZE + 1];
    if (file->page_size == 1) /* 65,536 does not fit */
        file->page_size = 65536;
}

static int file_close(sqlite3_file *f)
{
    sqlite3_free(((struct file *)f)->page);
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int page_room(struct file *file, int n)
{
    uint8_t *page;

    if (file->page_n >= n)
        return SQLITE_OK;
    page = sqlite3_realloc(file->page, n);
    if (page == NULL)
        return SQLITE_IOERR_NOMEM;
    file->page = page;
    file->page_n = n;
    return SQLITE_OK;
}

/* SQLite built with direct overflow reads takes long values out of their pages without the pager:
 * the page around is read, and the part of it given. */
static int read_part(struct file *file, sqlite3_file *real, void *to, int n, sqlite3_int64 at)
{
    int size = file->page_size, offset = (int)(at % size);
    int code = offset + n > size ? SQLITE_IOERR_READ : page_room(file, size);

    if (code == SQLITE_OK)
        code = real->pMethods->xRead(real, file->page, size, at - offset);
    if (code == SQLITE_OK)
        code = check_page(file->page, size, at - offset);
    if (code == SQLITE_OK)
        dmsci_copy(to, file->page + offset, (size_t)n);
    return code;
}

static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    struct file *file = (struct file *)f;
    bool head = at + n <= HEAD_SIZE;
    int code;

    if (file->summed && file->page_size >= 512 && !head && !is_page(n, at))
        return read_part(file, real_of(f), to, n, at);
    code = real_of(f)->pMethods->xRead(real_of(f), to, n, at);
    /* What lies behind the end of the file was read as zeros. */
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
        return code;
    look_at_head(file, to, n, at);
    if (!file->summed || !is_page(n, at) || check_page(to, n, at) == SQLITE_OK)
        return code;
    return SQLITE_IOERR_DATA;
}

static int file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    struct file *file = (struct file *)f;
    int code;

    look_at_head(file, from, n, at);
    if (!file->summed || !is_page(n, at))
        return real_of(f)->pMethods->xWrite(real_of(f), from, n, at);
    code = page_room(file, n);
    if (code != SQLITE_OK)
        return code;
    dmsci_copy(file->page, from, (size_t)n);
    sum_page(file->page, n, at, file->page + n - DMSCI_CHECKED_RESERVED);
    return real_of(f)->pMethods->xWrite(real_of(f), file->page, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), ret_size);
}

static int file_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_reserved_lock(sqlite3_file *f, int *ret_locked)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret_locked);
}

static int file_control(sqlite3_file *f, int op, void *argument)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, argument);
}

static int file_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)) & ~IOCAP_SUBPAGE_READ;
}

static int file_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **ret_map)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), region, size, extend, ret_map);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int delete_it)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_it);
}

/* Version 2: a mapped file (3) would be read past us. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static sqlite3_vfs *below(sqlite3_vfs *vfs)
{
    return ((struct dmsci_checked *)vfs)->real;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    struct file *file = (struct file *)f;
    int code;

    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return below(vfs)->xOpen(below(vfs), name, f, flags, ret_flags);
    *file = (struct file){ .page_n = 0 };
    code = below(vfs)->xOpen(below(vfs), name, real_of(f), flags, ret_flags);
    if (real_of(f)->pMethods != NULL)
        file->base.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    return below(vfs)->xDelete(below(vfs), name, sync_directory);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    return below(vfs)->xAccess(below(vfs), name, flags, ret_there);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *ret_path)
{
    return below(vfs)->xFullPathname(below(vfs), name, n, ret_path);
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *ret_octets)
{
    return below(vfs)->xRandomness(below(vfs), n, ret_octets);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return below(vfs)->xSleep(below(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_days)
{
    return below(vfs)->xCurrentTime(below(vfs), ret_days);
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *ret_text)
{
    return below(vfs)->xGetLastError != NULL ? below(vfs)->xGetLastError(below(vfs), n, ret_text)
                                             : 0;
}

int dmsci_checked_open(struct dmsci_checked *checked, const char *path, int flags, sqlite3 **ret_db)
{
    int code;

    checked->real = sqlite3_vfs_find(NULL);
    if (checked->real == NULL)
        return SQLITE_ERROR;
    (void)snprintf(checked->name, sizeof(checked->name), "dmsc-%p", (void *)checked);
    checked->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct file) + checked->real->szOsFile,
        .mxPathname = checked->real->mxPathname,
        .zName = checked->name,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    /* Registered for as long as SQLite looks for it by its name: it keeps the pointer. */
    code = sqlite3_vfs_register(&checked->vfs, 0);
    if (code == SQLITE_OK) {
        code = sqlite3_open_v2(path, ret_db, flags, checked->name);
        (void)sqlite3_vfs_unregister(&checked->vfs);
    }
    return code;
}

int dmsci_checked_reserve(sqlite3 *db)
{
    int octets = DMSCI_CHECKED_RESERVED;

    return sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &octets);
}

bool dmsci_checked_reserved(sqlite3 *db)
{
    int octets = -1; /* asks */

    return sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &octets) == SQLITE_OK &&
           octets == DMSCI_CHECKED_RESERVED;
}
