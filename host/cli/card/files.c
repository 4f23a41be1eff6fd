/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/card/files.h"
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
    { "3F00/7F10", "DF.TELECOM", false },
    { "3F00/7F10/6F06", "EF(ARR)", false },
    { "3F00/7F10/6F3A", "EF(ADN)", false },
    { "3F00/7F10/6F3C", "EF(SMS)", false },
    { "3F00/7F10/6F4A", "EF(EXT1)", false },
    { "3F00/7F10/6F54", "EF(SUME)", false },
    { "3F00/7F10/5F50", "DF.GRAPHICS", false },
    { "3F00/7F10/5F50/4F20", "EF(IMG)", false },
    { "3F00/7F10/5F3A", "DF.PHONEBOOK", false },
    { "3F00/7F10/5F3A/4F30", "EF(PBR)", false },
    { "3F00/7F20", "DF.GSM", false },
    { "3F00/7F25", "DF.CDMA", false },
    { "USIM", "ADF.USIM", false },
    { "USIM/6F05", "EF(LI)", false },
    { "USIM/6F06", "EF(ARR)", false },
    { "USIM/6F07", "EF(IMSI)", false },
    { "USIM/6F08", "EF(Keys)", true },
    { "USIM/6F09", "EF(KeysPS)", true },
    { "USIM/6F31", "EF(HPPLMN)", false },
    { "USIM/6F32", "EF(CNL)", false },
    { "USIM/6F37", "EF(ACMmax)", false },
    { "USIM/6F38", "EF(UST)", false },
    { "USIM/6F39", "EF(ACM)", false },
    { "USIM/6F3B", "EF(FDN)", false },
    { "USIM/6F3C", "EF(SMS)", false },
    { "USIM/6F3E", "EF(GID1)", false },
    { "USIM/6F3F", "EF(GID2)", false },
    { "USIM/6F40", "EF(MSISDN)", false },
    { "USIM/6F41", "EF(PUCT)", false },
    { "USIM/6F42", "EF(SMSP)", false },
    { "USIM/6F43", "EF(SMSS)", false },
    { "USIM/6F45", "EF(CBMI)", false },
    { "USIM/6F46", "EF(SPN)", false },
    { "USIM/6F47", "EF(SMSR)", false },
    { "USIM/6F48", "EF(CBMID)", false },
    { "USIM/6F49", "EF(SDN)", false },
    { "USIM/6F4B", "EF(EXT2)", false },
    { "USIM/6F4C", "EF(EXT3)", false },
    { "USIM/6F4D", "EF(BDN)", false },
    { "USIM/6F4E", "EF(EXT5)", false },
    { "USIM/6F4F", "EF(CCP2)", false },
    { "USIM/6F50", "EF(CBMIR)", false },
    { "USIM/6F55", "EF(EXT4)", false },
    { "USIM/6F56", "EF(EST)", false },
    { "USIM/6F57", "EF(ACL)", false },
    { "USIM/6F58", "EF(CMI)", false },
    { "USIM/6F5B", "EF(START-HFN)", false },
    { "USIM/6F5C", "EF(THRESHOLD)", false },
    { "USIM/6F60", "EF(PLMNwAcT)", false },
    { "USIM/6F61", "EF(OPLMNwAcT)", false },
    { "USIM/6F62", "EF(HPLMNwAcT)", false },
    { "USIM/6F73", "EF(PSLOCI)", false },
    { "USIM/6F78", "EF(ACC)", false },
    { "USIM/6F7B", "EF(FPLMN)", false },
    { "USIM/6F7E", "EF(LOCI)", false },
    { "USIM/6F80", "EF(ICI)", false },
    { "USIM/6F81", "EF(OCI)", false },
    { "USIM/6F82", "EF(ICT)", false },
    { "USIM/6F83", "EF(OCT)", false },
    { "USIM/6FAD", "EF(AD)", false },
    { "USIM/6FB5", "EF(eMLPP)", false },
    { "USIM/6FB6", "EF(AAeM)", false },
    { "USIM/6FB7", "EF(ECC)", false },
    { "USIM/6FC3", "EF(Hiddenkey)", true },
    { "USIM/6FC4", "EF(NETPAR)", false },
    { "USIM/6FC5", "EF(PNN)", false },
    { "USIM/6FC6", "EF(OPL)", false },
    { "USIM/6FC7", "EF(MBDN)", false },
    { "USIM/6FC8", "EF(EXT6)", false },
    { "USIM/6FC9", "EF(MBI)", false },
    { "USIM/6FCA", "EF(MWIS)", false },
    { "USIM/6FCB", "EF(CFIS)", false },
    { "USIM/6FCC", "EF(EXT7)", false },
    { "USIM/6FCD", "EF(SPDI)", false },
    { "USIM/6FCE", "EF(MMSN)", false },
    { "USIM/6FCF", "EF(EXT8)", false },
    { "USIM/6FD0", "EF(MMSICP)", false },
    { "USIM/6FD1", "EF(MMSUP)", false },
    { "USIM/6FD2", "EF(MMSUCP)", false },
    { "USIM/6FD3", "EF(NIA)", false },
    { "USIM/6FD6", "EF(GBABP)", false },
    { "USIM/6FD7", "EF(MSK)", false },
    { "USIM/6FD8", "EF(MUK)", false },
    { "USIM/6FD9", "EF(EHPLMN)", false },
    { "USIM/6FDA", "EF(GBANL)", false },
    { "USIM/6FDB", "EF(EHPLMNPI)", false },
    { "USIM/6FDC", "EF(LRPLMNSI)", false },
    { "USIM/6FDD", "EF(NAFKCA)", false },
    { "USIM/6FDE", "EF(SPNI)", false },
    { "USIM/6FDF", "EF(PNNI)", false },
    { "USIM/6FE2", "EF(NCP-IP)", false },
    { "USIM/6FE3", "EF(EPSLOCI)", false },
    { "USIM/6FE4", "EF(EPSNSC)", true },
    { "USIM/6FE6", "EF(UFC)", false },
    { "USIM/6FE7", "EF(UICCIARI)", false },
    { "USIM/6FE8", "EF(NASCONFIG)", false },
    { "USIM/6FEC", "EF(PWS)", false },
    { "USIM/6FED", "EF(FDNURI)", false },
    { "USIM/6FEE", "EF(BDNURI)", false },
    { "USIM/6FEF", "EF(SDNURI)", false },
    { "USIM/6FF1", "EF(IPS)", false },
    { "USIM/6FF3", "EF(ePDGId)", false },
    { "USIM/5F3B", "DF.GSM-ACCESS", false },
    { "USIM/5F3B/4F20", "EF(Kc)", true },
    { "USIM/5F3B/4F52", "EF(KcGPRS)", true },
    { "USIM/5F3B/4F63", "EF(CPBCCH)", false },
    { "USIM/5F3B/4F64", "EF(InvScan)", false },
    { "USIM/5F3A", "DF.PHONEBOOK", false },
    { "USIM/5F3A/4F30", "EF(PBR)", false },
    { "USIM/5FC0", "DF.5GS", false },
    { "USIM/5FC0/4F01", "EF(5GS3GPPLOCI)", false },
    { "USIM/5FC0/4F02", "EF(5GSN3GPPLOCI)", false },
    { "USIM/5FC0/4F03", "EF(5GS3GPPNSC)", true },
    { "USIM/5FC0/4F04", "EF(5GSN3GPPNSC)", true },
    { "USIM/5FC0/4F05", "EF(5GAUTHKEYS)", true },
    { "USIM/5FC0/4F06", "EF(UAC_AIC)", false },
    { "USIM/5FC0/4F07", "EF(SUCI_Calc_Info)", false },
    { "USIM/5FC0/4F08", "EF(OPL5G)", false },
    { "USIM/5FC0/4F09", "EF(SUPI_NAI)", false },
    { "USIM/5FC0/4F0A", "EF(Routing_Indicator)", false },
    { "ISIM", "ADF.ISIM", false },
    { "ISIM/6F06", "EF(ARR)", false },
    { "ISIM/6F02", "EF(IMPI)", false },
    { "ISIM/6F03", "EF(DOMAIN)", false },
    { "ISIM/6F04", "EF(IMPU)", false },
    { "ISIM/6F07", "EF(IST)", false },
    { "ISIM/6F09", "EF(P-CSCF)", false },
    { "ISIM/6FAD", "EF(AD)", false },
    { "ISIM/6FD5", "EF(GBABP)", false },
    { "ISIM/6FD7", "EF(GBANL)", false },
    { "ISIM/6FDD", "EF(NAFKCA)", false },
    { "ISIM/6FE7", "EF(UICCIARI)", false },
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

