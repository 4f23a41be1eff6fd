/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_CAT_PRIVATE_H
#define DMSCI_CAT_PRIVATE_H

#include "host/uicc/cat/cat.h"
#include <dmsc/usat.h>

#define TIMERS      8u
#define COMMAND_MAX 256u
#define EVENT_MAX   220u
#define DNS_MAX     4u

/* Results of TS 102 223 clause 8.12. */
#define RESULT_OK       0x00
#define RESULT_MISSING  0x02
#define RESULT_MODIFIED 0x07
#define RESULT_BUSY     0x20
#define RESULT_TIMER    0x24
#define RESULT_BEYOND   0x30
#define RESULT_NO_SENSE 0x32
#define RESULT_NUMBER   0x33
#define RESULT_BIP      0x3A
#define BUSY_NO_SERVICE 0x04
#define BIP_NO_CAUSE    0x00
#define BIP_NO_CHANNEL  0x01
#define BIP_CLOSED      0x02
#define BIP_CHANNEL     0x03
#define BIP_BUFFER      0x04
#define BIP_TRANSPORT   0x06
#define BIP_UNREACHABLE 0x07
#define BIP_PORT        0x10

/* Types of clause 9.4. */
#define TYPE_REFRESH        0x01
#define TYPE_MORE_TIME      0x02
#define TYPE_POLL_INTERVAL  0x03
#define TYPE_POLLING_OFF    0x04
#define TYPE_EVENT_LIST     0x05
#define TYPE_LOCAL_INFO     0x26
#define TYPE_TIMER          0x27
#define TYPE_OPEN_CHANNEL   0x40
#define TYPE_CLOSE_CHANNEL  0x41
#define TYPE_RECEIVE_DATA   0x42
#define TYPE_SEND_DATA      0x43
#define TYPE_CHANNEL_STATUS 0x44

/* Objects of clause 9.3. */
#define TAG_DETAILS     0x01
#define TAG_DEVICES     0x02
#define TAG_RESULT      0x03
#define TAG_DURATION    0x04
#define TAG_FILE_LIST   0x12
#define TAG_IMEI        0x14
#define TAG_EVENT_LIST  0x19
#define TAG_TIMER_ID    0x24
#define TAG_TIMER_VALUE 0x25
#define TAG_DATE        0x26
#define TAG_LANGUAGE    0x2D
#define TAG_AID         0x2F
#define TAG_BEARER      0x35
#define TAG_DATA        0x36
#define TAG_DATA_LENGTH 0x37
#define TAG_CHANNEL     0x38
#define TAG_BUFFER_SIZE 0x39
#define TAG_TRANSPORT   0x3C
#define TAG_ADDRESS     0x3E
#define TAG_DNS         0x40

#define DEVICE_CHANNEL  0x20
#define DEVICE_UICC     0x81
#define DEVICE_TERMINAL 0x82

#define EVENT_DATA_AVAILABLE 0x09
#define EVENT_CHANNEL_STATUS 0x0A

/* Something the configuration must have allowed. */
enum need {
    ALWAYS,
    NEEDS_IMEI,
    NEEDS_BIP,
    NEEDS_TCP,
    NEEDS_UDP,
    NEEDS_SERVER,
    NEEDS_LOCAL_TCP, /* a service on this device */
    NEEDS_LOCAL_UDP,
    NEEDS_DNS,
    NEEDS_EVENT
};

/* Where a card may go. */
struct rule {
    bool udp;
    struct dmsci_cat_addr addr; /* size 0: any */
    uint8_t prefix;             /* bits */
    uint16_t port;              /* 0: any */
};

enum channel_state {
    NEVER,   /* opened */
    CLOSED,  /* by CLOSE CHANNEL */
    IDLE,    /* the link comes with the first data to send */
    OPENING, /* connecting */
    UP,
    LISTENING,
    DROPPED
};

/* A channel of the Bearer Independent Protocol. */
struct channel {
    enum channel_state state;
    bool udp, server, local, background, reconnect;
    bool open_due, close_due, listen_again; /* wanted of the sockets */
    bool flush, blocked;                    /* tx is to go out; not before it can be written to */
    bool data_due, status_due;              /* events */
    uint8_t drop_info;                      /* second byte of the status */
    struct dmsci_cat_addr addr;
    uint16_t port;
    uint16_t size; /* of each buffer */
    int64_t deadline_ms;
    struct dmsc_buf rx, tx;
};

enum phase {
    RESTING,
    PROFILE, /* to be sent */
    PROFILE_SENT,
    FETCH_SENT,
    SERVING, /* a channel has to do something first */
    RESPONSE,
    RESPONSE_SENT,
    RESETTING,
    REFRESHING,
    TELLING, /* the user */
    ENVELOPE_SENT,
    STATUS_SENT
};

enum envelope { NO_ENVELOPE, OF_TIMER, OF_STATUS, OF_DATA, OF_CALLER };

struct dmsci_cat {
    struct dmsc_ctx *ctx;
    /* Configuration. */
    char language[2];
    uint8_t imei[8];
    bool has_imei;
    struct rule *connect, *listen;
    size_t connect_count, listen_count;
    struct dmsci_cat_addr dns[DNS_MAX];
    size_t dns_count;
    uint32_t caller_events;
    uint8_t profile[35];
    size_t profile_bytes; /* to the last bit that is set */

