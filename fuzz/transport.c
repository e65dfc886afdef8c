/* Arbitrary bytes as what a link delivers. First byte: which transport. A frame that parses is,
 * built again, the same bytes; a mailbox never reads or writes beyond its memory and ends. */
#include "fuzz.h"

#include <string.h>

#include "camseal/transport.h"
#include "link_codec.h"

/* What a frame must be, whatever came: within the bytes, and again the same when built. */
static void check_framing(const camseal_framing *f, camseal_span bytes)
{
    uint8_t header[CAMSEAL_FRAMING_HEADER_MAX];
    size_t trailer;
    camseal_frame frame;
    camseal_status status = f->parse(bytes, 2000, &frame);
    FUZZ_REQUIRE(status == CAMSEAL_OK || frame.payload.len == 0);
    FUZZ_REQUIRE(status != CAMSEAL_PENDING ||
                 (f->stream && (!frame.bytes || frame.bytes > bytes.len)));
    if (status != CAMSEAL_OK)
        return;
    FUZZ_REQUIRE(frame.bytes <= bytes.len && frame.payload.len <= 2000);
    FUZZ_REQUIRE(frame.bytes == f->header_bytes + frame.payload.len);
    FUZZ_REQUIRE(f->header(header, &trailer, frame.kind, frame.payload.len) == CAMSEAL_OK);
    FUZZ_REQUIRE(trailer == 0);
    if (f == &camseal_framing_doe)
        header[3] = bytes.data[3]; /* reserved, ignored */
    if (f == &camseal_framing_tcp && frame.payload.len == 0)
        header[0] = bytes.data[0]; /* a notice has length 0 or 2 */
    FUZZ_REQUIRE(memcmp(header, bytes.data, f->header_bytes) == 0);
    /* One byte less is not enough. */
    status = f->parse(camseal_span_of(bytes.data, frame.bytes - 1), 2000, &frame);
    FUZZ_REQUIRE(f->stream ? status == CAMSEAL_PENDING : frame.payload.len < 2000);
}

/* All units of a stream, then its end; whatever split it came in. */
static void check_link(uint8_t variant, camseal_span bytes)
{
    static const link_codec codecs[] = {
        {NULL, LINK_LENGTH, 500, false},
        {&camseal_framing_mctp, LINK_LENGTH, 500, false},
        {&camseal_framing_doe, LINK_BARE, 500, false},
        {&camseal_framing_tcp, LINK_BARE, 500, false},
        {&camseal_framing_mctp, LINK_EMU, 500, false},
        {&camseal_framing_doe, LINK_EMU, 500, false},
        {&camseal_framing_tcp, LINK_EMU, 500, false},
        {NULL, LINK_LENGTH, 256, true},
    };
    const link_codec *codec = &codecs[variant % (sizeof codecs / sizeof codecs[0])];
    link_unit unit, again;
    while (camseal_link_parse(codec, bytes, &unit) == CAMSEAL_OK) {
        uint8_t prefix[LINK_PREFIX_MAX];
        size_t n, trailer;
        FUZZ_REQUIRE(unit.bytes > 0 && unit.bytes <= bytes.len);
        FUZZ_REQUIRE(camseal_link_prefix(codec, prefix, &n, &trailer, &unit) == CAMSEAL_OK);
        FUZZ_REQUIRE(n <= sizeof prefix && n + unit.payload.len == unit.bytes);
        FUZZ_REQUIRE(camseal_link_parse(codec, camseal_span_of(bytes.data, unit.bytes - 1),
                                        &again) == CAMSEAL_PENDING);
        (void)camseal_emu_react(unit.command);
        bytes = camseal_span_of(bytes.data + unit.bytes, bytes.len - unit.bytes);
    }
}

static void check_discovery(camseal_span bytes)
{
    camseal_doe_walk walk = {0, 0};
    uint8_t answer[4];
    for (unsigned steps = 0; bytes.len >= 4; steps++) {
        FUZZ_REQUIRE(steps < 256);
        (void)!camseal_doe_answer(answer, camseal_span_of(bytes.data, 4));
        if (camseal_doe_take(&walk, camseal_span_of(bytes.data, 4)) != CAMSEAL_PENDING)
            return;
        bytes = camseal_span_of(bytes.data + 4, bytes.len - 4);
    }
}

