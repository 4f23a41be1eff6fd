/* SPDX-License-Identifier: Apache-2.0 */
#include "host/wbxml/pages.h"
#include "apdu/base/ctx.h"
#include <stddef.h>
#include <string.h>

#define UNKNOWN 1 /* WBXML 7.2: unknown or missing public identifier */

/* clang-format off */
/* SREP 8, page 0. 30 is reserved. */
#define SYNCML(X, p) \
    X(p, 05, "Add") X(p, 06, "Alert") X(p, 07, "Archive") X(p, 08, "Atomic") X(p, 09, "Chal") \
    X(p, 0A, "Cmd") X(p, 0B, "CmdID") X(p, 0C, "CmdRef") X(p, 0D, "Copy") X(p, 0E, "Cred") \
    X(p, 0F, "Data") \
    X(p, 10, "Delete") X(p, 11, "Exec") X(p, 12, "Final") X(p, 13, "Get") X(p, 14, "Item") \
    X(p, 15, "Lang") X(p, 16, "LocName") X(p, 17, "LocURI") X(p, 18, "Map") X(p, 19, "MapItem") \
    X(p, 1A, "Meta") X(p, 1B, "MsgID") X(p, 1C, "MsgRef") X(p, 1D, "NoResp") \
    X(p, 1E, "NoResults") X(p, 1F, "Put") \
    X(p, 20, "Replace") X(p, 21, "RespURI") X(p, 22, "Results") X(p, 23, "Search") \
    X(p, 24, "Sequence") X(p, 25, "SessionID") X(p, 26, "SftDel") X(p, 27, "Source") \
    X(p, 28, "SourceRef") X(p, 29, "Status") X(p, 2A, "Sync") X(p, 2B, "SyncBody") \
    X(p, 2C, "SyncHdr") X(p, 2D, "SyncML") X(p, 2E, "Target") X(p, 2F, "TargetRef") \
    X(p, 31, "VerDTD") X(p, 32, "VerProto") X(p, 33, "NumberOfChanges") X(p, 34, "MoreData") \
    X(p, 35, "Field") X(p, 36, "Filter") X(p, 37, "Record") X(p, 38, "FilterType") \
    X(p, 39, "SourceParent") X(p, 3A, "TargetParent") X(p, 3B, "Move") X(p, 3C, "Correlator")

/* SREP 8, page 1. */
#define METINF(X, p) \
    X(p, 05, "Anchor") X(p, 06, "EMI") X(p, 07, "Format") X(p, 08, "FreeID") X(p, 09, "FreeMem") \
    X(p, 0A, "Last") X(p, 0B, "Mark") X(p, 0C, "MaxMsgSize") X(p, 0D, "Mem") X(p, 0E, "MetInf") \
    X(p, 0F, "Next") \
    X(p, 10, "NextNonce") X(p, 11, "SharedMem") X(p, 12, "Size") X(p, 13, "Type") \
    X(p, 14, "Version") X(p, 15, "MaxObjSize") X(p, 16, "FieldLevel")

