/* SPDX-License-Identifier: Apache-2.0 */
/* The driver "pcsc": a reader of the PC/SC service (pcsc-lite). */
#include "apdu/base/ctx.h"
#include "apdu/link/private.h"
#include <dmsc/secret.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <winscard.h>

/* Names of all readers, NUL-separated: pcsc-lite serves 16 of at most 128 bytes. */
#define READERS_MAX_BYTES 4096
#define READERS_MAX       16

struct pcsc {
    struct dmsc_ctx *ctx;
    SCARDCONTEXT service;
    SCARDHANDLE card;
    bool connected;
    DWORD protocol;
    unsigned locked;
    char reader[MAX_READERNAME];
};

/* What each code of the service means to the user (pcsclite.h). */
static const struct {
    LONG code;
    enum dmsc_err err;
    const char *reason, *why, *hint;
} meanings[] = {
    { SCARD_E_NO_SERVICE, DMSC_E_NOSERVICE, "pcsc:no-service", "pcscd does not run",
      "start it (systemctl start pcscd.socket, or pcscd), or use --link sim:PROFILE" },
    { SCARD_E_SERVICE_STOPPED, DMSC_E_NOSERVICE, "pcsc:no-service", "pcscd stopped",
      "start it again (systemctl start pcscd.socket, or pcscd)" },
    { SCARD_W_SECURITY_VIOLATION, DMSC_E_NOSERVICE, "pcsc:polkit",
      "pcscd refused this user (polkit)",
      "run as a user of an active session, or allow org.debian.pcsc-lite.access_pcsc and "
      "access_card for it in a polkit rule" },
    { SCARD_E_NO_READERS_AVAILABLE, DMSC_E_NOREADER, "pcsc:no-reader",
      "the service knows no reader", "plug one in, or use --link sim:PROFILE" },
    { SCARD_E_UNKNOWN_READER, DMSC_E_NOREADER, "pcsc:no-reader", "the reader is gone",
      "dmsc readers lists what is there" },
    { SCARD_E_READER_UNAVAILABLE, DMSC_E_NOREADER, "pcsc:no-reader", "the reader is gone",
      "dmsc readers lists what is there" },
    { SCARD_E_NO_SMARTCARD, DMSC_E_REMOVED, "pcsc:no-card", "there is no card in the reader",
      "insert one and try again" },
    { SCARD_W_REMOVED_CARD, DMSC_E_REMOVED, "pcsc:removed", "the card was taken out",
      "insert it and try again" },
    { SCARD_W_UNPOWERED_CARD, DMSC_E_REMOVED, "pcsc:unpowered", "the card has no power",
      "take it out, insert it and try again" },
    { SCARD_W_UNRESPONSIVE_CARD, DMSC_E_REMOVED, "pcsc:mute", "the card does not answer to reset",
      "check how it is inserted, and its contacts" },
    { SCARD_W_UNSUPPORTED_CARD, DMSC_E_REMOVED, "pcsc:mute", "the reader cannot talk to the card",
      "try another reader" },
    { SCARD_W_RESET_CARD, DMSC_E_CARD_RESET, "pcsc:reset", "another program reset the card",
      "run the command again; stop the other program if it goes on" },
    { SCARD_E_SHARING_VIOLATION, DMSC_E_LINK, "pcsc:sharing",
      "another program holds the card for itself", "end that program and try again" },
    { SCARD_E_TIMEOUT, DMSC_E_TIMEOUT, "pcsc:timeout", "the reader gave no answer in time",
      "try again" },
};

static enum dmsc_err fail(struct dmsc_ctx *ctx, LONG code, const char *what, const char *where)
{
    enum dmsc_err err;
    size_t i = 0;

    while (i < DMSCI_ARRAY_LEN(meanings) && meanings[i].code != code)
        i++;
    if (i < DMSCI_ARRAY_LEN(meanings)) {
        err = dmsci_fail(ctx, meanings[i].err, "%s", what);
        dmsci_why(ctx, meanings[i].reason, "%s", meanings[i].why);
        dmsci_hint(ctx, "%s", meanings[i].hint);
    } else {
        err = dmsci_fail(ctx, DMSC_E_LINK, "%s", what);
        dmsci_why(ctx, "pcsc:error", "%s", pcsc_stringify_error(code));
    }
    if (where[0] != '\0')
        dmsci_where(ctx, "%s", where);
    dmsci_fail_code(ctx, (int)code);
    return err;
}

static enum dmsc_err connect_service(struct dmsc_ctx *ctx, SCARDCONTEXT *ret_service)
{
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, ret_service);

    return code == SCARD_S_SUCCESS ? DMSC_OK : fail(ctx, code, "reach the PC/SC service", "");
}

