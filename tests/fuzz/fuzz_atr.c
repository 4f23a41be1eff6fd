/* SPDX-License-Identifier: Apache-2.0 */
/* An answer to reset, as a reader hands it over. */
#include <dmsc/atr.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_atr atr;

    if (dmsc_atr_decode(dmsc_bytes(data, size), &atr) != DMSC_OK)
        return 0;
    /* Every byte of it is somewhere: TS, T0, interface bytes, historical bytes, TCK. */
    if (2 + atr.bytes + atr.historical.n + (atr.has_tck ? 1u : 0u) != size || atr.protocols == 0)
        abort();
    return 0;
}
