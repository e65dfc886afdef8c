/* The component: every opcode in every state, sessions, ownership, offers, refusals that change
 * nothing. */
#include "rig.h"

#include "base/load.h"
#include "context/context.h"

enum { OK = CAMSEAL_SSM_OK, ST = CAMSEAL_SSM_STATE, NF = CAMSEAL_SSM_NOT_FOUND };

/* How a context gets into each state, by name of the requests in order. */
static const struct {
    const char *name, *script;
} states[] = {
    {"none", ""},
    {"created", "C"},
    {"created, key held", "CK"},
    {"configured", "CF"},
    {"key before config", "CKF"},
    {"key after config", "CFK"},
    {"active", "CFKA"},
    {"active, next key", "CFKAK"},
    {"rotated", "CFKAKR"},
    {"destroyed", "CFKAD"},
    {"destroyed, key held", "CKD"},
    {"created anew", "CFKADC"},
};
enum { N_STATES = sizeof states / sizeof states[0] };

static const struct {
    char letter;
    uint8_t code[N_STATES];
} table[] = {
    {'C', {OK, ST, ST, ST, ST, ST, ST, ST, ST, OK, OK, ST}},
    {'K', {NF, OK, ST, OK, ST, ST, OK, ST, ST, NF, NF, OK}},
    {'F', {NF, OK, OK, ST, ST, ST, ST, ST, ST, NF, NF, OK}},
    {'A', {NF, ST, ST, ST, OK, OK, ST, ST, ST, NF, NF, ST}},
    {'R', {NF, ST, ST, ST, ST, ST, ST, OK, ST, NF, NF, ST}},
    {'S', {NF, ST, ST, OK, OK, OK, OK, OK, OK, NF, NF, ST}},
    {'D', {NF, OK, OK, OK, OK, OK, OK, OK, OK, NF, NF, OK}},
};

static camseal_ssm_request request_of(char letter, uint8_t ctx_id, uint32_t epoch)
{
    switch (letter) {
    case 'C':
        return rig_create(ctx_id);
    case 'K':
        return rig_key(ctx_id, epoch);
    case 'F':
        return rig_config(ctx_id);
    case 'A':
        return rig_plain(CAMSEAL_SSM_CTX_ACTIVATE, ctx_id);
    case 'R':
        return rig_plain(CAMSEAL_SSM_CTX_ROTATE, ctx_id);
    case 'S':
        return rig_plain(CAMSEAL_SSM_CTX_STATUS, ctx_id);
    default:
        return rig_plain(CAMSEAL_SSM_CTX_DESTROY, ctx_id);
    }
}

/* Runs a script for one context; all must be OK. Returns the epoch that comes next. */
static uint32_t run(struct rig *rig, uint8_t ctx_id, const char *script)
{
    uint32_t epoch = 1;
    for (; *script; script++) {
        camseal_ssm_request request = request_of(*script, ctx_id, epoch);
        assert_int_equal(rig_code(rig, &request), OK);
        if (*script == 'K')
            epoch++;
        if (*script == 'D')
            epoch = 1;
    }
    return epoch;
}

/* The component's memory without the reason of the last refusal. */
static void snapshot(const struct rig *rig, uint8_t *out)
{
    memcpy(out, rig->mem, rig->size);
    ((camseal_ssm_component *)(void *)out)->detail = NULL;
}

static void every_opcode_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_STATES; s++)
        for (size_t o = 0; o < sizeof table / sizeof table[0]; o++) {
            struct rig rig;
            rig_open(&rig, NULL);
            uint32_t epoch = run(&rig, 7, states[s].script);
            uint8_t *before = malloc(rig.size), *after = malloc(rig.size);
            snapshot(&rig, before);
            camseal_ssm_request request = request_of(table[o].letter, 7, epoch);
            uint8_t code = rig_code(&rig, &request);
            if (code != table[o].code[s])
                fail_msg("%s in state '%s': %s (%s)",
                         camseal_ssm_opcode_name(request.header.opcode), states[s].name,
                         camseal_ssm_code_name(code), rig.last_detail);
            snapshot(&rig, after);
            if (code != OK)
                assert_memory_equal(before, after, rig.size);
            free(before);
            free(after);
            rig_close(&rig);
        }
}

