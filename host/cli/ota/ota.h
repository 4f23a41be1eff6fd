/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc ota: key files, and packets shown to people. */
#ifndef DMSC_CLI_OTA_H
#define DMSC_CLI_OTA_H

#include "host/cli/cli.h"
#include <dmsc/ota.h>

/** Read a key file that nobody else can read. */
enum dmsc_err cli_ota_keys_load(struct cli *cli, const char *path, struct dmsc_ota_keys *ret_keys);
/**
 * Read it and take its next counter. The file has the new counter, on the disk, when this returns:
 * two that do it at a time get two counters.
 */
enum dmsc_err cli_ota_keys_take(struct cli *cli, const char *path, struct dmsc_ota_keys *ret_keys);

/** A failure that comes from the key file tells which one. NULL @p path: none. @return the code */
enum dmsc_err cli_ota_blame(struct cli *cli, enum dmsc_err err, const char *path);

/** What one packet becomes. */
struct cli_ota_parcel {
    struct dmsc_ota_keys keys; /* with its counter */
    struct dmsc_buf packet;
    struct dmsc_ota_sms sms;
    unsigned parts;
};
void cli_ota_parcel_init(struct cli *cli, struct cli_ota_parcel *p);
void cli_ota_parcel_clear(struct cli_ota_parcel *p);
/** Wrap the script that the command line names, as its options say. A counter is spent. */
enum dmsc_err cli_ota_parcel_make(struct cli *cli, struct cli_ota_parcel *p);
/** Part number @p part, from 1: the TPDU, and the data of the ENVELOPE around it. */
enum dmsc_err cli_ota_part(struct cli *cli, const struct cli_ota_parcel *p, unsigned part,
                           struct dmsc_buf *tpdu, struct dmsc_buf *envelope);

/** The command "dmsc ota deliver". */
enum dmsc_err cli_ota_deliver(struct cli *cli);

/** A script, from a file or "-". @param ret_text replaced, a C string */
enum dmsc_err cli_ota_read_text(struct cli *cli, const char *path, struct dmsc_buf *ret_text);

/**
 * Say what a packet is. Takes @p record, an object whose members come before.
 * @param data script or answer, when packet->opened
 * @param keys whether it was checked
 */
enum dmsc_err cli_ota_show(struct cli *cli, json_t *record, const struct dmsc_ota_packet *packet,
                           struct dmsc_bytes data, bool keys);
/** Did the card do all of it: its status is 00, and so is the last SW "done". */
bool cli_ota_succeeded(struct cli *cli, const struct dmsc_ota_packet *packet,
                       struct dmsc_bytes data);

#endif
