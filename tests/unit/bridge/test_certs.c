/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates with a usage: from the card into the tree, to the applications and authorities that
 * may use them, and away again. */
#include "host/credential/cert.h"
#include "tests/unit/bridge/bench.h"
#include <dmsc/alert.h>
#include <dmsc/cert.h>
#include <dmsc/code.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A    "com.opa.dm"
#define B    "by-ca"
#define LONG "a-name-of-seventy-letters-which-is-more-than-the-device-keeps-for-its-own"

/* --- the card ------------------------------------------------------------------------------------
 */

static void load(struct bench *b, const char *file, struct dmsc_buf *ret_der)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_bytes pem;

    bench_path(file, path);
    pem = support_slurp_exact(path);
    dmsc_buf_init(ret_der, b->world, 8192);
    assert_int_equal(dmsci_cert_load(b->world, pem, ret_der), DMSC_OK);
    support_free(pem);
}

/* The object NAME.xml: this certificate for this usage, @p more behind it. */
static void write_object(struct bench *b, const char *name, const char *certificate,
                         const char *usage, const char *scope, const char *more)
{
    char file[96];
    struct dmsc_buf der, text;

    load(b, certificate, &der);
    dmsc_buf_init(&text, b->world, 65536);
    assert_int_equal(
        dmsci_buf_printf(
            &text,
            "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>x</NodeName><RTProperties><Format>"
            "<node/></Format><Type><DDFName>" DMSC_CERT_MOID "</DDFName></Type></RTProperties>"
            "<Node><NodeName>Usage</NodeName><Value>%s</Value></Node>"
            "<Node><NodeName>Scope</NodeName><RTProperties><Format><node/></Format></RTProperties>"
            "<Node><NodeName>1</NodeName><Value>%s</Value></Node></Node>%s"
            "<Node><NodeName>Cert</NodeName><RTProperties><Format><bin/></Format></RTProperties>"
            "<Value>",
            usage, scope, more),
        DMSC_OK);
    assert_int_equal(dmsci_base64_encode(dmsc_buf_bytes(&der), &text), DMSC_OK);
    assert_int_equal(dmsc_buf_append_str(&text, "</Value></Node></Node></MgmtTree>"), DMSC_OK);
    (void)snprintf(file, sizeof(file), "%s.xml", name);
    bench_write(file, dmsc_buf_str(&text));
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&der);
}

/* Entry 1 is A, priority 3; entry 2 is B, with @p b_prio; @p objects go behind those of nobody. */
static void card_says(struct bench *b, unsigned b_prio, bool b_listed, const char *objects)
{
    static const char entry[] =
        "{\"id\":%u,\"name\":\"%s\",\"authority\":\"dm.opa.example\",\"server_ids\":[\"%s\"],"
        "\"pins\":[{%s}],\"scopes\":[{\"type\":\"any\",\"path\":\".\",\"rights\":[\"Get\","
        "\"Replace\",\"Add\",\"Delete\"]}],\"priority\":%u,\"flags\":[\"enabled\"]}";
    char a[512], second[512], text[8192];

    (void)snprintf(a, sizeof(a), entry, 1u, "A", A, "\"cert\":\"server.pem\"", 3u);
    (void)snprintf(second, sizeof(second), entry, 2u, "B", B, "\"ca_spki_of\":\"other.pem\"",
                   b_prio);
    (void)snprintf(text, sizeof(text),
                   "{\"flags\":{\"signature_mandatory\":true},\"signing_key\":\"issuer.key\","
                   "\"authorities\":[%s%s%s],\"objects\":[%s],\"certificates\":["
                   "{\"file\":\"ca.pem\",\"usage\":\"trusted\",\"label\":\"CA\"},"
                   "{\"file\":\"other.pem\",\"usage\":\"trusted\",\"label\":\"Other\"},"
                   "{\"file\":\"server.pem\",\"usage\":\"trusted\",\"label\":\"Server\"},"
                   "{\"file\":\"short.pem\",\"usage\":\"device\",\"label\":\"Short\"},"
                   "{\"file\":\"client.pem\",\"usage\":\"device\",\"label\":\"Device\"}]}",
                   a, b_listed ? "," : "", b_listed ? second : "", objects);
    bench_write("certs.json", text);
    bench_provision(b, "certs.json");
}

