/* SPDX-License-Identifier: Apache-2.0 */
/* RETRIEVE DATA and SET DATA on BER-TLV structured EFs: TS 102 221 clause 11.3. */
#include "apdu/codec/ber.h"
#include "simulator/uicc/card.h"

/* P2, table 11.35: b8 and b7 say which block, b5 to b1 are the SFI of the first. */
#define P2_BLOCK 0xC0u
#define P2_FIRST 0x80u
#define P2_NEXT  0x00u
#define P2_AGAIN 0x40u
#define TAG_LIST 0x5Cu

/* The file, and that the command may be done with it. */
static uint16_t begin(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                      enum dmsci_arr_access access, unsigned *ret_file)
{
    unsigned block = c->p2 & P2_BLOCK;
    uint8_t sfi = c->p2 & 0x1F;
    uint16_t sw;

    if (c->p1 != 0 || (c->p2 & 0x20) != 0 || block == P2_BLOCK || (block != P2_FIRST && sfi != 0))
        return SW_P1P2;
    sw = dmsci_sim_find_ef(sim, c, sfi != 0, sfi, ret_file);
    if (sw != SW_OK)
        return sw;
    if (sim->fs.files[*ret_file].kind != DMSCI_SIM_BER_TLV)
        return SW_STRUCTURE;
    return dmsci_sim_may(sim, *ret_file, access, c);
}

/* 62F1 and 63F1 become 62F2 and 63F2 when a proactive command waits. */
static uint16_t with_proactive(struct dmsc_sim *sim, uint16_t sw)
{
    return sw != SW_OK && dmsci_sim_cat_announce(sim) > 0 ? (uint16_t)(sw + 1) : sw;
}

/* A change by one channel ends what others are doing with the file. */
static void abort_others(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file)
{
    for (unsigned i = 0; i < sim->n_channels; i++) {
        if (i != c->channel_no && sim->channels[i].ef == file)
            sim->channels[i].transfer.how = DMSCI_SIM_NO_TRANSFER;
    }
}

/* Bytes @p from on of "5C L tags" into scratch. @return the length of the whole */
static size_t tag_list(struct dmsc_sim *sim, const struct dmsci_sim_file *file, size_t from,
                       size_t n)
{
    struct dmsc_rd r =
        dmsc_rd(dmsc_bytes(sim->fs.content + file->content, dmsci_sim_tlv_used(&sim->fs, file)));
    size_t tags = 0, at;
    uint32_t tag, length;
    uint8_t header[8];
    struct dmsc_wr w = dmsc_wr(header, sizeof(header));

    for (struct dmsc_rd first = r;
         first.n > 0 && dmsci_sim_tlv_tag(&first, &tag) && dmsci_sim_tlv_length(&first, &length);) {
        dmsc_rd_skip(&first, length);
        tags += tag > 0xFFFF ? 3u : tag > 0xFF ? 2u : 1u;
    }
    dmsci_ber_put_header(&w, TAG_LIST, tags);
    for (at = 0; at < w.n; at++) {
        if (at >= from && at < from + n)
            sim->scratch[at - from] = header[at];
    }
    while (r.n > 0 && dmsci_sim_tlv_tag(&r, &tag) && dmsci_sim_tlv_length(&r, &length)) {
        for (unsigned shift = tag > 0xFFFF ? 24 : tag > 0xFF ? 16 : 8; shift > 0; at++) {
            shift -= 8;
            if (at >= from && at < from + n)
                sim->scratch[at - from] = (uint8_t)(tag >> shift);
        }
        dmsc_rd_skip(&r, length);
    }
    return w.n + tags;
}

