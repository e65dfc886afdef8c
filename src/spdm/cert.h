/* Certificate chains as SPDM carries them: Length, reserved, RootHash, DER certificates root (or
 * first) to leaf.
 *
 * One's own chain is never stored with its header: portions are cut from the two parts. A peer's
 * chain is checked here against DIGESTS, anchors, leaf rules and pin. Knows no messages.
 */
#ifndef CAMSEAL_SPDM_CERT_H
#define CAMSEAL_SPDM_CERT_H

#include "base/writer.h"
#include "camseal/crypto.h"

enum {
    SPDM_CHAIN_LENGTH_BYTES = 4,
    SPDM_CHAIN_HEAD_MAX = SPDM_CHAIN_LENGTH_BYTES + CAMSEAL_HASH_MAX
};

/* One's own chain, ready to be served. */
typedef struct spdm_own_chain {
    camseal_span certificates; /* DER, borrowed            */
    uint8_t head[SPDM_CHAIN_HEAD_MAX];
    uint16_t head_bytes;
    uint32_t total;                   /* of the whole blob        */
    uint8_t digest[CAMSEAL_HASH_MAX]; /* of the whole blob */
} spdm_own_chain;

/* The DER element that `der` begins with: all that RootHash needs to know of X.509. */
camseal_status camseal_spdm_first_certificate(camseal_span der, camseal_span *first);

/* FORMAT when `certificates` does not start with a DER certificate, or is beyond 1 MiB. A Length of
 * more than 16 bits is for 1.4. */
camseal_status camseal_spdm_own_chain(spdm_own_chain *chain, const camseal_crypto *crypto,
                                      const camseal_hash *hash, camseal_span certificates);
/* Bytes [offset, offset + n) of the blob; the caller keeps them inside `total`. */
void camseal_spdm_own_chain_portion(camseal_writer *w, const spdm_own_chain *chain, size_t offset,
                                    size_t n);

/* What a peer's chain is held against. */
typedef struct spdm_cert_rules {
    const camseal_crypto *crypto;
    const camseal_hash *hash; /* negotiated base hash                    */
    camseal_sign_id sign;     /* negotiated signature algorithm          */
    uint8_t version;
    bool alias;       /* the peer has ALIAS_CERT_CAP         */
    bool requester;   /* the chain is a requester's          */
    uint8_t installs; /* enum spdm_cert_model of SET_CERTIFICATE; else 0, or GENERIC of a slot */
    const camseal_span *anchors;
    size_t n_anchors;
    camseal_time time;
    const uint8_t *pin; /* 32 bytes or NULL                        */
} spdm_cert_rules;

typedef struct spdm_cert_result {
    camseal_span leaf_spki; /* inside the blob                         */
    uint8_t key_hash[32];   /* SHA-256 of leaf_spki                    */
    uint16_t certificates;
    const char *detail; /* why not; static                         */
} spdm_cert_result;

/* Length field and size agree, and there is room for a certificate. */
camseal_status camseal_spdm_blob_certificates(camseal_span blob, size_t hash_bytes,
                                              camseal_span *certificates);

/* The whole check of a blob whose digest already matched. `job` is zero before the first call;
 * PENDING: call again. */
camseal_status camseal_spdm_cert_check(const spdm_cert_rules *rules, camseal_span blob,
                                       camseal_chain_job *job, spdm_cert_result *out);

#endif
