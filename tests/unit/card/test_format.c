/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs of the DM card application: vectors, and the walk over broken images. */
#include "apdu/base/ctx.h"
#include "host/card/format/pkcs15.h"
#include "tests/support/test.h"
#include <dmsc/card.h>
#include <stdio.h>
#include <string.h>

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

static void assert_outcome(struct vectors *v, enum dmsc_err err)
{
    vec_assert_err(v, err);
    if (err != DMSC_OK)
        vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
}

static void header_vectors(void **state)
{
    struct vectors *v = vectors_open("card_header.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_card_header h = { 0 };
        uint8_t record[DMSC_CARD_HEADER_SIZE];
        enum dmsc_err err = dmsc_card_header_decode(ctx, vec_hex(v, "input"), &h);

        assert_outcome(v, err);
        if (err != DMSC_OK) {
            assert_int_equal(h.generation, 0);
            continue;
        }
        vec_assert_number(v, "flags", h.flags);
        vec_assert_number(v, "generation", h.generation);
        vec_assert_hex(v, "tag", dmsc_bytes(h.card_tag, sizeof(h.card_tag)));
        vec_assert_number(v, "mal_version", h.mal_version);
        vec_assert_number(v, "mox_version", h.mox_version);
        vec_assert_number(v, "mal_crc", h.mal_crc);
        vec_assert_number(v, "mox_crc", h.mox_crc);
        vec_assert_number(v, "mal_length", h.mal_length);
        vec_assert_number(v, "mox_length", h.mox_length);
        vec_assert_number(v, "time", h.commit_time);
        vec_assert_number(v, "writer", h.writer);
        vec_assert_number(v, "crc", h.crc);
        h.crc = 0;
        dmsc_card_header_encode(&h, record);
        vec_assert_hex(v, "input", dmsc_bytes(record, sizeof(record)));
        vec_assert_number(v, "crc", h.crc);
    }
    vectors_close(v);
}

static void describe_ma(const struct dmsc_ma *ma, struct dmsc_buf *text)
{
    assert_int_equal(dmsci_buf_printf(text, "%u %s %s ", ma->id, ma->name, ma->authority), 0);
    for (size_t i = 0; i < ma->server_id_count; i++)
        assert_int_equal(dmsci_buf_printf(text, "%s%s", i > 0 ? "," : "", ma->server_ids[i]), 0);
    assert_int_equal(dmsci_buf_printf(text, " pins=%zu scopes=", ma->pin_count), 0);
    for (size_t i = 0; i < ma->scope_count; i++) {
        const struct dmsc_ma_scope *s = &ma->scopes[i];
        char type[8];

        (void)snprintf(type, sizeof(type), "%u", (unsigned)s->type);
        assert_int_equal(dmsci_buf_printf(text, "%s%s:%s:%04X", i > 0 ? "," : "",
                                          s->type == DMSC_MO_URN ? s->urn : type, s->path,
                                          s->rights),
                         0);
    }
    assert_int_equal(dmsci_buf_printf(text, " prio=%u %lu-%lu ", ma->priority,
                                      (unsigned long)ma->not_before, (unsigned long)ma->not_after),
                     0);
    if (ma->delegated)
        assert_int_equal(
            dmsci_buf_printf(text, "by=%u/%u ", ma->delegated_by, ma->delegation_depth), 0);
    assert_int_equal(dmsci_buf_printf(text, "flags=%02X", ma->flags), 0);
}

