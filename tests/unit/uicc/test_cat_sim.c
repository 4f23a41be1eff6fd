/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit against the software UICC, whose own account of it is the judge. */
#include "tests/support/test.h"
#include <arpa/inet.h>
#include <dmsc/cat.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    /* What the user heard. */
    unsigned seen, resets, refreshes;
    char paths[256];
    uint8_t last_type, last_result;
};

static void seen(void *user, const struct dmsc_proactive *command)
{
    struct bench *b = user;

    b->seen++;
    b->last_type = command->type;
    b->last_result = command->result;
}

static uint8_t refresh(void *user, const struct dmsc_refresh *refresh)
{
    struct bench *b = user;
    struct dmsc_rd r = dmsc_rd(refresh->files);
    struct dmsc_bytes path;
    struct dmsc_buf file;
    size_t n = 0;

    b->refreshes++;
    while (dmsc_refresh_next(&r, &path)) {
        assert_true(n + 2 * path.n + 2 < sizeof(b->paths));
        dmsc_hex_encode(path, b->paths + n);
        n += 2 * path.n;
        b->paths[n++] = ' ';
        b->paths[n] = '\0';
    }
    /* The card can be read between FETCH and TERMINAL RESPONSE. */
    dmsc_buf_init(&file, b->ctx, 64);
    assert_int_equal(dmsc_uicc_select_fid(b->uicc, 0x2FE2, NULL), DMSC_OK);
    assert_int_equal(dmsc_uicc_read_binary(b->uicc, 0, 0, 10, &file), DMSC_OK);
    dmsc_buf_clear(&file);
    return 0x03;
}

static void reset(void *user)
{
    struct bench *b = user;

    b->resets++;
}

