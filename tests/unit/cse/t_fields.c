/* Sink, one packet at a time: illegal values of every header field, every bit flip, every
 * truncation, each with the verdict and reason that it must have. CRCs are made good again, so that
 * only the checks behind them can object. */
#include "rig.h"

#include "base/load.h"

/* A rig in the middle of frame 1: messages 0 and 1 verified; `next` is message 2, an image line. */
static packet open_frame(rig *r, const rig_options *o)
{
    rig_init(r, o);
    packet p = rig_protect(r, 0, RIG_EMBEDDED, CAMSEAL_SOURCE_SOF, 9);
    rig_feed_all(r, &p, 1);
    p = rig_protect(r, 0, RIG_RAW12, 0, 30);
    rig_feed_all(r, &p, 1);
    return rig_protect(r, 0, RIG_RAW12, 0, 30);
}

/* ---- one illegal value per field ---- */

typedef struct field_case {
    const char *name;
    void (*change)(camseal_priv_header *h);
    uint8_t verdict, reason;
    uint64_t a, b;
} field_case;

#define CHANGE(name, statement)              \
    static void name(camseal_priv_header *h) \
    {                                        \
        statement;                           \
    }
CHANGE(version_0, h->version = 0)
CHANGE(version_2, h->version = 2)
CHANGE(crc_p, h->crc_p = false)
CHANGE(tag_p, h->tag_p = false)
CHANGE(enc, h->enc = true)
CHANGE(cov, h->cov = false)
CHANGE(sof, h->sof = true)
CHANGE(eof, h->eof = true)
CHANGE(evc, h->evc ^= 0x80)
CHANGE(edt_unlisted, h->edt = 0x2B)
CHANGE(edt_high, h->edt |= 0x4000)
CHANGE(edt_slot_trailer, h->edt = 0x0100)
CHANGE(edt_trailer, (h->edt = 0x01FF, h->fp = 0))
CHANGE(edt_embedded, h->edt = RIG_EMBEDDED)
CHANGE(message_lower, h->message_count = 1)
CHANGE(message_same_with_sof, (h->message_count = 0, h->sof = true))
CHANGE(message_zero, h->message_count = 0)
CHANGE(message_higher, h->message_count = 3)
CHANGE(message_far, h->message_count = 0xFFFFFF)
CHANGE(fp_0, h->fp = 0)
CHANGE(fp_1, h->fp = 1)
CHANGE(fp_2, h->fp = 2)
CHANGE(fp_4, h->fp = 4)
CHANGE(fp_7, h->fp = 7)
CHANGE(sv_0, h->sv = 0)
CHANGE(sv_1, (h->sv = 1, h->enc = true))
CHANGE(sv_3, h->sv = 3)
CHANGE(sv_5, (h->sv = 5, h->cov = false))
CHANGE(sv_6, h->sv = 6)
CHANGE(sv_7, h->sv = 7)
CHANGE(downgrade, (h->sv = 5, h->cov = false, h->tag_p = false))
CHANGE(frame_same, h->frame_low = 1)
CHANGE(frame_zero, h->frame_low = 0)
CHANGE(frame_next, h->frame_low = 2)
CHANGE(frame_far, h->frame_low = 0x7FFFFFFF)
CHANGE(frame_below_zero, h->frame_low = 0xFFFFFFFF)
CHANGE(length_short, h->data_length -= 4)
CHANGE(length_long, h->data_length += 4)
CHANGE(length_65535, (h->data_length = 65535, h->pad = 1))
CHANGE(ctx_id, h->ctx_id++)
CHANGE(ctx_id_0, h->ctx_id = 0)
CHANGE(epoch_1, h->epoch4 = 1)
CHANGE(epoch_15, h->epoch4 = 15)
CHANGE(tag_mode_0, h->tag_mode = 0)
CHANGE(tag_mode_2, h->tag_mode = 2)
CHANGE(tag_mode_3, h->tag_mode = 3)
CHANGE(pad_0, h->pad = 0)
CHANGE(pad_1, h->pad = 1)
CHANGE(pad_3, h->pad = 3)

