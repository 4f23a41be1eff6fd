/* SPDX-License-Identifier: Apache-2.0 */
/* The MA list as values, and putting one in force. */
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

#define FULL_ENTRY                                                                                 \
    "id=1 server=com.a server=com.a2 pin=cert:11 pin=spki:22 pin=ca:33 scope=03,./DMAcc,003F "     \
    "scope=00,.,0001 prio=3 valid=10-20"

static const char *const lines[] = {
    FULL_ENTRY,
    "id=2 server=com.b pin=psk:04 scope=urn:example:mo:x,./X,8000 from=1:2 flags=",
    "id=9 pin=none flags=ed",
    "id=254 server=com.b server=com.d host=https://x.example/",
};

static struct dmsc_ma_list sample(void)
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(lines); i++)
        fixture_ma(&list, lines[i]);
    list.version = 7;
    memcpy(list.card_tag, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    list.signature_present = true;
    memcpy(list.signer_key_id, "\xAA\xBB\xCC\xDD", 4);
    return list;
}

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL) {
        assert_string_equal(a, b);
        assert_ptr_not_equal(a, b);
    }
}

static void same_entry(const struct dmsc_ma *a, const struct dmsc_ma *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->priority, b->priority);
    assert_int_equal(a->not_before, b->not_before);
    assert_int_equal(a->not_after, b->not_after);
    assert_int_equal(a->delegated, b->delegated);
    assert_int_equal(a->delegated_by, b->delegated_by);
    assert_int_equal(a->delegation_depth, b->delegation_depth);
    assert_int_equal(a->flags, b->flags);
    same_text(a->name, b->name);
    same_text(a->authority, b->authority);
    assert_int_equal(a->server_id_count, b->server_id_count);
    for (size_t i = 0; i < a->server_id_count; i++)
        same_text(a->server_ids[i], b->server_ids[i]);
    assert_int_equal(a->pin_count, b->pin_count);
    for (size_t i = 0; i < a->pin_count; i++) {
        assert_int_equal(a->pins[i].kind, b->pins[i].kind);
        assert_int_equal(a->pins[i].psk_record, b->pins[i].psk_record);
        assert_memory_equal(a->pins[i].sha256, b->pins[i].sha256, 32);
    }
    assert_int_equal(a->scope_count, b->scope_count);
    for (size_t i = 0; i < a->scope_count; i++) {
        assert_int_equal(a->scopes[i].type, b->scopes[i].type);
        assert_int_equal(a->scopes[i].rights, b->scopes[i].rights);
        same_text(a->scopes[i].urn, b->scopes[i].urn);
        same_text(a->scopes[i].path, b->scopes[i].path);
    }
}

static void same_list(const struct dmsc_ma_list *a, const struct dmsc_ma_list *b)
{
    assert_int_equal(a->version, b->version);
    assert_memory_equal(a->card_tag, b->card_tag, 8);
    assert_int_equal(a->signature_present, b->signature_present);
    assert_memory_equal(a->signer_key_id, b->signer_key_id, 4);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        same_entry(&a->entries[i], &b->entries[i]);
}

static enum dmsc_err copy(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_ma_list *list = user;
    struct dmsc_ma_list made = DMSC_MA_LIST_INIT;
    enum dmsc_err err = dmsc_ma_list_copy(list, ctx, &made);

    if (err == DMSC_OK) {
        assert_ptr_equal(made.ctx, ctx);
        same_list(list, &made);
    } else {
        assert_null(made.entries);
        assert_int_equal(made.count, 0);
    }
    dmsc_ma_list_clear(&made);
    assert_null(made.entries);
    dmsc_ma_list_clear(&made);
    return err;
}

static void a_copy_is_whole_or_not_there(void **state)
{
    struct dmsc_ma_list list = sample(), empty = DMSC_MA_LIST_INIT;

    (void)state;
    assert_true(fault_torture(copy, &list) > 20);
    (void)fault_torture(copy, &empty);
    fixture_free_list(&list);
}

