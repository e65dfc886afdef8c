/* A bad link under every flow: each message lost, repeated, early, late, cut at every length,
 * longer, flipped in every byte, taken from another connection. Nothing that was changed is
 * accepted, but for the bytes that are listed here; every failure has a name; and the same engines
 * then play the flow as if nothing had been. */
#include "spdm/msg/msg.h"
#include "spdm_mitm.h"
#include "test.h"

enum { FLOW_MAX = 200 };

static struct mitm m;
static struct pair_message record[FLOW_MAX], other[FLOW_MAX];
static unsigned n_messages, accepted;
static const mitm_flow *flow;

/* ---- faults --------------------------------------------------------------------------------- */

enum action { RECORD, DROP, REPEAT, FLIP, CUT, LONGER, REPLACE, EARLIER, LATER };

static struct {
    enum action action;
    unsigned index;
    size_t at;
    uint8_t mask;
    bool done, to_responder;
} fault;

static unsigned apply(struct pair_message *wire)
{
    switch (fault.action) {
    case DROP:
        return 0;
    case REPEAT:
        return 2;
    case FLIP:
        wire->bytes[fault.at] ^= fault.mask;
        return 1;
    case CUT:
        wire->len = fault.at;
        return 1;
    case LONGER:
        wire->bytes[wire->len++] = 0;
        return 1;
    case REPLACE:
        *wire = other[fault.index];
        return 1;
    case EARLIER: /* what went in the same direction before */
        *wire = record[fault.index - 2];
        return 1;
    default: /* LATER: what will go in the same direction */
        *wire = record[fault.index + 2];
        return 1;
    }
}

static unsigned hook(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    (void)user, (void)p;
    if (fault.action == RECORD) {
        assert_true(index < FLOW_MAX);
        record[index] = *wire;
        n_messages = index + 1;
        return 1;
    }
    if (index != fault.index || fault.done)
        return 1;
    fault.done = true;
    fault.to_responder = to_responder;
    return apply(wire);
}

static void set_hook(struct mitm *who)
{
    who->p.hook = hook;
}

static camseal_status play(uint64_t seed)
{
    fault.done = false;
    mitm_start(&m, flow, seed, set_hook);
    return mitm_play(&m);
}

/* As it is, with two seeds. */
static void record_flow(void)
{
    char text[256];
    for (uint64_t seed = 2; seed >= 1; seed--) {
        fault.action = RECORD;
        memcpy(other, record, sizeof other);
        camseal_status status = play(seed);
        mitm_describe(&m, status, text, sizeof text);
        if (status != CAMSEAL_OK)
            fail_msg("%s: %s", flow->name, text);
        accepted = m.accepted;
        mitm_stop(&m);
    }
}

/* ---- bytes that may be anything ------------------------------------------------------------- */

/* What SPDM says is ignored, or what the receiver is free to say, in messages that no transcript,
 * signature or record covers: nobody's decision rests on them. */
