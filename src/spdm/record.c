/* Secured messages: SessionID, SequenceNumber (0 or 2 bytes), Length | ApplicationDataLength, inner
 * prefix, message, random | tag. The parts before the first bar are authenticated, those up to the
 * second encrypted. */
#include "record.h"

#include <string.h>

#include "base/load.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/try.h"
#include "base/writer.h"

enum {
    ID_BYTES = 4,
    LENGTH_BYTES = 2,
    HEADER_MAX = 8,
    APPLICATION_LENGTH_BYTES = 2,
    INNER_MAX = 4,
    TCP_COUNTED_HEADER = 2, /* of the inner header: version and type */
    TCP_BINDING_VERSION = 1,
    TYPE_SPDM = 0x05 /* MCTP and TCP */
};

const camseal_spdm_binding camseal_spdm_binding_tcp = {"tcp", 0, 0, CAMSEAL_SPDM_INNER_TCP};
const camseal_spdm_binding camseal_spdm_binding_doe = {"doe", 0, 0, CAMSEAL_SPDM_INNER_NONE};
const camseal_spdm_binding camseal_spdm_binding_mctp = {"mctp", 2, 32, CAMSEAL_SPDM_INNER_MCTP};

static size_t inner_bytes(const camseal_spdm_binding *binding)
{
    static const uint8_t bytes[] = {0, 1, 4};
    return bytes[binding->inner];
}

/* What is authenticated but not encrypted. */
static size_t header_bytes(const camseal_spdm_binding *binding)
{
    return (size_t)ID_BYTES + binding->sequence_bytes + LENGTH_BYTES;
}

/* The header, but its length. */
static void make_header(const spdm_record *rec, uint64_t sequence, uint8_t *header)
{
    camseal_store_le32(header, rec->session_id);
    if (rec->binding->sequence_bytes)
        camseal_store_le16(header + ID_BYTES, (uint16_t)sequence);
}

size_t camseal_spdm_record_lead(const camseal_spdm_binding *binding)
{
    return header_bytes(binding) + APPLICATION_LENGTH_BYTES + inner_bytes(binding);
}

camseal_status camseal_spdm_record_session(camseal_span record, uint32_t *session_id)
{
    camseal_reader r = camseal_reader_of(record);
    *session_id = camseal_read_le32(&r);
    return camseal_reader_ok(&r);
}

/* The counter, little-endian, XORed onto the first eight bytes of the IV (DSP0277 1.2). */
static void make_nonce(const spdm_keys *keys, uint8_t *nonce)
{
    uint8_t counter[8];
    camseal_store_le64(counter, keys->sequence);
    memcpy(nonce, keys->iv, CAMSEAL_AEAD_IV_BYTES);
    for (size_t i = 0; i < sizeof counter; i++)
        nonce[i] ^= counter[i];
}

/* Between 1 and the binding's most random bytes, written to the end of what is encrypted. */
static camseal_status write_random(const spdm_record *rec, camseal_writer *w)
{
    if (rec->binding->random_bytes == 0)
        return CAMSEAL_OK;
    uint8_t draw;
    CAMSEAL_TRY(rec->crypto->random(rec->crypto->user, &draw, 1));
    size_t n = 1u + draw % rec->binding->random_bytes;
    uint8_t *at = camseal_write_reserve(w, n);
    return at ? rec->crypto->random(rec->crypto->user, at, n) : CAMSEAL_E_SPACE;
}

/* The inner header of the TCP binding. That of MCTP is its last byte, that of DOE nothing: what a
 * binding has is the end of `inner`. */
static void make_inner(uint8_t *inner, size_t message_len)
{
    camseal_store_le16(inner, (uint16_t)(message_len + TCP_COUNTED_HEADER));
    inner[2] = TCP_BINDING_VERSION;
    inner[3] = TYPE_SPDM;
}

/* DSP0277 1.3 AEAD limit; before, and at last, the counter itself. */
static CAMSEAL_NOINLINE bool used_up(const spdm_record *rec, const spdm_keys *keys)
{
    if (keys->sequence == UINT64_MAX)
        return true;
    return rec->limit && rec->limit < 64 && keys->sequence >> rec->limit != 0;
}

