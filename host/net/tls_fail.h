/* SPDX-License-Identifier: Apache-2.0 */
/* Why there is no TLS, in names that stay the same. For tls_mbedtls.c. */
#ifndef DMSCI_TLS_FAIL_H
#define DMSCI_TLS_FAIL_H

#include "host/net/tls_watch.h"

#define DMSCI_TLS_ALERT_CERTIFICATE_REQUIRED 116

/** @return DMSC_E_TLS */
enum dmsc_err dmsci_tls_fail(struct dmsc_ctx *ctx, const char *host, const char *reason,
                             const char *why);
/** The server sent a fatal alert. @p identified we have a client certificate */
enum dmsc_err dmsci_tls_fail_alert(struct dmsc_ctx *ctx, const char *host,
                                   const struct dmsci_tls_watch *watch, bool identified,
                                   unsigned alert);
/** What the peer's first bytes alone explain. DMSC_OK: they explain nothing. */
enum dmsc_err dmsci_tls_fail_version(struct dmsc_ctx *ctx, const char *host,
                                     const struct dmsci_tls_watch *watch);

#endif
