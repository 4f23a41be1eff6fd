/* SPDX-License-Identifier: Apache-2.0 */
/* "authorities" of a DM card profile. */
#include "host/card/provision/profile.h"
#include "host/credential/cert.h"
#include <string.h>

static const char *const right_names[] = { "Get",       "Add",      "Replace", "Delete",
                                           "Exec",      "Copy",     "ACL",     "Bootstrap",
                                           "WriteBack", "Firmware", "Delegate" };
static const uint16_t right_bits[] = {
    DMSC_RIGHT_GET,        DMSC_RIGHT_ADD,      DMSC_RIGHT_REPLACE, DMSC_RIGHT_DELETE,
    DMSC_RIGHT_EXEC,       DMSC_RIGHT_COPY,     DMSC_RIGHT_ACL,     DMSC_RIGHT_BOOTSTRAP,
    DMSC_RIGHT_WRITE_BACK, DMSC_RIGHT_FIRMWARE, DMSC_RIGHT_DELEGATE
};
static const char *const flag_names[] = { "enabled", "bootstrap", "deny" };
static const uint16_t flag_bits[] = { DMSC_MA_ENABLED, DMSC_MA_BOOTSTRAP, DMSC_MA_DENY };

static const struct {
    const char *name;
    enum dmsc_mo_type type;
} types[] = {
    { "any", DMSC_MO_ANY },
    { "DevInfo", DMSC_MO_DEVINFO },
    { "DevDetail", DMSC_MO_DEVDETAIL },
    { "DMAcc", DMSC_MO_DMACC },
    { "Inbox", DMSC_MO_INBOX },
    { "Conn", DMSC_MO_CONN },
    { "FUMO", DMSC_MO_FUMO },
    { "SCOMO", DMSC_MO_SCOMO },
    { "LAWMO", DMSC_MO_LAWMO },
    { "DiagMon", DMSC_MO_DIAGMON },
    { "CP_w7", DMSC_MO_CP_W7 },
    { "SyncML_Bootstrap", DMSC_MO_SYNCML_BOOTSTRAP },
    { "LwM2M_Bootstrap", DMSC_MO_LWM2M_BOOTSTRAP },
    { "3GPP_IMS", DMSC_MO_3GPP_IMS },
    { "NAS_Config", DMSC_MO_NAS_CONFIG },
    { "ANDSF", DMSC_MO_ANDSF },
    { "SDoUE", DMSC_MO_SDOUE },
    { "XCAP", DMSC_MO_XCAP },
    { "PS_Data_Off", DMSC_MO_PS_DATA_OFF },
};

/* Vendor codes 20..7F are written "0x20". */
static bool vendor_code(const char *text, enum dmsc_mo_type *ret_type)
{
    unsigned code = 0;

    if (strlen(text) != 4 || strncmp(text, "0x", 2) != 0 ||
        strspn(text + 2, "0123456789ABCDEFabcdef") != 2)
        return false;
    for (const char *p = text + 2; *p != '\0'; p++)
        code = code << 4 | (unsigned)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
    *ret_type = (enum dmsc_mo_type)code;
    return code >= 0x20 && code <= 0x7F;
}

enum dmsc_err dmsci_profile_type(const struct dmsci_json *at, enum dmsc_mo_type *ret_type,
                                 char **ret_urn)
{
    const char *text = NULL;
    enum dmsc_err err = dmsci_json_text(at, 255, &text);

    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(types); i++) {
        if (strcmp(types[i].name, text) == 0) {
            *ret_type = types[i].type;
            return DMSC_OK;
        }
    }
    if (vendor_code(text, ret_type))
        return DMSC_OK;
    if (strpbrk(text, ":/.") == NULL)
        return dmsci_json_wrong(
            at, "mo-type", "\"%.40s\" is no MO type, no 0x20..0x7F and no MO identifier", text);
    *ret_type = DMSC_MO_URN;
    return dmsci_json_copy(at, 255, ret_urn);
}

