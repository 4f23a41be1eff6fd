/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/help.h"
#include <stdio.h>
#include <string.h>

static const struct cli_command *const tables[] = {
    cli_card_info_commands,   cli_card_look_commands, cli_card_file_commands,
    cli_card_pin_commands,    cli_card_commands,      cli_card_usat_commands,
    cli_sync_commands,        cli_mo_commands,        cli_mo_find_commands,
    cli_mo_describe_commands, cli_mo_edit_commands,   cli_mo_exchange_commands,
    cli_mo_large_commands,    cli_ma_commands,        cli_ma_show_commands,
    cli_env_commands,         cli_cert_commands,      cli_ota_commands,
    cli_script_commands,      cli_trace_commands,     cli_usat_commands,
    cli_wbxml_commands
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

const struct cli_option cli_options[OPT_COUNT] = {
    [OPT_SERVER] = { "server", "ID", "the ServerID of the Management Authority" },
    [OPT_DRY_RUN] = { "dry-run", NULL, "say what would change, change nothing" },
    [OPT_WATCH] = { "watch", NULL,
                    "go on, and sync again when the card says REFRESH; Ctrl-C ends" },
    [OPT_MA] = { "ma", "ID", "the ServerID of the Management Authority" },
    [OPT_RIGHT] = { "right", "NAME", "what is to be done: Get, Add, Replace ..." },
    [OPT_OUT] = { "out", "FILE", "write there instead of standard output" },
    [OPT_ADM_FILE] = { "adm-file", "FILE", "ADM1 as 16 hex digits, readable by you alone" },
    [OPT_PIN_FILE] = { "pin-file", "FILE", "PIN1 as digits, readable by you alone" },
    [OPT_RECORD] = { "record", "N", "this record, from 1 on" },
    [OPT_OFFSET] = { "offset", "N", "where to begin, bytes" },
    [OPT_NEW_PIN_FILE] = { "new-pin-file", "FILE", "the new value, as the old one is written" },
    [OPT_PUK_FILE] = { "puk-file", "FILE", "the PUK as 8 digits, readable by you alone" },
    [OPT_UNIVERSAL] = { "universal", NULL, "the universal PIN stands in" },
    [OPT_SCP03_KEYS] = { "scp03-keys", "FILE", "keys of a security domain: go through SCP03" },
    [OPT_FILE] = { "file", "FILE", "the value is what the file holds, - is standard input" },
    [OPT_TYPE] = { "type", "NAME", "MIME type of a leaf, MO identifier of an interior node" },
    [OPT_MODE] = { "mode", "NAME", "add (default), merge or replace" },
    [OPT_JSON_MO] = { "json-mo", NULL, "the object as JSON of DM 2.0" },
    [OPT_WBXML] = { "wbxml", NULL, "the object as TNDS in WBXML" },
    [OPT_INBOX] = { "inbox", NULL, "let the device choose the place, by the kind of object" },
    [OPT_DDF] = { "ddf", NULL, "the description as a DDF document" },
    [OPT_RAW] = { "raw", NULL, "the bytes as they are" },
    [OPT_FOR] = { "for", "SECONDS", "end after that time; without it on Ctrl-C" },
    [OPT_KEYS] = { "keys", "FILE", "SPI, KIc, KID, TAR, keys and counter, readable by you alone" },
    [OPT_FORMAT] = { "format", "NAME",
                     "node: chr (default), int, bool ...; script: compact (default), expanded, "
                     "indefinite" },
    [OPT_TAR] = { "tar", "HEX", "the application on the card, instead of the key file's" },
    [OPT_AS] = { "as", "FORM", "what to write: packet (default), sms or envelope" },
    [OPT_ALL] = { "all", NULL, "go on behind what failed" },
    [OPT_REPORT] = { "report", "FORM", "tap, junit or json" },
    [OPT_KIND] = { "kind", "NAME", "command, response, envelope or profile" },
    [OPT_COMPREHENSION] = { "comprehension", NULL, "COMPREHENSION-TLV objects, not BER-TLV" },
    [OPT_HTML] = { "html", NULL, "as a page of its own" },
    [OPT_PCAPNG] = { "pcapng", NULL, "in the form of Wireshark" },
};

/* What main() parses by itself. */
static const struct cli_option globals[] = {
    { "link", "SPEC",
      "the way to the card: pcsc[:READER], at:DEVICE, exec:PROGRAM, sim:PROFILE, replay:FILE" },
    { "config", "FILE", "instead of ~/.config/dmsc/dmsc.conf or /etc/dmsc/dmsc.conf" },
    { "json", NULL, "one JSON value on standard output, failures included" },
    { "trace", "FILE", "write the APDUs there, PINs and keys masked; - is standard error" },
    { "trace-raw", NULL, "do not mask them" },
    { "v", NULL, "say more; twice: everything" },
    { "version", NULL, "print the version" },
    { "help", NULL, "explain dmsc, a noun or a command" },
};
#define GLOBALS (sizeof(globals) / sizeof(globals[0]))

static const struct {
    enum cli_exit code;
    const char *meaning;
} exits[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "failed" },
    { CLI_USAGE, "usage: the command line is not understood" },
    { CLI_CARD, "card: reader, card, PIN or status word" },
    { CLI_REFUSED, "refused by authority: not listed, not allowed, not trusted" },
    { CLI_NETWORK, "network: name, connection, TLS, HTTP or the server" },
    { CLI_BAD_INPUT, "bad input: a file, a card's content or a configuration" },
    { CLI_AGAIN, "try again later" },
};
#define EXITS (sizeof(exits) / sizeof(exits[0]))

