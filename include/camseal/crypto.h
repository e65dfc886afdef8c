/* Session port: what SPDM and key management need from a crypto library or a crypto block.
 *
 * A provider is a const table of descriptors plus `user`. States that must live across calls are
 * opaque values in our memory with fixed maxima; `clone` and `drop` are mandatory and every state
 * that was begun is dropped on every exit. Private keys are references. Asymmetric calls may answer
 * CAMSEAL_PENDING and are then called again with the same job until they answer otherwise.
 * Thread rule: the table is const; one state is used by one thread at a time.
 */
#ifndef CAMSEAL_CRYPTO_H
#define CAMSEAL_CRYPTO_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_CRYPTO_ABI       1u
#define CAMSEAL_HASH_MAX         64u /* bytes of the longest digest                                */
#define CAMSEAL_HASH_STATE_BYTES 256u
#define CAMSEAL_KEX_STATE_BYTES  128u
#define CAMSEAL_AEAD_KEY_MAX     32u
#define CAMSEAL_AEAD_IV_BYTES    12u
#define CAMSEAL_AEAD_TAG_BYTES   16u

/* Bytes of the longest values that the core has room for. A small build may define them smaller,
 * for example 132, 66 and 132 for curves only; camseal_crypto_selftest then refuses a table that
 * goes beyond. No public structure depends on them. */
#ifndef CAMSEAL_KEX_PUBLIC_MAX
#define CAMSEAL_KEX_PUBLIC_MAX 1568u /* ML-KEM-1024; FFDHE 512, curves 132 */
#endif
#ifndef CAMSEAL_KEX_SECRET_MAX
#define CAMSEAL_KEX_SECRET_MAX 512u /* ffdhe4096; curves 66, ML-KEM 32 */
#endif
#ifndef CAMSEAL_SIGNATURE_MAX
#define CAMSEAL_SIGNATURE_MAX 4627u /* ML-DSA-87; RSA 512, ECDSA 132 */
#endif

typedef enum camseal_hash_id {
    CAMSEAL_HASH_NONE = 0,
    CAMSEAL_HASH_SHA256,
    CAMSEAL_HASH_SHA384,
    CAMSEAL_HASH_SHA512
} camseal_hash_id;

/* A signature algorithm. Said of a key: what it can sign. An RSA key serves both schemes of its
 * size and is called RSASSA; RSAPSS as the name of a key means that its encoding allows PSS only.
 * See camseal_sign_fits_key. */
typedef enum camseal_sign_id {
    CAMSEAL_SIGN_NONE = 0,
    CAMSEAL_SIGN_ECDSA_P256,
    CAMSEAL_SIGN_ECDSA_P384,
    CAMSEAL_SIGN_ECDSA_P521,
    CAMSEAL_SIGN_ED25519,
    CAMSEAL_SIGN_RSASSA_2048,
    CAMSEAL_SIGN_RSASSA_3072,
    CAMSEAL_SIGN_RSASSA_4096,
    CAMSEAL_SIGN_RSAPSS_2048,
    CAMSEAL_SIGN_RSAPSS_3072,
    CAMSEAL_SIGN_RSAPSS_4096,
    CAMSEAL_SIGN_ML_DSA_44,
    CAMSEAL_SIGN_ML_DSA_65,
    CAMSEAL_SIGN_ML_DSA_87
} camseal_sign_id;

typedef enum camseal_kex_id {
    CAMSEAL_KEX_NONE = 0,
    CAMSEAL_KEX_SECP256R1,
    CAMSEAL_KEX_SECP384R1,
    CAMSEAL_KEX_SECP521R1,
    CAMSEAL_KEX_FFDHE2048,
    CAMSEAL_KEX_FFDHE3072,
    CAMSEAL_KEX_FFDHE4096,
    CAMSEAL_KEX_ML_KEM_512,
    CAMSEAL_KEX_ML_KEM_768,
    CAMSEAL_KEX_ML_KEM_1024
} camseal_kex_id;

typedef enum camseal_aead_id {
    CAMSEAL_AEAD_NONE = 0,
    CAMSEAL_AEAD_AES_128_GCM,
    CAMSEAL_AEAD_AES_256_GCM,
    CAMSEAL_AEAD_CHACHA20_POLY1305
} camseal_aead_id;

typedef struct camseal_hash_state {
    uint64_t opaque[CAMSEAL_HASH_STATE_BYTES / 8];
} camseal_hash_state;