static void nothing_but_caps_outside_a_session(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_STATES; s++) {
        struct rig rig;
        rig_open(&rig, NULL);
        uint32_t epoch = run(&rig, 7, states[s].script);
        uint8_t *before = malloc(rig.size), *after = malloc(rig.size);
        snapshot(&rig, before);
        for (size_t o = 0; o < sizeof table / sizeof table[0]; o++)
            for (unsigned session = CAMSEAL_SPDM_SESSIONS_MAX; session < 256; session++) {
                camseal_ssm_request request = request_of(table[o].letter, 7, epoch);
                request.n_owner = 1;
                memcpy(request.owner, rig_owner, 32);
                assert_int_equal(rig_send(&rig, (uint8_t)session, &request).header.status,
                                 CAMSEAL_SSM_SESSION);
            }
        camseal_ssm_request caps = rig_plain(CAMSEAL_SSM_GET_CAPS, 0);
        assert_int_equal(rig_send(&rig, 0xFF, &caps).header.status, OK);
        snapshot(&rig, after);
        assert_memory_equal(before, after, rig.size);
        free(before);
        free(after);
        rig_close(&rig);
    }
}

static void caps_say_what_may_be_created(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    camseal_ssm_request request = rig_plain(CAMSEAL_SSM_GET_CAPS, 0);
    camseal_ssm_answer answer = rig_send(&rig, 0, &request);
    const camseal_ssm_capabilities *caps = &answer.body.capabilities;
    assert_int_equal(caps->protocols, 1u << CAMSEAL_PROTOCOL_SEP | 1u << CAMSEAL_PROTOCOL_FSED);
    assert_int_equal(caps->suites, 0x00060607);
    assert_int_equal(caps->tag_modes, 0x0F);
    assert_int_equal(caps->variants, 3);
    assert_int_equal(caps->contexts, RIG_CONTEXTS);
    assert_int_equal(caps->evcs, 16);
    assert_int_equal(caps->tag_lengths, 7);
    rig_close(&rig);
}

/* ---- ownership ---------------------------------------------------------------------------- */

static void the_first_create_must_set_an_owner(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    camseal_ssm_request create = rig_create(7);
    create.n_owner = 0;
    assert_int_equal(rig_code(&rig, &create), CAMSEAL_SSM_OWNER);
    /* A create that fails for another reason sets none either. */
    create = rig_create(7);
    create.owner[0] ^= 1;
    create.body.create.role = CAMSEAL_ROLE_TARGET;
    assert_int_equal(rig_code(&rig, &create), CAMSEAL_SSM_UNSUPPORTED);
    create = rig_create(7);
    assert_int_equal(rig_code(&rig, &create), OK);
    rig_close(&rig);
}

