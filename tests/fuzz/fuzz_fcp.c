/* SPDX-License-Identifier: Apache-2.0 */
/* FCP templates come from the card: what is decoded can be encoded and then stays as it is. */
#include <assert.h>
#include <dmsc/fcp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_fcp fcp, again;
    uint8_t *p, *q;
    struct dmsc_wr w, w2;

    if (dmsc_fcp_decode(dmsc_bytes(data, size), &fcp) != DMSC_OK)
        return 0;
    assert(fcp.has_sfi || fcp.sfi == 0);
    assert((fcp.record_length > 0) ==
           (fcp.structure == DMSC_FILE_LINEAR_FIXED || fcp.structure == DMSC_FILE_CYCLIC));
    p = malloc(size + 64);
    q = malloc(size + 64);
    if (p != NULL && q != NULL) {
        w = dmsc_wr(p, size + 64);
        w2 = dmsc_wr(q, size + 64);
        assert(dmsc_fcp_encode(&fcp, &w) == DMSC_OK);
        assert(dmsc_fcp_decode(dmsc_bytes(p, w.n), &again) == DMSC_OK);
        assert(dmsc_fcp_encode(&again, &w2) == DMSC_OK);
        assert(dmsc_bytes_equal(dmsc_bytes(p, w.n), dmsc_bytes(q, w2.n)));
    }
    free(q);
    free(p);
    return 0;
}