/* Fills @p names (of READERS_MAX_BYTES) and one state for each reader. */
static enum dmsc_err list(struct dmsc_ctx *ctx, SCARDCONTEXT service, char *names,
                          SCARD_READERSTATE *states, size_t *ret_count)
{
    DWORD length = READERS_MAX_BYTES;
    LONG code = SCardListReaders(service, NULL, names, &length);
    size_t count = 0;

    *ret_count = 0;
    if (code == SCARD_E_NO_READERS_AVAILABLE)
        return DMSC_OK;
    if (code != SCARD_S_SUCCESS)
        return fail(ctx, code, "list the readers", "");
    for (const char *name = names; *name != '\0' && count < READERS_MAX; name += strlen(name) + 1)
        states[count++] = (SCARD_READERSTATE){ .szReader = name };
    code = SCardGetStatusChange(service, 0, states, (DWORD)count);
    if (code != SCARD_S_SUCCESS && code != SCARD_E_TIMEOUT)
        return fail(ctx, code, "ask the readers for cards", "");
    *ret_count = count;
    return DMSC_OK;
}

static bool has_card(const SCARD_READERSTATE *state)
{
    return (state->dwEventState & SCARD_STATE_PRESENT) != 0;
}

enum dmsc_err dmsc_pcsc_readers(struct dmsc_ctx *ctx,
                                void (*found)(void *user, const struct dmsc_reader *reader),
                                void *user)
{
    SCARD_READERSTATE states[READERS_MAX];
    char *names = dmsci_alloc(ctx, READERS_MAX_BYTES);
    SCARDCONTEXT service;
    size_t count = 0;
    enum dmsc_err err;

    if (names == NULL)
        return DMSC_E_NOMEM;
    err = connect_service(ctx, &service);
    if (err != DMSC_OK)
        goto out;
    err = list(ctx, service, names, states, &count);
    for (size_t i = 0; i < count; i++) {
        bool card = has_card(&states[i]);
        struct dmsc_reader reader = { states[i].szReader, card,
                                      dmsc_bytes(states[i].rgbAtr, card ? states[i].cbAtr : 0) };

        found(user, &reader);
    }
    (void)SCardReleaseContext(service);
out:
    dmsci_free(ctx, names);
    return err;
}

/* A number takes that reader of the list, a text the first whose name holds it, nothing the first
 * with a card. */
static bool wanted(const char *argument, const SCARD_READERSTATE *state, size_t index)
{
    const char *name = state->szReader;
    size_t n = strlen(argument);

    if (n == 0)
        return has_card(state);
    if (strspn(argument, "0123456789") == n)
        return strtoul(argument, NULL, 10) == index;
    for (; strlen(name) >= n; name++) {
        if (strncasecmp(name, argument, n) == 0)
            return true;
    }
    return false;
}

static enum dmsc_err choose(struct pcsc *p, const char *argument)
{
    SCARD_READERSTATE states[READERS_MAX];
    char *names = dmsci_alloc(p->ctx, READERS_MAX_BYTES);
    size_t count = 0;
    enum dmsc_err err;

    if (names == NULL)
        return DMSC_E_NOMEM;
    err = list(p->ctx, p->service, names, states, &count);
    if (err != DMSC_OK)
        goto out;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(states[i].szReader);

        if (wanted(argument, &states[i], i) && n < sizeof(p->reader)) {
            dmsci_copy(p->reader, states[i].szReader, n + 1);
            goto out;
        }
    }
    if (count == 0)
        err = fail(p->ctx, SCARD_E_NO_READERS_AVAILABLE, "find a reader", "");
    else if (argument[0] == '\0')
        err = fail(p->ctx, SCARD_E_NO_SMARTCARD, "find a card", "all readers");
    else
        err = fail(p->ctx, SCARD_E_UNKNOWN_READER, "find the reader", argument);
out:
    dmsci_free(p->ctx, names);
    return err;
}

static void end_transactions(struct pcsc *p)
{
    for (; p->locked > 0; p->locked--)
        (void)SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
}

static void disconnect(struct pcsc *p, DWORD how)
{
    if (!p->connected)
        return;
    end_transactions(p);
    (void)SCardDisconnect(p->card, how);
    p->connected = false;
}

