/* Every way to end a handshake against every way to begin one: FINISH, signed FINISH and
 * PSK_FINISH, in the session that shakes hands, outside, in another session, under another's id.
 * The requester's own last message is caught and comes only where the test wants it. The right
 * pairs pass, each wrong one hears its ErrorCode, does no harm, and the right end still works. */
#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_mitm.h"
#include "test.h"

enum { NO_MESSAGE = 0x00, PASSES = 0x100, SILENCE = 0x101 };

static struct mitm m;
static uint8_t finish[512];
static size_t finish_len;
static uint8_t stop_at; /* code of the request that never arrives */

/* ---- up to the end -------------------------------------------------------------------------- */

static spdm_session *shaking(void)
{
    for (size_t i = 0; i < m.p.rsp->config.max_sessions; i++)
        if (m.p.rsp->sessions[i].state == SPDM_SESSION_HANDSHAKE)
            return &m.p.rsp->sessions[i];
    return NULL;
}

static spdm_session *established(void)
{
    for (size_t i = 0; i < m.p.rsp->config.max_sessions; i++)
        if (m.p.rsp->sessions[i].state == SPDM_SESSION_ESTABLISHED)
            return &m.p.rsp->sessions[i];
    return NULL;
}

static bool catching;
static void see(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    (void)user, (void)who;
    if (!catching || !to_responder || message[1] != stop_at)
        return;
    memcpy(finish, message, *len);
    finish_len = *len;
    *len = 0; /* lost; in a record it is an empty message, which the hook below loses */
}

static unsigned (*next_hook)(void *user, struct pair *p, unsigned index, bool to_responder,
                             struct pair_message *wire);
static unsigned lose(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    size_t before = finish_len;
    unsigned copies = next_hook(user, p, index, to_responder, wire);
    return finish_len != before || (catching && finish_len) ? 0 : copies;
}

static void set_hooks(struct mitm *who)
{
    who->see = see;
    next_hook = who->p.hook;
    who->p.hook = lose;
}

/* A session that carries requests, and one that lacks nothing but its end. */
static void begin(uint8_t version, unsigned traits, char letter, uint8_t stop)
{
    static mitm_flow flow;
    flow = (mitm_flow){"pair", version, traits, "c"};
    finish_len = 0;
    stop_at = stop;
    catching = false;
    mitm_start(&m, &flow, 1, set_hooks);
    assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
    assert_status(mitm_operate(&m, 's'), CAMSEAL_OK);
    catching = true;
    if (letter) {
        camseal_status status = mitm_operate(&m, letter);
        assert_status(status, stop ? CAMSEAL_E_TIMEOUT : CAMSEAL_OK);
        assert_int_equal(finish_len != 0, stop != 0);
    }
    catching = false;
    m.p.now_us = 0; /* no heartbeat was missed */
}

/* ---- the end -------------------------------------------------------------------------------- */

enum how { FINISH, SIGNED, PSK, HOWS };
enum where { IN, OUT, OTHER, MISLABELLED, WHERES };

/* The caught message if it is of this kind, else one of its form. */
static size_t make(enum how how, uint8_t *message)
{
    uint8_t code = how == PSK ? SPDM_PSK_FINISH : SPDM_FINISH;
    bool is_signed = finish_len && finish[1] == SPDM_FINISH && finish[2];
    if (finish_len && finish[1] == code && (how == SIGNED) == is_signed) {
        memcpy(message, finish, finish_len);
        return finish_len;
    }
    size_t opaque = m.flow->version >= 0x14 ? 2 : 0;
    memset(message, 0, 4 + opaque + 64 + 32);
    message[0] = m.flow->version;
    message[1] = code;
    message[2] = how == SIGNED;
    return 4 + opaque + (how == SIGNED ? 64u : 0u) + 32;
}

