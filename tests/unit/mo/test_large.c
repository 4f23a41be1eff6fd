/* SPDX-License-Identifier: Apache-2.0 */
/* Values that never are in memory as a whole: moved, interrupted, put into the tree, read. */
#include "host/mo/large/large.h"
#include "host/store/large.h"
#include "tests/unit/mo/support.h"
#include <dmsc/mo_json.h>
#include <dmsc/mo_ops.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define URI   "./Blob"
#define PIECE 65536u
#define MIB   (1024u * 1024u)
#define NOW   5000

/* Octet @p at of the content that every test here moves. */
static uint8_t octet(uint64_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) * 13 + (at >> 16) * 31);
}

static void fill(uint8_t *to, uint64_t at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = octet(at + i);
}

static const struct dmsc_large_spec plain = {
    .uri = URI, .actor = "local", .tag = { (const uint8_t *)"one", 3 }, .size = DMSC_LARGE_UNKNOWN
};

static struct dmsc_large *open_large(struct bed *bed, const struct dmsc_large_spec *spec)
{
    struct dmsc_large *large = NULL;

    assert_int_equal(dmsc_large_open(bed->tree, spec, NOW, &large), DMSC_OK);
    return large;
}

/* Append until @p to octets are there. */
static enum dmsc_err send(struct dmsc_large *large, uint64_t to)
{
    static uint8_t piece[PIECE];
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && dmsc_large_have(large) < to) {
        uint64_t at = dmsc_large_have(large);
        size_t n = to - at < PIECE ? (size_t)(to - at) : PIECE;

        fill(piece, at, n);
        err = dmsc_large_append(large, dmsc_bytes(piece, n), NOW);
    }
    return err;
}

static enum dmsc_err put(struct bed *bed, struct dmsc_large *large, enum dmsc_format format,
                         const char *type)
{
    enum dmsc_err err;

    bed_begin(bed);
    err = dmsc_large_put(large, &format, type);
    if (err == DMSC_OK)
        bed_commit(bed);
    else
        dmsc_tree_rollback(bed->tree);
    return err;
}

/* A leaf with @p n octets of the content. */
static void plant(struct bed *bed, uint64_t n)
{
    struct dmsc_large *large = open_large(bed, &plain);

    assert_int_equal(send(large, n), DMSC_OK);
    assert_int_equal(put(bed, large, DMSC_FORMAT_BIN, "image/x-test"), DMSC_OK);
    dmsc_large_close(large);
}

static void assert_content(struct bed *bed, const char *uri, uint64_t n)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf part;
    uint64_t at = 0;

    assert_int_equal(dmsc_tree_get(bed->tree, uri, &node), DMSC_OK);
    assert_int_equal(node.size_bytes, n);
    dmsc_node_clear(&node);
    dmsc_buf_init(&part, bed->ctx, PIECE);
    do {
        dmsc_buf_reset(&part);
        assert_int_equal(dmsc_tree_value_part(bed->tree, uri, at, PIECE, &part), DMSC_OK);
        for (size_t i = 0; i < part.n; i++) {
            if (part.p[i] != octet(at + i))
                fail_msg("octet %llu differs", (unsigned long long)(at + i));
        }
        at += part.n;
    } while (part.n > 0);
    assert_int_equal(at, n);
    dmsc_buf_clear(&part);
}

/* The whole way in a store on disk, and what memory it took. */
static void constant_memory(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct fault fault = FAULT_INIT;
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct bed bed = { NULL, NULL, NULL };
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    fault_config(&fault, &config);
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(bed.ctx, path, &bed.store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree), DMSC_OK);
    fault_arm(&fault, FAULT_NEVER, 0);
    (void)sqlite3_memory_highwater(1);
    plant(&bed, 64 * MIB);
    assert_content(&bed, URI, 64 * MIB);
    assert_int_equal(dmsc_tree_get(bed.tree, URI, &node), DMSC_OK);
    assert_string_equal(node.type, "image/x-test");
    assert_int_equal(node.verno, 0);
    dmsc_node_clear(&node);
    /* Nobody gets it as a whole by mistake. */
    dmsc_buf_init(&value, bed.ctx, SIZE_MAX / 2);
    assert_int_equal(dmsc_tree_value(bed.tree, URI, &value), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "value:large");
    dmsc_buf_clear(&value);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_copy_value(bed.tree, URI, URI), DMSC_OK);
    bed_commit(&bed);
    assert_content(&bed, URI, 64 * MIB);
    plant(&bed, 2 * MIB); /* and what was there goes */
    assert_content(&bed, URI, 2 * MIB);
    print_message("64 MiB: at most %zu bytes of ours, %lld of SQLite\n", fault.peak_bytes,
                  (long long)sqlite3_memory_highwater(0));
    assert_true(fault.peak_bytes < 256 * 1024u);
    assert_true(sqlite3_memory_highwater(0) < 4 * (sqlite3_int64)MIB);
    bed_clear(&bed);
    fault_assert_no_leak(&fault);
    support_rmdir(directory);
}

