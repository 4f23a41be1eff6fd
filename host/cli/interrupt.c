/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C: what is at hand is ended, told, and the card left in order. */
#include "host/cli/cli.h"
#include <signal.h>

static volatile sig_atomic_t interrupted;

void cli_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

bool cli_go_on(void *user)
{
    (void)user;
    return interrupted == 0;
}
