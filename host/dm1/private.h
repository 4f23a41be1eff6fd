/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder and of node/ only. */
#ifndef DMSCI_DM1_PRIVATE_H
#define DMSCI_DM1_PRIVATE_H

#include "host/dm1/answers.h"
#include "host/dm1/states.h"
#include <dmsc/dm1.h>
#include <dmsc/mo.h>

/* A server that names no MaxMsgSize gets messages up to this size. */
#define DMSCI_DM1_PEER_MSG_SIZE 65536u

/* An object that comes in chunks (PRO 7). */
struct dmsci_dm1_object {
    bool active;
    enum dmsci_syncml_name kind;
    char *target;
    char *format, *type; /* Meta of the first chunk; NULL: absent */
    size_t size, have;   /* as announced, and what has come of it */
    struct dmsc_buf data;
    /* Too large for memory: it goes to the store as it comes (node/large.c). */
    struct dmsc_large *large; /* NULL: not so */
    enum dmsc_format to;      /* the format it is stored in */
    bool base64, padded;      /* carried as base64, and its end was there */
    struct dmsc_buf waiting;  /* the begin of a group of base64 */
    size_t counted;           /* MsgID of the last message that it counts for */
    unsigned chunks;          /* those messages */
    bool put;                 /* it became a value */
};

struct dmsci_dm1_alert;

struct dmsc_dm1 {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    char *server_id, *server_uri, *device_id, *session_id;
    uint8_t ma_id;
    uint32_t session; /* the SessionID as a number, for grants that last some sessions */
    char *actor;      /* "ma:<server_id>" */
    bool server_initiated;
    size_t max_msg_size, max_obj_size; /* ours */

    enum dmsci_dm1_state state;
    struct dmsc_dm1_report report;
    void (*watch)(void *user, const struct dmsc_dm1_event *event);
    void *watch_user;

    unsigned msg_id; /* of our last message */
    bool heard;      /* something came from the server: the next three say what */
    size_t heard_msg_id, heard_size;
    uint32_t heard_crc;
    size_t peer_max_msg, peer_max_obj; /* 0: not named */
    bool package_whole;                /* the server's package we answer had its Final */
    char *resp_uri;                    /* NULL: server_uri */
    struct dmsc_buf sent;              /* our last message, for a server that asks again */
    struct dmsci_answers answers;
    struct dmsci_dm1_object object;
    unsigned chunks;                /* messages that carried a good part of a large value */
    struct dmsc_buf window;         /* what is sent next of a large value */
    struct dmsci_dm1_alert *alerts; /* alerts.c: sent in package 1 */
    size_t alert_count;
};

/* What one step works on. */
struct dmsci_dm1_turn {
    struct dmsc_bytes received;
    struct dmsc_now now;
    struct dmsci_syncml_message msg;
    unsigned header_status; /* what our Status for the SyncHdr says */
    const char *end;        /* why the session ends, for the report */
};

/* check.c: what has come. @return a failure of our own only */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_classify(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                                enum dmsci_dm1_event *ret_event);

bool dmsci_dm1_is_alert(const struct dmsci_syncml_command *command, enum dmsci_alert code);

/* package1.c, pack.c, room.c: what is sent. The result is in dm1->sent. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_write_package1(struct dmsc_dm1 *dm1);
/* As many of the answers as fit, with the Status for the SyncHdr in front. DMSC_E_LIMIT: none do.
 */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_write_answers(struct dmsc_dm1 *dm1,
                                                     const struct dmsci_dm1_turn *turn);
/* Whether each command's Status would fit a message of its own. DMSC_E_LIMIT: it would not. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_room_for_answers(struct dmsc_dm1 *dm1,
                                                        const struct dmsci_dm1_turn *turn);

/* Whether the Item can be sent at all, whole or in chunks. @p ret_err not DMSC_E_LIMIT: our own. */
bool dmsci_dm1_room_for_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                             const char *cmd_ref, const struct dmsci_syncml_item *item,
                             enum dmsc_err *ret_err);
/* The server's word on a chunk of ours: an error or Alert 1225 ends that object. */
void dmsci_dm1_chunk_answered(struct dmsc_dm1 *dm1, const struct dmsci_syncml_message *msg);

/* alerts.c: what waits for the server goes into package 1, as far as there is room. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_put_alerts(struct dmsc_dm1 *dm1,
                                                  struct dmsci_syncml_writer *w,
                                                  unsigned first_cmd_id);
/* Those with a good Status are forgotten, in the caller's change. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_alerts_answered(struct dmsc_dm1 *dm1,
                                                       const struct dmsci_syncml_message *msg);

/* run.c: execute a message inside the caller's transaction. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_run(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn);

/* One Item of one command. */
struct dmsci_dm1_op {
    struct dmsc_dm1 *dm1;
    const struct dmsci_dm1_turn *turn;
    const struct dmsci_syncml_command *command;
    const struct dmsci_syncml_item *item;
    const char *format, *type; /* Item Meta, else Meta of the command; NULL: absent */
    struct dmsc_bytes data;    /* as carried, whole */
    struct dmsc_buf uri;       /* canonical, of Target */
    struct dmsc_buf query;     /* behind its "?" */
    bool exists;               /* the node of uri */
    struct dmsc_node node;     /* if it does */
    unsigned status;           /* outcome */
    const char *reason;
    struct dmsci_dm1_stream *stream; /* where Results take their value from; NULL: it is in them */
    const char *new_mo;    /* MO identifier of the interior node an Add makes; NULL: none */
    unsigned changes;      /* what it changed in the tree */
    enum dmsc_err failure; /* of ours, where a decision was asked for */
};

