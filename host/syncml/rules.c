/* SPDX-License-Identifier: Apache-2.0 */
/* OMA-SUP-DTD_SyncML_RepPro-V1_2 and the meta DTD, as far as DM uses them (REP 6). */
#include "host/syncml/rules.h"
#include "host/syncml/syncml.h"

/* clang-format off */
#define IN(name, where)            [DMSCI_N_##name] = { .place = DMSCI_P_##where }
#define MANY(name, where)          [DMSCI_N_##name] = { .place = DMSCI_P_##where, .many = true }
#define TEXT(name, root, type, field) \
    [DMSCI_N_##name] = { .place = DMSCI_P_TEXT, .base = DMSCI_B_##root, \
                         .offset = offsetof(struct dmsci_syncml_##type, field) }

#define COMMANDS \
    MANY(Add, COMMAND), MANY(Alert, COMMAND), MANY(Copy, COMMAND), MANY(Delete, COMMAND), \
    MANY(Exec, COMMAND), MANY(Get, COMMAND), MANY(Replace, COMMAND), MANY(Results, COMMAND), \
    MANY(Status, COMMAND), MANY(Atomic, GROUP), MANY(Sequence, GROUP)
/* The DTD knows these, DM does not use them. Unknown elements are treated the same. */
#define STRANGE \
    MANY(Map, STRANGE), MANY(Move, STRANGE), MANY(Put, STRANGE), MANY(Search, STRANGE), \
    MANY(Sync, STRANGE), MANY(UNKNOWN, STRANGE)

const struct dmsci_rule dmsci_syncml_rules[DMSCI_P_COUNT][DMSCI_N_COUNT] = {
    [DMSCI_P_DOCUMENT] = { IN(SyncML, SYNCML) },
    [DMSCI_P_SYNCML] = { IN(SyncHdr, HDR), IN(SyncBody, BODY) },
    [DMSCI_P_HDR] = {
        TEXT(VerDTD, HEADER, header, ver_dtd), TEXT(VerProto, HEADER, header, ver_proto),
        TEXT(SessionID, HEADER, header, session_id), TEXT(MsgID, HEADER, header, msg_id),
        TEXT(RespURI, HEADER, header, resp_uri), IN(Target, HDR_TARGET), IN(Source, HDR_SOURCE),
        IN(Cred, CRED), IN(Meta, META),
    },
    [DMSCI_P_HDR_TARGET] = { TEXT(LocURI, HEADER, header, target) },
    [DMSCI_P_HDR_SOURCE] = { TEXT(LocURI, HEADER, header, source),
                             TEXT(LocName, HEADER, header, source_name) },
    [DMSCI_P_CRED] = { IN(Meta, META), TEXT(Data, HEADER, header, cred_data) },
    [DMSCI_P_BODY] = { COMMANDS, STRANGE, IN(Final, EMPTY) },
    [DMSCI_P_GROUP] = { COMMANDS, STRANGE, TEXT(CmdID, COMMAND, command, cmd_id), IN(Meta, META) },
    [DMSCI_P_COMMAND] = {
        TEXT(CmdID, COMMAND, command, cmd_id), TEXT(MsgRef, COMMAND, command, msg_ref),
        TEXT(CmdRef, COMMAND, command, cmd_ref), TEXT(Cmd, COMMAND, command, cmd),
        TEXT(Data, COMMAND, command, data), TEXT(Correlator, COMMAND, command, correlator),
        MANY(TargetRef, TEXT), MANY(SourceRef, TEXT), MANY(Item, ITEM), IN(Meta, META),
        IN(Chal, CHAL),
    },
    [DMSCI_P_STRANGE] = { TEXT(CmdID, COMMAND, command, cmd_id) },
    [DMSCI_P_CHAL] = { IN(Meta, META) },
    [DMSCI_P_ITEM] = { IN(Target, ITEM_TARGET), IN(Source, ITEM_SOURCE), IN(Meta, META),
                       IN(Data, DATA), IN(MoreData, EMPTY) },
    [DMSCI_P_ITEM_TARGET] = { TEXT(LocURI, ITEM, item, target) },
    [DMSCI_P_ITEM_SOURCE] = { TEXT(LocURI, ITEM, item, source) },
    [DMSCI_P_META] = {
        TEXT(Format, META, meta, format), TEXT(Type, META, meta, type),
        TEXT(Mark, META, meta, mark), TEXT(Size, META, meta, size),
        TEXT(NextNonce, META, meta, next_nonce), TEXT(MaxMsgSize, META, meta, max_msg_size),
        TEXT(MaxObjSize, META, meta, max_obj_size), IN(MetInf, META),
    },
};
/* clang-format on */
