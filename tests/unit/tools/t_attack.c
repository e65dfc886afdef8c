/* Attacks: what comes out for a small stream, checksums judged bit by bit, and what the log says.
 */
#include "test.h"

#include "attack.h"
#include "base/load.h"
#include "camseal/csi2.h"
#include "camseal/transport.h"
#include "packet_view.h"

enum {
    LINES = 4,
    DATA = 10,
    PAD = 2,
    TAG = 16,
    PAYLOAD = 16 + DATA + PAD + TAG + 4,
    PACKET = 4 + PAYLOAD + 2
};

/* ---- checksums that share nothing with the code under test ------------------------------------
 */

static uint32_t crc32c_by_bits(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

static uint16_t crc16_by_bits(const uint8_t *p, size_t n)
{
    unsigned crc = 0xFFFF;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0x8408u : 0);
    }
    return (uint16_t)crc;
}

static void seal_by_bits(uint8_t *packet, size_t len)
{
    camseal_store_le32(packet + len - 6, crc32c_by_bits(packet + 4, len - 10));
    camseal_store_le16(packet + len - 2, crc16_by_bits(packet + 4, len - 6));
}

static bool sealed(camseal_span p)
{
    return camseal_load_le32(p.data + p.len - 6) == crc32c_by_bits(p.data + 4, p.len - 10) &&
           camseal_load_le16(p.data + p.len - 2) == crc16_by_bits(p.data + 4, p.len - 6);
}

/* ---- a stream, and what became of it ----------------------------------------------------------
 */

typedef struct run {
    attack_set *set;
    attack_output out;
    uint8_t bytes[4096][PACKET + 16]; /* what came out, copied */
    size_t len[4096], n;
    char text[65536];
} run;
static run r;

static void begin(uint64_t seed, const char *const *attacks)
{
    attack_set_free(r.set);
    attack_output_free(&r.out);
    r.n = 0;
    r.set = attack_set_new(seed);
    assert_non_null(r.set);
    for (; *attacks; attacks++) {
        attack_error error;
        if (attack_add(r.set, *attacks, &error) != CAMSEAL_OK)
            fail_msg("%s: %s", *attacks, error.text);
    }
}

static void collect(void)
{
    for (size_t i = 0; i < r.out.n; i++) {
        assert_true(r.n < 4096 && r.out.spans[i].len <= sizeof r.bytes[0]);
        memcpy(r.bytes[r.n], r.out.spans[i].data, r.out.spans[i].len);
        r.len[r.n++] = r.out.spans[i].len;
    }
    attack_release(&r.out);
}

static camseal_span got(size_t i)
{
    return camseal_span_of(r.bytes[i], r.len[i]);
}

static void feed(const void *packet, size_t len)
{
    uint8_t *copy = malloc(len); /* exact size: a sanitizer sees every byte too far */
    memcpy(copy, packet, len);
    attack_data(r.set, camseal_mspan_of(copy, len), &r.out);
    collect();
    free(copy);
}

static void feed_short(uint8_t vc, uint8_t dt, unsigned number)
{
    uint8_t header[4];
    assert_status(camseal_csi2_header(header, vc, dt, (uint16_t)number), CAMSEAL_OK);
    feed(header, 4);
}

/* Line `count` of frame `frame`: SV-2, RAW12, tag and data derived from both numbers. */
static void make_line(uint8_t out[PACKET], uint8_t vc, unsigned frame, unsigned count)
{
    memset(out, (int)(frame * 16 + count), PACKET);
    assert_status(camseal_csi2_header(out, vc, 0x37, PAYLOAD), CAMSEAL_OK);
    camseal_store_le32(out + 4, 1u | 1u << 4 | 1u << 5 | (count == 0 ? 1u << 7 : 0) |
                                    (vc + 3u) << 8 | 0x2Cu << 16);
    camseal_store_le32(
        out + 8, count | 3u << 24 | 2u << 27 | (count == LINES - 1 ? 1u << 30 : 0) | 1u << 31);
    camseal_store_le32(out + 12, 100 + frame);
    camseal_store_le32(out + 16, DATA | 1u << 16 | 1u << 28 | (uint32_t)PAD << 30);
    memset(out + 20 + DATA, 0, PAD);
    seal_by_bits(out, PACKET);
}

