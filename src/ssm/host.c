/* The host: memory, operations that may begin, what it tells. How an operation runs stands in
 * host_step.c. */
#include "host.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

#define ALIGN 16u /* of every object in the block: no member is aligned more strictly */

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

size_t camseal_ssm_host_size(const camseal_ssm_host_config *config)
{
    size_t size = aligned(sizeof(camseal_ssm_host)) +
                  aligned(config->n_peers * sizeof(camseal_ssm_peer_state));
    for (size_t i = 0; i < config->n_peers; i++) {
        size += aligned(config->peers[i].n_plans * sizeof(camseal_ssm_planned));
        size += aligned(camseal_spdm_requester_size(&config->peers[i].spdm));
    }
    return size;
}

static camseal_status check_peer(const camseal_ssm_host_config *config,
                                 const camseal_ssm_peer *peer)
{
    if (peer->n_plans && !peer->plans)
        return CAMSEAL_E_ARGUMENT;
    for (size_t i = 0; i < peer->n_plans; i++) {
        CAMSEAL_TRY(camseal_ssm_check_plan(config, &peer->plans[i]));
        for (size_t k = 0; k < i; k++)
            if (peer->plans[k].config.ctx_id == peer->plans[i].config.ctx_id)
                return CAMSEAL_E_ARGUMENT;
    }
    return CAMSEAL_OK;
}

static camseal_status check_config(const camseal_ssm_host_config *config)
{
    if (!config || config->struct_size != sizeof *config || !config->bulk || !config->crypto)
        return CAMSEAL_E_ARGUMENT;
    if (!config->peers || !config->n_peers || !config->load_sink)
        return CAMSEAL_E_ARGUMENT;
    if (!config->crypto->random || !camseal_crypto_hash(config->crypto, CAMSEAL_HASH_SHA256))
        return CAMSEAL_E_UNSUPPORTED;
    for (size_t i = 0; i < config->n_peers; i++)
        CAMSEAL_TRY(check_peer(config, &config->peers[i]));
    return CAMSEAL_OK;
}

static camseal_status set_owner(const camseal_ssm_host_config *config,
                                camseal_ssm_peer_state *state, const camseal_ssm_peer *peer)
{
    if (peer->owner_secret) {
        memcpy(state->owner, peer->owner_secret, sizeof state->owner);
        return CAMSEAL_OK;
    }
    return config->crypto->random(config->crypto->user, state->owner, sizeof state->owner);
}

/* The eVCs of a plan in the order of first mention. */
static void list_evcs(camseal_ssm_planned *planned, const camseal_ssm_context_plan *plan)
{
    for (size_t i = 0; i < plan->config.n_streams; i++) {
        size_t k = 0;
        while (k < planned->n_evcs && planned->seen[k].evc != plan->config.streams[i].evc)
            k++;
        if (k == planned->n_evcs && k < CAMSEAL_CONTEXT_MAX_EVCS)
            planned->seen[planned->n_evcs++].evc = plan->config.streams[i].evc;
    }
}

/* Takes the peer's part of the block from *at on. */
static camseal_status place_peer(camseal_ssm_host *host, size_t i, uint8_t **at)
{
    const camseal_ssm_peer *peer = &host->config.peers[i];
    camseal_ssm_peer_state *state = &host->peers[i];
    state->planned = (void *)*at;
    *at += aligned(peer->n_plans * sizeof(camseal_ssm_planned));
    for (size_t k = 0; k < peer->n_plans; k++)
        list_evcs(&state->planned[k], &peer->plans[k]);
    size_t size = camseal_spdm_requester_size(&peer->spdm);
    CAMSEAL_TRY(camseal_spdm_requester_init(&state->spdm, *at, size, &peer->spdm));
    *at += aligned(size);
    return set_owner(&host->config, state, peer);
}

camseal_status camseal_ssm_host_init(camseal_ssm_host **out, void *mem, size_t mem_len,
                                     const camseal_ssm_host_config *config)
{
    *out = NULL;
    CAMSEAL_TRY(check_config(config));
    size_t size = camseal_ssm_host_size(config);
    if (!mem || mem_len < size || (uintptr_t)mem % ALIGN != 0)
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, size);
    camseal_ssm_host *host = mem;
    uint8_t *at = (uint8_t *)mem + aligned(sizeof *host);
    host->config = *config;
    host->bytes = size;
    host->peers = (void *)at;
    at += aligned(config->n_peers * sizeof(camseal_ssm_peer_state));
    for (size_t i = 0; i < config->n_peers; i++) {
        camseal_status status = place_peer(host, i, &at);
        if (status != CAMSEAL_OK) {
            camseal_ssm_host_wipe(host);
            return status;
        }
    }
    *out = host;
    return CAMSEAL_OK;
}

void camseal_ssm_host_wipe(camseal_ssm_host *host)
{
    if (!host)
        return;
    for (size_t i = 0; i < host->config.n_peers; i++)
        if (host->peers[i].spdm)
            camseal_spdm_requester_wipe(host->peers[i].spdm);
    camseal_wipe(host, host->bytes);
}

const camseal_ssm_peer *camseal_ssm_peer_of(const camseal_ssm_host *host)
{
    return &host->config.peers[host->peer];
}

camseal_ssm_peer_state *camseal_ssm_peer_state_of(camseal_ssm_host *host)
{
    return &host->peers[host->peer];
}

