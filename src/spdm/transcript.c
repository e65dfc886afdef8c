/* Transcripts on the session port: clone and finish give a digest without ending the run. */
#include "transcript.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

void camseal_spdm_run_drop(const spdm_transcript *t, spdm_run *run)
{
    if (run->open)
        t->hash->drop(t->crypto->user, &run->state);
    camseal_wipe(run, sizeof *run);
}

void camseal_spdm_transcript_reset(spdm_transcript *t, const camseal_crypto *crypto)
{
    camseal_spdm_run_drop(t, &t->a);
    camseal_spdm_run_drop(t, &t->m1);
    camseal_spdm_run_drop(t, &t->l1);
    camseal_spdm_run_drop(t, &t->d);
    memset(t, 0, sizeof *t);
    t->crypto = crypto;
}

camseal_status camseal_spdm_transcript_vca(spdm_transcript *t, camseal_span message)
{
    if (message.len > (size_t)SPDM_VCA_MAX - t->vca_len)
        return CAMSEAL_E_SPACE;
    memcpy(t->vca + t->vca_len, message.data, message.len);
    t->vca_len = (uint16_t)(t->vca_len + message.len);
    return CAMSEAL_OK;
}

static camseal_status begin(const spdm_transcript *t, spdm_run *run)
{
    camseal_status status = t->hash->begin(t->crypto->user, &run->state);
    run->open = status == CAMSEAL_OK;
    return status;
}

camseal_status camseal_spdm_run_add(const spdm_transcript *t, spdm_run *run, camseal_span bytes)
{
    if (!run->open)
        return CAMSEAL_E_STATE;
    return t->hash->update(t->crypto->user, &run->state, bytes);
}

camseal_status camseal_spdm_transcript_settle(spdm_transcript *t, const camseal_hash *hash)
{
    t->hash = hash;
    CAMSEAL_TRY(begin(t, &t->a));
    return camseal_spdm_run_add(t, &t->a, camseal_span_of(t->vca, t->vca_len));
}

static camseal_status fork(const spdm_transcript *t, const spdm_run *from, spdm_run *run)
{
    if (!from->open)
        return CAMSEAL_E_STATE;
    camseal_spdm_run_drop(t, run);
    camseal_status status = t->hash->clone(t->crypto->user, &run->state, &from->state);
    run->open = status == CAMSEAL_OK;
    return status;
}

camseal_status camseal_spdm_run_fork(const spdm_transcript *t, spdm_run *run)
{
    return fork(t, &t->a, run);
}

camseal_status camseal_spdm_transcript_d(spdm_transcript *t, camseal_span digests)
{
    CAMSEAL_TRY(camseal_spdm_run_fork(t, &t->d));
    return camseal_spdm_run_add(t, &t->d, digests);
}

camseal_status camseal_spdm_run_fork_th(const spdm_transcript *t, spdm_run *th)
{
    return fork(t, t->d.open ? &t->d : &t->a, th);
}

camseal_status camseal_spdm_run_peek(const spdm_transcript *t, const spdm_run *run, uint8_t *digest)
{
    if (!run->open)
        return CAMSEAL_E_STATE;
    camseal_hash_state copy;
    CAMSEAL_TRY(t->hash->clone(t->crypto->user, &copy, &run->state));
    camseal_status status = t->hash->finish(t->crypto->user, &copy, digest);
    t->hash->drop(t->crypto->user, &copy);
    camseal_wipe(&copy, sizeof copy);
    return status;
}

camseal_status camseal_spdm_transcript_m1(spdm_transcript *t, camseal_span bytes)
{
    if (!t->m1.open)
        CAMSEAL_TRY(camseal_spdm_run_fork(t, &t->m1));
    return camseal_spdm_run_add(t, &t->m1, bytes);
}

void camseal_spdm_transcript_m1_reset(spdm_transcript *t)
{
    camseal_spdm_run_drop(t, &t->m1);
}

camseal_status camseal_spdm_hash_of(const camseal_crypto *crypto, const camseal_hash *hash,
                                    camseal_span bytes, uint8_t *digest)
{
    camseal_hash_state state;
    CAMSEAL_TRY(hash->begin(crypto->user, &state));
    camseal_status status = hash->update(crypto->user, &state, bytes);
    if (status == CAMSEAL_OK)
        status = hash->finish(crypto->user, &state, digest);
    hash->drop(crypto->user, &state);
    camseal_wipe(&state, sizeof state);
    return status;
}
