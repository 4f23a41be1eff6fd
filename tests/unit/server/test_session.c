/* SPDX-License-Identifier: Apache-2.0 */
/* Scripted devices, good and bad ones, against the server's side of a session. */
#include "apdu/base/ctx.h"
#include "simulator/server/service.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SCENARIO(steps)                                                                            \
    "{\"server_id\":\"com.opa.dm\",\"certificate\":\"c\",\"key\":\"k\",\"client_ca\":\"d\","       \
    "\"steps\":[" steps "]}"
#define GET_MAN "{\"commands\":[{\"get\":\"./DevInfo/Man\",\"expect_data\":\"Acme\"}]}"

struct bench {
    struct dmsc_ctx *ctx;
    struct server_scenario *scenario;
    struct server_service service;
    struct dmsc_buf response;
    json_t *certificate;
    bool ended;
};

static void begin(struct bench *b, const char *scenario)
{
    memset(b, 0, sizeof(*b));
    assert_int_equal(dmsc_ctx_new(NULL, &b->ctx), DMSC_OK);
    assert_int_equal(
        server_scenario_parse(b->ctx, "s.json", dmsc_bytes_str(scenario), &b->scenario), DMSC_OK);
    server_service_init(&b->service, b->ctx, b->scenario);
    b->service.scenario_file = "s.json";
    b->certificate = json_pack("{s:s}", "subject", "CN=one");
    dmsc_buf_init(&b->response, b->ctx, 1 << 20);
}

static void end(struct bench *b)
{
    dmsc_buf_clear(&b->response);
    server_service_clear(&b->service);
    server_scenario_free(b->scenario);
    json_decref(b->certificate);
    dmsc_ctx_free(b->ctx);
}

/* Another implementation reads what we wrote. */
static void judge(const struct bench *b)
{
    static int there = -1;
    FILE *pipe;

    if (there < 0) {
        there = system("xmllint --version > /dev/null 2>&1") == 0 ? 1 : 0;
        if (there == 0)
            printf("\nSKIPPED: xmllint is not installed: nobody judges the messages\n");
    }
    if (there == 0)
        return;
    pipe = popen("xmllint --nonet --noout -", "w");
    assert_non_null(pipe);
    assert_int_equal(fwrite(b->response.p, 1, b->response.n, pipe), b->response.n);
    assert_int_equal(pclose(pipe), 0);
}

static enum dmsc_err send_raw(struct bench *b, const char *text)
{
    enum dmsc_err err = server_service_message(&b->service, dmsc_bytes_str(text), b->certificate,
                                               &b->response, &b->ended);

    if (err == DMSC_OK)
        judge(b);
    return err;
}

/* A message of device @p device: header as usual, @p body inside of SyncBody. */
static enum dmsc_err send_as(struct bench *b, const char *device, unsigned msg_id, const char *body)
{
    static char text[16384];

    (void)snprintf(text, sizeof(text),
                   "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
                   "<VerProto>DM/1.2</VerProto><SessionID>A7</SessionID><MsgID>%u</MsgID>"
                   "<Target><LocURI>https://dm.opa.example/dm</LocURI></Target>"
                   "<Source><LocURI>%s</LocURI></Source>"
                   "<Meta><MaxMsgSize xmlns=\"syncml:metinf\">4096</MaxMsgSize></Meta></SyncHdr>"
                   "<SyncBody>%s</SyncBody></SyncML>",
                   msg_id, device, body);
    return send_raw(b, text);
}

#define DEVINFO(leaf, value)                                                                       \
    "<Item><Source><LocURI>./DevInfo/" leaf "</LocURI></Source><Data>" value "</Data></Item>"
#define OPENING                                                                                    \
    "<Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Replace><CmdID>2</CmdID>" DEVINFO(           \
        "DevId", "IMEI:1") DEVINFO("Man", "Acme") DEVINFO("Mod", "G") DEVINFO("DmV", "1")          \
        DEVINFO("Lang", "en") "</Replace>"
#define FINAL "<Final/>"

static const char *status(const char *cmd_id, unsigned msg_ref, const char *cmd_ref,
                          const char *cmd, unsigned code)
{
    static char text[8][256];
    static unsigned next;
    char *out = text[next++ % 8];

    (void)snprintf(out, 256,
                   "<Status><CmdID>%s</CmdID><MsgRef>%u</MsgRef><CmdRef>%s</CmdRef><Cmd>%s</Cmd>"
                   "<Data>%u</Data></Status>",
                   cmd_id, msg_ref, cmd_ref, cmd, code);
    return out;
}

