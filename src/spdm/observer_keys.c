/* Secrets of sessions: which of the given ones belongs to a session, everything that follows from
 * it, verify data, key updates. */
#include "observer_state.h"

#include <string.h>

#include "base/secret.h"
#include "msg/short.h"

spdm_schedule camseal_spdm_observer_schedule(const camseal_spdm_observer *o)
{
    spdm_schedule k = {o->config.crypto, o->t.hash, o->aead, o->shape.version};
    return k;
}

/* ---- candidates: shared secrets (or PSKs) first, then the sets of the key log ---------------- */

static size_t given(const camseal_spdm_observer *o, const spdm_watched *s)
{
    return s->psk ? o->config.n_psks : o->config.n_shared;
}

/* The nth line of a kind for a session id. */
static const spdm_logged *logged(const camseal_spdm_observer *o, uint32_t id, spdm_logged_kind kind,
                                 size_t nth)
{
    for (size_t i = 0; i < o->config.n_logged; i++) {
        const spdm_logged *line = &o->config.logged[i];
        if (line->session_id == id && line->kind == kind && line->secret.len == o->shape.hash &&
            nth-- == 0)
            return line;
    }
    return NULL;
}

/* Traffic secrets of both directions from the key log. */
static bool from_log(const camseal_spdm_observer *o, spdm_watched *s, spdm_logged_kind req,
                     size_t nth)
{
    const spdm_logged *a = logged(o, s->s.id, req, nth);
    const spdm_logged *b = logged(o, s->s.id, (spdm_logged_kind)(req + 1), nth);
    if (!a || !b)
        return false;
    memcpy(s->s.secrets.traffic[SPDM_DIR_REQ], a->secret.data, a->secret.len);
    memcpy(s->s.secrets.traffic[SPDM_DIR_RSP], b->secret.data, b->secret.len);
    return true;
}

static bool has_root(const camseal_spdm_observer *o, const spdm_watched *s)
{
    return s->candidate < given(o, s);
}

/* Handshake secrets from candidate i; false: there is none. */
static bool try_candidate(const camseal_spdm_observer *o, spdm_watched *s, size_t i)
{
    size_t n = given(o, s);
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    if (i >= n)
        return from_log(o, s, SPDM_LOGGED_REQ_HANDSHAKE, i - n);
    camseal_span shared = s->psk ? o->config.psks[i] : o->config.shared[i];
    return camseal_spdm_ks_start(&k, &s->s.secrets, shared, s->psk) == CAMSEAL_OK &&
           camseal_spdm_ks_handshake(&k, &s->s.secrets, s->th1) == CAMSEAL_OK;
}

static bool mac_fits(const camseal_spdm_observer *o, const spdm_watched *s, unsigned direction,
                     const uint8_t *digest, camseal_span verify_data)
{
    uint8_t mac[CAMSEAL_HASH_MAX];
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    return camseal_spdm_ks_verify_data(&k, s->s.secrets.traffic[direction], digest, mac) ==
               CAMSEAL_OK &&
           verify_data.len == o->shape.hash &&
           camseal_equal_ct(mac, verify_data.data, o->shape.hash);
}

/* The candidate whose verify data fits; else the one whose turn it is. False: there is none. */
static bool choose(camseal_spdm_observer *o, spdm_watched *s, unsigned direction,
                   const uint8_t *digest, camseal_span verify_data)
{
    size_t n = given(o, s), all = n + o->config.n_logged;
    size_t turn = s->psk || n == 0 ? 0 : o->shared_used % n;
    bool found = false;
    for (size_t i = 0; i < all && !found; i++) {
        s->candidate = i < n ? (turn + i) % n : i;
        found = try_candidate(o, s, s->candidate) && mac_fits(o, s, direction, digest, verify_data);
    }
    if (!found)
        s->candidate = turn;
    if (!found && !try_candidate(o, s, turn))
        return false;
    if (!s->psk && has_root(o, s))
        o->shared_used = s->candidate + 1u;
    return true;
}

/* ---- values --------------------------------------------------------------------------------- */