/* A child that sends until it is killed, and tells how far it is. */
static void child(const char *path, int to_parent, uint64_t until)
{
    struct dmsc_large_spec spec = plain;
    struct bed bed = { NULL, NULL, NULL };
    struct dmsc_large *large = NULL;
    uint64_t have;

    spec.size = 8 * MIB;
    if (dmsc_ctx_new(NULL, &bed.ctx) != DMSC_OK ||
        dmsc_store_open(bed.ctx, path, &bed.store) != DMSC_OK ||
        dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree) != DMSC_OK ||
        dmsc_large_open(bed.tree, &spec, NOW, &large) != DMSC_OK)
        _exit(1);
    for (;;) {
        have = dmsc_large_have(large);
        if (write(to_parent, &have, sizeof(have)) != sizeof(have) ||
            send(large, have + PIECE) != DMSC_OK)
            _exit(1);
        if (have >= until)
            (void)pause();
    }
}

/* @return how much the child was told to be on the disk when it was killed */
static uint64_t run_and_kill(const char *path, uint64_t until)
{
    uint64_t told = 0, have = 0;
    int from_child[2], status;
    pid_t pid;

    assert_int_equal(pipe(from_child), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(path, from_child[1], until);
    (void)close(from_child[1]);
    while (told < until && read(from_child[0], &have, sizeof(have)) == sizeof(have))
        told = have;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    (void)close(from_child[0]);
    assert_true(told >= until);
    return told;
}

static void req_HLF_023_a_transfer_goes_on_where_it_stopped(void **state)
{
    static const uint64_t cuts[] = { PIECE, MIB, 3 * MIB, 3 * MIB + PIECE, 7 * MIB };
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct bed bed = { NULL, NULL, NULL };
    struct dmsc_large_spec spec = plain;
    struct dmsc_large *large;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    spec.size = 8 * MIB;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cuts); i++) {
        uint64_t told = run_and_kill(path, cuts[i]);

        assert_int_equal(dmsc_ctx_new(NULL, &bed.ctx), DMSC_OK);
        assert_int_equal(dmsc_store_open(bed.ctx, path, &bed.store), DMSC_OK);
        assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree), DMSC_OK);
        large = open_large(&bed, &spec);
        /* All that was told to be there is, and at most the piece in hand is sent again. */
        assert_true(dmsc_large_have(large) >= told && dmsc_large_have(large) <= told + PIECE);
        dmsc_large_close(large); /* suspended, too: the next child goes on */
        if (i + 1 < DMSCI_ARRAY_LEN(cuts))
            bed_clear(&bed);
    }
    large = open_large(&bed, &spec);
    assert_int_equal(send(large, 8 * MIB), DMSC_OK);
    assert_int_equal(put(&bed, large, DMSC_FORMAT_BIN, NULL), DMSC_OK);
    dmsc_large_close(large);
    assert_content(&bed, URI, 8 * MIB);
    /* Another content, told by its tag, begins anew. */
    large = open_large(&bed, &spec);
    assert_int_equal(send(large, MIB), DMSC_OK);
    dmsc_large_close(large);
    spec.tag = dmsc_bytes_str("another ETag");
    large = open_large(&bed, &spec);
    assert_int_equal(dmsc_large_have(large), 0);
    dmsc_large_close(large);
    bed_clear(&bed);
    support_rmdir(directory);
    req_done("HLF-023");
}

struct seen {
    unsigned n;
    uint64_t have, size;
    char actor[32], uri[32];
};

