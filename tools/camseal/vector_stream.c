#include "vector_stream.h"

#include <stdlib.h>
#include <string.h>

#include "context/nonce.h"
#include "cse/stream.h"
#include "vector_json.h"

/* ---- reading ---- */

static bool read_variants(vector_frame *f)
{
    const json_t *sv = json_object_get(f->context, "sv");
    for (size_t i = 0; i < 3; i++) {
        uint64_t value = 0;
        if (!vector_number_of(json_array_get(sv, i), &value) || value < 1 || value > 5)
            return false;
        f->sv[i] = (uint8_t)value;
        f->config.sv_allowed[i] = (uint8_t)(1u << (value - 1));
        f->config.sv_current[i] = (uint8_t)value;
    }
    return true;
}

static bool read_crc(vector_frame *f)
{
    const char *crc = json_string_value(json_object_get(f->context, "crc"));
    if (!crc || (strcmp(crc, "ieee") != 0 && strcmp(crc, "crc32c") != 0))
        return false;
    f->config.crc = strcmp(crc, "ieee") == 0 ? CAMSEAL_CRC32_IEEE : CAMSEAL_CRC32C;
    return true;
}

static bool read_numbers(vector_frame *f)
{
    uint64_t ctx_id = 0, suite = 0, epoch = 0, evc = 0;
    const json_t *stride = json_object_get(f->context, "stride");
    if (!vector_number(f->context, "ctx_id", &ctx_id) ||
        !vector_number(f->context, "suite", &suite) ||
        !vector_number(f->context, "epoch", &epoch) || !vector_number(f->context, "evc", &evc) ||
        !vector_number(f->vector, "frame_count", &f->frame_count) || evc > 255)
        return false;
    f->evc = (uint8_t)evc;
    f->wire_vc = (uint8_t)vector_small(f->context, "wire_vc");
    f->epoch = (uint32_t)epoch;
    f->keyed = suite != CAMSEAL_SUITE_SAFETY;
    f->config.ctx_id = (uint8_t)ctx_id;
    f->config.suite = (uint8_t)suite;
    f->config.tag_mode = (uint8_t)vector_small(f->context, "tag_mode");
    f->config.tag_length = (uint8_t)vector_small(f->context, "tag_length");
    f->config.stride = (camseal_stride){
        (uint8_t)vector_small(stride, "unit"), (uint16_t)vector_small(stride, "offset"),
        (uint16_t)vector_small(stride, "run"), (uint16_t)vector_small(stride, "period")};
    return true;
}

bool vector_frame_read(vector_frame *f, uint8_t protocol)
{
    const json_t *root = json_object_get(f->vector, "root");
    f->context = json_object_get(f->vector, "context");
    f->messages = json_object_get(f->vector, "messages");
    f->config.struct_size = sizeof f->config;
    f->config.bulk = f->run->bulk;
    f->config.crypto = f->run->crypto;
    f->config.protocol = protocol;
    if (!read_numbers(f) || !read_variants(f) || !read_crc(f) ||
        json_array_size(f->messages) > VECTOR_MESSAGES_MAX)
        return false;
    vector_compare_word(f->run, f->context, "protocol", camseal_protocol_name(protocol));
    vector_compare_word(f->run, f->context, "suite_name", camseal_suite_name(f->config.suite));
    f->config.streams = f->streams;
    f->config.slots = f->slots;
    f->config.allow_unverified = vector_frame_is_open(f);
    if (!f->keyed)
        vector_compare_number(f->run, f->context, "epoch", 0);
    return !f->keyed ||
           (vector_root(f->run, root, f->crk) && vector_exact(root, "loaded", f->loaded, 32) &&
            vector_exact(root, "salt", f->salt, 16));
}

bool vector_frame_is_open(const vector_frame *f)
{
    return f->sv[0] == 5 && f->sv[1] == 5 && f->sv[2] == 5;
}

