/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes. SQLite says "busy" and not by whom; asking the kernel for the owner of the lock means
 * opening and closing the locked file, which would drop the locks of this very process (POSIX
 * advisory locks belong to process and file). So the writer leaves its process id in a file beside
 * the store.
 */
#include "host/store/private.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_LENGTH 12 /* "%11ld\n" */

void dmsci_writer_open(struct dmsc_store *store)
{
    struct dmsc_buf name;

    store->writer_fd = -1;
    if (store->path[0] == '\0')
        return;
    dmsc_buf_init(&name, store->ctx, PATH_MAX);
    if (dmsci_buf_printf(&name, "%s-writer", store->path) == DMSC_OK)
        store->writer_fd =
            open(dmsc_buf_str(&name), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    dmsc_buf_clear(&name);
}

void dmsci_writer_close(struct dmsc_store *store)
{
    if (store->writer_fd >= 0)
        (void)close(store->writer_fd);
    store->writer_fd = -1;
}

void dmsci_writer_note(struct dmsc_store *store)
{
    char line[LINE_LENGTH + 12];

    (void)snprintf(line, sizeof(line), "%11ld\n", (long)getpid());
    if (store->writer_fd >= 0 && pwrite(store->writer_fd, line, LINE_LENGTH, 0) != LINE_LENGTH)
        dmsci_log(store->ctx, DMSC_LOG_DEBUG, "store", "the writing process is not recorded");
}

long dmsci_writer_read(struct dmsc_store *store)
{
    char line[LINE_LENGTH + 1] = { 0 };
    long pid;

    if (store->writer_fd < 0 || pread(store->writer_fd, line, LINE_LENGTH, 0) != LINE_LENGTH)
        return 0;
    pid = strtol(line, NULL, 10);
    if (pid <= 0 || pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
        return 0;
    return pid;
}
