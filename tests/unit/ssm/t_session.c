/* The whole control plane in memory: host and components over real SPDM sessions with certificates,
 * then protected packets from the component's source to the sink that the host loaded; rotation
 * under way; a hostile link. */
#include "rig.h"

#include "camseal/stream.h"
#include "test_pki.h"

enum { MESSAGE = 4300, LINE = 96, RING = 64 };

static const camseal_stream_map streams[] = {{1, 0x2C, 3, false, 0x2C}, {1, 0x12, 3, true, 0x12}};

/* The receiving end of one context. */
struct receiver {
    void *ctx_mem, *sink_mem;
    camseal_context *ctx;
    camseal_sink *sink;
    camseal_record records[RING];
    camseal_record_ring ring;
    uint8_t loaded[32];
};

struct system {
    struct rig rig; /* the component */
    struct test_pki pki;
    camseal_spdm_identity identity;
    camseal_spdm_responder_config responder_config;
    camseal_spdm_responder *responder;
    void *responder_mem;
    size_t responder_size;

    camseal_ssm_context_plan plan;
    camseal_ssm_peer peer;
    camseal_ssm_host_config config;
    camseal_ssm_host *host;
    void *host_mem;
    size_t host_size;

    struct receiver receiver;
    camseal_worker *worker;
    void *worker_mem, *source_mem;
    camseal_source *source;
    unsigned loads;

    unsigned messages; /* on the link so far, both directions */
    /* Changes message number `spoil_at`. */
    unsigned spoil_at, spoil_byte;
    bool sessions[2];
};

static void *block(size_t n)
{
    void *p = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63) / 64 * 64);
    assert_non_null(p);
    return p;
}

static camseal_status vendor(void *user, const camseal_spdm_vendor_request *request,
                             camseal_buf *response)
{
    struct system *s = user;
    return camseal_ssm_component_handle(s->rig.c, request, response);
}

static void session(void *user, uint8_t index, uint32_t id, bool established)
{
    struct system *s = user;
    assert_true(index < 2);
    assert_true(s->sessions[index] != established);
    s->sessions[index] = established;
    camseal_ssm_component_session(s->rig.c, index, id, established);
}

/* The first key makes the sink, further ones rotate it. */
static camseal_status load_sink(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least)
{
    struct system *s = user;
    struct receiver *r = &s->receiver;
    assert_int_equal(peer, 0);
    s->loads++;
    memcpy(r->loaded, loaded, 32);
    if (!r->ctx) {
        camseal_context_config config = plan->config;
        config.struct_size = sizeof config;
        config.bulk = camseal_bulk_soft();
        config.crypto = camseal_openssl();
        config.role = CAMSEAL_ROLE_SINK;
        size_t n = camseal_context_size(&config);
        r->ctx_mem = block(n);
        assert_status(camseal_context_init(&r->ctx, r->ctx_mem, n, &config), CAMSEAL_OK);
        r->ring.records = r->records;
        r->ring.capacity = RING;
        n = camseal_sink_size(r->ctx);
        r->sink_mem = block(n);
        assert_status(camseal_sink_init(&r->sink, r->sink_mem, n, r->ctx, &r->ring), CAMSEAL_OK);
    }
    return camseal_context_load(r->ctx, loaded, salt, epoch, least, n_least);
}

static void open_responder(struct system *s)
{
    camseal_spdm_responder_config *c = &s->responder_config;
    s->identity.chain = s->pki.chain;
    s->identity.sign = s->pki.sign;
    s->identity.key = s->pki.key;
    c->struct_size = sizeof *c;
    c->crypto = camseal_openssl();
    c->binding = &camseal_spdm_binding_tcp;
    c->identities = &s->identity;
    c->n_identities = 1;
    c->vendor = vendor;
    c->session = session;
    c->heartbeat_s = 5;
    c->user = s;
    s->responder_size = camseal_spdm_responder_size(c);
    s->responder_mem = block(s->responder_size);
    assert_status(
        camseal_spdm_responder_init(&s->responder, s->responder_mem, s->responder_size, c),
        CAMSEAL_OK);
}

static void open_host(struct system *s)
{
    s->host_size = camseal_ssm_host_size(&s->config);
    s->host_mem = block(s->host_size);
    assert_status(camseal_ssm_host_init(&s->host, s->host_mem, s->host_size, &s->config),
                  CAMSEAL_OK);
}

