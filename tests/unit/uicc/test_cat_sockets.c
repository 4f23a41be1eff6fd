/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit with everything real but the card: links, clock, sockets over loopback. */
#include "host/uicc/cat/cat.h"
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <arpa/inet.h>
#include <dmsc/cat.h>
#include <dmsc/ctx.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COMMANDS_MAX 24

/* An applet: what it asks next depends on what came. */
struct applet {
    struct rig rig;
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_cat_config config;
    char connect[2][64], listen[64];
    const char *texts[2];

    /* The queue of commands, each built when it is fetched. */
    uint8_t command[256];
    size_t command_bytes;
    uint8_t response[256]; /* the last TERMINAL RESPONSE */
    size_t response_bytes;
    unsigned events_data, events_status;
    uint8_t last_status;
    /* The script. */
    const char *const *script;
    unsigned at;
    bool outstanding; /* fetched, not answered */
    bool wants_event; /* waits for an event before it goes on */
    uint8_t data[2048];
    size_t data_bytes;
    uint16_t port;
    int peer;
    unsigned failures;
};

static void append(struct applet *a, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        unsigned v;

        if (*hex == ' ')
            continue;
        if (*hex == 'P') { /* the port */
            a->command[a->command_bytes++] = (uint8_t)(a->port >> 8);
            a->command[a->command_bytes++] = (uint8_t)a->port;
            continue;
        }
        assert_int_equal(sscanf(hex, "%2x", &v), 1);
        a->command[a->command_bytes++] = (uint8_t)v;
        hex++;
    }
    a->command[1] = (uint8_t)(a->command_bytes - 2);
}

/* The next command of the script; "event" waits for one. */
static bool next_command(struct applet *a)
{
    const char *line = a->script[a->at];

    if (line == NULL || (strcmp(line, "event") == 0 && a->wants_event))
        return false;
    if (strcmp(line, "event") == 0) {
        a->wants_event = true;
        return false;
    }
    a->command_bytes = 2;
    a->command[0] = 0xD0;
    append(a, line);
    return true;
}

static void envelope(struct applet *a, struct dmsc_bytes apdu)
{
    assert_int_equal(apdu.p[5], 0xD6);
    assert_int_equal(apdu.p[7], 0x99);
    if (apdu.p[9] == 0x09)
        a->events_data++;
    else
        a->events_status++;
    a->last_status = apdu.p[16];
    if (a->wants_event && a->script[a->at] != NULL && strcmp(a->script[a->at], "event") == 0) {
        a->wants_event = false;
        a->at++;
    }
}

/* Channel data of a response to RECEIVE DATA are kept. */
static void take_response(struct applet *a, struct dmsc_bytes apdu)
{
    struct dmsc_rd r;

    a->outstanding = false;
    a->response_bytes = apdu.n - 5;
    memcpy(a->response, apdu.p + 5, a->response_bytes);
    if (a->response[11] >= 0x20)
        a->failures++;
    if (a->response[3] != 0x42 || a->response[11] >= 0x20)
        return;
    r = dmsc_rd(dmsc_bytes(a->response + 12, a->response_bytes - 12));
    assert_int_equal(dmsc_rd_u8(&r), 0xB6);
    {
        size_t n = dmsc_rd_u8(&r);
        struct dmsc_bytes data;

        if (n == 0x81)
            n = dmsc_rd_u8(&r);
        data = dmsc_rd_bytes(&r, n);
        assert_false(r.bad);
        assert_true(a->data_bytes + data.n <= sizeof(a->data));
        if (data.n > 0)
            memcpy(a->data + a->data_bytes, data.p, data.n);
        a->data_bytes += data.n;
    }
}

static enum dmsc_err answer(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct applet *a = user;
    uint8_t sw[2] = { 0x90, 0x00 };
    enum dmsc_err err = dmsc_buf_set(ret_rapdu, dmsc_bytes(NULL, 0));

    if (capdu.p[1] == 0x12) {
        err = dmsc_buf_append(ret_rapdu, dmsc_bytes(a->command, a->command_bytes));
        a->at++;
        a->command_bytes = 0;
        a->outstanding = true;
        return err == DMSC_OK ? dmsc_buf_append(ret_rapdu, dmsc_bytes(sw, 2)) : err;
    }
    if (capdu.p[1] == 0xC2)
        envelope(a, capdu);
    if (capdu.p[1] == 0x14)
        take_response(a, capdu);
    if (next_command(a)) {
        sw[0] = 0x91;
        sw[1] = (uint8_t)a->command_bytes;
    }
    return err == DMSC_OK ? dmsc_buf_append(ret_rapdu, dmsc_bytes(sw, 2)) : err;
}