static void feed_frame(uint8_t vc, unsigned frame, bool fs_fe)
{
    uint8_t packet[PACKET];
    if (fs_fe)
        feed_short(vc, 0x00, frame);
    for (unsigned i = 0; i < LINES; i++) {
        make_line(packet, vc, frame, i);
        feed(packet, PACKET);
    }
    if (fs_fe)
        feed_short(vc, 0x01, frame);
}

static void feed_stream(unsigned frames)
{
    for (unsigned f = 1; f <= frames; f++)
        feed_frame(0, f, true);
    attack_data_end(r.set, &r.out);
    collect();
}

/* "F 1.0 1.1 1.2 1.3 E ..." */
static const char *text(void)
{
    char *at = r.text;
    *at = 0;
    for (size_t i = 0; i < r.n; i++) {
        packet_view v = packet_view_of(camseal_mspan_of(r.bytes[i], r.len[i]));
        static const char *const shorts[] = {"F", "E", "[", "]"};
        if (v.sep)
            at += sprintf(at, "%u.%u ", sep_get(packet_sep_header(&v), SEP_FRAME) - 100,
                          sep_get(packet_sep_header(&v), SEP_COUNT));
        else
            at += sprintf(at, "%s ", v.fits && v.dt < 4 ? shorts[v.dt] : v.fits ? "plain" : "cut");
    }
    if (at > r.text)
        at[-1] = 0;
    return r.text;
}

static const char *through(const char *attack, unsigned frames)
{
    const char *const list[] = {attack, NULL};
    begin(1, list);
    feed_stream(frames);
    return text();
}

static const attack_entry *entry(size_t i)
{
    const attack_entry *entries;
    assert_true(i < attack_log(r.set, &entries));
    return &entries[i];
}

static size_t entries(void)
{
    const attack_entry *e;
    return attack_log(r.set, &e);
}

/* ---- packets -----------------------------------------------------------------------------------
 */

#define FRAME1 "F 1.0 1.1 1.2 1.3 E"
#define FRAME2 "F 2.0 2.1 2.2 2.3 E"
#define FRAME3 "F 3.0 3.1 3.2 3.3 E"

