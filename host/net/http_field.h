/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields of a response that we look at. Shared by the files of this folder only. */
#ifndef DMSCI_HTTP_FIELD_H
#define DMSCI_HTTP_FIELD_H

#include "host/net/http.h"

/** One field line without its line end; @p line is written to. Fills @p http. */
DMSC_NODISCARD enum dmsc_err dmsci_http_field(struct dmsci_http *http, char *line);

/** IMF-fixdate of RFC 9110 clause 5.6.7, s since 1970; -1 for all else. */
int64_t dmsci_http_date(const char *text);

#endif
