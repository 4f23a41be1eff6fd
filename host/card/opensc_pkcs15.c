/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and data objects of a PKCS#15 application, read by OpenSC over our link. */
#include "host/card/opensc_link.h"

#include "apdu/cmd/exchange.h"
#include "host/card/format/pkcs15.h"
#include "host/card/private.h"
#include <libopensc/asn1.h>
#include <libopensc/errors.h>
#include <libopensc/pkcs15.h>
#include <stdio.h>
#include <string.h>

#define WHAT        "list the PKCS#15 objects of the card"
#define OBJECTS_MAX 64

struct session {
    struct dmsc_ctx *ctx;
    struct dmsc_uicc *uicc; /* of our own: another channel than the caller's */
    struct dmsci_opensc_reader reader;
    struct sc_card_driver driver;
    struct sc_card_operations ops;
    struct sc_context *opensc;
    struct sc_card *card;
    struct sc_app_info app; /* stands in card->app[0] while the card is connected */
    struct sc_pkcs15_card *p15;
    int failed; /* OpenSC's number of a directory that could not be read just now */
};

static enum dmsc_err told(struct session *s, enum dmsc_err err, const char *reason, int r)
{
    /* The link knows better what happened than OpenSC's number. */
    if (s->reader.err != DMSC_OK)
        return s->reader.err;
    (void)dmsci_fail(s->ctx, err, WHAT);
    dmsci_fail_code(s->ctx, r);
    dmsci_fail_sw(s->ctx, dmsc_link_last_sw(dmsc_uicc_link(s->uicc)));
    dmsci_why(s->ctx, reason, "OpenSC says: %s", sc_strerror(r));
    return err;
}

/* A library of another release has other structures: nothing of it may be touched. */
static enum dmsc_err guard(struct dmsc_ctx *ctx)
{
    const char *version = sc_get_version();

    if (version != NULL && strcmp(version, DMSC_OPENSC_VERSION) == 0)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_UNSUPPORTED, WHAT);
    dmsci_why(ctx, "opensc:version", "OpenSC %s is installed, this program was built for %s",
              version == NULL ? "?" : version, DMSC_OPENSC_VERSION);
    dmsci_hint(ctx, "build dmsc again on this system: tools/setup");
    return DMSC_E_UNSUPPORTED;
}

/* What a file that OpenSC selected holds; @p der: one DER object, the fill behind it is not read.
 */
static int read_some(struct sc_card *card, size_t from, size_t n, struct dmsc_buf *bytes)
{
    uint8_t *to;
    int r;

    if (dmsc_buf_reserve(bytes, n, &to) != DMSC_OK)
        return SC_ERROR_OUT_OF_MEMORY;
#if DMSC_OPENSC_READ_FLAGS_POINTER
    r = sc_read_binary(card, (unsigned)from, to, n, NULL);
#else
    r = sc_read_binary(card, (unsigned)from, to, n, 0);
#endif
    if (r > 0 && (size_t)r <= n)
        dmsc_buf_commit(bytes, (size_t)r);
    return r < 0 ? r : SC_SUCCESS;
}

static size_t der_size(struct dmsc_bytes head, size_t most)
{
    struct dmsc_rd r = dmsc_rd(head);
    size_t n;
    uint8_t first;

    dmsc_rd_skip(&r, 1);
    first = dmsc_rd_u8(&r);
    n = first == 0x81 ? dmsc_rd_u8(&r) : first == 0x82 ? dmsc_rd_u16(&r) : first;
    n += head.n - r.n;
    return r.bad || (first > 0x7F && first != 0x81 && first != 0x82) || n > most ? most : n;
}

static int read_file(struct session *s, const struct sc_path *path, bool der, size_t most,
                     struct dmsc_buf *ret_bytes)
{
    struct sc_file *file = NULL;
    size_t size, first, want;
    int r = sc_select_file(s->card, path, &file);

    if (r != SC_SUCCESS)
        return r;
    if (file->magic != 0x14426950) {
        sc_file_free(file);
        return SC_ERROR_INCOMPATIBLE_KEY;
    }
    size = file->ef_structure == SC_FILE_EF_TRANSPARENT ? file->size : 0;
    sc_file_free(file);
    if (size == 0)
        return SC_ERROR_NOT_SUPPORTED;
    want = size < most ? size : most;
    first = der && want > 256 ? 256 : want;
    dmsc_buf_reset(ret_bytes);
    r = read_some(s->card, 0, first, ret_bytes);
    if (r == SC_SUCCESS && der)
        want = der_size(dmsc_buf_bytes(ret_bytes), want);
    if (r == SC_SUCCESS && want > ret_bytes->n && ret_bytes->n == first)
        r = read_some(s->card, first, want - first, ret_bytes);
    if (r == SC_SUCCESS && der && want < ret_bytes->n)
        dmsc_buf_truncate(ret_bytes, want);
    return r;
}

