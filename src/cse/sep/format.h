/* The bytes of a SEP packet (open-profile §5): header 16 | data | pad | tag | CRC-32 inside a long
 * packet.
 *
 * Knows lengths and places; whoever holds another wire format replaces this file pair and the
 * header of stream.c.
 */
#ifndef CAMSEAL_CSE_SEP_FORMAT_H
#define CAMSEAL_CSE_SEP_FORMAT_H

#include "cse/stream.h"

#define CAMSEAL_PRIV_SEP_CRC_BYTES      4u
#define CAMSEAL_PRIV_SEP_LEAST_PAYLOAD  (CAMSEAL_PRIV_HEADER_BYTES + CAMSEAL_PRIV_SEP_CRC_BYTES)
#define CAMSEAL_PRIV_SEP_WORD_COUNT_MAX 65532u
#define CAMSEAL_PRIV_SEP_FRAME_TRAILER  0x01FFu /* eDT of the trailer message of a frame */
#define CAMSEAL_PRIV_SEP_SLOT_TRAILER   0x0100u /* ... of slot 0 */

/* Longest data of a message with a tag of this length. */
static inline uint32_t camseal_priv_sep_data_max(uint32_t tag_bytes)
{
    return CAMSEAL_PRIV_SEP_WORD_COUNT_MAX - CAMSEAL_PRIV_SEP_LEAST_PAYLOAD - tag_bytes;
}

/* Zero bytes after `len` bytes of data. */
static inline uint8_t camseal_priv_sep_pad(uint32_t len)
{
    return (uint8_t)(-len & 3u);
}

static inline uint32_t camseal_priv_sep_word_count(uint32_t len, uint32_t tag_bytes)
{
    return CAMSEAL_PRIV_SEP_LEAST_PAYLOAD + len + camseal_priv_sep_pad(len) + tag_bytes;
}

/* Writes pad, tag, CRC-32 and CRC-16 of a packet whose head (CSI-2 header, SEP header) stands.
 * Returns the bytes. */
size_t camseal_priv_sep_tail(uint8_t out[CAMSEAL_SOURCE_TAIL_BYTES], const camseal_context *ctx,
                             const uint8_t head[CAMSEAL_SOURCE_HEAD_BYTES], camseal_span data,
                             camseal_span tag);

#endif
