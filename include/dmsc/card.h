/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CARD_H
#define DMSC_CARD_H

#include <dmsc/ma.h>
#include <dmsc/secret.h>
#include <dmsc/uicc.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The DM card application "DMSC-UICC 1.0" (docs/card-application.md): commit headers, Management
 * Authority list, MO index and bodies, shared secrets, certificates. What a decoder refuses has a
 * stable reason name in the story: "hdr:crc", "mal:signature", "mox:extent", "psk:crc", ...
 */

#define DMSC_CARD_TAG_SIZE     8u
#define DMSC_CARD_HEADER_SIZE  48u
#define DMSC_CARD_PSK_SIZE     80u
#define DMSC_CARD_RECEIPT_SIZE 32u
#define DMSC_CARD_FID_POOL0    0x6F10u /* public bodies */
#define DMSC_CARD_FID_POOL1    0x6F11u /* bodies behind PIN1 */
#define DMSC_CARD_FID_BLOB     0x6F30u /* BER-TLV store */

/* Header flags. */
#define DMSC_CARD_MAL_SLOT_B  0x01u
#define DMSC_CARD_MOX_SLOT_B  0x02u
#define DMSC_CARD_SIGNED      0x04u /* the MA list must be signed */
#define DMSC_CARD_ALSO_PKCS15 0x08u /* import PKCS#15 bootstrap data too */
#define DMSC_CARD_PURGE       0x10u /* drop card MOs when the card is taken out */
#define DMSC_CARD_LOCKED      0x20u /* no local writer */
#define DMSC_CARD_FLAGS_KNOWN 0x3Fu

/** One commit header: a record of EF.DMHDR. The newest valid one says what the card holds. */
struct dmsc_card_header {
    uint8_t flags;                        /* DMSC_CARD_ bits above */
    uint32_t generation;                  /* G: one more with every commit */
    uint8_t card_tag[DMSC_CARD_TAG_SIZE]; /* first bytes of SHA-256 over the raw EF.ICCID */
    uint32_t mal_version, mox_version;    /* G of the last change */
    uint32_t mal_crc, mox_crc;
    uint16_t mal_length, mox_length; /* bytes */
    uint32_t commit_time;            /* s since 1970, 0 unknown */
    uint8_t writer;                  /* MA id, 0 the issuer */
    uint32_t crc;                    /* of the record: (generation, crc) is the cache key */
};

/** @param record 48 bytes. Reasons hdr:length, hdr:magic, hdr:version, hdr:crc, hdr:flags, ... */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_header_decode(struct dmsc_ctx *ctx,
                                                              struct dmsc_bytes record,
                                                              struct dmsc_card_header *ret_header);
/** Sets header->crc to what was written. */
DMSC_API void dmsc_card_header_encode(struct dmsc_card_header *header,
                                      uint8_t ret_record[DMSC_CARD_HEADER_SIZE]);

