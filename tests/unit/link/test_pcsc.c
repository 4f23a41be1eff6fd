/* SPDX-License-Identifier: Apache-2.0 */
/* The driver "pcsc" over a service of the test's own: which calls it makes, what it makes of codes.
 */
#include "tests/support/test.h"
#include "tests/unit/link/fake_pcsc.h"
#include "tests/unit/link/link_conformance.h"
#include <dmsc/ctx.h>
#include <string.h>

static int make(void **state)
{
    fake_pcsc_reset();
    return dmsc_ctx_new(NULL, (struct dmsc_ctx **)state) == DMSC_OK ? 0 : -1;
}

static int unmake(void **state)
{
    dmsc_ctx_free(*state);
    assert_int_equal(fake_pcsc.contexts, 0);
    assert_int_equal(fake_pcsc.connections, 0);
    assert_int_equal(fake_pcsc.transactions, 0);
    return 0;
}

static struct dmsc_link *open_on(struct dmsc_ctx *ctx, const char *spec)
{
    struct dmsc_link *link = NULL;

    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    return link;
}

static void story(const struct dmsc_ctx *ctx, enum dmsc_err err, const char *reason, LONG code)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    assert_int_equal(diag->err, err);
    assert_string_equal(diag->reason, reason);
    assert_int_equal(diag->code, (int)code);
    assert_true(diag->what[0] != '\0' && diag->why[0] != '\0');
}

static enum dmsc_err open_pcsc(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    return dmsc_link_open(ctx, user, NULL, ret_link);
}

static void pcsc_conforms(void **state)
{
    static char reader[] = "pcsc:Virtual";
    struct link_conformance subject = { open_pcsc, reader, "pcsc", DMSC_T0, false };

    (void)state;
    link_conformance(&subject);
    fake_pcsc.protocol = SCARD_PROTOCOL_T1;
    subject.protocol = DMSC_T1;
    link_conformance(&subject);
}

static void a_reader_is_found_by_number_part_or_card(void **state)
{
    static const struct {
        const char *spec, *reader;
    } cases[] = {
        { "pcsc", "Virtual PCD 00 01" },
        { "pcsc:", "Virtual PCD 00 01" },
        { "pcsc:0", "Acme One 00 00" },
        { "pcsc:1", "Virtual PCD 00 01" },
        { "pcsc:Acme", "Acme One 00 00" },
        { "pcsc:acme one", "Acme One 00 00" },
        { "pcsc:PCD 00 01", "Virtual PCD 00 01" },
        { "pcsc:00 00", "Acme One 00 00" },
        { "pcsc:Virtual PCD 00 01", "Virtual PCD 00 01" },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        dmsc_link_free(open_on(*state, cases[i].spec));
        assert_string_equal(fake_pcsc.connected_to, cases[i].reader);
    }
}

static void a_reader_that_is_not_there_is_an_error(void **state)
{
    struct dmsc_link *link = NULL;

    assert_int_equal(dmsc_link_open(*state, "pcsc:2", NULL, &link), DMSC_E_NOREADER);
    assert_int_equal(dmsc_link_open(*state, "pcsc:99999999999999999999999", NULL, &link),
                     DMSC_E_NOREADER);
    assert_int_equal(dmsc_link_open(*state, "pcsc:Gemalto", NULL, &link), DMSC_E_NOREADER);
    story(*state, DMSC_E_NOREADER, "pcsc:no-reader", SCARD_E_UNKNOWN_READER);
    assert_string_equal(dmsc_diag_get(*state)->where, "Gemalto");
    fake_pcsc.cards = 0;
    assert_int_equal(dmsc_link_open(*state, "pcsc", NULL, &link), DMSC_E_REMOVED);
    story(*state, DMSC_E_REMOVED, "pcsc:no-card", SCARD_E_NO_SMARTCARD);
    fake_pcsc.readers[0] = NULL;
    assert_int_equal(dmsc_link_open(*state, "pcsc", NULL, &link), DMSC_E_NOREADER);
    assert_int_equal(dmsc_link_open(*state, "pcsc:0", NULL, &link), DMSC_E_NOREADER);
    story(*state, DMSC_E_NOREADER, "pcsc:no-reader", SCARD_E_NO_READERS_AVAILABLE);
    assert_null(link);
}