static const field_case field_cases[] = {
    {"version 0", version_0, FORGED, REASON(VERSION), 1, 0},
    {"version 2", version_2, FORGED, REASON(VERSION), 1, 2},
    {"CRC_P clear", crc_p, FORGED, REASON(FLAGS), 1, 0},
    {"TAG_P clear", tag_p, FORGED, REASON(FLAGS), 1, 0},
    {"ENC set", enc, FORGED, REASON(FLAGS), 0, 1},
    {"COV clear", cov, FORGED, REASON(FLAGS), 1, 0},
    {"SOF in the middle", sof, FORGED, REASON(ORDER), 0, 1},
    {"EOF set", eof, FORGED, REASON(TAG), 0, 0},
    {"eVC unknown", evc, FORGED, REASON(STREAM), RIG_EVC, RIG_EVC ^ 0x80},
    {"eDT unlisted", edt_unlisted, FORGED, REASON(STREAM), RIG_RAW12, 0x2B},
    {"eDT high bits", edt_high, FORGED, REASON(STREAM), RIG_RAW12, 0x402C},
    {"eDT slot trailer in message mode", edt_slot_trailer, FORGED, REASON(STREAM), RIG_RAW12,
     0x100},
    {"trailer with data", edt_trailer, FORGED, REASON(LENGTH), 0, 30},
    {"eDT of an embedded stream", edt_embedded, FORGED, REASON(FLAGS), 2, 3},
    {"message_count repeats", message_lower, FORGED, REASON(REPLAY_MESSAGE), 2, 1},
    {"first message again", message_same_with_sof, FORGED, REASON(REPLAY_MESSAGE), 2, 0},
    {"message 0 without SOF", message_zero, FORGED, REASON(ORDER), 1, 0},
    {"message_count jumps", message_higher, FORGED, REASON(TAG), 0, 0},
    {"message_count jumps far", message_far, FORGED, REASON(TAG), 0, 0},
    {"FP 0 for data", fp_0, FORGED, REASON(FLAGS), 3, 0},
    {"FP 1", fp_1, FORGED, REASON(FLAGS), 3, 1},
    {"FP 2 for an image", fp_2, FORGED, REASON(FLAGS), 3, 2},
    {"FP 4 for an image", fp_4, FORGED, REASON(FLAGS), 3, 4},
    {"FP 7", fp_7, FORGED, REASON(FLAGS), 3, 7},
    {"SV 0", sv_0, FORGED, REASON(VARIANT), 2, 0},
    {"SV 1", sv_1, FORGED, REASON(VARIANT), 2, 1},
    {"SV 3", sv_3, FORGED, REASON(VARIANT), 2, 3},
    {"SV 5", sv_5, FORGED, REASON(VARIANT), 2, 5},
    {"SV 6", sv_6, FORGED, REASON(VARIANT), 2, 6},
    {"SV 7", sv_7, FORGED, REASON(VARIANT), 2, 7},
    {"downgrade to SV-5 without a tag", downgrade, FORGED, REASON(FLAGS), 1, 0},
    {"frame unchanged", frame_same, OK, REASON(NONE), 0, 0},
    {"frame 0", frame_zero, FORGED, REASON(REPLAY_FRAME), 2, 0},
    {"frame + 1", frame_next, FORGED, REASON(TAG), 0, 0},
    {"frame far ahead", frame_far, FORGED, REASON(TAG), 0, 0},
    {"frame below zero", frame_below_zero, FORGED, REASON(REPLAY_FRAME), 2, 0},
    {"data_length short", length_short, FORGED, REASON(LENGTH), 64, 68},
    {"data_length long", length_long, FORGED, REASON(LENGTH), 72, 68},
    {"data_length 65535", length_65535, FORGED, REASON(LENGTH), 65572, 68},
    {"ctx_id of another", ctx_id, FORGED, REASON(CONTEXT), RIG_CTX_ID, RIG_CTX_ID + 1},
    {"ctx_id 0", ctx_id_0, FORGED, REASON(CONTEXT), RIG_CTX_ID, 0},
    {"epoch 1", epoch_1, FORGED, REASON(EPOCH), 0, 1},
    {"epoch 15", epoch_15, FORGED, REASON(EPOCH), 0, 15},
    {"tag mode 0", tag_mode_0, FORGED, REASON(FLAGS), 1, 0},
    {"tag mode 2", tag_mode_2, FORGED, REASON(FLAGS), 1, 2},
    {"tag mode 3", tag_mode_3, FORGED, REASON(FLAGS), 1, 3},
    {"pad 0", pad_0, FORGED, REASON(PAD), 2, 0},
    {"pad 1", pad_1, FORGED, REASON(PAD), 2, 1},
    {"pad 3", pad_3, FORGED, REASON(PAD), 2, 3},
};

