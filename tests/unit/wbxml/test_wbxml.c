/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/wbxml/write.h"
#include "tests/support/test.h"
#include "tests/unit/wbxml/support.h"
#include <dmsc/wbxml.h>
#include <string.h>

#define DEPTH 8 /* of the vectors */

static struct dmsc_ctx *new_ctx(unsigned xml_depth, size_t object_size)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;

    config.limits.xml_depth = xml_depth;
    config.limits.object_size = object_size;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    return ctx;
}

static const char *reason(struct dmsc_ctx *ctx)
{
    return dmsc_diag_get(ctx)->reason;
}

/* Each prefix of a good document ends in the middle; each changed bit is read or refused. */
static void check_damaged(struct vectors *v, struct dmsc_ctx *ctx, struct dmsc_bytes document)
{
    struct dmsc_buf lines;

    dmsc_buf_init(&lines, ctx, 1u << 20);
    for (size_t n = 0; n < document.n; n++) {
        struct dmsc_bytes cut = support_copy_exact(dmsc_bytes(document.p, n));

        dmsc_buf_reset(&lines);
        if (wbxml_dump(ctx, cut, DEPTH, &lines) != DMSC_E_MALFORMED ||
            strcmp(reason(ctx), "wbxml:truncated") != 0)
            vec_fail(v, "%zu octets of %zu are read: %s", n, document.n, reason(ctx));
        support_free(cut);
    }
    for (size_t bit = 0; bit < document.n * 8; bit++) {
        struct dmsc_buf changed;
        struct dmsc_bytes copy;

        dmsc_buf_reset(&lines);
        dmsc_buf_init(&changed, ctx, document.n);
        assert_int_equal(dmsc_buf_append(&changed, document), DMSC_OK);
        changed.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        copy = support_copy_exact(dmsc_buf_bytes(&changed));
        if (wbxml_dump(ctx, copy, DEPTH, &lines) != DMSC_OK &&
            strncmp(reason(ctx), "wbxml:", 6) != 0)
            vec_fail(v, "bit %zu changed: the reason is \"%s\"", bit, reason(ctx));
        support_free(copy);
        dmsc_buf_clear(&changed);
    }
    dmsc_buf_clear(&lines);
}

static enum dmsc_err show(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_buf xml;
    enum dmsc_err err;

    dmsc_buf_init(&xml, ctx, 1u << 16);
    err = dmsc_buf_append_str(&xml, "kept");
    if (err == DMSC_OK) {
        err = dmsc_wbxml_to_xml(ctx, *(struct dmsc_bytes *)user, &xml);
        if (err != DMSC_OK)
            assert_string_equal(dmsc_buf_str(&xml), "kept");
    }
    dmsc_buf_clear(&xml);
    return err;
}

static void check_good(struct vectors *v, struct dmsc_ctx *ctx, struct dmsc_bytes document)
{
    struct dmsc_buf again, shown;

    dmsc_buf_init(&again, ctx, 1u << 20);
    dmsc_buf_init(&shown, ctx, 1u << 20);
    check_damaged(v, ctx, document);
    assert_int_equal(wbxml_again(ctx, document, &again), DMSC_OK);
    /* Ours is read as it was, and written as it is read. */
    vec_assert_hex(v, vec_has(v, "again") ? "again" : "input", dmsc_buf_bytes(&again));
    assert_int_equal(dmsc_wbxml_to_xml(ctx, document, &shown), DMSC_OK);
    if (vec_has(v, "shown")) {
        dmsc_buf_truncate(&shown, shown.n - 1);
        vec_assert_text(v, "shown", dmsc_buf_str(&shown));
    }
    assert_true(fault_torture(show, &document) > 1);
    dmsc_buf_clear(&again);
    dmsc_buf_clear(&shown);
}

static void table(void **state)
{
    struct vectors *v = vectors_open("wbxml.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_ctx *ctx = new_ctx(DEPTH, 1000);
        struct dmsc_bytes document = vec_hex(v, "input");
        struct dmsc_buf lines;
        enum dmsc_err err;

        dmsc_buf_init(&lines, ctx, 1u << 20);
        err = wbxml_dump(ctx, document, DEPTH, &lines);
        vec_assert_err(v, err);
        if (lines.n > 0)
            dmsc_buf_truncate(&lines, lines.n - 1);
        if (vec_has(v, "events"))
            vec_assert_text(v, "events", dmsc_buf_str(&lines));
        if (err != DMSC_OK) {
            vec_assert_text(v, "reason", reason(ctx));
            vec_assert_text(v, "where", dmsc_diag_get(ctx)->where);
            dmsc_buf_reset(&lines);
            assert_int_equal(dmsc_wbxml_to_xml(ctx, document, &lines), err);
            assert_int_equal(lines.n, 0);
        } else {
            check_good(v, ctx, document);
        }
        dmsc_buf_clear(&lines);
        dmsc_ctx_free(ctx);
    }
    vectors_close(v);
}

