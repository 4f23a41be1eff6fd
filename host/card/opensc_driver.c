/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenSC card driver for UICCs (TS 102 221). Differences to the stock ISO 7816 driver: SELECT
 * asks for the FCP (P2 = 04) where that asks for an FCI (P2 = 00), which strict cards refuse;
 * 91xx and 92xx are success; GET RESPONSE goes out on the card's logical channel.
 *
 * Nothing of dmsc is included: this file is also the module libdmsc-opensc.so.
 */
#include <libopensc/opensc.h>

#include <libopensc/asn1.h>
#include <libopensc/cardctl.h>
#include <libopensc/errors.h>
#include <string.h>

void dmsci_opensc_driver_init(struct sc_card_driver *driver, struct sc_card_operations *ops);

/* Exported for drivers, but declared in a header that is not among those a module needs. The length
 * was unsigned int up to 0.24; a constant is the same in both. */
int _sc_card_add_rsa_alg(struct sc_card *card, size_t key_length, unsigned long flags,
                         unsigned long exponent);
int _sc_card_add_ec_alg(struct sc_card *card, size_t key_length, unsigned long flags,
                        unsigned long ext_flags, struct sc_object_id *curve);

#define INS_SELECT             0xA4
#define INS_GET_RESPONSE       0xC0
#define INS_MANAGE_ENVIRONMENT 0x22
#define INS_SECURITY_OPERATION 0x2A
#define P1_SET                 0x41
#define P2_SIGN                0xB6
#define P1_SIGNATURE           0x9E
#define P2_TO_BE_SIGNED        0x9A
#define TAG_PRIVATE_KEY        0x84
#define P2_FCP                 0x04
#define P2_NO_DATA             0x0C
#define ANSWER_MAX             256u
#define TAG_FCP                0x62
#define TAG_FCI                0x6F

/* "Raw" in OpenSC's words: the terminal hashes. */
#define EC_FLAGS                                                                                   \
    (SC_ALGORITHM_ECDSA_RAW | SC_ALGORITHM_ECDSA_HASH_NONE | SC_ALGORITHM_EXT_EC_F_P |             \
     SC_ALGORITHM_EXT_EC_NAMEDCURVE | SC_ALGORITHM_EXT_EC_UNCOMPRESES)

static int match_card(struct sc_card *card)
{
    (void)card;
    return 1; /* named in a configuration or forced: whoever did so knows that it is a UICC */
}

static int init(struct sc_card *card)
{
    int r;

    card->name = "UICC";
    card->caps = SC_CARD_CAP_ISO7816_PIN_INFO;
    card->max_send_size = 255;
    card->max_recv_size = ANSWER_MAX;
    card->cache.current_path.aid.len = 0;
    /* Keys of the card take a DigestInfo, or a hash, as the terminal made it. */
    r = _sc_card_add_rsa_alg(card, 2048, SC_ALGORITHM_RSA_PAD_PKCS1 | SC_ALGORITHM_RSA_HASH_NONE,
                             0x10001);
    return r != SC_SUCCESS ? r : _sc_card_add_ec_alg(card, 256, EC_FLAGS, 0, NULL);
}

static int finish(struct sc_card *card)
{
    (void)card;
    return SC_SUCCESS;
}

static int check_sw(struct sc_card *card, unsigned int sw1, unsigned int sw2)
{
    /* TS 102 221 10.2.1.1: a proactive command waits, a data transfer goes on. */
    if (sw1 == 0x91 || sw1 == 0x92)
        return SC_SUCCESS;
    return sc_get_iso7816_driver()->ops->check_sw(card, sw1, sw2);
}

/* Between two locks another process may have selected something else. */
static int lock_obtained(struct sc_card *card, int was_reset)
{
    (void)was_reset;
    card->cache.current_path.aid.len = 0;
    return SC_SUCCESS;
}

static int get_response(struct sc_card *card, size_t *count, u8 *answer)
{
    struct sc_apdu apdu;
    size_t room = *count < ANSWER_MAX ? *count : ANSWER_MAX;
    int r;

    sc_format_apdu(card, &apdu, SC_APDU_CASE_2_SHORT, INS_GET_RESPONSE, 0x00, 0x00);
    apdu.le = room;
    apdu.resp = answer;
    apdu.resplen = room;
    apdu.flags |= SC_APDU_FLAGS_NO_GET_RESP; /* the caller counts what is left */
    r = sc_transmit_apdu(card, &apdu);
    if (r != SC_SUCCESS)
        return r;
    *count = apdu.resplen;
    if (apdu.sw1 == 0x61)
        return apdu.sw2 == 0 ? (int)ANSWER_MAX : (int)apdu.sw2;
    if (apdu.resplen == 0)
        return SC_ERROR_WRONG_LENGTH;
    return check_sw(card, apdu.sw1, apdu.sw2);
}

