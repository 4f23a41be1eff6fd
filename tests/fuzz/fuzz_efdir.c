/* SPDX-License-Identifier: Apache-2.0 */
/* Records of EF(DIR) come from the card. */
#include <assert.h>
#include <dmsc/efdir.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_application app, again;
    uint8_t *p;
    struct dmsc_wr w;

    if (dmsc_application_decode(dmsc_bytes(data, size), &app) != DMSC_OK)
        return 0;
    assert(app.aid.n >= 1 && app.aid.n <= 16);
    (void)dmsc_aid_name(app.aid);
    p = malloc(size);
    if (p == NULL)
        return 0;
    w = dmsc_wr(p, size);
    assert(dmsc_application_encode(&app, &w) == DMSC_OK);
    assert(dmsc_application_decode(dmsc_bytes(p, w.n), &again) == DMSC_OK);
    assert(dmsc_bytes_equal(app.aid, again.aid) && dmsc_bytes_equal(app.label, again.label) &&
           dmsc_bytes_equal(app.path, again.path));
    free(p);
    return 0;
}
