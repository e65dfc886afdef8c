/* One CCISE transaction of a vector file, in both directions: we must build these bytes, and accept
 * them. */
#include <stdio.h>
#include <string.h>

#include "ccise/unit.h"
#include "context/context.h"
#include "vector_check.h"
#include "vector_json.h"

enum { UNITS_MAX = 2, INPUT_MAX = CAMSEAL_PRIV_CCISE_BLOCK_BYTES + CAMSEAL_PRIV_CCISE_DATA_MAX };

/* A request or a response under test. */
typedef struct transaction {
    vector_run *run;
    const json_t *vector, *unit, *mac;
    camseal_priv_ccise_config config;
    camseal_priv_ccise_direction direction;
    uint8_t crk[32];
    bool response;
    camseal_priv_ccise_unit plain;
    uint8_t data[CAMSEAL_PRIV_CCISE_DATA_MAX];
    uint8_t built[CAMSEAL_PRIV_CCISE_UNIT_MAX];
    size_t built_len;
} transaction;

static bool read_context(transaction *t)
{
    const json_t *context = json_object_get(t->vector, "context");
    const json_t *root = json_object_get(t->vector, "root");
    uint64_t ctx_id = 0, suite = 0, epoch = 0, target = 0;
    if (!vector_number(context, "ctx_id", &ctx_id) || !vector_number(context, "suite", &suite) ||
        !vector_number(context, "epoch", &epoch) || !vector_number(context, "target_id", &target))
        return false;
    t->config = (camseal_priv_ccise_config){
        .bulk = t->run->bulk,
        .crypto = t->run->crypto,
        .ctx_id = (uint8_t)ctx_id,
        .suite = (uint8_t)suite,
        .tag_length = (uint8_t)vector_small(context, "tag_length"),
        .target_id = (uint16_t)target,
        .epoch = (uint32_t)epoch,
    };
    vector_compare_word(t->run, context, "protocol", "CCISE");
    vector_compare_word(t->run, context, "suite_name", camseal_suite_name(t->config.suite));
    return vector_root(t->run, root, t->crk);
}

/* Length of the data, or the one that a request without data asks for: only its header says that.
 */
static uint16_t wanted(const transaction *t, size_t len)
{
    uint8_t header[CAMSEAL_PRIV_CCISE_HEADER_BYTES];
    if (len || !vector_exact(t->unit, "header", header, sizeof header))
        return (uint16_t)len;
    return (uint16_t)(header[3] + 1u);
}

static bool read_unit(transaction *t)
{
    uint64_t counter = 0, index = 0;
    size_t len;
    if (!vector_number(t->vector, "counter", &counter) ||
        !vector_number(t->vector, "index", &index) || index > UINT16_MAX ||
        !vector_bytes(t->unit, "data", t->data, sizeof t->data, &len))
        return false;
    t->mac = json_object_get(t->unit, "mac");
    t->plain = (camseal_priv_ccise_unit){
        .header = {.op = (uint8_t)vector_small(t->vector, "op"),
                   .enc = vector_small(t->vector, "enc") != 0,
                   .code = (uint8_t)vector_small(t->unit, "status"),
                   .length = wanted(t, len)},
        .counter = counter,
        .index = (uint16_t)index,
        .data = {t->data, len},
    };
    return true;
}

/* ---- build ---- */

static void compare_keys(const transaction *t)
{
    const uint8_t ids[4] = {CAMSEAL_PROTOCOL_CCISE, t->config.ctx_id,
                            (uint8_t)vector_small(t->unit, "dir"), t->config.suite};
    vector_compare_derived(t->run, json_object_get(t->unit, "keys"), t->crk, ids, t->config.epoch);
}

static void compare_nonce(const transaction *t, const json_t *object, const char *struct_name,
                          const char *nonce_name, const uint8_t iv[12])
{
    uint8_t bytes[12];
    camseal_priv_ccise_nonce(bytes, t->response, t->plain.counter);
    vector_compare_member(t->run, object, struct_name, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] ^= iv[i];
    vector_compare_member(t->run, object, nonce_name, bytes, sizeof bytes);
}

/* The MAC input, put together here once more from the bytes that were built. */
static void compare_input(const transaction *t, const uint8_t *head)
{
    uint8_t input[INPUT_MAX] = {0};
    camseal_priv_ccise_header header;
    size_t n = CAMSEAL_PRIV_CCISE_BLOCK_BYTES;
    if (camseal_priv_ccise_header_unpack(&header, head) != CAMSEAL_OK)
        return;
    camseal_priv_ccise_block(input, &header, t->plain.counter, t->plain.index, t->config.target_id);
    memcpy(input + n, head + CAMSEAL_PRIV_CCISE_HEADER_BYTES, t->plain.data.len);
    n += (t->plain.data.len + 15u) / 16u * 16u;
    vector_compare_member(t->run, t->mac, "mac_input", input, n);
}

