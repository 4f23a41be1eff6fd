/* SPDX-License-Identifier: Apache-2.0 */
/* A DM card profile from JSON onto a card and back: MA list, MOs, secrets, certificates. */
#include "host/credential/cert.h"
#include "tests/unit/card/card_fixture.h"
#include "tests/unit/credential/pki.h"
#include <stdio.h>
#include <string.h>

static struct pki pki;

static int setup_all(void **state)
{
    (void)state;
    return pki_make(&pki);
}

static int teardown_all(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

static void put_file(const char *name, const char *text)
{
    char path[SUPPORT_PATH_MAX];
    FILE *f;

    pki_path(&pki, name, path);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static const char full[] =
    "{\"comment\":\"all members\",\"generation\":\"auto\","
    "\"flags\":{\"signature_mandatory\":true,\"purge\":true},\"signing_key\":\"issuer.key\","
    "\"token\":{\"label\":\"Test\",\"manufacturer\":\"Nobody\"},"
    "\"authorities\":["
    "{\"id\":1,\"name\":\"OpA\",\"authority\":\"dm.opa.example\",\"server_ids\":[\"com.opa.dm\"],"
    "\"pins\":[{\"cert\":\"server.pem\"},{\"spki_of\":\"server.pem\"},{\"ca_spki_of\":\"ca.pem\"}],"
    "\"scopes\":[{\"type\":\"DMAcc\",\"path\":\"./DMAcc\",\"rights\":[\"Get\",\"Add\"]},"
    "{\"type\":\"any\",\"path\":\".\",\"rights\":\"all\"}],\"priority\":3,"
    "\"not_before\":\"2026-01-01\",\"not_after\":null,\"flags\":[\"enabled\",\"bootstrap\"]},"
    "{\"id\":2,\"name\":\"FleetCo\",\"authority\":\"fleet.example\",\"server_ids\":[\"fleet-dm\"],"
    "\"pins\":[{\"psk_record\":1}],\"scopes\":[{\"type\":\"net.fleet/1.0/F\",\"path\":\"./V/F\","
    "\"rights\":[\"Get\",\"WriteBack\"]}],\"delegated_by\":1,\"depth\":2,"
    "\"not_after\":\"2027-01-01T00:00:00Z\",\"flags\":[\"enabled\"]}],"
    "\"objects\":["
    "{\"id\":1,\"type\":\"3GPP_IMS\",\"path\":\"./3GPP_IMS\",\"encoding\":\"tnds-xml\","
    "\"file\":\"ims.xml\",\"owner\":1,\"pool\":0,\"flags\":[\"write-back\",\"replace\"]},"
    "{\"id\":2,\"type\":\"0x2A\",\"path\":\"./V/F\",\"encoding\":\"json\",\"file\":\"fleet.json\","
    "\"owner\":2,\"pool\":1,\"flags\":[\"purge\"]}],"
    "\"certificates\":[{\"file\":\"ca.pem\",\"usage\":\"trusted\",\"label\":\"OpA DM CA\"},"
    "{\"file\":\"server.pem\",\"usage\":\"device\",\"label\":\"Device identity\"}],"
    "\"psk\":[{\"record\":1,\"type\":\"tls\",\"ma\":2,\"identity\":\"fleet-01\","
    "\"key\":\"000102030405060708090A0B0C0D0E0F\",\"version\":7}],"
    "\"bootstrap\":{\"file\":\"boot.wbxml\",\"private\":false}}";

static void put_profile(const char *json, char ret_path[SUPPORT_PATH_MAX])
{
    pki_need(&pki);
    if (pki_run(&pki, "test -e issuer.key || openssl ecparam -name prime256v1 -genkey -noout "
                      "-out issuer.key; openssl ec -in issuer.key -pubout -out issuer.pub "
                      "2>/dev/null") != 0)
        fail_msg("openssl made no issuer key");
    put_file("ims.xml", "<MgmtTree/>");
    put_file("fleet.json", "{\"poll\":1}");
    put_file("boot.wbxml", "bootstrap");
    put_file("profile.json", json);
    pki_path(&pki, "profile.json", ret_path);
}

static struct dmsc_card_profile *load(struct card_fixture *f, const char *json)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_card_profile *profile = NULL;

    put_profile(json, path);
    if (dmsc_card_profile_load(f->ctx, path, &profile) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(f->ctx)->where, dmsc_diag_get(f->ctx)->why);
    return profile;
}

struct steps {
    unsigned count, total;
    char last[40];
};

static void on_step(void *user, const char *name, unsigned done, unsigned total)
{
    struct steps *steps = user;

    assert_int_equal(done, steps->count);
    assert_true(done < total);
    steps->count++;
    steps->total = total;
    (void)snprintf(steps->last, sizeof(steps->last), "%s", name);
}

/* Read back with the issuer's key as the only trust. */
static void read_back(struct card_fixture *f, struct dmsc_card_image *ret_image)
{
    struct dmsc_card_read_options options = { .pin = &f->pin, .check_iccid = true };
    struct dmsc_card_trust trust;
    struct dmsc_bytes file = pki_slurp(&pki, "issuer.pub"), key;
    struct dmsc_buf spki;
    enum dmsc_err err;

    dmsc_buf_init(&spki, f->ctx, 4096);
    assert_int_equal(dmsci_spki_load(f->ctx, file, &spki), DMSC_OK);
    key = dmsc_buf_bytes(&spki);
    trust = (struct dmsc_card_trust){ &key, 1 };
    options.trust = &trust;
    err = dmsc_card_read(f->card, &options, ret_image);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(f->ctx)->reason, dmsc_diag_get(f->ctx)->why);
    dmsc_buf_clear(&spki);
    support_free(file);
}