static void open_system(struct system *s, enum test_pki_alg alg)
{
    memset(s, 0, sizeof *s);
    rig_open(&s->rig, NULL);
    test_pki_make(&s->pki, alg, TEST_PKI_GOOD);
    open_responder(s);
    camseal_context_config *c = &s->plan.config;
    c->ctx_id = 7;
    c->protocol = CAMSEAL_PROTOCOL_SEP;
    c->suite = CAMSEAL_SUITE_PERF_256_IE;
    c->tag_mode = CAMSEAL_TAG_MESSAGE;
    c->streams = streams;
    c->n_streams = 2;
    memset(c->sv_allowed, 0x03, 3);
    memset(c->sv_current, 1, 3);
    s->plan.first_epoch = 14; /* crosses the four bits on the wire while rotating */
    s->peer.name = "camera";
    s->peer.spdm.struct_size = sizeof s->peer.spdm;
    s->peer.spdm.crypto = camseal_openssl();
    s->peer.spdm.binding = &camseal_spdm_binding_tcp;
    s->peer.spdm.anchors = &s->pki.root;
    s->peer.spdm.n_anchors = 1;
    s->peer.spdm.pin = s->pki.pin;
    s->peer.spdm.time = (camseal_time){CAMSEAL_TIME_FULL, TEST_PKI_NOW};
    s->peer.spdm.challenge = true;
    s->peer.plans = &s->plan;
    s->peer.n_plans = 1;
    s->config.struct_size = sizeof s->config;
    s->config.bulk = camseal_bulk_soft();
    s->config.crypto = camseal_openssl();
    s->config.peers = &s->peer;
    s->config.n_peers = 1;
    s->config.load_sink = load_sink;
    s->config.user = s;
    open_host(s);
    size_t n = camseal_worker_size(4);
    s->worker_mem = block(n);
    assert_status(camseal_worker_init(&s->worker, s->worker_mem, n, 4), CAMSEAL_OK);
}

static void close_host(struct system *s)
{
    camseal_ssm_host_wipe(s->host);
    for (size_t i = 0; i < s->host_size; i++)
        assert_int_equal(((uint8_t *)s->host_mem)[i], 0);
    free(s->host_mem);
}

static void close_receiver(struct receiver *r)
{
    free(r->ctx_mem);
    free(r->sink_mem);
    memset(r, 0, sizeof *r);
}

static void close_system(struct system *s)
{
    close_host(s);
    camseal_spdm_responder_wipe(s->responder);
    free(s->responder_mem);
    free(s->worker_mem);
    free(s->source_mem);
    close_receiver(&s->receiver);
    rig_close(&s->rig);
    test_pki_free(&s->pki);
}

static void pass(struct system *s, uint8_t *message, size_t len)
{
    if (++s->messages == s->spoil_at)
        message[s->spoil_byte % len] ^= 0x10;
}

/* Steps until the host's operation ends; lost answers become virtual time. */
static camseal_status drive(struct system *s)
{
    static uint8_t to[MESSAGE], from[MESSAGE];
    uint64_t now = 0;
    camseal_step step = {.out = {to, sizeof to, 0}};
    for (int guard = 0; guard < 500; guard++) {
        step.now_us = now;
        camseal_status status = camseal_ssm_host_step(s->host, &step);
        step.in = camseal_span_of(NULL, 0);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE)
            return status;
        if (step.next != CAMSEAL_NEXT_SEND) { /* no answer will come */
            assert_true(step.wake_us != UINT64_MAX);
            now = step.wake_us;
            continue;
        }
        camseal_step other = {.in = {to, step.out.len},
                              .in_secured = step.out_secured,
                              .out = {from, sizeof from, 0},
                              .now_us = now};
        pass(s, to, step.out.len);
        assert_status(camseal_spdm_responder_step(s->responder, &other), CAMSEAL_OK);
        if (other.next != CAMSEAL_NEXT_SEND)
            continue;
        pass(s, from, other.out.len);
        step.in = camseal_span_of(from, other.out.len);
        step.in_secured = other.out_secured;
    }
    fail_msg("the host does not come to an end");
    return CAMSEAL_E_BUG;
}

static camseal_status bring_up(struct system *s)
{
    assert_status(camseal_ssm_host_begin_bring_up(s->host, 0), CAMSEAL_OK);
    return drive(s);
}

