/* Whole SPDM sessions between our engines through each transport: framings, loopback, CCI mailbox.
 */
#include "test.h"

#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "spdm_pair.h"
#include "test_pki.h"

enum { ROOM = PAIR_MESSAGE + 64 };

static struct pair p;

static uint8_t kind_of(const struct pair_message *m)
{
    return m->secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM;
}

static void take(struct pair_message *m, const camseal_frame *frame)
{
    memmove(m->bytes, frame->payload.data, frame->payload.len);
    m->len = frame->payload.len;
    m->secured = frame->kind == CAMSEAL_MESSAGE_SECURED;
}

static unsigned through_framing(void *user, struct pair *pair, unsigned index, bool to_responder,
                                struct pair_message *m)
{
    const camseal_framing *f = user;
    static uint8_t bytes[ROOM];
    size_t trailer;
    camseal_frame frame;
    (void)pair, (void)index, (void)to_responder;
    assert_status(f->header(bytes, &trailer, kind_of(m), m->len), CAMSEAL_OK);
    memcpy(bytes + f->header_bytes, m->bytes, m->len);
    memset(bytes + f->header_bytes + m->len, 0, trailer);
    assert_status(
        f->parse(camseal_span_of(bytes, f->header_bytes + m->len + trailer), ROOM, &frame),
        CAMSEAL_OK);
    take(m, &frame);
    return 1;
}

static unsigned through_loopback(void *user, struct pair *pair, unsigned index, bool to_responder,
                                 struct pair_message *m)
{
    camseal_loopback *l = user;
    camseal_frame frame;
    unsigned from = to_responder ? 0 : 1;
    (void)pair, (void)index;
    assert_status(camseal_loopback_send(l, from, kind_of(m), camseal_span_of(m->bytes, m->len)),
                  CAMSEAL_OK);
    assert_status(camseal_loopback_receive(l, 1 - from, &frame), CAMSEAL_OK);
    take(m, &frame);
    return 1;
}

struct mailbox {
    camseal_mailbox_target target;
    camseal_mailbox_controller controller;
    camseal_mailbox_request request;
    struct pair_message question; /* what the controller borrows */
    camseal_frame answer;
    uint64_t now_us;
    uint8_t inbox[ROOM], outbox[ROOM], room[ROOM];
};

/* Runs the bus until the target has a request (or the controller its answer). */
static void run_bus(struct mailbox *b, bool until_request)
{
    camseal_mailbox_step step = {0};
    for (unsigned i = 0; i < 1000; i++) {
        step.now_us = b->now_us += 100;
        assert_status(camseal_mailbox_controller_step(&b->controller, &step), CAMSEAL_OK);
        b->answer = step.frame;
        if (step.next == CAMSEAL_MAILBOX_DONE)
            return;
        if (step.next == CAMSEAL_MAILBOX_WRITE)
            camseal_mailbox_target_write(&b->target, step.index, step.write);
        if (step.next == CAMSEAL_MAILBOX_READ)
            camseal_mailbox_target_read(&b->target, step.index, step.read);
        if (until_request && camseal_mailbox_target_take(&b->target, &b->request) == CAMSEAL_OK)
            return;
    }
    fail_msg("the bus does not come to an end");
}

static unsigned through_mailbox(void *user, struct pair *pair, unsigned index, bool to_responder,
                                struct pair_message *m)
{
    struct mailbox *b = user;
    (void)pair, (void)index;
    if (to_responder) {
        b->question = *m;
        assert_status(
            camseal_mailbox_controller_begin(&b->controller, kind_of(m),
                                             camseal_span_of(b->question.bytes, m->len), b->now_us),
            CAMSEAL_OK);
        run_bus(b, true);
        const camseal_frame frame = {b->request.kind, b->request.message, 0};
        take(m, &frame);
        return 1;
    }
    assert_status(camseal_mailbox_target_answer(&b->target, b->request.ticket, kind_of(m),
                                                camseal_span_of(m->bytes, m->len)),
                  CAMSEAL_OK);
    run_bus(b, false);
    take(m, &b->answer);
    return 1;
}

static void whole_session(const camseal_spdm_binding *binding,
                          unsigned (*hook)(void *, struct pair *, unsigned, bool,
                                           struct pair_message *),
                          void *user)
{
    struct test_pki pki;
    uint8_t session, room[64];
    camseal_buf response = {room, sizeof room, 0};
    test_pki_make(&pki, TEST_PKI_P256, TEST_PKI_GOOD);
    const camseal_spdm_identity id = {.chain = pki.chain, .sign = pki.sign, .key = pki.key};
    pair_config(&p, camseal_openssl(), binding, pki.root, &id, 1);
    p.req_config.challenge = true;
    p.hook = hook;
    p.hook_user = user;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(pair_vendor(&p, session, camseal_span_of("hello", 5), &response), CAMSEAL_OK);
    assert_memory_equal(room, "echo: hello", 11);
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    assert_true(p.index >= 20);
    pair_stop(&p);
    test_pki_free(&pki);
}

static void over_tcp(void **state)
{
    (void)state;
    camseal_framing framing = camseal_framing_tcp;
    whole_session(&camseal_spdm_binding_tcp, through_framing, &framing);
}

static void over_mctp(void **state)
{
    (void)state;
    camseal_framing framing = camseal_framing_mctp;
    whole_session(&camseal_spdm_binding_mctp, through_framing, &framing);
}

static void over_loopback(void **state)
{
    (void)state;
    static uint8_t to_1[ROOM], to_0[ROOM];
    camseal_loopback l;
    camseal_loopback_init(&l, camseal_mspan_of(to_1, ROOM), camseal_mspan_of(to_0, ROOM));
    whole_session(&camseal_spdm_binding_mctp, through_loopback, &l);
}

static void over_the_mailbox(void **state)
{
    (void)state;
    static struct mailbox b;
    assert_status(camseal_mailbox_target_init(&b.target, camseal_mspan_of(b.inbox, ROOM),
                                              camseal_mspan_of(b.outbox, ROOM)),
                  CAMSEAL_OK);
    assert_status(
        camseal_mailbox_controller_init(&b.controller, camseal_mspan_of(b.room, ROOM), NULL),
        CAMSEAL_OK);
    whole_session(&camseal_spdm_binding_mctp, through_mailbox, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_tcp),
        cmocka_unit_test(over_mctp),
        cmocka_unit_test(over_loopback),
        cmocka_unit_test(over_the_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