/* What the responder answers: PASSES, SILENCE or an ErrorCode. */
static int end(enum how how, enum where where)
{
    static struct pair_message answer;
    uint8_t message[1024], room[1024];
    size_t n = make(how, message);
    const spdm_session *s = where == OTHER ? established() : shaking();
    if (where == IN && !s)
        s = established();
    assert_true(s || where == OUT);
    spdm_record rec = {m.p.req_config.crypto, m.p.rsp->algorithms.aead, m.p.req_config.binding, 0,
                       0};
    spdm_keys keys = {.sequence = 0}, back = keys;
    if (where != OUT) {
        keys = s->keys[SPDM_DIR_REQ];
        back = s->keys[SPDM_DIR_RSP];
        rec.session_id = where == MISLABELLED ? established()->id : s->id;
        if (where == MISLABELLED)
            back = established()->keys[SPDM_DIR_RSP];
        size_t lead = camseal_spdm_record_lead(rec.binding);
        camseal_buf out = {message, sizeof message, 0};
        memmove(message + lead, message, n);
        assert_status(camseal_spdm_record_seal(&rec, &keys, &out, n), CAMSEAL_OK);
        n = out.len;
    }
    if (!pair_tell(&m.p, message, n, where != OUT, &answer))
        return SILENCE;
    camseal_span plain = camseal_span_of(answer.bytes, answer.len);
    assert_int_equal(answer.secured, where != OUT);
    if (where != OUT)
        assert_status(camseal_spdm_record_open(&rec, &back, plain,
                                               camseal_mspan_of(room, sizeof room), &plain),
                      CAMSEAL_OK);
    return plain.data[1] == SPDM_ERROR ? plain.data[2] : PASSES;
}

/* ---- the table ------------------------------------------------------------------------------ */

enum {
    UNEXP = SPDM_ERR_UNEXPECTED,
    NEEDS = SPDM_ERR_SESSION_REQUIRED,
    BUSY = SPDM_ERR_IN_FLIGHT,
    WRONG = SPDM_ERR_INVALID_REQUEST,
    DECR = SPDM_ERR_DECRYPT
};

