/* SPDX-License-Identifier: Apache-2.0 */
/* Access rules of EF(ARR) records (TS 102 221 clause 9.2.7; ISO 7816-4 clause 5.4.3.2). */
#ifndef DMSCI_ARR_H
#define DMSCI_ARR_H

#include <dmsc/bytes.h>

/** Operations in the order of the bits b1..b7 of an access mode byte for EFs and DFs. */
enum dmsci_arr_access {
    DMSCI_ARR_READ,   /* EF: read, search. DF: delete child */
    DMSCI_ARR_UPDATE, /* EF: update. DF: create EF */
    DMSCI_ARR_WRITE,  /* EF: write, append. DF: create DF */
    DMSCI_ARR_DEACTIVATE,
    DMSCI_ARR_ACTIVATE,
    DMSCI_ARR_TERMINATE,
    DMSCI_ARR_DELETE
};
#define DMSCI_ARR_ACCESSES 7u
#define DMSCI_ARR_TERMS    8u

/** One way to satisfy a condition: all keys of @p with are verified, none of @p without. */
struct dmsci_arr_term {
    uint32_t with, without; /* bits of dmsci_arr_key_bit() */
};
/** Satisfied by any one of the terms: none is "never", a term that asks for nothing "always". */
struct dmsci_arr_condition {
    uint8_t n;
    struct dmsci_arr_term term[DMSCI_ARR_TERMS];
};
/** A condition for the commands whose header has these bytes (ISO 7816-4 table 32, 81 to 8F). */
struct dmsci_arr_command {
    uint8_t parts;     /* 8 CLA, 4 INS, 2 P1, 1 P2: what counts */
    uint8_t header[4]; /* CLA INS P1 P2; CLA without its channel */
    struct dmsci_arr_condition when;
};
#define DMSCI_ARR_COMMANDS 4u

struct dmsci_arr_rule {
    struct dmsci_arr_condition access[DMSCI_ARR_ACCESSES];
    uint8_t n_commands;
    struct dmsci_arr_command command[DMSCI_ARR_COMMANDS];
};

/** The bit of a key reference (TS 102 221 table 9.3), 0..26; -1 for one that is none. */
int dmsci_arr_key_bit(uint8_t key_ref);
bool dmsci_arr_met(const struct dmsci_arr_condition *condition, uint32_t verified);
/** Does the rule name this command by its header, and is what it asks for met? */
bool dmsci_arr_command_met(const struct dmsci_arr_rule *rule, const uint8_t header[4],
                           uint32_t verified);
/** Every key the rule asks for, wanted or unwanted. */
uint32_t dmsci_arr_keys(const struct dmsci_arr_rule *rule);

/**
 * Decode a record, or the value of 'AB' in an FCP. Filling with FF at the end is passed over. What
 * is not listed is never allowed. Commands named by their header (84 01 32: INCREASE) are kept
 * apart, at most DMSCI_ARR_COMMANDS of them. A security condition byte other than 00 and FF is
 * never satisfied.
 *
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED; DMSC_E_LIMIT for conditions nested deeper than four
 *         with more than DMSCI_ARR_TERMS alternatives or too many commands; @p ret_rule is then
 *         untouched
 */
DMSC_NODISCARD enum dmsc_err dmsci_arr_decode(struct dmsc_bytes record,
                                              struct dmsci_arr_rule *ret_rule);
/**
 * Decode the compact form, '8C' of an FCP (11.1.1.4.7.1): access mode byte, then one condition byte
 * for each of its bits from b7 to b1.
 */
DMSC_NODISCARD enum dmsc_err dmsci_arr_decode_compact(struct dmsc_bytes value,
                                                      struct dmsci_arr_rule *ret_rule);

#endif
