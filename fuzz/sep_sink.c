/* SEP sink under a bridge that the fuzzer drives: it may send our source's packets in any order,
 * changed or not, and packets of its own. Nothing is released as verified unless our source made
 * it, nothing is released twice, and a batch gives the records that the packets give one by one. */
#include <stdbool.h>

#include "sep_rig.h"

enum { GENUINE = 12, PACKET = 160, PACKETS = 48, HEARD = 1024 };

typedef struct packet {
    uint8_t bytes[PACKET];
    size_t len;
} packet;

typedef struct genuine {
    packet p;
    uint8_t plain[40];
    size_t plain_len;
    uint64_t frame_count;
    uint32_t message_count;
    uint8_t evc;
    bool released;
} genuine;

static rig source, one, many;
static genuine made[GENUINE];
static packet sent[2][PACKETS];
static camseal_record heard[HEARD];
static struct {
    bool ready;
    rig one, many;
    genuine made[GENUINE];
} saved[RIG_KINDS];

/* Two frames of five messages on one eVC and one of two on the other, packed for sending. */
static void make(unsigned kind)
{
    rig_init(&source, kind, CAMSEAL_ROLE_SOURCE, 1);
    for (size_t i = 0; i < GENUINE; i++) {
        const size_t line = i < 10 ? i % 5 : i - 10, last = i < 10 ? 4 : 1;
        genuine *g = &made[i];
        uint8_t data[sizeof g->plain];
        size_t done;
        g->released = false;
        g->plain_len = 8 + 5 * line;
        memset(g->plain, (int)(17 * i + 1), g->plain_len);
        memcpy(data, g->plain, g->plain_len);
        camseal_source_item item = {.source = source.source,
                                    .wire_vc = i < 10 ? 0 : 1,
                                    .wire_dt = i < 10 && line % 4 == 0 ? 0x12 : 0x2C,
                                    .data = {data, g->plain_len}};
        item.flags = (line == 0 ? CAMSEAL_SOURCE_SOF : 0) | (line == last ? CAMSEAL_SOURCE_EOF : 0);
        if (source.ctx->n_slots && i < 10 && (line == 0 || line == 3))
            item.flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
        FUZZ_REQUIRE(camseal_source_feed(source.worker, &item, 1, &done) == CAMSEAL_OK);
        g->p.len = 0;
        for (size_t k = 0; k < 3; k++) {
            memcpy(g->p.bytes + g->p.len, item.spans[k].data, item.spans[k].len);
            g->p.len += item.spans[k].len;
        }
        g->frame_count = item.frame_count;
        g->message_count = item.message_count;
        g->evc = g->p.bytes[5];
    }
}

static size_t take(const uint8_t **data, size_t *size, void *out, size_t n)
{
    if (n > *size)
        n = *size;
    memcpy(out, *data, n);
    *data += n;
    *size -= n;
    return n;
}

static uint8_t take_byte(const uint8_t **data, size_t *size)
{
    uint8_t b = 0;
    take(data, size, &b, 1);
    return b;
}

/* One step of the bridge: a packet of ours, perhaps with a few bytes changed, or one of its own. */
static packet step(const uint8_t **data, size_t *size)
{
    const uint8_t op = take_byte(data, size);
    packet p = {{0}, 0};
    if (op & 0x80) {
        p.len = take(data, size, p.bytes, (op & 0x1F) * 5u);
    } else {
        p = made[(op & 0x0F) % GENUINE].p;
        for (unsigned n = op >> 4 & 3; n > 0; n--) {
            uint8_t where = take_byte(data, size);
            p.bytes[where % p.len] ^= take_byte(data, size);
        }
        if ((op & 0x0F) >= GENUINE)
            p.len -= take_byte(data, size) % p.len;
    }
    if (op & 0x40)
        rig_reseal(&one, p.bytes, p.len);
    return p;
}