static void illegal_values_of_every_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof field_cases / sizeof field_cases[0]; i++) {
        const field_case *c = &field_cases[i];
        rig r;
        packet good = open_frame(&r, &(rig_options){0}), bad = good;
        camseal_priv_header h = rig_header(&bad);
        c->change(&h);
        rig_set_header(&bad, &h);
        rig_reseal(&r, &bad, false);
        camseal_record record = rig_feed(&r, &bad);
        if (record.verdict != c->verdict || record.reason != c->reason || record.a != c->a ||
            record.b != c->b)
            fail_msg("%s: %s, %s, a %llu, b %llu", c->name, camseal_verdict_name(record.verdict),
                     camseal_reason_name(record.reason), (unsigned long long)record.a,
                     (unsigned long long)record.b);
        assert_int_equal(record.data.len, c->verdict == OK ? 30 : 0);
        if (c->verdict == OK) {
            rig_free(&r);
            continue;
        }
        /* the bad packet changed nothing: the good one is still accepted, and the frame is whole */
        record = rig_feed(&r, &good);
        assert_verdict(record, OK, REASON(NONE));
        assert_int_equal(record.safety, OK);
        packet last = rig_protect(&r, 0, RIG_EMBEDDED, CAMSEAL_SOURCE_EOF, 7);
        assert_verdict(rig_feed(&r, &last), OK, REASON(NONE));
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).rejected, 1);
        rig_free(&r);
    }
}

static void pad_bytes_must_be_zero(void **state)
{
    (void)state;
    rig r;
    packet p = open_frame(&r, &(rig_options){0});
    p.bytes[4 + 16 + 30 + 1] = 0x80;
    rig_reseal(&r, &p, false);
    camseal_record record = rig_feed(&r, &p);
    assert_verdict(record, FORGED, REASON(PAD));
    assert_int_equal(record.b, 0x80);
    rig_free(&r);
}

static void a_trailer_message_must_end_the_frame(void **state)
{
    (void)state;
    rig r;
    (void)open_frame(&r, &(rig_options){0});
    packet p = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_TRAILER, 0);
    camseal_priv_header h = rig_header(&p);
    h.eof = false;
    rig_set_header(&p, &h);
    rig_reseal(&r, &p, false);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(ORDER));
    h.eof = true;
    h.sv = 5;
    h.cov = false;
    rig_set_header(&p, &h);
    rig_reseal(&r, &p, false);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(VARIANT));
    rig_free(&r);
}

/* ---- flips ---- */

/* Every bit of a packet, CRCs recomputed. A flip in the CSI-2 header is undone by its ECC;
 * everywhere else the packet is FORGED. With the CRCs left as they are it is INCOMPLETE: noise and
 * forgery are told apart. */
static void flip_all(const rig_options *o)
{
    rig r;
    const packet good = open_frame(&r, o);
    const size_t crcs = good.len - 6;
    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        const size_t at = bit / 8;
        packet p = good;
        p.bytes[at] ^= (uint8_t)(1u << bit % 8);
        if (at >= 4) {
            packet noisy = p;
            assert_verdict(rig_feed(&r, &noisy), INCOMPLETE, REASON(CRC16));
            r.n_log = 0;
        }
        if (at >= 4 && at < crcs) {
            rig_reseal(&r, &p, false);
            camseal_record record = rig_feed(&r, &p);
            assert_int_equal(record.verdict, FORGED);
            assert_int_equal(record.data.len, 0);
            r.n_log = 0;
        } else if (at >= crcs && at < crcs + 4) {
            camseal_store_le16(p.bytes + good.len - 2,
                               r.config.bulk->crc16(0xFFFF, p.bytes + 4, good.len - 6));
            assert_verdict(rig_feed(&r, &p), INCOMPLETE, REASON(CRC32));
            r.n_log = 0;
        }
    }
    assert_true(camseal_context_limit_used(r.sink_ctx) > 0); /* bad tags were booked */
    packet p = good;
    p.bytes[1] ^= 4; /* repaired by the ECC */
    assert_verdict(rig_feed(&r, &p), OK, REASON(NONE));
    rig_free(&r);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    flip_all(&(rig_options){0});
    flip_all(&(rig_options){.suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {2, 1, 2}, .tag_length = 12});
}

