/* Which TLVs make up which message (OP1 §8). See message.h. */
#include "message.h"

#include <stddef.h>
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "ssm/tlv.h"

/* One element of a message: where its C value lives, and how often it comes. `count` is the offset
 * of a u8 with the number of elements, or 0 for one that comes exactly once. */
struct field {
    uint8_t type;
    uint8_t min, max;
    uint16_t at;
    uint16_t count;
};

/* A message of one opcode; fields in ascending order of type. */
struct shape {
    uint8_t opcode;
    uint8_t n_fields;
    const struct field *fields;
};

#define REQ(member) offsetof(camseal_ssm_request, member)
#define ANS(member) offsetof(camseal_ssm_answer, member)
#define OWNER_FIELD                                           \
    {                                                         \
        CAMSEAL_SSM_TLV_OWNER, 0, 1, REQ(owner), REQ(n_owner) \
    }

static const struct field create_request[] = {
    {CAMSEAL_SSM_TLV_ROLE, 1, 1, REQ(body.create.role), 0},
    {CAMSEAL_SSM_TLV_PROTOCOL, 1, 1, REQ(body.create.protocol), 0},
    {CAMSEAL_SSM_TLV_SUITE, 1, 1, REQ(body.create.suite), 0},
    {CAMSEAL_SSM_TLV_TAG_MODE, 1, 1, REQ(body.create.tag_mode), 0},
    {CAMSEAL_SSM_TLV_STREAM, 0, CAMSEAL_CONTEXT_MAX_STREAMS, REQ(body.create.streams),
     REQ(body.create.n_streams)},
    {CAMSEAL_SSM_TLV_SLOT, 0, CAMSEAL_SSM_SLOTS_MAX, REQ(body.create.slots),
     REQ(body.create.n_slots)},
    {CAMSEAL_SSM_TLV_TARGET, 0, 1, REQ(body.create.target), REQ(body.create.n_target)},
    OWNER_FIELD,
};
static const struct field key_load_request[] = {
    {CAMSEAL_SSM_TLV_SALT, 0, 1, REQ(body.key_load.salt), REQ(body.key_load.n_salt)},
    {CAMSEAL_SSM_TLV_KEY, 1, 1, REQ(body.key_load.key), 0},
    {CAMSEAL_SSM_TLV_EPOCH, 1, 1, REQ(body.key_load.epoch), 0},
    {CAMSEAL_SSM_TLV_LEAST, 0, CAMSEAL_CONTEXT_MAX_EVCS, REQ(body.key_load.least),
     REQ(body.key_load.n_least)},
    OWNER_FIELD,
};
static const struct field config_request[] = {
    {CAMSEAL_SSM_TLV_TAG_LENGTH, 0, 1, REQ(body.config.tag_length), REQ(body.config.n_tag_length)},
    {CAMSEAL_SSM_TLV_SV_ALLOWED, 1, 1, REQ(body.config.sv_allowed), 0},
    {CAMSEAL_SSM_TLV_SV_CURRENT, 1, 1, REQ(body.config.sv_current), 0},
    {CAMSEAL_SSM_TLV_STRIDE, 1, 1, REQ(body.config.stride), 0},
    {CAMSEAL_SSM_TLV_TIMEOUTS, 1, 1, REQ(body.config.timeouts), 0},
    {CAMSEAL_SSM_TLV_CRC, 1, 1, REQ(body.config.crc), 0},
    OWNER_FIELD,
};
static const struct field activation_request[] = {
    {CAMSEAL_SSM_TLV_ACTIVATION, 1, 1, REQ(body.activation), 0},
    OWNER_FIELD,
};
static const struct field plain_request[] = {OWNER_FIELD};

static const struct field caps_answer[] = {
    {CAMSEAL_SSM_TLV_CAPABILITIES, 1, 1, ANS(body.capabilities), 0}};
static const struct field create_answer[] = {
    {CAMSEAL_SSM_TLV_SALT, 0, 1, ANS(body.create.salt), ANS(body.create.n_salt)}};
