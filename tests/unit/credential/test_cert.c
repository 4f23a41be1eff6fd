/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/credential/cert.h"
#include "host/credential/mbed.h"
#include "tests/unit/credential/pki.h"
#include <stdio.h>
#include <string.h>

static struct pki pki;
static struct dmsc_ctx *ctx;

static int setup(void **state)
{
    (void)state;
    return dmsc_ctx_new(NULL, &ctx);
}

static int teardown(void **state)
{
    (void)state;
    dmsc_ctx_free(ctx);
    return 0;
}

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

static void sha256_known_answers(void **state)
{
    uint8_t digest[32];
    char text[65];

    (void)state;
    /* FIPS 180-4 examples. */
    assert_int_equal(dmsci_sha256(ctx, dmsc_bytes_str("abc"), digest), DMSC_OK);
    dmsc_hex_encode(dmsc_bytes(digest, 32), text);
    assert_string_equal(text, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    assert_int_equal(dmsci_sha256(ctx, dmsc_bytes(NULL, 0), digest), DMSC_OK);
    dmsc_hex_encode(dmsc_bytes(digest, 32), text);
    assert_string_equal(text, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
}

static void random_bytes_differ(void **state)
{
    static uint8_t a[5000], b[5000]; /* more than one request of the generator */
    size_t same = 0;

    (void)state;
    assert_int_equal(dmsci_random(ctx, a, sizeof(a)), DMSC_OK);
    assert_int_equal(dmsci_random(ctx, b, sizeof(b)), DMSC_OK);
    for (size_t i = 0; i < sizeof(a); i++)
        same += a[i] == b[i] ? 1 : 0;
    assert_in_range(same, 0, 100); /* 20 expected */
    assert_int_equal(dmsci_random(ctx, a, 0), DMSC_OK);
}

/* Every bit of a signature, of the message and of the key counts. */
static void flip_all_bits(struct dmsc_bytes spki, struct dmsc_bytes message,
                          const uint8_t signature[64])
{
    struct dmsc_bytes copy = support_copy_exact(spki);
    uint8_t *key = (uint8_t *)(uintptr_t)copy.p;
    uint8_t bad[64];

    for (size_t bit = 0; bit < 64 * 8; bit += 5) {
        memcpy(bad, signature, 64);
        bad[bit / 8] = (uint8_t)(bad[bit / 8] ^ (1u << bit % 8));
        assert_int_equal(dmsci_ecdsa_verify(ctx, spki, message, dmsc_bytes(bad, 64)),
                         DMSC_E_UNTRUSTED);
    }
    for (size_t i = 0; i < copy.n; i++) {
        key[i] = (uint8_t)(key[i] ^ 0x01);
        assert_int_not_equal(dmsci_ecdsa_verify(ctx, copy, message, dmsc_bytes(signature, 64)),
                             DMSC_OK);
        key[i] = (uint8_t)(key[i] ^ 0x01);
    }
    support_free(copy);
}

static void ecdsa_vectors(void **state)
{
    struct vectors *v = vectors_open("credential.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes spki = vec_hex(v, "spki"), message = vec_hex(v, "message");
        struct dmsc_bytes signature = vec_hex(v, "signature");
        struct dmsc_secret key = DMSC_SECRET_INIT;
        uint8_t digest[32], made[64], zero[64] = { 0 };
        struct dmsc_buf public;

        dmsc_buf_init(&public, ctx, 4096);
        assert_int_equal(dmsci_sha256(ctx, message, digest), DMSC_OK);
        vec_assert_hex(v, "sha256", dmsc_bytes(digest, 32));
        assert_int_equal(dmsci_ecdsa_verify(ctx, spki, message, signature), DMSC_OK);
        assert_int_equal(dmsci_ecdsa_verify(ctx, spki, message, dmsc_bytes(zero, 64)),
                         DMSC_E_UNTRUSTED);
        assert_int_equal(dmsci_ecdsa_verify(ctx, spki, message, dmsc_bytes(signature.p, 63)),
                         DMSC_E_UNTRUSTED);
        assert_int_equal(
            dmsci_ecdsa_verify(ctx, spki, dmsc_bytes(message.p, message.n - 1), signature),
            DMSC_E_UNTRUSTED);
        flip_all_bits(spki, message, signature.p);

        assert_int_equal(dmsc_secret_set(&key, ctx, vec_hex(v, "key")), DMSC_OK);
        assert_int_equal(dmsci_ecdsa_sign(ctx, &key, message, made, &public), DMSC_OK);
        vec_assert_hex(v, "spki", dmsc_buf_bytes(&public));
        assert_int_equal(dmsci_ecdsa_verify(ctx, spki, message, dmsc_bytes(made, 64)), DMSC_OK);
        dmsc_secret_clear(&key);
        dmsc_buf_clear(&public);
    }
    vectors_close(v);
}

static void certificate_says_what_it_is(void **state)
{
    static struct dmsci_cert cert;
    struct dmsc_bytes der, spki;
    uint8_t digest[32];
    char time[21];

    (void)state;
    pki_need(&pki);
    der = pki_slurp(&pki, "server.der");
    spki = pki_slurp(&pki, "server.spki");
    assert_int_equal(dmsci_cert_parse(ctx, der, &cert), DMSC_OK);
    assert_string_equal(cert.subject, "CN=dm.opa.example");
    assert_non_null(strstr(cert.issuer, "CN=Test CA"));
    assert_string_equal(cert.key, "EC 256");
    assert_false(cert.ca);
    assert_false(cert.self_issued);
    assert_int_equal(cert.name_count, 3);
    assert_string_equal(cert.names[0], "localhost");
    assert_string_equal(cert.names[1], "dm.opa.example");
    dmsci_time_text(cert.not_before, time);
    assert_string_equal(time, "2022-01-01T00:00:00Z");
    dmsci_time_text(cert.not_after, time);
    assert_string_equal(time, "2049-12-31T23:59:59Z");
    assert_int_equal(dmsci_sha256(ctx, der, digest), DMSC_OK);
    assert_memory_equal(cert.sha256, digest, 32);
    assert_int_equal(dmsci_sha256(ctx, spki, digest), DMSC_OK);
    assert_memory_equal(cert.spki_sha256, digest, 32);
    support_free(der);
    support_free(spki);
}

static void other_certificates(void **state)
{
    static const struct {
        const char *file, *key;
        bool ca, self;
    } known[] = {
        { "ca.der", "EC 256", true, true },      { "middle.der", "EC 256", true, false },
        { "rsa.der", "RSA 2048", false, false }, { "p384.der", "EC 384", false, false },
        { "alone.der", "EC 256", false, true },  { "expired.der", "EC 256", false, false },
    };
    static struct dmsci_cert cert;

    (void)state;
    pki_need(&pki);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(known); i++) {
        struct dmsc_bytes der = pki_slurp(&pki, known[i].file);

        assert_int_equal(dmsci_cert_parse(ctx, der, &cert), DMSC_OK);
        assert_string_equal(cert.key, known[i].key);
        assert_int_equal(cert.ca, known[i].ca);
        assert_int_equal(cert.self_issued, known[i].self);
        support_free(der);
    }
}

static void every_prefix_and_flip_is_survived(void **state)
{
    static struct dmsci_cert cert, before;
    struct dmsc_bytes der;

    (void)state;
    pki_need(&pki);
    der = pki_slurp(&pki, "server.der");
    memset(&before, 0x5A, sizeof(before));
    for (size_t n = 0; n < der.n; n++) {
        struct dmsc_bytes part = support_copy_exact(dmsc_bytes(der.p, n));

        cert = before;
        assert_int_not_equal(dmsci_cert_parse(ctx, part, &cert), DMSC_OK);
        assert_memory_equal(&cert, &before, sizeof(cert));
        support_free(part);
    }
    for (size_t i = 0; i < der.n; i++) {
        struct dmsc_bytes flipped = support_copy_exact(der);

        ((uint8_t *)(uintptr_t)flipped.p)[i] ^= 0x40;
        (void)!dmsci_cert_parse(ctx, flipped, &cert);
        support_free(flipped);
    }
    support_free(der);
}

static void bytes_behind_are_refused(void **state)
{
    static struct dmsci_cert cert;
    struct dmsc_bytes der;
    struct dmsc_buf more;

    (void)state;
    pki_need(&pki);
    der = pki_slurp(&pki, "server.der");
    dmsc_buf_init(&more, ctx, 65536);
    assert_int_equal(dmsc_buf_append(&more, der), DMSC_OK);
    assert_int_equal(dmsc_buf_append_u8(&more, 0xFF), DMSC_OK);
    assert_int_equal(dmsci_cert_parse(ctx, dmsc_buf_bytes(&more), &cert), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "cert:trailing");
    dmsc_buf_clear(&more);
    support_free(der);
}

static void assert_file(struct dmsc_buf *buf, const char *file)
{
    struct dmsc_bytes expected = pki_slurp(&pki, file);

    assert_int_equal(buf->n, expected.n);
    assert_memory_equal(buf->p, expected.p, expected.n);
    support_free(expected);
}

static void files_of_all_kinds(void **state)
{
    static const struct {
        const char *file, *spki;
    } known[] = {
        { "server.pem", "server.spki" }, { "server.der", "server.spki" },
        { "server.pub", "server.spki" }, { "server.spki", "server.spki" },
        { "rsa.pem", "rsa.spki" },       { "rsa.pub", "rsa.spki" },
        { "p384.spki", "p384.spki" },
    };
    struct dmsc_buf buf;

    (void)state;
    pki_need(&pki);
    dmsc_buf_init(&buf, ctx, 65536);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(known); i++) {
        struct dmsc_bytes file = pki_slurp(&pki, known[i].file);

        assert_int_equal(dmsci_spki_load(ctx, file, &buf), DMSC_OK);
        assert_file(&buf, known[i].spki);
        support_free(file);
    }
    dmsc_buf_clear(&buf);
}