static void header_rewrites_by_a_bridge_are_harmless(void **state)
{
    (void)state;
    rig r;
    const packet first = open_frame(&r, &(rig_options){0});
    packet p = first;
    uint32_t next = 2;
    for (uint8_t vc = 0; vc < 16; vc++, next++) { /* any wire channel will do */
        if (vc)
            p = rig_protect(&r, 0, RIG_RAW12, 0, 30);
        assert_status(camseal_csi2_header(p.bytes, vc, 0x37, (uint16_t)(p.len - 6)), CAMSEAL_OK);
        camseal_record record = rig_feed(&r, &p);
        assert_verdict(record, OK, REASON(NONE));
        assert_int_equal(record.wire_vc, vc);
        assert_int_equal(record.message_count, next);
    }
    for (unsigned a = 0; a < 32; a++) { /* two wrong header bits are found, not repaired */
        for (unsigned b = a + 1; b < 32; b++) {
            packet q = first;
            q.bytes[a / 8] ^= (uint8_t)(1u << a % 8);
            q.bytes[b / 8] ^= (uint8_t)(1u << b % 8);
            assert_verdict(rig_feed(&r, &q), INCOMPLETE, REASON(ECC));
            assert_int_equal(r.log[r.n_log - 1].wire_vc, 255);
        }
    }
    rig_free(&r);
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    rig r;
    const packet good = open_frame(&r, &(rig_options){0});
    for (size_t len = 0; len < good.len; len++) {
        packet p = good;
        p.len = len;
        uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read beyond the end */
        assert_non_null(exact);
        memcpy(exact, good.bytes, len);
        size_t taken;
        camseal_sink_item item = {r.sink, {exact, len}, 1, 0};
        assert_status(camseal_sink_feed(r.worker, &item, 1, 0, &taken), CAMSEAL_OK);
        camseal_record record;
        assert_true(camseal_record_take(&r.ring, &record));
        assert_verdict(record, INCOMPLETE, REASON(TRUNCATED));
        assert_int_equal(record.a, len < 4 ? 4 : good.len);
        assert_int_equal(record.b, len);
        free(exact);
        if (len < 6)
            continue; /* the same, with a header that admits it */
        rig_reseal(&r, &p, true);
        record = rig_feed(&r, &p);
        assert_true(record.verdict == FORGED);
        /* below 20 bytes there is no header; below 36 no tag; the lengths never fit */
        assert_string_equal(camseal_reason_name(record.reason),
                            camseal_reason_name(REASON(LENGTH)));
    }
    packet p = good;
    p.bytes[p.len++] = 0;
    camseal_record record = rig_feed(&r, &p);
    assert_verdict(record, INCOMPLETE, REASON(LENGTH));
    p = good;
    assert_verdict(rig_feed(&r, &p), OK, REASON(NONE));
    rig_free(&r);
}

static void hardware_may_check_the_crc16(void **state)
{
    (void)state;
    rig r;
    packet p = open_frame(&r, &(rig_options){0});
    p.bytes[p.len - 1] ^= 1;
    size_t taken;
    camseal_record record;
    camseal_sink_item item = {r.sink, {p.bytes, p.len}, 1, CAMSEAL_SINK_CRC16_CHECKED};
    assert_status(camseal_sink_feed(r.worker, &item, 1, 0, &taken), CAMSEAL_OK);
    assert_true(camseal_record_take(&r.ring, &record));
    assert_verdict(record, OK, REASON(NONE));
    rig_free(&r);
}

/* ---- what is not a message ---- */

static packet csi2(uint8_t vc, uint8_t dt, uint16_t field, size_t len)
{
    packet p = {{0}, 0};
    assert_status(camseal_csi2_header(p.bytes, vc, dt, field), CAMSEAL_OK);
    p.len = 4;
    if (dt > 0x0F) {
        p.len = 4 + len + 2;
        camseal_store_le16(p.bytes + 4 + len, camseal_bulk_soft()->crc16(0xFFFF, p.bytes + 4, len));
    }
    return p;
}

static void plain_packets_pass_by(void **state)
{
    (void)state;
    rig r;
    static const uint8_t others[] = {0x00, 0x01, 0x02, 0x03, 0x08, 0x0F, 0x10, 0x11, 0x2A, 0x34};
    packet next = open_frame(&r, &(rig_options){0});
    for (size_t i = 0; i < sizeof others; i++) {
        packet p = csi2(RIG_VC, others[i], 20, 20);
        camseal_record record = rig_feed(&r, &p);
        assert_int_equal(record.kind, CAMSEAL_RECORD_PLAIN);
        assert_verdict(record, UNVERIFIED, REASON(NONE));
        assert_int_equal(record.safety, OK);
        if (others[i] <= 0x0F)
            continue;
        p.bytes[7] ^= 1;
        record = rig_feed(&r, &p);
        assert_int_equal(record.kind, CAMSEAL_RECORD_PLAIN);
        assert_int_equal(record.safety, INCOMPLETE);
        assert_int_equal(record.reason, REASON(CRC16));
    }
    packet p = csi2((uint8_t)(RIG_VC + 1), RIG_RAW12, 20, 20); /* an unlisted channel */
    assert_int_equal(rig_feed(&r, &p).kind, CAMSEAL_RECORD_PLAIN);
    assert_verdict(rig_feed(&r, &next), OK, REASON(NONE));
    rig_free(&r);
}

