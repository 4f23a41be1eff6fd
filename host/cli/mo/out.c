/* SPDX-License-Identifier: Apache-2.0 */
/* What a command writes to a file that the user names. */
#include "host/cli/mo/mo.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum dmsc_err failed(struct cli *cli, const char *path, int code)
{
    return cli_fail_at(cli, DMSC_E_IO, "write the export", path, strerror(code),
                       code == ENOSPC || code == EDQUOT
                           ? "make room there, or name a file on another disk"
                           : "name a file in a folder that you may write in, or - for standard "
                             "output");
}

/* 0, or the errno of what failed. */
static int write_all(int fd, struct dmsc_bytes content)
{
    for (size_t at = 0; at < content.n;) {
        ssize_t n = write(fd, content.p + at, content.n - at);

        if (n < 0 && errno != EINTR)
            return errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* A device or a FIFO has no content that could be kept. */
static enum dmsc_err write_through(struct cli *cli, const char *path, struct dmsc_bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    int code = fd < 0 ? errno : write_all(fd, content);

    if (fd >= 0 && close(fd) != 0 && code == 0)
        code = errno;
    return code == 0 ? DMSC_OK : failed(cli, path, code);
}

/* Beside, flushed, renamed: an export that was cut short never looks like one. */
static enum dmsc_err replace(struct cli *cli, const char *path, mode_t mode,
                             struct dmsc_bytes content)
{
    char beside[4096];
    int fd, code;

    if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= (int)sizeof(beside))
        return failed(cli, path, ENAMETOOLONG);
    fd = mkstemp(beside);
    if (fd < 0)
        return failed(cli, path, errno);
    code = write_all(fd, content);
    if (code == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        code = errno;
    if (close(fd) != 0 && code == 0)
        code = errno;
    if (code == 0 && rename(beside, path) != 0)
        code = errno;
    if (code == 0)
        return DMSC_OK;
    (void)unlink(beside);
    return failed(cli, path, code);
}

enum dmsc_err cli_mo_write_file(struct cli *cli, const char *path, struct dmsc_bytes content)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    char real[PATH_MAX];

    if (!there && errno == ENOENT && lstat(path, &st) != 0)
        return replace(cli, path, 0600, content);
    if (!there || !S_ISREG(st.st_mode))
        return write_through(cli, path, content);
    if (realpath(path, real) == NULL)
        return failed(cli, path, errno);
    return replace(cli, real, st.st_mode & 07777, content);
}
