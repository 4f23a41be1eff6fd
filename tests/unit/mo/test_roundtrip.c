/* SPDX-License-Identifier: Apache-2.0 */
/* Trees made by chance: what is exported and imported again is the same. */
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct chance {
    uint64_t state;
};

static unsigned below(struct chance *c, unsigned n)
{
    c->state = c->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(c->state >> 33) % n;
}

static const char *pick(struct chance *c, const char *const *list, size_t n)
{
    return list[below(c, (unsigned)n)];
}

#define PICK(c, list) pick(c, list, DMSCI_ARRAY_LEN(list))

static const char *const names[] = { "A",     "b",      "B b", " lead", "trail ", "%",   "50%25",
                                     "a?b=c", "&<>\"'", "é",   "日本",  "-",      "...", "a.b",
                                     "#",     "😀",      "a+b", "x;y",   "[z]",    "\\",  "~" };
static const char *const acls[] = { "", "", "", "Get=*", "Add=S1&Get=S1+S2&Replace=*", "Exec=é" };
static const char *const types[] = { "", "text/plain", "a&b", "image/png; q=\"1\"" };
static const char *const urns[] = { "", "", "urn:oma:mo:oma-dm-devinfo:1.0", "net.example/1.0/G" };
static const char *const titles[] = { "", "", "A title", " <spaces & lines>\n", "\r\n", "]]>" };
static const char *const values[][5] = {
    [DMSC_FORMAT_NODE] = { "", "", "", "", "" },
    [DMSC_FORMAT_CHR] = { "", " both ends ", "a\r\nb\tc\n", "<a>&amp;]]></a>", "日本\x7F😀" },
    [DMSC_FORMAT_INT] = { "", "0", "-2147483648", "+7", "0012" },
    [DMSC_FORMAT_BOOL] = { "", "true", "false", "TRUE", "False" },
    [DMSC_FORMAT_BIN] = { "", "\xFF", "ab", "\x01\x02\x03", "octets \xC3" },
    [DMSC_FORMAT_B64] = { "", "QQ==", "QUJD\n", " QUI= ", "QU\r\nJD" },
    [DMSC_FORMAT_XML] = { "", "<a/>", "\n <a b='c'>d</a>\n", "<![CDATA[x]]>", "&lt;" },
    [DMSC_FORMAT_NULL] = { "", "", "", "", "" },
    [DMSC_FORMAT_DATE] = { "", "20260131", "2026-01-31", "20240229", "19700101" },
    [DMSC_FORMAT_TIME] = { "", "163000Z", "16:30:00Z", "000000", "235959+02" },
    [DMSC_FORMAT_FLOAT] = { "", "1.5", "-INF", "NaN", "1e-10" },
};

static void grow(struct bed *bed, struct chance *c, unsigned nodes)
{
    char interior[64][200] = { "./Top" };
    unsigned interiors = 1;

    bed_begin(bed);
    for (unsigned i = 0; i < nodes; i++) {
        struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
        char uri[260];
        bool leaf = i > 0 && below(c, 3) > 0;
        enum dmsc_err err;

        spec.format = leaf ? (enum dmsc_format)(1 + below(c, DMSC_FORMAT_FLOAT)) : DMSC_FORMAT_NODE;
        spec.type = leaf ? PICK(c, types) : PICK(c, urns);
        spec.title = PICK(c, titles);
        spec.acl = PICK(c, acls);
        spec.value = dmsc_bytes_str(values[spec.format][below(c, 5)]);
        if (i == 0)
            (void)snprintf(uri, sizeof(uri), "./Top");
        else
            (void)snprintf(uri, sizeof(uri), "%s/%s", interior[below(c, interiors)],
                           PICK(c, names));
        err = dmsc_tree_add(bed->tree, uri, &spec);
        assert_true(err == DMSC_OK || err == DMSC_E_EXISTS || err == DMSC_E_LIMIT);
        if (err == DMSC_OK && !leaf && i > 0 && interiors < 64 && strlen(uri) < 200)
            (void)snprintf(interior[interiors++], sizeof(interior[0]), "%.199s", uri);
    }
    bed_commit(bed);
}

static struct dmsc_buf export(struct bed *bed, const char *uri)
{
    struct dmsc_buf xml;

    dmsc_buf_init(&xml, bed->ctx, 1u << 20);
    assert_int_equal(dmsc_tnds_export(bed->tree, uri, NULL, NULL, &xml), DMSC_OK);
    return xml;
}

static struct dmsc_buf export_wbxml(struct bed *bed, const char *uri)
{
    struct dmsc_buf wbxml;

    dmsc_buf_init(&wbxml, bed->ctx, 1u << 20);
    assert_int_equal(dmsc_tnds_export_wbxml(bed->tree, uri, NULL, NULL, &wbxml), DMSC_OK);
    return wbxml;
}

