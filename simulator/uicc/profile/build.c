/* SPDX-License-Identifier: Apache-2.0 */
/* From a merged profile to a card: all but its files. */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

#define CHANNELS_DEFAULT 4u
#define NAME_MAX_BYTES   255u
#define WHERE_MAX        192u

static enum dmsc_err out_of_memory(struct dmsc_sim *sim, const char *file)
{
    return dmsci_fail(sim->ctx, DMSC_E_NOMEM, "load card profile %s", file);
}

static enum dmsc_err build_protocol(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    const char *protocol = "T=0", *wrong;
    struct dmsci_sim_atr atr;
    enum dmsc_err err = dmsci_sim_json_text(top, "protocol", &protocol);

    if (err != DMSC_OK)
        return err;
    if (strcmp(protocol, "T=0") != 0 && strcmp(protocol, "T=1") != 0)
        return dmsci_sim_json_wrong(top, "protocol", "profile:value",
                                    "\"T=0\" or \"T=1\" is possible");
    sim->profile_t1 = strcmp(protocol, "T=1") == 0;
    wrong = dmsci_sim_atr_parse(dmsc_buf_bytes(&sim->atr), &atr);
    if (wrong != NULL)
        return dmsci_sim_json_wrong(top, "atr", "profile:atr", "%s", wrong);
    if (!(sim->profile_t1 ? atr.offers_t1 : atr.offers_t0))
        return dmsci_sim_json_wrong(top, "atr", "profile:atr", "it does not offer %s", protocol);
    return dmsci_sim_json_bool(top, "lenient", &sim->profile_lenient);
}

static enum dmsc_err build_top(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    /* "state_of" is the mark that state.c puts into its files and looks at itself. */
    static const char *const known[] = {
        "$schema",  "base", "name",      "comment", "atr",      "protocol",       "lenient",
        "channels", "pins", "proactive", "files",   "state_of", "dangling_rules", "authentication",
        "keys",     "ota",  "toolkit",   "scp03",   NULL
    };
    const char *name = "", *comment = "";
    enum dmsc_err err = dmsci_sim_json_known(top, known);

    if (err == DMSC_OK)
        err = dmsci_sim_json_text(top, "name", &name);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(top, "comment", &comment);
    if (err == DMSC_OK && strlen(name) > NAME_MAX_BYTES)
        err =
            dmsci_sim_json_wrong(top, "name", "profile:value", "at most %u bytes", NAME_MAX_BYTES);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&sim->name, name);
    if (err == DMSC_OK && json_object_get(top->object, "atr") == NULL)
        err = dmsci_sim_json_wrong(top, "atr", "profile:missing", "a card has an answer to reset");
    if (err == DMSC_OK)
        err = dmsci_sim_json_hex(top, "atr", 2, DMSCI_SIM_ATR_MAX, &sim->atr);
    if (err == DMSC_OK)
        err = dmsci_sim_json_number(top, "channels", 1, DMSCI_SIM_CHANNELS_MAX, &sim->n_channels);
    return err == DMSC_OK ? build_protocol(sim, top) : err;
}

/* Kept as they are and queued at each power-on; tried once here, so that mistakes show. */
static enum dmsc_err add_proactive(struct dmsc_sim *sim, const struct dmsci_sim_node *top,
                                   const char *where, const json_t *text)
{
    struct dmsc_buf command;
    uint8_t length[2];
    enum dmsc_err err;

    if (!json_is_string(text))
        return dmsci_sim_json_wrong(top, where, "profile:type", "hex digits are wanted");
    dmsc_buf_init(&command, sim->ctx, DMSCI_SIM_COMMAND_MAX);
    err = dmsc_hex_decode(json_string_value(text), &command);
    if (err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT)
        err = dmsci_sim_json_wrong(top, where, "profile:hex", "at most %u bytes of hex are wanted",
                                   DMSCI_SIM_COMMAND_MAX);
    else if (err == DMSC_OK)
        err = dmsc_sim_queue(sim, dmsc_buf_bytes(&command));
    if (err == DMSC_E_MALFORMED && strcmp(dmsc_diag_get(sim->ctx)->reason, "cat:command") == 0)
        err = dmsci_sim_json_wrong(top, where, "profile:value",
                                   "not a D0 template with command details (TS 102 223 6.6)");
    length[0] = (uint8_t)(command.n >> 8);
    length[1] = (uint8_t)command.n;
    if (err == DMSC_OK)
        err = dmsc_buf_append(&sim->cat.commands, dmsc_bytes(length, sizeof(length)));
    if (err == DMSC_OK)
        err = dmsc_buf_append(&sim->cat.commands, dmsc_buf_bytes(&command));
    dmsc_buf_clear(&command);
    return err;
}

