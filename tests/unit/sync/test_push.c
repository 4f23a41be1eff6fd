/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to card: what is written back, on whose behalf, and what never is. */
#include "tests/unit/sync/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMS     "./3GPP_IMS"
#define TIMER   IMS "/Timer_T1"
#define ACCOUNT "./DMAcc/OpA"
#define FLEET   "./Vendor/Fleet"
#define POLL    FLEET "/PollSeconds"
#define NOTE    "./Note"
#define OPA     "com.opa.dm"

static void begin(struct rig *rig)
{
    rig_open(rig);
    rig_pull_ok(rig);
}

static void push_ok(struct rig *rig, const char *server_id)
{
    enum dmsc_err err = rig_push(rig, server_id);

    if (err != DMSC_OK)
        fail_msg("push: %s %s: %s", dmsc_err_name(err), dmsc_diag_get(rig->ctx)->what,
                 dmsc_diag_get(rig->ctx)->why);
}

/* Nothing reached the card: not one write, and no other content. */
static void assert_card_untouched(struct rig *rig, char *was, struct dmsc_sim_counts before)
{
    char *is = rig_card(rig);

    assert_int_equal(dmsc_sim_counts(rig->sim).nvm_writes, before.nvm_writes);
    assert_string_equal(is, was);
    free(is);
    free(was);
}

/* Rights over everything, for the tests that are about something else. */
static void let_opa_write_all(struct dmsc_ma_list *list)
{
    struct dmsc_ma_scope *scope = &list->entries[0].scopes[0];

    assert_string_equal(scope->path, ".");
    scope->rights |= DMSC_RIGHT_REPLACE | DMSC_RIGHT_ADD | DMSC_RIGHT_WRITE_BACK;
}

static void grant(struct rig *rig, void (*change)(struct dmsc_ma_list *list))
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    assert_int_equal(dmsc_ma_list_copy(dmsc_authority_list(rig->authority), rig->world, &list),
                     DMSC_OK);
    change(&list);
    rig_issue(rig, NULL, 0, &list);
    rig_pull_ok(rig);
    dmsc_ma_list_clear(&list);
}

static void nothing_to_do(void **state)
{
    struct dmsc_sim_counts before;
    struct dmsc_link_counts apdus;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    apdus = dmsc_link_counts(rig.link);
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 0);
    assert_int_equal(dmsc_link_counts(rig.link).apdus, apdus.apdus);
    assert_card_untouched(&rig, was, before);
    rig_close(&rig);
}

static void a_change_reaches_the_card(void **state)
{
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    const struct dmsc_mo_entry *entry;
    struct rig rig;
    char *was, *is;

    (void)state;
    begin(&rig);
    rig_set(&rig, TIMER, "4000");
    rig_set(&rig, IMS "/New", "made by a server");
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 1);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    assert_int_equal(rig.report.header.generation, 2);
    assert_int_equal(rig.report.header.writer, 1);
    assert_int_equal(rig.report.header.commit_time, 1800000000);
    rig_read_card(&rig, &image);
    assert_int_equal(image.header.generation, 2);
    entry = dmsc_mo_index_by_id(&image.index, 2);
    assert_int_equal(entry->version, 2);
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 3)->version, 1);
    assert_non_null(
        strstr(dmsc_buf_str(&dmsc_card_image_body(&image, 2)->content), "<Value>4000</Value>"));
    dmsc_card_image_clear(&image);

    /* The device knows that it is its own work, and a second push has none. */
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 0);

    /* A device that sees the card for the first time has the same tree. */
    was = rig_behaviour(&rig);
    rig_forget(&rig);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, TIMER, "4000");
    rig_assert_value(&rig, IMS "/New", "made by a server");
    is = rig_behaviour(&rig);
    assert_string_equal(is, was);
    free(is);
    free(was);
    rig_close(&rig);
}

