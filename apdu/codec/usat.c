/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/compiler.h"
#include "apdu/codec/ctlv.h"
#include <dmsc/usat.h>

#define COMMAND_TEMPLATE   0xD0
#define LAST_ENVELOPE      0xE4
#define ALPHA              0x05
#define ADDRESS            0x06
#define SMS_TPDU           0x0B
#define TEXT               0x0D
#define ICON               0x1E
#define TIMER_VALUE        0x25
#define LANGUAGE           0x2D
#define URI                0x31
#define BEARER_DESCRIPTION 0x35
#define TRANSPORT_LEVEL    0x3C
#define CDMA_SMS_TPDU      0x48

#define DONE     0x00
#define PARTIAL  0x01
#define NO_TYPE  0x31
#define NO_SENSE 0x32
#define MISSING  0x36

bool dmsc_usat_next(struct dmsc_rd *r, struct dmsc_usat_object *ret_object)
{
    struct dmsci_ctlv tlv;

    if (!dmsci_ctlv_next(r, &tlv))
        return false;
    *ret_object =
        (struct dmsc_usat_object){ tlv.tag, tlv.comprehension_required, tlv.long_tag, tlv.value };
    return true;
}

bool dmsc_usat_find(const struct dmsc_usat *usat, uint16_t tag, struct dmsc_bytes *ret_value)
{
    struct dmsc_bytes value;

    return dmsci_ctlv_find(usat->objects, tag, ret_value != NULL ? ret_value : &value);
}

void dmsc_usat_put(struct dmsc_wr *w, const struct dmsc_usat_object *object)
{
    dmsci_ctlv_put(w, object->tag, object->comprehension_required, object->value);
}

/* What every message of a kind has (8.6, 8.7, 8.12). The first of two counts (6.10.5), bytes behind
 * the known ones are ignored (6.10.8), and an object that is too short is as good as none. */
static void take(struct dmsc_usat *usat, const struct dmsc_usat_object *object)
{
    const uint8_t *p = object->value.p;
    size_t n = object->value.n;

    if (object->tag == DMSCI_CTLV_COMMAND_DETAILS && n >= 3 && !usat->has_details) {
        usat->has_details = true;
        usat->number = p[0];
        usat->type = p[1];
        usat->qualifier = p[2];
    } else if (object->tag == DMSCI_CTLV_DEVICE_IDENTITIES && n >= 2 && !usat->has_devices) {
        usat->has_devices = true;
        usat->source = p[0];
        usat->destination = p[1];
    } else if (object->tag == DMSCI_CTLV_RESULT && n >= 1 && !usat->has_result &&
               usat->kind == DMSC_USAT_RESPONSE) {
        usat->has_result = true;
        usat->result = p[0];
        usat->result_info = dmsc_bytes(p + 1, n - 1);
    }
}

/* The one template that holds it all. Its tag is one byte (TS 101 220 clause 7.2): 'DF' does not go
 * on as it would in ISO 7816-4, so it is read as a COMPREHENSION-TLV would be. Its length may take
 * the longer form: real cards write 81 xx below 80 too. */
static enum dmsc_err open_template(struct dmsc_usat *usat, struct dmsc_bytes bytes)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsci_ctlv outer;
    uint8_t tag;

    if (!dmsci_ctlv_next(&r, &outer))
        return DMSC_E_TRUNCATED;
    tag = bytes.p[0];
    if (r.n > 0 || tag < COMMAND_TEMPLATE || tag > LAST_ENVELOPE ||
        (tag == COMMAND_TEMPLATE) != (usat->kind == DMSC_USAT_COMMAND))
        return DMSC_E_MALFORMED;
    usat->template_tag = tag;
    usat->objects = outer.value;
    return DMSC_OK;
}

