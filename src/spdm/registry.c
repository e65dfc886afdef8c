/* The registry's tables: one row a bit. */
#include "registry.h"

static const spdm_registered hashes[] = {
    {0x01, CAMSEAL_HASH_SHA256, 32, 0, "SHA-256"},
    {0x02, CAMSEAL_HASH_SHA384, 48, 0, "SHA-384"},
    {0x04, CAMSEAL_HASH_SHA512, 64, 0, "SHA-512"},
    {0x08, 0, 32, 0, "SHA3-256"},
    {0x10, 0, 48, 0, "SHA3-384"},
    {0x20, 0, 64, 0, "SHA3-512"},
    {0x40, 0, 32, 0, "SM3-256"},
};

static const spdm_registered signs[] = {
    {0x001, CAMSEAL_SIGN_RSASSA_2048, 256, 0, "RSASSA-2048"},
    {0x002, CAMSEAL_SIGN_RSAPSS_2048, 256, 0, "RSAPSS-2048"},
    {0x004, CAMSEAL_SIGN_RSASSA_3072, 384, 0, "RSASSA-3072"},
    {0x008, CAMSEAL_SIGN_RSAPSS_3072, 384, 0, "RSAPSS-3072"},
    {0x010, CAMSEAL_SIGN_ECDSA_P256, 64, 0, "ECDSA P-256"},
    {0x020, CAMSEAL_SIGN_RSASSA_4096, 512, 0, "RSASSA-4096"},
    {0x040, CAMSEAL_SIGN_RSAPSS_4096, 512, 0, "RSAPSS-4096"},
    {0x080, CAMSEAL_SIGN_ECDSA_P384, 96, 0, "ECDSA P-384"},
    {0x100, CAMSEAL_SIGN_ECDSA_P521, 132, 0, "ECDSA P-521"},
    {0x200, 0, 64, 0, "SM2"},
    {0x400, CAMSEAL_SIGN_ED25519, 64, 0, "Ed25519"},
    {0x800, 0, 114, 0, "Ed448"},
};

static const spdm_registered pqc_signs[] = {
    {0x0001, CAMSEAL_SIGN_ML_DSA_44, 2420, 0, "ML-DSA-44"},
    {0x0002, CAMSEAL_SIGN_ML_DSA_65, 3309, 0, "ML-DSA-65"},
    {0x0004, CAMSEAL_SIGN_ML_DSA_87, 4627, 0, "ML-DSA-87"},
    {0x0008, 0, 7856, 0, "SLH-DSA-SHA2-128s"},
    {0x0010, 0, 7856, 0, "SLH-DSA-SHAKE-128s"},
    {0x0020, 0, 17088, 0, "SLH-DSA-SHA2-128f"},
    {0x0040, 0, 17088, 0, "SLH-DSA-SHAKE-128f"},
    {0x0080, 0, 16224, 0, "SLH-DSA-SHA2-192s"},
    {0x0100, 0, 16224, 0, "SLH-DSA-SHAKE-192s"},
    {0x0200, 0, 35664, 0, "SLH-DSA-SHA2-192f"},
    {0x0400, 0, 35664, 0, "SLH-DSA-SHAKE-192f"},
    {0x0800, 0, 29792, 0, "SLH-DSA-SHA2-256s"},
    {0x1000, 0, 29792, 0, "SLH-DSA-SHAKE-256s"},
    {0x2000, 0, 49856, 0, "SLH-DSA-SHA2-256f"},
    {0x4000, 0, 49856, 0, "SLH-DSA-SHAKE-256f"},
};

static const spdm_registered dhes[] = {
    {0x01, CAMSEAL_KEX_FFDHE2048, 256, 256, "ffdhe2048"},
    {0x02, CAMSEAL_KEX_FFDHE3072, 384, 384, "ffdhe3072"},
    {0x04, CAMSEAL_KEX_FFDHE4096, 512, 512, "ffdhe4096"},
    {0x08, CAMSEAL_KEX_SECP256R1, 64, 64, "secp256r1"},
    {0x10, CAMSEAL_KEX_SECP384R1, 96, 96, "secp384r1"},
    {0x20, CAMSEAL_KEX_SECP521R1, 132, 132, "secp521r1"},
    {0x40, 0, 64, 64, "SM2"},
};

static const spdm_registered kems[] = {
    {0x01, CAMSEAL_KEX_ML_KEM_512, 800, 768, "ML-KEM-512"},
    {0x02, CAMSEAL_KEX_ML_KEM_768, 1184, 1088, "ML-KEM-768"},
    {0x04, CAMSEAL_KEX_ML_KEM_1024, 1568, 1568, "ML-KEM-1024"},
};

static const spdm_registered aeads[] = {
    {0x01, CAMSEAL_AEAD_AES_128_GCM, 16, 0, "AES-128-GCM"},
    {0x02, CAMSEAL_AEAD_AES_256_GCM, 32, 0, "AES-256-GCM"},
    {0x04, CAMSEAL_AEAD_CHACHA20_POLY1305, 32, 0, "ChaCha20-Poly1305"},
    {0x08, 0, 16, 0, "SM4-GCM"},
};

static const spdm_registered *find(const spdm_registered *rows, size_t n, uint32_t bits)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].bit == bits)
            return &rows[i];
    return NULL;
}

const spdm_registered *camseal_spdm_registered_hash(uint32_t bits)
{
    return find(hashes, sizeof hashes / sizeof *hashes, bits);
}

const spdm_registered *camseal_spdm_registered_sign(uint32_t bits)
{
    return find(signs, sizeof signs / sizeof *signs, bits);
}

const spdm_registered *camseal_spdm_registered_pqc_sign(uint32_t bits)
{
    return find(pqc_signs, sizeof pqc_signs / sizeof *pqc_signs, bits);
}

const spdm_registered *camseal_spdm_registered_dhe(uint32_t bits)
{
    return find(dhes, sizeof dhes / sizeof *dhes, bits);
}

const spdm_registered *camseal_spdm_registered_kem(uint32_t bits)
{
    return find(kems, sizeof kems / sizeof *kems, bits);
}

const spdm_registered *camseal_spdm_registered_aead(uint32_t bits)
{
    return find(aeads, sizeof aeads / sizeof *aeads, bits);
}
