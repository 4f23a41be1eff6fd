/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/conn.h"
#include "apdu/base/ctx.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* "[", the longest address, "]:65535". */
#define ADDRESS_MAX (INET6_ADDRSTRLEN + 8)

struct dmsci_conn {
    struct dmsc_ctx *ctx;
    int fd;
    int io_timeout_ms;
    int64_t end_ms; /* monotonic */
    char peer[ADDRESS_MAX];
};

/* What poll() and connect() are measured with: the wall clock may jump. */
static int64_t monotonic_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum dmsc_err fail_errno(struct dmsc_ctx *ctx, int code, const char *what, const char *peer)
{
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {
        { ECONNREFUSED, "net:refused" },
        { ECONNRESET, "net:reset" },
        { EPIPE, "net:reset" },
        { ENETUNREACH, "net:unreachable" },
        { EHOSTUNREACH, "net:unreachable" },
        { ETIMEDOUT, "net:timeout" },
    };
    enum dmsc_err err = code == ETIMEDOUT ? DMSC_E_TIMEOUT : DMSC_E_NET;
    const char *reason = "net:socket";

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(reasons); i++) {
        if (reasons[i].code == code)
            reason = reasons[i].reason;
    }
    (void)dmsci_fail(ctx, err, "%s %s", what, peer);
    dmsci_fail_code(ctx, code);
    dmsci_why(ctx, reason, "%s", strerror(code));
    return err;
}

/* Wait for @p events until @p deadline_ms. @return 0 or an errno */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd p = { .fd = fd, .events = events };
        int64_t left = deadline_ms - monotonic_ms();
        int n;

        if (left < 0)
            left = 0;
        n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (n == 0)
            return ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
}

static int prepare(int fd)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return errno;
    /* A request is one small write: waiting for more would cost a delayed ACK. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return 0;
}

/* @return 0 or an errno */
static int finish_connect(int fd, int64_t deadline_ms)
{
    int code = wait_for(fd, POLLOUT, deadline_ms);
    socklen_t size = sizeof(code);

    if (code != 0)
        return code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
        return errno;
    return code;
}

