/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc.conf and the files of secrets that it names. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <dmsc/bridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct dmsc_ctx *ctx;
    char path[SUPPORT_PATH_MAX];
    char file[SUPPORT_PATH_MAX + 32]; /* the one written last */
};

static void folder_make(struct folder *f)
{
    assert_int_equal(dmsc_ctx_new(NULL, &f->ctx), DMSC_OK);
    support_mkdir(f->path);
}

static void folder_clear(struct folder *f)
{
    support_rmdir(f->path);
    dmsc_ctx_free(f->ctx);
}

static const char *write_file(struct folder *f, const char *name, const char *p, size_t n,
                              mode_t mode)
{
    FILE *to;

    (void)snprintf(f->file, sizeof(f->file), "%s/%s", f->path, name);
    to = fopen(f->file, "w");
    assert_non_null(to);
    assert_int_equal(fwrite(p, 1, n, to), n);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(chmod(f->file, mode), 0);
    return f->file;
}

static const char *write_text(struct folder *f, const char *name, const char *text)
{
    return write_file(f, name, text, strlen(text), 0600);
}

static void assert_reason(const struct folder *f, enum dmsc_err err, enum dmsc_err wanted,
                          const char *reason)
{
    const struct dmsc_diag *d = dmsc_diag_get(f->ctx);

    if (err != wanted || strcmp(d->reason, reason) != 0)
        fail_msg("wanted %s %s, came %s %s: %s", dmsc_err_name(wanted), reason, dmsc_err_name(err),
                 d->reason, d->why);
    assert_string_not_equal(d->what, "");
    assert_string_not_equal(d->why, "");
}

static void every_key(void **state)
{
    struct dmsc_config c = DMSC_CONFIG_INIT;
    struct dmsc_cat_config cat;
    struct folder f;
    char relative[SUPPORT_PATH_MAX + 32];

    (void)state;
    folder_make(&f);
    (void)write_text(&f, "dmsc.conf",
                     "# a comment\n"
                     "[store]\npath = state/dmsc.db\n"
                     "[device]\nid = urn:x:1\nmanufacturer = Example \"Devices\"\nmodel = G 4\n"
                     "language = de-CH\nkey=/etc/device.key\nclock = untrusted\n"
                     "[trust]\nissuer_key = a.pub\nissuer_key = /b.pub\n"
                     "[card]\npin_file = pin1\nadm1_file = ../adm1\nlink = sim:card.json ; inline\n"
                     "[net]\nresolve = a.example:443:127.0.0.1\nresolve = b.example:1:::1\n"
                     "timeout_ms = 2500\n"
                     "[usat]\nconnect = tcp:192.0.2.0/24:443\nconnect = udp:[2001:db8::1]:*\n"
                     "connect = tcp:*:*\nlisten = [2001:db8::9]:80\nlisten = 192.0.2.9:80\n"
                     "dns = 2001:db8::35\nimei = 490154203237518\n"
                     "[app]\nuser = thermostat:1000\nuser = a.b_c-d:0\n"
                     "environment = thermostat:guest_1\n"
                     "[env]\nname = guest_1\nname = g-2:a container\n");
    assert_int_equal(dmsc_config_load(f.ctx, f.file, &c), DMSC_OK);
    (void)snprintf(relative, sizeof(relative), "%s/state/dmsc.db", f.path);
    assert_string_equal(c.store, relative);
    assert_string_equal(c.device_id, "urn:x:1");
    assert_string_equal(c.manufacturer, "Example \"Devices\"");
    assert_string_equal(c.model, "G 4");
    assert_string_equal(c.language, "de-CH");
    assert_string_equal(c.device_key, "/etc/device.key");
    assert_true(c.clock_untrusted);
    assert_int_equal(c.issuer_key_count, 2);
    (void)snprintf(relative, sizeof(relative), "%s/a.pub", f.path);
    assert_string_equal(c.issuer_keys[0], relative);
    assert_string_equal(c.issuer_keys[1], "/b.pub");
    (void)snprintf(relative, sizeof(relative), "%s/pin1", f.path);
    assert_string_equal(c.pin_file, relative);
    (void)snprintf(relative, sizeof(relative), "%s/../adm1", f.path);
    assert_string_equal(c.adm1_file, relative);
    assert_string_equal(c.link, "sim:card.json");
    assert_int_equal(c.resolve_count, 2);
    assert_string_equal(c.resolve[0], "a.example:443:127.0.0.1");
    assert_string_equal(c.resolve[1], "b.example:1:::1");
    assert_int_equal(c.timeout_ms, 2500);
    assert_int_equal(c.app_user_count, 2);
    assert_string_equal(c.app_users[1], "a.b_c-d:0");
    assert_int_equal(c.app_environment_count, 1);
    assert_string_equal(c.app_environments[0], "thermostat:guest_1");
    assert_int_equal(c.environment_count, 2);
    assert_string_equal(c.environments[1], "g-2:a container");
    dmsc_config_cat(&c, &cat);
    assert_int_equal(cat.connect_count, 3);
    assert_string_equal(cat.connect[1], "udp:[2001:db8::1]:*");
    assert_int_equal(cat.listen_count, 2);
    assert_string_equal(cat.listen[0], "[2001:db8::9]:80");
    assert_int_equal(cat.dns_count, 1);
    assert_string_equal(cat.dns[0], "2001:db8::35");
    assert_string_equal(cat.imei, "490154203237518");
    assert_string_equal(cat.language, c.language);

    /* A second file lies over the first: what it names replaces, lists grow. */
    (void)write_text(&f, "over.conf",
                     "[device]\nmodel = G 5\nclock = trusted\n[trust]\nissuer_key = /c.pub\n");
    assert_int_equal(dmsc_config_load(f.ctx, f.file, &c), DMSC_OK);
    assert_string_equal(c.model, "G 5");
    assert_string_equal(c.language, "de-CH");
    assert_false(c.clock_untrusted);
    assert_int_equal(c.issuer_key_count, 3);
    dmsc_config_clear(&c);
    assert_null(c.store);
    assert_int_equal(c.issuer_key_count, 0);
    dmsc_config_clear(&c);
    folder_clear(&f);
}

