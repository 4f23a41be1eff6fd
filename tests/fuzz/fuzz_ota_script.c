/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts of TS 102 226: what is well formed can be stepped through, written and read again. */
#include "apdu/codec/ota/script.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t copy_items(const struct dmsci_script *script, struct dmsc_wr *w)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    struct dmsci_script_item item;
    size_t count = 0;

    for (; dmsci_script_next(script, &r, &item); count++) {
        if (script->format == DMSCI_SCRIPT_COMPACT)
            dmsc_wr_bytes(w, item.value);
        else
            dmsci_script_put(w, item.tag, item.value);
    }
    assert(!r.bad);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_compact_response response;
    struct dmsci_script script, again;
    enum dmsci_script_fault fault;
    uint8_t *body = malloc(size + 1), *out = malloc(size + 8);
    struct dmsc_wr b = dmsc_wr(body, size), w = dmsc_wr(out, size + 8), none = dmsc_wr(NULL, 0);
    enum dmsc_err err = dmsci_script_decode(dmsc_bytes(data, size), &script, &fault);

    if (dmsci_compact_response_decode(dmsc_bytes(data, size), &response) == DMSC_OK)
        assert(response.data.n + 3 == size);
    assert((err == DMSC_OK) == (fault == DMSCI_SCRIPT_FINE));
    if (err == DMSC_OK && body != NULL && out != NULL) {
        size_t count = copy_items(&script, &b);

        assert(!b.bad);
        dmsci_script_encode(script.format, dmsc_bytes(body, b.n), &w);
        assert(!w.bad);
        assert(dmsci_script_decode(dmsc_bytes(out, w.n), &again, NULL) == DMSC_OK);
        assert(again.format == script.format && copy_items(&again, &none) == count);
    }
    free(body);
    free(out);
    return 0;
}
