/* SPDX-License-Identifier: Apache-2.0 */
/* A card: file system, keys, channels, toolkit, and the command being answered. */
#ifndef DMSCI_SIM_CARD_H
#define DMSCI_SIM_CARD_H

#include "simulator/uicc/atr.h"
#include "simulator/uicc/fs/fs.h"
#include <dmsc/sim.h>

#define DMSCI_SIM_CHANNELS_MAX 20u /* TS 102 221 10.1.1: 0 to 19 */
#define DMSCI_SIM_KEYS_MAX     27u
#define DMSCI_SIM_PIN_SIZE     8u
#define DMSCI_SIM_QUEUE_MAX    64u
#define DMSCI_SIM_COMMAND_MAX  256u /* 91xx says 1 to 256 */
#define DMSCI_SIM_PROFILE_MAX  64u

/* Status words the code speaks of (TS 102 221 clause 10.2.1). */
enum dmsci_sim_sw {
    SW_OK = 0x9000,
    SW_PROACTIVE = 0x9100,
    SW_BUSY = 0x9300,
    SW_MORE = 0x6100,
    SW_END_OF_FILE = 0x6282,
    SW_DEACTIVATED = 0x6283,
    SW_TERMINATED = 0x6285,
    SW_RETRIES = 0x63C0,
    SW_MEMORY = 0x6581,
    SW_LENGTH = 0x6700,
    SW_CHANNEL = 0x6881,
    SW_SECURE_MESSAGING = 0x6882,
    SW_STRUCTURE = 0x6981,
    SW_SECURITY = 0x6982,
    SW_BLOCKED = 0x6983,
    SW_INVALIDATED = 0x6984,
    SW_CONDITIONS = 0x6985,
    SW_NO_EF = 0x6986,
    SW_BAD_DATA = 0x6A80,
    SW_FUNCTION = 0x6A81,
    SW_NO_FILE = 0x6A82,
    SW_NO_RECORD = 0x6A83,
    SW_P1P2 = 0x6A86,
    SW_LC_P1P2 = 0x6A87,
    SW_REFERENCE = 0x6A88,
    SW_OFFSET = 0x6B00,
    SW_LE = 0x6C00,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
    SW_TECHNICAL = 0x6F00,
    SW_AUTH_MAC = 0x9862,    /* TS 31.102 7.3: the MAC of AUTN is wrong */
    SW_AUTH_CONTEXT = 0x9864 /* security context not supported */
};

struct dmsci_sim_key {
    struct dmsci_sim_slice name;
    uint8_t ref;
    uint8_t value[DMSCI_SIM_PIN_SIZE];
    uint8_t tries, left;
    bool disabled;
    bool can_disable;
    uint8_t unblock[DMSCI_SIM_PIN_SIZE];
    uint8_t unblock_tries, unblock_left; /* 0 tries: there is no unblocking key */
};

struct dmsci_sim_channel {
    bool open;
    uint8_t record; /* current record, 0: none */
    uint16_t df;
    uint16_t ef;  /* DMSCI_SIM_NO_FILE: none */
    uint16_t adf; /* the application active here, what 7FFF means */
};

struct dmsci_sim_proactive {
    struct dmsci_sim_proactive *next;
    bool of_profile; /* goes with the reset and comes back with it */
    uint8_t number, type, qualifier;
    uint16_t n;
    uint8_t bytes[DMSCI_SIM_COMMAND_MAX];
};

struct dmsci_sim_cat {
    uint8_t profile[DMSCI_SIM_PROFILE_MAX]; /* TERMINAL PROFILE */
    uint8_t profile_n;                      /* 0: none came, the toolkit sleeps */
    struct dmsci_sim_proactive *queue;
    unsigned queued;
    struct dmsci_sim_proactive *outstanding; /* fetched, waits for its TERMINAL RESPONSE */
    struct dmsc_buf commands; /* "proactive" of the profile: LV with two bytes of length */
    struct dmsc_sim_toolkit told;
    uint8_t response[255], envelope[255];
};

/** One command as the handlers see it. */
struct dmsci_sim_apdu {
    uint8_t cla, ins, p1, p2;
    struct dmsc_bytes data;
    uint16_t le; /* 1..256; 0: none (T=1 only: T=0 cannot tell, P3=00 is 256) */
    uint8_t channel_no;
    struct dmsci_sim_channel *channel;
};

struct dmsci_sim_tear {
    unsigned countdown; /* 0: off */
    enum dmsc_sim_tear outcome;
};

struct dmsc_sim {
    struct dmsc_ctx *ctx;
    struct dmsci_sim_fs fs;
    struct dmsc_buf name, atr;
    struct dmsc_buf told_atr; /* in the place of the profile's, when not empty */
    bool profile_t1, profile_lenient;
    bool t1, lenient;

