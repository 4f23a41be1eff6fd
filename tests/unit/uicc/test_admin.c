/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of a workbench: tests/vectors/uicc_admin.txt tells for each call which commands go
 * out and what is made of the answers. Each is played again with every allocation failing once,
 * and with a card that goes away at every turn.
 */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/uicc_admin.h>
#include <stdio.h>
#include <string.h>

static struct vectors *v;

static unsigned number(const char *key)
{
    return (unsigned)vec_number_or(v, key, 0);
}

static struct dmsc_bytes bytes(const char *key)
{
    return vec_has(v, key) ? vec_hex(v, key) : dmsc_bytes(NULL, 0);
}

static struct dmsc_buf *wanted(struct dmsc_buf *buf)
{
    return number("data_wanted") != 0 ? buf : NULL;
}

static enum dmsc_err say(struct dmsc_buf *buf, enum dmsc_err err, const void *p, size_t n)
{
    return err == DMSC_OK ? dmsc_buf_set(buf, dmsc_bytes(p, n)) : err;
}

static enum dmsc_err run_select(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_select select = DMSC_SELECT_INIT;

    select.how = (enum dmsc_select_how)number("how");
    select.name = bytes("file");
    select.occurrence = (enum dmsc_occurrence)number("occurrence");
    select.terminate = number("terminate") != 0;
    return dmsc_uicc_select(uicc, &select, wanted(buf));
}

static enum dmsc_err run_status(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_status(uicc, (enum dmsc_status_says)number("says"),
                            (enum dmsc_status_form)number("form"), wanted(buf));
}

static enum dmsc_err run_create(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    (void)buf;
    fcp.descriptor = (uint8_t)number("descriptor");
    fcp.structure = (enum dmsc_file_structure)number("structure");
    fcp.record_length = (uint16_t)number("record_length");
    fcp.records = (uint8_t)number("records");
    fcp.has_file_id = true;
    fcp.file_id = (uint16_t)number("fid");
    fcp.life_cycle = 1;
    fcp.security_referenced = bytes("rule");
    fcp.has_size = true;
    fcp.size_bytes = number("size");
    fcp.has_sfi = vec_has(v, "sfi");
    fcp.sfi = (uint8_t)number("sfi");
    fcp.proprietary = bytes("proprietary");
    return dmsc_uicc_create_file(uicc, &fcp);
}

static enum dmsc_err run_delete(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_delete_file(uicc, (uint16_t)number("fid"));
}

static enum dmsc_err run_resize(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_resize_file(uicc, (uint16_t)number("fid"), number("size"));
}

static enum dmsc_err run_terminate(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_terminate(uicc, (enum dmsc_terminate)number("how"), (uint16_t)number("fid"));
}

static enum dmsc_err run_activate(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_activate(uicc, number("active") != 0, (enum dmsc_select_how)number("how"),
                              bytes("file"));
}

static enum dmsc_err run_read_record(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_read_record_at(uicc, (uint8_t)number("sfi"),
                                    (enum dmsc_record_mode)number("mode"),
                                    (uint8_t)number("record"), (uint16_t)number("length"), buf);
}

static enum dmsc_err run_update_record(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_update_record_at(uicc, (uint8_t)number("sfi"),
                                      (enum dmsc_record_mode)number("mode"),
                                      (uint8_t)number("record"), bytes("value"));
}

static enum dmsc_err run_search(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_search search = DMSC_SEARCH_INIT;

    search.sfi = (uint8_t)number("sfi");
    search.record = (uint8_t)number("record");
    search.backward = number("backward") != 0;
    search.enhanced = number("enhanced") != 0;
    search.beside = number("beside") != 0;
    search.marker = number("marker") != 0;
    search.where = (uint8_t)number("where");
    search.pattern = bytes("value");
    return dmsc_uicc_search_record(uicc, &search, buf);
}

static enum dmsc_err run_increase(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_increase(uicc, (uint8_t)number("sfi"), bytes("value"), buf);
}

static enum dmsc_err run_retrieve(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_retrieve_data(uicc, (uint8_t)number("sfi"), number("tag"), buf);
}