struct found {
    unsigned count;
    unsigned cards;
};

static void count_reader(void *user, const struct dmsc_reader *reader)
{
    struct found *found = user;

    assert_string_equal(reader->name, fake_pcsc.readers[found->count]);
    assert_int_equal(reader->atr.n, reader->card ? 22 : 0);
    found->count++;
    found->cards += reader->card;
}

static enum dmsc_err list_readers(struct dmsc_ctx *ctx, void *user)
{
    struct found found = { 0, 0 };

    (void)user;
    return dmsc_pcsc_readers(ctx, count_reader, &found);
}

static void readers_are_listed(void **state)
{
    struct found found = { 0, 0 };

    assert_int_equal(dmsc_pcsc_readers(*state, count_reader, &found), DMSC_OK);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.cards, 1);
    /* More than the service ever serves. */
    for (size_t i = 0; i < 16; i++)
        fake_pcsc.readers[i] = "Reader";
    found = (struct found){ 0, 0 };
    assert_int_equal(dmsc_pcsc_readers(*state, count_reader, &found), DMSC_OK);
    assert_int_equal(found.count, 16);
    /* None is no error. */
    fake_pcsc.readers[0] = NULL;
    found = (struct found){ 0, 0 };
    assert_int_equal(dmsc_pcsc_readers(*state, count_reader, &found), DMSC_OK);
    assert_int_equal(found.count, 0);
    fake_pcsc_reset();
    (void)fault_torture(list_readers, NULL);
    fake_pcsc.fails[FAKE_LIST] = SCARD_E_SERVICE_STOPPED;
    assert_int_equal(list_readers(*state, NULL), DMSC_E_NOSERVICE);
    fake_pcsc.fails[FAKE_LIST] = SCARD_S_SUCCESS;
    fake_pcsc.fails[FAKE_STATUS_CHANGE] = SCARD_E_READER_UNAVAILABLE;
    assert_int_equal(list_readers(*state, NULL), DMSC_E_NOREADER);
    fake_pcsc.fails[FAKE_STATUS_CHANGE] = SCARD_E_TIMEOUT;
    assert_int_equal(list_readers(*state, NULL), DMSC_OK);
}

/* Cold, warm, off: what pcscd is asked to do to the card. */
static void power_is_what_it_says(void **state)
{
    struct dmsc_link *link = open_on(*state, "pcsc");

    assert_int_equal(fake_pcsc.connects, 1);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(fake_pcsc.last_reconnect, SCARD_UNPOWER_CARD);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(fake_pcsc.last_reconnect, SCARD_RESET_CARD);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(fake_pcsc.last_disconnect, SCARD_UNPOWER_CARD);
    assert_int_equal(fake_pcsc.connections, 0);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(fake_pcsc.connects, 2);
    /* A PIN that was verified must not serve the next program. */
    dmsc_link_free(link);
    assert_int_equal(fake_pcsc.last_disconnect, SCARD_RESET_CARD);
}

/* The protocol is the one in force; each has its header. */
static void the_protocol_in_force_counts(void **state)
{
    struct dmsc_link *link = open_on(*state, "pcsc");
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_OK);
    assert_ptr_equal(fake_pcsc.last_pci, SCARD_PCI_T0);
    assert_int_equal(fake_pcsc.last_capdu_bytes, 5);
    fake_pcsc.protocol = SCARD_PROTOCOL_T1;
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(dmsc_link_protocol(link), DMSC_T1);
    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_OK);
    assert_ptr_equal(fake_pcsc.last_pci, SCARD_PCI_T1);
    assert_int_equal(fake_pcsc.last_capdu_bytes, 4);
    dmsc_link_free(link);
}

