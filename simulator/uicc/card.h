/* SPDX-License-Identifier: Apache-2.0 */
/* A card: file system, keys, channels, toolkit, and the command being answered. */
#ifndef DMSCI_SIM_CARD_H
#define DMSCI_SIM_CARD_H

#include "simulator/uicc/atr.h"
#include "simulator/uicc/fs/fs.h"
#include <dmsc/sim.h>

#define DMSCI_SIM_CHANNELS_MAX 20u /* TS 102 221 10.1.1: 0 to 19 */
#define DMSCI_SIM_KEYS_MAX     64u
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
    SW_MORE_DATA = 0x62F1,
    SW_TERMINATED = 0x6285,
    SW_RETRIES = 0x63C0,
    SW_MORE_EXPECTED = 0x63F1,
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
    SW_NO_ROOM = 0x6A84,
    SW_P1P2 = 0x6A86,
    SW_LC_P1P2 = 0x6A87,
    SW_REFERENCE = 0x6A88,
    SW_FID_EXISTS = 0x6A89,
    SW_NAME_EXISTS = 0x6A8A,
    SW_OFFSET = 0x6B00,
    SW_LE = 0x6C00,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
    SW_TECHNICAL = 0x6F00,
    SW_INCREASE_MAX = 0x9850,
    SW_SUSPEND_TIME = 0x9864, /* of SUSPEND UICC: the least time is too long */
    SW_AUTH_MAC = 0x9862,     /* TS 31.102 7.3: the MAC of AUTN is wrong */
    SW_AUTH_CONTEXT = 0x9864  /* security context not supported */
};

struct dmsci_sim_key {
    struct dmsci_sim_slice name;
    uint16_t adf; /* the application whose own key it is; DMSCI_SIM_NO_FILE: the card's */
    uint8_t ref;
    uint8_t replaced_by; /* while disabled: the key that stands for it, 0: none */
    uint8_t value[DMSCI_SIM_PIN_SIZE];
    uint8_t tries, left;
    bool disabled;
    bool can_disable;
    uint8_t unblock[DMSCI_SIM_PIN_SIZE];
    uint8_t unblock_tries, unblock_left; /* 0 tries: there is no unblocking key */
};

enum dmsci_sim_transfer_kind { DMSCI_SIM_NO_TRANSFER, DMSCI_SIM_RETRIEVE, DMSCI_SIM_SET };

/** An object of a BER-TLV structured EF on its way in several commands (TS 102 221 11.3). */
struct dmsci_sim_transfer {
    enum dmsci_sim_transfer_kind how;
    uint32_t tag;
    uint32_t at;    /* SET: where in the EF the object begins */
    uint32_t total; /* tag, length and value */
    uint32_t done;  /* bytes that went over */
    uint32_t last;  /* bytes of the block before, which may be sent again */
    uint8_t first;  /* SET: the first byte, which is written last and makes the object valid */
};

struct dmsci_sim_channel {
    bool open;
    uint8_t record; /* current record, 0: none */
    uint16_t df;
    uint16_t ef;                        /* DMSCI_SIM_NO_FILE: none */
    uint16_t adf;                       /* the application active here, what 7FFF means */
    struct dmsci_sim_transfer transfer; /* of the current EF */
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
    uint8_t number; /* of the last command that the card made itself */
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
    unsigned countdown;     /* 0: off */
    unsigned long in_bytes; /* likewise, by bytes written */
    enum dmsc_sim_tear outcome;
};

/** What SUSPEND UICC put aside for the next power-on (TS 102 221 11.1.22). */
struct dmsci_sim_suspended {
    bool valid;   /* a token was given, and nothing came since that makes it worthless */
    bool resumes; /* powered again: only RESUME, TERMINAL CAPABILITY and the like keep it */
    uint8_t token[8];
    struct dmsci_sim_channel channels[DMSCI_SIM_CHANNELS_MAX];
    uint32_t verified[DMSCI_SIM_KEY_SETS_MAX];
    uint8_t profile[DMSCI_SIM_PROFILE_MAX];
    uint8_t profile_n;
};

struct dmsc_sim {
    struct dmsc_ctx *ctx;
    struct dmsci_sim_fs fs;
    struct dmsc_buf name, atr;
    struct dmsc_buf told_atr; /* in the place of the profile's, when not empty */
    bool profile_t1, profile_lenient;
    bool t1, lenient;

