/* What SEP and FSED share: the canonical header, coverage by variants, lanes of a worker.
 *
 * Knows open-profile §4 and the header of §5 (FSED synthesises the same 16 bytes). Does not know
 * where these bytes stand in a packet, nor verdicts. May include base, csi2, crypto, context.
 */
#ifndef CAMSEAL_CSE_STREAM_H
#define CAMSEAL_CSE_STREAM_H

#include "camseal/stream.h"
#include "context/context.h"
#include "context/nonce.h"
#include "cse/unit.h"

#define CAMSEAL_PRIV_HEADER_BYTES   16u
#define CAMSEAL_PRIV_TRAILER_BYTES  16u
#define CAMSEAL_PRIV_HEADER_VERSION 1u
#ifndef CAMSEAL_PRIV_MESSAGE_BITS /* a test compiles it smaller, to reach the end */
#define CAMSEAL_PRIV_MESSAGE_BITS 24
#endif
#define CAMSEAL_PRIV_MESSAGE_COUNT_END (UINT32_C(1) << CAMSEAL_PRIV_MESSAGE_BITS)

typedef struct camseal_priv_header {
    uint8_t version;
    bool crc_p, tag_p, enc, sof, eof, cov;
    uint8_t evc;
    uint16_t edt;
    uint32_t message_count; /* 24 bits */
    uint8_t fp, sv;
    uint32_t frame_low; /* low half of frame_count */
    uint16_t data_length;
    uint8_t ctx_id, epoch4, tag_mode, pad;
} camseal_priv_header;

void camseal_priv_header_pack(uint8_t out[CAMSEAL_PRIV_HEADER_BYTES], const camseal_priv_header *h);
void camseal_priv_header_unpack(camseal_priv_header *h,
                                const uint8_t in[CAMSEAL_PRIV_HEADER_BYTES]);

/* COV of §4: is payload of this message under the tag? (SV-4: yes, in part.) */
bool camseal_priv_covers(const camseal_stride *stride, uint8_t sv, uint32_t message_count);
/* How many of the message's bytes are under the tag. */
uint32_t camseal_priv_covered_bytes(const camseal_stride *stride, uint8_t sv, bool cov,
                                    uint32_t len);
/* Is byte i under the tag with SV-4? */
bool camseal_priv_covers_byte(const camseal_stride *stride, uint32_t i);

/* The last block of a MAC input. */
void camseal_priv_trailer_pack(uint8_t out[CAMSEAL_PRIV_TRAILER_BYTES], uint8_t type,
                               uint32_t n_messages, uint64_t covered_bytes);

/* ---- lanes ---- */

/* Why a packet is refused. reason NONE: it is not. */
typedef struct camseal_priv_refusal {
    uint8_t reason, verdict, safety;
    const char *field; /* static, for the trace */
    uint64_t a, b;     /* expected, seen */
} camseal_priv_refusal;

/* One packet on its way through a worker. Filled by stage functions, read by whoever finishes the
 * packet. */
typedef struct camseal_priv_lane {
    camseal_context *ctx;
    camseal_priv_evc *evc;
    camseal_priv_header header;
    const uint8_t *header_bytes; /* the 16 bytes under the tag */
    camseal_mspan data;
    uint64_t frame_count;
    uint8_t keys; /* index of the epoch in ctx->keys */
    bool tagged;
    bool mac_ready; /* tag[] was computed for (keys, frame_count) */
    uint32_t covered;
    uint8_t slot;                                 /* data-type mode; FSED: the frame partition */
    uint8_t canonical[CAMSEAL_PRIV_HEADER_BYTES]; /* FSED: header_bytes */
    /* source */
    camseal_source_item *protect;
    /* sink */
    const camseal_sink_item *verify;
    uint64_t now_us;
    uint8_t kind;
    uint8_t wire_vc, wire_dt;
    camseal_span payload;
    camseal_mspan body;        /* the same, to be decrypted in place */
    camseal_priv_refusal wire; /* what is wrong below the header */
    /* scratch of the jobs */
    camseal_priv_unit own;   /* message mode: the message is a unit by itself */
    camseal_priv_unit *unit; /* that the MAC job belongs to */
    uint8_t round;           /* how many jobs of this batch the unit had before */
    camseal_span spans[4];
    uint8_t trailer[CAMSEAL_PRIV_TRAILER_BYTES];
    uint8_t nonce[CAMSEAL_MAC_NONCE_BYTES];
    uint8_t ctr_nonce[CAMSEAL_MAC_NONCE_BYTES];
    uint8_t tag[CAMSEAL_MAC_TAG_BYTES];
} camseal_priv_lane;

struct camseal_worker {
    size_t n_lanes; /* room */
    size_t used;    /* packets of the present batch */
    size_t n_mac, n_ctr;
    camseal_priv_lane *lanes;
    camseal_mac_job *mac_jobs;
    camseal_priv_lane **mac_lanes; /* whose job it is */
    camseal_mac_job *round_jobs;   /* the jobs of one round, side by side */
    camseal_ctr_job *ctr_jobs;
};

/* Forgets the batch. */
void camseal_priv_worker_clear(camseal_worker *worker);
/* A zeroed lane, or NULL when the batch is full or the packet's algorithms are others than the
 * batch's: one pass runs on one implementation. */
camseal_priv_lane *camseal_priv_worker_lane(camseal_worker *worker, camseal_context *ctx);

/* Prepares CTR over the lane's data, in place. */
void camseal_priv_message_ctr(camseal_priv_lane *lane, camseal_ctr_job *job);
/* What encryption and the part of the lane in a MAC cost the key; with `finish` the tag too. */
camseal_priv_usage camseal_priv_message_usage(const camseal_priv_lane *lane, bool finish);
/* Runs all prepared CTR jobs of the batch. */
void camseal_priv_worker_run_ctr(camseal_worker *worker);

#endif
