/* Configuration digest: against hashes that python3's hashlib made of hand-merged elements. */
#include "test.h"

#include "camseal/openssl.h"
#include "rig.h"
#include "ssm/digest.h"

static camseal_status digest(uint8_t out[32], const char *create, const char *config)
{
    uint8_t a[512], b[512];
    size_t n_a = test_hex(a, sizeof a, create), n_b = test_hex(b, sizeof b, config);
    return camseal_ssm_config_digest(camseal_openssl(), out, camseal_span_of(a, n_a),
                                     camseal_span_of(b, n_b));
}

static void assert_digest(const char *expected, const char *create, const char *config)
{
    uint8_t out[32], bytes[32];
    assert_status(digest(out, create, config), CAMSEAL_OK);
    assert_int_equal(test_hex(bytes, 32, expected), 32);
    assert_memory_equal(out, bytes, 32);
}

static void elements_are_merged_by_type(void **state)
{
    (void)state;
    /* sha256 of 01010100 01, 05010100 0c, 06010600 002c03002c00, 06010600 001203011200, 0e010300
     * 010202 */
    assert_digest("55dc5bdb7fcbd236fc12626f9f55c5c55dc51d06d1c2dbc9cac1b168a1720113",
                  "01010100 01 06010600 002c03002c00 06010600 001203011200",
                  "05010100 0c 0e010300 010202");
    assert_digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", "");
    /* equal types: CTX_CREATE's first */
    assert_digest("a338d40ea3c4dd91827b09b7b92702c755fdcb4a83aaddbd9460a3c1232d4c31", "30000100 aa",
                  "30000100 bb");
}

static void some_elements_do_not_count(void **state)
{
    (void)state;
    uint8_t plain[32], with[32];
    assert_status(digest(plain, "01010100 01 07010400 03032c00", "0b010400 01000000"), CAMSEAL_OK);
    assert_status(digest(with,
                         "01010100 01 07010400 03032c00 08010300 341222 09010100 00 0a010100 00 "
                         "40010100 00",
                         "0b010400 01000000 40010100 11"),
                  CAMSEAL_OK);
    assert_memory_equal(plain, with, 32);
    /* and everything else does: flags, lengths, values, unknown elements */
    static const char *const others[] = {"01000100 01 07010400 03032c00",
                                         "01010100 02 07010400 03032c00",
                                         "01010100 01 07010400 03032d00", "01010100 01 30000000"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_status(digest(with, others[i], "0b010400 01000000"), CAMSEAL_OK);
        assert_memory_not_equal(plain, with, 32);
    }
}

static void cut_elements_are_refused(void **state)
{
    (void)state;
    uint8_t out[32];
    assert_status(digest(out, "01010100", ""), CAMSEAL_E_TRUNCATED);
    assert_status(digest(out, "", "02010000 01010000"), CAMSEAL_E_FORMAT);
}

/* The component takes what it was sent, elements without meaning to it included. */
static void the_component_hashes_what_was_sent(void **state)
{
    (void)state;
    struct rig rig;
    uint8_t out[32], expected[32], code = 99;
    rig_open(&rig, NULL);
    static const char create[] =
        "01 10 00 00 0700 4d00 01010100 01 02010100 01 03000100 21 04010100 01 06010600 "
        "002c03002c00 "
        "30000300 aabbcc 40012000 404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
    static const char config[] =
        "01 12 00 00 0700 4900 05010100 0c 0d010300 030303 0e010300 010202 0f010800 "
        "0000000000000000 "
        "10011800 010000000200000003000000040000000500000006000000 11010300 000000 31000000";
    uint8_t bytes[512];
    size_t n = test_hex(bytes, sizeof bytes, create);
    bytes[6] = (uint8_t)(n - 8);
    assert_status(camseal_ssm_component_digest(rig.c, 7, out), CAMSEAL_E_NOT_FOUND);
    assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, n), &code), CAMSEAL_OK);
    assert_int_equal(code, 0);
    assert_status(camseal_ssm_component_digest(rig.c, 7, out), CAMSEAL_E_NOT_FOUND);
    n = test_hex(bytes, sizeof bytes, config);
    bytes[6] = (uint8_t)(n - 8);
    assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, n), &code), CAMSEAL_OK);
    assert_int_equal(code, 0);
    assert_status(camseal_ssm_component_digest(rig.c, 7, out), CAMSEAL_OK);
    assert_int_equal(
        test_hex(expected, 32, "f5f0e08caa3087bc45782640ad2574d110497a72998c3003fb526ca57088887f"),
        32);
    assert_memory_equal(out, expected, 32);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_merged_by_type),
        cmocka_unit_test(some_elements_do_not_count),
        cmocka_unit_test(cut_elements_are_refused),
        cmocka_unit_test(the_component_hashes_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
