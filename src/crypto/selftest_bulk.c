/* Known answers of the bulk port. Published values prove one block after the other; that the wide
 * paths of a provider (many lanes, many blocks at once) agree with them is proved by comparison. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "camseal/bulk.h"

#define LANES      9u   /* more jobs than any provider runs in lock step        */
#define WIDE_BYTES 320u /* more blocks than any provider takes in one step      */

/* SP 800-38A F.5.1, F.5.5 (CTR) and SP 800-38B D.1, D.3, example 4 (CMAC): same keys and message.
 */
static const uint8_t key_128[16] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
                                    0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
static const uint8_t key_256[32] = {
    0x60, 0x3D, 0xEB, 0x10, 0x15, 0xCA, 0x71, 0xBE, 0x2B, 0x73, 0xAE, 0xF0, 0x85, 0x7D, 0x77, 0x81,
    0x1F, 0x35, 0x2C, 0x07, 0x3B, 0x61, 0x08, 0xD7, 0x2D, 0x98, 0x10, 0xA3, 0x09, 0x14, 0xDF, 0xF4};
static const uint8_t message[64] = {
    0x6B, 0xC1, 0xBE, 0xE2, 0x2E, 0x40, 0x9F, 0x96, 0xE9, 0x3D, 0x7E, 0x11, 0x73, 0x93, 0x17, 0x2A,
    0xAE, 0x2D, 0x8A, 0x57, 0x1E, 0x03, 0xAC, 0x9C, 0x9E, 0xB7, 0x6F, 0xAC, 0x45, 0xAF, 0x8E, 0x51,
    0x30, 0xC8, 0x1C, 0x46, 0xA3, 0x5C, 0xE4, 0x11, 0xE5, 0xFB, 0xC1, 0x19, 0x1A, 0x0A, 0x52, 0xEF,
    0xF6, 0x9F, 0x24, 0x45, 0xDF, 0x4F, 0x9B, 0x17, 0xAD, 0x2B, 0x41, 0x7B, 0xE6, 0x6C, 0x37, 0x10};
static const uint8_t cmac_tag_128[16] = {0x51, 0xF0, 0xBE, 0xBF, 0x7E, 0x3B, 0x9D, 0x92,
                                         0xFC, 0x49, 0x74, 0x17, 0x79, 0x36, 0x3C, 0xFE};
static const uint8_t cmac_tag_256[16] = {0xE1, 0x99, 0x21, 0x90, 0x54, 0x9F, 0x6E, 0xD5,
                                         0x69, 0x6A, 0x2C, 0x05, 0x6C, 0x31, 0x54, 0x10};
static const uint8_t ctr_nonce[12] = {0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5,
                                      0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB};
#define CTR_COUNTER 0xFCFDFEFFu
static const uint8_t ctr_text_128[64] = {
    0x87, 0x4D, 0x61, 0x91, 0xB6, 0x20, 0xE3, 0x26, 0x1B, 0xEF, 0x68, 0x64, 0x99, 0x0D, 0xB6, 0xCE,
    0x98, 0x06, 0xF6, 0x6B, 0x79, 0x70, 0xFD, 0xFF, 0x86, 0x17, 0x18, 0x7B, 0xB9, 0xFF, 0xFD, 0xFF,
    0x5A, 0xE4, 0xDF, 0x3E, 0xDB, 0xD5, 0xD3, 0x5E, 0x5B, 0x4F, 0x09, 0x02, 0x0D, 0xB0, 0x3E, 0xAB,
    0x1E, 0x03, 0x1D, 0xDA, 0x2F, 0xBE, 0x03, 0xD1, 0x79, 0x21, 0x70, 0xA0, 0xF3, 0x00, 0x9C, 0xEE};
static const uint8_t ctr_text_256[64] = {
    0x60, 0x1E, 0xC3, 0x13, 0x77, 0x57, 0x89, 0xA5, 0xB7, 0xA7, 0xF5, 0x04, 0xBB, 0xF3, 0xD2, 0x28,
    0xF4, 0x43, 0xE3, 0xCA, 0x4D, 0x62, 0xB5, 0x9A, 0xCA, 0x84, 0xE9, 0x90, 0xCA, 0xCA, 0xF5, 0xC5,
    0x2B, 0x09, 0x30, 0xDA, 0xA2, 0x3D, 0xE9, 0x4C, 0xE8, 0x70, 0x17, 0xBA, 0x2D, 0x84, 0x98, 0x8D,
    0xDF, 0xC9, 0xC5, 0x8D, 0xB6, 0x7A, 0xAD, 0xA6, 0x13, 0xC2, 0xDD, 0x08, 0x45, 0x79, 0x41, 0xA6};

/* CAVP gcmEncryptExtIV128 and 256, PT 0, AAD 128, tag 128, count 0. */
static const uint8_t gmac_key_128[16] = {0x77, 0xBE, 0x63, 0x70, 0x89, 0x71, 0xC4, 0xE2,
                                         0x40, 0xD1, 0xCB, 0x79, 0xE8, 0xD7, 0x7F, 0xEB};
