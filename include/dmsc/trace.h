/* SPDX-License-Identifier: Apache-2.0 */
/* For a workbench: what a trace says, in names and fields, and as packets. docs/traces.md has the
 * form of a trace. */
#ifndef DMSC_TRACE_H
#define DMSC_TRACE_H

#include <dmsc/apdu.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dmsc_trace_kind {
    DMSC_TRACE_EXCHANGE, /* a command, with its answer if one came */
    DMSC_TRACE_POWER,    /* cold or warm reset, power off */
    DMSC_TRACE_NOTE      /* a comment on a line of its own */
};

/** One field of what was decoded; fields of a deeper level belong to the one above. */
struct dmsc_trace_detail {
    unsigned depth; /* from 0 */
    const char *name, *value;
};

/** A step of a trace. Lives until the listener returns; texts are never NULL. */
struct dmsc_trace_step {
    enum dmsc_trace_kind kind;
    unsigned line;      /* where it begins */
    int64_t at_ms;      /* since 1970, when the command went out; -1 unknown */
    int64_t ms;         /* that the card took; -1 unknown */
    const char *name;   /* "SELECT" */
    const char *title;  /* "SELECT EF(ICCID)", "FETCH: OPEN CHANNEL", "cold reset", the comment */
    const char *result; /* "6A82 file not found", "no answer in time", "T=0" */
    struct dmsc_bytes command;    /* masked bytes are 00 */
    const uint8_t *command_known; /* FF for each byte of command, 00 where it is masked */
    struct dmsc_bytes answer;     /* with SW; the ATR of a reset */
    const uint8_t *answer_known;
    enum dmsc_err err; /* not DMSC_OK: no answer came */
    uint16_t sw;       /* 0 without answer */
    const struct dmsc_trace_detail *detail;
    size_t details;
};

/** Reads a trace line after line and hands on its steps, in constant memory. */
struct dmsc_trace;

/**
 * @param raw  show PINs, keys and results of AUTHENTICATE that the trace has
 * @param step called for each step, in order
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_trace_new(
    struct dmsc_ctx *ctx, bool raw, void (*step)(void *user, const struct dmsc_trace_step *step),
    void *user, struct dmsc_trace **ret_trace);
/**
 * The next line, without its end.
 * @return DMSC_E_MALFORMED with the number of the line in the story, DMSC_E_NOMEM; the trace can go
 *         on with the next line
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_trace_line(struct dmsc_trace *trace,
                                                      struct dmsc_bytes line);
/** Hand on a command at the end of the trace that had no answer. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_trace_end(struct dmsc_trace *trace);
DMSC_API void dmsc_trace_free(struct dmsc_trace *trace);

/** Between two packets; begins as DMSC_TRACE_PCAPNG_INIT. */
struct dmsc_trace_pcapng {
    int64_t last_ms;   /* time of the packet before */
    char comment[160]; /* of the packet that comes */
};

#define DMSC_TRACE_PCAPNG_INIT                                                                     \
    {                                                                                              \
        0, ""                                                                                      \
    }

/**
 * Append the beginning of a pcapng file: GSMTAP in UDP to port 4729, over IPv4.
 * @param application what wrote it, "dmsc 0.1.0"
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_trace_pcapng_begin(struct dmsc_buf *file,
                                                              const char *application);
/**
 * Append a step as a packet: an exchange as GSMTAP SIM APDU in the form of T=0. A reset becomes a
 * comment of the packet behind it; commands without an answer and notes are left out. A masked byte
 * is 2A ("*"), and the packet's comment says how many there are. A P3 that asked for data which did
 * not come is 00, and stands in the comment. A step without a time comes 1 ms
 * behind the packet before.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_trace_pcapng_step(struct dmsc_trace_pcapng *pcapng,
                                                             const struct dmsc_trace_step *step,
                                                             struct dmsc_buf *file);

#ifdef __cplusplus
}
#endif
#endif
