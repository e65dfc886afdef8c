#include "stream_profile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "camseal/csi2.h"
#include "number.h"

enum { CONTEXT_ID = 1, FIRST_EPOCH = 1, FRAME_TIMEOUT_US = 2000000, HOLD_MESSAGES = 4096 };

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

const char *stream_protocol_name(uint8_t protocol)
{
    return protocol == CAMSEAL_PROTOCOL_FSED ? "FSED" : "SEP";
}

/* ---- words ---- */

static bool in_list(uint8_t *out, const char *text, const char *const *names, uint8_t first)
{
    for (uint8_t i = 0; names[i]; i++) {
        if (strcasecmp(names[i], text) != 0)
            continue;
        *out = (uint8_t)(first + i);
        return true;
    }
    return false;
}

static bool parse_tag_length(stream_profile *p, const char *text)
{
    uint64_t n = 0;
    if (!cli_parse_number(text, 8, 16, &n) || n % 4)
        return false;
    p->tag_length = (uint8_t)n;
    return true;
}

/* One digit for all partitions, or three. */
static bool parse_variants(stream_profile *p, const char *text)
{
    size_t len = strlen(text);
    if ((len != 1 && len != 5) || (len == 5 && (text[1] != '/' || text[3] != '/')))
        return false;
    for (size_t i = 0; i < 3; i++) {
        char digit = text[len == 1 ? 0 : 2 * i];
        if (digit < '1' || digit > '5')
            return false;
        p->sv[i] = (uint8_t)(digit - '0');
    }
    return true;
}

/* OFFSET/RUN/PERIOD; of lines or bytes as the variants need it. */
static bool parse_stride(stream_profile *p, const char *text)
{
    char tail;
    unsigned offset, run, period;
    if (sscanf(text, "%5u/%5u/%5u%c", &offset, &run, &period, &tail) != 3 || offset > UINT16_MAX ||
        run > UINT16_MAX || period > UINT16_MAX)
        return false;
    p->stride = (camseal_stride){0, (uint16_t)offset, (uint16_t)run, (uint16_t)period};
    return true;
}

static const char *const words[] = {"protocol", "suite", "tag-mode", "tag-length", "variants",
                                    "stride",   "crc",   "format",   NULL};

const char *stream_profile_word_name(size_t at)
{
    return at < STREAM_PROFILE_WORDS ? words[at] : NULL;
}

bool stream_profile_word(stream_profile *p, const char *name, const char *text)
{
    static const char *const protocols[] = {"sep", "fsed", NULL};
    static const char *const modes[] = {"message", "data-type", "frame", NULL};
    static const char *const crcs[] = {"crc32c", "ieee", NULL};
    uint8_t at = 0;
    if (!in_list(&at, name, words, 0))
        return false;
    switch (at) {
    case 0:
        return in_list(&p->protocol, text, protocols, CAMSEAL_PROTOCOL_SEP);
    case 1:
        return stream_suite_parse(&p->suite, text);
    case 2:
        return in_list(&p->tag_mode, text, modes, CAMSEAL_TAG_MESSAGE);
    case 3:
        return parse_tag_length(p, text);
    case 4:
        return parse_variants(p, text);
    case 5:
        return parse_stride(p, text);
    case 6:
        return in_list(&p->crc, text, crcs, CAMSEAL_CRC32C);
    default:
        return stream_format_parse(&p->dt, text);
    }
}

/* ---- the whole ---- */

void stream_profile_init(stream_profile *profile)
{
    *profile = (stream_profile){.dt = CAMSEAL_CSI2_RAW12,
                                .ctx_id = CONTEXT_ID,
                                .protocol = CAMSEAL_PROTOCOL_SEP,
                                .suite = CAMSEAL_SUITE_PERF_128_IE};
}

const char *stream_profile_fault(const stream_profile *p)
{
    for (size_t i = 0; i < 3; i++)
        if (p->sv[i] == 1 && !stream_suite_encrypts(p->suite))
            return "variant 1 encrypts and needs a suite that ends in -IE";
    if (p->protocol == CAMSEAL_PROTOCOL_FSED && p->tag_mode && p->tag_mode != CAMSEAL_TAG_FRAME)
        return "FSED has tags per frame only";
    return NULL;
}

/* What SV-3 (lines) and SV-4 (bytes) leave out. */
static void complete_stride(stream_profile *p)
{
    p->stride.unit = 0;
    for (size_t i = 0; i < 3; i++)
        if (p->sv[i] == 3 || p->sv[i] == 4)
            p->stride.unit = (uint8_t)(p->sv[i] - 2u);
    if (p->stride.unit && !p->stride.period) {
        p->stride.run = 1;
        p->stride.period = 4;
    }
}

static void complete(stream_profile *p)
{
    for (size_t i = 0; i < 3; i++)
        if (!p->sv[i])
            p->sv[i] = stream_suite_encrypts(p->suite) ? 1 : 2;
    complete_stride(p);
    if (!p->tag_length)
        p->tag_length = 16;
    if (!p->tag_mode && p->protocol == CAMSEAL_PROTOCOL_FSED)
        p->tag_mode = CAMSEAL_TAG_FRAME;
    if (!p->tag_mode)
        p->tag_mode = CAMSEAL_TAG_MESSAGE;
    p->maps[0] =
        (camseal_stream_map){p->vc, CAMSEAL_CSI2_EMBEDDED, p->evc, true, CAMSEAL_CSI2_EMBEDDED};
    p->maps[1] = (camseal_stream_map){p->vc, p->dt, p->evc, false, p->dt};
    p->slots[0] = (camseal_slot_map){p->evc, CAMSEAL_FP_TOP, CAMSEAL_CSI2_EMBEDDED};
    p->slots[1] = (camseal_slot_map){p->evc, CAMSEAL_FP_IMAGE, p->dt};
}

void stream_profile_plan(stream_profile *p)
{
    complete(p);
    camseal_context_config config = {.struct_size = sizeof config,
                                     .ctx_id = p->ctx_id,
                                     .protocol = p->protocol,
                                     .suite = p->suite,
                                     .tag_mode = p->tag_mode,
                                     .tag_length = p->tag_length,
                                     .crc = p->crc,
                                     .stride = p->stride,
                                     .streams = p->maps,
                                     .n_streams = 2,
                                     .timeouts = {.frame = FRAME_TIMEOUT_US},
                                     .group = p->group};
    for (size_t i = 0; i < 3; i++) {
        config.sv_allowed[i] = (uint8_t)(1u << (p->sv[i] - 1u));
        config.sv_current[i] = p->sv[i];
    }
    if (p->tag_mode == CAMSEAL_TAG_DATA_TYPE) {
        config.slots = p->slots + p->no_embedded;
        config.n_slots = p->no_embedded ? 1 : 2;
    }
    if (p->tag_mode != CAMSEAL_TAG_MESSAGE) /* pictures hold verified pixels only */
        config.hold = HOLD_MESSAGES;
    p->plan = (camseal_ssm_context_plan){.config = config, .first_epoch = FIRST_EPOCH};
}