const camseal_ssm_context_plan *camseal_ssm_plan_of(const camseal_ssm_host *host)
{
    return &camseal_ssm_peer_of(host)->plans[host->plan];
}

camseal_ssm_planned *camseal_ssm_planned_of(camseal_ssm_host *host)
{
    return &camseal_ssm_peer_state_of(host)->planned[host->plan];
}

bool camseal_ssm_plan_has_key(const camseal_ssm_context_plan *plan)
{
    return plan->config.suite != CAMSEAL_SUITE_SAFETY;
}

/* ---- operations ----------------------------------------------------------------------------- */

static camseal_status may_begin(const camseal_ssm_host *host, size_t peer)
{
    if (peer >= host->config.n_peers)
        return CAMSEAL_E_ARGUMENT;
    return host->script ? CAMSEAL_E_STATE : CAMSEAL_OK;
}

static camseal_status may_begin_in_session(const camseal_ssm_host *host, size_t peer)
{
    CAMSEAL_TRY(may_begin(host, peer));
    return host->peers[peer].in_session ? CAMSEAL_OK : CAMSEAL_E_STATE;
}

static camseal_status may_begin_on_plan(const camseal_ssm_host *host, size_t peer, size_t plan)
{
    CAMSEAL_TRY(may_begin_in_session(host, peer));
    if (plan >= host->config.peers[peer].n_plans)
        return CAMSEAL_E_ARGUMENT;
    return host->peers[peer].planned[plan].active ? CAMSEAL_OK : CAMSEAL_E_STATE;
}

static void forget_session(camseal_ssm_peer_state *state)
{
    state->in_session = false;
    state->presented = false;
}

camseal_status camseal_ssm_host_begin_bring_up(camseal_ssm_host *host, size_t peer)
{
    CAMSEAL_TRY(may_begin(host, peer));
    camseal_ssm_peer_state *state = &host->peers[peer];
    forget_session(state);
    for (size_t i = 0; i < host->config.peers[peer].n_plans; i++)
        state->planned[i].active = state->planned[i].created = false;
    camseal_ssm_run(host, &camseal_ssm_script_bring_up, peer, 0);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_host_begin_reconnect(camseal_ssm_host *host, size_t peer)
{
    CAMSEAL_TRY(may_begin(host, peer));
    camseal_ssm_peer_state *state = &host->peers[peer];
    for (size_t i = 0; i < host->config.peers[peer].n_plans; i++)
        if (!state->planned[i].active)
            return CAMSEAL_E_STATE;
    forget_session(state);
    camseal_ssm_run(host, &camseal_ssm_script_reconnect, peer, 0);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_host_begin_rotate(camseal_ssm_host *host, size_t peer, size_t plan,
                                             uint64_t at_frame_count)
{
    CAMSEAL_TRY(may_begin_on_plan(host, peer, plan));
    if (at_frame_count >= CAMSEAL_SSM_COUNT_LIMIT ||
        !camseal_ssm_plan_has_key(&host->config.peers[peer].plans[plan]))
        return CAMSEAL_E_ARGUMENT;
    if (host->peers[peer].planned[plan].epoch == UINT32_MAX)
        return CAMSEAL_E_LIMIT;
    camseal_ssm_run(host, &camseal_ssm_script_rotate, peer, plan);
    host->next_epoch = host->peers[peer].planned[plan].epoch + 1;
    host->at_frame_count = at_frame_count;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_host_begin_status(camseal_ssm_host *host, size_t peer, size_t plan)
{
    CAMSEAL_TRY(may_begin_on_plan(host, peer, plan));
    camseal_ssm_run(host, &camseal_ssm_script_status, peer, plan);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_host_begin_heartbeat(camseal_ssm_host *host, size_t peer)
{
    CAMSEAL_TRY(may_begin_in_session(host, peer));
    camseal_ssm_run(host, &camseal_ssm_script_heartbeat, peer, 0);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_host_begin_shut_down(camseal_ssm_host *host, size_t peer)
{
    CAMSEAL_TRY(may_begin_in_session(host, peer));
    camseal_ssm_run(host, &camseal_ssm_script_shut_down, peer, 0);
    return CAMSEAL_OK;
}

/* ---- what it tells -------------------------------------------------------------------------- */

void camseal_ssm_host_progress(const camseal_ssm_host *host, camseal_ssm_progress *out)
{
    *out = host->progress;
}

const camseal_ssm_failure *camseal_ssm_host_failure(const camseal_ssm_host *host)
{
    return &host->failure;
}

const camseal_spdm_requester *camseal_ssm_host_requester(const camseal_ssm_host *host, size_t peer)
{
    return peer < host->config.n_peers ? host->peers[peer].spdm : NULL;
}

const camseal_ssm_peer_status *camseal_ssm_host_status(const camseal_ssm_host *host, size_t peer)
{
    return peer < host->config.n_peers ? &host->peers[peer].status : NULL;
}

camseal_status camseal_ssm_host_digest(const camseal_ssm_host *host, size_t peer, size_t plan,
                                       uint8_t out[32])
{
    memset(out, 0, 32);
    if (peer >= host->config.n_peers || plan >= host->config.peers[peer].n_plans)
        return CAMSEAL_E_ARGUMENT;
    const camseal_ssm_planned *planned = &host->peers[peer].planned[plan];
    if (!planned->has_digest)
        return CAMSEAL_E_NOT_FOUND;
    memcpy(out, planned->digest, sizeof planned->digest);
    return CAMSEAL_OK;
}
