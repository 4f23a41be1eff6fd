/* SPDX-License-Identifier: Apache-2.0 */
/* Where a test finds its data and how it says what it proved or left out. */
#ifndef TESTS_SUPPORT_SUPPORT_H
#define TESTS_SUPPORT_SUPPORT_H

#include "apdu/base/compiler.h"
#include <dmsc/bytes.h>

#define SUPPORT_PATH_MAX 1024

/**
 * A path of the source tree: @p relative below the environment variable DMSC_SOURCE_ROOT, which the
 * test's meson.build sets; below the working directory without it.
 */
void support_path(const char *relative, char ret_path[SUPPORT_PATH_MAX]);

/** Is there something under this path of the source tree? */
bool support_exists(const char *relative);

/**
 * The whole of a file of the source tree, or of anywhere when @p path is absolute. Fails the
 * running test when it cannot be read. One NUL that is not counted follows. In a heap block of
 * exactly that size, so that a sanitizer sees the first byte behind.
 */
struct dmsc_bytes support_slurp(const char *path);
/** As support_slurp(), but without the NUL: the byte behind the content is out of bounds. */
struct dmsc_bytes support_slurp_exact(const char *path);
/** @p n bytes in a heap block of exactly that size. */
struct dmsc_bytes support_copy_exact(struct dmsc_bytes bytes);
void support_free(struct dmsc_bytes bytes);

/** Make an empty directory for this test alone; support_rmdir() removes it and all that is in it.
 */
void support_mkdir(char ret_path[SUPPORT_PATH_MAX]);
void support_rmdir(const char *path);

/** The requirement is proved: to be called after the last assertion of its test. */
void req_done(const char *id);

/** Leave the running test out and say why, on a line of its own. Does not return. */
void support_skip(const char *fmt, ...) DMSCI_PRINTF(1, 2);

/** What main() returns: the failures; else 77 (meson: skipped) when every test that ran skipped. */
int support_exit(int failed, size_t tests);

#endif
