/* SPDX-License-Identifier: Apache-2.0 */
/* The part "ota" of a profile: key sets, and the applications that TARs name. */
#include "simulator/uicc/profile/profile.h"
#include "simulator/uicc/ota/ota.h"
#include "simulator/uicc/profile/parts.h"
#include <dmsc/limits.h>
#include <stdio.h>
#include <string.h>

#define WHERE_MAX 192u

static enum dmsc_err build_keys(const struct dmsci_sim_node *node, struct dmsci_sim_ota_keys *keys)
{
    static const char *const known[] = { "kic", "kid", "counter", "comment", "algorithm", NULL };
    const char *algorithm = NULL;
    uint8_t counter[5] = { 0 };
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = dmsci_sim_json_secret(node, "kic", 8, &keys->kic);
    if (err == DMSC_OK)
        err = dmsci_sim_json_secret(node, "kid", 8, &keys->kid);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bytes(node, "counter", 5, 5, counter, NULL);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "algorithm", &algorithm);
    if (err == DMSC_OK && algorithm != NULL) {
        keys->algorithm = strcmp(algorithm, "aes") == 0   ? DMSCI_SIM_OTA_AES
                          : strcmp(algorithm, "des") == 0 ? DMSCI_SIM_OTA_DES
                                                          : DMSCI_SIM_OTA_ANY;
        if (keys->algorithm == DMSCI_SIM_OTA_ANY)
            err = dmsci_sim_json_wrong(node, "algorithm", "profile:value",
                                       "\"aes\" or \"des\" is possible");
    }
    for (unsigned i = 0; i < sizeof(counter); i++)
        keys->counter = keys->counter << 8 | counter[i];
    return err;
}

static enum dmsc_err build_key_sets(struct dmsc_sim *sim, const struct dmsci_sim_node *ota)
{
    json_t *list = json_object_get(ota->object, "keys");
    enum dmsc_err err = DMSC_OK;
    const char *number;
    json_t *entry;

    if (!json_is_object(list))
        return dmsci_sim_json_wrong(ota, "keys", "profile:type", "an object is wanted");
    json_object_foreach(list, number, entry)
    {
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, ota->file, where, entry };
        const char *digit = strlen(number) == 1 ? strchr("123456789ABCDEF", number[0]) : NULL;

        (void)snprintf(where, sizeof(where), "ota.keys.%.40s", number);
        if (digit == NULL)
            return dmsci_sim_json_wrong(&node, NULL, "profile:value",
                                        "a key set is 1 to F (TS 102 225 5.1.2)");
        err = build_keys(&node, &sim->ota->keys[digit - "123456789ABCDEF"]);
        if (err != DMSC_OK)
            return err;
    }
    return err;
}

/* "access": the keys that the scripts count as verified. */
static enum dmsc_err build_domain(const struct dmsci_sim_node *node, uint32_t *ret_domain)
{
    const json_t *list = json_object_get(node->object, "access");
    enum dmsc_err err = DMSC_OK;
    unsigned ref = 0;

    if (list != NULL && !json_is_array(list))
        return dmsci_sim_json_wrong(node, "access", "profile:type", "an array is wanted");
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);

        err = dmsci_sim_json_id(node, "access", json_is_string(text) ? json_string_value(text) : "",
                                2, &ref);
        if (err == DMSC_OK && dmsci_arr_key_bit((uint8_t)ref) < 0)
            err = dmsci_sim_json_wrong(node, "access", "profile:value",
                                       "no key reference of TS 102 221 9.5.1");
        if (err == DMSC_OK)
            *ret_domain |= (uint32_t)1 << dmsci_arr_key_bit((uint8_t)ref);
    }
    return err;
}

static enum dmsc_err build_application(struct dmsc_sim *sim, const struct dmsci_sim_node *node,
                                       struct dmsci_sim_ota_application *application)
{
    static const char *const known[] = {
        "application", "msl", "access", "refresh", "comment", NULL
    };
    const char *path = NULL;
    enum dmsc_err err = dmsci_sim_json_known(node, known);

    if (err == DMSC_OK)
        err = dmsci_sim_json_demand(node, "msl", 1, 1, &application->level, NULL);
    if (err == DMSC_OK)
        err = dmsci_sim_json_bool(node, "refresh", &application->refreshes);
    if (err == DMSC_OK)
        err = build_domain(node, &application->domain);
    if (err == DMSC_OK)
        err = dmsci_sim_json_text(node, "application", &path);
    if (err != DMSC_OK || path == NULL || strcmp(path, "3F00") == 0)
        return err;
    return dmsci_sim_json_adf(sim, node, "application", path, "3F00 or an ADF in files is wanted",
                              application->aid, &application->aid_n);
}

static enum dmsc_err build_applications(struct dmsc_sim *sim, const struct dmsci_sim_node *ota)
{
    json_t *list = json_object_get(ota->object, "applications");
    enum dmsc_err err = DMSC_OK;
    const char *tar;
    json_t *entry;

    if (!json_is_object(list) || json_object_size(list) > DMSCI_SIM_OTA_APPLICATIONS)
        return dmsci_sim_json_wrong(ota, "applications", "profile:type",
                                    "an object with at most %u TARs is wanted",
                                    DMSCI_SIM_OTA_APPLICATIONS);
    json_object_foreach(list, tar, entry)
    {
        struct dmsci_sim_ota_application *application =
            &sim->ota->applications[sim->ota->n_applications];
        char where[WHERE_MAX];
        const struct dmsci_sim_node node = { sim->ctx, ota->file, where, entry };
        unsigned value = 0;

        (void)snprintf(where, sizeof(where), "ota.applications.%.40s", tar);
        err = dmsci_sim_json_id(&node, NULL, tar, 6, &value);
        for (unsigned i = 0; i < 3; i++)
            application->tar[i] = (uint8_t)(value >> (8 * (2 - i)));
        if (err == DMSC_OK)
            err = build_application(sim, &node, application);
        if (err != DMSC_OK)
            return err;
        sim->ota->n_applications++;
    }
    return err;
}

