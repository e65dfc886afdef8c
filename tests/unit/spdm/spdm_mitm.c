/* The flows, their engines, and the way into a record. */
#include "spdm_mitm.h"

#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_toy.h"
#include "test.h"

enum { OUTSIDE = 0xFF, SMALLEST_TRANSFER = 42 };

const mitm_flow mitm_flows[] = {
    {"certificate", 0x12, MITM_CHALLENGE, "csvhuUvx"},
    {"certificate 1.4", 0x14, MITM_CHALLENGE | MITM_SUMMARY, "csvhUx"},
    {"certificate, clear", 0x13, MITM_CLEAR, "csvx"},
    {"multi-key", 0x13, MITM_MULTI_KEY | MITM_CHALLENGE, "csvx"},
    {"mutual, encapsulated", 0x12, MITM_MUTUAL, "csvx"},
    {"mutual, by DIGESTS, clear", 0x13, MITM_MUTUAL | MITM_DIGESTS | MITM_CLEAR, "csvx"},
    {"mutual, known chain", 0x14, MITM_MUTUAL | MITM_KNOWN, "csvx"},
    {"mutual, clear", 0x14, MITM_MUTUAL | MITM_CLEAR, "csvx"},
    {"mutual, CHALLENGE", 0x13, MITM_MUTUAL | MITM_CHALLENGE, "csvx"},
    {"psk", 0x12, MITM_NO_CERTIFICATES, "cpvhx"},
    {"psk 1.4", 0x14, MITM_NO_CERTIFICATES | MITM_SUMMARY, "cpvUx"},
    {"psk without context", 0x13, MITM_NO_CERTIFICATES | MITM_PSK_ALONE, "cpvx"},
    {"measurements", 0x13, 0, "cOsmMlix"},
    {"measurements 1.2", 0x12, 0, "cOsMx"},
    {"events", 0x13, MITM_MUTUAL, "cstbnekjx"},
    {"chunks", 0x14, MITM_CHUNKS, "csvx"},
    {"chunks 1.2", 0x12, MITM_CHUNKS | MITM_CHALLENGE, "csvx"},
    {"deferred", 0x13, MITM_DEFER | MITM_CHALLENGE, "csMx"},
};
const size_t mitm_n_flows = sizeof mitm_flows / sizeof mitm_flows[0];

const mitm_flow *mitm_flow_named(const char *name)
{
    for (size_t i = 0; i < mitm_n_flows; i++)
        if (strcmp(mitm_flows[i].name, name) == 0)
            return &mitm_flows[i];
    fail_msg("no flow %s", name);
    return NULL;
}

/* ---- applications --------------------------------------------------------------------------- */

static struct mitm *now; /* the one that plays; callbacks know no better */

static const uint8_t psk[] = "TestPskData", hint[] = "TestPskHint";

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

void mitm_describe(const struct mitm *m, camseal_status status, char *text, size_t size)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(m->p.req);
    (void)snprintf(text, size, "%s, %s: %s, error %02x; responder: %02x, %s",
                   camseal_status_name(status), f->message ? f->message : "-",
                   f->detail ? f->detail : "-", f->peer_error, m->last_error,
                   m->last_reason ? m->last_reason : "-");
}

/* ---- into a record and out again ------------------------------------------------------------ */

/* Who will open the record, and under which keys. */
static spdm_session *receiver(struct mitm *m, bool to_responder, uint32_t id)
{
    spdm_session *table = to_responder ? m->p.rsp->sessions : m->p.req->sessions;
    for (size_t i = 0; i < m->p.rsp->config.max_sessions; i++)
        if (table[i].state >= SPDM_SESSION_HANDSHAKE && table[i].id == id)
            return &table[i];
    return NULL;
}