/* Each tag of each page of each document, there and back; no other token is a tag. */
static void each_tag(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(64, 1u << 20);
    unsigned tags = 0;

    (void)state;
    for (int type = DMSCI_WBXML_SYNCML_1_2; type <= DMSCI_WBXML_DEVINF_1_0; type++) {
        const struct dmsci_wbxml_document *d = dmsci_wbxml_document((enum dmsci_wbxml_type)type);

        assert_int_equal(d->type, type);
        assert_ptr_equal(dmsci_wbxml_by_fpi(dmsc_bytes_str(d->fpi)), d);
        if (d->public_id != 0)
            assert_ptr_equal(dmsci_wbxml_by_id(d->public_id), d);
        assert_null(dmsci_wbxml_page(d, d->page_count));
        for (unsigned number = 0; number < d->page_count; number++) {
            const struct dmsci_wbxml_page *page = dmsci_wbxml_page(d, number);

            for (unsigned token = 0; token < 0x40; token++) {
                const char *name = dmsci_wbxml_tag(page, (uint8_t)token);

                assert_true(token >= 5 || name == NULL);
                if (name == NULL)
                    continue;
                assert_int_equal(dmsci_wbxml_token(page, name), token);
                tags++;
            }
            assert_int_equal(dmsci_wbxml_token(page, "None"), 0);
        }
    }
    assert_int_equal(tags, 5 * (55 + 18 + 56) + 47 + 2 * 38);
    assert_null(dmsci_wbxml_by_id(0));
    assert_null(dmsci_wbxml_by_id(0x0B));
    dmsc_ctx_free(ctx);
}

/* An element @p depth times in itself. */
static struct dmsc_buf nested(struct dmsc_ctx *ctx, unsigned depth)
{
    struct dmsci_wbxml_writer w;
    struct dmsc_buf document;

    dmsc_buf_init(&document, ctx, 1u << 20);
    assert_int_equal(dmsci_wbxml_begin(&w, DMSCI_WBXML_SYNCML_1_2, &document), DMSC_OK);
    for (unsigned i = 0; i < depth; i++)
        assert_int_equal(dmsci_wbxml_start(&w, DMSCI_WBXML_SYNCML, "Atomic", true), DMSC_OK);
    for (unsigned i = 0; i < depth; i++)
        assert_int_equal(dmsci_wbxml_end(&w), DMSC_OK);
    return document;
}

static void depth_is_bounded(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(DEPTH, 1u << 20);

    (void)state;
    for (unsigned depth = 1; depth < 2 * DEPTH; depth++) {
        struct dmsc_buf document = nested(ctx, depth), out;
        enum dmsc_err wanted = depth <= DEPTH ? DMSC_OK : DMSC_E_LIMIT;

        dmsc_buf_init(&out, ctx, 1u << 16);
        assert_int_equal(wbxml_dump(ctx, dmsc_buf_bytes(&document), DEPTH, &out), wanted);
        dmsc_buf_reset(&out);
        assert_int_equal(dmsc_wbxml_to_xml(ctx, dmsc_buf_bytes(&document), &out), wanted);
        if (wanted != DMSC_OK)
            assert_string_equal(reason(ctx), "wbxml:depth");
        dmsc_buf_clear(&document);
        dmsc_buf_clear(&out);
    }
    dmsc_ctx_free(ctx);
}

