/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine under arbitrary messages of a server, one after the other ("\n\n" between them). A
 * body that is no document is put into the usual header. Whatever comes: permanent nodes and the
 * secret stay, the secret is never told, and no message passes the server's MaxMsgSize.
 */
#include "apdu/base/ctx.h"
#include "host/syncml/syncml.h"
#include "tests/unit/dm1/rig.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "s3cretS3CRETs3cret"

static const char tree[] = "./DevInfo | node | permanent | access=Get\n"
                           "./DevInfo/Man | chr | Acme | permanent | access=Get\n"
                           "./A | node | type=urn:oma:mo:oma-dm-dmacc:1.0\n"
                           "./A/AAuthSecret | chr | " SECRET " | access=Get,Replace\n"
                           "./A/n | int | 7\n"
                           "./A/t | chr | text\n"
                           "./A/p | chr | fixed | permanent | access=Get\n"
                           "./B | node | acl=Get=S1\n"
                           "./B/x | chr | theirs";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct dmsc_bytes bytes, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= bytes.n; i++) {
        if (memcmp(bytes.p + i, text, n) == 0)
            return true;
    }
    return false;
}

/* @param told the server may have said it itself, and gets its own words back */
static void check_answer(struct rig *rig, const struct dmsc_dm1_want *want, size_t max, bool told)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;

    assert(want->body.n > 0 && want->body.n <= max);
    assert(told || (!holds(want->body, SECRET) && !holds(want->body, "theirs")));
    assert(strncmp(want->uri, "https://dm.example.net", 22) == 0);
    assert(dmsci_syncml_decode(rig->ctx, want->body, &msg) == DMSC_OK);
    dmsci_syncml_clear(&msg);
}

static void check_tree(struct rig *rig, const struct dmsc_buf *before)
{
    static const char *const fixed[] = { "./DevInfo", "./DevInfo/Man", "./A/p" };
    struct dmsc_buf dump;
    bool there = false;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(fixed); i++)
        assert(dmsc_tree_has(rig->tree, fixed[i], &there) == DMSC_OK && there);
    dmsc_buf_init(&dump, rig->ctx, 10000000);
    assert(rig_dump(rig, &dump) == DMSC_OK);
    assert(strstr(dmsc_buf_str(&dump), "./B/x | chr | theirs") != NULL);
    if (dmsc_dm1_report(rig->dm1)->changes == 0)
        assert(strcmp(dmsc_buf_str(&dump), dmsc_buf_str(before)) == 0);
    dmsc_buf_clear(&dump);
}

/* @return false when the session is over */
static bool feed(struct rig *rig, unsigned msg_id, const uint8_t *data, size_t size, bool told)
{
    struct dmsc_dm1_want want = { .kind = DMSC_DM1_DONE };
    struct dmsc_buf xml;
    char *body = malloc(size + 1);
    struct dmsc_bytes bytes = dmsc_bytes(data, size);
    enum dmsc_err err;

    assert(body != NULL);
    dmsc_buf_init(&xml, rig->ctx, 10000000);
    dmsci_copy(body, data, size);
    body[size] = '\0';
    if (size > 0 && strncmp(body, "<SyncML", 7) != 0 && strncmp(body, "<?xml", 5) != 0) {
        assert(rig_message(&xml, msg_id, NULL, body) == DMSC_OK);
        bytes = dmsc_buf_bytes(&xml);
    }
    err = dmsc_dm1_step(rig->dm1, bytes, RIG_NOW, &want);
    assert(err == DMSC_OK || err == DMSC_E_LIMIT);
    if (err == DMSC_OK && want.kind == DMSC_DM1_SEND)
        check_answer(rig, &want, 65536, told);
    dmsc_buf_clear(&xml);
    free(body);
    return err == DMSC_OK && want.kind == DMSC_DM1_SEND;
}

static void session(struct rig *rig, const uint8_t *data, size_t size)
{
    struct dmsc_bytes all = dmsc_bytes(data, size);
    bool told = holds(all, "s3cret") || holds(all, "theirs") || holds(all, "&#");
    unsigned msg_id = 1;
    bool on = feed(rig, 0, NULL, 0, told);

    while (on && size > 0 && msg_id < 20) {
        size_t n = 0;

        while (n < size && !(n + 1 < size && data[n] == '\n' && data[n + 1] == '\n'))
            n++;
        if (n > 0)
            on = feed(rig, msg_id++, data, n, told);
        n = n + 2 > size ? size : n + 2;
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct rig_config config = { .tree = tree };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf before;
    struct rig rig;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    assert(rig_open(&rig, ctx, &config) == DMSC_OK);
    dmsc_buf_init(&before, ctx, 10000000);
    assert(rig_dump(&rig, &before) == DMSC_OK);
    session(&rig, data, size);
    check_tree(&rig, &before);
    dmsc_buf_clear(&before);
    rig_close(&rig);
    dmsc_ctx_free(ctx);
    return 0;
}
