/* Control links in every framing and envelope: both ends against each other and against golden
 * bytes, split at every byte, broken in every way; the emulators' commands. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu.h"
#include "link.h"
#include "link_codec.h"

enum { SECOND = 1000000 };

static const struct variant {
    const camseal_framing *framing;
    bool emulator;
    const char *get_version; /* as it is on the wire */
} variants[] = {
    {&camseal_framing_tcp, false, "06000105 10840000"},
    {&camseal_framing_mctp, false, "05000000 05 10840000"},
    {&camseal_framing_doe, false, "0100010003000000 10840000"},
    {&camseal_framing_mctp, true, "000000010000000100000005 05 10840000"},
    {&camseal_framing_doe, true, "00000001000000020000000C 0100010003000000 10840000"},
    {&camseal_framing_tcp, true, "000000010000000300000008 06000105 10840000"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0], EMULATORS = 3 };

typedef struct ends {
    camseal_link *link;
    int peer;
} ends;

static ends make_ends(const struct variant *v, bool responder)
{
    int fds[2];
    ends e = {NULL, -1};
    const camseal_link_control control = {
        .framing = v->framing, .emulator = v->emulator, .responder = responder};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_status(camseal_link_open_control(&e.link, fds[0], &control, "unix:test", 0, 0),
                  CAMSEAL_OK);
    e.peer = fds[1];
    return e;
}

static void drop_ends(ends *e)
{
    camseal_link_close(e->link);
    close(e->peer);
}

static void peer_sends(const ends *e, const char *hex)
{
    uint8_t bytes[128];
    size_t n = test_hex(bytes, sizeof bytes, hex);
    assert_int_equal(write(e->peer, bytes, n), (ssize_t)n);
}

/* Exactly these bytes, and no more, are there for the peer. */
static void peer_reads(const ends *e, const char *hex)
{
    uint8_t expected[128], seen[sizeof expected + 1];
    size_t n = test_hex(expected, sizeof expected, hex);
    assert_int_equal(recv(e->peer, seen, sizeof seen, MSG_DONTWAIT), (ssize_t)n);
    assert_memory_equal(seen, expected, n);
}

static camseal_status try_next(const ends *e, camseal_link_frame *frame)
{
    for (;;) {
        camseal_status status = camseal_link_next(e->link, frame);
        if (status != CAMSEAL_PENDING || camseal_link_ended(e->link) ||
            camseal_link_fill(e->link) != CAMSEAL_OK)
            return status;
    }
}

static void golden_bytes_both_ways(void **state)
{
    (void)state;
    static const uint8_t message[] = {0x10, 0x84, 0, 0};
    for (size_t v = 0; v < VARIANTS; v++) {
        ends e = make_ends(&variants[v], false);
        camseal_span spans[2] = {{message, 1}, {message + 1, 3}};
        camseal_link_frame frame;
        assert_status(camseal_link_send(e.link, CAMSEAL_MESSAGE_SPDM, spans, 2, 0, -1), CAMSEAL_OK);
        peer_reads(&e, variants[v].get_version);
        peer_sends(&e, variants[v].get_version);
        assert_status(try_next(&e, &frame), CAMSEAL_OK);
        assert_int_equal(frame.type, CAMSEAL_MESSAGE_SPDM);
        assert_int_equal(frame.bytes.len, 4);
        assert_memory_equal(frame.bytes.data, message, 4);
        assert_int_equal(camseal_link_totals(e.link).bytes_out, 4);
        assert_int_equal(camseal_link_totals(e.link).bytes_in, 4);
        drop_ends(&e);
    }
}

static void a_message_arrives_byte_by_byte_or_cut(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        uint8_t bytes[64];
        size_t n = test_hex(bytes, sizeof bytes, variants[v].get_version);
        ends e = make_ends(&variants[v], true);
        camseal_link_frame frame;
        for (size_t i = 0; i < 2 * n; i++) {
            assert_int_equal(write(e.peer, &bytes[i % n], 1), 1);
            assert_int_equal(try_next(&e, &frame), i % n == n - 1 ? CAMSEAL_OK : CAMSEAL_PENDING);
        }
        drop_ends(&e);
        for (size_t cut = 1; cut < n; cut++) {
            e = make_ends(&variants[v], true);
            assert_int_equal(write(e.peer, bytes, cut), (ssize_t)cut);
            assert_int_equal(shutdown(e.peer, SHUT_WR), 0);
            assert_status(camseal_link_recv(e.link, &frame, SECOND, -1), CAMSEAL_E_CLOSED);
            drop_ends(&e);
        }
    }
}

