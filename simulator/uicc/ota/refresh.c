/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal is told what a script has changed: REFRESH, TS 102 223 clauses 6.4.7 and 8.18. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/ota/ota.h"

#define REFRESH_FILES 0x01u /* file change notification */
#define REFRESH_ALL   0x00u /* NAA initialisation and full file change notification */
#define LIST_MAX      200u

/* 8.18: the whole path; an ADF without identifier, or any ADF, is 7FFF. */
static void put_path(struct dmsc_wr *w, const struct dmsci_sim_fs *fs, uint16_t file)
{
    uint16_t chain[DMSCI_SIM_DEPTH_MAX];
    unsigned n = 0;

    for (uint16_t f = file; f != 0 && n < DMSCI_SIM_DEPTH_MAX; f = fs->files[f].parent)
        chain[n++] = f;
    dmsc_wr_u16(w, 0x3F00);
    while (n-- > 0)
        dmsc_wr_u16(w,
                    fs->files[chain[n]].kind == DMSCI_SIM_ADF ? 0x7FFF : fs->files[chain[n]].fid);
}

/* The one ADF that 7FFF stands for. @return false: there are two */
static bool common_adf(const struct dmsci_sim_fs *fs, const struct dmsci_sim_ota_run *run,
                       unsigned *ret_adf)
{
    *ret_adf = DMSCI_SIM_NO_FILE;
    for (unsigned i = 0; i < run->n_changed; i++) {
        unsigned adf = dmsci_sim_fs_adf_of(fs, run->changed[i]);

        if (adf == DMSCI_SIM_NO_FILE)
            continue;
        if (*ret_adf != DMSCI_SIM_NO_FILE && *ret_adf != adf)
            return false;
        *ret_adf = adf;
    }
    return true;
}

void dmsci_sim_ota_refresh(struct dmsc_sim *sim, const struct dmsci_sim_ota_run *run)
{
    uint8_t list[LIST_MAX], body[LIST_MAX + 48], command[DMSCI_SIM_COMMAND_MAX];
    struct dmsc_wr files = dmsc_wr(list, sizeof(list)), w = dmsc_wr(body, sizeof(body));
    unsigned adf = DMSCI_SIM_NO_FILE;
    bool listed = common_adf(&sim->fs, run, &adf) && !run->all_changed;
    uint8_t details[] = { dmsci_sim_command_number(sim), 0x01, REFRESH_ALL };
    static const uint8_t devices[] = { 0x81, 0x82 };

    dmsc_wr_u8(&files, (uint8_t)run->n_changed);
    for (unsigned i = 0; i < run->n_changed; i++)
        put_path(&files, &sim->fs, run->changed[i]);
    listed = listed && files.n <= sizeof(list);
    if (listed)
        details[2] = REFRESH_FILES;
    dmsci_ber_put(&w, 0x81, dmsc_bytes(details, sizeof(details)));
    dmsci_ber_put(&w, 0x82, dmsc_bytes(devices, sizeof(devices)));
    if (listed) {
        dmsci_ber_put(&w, 0x92, dmsc_bytes(list, files.n));
        if (adf != DMSCI_SIM_NO_FILE)
            dmsci_ber_put(&w, 0xAF, dmsci_sim_fs_slice(&sim->fs, sim->fs.info[adf].aid));
    }
    files = dmsc_wr(command, sizeof(command));
    dmsci_ber_put(&files, 0xD0, dmsc_bytes(body, w.n));
    if (dmsc_sim_queue(sim, dmsc_bytes(command, files.n)) != DMSC_OK)
        dmsci_log(sim->ctx, DMSC_LOG_WARN, "ota", "no room for a REFRESH");
}
