/* What both engines of the rig are configured with, and the applications behind them. */
#include "spdm_mitm_apps.h"

#include "spdm_toy.h"
#include "test.h"

/* ---- applications --------------------------------------------------------------------------- */

static struct mitm *now; /* the one that plays; callbacks know no better */

static const uint8_t psk[] = "TestPskData", hint[] = "TestPskHint";
const camseal_span mitm_hint = {hint, sizeof hint};

static camseal_status find_key(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    (void)user;
    if (query->hint.len != sizeof hint || memcmp(query->hint.data, hint, sizeof hint) != 0)
        return CAMSEAL_E_NOT_FOUND;
    memcpy(out->bytes, psk, sizeof psk);
    out->len = sizeof psk;
    return CAMSEAL_OK;
}

static const uint8_t firmware[] = "firmware 1.2.3", mode[16] = {4};
static const camseal_spdm_measurement blocks[] = {
    {1, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {firmware, 14}},
    {0xFE, CAMSEAL_SPDM_MEASURE_DEVICE_MODE, CAMSEAL_SPDM_FORM_RAW, false, {mode, 16}}};
/* One entry: index 1, of measurement 1, raw, 4 bytes. */
static const uint8_t log_bytes[] = {1, 0, 0, 0, 15, 0, 0, 0, 0,    0, 0, 0,   0,   0,   0,  0,
                                    1, 0, 0, 0, 1,  0, 0, 0, 0x81, 4, 0, 'l', 'o', 'g', '1'};
static const uint8_t ep_info[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};

static camseal_status get_log(void *user, camseal_span *log)
{
    (void)user;
    *log = camseal_span_of(log_bytes, sizeof log_bytes);
    return CAMSEAL_OK;
}
static const camseal_spdm_measurer measurer = {
    .blocks = blocks, .n_blocks = 2, .log = get_log, .endpoint_info = {ep_info, sizeof ep_info}};

/* One group of the DMTF with all its types; one event. */
static const uint8_t groups[] = {0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0};
static const uint8_t one_event[] = {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 1};
const camseal_span mitm_groups = {groups, sizeof groups},
                   mitm_event = {one_event, sizeof one_event};

static camseal_status take_subscription(void *user, uint8_t session, uint8_t n, camseal_span list)
{
    (void)user, (void)session, (void)n, (void)list;
    now->accepted++;
    return CAMSEAL_OK;
}

static camseal_status take_event(void *user, uint8_t session, uint32_t count, camseal_span list)
{
    (void)user, (void)session, (void)count, (void)list;
    now->accepted++;
    return CAMSEAL_OK;
}
static const camseal_spdm_events events = {
    1, {groups, sizeof groups}, take_subscription, take_event, NULL};

static camseal_status take_peer(void *user, const camseal_spdm_peer *peer)
{
    (void)user;
    now->proven += peer->proven;
    return CAMSEAL_OK;
}

static camseal_status take_vendor(void *user, const camseal_spdm_vendor_request *request,
                                  camseal_buf *response)
{
    now->accepted++;
    return pair_echo(user, request, response);
}

static void take_session(void *user, uint8_t session, uint32_t id, bool established)
{
    (void)user, (void)session, (void)id;
    now->opened += established;
    now->closed += !established;
}

static camseal_status agree(void *user, const camseal_spdm_installation *what)
{
    (void)user, (void)what;
    return CAMSEAL_OK;
}

static camseal_status store(void *user, const camseal_spdm_installation *what, bool *reset)
{
    (void)user, (void)what, (void)reset;
    now->accepted++;
    return CAMSEAL_OK;
}

static camseal_status make_csr(void *user, const camseal_spdm_csr_request *request,
                               camseal_buf *csr, bool *reset, uint8_t *tag)
{
    static const uint8_t der[] = {0x30, 3, 2, 1, 0};
    (void)user, (void)request, (void)reset, (void)tag;
    memcpy(csr->data, der, sizeof der);
    csr->len = sizeof der;
    return CAMSEAL_OK;
}

static camseal_status get_pair(void *user, uint8_t id, camseal_spdm_key_pair *out)
{
    (void)user, (void)id;
    *out = (camseal_spdm_key_pair){.capabilities = CAMSEAL_SPDM_KEY_USAGE,
                                   .usages = 0x0F,
                                   .usage = CAMSEAL_SPDM_USE_CHALLENGE};
    return camseal_spdm_describe_key(CAMSEAL_SIGN_ECDSA_P256, out);
}

static camseal_status agree_key(void *user, const camseal_spdm_key_change *change)
{
    (void)user, (void)change;
    return CAMSEAL_OK;
}

static camseal_status set_pair(void *user, const camseal_spdm_key_change *change, bool *reset)
{
    (void)user, (void)change, (void)reset;
    now->accepted++;
    return CAMSEAL_OK;
}
static camseal_spdm_key_pairs key_pairs = {
    .get = get_pair, .authorise = agree_key, .set = set_pair};

/* ---- reports -------------------------------------------------------------------------------- */

static void take_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    (void)user, (void)label, (void)id;
    if (now->n_secrets == MITM_SECRETS)
        return;
    memcpy(now->secrets[now->n_secrets], value.data, value.len);
    now->secret_len[now->n_secrets++] = value.len;
}

static void take_refusal(void *user, camseal_status status, const char *area, const char *event,
                         const char *detail, uint64_t a, uint64_t b)
{
    (void)user, (void)area, (void)event, (void)b;
    if (status == CAMSEAL_OK)
        return;
    now->last_error = (uint8_t)a;
    now->last_reason = detail;
}

