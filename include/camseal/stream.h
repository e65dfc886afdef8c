/* Image streams: a source that protects CSI-2 packets and a sink that verifies them.
 *
 * Both take arrays of packets; one packet is the special case. The protocol (SEP now, FSED later)
 * comes from the context. Payloads are borrowed memory; encryption and decryption happen in place.
 * A sink never trusts a flag on the wire (§0 rule 1), and survives every bad packet. Thread rule: a
 * source, a sink and a worker belong to one thread at a time; different ones are independent.
 */
#ifndef CAMSEAL_STREAM_H
#define CAMSEAL_STREAM_H

#include "camseal/context.h"
#include "camseal/csi2.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- worker: scratch for the lanes of one thread ------------------------------------------- */

typedef struct camseal_worker camseal_worker;
/* Memory for passes of up to `lanes` packets at a time (1..64; 0 = 16). */
CAMSEAL_API size_t camseal_worker_size(unsigned lanes);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_worker_init(camseal_worker **out, void *mem,
                                                                 size_t mem_len, unsigned lanes);
CAMSEAL_API void camseal_worker_wipe(camseal_worker *worker);

/* ---- source --------------------------------------------------------------------------------- */

#define CAMSEAL_SOURCE_HEAD_BYTES \
    20u /* CSI-2 header, SEP header                                    */
#define CAMSEAL_SOURCE_TAIL_BYTES \
    25u /* pad 3, tag 16, CRC-32 4, CRC-16 2                           */

typedef struct camseal_source camseal_source;

CAMSEAL_API size_t camseal_source_size(const camseal_context *ctx);
/* Borrows the context. ARGUMENT when its role is not source. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_source_init(camseal_source **out, void *mem,
                                                                 size_t mem_len,
                                                                 camseal_context *ctx);
CAMSEAL_API void camseal_source_wipe(camseal_source *source);

enum camseal_source_flags {
    CAMSEAL_SOURCE_SOF = 1u, /* first message of a frame on this eVC: takes the next frame_count */
    CAMSEAL_SOURCE_EOF = 2u, /* last message of the frame */
    CAMSEAL_SOURCE_TRAILER = 4u, /* no data: a trailer message that carries the tag and EOF; with
                                  * tags per data type the tag of the next slot without one, and
                                  * EOF on the last: camseal_source_trailers tells how many */
    CAMSEAL_SOURCE_LAST_OF_SLOT = 8u, /* tags per data type: the slot's tag rides on this message.
                                       * EOF implies it */
    /* FSED. The item makes one of its own packets; `data` is room for its payload (68 bytes, or the
     * embedded line length where it travels in a line), any listed stream of the eVC names it. */
    CAMSEAL_SOURCE_FSH = 16u, /* starts a frame; see `begin` */
    CAMSEAL_SOURCE_TBT = 32u, /* after the last packet of FP-2 */
    CAMSEAL_SOURCE_FTG = 64u  /* ends the frame */
};

enum camseal_begin_flags { /* of an FSH; what the source knows by itself it adds */
                           CAMSEAL_BEGIN_NEXT_EPOCH =
                               0x10u,                     /* the next frame uses the next epoch */
                           CAMSEAL_BEGIN_ANOMALY = 0x20u, /* a counter anomaly was seen */
                           CAMSEAL_BEGIN_FIRST = 0x40u    /* first frame after a start */
};
enum camseal_end_status { /* of an FTG */
                          CAMSEAL_END_ANOMALY = 1u,
                          CAMSEAL_END_OVERRUN = 2u
};

/* What a source knows when a frame starts (FSH) or ends (FTG: `status` alone). */
typedef struct camseal_source_begin {
    uint8_t flags;
    uint32_t status;
    uint16_t expected[3];  /* messages in FP-2, 3, 4; 0xFFFF: not known yet                     */
    uint16_t line_length;  /* of the payload, where all counted packets share one; else 0       */
    uint64_t timestamp_ns; /* the source's monotonic clock at FS; 0: none                      */
} camseal_source_begin;

/* One message to protect, and its packet. (wire_vc, wire_dt) is the stream as the sensor names it;
 * the context's stream list turns it into eVC and eDT, and tells embedded from image data. */
