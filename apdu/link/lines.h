/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text to and from a modem or a helper program, each with a time by which it must be done.
 */
#ifndef DMSCI_LINK_LINES_H
#define DMSCI_LINK_LINES_H

#include "apdu/link/private.h"

struct dmsci_lines {
    struct dmsc_ctx *ctx;
    int fd; /* non-blocking; -1: none. The owner closes it */
    bool socket;
    bool skipping;      /* the rest of a line that was too long */
    struct dmsc_buf in; /* what came and was not asked for yet; its lines begin at @p at */
    size_t at;
    struct dmsc_buf hex; /* for dmsci_lines_hex() */
};

/** Room for one line of @p line_max characters. */
void dmsci_lines_init(struct dmsci_lines *lines, struct dmsc_ctx *ctx, size_t line_max);
/** Forget what came, keep the memory. */
void dmsci_lines_reset(struct dmsci_lines *lines);
void dmsci_lines_clear(struct dmsci_lines *lines);

/**
 * The time @p deadline_ms is one of dmsci_link_now_ms().
 * @return DMSC_E_TIMEOUT; DMSC_E_REMOVED: the other side is gone. Neither has a story yet
 */
DMSC_NODISCARD enum dmsc_err dmsci_lines_send(struct dmsci_lines *lines, struct dmsc_bytes text,
                                              int64_t deadline_ms);
/**
 * The next line that is not empty, without its end (CR, LF or both).
 *
 * @param ret_line valid until the next call
 * @return as dmsci_lines_send(); DMSC_E_LIMIT: too long, the next call begins behind it
 */
DMSC_NODISCARD enum dmsc_err dmsci_lines_next(struct dmsci_lines *lines, int64_t deadline_ms,
                                              const char **ret_line);
/**
 * Replace @p ret_bytes by what the hex digits @p text stand for; unchanged on failure.
 * @return DMSC_E_MALFORMED, DMSC_E_LIMIT
 */
DMSC_NODISCARD enum dmsc_err dmsci_lines_hex(struct dmsci_lines *lines, const char *text,
                                             struct dmsc_buf *ret_bytes);

#endif