static int loopback(int type, uint16_t *ret_port)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t n = sizeof(in);
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
    *ret_port = ntohs(in.sin_port);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void applet_begin(struct applet *a, const char *const *script)
{
    a->rig = rig_begin();
    a->script = script;
    a->peer = -1;
    a->rig.card->respond = answer;
    a->rig.card->respond_user = a;
    (void)snprintf(a->connect[0], sizeof(a->connect[0]), "tcp:127.0.0.1:%u", a->port);
    (void)snprintf(a->connect[1], sizeof(a->connect[1]), "udp:127.0.0.1:%u", a->port);
    (void)snprintf(a->listen, sizeof(a->listen), "127.0.0.1:%u", a->port);
    a->texts[0] = a->connect[0];
    a->texts[1] = a->connect[1];
    a->config.connect = a->texts;
    a->config.connect_count = 2;
    assert_int_equal(dmsc_uicc_cat_configure(a->rig.uicc, &a->config), DMSC_OK);
    assert_int_equal(dmsc_uicc_terminal_profile(a->rig.uicc), DMSC_OK);
}

static void applet_end(struct applet *a)
{
    if (a->peer >= 0)
        (void)close(a->peer);
    rig_end(&a->rig);
}

/* Until the script is through, at most five seconds. */
static bool unfinished(void *user)
{
    const struct applet *a = user;

    return a->script[a->at] != NULL || a->command_bytes > 0 || a->outstanding;
}

