/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sync/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_ICCID   "988812010000400310F0"
#define OTHER_ICCID "988812010000400320F0"

static const uint8_t spki[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x60, 0xFE, 0xD4, 0xBA, 0x25,
    0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68, 0xC0, 0x49, 0xB8, 0x92, 0x3B,
    0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6, 0x79, 0x03, 0xFE, 0x10, 0x08,
    0xB8, 0xBC, 0x99, 0xA4, 0x1A, 0xE9, 0xE9, 0x56, 0x28, 0xBC, 0x64, 0xF2, 0xF1, 0xB2, 0x0C, 0x2D,
    0x7E, 0x9F, 0x51, 0x77, 0xA3, 0xC2, 0x94, 0xD4, 0x46, 0x22, 0x99,
};
static const uint8_t adm1[8] = { 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44 };

#define MUST(call)                                                                                 \
    do {                                                                                           \
        enum dmsc_err must_err = (call);                                                           \
        if (must_err != DMSC_OK)                                                                   \
            fail_msg("%s: %s", #call, dmsc_err_name(must_err));                                    \
    } while (0)

/* --- a link that is in the way ---------------------------------------------------------------- */

static enum dmsc_err way_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                               enum dmsc_protocol *ret_protocol)
{
    struct rig_link *way = impl;
    enum dmsc_err err;

    if (way->never_power) {
        static const uint8_t atr[] = { 0x3B, 0x00 };

        *ret_protocol = DMSC_T0;
        return dmsc_buf_set(ret_atr, dmsc_bytes(atr, sizeof(atr)));
    }
    err = dmsc_link_power(way->inner, how);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_atr, dmsc_link_atr(way->inner));
    if (err != DMSC_OK)
        return err;
    way->gone = false;
    *ret_protocol = dmsc_link_protocol(way->inner);
    return DMSC_OK;
}

static enum dmsc_err told(struct rig_link *way, enum dmsc_err err)
{
    (void)dmsci_fail(way->ctx, err, "send a command");
    dmsci_why(way->ctx, "test:trouble", "as was ordered");
    return err;
}

static enum dmsc_err answer(struct dmsc_buf *ret_rapdu, const uint8_t *p, size_t n)
{
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(p, n));
}

static enum dmsc_err make_trouble(struct rig_link *way, struct dmsc_bytes capdu,
                                  struct dmsc_buf *ret_rapdu)
{
    static const uint8_t technical[] = { 0x6F, 0x00 }, more[] = { 0x61, 0xFF };
    enum dmsc_err err;

    switch (way->kind) {
    case TROUBLE_ERROR:
        return told(way, DMSC_E_LINK);
    case TROUBLE_REMOVED:
        way->gone = true;
        return told(way, DMSC_E_REMOVED);
    case TROUBLE_RESET:
        err = dmsc_link_power(way->inner, DMSC_POWER_RESET);
        return err != DMSC_OK ? err : told(way, DMSC_E_CARD_RESET);
    case TROUBLE_SW:
        return answer(ret_rapdu, technical, 2);
    case TROUBLE_EMPTY:
        return answer(ret_rapdu, NULL, 0);
    case TROUBLE_MORE:
        return answer(ret_rapdu, more, 2);
    default:
        break;
    }
    err = dmsc_link_transmit(way->inner, capdu, ret_rapdu);
    if (err == DMSC_OK && way->kind == TROUBLE_LOST)
        return told(way, DMSC_E_LINK);
    if (err == DMSC_OK && way->kind == TROUBLE_SHORT)
        dmsc_buf_truncate(ret_rapdu, ret_rapdu->n - 1);
    for (size_t i = 0; err == DMSC_OK && way->kind == TROUBLE_BITS && i + 2 < ret_rapdu->n; i++)
        ret_rapdu->p[i] = (uint8_t)~ret_rapdu->p[i];
    return err;
}

static enum dmsc_err way_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                  struct dmsc_buf *ret_rapdu)
{
    struct rig_link *way = impl;

    (void)timeout_ms;
    way->count++;
    if (way->hook != NULL && way->count == way->hook_at)
        way->hook(way->hook_user);
    if (way->gone)
        return told(way, DMSC_E_REMOVED);
    if (way->kind == TROUBLE_NONE || way->count != way->at)
        return dmsc_link_transmit(way->inner, capdu, ret_rapdu);
    way->fired = true;
    return make_trouble(way, capdu, ret_rapdu);
}

