/* What the frames of sections "sep" and "fsed" share: their context, one side under test, and the
 * comparison of headers, nonces and tags member by member. */
#ifndef CAMSEAL_TOOL_VECTOR_STREAM_H
#define CAMSEAL_TOOL_VECTOR_STREAM_H

#include "camseal/stream.h"
#include "context/context.h"
#include "vector_check.h"

enum { VECTOR_MESSAGES_MAX = 256, VECTOR_INPUT_MAX = 1 << 20, VECTOR_DATA_MAX = 1 << 16 };

typedef struct vector_frame {
    vector_run *run;
    const json_t *vector, *context, *messages;
    uint8_t evc, wire_vc, sv[3];
    uint32_t epoch;
    uint64_t frame_count;
    uint8_t loaded[32], salt[16], crk[32];
    bool keyed;
    camseal_stream_map streams[CAMSEAL_CONTEXT_MAX_STREAMS];
    size_t n_streams;
    camseal_slot_map slots[CAMSEAL_PRIV_SLOT_MAX];
    camseal_context_config config;
} vector_frame;

/* One side under test: context and engine in one piece of memory each. */
typedef struct vector_side {
    camseal_context *ctx;
    void *ctx_mem, *engine_mem, *worker_mem;
    camseal_worker *worker;
} vector_side;

/* Reads everything of the vector but streams and slots. False when it is malformed. */
bool vector_frame_read(vector_frame *f, uint8_t protocol);
/* Source with its keys loaded and active, ready for this frame; NULL and a fault when refused. */
camseal_source *vector_side_source(vector_side *s, vector_frame *f);
/* Sink that has verified the frame before. */
camseal_sink *vector_side_sink(vector_side *s, vector_frame *f, camseal_record_ring *ring);
void vector_side_free(vector_side *s);

/* All open: no message has a tag. */
bool vector_frame_is_open(const vector_frame *f);
/* A message whose variant leaves something out. */
bool vector_is_partial(const json_t *message);

/* ---- comparison ---- */

/* Members k_int ... iv_enc of "keys". */
void vector_compare_keys(const vector_frame *f);
/* The members of a message against the fields of its header; sof, eof, tag_p and pad only if
 * `sent`. */
void vector_compare_header(const vector_frame *f, const json_t *message, const uint8_t header[16],
                           bool sent);
/* ctr_struct and ctr_nonce of an encrypted message. */
void vector_compare_ctr(const vector_frame *f, const json_t *message, const uint8_t iv_enc[12]);
/* Header and covered bytes of a message, zero-padded, as a MAC reads them. Returns the bytes, 0
 * when the vector is malformed. */
size_t vector_mac_part(uint8_t *out, const vector_frame *f, const json_t *message, size_t *covered);

typedef struct vector_tag {
    uint8_t struct_type, unit_type; /* differ in a TBT under CMAC */
    uint32_t unit;                  /* of the nonce */
    uint32_t n_messages;
    uint64_t covered;
    camseal_mspan input; /* without its last block, the trailer, for which there is room */
    camseal_span sent;   /* what our source sent */
} vector_tag;

/* A whole object "mac"; computes the 16 bytes of the tag itself, from the input. */
void vector_compare_mac(const vector_frame *f, const json_t *mac, const vector_tag *tag,
                        const camseal_context *ctx);

#endif