static void begin(struct bench *b, const struct dmsc_cat_config *config)
{
    char path[SUPPORT_PATH_MAX];

    *b = (struct bench){ .seen = 0 };
    support_path("card-scripts/blank.json", path);
    assert_int_equal(dmsc_ctx_new(NULL, &b->ctx), DMSC_OK);
    assert_int_equal(dmsc_sim_new(b->ctx, path, NULL, &b->sim), DMSC_OK);
    assert_int_equal(dmsc_sim_link(b->sim, b->ctx, &b->link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(b->ctx, b->link, &b->uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_cat_configure(b->uicc, config), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(b->uicc), DMSC_OK);
}

static void end(struct bench *b)
{
    dmsc_uicc_free(b->uicc);
    dmsc_link_free(b->link);
    dmsc_sim_free(b->sim);
    dmsc_ctx_free(b->ctx);
}

static void queue(struct bench *b, const char *hex)
{
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, b->ctx, 256);
    assert_int_equal(dmsc_hex_decode("D000", &buf), DMSC_OK);
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    buf.p[1] = (uint8_t)(buf.n - 2);
    assert_int_equal(dmsc_sim_queue(b->sim, dmsc_buf_bytes(&buf)), DMSC_OK);
    dmsc_buf_clear(&buf);
}

static void assert_told(const struct bench *b, const char *response)
{
    struct dmsc_sim_toolkit told;
    char hex[600];

    dmsc_sim_toolkit(b->sim, &told);
    dmsc_hex_encode(told.response, hex);
    assert_string_equal(hex, response);
    assert_false(told.outstanding);
    assert_int_equal(told.waiting, 0);
}

static bool until_told(void *user)
{
    const struct bench *b = user;
    struct dmsc_sim_toolkit told;

    dmsc_sim_toolkit(b->sim, &told);
    return told.envelopes == 0;
}

static void commands_are_served(void **state)
{
    const struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct dmsc_sim_toolkit told;
    struct bench b;

    (void)state;
    begin(&b, &config);
    queue(&b, "8103010200 82028182");
    queue(&b, "8103010300 82028182 84020114");
    queue(&b, "810301218082028102 8D0F04546F6F6C6B697420546573742031"); /* passed over */
    queue(&b, "8103010500 82028182 9900");
    assert_int_equal(dmsc_uicc_terminal_profile(b.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_serve(b.uicc, seen, &b), DMSC_OK);
    assert_int_equal(b.seen, 3);
    dmsc_sim_toolkit(b.sim, &told);
    assert_true(told.profile);
    assert_int_equal(told.served, 3);
    assert_int_equal(told.skipped, 1);
    assert_told(&b, "810301050082028281830100");
    end(&b);
}

static void a_refresh_is_told_and_the_card_read_meanwhile(void **state)
{
    const struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct bench b;
    const struct dmsc_cat_watch watch = { seen, refresh, reset, NULL, &b };

    (void)state;
    begin(&b, &config);
    queue(&b, "8103010101 82028182 920B023F002FE23F007FFF6F01");
    assert_int_equal(dmsc_uicc_terminal_profile(b.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_run(b.uicc, 1, &watch), DMSC_OK);
    assert_int_equal(b.refreshes, 1);
    assert_string_equal(b.paths, "3F002FE2 3F007FFF6F01 ");
    assert_told(&b, "810301010182028281830103");
    end(&b);
}

/* The toolkit of a card that was reset on its own wish begins again, and its queue goes on. */
static void a_reset_begins_the_toolkit_again(void **state)
{
    const struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct bench b;
    const struct dmsc_cat_watch watch = { seen, refresh, reset, NULL, &b };
    struct dmsc_sim_toolkit told;

    (void)state;
    begin(&b, &config);
    queue(&b, "8103010104 82028182");
    queue(&b, "8103020200 82028182");
    assert_int_equal(dmsc_uicc_terminal_profile(b.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_run(b.uicc, 1, &watch), DMSC_OK);
    dmsc_sim_toolkit(b.sim, &told);
    assert_true(told.profile);
    assert_int_equal(b.resets, 1);
    assert_int_equal(b.refreshes, 0);
    assert_int_equal(b.seen, 2);
    assert_told(&b, "810302020082028281830100");
    end(&b);
}

static void a_timer_and_an_event_reach_the_card(void **state)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct bench b;
    const struct dmsc_cat_watch watch = { seen, refresh, reset, until_told, &b };
    const uint8_t language[] = { 0xAD, 0x02, 'd', 'e' };
    struct dmsc_sim_toolkit told;
    bool listed = false;
    char hex[64];

    (void)state;
    config.events = 1u << 7;
    begin(&b, &config);
    queue(&b, "8103012700 82028182 A40102 A503000010");
    assert_int_equal(dmsc_uicc_terminal_profile(b.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_run(b.uicc, 5000, &watch), DMSC_OK);
    dmsc_sim_toolkit(b.sim, &told);
    assert_int_equal(told.envelopes, 1);
    dmsc_hex_encode(told.envelope, hex);
    assert_string_equal(hex, "D70C82028281A40102A503000010");
    queue(&b, "8103010500 82028182 990107");
    assert_int_equal(dmsc_uicc_event(b.uicc, 7, dmsc_bytes(language, 4), &listed), DMSC_OK);
    assert_false(listed);
    {
        struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
        uint16_t sw;

        assert_int_equal(dmsc_uicc_exchange(b.uicc, &status, NULL, &sw), DMSC_OK);
    }
    assert_int_equal(dmsc_uicc_serve(b.uicc, seen, &b), DMSC_OK);
    assert_int_equal(dmsc_uicc_event(b.uicc, 7, dmsc_bytes(language, 4), &listed), DMSC_OK);
    assert_true(listed);
    assert_int_equal(dmsc_uicc_serve(b.uicc, seen, &b), DMSC_OK);
    dmsc_sim_toolkit(b.sim, &told);
    dmsc_hex_encode(told.envelope, hex);
    assert_string_equal(hex, "D60B99010782028281AD026465");
    assert_int_equal(dmsc_uicc_event(b.uicc, 6, dmsc_bytes(NULL, 0), NULL), DMSC_E_ARG);
    end(&b);
}

static void a_channel_goes_out(void **state)
{
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t n = sizeof(in);
    int server = socket(AF_INET, SOCK_STREAM, 0), peer;
    char rule[64], command[128], data[4];
    const char *rules[] = { rule };
    struct bench b;

    (void)state;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(server, (struct sockaddr *)&in, sizeof(in)), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&in, &n), 0);
    (void)snprintf(rule, sizeof(rule), "tcp:127.0.0.1:%u", ntohs(in.sin_port));
    config.connect = rules;
    config.connect_count = 1;
    begin(&b, &config);
    (void)snprintf(command, sizeof(command),
                   "8103014001 82028182 350103 390203E8 3C0302%04X 3E05217F000001",
                   ntohs(in.sin_port));
    queue(&b, command);
    queue(&b, "8103014301 82028121 B60474657374");
    assert_int_equal(dmsc_uicc_terminal_profile(b.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_serve(b.uicc, seen, &b), DMSC_OK);
    assert_int_equal(b.seen, 2);
    assert_told(&b, "810301430182028281830100B701FF");
    peer = accept(server, NULL, NULL);
    assert_int_equal(recv(peer, data, 4, MSG_WAITALL), 4);
    assert_memory_equal(data, "test", 4);
    /* The card goes, and its channels with it. */
    assert_int_equal(dmsc_uicc_power_on(b.uicc), DMSC_OK);
    assert_int_equal(recv(peer, data, 4, 0), 0);
    (void)close(peer);
    (void)close(server);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_served),
        cmocka_unit_test(a_refresh_is_told_and_the_card_read_meanwhile),
        cmocka_unit_test(a_reset_begins_the_toolkit_again),
        cmocka_unit_test(a_timer_and_an_event_reach_the_card),
        cmocka_unit_test(a_channel_goes_out),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