/* TND 10, page 2. The clause prints 37 and 38 with a small v; the elements have a capital. */
#define DDF(X, p) \
    X(p, 05, "AccessType") X(p, 06, "ACL") X(p, 07, "Add") X(p, 08, "b64") X(p, 09, "bin") \
    X(p, 0A, "bool") X(p, 0B, "chr") X(p, 0C, "CaseSense") X(p, 0D, "CIS") X(p, 0E, "Copy") \
    X(p, 0F, "CS") \
    X(p, 10, "date") X(p, 11, "DDFName") X(p, 12, "DefaultValue") X(p, 13, "Delete") \
    X(p, 14, "Description") X(p, 15, "DFFormat") X(p, 16, "DFProperties") X(p, 17, "DFTitle") \
    X(p, 18, "DFType") X(p, 19, "Dynamic") X(p, 1A, "Exec") X(p, 1B, "float") X(p, 1C, "Format") \
    X(p, 1D, "Get") X(p, 1E, "int") X(p, 1F, "Man") \
    X(p, 20, "MgmtTree") X(p, 21, "MIME") X(p, 22, "Mod") X(p, 23, "Name") X(p, 24, "Node") \
    X(p, 25, "node") X(p, 26, "NodeName") X(p, 27, "null") X(p, 28, "Occurrence") \
    X(p, 29, "One") X(p, 2A, "OneOrMore") X(p, 2B, "OneOrN") X(p, 2C, "Path") \
    X(p, 2D, "Permanent") X(p, 2E, "Replace") X(p, 2F, "RTProperties") \
    X(p, 30, "Scope") X(p, 31, "Size") X(p, 32, "time") X(p, 33, "Title") X(p, 34, "TStamp") \
    X(p, 35, "Type") X(p, 36, "Value") X(p, 37, "VerDTD") X(p, 38, "VerNo") X(p, 39, "xml") \
    X(p, 3A, "ZeroOrMore") X(p, 3B, "ZeroOrN") X(p, 3C, "ZeroOrOne")

/* DevInf, a document of its own, page 0. 2F is reserved; the rest behind 2A came with 1.2, which
 * gave 1C another name. */
#define DEVINF(X, p) \
    X(p, 05, "CTCap") X(p, 06, "CTType") X(p, 07, "DataStore") X(p, 08, "DataType") \
    X(p, 09, "DevID") X(p, 0A, "DevInf") X(p, 0B, "DevTyp") X(p, 0C, "DisplayName") \
    X(p, 0D, "DSMem") X(p, 0E, "Ext") X(p, 0F, "FwV") \
    X(p, 10, "HwV") X(p, 11, "Man") X(p, 12, "MaxGUIDSize") X(p, 13, "MaxID") X(p, 14, "MaxMem") \
    X(p, 15, "Mod") X(p, 16, "OEM") X(p, 17, "ParamName") X(p, 18, "PropName") X(p, 19, "Rx") \
    X(p, 1A, "Rx-Pref") X(p, 1B, "SharedMem") X(p, 1D, "SourceRef") X(p, 1E, "SwV") \
    X(p, 1F, "SyncCap") \
    X(p, 20, "SyncType") X(p, 21, "Tx") X(p, 22, "Tx-Pref") X(p, 23, "ValEnum") \
    X(p, 24, "VerCT") X(p, 25, "VerDTD") X(p, 26, "XNam") X(p, 27, "XVal") X(p, 28, "UTC") \
    X(p, 29, "SupportNumberOfChanges") X(p, 2A, "SupportLargeObjs")
#define DEVINF_1_1(X, p) DEVINF(X, p) X(p, 1C, "Size")
#define DEVINF_1_2(X, p) DEVINF(X, p) X(p, 1C, "MaxSize") \
    X(p, 2B, "Property") X(p, 2C, "PropParam") X(p, 2D, "MaxOccur") X(p, 2E, "NoTruncate") \
    X(p, 30, "Filter-Rx") X(p, 31, "FilterCap") X(p, 32, "FilterKeyword") X(p, 33, "FieldLevel") \
    X(p, 34, "SupportHierarchicalSync")

/*
 * The names of a page one behind the other, and where each begins by its token: 0, an empty name,
 * for those that are no tag. Pointers would cost a relocation each, which is more than the names.
 */
#define MEMBER(p, token, name) char t##token[sizeof(name)];
#define NAME(p, token, name)   .t##token = name,
#define PLACE(p, token, name)  [0x##token] = offsetof(struct p##_names, t##token),
#define TABLE(p, tags) \
    static const struct p##_names { \
        char none[1]; \
        tags(MEMBER, p) \
    } p##_names = { tags(NAME, p) }; \
    static const uint16_t p##_places[DMSCI_WBXML_TOKENS] = { tags(PLACE, p) };
TABLE(syncml, SYNCML)
TABLE(metinf, METINF)
TABLE(ddf, DDF)
TABLE(devinf_1_1, DEVINF_1_1)
TABLE(devinf_1_2, DEVINF_1_2)
#define TAGS(p) (const char *)&p##_names, p##_places

