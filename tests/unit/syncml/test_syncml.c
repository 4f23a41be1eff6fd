/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/support/test.h"
#include "tests/unit/syncml/dump.h"
#include "tests/unit/syncml/judge.h"
#include <stdio.h>
#include <string.h>

#define CEILING 1000000u

static struct dmsc_ctx *new_ctx(const struct dmsc_limits *limits)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    if (limits != NULL)
        config.limits = *limits;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    return ctx;
}

/* decode, encode, decode: both models read the same */
static void round_trip(struct dmsc_ctx *ctx, const struct dmsci_syncml_message *msg,
                       const char *dump)
{
    struct dmsci_syncml_message again = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf document, text;

    dmsc_buf_init(&document, ctx, CEILING);
    dmsc_buf_init(&text, ctx, CEILING);
    assert_int_equal(dmsci_syncml_encode(msg, &dmsci_syncml_xml, CEILING, &document), DMSC_OK);
    assert_int_equal(dmsci_syncml_decode(ctx, dmsc_buf_bytes(&document), &again), DMSC_OK);
    assert_int_equal(dump_message(&again, &text), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&text), dump);
    dmsci_syncml_clear(&again);
    dmsc_buf_clear(&document);
    dmsc_buf_clear(&text);
}

static bool any_bad(const struct dmsci_syncml_message *msg)
{
    for (size_t i = 0; i < msg->command_count; i++) {
        if (msg->commands[i].bad != NULL)
            return true;
    }
    return false;
}

static void one_vector(struct vectors *v)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const char *xml = vec_text(v, "xml");
    struct dmsc_bytes exact = support_copy_exact(dmsc_bytes_str(xml));
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf text;

    dmsc_buf_init(&text, ctx, CEILING);
    vec_assert_err(v, dmsci_syncml_decode(ctx, exact, &msg));
    if (vec_has(v, "reason"))
        vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
    if (msg.ctx != NULL) {
        assert_int_equal(dump_message(&msg, &text), DMSC_OK);
        vec_assert_text(v, "model", dmsc_buf_str(&text));
        if (!any_bad(&msg))
            round_trip(ctx, &msg, dmsc_buf_str(&text));
    }
    dmsci_syncml_clear(&msg);
    dmsc_buf_clear(&text);
    support_free(exact);
    dmsc_ctx_free(ctx);
}

static void vectors(void **state)
{
    struct vectors *v = vectors_open("syncml.txt");

    (void)state;
    while (vectors_next(v))
        one_vector(v);
    vectors_close(v);
}

static const char package1[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr>"
    "<VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>A7</SessionID><MsgID>1</MsgID>"
    "<Target><LocURI>https://dm.example.net/dm</LocURI></Target><Source><LocURI>IMEI:1</LocURI>"
    "</Source></SyncHdr><SyncBody><Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Add><CmdID>2"
    "</CmdID><Item><Target><LocURI>./A</LocURI></Target><Meta><Format>xml</Format></Meta><Data>"
    "<a x=\"&lt;\">&amp;</a><![CDATA[<]]></Data></Item></Add><Final/></SyncBody></SyncML>";

/* Decode and forget; the answer's success is the caller's business. */
static enum dmsc_err decode_exact(struct dmsc_ctx *ctx, struct dmsc_bytes xml)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_bytes exact = support_copy_exact(xml);
    enum dmsc_err err = dmsci_syncml_decode(ctx, exact, &msg);

    support_free(exact);
    dmsci_syncml_clear(&msg);
    return err;
}

static void every_prefix_fails(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);

    (void)state;
    assert_int_equal(decode_exact(ctx, dmsc_bytes_str(package1)), DMSC_OK);
    for (size_t n = 0; n < sizeof(package1) - 1; n++)
        assert_int_equal(decode_exact(ctx, dmsc_bytes(package1, n)), DMSC_E_MALFORMED);
    dmsc_ctx_free(ctx);
}

static void flips_survive(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    char text[sizeof(package1)];

    (void)state;
    for (size_t i = 0; i < sizeof(package1) - 1; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            dmsci_copy(text, package1, sizeof(text));
            text[i] = (char)(text[i] ^ 1 << bit);
            (void)decode_exact(ctx, dmsc_bytes(text, sizeof(text) - 1));
        }
    }
    dmsc_ctx_free(ctx);
}

static void expect_refusal(struct dmsc_ctx *ctx, const struct dmsc_buf *xml, enum dmsc_err err,
                           const char *reason)
{
    assert_int_equal(decode_exact(ctx, dmsc_buf_bytes(xml)), err);
    assert_string_equal(dmsc_diag_get(ctx)->reason, reason);
}