static void other_sessions_must_present_the_secret(void **state)
{
    (void)state;
    for (size_t o = 0; o < sizeof table / sizeof table[0]; o++) {
        struct rig rig;
        rig_open(&rig, NULL);
        uint32_t epoch = run(&rig, 7, "CFKAK");
        camseal_ssm_request request = request_of(table[o].letter, 7, epoch);
        request.n_owner = 0;
        assert_int_equal(rig_send(&rig, 1, &request).header.status, CAMSEAL_SSM_OWNER);
        request.n_owner = 1;
        for (unsigned bit = 0; bit < 256; bit++) { /* every single wrong bit */
            memcpy(request.owner, rig_owner, 32);
            request.owner[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(rig_send(&rig, 1, &request).header.status, CAMSEAL_SSM_OWNER);
        }
        /* None of this opened the session. */
        camseal_ssm_request status = rig_plain(CAMSEAL_SSM_CTX_STATUS, 7);
        assert_int_equal(rig_send(&rig, 1, &status).header.status, CAMSEAL_SSM_OWNER);
        status.n_owner = 1;
        memcpy(status.owner, rig_owner, 32);
        assert_int_equal(rig_send(&rig, 1, &status).header.status, OK);
        status.n_owner = 0;
        assert_int_equal(rig_send(&rig, 1, &status).header.status, OK);
        assert_int_equal(rig_send(&rig, 2, &status).header.status, CAMSEAL_SSM_OWNER);
        rig_close(&rig);
    }
}

static void the_end_of_a_session_ends_its_right_but_no_context(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CFKA");
    camseal_ssm_request status = rig_plain(CAMSEAL_SSM_CTX_STATUS, 7);
    for (int established = 0; established < 2; established++) {
        camseal_ssm_component_session(rig.c, 0, 0x51000000, established);
        assert_int_equal(rig_code(&rig, &status), CAMSEAL_SSM_OWNER);
        assert_true(camseal_context_active(camseal_ssm_component_context(rig.c, 7)));
        camseal_ssm_request with = status;
        with.n_owner = 1;
        memcpy(with.owner, rig_owner, 32);
        assert_int_equal(rig_code(&rig, &with), OK);
        assert_int_equal(rig_code(&rig, &status), OK);
    }
    camseal_ssm_component_session(rig.c, 0xFF, 0, false); /* no such session: no effect */
    camseal_ssm_component_session(rig.c, CAMSEAL_SPDM_SESSIONS_MAX, 0, true);
    assert_int_equal(rig_code(&rig, &status), OK);
    rig_close(&rig);
}

/* The right belongs to the session's id, should nobody have told of its end. */
static void another_session_id_in_the_same_place_is_another_session(void **state)
{
    (void)state;
    static const uint8_t vendor[4] = {0xD9, 0x7E, 0, 0};
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CFKA");
    uint8_t status[] = {1, CAMSEAL_SSM_CTX_STATUS, 0, 0, 7, 0, 0, 0};
    uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX];
    for (unsigned i = 0; i < 2; i++) {
        camseal_spdm_vendor_request r = {
            0, 0x51000000u + i, 4, {vendor, 4}, {status, sizeof status}};
        camseal_buf out = {bytes, sizeof bytes, 0};
        assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_OK);
        assert_int_equal(bytes[3], i ? CAMSEAL_SSM_OWNER : OK);
    }
    rig_close(&rig);
}

static void only_a_reset_clears_the_owner(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CFKAD");
    camseal_ssm_request other = rig_create(9);
    other.owner[31] ^= 0x80;
    assert_int_equal(rig_send(&rig, 3, &other).header.status, CAMSEAL_SSM_OWNER);
    camseal_ssm_component_wipe(rig.c);
    assert_status(camseal_ssm_component_init(&rig.c, rig.mem, rig.size, &rig.config), CAMSEAL_OK);
    assert_int_equal(rig_send(&rig, 3, &other).header.status, OK);
    rig_close(&rig);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void only_eff_128(camseal_ssm_component_config *config)
{
    static const uint32_t suites[] = {CAMSEAL_SUITE_EFF_128};
    config->suites = suites;
    config->n_suites = 1;
    config->roles = 1u << CAMSEAL_ROLE_SOURCE;
    config->variants = 0x02;
}

static void create_is_judged(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, only_eff_128);
    camseal_ssm_request r = rig_create(1);
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_UNSUPPORTED);
    assert_string_equal(rig.last_detail, "suite is not offered");
    r.body.create.suite = CAMSEAL_SUITE_EFF_128;
    camseal_ssm_request good = r;

    static const uint8_t wrong_roles[] = {CAMSEAL_ROLE_SINK, CAMSEAL_ROLE_CONTROLLER,
                                          CAMSEAL_ROLE_TARGET};
    for (size_t i = 0; i < 3; i++) {
        r.body.create.role = wrong_roles[i];
        assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_UNSUPPORTED);
        assert_string_equal(rig.last_detail, "role is not offered");
    }
    static const uint8_t wrong_protocols[] = {CAMSEAL_PROTOCOL_NONE, CAMSEAL_PROTOCOL_CCISE};
    r = good;
    for (size_t i = 0; i < 2; i++) {
        r.body.create.protocol = wrong_protocols[i];
        assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_UNSUPPORTED);
        assert_string_equal(rig.last_detail, "protocol is not offered");
    }
    r = good;
    r.body.create.tag_mode = CAMSEAL_TAG_FRAME + 1;
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_FORMAT);
    r.body.create.tag_mode = CAMSEAL_TAG_NONE;
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_POLICY);
    r = good;
    r.body.create.n_streams = 0;
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_FORMAT);
    r = good;
    r.body.create.n_slots = 1;
    r.body.create.slots[0] = (camseal_slot_map){3, 3, 0x2C};
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_FORMAT);
    r = good;
    r.body.create.n_target = 1;
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_FORMAT);
    rig.no_random = true;
    assert_int_equal(rig_code(&rig, &good), CAMSEAL_SSM_INTERNAL);
    rig.no_random = false;
    assert_int_equal(rig_code(&rig, &good), OK);
    r = rig_config(1);
    assert_int_equal(rig_code(&rig, &r), CAMSEAL_SSM_UNSUPPORTED);
    assert_string_equal(rig.last_detail, "variant is not offered");
    rig_close(&rig);
}

