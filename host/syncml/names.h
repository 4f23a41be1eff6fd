/* SPDX-License-Identifier: Apache-2.0 */
/* Element names of SyncML and MetInf that mean something in DM, in the order of strcmp(). */
#ifndef DMSCI_SYNCML_NAMES_H
#define DMSCI_SYNCML_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define DMSCI_SYNCML_NAMES(X) \
    X(Add) X(Alert) X(Atomic) X(Chal) X(Cmd) X(CmdID) X(CmdRef) X(Copy) X(Correlator) X(Cred) \
    X(Data) X(Delete) X(Exec) X(Final) X(Format) X(Get) X(Item) X(LocName) X(LocURI) X(Map) \
    X(Mark) X(MaxMsgSize) X(MaxObjSize) X(MetInf) X(Meta) X(MoreData) X(Move) X(MsgID) X(MsgRef) \
    X(NextNonce) X(Put) X(Replace) X(RespURI) X(Results) X(Search) X(Sequence) X(SessionID) \
    X(Size) X(Source) X(SourceRef) X(Status) X(Sync) X(SyncBody) X(SyncHdr) X(SyncML) X(Target) \
    X(TargetRef) X(Type) X(VerDTD) X(VerProto)
/* clang-format on */

enum dmsci_syncml_name {
    DMSCI_N_UNKNOWN,
#define X(name) DMSCI_N_##name,
    DMSCI_SYNCML_NAMES(X)
#undef X
        DMSCI_N_COUNT
};

/** "Add", ...; "?" for DMSCI_N_UNKNOWN. */
const char *dmsci_syncml_name(enum dmsci_syncml_name name);
/** DMSCI_N_UNKNOWN when it is none. Case counts. */
enum dmsci_syncml_name dmsci_syncml_name_find(const char *text);
/** true for the elements of namespace syncml:metinf. */
bool dmsci_syncml_name_metinf(enum dmsci_syncml_name name);

#endif
