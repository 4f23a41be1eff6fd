/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: TS 31.102 clause 7.1, TS 31.103 clause 7.1. */
#include "simulator/uicc/auth/subscriber.h"
#include <dmsc/secret.h>

#define P2_GSM   0x80u
#define P2_3G    0x81u
#define P2_VGCS  0x82u
#define P2_GBA   0x84u
#define P2_MBMS  0x85u
#define P2_LOCAL 0x86u

#define TAG_SUCCESS     0xDBu
#define TAG_RESYNC      0xDCu
#define TAG_BOOTSTRAP   0xDDu
#define TAG_NAF         0xDEu
#define TAG_NAF_ID      0x80u
#define TAG_B_TID       0x81u
#define SERVICE_GSM     27u /* EF(UST): Kc with each 3G authentication */
#define SERVICE_CONTEXT 38u /* EF(UST): GSM security context */
#define SERVICE_GBA     68u
#define SERVICE_IST_GBA 2u /* EF(IST) */

#define EF_UST        0x6F38u
#define EF_IST        0x6F07u
#define EF_GBABP      0x6FD6u
#define EF_GBANL      0x6FDAu
#define EF_ISIM_GBABP 0x6FD5u
#define EF_ISIM_GBANL 0x6FD7u

static bool is_isim(const struct dmsci_sim_subscriber *s)
{
    static const uint8_t begin[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04 };

    return s->aid_n >= sizeof(begin) &&
           dmsc_bytes_equal(dmsc_bytes(s->aid, sizeof(begin)), dmsc_bytes(begin, sizeof(begin)));
}

static struct dmsci_sim_subscriber *subscriber_of(struct dmsc_sim *sim, unsigned adf)
{
    struct dmsc_bytes aid;

    if (sim->auth == NULL || adf == DMSCI_SIM_NO_FILE)
        return NULL;
    aid = dmsci_sim_fs_slice(&sim->fs, sim->fs.info[adf].aid);
    for (unsigned i = 0; i < sim->auth->n; i++) {
        struct dmsci_sim_subscriber *s = &sim->auth->of[i];

        if (dmsc_bytes_equal(aid, dmsc_bytes(s->aid, s->aid_n)))
            return s;
    }
    return NULL;
}

/* A service of EF(UST) or EF(IST), counted from 1. Without the file all of them are there. */
static bool has_service(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, uint16_t table,
                        unsigned service)
{
    unsigned index = dmsci_sim_fs_child(&sim->fs, c->channel->adf, table);
    const struct dmsci_sim_file *file;

    if (index == DMSCI_SIM_NO_FILE)
        return true;
    file = &sim->fs.files[index];
    return file->kind == DMSCI_SIM_TRANSPARENT && file->size > (service - 1) / 8 &&
           (sim->fs.content[file->content + (service - 1) / 8] >> (service - 1) % 8 & 1) != 0;
}

/* TS 33.102 6.8.1.2: c3, the four halves of CK and IK. Defined for 128 bits each. */
static void put_kc(struct dmsc_wr *w, const struct dmsci_aka_vector *v)
{
    dmsc_wr_u8(w, 8);
    for (unsigned i = 0; i < 8; i++)
        dmsc_wr_u8(w, v->ck[i] ^ v->ck[i + 8] ^ v->ik[i] ^ v->ik[i + 8]);
}

static bool has_kc(const struct dmsci_sim_subscriber *s)
{
    return s->keys.ck_n == 16 && s->keys.ik_n == 16;
}

static void put_lv(struct dmsc_wr *w, struct dmsc_bytes v)
{
    dmsc_wr_u8(w, (uint8_t)v.n);
    dmsc_wr_bytes(w, v);
}

/* The answer is whole in the scratch; after 6Cxx the command comes again, so nothing has changed.
 */
static uint16_t take(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, const struct dmsc_wr *w)
{
    if (!dmsci_sim_le_fits(sim, c, w->n))
        return dmsci_sim_wrong_le(w->n);
    sim->reply = dmsc_bytes(sim->scratch, w->n);
    return SW_OK;
}