const struct cli_command *cli_find(const char *noun, const char *verb)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct cli_command *c = tables[t]; c->noun != NULL; c++) {
            if (strcmp(c->noun, noun) != 0)
                continue;
            if (c->verb == NULL || (verb != NULL && strcmp(c->verb, verb) == 0))
                return c;
        }
    }
    return NULL;
}

bool cli_is_noun(const char *word)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct cli_command *c = tables[t]; c->noun != NULL; c++) {
            if (strcmp(c->noun, word) == 0)
                return true;
        }
    }
    return false;
}

static const char *words_of(const struct cli_command *c, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s%s%s", c->noun, c->verb != NULL ? " " : "",
                   c->verb != NULL ? c->verb : "", c->arguments[0] != '\0' ? " " : "",
                   c->arguments);
    return text;
}

static const char *option_words(const struct cli_option *o, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s%s", strlen(o->name) == 1 ? "-" : "--", o->name,
                   o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
    return text;
}

void cli_list_commands(const char *noun)
{
    char words[80];

    for (size_t t = 0; t < TABLES; t++) {
        for (const struct cli_command *c = tables[t]; c->noun != NULL; c++) {
            if (noun == NULL || strcmp(c->noun, noun) == 0)
                (void)printf("  dmsc %-24s %s\n", words_of(c, words, sizeof(words)), c->summary);
        }
    }
}

static void help_globals(void)
{
    char words[40];

    (void)puts("\nOptions everywhere:");
    for (size_t i = 0; i < GLOBALS; i++)
        (void)printf("  %-17s %s\n", option_words(&globals[i], words, sizeof(words)),
                     globals[i].help);
    (void)puts("\nExit status:");
    for (size_t i = 0; i < EXITS; i++)
        (void)printf("  %-3d %s\n", (int)exits[i].code, exits[i].meaning);
}

void cli_help_all(void)
{
    (void)puts("dmsc reads Management Objects, authorities and certificates from a UICC, and runs\n"
               "OMA Device Management sessions with exactly the authorities that the card lists.\n"
               "\nCommands:");
    cli_list_commands(NULL);
    help_globals();
    (void)puts("\ndmsc NOUN --help lists a noun's commands, dmsc NOUN VERB --help explains one.");
}

