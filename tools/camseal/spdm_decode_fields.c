/* What a person wants to know of each message: names and numbers, by the codecs. */
#include "spdm/msg/algorithms.h"
#include "spdm/msg/capabilities.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/challenge.h"
#include "spdm/msg/chunk.h"
#include "spdm/msg/digests.h"
#include "spdm/msg/encapsulated.h"
#include "spdm/msg/endpoint_info.h"
#include "spdm/msg/error.h"
#include "spdm/msg/finish.h"
#include "spdm/msg/key_exchange.h"
#include "spdm/msg/measurements.h"
#include "spdm/msg/psk.h"
#include "spdm/msg/short.h"
#include "spdm/msg/vendor.h"
#include "spdm/msg/version.h"
#include "spdm/registry.h"
#include "spdm_decode.h"

static void put(json_t *j, const char *key, uint64_t value)
{
    json_object_set_new(j, key, json_integer((json_int_t)value));
}

static void put_hex(json_t *j, const char *key, uint64_t value)
{
    char text[2 + 16 + 1];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    json_object_set_new(j, key, json_string(text));
}

static void put_bytes(json_t *j, const char *key, camseal_span bytes)
{
    enum { SHOWN = 64 };
    char text[2 * SHOWN + 4];
    size_t n = bytes.len < SHOWN ? bytes.len : SHOWN;
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    snprintf(text + 2 * n, 4, "%s", bytes.len > SHOWN ? "..." : "");
    json_object_set_new(j, key, json_string(text));
}

static void put_name(json_t *j, const char *key, const spdm_registered *row)
{
    if (row)
        json_object_set_new(j, key, json_string(row->name));
}

static bool read_version(json_t *j, camseal_reader *r)
{
    spdm_version_rsp m;
    if (camseal_spdm_read_version(r, &m) != CAMSEAL_OK)
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < m.entries.len / 2; i++) {
        uint8_t v = camseal_spdm_version_entry(&m, i);
        char text[8];
        snprintf(text, sizeof text, "%u.%u", v >> 4, v & 15u);
        json_array_append_new(list, json_string(text));
    }
    json_object_set_new(j, "versions", list);
    return true;
}

