/* SPDX-License-Identifier: Apache-2.0 */
/* Card to tree: what is taken, what is left out, what is refused as a whole. */
#include "tests/unit/sync/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMS     "./3GPP_IMS"
#define ACCOUNT "./DMAcc/OpA"
#define FLEET   "./Vendor/Fleet"
#define NOTE    "./Note"
#define OPA_ACL                                                                                    \
    "Add=com.opa.dm+com.opa.dm2&Delete=com.opa.dm+com.opa.dm2&Get=com.opa.dm+com.opa.dm2"          \
    "&Replace=com.opa.dm+com.opa.dm2"
#define FLEET_ACL "Add=fleet-dm&Delete=fleet-dm&Get=fleet-dm&Replace=fleet-dm"

static struct dmsc_mo_entry entry_at(const char *path, uint8_t owner, uint8_t flags)
{
    return (struct dmsc_mo_entry){ .type = DMSC_MO_CONN,
                                   .path = (char *)(uintptr_t)path,
                                   .encoding = DMSC_MO_TNDS_XML,
                                   .fid = DMSC_CARD_FID_POOL0,
                                   .owner = owner,
                                   .flags = flags };
}

/* The list in force with one change. */
static void issue_list(struct rig *rig, void (*change)(struct dmsc_ma_list *list))
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    assert_int_equal(dmsc_ma_list_copy(dmsc_authority_list(rig->authority), rig->world, &list),
                     DMSC_OK);
    change(&list);
    rig_issue(rig, NULL, 0, &list);
    dmsc_ma_list_clear(&list);
}

static void first_pull(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    assert_true(rig.report.first);
    assert_false(rig.report.unchanged);
    assert_true(rig.report.list_changed);
    assert_int_equal(rig.report.authorities, 2);
    assert_int_equal(rig.report.certificates, 1);
    assert_int_equal(rig.report.header.generation, 1);
    assert_int_equal(rig.report.item_count, 4);
    for (uint8_t id = 1; id <= 4; id++)
        rig_assert_item(&rig, id, DMSC_SYNC_TAKEN, "");
    rig_assert_value(&rig, IMS "/Timer_T1", "2000");
    rig_assert_value(&rig, ACCOUNT "/ServerID", "com.opa.dm");
    rig_assert_value(&rig, FLEET "/PollSeconds", "3600");
    rig_assert_value(&rig, NOTE, "from the card");
    rig_assert_acl(&rig, IMS, OPA_ACL);
    rig_assert_acl(&rig, FLEET, FLEET_ACL);
    rig_assert_acl(&rig, NOTE, "");
    assert_int_equal(dmsc_authority_list(rig.authority)->count, 2);
    rig_close(&rig);
}

/* The budget of the design: 3 APDUs and 85 bytes as T=0 has them on the wire. */
static void unchanged(void **state)
{
    struct dmsc_link_counts before, after;
    struct rig rig;
    char *was, *is;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    was = rig_snapshot(&rig);
    before = dmsc_link_counts(rig.link);
    rig_pull_ok(&rig);
    after = dmsc_link_counts(rig.link);
    assert_true(rig.report.unchanged);
    assert_false(rig.report.first);
    for (uint8_t id = 1; id <= 4; id++)
        rig_assert_item(&rig, id, DMSC_SYNC_KEPT, "");
    assert_int_equal(after.apdus - before.apdus, 3);
    assert_int_equal(after.bytes - before.bytes, 85);
    printf("\nBENCH:sync_unchanged_apdus %lu apdus\n", after.apdus - before.apdus);
    printf("BENCH:sync_unchanged_bytes %lu bytes\n", after.bytes - before.bytes);
    is = rig_snapshot(&rig);
    assert_string_equal(is, was);
    free(is);
    free(was);
    rig_close(&rig);
}

static void a_changed_body_alone_is_read(void **state)
{
    struct dmsc_card_change change = rig_body(4, RIG_LEAF("Note", "new"));
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    /* What the device changed meanwhile stays where the card did not. */
    rig_set(&rig, FLEET "/PollSeconds", "7");
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    assert_false(rig.report.list_changed);
    assert_int_equal(rig.report.header.generation, 2);
    rig_assert_item(&rig, 1, DMSC_SYNC_KEPT, "");
    rig_assert_item(&rig, 2, DMSC_SYNC_KEPT, "");
    rig_assert_item(&rig, 3, DMSC_SYNC_KEPT, "");
    rig_assert_item(&rig, 4, DMSC_SYNC_TAKEN, "");
    rig_assert_value(&rig, NOTE, "new");
    rig_assert_value(&rig, FLEET "/PollSeconds", "7");
    rig_close(&rig);
}