/**
 * Decode a MA list file; FF may follow it. Says nothing about its signature:
 * dmsc_card_list_verify(). Reasons mal:...
 * @param ret_list owned by the caller; untouched on failure
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_list_decode(struct dmsc_ctx *ctx,
                                                            struct dmsc_bytes file,
                                                            struct dmsc_ma_list *ret_list);
/** Issuer keys the device was given: SubjectPublicKeyInfo, DER, borrowed. */
struct dmsc_card_trust {
    const struct dmsc_bytes *issuer_spkis;
    size_t count;
};
/**
 * Check the signature of a list that dmsc_card_list_decode() took.
 * @return DMSC_E_UNTRUSTED: mal:no-issuer-key (the device has none), mal:unsigned,
 * mal:unknown-signer, mal:signature
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_list_verify(struct dmsc_ctx *ctx,
                                                            struct dmsc_bytes file,
                                                            const struct dmsc_card_trust *trust);
/**
 * Encode a list in canonical form. version and card_tag are the list's.
 * @param signing_key private key (PEM or DER) the list is signed with; NULL: unsigned
 * @param ret_file replaced
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_list_encode(struct dmsc_ctx *ctx,
                                                            const struct dmsc_ma_list *list,
                                                            const struct dmsc_secret *signing_key,
                                                            struct dmsc_buf *ret_file);

/** How a body is written down. */
enum dmsc_mo_encoding {
    DMSC_MO_TNDS_XML = 1,
    DMSC_MO_TNDS_WBXML = 2,
    DMSC_MO_JSON = 3,
    DMSC_MO_LWM2M_TLV = 4,
    DMSC_MO_PROVCONT_WBXML = 5,
    DMSC_MO_SYNCML_WBXML = 6
};
#define DMSC_MO_FLAG_PURGE      0x01u /* drop when the card is taken out */
#define DMSC_MO_FLAG_WRITE_BACK 0x02u /* the device may write it back */
#define DMSC_MO_FLAG_REPLACE    0x04u /* replace the whole subtree; else merge */
#define DMSC_MO_FLAG_READ_ONLY  0x08u /* for servers */

/** One MO of the card. Strings are NUL-terminated UTF-8 without NULs inside, owned by the index. */
struct dmsc_mo_entry {
    uint8_t id;
    enum dmsc_mo_type type; /* DMSC_MO_URN: see urn */
    char *urn;              /* NULL unless type is DMSC_MO_URN */
    char *path;             /* root in the device tree */
    enum dmsc_mo_encoding encoding;
    uint16_t fid; /* DMSC_CARD_FID_ */
    uint16_t offset, length;
    uint32_t blob_tag; /* DMSC_CARD_FID_BLOB: BER-TLV tag; offset and length are then 0 */
    uint32_t version;  /* G of the last change of the body */
    uint32_t crc;      /* of the body */
    uint8_t owner;     /* MA id */
    uint8_t flags;     /* DMSC_MO_FLAG_ bits */
};

struct dmsc_mo_index {
    struct dmsc_ctx *ctx;
    uint32_t version;       /* V_MOX */
    uint16_t pool_units[2]; /* size of POOL0 and POOL1 in units of 256 bytes */
    struct dmsc_mo_entry *entries;
    size_t count;
};
#define DMSC_MO_INDEX_INIT                                                                         \
    {                                                                                              \
        0                                                                                          \
    }

/** FF may follow. Reasons mox:... @param ret_index owned by the caller; untouched on failure */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_mo_index_decode(struct dmsc_ctx *ctx,
                                                           struct dmsc_bytes file,
                                                           struct dmsc_mo_index *ret_index);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_mo_index_encode(const struct dmsc_mo_index *index,
                                                           struct dmsc_buf *ret_file);
DMSC_API void dmsc_mo_index_clear(struct dmsc_mo_index *index);
/** NULL when there is none. */
DMSC_API const struct dmsc_mo_entry *dmsc_mo_index_by_id(const struct dmsc_mo_index *index,
                                                         uint8_t id);

enum dmsc_psk_type { DMSC_PSK_TLS = 1, DMSC_PSK_DM_SECRET = 2, DMSC_PSK_GBA = 3 };
/** One record of EF.DMPSK. */
struct dmsc_psk_record {
    bool valid; /* false: free, nothing else counts */
    enum dmsc_psk_type type;
    uint8_t ma_id;
    struct dmsc_secret key; /* at most 32 bytes; empty for DMSC_PSK_GBA */
    uint8_t identity[37];
    size_t identity_length;
    uint16_t key_version;
};
#define DMSC_PSK_RECORD_INIT                                                                       \
    {                                                                                              \
        0                                                                                          \
    }
/** Reasons psk:... @param ret_psk dmsc_psk_record_clear() it; untouched on failure */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_psk_record_decode(struct dmsc_ctx *ctx,
                                                             struct dmsc_bytes record,
                                                             struct dmsc_psk_record *ret_psk);