/* What is written is an export, which says where it was: it comes back to that very place. */
static void an_object_below_the_top(void **state)
{
    struct rig rig;
    char *was, *is;

    (void)state;
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, POLL, "60");
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 3, DMSC_SYNC_WRITTEN, "");
    was = rig_behaviour(&rig);
    rig_forget(&rig);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, POLL, "60");
    is = rig_behaviour(&rig);
    assert_string_equal(is, was);
    free(is);
    free(was);
    rig_close(&rig);
}

/* An object of the tree as a card may carry it. The node goes. */
static struct dmsc_buf in_wbxml(struct rig *rig, const char *uri)
{
    struct dmsc_buf object;

    dmsc_buf_init(&object, rig->ctx, 10000);
    assert_int_equal(dmsc_tnds_export_wbxml(rig->tree, uri, NULL, NULL, &object), DMSC_OK);
    rig_delete(rig, uri);
    return object;
}

/* A card that has an object in WBXML is written it in WBXML. */
static void an_object_in_wbxml(void **state)
{
    struct dmsc_mo_entry entry = { .type = DMSC_MO_CONN,
                                   .path = (char *)(uintptr_t) "./New",
                                   .encoding = DMSC_MO_TNDS_WBXML,
                                   .fid = DMSC_CARD_FID_POOL0,
                                   .owner = 1,
                                   .flags = DMSC_MO_FLAG_WRITE_BACK };
    struct dmsc_card_change change = { .id = 9, .entry = &entry };
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    struct dmsc_buf first, second;
    struct rig rig;

    (void)state;
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, "./New/Server", "first");
    first = in_wbxml(&rig, "./New");
    change.body = dmsc_buf_bytes(&first);
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 9, DMSC_SYNC_TAKEN, "");
    rig_assert_value(&rig, "./New/Server", "first");

    rig_set(&rig, "./New/Server", "second");
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 9, DMSC_SYNC_WRITTEN, "");
    rig_read_card(&rig, &image);
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 9)->encoding, DMSC_MO_TNDS_WBXML);
    second = in_wbxml(&rig, "./New");
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&dmsc_card_image_body(&image, 9)->content),
                                 dmsc_buf_bytes(&second)));
    dmsc_card_image_clear(&image);
    rig_forget(&rig);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, "./New/Server", "second");
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    rig_close(&rig);
}

static void several_in_one_commit(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, POLL, "60");
    rig_set(&rig, TIMER, "60");
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 2);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    rig_assert_item(&rig, 3, DMSC_SYNC_WRITTEN, "");
    assert_int_equal(rig.report.header.generation, 3);
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    rig_close(&rig);
}

