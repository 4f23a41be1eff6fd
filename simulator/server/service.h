/* SPDX-License-Identifier: Apache-2.0 */
/* All devices at once: finds the session a message belongs to. Without I/O but the transcript. */
#ifndef DMSCI_SERVER_SERVICE_H
#define DMSCI_SERVER_SERVICE_H

#include "simulator/server/report.h"

#define SERVER_SESSION_MAX 10000u

struct server_service {
    struct dmsc_ctx *ctx;
    const struct server_scenario *scenario; /* borrowed */
    const char *scenario_file;
    const char *transcript_file; /* NULL: none */
    struct server_counts counts;
    struct server_session **sessions; /* in the order they began */
    size_t session_count;
    size_t session_room;
};

void server_service_init(struct server_service *service, struct dmsc_ctx *ctx,
                         const struct server_scenario *scenario);
void server_service_clear(struct server_service *service);

/**
 * One body of a POST.
 * @param certificate of the TLS client, borrowed
 * @param ret_response replaced
 * @param ret_ended    this message was the last of its session
 * @return DMSC_E_MALFORMED, DMSC_E_LIMIT, DMSC_E_PEER: answer HTTP 400
 */
DMSC_NODISCARD enum dmsc_err server_service_message(struct server_service *service,
                                                    struct dmsc_bytes body, json_t *certificate,
                                                    struct dmsc_buf *ret_response, bool *ret_ended);
bool server_service_ok(const struct server_service *service);
DMSC_NODISCARD enum dmsc_err server_service_write_transcript(struct server_service *service);

#endif