static void stripped_protection_is_forgery(void **state)
{
    (void)state;
    rig r;
    packet next = open_frame(&r, &(rig_options){0}), p = csi2(RIG_VC, RIG_RAW12, 30, 30);
    camseal_record record = rig_feed(&r, &p);
    assert_int_equal(record.kind, CAMSEAL_RECORD_MESSAGE);
    assert_verdict(record, FORGED, REASON(UNPROTECTED));
    assert_int_equal(record.evc, RIG_EVC);
    assert_int_equal(record.edt, RIG_RAW12);
    /* a bridge that remaps the protected stream and strips some packets of it */
    assert_status(camseal_csi2_header(next.bytes, 11, 0x37, (uint16_t)(next.len - 6)), CAMSEAL_OK);
    assert_verdict(rig_feed(&r, &next), OK, REASON(NONE));
    p = csi2(11, RIG_EMBEDDED, 30, 30);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(UNPROTECTED));
    p = csi2(12, RIG_EMBEDDED, 30, 30);
    assert_int_equal(rig_feed(&r, &p).kind, CAMSEAL_RECORD_PLAIN);
    rig_close(&r);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), FORGED, REASON(UNPROTECTED));
    rig_free(&r);
    /* where policy allows unverified frames they pass by, as what they are */
    (void)open_frame(&r, &(rig_options){.unverified = true});
    p = csi2(RIG_VC, RIG_RAW12, 30, 30);
    assert_int_equal(rig_feed(&r, &p).kind, CAMSEAL_RECORD_PLAIN);
    rig_free(&r);
}

static void short_sep_packets(void **state)
{
    (void)state;
    rig r;
    (void)open_frame(&r, &(rig_options){0});
    for (uint16_t len = 0; len < 40; len++) {
        packet p = csi2(RIG_VC, 0x37, len, len);
        camseal_record record = rig_feed(&r, &p);
        if (len < 20) {
            assert_verdict(record, FORGED, REASON(LENGTH));
            assert_int_equal(record.b, len);
        } else {
            assert_verdict(record, INCOMPLETE, REASON(CRC32));
        }
    }
    rig_free(&r);
}

static void a_sink_without_keys_says_so(void **state)
{
    (void)state;
    rig r;
    packet p = open_frame(&r, &(rig_options){0});
    assert_status(
        camseal_context_init(&r.sink_ctx, r.memory[1], camseal_context_size(&r.config), &r.config),
        CAMSEAL_OK);
    assert_status(
        camseal_sink_init(&r.sink, r.memory[4], camseal_sink_size(r.sink_ctx), r.sink_ctx, &r.ring),
        CAMSEAL_OK);
    assert_verdict(rig_feed(&r, &p), INCOMPLETE, REASON(NO_KEY));
    rig_free(&r);
}

static void packets_tell_where_they_claim_to_belong(void **state)
{
    (void)state;
    rig r;
    uint8_t ctx_id = 0, evc = 0;
    packet p = open_frame(&r, &(rig_options){0});
    assert_true(camseal_packet_claims(&ctx_id, &evc, camseal_span_of(p.bytes, p.len), 0));
    assert_int_equal(ctx_id, RIG_CTX_ID);
    assert_int_equal(evc, RIG_EVC);
    assert_false(camseal_packet_claims(&ctx_id, &evc, camseal_span_of(p.bytes, p.len), 0x36));
    assert_false(camseal_packet_claims(&ctx_id, &evc, camseal_span_of(p.bytes, 19), 0));
    assert_false(camseal_packet_claims(&ctx_id, &evc, camseal_span_of(NULL, 0), 0));
    rig_free(&r);
}

static void every_reason_has_its_own_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAMSEAL_REASON_COUNT; i++) {
        assert_non_null(camseal_reason_name(i));
        assert_int_equal(strlen(camseal_reason_name(i)) > 0, i > 0);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(camseal_reason_name(i), camseal_reason_name(k));
    }
    assert_string_equal(camseal_reason_name(CAMSEAL_REASON_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(illegal_values_of_every_field),
        cmocka_unit_test(pad_bytes_must_be_zero),
        cmocka_unit_test(a_trailer_message_must_end_the_frame),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(header_rewrites_by_a_bridge_are_harmless),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(hardware_may_check_the_crc16),
        cmocka_unit_test(plain_packets_pass_by),
        cmocka_unit_test(stripped_protection_is_forgery),
        cmocka_unit_test(short_sep_packets),
        cmocka_unit_test(a_sink_without_keys_says_so),
        cmocka_unit_test(packets_tell_where_they_claim_to_belong),
        cmocka_unit_test(every_reason_has_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