/* What SELECT is to find: P1 and data field. */
struct target {
    int p1;
    const u8 *data;
    size_t n;
};

static int target_of(const struct sc_path *path, int type, struct target *ret_target)
{
    struct target t = { 0x00, path->value, path->len };

    switch (type) {
    case SC_PATH_TYPE_FILE_ID:
        if (t.n != 2)
            return SC_ERROR_INVALID_ARGUMENTS;
        break;
    case SC_PATH_TYPE_DF_NAME:
        t.p1 = 0x04;
        break;
    case SC_PATH_TYPE_PATH:
        if (t.n == 2 && memcmp(t.data, "\x3F\x00", 2) == 0)
            break; /* the MF itself, by its identifier */
        t.p1 = 0x08;
        if (t.n > 2 && memcmp(t.data, "\x3F\x00", 2) == 0) {
            t.data += 2;
            t.n -= 2;
        }
        break;
    case SC_PATH_TYPE_FROM_CURRENT:
        /* One identifier is a child of the current DF: every card knows that form. */
        t.p1 = t.n == 2 ? 0x00 : 0x09;
        break;
    case SC_PATH_TYPE_PARENT:
        t.p1 = 0x03;
        t.n = 0;
        break;
    default:
        return SC_ERROR_INVALID_ARGUMENTS;
    }
    *ret_target = t;
    return SC_SUCCESS;
}

/* One SELECT. @p fcp NULL: no answer is wanted; else ANSWER_MAX bytes. */
static int select_one(struct sc_card *card, const struct target *t, u8 *fcp, size_t *fcp_n)
{
    struct sc_apdu apdu;
    int cse = fcp == NULL ? t->n == 0 ? SC_APDU_CASE_1 : SC_APDU_CASE_3_SHORT
              : t->n == 0 ? SC_APDU_CASE_2_SHORT
                          : SC_APDU_CASE_4_SHORT;
    int r;

    sc_format_apdu(card, &apdu, cse, INS_SELECT, t->p1, fcp == NULL ? P2_NO_DATA : P2_FCP);
    apdu.lc = t->n;
    apdu.data = t->data;
    apdu.datalen = t->n;
    if (fcp != NULL) {
        apdu.resp = fcp;
        apdu.resplen = ANSWER_MAX;
        apdu.le = ANSWER_MAX;
    }
    r = sc_transmit_apdu(card, &apdu);
    if (r == SC_SUCCESS)
        r = check_sw(card, apdu.sw1, apdu.sw2);
    if (r == SC_SUCCESS && fcp != NULL)
        *fcp_n = apdu.resplen;
    return r;
}

/* Make the application with this AID the current one, unless it is. */
static int select_application(struct sc_card *card, const struct sc_aid *aid)
{
    const struct target t = { 0x04, aid->value, aid->len };
    struct sc_path *current = &card->cache.current_path;
    int r;

    if (current->aid.len == aid->len && memcmp(current->aid.value, aid->value, aid->len) == 0)
        return SC_SUCCESS;
    current->aid.len = 0;
    r = select_one(card, &t, NULL, NULL);
    if (r == SC_SUCCESS)
        current->aid = *aid;
    return r;
}

static int file_of(struct sc_card *card, const struct sc_path *path, const u8 *fcp, size_t n,
                   struct sc_file **ret_file)
{
    const u8 *content = fcp;
    unsigned int cla = 0, tag = 0;
    size_t content_n = 0;
    struct sc_file *file;

    if (n < 2 || (fcp[0] != TAG_FCP && fcp[0] != TAG_FCI) ||
        sc_asn1_read_tag(&content, n, &cla, &tag, &content_n) != SC_SUCCESS || content == NULL)
        return SC_ERROR_UNKNOWN_DATA_RECEIVED;
    file = sc_file_new();
    if (file == NULL)
        return SC_ERROR_OUT_OF_MEMORY;
    file->path = *path;
    (void)card->ops->process_fci(card, file, content, content_n);
    *ret_file = file;
    return SC_SUCCESS;
}