static void every_length_survives(void **state)
{
    (void)state;
    static uint8_t message[CAMSEAL_EMU_PAYLOAD_MAX];
    uint64_t seed = 5;
    test_fill(&seed, message, sizeof message);
    for (size_t v = 0; v < VARIANTS; v++) {
        int fds[2];
        camseal_link *a, *b;
        const camseal_link_control control = {.framing = variants[v].framing,
                                              .emulator = variants[v].emulator};
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        assert_status(camseal_link_open_control(&a, fds[0], &control, "a", 0, 0), CAMSEAL_OK);
        assert_status(camseal_link_open_control(&b, fds[1], &control, "b", 0, 0), CAMSEAL_OK);
        for (size_t n = 1; n < 4700; n += n < 70 ? 1 : 271) {
            camseal_span span = camseal_span_of(message, n);
            camseal_link_frame frame;
            assert_status(camseal_link_send(a, CAMSEAL_MESSAGE_SECURED, &span, 1, 0, -1),
                          CAMSEAL_OK);
            assert_status(camseal_link_recv(b, &frame, 0, -1), CAMSEAL_OK);
            assert_int_equal(frame.type, CAMSEAL_MESSAGE_SECURED);
            bool doe = variants[v].framing == &camseal_framing_doe;
            assert_int_equal(frame.bytes.len, doe ? (n + 3) / 4 * 4 : n);
            assert_memory_equal(frame.bytes.data, message, n);
            for (size_t i = n; i < frame.bytes.len; i++)
                assert_int_equal(frame.bytes.data[i], 0);
        }
        camseal_link_close(a);
        camseal_link_close(b);
    }
}

static void too_long_is_not_sent(void **state)
{
    (void)state;
    static uint8_t message[CAMSEAL_LINK_PACKET_MAX];
    static const size_t most[VARIANTS] = {65533, 65535, 65541, 4735, 4728, 4732};
    for (size_t v = 0; v < VARIANTS; v++) {
        ends e = make_ends(&variants[v], false);
        camseal_span span = camseal_span_of(message, most[v] + 1);
        assert_status(camseal_link_put(e.link, CAMSEAL_MESSAGE_SPDM, &span, 1), CAMSEAL_E_ARGUMENT);
        span.len = most[v];
        assert_status(camseal_link_put(e.link, CAMSEAL_MESSAGE_SPDM, &span, 1), CAMSEAL_OK);
        span.len = 0;
        assert_status(camseal_link_put(e.link, CAMSEAL_MESSAGE_SPDM, &span, 1), CAMSEAL_E_ARGUMENT);
        assert_status(camseal_link_put(e.link, 0x07, &span, 1), CAMSEAL_E_ARGUMENT);
        drop_ends(&e);
    }
}

/* Pieces run out before frames do: DOE has a fifth piece for padding. */
static void a_full_queue_says_space_and_loses_nothing(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {1, 2, 3};
    ends e = make_ends(&variants[2], false);
    camseal_span spans[3] = {{bytes, 1}, {bytes + 1, 1}, {bytes + 2, 1}};
    size_t queued = 0;
    while (camseal_link_put(e.link, CAMSEAL_MESSAGE_SPDM, spans, 3) == CAMSEAL_OK)
        queued++;
    assert_int_equal(queued, 204);
    assert_status(camseal_link_flush(e.link), CAMSEAL_OK);
    uint8_t seen[12];
    for (size_t i = 0; i < queued; i++) {
        assert_int_equal(recv(e.peer, seen, sizeof seen, MSG_DONTWAIT), 12);
        assert_memory_equal(seen + 8, "\1\2\3\0", 4);
    }
    assert_int_equal(recv(e.peer, seen, sizeof seen, MSG_DONTWAIT), -1);
    drop_ends(&e);
}

