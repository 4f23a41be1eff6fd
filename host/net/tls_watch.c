/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/tls_watch.h"
#include "apdu/base/ctx.h"

enum record_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum message_type { SERVER_HELLO = 2, CERTIFICATE_REQUEST = 13 };
#define FATAL                  2
#define EXT_SUPPORTED_VERSIONS 43

void dmsci_tls_watch_init(struct dmsci_tls_watch *watch)
{
    *watch = (struct dmsci_tls_watch){ .kind = DMSCI_TLS_SILENT };
}

/* RFC 8446 clause 4.2.1: the version in the extension is the real one. */
static void take_extensions(struct dmsci_tls_watch *watch, struct dmsc_rd extensions)
{
    while (!extensions.bad && extensions.n > 0) {
        uint16_t type = dmsc_rd_u16(&extensions);
        struct dmsc_rd value = dmsc_rd_take(&extensions, dmsc_rd_u16(&extensions));

        if (!extensions.bad && type == EXT_SUPPORTED_VERSIONS && value.n == 2)
            watch->version = dmsc_rd_u16(&value);
    }
}

/* RFC 5246 clause 7.4.1.3. */
static void take_server_hello(struct dmsci_tls_watch *watch)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(watch->body, watch->body_n));
    uint16_t version = dmsc_rd_u16(&r);

    if (r.bad)
        return;
    watch->hello = true;
    watch->version = version;
    dmsc_rd_skip(&r, 32);             /* random */
    dmsc_rd_skip(&r, dmsc_rd_u8(&r)); /* session id */
    dmsc_rd_skip(&r, 3);              /* suite, compression */
    if (!r.bad && r.n > 0)
        take_extensions(watch, dmsc_rd_take(&r, dmsc_rd_u16(&r)));
}

static void end_of_message(struct dmsci_tls_watch *watch)
{
    if (watch->message[0] == SERVER_HELLO)
        take_server_hello(watch);
    if (watch->message[0] == CERTIFICATE_REQUEST)
        watch->certificate_request = true;
    watch->message_n = 0;
    watch->body_n = 0;
}

static void handshake_byte(struct dmsci_tls_watch *watch, uint8_t byte)
{
    if (watch->message_n < sizeof(watch->message)) {
        watch->message[watch->message_n++] = byte;
        if (watch->message_n < sizeof(watch->message))
            return;
        watch->message_left =
            (size_t)watch->message[1] << 16 | (size_t)watch->message[2] << 8 | watch->message[3];
    } else {
        if (watch->body_n < sizeof(watch->body))
            watch->body[watch->body_n++] = byte;
        watch->message_left--;
    }
    if (watch->message_left == 0)
        end_of_message(watch);
}

static void alert_byte(struct dmsci_tls_watch *watch, uint8_t byte)
{
    watch->alert_n++;
    if (watch->alert_n == 1)
        watch->alert_level = byte;
    if (watch->alert_n == 2 && watch->alert_level == FATAL && !watch->alert) {
        watch->alert = true;
        watch->alert_code = byte;
    }
}

static void content_byte(struct dmsci_tls_watch *watch, uint8_t byte)
{
    if (watch->head[0] == HANDSHAKE)
        handshake_byte(watch, byte);
    if (watch->head[0] == ALERT)
        alert_byte(watch, byte);
}

static void classify(struct dmsci_tls_watch *watch)
{
    const uint8_t *h = watch->head;
    static const uint8_t http[] = { 'H', 'T', 'T', 'P' };

    if (h[0] >= CHANGE_CIPHER_SPEC && h[0] <= APPLICATION_DATA && h[1] == 3)
        watch->kind = DMSCI_TLS_RECORDS;
    else if ((h[0] & 0x80) != 0 && h[2] == 0x04)
        /* SSL 2.0 SERVER-HELLO: two bytes of length with the top bit, then the message type. */
        watch->kind = DMSCI_TLS_SSL2;
    else if (dmsc_bytes_equal(dmsc_bytes(h, sizeof(http)), dmsc_bytes(http, sizeof(http))))
        watch->kind = DMSCI_TLS_HTTP;
    else
        watch->kind = DMSCI_TLS_OTHER;
    if (watch->kind == DMSCI_TLS_RECORDS)
        watch->version = (uint16_t)(h[1] << 8 | h[2]);
}

static void head_byte(struct dmsci_tls_watch *watch, uint8_t byte)
{
    watch->head[watch->head_n++] = byte;
    if (watch->head_n < sizeof(watch->head))
        return;
    if (watch->kind == DMSCI_TLS_SILENT)
        classify(watch);
    watch->record_left = (size_t)watch->head[3] << 8 | watch->head[4];
    /* A handshake message may go on in the next record, an alert may not. */
    watch->alert_n = 0;
    /* From here on a record says no more than its length. TLS 1.3 sends a ChangeCipherSpec for
     * show, but nothing readable follows it either. */
    if (watch->head[0] == CHANGE_CIPHER_SPEC || watch->head[0] == APPLICATION_DATA)
        watch->encrypted = true;
    if (watch->record_left == 0)
        watch->head_n = 0;
}

void dmsci_tls_watch_feed(struct dmsci_tls_watch *watch, struct dmsc_bytes in)
{
    for (size_t i = 0; i < in.n && !watch->encrypted; i++) {
        if (watch->kind != DMSCI_TLS_SILENT && watch->kind != DMSCI_TLS_RECORDS)
            return;
        if (watch->head_n < sizeof(watch->head)) {
            head_byte(watch, in.p[i]);
            continue;
        }
        content_byte(watch, in.p[i]);
        if (--watch->record_left == 0)
            watch->head_n = 0;
    }
}

const char *dmsci_tls_watch_name(const struct dmsci_tls_watch *watch)
{
    static const char *const versions[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };

    switch (watch->kind) {
    case DMSCI_TLS_SILENT:
        return "no answer";
    case DMSCI_TLS_SSL2:
        return "SSL 2.0";
    case DMSCI_TLS_HTTP:
        return "plain HTTP";
    case DMSCI_TLS_RECORDS:
        if (watch->version >= 0x0300 && watch->version <= 0x0304)
            return versions[watch->version - 0x0300];
        return "not TLS";
    default:
        return "not TLS";
    }
}