static void locks_are_transactions(void **state)
{
    struct dmsc_link *link = open_on(*state, "pcsc");
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    assert_int_equal(dmsc_link_lock(link), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(fake_pcsc.transactions, 1);
    /* Nothing is held over a reset, and one unlock too many is none. */
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(fake_pcsc.transactions, 0);
    dmsc_link_unlock(link);
    assert_int_equal(dmsc_link_lock(link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(fake_pcsc.transactions, 0);
    dmsc_link_unlock(link);
    assert_int_equal(dmsc_link_lock(link), DMSC_E_STATE);
    dmsc_link_free(link);
}

/* Exclusive: asked for as such, and nothing is left to lock. */
static void exclusive_and_shared(void **state)
{
    static const struct {
        const char *spec;
        DWORD share;
    } cases[] = {
        { "pcsc:Virtual,exclusive", SCARD_SHARE_EXCLUSIVE },
        { "pcsc:,exclusive", SCARD_SHARE_EXCLUSIVE },
        { "pcsc:1,shared", SCARD_SHARE_SHARED },
        { "pcsc:1", SCARD_SHARE_SHARED },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_link *link = open_on(*state, cases[i].spec);

        assert_int_equal(fake_pcsc.share, cases[i].share);
        assert_string_equal(fake_pcsc.connected_to, "Virtual PCD 00 01");
        assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), DMSC_OK);
        assert_int_equal(fake_pcsc.share, cases[i].share);
        assert_int_equal(dmsc_link_lock(link), DMSC_OK);
        assert_int_equal(fake_pcsc.transactions, cases[i].share == SCARD_SHARE_SHARED);
        assert_int_equal(dmsc_link_lock(link), DMSC_OK);
        assert_int_equal(fake_pcsc.transactions, cases[i].share == SCARD_SHARE_SHARED);
        dmsc_link_unlock(link);
        assert_int_equal(fake_pcsc.transactions, cases[i].share == SCARD_SHARE_SHARED);
        dmsc_link_unlock(link);
        assert_int_equal(fake_pcsc.transactions, 0);
        dmsc_link_free(link);
    }
}

/* Somebody's transaction refuses a command at once: it is waited for, and the command sent then. */
static void a_card_in_use_is_waited_for(void **state)
{
    struct dmsc_link *link = open_on(*state, "pcsc");
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    fake_pcsc.busy = 1;
    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(fake_pcsc.transactions, 0);
    assert_int_equal(fake_pcsc.begun, 1);
    /* And one that never ends is told. */
    fake_pcsc.busy = 1;
    fake_pcsc.fails[FAKE_BEGIN] = SCARD_E_TIMEOUT;
    assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), DMSC_E_TIMEOUT);
    fake_pcsc.fails[FAKE_BEGIN] = SCARD_S_SUCCESS;
    dmsc_link_free(link);
}