/* TS 31.102 7.1.2.1: L RAND; answer L SRES, L Kc. */
static uint16_t context_gsm(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            struct dmsci_sim_subscriber *s)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct dmsci_aka_vector v;

    if (is_isim(s) || !has_kc(s) || !has_service(sim, c, EF_UST, SERVICE_CONTEXT))
        return SW_AUTH_CONTEXT;
    if (c->data.n != 1 + DMSCI_AKA_RAND)
        return SW_LENGTH;
    if (c->data.p[0] != DMSCI_AKA_RAND)
        return SW_BAD_DATA;
    if (dmsci_aka_keys_of(sim->ctx, &s->keys, c->data.p + 1, &v) != DMSC_OK)
        return SW_TECHNICAL;
    /* c2: the words of RES, filled with zeroes to 128 bits. */
    for (unsigned i = s->keys.res_n; i < DMSCI_AKA_BLOCK; i++)
        v.res[i] = 0;
    dmsc_wr_u8(&w, 4);
    for (unsigned i = 0; i < 4; i++)
        dmsc_wr_u8(&w, v.res[i] ^ v.res[i + 4] ^ v.res[i + 8] ^ v.res[i + 12]);
    put_kc(&w, &v);
    dmsc_wipe(&v, sizeof(v));
    return take(sim, c, &w);
}

/* L RAND, L AUTN. */
static uint16_t parse_challenge(struct dmsc_bytes data, struct dmsci_sim_challenge *ret)
{
    struct dmsc_rd r = dmsc_rd(data);

    ret->rand = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    ret->autn = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    if (dmsc_rd_end(&r) != DMSC_OK)
        return SW_LENGTH;
    return ret->rand.n == DMSCI_AKA_RAND && ret->autn.n == DMSCI_AKA_RAND ? SW_OK : SW_BAD_DATA;
}

struct outcome {
    enum dmsci_sim_verdict verdict;
    uint64_t sqn;
    struct dmsci_aka_vector v;
};

/* What 3G and GBA have in common: refusals, and the answer with AUTS. */
static uint16_t check(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                      const struct dmsci_sim_subscriber *s,
                      const struct dmsci_sim_challenge *challenge, struct outcome *o)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    uint8_t auts[DMSCI_AKA_AUTS];

    if (dmsci_sim_check_challenge(sim->ctx, s, challenge, &o->v, &o->sqn, auts, &o->verdict) !=
        DMSC_OK)
        return SW_TECHNICAL;
    if (o->verdict == DMSCI_SIM_MAC_WRONG)
        return SW_AUTH_MAC;
    if (o->verdict == DMSCI_SIM_FRESH)
        return SW_OK;
    dmsc_wr_u8(&w, TAG_RESYNC);
    put_lv(&w, dmsc_bytes(auts, sizeof(auts)));
    return take(sim, c, &w);
}

static void accept(struct dmsc_sim *sim, struct dmsci_sim_subscriber *s, uint64_t sqn)
{
    dmsci_sim_sqn_accept(s, sqn);
    sim->dirty = true;
}

/* 7.1.2.1: answer DB, L RES, L CK, L IK and with GSM access L Kc. */
static uint16_t context_3g(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                           struct dmsci_sim_subscriber *s)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct dmsci_sim_challenge challenge = { .is_gba = false };
    struct outcome o;
    uint16_t sw = parse_challenge(c->data, &challenge);

    if (sw != SW_OK)
        return sw;
    sw = check(sim, c, s, &challenge, &o);
    if (sw == SW_OK && o.verdict == DMSCI_SIM_FRESH) {
        dmsc_wr_u8(&w, TAG_SUCCESS);
        put_lv(&w, dmsc_bytes(o.v.res, s->keys.res_n));
        put_lv(&w, dmsc_bytes(o.v.ck, s->keys.ck_n));
        put_lv(&w, dmsc_bytes(o.v.ik, s->keys.ik_n));
        if (!is_isim(s) && has_kc(s) && has_service(sim, c, EF_UST, SERVICE_GSM))
            put_kc(&w, &o.v);
        sw = take(sim, c, &w);
        if (sw == SW_OK)
            accept(sim, s, o.sqn);
    }
    dmsc_wipe(&o, sizeof(o));
    return sw;
}

