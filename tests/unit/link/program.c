/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/link/program.h"
#include "tests/support/test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_until_ready(struct program *program, const char *path)
{
    char text[256] = "";
    const char *word;

    for (unsigned i = 0; i < 400 && strchr(text, '\n') == strrchr(text, '\n'); i++) {
        FILE *f = fopen(path, "re");
        size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

        text[n] = '\0';
        if (f != NULL)
            (void)fclose(f);
        (void)usleep(25000);
    }
    text[strcspn(text, "\n")] = ' ';
    text[strcspn(text, "\n")] = '\0';
    word = strrchr(text, ' ');
    if (word == NULL || word[1] == '\0')
        fail_msg("dmsc-uicc did not start");
    (void)snprintf(program->where, sizeof(program->where), "%s", word + 1);
}

void program_start(struct program *program, const char *front, const char *option)
{
    char profile[SUPPORT_PATH_MAX], ready[SUPPORT_PATH_MAX + 16];
    const char *uicc = getenv("DMSC_UICC");

    assert_non_null(uicc);
    support_mkdir(program->directory);
    support_path("card-scripts/example.json", profile);
    (void)snprintf(ready, sizeof(ready), "%s/ready", program->directory);
    program->pid = fork();
    assert_true(program->pid >= 0);
    if (program->pid == 0) {
        (void)execl(uicc, "dmsc-uicc", profile, "--front", front, "--ready-file", ready, option,
                    (char *)NULL);
        _exit(98);
    }
    wait_until_ready(program, ready);
}

void program_stop(struct program *program)
{
    int status = 0;

    assert_int_equal(kill(program->pid, SIGTERM), 0);
    assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    support_rmdir(program->directory);
}
