/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/card/card_fixture.h"
#include <stdio.h>
#include <string.h>

static const uint8_t spki[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x60, 0xFE, 0xD4, 0xBA, 0x25,
    0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68, 0xC0, 0x49, 0xB8, 0x92, 0x3B,
    0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6, 0x79, 0x03, 0xFE, 0x10, 0x08,
    0xB8, 0xBC, 0x99, 0xA4, 0x1A, 0xE9, 0xE9, 0x56, 0x28, 0xBC, 0x64, 0xF2, 0xF1, 0xB2, 0x0C, 0x2D,
    0x7E, 0x9F, 0x51, 0x77, 0xA3, 0xC2, 0x94, 0xD4, 0x46, 0x22, 0x99,
};
static const struct dmsc_bytes spkis[] = { { spki, sizeof(spki) } };
const struct dmsc_card_trust card_fixture_trust = { spkis, 1 };

static void open_card(struct card_fixture *f)
{
    assert_int_equal(dmsc_uicc_power_on(f->uicc), DMSC_OK);
    assert_int_equal(dmsc_card_open(f->uicc, &f->card), DMSC_OK);
}

static void open_rest(struct card_fixture *f)
{
    static const uint8_t adm[8] = { 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44 };

    assert_int_equal(dmsc_sim_link(f->sim, f->ctx, &f->link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(f->ctx, f->link, &f->uicc), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&f->pin, f->ctx, dmsc_bytes_str("1234")), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&f->adm, f->ctx, dmsc_bytes(adm, 8)), DMSC_OK);
    open_card(f);
}

void card_fixture_open(struct card_fixture *f, const char *profile)
{
    char relative[128], path[SUPPORT_PATH_MAX];
    enum dmsc_err err;

    memset(f, 0, sizeof(*f));
    assert_int_equal(dmsc_ctx_new(NULL, &f->ctx), DMSC_OK);
    (void)snprintf(relative, sizeof(relative), "card-scripts/%s", profile);
    support_path(relative, path);
    err = dmsc_sim_new(f->ctx, path, NULL, &f->sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s: %s", profile, dmsc_diag_get(f->ctx)->where, dmsc_diag_get(f->ctx)->why);
    open_rest(f);
}

void card_fixture_open_text(struct card_fixture *f, const char *json)
{
    char path[SUPPORT_PATH_MAX];
    enum dmsc_err err;

    memset(f, 0, sizeof(*f));
    assert_int_equal(dmsc_ctx_new(NULL, &f->ctx), DMSC_OK);
    support_path("card-scripts", path);
    err = dmsc_sim_new_text(f->ctx, dmsc_bytes_str(json), path, NULL, &f->sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(f->ctx)->where, dmsc_diag_get(f->ctx)->why);
    open_rest(f);
}

void card_fixture_power(struct card_fixture *f)
{
    dmsc_card_free(f->card);
    f->card = NULL;
    open_card(f);
}

void card_fixture_close(struct card_fixture *f)
{
    dmsc_card_free(f->card);
    dmsc_uicc_free(f->uicc);
    dmsc_link_free(f->link);
    dmsc_sim_free(f->sim);
    dmsc_secret_clear(&f->pin);
    dmsc_secret_clear(&f->adm);
    dmsc_ctx_free(f->ctx);
}

enum dmsc_err card_fixture_read(struct card_fixture *f, struct dmsc_card_image *ret_image)
{
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust, .pin = &f->pin };

    return dmsc_card_read(f->card, &options, ret_image);
}

void assert_reason(struct card_fixture *f, enum dmsc_err err, enum dmsc_err wanted,
                   const char *reason)
{
    if (err != wanted || strcmp(dmsc_diag_get(f->ctx)->reason, reason) != 0)
        fail_msg("wanted %s %s, came %s %s (%s; %s)", dmsc_err_name(wanted), reason,
                 dmsc_err_name(err), dmsc_diag_get(f->ctx)->reason, dmsc_diag_get(f->ctx)->what,
                 dmsc_diag_get(f->ctx)->why);
}

void assert_body(const struct dmsc_card_image *image, uint8_t id, const char *text)
{
    const struct dmsc_card_body *body = dmsc_card_image_body(image, id);

    assert_non_null(body);
    assert_string_equal(dmsc_buf_str(&body->content), text);
}
