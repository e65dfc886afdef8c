/* Hash states, HMAC and AEAD of the OpenSSL provider. Judges: libcrypto's one-shot calls, GCM and
 * RFC 8439 vectors. */
#include "test.h"

#include <openssl/evp.h>

#include "camseal/openssl.h"

static const camseal_span none = {NULL, 0};

static void digests_match_one_shot_at_every_cut(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    uint8_t data[300], want[64], got[64], forked[64];
    uint64_t seed = 1;
    test_fill(&seed, data, sizeof data);
    for (size_t h = 0; h < c->n_hashes; h++) {
        const camseal_hash *hash = &c->hashes[h];
        assert_int_equal(EVP_Q_digest(NULL, hash->name, NULL, data, sizeof data, want, NULL), 1);
        for (size_t cut = 0; cut <= sizeof data; cut += 13) {
            camseal_hash_state s, fork;
            memset(&s, 0xEE, sizeof s); /* begin may find anything in the memory */
            memset(&fork, 0xEE, sizeof fork);
            assert_status(hash->begin(c->user, &s), CAMSEAL_OK);
            assert_status(hash->update(c->user, &s, camseal_span_of(data, cut)), CAMSEAL_OK);
            assert_status(hash->update(c->user, &s, none), CAMSEAL_OK);
            assert_status(hash->clone(c->user, &fork, &s), CAMSEAL_OK);
            camseal_span rest = camseal_span_of(data + cut, sizeof data - cut);
            assert_status(hash->update(c->user, &s, rest), CAMSEAL_OK);
            assert_status(hash->finish(c->user, &s, got), CAMSEAL_OK);
            assert_memory_equal(got, want, hash->digest_bytes);
            hash->drop(c->user, &s);
            assert_status(hash->update(c->user, &fork, rest), CAMSEAL_OK);
            assert_status(hash->finish(c->user, &fork, forked), CAMSEAL_OK);
            assert_memory_equal(forked, want, hash->digest_bytes);
            hash->drop(c->user, &fork);
        }
    }
}

static void states_end_with_drop_in_any_stage(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const camseal_hash *hash = camseal_crypto_hash(c, CAMSEAL_HASH_SHA384);
    camseal_hash_state s = {{0}}, fork = {{0}};
    uint8_t digest[64];
    hash->drop(c->user, &s); /* all zero */
    assert_status(hash->update(c->user, &s, none), CAMSEAL_E_STATE);
    assert_status(hash->finish(c->user, &s, digest), CAMSEAL_E_STATE);
    assert_status(hash->clone(c->user, &fork, &s), CAMSEAL_E_STATE);
    assert_status(hash->begin(c->user, &s), CAMSEAL_OK);
    assert_status(hash->clone(c->user, &fork, &s), CAMSEAL_OK);
    hash->drop(c->user, &fork); /* begun, never finished: a leak would show under ASan */
    hash->drop(c->user, &fork);
    assert_status(hash->finish(c->user, &s, digest), CAMSEAL_OK);
    assert_status(hash->update(c->user, &s, none), CAMSEAL_E_STATE);
    assert_status(hash->finish(c->user, &s, digest), CAMSEAL_E_STATE);
    hash->drop(c->user, &s);
}

static void hmac_matches_libcrypto(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    uint8_t key[200], data[150], want[64], got[64];
    uint64_t seed = 2;
    test_fill(&seed, key, sizeof key);
    test_fill(&seed, data, sizeof data);
    const camseal_span parts[] = {camseal_span_of(data, 50), none, camseal_span_of(data + 50, 100)};
    for (size_t h = 0; h < c->n_hashes; h++) {
        const camseal_hash *hash = &c->hashes[h];
        for (size_t key_len = 0; key_len <= sizeof key; key_len += 8) {
            size_t len = 0;
            assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, hash->name, NULL, key, key_len, data,
                                      sizeof data, want, sizeof want, &len));
            camseal_span k = camseal_span_of(key_len ? key : NULL, key_len);
            assert_status(hash->hmac(c->user, k, parts, 3, got), CAMSEAL_OK);
            assert_int_equal(len, hash->digest_bytes);
            assert_memory_equal(got, want, len);
        }
        assert_status(hash->hmac(c->user, none, NULL, 0, got), CAMSEAL_OK);
    }
}

