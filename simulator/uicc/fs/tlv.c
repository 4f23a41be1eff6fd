/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV structured EFs (TS 102 221 clauses 8.2.2.4 and 11.3): objects one behind the other. */
#include "simulator/uicc/fs/fs.h"

bool dmsci_sim_tlv_tag(struct dmsc_rd *r, uint32_t *ret_tag)
{
    uint32_t tag = dmsc_rd_u8(r);

    if (r->bad || (tag & 0xC0) != 0x80)
        return false;
    if ((tag & 0x1F) == 0x1F) {
        uint8_t next = dmsc_rd_u8(r);

        /* 9F1F to 9F7F; 9F81xx to 9FFFxx with xx up to 7F. */
        if (r->bad || (next < 0x80 && next < 0x1F) || next == 0x80)
            return false;
        tag = tag << 8 | next;
        if (next > 0x80) {
            next = dmsc_rd_u8(r);
            if (r->bad || next > 0x7F)
                return false;
            tag = tag << 8 | next;
        }
    }
    *ret_tag = tag;
    return true;
}

bool dmsci_sim_tlv_length(struct dmsc_rd *r, uint32_t *ret_length)
{
    static const uint32_t least[] = { 0, 0x80, 0x100, 0x10000 };
    uint8_t first = dmsc_rd_u8(r);
    uint32_t length = first;

    if (first > 0x83 || first == 0x80)
        return false;
    if (first > 0x80) {
        length = 0;
        for (unsigned i = 0x80; i < first; i++)
            length = length << 8 | dmsc_rd_u8(r);
        if (length < least[first - 0x80])
            return false;
    }
    *ret_length = length;
    return !r->bad;
}

/* The next object as a whole; false at the end, and for what is none. */
static bool next_object(struct dmsc_rd *r, uint32_t *ret_tag, struct dmsc_bytes *ret_object)
{
    const uint8_t *begin = r->p;
    uint32_t length = 0;

    if (r->n == 0 || !dmsci_sim_tlv_tag(r, ret_tag) || !dmsci_sim_tlv_length(r, &length) ||
        length > r->n)
        return false;
    dmsc_rd_skip(r, length);
    *ret_object = dmsc_bytes(begin, (size_t)(r->p - begin));
    return true;
}

static struct dmsc_rd body(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file)
{
    return dmsc_rd(dmsc_bytes(fs->content + file->content, file->size));
}

size_t dmsci_sim_tlv_used(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file)
{
    struct dmsc_rd r = body(fs, file);
    struct dmsc_bytes object;
    uint32_t tag;
    size_t used = 0;

    while (next_object(&r, &tag, &object))
        used += object.n;
    return used;
}

bool dmsci_sim_tlv_find(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file,
                        uint32_t tag, size_t *ret_at, struct dmsc_bytes *ret_object)
{
    struct dmsc_rd r = body(fs, file);
    struct dmsc_bytes object;
    uint32_t found;

    while (next_object(&r, &found, &object)) {
        if (found == tag) {
            *ret_at = (size_t)(object.p - (fs->content + file->content));
            *ret_object = object;
            return true;
        }
    }
    return false;
}

static bool is_there_before(struct dmsc_bytes objects, const uint8_t *end, uint32_t tag)
{
    struct dmsc_rd r = dmsc_rd(objects);
    struct dmsc_bytes object;
    uint32_t found;

    while (next_object(&r, &found, &object) && object.p != end) {
        if (found == tag)
            return true;
    }
    return false;
}

size_t dmsci_sim_tlv_sound(struct dmsc_bytes objects)
{
    struct dmsc_rd r = dmsc_rd(objects);
    struct dmsc_bytes object;
    size_t sound = 0;
    uint32_t tag;

    while (next_object(&r, &tag, &object) && !is_there_before(objects, object.p, tag))
        sound += object.n;
    return sound;
}