/* Flag b3: what the body does not list goes; without it, it stays. */
static void replace_and_merge(void **state)
{
    struct dmsc_card_change changes[] = {
        rig_body(2,
                 "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>3GPP_IMS</NodeName><RTProperties>"
                 "<Format><node/></Format></RTProperties><Node><NodeName>Name</NodeName><Value>n"
                 "</Value></Node></Node></MgmtTree>"),
        rig_body(3, "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Fleet</NodeName><RTProperties>"
                    "<Format><node/></Format></RTProperties><Node><NodeName>More</NodeName><Value>m"
                    "</Value></Node></Node></MgmtTree>"),
    };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    rig_issue(&rig, changes, 2, NULL);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, IMS "/Name", "n");
    assert_false(rig_has(&rig, IMS "/Timer_T1"));
    rig_assert_value(&rig, FLEET "/More", "m");
    rig_assert_value(&rig, FLEET "/PollSeconds", "3600");
    rig_close(&rig);
}

static void a_removed_entry_takes_its_subtree(void **state)
{
    struct dmsc_card_change change = { .id = 3, .remove = true };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    assert_int_equal(rig.report.items[0].action, DMSC_SYNC_REMOVED);
    assert_int_equal(rig.report.items[0].id, 3);
    assert_false(rig_has(&rig, FLEET));
    assert_true(rig_has(&rig, IMS));
    rig_close(&rig);
}

static void a_moved_entry(void **state)
{
    struct dmsc_mo_entry entry = entry_at("./Vendor/Trucks", 2, 0);
    struct dmsc_card_change change = rig_body(3, RIG_LEAF("Fleet", "x"));
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    change.entry = &entry;
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    assert_false(rig_has(&rig, FLEET));
    rig_assert_value(&rig, "./Vendor/Trucks", "x");
    rig_close(&rig);
}

/* Another owner with the very same body: the rights of the tree follow. */
static void another_owner(void **state)
{
    struct dmsc_mo_entry entry = entry_at(NOTE, 2, 0);
    struct dmsc_card_change change = rig_body(4, RIG_LEAF("Note", "x"));
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    rig_assert_acl(&rig, NOTE, "");
    change.entry = &entry;
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    rig_assert_acl(&rig, NOTE, FLEET_ACL);
    rig_close(&rig);
}

static void rename_server(struct dmsc_ma_list *list)
{
    char *id = list->entries[1].server_ids[0];

    assert_string_equal(id, "fleet-dm");
    id[0] = 'F';
}

/* The list says by which ServerIDs an owner is known: the ACLs of its MOs follow the list. */
static void an_owner_with_another_name(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    issue_list(&rig, rename_server);
    rig_pull_ok(&rig);
    assert_true(rig.report.list_changed);
    rig_assert_acl(&rig, FLEET, "Add=Fleet-dm&Delete=Fleet-dm&Get=Fleet-dm&Replace=Fleet-dm");
    rig_assert_acl(&rig, IMS, OPA_ACL);
    rig_close(&rig);
}

static void delist_fleet(struct dmsc_ma_list *list)
{
    list->entries[1].id = 9;
}

/* What an authority owned goes when the issuer takes it off the list. */
static void an_owner_that_is_taken_off_the_list(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    issue_list(&rig, delist_fleet);
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 3, DMSC_SYNC_LEFT_OUT, "ma:unlisted");
    assert_false(rig_has(&rig, FLEET));
    rig_close(&rig);
}

static void name_fleet_again(struct dmsc_ma_list *list)
{
    list->entries[1].id = 2;
}

/* The index stays what it was: only the list says that the object may be taken after all. */
static void an_owner_that_comes_back(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    issue_list(&rig, delist_fleet);
    rig_pull_ok(&rig);
    issue_list(&rig, name_fleet_again);
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 3, DMSC_SYNC_TAKEN, "");
    rig_assert_value(&rig, FLEET "/PollSeconds", "3600");
    rig_close(&rig);
}