static void run(struct applet *a, bool (*go_on)(void *user))
{
    const struct dmsc_cat_watch watch = { .go_on = go_on, .user = a };
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw;

    assert_int_equal(dmsc_uicc_exchange(a->rig.uicc, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(dmsc_uicc_run(a->rig.uicc, 5000, &watch), DMSC_OK);
    assert_false(go_on(a));
}

#define EVENTS   "8103010500 82028182 9902090A"
#define OPEN_TCP "8103014001 82028182 350103 39020200 3C0302P 3E05217F000001"
#define CLOSE    "8103014100 82028121"

/* A peer that answers what it hears, in a row of pieces. */
static bool echo_tcp(void *user)
{
    struct applet *a = user;
    struct pollfd fd = { .fd = a->peer, .events = POLLIN };
    char data[512];
    ssize_t n;

    if (poll(&fd, 1, 0) == 1 && (n = recv(a->peer, data, sizeof(data), 0)) > 0)
        assert_int_equal(send(a->peer, data, (size_t)n, 0), n);
    return unfinished(a);
}

static void data_go_and_come_over_tcp(void **state)
{
    static const char *const script[] = {
        EVENTS,
        OPEN_TCP,
        "8103014300 82028121 B603414243", /* stored */
        "8103014301 82028121 B6026465",   /* sent with it */
        "event",
        "8103014200 82028121 B70102",
        "8103014200 82028121 B70103",
        "8103014400 82028182",
        CLOSE,
        "8103014400 82028182",
        NULL,
    };
    struct applet a = { .at = 0 };
    int server = loopback(SOCK_STREAM, &a.port);

    (void)state;
    applet_begin(&a, script);
    /* The connection is taken by the kernel before the peer is asked. */
    a.script = (const char *const[]){ EVENTS, OPEN_TCP, NULL };
    assert_int_equal(dmsc_uicc_serve(a.rig.uicc, NULL, NULL), DMSC_OK);
    assert_int_equal(a.failures, 0);
    a.peer = accept(server, NULL, NULL);
    assert_true(a.peer >= 0);
    a.script = script;
    a.at = 2;
    run(&a, echo_tcp);
    assert_int_equal(a.failures, 0);
    assert_int_equal(a.events_data, 1);
    assert_int_equal(a.data_bytes, 5);
    assert_memory_equal(a.data, "ABCde", 5);
    assert_memory_equal(a.response + 12, "\xB8\x02\x00\x00", 4);
    (void)close(server);
    applet_end(&a);
}

/* A card that asks again and again instead of waiting for the event. */
static void a_card_that_never_pauses_hears_of_data(void **state)
{
#define ASK "8103014200 82028121 B70103"
    static const char *const script[] = {
        OPEN_TCP, "8103014301 82028121 B603414243",
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        ASK,      ASK,
        NULL,
    };
    struct applet a = { .at = 0 };
    int server = loopback(SOCK_STREAM, &a.port);

    (void)state;
    applet_begin(&a, (const char *const[]){ OPEN_TCP, NULL });
    assert_int_equal(dmsc_uicc_serve(a.rig.uicc, NULL, NULL), DMSC_OK);
    a.peer = accept(server, NULL, NULL);
    a.script = script;
    run(&a, echo_tcp);
    assert_int_equal(a.failures, 0);
    assert_int_equal(a.data_bytes, 3);
    assert_memory_equal(a.data, "ABC", 3);
    (void)close(server);
    applet_end(&a);
}

static bool echo_udp(void *user)
{
    struct applet *a = user;
    struct pollfd fd = { .fd = a->peer, .events = POLLIN };
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    char data[512];
    ssize_t n;

    if (poll(&fd, 1, 0) == 1 &&
        (n = recvfrom(a->peer, data, sizeof(data), 0, (struct sockaddr *)&from, &size)) > 0) {
        /* Two datagrams at once: they must not be mixed. And one that is too long for the channel,
         * in between, is lost. */
        char big[600] = { 0 };

        assert_int_equal(sendto(a->peer, data, (size_t)n, 0, (struct sockaddr *)&from, size), n);
        assert_int_equal(sendto(a->peer, big, 600, 0, (struct sockaddr *)&from, size), 600);
        assert_int_equal(sendto(a->peer, "z", 1, 0, (struct sockaddr *)&from, size), 1);
    }
    return unfinished(a);
}

static void datagrams_go_and_come(void **state)
{
    static const char *const script[] = {
        EVENTS,
        "8103014001 82028182 350103 39020200 3C0301P 3E05217F000001",
        "8103014301 82028121 B603414243",
        "event",
        "8103014200 82028121 B701C8", /* one datagram, not two: 02 */
        "event",
        "8103014200 82028121 B70101",
        CLOSE,
        NULL,
    };
    struct applet a = { .at = 0 };
    int server = loopback(SOCK_DGRAM, &a.port);

    (void)state;
    applet_begin(&a, script);
    a.peer = server;
    run(&a, echo_udp);
    assert_int_equal(a.failures, 0);
    assert_int_equal(a.events_data, 2);
    assert_int_equal(a.data_bytes, 4);
    assert_memory_equal(a.data, "ABCz", 4);
    applet_end(&a);
}

#define MUCH_BYTES (16u << 20)

static struct dmsci_cat_in wait_for(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want)
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };

    for (unsigned i = 0; i < 50 && in.kind == DMSCI_CAT_TICK; i++)
        dmsci_cat_sockets_wait(s, want, 100, &in);
    return in;
}

/* More than the sockets hold: what they take is told, and when they take more. */
static void what_a_slow_peer_leaves_goes_later(void **state)
{
    struct dmsci_cat_want want = { .kind = DMSCI_CAT_OPEN, .channel = 3 };
    struct dmsci_cat_sockets *s = calloc(1, sizeof(*s));
    uint8_t *much = calloc(1, MUCH_BYTES);
    struct dmsci_cat_in in;
    size_t sent = 0, came = 0;
    ssize_t n;
    int server = loopback(SOCK_STREAM, &want.port), peer;

    (void)state;
    dmsci_cat_sockets_init(s);
    want.addr = (struct dmsci_cat_addr){ 4, { 127, 0, 0, 1 } };
    want.writable = 1u << 3;
    dmsci_cat_sockets_do(s, &want, &in);
    if (in.kind == DMSCI_CAT_STARTED)
        in = wait_for(s, &want);
    assert_int_equal(in.kind, DMSCI_CAT_CONNECTED);
    peer = accept(server, NULL, NULL);
    want.kind = DMSCI_CAT_SEND;
    want.data = dmsc_bytes(much, MUCH_BYTES);
    dmsci_cat_sockets_do(s, &want, &in);
    assert_int_equal(in.kind, DMSCI_CAT_SENT);
    assert_true(in.n > 0 && in.n < MUCH_BYTES);
    sent = in.n;
    do {
        dmsci_cat_sockets_do(s, &want, &in);
        assert_int_equal(in.kind, DMSCI_CAT_SENT);
        sent += in.n;
    } while (in.n > 0);
    dmsci_cat_sockets_wait(s, &want, 0, &in);
    assert_int_equal(in.kind, DMSCI_CAT_TICK);
    while (came < sent && (n = recv(peer, much, MUCH_BYTES, 0)) > 0)
        came += (size_t)n;
    assert_int_equal(came, sent);
    in = wait_for(s, &want);
    assert_int_equal(in.kind, DMSCI_CAT_WRITABLE);
    assert_int_equal(in.channel, 3);
    /* A peer that is gone is no signal, and told once it is noticed. */
    (void)close(peer);
    want.room[3] = 1;
    in = wait_for(s, &want);
    assert_int_equal(in.kind, DMSCI_CAT_DROPPED);
    in.kind = DMSCI_CAT_SENT;
    for (unsigned i = 0; i < 50 && in.kind == DMSCI_CAT_SENT; i++)
        dmsci_cat_sockets_do(s, &want, &in);
    assert_int_equal(in.kind, DMSCI_CAT_DROPPED);
    dmsci_cat_sockets_close(s);
    (void)close(server);
    free(much);
    free(s);
}