static void repeat(struct dmsc_buf *buf, const char *text, size_t times)
{
    while (times-- > 0)
        assert_int_equal(dmsc_buf_append_str(buf, text), DMSC_OK);
}

/* A megabyte of start tags; commands in commands; more commands and more octets than allowed. */
static void bombs(void **state)
{
    const struct dmsc_limits limits = { .message_size = 2000000, .message_commands = 10 };
    static const char head[] =
        "<SyncML><SyncHdr><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>t</LocURI>"
        "</Target><Source><LocURI>s</LocURI></Source></SyncHdr><SyncBody>";
    struct dmsc_ctx *ctx = new_ctx(&limits);
    struct dmsc_buf xml;

    (void)state;
    dmsc_buf_init(&xml, ctx, 3000000);
    repeat(&xml, "<a>", 350000);
    expect_refusal(ctx, &xml, DMSC_E_MALFORMED, "syncml:root");
    dmsc_buf_reset(&xml);
    repeat(&xml, head, 1);
    repeat(&xml, "<a>", 333000);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "xml:depth");
    dmsc_buf_reset(&xml);
    repeat(&xml, head, 1);
    repeat(&xml, "<Add><Item><Data>", 1);
    repeat(&xml, "<a>", 333000);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "xml:depth");
    dmsc_buf_reset(&xml);
    repeat(&xml, head, 1);
    repeat(&xml, "<Get><CmdID>1</CmdID></Get>", 11);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "syncml:limit");
    dmsc_buf_reset(&xml);
    repeat(&xml, head, 1);
    repeat(&xml, "<Get>", 1);
    repeat(&xml, "<Item/>", 81);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "syncml:limit");
    dmsc_buf_reset(&xml);
    repeat(&xml, " ", 2000001);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "syncml:limit");
    dmsc_buf_clear(&xml);
    dmsc_ctx_free(ctx);
}

static void nested_sequences(void **state)
{
    static const char head[] =
        "<SyncML><SyncHdr><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>t</LocURI>"
        "</Target><Source><LocURI>s</LocURI></Source></SyncHdr><SyncBody>";
    struct dmsc_ctx *ctx = new_ctx(NULL);
    struct dmsc_buf xml;

    (void)state;
    dmsc_buf_init(&xml, ctx, 100000);
    repeat(&xml, head, 1);
    repeat(&xml, "<Sequence>", 40);
    expect_refusal(ctx, &xml, DMSC_E_LIMIT, "xml:depth");
    dmsc_buf_clear(&xml);
    dmsc_ctx_free(ctx);
}

/* One command of each kind with everything that may be in it. */
static void write_all(struct dmsci_syncml_writer *w, enum dmsc_err expected)
{
    static const char *const refs[] = { "./A", "./B" };
    const struct dmsci_syncml_meta meta = {
        .present = true, .format = "chr", .type = "text/plain", .mark = "fatal", .size = "3"
    };
    const struct dmsci_syncml_item item = { .target = "./A",
                                            .source = "./B",
                                            .meta = meta,
                                            .data = dmsc_bytes("<&>", 3),
                                            .more_data = true };
    static const enum dmsci_syncml_name kinds[] = { DMSCI_N_Add, DMSCI_N_Copy, DMSCI_N_Delete,
                                                    DMSCI_N_Get, DMSCI_N_Replace };
    struct dmsci_syncml_command c = { .cmd_id = "1", .items = &item, .item_count = 1 };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(kinds); i++) {
        c.kind = kinds[i];
        c.meta = meta;
        assert_int_equal(dmsci_syncml_put(w, &c), expected);
    }
    c = (struct dmsci_syncml_command){ .kind = DMSCI_N_Exec,
                                       .cmd_id = "1",
                                       .correlator = "c",
                                       .meta = meta,
                                       .items = &item,
                                       .item_count = 1 };
    assert_int_equal(dmsci_syncml_put(w, &c), expected);
    c = (struct dmsci_syncml_command){ .kind = DMSCI_N_Alert,
                                       .cmd_id = "1",
                                       .data = "1226",
                                       .correlator = "c",
                                       .items = &item,
                                       .item_count = 1 };
    assert_int_equal(dmsci_syncml_put(w, &c), expected);
    c = (struct dmsci_syncml_command){ .kind = DMSCI_N_Results,
                                       .cmd_id = "1",
                                       .msg_ref = "1",
                                       .cmd_ref = "1",
                                       .meta = meta,
                                       .target_refs = refs,
                                       .target_ref_count = 1,
                                       .source_refs = refs,
                                       .source_ref_count = 1,
                                       .items = &item,
                                       .item_count = 1 };
    assert_int_equal(dmsci_syncml_put(w, &c), expected);
    c = (struct dmsci_syncml_command){
        .kind = DMSCI_N_Status,
        .cmd_id = "1",
        .msg_ref = "1",
        .cmd_ref = "1",
        .cmd = "Add",
        .target_refs = refs,
        .target_ref_count = 2,
        .source_refs = refs,
        .source_ref_count = 2,
        .chal = { .present = true, .format = "b64", .type = "t", .next_nonce = "n" },
        .data = "200",
        .items = &item,
        .item_count = 1
    };
    assert_int_equal(dmsci_syncml_put(w, &c), expected);
}