/* The tag of the object, alone in the data. */
static uint16_t wanted(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                       const struct dmsci_sim_file *file, struct dmsci_sim_transfer *ret)
{
    struct dmsc_rd r = dmsc_rd(c->data);
    struct dmsc_bytes object;
    size_t at;

    if (c->data.n == 0)
        return SW_LENGTH;
    *ret = (struct dmsci_sim_transfer){ .how = DMSCI_SIM_RETRIEVE, .tag = TAG_LIST };
    if (c->data.n == 1 && c->data.p[0] == TAG_LIST) {
        ret->total = (uint32_t)tag_list(sim, file, 0, 0);
        return SW_OK;
    }
    if (!dmsci_sim_tlv_tag(&r, &ret->tag) || r.n > 0)
        return SW_BAD_DATA;
    if (!dmsci_sim_tlv_find(&sim->fs, file, ret->tag, &at, &object))
        return SW_REFERENCE;
    ret->total = (uint32_t)object.n;
    return SW_OK;
}

/* The next bytes of the object, as many as Le and the answer take. */
static uint16_t send(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                     struct dmsci_sim_transfer *t)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    size_t le = c->le == 0 || (!sim->t1 && c->data.n > 0) ? 256 : c->le;
    size_t n = t->total - t->done < le ? t->total - t->done : le;
    struct dmsc_bytes object;
    size_t at;

    if (!sim->t1 && c->data.n == 0 && n != c->le)
        return dmsci_sim_wrong_le(n);
    if (t->tag == TAG_LIST) {
        if (tag_list(sim, f, t->done, n) != t->total)
            return SW_CONDITIONS;
        sim->reply = dmsc_bytes(sim->scratch, n);
    } else {
        if (!dmsci_sim_tlv_find(&sim->fs, f, t->tag, &at, &object) || object.n != t->total)
            return SW_CONDITIONS;
        sim->reply = dmsc_bytes(object.p + t->done, n);
    }
    t->last = (uint32_t)n;
    t->done += (uint32_t)n;
    return with_proactive(sim, t->done < t->total ? SW_MORE_DATA : SW_OK);
}

uint16_t dmsci_sim_retrieve_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_transfer t = c->channel->transfer;
    unsigned block = c->p2 & P2_BLOCK, file = 0;
    uint16_t sw = begin(sim, c, DMSCI_ARR_READ, &file);

    if (sw != SW_OK)
        return sw;
    if (block == P2_FIRST) {
        sw = wanted(sim, c, &sim->fs.files[file], &t);
        if (sw != SW_OK)
            return sw;
    } else if (c->data.n > 0) {
        return SW_LENGTH;
    } else if (t.how != DMSCI_SIM_RETRIEVE || (block == P2_NEXT && t.done == t.total)) {
        return SW_CONDITIONS;
    } else if (block == P2_AGAIN) {
        t.done -= t.last;
    }
    sw = send(sim, c, file, &t);
    if (sw == SW_OK || (sw & 0xFF00) == 0x6200)
        c->channel->transfer = t;
    else if ((sw & 0xFF00) != SW_LE)
        c->channel->transfer.how = DMSCI_SIM_NO_TRANSFER;
    return sw;
}

/* Take an object out: those behind it move up, and FF follows the last. */
static bool take_out(struct dmsc_sim *sim, unsigned file, size_t at, size_t n)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    uint8_t *content = sim->fs.content + f->content;
    size_t used = dmsci_sim_tlv_used(&sim->fs, f);

    if (!dmsci_sim_nvm_allows(sim, used - at))
        return false;
    dmsci_copy(content + at, content + at + n, used - at - n);
    for (size_t i = used - n; i < used; i++)
        content[i] = 0xFF;
    return !sim->silent;
}

/* 11.3.2: a tag alone deletes the object. */
static uint16_t delete_object(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                              uint32_t tag)
{
    struct dmsc_bytes object;
    size_t at;

    if (!dmsci_sim_tlv_find(&sim->fs, &sim->fs.files[file], tag, &at, &object))
        return SW_REFERENCE;
    abort_others(sim, c, file);
    c->channel->transfer.how = DMSCI_SIM_NO_TRANSFER;
    (void)take_out(sim, file, at, object.n);
    return SW_OK;
}

/* Write a block of the object. Its first byte comes last: until then the object is not there. */
static uint16_t receive(struct dmsc_sim *sim, unsigned file, struct dmsci_sim_transfer *t,
                        struct dmsc_bytes block)
{
    size_t held = t->done == 0 && block.n < t->total ? 1 : 0;
    struct dmsc_bytes rest = dmsc_bytes(block.p + held, block.n - held);

