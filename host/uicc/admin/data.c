/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of BER-TLV structured EFs, in blocks (TS 102 221 clause 11.3). */
#include "apdu/codec/ber.h"
#include "host/uicc/admin/private.h"
#include <dmsc/secret.h>
#include <stdio.h>

#define FIRST_BLOCK     0x80
#define BLOCK_MAX       255u
#define SFI_MAX         30u
#define SW_MORE         0x62F1
#define SW_MORE_AND_PC  0x62F2 /* and a proactive command waits: the next 91xx tells its length */
#define SW_RESPONSE     0x62F3
#define SW_GO_ON        0x63F1
#define SW_GO_ON_AND_PC 0x63F2

/* 11.3.0, table 11.23: context class, and 5C for the list of tags. */
static bool tag_fits(uint32_t tag)
{
    uint32_t first = tag > 0xFFFF ? tag >> 16 : tag > 0xFF ? tag >> 8 : tag;

    if (tag == DMSC_TAG_LIST)
        return true;
    if (tag > 0xFFFFFF || (first & 0xC0) != 0x80)
        return false;
    return (tag > 0xFF) == ((first & 0x1F) == 0x1F);
}

static enum dmsc_err check(struct dmsc_uicc *uicc, uint8_t sfi, uint32_t tag, const char *what)
{
    if (sfi > SFI_MAX || !tag_fits(tag))
        return dmsci_admin_bad(uicc, what, "an SFI is 1 to 30, a tag of the context class");
    return DMSC_OK;
}

static size_t put_tag(uint8_t bytes[3], uint32_t tag)
{
    struct dmsc_wr w = dmsc_wr(bytes, 3);

    if (tag > 0xFFFF)
        dmsc_wr_u8(&w, (uint8_t)(tag >> 16));
    if (tag > 0xFF)
        dmsc_wr_u8(&w, (uint8_t)(tag >> 8));
    dmsc_wr_u8(&w, (uint8_t)tag);
    return w.n;
}

/* One object and nothing else, with the tag that was asked for. */
static enum dmsc_err check_object(struct dmsc_uicc *uicc, uint32_t tag, struct dmsc_bytes object,
                                  const char *what)
{
    struct dmsc_rd r = dmsc_rd(object);
    struct dmsci_tlv tlv;
    enum dmsc_err err;

    if (dmsci_ber_next(&r, &tlv) && tlv.tag == tag && r.n == 0)
        return DMSC_OK;
    err = dmsci_fail(uicc->ctx, DMSC_E_MALFORMED, "%s", what);
    dmsci_why(uicc->ctx, "card:object", "the %zu bytes that came are not this object", object.n);
    return err;
}

/* Every block must bring something: the buffer's ceiling then bounds their number. */
static enum dmsc_err retrieve(struct dmsc_uicc *uicc, struct dmsc_capdu capdu, const char *what,
                              struct dmsc_buf *object)
{
    struct dmsc_buf block;
    uint16_t sw = SW_MORE;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&block, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->rapdu_size);
    while (err == DMSC_OK && (sw == SW_MORE || sw == SW_MORE_AND_PC)) {
        err = dmsc_uicc_exchange(uicc, &capdu, &block, &sw);
        if (err != DMSC_OK)
            break;
        if (!dmsc_sw_done(sw) && sw != SW_MORE && sw != SW_MORE_AND_PC && sw != SW_RESPONSE)
            err = dmsci_admin_refused(uicc, &capdu, sw, what);
        else if (block.n == 0) {
            err = dmsci_fail(uicc->ctx, DMSC_E_MALFORMED, "%s", what);
            dmsci_why(uicc->ctx, "card:empty-block", "a block without data came (SW %04X)", sw);
        } else
            err = dmsc_buf_append(object, dmsc_buf_bytes(&block));
        capdu = (struct dmsc_capdu){ .cla = 0x80, .ins = 0xCB, .le = 256 }; /* the next block */
    }
    dmsc_buf_clear(&block);
    return err;
}