static const struct dmsci_syncml_header full_header = {
    .ver_dtd = "1.2",
    .ver_proto = "DM/1.2",
    .session_id = "1",
    .msg_id = "1",
    .target = "t",
    .source = "s",
    .source_name = "n",
    .resp_uri = "r",
    .meta = { .present = true, .max_msg_size = "1", .max_obj_size = "2" },
    .has_cred = true,
    .cred = { .present = true, .format = "b64", .type = "syncml:auth-md5" },
    .cred_data = "d"
};

static void dtd_order(void **state)
{
    const struct dmsci_syncml_command group = { .kind = DMSCI_N_Atomic,
                                                .cmd_id = "9",
                                                .meta = { .present = true, .format = "chr" } };
    const struct dmsci_syncml_item item = { .target = "./A" };
    const struct dmsci_syncml_command get = {
        .kind = DMSCI_N_Get, .cmd_id = "10", .items = &item, .item_count = 1
    };
    struct dmsc_ctx *ctx = new_ctx(NULL);
    struct dmsci_syncml_writer w;
    struct dmsc_buf xml;
    size_t size;

    (void)state;
    dmsc_buf_init(&xml, ctx, CEILING);
    assert_int_equal(dmsci_syncml_begin(&w, ctx, &dmsci_syncml_xml, &full_header, CEILING),
                     DMSC_OK);
    write_all(&w, DMSC_OK);
    assert_int_equal(dmsci_syncml_group(&w, &group), DMSC_OK);
    assert_int_equal(dmsci_syncml_put(&w, &get), DMSC_OK);
    assert_int_equal(dmsci_syncml_end(&w, true, &xml), DMSC_E_STATE);
    assert_int_equal(dmsci_syncml_group_end(&w, DMSCI_N_Atomic), DMSC_OK);
    size = dmsci_syncml_size(&w);
    assert_int_equal(dmsci_syncml_end(&w, true, &xml), DMSC_OK);
    assert_int_equal(xml.n, size);
    judge_order(dmsc_buf_bytes(&xml));
    if (!judge_xmllint(dmsc_buf_bytes(&xml)))
        print_message("SKIPPED: no xmllint\n");
    dmsc_buf_clear(&xml);
    dmsc_ctx_free(ctx);
}

/* Whatever the ceiling: never passed, always closed, and undo leaves no trace. */
static void every_ceiling(void **state)
{
    const struct dmsci_syncml_item item = { .target = "./A", .data = dmsc_bytes("a&b", 3) };
    const struct dmsci_syncml_command c = {
        .kind = DMSCI_N_Replace, .cmd_id = "1", .items = &item, .item_count = 1
    };
    struct dmsc_ctx *ctx = new_ctx(NULL);
    size_t written = 0;

    (void)state;
    for (size_t ceiling = 0; ceiling < 2000; ceiling++) {
        struct dmsci_syncml_writer w = { 0 };
        struct dmsc_buf xml;
        size_t count = 0;
        enum dmsc_err err = dmsci_syncml_begin(&w, ctx, &dmsci_syncml_xml, &full_header, ceiling);

        dmsc_buf_init(&xml, ctx, CEILING);
        if (err != DMSC_OK) {
            assert_int_equal(err, DMSC_E_LIMIT);
            assert_int_equal(written, 0);
            continue;
        }
        while ((err = dmsci_syncml_put(&w, &c)) == DMSC_OK)
            count++;
        assert_int_equal(err, DMSC_E_LIMIT);
        assert_true(count >= written);
        written = count;
        assert_int_equal(dmsci_syncml_end(&w, true, &xml), DMSC_OK);
        assert_true(xml.n <= ceiling);
        judge_order(dmsc_buf_bytes(&xml));
        dmsc_buf_clear(&xml);
    }
    assert_true(written > 10);
    dmsc_ctx_free(ctx);
}

