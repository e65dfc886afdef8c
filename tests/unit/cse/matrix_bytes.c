/* What anybody on the link can do to packets without a key. */
#include "matrix.h"

#include "base/load.h"
#include "cse/fsed/format.h"
#include "cse/sep/format.h"

size_t mx_find(const mx_stream *s, unsigned frame, mx_role role, unsigned index)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->p[i].channel == 0 && s->p[i].frame == frame && s->p[i].role == role &&
            (role != MX_MESSAGE || s->p[i].index == index))
            return i;
    return MX_NONE;
}

void mx_remove(mx_stream *s, size_t at)
{
    if (at >= s->n)
        return;
    memmove(&s->p[at], &s->p[at + 1], (s->n - at - 1) * sizeof s->p[0]);
    s->n--;
}

void mx_insert(mx_stream *s, size_t at, const mx_packet *p)
{
    const mx_packet copy = *p;
    if (at > s->n)
        return;
    assert_true(s->n < MX_MOST);
    memmove(&s->p[at + 1], &s->p[at], (s->n - at) * sizeof s->p[0]);
    s->p[at] = copy;
    s->n++;
}

void mx_swap(mx_stream *s, size_t a, size_t b)
{
    const mx_packet t = s->p[a];
    s->p[a] = s->p[b];
    s->p[b] = t;
}

size_t mx_own_bytes(mx_role role)
{
    if (role == MX_FSH)
        return CAMSEAL_PRIV_FSH_BYTES;
    return role == MX_TBT ? CAMSEAL_PRIV_TBT_BYTES : CAMSEAL_PRIV_FTG_BYTES;
}

uint8_t mx_dt(const mx_packet *p)
{
    return p->bytes[0] & 0x3F;
}

static uint8_t vc_of(const mx_packet *p)
{
    return (uint8_t)(p->bytes[0] >> 6 | (p->bytes[3] >> 6) << 2);
}

/* The CRCs anew and bit by bit, as an attacker would write them. */
static uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0x82F63B78u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static uint16_t crc16(const uint8_t *data, size_t n)
{
    uint32_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0x8408u & (0u - (crc & 1u)));
    }
    return (uint16_t)crc;
}

static bool is_own(mx_role role)
{
    return role == MX_FSH || role == MX_TBT || role == MX_FTG;
}

void mx_reseal(const mx_stream *s, mx_packet *p)
{
    (void)s;
    if (p->len <= 4)
        return;
    const size_t payload = p->len - 6;
    const size_t tagged = mx_own_bytes(p->role) + 16;
    assert_status(camseal_csi2_header(p->bytes, vc_of(p), mx_dt(p), (uint16_t)payload), CAMSEAL_OK);
    if (mx_dt(p) == CAMSEAL_CSI2_SEP && payload >= 20)
        camseal_store_le32(p->bytes + payload, crc32c(0, p->bytes + 4, payload - 4));
    else if (is_own(p->role) && payload >= tagged + 4)
        camseal_store_le32(p->bytes + 4 + tagged, crc32c(0, p->bytes + 4, tagged));
    camseal_store_le16(p->bytes + 4 + payload, crc16(p->bytes + 4, payload));
}

void mx_mend_ftg(mx_stream *s, unsigned frame)
{
    const size_t at = mx_find(s, frame, MX_FTG, 0);
    const size_t start = mx_find(s, frame, MX_FSH, 0);
    uint32_t crc = 0;
    if (at == MX_NONE || start == MX_NONE)
        return;
    for (size_t i = start; i < at; i++)
        if (s->p[i].channel == 0 && s->p[i].role == MX_MESSAGE)
            crc = crc32c(crc, s->p[i].bytes + 4, s->p[i].len - 6);
    camseal_store_le32(s->p[at].bytes + 4 + 24, crc);
    mx_reseal(s, &s->p[at]);
}

void mx_set_wire(mx_packet *p, uint8_t vc, uint8_t dt)
{
    const uint16_t field = camseal_load_le16(p->bytes + 1);
    assert_status(camseal_csi2_header(p->bytes, vc, dt, field), CAMSEAL_OK);
}

camseal_priv_header mx_header(const mx_packet *p)
{
    camseal_priv_header h;
    camseal_priv_header_unpack(&h, p->bytes + 4);
    return h;
}

void mx_set_header(const mx_stream *s, mx_packet *p, const camseal_priv_header *h)
{
    camseal_priv_header_pack(p->bytes + 4, h);
    mx_reseal(s, p);
}
