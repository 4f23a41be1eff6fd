/* SPDX-License-Identifier: Apache-2.0 */
/* Files by identifier: TS 102 221 clause 13, TS 31.102 clauses 4.2 and 4.4, PKCS#15 v1.1 clause
 * 5.5, docs/card-application.md. */
#include "apdu/base/compiler.h"
#include "apdu/trace/private.h"

static const struct {
    uint8_t adf;
    uint16_t fid;
    char name[20];
} files[] = {
    { DMSCI_TRACE_ADF_NONE, 0x3F00, "MF" },
    { DMSCI_TRACE_ADF_NONE, 0x7FFF, "the current ADF" },
    { DMSCI_TRACE_ADF_NONE, 0x2F00, "EF(DIR)" },
    { DMSCI_TRACE_ADF_NONE, 0x2F05, "EF(PL)" },
    { DMSCI_TRACE_ADF_NONE, 0x2F06, "EF(ARR)" },
    { DMSCI_TRACE_ADF_NONE, 0x2F08, "EF(UMPC)" },
    { DMSCI_TRACE_ADF_NONE, 0x2FE2, "EF(ICCID)" },
    { DMSCI_TRACE_ADF_NONE, 0x7F10, "DF(TELECOM)" },
    { DMSCI_TRACE_ADF_NONE, 0x7F20, "DF(GSM)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F05, "EF(LI)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F06, "EF(ARR)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F07, "EF(IMSI)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F08, "EF(Keys)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F09, "EF(KeysPS)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F31, "EF(HPPLMN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F38, "EF(UST)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F3B, "EF(FDN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F3C, "EF(SMS)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F40, "EF(MSISDN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F42, "EF(SMSP)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F43, "EF(SMSS)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F46, "EF(SPN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F56, "EF(EST)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F5B, "EF(START-HFN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F5C, "EF(THRESHOLD)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F60, "EF(PLMNwAcT)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F61, "EF(OPLMNwACT)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F62, "EF(HPLMNwAcT)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F73, "EF(PSLOCI)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F78, "EF(ACC)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F7B, "EF(FPLMN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6F7E, "EF(LOCI)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FAD, "EF(AD)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FB7, "EF(ECC)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FC4, "EF(NETPAR)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FC5, "EF(PNN)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FC6, "EF(OPL)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FE3, "EF(EPSLOCI)" },
    { DMSCI_TRACE_ADF_USIM, 0x6FE4, "EF(EPSNSC)" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F01, "EF.DMHDR" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F02, "EF.DMMALA" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F03, "EF.DMMALB" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F04, "EF.DMMOXA" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F05, "EF.DMMOXB" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F06, "EF(ARR)" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F10, "EF.DMPOOL0" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F11, "EF.DMPOOL1" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F20, "EF.DMPSK" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F21, "EF.DMDEV" },
    { DMSCI_TRACE_ADF_DMSC, 0x6F30, "EF.DMBLOB" },
    { DMSCI_TRACE_ADF_PKCS15, 0x4404, "EF(CDF)" },
    { DMSCI_TRACE_ADF_PKCS15, 0x4405, "EF(CDF-trusted)" },
    { DMSCI_TRACE_ADF_PKCS15, 0x5031, "EF(ODF)" },
    { DMSCI_TRACE_ADF_PKCS15, 0x5032, "EF(TokenInfo)" },
    { DMSCI_TRACE_ADF_PKCS15, 0x6430, "EF(DODF)" },
    { DMSCI_TRACE_ADF_PKCS15, 0x6431, "EF(DM_Bootstrap)" },
};

const char *dmsci_trace_file(enum dmsci_trace_adf adf, uint16_t fid)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(files); i++) {
        bool here = files[i].adf == DMSCI_TRACE_ADF_NONE || files[i].adf == (uint8_t)adf ||
                    /* the DM application has PKCS#15 files of its own */
                    (files[i].adf == DMSCI_TRACE_ADF_PKCS15 && adf == DMSCI_TRACE_ADF_DMSC);

        if (here && files[i].fid == fid)
            return files[i].name;
    }
    return NULL;
}

enum dmsci_trace_adf dmsci_trace_adf(struct dmsc_bytes aid)
{
    static const struct {
        uint8_t aid[7];
        uint8_t adf;
    } applications[] = {
        { { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 }, DMSCI_TRACE_ADF_USIM },
        { { 0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B }, DMSCI_TRACE_ADF_PKCS15 },
        { { 0xF0, 0x44, 0x4D, 0x53, 0x43, 0x2D, 0x55 }, DMSCI_TRACE_ADF_DMSC },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(applications); i++) {
        if (aid.n >= 7 &&
            dmsc_bytes_equal(dmsc_bytes(aid.p, 7), dmsc_bytes(applications[i].aid, 7)))
            return (enum dmsci_trace_adf)applications[i].adf;
    }
    return DMSCI_TRACE_ADF_NONE;
}
