/* SPDX-License-Identifier: Apache-2.0 */
/* Power, the command table, and the two protocols (TS 102 221 clauses 7.3.1 and 10.1). */
#include "simulator/uicc/card.h"
#include "simulator/uicc/fault.h"

enum cla_class {
    CLA_NONE,
    CLA_0X, /* interindustry: 0X and 4X */
    CLA_8X, /* of TS 102 221: 8X and CX */
    CLA_80  /* toolkit: basic channel only */
};

struct command {
    enum cla_class cla;
    uint16_t (*run)(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
};

/* TS 102 221 table 10.5, by instruction. GET RESPONSE is part of the protocol, below. */
static const struct command commands[256] = {
    [0x04] = { CLA_0X, dmsci_sim_deactivate_file },
    [0x10] = { CLA_80, dmsci_sim_terminal_profile },
    [0x12] = { CLA_80, dmsci_sim_fetch },
    [0x14] = { CLA_80, dmsci_sim_terminal_response },
    [0x20] = { CLA_0X, dmsci_sim_verify },
    [0x22] = { CLA_0X, dmsci_sim_manage_environment },
    [0x24] = { CLA_0X, dmsci_sim_change },
    [0x26] = { CLA_0X, dmsci_sim_disable },
    [0x28] = { CLA_0X, dmsci_sim_enable },
    [0x2A] = { CLA_0X, dmsci_sim_security_operation },
    [0x2C] = { CLA_0X, dmsci_sim_unblock },
    [0x32] = { CLA_8X, dmsci_sim_increase },
    [0x44] = { CLA_0X, dmsci_sim_activate_file },
    [0x46] = { CLA_0X, dmsci_sim_generate_key_pair },
    [0x47] = { CLA_0X, dmsci_sim_generate_key_pair },
    [0x50] = { CLA_8X, dmsci_sim_initialize_update },
    [0x70] = { CLA_0X, dmsci_sim_manage_channel },
    [0x76] = { CLA_80, dmsci_sim_suspend },
    [0x84] = { CLA_0X, dmsci_sim_get_challenge },
    [0x88] = { CLA_0X, dmsci_sim_authenticate },
    [0x89] = { CLA_0X, dmsci_sim_authenticate_odd },
    [0xA2] = { CLA_0X, dmsci_sim_search_record },
    [0xA4] = { CLA_0X, dmsci_sim_select },
    [0xAA] = { CLA_8X, dmsci_sim_terminal_capability },
    [0xB0] = { CLA_0X, dmsci_sim_read_binary },
    [0xB2] = { CLA_0X, dmsci_sim_read_record },
    [0xC2] = { CLA_80, dmsci_sim_envelope },
    [0xCA] = { CLA_8X, dmsci_sim_get_data },
    [0xCB] = { CLA_8X, dmsci_sim_retrieve_data },
    [0xD4] = { CLA_8X, dmsci_sim_resize_file },
    [0xD6] = { CLA_0X, dmsci_sim_update_binary },
    [0xDB] = { CLA_8X, dmsci_sim_set_data },
    [0xDC] = { CLA_0X, dmsci_sim_update_record },
    [0xE0] = { CLA_0X, dmsci_sim_create_file },
    [0xE4] = { CLA_0X, dmsci_sim_delete_file },
    [0xE6] = { CLA_0X, dmsci_sim_terminate_df },
    [0xE8] = { CLA_0X, dmsci_sim_terminate_ef },
    [0xF2] = { CLA_8X, dmsci_sim_status },
    [0xFE] = { CLA_0X, dmsci_sim_terminate_card },
};

#define INS_GET_RESPONSE        0xC0u
#define INS_SELECT              0xA4u
#define INS_SUSPEND             0x76u
#define INS_TERMINAL_CAPABILITY 0xAAu

bool dmsci_sim_le_fits(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, size_t n)
{
    if (sim->t1)
        return c->le == 0 || n <= c->le;
    return c->data.n > 0 || n == c->le; /* T=0 case 4: GET RESPONSE will say */
}

uint16_t dmsci_sim_wrong_le(size_t n)
{
    return (uint16_t)(n < 256 ? SW_LE | n : SW_LE);
}

/* T=0: five bytes of header, where P3 is Lc when data follow. A terminal that cannot say "no P3"
 * is served as well. */
static bool parse_tpdu(const struct dmsc_sim *sim, struct dmsc_bytes in, struct dmsci_sim_apdu *c)
{
    uint8_t p3 = in.n > 4 ? in.p[4] : 0;

    if (in.n <= 5) {
        c->le = p3 == 0 ? 256 : p3;
        return true;
    }
    /* Le behind the data is no TPDU, but general tools send it. */
    if (p3 == 0 || (in.n != 5u + p3 && !(sim->lenient && in.n == 6u + p3)))
        return false;
    c->data = dmsc_bytes(in.p + 5, p3);
    return true;
}

/* T=1, short lengths: the four cases of ISO 7816-3 clause 12.1. */
static bool parse_apdu(struct dmsc_bytes in, struct dmsci_sim_apdu *c)
{
    uint8_t p3 = in.n > 4 ? in.p[4] : 0;

    if (in.n == 4)
        return true;
    if (in.n == 5) {
        c->le = p3 == 0 ? 256 : p3;
        return true;
    }
    if (p3 == 0 || (in.n != 5u + p3 && in.n != 6u + p3))
        return false;
    c->data = dmsc_bytes(in.p + 5, p3);
    if (in.n == 6u + p3)
        c->le = in.p[in.n - 1] == 0 ? 256 : in.p[in.n - 1];
    return true;
}

/* 10.1.1: class, secure messaging and channel. @return SW_OK or the refusal */
static uint16_t parse_cla(struct dmsci_sim_apdu *c, enum cla_class *ret_class)
{
    bool further = (c->cla & 0x40) != 0;

    if ((c->cla & 0x70) != 0 && !further)
        return SW_CLA;
    *ret_class = (c->cla & 0x80) != 0 ? CLA_8X : CLA_0X;
    if (c->cla == 0xFF)
        return SW_CLA;
    c->channel_no = further ? (uint8_t)(4 + (c->cla & 0x0F)) : c->cla & 0x03;
    return (c->cla & (further ? 0x20 : 0x0C)) != 0 ? SW_SECURE_MESSAGING : SW_OK;
}

static uint16_t to_channel(struct dmsc_sim *sim, struct dmsci_sim_apdu *c)
{
    if (c->channel_no >= sim->n_channels || !sim->channels[c->channel_no].open)
        return SW_CHANNEL;
    c->channel = &sim->channels[c->channel_no];
    return SW_OK;
}

/* 11.1.22.3.1: any command but RESUME, and what comes before it, makes the token worthless. */
static void forget_suspended(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    if (c->ins != INS_SUSPEND && c->ins != INS_TERMINAL_CAPABILITY)
        sim->suspended->valid = false;
}

static uint16_t run(struct dmsc_sim *sim, struct dmsci_sim_apdu *c)
{
    const struct command *command = &commands[c->ins];
    enum cla_class class;
    uint16_t sw = parse_cla(c, &class);

    if (sw == SW_CLA)
        return sw;
    if (command->cla == CLA_NONE)
        return SW_INS;
    if (class != (command->cla == CLA_0X ? CLA_0X : CLA_8X))
        return SW_CLA;
    if (sw != SW_OK)
        return sw;
    if (command->cla == CLA_80 && c->channel_no != 0)
        return SW_CHANNEL;
    sw = to_channel(sim, c);
    if (sw != SW_OK)
        return sw;
    if (sim->suspended != NULL)
        forget_suspended(sim, c);
    if ((sim->fs.files[0].life_cycle & 0x0C) == 0x0C && c->ins != INS_SELECT)
        return SW_CONDITIONS; /* TERMINATE CARD USAGE */
    return command->run(sim, c);
}

uint16_t dmsci_sim_run_command(struct dmsc_sim *sim, struct dmsci_sim_apdu *c)
{
    const struct command *command = &commands[c->ins];
    enum cla_class class;
    uint16_t sw = parse_cla(c, &class);

    if (sw != SW_OK)
        return sw;
    if (command->cla == CLA_NONE || command->cla == CLA_80)
        return SW_INS;
    if (class != command->cla || c->channel_no != 0)
        return SW_CLA;
    return command->run(sim, c);
}

/* 11.2: 9000 becomes 91xx as long as a proactive command waits. */
static uint16_t final_sw(struct dmsc_sim *sim, uint16_t sw)
{
    unsigned n = sw == SW_OK ? dmsci_sim_cat_announce(sim) : 0;

    return n > 0 ? (uint16_t)(SW_PROACTIVE | (n & 0xFF)) : sw;
}

/* 61xx: 00 is 256 or more. */
static uint16_t more(size_t n)
{
    return (uint16_t)(n < 256 ? SW_MORE | n : SW_MORE);
}

/* ISO 7816-4 clause 7.4.2: what no R-APDU can hold comes in pieces, in T=1 too. */
static uint16_t first_part(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                           struct dmsc_bytes *ret_data)
{
    *ret_data = dmsc_bytes(sim->reply.p, 256);
    sim->reply = dmsc_bytes(sim->reply.p + 256, sim->reply.n - 256);
    sim->waiting = true;
    sim->waiting_channel = c->channel_no;
    return more(sim->reply.n);
}

/* 7.3.1.1.4: data of case 4 wait for GET RESPONSE; a warning is told first and lets them wait. */
static uint16_t finish_t0(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, uint16_t sw,
                          struct dmsc_bytes *ret_data)
{
    struct dmsc_bytes data = sim->reply;

