/* SPDX-License-Identifier: Apache-2.0 */
/* The key file: read when it is private, saved as a whole or not at all. */
#include "host/cli/ota/ota.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX  65536u
#define PATH_SIZE 4096u

static enum dmsc_err failed(struct cli *cli, const char *what, const char *path)
{
    (void)cli_fail(cli, DMSC_E_IO, what, strerror(errno), "");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.190s", path);
    return DMSC_E_IO;
}

static enum dmsc_err no_plain_file(struct cli *cli, const char *path, const char *why)
{
    (void)cli_fail(cli, DMSC_E_CONFIG, "read the key file", why, "name the file itself");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.190s", path);
    return DMSC_E_CONFIG;
}

static enum dmsc_err check_private(struct cli *cli, int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return failed(cli, "read the key file", path);
    if (!S_ISREG(st.st_mode))
        return no_plain_file(cli, path, "it is no plain file");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return DMSC_OK;
    (void)cli_fail(cli, DMSC_E_CONFIG, "read the key file", "others may read or write it",
                   "chmod 600 the file");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.190s", path);
    (void)snprintf(cli->story.reason, sizeof(cli->story.reason), "file:not-private");
    return DMSC_E_CONFIG;
}

static enum dmsc_err read_all(struct cli *cli, int fd, const char *path, struct dmsc_buf *text)
{
    enum dmsc_err err = DMSC_OK;
    ssize_t n = 1;

    dmsc_buf_reset(text);
    while (err == DMSC_OK && n > 0) {
        uint8_t *to;

        err = dmsc_buf_reserve(text, 4096, &to);
        if (err != DMSC_OK)
            break;
        n = read(fd, to, 4096);
        if (n > 0)
            dmsc_buf_commit(text, (size_t)n);
        else if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            err = failed(cli, "read the file", path);
    }
    return err;
}

enum dmsc_err cli_ota_read_text(struct cli *cli, const char *path, struct dmsc_buf *ret_text)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum dmsc_err err;

    if (fd < 0)
        return failed(cli, "read the script", path);
    err = read_all(cli, fd, path, ret_text);
    if (!standard_input)
        (void)close(fd);
    if (err == DMSC_OK && strlen(dmsc_buf_str(ret_text)) != ret_text->n)
        err = cli_fail(cli, DMSC_E_MALFORMED, "read the script", "it is not text",
                       "one C-APDU in hex a line");
    return err;
}

/* Open and lock the file that has this name now: a save by somebody else gives the name to another
 * file, and a lock on the old one is worth nothing. */
static enum dmsc_err open_locked(struct cli *cli, const char *path, int *ret_fd)
{
    struct stat here, there;
    enum dmsc_err err;

    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0 && errno == ELOOP) /* the new file would take the place of the link */
            return no_plain_file(cli, path, "it is a link");
        if (fd < 0)
            return failed(cli, "read the key file", path);
        err = check_private(cli, fd, path);
        if (err == DMSC_OK && (flock(fd, LOCK_EX) != 0 || fstat(fd, &here) != 0))
            err = failed(cli, "lock the key file", path);
        if (err != DMSC_OK) {
            (void)close(fd);
            return err;
        }
        if (stat(path, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
            *ret_fd = fd;
            return DMSC_OK;
        }
        (void)close(fd);
    }
}

static bool write_all(int fd, struct dmsc_bytes text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            text.p += n;
            text.n -= (size_t)n;
        }
    }
    return fsync(fd) == 0;
}