const char *cli_file_short_name(const struct cli_file *file, char ret_name[32])
{
    const char *at = file->name;

    if (strncmp(at, "EF(", 3) == 0 || strncmp(at, "EF.", 3) == 0)
        at += 3;
    (void)snprintf(ret_name, 32, "%s", at);
    ret_name[strcspn(ret_name, ")")] = '\0';
    return ret_name;
}

/* "USIM/IMSI", "IMSI": the name behind the application, or of whichever file has it first. */
static bool has_name(const struct cli_file *file, const char *typed)
{
    const char *slash = strrchr(typed, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - typed);
    char name[32];

    if (strcasecmp(cli_file_short_name(file, name), slash == NULL ? typed : slash + 1) != 0)
        return false;
    return slash == NULL ||
           (strncasecmp(file->path, typed, folder) == 0 && file->path[folder] == '/' &&
            strchr(file->path + folder + 1, '/') == NULL);
}

enum dmsc_err cli_file_parse(struct cli *cli, const char *path, struct cli_file *ret_file)
{
    const struct cli_file *named = NULL;

    *ret_file = (struct cli_file){ path, "", false };
    for (const struct cli_file *f = cli_files; f->path != NULL; f++) {
        if (strcasecmp(f->path, path) == 0) {
            *ret_file = *f;
            return DMSC_OK;
        }
        if (named == NULL && has_name(f, path))
            named = f;
    }
    if (named != NULL)
        *ret_file = *named;
    if (path[0] != '\0' && strlen(path) < 200)
        return DMSC_OK;
    return cli_fail(cli, DMSC_E_ARG, "find the file", "a path is wanted",
                    "dmsc card read 3F00/2FE2");
}

struct dmsc_bytes cli_file_folder(const struct cli_file *file, uint8_t *p, size_t size)
{
    struct dmsc_wr w = dmsc_wr(p, size);
    const char *at = file->path, *slash;

    if (strncasecmp(at, "3F00", 4) != 0)
        dmsc_wr_u16(&w, 0x7FFF);
    /* Segments between the first and the last. */
    at = strchr(at, '/');
    while (at != NULL && (slash = strchr(at + 1, '/')) != NULL) {
        dmsc_wr_u16(&w, (uint16_t)strtoul(at + 1, NULL, 16));
        at = slash;
    }
    if (strchr(file->path, '/') == NULL) /* the MF's and an ADF's own rules are under the MF */
        w = dmsc_wr(p, size);
    return dmsc_bytes(p, w.bad ? 0 : w.n);
}

static enum dmsc_err bad_path(struct cli *cli)
{
    return cli_fail(cli, DMSC_E_ARG, "find the file",
                    "a path is identifiers of four hex digits between slashes, from 3F00, an "
                    "application's name or its AID; or the name of a standard file",
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