/* --- left out --------------------------------------------------------------------------------- */

static void a_bad_body(void **state)
{
    struct dmsc_card_change changes[] = {
        rig_body(2, "<MgmtTree><VerDTD>1.2</VerDTD><Node>"),
        rig_body(3, "<!DOCTYPE x [<!ENTITY e 'x'>]><MgmtTree>&e;</MgmtTree>"),
        rig_body(4, RIG_LEAF("Note", "good")),
    };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    rig_issue(&rig, changes, 3, NULL);
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "xml:");
    rig_assert_item(&rig, 3, DMSC_SYNC_LEFT_OUT, "xml:");
    rig_assert_item(&rig, 4, DMSC_SYNC_TAKEN, "");
    /* What the tree had of them stays. */
    rig_assert_value(&rig, IMS "/Timer_T1", "2000");
    rig_assert_value(&rig, FLEET "/PollSeconds", "3600");
    rig_assert_value(&rig, NOTE, "good");
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    rig_close(&rig);

    /* On a device that never saw a good one there is nothing. */
    rig_open(&rig);
    rig_issue(&rig, changes, 3, NULL);
    rig_pull_ok(&rig);
    assert_false(rig_has(&rig, IMS));
    rig_assert_value(&rig, NOTE, "good");
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 2, DMSC_SYNC_LEFT_OUT, "since it was read first");
    changes[0] = rig_body(2, RIG_LEAF("3GPP_IMS", "mended"));
    rig_issue(&rig, changes, 1, NULL);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, IMS, "mended");
    rig_close(&rig);
}

static void an_owner_that_is_not_listed(void **state)
{
    struct dmsc_mo_entry entry = entry_at("./New", 77, 0);
    struct dmsc_card_change change = rig_body(9, RIG_LEAF("New", "x"));
    struct rig rig;

    (void)state;
    rig_open(&rig);
    change.entry = &entry;
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "ma:unlisted");
    rig_assert_item(&rig, 2, DMSC_SYNC_TAKEN, "");
    assert_false(rig_has(&rig, "./New"));
    rig_close(&rig);
}

static void an_encoding_that_is_not_read(void **state)
{
    struct dmsc_card_change change = rig_body(9, "{}");
    struct rig rig;

    (void)state;
    for (int encoding = DMSC_MO_JSON; encoding <= DMSC_MO_SYNCML_WBXML; encoding++) {
        struct dmsc_mo_entry entry = entry_at("./New", 1, 0);

        entry.encoding = (enum dmsc_mo_encoding)encoding;
        change.entry = &entry;
        rig_open(&rig);
        rig_issue(&rig, &change, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "encoding:unsupported");
        assert_false(rig_has(&rig, "./New"));
        rig_close(&rig);
    }
}

/* The device's own nodes: neither replaced by an object of a card nor removed when it goes. */
static void reserved_paths(void **state)
{
    static const char *const paths[] = { ".",           "./DevInfo",
                                         "./%44evInfo", "./DevInfo/DevId",
                                         "./DevDetail", "./DevDetail/Ext/x",
                                         "./DMAcc",     "./Inbox/x",
                                         "./DACMO/x" };
    struct dmsc_card_change change, gone = { .id = 9, .remove = true };
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct dmsc_mo_entry entry = entry_at(paths[i], 1, DMSC_MO_FLAG_REPLACE);

        rig_open(&rig);
        rig_set(&rig, "./DevInfo/DevId", "urn:x");
        rig_set(&rig, "./DevDetail/FwV", "1");
        change = rig_body(9, RIG_LEAF("DevInfo", "x"));
        change.entry = &entry;
        rig_issue(&rig, &change, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "path:reserved");
        rig_assert_item(&rig, 1, DMSC_SYNC_TAKEN, "");
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "path:reserved");
        rig_issue(&rig, &gone, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_value(&rig, "./DevInfo/DevId", "urn:x");
        rig_assert_value(&rig, "./DevDetail/FwV", "1");
        rig_assert_value(&rig, ACCOUNT "/ServerID", "com.opa.dm");
        rig_close(&rig);
    }
}

