/* The host against real components over a requester without SPDM (fake_spdm.c): order of steps,
 * hostile answers bit by bit, refusals, second lives, secrets. Over real SPDM: t_session.c. */
#include "rig.h"

#include "base/load.h"
#include "fake_spdm.h"
#include "ssm/host.h"

enum { PEERS = 2, PLANS = 2 };

static const camseal_stream_map streams_a[] = {
    {0, 0x2C, 3, false, 0x2C}, {0, 0x12, 3, true, 0x12}, {1, 0x2C, 4, false, 0x2C}};
static const camseal_stream_map streams_b[] = {{2, 0x2B, 9, false, 0x2B}};

struct world {
    struct rig rigs[PEERS];
    camseal_ssm_context_plan plans[PLANS];
    camseal_ssm_peer peers[PEERS];
    camseal_ssm_host_config config;
    camseal_crypto crypto;
    camseal_trace trace;
    camseal_span anchor;
    camseal_ssm_host *host;
    void *mem;
    size_t size;

    /* what was seen */
    int exchanges; /* management exchanges since the operation began */
    uint8_t opcodes[64];
    char steps[1024];
    unsigned loads;
    uint8_t loaded[16][32], salts[16][16];
    uint32_t epochs[16];
    camseal_least_count least[16][4];
    size_t n_least[16];
    camseal_status load_status;
    bool no_random;

    /* what goes wrong: answer number `spoil_at` (from 0) is replaced by spoil() */
    int spoil_at;
    void (*spoil)(struct world *w, uint8_t *answer, size_t *len);
    unsigned spoil_bit;
    uint8_t spoil_value;
    bool spoiled;
    int spdm_error_at; /* SPDM messages until the requester fails; 0 = never */
};

static struct world *the_world;

static camseal_status host_random(void *user, uint8_t *out, size_t len)
{
    static uint64_t seed = 4711;
    (void)user;
    if (the_world->no_random)
        return CAMSEAL_E_RANDOM;
    test_fill(&seed, out, len);
    return CAMSEAL_OK;
}

static camseal_status load_sink(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least)
{
    struct world *w = user;
    camseal_context *source = camseal_ssm_component_context(w->rigs[peer].c, plan->config.ctx_id);
    assert_non_null(source); /* created and configured, but not yet in this epoch */
    assert_true(plan->config.suite == CAMSEAL_SUITE_SAFETY || !camseal_context_active(source) ||
                camseal_context_epoch(source) < epoch);
    if (plan->config.suite != CAMSEAL_SUITE_SAFETY) /* the exchange is over and wiped */
        assert_false(rig_leaks(w->host->request_bytes, sizeof w->host->request_bytes, loaded, 32));
    unsigned i = w->loads++;
    memcpy(w->loaded[i], loaded, 32);
    memcpy(w->salts[i], salt, 16);
    w->epochs[i] = epoch;
    w->n_least[i] = n_least;
    assert_true(n_least <= 4);
    memcpy(w->least[i], least, n_least * sizeof *least);
    return w->load_status;
}

static void step_seen(void *user, camseal_status status, const char *area, const char *what,
                      const char *detail, uint64_t a, uint64_t b)
{
    struct world *w = user;
    (void)a;
    (void)b;
    if (strcmp(area, "ssm") != 0)
        return;
    size_t n = strlen(w->steps);
    snprintf(w->steps + n, sizeof w->steps - n, "%s%s ", what, status ? "!" : "");
    assert_true((status == CAMSEAL_OK) == (detail == NULL));
}

static void open_host(struct world *w)
{
    w->size = camseal_ssm_host_size(&w->config);
    w->mem = aligned_alloc(64, (w->size + 63) / 64 * 64);
    assert_status(camseal_ssm_host_init(&w->host, w->mem, w->size, &w->config), CAMSEAL_OK);
}

