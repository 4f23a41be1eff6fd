/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/credential/pki.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* system() and not exec: these are lines for a shell, of our own making. */
static int run(const char *command)
{
    int status = system(command);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int pki_make(struct pki *pki)
{
    char script[SUPPORT_PATH_MAX], command[3 * SUPPORT_PATH_MAX];

    pki->dir[0] = '\0';
    if (run("openssl version > /dev/null 2>&1") != 0)
        return 0;
    support_mkdir(pki->dir);
    support_path("tests/unit/credential/pki.sh", script);
    (void)snprintf(command, sizeof(command), "sh '%s' '%s'", script, pki->dir);
    return run(command);
}

void pki_remove(struct pki *pki)
{
    if (pki->dir[0] != '\0')
        support_rmdir(pki->dir);
    pki->dir[0] = '\0';
}

void pki_need(const struct pki *pki)
{
    if (pki->dir[0] == '\0')
        support_skip("the openssl program is not installed: no certificates to test with");
}

void pki_path(const struct pki *pki, const char *name, char ret_path[SUPPORT_PATH_MAX])
{
    int n = snprintf(ret_path, SUPPORT_PATH_MAX, "%s/%s", pki->dir, name);

    assert_in_range(n, 1, SUPPORT_PATH_MAX - 1);
}

struct dmsc_bytes pki_slurp(const struct pki *pki, const char *name)
{
    char path[SUPPORT_PATH_MAX];

    pki_path(pki, name, path);
    return support_slurp_exact(path);
}

void pki_secret(const struct pki *pki, struct dmsc_ctx *ctx, const char *name,
                struct dmsc_secret *ret_secret)
{
    struct dmsc_bytes file = pki_slurp(pki, name);

    assert_int_equal(dmsc_secret_set(ret_secret, ctx, file), DMSC_OK);
    support_free(file);
}

int pki_run(const struct pki *pki, const char *command)
{
    char line[4 * SUPPORT_PATH_MAX];
    int n = snprintf(line, sizeof(line), "cd '%s' && %s", pki->dir, command);

    assert_in_range(n, 1, sizeof(line) - 1);
    return run(line);
}
