/* CSI-2 packet header over D-PHY (OP1 §11): fields, ECC, names of data types.
 *
 * Knows the four bytes; does not know payloads. The ECC columns are all the 6-bit codes of weight 3
 * and 5: an even, non-zero syndrome is therefore two wrong bits, and every odd one names one bit.
 */
#include "camseal/csi2.h"

#include "base/load.h"

enum { ECC_DATA_BITS = 26, ECC_MASK = 0x3F, VC_MAX = CAMSEAL_CSI2_VC_COUNT - 1, DT_MAX = 0x3F };

/* Column of data bit i: D0..D23 of the first three bytes, then VCX0, VCX1. */
static const uint8_t ecc_column[ECC_DATA_BITS] = {
    0x07, 0x0B, 0x0D, 0x0E, 0x13, 0x15, 0x16, 0x19, 0x1A, 0x1C, 0x23, 0x25, 0x26,
    0x29, 0x2A, 0x2C, 0x31, 0x32, 0x34, 0x38, 0x1F, 0x2F, 0x37, 0x3B, 0x3D, 0x3E};

static const char *const dt_names[DT_MAX + 1] = {
    [0x00] = "FS",        [0x01] = "FE",        [0x02] = "LS",        [0x03] = "LE",
    [0x08] = "SHORT1",    [0x09] = "SHORT2",    [0x0A] = "SHORT3",    [0x0B] = "SHORT4",
    [0x0C] = "SHORT5",    [0x0D] = "SHORT6",    [0x0E] = "SHORT7",    [0x0F] = "SHORT8",
    [0x10] = "NULL",      [0x11] = "BLANKING",  [0x12] = "EMBEDDED",  [0x13] = "LONG1",
    [0x14] = "LONG2",     [0x15] = "LONG3",     [0x16] = "LONG4",     [0x18] = "YUV420_8",
    [0x19] = "YUV420_10", [0x1A] = "YUV420_8L", [0x1C] = "YUV420_8C", [0x1D] = "YUV420_10C",
    [0x1E] = "YUV422_8",  [0x1F] = "YUV422_10", [0x20] = "RGB444",    [0x21] = "RGB555",
    [0x22] = "RGB565",    [0x23] = "RGB666",    [0x24] = "RGB888",    [0x26] = "RAW28",
    [0x27] = "RAW24",     [0x28] = "RAW6",      [0x29] = "RAW7",      [0x2A] = "RAW8",
    [0x2B] = "RAW10",     [0x2C] = "RAW12",     [0x2D] = "RAW14",     [0x2E] = "RAW16",
    [0x2F] = "RAW20",     [0x30] = "USER1",     [0x31] = "USER2",     [0x32] = "USER3",
    [0x33] = "USER4",     [0x34] = "FSH",       [0x35] = "TBT",       [0x36] = "FTG",
    [0x37] = "SEP"};

const char *camseal_csi2_dt_name(uint8_t dt)
{
    if (dt > DT_MAX || !dt_names[dt])
        return "reserved";
    return dt_names[dt];
}

/* `data`: the 24 bits of the first three bytes, VCX above them. */
static uint32_t ecc_of(uint32_t data)
{
    uint32_t ecc = 0;
    for (unsigned i = 0; i < ECC_DATA_BITS; i++)
        ecc ^= ecc_column[i] & (0u - (data >> i & 1u));
    return ecc;
}

camseal_status camseal_csi2_header(uint8_t out[4], uint8_t vc, uint8_t dt, uint16_t field)
{
    if (vc > VC_MAX || dt > DT_MAX)
        return CAMSEAL_E_ARGUMENT;
    uint32_t vcx = vc >> 2;
    uint32_t data = (vc & 3u) << 6 | dt | (uint32_t)field << 8 | vcx << 24;
    camseal_store_le32(out, (data & 0xFFFFFF) | (vcx << 6 | ecc_of(data)) << 24);
    return CAMSEAL_OK;
}

/* Flips the data bit that a non-zero syndrome names. False: two or more bits are wrong. */
static bool repair(uint32_t *data, uint32_t syndrome)
{
    if ((syndrome & (syndrome - 1)) == 0)
        return true; /* one bit: the ECC itself was hit */
    for (unsigned i = 0; i < ECC_DATA_BITS; i++) {
        if (ecc_column[i] == syndrome) {
            *data ^= 1u << i;
            return true;
        }
    }
    return false;
}

camseal_status camseal_csi2_header_read(camseal_csi2_packet *out, const uint8_t header[4])
{
    *out = (camseal_csi2_packet){0};
    uint32_t data = (uint32_t)header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 |
                    (uint32_t)(header[3] >> 6) << 24;
    uint32_t syndrome = ecc_of(data) ^ (header[3] & ECC_MASK);
    if (syndrome != 0 && !repair(&data, syndrome))
        return CAMSEAL_E_CRC;
    out->vc = (uint8_t)((data >> 6 & 3) | (data >> 24) << 2);
    out->dt = (uint8_t)(data & DT_MAX);
    out->field = (uint16_t)(data >> 8);
    out->corrected = syndrome != 0;
    return CAMSEAL_OK;
}
