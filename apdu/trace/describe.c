/* SPDX-License-Identifier: Apache-2.0 */
/* What an exchange means: a title of a few words. Its fields are in details.c. */
#include "apdu/base/ctx.h"
#include "apdu/trace/details.h"
#include <dmsc/efdir.h>
#include <dmsc/usat_describe.h>

static bool all_known(const struct dmsci_trace_line *line)
{
    for (size_t i = 0; i < line->n; i++) {
        if (line->known[i] == 0)
            return false;
    }
    return true;
}

/* TS 102 221 10.1.1: channels 0 to 3 in the low bits, 4 to 19 behind bit 7. */
static unsigned channel_of(uint8_t cla)
{
    return (cla & 0x40) != 0 ? 4u + (cla & 0x0Fu) : cla & 0x03u;
}

static struct dmsc_bytes data_of(const struct dmsci_trace_line *line)
{
    size_t lc = line->n > 5 ? line->bytes[4] : 0;

    return lc > 0 && line->n >= 5 + lc ? dmsc_bytes(line->bytes + 5, lc) : dmsc_bytes(NULL, 0);
}

/* P3 of a command that reads. */
static unsigned length_of(const struct dmsci_trace_line *line)
{
    return line->n < 5 || line->bytes[4] == 0 ? 256 : line->bytes[4];
}

static enum dmsc_err put_file(struct dmsc_trace *t, uint16_t fid)
{
    const char *name = dmsci_trace_file(t->adf[channel_of(t->command.bytes[0])], fid);

    return name != NULL ? dmsci_buf_printf(&t->title, " %s", name)
                        : dmsci_buf_printf(&t->title, " %04X", fid);
}

static enum dmsc_err title_select(struct dmsc_trace *t, const uint8_t *c)
{
    struct dmsc_bytes data = data_of(&t->command);
    enum dmsc_err err = DMSC_OK;

    if (c[2] == 0x04 && data.n > 0) {
        const char *name = dmsc_aid_name(data);

        if (name != NULL)
            return dmsci_buf_printf(&t->title, " application %s", name);
        return dmsc_buf_append_str(&t->title, " an application by AID");
    }
    if (data.n == 0)
        return dmsc_buf_append_str(&t->title, c[2] == 0x03 ? " the parent DF" : "");
    for (size_t i = 0; err == DMSC_OK && i + 1 < data.n; i += 2) {
        err = put_file(t, (uint16_t)(data.p[i] << 8 | data.p[i + 1]));
        if (err == DMSC_OK && i + 3 < data.n)
            err = dmsc_buf_append_str(&t->title, " /");
    }
    return err;
}

/* TS 102 221 11.1.3: bit 8 of P1 says that the rest is an SFI. */
static enum dmsc_err title_binary(struct dmsc_trace *t, const uint8_t *c, unsigned n)
{
    if ((c[2] & 0x80) != 0)
        return dmsci_buf_printf(&t->title, ", SFI %02X, %u bytes from %u", c[2] & 0x1F, n, c[3]);
    return dmsci_buf_printf(&t->title, ", %u bytes from %u", n, c[2] << 8 | c[3]);
}

static enum dmsc_err title_record(struct dmsc_trace *t, const uint8_t *c)
{
    static const char *const modes[] = { "", "", "next", "previous", "number" };
    unsigned mode = c[3] & 7;
    enum dmsc_err err = DMSC_OK;

    if (mode == 4)
        err = c[2] == 0 ? dmsc_buf_append_str(&t->title, ", the current one")
                        : dmsci_buf_printf(&t->title, ", number %u", c[2]);
    else if (mode == 2 || mode == 3)
        err = dmsci_buf_printf(&t->title, ", the %s one", modes[mode]);
    if (err == DMSC_OK && c[3] >> 3 != 0)
        err = dmsci_buf_printf(&t->title, ", SFI %02X", c[3] >> 3);
    return err;
}

/* TS 102 221 table 9.3. */
static enum dmsc_err title_pin(struct dmsc_trace *t, const uint8_t *c)
{
    uint8_t key = c[3];
    enum dmsc_err err;

    dmsc_buf_reset(&t->title);
    err = dmsc_buf_append_str(&t->title, dmsci_trace_name(dmsc_bytes(c, 4)));
    if (err != DMSC_OK)
        return err;
    if (key == 0x11)
        err = dmsc_buf_append_str(&t->title, ", universal PIN");
    else if ((key & 0x7F) >= 1 && (key & 0x7F) <= 8)
        err = dmsci_buf_printf(&t->title, ", %s %u", key < 0x80 ? "PIN" : "second PIN", key & 0x7F);
    else if (key >= 0x0A && key <= 0x0E)
        err = dmsci_buf_printf(&t->title, ", ADM %u", key - 9u);
    else
        err = dmsci_buf_printf(&t->title, ", key %02X", key);
    if (err == DMSC_OK && c[1] == 0x20 && t->command.n <= 5)
        err = dmsc_buf_append_str(&t->title, ": how many tries are left");
    return err;
}

static enum dmsc_err title_channel(struct dmsc_trace *t, const uint8_t *c)
{
    if (c[2] == 0x80)
        return dmsci_buf_printf(&t->title, ": close %u", c[3]);
    if (c[3] != 0)
        return dmsci_buf_printf(&t->title, ": open %u", c[3]);
    if (t->answer.n == 3)
        return dmsci_buf_printf(&t->title, ": open one, it is %u", t->answer.bytes[0]);
    return dmsc_buf_append_str(&t->title, ": open one");
}

