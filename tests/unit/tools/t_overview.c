/* The overview: a single bad line stays visible, whole missing frames are columns. */
#include "test.h"

#include "overview.h"
#include "picture_draw.h"

static const unsigned heights[] = {1, 5, 448, 898, 4000};

/* Does any pixel of the picture have the colour of this kind? */
static bool shows(const picture *p, unsigned kind, unsigned first_x, unsigned last_x)
{
    for (unsigned y = 2 * DRAW_ROW; y < 2 * DRAW_ROW + OVERVIEW_ROWS; y++)
        for (unsigned x = first_x; x <= last_x; x++) {
            const uint16_t *pixel = picture_row(p, y) + (size_t)x * 3;
            const uint8_t *rgb = draw_colour(kind);
            if (pixel[0] == rgb[0] && pixel[1] == rgb[1] && pixel[2] == rgb[2])
                return true;
        }
    return false;
}

static void one_bad_line_stays_visible(void **state)
{
    (void)state;
    uint8_t lines[4000];
    for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++)
        for (unsigned bad = 0; bad < heights[i]; bad += heights[i] / 7 + 1) {
            overview o = {0};
            picture p = {0};
            picture_error error;
            memset(lines, PICTURE_LINE_OK, sizeof lines);
            lines[bad] = PICTURE_LINE_FORGED;
            overview_add(&o, 1, lines, heights[i]);
            assert_int_equal(o.counts[PICTURE_LINE_FORGED], 1);
            assert_status(overview_draw(&p, &o, &error), CAMSEAL_OK);
            assert_true(shows(&p, PICTURE_LINE_FORGED, DRAW_MARGIN, DRAW_MARGIN + 8));
            picture_free(&p);
            overview_free(&o);
        }
}

static void frames_that_did_not_come_are_missing(void **state)
{
    (void)state;
    uint8_t lines[10] = {0};
    overview o = {0};
    overview_add(&o, 7, lines, 10);
    overview_add(&o, 10, lines, 10);
    assert_int_equal(o.frames, 4);
    assert_int_equal(o.counts[PICTURE_LINE_MISSING], 20);
    overview_add(&o, 9, lines, 10); /* an old number changes nothing */
    overview_add(&o, UINT64_MAX, lines, 10);
    overview_add(&o, 7 + OVERVIEW_FRAMES_MAX, lines, 10);
    assert_int_equal(o.frames, 4);
    picture p = {0};
    picture_error error;
    assert_status(overview_draw(&p, &o, &error), CAMSEAL_OK);
    assert_false(shows(&p, PICTURE_LINE_MISSING, DRAW_MARGIN, DRAW_MARGIN + 15));
    assert_true(shows(&p, PICTURE_LINE_MISSING, DRAW_MARGIN + 18, DRAW_MARGIN + 18 + 15));
    picture_free(&p);
    overview_free(&o);
}

static void nothing_to_show_is_said(void **state)
{
    (void)state;
    overview o = {0};
    picture p = {0};
    picture_error error;
    assert_status(overview_draw(&p, &o, &error), CAMSEAL_E_STATE);
    overview_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bad_line_stays_visible),
        cmocka_unit_test(frames_that_did_not_come_are_missing),
        cmocka_unit_test(nothing_to_show_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
