/* Every protocol, tag mode, suite, variant, format and number of channels goes through: a set that
 * covers all pairs by default, the whole product with the argument "full". */
#include "product.h"

#include "test.h"

enum { MOST = 200 };

static void pairs_of_everything_go_through(void **state)
{
    (void)state;
    static product_case cases[MOST];
    static const product_size size = {320, 60, 4};
    size_t pairs = 0, lines = 0;
    const size_t n = product_cover(cases, MOST, &pairs);
    for (size_t i = 0; i < n; i++)
        lines += product_run(&cases[i], &size);
    print_message("%zu cases hold all %zu legal pairs: %zu lines\n", n, pairs, lines);
    assert_true(n >= 30 && pairs > 500);
}

/* 120 frames that pan over the photograph, four cameras, variants changing. */
static void long_streams_go_through(void **state)
{
    (void)state;
    static const product_size size = {128, 30, 120};
    for (uint8_t protocol = 0; protocol < 5; protocol++) {
        const product_case c = {{[P_PROTOCOL] = protocol,
                                 [P_SUITE] = 4,
                                 [P_TOP] = 1,
                                 [P_IMAGE] = 0,
                                 [P_BOTTOM] = 2,
                                 [P_FORMAT] = 1,
                                 [P_CHANNELS] = 1,
                                 [P_CHANGE] = 1,
                                 [P_HOLD] = protocol > 0}};
        assert_true(product_is_legal(&c));
        product_run(&c, &size);
    }
}

/* Counts up in the first P_COUNT parameters; false after the last. */
static bool advance(product_case *c)
{
    for (unsigned p = 0; p < P_COUNT; p++) {
        if (++c->value[p] < product_levels[p])
            return true;
        c->value[p] = 0;
    }
    return false;
}

static void the_whole_product_goes_through(void **state)
{
    (void)state;
    static const product_size size = {32, 6, 3};
    product_case c = {{0}};
    size_t n = 0, lines = 0, turn = 0;
    do {
        product_case one = c;
        turn++;
        one.value[P_CHANGE] = turn % 2;
        one.value[P_CRC] = turn / 2 % 2;
        one.value[P_HOLD] = turn / 3 % 2;
        one.value[P_TAG] = (uint8_t)(turn / 5 % 3);
        if (!product_is_legal(&one))
            one.value[P_TAG] = 0;
        if (!product_is_legal(&one))
            one.value[P_HOLD] = 0;
        if (!product_is_legal(&one))
            continue;
        lines += product_run(&one, &size);
        n++;
    } while (advance(&c));
    print_message("%zu cases, %zu lines\n", n, lines);
    assert_true(n == 5u * (4 * 46 + 2 * 101) * 5 * 3);
}

static int open_picture(void **state)
{
    (void)state;
    product_open_picture();
    return 0;
}

static int close_picture(void **state)
{
    (void)state;
    product_close_picture();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest some[] = {
        cmocka_unit_test(pairs_of_everything_go_through),
        cmocka_unit_test(long_streams_go_through),
    };
    const struct CMUnitTest all[] = {
        cmocka_unit_test(the_whole_product_goes_through),
    };
    if (argc > 1 && strcmp(argv[1], "full") == 0)
        return cmocka_run_group_tests(all, open_picture, close_picture);
    return cmocka_run_group_tests(some, open_picture, close_picture);
}