static void open_world(struct world *w)
{
    memset(w, 0, sizeof *w);
    the_world = w;
    w->spoil_at = -1;
    w->anchor = camseal_span_of("root", 4);
    for (size_t i = 0; i < PLANS; i++) {
        camseal_context_config *c = &w->plans[i].config;
        c->ctx_id = (uint8_t)(7 + i);
        c->protocol = CAMSEAL_PROTOCOL_SEP;
        c->suite = i ? CAMSEAL_SUITE_EFF_256 : CAMSEAL_SUITE_PERF_256_IE;
        c->tag_mode = CAMSEAL_TAG_MESSAGE;
        c->streams = i ? streams_b : streams_a;
        c->n_streams = i ? 1 : 3;
        memset(c->sv_allowed, i ? 0x02 : 0x03, 3);
        memset(c->sv_current, i ? 2 : 1, 3);
        w->plans[i].first_epoch = (uint32_t)(5 * i);
    }
    w->crypto = *camseal_openssl();
    w->crypto.random = host_random;
    w->trace.user = w;
    w->trace.event = step_seen;
    for (size_t i = 0; i < PEERS; i++) {
        rig_open(&w->rigs[i], NULL);
        w->peers[i].name = i ? "right" : "left";
        w->peers[i].spdm.anchors = &w->anchor;
        w->peers[i].spdm.n_anchors = 1;
        w->peers[i].spdm.challenge = true;
        w->peers[i].plans = w->plans;
        w->peers[i].n_plans = PLANS;
    }
    w->config.struct_size = sizeof w->config;
    w->config.bulk = camseal_bulk_soft();
    w->config.crypto = &w->crypto;
    w->config.trace = &w->trace;
    w->config.peers = w->peers;
    w->config.n_peers = PEERS;
    w->config.load_sink = load_sink;
    w->config.user = w;
    open_host(w);
}

static void close_host(struct world *w)
{
    camseal_ssm_host_wipe(w->host);
    for (size_t i = 0; i < w->size; i++)
        assert_int_equal(((uint8_t *)w->mem)[i], 0);
    free(w->mem);
}

static void close_world(struct world *w)
{
    close_host(w);
    for (size_t i = 0; i < PEERS; i++)
        rig_close(&w->rigs[i]);
}

/* Carries one message to the component and its answer back. */
static size_t carry(struct world *w, size_t peer, const uint8_t *out, size_t len, uint8_t *in)
{
    in[0] = 'A';
    if (w->spdm_error_at && --w->spdm_error_at == 0)
        in[0] = FAKE_SPDM_ERROR;
    if (out[0] == 'S')
        camseal_ssm_component_session(w->rigs[peer].c, 0, 0x51000000, true);
    if (out[0] == 'E')
        camseal_ssm_component_session(w->rigs[peer].c, 0, 0x51000000, false);
    if (out[0] != 'V')
        return 1;
    camseal_buf answer = {in + 1, CAMSEAL_SSM_MESSAGE_MAX, 0};
    assert_status(rig_put(&w->rigs[peer], 0, camseal_span_of(out + 1, len - 1), &answer),
                  CAMSEAL_OK);
    w->opcodes[w->exchanges] = out[2];
    size_t n = answer.len;
    if (w->exchanges++ == w->spoil_at) {
        w->spoil(w, in + 1, &n);
        w->spoiled = true;
    }
    return 1 + n;
}

/* Steps until the operation ends. */
static camseal_status drive(struct world *w, size_t peer)
{
    uint8_t out[2048], in[2048];
    camseal_step step = {.out = {out, sizeof out, 0}};
    w->exchanges = 0;
    w->steps[0] = 0;
    for (int guard = 0; guard < 200; guard++) {
        camseal_ssm_progress progress;
        camseal_status status = camseal_ssm_host_step(w->host, &step);
        camseal_ssm_host_progress(w->host, &progress);
        assert_int_equal(progress.peer, peer);
        assert_true(progress.done <= progress.total);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE) {
            assert_true(status != CAMSEAL_OK || progress.done == progress.total);
            return status;
        }
        step.in = camseal_span_of(NULL, 0);
        if (step.next == CAMSEAL_NEXT_SEND)
            step.in = camseal_span_of(in, carry(w, peer, out, step.out.len, in));
    }
    fail_msg("the host does not come to an end");
    return CAMSEAL_E_BUG;
}

static camseal_status bring_up(struct world *w, size_t peer)
{
    assert_status(camseal_ssm_host_begin_bring_up(w->host, peer), CAMSEAL_OK);
    return drive(w, peer);
}

static bool any_active(struct world *w, size_t peer)
{
    for (size_t i = 0; i < PLANS; i++) {
        camseal_context *ctx =
            camseal_ssm_component_context(w->rigs[peer].c, w->plans[i].config.ctx_id);
        if (ctx && camseal_context_active(ctx))
            return true;
    }
    return false;
}

