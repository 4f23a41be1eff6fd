/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts of clause 8 (layouts.c), which objects.c puts to their tags. */
#ifndef DMSCI_USAT_LAYOUTS_H
#define DMSCI_USAT_LAYOUTS_H

#include "apdu/codec/usat/table.h"

#define LAYOUTS(X)                                                                                 \
    X(nothing)                                                                                     \
    X(bytes)                                                                                       \
    X(plain)                                                                                       \
    X(details)                                                                                     \
    X(devices) X(result) X(duration) X(alpha) X(address) X(digits) X(tpdu) X(page) X(text) X(ussd) \
        X(tone) X(item) X(identifier) X(response_length) X(files) X(location) X(identity)          \
            X(actions) X(events) X(location_status) X(icon) X(icons) X(reader_status)              \
                X(timer_value) X(date) X(repeat) X(timing) X(browser) X(bearers) X(path)           \
                    X(browser_cause) X(bearer) X(length) X(channel) X(buffer) X(policy)            \
                        X(transport) X(inet) X(access) X(display) X(service) X(technology)         \
                            X(remote) X(labels) X(attributes) X(contactless) X(wlan) X(battery)    \
                                X(search) X(frames) X(frames_info) X(transfer) X(registry)         \
                                    X(plmn_access) X(routing) X(registration) X(geo_request)       \
                                        X(plmns) X(broadcast) X(activate) X(tracking) X(radio)     \
                                            X(connection_status) X(connection_type) X(pdu_type)    \
                                                X(sequence) X(media) X(measure) X(csg_status)      \
                                                    X(cause) X(envelope_type) X(aid)               \
                                                        X(control_action) X(functionality)
#define DECLARE(name) extern const struct dmsci_usat_row dmsci_layout_##name[];
LAYOUTS(DECLARE)
#undef DECLARE

#endif
