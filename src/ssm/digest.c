/* Configuration digest. See digest.h. */
#include "digest.h"

#include "base/secret.h"
#include "base/try.h"
#include "ssm/format.h"
#include "ssm/tlv.h"

static bool excluded(uint8_t type)
{
    return type == CAMSEAL_SSM_TLV_TARGET || type == CAMSEAL_SSM_TLV_SALT ||
           type == CAMSEAL_SSM_TLV_KEY || type == CAMSEAL_SSM_TLV_OWNER;
}

/* One of the two messages: its reader and the element that comes next. */
struct list {
    camseal_tlv_reader elements;
    camseal_tlv next;
    bool more;
};

static camseal_status absorb(const camseal_crypto *crypto, const camseal_hash *hash,
                             camseal_hash_state *state, struct list *a, struct list *b)
{
    CAMSEAL_TRY(camseal_tlv_next(&a->elements, &a->next, &a->more));
    CAMSEAL_TRY(camseal_tlv_next(&b->elements, &b->next, &b->more));
    while (a->more || b->more) {
        struct list *from = a->more && (!b->more || a->next.type <= b->next.type) ? a : b;
        if (!excluded(from->next.type))
            CAMSEAL_TRY(hash->update(crypto->user, state, from->next.whole));
        CAMSEAL_TRY(camseal_tlv_next(&from->elements, &from->next, &from->more));
    }
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_config_digest(const camseal_crypto *crypto, uint8_t out[32],
                                         camseal_span create, camseal_span config)
{
    const camseal_hash *hash = camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA256);
    if (!hash)
        return CAMSEAL_E_UNSUPPORTED;
    struct list a = {.elements = camseal_tlv_reader_of(create)};
    struct list b = {.elements = camseal_tlv_reader_of(config)};
    camseal_hash_state state = {{0}};
    camseal_status status = hash->begin(crypto->user, &state);
    if (status == CAMSEAL_OK)
        status = absorb(crypto, hash, &state, &a, &b);
    if (status == CAMSEAL_OK)
        status = hash->finish(crypto->user, &state, out);
    hash->drop(crypto->user, &state);
    camseal_wipe(&state, sizeof state);
    return status;
}
