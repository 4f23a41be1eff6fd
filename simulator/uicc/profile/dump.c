/* SPDX-License-Identifier: Apache-2.0 */
/* A card as a profile, written so that reading it gives the same card. */
#include "simulator/uicc/card.h"

static const char *const type_names[] = { "df",           "adf",    "transparent",
                                          "linear-fixed", "cyclic", "ber-tlv" };

/* JSON text (RFC 8259 clause 7). What came from jansson is valid UTF-8. */
static enum dmsc_err put_text(struct dmsc_buf *out, struct dmsc_bytes text)
{
    enum dmsc_err err = dmsc_buf_append_u8(out, '"');

    for (size_t i = 0; err == DMSC_OK && i < text.n; i++) {
        if (text.p[i] < 0x20)
            err = dmsci_buf_printf(out, "\\u%04X", text.p[i]);
        else if (text.p[i] == '"' || text.p[i] == '\\')
            err = dmsci_buf_printf(out, "\\%c", text.p[i]);
        else
            err = dmsc_buf_append_u8(out, text.p[i]);
    }
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '"') : err;
}

static enum dmsc_err put_hex(struct dmsc_buf *out, struct dmsc_bytes bytes)
{
    uint8_t *to;
    enum dmsc_err err = dmsc_buf_reserve(out, 2 * bytes.n + 2, &to);

    if (err != DMSC_OK)
        return err;
    to[0] = '"';
    dmsc_hex_encode(bytes, (char *)to + 1);
    to[2 * bytes.n + 1] = '"';
    dmsc_buf_commit(out, 2 * bytes.n + 2);
    return DMSC_OK;
}

/* ", "KEY": "HEX"" unless there is nothing. */
static enum dmsc_err put_slice(struct dmsc_buf *out, const struct dmsci_sim_fs *fs, const char *key,
                               struct dmsci_sim_slice slice, bool as_text)
{
    enum dmsc_err err;

    if (slice.n == 0)
        return DMSC_OK;
    err = dmsci_buf_printf(out, ", \"%s\": ", key);
    if (err != DMSC_OK)
        return err;
    return as_text ? put_text(out, dmsci_sim_fs_slice(fs, slice))
                   : put_hex(out, dmsci_sim_fs_slice(fs, slice));
}

/* What is FF at the end need not be said. */
static struct dmsc_bytes trimmed(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0xFF)
        n--;
    return dmsc_bytes(p, n);
}

static enum dmsc_err put_records(struct dmsc_buf *out, const struct dmsci_sim_fs *fs,
                                 const struct dmsci_sim_file *file)
{
    unsigned last = file->records;
    enum dmsc_err err = DMSC_OK;

    while (last > 0 && trimmed(dmsci_sim_fs_record(fs, file, last), file->record_length).n == 0)
        last--;
    if (last == 0)
        return DMSC_OK;
    err = dmsc_buf_append_str(out, ", \"content\": [");
    for (unsigned i = 1; err == DMSC_OK && i <= last; i++) {
        err = dmsc_buf_append_str(out, i > 1 ? ", " : "");
        if (err == DMSC_OK)
            err = put_hex(out, trimmed(dmsci_sim_fs_record(fs, file, i), file->record_length));
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "]") : err;
}

static enum dmsc_err put_content(struct dmsc_buf *out, const struct dmsci_sim_fs *fs,
                                 const struct dmsci_sim_file *file)
{
    struct dmsc_bytes content;
    enum dmsc_err err;

    if (dmsci_sim_file_has_records(file)) {
        err = dmsci_buf_printf(out, ", \"records\": %u, \"record_length\": %u", file->records,
                               file->record_length);
        return err == DMSC_OK ? put_records(out, fs, file) : err;
    }
    content = trimmed(fs->content + file->content, file->size);
    if (file->kind == DMSCI_SIM_BER_TLV)
        content.n = dmsci_sim_tlv_sound(dmsc_bytes(fs->content + file->content, file->size));
    err = dmsci_buf_printf(out, ", \"size\": %lu", (unsigned long)file->size);
    if (err == DMSC_OK && content.n > 0)
        err = dmsc_buf_append_str(out, ", \"content\": ");
    return err == DMSC_OK && content.n > 0 ? put_hex(out, content) : err;
}

static enum dmsc_err put_ef(struct dmsc_buf *out, const struct dmsci_sim_fs *fs, unsigned index)
{
    const struct dmsci_sim_file *file = &fs->files[index];
    enum dmsc_err err = DMSC_OK;

    if (fs->info[index].sfi_how != DMSCI_SIM_SFI_FROM_FID)
        err = dmsci_buf_printf(out, ", \"sfi\": %u", file->sfi);
    return err == DMSC_OK ? put_content(out, fs, file) : err;
}

