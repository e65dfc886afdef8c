/* A sink and a source of one fixed context for the SEP fuzz targets. */
#ifndef CAMSEAL_FUZZ_SEP_RIG_H
#define CAMSEAL_FUZZ_SEP_RIG_H

#include <string.h>

#include "base/load.h"
#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "cse/sink.h"
#include "fuzz.h"

enum { RIG_RECORDS = 64, RIG_MEMORY = 65536, RIG_KINDS = 12, RIG_HOLD = 16 };

typedef struct rig {
    _Alignas(64) uint8_t ctx_mem[8192];
    _Alignas(64) uint8_t engine_mem[16384];
    camseal_record records[RIG_RECORDS];
    camseal_record_ring ring;
    camseal_context *ctx;
    camseal_source *source;
    camseal_sink *sink;
    camseal_worker *worker;
    _Alignas(64) uint8_t worker_mem[RIG_MEMORY]; /* last: see rig_copy */
} rig;

static const camseal_stream_map rig_streams[] = {
    {0, 0x2C, 5, false, 0x2C}, {0, 0x12, 5, true, 0x12}, {1, 0x2C, 6, false, 0x2C}};

static const camseal_slot_map rig_slots[] = {
    {5, 3, 0x2C}, {5, 2, 0x12}, {5, 4, 0x12}, {6, 3, 0x2C}};

/* One of RIG_KINDS contexts: every suite, one that allows untagged frames, then tags per data type
 * and per frame, early and held. */
static camseal_context_config rig_config(unsigned kind, uint8_t role)
{
    static const uint8_t suites[RIG_KINDS] = {0x01, 0x02, 0x11, 0x12, 0x21, 0x22,
                                              0x00, 0x01, 0x01, 0x21, 0x11, 0x22};
    camseal_context_config c = {.struct_size = sizeof c,
                                .bulk = camseal_bulk_soft(),
                                .crypto = camseal_openssl(),
                                .ctx_id = 9,
                                .role = role,
                                .protocol = CAMSEAL_PROTOCOL_SEP,
                                .suite = suites[kind % RIG_KINDS],
                                .tag_mode = CAMSEAL_TAG_MESSAGE,
                                .streams = rig_streams,
                                .n_streams = 3};
    for (size_t i = 0; i < 3; i++) {
        c.sv_current[i] = c.suite >= 0x20 ? 1 : 2;
        c.sv_allowed[i] = (uint8_t)(1u << (c.sv_current[i] - 1));
    }
    if (c.suite == 0x02) { /* some coverage by bytes */
        c.sv_current[1] = 4;
        c.sv_allowed[1] = 1u << 3;
        c.stride = (camseal_stride){2, 1, 2, 3};
    }
    if (kind % RIG_KINDS >= 8) {
        c.tag_mode = kind % 2 ? CAMSEAL_TAG_FRAME : CAMSEAL_TAG_DATA_TYPE;
        c.hold = kind % RIG_KINDS >= 10 ? RIG_HOLD : 0;
        c.slots = kind % 2 ? NULL : rig_slots;
        c.n_slots = kind % 2 ? 0 : 4;
        return c;
    }
    if (kind % RIG_KINDS >= 6)
        c.allow_unverified = true;
    if (kind % RIG_KINDS == 7)
        c.sv_allowed[0] = c.sv_allowed[1] = c.sv_allowed[2] = 1u << 4 | 2u;
    if (c.suite == 0) {
        c.tag_mode = CAMSEAL_TAG_NONE;
        memset(c.sv_current, 5, 3);
        memset(c.sv_allowed, 1u << 4, 3);
    }
    return c;
}

static void rig_init(rig *r, unsigned kind, uint8_t role, unsigned lanes)
{
    static const uint8_t crk[32] = {0x42};
    const camseal_context_config config = rig_config(kind, role);
    r->ring = (camseal_record_ring){r->records, RIG_RECORDS, 0, 0};
    FUZZ_REQUIRE(camseal_context_init(&r->ctx, r->ctx_mem, sizeof r->ctx_mem, &config) ==
                 CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_worker_init(&r->worker, r->worker_mem, sizeof r->worker_mem, lanes) ==
                 CAMSEAL_OK);
    if (config.suite)
        FUZZ_REQUIRE(camseal_context_load_crk(r->ctx, crk, 14, NULL, 0) == CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_context_activate(r->ctx, 0) == CAMSEAL_OK);
    if (role == CAMSEAL_ROLE_SOURCE)
        FUZZ_REQUIRE(camseal_source_init(&r->source, r->engine_mem, sizeof r->engine_mem, r->ctx) ==
                     CAMSEAL_OK);
    else
        FUZZ_REQUIRE(camseal_sink_init(&r->sink, r->engine_mem, sizeof r->engine_mem, r->ctx,
                                       &r->ring) == CAMSEAL_OK);
}

/* Back to a state that was saved from the same object: deriving keys takes longer than feeding
 * packets. */
static inline void rig_copy(rig *to, const rig *from)
{
    memcpy(to, from, offsetof(rig, worker_mem));
}

/* Makes CRC-32, CRC-16 and word count right, as an attacker would. */
static void rig_reseal(const rig *r, uint8_t *packet, size_t len)
{
    if (len < 26)
        return;
    const size_t payload = len - 6;
    FUZZ_REQUIRE(camseal_csi2_header(packet, packet[0] >> 6, 0x37, (uint16_t)payload) ==
                 CAMSEAL_OK);
    camseal_store_le32(packet + len - 6, r->ctx->crc32(0, packet + 4, payload - 4));
    camseal_store_le16(packet + len - 2, r->ctx->bulk->crc16(0xFFFF, packet + 4, payload));
}

#endif