static const struct {
    LONG code;
    enum dmsc_err err;
    const char *reason;
} codes[] = {
    { SCARD_E_NO_SERVICE, DMSC_E_NOSERVICE, "pcsc:no-service" },
    { SCARD_E_SERVICE_STOPPED, DMSC_E_NOSERVICE, "pcsc:no-service" },
    { SCARD_W_SECURITY_VIOLATION, DMSC_E_NOSERVICE, "pcsc:polkit" },
    { SCARD_E_NO_ACCESS, DMSC_E_NOSERVICE, "pcsc:polkit" },
    { SCARD_E_INSUFFICIENT_BUFFER, DMSC_E_LINK, "pcsc:long-answer" },
    { SCARD_E_NO_READERS_AVAILABLE, DMSC_E_NOREADER, "pcsc:no-reader" },
    { SCARD_E_UNKNOWN_READER, DMSC_E_NOREADER, "pcsc:no-reader" },
    { SCARD_E_READER_UNAVAILABLE, DMSC_E_NOREADER, "pcsc:no-reader" },
    { SCARD_E_NO_SMARTCARD, DMSC_E_REMOVED, "pcsc:no-card" },
    { SCARD_W_REMOVED_CARD, DMSC_E_REMOVED, "pcsc:removed" },
    { SCARD_W_UNPOWERED_CARD, DMSC_E_REMOVED, "pcsc:unpowered" },
    { SCARD_W_UNRESPONSIVE_CARD, DMSC_E_REMOVED, "pcsc:mute" },
    { SCARD_W_UNSUPPORTED_CARD, DMSC_E_REMOVED, "pcsc:mute" },
    { SCARD_W_RESET_CARD, DMSC_E_CARD_RESET, "pcsc:reset" },
    { SCARD_E_SHARING_VIOLATION, DMSC_E_LINK, "pcsc:sharing" },
    { SCARD_E_TIMEOUT, DMSC_E_TIMEOUT, "pcsc:timeout" },
    { SCARD_F_COMM_ERROR, DMSC_E_LINK, "pcsc:error" },
    { SCARD_E_NOT_TRANSACTED, DMSC_E_LINK, "pcsc:error" },
};

/* Every code at every call: its error, its story, also where another story stood before. */
static void codes_become_errors(void **state)
{
    static const uint8_t mf[] = { 0x3F, 0x00 };
    struct dmsc_capdu status = { .ins = 0xA4, .p2 = 0x04, .data = { mf, 2 }, .le = 256 };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(codes); i++) {
        struct dmsc_link *link = open_on(*state, "pcsc"), *other = NULL;
        uint16_t sw = 0;

        for (int call = FAKE_BEGIN; call <= FAKE_TRANSMIT; call++) {
            fake_pcsc.fails[call] = codes[i].code;
            assert_int_equal(dmsc_link_exchange(link, &status, NULL, &sw), codes[i].err);
            story(*state, codes[i].err, codes[i].reason, codes[i].code);
            assert_string_equal(dmsc_diag_get(*state)->where, "Virtual PCD 00 01");
            fake_pcsc.fails[call] = SCARD_S_SUCCESS;
        }
        for (int call = FAKE_RECONNECT; call <= FAKE_STATUS; call++) {
            fake_pcsc.fails[call] = codes[i].code;
            assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), codes[i].err);
            story(*state, codes[i].err, codes[i].reason, codes[i].code);
            fake_pcsc.fails[call] = SCARD_S_SUCCESS;
        }
        fake_pcsc.fails[FAKE_ESTABLISH] = codes[i].code;
        if (codes[i].code == SCARD_F_COMM_ERROR) {
            /* How polkit's refusal looks before there is a connection. */
            assert_int_equal(dmsc_link_open(*state, "pcsc", NULL, &other), DMSC_E_NOSERVICE);
            story(*state, DMSC_E_NOSERVICE, "pcsc:polkit", SCARD_E_NO_ACCESS);
        } else {
            assert_int_equal(dmsc_link_open(*state, "pcsc", NULL, &other), codes[i].err);
            story(*state, codes[i].err, codes[i].reason, codes[i].code);
        }
        fake_pcsc.fails[FAKE_ESTABLISH] = SCARD_S_SUCCESS;
        dmsc_link_free(link);
    }
}

static void a_connection_that_fails_leaves_nothing(void **state)
{
    struct dmsc_link *link = NULL;

    assert_int_equal(dmsc_link_open(*state, "pcsc", NULL, &link), DMSC_OK);
    fake_pcsc.fails[FAKE_CONNECT] = SCARD_E_NO_SMARTCARD;
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_E_REMOVED);
    assert_int_equal(fake_pcsc.connections, 0);
    fake_pcsc.fails[FAKE_CONNECT] = SCARD_S_SUCCESS;
    /* The card is inserted. */
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    dmsc_link_free(link);
}

