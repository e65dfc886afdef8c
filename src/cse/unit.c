#include "cse/unit.h"

#include "base/secret.h"
#include "cse/stream.h"

void camseal_priv_unit_reset(camseal_priv_unit *unit)
{
    const uint8_t rounds = unit->rounds;
    camseal_wipe(unit, sizeof *unit);
    unit->rounds = rounds;
}

/* SV-4: the covered bytes, gathered into pieces of whole blocks, so that only the last is padded.
 */
static void absorb_strided(const camseal_priv_lane *lane, const camseal_mac_job *job)
{
    enum { PIECE = 256 };
    const camseal_mac_alg *mac = lane->ctx->mac;
    camseal_span span = camseal_span_of(lane->header_bytes, CAMSEAL_PRIV_HEADER_BYTES);
    camseal_mac_job step = *job;
    step.spans = &span;
    step.n_spans = 1;
    step.flags = job->flags & CAMSEAL_MAC_START;
    mac->many(&step, 1);
    step.flags = 0;
    uint8_t piece[PIECE];
    size_t filled = 0;
    for (uint32_t i = 0; i < lane->data.len; i++) {
        if (!camseal_priv_covers_byte(&lane->ctx->stride, i))
            continue;
        piece[filled++] = lane->data.data[i];
        if (filled < PIECE)
            continue;
        span = camseal_span_of(piece, filled);
        mac->many(&step, 1);
        filled = 0;
    }
    if (filled) {
        span = camseal_span_of(piece, filled);
        mac->many(&step, 1);
    }
}

static bool is_strided(const camseal_priv_lane *lane)
{
    return lane->header.sv == 4 && lane->covered;
}

/* Works off what does not fit into one job; false when nothing of the job is left. */
static bool prepare(const camseal_priv_lane *lane, camseal_mac_job *job)
{
    if (!is_strided(lane))
        return true;
    absorb_strided(lane, job);
    job->flags &= (uint32_t)CAMSEAL_MAC_FINISH;
    return job->flags != 0;
}

void camseal_priv_unit_job(camseal_priv_lane *lane, camseal_priv_unit *unit, uint8_t type,
                           uint32_t number, bool finish, camseal_mac_job *job)
{
    static const uint8_t zeros[16];
    const camseal_priv_keys *keys = &lane->ctx->keys[lane->keys];
    camseal_priv_nonce nonce = {lane->ctx->protocol, type, lane->evc->evc, lane->frame_count,
                                number};
    camseal_priv_nonce_make(lane->nonce, &nonce, keys->iv_int);
    unit->messages++;
    unit->covered += lane->covered;
    camseal_mac_job filled = {keys->mac,
                              &unit->state,
                              lane->spans,
                              0,
                              lane->nonce,
                              lane->tag,
                              finish ? (uint32_t)CAMSEAL_MAC_FINISH : 0};
    if (!unit->started)
        filled.flags |= CAMSEAL_MAC_START;
    unit->started = true;
    camseal_span *span = lane->spans;
    if (!is_strided(lane)) {
        *span++ = camseal_span_of(lane->header_bytes, CAMSEAL_PRIV_HEADER_BYTES);
        *span++ = camseal_span_of(lane->data.data, lane->covered);
        *span++ = camseal_span_of(zeros, (16 - lane->covered % 16) % 16);
    }
    if (finish) {
        camseal_priv_trailer_pack(lane->trailer, type, unit->messages, unit->covered);
        *span++ = camseal_span_of(lane->trailer, sizeof lane->trailer);
    }
    filled.n_spans = (size_t)(span - lane->spans);
    *job = filled;
}

void camseal_priv_unit_add(camseal_worker *worker, camseal_priv_lane *lane, camseal_priv_unit *unit,
                           uint8_t type, uint32_t number, bool finish)
{
    camseal_priv_unit_job(lane, unit, type, number, finish, &worker->mac_jobs[worker->n_mac]);
    worker->mac_lanes[worker->n_mac++] = lane;
    lane->unit = unit;
    lane->round = unit->rounds++;
}

void camseal_priv_unit_message(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_priv_unit_add(worker, lane, &lane->own, CAMSEAL_PRIV_UNIT_MESSAGE,
                          lane->header.message_count, true);
}

void camseal_priv_unit_message_now(camseal_priv_lane *lane)
{
    camseal_mac_job job;
    camseal_priv_unit_reset(&lane->own);
    camseal_priv_unit_job(lane, &lane->own, CAMSEAL_PRIV_UNIT_MESSAGE, lane->header.message_count,
                          true, &job);
    if (prepare(lane, &job))
        lane->ctx->mac->many(&job, 1);
}

/* The jobs of one round, of as many units. Returns how many there were. */
static size_t run_round(camseal_worker *worker, uint8_t round)
{
    size_t n = 0, ready = 0;
    for (size_t i = 0; i < worker->n_mac; i++) {
        if (worker->mac_lanes[i]->round != round)
            continue;
        n++;
        if (prepare(worker->mac_lanes[i], &worker->mac_jobs[i]))
            worker->round_jobs[ready++] = worker->mac_jobs[i];
    }
    if (ready)
        worker->mac_lanes[0]->ctx->mac->many(worker->round_jobs, ready);
    return n;
}

void camseal_priv_worker_run_mac(camseal_worker *worker)
{
    size_t done = 0;
    for (uint8_t round = 0; done < worker->n_mac; round++)
        done += run_round(worker, round);
    for (size_t i = 0; i < worker->n_mac; i++)
        worker->mac_lanes[i]->unit->rounds = 0;
    worker->n_mac = 0;
}