static void undo(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    struct dmsci_syncml_writer w;
    struct dmsci_syncml_mark mark;
    const struct dmsci_syncml_item bad = { .target = "./A", .data = dmsc_bytes("\x01", 1) };
    const struct dmsci_syncml_command c = {
        .kind = DMSCI_N_Replace, .cmd_id = "1", .items = &bad, .item_count = 1
    };
    size_t size;

    (void)state;
    assert_int_equal(dmsci_syncml_begin(&w, ctx, &dmsci_syncml_xml, &full_header, CEILING),
                     DMSC_OK);
    size = dmsci_syncml_size(&w);
    mark = dmsci_syncml_mark(&w);
    write_all(&w, DMSC_OK);
    assert_true(dmsci_syncml_size(&w) > size);
    dmsci_syncml_undo(&w, mark);
    assert_int_equal(dmsci_syncml_size(&w), size);
    assert_int_equal(dmsci_syncml_put(&w, &c), DMSC_E_UNSUPPORTED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "xml:character");
    assert_int_equal(dmsci_syncml_size(&w), size);
    assert_int_equal(dmsci_syncml_group_end(&w, DMSCI_N_Atomic), DMSC_E_STATE);
    dmsci_syncml_writer_clear(&w);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err there_and_back(struct dmsc_ctx *ctx, void *user)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_buf xml;
    enum dmsc_err err = dmsci_syncml_decode(ctx, dmsc_bytes_str(package1), &msg);

    (void)user;
    dmsc_buf_init(&xml, ctx, CEILING);
    if (err == DMSC_OK)
        err = dmsci_syncml_encode(&msg, &dmsci_syncml_xml, CEILING, &xml);
    dmsc_buf_clear(&xml);
    dmsci_syncml_clear(&msg);
    return err;
}

static void memory(void **state)
{
    (void)state;
    (void)fault_torture(there_and_back, NULL);
}

/* Other people's messages: what xmllint reads and has a SyncML root is a message or is refused by a
 * rule of SyncML; what it does not read is refused as XML. */
static void corpus_line(char *line, unsigned *read, unsigned *refused)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    const char *file = strtok(line, "\t"), *kind = strtok(NULL, "\t"), *root = strtok(NULL, "\t"),
               *parse = strtok(NULL, "\t");
    char path[300];
    struct dmsc_bytes xml;
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, CEILING);
    (void)snprintf(path, sizeof(path), "../shared/corpus/dm1/%s", file);
    xml = support_slurp_exact(path);
    err = dmsci_syncml_decode(ctx, xml, &msg);
    if (kind != NULL && strcmp(kind, "SyncML message") == 0 && root != NULL &&
        strcmp(root, "SyncML") == 0 && parse != NULL && strcmp(parse, "well-formed") == 0) {
        if (err != DMSC_OK && strncmp(dmsc_diag_get(ctx)->reason, "syncml:", 7) != 0)
            fail_msg("%s: %s", path, dmsc_diag_get(ctx)->why);
    } else
        assert_int_not_equal(err, DMSC_OK);
    if (err == DMSC_OK) {
        assert_int_equal(dump_message(&msg, &text), DMSC_OK);
        if (!any_bad(&msg))
            round_trip(ctx, &msg, dmsc_buf_str(&text));
        ++*read;
    } else {
        print_message("refused: %s (%s)\n", file, dmsc_diag_get(ctx)->reason);
        ++*refused;
    }
    dmsci_syncml_clear(&msg);
    dmsc_buf_clear(&text);
    support_free(xml);
    dmsc_ctx_free(ctx);
}

static void corpus(void **state)
{
    struct dmsc_bytes index;
    unsigned read = 0, refused = 0;

    (void)state;
    if (!support_exists("../shared/corpus/dm1/index.tsv"))
        support_skip("no ../shared/corpus/dm1");
    index = support_slurp("../shared/corpus/dm1/index.tsv");
    for (const char *at = strchr((const char *)index.p, '\n'); at != NULL; at = strchr(at, '\n')) {
        char line[1000];
        size_t n = strcspn(++at, "\n");

        if (n == 0 || n >= sizeof(line))
            continue;
        dmsci_copy(line, at, n);
        line[n] = '\0';
        corpus_line(line, &read, &refused);
    }
    print_message("%u messages read, %u files refused\n", read, refused);
    assert_true(read > 10 && refused > 50);
    support_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),          cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(flips_survive),    cmocka_unit_test(bombs),
        cmocka_unit_test(nested_sequences), cmocka_unit_test(dtd_order),
        cmocka_unit_test(every_ceiling),    cmocka_unit_test(undo),
        cmocka_unit_test(memory),           cmocka_unit_test(corpus),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
