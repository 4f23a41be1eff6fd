/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines to the modem around a small card: each that begins with AT has one end, OK or an error.
 */
#include "simulator/uicc/front/modem.h"
#include <dmsc/ctx.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char profile[] =
    "{\"atr\":\"3B9F96801F878031E073FE211B674A357530350265F8\",\"channels\":4,"
    "\"pins\":{\"01\":{\"value\":\"1234\",\"unblock\":{\"value\":\"12345678\"}}},\"files\":{"
    "\"3F00\":{\"type\":\"df\",\"compact\":\"00\"},"
    "\"3F00/2FE2\":{\"type\":\"transparent\",\"sfi\":2,\"size\":10,\"compact\":\"0100\","
    "\"content\":\"988812010000400310F0\"},"
    "\"3F00/7F4D\":{\"type\":\"adf\",\"aid\":\"F0444D53432D554943430100\",\"compact\":\"00\"}}}";

static void trace(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu)
{
    (void)user;
    (void)power;
    (void)capdu;
    (void)rapdu;
}

static bool ends_well(const struct dmsc_buf *said)
{
    static const char *const ends[] = { "\r\nOK\r\n", "\r\nERROR\r\n" };
    const char *text = dmsc_buf_str(said);

    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(ends[i]);

        if (said->n >= n && strcmp(text + said->n - n, ends[i]) == 0)
            return true;
    }
    return strstr(text, "\r\n+CME ERROR: ") != NULL && text[said->n - 1] == '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_modem *modem = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;
    char *text = malloc(size + 1), *next = NULL;
    struct dmsc_buf said;

    if (text == NULL || dmsc_ctx_new(NULL, &ctx) != DMSC_OK ||
        dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), NULL, NULL, &sim) != DMSC_OK ||
        dmsci_modem_new(ctx, sim, trace, NULL, &modem) != DMSC_OK)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    dmsc_buf_init(&said, ctx, 4096);
    for (char *line = strtok_r(text, "\n", &next); line != NULL;
         line = strtok_r(NULL, "\n", &next)) {
        dmsc_buf_reset(&said);
        if (dmsci_modem_command(modem, line, &said) != DMSC_OK)
            abort();
        if (strncasecmp(line, "AT", 2) != 0 ? said.n > 0 : !ends_well(&said))
            abort();
    }
    dmsc_buf_clear(&said);
    dmsci_modem_free(modem);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    free(text);
    return 0;
}
