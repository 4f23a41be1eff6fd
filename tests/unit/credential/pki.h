/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for a test, made by the openssl program at run time: pki.sh says which there are. */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include "tests/support/test.h"
#include <dmsc/secret.h>

struct pki {
    char dir[SUPPORT_PATH_MAX]; /* "" when openssl is not there */
};

/** For cmocka's group setup. Never fails for want of openssl: pki_need() then skips. */
int pki_make(struct pki *pki);
void pki_remove(struct pki *pki);
/** Skips the running test, aloud, when there are no certificates. */
void pki_need(const struct pki *pki);
/** Path of a file, "server.pem". */
void pki_path(const struct pki *pki, const char *name, char ret_path[SUPPORT_PATH_MAX]);
/** Its content; support_free(). */
struct dmsc_bytes pki_slurp(const struct pki *pki, const char *name);
void pki_secret(const struct pki *pki, struct dmsc_ctx *ctx, const char *name,
                struct dmsc_secret *ret_secret);
/** Run a command line in the directory; its exit status. */
int pki_run(const struct pki *pki, const char *command);

#endif
