/* SPDX-License-Identifier: Apache-2.0 */
/* The templates inside an FCP, taken from a whole one: A5, C6, 8B. */
#include <dmsc/fcp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    struct dmsc_fcp_proprietary p;
    uint8_t block[1024];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_fcp fcp;
    uint16_t fid;
    uint8_t record;
    size_t n = 0;

    if (dmsc_fcp_decode(dmsc_bytes(data, size), &fcp) != DMSC_OK)
        return 0;
    if (dmsc_fcp_proprietary_decode(fcp.proprietary, &p) == DMSC_OK &&
        p.filling.n + p.repeat.n + p.environment.n > fcp.proprietary.n)
        abort();
    if (dmsc_pin_status_decode(fcp.pin_status, keys, &n) == DMSC_OK &&
        (n > DMSC_PIN_STATUS_MAX || n * 3 > fcp.pin_status.n))
        abort();
    for (unsigned environment = 0; environment < 4; environment++) {
        if (dmsc_fcp_rule(&fcp, (uint8_t)environment, &fid, &record) == DMSC_OK &&
            fcp.security_referenced.n < 3)
            abort();
    }
    if (dmsc_fcp_encode_create(&fcp, &w) == DMSC_OK && w.n > sizeof(block))
        abort();
    return 0;
}