/* Documents in documents, as deep as they like: shown as far as that goes, the rest as base64. */
static void documents_in_documents(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(64, 1u << 20);
    struct dmsc_buf inner, outer, xml;
    unsigned shown = 0;

    (void)state;
    inner = nested(ctx, 1);
    for (unsigned i = 0; i < 10; i++) {
        struct dmsci_wbxml_writer w;

        dmsc_buf_init(&outer, ctx, 1u << 16);
        assert_int_equal(dmsci_wbxml_begin(&w, DMSCI_WBXML_SYNCML_1_2, &outer), DMSC_OK);
        assert_int_equal(dmsci_wbxml_start(&w, DMSCI_WBXML_SYNCML, "Data", true), DMSC_OK);
        assert_int_equal(dmsci_wbxml_opaque(&w, dmsc_buf_bytes(&inner)), DMSC_OK);
        assert_int_equal(dmsci_wbxml_end(&w), DMSC_OK);
        dmsc_buf_clear(&inner);
        inner = outer;
    }
    dmsc_buf_init(&xml, ctx, 1u << 16);
    assert_int_equal(dmsc_wbxml_to_xml(ctx, dmsc_buf_bytes(&outer), &xml), DMSC_OK);
    for (const char *p = dmsc_buf_str(&xml); (p = strstr(p, "<!-- WBXML")) != NULL; p++)
        shown++;
    assert_int_equal(shown, 4);
    assert_non_null(strstr(dmsc_buf_str(&xml), "<!-- base64 of "));
    dmsc_buf_clear(&outer);
    dmsc_buf_clear(&xml);
    dmsc_ctx_free(ctx);
}

/* 64 KiB that would stand for 1 GiB: the work stops at the size of an object. */
static void the_table_is_not_repeated_for_ever(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(64, 1u << 18);
    struct dmsci_wbxml_reader r;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };
    struct dmsc_buf document;
    enum dmsc_err err;
    size_t told = 0;

    (void)state;
    dmsc_buf_init(&document, ctx, 1u << 20);
    /* A table of 32768 octets. */
    assert_int_equal(dmsc_buf_append(&document, dmsc_bytes("\x03\x01\x6A\x82\x80\x00", 6)),
                     DMSC_OK);
    for (unsigned i = 0; i < 32767; i++)
        assert_int_equal(dmsc_buf_append_u8(&document, 'a'), DMSC_OK);
    assert_int_equal(dmsc_buf_append(&document, dmsc_bytes("\0\x6D", 2)), DMSC_OK);
    for (unsigned i = 0; i < 16384; i++)
        assert_int_equal(dmsc_buf_append(&document, dmsc_bytes("\x83\0", 2)), DMSC_OK);
    assert_int_equal(dmsc_buf_append_u8(&document, 1), DMSC_OK);
    err = dmsci_wbxml_open(&r, ctx, dmsc_buf_bytes(&document), 64);
    while (err == DMSC_OK && event.kind != DMSCI_WBXML_DONE) {
        err = dmsci_wbxml_next(&r, &event);
        told += err == DMSC_OK ? event.bytes.n : 0;
    }
    assert_int_equal(err, DMSC_E_LIMIT);
    assert_string_equal(reason(ctx), "wbxml:repeated");
    assert_int_equal(told, 32767 * 8);
    dmsc_buf_clear(&document);
    dmsc_ctx_free(ctx);
}

static void what_cannot_be_written(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(64, 1u << 20);
    struct dmsci_wbxml_writer w;
    struct dmsc_buf out;

    (void)state;
    dmsc_buf_init(&out, ctx, 1000);
    assert_int_equal(dmsci_wbxml_begin(&w, DMSCI_WBXML_DEVINF_1_2, &out), DMSC_OK);
    assert_int_equal(dmsci_wbxml_start(&w, 0, "SyncML", true), DMSC_E_ARG);
    assert_string_equal(reason(ctx), "wbxml:token");
    assert_int_equal(dmsci_wbxml_start(&w, 1, "Type", true), DMSC_E_ARG);
    dmsc_buf_clear(&out);
    for (size_t ceiling = 0;; ceiling++) {
        enum dmsc_err err;

        dmsc_buf_init(&out, ctx, ceiling);
        err = dmsci_wbxml_begin(&w, DMSCI_WBXML_DDF_1_2, &out);
        if (err == DMSC_OK)
            err = dmsci_wbxml_start(&w, DMSCI_WBXML_DDF, "Value", true);
        if (err == DMSC_OK)
            err = dmsci_wbxml_text(&w, dmsc_bytes_str("x"));
        if (err == DMSC_OK)
            err = dmsci_wbxml_opaque(&w, dmsc_bytes("\0\1", 2));
        if (err == DMSC_OK)
            err = dmsci_wbxml_end(&w);
        dmsc_buf_clear(&out);
        if (err == DMSC_OK) {
            assert_int_equal(ceiling, 32 + 2 + 1 + 3 + 4 + 1);
            break;
        }
        assert_int_equal(err, DMSC_E_LIMIT);
    }
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(each_tag),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(documents_in_documents),
        cmocka_unit_test(the_table_is_not_repeated_for_ever),
        cmocka_unit_test(what_cannot_be_written),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
