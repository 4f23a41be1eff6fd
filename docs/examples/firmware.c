/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device whose firmware servers may update: it supplies how a package is downloaded and
 * installed.
 *
 *     cc firmware.c $(pkg-config --cflags --libs dmsc) -o firmware
 *     ./firmware state.db package package.sig certificate.der
 *
 * Packages are files here, and installing one copies it. What a server would do in a session is
 * done in ask(): it writes the address and the signature, and executes. The certificate is one that
 * the authority provisioned for the use "code"; a device has them from its card or from a session.
 */
#include <dmsc/alert.h>
#include <dmsc/ctx.h>
#include <dmsc/fumo.h>
#include <dmsc/mo_ops.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OBJECT "./FUMO/Main"
#define MA     "com.example.ma"

enum todo { NOTHING, DOWNLOAD, UPDATE };

struct device {
    struct dmsc_buf certificate;
    enum todo todo; /* what it was told; done by work(), since nothing here may wait */
    char url[256];
};

static enum dmsc_err begin_download(void *user, const char *url, bool again)
{
    struct device *d = user;

    printf("%s %s\n", again ? "downloads again" : "downloads", url);
    if (snprintf(d->url, sizeof(d->url), "%s", url) >= (int)sizeof(d->url))
        return DMSC_E_ARG;
    d->todo = DOWNLOAD;
    return DMSC_OK;
}

static enum dmsc_err begin_update(void *user, const uint8_t sha256[32], bool again)
{
    printf("%s a package of SHA-256 %02x%02x...\n", again ? "installs again" : "installs",
           sha256[0], sha256[1]);
    ((struct device *)user)->todo = UPDATE;
    return DMSC_OK;
}

static void discard(void *user)
{
    (void)user;
    puts("forgets the package");
    (void)remove("slot.new");
}

static struct dmsc_now now(void *user)
{
    (void)user;
    return (struct dmsc_now){ (int64_t)time(NULL), true };
}

static const struct dmsc_fumo_ops ops = { begin_download, begin_update, discard, now };

static enum dmsc_err certificates(
    void *user, bool (*certificate)(void *to, const struct dmsc_code_certificate *one), void *to)
{
    struct device *d = user;
    const struct dmsc_code_certificate one = { MA, "code", dmsc_buf_bytes(&d->certificate) };

    (void)certificate(to, &one);
    return DMSC_OK;
}

/* Each piece goes into the new slot and through the digest. */
static enum dmsc_err download(struct device *d, struct dmsc_fumo *fumo)
{
    FILE *from = fopen(d->url, "rb"), *to = fopen("slot.new", "wb");
    unsigned result = from != NULL && to != NULL ? DMSC_FUMO_SUCCESS : DMSC_FUMO_UNAVAILABLE;
    uint8_t piece[4096];
    size_t n;

    while (result == DMSC_FUMO_SUCCESS && (n = fread(piece, 1, sizeof(piece), from)) > 0) {
        if (fwrite(piece, 1, n, to) != n || dmsc_fumo_data(fumo, dmsc_bytes(piece, n)) != DMSC_OK)
            result = DMSC_FUMO_NO_ROOM_FOR_PACKAGE;
    }
    if (from != NULL)
        (void)fclose(from);
    if (to != NULL && fclose(to) != 0)
        result = DMSC_FUMO_NO_ROOM_FOR_PACKAGE;
    return dmsc_fumo_downloaded(fumo, result);
}

static enum dmsc_err work(struct device *d, struct dmsc_fumo *fumo)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && d->todo != NOTHING) {
        enum todo todo = d->todo;

        d->todo = NOTHING;
        if (todo == DOWNLOAD)
            err = download(d, fumo);
        else
            err = dmsc_fumo_updated(
                fumo, rename("slot.new", "slot") == 0 ? DMSC_FUMO_SUCCESS : DMSC_FUMO_UPDATE_FAILED,
                false);
    }
    return err;
}

