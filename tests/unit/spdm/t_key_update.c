/* KEY_UPDATE out of order, given up, repeated, refused, from either side: which keys count, and
 * that both sides stay in step. That its messages get lost is in t_retries. */
#include "spdm/msg/error.h"
#include "spdm/msg/msg.h"
#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_mitm.h"
#include "test.h"

static struct mitm m;

static void start(const char *name, const char *script)
{
    mitm_start(&m, mitm_flow_named(name), 1, NULL);
    for (; *script; script++)
        assert_status(mitm_operate(&m, *script), CAMSEAL_OK);
}

static const spdm_session *session_of(bool responder)
{
    return responder ? &m.p.rsp->sessions[m.session] : &m.p.req->sessions[m.session];
}

/* Both sides have the same keys, and nothing is left of earlier ones. */
static void in_step(void)
{
    for (unsigned d = 0; d < 2; d++) {
        const spdm_session *a = session_of(false), *b = session_of(true);
        assert_memory_equal(&a->keys[d], &b->keys[d], sizeof a->keys[d]);
        assert_false(a->old[d].kept || b->old[d].kept);
    }
    assert_int_equal(session_of(true)->update, 0);
}

static unsigned busy_left;
static unsigned busy_for_a_while(void *user, struct pair *p, unsigned index, bool to_responder,
                                 struct pair_message *wire)
{
    (void)user, (void)index, (void)wire;
    if (to_responder)
        camseal_spdm_responder_set_mood(p->rsp, busy_left ? CAMSEAL_SPDM_BUSY : CAMSEAL_SPDM_READY);
    if (to_responder && busy_left)
        busy_left--;
    return 1;
}

/* Busy comes under the keys before the update: both sides stay with them until the next try. */
static void busy_while_keys_change(void **state)
{
    (void)state;
    for (const char *letter = "uU"; *letter; letter++) {
        for (unsigned n = 1; n <= 5; n++) {
            start("certificate", "csv");
            m.p.hook = busy_for_a_while;
            busy_left = n;
            camseal_status status = mitm_operate(&m, *letter);
            assert_status(status, n > 4 ? CAMSEAL_E_TIMEOUT : CAMSEAL_OK);
            assert_status(mitm_operate(&m, 'v'), n > 4 ? CAMSEAL_E_STATE : CAMSEAL_OK);
            if (n <= 4)
                in_step();
            camseal_spdm_responder_set_mood(m.p.rsp, CAMSEAL_SPDM_READY);
            mitm_play_cleanly(&m);
            mitm_stop(&m);
        }
    }
}

/* A message of the requester's session, whatever it is; the ErrorCode that comes back, or 0. */
static uint8_t tell(const char *hex)
{
    static struct pair_message request, answer;
    static uint8_t plain[PAIR_MESSAGE];
    spdm_session *s = &m.p.req->sessions[m.session];
    const spdm_schedule k = camseal_spdm_requester_schedule(m.p.req);
    const spdm_record rec = {m.p.req_config.crypto, k.aead, m.p.req_config.binding, s->id, 64};
    camseal_buf out = {request.bytes, sizeof request.bytes, 0};
    size_t lead = camseal_spdm_record_lead(rec.binding);
    size_t n = test_hex(request.bytes + lead, 64, hex);
    assert_status(camseal_spdm_record_seal(&rec, &s->keys[SPDM_DIR_REQ], &out, n), CAMSEAL_OK);
    camseal_span message;
    if (!pair_tell(&m.p, request.bytes, out.len, true, &answer))
        return 0xFE;
    camseal_status status = camseal_spdm_session_open(
        &rec, &k, s, SPDM_ROLE_RESPONDER, camseal_span_of(answer.bytes, answer.len),
        camseal_mspan_of(plain, sizeof plain), &message);
    assert_status(status, CAMSEAL_OK);
    return message.data[1] == SPDM_ERROR ? message.data[2] : (uint8_t)0;
}

static void update(enum spdm_direction direction)
{
    const spdm_schedule k = camseal_spdm_requester_schedule(m.p.req);
    assert_status(camseal_spdm_session_update(&k, &m.p.req->sessions[m.session], direction),
                  CAMSEAL_OK);
}

/* The order of operations, and which keys count in between. */
static void updates_out_of_order(void **state)
{
    (void)state;
    start("certificate", "csv");
    assert_int_equal(tell("12e90301"), SPDM_ERR_INVALID_REQUEST); /* nothing to verify */
    for (unsigned op = 0; op < 256; op++) {
        char hex[16];
        (void)snprintf(hex, sizeof hex, "12e9%02x07", op);
        if (op < 1 || op > 3)
            assert_int_equal(tell(hex), SPDM_ERR_INVALID_REQUEST);
    }
    assert_int_equal(tell("12e90101"), 0);
    update(SPDM_DIR_REQ);
    assert_int_equal(tell("12e90102"), SPDM_ERR_INVALID_REQUEST); /* the last is not verified */
    assert_int_equal(tell("12e90202"), SPDM_ERR_INVALID_REQUEST);
    assert_int_equal(tell("12e80000"), 0); /* other requests are good under the new key */
    assert_int_equal(tell("12e90303"), 0);
    assert_int_equal(tell("12e90303"), SPDM_ERR_INVALID_REQUEST); /* only once */
    camseal_spdm_session_confirm(&m.p.req->sessions[m.session]);
    in_step();
    mitm_stop(&m);
}