/* GCM specification (McGrew, Viega) test cases 2, 4 and 14, 16; RFC 8439 §2.8.2. */
static const struct {
    camseal_aead_id id;
    const char *key, *iv, *aad, *plain, *cipher, *tag;
} vectors[] = {
    {CAMSEAL_AEAD_AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {CAMSEAL_AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {CAMSEAL_AEAD_AES_256_GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {CAMSEAL_AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {CAMSEAL_AEAD_CHACHA20_POLY1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
     "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
     "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116",
     "1ae10b594f09e26a7e902ecbd0600691"},
};

struct vector {
    uint8_t key[32], iv[12], aad[32], plain[128], cipher[128], tag[16];
    size_t key_len, aad_len, len;
};

static void read_vector(struct vector *v, size_t i)
{
    v->key_len = test_hex(v->key, sizeof v->key, vectors[i].key);
    v->aad_len = test_hex(v->aad, sizeof v->aad, vectors[i].aad);
    v->len = test_hex(v->plain, sizeof v->plain, vectors[i].plain);
    assert_int_equal(test_hex(v->cipher, sizeof v->cipher, vectors[i].cipher), v->len);
    assert_int_equal(test_hex(v->iv, sizeof v->iv, vectors[i].iv), 12);
    assert_int_equal(test_hex(v->tag, sizeof v->tag, vectors[i].tag), 16);
}

static void aead_vectors_both_ways(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct vector v;
        uint8_t text[128], tag[16];
        read_vector(&v, i);
        const camseal_aead *a = camseal_crypto_aead(c, vectors[i].id);
        const camseal_span key = camseal_span_of(v.key, v.key_len);
        const camseal_span aad = camseal_span_of(v.aad, v.aad_len);
        assert_status(a->seal(c->user, key, v.iv, aad, camseal_span_of(v.plain, v.len), text, tag),
                      CAMSEAL_OK);
        assert_memory_equal(text, v.cipher, v.len);
        assert_memory_equal(tag, v.tag, 16);
        assert_status(a->open(c->user, key, v.iv, aad, camseal_span_of(text, v.len), text, tag),
                      CAMSEAL_OK);
        assert_memory_equal(text, v.plain, v.len);
    }
}

/* One bit anywhere in tag, ciphertext, additional data or nonce. */
static void every_flip_is_auth_and_gives_zeros(void **state)
{
    (void)state;
    static const uint8_t zeros[128];
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct vector v;
        uint8_t text[128];
        read_vector(&v, i);
        const camseal_aead *a = camseal_crypto_aead(c, vectors[i].id);
        struct {
            uint8_t *bytes;
            size_t len;
        } targets[] = {{v.tag, 16}, {v.cipher, v.len}, {v.aad, v.aad_len}, {v.iv, 12}};
        for (size_t t = 0; t < 4; t++) {
            for (size_t bit = 0; bit < 8 * targets[t].len; bit++) {
                targets[t].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                memset(text, 0xAA, sizeof text);
                assert_status(a->open(c->user, camseal_span_of(v.key, v.key_len), v.iv,
                                      camseal_span_of(v.aad, v.aad_len),
                                      camseal_span_of(v.cipher, v.len), text, v.tag),
                              CAMSEAL_E_AUTH);
                assert_memory_equal(text, zeros, v.len);
                targets[t].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
    }
}

static void aead_edges(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const uint8_t key[33] = {9}, iv[12] = {8};
    uint8_t tag[16];
    for (size_t i = 0; i < c->n_aeads; i++) {
        const camseal_aead *a = &c->aeads[i];
        const camseal_span good = camseal_span_of(key, a->key_bytes);
        assert_status(a->seal(c->user, good, iv, none, none, NULL, tag), CAMSEAL_OK);
        assert_status(a->open(c->user, good, iv, none, none, NULL, tag), CAMSEAL_OK);
        tag[0] ^= 1;
        assert_status(a->open(c->user, good, iv, none, none, NULL, tag), CAMSEAL_E_AUTH);
        for (size_t len = 0; len <= sizeof key; len++) {
            if (len == a->key_bytes)
                continue;
            camseal_span wrong = camseal_span_of(key, len);
            assert_status(a->seal(c->user, wrong, iv, none, none, NULL, tag), CAMSEAL_E_ARGUMENT);
            assert_status(a->open(c->user, wrong, iv, none, none, NULL, tag), CAMSEAL_E_ARGUMENT);
        }
        camseal_span huge = camseal_span_of(key, (size_t)INT32_MAX + 1);
        uint8_t sink[1];
        assert_status(a->open(c->user, good, iv, none, huge, sink, tag), CAMSEAL_E_ARGUMENT);
        assert_status(a->open(c->user, good, iv, huge, none, sink, tag), CAMSEAL_E_ARGUMENT);
    }
}

static void random_differs_and_takes_any_length(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    uint8_t a[64], b[64];
    assert_status(c->random(c->user, a, sizeof a), CAMSEAL_OK);
    assert_status(c->random(c->user, b, sizeof b), CAMSEAL_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_status(c->random(c->user, NULL, 0), CAMSEAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_match_one_shot_at_every_cut),
        cmocka_unit_test(states_end_with_drop_in_any_stage),
        cmocka_unit_test(hmac_matches_libcrypto),
        cmocka_unit_test(aead_vectors_both_ways),
        cmocka_unit_test(every_flip_is_auth_and_gives_zeros),
        cmocka_unit_test(aead_edges),
        cmocka_unit_test(random_differs_and_takes_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