typedef struct camseal_hash {
    camseal_hash_id id;
    const char *name;
    uint16_t digest_bytes;
    uint16_t state_bytes; /* <= CAMSEAL_HASH_STATE_BYTES, checked at init */
    camseal_status (*begin)(void *user, camseal_hash_state *state);
    camseal_status (*update)(void *user, camseal_hash_state *state, camseal_span data);
    /* Writes digest_bytes and leaves the state usable only for drop. */
    camseal_status (*finish)(void *user, camseal_hash_state *state, uint8_t *digest);
    camseal_status (*clone)(void *user, camseal_hash_state *out, const camseal_hash_state *from);
    void (*drop)(void *user, camseal_hash_state *state); /* also legal on an all-zero state */
    /* HMAC over the concatenation of the spans. */
    camseal_status (*hmac)(void *user, camseal_span key, const camseal_span *data, size_t n,
                           uint8_t *mac);
} camseal_hash;

typedef struct camseal_aead {
    camseal_aead_id id;
    const char *name;
    uint16_t key_bytes;
    /* In place allowed (dst == src.data). `tag` is 16 bytes. */
    camseal_status (*seal)(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, uint8_t *tag);
    /* AUTH when the tag is wrong; then dst holds zeros. */
    camseal_status (*open)(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, const uint8_t *tag);
} camseal_aead;

typedef struct camseal_kex_state {
    uint64_t opaque[CAMSEAL_KEX_STATE_BYTES / 8];
} camseal_kex_state;

/* Key exchange in the shape of a KEM: start -> public; respond(peer) -> public, secret;
 * finish(peer) -> secret. Public values as SPDM carries them: X || Y without a 04 prefix; FFDHE: Y
 * big-endian, padded to the width of p; ML-KEM: encapsulation key, ciphertext. FORMAT for a point
 * that is not on the curve, a Y outside 2..p-2, an encapsulation key with an unreduced coefficient,
 * a wrong length. An ML-KEM ciphertext of the right length never fails: a false one gives a secret
 * that nobody else knows (FIPS 203). Secrets are fixed-width, leading zeros kept. */
typedef struct camseal_kex {
    camseal_kex_id id;
    const char *name;
    uint16_t request_bytes;  /* public value of the side that starts */
    uint16_t response_bytes; /* public value of the side that responds */
    uint16_t secret_bytes;
    uint16_t state_bytes;
    camseal_status (*start)(void *user, camseal_kex_state *state, uint8_t *request);
    camseal_status (*respond)(void *user, camseal_span request, uint8_t *response, uint8_t *secret);
    camseal_status (*finish)(void *user, camseal_kex_state *state, camseal_span response,
                             uint8_t *secret);
    void (*drop)(void *user, camseal_kex_state *state); /* also legal on an all-zero state */
} camseal_kex;

/* A private key somewhere: in memory, in a file, in a token. Meaning of handle: the provider's. */
typedef struct camseal_key_ref {
    const void *provider;
    uintptr_t handle;
} camseal_key_ref;

typedef struct camseal_sign_job {
    camseal_hash_id hash; /* the negotiated base hash                              */
    camseal_key_ref key;
    camseal_span message; /* borrowed until the job ends: prefix || transcript hash */
    uint8_t *signature;   /* room for signature_bytes                              */
    uint64_t scratch[4];  /* the provider's, zero before the first call            */
    camseal_span
        context; /* context string of ML-DSA (FIPS 204), at most 255 bytes; others ignore it */
} camseal_sign_job;

/* Signatures as SPDM carries them: ECDSA is r || s, fixed width, big-endian; RSA as it is, PSS with
 * MGF1 on the same hash and a salt as long as the digest. Ed25519 and ML-DSA sign the message
 * itself and ignore `hash`. */
typedef struct camseal_sign {
    camseal_sign_id id;
    const char *name;
    uint16_t signature_bytes;
    camseal_status (*sign)(void *user, camseal_sign_job *job); /* may be PENDING */
    /* `spki` is a DER SubjectPublicKeyInfo; FORMAT when it is not one of this algorithm. SIGNATURE
     * when the signature does not verify or has the wrong length. */
    camseal_status (*verify)(void *user, camseal_hash_id hash, camseal_span spki,
                             camseal_span message, camseal_span signature);
    /* ML-DSA: the same under a context string (`verify`: the empty one). NULL for all others. */
    camseal_status (*verify_context)(void *user, camseal_span context, camseal_span spki,
                                     camseal_span message, camseal_span signature);
} camseal_sign;

typedef enum camseal_time_mode {
    CAMSEAL_TIME_IGNORE = 0,  /* validity is not looked at                                    */
    CAMSEAL_TIME_LOWER_BOUND, /* it is at least `seconds`: refuse what expired before         */
    CAMSEAL_TIME_FULL         /* it is `seconds`: refuse what expired or is not yet valid     */
} camseal_time_mode;

typedef struct camseal_time {
    camseal_time_mode mode;
    int64_t seconds; /* since 1970-01-01 UTC */
} camseal_time;