static void a_salt_is_new_every_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    uint8_t salts[8][16];
    for (size_t i = 0; i < 8; i++) {
        camseal_ssm_request create = rig_create(7), destroy = rig_plain(CAMSEAL_SSM_CTX_DESTROY, 7);
        camseal_ssm_answer answer = rig_send(&rig, 0, &create);
        assert_int_equal(answer.body.create.n_salt, 1);
        memcpy(salts[i], answer.body.create.salt, 16);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(salts[i], salts[k], 16);
        assert_int_equal(rig_code(&rig, &destroy), OK);
    }
    rig_close(&rig);
}

static void config_is_judged(void **state)
{
    (void)state;
    enum { VARIANT_1, CURRENT, TAG_8, NO_TAG, STRIDE, TWICE, EVC_TWO_VCS, MEMORY, N };
    static const uint8_t expected[N] = {CAMSEAL_SSM_POLICY, CAMSEAL_SSM_POLICY, CAMSEAL_SSM_POLICY,
                                        CAMSEAL_SSM_FORMAT, CAMSEAL_SSM_POLICY, CAMSEAL_SSM_POLICY,
                                        CAMSEAL_SSM_POLICY, CAMSEAL_SSM_ROOM};
    for (int kind = 0; kind < N; kind++)
        for (int key_first = 0; key_first < 2; key_first++) {
            struct rig rig;
            rig_open(&rig, NULL);
            camseal_ssm_request create = rig_create(7), config = rig_config(7);
            if (kind == VARIANT_1)
                create.body.create.suite = CAMSEAL_SUITE_PERF_128_I;
            if (kind == CURRENT)
                config.body.config.sv_current[2] = 5;
            if (kind == TAG_8)
                config.body.config.tag_length = 8;
            if (kind == NO_TAG)
                config.body.config.n_tag_length = 0;
            if (kind == STRIDE)
                config.body.config.stride = (camseal_stride){1, 0, 1, 4};
            if (kind == TWICE)
                create.body.create.streams[1] = create.body.create.streams[0];
            if (kind == EVC_TWO_VCS)
                create.body.create.streams[1].wire_vc = 5;
            rig.no_memory = kind == MEMORY;
            assert_int_equal(rig_code(&rig, &create), OK);
            if (key_first)
                run(&rig, 7, "K");
            uint8_t code = rig_code(&rig, &config);
            if (code != expected[kind])
                fail_msg("case %d: %s", kind, camseal_ssm_code_name(code));
            assert_int_equal(rig.acquired, 0);
            assert_null(camseal_ssm_component_context(rig.c, 7));
            rig.no_memory = false;
            if (kind <= STRIDE && kind != VARIANT_1) { /* a better CTX_CONFIG is welcome */
                run(&rig, 7, key_first ? "FA" : "FKA");
                assert_true(camseal_context_active(camseal_ssm_component_context(rig.c, 7)));
            }
            rig_close(&rig);
        }
}