/* Two objects at one place, or one inside the other: the first of the index has it. */
static void occupied_paths(void **state)
{
    static const char *const paths[] = { "./3GPP_IMS", "./3GPP_IMS/Timer_T1", "./3GPP_IMS/x/y",
                                         "./3GPP%5FIMS" };
    struct dmsc_card_change change, gone = { .id = 9, .remove = true };
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct dmsc_mo_entry entry = entry_at(paths[i], 2, DMSC_MO_FLAG_REPLACE);

        rig_open(&rig);
        change = rig_body(9, RIG_LEAF("y", "x"));
        change.entry = &entry;
        rig_issue(&rig, &change, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "path:occupied");
        rig_assert_value(&rig, IMS "/Timer_T1", "2000");
        rig_issue(&rig, &gone, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_value(&rig, IMS "/Timer_T1", "2000");

        /* When the first one goes, the other is taken. */
        rig_issue(&rig, &change, 1, NULL);
        rig_pull_ok(&rig);
        gone.id = 2;
        rig_issue(&rig, &gone, 1, NULL);
        gone.id = 9;
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_TAKEN, "");
        assert_false(rig_has(&rig, IMS "/Name"));
        assert_true(rig_has(&rig, IMS));
        rig_close(&rig);
    }
}

static void malformed_paths(void **state)
{
    static const char *const paths[] = { "./a%", "./a%zz", "./a/%2E%2E", "./a?prop=ACL" };
    struct dmsc_card_change change, gone = { .id = 9, .remove = true };
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct dmsc_mo_entry entry = entry_at(paths[i], 1, DMSC_MO_FLAG_WRITE_BACK);

        rig_open(&rig);
        change = rig_body(9, RIG_LEAF("y", "x"));
        change.entry = &entry;
        rig_issue(&rig, &change, 1, NULL);
        rig_pull_ok(&rig);
        rig_assert_item(&rig, 9, DMSC_SYNC_LEFT_OUT, "path:malformed");
        rig_assert_item(&rig, 4, DMSC_SYNC_TAKEN, "");
        rig_set(&rig, IMS "/Timer_T1", "1");
        assert_int_equal(rig_push(&rig, "com.opa.dm"), DMSC_OK);
        rig_issue(&rig, &gone, 1, NULL);
        rig_pull_ok(&rig);
        rig_close(&rig);
    }
}

/* The place of an object is its entry's: a Path inside the body leads nowhere else. */
static void a_path_in_the_body(void **state)
{
    struct dmsc_card_change change = rig_body(
        3, "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>DevId</NodeName><Path>./DevInfo</Path>"
           "<Value>stolen</Value></Node></MgmtTree>");
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_set(&rig, "./DevInfo/DevId", "urn:x");
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    rig_assert_value(&rig, "./DevInfo/DevId", "urn:x");
    rig_assert_value(&rig, FLEET, "stolen");
    assert_false(rig_has(&rig, "./Vendor/DevInfo"));
    rig_close(&rig);
}

/* --- refused as a whole ----------------------------------------------------------------------- */

/* Whatever @p err is: tree, list and memory are what they were. */
static void assert_nothing_changed(struct rig *rig, char *was)
{
    char *is = rig_snapshot(rig);

    assert_string_equal(is, was);
    free(is);
    free(was);
}

static void a_list_that_nobody_vouches_for(void **state)
{
    static const uint8_t other[] = "no key that was ever made";
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_card_header header;
    struct dmsc_bytes other_spki = dmsc_bytes(other, sizeof(other));
    struct dmsc_card_trust stranger = { &other_spki, 1 };
    struct rig rig;
    char *was;

    (void)state;
    /* By a key that the device was not given; by no key while the header demands one. */
    rig_open(&rig);
    was = rig_snapshot(&rig);
    rig.sync.trust = &stranger;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:unknown-signer");
    assert_nothing_changed(&rig, was);
    was = rig_snapshot(&rig);
    rig.sync.trust = NULL;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:no-issuer-key");
    assert_nothing_changed(&rig, was);
    rig.sync.trust = &rig.trust;
    rig_pull_ok(&rig);

    /* An unsigned list, and a header that says it needs no signature: the device has keys. */
    was = rig_snapshot(&rig);
    assert_int_equal(dmsc_ma_list_copy(dmsc_authority_list(rig.authority), rig.world, &list),
                     DMSC_OK);
    list.entries[0].priority = 77;
    rig_issue_unsigned(&rig, &list);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:unsigned");
    assert_nothing_changed(&rig, was);
    was = rig_snapshot(&rig);
    rig_newest_header(&rig, &header);
    header.flags &= (uint8_t)~DMSC_CARD_SIGNED;
    header.generation++;
    rig_header(&rig, &header);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:unsigned");
    assert_nothing_changed(&rig, was);

    /* A device without issuer keys takes what the card says. */
    rig.sync.trust = NULL;
    rig_pull_ok(&rig);
    assert_int_equal(dmsc_authority_list(rig.authority)->entries[0].priority, 77);
    dmsc_ma_list_clear(&list);
    rig_close(&rig);
}

