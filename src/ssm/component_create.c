/* GET_CAPS, CTX_CREATE, CTX_DESTROY: what a component offers, and contexts coming and going. */
#include "component.h"

#include <string.h>

#include "base/try.h"
#include "base/writer.h"
#include "ssm/tlv.h"

/* What this version of the stream engine does. */
#define OFFERED_PROTOCOLS (1u << CAMSEAL_PROTOCOL_SEP | 1u << CAMSEAL_PROTOCOL_FSED)
#define OFFERED_TAG_MODES                                                               \
    (1u << CAMSEAL_TAG_NONE | 1u << CAMSEAL_TAG_MESSAGE | 1u << CAMSEAL_TAG_DATA_TYPE | \
     1u << CAMSEAL_TAG_FRAME)
#define OFFERED_TAGS 0x07u /* 8, 12, 16 bytes */

camseal_status camseal_ssm_get_caps(camseal_ssm_component *c, const camseal_ssm_call *call,
                                    camseal_ssm_answer *answer)
{
    (void)call;
    camseal_ssm_capabilities *caps = &answer->body.capabilities;
    caps->protocols = OFFERED_PROTOCOLS;
    caps->suites = c->suites;
    caps->tag_modes = OFFERED_TAG_MODES;
    caps->variants = c->config.variants;
    caps->contexts = (uint8_t)c->n_slots;
    caps->evcs = CAMSEAL_CONTEXT_MAX_EVCS;
    caps->tag_lengths = OFFERED_TAGS;
    return CAMSEAL_OK;
}

static camseal_status check_offered(camseal_ssm_component *c, const camseal_ssm_create *create)
{
    if ((c->config.roles >> create->role & 1u) == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "role is not offered");
    if ((OFFERED_PROTOCOLS >> create->protocol & 1u) == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "protocol is not offered");
    if ((c->suites & camseal_ssm_suite_bit(create->suite)) == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "suite is not offered");
    if ((OFFERED_TAG_MODES >> create->tag_mode & 1u) == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "tag mode is not offered");
    return CAMSEAL_OK;
}

/* What CTX_CREATE alone can tell; the rest of §1-§4 is judged when CTX_CONFIG completes the
 * picture. */
static camseal_status check_create(camseal_ssm_component *c, const camseal_ssm_create *create)
{
    CAMSEAL_TRY(check_offered(c, create));
    if ((create->suite == CAMSEAL_SUITE_SAFETY) != (create->tag_mode == CAMSEAL_TAG_NONE))
        return camseal_ssm_refuse(c, CAMSEAL_E_POLICY, "suite and tag mode do not fit");
    if (create->n_slots != 0 && create->tag_mode != CAMSEAL_TAG_DATA_TYPE)
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "slots belong to data-type tags");
    if (create->n_streams == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "no stream");
    if (create->n_target != 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "target belongs to CCISE");
    return CAMSEAL_OK;
}

/* Keeps the request as sent, for CTX_CONFIG and its digest. The owner secret is not kept. */
static void keep_create(camseal_ssm_slot *slot, const camseal_ssm_header *header, camseal_span tlvs)
{
    camseal_tlv_reader elements = camseal_tlv_reader_of(tlvs);
    camseal_writer w = camseal_writer_of(slot->create, sizeof slot->create);
    camseal_ssm_header kept = *header;
    camseal_tlv tlv;
    bool more;
    camseal_ssm_header_write(&w, &kept);
    while (camseal_tlv_next(&elements, &tlv, &more) == CAMSEAL_OK && more)
        if (tlv.type != CAMSEAL_SSM_TLV_OWNER)
            camseal_write_span(&w, tlv.whole);
    slot->create_len = (uint16_t)w.len;
    kept.tlv_length = (uint16_t)(w.len - CAMSEAL_SSM_HEADER_BYTES);
    w = camseal_writer_of(slot->create, CAMSEAL_SSM_HEADER_BYTES);
    camseal_ssm_header_write(&w, &kept);
}

camseal_status camseal_ssm_ctx_create(camseal_ssm_component *c, const camseal_ssm_call *call,
                                      camseal_ssm_answer *answer)
{
    const camseal_ssm_create *create = &call->request->body.create;
    if (call->slot)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context exists");
    camseal_ssm_slot *slot = camseal_ssm_find_slot(c, 0);
    if (!slot)
        return camseal_ssm_refuse(c, CAMSEAL_E_SPACE, "no context left");
    CAMSEAL_TRY(check_create(c, create));
    if (create->role == CAMSEAL_ROLE_SOURCE) {
        uint8_t salt[CAMSEAL_SALT_BYTES];
        if (c->config.crypto->random(c->config.crypto->user, salt, sizeof salt) != CAMSEAL_OK)
            return camseal_ssm_refuse(c, CAMSEAL_E_RANDOM, "no random numbers for the salt");
        memcpy(slot->salt, salt, sizeof salt);
        memcpy(answer->body.create.salt, salt, sizeof salt);
        answer->body.create.n_salt = 1;
    }
    slot->ctx_id = (uint8_t)call->request->header.ctx_id;
    slot->role = create->role;
    slot->suite = create->suite;
    keep_create(slot, &call->request->header, call->tlvs);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_ctx_destroy(camseal_ssm_component *c, const camseal_ssm_call *call,
                                       camseal_ssm_answer *answer)
{
    (void)answer;
    camseal_ssm_clear_slot(c, call->slot);
    return CAMSEAL_OK;
}
