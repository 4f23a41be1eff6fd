/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/format/pkcs15.h"
#include "apdu/codec/ber.h"
#include "host/card/format/format.h"
#include <stdio.h>
#include <string.h>

#define SEQUENCE      0x30u
#define BOOLEAN       0x01u
#define INTEGER       0x02u
#define BIT_STRING    0x03u
#define OCTET_STRING  0x04u
#define OID           0x06u
#define UTF8_STRING   0x0Cu
#define CONTEXT0      0x80u
#define CONTEXT1      0xA1u
#define EID_COMPLIANT 0x10u /* TokenFlags bit 3 */

/* A constructed object whose content is written by a function: counted first, then written. */
struct content {
    const char *label, *application;
    struct dmsc_bytes id, oid, path;
    bool authority, is_private;
    uint8_t auth_id;
};

static void wrap(struct dmsc_wr *w, uint32_t tag,
                 void (*put)(struct dmsc_wr *w, const struct content *c), const struct content *c)
{
    struct dmsc_wr size = dmsc_wr(NULL, 0);

    put(&size, c);
    dmsci_ber_put_header(w, tag, size.n);
    put(w, c);
}

static void put_path_octets(struct dmsc_wr *w, const struct content *c)
{
    dmsci_ber_put(w, OCTET_STRING, c->path);
}

static void put_path(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_path_octets, c);
}

void dmsci_p15_odf_entry(struct dmsc_wr *w, uint32_t type, struct dmsc_bytes path)
{
    wrap(w, type, put_path, &(struct content){ .path = path });
}

static void put_label(struct dmsc_wr *w, const struct content *c)
{
    dmsci_ber_put(w, UTF8_STRING, dmsc_bytes_str(c->label));
    if (c->is_private) {
        static const uint8_t private_flag[2] = { 7, 0x80 }; /* CommonObjectFlags bit 0 */

        dmsci_ber_put(w, BIT_STRING, dmsc_bytes(private_flag, sizeof(private_flag)));
        if (c->auth_id != 0) /* tools do not try to read what names an authentication object */
            dmsci_ber_put_u8(w, OCTET_STRING, c->auth_id);
    }
}

static void put_cert_class(struct dmsc_wr *w, const struct content *c)
{
    dmsci_ber_put(w, OCTET_STRING, c->id);
    if (c->authority)
        dmsci_ber_put_u8(w, BOOLEAN, 0xFF);
}

/* X509CertificateAttributes ::= SEQUENCE { value ObjectValue }, the value an indirect path. */
static void put_cert_attributes(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_path, c);
}

static void put_cert(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_label, c);
    wrap(w, SEQUENCE, put_cert_class, c);
    wrap(w, CONTEXT1, put_cert_attributes, c);
}

void dmsci_p15_cdf_entry(struct dmsc_wr *w, const char *label, struct dmsc_bytes id, bool authority,
                         struct dmsc_bytes path)
{
    const struct content c = { .label = label, .id = id, .authority = authority, .path = path };

    wrap(w, SEQUENCE, put_cert, &c);
}

static void put_application(struct dmsc_wr *w, const struct content *c)
{
    dmsci_ber_put(w, UTF8_STRING, dmsc_bytes_str(c->application));
}

static void put_application_and_oid(struct dmsc_wr *w, const struct content *c)
{
    put_application(w, c);
    dmsci_ber_put(w, OID, c->oid);
}

static void put_opaque(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_label, c);
    wrap(w, SEQUENCE, put_application_and_oid, c);
    wrap(w, CONTEXT1, put_path, c);
}

void dmsci_p15_opaque_entry(struct dmsc_wr *w, const char *label, bool is_private,
                            const char *application, struct dmsc_bytes oid, struct dmsc_bytes path)
{
    const struct content c = { .label = label,
                               .is_private = is_private,
                               .auth_id = 0x01,
                               .application = application,
                               .oid = oid,
                               .path = path };

    wrap(w, SEQUENCE, put_opaque, &c);
}

static void put_oid_value(struct dmsc_wr *w, const struct content *c)
{
    dmsci_ber_put(w, OID, c->oid);
    put_path(w, c);
}

static void put_oid_attributes(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_oid_value, c);
}

static void put_oid_object(struct dmsc_wr *w, const struct content *c)
{
    wrap(w, SEQUENCE, put_label, c);
    wrap(w, SEQUENCE, put_application, c);
    wrap(w, CONTEXT1, put_oid_attributes, c);
}

void dmsci_p15_oid_entry(struct dmsc_wr *w, const char *label, bool is_private,
                         const char *application, struct dmsc_bytes oid, struct dmsc_bytes path)
{
    const struct content c = { .label = label,
                               .is_private = is_private,
                               .application = application,
                               .oid = oid,
                               .path = path };

    wrap(w, CONTEXT1, put_oid_object, &c);
}

static void put_token_info(struct dmsc_wr *w, const struct content *c)
{
    static const uint8_t flags[2] = { 4, EID_COMPLIANT };

    dmsci_ber_put_u8(w, INTEGER, 0); /* version v1 */
    dmsci_ber_put(w, OCTET_STRING, c->id);
    dmsci_ber_put(w, UTF8_STRING, dmsc_bytes_str(c->application));
    dmsci_ber_put(w, CONTEXT0, dmsc_bytes_str(c->label));
    dmsci_ber_put(w, BIT_STRING, dmsc_bytes(flags, sizeof(flags)));
}