static void begin_stream(struct system *s)
{
    camseal_context *ctx = camseal_ssm_component_context(s->rig.c, 7);
    size_t n = camseal_source_size(ctx);
    free(s->source_mem);
    s->source_mem = block(n);
    assert_status(camseal_source_init(&s->source, s->source_mem, n, ctx), CAMSEAL_OK);
}

static camseal_record send_line(struct system *s, uint32_t flags, uint8_t fill)
{
    uint8_t data[LINE], packet[LINE + 64];
    size_t done = 0, taken = 0, len = 0;
    memset(data, fill, sizeof data);
    camseal_source_item out = {.source = s->source,
                               .wire_vc = 1,
                               .wire_dt = 0x2C,
                               .flags = flags,
                               .data = {data, sizeof data}};
    assert_status(camseal_source_feed(s->worker, &out, 1, &done), CAMSEAL_OK);
    for (size_t i = 0; i < 3; i++) {
        memcpy(packet + len, out.spans[i].data, out.spans[i].len);
        len += out.spans[i].len;
    }
    camseal_sink_item in = {s->receiver.sink, {packet, len}, 1, 0};
    assert_status(camseal_sink_feed(s->worker, &in, 1, 0, &taken), CAMSEAL_OK);
    assert_status(camseal_sink_flush(s->receiver.sink, 0, NULL), CAMSEAL_OK);
    camseal_record record, message = {.kind = 0};
    while (camseal_record_take(&s->receiver.ring, &record))
        if (record.kind == CAMSEAL_RECORD_MESSAGE) {
            message = record;
            if (record.verdict == CAMSEAL_VERDICT_OK)
                for (size_t i = 0; i < LINE; i++)
                    assert_int_equal(record.data.data[i], fill);
        }
    assert_int_equal(message.kind, CAMSEAL_RECORD_MESSAGE);
    return message;
}

static void assert_frames_verify(struct system *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        for (unsigned line = 0; line < 4; line++) {
            uint32_t flags =
                (line == 0 ? CAMSEAL_SOURCE_SOF : 0u) | (line == 3 ? CAMSEAL_SOURCE_EOF : 0u);
            camseal_record r = send_line(s, flags, (uint8_t)(16 * i + line));
            assert_string_equal(camseal_verdict_name(r.verdict), "OK");
        }
}

/* Our own part of the host's memory: without the requester, which comes last. */
static size_t own_size(const struct system *s)
{
    const uint8_t *requester = (const void *)camseal_ssm_host_requester(s->host, 0);
    return (size_t)(requester - (const uint8_t *)s->host_mem);
}

