/* SPDX-License-Identifier: Apache-2.0 */
#include "host/wbxml/pages.h"
#include "apdu/base/ctx.h"
#include <string.h>

#define FIRST   0x05 /* token of the first tag of a page; those below are global */
#define UNKNOWN 1    /* WBXML 7.2: unknown or missing public identifier */

/* clang-format off */
/* SREP 8.2, page 0. 30 is reserved. */
static const char *const syncml[] = {
    "Add", "Alert", "Archive", "Atomic", "Chal", "Cmd", "CmdID", "CmdRef", "Copy", "Cred", "Data",
    /* 10 */
    "Delete", "Exec", "Final", "Get", "Item", "Lang", "LocName", "LocURI", "Map", "MapItem", "Meta",
    "MsgID", "MsgRef", "NoResp", "NoResults", "Put",
    /* 20 */
    "Replace", "RespURI", "Results", "Search", "Sequence", "SessionID", "SftDel", "Source",
    "SourceRef", "Status", "Sync", "SyncBody", "SyncHdr", "SyncML", "Target", "TargetRef",
    /* 30 */
    NULL, "VerDTD", "VerProto", "NumberOfChanges", "MoreData", "Field", "Filter", "Record",
    "FilterType", "SourceParent", "TargetParent", "Move", "Correlator",
};

/* Page 1. */
static const char *const metinf[] = {
    "Anchor", "EMI", "Format", "FreeID", "FreeMem", "Last", "Mark", "MaxMsgSize", "Mem", "MetInf",
    "Next",
    /* 10 */
    "NextNonce", "SharedMem", "Size", "Type", "Version", "MaxObjSize", "FieldLevel",
};

/* TND 10, page 2. The clause prints 37 and 38 with a small v; the elements have a capital. */
static const char *const ddf[] = {
    "AccessType", "ACL", "Add", "b64", "bin", "bool", "chr", "CaseSense", "CIS", "Copy", "CS",
    /* 10 */
    "date", "DDFName", "DefaultValue", "Delete", "Description", "DFFormat", "DFProperties",
    "DFTitle", "DFType", "Dynamic", "Exec", "float", "Format", "Get", "int", "Man",
    /* 20 */
    "MgmtTree", "MIME", "Mod", "Name", "Node", "node", "NodeName", "null", "Occurrence", "One",
    "OneOrMore", "OneOrN", "Path", "Permanent", "Replace", "RTProperties",
    /* 30 */
    "Scope", "Size", "time", "Title", "TStamp", "Type", "Value", "VerDTD", "VerNo", "xml",
    "ZeroOrMore", "ZeroOrN", "ZeroOrOne",
};

/* DevInf, a document of its own, page 0. 2F is reserved; the rest behind 2A came with 1.2, which
 * gave 1C another name. */
#define DEVINF(size) \
    "CTCap", "CTType", "DataStore", "DataType", "DevID", "DevInf", "DevTyp", "DisplayName", "DSMem", \
    "Ext", "FwV", \
    /* 10 */ \
    "HwV", "Man", "MaxGUIDSize", "MaxID", "MaxMem", "Mod", "OEM", "ParamName", "PropName", "Rx", \
    "Rx-Pref", "SharedMem", size, "SourceRef", "SwV", "SyncCap", \
    /* 20 */ \
    "SyncType", "Tx", "Tx-Pref", "ValEnum", "VerCT", "VerDTD", "XNam", "XVal", "UTC", \
    "SupportNumberOfChanges", "SupportLargeObjs"
static const char *const devinf[] = { DEVINF("Size") };
static const char *const devinf_1_2[] = {
    DEVINF("MaxSize"), "Property", "PropParam", "MaxOccur", "NoTruncate", NULL,
    /* 30 */
    "Filter-Rx", "FilterCap", "FilterKeyword", "FieldLevel", "SupportHierarchicalSync",
};
/* clang-format on */

