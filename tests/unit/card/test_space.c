/* SPDX-License-Identifier: Apache-2.0 */
/* Free space of a pool against a map of its bytes. */
#include "host/card/space.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <string.h>

#define SIZE 64u
#define ROOM 12u

static struct dmsc_ctx *ctx;
static uint32_t seed = 20260131;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes: any sequence will do */
    return (seed >> 8) % below;
}

static void map_of(const struct dmsci_space *space, char map[SIZE + 1])
{
    memset(map, '.', SIZE);
    map[SIZE] = '\0';
    for (size_t i = 0; i < space->count; i++) {
        for (uint32_t at = 0; at < space->extents[i].length; at++) {
            assert_int_equal(map[space->extents[i].offset + at], '.');
            map[space->extents[i].offset + at] = (char)('a' + i);
        }
    }
}

static uint32_t largest_in(const char *map)
{
    uint32_t run = 0, largest = 0;

    for (; *map != '\0'; map++) {
        run = *map == '.' ? run + 1 : 0;
        if (run > largest)
            largest = run;
    }
    return largest;
}

/* Some extents that do not overlap. */
static void scatter(struct dmsci_space *space)
{
    char map[SIZE + 1];

    assert_int_equal(dmsci_space_init(space, ctx, ROOM, SIZE), DMSC_OK);
    for (unsigned tries = pick(30); tries > 0 && space->count < ROOM; tries--) {
        uint32_t length = 1 + pick(14), offset = pick(SIZE - length + 1);

        map_of(space, map);
        if (strspn(map + offset, ".") >= length)
            dmsci_space_add(space, offset, length);
    }
}

static void gaps_are_those_of_the_map(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct dmsci_space space;
        char map[SIZE + 1];
        uint32_t length = 1 + pick(20), offset = 0;

        scatter(&space);
        map_of(&space, map);
        assert_int_equal(dmsci_space_largest(&space), largest_in(map));
        if (dmsci_space_highest(&space, length, &offset)) {
            assert_true(strspn(map + offset, ".") >= length);
            assert_true(offset == 0 || map[offset - 1] != '.'); /* the beginning of its gap */
            for (uint32_t higher = offset + (uint32_t)strspn(map + offset, "."); higher < SIZE;
                 higher++)
                assert_true(strspn(map + higher, ".") < length);
        } else {
            assert_true(largest_in(map) < length);
        }
        dmsci_space_clear(&space);
    }
}

/* Every single move tried by hand: none is better than the one chosen. */
static uint32_t best_by_trying(const char *map, const struct dmsci_space *space)
{
    uint32_t best = largest_in(map);

    for (size_t e = 0; e < space->count; e++) {
        uint32_t from = space->extents[e].offset, n = space->extents[e].length;

        for (uint32_t to = 0; to + n <= SIZE; to++) {
            char after[SIZE + 1];

            if (strspn(map + to, ".") < n)
                continue;
            memcpy(after, map, sizeof(after));
            memset(after + from, '.', n);
            memset(after + to, 'Z', n);
            if (largest_in(after) > best)
                best = largest_in(after);
        }
    }
    return best;
}

static void the_best_move_is_the_best(void **state)
{
    unsigned moves = 0;

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        struct dmsci_space space;
        struct dmsci_move move = { 0, 0, 0 };
        char map[SIZE + 1];
        uint32_t best;

        scatter(&space);
        map_of(&space, map);
        best = best_by_trying(map, &space);
        if (dmsci_space_best_move(&space, &move)) {
            assert_true(strspn(map + move.to, ".") >= move.length); /* into free space alone */
            assert_true(map[move.from] != '.');
            memset(map + move.from, '.', move.length);
            memset(map + move.to, 'Z', move.length);
            assert_int_equal(largest_in(map), best);
            moves++;
        } else {
            assert_int_equal(largest_in(map), best);
        }
        dmsci_space_clear(&space);
    }
    print_message("%u moves\n", moves);
}

static void an_empty_and_a_full_pool(void **state)
{
    struct dmsci_space space;
    struct dmsci_move move;
    uint32_t offset = 9;

    (void)state;
    assert_int_equal(dmsci_space_init(&space, ctx, 1, SIZE), DMSC_OK);
    assert_true(dmsci_space_highest(&space, SIZE, &offset));
    assert_int_equal(offset, 0);
    assert_false(dmsci_space_highest(&space, SIZE + 1, &offset));
    assert_false(dmsci_space_best_move(&space, &move));
    dmsci_space_add(&space, 0, SIZE);
    assert_false(dmsci_space_highest(&space, 1, &offset));
    assert_false(dmsci_space_best_move(&space, &move));
    assert_int_equal(dmsci_space_largest(&space), 0);
    dmsci_space_clear(&space);
}

static int setup(void **state)
{
    (void)state;
    print_message("seed %u\n", (unsigned)seed);
    return dmsc_ctx_new(NULL, &ctx);
}

static int teardown(void **state)
{
    (void)state;
    dmsc_ctx_free(ctx);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_those_of_the_map),
        cmocka_unit_test(the_best_move_is_the_best),
        cmocka_unit_test(an_empty_and_a_full_pool),
    };

    return support_exit(cmocka_run_group_tests_name("card/space", tests, setup, teardown),
                        sizeof(tests) / sizeof(tests[0]));
}
