/* CRCs with nibble tables: 160 bytes of constants. Data under a CRC is public (it is what the link
 * carries), so tables may be indexed by it. */
#ifndef CAMSEAL_CRYPTO_SOFT_CRC_H
#define CAMSEAL_CRYPTO_SOFT_CRC_H

#include <stddef.h>
#include <stdint.h>

uint16_t camseal_priv_crc16(uint16_t crc, const uint8_t *data, size_t len);
uint32_t camseal_priv_crc32c(uint32_t crc, const uint8_t *data, size_t len);
uint32_t camseal_priv_crc32(uint32_t crc, const uint8_t *data, size_t len);

#endif
