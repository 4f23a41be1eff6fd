/* SPDX-License-Identifier: Apache-2.0 */
/* Names of commands, devices, events and results, and what qualifiers say. */
#include "apdu/codec/usat/table.h"

/* TS 102 223 clause 9.4. */
const struct dmsci_usat_name dmsci_usat_commands[] = {
    IS(0x01, "REFRESH"),
    IS(0x02, "MORE TIME"),
    IS(0x03, "POLL INTERVAL"),
    IS(0x04, "POLLING OFF"),
    IS(0x05, "SET UP EVENT LIST"),
    IS(0x10, "SET UP CALL"),
    IS(0x11, "SEND SS"),
    IS(0x12, "SEND USSD"),
    IS(0x13, "SEND SHORT MESSAGE"),
    IS(0x14, "SEND DTMF"),
    IS(0x15, "LAUNCH BROWSER"),
    IS(0x16, "GEOGRAPHICAL LOCATION REQUEST"),
    IS(0x20, "PLAY TONE"),
    IS(0x21, "DISPLAY TEXT"),
    IS(0x22, "GET INKEY"),
    IS(0x23, "GET INPUT"),
    IS(0x24, "SELECT ITEM"),
    IS(0x25, "SET UP MENU"),
    IS(0x26, "PROVIDE LOCAL INFORMATION"),
    IS(0x27, "TIMER MANAGEMENT"),
    IS(0x28, "SET UP IDLE MODE TEXT"),
    IS(0x30, "PERFORM CARD APDU"),
    IS(0x31, "POWER ON CARD"),
    IS(0x32, "POWER OFF CARD"),
    IS(0x33, "GET READER STATUS"),
    IS(0x34, "RUN AT COMMAND"),
    IS(0x35, "LANGUAGE NOTIFICATION"),
    IS(0x40, "OPEN CHANNEL"),
    IS(0x41, "CLOSE CHANNEL"),
    IS(0x42, "RECEIVE DATA"),
    IS(0x43, "SEND DATA"),
    IS(0x44, "GET CHANNEL STATUS"),
    IS(0x45, "SERVICE SEARCH"),
    IS(0x46, "GET SERVICE INFORMATION"),
    IS(0x47, "DECLARE SERVICE"),
    IS(0x50, "SET FRAMES"),
    IS(0x51, "GET FRAMES STATUS"),
    IS(0x60, "RETRIEVE MULTIMEDIA MESSAGE"),
    IS(0x61, "SUBMIT MULTIMEDIA MESSAGE"),
    IS(0x62, "DISPLAY MULTIMEDIA MESSAGE"),
    IS(0x70, "ACTIVATE"),
    IS(0x71, "CONTACTLESS STATE CHANGED"),
    IS(0x72, "COMMAND CONTAINER"),
    IS(0x73, "ENCAPSULATED SESSION CONTROL"),
    IS(0x79, "LSI COMMAND"),
    IS(0x81, "end of the proactive session"),
    NAMES_END,
};

/* TS 101 220 clause 7.2. */
static const struct dmsci_usat_name templates[] = {
    IS(0xD0, "PROACTIVE COMMAND"),
    IS(0xD1, "SMS-PP DOWNLOAD"),
    IS(0xD2, "CELL BROADCAST DOWNLOAD"),
    IS(0xD3, "MENU SELECTION"),
    IS(0xD4, "CALL CONTROL"),
    IS(0xD5, "MO SHORT MESSAGE CONTROL"),
    IS(0xD6, "EVENT DOWNLOAD"),
    IS(0xD7, "TIMER EXPIRATION"),
    IS(0xD9, "USSD DOWNLOAD"),
    IS(0xDA, "MMS TRANSFER STATUS"),
    IS(0xDB, "MMS NOTIFICATION DOWNLOAD"),
    IS(0xDC, "TERMINAL APPLICATION"),
    IS(0xDD, "GEOGRAPHICAL LOCATION REPORTING"),
    IS(0xDE, "ENVELOPE CONTAINER"),
    IS(0xDF, "PROSE REPORT"),
    IS(0xE0, "5G PROSE REPORT"),
    NAMES_END,
};