static void assert_no_key_in_host(struct world *w)
{
    for (unsigned i = 0; i < w->loads; i++)
        assert_false(rig_leaks(w->mem, w->size, w->loaded[i], 32));
}

/* ---- the good path -------------------------------------------------------------------------- */

static void components_come_up_one_after_another(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    for (size_t peer = 0; peer < PEERS; peer++) {
        assert_status(bring_up(&w, peer), CAMSEAL_OK);
        assert_string_equal(w.steps, "connect session GET_CAPS "
                                     "CTX_CREATE CTX_KEY_LOAD CTX_CONFIG load sink CTX_ACTIVATE "
                                     "CTX_CREATE CTX_KEY_LOAD CTX_CONFIG load sink CTX_ACTIVATE ");
        for (size_t i = 0; i < PLANS; i++) {
            uint8_t ours[32], theirs[32];
            uint8_t id = w.plans[i].config.ctx_id;
            camseal_context *ctx = camseal_ssm_component_context(w.rigs[peer].c, id);
            assert_true(camseal_context_active(ctx));
            assert_int_equal(camseal_context_epoch(ctx), w.plans[i].first_epoch);
            assert_int_equal(w.epochs[2 * peer + i], w.plans[i].first_epoch);
            assert_status(camseal_ssm_host_digest(w.host, peer, i, ours), CAMSEAL_OK);
            assert_status(camseal_ssm_component_digest(w.rigs[peer].c, id, theirs), CAMSEAL_OK);
            assert_memory_equal(ours, theirs, 32);
        }
    }
    assert_int_equal(w.loads, PEERS * PLANS);
    assert_int_equal(w.n_least[0], 2);
    assert_int_equal(w.least[0][0].evc, 3);
    assert_int_equal(w.least[0][1].evc, 4);
    assert_int_equal(w.least[0][0].frame_count, 1);
    for (unsigned i = 0; i < w.loads; i++)
        for (unsigned k = 0; k < i; k++) {
            assert_memory_not_equal(w.loaded[i], w.loaded[k], 32);
            assert_memory_not_equal(w.salts[i], w.salts[k], 16);
        }
    assert_no_key_in_host(&w);
    close_world(&w);
}

static void progress_names_every_step(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    static const char *const names[] = {"GET_VERSION",  "GET_CAPABILITIES", "NEGOTIATE_ALGORITHMS",
                                        "GET_DIGESTS",  "GET_CERTIFICATE",  "KEY_EXCHANGE",
                                        "FINISH",       "GET_CAPS",         "CTX_CREATE",
                                        "CTX_KEY_LOAD", "CTX_CONFIG",       "CTX_ACTIVATE",
                                        "CTX_CREATE",   "CTX_KEY_LOAD",     "CTX_CONFIG",
                                        "CTX_ACTIVATE"};
    uint8_t out[2048], in[2048];
    camseal_step step = {.out = {out, sizeof out, 0}};
    camseal_ssm_progress p = {0};
    assert_status(camseal_ssm_host_begin_bring_up(w.host, 1), CAMSEAL_OK);
    size_t seen = 0, last_done = 0;
    const char *last = "";
    do {
        assert_status(camseal_ssm_host_step(w.host, &step), CAMSEAL_OK);
        camseal_ssm_host_progress(w.host, &p);
        assert_int_equal(p.peer, 1);
        assert_true(p.done >= last_done);
        last_done = p.done;
        if (step.next == CAMSEAL_NEXT_SEND && strcmp(p.step, last) != 0) {
            assert_true(seen < sizeof names / sizeof names[0]);
            assert_string_equal(p.step, names[seen++]);
            last = p.step;
        }
        step.in = camseal_span_of(NULL, 0);
        if (step.next == CAMSEAL_NEXT_SEND)
            step.in = camseal_span_of(in, carry(&w, 1, out, step.out.len, in));
    } while (step.next != CAMSEAL_NEXT_DONE);
    assert_int_equal(seen, sizeof names / sizeof names[0]);
    assert_int_equal(p.done, p.total);
    close_world(&w);
}

