/* `camseal spdm respond`: the optional parts of the engine, each when the options ask for it. */
#include <stdio.h>
#include <string.h>

#include "camseal/openssl.h"
#include "clock.h"
#include "spdm/msg/event.h"
#include "spdm_client.h"
#include "spdm_respond.h"

/* ---- vendor-defined requests ----------------------------------------------------------------- */

static camseal_status echo(void *user, const camseal_spdm_vendor_request *request,
                           camseal_buf *response)
{
    (void)user;
    if (request->session == SPDM_CLIENT_OUTSIDE)
        return CAMSEAL_E_UNEXPECTED;
    if (request->payload.len > response->capacity)
        return CAMSEAL_E_SPACE;
    /* The answer may be written where the request stands. */
    memmove(response->data, request->payload.data, request->payload.len);
    response->len = request->payload.len;
    return CAMSEAL_OK;
}

/* ---- slow signatures ------------------------------------------------------------------------- */

/* Whose signer it is: `user` of the table is the provider's. */
static spdm_responder *slow;

/* PENDING until the time is over. The provider signs at once: `scratch` is free until then. */
static camseal_status sign_slowly(void *user, camseal_sign_job *job)
{
    camseal_spdm_info info;
    uint64_t now = camseal_posix_now_us();
    if (!job->scratch[3])
        job->scratch[3] = now + slow->options.n.slow_ms * 1000;
    if (now < job->scratch[3])
        return CAMSEAL_PENDING;
    job->scratch[3] = 0;
    camseal_spdm_responder_info(slow->engine, &info);
    return camseal_crypto_sign(camseal_openssl(), info.sign)->sign(user, job);
}

static void slow_down(spdm_responder *r)
{
    const camseal_crypto *provider = camseal_openssl();
    size_t most = sizeof r->signs / sizeof r->signs[0];
    slow = r;
    r->crypto = *provider;
    r->crypto.signs = r->signs;
    r->crypto.n_signs = provider->n_signs < most ? provider->n_signs : most;
    for (size_t i = 0; i < r->crypto.n_signs; i++) {
        r->signs[i] = provider->signs[i];
        r->signs[i].sign = sign_slowly;
    }
    r->config.crypto = &r->crypto;
}

/* ---- measurements ---------------------------------------------------------------------------- */

static camseal_status give_log(void *user, camseal_span *log)
{
    const spdm_responder *r = user;
    *log = camseal_span_of(r->log.data, r->log.len);
    return CAMSEAL_OK;
}

static bool measurements(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    r->measurer = (camseal_spdm_measurer){.blocks = r->blocks.blocks,
                                          .n_blocks = r->blocks.n,
                                          .fresh = o->fresh,
                                          .unsigned_only = o->unsigned_only,
                                          .log = o->log ? give_log : NULL,
                                          .user = r};
    r->measurer.endpoint_info = camseal_span_of(o->endpoint_info, o->endpoint_info_len);
    r->config.measurer = &r->measurer;
    return r->blocks.n || o->log || o->endpoint_info_len;
}

/* ---- pre-shared keys ------------------------------------------------------------------------- */

static camseal_status find_psk(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    const spdm_responder *r = user;
    const spdm_responder_options *o = &r->options;
    for (size_t i = 0; i < o->n_psks; i++) {
        size_t len = o->hint_lens[i];
        if (query->hint.len != len || (len && memcmp(query->hint.data, o->hints[i], len)))
            continue;
        memcpy(out->bytes, r->psk_files[i].data, r->psk_files[i].len);
        out->len = r->psk_files[i].len;
        return CAMSEAL_OK;
    }
    return CAMSEAL_E_NOT_FOUND;
}

static bool psk_sessions(spdm_responder *r)
{
    if (!r->options.n_psks)
        return false;
    r->psk_source = (camseal_spdm_psk_source){
        .key = find_psk, .user = r, .without_context = r->options.psk_without_context};
    r->config.psk = &r->psk_source;
    return true;
}

