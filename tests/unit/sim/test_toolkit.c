/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit by itself: which commands a terminal is sent, rules, the applet, its HTTP. */
#include "apdu/base/ctx.h"
#include "simulator/uicc/toolkit/toolkit.h"
#include "tests/unit/sim/rig.h"
#include <string.h>

#define PROFILE "tests/vectors/sim_toolkit.json"

static void rules_and_applet(void **state)
{
    (void)state;
    script_run("sim_toolkit.txt");
}

/* Byte and bit of TERMINAL PROFILE, as TS 102 223 clause 5.2 names them. */
static const struct {
    uint8_t type, qualifier, byte, bit;
} commands[] = {
    { 0x01, 0, 3, 8 },  { 0x01, 10, 35, 4 }, { 0x02, 0, 3, 4 },  { 0x03, 0, 3, 6 },
    { 0x04, 0, 3, 7 },  { 0x05, 0, 5, 1 },   { 0x10, 0, 4, 5 },  { 0x11, 0, 4, 3 },
    { 0x12, 0, 4, 4 },  { 0x13, 0, 4, 2 },   { 0x14, 0, 9, 2 },  { 0x15, 0, 9, 7 },
    { 0x16, 0, 30, 6 }, { 0x20, 0, 3, 5 },   { 0x21, 0, 3, 1 },  { 0x22, 0, 3, 2 },
    { 0x23, 0, 3, 3 },  { 0x24, 0, 4, 1 },   { 0x25, 0, 4, 6 },  { 0x26, 0, 4, 7 },
    { 0x26, 3, 8, 3 },  { 0x27, 0, 8, 1 },   { 0x27, 2, 8, 2 },  { 0x28, 0, 8, 5 },
    { 0x30, 0, 7, 3 },  { 0x31, 0, 7, 1 },   { 0x32, 0, 7, 2 },  { 0x33, 0, 7, 4 },
    { 0x34, 0, 8, 6 },  { 0x35, 0, 9, 6 },   { 0x40, 0, 12, 1 }, { 0x41, 0, 12, 2 },
    { 0x42, 0, 12, 3 }, { 0x43, 0, 12, 4 },  { 0x44, 0, 12, 5 }, { 0x45, 0, 12, 6 },
    { 0x46, 0, 12, 7 }, { 0x47, 0, 12, 8 },  { 0x50, 0, 23, 1 }, { 0x51, 0, 23, 2 },
    { 0x60, 0, 22, 6 }, { 0x61, 0, 22, 7 },  { 0x62, 0, 22, 8 }, { 0x70, 0, 30, 5 },
    { 0x71, 0, 31, 1 }, { 0x72, 0, 31, 8 },  { 0x73, 0, 31, 8 }, { 0x79, 0, 35, 5 },
};

/* Each command goes to a terminal that has its bit and no other, and to none that lacks it alone.
 */
static void one_gate(struct dmsc_ctx *ctx, unsigned i, bool served)
{
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    uint8_t bytes[] = { 0xD0, 0x09, 0x81, 0x03, 0x01, commands[i].type, commands[i].qualifier,
                        0x82, 0x02, 0x81, 0x82 };
    struct dmsc_sim_toolkit t;
    char apdu[160] = "8010000026 ";
    uint8_t profile[38];

    assert_int_equal(dmsc_sim_queue(sim, dmsc_bytes(bytes, sizeof(bytes))), DMSC_OK);
    for (unsigned byte = 1; byte <= 38; byte++) {
        unsigned bit = byte == commands[i].byte ? 1u << (commands[i].bit - 1) : 0;

        profile[byte - 1] = (uint8_t)(served ? bit : ~bit);
    }
    dmsc_hex_encode(dmsc_bytes(profile, sizeof(profile)), apdu + strlen(apdu));
    card_expect(sim, apdu, served ? "910B" : "9000");
    dmsc_sim_toolkit(sim, &t);
    assert_int_equal(t.skipped, served ? 0 : 1);
    dmsc_sim_free(sim);
}

static void gates(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        one_gate(ctx, i, true);
        one_gate(ctx, i, false);
    }
    dmsc_ctx_free(ctx);
}

