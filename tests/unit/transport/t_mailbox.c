/* The CCI mailbox: golden registers, illegal frames, and both engines against each other over a bus
 * that loses and garbles transactions. */
#include "test.h"

#include <limits.h>

#include "base/load.h"
#include "camseal/bulk.h"
#include "camseal/transport.h"

enum { LONGEST = 700, MEMORY = LONGEST + 8, SUBMIT = 0x5A, RESET = 0xA5 };

/* ---- the target by hand ---------------------------------------------------------------------- */

struct target {
    camseal_mailbox_target t;
    uint8_t inbox[MEMORY], outbox[MEMORY];
};

static void start(struct target *s)
{
    assert_status(camseal_mailbox_target_init(&s->t, camseal_mspan_of(s->inbox, MEMORY),
                                              camseal_mspan_of(s->outbox, MEMORY)),
                  CAMSEAL_OK);
}

static void put(struct target *s, uint16_t index, const void *bytes, size_t n)
{
    camseal_mailbox_target_write(&s->t, index, camseal_span_of(bytes, n));
}

static void command(struct target *s, uint8_t value)
{
    put(s, CAMSEAL_MAILBOX_CONTROL, &value, 1);
}

static uint8_t status_of(const struct target *s)
{
    uint8_t value;
    camseal_mailbox_target_read(&s->t, CAMSEAL_MAILBOX_STATUS, camseal_mspan_of(&value, 1));
    return value;
}

/* Writes a frame page by page; `crc_change` breaks it. */
static void put_frame(struct target *s, uint8_t type, uint8_t sequence, size_t len,
                      uint32_t crc_change)
{
    uint8_t frame[MEMORY + 64] = {type, sequence, (uint8_t)len, (uint8_t)(len >> 8)};
    for (size_t i = 0; i < len; i++)
        frame[4 + i] = (uint8_t)(i * 7 + sequence);
    camseal_store_le32(frame + 4 + len,
                       camseal_bulk_soft()->crc32c(0, frame, 4 + len) ^ crc_change);
    for (size_t at = 0; at < len + 8; at += 64) {
        uint8_t burst[66] = {(uint8_t)(at / 64), 0xFF};
        memcpy(burst + 2, frame + at, 64);
        put(s, CAMSEAL_MAILBOX_PAGE, burst, sizeof burst);
    }
}

/* CRC-32C is judged elsewhere; this frame was computed by hand: GET_VERSION, sequence 7. */
static void golden_exchange(void **state)
{
    (void)state;
    struct target s;
    uint8_t frame[12], seen[66];
    camseal_mailbox_request request;
    start(&s);
    assert_int_equal(status_of(&s), 0x01);
    assert_int_equal(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_PENDING);
    test_hex(frame, sizeof frame, "00070400108400001057A5DF");
    put(&s, CAMSEAL_MAILBOX_WINDOW, frame, sizeof frame);
    command(&s, SUBMIT);
    assert_int_equal(status_of(&s), 0x02);
    assert_status(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_OK);
    assert_int_equal(request.kind, CAMSEAL_MESSAGE_SPDM);
    assert_int_equal(request.message.len, 4);
    assert_memory_equal(request.message.data, frame + 4, 4);
    assert_int_equal(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_PENDING);
    assert_int_equal(status_of(&s), 0x02);
    assert_status(camseal_mailbox_target_answer(&s.t, s.t.ticket, CAMSEAL_MESSAGE_SECURED,
                                                camseal_span_of("\x10\x04\x00\x00", 4)),
                  CAMSEAL_OK);
    assert_int_equal(status_of(&s), 0x05);
    camseal_mailbox_target_read(&s.t, CAMSEAL_MAILBOX_PAGE, camseal_mspan_of(seen, 66));
    test_hex(frame, sizeof frame, "0107040010040000745DBE1D");
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], 0);
    assert_memory_equal(seen + 2, frame, 12);
    for (size_t i = 14; i < 66; i++)
        assert_int_equal(seen[i], 0);
}

