/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/link/fake_pcsc.h"
#include "tests/support/test.h"
#include <string.h>

#define SERVICE 17
#define CARD    23

struct fake_pcsc fake_pcsc;

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST) };

static const uint8_t atr[] = { 0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xA0, 0x73, 0xBE,
                               0x21, 0x13, 0x67, 0x43, 0x20, 0x07, 0x18, 0x00, 0x00, 0x01, 0xA5 };

void fake_pcsc_reset(void)
{
    fake_pcsc = (struct fake_pcsc){ .readers = { "Acme One 00 00", "Virtual PCD 00 01" },
                                    .cards = 2,
                                    .protocol = SCARD_PROTOCOL_T0 };
}

const char *pcsc_stringify_error(const LONG code)
{
    (void)code;
    return "an error of the fake service";
}

LONG SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
                           LPSCARDCONTEXT ret_context)
{
    (void)reserved1;
    (void)reserved2;
    assert_int_equal(scope, SCARD_SCOPE_SYSTEM);
    if (fake_pcsc.fails[FAKE_ESTABLISH] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_ESTABLISH];
    fake_pcsc.contexts++;
    *ret_context = SERVICE;
    return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
    assert_int_equal(context, SERVICE);
    assert_true(fake_pcsc.contexts > 0);
    fake_pcsc.contexts--;
    return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD length)
{
    DWORD n = 0;

    assert_int_equal(context, SERVICE);
    assert_null(groups);
    if (fake_pcsc.fails[FAKE_LIST] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_LIST];
    if (fake_pcsc.readers[0] == NULL)
        return SCARD_E_NO_READERS_AVAILABLE;
    for (size_t i = 0; fake_pcsc.readers[i] != NULL; i++) {
        size_t size = strlen(fake_pcsc.readers[i]) + 1;

        assert_true(n + size < *length);
        memcpy(names + n, fake_pcsc.readers[i], size);
        n += (DWORD)size;
    }
    names[n++] = '\0';
    *length = n;
    return SCARD_S_SUCCESS;
}

static DWORD state_of(size_t i)
{
    DWORD flags = (fake_pcsc.cards >> i & 1) != 0 ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY;

    return flags | (DWORD)fake_pcsc.changes[i] << 16;
}

static bool set_state(SCARD_READERSTATE *state)
{
    size_t i = 0;

    while (fake_pcsc.readers[i] != NULL && strcmp(fake_pcsc.readers[i], state->szReader) != 0)
        i++;
    assert_non_null(fake_pcsc.readers[i]);
    state->dwEventState = state_of(i);
    if ((fake_pcsc.cards >> i & 1) != 0) {
        state->cbAtr = sizeof(atr);
        memcpy(state->rgbAtr, atr, sizeof(atr));
    }
    if (state->dwEventState == state->dwCurrentState)
        return false;
    state->dwEventState |= SCARD_STATE_CHANGED;
    return true;
}

/* Answers at once, whatever there is to tell. */
LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states,
                          DWORD count)
{
    bool changed = false;

    assert_int_equal(context, SERVICE);
    assert_true(timeout <= 1000);
    if (fake_pcsc.fails[FAKE_STATUS_CHANGE] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_STATUS_CHANGE];
    for (DWORD i = 0; i < count; i++) {
        if (strcmp(states[i].szReader, "\\\\?PnP?\\Notification") != 0)
            changed |= set_state(&states[i]);
    }
    return changed ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}