enum dmsc_err dmsci_profile_bits(const struct dmsci_json *at, const char *const *names,
                                 const uint16_t *bits, size_t count, uint16_t *ret_bits)
{
    uint16_t sum = 0;
    size_t elements = 0, which = 0;
    enum dmsc_err err = dmsci_json_array(at, count, &elements);

    for (size_t i = 0; err == DMSC_OK && i < elements; i++) {
        struct dmsci_json name = dmsci_json_element(at, i);

        err = dmsci_json_name(&name, names, count, &which);
        if (err == DMSC_OK)
            sum = (uint16_t)(sum | bits[which]);
    }
    if (err == DMSC_OK)
        *ret_bits = sum;
    return err;
}

enum dmsc_err dmsci_profile_cert(const struct dmsci_json *at, struct dmsc_buf *ret_der)
{
    size_t max = dmsc_ctx_limits(at->file->ctx)->certificate_size;
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, at->file->ctx, 2 * max);
    err = dmsci_json_file(at, 2 * max, &file);
    if (err == DMSC_OK) {
        err = dmsci_cert_load(at->file->ctx, dmsc_buf_bytes(&file), ret_der);
        if (err != DMSC_OK)
            err = dmsci_json_located(at, err);
    }
    dmsc_buf_clear(&file);
    return err;
}

static enum dmsc_err pin_of_file(const struct dmsci_json *at, struct dmsc_ma_pin *pin)
{
    struct dmsc_ctx *ctx = at->file->ctx;
    struct dmsci_cert cert;
    struct dmsc_buf der;
    enum dmsc_err err;

    dmsc_buf_init(&der, ctx, dmsc_ctx_limits(ctx)->certificate_size);
    err = dmsci_profile_cert(at, &der);
    if (err == DMSC_OK) {
        err = dmsci_cert_parse(ctx, dmsc_buf_bytes(&der), &cert);
        if (err != DMSC_OK)
            err = dmsci_json_located(at, err);
    }
    if (err == DMSC_OK)
        dmsci_copy(pin->sha256, pin->kind == DMSC_PIN_CERT ? cert.sha256 : cert.spki_sha256,
                   sizeof(pin->sha256));
    dmsc_buf_clear(&der);
    return err;
}

static enum dmsc_err pin_of_hex(const struct dmsci_json *at, struct dmsc_ma_pin *pin)
{
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, at->file->ctx, sizeof(pin->sha256));
    err = dmsci_json_hex(at, &bytes);
    if (err == DMSC_OK && bytes.n != sizeof(pin->sha256))
        err = dmsci_json_wrong(at, "length", "64 hex digits are wanted");
    if (err == DMSC_OK)
        dmsci_copy(pin->sha256, bytes.p, sizeof(pin->sha256));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err pin_of_record(const struct dmsci_json *at, struct dmsc_ma_pin *pin)
{
    uint32_t record = 0;
    enum dmsc_err err = dmsci_json_number(at, 1, 254, &record);

    pin->psk_record = (uint8_t)record;
    return err;
}

static const struct {
    const char *name;
    enum dmsc_pin_kind kind;
    enum dmsc_err (*get)(const struct dmsci_json *at, struct dmsc_ma_pin *pin);
} pin_kinds[] = {
    { "cert", DMSC_PIN_CERT, pin_of_file },
    { "spki_of", DMSC_PIN_SPKI, pin_of_file },
    { "ca_spki_of", DMSC_PIN_CA_SPKI, pin_of_file },
    { "cert_sha256", DMSC_PIN_CERT, pin_of_hex },
    { "spki_sha256", DMSC_PIN_SPKI, pin_of_hex },
    { "ca_spki_sha256", DMSC_PIN_CA_SPKI, pin_of_hex },
    { "psk_record", DMSC_PIN_PSK, pin_of_record },
};