static void other_streams_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t variant;
        const char *hex;
        camseal_status expected;
    } rows[] = {
        {1, "00000000", CAMSEAL_E_FORMAT},
        {1, "01000000 05", CAMSEAL_E_FORMAT},          /* no message              */
        {1, "05000000 85 10840000", CAMSEAL_E_FORMAT}, /* integrity check         */
        {1, "05000000 01 10840000", CAMSEAL_E_FORMAT}, /* PLDM                    */
        {1, "FF000100", CAMSEAL_E_FORMAT},             /* longer than a message   */
        {1, "FEFF0000", CAMSEAL_PENDING},
        {1, "FFFF0000", CAMSEAL_E_FORMAT},
        {1, "06000105 10840000", CAMSEAL_E_FORMAT}, /* DSP0287                 */
        {2, "06000105", CAMSEAL_E_FORMAT},
        {2, "0100010002000000", CAMSEAL_E_FORMAT},
        {2, "0100030003000000", CAMSEAL_E_FORMAT},
        {3, "000000010000000300000008", CAMSEAL_E_FORMAT}, /* another transport       */
        {3, "000000010100000000000008", CAMSEAL_E_FORMAT}, /* another byte order      */
        {3, "000000010000000100001281", CAMSEAL_E_FORMAT}, /* 4,737 bytes             */
        {3, "000000010000000100001280", CAMSEAL_PENDING},
        {3, "0000000100000001FFFFFFFF", CAMSEAL_E_FORMAT},
        {3, "000000010000000100000000", CAMSEAL_E_FORMAT}, /* empty                   */
        {4, "00000001000000020000000C 0100010004000000 10840000", CAMSEAL_E_FORMAT},
        {4, "000000010000000200000010 0100010003000000 10840000 00000000", CAMSEAL_E_FORMAT},
        {5, "000000010000000300000008 07000105 10840000", CAMSEAL_E_FORMAT},
        {5, "000000010000000300000008 05000105 10840000", CAMSEAL_E_FORMAT},
        {5, "000000010000000300000008 06000205 10840000", CAMSEAL_E_VERSION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ends e = make_ends(&variants[rows[i].variant], true);
        camseal_link_frame frame;
        peer_sends(&e, rows[i].hex);
        camseal_status status = try_next(&e, &frame);
        if (status != rows[i].expected)
            print_message("row %zu: %s\n", i, rows[i].hex);
        assert_int_equal(status, rows[i].expected);
        if (status < 0) {
            peer_sends(&e, variants[rows[i].variant].get_version); /* and stays so */
            assert_int_equal(try_next(&e, &frame), status);
            assert_non_null(strstr(camseal_link_error(e.link), "unix:test: this is no "));
        }
        drop_ends(&e);
    }
}

/* ---- emulators and discovery ----------------------------------------------------------------- */

