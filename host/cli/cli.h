/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc, the command: what its files share. Uses the public headers alone. */
#ifndef DMSC_CLI_H
#define DMSC_CLI_H

#include <dmsc/bridge.h>
#include <jansson.h>

/* docs/man/dmsc.1 lists the same. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_CARD = 3,
    CLI_REFUSED = 4,
    CLI_NETWORK = 5,
    CLI_BAD_INPUT = 6,
    CLI_AGAIN = 75
};

/* Options that some commands take beside the global ones. */
enum cli_option_id {
    OPT_SERVER,
    OPT_DRY_RUN,
    OPT_WATCH,
    OPT_MA,
    OPT_RIGHT,
    OPT_OUT,
    OPT_ADM_FILE,
    OPT_PIN_FILE,
    OPT_RAW,
    OPT_FOR,
    OPT_KEYS,
    OPT_FORMAT,
    OPT_TAR,
    OPT_AS,
    OPT_ALL,
    OPT_REPORT,
    OPT_KIND,
    OPT_COMPREHENSION,
    OPT_HTML,
    OPT_PCAPNG,
    OPT_RECORD,
    OPT_OFFSET,
    OPT_NEW_PIN_FILE,
    OPT_PUK_FILE,
    OPT_UNIVERSAL,
    OPT_SCP03_KEYS,
    OPT_FILE,
    OPT_TYPE,
    OPT_MODE,
    OPT_JSON_MO,
    OPT_WBXML,
    OPT_INBOX,
    OPT_DDF,
    OPT_COUNT
};

struct cli {
    struct dmsc_ctx *ctx;
    struct dmsc_config config;
    struct dmsc_bridge *bridge; /* commands that need one */
    struct dmsc_uicc *uicc;     /* commands that need a card: not powered yet */
    struct dmsc_link *link;
    const char *link_spec;
    size_t read_block, update_block; /* what a secure channel leaves of an APDU; 0: all of it */
    bool json;
    unsigned verbose;
    const char *option[OPT_COUNT]; /* NULL: not given; flags hold "" */
    enum cli_exit exit;            /* of a command that ran to its end */
    bool changed;                  /* such a one, and it is of those that change something */
    struct dmsc_diag story;        /* of a failure of the command's own */
    char **argument;               /* behind the verb */
    int arguments;
};

/* What main() prepares before a command runs. */
#define CLI_NEEDS_BRIDGE 0x1u /* store, tree, authorities */
#define CLI_NEEDS_LINK   0x2u /* a link; with a bridge it is the bridge's */
/* Not prepared: it may have changed something, when its output could not be written. */
#define CLI_CHANGES 0x4u

#define CLI_OPTION(id) (UINT64_C(1) << (id))

struct cli_command {
    const char *noun, *verb; /* verb NULL: a noun that is a command */
    const char *arguments;   /* for help: "[URI]" */
    int least, most;         /* number of arguments */
    unsigned needs;
    uint64_t options; /* CLI_OPTION() of those it takes */
    enum dmsc_err (*run)(struct cli *cli);
    const char *summary; /* one line */
    const char *help;    /* a paragraph, with an example */
};

/* One table of commands feeds parser, help and man page. Each file brings its own rows. */
extern const struct cli_command cli_card_commands[], cli_card_usat_commands[], cli_sync_commands[],
    cli_mo_commands[], cli_ma_commands[], cli_ota_commands[], cli_script_commands[],
    cli_trace_commands[], cli_usat_commands[], cli_wbxml_commands[];

extern const struct cli_command cli_mo_edit_commands[], cli_mo_exchange_commands[],
    cli_mo_find_commands[], cli_mo_describe_commands[], cli_mo_large_commands[],
    cli_ma_show_commands[], cli_env_commands[], cli_cert_commands[];

extern const struct cli_command cli_card_info_commands[], cli_card_look_commands[],
    cli_card_file_commands[], cli_card_pin_commands[];

/* Commands that can go over a secure channel: bit of their options. */
#define CLI_SCP03 CLI_OPTION(OPT_SCP03_KEYS)
/** With --scp03-keys: put a secure channel around cli->link. */
enum dmsc_err cli_scp03_wrap(struct cli *cli);

/* What a callback of the library that lists something collects. */
struct cli_rows {
    struct cli *cli;
    json_t *rows;
};

/* A column of a table, or a line of a record: where it comes from and what it is called. */
struct cli_column {
    const char *key, *title;
};
/** An array of objects: aligned columns, or with --json the array. Takes @p rows. */
enum dmsc_err cli_table(struct cli *cli, const struct cli_column *columns, json_t *rows);
/** One object: "title: value" lines, or with --json the object. Takes @p record. */
enum dmsc_err cli_record(struct cli *cli, const struct cli_column *columns, json_t *record);
/** With --json print @p value, otherwise nothing. Takes it. */
enum dmsc_err cli_json(struct cli *cli, json_t *value);
/** A line of text, with --json nothing. */
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Text of the outside world as a JSON string; what is no UTF-8 becomes "?". Control characters
 * stay: JSON escapes them, and a terminal is spared them when text is printed. */
json_t *cli_text(const char *text);
json_t *cli_hex(struct cli *cli, struct dmsc_bytes bytes);
/** s since 1970 as "2026-01-31T17:45:00Z"; NULL text where there is no bound. */
json_t *cli_time(int64_t seconds);

/** Handler of a signal that asks the command to end: cli_go_on() is false from then on. */
void cli_interrupt(int sig);
bool cli_go_on(void *user);

/** Say what went wrong in its four parts, and which exit code it is. */
enum cli_exit cli_error(struct cli *cli, enum dmsc_err err);
/** As cli_error(), but with --json nothing is printed: the value below is part of another. */
enum cli_exit cli_tell(struct cli *cli, enum dmsc_err err);
json_t *cli_error_json(struct cli *cli, enum dmsc_err err);
/** A failure of the command's own, for dmsc_err codes that need no library story. */
enum dmsc_err cli_fail(struct cli *cli, enum dmsc_err err, const char *what, const char *why,
                       const char *hint);
/** The same, with a place. */
enum dmsc_err cli_fail_at(struct cli *cli, enum dmsc_err err, const char *what, const char *where,
                          const char *why, const char *hint);
/** A failure that says no way out, or no place: add it. @return @p err */
enum dmsc_err cli_hint(struct cli *cli, enum dmsc_err err, const char *hint);
enum dmsc_err cli_where(struct cli *cli, enum dmsc_err err, const char *where);
/** The place is one within a file: name that too. @return @p err */
enum dmsc_err cli_where_in(struct cli *cli, enum dmsc_err err, const char *file);
/** Whether the failure has a reason that fits, as in "ddf:*". */
bool cli_reason_is(struct cli *cli, enum dmsc_err err, const char *pattern);

/* A way out by the reason of the failure; what limits it is said behind the hint. */
struct cli_try {
    const char *reason; /* a pattern; NULL ends a table */
    const char *hint;
    enum { CLI_NO_LIMIT, CLI_LIMIT_SIZE, CLI_LIMIT_COUNT } limit;
    size_t at; /* of the member of struct dmsc_limits */
};
/** The first that fits, or @p otherwise. @return @p err */
enum dmsc_err cli_hint_by_reason(struct cli *cli, enum dmsc_err err, const struct cli_try *table,
                                 const char *otherwise);
#define CLI_TRY_URI "a LocURI is names with / between them: ./DevInfo/DevId; dmsc mo ls shows them"

#endif
