/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are too long for memory: into a leaf, interrupted and gone on with, and out again. */
#include "host/cli/mo/mo.h"
#include <dmsc/large.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536u
#define ACTOR "local"

bool cli_mo_is_large(const struct cli *cli, const char *path)
{
    struct stat st;

    return path != NULL && strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_size > 0 && (uint64_t)st.st_size > dmsc_ctx_limits(cli->ctx)->node_value;
}

struct sending {
    struct cli *cli;
    struct dmsc_large *large;
    const char *path;
    int fd;
    uint64_t size;
};

static enum dmsc_err read_failed(const struct sending *s, const char *why)
{
    (void)cli_fail(s->cli, DMSC_E_IO, "read the file", why, "name a file that you can read");
    (void)snprintf(s->cli->story.where, sizeof(s->cli->story.where), "%s", s->path);
    return DMSC_E_IO;
}

static void show_progress(const struct sending *s)
{
    uint64_t have = dmsc_large_have(s->large);

    if (!s->cli->json && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r\033[K%u %%%s", (unsigned)(have * 100 / s->size),
                      have == s->size ? "\n" : "");
}

static enum dmsc_err interrupted(const struct sending *s)
{
    char why[96];

    (void)snprintf(why, sizeof(why), "it was interrupted at %llu of %llu bytes",
                   (unsigned long long)dmsc_large_have(s->large), (unsigned long long)s->size);
    return cli_fail(s->cli, DMSC_E_AGAIN, "take the file", why,
                    "the same command goes on from there; dmsc mo drop URI forgets it");
}

static enum dmsc_err send_all(const struct sending *s)
{
    static uint8_t piece[PIECE];
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && dmsc_large_have(s->large) < s->size) {
        uint64_t at = dmsc_large_have(s->large);
        size_t want = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
        ssize_t n = pread(s->fd, piece, want, (off_t)at);

        if (!cli_go_on(NULL))
            return interrupted(s);
        if (n <= 0)
            return read_failed(s, n < 0 ? strerror(errno) : "it became shorter meanwhile");
        err = dmsc_large_append(s->large, dmsc_bytes(piece, (size_t)n),
                                dmsc_bridge_now(s->cli->bridge).seconds);
        show_progress(s);
    }
    return err;
}

/* What tells one content from another: the file, and when it was last written and changed. */
static enum dmsc_err open_transfer(struct sending *s, const struct stat *st, const char *uri)
{
    char tag[160];
    struct dmsc_large_spec spec = { .uri = uri, .actor = ACTOR, .size = (uint64_t)st->st_size };
    uint64_t have;
    enum dmsc_err err;

