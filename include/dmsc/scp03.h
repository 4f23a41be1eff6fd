/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_SCP03_H
#define DMSC_SCP03_H

#include <dmsc/link.h>
#include <dmsc/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a secure channel needs (GlobalPlatform Card Specification, Amendment D). */
struct dmsc_scp03 {
    struct dmsc_bytes enc, mac; /* static keys of the security domain: 16, 24 or 32 bytes each */
    uint8_t key_version;        /* KVN, 0: the card's first key set */
    uint8_t level;              /* 01, 03, 11, 13 or 33 */
    bool s16;                   /* challenges and MACs of 16 bytes instead of 8 */
    struct dmsc_bytes aid;      /* of the security domain, 5..16 bytes; none: what is selected */
    /** Fresh random bytes for the host challenge; of the caller, as all randomness is. */
    enum dmsc_err (*random)(void *user, uint8_t *p, size_t n);
    void *random_user;
};
#define DMSC_SCP03_INIT                                                                            \
    {                                                                                              \
        { NULL, 0 }, { NULL, 0 }, 0, 0, false, { NULL, 0 }, NULL, NULL                             \
    }

/**
 * A wrapper that opens a secure channel at each power-on, on the basic logical channel: SELECT of
 * the security domain, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE. From then on every command on that
 * channel is protected and every answer checked; other channels pass as they are. When an answer's
 * MAC is wrong the session is over, and nothing more is sent on the channel until the next
 * power-on. A command then carries less data: dmsc_link_scp03_blocks().
 *
 * Keys are copied, and wiped with the link. A refused authentication is never repeated: cards count
 * them. DMSC_E_UNTRUSTED when card or host does not prove its key, DMSC_E_UNSUPPORTED when the card
 * lacks the protocol, the key set or the level.
 *
 * Takes @p inner on success.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_scp03(struct dmsc_link *inner,
                                                      const struct dmsc_scp03 *config,
                                                      struct dmsc_link **ret_link);
/** Most bytes that a command reads and writes at @p level: for dmsc_uicc_set_blocks(). */
DMSC_API void dmsc_link_scp03_blocks(uint8_t level, bool s16, size_t *ret_read, size_t *ret_update);

#ifdef __cplusplus
}
#endif
#endif
