/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a script: run.c steps through lines, exchange.c does what concerns the card. */
#ifndef DMSCI_SCRIPT_RUN_H
#define DMSCI_SCRIPT_RUN_H

#include "apdu/script/private.h"
#include "apdu/trace/mask.h"

#define DMSCI_SCRIPT_LOOPS_MAX 64u

enum dmsci_script_card { DMSCI_SCRIPT_UNTOUCHED, DMSCI_SCRIPT_ON, DMSCI_SCRIPT_OFF };

struct dmsci_script_run {
    struct dmsc_ctx *ctx;
    const struct dmsc_script *script;
    struct dmsc_link *link;
    struct dmsc_script_options options;
    struct dmsc_script_result result;
    struct dmsci_script_env env;
    enum dmsci_script_card card;
    bool locked;
    struct dmsci_trace_mask mask;

    struct {
        size_t file, row;
    } * frames; /* limits.script_depth of them */
    unsigned depth;
    struct {
        unsigned depth;
        size_t row;
        uint32_t left;
    } loops[DMSCI_SCRIPT_LOOPS_MAX];
    unsigned loop_count;
    unsigned long steps;

    /* The line at hand. */
    const char *file;
    unsigned line;
    struct dmsc_script_event event;
    struct dmsci_script_value expected;
    struct dmsc_buf bytes, rapdu, text, expected_text, sw_text, answer_text;
    char sw[5], why[192];
};

/** Tell the listener what the line did, and count it. @return the code that ends the run, or
 * DMSC_OK when it goes on */
DMSC_NODISCARD enum dmsc_err dmsci_script_tell(struct dmsci_script_run *run,
                                               enum dmsc_script_verdict verdict, enum dmsc_err err);
DMSC_NODISCARD enum dmsc_err dmsci_script_send(struct dmsci_script_run *run,
                                               const struct dmsci_script_stmt *stmt);
DMSC_NODISCARD enum dmsc_err dmsci_script_power(struct dmsci_script_run *run,
                                                const struct dmsci_script_stmt *stmt);
void dmsci_script_unlock(struct dmsci_script_run *run);

#endif
