/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces a message is made of. Shared by package1.c, pack.c, message.c and room.c. */
#ifndef DMSCI_DM1_PACK_H
#define DMSCI_DM1_PACK_H

#include "host/dm1/private.h"

/* Text of the numbers in a header, which borrows them. */
struct dmsci_dm1_numbers {
    char msg_id[12], max_msg[24], max_obj[24];
};
struct dmsci_syncml_header dmsci_dm1_header(const struct dmsc_dm1 *dm1,
                                            struct dmsci_dm1_numbers *n);

/* One message of answers in the making. */
struct dmsci_dm1_packing {
    struct dmsc_dm1 *dm1;
    struct dmsci_syncml_writer w;
    unsigned cmd_id;
    bool fresh; /* nothing but control Statuses is in it */
};

/* The largest message the server takes. */
size_t dmsci_dm1_ceiling(const struct dmsc_dm1 *dm1);
/* With the Status for the SyncHdr. Clear p->w also after a failure. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_pack_begin(struct dmsci_dm1_packing *p, struct dmsc_dm1 *dm1,
                                                  const struct dmsci_dm1_turn *turn);
/* One command, which gets the next CmdID. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_pack_put(struct dmsci_dm1_packing *p,
                                                struct dmsci_syncml_command *c);
/* An answer as a command; the code's text lives in @p code. */
struct dmsci_syncml_command dmsci_dm1_command_of(const struct dmsci_answer *a, char code[12]);
/* Would it fit a message of its own? DMSC_E_LIMIT: no. */
DMSC_NODISCARD enum dmsc_err dmsci_dm1_fits_alone(struct dmsc_dm1 *dm1,
                                                  const struct dmsci_dm1_turn *turn,
                                                  const struct dmsci_syncml_command *c);

#endif