static void illegal_frames_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        size_t len;
        uint32_t crc_change;
        uint8_t status;
    } rows[] = {
        {0, 1, 0, 0x02},  {1, LONGEST, 0, 0x02},      {0, 0, 0, 0x21},  {0, LONGEST + 1, 0, 0x21},
        {0, 40, 1, 0x11}, {0, 40, 0x80000000u, 0x11}, {2, 40, 0, 0x31}, {0xFF, 40, 0, 0x31},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target s;
        camseal_mailbox_request request;
        start(&s);
        put_frame(&s, rows[i].type, 1, rows[i].len, rows[i].crc_change);
        command(&s, SUBMIT);
        assert_int_equal(status_of(&s), rows[i].status);
        assert_int_equal(camseal_mailbox_target_take(&s.t, &request),
                         rows[i].status == 0x02 ? CAMSEAL_OK : CAMSEAL_PENDING);
    }
    struct target s;
    start(&s);
    for (unsigned value = 0; value < 256; value++) {
        if (value == SUBMIT || value == RESET)
            continue;
        command(&s, (uint8_t)value);
        assert_int_equal(status_of(&s), 0x41);
    }
    command(&s, RESET);
    assert_int_equal(status_of(&s), 0x01);
}

static void a_sequence_is_heard_once(void **state)
{
    (void)state;
    struct target s;
    camseal_mailbox_request request;
    start(&s);
    put_frame(&s, 0, 3, 10, 0);
    command(&s, SUBMIT);
    command(&s, SUBMIT);
    assert_status(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_OK);
    uint8_t before[MEMORY];
    memcpy(before, s.inbox, MEMORY);
    put_frame(&s, 0, 4, 20, 0); /* frozen */
    assert_memory_equal(before, s.inbox, MEMORY);
    command(&s, SUBMIT);
    assert_int_equal(status_of(&s), 0x02);
    assert_status(camseal_mailbox_target_answer(&s.t, request.ticket, 5, camseal_span_of("ab", 2)),
                  CAMSEAL_OK);
    assert_status(camseal_mailbox_target_answer(&s.t, request.ticket, 5, camseal_span_of("ab", 2)),
                  CAMSEAL_E_STATE);
    put_frame(&s, 0, 3, 10, 0);
    command(&s, SUBMIT);
    assert_int_equal(status_of(&s), 0x05);
    assert_int_equal(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_PENDING);
    put_frame(&s, 0, 4, 10, 9); /* broken: the answer stays */
    command(&s, SUBMIT);
    assert_int_equal(status_of(&s), 0x15);
    put_frame(&s, 0, 4, 10, 0);
    command(&s, SUBMIT);
    assert_status(camseal_mailbox_target_take(&s.t, &request), CAMSEAL_OK);
    assert_status(camseal_mailbox_target_answer(&s.t, request.ticket, 5, camseal_span_of(NULL, 0)),
                  CAMSEAL_OK);
    assert_int_equal(status_of(&s), 0x05);
    command(&s, SUBMIT);
    assert_int_equal(status_of(&s), 0x05);
}

static void a_late_answer_after_reset_is_refused(void **state)
{
    (void)state;
    struct target s;
    camseal_mailbox_request old, new;
    start(&s);
    put_frame(&s, 0, 3, 10, 0);
    command(&s, SUBMIT);
    assert_status(camseal_mailbox_target_take(&s.t, &old), CAMSEAL_OK);
    command(&s, RESET);
    assert_status(camseal_mailbox_target_answer(&s.t, old.ticket, 5, camseal_span_of("ab", 2)),
                  CAMSEAL_E_STATE);
    put_frame(&s, 0, 3, 10, 0);
    command(&s, SUBMIT);
    assert_status(camseal_mailbox_target_take(&s.t, &new), CAMSEAL_OK);
    assert_status(camseal_mailbox_target_answer(&s.t, old.ticket, 5, camseal_span_of("ab", 2)),
                  CAMSEAL_E_STATE);
    assert_status(camseal_mailbox_target_answer(&s.t, new.ticket, 0, camseal_span_of("ab", 2)),
                  CAMSEAL_E_ARGUMENT);
    assert_status(
        camseal_mailbox_target_answer(&s.t, new.ticket, 5, camseal_span_of(s.inbox, LONGEST + 1)),
        CAMSEAL_E_SPACE);
    assert_status(camseal_mailbox_target_answer(&s.t, new.ticket, 5, camseal_span_of("ab", 2)),
                  CAMSEAL_OK);
}

