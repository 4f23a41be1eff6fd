/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the card does with the toolkit of its own accord: rules that answer events with commands,
 * and an applet that pulls a URL over the bearer independent protocol into a file.
 */
#ifndef DMSCI_SIM_TOOLKIT_H
#define DMSCI_SIM_TOOLKIT_H

#include "simulator/uicc/card.h"

#define DMSCI_SIM_RULES_MAX   32u
#define DMSCI_SIM_REQUEST_MAX 512u
#define DMSCI_SIM_HEAD_MAX    2048u /* of an HTTP response, in front of its body */

enum dmsci_sim_trigger {
    DMSCI_SIM_ON_START, /* TERMINAL PROFILE */
    DMSCI_SIM_ON_TIMER, /* timer expiration, by timer identifier */
    DMSCI_SIM_ON_EVENT, /* event download, by event code */
    DMSCI_SIM_ON_MENU   /* menu selection, by item identifier */
};

/** What happens, and what is done then. */
struct dmsci_sim_rule_on {
    uint8_t trigger; /* enum dmsci_sim_trigger */
    uint8_t number;
    bool pulls;                   /* the applet begins */
    struct dmsci_sim_slice sends; /* of commands: 'D0' templates, each with two bytes of length */
};

enum dmsci_sim_applet_step {
    DMSCI_SIM_APPLET_IDLE,
    DMSCI_SIM_APPLET_EVENTS, /* SET UP EVENT LIST is out */
    DMSCI_SIM_APPLET_OPEN,
    DMSCI_SIM_APPLET_SEND,
    DMSCI_SIM_APPLET_WAIT, /* for the event "data available" or "channel status" */
    DMSCI_SIM_APPLET_RECEIVE,
    DMSCI_SIM_APPLET_CLOSE
};

struct dmsci_sim_applet {
    bool present;
    struct dmsc_buf url;  /* as the profile has it */
    struct dmsc_buf file; /* path of a transparent EF */
    uint8_t address[4];
    uint16_t port;
    struct dmsc_buf request, response;
    enum dmsci_sim_applet_step step;
    uint8_t number;  /* of the command that is out */
    uint8_t channel; /* 1 to 7 */
    size_t sent;
    bool ended; /* the link was dropped: no more will come */
};

struct dmsci_sim_toolkit {
    struct dmsci_sim_rule_on rules[DMSCI_SIM_RULES_MAX];
    unsigned n_rules;
    struct dmsc_buf commands; /* what slices of rules point into */
    struct dmsci_sim_applet applet;
};

/** Begin, unless it is at work. (applet.c) */
void dmsci_sim_applet_begin(struct dmsc_sim *sim);
/** An event of its channel: data available, or the link's state. */
void dmsci_sim_applet_event(struct dmsc_sim *sim, uint8_t event, struct dmsc_bytes objects);
/** A TERMINAL RESPONSE to command @p number. */
void dmsci_sim_applet_response(struct dmsc_sim *sim, uint8_t number, uint8_t result,
                               struct dmsc_bytes objects);
/** The channel went with the reset. */
void dmsci_sim_applet_reset(struct dmsci_sim_applet *applet);

/**
 * Is @p response a whole HTTP/1.x response, and a good one? (http.c)
 *
 * @param ended the connection was closed: what is there is all there will be
 * @param ret_whole false: more is to come
 * @return DMSC_E_MALFORMED; DMSC_E_NOTFOUND for another status than 200
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_http_body(struct dmsc_bytes response, bool ended,
                                                 bool *ret_whole, struct dmsc_bytes *ret_body);
/** "http://192.0.2.1:8080/path": numbers, because a card asks nobody for names. false: another
 * form. @param ret_path of @p url, "" when there is none */
bool dmsci_sim_http_url(const char *url, uint8_t ret_address[4], uint16_t *ret_port,
                        const char **ret_path);

#endif