/* Listed but without the right, listed for other places, not listed at all: no byte to the card. */
static void without_the_right(void **state)
{
    static const struct {
        const char *server_id, *uri;
        uint8_t id;
        const char *reason;
    } cases[] = {
        { "fleet-dm", POLL, 3, "ma:right" }, { "fleet-dm", TIMER, 2, "ma:scope" },
        { OPA, POLL, 3, "ma:right" },        { "org.stranger", TIMER, 2, "ma:unlisted" },
        { "", TIMER, 2, "ma:unlisted" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct dmsc_sim_counts before;
        struct dmsc_link_counts apdus;
        struct rig rig;
        char *was;

        begin(&rig);
        rig_set(&rig, cases[i].uri, "1");
        was = rig_card(&rig);
        before = dmsc_sim_counts(rig.sim);
        apdus = dmsc_link_counts(rig.link);
        push_ok(&rig, cases[i].server_id);
        assert_int_equal(rig.report.item_count, 1);
        rig_assert_item(&rig, cases[i].id, DMSC_SYNC_LEFT_OUT, cases[i].reason);
        assert_int_equal(dmsc_link_counts(rig.link).apdus, apdus.apdus);
        assert_card_untouched(&rig, was, before);
        rig_close(&rig);
    }
}

static void add_newcomer(struct dmsc_ma_list *list)
{
    list->entries[1].id = 3;
    list->entries[1].server_ids[0][0] = 'F';
    list->entries[1].scopes[0].rights |= DMSC_RIGHT_WRITE_BACK;
}

static void assert_no_write(struct rig *rig, const char *server_id, uint8_t id, const char *reason)
{
    struct dmsc_sim_counts before = dmsc_sim_counts(rig->sim);
    struct dmsc_link_counts apdus = dmsc_link_counts(rig->link);

    push_ok(rig, server_id);
    rig_assert_item(rig, id, DMSC_SYNC_LEFT_OUT, reason);
    assert_int_equal(dmsc_link_counts(rig->link).apdus, apdus.apdus);
    assert_int_equal(dmsc_sim_counts(rig->sim).nvm_writes, before.nvm_writes);
}

/* Only authorised authorities write objects to the card: not one that no list names, nor one
 * outside its scopes, nor one that a list with a wrong signature names; the right one does. WI-12
 * says it again. */
static void req_WI_01_only_authorised_authorities_write(void **state)
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_sim_counts before;
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_set(&rig, TIMER, "4000");
    rig_set(&rig, POLL, "60");
    assert_no_write(&rig, "org.stranger", 2, "ma:unlisted");
    assert_no_write(&rig, "fleet-dm", 2, "ma:scope");
    assert_no_write(&rig, "fleet-dm", 3, "ma:right");

    /* A list that would allow it, and whose signature is of something else. */
    assert_int_equal(dmsc_ma_list_copy(dmsc_authority_list(rig.authority), rig.world, &list),
                     DMSC_OK);
    add_newcomer(&list);
    rig_issue(&rig, NULL, 0, &list);
    rig_break_signature(&rig);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:signature");
    assert_no_write(&rig, "Fleet-dm", 3, "ma:unlisted");
    dmsc_ma_list_clear(&list);
    rig_close(&rig);

    begin(&rig);
    rig_set(&rig, TIMER, "4000");
    before = dmsc_sim_counts(rig.sim);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    assert_true(dmsc_sim_counts(rig.sim).nvm_writes > before.nvm_writes);
    rig_close(&rig);
    req_done("WI-01");
    req_done("WI-12");
}

static void let_it_expire(struct dmsc_ma_list *list)
{
    list->entries[0].not_after = 1700000000;
}

static void an_authority_whose_time_is_over(void **state)
{
    struct dmsc_sim_counts before;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    grant(&rig, let_it_expire);
    rig_set(&rig, TIMER, "1");
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "ma:expired");
    assert_card_untouched(&rig, was, before);
    rig_close(&rig);
}

static uint8_t tries_left(struct rig *rig, uint8_t key)
{
    uint8_t tries = 0;

    assert_int_equal(dmsc_uicc_power_on(rig->uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_pin_tries(rig->uicc, key, &tries), DMSC_OK);
    return tries;
}

static void the_key_of_the_card(void **state)
{
    struct dmsc_secret wrong = DMSC_SECRET_INIT;
    struct dmsc_sim_counts before;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    rig_set(&rig, TIMER, "1");
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    rig.sync.adm1 = NULL;
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "card:adm-needed");

    /* A wrong one is sent once, told, and not sent again by anything that is not asked to. */
    assert_int_equal(dmsc_secret_set(&wrong, rig.ctx, dmsc_bytes_str("12345678")), DMSC_OK);
    rig.sync.adm1 = &wrong;
    rig.sync.adm1_stamp = "file 1";
    assert_int_equal(tries_left(&rig, 0x0A), 10);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "pin:wrong");
    for (int i = 0; i < 12; i++) {
        push_ok(&rig, OPA);
        rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "pin:refused-before");
    }
    assert_int_equal(tries_left(&rig, 0x0A), 9);
    rig_pull_ok(&rig);
    assert_int_equal(tries_left(&rig, 0x0A), 9);
    rig_assert_value(&rig, TIMER, "1");
    assert_card_untouched(&rig, was, before);

    assert_int_equal(dmsc_secret_set(&wrong, rig.ctx, dmsc_bytes_str("123")), DMSC_OK);
    rig.sync.adm1_stamp = NULL;
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "pin:length");
    assert_int_equal(tries_left(&rig, 0x0A), 9);
    dmsc_secret_clear(&wrong);

    rig.sync.adm1 = &rig.adm1;
    rig.sync.adm1_stamp = "file 2";
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    rig_close(&rig);
}

