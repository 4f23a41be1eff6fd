/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A helper for the driver "exec" with the least of a UICC inside, and with ways to misbehave:
 *
 *     exec_card [T] [KIND [N]]    protocol T (0, 1); from command N on: KIND
 *
 * mute, exit, signal, garbage, long, 61, 6c, removed, short, late, nogreeting, badgreeting,
 * channels
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char protocol = '0';
static const char *kind = "";
static unsigned long from, seen;
static int handle; /* of the channel that is open, 0: none */

static int is(const char *name)
{
    return strcmp(kind, name) == 0;
}

static void say_long(void)
{
    for (unsigned i = 0; i < 65538 - 2; i++)
        (void)fputs("00", stdout);
    (void)puts("9000");
}

/* One that never ends its line. */
static void say_without_end(void)
{
    for (;;) {
        if (fputs("000000000000", stdout) < 0 || fflush(stdout) != 0)
            exit(0);
    }
}

static void misbehave(const char *line)
{
    if (is("mute"))
        (void)sleep(60);
    else if (is("exit"))
        exit(3);
    else if (is("signal"))
        (void)raise(SIGKILL);
    else if (is("garbage"))
        (void)puts("what?");
    else if (is("long"))
        say_long();
    else if (is("endless"))
        say_without_end();
    else if (is("61"))
        (void)puts(strncmp(line, "00C0", 4) == 0 ? "AABB6102" : "6102");
    else if (is("6c"))
        (void)puts("6C02");
    else if (is("removed"))
        (void)puts("error removed taken out");
    else if (is("reset"))
        (void)puts("error reset");
    else if (is("odd"))
        (void)puts("error whatever it is");
    else if (is("short"))
        (void)puts("90");
    else
        (void)puts("9000");
}

static void command(const char *line)
{
    static const char fcp[] = "6207820278218A01059000";

    if (++seen >= from && from > 0)
        misbehave(line);
    else if (strncmp(line, "80F2", 4) == 0)
        (void)puts("9000");
    else if (strncmp(line, "00A4", 4) == 0)
        (void)puts(protocol == '0' ? "6109" : fcp);
    else if (strncmp(line, "00C0", 4) == 0)
        (void)puts(fcp);
    else
        (void)puts("6D00");
}

static void channel(const char *line)
{
    if (strncmp(line, "open F044", 9) == 0) {
        handle = 77;
        (void)printf("handle %d\n", handle);
    } else if (strncmp(line, "open FF", 7) == 0) {
        (void)puts("error full");
    } else if (strncmp(line, "open ", 5) == 0) {
        (void)puts("error notfound");
    } else if (strncmp(line, "on 77 ", 6) == 0 && handle != 0) {
        command(line + 6);
    } else if (strcmp(line, "close 77") == 0 && handle != 0) {
        handle = 0;
        (void)puts("ok");
    } else {
        (void)puts("error failed no such handle");
    }
}

int main(int argc, char **argv)
{
    char line[2048];

    protocol = argc > 1 ? argv[1][0] : '0';
    kind = argc > 2 ? argv[2] : "";
    from = argc > 3 ? strtoul(argv[3], NULL, 10) : is("channels") ? 0 : 1;
    if (kind[0] == '\0')
        from = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (is("nogreeting"))
        (void)sleep(60);
    (void)puts(is("badgreeting") ? "hello"
               : is("channels")  ? "dmsc-link 1 channels"
                                 : "dmsc-link 1");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "power off") == 0)
            (void)puts("ok");
        else if (strncmp(line, "power ", 6) == 0)
            (void)printf("atr 3B9F96801F878031E073FE211B674A357530350265F8 %c\n", protocol);
        else if (strchr(line, ' ') != NULL)
            channel(line);
        else
            command(line);
    }
    return 0;
}
