/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading WBXML costs, beside libwbxml2's parser with nobody listening to it. Instructions are
 * counted from outside, by tests/bench/instructions.py:
 *
 *     bench_wbxml ours N      N times a message, an object and a bootstrap message, to their ends
 *     bench_wbxml theirs N    the same
 */
#include "host/wbxml/read.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENTS 3

/* Of libwbxml2, whose headers leave them out. */
void *wbxml_parser_create(void);
int wbxml_parser_parse(void *parser, unsigned char *wbxml, unsigned long length);
void wbxml_parser_destroy(void *parser);

struct document {
    uint8_t octets[1000];
    size_t n;
};

static bool ours(struct dmsc_ctx *ctx, const struct document *d)
{
    struct dmsci_wbxml_reader r;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };
    enum dmsc_err err = dmsci_wbxml_open(&r, ctx, dmsc_bytes(d->octets, d->n), 64);

    while (err == DMSC_OK && event.kind != DMSCI_WBXML_DONE)
        err = dmsci_wbxml_next(&r, &event);
    return err == DMSC_OK;
}

static bool theirs(struct document *d)
{
    void *parser = wbxml_parser_create();
    int err = parser == NULL ? -1 : wbxml_parser_parse(parser, d->octets, d->n);

    wbxml_parser_destroy(parser);
    return err == 0;
}

static bool load(struct document *d, const char *name)
{
    const char *root = getenv("DMSC_SOURCE_ROOT");
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/wbxml/%s", root != NULL ? root : ".",
                   name);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    d->n = fread(d->octets, 1, sizeof(d->octets), file);
    (void)fclose(file);
    return d->n > 0;
}

int main(int argc, char **argv)
{
    static struct document documents[DOCUMENTS];
    unsigned long rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    bool good = load(&documents[0], "message") && load(&documents[1], "tnds") &&
                load(&documents[2], "bootstrap");
    struct dmsc_ctx *ctx = NULL;

    if (!good || rounds == 0 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 2;
    for (; good && rounds > 0; rounds--) {
        for (unsigned i = 0; i < DOCUMENTS && good; i++)
            good = strcmp(argv[1], "ours") == 0 ? ours(ctx, &documents[i]) : theirs(&documents[i]);
    }
    dmsc_ctx_free(ctx);
    if (!good)
        (void)fputs("bench_wbxml: a document does not decode\n", stderr);
    return good ? 0 : 1;
}
