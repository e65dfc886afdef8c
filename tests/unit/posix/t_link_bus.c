/* The CCI mailbox over an I2C bus on a socket: both ends in two threads, and bus transactions as
 * bytes against the target. */
#include "test.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "link_bus.h"

enum { SECOND = 1000000, MESSAGE_MAX = CAMSEAL_MAILBOX_MESSAGE_MAX };

static camseal_link *open_end(int fd, bool responder)
{
    const camseal_link_control control = {.responder = responder, .bus = true};
    camseal_link *link;
    assert_status(camseal_link_open_control(&link, fd, &control, "i2c:test", 0, 0), CAMSEAL_OK);
    return link;
}

/* Answers with the same bytes, each one more; a message that begins with 'n' has no answer. */
static void *serve(void *user)
{
    camseal_link *link = user;
    for (;;) {
        camseal_link_frame frame;
        if (camseal_link_recv(link, &frame, UINT64_MAX, -1) != CAMSEAL_OK || frame.end)
            return NULL;
        if (frame.bytes.data[0] == 'n')
            continue;
        for (size_t i = 0; i < frame.bytes.len; i++)
            frame.bytes.data[i]++;
        camseal_span all = camseal_span_of(frame.bytes.data, frame.bytes.len);
        camseal_span parts[2] = {{all.data, all.len / 2},
                                 {all.data + all.len / 2, all.len - all.len / 2}};
        if (camseal_link_send(link, frame.type, parts, 2, SECOND, -1) != CAMSEAL_OK)
            return NULL;
    }
}

static struct {
    camseal_link *controller, *target;
    pthread_t thread;
} rig;

static void start(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    rig.controller = open_end(fds[0], false);
    rig.target = open_end(fds[1], true);
    assert_int_equal(pthread_create(&rig.thread, NULL, serve, rig.target), 0);
}

static void stop(void)
{
    camseal_link_close(rig.controller);
    assert_int_equal(pthread_join(rig.thread, NULL), 0);
    camseal_link_close(rig.target);
}

static camseal_status ask(uint8_t type, const uint8_t *bytes, size_t n, uint64_t us,
                          camseal_link_frame *frame)
{
    camseal_span message = camseal_span_of(bytes, n);
    assert_status(camseal_link_send(rig.controller, type, &message, 1, SECOND, -1), CAMSEAL_OK);
    return camseal_link_recv(rig.controller, frame, us, -1);
}

static void every_length(void **state)
{
    static uint8_t message[MESSAGE_MAX + 1];
    static const size_t lengths[] = {1,          55, 56, 57, 63, 64, 65, 120, 4096, MESSAGE_MAX - 1,
                                     MESSAGE_MAX};
    uint64_t seed = 0x5eed0009;
    (void)state;
    start();
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        camseal_link_frame frame;
        uint8_t type = i % 2 ? CAMSEAL_MESSAGE_SPDM : CAMSEAL_MESSAGE_SECURED;
        test_fill(&seed, message, lengths[i]);
        message[0] = 'a';
        assert_status(ask(type, message, lengths[i], 20 * SECOND, &frame), CAMSEAL_OK);
        assert_int_equal(frame.type, type);
        assert_int_equal(frame.bytes.len, lengths[i]);
        for (size_t k = 0; k < lengths[i]; k++)
            assert_int_equal(frame.bytes.data[k], (uint8_t)(message[k] + 1));
    }
    camseal_span longest = camseal_span_of(message, sizeof message);
    assert_status(camseal_link_send(rig.controller, CAMSEAL_MESSAGE_SPDM, &longest, 1, SECOND, -1),
                  CAMSEAL_E_ARGUMENT);
    camseal_link_counts c = camseal_link_totals(rig.controller);
    assert_int_equal(c.frames_in, c.frames_out);
    assert_int_equal(c.bytes_in, c.bytes_out);
    stop();
}

