/* A source and a sink of one context, and what tests do to the packets between them. */
#ifndef CAMSEAL_TESTS_RIG_H
#define CAMSEAL_TESTS_RIG_H

#include "test.h"

#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "cse/sink.h"
#include "cse/source.h"

enum {
    RIG_CTX_ID = 7,
    RIG_VC = 2,
    RIG_EVC = 0x31,
    RIG_RAW12 = 0x2C,
    RIG_EMBEDDED = 0x12,
    RIG_PACKET_MAX = 4096,
    RIG_LOG = 8192,
    RIG_RING = 512
};

typedef struct rig_options {
    uint8_t suite; /* 0 = EFF-128 */
    uint8_t tag_length;
    uint8_t sv[3];      /* 0 = SV-2 everywhere */
    uint8_t allowed[3]; /* 0 = just sv[] */
    camseal_stride stride;
    uint8_t crc;
    uint8_t tag_mode; /* 0 = message; data type: slots in the order FP-3, FP-2, FP-4 of each eVC */
    uint32_t hold;
    bool fsed, in_lines; /* FSED, with a TBT; lines of 80 bytes */
    bool safety;         /* the safety suite instead of `suite` */
    bool unverified;
    bool group;
    unsigned evcs; /* 0 = 1; eVC = RIG_EVC + i on wire channel RIG_VC + i */
    unsigned lanes;
    size_t ring;              /* 0 = RIG_RING */
    const camseal_bulk *bulk; /* NULL = soft */
    const camseal_trace *trace;
} rig_options;

typedef struct packet {
    uint8_t bytes[RIG_PACKET_MAX];
    size_t len;
} packet;

typedef struct rig {
    camseal_stream_map streams[2 * 8];
    camseal_slot_map slots[3 * 8];
    camseal_context_config config;
    camseal_context *source_ctx, *sink_ctx;
    camseal_source *source;
    camseal_sink *sink;
    camseal_worker *worker;
    camseal_record_ring ring;
    camseal_record *log; /* everything that the sink said, data pointers included */
    size_t n_log;
    size_t fed; /* packets so far: their cookies */
    void *memory[7];
    uint64_t seed;
} rig;

void rig_init(rig *r, const rig_options *options);
void rig_free(rig *r);
/* Loads CRK number n into both sides as this epoch and activates it. */
void rig_key(rig *r, uint32_t epoch);
void rig_load(rig *r, uint32_t epoch);
/* Protects `len` bytes of a pattern as a message of this eVC (0, 1, ...). */
packet rig_protect(rig *r, unsigned evc, uint8_t dt, uint32_t flags, size_t len);
/* A whole frame: one embedded line, image lines, one embedded line; n >= 3 packets. */
void rig_frame(rig *r, unsigned evc, packet *out, size_t n);
/* Feeds one packet; the last MESSAGE or PLAIN record that it gave. */
camseal_record rig_feed(rig *r, packet *p);
void rig_feed_all(rig *r, packet *p, size_t n);
void rig_close(rig *r);
/* Last record of this kind in the log. */
camseal_record rig_last(const rig *r, uint8_t kind);
/* Corrects CRC-32, CRC-16 and header ECC after a change; `rewrite` makes the word count fit the
 * length too. */
void rig_reseal(const rig *r, packet *p, bool rewrite);
/* The SEP header of a packet, taken apart and put together. */
camseal_priv_header rig_header(const packet *p);
void rig_set_header(packet *p, const camseal_priv_header *h);

#define assert_verdict(record, verdict_, reason_)                                                 \
    do {                                                                                          \
        const camseal_record seen_ = (record); /* evaluated once: it may feed a packet */         \
        assert_string_equal(camseal_verdict_name(seen_.verdict), camseal_verdict_name(verdict_)); \
        assert_string_equal(camseal_reason_name(seen_.reason), camseal_reason_name(reason_));     \
    } while (0)

#define OK           CAMSEAL_VERDICT_OK
#define OK_PARTIAL   CAMSEAL_VERDICT_OK_PARTIAL
#define UNVERIFIED   CAMSEAL_VERDICT_UNVERIFIED
#define INCOMPLETE   CAMSEAL_VERDICT_INCOMPLETE
#define FORGED       CAMSEAL_VERDICT_FORGED
#define REASON(name) CAMSEAL_REASON_##name

#endif