static void epochs_rise_by_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CFKA"); /* epoch 1 is in force */
    static const uint32_t wrong[] = {0, 1, 3, 4, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        camseal_ssm_request key = rig_key(7, wrong[i]);
        assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_EPOCH);
    }
    camseal_ssm_request key = rig_key(7, 2), rotate = rig_plain(CAMSEAL_SSM_CTX_ROTATE, 7);
    assert_int_equal(rig_code(&rig, &key), OK);
    assert_int_equal(rig_code(&rig, &rotate), OK);

    camseal_ssm_request last[] = {rig_create(8), rig_config(8), rig_key(8, UINT32_MAX),
                                  rig_plain(CAMSEAL_SSM_CTX_ACTIVATE, 8)};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rig_code(&rig, &last[i]), OK);
    key = rig_key(8, 0);
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_LIMIT);
    rig_close(&rig);
}

static void key_load_knows_its_side(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "C");
    camseal_ssm_request key = rig_key(7, 1);
    key.body.key_load.n_salt = 1;
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_FORMAT);
    key = rig_key(7, 1);
    key.body.key_load.n_least = 1;
    key.body.key_load.least[0] = (camseal_least_count){3, 1};
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_FORMAT);

    camseal_ssm_request create = rig_create(8), config = rig_config(8);
    create.body.create.role = CAMSEAL_ROLE_SINK;
    camseal_ssm_answer answer = rig_send(&rig, 0, &create);
    assert_int_equal(answer.header.status, OK);
    assert_int_equal(answer.body.create.n_salt, 0);
    assert_int_equal(rig_code(&rig, &config), OK);
    key = rig_key(8, 1);
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_FORMAT);
    key.body.key_load.n_salt = 1;
    key.body.key_load.n_least = 1;
    key.body.key_load.least[0] = (camseal_least_count){9, 1};
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_NOT_FOUND);
    key.body.key_load.least[0].evc = 4;
    assert_int_equal(rig_code(&rig, &key), OK);
    run(&rig, 8, "A");
    rig_close(&rig);
}

/* Both sides derive the same keys, whether the key comes before or after CTX_CONFIG. */
static void source_and_sink_have_the_same_keys(void **state)
{
    (void)state;
    for (int key_first = 0; key_first < 2; key_first++) {
        struct rig a, b;
        rig_open(&a, NULL);
        rig_open(&b, NULL);
        camseal_ssm_request create = rig_create(7), config = rig_config(7), key = rig_key(7, 1);
        camseal_ssm_answer answer = rig_send(&a, 0, &create);
        run(&a, 7, "KFA");
        create.body.create.role = CAMSEAL_ROLE_SINK;
        key.body.key_load.n_salt = 1;
        memcpy(key.body.key_load.salt, answer.body.create.salt, 16);
        assert_int_equal(rig_code(&b, &create), OK);
        assert_int_equal(rig_code(&b, key_first ? &key : &config), OK);
        assert_int_equal(rig_code(&b, key_first ? &config : &key), OK);
        run(&b, 7, "A");
        const camseal_context *source = camseal_ssm_component_context(a.c, 7);
        const camseal_context *sink = camseal_ssm_component_context(b.c, 7);
        assert_memory_equal(source->keys[source->current].iv_int, sink->keys[sink->current].iv_int,
                            12);
        assert_memory_equal(source->keys[source->current].iv_enc, sink->keys[sink->current].iv_enc,
                            12);
        rig_close(&a);
        rig_close(&b);
    }
}