static void say(camseal_spdm_observer *o, const spdm_layer *l, const spdm_watched *s,
                const char *label, const uint8_t *value, size_t n)
{
    camseal_spdm_observer_value(o, l, label, value, n, &s->th.cover);
}

static void say_keys(camseal_spdm_observer *o, const spdm_layer *l, const spdm_watched *s,
                     const spdm_keys *keys)
{
    say(o, l, s, "key", keys->key, o->aead->key_bytes);
    say(o, l, s, "iv", keys->iv, CAMSEAL_AEAD_IV_BYTES);
}

static void install_keys(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    for (unsigned d = 0; d < 2; d++) {
        if (!o->aead ||
            camseal_spdm_ks_keys(&k, s->s.secrets.traffic[d], &s->s.keys[d]) != CAMSEAL_OK)
            return;
        say_keys(o, l, s, &s->s.keys[d]);
    }
}

static void say_handshake(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    uint8_t finished[CAMSEAL_HASH_MAX];
    size_t n = o->shape.hash;
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    if (has_root(o, s))
        say(o, l, s, "handshake_secret", s->s.secrets.root, n);
    say(o, l, s, "request_handshake_secret", s->s.secrets.traffic[SPDM_DIR_REQ], n);
    say(o, l, s, "response_handshake_secret", s->s.secrets.traffic[SPDM_DIR_RSP], n);
    for (unsigned d = 0; d < 2; d++)
        if (camseal_spdm_ks_expand(&k, finished, (uint16_t)n, s->s.secrets.traffic[d], "finished",
                                   NULL) == CAMSEAL_OK)
            say(o, l, s, "finished_key", finished, n);
    camseal_wipe(finished, sizeof finished);
    install_keys(o, l, s);
}

/* ---- verify data ---------------------------------------------------------------------------- */

static const char *obstacle(const camseal_spdm_observer *o, const spdm_watched *s, bool has_digest)
{
    if (!o->settled)
        return "this build's library lacks the negotiated hash";
    if (s->lost || !has_digest)
        return "the transcript of the handshake is not whole";
    return NULL;
}

void camseal_spdm_observer_hmac(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s,
                                unsigned direction, const char *what, camseal_span verify_data)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_finding f = {.check = SPDM_CHECK_HMAC, .what = what, .cover = &s->th.cover};
    bool has_digest = camseal_spdm_watch_peek(o, &s->th, digest);
    f.result = SPDM_NOT_CHECKED;
    f.detail = obstacle(o, s, has_digest);
    bool first = !f.detail && !s->chosen;
    if (first) {
        s->chosen = choose(o, s, direction, digest, verify_data);
        f.detail = s->chosen ? NULL : "no secret for this session was given";
    }
    if (!f.detail) {
        bool good = mac_fits(o, s, direction, digest, verify_data);
        f.result = good ? SPDM_PASSED : SPDM_FAILED;
        f.detail = good ? NULL : "it fits the transcript with none of the secrets given";
    }
    camseal_spdm_observer_find(o, l, &f);
    if (first && s->chosen)
        say_handshake(o, l, s);
}

/* ---- data keys ------------------------------------------------------------------------------ */

static void say_master(camseal_spdm_observer *o, const spdm_layer *l, const spdm_watched *s)
{
    static const uint8_t zeros[CAMSEAL_HASH_MAX];
    uint8_t salt[CAMSEAL_HASH_MAX], master[CAMSEAL_HASH_MAX];
    size_t n = o->shape.hash;
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    if (camseal_spdm_ks_expand(&k, salt, (uint16_t)n, s->s.secrets.root, "derived", NULL) ==
            CAMSEAL_OK &&
        camseal_hkdf_extract(o->config.crypto, o->t.hash, master, camseal_span_of(salt, n),
                             camseal_span_of(zeros, n)) == CAMSEAL_OK)
        say(o, l, s, "master_secret", master, n);
    camseal_wipe(salt, sizeof salt);
    camseal_wipe(master, sizeof master);
}

