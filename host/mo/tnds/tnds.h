/* SPDX-License-Identifier: Apache-2.0 */
/* A TNDS object between its XML or WBXML and the tree. */
#ifndef DMSCI_MO_TNDS_H
#define DMSCI_MO_TNDS_H

#include "host/mo/tree.h"

#define DMSCI_TNDS_NONE UINT32_MAX

/* What a Node said. */
#define DMSCI_TNDS_NAME    0x01u
#define DMSCI_TNDS_PATH    0x02u
#define DMSCI_TNDS_VALUE   0x04u
#define DMSCI_TNDS_FORMAT  0x08u
#define DMSCI_TNDS_MIME    0x10u
#define DMSCI_TNDS_DDFNAME 0x20u
#define DMSCI_TNDS_ACL     0x40u
#define DMSCI_TNDS_TITLE   0x80u
#define DMSCI_TNDS_RT      0x100u
#define DMSCI_TNDS_OCTETS  0x200u /* the value came as octets: bin is no base64 then */

/* A node of the object. Numbers are places in the text of the object; its octet 0 is an empty
 * string. */
struct dmsci_tnds_item {
    uint32_t parent; /* item, or DMSCI_TNDS_NONE */
    uint32_t name;
    uint32_t path;
    uint32_t type;
    uint32_t acl;
    uint32_t title;
    uint32_t value;
    uint32_t value_n;
    uint32_t uri; /* canonical, relative to the place of the import */
    uint16_t said;
    uint8_t format; /* enum dmsc_format */
};

struct dmsci_tnds {
    struct dmsc_ctx *ctx;
    struct dmsc_buf text;
    struct dmsci_tnds_item *items; /* in document order: a parent before its children */
    uint32_t count;
    size_t capacity;
    uint32_t *order; /* items in the order of a walk */
    uint32_t crc;    /* of the document: makes the names that are not stated */
};

void dmsci_tnds_init(struct dmsci_tnds *tnds, struct dmsc_ctx *ctx);
void dmsci_tnds_clear(struct dmsci_tnds *tnds);
const char *dmsci_tnds_text(const struct dmsci_tnds *tnds, uint32_t at);
struct dmsc_bytes dmsci_tnds_value(const struct dmsci_tnds *tnds,
                                   const struct dmsci_tnds_item *item);

/** Begin the story of an object that is refused. */
enum dmsc_err dmsci_tnds_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *where,
                                const char *reason, const char *why);

/** A document in XML or WBXML to items, with what each said. */
DMSC_NODISCARD enum dmsc_err dmsci_tnds_parse(struct dmsci_tnds *tnds, struct dmsc_bytes document);

/**
 * Give every item its URI and its format, and the items their order.
 * @param taken whether a name that is made up is in use already; NULL when none can be
 */
DMSC_NODISCARD enum dmsc_err dmsci_tnds_resolve(struct dmsci_tnds *tnds,
                                                enum dmsc_err (*taken)(void *user, const char *uri,
                                                                       bool *ret_taken),
                                                void *user);

/* A top node that goes to a place of its own. */
struct dmsci_tnds_top {
    uint32_t item;
    char *to; /* canonical URI; NULL: it and all below it are left out */
};

/**
 * Put the resolved object into the tree, in a change inside the caller's. The base of @p how need
 * not be set when @p tops says where all goes.
 * @param tops    a row for each top node, in their order; NULL: below the base, as it says itself
 * @param ret_uri as dmsc_tnds_import()
 */
DMSC_NODISCARD enum dmsc_err dmsci_tnds_put(struct dmsc_tree *tree,
                                            const struct dmsc_tnds_import *how,
                                            const struct dmsci_tnds *tnds,
                                            const struct dmsci_tnds_top *tops,
                                            struct dmsc_buf *ret_uri);

#endif