static void way_close(void *impl)
{
    struct rig_link *way = impl;

    if (!way->never_power)
        dmsc_link_free(way->inner);
    dmsci_free(way->ctx, way);
}

static const struct dmsc_link_ops way_ops = {
    .name = "way", .power = way_power, .transmit = way_transmit, .close = way_close
};

static struct rig_link *way_new(struct dmsc_ctx *ctx, struct dmsc_link *inner,
                                struct dmsc_link **ret_link)
{
    struct rig_link *way = dmsci_alloc(ctx, sizeof(*way));

    assert_non_null(way);
    way->ctx = ctx;
    way->inner = inner;
    MUST(dmsc_link_new(ctx, &way_ops, way, ret_link));
    return way;
}

void rig_trouble(struct rig *rig, enum trouble kind, unsigned at)
{
    rig->way->kind = kind;
    rig->way->at = at;
    rig->way->count = 0;
    rig->way->fired = false;
}

/* --- the issuer ------------------------------------------------------------------------------- */

/* A session of somebody else with the card, from a context of its own. */
struct visit {
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_card *card;
    struct dmsc_secret adm1, pin, key;
};

static void visit_begin(struct visit *v, struct dmsc_ctx *ctx, struct dmsc_link *link)
{
    struct dmsc_bytes key = support_slurp("tests/data/sync/issuer.key");

    *v = (struct visit){ .link = link };
    MUST(dmsc_uicc_new(ctx, link, &v->uicc));
    MUST(dmsc_secret_set(&v->adm1, ctx, dmsc_bytes(adm1, sizeof(adm1))));
    MUST(dmsc_secret_set(&v->pin, ctx, dmsc_bytes_str("1234")));
    MUST(dmsc_secret_set(&v->key, ctx, key));
    MUST(dmsc_uicc_power_on(v->uicc));
    MUST(dmsc_card_open(v->uicc, &v->card));
    support_free(key);
}

static void visit_end(struct visit *v)
{
    dmsc_card_free(v->card);
    dmsc_uicc_free(v->uicc);
    dmsc_link_free(v->link);
    dmsc_secret_clear(&v->adm1);
    dmsc_secret_clear(&v->pin);
    dmsc_secret_clear(&v->key);
}

static void visit_sim(struct visit *v, struct dmsc_ctx *ctx, struct dmsc_sim *sim)
{
    struct dmsc_link *link;

    MUST(dmsc_sim_link(sim, ctx, &link));
    visit_begin(v, ctx, link);
}

static void issue(struct rig *rig, struct visit *v, const struct dmsc_card_change *changes,
                  size_t count, const struct dmsc_ma_list *list, bool signs)
{
    struct dmsc_card_commit commit = DMSC_CARD_COMMIT_INIT;
    enum dmsc_err err;

    commit.changes = changes;
    commit.change_count = count;
    commit.list = list;
    commit.signing_key = signs ? &v->key : NULL;
    commit.adm = &v->adm1;
    commit.pin = &v->pin;
    err = dmsc_card_commit(v->card, &commit, NULL);
    if (err != DMSC_OK)
        fail_msg("the issuer's commit: %s (%s)", dmsc_diag_get(rig->world)->what,
                 dmsc_diag_get(rig->world)->why);
}

void rig_issue(struct rig *rig, const struct dmsc_card_change *changes, size_t count,
               const struct dmsc_ma_list *list)
{
    struct visit v;

    visit_sim(&v, rig->world, rig->sim);
    issue(rig, &v, changes, count, list, list != NULL);
    visit_end(&v);
}

void rig_issue_unsigned(struct rig *rig, const struct dmsc_ma_list *list)
{
    struct visit v;

    visit_sim(&v, rig->world, rig->sim);
    issue(rig, &v, NULL, 0, list, false);
    visit_end(&v);
}

void rig_newest_header(struct rig *rig, struct dmsc_card_header *ret_header)
{
    struct visit v;

    visit_sim(&v, rig->world, rig->sim);
    MUST(dmsc_card_header(v.card, ret_header));
    visit_end(&v);
}

