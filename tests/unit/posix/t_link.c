/* Links: framing through tiny buffers, every way a stream can break, waiting, hooks. */
#include "test.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/load.h"
#include "camseal/transport.h"
#include "clock.h"
#include "link.h"

enum { SECOND = 1000000 };

/* A link on one side, a bare socket on the other. */
typedef struct ends {
    camseal_link *link;
    int peer;
} ends;

static ends make_ends(camseal_link_kind kind, size_t max_frame)
{
    int fds[2];
    int tiny = 4096;
    ends e = {NULL, -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny), 0);
    assert_status(camseal_link_open(&e.link, fds[0], kind, "unix:test", 0, max_frame), CAMSEAL_OK);
    e.peer = fds[1];
    return e;
}

static void drop_ends(ends *e)
{
    camseal_link_close(e->link);
    if (e->peer >= 0)
        close(e->peer);
}

static void peer_sends(ends *e, const void *bytes, size_t len)
{
    assert_int_equal(write(e->peer, bytes, len), (ssize_t)len);
}

static void peer_closes(ends *e)
{
    close(e->peer);
    e->peer = -1;
}

/* Fills until nothing comes any more, then asks for a frame. */
static camseal_status try_next(ends *e, camseal_link_frame *frame)
{
    for (;;) {
        camseal_status status = camseal_link_next(e->link, frame);
        if (status != CAMSEAL_PENDING || camseal_link_ended(e->link) ||
            camseal_link_fill(e->link) != CAMSEAL_OK)
            return status;
    }
}

static void a_frame_arrives_byte_by_byte(void **state)
{
    (void)state;
    const uint8_t bytes[] = {3, 0, 0, 0, 0xA1, 0xA2, 0xA3, 1, 0, 0, 0, 0xB1};
    ends e = make_ends(CAMSEAL_LINK_DATA, 0);
    camseal_link_frame frame;
    size_t frames = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        peer_sends(&e, bytes + i, 1);
        bool whole = i == 6 || i == 11;
        assert_int_equal(try_next(&e, &frame), whole ? CAMSEAL_OK : CAMSEAL_PENDING);
        if (whole)
            frames++;
        if (i == 6) {
            assert_int_equal(frame.bytes.len, 3);
            assert_memory_equal(frame.bytes.data, bytes + 4, 3);
        }
    }
    assert_int_equal(frames, 2);
    assert_int_equal(camseal_link_totals(e.link).frames_in, 2);
    assert_int_equal(camseal_link_totals(e.link).bytes_in, 4);
    peer_closes(&e);
    assert_int_equal(try_next(&e, &frame), CAMSEAL_PENDING);
    assert_true(camseal_link_ended(e.link));
    drop_ends(&e);
}

static void a_cut_anywhere_in_a_frame_is_closed(void **state)
{
    (void)state;
    const uint8_t data[] = {3, 0, 0, 0, 1, 2, 3};
    const uint8_t control[] = {6, 0, 1, 5, 0x10, 0x84, 0, 0};
    for (int kind = CAMSEAL_LINK_DATA; kind <= CAMSEAL_LINK_CONTROL; kind++) {
        const uint8_t *bytes = kind == CAMSEAL_LINK_DATA ? data : control;
        size_t len = kind == CAMSEAL_LINK_DATA ? sizeof data : sizeof control;
        for (size_t cut = 1; cut < len; cut++) {
            ends e = make_ends((camseal_link_kind)kind, 0);
            camseal_link_frame frame;
            peer_sends(&e, bytes, cut);
            peer_closes(&e);
            assert_status(try_next(&e, &frame), CAMSEAL_E_CLOSED);
            assert_status(camseal_link_recv(e.link, &frame, 0, -1), CAMSEAL_E_CLOSED);
            assert_non_null(
                strstr(camseal_link_error(e.link), "unix:test: closed in the middle of a "));
            drop_ends(&e);
        }
    }
}

