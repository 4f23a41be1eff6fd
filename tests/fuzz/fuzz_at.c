/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a modem, and the fields in them: the first byte says which command waits. */
#include "apdu/link/at/answer.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const char *info, unsigned count)
{
    unsigned long numbers[2] = { 0, 0 };
    const char *hex = NULL;
    size_t n = 0;

    if (dmsci_at_fields(info, count, numbers, &hex, &n) != DMSC_OK)
        return;
    if (n % 2 != 0 || hex < info || hex + n > info + strlen(info) ||
        strspn(hex, "0123456789abcdefABCDEF") < n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const prefixes[] = { "+CSIM", "+CGLA", "+CCHO", "+CRSM", "+CPIN", NULL };
    struct dmsci_at_error error = { 0, DMSC_OK, NULL, NULL };
    const char *info = NULL, *prefix;
    char *line;

    if (size == 0)
        return 0;
    prefix = prefixes[data[0] % (sizeof(prefixes) / sizeof(prefixes[0]))];
    line = malloc(size); /* exactly: the first byte makes room for the end */
    if (line == NULL)
        return 0;
    memcpy(line, data + 1, size - 1);
    line[size - 1] = '\0';
    switch (dmsci_at_classify(line, prefix, &info, &error)) {
    case DMSCI_AT_INFO:
        if (prefix == NULL || info < line || info > line + strlen(line))
            abort();
        for (unsigned count = 0; count <= 2; count++)
            check_fields(info, count);
        break;
    case DMSCI_AT_ERROR:
        if (error.err == DMSC_OK || error.why == NULL || error.code < -1 || error.code > 9999)
            abort();
        break;
    default:
        break;
    }
    free(line);
    return 0;
}
