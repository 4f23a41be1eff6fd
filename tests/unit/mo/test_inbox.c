/* SPDX-License-Identifier: Apache-2.0 */
/* Objects left in the Inbox, and the places they go to. */
#include "tests/unit/mo/support.h"
#include <dmsc/inbox.h>
#include <stdio.h>
#include <string.h>

struct sender {
    struct bed *bed;
    const char *hidden;
    char placed[1000];
    enum dmsc_err answer;
};

static bool visible(void *user, const char *uri)
{
    const struct sender *s = user;

    return s->hidden == NULL || strcmp(s->hidden, uri) != 0;
}

static enum dmsc_err place(void *user, const char *uri, const char *moid)
{
    struct sender *s = user;
    size_t n = strlen(s->placed);
    bool there = true;

    /* Nothing is there yet. */
    assert_int_equal(dmsc_tree_has(s->bed->tree, uri, &there), DMSC_OK);
    assert_false(there);
    (void)snprintf(s->placed + n, sizeof(s->placed) - n, "%s %s\n", uri, moid);
    return s->answer;
}

static void make_before(struct bed *bed, const char *line)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf uri;
    char at[200], moid[200];

    assert_int_equal(sscanf(line, "%199s %199s", at, moid), 2);
    dmsc_buf_init(&uri, bed->ctx, 300);
    assert_int_equal(dmsc_uri_normalise(bed->ctx, at, &uri, NULL), DMSC_OK);
    spec.type = moid;
    bed_begin(bed);
    assert_int_equal(dmsc_tree_add(bed->tree, dmsc_buf_str(&uri), &spec), DMSC_OK);
    bed_commit(bed);
    dmsc_buf_clear(&uri);
}

static void say_place(struct bed *bed, const char *line)
{
    char moid[200], parent[200];

    assert_int_equal(sscanf(line, "%199s %199s", moid, parent), 2);
    assert_int_equal(dmsc_tree_place_mo(bed->tree, moid, strcmp(parent, "-") == 0 ? NULL : parent),
                     DMSC_OK);
}

static void check_places(struct vectors *v, struct bed *bed, const struct sender *s)
{
    struct dmsc_buf dump = bed_dump(bed, vec_text(v, "from"));
    char expected[1000] = "";

    for (size_t i = 0; i < vec_count(v, "placed"); i++) {
        (void)strncat(expected, vec_nth(v, "placed", i), 400);
        (void)strcat(expected, "\n");
    }
    if (strcmp(s->placed, expected) != 0)
        vec_fail(v, "placed: %s", s->placed);
    dmsc_buf_truncate(&dump, dump.n - 1);
    vec_assert_text(v, "tree", dmsc_buf_str(&dump));
    dmsc_buf_clear(&dump);
}

static void check_block(struct vectors *v, struct bed *bed)
{
    struct sender s = { .bed = bed, .hidden = vec_text_or(v, "hidden", NULL) };
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    struct dmsc_bytes copy = support_copy_exact(dmsc_bytes_str(vec_text(v, "xml")));
    struct dmsc_buf before, after;

    for (size_t i = 0; i < vec_count(v, "place"); i++)
        say_place(bed, vec_nth(v, "place", i));
    for (size_t i = 0; i < vec_count(v, "before"); i++)
        make_before(bed, vec_nth(v, "before", i));
    before = bed_dump(bed, ".");
    how.target = vec_text_or(v, "target", DMSC_INBOX);
    how.acl = vec_text_or(v, "acl", NULL);
    how.skip_unknown = strcmp(vec_text_or(v, "skip", "no"), "yes") == 0;
    how.visible = visible;
    how.place = place;
    how.user = &s;
    bed_begin(bed);
    vec_assert_err(v, dmsc_inbox_add(bed->tree, &how, copy));
    /* Committed even after a failure: nothing of it may have stayed. */
    bed_commit(bed);
    support_free(copy);
    after = bed_dump(bed, ".");
    if (vec_has(v, "error")) {
        vec_assert_text(v, "reason", bed_reason(bed));
        assert_string_equal(dmsc_buf_str(&after), dmsc_buf_str(&before));
    } else {
        check_places(v, bed, &s);
    }
    assert_null(strstr(dmsc_buf_str(&after), "\n./Inbox"));
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&after);
}

static void table(void **state)
{
    struct vectors *v = vectors_open("mo/inbox.txt");

    (void)state;
    while (vectors_next(v)) {
        struct bed bed;

        bed_make(&bed, NULL);
        check_block(v, &bed);
        bed_clear(&bed);
    }
    vectors_close(v);
}

#define OBJECT(name)                                                                               \
    "<Node><NodeName>" name "</NodeName><RTProperties><Type><DDFName>"                             \
    "urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties></Node>"
#define OBJECTS(nodes) "<MgmtTree><VerDTD>1.2</VerDTD>" nodes "</MgmtTree>"

static enum dmsc_err add(struct bed *bed, const struct dmsc_inbox *how, const char *xml)
{
    enum dmsc_err err;

    bed_begin(bed);
    err = dmsc_inbox_add(bed->tree, how, dmsc_bytes_str(xml));
    bed_commit(bed);
    return err;
}