static void certificate_files(void **state)
{
    struct dmsc_bytes file;
    struct dmsc_buf buf;

    (void)state;
    pki_need(&pki);
    dmsc_buf_init(&buf, ctx, 65536);
    file = pki_slurp(&pki, "server.pem");
    assert_int_equal(dmsci_cert_load(ctx, file, &buf), DMSC_OK);
    assert_file(&buf, "server.der");
    support_free(file);
    file = pki_slurp(&pki, "server.key");
    assert_int_not_equal(dmsci_cert_load(ctx, file, &buf), DMSC_OK);
    assert_file(&buf, "server.der"); /* unchanged */
    assert_int_not_equal(dmsci_spki_load(ctx, file, &buf), DMSC_OK);
    support_free(file);
    assert_int_equal(dmsci_cert_load(ctx, dmsc_bytes_str(""), &buf), DMSC_E_MALFORMED);
    assert_int_equal(dmsci_cert_load(ctx, dmsc_bytes_str("-----BEGIN CERTIFICATE-----\nAA"), &buf),
                     DMSC_E_MALFORMED);
    dmsc_buf_clear(&buf);
}

static void private_keys_of_all_kinds(void **state)
{
    static const struct {
        const char *file, *spki;
    } known[] = {
        { "server.key", "server.spki" }, { "server.key.der", "server.spki" },
        { "server.pk8", "server.spki" }, { "server.pk8.der", "server.spki" },
        { "rsa.key", "rsa.spki" },       { "p384.key", "p384.spki" },
    };
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf spki;
    uint8_t signature[64];

    (void)state;
    pki_need(&pki);
    dmsc_buf_init(&spki, ctx, 65536);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(known); i++) {
        pki_secret(&pki, ctx, known[i].file, &key);
        assert_int_equal(dmsci_spki_of_key(ctx, &key, &spki), DMSC_OK);
        assert_file(&spki, known[i].spki);
        if (strncmp(known[i].file, "server", 6) != 0) {
            assert_int_equal(dmsci_ecdsa_sign(ctx, &key, dmsc_bytes_str("x"), signature, &spki),
                             DMSC_E_MALFORMED);
            assert_string_equal(dmsc_diag_get(ctx)->reason, "key:not-p256");
        }
    }
    pki_secret(&pki, ctx, "server.locked", &key);
    assert_int_equal(dmsci_spki_of_key(ctx, &key, &spki), DMSC_E_UNSUPPORTED);
    pki_secret(&pki, ctx, "server.pem", &key);
    assert_int_equal(dmsci_spki_of_key(ctx, &key, &spki), DMSC_E_MALFORMED);
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&spki);
}

