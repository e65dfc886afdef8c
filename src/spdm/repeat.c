/* 64 bits that tell messages apart: each eight bytes are mixed in by a multiplication. */
#include "repeat.h"

#include "base/load.h"

#define FACTOR UINT64_C(0x9E3779B97F4A7C15) /* odd, bits well spread */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * FACTOR;
    return h ^ h >> 29;
}

uint64_t camseal_spdm_fingerprint(camseal_span message)
{
    uint64_t h = message.len;
    size_t at = 0;
    for (; message.len - at >= 8; at += 8)
        h = mix(h, camseal_load_le64(message.data + at));
    for (; at < message.len; at++)
        h = mix(h, message.data[at]);
    return h;
}