static void every_index_and_length_is_safe(void **state)
{
    (void)state;
    struct target s;
    uint8_t bytes[200];
    start(&s);
    memset(bytes, 0, sizeof bytes);
    for (uint32_t index = 0; index < 0x10000; index += index < 0x09F0 || index > 0x0A50 ? 251 : 1) {
        for (size_t n = 0; n <= sizeof bytes; n += 40) {
            put(&s, (uint16_t)index, bytes, n);
            camseal_mailbox_target_read(&s.t, (uint16_t)index, camseal_mspan_of(bytes, n));
        }
    }
    for (unsigned page = 0; page < 256; page++) {
        uint8_t burst[66] = {(uint8_t)page};
        put(&s, CAMSEAL_MAILBOX_PAGE, burst, sizeof burst);
        camseal_mailbox_target_read(&s.t, CAMSEAL_MAILBOX_PAGE, camseal_mspan_of(bytes, 66));
    }
    struct target small;
    assert_status(camseal_mailbox_target_init(&small.t, camseal_mspan_of(small.inbox, 8),
                                              camseal_mspan_of(small.outbox, MEMORY)),
                  CAMSEAL_E_MEMORY);
    assert_status(camseal_mailbox_target_init(&small.t, camseal_mspan_of(small.inbox, MEMORY),
                                              camseal_mspan_of(small.outbox, 8)),
                  CAMSEAL_E_MEMORY);
}

/* ---- both engines ---------------------------------------------------------------------------- */

enum fault { NONE, LOST, UNHEARD, GARBLED, FAULTS };

struct rig {
    struct target target;
    camseal_mailbox_controller controller;
    uint8_t answer[MEMORY];
    uint64_t now_us, seed;
    unsigned transactions, requests, percent; /* of faulty transactions        */
    unsigned fault_at;                        /* and this one, if not UINT_MAX */
    enum fault fault;
    unsigned slow; /* looks at the status before the answer is there */
};

static void make_rig(struct rig *r)
{
    const camseal_mailbox_config config = {.timeout_us = 2000000, .attempts = 20};
    memset(r, 0, sizeof *r);
    r->fault_at = UINT_MAX;
    r->seed = 1;
    start(&r->target);
    assert_status(camseal_mailbox_controller_init(&r->controller,
                                                  camseal_mspan_of(r->answer, MEMORY), &config),
                  CAMSEAL_OK);
}

static enum fault next_fault(struct rig *r)
{
    unsigned i = r->transactions++;
    if (i == r->fault_at)
        return r->fault;
    if (test_random(&r->seed) % 100 >= r->percent)
        return NONE;
    return (enum fault)(1 + test_random(&r->seed) % (FAULTS - 1));
}

