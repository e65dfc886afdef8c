/* Secured records, with the right keys in hand. Byte 0: binding and AEAD; byte 1: hash, version of
 * the key schedule, AEAD limit; byte 2: where the counters start, and the way in: foreign bytes, a
 * foreign inside that was sealed under the right key, or a conversation: operations of two ends
 * that seal, open, change and repeat records and update their keys. */
#include "fuzz.h"

#include <string.h>

#include "camseal/openssl.h"
#include "spdm/session.h"

enum { MESSAGE_MAX = 300, ROOM = MESSAGE_MAX + CAMSEAL_SPDM_RECORD_OVERHEAD, KEPT = 8 };

static const camseal_spdm_binding all_random = {"all", 2, 32, CAMSEAL_SPDM_INNER_NONE};
static const camseal_spdm_binding *const bindings[4] = {
    &camseal_spdm_binding_tcp, &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe, &all_random};

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t take(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static spdm_record rec;
static spdm_schedule schedule;

/* ---- one record ----------------------------------------------------------------------------- */

/* What comes out lies inside the plain room; what is refused gives nothing. */
static camseal_status open_with(spdm_session *s, spdm_role from, camseal_span record,
                                camseal_span *message)
{
    static uint8_t plain[ROOM];
    uint8_t *copy = malloc(record.len ? record.len : 1);
    FUZZ_REQUIRE(copy);
    if (record.len)
        memcpy(copy, record.data, record.len);
    camseal_status status =
        camseal_spdm_session_open(&rec, &schedule, s, from, camseal_span_of(copy, record.len),
                                  camseal_mspan_of(plain, sizeof plain), message);
    free(copy);
    FUZZ_REQUIRE(status <= CAMSEAL_OK && status != CAMSEAL_E_BUG);
    if (status == CAMSEAL_OK)
        FUZZ_REQUIRE(message->data >= plain &&
                     message->data + message->len <= plain + sizeof plain);
    else
        FUZZ_REQUIRE(message->len == 0);
    return status;
}

/* Under the right key, but with any inside: lengths, prefixes, random bytes. */
static void foreign_inside(spdm_session *s, camseal_span inside)
{
    static uint8_t record[ROOM + 64];
    camseal_span message;
    const camseal_spdm_binding *b = rec.binding;
    spdm_keys *keys = &s->keys[SPDM_DIR_REQ];
    size_t header = 4u + b->sequence_bytes + 2u, n = inside.len;
    if (n > MESSAGE_MAX)
        return;
    for (size_t i = 0; i < 4; i++)
        record[i] = (uint8_t)(rec.session_id >> 8 * i);
    for (size_t i = 0; i < b->sequence_bytes; i++)
        record[4 + i] = (uint8_t)(keys->sequence >> 8 * i);
    record[header - 2] = (uint8_t)(n + 16);
    record[header - 1] = (uint8_t)((n + 16) >> 8);
    uint8_t nonce[CAMSEAL_AEAD_IV_BYTES];
    memcpy(nonce, keys->iv, sizeof nonce);
    for (size_t i = 0; i < 8; i++)
        nonce[i] ^= (uint8_t)(keys->sequence >> 8 * i);
    (void)!rec.aead->seal(rec.crypto->user, camseal_span_of(keys->key, rec.aead->key_bytes), nonce,
                          camseal_span_of(record, header), inside, record + header,
                          record + header + n);
    uint64_t before = keys->sequence;
    camseal_status status =
        open_with(s, SPDM_ROLE_REQUESTER, camseal_span_of(record, header + n + 16), &message);
    FUZZ_REQUIRE(status != CAMSEAL_E_AUTH);
    FUZZ_REQUIRE(status != CAMSEAL_OK || keys->sequence == before + 1);
}

/* ---- a conversation ------------------------------------------------------------------------- */

/* A record on its way. */
typedef struct sent {
    uint8_t bytes[ROOM + 64], original[ROOM];
    size_t len, original_len, message_len;
    uint8_t message[MESSAGE_MAX];
    unsigned generation; /* of the key    */
    uint64_t sequence;
    bool opened;
} sent;

static sent kept[KEPT];
static unsigned n_sent;
static spdm_session ends[2]; /* who sends, who receives */
static unsigned generations[2], old_generation;
static bool dead;
static bool last_keys; /* the receiver gave up a key that it had used */

static void seal_one(input *in)
{
    sent *m = &kept[n_sent % KEPT];
    spdm_keys *keys = &ends[0].keys[SPDM_DIR_REQ];
    size_t lead = camseal_spdm_record_lead(rec.binding);
    m->message_len = take(in);
    for (size_t i = 0; i < m->message_len; i++)
        m->message[i] = (uint8_t)(i + n_sent);
    camseal_buf out = {m->bytes, 4u * take(in), 0};
    if (out.capacity == 0)
        out.capacity = ROOM;
    if (out.capacity > ROOM || out.capacity < lead + m->message_len)
        out.capacity = ROOM;
    memcpy(m->bytes + lead, m->message, m->message_len);
    m->sequence = keys->sequence;
    m->generation = generations[0];
    m->opened = false;
    camseal_status status = camseal_spdm_record_seal(&rec, keys, &out, m->message_len);
    m->len = m->original_len = out.len;
    memcpy(m->original, m->bytes, out.len);
    FUZZ_REQUIRE(out.len <= out.capacity && (status == CAMSEAL_OK) == (out.len > 0));
    FUZZ_REQUIRE(status == CAMSEAL_OK || status == CAMSEAL_E_SPACE || status == CAMSEAL_E_LIMIT);
    FUZZ_REQUIRE(status != CAMSEAL_E_LIMIT || keys->sequence == UINT64_MAX || rec.limit);
    n_sent += status == CAMSEAL_OK;
}

/* Padding of a data object is no change. */
static bool changed(const sent *m)
{
    size_t padding = rec.binding->inner == CAMSEAL_SPDM_INNER_NONE ? 3 : 0;
    return m->len < m->original_len || m->len - m->original_len > padding ||
           memcmp(m->bytes, m->original, m->original_len) != 0;
}

/* Each record opens once, in order, unchanged, under the key it was sealed with. What fails under
 * an unconfirmed key undoes the update, whether or not it opens under the old one. */
static void open_one(input *in)
{
    sent *m = &kept[take(in) % KEPT];
    camseal_span message;
    if (m->len == 0 || dead)
        return;
    const bool *old_kept = &ends[1].old[SPDM_DIR_REQ].kept;
    uint64_t expected = ends[1].keys[SPDM_DIR_REQ].sequence;
    bool next = !changed(m) && m->generation == generations[1] && m->sequence == expected;
    bool undone = *old_kept;
    camseal_status status =
        open_with(&ends[1], SPDM_ROLE_REQUESTER, camseal_span_of(m->bytes, m->len), &message);
    undone = undone && !*old_kept;
    if (undone) {
        generations[1] = old_generation;
        last_keys |= expected > 0;
    }
    dead = status != CAMSEAL_OK;
    if (dead) {
        FUZZ_REQUIRE(!next || status == CAMSEAL_E_LIMIT);
        return;
    }
    FUZZ_REQUIRE(!changed(m) && !m->opened && message.len == m->message_len);
    FUZZ_REQUIRE(memcmp(message.data, m->message, message.len) == 0);
    FUZZ_REQUIRE(m->generation == generations[1] && next != undone);
    m->opened = true;
}

static void change_one(input *in)
{
    sent *m = &kept[take(in) % KEPT];
    uint8_t how = take(in), at = take(in);
    if (m->len == 0)
        return;
    if (how == 0) {
        m->len = at < m->len ? at : m->len - 1;
    } else if (how == 1) {
        size_t n = 1u + at % 40u;
        memset(m->bytes + m->len, 0, n);
        m->len = m->len + n < ROOM ? m->len + n : ROOM;
    } else {
        m->bytes[at % m->len] ^= how;
    }
}

/* KEY_UPDATE is the last message that was sent: the receiver follows it first, then the sender, or
 * it gives up. */
static bool may_update(unsigned end)
{
    bool in_step = ends[0].keys[SPDM_DIR_REQ].sequence == ends[1].keys[SPDM_DIR_REQ].sequence;
    if (ends[end].old[SPDM_DIR_REQ].kept)
        return false;
    return end ? in_step && generations[0] == generations[1]
               : generations[1] == generations[0] + 1u;
}

/* A key that was used and given up is never derived again: its counter would start anew. */
static void refused_update(spdm_session *s)
{
    const spdm_keys before = s->keys[SPDM_DIR_REQ];
    FUZZ_REQUIRE(camseal_spdm_session_update(&schedule, s, SPDM_DIR_REQ) == CAMSEAL_E_STATE);
    FUZZ_REQUIRE(memcmp(&before, &s->keys[SPDM_DIR_REQ], sizeof before) == 0);
    FUZZ_REQUIRE(!s->old[SPDM_DIR_REQ].kept);
}

static void update(unsigned end)
{
    spdm_session *s = &ends[end];
    if (end && last_keys) {
        refused_update(s);
        return;
    }
    if (!may_update(end))
        return;
    if (end)
        old_generation = generations[1];
    FUZZ_REQUIRE(camseal_spdm_session_update(&schedule, s, SPDM_DIR_REQ) == CAMSEAL_OK);
    FUZZ_REQUIRE(s->keys[SPDM_DIR_REQ].sequence == 0);
    generations[end]++;
}

static void converse(input *in)
{
    memset(kept, 0, sizeof kept);
    memset(generations, 0, sizeof generations);
    n_sent = 0;
    dead = last_keys = false;
    ends[1] = ends[0];
    for (unsigned i = 0; in->left && i < 64; i++) {
        uint8_t what = take(in);
        switch (what % 7) {
        case 0:
            seal_one(in);
            break;
        case 1:
            open_one(in);
            break;
        case 2:
            change_one(in);
            break;
        case 3:
        case 4:
            update(what % 7 - 3u);
            break;
        default:
            camseal_spdm_session_confirm(&ends[what % 7 - 5u]);
            break;
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void begin_session(spdm_session *s, uint8_t where)
{
    static const uint64_t starts[8] = {
        0, 1, 0xFFFE, 0x10000, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX};
    memset(s, 0, sizeof *s);
    s->state = SPDM_SESSION_ESTABLISHED;
    s->id = rec.session_id;
    memset(s->secrets.traffic, 0x5A, sizeof s->secrets.traffic);
    for (size_t i = 0; i < 2; i++) {
        FUZZ_REQUIRE(camseal_spdm_ks_keys(&schedule, s->secrets.traffic[i], &s->keys[i]) ==
                     CAMSEAL_OK);
        s->keys[i].sequence = starts[where & 7u];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    uint8_t link = take(&in), terms = take(&in), way = take(&in);
    const camseal_crypto *crypto = camseal_openssl();
    rec = (spdm_record){crypto, camseal_crypto_aead(crypto, (camseal_aead_id)(1 + link / 4 % 3)),
                        bindings[link % 4], 0x12345678, terms >> 4};
    schedule =
        (spdm_schedule){crypto, camseal_crypto_hash(crypto, (camseal_hash_id)(1 + terms % 4 % 3)),
                        rec.aead, (uint8_t)(0x12 + terms / 4 % 4 % 3)};
    begin_session(&ends[0], way);
    camseal_span message, rest = camseal_span_of(in.at, in.left);
    uint32_t id = 0;
    switch (way / 8 % 4) {
    case 0:
        (void)!camseal_spdm_record_session(rest, &id);
        if (rest.len <= ROOM)
            (void)!open_with(&ends[0], SPDM_ROLE_REQUESTER, rest, &message);
        break;
    case 1:
        foreign_inside(&ends[0], rest);
        break;
    default:
        converse(&in);
        break;
    }
    return 0;
}