static void order_and_number_of_packets(void **state)
{
    (void)state;
    const struct {
        const char *attack, *expected;
        size_t entries;
    } rows[] = {
        {"none", FRAME1 " " FRAME2 " " FRAME3, 0},
        {"flip:frame=2", FRAME1 " " FRAME2 " " FRAME3, 1},
        {"drop:frame=2,line=1", FRAME1 " F 2.0 2.2 2.3 E " FRAME3, 1},
        {"drop:frame=2-3,line=all", FRAME1 " F E F E", 8},
        {"drop:every=2,line=0-1", FRAME1 " F 2.2 2.3 E " FRAME3, 2},
        {"drop:frame=2,line=1,vc=0", FRAME1 " F 2.0 2.2 2.3 E " FRAME3, 1},
        {"drop:frame=2,line=1,vc=1", FRAME1 " " FRAME2 " " FRAME3, 0},
        {"drop", FRAME1 " " FRAME2 " " FRAME3, 0}, /* frame 5 unless told */
        {"drop:p=1", "F E F E F E", 12},
        {"repeat:frame=2,line=3,times=2", FRAME1 " F 2.0 2.1 2.2 2.3 2.3 2.3 E " FRAME3, 1},
        {"reorder:frame=2,line=1", FRAME1 " F 2.0 2.2 2.1 2.3 E " FRAME3, 1},
        {"reorder:frame=2,line=3", FRAME1 " " FRAME2 " " FRAME3, 0}, /* no line after it */
        {"swap:frame=2,line=1", FRAME1 " F 2.0 3.1 2.2 2.3 E F 3.0 2.1 3.2 3.3 E", 2},
        {"swap:frame=3,line=1", FRAME1 " " FRAME2 " " FRAME3, 0}, /* the stream ends first */
        {"drop-frame:frame=2", FRAME1 " " FRAME3, 1},
        {"drop-frame:every=1", "", 3},
        {"replay:frame=2", FRAME1 " " FRAME2 " " FRAME1 " " FRAME3, 1},
        {"replay:frame=3,back=2,mode=insert", FRAME1 " " FRAME2 " " FRAME3 " " FRAME1, 1},
        {"replay:frame=3,back=2,mode=replace", FRAME1 " " FRAME2 " " FRAME1, 2},
        {"replay:frame=2-3,of=1,mode=replace", FRAME1 " " FRAME1 " " FRAME1, 4},
        {"replay:frame=1", FRAME1 " " FRAME2 " " FRAME3, 0}, /* nothing is older */
        {"replay:every=1,mode=replace", FRAME1 " " FRAME1 " " FRAME2, 4},
        {"inject:frame=1,lines=3", FRAME1 " F 2.0 2.1 2.2 E " FRAME2 " " FRAME3, 1},
        {"truncate:frame=2,line=1", FRAME1 " F 2.0 cut 2.2 2.3 E " FRAME3, 1},
        {"truncate:frame=2,mode=frame,line=2", FRAME1 " F 2.0 2.1 E " FRAME3, 1},
        {"strip-tag:frame=2", FRAME1 " " FRAME2 " " FRAME3, 1},
        {"strip:frame=2", FRAME1 " F plain plain plain plain E " FRAME3, 1},
        {"strip:frame=2,line=1", FRAME1 " F 2.0 plain 2.2 2.3 E " FRAME3, 1},
        {"downgrade:frame=2", FRAME1 " " FRAME2 " " FRAME3, 1},
        {"future:frame=2,line=1,by=50", FRAME1 " F 2.0 52.1 2.2 2.3 E " FRAME3, 1},
        {"remap:from=0,to=9", FRAME1 " " FRAME2 " " FRAME3, 3},
        {"remap:from=1,to=9", FRAME1 " " FRAME2 " " FRAME3, 0},
        {"rewrite-header:to=5", FRAME1 " " FRAME2 " " FRAME3, 3},
        {"strip-short:frame=2", FRAME1 " 2.0 2.1 2.2 2.3 " FRAME3, 1},
        {"make-short", FRAME1 " " FRAME2 " " FRAME3, 0},
        {"rewrite-header:ls=1,frame=2", FRAME1 " F [ 2.0 ] [ 2.1 ] [ 2.2 ] [ 2.3 ] E " FRAME3, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *seen = through(rows[i].attack, 3);
        if (strcmp(seen, rows[i].expected) != 0 || entries() != rows[i].entries)
            print_message("%s: %zu entries\n", rows[i].attack, entries());
        assert_string_equal(seen, rows[i].expected);
        assert_int_equal(entries(), rows[i].entries);
    }
}

/* Without FS and FE, frames are told by SOF and EOF. */
static void frames_without_short_packets(void **state)
{
    (void)state;
    const char *const list[] = {"drop-frame:frame=2", "replay:frame=3,back=2", NULL};
    begin(1, list);
    for (unsigned f = 1; f <= 3; f++)
        feed_frame(0, f, false);
    assert_string_equal(text(), "1.0 1.1 1.2 1.3 3.0 3.1 3.2 3.3 1.0 1.1 1.2 1.3");
}

/* Two channels, lines interleaved: each counts its own frames. */
static void channels_are_independent(void **state)
{
    (void)state;
    const char *const list[] = {"drop:frame=2,line=1,vc=1", "reorder:frame=1,line=1,vc=0", NULL};
    uint8_t packet[PACKET];
    begin(1, list);
    for (unsigned f = 1; f <= 2; f++)
        for (unsigned i = 0; i < LINES; i++)
            for (uint8_t vc = 0; vc < 2; vc++) {
                make_line(packet, vc, f, i);
                feed(packet, PACKET);
            }
    assert_string_equal(text(), "1.0 1.0 1.1 1.2 1.1 1.2 1.3 1.3 2.0 2.0 2.1 2.2 2.2 2.3 2.3");
    assert_int_equal(entry(0)->wire_vc, 0);
    assert_int_equal(entry(1)->wire_vc, 1);
    assert_int_equal(entry(1)->evc, 4);
    assert_int_equal(entry(1)->frame_count, 102);
}

/* Packet i of an untouched stream of that many frames. */
static camseal_span original(unsigned frames, size_t i)
{
    static uint8_t kept[PACKET + 16];
    (void)through("none", frames);
    memcpy(kept, r.bytes[i], r.len[i]);
    return camseal_span_of(kept, r.len[i]);
}

static unsigned bits_between(const uint8_t *a, const uint8_t *b, size_t n)
{
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++)
        for (unsigned x = a[i] ^ b[i]; x; x &= x - 1)
            bits++;
    return bits;
}