static void *misaligned(void *user, uint8_t ctx_id, size_t bytes)
{
    static uint8_t memory[8192];
    (void)user;
    (void)ctx_id;
    assert_true(bytes < sizeof memory - 64);
    return memory + 1 + (64 - (uintptr_t)memory % 64);
}

static unsigned given_back;

static void give_back(void *user, uint8_t ctx_id, void *mem)
{
    (void)user;
    (void)ctx_id;
    (void)mem;
    given_back++;
}

static void bad_memory(camseal_ssm_component_config *config)
{
    config->acquire = misaligned;
    config->release = give_back;
}

/* A context that cannot be made gives its memory back. */
static void memory_comes_back_after_a_failure(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, bad_memory);
    run(&rig, 7, "CK");
    camseal_ssm_request config = rig_config(7);
    assert_int_equal(rig_code(&rig, &config), CAMSEAL_SSM_ROOM);
    assert_int_equal(given_back, 1);
    rig_close(&rig);

    rig_open(&rig, NULL);
    camseal_ssm_request create = rig_create(7), key = rig_key(7, 1);
    create.body.create.role = CAMSEAL_ROLE_SINK;
    key.body.key_load.n_salt = 1;
    key.body.key_load.n_least = 1;
    key.body.key_load.least[0] = (camseal_least_count){99, 1}; /* no such eVC */
    assert_int_equal(rig_code(&rig, &create), OK);
    assert_int_equal(rig_code(&rig, &key), OK);
    assert_int_equal(rig_code(&rig, &config), CAMSEAL_SSM_NOT_FOUND);
    assert_int_equal(rig.acquired, 0);
    assert_null(camseal_ssm_component_context(rig.c, 7));
    rig_close(&rig);
}

static void unverified(camseal_ssm_component_config *config)
{
    config->allow_unverified = true;
}

static void the_safety_suite_has_no_key(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, unverified);
    camseal_ssm_request create = rig_create(7), config = rig_config(7), key = rig_key(7, 0);
    create.body.create.suite = CAMSEAL_SUITE_SAFETY;
    assert_int_equal(rig_code(&rig, &create), CAMSEAL_SSM_POLICY);
    create.body.create.tag_mode = CAMSEAL_TAG_NONE;
    assert_int_equal(rig_code(&rig, &create), OK);
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_POLICY);
    assert_int_equal(rig_code(&rig, &config), CAMSEAL_SSM_FORMAT);
    config.body.config.n_tag_length = 0;
    assert_int_equal(rig_code(&rig, &config), CAMSEAL_SSM_POLICY);
    for (size_t i = 0; i < 3; i++) {
        config.body.config.sv_allowed[i] = 0x10;
        config.body.config.sv_current[i] = 5;
    }
    assert_int_equal(rig_code(&rig, &config), OK);
    run(&rig, 7, "AS");
    assert_int_equal(rig_code(&rig, &key), CAMSEAL_SSM_POLICY);
    rig_close(&rig);
}

static void contexts_run_out(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    for (uint8_t i = 1; i <= RIG_CONTEXTS; i++)
        run(&rig, i, "CFKA");
    camseal_ssm_request create = rig_create(200);
    assert_int_equal(rig_code(&rig, &create), CAMSEAL_SSM_ROOM);
    run(&rig, 2, "D");
    run(&rig, 200, "CFKAKRS");
    assert_int_equal(rig.acquired, RIG_CONTEXTS);
    rig_close(&rig);
}