static void names_of_servers(void **state)
{
    struct vectors *v = vectors_open("tls_names.txt");

    (void)state;
    while (vectors_next(v)) {
        bool covers = dmsci_dns_name_covers(vec_hex(v, "dns"), vec_text(v, "host"));

        vec_assert_number(v, "covers", covers ? 1 : 0);
    }
    vectors_close(v);
}

/* Addresses against iPAddress, names against dNSName, never crosswise, never the CN. */
static void hosts_of_a_certificate(void **state)
{
    static const struct {
        const char *file, *host;
        bool covers;
    } table[] = {
        { "server.der", "localhost", true },
        { "server.der", "x.wild.example", true },
        { "server.der", "127.0.0.1", true },
        { "server.der", "::1", true },
        { "server.der", "0:0:0:0:0:0:0:1", true },
        { "server.der", "127.0.0.2", false },
        { "server.der", "::2", false },
        { "server.der", "elsewhere.example", false },
        { "cn.der", "localhost", false },
        { "elsewhere.der", "localhost", false },
    };

    (void)state;
    pki_need(&pki);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        struct dmsc_bytes der = pki_slurp(&pki, table[i].file);
        mbedtls_x509_crt crt;

        mbedtls_x509_crt_init(&crt);
        assert_int_equal(dmsci_crt_parse(ctx, der, &crt), DMSC_OK);
        assert_int_equal(dmsci_crt_covers(&crt, table[i].host), table[i].covers);
        mbedtls_x509_crt_free(&crt);
        support_free(der);
    }
}

