/* SPDX-License-Identifier: Apache-2.0 */
/* Access rules come from cards and profiles. Whatever they say: no key at all opens no more than
 * "always" and "not" do, and decoding twice gives the same answer. */
#include "apdu/codec/arr.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_bytes in = { data, size };
    struct dmsci_arr_rule rule, again;

    if (dmsci_arr_decode(in, &rule) == DMSC_OK) {
        assert(dmsci_arr_decode(in, &again) == DMSC_OK);
        for (unsigned i = 0; i < DMSCI_ARR_ACCESSES; i++) {
            assert(rule.access[i].n <= DMSCI_ARR_TERMS);
            for (unsigned j = 0; j < rule.access[i].n; j++) {
                assert((rule.access[i].term[j].with & rule.access[i].term[j].without) == 0);
                assert(rule.access[i].term[j].with == again.access[i].term[j].with);
                /* The keys a term wants, and no others, meet it. */
                assert(dmsci_arr_met(&rule.access[i], rule.access[i].term[j].with));
            }
        }
    }
    if (dmsci_arr_decode_compact(in, &rule) == DMSC_OK) {
        for (unsigned i = 0; i < DMSCI_ARR_ACCESSES; i++)
            assert(rule.access[i].n <= 1);
    }
    return 0;
}
