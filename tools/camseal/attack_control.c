/* Attacks on SPDM messages above their framing. Offsets are those of the messages (DSP0274). */
#include "attack_kinds.h"

#include <string.h>

#include "base/load.h"
#include "camseal/transport.h"

enum { SPDM_HEADER = 4 };

static void send(attack *a, const attack_message *m, uint8_t *data, size_t len)
{
    attack_message out = *m;
    out.bytes = camseal_mspan_of(data, len);
    attack_pass_message(a, &out);
}

/* Flips a bit at `offset`, or anywhere from `from` on. */
static void flip_from(attack *a, attack_message *m, const char *name, uint32_t index, size_t from)
{
    size_t len = m->bytes.len;
    if (len > from || a->values[KEY_OFFSET].given) {
        size_t at = a->values[KEY_OFFSET].given ? (size_t)a->values[KEY_OFFSET].first % len
                                                : from + (size_t)(attack_random(a) % (len - from));
        unsigned bit = (unsigned)(attack_number(a, KEY_BIT, attack_random(a)) & 7u);
        m->bytes.data[at] = (uint8_t)(m->bytes.data[at] ^ 1u << bit);
        attack_note_message(a, m, name, index, at, 1, "bit %u of byte %zu flipped", bit, at);
    }
    attack_pass_message(a, m);
}

static void spdm_flip(attack *a, attack_message *m, const char *name, uint32_t index)
{
    flip_from(a, m, name, index, SPDM_HEADER);
}

/* The session id (4 bytes) and the length (2) stay: the ciphertext is hit. */
static void spdm_record_flip(attack *a, attack_message *m, const char *name, uint32_t index)
{
    flip_from(a, m, name, index, 6);
}

/* A certificate's bytes: after header, PortionLength and RemainderLength. */
static void spdm_cert(attack *a, attack_message *m, const char *name, uint32_t index)
{
    enum { CHAIN_AT = 8 };
    if (m->bytes.len > CHAIN_AT) {
        size_t room = m->bytes.len - CHAIN_AT, bytes = (size_t)attack_number(a, KEY_BYTES, 1);
        size_t at = CHAIN_AT + (size_t)(attack_number(a, KEY_OFFSET, attack_random(a)) % room);
        bytes = bytes > m->bytes.len - at ? m->bytes.len - at : bytes;
        for (size_t i = 0; i < bytes; i++)
            m->bytes.data[at + i] = (uint8_t)~m->bytes.data[at + i];
        attack_note_message(a, m, name, index, at, bytes, "%zu bytes of the chain substituted",
                            bytes);
    }
    attack_pass_message(a, m);
}

static void spdm_drop(attack *a, attack_message *m, const char *name, uint32_t index)
{
    attack_note_message(a, m, name, index, 0, m->bytes.len, "dropped");
}

static void spdm_repeat(attack *a, attack_message *m, const char *name, uint32_t index)
{
    attack_note_message(a, m, name, index, 0, m->bytes.len, "sent twice");
    uint8_t *copy = attack_borrow(a, m->bytes.len);
    if (copy) {
        memcpy(copy, m->bytes.data, m->bytes.len);
        send(a, m, copy, m->bytes.len);
    }
    attack_pass_message(a, m);
}

/* Keeps the first such message that it sees; in later connections it comes instead of theirs. */
static void spdm_replay(attack *a, attack_message *m, const char *name, uint32_t index)
{
    attack_packet kept = {0};
    kept.v.bytes = m->bytes;
    kept.frame = m->connection;
    if (a->messages.n == 0) {
        (void)packet_list_add(a, &a->messages, &kept);
    } else if (a->messages.items[0].frame != m->connection) {
        camseal_mspan old = a->messages.items[0].v.bytes;
        uint8_t *copy = attack_borrow(a, old.len);
        attack_note_message(a, m, name, index, 0, old.len, "that of connection %u instead",
                            a->messages.items[0].frame);
        if (copy) {
            memcpy(copy, old.data, old.len);
            send(a, m, copy, old.len);
        }
        return;
    }
    attack_pass_message(a, m);
}

static void spdm_truncate(attack *a, attack_message *m, const char *name, uint32_t index)
{
    size_t len = m->bytes.len, cut = (size_t)attack_number(a, KEY_BYTES, len / 2);
    cut = cut < len ? cut : len - 1;
    attack_note_message(a, m, name, index, len - cut, cut, "last %zu bytes cut off", cut);
    send(a, m, m->bytes.data, len - cut);
}

/* VERSION offers one old version only: count at 5, entries from 6. */
static void spdm_version(attack *a, attack_message *m, const char *name, uint32_t index)
{
    enum { COUNT_AT = 5, ENTRIES_AT = 6 };
    if (m->bytes.len < ENTRIES_AT + 2) {
        attack_pass_message(a, m);
        return;
    }
    uint16_t version = (uint16_t)attack_number(a, KEY_TO, 0x1000);
    m->bytes.data[COUNT_AT] = 1;
    camseal_store_le16(m->bytes.data + ENTRIES_AT, version);
    attack_note_message(a, m, name, index, COUNT_AT, 3, "only version 0x%04X offered", version);
    send(a, m, m->bytes.data, ENTRIES_AT + 2);
}

