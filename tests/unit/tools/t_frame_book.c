/* What the ECU keeps of its frames: embedded records, missing numbers, refused messages, pictures.
 */
#include "test.h"

#include "embedded_record.h"
#include "frame_book.h"
#include "hex.h"

enum { WIDTH = 8, HEIGHT = 6, LINE_BYTES = WIDTH };

typedef struct seen {
    unsigned frames;
    camseal_record frame;
    size_t n_bad, unlisted, n_missing, unplaced;
    frame_range missing[4];
    uint32_t sensor_frame;
    uint8_t lines[HEIGHT];
    unsigned height;
    uint16_t first_of_row[HEIGHT];
} seen;

static void on_frame(void *user, const frame_entry *e)
{
    seen *s = user;
    s->frames++;
    s->frame = e->frame;
    s->n_bad = e->n_bad;
    s->unlisted = e->bad_unlisted;
    s->n_missing = e->n_missing;
    s->unplaced = e->unplaced;
    s->sensor_frame = e->sensor_frame;
    s->height = e->picture->height;
    for (size_t i = 0; i < e->n_missing && i < 4; i++)
        s->missing[i] = e->missing[i];
    if (s->height != HEIGHT)
        return;
    assembly_lines(e->picture, s->lines);
    for (size_t row = 0; row < HEIGHT; row++)
        s->first_of_row[row] = e->picture->samples[row * WIDTH];
}

static frame_book *book_new(seen *s)
{
    frame_book *book = malloc(sizeof *book);
    assert_non_null(book);
    memset(s, 0, sizeof *s);
    frame_book_init(book, CAMSEAL_CSI2_RAW8, 1);
    book->on_frame = on_frame;
    book->user = s;
    return book;
}

static void book_end(frame_book *book)
{
    frame_book_free(book);
    free(book);
}

/* Message n of a frame, verified: the embedded record first, then lines full of their own number.
 */
static void good(frame_book *book, uint64_t frame, uint32_t n, bool last)
{
    uint8_t bytes[EMBEDDED_BYTES];
    const embedded_record said = {0, 1, CAMSEAL_CSI2_RAW8, WIDTH, HEIGHT, (uint32_t)frame + 100};
    camseal_record r = {.kind = CAMSEAL_RECORD_MESSAGE, .frame_count = frame, .message_count = n};
    memset(bytes, (int)n, sizeof bytes);
    r.data = camseal_mspan_of(bytes, LINE_BYTES);
    r.fp = CAMSEAL_FP_IMAGE;
    r.flags = last ? CAMSEAL_RECORD_EOF : 0;
    if (n == 0) {
        embedded_encode(bytes, &said);
        r.data.len = EMBEDDED_BYTES;
        r.fp = CAMSEAL_FP_TOP;
    }
    frame_book_record(book, &r);
}

static void refuse(frame_book *book, uint64_t frame, uint32_t n, uint8_t reason)
{
    camseal_record r = {.kind = CAMSEAL_RECORD_MESSAGE,
                        .verdict = CAMSEAL_VERDICT_FORGED,
                        .reason = reason,
                        .frame_count = frame,
                        .message_count = n};
    frame_book_record(book, &r);
}

static void close_frame(frame_book *book, uint64_t frame, uint8_t verdict)
{
    camseal_record r = {.kind = CAMSEAL_RECORD_FRAME, .verdict = verdict, .frame_count = frame};
    frame_book_record(book, &r);
}

static void whole_frame(void **state)
{
    (void)state;
    seen s;
    frame_book *book = book_new(&s);
    for (uint32_t n = 0; n <= HEIGHT; n++)
        good(book, 7, n, n == HEIGHT);
    close_frame(book, 7, CAMSEAL_VERDICT_OK);
    assert_int_equal(s.frames, 1);
    assert_int_equal(s.n_missing, 0);
    assert_int_equal(s.sensor_frame, 107);
    assert_int_equal(s.height, HEIGHT);
    for (unsigned row = 0; row < HEIGHT; row++) {
        assert_int_equal(s.lines[row], PICTURE_LINE_OK);
        assert_int_equal(s.first_of_row[row], row + 1);
    }
    assert_int_equal(book->totals.frames[CAMSEAL_VERDICT_OK], 1);
    book_end(book);
}

