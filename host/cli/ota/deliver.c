/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc ota deliver: a packet to the card on the link, and its answer. */
#include "host/cli/ota/ota.h"
#include <dmsc/apdu.h>
#include <dmsc/usat.h>
#include <stdio.h>

#define INS_ENVELOPE   0xC2u
#define INS_FETCH      0x12u
#define INS_RESPONSE   0x14u
#define INS_PROFILE    0x10u
#define TYPE_SEND_SMS  0x13u
#define RESULT_DONE    0x00u
#define RESULT_BEYOND  0x30u
#define SPI2_BY_SUBMIT 0x20u

/* One command of the toolkit; what waits afterwards is in @p waiting. */
static enum dmsc_err toolkit(struct cli *cli, uint8_t ins, struct dmsc_bytes data, uint16_t le,
                             struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    struct dmsc_capdu capdu = DMSC_CAPDU_INIT;

    capdu.cla = 0x80;
    capdu.ins = ins;
    capdu.data = data;
    capdu.le = le;
    dmsc_buf_reset(ret_data);
    return dmsc_uicc_exchange(cli->uicc, &capdu, ret_data, ret_sw);
}

/* The answer comes in a message that the card sends: then this terminal sends short messages and
 * does nothing else (TS 102 223 5.2: bytes 1 and 4). */
static enum dmsc_err begin_toolkit(struct cli *cli, const struct cli_ota_parcel *p,
                                   struct dmsc_buf *data)
{
    static const uint8_t profile[] = { 0x13, 0x00, 0x00, 0x02 };
    uint16_t sw = 0;

    if ((p->keys.spi[1] & SPI2_BY_SUBMIT) == 0)
        return dmsc_uicc_terminal_profile(cli->uicc);
    return toolkit(cli, INS_PROFILE, dmsc_bytes(profile, sizeof(profile)), 0, data, &sw);
}

static enum dmsc_err refused(struct cli *cli, uint16_t sw)
{
    enum dmsc_err err = dmsc_sw_class(sw) == DMSC_SW_BUSY ? DMSC_E_AGAIN : DMSC_E_SW;
    char why[120];

    (void)snprintf(why, sizeof(why), "SW %04X: %s", sw, dmsc_sw_text(sw));
    (void)cli_fail(cli, err, "deliver the packet", why,
                   err == DMSC_E_AGAIN ? "the toolkit is busy: try again"
                                       : "does this card take SMS-PP data download?");
    cli->story.sw = sw;
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "ENVELOPE (SMS-PP DOWNLOAD)");
    return err;
}

/* TS 31.111 7.1.1.1: 62xx and 63xx with data tell the network that it failed; the data count. */
static bool is_answer(uint16_t sw, struct dmsc_bytes data)
{
    return dmsc_sw_done(sw) || (dmsc_sw_class(sw) == DMSC_SW_WARNING && data.n > 0);
}

static enum dmsc_err send_parts(struct cli *cli, const struct cli_ota_parcel *p,
                                struct dmsc_buf *answer, uint16_t *ret_sw)
{
    struct dmsc_buf tpdu, envelope;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&tpdu, cli->ctx, DMSC_CAPDU_MAX);
    dmsc_buf_init(&envelope, cli->ctx, DMSC_CAPDU_MAX);
    for (unsigned part = 1; err == DMSC_OK && part <= p->parts; part++) {
        err = cli_ota_part(cli, p, part, &tpdu, &envelope);
        if (err == DMSC_OK)
            err = toolkit(cli, INS_ENVELOPE, dmsc_buf_bytes(&envelope), 256, answer, ret_sw);
        if (err == DMSC_OK && !is_answer(*ret_sw, dmsc_buf_bytes(answer)))
            err = refused(cli, *ret_sw);
    }
    dmsc_buf_clear(&tpdu);
    dmsc_buf_clear(&envelope);
    return err;
}

/* Command details echoed; SEND SHORT MESSAGE "done", all else beyond this terminal (8.12). */
static enum dmsc_err respond(struct cli *cli, const struct dmsc_usat *command,
                             struct dmsc_buf *data, uint16_t *ret_sw)
{
    uint8_t result = command->type == TYPE_SEND_SMS ? RESULT_DONE : RESULT_BEYOND;
    uint8_t response[] = {
        0x81, 3, command->number, command->type, command->qualifier, 0x82, 2, 0x82, 0x81,
        0x83, 1, result
    };

    return toolkit(cli, INS_RESPONSE, dmsc_bytes(response, sizeof(response)), 0, data, ret_sw);
}

static enum dmsc_err take_command(struct cli *cli, struct dmsc_ota_receiver *receiver,
                                  struct dmsc_buf *data, struct dmsc_ota_received *received,
                                  uint16_t *ret_sw)
{
    struct dmsc_usat command = DMSC_USAT_INIT;
    enum dmsc_err err = dmsc_usat_decode(DMSC_USAT_COMMAND, dmsc_buf_bytes(data), &command);

    if (err != DMSC_OK || !command.has_details)
        return cli_fail(cli, DMSC_E_MALFORMED, "fetch the answer",
                        "the card's command cannot be read", "look at it: --trace -");
    if (command.type == TYPE_SEND_SMS)
        err = dmsc_ota_receive(receiver, dmsc_buf_bytes(data), received);
    return err == DMSC_OK ? respond(cli, &command, data, ret_sw) : err;
}