/* Objects of a profile: identifier and owner of each; their files are NAME.xml. */
#define OBJECT(id, name, owner)                                                                    \
    "{\"id\":" #id ",\"type\":\"" DMSC_CERT_MOID "\",\"path\":\"./Cert/" name                      \
    "\",\"encoding\":\"tnds-xml\",\"file\":\"" name ".xml\",\"owner\":" #owner                     \
    ",\"pool\":0,\"flags\":[\"replace\"]}"

/* --- what is there -------------------------------------------------------------------------------
 */

struct listing {
    char text[2048];
};

static bool note(void *user, const struct dmsc_cert *cert)
{
    struct listing *l = user;
    size_t n = strlen(l->text);

    n += (size_t)snprintf(l->text + n, sizeof(l->text) - n, "%s%s %s %s[%s]", n > 0 ? "; " : "",
                          strrchr(cert->uri, '/') + 1, cert->usage,
                          dmsc_cert_state_name(cert->state), cert->ma);
    for (size_t i = 0; i < cert->scope_count; i++)
        n += (size_t)snprintf(l->text + n, sizeof(l->text) - n, " %s", cert->scope[i]);
    if (cert->reason[0] != '\0')
        (void)snprintf(l->text + n, sizeof(l->text) - n, " (%s)", cert->reason);
    return true;
}

static void assert_found(struct bench *b, const struct dmsc_cert_query *query, const char *expected)
{
    struct listing l = { "" };

    assert_int_equal(
        dmsc_certs_each(dmsc_bridge_tree(b->bridge), query, dmsc_bridge_now(b->bridge), note, &l),
        DMSC_OK);
    assert_string_equal(l.text, expected);
}

static void the_card_tells_what_each_is_for(void **state)
{
    static const struct dmsc_cert_query all = { .all = true }, ca = { .usage = "ca" },
                                        of_b = { .usage = "ca", .consumer = B },
                                        issuer = { .ma = "" }, of_a = { .ma = A };
    struct dmsc_buf value;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    card_says(&b, 5, true, "");
    bench_sync(&b, NULL);
    assert_found(&b, &all,
                 "uicc-1 client staged[] * (cert:weak-key); uicc-2 client active[] *"
                 "; uicc-3 ca active[] " A "; uicc-4 ca active[] " A " " B
                 "; uicc-5 server-pin active[] " A);
    assert_found(&b, &ca, "uicc-3 ca active[] " A "; uicc-4 ca active[] " A " " B);
    assert_found(&b, &of_b, "uicc-4 ca active[] " A " " B);
    assert_found(&b, &of_a, "");
    bench_assert_value(&b, "./Cert/uicc-3/Origin", "uicc");
    bench_assert_value(&b, "./Cert/uicc-3/State", "1");
    /* The same card again, and the device again: the same objects. */
    bench_sync(&b, NULL);
    bench_restart(&b, NULL);
    assert_found(&b, &issuer,
                 "uicc-2 client active[] *; uicc-3 ca active[] " A "; uicc-4 ca active[] " A " " B
                 "; uicc-5 server-pin active[] " A);
    /* A device that does not know the time uses none; what there is, is there. */
    bench_restart(&b, "[device]\nclock = untrusted\n");
    assert_found(&b, &issuer, "");
    dmsc_buf_init(&value, b.ctx, 100);
    assert_int_equal(dmsc_tree_value(dmsc_bridge_tree(b.bridge), "./Cert/uicc-3/State", &value),
                     DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "1");
    dmsc_buf_clear(&value);
    bench_close(&b);
}

