/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware update object: shared by its two files. */
#ifndef DMSCI_FUMO_H
#define DMSCI_FUMO_H

#include "apdu/base/ctx.h"
#include <dmsc/ddf.h>
#include <dmsc/fumo.h>
#include <dmsc/mo_ops.h>

#define DMSCI_FUMO_EVENTS(X)                                                                       \
    X(DOWNLOAD)                                                                                    \
    X(UPDATE)                                                                                      \
    X(DATA) X(GOT) X(LOST) X(CHECKED) X(DONE_KEPT) X(DONE_GONE) X(FAILED_KEPT) X(FAILED_GONE)
enum dmsci_fumo_event {
#define X(name) DMSCI_FUMO_##name,
    DMSCI_FUMO_EVENTS(X)
#undef X
};

/* What an Exec began, kept in the store beside the object; strings are of its buffer. */
struct dmsci_fumo_job {
    const char *operation; /* node that was executed: "Update" */
    const char *server_id, *correlator;
    const char
        *sha256; /* of a package that was downloaded and vouched for, hex; "": there is none */
    struct dmsc_buf text;
};

struct dmsc_fumo {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    char *uri, *key;
    struct dmsc_ddf *ddf;
    const struct dmsc_fumo_ops *ops;
    void *user;
    const struct dmsc_code_trust *trust;
    struct dmsc_code *code;    /* what was handed over of the download */
    enum dmsc_fumo_state busy; /* what the device was told to do; 0: nothing */
    bool digested;             /* the download has ended, digest is its SHA-256 */
    uint8_t digest[32];
    bool data;    /* PkgData was written in this change */
    bool writing; /* what is written comes from here */
};

/** Where the event leads. @return DMSC_E_STATE: "fumo:busy", "fumo:no-package", "fumo:state" */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_next(struct dmsc_fumo *fumo, enum dmsc_fumo_state from,
                                             enum dmsci_fumo_event event,
                                             enum dmsc_fumo_state *ret_to);

/* In the caller's change. @p path: below the object. */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_value(struct dmsc_fumo *fumo, const char *path,
                                              struct dmsc_buf *ret_value);
DMSC_NODISCARD enum dmsc_err dmsci_fumo_write(struct dmsc_fumo *fumo, const char *path,
                                              struct dmsc_bytes value);
DMSC_NODISCARD enum dmsc_err dmsci_fumo_set_state(struct dmsc_fumo *fumo,
                                                  enum dmsc_fumo_state state);
/** An empty one when nothing was begun. @p job is cleared by dmsci_fumo_job_clear() in any case. */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_job_get(struct dmsc_fumo *fumo, struct dmsci_fumo_job *job);
DMSC_NODISCARD enum dmsc_err dmsci_fumo_job_put(struct dmsc_fumo *fumo,
                                                const struct dmsci_fumo_job *job);
void dmsci_fumo_job_clear(struct dmsci_fumo_job *job);
/** Keep the alert of the job's outcome. */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_alert(struct dmsc_fumo *fumo,
                                              const struct dmsci_fumo_job *job, unsigned result);
/** Is the package vouched for by the authority, with the signature that is in the object? */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_check(struct dmsc_fumo *fumo, const char *server_id,
                                              const uint8_t sha256[32]);
/**
 * The package that an update would use: PkgData, or what was downloaded.
 * @return DMSC_E_STATE "fumo:no-package"
 */
DMSC_NODISCARD enum dmsc_err dmsci_fumo_package(struct dmsc_fumo *fumo,
                                                const struct dmsci_fumo_job *job,
                                                uint8_t ret_sha256[32]);
/** Let the device begin what the state says, if it has not. */
void dmsci_fumo_start(struct dmsc_fumo *fumo, bool again);
DMSC_NODISCARD enum dmsc_err dmsci_fumo_refuse(struct dmsc_fumo *fumo, enum dmsc_err err,
                                               const char *reason, const char *why);

#endif
