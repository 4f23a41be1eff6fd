/* SPDX-License-Identifier: Apache-2.0 */
/* A message in fields: what is read can be written, and is read the same again. The first byte
 * chooses command, response or envelope. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/usat_describe.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dmsc_bytes write_back(struct dmsc_ctx *ctx, const struct dmsc_usat *usat,
                                    const struct dmsc_usat_parts *parts)
{
    size_t room = usat->objects.n + 8;
    uint8_t *p = malloc(room);
    struct dmsc_wr w = dmsc_wr(p, room);
    enum dmsc_err err;

    assert(p != NULL);
    err = dmsc_usat_parts_encode(ctx, usat->kind, usat->template_tag, dmsc_usat_parts_at(parts, 0),
                                 dmsc_usat_parts_count(parts), &w);
    assert(err == DMSC_OK);
    (void)err;
    return dmsc_bytes(p, w.n);
}

static void check_fields(const struct dmsc_usat_parts *parts)
{
    for (size_t i = 0; i < dmsc_usat_parts_count(parts); i++) {
        const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, i);

        assert(part->name[0] != '\0');
        for (size_t j = 0; j < part->fields; j++)
            assert(part->field[j].name[0] != '\0' && strlen(part->field[j].meaning) < 0x40000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_usat usat = DMSC_USAT_INIT, again = DMSC_USAT_INIT;
    struct dmsc_usat_parts *parts = NULL, *second = NULL;
    struct dmsc_bytes first, twice;
    struct dmsc_ctx *ctx = NULL;

    if (size == 0 || size > 4096 ||
        dmsc_usat_decode((enum dmsc_usat_kind)(data[0] % 3), dmsc_bytes(data + 1, size - 1),
                         &usat) != DMSC_OK ||
        dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsc_usat_parts_decode(ctx, &usat, &parts) == DMSC_OK) {
        check_fields(parts);
        first = write_back(ctx, &usat, parts);
        if (dmsc_usat_decode(usat.kind, first, &again) != DMSC_OK ||
            dmsc_usat_parts_decode(ctx, &again, &second) != DMSC_OK)
            abort();
        twice = write_back(ctx, &again, second);
        assert(dmsc_bytes_equal(first, twice));
        free((void *)(uintptr_t)first.p);
        free((void *)(uintptr_t)twice.p);
    }
    dmsc_usat_parts_free(second);
    dmsc_usat_parts_free(parts);
    dmsc_ctx_free(ctx);
    return 0;
}
