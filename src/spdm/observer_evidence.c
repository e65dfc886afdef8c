/* Signatures; MEASUREMENTS and ENDPOINT_INFO. */
#include "observer_state.h"

#include "msg/endpoint_info.h"
#include "msg/measurements.h"

enum { SLOT_MASK = 0x0F };

/* The purpose text in the signing prefix: the context string of ML-DSA. */
static camseal_span purpose_text(camseal_span signed_message)
{
    enum { PURPOSE_AT = 64 };
    size_t at = PURPOSE_AT;
    while (at < SPDM_SIGNING_PREFIX_BYTES && signed_message.data[at] == 0)
        at++;
    return camseal_span_of(signed_message.data + at, SPDM_SIGNING_PREFIX_BYTES - at);
}

static const camseal_sign *algorithm_of(const camseal_spdm_observer *o, spdm_side side)
{
    const spdm_registered *row = o->sign[side];
    return row ? camseal_crypto_sign(o->config.crypto, (camseal_sign_id)row->id) : NULL;
}

bool camseal_spdm_observer_verifies(const camseal_spdm_observer *o, spdm_purpose purpose,
                                    spdm_side side, const spdm_identity *id, const uint8_t *digest,
                                    camseal_span signature)
{
    uint8_t out[SPDM_SIGNED_MAX];
    const camseal_sign *sign = algorithm_of(o, side);
    if (!sign || !id || !id->has_key)
        return false;
    camseal_span message = camseal_spdm_signed_message(out, o->shape.version, purpose,
                                                       camseal_span_of(digest, o->shape.hash));
    camseal_span spki = camseal_span_of(id->spki, id->spki_bytes);
    void *user = o->config.crypto->user;
    if (sign->verify_context)
        return sign->verify_context(user, purpose_text(message), spki, message, signature) ==
               CAMSEAL_OK;
    return sign->verify(user, o->t.hash->id, spki, message, signature) == CAMSEAL_OK;
}

/* Why a signature cannot be checked; NULL: it can. */
static const char *obstacle(const camseal_spdm_observer *o, spdm_side side, const spdm_identity *id,
                            bool has_digest)
{
    if (!o->settled)
        return "this build's library lacks the negotiated hash";
    if (!algorithm_of(o, side))
        return "this build's library lacks the signature algorithm";
    if (!id)
        return "the signer's certificate chain is not known";
    if (!id->has_key)
        return "the signer's key is not known";
    return has_digest ? NULL : "a message that was signed is missing";
}

void camseal_spdm_observer_signature(camseal_spdm_observer *o, const spdm_layer *l,
                                     spdm_purpose purpose, spdm_side side, const spdm_identity *id,
                                     const spdm_watch *run, const char *label,
                                     camseal_span signature)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_cover cover = run->cover;
    bool has_digest = camseal_spdm_watch_peek(o, run, digest);
    if (id)
        camseal_spdm_cover_join(&cover, &id->cover);
    if (has_digest)
        camseal_spdm_observer_value(o, l, label, digest, o->shape.hash, &cover);
    spdm_finding f = {.check = SPDM_CHECK_SIGNATURE, .what = "signature", .cover = &cover};
    f.detail = obstacle(o, side, id, has_digest);
    f.result = SPDM_NOT_CHECKED;
    if (!f.detail) {
        bool good = camseal_spdm_observer_verifies(o, purpose, side, id, digest, signature);
        f.result = good ? SPDM_PASSED : SPDM_FAILED;
        f.detail = good ? NULL : "it does not verify over this transcript";
    }
    camseal_spdm_observer_find(o, l, &f);
}

static void take_get_measurements(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    spdm_get_measurements m;
    camseal_span message;
    camseal_status status = camseal_spdm_read_get_measurements(&r, &l->seen.shape, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
        return;
    camseal_spdm_observer_trim(o, l, message);
    p->is_signed = (m.attributes & SPDM_MEASURE_SIGNED) != 0;
    p->slot = m.slot;
}

static bool blocks_parse(const spdm_measurements *m)
{
    camseal_reader r = camseal_reader_of(m->record);
    spdm_measurement_block block;
    for (unsigned i = 0; i < m->blocks; i++)
        if (camseal_spdm_read_block(&r, &block) != CAMSEAL_OK)
            return false;
    return r.left == 0;
}

void camseal_spdm_observer_measurements(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_flow *flow = camseal_spdm_observer_flow(o, l);
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_measurements m;
    camseal_span message;
    if (l->seen.code == SPDM_GET_MEASUREMENTS) {
        take_get_measurements(o, l);
        return;
    }
    camseal_status status =
        camseal_spdm_read_measurements(&r, &l->seen.shape, l->seen.is_signed, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
        return;
    if (!blocks_parse(&m))
        camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_FAILED, "measurement blocks",
                                  "they do not fill the record");
    if (!flow->l1.run.open)
        camseal_spdm_watch_fork(o, &flow->l1);
    camseal_spdm_watch_pair(o, &flow->l1, &flow->pending, l,
                            camseal_span_of(message.data, message.len - m.signature.len));
    if (!l->seen.is_signed)
        return;
    if ((m.status & SLOT_MASK) != (flow->pending.slot & SLOT_MASK))
        camseal_spdm_observer_fault(o, l, "not the slot that was asked for");
    const spdm_identity *id =
        camseal_spdm_observer_identity(o, l, SPDM_SIDE_RSP, flow->pending.slot);
    camseal_spdm_observer_signature(o, l, SPDM_SIGN_MEASUREMENTS, SPDM_SIDE_RSP, id, &flow->l1,
                                    "l1l2", m.signature);
    camseal_spdm_watch_drop(o, &flow->l1);
}

/* ---- ENDPOINT_INFO (1.3+) ------------------------------------------------------------------- */

static void take_get_endpoint_info(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    camseal_span message;
    spdm_get_endpoint_info m;
    if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_get_endpoint_info(&r, &m), &r,
                                      &message))
        return;
    camseal_spdm_observer_trim(o, l, message);
    p->slot = m.slot;
    p->is_signed = m.is_signed;
}

void camseal_spdm_observer_endpoint_info(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    spdm_side side = camseal_spdm_observer_signer(l);
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_watch il1 = {.cover = {0}};
    spdm_endpoint_info m;
    camseal_span message;
    if (l->seen.code == SPDM_GET_ENDPOINT_INFO) {
        take_get_endpoint_info(o, l);
        return;
    }
    camseal_status status = camseal_spdm_read_endpoint_info(&r, &l->seen.shape, p->is_signed, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message) || !p->is_signed)
        return;
    if (m.slot != (p->slot & SLOT_MASK))
        camseal_spdm_observer_fault(o, l, "not the slot that was asked for");
    camseal_spdm_watch_fork(o, &il1);
    camseal_spdm_watch_pair(o, &il1, p, l,
                            camseal_span_of(message.data, message.len - m.signature.len));
    camseal_spdm_observer_signature(
        o, l, side == SPDM_SIDE_RSP ? SPDM_SIGN_ENDPOINT_INFO : SPDM_SIGN_REQ_ENDPOINT_INFO, side,
        camseal_spdm_observer_identity(o, l, side, p->slot), &il1, "il1il2", m.signature);
    camseal_spdm_watch_drop(o, &il1);
}
