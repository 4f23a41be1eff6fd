/* SPDX-License-Identifier: Apache-2.0 */
/* From ENVELOPE (SMS-PP DOWNLOAD) to a proof of receipt: TS 31.115 clause 4, TS 31.111 clause 7.1.
 */
#include "apdu/codec/ota/sms.h"
#include "simulator/uicc/ota/ota.h"

/* Low nibble of KIc and KID. */
#define ALGORITHM_DES    0x01u
#define ALGORITHM_AES    0x02u
#define ALGORITHM_3DES_2 0x05u
#define ALGORITHM_3DES_3 0x09u

#define RAPDU_DATA_MAX 256u
#define LEAD_N         3u /* user data header with the identifier of a response packet */

static const uint8_t lead[LEAD_N] = { 0x02, DMSCI_SMS_IE_RESPONSE, 0x00 };

/* One packet on its way. */
struct reception {
    struct dmsci_ota_header header;
    struct dmsci_ota_keys keys;
    struct dmsci_sim_ota_keys *set; /* that of KID, which has the counter */
    struct dmsci_ota_command command;
    enum dmsci_ota_sts sts;
    bool secure; /* the packet passed its check: the answer is secured as it asks */
    uint8_t data[DMSCI_SIM_OTA_ANSWER_MAX];
    size_t n;
};

static const struct dmsci_sim_ota_application *find_application(const struct dmsci_sim_ota *ota,
                                                                const uint8_t tar[3])
{
    for (unsigned i = 0; i < ota->n_applications; i++) {
        if (dmsc_bytes_equal(dmsc_bytes(ota->applications[i].tar, 3), dmsc_bytes(tar, 3)))
            return &ota->applications[i];
    }
    return NULL;
}

static struct dmsci_sim_ota_keys *key_set(struct dmsci_sim_ota *ota, uint8_t indicator)
{
    unsigned number = indicator >> 4; /* 5.1.2, 5.1.3 */

    return number == 0 || ota->keys[number - 1].kid.n == 0 ? NULL : &ota->keys[number - 1];
}

/* 5.1.2, 5.1.3: the algorithm that "known implicitly" means, from the cipher and the length. */
static uint8_t implicit(const struct dmsci_sim_ota_keys *set, size_t key_n)
{
    if (set->algorithm == DMSCI_SIM_OTA_AES)
        return ALGORITHM_AES;
    if (set->algorithm != DMSCI_SIM_OTA_DES)
        return 0;
    return key_n == 8 ? ALGORITHM_DES : key_n == 16 ? ALGORITHM_3DES_2 : ALGORITHM_3DES_3;
}

static bool fits(const struct dmsci_sim_ota_keys *set, uint8_t indicator)
{
    bool is_aes = (indicator & 0x0F) == ALGORITHM_AES;

    return set->algorithm == DMSCI_SIM_OTA_ANY || (indicator & 0x0F) == 0 ||
           is_aes == (set->algorithm == DMSCI_SIM_OTA_AES);
}

/* The keys that the SPI needs; a packet without any security has none. */
static bool find_keys(struct dmsci_sim_ota *ota, struct reception *r)
{
    bool checked = DMSCI_OTA_INTEGRITY(r->header.spi[0]) == DMSCI_OTA_CC;
    bool ciphered = (r->header.spi[0] & DMSCI_OTA_CIPHERED) != 0;
    const struct dmsci_sim_ota_keys *cipher = key_set(ota, r->header.kic);

    r->set = key_set(ota, r->header.kid);
    if ((checked && (r->set == NULL || !fits(r->set, r->header.kid))) ||
        (ciphered && (cipher == NULL || !fits(cipher, r->header.kic))))
        return false;
    if (r->set == NULL)
        r->set = key_set(ota, r->header.kic);
    if (r->set != NULL) {
        r->keys.kid = dmsc_secret_bytes(&r->set->kid);
        r->keys.kid_implicit = implicit(r->set, r->keys.kid.n);
    }
    if (cipher != NULL) {
        r->keys.kic = dmsc_secret_bytes(&cipher->kic);
        r->keys.kic_implicit = implicit(cipher, r->keys.kic.n);
    }
    return true;
}

