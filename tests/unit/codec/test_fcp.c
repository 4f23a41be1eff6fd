/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/fcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FCP_MAX 1024

static const struct {
    const char *name;
    int value;
} kinds[] = { { "df", DMSC_FILE_DF },
              { "ef", DMSC_FILE_WORKING_EF },
              { "internal", DMSC_FILE_INTERNAL_EF } },
  structures[] = {
      { "none", DMSC_FILE_NO_STRUCTURE },   { "transparent", DMSC_FILE_TRANSPARENT },
      { "linear", DMSC_FILE_LINEAR_FIXED }, { "cyclic", DMSC_FILE_CYCLIC },
      { "ber-tlv", DMSC_FILE_BER_TLV },
  };

static void compare_bytes(struct vectors *v, const char *key, struct dmsc_bytes actual)
{
    if (vec_has(v, key))
        vec_assert_hex(v, key, actual);
    else if (actual.n != 0)
        vec_fail(v, "%s is there", key);
}

static void compare_number(struct vectors *v, const char *key, bool has, unsigned long actual)
{
    if (vec_has(v, key) != has)
        vec_fail(v, "%s is%s there", key, has ? "" : " not");
    if (has)
        vec_assert_number(v, key, actual);
}

static void compare(struct vectors *v, const struct dmsc_fcp *fcp)
{
    vec_assert_text(v, "kind", kinds[fcp->kind].name);
    vec_assert_text(v, "structure", structures[fcp->structure].name);
    vec_assert_text(v, "shareable", fcp->shareable ? "yes" : "no");
    vec_assert_number(v, "descriptor", fcp->descriptor);
    compare_number(v, "record_length", fcp->record_length != 0, fcp->record_length);
    compare_number(v, "records", fcp->record_length != 0, fcp->records);
    compare_number(v, "file_id", fcp->has_file_id, fcp->file_id);
    compare_number(v, "size", fcp->has_size, fcp->size_bytes);
    compare_number(v, "total_size", fcp->has_total_size, fcp->total_size_bytes);
    compare_number(v, "sfi", fcp->has_sfi, fcp->sfi);
    vec_assert_number(v, "life_cycle", fcp->life_cycle);
    compare_bytes(v, "df_name", fcp->df_name);
    compare_bytes(v, "referenced", fcp->security_referenced);
    compare_bytes(v, "compact", fcp->security_compact);
    compare_bytes(v, "expanded", fcp->security_expanded);
    compare_bytes(v, "proprietary", fcp->proprietary);
    compare_bytes(v, "pin_status", fcp->pin_status);
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsc_fcp fcp;

    (void)user;
    memset(&fcp, 0xA5, sizeof(fcp));
    assert_int_equal(dmsc_fcp_decode(prefix, &fcp), DMSC_E_TRUNCATED);
    /* Untouched on failure. */
    for (size_t i = 0; i < sizeof(fcp); i++)
        assert_int_equal(((const uint8_t *)&fcp)[i], 0xA5);
}

/* Whatever the decoder takes, the encoder can say, and it means the same. */
static void survives(void *user, struct dmsc_bytes changed)
{
    uint8_t block[FCP_MAX], again[FCP_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_wr w2 = dmsc_wr(again, sizeof(again));
    struct dmsc_fcp fcp, second;

    (void)user;
    if (dmsc_fcp_decode(changed, &fcp) != DMSC_OK)
        return;
    assert_int_equal(dmsc_fcp_encode(&fcp, &w), DMSC_OK);
    assert_int_equal(dmsc_fcp_decode(dmsc_bytes(block, w.n), &second), DMSC_OK);
    assert_int_equal(dmsc_fcp_encode(&second, &w2), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_bytes(block, w.n), dmsc_bytes(again, w2.n)));
}

static void vectors_decode_and_encode(void **state)
{
    struct vectors *v = vectors_open("fcp.txt");
    uint8_t block[FCP_MAX];

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsc_fcp fcp = DMSC_FCP_INIT;
        enum dmsc_err err = dmsc_fcp_decode(in, &fcp);

        vec_assert_err(v, err);
        each_byte_changed(in, survives, NULL);
        if (err != DMSC_OK)
            continue;
        compare(v, &fcp);
        each_prefix(in, short_is_refused, NULL);
        assert_int_equal(dmsc_fcp_encode(&fcp, &w), DMSC_OK);
        if (strcmp(vec_text_or(v, "canonical", "yes"), "yes") == 0)
            vec_assert_hex(v, "input", dmsc_bytes(block, w.n));
        for (size_t cap = 0; cap < w.n; cap++) {
            struct dmsc_wr small = dmsc_wr(block, cap);

            assert_int_equal(dmsc_fcp_encode(&fcp, &small), DMSC_E_LIMIT);
            assert_int_equal(small.n, 0);
        }
    }
    vectors_close(v);
}

