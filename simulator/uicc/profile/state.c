/* SPDX-License-Identifier: Apache-2.0 */
/* Cards from profiles, and the file that remembers what became of one. */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_TEXT_MAX 768u

static enum dmsc_err io_failed(struct dmsc_ctx *ctx, const char *what, const char *path)
{
    int number = errno;

    (void)dmsci_fail(ctx, DMSC_E_IO, "%s %s", what, path);
    dmsci_fail_code(ctx, number);
    dmsci_why(ctx, "state:file", "%s", strerror(number));
    return DMSC_E_IO;
}

static bool write_all(int fd, struct dmsc_bytes text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text.p += n;
        text.n -= (size_t)n;
    }
    return true;
}

/* The rename is safe only when the directory is on the disk too. */
static void sync_directory(const char *path)
{
    char directory[PATH_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    int fd;

    (void)snprintf(directory, sizeof(directory), "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1, slash == NULL ? "." : path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

/* Beside, flush, rename: whoever dies in between leaves the old file or the new one. */
static enum dmsc_err replace_file(struct dmsc_ctx *ctx, const char *path, struct dmsc_bytes text)
{
    char beside[PATH_TEXT_MAX];
    int fd, n = snprintf(beside, sizeof(beside), "%s.new", path);
    bool written;

    if (n < 0 || (size_t)n >= sizeof(beside))
        return dmsci_fail(ctx, DMSC_E_ARG, "write card state %s: the path is too long", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_failed(ctx, "write card state", beside);
    written = write_all(fd, text) && fsync(fd) == 0;
    if (close(fd) != 0 || !written || rename(beside, path) != 0) {
        enum dmsc_err err = io_failed(ctx, "write card state", path);

        (void)unlink(beside);
        return err;
    }
    sync_directory(path);
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_state_save(struct dmsc_sim *sim)
{
    enum dmsc_err err;

    dmsc_buf_reset(&sim->state_text);
    err = dmsci_sim_dump_with(sim, sim->origin, sim->origin_crc, &sim->state_text);
    if (err == DMSC_OK)
        err = replace_file(sim->ctx, sim->state_path, dmsc_buf_bytes(&sim->state_text));
    if (err != DMSC_OK) {
        dmsci_log(sim->ctx, DMSC_LOG_ERROR, "sim", "the state is not saved: %s",
                  dmsc_diag_get(sim->ctx)->why);
        return err;
    }
    sim->dirty = false;
    sim->counts.saves++;
    return DMSC_OK;
}

/* The profile as this program understands it: layout, comments and bases do not count. */
static enum dmsc_err fingerprint(const struct dmsc_sim *sim, uint32_t *ret_crc)
{
    struct dmsc_buf text;
    enum dmsc_err err;

    dmsc_buf_init(&text, sim->ctx, SIZE_MAX / 2);
    err = dmsc_sim_dump(sim, &text);
    if (err == DMSC_OK)
        *ret_crc = dmsci_crc32(dmsc_buf_bytes(&text));
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err check_origin(struct dmsc_ctx *ctx, const json_t *state, const char *path,
                                  uint32_t crc)
{
    const json_t *of = json_object_get(state, "state_of");
    const char *said = json_string_value(json_object_get(of, "crc"));
    const char *profile = json_string_value(json_object_get(of, "profile"));
    char wanted[9];

    (void)snprintf(wanted, sizeof(wanted), "%08lX", (unsigned long)crc);
    if (said != NULL && strcmp(said, wanted) == 0)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_STATE, "load card state %s", path);
    dmsci_why(ctx, "state:origin", "it was made from %s as that was then, not from this profile",
              profile != NULL ? profile : "something else");
    dmsci_hint(ctx, "remove the state file to begin with the profile anew, or name another");
    return DMSC_E_STATE;
}

static enum dmsc_err load_state(struct dmsc_ctx *ctx, const char *path, uint32_t crc,
                                struct dmsc_sim **ret_sim)
{
    json_t *state = NULL;
    enum dmsc_err err = dmsci_sim_profile_read(ctx, path, &state);

    if (err != DMSC_OK)
        return err;
    err = check_origin(ctx, state, path, crc);
    if (err == DMSC_OK)
        err = dmsci_sim_build(ctx, state, path, ret_sim);
    json_decref(state);
    return err;
}

static enum dmsc_err remember(struct dmsc_sim *sim, const char *state_path, const char *origin,
                              uint32_t crc)
{
    sim->state_path = dmsci_strdup(sim->ctx, state_path);
    sim->origin = dmsci_strdup(sim->ctx, origin);
    sim->origin_crc = crc;
    return sim->state_path == NULL || sim->origin == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

enum dmsc_err dmsci_sim_state_attach(struct dmsc_sim **sim, const char *profile_path,
                                     const struct dmsc_sim_options *options)
{
    struct dmsc_ctx *ctx = (*sim)->ctx;
    struct dmsc_sim *loaded = NULL;
    uint32_t crc = 0;
    enum dmsc_err err = fingerprint(*sim, &crc);

    if (err != DMSC_OK)
        return err;
    if (access(options->state_path, F_OK) == 0) {
        err = load_state(ctx, options->state_path, crc, &loaded);
        if (err != DMSC_OK)
            return err;
        dmsc_sim_free(*sim);
        *sim = loaded;
    } else {
        /* Made at once: a place that cannot be written is told now, not at the first UPDATE. */
        (*sim)->dirty = true;
    }
    err = remember(*sim, options->state_path, profile_path != NULL ? profile_path : "a text", crc);
    return err == DMSC_OK && (*sim)->dirty ? dmsci_sim_state_save(*sim) : err;
}

/* The profile's answer to reset is of T=0; a reader would send TPDUs. */
static enum dmsc_err switch_to_t1(struct dmsc_sim *sim)
{
    uint8_t text[DMSCI_SIM_ATR_MAX];
    struct dmsc_wr w = dmsc_wr(text, sizeof(text));
    struct dmsci_sim_atr atr;

    if (dmsci_sim_atr_parse(dmsc_buf_bytes(&sim->atr), &atr) != NULL ||
        !dmsci_sim_atr_to_t1(dmsc_buf_bytes(&sim->atr), &atr, &w))
        return dmsci_fail(sim->ctx, DMSC_E_LIMIT, "offer T=1 in the answer to reset");
    sim->t1 = true;
    return dmsc_buf_set(&sim->told_atr, dmsc_bytes(text, w.n));
}

static enum dmsc_err finish(struct dmsc_sim *sim, const char *profile_path,
                            const struct dmsc_sim_options *options, struct dmsc_sim **ret_sim)
{
    enum dmsc_err err = DMSC_OK;

    if (options != NULL && options->state_path != NULL)
        err = dmsci_sim_state_attach(&sim, profile_path, options);
    if (err == DMSC_OK && options != NULL && options->t1 && !sim->t1)
        err = switch_to_t1(sim);
    if (err != DMSC_OK) {
        dmsc_sim_free(sim);
        return err;
    }
    sim->lenient = sim->lenient || (options != NULL && options->lenient);
    *ret_sim = sim;
    return DMSC_OK;
}

enum dmsc_err dmsc_sim_new(struct dmsc_ctx *ctx, const char *profile_path,
                           const struct dmsc_sim_options *options, struct dmsc_sim **ret_sim)
{
    struct dmsc_sim *sim = NULL;
    json_t *profile = NULL;
    enum dmsc_err err = dmsci_sim_profile_read(ctx, profile_path, &profile);

    if (err != DMSC_OK)
        return err;
    err = dmsci_sim_build(ctx, profile, profile_path, &sim);
    json_decref(profile);
    return err != DMSC_OK ? err : finish(sim, profile_path, options, ret_sim);
}

enum dmsc_err dmsc_sim_new_text(struct dmsc_ctx *ctx, struct dmsc_bytes json, const char *directory,
                                const struct dmsc_sim_options *options, struct dmsc_sim **ret_sim)
{
    static const char name[] = "(text)";
    struct dmsc_sim *sim = NULL;
    json_t *profile = NULL;
    enum dmsc_err err = dmsci_sim_profile_parse(ctx, json, name, directory, &profile);

    if (err != DMSC_OK)
        return err;
    err = dmsci_sim_build(ctx, profile, name, &sim);
    json_decref(profile);
    return err != DMSC_OK ? err : finish(sim, NULL, options, ret_sim);
}