typedef struct camseal_source_item {
    camseal_source *source;   /* in                                                           */
    uint8_t wire_vc, wire_dt; /* in                                                           */
    uint32_t flags;           /* in: enum camseal_source_flags                                */
    camseal_mspan data;       /* in/out: encrypted in place; borrowed until the packet is sent */
    const camseal_source_begin *begin; /* in: with FSH, NULL: nothing is known                */
    uint64_t frame_count;   /* out: what this message was numbered                          */
    uint32_t message_count; /* out                                                          */
    uint8_t head[CAMSEAL_SOURCE_HEAD_BYTES]; /* out                                           */
    uint8_t tail[CAMSEAL_SOURCE_TAIL_BYTES]; /* out                                           */
    camseal_span spans[3]; /* out: the whole packet is head, data, tail                    */
} camseal_source_item;

/* Protects n messages in order. On failure the items before the failing one are done, *done tells
 * how many; a failing item consumed no counter. LIMIT when a key or counter is used up, STATE when
 * the frame order is broken (no SOF, data after EOF, data of a slot after its tag, EOF while a slot
 * lacks its tag), NOT_FOUND for a stream or slot that is not in its list, ARGUMENT for a line that
 * is too long. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_source_feed(camseal_worker *worker,
                                                                 camseal_source_item *items,
                                                                 size_t n, size_t *done);

/* How many trailer messages would end the open frame of an eVC; 0: none can, or none is open. */
CAMSEAL_API size_t camseal_source_trailers(const camseal_source *source, uint8_t evc);

/* Self-test (§9): what is altered after tagging. Counters are consumed as always. */
enum camseal_selftest {
    CAMSEAL_SELFTEST_CRC = 1, /* CRC-32 of a message; FSED: CRC-16 of a counted packet            */
    CAMSEAL_SELFTEST_TAG,     /* the first tag of the frame; FSED: that of the FTG                */
    CAMSEAL_SELFTEST_COUNTER, /* bits of a message_count; FSED: the count of the FTG              */
    CAMSEAL_SELFTEST_DROP     /* a message is not sent: its packet is empty                       */
};
/* Injects one error into that frame of the eVC: into its first image message where the kind names
 * no other. The sinks are to be told first. ARGUMENT for another kind or a frame that began. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_source_selftest(camseal_source *source,
                                                                     uint8_t kind, uint8_t evc,
                                                                     uint64_t frame_count);

/* Gives up the open frame of an eVC; its frame_count stays used. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_source_abort(camseal_source *source,
                                                                  uint8_t evc);

/* ---- verdicts ------------------------------------------------------------------------------- */

enum camseal_reason {
    CAMSEAL_REASON_NONE = 0,
    CAMSEAL_REASON_TAG,            /* the tag is wrong                                            */
    CAMSEAL_REASON_REPLAY_FRAME,   /* frame_count not greater than the last verified one          */
    CAMSEAL_REASON_REPLAY_MESSAGE, /* message_count repeats or goes back                          */
    CAMSEAL_REASON_VERSION,        /* header version or reserved bits                             */
    CAMSEAL_REASON_CONTEXT,        /* another context id                                          */
    CAMSEAL_REASON_EPOCH,          /* an epoch that is not in force                               */
    CAMSEAL_REASON_STREAM,         /* (eVC, eDT) not in the stream list                           */
    CAMSEAL_REASON_VARIANT,        /* security variant not allowed, or changed inside a frame     */
    CAMSEAL_REASON_FLAGS,          /* TAG_P, ENC, COV, CRC_P, tag mode or FP against the context  */
    CAMSEAL_REASON_LENGTH,         /* lengths and word count do not fit                           */
    CAMSEAL_REASON_PAD,            /* pad wrong or not zero                                       */
    CAMSEAL_REASON_ORDER,          /* SOF or EOF in an impossible place                           */
    CAMSEAL_REASON_ECC,            /* CSI-2 header beyond repair                                  */
    CAMSEAL_REASON_CRC16,
    CAMSEAL_REASON_CRC32,
    CAMSEAL_REASON_TRUNCATED, /* the link delivered fewer bytes than the header announces    */
    CAMSEAL_REASON_GAP,       /* message numbers are missing                                 */
    CAMSEAL_REASON_NO_START,  /* no verified first message                                   */
    CAMSEAL_REASON_NO_END,    /* no verified last message before the frame closed            */
    CAMSEAL_REASON_TIMEOUT,
    CAMSEAL_REASON_FRAME_GAP,   /* event: whole frames are missing (a..b)                      */
    CAMSEAL_REASON_UNPROTECTED, /* a listed stream arrived as a plain packet: protection stripped */
    CAMSEAL_REASON_NO_KEY,      /* the context has no active key                               */
    CAMSEAL_REASON_STALE,       /* too far behind the source, or nobody knows (§9)             */
    CAMSEAL_REASON_COUNT
};
/* "forged tag", "replayed frame", ...: for people and reports. Never NULL. */
CAMSEAL_API const char *camseal_reason_name(unsigned reason);