static void assert_list(struct vectors *v, const struct dmsc_ma_list *list)
{
    char tag[2 * 8 + 1], key[2 * 4 + 1], name[32];
    struct dmsc_buf text;

    dmsc_buf_init(&text, ctx, 1000);
    dmsc_hex_encode(dmsc_bytes(list->card_tag, 8), tag);
    dmsc_hex_encode(dmsc_bytes(list->signer_key_id, 4), key);
    assert_int_equal(dmsci_buf_printf(&text, "%lu %s %zu%s%s", (unsigned long)list->version, tag,
                                      list->count, list->signature_present ? " signed " : "",
                                      list->signature_present ? key : ""),
                     0);
    vec_assert_text(v, "text", dmsc_buf_str(&text));
    for (size_t i = 0; i < list->count; i++) {
        dmsc_buf_reset(&text);
        describe_ma(&list->entries[i], &text);
        (void)snprintf(name, sizeof(name), "entry%zu", i + 1);
        vec_assert_text(v, name, dmsc_buf_str(&text));
    }
    dmsc_buf_clear(&text);
}

static void ma_list_vectors(void **state)
{
    struct vectors *v = vectors_open("card_mal.txt");
    struct dmsc_buf file;

    (void)state;
    dmsc_buf_init(&file, ctx, 4096);
    while (vectors_next(v)) {
        struct dmsc_bytes input = vec_hex(v, "input");
        struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
        enum dmsc_err err = dmsc_card_list_decode(ctx, input, &list);

        assert_outcome(v, err);
        if (err != DMSC_OK) {
            assert_null(list.entries);
            continue;
        }
        assert_list(v, &list);
        if (vec_number_or(v, "canonical", 0) != 0) {
            /* Without the key the signature cannot be made again: all bytes before it can. */
            size_t n = list.signature_present ? input.n - 71 : input.n;

            assert_int_equal(dmsc_card_list_encode(ctx, &list, NULL, &file), DMSC_OK);
            assert_int_equal(file.n, n);
            assert_memory_equal(file.p, input.p, n);
        }
        dmsc_ma_list_clear(&list);
    }
    dmsc_buf_clear(&file);
    vectors_close(v);
}

static void ma_list_signatures(void **state)
{
    struct vectors *v = vectors_open("card_mal_sig.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes keys[4];
        struct dmsc_card_trust trust = { keys, 0 };

        for (; trust.count < vec_count(v, "spki"); trust.count++)
            keys[trust.count] = vec_hex_nth(v, "spki", trust.count);
        assert_outcome(v, dmsc_card_list_verify(ctx, vec_hex(v, "input"), &trust));
    }
    vectors_close(v);
}

static void describe_mo(const struct dmsc_mo_entry *e, char *text, size_t size)
{
    char type[8], place[32];

    (void)snprintf(type, sizeof(type), "%u", (unsigned)e->type);
    if (e->fid == DMSC_CARD_FID_BLOB)
        (void)snprintf(place, sizeof(place), "%04X:%X", e->fid, (unsigned)e->blob_tag);
    else
        (void)snprintf(place, sizeof(place), "%04X:%u+%u", e->fid, e->offset, e->length);
    (void)snprintf(text, size, "%u %s %s enc=%u %s v%lu %08lX owner=%u flags=%02X", e->id,
                   e->type == DMSC_MO_URN ? e->urn : type, e->path, (unsigned)e->encoding, place,
                   (unsigned long)e->version, (unsigned long)e->crc, e->owner, e->flags);
}

static void mo_index_vectors(void **state)
{
    struct vectors *v = vectors_open("card_mox.txt");
    struct dmsc_buf file;

    (void)state;
    dmsc_buf_init(&file, ctx, 4096);
    while (vectors_next(v)) {
        struct dmsc_mo_index index = DMSC_MO_INDEX_INIT;
        char text[400], name[32];
        enum dmsc_err err = dmsc_mo_index_decode(ctx, vec_hex(v, "input"), &index);

        assert_outcome(v, err);
        if (err != DMSC_OK) {
            assert_null(index.entries);
            continue;
        }
        (void)snprintf(text, sizeof(text), "%lu %u %u %zu", (unsigned long)index.version,
                       index.pool_units[0], index.pool_units[1], index.count);
        vec_assert_text(v, "text", text);
        for (size_t i = 0; i < index.count; i++) {
            describe_mo(&index.entries[i], text, sizeof(text));
            (void)snprintf(name, sizeof(name), "entry%zu", i + 1);
            vec_assert_text(v, name, text);
        }
        if (vec_number_or(v, "canonical", 0) != 0) {
            assert_int_equal(dmsc_mo_index_encode(&index, &file), DMSC_OK);
            vec_assert_hex(v, "input", dmsc_buf_bytes(&file));
        }
        dmsc_mo_index_clear(&index);
    }
    dmsc_buf_clear(&file);
    vectors_close(v);
}

