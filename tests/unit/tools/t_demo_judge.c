/* The demo's judge: what the report does not say was not seen. */
#include "test.h"

#include "demo_judge.h"

static const char done[] = "{\"events\": [{\"attack\": 0, \"frame_count\": 3, \"first_message\": "
                           "5, \"last_message\": 5}]}";

/* A report of six frames; what frame 3 says is given. */
static json_t *report_of(const char *third)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"authenticated\": true, \"events\": [], \"unattached\": [], \"authentication\": "
             "[{\"status\": \"OK\"}],"
             " \"frames\": ["
             "{\"frame_count\": 1, \"verdict\": \"OK\", \"reason\": \"\", \"missing\": [], "
             "\"records\": []},"
             "{\"frame_count\": 2, \"verdict\": \"OK\", \"reason\": \"\", \"missing\": [], "
             "\"records\": []},"
             "%s,"
             "{\"frame_count\": 4, \"verdict\": \"OK\", \"reason\": \"\", \"missing\": [], "
             "\"records\": []}]}",
             third);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    return root;
}

#define FLIPPED(verdict, reason, first, last, message, frame, why)                   \
    "{\"frame_count\": 3, \"verdict\": \"" verdict "\", \"reason\": \"" reason "\"," \
    " \"missing\": [{\"first\": " first ", \"last\": " last                          \
    "}], \"records\": [{\"verdict\": \"FORGED\","                                    \
    " \"reason\": \"" why "\", \"frame_count\": " frame ", \"message_count\": " message "}]}"

static demo_result judge(const char *log, const char *third)
{
    demo_plan plan;
    demo_result result;
    assert_true(demo_plan_make(&plan, "flip", 5, 49));
    assert_int_equal(plan.n_data, 2); /* flip and flip-noise */
    plan.n_data = 1;
    plan.frames = 4;
    json_t *bridge = json_loads(log, 0, NULL), *report = report_of(third);
    assert_non_null(bridge);
    demo_judge(&result, &plan, bridge, report);
    json_decref(bridge);
    json_decref(report);
    return result;
}

static void named(void **state)
{
    (void)state;
    demo_result r = judge(done, FLIPPED("FORGED", "TAG", "5", "5", "5", "3", "TAG"));
    assert_true(r.rows[0].named);
    assert_string_equal(r.rows[0].expected, r.rows[0].seen);
    assert_int_equal(r.untouched, 3);
    assert_int_equal(r.untouched_ok, 3);
    assert_true(r.good);
}

static void not_named(void **state)
{
    (void)state;
    static const char *const thirds[] = {
        FLIPPED("FORGED", "TAG", "5", "5", "5", "3", "FLAGS"),   /* another reason      */
        FLIPPED("FORGED", "TAG", "5", "5", "6", "3", "TAG"),     /* another message     */
        FLIPPED("FORGED", "TAG", "5", "5", "5", "2", "TAG"),     /* another frame       */
        FLIPPED("FORGED", "TAG", "4", "5", "5", "3", "TAG"),     /* another range       */
        FLIPPED("INCOMPLETE", "GAP", "5", "5", "5", "3", "TAG"), /* frame not forged   */
        "{\"frame_count\": 3, \"verdict\": \"OK\", \"reason\": \"\", \"missing\": [], \"records\": "
        "[]}",
        "{\"frame_count\": 9}"};
    for (size_t i = 0; i < sizeof thirds / sizeof *thirds; i++) {
        demo_result r = judge(done, thirds[i]);
        assert_false(r.rows[0].named);
        assert_false(r.good);
    }
}

static void not_done(void **state)
{
    (void)state;
    demo_result r = judge("{\"events\": []}", FLIPPED("FORGED", "TAG", "5", "5", "5", "3", "TAG"));
    assert_false(r.rows[0].named);
    assert_false(r.good);
    assert_int_equal(r.untouched, 4); /* then frame 3 should have been good, too */
    assert_int_equal(r.untouched_ok, 3);
}

/* Every number of frames from the least on gives each attack its own frames, inside the stream. */
static void plans(void **state)
{
    (void)state;
    demo_plan plan;
    unsigned least = demo_plan_least_frames();
    assert_true(least <= 30);
    assert_false(demo_plan_make(&plan, NULL, least - 1, 49));
    assert_false(demo_plan_make(&plan, "no such attack", 100, 49));
    for (unsigned frames = least; frames < 200; frames++) {
        assert_true(demo_plan_make(&plan, NULL, frames, 49));
        unsigned next = DEMO_LEAD + 1;
        for (size_t i = 0; i < plan.n_data; i++) {
            assert_true(plan.at[i] >= next);
            next = plan.at[i] + plan.data[i]->frames;
        }
        assert_true(next + DEMO_TAIL <= frames + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named),
        cmocka_unit_test(not_named),
        cmocka_unit_test(not_done),
        cmocka_unit_test(plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
