#include "stream_profile.h"

#include <strings.h>

#include "camseal/csi2.h"

enum { CONTEXT_ID = 1, FIRST_EPOCH = 1, FRAME_TIMEOUT_US = 2000000 };

bool stream_format_parse(uint8_t *dt, const char *text)
{
    static const struct {
        const char *name;
        uint8_t dt;
    } formats[] = {
        {"raw8", CAMSEAL_CSI2_RAW8},     {"raw10", CAMSEAL_CSI2_RAW10},
        {"raw12", CAMSEAL_CSI2_RAW12},   {"raw14", CAMSEAL_CSI2_RAW14},
        {"raw16", CAMSEAL_CSI2_RAW16},   {"yuv422", CAMSEAL_CSI2_YUV422_8},
        {"rgb888", CAMSEAL_CSI2_RGB888},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcasecmp(formats[i].name, text) != 0)
            continue;
        *dt = formats[i].dt;
        return true;
    }
    return false;
}

bool stream_suite_parse(uint8_t *suite, const char *text)
{
    static const uint8_t suites[] = {CAMSEAL_SUITE_EFF_128,     CAMSEAL_SUITE_EFF_256,
                                     CAMSEAL_SUITE_PERF_128_I,  CAMSEAL_SUITE_PERF_256_I,
                                     CAMSEAL_SUITE_PERF_128_IE, CAMSEAL_SUITE_PERF_256_IE};
    for (size_t i = 0; i < sizeof suites; i++) {
        if (strcasecmp(camseal_suite_name(suites[i]), text) != 0)
            continue;
        *suite = suites[i];
        return true;
    }
    return false;
}

bool stream_suite_encrypts(uint8_t suite)
{
    return suite == CAMSEAL_SUITE_PERF_128_IE || suite == CAMSEAL_SUITE_PERF_256_IE;
}

void stream_profile_init(stream_profile *profile)
{
    *profile = (stream_profile){.dt = CAMSEAL_CSI2_RAW12, .suite = CAMSEAL_SUITE_PERF_128_IE};
}

void stream_profile_plan(stream_profile *p)
{
    if (!p->sv)
        p->sv = stream_suite_encrypts(p->suite) ? 1 : 2;
    if (!p->tag_length)
        p->tag_length = 16;
    p->maps[0] =
        (camseal_stream_map){p->vc, CAMSEAL_CSI2_EMBEDDED, p->evc, true, CAMSEAL_CSI2_EMBEDDED};
    p->maps[1] = (camseal_stream_map){p->vc, p->dt, p->evc, false, p->dt};
    uint8_t allowed = (uint8_t)(1u << (p->sv - 1u));
    p->plan = (camseal_ssm_context_plan){.config = {.struct_size = sizeof p->plan.config,
                                                    .ctx_id = CONTEXT_ID,
                                                    .protocol = CAMSEAL_PROTOCOL_SEP,
                                                    .suite = p->suite,
                                                    .tag_mode = CAMSEAL_TAG_MESSAGE,
                                                    .tag_length = p->tag_length,
                                                    .crc = p->crc,
                                                    .sv_allowed = {allowed, allowed, allowed},
                                                    .sv_current = {p->sv, p->sv, p->sv},
                                                    .streams = p->maps,
                                                    .n_streams = 2,
                                                    .timeouts = {.frame = FRAME_TIMEOUT_US}},
                                         .first_epoch = FIRST_EPOCH};
}
