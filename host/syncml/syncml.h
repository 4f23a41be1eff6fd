/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SyncML messages of OMA DM 1.x: one model, filled by decoders and written by a writer whose output
 * form is a sink. OMA-TS-SyncML_RepPro 1.2 clause 7 (DTD), OMA-TS-DM_RepPro 1.2 clause 6.
 */
#ifndef DMSCI_SYNCML_H
#define DMSCI_SYNCML_H

#include "host/syncml/names.h"
#include <dmsc/bytes.h>

#define DMSCI_SYNCML_NS       "SYNCML:SYNCML1.2"
#define DMSCI_SYNCML_METINF   "syncml:metinf"
#define DMSCI_SYNCML_VERDTD   "1.2"
#define DMSCI_MIME_SYNCML     "application/vnd.syncml.dm+xml"
#define DMSCI_MIME_TNDS       "application/vnd.syncml.dmtnds+xml"
#define DMSCI_MIME_TNDS_WBXML "application/vnd.syncml.dmtnds+wbxml"

/* Alert codes (REP 7) that have a meaning in DM. */
enum dmsci_alert {
    DMSCI_ALERT_DISPLAY = 1100,
    DMSCI_ALERT_CONFIRM = 1101,
    DMSCI_ALERT_TEXT_INPUT = 1102,
    DMSCI_ALERT_SINGLE_CHOICE = 1103,
    DMSCI_ALERT_MULTIPLE_CHOICE = 1104,
    DMSCI_ALERT_SERVER_INITIATED = 1200,
    DMSCI_ALERT_CLIENT_INITIATED = 1201,
    DMSCI_ALERT_NEXT_MESSAGE = 1222,
    DMSCI_ALERT_SESSION_ABORT = 1223,
    DMSCI_ALERT_CLIENT_EVENT = 1224,
    DMSCI_ALERT_NO_END_OF_DATA = 1225,
    DMSCI_ALERT_GENERIC = 1226
};

/*
 * The model. Strings are NUL-terminated UTF-8, NULL when the element was absent, "" when it was
 * empty; white space around them is gone. Data keeps its white space and is absent when p is NULL.
 * In a decoded message everything belongs to the message; in one that is to be written everything
 * is borrowed from whoever fills it in.
 */

struct dmsci_syncml_meta {
    bool present;
    const char *format; /* as written: compare without case (field deviations) */
    const char *type;
    const char *mark;
    const char *size; /* digits: dmsci_syncml_number() */
    const char *next_nonce;
    const char *max_msg_size;
    const char *max_obj_size;
};

struct dmsci_syncml_item {
    const char *target; /* LocURI */
    const char *source;
    struct dmsci_syncml_meta meta;
    struct dmsc_bytes data; /* text as it reads after unescaping; raw child XML as XML text */
    bool more_data;
};

struct dmsci_syncml_command {
    enum dmsci_syncml_name kind; /* DMSCI_N_Add ... DMSCI_N_Status, or DMSCI_N_UNKNOWN */
    const char *name;            /* element name, also of an unknown one; never NULL */
    const char *bad;             /* why it is malformed (status 400), NULL when it is not */
    size_t parent; /* index of the Atomic or Sequence around it, or DMSCI_SYNCML_TOP */
    const char *cmd_id;
    const char *msg_ref; /* Status, Results */
    const char *cmd_ref;
    const char *cmd; /* Status */
    const char *const *target_refs;
    size_t target_ref_count;
    const char *const *source_refs;
    size_t source_ref_count;
    struct dmsci_syncml_meta meta;
    struct dmsci_syncml_meta chal; /* Status: Meta of its Chal */
    const char *data;              /* Alert: the code. Status: the code */
    const char *correlator;
    const struct dmsci_syncml_item *items;
    size_t item_count;
};
#define DMSCI_SYNCML_TOP SIZE_MAX

struct dmsci_syncml_header {
    const char *ver_dtd;
    const char *ver_proto;
    const char *session_id;
    const char *msg_id;
    const char *target;
    const char *source;
    const char *source_name; /* LocName: user name of DM-level authentication */
    const char *resp_uri;
    struct dmsci_syncml_meta meta; /* MaxMsgSize, MaxObjSize */
    bool has_cred;
    struct dmsci_syncml_meta cred;
    const char *cred_data;
};

struct dmsci_syncml_block;

struct dmsci_syncml_message {
    struct dmsc_ctx *ctx;
    struct dmsci_syncml_header header;
    /* Document order, children of an Atomic or Sequence behind it. */
    struct dmsci_syncml_command *commands;
    size_t command_count;
    bool final;
    struct dmsci_syncml_block *blocks; /* memory of everything above */
};

