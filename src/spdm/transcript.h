/* Transcripts (DSP0274, transcript hash calculations): running hashes of what both sides saw.
 *
 * A (GET_VERSION .. ALGORITHMS) is kept raw until the hash is negotiated, then only as a hash state
 * from which every other transcript is forked. Knows no messages and no roles: the caller says what
 * to add.
 */
#ifndef CAMSEAL_SPDM_TRANSCRIPT_H
#define CAMSEAL_SPDM_TRANSCRIPT_H

#include "camseal/crypto.h"

enum { SPDM_VCA_MAX = 448 }; /* bytes of the six messages, all fields at their limits */

/* One running hash. An all-zero value is a closed one. */
typedef struct spdm_run {
    camseal_hash_state state;
    bool open;
} spdm_run;

typedef struct spdm_transcript {
    const camseal_crypto *crypto;
    const camseal_hash *hash; /* NULL until settled                              */
    uint16_t vca_len;
    spdm_run a;  /* open once settled                               */
    spdm_run m1; /* A, B and C of CHALLENGE; open once something is in B */
    spdm_run l1; /* A and a series of measurements outside sessions         */
    spdm_run d;  /* A and D, when D belongs to TH (multi-key); else closed  */
    uint8_t vca[SPDM_VCA_MAX];
} spdm_transcript;

/* `t` holds all zeros or an earlier transcript. */
void camseal_spdm_transcript_reset(spdm_transcript *t, const camseal_crypto *crypto);
/* SPACE when A grows beyond its limit. */
camseal_status camseal_spdm_transcript_vca(spdm_transcript *t, camseal_span message);
/* The hash is negotiated: A is complete. */
camseal_status camseal_spdm_transcript_settle(spdm_transcript *t, const camseal_hash *hash);
camseal_status camseal_spdm_transcript_m1(spdm_transcript *t, camseal_span bytes);
void camseal_spdm_transcript_m1_reset(spdm_transcript *t);

/* D belongs to TH: the first exchange after A was this DIGESTS, on a multi-key connection. */
camseal_status camseal_spdm_transcript_d(spdm_transcript *t, camseal_span digests);
/* Starts TH: A, and D if there is one. */
camseal_status camseal_spdm_run_fork_th(const spdm_transcript *t, spdm_run *th);

/* Starts `run` as a copy of A; what it held is dropped. STATE before A is settled. */
camseal_status camseal_spdm_run_fork(const spdm_transcript *t, spdm_run *run);
camseal_status camseal_spdm_run_add(const spdm_transcript *t, spdm_run *run, camseal_span bytes);
/* The digest up to now; the run goes on. */
camseal_status camseal_spdm_run_peek(const spdm_transcript *t, const spdm_run *run,
                                     uint8_t *digest);
void camseal_spdm_run_drop(const spdm_transcript *t, spdm_run *run);

/* Hash of one span. */
camseal_status camseal_spdm_hash_of(const camseal_crypto *crypto, const camseal_hash *hash,
                                    camseal_span bytes, uint8_t *digest);

#endif