    if (data.n == 0)
        return final_sw(sim, sw);
    if (c->data.n > 0) {
        sim->waiting = true;
        sim->waiting_channel = c->channel_no;
        return sw == SW_OK ? more(data.n) : sw;
    }
    if (c->le == 256 && data.n > 256 && sw == SW_OK)
        return first_part(sim, c, ret_data);
    if (data.n != c->le)
        return dmsci_sim_wrong_le(data.n);
    *ret_data = data;
    return final_sw(sim, sw);
}

static uint16_t finish_t1(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, uint16_t sw,
                          struct dmsc_bytes *ret_data)
{
    if (c->le == 256 && sim->reply.n > 256 && sw == SW_OK)
        return first_part(sim, c, ret_data);
    if (c->le != 0 && sim->reply.n > c->le)
        return dmsci_sim_wrong_le(sim->reply.n);
    if (c->le != 0)
        *ret_data = sim->reply;
    return final_sw(sim, sw);
}

/* 12.1.1: at once after the 61xx, on its channel; otherwise the data are lost. */
static uint16_t get_response(struct dmsc_sim *sim, struct dmsci_sim_apdu *c,
                             struct dmsc_bytes *ret_data)
{
    struct dmsc_bytes data = sim->reply;
    enum cla_class class;
    uint16_t sw = parse_cla(c, &class);
    bool due = sim->waiting && c->channel_no == sim->waiting_channel;