static void psk_vectors(void **state)
{
    struct vectors *v = vectors_open("card_psk.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_psk_record psk = DMSC_PSK_RECORD_INIT;
        uint8_t record[DMSC_CARD_PSK_SIZE];
        enum dmsc_err err = dmsc_psk_record_decode(ctx, vec_hex(v, "input"), &psk);

        assert_outcome(v, err);
        if (err != DMSC_OK) {
            assert_null(psk.key.p);
            continue;
        }
        vec_assert_number(v, "valid", psk.valid);
        if (psk.valid) {
            vec_assert_number(v, "type", psk.type);
            vec_assert_number(v, "ma", psk.ma_id);
            vec_assert_hex(v, "key", dmsc_secret_bytes(&psk.key));
            vec_assert_hex(v, "identity", dmsc_bytes(psk.identity, psk.identity_length));
            vec_assert_number(v, "version", psk.key_version);
        }
        if (vec_number_or(v, "canonical", 1) != 0) {
            assert_int_equal(dmsc_psk_record_encode(ctx, &psk, record), DMSC_OK);
            vec_assert_hex(v, "input", dmsc_bytes(record, sizeof(record)));
        }
        dmsc_psk_record_clear(&psk);
    }
    vectors_close(v);
}

static void receipt_vectors(void **state)
{
    struct vectors *v = vectors_open("card_receipt.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_card_receipt receipt = { 0 };
        uint8_t record[DMSC_CARD_RECEIPT_SIZE];
        enum dmsc_err err = dmsc_card_receipt_decode(ctx, vec_hex(v, "input"), &receipt);

        assert_outcome(v, err);
        if (err != DMSC_OK)
            continue;
        vec_assert_number(v, "result", receipt.result);
        vec_assert_number(v, "generation", receipt.generation);
        vec_assert_number(v, "time", receipt.time);
        vec_assert_hex(v, "device", dmsc_bytes(receipt.device, sizeof(receipt.device)));
        vec_assert_number(v, "failed", receipt.failed);
        dmsc_card_receipt_encode(&receipt, record);
        vec_assert_hex(v, "input", dmsc_bytes(record, sizeof(record)));
    }
    vectors_close(v);
}

static void write_pkcs15(struct vectors *v)
{
    static const uint8_t paths[2][2] = { { 0x44, 0x05 }, { 0x64, 0x30 } };
    const char *kind = vec_text(v, "write");
    const char *label = vec_text_or(v, "label", "");
    const char *application = vec_text_or(v, "application", "");
    struct dmsc_bytes none = { NULL, 0 };
    struct dmsc_bytes path = vec_has(v, "path") ? vec_hex(v, "path") : none;
    struct dmsc_bytes id = vec_has(v, "id") ? vec_hex(v, "id") : none;
    struct dmsc_bytes oid = vec_has(v, "oid") ? vec_hex(v, "oid") : none;
    bool is_private = vec_number_or(v, "private", 0) != 0;
    uint8_t out[256];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    if (strcmp(kind, "odf") == 0) {
        dmsci_p15_odf_entry(&w, DMSCI_ODF_CDF_TRUSTED, dmsc_bytes(paths[0], 2));
        dmsci_p15_odf_entry(&w, DMSCI_ODF_DODF, dmsc_bytes(paths[1], 2));
    } else if (strcmp(kind, "cdf") == 0) {
        dmsci_p15_cdf_entry(&w, label, id, vec_number(v, "authority") != 0, path);
    } else if (strcmp(kind, "opaque") == 0) {
        dmsci_p15_opaque_entry(&w, label, is_private, application, oid, path);
    } else if (strcmp(kind, "oid") == 0) {
        dmsci_p15_oid_entry(&w, label, is_private, application, oid, path);
    } else {
        dmsci_p15_token_info(&w, id, application, label);
    }
    assert_false(w.bad);
    vec_assert_hex(v, "output", dmsc_bytes(out, w.n));
}

