/* CRC-16 of OP1 §11 bit by bit, and a bulk table that has nothing else. */
#ifndef CAMSEAL_TESTS_CRC16_MODEL_H
#define CAMSEAL_TESTS_CRC16_MODEL_H

#include "camseal/bulk.h"

static uint16_t crc16_model(uint16_t crc, const uint8_t *data, size_t len)
{
    uint32_t c = crc;
    for (size_t i = 0; i < len * 8; i++) {
        uint32_t bit = (c ^ (uint32_t)data[i / 8] >> i % 8) & 1u;
        c = c >> 1 ^ (bit ? 0x8408u : 0u);
    }
    return (uint16_t)c;
}

static const camseal_bulk model_bulk = {
    .abi = CAMSEAL_BULK_ABI, .name = "model", .crc16 = crc16_model};

#endif
