/* SPDX-License-Identifier: Apache-2.0 */
/* States and events of the client (PRO 6, 8), once: names and the table of docs/dm1.md follow. */
#ifndef DMSCI_DM1_STATES_H
#define DMSCI_DM1_STATES_H

/* clang-format off */
#define DMSCI_DM1_STATES(X) \
    X(IDLE)    /* nothing sent yet */ \
    X(WAIT2)   /* package 1 is out */ \
    X(RUN)     /* a message of the server was executed and committed */ \
    X(WAIT4)   /* an answer is out */ \
    X(LEAVING) /* a refusal of the server's version is out */ \
    X(END)

#define DMSCI_DM1_EVENTS(X) \
    X(START)     /* first step */ \
    X(EMPTY)     /* the server answered without a message */ \
    X(BROKEN)    /* what came is no message, or passes a limit */ \
    X(FOREIGN)   /* it belongs to another session or device, or its MsgID goes back */ \
    X(DUPLICATE) /* the last message once more, octet for octet */ \
    X(VERSION)   /* a DTD or protocol version we do not speak */ \
    X(CHALLENGE) /* status 401 or 407: DM-level credentials are demanded */ \
    X(DENIED)    /* our SyncHdr was refused otherwise */ \
    X(ABORT)     /* Alert 1223 */ \
    X(MESSAGE)   /* a message to execute */ \
    X(SPEAK)     /* after executing: there is something to say */ \
    X(SILENT)    /* after executing: nothing but the SyncHdr Status would be said */ \
    X(CRAMPED)   /* the server's MaxMsgSize has no room for an answer */
/* clang-format on */

enum dmsci_dm1_state {
#define X(name) DMSCI_DM1_##name,
    DMSCI_DM1_STATES(X)
#undef X
};

enum dmsci_dm1_event {
#define X(name) DMSCI_DM1_ON_##name,
    DMSCI_DM1_EVENTS(X)
#undef X
};

#endif