void cli_help_command(const struct cli_command *c)
{
    char words[80];

    (void)printf("dmsc %s\n%s\n\n%s\n", words_of(c, words, sizeof(words)), c->summary, c->help);
    if (c->options != 0)
        (void)puts("\nOptions of this command:");
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        if ((c->options >> i & 1) != 0)
            (void)printf("  %-17s %s\n", option_words(&cli_options[i], words, sizeof(words)),
                         cli_options[i].help);
    }
    help_globals();
}

/* Text for roff: a backslash and a leading dot or quote mean something there; examples, indented by
 * two spaces, keep their lines. */
static void roff_text(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        bool example = n > 2 && text[0] == ' ' && text[1] == ' ';

        if (example)
            (void)puts(".RS\n.nf");
        if (n == 0)
            (void)fputs(".PP", stdout);
        else if (text[0] == '.' || text[0] == '\'')
            (void)fputs("\\&", stdout);
        for (size_t i = example ? 2 : 0; i < n; i++) {
            if (text[i] == '\\')
                (void)fputs("\\e", stdout);
            else if (text[i] == '-')
                (void)fputs("\\-", stdout);
            else
                (void)putchar(text[i]);
        }
        (void)putchar('\n');
        if (example)
            (void)puts(".fi\n.RE");
        text += n;
        text += *text == '\n';
    }
}

static void roff_option(const struct cli_option *o)
{
    (void)printf(".TP\n\\fB%s%s\\fR", strlen(o->name) == 1 ? "\\-" : "\\-\\-", o->name);
    if (o->argument != NULL)
        (void)printf(" \\fI%s\\fR", o->argument);
    (void)putchar('\n');
    roff_text(o->help);
}

static void roff_command(const struct cli_command *c)
{
    (void)printf(".SS dmsc %s%s%s %s\n", c->noun, c->verb != NULL ? " " : "",
                 c->verb != NULL ? c->verb : "", c->arguments);
    roff_text(c->summary);
    (void)puts(".PP");
    roff_text(c->help);
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        if ((c->options >> i & 1) != 0)
            roff_option(&cli_options[i]);
    }
}

void cli_help_man(void)
{
    (void)puts(
        ".\\\" SPDX-License-Identifier: Apache-2.0\n"
        ".\\\" Written by \"dmsc help man\" from the table of commands.\n"
        ".TH DMSC 1 \"\" \"dmsc " DMSC_VERSION "\" \"User Commands\"\n"
        ".SH NAME\n"
        "dmsc \\- device management with the SIM as the root of trust\n"
        ".SH SYNOPSIS\n"
        ".B dmsc\n.I NOUN\n.RI [ VERB ]\n.RI [ ARGUMENT ...]\n.RI [ OPTION ...]\n"
        ".SH DESCRIPTION\n"
        "Reads Management Objects, Management Authorities and certificates from a UICC, keeps\n"
        "card and device in step, and runs OMA Device Management sessions with exactly the\n"
        "authorities that the card lists.\n"
        ".SH COMMANDS");
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct cli_command *c = tables[t]; c->noun != NULL; c++)
            roff_command(c);
    }
    (void)puts(".SH OPTIONS");
    for (size_t i = 0; i < GLOBALS; i++)
        roff_option(&globals[i]);
    (void)puts(".SH EXIT STATUS");
    for (size_t i = 0; i < EXITS; i++)
        (void)printf(".TP\n%d\n%s\n", (int)exits[i].code, exits[i].meaning);
    (void)puts(
        ".SH ERRORS\n"
        "A failure is told on standard error in up to four parts: what failed, where (file,\n"
        "node, APDU), why (with the stable name of the reason), and what to try. With\n"
        "\\fB\\-\\-json\\fR it is an object \"error\" on standard output with the members code, "
        "exit,\n"
        "what, where, why, try, reason, text and, from a card, sw.\n"
        ".SH SEE ALSO\n"
        ".BR dmsc.conf (5),\n.BR dmsc-uicc (1),\n.BR dmsc-server (1)");
}
