/* The self-test of the bulk port passes on every provider and catches a wrong one; the choice keeps
 * to its mask. */
#include "bulk_judge.h"

/* The wrong functions below do the right thing through this provider, then spoil it. */
static const camseal_bulk *good;

#if defined(__x86_64__)
static bool processor_has_aes(void)
{
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("sse4.1");
}
#else
static bool processor_has_aes(void)
{
    return false;
}
#endif

/* A build that loses the flags of src/crypto/x86 would lose its speed in silence. */
static void x86_is_there_where_it_can_be(void **state)
{
    (void)state;
    assert_int_equal(camseal_bulk_x86() != NULL, processor_has_aes());
}

static void every_provider_passes(void **state)
{
    (void)state;
    size_t passed = 0;
    for_each_provider(bulk)
    {
        assert_status(camseal_bulk_selftest(bulk), CAMSEAL_OK);
        print_message("%s passes\n", bulk->name);
        passed++;
    }
    assert_in_range(passed, 2, JUDGE_PROVIDERS);
}

static camseal_status expand_flips_last_byte(void *key, const uint8_t *raw, size_t len, size_t only,
                                             const camseal_mac_alg *mac)
{
    uint8_t changed[32];
    if (len != only)
        return mac->expand(key, raw, len);
    memcpy(changed, raw, len);
    changed[len - 1] ^= 1;
    return mac->expand(key, changed, len);
}

static camseal_status cmac_wrong_128(void *key, const uint8_t *raw, size_t len)
{
    return expand_flips_last_byte(key, raw, len, 16, good->cmac);
}

static camseal_status cmac_wrong_256(void *key, const uint8_t *raw, size_t len)
{
    return expand_flips_last_byte(key, raw, len, 32, good->cmac);
}

static camseal_status gmac_wrong_256(void *key, const uint8_t *raw, size_t len)
{
    return expand_flips_last_byte(key, raw, len, 32, good->gmac);
}

static camseal_status ctr_fails(void *key, const uint8_t *raw, size_t len)
{
    (void)key, (void)raw, (void)len;
    return CAMSEAL_E_SELFTEST;
}

static void cmac_wrong_in_lane_7(camseal_mac_job *jobs, size_t n)
{
    good->cmac->many(jobs, n);
    if (n > 7)
        jobs[7].tag[0] ^= 0x80;
}

static void gmac_never_writes(camseal_mac_job *jobs, size_t n)
{
    (void)jobs, (void)n;
}

static void gmac_wrong_when_wide(camseal_mac_job *jobs, size_t n)
{
    good->gmac->many(jobs, n);
    if (jobs[0].spans[0].len >= 128 && (jobs[0].flags & CAMSEAL_MAC_FINISH))
        jobs[0].tag[15] ^= 1;
}

static void ctr_wrong_first_bit(camseal_ctr_job *jobs, size_t n)
{
    good->ctr->many(jobs, n);
    jobs[0].dst[0] ^= 1;
}

static void ctr_counts_one_too_far(camseal_ctr_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_ctr_job job = jobs[i];
        job.counter++;
        good->ctr->many(&job, 1);
    }
}

static void ctr_wrong_when_wide(camseal_ctr_job *jobs, size_t n)
{
    good->ctr->many(jobs, n);
    if (jobs[0].len >= 128)
        jobs[0].dst[127] ^= 1;
}

static uint16_t crc16_wrong(uint16_t crc, const uint8_t *data, size_t len)
{
    return (uint16_t)(good->crc16(crc, data, len) ^ 1u);
}

static uint32_t crc32_of_other_polynomial(uint32_t crc, const uint8_t *data, size_t len)
{
    return good->crc32c(crc, data, len);
}

static uint32_t crc32c_wrong_when_wide(uint32_t crc, const uint8_t *data, size_t len)
{
    return good->crc32c(crc, data, len) ^ (len >= 64 ? 1u : 0u);
}

