/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link pcsc over a real service: run by tests/interop/pcscd.sh, with a card in the first slot
 * of its virtual reader and none in the second, where cards come and go during the test.
 */
#include "tests/support/test.h"
#include "tests/unit/link/link_conformance.h"
#include <dmsc/ctx.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READER "pcsc:Virtual PCD 00 00"

static enum dmsc_err open_pcsc(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    return dmsc_link_open(ctx, user, NULL, ret_link);
}

static void it_conforms(void **state)
{
    static char shared[] = READER, exclusive[] = READER ",exclusive";
    struct link_conformance subject = { open_pcsc, shared, "pcsc", DMSC_T0, false };

    (void)state;
    link_conformance(&subject);
    subject.user = exclusive;
    link_conformance(&subject);
}

static struct dmsc_link *open_on(struct dmsc_ctx *ctx, const char *spec)
{
    struct dmsc_link *link = NULL;

    assert_int_equal(dmsc_link_open(ctx, spec, NULL, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    return link;
}

static enum dmsc_err status(struct dmsc_link *link)
{
    static const struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_link_exchange(link, &capdu, NULL, &sw);

    if (err == DMSC_OK)
        assert_int_equal(sw, 0x9000);
    return err;
}

/* A reset by another client is noticed at the next command, and power-on begins anew. */
static void another_client_resets(void **state)
{
    struct dmsc_ctx *ctx = NULL, *other_ctx = NULL;
    struct dmsc_link *link, *other;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_ctx_new(NULL, &other_ctx), DMSC_OK);
    link = open_on(ctx, READER);
    other = open_on(other_ctx, READER);
    assert_int_equal(status(link), DMSC_OK);
    assert_int_equal(dmsc_link_power(other, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(status(link), DMSC_E_CARD_RESET);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "pcsc:reset");
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(status(link), DMSC_OK);
    dmsc_link_free(other);
    dmsc_link_free(link);
    dmsc_ctx_free(other_ctx);
    dmsc_ctx_free(ctx);
}

static void exclusive_keeps_others_out(void **state)
{
    struct dmsc_ctx *ctx = NULL, *other_ctx = NULL;
    struct dmsc_link *link, *other = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_ctx_new(NULL, &other_ctx), DMSC_OK);
    link = open_on(ctx, READER ",exclusive");
    assert_int_equal(dmsc_link_open(other_ctx, READER, NULL, &other), DMSC_OK);
    assert_int_equal(dmsc_link_power(other, DMSC_POWER_COLD), DMSC_E_LINK);
    assert_string_equal(dmsc_diag_get(other_ctx)->reason, "pcsc:sharing");
    dmsc_link_free(link);
    assert_int_equal(dmsc_link_power(other, DMSC_POWER_COLD), DMSC_OK);
    dmsc_link_free(other);
    dmsc_ctx_free(other_ctx);
    dmsc_ctx_free(ctx);
}

struct holder {
    struct dmsc_link *link;
    int hold_ms;
};

static void *hold(void *user)
{
    struct holder *holder = user;

    (void)usleep((useconds_t)holder->hold_ms * 1000);
    dmsc_link_unlock(holder->link);
    return NULL;
}

/* While another client has a transaction, a command waits for its end instead of failing. */
static void a_transaction_is_waited_for(void **state)
{
    struct dmsc_ctx *ctx = NULL, *other_ctx = NULL;
    struct holder holder = { NULL, 400 };
    struct timespec before, after;
    struct dmsc_link *link;
    pthread_t thread;
    int64_t ms;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_ctx_new(NULL, &other_ctx), DMSC_OK);
    holder.link = open_on(other_ctx, READER);
    link = open_on(ctx, READER);
    assert_int_equal(dmsc_link_lock(holder.link), DMSC_OK);
    assert_int_equal(pthread_create(&thread, NULL, hold, &holder), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(status(link), DMSC_OK);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(pthread_join(thread, NULL), 0);
    ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_in_range(ms, 200, 5000);
    dmsc_link_free(link);
    dmsc_link_free(holder.link);
    dmsc_ctx_free(other_ctx);
    dmsc_ctx_free(ctx);
}

struct events {
    unsigned count[4];
    char last[128];
    size_t atr_n;
};

static void on_event(void *user, enum dmsc_reader_event event, const struct dmsc_reader *reader)
{
    struct events *events = user;

    events->count[event]++;
    (void)snprintf(events->last, sizeof(events->last), "%s", reader->name);
    if (event == DMSC_CARD_INSERTED)
        events->atr_n = reader->atr.n;
}

static pid_t insert_card(void)
{
    const char *uicc = getenv("DMSC_UICC");
    char profile[SUPPORT_PATH_MAX];
    pid_t pid;

    assert_non_null(uicc);
    support_path("card-scripts/example.json", profile);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(uicc, "dmsc-uicc", profile, "--port", "35964", (char *)NULL);
        _exit(98);
    }
    return pid;
}

