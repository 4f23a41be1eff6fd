/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts and answers, object by object. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/script.h"
#include <dmsc/ota.h>

static const struct {
    uint8_t tag;
    const char *command, *response;
} objects[] = {
    { DMSCI_SCRIPT_C_APDU, "command", "" },
    { DMSCI_SCRIPT_IMMEDIATE, "immediate action", "immediate action" },
    { DMSCI_SCRIPT_ERROR, "error action", "" },
    { DMSCI_SCRIPT_CHAINING, "script chaining", "script chaining" },
    { DMSCI_SCRIPT_EXECUTED, "", "executed" },
    { DMSCI_SCRIPT_R_APDU, "", "answer" },
    { DMSCI_SCRIPT_BAD_FORMAT, "", "bad format" },
};

static const struct {
    uint8_t tag;
    bool response;
    uint8_t value;
    const char *words;
} values[] = {
    { DMSCI_SCRIPT_CHAINING, false, DMSCI_SCRIPT_FIRST_DELETE,
      "first script; what it selects is forgotten at a reset" },
    { DMSCI_SCRIPT_CHAINING, false, DMSCI_SCRIPT_FIRST_KEEP,
      "first script; what it selects is kept over a reset" },
    { DMSCI_SCRIPT_CHAINING, false, DMSCI_SCRIPT_SUBSEQUENT, "more scripts follow" },
    { DMSCI_SCRIPT_CHAINING, false, DMSCI_SCRIPT_LAST, "last script" },
    { DMSCI_SCRIPT_CHAINING, true, DMSCI_SCRIPT_NO_PREVIOUS, "there is no previous script" },
    { DMSCI_SCRIPT_CHAINING, true, DMSCI_SCRIPT_CHAINING_UNSUPPORTED,
      "the card does not chain scripts" },
    { DMSCI_SCRIPT_CHAINING, true, DMSCI_SCRIPT_CHAINING_UNABLE,
      "the card cannot chain this script" },
    { DMSCI_SCRIPT_BAD_FORMAT, true, DMSCI_SCRIPT_UNKNOWN_TAG, "a tag is unknown" },
    { DMSCI_SCRIPT_BAD_FORMAT, true, DMSCI_SCRIPT_WRONG_LENGTH, "a length is wrong" },
    { DMSCI_SCRIPT_BAD_FORMAT, true, DMSCI_SCRIPT_NO_LENGTH, "a length is missing" },
    { DMSCI_SCRIPT_IMMEDIATE, false, DMSCI_SCRIPT_ACTION_SESSION,
      "a proactive session is going to be asked for" },
    { DMSCI_SCRIPT_IMMEDIATE, false, DMSCI_SCRIPT_ACTION_EARLY,
      "answer before the script is executed" },
};

/* 5.2.1.1 and 5.2.1.2: a proactive command without its template, or one byte that stands for one.
 */
static const char *action_words(struct dmsc_bytes value)
{
    if (value.n == 0)
        return "no action";
    if (value.n > 1)
        return "a proactive command";
    return value.p[0] >= 1 && value.p[0] <= DMSCI_SCRIPT_ACTION_RECORD_MAX
               ? "the record of EF(RMA) with that number"
               : NULL;
}

static const char *words_of(uint8_t tag, bool response, struct dmsc_bytes value)
{
    bool action = tag == DMSCI_SCRIPT_IMMEDIATE || tag == DMSCI_SCRIPT_ERROR;

    for (size_t i = 0; value.n == 1 && i < DMSCI_ARRAY_LEN(values); i++) {
        if (values[i].tag == tag && values[i].response == response && values[i].value == value.p[0])
            return values[i].words;
    }
    return action && !response ? action_words(value) : NULL;
}

static void name_item(const struct dmsci_script_item *from, bool response,
                      struct dmsc_ota_item *item)
{
    *item = (struct dmsc_ota_item){ .name = "", .value = from->value };
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(objects); i++) {
        if (objects[i].tag == from->tag)
            item->name = response ? objects[i].response : objects[i].command;
    }
    item->words = words_of(from->tag, response, from->value);
    if (from->tag == DMSCI_SCRIPT_R_APDU) {
        const uint8_t *sw = from->value.p + from->value.n - 2;

        item->has_sw = true;
        item->sw = (uint16_t)(sw[0] << 8 | sw[1]);
        item->value.n -= 2;
    }
}

/* Not a template: a number of commands, then SW1. AB and AF are numbers too, but an SW1 is 6X or
 * 9X, which as a length is rare and then whole. */
static bool is_compact(struct dmsc_bytes bytes)
{
    return bytes.n < 2 || (bytes.p[0] & 0xFB) != DMSCI_SCRIPT_RESPONSE ||
           (bytes.p[1] & 0xF0) == 0x60 || (bytes.p[1] & 0xF0) == 0x90;
}

/* Number of commands, SW and data of the last one (5.1.2). */
static enum dmsc_err each_compact(struct dmsc_bytes bytes,
                                  void (*tell)(void *user, const struct dmsc_ota_item *item),
                                  void *user)
{
    struct dmsci_compact_response response;
    struct dmsc_ota_item item = { .name = "executed", .value = { bytes.p, 1 } };
    enum dmsc_err err = dmsci_compact_response_decode(bytes, &response);

    if (err != DMSC_OK)
        return err;
    tell(user, &item);
    item = (struct dmsc_ota_item){
        .name = "answer", .value = response.data, .has_sw = true, .sw = response.sw
    };
    tell(user, &item);
    return DMSC_OK;
}

enum dmsc_err dmsc_ota_script_each(struct dmsc_ctx *ctx, struct dmsc_bytes bytes, bool response,
                                   void (*tell)(void *user, const struct dmsc_ota_item *item),
                                   void *user)
{
    struct dmsci_script script;
    struct dmsci_script_item from;
    struct dmsc_ota_item item;
    struct dmsc_rd r;
    enum dmsc_err err = dmsci_script_decode(bytes, &script, NULL);
    bool answers = err == DMSC_OK && (script.format == DMSCI_SCRIPT_RESPONSE ||
                                      script.format == DMSCI_SCRIPT_RESPONSE_INDEFINITE);

    if (response && !answers && is_compact(bytes)) {
        err = each_compact(bytes, tell, user);
    } else if (err == DMSC_OK && response != answers) {
        err = DMSC_E_MALFORMED;
    } else if (err == DMSC_OK) {
        r = dmsc_rd(script.body);
        while (dmsci_script_next(&script, &r, &from)) {
            name_item(&from, response, &item);
            tell(user, &item);
        }
    }
    if (err != DMSC_OK) {
        (void)dmsci_fail(ctx, err, "read %s", response ? "an answer" : "a script");
        dmsci_why(ctx, "ota:script", "it is not whole, or holds what does not belong there");
    }
    return err;
}
