/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_CARD_PRIVATE_H
#define DMSCI_CARD_PRIVATE_H

#include "host/card/format/format.h"

/* Files of ADF.DMSC by short identifier. */
#define DMSCI_SFI_HEADER 0x01u
#define DMSCI_SFI_MAL    0x02u /* slot A; B is the next one */
#define DMSCI_SFI_MOX    0x04u
#define DMSCI_SFI_POOL0  0x10u
#define DMSCI_SFI_POOL1  0x11u
#define DMSCI_SFI_PSK    0x12u

#define DMSCI_ICCID_SIZE     10u
#define DMSCI_HEADER_RECORDS 4u
#define DMSCI_KEY_PIN1       0x01u
#define DMSCI_KEY_ADM1       0x0Au

struct dmsc_card {
    struct dmsc_ctx *ctx;
    struct dmsc_uicc *uicc;
};

extern const uint8_t dmsci_card_aid[12];

DMSC_NODISCARD enum dmsc_err dmsci_card_select(struct dmsc_card *card);
/** The tag this card ought to have, from its EF.ICCID: 3 APDUs. @p ret_iccid may be NULL */
DMSC_NODISCARD enum dmsc_err dmsci_card_own_tag(struct dmsc_card *card,
                                                uint8_t ret_iccid[DMSCI_ICCID_SIZE],
                                                uint8_t ret_tag[DMSC_CARD_TAG_SIZE]);

/** A story put aside, to be told again when later ones have covered it. */
struct dmsci_story {
    enum dmsc_err err;
    uint16_t sw;
    int code;
    char what[96];
    char where[96];
    char why[192];
    char hint[128];
    char reason[48];
};
void dmsci_story_keep(struct dmsc_ctx *ctx, struct dmsci_story *ret_story);
/** @return its code */
enum dmsc_err dmsci_story_retell(struct dmsc_ctx *ctx, const struct dmsci_story *story);

/** One record of EF.DMHDR as it came. */
struct dmsci_raw_header {
    uint8_t bytes[DMSC_CARD_HEADER_SIZE];
    bool there; /* false: the card has no such record */
};
DMSC_NODISCARD enum dmsc_err dmsci_card_raw_header(struct dmsc_card *card, uint8_t record,
                                                   struct dmsci_raw_header *ret_raw);

/**
 * The walk over the commit headers, newest first (docs/card-application.md, rule R1): begins before
 * record 1. Remembers why a generation was passed over, for the story when none is left.
 */
struct dmsci_generations {
    struct dmsc_card *card;
    struct dmsci_raw_header newest; /* record 1 as it was read, to see later whether it moved */
    unsigned record;                /* that was looked at last */
    uint32_t highest;               /* generation of any sound header seen so far */
    bool blank;                     /* all looked at were never written */
    bool failed;
    struct dmsci_story first; /* the story of the newest one that was passed over */
};
void dmsci_generations_begin(struct dmsci_generations *walk, struct dmsc_card *card);
/** Step to the next sound header. At the end the story of the newest bad one, or
 * card:not-provisioned. */
DMSC_NODISCARD enum dmsc_err dmsci_generations_next(struct dmsci_generations *walk,
                                                    struct dmsc_card_header *ret_header);
/** The header just given turned out unusable: keep the story that was just told. */
void dmsci_generations_reject(struct dmsci_generations *walk);
/** FF or 00 from end to end: how card systems leave a record that nobody wrote. */
bool dmsci_never_written(struct dmsc_bytes record);
/** Has the newest record changed since the walk began? */
DMSC_NODISCARD enum dmsc_err dmsci_generations_moved(struct dmsci_generations *walk,
                                                     bool *ret_moved);

/** Read the list file the header points at and check its length and check sum. mal:crc */
DMSC_NODISCARD enum dmsc_err dmsci_card_fetch_list(struct dmsc_card *card,
                                                   const struct dmsc_card_header *header,
                                                   struct dmsc_buf *ret_file);
/** Likewise the index, decoded, its version compared with the header's. mox:crc ... */
DMSC_NODISCARD enum dmsc_err dmsci_card_fetch_index(struct dmsc_card *card,
                                                    const struct dmsc_card_header *header,
                                                    struct dmsc_mo_index *ret_index);

/** Reading pool bodies: PIN1 is sent once, and only after the card refused. */
struct dmsci_pool_reader {
    struct dmsc_card *card;
    const struct dmsc_secret *pin;
    uint16_t current; /* pool that is the current EF of the channel, 0 none */
    bool verified;
};
/** Bodies of @p wanted (entries of one index), each checked. @p ret_bodies in the same order. */
DMSC_NODISCARD enum dmsc_err dmsci_pool_read(struct dmsci_pool_reader *reader,
                                             const struct dmsc_mo_entry *const *wanted,
                                             size_t count, struct dmsc_card_body **ret_bodies);
void dmsci_bodies_free(struct dmsc_ctx *ctx, struct dmsc_card_body *bodies, size_t count);

/** VERIFY PIN1 because the card refused @p what; without a PIN the story says what to do. */
DMSC_NODISCARD enum dmsc_err dmsci_card_need_pin(struct dmsc_card *card,
                                                 const struct dmsc_secret *pin, const char *what);

#endif
