/* SPDX-License-Identifier: Apache-2.0 */
/* The server's MaxMsgSize from tiny to large: what is told is the same, however it is cut. */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include <stdio.h>
#include <string.h>

#define CEILING 4000000u

static const char tree[] = "./A | node | type=urn:example:a:1.0\n"
                           "./A/b | bin | 000102030405060708090A0B0C0D0E0F | type=image/png\n"
                           "./A/e | node\n"
                           "./A/n | int | 7\n"
                           "./A/t | chr | short\n"
                           "./A/z | chr | old";

static const char commands[] =
    "<Get><CmdID>1</CmdID><Item><Target><LocURI>./A/big</LocURI></Target></Item>"
    "<Item><Target><LocURI>./A</LocURI></Target></Item></Get>"
    "<Replace><CmdID>2</CmdID><Item><Target><LocURI>./A/z</LocURI></Target><Data>new</Data></Item>"
    "</Replace>"
    "<Atomic><CmdID>3</CmdID><Delete><CmdID>4</CmdID><Item><Target><LocURI>./A/none</LocURI>"
    "</Target></Item></Delete></Atomic>"
    "<Get><CmdID>5</CmdID><Item><Target><LocURI>./A?list=StructData</LocURI></Target></Item></Get>"
    "<Get><CmdID>6</CmdID><Item><Target><LocURI>./A?list=TNDS</LocURI></Target></Item></Get>"
    "<Exec><CmdID>7</CmdID><Item><Target><LocURI>./A/t</LocURI></Target></Item></Exec><Final/>";

enum zone { CRAMPED, TOO_LARGE, WHOLE }; /* no answer; some Results refused with 413; all told */

struct peer {
    struct rig rig;
    size_t max;
    struct dmsc_buf told; /* every Status and every Item, put together from its chunks */
    struct dmsc_buf chunk;
    struct dmsc_buf reply, xml;
    bool last; /* the client's message had its Final */
    bool any_413;
};

static void note(struct peer *p, const char *text)
{
    assert_int_equal(dmsci_buf_printf(&p->told, "%s\n", text), DMSC_OK);
}

static void on_status(struct peer *p, const struct dmsci_syncml_command *c)
{
    char line[300];

    if (strcmp(c->cmd, "SyncHdr") == 0 || strcmp(c->cmd, "Alert") == 0)
        return;
    (void)snprintf(line, sizeof(line), "%s %s %s %s", c->cmd_ref, c->cmd,
                   c->target_ref_count > 0 ? c->target_refs[0] : "-", c->data);
    note(p, line);
    p->any_413 = p->any_413 || strcmp(c->data, "413") == 0;
}

static void on_item(struct peer *p, const struct dmsci_syncml_command *c,
                    const struct dmsci_syncml_item *item)
{
    assert_int_equal(dmsc_buf_append(&p->chunk, item->data), DMSC_OK);
    if (item->more_data) {
        assert_int_equal(c->item_count, 1);
        assert_int_equal(dmsci_buf_printf(&p->reply,
                                          "<Status><CmdID>1</CmdID><CmdRef>%s</CmdRef><Cmd>Results"
                                          "</Cmd><Data>213</Data></Status>",
                                          c->cmd_id),
                         DMSC_OK);
        return;
    }
    assert_int_equal(dmsci_buf_printf(&p->told, "%s %s %s %s [%s]\n", c->cmd_ref, item->source,
                                      item->meta.format != NULL ? item->meta.format : "-",
                                      item->meta.type != NULL ? item->meta.type : "-",
                                      dmsc_buf_str(&p->chunk)),
                     DMSC_OK);
    dmsc_buf_reset(&p->chunk);
}

static void on_message(struct peer *p, struct dmsc_bytes body)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    bool more = false;

    assert_true(body.n <= p->max);
    assert_int_equal(dmsci_syncml_decode(p->rig.ctx, body, &msg), DMSC_OK);
    assert_string_equal(msg.commands[0].cmd, "SyncHdr");
    for (size_t i = 0; i < msg.command_count; i++) {
        const struct dmsci_syncml_command *c = &msg.commands[i];

        assert_false(more); /* a chunk is the last of its message */
        if (c->kind == DMSCI_N_Status)
            on_status(p, c);
        for (size_t k = 0; k < c->item_count; k++) {
            on_item(p, c, &c->items[k]);
            more = c->items[k].more_data;
        }
    }
    assert_false(more && msg.final);
    p->last = msg.final;
    dmsci_syncml_clear(&msg);
}