static enum dmsc_err replace_in_force(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_ma_list *lists = user;
    struct dmsc_authority *authority = NULL;
    enum dmsc_err err = dmsc_authority_new(ctx, NULL, &authority);

    if (err != DMSC_OK)
        return err;
    assert_int_equal(dmsc_authority_list(authority)->count, 0);
    err = dmsc_authority_set_list(authority, &lists[0]);
    assert_int_equal(dmsc_authority_list(authority)->count, err == DMSC_OK ? lists[0].count : 0);
    if (err == DMSC_OK) {
        err = dmsc_authority_set_list(authority, &lists[1]);
        same_list(dmsc_authority_list(authority), &lists[err == DMSC_OK ? 1 : 0]);
    }
    if (err == DMSC_OK) {
        err = dmsc_authority_set_list(authority, NULL);
        assert_int_equal(err, DMSC_OK);
        assert_int_equal(dmsc_authority_list(authority)->count, 0);
    }
    dmsc_authority_free(authority);
    return err;
}

/* What is in force stays in force until the next list is whole. */
static void a_list_is_put_in_force_or_not(void **state)
{
    struct dmsc_ma_list lists[2] = { sample(), DMSC_MA_LIST_INIT };

    (void)state;
    fixture_ma(&lists[1], "id=5 server=com.e scope=00,.,0001");
    (void)fault_torture(replace_in_force, lists);
    fixture_free_list(&lists[0]);
    fixture_free_list(&lists[1]);
    dmsc_authority_free(NULL);
}

/* The list in force is a copy: what the caller does to the own one afterwards does not count. */
static void the_list_in_force_is_a_copy(void **state)
{
    struct dmsc_ma_list list = sample(), twin = sample();
    struct dmsc_authority *authority = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_authority_new(ctx, NULL, &authority), DMSC_OK);
    assert_int_equal(dmsc_authority_set_list(authority, &list), DMSC_OK);
    list.entries[0].scopes[0].rights = 0xFFFF;
    list.entries[0].server_ids[0][0] = 'X';
    fixture_free_list(&list);
    same_list(dmsc_authority_list(authority), &twin);
    fixture_free_list(&twin);
    dmsc_authority_free(authority);
    dmsc_ctx_free(ctx);
}

static void entries_are_found(void **state)
{
    struct dmsc_ma_list list = sample(), empty = DMSC_MA_LIST_INIT;

    (void)state;
    assert_ptr_equal(dmsc_ma_list_by_id(&list, 1), &list.entries[0]);
    assert_ptr_equal(dmsc_ma_list_by_id(&list, 254), &list.entries[3]);
    assert_null(dmsc_ma_list_by_id(&list, 3));
    assert_null(dmsc_ma_list_by_id(&empty, 1));
    assert_ptr_equal(dmsc_ma_list_by_server_id(&list, "com.a2"), &list.entries[0]);
    assert_ptr_equal(dmsc_ma_list_by_server_id(&list, "com.b"), &list.entries[1]);
    assert_ptr_equal(dmsc_ma_list_by_server_id(&list, "com.d"), &list.entries[3]);
    assert_null(dmsc_ma_list_by_server_id(&list, "COM.A"));
    assert_null(dmsc_ma_list_by_server_id(&list, ""));
    assert_null(dmsc_ma_list_by_server_id(&empty, "com.a"));
    fixture_free_list(&list);
}

