/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CAT_H
#define DMSC_CAT_H

#include <dmsc/uicc.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What the operator lets the card application toolkit do beyond the default, which is REFRESH,
 * polling, MORE TIME, timers, the event list, date and language. All else is answered "beyond the
 * terminal's capabilities" and not announced. Texts may be NULL; they are copied.
 */
struct dmsc_cat_config {
    const char *language;       /* two letters (ISO 639-1); NULL "en" */
    const char *imei;           /* 14 or 15 digits; NULL: PROVIDE LOCAL INFORMATION refuses it */
    const char *const *connect; /* where OPEN CHANNEL may go: "tcp:192.0.2.0/24:443",
                                   "udp:[2001:db8::1]:53"; ADDRESS and PORT may be "*" */
    size_t connect_count;
    const char *const *listen; /* where it may listen: "192.0.2.1:8080", address of an interface */
    size_t listen_count;
    const char *const *dns; /* what a DNS server address request is answered, at most 4 */
    size_t dns_count;
    uint32_t events; /* bits 1 << event that the caller will report (8.25): dmsc_uicc_event() */
};
#define DMSC_CAT_CONFIG_INIT                                                                       \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Say what is served, before dmsc_uicc_terminal_profile(). What is relaxed is logged. "*" never
 * means loopback, link-local, multicast or unspecified addresses: those count only where a prefix
 * inside their own range is listed.
 *
 * @return DMSC_E_CONFIG, with the text that is no address
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_cat_configure(struct dmsc_uicc *uicc,
                                                              const struct dmsc_cat_config *config);

/** A REFRESH (TS 102 223 clause 6.4.7): what the terminal knows no more. Bytes borrow. */
struct dmsc_refresh {
    uint8_t mode;
    bool everything;         /* every file of the application, or of the card without AID */
    bool initialise;         /* begin anew with the application: PINs, selection */
    unsigned file_count;     /* files that have changed */
    struct dmsc_bytes files; /* their paths: dmsc_refresh_next() */
    struct dmsc_bytes aid;   /* empty: the application in use */
};
/**
 * Step through refresh->files: paths from the MF, "3F00" first, two bytes an identifier. "7FFF"
 * stands for the application.
 */
DMSC_API bool dmsc_refresh_next(struct dmsc_rd *r, struct dmsc_bytes *ret_path);

/** What happens while the toolkit is served. Each may be NULL. */
struct dmsc_cat_watch {
    /** A command was answered. */
    void (*seen)(void *user, const struct dmsc_proactive *command);
    /**
     * Read again what has changed, now or later. Not called for a reset of the UICC.
     * @return the general result (8.12): 00 done; 03 done, more was read; 08 done, the application
     *         is not active; 20 not now
     */
    uint8_t (*refresh)(void *user, const struct dmsc_refresh *refresh);
    /** The card was reset and its toolkit begun anew: channels, PINs and selection are gone. */
    void (*reset)(void *user);
    /** false ends dmsc_uicc_run(). Asked at least once a second. */
    bool (*go_on)(void *user);
    void *user;
};

/**
 * Serve the toolkit for a while: fetch what the card announces, poll it as it asked (30 s at
 * first), let timers expire, move the data of its channels. A card that sends command after command
 * is slowed to limits.proactive_rate.
 *
 * @param for_ms how long; -1: until go_on says no
 * @return the error of the link, or DMSC_E_SW when the card refuses FETCH or TERMINAL RESPONSE
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_run(struct dmsc_uicc *uicc, int64_t for_ms,
                                                    const struct dmsc_cat_watch *watch);
/**
 * Report an event (8.25) that the card has listed; others are passed over. Sent by the next
 * dmsc_uicc_serve() or dmsc_uicc_run(); one waits at a time.
 *
 * @param objects COMPREHENSION-TLV objects behind event list and device identities; copied
 * @param ret_listed whether the card wants it; NULL if not wanted
 * @return DMSC_E_AGAIN while another waits; DMSC_E_LIMIT for more than 200 bytes; DMSC_E_ARG for an
 *         event that the configuration did not name
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_event(struct dmsc_uicc *uicc, uint8_t event,
                                                      struct dmsc_bytes objects, bool *ret_listed);

#ifdef __cplusplus
}
#endif
#endif
