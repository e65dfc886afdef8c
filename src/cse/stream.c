#include "cse/stream.h"

#include <string.h>

#include "base/load.h"

void camseal_priv_header_pack(uint8_t out[CAMSEAL_PRIV_HEADER_BYTES], const camseal_priv_header *h)
{
    uint32_t w0 = h->version | (uint32_t)h->crc_p << 4 | (uint32_t)h->tag_p << 5 |
                  (uint32_t)h->enc << 6 | (uint32_t)h->sof << 7 | (uint32_t)h->evc << 8 |
                  (uint32_t)h->edt << 16;
    uint32_t w1 = h->message_count | (uint32_t)h->fp << 24 | (uint32_t)h->sv << 27 |
                  (uint32_t)h->eof << 30 | (uint32_t)h->cov << 31;
    uint32_t w3 = h->data_length | (uint32_t)h->ctx_id << 16 | (uint32_t)h->epoch4 << 24 |
                  (uint32_t)h->tag_mode << 28 | (uint32_t)h->pad << 30;
    camseal_store_le32(out, w0);
    camseal_store_le32(out + 4, w1);
    camseal_store_le32(out + 8, h->frame_low);
    camseal_store_le32(out + 12, w3);
}

/* `bits` bits of a word from `at` upward. */
static uint32_t field(uint32_t word, unsigned at, unsigned bits)
{
    return word >> at & ((UINT32_C(1) << bits) - 1);
}

void camseal_priv_header_unpack(camseal_priv_header *h, const uint8_t in[CAMSEAL_PRIV_HEADER_BYTES])
{
    uint32_t w0 = camseal_load_le32(in), w1 = camseal_load_le32(in + 4),
             w3 = camseal_load_le32(in + 12);
    h->version = (uint8_t)field(w0, 0, 4);
    h->crc_p = field(w0, 4, 1);
    h->tag_p = field(w0, 5, 1);
    h->enc = field(w0, 6, 1);
    h->sof = field(w0, 7, 1);
    h->evc = (uint8_t)field(w0, 8, 8);
    h->edt = (uint16_t)field(w0, 16, 16);
    h->message_count = field(w1, 0, 24);
    h->fp = (uint8_t)field(w1, 24, 3);
    h->sv = (uint8_t)field(w1, 27, 3);
    h->eof = field(w1, 30, 1);
    h->cov = field(w1, 31, 1);
    h->frame_low = camseal_load_le32(in + 8);
    h->data_length = (uint16_t)field(w3, 0, 16);
    h->ctx_id = (uint8_t)field(w3, 16, 8);
    h->epoch4 = (uint8_t)field(w3, 24, 4);
    h->tag_mode = (uint8_t)field(w3, 28, 2);
    h->pad = (uint8_t)field(w3, 30, 2);
}

/* (n - offset) mod period < run, with floor modulo; offset < period. */
static bool in_stride(const camseal_stride *s, uint64_t n)
{
    return (n + s->period - s->offset) % s->period < s->run;
}

bool camseal_priv_covers(const camseal_stride *stride, uint8_t sv, uint32_t message_count)
{
    if (sv == 3)
        return in_stride(stride, message_count);
    return sv != 5;
}

bool camseal_priv_covers_byte(const camseal_stride *stride, uint32_t i)
{
    return in_stride(stride, i);
}

/* Numbers below n whose remainder by the period is below the run. */
static uint32_t runs_below(const camseal_stride *s, uint32_t n)
{
    uint32_t rest = n % s->period;
    return n / s->period * s->run + (rest < s->run ? rest : s->run);
}

uint32_t camseal_priv_covered_bytes(const camseal_stride *stride, uint8_t sv, bool cov,
                                    uint32_t len)
{
    if (!cov)
        return 0;
    if (sv != 4)
        return len;
    uint32_t shift = (uint32_t)stride->period - stride->offset;
    return runs_below(stride, len + shift) - runs_below(stride, shift);
}

void camseal_priv_trailer_pack(uint8_t out[CAMSEAL_PRIV_TRAILER_BYTES], uint8_t type,
                               uint32_t n_messages, uint64_t covered_bytes)
{
    out[0] = 0xFF;
    out[1] = type;
    out[2] = 0;
    out[3] = 0;
    camseal_store_le32(out + 4, n_messages);
    camseal_store_le64(out + 8, covered_bytes);
}

void camseal_priv_message_ctr(camseal_priv_lane *lane, camseal_ctr_job *job)
{
    const camseal_priv_keys *keys = &lane->ctx->keys[lane->keys];
    camseal_priv_nonce nonce = {lane->ctx->protocol, CAMSEAL_PRIV_UNIT_CTR, lane->header.evc,
                                lane->frame_count, lane->header.message_count};
    camseal_priv_nonce_make(lane->ctr_nonce, &nonce, keys->iv_enc);
    camseal_ctr_job filled = {keys->ctr,       lane->ctr_nonce, lane->data.data,
                              lane->data.data, lane->data.len,  1};
    *job = filled;
}

camseal_priv_usage camseal_priv_message_usage(const camseal_priv_lane *lane, bool finish)
{
    camseal_priv_usage usage = {0, 0, 0};
    if (lane->tagged)
        usage.mac_blocks = 1 + (lane->covered + 15u) / 16u;
    if (lane->tagged && finish) {
        usage.tags = 1;
        usage.mac_blocks += 2; /* first or length block, trailer */
    }
    if (lane->header.enc)
        usage.ctr_blocks = (lane->data.len + 15u) / 16u;
    return usage;
}
