/* Loads and stores of integers at any alignment, in the byte order of the name. */
#ifndef CAMSEAL_BASE_LOAD_H
#define CAMSEAL_BASE_LOAD_H

#include <stdint.h>

static inline uint16_t camseal_load_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t camseal_load_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t camseal_load_le64(const uint8_t *p)
{
    return (uint64_t)camseal_load_le32(p) | (uint64_t)camseal_load_le32(p + 4) << 32;
}

static inline uint16_t camseal_load_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t camseal_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t camseal_load_be64(const uint8_t *p)
{
    return (uint64_t)camseal_load_be32(p) << 32 | (uint64_t)camseal_load_be32(p + 4);
}

static inline void camseal_store_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void camseal_store_le32(uint8_t *p, uint32_t v)
{
    camseal_store_le16(p, (uint16_t)v);
    camseal_store_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void camseal_store_le64(uint8_t *p, uint64_t v)
{
    camseal_store_le32(p, (uint32_t)v);
    camseal_store_le32(p + 4, (uint32_t)(v >> 32));
}

static inline void camseal_store_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void camseal_store_be32(uint8_t *p, uint32_t v)
{
    camseal_store_be16(p, (uint16_t)(v >> 16));
    camseal_store_be16(p + 2, (uint16_t)v);
}

static inline void camseal_store_be64(uint8_t *p, uint64_t v)
{
    camseal_store_be32(p, (uint32_t)(v >> 32));
    camseal_store_be32(p + 4, (uint32_t)v);
}

#endif
