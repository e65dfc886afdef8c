/* The 96-bit nonce of open-profile §3. Knows its bytes and nothing else. */
#ifndef CAMSEAL_CONTEXT_NONCE_H
#define CAMSEAL_CONTEXT_NONCE_H

#include <stdint.h>

enum camseal_priv_nonce_unit {
    CAMSEAL_PRIV_UNIT_MESSAGE = 0,
    CAMSEAL_PRIV_UNIT_DATA_TYPE = 1,
    CAMSEAL_PRIV_UNIT_FRAME = 2,
    CAMSEAL_PRIV_UNIT_FSH = 3,
    CAMSEAL_PRIV_UNIT_TOP_BLOCK = 4,
    CAMSEAL_PRIV_UNIT_CTR = 5
};

typedef struct camseal_priv_nonce {
    uint8_t domain; /* enum camseal_protocol: the same numbers */
    uint8_t type;
    uint8_t evc;
    uint64_t frame_count; /* 40 bits */
    uint32_t unit;
} camseal_priv_nonce;

/* The struct as bytes, before the XOR. */
void camseal_priv_nonce_pack(uint8_t out[12], const camseal_priv_nonce *nonce);
/* struct XOR iv */
void camseal_priv_nonce_make(uint8_t out[12], const camseal_priv_nonce *nonce,
                             const uint8_t iv[12]);

#endif