    sim->waiting = false;
    if (sw != SW_OK || class != CLA_0X)
        return sw != SW_OK ? sw : SW_CLA;
    if (sim->t1 && !due)
        return SW_INS;
    if (!due)
        return SW_TECHNICAL;
    sim->waiting = true;
    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n > 0)
        return SW_LENGTH;
    if (c->le > data.n)
        return dmsci_sim_wrong_le(data.n);
    *ret_data = dmsc_bytes(data.p, c->le);
    sim->reply = dmsc_bytes(data.p + c->le, data.n - c->le);
    sim->waiting = sim->reply.n > 0;
    return sim->waiting ? more(sim->reply.n) : final_sw(sim, SW_OK);
}

static bool keeps_data(uint16_t sw)
{
    return sw == SW_OK || (sw & 0xFF00) == 0x6200 || (sw & 0xFF00) == 0x6300;
}

uint16_t dmsci_sim_run_plain(struct dmsc_sim *sim, struct dmsci_sim_apdu *c)
{
    return run(sim, c);
}

uint16_t dmsci_sim_final_sw(struct dmsc_sim *sim, uint16_t sw)
{
    return final_sw(sim, sw);
}

/* Secure messaging by SCP03, where the card has keys for it; else it is refused as ever. */
static uint16_t run_either(struct dmsc_sim *sim, struct dmsci_sim_apdu *c)
{
    enum cla_class class;
    uint16_t sw;

    if (sim->scp03 == NULL || parse_cla(c, &class) != SW_SECURE_MESSAGING) {
        if (sim->scp03 != NULL && c->channel_no < DMSCI_SIM_CHANNELS_MAX)
            dmsci_sim_unsecured(sim, c);
        return run(sim, c);
    }
    sw = to_channel(sim, c);
    if (sw != SW_OK)
        return sw;
    sw = dmsci_sim_secured(sim, c);
    if (c->le != 0)
        c->le = 256; /* it was that of the plain answer: a MAC came to it */
    return sw;
}

