/* The smallest sink: one context, one packet, one verdict.
 *
 * A real receiver gets the 32 key bytes over its SPDM session and calls camseal_context_load();
 * here the key and the packet are the published test vector of the wire format (docs/wire-format.md
 * §12), so that the program checks itself. All memory is the caller's; this example simply takes it
 * from static arrays.
 */
#include <stdio.h>
#include <string.h>

#include <camseal/openssl.h>
#include <camseal/stream.h>

static CAMSEAL_ALIGNED(CAMSEAL_BULK_KEY_ALIGN) uint8_t context_memory[8192];
static CAMSEAL_ALIGNED(64) uint8_t sink_memory[16384];
static CAMSEAL_ALIGNED(64) uint8_t worker_memory[16384];
static camseal_record records[16];

/* Context 1, suite PERF-128-IE, eVC 3, RAW12, frame 5, message 7: 24 encrypted bytes. */
static const char packet_hex[] =
    "373c000e71032c000700008b05000000180001107c27b0ce3f23f6439a0e8d0c98bcb3c2"
    "37078a0a9175f0d501ca57de26bad798465c87ea9d30f998675301dc8799";

static size_t from_hex(uint8_t *out, const char *hex)
{
    size_t n = 0;
    unsigned value = 0;
    for (; sscanf(hex + 2 * n, "%2x", &value) == 1; n++)
        out[n] = (uint8_t)value;
    return n;
}

int main(void)
{
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    if (camseal_bulk_selftest(bulk) != CAMSEAL_OK)
        return 5;

    const camseal_stream_map stream = {
        .wire_vc = 0, .wire_dt = CAMSEAL_CSI2_RAW12, .evc = 3, .edt = CAMSEAL_CSI2_RAW12};
    const camseal_context_config config = {
        .struct_size = sizeof config,
        .bulk = bulk,
        .crypto = camseal_openssl(),
        .ctx_id = 1,
        .role = CAMSEAL_ROLE_SINK,
        .protocol = CAMSEAL_PROTOCOL_SEP,
        .suite = CAMSEAL_SUITE_PERF_128_IE,
        .tag_mode = CAMSEAL_TAG_MESSAGE,
        .sv_allowed = {1, 1, 1},
        .sv_current = {1, 1, 1},
        .streams = &stream,
        .n_streams = 1,
    };
    uint8_t root_key[32];
    for (uint8_t i = 0; i < sizeof root_key; i++)
        root_key[i] = i;

    camseal_context *context = NULL;
    camseal_sink *sink = NULL;
    camseal_worker *worker = NULL;
    camseal_record_ring ring = {.records = records, .capacity = 16};
    camseal_status status =
        camseal_context_init(&context, context_memory, sizeof context_memory, &config);
    if (status == CAMSEAL_OK)
        status = camseal_context_load_crk(context, root_key, 0, NULL, 0);
    if (status == CAMSEAL_OK)
        status = camseal_context_activate(context, 0);
    if (status == CAMSEAL_OK)
        status = camseal_sink_init(&sink, sink_memory, sizeof sink_memory, context, &ring);
    if (status == CAMSEAL_OK)
        status = camseal_worker_init(&worker, worker_memory, sizeof worker_memory, 1);
    if (status != CAMSEAL_OK) {
        fprintf(stderr, "minimal_sink: %s\n", camseal_status_text(status));
        return camseal_status_exit_code(status);
    }

    uint8_t packet[128];
    size_t taken = 0;
    const camseal_sink_item item = {.sink = sink, .packet = {packet, from_hex(packet, packet_hex)}};
    status = camseal_sink_feed(worker, &item, 1, 0, &taken);
    if (status == CAMSEAL_OK)
        status = camseal_sink_flush(sink, 0, NULL);

    int good = 0;
    camseal_record record;
    while (camseal_record_take(&ring, &record)) {
        if (record.kind != CAMSEAL_RECORD_MESSAGE)
            continue; /* frames that closed, events, packets outside protection */
        printf("frame %llu message %u: %s\n", (unsigned long long)record.frame_count,
               record.message_count, camseal_verdict_name(record.verdict));
        if (record.verdict == CAMSEAL_VERDICT_OK && record.data.len == 24) {
            good = 1;
            for (size_t i = 0; i < record.data.len; i++)
                good &=
                    record.data.data[i] == i; /* the plaintext of the vector is 00 01 02 ... 17 */
        }
    }
    camseal_sink_wipe(sink);
    camseal_context_wipe(context);
    return status == CAMSEAL_OK && good ? 0 : 1;
}