static void read_pkcs15(struct vectors *v)
{
    struct dmsci_p15_oid_object object;
    char oid[64], path[40], text[256];
    enum dmsc_err err = dmsci_p15_oid_object_decode(ctx, vec_hex(v, "read"), &object);

    assert_outcome(v, err);
    if (err != DMSC_OK)
        return;
    dmsci_p15_oid_text(object.oid, oid, sizeof(oid));
    dmsc_hex_encode(object.path, path);
    (void)snprintf(text, sizeof(text), "%.*s|%.*s|%s|%s|%d", (int)object.label.n,
                   object.label.n > 0 ? (const char *)object.label.p : "",
                   (int)object.application.n,
                   object.application.n > 0 ? (const char *)object.application.p : "", oid, path,
                   object.is_private);
    vec_assert_text(v, "text", text);
}

static void pkcs15_vectors(void **state)
{
    struct vectors *v = vectors_open("card_pkcs15.txt");

    (void)state;
    while (vectors_next(v)) {
        if (vec_has(v, "write"))
            write_pkcs15(v);
        else
            read_pkcs15(v);
    }
    vectors_close(v);
}

static void oid_texts(void **state)
{
    static const struct {
        const char *octets, *text;
    } oids[] = {
        { "2B0601040181FD59444D01", "1.3.6.1.4.1.32473.68.77.1" },
        { "672B0701", "2.23.43.7.1" },
        { "2A864886FC6B81480101", "1.2.840.114283.200.1.1" },
        { "883703", "2.999.3" },
        { "27", "0.39" },
        { "2B86", "" },
        { "2B8FFFFFFFFF7F", "" },
        { "", "" },
    };
    struct dmsc_buf octets;
    char text[64];

    (void)state;
    dmsc_buf_init(&octets, ctx, 64);
    for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        dmsc_buf_reset(&octets);
        assert_int_equal(dmsc_hex_decode(oids[i].octets, &octets), DMSC_OK);
        dmsci_p15_oid_text(dmsc_buf_bytes(&octets), text, sizeof(text));
        assert_string_equal(text, oids[i].text);
    }
    dmsc_buf_clear(&octets);
}

/* The walk: every prefix, and at every byte each single bit, 00, FF and A5. */

enum walk_part { WALK_HEADER, WALK_LIST, WALK_INDEX };

struct walk {
    enum walk_part part;
    struct dmsc_bytes good;
    uint32_t crc; /* the header's word about the list or the index */
    struct dmsc_card_trust trust;
    size_t tries, syntax, crc_only, survived;
};

static enum dmsc_err decode_part(const struct walk *w, struct dmsc_bytes in)
{
    struct dmsc_card_header header;
    struct dmsc_ma_list list;
    struct dmsc_mo_index index;
    enum dmsc_err err;

    if (w->part == WALK_HEADER)
        return dmsc_card_header_decode(ctx, in, &header);
    if (w->part == WALK_INDEX) {
        err = dmsc_mo_index_decode(ctx, in, &index);
        if (err == DMSC_OK)
            dmsc_mo_index_clear(&index);
        return err;
    }
    err = dmsc_card_list_decode(ctx, in, &list);
    if (err == DMSC_OK)
        dmsc_ma_list_clear(&list);
    return err;
}

