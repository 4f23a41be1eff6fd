/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SCRIPT_H
#define DMSC_SCRIPT_H

#include <dmsc/link.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Card scripts: lines of hex with what the card is expected to answer, in the PCOM dialect of SIM
 * vendors or as plain hex. docs/scripts.md is the reference of what is understood. A script is read
 * whole, with all that it calls, before its first command is sent.
 */
struct dmsc_script;

/**
 * Read a script and the files that it calls.
 *
 * @param path a name in .CALL is relative to the folder of the file that it stands in
 * @return DMSC_E_IO (cannot be read), DMSC_E_MALFORMED (the story has file, line and reason),
 *         DMSC_E_LIMIT (limits.script_size, limits.script_files)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_script_load(struct dmsc_ctx *ctx, const char *path,
                                                       struct dmsc_script **ret_script);
/** As dmsc_script_load(), with a text that calls nothing. @param name stands for its file */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_script_parse(struct dmsc_ctx *ctx, const char *name,
                                                        struct dmsc_bytes text,
                                                        struct dmsc_script **ret_script);
DMSC_API void dmsc_script_free(struct dmsc_script *script);

enum dmsc_script_verdict {
    DMSC_SCRIPT_DONE,   /* there was nothing to compare */
    DMSC_SCRIPT_PASSED, /* the card did what is expected */
    DMSC_SCRIPT_FAILED, /* it did something else */
    DMSC_SCRIPT_BROKEN  /* it could not be done: no card, no such name */
};

enum dmsc_script_kind { DMSC_SCRIPT_COMMAND, DMSC_SCRIPT_POWER, DMSC_SCRIPT_MESSAGE };

/**
 * What one line did. Texts are never NULL. PINs, keys and results of AUTHENTICATE are written "**"
 * unless the options say raw.
 */
struct dmsc_script_event {
    enum dmsc_script_kind kind;
    enum dmsc_script_verdict verdict;
    const char *file;
    unsigned line;
    const char *name;        /* "SELECT", "reset"; the text of a message */
    const char *command;     /* hex; "" for power and messages */
    const char *answer;      /* hex of the response data, of the ATR; "" without */
    const char *sw;          /* "9000"; "" without */
    const char *expected;    /* hex with X; "" when any data are right */
    const char *expected_sw; /* "9000, 91XX"; "" when any is right */
    const char *why;         /* of FAILED and BROKEN: a sentence */
    enum dmsc_err err;       /* of BROKEN */
    long ms;                 /* that the card took */
};

struct dmsc_script_options {
    bool all; /* go on behind what failed; without, the first failure ends the run */
    bool raw; /* events show secrets */
    void (*event)(void *user, const struct dmsc_script_event *event); /* NULL: nobody listens */
    bool (*stop)(void *user); /* asked before each line: true ends the run; NULL: never */
    void *user;
};

#define DMSC_SCRIPT_OPTIONS_INIT                                                                   \
    {                                                                                              \
        0                                                                                          \
    }

struct dmsc_script_result {
    unsigned long commands; /* sent */
    unsigned long passed, failed, broken;
    bool stopped; /* the caller wanted it */
};

/**
 * Run a script. The card is powered by its .POWER_ON, or before its first command. Commands go out
 * as they stand: no GET RESPONSE, no other Le, no FETCH is done for it. Afterwards the card keeps
 * the state it is in; dmsc_link_free() leaves it reset. Other users of the card are kept out while
 * it has power.
 *
 * @return DMSC_OK when the script came to its end, or to its first failure: see @p ret_result.
 *         DMSC_E_LIMIT (limits.script_steps, limits.script_depth). What the link or a line could
 *         not do is an event that is BROKEN; without options.all it ends the run with its code:
 *         DMSC_E_LINK and its kin, DMSC_E_MALFORMED. @p ret_result is written either way.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_script_run(const struct dmsc_script *script,
                                                      struct dmsc_link *link,
                                                      const struct dmsc_script_options *options,
                                                      struct dmsc_script_result *ret_result);

#ifdef __cplusplus
}
#endif
#endif
