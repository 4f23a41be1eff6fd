/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts of clause 8 (layouts.c), which objects.c puts to their tags. */
#ifndef DMSCI_USAT_LAYOUTS_H
#define DMSCI_USAT_LAYOUTS_H

#include "apdu/codec/usat/table.h"

extern const struct dmsci_usat_row dmsci_layout_nothing[], dmsci_layout_bytes[],
    dmsci_layout_plain[], dmsci_layout_details[], dmsci_layout_devices[], dmsci_layout_result[],
    dmsci_layout_duration[], dmsci_layout_alpha[], dmsci_layout_address[], dmsci_layout_digits[],
    dmsci_layout_tpdu[], dmsci_layout_page[], dmsci_layout_text[], dmsci_layout_ussd[],
    dmsci_layout_tone[], dmsci_layout_item[], dmsci_layout_identifier[],
    dmsci_layout_response_length[], dmsci_layout_files[], dmsci_layout_location[],
    dmsci_layout_identity[], dmsci_layout_actions[], dmsci_layout_events[],
    dmsci_layout_location_status[], dmsci_layout_icon[], dmsci_layout_icons[],
    dmsci_layout_reader_status[], dmsci_layout_timer_value[], dmsci_layout_date[],
    dmsci_layout_repeat[], dmsci_layout_timing[], dmsci_layout_browser[], dmsci_layout_bearers[],
    dmsci_layout_path[], dmsci_layout_browser_cause[], dmsci_layout_bearer[], dmsci_layout_length[],
    dmsci_layout_channel[], dmsci_layout_buffer[], dmsci_layout_policy[], dmsci_layout_transport[],
    dmsci_layout_inet[], dmsci_layout_access[], dmsci_layout_display[], dmsci_layout_service[],
    dmsci_layout_technology[], dmsci_layout_remote[], dmsci_layout_labels[],
    dmsci_layout_attributes[], dmsci_layout_contactless[], dmsci_layout_wlan[],
    dmsci_layout_battery[], dmsci_layout_search[], dmsci_layout_frames[],
    dmsci_layout_frames_info[], dmsci_layout_transfer[], dmsci_layout_registry[],
    dmsci_layout_plmn_access[], dmsci_layout_routing[], dmsci_layout_registration[],
    dmsci_layout_geo_request[], dmsci_layout_plmns[], dmsci_layout_broadcast[],
    dmsci_layout_activate[], dmsci_layout_tracking[], dmsci_layout_radio[],
    dmsci_layout_connection_status[], dmsci_layout_connection_type[], dmsci_layout_pdu_type[],
    dmsci_layout_sequence[], dmsci_layout_media[], dmsci_layout_measure[],
    dmsci_layout_csg_status[], dmsci_layout_cause[], dmsci_layout_envelope_type[],
    dmsci_layout_aid[], dmsci_layout_control_action[], dmsci_layout_functionality[];

#endif