/* One oidDO entry, which stock OpenSC cannot decode. */
static int add_oid_object(struct session *s, struct sc_pkcs15_card *p15, struct dmsc_bytes content)
{
    struct dmsci_p15_oid_object ours;
    struct sc_pkcs15_object object;
    struct sc_pkcs15_data_info info;
    size_t n;
    int r;

    memset(&object, 0, sizeof(object));
    memset(&info, 0, sizeof(info));
    if (dmsci_p15_oid_object_decode(s->ctx, content, &ours) != DMSC_OK)
        return SC_ERROR_INVALID_ASN1_OBJECT;
    n = ours.label.n < sizeof(object.label) ? ours.label.n : sizeof(object.label) - 1;
    dmsci_copy(object.label, ours.label.p, n);
    object.flags = ours.is_private ? SC_PKCS15_CO_FLAG_PRIVATE : 0;
    n = ours.application.n < sizeof(info.app_label) ? ours.application.n
                                                    : sizeof(info.app_label) - 1;
    dmsci_copy(info.app_label, ours.application.p, n);
    r = sc_asn1_decode_object_id(ours.oid.p, ours.oid.n, &info.app_oid);
    if (r != SC_SUCCESS)
        return r;
    r = sc_path_set(&info.path, SC_PATH_TYPE_PATH, ours.path.p, ours.path.n, 0, -1);
    if (r == SC_SUCCESS && ours.path.n == 2)
        info.path.type = SC_PATH_TYPE_FILE_ID;
    if (r == SC_SUCCESS)
        r = sc_pkcs15_make_absolute_path(&p15->file_app->path, &info.path);
    return r == SC_SUCCESS ? sc_pkcs15emu_add_data_object(p15, &object, &info) : r;
}

static int add_opaque_object(struct sc_pkcs15_card *p15, struct dmsc_bytes entry)
{
    struct sc_pkcs15_object object;
    const u8 *p = entry.p;
    size_t n = entry.n;
    int r;

    memset(&object, 0, sizeof(object));
    r = sc_pkcs15_decode_dodf_entry(p15, &object, &p, &n);
    if (r != SC_SUCCESS)
        return r;
    r = sc_pkcs15emu_add_data_object(p15, &object, object.data); /* a copy of both */
    sc_pkcs15_free_data_info(object.data);
    return r;
}

/* EF.DODF entry by entry: one that nobody understands does not hide those behind it. */
static int parse_dodf(struct session *s, struct sc_pkcs15_card *p15, struct dmsc_bytes file)
{
    struct dmsc_rd r = dmsc_rd(file);
    struct dmsci_tlv tlv;

    for (unsigned i = 0; i < OBJECTS_MAX && r.n > 0 && r.p[0] != 0xFF && r.p[0] != 0x00; i++) {
        const uint8_t *begin = r.p;
        int result = SC_ERROR_NOT_SUPPORTED;

        if (!dmsci_ber_next_lenient(&r, &tlv))
            return SC_ERROR_INVALID_ASN1_OBJECT;
        if (tlv.tag == 0xA1)
            result = add_oid_object(s, p15, tlv.value);
        else if (tlv.tag == 0x30)
            result = add_opaque_object(p15, dmsc_bytes(begin, (size_t)(r.p - begin)));
        if (result != SC_SUCCESS)
            dmsci_log(s->ctx, DMSC_LOG_WARN, "opensc", "DODF entry %u passed over: %s", i + 1,
                      sc_strerror(result));
    }
    return SC_SUCCESS;
}

/* The card says what is wrong with this file; else the failure was one of the moment. */
static bool is_lasting(struct session *s)
{
    uint16_t sw = dmsc_link_last_sw(dmsc_uicc_link(s->uicc));
    enum dmsc_sw_class class = dmsc_sw_class(sw);

    return dmsc_sw_done(sw) || class == DMSC_SW_NOTFOUND || class == DMSC_SW_DENIED ||
           class == DMSC_SW_BLOCKED;
}