/* Issuer keys that come, go or change after a list was taken: it counts only while one of those of
 * now has verified it. */
static void issuer_keys_that_change(void **state)
{
    static const uint8_t other[] = "no key that was ever made";
    struct dmsc_bytes other_spki = dmsc_bytes(other, sizeof(other));
    struct dmsc_card_trust stranger = { &other_spki, 1 };
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_card_header header;
    struct rig rig;
    char *was;

    (void)state;
    /* Verified by a key that the device has no more. */
    rig_open(&rig);
    rig_pull_ok(&rig);
    was = rig_snapshot(&rig);
    rig.sync.trust = &stranger;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:unknown-signer");
    assert_nothing_changed(&rig, was);
    rig.sync.trust = &rig.trust;
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);

    /* Taken without keys, unsigned; then the device is given one. */
    assert_int_equal(dmsc_ma_list_copy(dmsc_authority_list(rig.authority), rig.world, &list),
                     DMSC_OK);
    rig_issue_unsigned(&rig, &list);
    rig_newest_header(&rig, &header);
    header.flags &= (uint8_t)~DMSC_CARD_SIGNED;
    header.generation++;
    rig_header(&rig, &header);
    rig.sync.trust = NULL;
    rig_pull_ok(&rig);
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    was = rig_snapshot(&rig);
    rig.sync.trust = &rig.trust;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:unsigned");
    assert_nothing_changed(&rig, was);
    rig_issue(&rig, NULL, 0, &list);
    rig_pull_ok(&rig);
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    dmsc_ma_list_clear(&list);
    rig_close(&rig);

    /* Taken without keys, but signed: read once more, and verified. */
    rig_open(&rig);
    rig_newest_header(&rig, &header);
    header.flags &= (uint8_t)~DMSC_CARD_SIGNED;
    header.generation++;
    rig_header(&rig, &header);
    rig.sync.trust = NULL;
    rig_pull_ok(&rig);
    rig.sync.trust = &rig.trust;
    rig_pull_ok(&rig);
    assert_false(rig.report.unchanged);
    assert_true(rig.report.list_changed);
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    rig_close(&rig);
}

static void a_signature_over_something_else(void **state)
{
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    was = rig_snapshot(&rig);
    rig_break_signature(&rig);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "mal:signature");
    assert_nothing_changed(&rig, was);
    rig_close(&rig);
}

/* A list made for one card, with all that belongs to it, on another. */
static void another_cards_tag(void **state)
{
    struct dmsc_card_header header;
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    was = rig_snapshot(&rig);
    rig_newest_header(&rig, &header);
    header.card_tag[0] ^= 1;
    header.generation++;
    rig_header(&rig, &header);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_UNTRUSTED, "hdr:card-tag");
    assert_nothing_changed(&rig, was);
    rig_close(&rig);
}

static void rollback(void **state)
{
    struct dmsc_card_change change = rig_body(4, RIG_LEAF("Note", "new"));
    struct dmsc_sim *old;
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    was = rig_snapshot(&rig);
    assert_int_equal(
        dmsc_sim_new_text(rig.world, dmsc_bytes_str(rig_card_text()), NULL, NULL, &old), DMSC_OK);
    rig_swap(&rig, &old);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_REPLAY, "card:rollback");
    assert_nothing_changed(&rig, was);
    /* The right one again: all is well. */
    rig_swap(&rig, &old);
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);
    dmsc_sim_free(old);
    rig_close(&rig);
}