#define PAGE(ns, tags)                                                                             \
    {                                                                                              \
        ns, tags, DMSCI_ARRAY_LEN(tags)                                                            \
    }
/* The tags are those of 1.2 throughout: the older versions have none that 1.2 has not, and a phone
 * engine names 1.1 and sends 1.2. */
#define DM_PAGES(ns)                                                                               \
    {                                                                                              \
        PAGE(ns, syncml), PAGE("syncml:metinf", metinf), PAGE("syncml:dmddf1.2", ddf)              \
    }
static const struct dmsci_wbxml_page pages_1_2[] = DM_PAGES("SYNCML:SYNCML1.2");
static const struct dmsci_wbxml_page pages_1_1[] = DM_PAGES("SYNCML:SYNCML1.1");
static const struct dmsci_wbxml_page pages_1_0[] = DM_PAGES("SYNCML:SYNCML1.0");
static const struct dmsci_wbxml_page pages_devinf[] = { PAGE("syncml:devinf", devinf) };
static const struct dmsci_wbxml_page pages_devinf_1_2[] = { PAGE("syncml:devinf", devinf_1_2) };

#define DOCUMENT(type, id, fpi, too, pages)                                                        \
    [type] = { type, id, fpi, too, pages, DMSCI_ARRAY_LEN(pages) }
static const struct dmsci_wbxml_document documents[] = {
    DOCUMENT(DMSCI_WBXML_SYNCML_1_2, 0x1201, "-//SYNCML//DTD SyncML 1.2//EN", NULL, pages_1_2),
    DOCUMENT(DMSCI_WBXML_SYNCML_1_1, 0x0FD3, "-//SYNCML//DTD SyncML 1.1//EN", NULL, pages_1_1),
    DOCUMENT(DMSCI_WBXML_SYNCML_1_0, 0x0FD1, "-//SYNCML//DTD SyncML 1.0//EN", NULL, pages_1_0),
    DOCUMENT(DMSCI_WBXML_METINF_1_2, 0x1202, "-//OMA//DTD SYNCML-METINF 1.2//EN",
             "-//SYNCML//DTD MetInf 1.2//EN", pages_1_2),
    DOCUMENT(DMSCI_WBXML_DDF_1_2, 0, "-//OMA//DTD-DM-DDF 1.2//EN", NULL, pages_1_2),
    DOCUMENT(DMSCI_WBXML_DEVINF_1_2, 0x1203, "-//SYNCML//DTD DevInf 1.2//EN", NULL,
             pages_devinf_1_2),
    DOCUMENT(DMSCI_WBXML_DEVINF_1_1, 0x0FD4, "-//SYNCML//DTD DevInf 1.1//EN", NULL, pages_devinf),
    DOCUMENT(DMSCI_WBXML_DEVINF_1_0, 0x0FD2, "-//SYNCML//DTD DevInf 1.0//EN", NULL, pages_devinf),
};

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
        const struct dmsci_wbxml_document *d = &documents[i];

        if (dmsc_bytes_equal(fpi, dmsc_bytes_str(d->fpi)) ||
            (d->fpi_too != NULL && dmsc_bytes_equal(fpi, dmsc_bytes_str(d->fpi_too))))
            return d;
    }
    return NULL;
}

const struct dmsci_wbxml_page *dmsci_wbxml_page(const struct dmsci_wbxml_document *document,
                                                unsigned number)
{
    return number < document->page_count ? &document->pages[number] : NULL;
}

const char *dmsci_wbxml_tag(const struct dmsci_wbxml_page *page, uint8_t token)
{
    return token < FIRST || token - FIRST >= page->count ? NULL : page->tags[token - FIRST];
}

uint8_t dmsci_wbxml_token(const struct dmsci_wbxml_page *page, const char *name)
{
    for (uint8_t i = 0; i < page->count; i++) {
        if (page->tags[i] != NULL && strcmp(page->tags[i], name) == 0)
            return (uint8_t)(FIRST + i);
    }
    return 0;
}