/* Flags are at 8 in both messages; encryption and MAC vanish unless told otherwise. */
static void spdm_caps(attack *a, attack_message *m, const char *name, uint32_t index)
{
    enum { FLAGS_AT = 8, ENCRYPT_AND_MAC = 0xC0 };
    if (m->bytes.len >= FLAGS_AT + 4) {
        uint32_t before = camseal_load_le32(m->bytes.data + FLAGS_AT);
        uint32_t after = before & ~(uint32_t)attack_number(a, KEY_CLEAR, ENCRYPT_AND_MAC);
        camseal_store_le32(m->bytes.data + FLAGS_AT, after);
        attack_note_message(a, m, name, index, FLAGS_AT, 4, "flags 0x%08X -> 0x%08X", before,
                            after);
    }
    attack_pass_message(a, m);
}

/* Where ALGORITHMS holds a selection: fixed places, and tables {type, count, u16} from 36 on. 0:
 * not there. */
static size_t selection_at(const attack *a, camseal_span m)
{
    enum { ASYM_AT = 12, HASH_AT = 16, TABLES_AT = 36, DHE = 2, AEAD = 3 };
    if (attack_word(a, KEY_FIELD, "asym"))
        return ASYM_AT;
    bool dhe = attack_word(a, KEY_FIELD, "dhe");
    if (!dhe && !attack_word(a, KEY_FIELD, "aead"))
        return HASH_AT;
    for (size_t at = TABLES_AT; at + 4 <= m.len; at += 4)
        if (m.data[at] == (dhe ? DHE : AEAD))
            return at + 2;
    return 0;
}

/* The other algorithm of the same kind: of our two sets, whichever it is not. */
static uint16_t other_choice(const attack *a, uint16_t chosen)
{
    static const struct {
        const char *field;
        uint16_t one, two;
    } pairs[] = {{"asym", 0x10, 0x80}, {"dhe", 0x08, 0x10}, {"aead", 1, 2}, {"hash", 1, 2}};
    size_t i = 0;
    while (i < 3 && !attack_word(a, KEY_FIELD, pairs[i].field))
        i++;
    return chosen == pairs[i].one ? pairs[i].two : pairs[i].one;
}

static void spdm_algs(attack *a, attack_message *m, const char *name, uint32_t index)
{
    size_t at = selection_at(a, camseal_span_of(m->bytes.data, m->bytes.len));
    if (at && at + 2 <= m->bytes.len) {
        uint16_t before = camseal_load_le16(m->bytes.data + at);
        uint16_t after = (uint16_t)attack_number(a, KEY_TO, other_choice(a, before));
        camseal_store_le16(m->bytes.data + at, after);
        attack_note_message(a, m, name, index, at, 2, "%s 0x%04X -> 0x%04X",
                            a->values[KEY_FIELD].given ? a->values[KEY_FIELD].word : "hash", before,
                            after);
    }
    attack_pass_message(a, m);
}

static void spdm_garbage(attack *a, attack_message *m, const char *name, uint32_t index)
{
    size_t len = (size_t)attack_number(a, KEY_BYTES, m->bytes.len);
    len = len == 0 ? 1 : len > 65533 ? 65533 : len; /* what a frame of DSP0287 holds */
    uint8_t *noise = attack_borrow(a, len);
    attack_note_message(a, m, name, index, 0, len, "%zu random bytes instead", len);
    if (!noise)
        return;
    for (size_t i = 0; i < len; i++)
        noise[i] = (uint8_t)attack_random(a);
    send(a, m, noise, len);
}

#define WHICH "connection message dir times"

const attack_kind attack_control_kinds[] = {
    {"spdm-flip", WHICH " offset bit", "flips a bit of a message", UNIT_MESSAGE, false, NULL, NULL,
     spdm_flip, "KEY_EXCHANGE_RSP", NULL},
    {"spdm-record-flip", WHICH " offset bit", "flips a bit of a secured record", UNIT_MESSAGE,
     false, NULL, NULL, spdm_record_flip, "SECURED", NULL},
    {"spdm-cert", WHICH " offset bytes", "substitutes bytes of the certificate chain", UNIT_MESSAGE,
     false, NULL, NULL, spdm_cert, "CERTIFICATE", NULL},
    {"spdm-drop", WHICH, "drops a message", UNIT_MESSAGE, false, NULL, NULL, spdm_drop,
     "CERTIFICATE", NULL},
    {"spdm-repeat", WHICH, "sends a message twice", UNIT_MESSAGE, false, NULL, NULL, spdm_repeat,
     "DIGESTS", NULL},
    {"spdm-replay", WHICH, "puts a message of an earlier connection in place", UNIT_MESSAGE, false,
     NULL, NULL, spdm_replay, "KEY_EXCHANGE_RSP", NULL},
    {"spdm-truncate", WHICH " bytes", "cuts the end off a message", UNIT_MESSAGE, false, NULL, NULL,
     spdm_truncate, "CERTIFICATE", NULL},
    {"spdm-version", WHICH " to", "offers only an old version", UNIT_MESSAGE, false, NULL, NULL,
     spdm_version, "VERSION", NULL},
    {"spdm-caps", WHICH " clear", "clears capability flags", UNIT_MESSAGE, false, NULL, NULL,
     spdm_caps, "CAPABILITIES", NULL},
    {"spdm-algs", WHICH " field to", "changes a selected algorithm (field=hash, asym, dhe, aead)",
     UNIT_MESSAGE, false, NULL, NULL, spdm_algs, "ALGORITHMS", "hash asym dhe aead"},
    {"spdm-garbage", WHICH " bytes", "random bytes in place of a message", UNIT_MESSAGE, false,
     NULL, NULL, spdm_garbage, "CERTIFICATE", NULL},
    {NULL, NULL, NULL, UNIT_MESSAGE, false, NULL, NULL, NULL, NULL, NULL},
};