/* The folder that a file is in; "." for a bare name. */
static enum dmsc_err sync_folder(struct cli *cli, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    struct dmsc_buf folder;
    enum dmsc_err err;
    int fd;

    dmsc_buf_init(&folder, cli->ctx, PATH_SIZE);
    err = dmsc_buf_append(&folder, n == 0 ? dmsc_bytes(".", 1) : dmsc_bytes(path, n));
    if (err == DMSC_OK) {
        fd = open(dmsc_buf_str(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0)
            err = failed(cli, "save the counter", path);
        if (fd >= 0)
            (void)close(fd);
    }
    dmsc_buf_clear(&folder);
    return err;
}

static enum dmsc_err write_beside(struct cli *cli, const char *beside, struct dmsc_bytes text)
{
    enum dmsc_err err = DMSC_OK;
    int fd;

    (void)unlink(beside); /* of one that was killed: the lock is ours */
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(cli, "save the counter", beside);
    if (!write_all(fd, text))
        err = failed(cli, "save the counter", beside);
    if (close(fd) != 0 && err == DMSC_OK)
        err = failed(cli, "save the counter", beside);
    return err;
}

/* Beside it, flushed, renamed, the folder flushed: old or new, never half. */
static enum dmsc_err save(struct cli *cli, const char *path, struct dmsc_bytes text)
{
    struct dmsc_buf beside;
    enum dmsc_err err;

    dmsc_buf_init(&beside, cli->ctx, PATH_SIZE);
    err = dmsc_buf_append_str(&beside, path);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&beside, ".new");
    if (err == DMSC_OK)
        err = write_beside(cli, dmsc_buf_str(&beside), text);
    if (err == DMSC_OK && rename(dmsc_buf_str(&beside), path) != 0)
        err = failed(cli, "save the counter", path);
    if (err == DMSC_OK)
        err = sync_folder(cli, path);
    else if (beside.n > 0)
        (void)unlink(dmsc_buf_str(&beside)); /* it holds the keys */
    dmsc_buf_clear(&beside);
    return err;
}

enum dmsc_err cli_ota_blame(struct cli *cli, enum dmsc_err err, const char *path)
{
    const struct dmsc_diag *d = dmsc_diag_get(cli->ctx);

    if (err == DMSC_OK || path == NULL || cli->story.err == err || d->err != err ||
        strncmp(d->reason, "ota:", 4) != 0)
        return err;
    cli->story = *d;
    if (err == DMSC_E_ARG) /* a key is no word of the command line */
        cli->story.err = DMSC_E_CONFIG;
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.150s%s%.30s", path,
                   d->where[0] != '\0' ? ", " : "", d->where);
    return cli->story.err;
}

static enum dmsc_err load(struct cli *cli, const char *path, bool take,
                          struct dmsc_ota_keys *ret_keys)
{
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
    struct dmsc_buf text, advanced;
    enum dmsc_err err;
    int fd = -1;

    dmsc_buf_init(&text, cli->ctx, TEXT_MAX);
    dmsc_buf_init(&advanced, cli->ctx, TEXT_MAX);
    err = open_locked(cli, path, &fd);
    if (err == DMSC_OK)
        err = read_all(cli, fd, path, &text);
    if (err == DMSC_OK)
        err = dmsc_ota_keys_parse(cli->ctx, dmsc_buf_bytes(&text), &keys);
    if (err == DMSC_OK && take)
        err = dmsc_ota_keys_advance(cli->ctx, dmsc_buf_bytes(&text), &keys, &advanced);
    if (err == DMSC_OK && take &&
        !dmsc_bytes_equal(dmsc_buf_bytes(&text), dmsc_buf_bytes(&advanced)))
        err = save(cli, path, dmsc_buf_bytes(&advanced));
    if (fd >= 0)
        (void)close(fd);
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&advanced);
    if (err == DMSC_OK) {
        *ret_keys = keys;
        return DMSC_OK;
    }
    dmsc_ota_keys_clear(&keys);
    return cli_ota_blame(cli, err, path);
}

enum dmsc_err cli_ota_keys_load(struct cli *cli, const char *path, struct dmsc_ota_keys *ret_keys)
{
    return load(cli, path, false, ret_keys);
}

enum dmsc_err cli_ota_keys_take(struct cli *cli, const char *path, struct dmsc_ota_keys *ret_keys)
{
    return load(cli, path, true, ret_keys);
}
