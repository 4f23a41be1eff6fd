/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of our own for dmsc-uicc: it speaks vpcd, and has a folder for what the program writes.
 */
#ifndef TESTS_UNIT_SIM_READER_H
#define TESTS_UNIT_SIM_READER_H

#include "tests/unit/sim/card.h"
#include <sys/types.h>

struct reader {
    int listener, card;
    char port[8];
    char directory[SUPPORT_PATH_MAX];
    pid_t pid;
};

/* Fixture of a test: a reader that does not listen yet, and a folder. Ends what still runs. */
int reader_setup(void **state);
int reader_teardown(void **state);
/** Take a port of its own, the first time or again. */
void reader_listen(struct reader *r);
/** Start $DMSC_UICC in the folder of the test; its output goes to "out" and "err" there. */
void reader_start(struct reader *r, const char *const *arguments);
/** Start the example card in the reader, with one more option. */
void reader_start_card(struct reader *r, const char *option);
/** @return the exit code */
int reader_finish(struct reader *r);
/** Run the program with one or two arguments. @return its exit code; @p err is what it said */
int reader_run(struct reader *r, const char *a, const char *b, char *err, size_t size);
/** The path of one of card-scripts/. */
void reader_profile(const char *name, char ret_path[SUPPORT_PATH_MAX]);
/** Bytes as they are; a message, length first, in hex. */
void reader_send(struct reader *r, struct dmsc_bytes bytes);
void reader_send_hex(struct reader *r, const char *hex);
/** The next message. */
void reader_expect(struct reader *r, const char *hex);
/** Of a file of the folder. */
void reader_content(struct reader *r, const char *name, char *ret_text, size_t size);
bool reader_has(struct reader *r, const char *name);
/** At most ten seconds. */
void reader_wait_for(struct reader *r, const char *name);
void reader_remove(struct reader *r, const char *name);

#endif
