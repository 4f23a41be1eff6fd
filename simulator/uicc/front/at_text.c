/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/front/at_text.h"
#include "apdu/base/ctx.h"
#include <ctype.h>
#include <dmsc/apdu.h>
#include <stdlib.h>
#include <string.h>

bool dmsci_at_comma(const char **text)
{
    if (**text != ',')
        return false;
    (*text)++;
    return true;
}

bool dmsci_at_number(const char **text, unsigned long most, unsigned long *ret_number)
{
    char *end = NULL;

    if (!isdigit((unsigned char)**text))
        return false;
    *ret_number = strtoul(*text, &end, 10);
    *text = end;
    return *ret_number <= most;
}

bool dmsci_at_hex(const char **text, struct dmsc_buf *ret_bytes)
{
    char digits[2 * DMSC_CAPDU_MAX + 1];
    bool quoted = **text == '"';
    size_t n;

    *text += quoted;
    n = strspn(*text, "0123456789ABCDEFabcdef");
    if (n >= sizeof(digits))
        return false;
    dmsci_copy(digits, *text, n);
    digits[n] = '\0';
    *text += n;
    if (quoted && **text != '"')
        return false;
    *text += quoted;
    dmsc_buf_reset(ret_bytes);
    return dmsc_hex_decode(digits, ret_bytes) == DMSC_OK;
}