static const struct field status_answer[] = {
    {CAMSEAL_SSM_TLV_EPOCH, 0, 1, ANS(body.status.epoch), ANS(body.status.n_epoch)},
    {CAMSEAL_SSM_TLV_COUNTERS, 0, CAMSEAL_CONTEXT_MAX_EVCS, ANS(body.status.counters),
     ANS(body.status.n_counters)},
    {CAMSEAL_SSM_TLV_VERDICTS, 0, 1, ANS(body.status.verdicts), ANS(body.status.n_verdicts)},
};

#define SHAPE(opcode, fields)                                \
    {                                                        \
        opcode, sizeof(fields) / sizeof((fields)[0]), fields \
    }

static const struct shape requests[] = {
    {CAMSEAL_SSM_GET_CAPS, 0, NULL},
    SHAPE(CAMSEAL_SSM_CTX_CREATE, create_request),
    SHAPE(CAMSEAL_SSM_CTX_KEY_LOAD, key_load_request),
    SHAPE(CAMSEAL_SSM_CTX_CONFIG, config_request),
    SHAPE(CAMSEAL_SSM_CTX_ACTIVATE, activation_request),
    SHAPE(CAMSEAL_SSM_CTX_ROTATE, activation_request),
    SHAPE(CAMSEAL_SSM_CTX_STATUS, plain_request),
    SHAPE(CAMSEAL_SSM_CTX_DESTROY, plain_request),
};
static const struct shape answers[] = {
    SHAPE(CAMSEAL_SSM_GET_CAPS, caps_answer),     SHAPE(CAMSEAL_SSM_CTX_CREATE, create_answer),
    {CAMSEAL_SSM_CTX_KEY_LOAD, 0, NULL},          {CAMSEAL_SSM_CTX_CONFIG, 0, NULL},
    {CAMSEAL_SSM_CTX_ACTIVATE, 0, NULL},          {CAMSEAL_SSM_CTX_ROTATE, 0, NULL},
    SHAPE(CAMSEAL_SSM_CTX_STATUS, status_answer), {CAMSEAL_SSM_CTX_DESTROY, 0, NULL},
};
static const struct shape refusal = {0, 0, NULL};

#define N_SHAPES (sizeof requests / sizeof requests[0])

static const struct shape *find_shape(const struct shape *shapes, uint8_t opcode)
{
    for (size_t i = 0; i < N_SHAPES; i++)
        if (shapes[i].opcode == opcode)
            return &shapes[i];
    return NULL;
}

static const struct field *find_field(const struct shape *shape, uint8_t type)
{
    for (size_t i = 0; i < shape->n_fields; i++)
        if (shape->fields[i].type == type)
            return &shape->fields[i];
    return NULL;
}

static camseal_status refuse(camseal_ssm_fault *fault, camseal_status status, const char *detail,
                             uint8_t tlv)
{
    fault->detail = detail;
    fault->tlv = tlv;
    return status;
}

/* Puts one element into its place in `message`. `seen` elements of this type came before it. */
static camseal_status take_element(uint8_t *message, const struct field *field, uint8_t seen,
                                   const camseal_tlv *tlv, camseal_ssm_fault *fault)
{
    const camseal_ssm_format *format = camseal_ssm_format_of(tlv->type);
    if (seen >= field->max)
        return refuse(fault, CAMSEAL_E_FORMAT, "element comes too often", tlv->type);
    if (tlv->value.len != format->length)
        return refuse(fault, CAMSEAL_E_FORMAT, "element has a wrong length", tlv->type);
    camseal_reader r = camseal_reader_of(tlv->value);
    if (!format->read(&r, message + field->at + (size_t)seen * format->size))
        return refuse(fault, CAMSEAL_E_FORMAT, "element has an illegal value", tlv->type);
    if (field->count)
        message[field->count] = (uint8_t)(seen + 1);
    return CAMSEAL_OK;
}