static const char *join(const char *a, const char *b, const char *c, const char *d)
{
    static char text[8192];

    (void)snprintf(text, sizeof(text), "%s%s%s%s", a, b, c, d);
    return text;
}

static const char *results(unsigned msg_ref, const char *cmd_ref, const char *data, bool more)
{
    static char text[1024];

    (void)snprintf(text, sizeof(text),
                   "<Results><CmdID>90</CmdID><MsgRef>%u</MsgRef><CmdRef>%s</CmdRef><Item><Source>"
                   "<LocURI>./DevInfo/Man</LocURI></Source><Data>%s</Data>%s</Item></Results>",
                   msg_ref, cmd_ref, data, more ? "<MoreData/>" : "");
    return text;
}

static struct server_session *session(const struct bench *b, size_t index)
{
    assert_in_range(index, 0, b->service.session_count - 1);
    return b->service.sessions[index];
}

static bool has_fault(const struct bench *b, const char *part)
{
    const json_t *faults = session(b, 0)->faults;

    for (size_t i = 0; i < json_array_size(faults); i++) {
        if (strstr(json_string_value(json_array_get(faults, i)), part) != NULL)
            return true;
    }
    return false;
}

static bool said(const struct bench *b, const char *part)
{
    return strstr(dmsc_buf_str(&b->response), part) != NULL;
}

static void a_session(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_true(said(&b, "<Cmd>SyncHdr</Cmd><TargetRef>https://dm.opa.example/dm</TargetRef>"
                         "<SourceRef>IMEI:1</SourceRef><Data>200</Data>"));
    assert_true(said(&b, "<Cmd>Alert</Cmd><Data>200</Data>"));
    assert_true(said(&b, "<Cmd>Replace</Cmd><Data>200</Data>"));
    assert_true(said(&b, "<Get><CmdID>4</CmdID>"));
    assert_true(said(&b, "<Source><LocURI>https://dm.opa.example/dm</LocURI>"
                         "<LocName>com.opa.dm</LocName></Source>"));
    assert_true(said(&b, "<Final/>"));
    assert_false(b.ended);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2,
                join(status("1", 1, "0", "SyncHdr", 200), status("2", 1, "4", "Get", 200),
                     results(1, "4", "Acme", false), FINAL)),
        DMSC_OK);
    assert_true(b.ended);
    assert_false(said(&b, "<Get>"));
    assert_true(said(&b, "<MsgID>2</MsgID>"));
    assert_true(server_service_ok(&b.service));
    assert_string_equal(
        json_string_value(json_object_get(session(&b, 0)->devinfo, "./DevInfo/Man")), "Acme");
    end(&b);
}

static void another_answer_than_expected(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2,
                join(status("1", 1, "0", "SyncHdr", 200), status("2", 1, "4", "Get", 200),
                     results(1, "4", "Other", false), FINAL)),
        DMSC_OK);
    assert_true(b.ended);
    assert_int_equal(json_array_size(session(&b, 0)->faults), 0);
    assert_false(server_service_ok(&b.service));
    end(&b);
}

static void a_status_is_missing(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(send_as(&b, "IMEI:1", 2, FINAL), DMSC_OK);
    assert_true(has_fault(&b, "no Status for command 0 (Get)"));
    assert_true(has_fault(&b, "no Status for our SyncHdr"));
    assert_false(server_service_ok(&b.service));
    end(&b);
}

static void poor_openings(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, "<Get><CmdID>1</CmdID></Get>" FINAL), DMSC_OK);
    assert_true(has_fault(&b, "neither Alert 1200 nor 1201"));
    assert_true(has_fault(&b, "does not tell ./DevInfo/DmV"));
    assert_true(has_fault(&b, "a client must not send Get"));
    assert_true(said(&b, "<Cmd>Get</Cmd><Data>405</Data>") ||
                said(&b, "<Cmd>Get</Cmd><Data>400</Data>"));
    end(&b);
}

/* Package 1 in two messages: the server asks for more. */
static void package_of_two_messages(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, "<Alert><CmdID>1</CmdID><Data>1201</Data></Alert>"),
                     DMSC_OK);
    assert_true(said(&b, "<Data>1222</Data>"));
    assert_false(said(&b, "<Final/>"));
    assert_false(said(&b, "<Get>"));
    assert_int_equal(send_as(&b, "IMEI:1", 2,
                             join(status("1", 1, "0", "SyncHdr", 200),
                                  status("2", 1, "3", "Alert", 200), OPENING, FINAL)),
                     DMSC_OK);
    assert_true(said(&b, "<Get>"));
    assert_int_equal(json_array_size(session(&b, 0)->faults), 0);
    end(&b);
}

