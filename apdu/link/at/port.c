/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/link/at/port.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOCK_TEXT 11 /* FHS 3.0 5.9: the process id in ten characters, and a line feed */

static const struct {
    unsigned long baud;
    speed_t speed;
} speeds[] = {
    { 1200, B1200 },     { 2400, B2400 },     { 4800, B4800 },     { 9600, B9600 },
    { 19200, B19200 },   { 38400, B38400 },   { 57600, B57600 },   { 115200, B115200 },
    { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 }, { 3000000, B3000000 },
};

bool dmsci_at_baud_known(unsigned long baud)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(speeds); i++) {
        if (speeds[i].baud == baud)
            return true;
    }
    return false;
}

static enum dmsc_err failed(struct dmsci_at_port *port, enum dmsc_err err, const char *device,
                            const char *reason, const char *why, const char *hint)
{
    (void)dmsci_fail(port->ctx, err, "open the modem's line %s", device);
    dmsci_why(port->ctx, reason, "%s", why);
    if (hint != NULL)
        dmsci_hint(port->ctx, "%s", hint);
    return err;
}

/* Whose lock file is it? @return 0: of nobody who lives */
static long owner_of(const char *path)
{
    char text[LOCK_TEXT + 1] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    long pid;

    if (fd < 0)
        return 0;
    if (read(fd, text, LOCK_TEXT) < 0)
        text[0] = '\0';
    (void)close(fd);
    pid = strtol(text, NULL, 10);
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM) ? pid : 0;
}

/* Make it in one step, or learn whose it is. @return 0 or errno */
static int make_lock(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    char text[LOCK_TEXT + 16];
    int number;

    if (fd < 0)
        return errno;
    (void)snprintf(text, sizeof(text), "%10ld\n", (long)getpid());
    number = write(fd, text, LOCK_TEXT) == LOCK_TEXT ? 0 : errno;
    (void)close(fd);
    if (number != 0)
        (void)unlink(path);
    return number;
}

/* "/dev/ttyUSB2": LCK..ttyUSB2; "/dev/pts/3": LCK..pts_3. */
static char *lock_path(struct dmsc_ctx *ctx, const char *dir, const char *device)
{
    const char *name = strncmp(device, "/dev/", 5) == 0 ? device + 5 : device;
    size_t n = strlen(dir) + strlen("/LCK..") + strlen(name) + 1;
    char *path = dmsci_alloc(ctx, n);
    char *p;

    if (path == NULL)
        return NULL;
    (void)snprintf(path, n, "%s/LCK..%s", dir, name);
    for (p = path + strlen(dir) + 1; *p != '\0'; p++) {
        if (*p == '/')
            *p = '_';
    }
    return path;
}

static enum dmsc_err take_lock(struct dmsci_at_port *port, const char *device, const char *dir)
{
    char *path = lock_path(port->ctx, dir, device);
    long owner;
    int number;

    if (path == NULL)
        return DMSC_E_NOMEM;
    number = make_lock(path);
    if (number == EEXIST) {
        owner = owner_of(path);
        if (owner > 0) {
            (void)failed(port, DMSC_E_LINK, device, "at:locked", "another program has it", NULL);
            dmsci_hint(port->ctx, "end process %ld, or use another port of the modem (%s)", owner,
                       path);
            dmsci_free(port->ctx, path);
            return DMSC_E_LINK;
        }
        /* Left by one that is gone. */
        (void)unlink(path);
        number = make_lock(path);
    }
    if (number == 0) {
        port->lock_path = path;
        return DMSC_OK;
    }
    /* Not everybody may write there; the lock of the file itself has to do. */
    dmsci_log(port->ctx, DMSC_LOG_INFO, "at", "no lock file %s: %s", path, strerror(number));
    dmsci_free(port->ctx, path);
    return DMSC_OK;
}

static int set_line(struct dmsci_at_port *port, unsigned long baud, enum dmsci_at_flow flow)
{
    struct termios line = port->before;

    cfmakeraw(&line);
    line.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS);
    line.c_cflag |= CS8 | CLOCAL | CREAD;
    line.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
    if (flow == DMSCI_AT_FLOW_RTSCTS)
        line.c_cflag |= CRTSCTS;
    if (flow == DMSCI_AT_FLOW_XONXOFF)
        line.c_iflag |= IXON | IXOFF;
    line.c_cc[VMIN] = 0;
    line.c_cc[VTIME] = 0;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(speeds); i++) {
        if (speeds[i].baud == baud &&
            (cfsetispeed(&line, speeds[i].speed) != 0 || cfsetospeed(&line, speeds[i].speed) != 0))
            return errno;
    }
    return tcsetattr(port->fd, TCSANOW, &line) == 0 ? 0 : errno;
}

static enum dmsc_err open_device(struct dmsci_at_port *port, const char *device)
{
    port->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd >= 0)
        return DMSC_OK;
    if (errno == EACCES)
        return failed(port, DMSC_E_LINK, device, "at:denied", "this user may not open it",
                      "join the group of the device (ls -l shows it, often dialout)");
    if (errno == EBUSY)
        return failed(port, DMSC_E_LINK, device, "at:locked", "another program has it",
                      "end it (fuser shows it); ModemManager takes every modem it finds");
    return failed(port, DMSC_E_NOREADER, device, "at:device", strerror(errno),
                  "ls /dev/tty* shows the lines of this machine");
}

enum dmsc_err dmsci_at_port_open(struct dmsci_at_port *port, struct dmsc_ctx *ctx,
                                 const char *device, unsigned long baud, enum dmsci_at_flow flow,
                                 const char *lock_dir)
{
    struct dmsci_at_port opened = { .ctx = ctx, .fd = -1 };
    enum dmsc_err err = lock_dir != NULL ? take_lock(&opened, device, lock_dir) : DMSC_OK;
    int number;

    if (err == DMSC_OK)
        err = open_device(&opened, device);
    if (err == DMSC_OK && tcgetattr(opened.fd, &opened.before) != 0) {
        (void)close(opened.fd);
        opened.fd = -1;
        err = failed(&opened, DMSC_E_LINK, device, "at:tty", "it is no serial line", NULL);
    }
    if (err == DMSC_OK && flock(opened.fd, LOCK_EX | LOCK_NB) != 0)
        err = failed(&opened, DMSC_E_LINK, device, "at:locked", "another program has it",
                     "end it (fuser shows it)");
    if (err == DMSC_OK) {
        (void)ioctl(opened.fd, TIOCEXCL);
        number = set_line(&opened, baud, flow);
        if (number != 0)
            err = failed(&opened, DMSC_E_LINK, device, "at:settings", strerror(number),
                         "leave out baud= and flow=");
    }
    if (err != DMSC_OK) {
        dmsci_at_port_close(&opened);
        return err;
    }
    *port = opened;
    return DMSC_OK;
}

void dmsci_at_port_close(struct dmsci_at_port *port)
{
    if (port->ctx == NULL)
        return;
    if (port->fd >= 0) {
        (void)tcsetattr(port->fd, TCSANOW, &port->before);
        (void)ioctl(port->fd, TIOCNXCL);
        (void)close(port->fd);
    }
    if (port->lock_path != NULL)
        (void)unlink(port->lock_path);
    dmsci_free(port->ctx, port->lock_path);
    port->lock_path = NULL;
    port->fd = -1;
}
