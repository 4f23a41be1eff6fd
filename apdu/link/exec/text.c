/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/link/exec/text.h"
#include "apdu/base/ctx.h"
#include <string.h>

/* What a helper may call its failures; the last one is all the others. */
static const struct {
    const char *name;
    enum dmsc_err err;
    const char *why;
} errors[] = {
    { "removed", DMSC_E_REMOVED, "there is no card" },
    { "reset", DMSC_E_CARD_RESET, "somebody else reset the card" },
    { "timeout", DMSC_E_TIMEOUT, "the card does not answer" },
    { "notfound", DMSC_E_NOTFOUND, "there is no such application on the card" },
    { "full", DMSC_E_LIMIT, "no more logical channels" },
    { "failed", DMSC_E_LINK, "the helper could not" },
};

static const char *behind(const char *line, const char *word)
{
    size_t n = strlen(word);

    return strncmp(line, word, n) == 0 ? line + n : NULL;
}

bool dmsci_exec_greeting(const char *line, bool *ret_channels)
{
    const char *rest = behind(line, DMSCI_EXEC_GREETING);

    if (rest == NULL || (*rest != '\0' && strcmp(rest, " channels") != 0))
        return false;
    *ret_channels = *rest != '\0';
    return true;
}

bool dmsci_exec_error(const char *line, enum dmsc_err *ret_err, const char **ret_why)
{
    const char *kind = behind(line, "error ");
    size_t n, i = 0;

    if (kind == NULL)
        return false;
    n = strcspn(kind, " ");
    while (i < DMSCI_ARRAY_LEN(errors) - 1 &&
           (strlen(errors[i].name) != n || strncmp(errors[i].name, kind, n) != 0))
        i++;
    *ret_err = errors[i].err;
    *ret_why = kind[n] == ' ' && kind[n + 1] != '\0' ? kind + n + 1 : errors[i].why;
    return true;
}

bool dmsci_exec_atr(const char *line, char ret_hex[67], enum dmsc_protocol *ret_protocol)
{
    const char *hex = behind(line, "atr ");
    size_t n = hex == NULL ? 0 : strcspn(hex, " ");

    if (n == 0 || n > 66 || hex[n] != ' ' || (hex[n + 1] != '0' && hex[n + 1] != '1') ||
        hex[n + 2] != '\0')
        return false;
    *ret_protocol = hex[n + 1] == '1' ? DMSC_T1 : DMSC_T0;
    if (n == 1 && hex[0] == '-')
        n = 0;
    else if (n % 2 != 0 || strspn(hex, "0123456789ABCDEFabcdef") != n)
        return false;
    dmsci_copy(ret_hex, hex, n);
    ret_hex[n] = '\0';
    return true;
}

bool dmsci_exec_handle(const char *line, uint32_t *ret_handle)
{
    const char *digits = behind(line, "handle ");
    uint64_t handle = 0;

    if (digits == NULL || *digits == '\0')
        return false;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        handle = handle * 10 + (uint64_t)(*digits - '0');
        if (handle > UINT32_MAX)
            return false;
    }
    *ret_handle = (uint32_t)handle;
    return true;
}
