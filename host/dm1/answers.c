/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dm1/answers.h"
#include "apdu/base/ctx.h"
#include "host/syncml/arena.h"

void dmsci_answers_clear(struct dmsci_answers *answers)
{
    if (answers->ctx == NULL)
        return;
    dmsci_free(answers->ctx, answers->list);
    dmsci_syncml_arena_free(answers->ctx, &answers->blocks);
    *answers = (struct dmsci_answers){ .ctx = answers->ctx };
}

void dmsci_answers_truncate(struct dmsci_answers *answers, size_t count)
{
    if (count < answers->count)
        answers->count = count;
}

void dmsci_answers_sent(struct dmsci_answers *answers)
{
    if (answers->next < answers->count)
        return;
    dmsci_syncml_arena_free(answers->ctx, &answers->blocks);
    answers->count = answers->next = answers->bytes = 0;
}

const char *dmsci_answers_text(struct dmsci_answers *answers, const char *text)
{
    return dmsci_syncml_arena_text(answers->ctx, &answers->blocks, dmsc_bytes_str(text));
}

enum dmsc_err dmsci_answers_value(struct dmsci_answers *answers, struct dmsc_bytes value,
                                  struct dmsc_bytes *ret_copy)
{
    char *copy = dmsci_syncml_arena_text(answers->ctx, &answers->blocks, value);

    if (copy == NULL)
        return DMSC_E_NOMEM;
    answers->bytes += value.n;
    *ret_copy = dmsc_bytes(copy, value.n);
    return DMSC_OK;
}

void *dmsci_answers_memory(struct dmsci_answers *answers, size_t n)
{
    return dmsci_syncml_arena(answers->ctx, &answers->blocks, n);
}

struct dmsci_syncml_item *dmsci_answers_items(struct dmsci_answers *answers, size_t count)
{
    return dmsci_answers_memory(answers, count * sizeof(struct dmsci_syncml_item));
}

static enum dmsc_err room(struct dmsci_answers *answers)
{
    struct dmsci_answer *list =
        dmsci_more(answers->ctx, answers->list, answers->count, &answers->cap, sizeof(*list));

    if (list == NULL)
        return DMSC_E_NOMEM;
    answers->list = list;
    return DMSC_OK;
}

static enum dmsc_err own(struct dmsci_answers *answers, struct dmsci_answer *answer)
{
    const char **texts[] = { &answer->msg_ref, &answer->cmd_ref, &answer->cmd, &answer->target_ref,
                             &answer->source_ref };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(texts); i++) {
        if (*texts[i] == NULL)
            continue;
        *texts[i] = dmsci_answers_text(answers, *texts[i]);
        if (*texts[i] == NULL)
            return DMSC_E_NOMEM;
    }
    if (answer->reason == NULL)
        answer->reason = "";
    return DMSC_OK;
}

static enum dmsc_err insert(struct dmsci_answers *answers, size_t at,
                            const struct dmsci_answer *answer)
{
    struct dmsci_answer mine = *answer;
    enum dmsc_err err = room(answers);

    if (err == DMSC_OK)
        err = own(answers, &mine);
    if (err != DMSC_OK)
        return err;
    dmsci_copy(answers->list + at + 1, answers->list + at,
               (answers->count - at) * sizeof(*answers->list));
    answers->list[at] = mine;
    answers->count++;
    return DMSC_OK;
}

enum dmsc_err dmsci_answers_add(struct dmsci_answers *answers, const struct dmsci_answer *answer)
{
    return insert(answers, answers->count, answer);
}

enum dmsc_err dmsci_answers_add_first(struct dmsci_answers *answers,
                                      const struct dmsci_answer *answer)
{
    return insert(answers, answers->next, answer);
}

bool dmsci_status_good(unsigned status)
{
    return status >= 200 && status < 300 && status != 215 && status != 216;
}
