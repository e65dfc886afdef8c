#include "cse/fsed/format.h"

#include <string.h>

#include "base/load.h"

enum { VERSION = 1 };

static void pack_start(uint8_t *out, uint8_t type, uint8_t ctx_id, uint8_t flags)
{
    out[0] = VERSION;
    out[1] = type;
    out[2] = ctx_id;
    out[3] = flags;
}

static camseal_status check_start(const uint8_t *in, uint8_t type)
{
    if (in[0] != VERSION)
        return CAMSEAL_E_VERSION;
    if (in[1] != type || (in[3] & CAMSEAL_PRIV_FSED_RESERVED))
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_priv_fsh_pack(uint8_t out[CAMSEAL_PRIV_FSH_BYTES], const camseal_priv_fsh *fsh)
{
    pack_start(out, CAMSEAL_PRIV_FSH, fsh->ctx_id, fsh->flags);
    camseal_store_le64(out + 4, fsh->frame_count);
    out[12] = fsh->evc;
    out[13] = fsh->suite;
    camseal_store_le16(out + 14, (uint16_t)(fsh->sv[0] | fsh->sv[1] << 3 | fsh->sv[2] << 6));
    out[16] = fsh->stride.unit;
    out[17] = fsh->n_edts;
    camseal_store_le16(out + 18, fsh->stride.offset);
    camseal_store_le16(out + 20, fsh->stride.run);
    camseal_store_le16(out + 22, fsh->stride.period);
    for (size_t i = 0; i < 3; i++)
        camseal_store_le16(out + 24 + 2 * i, fsh->expected[i]);
    camseal_store_le16(out + 30, fsh->line_length);
    camseal_store_le64(out + 32, fsh->timestamp_ns);
    memcpy(out + 40, fsh->digest, sizeof fsh->digest);
}

camseal_status camseal_priv_fsh_unpack(camseal_priv_fsh *fsh,
                                       const uint8_t in[CAMSEAL_PRIV_FSH_BYTES])
{
    memset(fsh, 0, sizeof *fsh);
    camseal_status status = check_start(in, CAMSEAL_PRIV_FSH);
    const uint16_t sv = camseal_load_le16(in + 14);
    if (status != CAMSEAL_OK)
        return status;
    fsh->frame_count = camseal_load_le64(in + 4);
    if (sv >> 9 || fsh->frame_count >> 40)
        return CAMSEAL_E_FORMAT;
    fsh->ctx_id = in[2];
    fsh->flags = in[3];
    fsh->evc = in[12];
    fsh->suite = in[13];
    for (size_t i = 0; i < 3; i++) {
        fsh->sv[i] = (uint8_t)(sv >> (3 * i) & 7u);
        fsh->expected[i] = camseal_load_le16(in + 24 + 2 * i);
    }
    fsh->stride.unit = in[16];
    fsh->n_edts = in[17];
    fsh->stride.offset = camseal_load_le16(in + 18);
    fsh->stride.run = camseal_load_le16(in + 20);
    fsh->stride.period = camseal_load_le16(in + 22);
    fsh->line_length = camseal_load_le16(in + 30);
    fsh->timestamp_ns = camseal_load_le64(in + 32);
    memcpy(fsh->digest, in + 40, sizeof fsh->digest);
    return CAMSEAL_OK;
}

void camseal_priv_tbt_pack(uint8_t out[CAMSEAL_PRIV_TBT_BYTES], const camseal_priv_tbt *tbt)
{
    pack_start(out, CAMSEAL_PRIV_TBT, tbt->ctx_id, tbt->flags);
    camseal_store_le32(out + 4, tbt->frame_low);
    camseal_store_le32(out + 8, tbt->n_messages);
    camseal_store_le32(out + 12, tbt->covered);
}

camseal_status camseal_priv_tbt_unpack(camseal_priv_tbt *tbt,
                                       const uint8_t in[CAMSEAL_PRIV_TBT_BYTES])
{
    memset(tbt, 0, sizeof *tbt);
    camseal_status status = check_start(in, CAMSEAL_PRIV_TBT);
    if (status != CAMSEAL_OK)
        return status;
    tbt->ctx_id = in[2];
    tbt->flags = in[3];
    tbt->frame_low = camseal_load_le32(in + 4);
    tbt->n_messages = camseal_load_le32(in + 8);
    tbt->covered = camseal_load_le32(in + 12);
    return CAMSEAL_OK;
}

void camseal_priv_ftg_pack(uint8_t out[CAMSEAL_PRIV_FTG_BYTES], const camseal_priv_ftg *ftg)
{
    pack_start(out, CAMSEAL_PRIV_FTG, ftg->ctx_id, ftg->flags);
    camseal_store_le32(out + 4, ftg->frame_low);
    camseal_store_le32(out + 8, ftg->n_messages);
    camseal_store_le32(out + 12, ftg->total);
    camseal_store_le64(out + 16, ftg->covered);
    camseal_store_le32(out + 24, ftg->crc);
    camseal_store_le32(out + 28, ftg->status);
}

camseal_status camseal_priv_ftg_unpack(camseal_priv_ftg *ftg,
                                       const uint8_t in[CAMSEAL_PRIV_FTG_BYTES])
{
    memset(ftg, 0, sizeof *ftg);
    camseal_status status = check_start(in, CAMSEAL_PRIV_FTG);
    if (status != CAMSEAL_OK)
        return status;
    ftg->status = camseal_load_le32(in + 28);
    if (ftg->status >> 3)
        return CAMSEAL_E_FORMAT;
    ftg->ctx_id = in[2];
    ftg->flags = in[3];
    ftg->frame_low = camseal_load_le32(in + 4);
    ftg->n_messages = camseal_load_le32(in + 8);
    ftg->total = camseal_load_le32(in + 12);
    ftg->covered = camseal_load_le64(in + 16);
    ftg->crc = camseal_load_le32(in + 24);
    return CAMSEAL_OK;
}

size_t camseal_priv_fsed_bytes(uint8_t type)
{
    static const size_t bytes[] = {0, CAMSEAL_PRIV_FSH_BYTES, CAMSEAL_PRIV_TBT_BYTES,
                                   CAMSEAL_PRIV_FTG_BYTES};
    return type < sizeof bytes / sizeof bytes[0] ? bytes[type] : 0;
}

uint8_t camseal_priv_fsed_dt(uint8_t type)
{
    return (uint8_t)(CAMSEAL_CSI2_FSH + type - CAMSEAL_PRIV_FSH);
}

camseal_priv_header camseal_priv_fsed_header(const camseal_context *ctx,
                                             const camseal_priv_counted *packet)
{
    camseal_priv_header h = {.version = CAMSEAL_PRIV_HEADER_VERSION,
                             .enc = packet->sv == 1,
                             .sof = packet->number == 0,
                             .evc = packet->evc,
                             .edt = packet->edt,
                             .message_count = packet->number,
                             .fp = packet->fp,
                             .sv = packet->sv,
                             .frame_low = (uint32_t)packet->frame_count,
                             .data_length = packet->length,
                             .ctx_id = ctx->ctx_id,
                             .epoch4 = packet->epoch4,
                             .tag_mode = CAMSEAL_TAG_FRAME};
    h.cov = camseal_priv_covers(&ctx->stride, packet->sv, packet->number);
    return h;
}
