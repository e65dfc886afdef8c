#include "cse_profile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "camseal/csi2.h"
#include "stream_profile.h"

enum { FRAME_TIMEOUT_US = 2000000 };

void cse_profile_init(cse_profile *p)
{
    memset(p, 0, sizeof *p);
    p->dt = CAMSEAL_CSI2_RAW12;
    p->config = (camseal_context_config){.struct_size = sizeof p->config,
                                         .ctx_id = 1,
                                         .protocol = CAMSEAL_PROTOCOL_SEP,
                                         .suite = CAMSEAL_SUITE_PERF_128_IE,
                                         .timeouts = {.frame = FRAME_TIMEOUT_US}};
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool parse_variants(cse_profile *p, const char *text)
{
    p->n_variants = 0;
    for (;;) {
        char set[16];
        stream_profile one = {0};
        size_t len = strcspn(text, ",");
        if (p->n_variants == CSE_VARIANTS_MAX || len >= sizeof set)
            return false;
        memcpy(set, text, len);
        set[len] = 0;
        if (!stream_profile_word(&one, "variants", set))
            return false;
        memcpy(p->variants[p->n_variants], one.sv, sizeof one.sv);
        p->n_variants++;
        if (!text[len])
            return true;
        text += len + 1;
    }
}

/* ---- starter profiles (§10) ------------------------------------------------------------------ */

static const struct starter {
    char letter;
    uint8_t protocol, suite, tag_mode, sv[3];
    bool in_lines;
} starters[] = {
    {'A', CAMSEAL_PROTOCOL_FSED, CAMSEAL_SUITE_EFF_128, CAMSEAL_TAG_FRAME, {2, 2, 2}, false},
    {'B', CAMSEAL_PROTOCOL_SEP, CAMSEAL_SUITE_PERF_128_I, CAMSEAL_TAG_MESSAGE, {2, 2, 2}, false},
    {'C', CAMSEAL_PROTOCOL_SEP, CAMSEAL_SUITE_PERF_256_IE, CAMSEAL_TAG_MESSAGE, {1, 1, 1}, false},
    {'D', CAMSEAL_PROTOCOL_FSED, CAMSEAL_SUITE_PERF_256_IE, CAMSEAL_TAG_FRAME, {1, 3, 2}, false},
    {'E', CAMSEAL_PROTOCOL_SEP, CAMSEAL_SUITE_EFF_256, CAMSEAL_TAG_DATA_TYPE, {2, 3, 5}, false},
    {'V', CAMSEAL_PROTOCOL_FSED, CAMSEAL_SUITE_PERF_128_I, CAMSEAL_TAG_FRAME, {2, 2, 2}, true},
};

static bool start_from(cse_profile *p, const char *name)
{
    if (strncasecmp(name, "OP1-", 4) != 0 || strlen(name) != 5)
        return false;
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++) {
        const struct starter *s = &starters[i];
        if ((name[4] & ~0x20) != s->letter)
            continue;
        p->config.protocol = s->protocol;
        p->config.suite = s->suite;
        p->config.tag_mode = s->tag_mode;
        memcpy(p->variants[0], s->sv, sizeof s->sv);
        p->n_variants = 1;
        p->config.fsed_in_lines = s->in_lines;
        p->config.embedded_line_length = s->in_lines ? 128 : 0;
        return true;
    }
    return false;
}

/* ---- options --------------------------------------------------------------------------------- */

/* A word that cameras of every verb understand. */
static bool take_shared(cse_profile *p, const char *name, const char *value)
{
    camseal_context_config *c = &p->config;
    stream_profile words = {.dt = p->dt,
                            .protocol = c->protocol,
                            .suite = c->suite,
                            .tag_mode = c->tag_mode,
                            .tag_length = c->tag_length,
                            .crc = c->crc,
                            .stride = c->stride};
    if (!stream_profile_word(&words, name, value))
        return false;
    p->dt = words.dt;
    c->protocol = words.protocol;
    c->suite = words.suite;
    c->tag_mode = words.tag_mode;
    c->tag_length = words.tag_length;
    c->crc = words.crc;
    c->stride = words.stride;
    return true;
}

static bool take_word(cse_profile *p, int id, const cli_args *args)
{
    switch (id) {
    case CSE_OPT_PROFILE:
        return start_from(p, args->value);
    case CSE_OPT_VARIANTS:
        return parse_variants(p, args->value);
    case CSE_OPT_SUITE:
        if (!strcasecmp(args->value, camseal_suite_name(CAMSEAL_SUITE_SAFETY))) {
            p->config.suite = CAMSEAL_SUITE_SAFETY;
            return true;
        }
        return take_shared(p, args->option, args->value);
    default:
        return take_shared(p, args->option, args->value);
    }
}

int cse_profile_take(cse_profile *p, cli_args *args, int id)
{
    uint64_t n;
    p->given |= UINT32_C(1) << (id - CSE_OPT_PROFILE);
    switch (id) {
    case CSE_OPT_TOP_TAG:
        p->config.top_tag = true;
        return -1;
    case CSE_OPT_CONTEXT:
        if (!cli_number(args, 1, 255, &n))
            return args->exit;
        p->config.ctx_id = (uint8_t)n;
        return -1;
    case CSE_OPT_IN_LINES:
        if (!cli_number(args, 68, 65000, &n))
            return args->exit;
        p->config.fsed_in_lines = true;
        p->config.embedded_line_length = (uint16_t)n;
        return -1;
    default:
        if (take_word(p, id, args))
            return -1;
        return cli_usage(args->verb->name, "--%s %s: not one of its values", args->option,
                         args->value);
    }
}

