/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts of TS 102 223 clause 8 and TS 31.111 clause 8, in that order where it matters. */
#include "apdu/codec/usat/tables/layouts.h"
#include "apdu/codec/usat/tables/rows.h"

#define NAMES(list) static const struct dmsci_usat_name list[]
#define ROWS(list)  const struct dmsci_usat_row dmsci_layout_##list[]

ROWS(nothing) = { END };
ROWS(bytes) = { BYTES("value", 0), END };
ROWS(plain) = { TEXT("text", AS_PLAIN, 0), END };
ROWS(path) = { TEXT("path", AS_PATH, 0), END };
ROWS(date) = { TEXT("date and time", AS_DATE, 7), END };
ROWS(timer_value) = { TEXT("time", AS_TIME, 3), END };
ROWS(labels) = { TEXT("name", AS_LABELS, 0), END };
ROWS(digits) = { TEXT("digits", AS_DIGITS, 0), END };
ROWS(identity) = { TEXT("identity", AS_IDENTITY, 0), END };
ROWS(identifier) = { NUMBER("identifier", 1, NULL), END };
ROWS(length) = { NUMBER("length", 1, NULL), END };
ROWS(buffer) = { NUMBER("size", 2, NULL), END };
ROWS(cause) = { NUMBER("cause", 1, NULL), BYTES("further", 0), END };
ROWS(alpha) = { TEXT("text", AS_ALPHA, 0), END };
ROWS(aid) = { BYTES("AID", 0), END };

ROWS(details) = { NUMBER("number", 1, NULL), NUMBER("type", 1, dmsci_usat_commands),
                  BYTES_AS("qualifier", AS_QUALIFIER), END };
ROWS(devices) = { NUMBER("source", 1, dmsci_usat_devices),
                  NUMBER("destination", 1, dmsci_usat_devices), END };
ROWS(result) = { NUMBER("result", 1, dmsci_usat_results), CHOOSE(dmsci_usat_result_choices), END };
ROWS(duration) = { NUMBER("unit", 1, dmsci_usat_units), NUMBER("interval", 1, NULL), END };
ROWS(address) = { BITS("extension", 1, NULL), BITS("type of number", 3, dmsci_usat_tons),
                  BITS("numbering plan", 4, dmsci_usat_npis), TEXT("number", AS_DIGITS, 0), END };

NAMES(tpdu_types) = {
    IS(0, "SMS-DELIVER"),
    IS(1, "SMS-SUBMIT"),
    IS(2, "SMS-COMMAND or SMS-STATUS-REPORT"),
    NAMES_END,
};
NAMES(validity) = {
    IS(0, "none"), IS(1, "enhanced"), IS(2, "relative"), IS(3, "absolute"), NAMES_END,
};
ROWS(tpdu) = {
    BITS("reply path", 1, NULL),
    { "user data header", AS_BITS, 1, KEEP_HEADER, NULL, NULL },
    BITS("status report", 1, NULL),
    { "validity period format", AS_BITS, 2, KEEP_FORMAT, validity, NULL },
    BITS("more messages or reject duplicates", 1, NULL),
    BITS("message type", 2, tpdu_types),
    CHOOSE(dmsci_usat_tpdu_choices),
    END,
};
/* TS 23.041 clause 9.4.1.2. */
ROWS(page) = { NUMBER("serial number", 2, NULL),
               NUMBER("message identifier", 2, NULL),
               NUMBER("data coding scheme", 1, dmsci_usat_cbs),
               BITS("page", 4, NULL),
               BITS("pages", 4, NULL),
               BYTES("content", 82),
               END };
ROWS(text) = { NUMBER("coding", 1, dmsci_usat_dcs), TEXT("text", AS_DCS_TEXT, 0), END };
ROWS(ussd) = { NUMBER("coding", 1, dmsci_usat_cbs), TEXT("text", AS_CBS_TEXT, 0), END };
ROWS(tone) = { NUMBER("tone", 1, dmsci_usat_tones), END };
ROWS(item) = { NUMBER("identifier", 1, NULL), TEXT("text", AS_ALPHA, 0), END };
ROWS(response_length) = { NUMBER("minimum", 1, NULL), NUMBER("maximum", 1, NULL), END };
ROWS(files) = { NUMBER("files", 1, NULL), TEXT("path", AS_PATH, 0), AGAIN(1), END };

/* TS 31.111 clause 8.19: behind the network 2, 2 and 2 bytes, or 3 and 5 for NG-RAN. */
static const struct dmsci_usat_row ng_ran[] = { BYTES("tracking area code", 3),
                                                BYTES("NR cell identity", 5), END };
static const struct dmsci_usat_choice to_ng_ran[] = { { 0, 0, ng_ran } };
ROWS(location) = { TEXT("network", AS_PLMN, 3),
                   { "", AS_LENGTH, 8, KEEP_NOTHING, NULL, to_ng_ran },
                   NUMBER("area code", 2, NULL),
                   NUMBER("cell identity", 2, NULL),
                   NUMBER("extended cell identity", 2, NULL),
                   END };