/* Another implementation makes the signature. */
static void openssl_agrees(void **state)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_bytes other;
    struct dmsc_buf spki;
    uint8_t ours[64];
    char hex[129];
    char command[1024];

    (void)state;
    pki_need(&pki);
    dmsc_buf_init(&spki, ctx, 4096);
    pki_secret(&pki, ctx, "server.key", &key);
    assert_int_equal(dmsci_ecdsa_sign(ctx, &key, dmsc_bytes_str("dmsc\n"), ours, &spki), DMSC_OK);
    dmsc_hex_encode(dmsc_bytes(ours, 64), hex);
    /* asn1parse builds the DER form that openssl wants. */
    (void)snprintf(
        command, sizeof(command),
        "printf 'asn1=SEQUENCE:s\\n[s]\\nr=INTEGER:0x%.64s\\ns=INTEGER:0x%s\\n' > sig.cnf"
        " && openssl asn1parse -genconf sig.cnf -noout -out sig.der"
        " && printf 'dmsc\\n' | openssl dgst -sha256 -verify server.pub -signature sig.der"
        " > /dev/null",
        hex, hex + 64);
    assert_int_equal(pki_run(&pki, command), 0);
    /* And the other way round: openssl's signature, as r || s, pleases us. */
    assert_int_equal(
        pki_run(&pki, "printf 'dmsc\\n' | openssl dgst -sha256 -sign server.key -out o.der"
                      " && openssl asn1parse -inform DER -in o.der"
                      " | sed -n 's/.*INTEGER *://p' | awk '{printf \"%64s\", $1}'"
                      " | tr ' ' 0 | sed 's/.*\\(.\\{64\\}\\)\\(.\\{64\\}\\)$/\\1\\2/' > o.hex"),
        0);
    other = pki_slurp(&pki, "o.hex");
    assert_int_equal(other.n, 128);
    (void)snprintf(hex, sizeof(hex), "%.128s", (const char *)other.p);
    support_free(other);
    dmsc_buf_reset(&spki);
    assert_int_equal(dmsc_hex_decode(hex, &spki), DMSC_OK);
    other = pki_slurp(&pki, "server.spki");
    assert_int_equal(
        dmsci_ecdsa_verify(ctx, other, dmsc_bytes_str("dmsc\n"), dmsc_buf_bytes(&spki)), DMSC_OK);
    support_free(other);
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&spki);
}

struct files {
    struct dmsc_bytes pem, key;
};

static enum dmsc_err all_calls(struct dmsc_ctx *fragile, void *user)
{
    const struct files *files = user;
    static struct dmsci_cert cert;
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf der, spki;
    uint8_t signature[64];
    enum dmsc_err err;

    dmsc_buf_init(&der, fragile, 8192);
    dmsc_buf_init(&spki, fragile, 8192);
    err = dmsci_cert_load(fragile, files->pem, &der);
    if (err == DMSC_OK)
        err = dmsci_cert_parse(fragile, dmsc_buf_bytes(&der), &cert);
    if (err == DMSC_OK)
        err = dmsci_spki_load(fragile, files->pem, &spki);
    if (err == DMSC_OK)
        err = dmsc_secret_set(&key, fragile, files->key);
    if (err == DMSC_OK)
        err = dmsci_spki_of_key(fragile, &key, &spki);
    if (err == DMSC_OK)
        err = dmsci_ecdsa_sign(fragile, &key, files->pem, signature, &spki);
    if (err == DMSC_OK)
        err = dmsci_ecdsa_verify(fragile, dmsc_buf_bytes(&spki), files->pem,
                                 dmsc_bytes(signature, 64));
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&der);
    dmsc_buf_clear(&spki);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    struct files files;

    (void)state;
    pki_need(&pki);
    files.pem = pki_slurp(&pki, "server.pem");
    files.key = pki_slurp(&pki, "server.key");
    assert_in_range(fault_torture(all_calls, &files), 5, 1000);
    support_free(files.pem);
    support_free(files.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sha256_known_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(random_bytes_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(ecdsa_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(certificate_says_what_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(other_certificates, setup, teardown),
        cmocka_unit_test_setup_teardown(every_prefix_and_flip_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_behind_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(files_of_all_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(certificate_files, setup, teardown),
        cmocka_unit_test_setup_teardown(private_keys_of_all_kinds, setup, teardown),
        cmocka_unit_test(names_of_servers),
        cmocka_unit_test_setup_teardown(hosts_of_a_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(openssl_agrees, setup, teardown),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
