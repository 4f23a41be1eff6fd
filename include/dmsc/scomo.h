/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SCOMO_H
#define DMSC_SCOMO_H

#include <dmsc/code.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmsc_tree;

/**
 * Software components (OMA-TS-DM-SCOMO 1.0): the object urn:oma:mo:oma-scomo:1.0 over what a device
 * knows how to do with its software. Servers add a package below Download, say where it is, and
 * execute; packages and components that are there are shown below Inventory, and servers execute
 * what shall become of them. One operation at a time; its outcome waits as an alert
 * (dmsc/alerts.h), type "urn:oma:at:scomo:1.0:OperationComplete".
 *
 * Nothing that was downloaded is kept unless the authority that executes vouches for it
 * (dmsc/code.h) with the signature in Download/X/Ext/dmsc/Signature. Packages do not come through
 * the tree: there is no Delivered/X/Data.
 */
enum dmsc_scomo_operation {
    DMSC_SCOMO_DOWNLOAD,                  /* Download/X/Operations/Download */
    DMSC_SCOMO_DOWNLOAD_INSTALL,          /* .../DownloadInstall: and activate */
    DMSC_SCOMO_DOWNLOAD_INSTALL_INACTIVE, /* .../DownloadInstallInactive */
    DMSC_SCOMO_INSTALL,          /* Inventory/Delivered/X/Operations/Install: and activate */
    DMSC_SCOMO_INSTALL_INACTIVE, /* .../InstallInactive */
    DMSC_SCOMO_REMOVE_PACKAGE,   /* .../Remove */
    DMSC_SCOMO_ACTIVATE,         /* Inventory/Deployed/X/Operations/Activate */
    DMSC_SCOMO_DEACTIVATE,       /* .../Deactivate */
    DMSC_SCOMO_REMOVE_COMPONENT  /* .../Remove */
};

/** Result codes (SCOMO 8). 1250 to 1299, 1450 to 1499 and 1550 to 1599 are the vendor's own. */
enum dmsc_scomo_result {
    DMSC_SCOMO_SUCCESS = 1200,
    DMSC_SCOMO_CLIENT_ERROR = 1400,
    DMSC_SCOMO_CANCELLED = 1401,
    DMSC_SCOMO_DOWNLOAD_FAILED = 1402,
    DMSC_SCOMO_AUTHENTICATION = 1403,
    DMSC_SCOMO_NO_ROOM_FOR_PACKAGE = 1404,
    DMSC_SCOMO_INSTALL_FAILED = 1405,
    DMSC_SCOMO_NO_ROOM_FOR_COMPONENT = 1406,
    DMSC_SCOMO_INVALID = 1407, /* the signature of the package */
    DMSC_SCOMO_REMOVE_FAILED = 1408,
    DMSC_SCOMO_ACTIVATE_FAILED = 1409,
    DMSC_SCOMO_DEACTIVATE_FAILED = 1410,
    DMSC_SCOMO_NOT_IMPLEMENTED = 1411,
    DMSC_SCOMO_UNDEFINED = 1412,
    DMSC_SCOMO_WRONG_ENVIRONMENT = 1413,
    DMSC_SCOMO_SERVER_ERROR = 1500,
    DMSC_SCOMO_UNAVAILABLE = 1501
};

struct dmsc_scomo_task {
    enum dmsc_scomo_operation operation;
    const char *item;   /* the name that its node has: X */
    const char *id;     /* PkgID, or ID of a component */
    const char *url;    /* PkgURL; "" for what is there already */
    const char *params; /* InstallParams, "" without */
};

/** A package on the device. Strings that are NULL are left out. */
struct dmsc_scomo_package {
    const char *item; /* name of its node */
    const char *id, *name, *environment;
    bool installed;
};
/** A component that is installed. */
struct dmsc_scomo_component {
    const char *item;
    const char *id, *name, *version, *package_id, *environment;
    bool active;
};

/** What the device does. None of these waits; strings and tasks are borrowed for the call. */
struct dmsc_scomo_ops {
    /** Begin to download: dmsc_scomo_data(), then dmsc_scomo_downloaded(). @p again: as for
     * struct dmsc_fumo_ops */
    enum dmsc_err (*download)(void *user, const struct dmsc_scomo_task *task, bool again);
    /** Begin all else, the installation of what was downloaded too: dmsc_scomo_done(). */
    enum dmsc_err (*run)(void *user, const struct dmsc_scomo_task *task, bool again);
    /** What was downloaded is not wanted: forget it. */
    void (*discard)(void *user, const struct dmsc_scomo_task *task);
    /** What there is; the callback answers false to stop. */
    enum dmsc_err (*packages)(void *user,
                              bool (*package)(void *to, const struct dmsc_scomo_package *one),
                              void *to);
    enum dmsc_err (*components)(void *user,
                                bool (*component)(void *to, const struct dmsc_scomo_component *one),
                                void *to);
    struct dmsc_now (*now)(void *user);
};

struct dmsc_scomo;

/**
 * As dmsc_fumo_new(): @p uri is "./SCOMO". The inventory is written, and what was under way when
 * the program ended is begun again.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_scomo_new(struct dmsc_tree *tree, const char *uri,
                                                     const struct dmsc_scomo_ops *ops, void *user,
                                                     const struct dmsc_code_trust *trust,
                                                     struct dmsc_scomo **ret_scomo);
DMSC_API void dmsc_scomo_free(struct dmsc_scomo *scomo);

/* Reports of the device, not inside a change. DMSC_E_STATE ("scomo:state") when nothing of the kind
 * is under way. */

DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_scomo_data(struct dmsc_scomo *scomo,
                                                      struct dmsc_bytes bytes);
/** The download is over; after a success nobody vouches for, it has failed with DMSC_SCOMO_INVALID
 * and discard is called. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_scomo_downloaded(struct dmsc_scomo *scomo,
                                                            unsigned result);
/** What run began is over. @p kept: of an installation that failed, the package is still there. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_scomo_done(struct dmsc_scomo *scomo, unsigned result,
                                                      bool kept);
/** The device's software has changed: write the inventory anew. Done by itself when an operation
 * ends. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_scomo_tell(struct dmsc_scomo *scomo);

#ifdef __cplusplus
}
#endif
#endif
