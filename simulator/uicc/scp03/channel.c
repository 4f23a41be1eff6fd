/* SPDX-License-Identifier: Apache-2.0 */
/* INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and what is protected by them (Amendment D 6 and 7). */
#include "simulator/uicc/scp03/channel.h"

#define INS_INITIALIZE_UPDATE     0x50u
#define INS_EXTERNAL_AUTHENTICATE 0x82u
#define SEQUENCE_MAX              0xFFFFFFu

static struct dmsci_sim_scp03_session *session_of(struct dmsc_sim *sim,
                                                  const struct dmsci_sim_apdu *c)
{
    return &sim->scp03->sessions[c->channel_no];
}

static void close_session(struct dmsci_sim_scp03_session *session)
{
    dmsci_scp03_clear(&session->s);
    session->keys = NULL;
}

void dmsci_sim_scp03_reset(struct dmsc_sim *sim)
{
    for (unsigned i = 0; sim->scp03 != NULL && i < DMSCI_SIM_CHANNELS_MAX; i++)
        close_session(&sim->scp03->sessions[i]);
}

static struct dmsc_bytes aid_of(const struct dmsc_sim *sim, const struct dmsci_sim_channel *channel)
{
    return channel->adf == DMSCI_SIM_NO_FILE
               ? dmsc_bytes(NULL, 0)
               : dmsci_sim_fs_slice(&sim->fs, sim->fs.info[channel->adf].aid);
}

static bool is_of(const struct dmsci_sim_scp03_keys *keys, struct dmsc_bytes aid)
{
    return aid.n > 0 && dmsc_bytes_equal(aid, dmsc_bytes(keys->aid, keys->aid_n));
}

/* Another application on the channel: the session went with the one before. */
static bool is_open(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                    const struct dmsci_sim_scp03_session *session)
{
    return session->keys != NULL && is_of(session->keys, aid_of(sim, c->channel));
}

/* 7.1.1: version 00 is the first key set of the application. */
static struct dmsci_sim_scp03_keys *find(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsc_bytes aid = aid_of(sim, c->channel);

    for (unsigned i = 0; i < sim->scp03->n_keys; i++) {
        struct dmsci_sim_scp03_keys *keys = &sim->scp03->keys[i];

        if (is_of(keys, aid) && (c->p1 == 0 || c->p1 == keys->version))
            return keys;
    }
    return NULL;
}

/* 6.2.2.1: from a counter that is shown, or at random. */
static enum dmsc_err make_challenge(struct dmsc_sim *sim, struct dmsci_sim_scp03_keys *keys,
                                    const uint8_t sequence[3], size_t n, uint8_t ret[16])
{
    if ((keys->i & DMSCI_SCP03_I_PSEUDORANDOM) == 0) {
        dmsci_sim_random(sim, ret, n);
        return DMSC_OK;
    }
    return dmsci_scp03_card_challenge(sim->ctx, dmsc_secret_bytes(&keys->enc),
                                      dmsc_bytes(sequence, 3), dmsc_bytes(keys->aid, keys->aid_n),
                                      n, ret);
}

static enum dmsc_err begin(struct dmsc_sim *sim, struct dmsci_sim_scp03_keys *keys,
                           struct dmsc_bytes host, struct dmsci_scp03 *ret_session,
                           struct dmsc_wr *w)
{
    const struct dmsci_scp03_keys both = { dmsc_secret_bytes(&keys->enc),
                                           dmsc_secret_bytes(&keys->mac) };
    uint32_t next = keys->sequence + 1;
    const uint8_t sequence[3] = { (uint8_t)(next >> 16), (uint8_t)(next >> 8), (uint8_t)next };
    uint8_t challenge[16], cryptogram[16];
    struct dmsci_scp03_init init = { .version = keys->version, .i = keys->i };
    enum dmsc_err err = make_challenge(sim, keys, sequence, host.n, challenge);

    if (err == DMSC_OK)
        err = dmsci_scp03_begin(sim->ctx, &both, host, dmsc_bytes(challenge, host.n), ret_session);
    if (err == DMSC_OK)
        err = dmsci_scp03_cryptogram(sim->ctx, ret_session, true, cryptogram);
    init.card_challenge = dmsc_bytes(challenge, host.n);
    init.card_cryptogram = dmsc_bytes(cryptogram, host.n);
    if ((keys->i & DMSCI_SCP03_I_PSEUDORANDOM) != 0)
        init.sequence = dmsc_bytes(sequence, sizeof(sequence));
    return err == DMSC_OK ? dmsci_scp03_init_encode(&init, w) : err;
}