static int parse_df(struct sc_pkcs15_card *p15, struct sc_pkcs15_df *df)
{
    struct dmsci_opensc_reader *reader = p15->card->reader->drv_data;
    struct session *s =
        (struct session *)(void *)((uint8_t *)reader - offsetof(struct session, reader));
    struct dmsc_buf file;
    int r;

    if (df->enumerated)
        return SC_SUCCESS;
    dmsc_buf_init(&file, s->ctx, dmsc_ctx_limits(s->ctx)->ef_size);
    if (df->type != SC_PKCS15_DODF) {
        r = sc_pkcs15_parse_df(p15, df);
    } else {
        df->enumerated = 1;
        r = read_file(s, &df->path, false, dmsc_ctx_limits(s->ctx)->ef_size, &file);
        if (r == SC_SUCCESS)
            r = parse_dodf(s, p15, dmsc_buf_bytes(&file));
    }
    dmsc_buf_clear(&file);
    /* OpenSC goes on as if the directory were empty. */
    if (r != SC_SUCCESS && !is_lasting(s))
        s->failed = r;
    return r;
}

static enum dmsc_err make_context(struct session *s)
{
    sc_context_param_t param = { .ver = 0, .app_name = "dmsc" };
    int r = sc_context_create(&s->opensc, &param);

    if (r != SC_SUCCESS) {
        (void)told(s, DMSC_E_UNSUPPORTED, "opensc:context", r);
        dmsci_hint(s->ctx, "OpenSC wants libpcsclite.so.1, even where no reader is used");
        return DMSC_E_UNSUPPORTED;
    }
    /* Whatever a configuration or OPENSC_DRIVER says: probing sends foreign commands to the UICC.
     */
    dmsci_opensc_driver_init(&s->driver, &s->ops);
    s->opensc->forced_driver = &s->driver;
    return DMSC_OK;
}

static enum dmsc_err connect(struct session *s)
{
    int r;

    dmsci_opensc_reader_init(&s->reader, s->opensc, dmsc_uicc_link(s->uicc));
    r = sc_connect_card(&s->reader.reader, &s->card);
    if (r != SC_SUCCESS)
        return told(s, DMSC_E_UNSUPPORTED, "opensc:connect", r);
    s->card->cla = dmsci_cla_channel(0x00, dmsc_uicc_channel(s->uicc));
    return DMSC_OK;
}

/* Our AID as OpenSC's only application: EF.DIR need not be read, nor name it. */
static enum dmsc_err bind(struct session *s, struct dmsc_bytes aid)
{
    struct sc_aid wanted = { .len = aid.n };
    int r;

    dmsci_copy(wanted.value, aid.p, aid.n);
    s->app = (struct sc_app_info){ .aid = wanted, .rec_nr = -1 };
    dmsci_copy(s->app.path.value, aid.p, aid.n);
    s->app.path.len = aid.n;
    s->app.path.type = SC_PATH_TYPE_DF_NAME;
    s->app.path.count = -1;
    s->card->app[0] = &s->app;
    s->card->app_count = 1;
    s->p15 = sc_pkcs15_card_new();
    if (s->p15 == NULL)
        return dmsci_fail(s->ctx, DMSC_E_NOMEM, WHAT);
    if (s->p15->magic != SC_PKCS15_CARD_MAGIC)
        return told(s, DMSC_E_UNSUPPORTED, "opensc:version", SC_ERROR_INTERNAL);
    s->p15->card = s->card;
    s->p15->ops.parse_df = parse_df;
    r = sc_pkcs15_bind_internal(s->p15, &wanted);
    return r == SC_SUCCESS ? DMSC_OK : told(s, DMSC_E_MALFORMED, "pkcs15:bind", r);
}

static void text_of(const char *from, size_t from_size, char *to, size_t to_size)
{
    size_t n = strnlen(from, from_size);

    if (!dmsci_format_text_ok(dmsc_bytes(from, n), to_size - 1))
        n = 0; /* too long, or nothing a terminal should see */
    dmsci_copy(to, from, n);
    to[n] = '\0';
}

static void path_of(const struct sc_path *path, char *to, size_t size)
{
    to[0] = '\0';
    if (path->len <= sizeof(path->value) && 2 * path->len < size)
        dmsc_hex_encode(dmsc_bytes(path->value, path->len), to);
}

static void oid_of(const struct sc_object_id *oid, char *to, size_t size)
{
    size_t used = 0;

    to[0] = '\0';
    for (size_t i = 0; i < SC_MAX_OBJECT_ID_OCTETS && oid->value[i] >= 0; i++) {
        int n = snprintf(to + used, size - used, "%s%d", i > 0 ? "." : "", oid->value[i]);

        if (n < 0 || (size_t)n >= size - used) {
            to[0] = '\0';
            return;
        }
        used += (size_t)n;
    }
}