ROWS(routing) = { TEXT("network", AS_PLMN, 3), NUMBER("area code", 2, NULL),
                  NUMBER("routing area code", 1, NULL), END };
ROWS(tracking) = { TEXT("network", AS_PLMN, 3), BYTES("tracking area code", 0), END };
ROWS(plmns) = { TEXT("network", AS_PLMN, 3), AGAIN(1), END };
ROWS(plmn_access) = { TEXT("network", AS_PLMN, 3),
                      NUMBER("access technologies", 2, dmsci_usat_plmn_access), AGAIN(2), END };

ROWS(actions) = { NUMBER("action", 1, dmsci_usat_commands), AGAIN(1), END };
ROWS(events) = { NUMBER("event", 1, dmsci_usat_events), AGAIN(1), END };
ROWS(repeat) = { NUMBER("value", 1, NULL), AGAIN(1), END };
NAMES(service) = { IS(0, "normal service"), IS(1, "limited service"), IS(2, "no service"),
                   NAMES_END };
ROWS(location_status) = { NUMBER("status", 1, service), END };
NAMES(icon_kinds) = { IN(1, 0, "self-explanatory"), BIT(1, "not self-explanatory"), NAMES_END };
ROWS(icon) = { NUMBER("qualifier", 1, icon_kinds), NUMBER("icon", 1, NULL), END };
ROWS(icons) = { NUMBER("qualifier", 1, icon_kinds), NUMBER("icon", 1, NULL), AGAIN(1), END };
/* 8.33 */
ROWS(reader_status) = { BITS("card powered", 1, NULL),
                        BITS("card present", 1, NULL),
                        BITS("ID-1 size", 1, NULL),
                        BITS("reader present", 1, NULL),
                        BITS("reader removable", 1, NULL),
                        BITS("reader", 3, NULL),
                        END };
NAMES(requested) = { IS(0, "allowed, no modification"), IS(1, "not allowed"),
                     IS(2, "allowed with modifications"), NAMES_END };
ROWS(control_action) = { NUMBER("action", 1, requested), BYTES("objects", 0), END };
NAMES(idle) = { IS(0, "idle"), IS(1, "not idle"), NAMES_END };
ROWS(timing) = { NUMBER("ME status", 1, idle), NUMBER("timing advance", 1, NULL),
                 BYTES("further", 0), END };
NAMES(browsers) = { IS(0, "default"), IS(1, "WML"),   IS(2, "HTML"),
                    IS(3, "XHTML"),   IS(4, "cHTML"), NAMES_END };
ROWS(browser) = { NUMBER("browser", 1, browsers), END };
NAMES(old_bearers) = { IS(0, "SMS"), IS(1, "CSD"), IS(2, "USSD"), IS(3, "packet service"),
                       NAMES_END };
ROWS(bearers) = { NUMBER("bearer", 1, old_bearers), AGAIN(1), END };
NAMES(browser_causes) = { IS(0, "user termination"), IS(1, "error termination"), NAMES_END };
ROWS(browser_cause) = { NUMBER("cause", 1, browser_causes), END };

/* 8.52 to 8.59: the bearer independent protocol. */
ROWS(bearer) = { NUMBER("bearer", 1, dmsci_usat_bearers), CHOOSE(dmsci_usat_bearer_choices), END };
NAMES(link_info) = { IS(0, "no further information"), IS(5, "link dropped"), NAMES_END };
ROWS(channel) = { BITS("link", 2, dmsci_usat_link), BITS("reserved", 3, NULL),
                  BITS("channel", 3, NULL), NUMBER("information", 1, link_info), END };
ROWS(transport) = { NUMBER("protocol", 1, dmsci_usat_transports), NUMBER("port", 2, NULL), END };
NAMES(address_types) = { IS(0x21, "IPv4"), IS(0x57, "IPv6"), NAMES_END };
ROWS(inet) = { NUMBER("type", 1, address_types), CHOOSE(dmsci_usat_address_choices), END };
NAMES(policies) = { BIT(1, "even if the user navigates menus"), BIT(2, "even during a data call"),
                    BIT(4, "even during a voice call"), NAMES_END };
ROWS(policy) = { NUMBER("policy", 1, policies), END };

ROWS(access) = { NUMBER("access technology", 1, dmsci_usat_access), AGAIN(1), END };
NAMES(states) = { IN(1, 0, "disabled"), BIT(1, "enabled"), NAMES_END };
ROWS(radio) = { NUMBER("access technology", 1, dmsci_usat_access), NUMBER("state", 1, states),
                AGAIN(2), END };
ROWS(display) = { NUMBER("height", 1, NULL), NUMBER("width", 1, NULL), NUMBER("effects", 1, NULL),
                  END };
ROWS(service) = { NUMBER("technology", 1, dmsci_usat_services),
                  NUMBER("service identifier", 1, NULL), BYTES("record", 0), END };