static unsigned through_record(struct mitm *m, bool to_responder, struct pair_message *wire)
{
    static uint8_t plain[PAIR_MESSAGE];
    uint32_t id = 0;
    camseal_span message, in = camseal_span_of(wire->bytes, wire->len);
    (void)!camseal_spdm_record_session(in, &id);
    const spdm_session *s = receiver(m, to_responder, id);
    if (!s)
        return 1;
    spdm_keys keys = s->keys[to_responder ? SPDM_DIR_REQ : SPDM_DIR_RSP], again = keys;
    const spdm_record rec = {m->p.req_config.crypto, m->p.rsp->algorithms.aead,
                             m->p.req_config.binding, id, s->aead_limit};
    if (camseal_spdm_record_open(&rec, &keys, in, camseal_mspan_of(plain, sizeof plain),
                                 &message) != CAMSEAL_OK)
        return 1; /* under the keys before a KEY_UPDATE */
    uint8_t changed[MITM_ROOM];
    size_t len = message.len, lead = camseal_spdm_record_lead(rec.binding);
    memcpy(changed, message.data, len);
    m->see(m->user, m, to_responder, changed, &len);
    if (len == message.len && memcmp(changed, message.data, len) == 0)
        return 1;
    camseal_buf out = {wire->bytes, sizeof wire->bytes, 0};
    memcpy(wire->bytes + lead, changed, len);
    assert_status(camseal_spdm_record_seal(&rec, &again, &out, len), CAMSEAL_OK);
    wire->len = out.len;
    return 1;
}

static unsigned on_the_wire(void *user, struct pair *p, unsigned index, bool to_responder,
                            struct pair_message *wire)
{
    struct mitm *m = user;
    (void)p, (void)index;
    if (!m->see)
        return 1;
    if (wire->secured)
        return through_record(m, to_responder, wire);
    m->see(m->user, m, to_responder, wire->bytes, &wire->len);
    return 1;
}

/* ---- engines -------------------------------------------------------------------------------- */

static camseal_spdm_identity identity, req_identity;
static camseal_spdm_policy policy;
static camseal_spdm_answerer answerer;
static camseal_spdm_authenticator authenticator;
static camseal_spdm_psk_source source;
static camseal_trace req_trace, rsp_trace;
static camseal_span anchor;
static const camseal_spdm_feature *const features[] = {
    &camseal_spdm_chunking, &camseal_spdm_psk_sessions, &camseal_spdm_measurements,
    &camseal_spdm_encapsulation, &camseal_spdm_event_service};

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
    identity = (camseal_spdm_identity){.chain = anchor, .sign = CAMSEAL_SIGN_ECDSA_P256};
    req_identity = identity;
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
        q->data_transfer_size = r->data_transfer_size = SMALLEST_TRANSFER;
    if (flow->traits & MITM_MUTUAL)
        r->authenticator = &authenticator;
    r->features = features;
    r->n_features = sizeof features / sizeof features[0];
    r->measurer = &measurer;
    r->events = &events;
    r->heartbeat_s = 10;
    r->defer_exponent = flow->traits & MITM_DEFER ? 10 : 0;
    r->vendor = take_vendor;
    r->session = take_session;
}

void mitm_start(struct mitm *m, const mitm_flow *flow, uint64_t seed, void (*tune)(struct mitm *m))
{
    memset(m, 0, sizeof *m);
    now = m;
    m->flow = flow;
    set_policy(flow);
    set_parties(flow);
    pair_config(&m->p, toy_crypto(seed), &camseal_spdm_binding_tcp, anchor, &identity, 1);
    configure(m, flow);
    m->p.hook = on_the_wire;
    m->p.hook_user = m;
    if (tune)
        tune(m);
    if (flow->traits & MITM_DEFER)
        toy_delay(8, 0);
    pair_start(&m->p);
}

void mitm_stop(struct mitm *m)
{
    pair_stop(&m->p);
}

/* ---- operations ----------------------------------------------------------------------------- */

static camseal_status run(struct mitm *m, camseal_status begun)
{
    return begun == CAMSEAL_OK ? pair_run(&m->p) : begun;
}

static camseal_status say(struct mitm *m)
{
    uint8_t room[128];
    camseal_buf response = {room, sizeof room, 0};
    camseal_status status = pair_vendor(
        &m->p, m->session, camseal_span_of("what is said in a session, in chunks", 36), &response);
    if (status != CAMSEAL_OK)
        return status;
    assert_int_equal(response.len, 42);
    assert_memory_equal(room, "echo: what is said in a session, in chunks", 42);
    return status;
}