void rig_break_signature(struct rig *rig)
{
    struct dmsc_card_header header;
    struct dmsc_buf file;
    bool slot_b;
    struct visit v;

    rig_newest_header(rig, &header);
    slot_b = (header.flags & DMSC_CARD_MAL_SLOT_B) != 0;
    dmsc_buf_init(&file, rig->world, 65536);
    MUST(dmsc_sim_read(rig->sim, slot_b ? "3F00/7F4D/6F03" : "3F00/7F4D/6F02", &file));
    dmsc_buf_truncate(&file, header.mal_length);
    file.p[file.n - 1] ^= 1; /* the signature stands last */
    visit_sim(&v, rig->world, rig->sim);
    MUST(dmsc_uicc_verify_pin(v.uicc, 0x0A, &v.adm1));
    header.generation++;
    header.mal_version = header.generation;
    /* The version stands in front of what is signed: then that is wrong as well. */
    for (int i = 0; i < 4; i++)
        file.p[4 + i] = (uint8_t)(header.generation >> (24 - 8 * i));
    header.mal_crc = dmsci_crc32(dmsc_buf_bytes(&file));
    MUST(dmsc_uicc_update_binary(v.uicc, slot_b ? 0x03 : 0x02, 0, dmsc_buf_bytes(&file)));
    visit_end(&v);
    dmsc_buf_clear(&file);
    rig_header(rig, &header);
}

void rig_issue_beside(struct rig *rig, const struct dmsc_card_change *changes, size_t count,
                      const struct dmsc_ma_list *list)
{
    struct dmsc_link *link;
    struct rig_link *way = way_new(rig->world, rig->way->inner, &link);
    struct visit v;

    way->never_power = true;
    visit_begin(&v, rig->world, link);
    issue(rig, &v, changes, count, list, list != NULL);
    MUST(dmsc_uicc_channel_close(v.uicc));
    visit_end(&v);
}

void rig_read_card(struct rig *rig, struct dmsc_card_image *ret_image)
{
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;
    struct visit v;
    enum dmsc_err err;

    visit_sim(&v, rig->world, rig->sim);
    options.trust = &rig->trust;
    options.pin = &v.pin;
    err = dmsc_card_read(v.card, &options, ret_image);
    if (err != DMSC_OK)
        fail_msg("the card cannot be read: %s (%s)", dmsc_diag_get(rig->world)->what,
                 dmsc_diag_get(rig->world)->why);
    visit_end(&v);
}

void rig_header(struct rig *rig, struct dmsc_card_header *header)
{
    uint8_t record[DMSC_CARD_HEADER_SIZE];
    struct visit v;

    visit_sim(&v, rig->world, rig->sim);
    dmsc_card_header_encode(header, record);
    MUST(dmsc_uicc_verify_pin(v.uicc, 0x0A, &v.adm1));
    MUST(dmsc_uicc_update_record(v.uicc, 0x01, 0, dmsc_bytes(record, sizeof(record))));
    visit_end(&v);
}

char *rig_card(struct rig *rig)
{
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    assert_non_null(to);
    rig_read_card(rig, &image);
    (void)fprintf(to, "generation %u\n", (unsigned)image.header.generation);
    for (size_t i = 0; i < image.index.count; i++) {
        const struct dmsc_mo_entry *e = &image.index.entries[i];
        const struct dmsc_card_body *body = dmsc_card_image_body(&image, e->id);

        assert_non_null(body);
        (void)fprintf(to, "%u %s version %u flags %u owner %u: %s\n", e->id, e->path,
                      (unsigned)e->version, e->flags, e->owner, dmsc_buf_str(&body->content));
    }
    (void)fclose(to);
    dmsc_card_image_clear(&image);
    return text;
}

struct dmsc_card_change rig_body(uint8_t id, const char *xml)
{
    return (struct dmsc_card_change){ .id = id, .body = dmsc_bytes_str(xml) };
}