enum dmsc_err dmsc_usat_decode(enum dmsc_usat_kind kind, struct dmsc_bytes bytes,
                               struct dmsc_usat *ret_usat)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_usat_object object;
    enum dmsc_err err = DMSC_OK;
    struct dmsc_rd r;

    usat.kind = kind;
    usat.objects = bytes;
    if (kind != DMSC_USAT_RESPONSE)
        err = open_template(&usat, bytes);
    if (err != DMSC_OK)
        return err;
    r = dmsc_rd(usat.objects);
    while (dmsc_usat_next(&r, &object))
        take(&usat, &object);
    if (r.bad)
        return DMSC_E_MALFORMED;
    *ret_usat = usat;
    return DMSC_OK;
}

/* TS 102 223 and TS 31.111 clause 6.6, one row a type of command: the type, how many objects it
 * demands, how many it may have, their tags. Command details and device identities go without
 * saying; what is demanded under a condition is in condition(). */
/* clang-format off */
static const uint8_t commands[] = {
    /* REFRESH */
    0x01, 0, 11, 0x12, 0x2F, 0x05, 0x1E, 0x50, 0x68, 0x3A, 0x3B, 0x72, 0x4A, 0x79,
    /* MORE TIME */
    0x02, 0, 0,
    /* POLL INTERVAL */
    0x03, 1, 1, 0x04,
    /* POLLING OFF */
    0x04, 0, 0,
    /* SET UP EVENT LIST */
    0x05, 1, 1, 0x19,
    /* SET UP CALL */
    0x10, 0, 11, 0x05, 0x06, 0x07, 0x08, 0x04, 0x1E, 0x50, 0x68, 0x31, 0x2A, 0x7E,
    /* SEND SS */
    0x11, 1, 5, 0x09, 0x05, 0x1E, 0x50, 0x68,
    /* SEND USSD */
    0x12, 1, 5, 0x0A, 0x05, 0x1E, 0x50, 0x68,
    /* SEND SHORT MESSAGE */
    0x13, 0, 8, 0x0B, 0x48, 0x05, 0x06, 0x1E, 0x50, 0x68, 0x31,
    /* SEND DTMF */
    0x14, 1, 5, 0x2C, 0x05, 0x1E, 0x50, 0x68,
    /* LAUNCH BROWSER */
    0x15, 1, 10, 0x31, 0x30, 0x32, 0x33, 0x0D, 0x05, 0x1E, 0x50, 0x68, 0x47,
    /* GEOGRAPHICAL LOCATION REQUEST */
    0x16, 1, 5, 0x76, 0x05, 0x1E, 0x50, 0x68,
    /* PLAY TONE */
    0x20, 0, 6, 0x05, 0x0E, 0x04, 0x1E, 0x50, 0x68,
    /* DISPLAY TEXT */
    0x21, 1, 6, 0x0D, 0x1E, 0x2B, 0x04, 0x50, 0x68,
    /* GET INKEY */
    0x22, 1, 5, 0x0D, 0x1E, 0x04, 0x50, 0x68,
    /* GET INPUT */
    0x23, 2, 7, 0x0D, 0x11, 0x17, 0x1E, 0x50, 0x68, 0x04,
    /* SELECT ITEM */
    0x24, 1, 9, 0x0F, 0x05, 0x18, 0x10, 0x1E, 0x1F, 0x50, 0x51, 0x68,
    /* SET UP MENU */
    0x25, 2, 7, 0x05, 0x0F, 0x18, 0x1E, 0x1F, 0x50, 0x51,
    /* PROVIDE LOCAL INFORMATION */
    0x26, 0, 1, 0x69,
    /* TIMER MANAGEMENT */
    0x27, 1, 2, 0x24, 0x25,
    /* SET UP IDLE MODE TEXT */
    0x28, 1, 4, 0x0D, 0x1E, 0x50, 0x68,
    /* PERFORM CARD APDU */
    0x30, 1, 1, 0x22,
    /* POWER ON CARD */
    0x31, 0, 0,
    /* POWER OFF CARD */
    0x32, 0, 0,
    /* GET READER STATUS */
    0x33, 0, 0,
    /* RUN AT COMMAND */
    0x34, 1, 5, 0x28, 0x05, 0x1E, 0x50, 0x68,
    /* LANGUAGE NOTIFICATION */
    0x35, 0, 1, 0x2D,
    /* OPEN CHANNEL */
    0x40, 1, 17, 0x39, 0x05, 0x1E, 0x06, 0x08, 0x04, 0x35, 0x47, 0x3E, 0x0D, 0x3C, 0x50, 0x68,
        0x49, 0x52, 0x7C, 0x76,
    /* CLOSE CHANNEL */
    0x41, 0, 4, 0x05, 0x1E, 0x50, 0x68,
    /* RECEIVE DATA */
    0x42, 1, 5, 0x37, 0x05, 0x1E, 0x50, 0x68,
    /* SEND DATA */
    0x43, 1, 5, 0x36, 0x05, 0x1E, 0x50, 0x68,
    /* GET CHANNEL STATUS */
    0x44, 0, 0,
    /* SERVICE SEARCH */
    0x45, 1, 6, 0x43, 0x05, 0x1E, 0x42, 0x50, 0x68,
    /* GET SERVICE INFORMATION */
    0x46, 1, 5, 0x44, 0x05, 0x1E, 0x50, 0x68,
    /* DECLARE SERVICE */
    0x47, 1, 2, 0x41, 0x3C,
    /* SET FRAMES */
    0x50, 1, 2, 0x68, 0x66,
    /* GET FRAMES STATUS */
    0x51, 0, 0,
    /* RETRIEVE MULTIMEDIA MESSAGE */
    0x60, 2, 8, 0x6A, 0x12, 0x6E, 0x6B, 0x05, 0x1E, 0x50, 0x68,
    /* SUBMIT MULTIMEDIA MESSAGE */
    0x61, 1, 6, 0x12, 0x6B, 0x05, 0x1E, 0x50, 0x68,
    /* DISPLAY MULTIMEDIA MESSAGE */
    0x62, 2, 4, 0x12, 0x6B, 0x2B, 0x68,
    /* ACTIVATE */
    0x70, 1, 1, 0x7B,
    /* CONTACTLESS STATE CHANGED */
    0x71, 1, 1, 0x54,
    /* COMMAND CONTAINER */
    0x72, 0, 6, 0x0E, 0x0F, 0x21, 0x22, 0x23, 0x60,
    /* ENCAPSULATED SESSION CONTROL */
    0x73, 0, 6, 0x0E, 0x0F, 0x21, 0x22, 0x23, 0x60,
    /* LSI COMMAND */
    0x79, 0, 0,
};
/* clang-format on */