static void what_the_card_has_no_more_is_out_of_use(void **state)
{
    static const struct dmsc_cert_query all = { .usage = "app", .all = true };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    write_object(&b, "one", "client.pem", "app", "local:one", "");
    write_object(&b, "late", "expired.pem", "app", "local:late", "");
    write_object(&b, "soon", "future.pem", "app", "local:soon", "");
    write_object(&b, "sha1", "sha1.pem", "app", "local:sha1", "");
    write_object(&b, "root", "ca.pem", "app", "local:root", "");
    bench_write("none.xml",
                "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>x</NodeName><RTProperties><Format>"
                "<node/></Format></RTProperties><Node><NodeName>Usage</NodeName><Value>app</Value>"
                "</Node></Node></MgmtTree>");
    /* A name that the device does not keep, with all that makes one that it does. */
    write_object(&b, LONG, "client.pem", "app", "local:long",
                 "<Node><NodeName>State</NodeName><Value>1</Value></Node>");
    card_says(
        &b, 5, true,
        OBJECT(1, "one", 2) "," OBJECT(2, "late", 1) "," OBJECT(3, "soon", 1) "," OBJECT(
            4, "sha1", 1) "," OBJECT(5, "root", 1) "," OBJECT(6, "none", 1) "," OBJECT(7, LONG, 1));
    bench_sync(&b, NULL);
    assert_found(&b, &all,
                 "late app expired[" A "] local:late (cert:expired)"
                 "; none app staged[" A "] (cert:malformed)"
                 "; one app active[" B "] local:one"
                 "; root app staged[" A "] local:root (cert:ca-flag)"
                 "; sha1 app staged[" A "] local:sha1 (cert:weak-signature)"
                 "; soon app staged[" A "] local:soon (cert:not-yet-valid)");
    /* Another certificate in its place: one is there, never two, and never none. */
    write_object(&b, "one", "foreign.pem", "app", "local:one", "");
    card_says(&b, 5, true, OBJECT(1, "one", 2));
    bench_sync(&b, NULL);
    assert_found(&b, &(struct dmsc_cert_query){ .usage = "app" },
                 "one app active[" B "] local:one");
    /* The authority is listed no more; then the object is gone too. */
    card_says(&b, 5, false, "");
    bench_sync(&b, NULL);
    assert_found(&b, &(struct dmsc_cert_query){ .usage = "app" }, "");
    bench_close(&b);
}

/* --- applications --------------------------------------------------------------------------------
 */

static void sign(struct bench *b, const char *name, const uint8_t *nonce, const char *key_file,
                 uint8_t ret_signature[64])
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf message, spki;
    struct dmsc_bytes pem;

    dmsc_buf_init(&message, b->world, 256);
    dmsc_buf_init(&spki, b->world, 1024);
    assert_int_equal(dmsci_buf_printf(&message, "dmsc-app%c%s%c", 0, name, 0), DMSC_OK);
    assert_int_equal(dmsc_buf_append(&message, dmsc_bytes(nonce, DMSC_APP_NONCE_SIZE)), DMSC_OK);
    bench_path(key_file, path);
    pem = support_slurp_exact(path);
    assert_int_equal(dmsc_secret_set(&key, b->world, pem), DMSC_OK);
    support_free(pem);
    assert_int_equal(
        dmsci_ecdsa_sign(b->world, &key, dmsc_buf_bytes(&message), ret_signature, &spki), DMSC_OK);
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&message);
    dmsc_buf_clear(&spki);
}

/* Open as @p name with the certificate and key of @p who; with the key of @p key if it is given. */
static enum dmsc_err open_as(struct bench *b, const char *name, const char *who, const char *key,
                             struct dmsc_app **ret_app)
{
    struct dmsc_apps *apps = dmsc_bridge_apps(b->bridge);
    uint8_t nonce[DMSC_APP_NONCE_SIZE], signature[64];
    char file[64];
    struct dmsc_buf der;
    enum dmsc_err err;