/* DMSC-UICC 1.0, MO type codes. */
static void types_have_names_and_urns(void **state)
{
    static const struct {
        int type;
        const char *urn, *name;
    } cases[] = {
        { 0x00, NULL, "any" },
        { 0x01, "urn:oma:mo:oma-dm-devinfo", "DevInfo" },
        { 0x02, "urn:oma:mo:oma-dm-devdetail", "DevDetail" },
        { 0x03, "urn:oma:mo:oma-dm-dmacc", "DMAcc" },
        { 0x04, "urn:oma:mo:oma-dm-inbox", "Inbox" },
        { 0x06, "urn:oma:mo:oma-fumo", "FUMO" },
        { 0x07, "urn:oma:mo:oma-scomo", "SCOMO" },
        { 0x08, "urn:oma:mo:oma-lawmo", "LAWMO" },
        { 0x10, "urn:oma:mo:ext-3gpp-ims", "3GPP IMS" },
        { 0x12, "urn:oma:mo:ext-3gpp-andsf", "ANDSF" },
        { 0x0A, NULL, "CP document" },
        { 0x0D, NULL, "unknown" },
        { 0x20, NULL, "vendor" },
        { 0x7F, NULL, "vendor" },
        { 0x80, NULL, "unknown" },
        { 0xFF, NULL, "URN" },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        enum dmsc_mo_type type = (enum dmsc_mo_type)cases[i].type;
        const char *urn = dmsc_mo_type_urn(type);

        assert_int_equal(urn == NULL, cases[i].urn == NULL);
        if (urn != NULL)
            assert_string_equal(urn, cases[i].urn);
        assert_string_equal(dmsc_mo_type_name(type), cases[i].name);
    }
    for (int type = 0; type <= 0xFF; type++)
        assert_non_null(dmsc_mo_type_name((enum dmsc_mo_type)type));
}

static void keep_step(void *user, const char *text)
{
    char *all = user;

    if (strstr(text, "delegated by") != NULL)
        (void)snprintf(all + strlen(all), 600 - strlen(all), "%s\n", text);
}

/* Who asks why is told each hop of the chain, and where it breaks. */
static void the_chain_is_told(void **state)
{
    static const struct {
        const char *second, *third;
        const char *told;
    } rows[] = {
        { "id=2 server=com.b from=1:2 scope=00,.,8000", "id=3 server=com.c from=2:1 scope=00,.,1",
          "  delegated by entry 2 (entry 2), depth 1: holds\n  delegated by entry 1 (entry 1), "
          "depth 2: "
          "holds\n" },
        { "id=2 server=com.b from=1:2 scope=00,.,0001", "id=3 server=com.c from=2:1 scope=00,.,1",
          "  delegated by entry 2 (entry 2), depth 1: its scopes do not give Delegate for this\n" },
        { "id=2 server=com.b from=1:1 scope=00,.,8000", "id=3 server=com.c from=2:1 scope=00,.,1",
          "  delegated by entry 2 (entry 2), depth 1: it has no depth left to hand on\n" },
        { "id=2 server=com.b from=7:2 scope=00,.,8000", "id=3 server=com.c from=2:1 scope=00,.,1",
          "  delegated by entry 2 (entry 2), depth 1: holds\n"
          "  delegated by entry 7 (?), depth 2: there is no such entry\n" },
    };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        const struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA, .server_id = "com.c" };
        struct dmsc_question question = DMSC_QUESTION_INIT;
        struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
        struct fixture f = fixture_begin(ctx);
        char told[600] = "";

        fixture_ma(&list, "id=1 server=com.a scope=00,.,8000");
        fixture_ma(&list, rows[i].second);
        fixture_ma(&list, rows[i].third);
        assert_int_equal(dmsc_authority_set_list(f.authority, &list), DMSC_OK);
        fixture_free_list(&list);
        question.right = DMSC_RIGHT_GET;
        question.uri = ".";
        question.step = keep_step;
        question.user = told;
        (void)dmsc_authority_ask(f.authority, &subject, &question, (struct dmsc_now){ 100, true });
        assert_string_equal(told, rows[i].told);
        fixture_end(&f);
    }
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_whole_or_not_there),
        cmocka_unit_test(the_chain_is_told),
        cmocka_unit_test(a_list_is_put_in_force_or_not),
        cmocka_unit_test(the_list_in_force_is_a_copy),
        cmocka_unit_test(entries_are_found),
        cmocka_unit_test(types_have_names_and_urns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
