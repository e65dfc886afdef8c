/* Bits and places of CCISE units (OP1 §7). Numbers are big-endian, like those of CCI. */
#include "ccise/format.h"

#include <string.h>

#include "base/load.h"

enum { VERSION = 1, NONCE_COMMAND = 0x30, NONCE_RESPONSE = 0x31 };

static bool length_fits(const camseal_priv_ccise_header *h)
{
    if (h->length < 1 || h->length > CAMSEAL_PRIV_CCISE_DATA_MAX)
        return false;
    if (h->code != CAMSEAL_PRIV_CCISE_OK)
        return h->length == 1;
    return h->op != CAMSEAL_PRIV_CCISE_SECURE_STATUS ||
           h->length == CAMSEAL_PRIV_CCISE_STATUS_BYTES;
}

camseal_status camseal_priv_ccise_header_check(const camseal_priv_ccise_header *h, uint16_t index)
{
    const bool write = h->op == CAMSEAL_PRIV_CCISE_WRITE;
    const bool status = h->op == CAMSEAL_PRIV_CCISE_SECURE_STATUS;
    if (h->op > CAMSEAL_PRIV_CCISE_SECURE_STATUS || h->code > CAMSEAL_PRIV_CCISE_INTERNAL)
        return CAMSEAL_E_FORMAT;
    if (h->response ? write : h->code != CAMSEAL_PRIV_CCISE_OK)
        return CAMSEAL_E_FORMAT;
    if (status && index != CAMSEAL_PRIV_CCISE_STATUS_INDEX)
        return CAMSEAL_E_FORMAT;
    return length_fits(h) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_priv_ccise_header_pack(uint8_t out[CAMSEAL_PRIV_CCISE_HEADER_BYTES],
                                    const camseal_priv_ccise_header *h)
{
    const unsigned flags = (h->enc ? 2u : 0u) | (h->response ? 1u : 0u);
    out[0] = (uint8_t)(VERSION << 4 | (h->op & 3u) << 2 | flags);
    out[1] = h->ctx_id;
    out[2] = (uint8_t)((h->epoch & 15u) << 4 | (h->code & 15u));
    out[3] = (uint8_t)(h->length - 1u);
    camseal_store_be32(out + 4, h->counter_low);
}

camseal_status camseal_priv_ccise_header_unpack(camseal_priv_ccise_header *out,
                                                const uint8_t in[CAMSEAL_PRIV_CCISE_HEADER_BYTES])
{
    if (in[0] >> 4 != VERSION)
        return CAMSEAL_E_VERSION;
    *out = (camseal_priv_ccise_header){
        .op = (uint8_t)(in[0] >> 2 & 3),
        .enc = (in[0] & 2) != 0,
        .response = (in[0] & 1) != 0,
        .ctx_id = in[1],
        .epoch = (uint8_t)(in[2] >> 4),
        .code = (uint8_t)(in[2] & 15),
        .length = (uint16_t)(in[3] + 1u),
        .counter_low = camseal_load_be32(in + 4),
    };
    return CAMSEAL_OK;
}

void camseal_priv_ccise_block(uint8_t out[CAMSEAL_PRIV_CCISE_BLOCK_BYTES],
                              const camseal_priv_ccise_header *header, uint64_t counter,
                              uint16_t index, uint16_t target_id)
{
    uint8_t wire[CAMSEAL_PRIV_CCISE_HEADER_BYTES];
    camseal_priv_ccise_header_pack(wire, header);
    memcpy(out, wire, 4);
    camseal_store_be64(out + 4, counter);
    camseal_store_be16(out + 12, index);
    camseal_store_be16(out + 14, target_id);
}

void camseal_priv_ccise_nonce(uint8_t out[12], bool response, uint64_t counter)
{
    memset(out, 0, 4);
    out[0] = response ? NONCE_RESPONSE : NONCE_COMMAND;
    camseal_store_be64(out + 4, counter);
}

void camseal_priv_ccise_report_pack(uint8_t out[CAMSEAL_PRIV_CCISE_STATUS_BYTES],
                                    const camseal_priv_ccise_report *report)
{
    memset(out, 0, CAMSEAL_PRIV_CCISE_STATUS_BYTES);
    camseal_store_be64(out, report->last_write);
    out[8] = report->code;
    camseal_store_be32(out + 12, report->rejected);
}

camseal_status camseal_priv_ccise_report_unpack(camseal_priv_ccise_report *out,
                                                const uint8_t in[CAMSEAL_PRIV_CCISE_STATUS_BYTES])
{
    if (in[8] > CAMSEAL_PRIV_CCISE_INTERNAL || in[9] || in[10] || in[11])
        return CAMSEAL_E_FORMAT;
    out->last_write = camseal_load_be64(in);
    out->code = in[8];
    out->rejected = camseal_load_be32(in + 12);
    return CAMSEAL_OK;
}