    *ret_app = NULL;
    (void)snprintf(file, sizeof(file), "%s.pem", who);
    load(b, file, &der);
    (void)snprintf(file, sizeof(file), "%s.key", key != NULL ? key : who);
    assert_int_equal(dmsc_app_challenge(apps, nonce), DMSC_OK);
    sign(b, name, nonce, file, signature);
    err = dmsc_app_open_certificate(apps, name, dmsc_buf_bytes(&der), dmsc_bytes(signature, 64),
                                    ret_app);
    dmsc_buf_clear(&der);
    assert_true((err == DMSC_OK) == (*ret_app != NULL));
    return err;
}

static void refused(struct bench *b, const char *name, const char *who, const char *key,
                    const char *reason)
{
    struct dmsc_app *app = NULL;

    bench_assert_failed(b, open_as(b, name, who, key, &app), DMSC_E_REFUSED, reason);
}

static bool count_alert(void *user, const struct dmsc_alert *alert)
{
    assert_string_equal(alert->type, DMSC_ALERT_CERT_PROVISIONED);
    *(unsigned *)user += strcmp(alert->source, "./Cert/one") == 0;
    return true;
}

static void req_S2_R5a_a_certificate_admits_its_application(void **state)
{
    struct dmsc_now now;
    struct dmsc_app *app = NULL;
    unsigned alerts = 0;
    struct bench b;

    (void)state;
    bench_open(&b, "[app]\nuser = ruled:1000\n");
    write_object(&b, "one", "client.pem", "app", "local:one", "");
    /* B says that it is A's word, in use, from the card: an object says nothing of that. */
    write_object(&b, "other", "foreign.pem", "app", "local:one",
                 "<Node><NodeName>MA</NodeName><Value>" A "</Value></Node>"
                 "<Node><NodeName>State</NodeName><Value>1</Value></Node>"
                 "<Node><NodeName>Origin</NodeName><Value>uicc</Value></Node>");
    write_object(&b, "ruled", "client.pem", "app", "local:ruled", "");
    write_object(&b, "issued", "foreign.pem", "app", "local:ruled", "");
    write_object(&b, "any", "stranger.pem", "app", "*", "");
    write_object(&b, "else", "stranger.pem", "mail", "local:one", "");
    card_says(&b, 5, true,
              OBJECT(1, "one", 1) "," OBJECT(2, "other", 2) "," OBJECT(3, "ruled", 1) "," OBJECT(
                  4, "issued", 0) "," OBJECT(5, "any", 1) "," OBJECT(6, "else", 1));
    refused(&b, "one", "client", NULL, "app:unknown"); /* the card was not read yet */
    bench_sync(&b, NULL);
    now = dmsc_bridge_now(b.bridge);
    /* With its certificate and key, and with nothing less. */
    refused(&b, "one", "client", "foreign", "app:proof");
    refused(&b, "one", "foreign", NULL, "app:certificate");  /* B's: A speaks for it */
    refused(&b, "one", "stranger", NULL, "app:certificate"); /* of another usage */
    refused(&b, "two", "client", NULL, "app:unknown");
    refused(&b, "two", "stranger", NULL, "app:unknown"); /* for use by all names nobody */
    bench_assert_value(&b, "./Cert/other/MA", B);
    /* To a name that the device itself gives, the issuer adds and no authority. */
    refused(&b, "ruled", "client", NULL, "app:certificate");
    assert_int_equal(open_as(&b, "ruled", "foreign", NULL, &app), DMSC_OK);
    dmsc_app_close(app);
    assert_int_equal(open_as(&b, "one", "client", NULL, &app), DMSC_OK);
    assert_string_equal(dmsc_app_subject(app), "local:one");
    assert_int_equal(dmsc_app_register(app, "./One", "urn:x:one:1.0", NULL, NULL, now), DMSC_OK);
    assert_int_equal(dmsc_alert_each(dmsc_bridge_tree(b.bridge), A, count_alert, &alerts), DMSC_OK);
    assert_int_equal(alerts, 1); /* its authority hears that it came into use */
    /* Withdrawn while it is open: from the next call on it is nobody. */
    card_says(&b, 5, true, "");
    bench_sync(&b, NULL);
    bench_assert_failed(&b, dmsc_app_set(app, "./One", dmsc_bytes("x", 1), now), DMSC_E_REFUSED,
                        "app:withdrawn");
    refused(&b, "one", "client", NULL, "app:unknown");
    dmsc_app_close(app);
    /* B's certificate counts where nobody better speaks, and not beside an equal. */
    card_says(&b, 5, true, OBJECT(2, "other", 2));
    bench_sync(&b, NULL);
    assert_int_equal(open_as(&b, "one", "foreign", NULL, &app), DMSC_OK);
    dmsc_app_close(app);
    card_says(&b, 3, true, OBJECT(1, "one", 1) "," OBJECT(2, "other", 2));
    bench_sync(&b, NULL);
    refused(&b, "one", "foreign", NULL, "app:certificate");
    refused(&b, "one", "client", NULL, "app:certificate");
    bench_close(&b);
    req_done("S2-R5a");
}