static void assert_list(const struct dmsc_ma_list *list)
{
    const struct dmsc_ma *a = dmsc_ma_list_by_id(list, 1), *b = dmsc_ma_list_by_id(list, 2);

    assert_int_equal(list->count, 2);
    assert_int_equal(a->pin_count, 3);
    assert_int_equal(a->pins[0].kind, DMSC_PIN_CERT);
    assert_int_equal(a->pins[2].kind, DMSC_PIN_CA_SPKI);
    assert_memory_not_equal(a->pins[1].sha256, a->pins[2].sha256, 32);
    assert_int_equal(a->scopes[0].rights, DMSC_RIGHT_GET | DMSC_RIGHT_ADD);
    assert_int_equal(a->scopes[1].rights, DMSC_RIGHT_ALL);
    assert_int_equal(a->not_before, 1767225600);
    assert_int_equal(a->not_after, UINT32_MAX);
    assert_int_equal(a->priority, 3);
    assert_true(b->delegated);
    assert_int_equal(b->delegation_depth, 2);
    assert_int_equal(b->not_after, 1798761600);
    assert_int_equal(b->scopes[0].type, DMSC_MO_URN);
    assert_string_equal(b->scopes[0].urn, "net.fleet/1.0/F");
}

static void a_blank_card_becomes_what_the_profile_says(void **state)
{
    struct card_fixture f;
    struct dmsc_card_profile *profile;
    struct steps steps = { 0 };
    struct dmsc_card_provision_options options = { .commit_time = 1800000000 };
    struct dmsc_card_header h;
    struct dmsc_card_image image;
    struct dmsc_psk_record psk = DMSC_PSK_RECORD_INIT;

    (void)state;
    card_fixture_open(&f, "blank.json");
    profile = load(&f, full);
    options.progress.step = on_step;
    options.progress.user = &steps;
    assert_reason(&f, dmsc_card_provision(f.card, profile, &options, &h), DMSC_E_PIN,
                  "card:adm-needed");
    options.adm = &f.adm;
    if (dmsc_card_provision(f.card, profile, &options, &h) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(f.ctx)->where, dmsc_diag_get(f.ctx)->why);
    assert_int_equal(h.generation, 1);
    assert_int_equal(steps.count, steps.total);
    assert_string_equal(steps.last, "commit header");

    read_back(&f, &image);
    assert_int_equal(image.header.flags, DMSC_CARD_SIGNED | DMSC_CARD_PURGE);
    assert_true(image.list_signed);
    assert_list(&image.list);
    assert_int_equal(image.index.pool_units[0], 64);
    assert_int_equal(image.index.pool_units[1], 32);
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 2)->type, 0x2A);
    assert_body(&image, 1, "<MgmtTree/>");
    assert_body(&image, 2, "{\"poll\":1}");
    dmsc_card_image_clear(&image);
    assert_int_equal(dmsc_card_psk(f.card, 1, &f.pin, &psk), DMSC_OK);
    assert_true(psk.valid && psk.key_version == 7);
    dmsc_psk_record_clear(&psk);
    dmsc_card_profile_free(profile);
    card_fixture_close(&f);
}

static const struct dmsc_card_cert *cert_by_label(const struct dmsc_card_objects *o,
                                                  const char *label)
{
    for (size_t i = 0; i < o->cert_count; i++) {
        if (strcmp(o->certs[i].label, label) == 0)
            return &o->certs[i];
    }
    fail_msg("no certificate \"%s\" among %zu", label, o->cert_count);
    return NULL;
}