static enum dmsc_err run_set(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    uint8_t counting[600];

    (void)buf;
    for (size_t i = 0; i < sizeof(counting); i++)
        counting[i] = (uint8_t)i;
    return dmsc_uicc_set_data(uicc, (uint8_t)number("sfi"), number("tag"),
                              vec_has(v, "length") ? dmsc_bytes(counting, number("length"))
                                                   : bytes("value"));
}

static enum dmsc_err run_delete_data(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    (void)buf;
    return dmsc_uicc_delete_data(uicc, (uint8_t)number("sfi"), number("tag"));
}

/* change, disable, enable, unblock. */
static enum dmsc_err run_pin(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_secret first = DMSC_SECRET_INIT, second = DMSC_SECRET_INIT;
    const char *verb = vec_text(v, "verb");
    uint8_t key = (uint8_t)number("key");
    enum dmsc_err err = dmsc_secret_set(&first, dmsc_uicc_ctx(uicc), bytes("pin"));

    (void)buf;
    if (err == DMSC_OK && vec_has(v, "new_pin"))
        err = dmsc_secret_set(&second, dmsc_uicc_ctx(uicc), bytes("new_pin"));
    if (err != DMSC_OK)
        (void)0;
    else if (strcmp(verb, "change") == 0)
        err = dmsc_uicc_change_pin(uicc, key, &first, &second);
    else if (strcmp(verb, "disable") == 0)
        err = dmsc_uicc_disable_pin(uicc, key, &first, (uint8_t)number("replacement"));
    else if (strcmp(verb, "enable") == 0)
        err = dmsc_uicc_enable_pin(uicc, key, &first);
    else
        err = dmsc_uicc_unblock_pin(uicc, key, &first, &second);
    dmsc_secret_clear(&second);
    dmsc_secret_clear(&first);
    return err;
}

static enum dmsc_err run_puk_tries(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    uint8_t tries = 0xAA;
    enum dmsc_err err = dmsc_uicc_puk_tries(uicc, (uint8_t)number("key"), &tries);

    assert_true(err == DMSC_OK || tries == 0xAA);
    return say(buf, err, &tries, 1);
}

static enum dmsc_err run_channel(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    unsigned given = 77;
    uint8_t channel;
    enum dmsc_err err = dmsc_uicc_channel_open_at(uicc, number("number"), &given);

    assert_true(err == DMSC_OK || given == 77);
    channel = (uint8_t)given;
    if (err == DMSC_OK)
        err = dmsc_uicc_channel_use(uicc, given);
    if (err == DMSC_OK) {
        assert_int_equal(dmsc_uicc_channel(uicc), given);
        err = dmsc_uicc_status(uicc, DMSC_STATUS_NOTHING, DMSC_STATUS_NO_DATA, NULL);
    }
    if (err == DMSC_OK) {
        err = dmsc_uicc_channel_close_at(uicc, given);
        assert_int_equal(dmsc_uicc_channel(uicc), err == DMSC_OK ? 0 : given);
    }
    return say(buf, err, &channel, 1);
}

static enum dmsc_err run_capability(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_terminal_capability capability = DMSC_TERMINAL_CAPABILITY_INIT;
    struct dmsc_bytes power = bytes("power");

    (void)buf;
    capability.has_power = power.n == 3;
    if (capability.has_power) {
        capability.voltage_class = power.p[0];
        capability.power_ma = power.p[1];
        capability.frequency_100khz = power.p[2];
    }
    capability.extended_channels = number("extended") != 0;
    capability.has_interfaces = vec_has(v, "interfaces");
    capability.interfaces = (uint8_t)number("interfaces");
    capability.euicc = bytes("euicc");
    return dmsc_uicc_terminal_capability(uicc, &capability);
}