    bool in_session; /* TERMINAL PROFILE was sent since the last reset */
    enum phase phase;
    uint16_t announced;

    /* The command under way, and its answer. */
    uint8_t command[COMMAND_MAX];
    size_t command_bytes;
    struct dmsc_usat usat;
    struct dmsc_refresh refresh;
    uint8_t result, info;
    bool has_info, is_refresh;
    bool tell_of_reset;   /* after TERMINAL PROFILE was sent again */
    struct dmsc_wr extra; /* objects behind the result, in extra_bytes */
    uint8_t extra_bytes[255];
    uint8_t out[255];
    uint8_t waiting_channel; /* SERVING */

    /* Rate: commands that may be fetched now, in 1/60000. */
    int64_t tokens, refilled_ms;
    bool has_clock;

    int64_t poll_ms, poll_at_ms; /* poll_ms 0: off */
    struct {
        bool running;
        int64_t started_ms, end_ms;
    } timers[TIMERS];
    uint32_t events; /* that the card has listed: bits 1 << event */

    enum envelope envelope;
    uint8_t envelope_of; /* timer or channel */
    unsigned busy;       /* 9300 in a row */
    int64_t retry_ms;
    uint8_t event[EVENT_MAX]; /* of the caller: its code, then its objects */
    size_t event_bytes;

    struct channel channels[DMSCI_CAT_CHANNELS + 1]; /* from 1 */
};

/* config.c */
bool dmsci_cat_has(const struct dmsci_cat *cat, enum need need);
/** Whether the address is listed. */
bool dmsci_cat_may_connect(const struct dmsci_cat *cat, bool udp, const struct dmsci_cat_addr *addr,
                           uint16_t port);
/** Loopback, where services of this device are. */
extern const struct dmsci_cat_addr dmsci_cat_local;
const struct rule *dmsci_cat_may_listen(const struct dmsci_cat *cat, uint16_t port);
/** One line: what, and the place as [usat] would write it. */
void dmsci_cat_log_place(const struct dmsci_cat *cat, enum dmsc_level level, const char *what,
                         const struct channel *c);
/** Type and bytes (8.58); IPv4 in IPv6 becomes IPv4. false: none of the two. */
bool dmsci_cat_addr_decode(struct dmsc_bytes value, struct dmsci_cat_addr *ret_addr);

/* profile.c: one table says what is served and which bit announces it. */
void dmsci_cat_profile_make(struct dmsci_cat *cat);
bool dmsci_cat_serves(const struct dmsci_cat *cat, uint8_t type, uint8_t qualifier);
bool dmsci_cat_serves_event(const struct dmsci_cat *cat, uint8_t event);

/* command.c */
/** Decode cat->command and carry it out: sets result and phase. */
void dmsci_cat_command(struct dmsci_cat *cat, const struct dmsci_cat_now *now);
void dmsci_cat_result(struct dmsci_cat *cat, uint8_t result);
void dmsci_cat_result_info(struct dmsci_cat *cat, uint8_t result, uint8_t info);
void dmsci_cat_put(struct dmsc_wr *w, uint8_t tag, bool required, const void *p, size_t n);
/** hh mm ss in swapped BCD (8.38). */
void dmsci_cat_put_timer_value(struct dmsc_wr *w, int64_t ms);

/* bip.c */
void dmsci_cat_open_channel(struct dmsci_cat *cat, const struct dmsci_cat_now *now);
void dmsci_cat_close_channel(struct dmsci_cat *cat);
void dmsci_cat_receive_data(struct dmsci_cat *cat);
void dmsci_cat_send_data(struct dmsci_cat *cat, const struct dmsci_cat_now *now);
void dmsci_cat_channel_status(struct dmsci_cat *cat);
void dmsci_cat_put_channel_status(struct dmsc_wr *w, bool required, const struct dmsci_cat *cat,
                                  uint8_t channel);
/* bip_link.c: between channels and sockets. */
void dmsci_cat_channel_feed(struct dmsci_cat *cat, const struct dmsci_cat_in *in);
/** A want of a channel's socket, if any. */
bool dmsci_cat_channel_next(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                            struct dmsci_cat_want *want);
/** Say in a WAIT what the sockets may bring. */
void dmsci_cat_channel_wait(const struct dmsci_cat *cat, struct dmsci_cat_want *want);
void dmsci_cat_channels_forget(struct dmsci_cat *cat);
void dmsci_cat_open_outcome(struct dmsci_cat *cat, uint8_t channel);
void dmsci_cat_sent_outcome(struct dmsci_cat *cat, uint8_t channel);

/* envelope.c */
/** Write the data of an ENVELOPE that is due into cat->out; its length, 0: none is. */
size_t dmsci_cat_envelope_make(struct dmsci_cat *cat, const struct dmsci_cat_now *now);
/** The card took it, or will not. */
void dmsci_cat_envelope_done(struct dmsci_cat *cat);
/** When the next one can be due; INT64_MAX: not by time alone. */
int64_t dmsci_cat_envelope_time(const struct dmsci_cat *cat);

#endif