static void wrong_framing_is_refused_for_good(void **state)
{
    (void)state;
    const struct {
        camseal_link_kind kind;
        size_t max_frame;
        const char *hex;
        camseal_status expected;
    } rows[] = {
        {CAMSEAL_LINK_DATA, 0, "00000000", CAMSEAL_E_FORMAT},
        {CAMSEAL_LINK_DATA, 0, "06000100", CAMSEAL_E_FORMAT}, /* 65,542: one more than a packet */
        {CAMSEAL_LINK_DATA, 0, "FFFFFFFF", CAMSEAL_E_FORMAT},
        {CAMSEAL_LINK_DATA, 100, "65000000", CAMSEAL_E_FORMAT},
        {CAMSEAL_LINK_DATA, 0, "474554202F", CAMSEAL_E_FORMAT}, /* "GET /" */
        {CAMSEAL_LINK_DATA, 0, "05000100", CAMSEAL_PENDING},
        {CAMSEAL_LINK_DATA, 100, "64000000", CAMSEAL_PENDING},
        {CAMSEAL_LINK_CONTROL, 0, "06000205", CAMSEAL_E_VERSION},
        {CAMSEAL_LINK_CONTROL, 0, "06000199", CAMSEAL_E_FORMAT},
        {CAMSEAL_LINK_CONTROL, 0, "474554202F", CAMSEAL_E_VERSION},
        {CAMSEAL_LINK_CONTROL, 64, "43000105", CAMSEAL_E_FORMAT},
        {CAMSEAL_LINK_CONTROL, 64, "42000105", CAMSEAL_PENDING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[16];
        ends e = make_ends(rows[i].kind, rows[i].max_frame);
        camseal_link_frame frame;
        peer_sends(&e, bytes, test_hex(bytes, sizeof bytes, rows[i].hex));
        if (try_next(&e, &frame) != rows[i].expected)
            print_message("row %zu: %s\n", i, rows[i].hex);
        assert_int_equal(try_next(&e, &frame), rows[i].expected);
        if (rows[i].expected < 0)
            assert_non_null(strstr(camseal_link_error(e.link), "unix:test: this is no "));
        drop_ends(&e);
    }
}

static void control_frames_carry_their_type(void **state)
{
    (void)state;
    uint8_t bytes[32];
    ends e = make_ends(CAMSEAL_LINK_CONTROL, 0);
    camseal_link_frame frame;
    peer_sends(&e, bytes,
               test_hex(bytes, sizeof bytes, "0600010510840000 0000 01BF 0000 01C0 03000106AA"));
    assert_status(try_next(&e, &frame), CAMSEAL_OK);
    assert_int_equal(frame.type, CAMSEAL_TCP_SPDM);
    assert_int_equal(frame.bytes.len, 4);
    assert_status(try_next(&e, &frame), CAMSEAL_OK);
    /* A role inquiry is for the link: our next request answers it. */
    assert_int_equal(frame.type, CAMSEAL_TCP_ERROR_TOO_LARGE);
    assert_int_equal(frame.bytes.len, 0);
    assert_status(try_next(&e, &frame), CAMSEAL_OK);
    assert_int_equal(frame.type, CAMSEAL_TCP_SECURED);
    uint8_t payload[] = {0x12, 0xE1};
    camseal_span span = {payload, sizeof payload};
    assert_status(camseal_link_send(e.link, CAMSEAL_TCP_SPDM, &span, 1, SECOND, -1), CAMSEAL_OK);
    assert_int_equal(read(e.peer, bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "\x04\x00\x01\x05\x12\xE1", 6);
    drop_ends(&e);
}

/* Thousands of frames of random size through socket buffers of 4 KB, in one process: what does not
 * fit now goes later, and everything arrives as it was. */
static void many_frames_through_tiny_buffers(void **state)
{
    (void)state;
    enum { FRAMES = 3000, POOL = 70000 };
    static uint8_t pool[POOL];
    static uint32_t at[FRAMES], len[FRAMES];
    uint64_t seed = 0xC0FFEE;
    print_message("seed 0x%llx\n", (unsigned long long)seed);
    test_fill(&seed, pool, sizeof pool);
    for (int i = 0; i < FRAMES; i++) {
        len[i] = 1 + (uint32_t)(test_random(&seed) % (i % 50 == 0 ? CAMSEAL_LINK_PACKET_MAX : 300));
        at[i] = (uint32_t)(test_random(&seed) % (POOL - len[i] + 1));
    }
    ends e = make_ends(CAMSEAL_LINK_DATA, 0);
    camseal_link *receiver;
    assert_status(camseal_link_open(&receiver, e.peer, CAMSEAL_LINK_DATA, "peer", 1, 0),
                  CAMSEAL_OK);
    int sent = 0, got = 0;
    while (got < FRAMES) {
        camseal_status status = CAMSEAL_OK;
        while (sent < FRAMES && status == CAMSEAL_OK) {
            /* head, data, tail, as a source makes them; some empty */
            uint32_t head = len[sent] < 20 ? 0 : 20, tail = len[sent] < 60 ? 0 : 25;
            const uint8_t *p = pool + at[sent];
            camseal_span spans[3] = {
                {p, head}, {p + head, len[sent] - head - tail}, {p + len[sent] - tail, tail}};
            status = camseal_link_put(e.link, 0, spans, 3);
            sent += status == CAMSEAL_OK;
        }
        status = camseal_link_flush(e.link);
        assert_true(status == CAMSEAL_OK || status == CAMSEAL_PENDING);
        (void)!camseal_link_fill(receiver);
        camseal_link_frame frame;
        while (camseal_link_next(receiver, &frame) == CAMSEAL_OK) {
            assert_int_equal(frame.bytes.len, len[got]);
            assert_memory_equal(frame.bytes.data, pool + at[got], len[got]);
            got++;
        }
    }
    assert_false(camseal_link_unsent(e.link));
    assert_int_equal(camseal_link_totals(e.link).frames_out, FRAMES);
    assert_int_equal(camseal_link_totals(e.link).bytes_out, camseal_link_totals(receiver).bytes_in);
    camseal_link_close(receiver);
    e.peer = -1;
    drop_ends(&e);
}

static void frames_that_cannot_be_sent_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[CAMSEAL_LINK_PACKET_MAX + 1];
    ends e = make_ends(CAMSEAL_LINK_DATA, 0);
    camseal_span one = {bytes, sizeof bytes};
    camseal_span two[2] = {{bytes, CAMSEAL_LINK_PACKET_MAX}, {bytes, 1}};
    camseal_span huge[2] = {{bytes, SIZE_MAX}, {bytes, 2}};
    assert_status(camseal_link_put(e.link, 0, &one, 1), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_link_put(e.link, 0, two, 2), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_link_put(e.link, 0, huge, 2), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_link_put(e.link, 0, NULL, 0), CAMSEAL_E_ARGUMENT);
    assert_false(camseal_link_unsent(e.link));
    one.len = 1;
    for (int i = 0; i < 256; i++)
        assert_status(camseal_link_put(e.link, 0, &one, 1), CAMSEAL_OK);
    assert_status(camseal_link_put(e.link, 0, &one, 1), CAMSEAL_E_SPACE);
    drop_ends(&e);
}

static void a_peer_that_went_away_is_closed(void **state)
{
    (void)state;
    ends e = make_ends(CAMSEAL_LINK_DATA, 0);
    uint8_t byte = 1;
    camseal_span span = {&byte, 1};
    camseal_link_frame frame;
    peer_closes(&e);
    assert_status(camseal_link_send(e.link, 0, &span, 1, SECOND, -1), CAMSEAL_E_CLOSED);
    assert_non_null(strstr(camseal_link_error(e.link), "unix:test: the other side is gone"));
    assert_status(camseal_link_recv(e.link, &frame, SECOND, -1), CAMSEAL_OK);
    assert_true(frame.end);
    drop_ends(&e);
}

static void waits_end_in_time_and_on_wake_up(void **state)
{
    (void)state;
    static uint8_t block[60000];
    ends e = make_ends(CAMSEAL_LINK_DATA, 0);
    camseal_link_frame frame;
    uint64_t before = camseal_posix_now_us();
    assert_status(camseal_link_recv(e.link, &frame, 30000, -1), CAMSEAL_E_TIMEOUT);
    assert_true(camseal_posix_now_us() - before >= 30000);
    camseal_span span = {block, sizeof block};
    assert_status(camseal_link_send(e.link, 0, &span, 1, 30000, -1), CAMSEAL_E_TIMEOUT);
    assert_non_null(strstr(camseal_link_error(e.link), "takes nothing"));
    int wake[2];
    assert_int_equal(pipe(wake), 0);
    assert_int_equal(write(wake[1], "", 1), 1);
    assert_int_equal(camseal_link_recv(e.link, &frame, UINT64_MAX, wake[0]), CAMSEAL_PENDING);
    assert_int_equal(camseal_link_drain(e.link, UINT64_MAX, wake[0]), CAMSEAL_PENDING);
    close(wake[0]);
    close(wake[1]);
    drop_ends(&e);
}

typedef struct seen {
    size_t sent, received, bytes;
    uint64_t time_ns;
    uint8_t type;
} seen;

static void see(void *user, bool sent, uint64_t time_ns, uint8_t type, const camseal_span *spans,
                size_t n)
{
    seen *s = user;
    s->sent += sent;
    s->received += !sent;
    s->time_ns = time_ns;
    s->type = type;
    for (size_t i = 0; i < n; i++)
        s->bytes += spans[i].len;
}

static void the_hook_sees_both_ways(void **state)
{
    (void)state;
    seen s = {0};
    camseal_link_hook hook = {see, &s};
    ends e = make_ends(CAMSEAL_LINK_CONTROL, 0);
    camseal_link_frame frame;
    camseal_link_set_hook(e.link, &hook);
    camseal_span spans[2] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"cde", 3}};
    assert_status(camseal_link_send(e.link, CAMSEAL_TCP_SPDM, spans, 2, SECOND, -1), CAMSEAL_OK);
    peer_sends(&e, "\x04\x00\x01\x06\x12\xE1", 6);
    assert_status(try_next(&e, &frame), CAMSEAL_OK);
    assert_int_equal(s.sent, 1);
    assert_int_equal(s.received, 1);
    assert_int_equal(s.bytes, 7);
    assert_int_equal(s.type, CAMSEAL_TCP_SECURED);
    assert_true(s.time_ns > UINT64_C(1600000000) * 1000000000u);
    drop_ends(&e);
}