/* TS 102 223 clause 8.7. */
const struct dmsci_usat_name dmsci_usat_devices[] = {
    IS(0x01, "keypad"),
    IS(0x02, "display"),
    IS(0x03, "earpiece"),
    IS(0x10, "card reader 0"),
    IS(0x11, "card reader 1"),
    IS(0x12, "card reader 2"),
    IS(0x13, "card reader 3"),
    IS(0x14, "card reader 4"),
    IS(0x15, "card reader 5"),
    IS(0x16, "card reader 6"),
    IS(0x17, "card reader 7"),
    IS(0x21, "channel 1"),
    IS(0x22, "channel 2"),
    IS(0x23, "channel 3"),
    IS(0x24, "channel 4"),
    IS(0x25, "channel 5"),
    IS(0x26, "channel 6"),
    IS(0x27, "channel 7"),
    IS(0x31, "eCAT client 1"),
    IS(0x32, "eCAT client 2"),
    IS(0x33, "eCAT client 3"),
    IS(0x34, "eCAT client 4"),
    IS(0x35, "eCAT client 5"),
    IS(0x36, "eCAT client 6"),
    IS(0x37, "eCAT client 7"),
    IS(0x38, "eCAT client 8"),
    IS(0x39, "eCAT client 9"),
    IS(0x3A, "eCAT client 10"),
    IS(0x3B, "eCAT client 11"),
    IS(0x3C, "eCAT client 12"),
    IS(0x3D, "eCAT client 13"),
    IS(0x3E, "eCAT client 14"),
    IS(0x3F, "eCAT client 15"),
    IS(0x81, "UICC"),
    IS(0x82, "terminal"),
    IS(0x83, "network"),
    NAMES_END,
};

/* TS 102 223 clause 8.25, TS 31.111 clause 8.25. */
const struct dmsci_usat_name dmsci_usat_events[] = {
    IS(0x00, "MT call"),
    IS(0x01, "call connected"),
    IS(0x02, "call disconnected"),
    IS(0x03, "location status"),
    IS(0x04, "user activity"),
    IS(0x05, "idle screen available"),
    IS(0x06, "card reader status"),
    IS(0x07, "language selection"),
    IS(0x08, "browser termination"),
    IS(0x09, "data available"),
    IS(0x0A, "channel status"),
    IS(0x0B, "access technology change"),
    IS(0x0C, "display parameters changed"),
    IS(0x0D, "local connection"),
    IS(0x0E, "network search mode change"),
    IS(0x0F, "browsing status"),
    IS(0x10, "frames information change"),
    IS(0x11, "WLAN access status"),
    IS(0x12, "network rejection"),
    IS(0x13, "HCI connectivity"),
    IS(0x14, "access technology change (multiple)"),
    IS(0x15, "CSG cell selection"),
    IS(0x16, "contactless state request"),
    IS(0x17, "IMS registration"),
    IS(0x18, "incoming IMS data"),
    IS(0x19, "profile container"),
    IS(0x1B, "secured profile container"),
    IS(0x1C, "poll interval negotiation"),
    IS(0x1D, "data connection status change"),
    IS(0x1E, "CAG cell selection"),
    IS(0x1F, "slices status change"),
    NAMES_END,
};

/* TS 102 223 clause 8.12, TS 31.111 clause 8.12. */
const struct dmsci_usat_name dmsci_usat_results[] = {
    IS(0x00, "performed successfully"),
    IS(0x01, "performed with partial comprehension"),
    IS(0x02, "performed with missing information"),
    IS(0x03, "REFRESH performed with additional EFs read"),
    IS(0x04, "performed, but the icon could not be displayed"),
    IS(0x05, "performed, but modified by call control by NAA"),
    IS(0x06, "performed, limited service"),
    IS(0x07, "performed with modification"),
    IS(0x08, "REFRESH performed, but the NAA was not active"),
    IS(0x09, "performed, tone not played"),
    IS(0x10, "session terminated by the user"),
    IS(0x11, "backward move requested by the user"),
    IS(0x12, "no response from the user"),
    IS(0x13, "help required by the user"),
    IS(0x14, "USSD or SS transaction terminated by the user"),
    IS(0x20, "terminal currently unable to process the command"),
    IS(0x21, "network currently unable to process the command"),
    IS(0x22, "user did not accept the command"),
    IS(0x23, "user cleared down the call before connection or release"),
    IS(0x24, "contradicts the current timer state"),
    IS(0x25, "interaction with call control by NAA, temporary problem"),
    IS(0x26, "launch browser error"),
    IS(0x27, "MMS temporary problem"),
    IS(0x30, "beyond the terminal's capabilities"),
    IS(0x31, "command type not understood"),
    IS(0x32, "command data not understood"),
    IS(0x33, "command number not known"),
    IS(0x34, "SS return error"),
    IS(0x35, "SMS RP-ERROR"),
    IS(0x36, "required values are missing"),
    IS(0x37, "USSD return error"),
    IS(0x38, "multiple card command error"),
    IS(0x39, "interaction with call control by NAA, permanent problem"),
    IS(0x3A, "bearer independent protocol error"),
    IS(0x3B, "access technology unable to process the command"),
    IS(0x3C, "frames error"),
    IS(0x3D, "MMS error"),
    NAMES_END,
};

