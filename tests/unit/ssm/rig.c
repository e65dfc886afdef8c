#include "rig.h"

#include "base/load.h"

const uint8_t rig_owner[32] = {0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA,
                               0xBB, 0xBC, 0xBD, 0xBE, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5,
                               0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF};
const uint8_t rig_loaded[32] = {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A,
                                0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75,
                                0x76, 0x77, 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x7D, 0x7E, 0x7F};

static struct rig *current; /* crypto.user is OpenSSL's own */

static camseal_status random_bytes(void *user, uint8_t *out, size_t len)
{
    (void)user;
    if (current->no_random)
        return CAMSEAL_E_RANDOM;
    test_fill(&current->seed, out, len);
    return CAMSEAL_OK;
}

static void *acquire(void *user, uint8_t ctx_id, size_t bytes)
{
    struct rig *rig = user;
    if (rig->no_memory)
        return NULL;
    assert_null(rig->blocks[ctx_id]);
    assert_int_equal(bytes % CAMSEAL_BULK_KEY_ALIGN, 0);
    rig->blocks[ctx_id] = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, bytes);
    rig->acquired++;
    return rig->blocks[ctx_id];
}

static void release(void *user, uint8_t ctx_id, void *mem)
{
    struct rig *rig = user;
    assert_ptr_equal(mem, rig->blocks[ctx_id]);
    rig->blocks[ctx_id] = NULL;
    rig->acquired--;
    free(mem);
}

static void changed(void *user, uint8_t ctx_id, camseal_context *ctx, uint8_t opcode)
{
    struct rig *rig = user;
    assert_ptr_equal(ctx, rig->blocks[ctx_id]);
    rig->changed[opcode]++;
}

static void event(void *user, camseal_status status, const char *area, const char *what,
                  const char *detail, uint64_t a, uint64_t b)
{
    struct rig *rig = user;
    (void)a;
    (void)b;
    if (strcmp(area, "ssm") != 0)
        return;
    rig->last_status = status;
    snprintf(rig->last_event, sizeof rig->last_event, "%s", what);
    snprintf(rig->last_detail, sizeof rig->last_detail, "%s", detail ? detail : "");
}

void rig_open(struct rig *rig, void (*adjust)(camseal_ssm_component_config *config))
{
    static uint64_t seeds = 77; /* components differ */
    memset(rig, 0, sizeof *rig);
    rig->seed = seeds++;
    rig->crypto = *camseal_openssl();
    rig->crypto.random = random_bytes;
    rig->trace.user = rig;
    rig->trace.event = event;
    rig->config.struct_size = sizeof rig->config;
    rig->config.bulk = camseal_bulk_soft();
    rig->config.crypto = &rig->crypto;
    rig->config.trace = &rig->trace;
    rig->config.roles = 1u << CAMSEAL_ROLE_SOURCE | 1u << CAMSEAL_ROLE_SINK;
    rig->config.max_contexts = RIG_CONTEXTS;
    rig->config.acquire = acquire;
    rig->config.release = release;
    rig->config.changed = changed;
    rig->config.user = rig;
    if (adjust)
        adjust(&rig->config);
    rig->size = camseal_ssm_component_size(&rig->config);
    rig->mem = malloc(rig->size);
    current = rig;
    assert_status(camseal_ssm_component_init(&rig->c, rig->mem, rig->size, &rig->config),
                  CAMSEAL_OK);
}

void rig_close(struct rig *rig)
{
    camseal_ssm_component_wipe(rig->c);
    assert_int_equal(rig->acquired, 0);
    free(rig->mem);
    current = NULL;
}

camseal_status rig_put(struct rig *rig, uint8_t session, camseal_span payload, camseal_buf *out)
{
    static const uint8_t vendor[4] = {0xD9, 0x7E, 0, 0};
    uint32_t id = session == 0xFF ? 0 : 0x51000000u + session;
    camseal_spdm_vendor_request request = {session, id, 4, {vendor, sizeof vendor}, payload};
    current = rig;
    return camseal_ssm_component_handle(rig->c, &request, out);
}

camseal_status rig_send_bytes(struct rig *rig, uint8_t session, camseal_span payload, uint8_t *code)
{
    uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX];
    camseal_buf out = {bytes, sizeof bytes, 99};
    camseal_status status = rig_put(rig, session, payload, &out);
    if (status != CAMSEAL_OK) {
        assert_int_equal(out.len, 0);
        return status;
    }
    assert_true(out.len >= 8);
    *code = bytes[3];
    return status;
}

