/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one text form of traces (docs/traces.md), read and written here and nowhere else. One event a
 * line:
 *
 *     ! cold 3B9F96801F878031E073FE211B T=0   # at 2026-01-31T17:45:00.250Z over pcsc
 *     > 0020000108****************            # VERIFY PIN
 *     < 9000                                  # 8 ms at 0.012 s
 *     ! error DMSC_E_TIMEOUT                  # 30000 ms at 30.020 s no answer in time
 *     ! off
 *
 * "**" is a byte that was not written down. Behind "#" stands comment; times are read from it, the
 * rest means nothing.
 */
#ifndef DMSCI_TRACE_TEXT_H
#define DMSCI_TRACE_TEXT_H

#include <dmsc/apdu.h>

enum dmsci_trace_kind {
    DMSCI_TRACE_NOTHING, /* an empty line, or a comment alone */
    DMSCI_TRACE_COMMAND,
    DMSCI_TRACE_ANSWER,
    DMSCI_TRACE_COLD, /* the card was powered; bytes are its ATR, if it is known */
    DMSCI_TRACE_WARM,
    DMSCI_TRACE_OFF,
    DMSCI_TRACE_ERROR /* a command or a reset without an answer; err says what came */
};

#define DMSCI_TRACE_NO_TIME (-1)

/** One line, taken apart. All zero with both times set to DMSCI_TRACE_NO_TIME is a line too. */
struct dmsci_trace_line {
    enum dmsci_trace_kind kind;
    size_t n;                      /* bytes of the command, the answer with its SW, the ATR */
    uint8_t bytes[DMSC_CAPDU_MAX]; /* 00 where a byte is masked */
    uint8_t known[DMSC_CAPDU_MAX]; /* FF, or 00 where a byte is masked: compare under it */
    bool has_protocol;             /* COLD, WARM */
    enum dmsc_protocol protocol;
    enum dmsc_err err;         /* ERROR */
    int64_t ms;                /* how long the card took */
    int64_t at_ms;             /* COLD, WARM, OFF: since 1970; others: since the last of those */
    struct dmsc_bytes comment; /* the rest of it, without white space around; borrowed */
};

#define DMSCI_TRACE_LINE_INIT                                                                      \
    {                                                                                              \
        .ms = DMSCI_TRACE_NO_TIME, .at_ms = DMSCI_TRACE_NO_TIME                                    \
    }

/**
 * Read a line. Hex digits of either case, with or without white space between the bytes; what dmsc
 * 0.1 wrote for a reset and for an answer that did not come ("# cold reset over pcsc: ATR ...") is
 * understood too.
 *
 * @param text     without its line end; a CR at its end is overlooked
 * @param ret_line comment borrows from @p text
 * @return DMSC_E_MALFORMED (no line of a trace), DMSC_E_LIMIT (more bytes than a command has);
 *         @p ret_line is then untouched
 */
DMSC_NODISCARD enum dmsc_err dmsci_trace_parse(struct dmsc_bytes text,
                                               struct dmsci_trace_line *ret_line);

/** What dmsci_trace_format() writes at most, without the comment's text. */
#define DMSCI_TRACE_TEXT_MAX (2 * DMSC_CAPDU_MAX + 128)

/**
 * Write a line without its end. What it reads back equals @p line, as long as the comment is one
 * line that begins with no time.
 * @param w counts alone when it has no room: see dmsc_wr
 */
void dmsci_trace_format(const struct dmsci_trace_line *line, struct dmsc_wr *w);

/** Fill in @p bytes as known. False, and nothing done, when they are too many. */
bool dmsci_trace_set(struct dmsci_trace_line *line, struct dmsc_bytes bytes);
/** Mask @p n bytes from @p at on, as far as there are so many. */
void dmsci_trace_hide(struct dmsci_trace_line *line, size_t at, size_t n);

#endif