static void gaps_and_marks(void **state)
{
    (void)state;
    seen s;
    frame_book *book = book_new(&s);
    for (uint32_t n = 0; n <= HEIGHT; n++)
        good(book, 1, n, n == HEIGHT);
    close_frame(book, 1, CAMSEAL_VERDICT_OK);
    good(book, 2, 0, false);
    good(book, 2, 1, false);
    refuse(book, 2, 2, CAMSEAL_REASON_TAG);
    refuse(book, 1, 3, CAMSEAL_REASON_REPLAY_FRAME); /* another frame's: no mark on this one */
    refuse(book, 2, 4, CAMSEAL_REASON_FLAGS);
    good(book, 2, 4, false);
    close_frame(book, 2, CAMSEAL_VERDICT_FORGED);
    assert_int_equal(s.n_bad, 3);
    assert_int_equal(s.n_missing, 2);
    assert_int_equal(s.missing[0].first, 2);
    assert_int_equal(s.missing[0].last, 3);
    assert_int_equal(s.missing[1].first, 5);
    assert_int_equal(s.missing[1].last, HEIGHT); /* no EOF: the announced height tells the end */
    assert_int_equal(s.lines[0], PICTURE_LINE_OK);
    assert_int_equal(s.lines[1], PICTURE_LINE_FORGED);
    assert_int_equal(s.lines[2], PICTURE_LINE_MISSING);
    assert_int_equal(s.lines[3], PICTURE_LINE_MALFORMED);
    assert_int_equal(s.first_of_row[1], 0); /* nothing of the frame before, nothing unverified */
    book_end(book);
}

static void bounded_and_unattached(void **state)
{
    (void)state;
    seen s;
    frame_book *book = book_new(&s);
    for (uint32_t n = 0; n < FRAME_BOOK_BAD_MAX + 5; n++)
        refuse(book, 1, n, CAMSEAL_REASON_TAG);
    frame_book_end(book);
    assert_int_equal(s.frames, 1);
    assert_int_equal(s.frame.kind, 0);
    assert_int_equal(s.n_bad, FRAME_BOOK_BAD_MAX);
    assert_int_equal(s.unlisted, 5);
    assert_int_equal(book->totals.reasons[CAMSEAL_REASON_TAG], FRAME_BOOK_BAD_MAX + 5);
    frame_book_end(book);
    assert_int_equal(s.frames, 1); /* nothing is left */
    book_end(book);
}

static void line_that_does_not_fit(void **state)
{
    (void)state;
    seen s;
    uint8_t bytes[LINE_BYTES + 1] = {1};
    frame_book *book = book_new(&s);
    good(book, 1, 0, false);
    camseal_record r = {.kind = CAMSEAL_RECORD_MESSAGE,
                        .fp = CAMSEAL_FP_IMAGE,
                        .frame_count = 1,
                        .message_count = 1,
                        .data = {bytes, sizeof bytes}};
    frame_book_record(book, &r);
    r.message_count = 60000; /* a row that no picture has */
    r.data.len = LINE_BYTES;
    frame_book_record(book, &r);
    close_frame(book, 1, CAMSEAL_VERDICT_INCOMPLETE);
    assert_int_equal(s.unplaced, 2);
    book_end(book);
}

static void embedded_records(void **state)
{
    (void)state;
    const embedded_record record = {1, 2, 0x2C, 640, 480, 0x12345678};
    embedded_record out;
    uint8_t bytes[EMBEDDED_BYTES];
    static const struct {
        size_t at;
        uint8_t value;
    } illegal[] = {{0, 'X'}, {4, 2}, {5, 2}, {6, 0}};
    embedded_encode(bytes, &record);
    assert_status(embedded_decode(&out, camseal_span_of(bytes, sizeof bytes)), CAMSEAL_OK);
    assert_int_equal(out.line, 1);
    assert_int_equal(out.lines, 2);
    assert_int_equal(out.dt, 0x2C);
    assert_int_equal(out.width, 640);
    assert_int_equal(out.height, 480);
    assert_int_equal(out.frame, 0x12345678);
    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++) {
        embedded_encode(bytes, &record);
        bytes[illegal[i].at] = illegal[i].value;
        assert_status(embedded_decode(&out, camseal_span_of(bytes, sizeof bytes)),
                      CAMSEAL_E_FORMAT);
    }
    embedded_encode(bytes, &record);
    bytes[8] = bytes[9] = 0; /* no width */
    assert_status(embedded_decode(&out, camseal_span_of(bytes, sizeof bytes)), CAMSEAL_E_FORMAT);
    assert_status(embedded_decode(&out, camseal_span_of(bytes, sizeof bytes - 1)),
                  CAMSEAL_E_TRUNCATED);
}

static void hex_digits(void **state)
{
    (void)state;
    uint8_t bytes[3];
    char text[6];
    assert_true(hex_parse(bytes, 3, "00fFa5"));
    assert_memory_equal(bytes, "\x00\xff\xa5", 3);
    hex_write(text, bytes, 3);
    assert_memory_equal(text, "00ffa5", 6);
    assert_false(hex_parse(bytes, 3, "00fga5"));
    assert_false(hex_parse(bytes, 3, "00f"));
    assert_false(hex_parse(bytes, 1, " 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_frame),
        cmocka_unit_test(gaps_and_marks),
        cmocka_unit_test(bounded_and_unattached),
        cmocka_unit_test(line_that_does_not_fit),
        cmocka_unit_test(embedded_records),
        cmocka_unit_test(hex_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
