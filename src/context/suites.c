/* The suites of open-profile §1, and the names that people see. */
#include "context/context.h"

static const camseal_priv_suite suites[] = {
    {CAMSEAL_SUITE_SAFETY, 0, false, false, 0, "SAFETY"},
    {CAMSEAL_SUITE_EFF_128, 16, false, false, 8, "EFF-128"},
    {CAMSEAL_SUITE_EFF_256, 32, false, false, 8, "EFF-256"},
    {CAMSEAL_SUITE_PERF_128_I, 16, true, false, 12, "PERF-128-I"},
    {CAMSEAL_SUITE_PERF_256_I, 32, true, false, 12, "PERF-256-I"},
    {CAMSEAL_SUITE_PERF_128_IE, 16, true, true, 12, "PERF-128-IE"},
    {CAMSEAL_SUITE_PERF_256_IE, 32, true, true, 12, "PERF-256-IE"},
};

const camseal_priv_suite *camseal_priv_suite_of(unsigned id)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

const char *camseal_suite_name(unsigned suite)
{
    const camseal_priv_suite *row = camseal_priv_suite_of(suite);
    return row ? row->name : "?";
}

static const char *name_in(const char *const *names, size_t n, unsigned number)
{
    return number < n ? names[number] : "?";
}

const char *camseal_protocol_name(unsigned protocol)
{
    static const char *const names[] = {"none", "SEP", "FSED", "CCISE"};
    return name_in(names, sizeof names / sizeof names[0], protocol);
}

const char *camseal_tag_mode_name(unsigned tag_mode)
{
    static const char *const names[] = {"none", "message", "data-type", "frame"};
    return name_in(names, sizeof names / sizeof names[0], tag_mode);
}

const char *camseal_verdict_name(unsigned verdict)
{
    static const char *const names[] = {
        "OK", "OK_PARTIAL", "UNVERIFIED", "STALE", "INCOMPLETE", "FORGED", "BIST", "?", "PENDING"};
    return name_in(names, sizeof names / sizeof names[0], verdict);
}
