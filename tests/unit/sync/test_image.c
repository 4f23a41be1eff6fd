/* SPDX-License-Identifier: Apache-2.0 */
/* A card of two generations with one byte wrong, at every place that its header vouches for: a pull
 * falls back to the older generation or refuses by name, and nothing is taken that nobody wrote. */
#include "tests/unit/sync/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADF "3F00/7F4D/"

/* The files of the card and how to write to them; EF.DMHDR has its own way. */
static const struct {
    const char *path;
    uint8_t sfi;
} files[] = {
    { ADF "6F02", 0x02 }, { ADF "6F03", 0x03 }, { ADF "6F04", 0x04 },
    { ADF "6F05", 0x05 }, { ADF "6F10", 0x10 }, { ADF "6F11", 0x11 },
};

static struct {
    char *card;       /* profile text: generations 1 and 2, each with all that is its own */
    char *old, *new_; /* a device that took generation 1, generation 2 */
} good;

static char *text_of_card(struct rig *rig)
{
    struct dmsc_buf json;
    char *text;

    dmsc_buf_init(&json, rig->world, 1u << 22);
    assert_int_equal(dmsc_sim_dump(rig->sim, &json), DMSC_OK);
    text = strdup(dmsc_buf_str(&json));
    assert_non_null(text);
    dmsc_buf_clear(&json);
    return text;
}

static int learn(void **state)
{
    struct dmsc_card_change changes[] = { rig_body(4, RIG_LEAF("Note", "new")),
                                          rig_body(2, RIG_LEAF("3GPP_IMS", "new")) };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_pull_ok(&rig);
    good.old = rig_behaviour(&rig);
    rig_issue(&rig, changes, 2, dmsc_authority_list(rig.authority));
    rig_pull_ok(&rig);
    good.new_ = rig_behaviour(&rig);
    good.card = text_of_card(&rig);
    rig_close(&rig);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    free(good.card);
    free(good.old);
    free(good.new_);
    return 0;
}

static unsigned refused, fallen_back, unharmed;

/* The device knows nothing, or generation 1; the card in front of it is broken. */
static void look_at(struct rig *rig, const char *where, size_t at)
{
    char *was = rig_snapshot(rig), *is;
    enum dmsc_err err = rig_pull(rig, false);

    if (err != DMSC_OK) {
        const struct dmsc_diag *d = dmsc_diag_get(rig->ctx);

        if (d->reason[0] == '\0' || d->what[0] == '\0')
            fail_msg("%s byte %zu: %s without a reason: %s", where, at, dmsc_err_name(err),
                     d->what);
        is = rig_snapshot(rig);
        assert_string_equal(is, was);
        refused++;
    } else {
        is = rig_behaviour(rig);
        if (strcmp(is, good.new_) == 0)
            unharmed++;
        else if (strcmp(is, good.old) == 0)
            fallen_back++;
        else
            fail_msg("%s byte %zu: neither generation 1 nor 2:\n%s", where, at, is);
    }
    free(is);
    free(was);
}

/* @p card broken as @p where says, before a device without memory and one that knows the old
 * generation. */
static void try_card(const char *card, const char *where, size_t at)
{
    struct dmsc_sim *sim;
    struct rig rig;

    rig_open_card(&rig, card);
    look_at(&rig, where, at);
    rig_close(&rig);

    rig_open(&rig);
    rig_pull_ok(&rig);
    assert_int_equal(dmsc_sim_new_text(rig.world, dmsc_bytes_str(card), NULL, NULL, &sim), DMSC_OK);
    rig_swap(&rig, &sim);
    dmsc_sim_free(sim);
    look_at(&rig, where, at);
    rig_close(&rig);
}

static uint8_t bit_for(size_t at)
{
    return (uint8_t)(1u << at % 8);
}

