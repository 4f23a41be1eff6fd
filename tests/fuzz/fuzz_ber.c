/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV: what the strict reader takes is written back as it was; the lenient one takes it too. */
#include "apdu/codec/ber.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_bytes in = { data, size };
    struct dmsc_rd r = dmsc_rd(in), lenient = dmsc_rd(in);
    struct dmsci_tlv tlv, other;
    struct dmsc_bytes found;
    uint8_t *p = malloc(size + 1);
    struct dmsc_wr w = dmsc_wr(p, size);

    if (p == NULL)
        return 0;
    while (dmsci_ber_next(&r, &tlv)) {
        assert(dmsci_ber_next_lenient(&lenient, &other));
        assert(other.tag == tlv.tag && dmsc_bytes_equal(other.value, tlv.value));
        assert(dmsci_ber_find(in, tlv.tag, &found));
        dmsci_ber_put(&w, tlv.tag, tlv.value);
    }
    assert(!w.bad);
    assert(r.bad || dmsc_bytes_equal(dmsc_bytes(p, w.n), in));
    while (dmsci_ber_next_lenient(&lenient, &other))
        assert(other.value.n <= size);
    free(p);
    return 0;
}