static const struct dmsci_usat_name refresh[] = {
    IS(0x00, "NAA initialisation and full file change notification"),
    IS(0x01, "file change notification"),
    IS(0x02, "NAA initialisation and file change notification"),
    IS(0x03, "NAA initialisation"),
    IS(0x04, "UICC reset"),
    IS(0x05, "NAA application reset"),
    IS(0x06, "NAA session reset"),
    IS(0x07, "steering of roaming"),
    IS(0x08, "steering of roaming for I-WLAN"),
    IS(0x09, "eUICC profile state change"),
    IS(0x0A, "application update"),
    NAMES_END,
};
static const struct dmsci_usat_name set_up_call[] = {
    IS(0x00, "only if not busy on another call"),
    IS(0x01, "only if not busy on another call, with redial"),
    IS(0x02, "putting all other calls on hold"),
    IS(0x03, "putting all other calls on hold, with redial"),
    IS(0x04, "disconnecting all other calls"),
    IS(0x05, "disconnecting all other calls, with redial"),
    NAMES_END,
};
static const struct dmsci_usat_name send_sms[] = {
    IN(1, 0, "packing not required"),
    BIT(1, "packing by the terminal required"),
    NAMES_END,
};
static const struct dmsci_usat_name launch_browser[] = {
    IS(0x00, "if not already launched"),
    IS(0x02, "use the existing browser"),
    IS(0x03, "close the existing browser session and launch a new one"),
    NAMES_END,
};
static const struct dmsci_usat_name play_tone[] = {
    IN(1, 0, "vibrate is up to the terminal"),
    BIT(1, "vibrate, if available"),
    NAMES_END,
};
static const struct dmsci_usat_name display_text[] = {
    IN(1, 0, "normal priority"),
    BIT(1, "high priority"),
    IN(0x80, 0, "clear after a delay"),
    BIT(0x80, "wait for user to clear"),
    NAMES_END,
};
static const struct dmsci_usat_name get_inkey[] = {
    IN(5, 0, "digits only"),
    IN(5, 1, "character set"),
    IN(7, 1, "SMS default alphabet"),
    IN(7, 3, "UCS-2"),
    BIT(4, "yes or no"),
    BIT(8, "immediate digit response"),
    BIT(0x80, "help available"),
    NAMES_END,
};
static const struct dmsci_usat_name get_input[] = {
    IN(1, 0, "digits only"),          BIT(1, "character set"),
    IN(3, 1, "SMS default alphabet"), IN(3, 3, "UCS-2"),
    BIT(4, "input not revealed"),     BIT(8, "packed response"),
    BIT(0x80, "help available"),      NAMES_END,
};
static const struct dmsci_usat_name select_item[] = {
    IN(1, 0, "no presentation type"),
    IN(3, 1, "choice of data values"),
    IN(3, 3, "choice of navigation options"),
    BIT(4, "soft key preferred"),
    BIT(0x80, "help available"),
    NAMES_END,
};
static const struct dmsci_usat_name set_up_menu[] = {
    IN(1, 0, "no selection preference"),
    BIT(1, "soft key preferred"),
    BIT(0x80, "help available"),
    NAMES_END,
};
static const struct dmsci_usat_name local_information[] = {
    IS(0x00, "location"),
    IS(0x01, "IMEI"),
    IS(0x02, "network measurement results"),
    IS(0x03, "date, time and time zone"),
    IS(0x04, "language"),
    IS(0x05, "timing advance"),
    IS(0x06, "access technology"),
    IS(0x07, "ESN"),
    IS(0x08, "IMEISV"),
    IS(0x09, "search mode"),
    IS(0x0A, "battery state"),
    IS(0x0B, "MEID"),
    IS(0x0C, "WSID"),
    IS(0x0D, "broadcast network information"),
    IS(0x0E, "multiple access technologies"),
    IS(0x0F, "location for multiple access technologies"),
    IS(0x10, "network measurement results for multiple access technologies"),
    IS(0x11, "CSG IDs and HNB names"),
    IS(0x12, "H(e)NB IP address"),
    IS(0x13, "H(e)NB surrounding macrocells"),
    IS(0x14, "WLAN identifier"),
    IS(0x15, "slices"),
    IS(0x16, "CAG information"),
    IS(0x17, "rejected slices"),
    IS(0x1A, "supported radio access technologies"),
    NAMES_END,
};
static const struct dmsci_usat_name timer[] = {
    IN(3, 0, "start"),
    IN(3, 1, "deactivate"),
    IN(3, 2, "get current value"),
    NAMES_END,
};
static const struct dmsci_usat_name reader[] = {
    IS(0x00, "card reader status"),
    IS(0x01, "card reader identifier"),
    NAMES_END,
};
static const struct dmsci_usat_name language[] = {
    IN(1, 0, "non-specific"),
    BIT(1, "specific"),
    NAMES_END,
};
static const struct dmsci_usat_name open_channel[] = {
    IN(5, 0, "on demand"),
    IN(5, 1, "immediate"),
    BIT(4, "immediate in background"),
    BIT(2, "automatic reconnection"),
    BIT(8, "DNS server addresses requested"),
    NAMES_END,
};
static const struct dmsci_usat_name close_channel[] = {
    IN(1, 0, "close"),
    BIT(1, "server goes on listening, client keeps its network access name"),
    NAMES_END,
};
static const struct dmsci_usat_name send_data[] = {
    IN(1, 0, "store"),
    BIT(1, "send immediately"),
    NAMES_END,
};
static const struct dmsci_usat_name declare_service[] = {
    IN(1, 0, "add"),
    BIT(1, "delete"),
    NAMES_END,
};
static const struct dmsci_usat_name set_frames[] = {
    IS(0x00, "separators"),
    IS(0x01, "no separators"),
    NAMES_END,
};
static const struct dmsci_usat_name session_control[] = {
    IS(0x00, "end the encapsulated command session"), IS(0x01, "request Master SA setup"),
    IS(0x02, "request Connection SA setup"),          IS(0x03, "request secure channel start"),
    IS(0x04, "close Master and Connection SA"),       NAMES_END,
};
static const struct dmsci_usat_name lsi_command[] = {
    IS(0x00, "proactive session request"),
    IS(0x01, "UICC platform reset"),
    NAMES_END,
};