/* TS 102 225 5.1.4: the counter moves when the check has passed, before anything is executed. */
static void take_counter(struct dmsc_sim *sim, struct reception *r)
{
    if (r->set == NULL || !dmsci_ota_counter_kept(r->header.spi[0]))
        return;
    r->set->counter = r->command.counter;
    sim->dirty = true;
}

static void check(struct dmsc_sim *sim, struct reception *r, struct dmsc_bytes packet,
                  const struct dmsci_sim_ota_application *application)
{
    struct dmsci_sim_ota *ota = sim->ota;
    enum dmsc_err err;

    if (application == NULL) {
        r->sts = DMSCI_OTA_STS_TAR;
        return;
    }
    if (!dmsci_ota_level_met(application->level, r->header.spi[0])) {
        r->sts = DMSCI_OTA_STS_LEVEL;
        return;
    }
    if (!find_keys(ota, r)) {
        r->sts = DMSCI_OTA_STS_SECURITY;
        return;
    }
    err = dmsci_ota_command_unwrap(sim->ctx, packet, &r->keys, r->set != NULL ? r->set->counter : 0,
                                   &r->command, &ota->script, &r->sts);
    r->secure = err == DMSC_OK || err == DMSC_E_REPLAY;
    if (err == DMSC_OK)
        take_counter(sim, r);
}

static bool wants_answer(const struct reception *r)
{
    enum dmsci_ota_por por = DMSCI_OTA_POR(r->header.spi[1]);

    return por == DMSCI_OTA_POR_ALWAYS ||
           (por == DMSCI_OTA_POR_ON_ERROR && r->sts != DMSCI_OTA_STS_OK);
}

/* A packet that failed its check is answered in clear, with nothing but the status (5.2). */
static enum dmsc_err wrap(struct dmsc_sim *sim, struct reception *r)
{
    struct dmsci_ota_command command = r->command;

    if (!r->secure) {
        command = (struct dmsci_ota_command){ .header = r->header };
        command.header.spi[1] = 0;
    }
    return dmsci_ota_response_wrap(sim->ctx, &command, &r->keys, r->sts, dmsc_bytes(r->data, r->n),
                                   &sim->ota->response);
}

/* TS 31.115 4.4.1: in the SMS-DELIVER-REPORT, which is the answer to the ENVELOPE. */
static bool fits_at_once(const struct dmsc_sim *sim)
{
    return sim->ota->response.n + LEAD_N <= RAPDU_DATA_MAX;
}

static void answer_at_once(struct dmsc_sim *sim)
{
    struct dmsci_sim_ota *ota = sim->ota;
    size_t n = ota->response.n;

    dmsci_copy(sim->scratch, lead, LEAD_N);
    dmsci_copy(sim->scratch + LEAD_N, ota->response.p, n);
    sim->reply = dmsc_bytes(sim->scratch, n + LEAD_N);
}

static enum dmsc_err queue_part(struct dmsc_sim *sim, struct dmsci_sms *sms,
                                const struct dmsci_sms_header *header, struct dmsc_bytes data)
{
    uint8_t elements[DMSCI_SMS_HEADER_MAX], tpdu[DMSCI_SMS_TPDU_MAX],
        command[DMSCI_SIM_COMMAND_MAX];
    struct dmsc_wr w = dmsc_wr(elements, sizeof(elements));
    enum dmsc_err err;

    dmsci_sms_header_encode(header, &w);
    sms->has_header = true;
    sms->header = dmsc_bytes(elements, w.n);
    sms->data = data;
    w = dmsc_wr(tpdu, sizeof(tpdu));
    err = dmsci_sms_encode(sms, &w);
    if (err != DMSC_OK)
        return err;
    data = dmsc_bytes(tpdu, w.n);
    w = dmsc_wr(command, sizeof(command));
    dmsci_sms_send_encode(dmsci_sim_command_number(sim), data, &w);
    return dmsc_sim_queue(sim, dmsc_bytes(command, w.n));
}