static bool read_capabilities(json_t *j, camseal_reader *r)
{
    spdm_capabilities m;
    if (camseal_spdm_read_capabilities(r, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "flags", m.flags);
    put(j, "ct_exponent", m.ct_exponent);
    put(j, "data_transfer_size", m.data_transfer);
    put(j, "max_message", m.max_message);
    return true;
}

static bool read_offer(json_t *j, camseal_reader *r, uint8_t version)
{
    spdm_algorithms m;
    if (camseal_spdm_read_algorithms_req(r, version, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "base_asym", m.base_asym);
    put_hex(j, "base_hash", m.base_hash);
    put_hex(j, "pqc_asym", m.pqc_asym);
    put_hex(j, "dhe", m.table[SPDM_ALG_DHE]);
    put_hex(j, "aead", m.table[SPDM_ALG_AEAD]);
    put_hex(j, "kem", m.table[SPDM_ALG_KEM]);
    put_hex(j, "other_params", m.other_params);
    return true;
}

static bool read_selection(json_t *j, camseal_reader *r, uint8_t version)
{
    spdm_algorithms m;
    if (camseal_spdm_read_algorithms_rsp(r, version, &m) != CAMSEAL_OK)
        return false;
    put_name(j, "hash", camseal_spdm_registered_hash(m.base_hash));
    put_name(j, "asym", camseal_spdm_registered_sign(m.base_asym));
    put_name(j, "pqc_asym", camseal_spdm_registered_pqc_sign(m.pqc_asym));
    put_name(j, "req_asym", camseal_spdm_registered_sign(m.table[SPDM_ALG_REQ_ASYM]));
    put_name(j, "req_pqc_asym", camseal_spdm_registered_pqc_sign(m.table[SPDM_ALG_REQ_PQC]));
    put_name(j, "dhe", camseal_spdm_registered_dhe(m.table[SPDM_ALG_DHE]));
    put_name(j, "kem", camseal_spdm_registered_kem(m.table[SPDM_ALG_KEM]));
    put_name(j, "aead", camseal_spdm_registered_aead(m.table[SPDM_ALG_AEAD]));
    put_hex(j, "other_params", m.other_params);
    return true;
}

static bool read_digests(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_digests m;
    if (camseal_spdm_read_digests(r, s, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "provisioned", m.provisioned);
    put_bytes(j, "digest", camseal_span_of(m.digests.data, s->hash));
    return true;
}

static bool read_get_certificate(json_t *j, camseal_reader *r, uint8_t version)
{
    spdm_get_certificate m;
    if (camseal_spdm_read_get_certificate(r, version, &m) != CAMSEAL_OK)
        return false;
    put(j, "slot", m.slot);
    put(j, "offset", m.offset);
    put(j, "length", m.length);
    return true;
}

static bool read_certificate(json_t *j, camseal_reader *r, uint8_t version)
{
    spdm_certificate m;
    if (camseal_spdm_read_certificate(r, version, &m) != CAMSEAL_OK)
        return false;
    put(j, "slot", m.slot);
    put(j, "portion", m.portion.len);
    put(j, "remainder", m.remainder);
    return true;
}

static bool read_challenge(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_challenge m;
    if (camseal_spdm_read_challenge(r, s, &m) != CAMSEAL_OK)
        return false;
    put(j, "slot", m.slot);
    put(j, "summary", m.summary);
    put_bytes(j, "nonce", m.nonce);
    return true;
}

static bool read_challenge_auth(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_challenge_auth m;
    if (camseal_spdm_read_challenge_auth(r, s, &m) != CAMSEAL_OK)
        return false;
    put(j, "slot", m.slot);
    put_bytes(j, "chain_hash", m.chain_hash);
    put(j, "mutual", m.mutual);
    return true;
}

static bool read_get_measurements(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_get_measurements m;
    if (camseal_spdm_read_get_measurements(r, s, &m) != CAMSEAL_OK)
        return false;
    put(j, "operation", m.operation);
    put_hex(j, "attributes", m.attributes);
    return true;
}

static bool read_measurements(json_t *j, camseal_reader *r, const spdm_seen *seen)
{
    spdm_measurements m;
    if (camseal_spdm_read_measurements(r, &seen->shape, seen->is_signed, &m) != CAMSEAL_OK)
        return false;
    camseal_reader blocks = camseal_reader_of(m.record);
    spdm_measurement_block b;
    json_t *list = json_array();
    for (unsigned i = 0; i < m.blocks && camseal_spdm_read_block(&blocks, &b) == CAMSEAL_OK; i++) {
        json_t *one = json_object();
        put(one, "index", b.index);
        put_hex(one, "type", b.type);
        put_bytes(one, "value", b.value);
        json_array_append_new(list, one);
    }
    put(j, "blocks", m.blocks);
    put(j, "signed", seen->is_signed);
    json_object_set_new(j, "measurements", list);
    return true;
}

static bool read_key_exchange(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_key_exchange m;
    if (camseal_spdm_read_key_exchange(r, s, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "req_session_id", m.session_id);
    put(j, "slot", m.slot);
    put(j, "policy", m.policy);
    return true;
}

static bool read_key_exchange_rsp(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_key_exchange_rsp m;
    if (camseal_spdm_read_key_exchange_rsp(r, s, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "rsp_session_id", m.session_id);
    put(j, "heartbeat_s", m.heartbeat);
    put(j, "mutual", m.mut_auth);
    put(j, "req_slot", m.req_slot);
    return true;
}

static bool read_finish(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_finish m;
    if (camseal_spdm_read_finish(r, s, &m) != CAMSEAL_OK)
        return false;
    put(j, "signed", m.has_signature);
    put(j, "slot", m.slot);
    return true;
}

static bool read_psk_exchange(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_psk_exchange m;
    if (camseal_spdm_read_psk_exchange(r, s, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "req_session_id", m.session_id);
    put_bytes(j, "hint", m.hint);
    return true;
}

static bool read_psk_exchange_rsp(json_t *j, camseal_reader *r, const spdm_shape *s)
{
    spdm_psk_exchange_rsp m;
    if (camseal_spdm_read_psk_exchange_rsp(r, s, &m) != CAMSEAL_OK)
        return false;
    put_hex(j, "rsp_session_id", m.session_id);
    put(j, "heartbeat_s", m.heartbeat);
    put(j, "context_bytes", m.context.len);
    return true;
}

static bool read_error(json_t *j, camseal_reader *r)
{
    spdm_error m;
    if (camseal_spdm_read_error(r, &m) != CAMSEAL_OK)
        return false;
    json_object_set_new(j, "error", json_string(camseal_spdm_error_name(m.code)));
    put(j, "code", m.code);
    put(j, "data", m.data);
    return true;
}

static bool read_chunk(json_t *j, camseal_reader *r)
{
    spdm_chunk m;
    if (camseal_spdm_read_chunk(r, &m) != CAMSEAL_OK)
        return false;
    put(j, "handle", m.handle);
    put(j, "seq", m.seq);
    put(j, "chunk_bytes", m.bytes.len);
    put(j, "last", m.last);
    return true;
}

static bool read_vendor(json_t *j, camseal_reader *r)
{
    spdm_vendor m;
    bool large;
    if (camseal_spdm_read_any_vendor(r, &large, &m) != CAMSEAL_OK)
        return false;
    put(j, "standard", m.standard_id);
    put_bytes(j, "vendor", m.vendor_id);
    put(j, "payload_bytes", m.payload.len);
    return true;
}

static bool read_key_update(json_t *j, camseal_reader *r)
{
    static const char *const names[] = {"?", "UpdateKey", "UpdateAllKeys", "VerifyNewKey"};
    spdm_key_update m;
    if (camseal_spdm_read_key_update(r, &m) != CAMSEAL_OK)
        return false;
    json_object_set_new(j, "operation", json_string(names[m.operation & 3u]));
    put(j, "tag", m.tag);
    return true;
}

static bool read_ack(json_t *j, camseal_reader *r)
{
    spdm_encapsulated_ack m;
    if (camseal_spdm_read_encapsulated_ack(r, &m) != CAMSEAL_OK)
        return false;
    put(j, "request_id", m.request_id);
    put(j, "payload", m.payload);
    if (m.payload == SPDM_ACK_SLOT)
        put(j, "slot", m.slot);
    return true;
}

static bool read_endpoint_info(json_t *j, camseal_reader *r, const spdm_seen *seen)
{
    spdm_endpoint_info m;
    if (camseal_spdm_read_endpoint_info(r, &seen->shape, seen->is_signed, &m) != CAMSEAL_OK)
        return false;
    put(j, "signed", seen->is_signed);
    put_bytes(j, "info", m.info);
    return true;
}

/* One row a message; false: it does not parse, and nothing is shown. */
static bool read_fields(json_t *j, camseal_reader *r, const spdm_seen *seen)
{
    const spdm_shape *s = &seen->shape;
    switch (seen->code) {
    case SPDM_VERSION:
        return read_version(j, r);
    case SPDM_GET_CAPABILITIES:
    case SPDM_CAPABILITIES:
        return read_capabilities(j, r);
    case SPDM_NEGOTIATE_ALGORITHMS:
        return read_offer(j, r, s->version);
    case SPDM_ALGORITHMS:
        return read_selection(j, r, s->version);
    case SPDM_DIGESTS:
        return read_digests(j, r, s);
    case SPDM_GET_CERTIFICATE:
        return read_get_certificate(j, r, s->version);
    case SPDM_CERTIFICATE:
        return read_certificate(j, r, s->version);
    case SPDM_CHALLENGE:
        return read_challenge(j, r, s);
    case SPDM_CHALLENGE_AUTH:
        return read_challenge_auth(j, r, s);
    case SPDM_GET_MEASUREMENTS:
        return read_get_measurements(j, r, s);
    case SPDM_MEASUREMENTS:
        return read_measurements(j, r, seen);
    case SPDM_KEY_EXCHANGE:
        return read_key_exchange(j, r, s);
    case SPDM_KEY_EXCHANGE_RSP:
        return read_key_exchange_rsp(j, r, s);
    case SPDM_FINISH:
        return read_finish(j, r, s);
    case SPDM_PSK_EXCHANGE:
        return read_psk_exchange(j, r, s);
    case SPDM_PSK_EXCHANGE_RSP:
        return read_psk_exchange_rsp(j, r, s);
    case SPDM_KEY_UPDATE:
    case SPDM_KEY_UPDATE_ACK:
        return read_key_update(j, r);
    case SPDM_ENDPOINT_INFO:
        return read_endpoint_info(j, r, seen);
    case SPDM_ENCAPSULATED_RESPONSE_ACK:
        return read_ack(j, r);
    case SPDM_CHUNK_SEND:
    case SPDM_CHUNK_RESPONSE:
        return read_chunk(j, r);
    case SPDM_VENDOR_DEFINED_REQUEST:
    case SPDM_VENDOR_DEFINED_RESPONSE:
        return read_vendor(j, r);
    case SPDM_ERROR:
        return read_error(j, r);
    default:
        return false;
    }
}

json_t *decode_fields(const spdm_seen *seen)
{
    json_t *j = json_object();
    camseal_reader r = camseal_reader_of(seen->bytes);
    if (!read_fields(j, &r, seen))
        json_object_clear(j);
    return j;
}
