/* SPDX-License-Identifier: Apache-2.0 */
/* What a server does to each device, and what it expects: one JSON file (docs/server.md). */
#ifndef DMSCI_SERVER_SCENARIO_H
#define DMSCI_SERVER_SCENARIO_H

#include "host/syncml/names.h"
#include <dmsc/bytes.h>
#include <jansson.h>

#define SERVER_EXPECT_MAX  8u
#define SERVER_COMMAND_MAX 1000u
#define SERVER_TOP         SIZE_MAX

/* Strings belong to the scenario. */
struct server_command {
    enum dmsci_syncml_name
        kind;           /* Add, Alert, Atomic, Copy, Delete, Exec, Get, Replace, Sequence */
    size_t parent;      /* index of the Atomic or Sequence around it, or SERVER_TOP */
    const char *uri;    /* Target; NULL for groups and alerts */
    const char *source; /* Copy */
    bool has_data;
    struct dmsc_bytes data;
    const char *format; /* NULL: not sent */
    const char *type;
    unsigned alert;
    json_t *items; /* Alert: array of strings, or NULL */
    unsigned expect[SERVER_EXPECT_MAX];
    size_t expect_count; /* 0: no status can come (Alert 1223) */
    const char *expect_data;
    size_t expect_data_n;
};

/* One package of the server. */
struct server_step {
    size_t first; /* in commands */
    size_t count; /* children of groups included */
};

struct server_scenario {
    struct dmsc_ctx *ctx;
    json_t *json; /* the file: what strings point into */
    const char *server_id;
    char *certificate, *key, *client_ca; /* paths, from the working directory */
    const char *listen;                  /* "127.0.0.1:0" */
    const char *path;                    /* "/dm" */
    size_t max_msg_size;
    struct server_command *commands;
    size_t command_count;
    struct server_step *steps;
    size_t step_count;
    struct dmsc_buf *files; /* contents of data_file, one a command or empty */
};

/**
 * Parse a scenario. Strict: an unknown key, a wrong type, a value out of range is DMSC_E_MALFORMED,
 * and the story names the file, the place in it and the reason.
 *
 * @param file its name: for the story, and what paths in it are relative to
 */
DMSC_NODISCARD enum dmsc_err server_scenario_parse(struct dmsc_ctx *ctx, const char *file,
                                                   struct dmsc_bytes text,
                                                   struct server_scenario **ret_scenario);
/** As above, from the file itself. */
DMSC_NODISCARD enum dmsc_err server_scenario_load(struct dmsc_ctx *ctx, const char *file,
                                                  struct server_scenario **ret_scenario);
void server_scenario_free(struct server_scenario *scenario);

/** The whole of a file. DMSC_E_IO, DMSC_E_LIMIT. @p ret_content is appended to. */
DMSC_NODISCARD enum dmsc_err server_slurp(struct dmsc_ctx *ctx, const char *path,
                                          struct dmsc_buf *ret_content);

#endif
