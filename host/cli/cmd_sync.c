/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc sync, session, cert. */
#include "host/cli/cli.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *action_name(enum dmsc_sync_action action)
{
    static const char *const names[] = { "kept", "taken", "removed", "written", "left out" };

    return names[action];
}

static json_t *item_json(const struct dmsc_sync_item *item)
{
    return json_pack("{s:s,s:i,s:o,s:o,s:I,s:I,s:o}", "action", action_name(item->action), "id",
                     item->id, "path", cli_text(item->path), "type", cli_text(item->type),
                     "version", (json_int_t)item->version, "bytes", (json_int_t)item->bytes,
                     "reason", cli_text(item->reason));
}

static json_t *items_json(const struct dmsc_sync_report *report)
{
    json_t *items = json_array();

    for (size_t i = 0; items != NULL && i < report->item_count; i++)
        (void)json_array_append_new(items, item_json(&report->items[i]));
    return items;
}

static json_t *report_json(struct cli *cli, const struct dmsc_sync_report *report)
{
    return json_pack("{s:o,s:I,s:b,s:b,s:b,s:i,s:i,s:o,s:{s:I,s:I}}", "card_tag",
                     cli_hex(cli, dmsc_bytes(report->header.card_tag, DMSC_CARD_TAG_SIZE)),
                     "generation", (json_int_t)report->header.generation, "unchanged",
                     report->unchanged, "first", report->first, "list_changed",
                     report->list_changed, "authorities", (int)report->authorities, "certificates",
                     (int)report->certificates, "objects", items_json(report), "cost", "apdus",
                     (json_int_t)report->cost.apdus, "bytes", (json_int_t)report->cost.bytes);
}

static void say_items(const struct cli *cli, const struct dmsc_sync_report *report)
{
    for (size_t i = 0; i < report->item_count; i++) {
        const struct dmsc_sync_item *item = &report->items[i];

        cli_say(cli, "  %-8s  %-24s  %s, version %lu, %zu bytes%s%s", action_name(item->action),
                item->path, item->type, (unsigned long)item->version, item->bytes,
                item->reason[0] != '\0' ? "; " : "", item->reason);
    }
}

static void say_report(struct cli *cli, const struct dmsc_sync_report *report)
{
    char tag[2 * DMSC_CARD_TAG_SIZE + 1];

    dmsc_hex_encode(dmsc_bytes(report->header.card_tag, DMSC_CARD_TAG_SIZE), tag);
    cli_say(cli, "card %s, generation %lu: %s", tag, (unsigned long)report->header.generation,
            report->unchanged ? "nothing changed"
            : report->first   ? "seen for the first time"
                              : "changed");
    if (!report->unchanged) {
        cli_say(cli, "  %u authorities%s, %u certificates", report->authorities,
                report->list_changed ? " (list verified and taken)" : "", report->certificates);
    }
    say_items(cli, report);
    if (cli->option[OPT_DRY_RUN] != NULL)
        cli_say(cli, "dry run: nothing was changed");
    cli_say(cli, "cost: %lu APDUs, %lu bytes", report->cost.apdus, report->cost.bytes);
}

/* With --json an object a line: somebody follows. */
static void on_synced(void *user, enum dmsc_err err, const struct dmsc_sync_report *report)
{
    struct cli *cli = user;
    json_t *line;

    /* A card that is gone ends it, and is told then. */
    if (err == DMSC_E_REMOVED || err == DMSC_E_LINK || err == DMSC_E_TIMEOUT || err == DMSC_E_NOMEM)
        return;
    if (err != DMSC_OK)
        cli->exit = cli->json ? CLI_FAILED : cli_error(cli, err);
    else
        say_report(cli, report);
    if (cli->json) {
        line = err != DMSC_OK ? cli_error_json(cli, err) : report_json(cli, report);
        (void)json_dumpf(line, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(line);
    }
    (void)fflush(stdout);
}

static enum dmsc_err follow(struct cli *cli)
{
    const struct dmsc_bridge_watch watch = { on_synced, cli_go_on, cli };
    struct sigaction action = { .sa_handler = cli_interrupt };
    enum dmsc_err err;

    if (cli->option[OPT_DRY_RUN] != NULL)
        return cli_fail(cli, DMSC_E_ARG, "follow the card",
                        "--watch changes the tree, --dry-run nothing", "give one of them");
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    err = dmsc_bridge_watch(cli->bridge, &watch);
    return err;
}

static enum dmsc_err run_sync(struct cli *cli)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    enum dmsc_err err;

    if (cli->option[OPT_WATCH] != NULL)
        return follow(cli);
    err = dmsc_bridge_sync(cli->bridge, cli->option[OPT_DRY_RUN] != NULL, &report);
    if (err != DMSC_OK)
        return err;
    say_report(cli, &report);
    err = cli_json(cli, report_json(cli, &report));
    dmsc_sync_report_clear(&report);
    return err;
}

struct session_run {
    struct cli *cli;
    json_t *commands;
};

static void on_event(void *user, const struct dmsc_dm1_event *event)
{
    struct session_run *run = user;

    cli_say(run->cli, "  %-8s  %3u  %s%s%s", event->command, event->status, event->uri,
            event->reason[0] != '\0' ? "  refused: " : "", event->reason);
    (void)json_array_append_new(run->commands,
                                json_pack("{s:s,s:o,s:i,s:s}", "command", event->command, "uri",
                                          cli_text(event->uri), "status", (int)event->status,
                                          "reason", event->reason));
}