static const struct dmsc_card_data *data_by_label(const struct dmsc_card_objects *o,
                                                  const char *label)
{
    for (size_t i = 0; i < o->data_count; i++) {
        if (strcmp(o->data[i].label, label) == 0)
            return &o->data[i];
    }
    fail_msg("no data object \"%s\" among %zu", label, o->data_count);
    return NULL;
}

static void provision(struct card_fixture *f, const char *json)
{
    struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;
    struct dmsc_card_profile *profile = load(f, json);

    options.adm = &f->adm;
    if (dmsc_card_provision(f->card, profile, &options, NULL) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(f->ctx)->where, dmsc_diag_get(f->ctx)->why);
    dmsc_card_profile_free(profile);
}

static void assert_objects(struct card_fixture *f, struct dmsc_bytes aid, size_t data_count)
{
    struct dmsc_card_objects objects = DMSC_CARD_OBJECTS_INIT;
    const struct dmsc_card_cert *cert;
    const struct dmsc_card_data *data;
    struct dmsc_bytes ca = pki_slurp(&pki, "ca.der");
    enum dmsc_err err = dmsc_card_objects_read(f->uicc, aid, true, &objects);

    if (err != DMSC_OK)
        fail_msg("%s %s: %s", dmsc_err_name(err), dmsc_diag_get(f->ctx)->reason,
                 dmsc_diag_get(f->ctx)->why);
    assert_int_equal(objects.cert_count, 2);
    cert = cert_by_label(&objects, "OpA DM CA");
    assert_true(cert->trusted);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&cert->der), ca));
    assert_int_equal(cert->id_length, 8);
    cert = cert_by_label(&objects, "Device identity");
    assert_false(cert->trusted);
    assert_int_equal(objects.data_count, data_count);
    data = data_by_label(&objects, "MAL-A");
    assert_string_equal(data->oid, "1.3.6.1.4.1.32473.68.77.1");
    assert_string_equal(data->application, "DMSC");
    assert_int_equal(data->content.n, 2048);
    assert_true(data_by_label(&objects, "POOL1")->is_private);
    data = data_by_label(&objects, "DM Bootstrap"); /* an oidDO: stock OpenSC does not see it */
    assert_string_equal(data->oid, "2.23.43.7.1");
    assert_memory_equal(data->content.p, "bootstrap\xFF", 10);
    dmsc_card_objects_clear(&objects);
    support_free(ca);
}

static void opensc_reads_both_applications(void **state)
{
    static const uint8_t pkcs15[] = {
        0xA0, 0, 0, 0, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35
    };
    static const uint8_t nobody[] = { 0xA0, 0, 0, 0, 1, 2, 3 };
    struct card_fixture f;
    struct dmsc_card_objects objects = DMSC_CARD_OBJECTS_INIT;
    struct dmsc_card_header h;
    struct dmsc_link_counts before, after;

    (void)state;
    card_fixture_open(&f, "blank.json");
    provision(&f, full);
    before = dmsc_link_counts(f.link);
    assert_objects(&f, dmsc_bytes(NULL, 0), 8);
    after = dmsc_link_counts(f.link);
    print_message("%lu APDUs\n", after.apdus - before.apdus);
    assert_objects(&f, dmsc_bytes(pkcs15, sizeof(pkcs15)), 7); /* no header there */
    assert_reason(
        &f, dmsc_card_objects_read(f.uicc, dmsc_bytes(nobody, sizeof(nobody)), false, &objects),
        DMSC_E_NOTFOUND, "pkcs15:no-application");
    /* Our own channel did not notice. */
    assert_int_equal(dmsc_card_header(f.card, &h), DMSC_OK);
    card_fixture_close(&f);
}

static void provisioned_again_it_goes_up_one_generation(void **state)
{
    struct card_fixture f;
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "example.json");
    provision(&f, full);
    read_back(&f, &image);
    assert_int_equal(image.header.generation, 10);
    assert_int_equal(image.index.count, 2);
    assert_body(&image, 1, "<MgmtTree/>");
    dmsc_card_image_clear(&image);
    provision(&f, full);
    read_back(&f, &image);
    assert_int_equal(image.header.generation, 11);
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 1)->version, 10); /* the same bytes stay */
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

/* Power cut at each UPDATE of a second provisioning: the first one or the second one is in force.
 */
