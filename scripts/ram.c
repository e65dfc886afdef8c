/* Prints the memory that each object of the core asks its caller for. Run by scripts/size. */
#include <stdio.h>

#include "camseal/context.h"
#include "camseal/spdm.h"
#include "camseal/ssm.h"
#include "camseal/stream.h"

static void row(const char *what, size_t bytes)
{
    printf("  %-58s %7lu\n", what, (unsigned long)bytes);
}

/* Sizes depend on the shape of a configuration, not on what its provider can do. */
static const camseal_hash sha256 = {.id = CAMSEAL_HASH_SHA256, .digest_bytes = 32};
static const camseal_crypto crypto = {.abi = CAMSEAL_CRYPTO_ABI, .hashes = &sha256, .n_hashes = 1};
static const camseal_spdm_identity identity = {.sign = CAMSEAL_SIGN_ECDSA_P256};
static const camseal_span anchor = {(const uint8_t *)"x", 1};

int main(void)
{
    static CAMSEAL_ALIGNED(CAMSEAL_BULK_KEY_ALIGN) uint8_t memory[16384];
    const camseal_stream_map streams[2] = {{0, 0x2C, 0, 0, 0x2C}, {0, 0x12, 0, 1, 0x12}};
    camseal_context_config config = {.struct_size = sizeof config};
    config.bulk = camseal_bulk_soft();
    config.crypto = &crypto;
    config.ctx_id = 1;
    config.role = CAMSEAL_ROLE_SOURCE;
    config.protocol = CAMSEAL_PROTOCOL_SEP;
    config.suite = CAMSEAL_SUITE_EFF_128;
    config.tag_mode = CAMSEAL_TAG_MESSAGE;
    config.streams = streams;
    config.n_streams = 2;
    for (int i = 0; i < 3; i++) {
        config.sv_allowed[i] = 2;
        config.sv_current[i] = 2;
    }
    row("security context, EFF-128, one channel, portable crypto", camseal_context_size(&config));
    config.suite = CAMSEAL_SUITE_PERF_256_IE;
    row("security context, PERF-256-IE, one channel, portable crypto",
        camseal_context_size(&config));
    camseal_context *ctx = NULL;
    if (camseal_context_init(&ctx, memory, sizeof memory, &config) == CAMSEAL_OK) {
        row("source", camseal_source_size(ctx));
        camseal_context_wipe(ctx);
    }
    config.role = CAMSEAL_ROLE_SINK;
    if (camseal_context_init(&ctx, memory, sizeof memory, &config) == CAMSEAL_OK) {
        row("sink", camseal_sink_size(ctx));
        camseal_context_wipe(ctx);
    }
    row("worker, 1 lane", camseal_worker_size(1));
    row("worker, 16 lanes", camseal_worker_size(16));
    row("verdict record", sizeof(camseal_record));

    camseal_spdm_responder_config responder = {.struct_size = sizeof responder};
    responder.crypto = &crypto;
    responder.binding = &camseal_spdm_binding_mctp;
    responder.identities = &identity;
    responder.n_identities = 1;
    responder.max_message = 2048;
    responder.max_sessions = 1;
    row("SPDM responder, 1 session, 2048-byte messages", camseal_spdm_responder_size(&responder));
    camseal_spdm_requester_config requester = {.struct_size = sizeof requester};
    requester.crypto = &crypto;
    requester.binding = &camseal_spdm_binding_mctp;
    requester.anchors = &anchor;
    requester.n_anchors = 1;
    requester.max_message = 2048;
    requester.max_chain = 2048;
    requester.max_sessions = 1;
    row("SPDM requester, 1 session, 2048-byte messages and chain",
        camseal_spdm_requester_size(&requester));
    const camseal_ssm_component_config component = {.struct_size = sizeof component,
                                                    .max_contexts = 1};
    row("management component, 1 context", camseal_ssm_component_size(&component));
    return 0;
}
