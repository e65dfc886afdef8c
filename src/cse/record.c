#include "cse/record.h"

bool camseal_record_take(camseal_record_ring *ring, camseal_record *out)
{
    if (ring->count == 0)
        return false;
    *out = ring->records[ring->head];
    ring->head = (ring->head + 1) % ring->capacity;
    ring->count--;
    return true;
}

size_t camseal_priv_ring_free(const camseal_record_ring *ring)
{
    return ring->capacity - ring->count;
}

void camseal_priv_ring_push(camseal_record_ring *ring, camseal_context *ctx,
                            const camseal_record *record)
{
    size_t at = (ring->head + ring->count) % ring->capacity;
    ring->records[at] = *record;
    if (ctx->group)
        ring->records[at].flags |= CAMSEAL_RECORD_GROUP;
    ring->count++;
    if (record->verdict >= CAMSEAL_VERDICT_COUNT) /* PENDING: counted when its tag came */
        return;
    if (record->kind == CAMSEAL_RECORD_MESSAGE || record->kind == CAMSEAL_RECORD_FRAME)
        ctx->verdicts[record->verdict]++;
}

/* Verdict and safety verdict that a reason for refusing a packet leads to. */
static const struct {
    const char *name;
    uint8_t verdict, safety;
} reasons[CAMSEAL_REASON_COUNT] = {
    [CAMSEAL_REASON_NONE] = {"", CAMSEAL_VERDICT_OK, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_TAG] = {"forged tag", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_REPLAY_FRAME] = {"replayed frame", CAMSEAL_VERDICT_FORGED,
                                     CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_REPLAY_MESSAGE] = {"replayed or reordered message", CAMSEAL_VERDICT_FORGED,
                                       CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_VERSION] = {"wrong header version", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_CONTEXT] = {"another context", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_EPOCH] = {"wrong epoch", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_STREAM] = {"stream not listed", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_VARIANT] = {"security variant not allowed", CAMSEAL_VERDICT_FORGED,
                                CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_FLAGS] = {"flags disagree with the context", CAMSEAL_VERDICT_FORGED,
                              CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_LENGTH] = {"lengths do not fit", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_PAD] = {"wrong padding", CAMSEAL_VERDICT_FORGED, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_ORDER] = {"start or end of frame misplaced", CAMSEAL_VERDICT_FORGED,
                              CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_ECC] = {"packet header beyond repair", CAMSEAL_VERDICT_INCOMPLETE,
                            CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_CRC16] = {"CRC-16 wrong", CAMSEAL_VERDICT_INCOMPLETE,
                              CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_CRC32] = {"CRC-32 wrong", CAMSEAL_VERDICT_INCOMPLETE,
                              CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_TRUNCATED] = {"truncated packet", CAMSEAL_VERDICT_INCOMPLETE,
                                  CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_GAP] = {"missing messages", CAMSEAL_VERDICT_INCOMPLETE,
                            CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_NO_START] = {"missing start of frame", CAMSEAL_VERDICT_INCOMPLETE,
                                 CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_NO_END] = {"missing end of frame", CAMSEAL_VERDICT_INCOMPLETE,
                               CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_TIMEOUT] = {"timeout", CAMSEAL_VERDICT_INCOMPLETE, CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_FRAME_GAP] = {"missing frames", CAMSEAL_VERDICT_INCOMPLETE,
                                  CAMSEAL_VERDICT_INCOMPLETE},
    [CAMSEAL_REASON_UNPROTECTED] = {"protection stripped", CAMSEAL_VERDICT_FORGED,
                                    CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_STALE] = {"behind the source", CAMSEAL_VERDICT_STALE, CAMSEAL_VERDICT_OK},
    [CAMSEAL_REASON_NO_KEY] = {"no active key", CAMSEAL_VERDICT_INCOMPLETE, CAMSEAL_VERDICT_OK},
};

const char *camseal_reason_name(unsigned reason)
{
    return reason < CAMSEAL_REASON_COUNT ? reasons[reason].name : "?";
}

camseal_priv_refusal camseal_priv_refuse(uint8_t reason, const char *field, uint64_t expected,
                                         uint64_t seen)
{
    camseal_priv_refusal refusal = {
        reason, reasons[reason].verdict, reasons[reason].safety, field, expected, seen};
    return refusal;
}