/* Who refuses one place refuses the whole. */
static void the_sender_is_asked_first(void **state)
{
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    struct sender s = { .answer = DMSC_E_DENIED };
    struct bed bed;
    bool there = true;

    (void)state;
    bed_make(&bed, NULL);
    s.bed = &bed;
    how.place = place;
    how.user = &s;
    assert_int_equal(add(&bed, &how, OBJECTS(OBJECT("A") OBJECT("B"))), DMSC_E_DENIED);
    assert_string_equal(s.placed, "./DMAcc/A urn:oma:mo:oma-dm-dmacc:1.0\n");
    assert_int_equal(dmsc_tree_has(bed.tree, "./DMAcc", &there), DMSC_OK);
    assert_false(there);
    assert_int_equal(dmsc_inbox_add(bed.tree, &how, dmsc_bytes_str(OBJECTS(OBJECT("A")))),
                     DMSC_E_STATE); /* outside of a change */
    bed_clear(&bed);
}

/* The hundredth object of one name is named as quickly as the first. */
static void many_of_one_name(void **state)
{
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    for (unsigned i = 1; i <= 100; i++) {
        char uri[40];
        bool there = false;

        (void)snprintf(uri, sizeof(uri), i == 1 ? "./DMAcc/A" : "./DMAcc/A-%u", i);
        assert_int_equal(add(&bed, &how, OBJECTS(OBJECT("A"))), DMSC_OK);
        assert_int_equal(dmsc_tree_has(bed.tree, uri, &there), DMSC_OK);
        assert_true(there);
    }
    bed_clear(&bed);
}

static void objects_are_counted(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    struct bed bed = { NULL, NULL, NULL };

    (void)state;
    config.limits.inbox_objects = 2;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(bed_open(&bed, NULL), DMSC_OK);
    assert_int_equal(add(&bed, &how, OBJECTS(OBJECT("A") OBJECT("B") OBJECT("C"))), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "inbox:objects");
    assert_int_equal(add(&bed, &how, OBJECTS(OBJECT("A") OBJECT("B"))), DMSC_OK);
    bed_clear(&bed);
}

/* Objects are taken from the Inbox and nothing else gets in, by whatever way. */
static void nothing_stays_in_the_inbox(void **state)
{
    static const struct dmsc_tnds_import into = { .base = DMSC_INBOX, .mode = DMSC_TNDS_ADD };
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./Other", DMSC_FORMAT_NODE, "");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./Inbox/a", &spec), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "inbox:node");
    assert_int_equal(dmsc_tnds_import(bed.tree, &into, dmsc_bytes_str(OBJECTS(OBJECT("A"))), NULL),
                     DMSC_E_STATE);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./Other", "Inbox"), DMSC_E_STATE);
    assert_int_equal(dmsc_tree_add(bed.tree, "./Inbox", &spec), DMSC_OK);
    bed_commit(&bed);
    bed_clear(&bed);
}

static void places_are_checked(void **state)
{
    struct bed bed;
    char moid[32];

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "", "./A"), DMSC_E_ARG);
    assert_string_equal(bed_reason(&bed), "inbox:moid");
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "urn:x\n", "./A"), DMSC_E_ARG);
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "urn:x", "./A//B"), DMSC_E_MALFORMED);
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "urn:x", "A"), DMSC_E_ARG);
    for (unsigned i = 0; i < 64; i++) {
        (void)snprintf(moid, sizeof(moid), "urn:x:%u", i);
        assert_int_equal(dmsc_tree_place_mo(bed.tree, moid, "./A"), DMSC_OK);
    }
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "urn:x:more", "./A"), DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "inbox:places");
    assert_int_equal(dmsc_tree_place_mo(bed.tree, "urn:x:1", "./B"), DMSC_OK);
    bed_clear(&bed);
}

/* Whole or not at all, whatever allocation fails. */
static enum dmsc_err starved(struct dmsc_ctx *ctx, void *user)
{
    static const char xml[] =
        OBJECTS(OBJECT("A") "<Node><NodeName>B</NodeName><RTProperties><Type><DDFName>urn:x:b:1.0"
                            "</DDFName></Type></RTProperties><Node><NodeName>r</NodeName><Value>"
                            "./Inbox/A</Value></Node></Node>");
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    struct bed bed = { .ctx = ctx };
    bool a = false, b = false;
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_tree_place_mo(bed.tree, "urn:x:b:1.0", "./B");
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK) {
        err = dmsc_inbox_add(bed.tree, &how, dmsc_bytes_str(xml));
        if (dmsc_tree_has(bed.tree, "./DMAcc/A", &a) == DMSC_OK &&
            dmsc_tree_has(bed.tree, "./B/B/r", &b) == DMSC_OK)
            assert_true(a == b && a == (err == DMSC_OK));
        dmsc_tree_rollback(bed.tree);
    }
    bed_close(&bed);
    return err;
}

static void without_memory(void **state)
{
    (void)state;
    assert_true(fault_torture(starved, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(the_sender_is_asked_first),
        cmocka_unit_test(many_of_one_name),
        cmocka_unit_test(objects_are_counted),
        cmocka_unit_test(nothing_stays_in_the_inbox),
        cmocka_unit_test(places_are_checked),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