static void provision(struct dmsc_ctx *ctx, struct dmsc_sim *sim, const char *profile_name)
{
    struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;
    struct dmsc_card_profile *profile = NULL;
    struct dmsc_card_header header;
    char relative[128], path[SUPPORT_PATH_MAX];
    struct visit v;
    enum dmsc_err err;

    (void)snprintf(relative, sizeof(relative), "tests/data/sync/%s", profile_name);
    support_path(relative, path);
    err = dmsc_card_profile_load(ctx, path, &profile);
    if (err != DMSC_OK)
        fail_msg("%s: %s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->where,
                 dmsc_diag_get(ctx)->why);
    visit_sim(&v, ctx, sim);
    options.adm = &v.adm1;
    options.pin = &v.pin;
    err = dmsc_card_provision(v.card, profile, &options, &header);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    visit_end(&v);
    dmsc_card_profile_free(profile);
}

/* A blank card of card-scripts/ with this number, and @p profile of ours on it. */
static struct dmsc_sim *new_card(struct dmsc_ctx *ctx, const char *iccid, const char *profile)
{
    char text[256], folder[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;

    (void)snprintf(text, sizeof(text),
                   "{\"base\":\"blank.json\",\"files\":{\"3F00/2FE2\":{\"content\":\"%s\"}}}",
                   iccid);
    support_path("card-scripts", folder);
    err = dmsc_sim_new_text(ctx, dmsc_bytes_str(text), folder, NULL, &sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->where, dmsc_diag_get(ctx)->why);
    provision(ctx, sim, profile);
    return sim;
}

/* The card is made once: a torture opens it a thousand times. */
const char *rig_card_text(void)
{
    static char *text;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim;
    struct dmsc_buf json;

    if (text != NULL)
        return text;
    MUST(dmsc_ctx_new(NULL, &ctx));
    sim = new_card(ctx, OWN_ICCID, "profile.json");
    dmsc_buf_init(&json, ctx, 1u << 22);
    MUST(dmsc_sim_dump(sim, &json));
    text = malloc(json.n + 1);
    assert_non_null(text);
    memcpy(text, json.p, json.n + 1);
    dmsc_buf_clear(&json);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    return text;
}

struct dmsc_sim *rig_other_card(struct rig *rig, const char *profile)
{
    return new_card(rig->world, OTHER_ICCID, profile);
}

/* --- the device ------------------------------------------------------------------------------- */

static void plug_in(struct rig *rig)
{
    struct dmsc_link *inner;

    MUST(dmsc_sim_link(rig->sim, rig->ctx, &inner));
    rig->way = way_new(rig->ctx, inner, &rig->link);
    MUST(dmsc_uicc_new(rig->ctx, rig->link, &rig->uicc));
    rig->sync.uicc = rig->uicc;
}

static void pull_out(struct rig *rig)
{
    dmsc_uicc_free(rig->uicc);
    dmsc_link_free(rig->link);
    rig->uicc = NULL;
    rig->link = NULL;
}

/* Secrets of the tree are sealed with it. */
static enum dmsc_err set_key(struct dmsc_store *store, struct dmsc_ctx *ctx)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;
    enum dmsc_err err =
        dmsc_secret_set(&key, ctx, dmsc_bytes_str("32 bytes that nobody else knows."));

    if (err == DMSC_OK)
        err = dmsc_store_set_key(store, &key);
    dmsc_secret_clear(&key);
    return err;
}

static void open_store(struct rig *rig)
{
    MUST(dmsc_store_open(rig->ctx, NULL, &rig->store));
    MUST(set_key(rig->store, rig->ctx));
    MUST(dmsc_tree_open(rig->ctx, rig->store, NULL, &rig->tree));
    MUST(dmsc_authority_new(rig->ctx, rig->tree, &rig->authority));
}

static void close_store(struct rig *rig)
{
    dmsc_authority_free(rig->authority);
    dmsc_tree_close(rig->tree);
    dmsc_store_close(rig->store);
}

static void name_store(struct rig *rig)
{
    rig->sync.store = rig->store;
    rig->sync.tree = rig->tree;
    rig->sync.authority = rig->authority;
}

void rig_forget(struct rig *rig)
{
    close_store(rig);
    open_store(rig);
    name_store(rig);
}