/* Bus transactions {command, index, length, bytes}: writes, reads, the application's turn. */
static void check_target(camseal_span bytes)
{
    enum { MEMORY = 150 };
    uint8_t *inbox = malloc(MEMORY), *outbox = malloc(MEMORY), seen[80];
    camseal_mailbox_target t;
    camseal_mailbox_request request;
    FUZZ_REQUIRE(inbox && outbox);
    FUZZ_REQUIRE(camseal_mailbox_target_init(&t, camseal_mspan_of(inbox, MEMORY),
                                             camseal_mspan_of(outbox, MEMORY)) == CAMSEAL_OK);
    while (bytes.len >= 3) {
        uint16_t index = (uint16_t)(CAMSEAL_MAILBOX_CONTROL - 2 + bytes.data[1] % 80);
        size_t n = bytes.data[2] % sizeof seen;
        camseal_span rest = camseal_span_of(bytes.data + 3, bytes.len - 3);
        if (bytes.data[0] % 4 == 0) {
            camseal_mailbox_target_read(&t, index, camseal_mspan_of(seen, n));
            n = 0;
        } else if (bytes.data[0] % 4 == 1 &&
                   camseal_mailbox_target_take(&t, &request) == CAMSEAL_OK) {
            FUZZ_REQUIRE(request.message.len > 0 && request.message.len <= MEMORY - 8);
            (void)!camseal_mailbox_target_answer(
                &t, request.ticket, bytes.data[1] % 8,
                camseal_span_of(rest.data, n < rest.len ? n : rest.len));
        } else {
            n = n < rest.len ? n : rest.len;
            camseal_mailbox_target_write(&t, index, camseal_span_of(rest.data, n));
        }
        bytes = camseal_span_of(rest.data + (n < rest.len ? n : rest.len),
                                rest.len - (n < rest.len ? n : rest.len));
    }
    free(inbox);
    free(outbox);
}

/* A target that answers whatever the input says. */
static void check_controller(camseal_span bytes)
{
    enum { MEMORY = 100 };
    uint8_t *answer = malloc(MEMORY);
    camseal_mailbox_controller c;
    camseal_mailbox_step step = {0};
    FUZZ_REQUIRE(answer);
    FUZZ_REQUIRE(camseal_mailbox_controller_init(&c, camseal_mspan_of(answer, MEMORY), NULL) ==
                 CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_mailbox_controller_begin(&c, CAMSEAL_MESSAGE_SPDM,
                                                  camseal_span_of("abcd", 4), 0) == CAMSEAL_OK);
    for (unsigned i = 0;; i++) {
        FUZZ_REQUIRE(i < 20000); /* 5 s of virtual time, or failures: it ends */
        step.now_us += 500;
        if (camseal_mailbox_controller_step(&c, &step) != CAMSEAL_OK ||
            step.next == CAMSEAL_MAILBOX_DONE)
            break;
        if (step.next == CAMSEAL_MAILBOX_WAIT)
            step.now_us = step.wake_us;
        if (step.next != CAMSEAL_MAILBOX_READ)
            continue;
        size_t n = bytes.len < step.read.len ? bytes.len : step.read.len;
        memset(step.read.data, 0, step.read.len);
        if (n)
            memcpy(step.read.data, bytes.data, n);
        bytes = camseal_span_of(n ? bytes.data + n : NULL, bytes.len - n);
    }
    FUZZ_REQUIRE(step.frame.payload.len <= MEMORY - CAMSEAL_MAILBOX_OVERHEAD);
    free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const camseal_framing *const framings[] = {&camseal_framing_tcp, &camseal_framing_mctp,
                                                      &camseal_framing_doe};
    if (size < 1)
        return 0;
    uint8_t *copy = malloc(size);
    FUZZ_REQUIRE(copy);
    memcpy(copy, data + 1, size - 1);
    camseal_span bytes = camseal_span_of(copy, size - 1);
    uint8_t selector = data[0] % 16;
    if (selector < 3)
        check_framing(framings[selector], bytes);
    else if (selector == 3)
        check_discovery(bytes);
    else if (selector == 4)
        check_target(bytes);
    else if (selector == 5)
        check_controller(bytes);
    else
        check_link((uint8_t)(selector - 6), bytes);
    free(copy);
    return 0;
}