/* As above, with another card between: the memory of the first one counts. */
static void rollback_behind_another_card(void **state)
{
    struct dmsc_card_change change = rig_body(4, RIG_LEAF("Note", "new"));
    struct dmsc_card_header newest;
    struct dmsc_sim *old, *other;
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    rig_issue(&rig, &change, 1, NULL);
    rig_pull_ok(&rig);
    rig_newest_header(&rig, &newest);
    assert_int_equal(
        dmsc_sim_new_text(rig.world, dmsc_bytes_str(rig_card_text()), NULL, NULL, &old), DMSC_OK);
    other = rig_other_card(&rig, "profile.json");
    rig_swap(&rig, &other);
    rig_pull_ok(&rig);
    was = rig_snapshot(&rig);
    rig_swap(&rig, &old);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_REPLAY, "card:rollback");
    assert_nothing_changed(&rig, was);
    /* A header that promises more, whose index is not there: the old generation behind it. */
    was = rig_snapshot(&rig);
    newest.generation += 5;
    newest.mox_crc ^= 1;
    rig_header(&rig, &newest);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_REPLAY, "card:rollback");
    assert_nothing_changed(&rig, was);
    dmsc_sim_free(other);
    dmsc_sim_free(old);
    rig_close(&rig);
}

static void without_the_pin(void **state)
{
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    was = rig_snapshot(&rig);
    rig.sync.pin = NULL;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_PIN, "card:pin-needed");
    assert_nothing_changed(&rig, was);
    was = rig_snapshot(&rig);
    rig.sync.pin = &rig.adm1;
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_PIN, "pin:wrong");
    assert_non_null(strstr(dmsc_diag_get(rig.ctx)->why, "2 tries are left"));
    assert_nothing_changed(&rig, was);
    rig.sync.pin = &rig.pin;
    rig_pull_ok(&rig);
    rig_close(&rig);
}

static uint8_t tries_left(struct rig *rig)
{
    uint8_t tries = 0;

    assert_int_equal(dmsc_uicc_power_on(rig->uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_pin_tries(rig->uicc, 0x01, &tries), DMSC_OK);
    return tries;
}

/* A device that looks at its card every hour must not block it. */
static void a_wrong_pin_is_sent_once(void **state)
{
    struct dmsc_secret wrong = DMSC_SECRET_INIT;
    struct dmsc_sim *other;
    struct rig rig;

    (void)state;
    rig_open(&rig);
    assert_int_equal(dmsc_secret_set(&wrong, rig.ctx, dmsc_bytes_str("0000")), DMSC_OK);
    rig.sync.pin = &wrong;
    rig.sync.pin_stamp = "file 1";
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_PIN, "pin:wrong");
    for (int i = 0; i < 5; i++)
        rig_assert_failed(&rig, rig_pull(&rig, i % 2 == 0), DMSC_E_PIN, "pin:refused-before");
    assert_int_equal(tries_left(&rig), 2);
    /* Another version of the file is another try; the right one works. */
    rig.sync.pin_stamp = "file 2";
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_PIN, "pin:wrong");
    assert_int_equal(tries_left(&rig), 1);
    /* Another card may well have this PIN. */
    other = rig_other_card(&rig, "profile.json");
    rig_swap(&rig, &other);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_PIN, "pin:wrong");
    rig_swap(&rig, &other);
    dmsc_sim_free(other);
    rig.sync.pin = &rig.pin;
    rig.sync.pin_stamp = "file 3";
    rig_pull_ok(&rig);
    assert_int_equal(tries_left(&rig), 3);
    dmsc_secret_clear(&wrong);
    rig_close(&rig);
}

static void not_provisioned(void **state)
{
    struct dmsc_bytes blank = support_slurp("card-scripts/blank.json");
    struct rig rig;
    char *was;

    (void)state;
    rig_open_card(&rig, (const char *)blank.p);
    was = rig_snapshot(&rig);
    rig_assert_failed(&rig, rig_pull(&rig, false), DMSC_E_NOTFOUND, "card:not-provisioned");
    assert_nothing_changed(&rig, was);
    rig_close(&rig);
    support_free(blank);
}