/* In the order of `where`, without MISLABELLED, which always closes the session that it names. */
static const struct beginning {
    const char *name;
    unsigned traits;
    char letter;
    uint8_t stop;
    int outcome[HOWS][WHERES - 1];
} beginnings[] = {
    {"nothing", 0, 0, 0, {{UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"nothing, clear handshakes",
     MITM_CLEAR,
     0,
     0,
     {{UNEXP, UNEXP, UNEXP}, {UNEXP, UNEXP, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE",
     0,
     's',
     SPDM_FINISH,
     {{PASSES, NEEDS, UNEXP}, {WRONG, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE, clear",
     MITM_CLEAR,
     's',
     SPDM_FINISH,
     {{UNEXP, PASSES, UNEXP}, {UNEXP, WRONG, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE, mutual",
     MITM_MUTUAL,
     's',
     SPDM_FINISH,
     {{WRONG, NEEDS, UNEXP}, {PASSES, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE, mutual, clear",
     MITM_MUTUAL | MITM_CLEAR,
     's',
     SPDM_FINISH,
     {{UNEXP, WRONG, UNEXP}, {UNEXP, PASSES, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE, known requester",
     MITM_MUTUAL | MITM_KNOWN,
     's',
     SPDM_FINISH,
     {{WRONG, NEEDS, UNEXP}, {PASSES, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
    {"KEY_EXCHANGE, nothing asked yet",
     MITM_MUTUAL,
     's',
     SPDM_GET_ENCAPSULATED_REQUEST,
     {{BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}}},
    {"KEY_EXCHANGE, nothing delivered yet",
     MITM_MUTUAL | MITM_CLEAR,
     's',
     SPDM_DELIVER_ENCAPSULATED_RESPONSE,
     {{BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}}},
    {"KEY_EXCHANGE, DIGESTS due",
     MITM_MUTUAL | MITM_DIGESTS,
     's',
     SPDM_DELIVER_ENCAPSULATED_RESPONSE,
     {{BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}, {BUSY, BUSY, BUSY}}},
    {"PSK_EXCHANGE",
     0,
     'p',
     SPDM_PSK_FINISH,
     {{UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}, {PASSES, NEEDS, UNEXP}}},
    {"PSK_EXCHANGE where mutual is the rule",
     MITM_MUTUAL,
     'p',
     SPDM_PSK_FINISH,
     {{UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}, {PASSES, NEEDS, UNEXP}}},
    {"PSK_EXCHANGE, clear handshakes",
     MITM_CLEAR,
     'p',
     SPDM_PSK_FINISH,
     {{UNEXP, UNEXP, UNEXP}, {UNEXP, UNEXP, UNEXP}, {PASSES, NEEDS, UNEXP}}},
    {"PSK_EXCHANGE without context",
     MITM_PSK_ALONE,
     'p',
     0,
     {{UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}, {UNEXP, NEEDS, UNEXP}}},
};
enum { BEGINNINGS = sizeof beginnings / sizeof beginnings[0] };

/* The right end, wherever it is; then nothing ends the session a second time. */
static void end_well(const struct beginning *b)
{
    for (int how = 0; how < HOWS; how++)
        for (int where = 0; where < MISLABELLED; where++)
            if (b->outcome[how][where] == PASSES) {
                unsigned opened = m.opened;
                if (end((enum how)how, (enum where)where) != PASSES)
                    fail_msg("%s: the right end does not pass any more", b->name);
                assert_int_equal(m.opened, opened + 1);
                assert_null(shaking());
                /* In clear it is taken for a retry, and hears the same answer. */
                int again = end((enum how)how, (enum where)where);
                assert_int_equal(again, where == OUT ? PASSES : UNEXP);
                assert_int_equal(m.opened, opened + 1);
            }
}

static unsigned pairs;
static void one_pair(uint8_t version, const struct beginning *b, enum how how, enum where where)
{
    begin(version, b->traits, b->letter, b->stop);
    unsigned opened = m.opened;
    int outcome = end(how, where), expected = b->outcome[how][where];
    pairs++;
    if (outcome != expected)
        fail_msg("%x %s, end %d at %d: %02x, not %02x", version, b->name, how, where,
                 (unsigned)outcome, (unsigned)expected);
    assert_int_equal(m.opened, opened + (expected == PASSES));
    if (outcome != PASSES)
        end_well(b);
    assert_non_null(established());
    mitm_play_cleanly(&m);
    mitm_stop(&m);
}

static void every_pair(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++)
        for (size_t i = 0; i < BEGINNINGS; i++)
            for (int how = 0; how < HOWS; how++)
                for (int where = 0; where < MISLABELLED; where++)
                    one_pair(version, &beginnings[i], (enum how)how, (enum where)where);
    print_message("%u pairs\n", pairs);
}

/* A record under the keys of the one with the id of the other: it does not open, the session that
 * it names ends, the one that shakes hands goes on. */
static void under_the_id_of_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < BEGINNINGS; i++)
        for (int how = 0; how < HOWS && beginnings[i].stop; how++) {
            begin(0x13, beginnings[i].traits, beginnings[i].letter, beginnings[i].stop);
            unsigned closed = m.closed, opened = m.opened;
            assert_int_equal(end((enum how)how, MISLABELLED), DECR);
            assert_int_equal(m.closed, closed + 1);
            assert_int_equal(m.opened, opened);
            assert_null(established());
            assert_non_null(shaking());
            end_well(&beginnings[i]);
            mitm_stop(&m);
        }
}

/* A FINISH of the right kind whose proof is wrong has no second try. */
static void a_wrong_proof_is_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < BEGINNINGS; i++)
        for (int how = 0; how < HOWS; how++)
            for (int where = 0; where < MISLABELLED; where++) {
                const struct beginning *b = &beginnings[i];
                if (b->outcome[how][where] != PASSES)
                    continue;
                begin(0x13, b->traits, b->letter, b->stop);
                finish[finish_len - 1] ^= 1;
                assert_int_equal(end((enum how)how, (enum where)where), DECR);
                assert_null(shaking());
                finish[finish_len - 1] ^= 1;
                if (where == OUT)
                    assert_int_equal(end((enum how)how, OUT), UNEXP);
                assert_int_equal(m.opened, 1);
                mitm_stop(&m);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),
        cmocka_unit_test(under_the_id_of_another),
        cmocka_unit_test(a_wrong_proof_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
