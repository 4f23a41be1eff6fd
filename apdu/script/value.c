/* SPDX-License-Identifier: Apache-2.0 */
/* What a running script knows, and what an expression stands for. */
#include "apdu/base/ctx.h"
#include "apdu/script/private.h"

/* Lengths of the rest, <?>, in one expression. */
#define LENGTHS_MAX 16u

void dmsci_script_env_init(struct dmsci_script_env *env, struct dmsc_ctx *ctx)
{
    *env = (struct dmsci_script_env){ .ctx = ctx, .why = "" };
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(env->buffers); i++)
        dmsc_buf_init(&env->buffers[i], ctx, dmsc_ctx_limits(ctx)->ef_size);
}

void dmsci_script_env_clear(struct dmsci_script_env *env)
{
    dmsci_script_undefine_all(env);
    dmsci_free(env->ctx, env->defines);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(env->buffers); i++)
        dmsc_buf_clear(&env->buffers[i]);
}

struct dmsc_buf *dmsci_script_buffer(struct dmsci_script_env *env, char letter)
{
    return &env->buffers[letter - 'A'];
}

void dmsci_script_value_init(struct dmsci_script_value *value, struct dmsc_ctx *ctx)
{
    dmsc_buf_init(&value->bytes, ctx, dmsc_ctx_limits(ctx)->ef_size);
    dmsc_buf_init(&value->mask, ctx, dmsc_ctx_limits(ctx)->ef_size);
}

void dmsci_script_value_clear(struct dmsci_script_value *value)
{
    dmsc_buf_clear(&value->bytes);
    dmsc_buf_clear(&value->mask);
}

static enum dmsc_err put(struct dmsci_script_value *value, uint8_t byte, uint8_t mask)
{
    enum dmsc_err err = dmsc_buf_append_u8(&value->bytes, byte);

    return err == DMSC_OK ? dmsc_buf_append_u8(&value->mask, mask) : err;
}

static enum dmsc_err put_bytes(struct dmsci_script_value *value, struct dmsc_bytes bytes)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < bytes.n; i++)
        err = put(value, bytes.p[i], 0xFF);
    return err;
}

static enum dmsc_err put_value(struct dmsci_script_value *value,
                               const struct dmsci_script_value *other)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < other->bytes.n; i++)
        err = put(value, other->bytes.p[i], other->mask.p[i]);
    return err;
}

struct dmsci_script_define *dmsci_script_find(struct dmsci_script_env *env, struct dmsc_bytes name)
{
    for (size_t i = 0; i < env->count; i++) {
        if (dmsc_bytes_equal(env->defines[i].name, name))
            return &env->defines[i];
    }
    return NULL;
}

static void define_clear(struct dmsci_script_define *define)
{
    dmsci_script_value_clear(&define->value);
    dmsci_script_value_clear(&define->expected);
}

void dmsci_script_undefine(struct dmsci_script_env *env, struct dmsc_bytes name)
{
    struct dmsci_script_define *define = dmsci_script_find(env, name);

    if (define == NULL)
        return;
    define_clear(define);
    *define = env->defines[--env->count];
}

void dmsci_script_undefine_all(struct dmsci_script_env *env)
{
    while (env->count > 0)
        define_clear(&env->defines[--env->count]);
}

/* All that stands in it is looked up now: what R holds will be gone when the name is used. */
enum dmsc_err dmsci_script_define_set(struct dmsci_script_env *env,
                                      const struct dmsci_script_stmt *stmt)
{
    struct dmsci_script_define define = { .name = stmt->name,
                                          .has_expected = stmt->has_expected,
                                          .has_sw = stmt->has_sw,
                                          .sw = stmt->sw };
    struct dmsci_script_define *defines;
    enum dmsc_err err;

    dmsci_script_value_init(&define.value, env->ctx);
    dmsci_script_value_init(&define.expected, env->ctx);
    err = dmsci_script_eval(env, stmt->data, &define.value);
    if (err == DMSC_OK && stmt->has_expected)
        err = dmsci_script_eval(env, stmt->expected, &define.expected);
    defines = err != DMSC_OK ? NULL
                             : dmsci_script_grow(env->ctx, env->defines, sizeof(*defines),
                                                 env->count, &env->cap);
    if (defines == NULL) {
        define_clear(&define);
        return err != DMSC_OK ? err : DMSC_E_NOMEM;
    }
    env->defines = defines;
    dmsci_script_undefine(env, stmt->name);
    defines[env->count++] = define;
    return DMSC_OK;
}

