/* SPDX-License-Identifier: Apache-2.0 */
/* What reading the worked example of the card application costs, in APDUs and in bytes as T=0 puts
 * them on the wire (docs/card-application.md; the figures of design budgets). */
#include "apdu/base/ctx.h"
#include <dmsc/card.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <stdlib.h>

/* SubjectPublicKeyInfo of the public P-256 test key of RFC 6979 A.2.5, which signed the example. */
static const char issuer_hex[] =
    "3059301306072A8648CE3D020106082A8648CE3D0301070342000460FED4BA255A9D31C961EB74C6356D68C049B892"
    "3B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";

/* PIN1 is disabled: the budget counts no VERIFY. */
static const char profile[] =
    "{ \"base\": \"example.json\", \"pins\": { \"01\": { \"value\": \"1234\", "
    "\"enabled\": false } } }";

static void must(struct dmsc_ctx *ctx, enum dmsc_err err, const char *what)
{
    if (err == DMSC_OK)
        return;
    (void)fprintf(stderr, "%s: %s: %s; %s\n", what, dmsc_err_name(err), dmsc_diag_get(ctx)->what,
                  dmsc_diag_get(ctx)->why);
    exit(1);
}

static void print(const char *name, struct dmsc_link_counts a, struct dmsc_link_counts b)
{
    (void)printf("BENCH:%s_apdus %lu APDU\nBENCH:%s_bytes %lu byte\n", name, b.apdus - a.apdus,
                 name, b.bytes - a.bytes);
}

static struct dmsc_uicc *power_on(struct dmsc_ctx *ctx, struct dmsc_link *link)
{
    struct dmsc_uicc *uicc = NULL;

    must(ctx, dmsc_uicc_new(ctx, link, &uicc), "uicc");
    must(ctx, dmsc_uicc_power_on(uicc), "power on");
    return uicc;
}

static void first_read(struct dmsc_ctx *ctx, struct dmsc_link *link, struct dmsc_bytes issuer)
{
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;
    struct dmsc_card_trust trust = { &issuer, 1 };
    struct dmsc_link_counts before = dmsc_link_counts(link);
    struct dmsc_uicc *uicc = power_on(ctx, link);
    struct dmsc_card *card = NULL;

    options.trust = &trust;
    must(ctx, dmsc_card_open(uicc, &card), "open");
    must(ctx, dmsc_card_read(card, &options, &image), "read");
    print("card_first_read", before, dmsc_link_counts(link));
    dmsc_card_image_clear(&image);
    dmsc_card_free(card);
    dmsc_uicc_free(uicc);
}

static void change_check(struct dmsc_ctx *ctx, struct dmsc_link *link)
{
    struct dmsc_link_counts before = dmsc_link_counts(link);
    struct dmsc_uicc *uicc = power_on(ctx, link);
    struct dmsc_card_header header;
    struct dmsc_card *card = NULL;

    must(ctx, dmsc_card_open(uicc, &card), "open");
    must(ctx, dmsc_card_header(card, &header), "header");
    print("card_unchanged_reset", before, dmsc_link_counts(link));
    before = dmsc_link_counts(link);
    must(ctx, dmsc_card_header(card, &header), "header");
    print("card_unchanged_open", before, dmsc_link_counts(link));
    dmsc_card_free(card);
    dmsc_uicc_free(uicc);
}

int main(void)
{
    const char *root = getenv("DMSC_SOURCE_ROOT");
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_link *link = NULL;
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf issuer;
    char folder[4096];

    (void)snprintf(folder, sizeof(folder), "%s/card-scripts", root != NULL ? root : ".");
    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 1;
    dmsc_buf_init(&issuer, ctx, 128);
    must(ctx, dmsc_hex_decode(issuer_hex, &issuer), "issuer key");
    must(ctx, dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), folder, NULL, &sim), "card");
    must(ctx, dmsc_sim_link(sim, ctx, &link), "link");
    first_read(ctx, link, dmsc_buf_bytes(&issuer));
    change_check(ctx, link);
    dmsc_link_free(link);
    dmsc_sim_free(sim);
    dmsc_buf_clear(&issuer);
    dmsc_ctx_free(ctx);
    return 0;
}