/* The whole tag is what a context with 16 bytes sends. */
static void compare_full_tag(transaction *t)
{
    static camseal_priv_ccise_direction whole;
    uint8_t bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX];
    camseal_buf out = {bytes, sizeof bytes, 0};
    camseal_priv_ccise_config config = t->config;
    if (!json_object_get(t->mac, "tag_full"))
        return;
    config.tag_length = 16;
    if (camseal_priv_ccise_direction_init(&whole, &config, t->crk, t->response) != CAMSEAL_OK ||
        camseal_priv_ccise_build(&out, &whole, &t->plain) != CAMSEAL_OK)
        vector_fault(t->run, "tag_full", "cannot be built");
    else
        vector_compare_member(t->run, t->mac, "tag_full", bytes + out.len - 16, 16);
}

static void compare_unit(transaction *t)
{
    const uint8_t *head = t->built + (t->response ? 0 : CAMSEAL_PRIV_CCISE_INDEX_BYTES);
    const uint8_t *data = head + CAMSEAL_PRIV_CCISE_HEADER_BYTES;
    const size_t len = t->plain.data.len, tag = t->config.tag_length;
    compare_keys(t);
    vector_compare_member(t->run, t->unit, "header", head, CAMSEAL_PRIV_CCISE_HEADER_BYTES);
    if (t->plain.header.enc && len) {
        compare_nonce(t, t->unit, "ctr_struct", "ctr_nonce", t->direction.iv_enc);
        vector_compare_member(t->run, t->unit, "ciphertext", data, len);
    }
    compare_nonce(t, t->mac, "struct", "nonce", t->direction.iv_int);
    compare_input(t, head);
    vector_compare_word(t->run, t->mac, "algorithm",
                        camseal_priv_suite_of(t->config.suite)->gmac ? "GMAC" : "CMAC");
    vector_compare_member(t->run, t->mac, "tag", data + len, tag);
    compare_full_tag(t);
    vector_compare_member(t->run, t->unit, "bytes_after_address", t->built, t->built_len);
}

static bool build(transaction *t)
{
    camseal_buf out = {t->built, sizeof t->built, 0};
    camseal_status status =
        camseal_priv_ccise_direction_init(&t->direction, &t->config, t->crk, t->response);
    if (status == CAMSEAL_OK)
        status = camseal_priv_ccise_build(&out, &t->direction, &t->plain);
    t->built_len = out.len;
    if (status != CAMSEAL_OK)
        vector_fault(t->run, "unit", camseal_status_name(status));
    return status == CAMSEAL_OK;
}

/* ---- verify ---- */

static void verify(transaction *t)
{
    uint8_t bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX];
    size_t len;
    camseal_priv_ccise_unit back;
    if (!vector_bytes(t->unit, "bytes_after_address", bytes, sizeof bytes, &len)) {
        vector_fault(t->run, "bytes_after_address", "missing or no hex string");
        return;
    }
    camseal_status status =
        camseal_priv_ccise_read(&back, &t->direction, camseal_mspan_of(bytes, len), t->plain.index);
    if (status == CAMSEAL_OK) {
        back.counter = t->plain.counter;
        status = camseal_priv_ccise_verify(&t->direction, &back);
    }
    if (status != CAMSEAL_OK) {
        vector_fault(t->run, "verification", camseal_status_name(status));
        return;
    }
    if (back.index != t->plain.index || back.header.op != t->plain.header.op ||
        back.header.enc != t->plain.header.enc || back.header.code != t->plain.header.code)
        vector_fault(t->run, "header", "read back differently");
    vector_compare_member(t->run, t->unit, "data", back.data.data, back.data.len);
}

static void check_unit(vector_run *run, const json_t *vector, size_t i)
{
    static transaction t;
    memset(&t, 0, sizeof t);
    t.run = run;
    t.vector = vector;
    t.unit = json_array_get(json_object_get(vector, "units"), i);
    t.response = i == 1;
    if (!read_context(&t) || !read_unit(&t)) {
        vector_fault(run, "vector", "incomplete or malformed");
        return;
    }
    vector_compare_number(run, t.unit, "dir", i + 1);
    vector_compare_word(run, t.unit, "direction", t.response ? "response" : "request");
    if (!build(&t))
        return;
    compare_unit(&t);
    verify(&t);
}

void vector_check_ccise(vector_run *run, const json_t *vector)
{
    const bool write = vector_small(vector, "op") == CAMSEAL_PRIV_CCISE_WRITE;
    const size_t n = json_array_size(json_object_get(vector, "units"));
    if (n != (write ? 1u : UNITS_MAX)) {
        vector_fault(run, "units", "a write has one, the others have two");
        return;
    }
    for (size_t i = 0; i < n; i++)
        check_unit(run, vector, i);
}