/* ---- requesters ------------------------------------------------------------------------------ */

static bool encapsulation(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    bool authenticates = o->mutual > CAMSEAL_SPDM_REFUSE;
    camseal_span known = camseal_span_of(r->requester_file.data, r->requester_file.len);
    if (authenticates) {
        r->authenticator = (camseal_spdm_authenticator){.anchors = r->anchors,
                                                        .n_anchors = o->n_trust,
                                                        .time = o->time,
                                                        .pin = o->has_pin ? o->pin : NULL,
                                                        .max_chain = UINT16_MAX,
                                                        .asking = o->asking,
                                                        .slot = (uint8_t)o->n.ask_slot,
                                                        .challenge = o->ask_in_challenge};
        if (known.len && identity_first_certificate(known))
            r->authenticator.chain = known;
        else
            r->authenticator.key = known;
        r->config.authenticator = &r->authenticator;
    }
    return authenticates || o->n_demands || o->events;
}

/* ---- events ---------------------------------------------------------------------------------- */

static camseal_status take_subscription(void *user, uint8_t session, uint8_t groups,
                                        camseal_span list)
{
    spdm_responder *r = user;
    (void)session;
    r->subscribed = groups != 0;
    if (spdm_responder_talks(r))
        printf("  events: %u groups, %zu bytes are wanted\n", groups, list.len);
    return CAMSEAL_OK;
}

static camseal_status take_event(void *user, uint8_t session, uint32_t count, camseal_span events)
{
    (void)session;
    if (spdm_responder_talks(user))
        printf("  events: %u came, %zu bytes\n", (unsigned)count, events.len);
    return CAMSEAL_OK;
}

/* The DMTF's events, all four types. */
static bool events(spdm_responder *r)
{
    static const uint8_t types[] = {SPDM_EVENT_LOST,
                                    0,
                                    0,
                                    0,
                                    SPDM_EVENT_MEASUREMENT_CHANGED,
                                    0,
                                    0,
                                    0,
                                    SPDM_EVENT_MEASUREMENT_PRE_UPDATE,
                                    0,
                                    0,
                                    0,
                                    SPDM_EVENT_CERTIFICATE_CHANGED,
                                    0,
                                    0,
                                    0};
    const spdm_event_group dmtf = {.version = 1, .types = {types, sizeof types}};
    if (!r->options.events)
        return false;
    camseal_writer w = camseal_writer_of(r->event_group, sizeof r->event_group);
    camseal_spdm_write_event_group(&w, &dmtf);
    r->events = (camseal_spdm_events){.groups = 1,
                                      .list = camseal_span_of(r->event_group, w.len),
                                      .subscribe = take_subscription,
                                      .event = take_event,
                                      .user = r};
    r->config.events = &r->events;
    return true;
}

/* ---- the table ------------------------------------------------------------------------------- */

static bool always(spdm_responder *r)
{
    (void)r;
    return true;
}

/* One row a feature of the engine: fills its part of the configuration; false: not wanted. */
static const struct {
    const camseal_spdm_feature *feature;
    bool (*set_up)(spdm_responder *r);
} rows[] = {
    {&camseal_spdm_chunking, always},
    {&camseal_spdm_measurements, measurements},
    {&camseal_spdm_psk_sessions, psk_sessions},
    {&camseal_spdm_encapsulation, encapsulation},
    {&camseal_spdm_event_service, events},
    {&camseal_spdm_key_pair_service, spdm_respond_key_pairs},
    {&camseal_spdm_provisioning, spdm_respond_provision},
};

void spdm_respond_set_up(spdm_responder *r)
{
    r->config.features = r->features;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].set_up(r))
            r->features[r->config.n_features++] = rows[i].feature;
    r->config.vendor = r->options.echo ? echo : NULL;
    if (r->options.n.slow_ms)
        slow_down(r);
}
