/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are too large for memory: from a server to the store and back (PRO 7). */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include <dmsc/large.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB    (1024u * 1024u)
#define TARGET "./A/blob"

struct talk {
    struct fault fault;
    struct rig rig;
    struct dmsc_dm1_want want;
    struct dmsc_buf xml, body;
    unsigned msg_id;
};

static uint8_t octet(size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) * 13 + (at >> 16) * 31);
}

/* @param small 0, or a ceiling for what is handled in memory */
static void talk_begin(struct talk *t, const struct rig_config *config, size_t small)
{
    struct dmsc_ctx_config ctx = DMSC_CTX_CONFIG_INIT;

    *t = (struct talk){ .fault = FAULT_INIT };
    fault_config(&t->fault, &ctx);
    ctx.limits.node_value = ctx.limits.object_size = small;
    assert_int_equal(dmsc_ctx_new(&ctx, &t->rig.ctx), DMSC_OK);
    assert_int_equal(rig_open(&t->rig, t->rig.ctx, config), DMSC_OK);
    dmsc_buf_init(&t->xml, t->rig.ctx, 100000);
    dmsc_buf_init(&t->body, t->rig.ctx, 100000);
    assert_int_equal(dmsc_dm1_step(t->rig.dm1, dmsc_bytes(NULL, 0), RIG_NOW, &t->want), DMSC_OK);
}

static void talk_end(struct talk *t)
{
    dmsc_buf_clear(&t->xml);
    dmsc_buf_clear(&t->body);
    rig_close(&t->rig);
    dmsc_ctx_free(t->rig.ctx);
    fault_assert_no_leak(&t->fault);
}

static enum dmsc_err say(struct talk *t, const char *body)
{
    enum dmsc_err err = rig_message(&t->xml, ++t->msg_id, NULL, body);

    assert_int_equal(err, DMSC_OK);
    return dmsc_dm1_step(t->rig.dm1, dmsc_buf_bytes(&t->xml), RIG_NOW, &t->want);
}

/* The Status of the first command that is not the header. */
static unsigned status_of(struct talk *t)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    unsigned status = 0;

    if (t->want.kind != DMSC_DM1_SEND)
        return 0;
    assert_int_equal(dmsci_syncml_decode(t->rig.ctx, t->want.body, &msg), DMSC_OK);
    for (size_t i = 0; i < msg.command_count && status == 0; i++) {
        const struct dmsci_syncml_command *c = &msg.commands[i];

        if (c->kind == DMSCI_N_Status && strcmp(c->cmd, "SyncHdr") != 0 &&
            strcmp(c->cmd, "Alert") != 0)
            status = (unsigned)strtoul(c->data, NULL, 10);
    }
    dmsci_syncml_clear(&msg);
    return status;
}

static bool count(void *user, const struct dmsc_large_info *info)
{
    (void)info;
    *(unsigned *)user += 1;
    return true;
}

static unsigned waiting(struct talk *t)
{
    unsigned n = 0;

    assert_int_equal(dmsc_large_each(t->rig.tree, count, &n), DMSC_OK);
    return n;
}

/* One chunk; @p size 0 in all but the first. @return the status */
static unsigned chunk(struct talk *t, const char *command, const char *meta, size_t size,
                      const char *data, size_t n, bool more)
{
    char number[64] = "";

    if (size > 0)
        (void)snprintf(number, sizeof(number), "<Size xmlns=\"syncml:metinf\">%zu</Size>", size);
    dmsc_buf_reset(&t->body);
    assert_int_equal(dmsci_buf_printf(&t->body,
                                      "<%s><CmdID>1</CmdID><Item><Target><LocURI>" TARGET
                                      "</LocURI></Target>"
                                      "<Meta>%s%s</Meta><Data>%.*s</Data>%s</Item></%s>%s",
                                      command, meta, number, (int)n, data,
                                      more ? "<MoreData/>" : "", command, more ? "" : "<Final/>"),
                     DMSC_OK);
    assert_int_equal(say(t, dmsc_buf_str(&t->body)), DMSC_OK);
    return status_of(t);
}

static const char as_octets[] = "<Format xmlns=\"syncml:metinf\">b64</Format>"
                                "<Type xmlns=\"syncml:metinf\">image/x-test</Type>";
static const char as_text[] = "<Format xmlns=\"syncml:metinf\">chr</Format>"
                              "<Type xmlns=\"syncml:metinf\">text/plain</Type>";

