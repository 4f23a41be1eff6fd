/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/script/report.h"
#include <string.h>

static const char *const kinds[] = { "command", "power", "message" };
static const char *const verdicts[] = { "done", "passed", "failed", "broken" };

json_t *cli_report_line(const struct dmsc_script_event *e)
{
    json_t *line =
        json_pack("{s:o,s:i,s:s,s:s,s:o}", "file", cli_text(e->file), "line", (int)e->line, "kind",
                  kinds[e->kind], "verdict", verdicts[e->verdict], "name", cli_text(e->name));
    const struct {
        const char *key, *value;
    } texts[] = {
        { "command", e->command },   { "answer", e->answer },           { "sw", e->sw },
        { "expected", e->expected }, { "expected_sw", e->expected_sw }, { "why", e->why },
    };

    for (size_t i = 0; line != NULL && i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].value[0] != '\0')
            (void)json_object_set_new(line, texts[i].key, cli_text(texts[i].value));
    }
    if (line != NULL && e->err != DMSC_OK)
        (void)json_object_set_new(line, "error", json_string(dmsc_err_name(e->err)));
    if (line != NULL && e->kind != DMSC_SCRIPT_MESSAGE)
        (void)json_object_set_new(line, "ms", json_integer(e->ms));
    return line;
}

/* What comes from a script or a card does not talk to the terminal. */
static void put_clean(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        (void)putchar(c < 0x20 || c == 0x7F ? '?' : c);
    }
}

#define SHOWN_MAX 48

static void put_hex(const char *hex)
{
    size_t n = strlen(hex);

    if (n <= SHOWN_MAX)
        (void)fputs(hex, stdout);
    else
        (void)printf("%.*s.. (%zu bytes)", SHOWN_MAX - 8, hex, n / 2);
}

/* Expected and actual below each other, and a mark under the first byte that differs. */
static void show_difference(const struct dmsc_script_event *e)
{
    size_t i = 0;

    if (e->expected_sw[0] != '\0' && e->sw[0] != '\0')
        (void)printf("        expected SW  %s\n        actual SW    %s\n", e->expected_sw, e->sw);
    if (e->expected[0] == '\0')
        return;
    (void)printf("        expected     %s\n        actual       %s\n", e->expected, e->answer);
    while (e->expected[i] != '\0' && e->answer[i] != '\0' &&
           (e->expected[i] == 'X' || e->expected[i] == e->answer[i]))
        i++;
    if (e->expected[i] != '\0' || e->answer[i] != '\0')
        (void)printf("%*s^^\n", (int)(21 + i / 2 * 2), "");
}

void cli_report_show(const struct dmsc_script_event *e, const char **file)
{
    static const char *const words[] = { "", "ok", "FAILED", "BROKEN" };

    if (*file == NULL || strcmp(*file, e->file) != 0) {
        put_clean(e->file);
        (void)putchar('\n');
        *file = e->file;
    }
    (void)printf("%5u  ", e->line);
    put_clean(e->name);
    if (e->command[0] != '\0') {
        (void)putchar(' ');
        put_hex(e->command);
    }
    if (e->answer[0] != '\0' || e->sw[0] != '\0') {
        (void)fputs("  ->  ", stdout);
        put_hex(e->answer);
        (void)printf("%s%s", e->answer[0] != '\0' && e->sw[0] != '\0' ? " " : "", e->sw);
    }
    (void)printf("%s%s\n", words[e->verdict][0] != '\0' ? "  " : "", words[e->verdict]);
    if (e->why[0] != '\0')
        (void)printf("        %s\n", e->why);
    if (e->verdict == DMSC_SCRIPT_FAILED)
        show_difference(e);
    (void)fflush(stdout);
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static bool is(const json_t *line, const char *key, const char *value)
{
    return strcmp(text_of(line, key), value) == 0;
}

/* A line in which something was compared, or could not be. */
static bool is_test(const json_t *line)
{
    return !is(line, "verdict", "done");
}

static enum dmsc_err write_json(FILE *file, const json_t *report)
{
    return json_dumpf(report, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF ? DMSC_OK
                                                                                     : DMSC_E_IO;
}

/* A line of TAP has no line end and no "#" of its own. */
static void put_tap(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        (void)fputc(c < 0x20 || c == 0x7F || c == '#' ? '?' : c, file);
    }
}

/* A scalar of YAML between quotation marks. */
static void put_yaml(FILE *file, const char *key, const char *text)
{
    (void)fprintf(file, "  %s: \"", key);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            (void)fputc('\\', file);
        (void)fputc(c < 0x20 || c == 0x7F ? '?' : c, file);
    }
    (void)fputs("\"\n", file);
}

static void tap_details(FILE *file, const json_t *line)
{
    (void)fputs("  ---\n", file);
    put_yaml(file, "message", text_of(line, "why"));
    put_yaml(file, "file", text_of(line, "file"));
    (void)fprintf(file, "  line: %lld\n", number_of(line, "line"));
    if (text_of(line, "expected_sw")[0] != '\0') {
        put_yaml(file, "expected_sw", text_of(line, "expected_sw"));
        put_yaml(file, "actual_sw", text_of(line, "sw"));
    }
    if (text_of(line, "expected")[0] != '\0') {
        put_yaml(file, "expected", text_of(line, "expected"));
        put_yaml(file, "actual", text_of(line, "answer"));
    }
    (void)fputs("  ...\n", file);
}