static bool see(void *user, const struct dmsc_large_info *info)
{
    struct seen *seen = user;

    seen->n++;
    seen->have = info->have;
    seen->size = info->size;
    (void)snprintf(seen->actor, sizeof(seen->actor), "%s", info->actor);
    (void)snprintf(seen->uri, sizeof(seen->uri), "%s", info->uri);
    return true;
}

static struct seen transfers(struct bed *bed)
{
    struct seen seen = { .n = 0 };

    assert_int_equal(dmsc_large_each(bed->tree, see, &seen), DMSC_OK);
    return seen;
}

static void transfers_are_known_and_forgotten(void **state)
{
    struct dmsc_large_spec spec = plain;
    struct dmsc_large *large = NULL;
    struct seen seen;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    spec.size = 100000;
    large = open_large(&bed, &spec);
    assert_int_equal(send(large, 70000), DMSC_OK);
    dmsc_large_close(large);
    seen = transfers(&bed);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.have, 70000);
    assert_int_equal(seen.size, 100000);
    assert_string_equal(seen.actor, "local");
    assert_string_equal(seen.uri, URI);
    /* Another size is another content; another actor has a transfer of his own. */
    spec.size = 100001;
    large = open_large(&bed, &spec);
    assert_int_equal(dmsc_large_have(large), 0);
    assert_int_equal(dmsc_large_drop(large), DMSC_OK);
    dmsc_large_close(large);
    assert_int_equal(transfers(&bed).n, 0);
    large = open_large(&bed, &spec);
    dmsc_large_close(large);
    spec.actor = "ma:com.a";
    large = open_large(&bed, &spec);
    dmsc_large_close(large);
    assert_int_equal(transfers(&bed).n, 2);
    assert_int_equal(dmsc_large_forget(bed.tree, "ma:com.b", URI), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_large_forget(bed.tree, "ma:com.a", URI), DMSC_OK);
    assert_int_equal(transfers(&bed).n, 1);
    /* Seven days later the other one is gone, and with it the place that it took. */
    spec.uri = "./Other";
    assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW + 7 * 24 * 3600 + 1, &large), DMSC_OK);
    dmsc_large_close(large);
    seen = transfers(&bed);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.uri, "./Other");
    bed_clear(&bed);
}

static void only_so_many_and_so_long(void **state)
{
    struct dmsc_large_spec spec = plain;
    struct dmsc_large *large = NULL;
    struct bed bed;
    char uri[32];

    (void)state;
    bed_make(&bed, NULL);
    for (unsigned i = 0; i <= dmsc_ctx_limits(bed.ctx)->transfers; i++) {
        (void)snprintf(uri, sizeof(uri), "./n%u", i);
        spec.uri = uri;
        if (i < dmsc_ctx_limits(bed.ctx)->transfers) {
            large = open_large(&bed, &spec);
            dmsc_large_close(large);
        }
    }
    assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW, &large), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "large:many");
    spec.uri = "./n0";
    spec.size = dmsc_ctx_limits(bed.ctx)->large_value + 1;
    assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW, &large), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "large:size");
    spec.size = 10;
    large = open_large(&bed, &spec);
    assert_int_equal(dmsc_large_append(large, dmsc_bytes_str("12345678901"), NOW),
                     DMSC_E_MALFORMED);
    assert_string_equal(bed_reason(&bed), "large:longer");
    assert_int_equal(dmsc_large_append(large, dmsc_bytes_str("123456789"), NOW), DMSC_OK);
    assert_int_equal(put(&bed, large, DMSC_FORMAT_CHR, "text/plain"), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "large:incomplete");
    assert_int_equal(dmsc_large_append(large, dmsc_bytes_str("0"), NOW), DMSC_OK);
    /* Small after all: a value like others. */
    assert_int_equal(put(&bed, large, DMSC_FORMAT_CHR, "text/plain"), DMSC_OK);
    dmsc_large_close(large);
    spec.tag.p = (const uint8_t *)uri;
    spec.tag.n = 257;
    assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW, &large), DMSC_E_ARG);
    bed_clear(&bed);
}

