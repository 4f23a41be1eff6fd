/* SPDX-License-Identifier: Apache-2.0 */
/* COMPREHENSION-TLV: what is read can be written, is not longer then, and reads the same. */
#include "apdu/codec/ctlv.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct dmsc_bytes in, struct dmsc_bytes written)
{
    struct dmsc_rd r = dmsc_rd(in), again = dmsc_rd(written);
    struct dmsci_ctlv tlv, other;

    while (dmsci_ctlv_next(&r, &tlv)) {
        assert(dmsci_ctlv_next(&again, &other));
        assert(other.tag == tlv.tag && dmsc_bytes_equal(other.value, tlv.value));
        assert(other.comprehension_required == tlv.comprehension_required);
    }
    assert(dmsc_rd_end(&again) == DMSC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_bytes in = { data, size };
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_ctlv tlv;
    struct dmsc_bytes found;
    uint8_t *p = malloc(size + 1);
    struct dmsc_wr w = dmsc_wr(p, size);

    if (p == NULL)
        return 0;
    while (dmsci_ctlv_next(&r, &tlv)) {
        assert(tlv.tag > 0 && tlv.tag < 0x8000);
        assert(dmsci_ctlv_find(in, tlv.tag, &found));
        if (tlv.value.n <= 0xFFFF)
            dmsci_ctlv_put(&w, tlv.tag, tlv.comprehension_required, tlv.value);
    }
    assert(!w.bad);
    if (size <= 0xFFFF)
        compare(in, dmsc_bytes(p, w.n));
    free(p);
    return 0;
}
