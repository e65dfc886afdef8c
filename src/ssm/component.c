/* The component's frame: memory, sessions, ownership (OP1 §8), dispatch. What each opcode does
 * stands in component_*.c. */
#include "component.h"

#include <string.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/try.h"

#define OFFERED_ROLES      (1u << CAMSEAL_ROLE_SOURCE | 1u << CAMSEAL_ROLE_SINK)
#define DEFAULT_VARIANTS   0x03u /* SV-1, SV-2 */
#define FIRST_OWNER_OPCODE CAMSEAL_SSM_CTX_CREATE
#define NO_SESSION         0xFFu

static const uint8_t all_suites[] = {CAMSEAL_SUITE_SAFETY,     CAMSEAL_SUITE_EFF_128,
                                     CAMSEAL_SUITE_EFF_256,    CAMSEAL_SUITE_PERF_128_I,
                                     CAMSEAL_SUITE_PERF_256_I, CAMSEAL_SUITE_PERF_128_IE,
                                     CAMSEAL_SUITE_PERF_256_IE};

static size_t slots_of(const camseal_ssm_component_config *config)
{
    return config->max_contexts ? config->max_contexts : 1u;
}

size_t camseal_ssm_component_size(const camseal_ssm_component_config *config)
{
    return sizeof(camseal_ssm_component) + slots_of(config) * sizeof(camseal_ssm_slot);
}

/* Suites of the config as bits; 0 when one of them is none. */
static uint32_t suites_of(const camseal_ssm_component_config *config)
{
    uint32_t bits = 0;
    if (!config->suites) {
        for (size_t i = 0; i < sizeof all_suites; i++)
            bits |= camseal_ssm_suite_bit(all_suites[i]);
        return bits;
    }
    for (size_t i = 0; i < config->n_suites; i++) {
        uint32_t suite = config->suites[i];
        uint32_t bit = suite <= UINT8_MAX ? camseal_ssm_suite_bit((uint8_t)suite) : 0;
        if (!bit)
            return 0;
        bits |= bit;
    }
    return bits;
}

static camseal_status check_config(const camseal_ssm_component_config *config)
{
    if (!config || config->struct_size != sizeof *config || !config->bulk || !config->crypto)
        return CAMSEAL_E_ARGUMENT;
    if (!config->acquire || !config->release || (config->roles & ~OFFERED_ROLES) != 0)
        return CAMSEAL_E_ARGUMENT;
    if (!suites_of(config) || config->variants > 0x1Fu)
        return CAMSEAL_E_ARGUMENT;
    if (!config->crypto->random || !camseal_crypto_hash(config->crypto, CAMSEAL_HASH_SHA256))
        return CAMSEAL_E_UNSUPPORTED;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_component_init(camseal_ssm_component **out, void *mem, size_t mem_len,
                                          const camseal_ssm_component_config *config)
{
    *out = NULL;
    CAMSEAL_TRY(check_config(config));
    size_t size = camseal_ssm_component_size(config);
    if (!mem || mem_len < size || (uintptr_t)mem % _Alignof(camseal_ssm_component) != 0)
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, size);
    camseal_ssm_component *c = mem;
    c->config = *config;
    c->suites = suites_of(config);
    c->n_slots = slots_of(config);
    if (!c->config.roles)
        c->config.roles = 1u << CAMSEAL_ROLE_SOURCE;
    if (!c->config.variants)
        c->config.variants = DEFAULT_VARIANTS;
    *out = c;
    return CAMSEAL_OK;
}

void camseal_ssm_component_wipe(camseal_ssm_component *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_slots; i++)
        camseal_ssm_clear_slot(c, &c->slots[i]);
    camseal_wipe(c, sizeof *c + c->n_slots * sizeof c->slots[0]);
}

camseal_status camseal_ssm_refuse(camseal_ssm_component *c, camseal_status status,
                                  const char *detail)
{
    c->detail = detail;
    return status;
}

camseal_ssm_slot *camseal_ssm_find_slot(camseal_ssm_component *c, unsigned ctx_id)
{
    for (size_t i = 0; i < c->n_slots; i++)
        if (c->slots[i].ctx_id == ctx_id)
            return &c->slots[i];
    return NULL;
}

