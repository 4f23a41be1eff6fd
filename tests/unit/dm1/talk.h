/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of servers with the device of a rig, message by message. */
#ifndef TESTS_DM1_TALK_H
#define TESTS_DM1_TALK_H

#include "tests/unit/dm1/rig.h"

struct talk {
    struct rig *rig;
    struct dmsc_dm1 *dm1;
    unsigned messages;
    char id[8];
    char outcome[64]; /* of the command answered last: "200 " or "425 dacmo:expired" */
    struct dmsc_dm1_want want;
};

/** As host/bridge begins a session: package 1 is in talk->want. Each has a SessionID of its own. */
void talk_begin(struct rig *rig, struct talk *talk, const char *server_id, struct dmsc_now now);
/** A message of the server with Final, and what is kept behind it. @return talk->outcome */
const char *talk_says(struct talk *talk, struct dmsc_now now, const char *body);
/** Nothing more is said: the session must end well. */
void talk_end(struct talk *talk, struct dmsc_now now);

#endif
