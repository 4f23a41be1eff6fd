/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the values of fields, and layouts that hang on a value. */
#include "apdu/codec/usat/table.h"
#include "apdu/codec/usat/tables/rows.h"

const struct dmsci_usat_name dmsci_usat_units[] = {
    IS(0, "minutes"),
    IS(1, "seconds"),
    IS(2, "tenths of seconds"),
    NAMES_END,
};
const struct dmsci_usat_name dmsci_usat_tons[] = {
    IS(0, "unknown"),          IS(1, "international"), IS(2, "national"),
    IS(3, "network specific"), IS(5, "alphanumeric"),  NAMES_END,
};
const struct dmsci_usat_name dmsci_usat_npis[] = {
    IS(0, "unknown"), IS(1, "ISDN"),       IS(3, "data"), IS(4, "telex"),
    IS(9, "private"), IS(15, "extension"), NAMES_END,
};
/* TS 23.038 clause 4. */
const struct dmsci_usat_name dmsci_usat_dcs[] = {
    IN(0xEC, 0x00, "GSM default alphabet, packed"),
    IN(0xEC, 0x04, "GSM default alphabet, 8 bits"),
    IN(0xEC, 0x08, "UCS-2"),
    IN(0xE0, 0x20, "compressed"),
    IN(0xF4, 0xF0, "GSM default alphabet, packed"),
    IN(0xF4, 0xF4, "GSM default alphabet, 8 bits"),
    NAMES_END,
};
/* Clause 5. */
const struct dmsci_usat_name dmsci_usat_cbs[] = {
    IS(0x10, "GSM default alphabet, packed, behind its language"),
    IN(0xF0, 0x00, "GSM default alphabet, packed"),
    IN(0xE0, 0x20, "GSM default alphabet, packed"),
    IN(0xEC, 0x40, "GSM default alphabet, packed"),
    IN(0xEC, 0x44, "8 bits"),
    IN(0xEC, 0x48, "UCS-2"),
    IN(0xF4, 0xF0, "GSM default alphabet, packed"),
    IN(0xF4, 0xF4, "8 bits"),
    NAMES_END,
};
/* TS 102 223 clause 8.16. */
const struct dmsci_usat_name dmsci_usat_tones[] = {
    IS(0x01, "dial tone"),
    IS(0x02, "called subscriber busy"),
    IS(0x03, "congestion"),
    IS(0x04, "radio path acknowledge"),
    IS(0x05, "radio path not available"),
    IS(0x06, "error"),
    IS(0x07, "call waiting"),
    IS(0x08, "ringing"),
    IS(0x10, "general beep"),
    IS(0x11, "positive acknowledgement"),
    IS(0x12, "negative acknowledgement"),
    IS(0x13, "ringing of incoming speech call"),
    IS(0x14, "alert of incoming SMS"),
    IS(0x15, "critical alert"),
    IS(0x20, "vibrate only"),
    IS(0x30, "happy"),
    IS(0x31, "sad"),
    IS(0x32, "urgent action"),
    IS(0x33, "question"),
    IS(0x34, "message received"),
    IS(0x40, "melody 1"),
    IS(0x41, "melody 2"),
    IS(0x42, "melody 3"),
    IS(0x43, "melody 4"),
    IS(0x44, "melody 5"),
    IS(0x45, "melody 6"),
    IS(0x46, "melody 7"),
    IS(0x47, "melody 8"),
    NAMES_END,
};
/* TS 102 223 clause 8.52, TS 31.111 clause 8.52. */
const struct dmsci_usat_name dmsci_usat_bearers[] = {
    IS(0x01, "CSD"),
    IS(0x02, "packet service of GPRS, UTRAN, E-UTRAN"),
    IS(0x03, "default for the transport level"),
    IS(0x04, "local link"),
    IS(0x05, "Bluetooth"),
    IS(0x06, "IrDA"),
    IS(0x07, "RS232"),
    IS(0x08, "cdma2000 packet data"),
    IS(0x09, "packet service with extended parameters"),
    IS(0x0A, "WLAN"),
    IS(0x0B, "E-UTRAN, mapped to UTRAN"),
    IS(0x0C, "NG-RAN"),
    IS(0x10, "USB"),
    NAMES_END,
};
/* TS 102 223 clause 8.56: b8 b7 of the first byte. */
const struct dmsci_usat_name dmsci_usat_link[] = {
    IS(0, "no link"),
    IS(1, "listening"),
    IS(2, "link established"),
    NAMES_END,
};
const struct dmsci_usat_name dmsci_usat_transports[] = {
    IS(1, "UDP, UICC as client, remote"),
    IS(2, "TCP, UICC as client, remote"),
    IS(3, "TCP, UICC as server"),
    IS(4, "UDP, UICC as client, local"),
    IS(5, "TCP, UICC as client, local"),
    IS(6, "direct communication channel"),
    NAMES_END,
};
const struct dmsci_usat_name dmsci_usat_access[] = {
    IS(0x00, "GSM"),         IS(0x01, "TIA/EIA-553"),   IS(0x02, "TIA/EIA-136-270"),
    IS(0x03, "UTRAN"),       IS(0x04, "TETRA"),         IS(0x05, "TIA/EIA-95-B"),
    IS(0x06, "cdma2000 1x"), IS(0x07, "cdma2000 HRPD"), IS(0x08, "E-UTRAN"),
    IS(0x09, "eHRPD"),       IS(0x0A, "NG-RAN"),        NAMES_END,
};
/* TS 31.102 clause 4.2.5, both bytes. */
const struct dmsci_usat_name dmsci_usat_plmn_access[] = {
    BIT(0x8000, "UTRAN"),          BIT(0x4000, "E-UTRAN"),
    BIT(0x0800, "NG-RAN"),         BIT(0x0080, "GSM"),
    BIT(0x0040, "GSM COMPACT"),    BIT(0x0020, "cdma2000 HRPD"),
    BIT(0x0010, "cdma2000 1xRTT"), NAMES_END,
};
const struct dmsci_usat_name dmsci_usat_services[] = {
    IS(0, "technology independent"),
    IS(1, "Bluetooth"),
    IS(2, "IrDA"),
    IS(3, "RS232"),
    IS(4, "USB"),
    NAMES_END,
};
/* TS 31.111 clause 8.92. */
const struct dmsci_usat_name dmsci_usat_registrations[] = {
    IS(0x00, "normal location updating"),
    IS(0x01, "periodic updating"),
    IS(0x02, "IMSI attach"),
    IS(0x03, "GPRS attach"),
    IS(0x04, "combined GPRS and IMSI attach"),
    IS(0x05, "RA updating"),
    IS(0x06, "combined RA and LA updating"),
    IS(0x07, "combined RA and LA updating with IMSI attach"),
    IS(0x08, "periodic RA updating"),
    IS(0x09, "EPS attach"),
    IS(0x0A, "combined EPS and IMSI attach"),
    IS(0x0B, "TA updating"),
    IS(0x0C, "combined TA and LA updating"),
    IS(0x0D, "combined TA and LA updating with IMSI attach"),
    IS(0x0E, "periodic TA updating"),
    IS(0x0F, "initial registration"),
    IS(0x10, "mobility registration updating"),
    IS(0x11, "periodic registration updating"),
    NAMES_END,
};
/* TS 31.111 clause 8.73. */
const struct dmsci_usat_name dmsci_usat_measurements[] = {
    IS(1, "UTRAN, intra-frequency"),     IS(2, "UTRAN, inter-frequency"),
    IS(3, "UTRAN, inter-RAT (GERAN)"),   IS(4, "UTRAN, inter-RAT (E-UTRAN)"),
    IS(5, "E-UTRAN, intra-frequency"),   IS(6, "E-UTRAN, inter-frequency"),
    IS(7, "E-UTRAN, inter-RAT (GERAN)"), IS(8, "E-UTRAN, inter-RAT (UTRAN)"),
    IS(9, "E-UTRAN, inter-RAT (NR)"),    NAMES_END,
};

