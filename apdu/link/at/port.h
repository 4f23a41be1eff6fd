/* SPDX-License-Identifier: Apache-2.0 */
/* The serial line to a modem: settings, and nobody else on it. */
#ifndef DMSCI_LINK_AT_PORT_H
#define DMSCI_LINK_AT_PORT_H

#include "apdu/base/ctx.h"
#include <termios.h>

enum dmsci_at_flow { DMSCI_AT_FLOW_NONE, DMSCI_AT_FLOW_RTSCTS, DMSCI_AT_FLOW_XONXOFF };

struct dmsci_at_port {
    struct dmsc_ctx *ctx;
    int fd; /* non-blocking; -1: closed */
    struct termios before;
    char *lock_path; /* of the lock file that is ours; NULL: none */
};

/**
 * Open @p device with 8 data bits, no parity, 1 stop bit. Keeps others out: a UUCP lock file
 * (FHS 3.0 5.9) where its directory may be written, flock(), TIOCEXCL.
 *
 * @param baud     bit/s; 0: as the line is set
 * @param lock_dir of the lock file, NULL: none
 * @return DMSC_E_NOREADER (no such device), DMSC_E_LINK (somebody else has it, no serial line)
 */
DMSC_NODISCARD enum dmsc_err dmsci_at_port_open(struct dmsci_at_port *port, struct dmsc_ctx *ctx,
                                                const char *device, unsigned long baud,
                                                enum dmsci_at_flow flow, const char *lock_dir);
/** Settings as they were, lock file gone. Fine on a port that was never opened. */
void dmsci_at_port_close(struct dmsci_at_port *port);

/** Is that a speed a serial line can have? */
bool dmsci_at_baud_known(unsigned long baud);

#endif
