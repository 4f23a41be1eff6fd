/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript: what each device answered, as JSON (docs/server.md). */
#ifndef DMSCI_SERVER_REPORT_H
#define DMSCI_SERVER_REPORT_H

#include "simulator/server/session.h"

struct server_counts {
    unsigned connections; /* TCP */
    unsigned handshakes;  /* of TLS, that came to an end */
    unsigned refused_handshakes;
    unsigned requests;         /* of HTTP */
    unsigned refused_requests; /* that were no DM message we could take */
    unsigned messages;         /* of DM */
};

/** A new reference, NULL without memory. */
json_t *server_report(const struct server_scenario *scenario, const char *file,
                      const struct server_counts *counts, struct server_session *const *sessions,
                      size_t session_count);
/** At least one session ended, and all were as expected. */
bool server_report_ok(struct server_session *const *sessions, size_t session_count);
/** Write beside, flush, rename. */
DMSC_NODISCARD enum dmsc_err server_write_file(struct dmsc_ctx *ctx, const char *path,
                                               struct dmsc_bytes content);

#endif