/** @param ret_record holds the key: wipe it */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_psk_record_encode(
    struct dmsc_ctx *ctx, const struct dmsc_psk_record *psk,
    uint8_t ret_record[DMSC_CARD_PSK_SIZE]);
DMSC_API void dmsc_psk_record_clear(struct dmsc_psk_record *psk);

/** The card application on one logical channel of a UICC. */
struct dmsc_card;

/**
 * MANAGE CHANNEL open, unless the UICC is on a channel of its own already, and SELECT ADF.DMSC
 * without an answer: 2 APDUs.
 * @param uicc borrowed, powered; nobody else uses its channel while the card is open
 * @return DMSC_E_NOTFOUND with reason card:no-application
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_open(struct dmsc_uicc *uicc,
                                                     struct dmsc_card **ret_card);
/** The channel stays open: it is the UICC's. NULL is fine. */
DMSC_API void dmsc_card_free(struct dmsc_card *card);
DMSC_API struct dmsc_uicc *dmsc_card_uicc(const struct dmsc_card *card);
/**
 * The newest header whose record is sound. 1 APDU when record 1 is.
 * @return DMSC_E_NOTFOUND with reason card:not-provisioned when no record is
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_header(struct dmsc_card *card,
                                                       struct dmsc_card_header *ret_header);

/** What the device remembers of a card: only a card with the same tag is compared with it. */
struct dmsc_card_known_body {
    uint8_t id;
    uint32_t version;
};
struct dmsc_card_known {
    uint8_t card_tag[DMSC_CARD_TAG_SIZE];
    uint32_t generation, header_crc;
    /* 0 has the list or the index read again: the way to get a body that is not at hand. */
    uint32_t mal_version, mox_version;
    const struct dmsc_card_known_body *bodies; /* that are still at hand */
    size_t body_count;
};

struct dmsc_card_read_options {
    const struct dmsc_card_known *known; /* NULL: nothing */
    /* With issuer keys every list must be signed by one of them, whatever the header says: a card
     * cannot talk a device out of its issuer. NULL: no key. */
    const struct dmsc_card_trust *trust;
    const struct dmsc_secret *pin; /* PIN1, sent only after the card refused a body; NULL: none */
    /* Compare the tag with the card's own EF.ICCID: 3 APDUs more, so for the first time a tag is
     * seen. reason mal:card-tag */
    bool check_iccid;
};
#define DMSC_CARD_READ_OPTIONS_INIT                                                                \
    {                                                                                              \
        0                                                                                          \
    }

struct dmsc_card_body {
    uint8_t id;
    struct dmsc_buf content;
};

/** What was read. A part that the device has already is not read again. */
struct dmsc_card_image {
    struct dmsc_card_header header;
    bool unchanged;   /* same generation and header as known: nothing else was read */
    bool list_read;   /* else the known list still holds */
    bool list_signed; /* its signature was checked with an issuer key */
    struct dmsc_ma_list list;
    bool index_read; /* else the known index still holds */
    struct dmsc_mo_index index;
    struct dmsc_card_body *bodies; /* of the index, those newer than known */
    size_t body_count;
};
#define DMSC_CARD_IMAGE_INIT                                                                       \
    {                                                                                              \
        0                                                                                          \
    }
DMSC_API void dmsc_card_image_clear(struct dmsc_card_image *image);
/** NULL when it was not read. */
DMSC_API const struct dmsc_card_body *dmsc_card_image_body(const struct dmsc_card_image *image,
                                                           uint8_t id);