/* The card is there and goes, again and again: each is one event, with the reader's name. */
static void cards_come_and_go(void **state)
{
    struct dmsc_pcsc_watch *watch = NULL;
    struct events events = { { 0 }, "", 0 };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_pcsc_watch_new(ctx, &watch), DMSC_OK);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, 5000, on_event, &events), DMSC_OK);
    assert_int_equal(events.count[DMSC_READER_ADDED], 2);
    assert_int_equal(events.count[DMSC_CARD_INSERTED], 1);
    assert_string_equal(events.last, "Virtual PCD 00 00");
    assert_int_equal(events.atr_n, 22);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, 300, on_event, &events), DMSC_E_TIMEOUT);
    for (unsigned i = 1; i <= 2; i++) {
        pid_t card = insert_card();

        assert_int_equal(dmsc_pcsc_watch_wait(watch, 10000, on_event, &events), DMSC_OK);
        assert_int_equal(events.count[DMSC_CARD_INSERTED], 1 + i);
        assert_string_equal(events.last, "Virtual PCD 00 01");
        assert_int_equal(kill(card, SIGTERM), 0);
        (void)waitpid(card, NULL, 0);
        assert_int_equal(dmsc_pcsc_watch_wait(watch, 10000, on_event, &events), DMSC_OK);
        assert_int_equal(events.count[DMSC_CARD_GONE], i);
    }
    assert_int_equal(events.count[DMSC_READER_ADDED], 2);
    assert_int_equal(events.count[DMSC_READER_GONE], 0);
    dmsc_pcsc_watch_free(watch);
    dmsc_ctx_free(ctx);
}

/* Taken out under our hands: the next command says so. */
static void a_card_is_taken_out(void **state)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_link *link = NULL;
    pid_t card = insert_card();

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_link_open(ctx, "pcsc:Virtual PCD 00 01", NULL, &link), DMSC_OK);
    for (unsigned i = 0; dmsc_link_power(link, DMSC_POWER_COLD) != DMSC_OK; i++) {
        assert_int_equal(dmsc_diag_get(ctx)->err, DMSC_E_REMOVED);
        assert_true(i < 200);
        (void)usleep(50000);
    }
    assert_int_equal(status(link), DMSC_OK);
    assert_int_equal(kill(card, SIGTERM), 0);
    (void)waitpid(card, NULL, 0);
    assert_int_not_equal(status(link), DMSC_OK);
    assert_true(dmsc_diag_get(ctx)->what[0] != '\0');
    (void)usleep(1500000);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_E_REMOVED);
    dmsc_link_free(link);
    dmsc_ctx_free(ctx);
}

static void *cancel_later(void *user)
{
    (void)usleep(300000);
    dmsc_pcsc_watch_cancel(user);
    return NULL;
}

static void a_wait_is_cancelled(void **state)
{
    struct dmsc_pcsc_watch *watch = NULL;
    struct events events = { { 0 }, "", 0 };
    struct timespec before, after;
    struct dmsc_ctx *ctx = NULL;
    pthread_t thread;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_pcsc_watch_new(ctx, &watch), DMSC_OK);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, 5000, on_event, &events), DMSC_OK);
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, watch), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, -1, on_event, &events), DMSC_E_AGAIN);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_in_range(after.tv_sec - before.tv_sec, 0, 4);
    assert_int_equal(pthread_join(thread, NULL), 0);
    /* Before the wait: the next one ends at once. */
    dmsc_pcsc_watch_cancel(watch);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, -1, on_event, &events), DMSC_E_AGAIN);
    assert_int_equal(dmsc_pcsc_watch_wait(watch, 100, on_event, &events), DMSC_E_TIMEOUT);
    dmsc_pcsc_watch_free(watch);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_conforms),
        cmocka_unit_test(another_client_resets),
        cmocka_unit_test(exclusive_keeps_others_out),
        cmocka_unit_test(a_transaction_is_waited_for),
        cmocka_unit_test(cards_come_and_go),
        cmocka_unit_test(a_card_is_taken_out),
        cmocka_unit_test(a_wait_is_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
