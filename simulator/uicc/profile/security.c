/* SPDX-License-Identifier: Apache-2.0 */
/* The access rule of a file (TS 102 221 clause 9.2.7), which a profile gives in one of three forms.
 */
#include "simulator/uicc/profile/json.h"
#include "simulator/uicc/profile/profile.h"
#include <stdio.h>
#include <string.h>

#define COMPACT_MAX      8u
#define EXPANDED_MAX     200u
#define ENVIRONMENTS_MAX 4u
#define REFERENCE_MAX    (2u + 2u * ENVIRONMENTS_MAX)

static enum dmsc_err wrong(const struct dmsci_sim_node *node)
{
    return dmsci_sim_json_wrong(
        node, "arr", "profile:access",
        "like \"2F06:1\", file and record (1 to 254), or \"2F06:00=1,01=2\" "
        "by security environment");
}

/* One to three digits. */
static bool record(const char **text, uint8_t *ret)
{
    unsigned n = 0, digits = 0;

    for (; **text >= '0' && **text <= '9' && digits < 3; digits++, (*text)++)
        n = 10 * n + (unsigned)(**text - '0');
    *ret = (uint8_t)n;
    return digits > 0 && n >= 1 && n <= 254;
}

static bool environment(const char **text, uint8_t *ret)
{
    unsigned n = 0;

    if (strspn(*text, "0123456789ABCDEF") != 2 || (*text)[2] != '=' ||
        sscanf(*text, "%2X", &n) != 1)
        return false;
    *ret = (uint8_t)n;
    *text += 3;
    return true;
}

/* What follows the colon. */
static bool records(const char *text, struct dmsc_wr *w)
{
    uint8_t id, number;

    if (strchr(text, '=') == NULL) {
        if (!record(&text, &number) || *text != '\0')
            return false;
        dmsc_wr_u8(w, number);
        return true;
    }
    for (;;) {
        if (!environment(&text, &id) || !record(&text, &number))
            return false;
        dmsc_wr_u8(w, id);
        dmsc_wr_u8(w, number);
        if (*text != ',')
            return *text == '\0';
        text++;
    }
}

static enum dmsc_err reference(struct dmsci_sim_fs *fs, const struct dmsci_sim_node *node,
                               const char *arr, struct dmsci_sim_file_info *info)
{
    uint8_t value[REFERENCE_MAX];
    struct dmsc_wr w = dmsc_wr(value, sizeof(value));
    char digits[5] = "";
    unsigned fid = 0;
    enum dmsc_err err;

    if (strlen(arr) < 6 || arr[4] != ':')
        return wrong(node);
    (void)snprintf(digits, sizeof(digits), "%.4s", arr);
    err = dmsci_sim_json_id(node, "arr", digits, 4, &fid);
    if (err != DMSC_OK)
        return err;
    dmsc_wr_u16(&w, (uint16_t)fid);
    if (!records(arr + 5, &w) || w.bad)
        return wrong(node);
    info->security_tag = 0x8B;
    info->security = (struct dmsci_sim_slice){ (uint32_t)fs->pool.n, (uint16_t)w.n };
    return dmsc_buf_append(&fs->pool, dmsc_bytes(value, w.n));
}

enum dmsc_err dmsci_sim_build_security(struct dmsci_sim_fs *fs, const struct dmsci_sim_node *node,
                                       struct dmsci_sim_file_info *info)
{
    bool compact = json_object_get(node->object, "compact") != NULL;
    bool expanded = json_object_get(node->object, "expanded") != NULL;
    uint32_t at = (uint32_t)fs->pool.n;
    const char *arr = NULL;
    enum dmsc_err err;

    if ((json_object_get(node->object, "arr") != NULL) + compact + expanded != 1)
        return dmsci_sim_json_wrong(node, NULL, "profile:access",
                                    "one of \"arr\", \"compact\" and \"expanded\" is wanted");
    err = dmsci_sim_json_text(node, "arr", &arr);
    if (err != DMSC_OK)
        return err;
    if (arr != NULL)
        return reference(fs, node, arr, info);
    info->security_tag = compact ? 0x8C : 0xAB;
    err = dmsci_sim_json_hex(node, compact ? "compact" : "expanded", 1,
                             compact ? COMPACT_MAX : EXPANDED_MAX, &fs->pool);
    info->security = (struct dmsci_sim_slice){ at, (uint16_t)(fs->pool.n - at) };
    return err;
}