static int connect_one(const struct addrinfo *to, int64_t deadline_ms, int *ret_fd)
{
    int fd = socket(to->ai_family, SOCK_STREAM, 0);
    int code;

    if (fd < 0)
        return errno;
    code = prepare(fd);
    if (code == 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        code = errno == EINPROGRESS || errno == EINTR ? finish_connect(fd, deadline_ms) : errno;
    if (code != 0) {
        (void)close(fd);
        return code;
    }
    *ret_fd = fd;
    return 0;
}

static void name_address(const struct addrinfo *to, char ret_peer[ADDRESS_MAX])
{
    char host[INET6_ADDRSTRLEN], service[8];

    if (getnameinfo(to->ai_addr, to->ai_addrlen, host, sizeof(host), service, sizeof(service),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        (void)snprintf(ret_peer, ADDRESS_MAX, "?");
    else
        (void)snprintf(ret_peer, ADDRESS_MAX, to->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                       service);
}

/* An address that swallows packets must not eat the time of those behind it. */
static enum dmsc_err connect_any(struct dmsci_conn *conn, const struct addrinfo *list,
                                 int timeout_ms)
{
    int64_t end = monotonic_ms() + timeout_ms;
    int code = ETIMEDOUT;
    int left = 0;

    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next)
        left++;
    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next, left--) {
        int64_t now = monotonic_ms();

        name_address(to, conn->peer);
        code = connect_one(to, now + (end - now) / left, &conn->fd);
        if (code == 0)
            return DMSC_OK;
        dmsci_log(conn->ctx, DMSC_LOG_INFO, "net", "connect to %s: %s", conn->peer, strerror(code));
    }
    return fail_errno(conn->ctx, code, "connect to", conn->peer);
}

static const struct dmsci_net_override *find_override(const struct dmsci_conn_config *config,
                                                      const char *host, uint16_t port)
{
    for (size_t i = 0; i < config->override_count; i++) {
        const struct dmsci_net_override *o = &config->overrides[i];

        if (strcasecmp(o->host, host) == 0 && (o->port == 0 || o->port == port))
            return o;
    }
    return NULL;
}

/* "A", "A:PORT", "[A6]:PORT" or "[A6]". The port stays as it was when there is none. */
static bool split_address(const char *text, char ret_host[ADDRESS_MAX], char ret_port[8])
{
    bool brackets = text[0] == '[';
    size_t n = brackets ? strcspn(text + 1, "]") : strcspn(text, ":");
    const char *rest = brackets ? text + 1 + n + (text[1 + n] == ']' ? 1 : 0) : text + n;

    if (n == 0 || n >= ADDRESS_MAX || (brackets && text[1 + n] != ']'))
        return false;
    (void)snprintf(ret_host, ADDRESS_MAX, "%.*s", (int)n, brackets ? text + 1 : text);
    if (rest[0] == '\0')
        return true;
    if (rest[0] != ':' || strlen(rest + 1) > 5 ||
        strspn(rest + 1, "0123456789") != strlen(rest + 1) || rest[1] == '\0')
        return false;
    (void)snprintf(ret_port, 8, "%s", rest + 1);
    return true;
}

static enum dmsc_err resolve(struct dmsc_ctx *ctx, const char *host, uint16_t port,
                             const struct dmsci_conn_config *config, struct addrinfo **ret_list)
{
    const struct dmsci_net_override *override = find_override(config, host, port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    char address[ADDRESS_MAX], service[8];
    int rc;

    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    if (override != NULL) {
        hints.ai_flags |= AI_NUMERICHOST;
        if (!split_address(override->address, address, service)) {
            (void)dmsci_fail(ctx, DMSC_E_CONFIG, "use the address \"%.80s\" for %.100s",
                             override->address, host);
            dmsci_why(ctx, "net:override", "neither ADDRESS nor ADDRESS:PORT");
            return DMSC_E_CONFIG;
        }
        host = address;
    }
    rc = getaddrinfo(host, service, &hints, ret_list);
    if (rc == 0)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_NET, "resolve %.150s", host);
    dmsci_fail_code(ctx, rc);
    dmsci_why(ctx, "net:resolve", "%s", gai_strerror(rc));
    return DMSC_E_NET;
}

enum dmsc_err dmsci_conn_open(struct dmsc_ctx *ctx, const char *host, uint16_t port,
                              const struct dmsci_conn_config *config, struct dmsci_conn **ret_conn)
{
    struct addrinfo *list = NULL;
    struct dmsci_conn *conn = dmsci_alloc(ctx, sizeof(*conn));
    enum dmsc_err err;

    if (conn == NULL)
        return DMSC_E_NOMEM;
    *conn = (struct dmsci_conn){
        .ctx = ctx, .fd = -1, .end_ms = INT64_MAX, .io_timeout_ms = config->io_timeout_ms
    };
    err = resolve(ctx, host, port, config, &list);
    if (err == DMSC_OK) {
        err = connect_any(conn, list, config->connect_timeout_ms);
        freeaddrinfo(list);
    }
    if (err != DMSC_OK) {
        dmsci_conn_close(conn);
        return err;
    }
    *ret_conn = conn;
    return DMSC_OK;
}

void dmsci_conn_close(struct dmsci_conn *conn)
{
    if (conn == NULL)
        return;
    if (conn->fd >= 0)
        (void)close(conn->fd);
    dmsci_free(conn->ctx, conn);
}

void dmsci_conn_deadline(struct dmsci_conn *conn, int ms)
{
    conn->end_ms = monotonic_ms() + ms;
}

/* After a call that failed with errno: wait until it is worth another try. @return 0 or an errno */
static int wait_again(const struct dmsci_conn *conn, short events)
{
    int64_t deadline_ms = monotonic_ms() + conn->io_timeout_ms;

    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return errno;
    return wait_for(conn->fd, events, deadline_ms < conn->end_ms ? deadline_ms : conn->end_ms);
}

static enum dmsc_err check_deadline(const struct dmsci_conn *conn)
{
    return monotonic_ms() > conn->end_ms
               ? fail_errno(conn->ctx, ETIMEDOUT, "finish the exchange with", conn->peer)
               : DMSC_OK;
}

enum dmsc_err dmsci_conn_read(struct dmsci_conn *conn, uint8_t *p, size_t n, size_t *ret_n)
{
    enum dmsc_err err = check_deadline(conn);

    while (err == DMSC_OK) {
        ssize_t got = recv(conn->fd, p, n, 0);
        int code;

        if (got >= 0) {
            *ret_n = (size_t)got;
            return DMSC_OK;
        }
        code = wait_again(conn, POLLIN);
        if (code != 0)
            err = fail_errno(conn->ctx, code, "receive from", conn->peer);
    }
    return err;
}

enum dmsc_err dmsci_conn_write(struct dmsci_conn *conn, struct dmsc_bytes bytes, size_t *ret_n)
{
    enum dmsc_err err = check_deadline(conn);

    while (err == DMSC_OK) {
        ssize_t sent = send(conn->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        int code;

        if (sent >= 0) {
            *ret_n = (size_t)sent;
            return DMSC_OK;
        }
        code = wait_again(conn, POLLOUT);
        if (code != 0)
            err = fail_errno(conn->ctx, code, "send to", conn->peer);
    }
    return err;
}

bool dmsci_conn_try_write(struct dmsci_conn *conn, struct dmsc_bytes bytes)
{
    ssize_t sent = send(conn->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

    return sent >= 0 && (size_t)sent == bytes.n;
}

size_t dmsci_conn_try_read(struct dmsci_conn *conn, uint8_t *p, size_t n)
{
    ssize_t got = recv(conn->fd, p, n, 0);

    return got > 0 ? (size_t)got : 0;
}

bool dmsci_conn_is_stale(const struct dmsci_conn *conn)
{
    struct pollfd p = { .fd = conn->fd, .events = POLLIN };

    return poll(&p, 1, 0) != 0;
}