static uint16_t answer(struct dmsc_sim *sim, struct dmsc_bytes in, struct dmsc_bytes *ret_data)
{
    struct dmsci_sim_apdu c = { 0 };
    uint16_t sw;

    if (in.n < 4)
        return SW_LENGTH;
    c.cla = in.p[0];
    c.ins = in.p[1];
    c.p1 = in.p[2];
    c.p2 = in.p[3];
    if (!(sim->t1 ? parse_apdu(in, &c) : parse_tpdu(sim, in, &c))) {
        sim->waiting = false;
        return SW_LENGTH;
    }
    if (c.ins == INS_GET_RESPONSE)
        return get_response(sim, &c, ret_data);
    sim->waiting = false;
    sim->reply = dmsc_bytes(NULL, 0);
    sw = run_either(sim, &c);
    if (sim->dirty && sim->state_path != NULL && dmsci_sim_state_save(sim) != DMSC_OK)
        return SW_MEMORY;
    if (!keeps_data(sw))
        return sw;
    return sim->t1 ? finish_t1(sim, &c, sw, ret_data) : finish_t0(sim, &c, sw, ret_data);
}

static enum dmsc_err no_card(struct dmsc_sim *sim)
{
    (void)dmsci_fail(sim->ctx, DMSC_E_REMOVED, "send a command to the software UICC");
    dmsci_why(sim->ctx, sim->powered ? "sim:torn" : "sim:no-power",
              sim->powered ? "its power was cut in the middle of a write" : "it has no power");
    return DMSC_E_REMOVED;
}

enum dmsc_err dmsci_sim_run(struct dmsc_sim *sim, struct dmsc_bytes capdu,
                            uint8_t ret_rapdu[DMSC_RAPDU_MAX], size_t *ret_n)
{
    struct dmsc_bytes data = { NULL, 0 };
    uint16_t sw;

    sim->counts.commands++;
    sw = answer(sim, capdu, &data);
    if (sim->silent)
        return no_card(sim);
    dmsci_copy(ret_rapdu, data.p, data.n);
    ret_rapdu[data.n] = (uint8_t)(sw >> 8);
    ret_rapdu[data.n + 1] = (uint8_t)sw;
    *ret_n = data.n + 2;
    return DMSC_OK;
}

enum dmsc_err dmsc_sim_transmit(struct dmsc_sim *sim, struct dmsc_bytes capdu,
                                uint8_t ret_rapdu[DMSC_RAPDU_MAX], size_t *ret_n)
{
    if (!sim->powered || sim->silent)
        return no_card(sim);
    if (sim->faults != NULL)
        return dmsci_sim_transmit_faulty(sim, capdu, ret_rapdu, ret_n);
    return dmsci_sim_run(sim, capdu, ret_rapdu, ret_n);
}