/* Results in chunks over two messages. */
static void large_results(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2,
                join(status("1", 1, "0", "SyncHdr", 200), status("2", 1, "4", "Get", 200),
                     results(1, "4", "Ac", true), "")),
        DMSC_OK);
    assert_true(said(&b, "<Data>1222</Data>"));
    assert_int_equal(
        send_as(&b, "IMEI:1", 3,
                join(status("1", 2, "0", "SyncHdr", 200), status("2", 2, "2", "Alert", 200),
                     results(1, "4", "me", false), FINAL)),
        DMSC_OK);
    assert_true(b.ended);
    assert_true(server_service_ok(&b.service));
    end(&b);
}

/* A package of the server that does not fit one message of the client's size. */
static void a_package_that_does_not_fit(void **state)
{
    static char steps[16384];
    struct bench b;
    unsigned messages = 0, commands = 0;
    char data[1001];

    (void)state;
    memset(data, 'x', 1000);
    data[1000] = '\0';
    (void)snprintf(steps, sizeof(steps),
                   SCENARIO("{\"commands\":[{\"replace\":\"./A\",\"data\":\"%s\"},"
                            "{\"atomic\":[{\"replace\":\"./B\",\"data\":\"%s\"},"
                            "{\"replace\":\"./C\",\"data\":\"%s\"}]},"
                            "{\"replace\":\"./D\",\"data\":\"%s\"},{\"get\":\"./E\"}]}"),
                   data, data, data, data);
    begin(&b, steps);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    /* Answer what was sent until the server says Final. */
    while (messages++ < 10) {
        struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
        static char answer[8192];
        bool final;

        assert_in_range(b.response.n, 1, 4096);
        assert_int_equal(dmsci_syncml_decode(b.ctx, dmsc_buf_bytes(&b.response), &msg), DMSC_OK);
        (void)snprintf(answer, sizeof(answer), "%s", status("1", messages, "0", "SyncHdr", 200));
        for (size_t i = 0; i < msg.command_count; i++) {
            const struct dmsci_syncml_command *c = &msg.commands[i];
            size_t n = strlen(answer);

            if (c->kind == DMSCI_N_Status)
                continue;
            commands++;
            (void)snprintf(answer + n, sizeof(answer) - n, "%s",
                           status("2", messages, c->cmd_id, c->name, 200));
        }
        final = msg.final;
        if (!final)
            (void)strcat(answer, "<Alert><CmdID>99</CmdID><Data>1222</Data></Alert>");
        else
            (void)strcat(answer, FINAL);
        dmsci_syncml_clear(&msg);
        assert_int_equal(send_as(&b, "IMEI:1", messages + 1, answer), DMSC_OK);
        if (b.ended)
            break;
    }
    assert_int_equal(messages, 2);
    assert_int_equal(commands, 6);
    assert_int_equal(json_array_size(session(&b, 0)->faults), 0);
    assert_true(server_service_ok(&b.service));
    end(&b);
}

/* A device that puts chunks together. @return the value it got, in @p value */
static unsigned take_chunks(struct bench *b, char *value, size_t room, unsigned refuse_with)
{
    unsigned messages = 1;

    value[0] = '\0';
    for (; messages < 20 && !b->ended; messages++) {
        struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
        char answer[2048];
        bool more = false;

        assert_in_range(b->response.n, 1, 4096);
        assert_int_equal(dmsci_syncml_decode(b->ctx, dmsc_buf_bytes(&b->response), &msg), DMSC_OK);
        (void)snprintf(answer, sizeof(answer), "%s", status("1", messages, "0", "SyncHdr", 200));
        for (size_t i = 0; i < msg.command_count; i++) {
            const struct dmsci_syncml_command *c = &msg.commands[i];
            size_t n = strlen(answer), got = strlen(value);

            if (c->kind == DMSCI_N_Status)
                continue;
            more = c->items[0].more_data;
            assert_int_equal(c->items[0].meta.size != NULL, more && got == 0);
            (void)snprintf(value + got, room - got, "%.*s", (int)c->items[0].data.n,
                           (const char *)c->items[0].data.p);
            (void)snprintf(answer + n, sizeof(answer) - n, "%s",
                           status("2", messages, c->cmd_id, c->name,
                                  refuse_with != 0 ? refuse_with
                                  : more           ? 213
                                                   : 200));
        }
        assert_int_equal(msg.final, !more);
        (void)strcat(answer, more ? "<Alert><CmdID>9</CmdID><Data>1222</Data></Alert>" : FINAL);
        dmsci_syncml_clear(&msg);
        assert_int_equal(send_as(b, "IMEI:1", messages + 1, answer), DMSC_OK);
    }
    return messages;
}

