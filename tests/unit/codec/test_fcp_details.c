/* SPDX-License-Identifier: Apache-2.0 */
/* What stands inside an FCP, to its last field. */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/fcp.h>
#include <stdio.h>
#include <string.h>

static void same(struct vectors *v, const char *key, bool has, unsigned long actual)
{
    if (vec_has(v, key) != has)
        vec_fail(v, "%s is%s there", key, has ? "" : " not");
    if (has)
        vec_assert_number(v, key, actual);
}

static void same_bytes(struct vectors *v, const char *key, struct dmsc_bytes actual)
{
    if (vec_has(v, key))
        vec_assert_hex(v, key, actual);
    else
        assert_int_equal(actual.n, 0);
}

static void proprietary_survives(void *user, struct dmsc_bytes bytes)
{
    struct dmsc_fcp_proprietary p;

    (void)user;
    if (dmsc_fcp_proprietary_decode(bytes, &p) == DMSC_OK)
        assert_int_equal(p.rest.n, bytes.n);
}

static enum dmsc_err proprietary(struct vectors *v, struct dmsc_bytes in)
{
    struct dmsc_fcp_proprietary p = DMSC_FCP_PROPRIETARY_INIT;
    enum dmsc_err err = dmsc_fcp_proprietary_decode(in, &p);

    each_prefix(in, proprietary_survives, NULL);
    each_byte_changed(in, proprietary_survives, NULL);
    if (err != DMSC_OK)
        return err;
    same(v, "characteristics", p.has_characteristics, p.characteristics);
    same(v, "voltage_class", p.has_power, p.voltage_class);
    same(v, "power", p.has_power, p.power_ma);
    same(v, "frequency", p.has_power, p.frequency_100khz);
    same(v, "clock", p.has_clock, p.clock_100khz);
    same(v, "memory", p.has_memory, p.memory_bytes);
    same(v, "file_details", p.has_file_details, p.file_details);
    same(v, "reserved", p.has_reserved, p.reserved_bytes);
    same(v, "maximum", p.has_maximum, p.maximum_bytes);
    same(v, "commands", p.has_commands, p.commands);
    same(v, "special", p.has_special, p.special);
    same_bytes(v, "environment", p.environment);
    same_bytes(v, "filling", p.filling);
    same_bytes(v, "repeat", p.repeat);
    return DMSC_OK;
}

static void keys_survive(void *user, struct dmsc_bytes bytes)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    size_t n = 77;

    (void)user;
    if (dmsc_pin_status_decode(bytes, keys, &n) == DMSC_OK)
        assert_true(n <= DMSC_PIN_STATUS_MAX);
    else
        assert_int_equal(n, 77);
}

static enum dmsc_err pin_status(struct vectors *v, struct dmsc_bytes in)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    char text[300] = "";
    size_t n = 0, at = 0;
    enum dmsc_err err = dmsc_pin_status_decode(in, keys, &n);

    each_prefix(in, keys_survive, NULL);
    each_byte_changed(in, keys_survive, NULL);
    for (size_t i = 0; err == DMSC_OK && i < n; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%02X%c", i > 0 ? " " : "",
                               keys[i].key_ref, keys[i].enabled ? '+' : '-');
        if (keys[i].has_usage)
            at += (size_t)snprintf(text + at, sizeof(text) - at, "/%02X", keys[i].usage);
    }
    if (err == DMSC_OK)
        vec_assert_text(v, "keys", text);
    return err;
}

static enum dmsc_err referenced(struct vectors *v, struct dmsc_bytes in)
{
    struct dmsc_fcp fcp = { .security_referenced = in };
    uint16_t fid = 0;
    uint8_t record = 0;
    enum dmsc_err err =
        dmsc_fcp_rule(&fcp, (uint8_t)vec_number_or(v, "environment_asked", 0), &fid, &record);

    if (err == DMSC_OK) {
        vec_assert_number(v, "arr", fid);
        vec_assert_number(v, "record", record);
    }
    return err;
}

static void vectors_decode(void **state)
{
    struct vectors *v = vectors_open("fcp_details.txt");

    (void)state;
    while (vectors_next(v)) {
        if (vec_has(v, "proprietary"))
            vec_assert_err(v, proprietary(v, vec_hex(v, "proprietary")));
        else if (vec_has(v, "pin_status"))
            vec_assert_err(v, pin_status(v, vec_hex(v, "pin_status")));
        else
            vec_assert_err(v, referenced(v, vec_hex(v, "referenced")));
    }
    vectors_close(v);
}

/* Every FCP of live cards, to its last field. */
static void live_fcp(struct dmsc_bytes in, unsigned *seen)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX];
    struct dmsc_fcp_proprietary p;
    struct dmsc_fcp fcp;
    uint16_t fid;
    uint8_t record;
    size_t n;

    assert_int_equal(dmsc_fcp_decode(in, &fcp), DMSC_OK);
    assert_int_equal(dmsc_fcp_proprietary_decode(fcp.proprietary, &p), DMSC_OK);
    assert_int_equal(dmsc_pin_status_decode(fcp.pin_status, keys, &n), DMSC_OK);
    assert_true(fcp.kind != DMSC_FILE_DF || n > 0);
    if (fcp.security_referenced.n > 0)
        assert_int_equal(dmsc_fcp_rule(&fcp, 0, &fid, &record), DMSC_OK);
    *seen += 1;
}

static void trace_row(void *user, json_t *row)
{
    struct dmsc_bytes in;

    if (corpus_text(row, "hex") == NULL ||
        (corpus_text(row, "format") != NULL && strstr(corpus_text(row, "format"), "51.011")))
        return; /* SIM of the second generation: no FCP */
    in = corpus_hex(row, "hex");
    live_fcp(in, user);
    support_free(in);
}

static void file_row(void *user, json_t *row)
{
    struct dmsc_bytes in;

    /* 6F: what a Security Domain answers is no FCP. */
    if (corpus_text(row, "fcp") == NULL || strncmp(corpus_text(row, "fcp"), "62", 2) != 0)
        return;
    in = corpus_hex(row, "fcp");
    live_fcp(in, user);
    support_free(in);
}

static void fcps_of_live_cards(void **state)
{
    unsigned seen = 0;

    (void)state;
    corpus_each("fcp/pysim-select.jsonl", trace_row, &seen);
    corpus_each("fcp/trace-fcp-sja2.jsonl", trace_row, &seen);
    corpus_each("fs/card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl",
                file_row, &seen);
    print_message("%u FCPs\n", seen);
    assert_true(seen > 300);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(vectors_decode),
                                               cmocka_unit_test(fcps_of_live_cards) };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