static void http(void **state)
{
    static const struct {
        const char *text;
        bool ended, whole;
        enum dmsc_err err;
        const char *body;
    } cases[] = {
        { "", false, false, DMSC_OK, "" },
        { "", true, false, DMSC_E_MALFORMED, "" },
        { "HTTP/1.1 200 OK\r\n\r\nabc", false, false, DMSC_OK, "abc" },
        { "HTTP/1.1 200 OK\r\n\r\nabc", true, true, DMSC_OK, "abc" },
        { "HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nab", false, false, DMSC_OK, "ab" },
        { "HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nab", true, false, DMSC_E_MALFORMED, "" },
        { "HTTP/1.1 200 OK\r\nContent-Length:  3\r\n\r\nabcd", false, true, DMSC_OK, "abc" },
        { "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, false, DMSC_E_MALFORMED, "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 12345678\r\n\r\n", false, false, DMSC_E_MALFORMED,
          "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, false, DMSC_E_MALFORMED,
          "" },
        { "HTTP/1.1 404 Not Found\r\n\r\n", true, false, DMSC_E_NOTFOUND, "" },
        { "HTTP/1.1\r\n\r\n", true, false, DMSC_E_NOTFOUND, "" },
        { "SMTP/1.1 200 OK\r\n\r\n", true, false, DMSC_E_MALFORMED, "" },
    };

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_bytes exact = support_copy_exact(dmsc_bytes_str(cases[i].text));
        struct dmsc_bytes body = { NULL, 0 };
        bool whole = true;

        print_message("%s\n", cases[i].text);
        assert_int_equal(dmsci_sim_http_body(exact, cases[i].ended, &whole, &body), cases[i].err);
        assert_int_equal(whole, cases[i].whole);
        assert_true(dmsc_bytes_equal(body, dmsc_bytes_str(cases[i].body)));
        support_free(exact);
    }
}

static void urls(void **state)
{
    static const struct {
        const char *url, *path;
        uint16_t port; /* 0: refused */
    } cases[] = {
        { "http://192.0.2.1", "", 80 },
        { "http://192.0.2.1/", "/", 80 },
        { "http://192.0.2.1:8080/a?b", "/a?b", 8080 },
        { "http://192.0.2.256/", "", 0 },
        { "http://192.0.2/", "", 0 },
        { "http://192.0.2.1:0/", "", 0 },
        { "http://192.0.2.1:65536/", "", 0 },
        { "http://192.0.2.1x/", "", 0 },
        { "http://192.0.2.1/a b", "", 0 },
        { "http://192.0.2.1/\"", "", 0 },
        { "https://192.0.2.1/", "", 0 },
        { "http://dm.example/", "", 0 },
    };

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        uint8_t address[4] = { 0 };
        uint16_t port = 0;
        const char *path = "";

        assert_int_equal(dmsci_sim_http_url(cases[i].url, address, &port, &path),
                         cases[i].port != 0);
        if (cases[i].port == 0)
            continue;
        assert_int_equal(port, cases[i].port);
        assert_string_equal(path, cases[i].path);
        assert_int_equal(address[0], 192);
        assert_int_equal(address[3], 1);
    }
}

static void refusals(void **state)
{
    static const struct rig_refusal bad[] = {
        { "[]", "profile:type", "toolkit" },
        { "{\"rule\": []}", "profile:key", "toolkit.rule" },
        { "{\"rules\": {}}", "profile:type", "toolkit.rules" },
        { "{\"rules\": [{\"on\": \"never\"}]}", "profile:value", "toolkit.rules[0].on" },
        { "{\"rules\": [{\"on\": \"timer\"}]}", "profile:missing", "toolkit.rules[0].number" },
        { "{\"rules\": [{\"on\": \"start\", \"pull\": true}]}", "profile:value",
          "toolkit.rules[0].pull" },
        { "{\"rules\": [{\"on\": \"start\", \"send\": [\"D000\"]}]}", "profile:value",
          "toolkit.rules[0].send" },
        { "{\"applet\": {\"url\": \"http://dm.example/\"}}", "profile:value",
          "toolkit.applet.url" },
        { "{\"applet\": {\"url\": \"http://192.0.2.1/\"}}", "profile:path", "toolkit.applet.file" },
    };

    (void)state;
    rig_expect_refusals("toolkit", NULL, NULL, bad, DMSCI_ARRAY_LEN(bad));
}

static void out_of_memory(void **state)
{
    (void)state;
    rig_expect_no_memory(PROFILE);
}

static void dump(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = card_open(rig->ctx, PROFILE, NULL);

    assert_non_null(strstr(rig_dump(rig, sim), "http://192.0.2.1:8080/mo?id=1"));
    rig_expect_dump_loads(rig);
    dmsc_sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_and_applet),
        cmocka_unit_test(gates),
        cmocka_unit_test(http),
        cmocka_unit_test(urls),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
        RIG_TEST(dump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
