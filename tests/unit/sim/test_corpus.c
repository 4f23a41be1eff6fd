/* SPDX-License-Identifier: Apache-2.0 */
/* A whole real UICC as a card profile: every FCP and every content reads back byte for byte. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include "tests/unit/sim/card.h"
#include <dmsc/fcp.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CORPUS                                                                                     \
    "../shared/corpus/card/fs/"                                                                    \
    "card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl"
#define LINE_MAX_BYTES (1u << 20)
#define FILES_MAX      400u

struct file {
    char from[128]; /* as the corpus has it, "3f00/a0000000871002/6f07" */
    char path[128]; /* as a profile has it */
    struct dmsc_buf fcp, content;
    bool has_content;
};

struct card {
    struct dmsc_ctx *ctx;
    struct dmsc_buf json;
    struct file files[FILES_MAX];
    unsigned n;
};

static void hex_into(struct dmsc_buf *buf, struct dmsc_ctx *ctx, const char *hex)
{
    dmsc_buf_init(buf, ctx, 65536);
    assert_int_equal(dmsc_hex_decode(hex, buf), DMSC_OK);
}

static void put(struct card *c, const char *key, struct dmsc_bytes bytes)
{
    char hex[1200];

    assert_true(bytes.n < 600);
    dmsc_hex_encode(bytes, hex);
    assert_int_equal(dmsci_buf_printf(&c->json, ", \"%s\": \"%s\"", key, hex), DMSC_OK);
}

static void make_path(struct card *c, struct file *f, const struct dmsc_fcp *fcp)
{
    const char *slash = strrchr(f->from, '/');
    char own[40];

    dmsc_hex_encode(fcp->df_name, own);
    if (fcp->has_file_id)
        (void)snprintf(own, sizeof(own), "%04X", fcp->file_id);
    (void)snprintf(f->path, sizeof(f->path), "%s", own);
    for (unsigned i = 0; slash != NULL && i < c->n; i++) {
        char parent[sizeof(f->path)];

        (void)snprintf(parent, sizeof(parent), "%s", c->files[i].path);
        if (strlen(c->files[i].from) == (size_t)(slash - f->from) &&
            strncmp(c->files[i].from, f->from, (size_t)(slash - f->from)) == 0)
            (void)snprintf(f->path, sizeof(f->path), "%.80s/%s", parent, own);
    }
}

static void put_keys(struct card *c, const struct dmsc_fcp *fcp)
{
    struct dmsc_rd r = dmsc_rd(fcp->pin_status);
    const char *comma = "";
    struct dmsci_tlv tlv;

    assert_int_equal(dmsc_buf_append_str(&c->json, ", \"pin_keys\": ["), DMSC_OK);
    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag != 0x83)
            continue;
        assert_int_equal(dmsci_buf_printf(&c->json, "%s\"%02X\"", comma, tlv.value.p[0]), DMSC_OK);
        comma = ",";
    }
    assert_int_equal(dmsc_buf_append_str(&c->json, "]"), DMSC_OK);
}

static void put_content(struct card *c, const struct file *f, const struct dmsc_fcp *fcp)
{
    size_t step = fcp->records > 0 ? fcp->record_length : f->content.n;
    static char hex[65536];

    assert_int_equal(dmsc_buf_append_str(&c->json, ", \"content\": ["), DMSC_OK);
    for (size_t at = 0; at < f->content.n; at += step) {
        dmsc_hex_encode(dmsc_bytes(f->content.p + at, step), hex);
        assert_int_equal(dmsci_buf_printf(&c->json, "%s\"%s\"", at > 0 ? "," : "", hex), DMSC_OK);
    }
    assert_int_equal(dmsc_buf_append_str(&c->json, "]"), DMSC_OK);
}

static void put_size(struct card *c, const struct dmsc_fcp *fcp)
{
    if (fcp->records > 0)
        assert_int_equal(dmsci_buf_printf(&c->json, ", \"records\": %u, \"record_length\": %u",
                                          fcp->records, fcp->record_length),
                         DMSC_OK);
    else
        assert_int_equal(
            dmsci_buf_printf(&c->json, ", \"size\": %lu", (unsigned long)fcp->size_bytes), DMSC_OK);
    if (fcp->has_sfi)
        assert_int_equal(dmsci_buf_printf(&c->json, ", \"sfi\": %u", fcp->sfi), DMSC_OK);
}