static void a_bit_of_the_header(void **state)
{
    char hex[2 * DMSC_CARD_HEADER_SIZE + 1];
    struct dmsc_buf records;
    struct rig rig;
    char *at, *card = strdup(good.card);

    (void)state;
    assert_non_null(card);
    rig_open_card(&rig, good.card);
    dmsc_buf_init(&records, rig.world, 4096);
    assert_int_equal(dmsc_sim_read(rig.sim, ADF "6F01", &records), DMSC_OK);
    dmsc_hex_encode(dmsc_bytes(records.p, DMSC_CARD_HEADER_SIZE), hex);
    /* The text of the card is where the newest record can be changed. */
    at = strstr(card, hex);
    assert_non_null(at);
    for (size_t i = 0; i < DMSC_CARD_HEADER_SIZE; i++) {
        uint8_t was = records.p[i];
        char pair[3];

        for (unsigned bit = 0; bit < 8; bit += 4) {
            uint8_t broken = (uint8_t)(was ^ (1u << (bit + i) % 8));

            dmsc_hex_encode(dmsc_bytes(&broken, 1), pair);
            memcpy(at + 2 * i, pair, 2);
            try_card(card, "EF.DMHDR", i);
        }
        dmsc_hex_encode(dmsc_bytes(&was, 1), pair);
        memcpy(at + 2 * i, pair, 2);
    }
    assert_string_equal(card, good.card);
    dmsc_buf_clear(&records);
    rig_close(&rig);
    free(card);
}

/* Bytes in use of a file whose rest is FF. */
static size_t used(const struct dmsc_buf *content)
{
    size_t n = content->n;

    while (n > 0 && content->p[n - 1] == 0xFF)
        n--;
    return n;
}

static void break_byte(struct rig *rig, size_t file, size_t at, uint8_t value)
{
    struct dmsc_secret adm = DMSC_SECRET_INIT;
    struct dmsc_card *card;

    assert_int_equal(dmsc_secret_set(&adm, rig->ctx, dmsc_bytes_str("DDDDDDDD")), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(rig->uicc), DMSC_OK);
    assert_int_equal(dmsc_card_open(rig->uicc, &card), DMSC_OK);
    assert_int_equal(dmsc_uicc_verify_pin(rig->uicc, 0x0A, &adm), DMSC_OK);
    assert_int_equal(dmsc_uicc_verify_pin(rig->uicc, 0x01, &rig->pin), DMSC_OK);
    assert_int_equal(dmsc_uicc_update_binary(rig->uicc, files[file].sfi, at, dmsc_bytes(&value, 1)),
                     DMSC_OK);
    dmsc_card_free(card);
    dmsc_secret_clear(&adm);
}

/* Both devices look at the card of @p rig, which is mended again. */
static void try_byte(struct rig *rig, size_t file, size_t at, uint8_t was, unsigned step)
{
    struct dmsc_sim *card;
    struct rig other;

    break_byte(rig, file, at, was ^ bit_for(at));
    rig_forget(rig);
    look_at(rig, files[file].path, at);
    if (at % step == 0) {
        rig_open(&other);
        rig_pull_ok(&other);
        /* The broken card changes hands for the time of one look. */
        card = rig->sim;
        rig_swap(&other, &card);
        look_at(&other, files[file].path, at);
        rig_swap(&other, &card);
        rig_close(&other);
    }
    break_byte(rig, file, at, was);
}

static void a_bit_of_a_file(void **state)
{
    struct rig rig;

    (void)state;
    rig_open_card(&rig, good.card);
    for (size_t f = 0; f < sizeof(files) / sizeof(*files); f++) {
        struct dmsc_buf content;
        /* Lists and index are small; the bodies end in one check sum each. */
        unsigned step = f < 4 ? 2 : 16;

        dmsc_buf_init(&content, rig.world, 65536);
        assert_int_equal(dmsc_sim_read(rig.sim, files[f].path, &content), DMSC_OK);
        assert_true(used(&content) > 100);
        for (size_t i = 0; i < used(&content); i += f < 4 ? 1 : 5) {
            if (content.p[i] != 0xFF || f < 4)
                try_byte(&rig, f, i, content.p[i], step);
        }
        dmsc_buf_clear(&content);
    }
    rig_close(&rig);
}

static void all_three_ends_were_seen(void **state)
{
    (void)state;
    printf("\n%u refused, %u fell back, %u unharmed\n", refused, fallen_back, unharmed);
    assert_true(refused > 100);
    assert_true(fallen_back > 100);
    assert_true(unharmed > 100); /* a bit of the old generation, which nobody reads */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bit_of_the_header),
        cmocka_unit_test(a_bit_of_a_file),
        cmocka_unit_test(all_three_ends_were_seen),
    };

    return support_exit(cmocka_run_group_tests(tests, learn, forget),
                        sizeof(tests) / sizeof(*tests));
}