/* What a server does; a change by that authority. */
static enum dmsc_err ask(struct dmsc_tree *tree, const char *package, struct dmsc_bytes signature)
{
    struct dmsc_exec exec = { OBJECT "/DownloadAndUpdate", { NULL, 0 }, "job-1", false };
    enum dmsc_err err = dmsc_tree_begin(tree, "ma:" MA, (int64_t)time(NULL));

    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_replace(tree, OBJECT "/DownloadAndUpdate/PkgURL", NULL, NULL,
                            dmsc_bytes_str(package));
    if (err == DMSC_OK)
        err = dmsc_tree_replace(tree, OBJECT "/Ext/dmsc/Signature", NULL, NULL, signature);
    if (err == DMSC_OK)
        err = dmsc_tree_exec_as(tree, &exec);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

static bool show(void *user, const struct dmsc_alert *alert)
{
    *(int64_t *)user = alert->id;
    printf("to tell %s: %s %s %.*s\n", MA, strrchr(alert->type, '.') + 1, alert->correlator,
           (int)alert->data.n, (const char *)alert->data.p);
    return true;
}

/* What a DM session does when the server has answered: here there is none. */
static enum dmsc_err told(struct dmsc_tree *tree)
{
    int64_t last = 0;
    enum dmsc_err err = dmsc_alert_each(tree, MA, show, &last);

    if (err == DMSC_OK)
        err = dmsc_tree_begin(tree, "device", 1);
    if (err != DMSC_OK)
        return err;
    err = dmsc_alert_taken(tree, MA, last);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

static enum dmsc_err read_file(const char *path, struct dmsc_buf *to)
{
    FILE *f = fopen(path, "rb");
    uint8_t piece[512];
    size_t n;
    enum dmsc_err err = f == NULL ? DMSC_E_IO : DMSC_OK;

    while (err == DMSC_OK && (n = fread(piece, 1, sizeof(piece), f)) > 0)
        err = dmsc_buf_append(to, dmsc_bytes(piece, n));
    if (f != NULL)
        (void)fclose(f);
    return err;
}

static enum dmsc_err run(struct dmsc_ctx *ctx, char **argv, struct device *d)
{
    const struct dmsc_code_trust trust = { certificates, d };
    struct dmsc_store *store = NULL;
    struct dmsc_tree *tree = NULL;
    struct dmsc_fumo *fumo = NULL;
    struct dmsc_buf signature;
    enum dmsc_fumo_state state;
    enum dmsc_err err;

    dmsc_buf_init(&signature, ctx, 4096);
    err = read_file(argv[3], &signature);
    if (err == DMSC_OK)
        err = read_file(argv[4], &d->certificate);
    if (err == DMSC_OK)
        err = dmsc_store_open(ctx, argv[1], &store);
    if (err == DMSC_OK)
        err = dmsc_tree_open(ctx, store, NULL, &tree);
    if (err == DMSC_OK)
        err = dmsc_fumo_new(tree, OBJECT, &ops, d, &trust, &fumo);
    if (err == DMSC_OK)
        err = ask(tree, argv[2], dmsc_buf_bytes(&signature));
    if (err == DMSC_OK)
        err = work(d, fumo);
    if (err == DMSC_OK)
        err = dmsc_fumo_state(fumo, &state);
    if (err == DMSC_OK)
        printf("state %d: %s\n", (int)state, dmsc_fumo_state_name(state));
    if (err == DMSC_OK)
        err = told(tree);
    dmsc_fumo_free(fumo);
    dmsc_tree_close(tree);
    dmsc_store_close(store);
    dmsc_buf_clear(&signature);
    return err;
}

int main(int argc, char **argv)
{
    struct dmsc_ctx *ctx = NULL;
    struct device device = { .todo = NOTHING };
    enum dmsc_err err;

    if (argc != 5) {
        (void)fputs("usage: firmware STORE PACKAGE SIGNATURE CERTIFICATE\n", stderr);
        return 2;
    }
    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 1;
    dmsc_buf_init(&device.certificate, ctx, 16384);
    err = run(ctx, argv, &device);
    if (err != DMSC_OK) {
        const struct dmsc_diag *story = dmsc_diag_get(ctx);

        (void)fprintf(stderr, "firmware: cannot %s: %s (%s)\n", story->what, story->why,
                      story->reason);
    }
    dmsc_buf_clear(&device.certificate);
    dmsc_ctx_free(ctx);
    return err == DMSC_OK ? 0 : 1;
}