/* An entry of "files" from the FCP that the card gave. */
static void put_file(struct card *c, const struct file *f, const struct dmsc_fcp *fcp)
{
    static const char *const types[] = { "df", "transparent", "linear-fixed", "cyclic" };
    bool df = fcp->kind == DMSC_FILE_DF;

    assert_int_equal(
        dmsci_buf_printf(&c->json, "%s\n\"%s\": {\"type\": \"%s\", \"life_cycle\": %u",
                         c->n > 0 ? "," : "", f->path,
                         df ? (fcp->df_name.n > 0 ? "adf" : "df") : types[fcp->structure],
                         fcp->life_cycle),
        DMSC_OK);
    if (fcp->security_referenced.n == 3)
        assert_int_equal(
            dmsci_buf_printf(&c->json, ", \"arr\": \"%02X%02X:%u\"", fcp->security_referenced.p[0],
                             fcp->security_referenced.p[1], fcp->security_referenced.p[2]),
            DMSC_OK);
    else
        put(c, "compact", fcp->security_compact);
    put(c, "proprietary", fcp->proprietary);
    if (!fcp->shareable)
        assert_int_equal(dmsc_buf_append_str(&c->json, ", \"shareable\": false"), DMSC_OK);
    if (fcp->df_name.n > 0)
        put(c, "aid", fcp->df_name);
    if (df)
        put_keys(c, fcp);
    else
        put_size(c, fcp);
    if (f->has_content)
        put_content(c, f, fcp);
    assert_int_equal(dmsc_buf_append_str(&c->json, "}"), DMSC_OK);
}

static void take_content(struct card *c, struct file *f, const json_t *row,
                         const struct dmsc_fcp *fcp)
{
    const json_t *binary = json_object_get(row, "binary");
    const json_t *records = json_object_get(row, "records");

    dmsc_buf_init(&f->content, c->ctx, 65536);
    f->has_content = binary != NULL || records != NULL;
    if (binary != NULL)
        assert_int_equal(dmsc_hex_decode(json_string_value(binary), &f->content), DMSC_OK);
    for (unsigned i = 1; records != NULL && i <= fcp->records; i++) {
        char number[8];

        (void)snprintf(number, sizeof(number), "%u", i);
        assert_int_equal(
            dmsc_hex_decode(json_string_value(json_object_get(records, number)), &f->content),
            DMSC_OK);
    }
}

static void take_row(struct card *c, const json_t *row)
{
    const char *hex = json_string_value(json_object_get(row, "fcp"));
    struct file *f = &c->files[c->n];
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    /* Not there, or an applet with an FCI of GlobalPlatform: no file of TS 102 221. */
    if (hex == NULL || strncmp(hex, "62", 2) != 0)
        return;
    assert_true(c->n < FILES_MAX);
    (void)snprintf(f->from, sizeof(f->from), "%s", json_string_value(json_object_get(row, "fids")));
    hex_into(&f->fcp, c->ctx, hex);
    assert_int_equal(dmsc_fcp_decode(dmsc_buf_bytes(&f->fcp), &fcp), DMSC_OK);
    make_path(c, f, &fcp);
    take_content(c, f, row, &fcp);
    put_file(c, f, &fcp);
    c->n++;
}

/* The rows of a DF come before that of the DF only by accident; the MF's first, then as they are.
 */
