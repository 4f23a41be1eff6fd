/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_FUMO_H
#define DMSC_FUMO_H

#include <dmsc/code.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_tree;

/**
 * Firmware update (OMA-TS-DM-FUMO 1.0): the object urn:oma:mo:oma-fumo:1.0 with its states, over
 * what the device knows how to do. A server says what is to be downloaded and executes; the device
 * downloads, updates and reports; the outcome waits as an alert (dmsc/alerts.h).
 *
 * Nothing is updated unless the authority that executes vouches for the package (dmsc/code.h) with
 * the signature that it wrote to Ext/dmsc/Signature. The decision point has been asked for the
 * right to Exec before any of this hears of it.
 */

/** Values of State (FUMO 6.1). */
enum dmsc_fumo_state {
    DMSC_FUMO_IDLE = 10,
    DMSC_FUMO_DOWNLOAD_FAILED = 20,
    DMSC_FUMO_DOWNLOADING = 30,
    DMSC_FUMO_DOWNLOADED = 40,
    DMSC_FUMO_READY = 50, /* the package is there and vouched for, or came as PkgData */
    DMSC_FUMO_UPDATING = 60,
    DMSC_FUMO_FAILED_KEPT = 70, /* and the package is still there */
    DMSC_FUMO_FAILED_GONE = 80,
    DMSC_FUMO_UPDATED_KEPT = 90,
    DMSC_FUMO_UPDATED_GONE = 100
};

/** Result codes (FUMO 9). 250 to 299, 450 to 499 and 550 to 599 are the vendor's own. */
enum dmsc_fumo_result {
    DMSC_FUMO_SUCCESS = 200,
    DMSC_FUMO_CLIENT_ERROR = 400,
    DMSC_FUMO_CANCELLED = 401,
    DMSC_FUMO_CORRUPTED = 402,
    DMSC_FUMO_MISMATCH = 403,
    DMSC_FUMO_INVALID = 404, /* the signature of the package */
    DMSC_FUMO_NOT_ACCEPTABLE = 405,
    DMSC_FUMO_AUTHENTICATION = 406,
    DMSC_FUMO_TIMEOUT = 407,
    DMSC_FUMO_NOT_IMPLEMENTED = 408,
    DMSC_FUMO_UNDEFINED = 409,
    DMSC_FUMO_UPDATE_FAILED = 410,
    DMSC_FUMO_BAD_URL = 411,
    DMSC_FUMO_UNAVAILABLE = 412,
    DMSC_FUMO_SERVER_ERROR = 500,
    DMSC_FUMO_NO_ROOM_FOR_PACKAGE = 501,
    DMSC_FUMO_NO_ROOM_FOR_UPDATE = 502,
    DMSC_FUMO_NETWORK = 503
};

/** What the device does. None of these waits, and none of them calls back before it has returned.
 */
struct dmsc_fumo_ops {
    /**
     * Begin to download the package: hand over all of its bytes with dmsc_fumo_data(), then say
     * dmsc_fumo_downloaded(). @p again: the program began it before and was restarted; the bytes
     * are handed over from the first one on, wherever they come from.
     * @return an error: it failed at once, with DMSC_FUMO_CLIENT_ERROR
     */
    enum dmsc_err (*download)(void *user, const char *url, bool again);
    /**
     * Begin to update with the package of this SHA-256, which was downloaded, or stands in PkgData;
     * dmsc_fumo_updated() says what came of it. @p again: it had begun when the program was
     * restarted, perhaps by the update itself.
     * @return an error: it failed at once, with DMSC_FUMO_UPDATE_FAILED, and the package is kept
     */
    enum dmsc_err (*update)(void *user, const uint8_t sha256[32], bool again);
    /** The package that was downloaded is not wanted: forget it. */
    void (*discard)(void *user);
    struct dmsc_now (*now)(void *user);
};

struct dmsc_fumo;

/**
 * Put the object at @p uri, make its nodes where they are missing, and stand behind them. An
 * operation that was under way when the program ended is begun again. Not inside a change.
 *
 * @param uri   canonical, "./FUMO/Main"
 * @param ops, user, trust borrowed, must outlive the object
 * @param trust NULL: nothing is ever updated
 * @return DMSC_E_EXISTS when something else describes or is bound there
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fumo_new(struct dmsc_tree *tree, const char *uri,
                                                    const struct dmsc_fumo_ops *ops, void *user,
                                                    const struct dmsc_code_trust *trust,
                                                    struct dmsc_fumo **ret_fumo);
/** The nodes stay, with their state. Before the tree is closed. */
DMSC_API void dmsc_fumo_free(struct dmsc_fumo *fumo);

DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fumo_state(struct dmsc_fumo *fumo,
                                                      enum dmsc_fumo_state *ret_state);
/** Name of a state as FUMO has it: "Idle/Start". "?" for a value that is none. */
DMSC_API const char *dmsc_fumo_state_name(enum dmsc_fumo_state state);

/* Reports of the device, not inside a change. DMSC_E_STATE when nothing of the kind is under way.
 */

/** The next bytes of the package. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fumo_data(struct dmsc_fumo *fumo,
                                                     struct dmsc_bytes bytes);
/**
 * The download is over. After a success the package is checked: when nobody vouches for it the
 * download has failed with DMSC_FUMO_INVALID, and discard is called. After an Exec of
 * DownloadAndUpdate the update begins.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fumo_downloaded(struct dmsc_fumo *fumo, unsigned result);
/** The update is over. @p kept: the package is still there. PkgData is emptied when it is not. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fumo_updated(struct dmsc_fumo *fumo, unsigned result,
                                                        bool kept);

#ifdef __cplusplus
}
#endif
#endif