/* One certificate of the list; what cannot be read is passed over and told in the log. */
static enum dmsc_err take_cert(struct session *s, const struct sc_pkcs15_object *object,
                               struct dmsc_card_objects *list)
{
    const struct sc_pkcs15_cert_info *info = object->data;
    struct dmsc_card_cert *cert = &list->certs[list->cert_count];
    size_t most = dmsc_ctx_limits(s->ctx)->certificate_size;
    int r;

    if (object->df == NULL || info == NULL)
        return DMSC_OK;
    dmsc_buf_init(&cert->der, s->ctx, most);
    r = read_file(s, &info->path, true, most, &cert->der);
    if (s->reader.err != DMSC_OK || r != SC_SUCCESS || cert->der.n == 0) {
        dmsc_buf_clear(&cert->der);
        if (s->reader.err != DMSC_OK)
            return s->reader.err;
        if (r == SC_ERROR_OUT_OF_MEMORY)
            return dmsci_fail(s->ctx, DMSC_E_NOMEM, WHAT);
        if (!is_lasting(s))
            return told(s, DMSC_E_SW, "pkcs15:certificate", r);
        dmsci_log(s->ctx, DMSC_LOG_WARN, "opensc", "a certificate was passed over: %s",
                  sc_strerror(r));
        return DMSC_OK;
    }
    text_of(object->label, sizeof(object->label), cert->label, sizeof(cert->label));
    cert->id_length = info->id.len < sizeof(cert->id) ? info->id.len : sizeof(cert->id);
    dmsci_copy(cert->id, info->id.value, cert->id_length);
    cert->trusted = object->df->type == SC_PKCS15_CDF_TRUSTED;
    path_of(&info->path, cert->path, sizeof(cert->path));
    list->cert_count++;
    return DMSC_OK;
}

static enum dmsc_err take_data(struct session *s, const struct sc_pkcs15_object *object,
                               bool contents, struct dmsc_card_objects *list)
{
    const struct sc_pkcs15_data_info *info = object->data;
    struct dmsc_card_data *data = &list->data[list->data_count];
    size_t most = dmsc_ctx_limits(s->ctx)->ef_size;
    int r = SC_SUCCESS;

    if (info == NULL)
        return DMSC_OK;
    dmsc_buf_init(&data->content, s->ctx, most);
    text_of(object->label, sizeof(object->label), data->label, sizeof(data->label));
    text_of(info->app_label, sizeof(info->app_label), data->application, sizeof(data->application));
    oid_of(&info->app_oid, data->oid, sizeof(data->oid));
    path_of(&info->path, data->path, sizeof(data->path));
    data->is_private = (object->flags & SC_PKCS15_CO_FLAG_PRIVATE) != 0;
    list->data_count++;
    if (contents && !data->is_private)
        r = read_file(s, &info->path, false, most, &data->content);
    if (s->reader.err != DMSC_OK)
        return s->reader.err;
    if (r != SC_SUCCESS) {
        dmsc_buf_clear(&data->content);
        dmsci_log(s->ctx, DMSC_LOG_INFO, "opensc", "%s is not read: %s", data->label,
                  sc_strerror(r));
    }
    return r == SC_ERROR_OUT_OF_MEMORY ? dmsci_fail(s->ctx, DMSC_E_NOMEM, WHAT) : DMSC_OK;
}

static enum dmsc_err objects_of(struct session *s, unsigned type, struct sc_pkcs15_object **found,
                                size_t *ret_count)
{
    int r = sc_pkcs15_get_objects(s->p15, type, found, OBJECTS_MAX);

    if (r < 0)
        return told(s, DMSC_E_MALFORMED, "pkcs15:objects", r);
    if (s->reader.err == DMSC_OK && s->failed != SC_SUCCESS)
        return told(s, DMSC_E_SW, "pkcs15:directory", s->failed);
    *ret_count = (size_t)r < OBJECTS_MAX ? (size_t)r : OBJECTS_MAX;
    return s->reader.err;
}

static enum dmsc_err collect(struct session *s, bool contents, struct dmsc_card_objects *list)
{
    struct sc_pkcs15_object *found[OBJECTS_MAX];
    size_t count = 0, limit = dmsc_ctx_limits(s->ctx)->certificates;
    enum dmsc_err err = objects_of(s, SC_PKCS15_TYPE_CERT_X509, found, &count);