enum camseal_record_kind {
    CAMSEAL_RECORD_MESSAGE =
        1, /* one per fed packet that is (or claims to be) a protected message      */
    CAMSEAL_RECORD_FRAME, /* a frame closed */
    CAMSEAL_RECORD_EVENT, /* something that is not a verdict: FRAME_GAP, key limit ... */
    CAMSEAL_RECORD_PLAIN, /* a packet outside protection (FS, FE, LS, LE, null, unlisted): passed by
                           */
    CAMSEAL_RECORD_SLOT,  /* tags per data type: the verdict of a slot of the open frame */
    CAMSEAL_RECORD_TOP    /* FSED: the TBT vouched for FP-2 */
};
enum camseal_record_flags {
    CAMSEAL_RECORD_GROUP = 1u, /* the key is shared by several sinks                          */
    CAMSEAL_RECORD_SOF = 2u,
    CAMSEAL_RECORD_EOF = 4u, /* verified                              */
    CAMSEAL_RECORD_ENCRYPTED = 8u
};

typedef struct camseal_record {
    uint64_t cookie; /* of the packet; for FRAME and EVENT: of the packet that caused it, or 0   */
    uint64_t frame_count; /* MESSAGE: whole 40-bit value if it could be taken from the header */
    uint32_t message_count;
    uint8_t kind, verdict, safety; /* safety: a verdict from CRC, counters, timeouts alone */
    uint8_t
        reason; /* why verdict is not good, or, with a good verdict, why safety is not: a message
                 * that reveals a gap is itself OK, with safety INCOMPLETE and the gap in a..b */
    uint8_t evc, wire_vc, fp,
        sv;       /* of a rejected packet: what its header claims; wire_vc 255: unreadable  */
    uint8_t slot; /* SLOT: position in the slot list */
    uint8_t reserved[7]; /* 0 */
    uint16_t edt;
    uint16_t flags;
    camseal_mspan data; /* MESSAGE with OK or OK_PARTIAL: the verified plaintext, in the packet;
                         * with UNVERIFIED, which only policy allows: what came; with PENDING: what
                         * no tag vouches for yet. Otherwise empty. */
    uint64_t a,
        b; /* GAP: first and last missing message; FRAME_GAP: frames; FLAGS...: expected, seen */
    uint32_t messages; /* FRAME, SLOT, TOP: verified messages        */
    uint32_t rejected; /* FRAME: packets refused while it was open                   */
    uint64_t covered_bytes, total_bytes; /* MESSAGE, FRAME: under tags, and all */
} camseal_record;

/* Ring of the caller's. Take records with camseal_record_take. */
typedef struct camseal_record_ring {
    camseal_record *records;
    size_t capacity; /* at least 8; 5 for each lane of the worker lets batches be full */
    size_t head, count;
} camseal_record_ring;

/* Oldest record, removed from the ring; false when empty. */
CAMSEAL_API bool camseal_record_take(camseal_record_ring *ring, camseal_record *out);

/* Context id and eVC that a SEP packet claims, to find its sink among several on one link. Not
 * verified: a hint for routing only. False for anything that is not a whole SEP header in a packet
 * of this data type (0 = 0x37). */
CAMSEAL_API bool camseal_packet_claims(uint8_t *ctx_id, uint8_t *evc, camseal_span packet,
                                       uint8_t sep_dt);

/* ---- sink ----------------------------------------------------------------------------------- */

typedef struct camseal_sink camseal_sink;