static enum dmsc_err title_usat(struct dmsc_trace *t, const struct dmsc_usat *usat)
{
    const char *name = usat->kind == DMSC_USAT_ENVELOPE
                           ? dmsc_usat_template_name(usat->template_tag)
                       : usat->has_details ? dmsc_usat_command_name(usat->type)
                                           : NULL;
    enum dmsc_err err =
        dmsci_buf_printf(&t->title, ": %s", name != NULL ? name : "of an unknown type");

    if (err == DMSC_OK && usat->has_result) {
        const char *result = dmsc_usat_result_name(usat->result);

        err = dmsci_buf_printf(&t->title, ", %02X %s", usat->result, result != NULL ? result : "");
    }
    return err;
}

static enum dmsc_err describe_usat(struct dmsc_trace *t, enum dmsc_usat_kind kind,
                                   struct dmsc_bytes bytes)
{
    struct dmsc_usat usat;
    enum dmsc_err err;

    if (bytes.n == 0 || dmsc_usat_decode(kind, bytes, &usat) != DMSC_OK)
        return bytes.n == 0 ? DMSC_OK : dmsc_buf_append_str(&t->title, ": not well formed");
    err = title_usat(t, &usat);
    return err == DMSC_OK ? dmsci_trace_usat(t, &usat) : err;
}

/* An application that was selected names the files behind it on that channel. */
static void follow_select(struct dmsc_trace *t, const uint8_t *c, bool done)
{
    struct dmsc_bytes data = data_of(&t->command);
    unsigned channel = channel_of(c[0]);

    if (!done || channel >= DMSCI_ARRAY_LEN(t->adf))
        return;
    if (c[2] == 0x04)
        t->adf[channel] = dmsci_trace_adf(data);
    else if (data.n >= 2 && data.p[0] == 0x3F && data.p[1] == 0x00)
        t->adf[channel] = DMSCI_TRACE_ADF_NONE;
}

static enum dmsc_err title_of(struct dmsc_trace *t, const uint8_t *c)
{
    switch (c[1]) {
    case 0xA4:
        return title_select(t, c);
    case 0xB0:
        return title_binary(t, c, length_of(&t->command));
    case 0xD6:
        return title_binary(t, c, (unsigned)data_of(&t->command).n);
    case 0xB2:
    case 0xDC:
        return title_record(t, c);
    case 0x20:
    case 0x24:
    case 0x26:
    case 0x28:
    case 0x2C:
        return title_pin(t, c);
    case 0x70:
        return title_channel(t, c);
    case 0xC0:
        return dmsci_buf_printf(&t->title, ", %u bytes", length_of(&t->command));
    case 0x14:
        return all_known(&t->command) ? describe_usat(t, DMSC_USAT_RESPONSE, data_of(&t->command))
                                      : DMSC_OK;
    case 0xC2:
        return all_known(&t->command) ? describe_usat(t, DMSC_USAT_ENVELOPE, data_of(&t->command))
                                      : DMSC_OK;
    case 0x10:
        return all_known(&t->command) ? dmsci_trace_profile(t, data_of(&t->command)) : DMSC_OK;
    default:
        return DMSC_OK;
    }
}

static enum dmsc_err describe_answer(struct dmsc_trace *t)
{
    struct dmsc_bytes data = dmsc_bytes(t->answer.bytes, t->answer.n > 2 ? t->answer.n - 2 : 0);

    if (data.n == 0 || !all_known(&t->answer))
        return DMSC_OK;
    if (t->origin_ins == 0x12)
        return describe_usat(t, DMSC_USAT_COMMAND, data);
    if (t->origin_ins == 0xA4 || t->origin_ins == 0xF2)
        return dmsci_trace_fcp(t, data);
    return DMSC_OK;
}

static enum dmsc_err put_result(struct dmsc_trace *t, bool answered)
{
    uint16_t sw;

    if (!answered)
        return dmsc_buf_append_str(&t->result, t->answer.kind == DMSCI_TRACE_ERROR
                                                   ? dmsc_err_text(t->answer.err)
                                                   : "the trace has no answer");
    if (t->answer.n < 2)
        return dmsc_buf_append_str(&t->result, "an answer without status word");
    sw = (uint16_t)(t->answer.bytes[t->answer.n - 2] << 8 | t->answer.bytes[t->answer.n - 1]);
    if (dmsc_sw_class(sw) == DMSC_SW_RETRIES)
        return dmsci_buf_printf(&t->result, "%04X %s, %u tries left", sw, dmsc_sw_text(sw), sw & 15);
    return dmsci_buf_printf(&t->result, "%04X %s", sw, dmsc_sw_text(sw));
}

enum dmsc_err dmsci_trace_describe(struct dmsc_trace *trace, bool answered)
{
    const uint8_t *c = trace->command.bytes;
    uint8_t sw1 = answered && trace->answer.n >= 2 ? trace->answer.bytes[trace->answer.n - 2] : 0;
    unsigned channel = channel_of(c[0]);
    enum dmsc_err err = dmsc_buf_append_str(&trace->title, dmsci_trace_name(dmsc_bytes(c, 4)));

    if (c[1] != 0xC0)
        trace->origin_ins = c[1];
    if (err == DMSC_OK)
        err = title_of(trace, c);
    if (err == DMSC_OK && channel != 0)
        err = dmsci_buf_printf(&trace->title, " (channel %u)", channel);
    if (err == DMSC_OK && answered)
        err = describe_answer(trace);
    if (err == DMSC_OK)
        err = put_result(trace, answered);
    if (c[1] == 0xA4)
        follow_select(trace, c, sw1 == 0x90 || sw1 == 0x61 || sw1 == 0x91 || sw1 == 0x9F);
    return err;
}