void rig_open_card(struct rig *rig, const char *sim_profile)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    enum dmsc_err err;

    memset(rig, 0, sizeof(*rig));
    MUST(dmsc_ctx_new(NULL, &rig->world));
    err = dmsc_sim_new_text(rig->world, dmsc_bytes_str(sim_profile), NULL, NULL, &rig->sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(rig->world)->where, dmsc_diag_get(rig->world)->why);

    fault_config(&rig->fault, &config);
    MUST(dmsc_ctx_new(&config, &rig->ctx));
    open_store(rig);
    MUST(dmsc_secret_set(&rig->pin, rig->ctx, dmsc_bytes_str("1234")));
    MUST(dmsc_secret_set(&rig->adm1, rig->ctx, dmsc_bytes(adm1, sizeof(adm1))));
    rig->issuer_spki = dmsc_bytes(spki, sizeof(spki));
    rig->trust = (struct dmsc_card_trust){ &rig->issuer_spki, 1 };
    rig->sync = (struct dmsci_sync){ .ctx = rig->ctx,
                                     .trust = &rig->trust,
                                     .pin = &rig->pin,
                                     .adm1 = &rig->adm1,
                                     .now = { 1800000000, true } };
    name_store(rig);
    plug_in(rig);
}

void rig_open(struct rig *rig)
{
    rig_open_card(rig, rig_card_text());
}

void rig_swap(struct rig *rig, struct dmsc_sim **sim)
{
    struct dmsc_sim *before = rig->sim;

    pull_out(rig);
    rig->sim = *sim;
    *sim = before;
    plug_in(rig);
}

void rig_close(struct rig *rig)
{
    dmsc_sync_report_clear(&rig->report);
    pull_out(rig);
    close_store(rig);
    dmsc_secret_clear(&rig->pin);
    dmsc_secret_clear(&rig->adm1);
    dmsc_ctx_free(rig->ctx);
    fault_assert_no_leak(&rig->fault);
    dmsc_sim_free(rig->sim);
    dmsc_ctx_free(rig->world);
}

static void clear_report(struct rig *rig)
{
    dmsc_sync_report_clear(&rig->report);
    rig->report.ctx = rig->ctx;
}

enum dmsc_err rig_pull(struct rig *rig, bool dry_run)
{
    enum dmsc_err err;

    clear_report(rig);
    err = dmsc_uicc_power_on(rig->uicc);
    return err != DMSC_OK ? err : dmsci_sync_pull(&rig->sync, dry_run, &rig->report);
}

void rig_pull_ok(struct rig *rig)
{
    enum dmsc_err err = rig_pull(rig, false);

    if (err != DMSC_OK)
        fail_msg("pull: %s %s: %s: %s", dmsc_err_name(err), dmsc_diag_get(rig->ctx)->what,
                 dmsc_diag_get(rig->ctx)->where, dmsc_diag_get(rig->ctx)->why);
}

enum dmsc_err rig_push(struct rig *rig, const char *server_id)
{
    clear_report(rig);
    return dmsci_sync_push(&rig->sync, server_id, &rig->report);
}

const struct dmsc_sync_item *rig_item(const struct rig *rig, uint8_t id)
{
    const struct dmsc_sync_item *found = NULL;

    for (size_t i = 0; i < rig->report.item_count; i++) {
        if (rig->report.items[i].id == id && rig->report.items[i].action != DMSC_SYNC_REMOVED)
            found = &rig->report.items[i];
    }
    if (found == NULL)
        fail_msg("MO %u is not in the report", id);
    return found;
}

void rig_assert_item(const struct rig *rig, uint8_t id, enum dmsc_sync_action action,
                     const char *reason_prefix)
{
    const struct dmsc_sync_item *item = rig_item(rig, id);

    if (item->action != action ||
        strncmp(item->reason, reason_prefix, strlen(reason_prefix)) != 0 ||
        (reason_prefix[0] == '\0' && item->reason[0] != '\0'))
        fail_msg("MO %u: action %d \"%s\" instead of %d \"%s\"", id, (int)item->action,
                 item->reason, (int)action, reason_prefix);
}

void rig_assert_failed(const struct rig *rig, enum dmsc_err err, enum dmsc_err wanted,
                       const char *reason)
{
    const struct dmsc_diag *d = dmsc_diag_get(rig->ctx);

    if (err != wanted || strcmp(d->reason, reason) != 0)
        fail_msg("wanted %s %s, came %s %s (%s; %s)", dmsc_err_name(wanted), reason,
                 dmsc_err_name(err), d->reason, d->what, d->why);
}