/* Silence takes the caller's time, and the link goes on. */
static void without_an_answer(void **state)
{
    camseal_link_frame frame;
    (void)state;
    start();
    assert_status(ask(CAMSEAL_MESSAGE_SPDM, (const uint8_t *)"no", 2, 30000, &frame),
                  CAMSEAL_E_TIMEOUT);
    assert_status(ask(CAMSEAL_MESSAGE_SPDM, (const uint8_t *)"abc", 3, 20 * SECOND, &frame),
                  CAMSEAL_OK);
    assert_memory_equal(frame.bytes.data, "bcd", 3);
    assert_status(camseal_link_recv(rig.controller, &frame, 1000, -1), CAMSEAL_E_TIMEOUT);
    stop();
}

/* A controller gives up a request, and asks something else. */
static void given_up(void **state)
{
    camseal_link_frame frame;
    (void)state;
    start();
    for (uint64_t us = 0; us < 3000; us += 100) {
        static uint8_t message[3000] = {'a'};
        camseal_status status = ask(CAMSEAL_MESSAGE_SPDM, message, sizeof message, us, &frame);
        assert_true(status == CAMSEAL_E_TIMEOUT || status == CAMSEAL_OK);
        assert_status(ask(CAMSEAL_MESSAGE_SPDM, (const uint8_t *)"xyz", 3, 20 * SECOND, &frame),
                      CAMSEAL_OK);
        assert_int_equal(frame.bytes.len, 3);
        assert_memory_equal(frame.bytes.data, "yz{", 3);
    }
    stop();
}

static void nobody_there(void **state)
{
    camseal_link_frame frame;
    (void)state;
    start();
    shutdown(camseal_link_fd(rig.target), SHUT_RDWR);
    camseal_span message = camseal_span_of("abc", 3);
    (void)!camseal_link_send(rig.controller, CAMSEAL_MESSAGE_SPDM, &message, 1, SECOND, -1);
    assert_status(camseal_link_recv(rig.controller, &frame, SECOND, -1), CAMSEAL_E_CLOSED);
    assert_true(camseal_link_error(rig.controller)[0] != 0);
    stop();
}

/* Transactions as bytes: addresses, indices, lengths, and registers of docs/transports.md. */
static void transactions(void **state)
{
    static const struct {
        const char *sent, *answer;
    } rows[] = {
        {"05000000 36 0100 0A01", "02000000 01 01"},          /* status: ready */
        {"05000000 37 0100 0A01", "01000000 00"},             /* another target */
        {"05000000 B6 0100 0A01", "01000000 00"},             /* no 7-bit address */
        {"03000000 36 0000", "01000000 00"},                  /* no index */
        {"04000000 36 0100 0A", "01000000 00"},               /* half of one */
        {"01000000 36", "01000000 00"},                       /* not even lengths */
        {"05000000 36 FFFF 0A01", "01000000 00"},             /* more than a transaction has */
        {"06000000 36 0000 0A00 A5", "01000000 01"},          /* RESET */
        {"06000000 36 0400 0A02 03", "05000000 01 03000000"}, /* page, then read it back */
        {"06000000 36 0000 0A00 5A", "01000000 01"},          /* SUBMIT of nothing */
        {"05000000 36 0100 0A01", "02000000 01 11"},          /* refused: CRC */
        {"05000000 36 0400 FFFE", "05000000 01 00000000"},    /* end of the registers */
    };
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    camseal_link *target = open_end(fds[1], true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[64], expected[64], seen[65];
        camseal_link_frame frame;
        size_t n = test_hex(bytes, sizeof bytes, rows[i].sent);
        assert_int_equal(write(fds[0], bytes, n), (ssize_t)n);
        assert_status(camseal_link_recv(target, &frame, 1000, -1), CAMSEAL_E_TIMEOUT);
        n = test_hex(expected, sizeof expected, rows[i].answer);
        assert_int_equal(recv(fds[0], seen, sizeof seen, MSG_DONTWAIT), (ssize_t)n);
        if (memcmp(seen, expected, n) != 0)
            fail_msg("%s", rows[i].sent);
    }
    /* What is no transaction ends the link. */
    camseal_link_frame frame;
    assert_int_equal(write(fds[0], "\x00\x00\x01\x00", 4), 4);
    assert_status(camseal_link_recv(target, &frame, 1000, -1), CAMSEAL_E_FORMAT);
    camseal_link_close(target);
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length), cmocka_unit_test(without_an_answer),
        cmocka_unit_test(given_up),     cmocka_unit_test(nobody_there),
        cmocka_unit_test(transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
