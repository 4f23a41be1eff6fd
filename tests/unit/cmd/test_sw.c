/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <ctype.h>
#include <dmsc/apdu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum dmsc_sw_class class;
} classes[] = {
    { "ok", DMSC_SW_OK },
    { "proactive", DMSC_SW_PROACTIVE },
    { "transfer", DMSC_SW_TRANSFER },
    { "busy", DMSC_SW_BUSY },
    { "more", DMSC_SW_MORE },
    { "wrong-le", DMSC_SW_WRONG_LE },
    { "warning", DMSC_SW_WARNING },
    { "retries", DMSC_SW_RETRIES },
    { "notfound", DMSC_SW_NOTFOUND },
    { "denied", DMSC_SW_DENIED },
    { "blocked", DMSC_SW_BLOCKED },
    { "execution", DMSC_SW_EXECUTION },
    { "error", DMSC_SW_ERROR },
};

static uint8_t expected[0x10000];

static void take_row(struct vectors *v, const char *row)
{
    unsigned first, last;
    char name[16];

    if (sscanf(row, "%4x %4x %15s", &first, &last, name) != 3 || first > last)
        vec_fail(v, "not a row: %s", row);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(classes); i++) {
        if (strcmp(classes[i].name, name) != 0)
            continue;
        memset(expected + first, (int)classes[i].class, last - first + 1);
        return;
    }
    vec_fail(v, "no class has the name %s", name);
}

static void has_its_own_text(struct vectors *v, const char *list)
{
    char *end;

    for (const char *at = list; *at != '\0'; at = end + strspn(end, " \n")) {
        unsigned long sw = strtoul(at, &end, 16);

        if (end == at)
            vec_fail(v, "not a list: %s", at);
        if (strstr(dmsc_sw_text((uint16_t)sw), "unknown") != NULL)
            vec_fail(v, "%04lX has no text", sw);
    }
}

static void every_status_word_has_its_class(void **state)
{
    struct vectors *v = vectors_open("sw.txt");

    (void)state;
    memset(expected, DMSC_SW_ERROR, sizeof(expected));
    while (vectors_next(v)) {
        for (size_t i = 0; i < vec_count(v, "sw"); i++)
            take_row(v, vec_nth(v, "sw", i));
        if (vec_has(v, "known"))
            has_its_own_text(v, vec_text(v, "known"));
    }
    vectors_close(v);
    for (unsigned sw = 0; sw < 0x10000; sw++) {
        enum dmsc_sw_class class = dmsc_sw_class((uint16_t)sw);

        if (class != expected[sw])
            fail_msg("%04X is %s, not %s", sw, classes[class].name, classes[expected[sw]].name);
        assert_int_equal(dmsc_sw_done((uint16_t)sw),
                         sw == 0x9000 || (sw >= 0x9100 && sw <= 0x92FF));
    }
}

/* Something to read for each, one line, no full stop, no capital but in names. */
static void every_status_word_has_a_phrase(void **state)
{
    (void)state;
    for (unsigned sw = 0; sw < 0x10000; sw++) {
        const char *text = dmsc_sw_text((uint16_t)sw);

        assert_non_null(text);
        assert_true(strlen(text) > 3 && strlen(text) < 80);
        assert_null(strchr(text, '\n'));
        assert_true(text[strlen(text) - 1] != '.');
        assert_true(isalpha((unsigned char)text[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_word_has_its_class),
        cmocka_unit_test(every_status_word_has_a_phrase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