void dmsc_sim_power(struct dmsc_sim *sim, enum dmsc_power how)
{
    sim->powered = how != DMSC_POWER_OFF;
    sim->silent = false;
    sim->waiting = false;
    sim->reply = dmsc_bytes(NULL, 0);
    sim->capability_n = 0;
    if (sim->suspended != NULL)
        sim->suspended->resumes = sim->powered;
    for (unsigned i = 0; i < sim->fs.n_key_sets; i++)
        sim->fs.key_sets[i].verified = 0;
    dmsci_sim_keys_changed(sim);
    dmsci_sim_channels_reset(sim);
    dmsci_sim_keys_reset(sim);
    dmsci_sim_cat_reset(sim);
    dmsci_sim_scp03_reset(sim);
    dmsci_sim_toolkit_reset(sim);
}

bool dmsc_sim_powered(const struct dmsc_sim *sim)
{
    return sim->powered && !sim->silent;
}

struct dmsc_bytes dmsc_sim_atr(const struct dmsc_sim *sim)
{
    return dmsc_buf_bytes(sim->told_atr.n > 0 ? &sim->told_atr : &sim->atr);
}

enum dmsc_protocol dmsc_sim_protocol(const struct dmsc_sim *sim)
{
    return sim->t1 ? DMSC_T1 : DMSC_T0;
}

const char *dmsc_sim_name(const struct dmsc_sim *sim)
{
    return dmsc_buf_str(&sim->name);
}

struct dmsc_sim_counts dmsc_sim_counts(const struct dmsc_sim *sim)
{
    return sim->counts;
}

enum dmsc_err dmsc_sim_read(const struct dmsc_sim *sim, const char *path,
                            struct dmsc_buf *ret_content)
{
    unsigned index = dmsci_sim_fs_by_text(&sim->fs, path);
    const struct dmsci_sim_file *file = index == DMSCI_SIM_NO_FILE ? NULL : &sim->fs.files[index];
    enum dmsc_err err = DMSC_OK;
    struct dmsc_buf content;

    if (file == NULL || dmsci_sim_file_is_df(file))
        return dmsci_fail(sim->ctx, DMSC_E_NOTFOUND, "read EF %s of the software UICC", path);
    if (!dmsci_sim_file_has_records(file))
        return dmsc_buf_set(ret_content, dmsc_bytes(sim->fs.content + file->content, file->size));
    dmsc_buf_init(&content, sim->ctx, file->size);
    for (unsigned i = 1; err == DMSC_OK && i <= file->records; i++)
        err = dmsc_buf_append(
            &content, dmsc_bytes(dmsci_sim_fs_record(&sim->fs, file, i), file->record_length));
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_content, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&content);
    return err;
}

void dmsc_sim_free(struct dmsc_sim *sim)
{
    if (sim == NULL)
        return;
    dmsci_sim_cat_clear(sim);
    dmsci_sim_scp03_free(sim);
    dmsci_sim_toolkit_free(sim);
    dmsci_sim_ota_free(sim);
    dmsci_sim_keys_free(sim);
    dmsci_sim_auth_free(sim);
    dmsci_sim_fs_clear(&sim->fs);
    dmsci_sim_faults_free(sim);
    dmsci_free(sim->ctx, sim->suspended);
    dmsc_buf_clear(&sim->cat.commands);
    dmsc_buf_clear(&sim->name);
    dmsc_buf_clear(&sim->atr);
    dmsc_buf_clear(&sim->told_atr);
    dmsc_buf_clear(&sim->state_text);
    dmsci_free(sim->ctx, sim->state_path);
    dmsci_free(sim->ctx, sim->origin);
    dmsci_free(sim->ctx, sim);
}
