/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the describing files of this folder: reader.c, describe.c, files.c. */
#ifndef DMSCI_TRACE_PRIVATE_H
#define DMSCI_TRACE_PRIVATE_H

#include "apdu/base/compiler.h"
#include "apdu/trace/mask.h"
#include <dmsc/trace.h>

/* More of a message than this is counted, not shown. */
#define DMSCI_TRACE_DETAILS_MAX 400u

/* What an application calls its files: by the AID that was selected last. */
enum dmsci_trace_adf {
    DMSCI_TRACE_ADF_NONE,
    DMSCI_TRACE_ADF_USIM,
    DMSCI_TRACE_ADF_DMSC,
    DMSCI_TRACE_ADF_PKCS15
};

struct dmsc_trace {
    struct dmsc_ctx *ctx;
    void (*step)(void *user, const struct dmsc_trace_step *step);
    void *user;
    struct dmsci_trace_mask mask;
    unsigned line;    /* read so far */
    int64_t base_ms;  /* of the last line with a date; -1 before */
    bool pending;     /* a command waits for its answer */
    unsigned at_line; /* of that command */
    struct dmsci_trace_line command, answer;

    /* What GET RESPONSE brings belongs to the command before. */
    uint8_t origin_ins;
    enum dmsci_trace_adf adf[20]; /* by logical channel */

    struct dmsc_buf title, result;
    struct dmsc_buf arena; /* names and values of details, each with its NUL */
    struct {
        unsigned depth;
        size_t name, value;
    } found[DMSCI_TRACE_DETAILS_MAX];
    size_t count, lost;
    struct dmsc_trace_detail detail[DMSCI_TRACE_DETAILS_MAX + 1];
};

/** Title and details of the exchange in trace->command and trace->answer. */
DMSC_NODISCARD enum dmsc_err dmsci_trace_describe(struct dmsc_trace *trace, bool answered);

/** Details of the ATR in trace->answer. */
DMSC_NODISCARD enum dmsc_err dmsci_trace_describe_atr(struct dmsc_trace *trace);

/** Add a field; its name and value are copied. Too many are counted and left out. */
DMSC_NODISCARD enum dmsc_err dmsci_trace_detail(struct dmsc_trace *trace, unsigned depth,
                                                const char *name, const char *fmt, ...)
    DMSCI_PRINTF(4, 5);

/** The name of a file in an application; NULL when it has none. */
const char *dmsci_trace_file(enum dmsci_trace_adf adf, uint16_t fid);
/** By the beginning of its AID. */
enum dmsci_trace_adf dmsci_trace_adf(struct dmsc_bytes aid);

#endif
