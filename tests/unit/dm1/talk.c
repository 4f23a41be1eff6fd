/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dm1/talk.h"
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <dmsc/grant.h>
#include <stdio.h>
#include <string.h>

static void on_event(void *user, const struct dmsc_dm1_event *event)
{
    struct talk *talk = user;

    (void)snprintf(talk->outcome, sizeof(talk->outcome), "%u %s", event->status, event->reason);
}

void talk_begin(struct rig *rig, struct talk *talk, const char *server_id, struct dmsc_now now)
{
    static unsigned sessions;
    struct dmsc_dm1_config config = { .tree = rig->tree,
                                      .authority = rig->authority,
                                      .server_id = server_id,
                                      .server_uri = RIG_URI,
                                      .device_id = RIG_DEVICE,
                                      .session_id = talk->id };

    memset(talk, 0, sizeof(*talk));
    talk->rig = rig;
    (void)snprintf(talk->id, sizeof(talk->id), "%X", 0x20 + ++sessions);
    assert_int_equal(dmsc_tree_begin(rig->tree, server_id, now.seconds), DMSC_OK);
    assert_int_equal(dmsc_grant_session(rig->authority, server_id), DMSC_OK);
    assert_int_equal(dmsc_grant_expire(rig->authority, server_id, now), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(rig->tree), DMSC_OK);
    assert_int_equal(dmsc_dm1_new(rig->ctx, &config, &talk->dm1), DMSC_OK);
    dmsc_dm1_watch(talk->dm1, on_event, talk);
    assert_int_equal(dmsc_dm1_step(talk->dm1, dmsc_bytes(NULL, 0), now, &talk->want), DMSC_OK);
    assert_int_equal(talk->want.kind, DMSC_DM1_SEND);
}

const char *talk_says(struct talk *talk, struct dmsc_now now, const char *body)
{
    struct dmsc_buf xml;

    dmsc_buf_init(&xml, talk->rig->ctx, 100000);
    assert_int_equal(
        dmsci_buf_printf(&xml,
                         "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
                         "<VerProto>DM/1.2</VerProto><SessionID>%s</SessionID><MsgID>%u</MsgID>"
                         "<Target><LocURI>" RIG_DEVICE "</LocURI></Target><Source><LocURI>" RIG_URI
                         "</LocURI></Source></SyncHdr><SyncBody>%s<Final/></SyncBody></SyncML>",
                         talk->id, ++talk->messages, body),
        DMSC_OK);
    talk->outcome[0] = '\0';
    assert_int_equal(dmsc_dm1_step(talk->dm1, dmsc_buf_bytes(&xml), now, &talk->want), DMSC_OK);
    assert_int_equal(dmsc_authority_flush(talk->rig->authority, now), DMSC_OK);
    dmsc_buf_clear(&xml);
    return talk->outcome;
}

void talk_end(struct talk *talk, struct dmsc_now now)
{
    (void)talk_says(talk, now, "");
    assert_int_equal(talk->want.kind, DMSC_DM1_DONE);
    dmsc_dm1_free(talk->dm1);
    talk->dm1 = NULL;
}