bool vector_is_partial(const json_t *message)
{
    return vector_small(message, "sv") > 2;
}

/* ---- a side ---- */

static void *block(size_t n)
{
    return aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63u) & ~(size_t)63u);
}

void vector_side_free(vector_side *s)
{
    if (s->ctx)
        camseal_context_wipe(s->ctx);
    free(s->ctx_mem);
    free(s->engine_mem);
    free(s->worker_mem);
}

/* Context and worker; the engine's memory is enough for a source or a sink. */
static bool init(vector_side *s, vector_frame *f, uint8_t role)
{
    f->config.role = role;
    f->config.n_streams = f->n_streams;
    size_t bytes = camseal_context_size(&f->config);
    s->ctx_mem = bytes ? block(bytes) : NULL;
    if (!s->ctx_mem || camseal_context_init(&s->ctx, s->ctx_mem, bytes, &f->config) != CAMSEAL_OK)
        return false;
    s->worker_mem = block(camseal_worker_size(0));
    s->engine_mem = block(camseal_sink_size(s->ctx) + camseal_source_size(s->ctx));
    return s->worker_mem && s->engine_mem &&
           camseal_worker_init(&s->worker, s->worker_mem, camseal_worker_size(0), 0) == CAMSEAL_OK;
}

camseal_source *vector_side_source(vector_side *s, vector_frame *f)
{
    camseal_source *source = NULL;
    bool ready = init(s, f, CAMSEAL_ROLE_SOURCE) &&
                 camseal_source_init(&source, s->engine_mem, camseal_source_size(s->ctx), s->ctx) ==
                     CAMSEAL_OK &&
                 camseal_context_set_frame_count(s->ctx, f->evc, f->frame_count) == CAMSEAL_OK;
    if (ready && f->keyed)
        ready = camseal_context_load(s->ctx, f->loaded, f->salt, f->epoch, NULL, 0) == CAMSEAL_OK &&
                camseal_context_activate(s->ctx, 0) == CAMSEAL_OK;
    if (!ready)
        vector_fault(f->run, "source", "its context was refused");
    return ready ? source : NULL;
}

camseal_sink *vector_side_sink(vector_side *s, vector_frame *f, camseal_record_ring *ring)
{
    camseal_sink *sink = NULL;
    const camseal_least_count least = {f->evc, f->frame_count};
    bool ready = init(s, f, CAMSEAL_ROLE_SINK) &&
                 camseal_sink_init(&sink, s->engine_mem, camseal_sink_size(s->ctx), s->ctx, ring) ==
                     CAMSEAL_OK;
    if (ready && f->keyed)
        ready = camseal_context_load_crk(s->ctx, f->crk, f->epoch, &least, 1) == CAMSEAL_OK;
    if (ready && !f->keyed)
        ready = camseal_context_set_frame_count(s->ctx, f->evc, f->frame_count - 1) == CAMSEAL_OK;
    if (!ready)
        vector_fault(f->run, "sink", "its context was refused");
    return ready ? sink : NULL;
}

/* ---- comparison ---- */

void vector_compare_keys(const vector_frame *f)
{
    const uint8_t ids[4] = {f->config.protocol, f->config.ctx_id, 0 /* source to sink */,
                            f->config.suite};
    if (f->keyed)
        vector_compare_derived(f->run, json_object_get(f->vector, "keys"), f->crk, ids, f->epoch);
}

void vector_compare_header(const vector_frame *f, const json_t *message, const uint8_t header[16],
                           bool sent)
{
    camseal_priv_header h;
    camseal_priv_header_unpack(&h, header);
    const struct {
        const char *name;
        uint64_t ours;
    } members[] = {
        {"message_count", h.message_count},
        {"fp", h.fp},
        {"sv", h.sv},
        {"edt", h.edt},
        {"cov", h.cov},
        {"enc", h.enc},
        {"sof", h.sof},
        {"eof", h.eof},
        {"tag_p", h.tag_p},
        {"pad", h.pad},
    };
    for (size_t i = 0; i < (sent ? 10u : 6u); i++)
        vector_compare_number(f->run, message, members[i].name, members[i].ours);
}