static enum dmsc_err build_proactive(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    const json_t *list = json_object_get(top->object, "proactive");
    enum dmsc_err err = DMSC_OK;

    if (list != NULL && !json_is_array(list))
        return dmsci_sim_json_wrong(top, "proactive", "profile:type", "an array is wanted");
    if (json_array_size(list) > DMSCI_SIM_QUEUE_MAX)
        return dmsci_sim_json_wrong(top, "proactive", "profile:value", "at most %u",
                                    DMSCI_SIM_QUEUE_MAX);
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        char where[WHERE_MAX];

        (void)snprintf(where, sizeof(where), "proactive[%zu]", i);
        err = add_proactive(sim, top, where, json_array_get(list, i));
    }
    dmsci_sim_cat_clear(sim);
    return err;
}

static enum dmsc_err build_fcps(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    char path[DMSCI_SIM_PATH_TEXT] = "?";
    char where[DMSCI_SIM_PATH_TEXT + 16];
    unsigned bad = 0;
    enum dmsc_err err = dmsci_sim_fs_fcp_build(&sim->fs, &bad);

    if (err == DMSC_OK || err == DMSC_E_NOMEM)
        return err;
    (void)!dmsci_sim_fs_text(&sim->fs, bad, path, sizeof(path));
    (void)snprintf(where, sizeof(where), "files.%s", path);
    return dmsci_sim_json_wrong(top, where, "profile:fcp", "its FCP would be longer than %u bytes",
                                DMSCI_SIM_FCP_MAX);
}

static void init(struct dmsc_sim *sim, struct dmsc_ctx *ctx)
{
    sim->ctx = ctx;
    sim->n_channels = CHANNELS_DEFAULT;
    dmsci_sim_fs_init(&sim->fs, ctx);
    dmsc_buf_init(&sim->name, ctx, NAME_MAX_BYTES);
    dmsc_buf_init(&sim->atr, ctx, DMSCI_SIM_ATR_MAX);
    dmsc_buf_init(&sim->told_atr, ctx, DMSCI_SIM_ATR_MAX);
    dmsc_buf_init(&sim->cat.commands, ctx, DMSCI_SIM_QUEUE_MAX * (DMSCI_SIM_COMMAND_MAX + 2));
    dmsc_buf_init(&sim->state_text, ctx, SIZE_MAX / 2);
}

enum dmsc_err dmsci_sim_build(struct dmsc_ctx *ctx, const json_t *profile, const char *file,
                              struct dmsc_sim **ret_sim)
{
    const struct dmsci_sim_node top = { ctx, file, "", profile };
    struct dmsc_sim *sim = dmsci_alloc(ctx, sizeof(*sim));
    enum dmsc_err err;

    if (sim == NULL)
        return DMSC_E_NOMEM;
    init(sim, ctx);
    err = build_top(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_build_pins(sim, &top, DMSCI_SIM_NO_FILE);
    if (err == DMSC_OK)
        err = dmsci_sim_build_files(sim, profile, file);
    if (err == DMSC_OK)
        err = dmsci_sim_build_key_sets(sim, &top);
    if (err == DMSC_OK)
        err = build_fcps(sim, &top);
    if (err == DMSC_OK)
        err = build_proactive(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_auth_build(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_keys_build(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_ota_build(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_toolkit_build(sim, &top);
    if (err == DMSC_OK)
        err = dmsci_sim_scp03_build(sim, &top);
    if (err == DMSC_E_NOMEM)
        err = out_of_memory(sim, file);
    if (err != DMSC_OK) {
        dmsc_sim_free(sim);
        return err;
    }
    sim->t1 = sim->profile_t1;
    sim->lenient = sim->profile_lenient;
    dmsci_sim_keys_changed(sim);
    dmsci_sim_channels_reset(sim);
    *ret_sim = sim;
    return DMSC_OK;
}