/* Nobody takes the room of all, and nobody the places of another. */
static void only_so_much_in_all(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_large_spec spec = plain;
    struct bed bed = { NULL, NULL, NULL };
    struct dmsc_large *large;
    char uri[32];

    (void)state;
    config.limits.large_total = 5 * MIB;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(bed_open(&bed, NULL), DMSC_OK);
    plant(&bed, 2 * MIB);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_copy_value(bed.tree, URI, URI), DMSC_OK);
    /* What a change has dropped counts until it is kept. */
    assert_int_equal(dmsc_tree_copy_value(bed.tree, URI, URI), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "large:total");
    bed_commit(&bed);
    spec.uri = "./Other";
    large = open_large(&bed, &spec);
    assert_int_equal(send(large, 4 * MIB), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "large:total");
    assert_int_equal(dmsc_large_drop(large), DMSC_OK);
    dmsc_large_close(large);
    for (unsigned i = 0; i < dmsc_ctx_limits(bed.ctx)->transfers; i++) {
        (void)snprintf(uri, sizeof(uri), "./n%u", i);
        spec.uri = uri;
        large = open_large(&bed, &spec);
        dmsc_large_close(large);
    }
    spec.uri = "./more";
    assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW, &large), DMSC_E_LIMIT);
    spec.actor = "ma:com.a";
    large = open_large(&bed, &spec);
    dmsc_large_close(large);
    bed_clear(&bed);
}

static void small_ones_are_plain(void **state)
{
    struct dmsc_large *large;
    struct dmsc_buf value;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    plant(&bed, 100000);
    assert_content(&bed, URI, 100000);
    dmsc_buf_init(&value, bed.ctx, 200000);
    assert_int_equal(dmsc_tree_value(bed.tree, URI, &value), DMSC_OK);
    assert_int_equal(value.n, 100000);
    assert_int_equal(transfers(&bed).n, 0);
    /* Nothing at all is a value, too. */
    large = open_large(&bed, &plain);
    assert_int_equal(put(&bed, large, DMSC_FORMAT_BIN, NULL), DMSC_OK);
    dmsc_large_close(large);
    assert_int_equal(dmsc_tree_value(bed.tree, URI, &value), DMSC_OK);
    assert_int_equal(value.n, 0);
    dmsc_buf_clear(&value);
    bed_clear(&bed);
}

static enum dmsc_err nothing_behind(void *user, const char *path, struct dmsc_bytes value)
{
    (void)user;
    (void)path;
    (void)value;
    return DMSC_OK;
}

static void not_everywhere(void **state)
{
    static const struct dmsc_mo_ops ops = { .set = nothing_behind };
    static const struct {
        const char *uri;
        enum dmsc_err err;
        const char *reason;
    } rows[] = {
        { "./Node", DMSC_E_STATE, "node:interior" },
        { "./X/AAuthSecret", DMSC_E_UNSUPPORTED, "large:secret" },
        { "./Bound/Leaf", DMSC_E_UNSUPPORTED, "large:bound" },
    };
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./Node", DMSC_FORMAT_NODE, NULL);
    bed_add(&bed, "./Bound", DMSC_FORMAT_NODE, NULL);
    assert_int_equal(dmsc_tree_bind(bed.tree, "./Bound", &ops, NULL), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        struct dmsc_large_spec spec = plain;
        struct dmsc_large *large = NULL;

        spec.uri = rows[i].uri;
        assert_int_equal(dmsc_large_open(bed.tree, &spec, NOW, &large), rows[i].err);
        assert_string_equal(bed_reason(&bed), rows[i].reason);
        assert_null(large);
    }
    assert_int_equal(transfers(&bed).n, 0);
    bed_clear(&bed);
}

/* Two who think that they go on with one transfer: one does. */
static void one_at_a_time(void **state)
{
    struct dmsc_large *one, *two;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    one = open_large(&bed, &plain);
    two = open_large(&bed, &plain);
    assert_int_equal(send(one, 10), DMSC_OK);
    assert_int_equal(send(two, 10), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "large:taken");
    assert_int_equal(put(&bed, two, DMSC_FORMAT_BIN, NULL), DMSC_E_STATE);
    assert_int_equal(put(&bed, one, DMSC_FORMAT_BIN, NULL), DMSC_OK);
    assert_int_equal(send(one, 20), DMSC_E_STATE);
    dmsc_large_close(one);
    dmsc_large_close(two);
    bed_clear(&bed);
}