    if (block.n > t->total - t->done)
        return SW_BAD_DATA;
    if (t->done == 0)
        t->first = block.p[0];
    if (!dmsci_sim_nvm_write(sim, file, t->at + t->done + held, rest))
        return SW_OK; /* nobody hears it */
    t->last = (uint32_t)block.n;
    t->done += (uint32_t)block.n;
    if (t->done < t->total)
        return SW_MORE_EXPECTED;
    if (t->last < t->total)
        (void)dmsci_sim_nvm_write(sim, file, t->at, dmsc_bytes(&t->first, 1));
    return SW_OK;
}

/* Behind the last object stands FF, whatever a transfer that was broken off left there. */
static bool close_end(struct dmsc_sim *sim, unsigned file, size_t end)
{
    static const uint8_t mark = 0xFF;
    const struct dmsci_sim_file *f = &sim->fs.files[file];

    if (end >= f->size || sim->fs.content[f->content + end] == mark)
        return true;
    return dmsci_sim_nvm_write(sim, file, end, dmsc_bytes(&mark, 1));
}

/* The first block has tag and length; what was there under the tag is gone from now on. */
static uint16_t begin_object(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                             struct dmsci_sim_transfer *t)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    struct dmsc_rd r = dmsc_rd(c->data);
    struct dmsc_bytes old = { NULL, 0 };
    uint32_t length;
    size_t at = 0, used;

    if (c->data.n == 0)
        return SW_LENGTH;
    if (!dmsci_sim_tlv_tag(&r, &t->tag))
        return SW_BAD_DATA;
    if (r.n == 0)
        return delete_object(sim, c, file, t->tag);
    if (!dmsci_sim_tlv_length(&r, &length) || r.n > length)
        return SW_BAD_DATA;
    t->how = DMSCI_SIM_SET;
    t->done = 0;
    t->total = (uint32_t)(c->data.n - r.n) + length;
    used = dmsci_sim_tlv_used(&sim->fs, f);
    if (dmsci_sim_tlv_find(&sim->fs, f, t->tag, &at, &old))
        used -= old.n;
    if (t->total > f->size - used)
        return SW_NO_ROOM;
    abort_others(sim, c, file);
    if (old.n > 0 && !take_out(sim, file, at, old.n))
        return SW_OK;
    t->at = (uint32_t)used;
    if (!close_end(sim, file, used + t->total))
        return SW_OK;
    return receive(sim, file, t, c->data);
}

/* P2 "again": what is sent replaces the block before, however long that was. */
static uint16_t send_again(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                           struct dmsci_sim_transfer *t)
{
    if (t->done == t->last)
        return begin_object(sim, c, file, t);
    t->done -= t->last;
    return receive(sim, file, t, c->data);
}

uint16_t dmsci_sim_set_data(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    struct dmsci_sim_transfer t = c->channel->transfer;
    unsigned block = c->p2 & P2_BLOCK, file = 0;
    uint16_t sw = begin(sim, c, DMSCI_ARR_UPDATE, &file);

    if (sw != SW_OK)
        return sw;
    if (c->data.n == 0)
        return SW_LENGTH;
    if (block != P2_FIRST && (t.how != DMSCI_SIM_SET || t.done == t.total))
        return SW_CONDITIONS;
    sw = block == P2_FIRST   ? begin_object(sim, c, file, &t)
         : block == P2_AGAIN ? send_again(sim, c, file, &t)
                             : receive(sim, file, &t, c->data);
    /* The object is complete, or it failed: then it is not there (11.3.0). */
    if (sw != SW_MORE_EXPECTED)
        t.how = DMSCI_SIM_NO_TRANSFER;
    if (sw == SW_MORE_EXPECTED || sw == SW_OK || block != P2_FIRST)
        c->channel->transfer = t;
    return sw == SW_MORE_EXPECTED ? with_proactive(sim, sw) : sw;
}