static void a_responder_answers_commands(void **state)
{
    (void)state;
    static const struct {
        const char *question, *answer;
        bool ends, shut_down;
    } rows[] = {
        {"0000DEAD000000010000000E 436C69656E742048656C6C6F2100",
         "0000DEAD000000010000000E 5365727665722048656C6C6F2100", false, false},
        {"000080010000000100000004 FFFFFFFF", "000080010000000100000000", false, false},
        {"000080020000000100000000", "000080020000000100000000", false, false},
        {"0000FFFD0000000100000000", "0000FFFD0000000100000000", true, false},
        {"0000FFFE0000000100000000", "0000FFFE0000000100000000", true, true},
        {"0000FFFF0000000100000000", "0000FFFF0000000100000000", true, false},
        {"12345678000000010000000A 00112233445566778899", "0000FFFF0000000100000000", true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ends e = make_ends(&variants[3], true);
        camseal_link_frame frame;
        peer_sends(&e, rows[i].question);
        peer_sends(&e, variants[3].get_version);
        assert_int_equal(try_next(&e, &frame), rows[i].ends ? CAMSEAL_PENDING : CAMSEAL_OK);
        peer_reads(&e, rows[i].answer);
        assert_int_equal(camseal_link_ended(e.link), rows[i].ends);
        assert_int_equal(camseal_link_shut_down(e.link), rows[i].shut_down);
        assert_int_equal(camseal_link_totals(e.link).frames_out, 0);
        drop_ends(&e);
    }
}

static void a_responder_answers_discovery(void **state)
{
    (void)state;
    ends e = make_ends(&variants[2], true);
    camseal_link_frame frame;
    peer_sends(&e, "0100000003000000 00000000 0100000003000000 02000000");
    peer_sends(&e, variants[2].get_version);
    assert_status(try_next(&e, &frame), CAMSEAL_OK);
    assert_int_equal(frame.type, CAMSEAL_MESSAGE_SPDM);
    peer_reads(&e, "0100000003000000 01000001 0100000003000000 01000200");
    drop_ends(&e);
    e = make_ends(&variants[2], false); /* a requester was not asked anything */
    peer_sends(&e, "0100000003000000 00000000");
    assert_status(try_next(&e, &frame), CAMSEAL_E_FORMAT);
    drop_ends(&e);
}

/* The other end of a conversation, in a thread: answers until the peer is done. */
struct server {
    camseal_link *link;
    camseal_status status;
    unsigned messages;
};

static void *serve(void *user)
{
    struct server *s = user;
    camseal_link_frame frame;
    while ((s->status = camseal_link_recv(s->link, &frame, 5 * SECOND, -1)) == CAMSEAL_OK &&
           !frame.end)
        s->messages++;
    return NULL;
}

static void a_whole_conversation(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        int fds[2];
        pthread_t thread;
        struct server server = {0};
        camseal_link *link;
        camseal_link_control control = {.framing = variants[v].framing,
                                        .emulator = variants[v].emulator};
        camseal_span message = camseal_span_of("abcdefg", 7);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        assert_status(camseal_link_open_control(&link, fds[0], &control, "a", 0, 0), CAMSEAL_OK);
        control.responder = true;
        assert_status(camseal_link_open_control(&server.link, fds[1], &control, "b", 0, 0),
                      CAMSEAL_OK);
        assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
        assert_status(camseal_link_greet(link, 5 * SECOND, -1), CAMSEAL_OK);
        assert_status(camseal_link_send(link, CAMSEAL_MESSAGE_SPDM, &message, 1, SECOND, -1),
                      CAMSEAL_OK);
        assert_status(camseal_link_part(link, v % 2, 5 * SECOND, -1), CAMSEAL_OK);
        camseal_link_close(link);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_status(server.status, CAMSEAL_OK);
        assert_int_equal(server.messages, 1);
        assert_int_equal(camseal_link_shut_down(server.link), variants[v].emulator && v % 2);
        camseal_link_close(server.link);
    }
}