static const struct {
    uint8_t code;
    uint8_t inner; /* code of the encapsulated message, or of the chunk's first message; 0: any */
    uint8_t at, bits;
    const char *why;
} free_bits[] = {
    {SPDM_GET_DIGESTS, 0, 2, 0xFF, "reserved; B is signed by CHALLENGE_AUTH only"},
    {SPDM_GET_DIGESTS, 0, 3, 0xFF, "reserved"},
    {SPDM_DIGESTS, 0, 2, 0xFF, "reserved, SupportedSlotMask of 1.3"},
    {SPDM_GET_CERTIFICATE, 0, 2, 0xF0, "reserved, LargeCertChain of 1.4 apart"},
    {SPDM_GET_CERTIFICATE, 0, 3, 0xFF, "reserved, SlotSizeRequested of 1.3 apart"},
    {SPDM_GET_CERTIFICATE, 0, 6, 0xFF, "length: the answer says how much it has"},
    {SPDM_GET_CERTIFICATE, 0, 7, 0xFF, "length"},
    {SPDM_CERTIFICATE, 0, 2, 0xF0, "reserved, LargeCertChain of 1.4 apart"},
    {SPDM_CERTIFICATE, 0, 3, 0xFF, "reserved, certificate model of 1.3"},
    {SPDM_GET_ENCAPSULATED_REQUEST, 0, 2, 0xFF, "reserved"},
    {SPDM_GET_ENCAPSULATED_REQUEST, 0, 3, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_REQUEST, 0, 3, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_REQUEST, SPDM_GET_DIGESTS, 6, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_REQUEST, SPDM_GET_DIGESTS, 7, 0xFF, "reserved"},
    {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, 3, 0xFF, "reserved"},
    {SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_DIGESTS, 6, 0xFE,
     "SupportedSlotMask of 1.3, which holds the slots that are provisioned"},
    {SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_CERTIFICATE, 6, 0xF0, "reserved"},
    {SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_CERTIFICATE, 7, 0xFB,
     "certificate model of 1.3; there is none with bit 2"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 2, 0xFF, "RequestID where no request follows"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 5, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 6, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 7, 0xFF, "reserved"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, SPDM_GET_CERTIFICATE, 10, 0xF0, "reserved"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, SPDM_GET_CERTIFICATE, 11, 0xFE,
     "reserved but for SlotSizeRequested"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, SPDM_GET_CERTIFICATE, 14, 0xFF, "length"},
    {SPDM_ENCAPSULATED_RESPONSE_ACK, SPDM_GET_CERTIFICATE, 15, 0xFD, "length; bit 1 makes it 0"},
    {SPDM_CHUNK_SEND, 0, 2, 0xFE, "reserved but for LastChunk"},
    {SPDM_CHUNK_SEND, 0, 6, 0xFF, "reserved before 1.4"},
    {SPDM_CHUNK_SEND, 0, 7, 0xFF, "reserved before 1.4"},
    {SPDM_CHUNK_SEND_ACK, 0, 2, 0xFE, "reserved but for EarlyError"},
    {SPDM_CHUNK_GET, 0, 2, 0xFF, "reserved"},
    {SPDM_CHUNK_RESPONSE, 0, 2, 0xFE, "reserved but for LastChunk"},
    {SPDM_CHUNK_RESPONSE, 0, 6, 0xFF, "reserved before 1.4"},
    {SPDM_CHUNK_RESPONSE, 0, 7, 0xFF, "reserved before 1.4"},
    {SPDM_CHUNK_RESPONSE, SPDM_CERTIFICATE, 19, 0xFB,
     "certificate model of 1.3; there is none with bit 2"},
    {SPDM_ERROR, SPDM_ERR_LARGE_RESPONSE, 3, 0xFF, "reserved"},
    {SPDM_ERROR, SPDM_ERR_NOT_READY, 3, 0xFF, "reserved"},
    {SPDM_ERROR, SPDM_ERR_NOT_READY, 4, 0x0F, "RDTExponent: how long to wait"},
    {SPDM_ERROR, SPDM_ERR_NOT_READY, 7, 0xFB, "RDTM: how long the answer is kept, at least 2"},
};
enum { FREE_BITS = sizeof free_bits / sizeof free_bits[0] };

static uint8_t inner_code(const struct pair_message *wire)
{
    switch (wire->bytes[1]) {
    case SPDM_ERROR:
        return wire->bytes[2];
    case SPDM_ENCAPSULATED_REQUEST:
    case SPDM_DELIVER_ENCAPSULATED_RESPONSE:
        return wire->bytes[5];
    case SPDM_ENCAPSULATED_RESPONSE_ACK:
        return wire->len > 9 ? wire->bytes[9] : 0;
    case SPDM_CHUNK_RESPONSE:
        return wire->bytes[17];
    default:
        return 0;
    }
}

static bool is_row(const struct pair_message *wire, size_t i)
{
    return !wire->secured && wire->bytes[1] == free_bits[i].code &&
           (!free_bits[i].inner || inner_code(wire) == free_bits[i].inner);
}

static bool is_free(const struct pair_message *wire, size_t at, uint8_t mask)
{
    for (size_t i = 0; i < FREE_BITS; i++)
        if (is_row(wire, i) && at == free_bits[i].at && (mask & free_bits[i].bits) == mask)
            return true;
    return false;
}

/* ---- what must come of a fault -------------------------------------------------------------- */

/* SPACE: a length that was changed promises more than there is room for. */
static bool named(camseal_status status)
{
    int class_ = camseal_status_class(status);
    return status == CAMSEAL_E_SPACE || class_ == CAMSEAL_CLASS_PEER ||
           class_ == CAMSEAL_CLASS_SECURITY;
}

static bool harmless(camseal_status status, bool passes)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(m.p.req);
    /* Without a context of the responder nobody proves anything to it before the session. */
    bool opening =
        m.failed == 'c' || m.failed == 's' || (m.failed == 'p' && !(flow->traits & MITM_PSK_ALONE));
    unsigned most = flow->traits & MITM_PSK_ALONE ? 2 : 1; /* a replay is possible there */
    if (m.accepted > accepted || m.opened > most || m.misheard)
        return false; /* something was taken twice, or that nobody said */
    if (status == CAMSEAL_OK)
        return passes;
    if (status == CAMSEAL_E_STATE) /* the responder's session is gone: it asks for nothing */
        return strchr("kej", m.failed) && m.closed;
    if (opening && fault.to_responder && fault.action != REPEAT && m.opened)
        return false; /* a session from a handshake that was changed */
    return named(status) && f->status == status && f->detail && f->message;
}

static unsigned cases, wrong;