static void a_power_cut_leaves_one_of_them(void **state)
{
    static const char second[] =
        "{\"signing_key\":\"issuer.key\",\"objects\":[{\"id\":1,\"type\":\"DMAcc\",\"path\":\"./"
        "D\","
        "\"encoding\":\"json\",\"file\":\"fleet.json\",\"flags\":[]}],"
        "\"certificates\":[{\"file\":\"ca.pem\",\"usage\":\"trusted\",\"label\":\"CA\"}]}";
    unsigned n = 1;
    bool torn = true;

    (void)state;
    for (; torn; n++) {
        struct card_fixture f;
        struct dmsc_card_profile *profile;
        struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;
        struct dmsc_card_image image;
        enum dmsc_err err;

        card_fixture_open(&f, "blank.json");
        provision(&f, full);
        profile = load(&f, second);
        options.adm = &f.adm;
        dmsc_sim_tear_at(f.sim, n, (enum dmsc_sim_tear)(n % 4));
        err = dmsc_card_provision(f.card, profile, &options, NULL);
        torn = dmsc_sim_counts(f.sim).torn > 0;
        assert_int_equal(torn, err != DMSC_OK);
        dmsc_sim_tear_at(f.sim, 0, DMSC_SIM_TEAR_OLD);
        card_fixture_power(&f);
        read_back(&f, &image);
        assert_true(image.header.generation == 1 || image.header.generation == 2);
        assert_body(&image, 1, image.header.generation == 1 ? "<MgmtTree/>" : "{\"poll\":1}");
        dmsc_card_image_clear(&image);
        dmsc_card_profile_free(profile);
        card_fixture_close(&f);
    }
    print_message("%u power cuts\n", n - 2);
}

static const struct {
    const char *json, *reason, *where;
} bad[] = {
    { "{", "profile:json", "$" },
    { "[]", "profile:type", "$" },
    { "{\"nonsense\":1}", "profile:unknown-member", "$" },
    { "{\"flags\":{\"signed\":true}}", "profile:unknown-member", "$.flags" },
    { "{\"flags\":{\"signature_mandatory\":true}}", "profile:signing-key", "$.flags" },
    { "{\"signing_key\":\"nothere.key\"}", "profile:file", "$.signing_key" },
    { "{\"signing_key\":\"ims.xml\"}", "", "$.signing_key" },
    { "{\"generation\":0}", "profile:range", "$.generation" },
    { "{\"generation\":\"next\"}", "profile:type", "$.generation" },
    { "{\"authorities\":{}}", "profile:type", "$.authorities" },
    { "{\"authorities\":[{}]}", "profile:missing", "$.authorities[0].id" },
    { "{\"authorities\":[{\"id\":255}]}", "profile:range", "$.authorities[0].id" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"\"}]}", "profile:length", "$.authorities[0].name" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"pins\":[{}]}]}",
      "profile:pin", "$.authorities[0].pins[0]" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"pins\":[{\"spki_"
      "sha256\":"
      "\"00\"}]}]}",
      "profile:length", "$.authorities[0].pins[0].spki_sha256" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"pins\":[{\"cert\":"
      "\"ims.xml\"}]}]}",
      "", "$.authorities[0].pins[0].cert" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"scopes\":[{\"type\":"
      "\"DMAcc\",\"path\":\".\",\"rights\":[\"Take\"]}]}]}",
      "profile:name", "$.authorities[0].scopes[0].rights[0]" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"scopes\":[{\"type\":"
      "\"Foo\",\"path\":\".\",\"rights\":\"all\"}]}]}",
      "profile:mo-type", "$.authorities[0].scopes[0].type" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"scopes\":[{\"type\":"
      "\"any\",\"path\":\"/A\",\"rights\":\"all\"}]}]}",
      "mal:path", "" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"not_before\":"
      "\"2026-02-30\"}]}",
      "profile:time", "$.authorities[0].not_before" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\",\"not_before\":"
      "\"tomorrow\"}]}",
      "profile:time", "$.authorities[0].not_before" },
    { "{\"authorities\":[{\"id\":1,\"name\":\"a\",\"authority\":\"b\"},{\"id\":1,\"name\":"
      "\"a\","
      "\"authority\":\"b\"}]}",
      "mal:duplicate-id", "" },
    { "{\"objects\":[{\"id\":1,\"type\":\"any\",\"path\":\"./A\",\"encoding\":\"json\","
      "\"file\":\"fleet.json\"}]}",
      "profile:mo-type", "$.objects[0].type" },
    { "{\"objects\":[{\"id\":1,\"type\":\"DMAcc\",\"path\":\"./A/\",\"encoding\":\"json\","
      "\"file\":\"fleet.json\"}]}",
      "profile:path", "$.objects[0].path" },
    { "{\"objects\":[{\"id\":1,\"type\":\"DMAcc\",\"path\":\"./A\",\"encoding\":\"yaml\","
      "\"file\":\"fleet.json\"}]}",
      "profile:name", "$.objects[0].encoding" },
    { "{\"objects\":[{\"id\":1,\"type\":\"DMAcc\",\"path\":\"./A\",\"encoding\":\"json\","
      "\"file\":\"fleet.json\",\"pool\":2}]}",
      "profile:range", "$.objects[0].pool" },
    { "{\"certificates\":[{\"file\":\"ca.pem\",\"usage\":\"any\",\"label\":\"x\"}]}",
      "profile:name", "$.certificates[0].usage" },
    { "{\"psk\":[{\"record\":1,\"type\":\"tls\",\"ma\":1,\"identity\":\"x\",\"key\":\"0\"}]}",
      "profile:hex", "$.psk[0].key" },
    { "{\"psk\":[{\"record\":1,\"type\":\"gba\",\"ma\":1,\"identity\":\"x\",\"key\":\"00\"}]}",
      "psk:key-length", "$.psk[0]" },
    { "{\"psk\":[{\"record\":0,\"type\":\"free\"}]}", "profile:range", "$.psk[0].record" },
    { "{\"bootstrap\":{\"label\":\"x\"}}", "profile:missing", "$.bootstrap.file" },
    { "{\"objects\":[],\"objects\":[]}", "profile:json", "$" },
};