/* The rules of the format hold where a piece ends in the middle of a character. */
static void formats_are_checked(void **state)
{
    static const struct {
        enum dmsc_format format;
        const char *unit, *last;
        enum dmsc_err err;
    } rows[] = {
        { DMSC_FORMAT_CHR, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "", DMSC_OK },
        { DMSC_FORMAT_XML, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "", DMSC_OK },
        { DMSC_FORMAT_CHR, "\xE2\x82\xAC", "\xE2\x82", DMSC_E_MALFORMED },
        { DMSC_FORMAT_CHR, "\xE2\x82\xAC", "\xC3(", DMSC_E_MALFORMED },
        { DMSC_FORMAT_CHR, "abc", "\x01", DMSC_E_MALFORMED },
        { DMSC_FORMAT_CHR, "abc", "\xEF\xBF\xBE", DMSC_E_MALFORMED },
        { DMSC_FORMAT_B64, "QUJD", "QUI=", DMSC_OK },
        { DMSC_FORMAT_B64, "QUJD", "Q", DMSC_E_MALFORMED },
        { DMSC_FORMAT_B64, "QUJD", "*AAA", DMSC_E_MALFORMED },
        { DMSC_FORMAT_INT, "1111", "", DMSC_E_MALFORMED },
        { DMSC_FORMAT_NODE, "1111", "", DMSC_E_MALFORMED },
    };
    struct bed bed;
    struct dmsc_buf text;

    (void)state;
    bed_make(&bed, NULL);
    dmsc_buf_init(&text, bed.ctx, 2 * MIB);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        struct dmsc_large *large = open_large(&bed, &plain);
        enum dmsc_err err;

        dmsc_buf_reset(&text);
        while (text.n <= MIB)
            assert_int_equal(dmsc_buf_append_str(&text, rows[i].unit), DMSC_OK);
        assert_int_equal(dmsc_buf_append_str(&text, rows[i].last), DMSC_OK);
        /* Pieces of 65536 and of other sizes cut characters in every way. */
        for (size_t at = 0; at < text.n;) {
            size_t n = at % 3 == 0 ? 50001 : 65537;

            n = text.n - at < n ? text.n - at : n;
            assert_int_equal(dmsc_large_append(large, dmsc_bytes(text.p + at, n), NOW), DMSC_OK);
            at += n;
        }
        err = put(&bed, large, rows[i].format, "text/plain");
        if (err != rows[i].err)
            fail_msg("row %zu: %d", i, (int)err);
        assert_int_equal(transfers(&bed).n, err != DMSC_OK);
        if (err != DMSC_OK)
            assert_int_equal(dmsc_large_drop(large), DMSC_OK);
        dmsc_large_close(large);
    }
    dmsc_buf_clear(&text);
    bed_clear(&bed);
}

static int64_t id_of(struct bed *bed, const char *uri)
{
    struct dmsci_row row;
    bool there = false;

    assert_int_equal(dmsci_row_get(bed->store, uri, &row, &there), DMSC_OK);
    assert_true(there);
    return row.large;
}

static bool stored(struct bed *bed, int64_t id)
{
    struct dmsc_buf octets;
    bool any;

    dmsc_buf_init(&octets, bed->ctx, 10);
    assert_int_equal(dmsci_large_read(bed->store, id, 0, 10, &octets), DMSC_OK);
    any = octets.n > 0;
    dmsc_buf_clear(&octets);
    return any;
}

/* Renamed, copied, replaced, deleted: the octets go with their leaf and nowhere else. */
static void lives_with_its_leaf(void **state)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    int64_t first, copy;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    plant(&bed, MIB + 5);
    bed_add(&bed, "./Copy", DMSC_FORMAT_CHR, "x");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_rename(bed.tree, URI, "Renamed"), DMSC_OK);
    assert_int_equal(dmsc_tree_copy_value(bed.tree, "./Renamed", "./Copy"), DMSC_OK);
    assert_int_equal(dmsc_tree_copy_value(bed.tree, "./Copy", "./Copy"), DMSC_OK);
    bed_commit(&bed);
    assert_content(&bed, "./Renamed", MIB + 5);
    assert_content(&bed, "./Copy", MIB + 5);
    assert_int_equal(dmsc_tree_get(bed.tree, "./Copy", &node), DMSC_OK);
    assert_string_equal(node.type, "image/x-test");
    assert_int_equal(node.format, DMSC_FORMAT_BIN);
    dmsc_node_clear(&node);
    first = id_of(&bed, "./Renamed");
    copy = id_of(&bed, "./Copy");
    assert_true(first != copy);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_replace(bed.tree, "./Renamed", NULL, NULL, dmsc_bytes_str("now")),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_set_title(bed.tree, "./Copy", "a title"), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./Copy", "AAuthSecret"), DMSC_E_LIMIT);
    bed_commit(&bed);
    assert_false(stored(&bed, first));
    assert_content(&bed, "./Copy", MIB + 5);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./Copy", false), DMSC_OK);
    dmsc_tree_rollback(bed.tree);
    assert_content(&bed, "./Copy", MIB + 5);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./Copy", false), DMSC_OK);
    bed_commit(&bed);
    assert_false(stored(&bed, copy));
    bed_clear(&bed);
}