    if (err == DMSC_OK && count > 0) {
        list->certs = dmsci_calloc(s->ctx, count, sizeof(*list->certs));
        err = list->certs == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    for (size_t i = 0; err == DMSC_OK && i < count && i < limit; i++)
        err = take_cert(s, found[i], list);
    if (err == DMSC_OK)
        err = objects_of(s, SC_PKCS15_TYPE_DATA_OBJECT, found, &count);
    if (err == DMSC_OK && count > 0) {
        list->data = dmsci_calloc(s->ctx, count, sizeof(*list->data));
        err = list->data == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    for (size_t i = 0; err == DMSC_OK && i < count; i++)
        err = take_data(s, found[i], contents, list);
    return err;
}

static void end(struct session *s)
{
    if (s->p15 != NULL)
        sc_pkcs15_card_free(s->p15);
    if (s->card != NULL) {
        s->card->app[0] = NULL; /* it is ours, not OpenSC's */
        s->card->app_count = 0;
        (void)sc_disconnect_card(s->card);
    }
    if (s->opensc != NULL)
        (void)sc_release_context(s->opensc);
}

/* With the application there and the link locked: what another program selects cannot get between.
 */
static enum dmsc_err run(struct session *s, struct dmsc_bytes aid, bool contents,
                         struct dmsc_card_objects *list)
{
    enum dmsc_err err = connect(s);
    int r;

    if (err != DMSC_OK)
        return err;
    r = sc_lock(s->card);
    if (r != SC_SUCCESS)
        return told(s, DMSC_E_LINK, "opensc:lock", r);
    err = bind(s, aid);
    if (err == DMSC_OK)
        err = collect(s, contents, list);
    (void)sc_unlock(s->card);
    return err;
}

static enum dmsc_err on_channel(struct session *s, struct dmsc_bytes aid, bool contents,
                                struct dmsc_card_objects *list)
{
    enum dmsc_err err = dmsc_uicc_select_aid(s->uicc, aid, NULL);

    if (err == DMSC_E_NOTFOUND) {
        (void)dmsci_fail(s->ctx, err, WHAT);
        dmsci_why(s->ctx, "pkcs15:no-application", "the card has no application with this AID");
    }
    if (err == DMSC_OK)
        err = make_context(s);
    if (err == DMSC_OK)
        err = run(s, aid, contents, list);
    end(s);
    return err;
}

enum dmsc_err dmsc_card_objects_read(struct dmsc_uicc *uicc, struct dmsc_bytes aid, bool contents,
                                     struct dmsc_card_objects *ret_objects)
{
    struct dmsc_ctx *ctx = dmsc_uicc_ctx(uicc);
    struct dmsc_card_objects list = { .ctx = ctx };
    struct session *s;
    enum dmsc_err err = guard(ctx);

    if (aid.n == 0)
        aid = dmsc_bytes(dmsci_card_aid, sizeof(dmsci_card_aid));
    if (err == DMSC_OK && aid.n > SC_MAX_AID_SIZE)
        err = dmsci_fail(ctx, DMSC_E_ARG, "select an AID of %zu bytes", aid.n);
    if (err != DMSC_OK)
        return err;
    s = dmsci_alloc(ctx, sizeof(*s));
    if (s == NULL)
        return DMSC_E_NOMEM;
    s->ctx = ctx;
    err = dmsc_uicc_new(ctx, dmsc_uicc_link(uicc), &s->uicc);
    if (err == DMSC_OK)
        err = dmsc_uicc_channel_open(s->uicc);
    if (err == DMSC_OK)
        err = on_channel(s, aid, contents, &list);
    if (s->uicc != NULL && dmsc_uicc_channel(s->uicc) != 0 &&
        dmsc_uicc_channel_close(s->uicc) != DMSC_OK)
        dmsci_log(ctx, DMSC_LOG_DEBUG, "opensc", "the logical channel stays open");
    dmsc_uicc_free(s->uicc);
    dmsci_free(ctx, s);
    if (err == DMSC_OK)
        *ret_objects = list;
    else
        dmsc_card_objects_clear(&list);
    return err;
}

void dmsc_card_objects_clear(struct dmsc_card_objects *objects)
{
    for (size_t i = 0; i < objects->cert_count; i++)
        dmsc_buf_clear(&objects->certs[i].der);
    for (size_t i = 0; i < objects->data_count; i++)
        dmsc_buf_clear(&objects->data[i].content);
    if (objects->certs != NULL)
        dmsci_free(objects->ctx, objects->certs);
    if (objects->data != NULL)
        dmsci_free(objects->ctx, objects->data);
    *objects = (struct dmsc_card_objects)DMSC_CARD_OBJECTS_INIT;
}