/* A value that fits no message goes out in chunks; what must be escaped takes more room. */
static void large_objects(void **state)
{
    static char steps[32768], data[10001], value[10240];
    struct bench b;

    (void)state;
    for (size_t i = 0; i < 10000; i++)
        data[i] = i % 10 == 0 ? '&' : (char)('a' + i % 26);
    memcpy(data + 5000, "\xC3\xA4\xE2\x82\xAC", 5);
    (void)snprintf(steps, sizeof(steps),
                   SCENARIO("{\"commands\":[{\"replace\":\"./A\",\"data\":\"%s\",\"type\":"
                            "\"text/plain\"}]}"),
                   data);
    begin(&b, steps);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_in_range(take_chunks(&b, value, sizeof(value), 0), 4, 8);
    assert_string_equal(value, data);
    assert_true(b.ended);
    assert_int_equal(json_array_size(session(&b, 0)->faults), 0);
    assert_true(server_service_ok(&b.service));
    end(&b);
}

static void a_large_object_that_is_refused(void **state)
{
    static char steps[32768], data[10001];
    struct bench b;

    (void)state;
    memset(data, 'x', 10000);
    (void)snprintf(steps, sizeof(steps),
                   SCENARIO("{\"commands\":[{\"replace\":\"./A\",\"data\":\"%s\","
                            "\"expect\":416},{\"delete\":\"./B\"}]}"),
                   data);
    begin(&b, steps);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2,
                join(status("1", 1, "0", "SyncHdr", 200), status("2", 1, "4", "Replace", 416),
                     "<Alert><CmdID>3</CmdID><Data>1222</Data></Alert>", "")),
        DMSC_OK);
    assert_true(said(&b, "<Delete>"));
    assert_true(said(&b, "<Final/>"));
    assert_int_equal(send_as(&b, "IMEI:1", 3,
                             join(status("1", 2, "0", "SyncHdr", 200),
                                  status("2", 2, "3", "Delete", 200), FINAL, "")),
                     DMSC_OK);
    assert_true(server_service_ok(&b.service));
    end(&b);
}

static void a_group_that_never_fits(void **state)
{
    static char steps[8192];
    char data[5001];
    struct bench b;

    (void)state;
    memset(data, 'x', 5000);
    data[5000] = '\0';
    (void)snprintf(
        steps, sizeof(steps),
        SCENARIO("{\"commands\":[{\"atomic\":[{\"replace\":\"./A\",\"data\":\"%s\"}]}]}"), data);
    begin(&b, steps);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_true(b.ended);
    assert_int_equal(session(&b, 0)->end, SERVER_FAILED);
    assert_true(has_fault(&b, "does not fit"));
    end(&b);
}

static void aborts(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(send_as(&b, "IMEI:1", 2,
                             join(status("1", 1, "0", "SyncHdr", 200),
                                  "<Alert><CmdID>2</CmdID><Data>1223</Data></Alert>", FINAL, "")),
                     DMSC_OK);
    assert_true(b.ended);
    assert_int_equal(session(&b, 0)->end, SERVER_ABORTED);
    assert_true(said(&b, "<Cmd>Alert</Cmd><Data>200</Data>"));
    assert_false(server_service_ok(&b.service));
    end(&b);

    begin(&b, SCENARIO("{\"commands\":[{\"alert\":1223}]}"));
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_true(b.ended);
    assert_true(said(&b, "<Data>1223</Data>"));
    assert_true(server_service_ok(&b.service));
    end(&b);
}