static void a_flip_is_one_bit_under_good_checksums(void **state)
{
    (void)state;
    enum { LINE = 8 }; /* F 1.0-3 E, F 2.0 [2.1] */
    uint8_t before[PACKET];
    memcpy(before, original(2, LINE).data, PACKET);
    (void)through("flip:frame=2,line=1", 2);
    assert_true(sealed(got(LINE)));
    assert_int_equal(bits_between(before, got(LINE).data, PACKET - 6), 1);
    assert_int_equal(bits_between(before, got(LINE).data, 20), 0);
    const attack_entry *e = entry(0);
    assert_true(e->has_count && !e->control);
    assert_int_equal(e->frame, 2);
    assert_int_equal(e->frame_count, 102);
    assert_int_equal(e->first_message, 1);
    assert_int_not_equal(before[e->offset], got(LINE).data[e->offset]);
    (void)through("flip:frame=2,line=1,offset=3,bit=7", 2);
    assert_int_equal(got(LINE).data[23], before[23] ^ 0x80);
    /* Two flips of the same bit give back every byte: the checksums are those of the sender. */
    const char *const twice[] = {"flip:frame=2,line=1,offset=3,bit=7",
                                 "flip:frame=2,line=1,offset=3,bit=7", NULL};
    begin(1, twice);
    feed_stream(2);
    assert_memory_equal(got(LINE).data, before, PACKET);
}

/* The golden packet of open-profile §12: checksums that three implementations agree on. */
static void the_golden_packet_survives_there_and_back(void **state)
{
    (void)state;
    uint8_t golden[80], fs[4] = {0, 1, 0, 0x1A};
    size_t len = test_hex(
        golden, sizeof golden,
        "373c000e71032c000700008b05000000180001107c27b0ce3f23f6439a0e8d0c98bcb3c237078a0a9175f0"
        "d501ca57de26bad798465c87ea9d30f998675301dc8799");
    assert_int_equal(len, 66);
    assert_true(sealed(camseal_span_of(golden, len)));
    const char *const there[] = {"header:frame=1,line=7,field=sv", "header:frame=1,line=7,field=sv",
                                 NULL};
    begin(1, there);
    feed(fs, 4);
    feed(golden, len);
    assert_memory_equal(got(1).data, golden, len);
    assert_string_equal(entry(0)->detail, "sv 1 -> 0");
    assert_string_equal(entry(1)->detail, "sv 0 -> 1");
}

static void noise_breaks_the_checksum(void **state)
{
    (void)state;
    uint8_t before[PACKET];
    memcpy(before, original(2, 8).data, PACKET);
    (void)through("flip-noise:frame=2,line=1", 2);
    assert_int_equal(bits_between(before, got(8).data, PACKET), 1);
    assert_false(sealed(got(8)));
}

static void every_header_field_can_be_hit(void **state)
{
    (void)state;
    uint8_t before[PACKET];
    memcpy(before, original(2, 8).data, PACKET);
    for (int id = 0; id < SEP_FIELDS; id++)
        for (unsigned bit = 0; bit < sep_fields[id].bits; bit++) {
            char attack[64];
            snprintf(attack, sizeof attack, "header:frame=2,line=1,field=%s,bit=%u",
                     sep_fields[id].name, bit);
            (void)through(attack, 2);
            const uint8_t *after = got(8).data;
            assert_true(sealed(got(8)));
            assert_int_equal(bits_between(before, after, PACKET - 6), 1);
            assert_int_equal(sep_get(before + 4, (enum sep_field_id)id) ^ 1u << bit,
                             sep_get(after + 4, (enum sep_field_id)id));
        }
}

static void lengths_fit_after_stripping(void **state)
{
    (void)state;
    uint8_t before[PACKET];
    memcpy(before, original(2, 8).data, PACKET);
    (void)through("strip-tag:frame=2", 2);
    camseal_span p = got(8);
    assert_int_equal(p.len, PACKET - TAG);
    assert_true(sealed(p));
    assert_int_equal(sep_get(p.data + 4, SEP_TAG_P), 0);
    assert_memory_equal(p.data + 20, before + 20, DATA + PAD);
    assert_int_equal(entry(0)->packets, LINES);
    assert_int_equal(entry(0)->last_message, LINES - 1);

    (void)through("downgrade:frame=2,line=1", 2);
    p = got(8);
    assert_true(sealed(p));
    assert_int_equal(sep_get(p.data + 4, SEP_SV), 5);
    assert_int_equal(sep_get(p.data + 4, SEP_TAG_MODE) + sep_get(p.data + 4, SEP_COV) +
                         sep_get(p.data + 4, SEP_ENC),
                     0);

    (void)through("strip:frame=2", 2);
    p = got(8);
    assert_int_equal(p.len, 4 + DATA + 2);
    assert_int_equal(p.data[0] & 0x3F, 0x2C);
    assert_memory_equal(p.data + 4, before + 20, DATA);
    assert_int_equal(camseal_load_le16(p.data + 4 + DATA), crc16_by_bits(p.data + 4, DATA));

    (void)through("truncate:frame=2,line=1,bytes=7", 2);
    assert_int_equal(got(8).len, PACKET - 7);
    assert_memory_equal(got(8).data, before, PACKET - 7);
    (void)through("truncate:frame=2,line=1,bytes=65535", 2);
    assert_int_equal(got(8).len, 1);
}