static void a_deleted_object_stays_on_the_card(void **state)
{
    struct dmsc_sim_counts before;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    rig_delete(&rig, IMS);
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "the whole MO was deleted");
    assert_card_untouched(&rig, was, before);
    rig_close(&rig);
}

/* An export leaves secrets out: written back, the card would lose them. */
static void an_object_with_secrets(void **state)
{
    struct dmsc_sim_counts before;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, ACCOUNT "/AppAddr/1/Addr", "https://elsewhere.example/dm");
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    push_ok(&rig, OPA);
    for (size_t i = 0; i < rig.report.item_count; i++)
        assert_int_not_equal(rig.report.items[i].action, DMSC_SYNC_WRITTEN);
    assert_non_null(strstr(was, "never-shown"));
    assert_card_untouched(&rig, was, before);
    rig_close(&rig);
}

static void an_object_that_may_not_be_written_back(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, NOTE, "by a server");
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 0);
    rig_close(&rig);
}

/* --- conflicts -------------------------------------------------------------------------------- */

static void both_sides_changed(void **state)
{
    struct dmsc_card_change change = rig_body(
        2, "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>3GPP_IMS</NodeName>"
           "<RTProperties><Format><node/></Format></RTProperties><Node>"
           "<NodeName>Name</NodeName><Value>by the issuer</Value></Node></Node></MgmtTree>");
    struct rig rig;
    char *was, *is;

    (void)state;
    begin(&rig);
    rig_set(&rig, TIMER, "4000");
    rig_issue(&rig, &change, 1, NULL);
    was = rig_snapshot(&rig);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    rig_assert_failed(&rig, rig_push(&rig, OPA), DMSC_E_AGAIN, "card:changed");
    is = rig_snapshot(&rig);
    assert_string_equal(is, was);
    free(is);
    free(was);
    /* The card wins: the object is its issuer's. */
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 2, DMSC_SYNC_TAKEN, "");
    rig_assert_value(&rig, IMS "/Name", "by the issuer");
    assert_false(rig_has(&rig, TIMER));
    push_ok(&rig, OPA);
    assert_int_equal(rig.report.item_count, 0);
    rig_close(&rig);
}

static void the_card_changed_elsewhere(void **state)
{
    struct dmsc_card_change change = rig_body(4, RIG_LEAF("Note", "by the issuer"));
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_set(&rig, TIMER, "4000");
    rig_issue(&rig, &change, 1, NULL);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    rig_assert_failed(&rig, rig_push(&rig, OPA), DMSC_E_AGAIN, "card:changed");
    rig_pull_ok(&rig);
    rig_assert_value(&rig, TIMER, "4000");
    rig_assert_value(&rig, NOTE, "by the issuer");
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    rig_close(&rig);
}

struct intruder {
    struct rig *rig;
    struct dmsc_ma_list list;
};

static void intrude(void *user)
{
    struct intruder *i = user;

    rig_issue_beside(i->rig, NULL, 0, &i->list);
}

/* The issuer changes the list between any two commands of a write-back. What the device believes in
 * the end is what the card says. */