void camseal_ssm_clear_slot(camseal_ssm_component *c, camseal_ssm_slot *slot)
{
    if (slot->ctx) {
        if (c->config.changed)
            c->config.changed(c->config.user, slot->ctx_id, slot->ctx, CAMSEAL_SSM_CTX_DESTROY);
        camseal_context_wipe(slot->ctx);
        c->config.release(c->config.user, slot->ctx_id, slot->mem);
    }
    camseal_wipe(slot, sizeof *slot);
}

void camseal_ssm_component_session(camseal_ssm_component *c, uint8_t session, uint32_t session_id,
                                   bool established)
{
    if (session >= CAMSEAL_SPDM_SESSIONS_MAX)
        return;
    c->sessions[session].owner = false;
    c->sessions[session].id = established ? session_id : 0;
}

camseal_context *camseal_ssm_component_context(camseal_ssm_component *c, uint8_t ctx_id)
{
    camseal_ssm_slot *slot = ctx_id ? camseal_ssm_find_slot(c, ctx_id) : NULL;
    return slot ? slot->ctx : NULL;
}

camseal_status camseal_ssm_component_digest(const camseal_ssm_component *c, uint8_t ctx_id,
                                            uint8_t out[32])
{
    for (size_t i = 0; ctx_id && i < c->n_slots; i++)
        if (c->slots[i].ctx_id == ctx_id && c->slots[i].ctx) {
            memcpy(out, c->slots[i].digest, sizeof c->slots[i].digest);
            return CAMSEAL_OK;
        }
    memset(out, 0, 32);
    return CAMSEAL_E_NOT_FOUND;
}

static const struct {
    uint8_t opcode;
    bool needs_context;
    camseal_ssm_handler *handle;
} rows[] = {
    {CAMSEAL_SSM_GET_CAPS, false, camseal_ssm_get_caps},
    {CAMSEAL_SSM_CTX_CREATE, false, camseal_ssm_ctx_create},
    {CAMSEAL_SSM_CTX_KEY_LOAD, true, camseal_ssm_ctx_key_load},
    {CAMSEAL_SSM_CTX_CONFIG, true, camseal_ssm_ctx_config},
    {CAMSEAL_SSM_CTX_ACTIVATE, true, camseal_ssm_ctx_activate},
    {CAMSEAL_SSM_CTX_ROTATE, true, camseal_ssm_ctx_rotate},
    {CAMSEAL_SSM_CTX_STATUS, true, camseal_ssm_ctx_status},
    {CAMSEAL_SSM_CTX_DESTROY, true, camseal_ssm_ctx_destroy},
};

static void mark_owner_session(camseal_ssm_component *c, const camseal_spdm_vendor_request *from)
{
    c->sessions[from->session].owner = true;
    c->sessions[from->session].id = from->session_id;
}

/* One-way setting of OP1 §8: the secret of the first CTX_CREATE owns the component; a session
 * belongs to the owner once it presented that secret. */
static camseal_status check_owner(camseal_ssm_component *c, const camseal_spdm_vendor_request *from,
                                  const camseal_ssm_request *request)
{
    if (request->header.opcode < FIRST_OWNER_OPCODE)
        return CAMSEAL_OK;
    if (!c->owned) {
        if (request->header.opcode == CAMSEAL_SSM_CTX_CREATE && !request->n_owner)
            return camseal_ssm_refuse(c, CAMSEAL_E_OWNER, "the first CTX_CREATE sets no owner");
        return CAMSEAL_OK;
    }
    if (request->n_owner) {
        if (!camseal_equal_ct(c->owner, request->owner, sizeof c->owner))
            return camseal_ssm_refuse(c, CAMSEAL_E_OWNER, "owner secret is wrong");
        mark_owner_session(c, from);
        return CAMSEAL_OK;
    }
    if (c->sessions[from->session].owner && c->sessions[from->session].id == from->session_id)
        return CAMSEAL_OK;
    return camseal_ssm_refuse(c, CAMSEAL_E_OWNER, "session did not present the owner secret");
}