static void assert_no_secret(struct system *s)
{
    assert_false(rig_leaks(s->host_mem, own_size(s), s->receiver.loaded, 32));
    assert_false(rig_leaks(s->rig.mem, s->rig.size, s->receiver.loaded, 32));
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void a_stream_verifies_and_rotates(enum test_pki_alg alg)
{
    struct system s;
    open_system(&s, alg);
    assert_status(bring_up(&s), CAMSEAL_OK);
    assert_true(s.sessions[0]);
    assert_no_secret(&s);
    begin_stream(&s);
    assert_frames_verify(&s, 3);
    for (uint32_t epoch = 15; epoch <= 17; epoch++) {
        assert_status(camseal_ssm_host_begin_rotate(s.host, 0, 0, 0), CAMSEAL_OK);
        assert_status(drive(&s), CAMSEAL_OK);
        assert_no_secret(&s);
        assert_frames_verify(&s, 2);
        camseal_context *source = camseal_ssm_component_context(s.rig.c, 7);
        assert_int_equal(camseal_context_epoch(source), epoch);
        assert_int_equal(camseal_context_epoch(s.receiver.ctx), epoch);
    }
    assert_status(camseal_ssm_host_begin_status(s.host, 0, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    const camseal_ssm_peer_status *status = camseal_ssm_host_status(s.host, 0);
    assert_int_equal(status->n_evcs, 1);
    assert_int_equal(status->evcs[0].evc, 3);
    assert_int_equal(status->evcs[0].frame_count, 9);
    assert_int_equal(status->evcs[0].messages, 36);
    assert_status(camseal_ssm_host_begin_heartbeat(s.host, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_shut_down(s.host, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    assert_false(s.sessions[0]);
    assert_int_equal(s.rig.acquired, 0);
    close_system(&s);
}

static void a_stream_verifies_and_rotates_p256(void **state)
{
    (void)state;
    a_stream_verifies_and_rotates(TEST_PKI_P256);
}

static void a_stream_verifies_and_rotates_p384(void **state)
{
    (void)state;
    a_stream_verifies_and_rotates(TEST_PKI_P384);
}

/* In the middle of a frame: the frame keeps its epoch, the next one has the new one. */
static void a_frame_has_one_epoch(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    assert_status(bring_up(&s), CAMSEAL_OK);
    begin_stream(&s);
    assert_frames_verify(&s, 1);
    assert_string_equal(camseal_verdict_name(send_line(&s, CAMSEAL_SOURCE_SOF, 1).verdict), "OK");
    assert_status(camseal_ssm_host_begin_rotate(s.host, 0, 0, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    assert_string_equal(camseal_verdict_name(send_line(&s, 0, 2).verdict), "OK");
    assert_int_equal(camseal_context_epoch(s.receiver.ctx), 14);
    assert_string_equal(camseal_verdict_name(send_line(&s, CAMSEAL_SOURCE_EOF, 3).verdict), "OK");
    assert_frames_verify(&s, 1);
    assert_int_equal(camseal_context_epoch(s.receiver.ctx), 15);
    close_system(&s);
}

/* The stream goes on while the host is away; a host with the same secret comes back and starts
 * anew. */
static void contexts_outlive_the_session(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    close_host(&s);
    s.peer.owner_secret = rig_owner;
    open_host(&s);
    assert_status(bring_up(&s), CAMSEAL_OK);
    begin_stream(&s);
    assert_frames_verify(&s, 1);
    close_host(&s);
    assert_frames_verify(&s, 1);
    open_host(&s);
    close_receiver(&s.receiver);
    assert_status(bring_up(&s), CAMSEAL_OK);
    begin_stream(&s);
    assert_frames_verify(&s, 2);
    close_system(&s);
}

/* The link broke; the same host comes back without disturbing the stream, and rotates. */
static void the_host_reconnects(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    assert_status(camseal_ssm_host_begin_reconnect(s.host, 0), CAMSEAL_E_STATE);
    assert_status(bring_up(&s), CAMSEAL_OK);
    begin_stream(&s);
    assert_frames_verify(&s, 2);
    camseal_spdm_responder_wipe(s.responder);
    assert_false(s.sessions[0]);
    assert_status(camseal_spdm_responder_init(&s.responder, s.responder_mem, s.responder_size,
                                              &s.responder_config),
                  CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_reconnect(s.host, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    assert_int_equal(camseal_ssm_host_status(s.host, 0)->evcs[0].frame_count, 2);
    assert_frames_verify(&s, 2);
    assert_status(camseal_ssm_host_begin_rotate(s.host, 0, 0, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    assert_frames_verify(&s, 2);
    assert_int_equal(s.loads, 2);
    /* A component that was reset meanwhile is found out. */
    camseal_ssm_component_wipe(s.rig.c);
    assert_status(camseal_ssm_component_init(&s.rig.c, s.rig.mem, s.rig.size, &s.rig.config),
                  CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_reconnect(s.host, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_E_NOT_FOUND);
    close_system(&s);
}

static void a_stranger_cannot_take_over(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    assert_status(bring_up(&s), CAMSEAL_OK);
    begin_stream(&s);
    close_host(&s); /* its secret is gone with it */
    open_host(&s);
    assert_status(bring_up(&s), CAMSEAL_E_OWNER);
    assert_int_equal(camseal_ssm_host_failure(s.host)->code, CAMSEAL_SSM_OWNER);
    assert_frames_verify(&s, 2); /* and the stream never noticed */
    close_system(&s);
}

static void no_heartbeat_where_none_was_agreed(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    camseal_spdm_responder_wipe(s.responder);
    s.responder_config.heartbeat_s = 0;
    assert_status(camseal_spdm_responder_init(&s.responder, s.responder_mem, s.responder_size,
                                              &s.responder_config),
                  CAMSEAL_OK);
    assert_status(bring_up(&s), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_heartbeat(s.host, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_E_STATE);
    assert_string_equal(camseal_ssm_host_failure(s.host)->step, "HEARTBEAT");
    assert_status(camseal_ssm_host_begin_status(s.host, 0, 0), CAMSEAL_OK); /* no harm done */
    assert_status(drive(&s), CAMSEAL_OK);
    close_system(&s);
}

static void wrong_identities_are_named(void **state)
{
    (void)state;
    struct system s;
    static const uint8_t other_pin[32] = {1};
    open_system(&s, TEST_PKI_P256);
    close_host(&s);
    s.peer.spdm.pin = other_pin;
    open_host(&s);
    assert_status(bring_up(&s), CAMSEAL_E_IDENTITY);
    assert_non_null(camseal_ssm_host_failure(s.host)->detail);
    close_host(&s);
    s.peer.spdm.pin = s.pki.pin;
    s.peer.spdm.time.seconds = TEST_PKI_NOT_AFTER + 1;
    open_host(&s);
    assert_status(bring_up(&s), CAMSEAL_E_EXPIRED);
    assert_int_equal(s.loads, 0);
    close_system(&s);
}

/* After a failure the host holds no key: neither the one that the sink was given nor the one that
 * waits in the component. */
static void assert_no_key_in_host(struct system *s)
{
    const camseal_ssm_slot *slot = &s->rig.c->slots[0];
    assert_false(s->loads && rig_leaks(s->host_mem, own_size(s), s->receiver.loaded, 32));
    assert_false(slot->key_held && rig_leaks(s->host_mem, own_size(s), slot->held.key, 32));
}

/* One byte of one message changed anywhere: the bring-up fails with a name and nothing is
 * activated, unless it was the very last answer. Then the same objects come up. */
static void a_hostile_link_activates_nothing(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    assert_status(bring_up(&s), CAMSEAL_OK);
    unsigned messages = s.messages;
    assert_true(messages >= 26);
    close_system(&s);
    uint64_t seed = 20261124;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned at = 1; at <= messages; at++)
        for (int round = 0; round < 3; round++) {
            open_system(&s, TEST_PKI_P256);
            s.spoil_at = at;
            s.spoil_byte = (unsigned)(test_random(&seed) >> 40);
            camseal_status status = bring_up(&s);
            camseal_context *ctx = camseal_ssm_component_context(s.rig.c, 7);
            bool active = ctx && camseal_context_active(ctx);
            if (status == CAMSEAL_OK || (active && at < messages))
                fail_msg("message %u byte %u: %s, %s", at, s.spoil_byte,
                         camseal_status_name(status), active ? "active" : "not active");
            assert_non_null(camseal_ssm_host_failure(s.host)->detail);
            assert_non_null(camseal_ssm_host_failure(s.host)->step);
            assert_no_key_in_host(&s);
            s.spoil_at = 0;
            close_receiver(&s.receiver);
            assert_status(bring_up(&s), CAMSEAL_OK);
            begin_stream(&s);
            assert_frames_verify(&s, 1);
            close_system(&s);
        }
}

/* Nor in the SPDM engines below, once a request is answered. */
static void no_key_stays_in_the_engines(void **state)
{
    (void)state;
    struct system s;
    open_system(&s, TEST_PKI_P256);
    close_host(&s);
    s.peer.owner_secret = rig_owner;
    open_host(&s);
    assert_status(bring_up(&s), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_rotate(s.host, 0, 0, 0), CAMSEAL_OK);
    assert_status(drive(&s), CAMSEAL_OK);
    const camseal_spdm_requester *requester = camseal_ssm_host_requester(s.host, 0);
    size_t size = camseal_spdm_requester_size(&s.peer.spdm);
    bool sent = rig_leaks(requester, size, s.receiver.loaded, 32) ||
                rig_leaks(requester, size, rig_owner, 32);
    bool received = rig_leaks(s.responder_mem, s.responder_size, s.receiver.loaded, 32) ||
                    rig_leaks(s.responder_mem, s.responder_size, rig_owner, 32);
    close_system(&s);
    assert_false(sent);
    assert_false(received);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_verifies_and_rotates_p256),
        cmocka_unit_test(a_stream_verifies_and_rotates_p384),
        cmocka_unit_test(a_frame_has_one_epoch),
        cmocka_unit_test(contexts_outlive_the_session),
        cmocka_unit_test(the_host_reconnects),
        cmocka_unit_test(a_stranger_cannot_take_over),
        cmocka_unit_test(no_heartbeat_where_none_was_agreed),
        cmocka_unit_test(wrong_identities_are_named),
        cmocka_unit_test(a_hostile_link_activates_nothing),
        cmocka_unit_test(no_key_stays_in_the_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
