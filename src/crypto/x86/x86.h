/* The x86-64 provider. Its parts are compiled with their own flags (src/crypto/CMakeLists.txt); a
 * build that lists the files without the flags, or for another processor, gets an empty provider.
 */
#ifndef CAMSEAL_CRYPTO_X86_X86_H
#define CAMSEAL_CRYPTO_X86_X86_H

#include "camseal/bulk.h"

/* The table, not yet checked against the processor; NULL when the build has none. */
const camseal_bulk *camseal_priv_x86_table(void);

uint16_t camseal_priv_x86_crc16(uint16_t crc, const uint8_t *data, size_t len);
uint32_t camseal_priv_x86_crc32c(uint32_t crc, const uint8_t *data, size_t len);
uint32_t camseal_priv_x86_crc32(uint32_t crc, const uint8_t *data, size_t len);

#endif
