/* SPDX-License-Identifier: Apache-2.0 */
/* The object of software components: shared by its files. */
#ifndef DMSCI_SCOMO_H
#define DMSCI_SCOMO_H

#include "apdu/base/ctx.h"
#include <dmsc/mo_ops.h>
#include <dmsc/objects.h>
#include <dmsc/scomo.h>

/* An operation, with the values of Status that go with it (SCOMO 6). */
struct dmsci_scomo_row {
    const char *parent, *node; /* PARENT/X/Operations/NODE */
    enum dmsc_scomo_operation operation;
    uint8_t running, good, failed_kept, failed_gone;
    bool downloads;
    uint8_t state; /* value of State that it needs; 0: any */
};

struct dmsci_scomo_job {
    const struct dmsci_scomo_row *row; /* NULL: nothing is under way */
    const char *path;                  /* that was executed */
    const char *server_id, *correlator;
    struct dmsc_buf text, item; /* what they point into */
};

struct dmsc_scomo {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_object_binding *binding;
    char *uri, *key;
    const struct dmsc_scomo_ops *ops;
    void *user;
    const struct dmsc_code_trust *trust;
    struct dmsc_code *code;
    enum { SCOMO_IDLE, SCOMO_DOWNLOADS, SCOMO_RUNS } busy; /* what the device was told */
    bool digested;
    uint8_t digest[32];
    bool added;   /* something was written below Download in this change */
    bool writing; /* what is written comes from here */
};

enum dmsc_err dmsci_scomo_refuse(struct dmsc_scomo *scomo, enum dmsc_err err, const char *reason,
                                 const char *why);

/* In scomo_job.c. */
/** PARENT/X/Operations/NODE; NULL when it is none. @p ret_item gets PARENT/X. */
const struct dmsci_scomo_row *dmsci_scomo_row_of(const char *path, struct dmsc_buf *ret_item,
                                                 enum dmsc_err *ret_err);
/** What is under way; cleared by dmsci_scomo_job_clear() in any case. */
DMSC_NODISCARD enum dmsc_err dmsci_scomo_job_get(struct dmsc_scomo *scomo,
                                                 struct dmsci_scomo_job *job);
void dmsci_scomo_job_clear(struct dmsci_scomo_job *job);
/** A leaf of the item that it is about, replaced; empty when there is none. */
DMSC_NODISCARD enum dmsc_err dmsci_scomo_item_value(struct dmsc_scomo *scomo,
                                                    const struct dmsci_scomo_job *job,
                                                    const char *leaf, struct dmsc_buf *ret_value);
DMSC_NODISCARD enum dmsc_err dmsci_scomo_set_status(struct dmsc_scomo *scomo,
                                                    const struct dmsci_scomo_job *job,
                                                    unsigned status);

/* In scomo_nodes.c, in a change. @p path: below the object. */
/** Made when it is not there; NULL: whatever its value is. */
DMSC_NODISCARD enum dmsc_err dmsci_scomo_keep(struct dmsc_scomo *scomo, const char *path,
                                              enum dmsc_format format, const char *value);
/** Replaced; empty when there is no such node. */
DMSC_NODISCARD enum dmsc_err dmsci_scomo_value(struct dmsc_scomo *scomo, const char *path,
                                               struct dmsc_buf *ret_value);
DMSC_NODISCARD enum dmsc_err dmsci_scomo_inventory(struct dmsc_scomo *scomo);
/** What belongs to each package below Download, where it is missing. */
DMSC_NODISCARD enum dmsc_err dmsci_scomo_prepare(struct dmsc_scomo *scomo);

#endif
