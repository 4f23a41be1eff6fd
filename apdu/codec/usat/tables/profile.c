/* SPDX-License-Identifier: Apache-2.0 */
/* TERMINAL PROFILE (TS 102 223 clause 5.2, TS 31.111 clause 5.2): what each bit announces. */
#include "apdu/codec/usat/table.h"

#define PLI "PROVIDE LOCAL INFORMATION: "

/* One row a byte, b1 to b8; NULL: reserved, or part of a number. */
static const char *const bits[][8] = {
    { "profile download", "SMS-PP data download", "cell broadcast data download", "menu selection",
      "SMS-PP data download (b5)", "timer expiration", "USSD string in call control by USIM",
      "call control by NAA" },
    { "command result", "call control by NAA (b2)", "call control by NAA (b3)",
      "MO short message control", "call control by NAA (b5)", "UCS-2 entry", "UCS-2 display",
      "DISPLAY TEXT with extension text" },
    { "DISPLAY TEXT", "GET INKEY", "GET INPUT", "MORE TIME", "PLAY TONE", "POLL INTERVAL",
      "POLLING OFF", "REFRESH" },
    { "SELECT ITEM", "SEND SHORT MESSAGE", "SEND SS", "SEND USSD", "SET UP CALL", "SET UP MENU",
      PLI "location and IMEI", PLI "network measurement results" },
    { "SET UP EVENT LIST", "event: MT call", "event: call connected", "event: call disconnected",
      "event: location status", "event: user activity", "event: idle screen available",
      "event: card reader status" },
    { "event: language selection", "event: browser termination", "event: data available",
      "event: channel status", "event: access technology change",
      "event: display parameters changed", "event: local connection",
      "event: network search mode change" },
    { "POWER ON CARD", "POWER OFF CARD", "PERFORM CARD APDU", "GET READER STATUS: status",
      "GET READER STATUS: identifier", NULL, NULL, NULL },
    { "TIMER MANAGEMENT: start and stop", "TIMER MANAGEMENT: current value",
      PLI "date, time and time zone", "GET INKEY: yes or no", "SET UP IDLE MODE TEXT",
      "RUN AT COMMAND", "SET UP CALL: second alpha identifier and icon",
      "call control by NAA (byte 8)" },
    { "DISPLAY TEXT: immediate response", "SEND DTMF", PLI "BCCH channel list", PLI "language",
      PLI "timing advance", "LANGUAGE NOTIFICATION", "LAUNCH BROWSER", PLI "access technology" },
    { "soft keys for SELECT ITEM", "soft keys for SET UP MENU", NULL, NULL, NULL, NULL, NULL,
      NULL },
    { NULL },
    { "OPEN CHANNEL", "CLOSE CHANNEL", "RECEIVE DATA", "SEND DATA", "GET CHANNEL STATUS",
      "SERVICE SEARCH", "GET SERVICE INFORMATION", "DECLARE SERVICE" },
    { "bearer: CSD", "bearer: GPRS", "bearer: Bluetooth", "bearer: IrDA", "bearer: RS232", NULL,
      NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL, "no display", "no keypad", "screen sizing parameters" },
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL, "fonts of variable size" },
    { "display can be resized", "text wrapping", "text scrolling", "text attributes", NULL, NULL,
      NULL, NULL },
    { "TCP, UICC as client, remote", "UDP, UICC as client, remote", "TCP, UICC as server",
      "TCP, UICC as client, local", "UDP, UICC as client, local", "direct communication channel",
      "bearer: E-UTRAN", "bearer: HSDPA" },
    { "DISPLAY TEXT: variable time out", "GET INKEY: help while waiting", "bearer: USB",
      "GET INKEY: variable time out", PLI "ESN", "call control on GPRS", PLI "IMEISV",
      PLI "search mode" },
    { NULL },
    { NULL },
    { "browser: WML", "browser: XHTML", "browser: HTML", "browser: cHTML", NULL, NULL, NULL, NULL },
    { "bearer: UTRAN packet service with extended parameters", PLI "battery state",
      "PLAY TONE: melodies and themes", "SET UP CALL: multimedia calls", "toolkit-initiated GBA",
      "RETRIEVE MULTIMEDIA MESSAGE", "SUBMIT MULTIMEDIA MESSAGE", "DISPLAY MULTIMEDIA MESSAGE" },
    { "SET FRAMES", "GET FRAMES STATUS", "MMS notification download", "REFRESH: alpha identifier",
      "geographical location reporting", PLI "MEID",
      PLI "network measurement results of UTRAN and later",
      "USSD data download and application mode" },
    { NULL },
    { "event: browsing status", "event: MMS transfer status", "event: frames information changed",
      "event: I-WLAN access status", "event: network rejection (GERAN, UTRAN)",
      "event: HCI connectivity", "event: network rejection (E-UTRAN)",
      "multiple access technologies" },
    { "event: CSG cell selection", "event: contactless state request", NULL, NULL, NULL, NULL, NULL,
      NULL },
    { NULL },
    { "alignment: left", "alignment: centre", "alignment: right", "font size: normal",
      "font size: large", "font size: small", NULL, NULL },
    { "style: normal", "style: bold", "style: italic", "style: underlined", "style: strikethrough",
      "style: foreground colour", "style: background colour", NULL },
    { "bearer: I-WLAN", PLI "WSID of the I-WLAN connection", "terminal applications",
      "REFRESH: steering of roaming", "ACTIVATE", "GEOGRAPHICAL LOCATION REQUEST",
      PLI "broadcast network information", "REFRESH: steering of roaming for I-WLAN" },
    { "CONTACTLESS STATE CHANGED", "CSG cell discovery",
      "OPEN CHANNEL as server: confirmation parameters", "communication control for IMS",
      "CAT over the modem interface", "event: incoming IMS data", "event: IMS registration",
      "profile container, envelope container, COMMAND CONTAINER, ENCAPSULATED SESSION CONTROL" },
    { "bearer: IMS", PLI "H(e)NB IP address", PLI "H(e)NB surrounding macrocells",
      "OPEN CHANNEL as server: launch parameters",
      "OPEN CHANNEL as server: direct communication channel", "security of the containers",
      "CAT service list for an eCAT client", "refresh enforcement policy" },
    { "OPEN CHANNEL: DNS server address request", "CLOSE CHANNEL: network access name is kept",
      "event: poll interval negotiation", "ProSe usage information reporting",
      PLI "supported radio access technologies", "event: WLAN access status", "bearer: WLAN",
      PLI "WLAN identifier" },
    { "SEND SHORT MESSAGE: URI", "SET UP CALL: IMS URI", "media type: voice", "media type: video",
      PLI "timing advance of E-UTRAN", "REFRESH: eUICC profile state change",
      "event: network rejection with extended cause", NULL },
    { "GET INPUT: variable time out", "event: data connection status (PDP)",
      "event: data connection status (PDN)", "REFRESH: application update",
      "LSI COMMAND: proactive session request", "LSI COMMAND: UICC platform reset", NULL, NULL },
    { "event: data connection status (PDU)", "event: network rejection (NG-RAN)",
      "non-IP data delivery", PLI "slices", "REFRESH: SOR-CMCI parameter",
      "event: network rejection (satellite NG-RAN)", "CAG", "event: slices status change" },
    { PLI "rejected slices", "extended information of location", "chaining of PLI and ENVELOPE",
      "5G ProSe usage information reporting", NULL, NULL, NULL, NULL },
    { NULL },
    { PLI "timing advance of NG-RAN", NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

static const struct {
    uint8_t byte, first, last;
    const char *name;
} numbers[] = {
    { 11, 1, 8, "number of soft keys" },
    { 13, 6, 8, "number of channels" },
    { 14, 1, 5, "characters down the display" },
    { 15, 1, 7, "characters across the display" },
    { 16, 6, 8, "width reduction in a menu" },
    { 19, 1, 4, "protocol version of TIA/EIA-136-270" },
    { 24, 1, 4, "number of frames" },
};

const char *dmsc_usat_profile_name(unsigned byte, unsigned bit)
{
    if (byte < 1 || byte > DMSCI_ARRAY_LEN(bits) || bit < 1 || bit > 8)
        return NULL;
    return bits[byte - 1][bit - 1];
}

const char *dmsc_usat_profile_number_name(unsigned byte, unsigned bit)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(numbers); i++) {
        if (numbers[i].byte == byte && bit >= numbers[i].first && bit <= numbers[i].last)
            return numbers[i].name;
    }
    return NULL;
}
