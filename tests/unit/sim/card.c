/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim/card.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MAX 4096

struct dmsc_ctx *card_ctx(void)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    return ctx;
}

struct dmsc_sim *card_open(struct dmsc_ctx *ctx, const char *profile,
                           const struct dmsc_sim_options *options)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;

    support_path(profile, path);
    err = dmsc_sim_new(ctx, path, options, &sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s: %s: %s", path, dmsc_err_name(err), dmsc_diag_get(ctx)->where,
                 dmsc_diag_get(ctx)->why);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    return sim;
}

struct dmsc_sim *card_new(struct dmsc_ctx *ctx, const char *name,
                          const struct dmsc_sim_options *options)
{
    char profile[64];

    (void)snprintf(profile, sizeof(profile), "card-scripts/%s.json", name);
    return card_open(ctx, profile, options);
}

static void put_text(char *out, size_t size, size_t *n, const char *digits, size_t length)
{
    if (*n + length + 1 > size)
        fail_msg("more than %zu digits in a line", size);
    for (size_t i = 0; i < length; i++)
        out[(*n)++] = digits[i];
    out[*n] = '\0';
}

void card_hex(const char *line, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    while (*line != '\0' && *line != '#' && *line != '\n') {
        if (*line == ' ') {
            line++;
        } else if (*line == '*') {
            char *end;
            unsigned long times = strtoul(line + 1, &end, 10);
            char byte[3] = { out[n - 2], out[n - 1], '\0' };

            for (unsigned long i = 1; i < times; i++)
                put_text(out, size, &n, byte, 2);
            line = end;
        } else {
            char digit = *line >= 'a' && *line <= 'f' ? (char)(*line - 'a' + 'A') : *line;

            put_text(out, size, &n, &digit, 1);
            line++;
        }
    }
}

static void transmit(struct dmsc_sim *sim, const char *capdu, char ret_hex[HEX_MAX])
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_bytes exact;
    struct dmsc_buf buf;
    char hex[HEX_MAX];
    size_t n = 0;

    card_hex(capdu, hex, sizeof(hex));
    dmsc_buf_init(&buf, ctx, HEX_MAX);
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    exact = support_copy_exact(dmsc_buf_bytes(&buf));
    if (dmsc_sim_transmit(sim, exact, rapdu, &n) == DMSC_OK)
        dmsc_hex_encode(dmsc_bytes(rapdu, n), ret_hex);
    else
        (void)snprintf(ret_hex, HEX_MAX, "-");
    support_free(exact);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

void card_send(struct dmsc_sim *sim, const char *capdu)
{
    char answer[HEX_MAX];

    transmit(sim, capdu, answer);
}

void card_expect(struct dmsc_sim *sim, const char *capdu, const char *rapdu)
{
    char actual[HEX_MAX], expected[HEX_MAX];

    transmit(sim, capdu, actual);
    card_hex(rapdu, expected, sizeof(expected));
    if (strcmp(actual, expected) != 0)
        fail_msg("%s\n  answers  %s\n  expected %s", capdu, actual, expected);
}

void card_content(struct dmsc_sim *sim, const char *path, const char *hex)
{
    struct dmsc_ctx *ctx = card_ctx();
    char actual[HEX_MAX], expected[HEX_MAX];
    struct dmsc_buf content;

    dmsc_buf_init(&content, ctx, 65536);
    assert_int_equal(dmsc_sim_read(sim, path, &content), DMSC_OK);
    if (content.n > HEX_MAX / 2 - 1)
        dmsc_buf_truncate(&content, HEX_MAX / 2 - 1);
    dmsc_hex_encode(dmsc_buf_bytes(&content), actual);
    card_hex(hex, expected, sizeof(expected));
    actual[strlen(expected)] = '\0';
    assert_string_equal(actual, expected);
    dmsc_buf_clear(&content);
    dmsc_ctx_free(ctx);
}