/* The longest answer there is, and one that no card may give. */
static void long_answers(void **state)
{
    static const uint8_t answer[300] = { 1 };
    struct dmsc_link *link = open_on(*state, "pcsc");
    struct dmsc_capdu read = { .ins = 0xB0, .le = 256 };
    struct dmsc_buf buf;
    uint16_t sw = 0;

    dmsc_buf_init(&buf, *state, 512);
    fake_pcsc.rapdu = dmsc_bytes(answer, 258);
    assert_int_equal(dmsc_link_exchange(link, &read, &buf, &sw), DMSC_OK);
    assert_int_equal(buf.n, 256);
    fake_pcsc.rapdu = dmsc_bytes(answer, 300);
    assert_int_equal(dmsc_link_exchange(link, &read, &buf, &sw), DMSC_E_LINK);
    assert_int_equal(buf.n, 256);
    dmsc_buf_clear(&buf);
    dmsc_link_free(link);
}

struct seen {
    unsigned count;
    char text[512];
};

/* Each event as a letter and the first word of the reader: "+A" "-A" reader, "iV" "oV" card. */
static void note(void *user, enum dmsc_reader_event event, const struct dmsc_reader *reader)
{
    static const char letters[] = { '+', '-', 'i', 'o' };
    struct seen *seen = user;
    char word[4] = { letters[event], reader->name[0], ' ', '\0' };

    assert_int_equal(reader->atr.n, event == DMSC_CARD_INSERTED ? 22 : 0);
    assert_int_equal(reader->card, event == DMSC_CARD_INSERTED);
    (void)strcat(seen->text, word);
    seen->count++;
}

static enum dmsc_err watch_once(struct dmsc_pcsc_watch *watch, const char *wanted)
{
    struct seen seen = { 0, "" };
    enum dmsc_err err = dmsc_pcsc_watch_wait(watch, 0, note, &seen);

    assert_string_equal(seen.text, wanted);
    return err;
}

static void readers_and_cards_are_events(void **state)
{
    struct dmsc_pcsc_watch *watch = NULL;

    assert_int_equal(dmsc_pcsc_watch_new(*state, &watch), DMSC_OK);
    assert_int_equal(watch_once(watch, "+A +V iV "), DMSC_OK);
    assert_int_equal(watch_once(watch, ""), DMSC_E_TIMEOUT);
    /* A card into the other one; out; out and in between two looks. */
    fake_pcsc.cards = 3;
    fake_pcsc.changes[0]++;
    assert_int_equal(watch_once(watch, "iA "), DMSC_OK);
    fake_pcsc.cards = 1;
    fake_pcsc.changes[1]++;
    assert_int_equal(watch_once(watch, "oV "), DMSC_OK);
    fake_pcsc.changes[0] += 2;
    assert_int_equal(watch_once(watch, "oA iA "), DMSC_OK);
    /* In and out again: nothing to see. */
    fake_pcsc.changes[1] += 2;
    assert_int_equal(watch_once(watch, ""), DMSC_E_TIMEOUT);
    /* The reader is unplugged with its card, another one comes. */
    fake_pcsc.readers[0] = "New 00 00";
    fake_pcsc.cards = 0;
    assert_int_equal(watch_once(watch, "+N oA -A "), DMSC_OK);
    fake_pcsc.readers[0] = NULL;
    assert_int_equal(watch_once(watch, "-N -V "), DMSC_OK);
    assert_int_equal(watch_once(watch, ""), DMSC_E_TIMEOUT);
    dmsc_pcsc_watch_cancel(watch);
    assert_int_equal(watch_once(watch, ""), DMSC_E_AGAIN);
    dmsc_pcsc_watch_free(watch);
    dmsc_pcsc_watch_free(NULL);
}