camseal_status camseal_spdm_record_seal(const spdm_record *rec, spdm_keys *keys, camseal_buf *out,
                                        size_t message_len)
{
    size_t header = header_bytes(rec->binding);
    size_t inner_len = inner_bytes(rec->binding);
    uint8_t inner[INNER_MAX];
    out->len = 0;
    if (used_up(rec, keys))
        return CAMSEAL_E_LIMIT;
    if (message_len > UINT16_MAX - SPDM_RECORD_OVERHEAD_MAX)
        return CAMSEAL_E_SPACE;

    camseal_writer w = camseal_writer_of(out->data, out->capacity);
    (void)camseal_write_reserve(&w, header);
    camseal_write_le16(&w, (uint16_t)(inner_len + message_len));
    make_inner(inner, message_len);
    camseal_write_bytes(&w, inner + INNER_MAX - inner_len, inner_len);
    (void)camseal_write_reserve(&w, message_len);
    CAMSEAL_TRY(camseal_writer_end(&w));
    CAMSEAL_TRY(write_random(rec, &w));
    camseal_span clear = camseal_span_of(out->data + header, w.len - header);
    uint8_t *tag = camseal_write_reserve(&w, CAMSEAL_AEAD_TAG_BYTES);
    CAMSEAL_TRY(camseal_writer_end(&w));

    make_header(rec, keys->sequence, out->data);
    camseal_store_le16(out->data + header - LENGTH_BYTES,
                       (uint16_t)(clear.len + CAMSEAL_AEAD_TAG_BYTES));
    uint8_t nonce[CAMSEAL_AEAD_IV_BYTES];
    make_nonce(keys, nonce);
    keys->sequence++;
    camseal_status status =
        rec->aead->seal(rec->crypto->user, camseal_span_of(keys->key, rec->aead->key_bytes), nonce,
                        camseal_span_of(out->data, header), clear, out->data + header, tag);
    camseal_wipe(nonce, sizeof nonce);
    CAMSEAL_TRY(status);
    out->len = w.len;
    return CAMSEAL_OK;
}

/* Checks the inner prefix in front of the message. */
static camseal_status strip_inner(const camseal_spdm_binding *binding, camseal_span application,
                                  camseal_span *message)
{
    uint8_t inner[INNER_MAX];
    size_t n = inner_bytes(binding);
    if (application.len < n)
        return CAMSEAL_E_UNSUPPORTED;
    make_inner(inner, application.len - n);
    if (memcmp(application.data, inner + INNER_MAX - n, n) != 0)
        return CAMSEAL_E_UNSUPPORTED;
    *message = camseal_span_of(application.data + n, application.len - n);
    return CAMSEAL_OK;
}

/* Bytes that the transport may leave behind a record: a DOE data object has whole dwords. */
static size_t padding_max(const camseal_spdm_binding *binding)
{
    return binding->inner == CAMSEAL_SPDM_INNER_NONE ? 3 : 0;
}

bool camseal_spdm_unpad(const camseal_spdm_binding *binding, camseal_span *message, size_t *padding)
{
    if (*padding >= padding_max(binding) || message->len == 0 ||
        message->data[message->len - 1] != 0)
        return false;
    message->len--;
    ++*padding;
    return true;
}

/* The record's header: session, low bytes of the counter, length of the rest. */
static camseal_status read_record_header(const spdm_record *rec, uint64_t sequence,
                                         camseal_reader *r)
{
    uint8_t expected[HEADER_MAX];
    camseal_span seen = camseal_read_span(r, header_bytes(rec->binding) - LENGTH_BYTES);
    uint16_t length = camseal_read_le16(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    make_header(rec, sequence, expected);
    if (memcmp(seen.data, expected, ID_BYTES) != 0)
        return CAMSEAL_E_NOT_FOUND;
    if (memcmp(seen.data, expected, seen.len) != 0)
        return CAMSEAL_E_AUTH;
    if (length < CAMSEAL_AEAD_TAG_BYTES + APPLICATION_LENGTH_BYTES)
        return CAMSEAL_E_FORMAT;
    if (length > r->left)
        return CAMSEAL_E_TRUNCATED;
    if (r->left - length > padding_max(rec->binding))
        return CAMSEAL_E_TRAILING;
    r->left = length;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_record_open(const spdm_record *rec, spdm_keys *keys,
                                        camseal_span record, camseal_mspan plain,
                                        camseal_span *message)
{
    *message = camseal_span_of(NULL, 0);
    if (used_up(rec, keys))
        return CAMSEAL_E_LIMIT;
    camseal_reader r = camseal_reader_of(record);
    CAMSEAL_TRY(read_record_header(rec, keys->sequence, &r));
    camseal_span sealed = camseal_read_span(&r, r.left - CAMSEAL_AEAD_TAG_BYTES);
    camseal_span tag = camseal_read_rest(&r);
    if (sealed.len > plain.len)
        return CAMSEAL_E_SPACE;

    uint8_t nonce[CAMSEAL_AEAD_IV_BYTES];
    make_nonce(keys, nonce);
    keys->sequence++;
    camseal_status status = rec->aead->open(
        rec->crypto->user, camseal_span_of(keys->key, rec->aead->key_bytes), nonce,
        camseal_span_of(record.data, header_bytes(rec->binding)), sealed, plain.data, tag.data);
    camseal_wipe(nonce, sizeof nonce);
    CAMSEAL_TRY(status);
    camseal_reader p = camseal_reader_of(camseal_span_of(plain.data, sealed.len));
    camseal_span application = camseal_read_span(&p, camseal_read_le16(&p));
    CAMSEAL_TRY(camseal_reader_ok(&p));
    return strip_inner(rec->binding, application, message);
}