static void read_corpus(struct card *c)
{
    char path[SUPPORT_PATH_MAX];
    static char line[LINE_MAX_BYTES];
    FILE *f;

    support_path(CORPUS, path);
    f = fopen(path, "re");
    assert_non_null(f);
    assert_int_equal(
        dmsc_buf_append_str(
            &c->json,
            "{\"atr\": \"3B9F96801F878031E073FE211B674A4C753034054BA9\", \"pins\": {"
            "\"01\": {\"value\": \"1234\", \"enabled\": false}, \"81\": {\"value\": \"1234\"},"
            "\"0A\": {\"value\": \"1234\"}, \"0B\": {\"value\": \"1234\"}}, \"files\": {"),
        DMSC_OK);
    while (fgets(line, sizeof(line), f) != NULL) {
        json_t *row = json_loads(line, 0, NULL);

        assert_non_null(row);
        take_row(c, row);
        json_decref(row);
    }
    (void)fclose(f);
    /* The card has an EF(ARR) in each DF, and the corpus only some of them. */
    assert_int_equal(
        dmsc_buf_append_str(&c->json,
                            ",\n\"3F00/6F06\": {\"type\": \"linear-fixed\", \"records\": 20, "
                            "\"record_length\": 8, \"compact\": \"00\", \"content\": ["),
        DMSC_OK);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(dmsci_buf_printf(&c->json, "%s\"80017F9000\"", i > 0 ? "," : ""), DMSC_OK);
    assert_int_equal(dmsc_buf_append_str(&c->json, "]}}}"), DMSC_OK);
}

/* "3F00/7F20/6F07" -> SELECT from the MF, or through the AID. */
static void compare_fcp(struct dmsc_sim *sim, const struct file *f)
{
    char path[128], command[400], expected[600];
    char *p = path + 4;

    (void)snprintf(path, sizeof(path), "%s", f->path);
    card_send(sim, "00A40004023F0000");
    while (*p == '/') {
        size_t n = strcspn(p + 1, "/");

        (void)snprintf(command, sizeof(command), "00A4%s04%02X%.*s00", n == 4 ? "00" : "04",
                       (unsigned)(n / 2), (int)n, p + 1);
        p += 1 + n;
        if (*p == '/')
            card_send(sim, command);
    }
    if (p == path + 4)
        (void)snprintf(command, sizeof(command), "00A40004023F0000");
    dmsc_hex_encode(dmsc_buf_bytes(&f->fcp), expected);
    (void)snprintf(expected + strlen(expected), 8, "%s", "9000");
    if (strstr(expected, "8A0104") != NULL)
        (void)snprintf(expected + strlen(expected) - 4, 8, "%s", "6283");
    card_expect(sim, command, expected);
}

static void compare_content(struct dmsc_sim *sim, struct dmsc_ctx *ctx, const struct file *f)
{
    struct dmsc_buf content;

    dmsc_buf_init(&content, ctx, 65536);
    assert_int_equal(dmsc_sim_read(sim, f->path, &content), DMSC_OK);
    if (!dmsc_bytes_equal(dmsc_buf_bytes(&content), dmsc_buf_bytes(&f->content)))
        fail_msg("%s: another content", f->path);
    dmsc_buf_clear(&content);
}

static void a_real_card_reads_back(void **state)
{
    static struct card card;
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_sim *sim = NULL;
    unsigned contents = 0;

    (void)state;
    if (!support_exists(CORPUS))
        support_skip("no corpus of real cards at %s", CORPUS);
    card.ctx = card_ctx();
    dmsc_buf_init(&card.json, card.ctx, 4u << 20);
    read_corpus(&card);
    options.t1 = true;
    if (dmsc_sim_new_text(card.ctx, dmsc_buf_bytes(&card.json), NULL, &options, &sim) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(card.ctx)->where, dmsc_diag_get(card.ctx)->why);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    for (unsigned i = 0; i < card.n; i++) {
        compare_fcp(sim, &card.files[i]);
        if (card.files[i].has_content) {
            compare_content(sim, card.ctx, &card.files[i]);
            contents++;
        }
        dmsc_buf_clear(&card.files[i].fcp);
        dmsc_buf_clear(&card.files[i].content);
    }
    print_message("%u files, %u contents of a real card\n", card.n, contents);
    assert_true(card.n > 200 && contents > 200);
    dmsc_sim_free(sim);
    dmsc_buf_clear(&card.json);
    dmsc_ctx_free(card.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_real_card_reads_back) };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), 1);
}