static enum dmsc_err put_key(struct dmsc_buf *out, const struct dmsc_sim *sim,
                             const struct dmsci_sim_key *key, bool first)
{
    enum dmsc_err err =
        dmsci_buf_printf(out, "%s\n    \"%02X\": {\"hex\": ", first ? "" : ",", key->ref);

    if (err == DMSC_OK)
        err = put_hex(out, dmsc_bytes(key->value, DMSCI_SIM_PIN_SIZE));
    if (err == DMSC_OK)
        err = put_slice(out, &sim->fs, "name", key->name, true);
    if (err == DMSC_OK)
        err = dmsci_buf_printf(
            out, ", \"tries\": %u, \"left\": %u, \"enabled\": %s, \"disable\": %s", key->tries,
            key->left, key->disabled ? "false" : "true", key->can_disable ? "true" : "false");
    if (err == DMSC_OK && key->replaced_by != 0)
        err = dmsci_buf_printf(out, ", \"replaced_by\": \"%02X\"", key->replaced_by);
    if (err == DMSC_OK && key->unblock_tries > 0) {
        err = dmsc_buf_append_str(out, ", \"unblock\": {\"hex\": ");
        if (err == DMSC_OK)
            err = put_hex(out, dmsc_bytes(key->unblock, DMSCI_SIM_PIN_SIZE));
        if (err == DMSC_OK)
            err = dmsci_buf_printf(out, ", \"tries\": %u, \"left\": %u}", key->unblock_tries,
                                   key->unblock_left);
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "}") : err;
}

/* The keys of an application; of the card with DMSCI_SIM_NO_FILE. */
static enum dmsc_err put_keys(struct dmsc_buf *out, const struct dmsc_sim *sim, uint16_t adf,
                              unsigned *ret_n)
{
    enum dmsc_err err = DMSC_OK;

    *ret_n = 0;
    for (unsigned i = 0; err == DMSC_OK && i < sim->n_keys; i++) {
        if (sim->keys[i].adf != adf)
            continue;
        if (*ret_n == 0 && adf != DMSCI_SIM_NO_FILE)
            err = dmsc_buf_append_str(out, ", \"pins\": {");
        if (err == DMSC_OK)
            err = put_key(out, sim, &sim->keys[i], *ret_n == 0);
        (*ret_n)++;
    }
    return err == DMSC_OK && *ret_n > 0 && adf != DMSCI_SIM_NO_FILE ? dmsc_buf_append_u8(out, '}')
                                                                    : err;
}

static enum dmsc_err put_df(struct dmsc_buf *out, const struct dmsc_sim *sim, unsigned index)
{
    const struct dmsci_sim_fs *fs = &sim->fs;
    unsigned n_keys;
    const struct dmsci_sim_file_info *info = &fs->info[index];
    enum dmsc_err err = put_slice(out, fs, "aid", info->aid, false);

    if (err == DMSC_OK)
        err = put_slice(out, fs, "fci", info->answer, false);
    if (err == DMSC_OK && info->applet && info->answer.n == 0)
        err = dmsc_buf_append_str(out, ", \"fci\": \"\"");
    if (err == DMSC_OK && fs->files[index].kind == DMSCI_SIM_ADF)
        err = put_keys(out, sim, (uint16_t)index, &n_keys);
    if (err == DMSC_OK && info->fcp_without_fid)
        err = dmsc_buf_append_str(out, ", \"fcp_fid\": false");
    if (err != DMSC_OK || !info->keys_given)
        return err;
    err = dmsc_buf_append_str(out, ", \"pin_keys\": [");
    for (unsigned i = 0; err == DMSC_OK && i < info->n_keys; i++)
        err = dmsci_buf_printf(out, "%s\"%02X\"", i > 0 ? ", " : "", info->keys[i]);
    return err == DMSC_OK ? dmsc_buf_append_str(out, "]") : err;
}

/* "2F06:1", or by security environment "2F06:00=1,01=2". */
static enum dmsc_err put_reference(struct dmsc_buf *out, struct dmsc_bytes value)
{
    enum dmsc_err err = dmsci_buf_printf(out, ", \"arr\": \"%02X%02X:", value.p[0], value.p[1]);

    if (err == DMSC_OK && value.n == 3)
        err = dmsci_buf_printf(out, "%u", value.p[2]);
    for (size_t i = 2; err == DMSC_OK && value.n > 3 && i + 1 < value.n; i += 2)
        err = dmsci_buf_printf(out, "%s%02X=%u", i > 2 ? "," : "", value.p[i], value.p[i + 1]);
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '"') : err;
}

static enum dmsc_err put_security(struct dmsc_buf *out, const struct dmsci_sim_fs *fs,
                                  const struct dmsci_sim_file_info *info)
{
    struct dmsc_bytes value = dmsci_sim_fs_slice(fs, info->security);

    if (info->security_tag == 0x8B)
        return put_reference(out, value);
    return put_slice(out, fs, info->security_tag == 0x8C ? "compact" : "expanded", info->security,
                     false);
}