enum dmsc_err dmsc_uicc_retrieve_data(struct dmsc_uicc *uicc, uint8_t sfi, uint32_t tag,
                                      struct dmsc_buf *ret_object)
{
    uint8_t bytes[3];
    struct dmsc_capdu capdu = { .cla = 0x80,
                                .ins = 0xCB,
                                .p2 = (uint8_t)(FIRST_BLOCK | sfi),
                                .data = { bytes, put_tag(bytes, tag) },
                                .le = 256 };
    char what[32];
    struct dmsc_buf object;
    enum dmsc_err err;

    (void)snprintf(what, sizeof(what), "RETRIEVE DATA %lX", (unsigned long)tag);
    dmsc_buf_init(&object, uicc->ctx, dmsc_ctx_limits(uicc->ctx)->ef_size);
    err = check(uicc, sfi, tag, what);
    if (err == DMSC_OK)
        err = retrieve(uicc, capdu, what, &object);
    if (err == DMSC_OK)
        err = check_object(uicc, tag, dmsc_buf_bytes(&object), what);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_object, dmsc_buf_bytes(&object));
    dmsc_buf_clear(&object);
    return err;
}

/* 11.3.2: the card says after each block whether more is expected; it must agree with what is left.
 */
static enum dmsc_err set_block(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu, bool last,
                               const char *what)
{
    uint16_t sw = 0;
    enum dmsc_err err = dmsc_uicc_exchange(uicc, capdu, NULL, &sw);
    bool go_on = sw == SW_GO_ON || sw == SW_GO_ON_AND_PC;

    if (err != DMSC_OK)
        return err;
    if (!dmsc_sw_done(sw) && !go_on)
        return dmsci_admin_refused(uicc, capdu, sw, what);
    if (go_on == !last)
        return DMSC_OK;
    err = dmsci_fail(uicc->ctx, DMSC_E_SW, "%s", what);
    dmsci_fail_sw(uicc->ctx, sw);
    dmsci_why(uicc->ctx, "card:chaining",
              last ? "the card expects more than the object (SW %04X)"
                   : "the card was content before the object's end (SW %04X)",
              sw);
    return err;
}

enum dmsc_err dmsc_uicc_set_data(struct dmsc_uicc *uicc, uint8_t sfi, uint32_t tag,
                                 struct dmsc_bytes value)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xDB, .p2 = (uint8_t)(FIRST_BLOCK | sfi) };
    size_t most = uicc->update_block > 0 ? uicc->update_block : BLOCK_MAX;
    size_t done = 0, first;
    uint8_t block[BLOCK_MAX];
    struct dmsc_wr w = dmsc_wr(block, most);
    char what[32];
    enum dmsc_err err;

    (void)snprintf(what, sizeof(what), "SET DATA %lX", (unsigned long)tag);
    err = check(uicc, sfi, tag, what);
    if (err == DMSC_OK && (tag == DMSC_TAG_LIST || value.n > 0xFFFFFF))
        err = dmsci_admin_bad(uicc, what, "this cannot be stored");
    if (err != DMSC_OK)
        return err;
    dmsci_ber_put_header(&w, tag, value.n);
    do {
        first = most - w.n < value.n - done ? most - w.n : value.n - done;
        dmsc_wr_bytes(&w, dmsc_bytes(value.n > 0 ? value.p + done : NULL, first));
        done += first;
        capdu.data = dmsc_bytes(block, w.n);
        err = set_block(uicc, &capdu, done == value.n, what);
        capdu.p2 = 0x00;
        w = dmsc_wr(block, most);
    } while (err == DMSC_OK && done < value.n);
    dmsc_wipe(block, sizeof(block)); /* may be a secret's object */
    return err;
}

enum dmsc_err dmsc_uicc_delete_data(struct dmsc_uicc *uicc, uint8_t sfi, uint32_t tag)
{
    uint8_t bytes[3];
    struct dmsc_capdu capdu = { .cla = 0x80,
                                .ins = 0xDB,
                                .p2 = (uint8_t)(FIRST_BLOCK | sfi),
                                .data = { bytes, put_tag(bytes, tag) } };
    char what[32];
    enum dmsc_err err;

    (void)snprintf(what, sizeof(what), "delete object %lX", (unsigned long)tag);
    err = check(uicc, sfi, tag, what);
    return err == DMSC_OK ? dmsci_admin_command(uicc, &capdu, NULL, what) : err;
}