static bool data_secrets(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    uint8_t th2[CAMSEAL_HASH_MAX];
    size_t n = o->shape.hash;
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    bool has_th2 = !s->lost && camseal_spdm_watch_peek(o, &s->th, th2);
    if (has_th2)
        say(o, l, s, "th2", th2, n);
    if (!s->chosen || !has_root(o, s)) {
        size_t nth = s->chosen ? s->candidate - given(o, s) : 0;
        return from_log(o, s, SPDM_LOGGED_REQ_DATA, nth);
    }
    if (!has_th2)
        return false;
    say_master(o, l, s);
    if (camseal_spdm_ks_data(&k, &s->s.secrets, th2) != CAMSEAL_OK)
        return false;
    say(o, l, s, "export_master_secret", s->s.secrets.root, n);
    return true;
}

void camseal_spdm_observer_establish(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    s->s.state = SPDM_SESSION_ESTABLISHED;
    s->chosen = o->settled && data_secrets(o, l, s);
    if (s->chosen) {
        say(o, l, s, "request_data_secret", s->s.secrets.traffic[SPDM_DIR_REQ], o->shape.hash);
        say(o, l, s, "response_data_secret", s->s.secrets.traffic[SPDM_DIR_RSP], o->shape.hash);
        install_keys(o, l, s);
    }
    if (o->handshake == s)
        o->handshake = NULL;
}

/* ---- KEY_UPDATE ----------------------------------------------------------------------------- */

/* The next keys of a direction; they are tried on records until one opens under them. */
static void prepare(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s, unsigned d)
{
    spdm_schedule k = camseal_spdm_observer_schedule(o);
    if (!s->chosen || !o->aead)
        return;
    memcpy(s->next_traffic[d], s->s.secrets.traffic[d], sizeof s->next_traffic[d]);
    s->has_next[d] = camseal_spdm_ks_update(&k, s->next_traffic[d]) == CAMSEAL_OK &&
                     camseal_spdm_ks_keys(&k, s->next_traffic[d], &s->next[d]) == CAMSEAL_OK;
    if (!s->has_next[d])
        return;
    say(o, l, s, d == SPDM_DIR_REQ ? "RequestDataSecretUpdate" : "ResponseDataSecretUpdate",
        s->next_traffic[d], o->shape.hash);
    say_keys(o, l, s, &s->next[d]);
}

static void say_update(camseal_spdm_observer *o, const spdm_layer *l, bool good, const char *detail)
{
    camseal_spdm_observer_say(o, l, SPDM_CHECK_KEY_UPDATE, good ? SPDM_PASSED : SPDM_FAILED,
                              "key update", good ? NULL : detail);
}

static void take_update(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s,
                        const spdm_key_update *m)
{
    unsigned sender = l->seen.encapsulated ? SPDM_DIR_RSP : SPDM_DIR_REQ;
    bool all = m->operation == SPDM_UPDATE_ALL_KEYS && !l->seen.encapsulated;
    if (m->operation == SPDM_UPDATE_KEY || all) {
        if (all)
            prepare(o, l, s, SPDM_DIR_RSP);
        prepare(o, l, s, sender);
        s->update = m->operation;
        return;
    }
    bool good = m->operation == SPDM_VERIFY_NEW_KEY && s->update != 0;
    if (!good)
        say_update(o, l, false, "no update that it could belong to");
    else if (s->chosen)
        say_update(o, l, !s->has_next[sender], "VerifyNewKey does not come under the new key");
    s->update = 0;
}

void camseal_spdm_observer_key_update(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_key_update m;
    spdm_watched *s = l->session;
    camseal_span message;
    if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_key_update(&r, &m), &r, &message))
        return;
    if (!s) {
        say_update(o, l, false, "outside a session");
        return;
    }
    if (l->seen.code == SPDM_KEY_UPDATE) {
        take_update(o, l, s, &m);
        return;
    }
    const spdm_header *asked = &camseal_spdm_observer_flow(o, l)->pending.header;
    if (m.operation != asked->param1 || m.tag != asked->param2)
        say_update(o, l, false, "the answer repeats neither operation nor tag");
    else if (m.operation == SPDM_UPDATE_ALL_KEYS && s->chosen)
        say_update(o, l, !s->has_next[SPDM_DIR_RSP], "the answer does not come under the new key");
}