/**
 * Read and verify what changed. All of it belongs to one generation: the header is read again at
 * the end, and a card that changed meanwhile is read again, 3 times at most.
 *
 * @param ret_image owned by the caller; untouched on failure
 * @return DMSC_E_REPLAY (card:rollback: an older generation than known), DMSC_E_UNTRUSTED
 * (mal:...), DMSC_E_CORRUPT (mal:crc, mox:crc, mox:body-crc), DMSC_E_PIN (card:pin-needed),
 * DMSC_E_AGAIN (card:changing), DMSC_E_MALFORMED, DMSC_E_NOTFOUND (card:not-provisioned)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_read(struct dmsc_card *card,
                                                     const struct dmsc_card_read_options *options,
                                                     struct dmsc_card_image *ret_image);
/** Read one shared secret, record 1.. of EF.DMPSK. @param pin as in dmsc_card_read_options */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_psk(struct dmsc_card *card, uint8_t record,
                                                    const struct dmsc_secret *pin,
                                                    struct dmsc_psk_record *ret_psk);

/** What became of a generation on the device. */
enum dmsc_card_result {
    DMSC_CARD_APPLIED = 0,
    DMSC_CARD_PARTLY = 1, /* see failed */
    DMSC_CARD_LIST_REJECTED = 2,
    DMSC_CARD_BAD_SIGNATURE = 3,
    DMSC_CARD_BUSY = 4,
    DMSC_CARD_ROLLBACK = 5
};
/** A record of EF.DMDEV. An issuer reads it over the air to know what arrived. */
struct dmsc_card_receipt {
    enum dmsc_card_result result;
    uint32_t generation;
    uint32_t time;     /* s since 1970, 0 unknown */
    uint8_t device[8]; /* first bytes of SHA-256 over the digits of the IMEI */
    uint32_t failed;   /* bit n - 1: instance n was not applied */
};
/** Reasons dev:length, dev:magic, dev:version, dev:crc, dev:result */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_receipt_decode(
    struct dmsc_ctx *ctx, struct dmsc_bytes record, struct dmsc_card_receipt *ret_receipt);
DMSC_API void dmsc_card_receipt_encode(const struct dmsc_card_receipt *receipt,
                                       uint8_t ret_record[DMSC_CARD_RECEIPT_SIZE]);
/** Append a receipt. @param pin as in dmsc_card_read_options. 1 APDU once PIN1 is verified */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_receipt_write(
    struct dmsc_card *card, const struct dmsc_card_receipt *receipt, const struct dmsc_secret *pin);
/** The newest one. DMSC_E_NOTFOUND with reason dev:none before the first */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_receipt_read(struct dmsc_card *card,
                                                             struct dmsc_card_receipt *ret_receipt);

/** Told before each step of a long work. @p total counts the steps of this work. */
struct dmsc_card_progress {
    void (*step)(void *user, const char *name, unsigned done, unsigned total);
    void *user;
};

/** One change of the MO store. */
struct dmsc_card_change {
    uint8_t id;
    bool remove;
    struct dmsc_bytes body; /* the new one */
    /* NULL: only the body of the entry with this id changes. Else the entry is added or replaced:
     * type, urn, path, encoding, owner, flags and fid (the pool) count. */
    const struct dmsc_mo_entry *entry;
};

struct dmsc_card_commit {
    const struct dmsc_card_change *changes;
    size_t change_count;
    const struct dmsc_ma_list
        *list; /* a new MA list, or NULL; version and card_tag are filled in */
    const struct dmsc_secret *signing_key;   /* for the new list; NULL: unsigned */
    const struct dmsc_card_header *expected; /* refuse if the card moved on since; NULL: any */
    uint8_t writer;                          /* MA id on whose behalf, 0 the issuer */
    uint32_t commit_time;                    /* s since 1970, 0 unknown */
    const struct dmsc_secret *adm;           /* ADM1, 8 bytes */
    const struct dmsc_secret *pin;           /* PIN1: needed only to move bodies of POOL1 aside */
};
#define DMSC_CARD_COMMIT_INIT                                                                      \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Write changes to the card as one new generation. A power cut at any APDU leaves the old or the
 * new one. When no free gap of a pool is large enough, bodies are first moved together, each move a
 * generation of its own.
 *
 * @param ret_header the header as read back; may be NULL
 * @return DMSC_E_AGAIN (card:changed: somebody else wrote, read again), DMSC_E_REFUSED
 * (card:locked), DMSC_E_LIMIT (card:pool-full, card:slot-full), DMSC_E_PIN (card:adm-needed),
 * DMSC_E_NOTFOUND (card:no-instance), DMSC_E_SW (card:torn: the old generation is in force)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_commit(struct dmsc_card *card,
                                                       const struct dmsc_card_commit *commit,
                                                       struct dmsc_card_header *ret_header);