/* node/item.c */
/* Target into op->uri, op->query and op->node; settles what is no URI. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_find(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                            const struct dmsci_syncml_command *command,
                                            const struct dmsci_syncml_item *item, bool atomic,
                                            unsigned *ret_status);
/* Settle the outcome. Always DMSC_OK. */
enum dmsc_err dmsci_dm1_settle(struct dmsci_dm1_op *op, unsigned status);
/* Settle by what the tree said; a failure of our own is handed back. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_settle_tree(struct dmsci_dm1_op *op, enum dmsc_err err);
/* Ask the authority about the node @p uri. false: refused, and the outcome is settled. */
bool dmsci_dm1_may(struct dmsci_dm1_op *op, enum dmsc_right right, const char *uri, bool exists);
/* As above without a trace: what would be answered? */
enum dmsc_reason dmsci_dm1_look(struct dmsci_dm1_op *op, enum dmsc_right right, const char *uri);
/* May the server see this node? */
bool dmsci_dm1_visible(struct dmsci_dm1_op *op, const char *uri);
/* Whose priority an instance is written with goes with the write (HLF-014). */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_wrote(struct dmsci_dm1_op *op, const char *uri);
/* "prop=" or "list=" of the query: what stands behind it, else NULL. */
const char *dmsci_dm1_query(const struct dmsci_dm1_op *op, const char *kind);

/* node/get.c, list.c, write.c, tnds.c: the commands on a node */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_get(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_list(struct dmsci_dm1_op *op, const char *how);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_add(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_replace(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_delete(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_copy(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_exec(struct dmsci_dm1_op *op);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_tnds(struct dmsci_dm1_op *op, enum dmsc_tnds_mode mode);
bool dmsci_dm1_is_tnds(const char *type);
/* TND 7.7.1.3: the ACL of an interior node made below @p parent by this server; "" to inherit. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_creator_acl(struct dmsci_dm1_op *op, const char *parent,
                                                   struct dmsc_buf *ret_acl);

/* node/value.c: between the stored form of a value and the one that is carried (TND 7.7.2) */
/* Fill in Meta and Data of @p item for a leaf or interior node. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_show(struct dmsc_dm1 *dm1, const char *uri,
                                            const struct dmsc_node *node, bool with_data,
                                            struct dmsci_syncml_item *item);
/* What the server sent as it is stored. false with the outcome settled when it is none. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_take(struct dmsci_dm1_op *op, enum dmsc_format *format,
                                            struct dmsc_buf *ret_value, bool *ret_good);

/* The format in which a value of Meta Format @p format is stored: "b64" carries octets, too. */
enum dmsc_format dmsci_dm1_stored_format(const struct dmsci_dm1_op *op, enum dmsc_format format);
/* node/write.c: Meta Format, or @p otherwise without one. false: settled with 415 */
bool dmsci_dm1_wanted_format(struct dmsci_dm1_op *op, enum dmsc_format otherwise,
                             enum dmsc_format *ret_format);

/* node/large.c */
/* The first chunk of an object above limits.object_size; settles what cannot be. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_large_begin(struct dmsci_dm1_op *op,
                                                   struct dmsci_dm1_object *object);
/* op->data to the store. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_large_chunk(struct dmsci_dm1_op *op, bool last);
/* All is there: it becomes the value of the node. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_large_put(struct dmsci_dm1_op *op, const char *type);
void dmsci_dm1_large_end(struct dmsc_dm1 *dm1);
/* Results for a leaf whose value is too large for memory. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_large_get(struct dmsci_dm1_op *op,
                                                 struct dmsci_syncml_item *item);
/* What is to be sent next of a large value, into dm1->window and the Item. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_stream_fill(struct dmsc_dm1 *dm1,
                                                   const struct dmsci_dm1_stream *stream,
                                                   struct dmsci_syncml_item *item);

/* node/object.c: chunks. @p ret_whole false: the outcome is settled, nothing is to be executed. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_chunk(struct dmsci_dm1_op *op, bool *ret_whole);
void dmsci_dm1_object_drop(struct dmsc_dm1 *dm1);
/* Something else came before the end of the object: Alert 1225. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_object_broken(struct dmsc_dm1 *dm1,
                                                     const struct dmsci_dm1_turn *turn);

/* answers for the message of this turn */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_status(struct dmsc_dm1 *dm1,
                                              const struct dmsci_dm1_turn *turn,
                                              const struct dmsci_syncml_command *command,
                                              const struct dmsci_syncml_item *item, unsigned status,
                                              const char *reason);
DMSC_NODISCARD enum dmsc_err dmsci_dm1_results(struct dmsci_dm1_op *op,
                                               struct dmsci_syncml_item *items, size_t count);

#endif