    struct dmsci_sim_key keys[DMSCI_SIM_KEYS_MAX];
    unsigned n_keys; /* what is verified stands in fs.key_sets */

    struct dmsci_sim_channel channels[DMSCI_SIM_CHANNELS_MAX];
    unsigned n_channels;
    struct dmsci_sim_cat cat;
    struct dmsci_sim_keys *private_keys;      /* keys/keys.h; NULL: none */
    struct dmsci_sim_channel *script_channel; /* while a script of ota/ runs: its own */
    struct dmsci_sim_toolkit *toolkit;        /* toolkit/toolkit.h; NULL: none */
    struct dmsci_sim_scp03 *scp03;            /* scp03/channel.h; NULL: no keys */
    struct dmsci_sim_ota *ota;                /* ota/ota.h; NULL: none */
    struct dmsci_sim_auth *auth;              /* auth/subscriber.h; NULL: no application has keys */

    bool powered;
    bool silent; /* torn: until the next power-on */
    struct dmsci_sim_tear tear;
    struct dmsci_sim_faults *faults; /* NULL: none asked for */
    uint64_t random;                 /* state of dmsci_sim_random() */
    struct dmsci_sim_suspended *suspended;
    uint8_t capability[32]; /* TERMINAL CAPABILITY since the reset */
    uint8_t capability_n;
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
uint16_t dmsci_sim_search_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_increase(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_retrieve_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_set_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_create_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_delete_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_resize_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_activate_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_deactivate_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminate_df(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminate_ef(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminate_card(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_terminal_capability(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_get_challenge(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_get_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
uint16_t dmsci_sim_suspend(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
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

/* access.c */
/** May the operation be done with the keys verified now, by its access mode bit or by the header of
 * the command? @param c NULL: by the bit only */
bool dmsci_sim_allowed_by(const struct dmsc_sim *sim, unsigned file, enum dmsci_arr_access access,
                          const struct dmsci_sim_apdu *c);
/** By the header alone: INCREASE and RESIZE FILE have no bit. */
bool dmsci_sim_allowed_command(const struct dmsc_sim *sim, unsigned file,
                               const struct dmsci_sim_apdu *c);
/** As the first, for what has no command of its own. */
bool dmsci_sim_allowed(const struct dmsc_sim *sim, const struct dmsci_sim_file *file,
                       enum dmsci_arr_access access);
/** After any change to a key: which conditions hold, and what FCPs say of it. */
void dmsci_sim_keys_changed(struct dmsc_sim *sim);
/** The keys of an application that no channel is in any more are forgotten (9.5.1). */
void dmsci_sim_sessions_changed(struct dmsc_sim *sim);

/* cmd/select.c */
/** Find the file that P1 and the data name (table 11.1); DMSCI_SIM_NO_FILE for none. */
uint16_t dmsci_sim_find(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file);
void dmsci_sim_set_current(struct dmsc_sim *sim, struct dmsci_sim_channel *channel, unsigned file);

/* cmd/file.c */
/** The EF a command means: by SFI, which makes it current (8.6), or the current one. */
uint16_t dmsci_sim_find_ef(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, bool by_sfi,
                           uint8_t sfi, unsigned *ret_file);
/** SW_OK, or 6984 and 6982. */
uint16_t dmsci_sim_may(const struct dmsc_sim *sim, unsigned file, enum dmsci_arr_access access,
                       const struct dmsci_sim_apdu *c);

/* cmd/channel.c */
void dmsci_sim_channels_reset(struct dmsc_sim *sim);

/** Bytes that the seed alone determines (fault.c). */
void dmsci_sim_random(struct dmsc_sim *sim, uint8_t *to, size_t n);

/* nvm.c: the only way to change content. false: the card was torn. */
bool dmsci_sim_nvm_write(struct dmsc_sim *sim, unsigned file, size_t offset,
                         struct dmsc_bytes data);
/** PREVIOUS on a cyclic EF: the oldest record becomes record 1. */
bool dmsci_sim_nvm_append(struct dmsc_sim *sim, unsigned file, struct dmsc_bytes data);

/** The power may be cut in the middle of a change of @p n bytes that is made as a whole.
 * @return make it? The card is silent afterwards, either way, when it was cut. */
bool dmsci_sim_nvm_allows(struct dmsc_sim *sim, size_t n);

/* cat.c */
void dmsci_sim_cat_reset(struct dmsc_sim *sim);
void dmsci_sim_cat_clear(struct dmsc_sim *sim);
/** The size of the command that 91xx should announce; 0: none. */
unsigned dmsci_sim_cat_announce(struct dmsc_sim *sim);
/** As dmsc_sim_queue(). @param of_profile goes with the next reset */
DMSC_NODISCARD enum dmsc_err dmsci_sim_cat_queue(struct dmsc_sim *sim, struct dmsc_bytes command,
                                                 bool of_profile);
/** 1 to 254, for the next command that the card makes. */
uint8_t dmsci_sim_command_number(struct dmsc_sim *sim);
/** toolkit/gate.c: does the terminal serve this command? */
bool dmsci_sim_cat_serves(const struct dmsci_sim_cat *cat, uint8_t type, uint8_t qualifier);

/* scp03/ */
uint16_t dmsci_sim_initialize_update(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
/** A command whose class says secure messaging; c->channel is set. */
uint16_t dmsci_sim_secured(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
/** One whose class does not: a session that should have protected it ends. */
void dmsci_sim_unsecured(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c);
void dmsci_sim_scp03_reset(struct dmsc_sim *sim);
void dmsci_sim_scp03_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_scp03_dump(const struct dmsc_sim *sim, struct dmsc_buf *out);
/* card.c */
/** A command without secure messaging, or with what it was wrapped in taken off. */
uint16_t dmsci_sim_run_plain(struct dmsc_sim *sim, struct dmsci_sim_apdu *c);
/** 9000 becomes 91xx as long as a proactive command waits. */
uint16_t dmsci_sim_final_sw(struct dmsc_sim *sim, uint16_t sw);

/* toolkit/: rules and the applet */
void dmsci_sim_toolkit_started(struct dmsc_sim *sim);
void dmsci_sim_toolkit_envelope(struct dmsc_sim *sim, uint8_t envelope, struct dmsc_bytes objects);
/** A command was answered, or passed over as if beyond the terminal's capabilities. */
void dmsci_sim_toolkit_response(struct dmsc_sim *sim, uint8_t number, uint8_t result,
                                struct dmsc_bytes objects);
void dmsci_sim_toolkit_reset(struct dmsc_sim *sim);
void dmsci_sim_toolkit_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_toolkit_dump(const struct dmsc_sim *sim,
                                                    struct dmsc_buf *out);

/** Run a command that comes from no terminal, on c->channel: not one of the toolkit. (card.c) */
uint16_t dmsci_sim_run_command(struct dmsc_sim *sim, struct dmsci_sim_apdu *c);

/* lookup.c */
/** What was verified before a script came with rights of its own. */
struct dmsci_sim_verified {
    uint32_t of[DMSCI_SIM_KEY_SETS_MAX];
};
void dmsci_sim_domain_enter(struct dmsc_sim *sim, uint32_t domain, struct dmsci_sim_verified *ret);
void dmsci_sim_domain_leave(struct dmsc_sim *sim, const struct dmsci_sim_verified *before);
/** Is the key verified, or disabled, as it counts for a file? */
bool dmsci_sim_key_is_met(const struct dmsc_sim *sim, unsigned file, uint8_t ref);
/** The ADF that has this AID now, as a profile names it. */
bool dmsci_sim_path_of_aid(const struct dmsc_sim *sim, struct dmsc_bytes aid, char *ret_text,
                           size_t size);

/* keys/profile.c */
void dmsci_sim_keys_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_keys_dump(const struct dmsc_sim *sim, struct dmsc_buf *out);
/* ota/: an ENVELOPE (SMS-PP DOWNLOAD); the response packet is in sim->reply. */
uint16_t dmsci_sim_ota_envelope(struct dmsc_sim *sim, struct dmsc_bytes envelope);
void dmsci_sim_ota_free(struct dmsc_sim *sim);
DMSC_NODISCARD enum dmsc_err dmsci_sim_ota_dump(const struct dmsc_sim *sim, struct dmsc_buf *out);
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