uint16_t dmsci_sim_initialize_update(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct dmsci_sim_scp03_keys *keys;
    struct dmsci_scp03 session = { 0 };
    enum dmsc_err err;
    uint16_t sw = SW_OK;

    if (sim->scp03 == NULL)
        return SW_INS;
    close_session(session_of(sim, c));
    keys = find(sim, c);
    if (keys == NULL)
        return SW_REFERENCE;
    if (c->p2 != 0)
        return SW_P1P2;
    if (c->data.n != ((keys->i & DMSCI_SCP03_I_S16) != 0 ? 16u : 8u))
        return SW_LENGTH;
    if (keys->sequence == SEQUENCE_MAX)
        return SW_CONDITIONS; /* it never wraps */
    err = begin(sim, keys, c->data, &session, &w);
    if (err == DMSC_OK && !dmsci_sim_le_fits(sim, c, w.n))
        sw = dmsci_sim_wrong_le(w.n);
    if (err == DMSC_OK && sw == SW_OK) {
        keys->sequence++;
        sim->dirty = true;
        session_of(sim, c)->s = session;
        session_of(sim, c)->keys = keys;
        sim->reply = dmsc_bytes(sim->scratch, w.n);
    }
    dmsci_scp03_clear(&session);
    return err == DMSC_OK ? sw : SW_TECHNICAL;
}

static void to_capdu(const struct dmsci_sim_apdu *c, struct dmsc_capdu *ret)
{
    *ret = (struct dmsc_capdu){ c->cla, c->ins, c->p1, c->p2, c->data, c->le };
}

/* 7.1.2.3: the response parts of a level need what i says. */
static bool level_is_served(uint8_t level, uint8_t i)
{
    return ((level & DMSCI_SCP03_R_MAC) == 0 || (i & DMSCI_SCP03_I_R_MAC) != 0) &&
           ((level & DMSCI_SCP03_R_ENC) == 0 || (i & DMSCI_SCP03_I_R_ENC) != 0);
}

static uint16_t external_authenticate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                                      struct dmsci_sim_scp03_session *session)
{
    struct dmsc_capdu capdu;
    enum dmsc_err err;

    if (session->s.authenticated)
        return SW_CONDITIONS;
    if (c->p2 != 0 || !level_is_served(c->p1, session->keys->i))
        return SW_P1P2;
    to_capdu(c, &capdu);
    err = dmsci_scp03_authenticated(sim->ctx, &session->s, &capdu);
    if (err == DMSC_OK)
        return SW_OK;
    close_session(session); /* one attempt for each challenge */
    return err == DMSC_E_UNTRUSTED ? 0x6300 : err == DMSC_E_MALFORMED ? SW_LENGTH : SW_TECHNICAL;
}

/* 6.2.5: success and warnings carry an R-MAC. The SW is the one that the terminal will see. */
static uint16_t wrap(struct dmsc_sim *sim, const struct dmsci_scp03 *s, uint16_t sw)
{
    struct dmsci_sim_scp03 *scp03 = sim->scp03;
    enum dmsc_err err;

    if (!dmsci_scp03_answer_protected(s, sw))
        return sw;
    dmsc_buf_reset(&scp03->answer);
    err = dmsci_scp03_answer_wrap(sim->ctx, s, sim->reply, dmsci_sim_final_sw(sim, sw),
                                  &scp03->answer);
    if (err != DMSC_OK)
        return err == DMSC_E_LIMIT ? SW_LENGTH : SW_TECHNICAL;
    sim->reply = dmsc_buf_bytes(&scp03->answer);
    return sw;
}

/* 6.2.4: a command whose MAC is wrong ends the session. */
uint16_t dmsci_sim_secured(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_scp03_session *session;
    struct dmsci_sim_apdu plain = *c;
    struct dmsc_capdu capdu;
    bool t1 = sim->t1;
    uint16_t sw;

    if (sim->scp03 == NULL)
        return SW_SECURE_MESSAGING;
    session = session_of(sim, c);
    if (!is_open(sim, c, session)) {
        close_session(session);
        return SW_CONDITIONS;
    }
    if (c->ins == INS_EXTERNAL_AUTHENTICATE)
        return external_authenticate(sim, c, session);
    to_capdu(c, &capdu);
    if (!session->s.authenticated || (session->s.level & DMSCI_SCP03_C_MAC) == 0 ||
        dmsci_scp03_unwrap(sim->ctx, &session->s, &capdu, sim->scp03->plain, &capdu) != DMSC_OK) {
        close_session(session);
        return SW_SECURITY;
    }
    plain.cla = capdu.cla;
    plain.data = capdu.data;
    /* T=0 has no Le beside the MAC: all there is, which is fetched afterwards. */
    plain.le = c->le == 0 ? 256 : c->le;
    sim->t1 = true;
    sw = dmsci_sim_run_plain(sim, &plain);
    sim->t1 = t1;
    return session->keys == NULL ? sw : wrap(sim, &session->s, sw);
}

void dmsci_sim_unsecured(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_scp03_session *session;

    if (sim->scp03 == NULL)
        return;
    session = session_of(sim, c);
    /* 6.2.4: what should have had a MAC and has none ends the session too. */
    if (session->keys != NULL && c->ins != INS_INITIALIZE_UPDATE && session->s.authenticated &&
        (session->s.level & DMSCI_SCP03_C_MAC) != 0)
        close_session(session);
}