static void keys_rotate(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    camseal_context *ctx = camseal_ssm_component_context(w.rigs[0].c, 8);
    assert_status(camseal_context_set_frame_count(ctx, 9, 41), CAMSEAL_OK); /* 40 frames so far */
    assert_status(camseal_ssm_host_begin_rotate(w.host, 0, 1, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_OK);
    assert_string_equal(w.steps, "CTX_STATUS CTX_KEY_LOAD load sink CTX_ROTATE ");
    assert_int_equal(w.loads, 3);
    assert_int_equal(w.epochs[2], 6);
    assert_memory_equal(w.salts[2], w.salts[1], 16);
    assert_memory_not_equal(w.loaded[2], w.loaded[1], 32);
    assert_int_equal(w.n_least[2], 1);
    assert_int_equal(w.least[2][0].frame_count, 41);
    assert_int_equal(w.rigs[0].changed[CAMSEAL_SSM_CTX_ROTATE], 1);
    assert_no_key_in_host(&w);
    close_world(&w);
}

static void status_is_kept(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    camseal_context *ctx = camseal_ssm_component_context(w.rigs[0].c, 7);
    assert_status(camseal_context_set_frame_count(ctx, 4, 1000), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_OK);
    const camseal_ssm_peer_status *status = camseal_ssm_host_status(w.host, 0);
    assert_int_equal(status->n_evcs, 2);
    assert_int_equal(status->evcs[1].evc, 4);
    assert_int_equal(status->evcs[1].frame_count, 999);
    /* A source that lost its counters is found out. */
    assert_status(camseal_context_set_frame_count(ctx, 4, 999), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_E_REPLAY);
    assert_string_equal(camseal_ssm_host_failure(w.host)->detail, "frame_count went back");
    assert_int_equal(camseal_ssm_host_failure(w.host)->expected, 999);
    assert_int_equal(camseal_ssm_host_failure(w.host)->seen, 998);
    close_world(&w);
}

static void heartbeat_and_shut_down(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_heartbeat(w.host, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_OK);
    assert_string_equal(w.steps, "HEARTBEAT ");
    /* One context is gone already: no reason not to end. */
    camseal_ssm_request destroy = rig_plain(CAMSEAL_SSM_CTX_DESTROY, 7);
    assert_int_equal(rig_code(&w.rigs[0], &destroy), CAMSEAL_SSM_OK);
    assert_status(camseal_ssm_host_begin_shut_down(w.host, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_OK);
    assert_string_equal(w.steps, "CTX_DESTROY CTX_DESTROY END_SESSION ");
    assert_int_equal(w.rigs[0].acquired, 0);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_shut_down(w.host, 0), CAMSEAL_E_STATE);
    assert_status(bring_up(&w, 0), CAMSEAL_OK); /* and up again */
    close_world(&w);
}

static void a_host_that_knows_the_secret_takes_over(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    close_host(&w);
    w.peers[0].owner_secret = rig_owner;
    open_host(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    camseal_ssm_component_session(w.rigs[0].c, 0, 0x51000000, false);
    close_host(&w); /* restart without shutting down */
    open_host(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    assert_string_equal(w.steps, "connect session GET_CAPS CTX_CREATE CTX_DESTROY "
                                 "CTX_CREATE CTX_KEY_LOAD CTX_CONFIG load sink CTX_ACTIVATE "
                                 "CTX_CREATE CTX_DESTROY "
                                 "CTX_CREATE CTX_KEY_LOAD CTX_CONFIG load sink CTX_ACTIVATE ");
    assert_memory_not_equal(w.salts[0], w.salts[2], 16);
    assert_int_equal(w.rigs[0].acquired, PLANS);
    camseal_ssm_component_session(w.rigs[0].c, 0, 0x51000000, false);
    close_host(&w);
    w.peers[0].owner_secret = NULL; /* a stranger */
    open_host(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_E_OWNER);
    const camseal_ssm_failure *f = camseal_ssm_host_failure(w.host);
    assert_string_equal(f->step, "CTX_CREATE");
    assert_int_equal(f->code, CAMSEAL_SSM_OWNER);
    assert_int_equal(w.rigs[0].acquired, PLANS);
    close_world(&w);
}

static void the_secret_is_presented_once_a_session(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    camseal_ssm_component_session(w.rigs[0].c, 0, 0x51000000, false);
    /* The component forgot the session, the host presents nothing: refused. */
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_E_OWNER);
    close_world(&w);
}

static void the_safety_suite_comes_up_without_a_key(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    close_host(&w);
    camseal_context_config *c = &w.plans[1].config;
    c->suite = CAMSEAL_SUITE_SAFETY;
    c->tag_mode = CAMSEAL_TAG_NONE;
    memset(c->sv_allowed, 0x10, 3);
    memset(c->sv_current, 5, 3);
    open_host(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    static const uint8_t zeros[32];
    assert_memory_equal(w.loaded[1], zeros, 32);
    assert_int_equal(w.epochs[1], 0);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 1), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_rotate(w.host, 0, 1, 0), CAMSEAL_E_ARGUMENT);
    close_world(&w);
}

/* ---- hostile components --------------------------------------------------------------------- */

static void flip(struct world *w, uint8_t *answer, size_t *len)
{
    assert_true(w->spoil_bit < 8 * *len);
    answer[w->spoil_bit / 8] ^= (uint8_t)(1u << w->spoil_bit % 8);
}

/* Lengths of the answers of a bring-up: GET_CAPS, then per plan CREATE, KEY_LOAD, CONFIG, ACTIVATE.
 */
static const size_t answer_lengths[] = {23, 28, 8, 8, 8, 28, 8, 8, 8};
enum { ANSWERS = 9 };

/* Bits whose meaning the host cannot judge: the salt (the streams will not verify), offers that go
 * beyond the plans, the flag that an element is critical. */
static bool harmless(int answer, unsigned bit)
{
    size_t byte = bit / 8;
    bool create = answer == 1 || answer == 5;
    if ((answer == 0 || create) && byte == 9)
        return bit % 8 == 0;
    if (create)
        return byte >= 12;
    /* 12 protocols, 13-16 suites, 17 tag modes, 18 variants, 19 contexts, 20 eVCs, 21 tag lengths
     */
    static const uint8_t needed[10] = {0x02, 0x04, 0x00, 0x04, 0x00, 0x02, 0x03, 0x02, 0x10, 0x04};
    static const uint8_t at_least[10] = {0, 0, 0, 0, 0, 0, 0, PLANS, 2, 0};
    static const uint8_t offered[10] = {0x02, 0x07, 0x06,         0x06, 0x00,
                                        0x03, 0x03, RIG_CONTEXTS, 16,   7};
    if (answer != 0 || byte < 12 || byte > 21)
        return false;
    uint8_t seen = (uint8_t)(offered[byte - 12] ^ (1u << bit % 8));
    if (at_least[byte - 12])
        return seen >= at_least[byte - 12];
    return (seen & needed[byte - 12]) == needed[byte - 12];
}

static void every_bit_of_every_answer_counts(void **state)
{
    (void)state;
    unsigned judged = 0;
    for (int answer = 0; answer < ANSWERS; answer++)
        for (unsigned bit = 0; bit < 8 * answer_lengths[answer]; bit++) {
            struct world w;
            open_world(&w);
            w.spoil_at = answer;
            w.spoil = flip;
            w.spoil_bit = bit;
            camseal_status status = bring_up(&w, 0);
            const camseal_ssm_failure *f = camseal_ssm_host_failure(w.host);
            assert_true(w.spoiled);
            if ((status == CAMSEAL_OK) != harmless(answer, bit))
                fail_msg("answer %d byte %u bit %u: %s", answer, bit / 8, bit % 8,
                         camseal_status_name(status));
            if (status != CAMSEAL_OK) {
                assert_int_equal(f->status, status);
                assert_non_null(f->detail);
                assert_string_equal(f->step, camseal_ssm_opcode_name(w.opcodes[answer]));
                /* Nothing was sent after the spoiled answer. */
                assert_int_equal(w.exchanges, answer + 1);
                assert_true(answer >= 4 || !any_active(&w, 0));
                assert_no_key_in_host(&w);
                judged++;
            }
            close_world(&w);
        }
    assert_int_equal(judged, 686); /* of 1016 bits */
}

static void set_byte(struct world *w, uint8_t *answer, size_t *len)
{
    assert_true(w->spoil_bit < *len);
    answer[w->spoil_bit] = w->spoil_value;
}

static void each_header_field_has_its_name(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
        camseal_status status;
        const char *detail;
    } rows[] = {
        {0, 2, CAMSEAL_E_VERSION, "header version is not 1"},
        {1, 0x12, CAMSEAL_E_UNEXPECTED, "answer to another opcode"},
        {1, 0x77, CAMSEAL_E_UNSUPPORTED, "opcode is unknown"},
        {2, 0x99, CAMSEAL_E_UNEXPECTED, "answer to another transaction"},
        {3, CAMSEAL_SSM_STATE, CAMSEAL_E_STATE, "refused by the component"},
        {3, CAMSEAL_SSM_EPOCH, CAMSEAL_E_REPLAY, "refused by the component"},
        {3, 0x99, CAMSEAL_E_PEER_ERROR, "refused by the component"},
        {4, 8, CAMSEAL_E_UNEXPECTED, "answer for another context"},
        {4, 0, CAMSEAL_E_FORMAT, "illegal ctx_id"},
        {5, 1, CAMSEAL_E_FORMAT, "illegal ctx_id"},
        {6, 1, CAMSEAL_E_TRUNCATED, "message ends inside its elements"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        open_world(&w);
        w.spoil_at = 2; /* KEY_LOAD of the first plan */
        w.spoil = set_byte;
        w.spoil_bit = rows[i].at;
        w.spoil_value = rows[i].value;
        assert_status(bring_up(&w, 0), rows[i].status);
        const camseal_ssm_failure *f = camseal_ssm_host_failure(w.host);
        assert_string_equal(f->detail, rows[i].detail);
        assert_string_equal(f->step, "CTX_KEY_LOAD");
        assert_false(any_active(&w, 0));
        assert_int_equal(w.loads, 0);
        close_world(&w);
    }
}

static void each_missing_offer_has_its_name(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
        const char *detail;
    } rows[] = {
        {12, 0x00, "protocol is not offered"},
        {13, 0x03, "suite is not offered"},
        {15, 0x00, "suite is not offered"},
        {17, 0x01, "tag mode is not offered"},
        {18, 0x02, "security variant is not offered"},
        {19, PLANS - 1, "too many contexts"},
        {20, 1, "too many eVCs in a context"},
        {21, 0x03, "tag length is not offered"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        open_world(&w);
        w.spoil_at = 0;
        w.spoil = set_byte;
        w.spoil_bit = rows[i].at;
        w.spoil_value = rows[i].value;
        assert_status(bring_up(&w, 0), CAMSEAL_E_NEGOTIATION);
        assert_string_equal(camseal_ssm_host_failure(w.host)->detail, rows[i].detail);
        close_world(&w);
    }
}

static void cut(struct world *w, uint8_t *answer, size_t *len)
{
    (void)answer;
    *len = w->spoil_bit;
}

static void every_cut_answer_is_noticed(void **state)
{
    (void)state;
    for (int answer = 0; answer < ANSWERS; answer++)
        for (unsigned len = 0; len < answer_lengths[answer]; len++) {
            struct world w;
            open_world(&w);
            w.spoil_at = answer;
            w.spoil = cut;
            w.spoil_bit = len;
            assert_status(bring_up(&w, 0), CAMSEAL_E_TRUNCATED);
            close_world(&w);
        }
}

static void no_salt(struct world *w, uint8_t *answer, size_t *len)
{
    (void)w;
    *len = 8;
    answer[6] = 0;
}

static void a_source_without_a_salt_is_refused(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.spoil_at = 1;
    w.spoil = no_salt;
    assert_status(bring_up(&w, 0), CAMSEAL_E_FORMAT);
    assert_string_equal(camseal_ssm_host_failure(w.host)->detail, "a source's answer has no salt");
    close_world(&w);
}

static void refuse_state(struct world *w, uint8_t *answer, size_t *len)
{
    *len = 8;
    answer[6] = 0;
    answer[3] = CAMSEAL_SSM_STATE;
    w->spoil_at += 2; /* the next CTX_CREATE again */
}

static void a_component_cannot_keep_the_host_in_a_loop(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.spoil_at = 1;
    w.spoil = refuse_state;
    assert_status(bring_up(&w, 0), CAMSEAL_E_STATE);
    assert_string_equal(w.steps, "connect session GET_CAPS CTX_CREATE CTX_DESTROY CTX_CREATE! ");
    close_world(&w);
}

/* Answers to CTX_STATUS of plan 1 (one eVC): header 8, epoch 8, counters 44, verdicts 60. */
static void a_lying_status_stops_a_rotation(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
        camseal_status status;
        const char *detail;
    } rows[] = {
        {12, 4, CAMSEAL_E_REPLAY, "another epoch is in force"},
        {12, 6, CAMSEAL_E_REPLAY, "another epoch is in force"},
        {20, 8, CAMSEAL_E_FORMAT, "an eVC of this context is missing"},
        {21, 1, CAMSEAL_E_FORMAT, "element has an illegal value"},
        {33, 1, CAMSEAL_E_FORMAT, "element has an illegal value"},
        {8, 0x0A, CAMSEAL_E_FORMAT, "element does not belong here"},
        {16, 0x0B, CAMSEAL_E_FORMAT, "element comes too often"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        open_world(&w);
        assert_status(bring_up(&w, 0), CAMSEAL_OK);
        w.spoil_at = 0;
        w.spoil = set_byte;
        w.spoil_bit = rows[i].at;
        w.spoil_value = rows[i].value;
        assert_status(camseal_ssm_host_begin_rotate(w.host, 0, 1, 0), CAMSEAL_OK);
        assert_status(drive(&w, 0), rows[i].status);
        assert_string_equal(camseal_ssm_host_failure(w.host)->detail, rows[i].detail);
        assert_int_equal(w.loads, 2);
        close_world(&w);
    }
}

static void status_with(struct world *w, uint8_t *answer, size_t *len)
{
    (void)w;
    *len = 8; /* no elements: a context that is not active */
    answer[6] = answer[7] = 0;
}

static void an_empty_status_is_refused(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    w.spoil_at = 0;
    w.spoil = status_with;
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 1), CAMSEAL_OK);
    assert_status(drive(&w, 0), CAMSEAL_E_FORMAT);
    close_world(&w);
}