LONG SCardCancel(SCARDCONTEXT context)
{
    assert_int_equal(context, SERVICE);
    return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE ret_card, LPDWORD ret_protocol)
{
    assert_int_equal(context, SERVICE);
    fake_pcsc.share = mode;
    assert_true((protocols & fake_pcsc.protocol) != 0);
    fake_pcsc.connects++;
    if (fake_pcsc.fails[FAKE_CONNECT] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_CONNECT];
    assert_true(strlen(reader) < sizeof(fake_pcsc.connected_to));
    (void)strcpy(fake_pcsc.connected_to, reader);
    fake_pcsc.connections++;
    *ret_card = CARD;
    *ret_protocol = fake_pcsc.protocol;
    return SCARD_S_SUCCESS;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD how, LPDWORD ret_protocol)
{
    assert_int_equal(card, CARD);
    fake_pcsc.share = mode;
    assert_true((protocols & fake_pcsc.protocol) != 0);
    fake_pcsc.reconnects++;
    fake_pcsc.last_reconnect = how;
    if (fake_pcsc.fails[FAKE_RECONNECT] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_RECONNECT];
    *ret_protocol = fake_pcsc.protocol;
    return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD how)
{
    assert_int_equal(card, CARD);
    assert_true(fake_pcsc.connections > 0);
    fake_pcsc.connections--;
    fake_pcsc.disconnects++;
    fake_pcsc.last_disconnect = how;
    return SCARD_S_SUCCESS;
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
    assert_int_equal(card, CARD);
    if (fake_pcsc.fails[FAKE_BEGIN] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_BEGIN];
    fake_pcsc.transactions++;
    fake_pcsc.begun++;
    return SCARD_S_SUCCESS;
}

LONG SCardEndTransaction(SCARDHANDLE card, DWORD how)
{
    assert_int_equal(card, CARD);
    assert_int_equal(how, SCARD_LEAVE_CARD);
    assert_true(fake_pcsc.transactions > 0);
    fake_pcsc.transactions--;
    return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR name, LPDWORD name_size, LPDWORD state, LPDWORD protocol,
                 LPBYTE ret_atr, LPDWORD atr_size)
{
    assert_int_equal(card, CARD);
    assert_true(*name_size > strlen(fake_pcsc.connected_to) && *atr_size >= sizeof(atr));
    if (fake_pcsc.fails[FAKE_STATUS] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_STATUS];
    (void)strcpy(name, fake_pcsc.connected_to);
    *name_size = (DWORD)strlen(name) + 1;
    *state = SCARD_PRESENT;
    *protocol = fake_pcsc.protocol;
    memcpy(ret_atr, atr, sizeof(atr));
    *atr_size = sizeof(atr);
    return SCARD_S_SUCCESS;
}

/* The least of a UICC: STATUS, SELECT MF, GET RESPONSE. */
static struct dmsc_bytes respond(LPCBYTE capdu)
{
    static const uint8_t fcp[] = {
        0x62, 0x07, 0x82, 0x02, 0x78, 0x21, 0x8A, 0x01, 0x05, 0x90, 0x00
    };

    if (fake_pcsc.rapdu.n > 0)
        return fake_pcsc.rapdu;
    if (capdu[1] == 0xF2)
        return dmsc_bytes("\x90\x00", 2);
    if (capdu[1] == 0xA4 && fake_pcsc.protocol == SCARD_PROTOCOL_T0)
        return dmsc_bytes("\x61\x09", 2);
    if (capdu[1] == 0xA4 || capdu[1] == 0xC0)
        return dmsc_bytes(fcp, sizeof(fcp));
    return dmsc_bytes("\x6D\x00", 2);
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE capdu,
                   DWORD capdu_size, SCARD_IO_REQUEST *receive_pci, LPBYTE rapdu, LPDWORD size)
{
    struct dmsc_bytes answer;

    (void)receive_pci;
    assert_int_equal(card, CARD);
    assert_true(capdu_size <= sizeof(fake_pcsc.last_capdu));
    memcpy(fake_pcsc.last_capdu, capdu, capdu_size);
    fake_pcsc.last_capdu_bytes = capdu_size;
    fake_pcsc.last_pci = send_pci;
    if (fake_pcsc.fails[FAKE_TRANSMIT] != SCARD_S_SUCCESS)
        return fake_pcsc.fails[FAKE_TRANSMIT];
    if (fake_pcsc.busy > 0 && fake_pcsc.transactions == 0) {
        fake_pcsc.busy--;
        return SCARD_E_SHARING_VIOLATION;
    }
    answer = respond(capdu);
    if (answer.n > *size)
        return SCARD_E_INSUFFICIENT_BUFFER;
    memcpy(rapdu, answer.p, answer.n);
    *size = (DWORD)answer.n;
    return SCARD_S_SUCCESS;
}