/* TS 102 223 clause 8.6, TS 31.111 clause 8.6. */
const struct dmsci_usat_name *dmsci_usat_qualifiers(uint8_t type)
{
    static const struct {
        uint8_t type;
        const struct dmsci_usat_name *names;
    } all[] = {
        { 0x01, refresh },        { 0x10, set_up_call },       { 0x13, send_sms },
        { 0x15, launch_browser }, { 0x20, play_tone },         { 0x21, display_text },
        { 0x22, get_inkey },      { 0x23, get_input },         { 0x24, select_item },
        { 0x25, set_up_menu },    { 0x26, local_information }, { 0x27, timer },
        { 0x33, reader },         { 0x35, language },          { 0x40, open_channel },
        { 0x41, close_channel },  { 0x43, send_data },         { 0x47, declare_service },
        { 0x50, set_frames },     { 0x62, display_text },      { 0x73, session_control },
        { 0x79, lsi_command },
    };

    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(all); i++) {
        if (all[i].type == type)
            return all[i].names;
    }
    return NULL;
}

const char *dmsci_usat_name(const struct dmsci_usat_name *names, uint32_t value)
{
    for (; names->words != NULL; names++) {
        if (names->value == value)
            return names->words;
    }
    return NULL;
}

const char *dmsc_usat_command_name(uint8_t type)
{
    return dmsci_usat_name(dmsci_usat_commands, type);
}

const char *dmsc_usat_template_name(uint8_t template_tag)
{
    return dmsci_usat_name(templates, template_tag);
}

const char *dmsc_usat_event_name(uint8_t event)
{
    return dmsci_usat_name(dmsci_usat_events, event);
}

const char *dmsc_usat_device_name(uint8_t device)
{
    return dmsci_usat_name(dmsci_usat_devices, device);
}

const char *dmsc_usat_result_name(uint8_t result)
{
    return dmsci_usat_name(dmsci_usat_results, result);
}