static bool hang_up(void *user)
{
    struct applet *a = user;

    if (a->at >= 3 && !a->outstanding && a->peer >= 0) {
        assert_int_equal(send(a->peer, "bye", 3, 0), 3);
        (void)close(a->peer);
        a->peer = -1;
    }
    return unfinished(a);
}

static void a_peer_that_hangs_up_is_told(void **state)
{
    static const char *const script[] = {
        EVENTS,
        OPEN_TCP,
        "8103010200 82028182",
        "event",
        "event",
        "8103014400 82028182",
        "8103014200 82028121 B70103",
        NULL,
    };
    struct applet a = { .at = 0 };
    int server = loopback(SOCK_STREAM, &a.port);

    (void)state;
    applet_begin(&a, (const char *const[]){ EVENTS, OPEN_TCP, NULL });
    assert_int_equal(dmsc_uicc_serve(a.rig.uicc, NULL, NULL), DMSC_OK);
    a.peer = accept(server, NULL, NULL);
    a.script = script;
    run(&a, hang_up);
    assert_int_equal(a.events_data, 1);
    assert_int_equal(a.events_status, 1);
    assert_int_equal(a.last_status, 0x01);
    assert_int_equal(a.data_bytes, 3);
    assert_memory_equal(a.data, "bye", 3);
    (void)close(server);
    applet_end(&a);
}

static void nobody_is_there(void **state)
{
    static const char *const script[] = { OPEN_TCP, "8103014400 82028182", NULL };
    struct applet a = { .at = 0 };

    (void)state;
    (void)close(loopback(SOCK_STREAM, &a.port));
    a.script = script;
    applet_begin(&a, (const char *const[]){ OPEN_TCP, NULL });
    assert_int_equal(dmsc_uicc_serve(a.rig.uicc, NULL, NULL), DMSC_OK);
    assert_int_equal(a.response[11], 0x3A);
    assert_int_equal(a.response[12], 0x08);
    applet_end(&a);
}

/* Two clients of the card's server, one after the other. */
static bool be_a_client(void *user)
{
    struct applet *a = user;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(a->port) };

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (a->at == 2 && !a->outstanding && a->peer < 0) {
        a->peer = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(a->peer, (struct sockaddr *)&to, sizeof(to)), 0);
        assert_int_equal(send(a->peer, "hello", 5, 0), 5);
    }
    return unfinished(a);
}