static void walk_one(struct walk *w, struct dmsc_bytes in)
{
    struct dmsc_bytes exact = support_copy_exact(in);
    enum dmsc_err err;

    dmsc_diag_clear(ctx);
    err = decode_part(w, exact);
    w->tries++;
    if (err != DMSC_OK) {
        assert_true(dmsc_diag_get(ctx)->reason[0] != '\0');
        w->syntax++;
    } else if (w->part == WALK_HEADER) {
        fail_msg("a broken header was taken");
    } else {
        /* What the syntax lets pass the check sum catches; with a new check sum a list is caught by
         * its signature. A changed index with a new check sum is another valid index. */
        assert_int_not_equal(dmsci_crc32(exact), w->crc);
        w->crc_only++;
        if (w->part == WALK_LIST) {
            err = dmsc_card_list_verify(ctx, exact, &w->trust);
            assert_int_equal(err, DMSC_E_UNTRUSTED);
            assert_true(strncmp(dmsc_diag_get(ctx)->reason, "mal:", 4) == 0);
        } else {
            w->survived++;
        }
    }
    support_free(exact);
}

static void walk(struct walk *w)
{
    uint8_t bytes[512];

    assert_true(w->good.n <= sizeof(bytes));
    for (size_t n = 0; n < w->good.n; n++)
        walk_one(w, dmsc_bytes(w->good.p, n));
    for (size_t i = 0; i < w->good.n; i++) {
        uint8_t was = w->good.p[i];

        for (unsigned kind = 0; kind < 11; kind++) {
            static const uint8_t whole[3] = { 0x00, 0xFF, 0xA5 };
            uint8_t now = (uint8_t)(kind < 8 ? was ^ 1u << kind : whole[kind - 8]);

            if (now == was)
                continue;
            dmsci_copy(bytes, w->good.p, w->good.n);
            bytes[i] = now;
            walk_one(w, dmsc_bytes(bytes, w->good.n));
        }
    }
    print_message("%zu broken images: %zu refused by the decoder, %zu by check sum or signature\n",
                  w->tries, w->syntax, w->crc_only);
}

/* The first value of this key in a vector file, in a heap block of its size. */
static struct dmsc_bytes first_value(const char *file, const char *key)
{
    char path[64], hex[1200], begin[16];
    struct dmsc_bytes text, value;
    struct dmsc_buf buf;
    const char *p;
    size_t n = 0;

    (void)snprintf(path, sizeof(path), "tests/vectors/%s", file);
    (void)snprintf(begin, sizeof(begin), "\n%s: ", key);
    text = support_slurp(path);
    p = strstr((const char *)text.p, begin);
    assert_non_null(p);
    for (p += strlen(begin); p[0] != '\n' || p[1] == ' '; p++) {
        assert_true(n + 1 < sizeof(hex));
        if (p[0] != '\n')
            hex[n++] = *p;
    }
    hex[n] = '\0';
    dmsc_buf_init(&buf, ctx, sizeof(hex));
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    value = support_copy_exact(dmsc_buf_bytes(&buf));
    dmsc_buf_clear(&buf);
    support_free(text);
    return value;
}

static struct dmsc_bytes first_input(const char *file)
{
    return first_value(file, "input");
}

static void walk_header(void **state)
{
    struct walk w = { .part = WALK_HEADER };

    (void)state;
    w.good = first_input("card_header.txt");
    walk(&w);
    assert_int_equal(w.tries, w.syntax);
    support_free(w.good);
}

/* With a right check sum the values themselves are looked at: nothing crashes, what is refused has
 * a name. */
static void walk_header_with_new_crc(void **state)
{
    struct dmsc_bytes good = first_input("card_header.txt");
    struct dmsc_card_header h;
    uint8_t record[DMSC_CARD_HEADER_SIZE];

    (void)state;
    for (size_t i = 0; i < DMSC_CARD_HEADER_SIZE - 4; i++) {
        for (unsigned value = 0; value < 256; value++) {
            struct dmsc_wr w = dmsc_wr(record + DMSC_CARD_HEADER_SIZE - 4, 4);

            dmsci_copy(record, good.p, sizeof(record));
            record[i] = (uint8_t)value;
            dmsc_wr_u32(&w, dmsci_crc32(dmsc_bytes(record, DMSC_CARD_HEADER_SIZE - 4)));
            dmsc_diag_clear(ctx);
            if (dmsc_card_header_decode(ctx, dmsc_bytes(record, sizeof(record)), &h) != DMSC_OK)
                assert_true(strncmp(dmsc_diag_get(ctx)->reason, "hdr:", 4) == 0);
        }
    }
    support_free(good);
}