ROWS(technology) = { NUMBER("technology", 1, dmsci_usat_services), BYTES("data", 0), END };
NAMES(remote_codings) = { IS(0, "IEEE 802, 48 bits"), IS(1, "IrDA"), NAMES_END };
ROWS(remote) = { NUMBER("coding", 1, remote_codings), BYTES("address", 0), END };

/* 8.72, 8.73: TS 23.040 clause 9.2.3.24.10.1. */
NAMES(alignments) = { IS(0, "left"), IS(1, "centre"), IS(2, "right"), IS(3, "as the language"),
                      NAMES_END };
NAMES(sizes) = { IS(0, "normal"), IS(1, "large"), IS(2, "small"), NAMES_END };
ROWS(attributes) = {
    NUMBER("start", 1, NULL),
    NUMBER("length", 1, NULL),
    BITS("strikethrough", 1, NULL),
    BITS("underlined", 1, NULL),
    BITS("italic", 1, NULL),
    BITS("bold", 1, NULL),
    BITS("font size", 2, sizes),
    BITS("alignment", 2, alignments),
    BITS("background", 4, NULL),
    BITS("foreground", 4, NULL),
    AGAIN(10),
    END,
};

ROWS(contactless) = { NUMBER("request", 1, NULL), END };
NAMES(functionalities) = { IS(0, "enabled"), IS(1, "disabled"), NAMES_END };
ROWS(functionality) = { NUMBER("state", 1, functionalities), END };
ROWS(wlan) = { NUMBER("access status", 1, NULL), BYTES("further", 0), END };
NAMES(charges) = { IS(0, "very low"), IS(1, "low"),  IS(2, "average"),
                   IS(3, "good"),     IS(4, "full"), NAMES_END };
ROWS(battery) = { NUMBER("charge", 1, charges), END };
NAMES(modes) = { IS(0, "manual"), IS(1, "automatic"), NAMES_END };
ROWS(search) = { NUMBER("mode", 1, modes), END };
NAMES(directions) = { IS(1, "horizontal"), IS(2, "vertical"), NAMES_END };
ROWS(frames) = { NUMBER("layout", 1, directions), NUMBER("size", 1, NULL), AGAIN(1), END };
ROWS(frames_info) = { NUMBER("default frame", 1, NULL), NUMBER("height", 1, NULL),
                      NUMBER("width", 1, NULL), AGAIN(2), END };
ROWS(transfer) = { NUMBER("status", 1, NULL), BYTES("further", 0), END };
ROWS(registry) = { NUMBER("port", 2, NULL), NUMBER("coding", 1, dmsci_usat_dcs),
                   NUMBER("address type", 1, NULL), BYTES("name", 0), END };
ROWS(registration) = { NUMBER("type", 1, dmsci_usat_registrations), END };
ROWS(geo_request) = { NUMBER("horizontal accuracy", 1, NULL),
                      NUMBER("vertical coordinate", 1, NULL),
                      NUMBER("velocity", 1, NULL),
                      NUMBER("preferred shapes", 1, NULL),
                      NUMBER("preferred NMEA sentences", 1, NULL),
                      NUMBER("maximum response time", 1, NULL),
                      END };
NAMES(broadcasts) = { IS(0, "DVB-H"),   IS(1, "DVB-T"),  IS(2, "DVB-SH"),
                      IS(3, "T-DMB"),   IS(4, "FLO"),    IS(5, "WiMAX"),
                      IS(6, "DVB-NGH"), IS(7, "DVB-T2"), NAMES_END };
ROWS(broadcast) = { NUMBER("technology", 1, broadcasts), BYTES("location", 0), END };
NAMES(targets) = { IS(1, "UICC-CLF interface"), NAMES_END };
ROWS(activate) = { NUMBER("target", 1, targets), END };
NAMES(connection_states) = { IS(0, "successful"), IS(1, "rejected"),
                             IS(2, "dropped or deactivated"), NAMES_END };
ROWS(connection_status) = { NUMBER("status", 1, connection_states), END };
NAMES(connections) = { IS(0, "PDP"), IS(1, "PDN"), IS(2, "PDU"), NAMES_END };
ROWS(connection_type) = { NUMBER("type", 1, connections), END };
ROWS(pdu_type) = { NUMBER("type", 1, NULL), END };
NAMES(containers) = { IS(0, "COMMAND CONTAINER"), IS(1, "TERMINAL RESPONSE"),
                      IS(2, "profile container event"), IS(3, "profile container response"),
                      NAMES_END };
ROWS(sequence) = { BITS("command", 2, containers), BITS("counter", 22, NULL), END };
NAMES(media_types) = { BIT(1, "voice"), BIT(2, "video"), NAMES_END };
ROWS(media) = { NUMBER("media", 1, media_types), END };
ROWS(measure) = { NUMBER("measurement", 1, dmsci_usat_measurements), END };
ROWS(csg_status) = { NUMBER("status", 1, NULL), NUMBER("information", 1, NULL), END };
ROWS(envelope_type) = { NUMBER("template", 1, NULL), END };
