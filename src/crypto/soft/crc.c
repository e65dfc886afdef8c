#include "crc.h"

/* Entry i of a table is i carried through four steps of the reflected polynomial. */
static const uint16_t crc16_table[16] = {/* 0x8408 */
                                         0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285,
                                         0x6306, 0x7387, 0x8408, 0x9489, 0xA50A, 0xB58B,
                                         0xC60C, 0xD68D, 0xE70E, 0xF78F};

static const uint32_t crc32c_table[16] = {/* 0x82F63B78 */
                                          0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1,
                                          0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
                                          0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
                                          0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};

static const uint32_t crc32_table[16] = {/* 0xEDB88320 */
                                         0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                         0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                         0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                         0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};

uint16_t camseal_priv_crc16(uint16_t crc, const uint8_t *data, size_t len)
{
    uint32_t c = crc;
    for (size_t i = 0; i < len; i++) {
        c ^= data[i];
        c = (c >> 4) ^ crc16_table[c & 15u];
        c = (c >> 4) ^ crc16_table[c & 15u];
    }
    return (uint16_t)c;
}

static uint32_t run(const uint32_t *table, uint32_t crc, const uint8_t *data, size_t len)
{
    uint32_t c = ~crc;
    for (size_t i = 0; i < len; i++) {
        c ^= data[i];
        c = (c >> 4) ^ table[c & 15u];
        c = (c >> 4) ^ table[c & 15u];
    }
    return ~c;
}

uint32_t camseal_priv_crc32c(uint32_t crc, const uint8_t *data, size_t len)
{
    return run(crc32c_table, crc, data, len);
}

uint32_t camseal_priv_crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    return run(crc32_table, crc, data, len);
}
