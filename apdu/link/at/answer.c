/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/link/at/answer.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* TS 27.007 9.2.1 and 9.2.2, and what each says to do: those that a card or a file can cause. */
static const struct {
    int code;
    const char *text; /* with +CMEE=2 */
    enum dmsc_err err;
    const char *hint;
} cme_errors[] = {
    { 0, "phone failure", DMSC_E_LINK, NULL },
    { 3, "operation not allowed", DMSC_E_LINK, NULL },
    { 4, "operation not supported", DMSC_E_UNSUPPORTED, "try another mode=" },
    { 10, "SIM not inserted", DMSC_E_REMOVED, "insert the card" },
    { 11, "SIM PIN required", DMSC_E_LINK, "give the modem its PIN first (AT+CPIN)" },
    { 12, "SIM PUK required", DMSC_E_LINK, "give the modem the PUK first (AT+CPIN)" },
    { 13, "SIM failure", DMSC_E_LINK, "check how the card is inserted" },
    { 14, "SIM busy", DMSC_E_LINK, "try again in some seconds" },
    { 15, "SIM wrong", DMSC_E_LINK, NULL },
    { 16, "incorrect password", DMSC_E_LINK, NULL },
    { 20, "memory full", DMSC_E_LIMIT, "close a logical channel, or restart the modem" },
    { 21, "invalid index", DMSC_E_LINK, NULL },
    { 22, "not found", DMSC_E_NOTFOUND, NULL },
    { 50, "Incorrect parameters", DMSC_E_LINK, NULL },
    { 100, "unknown", DMSC_E_LINK, NULL },
};

/* How modems end a command that they refuse. The third and the fourth are in no standard. */
static const char *const refusals[] = { "ERROR", "+CMS ERROR", "COMMAND NOT SUPPORT",
                                        "TOO MANY PARAMETERS" };

static bool begins(const char *line, const char *with)
{
    return strncasecmp(line, with, strlen(with)) == 0;
}

static const char *skip_space(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
}

/* Without white space at the end. */
static size_t trimmed(const char *s)
{
    size_t n = strlen(s);

    while (n > 0 && isspace((unsigned char)s[n - 1]))
        n--;
    return n;
}

static bool is_word(const char *line, const char *word)
{
    return trimmed(line) == strlen(word) && begins(line, word);
}

/* A number with +CMEE=1; a sentence with +CMEE=2, or where the modem knows no other. */
static void read_cme(const char *value, struct dmsci_at_error *error)
{
    bool number = isdigit((unsigned char)value[0]) != 0;
    long code = number ? strtol(value, NULL, 10) : -1;

    *error = (struct dmsci_at_error){ number && code <= 9999 ? (int)code : -1, DMSC_E_LINK,
                                      "the modem refuses it", NULL };
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cme_errors); i++) {
        if (number ? cme_errors[i].code == code : is_word(value, cme_errors[i].text))
            *error = (struct dmsci_at_error){ cme_errors[i].code, cme_errors[i].err,
                                              cme_errors[i].text, cme_errors[i].hint };
    }
}

/* A number and nothing else: what TS 27.007 8.45 has as the whole answer to +CCHO. */
static bool is_number(const char *line)
{
    size_t n = trimmed(line);

    return n > 0 && n <= 10 && strspn(line, "0123456789") == n;
}

enum dmsci_at_line dmsci_at_classify(const char *line, const char *prefix, const char **ret_info,
                                     struct dmsci_at_error *ret_error)
{
    line = skip_space(line);
    if (is_word(line, "OK"))
        return DMSCI_AT_OK;
    if (begins(line, "+CME ERROR:")) {
        read_cme(skip_space(line + strlen("+CME ERROR:")), ret_error);
        return DMSCI_AT_ERROR;
    }
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(refusals); i++) {
        if (is_word(line, refusals[i]) || (i > 0 && begins(line, refusals[i]))) {
            *ret_error = (struct dmsci_at_error){ -1, DMSC_E_LINK, "the modem refuses it", NULL };
            return DMSCI_AT_ERROR;
        }
    }
    if (prefix == NULL)
        return DMSCI_AT_OTHER;
    if (begins(line, prefix) && line[strlen(prefix)] == ':') {
        *ret_info = skip_space(line + strlen(prefix) + 1);
        return DMSCI_AT_INFO;
    }
    if (strcmp(prefix, "+CCHO") == 0 && is_number(line)) {
        *ret_info = line;
        return DMSCI_AT_INFO;
    }
    return DMSCI_AT_OTHER;
}

enum dmsc_err dmsci_at_fields(const char *info, unsigned count, unsigned long *ret_numbers,
                              const char **ret_hex, size_t *ret_hex_n)
{
    size_t n;

    for (unsigned i = 0; i < count; i++) {
        char *end = NULL;

        info = skip_space(info);
        if (!isdigit((unsigned char)*info))
            return DMSC_E_MALFORMED;
        ret_numbers[i] = strtoul(info, &end, 10);
        info = skip_space(end);
        if (*info == ',')
            info = skip_space(info + 1);
        else if (*info != '\0' || i + 1 < count)
            return DMSC_E_MALFORMED;
    }
    n = trimmed(info);
    if (n >= 2 && (info[0] == '"' || info[0] == '\'') && info[n - 1] == info[0]) {
        info++;
        n -= 2;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)info[i]))
            return DMSC_E_MALFORMED;
    }
    if (n % 2 != 0)
        return DMSC_E_MALFORMED;
    *ret_hex = info;
    *ret_hex_n = n;
    return DMSC_OK;
}