static void add_big(struct rig *rig)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char value[700];
    size_t n = 0;

    /* Characters of one to four octets, and some that are written as references. */
    while (n + 10 < sizeof(value))
        n += (size_t)snprintf(value + n, sizeof(value) - n, "a<\xC3\xA9&\xF0\x9F\x90\x88\r");
    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.value = dmsc_bytes(value, n);
    assert_int_equal(dmsc_tree_begin(rig->tree, "local", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(rig->tree, "./A/big", &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(rig->tree), DMSC_OK);
}

static enum zone converse(struct peer *p)
{
    struct dmsc_dm1_want want;
    struct dmsc_bytes nothing = dmsc_bytes(NULL, 0);
    char header[100];
    unsigned msg_id = 1;

    (void)snprintf(header, sizeof(header), "<Meta><MaxMsgSize>%zu</MaxMsgSize></Meta>", p->max);
    assert_int_equal(dmsc_dm1_step(p->rig.dm1, nothing, RIG_NOW, &want), DMSC_OK);
    assert_int_equal(rig_message(&p->xml, msg_id, header, commands), DMSC_OK);
    for (;;) {
        assert_int_equal(dmsc_dm1_step(p->rig.dm1, dmsc_buf_bytes(&p->xml), RIG_NOW, &want),
                         DMSC_OK);
        if (want.kind == DMSC_DM1_ABORTED && msg_id == 1)
            return CRAMPED;
        if (want.kind != DMSC_DM1_SEND)
            break;
        dmsc_buf_reset(&p->reply);
        on_message(p, want.body);
        assert_int_equal(
            dmsc_buf_append_str(&p->reply, p->last ? "<Final/>"
                                                   : "<Alert><CmdID>9</CmdID><Data>1222</Data>"
                                                     "</Alert>"),
            DMSC_OK);
        assert_int_equal(rig_message(&p->xml, ++msg_id, NULL, dmsc_buf_str(&p->reply)), DMSC_OK);
    }
    assert_int_equal(want.kind, DMSC_DM1_DONE);
    assert_true(p->last);
    return p->any_413 ? TOO_LARGE : WHOLE;
}

/* @p ret_told: what was told, replaced */
static enum zone run(size_t max, struct dmsc_buf *ret_told)
{
    struct dmsc_ctx_config wide = { .limits = { .session_messages = 100000 } };
    const struct rig_config config = { .tree = tree };
    struct peer p = { .max = max };
    struct dmsc_buf *bufs[] = { &p.told, &p.chunk, &p.reply, &p.xml };
    struct dmsc_buf before, after;
    struct dmsc_ctx *ctx;
    enum zone zone;

    assert_int_equal(dmsc_ctx_new(&wide, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bufs); i++)
        dmsc_buf_init(bufs[i], ctx, CEILING);
    dmsc_buf_init(&before, ctx, CEILING);
    dmsc_buf_init(&after, ctx, CEILING);
    assert_int_equal(rig_open(&p.rig, ctx, &config), DMSC_OK);
    add_big(&p.rig);
    assert_int_equal(rig_dump(&p.rig, &before), DMSC_OK);
    zone = converse(&p);
    assert_int_equal(rig_dump(&p.rig, &after), DMSC_OK);
    /* Nothing is executed that cannot be answered. */
    assert_int_equal(strcmp(dmsc_buf_str(&before), dmsc_buf_str(&after)) == 0, zone == CRAMPED);
    assert_int_equal(dmsc_buf_set(ret_told, dmsc_buf_bytes(&p.told)), DMSC_OK);
    rig_close(&p.rig);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bufs); i++)
        dmsc_buf_clear(bufs[i]);
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&after);
    dmsc_ctx_free(ctx);
    return zone;
}

static void every_size(void **state)
{
    struct dmsc_buf whole, told;
    size_t counts[3] = { 0 };
    enum zone last = CRAMPED;
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&whole, ctx, CEILING);
    dmsc_buf_init(&told, ctx, CEILING);
    assert_int_equal(run(1000000, &whole), WHOLE);
    for (size_t max = 1; max < 20000; max += max < 1200 ? 1 : max < 4000 ? 37 : 997) {
        enum zone zone = run(max, &told);

        if (zone < last)
            fail_msg("MaxMsgSize %zu is worse than the one before", max);
        if (zone == WHOLE)
            assert_string_equal(dmsc_buf_str(&told), dmsc_buf_str(&whole));
        last = zone;
        counts[zone]++;
    }
    print_message("MaxMsgSize: %zu cramped, %zu with 413, %zu whole\n", counts[0], counts[1],
                  counts[2]);
    assert_true(counts[0] > 0 && counts[1] > 0 && counts[1] < 200 && counts[2] > 0);
    dmsc_buf_clear(&whole);
    dmsc_buf_clear(&told);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
