/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ENV_H
#define DMSC_ENV_H

#include <dmsc/app.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Environments: several systems on one device (containers, guests), each with Management Objects
 * and applications of its own (HLF-006). What belongs to the environment NAME stands below
 * ./Env/NAME, so its LocURIs and the MIIDs of its instances ("Env.NAME.Wifi") have the environment
 * in them. The tree lists the environments as objects ./VirMO/NAME: Name, Kind, Enabled, Root.
 *
 * What is below an environment that is disabled, or listed no more, is refused to every server and
 * application ("env:disabled", "env:unknown"), and so is all that applications of a disabled
 * environment ask; the device's owner is not bound.
 */

#define DMSC_ENV_MOID "urn:oma:mo:x-dmsc-virmo:1.0"

/** Plain values, borrowed for the time of a call. */
struct dmsc_env {
    const char *name; /* 1 to 32 letters, digits, '_', '-' */
    const char *kind; /* "container", "guest": for people; at most 64 octets, may be "" */
    const char *uri;  /* "./Env/NAME" */
    bool enabled;
};

/* Those that change something do so in the caller's change (dmsc_tree_begin()). */

/**
 * List an environment, enabled, and make its room in the tree.
 * @param kind NULL: ""
 * @return DMSC_E_ARG ("env:name", "env:kind"); DMSC_E_EXISTS; DMSC_E_LIMIT above
 * limits.environments
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_env_add(struct dmsc_apps *apps, const char *name,
                                                   const char *kind);
/** Its objects, their grants, and its place in the list go. DMSC_E_NOTFOUND ("env:unknown") */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_env_remove(struct dmsc_apps *apps, const char *name);
/** DMSC_E_NOTFOUND ("env:unknown") */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_env_enable(struct dmsc_apps *apps, const char *name,
                                                      bool enabled);
/** In octet order of their names; a node of ./VirMO that is no environment is passed over. @p env
 * answers false to stop, and changes nothing. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_env_each(
    struct dmsc_apps *apps, bool (*env)(void *user, const struct dmsc_env *env), void *user);

/**
 * The application @p name belongs to the environment @p environment from now on: it makes no object
 * outside of it ("env:outside"), and all others none inside. In all else it has the rights of its
 * own objects and of the grants to it, like any.
 *
 * @return DMSC_E_ARG for a name that is none; DMSC_E_EXISTS ("env:other") when it belongs to
 *         another one; DMSC_E_LIMIT
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_apps_place(struct dmsc_apps *apps, const char *name,
                                                      const char *environment);
/** Where the application @p name belongs, borrowed; NULL: to the device itself. */
DMSC_API const char *dmsc_apps_environment(const struct dmsc_apps *apps, const char *name);

#ifdef __cplusplus
}
#endif
#endif
