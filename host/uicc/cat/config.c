/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator allows, and whether an address of the card is among it. */
#include "host/uicc/cat/private.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_TEXT_MAX 64
#define TYPE_IPV4        0x21
#define TYPE_IPV6        0x57

/* Ranges that "*" does not mean: a card has no business there unless somebody says so. */
static const struct {
    uint8_t size, prefix;
    uint8_t p[2];
} special[] = {
    { 4, 8, { 0, 0 } },      /* this network, RFC 1122 3.2.1.3 */
    { 4, 8, { 127, 0 } },    /* loopback */
    { 4, 16, { 169, 254 } }, /* link-local, RFC 3927 */
    { 4, 3, { 224, 0 } },    /* multicast, reserved, broadcast */
    { 16, 16, { 0, 0 } },    /* unspecified, loopback, IPv4 within: RFC 4291 2.5 */
    { 16, 10, { 0xFE, 0x80 } }, { 16, 8, { 0xFF, 0 } },
};

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned left = bits & 7;

    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return left == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - left) == 0;
}

/* Bits of the special range that the address is in; 0 for a usual one. */
static unsigned special_prefix(const struct dmsci_cat_addr *addr)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(special); i++) {
        if (special[i].size == addr->size && same_prefix(special[i].p, addr->p, special[i].prefix))
            return special[i].prefix;
    }
    return 0;
}

const struct dmsci_cat_addr dmsci_cat_local = { 4, { 127, 0, 0, 1 } };

/* Is the rule for this address, whatever the port? */
static bool covers(const struct rule *rule, bool udp, const struct dmsci_cat_addr *addr)
{
    return rule->udp == udp && rule->prefix >= special_prefix(addr) &&
           (rule->addr.size == 0 ||
            (rule->addr.size == addr->size && same_prefix(rule->addr.p, addr->p, rule->prefix)));
}

/* A rule for the protocol; with @p addr one for this address. */
static bool has_rule(const struct dmsci_cat *cat, bool udp, const struct dmsci_cat_addr *addr)
{
    for (size_t i = 0; i < cat->connect_count; i++) {
        if (cat->connect[i].udp == udp && (addr == NULL || covers(&cat->connect[i], udp, addr)))
            return true;
    }
    return false;
}

bool dmsci_cat_has(const struct dmsci_cat *cat, enum need need)
{
    switch (need) {
    case NEEDS_IMEI:
        return cat->has_imei;
    case NEEDS_BIP:
        return cat->connect_count + cat->listen_count > 0;
    case NEEDS_TCP:
    case NEEDS_UDP:
        return has_rule(cat, need == NEEDS_UDP, NULL);
    case NEEDS_LOCAL_TCP:
    case NEEDS_LOCAL_UDP:
        return has_rule(cat, need == NEEDS_LOCAL_UDP, &dmsci_cat_local);
    case NEEDS_SERVER:
        return cat->listen_count > 0;
    case NEEDS_DNS:
        return cat->dns_count > 0 && dmsci_cat_has(cat, NEEDS_BIP);
    default:
        return true;
    }
}

bool dmsci_cat_may_connect(const struct dmsci_cat *cat, bool udp, const struct dmsci_cat_addr *addr,
                           uint16_t port)
{
    for (size_t i = 0; port != 0 && i < cat->connect_count; i++) {
        const struct rule *rule = &cat->connect[i];

        if ((rule->port == 0 || rule->port == port) && covers(rule, udp, addr))
            return true;
    }
    return false;
}

void dmsci_cat_log_place(const struct dmsci_cat *cat, enum dmsc_level level, const char *what,
                         const struct channel *c)
{
    bool v6 = c->addr.size == 16;
    char text[ADDRESS_TEXT_MAX];

    if (inet_ntop(v6 ? AF_INET6 : AF_INET, c->addr.p, text, sizeof(text)) != NULL)
        dmsci_log(cat->ctx, level, "usat", "%s: %s:%s%s%s:%u", what, c->udp ? "udp" : "tcp",
                  v6 ? "[" : "", text, v6 ? "]" : "", c->port);
}

const struct rule *dmsci_cat_may_listen(const struct dmsci_cat *cat, uint16_t port)
{
    for (size_t i = 0; i < cat->listen_count; i++) {
        if (cat->listen[i].port == port)
            return &cat->listen[i];
    }
    return NULL;
}