/* TS 102 223 clauses 8.12.2 to 8.12.12, TS 31.111 clause 8.12. */
static const struct dmsci_usat_name terminal_problems[] = {
    IS(0x00, "no specific cause"),
    IS(0x01, "screen is busy"),
    IS(0x02, "busy on a call"),
    IS(0x03, "busy on an SS transaction"),
    IS(0x04, "no service"),
    IS(0x05, "access control class bar"),
    IS(0x06, "radio resource not granted"),
    IS(0x07, "not in a speech call"),
    IS(0x08, "busy on a USSD transaction"),
    IS(0x09, "busy on SEND DTMF"),
    IS(0x0A, "no NAA active"),
    NAMES_END,
};
static const struct dmsci_usat_name call_control_problems[] = {
    IS(0, "no specific cause"),
    IS(1, "action not allowed"),
    IS(2, "the type of request has changed"),
    NAMES_END,
};
static const struct dmsci_usat_name browser_problems[] = {
    IS(0, "no specific cause"),       IS(1, "bearer unavailable"),
    IS(2, "browser unavailable"),     IS(3, "provisioning data cannot be read"),
    IS(4, "default URL unavailable"), NAMES_END,
};
static const struct dmsci_usat_name card_problems[] = {
    IS(0, "no specific cause"),
    IS(1, "card reader removed or not present"),
    IS(2, "card removed or not present"),
    IS(3, "card reader busy"),
    IS(4, "card powered off"),
    IS(5, "C-APDU format error"),
    IS(6, "mute card"),
    IS(7, "transmission error"),
    IS(8, "protocol not supported"),
    IS(9, "specified reader not valid"),
    NAMES_END,
};
static const struct dmsci_usat_name bip_problems[] = {
    IS(0x00, "no specific cause"),
    IS(0x01, "no channel available"),
    IS(0x02, "channel closed"),
    IS(0x03, "channel identifier not valid"),
    IS(0x04, "requested buffer size not available"),
    IS(0x05, "security error"),
    IS(0x06, "transport level not available"),
    IS(0x07, "remote device is not reachable"),
    IS(0x08, "service error"),
    IS(0x09, "service identifier unknown"),
    IS(0x10, "port not available"),
    IS(0x11, "launch parameters missing or incorrect"),
    IS(0x12, "application launch failed"),
    NAMES_END,
};
static const struct dmsci_usat_name frame_problems[] = {
    IS(0, "no specific cause"),
    IS(1, "frame identifier is not valid"),
    IS(2, "too many frames for the terminal"),
    IS(3, "no frame defined"),
    IS(4, "requested size not supported"),
    IS(5, "default active frame is not valid"),
    NAMES_END,
};
static const struct dmsci_usat_row on_terminal[] = { NUMBER("cause", 1, terminal_problems), END };
static const struct dmsci_usat_row on_control[] = { NUMBER("cause", 1, call_control_problems),
                                                    END };