static const uint8_t gmac_nonce_128[12] = {0xE0, 0xE0, 0x0F, 0x19, 0xFE, 0xD7,
                                           0xBA, 0x01, 0x36, 0xA7, 0x97, 0xF3};
static const uint8_t gmac_aad_128[16] = {0x7A, 0x43, 0xEC, 0x1D, 0x9C, 0x0A, 0x5A, 0x78,
                                         0xA0, 0xB1, 0x65, 0x33, 0xA6, 0x21, 0x3C, 0xAB};
static const uint8_t gmac_tag_128[16] = {0x20, 0x9F, 0xCC, 0x8D, 0x36, 0x75, 0xED, 0x93,
                                         0x8E, 0x9C, 0x71, 0x66, 0x70, 0x9D, 0xD9, 0x46};
static const uint8_t gmac_key_256[32] = {
    0x78, 0xDC, 0x4E, 0x0A, 0xAF, 0x52, 0xD9, 0x35, 0xC3, 0xC0, 0x1E, 0xEA, 0x57, 0x42, 0x8F, 0x00,
    0xCA, 0x1F, 0xD4, 0x75, 0xF5, 0xDA, 0x86, 0xA4, 0x9C, 0x8D, 0xD7, 0x3D, 0x68, 0xC8, 0xE2, 0x23};
static const uint8_t gmac_nonce_256[12] = {0xD7, 0x9C, 0xF2, 0x2D, 0x50, 0x4C,
                                           0xC7, 0x93, 0xC3, 0xFB, 0x6C, 0x8A};
static const uint8_t gmac_aad_256[16] = {0xB9, 0x6B, 0xAA, 0x8C, 0x1C, 0x75, 0xA6, 0x71,
                                         0xBF, 0xB2, 0xD0, 0x8D, 0x06, 0xBE, 0x5F, 0x36};
static const uint8_t gmac_tag_256[16] = {0x3E, 0x5D, 0x48, 0x6A, 0xA2, 0xE3, 0x0B, 0x22,
                                         0xE0, 0x40, 0xB8, 0x57, 0x23, 0xA0, 0x6E, 0x76};

typedef struct mac_answer {
    camseal_span key;
    const uint8_t *nonce; /* NULL: nothing in front */
    camseal_span input;
    const uint8_t *tag;
} mac_answer;

typedef struct ctr_answer {
    camseal_span key;
    const uint8_t *text;
} ctr_answer;

static const mac_answer cmac_answers[2] = {
    {{key_128, 16}, NULL, {message, 64}, cmac_tag_128},
    {{key_256, 32}, NULL, {message, 64}, cmac_tag_256},
};
static const mac_answer gmac_answers[2] = {
    {{gmac_key_128, 16}, gmac_nonce_128, {gmac_aad_128, 16}, gmac_tag_128},
    {{gmac_key_256, 32}, gmac_nonce_256, {gmac_aad_256, 16}, gmac_tag_256},
};
static const ctr_answer ctr_answers[2] = {
    {{key_128, 16}, ctr_text_128},
    {{key_256, 32}, ctr_text_256},
};

static void fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * 151u + (i >> 8) + 1u);
}

/* The same message in every lane: each tag must be the published one. */
static camseal_status check_mac_lanes(const camseal_mac_alg *mac, const void *key,
                                      const mac_answer *answer)
{
    camseal_mac_state states[LANES];
    camseal_mac_job jobs[LANES];
    uint8_t tags[LANES][CAMSEAL_MAC_TAG_BYTES] = {{0}};
    for (size_t i = 0; i < LANES; i++) {
        const camseal_mac_job job = {key,
                                     &states[i],
                                     &answer->input,
                                     1,
                                     answer->nonce,
                                     tags[i],
                                     CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH};
        jobs[i] = job;
    }
    mac->many(jobs, LANES);
    for (size_t i = 0; i < LANES; i++)
        if (!camseal_equal_ct(tags[i], answer->tag, sizeof tags[i]))
            return CAMSEAL_E_SELFTEST;
    return CAMSEAL_OK;
}

/* A long message in one piece and block by block: the same tag. */
static camseal_status check_mac_wide(const camseal_mac_alg *mac, const void *key)
{
    uint8_t input[WIDE_BYTES];
    uint8_t tags[2][CAMSEAL_MAC_TAG_BYTES] = {{0}, {1}};
    camseal_mac_state state;
    camseal_span span = {input, sizeof input};
    fill(input, sizeof input);
    camseal_mac_job whole = {
        key, &state, &span, 1, ctr_nonce, tags[0], CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH};
    mac->many(&whole, 1);
    for (size_t at = 0; at < sizeof input; at += 16) {
        camseal_span block = {input + at, 16};
        uint32_t flags = at == 0 ? CAMSEAL_MAC_START : 0u;
        if (at + 16 == sizeof input)
            flags |= CAMSEAL_MAC_FINISH;
        camseal_mac_job piece = {key, &state, &block, 1, ctr_nonce, tags[1], flags};
        mac->many(&piece, 1);
    }
    camseal_wipe(&state, sizeof state);
    return camseal_equal_ct(tags[0], tags[1], sizeof tags[0]) ? CAMSEAL_OK : CAMSEAL_E_SELFTEST;
}