static void assert_stored(struct talk *t, size_t n, enum dmsc_format format)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf part;

    assert_int_equal(dmsc_tree_get(t->rig.tree, TARGET, &node), DMSC_OK);
    assert_int_equal(node.size_bytes, n);
    assert_int_equal(node.format, format);
    dmsc_node_clear(&node);
    dmsc_buf_init(&part, t->rig.ctx, 65536);
    for (size_t at = 0; at < n; at += part.n) {
        dmsc_buf_reset(&part);
        assert_int_equal(dmsc_tree_value_part(t->rig.tree, TARGET, at, 65536, &part), DMSC_OK);
        assert_true(part.n > 0);
        for (size_t i = 0; i < part.n; i++) {
            uint8_t wanted = format == DMSC_FORMAT_BIN ? octet(at + i) : (uint8_t)'x';

            if (part.p[i] != wanted)
                fail_msg("octet %zu differs", at + i);
        }
    }
    dmsc_buf_clear(&part);
}

/* @p n octets of the content as base64, cut at every odd place, with line ends in it. */
static unsigned send_octets(struct talk *t, const char *command, size_t n)
{
    struct dmsc_buf raw, text;
    size_t size = (n + 2) / 3 * 4, sent = 0, made = 0, length = 47001;
    unsigned status = 213;

    dmsc_buf_init(&raw, t->rig.ctx, 60000);
    dmsc_buf_init(&text, t->rig.ctx, 200000);
    while (sent < size && status == 213) {
        while (text.n < length && made < n) {
            dmsc_buf_reset(&raw);
            for (; raw.n < 3000 && made < n; made++)
                assert_int_equal(dmsc_buf_append_u8(&raw, octet(made)), DMSC_OK);
            assert_int_equal(dmsci_base64_encode(dmsc_buf_bytes(&raw), &text), DMSC_OK);
        }
        length = text.n < length ? text.n : length;
        status = chunk(t, command, sent == 0 ? as_octets : "", sent == 0 ? size : 0,
                       (const char *)text.p, length, sent + length < size);
        sent += length;
        dmsc_buf_consume(&text, length);
        length = 45000 + sent % 1009;
    }
    dmsc_buf_clear(&raw);
    dmsc_buf_clear(&text);
    return status;
}

/* 64 MiB in one session, in more messages than a session may have of others. */
static void sixty_four_mib(void **state)
{
    const struct rig_config config = { .tree = "./A | node" };
    struct talk t;

    (void)state;
    talk_begin(&t, &config, 0);
    fault_arm(&t.fault, FAULT_NEVER, 0);
    assert_int_equal(send_octets(&t, "Add", 64 * MIB), 200); /* 85.3 MiB as carried */
    print_message("64 MiB from a server: at most %zu bytes of ours, %u messages\n",
                  t.fault.peak_bytes, t.msg_id);
    assert_true(t.fault.peak_bytes < MIB);
    assert_int_equal(waiting(&t), 0);
    assert_stored(&t, 64 * MIB, DMSC_FORMAT_BIN);
    /* An octet more is too much, and is told when it comes. */
    assert_int_equal(send_octets(&t, "Replace", 64 * MIB + 1), 413);
    assert_int_equal(waiting(&t), 0);
    talk_end(&t);
}

/* What the client sends of a Results, put together. @return the status of the Get */
static unsigned get_all(struct talk *t, struct dmsc_buf *ret_text, unsigned *ret_messages)
{
    unsigned status = 0;
    bool more = true;

    assert_int_equal(say(t, "<Get><CmdID>1</CmdID><Item><Target><LocURI>" TARGET
                            "</LocURI></Target></Item></Get><Final/>"),
                     DMSC_OK);
    status = status_of(t);
    for (*ret_messages = 1; more; *ret_messages += 1) {
        struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;

        assert_true(t->want.body.n <= 65536);
        assert_int_equal(dmsci_syncml_decode(t->rig.ctx, t->want.body, &msg), DMSC_OK);
        more = false;
        for (size_t i = 0; i < msg.command_count; i++) {
            const struct dmsci_syncml_command *c = &msg.commands[i];

            if (c->kind != DMSCI_N_Results)
                continue;
            assert_int_equal(c->item_count, 1);
            more = c->items[0].more_data;
            assert_int_equal(dmsc_buf_append(ret_text, c->items[0].data), DMSC_OK);
            if (*ret_messages == 1 && more)
                assert_non_null(c->items[0].meta.size);
            else if (*ret_messages > 1)
                assert_null(c->items[0].meta.size);
        }
        dmsci_syncml_clear(&msg);
        if (more)
            assert_int_equal(say(t, "<Status><CmdID>1</CmdID><CmdRef>3</CmdRef><Cmd>Results</Cmd>"
                                    "<Data>213</Data></Status><Alert><CmdID>2</CmdID>"
                                    "<Data>1222</Data></Alert><Final/>"),
                             DMSC_OK);
    }
    return status;
}