void vector_compare_ctr(const vector_frame *f, const json_t *message, const uint8_t iv_enc[12])
{
    uint8_t bytes[12];
    uint64_t count = 0;
    (void)vector_number(message, "message_count", &count);
    camseal_priv_nonce nonce = {f->config.protocol, CAMSEAL_PRIV_UNIT_CTR, f->evc, f->frame_count,
                                (uint32_t)count};
    camseal_priv_nonce_pack(bytes, &nonce);
    vector_compare_member(f->run, message, "ctr_struct", bytes, sizeof bytes);
    camseal_priv_nonce_make(bytes, &nonce, iv_enc);
    vector_compare_member(f->run, message, "ctr_nonce", bytes, sizeof bytes);
}

size_t vector_mac_part(uint8_t *out, const vector_frame *f, const json_t *message, size_t *covered)
{
    static uint8_t data[VECTOR_DATA_MAX];
    const bool enc = vector_small(message, "enc") != 0;
    const unsigned sv = vector_small(message, "sv");
    size_t n = 16, len = 0;
    if (!vector_exact(message, "header", out, 16) ||
        !vector_bytes(message, enc ? "ciphertext" : "data", data, sizeof data, &len))
        return 0;
    for (uint32_t i = 0; i < len && vector_small(message, "cov"); i++)
        if (sv != 4 || camseal_priv_covers_byte(&f->config.stride, i)) {
            out[n++] = data[i];
            ++*covered;
        }
    while (n % 16)
        out[n++] = 0;
    return n;
}

static void full_tag(uint8_t tag[16], const camseal_context *ctx, const uint8_t nonce[12],
                     camseal_span input)
{
    camseal_mac_state state;
    camseal_mac_job job = {ctx->keys[ctx->current].mac,           &state, &input, 1, nonce, tag,
                           CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH};
    ctx->mac->many(&job, 1);
}

void vector_compare_mac(const vector_frame *f, const json_t *mac, const vector_tag *tag,
                        const camseal_context *ctx)
{
    uint8_t bytes[16];
    vector_run *run = f->run;
    const camseal_priv_nonce nonce = {f->config.protocol, tag->struct_type, f->evc, f->frame_count,
                                      tag->unit};
    const camseal_span input = {tag->input.data, tag->input.len + CAMSEAL_PRIV_TRAILER_BYTES};
    if (!mac) {
        vector_fault(run, "mac", "missing");
        return;
    }
    camseal_priv_nonce_pack(bytes, &nonce);
    vector_compare_member(run, mac, "struct", bytes, 12);
    camseal_priv_trailer_pack(tag->input.data + tag->input.len, tag->unit_type, tag->n_messages,
                              tag->covered);
    vector_compare_number(run, mac, "type", tag->unit_type);
    vector_compare_number(run, mac, "n_messages", tag->n_messages);
    vector_compare_number(run, mac, "covered_bytes", tag->covered);
    vector_compare_word(run, mac, "algorithm", ctx->suite->gmac ? "GMAC" : "CMAC");
    vector_compare_member(run, mac, "mac_input", input.data, input.len);
    camseal_priv_nonce_make(bytes, &nonce, ctx->keys[ctx->current].iv_int);
    vector_compare_member(run, mac, "nonce", bytes, 12);
    uint8_t whole[16];
    full_tag(whole, ctx, bytes, input);
    vector_compare_member(run, mac, "tag", tag->sent.data, tag->sent.len);
    vector_compare(run, "tag that was sent", whole, f->config.tag_length, tag->sent.data,
                   tag->sent.len);
    if (f->config.tag_length < 16)
        vector_compare_member(run, mac, "tag_full", whole, 16);
}
