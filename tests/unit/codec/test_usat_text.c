/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/usat_describe.h>
#include <stdlib.h>
#include <string.h>

static uint32_t coding_of(const char *text)
{
    static const struct {
        const char *name;
        uint32_t coding;
    } names[] = {
        { "gsm8", DMSC_USAT_GSM_UNPACKED }, { "gsm7", DMSC_USAT_GSM_PACKED },
        { "ucs2", DMSC_USAT_UCS2 },         { "plain", DMSC_USAT_PLAIN },
        { "80", DMSC_USAT_UCS2_80 },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (strcmp(names[i].name, text) == 0)
            return names[i].coding;
    }
    return (uint32_t)(strtoul(text, NULL, 16) | strtoul(text + 3, NULL, 16) << 8);
}

/* "text" would lose a no-break space at its end. */
static struct dmsc_bytes text_of(struct vectors *v)
{
    return dmsc_bytes_str(vec_text_or(v, "text", ""));
}

static void read_octets(struct vectors *v, uint32_t coding, struct dmsc_buf *buf)
{
    struct dmsc_bytes octets = vec_hex(v, "octets");
    enum dmsc_err err;

    assert_int_equal(dmsc_buf_append_str(buf, "before"), DMSC_OK);
    err = dmsc_usat_text_decode(coding, octets, buf);
    if (vec_has(v, "error")) {
        assert_int_equal(err, DMSC_E_MALFORMED);
        assert_string_equal(dmsc_buf_str(buf), "before");
    } else {
        assert_int_equal(err, DMSC_OK);
        vec_assert_text(v, "text", dmsc_buf_str(buf) + 6);
    }
    dmsc_buf_reset(buf);
}

static void write_octets(struct vectors *v, uint32_t coding, struct dmsc_buf *buf)
{
    enum dmsc_err err = dmsc_usat_text_encode(coding, text_of(v), buf);

    if (vec_has(v, "cannot")) {
        assert_int_equal(err, DMSC_E_UNSUPPORTED);
        assert_int_equal(buf->n, 0);
        return;
    }
    assert_int_equal(err, DMSC_OK);
    if (vec_has(v, "one-way"))
        assert_false(dmsc_bytes_equal(dmsc_buf_bytes(buf), vec_hex(v, "octets")));
    else
        vec_assert_hex(v, "octets", dmsc_buf_bytes(buf));
    dmsc_buf_reset(buf);
}

static void texts_are_read_and_written(void **state)
{
    struct vectors *v = vectors_open("usat_text.txt");
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 1000);
    while (vectors_next(v)) {
        uint32_t coding = coding_of(vec_text(v, "coding"));

        if (vec_has(v, "octets"))
            read_octets(v, coding, &buf);
        if (!vec_has(v, "error"))
            write_octets(v, coding, &buf);
    }
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
    vectors_close(v);
}

static void what_is_no_utf_8_is_refused(void **state)
{
    static const char *const texts[] = { "\x80", "\xC3", "\xED\xA0\x80", "a\xF5" };
    static const uint32_t codings[] = { DMSC_USAT_GSM_UNPACKED,
                                        DMSC_USAT_GSM_PACKED,
                                        DMSC_USAT_UCS2,
                                        DMSC_USAT_UCS2_80,
                                        0x0881,
                                        0x040082 };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 1000);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(texts); i++) {
        for (size_t j = 0; j < DMSCI_ARRAY_LEN(codings); j++)
            assert_int_equal(dmsc_usat_text_encode(codings[j], dmsc_bytes_str(texts[i]), &buf),
                             DMSC_E_ARG);
    }
    assert_int_equal(dmsc_usat_text_encode(DMSC_USAT_WRITTEN, dmsc_bytes_str("a"), &buf),
                     DMSC_E_ARG);
    assert_int_equal(dmsc_usat_text_decode(DMSC_USAT_WRITTEN, dmsc_bytes_str("a"), &buf),
                     DMSC_E_MALFORMED);
    assert_int_equal(buf.n, 0);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

/* 256 octets behind a base have no length. */
static void what_is_too_long_is_refused(void **state)
{
    char text[2 * 256 + 1];
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;

    (void)state;
    for (size_t i = 0; i < 256; i++) {
        text[2 * i] = (char)0xD0;
        text[2 * i + 1] = (char)0x94;
    }
    text[512] = '\0';
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 300);
    assert_int_equal(dmsc_usat_text_encode(0x0881, dmsc_bytes_str(text), &buf), DMSC_E_UNSUPPORTED);
    text[510] = '\0';
    assert_int_equal(dmsc_usat_text_encode(0x0881, dmsc_bytes_str(text), &buf), DMSC_OK);
    assert_int_equal(buf.n, 3 + 255);
    assert_int_equal(dmsc_usat_text_encode(0x0881, dmsc_bytes_str(text), &buf), DMSC_E_LIMIT);
    assert_int_equal(buf.n, 3 + 255);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

/* Characters of the default alphabet and of a page, in every coding that has them. */
static void generated_texts_come_back(void **state)
{
    static const uint32_t codings[] = { DMSC_USAT_GSM_UNPACKED,
                                        DMSC_USAT_GSM_PACKED,
                                        DMSC_USAT_UCS2,
                                        DMSC_USAT_UCS2_80,
                                        0x0881,
                                        0x040082 };
    static const char *const signs[] = { "a", "Z", "5", " ", "€", "{", "ä", "Δ", "\n", "Д", "я" };
    struct gen gen = gen_begin("usat_text");
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf text, octets, back;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&text, ctx, 1000);
    dmsc_buf_init(&octets, ctx, 1000);
    dmsc_buf_init(&back, ctx, 1000);
    for (unsigned round = 0; round < 3000; round++) {
        uint32_t coding = codings[gen_below(&gen, DMSCI_ARRAY_LEN(codings))];
        uint32_t known = coding < DMSC_USAT_UCS2 ? 9 : 11, n = gen_below(&gen, 40);

        dmsc_buf_reset(&text);
        dmsc_buf_reset(&octets);
        dmsc_buf_reset(&back);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(dmsc_buf_append_str(&text, signs[gen_below(&gen, known)]), DMSC_OK);
        assert_int_equal(dmsc_usat_text_encode(coding, dmsc_buf_bytes(&text), &octets), DMSC_OK);
        assert_int_equal(dmsc_usat_text_decode(coding, dmsc_buf_bytes(&octets), &back), DMSC_OK);
        assert_string_equal(dmsc_buf_str(&back), dmsc_buf_str(&text));
    }
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&octets);
    dmsc_buf_clear(&back);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_and_written),
        cmocka_unit_test(what_is_no_utf_8_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(generated_texts_come_back),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