static json_t *session_json(const struct dmsc_session_report *r, json_t *commands)
{
    return json_pack("{s:o,s:o,s:b,s:s,s:{s:s,s:s,s:o,s:b},s:{s:I,s:I},s:{s:i,s:i},s:i,s:O,s:o}",
                     "server", cli_text(r->server_id), "uri", cli_text(r->server_uri), "completed",
                     r->completed, "end", r->dm.end, "tls", "version", r->tls_version, "suite",
                     r->tls_suite, "peer", cli_text(r->peer), "mutual", r->mutual, "http",
                     "sent_bytes", (json_int_t)r->http_sent_bytes, "received_bytes",
                     (json_int_t)r->http_received_bytes, "messages", "sent",
                     (int)r->dm.messages_sent, "received", (int)r->dm.messages_received, "changes",
                     (int)r->dm.changes, "commands", commands, "write_back",
                     items_json(&r->write_back));
}

static void say_session(const struct cli *cli, const struct dmsc_session_report *r)
{
    cli_say(cli, "session with %s %s: %s", r->server_id, r->completed ? "completed" : "ended early",
            r->dm.end);
    cli_say(cli, "  %s, %s, mutual authentication %s, server %s", r->tls_version, r->tls_suite,
            r->mutual ? "yes" : "no", r->peer);
    cli_say(cli,
            "  %u messages sent, %u received; %u commands: %u done, %u refused, %u failed; "
            "%u changes",
            r->dm.messages_sent, r->dm.messages_received, r->dm.commands, r->dm.succeeded,
            r->dm.refused, r->dm.failed, r->dm.changes);
    if (r->write_back.item_count > 0)
        cli_say(cli, "card, generation %lu:", (unsigned long)r->write_back.header.generation);
    say_items(cli, &r->write_back);
}

static enum dmsc_err one_session(struct cli *cli, const char *server_id, json_t *results)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct session_run run = { cli, json_array() };
    enum dmsc_err err;

    if (run.commands == NULL)
        return DMSC_E_NOMEM;
    err = dmsc_bridge_session(cli->bridge, server_id, on_event, &run, &report);
    if (err == DMSC_OK) {
        say_session(cli, &report);
        (void)json_array_append_new(results, session_json(&report, run.commands));
    }
    dmsc_session_report_clear(&report);
    json_decref(run.commands);
    return err;
}

struct server_list {
    char id[16][128];
    size_t count;
};

static bool collect_server(void *user, const struct dmsc_account *account)
{
    struct server_list *list = user;

    if (list->count < 16 && account->verdict.reason == DMSC_ALLOWED)
        (void)snprintf(list->id[list->count++], sizeof(list->id[0]), "%s", account->server_id);
    return true;
}

/* One that fails does not keep the others from their device; the first failure is the exit code. */
static enum dmsc_err all_sessions(struct cli *cli, json_t *results)
{
    struct server_list list = { .count = 0 };
    enum dmsc_err err = dmsc_bridge_accounts(cli->bridge, collect_server, &list);

    if (err == DMSC_OK && list.count == 0)
        return cli_fail(cli, DMSC_E_NOTFOUND, "run a session",
                        "no account of the tree belongs to an authority that the card admits",
                        "dmsc ma ls shows the list, dmsc mo ls ./DMAcc the accounts");
    for (size_t i = 0; err == DMSC_OK && i < list.count; i++) {
        enum dmsc_err failed = one_session(cli, list.id[i], results);
        enum cli_exit code;

        if (failed == DMSC_OK)
            continue;
        cli_say(cli, "session with %s failed", list.id[i]);
        code = cli_tell(cli, failed);
        cli->exit = cli->exit == CLI_DONE ? code : cli->exit;
        (void)json_array_append_new(results, json_pack("{s:o,s:b,s:o}", "server",
                                                       cli_text(list.id[i]), "completed", 0,
                                                       "error", cli_error_json(cli, failed)));
    }
    return err;
}

static enum dmsc_err run_session(struct cli *cli)
{
    struct dmsc_sync_report sync = DMSC_SYNC_REPORT_INIT;
    json_t *results = json_array();
    enum dmsc_err err = results == NULL ? DMSC_E_NOMEM : DMSC_OK;

    /* The card decides anew before every session: an authority may be gone from its list. */
    if (err == DMSC_OK)
        err = dmsc_bridge_sync(cli->bridge, false, &sync);
    if (err == DMSC_OK)
        err = cli->option[OPT_SERVER] != NULL ? one_session(cli, cli->option[OPT_SERVER], results)
                                              : all_sessions(cli, results);
    dmsc_sync_report_clear(&sync);
    if (err != DMSC_OK) {
        json_decref(results);
        return err;
    }
    return cli_json(cli, results);
}

const struct cli_command cli_sync_commands[] = {
    { "sync", NULL, "", 0, 0, CLI_NEEDS_BRIDGE | CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_DRY_RUN) | CLI_OPTION(OPT_WATCH), run_sync, "bring card and tree in step",
      "Looks whether the card changed (3 APDUs); if so, verifies its authority list, reads what "
      "is\n"
      "new and takes it over in one transaction. Finishes a write-back that was cut short.\n"
      "--watch goes on: the card's toolkit is served, and each REFRESH of the card (after an "
      "update\n"
      "over the air, say) is another sync; with --json one object a line. Ctrl-C ends it.\n\n"
      "  dmsc sync --link sim:card-scripts/example.json\n"
      "  dmsc sync --watch" },
    { "session", NULL, "", 0, 0, CLI_NEEDS_BRIDGE | CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_SERVER), run_session, "run a DM session now",
      "Brings card and tree in step first, then runs one session with the authority of --server, "
      "or\n"
      "with every admitted one that has an account, highest priority first: one that fails does "
      "not\n"
      "keep the others from it, and gives the exit status. Changed objects that live on the card "
      "are\n"
      "written back to it.\n\n"
      "  dmsc session --server com.opa.dm" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
