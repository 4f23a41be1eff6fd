/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_LIMITS_H
#define DMSC_LIMITS_H

#include <stddef.h>

/**
 * Every ceiling of the library in one place; docs/limits.md gives the reason of each default.
 * Sizes are bytes. A field of 0 takes its default.
 */
struct dmsc_limits {
    size_t ef_size;            /* largest EF that is read whole */
    size_t rapdu_size;         /* response data of one exchange, GET RESPONSE included */
    unsigned get_response;     /* 61xx in a row */
    unsigned proactive;        /* FETCH in a row */
    unsigned proactive_rate;   /* FETCH in a minute, when toolkit is served for long */
    unsigned envelope_busy;    /* 9300 in a row before an ENVELOPE is given up */
    size_t bip_buffer;         /* of a channel of the card, each way */
    unsigned bip_connect_ms;   /* longest wait for its connection */
    size_t mo_body_size;       /* one MO body on the card: the profile of the card application */
    unsigned ma_entries;       /* MA list */
    unsigned ma_scopes;        /* scopes of one MA */
    unsigned mo_entries;       /* MO index */
    size_t uri_length;         /* LocURI, characters */
    unsigned uri_depth;        /* segments */
    size_t uri_segment;        /* one segment, characters */
    size_t node_value;         /* value of one leaf, in memory as a whole */
    size_t large_value;        /* value of one leaf that comes and goes in pieces */
    size_t large_total;        /* of all of them together */
    unsigned transfers;        /* of large values, of one actor, that are not over */
    unsigned attachments;      /* descriptions, bindings, places by kind of a tree, each */
    unsigned grants;           /* of one instance */
    unsigned app_rules;        /* who may be which application; environments of applications */
    unsigned app_objects;      /* of one application, with operations behind them */
    unsigned app_watches;      /* of one application */
    unsigned app_waiting;      /* changes that a watch may be behind; then it has an overflow */
    unsigned changes_kept;     /* committed changes that the store remembers, the latest */
    unsigned refusals_kept;    /* refusals that it remembers, the latest */
    size_t acl_length;         /* one ACL, octets */
    unsigned tree_nodes;       /* nodes of the tree */
    unsigned tnds_nodes;       /* nodes of one TNDS object */
    unsigned inbox_objects;    /* objects left in the Inbox together */
    unsigned xml_depth;        /* nesting of a message, a TNDS object, a document in a leaf */
    size_t message_size;       /* one DM message we accept: MaxMsgSize */
    size_t object_size;        /* one object of a server: MaxObjSize */
    unsigned message_commands; /* commands in one message */
    unsigned session_messages; /* messages of a server in one session */
    size_t http_header_size;   /* header section of one response */
    unsigned redirects;
    unsigned certificates; /* certificates taken from one card */
    size_t certificate_size;
    size_t script_size;     /* one file of a card script */
    unsigned script_files;  /* files of a script */
    unsigned script_depth;  /* files that call each other */
    unsigned script_steps;  /* lines run, loops counted */
    size_t ota_packet_size; /* one secured packet */
    unsigned environments;  /* listed at one time */
    unsigned alerts;        /* that wait for one authority */
    size_t alert_size;      /* one of them, all texts and data */
};

#define DMSC_LIMITS_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }

#endif