static enum dmsc_err run_suspend(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_duration shortest = { (enum dmsc_time_unit)number("least_unit"),
                                      (uint8_t)number("least") },
                         longest = { (enum dmsc_time_unit)number("most_unit"),
                                     (uint8_t)number("most") },
                         granted = { DMSC_TIME_SECONDS, 0 };
    struct dmsc_secret token = DMSC_SECRET_INIT;
    uint8_t told[10];
    struct dmsc_wr w = dmsc_wr(told, sizeof(told));
    enum dmsc_err err = dmsc_uicc_suspend(uicc, shortest, longest, &granted, &token);

    assert_true(err == DMSC_OK || (token.n == 0 && granted.count == 0));
    if (err == DMSC_OK && vec_has(v, "resume"))
        err = dmsc_uicc_resume(uicc, &token);
    dmsc_wr_u8(&w, (uint8_t)granted.unit);
    dmsc_wr_u8(&w, granted.count);
    dmsc_wr_bytes(&w, dmsc_secret_bytes(&token));
    dmsc_secret_clear(&token);
    return say(buf, err, told, w.n);
}

static enum dmsc_err run_challenge(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_get_challenge(uicc, (uint16_t)number("length"), buf);
}

static enum dmsc_err run_identity(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    return dmsc_uicc_get_identity(uicc, (uint8_t)number("context"), bytes("value"), buf);
}

static const struct {
    const char *name;
    enum dmsc_err (*run)(struct dmsc_uicc *uicc, struct dmsc_buf *buf);
} calls[] = {
    { "select", run_select },
    { "status", run_status },
    { "create", run_create },
    { "delete", run_delete },
    { "resize", run_resize },
    { "terminate", run_terminate },
    { "activate", run_activate },
    { "read-record", run_read_record },
    { "update-record", run_update_record },
    { "search", run_search },
    { "increase", run_increase },
    { "retrieve", run_retrieve },
    { "set", run_set },
    { "delete-data", run_delete_data },
    { "pin", run_pin },
    { "puk-tries", run_puk_tries },
    { "channel", run_channel },
    { "capability", run_capability },
    { "suspend", run_suspend },
    { "challenge", run_challenge },
    { "identity", run_identity },
};

static enum dmsc_err call(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(calls); i++) {
        if (strcmp(calls[i].name, vec_text(v, "call")) == 0)
            return calls[i].run(uicc, buf);
    }
    vec_fail(v, "no such call");
    return DMSC_E_ARG;
}

/* Without the line breaks of the vector file. */
static void turn(struct scripted *card, struct dmsc_bytes capdu, struct dmsc_bytes rapdu)
{
    char sent[2 * DMSC_CAPDU_MAX + 1], answer[2 * DMSC_RAPDU_MAX + 1];

    assert_true(capdu.n <= DMSC_CAPDU_MAX && rapdu.n <= DMSC_RAPDU_MAX);
    dmsc_hex_encode(capdu, sent);
    dmsc_hex_encode(rapdu, answer);
    scripted_turn(card, sent, answer);
}

static void script(struct scripted *card)
{
    for (size_t i = 0; i < vec_count(v, "sent"); i++) {
        if (strcmp(vec_nth(v, "sent", i), "power") == 0) {
            assert_string_equal(vec_nth(v, "answer", i), "-");
            scripted_turn_power(card);
        } else {
            turn(card, vec_hex_nth(v, "sent", i), vec_hex_nth(v, "answer", i));
        }
    }
}

static void told(const struct rig *rig, enum dmsc_err err)
{
    const struct dmsc_diag *diag = dmsc_diag_get(rig->ctx);

    assert_int_equal(diag->err, err);
    assert_true(diag->what[0] != '\0');
    if (vec_has(v, "sw"))
        vec_assert_number(v, "sw", diag->sw);
    if (vec_has(v, "reason"))
        vec_assert_text(v, "reason", diag->reason);
    if (vec_has(v, "why") && strstr(diag->why, vec_text(v, "why")) == NULL)
        vec_fail(v, "the story is: %s", diag->why);
    if (vec_has(v, "where"))
        vec_assert_text(v, "where", diag->where);
}

