/* SPDX-License-Identifier: Apache-2.0 */
/* What a status word means to one command. First match counts; what is not here means the same to
 * all commands (TS 102 221 10.2.1). */
#include "apdu/base/compiler.h"
#include <dmsc/uicc_admin.h>

#define ANY 0xFFFFu

static const struct {
    uint8_t ins, ins_mask;
    uint16_t sw, sw_mask;
    const char *clause, *text;
} rows[] = {
    { 0xA4, 0xFF, 0x6985, ANY, "TS 102 221 11.1.1",
      "the application cannot be selected now: another session of it is open, or it is locked" },
    { 0xA4, 0xFF, 0x6283, ANY, "TS 102 221 11.1.1",
      "selected, and deactivated: it can be activated, not used" },
    { 0xA4, 0xFF, 0x6A82, ANY, "TS 102 221 8.4.1",
      "no file or application of this name can be reached from here" },
    { 0xA4, 0xFF, 0x6A86, ANY, "TS 102 221 11.1.1.2",
      "the card does not know this form of SELECT" },
    { 0xB0, 0xFF, 0x6981, ANY, "TS 102 221 11.1.3",
      "the file has records or objects, not one body" },
    { 0xB2, 0xFF, 0x6981, ANY, "TS 102 221 11.1.5", "the file has no records" },
    { 0xB0, 0xFF, 0x6B00, ANY, "TS 102 221 11.1.3", "the offset is behind the end of the file" },
    { 0xB0, 0xFF, 0x6282, ANY, "TS 102 221 11.1.3", "the file ends before the bytes asked for" },
    { 0xD6, 0xFF, 0x6981, ANY, "TS 102 221 11.1.4",
      "the file has records or objects, not one body" },
    { 0xD6, 0xFF, 0x6B00, ANY, "TS 102 221 11.1.4", "the offset is behind the end of the file" },
    { 0xD6, 0xFF, 0x63C0, 0xFFF0, "TS 102 221 10.2.1.3",
      "written, after this many tries inside the card" },
    { 0xDC, 0xFF, 0x63C0, 0xFFF0, "TS 102 221 10.2.1.3",
      "written, after this many tries inside the card" },
    { 0x32, 0xFF, 0x63C0, 0xFFF0, "TS 102 221 10.2.1.3",
      "increased, after this many tries inside the card" },
    { 0xDC, 0xFF, 0x6981, ANY, "TS 102 221 11.1.6",
      "the file has no records, or its records are not written this way" },
    { 0xB2, 0xFF, 0x6A83, ANY, "TS 102 221 11.1.5",
      "there is no such record, or none before or behind the current one" },
    { 0xDC, 0xFF, 0x6A83, ANY, "TS 102 221 11.1.6", "there is no such record" },
    { 0xDC, 0xFF, 0x6700, ANY, "TS 102 221 11.1.6", "the length is not that of a record" },
    { 0xA2, 0xFF, 0x6282, ANY, "TS 102 221 11.1.7", "no record fits the pattern" },
    { 0xA2, 0xFF, 0x6981, ANY, "TS 102 221 11.1.7",
      "only linear fixed and cyclic files are searched" },
    { 0x32, 0xFF, 0x6981, ANY, "TS 102 221 11.1.8", "only cyclic files are increased" },
    { 0x32, 0xFF, 0x9850, ANY, "TS 102 221 11.1.8", "the record would pass its greatest value" },
    { 0x2C, 0xFF, 0x63C0, 0xFFF0, "TS 102 221 11.1.13",
      "the PUK is wrong; the last digit counts the tries left" },
    { 0x2C, 0xFF, 0x6983, ANY, "TS 102 221 11.1.13", "the PUK is blocked for ever" },
    { 0x20, 0xF0, 0x63C0, 0xFFF0, "TS 102 221 11.1.9",
      "the PIN is wrong; the last digit counts the tries left" },
    { 0x20, 0xF0, 0x6983, ANY, "TS 102 221 11.1.9",
      "the PIN is blocked: UNBLOCK PIN takes the PUK" },
    { 0x20, 0xF0, 0x6984, ANY, "TS 102 221 11.1.9", "the PIN is disabled, or was never set" },
    { 0x20, 0xF0, 0x6985, ANY, "TS 102 221 11.1.11, 11.1.12",
      "the PIN is not in the state that the command needs: it is disabled or enabled already" },
    { 0x20, 0xF0, 0x6A88, ANY, "TS 102 221 11.1.9", "there is no PIN of this key reference here" },
    { 0x04, 0xFF, 0x6985, ANY, "TS 102 221 11.1.14",
      "the file cannot be deactivated: it is not activated now" },
    { 0x44, 0xFF, 0x6985, ANY, "TS 102 221 11.1.15",
      "the file cannot be activated in its life cycle state" },
    { 0x88, 0xFE, 0x9862, ANY, "TS 31.102 7.1.2.1",
      "the network's MAC is wrong: this AUTN is not for this card" },
    { 0x88, 0xFE, 0x9864, ANY, "TS 31.102 7.1.2",
      "the application does not know this security context" },
    { 0x88, 0xFE, 0x9865, ANY, "TS 31.102 7.1.1.4", "the key is not fresh" },
    { 0x88, 0xFE, 0x6985, ANY, "TS 31.102 7.1.1",
      "the application needs its PIN, or a GBA bootstrapping, first" },
    { 0x88, 0xFE, 0x6982, ANY, "TS 31.102 7.1.1", "the application needs its PIN first" },
    { 0x70, 0xFF, 0x6A81, ANY, "TS 102 221 11.1.17", "no logical channel is free" },
    { 0x70, 0xFF, 0x6881, ANY, "TS 102 221 11.1.17", "the card has no such logical channel" },
    { 0x70, 0xFF, 0x6200, ANY, "TS 102 221 11.1.17", "the channel was closed already" },
    { 0xCB, 0xFF, 0x62F1, ANY, "TS 102 221 11.3.1", "one block of the object; more of it waits" },
    { 0xCB, 0xFF, 0x6A88, ANY, "TS 102 221 11.3.1", "there is no object of this tag" },
    { 0xCB, 0xFF, 0x6985, ANY, "TS 102 221 11.3.1", "there is no transfer to go on with" },
    { 0xDB, 0xFF, 0x63F1, ANY, "TS 102 221 11.3.2",
      "one block is taken; more of the object is expected" },
    { 0xDB, 0xFF, 0x6A88, ANY, "TS 102 221 11.3.2", "there is no object of this tag to delete" },
    { 0xDB, 0xFF, 0x6A84, ANY, "TS 102 221 11.3.2", "the file has no room for the object" },
    { 0xCB, 0xEF, 0x6981, ANY, "TS 102 221 11.3", "the file has no BER-TLV structure" },
    { 0xE0, 0xFF, 0x6A89, ANY, "TS 102 222 6.3.3", "a file of this identifier is there already" },
    { 0xE0, 0xFF, 0x6A8A, ANY, "TS 102 222 6.3.3", "a DF of this name is there already" },
    { 0xE0, 0xFF, 0x6A84, ANY, "TS 102 222 6.3.3", "the DF has no memory left for the file" },
    { 0xE0, 0xFF, 0x6A80, ANY, "TS 102 222 6.3.3", "the FCP lacks a field, or one is wrong" },
    { 0xE4, 0xFF, 0x6985, ANY, "TS 102 222 6.4",
      "the file cannot be deleted: it is not empty or not deletable" },
    { 0xD4, 0xFF, 0x6A84, ANY, "TS 102 222 6.10", "there is no memory for the new size" },
    { 0xD4, 0xFF, 0x6985, ANY, "TS 102 222 6.10", "the size of this file cannot change" },
    { 0x76, 0xFF, 0x9864, ANY, "TS 102 221 11.1.22",
      "the shortest time proposed is too long for the card" },
    { 0x76, 0xFF, 0x6985, ANY, "TS 102 221 11.1.22",
      "the card cannot be suspended now: a proactive session is open, or it was not suspended" },
    { 0x76, 0xFF, 0x6982, ANY, "TS 102 221 11.1.22", "the resume token is wrong" },
    { 0x78, 0xFF, 0x6985, ANY, "TS 31.102 7.5",
      "the card does not compute this identity: the service is off, or the PIN is missing" },
    { 0xC2, 0xFF, 0x9300, ANY, "TS 102 221 11.2.2",
      "the toolkit is busy: offer the envelope later" },
    { 0xC2, 0xFF, 0x6200, ANY, "TS 102 221 11.2.2", "the application rejected the envelope" },
    { 0x12, 0xFF, 0x6985, ANY, "TS 102 221 11.2.3", "no proactive command waits" },
    { 0x50, 0xFF, 0x6A88, ANY, "GP Amendment D 7.1.1", "there is no key set of this version" },
    { 0x82, 0xFF, 0x6300, ANY, "GP Amendment D 7.1.2", "the host cryptogram is wrong" },
    { 0xFF, 0x00, 0x6989, ANY, "TS 102 221 10.2.1.5",
      "the command must come over a secure channel" },
};

struct dmsc_sw_meaning dmsc_sw_explain(uint8_t cla, uint8_t ins, uint16_t sw)
{
    struct dmsc_sw_meaning general = { dmsc_sw_text(sw), "TS 102 221 10.2.1" };

    if (cla == 0xA0) { /* 2G codes are their own */
        general.clause = "TS 51.011 9.4";
        return general;
    }
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        if ((ins & rows[i].ins_mask) == (rows[i].ins & rows[i].ins_mask) &&
            (sw & rows[i].sw_mask) == rows[i].sw)
            return (struct dmsc_sw_meaning){ rows[i].text, rows[i].clause };
    }
    return general;
}