static void spdm_failures_keep_their_names(void **state)
{
    (void)state;
    for (int at = 1; at <= 6 + 2 + ANSWERS; at++) {
        struct world w;
        open_world(&w);
        w.spdm_error_at = at;
        assert_status(bring_up(&w, 0), CAMSEAL_E_SIGNATURE);
        const camseal_ssm_failure *f = camseal_ssm_host_failure(w.host);
        assert_string_equal(f->step, "CHALLENGE_AUTH");
        assert_string_equal(f->detail, "signature does not verify");
        assert_int_equal(f->expected, 1);
        assert_int_equal(f->seen, 2);
        assert_no_key_in_host(&w);
        assert_status(bring_up(&w, 0), CAMSEAL_OK); /* a new attempt is fine */
        close_world(&w);
    }
}

/* ---- our own side --------------------------------------------------------------------------- */

static void a_sink_that_refuses_stops_the_source(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.load_status = CAMSEAL_E_POLICY;
    assert_status(bring_up(&w, 0), CAMSEAL_E_POLICY);
    assert_string_equal(camseal_ssm_host_failure(w.host)->step, "load sink");
    assert_false(any_active(&w, 0));
    assert_no_key_in_host(&w);
    w.load_status = CAMSEAL_PENDING;
    assert_status(bring_up(&w, 0), CAMSEAL_E_STATE);
    close_world(&w);
}

