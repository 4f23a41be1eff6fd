/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_DM1_H
#define DMSC_DM1_H

#include <dmsc/authority.h>
#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_tree;

/**
 * The OMA DM 1.2 client as an engine without I/O: no socket, no clock, no file. It is handed what
 * arrived and answers what it wants next, so a session runs the same under the CLI, a test or a
 * fuzzer. Packages and states: OMA-TS-DM_Protocol 1.2 clauses 6 and 8.
 */
struct dmsc_dm1;

struct dmsc_dm1_config {
    struct dmsc_tree *tree;           /* borrowed */
    struct dmsc_authority *authority; /* borrowed */
    const char *server_id;  /* the MA the session is authenticated as: subject of every decision */
    uint8_t ma_id;          /* entry of the MA list that admitted it: struct dmsc_subject */
    const char *server_uri; /* Target of package 1, absolute https URI */
    const char *device_id;  /* Source of package 1: ./DevInfo/DevId */
    const char *session_id; /* 1..4 upper-case hex digits */
    bool server_initiated;  /* Alert 1200 instead of 1201 */
    size_t max_msg_size;    /* what we accept, 0: limits.message_size */
    size_t max_obj_size;    /* 0: limits.large_value, as base64 */
};

enum dmsc_dm1_want_kind {
    DMSC_DM1_SEND,   /* POST body to uri, hand the answer to dmsc_dm1_step() */
    DMSC_DM1_DONE,   /* the session ended as the protocol says */
    DMSC_DM1_ABORTED /* it ended early: Alert 1223, a broken message, a challenge that cannot be met
                      */
};
struct dmsc_dm1_want {
    enum dmsc_dm1_want_kind kind;
    struct dmsc_bytes body;   /* valid until the next step */
    const char *uri;          /* RespURI is obeyed; https only */
    const char *content_type; /* "application/vnd.syncml.dm+xml" */
};

/** What happened, for reports. */
struct dmsc_dm1_report {
    unsigned messages_sent, messages_received;
    unsigned commands;  /* of the server, executed or refused */
    unsigned succeeded; /* status 2xx but 215 and 216, which say that nothing was done */
    unsigned refused;   /* status 425, 405, 403 */
    unsigned failed;    /* other 3xx, 4xx, 5xx */
    unsigned changes;   /* writes to the tree that were committed; an object counts its nodes */
    bool server_aborted;
    char end[96]; /* one sentence */
};

/** Strings are copied, pointers borrowed. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_dm1_new(struct dmsc_ctx *ctx,
                                                   const struct dmsc_dm1_config *config,
                                                   struct dmsc_dm1 **ret_dm1);
/** Rolls back what is not committed. */
DMSC_API void dmsc_dm1_free(struct dmsc_dm1 *dm1);

/**
 * One turn. First call: @p received empty, answer is package 1. Then: @p received is the body of
 * the server's answer (empty when it had none, which ends the session).
 *
 * A message is executed in one transaction of the tree, committed before its answer is handed out.
 * A message that is not well formed, has a DOCTYPE with an internal subset or passes a limit
 * changes nothing and gives DMSC_DM1_ABORTED.
 *
 * @return DMSC_OK also when the session was aborted by the peer (look at ret_want); DMSC_E_NOMEM,
 *         DMSC_E_IO... when we failed; DMSC_E_STATE after the end
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_dm1_step(struct dmsc_dm1 *dm1,
                                                    struct dmsc_bytes received, struct dmsc_now now,
                                                    struct dmsc_dm1_want *ret_want);
DMSC_API const struct dmsc_dm1_report *dmsc_dm1_report(const struct dmsc_dm1 *dm1);

/**
 * Watch the commands as they are answered: for logs, the CLI's story, and the write-back (which
 * URIs changed). Called after the message's commit. Statuses are those of SyncML RepPro clause 10.
 */
struct dmsc_dm1_event {
    const char *command; /* "Get", "Replace", ... */
    const char *uri;     /* as the server wrote it */
    unsigned status;
    const char *reason; /* name of a refusal, "" otherwise */
};
DMSC_API void dmsc_dm1_watch(struct dmsc_dm1 *dm1,
                             void (*event)(void *user, const struct dmsc_dm1_event *event),
                             void *user);

#ifdef __cplusplus
}
#endif
#endif
