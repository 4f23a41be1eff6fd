/* SPDX-License-Identifier: Apache-2.0 */
/* A walk through a JSON file that knows where it is, for stories like "steps[0].commands[2]". */
#ifndef DMSCI_SERVER_SCENARIO_JSON_H
#define DMSCI_SERVER_SCENARIO_JSON_H

#include <dmsc/bytes.h>
#include <jansson.h>

struct server_json {
    struct dmsc_ctx *ctx;
    const char *file;
    char path[128]; /* "" at the top; cut when it gets too long */
};

/** A place to come back to. */
struct server_json_place {
    size_t n;
};

struct server_json_place server_json_place(const struct server_json *j);
void server_json_return(struct server_json *j, struct server_json_place place);
void server_json_key(struct server_json *j, const char *key);
void server_json_index(struct server_json *j, size_t index);

/** The story of what is wrong at @p key (NULL: at the place itself). @return DMSC_E_MALFORMED */
enum dmsc_err server_json_fail(struct server_json *j, const char *key, const char *why);

DMSC_NODISCARD enum dmsc_err server_json_object(struct server_json *j, const json_t *value);
/** Refuses keys that are in neither @p keys (ends in NULL) nor equal to @p also (may be NULL). */
DMSC_NODISCARD enum dmsc_err server_json_keys(struct server_json *j, const json_t *object,
                                              const char *const *keys, const char *also);
/** @param ret_text stays as it is when the key is absent and may be */
DMSC_NODISCARD enum dmsc_err server_json_string(struct server_json *j, const json_t *object,
                                                const char *key, bool mandatory,
                                                const char **ret_text);

#endif