static void no_random_no_key(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.no_random = true;
    assert_status(bring_up(&w, 0), CAMSEAL_E_RANDOM);
    assert_string_equal(camseal_ssm_host_failure(w.host)->step, "CTX_KEY_LOAD");
    assert_false(any_active(&w, 0));
    camseal_ssm_host *host;
    void *mem = aligned_alloc(64, (w.size + 63) / 64 * 64);
    assert_status(camseal_ssm_host_init(&host, mem, w.size, &w.config), CAMSEAL_E_RANDOM);
    assert_null(host);
    free(mem);
    close_world(&w);
}

static void operations_begin_only_where_they_may(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    camseal_step step = {.next = CAMSEAL_NEXT_DONE};
    assert_status(camseal_ssm_host_step(w.host, &step), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_bring_up(w.host, PEERS), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_host_begin_rotate(w.host, 0, 0, 0), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_heartbeat(w.host, 0), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_shut_down(w.host, 0), CAMSEAL_E_STATE);
    assert_status(bring_up(&w, 0), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_rotate(w.host, 0, PLANS, 0), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_host_begin_rotate(w.host, 0, 0, UINT64_C(1) << 40),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, PLANS), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_host_begin_status(w.host, 1, 0), CAMSEAL_E_STATE);
    assert_status(camseal_ssm_host_begin_status(w.host, 0, 0), CAMSEAL_OK);
    assert_status(camseal_ssm_host_begin_bring_up(w.host, 1), CAMSEAL_E_STATE); /* one at a time */
    assert_status(drive(&w, 0), CAMSEAL_OK);
    uint8_t digest[32];
    assert_status(camseal_ssm_host_digest(w.host, 0, PLANS, digest), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_host_digest(w.host, 1, 0, digest), CAMSEAL_E_NOT_FOUND);
    assert_null(camseal_ssm_host_requester(w.host, PEERS));
    assert_non_null(camseal_ssm_host_requester(w.host, 1));
    assert_null(camseal_ssm_host_status(w.host, PEERS));
    close_world(&w);
}