static void bad_payloads_are_answered_or_turned_away(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX + 1] = {1, CAMSEAL_SSM_CTX_STATUS, 0x99, 0, 7, 0, 0, 0};
    uint8_t code = 0;
    for (size_t n = 0; n < 8; n++)
        assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, n), &code),
                      CAMSEAL_E_TRUNCATED);
    static const struct {
        size_t at;
        uint8_t value, code;
    } rows[] = {
        {0, 2, CAMSEAL_SSM_VERSION},        {1, 0x17, CAMSEAL_SSM_UNSUPPORTED},
        {1, 0x20, CAMSEAL_SSM_UNSUPPORTED}, {1, 0, CAMSEAL_SSM_UNSUPPORTED},
        {3, 1, CAMSEAL_SSM_FORMAT},         {4, 0, CAMSEAL_SSM_FORMAT},
        {5, 1, CAMSEAL_SSM_FORMAT},         {6, 4, CAMSEAL_SSM_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t wrong[8];
        memcpy(wrong, bytes, 8);
        wrong[rows[i].at] = rows[i].value;
        assert_status(rig_send_bytes(&rig, 0, camseal_span_of(wrong, 8), &code), CAMSEAL_OK);
        assert_int_equal(code, rows[i].code);
    }
    assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, 9), &code), CAMSEAL_OK);
    assert_int_equal(code, CAMSEAL_SSM_FORMAT);
    camseal_store_le16(bytes + 6, CAMSEAL_SSM_MESSAGE_MAX - 7);
    assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, sizeof bytes), &code), CAMSEAL_OK);
    assert_int_equal(code, CAMSEAL_SSM_FORMAT);
    rig_close(&rig);
}

static void a_message_ends_at_its_limit(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CF");
    for (size_t more = 0; more < 2; more++) {
        uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX + 1] = {1, CAMSEAL_SSM_CTX_STATUS, 0, 0, 7};
        uint8_t code = 99;
        size_t len = CAMSEAL_SSM_MESSAGE_MAX + more;
        camseal_store_le16(bytes + 6, (uint16_t)(len - 8));
        bytes[8] = 0x60; /* unknown and not critical */
        camseal_store_le16(bytes + 10, (uint16_t)(len - 12));
        assert_status(rig_send_bytes(&rig, 0, camseal_span_of(bytes, len), &code), CAMSEAL_OK);
        assert_int_equal(code, more ? CAMSEAL_SSM_FORMAT : OK);
    }
    rig_close(&rig);
}

static void other_vendors_are_turned_away(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    static const uint8_t vendor[5] = {0xD9, 0x7E, 0, 0, 0}, other[4] = {0xD9, 0x7E, 0, 1};
    uint8_t caps[8] = {1, 1}, room[CAMSEAL_SSM_MESSAGE_MAX];
    camseal_spdm_vendor_request r = {0xFF, 0, 4, {vendor, 4}, {caps, 8}};
    camseal_buf out = {room, sizeof room, 0};
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_OK);
    r.standard_id = 6;
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_E_UNSUPPORTED);
    assert_string_equal(rig.last_event, "message");
    assert_string_equal(rig.last_detail, "another vendor's message");
    r.standard_id = 4;
    r.vendor_id.len = 5;
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_E_UNSUPPORTED);
    r.vendor_id.len = 0;
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_E_UNSUPPORTED);
    r.vendor_id = camseal_span_of(other, 4);
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_E_UNSUPPORTED);
    r.vendor_id = camseal_span_of(vendor, 4);
    out.capacity = CAMSEAL_SSM_ANSWER_MAX - 1;
    assert_status(camseal_ssm_component_handle(rig.c, &r, &out), CAMSEAL_E_SPACE);
    rig_close(&rig);
}

/* ---- secrets, digest, set-up ------------------------------------------------------------------
 */

static void secrets_live_no_longer_than_needed(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CK");
    assert_true(rig_leaks(rig.mem, rig.size, rig_loaded, 32)); /* held for CTX_CONFIG */
    run(&rig, 7, "F");
    assert_false(rig_leaks(rig.mem, rig.size, rig_loaded, 32));
    run(&rig, 7, "A");
    run(&rig, 8, "CKD");
    assert_false(rig_leaks(rig.mem, rig.size, rig_loaded, 32));
    /* The owner secret stands in one place only, not among the kept elements of CTX_CREATE. */
    camseal_ssm_component *copy = malloc(rig.size);
    run(&rig, 9, "C");
    memcpy(copy, rig.mem, rig.size);
    assert_memory_equal(copy->owner, rig_owner, 32);
    memset(copy->owner, 0, 32);
    assert_false(rig_leaks(copy, rig.size, rig_owner, 32));
    free(copy);
    camseal_ssm_component_wipe(rig.c);
    for (size_t i = 0; i < rig.size; i++)
        assert_int_equal(((uint8_t *)rig.mem)[i], 0);
    assert_int_equal(rig.acquired, 0);
    assert_status(camseal_ssm_component_init(&rig.c, rig.mem, rig.size, &rig.config), CAMSEAL_OK);
    rig_close(&rig);
}