static void the_issuer_writes_meanwhile(void **state)
{
    bool ran_through = false;

    (void)state;
    for (unsigned at = 1; !ran_through; at++) {
        struct rig rig;
        struct intruder intruder = { &rig, DMSC_MA_LIST_INIT };
        enum dmsc_err err;
        char *device, *fresh;

        begin(&rig);
        rig_set(&rig, TIMER, "4000");
        assert_int_equal(
            dmsc_ma_list_copy(dmsc_authority_list(rig.authority), rig.world, &intruder.list),
            DMSC_OK);
        intruder.list.entries[1].priority = 9;
        rig_trouble(&rig, TROUBLE_NONE, 0);
        rig.way->hook = intrude;
        rig.way->hook_user = &intruder;
        rig.way->hook_at = at;
        err = rig_push(&rig, OPA);
        ran_through = rig.way->count < at;
        rig.way->hook = NULL;
        /* Between the header and the look at it: as if it had been torn. */
        if (err != DMSC_OK && err != DMSC_E_AGAIN &&
            strcmp(dmsc_diag_get(rig.ctx)->reason, "card:torn") != 0)
            fail_msg("at command %u: %s %s", at, dmsc_err_name(err), dmsc_diag_get(rig.ctx)->why);
        rig_pull_ok(&rig);
        push_ok(&rig, OPA);
        device = rig_behaviour(&rig);
        rig_forget(&rig);
        rig_pull_ok(&rig);
        fresh = rig_behaviour(&rig);
        assert_string_equal(device, fresh);
        free(device);
        free(fresh);
        dmsc_ma_list_clear(&intruder.list);
        rig_close(&rig);
    }
}

/* --- refused for good ------------------------------------------------------------------------- */

static void a_card_without_local_writers(void **state)
{
    struct dmsc_card_header header;
    struct dmsc_sim_counts before;
    struct rig rig;
    char *was;

    (void)state;
    begin(&rig);
    rig_newest_header(&rig, &header);
    header.flags |= DMSC_CARD_LOCKED;
    header.generation++;
    rig_header(&rig, &header);
    rig_pull_ok(&rig);
    rig_set(&rig, TIMER, "1");
    was = rig_card(&rig);
    before = dmsc_sim_counts(rig.sim);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "card:locked");
    assert_card_untouched(&rig, was, before);
    rig_close(&rig);
}

static void no_room(void **state)
{
    char *big = malloc(20001);
    struct rig rig;
    char *is;

    (void)state;
    assert_non_null(big);
    memset(big, 'x', 20000);
    big[20000] = '\0';
    begin(&rig);
    grant(&rig, let_opa_write_all);
    rig_set(&rig, IMS "/Name", big);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "card:pool-full");

    /* Another one that has room is written all the same. */
    rig_set(&rig, POLL, "60");
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "card:pool-full");
    rig_assert_item(&rig, 3, DMSC_SYNC_WRITTEN, "");
    is = rig_card(&rig);
    assert_non_null(strstr(is, "<Value>60</Value>"));
    free(is);

    /* And when it is small again, so is it. */
    rig_set(&rig, IMS "/Name", "small");
    rig_pull_ok(&rig);
    push_ok(&rig, OPA);
    rig_assert_item(&rig, 2, DMSC_SYNC_WRITTEN, "");
    free(big);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(a_change_reaches_the_card),
        cmocka_unit_test(an_object_below_the_top),
        cmocka_unit_test(an_object_in_wbxml),
        cmocka_unit_test(several_in_one_commit),
        cmocka_unit_test(without_the_right),
        cmocka_unit_test(req_WI_01_only_authorised_authorities_write),
        cmocka_unit_test(an_authority_whose_time_is_over),
        cmocka_unit_test(the_key_of_the_card),
        cmocka_unit_test(a_deleted_object_stays_on_the_card),
        cmocka_unit_test(an_object_with_secrets),
        cmocka_unit_test(an_object_that_may_not_be_written_back),
        cmocka_unit_test(both_sides_changed),
        cmocka_unit_test(the_card_changed_elsewhere),
        cmocka_unit_test(the_issuer_writes_meanwhile),
        cmocka_unit_test(a_card_without_local_writers),
        cmocka_unit_test(no_room),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), sizeof(tests) / sizeof(*tests));
}