/* Whatever is OK was made by us, has its plaintext, and comes once. */
static void judge(const camseal_record *r)
{
    if (r->kind != CAMSEAL_RECORD_MESSAGE || r->verdict > CAMSEAL_VERDICT_OK_PARTIAL)
        return;
    for (size_t i = 0; i < GENUINE; i++) {
        genuine *g = &made[i];
        if (g->evc != r->evc || g->frame_count != r->frame_count ||
            g->message_count != r->message_count)
            continue;
        FUZZ_REQUIRE(!g->released);
        g->released = true;
        FUZZ_REQUIRE(r->data.len == g->plain_len);
        /* with coverage by bytes the rest may differ: that is what OK_PARTIAL says */
        if (r->verdict == CAMSEAL_VERDICT_OK)
            FUZZ_REQUIRE(memcmp(r->data.data, g->plain, g->plain_len) == 0);
        return;
    }
    abort();
}

static void same(camseal_record a, camseal_record b)
{
    FUZZ_REQUIRE(a.data.len == b.data.len);
    if (a.data.len)
        FUZZ_REQUIRE(memcmp(a.data.data, b.data.data, a.data.len) == 0);
    a.data.data = b.data.data = NULL;
    FUZZ_REQUIRE(memcmp(&a, &b, sizeof a) == 0);
}

/* Everything that `many` says, fed as much at a time as it takes. */
static size_t feed_many(size_t packets)
{
    camseal_sink_item items[PACKETS];
    size_t n = 0, at = 0;
    for (size_t i = 0; i < packets; i++)
        items[i] = (camseal_sink_item){many.sink, {sent[1][i].bytes, sent[1][i].len}, i + 1, 0};
    for (bool due = true; at < packets || due;) {
        size_t taken = 0;
        camseal_status status = camseal_sink_feed(many.worker, items + at, packets - at, 0, &taken);
        if (at == packets)
            status = camseal_sink_flush(many.sink, 0, NULL);
        FUZZ_REQUIRE(status == CAMSEAL_OK || (status == CAMSEAL_E_SPACE && many.ring.count));
        at += taken;
        due = status != CAMSEAL_OK || taken > 0;
        while (camseal_record_take(&many.ring, &heard[n]))
            FUZZ_REQUIRE(++n < HEARD);
    }
    return n;
}

/* One packet at a time gives the same records in the same order. */
static void compare(size_t packets)
{
    const size_t n = feed_many(packets);
    size_t k = 0;
    for (size_t i = 0; i < packets; i++) {
        size_t taken = 0, own = 0;
        camseal_record a;
        camseal_sink_item item = {one.sink, {sent[0][i].bytes, sent[0][i].len}, i + 1, 0};
        FUZZ_REQUIRE(camseal_sink_feed(one.worker, &item, 1, 0, &taken) == CAMSEAL_OK &&
                     taken == 1);
        for (; camseal_record_take(&one.ring, &a); judge(&a)) {
            FUZZ_REQUIRE(k < n);
            same(a, heard[k++]);
            own += a.kind == CAMSEAL_RECORD_MESSAGE || a.kind == CAMSEAL_RECORD_PLAIN;
        }
        FUZZ_REQUIRE(own == 1 || one.ctx->hold);
    }
    FUZZ_REQUIRE(k == n);
}

static void set_up(unsigned kind, unsigned lanes)
{
    if (!saved[kind].ready) {
        make(kind);
        rig_init(&one, kind, CAMSEAL_ROLE_SINK, 1);
        rig_init(&many, kind, CAMSEAL_ROLE_SINK, 1);
        rig_copy(&saved[kind].one, &one);
        rig_copy(&saved[kind].many, &many);
        memcpy(saved[kind].made, made, sizeof made);
        saved[kind].ready = true;
    }
    rig_copy(&one, &saved[kind].one);
    rig_copy(&many, &saved[kind].many);
    memcpy(made, saved[kind].made, sizeof made);
    FUZZ_REQUIRE(camseal_worker_init(&one.worker, one.worker_mem, RIG_MEMORY, 1) == CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_worker_init(&many.worker, many.worker_mem, RIG_MEMORY, lanes) ==
                 CAMSEAL_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t packets = 0;
    const unsigned kind = take_byte(&data, &size);
    set_up(kind % RIG_KINDS, 1 + kind / RIG_KINDS);
    while (size && packets < PACKETS) {
        sent[0][packets] = step(&data, &size);
        sent[1][packets] = sent[0][packets];
        packets++;
    }
    compare(packets);
    FUZZ_REQUIRE(camseal_sink_close(one.sink, 0) == CAMSEAL_OK);
    return 0;
}