static const struct dmsci_usat_row on_browser[] = { NUMBER("cause", 1, browser_problems), END };
static const struct dmsci_usat_row on_card[] = { NUMBER("cause", 1, card_problems), END };
static const struct dmsci_usat_row on_bip[] = { NUMBER("cause", 1, bip_problems), END };
static const struct dmsci_usat_row on_frame[] = { NUMBER("cause", 1, frame_problems), END };
static const struct dmsci_usat_row on_cause[] = { NUMBER("cause", 1, NULL), END };
static const struct dmsci_usat_row on_others[] = { BYTES("information", 0), END };

const struct dmsci_usat_choice dmsci_usat_result_choices[] = {
    IS(0x20, on_terminal), IS(0x21, on_cause), IS(0x25, on_control), IS(0x26, on_browser),
    IS(0x34, on_cause),    IS(0x35, on_cause), IS(0x37, on_cause),   IS(0x38, on_card),
    IS(0x39, on_control),  IS(0x3A, on_bip),   IS(0x3C, on_frame),   IN(0, 0, on_others),
    { 0, 0, NULL },
};

/* TS 31.111 clause 8.52. */
static const struct dmsci_usat_name pdp_types[] = {
    IS(1, "X.25"),      IS(2, "IP"),  IS(3, "IPv6"),   IS(4, "IPv4v6"),
    IS(5, "OSP:IHOSS"), IS(6, "PPP"), IS(7, "non-IP"), NAMES_END,
};
static const struct dmsci_usat_row csd[] = {
    NUMBER("data rate", 1, NULL),
    NUMBER("bearer service", 1, NULL),
    NUMBER("connection element", 1, NULL),
    END,
};
static const struct dmsci_usat_row packet[] = {
    NUMBER("precedence class", 1, NULL),
    NUMBER("delay class", 1, NULL),
    NUMBER("reliability class", 1, NULL),
    NUMBER("peak throughput class", 1, NULL),
    NUMBER("mean throughput class", 1, NULL),
    NUMBER("packet data protocol type", 1, pdp_types),
    END,
};
static const struct dmsci_usat_row extended[] = {
    NUMBER("traffic class", 1, NULL),
    NUMBER("maximum bit rate uplink", 2, NULL),
    NUMBER("maximum bit rate downlink", 2, NULL),
    NUMBER("guaranteed bit rate uplink", 2, NULL),
    NUMBER("guaranteed bit rate downlink", 2, NULL),
    NUMBER("delivery order", 1, NULL),
    NUMBER("maximum SDU size", 1, NULL),
    NUMBER("SDU error ratio", 1, NULL),
    NUMBER("residual bit error ratio", 1, NULL),
    NUMBER("delivery of erroneous SDUs", 1, NULL),
    NUMBER("transfer delay", 1, NULL),
    NUMBER("traffic handling priority", 1, NULL),
    NUMBER("packet data protocol type", 1, pdp_types),
    END,
};
static const struct dmsci_usat_row eutran[] = {
    NUMBER("QCI", 1, NULL),
    NUMBER("maximum bit rate uplink", 1, NULL),
    NUMBER("maximum bit rate downlink", 1, NULL),
    NUMBER("guaranteed bit rate uplink", 1, NULL),
    NUMBER("guaranteed bit rate downlink", 1, NULL),
    NUMBER("maximum bit rate uplink, extended", 1, NULL),
    NUMBER("maximum bit rate downlink, extended", 1, NULL),
    NUMBER("guaranteed bit rate uplink, extended", 1, NULL),
    NUMBER("guaranteed bit rate downlink, extended", 1, NULL),
    NUMBER("packet data protocol type", 1, pdp_types),
    END,
};
static const struct dmsci_usat_name session_types[] = {
    IS(1, "IPv4"),         IS(2, "IPv6"),     IS(3, "IPv4v6"),
    IS(4, "unstructured"), IS(5, "Ethernet"), NAMES_END,
};
static const struct dmsci_usat_row ng_ran[] = { NUMBER("PDU session type", 1, session_types), END };
static const struct dmsci_usat_row parameters[] = { BYTES("parameters", 0), END };