static void meet(const char *what, bool passes)
{
    char text[256];
    camseal_status status = play(1);
    assert_true(fault.done);
    cases++;
    if (!harmless(status, passes)) {
        mitm_describe(&m, status, text, sizeof text);
        print_error("%s: %s at %zu of message %u (%02x): %s\n", flow->name, what, fault.at,
                    fault.index, record[fault.index].bytes[1], text);
        wrong++;
    }
    if (fault.at % 8 == 0) /* a sample; of what is no flip and no cut, each */
        mitm_play_cleanly(&m);
    mitm_stop(&m);
}

static void each_message(enum action action, const char *what)
{
    fault.action = action;
    fault.at = 0;
    unsigned first = action == EARLIER ? 2 : 0,
             last = action == LATER ? n_messages - 2 : n_messages;
    for (fault.index = first; fault.index < last; fault.index++) {
        const struct pair_message *a = &record[fault.index], *b = &other[fault.index];
        bool same = a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
        /* Instead of "not ready" the answer itself, which it is. */
        bool early = action == LATER && !a->secured && a->bytes[1] == SPDM_ERROR;
        /* What was deferred is asked for again: the responder knows a retry. */
        bool retry = (action == EARLIER || action == LATER) && (flow->traits & MITM_DEFER);
        if (action != REPLACE || !same)
            meet(what, action == REPEAT || early || retry);
    }
}

static void for_each_flow(void (*fault_flow)(void))
{
    cases = wrong = 0;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        record_flow();
        fault_flow();
    }
    print_message("%u cases\n", cases);
    assert_true(cases > 100);
    assert_int_equal(wrong, 0);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void drop_each(void)
{
    fault.action = DROP;
    for (fault.index = 0; fault.index < n_messages; fault.index++) {
        assert_status(play(1), CAMSEAL_E_TIMEOUT);
        cases++;
        assert_true(fault.done);
        mitm_play_cleanly(&m);
        mitm_stop(&m);
    }
}

static void lost(void **state)
{
    (void)state;
    for_each_flow(drop_each);
}

static void repeat_and_reorder_each(void)
{
    each_message(REPEAT, "repeated");
    each_message(EARLIER, "the one before");
    each_message(LATER, "the one after");
}

static void repeated_and_reordered(void **state)
{
    (void)state;
    for_each_flow(repeat_and_reorder_each);
}

static void splice_each(void)
{
    each_message(REPLACE, "of another connection");
    each_message(LONGER, "a byte more");
}

static void spliced_and_longer(void **state)
{
    (void)state;
    for_each_flow(splice_each);
}

/* Every byte; of records behind their head every byte in one flow, and a sample in the others. */
static size_t next(size_t at)
{
    bool sample = record[fault.index].secured && flow != &mitm_flows[0] && at >= 12;
    return at + (sample ? 7 : 1);
}

static void cut_each(void)
{
    fault.action = CUT;
    for (fault.index = 0; fault.index < n_messages; fault.index++)
        for (fault.at = 1; fault.at < record[fault.index].len; fault.at = next(fault.at))
            meet("cut", false);
}

static void cut_at_every_length(void **state)
{
    (void)state;
    for_each_flow(cut_each);
}

/* One bit of each byte, another one in each message. */
static void flip_each(void)
{
    fault.action = FLIP;
    for (fault.index = 0; fault.index < n_messages; fault.index++)
        for (fault.at = 0; fault.at < record[fault.index].len; fault.at = next(fault.at)) {
            fault.mask = (uint8_t)(1u << (fault.at + fault.index) % 8);
            meet("flip", is_free(&record[fault.index], fault.at, fault.mask));
        }
}

static void every_byte_flipped(void **state)
{
    (void)state;
    for_each_flow(flip_each);
}

/* Every bit of those bytes: it passes somewhere if it is in the table, nowhere if not. */
static uint8_t passed[FREE_BITS];

static void free_bits_each(void)
{
    fault.action = FLIP;
    for (fault.index = 0; fault.index < n_messages; fault.index++)
        for (size_t i = 0; i < FREE_BITS; i++) {
            fault.at = free_bits[i].at;
            if (!is_row(&record[fault.index], i) || fault.at >= record[fault.index].len)
                continue;
            for (unsigned bit = 0; bit < 8; bit++) {
                fault.mask = (uint8_t)(1u << bit);
                camseal_status status = play(1);
                if (status == CAMSEAL_OK)
                    passed[i] |= fault.mask;
                wrong += !harmless(status, is_free(&record[fault.index], fault.at, fault.mask));
                mitm_stop(&m);
                cases++;
            }
        }
}

static void free_bits_are_free(void **state)
{
    (void)state;
    for_each_flow(free_bits_each);
    for (size_t i = 0; i < FREE_BITS; i++)
        if (passed[i] != free_bits[i].bits)
            print_error("%02x at %u, %02x pass: %s\n", free_bits[i].code, free_bits[i].at,
                        passed[i], free_bits[i].why),
                wrong++;
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost),
        cmocka_unit_test(repeated_and_reordered),
        cmocka_unit_test(spliced_and_longer),
        cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(free_bits_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