/* The card's commands until none waits; short messages go to the receiver. */
static enum dmsc_err collect(struct cli *cli, struct dmsc_ota_receiver *receiver, uint16_t sw,
                             struct dmsc_buf *data, struct dmsc_ota_received *received)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned n = 0; err == DMSC_OK && dmsc_sw_class(sw) == DMSC_SW_PROACTIVE; n++) {
        uint16_t le = (sw & 0xFF) != 0 ? sw & 0xFF : 256;

        if (n == dmsc_ctx_limits(cli->ctx)->proactive)
            return cli_fail(cli, DMSC_E_LIMIT, "fetch the answer",
                            "the card sends command after command", "look at it: --trace -");
        err = toolkit(cli, INS_FETCH, dmsc_bytes(NULL, 0), le, data, &sw);
        if (err == DMSC_OK)
            err = take_command(cli, receiver, data, received, &sw);
    }
    return err;
}

static enum dmsc_err no_answer(struct cli *cli, const struct cli_ota_parcel *p)
{
    if ((p->keys.spi[1] & 3) == 1) {
        (void)cli_fail(cli, DMSC_E_NOTFOUND, "read the answer",
                       "the card took the packet and sent none, though SPI asks for one",
                       "many cards are silent when TAR, key set or security level are wrong");
        (void)snprintf(cli->story.reason, sizeof(cli->story.reason), "card:no-answer");
        return DMSC_E_NOTFOUND;
    }
    cli_say(cli, "the card took the packet (counter %llu); SPI asks for no answer to a success",
            (unsigned long long)p->keys.counter);
    return cli_json(cli,
                    json_pack("{s:I,s:n}", "sent_counter", (json_int_t)p->keys.counter, "status"));
}

static enum dmsc_err foreign_answer(struct cli *cli)
{
    return cli_fail(cli, DMSC_E_REPLAY, "read the answer",
                    "it is the answer to another packet: its TAR or counter differ",
                    "send it again; somebody may be replaying answers");
}

static enum dmsc_err show_answer(struct cli *cli, const struct cli_ota_parcel *p,
                                 struct dmsc_bytes bytes)
{
    struct dmsc_ota_packet packet;
    struct dmsc_buf data;
    enum dmsc_err err;

    dmsc_buf_init(&data, cli->ctx, dmsc_ctx_limits(cli->ctx)->ota_packet_size);
    err = dmsc_ota_read(cli->ctx, DMSC_OTA_RESPONSE, bytes, &p->keys, &packet, &data);
    if (err == DMSC_OK && packet.authenticated &&
        (packet.counter != p->keys.counter ||
         !dmsc_bytes_equal(dmsc_bytes(packet.tar, 3), dmsc_bytes(p->keys.tar, 3))))
        err = foreign_answer(cli);
    if (err == DMSC_OK) {
        if (!cli_ota_succeeded(cli, &packet, dmsc_buf_bytes(&data)))
            cli->exit = CLI_CARD;
        err = cli_ota_show(cli, json_pack("{s:I}", "sent_counter", (json_int_t)p->keys.counter),
                           &packet, dmsc_buf_bytes(&data), true);
    }
    dmsc_buf_clear(&data);
    return err;
}

/* By SMS-DELIVER-REPORT: the data of the last ENVELOPE. By SMS-SUBMIT: what the card sends then;
 * the ENVELOPE may be answered with a status of its own (0B). */
static enum dmsc_err deliver(struct cli *cli, const struct cli_ota_parcel *p,
                             struct dmsc_buf *answer, struct dmsc_ota_receiver *receiver)
{
    bool by_submit = (p->keys.spi[1] & SPI2_BY_SUBMIT) != 0;
    struct dmsc_ota_received received = { .whole = false };
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err = send_parts(cli, p, answer, &sw);

    dmsc_buf_init(&data, cli->ctx, DMSC_RAPDU_MAX);
    if (err == DMSC_OK && by_submit)
        err = collect(cli, receiver, sw, &data, &received);
    dmsc_buf_clear(&data);
    if (err != DMSC_OK)
        return err;
    if (received.whole && received.kind == DMSC_OTA_RESPONSE)
        return show_answer(cli, p, received.packet);
    err = answer->n > 0 ? show_answer(cli, p, dmsc_buf_bytes(answer)) : no_answer(cli, p);
    if (err == DMSC_OK && !by_submit)
        err = dmsc_uicc_serve(cli->uicc, NULL, NULL);
    return err;
}

enum dmsc_err cli_ota_deliver(struct cli *cli)
{
    struct dmsc_ota_receiver *receiver = NULL;
    struct dmsc_buf answer;
    struct cli_ota_parcel p;
    enum dmsc_err err;

    cli_ota_parcel_init(cli, &p);
    dmsc_buf_init(&answer, cli->ctx, DMSC_RAPDU_MAX);
    err = dmsc_ota_receiver_new(cli->ctx, &receiver);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc); /* before a counter is spent */
    if (err == DMSC_OK)
        err = cli_ota_parcel_make(cli, &p);
    if (err == DMSC_OK)
        err = begin_toolkit(cli, &p, &answer);
    if (err == DMSC_OK)
        err = deliver(cli, &p, &answer, receiver);
    dmsc_ota_receiver_free(receiver);
    dmsc_buf_clear(&answer);
    cli_ota_parcel_clear(&p);
    return err;
}