enum camseal_chain_flags {
    CAMSEAL_CHAIN_HAS_EKU = 1u << 0,
    CAMSEAL_CHAIN_EKU_RESPONDER = 1u << 1,     /* 1.3.6.1.4.1.412.274.3 */
    CAMSEAL_CHAIN_EKU_REQUESTER = 1u << 2,     /* .4 */
    CAMSEAL_CHAIN_HARDWARE_IDENTITY = 1u << 3, /* .2 inside the SPDM extension .6 */
    CAMSEAL_CHAIN_MUTABLE = 1u << 4,           /* .5 inside the SPDM extension .6 */
    CAMSEAL_CHAIN_HAS_KEY_USAGE = 1u << 5,
    CAMSEAL_CHAIN_DIGITAL_SIGNATURE = 1u << 6,
    CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS = 1u << 7,
    CAMSEAL_CHAIN_CA = 1u << 8,
    CAMSEAL_CHAIN_X509_V3 = 1u << 9
};

/* Chain check. In: the DER certificates as SPDM carries them (root or first ... leaf), the anchors.
 * Out, on success: what the SPDM rules need to know of the leaf; all spans point into `chain`. */
typedef struct camseal_chain_job {
    camseal_span chain; /* in, borrowed                                                   */
    const camseal_span *anchors; /* in, borrowed: DER certificates; at least one */
    size_t n_anchors;
    camseal_time time;        /* in                                                             */
    uint64_t scratch[4];      /* the provider's, zero before the first call                     */
    camseal_span first;       /* out: first certificate in the chain                            */
    camseal_span leaf;        /* out                                                            */
    camseal_span leaf_spki;   /* out                                                            */
    size_t anchor;            /* out: index of the anchor at which the chain ends               */
    camseal_sign_id leaf_key; /* out: what the leaf's key can sign: camseal_sign_fits_key       */
    uint32_t leaf_flags;      /* out: enum camseal_chain_flags                                  */
    uint16_t certificates;    /* out: how many the chain holds; also set on failure if parsed   */
    const char *detail;       /* out on failure: static string that says what is wrong, or NULL */
} camseal_chain_job;

typedef struct camseal_crypto {
    uint32_t abi; /* CAMSEAL_CRYPTO_ABI */
    const char *name;
    void *user;
    const camseal_hash *hashes;
    size_t n_hashes;
    const camseal_aead *aeads;
    size_t n_aeads;
    const camseal_kex *kexes;
    size_t n_kexes;
    const camseal_sign *signs;
    size_t n_signs;
    camseal_status (*random)(void *user, uint8_t *out, size_t len);
    /* Order, signatures, names, basic constraints, path lengths, validity from the leaf to the
     * anchor. An anchor may be a root, an intermediate or the leaf itself; it stands in the chain
     * or has signed the first certificate. A self-signed first certificate must itself be an
     * anchor, or stand above one. UNTRUSTED, EXPIRED, CERTIFICATE or FORMAT on refusal, ARGUMENT
     * for unusable anchors; then the outputs are empty. May be PENDING. */
    camseal_status (*chain)(void *user, camseal_chain_job *job);
} camseal_crypto;

/* Descriptor of an algorithm, or NULL when the provider lacks it. */
CAMSEAL_API const camseal_hash *camseal_crypto_hash(const camseal_crypto *crypto,
                                                    camseal_hash_id id);
CAMSEAL_API const camseal_aead *camseal_crypto_aead(const camseal_crypto *crypto,
                                                    camseal_aead_id id);
CAMSEAL_API const camseal_kex *camseal_crypto_kex(const camseal_crypto *crypto, camseal_kex_id id);
CAMSEAL_API const camseal_sign *camseal_crypto_sign(const camseal_crypto *crypto,
                                                    camseal_sign_id id);

/* True when `key`, as a provider names the key of a leaf or of a reference, can make signatures of
 * `sign`. */
CAMSEAL_API bool camseal_sign_fits_key(camseal_sign_id sign, camseal_sign_id key);

/* Checks the table: ABI, sizes, mandatory functions (at least one hash; the other lists may be
 * empty), a known answer of every hash, HMAC and AEAD, an exchange with itself per group, and that
 * random numbers do not repeat. ARGUMENT for a broken table, SELFTEST for a wrong answer. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_crypto_selftest(const camseal_crypto *crypto);

/* HKDF (RFC 5869) on the port's HMAC. `prk` is digest_bytes (expand: or more); `okm_len` at
 * most 255 digests. On failure expand leaves zeros, except after ARGUMENT: unchanged. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_hkdf_extract(const camseal_crypto *crypto,
                                                                  const camseal_hash *hash,
                                                                  uint8_t *prk, camseal_span salt,
                                                                  camseal_span ikm);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_hkdf_expand(const camseal_crypto *crypto,
                                                                 const camseal_hash *hash,
                                                                 uint8_t *okm, size_t okm_len,
                                                                 camseal_span prk,
                                                                 camseal_span info);

#ifdef __cplusplus
}
#endif
#endif
