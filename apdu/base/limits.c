/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/private.h"

/* docs/limits.md says why each default is what it is. */
#define DEFAULT(field, value) limits->field = limits->field != 0 ? limits->field : (value)

void dmsci_limits_fill(struct dmsc_limits *limits)
{
    DEFAULT(ef_size, 65538);
    DEFAULT(rapdu_size, 65538);
    DEFAULT(get_response, 260);
    DEFAULT(proactive, 64);
    DEFAULT(proactive_rate, 3000);
    DEFAULT(envelope_busy, 10);
    DEFAULT(bip_buffer, 4096);
    DEFAULT(bip_connect_ms, 30000);
    DEFAULT(mo_body_size, 32767);
    DEFAULT(ma_entries, 32);
    DEFAULT(ma_scopes, 16);
    DEFAULT(mo_entries, 64);
    DEFAULT(uri_length, 1024);
    DEFAULT(uri_depth, 32);
    DEFAULT(uri_segment, 255);
    DEFAULT(node_value, 1u << 20);
    DEFAULT(large_value, 64u << 20);
    DEFAULT(large_total, 256u << 20);
    DEFAULT(transfers, 16);
    DEFAULT(attachments, 64);
    DEFAULT(grants, 64);
    DEFAULT(app_rules, 256);
    DEFAULT(app_objects, 16);
    DEFAULT(app_watches, 64);
    DEFAULT(app_waiting, 256);
    DEFAULT(changes_kept, 10000);
    DEFAULT(refusals_kept, 10000);
    DEFAULT(acl_length, 4096);
    DEFAULT(tree_nodes, 200000);
    DEFAULT(tnds_nodes, 10000);
    DEFAULT(inbox_objects, 64);
    DEFAULT(xml_depth, 64);
    DEFAULT(message_size, 65536);
    DEFAULT(object_size, 1u << 20);
    DEFAULT(message_commands, 1000);
    DEFAULT(session_messages, 200);
    DEFAULT(http_header_size, 16384);
    DEFAULT(redirects, 3);
    DEFAULT(certificates, 32);
    DEFAULT(certificate_size, 8192);
    DEFAULT(script_size, 4u << 20);
    DEFAULT(script_files, 256);
    DEFAULT(script_depth, 16);
    DEFAULT(script_steps, 10000000);
    DEFAULT(ota_packet_size, 34168);
    DEFAULT(environments, 16);
    DEFAULT(alerts, 32);
    DEFAULT(alert_size, 4096);
}