static void several_descriptors_are_watched(void **state)
{
    (void)state;
    ends a = make_ends(CAMSEAL_LINK_DATA, 0), b = make_ends(CAMSEAL_LINK_DATA, 0);
    camseal_wait waits[3] = {{camseal_link_fd(a.link), true, false, false, false},
                             {camseal_link_fd(b.link), true, true, false, false},
                             {-1, true, true, false, false}};
    assert_status(camseal_posix_wait(waits, 3, SECOND, -1), CAMSEAL_OK);
    assert_false(waits[0].can_read || waits[1].can_read || waits[2].can_read || waits[2].can_write);
    assert_true(waits[1].can_write);
    peer_sends(&a, "x", 1);
    peer_closes(&b);
    assert_status(camseal_posix_wait(waits, 3, SECOND, -1), CAMSEAL_OK);
    assert_true(waits[0].can_read && waits[1].can_read);
    assert_status(camseal_posix_wait(waits, CAMSEAL_WAIT_MAX + 1, 0, -1), CAMSEAL_E_ARGUMENT);
    waits[0].read = waits[1].read = waits[1].write = false;
    assert_status(camseal_posix_wait(waits, 3, 1000, -1), CAMSEAL_E_TIMEOUT);
    drop_ends(&a);
    drop_ends(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_arrives_byte_by_byte),
        cmocka_unit_test(a_cut_anywhere_in_a_frame_is_closed),
        cmocka_unit_test(wrong_framing_is_refused_for_good),
        cmocka_unit_test(control_frames_carry_their_type),
        cmocka_unit_test(many_frames_through_tiny_buffers),
        cmocka_unit_test(frames_that_cannot_be_sent_are_refused),
        cmocka_unit_test(a_peer_that_went_away_is_closed),
        cmocka_unit_test(waits_end_in_time_and_on_wake_up),
        cmocka_unit_test(the_hook_sees_both_ways),
        cmocka_unit_test(several_descriptors_are_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
