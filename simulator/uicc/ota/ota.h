/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remote file management over short messages: secured packets (TS 102 225, TS 31.115) to
 * applications that a TAR names, scripts (TS 102 226, TS 31.116) in them.
 */
#ifndef DMSCI_SIM_OTA_H
#define DMSCI_SIM_OTA_H

#include "apdu/codec/ota/join.h"
#include "apdu/codec/ota/packet.h"
#include "apdu/codec/ota/script.h"
#include "simulator/uicc/card.h"
#include <dmsc/secret.h>

#define DMSCI_SIM_OTA_KEY_SETS     15u /* 1 to F (TS 102 225 clause 5.1.2) */
#define DMSCI_SIM_OTA_APPLICATIONS 8u
#define DMSCI_SIM_OTA_ANSWER_MAX   255u /* additional response data */
#define DMSCI_SIM_OTA_CHANGED_MAX  16u

/** What the keys of a set are for. A key for one cipher is no key for another. */
enum dmsci_sim_ota_algorithm { DMSCI_SIM_OTA_ANY, DMSCI_SIM_OTA_AES, DMSCI_SIM_OTA_DES };

struct dmsci_sim_ota_keys {
    uint8_t algorithm; /* enum dmsci_sim_ota_algorithm */
    struct dmsc_secret kic, kid;
    uint64_t counter; /* of the last packet that was accepted */
};

/** What a TAR leads to. */
struct dmsci_sim_ota_application {
    uint8_t tar[3];
    uint8_t level;   /* minimum security level, as a first byte of SPI */
    uint32_t domain; /* access domain: bits of dmsci_arr_key_bit() that count as verified */
    uint8_t aid[DMSCI_SIM_AID_MAX];
    uint8_t aid_n;  /* the ADF that is selected at first; 0: the MF */
    bool refreshes; /* tells the terminal which EFs a script has changed */
};

struct dmsci_sim_ota {
    struct dmsci_sim_ota_keys keys[DMSCI_SIM_OTA_KEY_SETS]; /* of key set 1 and so on */
    struct dmsci_sim_ota_application applications[DMSCI_SIM_OTA_APPLICATIONS];
    unsigned n_applications;
    struct dmsci_sms_join join;
    struct dmsc_buf packet, script, response;
};

/** A script while it runs. */
struct dmsci_sim_ota_run {
    const struct dmsci_sim_ota_application *application;
    struct dmsci_sim_channel channel; /* no logical channel: nobody else sees it */
    unsigned executed;
    uint16_t sw; /* of the last command */
    bool failed;
    uint16_t changed[DMSCI_SIM_OTA_CHANGED_MAX]; /* EFs */
    unsigned n_changed;
    bool all_changed; /* more than that */
    struct dmsc_wr answer;
};

/**
 * Execute a script for an application and write the additional response data (execute.c). Broken
 * scripts are answered too. Then queues what the terminal is to be told.
 */
void dmsci_sim_ota_execute(struct dmsc_sim *sim,
                           const struct dmsci_sim_ota_application *application,
                           struct dmsc_bytes script, struct dmsc_wr *w);
/** REFRESH with the files that a script has changed (TS 102 223 6.4.7). (refresh.c) */
void dmsci_sim_ota_refresh(struct dmsc_sim *sim, const struct dmsci_sim_ota_run *run);

#endif