/* ---- config ---------------------------------------------------------------------------------- */

static void set_defaults(cse_profile *p)
{
    camseal_context_config *c = &p->config;
    const bool safety = c->suite == CAMSEAL_SUITE_SAFETY;
    if (!c->tag_mode)
        c->tag_mode =
            c->protocol == CAMSEAL_PROTOCOL_FSED ? CAMSEAL_TAG_FRAME : CAMSEAL_TAG_MESSAGE;
    if (safety)
        c->tag_mode = CAMSEAL_TAG_NONE;
    else if (!c->tag_length)
        c->tag_length = 16;
    if (p->n_variants)
        return;
    uint8_t sv = 2;
    if (stream_suite_encrypts(c->suite))
        sv = 1;
    memset(p->variants[0], safety ? 5 : sv, 3);
    p->n_variants = 1;
}

static void set_variants(cse_profile *p)
{
    camseal_context_config *c = &p->config;
    unsigned all = 0;
    memset(c->sv_allowed, 0, sizeof c->sv_allowed);
    for (size_t i = 0; i < p->n_variants; i++)
        for (size_t part = 0; part < 3; part++)
            c->sv_allowed[part] |= (uint8_t)(1u << (p->variants[i][part] - 1));
    memcpy(c->sv_current, p->variants[0], sizeof c->sv_current);
    all = c->sv_allowed[0] | (unsigned)c->sv_allowed[1] | c->sv_allowed[2];
    if (!(all & 0x0Cu)) {
        c->stride = (camseal_stride){0};
        return;
    }
    if (!c->stride.period)
        c->stride = (camseal_stride){0, 0, 1, 4};
    c->stride.unit = all & 4u ? 1 : 2;
}

static void add_camera(cse_profile *p, uint8_t vc)
{
    camseal_context_config *c = &p->config;
    p->maps[c->n_streams++] =
        (camseal_stream_map){vc, CAMSEAL_CSI2_EMBEDDED, vc, true, CAMSEAL_CSI2_EMBEDDED};
    p->maps[c->n_streams++] = (camseal_stream_map){vc, p->dt, vc, false, p->dt};
    if (c->tag_mode != CAMSEAL_TAG_DATA_TYPE)
        return;
    p->slots[c->n_slots++] = (camseal_slot_map){vc, CAMSEAL_FP_TOP, CAMSEAL_CSI2_EMBEDDED};
    p->slots[c->n_slots++] = (camseal_slot_map){vc, CAMSEAL_FP_IMAGE, p->dt};
    p->slots[c->n_slots++] = (camseal_slot_map){vc, CAMSEAL_FP_BOTTOM, CAMSEAL_CSI2_EMBEDDED};
}

bool cse_profile_finish(cse_profile *p, const char *verb, const uint8_t *vcs, size_t n)
{
    camseal_context_config *c = &p->config;
    set_defaults(p);
    set_variants(p);
    c->n_streams = c->n_slots = 0;
    for (size_t i = 0; i < n; i++)
        add_camera(p, vcs[i]);
    c->streams = p->maps;
    c->slots = c->n_slots ? p->slots : NULL;
    if (n && n <= CSE_CAMERAS_MAX)
        return true;
    (void)cli_usage(verb, "1 to %d cameras", CSE_CAMERAS_MAX);
    return false;
}

const char *cse_profile_differs(const cse_profile *asked, const cse_profile *seen)
{
    const camseal_context_config *a = &asked->config, *s = &seen->config;
    const bool differs[CSE_OPT_END - CSE_OPT_PROFILE] = {
        [CSE_OPT_PROTOCOL - CSE_OPT_PROFILE] = a->protocol != s->protocol,
        [CSE_OPT_SUITE - CSE_OPT_PROFILE] = a->suite != s->suite,
        [CSE_OPT_TAG_MODE - CSE_OPT_PROFILE] = a->tag_mode != s->tag_mode,
        [CSE_OPT_TAG_LENGTH - CSE_OPT_PROFILE] = a->tag_length != s->tag_length,
        [CSE_OPT_VARIANTS - CSE_OPT_PROFILE] = memcmp(a->sv_allowed, s->sv_allowed, 3) != 0,
        [CSE_OPT_STRIDE - CSE_OPT_PROFILE] = memcmp(&a->stride, &s->stride, sizeof a->stride) != 0,
        [CSE_OPT_CRC - CSE_OPT_PROFILE] = a->crc != s->crc,
        [CSE_OPT_FORMAT - CSE_OPT_PROFILE] = asked->dt != seen->dt,
        [CSE_OPT_IN_LINES - CSE_OPT_PROFILE] = a->embedded_line_length != s->embedded_line_length,
        [CSE_OPT_TOP_TAG - CSE_OPT_PROFILE] = a->top_tag != s->top_tag,
        [CSE_OPT_CONTEXT - CSE_OPT_PROFILE] = a->ctx_id != s->ctx_id,
    };
    static const cli_option names[] = {CSE_PROFILE_OPTIONS};
    const bool all = asked->given & 1u; /* --profile says all of it that it holds */
    const uint32_t said = asked->given | (all ? 0x7Eu : 0u);
    for (unsigned i = 0; i < CSE_OPT_END - CSE_OPT_PROFILE; i++)
        if (said >> i & 1u && differs[i])
            return names[i].name;
    return NULL;
}
