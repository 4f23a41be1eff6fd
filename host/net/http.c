/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http.h"
#include "apdu/base/ctx.h"
#include "host/net/http_field.h"
#include "host/net/url.h"
#include <string.h>

/* 100 Continue and 103 Early Hints in a row; nobody needs more. */
#define INTERIM_MAX 8u
/* "HTTP/1.1 200 " */
#define STATUS_LINE_MIN 13u

static enum dmsc_err refuse(struct dmsci_http *http, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(http->ctx, err, "read an HTTP response");
    dmsci_why(http->ctx, reason, "%s", why);
    return err;
}

static bool value_is_clean(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < 0x20 || (unsigned char)*value > 0x7E)
            return false;
    }
    return true;
}

enum dmsc_err dmsci_http_post_head(struct dmsc_ctx *ctx, const struct dmsci_url *url,
                                   const struct dmsci_http_request *request,
                                   struct dmsc_buf *ret_head)
{
    size_t before = ret_head->n;
    enum dmsc_err err;

    if (!value_is_clean(request->content_type) || !value_is_clean(request->accept) ||
        !value_is_clean(request->user_agent))
        return dmsci_fail(ctx, DMSC_E_ARG, "write an HTTP request");
    err = dmsci_buf_printf(ret_head,
                           "POST %s HTTP/1.1\r\n"
                           "Host: %s\r\n"
                           "User-Agent: %s\r\n"
                           "Accept: %s\r\n"
                           "Cache-Control: no-store\r\n"
                           "Content-Type: %s\r\n"
                           "Content-Length: %zu\r\n"
                           "\r\n",
                           url->target, url->authority, request->user_agent, request->accept,
                           request->content_type, request->body_size);
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_head, before);
    return err;
}

void dmsci_http_init(struct dmsci_http *http, struct dmsc_ctx *ctx, size_t body_ceiling)
{
    *http = (struct dmsci_http){ .ctx = ctx, .length = -1, .date = -1, .retry_date = -1 };
    http->retry_after_s = -1;
    dmsc_buf_init(&http->body, ctx, body_ceiling);
    dmsc_buf_init(&http->line, ctx, dmsc_ctx_limits(ctx)->http_header_size);
}

void dmsci_http_clear(struct dmsci_http *http)
{
    dmsc_buf_clear(&http->body);
    dmsc_buf_clear(&http->line);
}

bool dmsci_http_done(const struct dmsci_http *http)
{
    return http->state == DMSCI_HTTP_DONE;
}

/* RFC 9112 clause 4: HTTP-version SP status-code SP [ reason-phrase ]. */
static enum dmsc_err status_line(struct dmsci_http *http)
{
    const char *line = dmsc_buf_str(&http->line);

    if (strncmp(line, "HTTP/", 5) != 0)
        return refuse(http, DMSC_E_HTTP, "http:not-http", "the answer is not HTTP");
    if (strncmp(line, "HTTP/1.1 ", 9) != 0 && strncmp(line, "HTTP/1.0 ", 9) != 0)
        return refuse(http, DMSC_E_HTTP, "http:version", "only HTTP/1.1 and 1.0 are spoken");
    if (http->line.n < STATUS_LINE_MIN || strspn(line + 9, "0123456789") != 3 || line[12] != ' ' ||
        line[9] < '1' || line[9] > '5')
        return refuse(http, DMSC_E_HTTP, "http:status", "the status line is not well formed");
    http->http10 = line[7] == '0';
    http->status = (unsigned)(line[9] - '0') * 100 + (unsigned)(line[10] - '0') * 10 +
                   (unsigned)(line[11] - '0');
    http->state = DMSCI_HTTP_HEADER;
    return DMSC_OK;
}

static enum dmsc_err interim(struct dmsci_http *http)
{
    size_t header_bytes = http->header_bytes;
    unsigned count = http->interim + 1;
    struct dmsc_buf body = http->body;
    struct dmsc_buf line = http->line;

    if (http->status == 101)
        return refuse(http, DMSC_E_HTTP, "http:upgrade", "the server changes the protocol");
    if (count > INTERIM_MAX)
        return refuse(http, DMSC_E_HTTP, "http:interim", "no end of interim answers");
    /* What an interim answer said is forgotten; what it cost is not. */
    dmsci_http_init(http, http->ctx, 0);
    http->interim = count;
    http->header_bytes = header_bytes;
    http->body = body;
    http->line = line;
    return DMSC_OK;
}