    struct dmsci_sim_key keys[DMSCI_SIM_KEYS_MAX];
    unsigned n_keys;
    uint32_t verified;  /* bits of dmsci_arr_key_bit() */
    uint32_t satisfied; /* verified, or disabled */

    struct dmsci_sim_channel channels[DMSCI_SIM_CHANNELS_MAX];
    unsigned n_channels;
    struct dmsci_sim_cat cat;
    struct dmsci_sim_keys *private_keys; /* keys/keys.h; NULL: none */
    struct dmsci_sim_auth *auth;         /* auth/subscriber.h; NULL: no application has keys */

    bool powered;
    bool silent; /* torn: until the next power-on */
    struct dmsci_sim_tear tear;
    struct dmsc_sim_counts counts;

    /* The answer in the making; what GET RESPONSE may still fetch of it. */
    struct dmsc_bytes reply;
    uint8_t scratch[DMSCI_SIM_COMMAND_MAX];
    bool waiting;
    uint8_t waiting_channel;

    bool dirty; /* differs from the state file */
    char *state_path;
    char *origin; /* of the state file: the profile, for people */
    uint32_t origin_crc;
    struct dmsc_buf state_text;
};

/* cmd_*.c: each answers the SW; response data goes to sim->reply. */
uint16_t dmsci_sim_select(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_status(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_read_binary(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_update_binary(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_read_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_update_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_verify(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_change(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_disable(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_enable(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_unblock(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_manage_channel(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminal_profile(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_fetch(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminal_response(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_envelope(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
/* keys/commands.c */
uint16_t dmsci_sim_manage_environment(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_security_operation(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_generate_key_pair(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_internal_authenticate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
/** Has the application of this channel private keys? */
bool dmsci_sim_keys_here(const struct dmsc_sim *sim, const struct dmsci_sim_channel *channel);
/** Security environments end with the reset. */
void dmsci_sim_keys_reset(struct dmsc_sim *sim);
/* auth/authenticate.c */
uint16_t dmsci_sim_authenticate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_authenticate_odd(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);

/**
 * Would @p n bytes of response data be taken as they are? To be asked before a command changes
 * anything: after 6Cxx the terminal sends it again.
 */
bool dmsci_sim_le_fits(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, size_t n);
/** 6Cxx with the right length, 1..256. */
uint16_t dmsci_sim_wrong_le(size_t n);

/** May the operation be done with the keys verified now? (access.c) */
bool dmsci_sim_allowed(const struct dmsc_sim *sim, const struct dmsci_sim_file *file,
                       enum dmsci_arr_access access);
/** After any change to a key: which conditions hold. */
void dmsci_sim_keys_changed(struct dmsc_sim *sim);
uint32_t dmsci_sim_keys_enabled(const struct dmsc_sim *sim);

/* channel.c */
void dmsci_sim_channels_reset(struct dmsc_sim *sim);

/* nvm.c: the only way to change content. false: the card was torn. */
bool dmsci_sim_nvm_write(struct dmsc_sim *sim, unsigned file, size_t offset,
                         struct dmsc_bytes data);
/** PREVIOUS on a cyclic EF: the oldest record becomes record 1. */
bool dmsci_sim_nvm_append(struct dmsc_sim *sim, unsigned file, struct dmsc_bytes data);

/* cat.c */
void dmsci_sim_cat_reset(struct dmsc_sim *sim);
void dmsci_sim_cat_clear(struct dmsc_sim *sim);
/** The size of the command that 91xx should announce; 0: none. */
unsigned dmsci_sim_cat_announce(struct dmsc_sim *sim);

/* lookup.c */
/** Is the key verified, or disabled, as it counts for a file? */
bool dmsci_sim_key_is_met(const struct dmsc_sim *sim, unsigned file, uint8_t ref);
/** The ADF that has this AID now, as a profile names it. */
bool dmsci_sim_path_of_aid(const struct dmsc_sim *sim, struct dmsc_bytes aid, char *ret_text,
                           size_t size);

/* keys/profile.c */
void dmsci_sim_keys_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_keys_dump(const struct dmsc_sim *sim, struct dmsc_buf *out);
/* auth/profile.c */
void dmsci_sim_auth_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_auth_dump(const struct dmsc_sim *sim, struct dmsc_buf *out);

/* state.c */
DMSC_NODISCARD enum dmsc_err dmsci_sim_state_save(struct dmsc_sim *sim);
/** @param profile_path for people; NULL when the profile was a text */
DMSC_NODISCARD enum dmsc_err dmsci_sim_state_attach(struct dmsc_sim **sim, const char *profile_path,
                                                    const struct dmsc_sim_options *options);
DMSC_NODISCARD enum dmsc_err dmsci_sim_dump_with(const struct dmsc_sim *sim, const char *origin,
                                                 uint32_t origin_crc, struct dmsc_buf *ret_json);

#endif