static void the_application_is_told(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    run(&rig, 7, "CKFAKR");
    assert_int_equal(rig.changed[CAMSEAL_SSM_CTX_ACTIVATE], 1);
    assert_int_equal(rig.changed[CAMSEAL_SSM_CTX_ROTATE], 1);
    assert_int_equal(rig.changed[CAMSEAL_SSM_CTX_DESTROY], 0);
    run(&rig, 7, "D");
    assert_int_equal(rig.changed[CAMSEAL_SSM_CTX_DESTROY], 1);
    run(&rig, 8, "CFKA");
    camseal_ssm_component_wipe(rig.c);
    assert_int_equal(rig.changed[CAMSEAL_SSM_CTX_DESTROY], 2);
    assert_status(camseal_ssm_component_init(&rig.c, rig.mem, rig.size, &rig.config), CAMSEAL_OK);
    rig_close(&rig);
}

static void init_refuses_what_cannot_work(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    camseal_ssm_component *c = rig.c;
    static const uint32_t bad_suites[] = {CAMSEAL_SUITE_EFF_128, 0x99}, big[] = {0x101};
    camseal_ssm_component_config bad = rig.config;
    bad.struct_size--;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    assert_null(c);
    bad = rig.config;
    bad.acquire = NULL;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.release = NULL;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.bulk = NULL;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.crypto = NULL;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.roles = 1u << CAMSEAL_ROLE_TARGET;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.suites = bad_suites;
    bad.n_suites = 2;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad.suites = big;
    bad.n_suites = 1;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    bad = rig.config;
    bad.variants = 0x20;
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size, &bad), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_ssm_component_init(&c, rig.mem, rig.size - 1, &rig.config),
                  CAMSEAL_E_MEMORY);
    assert_status(camseal_ssm_component_init(&c, NULL, rig.size, &rig.config), CAMSEAL_E_MEMORY);
    assert_status(camseal_ssm_component_init(&c, (uint8_t *)rig.mem + 1, rig.size, &rig.config),
                  CAMSEAL_E_MEMORY);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opcode_in_every_state),
        cmocka_unit_test(nothing_but_caps_outside_a_session),
        cmocka_unit_test(caps_say_what_may_be_created),
        cmocka_unit_test(the_first_create_must_set_an_owner),
        cmocka_unit_test(other_sessions_must_present_the_secret),
        cmocka_unit_test(the_end_of_a_session_ends_its_right_but_no_context),
        cmocka_unit_test(another_session_id_in_the_same_place_is_another_session),
        cmocka_unit_test(only_a_reset_clears_the_owner),
        cmocka_unit_test(create_is_judged),
        cmocka_unit_test(a_salt_is_new_every_time),
        cmocka_unit_test(config_is_judged),
        cmocka_unit_test(epochs_rise_by_one),
        cmocka_unit_test(key_load_knows_its_side),
        cmocka_unit_test(source_and_sink_have_the_same_keys),
        cmocka_unit_test(memory_comes_back_after_a_failure),
        cmocka_unit_test(the_safety_suite_has_no_key),
        cmocka_unit_test(contexts_run_out),
        cmocka_unit_test(bad_payloads_are_answered_or_turned_away),
        cmocka_unit_test(a_message_ends_at_its_limit),
        cmocka_unit_test(other_vendors_are_turned_away),
        cmocka_unit_test(secrets_live_no_longer_than_needed),
        cmocka_unit_test(the_application_is_told),
        cmocka_unit_test(init_refuses_what_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