static void comes_and_goes(void **state)
{
    static const size_t sizes[] = { MIB + 1, MIB + 2, MIB + 3, 3 * MIB };
    struct talk t;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(sizes); i++) {
        const struct rig_config config = { .tree = "./A | node\n" TARGET " | chr | old" };
        struct dmsc_buf text, octets;
        unsigned messages = 0;

        talk_begin(&t, &config, 0);
        dmsc_buf_init(&text, t.rig.ctx, 6 * MIB);
        dmsc_buf_init(&octets, t.rig.ctx, 6 * MIB);
        assert_int_equal(send_octets(&t, "Replace", sizes[i]), 200);
        assert_stored(&t, sizes[i], DMSC_FORMAT_BIN);
        assert_int_equal(get_all(&t, &text, &messages), 200);
        assert_int_equal(text.n, (sizes[i] + 2) / 3 * 4);
        assert_true(messages >= text.n / 65536);
        assert_int_equal(dmsci_base64_decode(dmsc_buf_bytes(&text), &octets), DMSC_OK);
        assert_int_equal(octets.n, sizes[i]);
        for (size_t k = 0; k < octets.n; k++)
            assert_int_equal(octets.p[k], octet(k));
        dmsc_buf_clear(&text);
        dmsc_buf_clear(&octets);
        talk_end(&t);
    }
}

/* Text, too; and what the announced Size says is kept to. */
static void text_and_sizes(void **state)
{
    const struct rig_config config = { .tree = "./A | node" };
    static char text[30000];
    struct talk t;
    unsigned messages;
    struct dmsc_buf back;

    (void)state;
    memset(text, 'x', sizeof(text));
    talk_begin(&t, &config, 10000);
    assert_int_equal(chunk(&t, "Add", as_text, 60000, text, 30000, true), 213);
    assert_int_equal(waiting(&t), 1);
    assert_int_equal(chunk(&t, "Add", "", 0, text, 29999, false), 424);
    assert_int_equal(waiting(&t), 0);
    assert_int_equal(chunk(&t, "Add", as_text, 60000, text, 30000, true), 213);
    assert_int_equal(chunk(&t, "Add", "", 0, text, 30000, false), 200);
    assert_stored(&t, 60000, DMSC_FORMAT_CHR);
    dmsc_buf_init(&back, t.rig.ctx, 100000);
    assert_int_equal(get_all(&t, &back, &messages), 200);
    assert_int_equal(back.n, 60000);
    dmsc_buf_clear(&back);
    /* Another command in between: the object is dropped (Alert 1225). */
    assert_int_equal(chunk(&t, "Replace", as_text, 60000, text, 30000, true), 213);
    assert_int_equal(say(&t, "<Get><CmdID>1</CmdID><Item><Target><LocURI>./A</LocURI></Target>"
                             "</Item></Get><Final/>"),
                     DMSC_OK);
    assert_int_equal(waiting(&t), 0);
    assert_stored(&t, 60000, DMSC_FORMAT_CHR);
    /* And the end of the session drops it as well. */
    assert_int_equal(chunk(&t, "Replace", as_text, 60000, text, 30000, true), 213);
    assert_int_equal(waiting(&t), 1);
    assert_int_equal(dmsc_dm1_step(t.rig.dm1, dmsc_bytes(NULL, 0), RIG_NOW, &t.want), DMSC_OK);
    assert_int_equal(t.want.kind, DMSC_DM1_ABORTED);
    assert_int_equal(waiting(&t), 0);
    talk_end(&t);
}

