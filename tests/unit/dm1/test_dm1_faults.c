/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out anywhere: old tree or new, nothing forgotten. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CEILING 4000000u

static const char tree[] = "./DevInfo/Man | chr | Acme\n"
                           "./A | node\n"
                           "./A/n | int | 7\n"
                           "./A/t | chr | 0123456789012345678901234567890123456789";

static const char *const messages[] = {
    "<Get><CmdID>1</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item>"
    "<Item><Target><LocURI>./A/t</LocURI></Target></Item></Get>"
    "<Get><CmdID>2</CmdID><Item><Target><LocURI>./A?list=StructData</LocURI></Target></Item></Get>"
    "<Get><CmdID>3</CmdID><Item><Target><LocURI>./A?list=TNDS</LocURI></Target></Item></Get>"
    "<Add><CmdID>4</CmdID><Item><Target><LocURI>./A/p/q</LocURI></Target><Meta><Size>4</Size>"
    "</Meta><Data>01</Data><MoreData/></Item></Add>",
    "<Add><CmdID>4</CmdID><Item><Target><LocURI>./A/p/q</LocURI></Target><Data>23</Data></Item>"
    "</Add>"
    "<Atomic><CmdID>5</CmdID>"
    "<Replace><CmdID>6</CmdID><Item><Target><LocURI>./A/n</LocURI></Target><Data>8</Data></Item>"
    "</Replace>"
    "<Copy><CmdID>7</CmdID><Item><Target><LocURI>./A/t</LocURI></Target><Source><LocURI>./A/n"
    "</LocURI></Source></Item></Copy></Atomic>"
    "<Replace><CmdID>8</CmdID><Item><Target><LocURI>./A/p?prop=Name</LocURI></Target><Data>r</Data>"
    "</Item></Replace>"
    "<Add><CmdID>9</CmdID><Item><Target><LocURI>./A</LocURI></Target><Meta><Type>"
    "application/vnd.syncml.dmtnds+xml</Type></Meta><Data><MgmtTree><VerDTD>1.2</VerDTD><Node>"
    "<NodeName>o</NodeName><Node><NodeName>v</NodeName><Value>1</Value></Node></Node></MgmtTree>"
    "</Data></Item></Add>"
    "<Delete><CmdID>10</CmdID><Item><Target><LocURI>./A/r</LocURI></Target></Item></Delete>"
    "<Add><CmdID>11</CmdID><Item><Target><LocURI>./A</LocURI></Target><Meta><Format>b64</Format>"
    "<Type>application/vnd.syncml.dmtnds+wbxml</Type></Meta><Data>"
    "AgAAahstLy9PTUEvL0RURC1ETS1EREYgMS4yLy9FTgAAAmB3AzEuMgABZGYDdwABb1wJAQF2wwMA"
    "/wEBAQE="
    "</Data></Item></Add>"
    "<Add><CmdID>12</CmdID><Item><Target><LocURI>./Inbox</LocURI></Target><Meta><Type>"
    "application/vnd.syncml.dmtnds+xml</Type></Meta><Data><MgmtTree><VerDTD>1.2</VerDTD><Node>"
    "<NodeName>Op</NodeName><RTProperties><Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName>"
    "</Type></RTProperties></Node></MgmtTree></Data></Item></Add>"
    "<Final/>",
};

/* The whole conversation, a chunk at a time where the server's messages are small. */
static enum dmsc_err converse(struct rig *rig, struct dmsc_buf *xml, size_t max)
{
    struct dmsc_dm1_want want = { .kind = DMSC_DM1_DONE };
    char header[100];
    enum dmsc_err err = dmsc_dm1_step(rig->dm1, dmsc_bytes(NULL, 0), RIG_NOW, &want);

    (void)snprintf(header, sizeof(header), "<Meta><MaxMsgSize>%zu</MaxMsgSize></Meta>", max);
    for (unsigned i = 1; err == DMSC_OK && want.kind == DMSC_DM1_SEND && i < 50; i++) {
        const char *body = i <= DMSCI_ARRAY_LEN(messages)
                               ? messages[i - 1]
                               : "<Alert><CmdID>1</CmdID><Data>1222</Data></Alert>";
        bool last = want.body.n > 30 && strstr((const char *)want.body.p, "<Final/>") != NULL &&
                    i > DMSCI_ARRAY_LEN(messages);

        err = rig_message(xml, i, header, last ? "<Final/>" : body);
        if (err == DMSC_OK)
            err = dmsc_dm1_step(rig->dm1, dmsc_buf_bytes(xml), RIG_NOW, &want);
    }
    if (err == DMSC_OK && want.kind != DMSC_DM1_DONE)
        return DMSC_E_PEER;
    return err;
}

struct plan {
    size_t max;       /* the server's MaxMsgSize */
    char *states[2];  /* the tree before and after, as text; NULL until known */
    unsigned seen[2]; /* how often a failed run left it so */
};

static void keep_state(struct rig *rig, char **ret_state)
{
    struct dmsc_buf dump;

    dmsc_buf_init(&dump, rig->ctx, CEILING);
    assert_int_equal(rig_dump(rig, &dump), DMSC_OK);
    *ret_state = strdup(dmsc_buf_str(&dump));
    assert_non_null(*ret_state);
    dmsc_buf_clear(&dump);
}

/* A message is executed as a whole or not at all. */
static void check_state(struct rig *rig, struct plan *plan)
{
    struct dmsc_buf dump;

    dmsc_buf_init(&dump, rig->ctx, CEILING);
    if (rig_dump(rig, &dump) == DMSC_OK) { /* memory may still be out */
        size_t i = 0;

        while (i < 2 && strcmp(dmsc_buf_str(&dump), plan->states[i]) != 0)
            i++;
        if (i == 2)
            fail_msg("half a message is in the tree:\n%s", dmsc_buf_str(&dump));
        plan->seen[i]++;
    }
    dmsc_buf_clear(&dump);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    const struct rig_config config = { .tree = tree, .alerts = "urn:x:a | ./A | c | | | d" };
    struct plan *plan = user;
    struct rig rig;
    struct dmsc_buf xml;
    enum dmsc_err err = rig_open(&rig, ctx, &config);
    bool opened = err == DMSC_OK;

    dmsc_buf_init(&xml, ctx, CEILING);
    if (opened && plan->states[0] == NULL)
        keep_state(&rig, &plan->states[0]);
    if (opened)
        err = converse(&rig, &xml, plan->max);
    if (opened && plan->states[1] == NULL)
        keep_state(&rig, &plan->states[1]);
    else if (opened)
        check_state(&rig, plan);
    dmsc_buf_clear(&xml);
    rig_close(&rig);
    return err;
}

static void torture(size_t max)
{
    struct plan plan = { .max = max };
    unsigned long calls;
    struct dmsc_ctx *ctx;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(scenario(ctx, &plan), DMSC_OK);
    dmsc_ctx_free(ctx);
    assert_string_not_equal(plan.states[0], plan.states[1]);
    assert_non_null(strstr(plan.states[1], "./A/w | bin | 00FF01"));
    calls = fault_torture(scenario, &plan);
    print_message("MaxMsgSize %zu: %lu allocations; %u times the old tree, %u times the new\n", max,
                  calls, plan.seen[0], plan.seen[1]);
    assert_true(plan.seen[0] > 0 && plan.seen[1] > 0);
    free(plan.states[0]);
    free(plan.states[1]);
}

static void memory_large_messages(void **state)
{
    (void)state;
    torture(100000);
}

static void memory_small_messages(void **state)
{
    (void)state;
    torture(1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_large_messages),
        cmocka_unit_test(memory_small_messages),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
