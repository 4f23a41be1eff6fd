/* SPDX-License-Identifier: Apache-2.0 */
/* Other people's server messages through the engine: nothing crashes, nothing is half executed. */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include <stdio.h>
#include <string.h>

#define CEILING 4000000u

struct count {
    unsigned executed, refused;
};

/* Their RespURI leads to hosts of their own, which ends the session; the rest is of interest. */
static struct dmsc_bytes without_resp_uri(struct dmsc_bytes xml)
{
    static const char begin[] = "<RespURI>", end[] = "</RespURI>";
    char *text = (char *)(uintptr_t)xml.p, *from = NULL, *to = NULL;

    for (size_t i = 0; i + sizeof(end) <= xml.n; i++) {
        if (memcmp(text + i, begin, sizeof(begin) - 1) == 0)
            from = text + i;
        if (memcmp(text + i, end, sizeof(end) - 1) == 0)
            to = text + i + sizeof(end) - 1;
    }
    while (from != NULL && from < to)
        *from++ = ' ';
    return xml;
}

/* Play the file as package 2 of a session that is meant for it, as far as it says which. */
static void play(const char *path, struct count *count)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct dmsc_bytes xml = without_resp_uri(support_slurp_exact(path));
    struct rig_config config = { .tree = "./A/n | chr | 1\n./OperatorX | node" };
    struct dmsc_dm1_want want = { .kind = DMSC_DM1_DONE };
    struct dmsc_buf before, after;
    struct dmsc_ctx *ctx;
    struct rig rig;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&before, ctx, CEILING);
    dmsc_buf_init(&after, ctx, CEILING);
    if (dmsci_syncml_decode(ctx, xml, &msg) == DMSC_OK) {
        size_t n = strspn(msg.header.session_id, "0123456789ABCDEF");

        config.device_id = msg.header.target;
        if (n <= 4 && msg.header.session_id[n] == '\0' && msg.header.session_id[0] != '0')
            config.session_id = msg.header.session_id;
    }
    assert_int_equal(rig_open(&rig, ctx, &config), DMSC_OK);
    assert_int_equal(rig_dump(&rig, &before), DMSC_OK);
    assert_int_equal(dmsc_dm1_step(rig.dm1, dmsc_bytes(NULL, 0), RIG_NOW, &want), DMSC_OK);
    assert_int_equal(dmsc_dm1_step(rig.dm1, xml, RIG_NOW, &want), DMSC_OK);
    assert_int_equal(rig_dump(&rig, &after), DMSC_OK);
    if (dmsc_dm1_report(rig.dm1)->commands == 0) {
        assert_string_equal(dmsc_buf_str(&before), dmsc_buf_str(&after));
        count->refused++;
    } else {
        print_message("%s: %u commands, %u succeeded\n", path, dmsc_dm1_report(rig.dm1)->commands,
                      dmsc_dm1_report(rig.dm1)->succeeded);
        assert_int_equal(want.kind, DMSC_DM1_SEND);
        count->executed++;
    }
    dmsci_syncml_clear(&msg);
    rig_close(&rig);
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&after);
    support_free(xml);
    dmsc_ctx_free(ctx);
}

static void corpus(void **state)
{
    struct count count = { 0, 0 };
    struct dmsc_bytes index;

    (void)state;
    if (!support_exists("../shared/corpus/dm1/index.tsv"))
        support_skip("no ../shared/corpus/dm1");
    index = support_slurp("../shared/corpus/dm1/index.tsv");
    for (const char *at = strchr((const char *)index.p, '\n'); at != NULL; at = strchr(at, '\n')) {
        char path[400];
        int n = (int)strcspn(++at, "\t");

        if (n == 0 || at[n] != '\t')
            continue;
        (void)snprintf(path, sizeof(path), "../shared/corpus/dm1/%.*s", n, at);
        play(path, &count);
    }
    print_message("%u messages executed, %u files refused\n", count.executed, count.refused);
    assert_true(count.executed > 0 && count.refused > 50);
    support_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
