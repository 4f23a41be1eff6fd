/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 (RFC 9110, RFC 9112) as pure functions: write a request, be pushed a response. */
#ifndef DMSCI_HTTP_H
#define DMSCI_HTTP_H

#include <dmsc/bytes.h>

struct dmsci_url;

struct dmsci_http_request {
    const char *content_type;
    const char *accept;
    const char *user_agent;
    size_t body_size;
};

/** The header section of a POST, appended to @p ret_head. DMSC_E_ARG for a value with controls. */
DMSC_NODISCARD enum dmsc_err dmsci_http_post_head(struct dmsc_ctx *ctx, const struct dmsci_url *url,
                                                  const struct dmsci_http_request *request,
                                                  struct dmsc_buf *ret_head);

#define DMSCI_HTTP_TYPE_MAX 128

enum dmsci_http_state {
    DMSCI_HTTP_STATUS_LINE,
    DMSCI_HTTP_HEADER,
    DMSCI_HTTP_BODY_LENGTH,
    DMSCI_HTTP_BODY_UNTIL_CLOSE,
    DMSCI_HTTP_CHUNK_SIZE,
    DMSCI_HTTP_CHUNK_DATA,
    DMSCI_HTTP_CHUNK_END,
    DMSCI_HTTP_TRAILER,
    DMSCI_HTTP_DONE
};

/**
 * One response, pushed in pieces of any size. Answers are the same however it was cut.
 *
 * Refused by name: "http:not-http", "http:version", "http:status", "http:line-end",
 * "http:control", "http:header", "http:folded-header", "http:duplicate", "http:framing",
 * "http:content-length", "http:transfer-encoding", "http:content-encoding", "http:content-type",
 * "http:chunk", "http:upgrade", "http:interim", "http:header-limit", "http:body-limit",
 * "http:excess", "http:truncated".
 */
struct dmsci_http {
    struct dmsc_ctx *ctx;
    enum dmsci_http_state state;
    unsigned status;
    bool keep_alive;                        /* the connection can carry another request */
    char content_type[DMSCI_HTTP_TYPE_MAX]; /* media type, lower case, no parameters; "" */
    int64_t retry_after_s;                  /* seconds from now on; -1: the server did not say */
    struct dmsc_buf body;

    /* the parser's own */
    struct dmsc_buf line;
    size_t header_bytes; /* of all lines so far, against limits.http_header_size */
    size_t left;         /* of the body or of the chunk */
    int64_t length;      /* Content-Length, -1 none */
    int64_t date;        /* Date, s since 1970, -1 none */
    int64_t retry_date;  /* Retry-After as a date, -1 none */
    unsigned interim;    /* 1xx so far */
    unsigned seen;       /* SEEN_ bits of headers that come once */
    bool chunked;
    bool http10;
    bool close;
    bool keep;
    bool tls_upgrade;
};

/** @param body_ceiling most bytes of body that are taken */
void dmsci_http_init(struct dmsci_http *http, struct dmsc_ctx *ctx, size_t body_ceiling);
void dmsci_http_clear(struct dmsci_http *http);
/**
 * @return DMSC_E_HTTP, DMSC_E_LIMIT, DMSC_E_NOMEM. Bytes behind the end of the response are
 *         refused: nobody asked for them yet.
 */
DMSC_NODISCARD enum dmsc_err dmsci_http_feed(struct dmsci_http *http, struct dmsc_bytes in);
/** The peer closed in an orderly way; ends a body that has no other end. */
DMSC_NODISCARD enum dmsc_err dmsci_http_eof(struct dmsci_http *http);
bool dmsci_http_done(const struct dmsci_http *http);

#endif
