/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be told to the server: Statuses and Results in order, until a message takes them. */
#ifndef DMSCI_DM1_ANSWERS_H
#define DMSCI_DM1_ANSWERS_H

#include "host/syncml/syncml.h"

/* A value that is read as it is sent. */
struct dmsci_dm1_stream {
    const char *uri;
    size_t size, at; /* octets as carried, and the next to be sent */
    uint16_t verno;  /* of the leaf: it may not change meanwhile */
    bool base64;
};

struct dmsci_answer {
    enum dmsci_syncml_name kind; /* Status, Results or Alert */
    const char *msg_ref;         /* message and command that is answered */
    const char *cmd_ref;
    const char *cmd;
    const char *target_ref; /* as the server wrote it; NULL: none */
    const char *source_ref;
    unsigned status;                 /* Status: its code. Alert: the alert code */
    const char *reason;              /* name of a refusal, "" otherwise; static */
    struct dmsci_syncml_item *items; /* Results, Alert */
    size_t item_count;
    struct dmsci_dm1_stream *stream; /* of the one Item; NULL: its value is in it */
    bool control;                    /* about the session and not about the tree: not reported */
    bool chunked;                    /* its first chunk is sent */
};

struct dmsci_answers {
    struct dmsc_ctx *ctx;
    struct dmsci_answer *list;
    size_t count, cap;
    size_t next;                       /* the first that is not sent */
    size_t bytes;                      /* of values that wait */
    struct dmsci_syncml_block *blocks; /* their strings and values */
};

void dmsci_answers_clear(struct dmsci_answers *answers);
/** Forget what was added since there were @p count. */
void dmsci_answers_truncate(struct dmsci_answers *answers, size_t count);
/** Forget what is sent; the memory goes when all is. */
void dmsci_answers_sent(struct dmsci_answers *answers);

/** Append @p answer; its strings are copied, its items are taken as they are. */
DMSC_NODISCARD enum dmsc_err dmsci_answers_add(struct dmsci_answers *answers,
                                               const struct dmsci_answer *answer);
/** As above, before everything that waits. */
DMSC_NODISCARD enum dmsc_err dmsci_answers_add_first(struct dmsci_answers *answers,
                                                     const struct dmsci_answer *answer);
/** Zeroed Items that live as long as the answers do. NULL when there is no memory. */
struct dmsci_syncml_item *dmsci_answers_items(struct dmsci_answers *answers, size_t count);
/** Zeroed memory that lives as long. */
void *dmsci_answers_memory(struct dmsci_answers *answers, size_t n);
/** Copies that live as long as the answers do. */
const char *dmsci_answers_text(struct dmsci_answers *answers, const char *text);
DMSC_NODISCARD enum dmsc_err dmsci_answers_value(struct dmsci_answers *answers,
                                                 struct dmsc_bytes value,
                                                 struct dmsc_bytes *ret_copy);

/** 2xx, but for 215 and 216, which tell that nothing was done. */
bool dmsci_status_good(unsigned status);

#endif