/* 4.2.79: LV of RAND, B-TID and lifetime. The terminal writes the last two afterwards. */
static uint16_t write_gbabp(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            const struct dmsci_sim_subscriber *s, struct dmsc_bytes rand)
{
    unsigned index =
        dmsci_sim_fs_child(&sim->fs, c->channel->adf, is_isim(s) ? EF_ISIM_GBABP : EF_GBABP);
    uint8_t bytes[1 + DMSCI_AKA_RAND + 2];
    struct dmsc_wr w = dmsc_wr(bytes, sizeof(bytes));
    const struct dmsci_sim_file *file;

    if (index == DMSCI_SIM_NO_FILE)
        return SW_OK;
    file = &sim->fs.files[index];
    put_lv(&w, rand);
    if (file->kind != DMSCI_SIM_TRANSPARENT || file->size < sizeof(bytes))
        return SW_OK;
    if (sim->fs.content[file->content] != DMSCI_AKA_RAND)
        dmsc_wr_fill(&w, 0, 2); /* was empty: no B-TID, no lifetime */
    return dmsci_sim_nvm_write(sim, index, 0, dmsc_bytes(bytes, w.n)) ? SW_OK : SW_MEMORY;
}

/* 7.1.1.4: answer DB, L RES; CK and IK stay here as Ks. */
static uint16_t bootstrap(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                          struct dmsci_sim_subscriber *s)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct dmsci_sim_challenge challenge = { .is_gba = true };
    struct outcome o;
    uint16_t sw = parse_challenge(dmsc_bytes(c->data.p + 1, c->data.n - 1), &challenge);

    if (sw != SW_OK)
        return sw;
    sw = check(sim, c, s, &challenge, &o);
    if (sw == SW_OK && o.verdict == DMSCI_SIM_FRESH) {
        dmsc_wr_u8(&w, TAG_SUCCESS);
        put_lv(&w, dmsc_bytes(o.v.res, s->keys.res_n));
        sw = take(sim, c, &w);
        if (sw == SW_OK) {
            accept(sim, s, o.sqn);
            dmsci_copy(s->ks, o.v.ck, s->keys.ck_n);
            dmsci_copy(s->ks + s->keys.ck_n, o.v.ik, s->keys.ik_n);
            s->ks_n = (uint8_t)(s->keys.ck_n + s->keys.ik_n);
            dmsci_copy(s->ks_rand, challenge.rand.p, DMSCI_AKA_RAND);
            sw = write_gbabp(sim, c, s, challenge.rand);
        }
    }
    dmsc_wipe(&o, sizeof(o));
    return sw;
}

/* The B-TID that the terminal wrote into EF(GBABP) behind RAND. */
static struct dmsc_bytes b_tid(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                               const struct dmsci_sim_subscriber *s)
{
    unsigned index =
        dmsci_sim_fs_child(&sim->fs, c->channel->adf, is_isim(s) ? EF_ISIM_GBABP : EF_GBABP);
    const struct dmsci_sim_file *file;
    struct dmsc_bytes value;
    struct dmsc_rd r;

    if (index == DMSCI_SIM_NO_FILE)
        return dmsc_bytes(NULL, 0);
    file = &sim->fs.files[index];
    r = dmsc_rd(dmsc_bytes(sim->fs.content + file->content, file->size));
    (void)dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    value = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    return r.bad ? dmsc_bytes(NULL, 0) : value;
}

/* 4.2.81: the record of this NAF, else an empty one, else the oldest. From 1. */
static unsigned gbanl_record(struct dmsc_sim *sim, const struct dmsci_sim_file *file,
                             struct dmsci_sim_subscriber *s, struct dmsc_bytes naf_id)
{
    unsigned empty = 0;

    for (unsigned i = 1; i <= file->records; i++) {
        const uint8_t *record = dmsci_sim_fs_record(&sim->fs, file, i);

        if (record[0] == TAG_NAF_ID && record[1] == naf_id.n &&
            file->record_length >= naf_id.n + 2 &&
            dmsc_bytes_equal(dmsc_bytes(record + 2, naf_id.n), naf_id))
            return i;
        if (empty == 0 && record[0] == 0xFF)
            empty = i;
    }
    if (empty == 0)
        empty = s->naf_next % file->records + 1u;
    s->naf_next = (uint8_t)(empty % file->records);
    return empty;
}