enum dmsc_err dmsci_script_eval_number(struct dmsci_script_env *env,
                                       const struct dmsci_script_number *number,
                                       uint32_t *ret_number)
{
    struct dmsc_bytes bytes;
    uint32_t value = 0;

    if (number->buffer == 0) {
        *ret_number = number->value;
        return DMSC_OK;
    }
    bytes = dmsc_buf_bytes(dmsci_script_buffer(env, number->buffer));
    env->why = "a buffer that stands for a number holds one to three bytes";
    if (bytes.n < 1 || bytes.n > 3)
        return DMSC_E_MALFORMED;
    for (size_t i = 0; i < bytes.n; i++)
        value = value << 8 | bytes.p[i];
    *ret_number = value;
    return DMSC_OK;
}

/* Where the part of a buffer of @p n bytes begins and how long it is. */
static enum dmsc_err cut(struct dmsci_script_env *env, const struct dmsci_script_slice *slice,
                         size_t n, size_t *ret_at, size_t *ret_n)
{
    uint32_t first = 1, second = 0;
    size_t count = n;
    enum dmsc_err err = DMSC_OK;

    if (slice->present)
        err = dmsci_script_eval_number(env, &slice->first, &first);
    if (err == DMSC_OK && slice->present && !slice->to_end)
        err = dmsci_script_eval_number(env, &slice->second, &second);
    if (err != DMSC_OK)
        return err;
    env->why = "the buffer has no such part: bytes are counted from 1";
    if (first < 1 || first > n + 1)
        return DMSC_E_MALFORMED;
    if (!slice->present || slice->to_end)
        count = n - (first - 1);
    else if (!slice->is_range)
        count = second;
    else if (second + 1 >= first)
        count = second + 1 - first;
    else
        return DMSC_E_MALFORMED;
    if (count > n - (first - 1))
        return DMSC_E_MALFORMED;
    *ret_at = first - 1;
    *ret_n = count;
    return DMSC_OK;
}

static enum dmsc_err buffer_part(struct dmsci_script_env *env, const struct dmsci_script_item *item,
                                 struct dmsc_bytes *ret_bytes)
{
    struct dmsc_bytes all = dmsc_buf_bytes(dmsci_script_buffer(env, item->buffer));
    size_t at = 0, n = 0;
    enum dmsc_err err = cut(env, &item->slice, all.n, &at, &n);

    if (err == DMSC_OK)
        *ret_bytes = n > 0 ? dmsc_bytes(all.p + at, n) : dmsc_bytes(NULL, 0);
    return err;
}

static enum dmsc_err put_length(struct dmsci_script_env *env, struct dmsci_script_value *value,
                                size_t n)
{
    env->why = "a length of more than 255 is no byte";
    return n <= 255 ? put(value, (uint8_t)n, 0xFF) : DMSC_E_MALFORMED;
}

static enum dmsc_err put_item(struct dmsci_script_env *env, const struct dmsci_script_item *item,
                              struct dmsci_script_value *value)
{
    const struct dmsci_script_define *define = NULL;
    struct dmsc_bytes part = { NULL, 0 };
    enum dmsc_err err = DMSC_OK;

    if (item->kind == DMSCI_SCRIPT_NAME || item->kind == DMSCI_SCRIPT_NAME_LEN) {
        define = dmsci_script_find(env, item->name);
        env->why = "there is no .DEFINE of a name on the line";
        if (define == NULL)
            return DMSC_E_MALFORMED;
    } else if (item->kind == DMSCI_SCRIPT_BUFFER || item->kind == DMSCI_SCRIPT_BUFFER_LEN) {
        err = buffer_part(env, item, &part);
        if (err != DMSC_OK)
            return err;
    }
    switch (item->kind) {
    case DMSCI_SCRIPT_NAME:
        return put_value(value, &define->value);
    case DMSCI_SCRIPT_NAME_LEN:
        return put_length(env, value, define->value.bytes.n);
    case DMSCI_SCRIPT_BUFFER:
        return put_bytes(value, part);
    case DMSCI_SCRIPT_BUFFER_LEN:
        return put_length(env, value, part.n);
    case DMSCI_SCRIPT_BYTE:
    case DMSCI_SCRIPT_REST_LEN: /* filled in when the rest is there */
    default:
        return put(value, item->value, item->mask);
    }
}

enum dmsc_err dmsci_script_eval(struct dmsci_script_env *env, struct dmsc_bytes expression,
                                struct dmsci_script_value *value)
{
    struct dmsc_rd r = dmsc_rd(expression);
    struct dmsci_script_item item;
    size_t lengths[LENGTHS_MAX], count = 0;
    enum dmsc_err err = DMSC_OK;

