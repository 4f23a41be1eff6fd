/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_WBXML_H
#define DMSC_WBXML_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * true when the first octet is a version of WBXML, 1.1 to 1.3. No XML and no JSON begins with one
 * of them.
 */
DMSC_API bool dmsc_wbxml_is(struct dmsc_bytes document);

/**
 * A WBXML document of device management (SyncML, MetInf, DevInf, DDF, TNDS) as indented XML to look
 * at; appended. Opaque octets that are a WBXML document themselves are shown as its elements, text
 * as text, others as base64, each behind a comment that says what it was.
 *
 * @return what the document is refused for, with a reason "wbxml:..." (docs/wbxml.md):
 *         DMSC_E_MALFORMED, DMSC_E_UNSUPPORTED, DMSC_E_LIMIT (more than limits.xml_depth
 *         elements nested, or what @p ret_xml may hold). @p ret_xml is then as it was
 *
 * A workbench has it: -Dworkbench=disabled leaves it out.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_wbxml_to_xml(struct dmsc_ctx *ctx,
                                                        struct dmsc_bytes document,
                                                        struct dmsc_buf *ret_xml);

#ifdef __cplusplus
}
#endif
#endif
