/* SPDX-License-Identifier: Apache-2.0 */
/* What a story lacks: the library knows neither what was typed nor what could be typed instead. */
#include "host/cli/cli.h"
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* The story of this failure, ours to add to; NULL when there is none. */
static struct dmsc_diag *story_of(struct cli *cli, enum dmsc_err err)
{
    const struct dmsc_diag *told = dmsc_diag_get(cli->ctx);

    if (err == DMSC_OK)
        return NULL;
    if (cli->story.err != err) {
        if (told->err != err)
            return NULL;
        cli->story = *told;
    }
    return &cli->story;
}

enum dmsc_err cli_hint(struct cli *cli, enum dmsc_err err, const char *hint)
{
    struct dmsc_diag *story = story_of(cli, err);

    if (story != NULL && story->hint[0] == '\0')
        (void)snprintf(story->hint, sizeof(story->hint), "%s", hint);
    return err;
}

enum dmsc_err cli_where(struct cli *cli, enum dmsc_err err, const char *where)
{
    struct dmsc_diag *story = story_of(cli, err);

    if (story != NULL && story->where[0] == '\0')
        (void)snprintf(story->where, sizeof(story->where), "%s", where);
    return err;
}

enum dmsc_err cli_where_in(struct cli *cli, enum dmsc_err err, const char *file)
{
    struct dmsc_diag *story = story_of(cli, err);
    char within[sizeof(story->where)];

    if (story == NULL)
        return err;
    (void)snprintf(within, sizeof(within), "%s", story->where);
    (void)snprintf(story->where, sizeof(story->where), "%.95s%s%.92s", file,
                   within[0] != '\0' ? ": " : "", within);
    return err;
}

bool cli_reason_is(struct cli *cli, enum dmsc_err err, const char *pattern)
{
    const struct dmsc_diag *story = story_of(cli, err);

    return story != NULL && fnmatch(pattern, story->reason, 0) == 0;
}

enum dmsc_err cli_hint_by_reason(struct cli *cli, enum dmsc_err err, const struct cli_try *table,
                                 const char *otherwise)
{
    const char *limits = (const char *)dmsc_ctx_limits(cli->ctx);
    char hint[sizeof(cli->story.hint)];
    unsigned long long most = 0;

    while (table->reason != NULL && !cli_reason_is(cli, err, table->reason))
        table++;
    if (table->reason == NULL)
        return cli_hint(cli, err, otherwise);
    if (table->limit == CLI_LIMIT_SIZE)
        most = *(const size_t *)(const void *)(limits + table->at);
    else if (table->limit == CLI_LIMIT_COUNT)
        most = *(const unsigned *)(const void *)(limits + table->at);
    if (table->limit == CLI_NO_LIMIT)
        return cli_hint(cli, err, table->hint);
    (void)snprintf(hint, sizeof(hint), "%s: %llu", table->hint, most);
    return cli_hint(cli, err, hint);
}

enum dmsc_err cli_fail_at(struct cli *cli, enum dmsc_err err, const char *what, const char *where,
                          const char *why, const char *hint)
{
    (void)cli_fail(cli, err, what, why, hint);
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", where);
    return err;
}
