/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/packet.h"
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <stdlib.h>

struct fixture {
    struct dmsc_ctx *ctx;
    struct vectors *v;
    struct dmsci_ota_header header;
    struct dmsci_ota_keys keys;
    uint64_t counter;
    struct dmsc_buf data;
    bool secured, response;
};

static void fixture_vector(struct fixture *f, struct vectors *v)
{
    struct dmsc_bytes header = vec_hex(v, "header");

    f->v = v;
    assert_int_equal(header.n, 7);
    f->header = (struct dmsci_ota_header){ { header.p[0], header.p[1] },
                                           header.p[2],
                                           header.p[3],
                                           { header.p[4], header.p[5], header.p[6] } };
    f->keys = (struct dmsci_ota_keys){ .cc_size = 0 };
    f->secured = vec_has(v, "kic-key");
    if (f->secured) {
        f->keys.kic = vec_hex(v, "kic-key");
        f->keys.kid = vec_hex(v, "kid-key");
    }
    f->counter = vec_number(v, "counter");
    f->response = vec_text(v, "way")[0] == 'r';
}

static enum dmsc_err unwrap(struct fixture *f, struct dmsc_bytes packet, bool *ret_authenticated)
{
    struct dmsci_ota_command command;
    struct dmsci_ota_response response;
    enum dmsci_ota_sts sts;
    enum dmsc_err err;

    if (f->response) {
        err = dmsci_ota_response_unwrap(f->ctx, packet, &f->header, &f->keys, &response, &f->data);
        *ret_authenticated = err == DMSC_OK && response.authenticated;
        return err;
    }
    err = dmsci_ota_command_unwrap(f->ctx, packet, &f->keys, 0, &command, &f->data, &sts);
    *ret_authenticated = err == DMSC_OK && DMSCI_OTA_INTEGRITY(command.header.spi[0]) > 0;
    assert_true((err == DMSC_OK) == (sts == DMSCI_OTA_STS_OK));
    return err;
}

static void command_vector(struct fixture *f, struct dmsc_buf *out)
{
    struct dmsci_ota_command command = { f->header, 0, 0 };
    struct dmsci_ota_header header;
    enum dmsci_ota_sts sts;

    assert_int_equal(dmsci_ota_command_wrap(f->ctx, &f->header, &f->keys, f->counter,
                                            vec_hex(f->v, "data"), out),
                     DMSC_OK);
    vec_assert_hex(f->v, "packet", dmsc_buf_bytes(out));
    assert_int_equal(dmsci_ota_command_peek(f->ctx, vec_hex(f->v, "packet"), &header), DMSC_OK);
    assert_memory_equal(header.tar, f->header.tar, 3);
    assert_memory_equal(header.spi, f->header.spi, 2);
    assert_int_equal(header.kic, f->header.kic);
    assert_int_equal(header.kid, f->header.kid);
    assert_int_equal(dmsci_ota_command_unwrap(f->ctx, vec_hex(f->v, "packet"), &f->keys, 0,
                                              &command, &f->data, &sts),
                     DMSC_OK);
    assert_int_equal(sts, DMSCI_OTA_STS_OK);
    vec_assert_hex(f->v, "data", dmsc_buf_bytes(&f->data));
    vec_assert_number(f->v, "counter", command.counter);
    vec_assert_number(f->v, "padding", command.padding);
}

static void response_vector(struct fixture *f, struct dmsc_buf *out)
{
    struct dmsci_ota_command command = { f->header, f->counter, 0 };
    struct dmsci_ota_response response;
    uint8_t tar[3];
    size_t check;

    assert_int_equal(dmsci_ota_response_wrap(f->ctx, &command, &f->keys,
                                             (enum dmsci_ota_sts)vec_number(f->v, "sts"),
                                             vec_hex(f->v, "data"), out),
                     DMSC_OK);
    vec_assert_hex(f->v, "packet", dmsc_buf_bytes(out));
    assert_int_equal(dmsci_ota_response_peek(f->ctx, dmsc_buf_bytes(out), tar, &check), DMSC_OK);
    assert_memory_equal(tar, f->header.tar, 3);
    assert_int_equal(check, f->secured ? 8 : 0);
    assert_int_equal(dmsci_ota_response_unwrap(f->ctx, vec_hex(f->v, "packet"), &f->header,
                                               &f->keys, &response, &f->data),
                     DMSC_OK);
    vec_assert_hex(f->v, "data", dmsc_buf_bytes(&f->data));
    vec_assert_number(f->v, "counter", response.counter);
    vec_assert_number(f->v, "padding", response.padding);
    vec_assert_number(f->v, "sts", response.sts);
    assert_int_equal(response.authenticated, f->secured);
    assert_int_equal(response.ciphered, f->secured);
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct fixture *f = user;
    bool authenticated;
    enum dmsc_err err = unwrap(f, prefix, &authenticated);

    assert_true(err == DMSC_E_TRUNCATED || err == DMSC_E_MALFORMED);
    assert_int_equal(f->data.n, 1); /* untouched */
}

/* Any changed byte of what has a CC is noticed. */
static void changed_is_noticed(void *user, struct dmsc_bytes changed)
{
    struct fixture *f = user;
    bool authenticated;
    enum dmsc_err err = unwrap(f, changed, &authenticated);

    if (f->secured && err == DMSC_OK)
        vec_fail(f->v, "a changed packet was taken");
    if (err == DMSC_OK) {
        dmsc_buf_reset(&f->data);
        assert_int_equal(dmsc_buf_append_u8(&f->data, 0xEE), DMSC_OK);
    }
    assert_int_equal(f->data.n, 1);
}

static void vectors_come_back_and_changed_ones_do_not(void **state)
{
    struct vectors *v = vectors_open("ota_packet.txt");
    struct fixture f = { .ctx = NULL };
    struct dmsc_buf out;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &f.ctx), DMSC_OK);
    dmsc_buf_init(&f.data, f.ctx, 1000);
    dmsc_buf_init(&out, f.ctx, 1000);
    while (vectors_next(v)) {
        fixture_vector(&f, v);
        if (f.response)
            response_vector(&f, &out);
        else
            command_vector(&f, &out);
        assert_int_equal(dmsc_buf_set(&f.data, dmsc_bytes("\xEE", 1)), DMSC_OK);
        each_prefix(vec_hex(v, "packet"), short_is_refused, &f);
        each_byte_changed(vec_hex(v, "packet"), changed_is_noticed, &f);
    }
    vectors_close(v);
    dmsc_buf_clear(&out);
    dmsc_buf_clear(&f.data);
    dmsc_ctx_free(f.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back_and_changed_ones_do_not),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