    env->why = "the line cannot be read";
    while (err == DMSC_OK && dmsci_script_item(&r, &item, &env->why)) {
        if (item.kind == DMSCI_SCRIPT_REST_LEN) {
            item.mask = 0xFF;
            env->why = "more than 16 lengths of the rest on a line";
            if (count == LENGTHS_MAX)
                return DMSC_E_LIMIT;
            lengths[count++] = value->bytes.n;
        }
        err = put_item(env, &item, value);
    }
    if (err == DMSC_E_LIMIT)
        env->why = "the value is longer than limits.ef_size";
    if (err != DMSC_OK)
        return err;
    if (r.bad)
        return DMSC_E_MALFORMED;
    for (size_t i = 0; i < count; i++) {
        size_t n = value->bytes.n - lengths[i] - 1;

        env->why = "a length of more than 255 is no byte";
        if (n > 255)
            return DMSC_E_MALFORMED;
        value->bytes.p[lengths[i]] = (uint8_t)n;
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_script_eval_bytes(struct dmsci_script_env *env, struct dmsc_bytes expression,
                                      struct dmsc_buf *ret_bytes)
{
    struct dmsci_script_value value;
    enum dmsc_err err;

    dmsci_script_value_init(&value, env->ctx);
    err = dmsci_script_eval(env, expression, &value);
    for (size_t i = 0; err == DMSC_OK && i < value.mask.n; i++) {
        env->why = "a name stands for bytes with X: they can be expected, not sent";
        if (value.mask.p[i] != 0xFF)
            err = DMSC_E_MALFORMED;
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_bytes, dmsc_buf_bytes(&value.bytes));
    dmsci_script_value_clear(&value);
    return err;
}

bool dmsci_script_matches(const struct dmsci_script_value *value, struct dmsc_bytes bytes)
{
    if (value->bytes.n != bytes.n)
        return false;
    for (size_t i = 0; i < bytes.n; i++) {
        if (((value->bytes.p[i] ^ bytes.p[i]) & value->mask.p[i]) != 0)
            return false;
    }
    return true;
}

/* Sum or difference of numbers of any length, most significant byte first; what is carried out of
 * the part is lost, as in a counter. */
static void add(uint8_t *p, size_t n, struct dmsc_bytes operand, bool minus)
{
    unsigned carry = minus ? 1 : 0;

    for (size_t i = 0; i < n; i++) {
        unsigned other = i < operand.n ? operand.p[operand.n - 1 - i] : 0;
        unsigned sum = p[n - 1 - i] + (minus ? (~other & 0xFF) : other) + carry;

        p[n - 1 - i] = (uint8_t)sum;
        carry = sum >> 8;
    }
}

/* The part gets the bytes of @p fresh in its place. */
static enum dmsc_err replace(struct dmsc_buf *buffer, size_t at, size_t n, struct dmsc_bytes fresh)
{
    struct dmsc_buf whole;
    enum dmsc_err err;

    dmsc_buf_init(&whole, buffer->ctx, buffer->ceiling);
    err = dmsc_buf_append(&whole, dmsc_bytes(buffer->p, at));
    if (err == DMSC_OK)
        err = dmsc_buf_append(&whole, fresh);
    if (err == DMSC_OK && at + n < buffer->n)
        err = dmsc_buf_append(&whole, dmsc_bytes(buffer->p + at + n, buffer->n - at - n));
    if (err == DMSC_OK)
        err = dmsc_buf_set(buffer, dmsc_buf_bytes(&whole));
    dmsc_buf_clear(&whole);
    return err;
}

enum dmsc_err dmsci_script_buffer_change(struct dmsci_script_env *env,
                                         const struct dmsci_script_stmt *stmt)
{
    struct dmsc_buf *buffer = dmsci_script_buffer(env, stmt->buffer);
    struct dmsc_buf bytes;
    size_t at = 0, n = 0;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, env->ctx, dmsc_ctx_limits(env->ctx)->ef_size);
    err = dmsci_script_eval_bytes(env, stmt->data, &bytes);
    if (err == DMSC_OK)
        err = cut(env, &stmt->slice, buffer->n, &at, &n);
    if (err != DMSC_OK)
        goto out;
    if (stmt->kind == DMSCI_SCRIPT_APPEND) {
        at += n;
        n = 0;
    }
    if (stmt->kind == DMSCI_SCRIPT_SET || stmt->kind == DMSCI_SCRIPT_APPEND)
        err = replace(buffer, at, n, dmsc_buf_bytes(&bytes));
    else if (n > 0)
        add(buffer->p + at, n, dmsc_buf_bytes(&bytes), stmt->kind == DMSCI_SCRIPT_DECREASE);
    if (err == DMSC_E_LIMIT)
        env->why = "the buffer would be longer than limits.ef_size";
out:
    dmsc_buf_clear(&bytes);
    return err;
}
