/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/files.h"
#include <ctype.h>
#include <dmsc/efdir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* TS 102 221 clause 13, TS 31.102 clauses 4.2 and 4.4, PKCS#15 v1.1 clause 5.5, and
 * docs/card-application.md. */
const struct cli_file cli_files[] = {
    { "3F00", "MF", false },
    { "3F00/2F00", "EF(DIR)", false },
    { "3F00/2F05", "EF(PL)", false },
    { "3F00/2F06", "EF(ARR)", false },
    { "3F00/2F08", "EF(UMPC)", false },
    { "3F00/2FE2", "EF(ICCID)", false },
    { "USIM", "ADF.USIM", false },
    { "USIM/6F05", "EF(LI)", false },
    { "USIM/6F06", "EF(ARR)", false },
    { "USIM/6F07", "EF(IMSI)", false },
    { "USIM/6F08", "EF(Keys)", true },
    { "USIM/6F09", "EF(KeysPS)", true },
    { "USIM/6F31", "EF(HPPLMN)", false },
    { "USIM/6F38", "EF(UST)", false },
    { "USIM/6F40", "EF(MSISDN)", false },
    { "USIM/6F42", "EF(SMSP)", false },
    { "USIM/6F46", "EF(SPN)", false },
    { "USIM/6F56", "EF(EST)", false },
    { "USIM/6F5B", "EF(START-HFN)", false },
    { "USIM/6F5C", "EF(THRESHOLD)", false },
    { "USIM/6F60", "EF(PLMNwAcT)", false },
    { "USIM/6F73", "EF(PSLOCI)", false },
    { "USIM/6F78", "EF(ACC)", false },
    { "USIM/6F7B", "EF(FPLMN)", false },
    { "USIM/6F7E", "EF(LOCI)", false },
    { "USIM/6FAD", "EF(AD)", false },
    { "USIM/6FB7", "EF(ECC)", false },
    { "USIM/6FC4", "EF(NETPAR)", false },
    { "USIM/6FE3", "EF(EPSLOCI)", false },
    { "PKCS15", "PKCS#15", false },
    { "PKCS15/5031", "EF(ODF)", false },
    { "PKCS15/5032", "EF(TokenInfo)", false },
    { "PKCS15/4404", "EF(CDF)", false },
    { "PKCS15/4405", "EF(CDF-trusted)", false },
    { "PKCS15/6430", "EF(DODF)", false },
    { "PKCS15/6431", "EF(DM_Bootstrap)", false },
    { "DMSC", "ADF.DMSC", false },
    { "DMSC/6F06", "EF(ARR)", false },
    { "DMSC/6F01", "EF.DMHDR", false },
    { "DMSC/6F02", "EF.DMMALA", false },
    { "DMSC/6F03", "EF.DMMALB", false },
    { "DMSC/6F04", "EF.DMMOXA", false },
    { "DMSC/6F05", "EF.DMMOXB", false },
    { "DMSC/6F10", "EF.DMPOOL0", false },
    { "DMSC/6F11", "EF.DMPOOL1", true },
    { "DMSC/6F20", "EF.DMPSK", true },
    { "DMSC/6F21", "EF.DMDEV", false },
    { "DMSC/6F30", "EF.DMBLOB", false },
    { "DMSC/5031", "EF(ODF)", false },
    { "DMSC/5032", "EF(TokenInfo)", false },
    { "DMSC/4404", "EF(CDF)", false },
    { "DMSC/4405", "EF(CDF-trusted)", false },
    { "DMSC/6430", "EF(DODF)", false },
    { "DMSC/4551", "EF.CERT1", false },
    { "DMSC/4552", "EF.CERT2", false },
    { "DMSC/4553", "EF.CERT3", false },
    { "DMSC/4554", "EF.CERT4", false },
    { NULL, NULL, false },
};

static const struct {
    const char *name;
    const char *aid; /* hex; a USIM by the seven bytes that all share (TS 101 220 annex E) */
} applications[] = {
    { "USIM", "A0000000871002" },
    { "ISIM", "A0000000871004" },
    { "PKCS15", "A000000063504B43532D3135" },
    { "DMSC", "F0444D53432D554943430100" },
};

enum dmsc_err cli_file_parse(struct cli *cli, const char *path, struct cli_file *ret_file)
{
    *ret_file = (struct cli_file){ path, "", false };
    for (const struct cli_file *f = cli_files; f->path != NULL; f++) {
        if (strcasecmp(f->path, path) == 0)
            *ret_file = *f;
    }
    if (path[0] != '\0' && strlen(path) < 200)
        return DMSC_OK;
    return cli_fail(cli, DMSC_E_ARG, "find the file", "a path is wanted",
                    "dmsc card read 3F00/2FE2");
}

static enum dmsc_err bad_path(struct cli *cli)
{
    return cli_fail(cli, DMSC_E_ARG, "find the file",
                    "a path is identifiers of four hex digits between slashes, from 3F00, an "
                    "application's name or its AID",
                    "dmsc card read USIM/6F07");
}

/* First segment: MF, an application by name, or an AID in hex. */
static enum dmsc_err select_start(struct cli *cli, const char *segment, size_t n,
                                  struct dmsc_buf *ret_fcp)
{
    char text[33];
    struct dmsc_buf aid;
    enum dmsc_err err;

    if (n == 4 && strncasecmp(segment, "3F00", 4) == 0)
        return dmsc_uicc_select_fid(cli->uicc, 0x3F00, ret_fcp);
    for (size_t i = 0; i < sizeof(applications) / sizeof(applications[0]); i++) {
        if (strlen(applications[i].name) == n &&
            strncasecmp(applications[i].name, segment, n) == 0) {
            segment = applications[i].aid;
            n = strlen(segment);
        }
    }
    if (n < 10 || n > 32)
        return bad_path(cli);
    (void)snprintf(text, sizeof(text), "%.*s", (int)n, segment);
    dmsc_buf_init(&aid, cli->ctx, 16);
    err = dmsc_hex_decode(text, &aid);
    if (err == DMSC_OK)
        err = dmsc_uicc_select_aid(cli->uicc, dmsc_buf_bytes(&aid), ret_fcp);
    else
        err = bad_path(cli);
    dmsc_buf_clear(&aid);
    return err;
}

enum dmsc_err cli_file_select(struct cli *cli, const struct cli_file *file,
                              struct dmsc_buf *ret_fcp)
{
    const char *at = file->path;
    size_t n = strcspn(at, "/");
    enum dmsc_err err = select_start(cli, at, n, ret_fcp);

    for (at += n; err == DMSC_OK && *at == '/'; at += n) {
        char *end;
        unsigned long fid = strtoul(++at, &end, 16);

        n = strcspn(at, "/");
        if (n != 4 || end != at + 4 || !isxdigit((unsigned char)at[0]))
            return bad_path(cli);
        err = dmsc_uicc_select_fid(cli->uicc, (uint16_t)fid, ret_fcp);
    }
    return err;
}