/* What is wrong with a profile is said with its place. */
static void bad_profiles_are_refused_with_their_place(void **state)
{
    struct dmsc_ctx *ctx;
    char path[SUPPORT_PATH_MAX];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dmsc_card_profile *profile = NULL;
        const struct dmsc_diag *diag = dmsc_diag_get(ctx);

        put_profile(bad[i].json, path);
        dmsc_diag_clear(ctx);
        assert_int_not_equal(dmsc_card_profile_load(ctx, path, &profile), DMSC_OK);
        assert_null(profile);
        if ((bad[i].reason[0] != '\0' && strcmp(diag->reason, bad[i].reason) != 0) ||
            (bad[i].where[0] != '\0' &&
             strcmp(strrchr(diag->where, ' ') == NULL ? "" : strrchr(diag->where, ' ') + 1,
                    bad[i].where) != 0))
            fail_msg("%s: wanted %s at %s, came %s at %s (%s)", bad[i].json, bad[i].reason,
                     bad[i].where, diag->reason, diag->where, diag->why);
    }
    dmsc_ctx_free(ctx);
}

static void refusals(void **state)
{
    struct card_fixture f;
    struct dmsc_card_profile *profile;
    struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;

    (void)state;
    card_fixture_open(&f, "example.json");
    options.adm = &f.adm;
    profile = load(&f, "{\"generation\":9}");
    assert_reason(&f, dmsc_card_provision(f.card, profile, &options, NULL), DMSC_E_ARG,
                  "card:generation");
    dmsc_card_profile_free(profile);
    profile = load(&f, "{\"generation\":90,\"flags\":{\"locked\":true}}");
    assert_int_equal(dmsc_card_provision(f.card, profile, &options, NULL), DMSC_OK);
    dmsc_card_profile_free(profile);
    profile = load(&f, "{}");
    assert_reason(&f, dmsc_card_provision(f.card, profile, &options, NULL), DMSC_E_REFUSED,
                  "card:locked");
    options.even_if_locked = true;
    assert_int_equal(dmsc_card_provision(f.card, profile, &options, NULL), DMSC_OK);
    dmsc_card_profile_free(profile);
    card_fixture_close(&f);
}

static enum dmsc_err load_scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_card_profile *profile = NULL;
    enum dmsc_err err = dmsc_card_profile_load(ctx, user, &profile);

    dmsc_card_profile_free(profile);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    char path[SUPPORT_PATH_MAX];

    (void)state;
    put_profile(full, path);
    assert_true(fault_torture(load_scenario, path) > 40);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_card_becomes_what_the_profile_says),
        cmocka_unit_test(opensc_reads_both_applications),
        cmocka_unit_test(provisioned_again_it_goes_up_one_generation),
        cmocka_unit_test(a_power_cut_leaves_one_of_them),
        cmocka_unit_test(bad_profiles_are_refused_with_their_place),
        cmocka_unit_test(refusals),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return support_exit(
        cmocka_run_group_tests_name("card/provision", tests, setup_all, teardown_all),
        sizeof(tests) / sizeof(tests[0]));
}
