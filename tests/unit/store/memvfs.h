/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk in memory, as SQLite sees one: it counts, fails when told to, and loses on a power cut
 * what was not flushed.
 */
#ifndef TESTS_UNIT_STORE_MEMVFS_H
#define TESTS_UNIT_STORE_MEMVFS_H

#include <stdbool.h>

enum memvfs_fault {
    MEMVFS_NONE,
    MEMVFS_FULL_ONCE, /* the write or flush says: disk full */
    MEMVFS_IO_ONCE,   /* ... input/output error */
    MEMVFS_POWER_CUT  /* this and all that follow fail, until memvfs_reboot() */
};

struct memvfs_stats {
    unsigned long writes;
    unsigned long syncs;
    unsigned long steps; /* what can be made to fail: writes, truncations, flushes */
    bool fired;
};

/* From now on SQLite's default VFS, in this process. */
void memvfs_install(void);
/* An empty disk without faults. */
void memvfs_reset(void);
/* Count from zero; the step number @p at fails. */
void memvfs_arm(enum memvfs_fault fault, unsigned long at);
struct memvfs_stats memvfs_stats(void);
/**
 * After a power cut: what was flushed is there. Of the writes since, those are there for which a
 * bit of the pseudo-random sequence of @p seed says so, each whole or torn at a sector; with seed 0
 * none, with seed 1 all.
 */
void memvfs_reboot(unsigned seed);

#endif
