/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SIM_H
#define DMSC_SIM_H

#include <dmsc/apdu.h>
#include <dmsc/bytes.h>
#include <dmsc/link.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A UICC in software: the file system of a card profile (docs/simulator.md, card-scripts/), the
 * commands of TS 102 221 and the card side of TS 102 223. A library of its own, not part of
 * libdmsc. A card starts without power. One thread at a time, as all that is made with a context.
 */
struct dmsc_sim;

/** How a card is made. A profile may ask for T=1 and lenient as well. */
struct dmsc_sim_options {
    /**
     * File that keeps what the card writes: contents, PINs, retry counters. When it exists it is
     * loaded in the place of the profile, which it must come from; it is replaced, in one piece,
     * before a command that changed the card is answered. NULL: changes are lost with the card.
     */
    const char *state_path;
    bool t1;      /* APDUs as they are; without: TPDUs of T=0 */
    bool lenient; /* answer what TS 102 221 leaves out but general tools send: SELECT with P2=00 */
};
#define DMSC_SIM_OPTIONS_INIT                                                                      \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Load a card profile.
 *
 * @param options NULL for none of them
 * @return DMSC_E_IO (cannot be read), DMSC_E_MALFORMED (the story has file, JSON path and reason),
 *         DMSC_E_LIMIT, DMSC_E_STATE (the state file comes from another profile)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_new(struct dmsc_ctx *ctx, const char *profile_path,
                                                   const struct dmsc_sim_options *options,
                                                   struct dmsc_sim **ret_sim);
/** As dmsc_sim_new() with the profile's text; "base" is looked for in @p directory, NULL: refused.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_new_text(struct dmsc_ctx *ctx,
                                                        struct dmsc_bytes json,
                                                        const char *directory,
                                                        const struct dmsc_sim_options *options,
                                                        struct dmsc_sim **ret_sim);
DMSC_API void dmsc_sim_free(struct dmsc_sim *sim);

/** Power, and with it the end of every channel, verified PIN and toolkit session. */
DMSC_API void dmsc_sim_power(struct dmsc_sim *sim, enum dmsc_power how);
DMSC_API bool dmsc_sim_powered(const struct dmsc_sim *sim);
/** Answer to reset, whether there is power or not. Lives as long as the card. */
DMSC_API struct dmsc_bytes dmsc_sim_atr(const struct dmsc_sim *sim);
DMSC_API enum dmsc_protocol dmsc_sim_protocol(const struct dmsc_sim *sim);
/** "name" of the profile, "" without. */
DMSC_API const char *dmsc_sim_name(const struct dmsc_sim *sim);

/**
 * One command. T=0: a TPDU with P3, whose answer may be 61xx or 6Cxx. T=1: an APDU. Allocates
 * nothing, unless there is a state file and the command changed the card.
 *
 * @param ret_rapdu response data and SW
 * @return DMSC_E_REMOVED without power, and when the card was torn (dmsc_sim_tear_at()): no answer
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_transmit(struct dmsc_sim *sim,
                                                        struct dmsc_bytes capdu,
                                                        uint8_t ret_rapdu[DMSC_RAPDU_MAX],
                                                        size_t *ret_n);

/**
 * Queue a proactive command, a whole 'D0' template of at most 256 bytes (TS 102 223 6.6). It is
 * announced by 91xx once a TERMINAL PROFILE said that the terminal serves its type, and passed over
 * when it said that it does not. Survives a reset while it was not fetched.
 *
 * @return DMSC_E_MALFORMED without command details; DMSC_E_LIMIT when 64 are waiting
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_queue(struct dmsc_sim *sim,
                                                     struct dmsc_bytes command);

/** What happened between card and terminal on behalf of the toolkit, since the card was made. */
struct dmsc_sim_toolkit {
    bool profile;          /* a TERMINAL PROFILE came since the last reset */
    unsigned waiting;      /* queued, not fetched */
    bool outstanding;      /* fetched, not answered */
    unsigned long served;  /* answered by a TERMINAL RESPONSE */
    unsigned long skipped; /* passed over: the terminal does not serve the type */
    unsigned long envelopes;
    uint8_t result;             /* general result of the last TERMINAL RESPONSE */
    struct dmsc_bytes response; /* the last TERMINAL RESPONSE, valid until the next command */
    struct dmsc_bytes envelope; /* the last ENVELOPE, likewise */
};
DMSC_API void dmsc_sim_toolkit(const struct dmsc_sim *sim, struct dmsc_sim_toolkit *ret_toolkit);

/* Behind the card's back: for tests and tools. A path is written as in the profile: identifiers in
 * hex between slashes, "3F00/7F4D/6F01"; an ADF without identifier by its AID. */