/* RFC 9112 clause 6.3, the cases that can follow a POST, in its order. */
static enum dmsc_err choose_framing(struct dmsci_http *http)
{
    bool bodiless = http->status == 204 || http->status == 304;

    if (http->chunked && http->length >= 0)
        return refuse(http, DMSC_E_HTTP, "http:framing",
                      "both Content-Length and Transfer-Encoding");
    if (http->chunked && http->http10)
        return refuse(http, DMSC_E_HTTP, "http:framing", "Transfer-Encoding in HTTP/1.0");
    if (bodiless && (http->chunked || (http->status == 204 && http->length > 0)))
        return refuse(http, DMSC_E_HTTP, "http:framing", "a body where the status allows none");
    if (http->length > 0 && (uint64_t)http->length > http->body.ceiling)
        return refuse(http, DMSC_E_LIMIT, "http:body-limit", "the body is larger than allowed");
    http->left = http->length > 0 ? (size_t)http->length : 0;
    if (bodiless || http->length == 0)
        http->state = DMSCI_HTTP_DONE;
    else if (http->chunked)
        http->state = DMSCI_HTTP_CHUNK_SIZE;
    else if (http->length > 0)
        http->state = DMSCI_HTTP_BODY_LENGTH;
    else
        http->state = DMSCI_HTTP_BODY_UNTIL_CLOSE;
    return DMSC_OK;
}

static enum dmsc_err end_of_header(struct dmsci_http *http)
{
    if (http->status < 200)
        return interim(http);
    /* RFC 2817: TLS inside HTTP is not spoken, and an offer of it is no reason to go on. */
    if (http->status == 426 || http->tls_upgrade)
        return refuse(http, DMSC_E_HTTP, "http:upgrade", "the server wants another protocol");
    http->keep_alive = !http->close && (!http->http10 || http->keep);
    if (http->retry_after_s < 0 && http->retry_date >= 0 && http->date >= 0)
        http->retry_after_s = http->retry_date > http->date ? http->retry_date - http->date : 0;
    return choose_framing(http);
}

static enum dmsc_err header_line(struct dmsci_http *http)
{
    if (http->line.n == 0)
        return end_of_header(http);
    return dmsci_http_field(http, (char *)http->line.p);
}

/* RFC 9112 clause 7.1: chunk-size [ chunk-ext ]. Extensions are ignored. */
static enum dmsc_err chunk_size(struct dmsci_http *http)
{
    const char *line = dmsc_buf_str(&http->line);
    size_t n = strspn(line, "0123456789abcdefABCDEF");
    size_t size = 0;

    if (n == 0 || n > 8 || (line[n] != '\0' && strchr("; \t", line[n]) == NULL))
        return refuse(http, DMSC_E_HTTP, "http:chunk", "the size of a chunk is not well formed");
    for (size_t i = 0; i < n; i++) {
        size_t digit = (size_t)(strchr("0123456789abcdef", line[i] | 0x20) - "0123456789abcdef");

        /* Digits have the bit 0x20 set already. */
        size = size << 4 | digit;
    }
    if (size > http->body.ceiling - http->body.n)
        return refuse(http, DMSC_E_LIMIT, "http:body-limit", "the body is larger than allowed");
    http->left = size;
    http->state = size > 0 ? DMSCI_HTTP_CHUNK_DATA : DMSCI_HTTP_TRAILER;
    return DMSC_OK;
}

static enum dmsc_err chunk_end(struct dmsci_http *http)
{
    if (http->line.n != 0)
        return refuse(http, DMSC_E_HTTP, "http:chunk", "a chunk is longer than it said");
    http->state = DMSCI_HTTP_CHUNK_SIZE;
    return DMSC_OK;
}

/* RFC 9112 clause 7.1.2: a trailer says nothing that we look at. */
static enum dmsc_err trailer_line(struct dmsci_http *http)
{
    if (http->line.n == 0)
        http->state = DMSCI_HTTP_DONE;
    return DMSC_OK;
}

static enum dmsc_err body_length(struct dmsci_http *http, struct dmsc_rd *in)
{
    size_t n = in->n < http->left ? in->n : http->left;