static void encode_counts_and_refuses(void **state)
{
    struct dmsc_wr count = dmsc_wr(NULL, 0);
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    (void)state;
    fcp.descriptor = 0x41;
    fcp.structure = DMSC_FILE_TRANSPARENT;
    assert_int_equal(dmsc_fcp_encode(&fcp, &count), DMSC_OK);
    assert_int_equal(count.n, 9);
    fcp.has_sfi = true;
    fcp.sfi = 31;
    assert_int_equal(dmsc_fcp_encode(&fcp, &count), DMSC_E_ARG);
    assert_int_equal(count.n, 9);
}

static struct dmsc_bytes some(struct gen *gen, uint8_t *p, uint32_t shortest, uint32_t longest)
{
    if (gen_bool(gen))
        return dmsc_bytes(NULL, 0);
    return gen_bytes(gen, p, shortest + gen_below(gen, longest - shortest + 1));
}

static struct dmsc_fcp some_file(struct gen *gen, uint8_t bytes[6][64])
{
    static const uint8_t descriptors[] = { 0x38, 0x01, 0x02, 0x06, 0x39, 0x09 };
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    unsigned i = gen_below(gen, DMSCI_ARRAY_LEN(descriptors));
    static const enum dmsc_file_structure structure_of[] = {
        DMSC_FILE_NO_STRUCTURE, DMSC_FILE_TRANSPARENT, DMSC_FILE_LINEAR_FIXED,
        DMSC_FILE_CYCLIC,       DMSC_FILE_BER_TLV,     DMSC_FILE_TRANSPARENT,
    };

    fcp.shareable = gen_bool(gen);
    fcp.descriptor = (uint8_t)(descriptors[i] | (fcp.shareable ? 0x40 : 0));
    fcp.kind = i == 0 ? DMSC_FILE_DF : i == 5 ? DMSC_FILE_INTERNAL_EF : DMSC_FILE_WORKING_EF;
    fcp.structure = structure_of[i];
    if (i == 2 || i == 3) {
        fcp.record_length = (uint16_t)(1 + gen_below(gen, 0xFFFF));
        fcp.records = (uint8_t)gen_u32(gen);
    }
    fcp.has_file_id = gen_bool(gen);
    fcp.file_id = fcp.has_file_id ? (uint16_t)gen_u32(gen) : 0;
    fcp.df_name = some(gen, bytes[0], 1, 16);
    fcp.has_size = gen_bool(gen);
    fcp.size_bytes = fcp.has_size ? gen_u32(gen) >> gen_below(gen, 32) : 0;
    fcp.has_total_size = gen_bool(gen);
    fcp.total_size_bytes = fcp.has_total_size ? gen_u32(gen) >> gen_below(gen, 32) : 0;
    fcp.has_sfi = gen_bool(gen);
    fcp.sfi = fcp.has_sfi ? (uint8_t)gen_below(gen, 31) : 0;
    fcp.life_cycle = (uint8_t)gen_u32(gen);
    fcp.security_referenced = some(gen, bytes[1], 3, 10);
    fcp.security_compact = some(gen, bytes[2], 1, 10);
    fcp.security_expanded = some(gen, bytes[3], 1, 60);
    fcp.proprietary = some(gen, bytes[4], 1, 60);
    fcp.pin_status = some(gen, bytes[5], 1, 30);
    return fcp;
}

static void same(const struct dmsc_fcp *a, const struct dmsc_fcp *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->structure, b->structure);
    assert_int_equal(a->shareable, b->shareable);
    assert_int_equal(a->descriptor, b->descriptor);
    assert_int_equal(a->record_length, b->record_length);
    assert_int_equal(a->records, b->records);
    assert_int_equal(a->has_file_id, b->has_file_id);
    assert_int_equal(a->file_id, b->file_id);
    assert_int_equal(a->has_size, b->has_size);
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_int_equal(a->has_total_size, b->has_total_size);
    assert_int_equal(a->total_size_bytes, b->total_size_bytes);
    assert_int_equal(a->has_sfi, b->has_sfi);
    assert_int_equal(a->sfi, b->sfi);
    assert_int_equal(a->life_cycle, b->life_cycle);
    assert_true(dmsc_bytes_equal(a->df_name, b->df_name));
    assert_true(dmsc_bytes_equal(a->security_referenced, b->security_referenced));
    assert_true(dmsc_bytes_equal(a->security_compact, b->security_compact));
    assert_true(dmsc_bytes_equal(a->security_expanded, b->security_expanded));
    assert_true(dmsc_bytes_equal(a->proprietary, b->proprietary));
    assert_true(dmsc_bytes_equal(a->pin_status, b->pin_status));
}

static void generated_files_come_back(void **state)
{
    struct gen gen = gen_begin("fcp");
    uint8_t block[FCP_MAX], bytes[6][64];

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsc_fcp fcp = some_file(&gen, bytes);
        struct dmsc_fcp back = DMSC_FCP_INIT;
        struct dmsc_bytes exact;

        assert_int_equal(dmsc_fcp_encode(&fcp, &w), DMSC_OK);
        exact = support_copy_exact(dmsc_bytes(block, w.n));
        assert_int_equal(dmsc_fcp_decode(exact, &back), DMSC_OK);
        same(&fcp, &back);
        support_free(exact);
    }
}

