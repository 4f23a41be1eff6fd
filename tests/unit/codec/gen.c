/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/codec/gen.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct gen gen_begin(const char *what)
{
    const char *given = getenv("DMSC_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    printf("%s: DMSC_SEED=%llu\n", what, (unsigned long long)seed);
    (void)fflush(stdout);
    return (struct gen){ seed };
}

/* splitmix64: every seed is as good as any other, 0 too. */
uint32_t gen_u32(struct gen *gen)
{
    uint64_t z = gen->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)(z >> 32);
}

uint32_t gen_below(struct gen *gen, uint32_t below)
{
    return gen_u32(gen) % below;
}

bool gen_bool(struct gen *gen)
{
    return (gen_u32(gen) & 1) != 0;
}

struct dmsc_bytes gen_bytes(struct gen *gen, uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)gen_u32(gen);
    return dmsc_bytes(p, n);
}

void each_prefix(struct dmsc_bytes bytes, void (*take)(void *user, struct dmsc_bytes prefix),
                 void *user)
{
    for (size_t n = 0; n < bytes.n; n++) {
        struct dmsc_bytes exact = support_copy_exact(dmsc_bytes(bytes.p, n));

        take(user, exact);
        support_free(exact);
    }
}

void each_byte_changed(struct dmsc_bytes bytes, void (*take)(void *user, struct dmsc_bytes changed),
                       void *user)
{
    struct dmsc_bytes exact = support_copy_exact(bytes);
    uint8_t *p = (uint8_t *)(uintptr_t)exact.p;

    for (size_t at = 0; at < bytes.n; at++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            p[at] = (uint8_t)(bytes.p[at] ^ flip);
            take(user, exact);
        }
        p[at] = bytes.p[at];
    }
    support_free(exact);
}
