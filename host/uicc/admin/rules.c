/* SPDX-License-Identifier: Apache-2.0 */
/* What a file needs, in words: the rule itself, or the record of EF(ARR) that it names. */
#include "host/uicc/admin/private.h"
#include <dmsc/access.h>
#include <dmsc/uicc_rules.h>

#define FILES          8u
#define PATH_MAX_BYTES 16u

/* One EF(ARR), read once. */
struct arr {
    uint8_t folder[PATH_MAX_BYTES]; /* path of its DF; none for the MF */
    size_t folder_n;
    uint16_t fid;
    bool there;
    uint16_t record_length;
    struct dmsc_buf content;
};

struct dmsc_uicc_rules {
    struct dmsc_uicc *uicc;
    struct arr arr[FILES];
    unsigned next; /* the one that gives way when all are in use */
    unsigned used;
};

enum dmsc_err dmsc_uicc_rules_new(struct dmsc_uicc *uicc, struct dmsc_uicc_rules **ret_rules)
{
    struct dmsc_uicc_rules *rules = dmsci_alloc(uicc->ctx, sizeof(*rules));

    if (rules == NULL)
        return DMSC_E_NOMEM;
    rules->uicc = uicc;
    for (unsigned i = 0; i < FILES; i++)
        dmsc_buf_init(&rules->arr[i].content, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->ef_size);
    *ret_rules = rules;
    return DMSC_OK;
}

void dmsc_uicc_rules_forget(struct dmsc_uicc_rules *rules)
{
    for (unsigned i = 0; i < FILES; i++)
        dmsc_buf_clear(&rules->arr[i].content);
    rules->used = rules->next = 0;
}

void dmsc_uicc_rules_free(struct dmsc_uicc_rules *rules)
{
    if (rules == NULL)
        return;
    dmsc_uicc_rules_forget(rules);
    dmsci_free(rules->uicc->ctx, rules);
}

static bool refused(enum dmsc_err err)
{
    return err == DMSC_E_NOTFOUND || err == DMSC_E_DENIED || err == DMSC_E_SW;
}

/* SELECT and read it. A file that cannot be had is remembered as such. */
static enum dmsc_err read_arr(struct dmsc_uicc_rules *rules, struct arr *arr)
{
    uint8_t path[PATH_MAX_BYTES + 2];
    struct dmsc_wr w = dmsc_wr(path, sizeof(path));
    struct dmsc_fcp fcp;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, rules->uicc->ctx, DMSC_RAPDU_MAX);
    dmsc_wr_bytes(&w, dmsc_bytes(arr->folder, arr->folder_n));
    dmsc_wr_u16(&w, arr->fid);
    err = dmsc_uicc_select_path(rules->uicc, dmsc_bytes(path, w.n), &bytes);
    if (err == DMSC_OK)
        err = dmsc_fcp_decode(dmsc_buf_bytes(&bytes), &fcp);
    if (err == DMSC_OK && fcp.structure != DMSC_FILE_LINEAR_FIXED)
        err = DMSC_E_NOTFOUND;
    if (err == DMSC_OK)
        err = dmsc_uicc_read_selected(rules->uicc, &fcp, &arr->content);
    arr->there = err == DMSC_OK;
    arr->record_length = err == DMSC_OK ? fcp.record_length : 0;
    dmsc_buf_clear(&bytes);
    return refused(err) || err == DMSC_E_MALFORMED || err == DMSC_E_TRUNCATED ? DMSC_OK : err;
}

static enum dmsc_err find_arr(struct dmsc_uicc_rules *rules, struct dmsc_bytes folder, uint16_t fid,
                              const struct arr **ret_arr)
{
    struct arr *arr;
    enum dmsc_err err;

    for (unsigned i = 0; i < rules->used; i++) {
        arr = &rules->arr[i];
        if (arr->fid == fid && dmsc_bytes_equal(dmsc_bytes(arr->folder, arr->folder_n), folder)) {
            *ret_arr = arr;
            return DMSC_OK;
        }
    }
    if (rules->used < FILES)
        arr = &rules->arr[rules->used];
    else
        arr = &rules->arr[rules->next++ % FILES];
    dmsc_buf_reset(&arr->content);
    arr->fid = fid;
    arr->folder_n = folder.n;
    dmsci_copy(arr->folder, folder.p, folder.n);
    err = read_arr(rules, arr);
    if (err != DMSC_OK) {
        arr->fid = 0; /* is nobody's */
        return err;
    }
    if (rules->used < FILES)
        rules->used++;
    *ret_arr = arr;
    return DMSC_OK;
}

/* 11.1.1.4.7.2: beside the file first, then in each DF above it, at last under the MF. */
static enum dmsc_err find_record(struct dmsc_uicc_rules *rules, struct dmsc_bytes folder,
                                 uint16_t fid, uint8_t record, struct dmsc_bytes *ret_rule)
{
    const struct arr *arr = NULL;
    size_t at;
    enum dmsc_err err = DMSC_OK;

    for (;;) {
        err = find_arr(rules, folder, fid, &arr);
        if (err != DMSC_OK || arr->there || folder.n < 2)
            break;
        folder.n -= 2;
    }
    if (err != DMSC_OK)
        return err;
    at = (size_t)(record - 1u) * arr->record_length;
    if (!arr->there || record == 0 || at >= arr->content.n) {
        err = dmsci_fail(rules->uicc->ctx, DMSC_E_NOTFOUND, "find the rule of a file");
        dmsci_why(rules->uicc->ctx, "rules:record", "record %u of EF(ARR) %04X cannot be read",
                  record, fid);
        return err;
    }
    *ret_rule = dmsc_bytes(arr->content.p + at, arr->record_length);
    return DMSC_OK;
}

enum dmsc_err dmsc_uicc_rules_describe(struct dmsc_uicc_rules *rules, struct dmsc_bytes folder,
                                       const struct dmsc_fcp *fcp, uint8_t environment,
                                       void (*found)(void *user, const struct dmsc_access *access),
                                       void *user)
{
    struct dmsc_ctx *ctx = rules->uicc->ctx;
    bool df = fcp->kind == DMSC_FILE_DF;
    struct dmsc_bytes rule;
    uint16_t fid;
    uint8_t record;
    enum dmsc_err err;

    if (folder.n > PATH_MAX_BYTES || folder.n % 2 != 0)
        return dmsci_admin_bad(rules->uicc, "find the rule of a file", "its path is none");
    if (fcp->security_compact.n > 0)
        err = dmsc_access_compact(fcp->security_compact, df, found, user);
    else if (fcp->security_expanded.n > 0)
        err = dmsc_access_expanded(ctx, fcp->security_expanded, df, found, user);
    else {
        err = dmsc_fcp_rule(fcp, environment, &fid, &record);
        if (err != DMSC_OK)
            return err == DMSC_E_NOTFOUND
                       ? dmsci_fail(ctx, err, "find the rule of a file: it names none")
                       : dmsci_fail(ctx, err, "read where the rule of a file is");
        err = find_record(rules, folder, fid, record, &rule);
        if (err != DMSC_OK)
            return err;
        err = dmsc_access_expanded(ctx, rule, df, found, user);
    }
    if (err == DMSC_E_MALFORMED || err == DMSC_E_TRUNCATED)
        return dmsci_fail(ctx, err, "read the rule of a file");
    return err;
}