static void walk_list(void **state)
{
    struct walk w = { .part = WALK_LIST };
    struct dmsc_bytes key = first_value("card_mal_sig.txt", "spki");

    (void)state;
    w.good = first_input("card_mal_sig.txt");
    w.crc = dmsci_crc32(w.good);
    w.trust = (struct dmsc_card_trust){ &key, 1 };
    assert_int_equal(dmsc_card_list_verify(ctx, w.good, &w.trust), DMSC_OK);
    walk(&w);
    assert_int_equal(w.survived, 0);
    support_free(w.good);
    support_free(key);
}

static void walk_index(void **state)
{
    struct walk w = { .part = WALK_INDEX };

    (void)state;
    w.good = first_input("card_mox.txt");
    w.crc = dmsci_crc32(w.good);
    walk(&w);
    support_free(w.good);
}

/* Each file where another one is expected. */
static void wrong_type(void **state)
{
    static const char *const files[3] = { "card_header.txt", "card_mal.txt", "card_mox.txt" };

    (void)state;
    for (int part = WALK_HEADER; part <= WALK_INDEX; part++) {
        struct walk w = { .part = (enum walk_part)part };

        for (int other = WALK_HEADER; other <= WALK_INDEX; other++) {
            struct dmsc_bytes input = first_input(files[other]);

            dmsc_diag_clear(ctx);
            if (other == part)
                assert_int_equal(decode_part(&w, input), DMSC_OK);
            else
                assert_int_not_equal(decode_part(&w, input), DMSC_OK);
            assert_int_equal(dmsc_diag_get(ctx)->reason[0] != '\0', other != part);
            support_free(input);
        }
    }
}

static enum dmsc_err codec_scenario(struct dmsc_ctx *c, void *user)
{
    const struct dmsc_bytes *input = user;
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_mo_index index = DMSC_MO_INDEX_INIT;
    struct dmsc_psk_record psk = DMSC_PSK_RECORD_INIT;
    struct dmsc_buf file;
    enum dmsc_err err = dmsc_card_list_decode(c, input[0], &list);

    dmsc_buf_init(&file, c, 4096);
    if (err == DMSC_OK)
        err = dmsc_card_list_encode(c, &list, NULL, &file);
    if (err == DMSC_OK)
        err = dmsc_mo_index_decode(c, input[1], &index);
    if (err == DMSC_OK)
        err = dmsc_mo_index_encode(&index, &file);
    if (err == DMSC_OK)
        err = dmsc_psk_record_decode(c, input[2], &psk);
    dmsc_psk_record_clear(&psk);
    dmsc_mo_index_clear(&index);
    dmsc_ma_list_clear(&list);
    dmsc_buf_clear(&file);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    struct dmsc_bytes input[3];

    (void)state;
    input[0] = first_input("card_mal.txt");
    input[1] = first_input("card_mox.txt");
    input[2] = first_input("card_psk.txt");
    assert_true(fault_torture(codec_scenario, input) > 10);
    for (size_t i = 0; i < 3; i++)
        support_free(input[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(header_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(ma_list_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(ma_list_signatures, setup, teardown),
        cmocka_unit_test_setup_teardown(mo_index_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(psk_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(receipt_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(pkcs15_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(oid_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_header, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_header_with_new_crc, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_list, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_index, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_type, setup, teardown),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, setup, teardown),
    };

    return support_exit(cmocka_run_group_tests_name("card/format", tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