static enum dmsc_err read_status(struct pcsc *p, struct dmsc_buf *ret_atr,
                                 enum dmsc_protocol *ret_protocol)
{
    BYTE atr[MAX_ATR_SIZE];
    DWORD atr_n = sizeof(atr), state = 0, protocol = p->protocol;
    char name[MAX_READERNAME];
    DWORD name_n = sizeof(name);
    LONG code = SCardStatus(p->card, name, &name_n, &state, &protocol, atr, &atr_n);

    if (code != SCARD_S_SUCCESS)
        return fail(p->ctx, code, "ask the reader for the ATR", p->reader);
    p->protocol = protocol;
    *ret_protocol = protocol == SCARD_PROTOCOL_T1 ? DMSC_T1 : DMSC_T0;
    return dmsc_buf_set(ret_atr, dmsc_bytes(atr, atr_n));
}

/* T=0 first where the ATR offers both: TS 102 221 makes it mandatory for the UICC. */
static enum dmsc_err pcsc_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                enum dmsc_protocol *ret_protocol)
{
    struct pcsc *p = impl;
    LONG code;

    if (how == DMSC_POWER_OFF) {
        disconnect(p, SCARD_UNPOWER_CARD);
        dmsc_buf_reset(ret_atr);
        return DMSC_OK;
    }
    if (p->connected) {
        end_transactions(p); /* a reset does not end them */
        code = SCardReconnect(p->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                              how == DMSC_POWER_COLD ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD,
                              &p->protocol);
    } else {
        code = SCardConnect(p->service, p->reader, SCARD_SHARE_SHARED,
                            SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &p->card, &p->protocol);
        p->connected = code == SCARD_S_SUCCESS;
    }
    if (code != SCARD_S_SUCCESS)
        return fail(p->ctx, code, "power the card", p->reader);
    return read_status(p, ret_atr, ret_protocol);
}

static enum dmsc_err pcsc_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    struct pcsc *p = impl;
    const SCARD_IO_REQUEST *pci = p->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    BYTE answer[MAX_BUFFER_SIZE];
    DWORD n = sizeof(answer);
    enum dmsc_err err;
    LONG code;

    (void)timeout_ms; /* the reader's driver keeps its own */
    if (!p->connected)
        return dmsci_fail(p->ctx, DMSC_E_STATE, "send a command before power-on");
    code = SCardTransmit(p->card, pci, capdu.p, (DWORD)capdu.n, NULL, answer, &n);
    if (code != SCARD_S_SUCCESS)
        return fail(p->ctx, code, "send a command to the card", p->reader);
    err = dmsc_buf_set(ret_rapdu, dmsc_bytes(answer, n));
    dmsc_wipe(answer, sizeof(answer)); /* may be keys */
    return err;
}

static enum dmsc_err pcsc_lock(void *impl)
{
    struct pcsc *p = impl;
    LONG code;

    if (!p->connected)
        return dmsci_fail(p->ctx, DMSC_E_STATE, "lock the card before power-on");
    code = SCardBeginTransaction(p->card);
    if (code != SCARD_S_SUCCESS)
        return fail(p->ctx, code, "lock the card", p->reader);
    p->locked++;
    return DMSC_OK;
}

static void pcsc_unlock(void *impl)
{
    struct pcsc *p = impl;

    if (p->connected && p->locked > 0) {
        (void)SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
        p->locked--;
    }
}

/* Reset on the way out: a PIN verified here must not serve the next program. */
static void pcsc_close(void *impl)
{
    struct pcsc *p = impl;

    disconnect(p, SCARD_RESET_CARD);
    (void)SCardReleaseContext(p->service);
    dmsci_free(p->ctx, p);
}

static const struct dmsc_link_ops pcsc_ops = {
    .name = "pcsc",
    .power = pcsc_power,
    .transmit = pcsc_transmit,
    .lock = pcsc_lock,
    .unlock = pcsc_unlock,
    .close = pcsc_close,
};

static enum dmsc_err pcsc_open(struct dmsc_ctx *ctx, const char *argument,
                               struct dmsc_link **ret_link)
{
    struct pcsc *p = dmsci_alloc(ctx, sizeof(*p));
    enum dmsc_err err;

    if (p == NULL)
        return DMSC_E_NOMEM;
    p->ctx = ctx;
    err = connect_service(ctx, &p->service);
    if (err != DMSC_OK) {
        dmsci_free(ctx, p);
        return err;
    }
    err = choose(p, argument);
    if (err == DMSC_OK)
        err = dmsc_link_new(ctx, &pcsc_ops, p, ret_link);
    if (err != DMSC_OK)
        pcsc_close(p);
    return err;
}

const struct dmsc_link_driver dmsci_pcsc_driver = {
    .name = "pcsc",
    .argument = "READER",
    .open = pcsc_open,
};