#define DMSCI_SYNCML_MESSAGE_INIT                                                                  \
    {                                                                                              \
        0                                                                                          \
    }

/** Fine on an all-zero struct. */
void dmsci_syncml_clear(struct dmsci_syncml_message *msg);

/** Unsigned decimal of 1 to 10 digits. false for anything else and for NULL. */
bool dmsci_syncml_number(const char *text, size_t *ret_value);

/**
 * Decode one XML document.
 *
 * Children in any order; names in a SyncML namespace, syncml:metinf or none; unknown elements are
 * ignored where they do no harm and become commands of kind UNKNOWN where a command could stand. A
 * command that breaks the rules (repeated single elements, no CmdID, a Size that is no number) is
 * delivered with @p bad set. Nothing is loaded, no entity is expanded.
 *
 * @param ret_msg set on success, untouched on failure
 * @return DMSC_E_MALFORMED with reason "xml:malformed", "xml:doctype", "xml:entity", "xml:utf8",
 *         "xml:encoding", "syncml:root", "syncml:version" (namespace of none we know),
 *         "syncml:header" (SessionID, MsgID, Target or Source missing, a single element twice),
 *         "syncml:structure"; DMSC_E_LIMIT with "xml:depth", "syncml:limit"; DMSC_E_NOMEM
 */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_decode(struct dmsc_ctx *ctx, struct dmsc_bytes xml,
                                                 struct dmsci_syncml_message *ret_msg);

/*
 * The writer: elements in DTD order into a sink. It knows at any moment how large the document
 * would be if it ended now, and can forget what was written last, so that the peer's MaxMsgSize is
 * never passed.
 */

struct dmsci_syncml_sink; /* the output form: sink.h */

struct dmsci_syncml_writer {
    const struct dmsci_syncml_sink *sink;
    struct dmsc_buf out;
    unsigned state;  /* the sink's own: the code page it is in */
    unsigned groups; /* open Atomic and Sequence */
};

/** A place to come back to. */
struct dmsci_syncml_mark {
    size_t n;
    unsigned state;
    unsigned groups;
};

/** XML without declaration and white space. */
extern const struct dmsci_syncml_sink dmsci_syncml_xml;

/**
 * Begin a message: everything up to and with the start of SyncBody.
 *
 * @param ceiling most octets the document may ever have
 * @return DMSC_E_LIMIT when not even the header fits; the writer is then empty
 */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_begin(struct dmsci_syncml_writer *writer,
                                                struct dmsc_ctx *ctx,
                                                const struct dmsci_syncml_sink *sink,
                                                const struct dmsci_syncml_header *header,
                                                size_t ceiling);
/**
 * Write one command; Atomic and Sequence without their children: open them with
 * dmsci_syncml_group().
 *
 * @return DMSC_E_LIMIT when the document, closed, would pass the ceiling; DMSC_E_UNSUPPORTED with
 *         reason "xml:character" when Data has a character XML cannot carry. On failure the
 *         document is as before.
 */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_put(struct dmsci_syncml_writer *writer,
                                              const struct dmsci_syncml_command *command);
/** Open an Atomic or Sequence: its CmdID and Meta; commands follow until dmsci_syncml_group_end().
 */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_group(struct dmsci_syncml_writer *writer,
                                                const struct dmsci_syncml_command *command);
DMSC_NODISCARD enum dmsc_err dmsci_syncml_group_end(struct dmsci_syncml_writer *writer,
                                                    enum dmsci_syncml_name kind);
/** Octets of the document if it were ended now, with Final. */
size_t dmsci_syncml_size(const struct dmsci_syncml_writer *writer);
struct dmsci_syncml_mark dmsci_syncml_mark(const struct dmsci_syncml_writer *writer);
/** Forget what was written since the mark. */
void dmsci_syncml_undo(struct dmsci_syncml_writer *writer, struct dmsci_syncml_mark mark);
/** Close the document. @p ret_document is replaced; the writer is empty afterwards. */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_end(struct dmsci_syncml_writer *writer, bool final,
                                              struct dmsc_buf *ret_document);
/** Forget everything; fine on an all-zero struct. */
void dmsci_syncml_writer_clear(struct dmsci_syncml_writer *writer);

/** Write a whole message, nesting as its parent indexes say. @p ret_document is replaced. */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_encode(const struct dmsci_syncml_message *msg,
                                                 const struct dmsci_syncml_sink *sink,
                                                 size_t ceiling, struct dmsc_buf *ret_document);

#endif