static void check_broken(camseal_status (*cmac_expand)(void *, const uint8_t *, size_t),
                         void (*cmac_many)(camseal_mac_job *, size_t))
{
    camseal_mac_alg cmac = *good->cmac;
    camseal_bulk bulk = *good;
    bulk.cmac = &cmac;
    if (cmac_expand)
        cmac.expand = cmac_expand;
    if (cmac_many)
        cmac.many = cmac_many;
    assert_status(camseal_bulk_selftest(&bulk), CAMSEAL_E_SELFTEST);
}

static void a_wrong_mac_is_caught(void **state)
{
    (void)state;
    for_each_provider(bulk)
    {
        good = bulk;
        check_broken(cmac_wrong_128, NULL);
        check_broken(cmac_wrong_256, NULL);
        check_broken(NULL, cmac_wrong_in_lane_7);

        camseal_mac_alg gmac = *good->gmac;
        camseal_bulk copy = *good;
        copy.gmac = &gmac;
        gmac.expand = gmac_wrong_256;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        gmac = *good->gmac;
        gmac.many = gmac_never_writes;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        gmac.many = gmac_wrong_when_wide;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        gmac.many = good->gmac->many;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_OK);
    }
}

static void a_wrong_ctr_is_caught(void **state)
{
    (void)state;
    static void (*const wrong[])(camseal_ctr_job *, size_t) = {
        ctr_wrong_first_bit, ctr_counts_one_too_far, ctr_wrong_when_wide};
    for_each_provider(bulk)
    {
        good = bulk;
        camseal_ctr_alg ctr = *good->ctr;
        camseal_bulk copy = *good;
        copy.ctr = &ctr;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            ctr.many = wrong[i];
            assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        }
        ctr = *good->ctr;
        ctr.expand = ctr_fails;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
    }
}

static void a_wrong_crc_is_caught(void **state)
{
    (void)state;
    for_each_provider(bulk)
    {
        good = bulk;
        camseal_bulk copy = *good;
        copy.crc16 = crc16_wrong;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        copy = *good;
        copy.crc32 = crc32_of_other_polynomial;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
        copy = *good;
        copy.crc32c = crc32c_wrong_when_wide;
        assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_SELFTEST);
    }
}

static void a_table_with_holes_is_refused(void **state)
{
    (void)state;
    camseal_bulk copy = *camseal_bulk_soft();
    camseal_mac_alg mac = *copy.cmac;
    assert_status(camseal_bulk_selftest(NULL), CAMSEAL_E_ARGUMENT);
    copy.abi++;
    assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_ARGUMENT);
    copy = *camseal_bulk_soft();
    copy.gmac = NULL;
    assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_ARGUMENT);
    copy = *camseal_bulk_soft();
    copy.crc32 = NULL;
    assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_ARGUMENT);
    copy = *camseal_bulk_soft();
    copy.cmac = &mac;
    mac.many = NULL;
    assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_ARGUMENT);
    mac = *camseal_bulk_soft()->cmac;
    mac.expanded_bytes = CAMSEAL_BULK_KEY_MAX + 1;
    assert_status(camseal_bulk_selftest(&copy), CAMSEAL_E_ARGUMENT);
}

static void the_choice_keeps_to_its_mask(void **state)
{
    (void)state;
    const camseal_bulk *best = camseal_bulk_x86() ? camseal_bulk_x86() : camseal_bulk_soft();
    assert_string_equal(camseal_bulk_soft()->name, "soft");
    assert_ptr_equal(camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL), best);
    assert_ptr_equal(camseal_bulk_choose(CAMSEAL_BULK_ALLOW_AESNI), best);
    assert_ptr_equal(camseal_bulk_choose(CAMSEAL_BULK_ALLOW_SOFT), camseal_bulk_soft());
    assert_ptr_equal(camseal_bulk_choose(0), camseal_bulk_soft());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x86_is_there_where_it_can_be),
        cmocka_unit_test(every_provider_passes),
        cmocka_unit_test(a_wrong_mac_is_caught),
        cmocka_unit_test(a_wrong_ctr_is_caught),
        cmocka_unit_test(a_wrong_crc_is_caught),
        cmocka_unit_test(a_table_with_holes_is_refused),
        cmocka_unit_test(the_choice_keeps_to_its_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