/* ---- configuration
 * -------------------------------------------------------------------------------- */

static camseal_spdm_identity identities[2], req_identity;
static camseal_spdm_provisioner provisioner;
static camseal_spdm_policy policy;
static camseal_spdm_answerer answerer;
static camseal_spdm_authenticator authenticator;
static camseal_spdm_psk_source source;
static camseal_trace req_trace, rsp_trace;
static camseal_span anchor;
static const camseal_spdm_feature *const features[] = {
    &camseal_spdm_chunking,        &camseal_spdm_psk_sessions,  &camseal_spdm_measurements,
    &camseal_spdm_encapsulation,   &camseal_spdm_event_service, &camseal_spdm_provisioning,
    &camseal_spdm_key_pair_service};

static void set_policy(const mitm_flow *flow)
{
    memset(&policy, 0, sizeof policy);
    policy.min_version = policy.max_version = flow->version;
    policy.clear_handshake = flow->traits & MITM_CLEAR ? CAMSEAL_SPDM_ALLOW : CAMSEAL_SPDM_REFUSE;
    policy.mutual = flow->traits & MITM_MUTUAL ? CAMSEAL_SPDM_REQUIRE : CAMSEAL_SPDM_REFUSE;
    policy.req_sign.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ECDSA_P256);
    policy.multi_key = flow->traits & MITM_MULTI_KEY ? CAMSEAL_SPDM_ALLOW : CAMSEAL_SPDM_REFUSE;
}

static void set_parties(const mitm_flow *flow)
{
    anchor = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identities[0] = (camseal_spdm_identity){.chain = anchor, .sign = CAMSEAL_SIGN_ECDSA_P256};
    req_identity = identities[1] = identities[0];
    identities[1].slot = 1;
    provisioner = (camseal_spdm_provisioner){.anchors = &anchor,
                                             .n_anchors = 1,
                                             .authorise = agree,
                                             .fits_key = agree,
                                             .store = store,
                                             .csr = make_csr};
    answerer = (camseal_spdm_answerer){.with = &camseal_spdm_answers,
                                       .event = take_event,
                                       .endpoint_info = {ep_info, sizeof ep_info},
                                       .notifies = true};
    if (flow->traits & MITM_MUTUAL) {
        answerer.identities = &req_identity;
        answerer.n_identities = 1;
    }
    authenticator = (camseal_spdm_authenticator){
        .anchors = &anchor, .n_anchors = 1, .max_chain = 512, .peer = take_peer};
    authenticator.challenge = (flow->traits & MITM_CHALLENGE) != 0;
    if (flow->traits & MITM_DIGESTS)
        authenticator.asking = CAMSEAL_SPDM_ASK_DIGESTS;
    if (flow->traits & MITM_KNOWN) {
        authenticator.asking = CAMSEAL_SPDM_ASK_NOTHING;
        authenticator.chain = anchor;
    }
    source = (camseal_spdm_psk_source){find_key, NULL, (flow->traits & MITM_PSK_ALONE) != 0};
    req_trace = (camseal_trace){.secret = take_secret};
    rsp_trace = (camseal_trace){.event = take_refusal, .secret = take_secret};
}

static void configure(struct mitm *m, const mitm_flow *flow)
{
    camseal_spdm_requester_config *q = &m->p.req_config;
    camseal_spdm_responder_config *r = &m->p.rsp_config;
    q->policy = r->policy = &policy;
    q->trace = &req_trace;
    r->trace = &rsp_trace;
    q->log_secrets = r->log_secrets = true;
    q->psk = r->psk = &source;
    q->sets = r->sets = CAMSEAL_SPDM_SET_P256;
    q->max_message = r->max_message = 1024;
    q->max_chain = 512;
    q->max_sessions = r->max_sessions = 3;
    q->challenge = (flow->traits & MITM_CHALLENGE) != 0;
    q->summary = flow->traits & MITM_SUMMARY ? CAMSEAL_SPDM_SUMMARY_ALL : CAMSEAL_SPDM_SUMMARY_NONE;
    q->answerer = &answerer;
    if (flow->traits & MITM_NO_CERTIFICATES)
        q->n_anchors = 0;
    if (flow->traits & MITM_CHUNKS)
        q->data_transfer_size = r->data_transfer_size = 42;
    if (flow->traits & MITM_MUTUAL)
        r->authenticator = &authenticator;
    r->features = features;
    r->n_features = sizeof features / sizeof features[0] - 2; /* without the last two */
    if (flow->traits & MITM_PROVISION) {
        r->n_identities = 2;
        r->n_features += 2;
        r->provisioner = &provisioner;
        key_pairs.total = flow->traits & MITM_MULTI_KEY ? 2 : 1;
        r->key_pairs = &key_pairs;
    }
    r->measurer = &measurer;
    r->events = &events;
    r->heartbeat_s = 10;
    r->defer_exponent = flow->traits & MITM_DEFER ? 10 : 0;
    r->vendor = take_vendor;
    r->session = take_session;
}

void mitm_configure(struct mitm *m, const mitm_flow *flow, const camseal_crypto *crypto)
{
    now = m;
    set_policy(flow);
    set_parties(flow);
    pair_config(&m->p, crypto, &camseal_spdm_binding_tcp, anchor, identities, 1);
    configure(m, flow);
}
