/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as people write them: "sw=6F00,ins=B0,at=3". */
#include "simulator/uicc/card.h"
#include "simulator/uicc/fault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 128u

static const struct {
    const char *word;
    enum dmsc_sim_fault_kind kind;
} kinds[] = {
    { "sw", DMSC_SIM_FAULT_SW },     { "silence", DMSC_SIM_FAULT_SILENCE },
    { "flip", DMSC_SIM_FAULT_FLIP }, { "remove", DMSC_SIM_FAULT_REMOVE },
    { "cut", DMSC_SIM_FAULT_CUT },   { "long", DMSC_SIM_FAULT_LONG },
};
static const char *const outcomes[] = { "old", "new", "prefix", "random" };

static bool number(const char *text, int base, unsigned long most, unsigned long *ret)
{
    char *end;

    *ret = strtoul(text, &end, base);
    return *text != '\0' && *text != '-' && *end == '\0' && *ret <= most;
}

static bool set_outcome(const char *value, struct dmsc_sim_fault *fault)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(outcomes); i++) {
        if (strcmp(outcomes[i], value) == 0) {
            fault->outcome = (enum dmsc_sim_tear)i;
            return true;
        }
    }
    return false;
}

/* The first word: what happens. */
static bool set_kind(const char *word, const char *value, struct dmsc_sim_fault *fault)
{
    unsigned long n = 0;
    unsigned i = 0;

    while (i < DMSCI_ARRAY_LEN(kinds) && strcmp(kinds[i].word, word) != 0)
        i++;
    if (i == DMSCI_ARRAY_LEN(kinds))
        return false;
    fault->kind = kinds[i].kind;
    switch (fault->kind) {
    case DMSC_SIM_FAULT_SW:
        if (!number(value, 16, 0xFFFF, &n) || strlen(value) != 4)
            return false;
        fault->sw = (uint16_t)n;
        return true;
    case DMSC_SIM_FAULT_CUT:
        return set_outcome(value, fault);
    case DMSC_SIM_FAULT_LONG:
        fault->more = number(value, 10, 256, &n) ? (unsigned)n : 0;
        return fault->more > 0;
    default:
        return *value == '\0';
    }
}

/* The words behind it: when. */
static bool set_when(const char *word, const char *value, struct dmsc_sim_fault *fault)
{
    unsigned long n = 0;

    if (strcmp(word, "ins") == 0) {
        fault->only_ins = true;
        if (!number(value, 16, 0xFF, &n))
            return false;
        fault->ins = (uint8_t)n;
        return true;
    }
    if (!number(value, 10, 1000000000, &n) || n == 0)
        return false;
    if (strcmp(word, "at") == 0)
        fault->at = (unsigned)n;
    else if (strcmp(word, "times") == 0)
        fault->times = (unsigned)n;
    else if (strcmp(word, "chance") == 0 && n <= 1000)
        fault->chance = (unsigned)n;
    else if (strcmp(word, "byte") == 0 && fault->kind == DMSC_SIM_FAULT_CUT)
        fault->byte = n;
    else if (strcmp(word, "write") == 0 && fault->kind == DMSC_SIM_FAULT_CUT)
        fault->write = (unsigned)n;
    else
        return false;
    return true;
}

bool dmsci_sim_fault_goes_on(const char *word)
{
    static const char *const words[] = { "ins=", "at=", "times=", "chance=", "byte=", "write=" };
    unsigned i = 0;

    while (i < DMSCI_ARRAY_LEN(words) && strncmp(words[i], word, strlen(words[i])) != 0)
        i++;
    return i < DMSCI_ARRAY_LEN(words);
}

static enum dmsc_err wrong(struct dmsc_sim *sim, const char *text, const char *word)
{
    (void)dmsci_fail(sim->ctx, DMSC_E_ARG, "make the card fail: %.100s", text);
    dmsci_why(sim->ctx, "fault:text", "\"%.40s\" is not understood", word);
    dmsci_hint(sim->ctx,
               "sw=XXXX, silence, flip, remove, long=N or cut=old|new|prefix|random; then "
               ",ins=XX ,at=N ,times=N ,chance=PERMILLE, and for cut ,byte=N or ,write=N");
    return DMSC_E_ARG;
}

enum dmsc_err dmsc_sim_fault_text(struct dmsc_sim *sim, const char *text)
{
    struct dmsc_sim_fault fault = DMSC_SIM_FAULT_INIT;
    char words[TEXT_MAX], *word = words, *next;
    bool first = true;

    if (strlen(text) >= sizeof(words))
        return wrong(sim, text, "so long a text");
    (void)snprintf(words, sizeof(words), "%s", text);
    for (; word != NULL; word = next, first = false) {
        char *equals;
        const char *value = "";

        next = strchr(word, ',');
        if (next != NULL)
            *next++ = '\0';
        equals = strchr(word, '=');
        if (equals != NULL) {
            *equals = '\0';
            value = equals + 1;
        }
        if (!(first ? set_kind(word, value, &fault) : set_when(word, value, &fault)))
            return wrong(sim, text, word);
    }
    return dmsc_sim_fault_add(sim, &fault);
}
