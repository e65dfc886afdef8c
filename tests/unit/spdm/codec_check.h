/* Checks that every codec has to pass, driven by samples. */
#ifndef CAMSEAL_TESTS_CODEC_CHECK_H
#define CAMSEAL_TESTS_CODEC_CHECK_H

#include "test.h"

#include "spdm_codecs.h"

/* A legal value that is not seen: what is written again has the sample's own. After CAMSEAL_OK what
 * is written again has the value. */
enum { CODEC_IGNORED = 1000 };

/* Illegal (or legal) values: `len` bytes written at `at`. */
struct mutation {
    uint8_t at, len;
    uint32_t value;
    camseal_status expected;
};

enum { MUTATIONS_MAX = 18 };

typedef struct codec_sample {
    const char *name;
    codec codec;
    const spdm_shape *shape;
    const char *hex; /* a legal message, in the only form that we write */
    struct mutation mutations[MUTATIONS_MAX];
    /* Not 0: the last field has no length of its own: from so many bytes on every length is
     * legal. */
    size_t open;
} codec_sample;

#define N32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

void codec_there_and_back(const codec_sample *samples, size_t n);
void codec_truncations_and_one_too_many(const codec_sample *samples, size_t n);
void codec_illegal_values(const codec_sample *samples, size_t n);
/* Random bytes never do worse than a named refusal. */
void codec_noise(const codec_sample *samples, size_t n, uint64_t seed);

/* The four as tests of one program. */
#define CODEC_TESTS(samples)                                                             \
    static void there_and_back(void **state)                                             \
    {                                                                                    \
        (void)state;                                                                     \
        codec_there_and_back(samples, sizeof samples / sizeof samples[0]);               \
    }                                                                                    \
    static void truncations_and_one_too_many(void **state)                               \
    {                                                                                    \
        (void)state;                                                                     \
        codec_truncations_and_one_too_many(samples, sizeof samples / sizeof samples[0]); \
    }                                                                                    \
    static void illegal_values(void **state)                                             \
    {                                                                                    \
        (void)state;                                                                     \
        codec_illegal_values(samples, sizeof samples / sizeof samples[0]);               \
    }                                                                                    \
    static void noise(void **state)                                                      \
    {                                                                                    \
        (void)state;                                                                     \
        codec_noise(samples, sizeof samples / sizeof samples[0], UINT64_C(0x5eed0001));  \
    }

#define CODEC_UNIT_TESTS                                                              \
    cmocka_unit_test(there_and_back), cmocka_unit_test(truncations_and_one_too_many), \
        cmocka_unit_test(illegal_values), cmocka_unit_test(noise)

#endif
