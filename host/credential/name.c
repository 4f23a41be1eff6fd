/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts a certificate is for: RFC 9525, subjectAltName alone. */
#include "host/credential/mbed.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* GeneralName, context-specific and primitive: RFC 5280 clause 4.2.1.6. */
enum general_name { TAG_DNS_NAME = 0x82, TAG_IP_ADDRESS = 0x87 };

/* The rest of @p host behind its first label, dot included; NULL when it has one label only. */
static const char *behind_first_label(const char *host)
{
    return strchr(host, '.');
}

bool dmsci_dns_name_covers(struct dmsc_bytes name, const char *host)
{
    const char *text = (const char *)name.p;
    size_t n = name.n;
    const char *compared = host;

    if (n == 0 || memchr(text, '\0', n) != NULL)
        return false;
    /* RFC 9525 clause 6.3: a wildcard is the whole left-most label, and stands for exactly one.
     * Two labels must follow it, so that nobody is certified for a whole top level domain. */
    if (text[0] == '*') {
        compared = behind_first_label(host);
        text++;
        n--;
        if (compared == NULL || compared == host || n < 2 || text[0] != '.' ||
            memchr(text + 1, '.', n - 1) == NULL)
            return false;
    }
    return memchr(text, '*', n) == NULL && strlen(compared) == n &&
           strncasecmp(text, compared, n) == 0;
}

/* @return bytes of the address, 0 when @p host is none */
static size_t parse_address(const char *host, uint8_t ret_address[16])
{
    if (inet_pton(AF_INET, host, ret_address) == 1)
        return 4;
    return inet_pton(AF_INET6, host, ret_address) == 1 ? 16 : 0;
}

bool dmsci_host_is_address(const char *host)
{
    uint8_t address[16];

    return parse_address(host, address) != 0;
}

bool dmsci_crt_covers(const mbedtls_x509_crt *crt, const char *host)
{
    uint8_t address[16];
    struct dmsc_bytes wanted = { address, parse_address(host, address) };

    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL; s = s->next) {
        struct dmsc_bytes name = { s->buf.p, s->buf.len };

        if (name.p == NULL)
            continue;
        /* An address is never compared as a name, nor a name as an address. */
        if (wanted.n > 0 && s->buf.tag == TAG_IP_ADDRESS && dmsc_bytes_equal(name, wanted))
            return true;
        if (wanted.n == 0 && s->buf.tag == TAG_DNS_NAME && dmsci_dns_name_covers(name, host))
            return true;
    }
    return false;
}