static void legal_changes_touch_the_packet_header_only(void **state)
{
    (void)state;
    uint8_t before[PACKET];
    memcpy(before, original(2, 8).data, PACKET);
    const char *const rows[] = {"remap:from=0,to=9", "rewrite-header:to=9"};
    for (size_t i = 0; i < 2; i++) {
        (void)through(rows[i], 2);
        for (size_t k = 0; k < r.n; k++) {
            packet_view v = packet_view_of(camseal_mspan_of(r.bytes[k], r.len[k]));
            assert_true(v.fits && !v.corrected);
            assert_int_equal(v.vc, 9);
        }
        assert_memory_equal(got(8).data + 4, before + 4, PACKET - 4);
        assert_true(attack_info_of(r.set, 0).legal);
    }
    (void)through("rewrite-header:frame=2", 2);
    assert_int_equal(camseal_load_le16(got(6).data + 1), 1); /* frame 2 has the bridge's number 1 */
    assert_int_equal(camseal_load_le16(got(11).data + 1), 1);
}

static void a_forged_frame_looks_right_but_for_its_tags(void **state)
{
    (void)state;
    (void)through("inject:frame=1,lines=3", 2);
    for (size_t i = 7; i < 10; i++) {
        assert_int_equal(got(i).len, PACKET);
        assert_true(sealed(got(i)));
        assert_int_equal(sep_get(got(i).data + 4, SEP_FRAME), 102);
        assert_int_equal(sep_get(got(i).data + 4, SEP_SOF), i == 7);
        assert_int_equal(sep_get(got(i).data + 4, SEP_EOF), i == 9);
    }
    assert_memory_not_equal(got(7).data + 20, got(8).data + 20, DATA);
    assert_int_equal(entry(0)->frame_count, 102);
    assert_int_equal(entry(0)->packets, 3);
}

/* ---- choice ------------------------------------------------------------------------------------
 */

static uint32_t digest(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < r.n; i++)
        sum = sum * 31 + crc32c_by_bits(r.bytes[i], r.len[i]);
    return sum;
}

static void a_replay_names_both_frames(void **state)
{
    (void)state;
    (void)through("replay:frame=3,back=2,mode=replace", 3);
    assert_string_equal(entry(0)->detail, "sent again instead of frame 3");
    assert_int_equal(entry(0)->frame_count, 101);
    assert_int_equal(entry(0)->packets, LINES + 2);
    assert_string_equal(entry(1)->detail, "withheld");
    assert_int_equal(entry(1)->frame_count, 103);
    assert_int_equal(entry(1)->packets, LINES + 2);
}

static void a_seed_repeats_itself(void **state)
{
    (void)state;
    const char *const list[] = {"flip:p=0.3", "drop:p=0.1", "inject:p=0.2", NULL};
    uint32_t sums[3];
    for (int i = 0; i < 3; i++) {
        begin(i == 2 ? 8 : 7, list);
        feed_stream(20);
        sums[i] = digest();
    }
    assert_int_equal(sums[0], sums[1]);
    assert_int_not_equal(sums[0], sums[2]);
}

static void probability_is_about_right(void **state)
{
    (void)state;
    const char *const list[] = {"drop:p=0.25", NULL};
    begin(3, list);
    feed_stream(500); /* 2,000 lines: 500 expected, 5 sigma = 97 */
    assert_in_range(entries(), 400, 600);
    assert_int_equal(r.n, 3000 - entries());
    const char *const frames[] = {"drop-frame:p=0.25", NULL};
    begin(3, frames);
    feed_stream(400); /* 100 expected, 5 sigma = 43 */
    assert_in_range(entries(), 57, 143);
}