/* The same message again gets the same answer; another one with its MsgID none. */
static void retransmission(void **state)
{
    struct bench b;
    struct dmsc_buf first;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    dmsc_buf_init(&first, b.ctx, 1 << 20);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(dmsc_buf_set(&first, dmsc_buf_bytes(&b.response)), DMSC_OK);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&first), dmsc_buf_bytes(&b.response)));
    assert_int_equal(b.service.session_count, 1);
    assert_int_equal(session(&b, 0)->messages, 1);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2, join(status("1", 1, "0", "SyncHdr", 200), "", "", "")), DMSC_OK);
    assert_int_equal(send_as(&b, "IMEI:1", 2, FINAL), DMSC_E_PEER);
    assert_true(has_fault(&b, "MsgID 2 cannot be"));
    dmsc_buf_clear(&first);
    end(&b);
}

static void many_devices(void **state)
{
    struct bench b;
    char device[16];

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < 20; i++) {
            (void)snprintf(device, sizeof(device), "IMEI:%u", i);
            assert_int_equal(send_as(&b, device, round,
                                     round == 1 ? OPENING FINAL
                                                : join(status("1", 1, "0", "SyncHdr", 200),
                                                       status("2", 1, "4", "Get", 200),
                                                       results(1, "4", "Acme", false), FINAL)),
                             DMSC_OK);
            assert_int_equal(b.ended, round == 2);
        }
    }
    assert_int_equal(b.service.session_count, 20);
    assert_true(server_session_ok(session(&b, 1)));
    /* Device 0 said in DevInfo that it is IMEI:1. */
    assert_true(has_fault(&b, "the header's Source is not ./DevInfo/DevId"));
    end(&b);
}

static void sessions_that_cannot_go_on(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, SCENARIO(GET_MAN));
    assert_int_equal(send_raw(&b, "no XML"), DMSC_E_MALFORMED);
    assert_int_equal(send_as(&b, "IMEI:1", 2, FINAL), DMSC_E_PEER);
    assert_int_equal(b.service.session_count, 0);
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    /* Somebody else's certificate in the middle. */
    json_decref(b.certificate);
    b.certificate = json_pack("{s:s}", "subject", "CN=two");
    assert_int_equal(send_as(&b, "IMEI:1", 2, FINAL), DMSC_E_PEER);
    assert_int_equal(session(&b, 0)->messages, 1);
    /* The device begins anew. */
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING "<!-- again -->" FINAL), DMSC_OK);
    assert_int_equal(b.service.session_count, 2);
    assert_int_equal(session(&b, 0)->end, SERVER_ABANDONED);
    end(&b);
}

static void the_transcript(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct bench b;
    struct dmsc_bytes file;
    json_t *json;

    (void)state;
    support_mkdir(dir);
    (void)snprintf(path, sizeof(path), "%s/t.json", dir);
    begin(&b, SCENARIO(GET_MAN));
    b.service.transcript_file = path;
    assert_int_equal(send_as(&b, "IMEI:1", 1, OPENING FINAL), DMSC_OK);
    assert_int_equal(
        send_as(&b, "IMEI:1", 2,
                join(status("1", 1, "0", "SyncHdr", 200), status("2", 1, "4", "Get", 200),
                     results(1, "4", "Acme", false), FINAL)),
        DMSC_OK);
    assert_int_equal(server_service_write_transcript(&b.service), DMSC_OK);
    file = support_slurp(path);
    json = json_loadb((const char *)file.p, file.n, 0, NULL);
    assert_non_null(json);
    assert_true(json_is_true(json_object_get(json, "ok")));
    assert_string_equal(
        json_string_value(json_object_get(
            json_array_get(
                json_object_get(json_array_get(json_object_get(json, "sessions"), 0), "commands"),
                0),
            "result")),
        "Acme");
    json_decref(json);
    support_free(file);
    b.service.transcript_file = "/nowhere/t.json";
    assert_int_equal(server_service_write_transcript(&b.service), DMSC_E_IO);
    end(&b);
    support_rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session),
        cmocka_unit_test(another_answer_than_expected),
        cmocka_unit_test(a_status_is_missing),
        cmocka_unit_test(poor_openings),
        cmocka_unit_test(package_of_two_messages),
        cmocka_unit_test(large_results),
        cmocka_unit_test(a_package_that_does_not_fit),
        cmocka_unit_test(large_objects),
        cmocka_unit_test(a_large_object_that_is_refused),
        cmocka_unit_test(a_group_that_never_fits),
        cmocka_unit_test(aborts),
        cmocka_unit_test(retransmission),
        cmocka_unit_test(many_devices),
        cmocka_unit_test(sessions_that_cannot_go_on),
        cmocka_unit_test(the_transcript),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
