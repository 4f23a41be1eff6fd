/* SPDX-License-Identifier: Apache-2.0 */
/* TS 101 220 table 7.23: what a tag means, which for some depends on the message. */
#include "apdu/codec/usat/tables/layouts.h"

#define CAT  "TS 102 223 8."
#define USAT "TS 31.111 8."

/* Where a tag has the meaning of its row. */
enum {
    ANY,
    IN_ECAT,      /* containers and their events */
    IN_CONTAINER, /* ENVELOPE CONTAINER */
    IN_REFRESH,
    IN_LOCAL,        /* PROVIDE LOCAL INFORMATION */
    IN_READER,       /* GET READER STATUS */
    IN_OPEN,         /* OPEN CHANNEL */
    IN_BROWSER,      /* LAUNCH BROWSER */
    IN_CALL,         /* SET UP CALL, call control and the events of calls */
    IN_CSG,          /* event: CSG cell selection */
    IN_REJECTION,    /* event: network rejection */
    IN_MT_CALL,      /* event: MT call */
    IN_DISCONNECTED, /* event: call disconnected */
    IN_IMS,          /* event: incoming IMS data */
    IN_REGISTRATION, /* event: IMS registration */
    IN_CONNECTION,   /* event: data connection status change */
    IN_CAG,          /* event: CAG cell selection, or the CAG information of a response */
    IN_SLICES        /* event: slices status change */
};

static bool fits(unsigned when, const struct dmsci_usat_scope *s)
{
    switch (when) {
    case IN_ECAT:
        return s->type == 0x72 || s->type == 0x73 || s->event == 0x19 || s->event == 0x1B;
    case IN_CONTAINER:
        return s->template_tag == 0xDE;
    case IN_REFRESH:
        return s->type == 0x01;
    case IN_LOCAL:
        return s->type == 0x26;
    case IN_READER:
        return s->type == 0x33;
    case IN_OPEN:
        return s->type == 0x40;
    case IN_BROWSER:
        return s->type == 0x15;
    case IN_CALL:
        return s->type == 0x10 || s->template_tag == 0xD4 || s->event <= 0x02;
    case IN_CSG:
        return s->event == 0x15;
    case IN_REJECTION:
        return s->event == 0x12;
    case IN_MT_CALL:
        return s->event == 0x00;
    case IN_DISCONNECTED:
        return s->event == 0x02;
    case IN_IMS:
        return s->event == 0x18;
    case IN_REGISTRATION:
        return s->event == 0x17;
    case IN_CONNECTION:
        return s->event == 0x1D;
    case IN_CAG:
        return s->event == 0x1E;
    case IN_SLICES:
        return s->event == 0x1F;
    default:
        return true;
    }
}