    (void)snprintf(tag, sizeof(tag), "file %llu %llu %lld.%09ld %lld.%09ld",
                   (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
                   (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                   (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
    spec.tag = dmsc_bytes_str(tag);
    s->size = spec.size;
    err = dmsc_large_open(dmsc_bridge_tree(s->cli->bridge), &spec,
                          dmsc_bridge_now(s->cli->bridge).seconds, &s->large);
    have = err == DMSC_OK ? dmsc_large_have(s->large) : 0;
    if (have > 0)
        cli_say(s->cli, "going on at %llu of %llu bytes", (unsigned long long)have,
                (unsigned long long)s->size);
    return err;
}

static enum dmsc_err put(struct sending *s, const enum dmsc_format *format, const char *type)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(s->cli->bridge);
    enum dmsc_err err = dmsc_tree_begin(tree, ACTOR, dmsc_bridge_now(s->cli->bridge).seconds);

    if (err != DMSC_OK)
        return err;
    err = dmsc_large_put(s->large, format, type);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    /* All of it is there and will not do: nothing is gained by keeping it. */
    if (err == DMSC_E_MALFORMED) {
        const struct dmsc_diag story = *dmsc_diag_get(s->cli->ctx);

        s->cli->story = story;
        (void)!dmsc_large_drop(s->large);
    }
    return err;
}

/* What came is one content only if the file is what it was. */
static enum dmsc_err still_same(const struct sending *s, const struct stat *before)
{
    struct stat st;

    if (fstat(s->fd, &st) == 0 && st.st_size == before->st_size &&
        st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
        return DMSC_OK;
    return cli_fail(s->cli, DMSC_E_AGAIN, "take the file", "it was written while it was read",
                    "the same command takes it anew");
}

enum dmsc_err cli_mo_send_file(struct cli *cli, const char *uri, const char *path,
                               const enum dmsc_format *format, const char *type, size_t *ret_n)
{
    const struct sigaction end = { .sa_handler = cli_interrupt };
    struct sending s = { .cli = cli, .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC) };
    struct sigaction before;
    struct stat st;
    enum dmsc_err err;

    if (s.fd < 0)
        return read_failed(&s, strerror(errno));
    if (fstat(s.fd, &st) != 0) {
        err = read_failed(&s, strerror(errno));
        (void)close(s.fd);
        return err;
    }
    (void)sigaction(SIGINT, &end, &before);
    err = open_transfer(&s, &st, uri);
    if (err == DMSC_OK)
        err = send_all(&s);
    if (err == DMSC_OK)
        err = still_same(&s, &st);
    if (err == DMSC_OK)
        err = put(&s, format, type);
    *ret_n = (size_t)s.size;
    dmsc_large_close(s.large);
    (void)close(s.fd);
    (void)sigaction(SIGINT, &before, NULL);
    return err;
}

static enum dmsc_err version_of(struct cli *cli, const char *uri, uint16_t *ret_verno)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(dmsc_bridge_tree(cli->bridge), uri, &node);

    *ret_verno = node.verno;
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err write_parts(struct cli *cli, const char *uri)
{
    struct dmsc_buf part;
    uint64_t at = 0;
    enum dmsc_err err;

    dmsc_buf_init(&part, cli->ctx, PIECE);
    do {
        dmsc_buf_reset(&part);
        err = dmsc_tree_value_part(dmsc_bridge_tree(cli->bridge), uri, at, PIECE, &part);
        if (err == DMSC_OK)
            (void)fwrite(part.p, 1, part.n, stdout);
        at += part.n;
    } while (err == DMSC_OK && part.n > 0 && !ferror(stdout));
    dmsc_buf_clear(&part);
    return err;
}

enum dmsc_err cli_mo_write_value(struct cli *cli, const char *uri)
{
    uint16_t before = 0, after = 0;
    enum dmsc_err err = version_of(cli, uri, &before);

    if (err == DMSC_OK)
        err = write_parts(cli, uri);
    if (err == DMSC_OK)
        err = version_of(cli, uri, &after);
    if (err == DMSC_OK && before != after)
        err = cli_fail(cli, DMSC_E_AGAIN, "write the value",
                       "another process changed it meanwhile: what was written is no value",
                       "the same command again");
    return err;
}

static bool add_row(void *user, const struct dmsc_large_info *info)
{
    bool said = info->size != DMSC_LARGE_UNKNOWN;
    json_t *row = json_pack("{s:o,s:o,s:I,s:o,s:o}", "uri", cli_text(info->uri), "actor",
                            cli_text(info->actor), "have", (json_int_t)info->have, "size",
                            said ? json_integer((json_int_t)info->size) : json_null(), "at",
                            cli_time(info->at));

    return json_array_append_new(user, row) == 0;
}

static enum dmsc_err run_transfers(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "uri", "NODE" }, { "actor", "WHOSE" }, { "have", "BYTES" },
        { "size", "OF" },  { "at", "LAST" },     { NULL, NULL },
    };
    json_t *rows = json_array();
    enum dmsc_err err = dmsc_large_each(dmsc_bridge_tree(cli->bridge), add_row, rows);

    if (err == DMSC_OK && json_array_size(rows) == 0)
        cli_say(cli, "nothing is on its way");
    if (err == DMSC_OK && (cli->json || json_array_size(rows) > 0))
        return cli_table(cli, columns, rows);
    json_decref(rows);
    return err;
}

/* The first transfer to the node: whose it is. */
struct to_drop {
    const char *uri;
    char actor[256];
};

static bool find(void *user, const struct dmsc_large_info *info)
{
    struct to_drop *drop = user;

    if (strcmp(info->uri, drop->uri) != 0)
        return true;
    (void)snprintf(drop->actor, sizeof(drop->actor), "%s", info->actor);
    return false;
}

static enum dmsc_err run_drop(struct cli *cli)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    struct dmsc_buf uri;
    struct to_drop drop = { NULL, "" };
    json_int_t n = 0;
    enum dmsc_err err = cli_mo_uri(cli, cli->argument[0], &uri);

    drop.uri = dmsc_buf_str(&uri);
    do {
        drop.actor[0] = '\0';
        if (err == DMSC_OK)
            err = dmsc_large_each(tree, find, &drop);
        if (err == DMSC_OK && drop.actor[0] != '\0') {
            err = dmsc_large_forget(tree, drop.actor, drop.uri);
            n++;
        }
    } while (err == DMSC_OK && drop.actor[0] != '\0');
    if (err == DMSC_OK && n == 0)
        err = cli_fail_at(cli, DMSC_E_NOTFOUND, "forget a transfer", drop.uri,
                          "none to this node is on its way", "dmsc mo transfers shows them");
    if (err == DMSC_OK) {
        cli_say(cli, "forgot what had come for %s", drop.uri);
        err = cli_json(cli, json_pack("{s:o,s:I}", "uri", cli_text(drop.uri), "dropped", n));
    }
    dmsc_buf_clear(&uri);
    return err;
}

const struct cli_command cli_mo_large_commands[] = {
    { "mo", "transfers", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_transfers,
      "list large values that are on their way",
      "A file above limits.node_value is taken in pieces by dmsc mo set and dmsc mo add, and a "
      "large\n"
      "object of a server as well. One that was interrupted is gone on with by the same command;\n"
      "after seven days it is forgotten.\n\n"
      "  dmsc mo transfers" },
    { "mo", "drop", "URI", 1, 1, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_drop,
      "forget the transfers to a node that are on their way",
      "What had come goes; the node's value stays.\n\n"
      "  dmsc mo drop ./App/One/Image" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