/* Characters of several octets, wherever a message ends in them. */
static void characters_are_not_cut(void **state)
{
    static const char *const units[] = { "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80" };
    static char text[120001];

    (void)state;
    for (size_t i = 0; i < 3 * DMSCI_ARRAY_LEN(units); i++) {
        const struct rig_config config = { .tree = "./A | node" };
        const char *unit = units[i / 3];
        size_t n = i % 3; /* octets in front, so that the cuts move */
        struct dmsc_buf back;
        struct talk t;
        unsigned messages;

        memset(text, 'x', n);
        while (n + strlen(unit) < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", unit);
        talk_begin(&t, &config, 10000);
        for (size_t at = 0, length; at < n; at += length) {
            bool more = n - at > 40000;

            length = more ? 40000 : n - at;
            while (more && (text[at + length] & 0xC0) == 0x80)
                length--;
            assert_int_equal(
                chunk(&t, "Add", at == 0 ? as_text : "", at == 0 ? n : 0, text + at, length, more),
                more ? 213 : 200);
        }
        dmsc_buf_init(&back, t.rig.ctx, 200000);
        assert_int_equal(get_all(&t, &back, &messages), 200);
        assert_int_equal(back.n, n);
        assert_memory_equal(back.p, text, n);
        dmsc_buf_clear(&back);
        talk_end(&t);
    }
}

/* What counts as messages of a large value is what became one: a session still ends. */
static void sessions_still_end(void **state)
{
    const struct rig_config config = { .tree = "./A | node\n" TARGET " | chr | x" };
    static char text[30000];
    struct talk t;
    unsigned sent = 0;

    (void)state;
    memset(text, 'x', sizeof(text));
    talk_begin(&t, &config, 10000);
    /* Values one behind the other, the end of one and the begin of the next in one message. */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(chunk(&t, "Replace", as_text, 60000, text, 30000, true), 213);
        assert_int_equal(chunk(&t, "Replace", "", 0, text, 30000, false), 200);
    }
    assert_int_equal(t.want.kind, DMSC_DM1_SEND);
    /* And those that never become a value. */
    for (; sent < 1000 && t.want.kind == DMSC_DM1_SEND; sent++)
        (void)chunk(&t, sent % 2 == 0 ? "Replace" : "Add", as_text, 60000, text, 2000, true);
    assert_int_equal(t.want.kind, DMSC_DM1_ABORTED);
    assert_true(sent <= 201);
    assert_int_equal(waiting(&t), 0);
    talk_end(&t);
}

/* Nothing is kept for who could not finish: refused with the first chunk. */
static void refused_at_once(void **state)
{
    static const char as_int[] = "<Format xmlns=\"syncml:metinf\">int</Format>";
    static const char as_tnds[] = "<Format xmlns=\"syncml:metinf\">xml</Format><Type "
                                  "xmlns=\"syncml:metinf\">application/vnd.syncml.dmtnds+xml"
                                  "</Type>";
    static const struct {
        const char *tree, *root_acl, *command, *meta;
        unsigned status;
    } rows[] = {
        { "./A | node", "Get=*", "Add", as_text, 425 },
        { "./A | node\n" TARGET " | chr | x", "Get=*", "Replace", as_text, 425 },
        { "./A | node\n" TARGET " | chr | x", NULL, "Add", as_text, 418 },
        { "./A | node", NULL, "Replace", as_text, 404 },
        { "./A | node\n" TARGET " | node", NULL, "Replace", as_text, 405 },
        { "./A | node", NULL, "Add", as_int, 413 },
        { "./A | node", NULL, "Add", as_tnds, 416 },
        { "./A | node\n" TARGET " | chr | x | secret", NULL, "Replace", as_text, 415 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        const struct rig_config config = { .tree = rows[i].tree, .root_acl = rows[i].root_acl };
        struct talk t;
        unsigned status;

        talk_begin(&t, &config, 1000);
        status = chunk(&t, rows[i].command, rows[i].meta, 2000, "xyz", 3, true);
        if (status != rows[i].status)
            fail_msg("row %zu: %u instead of %u", i, status, rows[i].status);
        assert_int_equal(waiting(&t), 0);
        talk_end(&t);
    }
}

/* The Inbox takes objects, and these are parsed whole. */
static void nothing_large_in_the_inbox(void **state)
{
    const struct rig_config config = { .tree = "./A | node" };
    struct talk t;

    (void)state;
    talk_begin(&t, &config, 1000);
    assert_int_equal(
        say(&t, "<Add><CmdID>1</CmdID><Item><Target><LocURI>./Inbox/x</LocURI></Target><Meta>"
                "<Size xmlns=\"syncml:metinf\">2000</Size></Meta><Data>xyz</Data><MoreData/>"
                "</Item></Add>"),
        DMSC_OK);
    assert_int_equal(status_of(&t), 415);
    assert_int_equal(waiting(&t), 0);
    talk_end(&t);
}

static void bad_base64(void **state)
{
    static const char *const lasts[] = { "*AAA", "AAA", "=AAA", "AA==AAAA", "AA==\nAAA=" };
    static char text[3000];

    (void)state;
    memset(text, 'A', sizeof(text));
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(lasts); i++) {
        const struct rig_config config = { .tree = "./A | node" };
        size_t n = strlen(lasts[i]);
        struct talk t;

        talk_begin(&t, &config, 1000);
        assert_int_equal(chunk(&t, "Add", as_octets, 3000 + n, text, 3000, true), 213);
        assert_int_equal(chunk(&t, "Add", "", 0, lasts[i], n, false), 415);
        assert_int_equal(waiting(&t), 0);
        talk_end(&t);
    }
}