/* Which SELECT finds @p path once its application, if it names one, is the current one. */
static int prepare(struct sc_card *card, const struct sc_path *path, struct target *ret_target)
{
    int type = path->type;
    int r;

    if (path->len > sizeof(path->value) || path->aid.len > sizeof(path->aid.value))
        return SC_ERROR_INVALID_ARGUMENTS;
    /* OpenSC adds the AID of the application to absolute paths too: they do not need it. */
    if (path->aid.len == 0 || (path->len > 2 && memcmp(path->value, "\x3F\x00", 2) == 0)) {
        if (type != SC_PATH_TYPE_FILE_ID) /* it may lead out of the application */
            card->cache.current_path.aid.len = 0;
        return target_of(path, path->aid.len == 0 ? type : SC_PATH_TYPE_PATH, ret_target);
    }
    if (path->len == 0) {
        card->cache.current_path.aid.len = 0;
        *ret_target = (struct target){ 0x04, path->aid.value, path->aid.len };
        return SC_SUCCESS;
    }
    r = select_application(card, &path->aid);
    if (type == SC_PATH_TYPE_PATH || type == SC_PATH_TYPE_DF_NAME)
        type = SC_PATH_TYPE_FROM_CURRENT;
    return r == SC_SUCCESS ? target_of(path, type, ret_target) : r;
}

static int select_file(struct sc_card *card, const struct sc_path *path, struct sc_file **ret_file)
{
    struct target t = { 0, NULL, 0 };
    u8 fcp[ANSWER_MAX];
    size_t n = 0;
    int r = prepare(card, path, &t);

    if (r == SC_SUCCESS)
        r = select_one(card, &t, ret_file == NULL ? NULL : fcp, &n);
    if (r != SC_SUCCESS) {
        card->cache.current_path.aid.len = 0;
        return r;
    }
    return ret_file == NULL ? SC_SUCCESS : file_of(card, path, fcp, n, ret_file);
}

/* MANAGE SECURITY ENVIRONMENT: SET (ISO 7816-4 clause 11.5.11) with the key alone: it knows its
 * algorithm, and its file is the application that is selected. */
static int set_security_env(struct sc_card *card, const struct sc_security_env *env, int number)
{
    struct sc_apdu apdu;
    u8 template[3] = { TAG_PRIVATE_KEY, 0x01, 0x00 };
    int r;

    if (number != 0 || env->key_ref_len != 1 || (env->flags & SC_SEC_ENV_KEY_REF_PRESENT) == 0 ||
        (env->operation != SC_SEC_OPERATION_SIGN &&
         env->operation != SC_SEC_OPERATION_AUTHENTICATE))
        return SC_ERROR_NOT_SUPPORTED;
    template[2] = env->key_ref[0];
    sc_format_apdu(card, &apdu, SC_APDU_CASE_3_SHORT, INS_MANAGE_ENVIRONMENT, P1_SET, P2_SIGN);
    apdu.lc = sizeof(template);
    apdu.data = template;
    apdu.datalen = sizeof(template);
    r = sc_transmit_apdu(card, &apdu);
    return r != SC_SUCCESS ? r : check_sw(card, apdu.sw1, apdu.sw2);
}

/* PERFORM SECURITY OPERATION: COMPUTE DIGITAL SIGNATURE (ISO 7816-8 clause 11.8). */
static int compute_signature(struct sc_card *card, const u8 *data, size_t n, u8 *out, size_t room)
{
    struct sc_apdu apdu;
    size_t le = room < ANSWER_MAX ? room : ANSWER_MAX;
    int r;

    if (n == 0 || n > card->max_send_size)
        return SC_ERROR_INVALID_ARGUMENTS;
    sc_format_apdu(card, &apdu, SC_APDU_CASE_4_SHORT, INS_SECURITY_OPERATION, P1_SIGNATURE,
                   P2_TO_BE_SIGNED);
    apdu.lc = n;
    apdu.data = data;
    apdu.datalen = n;
    apdu.resp = out;
    apdu.resplen = le;
    apdu.le = le;
    r = sc_transmit_apdu(card, &apdu);
    if (r == SC_SUCCESS)
        r = check_sw(card, apdu.sw1, apdu.sw2);
    return r != SC_SUCCESS ? r : (int)apdu.resplen;
}

void dmsci_opensc_driver_init(struct sc_card_driver *driver, struct sc_card_operations *ops)
{
    *ops = *sc_get_iso7816_driver()->ops;
    ops->match_card = match_card;
    ops->init = init;
    ops->finish = finish;
    ops->select_file = select_file;
    ops->get_response = get_response;
    ops->check_sw = check_sw;
    ops->set_security_env = set_security_env;
    ops->compute_signature = compute_signature;
    ops->card_reader_lock_obtained = lock_obtained;
    *driver = (struct sc_card_driver){ .name = "UICC of DMSC-UICC 1.0", .short_name = "dmsc" };
    driver->ops = ops;
}