/* An empty file is a configuration: all defaults. */
static void nothing_at_all(void **state)
{
    static const char *const texts[] = { "", "\n\n", "; nothing\n", "[store]\n",
                                         "\xEF\xBB\xBF[net]\n" };
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct dmsc_config c = DMSC_CONFIG_INIT;

        assert_int_equal(dmsc_config_load(f.ctx, write_text(&f, "c", texts[i]), &c), DMSC_OK);
        assert_null(c.store);
        dmsc_config_clear(&c);
    }
    folder_clear(&f);
}

/* In the working folder: a name without any slash. */
static void beside_us(void **state)
{
    struct dmsc_config c = DMSC_CONFIG_INIT;
    char before[SUPPORT_PATH_MAX];
    struct folder f;

    (void)state;
    folder_make(&f);
    (void)write_text(&f, "dmsc.conf", "[store]\npath = dmsc.db\n");
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(f.path), 0);
    assert_int_equal(dmsc_config_load(f.ctx, "dmsc.conf", &c), DMSC_OK);
    assert_int_equal(chdir(before), 0);
    assert_string_equal(c.store, "dmsc.db");
    dmsc_config_clear(&c);
    folder_clear(&f);
}

static void bad_lines(void **state)
{
    struct vectors *v = vectors_open("config.txt");
    struct folder f;

    (void)state;
    folder_make(&f);
    while (vectors_next(v)) {
        struct dmsc_config c = DMSC_CONFIG_INIT;
        char where[SUPPORT_PATH_MAX + 64];
        enum dmsc_err err =
            dmsc_config_load(f.ctx, write_text(&f, "dmsc.conf", vec_text(v, "ini")), &c);

        if (err != DMSC_E_CONFIG)
            vec_fail(v, "%s", dmsc_err_name(err));
        assert_reason(&f, err, DMSC_E_CONFIG, "config:line");
        (void)snprintf(where, sizeof(where), "%s:%llu", f.file, vec_number(v, "line"));
        if (strcmp(dmsc_diag_get(f.ctx)->where, where) != 0)
            vec_fail(v, "where: %s", dmsc_diag_get(f.ctx)->where);
        vec_assert_text(v, "why", dmsc_diag_get(f.ctx)->why);
        dmsc_config_clear(&c);
    }
    vectors_close(v);
    folder_clear(&f);
}

static void files_that_are_none(void **state)
{
    struct dmsc_config c = DMSC_CONFIG_INIT;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_reason(&f, dmsc_config_load(f.ctx, "/nonexistent/dmsc.conf", &c), DMSC_E_CONFIG,
                  "config:file");
    assert_string_equal(dmsc_diag_get(f.ctx)->where, "/nonexistent/dmsc.conf");
    /* A folder must not pass for an empty file: no trust, no keys, no error. */
    assert_reason(&f, dmsc_config_load(f.ctx, f.path, &c), DMSC_E_CONFIG, "config:file");
    dmsc_config_clear(&c);
    folder_clear(&f);
}

/* Longer than a line may be: refused, or kept whole, never cut in silence. */
static void long_lines(void **state)
{
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t n = 150; n < 900; n += 7) {
        struct dmsc_config c = DMSC_CONFIG_INIT;
        char text[1024] = "[device]\nmodel = ";
        size_t at = strlen(text);

        memset(text + at, 'm', n);
        text[at + n] = '\n';
        text[at + n + 1] = '\0';
        if (dmsc_config_load(f.ctx, write_text(&f, "c", text), &c) == DMSC_OK)
            assert_int_equal(strlen(c.model), n);
        else
            assert_string_equal(dmsc_diag_get(f.ctx)->reason, "config:line");
        dmsc_config_clear(&c);
    }
    folder_clear(&f);
}