static camseal_status unknown_element(const camseal_tlv *tlv, camseal_ssm_fault *fault)
{
    if (camseal_ssm_format_of(tlv->type))
        return refuse(fault, CAMSEAL_E_FORMAT, "element does not belong here", tlv->type);
    if (tlv->critical)
        return refuse(fault, CAMSEAL_E_UNSUPPORTED, "critical element is unknown", tlv->type);
    return CAMSEAL_OK;
}

/* Fields from *next up to `type` (exclusive) are over: each must have come often enough. */
static camseal_status close_fields(const struct shape *shape, size_t *next, unsigned type,
                                   uint8_t *seen, camseal_ssm_fault *fault)
{
    for (; *next < shape->n_fields && shape->fields[*next].type < type; (*next)++) {
        const struct field *field = &shape->fields[*next];
        if (*seen < field->min)
            return refuse(fault, CAMSEAL_E_FORMAT, "element is missing", field->type);
        *seen = 0;
    }
    return CAMSEAL_OK;
}

static camseal_status take_elements(void *message, const struct shape *shape, camseal_span tlvs,
                                    camseal_ssm_fault *fault)
{
    camseal_tlv_reader elements = camseal_tlv_reader_of(tlvs);
    size_t next = 0;
    uint8_t seen = 0;
    for (;;) {
        camseal_tlv tlv;
        bool more;
        camseal_status status = camseal_tlv_next(&elements, &tlv, &more);
        if (status != CAMSEAL_OK)
            return refuse(fault, status,
                          status == CAMSEAL_E_FORMAT ? "element out of order or reserved flag set"
                                                     : "element is cut off",
                          0);
        CAMSEAL_TRY(close_fields(shape, &next, more ? tlv.type : UINT8_MAX + 1u, &seen, fault));
        if (!more)
            return CAMSEAL_OK;
        const struct field *field = find_field(shape, tlv.type);
        if (!field) {
            CAMSEAL_TRY(unknown_element(&tlv, fault));
            continue;
        }
        CAMSEAL_TRY(take_element(message, field, seen, &tlv, fault));
        seen++;
    }
}

/* Header checks that do not depend on the opcode; *tlvs is exactly the announced length. */
static camseal_status take_header(camseal_ssm_header *header, camseal_span *tlvs,
                                  camseal_ssm_fault *fault, camseal_span payload)
{
    camseal_reader r = camseal_reader_of(payload);
    if (camseal_ssm_header_read(&r, header) != CAMSEAL_OK) {
        memset(header, 0, sizeof *header);
        return refuse(fault, CAMSEAL_E_TRUNCATED, "message is shorter than its header", 0);
    }
    if (header->version != CAMSEAL_SSM_FORMAT_VERSION)
        return refuse(fault, CAMSEAL_E_VERSION, "header version is not 1", 0);
    if (header->tlv_length > r.left)
        return refuse(fault, CAMSEAL_E_TRUNCATED, "message ends inside its elements", 0);
    *tlvs = camseal_read_span(&r, header->tlv_length);
    if (r.left)
        return refuse(fault, CAMSEAL_E_TRAILING, "bytes follow the last element", 0);
    return CAMSEAL_OK;
}

/* GET_CAPS speaks of the component (0), everything else of one context (1...255). */
static camseal_status check_ctx_id(const camseal_ssm_header *header, camseal_ssm_fault *fault)
{
    bool legal = header->opcode == CAMSEAL_SSM_GET_CAPS
                     ? header->ctx_id == 0
                     : header->ctx_id >= 1 && header->ctx_id <= UINT8_MAX;
    return legal ? CAMSEAL_OK : refuse(fault, CAMSEAL_E_FORMAT, "illegal ctx_id", 0);
}

static camseal_status decode_request(camseal_ssm_request *out, camseal_ssm_fault *fault,
                                     camseal_span *tlvs, camseal_span payload)
{
    CAMSEAL_TRY(take_header(&out->header, tlvs, fault, payload));
    const struct shape *shape = find_shape(requests, out->header.opcode);
    if (!shape)
        return refuse(fault, CAMSEAL_E_UNSUPPORTED, "opcode is unknown", 0);
    if (out->header.status != 0)
        return refuse(fault, CAMSEAL_E_FORMAT, "status of a request is not 0", 0);
    CAMSEAL_TRY(check_ctx_id(&out->header, fault));
    return take_elements(out, shape, *tlvs, fault);
}