void dmsci_p15_token_info(struct dmsc_wr *w, struct dmsc_bytes serial, const char *manufacturer,
                          const char *label)
{
    const struct content c = { .id = serial, .application = manufacturer, .label = label };

    wrap(w, SEQUENCE, put_token_info, &c);
}

static enum dmsc_err wrong(struct dmsc_ctx *ctx, const char *why)
{
    return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, "read a DODF entry", "pkcs15:oid-object",
                               "%s", why);
}

/* The next object must be this one. */
static bool expect(struct dmsc_rd *r, uint32_t tag, struct dmsc_bytes *ret_value)
{
    struct dmsci_tlv tlv;

    if (!dmsci_ber_next_lenient(r, &tlv) || tlv.tag != tag)
        return false;
    *ret_value = tlv.value;
    return true;
}

/* CommonObjectAttributes: label and flags, both optional; what follows them is for others. */
static bool common_attributes(struct dmsc_bytes in, struct dmsci_p15_oid_object *object)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;

    while (dmsci_ber_next_lenient(&r, &tlv)) {
        if (tlv.tag == UTF8_STRING)
            object->label = tlv.value;
        else if (tlv.tag == BIT_STRING && tlv.value.n > 1)
            object->is_private = (tlv.value.p[1] & 0x80) != 0;
    }
    return !r.bad;
}

static bool application(struct dmsc_bytes in, struct dmsci_p15_oid_object *object)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;

    while (dmsci_ber_next_lenient(&r, &tlv)) {
        if (tlv.tag == UTF8_STRING)
            object->application = tlv.value;
    }
    return !r.bad;
}

/* Early specifications printed 06 06 0604672B0901: an OID whose content is an OID. */
static struct dmsc_bytes single_oid(struct dmsc_bytes oid)
{
    struct dmsc_rd r = dmsc_rd(oid);
    struct dmsc_bytes inner;

    return oid.n > 2 && oid.p[0] == OID && expect(&r, OID, &inner) && r.n == 0 ? inner : oid;
}

/* { 30 { 06 OID, 30 { 04 path, [02 index, 80 length] } } } */
static bool value(struct dmsc_bytes in, struct dmsci_p15_oid_object *object)
{
    struct dmsc_rd r = dmsc_rd(in), inner;
    struct dmsc_bytes sequence, path;

    if (!expect(&r, SEQUENCE, &sequence) || r.n != 0)
        return false;
    inner = dmsc_rd(sequence);
    if (!expect(&inner, OID, &object->oid) || !expect(&inner, SEQUENCE, &path) || inner.n != 0)
        return false;
    object->oid = single_oid(object->oid);
    inner = dmsc_rd(path);
    return expect(&inner, OCTET_STRING, &object->path) && object->oid.n > 0 &&
           object->path.n >= 2 && object->path.n <= 16 && object->path.n % 2 == 0;
}

enum dmsc_err dmsci_p15_oid_object_decode(struct dmsc_ctx *ctx, struct dmsc_bytes content,
                                          struct dmsci_p15_oid_object *ret_object)
{
    struct dmsci_p15_oid_object object = { 0 };
    struct dmsc_rd r = dmsc_rd(content);
    struct dmsc_bytes part;

    if (!expect(&r, SEQUENCE, &part) || !common_attributes(part, &object))
        return wrong(ctx, "bad common attributes");
    if (!expect(&r, SEQUENCE, &part) || !application(part, &object))
        return wrong(ctx, "bad class attributes");
    if (r.n > 0 && r.p[0] == 0xA0 && !expect(&r, 0xA0, &part)) /* subclass attributes: none known */
        return wrong(ctx, "bad subclass attributes");
    if (!expect(&r, CONTEXT1, &part) || !value(part, &object))
        return wrong(ctx, "no object identifier with a path");
    *ret_object = object;
    return DMSC_OK;
}

void dmsci_p15_oid_text(struct dmsc_bytes oid, char *ret_text, size_t size)
{
    uint32_t arc = 0;
    size_t used = 0;
    bool first = true;

    ret_text[0] = '\0';
    if (oid.n == 0 || (oid.p[oid.n - 1] & 0x80) != 0)
        return;
    for (size_t i = 0; i < oid.n; i++) {
        int n;

        if (arc >> 25 != 0)
            goto bad;
        arc = arc << 7 | (oid.p[i] & 0x7Fu);
        if ((oid.p[i] & 0x80) != 0)
            continue;
        if (first) /* X.690 8.19.4: the first two arcs share one number */
            n = snprintf(ret_text + used, size - used, "%u.%u", (unsigned)(arc < 80 ? arc / 40 : 2),
                         (unsigned)(arc < 80 ? arc % 40 : arc - 80));
        else
            n = snprintf(ret_text + used, size - used, ".%u", (unsigned)arc);
        if (n < 0 || (size_t)n >= size - used)
            goto bad;
        used += (size_t)n;
        first = false;
        arc = 0;
    }
    return;
bad:
    ret_text[0] = '\0';
}