static enum dmsc_err put_file(struct dmsc_buf *out, const struct dmsc_sim *sim, unsigned index)
{
    const struct dmsci_sim_fs *fs = &sim->fs;
    const struct dmsci_sim_file_info *info = &fs->info[index];
    const struct dmsci_sim_file *file = &fs->files[index];
    char path[DMSCI_SIM_PATH_TEXT];
    enum dmsc_err err = dmsci_sim_fs_text(fs, index, path, sizeof(path));

    if (err == DMSC_OK)
        err = dmsci_buf_printf(out, "%s\n    \"%s\": {\"type\": \"%s\"", index > 0 ? "," : "", path,
                               type_names[file->kind]);
    if (err == DMSC_OK)
        err = put_slice(out, fs, "name", info->name, true);
    if (err == DMSC_OK)
        err = put_security(out, fs, info);
    if (err == DMSC_OK && file->life_cycle != 0x05)
        err = dmsci_buf_printf(out, ", \"life_cycle\": %u", file->life_cycle);
    if (err == DMSC_OK && info->not_shareable)
        err = dmsc_buf_append_str(out, ", \"shareable\": false");
    if (err == DMSC_OK)
        err = put_slice(out, fs, "proprietary", info->proprietary, false);
    if (err == DMSC_OK)
        err = dmsci_sim_file_is_df(file) ? put_df(out, sim, index) : put_ef(out, fs, index);
    return err == DMSC_OK ? dmsc_buf_append_str(out, "}") : err;
}

static enum dmsc_err put_proactive(struct dmsc_buf *out, const struct dmsc_sim *sim)
{
    struct dmsc_rd r = dmsc_rd(dmsc_buf_bytes(&sim->cat.commands));
    enum dmsc_err err = dmsc_buf_append_str(out, "  \"proactive\": [");
    bool first = true;

    while (err == DMSC_OK && r.n > 0 && !r.bad) {
        uint16_t n = dmsc_rd_u16(&r);

        err = dmsc_buf_append_str(out, first ? "" : ", ");
        if (err == DMSC_OK)
            err = put_hex(out, dmsc_rd_bytes(&r, n));
        first = false;
    }
    return err == DMSC_OK ? dmsc_buf_append_str(out, "],\n") : err;
}

static enum dmsc_err put_top(struct dmsc_buf *out, const struct dmsc_sim *sim, const char *origin,
                             uint32_t origin_crc)
{
    enum dmsc_err err = dmsc_buf_append_str(out, "{\n  \"name\": ");

    if (err == DMSC_OK)
        err = put_text(out, dmsc_buf_bytes(&sim->name));
    if (err == DMSC_OK && origin != NULL) {
        err = dmsci_buf_printf(out, ",\n  \"state_of\": {\"crc\": \"%08lX\", \"profile\": ",
                               (unsigned long)origin_crc);
        if (err == DMSC_OK)
            err = put_text(out, dmsc_bytes_str(origin));
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(out, "}");
    }
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(out, ",\n  \"atr\": ");
    if (err == DMSC_OK)
        err = put_hex(out, dmsc_buf_bytes(&sim->atr));
    if (err != DMSC_OK)
        return err;
    return dmsci_buf_printf(
        out, ",\n  \"protocol\": \"%s\",\n  \"lenient\": %s,\n  \"channels\": %u,\n",
        sim->profile_t1 ? "T=1" : "T=0", sim->profile_lenient ? "true" : "false", sim->n_channels);
}

enum dmsc_err dmsci_sim_dump_with(const struct dmsc_sim *sim, const char *origin,
                                  uint32_t origin_crc, struct dmsc_buf *ret_json)
{
    size_t before = ret_json->n;
    unsigned n_keys;
    enum dmsc_err err = put_top(ret_json, sim, origin, origin_crc);

    if (err == DMSC_OK && dmsci_sim_fs_rules_dangle(&sim->fs))
        err = dmsc_buf_append_str(ret_json, "  \"dangling_rules\": true,\n");
    if (err == DMSC_OK)
        err = put_proactive(ret_json, sim);
    if (err == DMSC_OK)
        err = dmsci_sim_auth_dump(sim, ret_json);
    if (err == DMSC_OK)
        err = dmsci_sim_keys_dump(sim, ret_json);
    if (err == DMSC_OK)
        err = dmsci_sim_ota_dump(sim, ret_json);
    if (err == DMSC_OK)
        err = dmsci_sim_toolkit_dump(sim, ret_json);
    if (err == DMSC_OK)
        err = dmsci_sim_scp03_dump(sim, ret_json);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_json, "  \"pins\": {");
    if (err == DMSC_OK)
        err = put_keys(ret_json, sim, DMSCI_SIM_NO_FILE, &n_keys);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_json, "\n  },\n  \"files\": {");
    for (unsigned i = 0; err == DMSC_OK && i < sim->fs.n_files; i++)
        err = put_file(ret_json, sim, i);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_json, "\n  }\n}\n");
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_json, before);
    return err;
}

enum dmsc_err dmsc_sim_dump(const struct dmsc_sim *sim, struct dmsc_buf *ret_json)
{
    return dmsci_sim_dump_with(sim, NULL, 0, ret_json);
}