/* The service ends: all is gone; it comes back: all is there again. */
static void a_service_that_goes_and_comes(void **state)
{
    struct dmsc_pcsc_watch *watch = NULL;

    assert_int_equal(dmsc_pcsc_watch_new(*state, &watch), DMSC_OK);
    assert_int_equal(watch_once(watch, "+A +V iV "), DMSC_OK);
    fake_pcsc.fails[FAKE_LIST] = SCARD_E_NO_SERVICE;
    assert_int_equal(watch_once(watch, "oV -V -A "), DMSC_E_NOSERVICE);
    story(*state, DMSC_E_NOSERVICE, "pcsc:no-service", SCARD_E_NO_SERVICE);
    assert_int_equal(fake_pcsc.contexts, 0);
    fake_pcsc.fails[FAKE_ESTABLISH] = SCARD_E_NO_SERVICE;
    assert_int_equal(watch_once(watch, ""), DMSC_E_NOSERVICE);
    fake_pcsc.fails[FAKE_ESTABLISH] = SCARD_S_SUCCESS;
    fake_pcsc.fails[FAKE_LIST] = SCARD_S_SUCCESS;
    assert_int_equal(watch_once(watch, "+A +V iV "), DMSC_OK);
    fake_pcsc.fails[FAKE_STATUS_CHANGE] = SCARD_E_SERVICE_STOPPED;
    assert_int_equal(watch_once(watch, "oV -V -A "), DMSC_E_NOSERVICE);
    fake_pcsc.fails[FAKE_STATUS_CHANGE] = SCARD_S_SUCCESS;
    dmsc_pcsc_watch_free(watch);
    /* Without a service there is nothing to watch. */
    fake_pcsc.fails[FAKE_ESTABLISH] = SCARD_W_SECURITY_VIOLATION;
    assert_int_equal(dmsc_pcsc_watch_new(*state, &watch), DMSC_E_NOSERVICE);
    story(*state, DMSC_E_NOSERVICE, "pcsc:polkit", SCARD_W_SECURITY_VIOLATION);
}

static enum dmsc_err watch_life(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_pcsc_watch *watch = NULL;
    struct seen seen = { 0, "" };
    enum dmsc_err err = dmsc_pcsc_watch_new(ctx, &watch);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_pcsc_watch_wait(watch, 0, note, &seen);
    dmsc_pcsc_watch_free(watch);
    return err;
}

static void a_watch_survives_without_memory(void **state)
{
    (void)state;
    (void)fault_torture(watch_life, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pcsc_conforms, make, unmake),
        cmocka_unit_test_setup_teardown(a_reader_is_found_by_number_part_or_card, make, unmake),
        cmocka_unit_test_setup_teardown(a_reader_that_is_not_there_is_an_error, make, unmake),
        cmocka_unit_test_setup_teardown(readers_are_listed, make, unmake),
        cmocka_unit_test_setup_teardown(power_is_what_it_says, make, unmake),
        cmocka_unit_test_setup_teardown(the_protocol_in_force_counts, make, unmake),
        cmocka_unit_test_setup_teardown(locks_are_transactions, make, unmake),
        cmocka_unit_test_setup_teardown(exclusive_and_shared, make, unmake),
        cmocka_unit_test_setup_teardown(a_card_in_use_is_waited_for, make, unmake),
        cmocka_unit_test_setup_teardown(codes_become_errors, make, unmake),
        cmocka_unit_test_setup_teardown(a_connection_that_fails_leaves_nothing, make, unmake),
        cmocka_unit_test_setup_teardown(readers_and_cards_are_events, make, unmake),
        cmocka_unit_test_setup_teardown(a_service_that_goes_and_comes, make, unmake),
        cmocka_unit_test_setup_teardown(a_watch_survives_without_memory, make, unmake),
        cmocka_unit_test_setup_teardown(long_answers, make, unmake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