/* Fewest bytes of a value (clause 8) where it is not one or, as for texts, none. */
static const struct {
    uint8_t tag, least;
} shortest[] = {
    { 0x01, 3 }, { 0x02, 2 }, { 0x04, 2 }, { 0x05, 0 }, { 0x0D, 0 }, { 0x0F, 0 },
    { 0x11, 2 }, { 0x17, 0 }, { 0x18, 0 }, { 0x19, 0 }, { 0x1E, 2 }, { 0x22, 4 },
    { 0x25, 3 }, { 0x2B, 0 }, { 0x2D, 2 }, { 0x31, 0 }, { 0x36, 0 }, { 0x39, 2 },
    { 0x3C, 3 }, { 0x3E, 0 }, { 0x50, 0 }, { 0x51, 0 }, { 0x72, 0 },
};

static bool readable(const struct dmsc_usat_object *object)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(shortest); i++) {
        if (shortest[i].tag == object->tag)
            return object->value.n >= shortest[i].least;
    }
    return object->value.n >= 1;
}

/* The row of a type of command: its number of demanded objects; NULL for an unknown type. */
static const uint8_t *row_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof(commands); i += 3u + commands[i + 2]) {
        if (commands[i] == type)
            return &commands[i + 1];
    }
    return NULL;
}