camseal_status camseal_ssm_request_decode(camseal_ssm_request *out, camseal_ssm_fault *fault,
                                          camseal_span *tlvs, camseal_span payload)
{
    camseal_span elements = {NULL, 0};
    memset(out, 0, sizeof *out);
    memset(fault, 0, sizeof *fault);
    camseal_status status = decode_request(out, fault, &elements, payload);
    if (status != CAMSEAL_OK) {
        camseal_ssm_header header = out->header;
        camseal_wipe(out, sizeof *out);
        out->header = header;
    }
    if (tlvs)
        *tlvs = elements;
    return status;
}

static camseal_status decode_answer(camseal_ssm_answer *out, camseal_ssm_fault *fault,
                                    camseal_span payload)
{
    camseal_span tlvs;
    CAMSEAL_TRY(take_header(&out->header, &tlvs, fault, payload));
    const struct shape *shape = find_shape(answers, out->header.opcode);
    if (out->header.status != 0)
        shape = &refusal;
    if (!shape)
        return refuse(fault, CAMSEAL_E_UNSUPPORTED, "opcode is unknown", 0);
    if (shape != &refusal)
        CAMSEAL_TRY(check_ctx_id(&out->header, fault));
    return take_elements(out, shape, tlvs, fault);
}

camseal_status camseal_ssm_answer_decode(camseal_ssm_answer *out, camseal_ssm_fault *fault,
                                         camseal_span payload)
{
    memset(out, 0, sizeof *out);
    memset(fault, 0, sizeof *fault);
    camseal_status status = decode_answer(out, fault, payload);
    if (status != CAMSEAL_OK)
        memset(&out->body, 0, sizeof out->body);
    return status;
}

static void put_elements(camseal_writer *w, const void *message, const struct shape *shape,
                         bool critical)
{
    const uint8_t *bytes = message;
    for (size_t i = 0; i < shape->n_fields; i++) {
        const struct field *field = &shape->fields[i];
        const camseal_ssm_format *format = camseal_ssm_format_of(field->type);
        size_t n = field->count ? bytes[field->count] : 1u;
        if (n > field->max)
            w->failed = true;
        for (size_t k = 0; k < n && !w->failed; k++) {
            camseal_tlv_write_header(w, field->type, critical, format->length);
            format->write(w, bytes + field->at + k * format->size);
        }
    }
}

static camseal_status encode(camseal_buf *out, const camseal_ssm_header *from, const void *message,
                             const struct shape *shape, bool critical)
{
    out->len = 0;
    if (!shape)
        return CAMSEAL_E_ARGUMENT;
    camseal_writer w = camseal_writer_of(out->data, out->capacity);
    (void)camseal_write_reserve(&w, CAMSEAL_SSM_HEADER_BYTES);
    put_elements(&w, message, shape, critical);
    CAMSEAL_TRY(camseal_writer_end(&w));
    if (w.len > CAMSEAL_SSM_MESSAGE_MAX)
        return CAMSEAL_E_SPACE;
    camseal_ssm_header header = *from;
    header.version = CAMSEAL_SSM_FORMAT_VERSION;
    header.tlv_length = (uint16_t)(w.len - CAMSEAL_SSM_HEADER_BYTES);
    camseal_writer head = camseal_writer_of(out->data, CAMSEAL_SSM_HEADER_BYTES);
    camseal_ssm_header_write(&head, &header);
    out->len = w.len;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_request_encode(camseal_buf *out, const camseal_ssm_request *request)
{
    return encode(out, &request->header, request, find_shape(requests, request->header.opcode),
                  true);
}

camseal_status camseal_ssm_answer_encode(camseal_buf *out, const camseal_ssm_answer *answer)
{
    const struct shape *shape = find_shape(answers, answer->header.opcode);
    return encode(out, &answer->header, answer, answer->header.status ? &refusal : shape, false);
}
