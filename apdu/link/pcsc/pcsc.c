/* SPDX-License-Identifier: Apache-2.0 */
/* The driver "pcsc": a reader of the PC/SC service (pcsc-lite). */
#include "apdu/link/pcsc/service.h"
#include <dmsc/secret.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define READERS_MAX DMSCI_PCSC_READERS_MAX

struct pcsc {
    struct dmsc_ctx *ctx;
    SCARDCONTEXT service;
    SCARDHANDLE card;
    bool connected;
    bool exclusive; /* nobody else may connect, so nothing is to be locked */
    DWORD protocol;
    unsigned locked; /* how often; the service knows of the first alone */
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
    { SCARD_E_NO_ACCESS, DMSC_E_NOSERVICE, "pcsc:polkit", "pcscd refused this user (polkit)",
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
    { SCARD_E_INSUFFICIENT_BUFFER, DMSC_E_LINK, "pcsc:long-answer",
      "the card's answer is longer than any that TS 102 221 has", "try another card or reader" },
    { SCARD_E_TIMEOUT, DMSC_E_TIMEOUT, "pcsc:timeout", "the reader gave no answer in time",
      "try again" },
};

enum dmsc_err dmsci_pcsc_fail(struct dmsc_ctx *ctx, LONG code, const char *what, const char *where)
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

/* One that closes the connection at once has asked polkit first and been told no; it has no code
 * for that before there is a connection. */
enum dmsc_err dmsci_pcsc_connect(struct dmsc_ctx *ctx, SCARDCONTEXT *ret_service)
{
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, ret_service);

    if (code == SCARD_S_SUCCESS)
        return DMSC_OK;
    return dmsci_pcsc_fail(ctx, code == SCARD_F_COMM_ERROR ? SCARD_E_NO_ACCESS : code,
                           "reach the PC/SC service", "");
}

enum dmsc_err dmsci_pcsc_names(struct dmsc_ctx *ctx, SCARDCONTEXT service, char *ret_names)
{
    DWORD length = DMSCI_PCSC_NAMES_SIZE;
    LONG code = SCardListReaders(service, NULL, ret_names, &length);

    if (code == SCARD_E_NO_READERS_AVAILABLE) {
        ret_names[0] = '\0';
        return DMSC_OK;
    }
    return code == SCARD_S_SUCCESS ? DMSC_OK : dmsci_pcsc_fail(ctx, code, "list the readers", "");
}

/* Fills @p names (of DMSCI_PCSC_NAMES_SIZE) and one state for each reader. */
static enum dmsc_err list(struct dmsc_ctx *ctx, SCARDCONTEXT service, char *names,
                          SCARD_READERSTATE *states, size_t *ret_count)
{
    enum dmsc_err err = dmsci_pcsc_names(ctx, service, names);
    size_t count = 0;
    LONG code;

    *ret_count = 0;
    if (err != DMSC_OK || names[0] == '\0')
        return err;
    for (const char *name = names; *name != '\0' && count < READERS_MAX; name += strlen(name) + 1)
        states[count++] = (SCARD_READERSTATE){ .szReader = name };
    code = SCardGetStatusChange(service, 0, states, (DWORD)count);
    if (code != SCARD_S_SUCCESS && code != SCARD_E_TIMEOUT)
        return dmsci_pcsc_fail(ctx, code, "ask the readers for cards", "");
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
    char *names = dmsci_alloc(ctx, DMSCI_PCSC_NAMES_SIZE);
    SCARDCONTEXT service;
    size_t count = 0;
    enum dmsc_err err;

    if (names == NULL)
        return DMSC_E_NOMEM;
    err = dmsci_pcsc_connect(ctx, &service);
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
    char *names = dmsci_alloc(p->ctx, DMSCI_PCSC_NAMES_SIZE);
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
        err = dmsci_pcsc_fail(p->ctx, SCARD_E_NO_READERS_AVAILABLE, "find a reader", "");
    else if (argument[0] == '\0')
        err = dmsci_pcsc_fail(p->ctx, SCARD_E_NO_SMARTCARD, "find a card", "all readers");
    else
        err = dmsci_pcsc_fail(p->ctx, SCARD_E_UNKNOWN_READER, "find the reader", argument);
out:
    dmsci_free(p->ctx, names);
    return err;
}

static void end_transactions(struct pcsc *p)
{
    if (p->locked > 0 && !p->exclusive)
        (void)SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
    p->locked = 0;
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
        return dmsci_pcsc_fail(p->ctx, code, "ask the reader for the ATR", p->reader);
    p->protocol = protocol;
    *ret_protocol = protocol == SCARD_PROTOCOL_T1 ? DMSC_T1 : DMSC_T0;
    return dmsc_buf_set(ret_atr, dmsc_bytes(atr, atr_n));
}

/* T=0 first where the ATR offers both: TS 102 221 makes it mandatory for the UICC. */
static enum dmsc_err pcsc_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                enum dmsc_protocol *ret_protocol)
{
    struct pcsc *p = impl;
    DWORD share = p->exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED;
    LONG code;