/* In the order of the tags; of two with the same the first that fits. */
static const struct dmsci_usat_kind_of_object objects[] = {
    { 0x01, ANY, "Command details", CAT "6", dmsci_layout_details },
    { 0x02, ANY, "Device identities", CAT "7", dmsci_layout_devices },
    { 0x03, ANY, "Result", CAT "12", dmsci_layout_result },
    { 0x04, ANY, "Duration", CAT "8", dmsci_layout_duration },
    { 0x05, ANY, "Alpha identifier", CAT "2", dmsci_layout_alpha },
    { 0x06, ANY, "Address", CAT "1", dmsci_layout_address },
    { 0x07, ANY, "Capability configuration parameters", CAT "4", dmsci_layout_bytes },
    { 0x08, ANY, "Subaddress", CAT "3", dmsci_layout_bytes },
    { 0x09, IN_CSG, "PLMN ID", "TS 31.111 8", dmsci_layout_plmns },
    { 0x09, ANY, "SS string", USAT "14", dmsci_layout_address },
    { 0x0A, ANY, "USSD string", USAT "17", dmsci_layout_ussd },
    { 0x0B, IN_CONNECTION, "PDP/PDN/PDU type", "TS 31.111 8", dmsci_layout_pdu_type },
    { 0x0B, ANY, "SMS TPDU", USAT "13", dmsci_layout_tpdu },
    { 0x0C, ANY, "Cell broadcast page", USAT "5", dmsci_layout_page },
    { 0x0D, ANY, "Text string", CAT "15", dmsci_layout_text },
    { 0x0E, IN_ECAT, "eCAT client profile", CAT "95", dmsci_layout_bytes },
    { 0x0E, ANY, "Tone", CAT "16", dmsci_layout_tone },
    { 0x0F, IN_ECAT, "eCAT client identity", CAT "96", dmsci_layout_bytes },
    { 0x0F, ANY, "Item", CAT "9", dmsci_layout_item },
    { 0x10, IN_CONTAINER, "Encapsulated envelope type", CAT "97", dmsci_layout_envelope_type },
    { 0x10, ANY, "Item identifier", CAT "10", dmsci_layout_identifier },
    { 0x11, ANY, "Response length", CAT "11", dmsci_layout_response_length },
    { 0x12, ANY, "File list", CAT "18", dmsci_layout_files },
    { 0x13, ANY, "Location information", CAT "19", dmsci_layout_location },
    { 0x14, ANY, "IMEI", CAT "20", dmsci_layout_identity },
    { 0x15, ANY, "Help request", CAT "21", dmsci_layout_nothing },
    { 0x16, ANY, "Network measurement results", CAT "22", dmsci_layout_bytes },
    { 0x17, ANY, "Default text", CAT "23", dmsci_layout_text },
    { 0x18, ANY, "Items next action indicator", CAT "24", dmsci_layout_actions },
    { 0x19, ANY, "Event list", CAT "25", dmsci_layout_events },
    { 0x1A, ANY, "Cause", CAT "26", dmsci_layout_bytes },
    { 0x1B, ANY, "Location status", CAT "27", dmsci_layout_location_status },
    { 0x1C, ANY, "Transaction identifier", CAT "28", dmsci_layout_repeat },
    { 0x1D, IN_CONNECTION, "Data connection status", USAT "137", dmsci_layout_connection_status },
    { 0x1D, ANY, "BCCH channel list", USAT "29", dmsci_layout_bytes },
    { 0x1E, ANY, "Icon identifier", CAT "31", dmsci_layout_icon },
    { 0x1F, ANY, "Item icon identifier list", CAT "32", dmsci_layout_icons },
    { 0x20, ANY, "Card reader status", CAT "33", dmsci_layout_reader_status },
    { 0x21, IN_ECAT, "eCAT sequence number", CAT "98", dmsci_layout_sequence },
    { 0x21, ANY, "Card ATR", CAT "34", dmsci_layout_bytes },
    { 0x22, IN_ECAT, "Encrypted TLV list", CAT "99", dmsci_layout_bytes },
    { 0x22, ANY, "C-APDU", CAT "35", dmsci_layout_bytes },
    { 0x23, IN_ECAT, "SA template", CAT "101", dmsci_layout_bytes },
    { 0x23, ANY, "R-APDU", CAT "36", dmsci_layout_bytes },
    { 0x24, ANY, "Timer identifier", CAT "37", dmsci_layout_identifier },
    { 0x25, ANY, "Timer value", CAT "38", dmsci_layout_timer_value },
    { 0x26, ANY, "Date-time and time zone", CAT "39", dmsci_layout_date },
    { 0x27, ANY, "Call control requested action", CAT "30", dmsci_layout_control_action },
    { 0x28, ANY, "AT command", CAT "40", dmsci_layout_plain },
    { 0x29, ANY, "AT response", CAT "41", dmsci_layout_plain },
    { 0x2A, IN_CONNECTION, "Data connection type", USAT "138", dmsci_layout_connection_type },
    { 0x2A, IN_LOCAL, "IP address list", "TS 31.111 8", dmsci_layout_bytes },
    { 0x2A, ANY, "BC repeat indicator", USAT "42", dmsci_layout_identifier },
    { 0x2B, ANY, "Immediate response", CAT "43", dmsci_layout_nothing },
    { 0x2C, ANY, "DTMF string", CAT "44", dmsci_layout_digits },
    { 0x2D, ANY, "Language", CAT "45", dmsci_layout_plain },
    { 0x2E, IN_CONNECTION, "SM cause", USAT "139", dmsci_layout_cause },
    { 0x2E, ANY, "Timing advance", USAT "46", dmsci_layout_timing },
    { 0x2F, ANY, "AID", CAT "60", dmsci_layout_aid },
    { 0x30, ANY, "Browser identity", CAT "47", dmsci_layout_browser },
    { 0x31, IN_BROWSER, "URL", CAT "48", dmsci_layout_plain },
    { 0x31, ANY, "URI", USAT "108", dmsci_layout_plain },
    { 0x32, ANY, "Bearer", CAT "49", dmsci_layout_bearers },
    { 0x33, ANY, "Provisioning file reference", CAT "50", dmsci_layout_path },
    { 0x34, IN_LOCAL, "Supported radio access technologies", CAT "105", dmsci_layout_radio },
    { 0x34, ANY, "Browser termination cause", CAT "51", dmsci_layout_browser_cause },
    { 0x35, ANY, "Bearer description", CAT "52", dmsci_layout_bearer },
    { 0x36, ANY, "Channel data", CAT "53", dmsci_layout_bytes },
    { 0x37, ANY, "Channel data length", CAT "54", dmsci_layout_length },
    { 0x38, ANY, "Channel status", CAT "56", dmsci_layout_channel },
    { 0x39, ANY, "Buffer size", CAT "55", dmsci_layout_buffer },
    { 0x3A, IN_READER, "Card reader identifier", CAT "57", dmsci_layout_bytes },
    { 0x3A, ANY, "REFRESH enforcement policy", CAT "103", dmsci_layout_policy },
    { 0x3B, IN_REFRESH, "Application specific refresh data", CAT "107", dmsci_layout_bytes },
    { 0x3B, IN_LOCAL, "Surrounding macrocells", "TS 31.111 8", dmsci_layout_bytes },
    { 0x3B, ANY, "File update information", "TS 101 220 7.2", dmsci_layout_bytes },
    { 0x3C, ANY, "UICC/terminal interface transport level", CAT "59", dmsci_layout_transport },
    { 0x3E, ANY, "Other address", CAT "58", dmsci_layout_inet },
    { 0x3F, ANY, "Access technology", CAT "61", dmsci_layout_access },
    { 0x40, IN_OPEN, "DNS server address", CAT "104", dmsci_layout_inet },
    { 0x40, ANY, "Display parameters", CAT "62", dmsci_layout_display },
    { 0x41, ANY, "Service record", CAT "63", dmsci_layout_service },
    { 0x42, ANY, "Device filter", CAT "64", dmsci_layout_technology },
    { 0x43, ANY, "Service search", CAT "65", dmsci_layout_technology },
    { 0x44, ANY, "Attribute information", CAT "66", dmsci_layout_technology },
    { 0x45, ANY, "Service availability", CAT "67", dmsci_layout_bytes },
    { 0x46, ANY, "ESN", CAT "69", dmsci_layout_bytes },
    { 0x47, ANY, "Network access name", CAT "70", dmsci_layout_labels },
    { 0x48, ANY, "CDMA SMS TPDU", CAT "71", dmsci_layout_bytes },
    { 0x49, ANY, "Remote entity address", CAT "68", dmsci_layout_remote },
    { 0x4A, ANY, "WLAN identifier", "TS 31.111 8", dmsci_layout_bytes },
    { 0x4B, ANY, "WLAN access status", "TS 31.111 8", dmsci_layout_wlan },
    { 0x50, ANY, "Text attribute", CAT "72", dmsci_layout_attributes },
    { 0x51, ANY, "Item text attribute list", CAT "73", dmsci_layout_attributes },
    { 0x52, ANY, "PDP context activation parameters", USAT "72", dmsci_layout_bytes },
    { 0x53, ANY, "Contactless state request", CAT "91", dmsci_layout_contactless },
    { 0x54, ANY, "Contactless functionality state", CAT "92", dmsci_layout_functionality },
    { 0x55, IN_CAG, "CAG cell selection status", "TS 31.111 8", dmsci_layout_csg_status },
    { 0x55, IN_SLICES, "Slices status", "TS 31.111 8", dmsci_layout_bytes },
    { 0x55, IN_DISCONNECTED, "IMS call disconnection cause", "TS 31.111 8", dmsci_layout_bytes },
    { 0x55, ANY, "CSG cell selection status", "TS 31.111 8", dmsci_layout_csg_status },
    { 0x56, IN_CAG, "CAG information list", "TS 31.111 8", dmsci_layout_bytes },
    { 0x56, IN_SLICES, "Slices information", "TS 31.111 8", dmsci_layout_bytes },
    { 0x56, ANY, "CSG ID", "TS 31.111 8", dmsci_layout_bytes },
    { 0x57, IN_REJECTION, "Extended rejection cause code", "TS 31.111 8", dmsci_layout_cause },
    { 0x57, IN_CAG, "CAG names", "TS 31.111 8", dmsci_layout_bytes },
    { 0x57, ANY, "HNB name", "TS 31.111 8", dmsci_layout_plain },
    { 0x60, ANY, "MAC", CAT "100", dmsci_layout_bytes },
    { 0x61, ANY, "Emergency call object", "TS 101 220 7.2", dmsci_layout_bytes },
    { 0x62, ANY, "IMEISV", CAT "74", dmsci_layout_identity },
    { 0x63, ANY, "Battery state", CAT "76", dmsci_layout_battery },
    { 0x64, ANY, "Browsing status", CAT "77", dmsci_layout_bytes },
    { 0x65, ANY, "Network search mode", CAT "75", dmsci_layout_search },
    { 0x66, ANY, "Frame layout", CAT "78", dmsci_layout_frames },
    { 0x67, ANY, "Frames information", CAT "79", dmsci_layout_frames_info },
    { 0x68, ANY, "Frame identifier", CAT "80", dmsci_layout_identifier },
    { 0x69, ANY, "Measurement qualifier", USAT "73", dmsci_layout_measure },
    { 0x6A, ANY, "Multimedia message reference", CAT "82", dmsci_layout_bytes },
    { 0x6B, ANY, "Multimedia message identifier", CAT "83", dmsci_layout_bytes },
    { 0x6C, ANY, "Multimedia message transfer status", CAT "84", dmsci_layout_transfer },
    { 0x6D, ANY, "MEID", CAT "81", dmsci_layout_bytes },
    { 0x6E, ANY, "Multimedia message content identifier", CAT "85", dmsci_layout_bytes },
    { 0x6F, ANY, "Multimedia message notification", CAT "86", dmsci_layout_bytes },
    { 0x70, ANY, "Last envelope", CAT "87", dmsci_layout_nothing },
    { 0x71, ANY, "Registry application data", CAT "88", dmsci_layout_registry },
    { 0x72, ANY, "PLMNwAcT list", USAT "90", dmsci_layout_plmn_access },
    { 0x73, IN_MT_CALL, "URI, truncated", USAT "135", dmsci_layout_plain },
    { 0x73, ANY, "Routing area information", USAT "91", dmsci_layout_routing },
    { 0x74, ANY, "Registration type", USAT "92", dmsci_layout_registration },
    { 0x75, ANY, "Rejection cause code", USAT "93", dmsci_layout_cause },
    { 0x76, IN_IMS, "IARI", USAT "110", dmsci_layout_plain },
    { 0x76, ANY, "Geographical location parameters", USAT "94", dmsci_layout_geo_request },
    { 0x77, IN_REGISTRATION, "IMPU list", USAT "111", dmsci_layout_bytes },
    { 0x77, ANY, "GAD shapes", USAT "95", dmsci_layout_bytes },
    { 0x78, IN_REGISTRATION, "IMS status code", USAT "112", dmsci_layout_plain },
    { 0x78, ANY, "NMEA sentence", USAT "96", dmsci_layout_plain },
    { 0x79, ANY, "PLMN list", USAT "97", dmsci_layout_plmns },
    { 0x7A, ANY, "Broadcast network information", CAT "90", dmsci_layout_broadcast },
    { 0x7B, ANY, "ACTIVATE descriptor", CAT "89", dmsci_layout_activate },
    { 0x7C, ANY, "EPS PDN connection activation parameters", "TS 31.111 8", dmsci_layout_bytes },
    { 0x7D, ANY, "Tracking area identification", "TS 31.111 8", dmsci_layout_tracking },
    { 0x7E, IN_CALL, "Media type", USAT "132", dmsci_layout_media },
    { 0x7E, ANY, "CSG ID list", "TS 31.111 8", dmsci_layout_bytes },
};
static const struct dmsci_usat_kind_of_object unknown = { 0, ANY, "Unknown object", "",
                                                          dmsci_layout_bytes };

const struct dmsci_usat_kind_of_object *dmsci_usat_object(const struct dmsci_usat_scope *scope,
                                                          uint16_t tag)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(objects); i++) {
        if (objects[i].tag == tag && fits(objects[i].when, scope))
            return &objects[i];
    }
    return &unknown;
}
