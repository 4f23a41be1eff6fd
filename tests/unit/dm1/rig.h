/* SPDX-License-Identifier: Apache-2.0 */
/* A small device around the engine: store in memory, tree from text, one MA list. */
#ifndef TESTS_DM1_RIG_H
#define TESTS_DM1_RIG_H

#include <dmsc/dm1.h>
#include <dmsc/mo.h>
#include <dmsc/store.h>

struct rig_config {
    /* A node a line: "./A/n | int | 7 | acl=Get=* | type=text/plain | title=T | permanent | secret
     * | access=Get,Replace". Format "node" has no value. The value of a bin node is hex. */
    const char *tree;
    const char *root_acl;  /* NULL: everybody may do everything; "default": the tree's */
    const char *server_id; /* NULL: "dm.example.net" */
    unsigned rights;       /* of the MA list, over the whole tree; 0: all */
    const char *scope;     /* URN of the objects that the MA list is about; NULL: all */
    /* What stands behind the node of this URI: Now is always "42", Wanted takes no "bad", Run can
     * be executed, Fail fails. NULL: nothing. */
    const char *bind;
    /* Alerts that wait, a line each: "TYPE | SOURCE | CORRELATOR | FORMAT | MARK | DATA" */
    const char *alerts;
    bool no_key;                        /* secrets can be neither written nor read */
    bool unlisted;                      /* an empty MA list */
    const char *device_id, *session_id; /* NULL: RIG_DEVICE, "1F" */
    bool server_initiated;
    size_t max_msg_size, max_obj_size;
};

struct rig {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    struct dmsc_dm1 *dm1;
};

#define RIG_URI    "https://dm.example.net/dm"
#define RIG_DEVICE "IMEI:490154203237518"
#define RIG_NOW    ((struct dmsc_now){ 1790000000, true })

enum dmsc_err rig_open(struct rig *rig, struct dmsc_ctx *ctx, const struct rig_config *config);
/** Fine after a failed rig_open(). The context stays. */
void rig_close(struct rig *rig);
/** Every node with all of its properties but TStamp, a line each. Replaces @p ret_text. */
enum dmsc_err rig_dump(struct rig *rig, struct dmsc_buf *ret_text);

/** A message as a server would send it: @p body inside the header; NULL @p extra for none. */
enum dmsc_err rig_message(struct dmsc_buf *ret_xml, unsigned msg_id, const char *header_extra,
                          const char *body);

#endif
