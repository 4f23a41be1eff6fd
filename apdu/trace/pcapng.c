/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets for Wireshark: pcapng (draft-ietf-opsawg-pcapng, little-endian), IPv4, UDP to port 4729,
 * GSMTAP version 2 with its SIM payload: the TPDU of T=0, header, data of one direction, SW.
 */
#include "apdu/base/ctx.h"
#include <dmsc/trace.h>
#include <stdio.h>

#define BLOCK_SECTION   0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET    6u
#define LINKTYPE_IPV4   228u
#define GSMTAP_PORT     4729u
#define GSMTAP_SIM      4u /* type */
#define SIM_APDU        0u /* sub-type */
#define IP_HEADER       20u
#define UDP_HEADER      8u
#define GSMTAP_HEADER   16u
#define PAYLOAD_MAX     (DMSC_CAPDU_MAX + DMSC_RAPDU_MAX + 2)
#define MASKED          0x2Au /* "*" */

static void le16(struct dmsc_wr *w, unsigned v)
{
    dmsc_wr_u8(w, (uint8_t)v);
    dmsc_wr_u8(w, (uint8_t)(v >> 8));
}

static void le32(struct dmsc_wr *w, uint32_t v)
{
    le16(w, v & 0xFFFF);
    le16(w, v >> 16);
}

static void pad(struct dmsc_wr *w)
{
    while (w->n % 4 != 0)
        dmsc_wr_u8(w, 0);
}

static void option(struct dmsc_wr *w, unsigned code, struct dmsc_bytes value)
{
    le16(w, code);
    le16(w, (unsigned)value.n);
    dmsc_wr_bytes(w, value);
    pad(w);
}

/* A block is its type, its length, a body, and its length again. */
static enum dmsc_err append_block(struct dmsc_buf *file, uint32_t type, struct dmsc_bytes body)
{
    uint8_t frame[8];
    struct dmsc_wr w = dmsc_wr(frame, sizeof(frame));
    size_t before = file->n;
    enum dmsc_err err;

    le32(&w, type);
    le32(&w, (uint32_t)body.n + 12);
    err = dmsc_buf_append(file, dmsc_bytes(frame, 8));
    if (err == DMSC_OK)
        err = dmsc_buf_append(file, body);
    if (err == DMSC_OK)
        err = dmsc_buf_append(file, dmsc_bytes(frame + 4, 4));
    if (err != DMSC_OK)
        dmsc_buf_truncate(file, before);
    return err;
}

enum dmsc_err dmsc_trace_pcapng_begin(struct dmsc_buf *file, const char *application)
{
    static const uint8_t milliseconds[] = { 3 };
    struct dmsc_bytes name = dmsc_bytes_str(application);
    uint8_t body[256];
    struct dmsc_wr w = dmsc_wr(body, sizeof(body));
    enum dmsc_err err;

    if (name.n > 128)
        name.n = 128;
    le32(&w, 0x1A2B3C4D); /* byte order */
    le16(&w, 1);
    le16(&w, 0);
    le32(&w, 0xFFFFFFFF); /* length of the section: not said */
    le32(&w, 0xFFFFFFFF);
    option(&w, 4, name); /* shb_userappl */
    le32(&w, 0);
    err = append_block(file, BLOCK_SECTION, dmsc_bytes(body, w.n));
    if (err != DMSC_OK)
        return err;
    w = dmsc_wr(body, sizeof(body));
    le16(&w, LINKTYPE_IPV4);
    le16(&w, 0);
    le32(&w, 0);                                /* no limit to a packet */
    option(&w, 2, dmsc_bytes_str("uicc"));      /* if_name */
    option(&w, 9, dmsc_bytes(milliseconds, 1)); /* if_tsresol: 10^-3 s */
    le32(&w, 0);
    return append_block(file, BLOCK_INTERFACE, dmsc_bytes(body, w.n));
}

/* RFC 791 section 3.1. */
static uint16_t ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < IP_HEADER; i += 2)
        sum += (uint32_t)(header[i] << 8 | header[i + 1]);
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_ip(struct dmsc_wr *w, size_t payload)
{
    uint8_t header[IP_HEADER];
    struct dmsc_wr ip = dmsc_wr(header, sizeof(header));
    uint16_t sum;

    dmsc_wr_u16(&ip, 0x4500); /* version 4, five words */
    dmsc_wr_u16(&ip, (uint16_t)(IP_HEADER + UDP_HEADER + payload));
    dmsc_wr_u32(&ip, 0x00004000); /* not to be divided */
    dmsc_wr_u16(&ip, 0x4011);     /* 64 hops, UDP */
    dmsc_wr_u16(&ip, 0);
    dmsc_wr_u32(&ip, 0x7F000001);
    dmsc_wr_u32(&ip, 0x7F000001);
    sum = ip_checksum(header);
    header[10] = (uint8_t)(sum >> 8);
    header[11] = (uint8_t)sum;
    dmsc_wr_bytes(w, dmsc_bytes(header, sizeof(header)));
    dmsc_wr_u16(w, GSMTAP_PORT); /* UDP, no check sum (RFC 768) */
    dmsc_wr_u16(w, GSMTAP_PORT);
    dmsc_wr_u16(w, (uint16_t)(UDP_HEADER + payload));
    dmsc_wr_u16(w, 0);
}

