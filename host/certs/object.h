/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate objects as the tree has them (dmsc/cert.h): read, judged, written. */
#ifndef DMSCI_CERTS_OBJECT_H
#define DMSCI_CERTS_OBJECT_H

#include "apdu/base/ctx.h"
#include <dmsc/cert.h>

#define DMSCI_CERTS      "./Cert"
#define DMSCI_CERT_NAME  64u /* a longer name is none of the device's, with its NUL */
#define DMSCI_CERT_SCOPE 16u /* entries of one scope */

/** A certificate object, with the memory of its texts. */
struct dmsci_cert_object {
    struct dmsc_ctx *ctx;
    char usage[32], ma[128], origin[16], reason[32];
    enum dmsc_cert_state state;
    struct dmsc_buf der;
    uint8_t sha256[32];
    char *scope[DMSCI_CERT_SCOPE];
    size_t scope_count;
};
void dmsci_cert_object_init(struct dmsci_cert_object *object, struct dmsc_ctx *ctx);
void dmsci_cert_object_clear(struct dmsci_cert_object *object);
/** Copied. DMSC_E_LIMIT: the scope is full. */
DMSC_NODISCARD enum dmsc_err dmsci_cert_object_scope(struct dmsci_cert_object *object,
                                                     const char *who);

/**
 * Read the object at @p uri: what is missing or too long is empty, a State that is none staged.
 * @param object initialised and empty
 */
DMSC_NODISCARD enum dmsc_err dmsci_cert_object_read(struct dmsc_tree *tree, const char *uri,
                                                    struct dmsci_cert_object *object);
/**
 * Write the object at @p uri, in the caller's change, unless it stands there already. What servers
 * and applications may do with it is read it, and that only those that its scope names.
 * @param ret_changed whether anything was written
 */
DMSC_NODISCARD enum dmsc_err dmsci_cert_object_write(struct dmsc_authority *authority,
                                                     struct dmsc_tree *tree, const char *uri,
                                                     const struct dmsci_cert_object *object,
                                                     bool *ret_changed);
/**
 * Set sha256, state and reason by the rules for a certificate of this usage (dm2 24): size, key,
 * signature, CA flag, validity. Without a trusted clock validity is not looked at here.
 */
DMSC_NODISCARD enum dmsc_err dmsci_cert_object_judge(struct dmsci_cert_object *object,
                                                     struct dmsc_now now);
/** Whether the device has written the object at @p uri: only what it wrote is believed. */
DMSC_NODISCARD enum dmsc_err dmsci_cert_object_kept(struct dmsc_tree *tree, const char *uri,
                                                    bool *ret_kept);
/** ./Cert as the device made it; what is there otherwise is nobody's word. */
DMSC_NODISCARD enum dmsc_err dmsci_certs_kept(struct dmsc_tree *tree, bool *ret_kept);
/** Make ./Cert, in the caller's change. */
DMSC_NODISCARD enum dmsc_err dmsci_certs_make(struct dmsc_tree *tree);

#endif
