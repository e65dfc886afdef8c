/* The status table: every code has a name and a text, classes map to exit codes. */
#include "test.h"

static const camseal_status all[] = {
    CAMSEAL_E_ARGUMENT,    CAMSEAL_E_STATE,       CAMSEAL_E_SPACE,       CAMSEAL_E_MEMORY,
    CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_TRUNCATED,   CAMSEAL_E_TRAILING,    CAMSEAL_E_FORMAT,
    CAMSEAL_E_UNEXPECTED,  CAMSEAL_E_VERSION,     CAMSEAL_E_NEGOTIATION, CAMSEAL_E_PEER_ERROR,
    CAMSEAL_E_CRC,         CAMSEAL_E_TIMEOUT,     CAMSEAL_E_NOT_FOUND,   CAMSEAL_E_SIGNATURE,
    CAMSEAL_E_AUTH,        CAMSEAL_E_CERTIFICATE, CAMSEAL_E_UNTRUSTED,   CAMSEAL_E_EXPIRED,
    CAMSEAL_E_IDENTITY,    CAMSEAL_E_REPLAY,      CAMSEAL_E_LIMIT,       CAMSEAL_E_POLICY,
    CAMSEAL_E_OWNER,       CAMSEAL_E_CRYPTO,      CAMSEAL_E_SELFTEST,    CAMSEAL_E_RANDOM,
    CAMSEAL_E_KEY,         CAMSEAL_E_IO,          CAMSEAL_E_CLOSED,      CAMSEAL_E_CONNECT,
    CAMSEAL_E_FILE,        CAMSEAL_E_BUG,
};
enum { N = sizeof all / sizeof all[0] };

static void names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        assert_string_not_equal(camseal_status_name(all[i]), "UNKNOWN");
        assert_true(strlen(camseal_status_text(all[i])) > 5);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(camseal_status_name(all[i]), camseal_status_name(all[j]));
    }
    assert_string_equal(camseal_status_name(-12345), "UNKNOWN");
}

static void classes_give_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(camseal_status_exit_code(CAMSEAL_OK), 0);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_ARGUMENT), 2);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_FORMAT), 3);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_SIGNATURE), 4);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_RANDOM), 5);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_CONNECT), 6);
    assert_int_equal(camseal_status_exit_code(CAMSEAL_E_BUG), 7);
    assert_int_equal(camseal_status_exit_code(-0x7F00), 7);
}

static void security_failures_look_alike_on_the_wire(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        if (camseal_status_class(all[i]) == CAMSEAL_CLASS_SECURITY && all[i] != CAMSEAL_E_LIMIT &&
            all[i] != CAMSEAL_E_POLICY)
            assert_int_equal(camseal_status_spdm_error(all[i]), 0x06);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(classes_give_exit_codes),
        cmocka_unit_test(security_failures_look_alike_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