bool dmsci_cat_addr_decode(struct dmsc_bytes value, struct dmsci_cat_addr *ret_addr)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    size_t size = value.n > 0 ? value.n - 1 : 0;

    if (!(size == 4 && value.p[0] == TYPE_IPV4) && !(size == 16 && value.p[0] == TYPE_IPV6))
        return false;
    value = dmsc_bytes(value.p + 1, size);
    if (size == 16 && memcmp(value.p, mapped, sizeof(mapped)) == 0)
        value = dmsc_bytes(value.p + sizeof(mapped), 4);
    ret_addr->size = (uint8_t)value.n;
    dmsci_copy(ret_addr->p, value.p, value.n);
    return true;
}

static bool parse_addr(const char *text, struct dmsci_cat_addr *ret_addr)
{
    if (inet_pton(AF_INET, text, ret_addr->p) == 1)
        ret_addr->size = 4;
    else if (inet_pton(AF_INET6, text, ret_addr->p) == 1)
        ret_addr->size = 16;
    else
        return false;
    return true;
}

/* A number of @p least to @p most and nothing behind it. */
static bool parse_number(const char *text, unsigned long least, unsigned long most,
                         unsigned long *ret_number)
{
    char *end = NULL;

    *ret_number = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *ret_number >= least &&
           *ret_number <= most;
}

/* ADDRESS[/PREFIX]:PORT, IPv6 between brackets. */
static bool parse_place(const char *text, struct rule *rule)
{
    char addr[ADDRESS_TEXT_MAX];
    const char *port = strrchr(text, ':');
    size_t n = port != NULL ? (size_t)(port - text) : sizeof(addr);
    char *slash;
    unsigned long number = 0;

    if (n == 0 || n >= sizeof(addr))
        return false;
    dmsci_copy(addr, text, n);
    addr[n] = '\0';
    if (strcmp(port + 1, "*") != 0 && !parse_number(port + 1, 1, 65535, &number))
        return false;
    rule->port = (uint16_t)number;
    if (strcmp(addr, "*") == 0)
        return true;
    slash = strchr(addr, '/');
    if (slash != NULL)
        *slash++ = '\0';
    n = strlen(addr);
    if (addr[0] == '[' && addr[n - 1] == ']') {
        addr[n - 1] = '\0';
        if (inet_pton(AF_INET6, addr + 1, rule->addr.p) != 1)
            return false;
        rule->addr.size = 16;
    } else if (inet_pton(AF_INET, addr, rule->addr.p) == 1) {
        rule->addr.size = 4;
    } else {
        return false;
    }
    number = 8ul * rule->addr.size;
    if (slash != NULL && !parse_number(slash, 1, number, &number))
        return false;
    rule->prefix = (uint8_t)number;
    return true;
}

static bool parse_connect(const char *text, struct rule *rule)
{
    rule->udp = strncmp(text, "udp:", 4) == 0;
    return (rule->udp || strncmp(text, "tcp:", 4) == 0) && parse_place(text + 4, rule);
}

static bool parse_listen(const char *text, struct rule *rule)
{
    return parse_place(text, rule) && rule->port != 0 && rule->addr.size != 0 &&
           rule->prefix == 8 * rule->addr.size;
}

/* 14 or 15 digits. */
static bool parse_imei(const char *text)
{
    size_t n = strlen(text);

    return (n == 14 || n == 15) && strspn(text, "0123456789") == n;
}

#define CONNECT_FORM "tcp:ADDRESS[/PREFIX]:PORT or udp:ADDRESS[/PREFIX]:PORT"
#define LISTEN_FORM  "ADDRESS:PORT"
#define DNS_FORM     "an address"
#define IMEI_FORM    "14 or 15 digits"

const char *dmsci_cat_text_wrong(const char *key, const char *text)
{
    struct rule rule = { .udp = false };

    switch (key[0]) {
    case 'c':
        return parse_connect(text, &rule) ? NULL : CONNECT_FORM;
    case 'l':
        return parse_listen(text, &rule) ? NULL : LISTEN_FORM;
    case 'd':
        return parse_addr(text, &rule.addr) ? NULL : DNS_FORM;
    default:
        return parse_imei(text) ? NULL : IMEI_FORM;
    }
}

