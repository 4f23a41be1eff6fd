/* SPDX-License-Identifier: Apache-2.0 */
/* A device with its configuration, a software UICC with an authority of each kind, and the server
 * program at the other end. */
#ifndef TESTS_BRIDGE_BENCH_H
#define TESTS_BRIDGE_BENCH_H

#include "host/bridge/private.h"
#include "tests/unit/credential/pki.h"
#include <dmsc/sim.h>
#include <sys/types.h>

/** For cmocka's group setup: keys, certificates, and the card of tests/data/bridge/profile.json. */
int bench_make(void **state);
int bench_remove(void **state);
/** A text file in the working folder, readable for its owner alone. */
void bench_write(const char *name, const char *text);
/** Skips the running test, aloud, without openssl. */
void bench_need(void);
/** A path in the working folder of the tests. */
void bench_path(const char *name, char ret_path[SUPPORT_PATH_MAX]);

struct bench {
    struct dmsc_ctx *world;
    struct dmsc_sim *sim;
    struct dmsc_ctx *ctx;
    struct dmsc_config config;
    struct dmsc_bridge *bridge;
};

/** @param more lines for the end of dmsc.conf, or NULL. A new store; nothing was synced. */
void bench_open(struct bench *b, const char *more);
/** The issuer makes the card say what this profile of the working folder says. */
void bench_provision(struct bench *b, const char *profile);
/** As bench_open(), and synced. */
void bench_synced(struct bench *b, const char *more);
void bench_close(struct bench *b);
/** The device is switched off and on: another process with the same files. */
void bench_restart(struct bench *b, const char *more);
/** dmsc_bridge_sync() must answer DMSC_OK. @param ret_report cleared by the caller; may be NULL */
void bench_sync(struct bench *b, struct dmsc_sync_report *ret_report);
void bench_assert_failed(const struct bench *b, enum dmsc_err err, enum dmsc_err wanted,
                         const char *reason);
void bench_assert_value(struct bench *b, const char *uri, const char *value);
bool bench_marked(struct bench *b);
/** All of the tree as TNDS; free() */
char *bench_tree(struct bench *b);

/** The simulated server. */
struct server {
    pid_t pid;
    char resolve[64]; /* lines for dmsc.conf */
};
/** @param steps of the scenario (JSON) @param certificate "server": its .pem and .key */
void server_start(struct server *s, const char *server_id, const char *steps,
                  const char *certificate);
/** End it. @return messages of devices that it saw; -1 when it wrote no transcript */
int server_stop(struct server *s);
/** What the answers were, as the transcript says. */
bool server_content(void);

/** The program under test, from the command line of the test. */
extern const char *bench_server_program;

#endif