/* A value that changes while it is sent is not told as one that never was. */
static void changes_meanwhile(void **state)
{
    const struct rig_config config = { .tree = "./A | node" };
    static char text[30000];
    struct talk t;

    (void)state;
    memset(text, 'x', sizeof(text));
    talk_begin(&t, &config, 10000);
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            chunk(&t, "Add", i == 0 ? as_text : "", i == 0 ? 120000 : 0, text, 30000, i < 3),
            i < 3 ? 213 : 200);
    assert_int_equal(say(&t, "<Get><CmdID>1</CmdID><Item><Target><LocURI>" TARGET
                             "</LocURI></Target></Item></Get><Final/>"),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_begin(t.rig.tree, "local", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_replace(t.rig.tree, TARGET, NULL, NULL, dmsc_bytes_str("new")),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_commit(t.rig.tree), DMSC_OK);
    assert_int_equal(say(&t, "<Status><CmdID>1</CmdID><CmdRef>3</CmdRef><Cmd>Results</Cmd>"
                             "<Data>213</Data></Status><Alert><CmdID>2</CmdID><Data>1222</Data>"
                             "</Alert><Final/>"),
                     DMSC_E_AGAIN);
    assert_string_equal(dmsc_diag_get(t.rig.ctx)->reason, "dm1:changed");
    talk_end(&t);
}

/* Chunk @p i of three, of an Add. */
static enum dmsc_err third(struct talk *t, int i)
{
    static char text[2001];

    memset(text, 'A', sizeof(text) - 1);
    dmsc_buf_reset(&t->body);
    assert_int_equal(
        dmsci_buf_printf(&t->body,
                         "<Add><CmdID>1</CmdID><Item><Target><LocURI>" TARGET
                         "</LocURI></Target><Meta>%s%s</Meta><Data>%s</Data>%s</Item></Add>%s",
                         as_octets, i == 0 ? "<Size xmlns=\"syncml:metinf\">6000</Size>" : "", text,
                         i < 2 ? "<MoreData/>" : "", i < 2 ? "" : "<Final/>"),
        DMSC_OK);
    return rig_message(&t->xml, ++t->msg_id, NULL, dmsc_buf_str(&t->body));
}

/* One conversation, in which allocation @p at of step @p step fails. @return whether it was made */
static bool fails_at(int step, unsigned long at)
{
    const struct rig_config config = { .tree = "./A | node" };
    enum dmsc_err err = DMSC_OK;
    struct dmsc_node node = DMSC_NODE_INIT;
    bool there = false, fired = false;
    struct talk t;

    talk_begin(&t, &config, 1000);
    for (int i = 0; i <= step && err == DMSC_OK; i++) {
        assert_int_equal(third(&t, i), DMSC_OK);
        if (i == step)
            fault_arm(&t.fault, FAULT_ONCE, at);
        err = dmsc_dm1_step(t.rig.dm1, dmsc_buf_bytes(&t.xml), RIG_NOW, &t.want);
        fired = t.fault.fired;
        fault_arm(&t.fault, FAULT_NEVER, 0);
    }
    assert_true(err == DMSC_OK || (fired && err == DMSC_E_NOMEM));
    assert_int_equal(dmsc_tree_has(t.rig.tree, TARGET, &there), DMSC_OK);
    /* All of it or nothing: the change may be kept when the answer could not be written. */
    if (there) {
        assert_int_equal(dmsc_tree_get(t.rig.tree, TARGET, &node), DMSC_OK);
        assert_int_equal(node.size_bytes, 4500);
        dmsc_node_clear(&node);
    }
    talk_end(&t);
    return fired;
}

/* The session ends with it, and nothing is half done. */
static void memory_fails_anywhere(void **state)
{
    unsigned long tried = 0;

    (void)state;
    for (int step = 0; step < 3; step++) {
        for (unsigned long at = 0; fails_at(step, at); at++)
            tried++;
    }
    assert_true(tried > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_mib),
        cmocka_unit_test(comes_and_goes),
        cmocka_unit_test(text_and_sizes),
        cmocka_unit_test(refused_at_once),
        cmocka_unit_test(nothing_large_in_the_inbox),
        cmocka_unit_test(bad_base64),
        cmocka_unit_test(characters_are_not_cut),
        cmocka_unit_test(sessions_still_end),
        cmocka_unit_test(changes_meanwhile),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
