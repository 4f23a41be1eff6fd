/* SPDX-License-Identifier: Apache-2.0 */
/* A proactive command, a TERMINAL RESPONSE or an ENVELOPE; the first byte chooses. */
#include <assert.h>
#include <dmsc/usat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_usat_object object;
    uint8_t result;
    struct dmsc_rd r;

    if (size == 0 || dmsc_usat_decode((enum dmsc_usat_kind)(data[0] % 3),
                                      dmsc_bytes(data + 1, size - 1), &usat) != DMSC_OK)
        return 0;
    r = dmsc_rd(usat.objects);
    while (dmsc_usat_next(&r, &object))
        assert(dmsc_usat_find(&usat, object.tag, NULL));
    assert(!r.bad);
    result = dmsc_usat_comprehend(&usat);
    assert(result <= 0x01 || result == 0x31 || result == 0x32 || result == 0x36);
    assert(result != 0x00 || (usat.has_details && usat.has_devices));
    return 0;
}