/** What a DM card profile (JSON; card-scripts/dm-profile.schema.json) wants on a card. */
struct dmsc_card_profile;

/**
 * Load a profile and all files it names, relative to it. Strict: an unknown member is an error.
 * @return DMSC_E_CONFIG; the story names file, JSON path and reason (profile:...)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_profile_load(
    struct dmsc_ctx *ctx, const char *path, struct dmsc_card_profile **ret_profile);
DMSC_API void dmsc_card_profile_free(struct dmsc_card_profile *profile);

struct dmsc_card_provision_options {
    const struct dmsc_secret *adm; /* ADM1 */
    const struct dmsc_secret *pin; /* PIN1, see struct dmsc_card_commit */
    uint32_t commit_time;
    bool even_if_locked; /* the issuer's own hand */
    struct dmsc_card_progress progress;
};
#define DMSC_CARD_PROVISION_OPTIONS_INIT                                                           \
    {                                                                                              \
        0                                                                                          \
    }
/**
 * Make the card say what the profile says: certificates and their PKCS#15 view first, then secrets,
 * then the bodies, the index and the list, and the commit header last. A card that was provisioned
 * before gets the next generation. Where the card has the standard PKCS#15 application too, it is
 * given the same objects, so that everybody's tools find them.
 *
 * @return as dmsc_card_commit(); DMSC_E_NOTFOUND (card:no-file, card:no-pkcs15), DMSC_E_ARG
 * (card:generation)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_provision(
    struct dmsc_card *card, const struct dmsc_card_profile *profile,
    const struct dmsc_card_provision_options *options, struct dmsc_card_header *ret_header);

/** A certificate that the PKCS#15 view of the card lists. */
struct dmsc_card_cert {
    struct dmsc_buf der;
    char label[64]; /* "" when there is none */
    uint8_t id[32];
    size_t id_length;
    bool trusted;  /* trusted CDF; else the device's own */
    char path[48]; /* hex, as the entry says it */
};
/** A data object that the PKCS#15 view lists. */
struct dmsc_card_data {
    char label[64];
    char application[64];
    char oid[64]; /* dotted, "" when there is none */
    char path[48];
    bool is_private;         /* needs a PIN */
    struct dmsc_buf content; /* empty unless asked for; FF fill of the EF included */
};
struct dmsc_card_objects {
    struct dmsc_ctx *ctx;
    struct dmsc_card_cert *certs;
    size_t cert_count;
    struct dmsc_card_data *data;
    size_t data_count;
};
#define DMSC_CARD_OBJECTS_INIT                                                                     \
    {                                                                                              \
        0                                                                                          \
    }
DMSC_API void dmsc_card_objects_clear(struct dmsc_card_objects *objects);
/**
 * List certificates and data objects through OpenSC, over the link of @p uicc on its channel, from
 * the PKCS#15 application with this AID. Certificates are read. What is selected on the channel
 * changes.
 *
 * @param aid empty: ADF.DMSC @param contents read the content of the public data objects too
 * @return DMSC_E_NOTFOUND (pkcs15:no-application); DMSC_E_UNSUPPORTED (opensc:version: the OpenSC
 * that is installed is not the one this was built for)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_card_objects_read(struct dmsc_uicc *uicc,
                                                             struct dmsc_bytes aid, bool contents,
                                                             struct dmsc_card_objects *ret_objects);

#ifdef __cplusplus
}
#endif
#endif