static bool among(const uint8_t *tags, unsigned n, uint16_t tag)
{
    while (n > 0 && tags[n - 1] != tag)
        n--;
    return n > 0;
}

/* What is demanded under a condition of clause 6.6. */
static bool condition(const struct dmsc_usat *command)
{
    struct dmsc_bytes level;

    switch (command->type) {
    case 0x01: /* 6.6.13: files of a file change notification */
        return (command->qualifier != 1 && command->qualifier != 2) ||
               dmsc_usat_find(command, DMSCI_CTLV_FILE_LIST, NULL);
    case 0x10:
        return dmsc_usat_find(command, ADDRESS, NULL) || dmsc_usat_find(command, URI, NULL);
    case 0x13:
        return dmsc_usat_find(command, SMS_TPDU, NULL) ||
               dmsc_usat_find(command, CDMA_SMS_TPDU, NULL);
    case 0x27: /* 6.6.21: the value when a timer is started */
        return (command->qualifier & 3) != 0 || dmsc_usat_find(command, TIMER_VALUE, NULL);
    case 0x35: /* 6.6.25: specific notification */
        return (command->qualifier & 1) == 0 || dmsc_usat_find(command, LANGUAGE, NULL);
    case 0x40: /* 6.6.27.5, 6.6.27.6: a server and what stays within the terminal have no bearer */
        return dmsc_usat_find(command, BEARER_DESCRIPTION, NULL) ||
               (dmsc_usat_find(command, TRANSPORT_LEVEL, &level) && level.n >= 1 &&
                level.p[0] >= 3);
    default:
        return true;
    }
}

/* 6.5.4: an icon that does not explain itself stands beside a text. */
static bool icon_is_alone(const struct dmsc_usat *command)
{
    struct dmsc_bytes icon, text;

    return dmsc_usat_find(command, ICON, &icon) && icon.n >= 1 && (icon.p[0] & 1) != 0 &&
           !(dmsc_usat_find(command, ALPHA, &text) && text.n > 0) &&
           !(dmsc_usat_find(command, TEXT, &text) && text.n > 1);
}

/* 6.10.3: the minimum set. An object that is there and too short is told as not understood. */
static uint8_t minimum_set(const struct dmsc_usat *command, const uint8_t **ret_row)
{
    if (!command->has_details)
        return dmsc_usat_find(command, DMSCI_CTLV_COMMAND_DETAILS, NULL) ? NO_SENSE : MISSING;
    *ret_row = row_of(command->type);
    if (*ret_row == NULL)
        return NO_TYPE;
    if (!command->has_devices && !dmsc_usat_find(command, DMSCI_CTLV_DEVICE_IDENTITIES, NULL))
        return MISSING;
    for (unsigned i = 0; i < (*ret_row)[0]; i++) {
        if (!dmsc_usat_find(command, (*ret_row)[2 + i], NULL))
            return MISSING;
    }
    return !condition(command) ? MISSING : icon_is_alone(command) ? NO_SENSE : DONE;
}

uint8_t dmsc_usat_comprehend(const struct dmsc_usat *command)
{
    struct dmsc_rd r = dmsc_rd(command->objects);
    struct dmsc_usat_object object;
    const uint8_t *row = NULL;
    uint8_t result = minimum_set(command, &row);

    /* 6.10.4, 6.10.5, 6.10.7: not known, not expected in this command, without a meaning. */
    while (row != NULL && result <= PARTIAL && dmsc_usat_next(&r, &object)) {
        bool own =
            object.tag == DMSCI_CTLV_COMMAND_DETAILS || object.tag == DMSCI_CTLV_DEVICE_IDENTITIES;
        bool expected = own || among(row + 2, row[1], object.tag);
        bool needed = own || among(row + 2, row[0], object.tag);

        if (expected && readable(&object))
            continue;
        result = object.comprehension_required || (expected && needed) ? NO_SENSE : PARTIAL;
    }
    return result;
}