static void garble(struct rig *r, uint8_t *bytes, size_t n)
{
    size_t bit = test_random(&r->seed) % (n * 8);
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* LOST: not acknowledged and not done. UNHEARD: done, but the acknowledgement was lost. */
static void transact(struct rig *r, camseal_mailbox_step *step)
{
    uint8_t bytes[80];
    enum fault fault = next_fault(r);
    r->now_us += 100;
    step->failed = fault == LOST || fault == UNHEARD;
    if (fault == LOST)
        return;
    if (step->next == CAMSEAL_MAILBOX_READ) {
        camseal_mailbox_target_read(&r->target.t, step->index, step->read);
        if (fault == GARBLED)
            garble(r, step->read.data, step->read.len);
        return;
    }
    memcpy(bytes, step->write.data, step->write.len);
    if (fault == GARBLED)
        garble(r, bytes, step->write.len);
    camseal_mailbox_target_write(&r->target.t, step->index,
                                 camseal_span_of(bytes, step->write.len));
}

/* Answers with the message backwards; a message that starts with 0xEE has no answer. */
static void serve(struct rig *r)
{
    uint8_t backwards[LONGEST];
    camseal_mailbox_request request;
    if (r->slow) {
        r->slow--;
        return;
    }
    if (camseal_mailbox_target_take(&r->target.t, &request) != CAMSEAL_OK)
        return;
    r->requests++;
    size_t n = request.message.len;
    for (size_t i = 0; i < n; i++)
        backwards[i] = request.message.data[n - 1 - i];
    if (request.message.data[0] == 0xEE)
        n = 0;
    assert_status(camseal_mailbox_target_answer(&r->target.t, request.ticket, request.kind,
                                                camseal_span_of(backwards, n)),
                  CAMSEAL_OK);
}

static camseal_status exchange(struct rig *r, uint8_t kind, camseal_span message,
                               camseal_frame *frame)
{
    camseal_mailbox_step step = {.now_us = r->now_us};
    assert_status(camseal_mailbox_controller_begin(&r->controller, kind, message, r->now_us),
                  CAMSEAL_OK);
    for (unsigned i = 0; i < 100000; i++) {
        step.now_us = r->now_us;
        camseal_status status = camseal_mailbox_controller_step(&r->controller, &step);
        *frame = step.frame;
        if (status != CAMSEAL_OK || step.next == CAMSEAL_MAILBOX_DONE)
            return status;
        if (step.next == CAMSEAL_MAILBOX_WAIT) {
            assert_true(step.wake_us > r->now_us);
            r->now_us = step.wake_us;
            continue;
        }
        transact(r, &step);
        serve(r);
    }
    fail_msg("the exchange does not end");
    return CAMSEAL_E_BUG;
}

static void expect_backwards(const uint8_t *message, size_t len, const camseal_frame *frame)
{
    if (message[0] == 0xEE)
        len = 0;
    assert_int_equal(frame->payload.len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(frame->payload.data[i], message[len - 1 - i]);
}

static void every_length_goes_through(void **state)
{
    (void)state;
    struct rig r;
    uint8_t message[LONGEST];
    camseal_frame frame;
    make_rig(&r);
    for (size_t n = 1; n <= LONGEST; n++) {
        uint8_t kind = n % 2 ? CAMSEAL_MESSAGE_SPDM : CAMSEAL_MESSAGE_SECURED;
        test_fill(&r.seed, message, n);
        r.slow = (unsigned)(n % 5);
        assert_status(exchange(&r, kind, camseal_span_of(message, n), &frame), CAMSEAL_OK);
        if (message[0] != 0xEE)
            assert_int_equal(frame.kind, kind);
        expect_backwards(message, n, &frame);
        assert_int_equal(r.requests, n);
    }
}

/* Each transaction of an exchange of 3 pages each way, hit by each fault: heard exactly once. */
static void one_fault_anywhere_is_repaired(void **state)
{
    (void)state;
    uint8_t message[150];
    memset(message, 0x41, sizeof message);
    unsigned last = 1;
    for (unsigned fault = LOST; fault < FAULTS; fault++) {
        for (unsigned at = 0; at < last; at++) {
            for (unsigned bit = 1; bit < 12; bit++) {
                struct rig r;
                camseal_frame frame;
                make_rig(&r);
                r.fault = (enum fault)fault;
                r.fault_at = at;
                r.seed = bit;
                r.slow = bit % 3;
                message[149] = (uint8_t)bit;
                assert_status(exchange(&r, 5, camseal_span_of(message, 150), &frame), CAMSEAL_OK);
                expect_backwards(message, 150, &frame);
                assert_int_equal(r.requests, 1);
                if (r.transactions > last)
                    last = r.transactions;
            }
        }
    }
    assert_true(last > 10);
}

/* 5 of 100 transactions fail. Every answer is right, every request is heard once. */
static void a_bad_bus_never_gives_a_wrong_answer(void **state)
{
    (void)state;
    struct rig r;
    camseal_frame frame;
    make_rig(&r);
    r.percent = 5;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t message[200];
        size_t n = 1 + test_random(&r.seed) % sizeof message;
        unsigned before = r.requests;
        test_fill(&r.seed, message, n);
        message[0] &= 0x7F;
        r.slow = i % 4;
        camseal_status status = exchange(&r, 6, camseal_span_of(message, n), &frame);
        assert_status(status, CAMSEAL_OK);
        expect_backwards(message, n, &frame);
        assert_int_equal(r.requests - before, 1);
    }
}

static void dead_buses_end_with_a_name(void **state)
{
    (void)state;
    static const struct {
        int fill; /* what every read gives; -1: nothing is acknowledged */
        camseal_status expected;
    } rows[] = {
        {-1, CAMSEAL_E_IO},   {0x00, CAMSEAL_E_IO}, {0xFF, CAMSEAL_E_IO},
        {0x02, CAMSEAL_E_IO}, {0x01, CAMSEAL_E_IO}, /* ready for ever: commands are lost */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig r;
        camseal_mailbox_step step = {0};
        camseal_status status = CAMSEAL_OK;
        make_rig(&r);
        assert_status(
            camseal_mailbox_controller_begin(&r.controller, 5, camseal_span_of("abcd", 4), 0),
            CAMSEAL_OK);
        assert_status(
            camseal_mailbox_controller_begin(&r.controller, 5, camseal_span_of("abcd", 4), 0),
            CAMSEAL_E_STATE);
        while (status == CAMSEAL_OK && r.transactions++ < 10000) {
            step.now_us = r.now_us += 1000;
            step.failed = rows[i].fill < 0;
            status = camseal_mailbox_controller_step(&r.controller, &step);
            if (step.read.len)
                memset(step.read.data, rows[i].fill, step.read.len);
        }
        assert_status(status, rows[i].expected);
        if (rows[i].fill < 0) /* one attempt, twenty more, and the step that gives up */
            assert_int_equal(r.transactions, 22);
        assert_status(camseal_mailbox_controller_step(&r.controller, &step), CAMSEAL_E_STATE);
    }
}

static void a_target_that_never_answers_times_out_and_is_reset(void **state)
{
    (void)state;
    struct rig r;
    camseal_frame frame;
    make_rig(&r);
    r.slow = UINT_MAX;
    assert_status(exchange(&r, 5, camseal_span_of("abcd", 4), &frame), CAMSEAL_E_TIMEOUT);
    assert_true(r.now_us >= 2000000 && r.now_us < 2010000);
    r.slow = 0;
    assert_status(exchange(&r, 5, camseal_span_of("efgh", 4), &frame), CAMSEAL_OK);
    assert_memory_equal(frame.payload.data, "hgfe", 4);
    assert_int_equal(r.requests, 1); /* the first was forgotten */
}

static void defaults_are_as_documented(void **state)
{
    (void)state;
    uint8_t answer[20];
    camseal_mailbox_controller c;
    camseal_mailbox_step step = {0};
    assert_status(camseal_mailbox_controller_init(&c, camseal_mspan_of(answer, 20), NULL),
                  CAMSEAL_OK);
    assert_status(camseal_mailbox_controller_begin(&c, 5, camseal_span_of("abcd", 4), 7),
                  CAMSEAL_OK);
    step.now_us = 7;
    while (step.next != CAMSEAL_MAILBOX_WAIT) { /* a target that is ready, then busy for ever */
        assert_status(camseal_mailbox_controller_step(&c, &step), CAMSEAL_OK);
        if (step.next == CAMSEAL_MAILBOX_READ)
            step.read.data[0] = c.synchronised ? 0x02 : 0x01;
    }
    assert_int_equal(step.wake_us, 1007);
    step.now_us = 5000006;
    assert_status(camseal_mailbox_controller_step(&c, &step), CAMSEAL_OK);
    step.now_us = 5000007;
    assert_status(camseal_mailbox_controller_step(&c, &step), CAMSEAL_E_TIMEOUT);
    assert_int_equal(step.next, CAMSEAL_MAILBOX_DONE);
}

static void lengths_that_do_not_fit_say_so(void **state)
{
    (void)state;
    struct rig r;
    camseal_frame frame;
    static uint8_t message[CAMSEAL_MAILBOX_MESSAGE_MAX + 1];
    make_rig(&r);
    assert_status(exchange(&r, 5, camseal_span_of(message, LONGEST + 1), &frame), CAMSEAL_E_SPACE);
    make_rig(&r);
    r.controller.answer.len = 20;
    assert_status(exchange(&r, 5, camseal_span_of(message, 12), &frame), CAMSEAL_OK);
    assert_status(exchange(&r, 5, camseal_span_of(message, 13), &frame), CAMSEAL_E_SPACE);
    assert_status(camseal_mailbox_controller_begin(&r.controller, 5,
                                                   camseal_span_of(message, sizeof message), 0),
                  CAMSEAL_E_ARGUMENT);
    assert_status(
        camseal_mailbox_controller_begin(&r.controller, 5, camseal_span_of(message, 0), 0),
        CAMSEAL_E_ARGUMENT);
    assert_status(
        camseal_mailbox_controller_begin(&r.controller, 0, camseal_span_of(message, 4), 0),
        CAMSEAL_E_ARGUMENT);
    assert_status(
        camseal_mailbox_controller_init(&r.controller, camseal_mspan_of(message, 8), NULL),
        CAMSEAL_E_MEMORY);
}

/* The longest message fills all 256 pages. */
static void the_longest_message(void **state)
{
    (void)state;
    enum { WHOLE = CAMSEAL_MAILBOX_MESSAGE_MAX + CAMSEAL_MAILBOX_OVERHEAD };
    static uint8_t inbox[WHOLE], outbox[WHOLE + 9], answer[WHOLE], message[WHOLE];
    camseal_mailbox_target t;
    camseal_mailbox_controller c;
    camseal_mailbox_step step = {0};
    camseal_mailbox_request request;
    uint64_t seed = 9;
    test_fill(&seed, message, sizeof message);
    assert_status(camseal_mailbox_target_init(&t, camseal_mspan_of(inbox, WHOLE),
                                              camseal_mspan_of(outbox, WHOLE + 9)),
                  CAMSEAL_OK);
    assert_status(camseal_mailbox_controller_init(&c, camseal_mspan_of(answer, WHOLE), NULL),
                  CAMSEAL_OK);
    assert_status(camseal_mailbox_controller_begin(
                      &c, 5, camseal_span_of(message, CAMSEAL_MAILBOX_MESSAGE_MAX), 0),
                  CAMSEAL_OK);
    do {
        step.now_us += 1000;
        assert_status(camseal_mailbox_controller_step(&c, &step), CAMSEAL_OK);
        if (step.next == CAMSEAL_MAILBOX_WRITE)
            camseal_mailbox_target_write(&t, step.index, step.write);
        if (step.next == CAMSEAL_MAILBOX_READ)
            camseal_mailbox_target_read(&t, step.index, step.read);
        if (camseal_mailbox_target_take(&t, &request) == CAMSEAL_OK) {
            assert_status(camseal_mailbox_target_answer(
                              &t, request.ticket, 5,
                              camseal_span_of(message, CAMSEAL_MAILBOX_MESSAGE_MAX + 1)),
                          CAMSEAL_E_SPACE);
            assert_status(camseal_mailbox_target_answer(&t, request.ticket, 5, request.message),
                          CAMSEAL_OK);
        }
    } while (step.next != CAMSEAL_MAILBOX_DONE);
    assert_int_equal(step.frame.payload.len, CAMSEAL_MAILBOX_MESSAGE_MAX);
    assert_memory_equal(step.frame.payload.data, message, CAMSEAL_MAILBOX_MESSAGE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_exchange),
        cmocka_unit_test(illegal_frames_are_refused_with_a_reason),
        cmocka_unit_test(a_sequence_is_heard_once),
        cmocka_unit_test(a_late_answer_after_reset_is_refused),
        cmocka_unit_test(every_index_and_length_is_safe),
        cmocka_unit_test(every_length_goes_through),
        cmocka_unit_test(one_fault_anywhere_is_repaired),
        cmocka_unit_test(a_bad_bus_never_gives_a_wrong_answer),
        cmocka_unit_test(dead_buses_end_with_a_name),
        cmocka_unit_test(a_target_that_never_answers_times_out_and_is_reset),
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(lengths_that_do_not_fit_say_so),
        cmocka_unit_test(the_longest_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
