/* SPDX-License-Identifier: Apache-2.0 */
/* Generated input that can be had again: the seed is printed and comes back in DMSC_SEED. */
#ifndef TESTS_UNIT_CODEC_GEN_H
#define TESTS_UNIT_CODEC_GEN_H

#include <dmsc/bytes.h>

struct gen {
    uint64_t state;
};

/** Seeded by the clock, or by the environment variable DMSC_SEED; prints which. */
struct gen gen_begin(const char *what);
uint32_t gen_u32(struct gen *gen);
/** 0 .. below - 1 */
uint32_t gen_below(struct gen *gen, uint32_t below);
bool gen_bool(struct gen *gen);
/** Fill @p p with @p n bytes and give them as bytes. */
struct dmsc_bytes gen_bytes(struct gen *gen, uint8_t *p, size_t n);

/** Call @p take with every proper prefix of @p bytes, each in a heap block of exactly its size. */
void each_prefix(struct dmsc_bytes bytes, void (*take)(void *user, struct dmsc_bytes prefix),
                 void *user);
/** Call @p take with every change of a single byte of @p bytes to every other value. */
void each_byte_changed(struct dmsc_bytes bytes, void (*take)(void *user, struct dmsc_bytes changed),
                       void *user);

#endif
