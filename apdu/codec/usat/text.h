/* SPDX-License-Identifier: Apache-2.0 */
/* Characters as UTF-8 and as octets of the card. */
#ifndef DMSCI_USAT_TEXT_H
#define DMSCI_USAT_TEXT_H

#include <dmsc/usat_describe.h>

/** Code of a default alphabet character; 0x1Bxx for one of the extension table; -1 for none. */
int dmsci_gsm_code(uint32_t character);
/** The character of a code, 0x1Bxx for the extension table; 0 for none. */
uint32_t dmsci_gsm_character(unsigned code);

/** Next character of valid UTF-8; sets r->bad on anything else. */
uint32_t dmsci_utf8_read(struct dmsc_rd *r);
void dmsci_utf8_write(struct dmsc_wr *w, uint32_t character);

/** dmsc_usat_text_decode() and _encode() over readers and writers; false on failure. */
bool dmsci_text_read(uint32_t coding, struct dmsc_rd r, struct dmsc_wr *text);
enum dmsc_err dmsci_text_write(uint32_t coding, struct dmsc_bytes text, struct dmsc_wr *w);
/** The coding that octets of TS 102 221 annex A have, with their base. */
uint32_t dmsci_alpha_coding(struct dmsc_bytes bytes);
/** The coding of a data coding scheme; -1 for compressed or reserved ones. */
int dmsci_dcs_coding(uint8_t dcs);
int dmsci_cbs_coding(uint8_t dcs);

#endif