/* The tags of SyncML are those of 1.2 throughout: the older versions have none that 1.2 has not, and
 * a phone engine names 1.1 and sends 1.2. */
static const struct dmsci_wbxml_page pages[] = {
    { "SYNCML:SYNCML1.2", TAGS(syncml) },
    { "SYNCML:SYNCML1.1", TAGS(syncml) },
    { "SYNCML:SYNCML1.0", TAGS(syncml) },
    { "syncml:metinf", TAGS(metinf) },
    { "syncml:dmddf1.2", TAGS(ddf) },
    { "syncml:devinf", TAGS(devinf_1_2) },
    { "syncml:devinf", TAGS(devinf_1_1) },
};
#define DM(syncml_page) { syncml_page, 3, 4 }, 3

static const struct dmsci_wbxml_document documents[] = {
    { DMSCI_WBXML_SYNCML_1_2, 0x1201, "-//SYNCML//DTD SyncML 1.2//EN", DM(0) },
    { DMSCI_WBXML_SYNCML_1_1, 0x0FD3, "-//SYNCML//DTD SyncML 1.1//EN", DM(1) },
    { DMSCI_WBXML_SYNCML_1_0, 0x0FD1, "-//SYNCML//DTD SyncML 1.0//EN", DM(2) },
    { DMSCI_WBXML_METINF_1_2, 0x1202, "-//OMA//DTD SYNCML-METINF 1.2//EN", DM(0) },
    { DMSCI_WBXML_DDF_1_2, 0, "-//OMA//DTD-DM-DDF 1.2//EN", DM(0) },
    { DMSCI_WBXML_DEVINF_1_2, 0x1203, "-//SYNCML//DTD DevInf 1.2//EN", { 5 }, 1 },
    { DMSCI_WBXML_DEVINF_1_1, 0x0FD4, "-//SYNCML//DTD DevInf 1.1//EN", { 6 }, 1 },
    { DMSCI_WBXML_DEVINF_1_0, 0x0FD2, "-//SYNCML//DTD DevInf 1.0//EN", { 6 }, 1 },
    /* Behind those that stand at their type: other names in use. */
    { DMSCI_WBXML_METINF_1_2, 0x1202, "-//SYNCML//DTD MetInf 1.2//EN", DM(0) },
};
/* clang-format on */

const struct dmsci_wbxml_document *dmsci_wbxml_document(enum dmsci_wbxml_type type)
{
    return &documents[type];
}

const struct dmsci_wbxml_document *dmsci_wbxml_by_id(uint32_t public_id)
{
    if (public_id == UNKNOWN)
        return &documents[DMSCI_WBXML_SYNCML_1_2];
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(documents); i++) {
        if (public_id != 0 && documents[i].public_id == public_id)
            return &documents[i];
    }
    return NULL;
}

const struct dmsci_wbxml_document *dmsci_wbxml_by_fpi(struct dmsc_bytes fpi)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(documents); i++) {
        if (dmsc_bytes_equal(fpi, dmsc_bytes_str(documents[i].fpi)))
            return &documents[documents[i].type];
    }
    return NULL;
}

const struct dmsci_wbxml_page *dmsci_wbxml_page(const struct dmsci_wbxml_document *document,
                                                unsigned number)
{
    return number < document->page_count ? &pages[document->pages[number]] : NULL;
}

const char *dmsci_wbxml_tag(const struct dmsci_wbxml_page *page, uint8_t token)
{
    uint16_t place = token < DMSCI_WBXML_TOKENS ? page->places[token] : 0;

    return place == 0 ? NULL : page->names + place;
}

uint8_t dmsci_wbxml_token(const struct dmsci_wbxml_page *page, const char *name)
{
    for (uint8_t token = 0; token < DMSCI_WBXML_TOKENS; token++) {
        if (page->places[token] != 0 && strcmp(page->names + page->places[token], name) == 0)
            return token;
    }
    return 0;
}
