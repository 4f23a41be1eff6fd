/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/net/peer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { APPLICATION_MAX = 1 << 20, TIMEOUT_MS = 10000 };

/* Where a stream of TLS records is. */
struct records {
    size_t n;    /* bytes so far */
    size_t head; /* of the header, 0..5 */
    size_t left; /* of the record */
    uint8_t size;
    bool flipped;
};

struct link {
    struct peer *peer;
    int fd;
    gnutls_session_t tls;
    struct records out, in;
};

/* Until @p fd is readable. false when the test is over and nothing is left to be read. */
static bool wait_for(struct peer *peer, int fd)
{
    struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
                             { .fd = peer->stop[0], .events = POLLIN } };

    return poll(fds, 2, -1) > 0 && fds[0].revents != 0;
}

static void tap(uint8_t *to, size_t *n, const void *p, size_t size)
{
    size_t room = PEER_TAP_MAX - *n;

    size = size < room ? size : room;
    memcpy(to + *n, p, size);
    *n += size;
}

/* Change the first byte at or behind @p at, counted from 1, that lies inside of a record. Of the
 * header TLS 1.2 protects nothing but what can be felt: the version is ignored. */
static void flip(struct records *r, uint8_t *p, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        r->n++;
        if (r->head < 5) {
            if (r->head == 4)
                r->left = (size_t)r->size << 8 | p[i];
            r->size = p[i];
            r->head = r->head == 4 && r->left == 0 ? 0 : r->head + 1;
            continue;
        }
        if (at != 0 && r->n >= at && !r->flipped) {
            p[i] ^= 0x01;
            r->flipped = true;
        }
        if (--r->left == 0)
            r->head = 0;
    }
}

static ssize_t push(gnutls_transport_ptr_t user, const void *p, size_t n)
{
    struct link *link = user;
    uint8_t *copy = malloc(n);
    ssize_t sent;

    memcpy(copy, p, n);
    flip(&link->out, copy, n, link->peer->config.flip_at);
    sent = send(link->fd, copy, n, MSG_NOSIGNAL);
    if (sent > 0) {
        tap(link->peer->tap_out, &link->peer->tap_out_n, copy, (size_t)sent);
    }
    free(copy);
    return sent;
}

static ssize_t pull(gnutls_transport_ptr_t user, void *p, size_t n)
{
    struct link *link = user;
    ssize_t got;

    if (!wait_for(link->peer, link->fd))
        return 0;
    got = recv(link->fd, p, n, 0);
    if (got > 0) {
        tap(link->peer->tap, &link->peer->tap_n, p, (size_t)got);
        flip(&link->in, p, (size_t)got, link->peer->config.flip_from_client_at);
    }
    return got;
}

static int pull_timeout(gnutls_transport_ptr_t user, unsigned ms)
{
    struct link *link = user;
    struct pollfd fd = { .fd = link->fd, .events = POLLIN };

    return poll(&fd, 1, (int)ms);
}

static bool handshake(struct link *link, const gnutls_datum_t *ticket_key)
{
    struct peer_config *c = &link->peer->config;
    int rc;

    if (gnutls_init(&link->tls, GNUTLS_SERVER) != 0 ||
        gnutls_priority_set_direct(link->tls, c->priority != NULL ? c->priority : "NORMAL", NULL) !=
            0 ||
        gnutls_credentials_set(link->tls, GNUTLS_CRD_CERTIFICATE, link->peer->credentials) != 0 ||
        gnutls_session_ticket_enable_server(link->tls, ticket_key) != 0)
        return false;
    if (c->client_ca != NULL) {
        gnutls_certificate_server_set_request(
            link->tls, c->client_may_stay_unknown ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_REQUIRE);
        if (!c->client_may_stay_unknown)
            gnutls_session_set_verify_cert(link->tls, NULL, 0);
    }
    gnutls_transport_set_ptr(link->tls, link);
    gnutls_transport_set_push_function(link->tls, push);
    gnutls_transport_set_pull_function(link->tls, pull);
    gnutls_transport_set_pull_timeout_function(link->tls, pull_timeout);
    gnutls_handshake_set_timeout(link->tls, TIMEOUT_MS);
    do
        rc = gnutls_handshake(link->tls);
    while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
    if (rc < 0) {
        (void)gnutls_alert_send_appropriate(link->tls, rc);
        return false;
    }
    link->peer->handshakes++;
    if (gnutls_session_is_resumed(link->tls) != 0)
        link->peer->resumed++;
    else
        link->peer->client_certificate = gnutls_certificate_get_peers(link->tls, NULL) != NULL;
    return true;
}

