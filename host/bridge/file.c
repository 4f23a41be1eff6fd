/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bridge/file.h"
#include "apdu/base/ctx.h"
#include <dmsc/bridge.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX_BYTES 16384u /* a private key of RSA 8192 in PEM has 6.5 KiB */

static enum dmsc_err fail(struct dmsc_ctx *ctx, const char *path)
{
    int code = errno;

    (void)dmsci_fail(ctx, DMSC_E_IO, "read a file");
    dmsci_where(ctx, "%s", path);
    dmsci_why(ctx, "file:read", "%s", strerror(code));
    dmsci_fail_code(ctx, code);
    return DMSC_E_IO;
}

static enum dmsc_err check_private(struct dmsc_ctx *ctx, int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return fail(ctx, path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_CONFIG, "read a secret");
    dmsci_where(ctx, "%s", path);
    dmsci_why(ctx, "file:not-private", "others may read or write it (mode %03o)",
              (unsigned)(st.st_mode & 0777));
    dmsci_hint(ctx, "chmod 600 %s", path);
    return DMSC_E_CONFIG;
}

enum dmsc_err dmsci_file_read(struct dmsc_ctx *ctx, const char *path, bool must_be_private,
                              struct dmsc_buf *ret_content)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum dmsc_err err = DMSC_OK;
    ssize_t n = 1;

    if (fd < 0)
        return fail(ctx, path);
    if (must_be_private)
        err = check_private(ctx, fd, path);
    dmsc_buf_reset(ret_content);
    while (err == DMSC_OK && n > 0) {
        size_t room = ret_content->ceiling - ret_content->n;
        uint8_t *to;

        if (room == 0) { /* full before the end was seen */
            err = dmsci_fail(ctx, DMSC_E_LIMIT, "read a file of %zu bytes or more",
                             ret_content->ceiling);
            dmsci_where(ctx, "%s", path);
            break;
        }
        err = dmsc_buf_reserve(ret_content, room < 4096 ? room : 4096, &to);
        if (err != DMSC_OK)
            break;
        n = read(fd, to, room < 4096 ? room : 4096);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n < 0)
            err = fail(ctx, path);
        else
            dmsc_buf_commit(ret_content, (size_t)n);
    }
    (void)close(fd);
    return err;
}

void dmsci_file_stamp(const char *path, char *ret_text, size_t size)
{
    struct stat st;

    ret_text[0] = '\0';
    if (stat(path, &st) == 0)
        (void)snprintf(ret_text, size, "%llu:%llu:%lld:%lld.%09ld", (unsigned long long)st.st_dev,
                       (unsigned long long)st.st_ino, (long long)st.st_size,
                       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void trim_line_end(struct dmsc_buf *text)
{
    while (text->n > 0 && (text->p[text->n - 1] == '\n' || text->p[text->n - 1] == '\r'))
        dmsc_buf_truncate(text, text->n - 1);
}

enum dmsc_err dmsc_secret_load(struct dmsc_ctx *ctx, const char *path, bool hex,
                               struct dmsc_secret *ret_secret)
{
    struct dmsc_buf text, bytes;
    enum dmsc_err err;

    dmsc_buf_init(&text, ctx, SECRET_MAX_BYTES);
    dmsc_buf_init(&bytes, ctx, SECRET_MAX_BYTES);
    err = dmsci_file_read(ctx, path, true, &text);
    if (err == DMSC_OK)
        trim_line_end(&text);
    if (err == DMSC_OK && hex) {
        bool whole = strlen(dmsc_buf_str(&text)) == text.n;

        err = whole ? dmsc_hex_decode(dmsc_buf_str(&text), &bytes) : DMSC_E_MALFORMED;
        if (err == DMSC_E_MALFORMED) { /* the story would show a piece of it */
            err = dmsci_fail(ctx, DMSC_E_CONFIG, "read a secret");
            dmsci_where(ctx, "%s", path);
            dmsci_why(ctx, "file:hex", "it must hold hex digits and nothing else");
        }
    }
    if (err == DMSC_OK)
        err = dmsc_secret_set(ret_secret, ctx, dmsc_buf_bytes(hex ? &bytes : &text));
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&bytes);
    return err;
}
