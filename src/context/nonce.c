#include "nonce.h"

#include "base/load.h"

void camseal_priv_nonce_pack(uint8_t out[12], const camseal_priv_nonce *nonce)
{
    out[0] = (uint8_t)(nonce->domain << 4 | nonce->type);
    out[1] = nonce->evc;
    out[2] = (uint8_t)(nonce->frame_count >> 32);
    camseal_store_be32(out + 3, (uint32_t)nonce->frame_count);
    out[7] = 0;
    camseal_store_be32(out + 8, nonce->unit);
}

void camseal_priv_nonce_make(uint8_t out[12], const camseal_priv_nonce *nonce, const uint8_t iv[12])
{
    camseal_priv_nonce_pack(out, nonce);
    for (int i = 0; i < 12; i++)
        out[i] ^= iv[i];
}