enum dmsc_err dmsci_sim_ota_build(struct dmsc_sim *sim, const struct dmsci_sim_node *top)
{
    static const char *const known[] = { "keys", "applications", "comment", NULL };
    const struct dmsci_sim_node ota = { sim->ctx, top->file, "ota",
                                        json_object_get(top->object, "ota") };
    size_t most;
    enum dmsc_err err;

    if (ota.object == NULL)
        return DMSC_OK;
    err = dmsci_sim_json_known(&ota, known);
    if (err != DMSC_OK)
        return err;
    sim->ota = dmsci_alloc(sim->ctx, sizeof(*sim->ota));
    if (sim->ota == NULL)
        return DMSC_E_NOMEM;
    most = dmsc_ctx_limits(sim->ctx)->ota_packet_size;
    dmsc_buf_init(&sim->ota->packet, sim->ctx, most);
    dmsc_buf_init(&sim->ota->script, sim->ctx, most);
    dmsc_buf_init(&sim->ota->response, sim->ctx, most);
    dmsci_sms_join_init(&sim->ota->join, sim->ctx);
    err = build_key_sets(sim, &ota);
    return err == DMSC_OK ? build_applications(sim, &ota) : err;
}

void dmsci_sim_ota_free(struct dmsc_sim *sim)
{
    if (sim->ota == NULL)
        return;
    for (unsigned i = 0; i < DMSCI_SIM_OTA_KEY_SETS; i++) {
        dmsc_secret_clear(&sim->ota->keys[i].kic);
        dmsc_secret_clear(&sim->ota->keys[i].kid);
    }
    dmsci_sms_join_clear(&sim->ota->join);
    dmsc_buf_clear(&sim->ota->packet);
    dmsc_buf_clear(&sim->ota->script);
    dmsc_buf_clear(&sim->ota->response);
    dmsci_free(sim->ctx, sim->ota);
    sim->ota = NULL;
}

static enum dmsc_err put_keys(const struct dmsci_sim_ota *ota, struct dmsc_buf *out)
{
    enum dmsc_err err = DMSC_OK;
    bool first = true;

    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_SIM_OTA_KEY_SETS; i++) {
        const struct dmsci_sim_ota_keys *keys = &ota->keys[i];

        if (keys->kid.n == 0)
            continue;
        err = dmsci_buf_printf(out, "%s\n      \"%X\": {\"counter\": \"%010llX\"", first ? "" : ",",
                               i + 1, (unsigned long long)keys->counter);
        if (err == DMSC_OK && keys->algorithm != DMSCI_SIM_OTA_ANY)
            err = dmsci_buf_printf(out, ", \"algorithm\": \"%s\"",
                                   keys->algorithm == DMSCI_SIM_OTA_AES ? "aes" : "des");
        if (err == DMSC_OK)
            err = dmsci_sim_put_bytes(out, "kic", dmsc_secret_bytes(&keys->kic));
        if (err == DMSC_OK)
            err = dmsci_sim_put_bytes(out, "kid", dmsc_secret_bytes(&keys->kid));
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(out, '}');
        first = false;
    }
    return err;
}

static enum dmsc_err put_application(const struct dmsc_sim *sim,
                                     const struct dmsci_sim_ota_application *a, const char *path,
                                     struct dmsc_buf *out)
{
    const char *separator = "";
    enum dmsc_err err = dmsci_buf_printf(
        out,
        "\"%02X%02X%02X\": {\"application\": \"%s\", \"msl\": \"%02X\", \"refresh\": %s, "
        "\"access\": [",
        a->tar[0], a->tar[1], a->tar[2], path, a->level, a->refreshes ? "true" : "false");

    (void)sim;
    for (unsigned ref = 0; err == DMSC_OK && ref <= 0xFF; ref++) {
        int bit = dmsci_arr_key_bit((uint8_t)ref);

        if (bit < 0 || (a->domain >> bit & 1) == 0)
            continue;
        err = dmsci_buf_printf(out, "%s\"%02X\"", separator, ref);
        separator = ", ";
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "]}") : err;
}

enum dmsc_err dmsci_sim_ota_dump(const struct dmsc_sim *sim, struct dmsc_buf *out)
{
    bool first = true;
    enum dmsc_err err;

    if (sim->ota == NULL)
        return DMSC_OK;
    err = dmsc_buf_append_str(out, "  \"ota\": {\n    \"keys\": {");
    if (err == DMSC_OK)
        err = put_keys(sim->ota, out);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(out, "\n    },\n    \"applications\": {");
    for (unsigned i = 0; err == DMSC_OK && i < sim->ota->n_applications; i++) {
        const struct dmsci_sim_ota_application *a = &sim->ota->applications[i];
        char path[DMSCI_SIM_PATH_TEXT] = "3F00";

        if (a->aid_n > 0 &&
            !dmsci_sim_path_of_aid(sim, dmsc_bytes(a->aid, a->aid_n), path, sizeof(path)))
            continue; /* its ADF was deleted */
        err = dmsc_buf_append_str(out, first ? "\n      " : ",\n      ");
        if (err == DMSC_OK)
            err = put_application(sim, a, path, out);
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "\n    }\n  },\n") : err;
}