static void real_card_decodes(void *user, json_t *row)
{
    const char *format = corpus_text(row, "format");
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    size_t *count = user;
    struct dmsc_bytes in;
    enum dmsc_err err;

    if (format != NULL && strcmp(format, "TS 102 221 FCP") != 0)
        return;
    in = corpus_hex(row, "hex");
    err = dmsc_fcp_decode(in, &fcp);
    if (err != DMSC_OK)
        fail_msg("%s: %s", corpus_text(row, "id"), dmsc_err_name(err));
    survives(NULL, in);
    each_prefix(in, short_is_refused, NULL);
    support_free(in);
    (*count)++;
}

static void real_cards_decode(void **state)
{
    size_t count = 0;

    (void)state;
    corpus_each("fcp/pysim-select.jsonl", real_card_decodes, &count);
    corpus_each("fcp/trace-fcp-sja2.jsonl", real_card_decodes, &count);
    printf("%zu FCPs of real cards\n", count);
    assert_true(count > 80);
}

static bool says(json_t *object, const char *member, const char *text)
{
    const char *actual = corpus_text(object, member);

    return actual != NULL && strcmp(actual, text) == 0;
}

static void agree_on_descriptor(const char *path, json_t *descriptor, const struct dmsc_fcp *fcp)
{
    static const char *const structure_names[] = { "no_info_given", "transparent", "linear_fixed",
                                                   "cyclic", "ber_tlv" };
    json_t *byte = json_object_get(descriptor, "file_descriptor_byte");
    json_t *length = json_object_get(descriptor, "record_len");
    json_t *count = json_object_get(descriptor, "num_of_rec");

    if (fcp->shareable != json_is_true(json_object_get(byte, "shareable")) ||
        !says(byte, "structure", structure_names[fcp->structure]) ||
        !says(byte, "file_type", fcp->kind == DMSC_FILE_DF ? "df" : "working_ef") ||
        fcp->record_length != json_integer_value(length) ||
        fcp->records != json_integer_value(count))
        fail_msg("%s: another file descriptor", path);
}

/* What another implementation made of the same bytes. */
static void agree(const char *path, json_t *decoded, const struct dmsc_fcp *fcp)
{
    json_t *size = json_object_get(decoded, "file_size");
    json_t *sfi = json_object_get(decoded, "short_file_identifier");
    const char *name = corpus_text(decoded, "df_name");
    char text[2 * 16 + 1];

    agree_on_descriptor(path, json_object_get(decoded, "file_descriptor"), fcp);
    (void)snprintf(text, sizeof(text), "%04x", fcp->file_id);
    if (fcp->has_file_id != (json_object_get(decoded, "file_identifier") != NULL) ||
        (fcp->has_file_id && !says(decoded, "file_identifier", text)))
        fail_msg("%s: another identifier", path);
    if (fcp->has_size != (size != NULL) || fcp->size_bytes != json_integer_value(size))
        fail_msg("%s: another size", path);
    if (fcp->has_sfi != (sfi != NULL) || fcp->sfi != json_integer_value(sfi))
        fail_msg("%s: another SFI", path);
    if ((fcp->life_cycle & 0xFD) == 0x05 &&
        !says(decoded, "life_cycle_status_integer", "operational_activated"))
        fail_msg("%s: another life cycle", path);
    dmsc_hex_encode(fcp->df_name, text);
    if ((fcp->df_name.n > 0) != (name != NULL) || (name != NULL && strcasecmp(name, text) != 0))
        fail_msg("%s: another name", path);
}

static void real_file_agrees(void *user, json_t *row)
{
    json_t *decoded = json_object_get(row, "fcp_decoded");
    const char *path = corpus_text(row, "path");
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    size_t *count = user;
    struct dmsc_bytes in;

    /* 6F: what a Security Domain answers is no FCP. */
    if (decoded == NULL || strncmp(corpus_text(row, "fcp"), "62", 2) != 0)
        return;
    in = corpus_hex(row, "fcp");
    if (dmsc_fcp_decode(in, &fcp) != DMSC_OK)
        fail_msg("%s: it cannot be decoded", path);
    agree(path, decoded, &fcp);
    support_free(in);
    (*count)++;
}

static void another_implementation_agrees(void **state)
{
    size_t count = 0;

    (void)state;
    corpus_each("fs/card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl",
                real_file_agrees, &count);
    printf("%zu files of a real card\n", count);
    assert_true(count > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_decode_and_encode),
        cmocka_unit_test(encode_counts_and_refuses),
        cmocka_unit_test(generated_files_come_back),
        cmocka_unit_test(real_cards_decode),
        cmocka_unit_test(another_implementation_agrees),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