static void every_command(void **state)
{
    (void)state;
    v = vectors_open("uicc_admin.txt");
    while (vectors_next(v)) {
        struct rig rig = rig_begin();
        enum dmsc_err err;

        script(rig.card);
        err = call(rig.uicc, &rig.buf);
        vec_assert_err(v, err);
        if (err != DMSC_OK) {
            rig_assert_untouched(&rig);
            told(&rig, err);
        } else if (vec_has(v, "result")) {
            vec_assert_hex(v, "result", dmsc_buf_bytes(&rig.buf));
        }
        if (err == DMSC_OK)
            rig_torture(rig.card, call);
        rig_end(&rig);
    }
    vectors_close(v);
}

/* A card that gives one block after the other, for ever. */
struct endless {
    unsigned blocks, size;
};

static enum dmsc_err one_more(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct endless *endless = user;
    uint8_t block[258] = { 0x81, 0x83, 0xFF, 0xFF, 0xFF };

    (void)capdu;
    endless->blocks++;
    block[endless->size] = 0x62;
    block[endless->size + 1] = 0xF1;
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(block, endless->size + 2));
}

static void endless_objects_end(void **state)
{
    static const unsigned sizes[] = { 256, 1 };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(sizes); i++) {
        struct dmsc_limits limits = { .ef_size = 1000 };
        struct rig rig = rig_begin_limits(&limits);
        struct endless endless = { 0, sizes[i] };

        rig.card->respond = one_more;
        rig.card->respond_user = &endless;
        assert_int_equal(dmsc_uicc_retrieve_data(rig.uicc, 0, 0x81, &rig.buf), DMSC_E_LIMIT);
        assert_true(endless.blocks <= 1000 / sizes[i] + 1);
        rig_assert_untouched(&rig);
        rig_end(&rig);
    }
}

/* A link that protects commands carries less in each. */
static void blocks_can_be_smaller(void **state)
{
    uint8_t content[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct rig rig = rig_begin();

    (void)state;
    dmsc_uicc_set_blocks(rig.uicc, 4, 6);
    scripted_turn(rig.card, "00B00000 04", "00010203 9000");
    scripted_turn(rig.card, "00B00004 04", "04050607 9000");
    scripted_turn(rig.card, "00B00008 02", "0809 9000");
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 0, 0, 10, &rig.buf), DMSC_OK);
    assert_memory_equal(rig.buf.p, content, 10);
    scripted_turn(rig.card, "00D60000 06 000102030405", "9000");
    scripted_turn(rig.card, "00D60006 04 06070809", "9000");
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 0, 0, dmsc_bytes(content, 10)), DMSC_OK);
    scripted_turn(rig.card, "80DB0080 06 810A00010203", "63F1");
    scripted_turn(rig.card, "80DB0000 06 040506070809", "9000");
    assert_int_equal(dmsc_uicc_set_data(rig.uicc, 0, 0x81, dmsc_bytes(content, 10)), DMSC_OK);
    rig_end(&rig);
}

static void status_words_by_command(void **state)
{
    struct vectors *rows = vectors_open("sw_explain.txt");

    (void)state;
    while (vectors_next(rows)) {
        struct dmsc_sw_meaning meaning =
            dmsc_sw_explain((uint8_t)vec_number_or(rows, "cla", 0),
                            (uint8_t)vec_number(rows, "ins"), (uint16_t)vec_number(rows, "sw"));

        vec_assert_text(rows, "text", meaning.text);
        vec_assert_text(rows, "where", meaning.clause);
    }
    vectors_close(rows);
    /* Never without words. */
    for (unsigned ins = 0; ins < 256; ins++) {
        for (unsigned sw = 0; sw < 0x10000; sw += 7) {
            struct dmsc_sw_meaning meaning = dmsc_sw_explain(0, (uint8_t)ins, (uint16_t)sw);

            assert_true(meaning.text != NULL && meaning.text[0] != '\0');
            assert_true(meaning.clause != NULL && meaning.clause[0] != '\0');
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command),
        cmocka_unit_test(endless_objects_end),
        cmocka_unit_test(blocks_can_be_smaller),
        cmocka_unit_test(status_words_by_command),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
