/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_MA_H
#define DMSC_MA_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The Management Authority (MA) list as plain values: what EF.DMMAL of the card says
 * ("DMSC-UICC 1.0", docs/card-application.md). host/card decodes it, host/authority decides with
 * it.
 */

/** Rights of a scope, bits of two bytes. */
enum dmsc_right {
    DMSC_RIGHT_GET = 0x0001,
    DMSC_RIGHT_ADD = 0x0002,
    DMSC_RIGHT_REPLACE = 0x0004,
    DMSC_RIGHT_DELETE = 0x0008,
    DMSC_RIGHT_EXEC = 0x0010,
    DMSC_RIGHT_COPY = 0x0020,
    DMSC_RIGHT_ACL = 0x0040,
    DMSC_RIGHT_BOOTSTRAP = 0x0080,
    DMSC_RIGHT_WRITE_BACK = 0x0100, /* let the change reach the card */
    DMSC_RIGHT_FIRMWARE = 0x0200,
    DMSC_RIGHT_DELEGATE = 0x0400,
    DMSC_RIGHT_ALL = 0x8000
};

/** MO types that have a code of one byte; others are named by a URN. */
enum dmsc_mo_type {
    DMSC_MO_ANY = 0x00,
    DMSC_MO_DEVINFO = 0x01,
    DMSC_MO_DEVDETAIL = 0x02,
    DMSC_MO_DMACC = 0x03,
    DMSC_MO_INBOX = 0x04,
    DMSC_MO_CONN = 0x05,
    DMSC_MO_FUMO = 0x06,
    DMSC_MO_SCOMO = 0x07,
    DMSC_MO_LAWMO = 0x08,
    DMSC_MO_DIAGMON = 0x09,
    DMSC_MO_CP_W7 = 0x0A,
    DMSC_MO_SYNCML_BOOTSTRAP = 0x0B,
    DMSC_MO_LWM2M_BOOTSTRAP = 0x0C,
    DMSC_MO_3GPP_IMS = 0x10,
    DMSC_MO_NAS_CONFIG = 0x11,
    DMSC_MO_ANDSF = 0x12,
    DMSC_MO_SDOUE = 0x13,
    DMSC_MO_XCAP = 0x14,
    DMSC_MO_PS_DATA_OFF = 0x15,
    DMSC_MO_URN = 0xFF /* not on the wire: look at the URN */
};

/** URN prefix of a type code ("urn:oma:mo:oma-dm-dmacc"), without its version; NULL for 00 and
 * unknown. */
DMSC_API const char *dmsc_mo_type_urn(enum dmsc_mo_type type);
/** Short name for people ("DMAcc", "3GPP IMS", "any"); never NULL. */
DMSC_API const char *dmsc_mo_type_name(enum dmsc_mo_type type);

enum dmsc_pin_kind {
    DMSC_PIN_CERT = 1,    /* SHA-256 of the certificate, DER */
    DMSC_PIN_SPKI = 2,    /* SHA-256 of its SubjectPublicKeyInfo, DER */
    DMSC_PIN_CA_SPKI = 3, /* SHA-256 of the SubjectPublicKeyInfo of a CA that issued it */
    DMSC_PIN_PSK = 4      /* record number in EF.DMPSK */
};

struct dmsc_ma_pin {
    enum dmsc_pin_kind kind;
    uint8_t sha256[32];
    uint8_t psk_record;
};

struct dmsc_ma_scope {
    enum dmsc_mo_type type; /* DMSC_MO_ANY matches every type, DMSC_MO_URN: see urn */
    char *urn;              /* NULL unless type is DMSC_MO_URN */
    char *path;             /* prefix on node boundaries, "." is the whole tree */
    uint16_t rights;        /* DMSC_RIGHT_ bits */
};

#define DMSC_MA_ENABLED   0x01u
#define DMSC_MA_BOOTSTRAP 0x02u
#define DMSC_MA_DENY      0x80u

/** One entry. Strings are NUL-terminated UTF-8 without NULs inside, owned by the list. */
struct dmsc_ma {
    uint8_t id;      /* 01..FE */
    char *name;      /* display name */
    char *authority; /* FQDN or URI, compared case-insensitively with the TLS name */
    char **server_ids;
    size_t server_id_count;
    struct dmsc_ma_pin *pins;
    size_t pin_count;
    struct dmsc_ma_scope *scopes;
    size_t scope_count;
    uint8_t priority;    /* 00 highest */
    uint32_t not_before; /* s since 1970; 0 open */
    uint32_t not_after;  /* FFFFFFFF open */
    bool delegated;
    uint8_t delegated_by;
    uint8_t delegation_depth;
    uint8_t flags; /* DMSC_MA_ bits */
};

struct dmsc_ma_list {
    struct dmsc_ctx *ctx;
    uint32_t version;    /* V_MAL */
    uint8_t card_tag[8]; /* all zero: any card */
    struct dmsc_ma *entries;
    size_t count;
    bool signature_present;
    uint8_t signer_key_id[4]; /* first bytes of SHA-256 of the signer's SPKI */
};

#define DMSC_MA_LIST_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }

DMSC_API void dmsc_ma_list_clear(struct dmsc_ma_list *list);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ma_list_copy(const struct dmsc_ma_list *list,
                                                        struct dmsc_ctx *ctx,
                                                        struct dmsc_ma_list *ret_list);
/** NULL when there is none. */
DMSC_API const struct dmsc_ma *dmsc_ma_list_by_id(const struct dmsc_ma_list *list, uint8_t id);
/** First entry that has this ServerID (octet for octet). NULL when there is none. */
DMSC_API const struct dmsc_ma *dmsc_ma_list_by_server_id(const struct dmsc_ma_list *list,
                                                         const char *server_id);

#ifdef __cplusplus
}
#endif
#endif
