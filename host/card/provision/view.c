/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/provision/view.h"
#include "host/card/format/pkcs15.h"
#include <string.h>

#define ENTRY_MAX 128u

/* A path as the directory file of this application writes it. */
struct path {
    uint8_t bytes[6];
    size_t n;
};

static struct path path_to(enum dmsci_view_at at, uint16_t df, uint16_t fid)
{
    uint16_t own = at == DMSCI_VIEW_DMSC ? 0x7F4D : 0x7F50;
    struct path path = { .n = 0 };
    struct dmsc_wr w = dmsc_wr(path.bytes, sizeof(path.bytes));

    if (df != own) {
        dmsc_wr_u16(&w, 0x3F00);
        dmsc_wr_u16(&w, df);
    }
    dmsc_wr_u16(&w, fid);
    path.n = w.n;
    return path;
}

static struct dmsc_bytes bytes_of(const struct path *path)
{
    return dmsc_bytes(path->bytes, path->n);
}

static enum dmsc_err append(struct dmsc_buf *buf, const uint8_t *entry, const struct dmsc_wr *w)
{
    if (w->bad)
        return dmsci_fail(buf->ctx, DMSC_E_LIMIT, "write a PKCS#15 entry");
    return dmsc_buf_append(buf, dmsc_bytes(entry, w->n));
}

static enum dmsc_err put_odf(struct dmsc_buf *buf)
{
    static const struct {
        uint32_t type;
        uint8_t path[2];
    } files[] = {
        { DMSCI_ODF_CDF, { DMSCI_FID_CDF >> 8, DMSCI_FID_CDF & 0xFF } },
        { DMSCI_ODF_CDF_TRUSTED, { DMSCI_FID_CDF_TRUSTED >> 8, DMSCI_FID_CDF_TRUSTED & 0xFF } },
        { DMSCI_ODF_DODF, { DMSCI_FID_DODF >> 8, DMSCI_FID_DODF & 0xFF } },
    };
    uint8_t entry[ENTRY_MAX];
    struct dmsc_wr w = dmsc_wr(entry, sizeof(entry));

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(files); i++)
        dmsci_p15_odf_entry(&w, files[i].type, dmsc_bytes(files[i].path, 2));
    return append(buf, entry, &w);
}

static enum dmsc_err put_certs(const struct dmsc_card_profile *profile, enum dmsci_view_at at,
                               bool trusted, struct dmsc_buf *buf)
{
    uint8_t entry[ENTRY_MAX];
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < profile->cert_count; i++) {
        const struct dmsci_profile_cert *cert = &profile->certs[i];
        struct path path = path_to(at, 0x7F4D, (uint16_t)(DMSCI_FID_CERT + i));
        struct dmsc_wr w = dmsc_wr(entry, sizeof(entry));

        if (cert->trusted != trusted)
            continue;
        dmsci_p15_cdf_entry(&w, cert->label, dmsc_bytes(cert->id, sizeof(cert->id)), trusted,
                            bytes_of(&path));
        err = append(buf, entry, &w);
    }
    return err;
}

/* What the card holds beside certificates. A small EF holds the first few. General tools give up at
 * an object that they cannot read as a transparent file, so only our own view lists the header. */
static const struct {
    const char *label;
    uint8_t arc; /* last one of the OID */
    uint16_t fid;
    bool is_private, is_records;
} objects[] = {
    { "MAL-A", 0x01, 0x6F02, false, false },
    { "MAL-B", 0x01, 0x6F03, false, false },
    { "MOX-A", 0x02, 0x6F04, false, false },
    { "MOX-B", 0x02, 0x6F05, false, false },
    { "POOL0", 0x03, DMSC_CARD_FID_POOL0, false, false },
    { "POOL1", 0x03, DMSC_CARD_FID_POOL1, true, false },
    { "DMHDR", 0x04, 0x6F01, false, true },
};

/* oidDO entries stop the parser of stock OpenSC: the one there is stands last. */
static enum dmsc_err put_data(const struct dmsc_card_profile *profile, enum dmsci_view_at at,
                              size_t size, struct dmsc_buf *buf)
{
    uint8_t oid[] = DMSCI_OID_DMSC "?";
    uint8_t last[ENTRY_MAX], entry[ENTRY_MAX];
    struct path path = path_to(at, 0x7F50, DMSCI_FID_BOOTSTRAP);
    struct dmsc_wr bootstrap = dmsc_wr(last, sizeof(last)), w;
    enum dmsc_err err = DMSC_OK;

    if (profile->bootstrap_label != NULL)
        dmsci_p15_oid_entry(&bootstrap, profile->bootstrap_label, profile->bootstrap_private,
                            "OMA DM", dmsc_bytes_str(DMSCI_OID_DM_BOOTSTRAP), bytes_of(&path));
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(objects); i++) {
        if (objects[i].is_records && at != DMSCI_VIEW_DMSC)
            continue;
        path = path_to(at, 0x7F4D, objects[i].fid);
        oid[sizeof(oid) - 2] = objects[i].arc;
        w = dmsc_wr(entry, sizeof(entry));
        dmsci_p15_opaque_entry(&w, objects[i].label, objects[i].is_private, "DMSC",
                               dmsc_bytes(oid, sizeof(oid) - 1), bytes_of(&path));
        if (buf->n + w.n + bootstrap.n > size) {
            dmsci_log(buf->ctx, DMSC_LOG_INFO, "card", "EF.DODF is full before %s",
                      objects[i].label);
            break;
        }
        err = append(buf, entry, &w);
    }
    return err == DMSC_OK ? append(buf, last, &bootstrap) : err;
}

static enum dmsc_err put_token(const struct dmsc_card_profile *profile,
                               const uint8_t iccid[DMSCI_ICCID_SIZE], struct dmsc_buf *buf)
{
    uint8_t entry[ENTRY_MAX];
    struct dmsc_wr w = dmsc_wr(entry, sizeof(entry));

    dmsci_p15_token_info(&w, dmsc_bytes(iccid, DMSCI_ICCID_SIZE),
                         profile->manufacturer != NULL ? profile->manufacturer : "dmsc",
                         profile->token_label != NULL ? profile->token_label : "DMSC UICC");
    return append(buf, entry, &w);
}

enum dmsc_err dmsci_view_file(const struct dmsc_card_profile *profile, enum dmsci_view_at at,
                              uint16_t fid, size_t size, const uint8_t iccid[DMSCI_ICCID_SIZE],
                              struct dmsc_buf *ret_content)
{
    dmsc_buf_reset(ret_content);
    switch (fid) {
    case DMSCI_FID_ODF:
        return put_odf(ret_content);
    case DMSCI_FID_CDF:
        return put_certs(profile, at, false, ret_content);
    case DMSCI_FID_CDF_TRUSTED:
        return put_certs(profile, at, true, ret_content);
    case DMSCI_FID_DODF:
        return put_data(profile, at, size, ret_content);
    default:
        return put_token(profile, iccid, ret_content);
    }
}