static void a_dry_run(void **state)
{
    struct dmsc_card_change changes[] = { rig_body(4, RIG_LEAF("Note", "new")),
                                          { .id = 3, .remove = true } };
    struct rig rig;
    char *was;

    (void)state;
    rig_open(&rig);
    was = rig_snapshot(&rig);
    assert_int_equal(rig_pull(&rig, true), DMSC_OK);
    assert_true(rig.report.first);
    assert_int_equal(rig.report.item_count, 4);
    rig_assert_item(&rig, 2, DMSC_SYNC_TAKEN, "");
    assert_nothing_changed(&rig, was);
    rig_pull_ok(&rig);
    rig_issue(&rig, changes, 2, NULL);
    was = rig_snapshot(&rig);
    assert_int_equal(rig_pull(&rig, true), DMSC_OK);
    assert_int_equal(rig.report.items[0].action, DMSC_SYNC_REMOVED);
    rig_assert_item(&rig, 4, DMSC_SYNC_TAKEN, "");
    assert_nothing_changed(&rig, was);
    rig_close(&rig);
}

/* --- another card ----------------------------------------------------------------------------- */

static void another_card(void **state)
{
    struct dmsc_card_change gone = { .id = 2, .remove = true };
    struct dmsc_sim *other;
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    rig_set(&rig, IMS "/Timer_T1", "9");
    other = rig_other_card(&rig, "other.json");
    rig_swap(&rig, &other);
    rig_pull_ok(&rig);
    assert_true(rig.report.first);
    assert_true(rig.report.list_changed);
    /* Flagged: gone with its card. Not flagged: stays. The list is the new card's alone. */
    assert_false(rig_has(&rig, ACCOUNT));
    assert_false(rig_has(&rig, FLEET));
    rig_assert_value(&rig, IMS "/Timer_T1", "9");
    rig_assert_value(&rig, "./Other", "from the other card");
    assert_int_equal(dmsc_authority_list(rig.authority)->count, 1);
    assert_string_equal(dmsc_authority_list(rig.authority)->entries[0].name, "OpB");
    rig_pull_ok(&rig);
    assert_true(rig.report.unchanged);

    /* Back: read again as a whole, and what its issuer removed meanwhile goes. */
    rig_swap(&rig, &other);
    rig_issue(&rig, &gone, 1, NULL);
    rig_pull_ok(&rig);
    assert_false(rig.report.first);
    rig_assert_value(&rig, ACCOUNT "/ServerID", "com.opa.dm");
    rig_assert_value(&rig, FLEET "/PollSeconds", "3600");
    assert_false(rig_has(&rig, IMS));
    assert_false(rig_has(&rig, "./Other"));
    assert_int_equal(dmsc_authority_list(rig.authority)->count, 2);
    dmsc_sim_free(other);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_pull),
        cmocka_unit_test(unchanged),
        cmocka_unit_test(a_changed_body_alone_is_read),
        cmocka_unit_test(replace_and_merge),
        cmocka_unit_test(a_removed_entry_takes_its_subtree),
        cmocka_unit_test(a_moved_entry),
        cmocka_unit_test(another_owner),
        cmocka_unit_test(an_owner_with_another_name),
        cmocka_unit_test(an_owner_that_is_taken_off_the_list),
        cmocka_unit_test(an_owner_that_comes_back),
        cmocka_unit_test(a_bad_body),
        cmocka_unit_test(an_owner_that_is_not_listed),
        cmocka_unit_test(an_encoding_that_is_not_read),
        cmocka_unit_test(reserved_paths),
        cmocka_unit_test(occupied_paths),
        cmocka_unit_test(malformed_paths),
        cmocka_unit_test(a_path_in_the_body),
        cmocka_unit_test(a_list_that_nobody_vouches_for),
        cmocka_unit_test(issuer_keys_that_change),
        cmocka_unit_test(a_signature_over_something_else),
        cmocka_unit_test(another_cards_tag),
        cmocka_unit_test(rollback),
        cmocka_unit_test(rollback_behind_another_card),
        cmocka_unit_test(without_the_pin),
        cmocka_unit_test(a_wrong_pin_is_sent_once),
        cmocka_unit_test(not_provisioned),
        cmocka_unit_test(a_dry_run),
        cmocka_unit_test(another_card),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), sizeof(tests) / sizeof(*tests));
}
