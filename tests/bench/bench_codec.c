/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the decoders of a card's answers cost. Instructions are counted from outside, by
 * tests/bench/instructions.py:
 *
 *     bench_codec usat N      N times three proactive commands, taken apart and comprehended
 *     bench_codec parts N     the same commands in fields and in words
 *     bench_codec fcp N       N times three FCPs
 */
#include <dmsc/ctx.h>
#include <dmsc/fcp.h>
#include <dmsc/usat_describe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample {
    const char *bytes;
    size_t n;
};
#define SAMPLE(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* REFRESH of one file, DISPLAY TEXT, OPEN CHANNEL (TS 31.124 27.22.4.7, .1 and .27). */
static const struct sample commands[] = {
    SAMPLE("\xD0\x10\x81\x03\x01\x01\x01\x82\x02\x81\x82\x92\x05\x01\x3F\x00\x2F\xE2"),
    SAMPLE("\xD0\x1A\x81\x03\x01\x21\x80\x82\x02\x81\x02\x8D\x0F\x04"
           "Toolkit Test 1"),
    SAMPLE("\xD0\x42\x81\x03\x01\x40\x01\x82\x02\x81\x82\x35\x07\x02\x03\x04\x03\x04\x1F\x02\x39"
           "\x02\x05\x78\x47\x0A\x06TestGp\x02rs\x0D\x08\xF4UserLog\x0D\x08\xF4UserPwd\x3C\x03\x01"
           "\xAD\x9C\x3E\x05\x21\x01\x01\x01\x01"),
};
/* MF, ADF and a linear fixed EF (TS 102 221 11.1.1.3). */
static const struct sample fcps[] = {
    SAMPLE("\x62\x2C\x82\x02\x78\x21\x83\x02\x3F\x00\xA5\x0C\x80\x01\x71\x83\x04\x00\x03\xA7\x38"
           "\x87\x01\x01\x8A\x01\x05\x8B\x03\x2F\x06\x01\xC6\x0C\x90\x01\x60\x83\x01\x01\x83\x01"
           "\x0A\x83\x01\x0B"),
    SAMPLE("\x62\x20\x82\x02\x78\x21\x83\x02\x7F\xD0\x84\x0C\xA0\x00\x00\x00\x87\x10\x02\xFF\x49"
           "\xFF\x05\x89\x8A\x01\x05\x8B\x03\x2F\x06\x01\xC6\x00"),
    SAMPLE("\x62\x1A\x82\x05\x42\x21\x00\x0E\x02\x83\x02\x6F\xB7\x8A\x01\x05\x8B\x03\x6F\x06\x08"
           "\x80\x02\x00\x1C\x88\x01\x08"),
};
#define SAMPLES (sizeof(commands) / sizeof(commands[0]))

static struct dmsc_bytes bytes_of(const struct sample *sample)
{
    return dmsc_bytes(sample->bytes, sample->n);
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_codec: %s does not decode\n", what);
    exit(1);
}

static void decode_usat(struct dmsc_ctx *ctx, bool in_fields)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        struct dmsc_usat usat = DMSC_USAT_INIT;
        struct dmsc_usat_parts *parts = NULL;

        if (dmsc_usat_decode(DMSC_USAT_COMMAND, bytes_of(&commands[i]), &usat) != DMSC_OK ||
            dmsc_usat_comprehend(&usat) != 0)
            fail("a command");
        if (in_fields && dmsc_usat_parts_decode(ctx, &usat, &parts) != DMSC_OK)
            fail("a command in fields");
        dmsc_usat_parts_free(parts);
    }
}

static void decode_fcp(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        struct dmsc_fcp fcp;

        if (dmsc_fcp_decode(bytes_of(&fcps[i]), &fcp) != DMSC_OK)
            fail("an FCP");
    }
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    struct dmsc_ctx *ctx = NULL;

    if (rounds == 0 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 2;
    for (; rounds > 0; rounds--) {
        if (strcmp(argv[1], "fcp") == 0)
            decode_fcp();
        else
            decode_usat(ctx, strcmp(argv[1], "parts") == 0);
    }
    dmsc_ctx_free(ctx);
    return 0;
}