camseal_ssm_answer rig_send(struct rig *rig, uint8_t session, const camseal_ssm_request *request)
{
    uint8_t in[CAMSEAL_SSM_MESSAGE_MAX], bytes[CAMSEAL_SSM_MESSAGE_MAX];
    camseal_buf encoded = {in, sizeof in, 0}, out = {bytes, sizeof bytes, 0};
    assert_status(camseal_ssm_request_encode(&encoded, request), CAMSEAL_OK);
    assert_status(rig_put(rig, session, camseal_span_of(in, encoded.len), &out), CAMSEAL_OK);
    camseal_ssm_answer answer;
    camseal_ssm_fault fault;
    assert_status(camseal_ssm_answer_decode(&answer, &fault, camseal_span_of(bytes, out.len)),
                  CAMSEAL_OK);
    assert_int_equal(answer.header.opcode, request->header.opcode);
    assert_int_equal(answer.header.transaction, request->header.transaction);
    assert_int_equal(answer.header.ctx_id, request->header.ctx_id);
    assert_string_equal(rig->last_event, camseal_ssm_opcode_name(request->header.opcode));
    assert_int_equal(camseal_ssm_code_of(rig->last_status), answer.header.status);
    assert_true((answer.header.status == 0) == (rig->last_detail[0] == 0));
    return answer;
}

uint8_t rig_code(struct rig *rig, const camseal_ssm_request *request)
{
    return rig_send(rig, 0, request).header.status;
}

static camseal_ssm_request blank(uint8_t opcode, uint8_t ctx_id)
{
    static uint8_t transaction;
    camseal_ssm_request request;
    memset(&request, 0, sizeof request);
    request.header.opcode = opcode;
    request.header.ctx_id = ctx_id;
    request.header.transaction = transaction++;
    return request;
}

camseal_ssm_request rig_create(uint8_t ctx_id)
{
    static const camseal_stream_map streams[] = {
        {0, 0x2C, 3, false, 0x2C}, {0, 0x12, 3, true, 0x12}, {1, 0x2C, 4, false, 0x2C}};
    camseal_ssm_request r = blank(CAMSEAL_SSM_CTX_CREATE, ctx_id);
    camseal_ssm_create *create = &r.body.create;
    create->role = CAMSEAL_ROLE_SOURCE;
    create->protocol = CAMSEAL_PROTOCOL_SEP;
    create->suite = CAMSEAL_SUITE_PERF_128_IE;
    create->tag_mode = CAMSEAL_TAG_MESSAGE;
    create->n_streams = 3;
    memcpy(create->streams, streams, sizeof streams);
    r.n_owner = 1;
    memcpy(r.owner, rig_owner, 32);
    return r;
}

camseal_ssm_request rig_config(uint8_t ctx_id)
{
    camseal_ssm_request r = blank(CAMSEAL_SSM_CTX_CONFIG, ctx_id);
    camseal_ssm_config *config = &r.body.config;
    config->n_tag_length = 1;
    config->tag_length = 16;
    for (size_t i = 0; i < 3; i++) {
        config->sv_allowed[i] = 0x03;
        config->sv_current[i] = (uint8_t)(i == 1 ? 1 : 2);
    }
    config->timeouts.frame = 100000;
    return r;
}

camseal_ssm_request rig_key(uint8_t ctx_id, uint32_t epoch)
{
    camseal_ssm_request r = blank(CAMSEAL_SSM_CTX_KEY_LOAD, ctx_id);
    memcpy(r.body.key_load.key, rig_loaded, 32);
    r.body.key_load.epoch = epoch;
    return r;
}

camseal_ssm_request rig_plain(uint8_t opcode, uint8_t ctx_id)
{
    return blank(opcode, ctx_id);
}

bool rig_leaks(const void *mem, size_t len, const void *secret, size_t n)
{
    enum { WINDOW = 8 };
    const uint8_t *m = mem, *s = secret;
    for (size_t i = 0; i + WINDOW <= len; i++)
        for (size_t k = 0; k + WINDOW <= n; k++)
            if (m[i] == s[k] && memcmp(m + i, s + k, WINDOW) == 0)
                return true;
    return false;
}