/* --- any other use -------------------------------------------------------------------------------
 */

static void assert_given(struct bench *b, struct dmsc_app *app, const char *usage,
                         const char *expected)
{
    struct listing l = { "" };

    assert_int_equal(dmsc_app_certificates(app, usage, dmsc_bridge_now(b->bridge), note, &l),
                     DMSC_OK);
    assert_string_equal(l.text, expected);
}

static enum dmsc_reason server_reads(struct bench *b, const char *server_id, enum dmsc_rules rules,
                                     enum dmsc_right right, const char *uri)
{
    const struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA,
                                          .server_id = server_id,
                                          .rules = rules };

    return dmsc_authority_decide(dmsc_bridge_authority(b->bridge), &subject, right, uri,
                                 dmsc_bridge_now(b->bridge))
        .reason;
}

static void req_S2_R5b_a_usage_of_ones_own_goes_to_its_scope(void **state)
{
    static const char second[] = "<Node><NodeName>Ignored</NodeName><Value>x</Value></Node>";
    struct dmsc_app *mail = NULL, *other = NULL;
    struct dmsc_buf value;
    struct dmsc_now now;
    struct bench b;

    (void)state;
    bench_open(&b, "[app]\nuser = mail:1\nuser = other:2\n");
    write_object(&b, "mail", "client.pem", "x-mail", "local:mail", second);
    write_object(&b, "fleet", "foreign.pem", "x-fleet", B, "");
    card_says(&b, 5, true, OBJECT(1, "mail", 1) "," OBJECT(2, "fleet", 1));
    bench_sync(&b, NULL);
    now = dmsc_bridge_now(b.bridge);
    assert_int_equal(dmsc_app_open(dmsc_bridge_apps(b.bridge), "mail", 1, &mail), DMSC_OK);
    assert_int_equal(dmsc_app_open(dmsc_bridge_apps(b.bridge), "other", 2, &other), DMSC_OK);
    assert_given(&b, mail, "x-mail", "mail x-mail active[" A "] local:mail");
    assert_given(&b, mail, "x-fleet", "");
    assert_given(&b, mail, NULL, "mail x-mail active[" A "] local:mail; uicc-2 client active[] *");
    assert_given(&b, other, "x-mail", "");
    /* The same in the tree, for applications and for servers of both protocols. */
    dmsc_buf_init(&value, b.ctx, 10000);
    assert_int_equal(dmsc_app_get(mail, "./Cert/mail/Cert", now, &value), DMSC_OK);
    assert_true(value.n > 100);
    bench_assert_failed(&b, dmsc_app_get(other, "./Cert/mail/Cert", now, &value), DMSC_E_REFUSED,
                        "dacmo:grant");
    for (int rules = DMSC_RULES_ACL; rules <= DMSC_RULES_DACMO; rules++) {
        enum dmsc_rules r = (enum dmsc_rules)rules;

        assert_int_equal(server_reads(&b, B, r, DMSC_RIGHT_GET, "./Cert/fleet/Cert"), DMSC_ALLOWED);
        assert_int_not_equal(server_reads(&b, A, r, DMSC_RIGHT_GET, "./Cert/fleet/Cert"),
                             DMSC_ALLOWED);
        assert_int_not_equal(server_reads(&b, B, r, DMSC_RIGHT_GET, "./Cert/mail/Cert"),
                             DMSC_ALLOWED);
        /* Nobody writes there, not even whose certificate it is. */
        assert_int_not_equal(server_reads(&b, A, r, DMSC_RIGHT_REPLACE, "./Cert/mail/Usage"),
                             DMSC_ALLOWED);
        assert_int_not_equal(server_reads(&b, A, r, DMSC_RIGHT_ADD, "./Cert/mine"), DMSC_ALLOWED);
        assert_int_not_equal(server_reads(&b, A, r, DMSC_RIGHT_DELETE, "./Cert/mail"),
                             DMSC_ALLOWED);
    }
    dmsc_buf_clear(&value);
    bench_close(&b);
    req_done("S2-R5b");
}

