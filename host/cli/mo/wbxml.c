/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc wbxml: binary XML of device management, to look at. Needs no card and no store. */
#include "host/cli/mo/mo.h"
#include <dmsc/wbxml.h>
#include <stdio.h>

/* A document grows: tags are spelt out, octets become base64, lines are indented. */
#define XML_FACTOR 64

static enum dmsc_err run_decode(struct cli *cli)
{
    size_t most = dmsc_ctx_limits(cli->ctx)->object_size;
    struct dmsc_buf document, xml;
    enum dmsc_err err;

    dmsc_buf_init(&document, cli->ctx, most);
    dmsc_buf_init(&xml, cli->ctx,
                  most > SIZE_MAX / 2 / XML_FACTOR ? SIZE_MAX / 2 : most * XML_FACTOR);
    err = cli_mo_read(cli, cli->arguments > 0 ? cli->argument[0] : "-", &document);
    if (err == DMSC_OK)
        err = cli_hint(cli, dmsc_wbxml_to_xml(cli->ctx, dmsc_buf_bytes(&document), &xml),
                       "docs/wbxml.md explains the reason");
    if (err == DMSC_OK && cli->json)
        err = cli_json(cli, json_pack("{s:o,s:I}", "xml", cli_text(dmsc_buf_str(&xml)), "bytes",
                                      (json_int_t)document.n));
    else if (err == DMSC_OK)
        (void)fputs(dmsc_buf_str(&xml), stdout);
    dmsc_buf_clear(&document);
    dmsc_buf_clear(&xml);
    return err;
}

const struct cli_command cli_wbxml_commands[] = {
    { "wbxml", "decode", "[FILE|-]", 0, 1, 0, 0, run_decode,
      "show a WBXML document of device management as XML",
      "SyncML messages, TNDS objects, descriptions (DDF), MetInf and DevInf, in WBXML 1.1 to 1.3.\n"
      "A document inside a document, as the object in a bootstrap message, is shown with its\n"
      "elements, other octets as text or base64. It is made to look at: indented, with "
      "comments.\n\n"
      "  dmsc wbxml decode bootstrap.wbxml" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