static void lists_have_an_end(void **state)
{
    struct dmsc_config c = DMSC_CONFIG_INIT;
    char text[1024] = "[net]\n";
    struct folder f;

    (void)state;
    folder_make(&f);
    for (int i = 0; i < 16; i++)
        (void)strcat(text, "resolve = a:1:b\n");
    assert_int_equal(dmsc_config_load(f.ctx, write_text(&f, "c", text), &c), DMSC_OK);
    assert_int_equal(c.resolve_count, 16);
    dmsc_config_clear(&c);
    (void)strcat(text, "resolve = a:1:b\n");
    assert_reason(&f, dmsc_config_load(f.ctx, write_text(&f, "c", text), &c), DMSC_E_CONFIG,
                  "config:line");
    dmsc_config_clear(&c);
    folder_clear(&f);
}

static enum dmsc_err load_all(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_config c = DMSC_CONFIG_INIT;
    enum dmsc_err err = dmsc_config_load(ctx, user, &c);

    dmsc_config_clear(&c);
    return err;
}

static void no_memory(void **state)
{
    struct folder f;

    (void)state;
    folder_make(&f);
    (void)write_text(&f, "c",
                     "[store]\npath = a\n[device]\nmodel = m\n[trust]\nissuer_key = a\nissuer_key "
                     "= b\n[net]\nresolve = a:1:b\n");
    assert_true(fault_torture(load_all, f.file) >= 8);
    folder_clear(&f);
}

/* --- secrets ---------------------------------------------------------------------------------- */

static void secrets(void **state)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(dmsc_secret_load(f.ctx, write_text(&f, "pin", "1234\r\n"), false, &secret),
                     DMSC_OK);
    assert_int_equal(secret.n, 4);
    assert_memory_equal(secret.p, "1234", 4);
    assert_int_equal(
        dmsc_secret_load(f.ctx, write_text(&f, "adm", "44 44 4444\n aAbB0102\n"), true, &secret),
        DMSC_OK);
    assert_int_equal(secret.n, 8);
    assert_memory_equal(secret.p, "\x44\x44\x44\x44\xAA\xBB\x01\x02", 8);
    assert_int_equal(dmsc_secret_load(f.ctx, write_file(&f, "ro", "1234", 4, 0400), false, &secret),
                     DMSC_OK);
    dmsc_secret_clear(&secret);
    folder_clear(&f);
}

static void secrets_that_others_can_read(void **state)
{
    static const mode_t modes[] = { 0644, 0640, 0604, 0660, 0602, 0777, 0610 };
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        const char *path = write_file(&f, "pin", "1234", 4, modes[i]);

        assert_reason(&f, dmsc_secret_load(f.ctx, path, false, &secret), DMSC_E_CONFIG,
                      "file:not-private");
        assert_non_null(strstr(dmsc_diag_get(f.ctx)->hint, "chmod 600"));
        assert_int_equal(secret.n, 0);
    }
    folder_clear(&f);
}

/* Whatever is wrong with a secret, none of it is told. */
static void secrets_that_are_none(void **state)
{
    static const struct {
        const char *content;
        size_t n;
    } bad[] = {
        { "SECRETSECRET", 12 }, { "4444SECRET", 10 },    { "444", 3 },
        { "44\0SECRET", 9 },    { "\xFF\xFESECRET", 8 },
    };
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    char *big = calloc(1, 20001);
    struct folder f;

    (void)state;
    assert_non_null(big);
    folder_make(&f);
    assert_int_equal(dmsc_secret_set(&secret, f.ctx, dmsc_bytes_str("before")), DMSC_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const struct dmsc_diag *d;

        assert_reason(&f,
                      dmsc_secret_load(f.ctx, write_file(&f, "adm", bad[i].content, bad[i].n, 0600),
                                       true, &secret),
                      DMSC_E_CONFIG, "file:hex");
        d = dmsc_diag_get(f.ctx);
        assert_null(strstr(d->what, "SECRET"));
        assert_null(strstr(d->why, "SECRET"));
        assert_null(strstr(d->where, "SECRET"));
        assert_null(strstr(d->hint, "SECRET"));
        assert_null(strstr(d->why, "4444"));
    }
    memset(big, '4', 20000);
    assert_int_equal(
        dmsc_secret_load(f.ctx, write_file(&f, "adm", big, 20000, 0600), true, &secret),
        DMSC_E_LIMIT);
    assert_int_equal(dmsc_secret_load(f.ctx, "/nonexistent", true, &secret), DMSC_E_IO);
    assert_int_equal(chmod(f.path, 0700), 0);
    assert_int_equal(dmsc_secret_load(f.ctx, f.path, true, &secret), DMSC_E_IO);
    /* What was there is still there. */
    assert_int_equal(secret.n, 6);
    assert_memory_equal(secret.p, "before", 6);
    dmsc_secret_clear(&secret);
    free(big);
    folder_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(beside_us),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(lists_have_an_end),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(secrets),
        cmocka_unit_test(secrets_that_others_can_read),
        cmocka_unit_test(secrets_that_are_none),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), sizeof(tests) / sizeof(*tests));
}
