/* The flows, their engines, and the way into a record. */
#include "spdm_mitm_apps.h"

#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_toy.h"
#include "test.h"

enum { OUTSIDE = 0xFF };

const mitm_flow mitm_flows[] = {
    {"certificate", 0x12, MITM_CHALLENGE, "csvhuUvx"},
    {"certificate 1.4", 0x14, MITM_CHALLENGE | MITM_SUMMARY, "csvhUx"},
    {"certificate, clear", 0x13, MITM_CLEAR, "csvx"},
    {"multi-key", 0x13, MITM_MULTI_KEY | MITM_PROVISION | MITM_CHALLENGE, "csgvx"},
    {"multi-key, mutual", 0x14, MITM_MULTI_KEY | MITM_PROVISION | MITM_MUTUAL, "csvx"},
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
    {"provisioning", 0x13, MITM_PROVISION | MITM_CHALLENGE, "csqwgzx"},
    {"provisioning 1.2", 0x12, MITM_PROVISION | MITM_CHALLENGE, "csqwx"},
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

/* ---- engines ------------------------------------------------------------------------------- */

void mitm_start(struct mitm *m, const mitm_flow *flow, uint64_t seed, void (*tune)(struct mitm *m))
{
    memset(m, 0, sizeof *m);
    m->flow = flow;
    mitm_configure(m, flow, toy_crypto(seed));
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
    static const char answer[] = "echo: what is said in a session, in chunks";
    bool right = response.len == 42 && memcmp(room, answer, 42) == 0;
    m->misheard += status == CAMSEAL_OK && !right;
    return status;
}

static camseal_status measure(struct mitm *m, uint8_t session, bool sign)
{
    camseal_spdm_measure query = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = sign};
    camseal_status status = run(m, camseal_spdm_begin_measurements(m->p.req, session, &query));
    m->misheard += status == CAMSEAL_OK && sign && query.blocks != 2;
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

static camseal_status provision(struct mitm *m, char letter)
{
    static uint8_t room[64];
    uint8_t total;
    camseal_buf der = {room, sizeof room, 0};
    camseal_spdm_csr csr = {.csr = der};
    camseal_spdm_key_pair pair;
    const camseal_spdm_new_chain chain = {.slot = 1, .chain = m->p.anchor};
    const camseal_spdm_key_change change = {
        .session = m->session, .id = 1, .usage = CAMSEAL_SPDM_USE_KEY_EXCHANGE};
    if (letter == 'q')
        return run(m, camseal_spdm_begin_get_csr(m->p.req, m->session, &csr));
    if (letter == 'w')
        return run(m, camseal_spdm_begin_set_certificate(m->p.req, m->session, &chain));
    if (letter == 'g')
        return run(m,
                   camseal_spdm_begin_get_key_pair(m->p.req, m->session, 1, &pair, &der, &total));
    return run(m, camseal_spdm_begin_set_key_pair(m->p.req, &change));
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
    camseal_spdm_responder *r = m->p.rsp;
    asked_status = CAMSEAL_E_BUG;
    camseal_status status =
        letter == 'k'   ? camseal_spdm_ask_key_update(r, m->session, asked_done, NULL)
        : letter == 'e' ? camseal_spdm_ask_event(r, m->session, 1, mitm_event, asked_done, NULL)
                        : camseal_spdm_ask_endpoint_info(r, m->session, false, asked_done, NULL);
    if (status == CAMSEAL_OK)
        status = run(m, camseal_spdm_begin_poll(m->p.req, m->session, &answered));
    return status == CAMSEAL_OK ? asked_status : status;
}

camseal_status mitm_operate(struct mitm *m, char letter)
{
    camseal_spdm_requester *q = m->p.req;
    if (strchr("mMoO", letter))
        return measure(m, strchr("mM", letter) ? m->session : (uint8_t)OUTSIDE,
                       letter == 'M' || letter == 'O');
    if (strchr("qwgz", letter))
        return provision(m, letter);
    if (strchr("kej", letter))
        return answer_errand(m, letter);
    switch (letter) {
    case 'c':
        return pair_connect(&m->p);
    case 's':
        return pair_session(&m->p, &m->session);
    case 'p':
        return run(m, camseal_spdm_begin_psk_session(q, mitm_hint, &m->session));
    case 'x':
        return pair_end(&m->p, m->session);
    case 'v':
        return say(m);
    case 'h':
        return pair_heartbeat(&m->p, m->session);
    case 'u':
    case 'U':
        return run(m, camseal_spdm_begin_key_update(q, m->session, letter == 'U'));
    case 'b':
        return run(m, camseal_spdm_begin_subscribe(q, m->session, 1, mitm_groups));
    case 'n':
        return run(m, camseal_spdm_begin_send_event(q, m->session, 1, mitm_event));
    default:
        return list(m, letter);
    }
}

camseal_status mitm_play(struct mitm *m)
{
    camseal_status status = CAMSEAL_OK;
    m->opened = m->closed = m->accepted = m->proven = m->misheard = 0;
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
    if (status != CAMSEAL_OK || m->misheard)
        fail_msg("%s, played again: %s", m->flow->name, text);
    m->p.hook = on_the_wire;
}