/* 4.4.2: in SMS-SUBMITs to whom the command came from, by SEND SHORT MESSAGE. */
static void answer_by_submit(struct dmsc_sim *sim, const struct dmsci_sms *deliver)
{
    struct dmsc_bytes packet = dmsc_buf_bytes(&sim->ota->response);
    struct dmsci_sms_header header = { .packet = DMSCI_SMS_IE_RESPONSE };
    struct dmsci_sms sms = {
        .type = DMSCI_SMS_SUBMIT, .address = deliver->address, .pid = deliver->pid, .dcs = 0x04
    }; /* 8 bit, no class (TS 23.038) */
    unsigned parts = dmsci_sms_parts(packet.n, false);
    enum dmsc_err err = DMSC_OK;

    if (parts > 1)
        header.reference = dmsci_sim_command_number(sim);
    for (unsigned i = 1; err == DMSC_OK && i <= parts; i++) {
        struct dmsc_bytes data = dmsci_sms_part(packet, i, &header);

        err = queue_part(sim, &sms, &header, data);
    }
    if (err != DMSC_OK)
        dmsci_log(sim->ctx, DMSC_LOG_WARN, "ota", "a response packet is not sent");
}

/* TS 102 225 table 5: it was executed, but the answer that says how far has no room. */
static void set_too_long(struct reception *r)
{
    r->sts = DMSCI_OTA_STS_MEMORY;
    r->n = 0;
}

static void answer(struct dmsc_sim *sim, struct reception *r, const struct dmsci_sms *deliver)
{
    bool submit = (r->header.spi[1] & DMSCI_OTA_POR_SMS_SUBMIT) != 0;
    enum dmsc_err err = wrap(sim, r);

    if (err == DMSC_OK && !submit && !fits_at_once(sim)) {
        set_too_long(r);
        err = wrap(sim, r);
    }
    if (err == DMSC_OK && submit)
        answer_by_submit(sim, deliver);
    else if (err == DMSC_OK)
        answer_at_once(sim);
}

static void receive(struct dmsc_sim *sim, struct dmsc_bytes packet, const struct dmsci_sms *deliver)
{
    const struct dmsci_sim_ota_application *application;
    struct reception r = { .sts = DMSCI_OTA_STS_OK };
    struct dmsc_wr w = dmsc_wr(r.data, sizeof(r.data));

    if (dmsci_ota_command_peek(sim->ctx, packet, &r.header) != DMSC_OK)
        return; /* nobody to answer to */
    application = find_application(sim->ota, r.header.tar);
    check(sim, &r, packet, application);
    if (r.sts == DMSCI_OTA_STS_OK) {
        dmsci_sim_ota_execute(sim, application, dmsc_buf_bytes(&sim->ota->script), &w);
        r.n = w.n;
        if (w.bad)
            set_too_long(&r);
    }
    sim->reply = dmsc_bytes(NULL, 0);
    if (wants_answer(&r))
        answer(sim, &r, deliver);
}

uint16_t dmsci_sim_ota_envelope(struct dmsc_sim *sim, struct dmsc_bytes envelope)
{
    struct dmsci_sim_ota *ota = sim->ota;
    struct dmsc_bytes tpdu;
    struct dmsci_sms sms;
    bool whole = false;
    uint8_t kind = 0;

    if (dmsci_sms_envelope_decode(envelope, &tpdu) != DMSC_OK ||
        dmsci_sms_decode(tpdu, &sms) != DMSC_OK || sms.type != DMSCI_SMS_DELIVER)
        return SW_BAD_DATA;
    if (dmsci_sms_join_add(&ota->join, &sms, &whole, &kind, &ota->packet) != DMSC_OK || !whole ||
        kind != DMSCI_SMS_IE_COMMAND)
        return SW_OK;
    receive(sim, dmsc_buf_bytes(&ota->packet), &sms);
    if (ota->script.n > 0)
        dmsc_wipe(ota->script.p, ota->script.n);
    return SW_OK;
}