static camseal_status measure(struct mitm *m, uint8_t session, bool sign)
{
    camseal_spdm_measure query = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = sign};
    camseal_status status = run(m, camseal_spdm_begin_measurements(m->p.req, session, &query));
    if (status == CAMSEAL_OK && sign)
        assert_int_equal(query.blocks, 2);
    return status;
}

static camseal_status list(struct mitm *m, char letter)
{
    static uint8_t room[512];
    camseal_buf buf = {room, sizeof room, 0};
    camseal_spdm_event_list types = {buf, 0};
    if (letter == 'l')
        return run(m, camseal_spdm_begin_measurement_log(m->p.req, m->session, &buf));
    if (letter == 't')
        return run(m, camseal_spdm_begin_event_types(m->p.req, m->session, &types));
    return run(m, camseal_spdm_begin_endpoint_info(m->p.req, m->session, letter == 'I', &buf));
}

static camseal_status asked_status;
static void asked_done(void *user, camseal_status status, camseal_span info)
{
    (void)user, (void)info;
    asked_status = status;
}

/* The responder asks; what it hears counts. */
static camseal_status answer_errand(struct mitm *m, char letter)
{
    uint16_t answered;
    camseal_span event = camseal_span_of(one_event, sizeof one_event);
    camseal_spdm_responder *r = m->p.rsp;
    asked_status = CAMSEAL_E_BUG;
    camseal_status status =
        letter == 'k'   ? camseal_spdm_ask_key_update(r, m->session, asked_done, NULL)
        : letter == 'e' ? camseal_spdm_ask_event(r, m->session, 1, event, asked_done, NULL)
                        : camseal_spdm_ask_endpoint_info(r, m->session, false, asked_done, NULL);
    if (status == CAMSEAL_OK)
        status = run(m, camseal_spdm_begin_poll(m->p.req, m->session, &answered));
    return status == CAMSEAL_OK ? asked_status : status;
}

camseal_status mitm_operate(struct mitm *m, char letter)
{
    camseal_spdm_requester *q = m->p.req;
    switch (letter) {
    case 'c':
        return pair_connect(&m->p);
    case 's':
        return pair_session(&m->p, &m->session);
    case 'p':
        return run(
            m, camseal_spdm_begin_psk_session(q, camseal_span_of(hint, sizeof hint), &m->session));
    case 'x':
        return pair_end(&m->p, m->session);
    case 'v':
        return say(m);
    case 'h':
        return pair_heartbeat(&m->p, m->session);
    case 'u':
    case 'U':
        return run(m, camseal_spdm_begin_key_update(q, m->session, letter == 'U'));
    case 'm':
    case 'M':
        return measure(m, m->session, letter == 'M');
    case 'o':
    case 'O':
        return measure(m, OUTSIDE, letter == 'O');
    case 'b':
        return run(m, camseal_spdm_begin_subscribe(q, m->session, 1,
                                                   camseal_span_of(groups, sizeof groups)));
    case 'n':
        return run(m, camseal_spdm_begin_send_event(q, m->session, 1,
                                                    camseal_span_of(one_event, sizeof one_event)));
    case 'k':
    case 'e':
    case 'j':
        return answer_errand(m, letter);
    default:
        return list(m, letter);
    }
}

camseal_status mitm_play(struct mitm *m)
{
    camseal_status status = CAMSEAL_OK;
    m->opened = m->closed = m->accepted = m->proven = 0;
    m->last_error = 0;
    m->last_reason = NULL;
    for (const char *at = m->flow->script; *at && status == CAMSEAL_OK; at++) {
        m->failed = *at;
        status = mitm_operate(m, *at);
    }
    return status;
}

void mitm_play_cleanly(struct mitm *m)
{
    char text[256];
    m->p.hook = NULL;
    m->p.head = m->p.tail = 0;
    camseal_status status = mitm_play(m);
    mitm_describe(m, status, text, sizeof text);
    if (status != CAMSEAL_OK)
        fail_msg("%s, played again: %s", m->flow->name, text);
    m->p.hook = on_the_wire;
}
