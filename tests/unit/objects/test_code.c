/* SPDX-License-Identifier: Apache-2.0 */
/* Who vouches for a package. Certificates and signatures are of openssl:
 *   openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 ... -outform DER
 *   openssl dgst -sha256 -sign KEY -out ec.sig package.bin */
#include "tests/unit/objects/provisioned.h"
#include <string.h>

static const struct {
    const char *text;      /* what is provisioned */
    const char *signature; /* file */
    int64_t now;           /* 0: not trusted */
    const char *reason;    /* NULL: it counts */
    const char *ready;     /* of dmsc_code_ready() */
} rows[] = {
    { "com.a code ec", "ec", 1800000000, NULL, NULL },
    { "com.a code rsa", "rsa", 1800000000, NULL, NULL },
    { "com.a code p384", "p384", 1800000000, NULL, NULL },
    { "com.a code other,com.a code ec", "ec", 1800000000, NULL, NULL },
    { "com.a code ec,com.a code other", "ec", 1800000000, NULL, NULL },
    { "com.a code garbage,com.a code ec", "ec", 1800000000, NULL, NULL },
    { "", "ec", 1800000000, "code:no-certificate", "code:no-certificate" },
    { "com.b code ec", "ec", 1800000000, "code:no-certificate", "code:no-certificate" },
    { "com.A code ec", "ec", 1800000000, "code:no-certificate", "code:no-certificate" },
    { "com.a ca ec", "ec", 1800000000, "code:usage", "code:usage" },
    { "com.a app ec,com.b code ec", "ec", 1800000000, "code:usage", "code:usage" },
    { "com.a code ec", "ec", 0, "code:clock", "code:clock" },
    { "com.a code ec", "ec", 1700000000, "code:not-yet-valid", "code:not-yet-valid" },
    { "com.a code ec", "ec", 2150000000, "code:expired", "code:expired" },
    { "com.a code ec", "other", 1800000000, "code:signature", NULL },
    { "com.a code ec", "rsa", 1800000000, "code:signature", NULL },
    { "com.a code ec", "", 1800000000, "code:signature", NULL },
    { "com.a code rsa", "ec", 1800000000, "code:signature", NULL },
    { "com.a code short", "short", 1800000000, "code:key", NULL },
    { "com.a code p224", "p224", 1800000000, "code:key", NULL },
    { "com.a code garbage", "ec", 1800000000, "code:key", "code:key" },
};

static void expect(struct dmsc_ctx *ctx, const char *row, enum dmsc_err err, const char *reason)
{
    if (reason == NULL && err != DMSC_OK)
        fail_msg("%s: %s %s", row, dmsc_diag_get(ctx)->reason, dmsc_diag_get(ctx)->why);
    if (reason != NULL &&
        (err != DMSC_E_REFUSED || strcmp(dmsc_diag_get(ctx)->reason, reason) != 0))
        fail_msg("%s: %d %s instead of %s", row, (int)err, dmsc_diag_get(ctx)->reason, reason);
}

static void a_package_is_vouched_for_or_not(void **state)
{
    struct dmsc_bytes package = support_slurp_exact("tests/vectors/objects/code/package.bin");
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_code *code = NULL;
    uint8_t sha256[32];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_code_new(ctx, &code), DMSC_OK);
    for (size_t at = 0; at < package.n; at += 7)
        assert_int_equal(dmsc_code_add(code, dmsc_bytes(package.p + at,
                                                        package.n - at < 7 ? package.n - at : 7)),
                         DMSC_OK);
    assert_int_equal(dmsc_code_end(code, sha256), DMSC_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct dmsc_now now = { rows[i].now, rows[i].now != 0 };
        struct dmsc_bytes signature = provisioned_signature(rows[i].signature);
        struct provisioned p;
        struct dmsc_code_trust trust = provisioned_begin(&p, rows[i].text);

        expect(ctx, rows[i].text, dmsc_code_check(ctx, &trust, "com.a", sha256, signature, now),
               rows[i].reason);
        expect(ctx, rows[i].text, dmsc_code_ready(ctx, &trust, "com.a", now), rows[i].ready);
        provisioned_end(&p);
        support_free(signature);
    }
    /* One bit of the package; and nobody to trust. */
    sha256[31] ^= 1;
    {
        struct dmsc_bytes signature = provisioned_signature("ec");
        const struct dmsc_now now = { 1800000000, true };
        struct provisioned p;
        struct dmsc_code_trust trust = provisioned_begin(&p, "com.a code ec");

        expect(ctx, "a bit", dmsc_code_check(ctx, &trust, "com.a", sha256, signature, now),
               "code:signature");
        expect(ctx, "none", dmsc_code_ready(ctx, NULL, "com.a", now), "code:no-certificate");
        provisioned_end(&p);
        support_free(signature);
    }
    dmsc_code_free(code);
    dmsc_ctx_free(ctx);
    support_free(package);
}

static enum dmsc_err checked(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_code_trust *trust = user;
    struct dmsc_bytes signature = provisioned_signature("ec");
    struct dmsc_bytes package = support_slurp_exact("tests/vectors/objects/code/package.bin");
    struct dmsc_code *code = NULL;
    uint8_t sha256[32];
    enum dmsc_err err = dmsc_code_new(ctx, &code);

    if (err == DMSC_OK)
        err = dmsc_code_add(code, package);
    if (err == DMSC_OK)
        err = dmsc_code_end(code, sha256);
    if (err == DMSC_OK)
        err = dmsc_code_check(ctx, trust, "com.a", sha256, signature,
                              (struct dmsc_now){ 1800000000, true });
    dmsc_code_free(code);
    support_free(signature);
    support_free(package);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    struct provisioned p;
    struct dmsc_code_trust trust = provisioned_begin(&p, "com.a code ec");

    (void)state;
    assert_true(fault_torture(checked, &trust) > 1);
    provisioned_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_is_vouched_for_or_not),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