static enum dmsc_err get_pin(const struct dmsci_json *at, struct dmsc_ma_pin *pin)
{
    if (!json_is_object(at->value) || json_object_size(at->value) != 1)
        return dmsci_json_wrong(at, "pin", "an object with one member is wanted");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(pin_kinds); i++) {
        struct dmsci_json member = dmsci_json_member(at, pin_kinds[i].name);

        if (member.value == NULL)
            continue;
        pin->kind = pin_kinds[i].kind;
        return pin_kinds[i].get(&member, pin);
    }
    return dmsci_json_wrong(at, "pin",
                            "not one of cert, spki_of, ca_spki_of, ..._sha256, "
                            "psk_record");
}

static enum dmsc_err get_scope(const struct dmsci_json *at, struct dmsc_ma_scope *scope)
{
    static const char *const members[] = { "type", "path", "rights", NULL };
    struct dmsci_json type = dmsci_json_member(at, "type");
    struct dmsci_json path = dmsci_json_member(at, "path");
    struct dmsci_json rights = dmsci_json_member(at, "rights");
    const char *word = json_string_value(rights.value);
    enum dmsc_err err = dmsci_json_object(at, members);

    if (err == DMSC_OK)
        err = dmsci_profile_type(&type, &scope->type, &scope->urn);
    if (err == DMSC_OK)
        err = dmsci_json_copy(&path, 255, &scope->path);
    if (err != DMSC_OK)
        return err;
    if (word != NULL && strcmp(word, "all") == 0) {
        scope->rights = DMSC_RIGHT_ALL;
        return DMSC_OK;
    }
    if (rights.value == NULL)
        return dmsci_json_wrong(&rights, "missing", "it is missing");
    return dmsci_profile_bits(&rights, right_names, right_bits, DMSCI_ARRAY_LEN(right_bits),
                              &scope->rights);
}

