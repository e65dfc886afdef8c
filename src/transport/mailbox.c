/* The mailbox frame: {type, sequence, length u16} message CRC-32C over all before it. */
#include "mailbox.h"

#include "base/load.h"
#include "crypto/soft/crc.h"

enum { TYPE_SPDM = 0, TYPE_SECURED = 1, TYPE_NONE = 0xFF };

uint8_t camseal_priv_mailbox_type(uint8_t kind)
{
    if (kind == CAMSEAL_MESSAGE_SPDM)
        return TYPE_SPDM;
    return kind == CAMSEAL_MESSAGE_SECURED ? TYPE_SECURED : TYPE_NONE;
}

uint8_t camseal_priv_mailbox_kind(uint8_t type)
{
    return type == TYPE_SPDM ? CAMSEAL_MESSAGE_SPDM : CAMSEAL_MESSAGE_SECURED;
}

void camseal_priv_mailbox_write_header(uint8_t out[4], const mailbox_header *h)
{
    out[0] = h->type;
    out[1] = h->sequence;
    camseal_store_le16(out + 2, h->length);
}

mailbox_header camseal_priv_mailbox_read_header(const uint8_t in[4])
{
    mailbox_header h = {in[0], in[1], camseal_load_le16(in + 2)};
    return h;
}

uint32_t camseal_priv_mailbox_crc(const uint8_t header[4], camseal_span message)
{
    uint32_t crc = camseal_priv_crc32c(0, header, MAILBOX_FRAME_HEADER);
    return camseal_priv_crc32c(crc, message.data, message.len);
}

enum mailbox_reason camseal_priv_mailbox_parse(camseal_span bytes, mailbox_header *h,
                                               camseal_span *message)
{
    *message = camseal_span_of(NULL, 0);
    *h = (mailbox_header){0, 0, 0};
    if (bytes.len < CAMSEAL_MAILBOX_OVERHEAD)
        return MAILBOX_BAD_LENGTH;
    *h = camseal_priv_mailbox_read_header(bytes.data);
    if (h->length > bytes.len - CAMSEAL_MAILBOX_OVERHEAD)
        return MAILBOX_BAD_LENGTH;
    camseal_span content = camseal_span_of(bytes.data + MAILBOX_FRAME_HEADER, h->length);
    if (camseal_load_le32(content.data + content.len) !=
        camseal_priv_mailbox_crc(bytes.data, content))
        return MAILBOX_BAD_CRC;
    if (h->type > TYPE_SECURED)
        return MAILBOX_BAD_TYPE;
    *message = content;
    return MAILBOX_FINE;
}