/* Answers that are there before the question: what greet makes of them. */
static void strange_greetings_have_names(void **state)
{
    (void)state;
    const char *hello = "0000DEAD000000020000000E 5365727665722048656C6C6F2100";
    static const struct {
        size_t variant;
        bool hello;
        const char *rest;
        camseal_status expected;
    } rows[] = {
        {4, false, "", CAMSEAL_E_TIMEOUT},
        {4, false, "0000DEAD000000020000000E 5365727665722048656C6C6F2101", CAMSEAL_E_UNEXPECTED},
        {4, false, "0000DEAD000000020000000D 5365727665722048656C6C6F21", CAMSEAL_E_UNEXPECTED},
        {4, false, "0000FFFF0000000200000000", CAMSEAL_E_UNEXPECTED},
        {4, false, "0000DEAD000000010000000E 5365727665722048656C6C6F2100", CAMSEAL_E_FORMAT},
        {4, true, "", CAMSEAL_E_TIMEOUT},
        {4, true, "00000001000000020000000C 0100000003000000 01000000", CAMSEAL_E_UNSUPPORTED},
        {4, true, "00000001000000020000000C 0100010003000000 01000000", CAMSEAL_E_UNEXPECTED},
        {4, true, "0000FFFE0000000200000000", CAMSEAL_E_UNEXPECTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ends e = make_ends(&variants[rows[i].variant], false);
        if (rows[i].hello)
            peer_sends(&e, hello);
        peer_sends(&e, rows[i].rest);
        assert_status(camseal_link_greet(e.link, 10000, -1), rows[i].expected);
        assert_non_null(strstr(camseal_link_error(e.link), "unix:test: "));
        drop_ends(&e);
    }
    ends e = make_ends(&variants[4], false);
    assert_int_equal(shutdown(e.peer, SHUT_WR), 0);
    assert_status(camseal_link_greet(e.link, SECOND, -1), CAMSEAL_E_CLOSED);
    drop_ends(&e);
    int wake[2];
    assert_int_equal(pipe(wake), 0);
    assert_int_equal(write(wake[1], "x", 1), 1);
    e = make_ends(&variants[4], false);
    assert_int_equal(camseal_link_greet(e.link, SECOND, wake[0]), CAMSEAL_PENDING);
    drop_ends(&e);
    close(wake[0]);
    close(wake[1]);
}

static void small_buffers_hold_an_emulator_frame(void **state)
{
    (void)state;
    int fds[2];
    static uint8_t bytes[CAMSEAL_EMU_HEADER_BYTES + CAMSEAL_EMU_PAYLOAD_MAX];
    camseal_link *link;
    camseal_link_frame frame;
    const camseal_link_control control = {
        .framing = &camseal_framing_mctp, .emulator = true, .responder = true};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_status(camseal_link_open_control(&link, fds[0], &control, "a", 64, 32), CAMSEAL_OK);
    assert_status(camseal_emu_header(bytes, CAMSEAL_EMU_KEY_UPDATE, 1, CAMSEAL_EMU_PAYLOAD_MAX),
                  CAMSEAL_OK);
    assert_int_equal(write(fds[1], bytes, sizeof bytes), (ssize_t)sizeof bytes);
    assert_status(camseal_link_recv(link, &frame, 10000, -1), CAMSEAL_E_TIMEOUT);
    assert_int_equal(recv(fds[1], bytes, sizeof bytes, MSG_DONTWAIT), CAMSEAL_EMU_HEADER_BYTES);
    camseal_link_close(link);
    close(fds[1]);
}

/* DSP0287: a responder is no requester; what it cannot take has a name, and ends the stream. */
static void roles_and_errors_of_tcp(void **state)
{
    static const struct {
        const char *sent, *answer;
        camseal_status status;
    } rows[] = {
        {"000001BF", "000001C2", CAMSEAL_PENDING},
        {"020001BF 06000105", "000001C2", CAMSEAL_PENDING},
        {"00000199", "000001C1", CAMSEAL_E_FORMAT}, /* another message type */
        {"00000105", "000001C1", CAMSEAL_E_FORMAT}, /* a message without content */
        {"67000105", "000001C0", CAMSEAL_E_FORMAT}, /* 101 bytes */
        {"00000205", "", CAMSEAL_E_VERSION},        /* who knows what these bytes mean */
        {"66000105", "", CAMSEAL_PENDING},
    };
    const camseal_link_control control = {.responder = true};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fds[2];
        camseal_link_frame frame;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ends e = {NULL, fds[1]};
        assert_status(camseal_link_open_control(&e.link, fds[0], &control, "unix:test", 0, 100),
                      CAMSEAL_OK);
        peer_sends(&e, rows[i].sent);
        assert_status(try_next(&e, &frame), rows[i].status);
        if (rows[i].answer[0])
            peer_reads(&e, rows[i].answer);
        else
            assert_int_equal(recv(e.peer, &frame, 1, MSG_DONTWAIT), -1);
        drop_ends(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes_both_ways),
        cmocka_unit_test(a_message_arrives_byte_by_byte_or_cut),
        cmocka_unit_test(every_length_survives),
        cmocka_unit_test(too_long_is_not_sent),
        cmocka_unit_test(a_full_queue_says_space_and_loses_nothing),
        cmocka_unit_test(other_streams_are_refused),
        cmocka_unit_test(a_responder_answers_commands),
        cmocka_unit_test(a_responder_answers_discovery),
        cmocka_unit_test(a_whole_conversation),
        cmocka_unit_test(strange_greetings_have_names),
        cmocka_unit_test(small_buffers_hold_an_emulator_frame),
        cmocka_unit_test(roles_and_errors_of_tcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