static void a_server_on_the_card(void **state)
{
    static const char *const script[] = {
        EVENTS,
        "8103014000 82028182 39020200 3C0303P",
        "event", /* a client has come */
        "event", /* and says something */
        "8103014200 82028121 B70105",
        "8103014301 82028121 B6024142",
        "8103014101 82028121", /* back to listen */
        "8103014400 82028182",
        NULL,
    };
    struct applet a = { .at = 0 };
    char data[8];

    (void)state;
    (void)close(loopback(SOCK_STREAM, &a.port));
    applet_begin(&a, (const char *const[]){ NULL });
    (void)snprintf(a.listen, sizeof(a.listen), "127.0.0.1:%u", a.port);
    a.config = (struct dmsc_cat_config)DMSC_CAT_CONFIG_INIT;
    a.texts[0] = a.listen;
    a.config.listen = a.texts;
    a.config.listen_count = 1;
    assert_int_equal(dmsc_uicc_cat_configure(a.rig.uicc, &a.config), DMSC_OK);
    a.script = script;
    assert_int_equal(dmsc_uicc_terminal_profile(a.rig.uicc), DMSC_OK);
    run(&a, be_a_client);
    assert_int_equal(a.failures, 0);
    assert_int_equal(a.events_status, 1);
    assert_int_equal(a.data_bytes, 5);
    assert_memory_equal(a.data, "hello", 5);
    assert_memory_equal(a.response + 12, "\xB8\x02\x41\x00", 4);
    assert_int_equal(recv(a.peer, data, sizeof(data), MSG_WAITALL), 2);
    assert_memory_equal(data, "AB", 2);
    applet_end(&a);
}

static unsigned open_files(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

/* The life of a channel, the link failing at each of its APDUs: told, and nothing stays open. */
static void a_link_that_fails_leaves_no_socket(void **state)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct scripted *card = scripted_new(DMSC_T0);
    uint16_t port;
    int server = loopback(SOCK_STREAM, &port);
    char rule[64], open_turn[128];
    const char *rules[] = { rule };
    unsigned before;

    (void)state;
    (void)snprintf(rule, sizeof(rule), "tcp:127.0.0.1:%u", port);
    (void)snprintf(open_turn, sizeof(open_turn),
                   "D01C 8103014001 82028182 350103 39020064 3C0302%04X 3E05217F000001 9000", port);
    config.connect = rules;
    config.connect_count = 1;
    scripted_turn_power(card);
    scripted_turn(
        card,
        "80100000 23 2101E80001 0C0007080000 1FE200000009 00000000000000000000000000000000 2008",
        "911E");
    scripted_turn(card, "80120000 1E", open_turn);
    scripted_turn(card, "80140000 17 8103014001 82028281 830100 38028100 350103 39020064", "910D");
    scripted_turn(card, "80120000 0D", "D00B 8103014301 82028121 B600 9000");
    scripted_turn(card, "80140000 0F 8103014301 82028281 830100 B70164", "910B");
    scripted_turn(card, "80120000 0B", "D009 8103014100 82028121 9000");
    scripted_turn(card, "80140000 0C 8103014100 82028281 830100", "9000");
    before = open_files();
    for (size_t i = 1; i <= card->count; i++) {
        struct dmsc_ctx *ctx = NULL;
        struct dmsc_link *link = NULL;
        struct dmsc_uicc *uicc = NULL;
        enum dmsc_err err;
        int peer = -1;

        if (i < card->count)
            card->turns[i].err = DMSC_E_REMOVED;
        scripted_rewind(card);
        assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
        assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
        assert_int_equal(dmsc_uicc_new(ctx, link, &uicc), DMSC_OK);
        assert_int_equal(dmsc_uicc_cat_configure(uicc, &config), DMSC_OK);
        assert_int_equal(dmsc_uicc_power_on(uicc), DMSC_OK);
        err = dmsc_uicc_terminal_profile(uicc);
        if (err == DMSC_OK)
            err = dmsc_uicc_serve(uicc, NULL, NULL);
        assert_int_equal(err, i < card->count ? DMSC_E_REMOVED : DMSC_OK);
        if (i >= 3)
            peer = accept(server, NULL, NULL);
        dmsc_uicc_free(uicc);
        dmsc_link_free(link);
        dmsc_ctx_free(ctx);
        if (peer >= 0)
            (void)close(peer);
        assert_int_equal(open_files(), before);
        if (i < card->count)
            card->turns[i].err = DMSC_OK;
    }
    (void)close(server);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_go_and_come_over_tcp),
        cmocka_unit_test(a_card_that_never_pauses_hears_of_data),
        cmocka_unit_test(datagrams_go_and_come),
        cmocka_unit_test(what_a_slow_peer_leaves_goes_later),
        cmocka_unit_test(a_peer_that_hangs_up_is_told),
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(a_server_on_the_card),
        cmocka_unit_test(a_link_that_fails_leaves_no_socket),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