static void assert_same(struct bed *a, struct bed *b, const char *uri)
{
    struct dmsc_buf one = bed_dump(a, uri);
    struct dmsc_buf two = bed_dump(b, uri);

    assert_string_equal(dmsc_buf_str(&one), dmsc_buf_str(&two));
    dmsc_buf_clear(&one);
    dmsc_buf_clear(&two);
}

static void import(struct bed *bed, enum dmsc_tnds_mode mode, const struct dmsc_buf *xml)
{
    const struct dmsc_tnds_import how = { .mode = mode };

    bed_begin(bed);
    assert_int_equal(dmsc_tnds_import(bed->tree, &how, dmsc_buf_bytes(xml), NULL), DMSC_OK);
    bed_commit(bed);
}

/* XML to tree to WBXML to tree to XML. */
static void through_wbxml(const struct dmsc_buf *xml)
{
    struct bed one, two;
    struct dmsc_buf wbxml, again, once_more;

    bed_make(&one, NULL);
    bed_make(&two, NULL);
    import(&one, DMSC_TNDS_ADD, xml);
    wbxml = export_wbxml(&one, "./Top");
    assert_true(wbxml.n < xml->n);
    import(&two, DMSC_TNDS_ADD, &wbxml);
    assert_same(&one, &two, "./Top");
    again = export(&two, "./Top");
    assert_string_equal(dmsc_buf_str(xml), dmsc_buf_str(&again));
    once_more = export_wbxml(&two, "./Top");
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&wbxml), dmsc_buf_bytes(&once_more)));
    dmsc_buf_clear(&wbxml);
    dmsc_buf_clear(&again);
    dmsc_buf_clear(&once_more);
    bed_clear(&one);
    bed_clear(&two);
}

static void one_round(uint64_t seed)
{
    struct chance c = { seed };
    struct bed from;
    struct bed to;
    struct bed other;
    struct dmsc_buf xml;
    struct dmsc_buf again;

    bed_make(&from, NULL);
    bed_make(&to, NULL);
    bed_make(&other, NULL);
    grow(&from, &c, 1 + below(&c, 120));
    xml = export(&from, "./Top");
    import(&to, DMSC_TNDS_ADD, &xml);
    assert_same(&from, &to, "./Top");
    again = export(&to, "./Top");
    assert_string_equal(dmsc_buf_str(&xml), dmsc_buf_str(&again));
    through_wbxml(&xml);
    /* REP 6.6.11: over any other tree, too. */
    grow(&other, &c, 1 + below(&c, 60));
    bed_begin(&other);
    /* The first node keeps what is not stated. */
    assert_int_equal(dmsc_tree_set_acl(other.tree, "./Top", ""), DMSC_OK);
    assert_int_equal(dmsc_tree_set_title(other.tree, "./Top", ""), DMSC_OK);
    bed_commit(&other);
    bed_begin(&from);
    assert_int_equal(dmsc_tree_set_acl(from.tree, "./Top", ""), DMSC_OK);
    bed_commit(&from);
    dmsc_buf_clear(&xml);
    xml = export(&from, "./Top");
    import(&other, DMSC_TNDS_REPLACE, &xml);
    assert_same(&from, &other, "./Top");
    dmsc_buf_clear(&xml);
    dmsc_buf_clear(&again);
    /* The whole tree, its root included. */
    xml = export(&from, ".");
    import(&to, DMSC_TNDS_REPLACE, &xml);
    assert_same(&from, &to, ".");
    dmsc_buf_clear(&xml);
    bed_clear(&from);
    bed_clear(&to);
    bed_clear(&other);
}

static void generated_trees(void **state)
{
    const char *wanted = getenv("DMSC_TEST_SEED");
    uint64_t seed = wanted != NULL ? strtoull(wanted, NULL, 0) : (uint64_t)time(NULL);

    (void)state;
    print_message("DMSC_TEST_SEED=%llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < 150; i++)
        one_round(seed + i);
}

/* Somebody else's parser takes what we write. */
static void xmllint(void **state)
{
    char directory[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX + 16];
    char command[SUPPORT_PATH_MAX + 80];

    (void)state;
    if (system("command -v xmllint >/dev/null 2>&1") != 0)
        support_skip("xmllint is not here");
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/object.xml", directory);
    (void)snprintf(command, sizeof(command), "xmllint --nonet --noout '%s'", path);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct chance c = { seed };
        struct bed bed;
        struct dmsc_buf xml;
        FILE *file = fopen(path, "wb");

        assert_non_null(file);
        bed_make(&bed, NULL);
        grow(&bed, &c, 100);
        xml = export(&bed, ".");
        assert_int_equal(fwrite(xml.p, 1, xml.n, file), xml.n);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(system(command), 0);
        dmsc_buf_clear(&xml);
        bed_clear(&bed);
    }
    support_rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_trees),
        cmocka_unit_test(xmllint),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