static void a_chosen_line_is_neither_first_nor_last(void **state)
{
    (void)state;
    bool seen[LINES] = {false};
    for (uint64_t seed = 0; seed < 40; seed++) {
        const char *const list[] = {"drop:frame=2", NULL};
        begin(seed, list);
        feed_stream(2);
        assert_int_equal(entries(), 1);
        seen[entry(0)->first_message] = true;
    }
    assert_true(!seen[0] && seen[1] && seen[2] && !seen[3]);
}

static void attacks_work_in_a_chain(void **state)
{
    (void)state;
    const char *const list[] = {"replay:frame=2", "remap:from=0,to=3", "drop:frame=1,line=2", NULL};
    begin(1, list);
    feed_stream(2);
    /* The copy of frame 1 is remapped too, and loses its line like the first one. */
    assert_string_equal(text(), "F 1.0 1.1 1.3 E " FRAME2 " F 1.0 1.1 1.3 E");
    for (size_t i = 0; i < r.n; i++)
        assert_int_equal(packet_view_of(camseal_mspan_of(r.bytes[i], r.len[i])).vc, 3);
    assert_int_equal(attack_count(r.set), 3);
    assert_string_equal(attack_info_of(r.set, 2).name, "drop");
    assert_true(attack_info_of(r.set, 2).hits == 2);
}

static void a_repeated_line_is_no_partner_of_a_swap(void **state)
{
    (void)state;
    const char *const list[] = {"repeat:frame=1,line=1", "swap:frame=1,line=1", NULL};
    begin(1, list);
    feed_stream(2);
    assert_string_equal(text(), "F 1.0 2.1 1.1 1.2 1.3 E F 2.0 1.1 2.2 2.3 E");
}

static void wrong_parameters_are_refused(void **state)
{
    (void)state;
    const char *const rows[] = {
        "",
        "flop",
        "flip:",
        "flip:frame",
        "flip:frame=",
        "flip:frame=x",
        "flip:p=0",
        "flip:p=1.5",
        "flip:p=nan",
        "flip:frame=3-2",
        "flip:frame=-1",
        "flip:every=0",
        "flip:mode",
        "flip:to=1",
        "header:field=x",
        "replay:mode=often",
        "replay:back=9",
        "replay:back=0",
        "remap:to=1,frame=4294967296",
        "spdm-flip:dir=up",
        "spdm-algs:field=x",
        "flip:frame=1,,line=",
        "flip:ram=1",
        "spdm-drop:message=\xFF\xFE",
        "flip :frame=1",
        "header:field=evcevcevcevcevcevcevcevcevcevcevcevcevcevcevcevc",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack_error error;
        attack_set *set = attack_set_new(1);
        bool good = !strcmp(rows[i], "flip:");
        if ((attack_add(set, rows[i], &error) == CAMSEAL_OK) != good)
            print_message("'%s'\n", rows[i]);
        assert_int_equal(attack_count(set), good ? 1 : 0);
        assert_true(good || error.text[0] != 0);
        attack_set_free(set);
    }
    attack_error error;
    attack_set *set = attack_set_new(1);
    for (int i = 0; i < ATTACK_MAX; i++)
        assert_status(attack_add(set, "none", &error), CAMSEAL_OK);
    assert_status(attack_add(set, "none", &error), CAMSEAL_E_SPACE);
    attack_set_free(set);
}

static void anything_may_pass(void **state)
{
    (void)state;
    const char *const list[] = {
        "flip:p=0.5",      "flip-noise:p=0.5",    "header:p=0.5,field=length,bit=3",
        "strip-tag:p=0.3", "downgrade:p=0.3",     "truncate:p=0.3",
        "swap:p=0.1",      "reorder:p=0.2",       "replay:p=0.3",
        "inject:p=0.2",    "rewrite-header:ls=1", "strip:p=0.3",
        "repeat:p=0.2",    "future:p=0.5",        NULL};
    uint64_t seed = 0xBADCAB1E;
    print_message("seed 0x%llx\n", (unsigned long long)seed);
    for (int round = 0; round < 30; round++) {
        begin(seed, list);
        for (int i = 0; i < 200 && r.n < 2000; i++) {
            uint8_t bytes[PACKET];
            size_t len = PACKET;
            make_line(bytes, (uint8_t)(test_random(&seed) % 3), (unsigned)i / 5, (unsigned)i % 5);
            if (test_random(&seed) % 4 == 0)
                len = 1 + test_random(&seed) % PACKET;
            if (test_random(&seed) % 4 == 0)
                bytes[test_random(&seed) % PACKET] ^= (uint8_t)test_random(&seed);
            feed(bytes, len);
            if (i % 5 == 4)
                feed_short((uint8_t)(test_random(&seed) % 3), (uint8_t)(test_random(&seed) % 2), 1);
        }
        attack_data_end(r.set, &r.out);
        collect();
        assert_status(attack_status(r.set), CAMSEAL_OK);
    }
}

