/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ALERTS_H
#define DMSC_ALERTS_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a server is to be told when there is a session with it: Generic Alerts (PRO 8.7) of
 * operations that an Exec began. They are kept in the store until somebody has told them.
 */
struct dmsc_alert {
    uint64_t number;        /* for dmsc_alerts_told(); rises */
    const char *server_id;  /* whom to tell */
    const char *type;       /* "org.openmobilealliance.dm.firmwareupdate.update" */
    const char *mark;       /* "informational", "warning", "critical" ... */
    const char *source;     /* LocURI of what was executed */
    const char *correlator; /* of the Exec; "" without */
    const char *data;       /* a result code in digits; format "chr" */
};

/** Alerts that may wait; with more the oldest is forgotten, which the log tells. */
#define DMSC_ALERTS_MAX 64

/**
 * Those that wait, the oldest first; NULL: for all servers. @p alert answers false to stop, and
 * must not change the tree. What it is given is borrowed for the call.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alerts_walk(
    struct dmsc_tree *tree, const char *server_id,
    bool (*alert)(void *user, const struct dmsc_alert *one), void *user);
/** The server has it: forget it. In a change of its own or in the caller's. One that is gone is no
 * failure. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_alerts_told(struct dmsc_tree *tree, uint64_t number);

#ifdef __cplusplus
}
#endif
#endif