static void init_refuses_what_cannot_work(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    camseal_ssm_host *host;
    void *mem = aligned_alloc(64, (w.size + 127) / 64 * 64);
#define REFUSED(status, change)                                                 \
    do {                                                                        \
        camseal_ssm_host_config bad = w.config;                                 \
        camseal_ssm_peer peer = w.peers[0];                                     \
        camseal_ssm_context_plan plans[2] = {w.plans[0], w.plans[1]};           \
        bad.peers = &peer;                                                      \
        bad.n_peers = 1;                                                        \
        peer.plans = plans;                                                     \
        change;                                                                 \
        assert_status(camseal_ssm_host_init(&host, mem, w.size, &bad), status); \
        assert_null(host);                                                      \
    } while (0)
    REFUSED(CAMSEAL_E_ARGUMENT, bad.struct_size = 0);
    REFUSED(CAMSEAL_E_ARGUMENT, bad.bulk = NULL);
    REFUSED(CAMSEAL_E_ARGUMENT, bad.crypto = NULL);
    REFUSED(CAMSEAL_E_ARGUMENT, bad.peers = NULL);
    REFUSED(CAMSEAL_E_ARGUMENT, bad.n_peers = 0);
    REFUSED(CAMSEAL_E_ARGUMENT, bad.load_sink = NULL);
    REFUSED(CAMSEAL_E_ARGUMENT, peer.plans = NULL);
    REFUSED(CAMSEAL_E_ARGUMENT, peer.spdm.n_anchors = 0);
    REFUSED(CAMSEAL_E_ARGUMENT, plans[1].config.ctx_id = plans[0].config.ctx_id);
    REFUSED(CAMSEAL_E_ARGUMENT, plans[1].config.sep_dt = 0x30);
    REFUSED(CAMSEAL_E_ARGUMENT, plans[1].config.n_slots = CAMSEAL_SSM_SLOTS_MAX + 1);
    REFUSED(CAMSEAL_E_ARGUMENT, plans[1].config.n_streams = CAMSEAL_CONTEXT_MAX_STREAMS + 1);
    REFUSED(CAMSEAL_E_POLICY, plans[1].config.ctx_id = 0);
    REFUSED(CAMSEAL_E_POLICY, plans[1].config.n_streams = 0);
    REFUSED(CAMSEAL_E_POLICY, plans[1].config.sv_allowed[0] = 1); /* SV-1 without -IE */
    REFUSED(CAMSEAL_E_MEMORY, bad = w.config; bad.n_peers = 2; mem = (uint8_t *)mem + 1);
    mem = (uint8_t *)mem - 1;
    assert_status(camseal_ssm_host_init(&host, mem, w.size - 1, &w.config), CAMSEAL_E_MEMORY);
    assert_status(camseal_ssm_host_init(&host, NULL, w.size, &w.config), CAMSEAL_E_MEMORY);
    free(mem);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_come_up_one_after_another),
        cmocka_unit_test(progress_names_every_step),
        cmocka_unit_test(keys_rotate),
        cmocka_unit_test(status_is_kept),
        cmocka_unit_test(heartbeat_and_shut_down),
        cmocka_unit_test(a_host_that_knows_the_secret_takes_over),
        cmocka_unit_test(the_secret_is_presented_once_a_session),
        cmocka_unit_test(the_safety_suite_comes_up_without_a_key),
        cmocka_unit_test(every_bit_of_every_answer_counts),
        cmocka_unit_test(each_header_field_has_its_name),
        cmocka_unit_test(each_missing_offer_has_its_name),
        cmocka_unit_test(every_cut_answer_is_noticed),
        cmocka_unit_test(a_source_without_a_salt_is_refused),
        cmocka_unit_test(a_component_cannot_keep_the_host_in_a_loop),
        cmocka_unit_test(a_lying_status_stops_a_rotation),
        cmocka_unit_test(an_empty_status_is_refused),
        cmocka_unit_test(spdm_failures_keep_their_names),
        cmocka_unit_test(a_sink_that_refuses_stops_the_source),
        cmocka_unit_test(no_random_no_key),
        cmocka_unit_test(operations_begin_only_where_they_may),
        cmocka_unit_test(init_refuses_what_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
