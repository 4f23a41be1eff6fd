/* SPDX-License-Identifier: Apache-2.0 */
/* The one walk over a template of BER-TLV objects that MA list and MO index share. */
#include "host/card/format/format.h"
#include <stdio.h>

#define CONSTRUCTED 0x20u

enum dmsc_err dmsci_fields_refuse(const struct dmsci_fields *job, enum dmsc_err err,
                                  const char *name, const char *fmt, ...)
{
    char why[160];
    char reason[48];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)snprintf(reason, sizeof(reason), "%s:%s", job->prefix, name);
    (void)dmsci_fail(job->ctx, err, "%s", job->what);
    dmsci_where(job->ctx, "entry %u", job->entry);
    dmsci_why(job->ctx, reason, "%s", why);
    return err;
}

static bool constructed(uint32_t tag)
{
    while (tag > 0xFF)
        tag >>= 8;
    return (tag & CONSTRUCTED) != 0;
}

static enum dmsc_err take(const struct dmsci_fields *job, const struct dmsci_tlv *tlv,
                          uint32_t *seen)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct dmsci_field *field = &job->table[i];

        if (field->tag != tlv->tag)
            continue;
        if ((*seen & 1u << i) != 0 && field->use != DMSCI_FIELD_MANY)
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "repeated", "object %02X twice",
                                       (unsigned)tlv->tag);
        if (tlv->value.n < field->min || tlv->value.n > field->max)
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "length", "object %02X of %zu bytes",
                                       (unsigned)tlv->tag, tlv->value.n);
        *seen |= 1u << i;
        return field->get(job, tlv->value);
    }
    if (constructed(tlv->tag))
        return dmsci_fields_refuse(job, DMSC_E_UNSUPPORTED, "unknown-template",
                                   "unknown constructed object %02X", (unsigned)tlv->tag);
    return DMSC_OK;
}

enum dmsc_err dmsci_fields_decode(const struct dmsci_fields *job, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;
    uint32_t seen = 0;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && dmsci_ber_next(&r, &tlv))
        err = take(job, &tlv, &seen);
    if (err != DMSC_OK)
        return err;
    if (r.bad)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "syntax", "not BER-TLV in shortest form");
    for (size_t i = 0; i < job->count; i++) {
        if (job->table[i].use == DMSCI_FIELD_ONE && (seen & 1u << i) == 0)
            return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "missing", "object %02X is missing",
                                       (unsigned)job->table[i].tag);
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_fields_text(const struct dmsci_fields *job, struct dmsc_bytes value,
                                char **ret_text)
{
    char *text;

    if (!dmsci_format_text_ok(value, value.n))
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "text",
                                   "a text that is not UTF-8 or has control characters");
    text = dmsci_strndup(job->ctx, (const char *)value.p, value.n);
    if (text == NULL)
        return DMSC_E_NOMEM;
    *ret_text = text;
    return DMSC_OK;
}

enum dmsc_err dmsci_fields_type(const struct dmsci_fields *job, struct dmsc_bytes value,
                                enum dmsc_mo_type *ret_type, char **ret_urn)
{
    enum dmsc_err err;

    if (value.n == 1 && value.p[0] == DMSC_MO_URN)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "type", "MO type FF");
    if (value.n == 1) {
        *ret_type = (enum dmsc_mo_type)value.p[0];
        return DMSC_OK;
    }
    err = dmsci_fields_text(job, value, ret_urn);
    if (err == DMSC_OK)
        *ret_type = DMSC_MO_URN;
    return err;
}