/* The requester did not hear the acknowledgement and goes on under its old key: the responder goes
 * back to it; of UpdateAllKeys in both directions. That acknowledgement used the new key, which the
 * next update would bring again, so there is none. */
static void an_update_that_is_given_up(void **state)
{
    (void)state;
    start("certificate", "csv");
    assert_int_equal(tell("12e90101"), 0);
    assert_true(session_of(true)->old[SPDM_DIR_REQ].kept);
    assert_int_equal(tell("12e80000"), 0);
    in_step();
    assert_int_equal(tell("12e90301"), SPDM_ERR_INVALID_REQUEST);
    update(SPDM_DIR_RSP);
    assert_int_equal(tell("12e90201"), 0);
    spdm_session *s = &m.p.req->sessions[m.session];
    spdm_schedule k = camseal_spdm_requester_schedule(m.p.req);
    uint64_t next = s->old[SPDM_DIR_RSP].sequence;
    assert_status(camseal_spdm_session_revert(&k, s), CAMSEAL_OK);
    assert_int_equal(s->keys[SPDM_DIR_RSP].sequence, next);
    assert_int_equal(tell("12e80000"), 0);
    in_step();
    for (char operation = '1'; operation <= '2'; operation++) {
        const char update_again[] = {'1', '2', 'e', '9', '0', operation, '0', '1', 0};
        assert_int_equal(tell(update_again), SPDM_ERR_UNEXPECTED);
        assert_false(session_of(true)->old[SPDM_DIR_REQ].kept);
        assert_int_equal(session_of(true)->update, 0);
    }
    assert_int_equal(tell("12e80000"), 0);
    mitm_stop(&m);
}

/* Both old and new key are spent by a record that is under neither. */
static void a_broken_record_while_keys_change(void **state)
{
    static struct pair_message answer;
    uint8_t noise[40] = {0};
    (void)state;
    start("certificate", "csv");
    assert_int_equal(tell("12e90101"), 0);
    memcpy(noise, &session_of(true)->id, 4);
    noise[4] = sizeof noise - 6;
    assert_true(pair_tell(&m.p, noise, sizeof noise, true, &answer) > 0);
    assert_int_equal(m.last_error, SPDM_ERR_DECRYPT);
    assert_int_equal(m.closed, 1);
    mitm_stop(&m);
}

/* Acknowledgements of something else; what an encapsulated update must not be. */
static struct {
    uint8_t code, at, mask, nth;
} change;

static void flip(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    (void)user, (void)who, (void)to_responder;
    if (message[1] == change.code && *len > change.at && change.nth-- == 0)
        message[change.at] ^= change.mask;
}

static void acknowledgements_of_something_else(void **state)
{
    static const struct {
        uint8_t at, nth;
    } rows[] = {{2, 0}, {3, 0}, {2, 1}, {3, 1}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (const char *letter = "uU"; *letter; letter++) {
            /* Below a record of UpdateAllKeys' acknowledgement nobody sees here. */
            start("certificate", "csv");
            change.code = SPDM_KEY_UPDATE_ACK;
            change.at = rows[i].at;
            change.nth = rows[i].nth;
            change.mask = 2;
            m.see = flip;
            assert_status(mitm_operate(&m, *letter), CAMSEAL_E_FORMAT);
            assert_status(mitm_operate(&m, 'v'), CAMSEAL_E_STATE);
            mitm_stop(&m);
        }
    }
}

/* UpdateAllKeys and nonsense in an encapsulated request: refused, and nothing changes. */
static void encapsulated_updates(void **state)
{
    (void)state;
    for (unsigned mask = 1; mask < 256; mask++) {
        start("events", "cs");
        change.code = SPDM_ENCAPSULATED_REQUEST;
        change.at = 6;
        change.nth = 0;
        change.mask = (uint8_t)mask;
        m.see = flip;
        assert_true(mitm_operate(&m, 'k') != CAMSEAL_OK);
        m.see = NULL;
        assert_status(mitm_operate(&m, 'h'), CAMSEAL_OK);
        in_step();
        assert_status(mitm_operate(&m, 'k'), CAMSEAL_OK);
        in_step();
        mitm_stop(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_while_keys_change),
        cmocka_unit_test(updates_out_of_order),
        cmocka_unit_test(an_update_that_is_given_up),
        cmocka_unit_test(a_broken_record_while_keys_change),
        cmocka_unit_test(acknowledgements_of_something_else),
        cmocka_unit_test(encapsulated_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
