/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of one DM 1.2 session, without I/O: a message of the client goes in, the
 * server's answer comes out. OMA-TS-DM_Protocol 1.2 clauses 6 and 8. Every deviation of the client
 * is a fault in the report.
 */
#ifndef DMSCI_SERVER_SESSION_H
#define DMSCI_SERVER_SESSION_H

#include "apdu/base/compiler.h"
#include "host/syncml/syncml.h"
#include "simulator/server/scenario.h"

/* What became of one command of the scenario. */
struct server_answer {
    unsigned sent_in; /* our MsgID, 0: not sent */
    char cmd_id[12];
    unsigned status; /* 0: none came */
    bool has_result;
    bool result_goes_on; /* MoreData */
    struct dmsc_buf result;
};

enum server_end {
    SERVER_GOES_ON,
    SERVER_FINISHED,  /* as the protocol says */
    SERVER_ABORTED,   /* Alert 1223 of the client */
    SERVER_ABANDONED, /* the client began anew in the middle */
    SERVER_FAILED     /* we could not go on: see the faults */
};

struct server_session {
    struct dmsc_ctx *ctx;
    const struct server_scenario *scenario; /* borrowed */
    char *device;                           /* Source of the client */
    char *session_id;
    char *server_uri; /* Target of the client: our Source */
    enum server_end end;
    unsigned messages; /* of the client */
    unsigned our_msg_id;
    unsigned client_msg_id;
    size_t client_max_msg_size; /* 0: it did not say */
    unsigned opening_alert;     /* 1200 or 1201, 0: none yet */
    bool opened;                /* package 1 is complete */
    size_t step;
    size_t next;                   /* command of the step that is sent next */
    size_t chunk_at;               /* bytes of its value that went out in chunks, 0: none */
    bool chunk_taken;              /* the client answered 213 to the last one */
    bool package_open;             /* the step did not fit one message */
    struct server_answer *answers; /* one a command */
    struct dmsc_buf last_request, last_response;
    json_t *devinfo; /* LocURI -> value */
    json_t *alerts;  /* what the client told us beside the opening */
    json_t *faults;
    json_t *certificate; /* of the TLS client, or NULL; taken over */
};

/** @param first its header says who and which session */
DMSC_NODISCARD enum dmsc_err server_session_new(struct dmsc_ctx *ctx,
                                                const struct server_scenario *scenario,
                                                const struct dmsci_syncml_message *first,
                                                struct server_session **ret_session);
void server_session_free(struct server_session *session);

/**
 * One turn.
 * @param raw the message as it came: the same bytes again get the same answer again
 * @param ret_response replaced
 * @return DMSC_E_PEER when the client broke the protocol so that no answer is possible
 */
DMSC_NODISCARD enum dmsc_err server_session_step(struct server_session *session,
                                                 const struct dmsci_syncml_message *msg,
                                                 struct dmsc_bytes raw,
                                                 struct dmsc_buf *ret_response);
/** Is this the message answered last? */
bool server_session_repeats(const struct server_session *session, struct dmsc_bytes raw);

/** Ended as it should, every command answered as expected, no fault. */
bool server_session_ok(const struct server_session *session);
bool server_answer_ok(const struct server_command *command, const struct server_answer *answer);
void server_session_fault(struct server_session *session, const char *fmt, ...) DMSCI_PRINTF(2, 3);

#endif