CAMSEAL_API size_t camseal_sink_size(const camseal_context *ctx);
/* Borrows the context and the ring. ARGUMENT when its role is not sink or the ring is too small. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_init(camseal_sink **out, void *mem,
                                                               size_t mem_len, camseal_context *ctx,
                                                               camseal_record_ring *ring);
CAMSEAL_API void camseal_sink_wipe(camseal_sink *sink);

enum camseal_sink_flags {
    CAMSEAL_SINK_CRC16_CHECKED = 1u, /* the receiver's hardware did it */
    CAMSEAL_SINK_PAYLOAD = 2u /* `packet` is the payload alone (empty for a short packet), its
                               * header and CRC-16 were checked: use camseal_sink_payload */
};

/* Flags of a payload that came on this channel with this data type. */
static inline uint32_t camseal_sink_payload(uint8_t wire_vc, uint8_t wire_dt)
{
    return CAMSEAL_SINK_PAYLOAD | (uint32_t)wire_vc << 8 | (uint32_t)wire_dt << 16;
}

typedef struct camseal_sink_item {
    camseal_sink *sink;
    camseal_mspan
        packet; /* one whole CSI-2 packet; decrypted in place; borrowed until its record appears */
    uint64_t cookie; /* the caller's, comes back in the record */
    uint32_t flags;
} camseal_sink_item;

/* Tags per data type or per frame (FSED too): a message's verdict comes with its tag. Without
 * `hold` in the context it has its MESSAGE record at once, PENDING, with its data, which must not
 * be acted upon; the SLOT or FRAME record tells. With `hold` its record comes after the tag, before
 * SLOT and FRAME; what is beyond `hold` is PENDING without data. A tag may make many records due:
 * feed takes nothing and gives SPACE until they are taken.
 *
 * Takes packets in order of arrival. Each gives exactly one MESSAGE or PLAIN record, and possibly
 * FRAME and EVENT records before or after it, in order per eVC, in this or a later call. A ring
 * that could not hold the records of the next packet gives SPACE: *taken items were consumed, the
 * rest not. How a stream is cut into batches never changes its records. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_feed(camseal_worker *worker,
                                                               const camseal_sink_item *items,
                                                               size_t n, uint64_t now_us,
                                                               size_t *taken);

/* A buffer of whole lines of one stream, as V4L2 gives them: an image, or lines of metadata (OP1-V,
 * §6: FSED carried in lines). Lines are decrypted in place. */
typedef struct camseal_sink_buffer {
    uint8_t wire_vc, wire_dt;
    uint8_t *data;
    size_t line_length, stride, lines; /* bytes of payload, bytes from line to line, count */
    uint64_t cookie;                   /* of line 0; line n has cookie + n */
} camseal_sink_buffer;

/* Feeds lines from *next on as payloads, and moves *next. Feed one frame in the order of its link:
 * metadata before, image, metadata after; then a short packet FE as a payload item, for the last
 * line to be told. SPACE as camseal_sink_feed; ARGUMENT for a stride below the line length. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_sink_feed_buffer(camseal_worker *worker, camseal_sink *sink,
                         const camseal_sink_buffer *buffer, uint64_t now_us, size_t *next);

/* Forces all records that are due: pending lanes, timeouts up to now_us. *wake_us (may be NULL):
 * call again by then, UINT64_MAX = nothing waits. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_flush(camseal_sink *sink, uint64_t now_us,
                                                                uint64_t *wake_us);

/* Freshness (§9), where the context sets lag_max: what the source's CTX_STATUS said, asked and
 * answered at these times. A status that took longer than T_rtt, a lag of more than lag_max frames,
 * and no status for T_fresh + T_rtt make the eVC STALE: nothing is released until a status is good.
 * NOT_FOUND for an eVC that is not of this context. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_freshness(camseal_sink *sink, uint8_t evc,
                                                                    uint64_t source_frame_count,
                                                                    uint64_t asked_us,
                                                                    uint64_t answered_us);

/* Announces a self-test of the source (enum camseal_selftest): in that frame what this kind leads
 * to has the verdict BIST, and no data is released; any other error counts as usual. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_selftest(camseal_sink *sink, uint8_t kind,
                                                                   uint8_t evc,
                                                                   uint64_t frame_count);

/* Closes every open frame as it stands (end of the stream). */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_sink_close(camseal_sink *sink,
                                                                uint64_t now_us);

#ifdef __cplusplus
}
#endif
#endif