    http->left -= n;
    if (http->left == 0)
        http->state = http->state == DMSCI_HTTP_CHUNK_DATA ? DMSCI_HTTP_CHUNK_END : DMSCI_HTTP_DONE;
    return dmsc_buf_append(&http->body, dmsc_rd_bytes(in, n));
}

static enum dmsc_err body_until_close(struct dmsci_http *http, struct dmsc_rd *in)
{
    if (in->n > http->body.ceiling - http->body.n)
        return refuse(http, DMSC_E_LIMIT, "http:body-limit", "the body is larger than allowed");
    return dmsc_buf_append(&http->body, dmsc_rd_bytes(in, in->n));
}

static enum dmsc_err excess(struct dmsci_http *http, struct dmsc_rd *in)
{
    (void)in;
    return refuse(http, DMSC_E_HTTP, "http:excess", "bytes follow the response");
}

/* Each state takes whole lines or bytes as they come. */
static const struct {
    enum dmsc_err (*line)(struct dmsci_http *http);
    enum dmsc_err (*bytes)(struct dmsci_http *http, struct dmsc_rd *in);
} steps[] = {
    [DMSCI_HTTP_STATUS_LINE] = { status_line, NULL },
    [DMSCI_HTTP_HEADER] = { header_line, NULL },
    [DMSCI_HTTP_BODY_LENGTH] = { NULL, body_length },
    [DMSCI_HTTP_BODY_UNTIL_CLOSE] = { NULL, body_until_close },
    [DMSCI_HTTP_CHUNK_SIZE] = { chunk_size, NULL },
    [DMSCI_HTTP_CHUNK_DATA] = { NULL, body_length },
    [DMSCI_HTTP_CHUNK_END] = { chunk_end, NULL },
    [DMSCI_HTTP_TRAILER] = { trailer_line, NULL },
    [DMSCI_HTTP_DONE] = { NULL, excess },
};

/* What cannot become a status line is refused at once: a peer that is no HTTP server may never send
 * a line end. */
static bool can_be_http(const struct dmsci_http *http)
{
    static const char start[] = "HTTP/";
    size_t n = http->line.n < sizeof(start) - 1 ? http->line.n : sizeof(start) - 1;

    return http->state != DMSCI_HTTP_STATUS_LINE ||
           dmsc_bytes_equal(dmsc_bytes(http->line.p, n), dmsc_bytes(start, n));
}

static enum dmsc_err line_byte(struct dmsci_http *http, uint8_t byte)
{
    bool after_cr = http->line.n > 0 && http->line.p[http->line.n - 1] == '\r';
    enum dmsc_err err;

    if (++http->header_bytes > dmsc_ctx_limits(http->ctx)->http_header_size)
        return refuse(http, DMSC_E_LIMIT, "http:header-limit", "the header section is too long");
    if ((byte == '\n') != after_cr)
        return refuse(http, DMSC_E_HTTP, "http:line-end", "a line does not end in CR LF");
    if (byte == '\n') {
        dmsc_buf_truncate(&http->line, http->line.n - 1);
        err = steps[http->state].line(http);
        dmsc_buf_reset(&http->line);
        return err;
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F)
        return refuse(http, DMSC_E_HTTP, "http:control", "a control character in a header");
    err = dmsc_buf_append_u8(&http->line, byte);
    if (err == DMSC_OK && !can_be_http(http))
        err = refuse(http, DMSC_E_HTTP, "http:not-http", "the answer is not HTTP");
    return err;
}

enum dmsc_err dmsci_http_feed(struct dmsci_http *http, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && r.n > 0) {
        if (steps[http->state].line != NULL)
            err = line_byte(http, dmsc_rd_u8(&r));
        else
            err = steps[http->state].bytes(http, &r);
    }
    return err;
}

enum dmsc_err dmsci_http_eof(struct dmsci_http *http)
{
    if (http->state == DMSCI_HTTP_BODY_UNTIL_CLOSE)
        http->state = DMSCI_HTTP_DONE;
    http->keep_alive = false;
    if (http->state != DMSCI_HTTP_DONE)
        return refuse(http, DMSC_E_HTTP, "http:truncated", "the server closed before the end");
    return DMSC_OK;
}