static uint16_t write_gbanl(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            struct dmsci_sim_subscriber *s, struct dmsc_bytes naf_id)
{
    unsigned index =
        dmsci_sim_fs_child(&sim->fs, c->channel->adf, is_isim(s) ? EF_ISIM_GBANL : EF_GBANL);
    struct dmsc_bytes tid = b_tid(sim, c, s);
    const struct dmsci_sim_file *file;
    uint8_t record[255];
    struct dmsc_wr w;
    unsigned number;

    if (index == DMSCI_SIM_NO_FILE || sim->fs.files[index].kind != DMSCI_SIM_LINEAR_FIXED)
        return SW_OK;
    file = &sim->fs.files[index];
    if (naf_id.n + tid.n + 4 > file->record_length)
        return SW_OK; /* it does not fit: the key is given all the same */
    number = gbanl_record(sim, file, s, naf_id);
    w = dmsc_wr(record, file->record_length);
    dmsc_wr_u8(&w, TAG_NAF_ID);
    put_lv(&w, naf_id);
    dmsc_wr_u8(&w, TAG_B_TID);
    put_lv(&w, tid);
    dmsc_wr_fill(&w, 0xFF, file->record_length - w.n);
    return dmsci_sim_nvm_write(sim, index, (number - 1) * (size_t)file->record_length,
                               dmsc_bytes(record, file->record_length))
               ? SW_OK
               : SW_MEMORY;
}

/* 7.1.1.5: DE, L NAF_ID, L IMPI; answer DB, L Ks_ext_NAF. */
static uint16_t derive_naf(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                           struct dmsci_sim_subscriber *s)
{
    struct dmsc_wr w = dmsc_wr(sim->scratch, sizeof(sim->scratch));
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(c->data.p + 1, c->data.n - 1));
    struct dmsc_bytes naf_id = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    struct dmsc_bytes impi = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    uint8_t key[32];
    uint16_t sw;

    if (dmsc_rd_end(&r) != DMSC_OK)
        return SW_LENGTH;
    if (naf_id.n == 0 || impi.n == 0)
        return SW_BAD_DATA;
    if (s->ks_n == 0)
        return SW_CONDITIONS;
    if (dmsci_sim_ks_ext_naf(s, naf_id, impi, key) != DMSC_OK)
        return SW_TECHNICAL;
    dmsc_wr_u8(&w, TAG_SUCCESS);
    put_lv(&w, dmsc_bytes(key, sizeof(key)));
    dmsc_wipe(key, sizeof(key));
    sw = take(sim, c, &w);
    return sw == SW_OK ? write_gbanl(sim, c, s, naf_id) : sw;
}

static uint16_t context_gba(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            struct dmsci_sim_subscriber *s)
{
    bool served = is_isim(s) ? has_service(sim, c, EF_IST, SERVICE_IST_GBA)
                             : has_service(sim, c, EF_UST, SERVICE_GBA);

    if (!served)
        return SW_AUTH_CONTEXT;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (c->data.p[0] == TAG_BOOTSTRAP)
        return bootstrap(sim, c, s);
    return c->data.p[0] == TAG_NAF ? derive_naf(sim, c, s) : SW_BAD_DATA;
}

uint16_t dmsci_sim_authenticate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_subscriber *s = subscriber_of(sim, c->channel->adf);

    if (dmsci_sim_keys_here(sim, c->channel))
        return dmsci_sim_internal_authenticate(sim, c); /* the same instruction */
    if (c->p1 != 0)
        return SW_P1P2;
    if (s == NULL)
        return SW_CONDITIONS;
    if (s->pin != 0 && !dmsci_sim_key_is_met(sim, c->channel->adf, s->pin))
        return SW_SECURITY;
    switch (c->p2) {
    case P2_GSM:
        return context_gsm(sim, c, s);
    case P2_3G:
        return context_3g(sim, c, s);
    case P2_GBA:
        return context_gba(sim, c, s);
    case P2_VGCS:
    case P2_MBMS:
    case P2_LOCAL:
        return SW_AUTH_CONTEXT;
    default:
        return SW_P1P2;
    }
}

/* The odd instruction carries the contexts with chained BER-TLVs, MBMS and local keys, of which
 * this card has none. */
uint16_t dmsci_sim_authenticate_odd(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_subscriber *s = subscriber_of(sim, c->channel->adf);

    if (s == NULL)
        return SW_CONDITIONS;
    return (c->p2 & 0x9F) == P2_MBMS || (c->p2 & 0x9F) == P2_LOCAL ? SW_AUTH_CONTEXT : SW_P1P2;
}