static enum dmsc_err no_good(struct dmsc_ctx *ctx, const char *text, const char *form)
{
    (void)dmsci_fail(ctx, DMSC_E_CONFIG, "read what the toolkit may do");
    dmsci_where(ctx, "%s", text);
    dmsci_why(ctx, "usat:config", "not of the form %s", form);
    return DMSC_E_CONFIG;
}

static enum dmsc_err load_rules(struct dmsc_ctx *ctx, const char *const *texts, size_t count,
                                bool is_listen, struct rule **ret_rules, size_t *ret_count)
{
    if (count == 0)
        return DMSC_OK;
    *ret_rules = dmsci_calloc(ctx, count, sizeof(**ret_rules));
    if (*ret_rules == NULL)
        return DMSC_E_NOMEM;
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        if (is_listen ? !parse_listen(texts[i], &(*ret_rules)[i])
                      : !parse_connect(texts[i], &(*ret_rules)[i]))
            return no_good(ctx, texts[i], is_listen ? LISTEN_FORM : CONNECT_FORM);
        dmsci_log(ctx, DMSC_LOG_WARN, "usat", "the card may %s %s",
                  is_listen ? "listen on" : "connect to", texts[i]);
    }
    return DMSC_OK;
}

/* TS 124 008 10.5.1.4: odd number of digits, type 2 (IMEI), BCD with the nibbles swapped. The
 * fifteenth digit goes as it was given; on the wire of a network it would be 0. */
static void load_imei(struct dmsci_cat *cat, const char *text)
{
    size_t n = strlen(text);

    cat->imei[0] = (uint8_t)((text[0] - '0') << 4 | 0x0A);
    for (size_t i = 1; i < 8; i++) {
        unsigned low = (unsigned)(text[2 * i - 1] - '0');
        unsigned high = 2 * i < n ? (unsigned)(text[2 * i] - '0') : 0;

        cat->imei[i] = (uint8_t)(high << 4 | low);
    }
    cat->has_imei = true;
    dmsci_log(cat->ctx, DMSC_LOG_WARN, "usat", "the card may ask for the IMEI");
}

static enum dmsc_err load(struct dmsci_cat *cat, const struct dmsc_cat_config *config)
{
    const char *language = config->language != NULL ? config->language : "en";
    enum dmsc_err err;

    if (strlen(language) < 2)
        return no_good(cat->ctx, language, "two letters");
    dmsci_copy(cat->language, language, 2);
    cat->caller_events = config->events;
    if (config->imei != NULL && !parse_imei(config->imei))
        return no_good(cat->ctx, config->imei, IMEI_FORM);
    if (config->imei != NULL)
        load_imei(cat, config->imei);
    if (config->dns_count > DNS_MAX)
        return dmsci_fail(cat->ctx, DMSC_E_LIMIT, "take more than %u DNS servers", DNS_MAX);
    for (size_t i = 0; i < config->dns_count; i++) {
        if (!parse_addr(config->dns[i], &cat->dns[i]))
            return no_good(cat->ctx, config->dns[i], DNS_FORM);
        cat->dns_count++;
    }
    err = load_rules(cat->ctx, config->connect, config->connect_count, false, &cat->connect,
                     &cat->connect_count);
    if (err == DMSC_OK)
        err = load_rules(cat->ctx, config->listen, config->listen_count, true, &cat->listen,
                         &cat->listen_count);
    return err;
}

enum dmsc_err dmsci_cat_new(struct dmsc_ctx *ctx, const struct dmsc_cat_config *config,
                            struct dmsci_cat **ret_cat)
{
    const struct dmsc_cat_config none = DMSC_CAT_CONFIG_INIT;
    struct dmsci_cat *cat = dmsci_alloc(ctx, sizeof(*cat));
    enum dmsc_err err;

    if (cat == NULL)
        return DMSC_E_NOMEM;
    cat->ctx = ctx;
    err = load(cat, config != NULL ? config : &none);
    if (err != DMSC_OK) {
        dmsci_cat_free(cat);
        return err;
    }
    dmsci_cat_profile_make(cat);
    *ret_cat = cat;
    return DMSC_OK;
}

void dmsci_cat_free(struct dmsci_cat *cat)
{
    if (cat == NULL)
        return;
    for (unsigned i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        dmsc_buf_clear(&cat->channels[i].rx);
        dmsc_buf_clear(&cat->channels[i].tx);
    }
    dmsci_free(cat->ctx, cat->connect);
    dmsci_free(cat->ctx, cat->listen);
    dmsci_free(cat->ctx, cat);
}