/* ---- messages ----------------------------------------------------------------------------------
 */

static const char *const version_hex = "10040000000200110012";
/* Flags F6 F2 42 00 at 8 */
static const char *const caps_hex = "1261000000140000F6F242000012000000120000";
static const char *const algs_hex =
    "1263020034000100000000001000000001000000000000000000000000000000000000000220080003200100";

static void say(const char *hex, uint8_t type, bool request, uint32_t connection)
{
    uint8_t bytes[64];
    size_t len = test_hex(bytes, sizeof bytes, hex);
    attack_message m = {camseal_mspan_of(bytes, len), type, request, connection};
    attack_control(r.set, &m, &r.out);
    collect();
}

static void one_message(const char *attack, const char *hex, uint8_t type)
{
    const char *const list[] = {attack, NULL};
    begin(1, list);
    say(hex, type, false, 1);
}

static void assert_message(size_t i, const char *hex)
{
    uint8_t bytes[64];
    size_t len = test_hex(bytes, sizeof bytes, hex);
    assert_int_equal(got(i).len, len);
    assert_memory_equal(got(i).data, bytes, len);
}

static void messages_are_altered_where_they_should(void **state)
{
    (void)state;
    one_message("spdm-version", version_hex, CAMSEAL_TCP_SPDM);
    assert_message(0, "1004000000010010");
    one_message("spdm-version:to=0x1100", version_hex, CAMSEAL_TCP_SPDM);
    assert_message(0, "1004000000010011");
    one_message("spdm-caps", caps_hex, CAMSEAL_TCP_SPDM);
    assert_message(
        0, "126100000014000036F242000012000000120000"); /* ENCRYPT (0x40) and MAC (0x80) gone */
    one_message("spdm-caps:clear=0x200", caps_hex, CAMSEAL_TCP_SPDM);
    assert_message(0, "1261000000140000F6F042000012000000120000");
}

static void messages_are_chosen(void **state)
{
    (void)state;
    const char *const list[] = {"spdm-drop:message=DIGESTS,connection=2",
                                "spdm-repeat:message=2,times=0", NULL};
    begin(1, list);
    for (uint32_t c = 1; c <= 2; c++) {
        say("12810000", CAMSEAL_TCP_SPDM, true, c);
        say("12010001AABB", CAMSEAL_TCP_SPDM, false, c);
        say("12010001AABB", CAMSEAL_TCP_SPDM, false, c);
    }
    /* 1: GET_DIGESTS, DIGESTS twice (number 2), DIGESTS; 2: GET_DIGESTS, dropped, DIGESTS (one time
     * only) */
    assert_int_equal(r.n, 6);
    assert_int_equal(entries(), 2);
    assert_int_equal(entry(0)->message, 2);
    assert_string_equal(entry(0)->message_name, "DIGESTS");
    assert_false(entry(0)->request);
    assert_int_equal(entry(1)->connection, 2);
    assert_string_equal(entry(1)->detail, "dropped");
    const char *const direction[] = {"spdm-drop:message=DIGESTS,dir=req,times=0", NULL};
    begin(1, direction);
    say("12010001AABB", CAMSEAL_TCP_SPDM, false, 1);
    say("12010001AABB", CAMSEAL_TCP_SPDM, true, 1);
    assert_int_equal(r.n, 1);
}

static void a_message_of_an_earlier_connection_returns(void **state)
{
    (void)state;
    const char *const list[] = {"spdm-replay:message=CHALLENGE_AUTH", NULL};
    begin(1, list);
    say("12030001AAAA", CAMSEAL_TCP_SPDM, false, 1);
    say("12030001BBBB", CAMSEAL_TCP_SPDM, false, 2);
    say("12030001CCCC", CAMSEAL_TCP_SPDM, false, 3);
    assert_message(0, "12030001AAAA");
    assert_message(1, "12030001AAAA");
    assert_message(2, "12030001AAAA");
    assert_int_equal(entries(), 2);
}