    if (how == DMSC_POWER_OFF) {
        disconnect(p, SCARD_UNPOWER_CARD);
        dmsc_buf_reset(ret_atr);
        return DMSC_OK;
    }
    if (p->connected) {
        end_transactions(p); /* a reset does not end them */
        code = SCardReconnect(p->card, share, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                              how == DMSC_POWER_COLD ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD,
                              &p->protocol);
    } else {
        code = SCardConnect(p->service, p->reader, share, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                            &p->card, &p->protocol);
        p->connected = code == SCARD_S_SUCCESS;
    }
    if (code != SCARD_S_SUCCESS)
        return dmsci_pcsc_fail(p->ctx, code, "power the card", p->reader);
    return read_status(p, ret_atr, ret_protocol);
}

static LONG transmit(struct pcsc *p, struct dmsc_bytes capdu, BYTE *answer, DWORD *n)
{
    const SCARD_IO_REQUEST *pci = p->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;

    return SCardTransmit(p->card, pci, capdu.p, (DWORD)capdu.n, NULL, answer, n);
}

/* While somebody else has the card to himself a command is refused at once and was not sent; a
 * transaction is waited for. */
static LONG transmit_when_free(struct pcsc *p, struct dmsc_bytes capdu, BYTE *answer, DWORD *n)
{
    DWORD room = *n;
    LONG code = transmit(p, capdu, answer, n);

    if (code != (LONG)SCARD_E_SHARING_VIOLATION || p->locked > 0 || p->exclusive)
        return code;
    code = SCardBeginTransaction(p->card);
    if (code != SCARD_S_SUCCESS)
        return code;
    *n = room;
    code = transmit(p, capdu, answer, n);
    (void)SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
    return code;
}

static enum dmsc_err pcsc_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    struct pcsc *p = impl;
    BYTE answer[MAX_BUFFER_SIZE];
    DWORD n = sizeof(answer);
    enum dmsc_err err;
    LONG code;

    (void)timeout_ms; /* the reader's driver keeps its own */
    if (!p->connected)
        return dmsci_fail(p->ctx, DMSC_E_STATE, "send a command before power-on");
    code = transmit_when_free(p, capdu, answer, &n);
    if (code != SCARD_S_SUCCESS)
        return dmsci_pcsc_fail(p->ctx, code, "send a command to the card", p->reader);
    err = dmsc_buf_set(ret_rapdu, dmsc_bytes(answer, n));
    dmsc_wipe(answer, n); /* may be keys */
    return err;
}

static enum dmsc_err pcsc_lock(void *impl)
{
    struct pcsc *p = impl;
    LONG code = SCARD_S_SUCCESS;

    if (!p->connected)
        return dmsci_fail(p->ctx, DMSC_E_STATE, "lock the card before power-on");
    if (p->locked == 0 && !p->exclusive)
        code = SCardBeginTransaction(p->card);
    if (code != SCARD_S_SUCCESS)
        return dmsci_pcsc_fail(p->ctx, code, "lock the card", p->reader);
    p->locked++;
    return DMSC_OK;
}

static void pcsc_unlock(void *impl)
{
    struct pcsc *p = impl;

    if (p->locked == 1)
        end_transactions(p);
    else if (p->locked > 1)
        p->locked--;
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

/* "READER[,exclusive|,shared]". @return the length of READER */
static size_t take_option(struct pcsc *p, const char *argument)
{
    static const char *const options[] = { ",shared", ",exclusive" };
    size_t n = strlen(argument);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(options); i++) {
        size_t k = strlen(options[i]);

        if (n >= k && strcmp(argument + n - k, options[i]) == 0) {
            p->exclusive = i == 1;
            return n - k;
        }
    }
    return n;
}

static enum dmsc_err pcsc_open(struct dmsc_ctx *ctx, const char *argument,
                               struct dmsc_link **ret_link)
{
    struct pcsc *p = dmsci_alloc(ctx, sizeof(*p));
    char *reader = NULL;
    enum dmsc_err err;

    if (p == NULL)
        return DMSC_E_NOMEM;
    p->ctx = ctx;
    err = dmsci_pcsc_connect(ctx, &p->service);
    if (err != DMSC_OK) {
        dmsci_free(ctx, p);
        return err;
    }
    reader = dmsci_strndup(ctx, argument, take_option(p, argument));
    err = reader == NULL ? DMSC_E_NOMEM : choose(p, reader);
    dmsci_free(ctx, reader);
    if (err == DMSC_OK)
        err = dmsc_link_new(ctx, &pcsc_ops, p, ret_link);
    if (err != DMSC_OK)
        pcsc_close(p);
    return err;
}

const struct dmsc_link_driver dmsci_pcsc_driver = {
    .name = "pcsc",
    .argument = "READER[,exclusive]",
    .open = pcsc_open,
};
