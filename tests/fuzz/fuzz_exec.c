/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a helper, taken for each kind of answer. */
#include "apdu/link/exec/text.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1), hex[67];
    enum dmsc_protocol protocol = DMSC_T0;
    enum dmsc_err err = DMSC_OK;
    const char *why = NULL;
    uint32_t handle = 0;
    bool channels = false;

    if (line == NULL)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    if (dmsci_exec_greeting(line, &channels) &&
        strlen(line) != strlen(DMSCI_EXEC_GREETING) + (channels ? strlen(" channels") : 0))
        abort();
    if (dmsci_exec_error(line, &err, &why) && (err == DMSC_OK || why == NULL || why[0] == '\0'))
        abort();
    if (dmsci_exec_atr(line, hex, &protocol) &&
        (strlen(hex) % 2 != 0 || strspn(hex, "0123456789ABCDEFabcdef") != strlen(hex) ||
         (protocol != DMSC_T0 && protocol != DMSC_T1)))
        abort();
    if (dmsci_exec_handle(line, &handle) && strtoull(line + 7, NULL, 10) != handle)
        abort();
    free(line);
    return 0;
}