static void selections_are_swapped(void **state)
{
    (void)state;
    const struct {
        const char *field;
        size_t at;
        uint8_t before, after;
    } rows[] = {
        {"hash", 16, 1, 2}, {"asym", 12, 0x10, 0x80}, {"dhe", 38, 8, 0x10}, {"aead", 42, 1, 2}};
    for (size_t i = 0; i < 4; i++) {
        char attack[40];
        uint8_t expected[64];
        snprintf(attack, sizeof attack, "spdm-algs:field=%s", rows[i].field);
        one_message(attack, algs_hex, CAMSEAL_TCP_SPDM);
        size_t len = test_hex(expected, sizeof expected, algs_hex);
        assert_int_equal(expected[rows[i].at], rows[i].before);
        expected[rows[i].at] = rows[i].after;
        assert_int_equal(got(0).len, len);
        assert_memory_equal(got(0).data, expected, len);
    }
    one_message("spdm-algs:field=hash,to=4", algs_hex, CAMSEAL_TCP_SPDM);
    assert_int_equal(got(0).data[16], 4);
}

static void other_message_attacks(void **state)
{
    (void)state;
    one_message("spdm-truncate:bytes=3,message=VERSION", version_hex, CAMSEAL_TCP_SPDM);
    assert_message(0, "10040000000200");
    one_message("spdm-flip:message=VERSION,offset=1,bit=0", version_hex, CAMSEAL_TCP_SPDM);
    assert_message(0, "10050000000200110012");
    one_message("spdm-cert:offset=2,bytes=2", "120200000600000001020304050607", CAMSEAL_TCP_SPDM);
    assert_message(0, "1202000006000000"
                      "0102FCFB050607");
    one_message("spdm-garbage:message=VERSION,bytes=20", version_hex, CAMSEAL_TCP_SPDM);
    assert_int_equal(got(0).len, 20);
    one_message("spdm-record-flip",
                "01020304"
                "0A00"
                "0102030405060708090A",
                CAMSEAL_TCP_SECURED);
    assert_int_equal(entries(), 1);
    assert_in_range(entry(0)->offset, 6, 15);
    one_message("spdm-record-flip", version_hex, CAMSEAL_TCP_SPDM);
    assert_int_equal(entries(), 0);
    /* Nothing to act on: passes as it is. */
    one_message("spdm-truncate:message=OTHER", "", CAMSEAL_TCP_ROLE_INQUIRY);
    assert_int_equal(r.n, 1);
    one_message("spdm-version", "10040000", CAMSEAL_TCP_SPDM);
    assert_message(0, "10040000");
    one_message("spdm-algs:field=dhe", "12630000", CAMSEAL_TCP_SPDM);
    assert_message(0, "12630000");
}

static int end(void **state)
{
    (void)state;
    attack_set_free(r.set);
    attack_output_free(&r.out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_number_of_packets),
        cmocka_unit_test(frames_without_short_packets),
        cmocka_unit_test(channels_are_independent),
        cmocka_unit_test(a_flip_is_one_bit_under_good_checksums),
        cmocka_unit_test(the_golden_packet_survives_there_and_back),
        cmocka_unit_test(noise_breaks_the_checksum),
        cmocka_unit_test(every_header_field_can_be_hit),
        cmocka_unit_test(lengths_fit_after_stripping),
        cmocka_unit_test(legal_changes_touch_the_packet_header_only),
        cmocka_unit_test(a_forged_frame_looks_right_but_for_its_tags),
        cmocka_unit_test(a_replay_names_both_frames),
        cmocka_unit_test(a_seed_repeats_itself),
        cmocka_unit_test(probability_is_about_right),
        cmocka_unit_test(a_chosen_line_is_neither_first_nor_last),
        cmocka_unit_test(attacks_work_in_a_chain),
        cmocka_unit_test(a_repeated_line_is_no_partner_of_a_swap),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(anything_may_pass),
        cmocka_unit_test(messages_are_altered_where_they_should),
        cmocka_unit_test(messages_are_chosen),
        cmocka_unit_test(a_message_of_an_earlier_connection_returns),
        cmocka_unit_test(selections_are_swapped),
        cmocka_unit_test(other_message_attacks),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