void rig_set(struct rig *rig, const char *uri, const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    MUST(dmsc_tree_begin(rig->tree, "test", 1800000001));
    if (rig_has(rig, uri)) {
        MUST(dmsc_tree_replace(rig->tree, uri, NULL, NULL, dmsc_bytes_str(value)));
    } else {
        spec.format = DMSC_FORMAT_CHR;
        spec.value = dmsc_bytes_str(value);
        MUST(dmsc_tree_add(rig->tree, uri, &spec));
    }
    MUST(dmsc_tree_commit(rig->tree));
}

void rig_delete(struct rig *rig, const char *uri)
{
    MUST(dmsc_tree_begin(rig->tree, "test", 1800000001));
    MUST(dmsc_tree_delete(rig->tree, uri, true));
    MUST(dmsc_tree_commit(rig->tree));
}

bool rig_has(struct rig *rig, const char *uri)
{
    bool there = false;

    MUST(dmsc_tree_has(rig->tree, uri, &there));
    return there;
}

void rig_assert_value(struct rig *rig, const char *uri, const char *value)
{
    struct dmsc_buf is;

    dmsc_buf_init(&is, rig->ctx, 65536);
    if (dmsc_tree_value(rig->tree, uri, &is) != DMSC_OK)
        fail_msg("%s is not there", uri);
    assert_string_equal(dmsc_buf_str(&is), value);
    dmsc_buf_clear(&is);
}

void rig_assert_acl(struct rig *rig, const char *uri, const char *acl)
{
    struct dmsc_node node = DMSC_NODE_INIT;

    if (dmsc_tree_get(rig->tree, uri, &node) != DMSC_OK)
        fail_msg("%s is not there", uri);
    assert_string_equal(node.acl, acl);
    dmsc_node_clear(&node);
}

static void write_list(const struct rig *rig, FILE *to)
{
    const struct dmsc_ma_list *list = dmsc_authority_list(rig->authority);

    (void)fprintf(to, "list %u\n", (unsigned)list->version);
    for (size_t i = 0; i < list->count; i++) {
        (void)fprintf(to, "%u %s", list->entries[i].id, list->entries[i].name);
        for (size_t k = 0; k < list->entries[i].server_id_count; k++)
            (void)fprintf(to, " %s", list->entries[i].server_ids[k]);
        (void)fprintf(to, "\n");
    }
}

struct keys {
    const struct rig *rig;
    FILE *to;
};

static bool write_key(void *user, const char *key)
{
    (void)fprintf(((struct keys *)user)->to, "%s\n", key);
    return true;
}

static enum dmsc_err write_node(void *user, const char *uri, const struct dmsc_node *node)
{
    struct keys *k = user;
    struct dmsc_buf value;

    dmsc_buf_init(&value, k->rig->ctx, 65536);
    if (node->format != DMSC_FORMAT_NODE)
        MUST(dmsc_tree_value(k->rig->tree, uri, &value));
    (void)fprintf(k->to, "%s %s type=%s acl=%s flags=%u access=%u value=%s\n", uri,
                  dmsc_format_name(node->format), node->type, node->acl, node->flags, node->access,
                  dmsc_buf_str(&value));
    dmsc_buf_clear(&value);
    return DMSC_OK;
}

static char *describe(struct rig *rig, bool memory)
{
    char *text = NULL;
    size_t n = 0;
    struct keys k = { rig, open_memstream(&text, &n) };
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    struct dmsci_card_state state = DMSCI_CARD_STATE_INIT;

    assert_non_null(k.to);
    MUST(dmsc_tree_walk(rig->tree, ".", write_node, &k));
    write_list(rig, k.to);
    if (memory && dmsci_state_current(rig->store, rig->ctx, tag) == DMSC_OK) {
        MUST(dmsci_state_load(rig->store, rig->ctx, tag, &state));
        (void)fprintf(k.to, "generation %u, list of %zu, index of %zu\n",
                      (unsigned)state.header.generation, state.list.count, state.index.count);
        dmsci_card_state_clear(&state);
        MUST(dmsc_store_keys(rig->store, "card/", write_key, &k));
    }
    (void)fclose(k.to);
    return text;
}

char *rig_snapshot(struct rig *rig)
{
    return describe(rig, true);
}

char *rig_behaviour(struct rig *rig)
{
    return describe(rig, false);
}