/* The Test Anything Protocol, version 13. */
static enum dmsc_err write_tap(FILE *file, const json_t *report)
{
    const json_t *lines = json_object_get(report, "lines");
    const json_t *line;
    unsigned n = 0;
    size_t i;

    (void)fputs("TAP version 13\n", file);
    json_array_foreach(lines, i, line)
    {
        bool failed = is(line, "verdict", "failed") || is(line, "verdict", "broken");

        if (!is_test(line)) {
            if (!is(line, "kind", "message"))
                continue;
            (void)fputs("# ", file);
            put_tap(file, text_of(line, "name"));
            (void)fputc('\n', file);
            continue;
        }
        (void)fprintf(file, "%sok %u - ", failed ? "not " : "", ++n);
        put_tap(file, text_of(line, "file"));
        (void)fprintf(file, ":%lld ", number_of(line, "line"));
        put_tap(file, text_of(line, "name"));
        (void)fprintf(file, " %s\n", text_of(line, "command"));
        if (failed)
            tap_details(file, line);
    }
    if (is(report, "result", "stopped"))
        (void)fputs("Bail out! stopped by the user\n", file);
    (void)fprintf(file, "1..%u\n", n);
    return ferror(file) ? DMSC_E_IO : DMSC_OK;
}

static void put_xml(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        const char *entity = c == '<'   ? "&lt;"
                             : c == '>' ? "&gt;"
                             : c == '&' ? "&amp;"
                             : c == '"' ? "&quot;"
                                        : NULL;

        if (entity != NULL)
            (void)fputs(entity, file);
        else
            (void)fputc(c < 0x20 || c == 0x7F ? '?' : c, file);
    }
}

static void junit_failure(FILE *file, const json_t *line, const char *element)
{
    static const char *const keys[][2] = { { "expected_sw", "expected SW" },
                                           { "sw", "actual SW" },
                                           { "expected", "expected" },
                                           { "answer", "actual" } };

    (void)fprintf(file, "      <%s type=\"%s\" message=\"", element,
                  element[0] == 'e' ? text_of(line, "error") : "mismatch");
    put_xml(file, text_of(line, "why"));
    (void)fputs("\">", file);
    put_xml(file, text_of(line, "file"));
    (void)fprintf(file, ":%lld\n", number_of(line, "line"));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (text_of(line, keys[i][0])[0] != '\0')
            (void)fprintf(file, "%s: %s\n", keys[i][1], text_of(line, keys[i][0]));
    }
    (void)fprintf(file, "</%s>\n", element);
}

static void junit_case(FILE *file, const json_t *line)
{
    long long ms = number_of(line, "ms");
    const char *element = is(line, "verdict", "failed")   ? "failure"
                          : is(line, "verdict", "broken") ? "error"
                                                          : NULL;

    (void)fputs("    <testcase classname=\"", file);
    put_xml(file, text_of(line, "file"));
    (void)fprintf(file, "\" name=\"line %lld: ", number_of(line, "line"));
    put_xml(file, text_of(line, "name"));
    (void)fprintf(file, " %s\" file=\"", text_of(line, "command"));
    put_xml(file, text_of(line, "file"));
    (void)fprintf(file, "\" line=\"%lld\" time=\"%lld.%03lld\"", number_of(line, "line"), ms / 1000,
                  ms % 1000);
    if (element == NULL) {
        (void)fputs("/>\n", file);
        return;
    }
    (void)fputs(">\n", file);
    junit_failure(file, line, element);
    (void)fputs("    </testcase>\n", file);
}

static void junit_counts(FILE *file, const json_t *report)
{
    long long passed = number_of(report, "passed"), failed = number_of(report, "failed"),
              broken = number_of(report, "broken"), ms = number_of(report, "ms");

    (void)fprintf(file, "tests=\"%lld\" failures=\"%lld\" errors=\"%lld\" time=\"%lld.%03lld\">\n",
                  passed + failed + broken, failed, broken, ms / 1000, ms % 1000);
}

static enum dmsc_err write_junit(FILE *file, const json_t *report)
{
    const json_t *line;
    size_t i;

    (void)fputs(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dmsc card script\" ", file);
    junit_counts(file, report);
    (void)fputs("  <testsuite name=\"", file);
    put_xml(file, text_of(report, "script"));
    (void)fputs("\" ", file);
    junit_counts(file, report);
    json_array_foreach(json_object_get(report, "lines"), i, line)
    {
        if (is_test(line))
            junit_case(file, line);
    }
    (void)fputs("  </testsuite>\n</testsuites>\n", file);
    return ferror(file) ? DMSC_E_IO : DMSC_OK;
}

cli_report_writer cli_report_find(const char *name)
{
    if (strcmp(name, "json") == 0)
        return write_json;
    if (strcmp(name, "tap") == 0)
        return write_tap;
    return strcmp(name, "junit") == 0 ? write_junit : NULL;
}