static camseal_status check_mac(const camseal_mac_alg *mac, void *key, const mac_answer *answers)
{
    for (size_t i = 0; i < 2; i++) {
        CAMSEAL_TRY(mac->expand(key, answers[i].key.data, answers[i].key.len));
        CAMSEAL_TRY(check_mac_lanes(mac, key, &answers[i]));
        CAMSEAL_TRY(check_mac_wide(mac, key));
    }
    return CAMSEAL_OK;
}

/* A long text encrypted at once and decrypted block by block in place: the text again. */
static camseal_status check_ctr_wide(const camseal_ctr_alg *ctr, const void *key)
{
    uint8_t text[WIDE_BYTES];
    uint8_t made[WIDE_BYTES] = {0};
    fill(text, sizeof text);
    camseal_ctr_job whole = {key, ctr_nonce, text, made, sizeof text, 1};
    ctr->many(&whole, 1);
    for (size_t at = 0; at < sizeof made; at += 16) {
        camseal_ctr_job block = {key, ctr_nonce, made + at, made + at, 16, (uint32_t)(at / 16) + 1};
        ctr->many(&block, 1);
    }
    return camseal_equal_ct(text, made, sizeof text) ? CAMSEAL_OK : CAMSEAL_E_SELFTEST;
}

static camseal_status check_ctr(const camseal_ctr_alg *ctr, void *key)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t text[sizeof message] = {0};
        CAMSEAL_TRY(ctr->expand(key, ctr_answers[i].key.data, ctr_answers[i].key.len));
        camseal_ctr_job job = {key, ctr_nonce, message, text, sizeof message, CTR_COUNTER};
        ctr->many(&job, 1);
        if (!camseal_equal_ct(text, ctr_answers[i].text, sizeof text))
            return CAMSEAL_E_SELFTEST;
        CAMSEAL_TRY(check_ctr_wide(ctr, key));
    }
    return CAMSEAL_OK;
}

/* The check values over "123456789" (OP1 §11 for CRC-16), then wide against narrow. */
static camseal_status check_crcs(const camseal_bulk *bulk)
{
    static const uint8_t digits[9] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    if (bulk->crc16(0xFFFF, digits, sizeof digits) != 0x6F91 ||
        bulk->crc32c(0, digits, sizeof digits) != 0xE3069283u ||
        bulk->crc32(0, digits, sizeof digits) != 0xCBF43926u)
        return CAMSEAL_E_SELFTEST;

    uint8_t data[WIDE_BYTES];
    uint16_t crc16 = 0xFFFF;
    uint32_t crc32c = 0;
    uint32_t crc32 = 0;
    fill(data, sizeof data);
    for (size_t i = 0; i < sizeof data; i++) {
        crc16 = bulk->crc16(crc16, data + i, 1);
        crc32c = bulk->crc32c(crc32c, data + i, 1);
        crc32 = bulk->crc32(crc32, data + i, 1);
    }
    if (bulk->crc16(0xFFFF, data, sizeof data) != crc16 ||
        bulk->crc32c(0, data, sizeof data) != crc32c || bulk->crc32(0, data, sizeof data) != crc32)
        return CAMSEAL_E_SELFTEST;
    return CAMSEAL_OK;
}

static bool table_is_whole(const camseal_bulk *bulk)
{
    if (!bulk || bulk->abi != CAMSEAL_BULK_ABI || !bulk->name || !bulk->cmac || !bulk->gmac ||
        !bulk->ctr || !bulk->crc16 || !bulk->crc32c || !bulk->crc32)
        return false;
    if (!bulk->cmac->expand || !bulk->cmac->many || !bulk->gmac->expand || !bulk->gmac->many ||
        !bulk->ctr->expand || !bulk->ctr->many)
        return false;
    return bulk->cmac->expanded_bytes <= CAMSEAL_BULK_KEY_MAX &&
           bulk->gmac->expanded_bytes <= CAMSEAL_BULK_KEY_MAX &&
           bulk->ctr->expanded_bytes <= CAMSEAL_BULK_KEY_MAX;
}

camseal_status camseal_bulk_selftest(const camseal_bulk *bulk)
{
    struct {
        uint8_t bytes[CAMSEAL_BULK_KEY_MAX];
    } key CAMSEAL_ALIGNED(CAMSEAL_BULK_KEY_ALIGN);

    if (!table_is_whole(bulk))
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(check_mac(bulk->cmac, &key, cmac_answers));
    CAMSEAL_TRY(check_mac(bulk->gmac, &key, gmac_answers));
    CAMSEAL_TRY(check_ctr(bulk->ctr, &key));
    return check_crcs(bulk);
}