static void take_ownership(camseal_ssm_component *c, const camseal_spdm_vendor_request *from,
                           const camseal_ssm_request *request)
{
    if (c->owned || request->header.opcode != CAMSEAL_SSM_CTX_CREATE)
        return;
    memcpy(c->owner, request->owner, sizeof c->owner);
    c->owned = true;
    mark_owner_session(c, from);
}

static camseal_status dispatch(camseal_ssm_component *c, const camseal_ssm_call *call,
                               camseal_ssm_answer *answer)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].opcode != call->request->header.opcode)
            continue;
        if (rows[i].needs_context && !call->slot)
            return camseal_ssm_refuse(c, CAMSEAL_E_NOT_FOUND, "no context of this number");
        return rows[i].handle(c, call, answer);
    }
    return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "opcode is unknown");
}

static camseal_status process(camseal_ssm_component *c, const camseal_spdm_vendor_request *from,
                              camseal_ssm_request *request, camseal_ssm_answer *answer)
{
    camseal_ssm_fault fault;
    camseal_ssm_call call = {.request = request};
    if (answer->header.opcode >= FIRST_OWNER_OPCODE && from->session >= CAMSEAL_SPDM_SESSIONS_MAX)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNEXPECTED,
                                  from->session == NO_SESSION ? "not inside a session"
                                                              : "session number is out of range");
    if (from->payload.len > CAMSEAL_SSM_MESSAGE_MAX)
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "message is too long");
    camseal_status status = camseal_ssm_request_decode(request, &fault, &call.tlvs, from->payload);
    if (status != CAMSEAL_OK)
        return camseal_ssm_refuse(c, status, fault.detail);
    CAMSEAL_TRY(check_owner(c, from, request));
    if (request->header.ctx_id)
        call.slot = camseal_ssm_find_slot(c, request->header.ctx_id);
    CAMSEAL_TRY(dispatch(c, &call, answer));
    take_ownership(c, from, request);
    return CAMSEAL_OK;
}

/* What cannot be answered: another vendor's message, no whole header, or no room for an answer
 * (which must be known before anything changes that no answer could report). */
static camseal_status check_envelope(camseal_ssm_component *c,
                                     const camseal_spdm_vendor_request *request,
                                     const camseal_buf *response, camseal_ssm_header *header)
{
    static const uint8_t vendor[] = {CAMSEAL_SSM_VENDOR_ID & 0xFFu, CAMSEAL_SSM_VENDOR_ID >> 8, 0,
                                     0};
    camseal_reader r = camseal_reader_of(request->payload);
    if (request->standard_id != CAMSEAL_SSM_STANDARD_ID ||
        request->vendor_id.len != sizeof vendor ||
        memcmp(request->vendor_id.data, vendor, sizeof vendor) != 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "another vendor's message");
    if (response->capacity < CAMSEAL_SSM_ANSWER_MAX)
        return camseal_ssm_refuse(c, CAMSEAL_E_SPACE, "no room for the longest answer");
    if (camseal_ssm_header_read(&r, header) != CAMSEAL_OK)
        return camseal_ssm_refuse(c, CAMSEAL_E_TRUNCATED, "message is shorter than its header");
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_component_handle(camseal_ssm_component *c,
                                            const camseal_spdm_vendor_request *request,
                                            camseal_buf *response)
{
    camseal_ssm_answer answer = {.header = {0}};
    camseal_ssm_request decoded;
    response->len = 0;
    c->detail = NULL;
    camseal_status status = check_envelope(c, request, response, &answer.header);
    if (status != CAMSEAL_OK) {
        camseal_trace_event(c->config.trace, status, "ssm", "message", c->detail, 0, 0);
        return status;
    }
    status = process(c, request, &decoded, &answer);
    camseal_wipe(&decoded, sizeof decoded);
    camseal_trace_event(c->config.trace, status, "ssm",
                        camseal_ssm_opcode_name(answer.header.opcode), c->detail,
                        answer.header.ctx_id, camseal_ssm_code_of(status));
    answer.header.status = camseal_ssm_code_of(status);
    return camseal_ssm_answer_encode(response, &answer);
}
