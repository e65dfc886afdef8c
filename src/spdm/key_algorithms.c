/* What KEY_PAIR_INFO says of the keys of each signature algorithm. */
#include "camseal/spdm_keypair.h"

enum { ML_DSA_44 = 1, ML_DSA_65 = 2, ML_DSA_87 = 4 }; /* PqcAsymAlgo */

/* AlgorithmIdentifier, DER (RFC 3279, RFC 5480, RFC 8410, RFC 9881). */
static const uint8_t rsa[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                              0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t p256[] = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
                               0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t p384[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                               0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
static const uint8_t p521[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                               0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23};
static const uint8_t ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70};
static const uint8_t ml_dsa_44[] = {0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48,
                                    0x01, 0x65, 0x03, 0x04, 0x03, 0x11};
static const uint8_t ml_dsa_65[] = {0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48,
                                    0x01, 0x65, 0x03, 0x04, 0x03, 0x12};
static const uint8_t ml_dsa_87[] = {0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48,
                                    0x01, 0x65, 0x03, 0x04, 0x03, 0x13};

static const struct {
    uint8_t sign; /* camseal_sign_id */
    uint32_t algorithm, pqc;
    camseal_span der;
} rows[] = {
    {CAMSEAL_SIGN_ECDSA_P256, CAMSEAL_SPDM_KEY_P256, 0, {p256, sizeof p256}},
    {CAMSEAL_SIGN_ECDSA_P384, CAMSEAL_SPDM_KEY_P384, 0, {p384, sizeof p384}},
    {CAMSEAL_SIGN_ECDSA_P521, CAMSEAL_SPDM_KEY_P521, 0, {p521, sizeof p521}},
    {CAMSEAL_SIGN_ED25519, CAMSEAL_SPDM_KEY_ED25519, 0, {ed25519, sizeof ed25519}},
    {CAMSEAL_SIGN_RSASSA_2048, CAMSEAL_SPDM_KEY_RSA_2048, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_RSASSA_3072, CAMSEAL_SPDM_KEY_RSA_3072, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_RSASSA_4096, CAMSEAL_SPDM_KEY_RSA_4096, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_RSAPSS_2048, CAMSEAL_SPDM_KEY_RSA_2048, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_RSAPSS_3072, CAMSEAL_SPDM_KEY_RSA_3072, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_RSAPSS_4096, CAMSEAL_SPDM_KEY_RSA_4096, 0, {rsa, sizeof rsa}},
    {CAMSEAL_SIGN_ML_DSA_44, 0, ML_DSA_44, {ml_dsa_44, sizeof ml_dsa_44}},
    {CAMSEAL_SIGN_ML_DSA_65, 0, ML_DSA_65, {ml_dsa_65, sizeof ml_dsa_65}},
    {CAMSEAL_SIGN_ML_DSA_87, 0, ML_DSA_87, {ml_dsa_87, sizeof ml_dsa_87}},
};

camseal_status camseal_spdm_describe_key(camseal_sign_id sign, camseal_spdm_key_pair *pair)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].sign != sign)
            continue;
        pair->algorithms = pair->algorithm = rows[i].algorithm;
        pair->pqc_algorithms = pair->pqc_algorithm = rows[i].pqc;
        pair->public_key_info = rows[i].der;
        return CAMSEAL_OK;
    }
    return CAMSEAL_E_FORMAT;
}