/* Firmware and software ask these: a certificate of the card, of the authority that executes, for
 * the use "code", that its scope lets the authority use. */
static void code_is_vouched_for_by_certificates_of_the_card(void **state)
{
    struct dmsc_code_trust trust;
    struct bench b;

    (void)state;
    bench_open(&b, "");
    trust = dmsc_code_trust_tree(dmsc_bridge_tree(b.bridge));
    write_object(&b, "code", "client.pem", "code", A, "");
    write_object(&b, "fleet", "foreign.pem", "code", "local:mail", "");
    card_says(&b, 5, true, OBJECT(1, "code", 1) "," OBJECT(2, "fleet", 2));
    bench_assert_failed(&b, dmsc_code_ready(b.ctx, &trust, A, dmsc_bridge_now(b.bridge)),
                        DMSC_E_REFUSED, "code:no-certificate");
    bench_sync(&b, NULL);
    assert_int_equal(dmsc_code_ready(b.ctx, &trust, A, dmsc_bridge_now(b.bridge)), DMSC_OK);
    bench_assert_failed(&b, dmsc_code_ready(b.ctx, &trust, A, (struct dmsc_now){ 0, false }),
                        DMSC_E_REFUSED, "code:clock");
    bench_assert_failed(&b, dmsc_code_ready(b.ctx, &trust, B, dmsc_bridge_now(b.bridge)),
                        DMSC_E_REFUSED, "code:no-certificate");
    /* The card has it no more. */
    card_says(&b, 5, true, "");
    bench_sync(&b, NULL);
    bench_assert_failed(&b, dmsc_code_ready(b.ctx, &trust, A, dmsc_bridge_now(b.bridge)),
                        DMSC_E_REFUSED, "code:no-certificate");
    bench_close(&b);
}

/* What is pulled out is out of use until it is back; a restart brings nothing back. */
static void a_card_that_is_gone(void **state)
{
    static const struct dmsc_cert_query ca = { .usage = "ca" };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    card_says(&b, 5, true, "");
    bench_sync(&b, NULL);
    assert_int_equal(dmsci_bridge_certs(b.bridge, DMSCI_CERTS_REMOVED), DMSC_OK);
    assert_found(&b, &ca, "");
    assert_found(&b, &(struct dmsc_cert_query){ .usage = "server-pin", .all = true },
                 "uicc-5 server-pin card removed[] " A " (cert:card-removed)");
    bench_restart(&b, NULL);
    assert_found(&b, &ca, "");
    bench_sync(&b, NULL);
    assert_found(&b, &ca, "uicc-3 ca active[] " A "; uicc-4 ca active[] " A " " B);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_card_tells_what_each_is_for),
        cmocka_unit_test(what_the_card_has_no_more_is_out_of_use),
        cmocka_unit_test(req_S2_R5a_a_certificate_admits_its_application),
        cmocka_unit_test(code_is_vouched_for_by_certificates_of_the_card),
        cmocka_unit_test(req_S2_R5b_a_usage_of_ones_own_goes_to_its_scope),
        cmocka_unit_test(a_card_that_is_gone),
    };

    return support_exit(cmocka_run_group_tests(tests, bench_make, bench_remove),
                        sizeof(tests) / sizeof(*tests));
}