static ssize_t read_some(struct link *link, char *p, size_t n)
{
    if (link->tls != NULL) {
        ssize_t got;

        do
            got = gnutls_record_recv(link->tls, p, n);
        while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
        return got;
    }
    return pull(link, p, n);
}

static void write_all(struct link *link, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = link->tls != NULL ? gnutls_record_send(link->tls, p, n) : push(link, p, n);

        if (sent <= 0)
            return;
        p += sent;
        n -= (size_t)sent;
    }
}

/* Bytes of the first whole request in @p text, 0 when it is not whole yet. */
static size_t request_size(const char *text, size_t n)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "\r\nContent-Length: ");
    size_t size;

    if (end == NULL || length == NULL || length > end)
        return 0;
    size = (size_t)(end - text) + 4 + strtoul(length + 18, NULL, 10);
    return size <= n ? size : 0;
}

/* @return whether the connection goes on */
static bool answer(struct link *link)
{
    struct peer *peer = link->peer;
    unsigned i = peer->requests++;

    if (peer->config.answer_count == 0)
        return true;
    if (i >= peer->config.answer_count)
        i = (unsigned)peer->config.answer_count - 1;
    write_all(link, peer->config.answers[i], strlen(peer->config.answers[i]));
    return !peer->config.close_after_answer;
}

static void converse(struct link *link)
{
    struct peer *peer = link->peer;
    size_t from = peer->application_n;
    bool more = true;

    while (more && peer->application_n < APPLICATION_MAX) {
        size_t size;
        ssize_t got = read_some(link, peer->application + peer->application_n,
                                APPLICATION_MAX - peer->application_n);

        if (got <= 0)
            break;
        peer->application_n += (size_t)got;
        peer->application[peer->application_n] = '\0';
        while (more &&
               (size = request_size(peer->application + from, peer->application_n - from)) > 0) {
            from += size;
            more = answer(link);
        }
    }
    if (link->tls != NULL && !peer->config.cut_off)
        (void)gnutls_bye(link->tls, GNUTLS_SHUT_WR);
}

static void serve(struct peer *peer, int fd, const gnutls_datum_t *ticket_key)
{
    struct link link = { .peer = peer, .fd = fd };

    if (peer->config.first.n > 0)
        write_all(&link, (const char *)peer->config.first.p, peer->config.first.n);
    if (peer->config.mute)
        (void)wait_for(peer, peer->stop[0]);
    else if (peer->config.cert == NULL || handshake(&link, ticket_key))
        converse(&link);
    if (link.tls != NULL)
        gnutls_deinit(link.tls);
    (void)close(fd);
}

static void *run(void *user)
{
    struct peer *peer = user;
    gnutls_datum_t ticket_key = { NULL, 0 };

    (void)gnutls_session_ticket_key_generate(&ticket_key);
    while (wait_for(peer, peer->listener)) {
        int fd = accept(peer->listener, NULL, NULL);

        if (fd < 0)
            break;
        peer->connections++;
        serve(peer, fd, &ticket_key);
    }
    gnutls_free(ticket_key.data);
    return NULL;
}

static void load_credentials(struct peer *peer)
{
    gnutls_certificate_credentials_t credentials;
    struct peer_config *c = &peer->config;

    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    peer->credentials = credentials;
    assert_int_equal(
        gnutls_certificate_set_x509_key_file(credentials, c->cert, c->key, GNUTLS_X509_FMT_PEM), 0);
    if (c->client_ca != NULL)
        assert_in_range(
            gnutls_certificate_set_x509_trust_file(credentials, c->client_ca, GNUTLS_X509_FMT_PEM),
            1, 10);
    assert_int_equal(gnutls_certificate_set_known_dh_params(credentials, GNUTLS_SEC_PARAM_MEDIUM),
                     0);
}

void peer_start(struct peer *peer, const struct peer_config *config)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);

    memset(peer, 0, sizeof(*peer));
    peer->config = *config;
    if (config->cert != NULL)
        load_credentials(peer);
    peer->application = calloc(1, APPLICATION_MAX + 1);
    assert_non_null(peer->application);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer->listener, 4), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pipe(peer->stop), 0);
    peer->running = true;
    assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
}

void peer_stop(struct peer *peer)
{
    if (!peer->running)
        return;
    peer->running = false;
    assert_int_equal(write(peer->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    (void)close(peer->listener);
    (void)close(peer->stop[0]);
    (void)close(peer->stop[1]);
    if (peer->credentials != NULL)
        gnutls_certificate_free_credentials(peer->credentials);
    peer->credentials = NULL;
}

void peer_clear(struct peer *peer)
{
    free(peer->application);
    peer->application = NULL;
}