/* Zeroed array for the elements of @p at; counts as the elements are filled. */
static enum dmsc_err room(const struct dmsci_json *at, size_t size, size_t *ret_count,
                          void **ret_room)
{
    struct dmsc_ctx *ctx = at->file->ctx;
    enum dmsc_err err = dmsci_json_array(at, dmsc_ctx_limits(ctx)->ma_scopes, ret_count);

    if (err != DMSC_OK || *ret_count == 0)
        return err;
    *ret_room = dmsci_calloc(ctx, *ret_count, size);
    return *ret_room == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err get_lists(const struct dmsci_json *at, struct dmsc_ma *ma)
{
    struct dmsci_json servers = dmsci_json_member(at, "server_ids");
    struct dmsci_json pins = dmsci_json_member(at, "pins");
    struct dmsci_json scopes = dmsci_json_member(at, "scopes");
    void *p = NULL;
    size_t count = 0;
    enum dmsc_err err = room(&servers, sizeof(*ma->server_ids), &count, &p);

    ma->server_ids = p;
    for (; err == DMSC_OK && ma->server_id_count < count; ma->server_id_count++) {
        struct dmsci_json e = dmsci_json_element(&servers, ma->server_id_count);

        err = dmsci_json_copy(&e, 64, &ma->server_ids[ma->server_id_count]);
    }
    p = NULL;
    if (err == DMSC_OK)
        err = room(&pins, sizeof(*ma->pins), &count, &p);
    ma->pins = p;
    for (; err == DMSC_OK && ma->pin_count < count; ma->pin_count++) {
        struct dmsci_json e = dmsci_json_element(&pins, ma->pin_count);

        err = get_pin(&e, &ma->pins[ma->pin_count]);
    }
    p = NULL;
    if (err == DMSC_OK)
        err = room(&scopes, sizeof(*ma->scopes), &count, &p);
    ma->scopes = p;
    while (err == DMSC_OK && ma->scope_count < count) {
        struct dmsci_json e = dmsci_json_element(&scopes, ma->scope_count);

        err = get_scope(&e, &ma->scopes[ma->scope_count++]);
    }
    return err;
}

static enum dmsc_err get_delegation(const struct dmsci_json *at, struct dmsc_ma *ma)
{
    struct dmsci_json by = dmsci_json_member(at, "delegated_by");
    struct dmsci_json depth = dmsci_json_member(at, "depth");
    uint32_t id = 0, levels = 0;
    enum dmsc_err err = DMSC_OK;

    if (by.value == NULL && depth.value == NULL)
        return DMSC_OK;
    err = dmsci_json_number(&by, 1, 254, &id);
    if (err == DMSC_OK && depth.value != NULL)
        err = dmsci_json_number(&depth, 0, 255, &levels);
    ma->delegated = err == DMSC_OK;
    ma->delegated_by = (uint8_t)id;
    ma->delegation_depth = (uint8_t)levels;
    return err;
}

static enum dmsc_err get_rest(const struct dmsci_json *at, struct dmsc_ma *ma)
{
    struct dmsci_json priority = dmsci_json_member(at, "priority");
    struct dmsci_json from = dmsci_json_member(at, "not_before");
    struct dmsci_json to = dmsci_json_member(at, "not_after");
    struct dmsci_json flags = dmsci_json_member(at, "flags");
    uint32_t number = 0;
    uint16_t bits = 0;
    enum dmsc_err err = DMSC_OK;

    if (priority.value != NULL)
        err = dmsci_json_number(&priority, 0, 255, &number);
    ma->priority = (uint8_t)number;
    ma->not_before = 0;
    ma->not_after = UINT32_MAX;
    if (err == DMSC_OK)
        err = dmsci_json_time(&from, &ma->not_before);
    if (err == DMSC_OK)
        err = dmsci_json_time(&to, &ma->not_after);
    if (err == DMSC_OK)
        err = get_delegation(at, ma);
    if (err == DMSC_OK)
        err = dmsci_profile_bits(&flags, flag_names, flag_bits, DMSCI_ARRAY_LEN(flag_bits), &bits);
    ma->flags = (uint8_t)bits;
    return err;
}

static enum dmsc_err get_authority(const struct dmsci_json *at, struct dmsc_ma *ma)
{
    static const char *const members[] = { "id",        "name",         "authority", "server_ids",
                                           "pins",      "scopes",       "priority",  "not_before",
                                           "not_after", "delegated_by", "depth",     "flags",
                                           NULL };
    struct dmsci_json id = dmsci_json_member(at, "id");
    struct dmsci_json name = dmsci_json_member(at, "name");
    struct dmsci_json authority = dmsci_json_member(at, "authority");
    uint32_t number = 0;
    enum dmsc_err err = dmsci_json_object(at, members);

    if (err == DMSC_OK)
        err = dmsci_json_number(&id, 1, 254, &number);
    ma->id = (uint8_t)number;
    if (err == DMSC_OK)
        err = dmsci_json_copy(&name, 32, &ma->name);
    if (err == DMSC_OK)
        err = dmsci_json_copy(&authority, 64, &ma->authority);
    if (err == DMSC_OK)
        err = get_lists(at, ma);
    if (err == DMSC_OK)
        err = get_rest(at, ma);
    return err;
}

enum dmsc_err dmsci_profile_authorities(const struct dmsci_json *at, struct dmsc_ma_list *list)
{
    struct dmsc_ctx *ctx = at->file->ctx;
    size_t count = 0;
    enum dmsc_err err = dmsci_json_array(at, dmsc_ctx_limits(ctx)->ma_entries, &count);

    if (err != DMSC_OK || count == 0)
        return err;
    list->entries = dmsci_calloc(ctx, count, sizeof(*list->entries));
    if (list->entries == NULL)
        return DMSC_E_NOMEM;
    while (err == DMSC_OK && list->count < count) {
        struct dmsci_json e = dmsci_json_element(at, list->count);

        err = get_authority(&e, &list->entries[list->count++]);
    }
    return err;
}