static void put_gsmtap(struct dmsc_wr *w)
{
    dmsc_wr_u8(w, 2); /* version */
    dmsc_wr_u8(w, GSMTAP_HEADER / 4);
    dmsc_wr_u8(w, GSMTAP_SIM);
    dmsc_wr_fill(w, 0, 9); /* timeslot, ARFCN, levels, frame number: of the radio */
    dmsc_wr_u8(w, SIM_APDU);
    dmsc_wr_fill(w, 0, 3);
}

static unsigned put_masked(struct dmsc_wr *w, const uint8_t *p, const uint8_t *known, size_t n)
{
    unsigned masked = 0;

    for (size_t i = 0; i < n; i++) {
        masked += known[i] == 0;
        dmsc_wr_u8(w, known[i] != 0 ? p[i] : MASKED);
    }
    return masked;
}

/* Readers of GSMTAP look for as many bytes as P3 asks for, and lose the status word of an answer
 * that has none. */
static bool asked_in_vain(const struct dmsc_trace_step *step)
{
    return step->command.n == 5 && step->command.p[4] != 0 && step->answer.n == 2;
}

/* In the form of T=0 (ISO 7816-3 10.3): case 1 gets a P3, the Le of case 4 goes. */
static unsigned put_exchange(struct dmsc_wr *w, const struct dmsc_trace_step *step)
{
    size_t n = step->command.n;
    unsigned masked;

    if (n > 5 && n == (size_t)6 + step->command.p[4])
        n--;
    if (asked_in_vain(step))
        n = 4;
    masked = put_masked(w, step->command.p, step->command_known, n);
    if (n == 4)
        dmsc_wr_u8(w, 0);
    return masked + put_masked(w, step->answer.p, step->answer_known, step->answer.n);
}

/* Readers of GSMTAP take an ATR for a command, so it is told in words. */
static void keep_reset(struct dmsc_trace_pcapng *pcapng, const struct dmsc_trace_step *step)
{
    char hex[2 * 33 + 1] = "unknown";

    if (step->answer.n > 0 && step->answer.n <= 33)
        dmsc_hex_encode(step->answer, hex);
    (void)snprintf(pcapng->comment, sizeof(pcapng->comment), "%.20s %.20s%s%s", step->title,
                   step->result, step->answer.n > 0 ? ", ATR " : "", step->answer.n > 0 ? hex : "");
}

static void put_comments(struct dmsc_wr *w, struct dmsc_trace_pcapng *pcapng,
                         const struct dmsc_trace_step *step, unsigned masked)
{
    size_t before = w->n;
    char text[64];

    if (pcapng->comment[0] != '\0')
        option(w, 1, dmsc_bytes_str(pcapng->comment)); /* opt_comment */
    pcapng->comment[0] = '\0';
    if (asked_in_vain(step)) {
        (void)snprintf(text, sizeof(text), "P3 is %02X; no data came", step->command.p[4]);
        option(w, 1, dmsc_bytes_str(text));
    }
    if (masked > 0) {
        (void)snprintf(text, sizeof(text), "%u bytes are masked and stand as 2A", masked);
        option(w, 1, dmsc_bytes_str(text));
    }
    if (w->n > before)
        le32(w, 0);
}

enum dmsc_err dmsc_trace_pcapng_step(struct dmsc_trace_pcapng *pcapng,
                                     const struct dmsc_trace_step *step, struct dmsc_buf *file)
{
    uint8_t payload[PAYLOAD_MAX], body[PAYLOAD_MAX + 320];
    struct dmsc_wr p = dmsc_wr(payload, sizeof(payload)), w = dmsc_wr(body, sizeof(body));
    int64_t at = step->at_ms >= 0 ? step->at_ms : pcapng->last_ms + 1;
    uint32_t size;
    unsigned masked;
    enum dmsc_err err;

    if (step->kind == DMSC_TRACE_POWER) {
        keep_reset(pcapng, step);
        if (step->at_ms >= 0)
            pcapng->last_ms = step->at_ms;
    }
    if (step->kind != DMSC_TRACE_EXCHANGE || step->answer.n < 2)
        return DMSC_OK;
    masked = put_exchange(&p, step);
    size = (uint32_t)(IP_HEADER + UDP_HEADER + GSMTAP_HEADER + p.n);
    le32(&w, 0); /* the one interface */
    le32(&w, (uint32_t)((uint64_t)at >> 32));
    le32(&w, (uint32_t)at);
    le32(&w, size);
    le32(&w, size);
    put_ip(&w, GSMTAP_HEADER + p.n);
    put_gsmtap(&w);
    dmsc_wr_bytes(&w, dmsc_bytes(payload, p.n));
    pad(&w);
    put_comments(&w, pcapng, step, masked);
    err = append_block(file, BLOCK_PACKET, dmsc_bytes(body, w.n));
    if (err == DMSC_OK)
        pcapng->last_ms = at;
    return err;
}