/* A change that is undone gives the transfer back. */
static void undone(void **state)
{
    const enum dmsc_format bin = DMSC_FORMAT_BIN;
    struct dmsc_large *large;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    large = open_large(&bed, &plain);
    assert_int_equal(send(large, MIB + 1), DMSC_OK);
    assert_int_equal(dmsc_large_put(large, &bin, NULL), DMSC_E_STATE); /* outside a change */
    bed_begin(&bed);
    assert_int_equal(dmsc_large_put(large, &bin, NULL), DMSC_OK);
    dmsc_tree_rollback(bed.tree);
    assert_int_equal(transfers(&bed).n, 1);
    assert_int_equal(put(&bed, large, bin, NULL), DMSC_OK);
    dmsc_large_close(large);
    assert_int_equal(transfers(&bed).n, 0);
    assert_content(&bed, URI, MIB + 1);
    bed_clear(&bed);
}

/* An export is in memory anyway: a large value is in it where there is room. */
static void exports_within_their_room(void **state)
{
    struct dmsc_buf out;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    plant(&bed, MIB + 300);
    for (unsigned json = 0; json < 2; json++) {
        dmsc_buf_init(&out, bed.ctx, 2 * MIB);
        assert_int_equal(json != 0 ? dmsc_mo_json_export(bed.tree, URI, NULL, NULL, &out)
                                   : dmsc_tnds_export(bed.tree, URI, NULL, NULL, &out),
                         DMSC_OK);
        assert_true(out.n > (MIB + 300) / 3 * 4);
        dmsc_buf_clear(&out);
        dmsc_buf_init(&out, bed.ctx, MIB);
        assert_int_equal(json != 0 ? dmsc_mo_json_export(bed.tree, URI, NULL, NULL, &out)
                                   : dmsc_tnds_export(bed.tree, URI, NULL, NULL, &out),
                         DMSC_E_LIMIT);
        assert_int_equal(out.n, 0);
        dmsc_buf_clear(&out);
    }
    bed_clear(&bed);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    static const enum dmsc_format chr = DMSC_FORMAT_CHR;
    struct bed bed = { ctx, NULL, NULL };
    struct dmsc_large *large = NULL;
    static uint8_t text[MIB + 10];
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    memset(text, 'x', sizeof(text));
    if (err == DMSC_OK)
        err = dmsc_large_open(bed.tree, &plain, NOW, &large);
    if (err == DMSC_OK)
        err = dmsc_large_append(large, dmsc_bytes(text, sizeof(text)), NOW);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", NOW);
    if (err == DMSC_OK)
        err = dmsc_large_put(large, &chr, "text/plain");
    if (err == DMSC_OK)
        err = dmsc_tree_copy_value(bed.tree, URI, URI);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bed.tree);
    dmsc_large_close(large);
    bed_close(&bed);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_memory),
        cmocka_unit_test(req_HLF_023_a_transfer_goes_on_where_it_stopped),
        cmocka_unit_test(transfers_are_known_and_forgotten),
        cmocka_unit_test(only_so_many_and_so_long),
        cmocka_unit_test(only_so_much_in_all),
        cmocka_unit_test(small_ones_are_plain),
        cmocka_unit_test(not_everywhere),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(formats_are_checked),
        cmocka_unit_test(lives_with_its_leaf),
        cmocka_unit_test(undone),
        cmocka_unit_test(exports_within_their_room),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
