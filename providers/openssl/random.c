/* Random numbers from libcrypto's DRBG for private values. */
#include <openssl/rand.h>
#include <string.h>

#include "ossl.h"

camseal_status ossl_random(void *user, uint8_t *out, size_t len)
{
    struct ossl *ossl = user;
    if (ossl->lib && RAND_priv_bytes_ex(ossl->lib, out, len, 0) == 1)
        return CAMSEAL_OK;
    if (len)
        memset(out, 0, len);
    return ossl_fail(CAMSEAL_E_RANDOM);
}