const struct dmsci_usat_choice dmsci_usat_bearer_choices[] = {
    IS(1, csd),       IS(2, packet),        IS(9, extended), IS(0x0B, eutran),
    IS(0x0C, ng_ran), IN(0, 0, parameters), { 0, 0, NULL },
};

/* TS 102 223 clause 8.58. */
static const struct dmsci_usat_row ipv4[] = { TEXT("address", AS_IPV4, 4), END };
static const struct dmsci_usat_row ipv6[] = { TEXT("address", AS_IPV6, 16), END };
static const struct dmsci_usat_row other_address[] = { BYTES("address", 0), END };

const struct dmsci_usat_choice dmsci_usat_address_choices[] = {
    IS(0x21, ipv4),
    IS(0x57, ipv6),
    IN(0, 0, other_address),
    { 0, 0, NULL },
};

/* TS 23.040 clause 9.2.2: the fields around the user data. */
#define SMS_CODING                                                                                 \
    {                                                                                              \
        "data coding scheme", AS_NUMBER, 1, KEEP_CODING, dmsci_usat_dcs, NULL                      \
    }
#define SMS_ADDRESS(digits)                                                                        \
    { digits, AS_NUMBER, 1, KEEP_COUNT, NULL, NULL }, BITS("extension", 1, NULL),                  \
        BITS("type of number", 3, dmsci_usat_tons), BITS("numbering plan", 4, dmsci_usat_npis),    \
        TEXT("number", AS_SMS_DIGITS, 0)
static const struct dmsci_usat_row deliver[] = {
    SMS_ADDRESS("originating digits"),
    NUMBER("protocol identifier", 1, NULL),
    SMS_CODING,
    TEXT("service centre time stamp", AS_DATE, 7),
    NUMBER("user data length", 1, NULL),
    BYTES_AS("user data", AS_USER_DATA),
    END,
};
static const struct dmsci_usat_row submit[] = {
    NUMBER("message reference", 1, NULL),     SMS_ADDRESS("destination digits"),
    NUMBER("protocol identifier", 1, NULL),   SMS_CODING,
    BYTES_AS("validity period", AS_VALIDITY), NUMBER("user data length", 1, NULL),
    BYTES_AS("user data", AS_USER_DATA),      END,
};
static const struct dmsci_usat_row any_tpdu[] = { BYTES("parameters", 0), END };

const struct dmsci_usat_choice dmsci_usat_tpdu_choices[] = {
    IS(0, deliver),
    IS(1, submit),
    IN(0, 0, any_tpdu),
    { 0, 0, NULL },
};