/** Raw content; records one after the other, for a cyclic EF the newest first. @p ret_content
 * replaced. DMSC_E_NOTFOUND for no such EF. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_read(const struct dmsc_sim *sim, const char *path,
                                                    struct dmsc_buf *ret_content);
/** The card as it is now, as a profile without base: "dump, load, dump" gives the same text. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_dump(const struct dmsc_sim *sim,
                                                    struct dmsc_buf *ret_json);

/**
 * A real card as a profile, from an export with one JSON object a file and line: "fids", "fcp",
 * "binary" or "records" (docs/simulator.md). Keys get test values, which no export has.
 *
 * @param atr         its answer to reset in hex; NULL: from the name, card_ATR_ICCID.jsonl
 * @param ret_profile replaced by the JSON text, for dmsc_sim_new_text()
 * @return DMSC_E_MALFORMED (the story has the line), DMSC_E_ARG (no answer to reset), DMSC_E_NOMEM
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_import(struct dmsc_ctx *ctx, const char *path,
                                                      const char *atr,
                                                      struct dmsc_buf *ret_profile);

/** What a power cut leaves of the write it hits. */
enum dmsc_sim_tear {
    DMSC_SIM_TEAR_OLD,    /* nothing was written; cyclic: the record pointer did not move */
    DMSC_SIM_TEAR_NEW,    /* all was written, the answer was lost */
    DMSC_SIM_TEAR_PREFIX, /* the first half was written; cyclic: into the moved pointer's record */
    DMSC_SIM_TEAR_GARBAGE /* random: none of the bytes is the old or the new one; cyclic likewise */
};
/**
 * Cut the power during the @p n th UPDATE BINARY or UPDATE RECORD from now that passes its checks,
 * counted from 1; 0 takes the order back. The card is silent from there until it is powered again.
 */
DMSC_API void dmsc_sim_tear_at(struct dmsc_sim *sim, unsigned n, enum dmsc_sim_tear outcome);

/** What goes wrong on purpose. */
enum dmsc_sim_fault_kind {
    DMSC_SIM_FAULT_SW,      /* the command is not carried out; the answer is this status word */
    DMSC_SIM_FAULT_SILENCE, /* it is carried out, its answer lost: DMSC_E_TIMEOUT */
    DMSC_SIM_FAULT_FLIP,    /* one bit of the answer is another */
    DMSC_SIM_FAULT_REMOVE,  /* the card leaves before it: DMSC_E_REMOVED until the next power-on */
    DMSC_SIM_FAULT_CUT,     /* the power goes, likewise: see enum dmsc_sim_tear */
    DMSC_SIM_FAULT_LONG     /* random bytes more in front of the status word */
};
/** One way to fail, and when. All randomness comes from dmsc_sim_seed(): a run can be repeated. */
struct dmsc_sim_fault {
    enum dmsc_sim_fault_kind kind;
    bool only_ins; /* count and strike only commands with this instruction */
    uint8_t ins;
    unsigned at;                /* strike from the nth such command from now on, counted from 1 */
    unsigned times;             /* this often; 0: once with @p at, else for ever */
    unsigned chance;            /* in a thousand; 0: surely */
    uint16_t sw;                /* SW */
    unsigned more;              /* LONG: bytes */
    enum dmsc_sim_tear outcome; /* CUT: of the first write of the command, or of: */
    unsigned long byte; /* the write with the nth byte written from now; exactly before that byte */
    unsigned write;     /* the nth write from now */
};
#define DMSC_SIM_FAULT_INIT                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

/** @return DMSC_E_LIMIT for more than 16, DMSC_E_NOMEM */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_fault_add(struct dmsc_sim *sim,
                                                         const struct dmsc_sim_fault *fault);
/** As a text: "sw=6F00,ins=B0,at=3", "cut=prefix,byte=120", "flip,chance=10" (docs/simulator.md).
 * @return DMSC_E_ARG, and as above */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_fault_text(struct dmsc_sim *sim, const char *text);
/** Nothing goes wrong any more. */
DMSC_API void dmsc_sim_fault_clear(struct dmsc_sim *sim);
/** Begin of the random numbers: faults, GET CHALLENGE, resume tokens. 0 when a card is made. */
DMSC_API void dmsc_sim_seed(struct dmsc_sim *sim, uint64_t seed);

/** How long line and memory take, and how the memory wears. */
struct dmsc_sim_timing {
    unsigned byte_us;   /* microseconds a byte on the line */
    unsigned page_us;   /* microseconds a page written */
    unsigned page_size; /* bytes, 1 to 256; 0: 64 */
    bool real;          /* wait so long; else the time is only counted */
};
/** From now on; what pages endured is forgotten. @return DMSC_E_ARG, DMSC_E_NOMEM */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_set_timing(struct dmsc_sim *sim,
                                                          const struct dmsc_sim_timing *timing);
/** What the pages of file content endured since dmsc_sim_set_timing(); all 0 without. */
struct dmsc_sim_wear {
    unsigned page_size;
    size_t pages;
    unsigned long writes; /* of pages */
    unsigned long most;   /* of the page that was written most */
    size_t most_at;       /* which one */
};
DMSC_API void dmsc_sim_wear(const struct dmsc_sim *sim, struct dmsc_sim_wear *ret_wear);

struct dmsc_sim_counts {
    unsigned long commands;   /* taken while there was power, GET RESPONSE included */
    unsigned long nvm_writes; /* writes of file content: UPDATEs that were carried out or torn */
    unsigned long nvm_bytes;  /* bytes of them that were written */
    unsigned long torn;
    unsigned long saves;           /* of the state file */
    unsigned long faults;          /* that struck */
    unsigned long long elapsed_us; /* with dmsc_sim_set_timing() */
};
DMSC_API struct dmsc_sim_counts dmsc_sim_counts(const struct dmsc_sim *sim);

/**
 * The driver "sim:PROFILE[,state=FILE][,t1][,lenient][,fault=WHAT[,WHEN...]][,seed=N]" for
 * dmsc_link_open(); faults as in dmsc_sim_fault_text(). Its card lives as long
 * as the link.
 */
DMSC_API extern const struct dmsc_link_driver dmsc_sim_link_driver;
/** A link to a card that somebody else owns and that must outlive the link: for tests. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_sim_link(struct dmsc_sim *sim, struct dmsc_ctx *ctx,
                                                    struct dmsc_link **ret_link);

#ifdef __cplusplus
}
#endif
#endif
