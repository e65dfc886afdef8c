/* Notes and finds secrets. Its state is global: tests are single-threaded. */
#include "spdm_watch.h"

#include "test.h"

enum { NOTED_MAX = 256, SECRET_MAX = 64, SECRET_MIN = 12 };

/* ---- what is seen ------------------------------------------------------------------ */

static struct {
    uint8_t bytes[SECRET_MAX];
    size_t len;
} noted[NOTED_MAX];
static size_t n_noted;

/* Neither salts of one value nor what is noted already. */
void watch_note(const uint8_t *secret, size_t len)
{
    bool flat = true;
    for (size_t i = 1; i < len; i++)
        flat &= secret[i] == secret[0];
    if (flat || len < SECRET_MIN)
        return;
    len = len < SECRET_MAX ? len : SECRET_MAX;
    for (size_t i = 0; i < n_noted; i++)
        if (noted[i].len == len && memcmp(noted[i].bytes, secret, len) == 0)
            return;
    assert_true(n_noted < NOTED_MAX);
    memcpy(noted[n_noted].bytes, secret, len);
    noted[n_noted++].len = len;
}

/* What a provider leaves on the stack is its own affair: its part of the stack is painted over. */
static void paint(void)
{
    volatile uint8_t room[16384];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0xA5;
}

static void (*on_entry)(void);

static void enter(void)
{
    if (on_entry)
        on_entry();
}

static camseal_crypto watched;
static camseal_hash hashes[4];
static camseal_aead aeads[4];
static camseal_kex kexes[4];
static const camseal_crypto *inner;

static const camseal_hash *inner_hash;
static camseal_status hmac(void *user, camseal_span key, const camseal_span *data, size_t n,
                           uint8_t *mac)
{
    enter();
    watch_note(key.data, key.len);
    /* Extract with salt_0, which is no secret: its other input is. */
    if (n == 1 && memcmp(key.data, key.data + 1, key.len - 1) == 0)
        watch_note(data[0].data, data[0].len);
    camseal_status status = inner_hash->hmac(user, key, data, n, mac);
    paint();
    return status;
}

static const camseal_aead *inner_aead;
static void note_record(camseal_span key, const uint8_t *iv)
{
    watch_note(key.data, key.len);
    watch_note(iv, CAMSEAL_AEAD_IV_BYTES); /* of record 0: the IV itself */
}

static camseal_status seal(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, uint8_t *tag)
{
    enter();
    note_record(key, iv);
    camseal_status status = inner_aead->seal(user, key, iv, aad, src, dst, tag);
    paint();
    return status;
}

static camseal_status open(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, const uint8_t *tag)
{
    enter();
    note_record(key, iv);
    camseal_status status = inner_aead->open(user, key, iv, aad, src, dst, tag);
    paint();
    return status;
}

static const camseal_kex *inner_kex;
static camseal_status respond(void *user, camseal_span request, uint8_t *response, uint8_t *secret)
{
    enter();
    camseal_status status = inner_kex->respond(user, request, response, secret);
    if (status == CAMSEAL_OK)
        watch_note(secret, inner_kex->secret_bytes);
    paint();
    return status;
}

static camseal_status finish(void *user, camseal_kex_state *state, camseal_span response,
                             uint8_t *secret)
{
    enter();
    camseal_status status = inner_kex->finish(user, state, response, secret);
    if (status == CAMSEAL_OK)
        watch_note(secret, inner_kex->secret_bytes);
    paint();
    return status;
}

const camseal_crypto *watch_crypto(const camseal_crypto *crypto, void (*entered)(void))
{
    inner = crypto;
    on_entry = entered;
    watched = *inner;
    n_noted = 0;
    for (size_t i = 0; i < inner->n_hashes; i++) {
        hashes[i] = inner->hashes[i];
        if (hashes[i].id == CAMSEAL_HASH_SHA256) {
            inner_hash = &inner->hashes[i];
            hashes[i].hmac = hmac;
        }
    }
    for (size_t i = 0; i < inner->n_aeads; i++) {
        aeads[i] = inner->aeads[i];
        if (aeads[i].id == CAMSEAL_AEAD_AES_128_GCM) {
            inner_aead = &inner->aeads[i];
            aeads[i].seal = seal;
            aeads[i].open = open;
        }
    }
    for (size_t i = 0; i < inner->n_kexes; i++) {
        kexes[i] = inner->kexes[i];
        if (kexes[i].id == CAMSEAL_KEX_SECP256R1) {
            inner_kex = &inner->kexes[i];
            kexes[i].respond = respond;
            kexes[i].finish = finish;
        }
    }
    watched.hashes = hashes;
    watched.aeads = aeads;
    watched.kexes = kexes;
    return &watched;
}

size_t watch_count(void)
{
    return n_noted;
}

void watch_keep_first(size_t n)
{
    n_noted = n;
}

camseal_span watch_noted(size_t n)
{
    return camseal_span_of(noted[n].bytes, noted[n].len);
}

/* ---- looking -------------------------------------------------------------------------------- */

bool watch_holds(const void *memory, size_t len, camseal_span wanted)
{
    const uint8_t *at = memory, *end = at + len, *value = wanted.data;
    const size_t n = wanted.len;
    while ((size_t)(end - at) >= n && (at = memchr(at, value[0], (size_t)(end - at) - n + 1))) {
        if (memcmp(at, value, n) == 0)
            return true;
        at++;
    }
    return false;
}

/* Pieces of 12 bytes: the IV is not longer. */
size_t watch_remains(const void *memory, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < n_noted; i++)
        for (size_t at = 0; at + SECRET_MIN <= noted[i].len; at += SECRET_MIN)
            n += watch_holds(memory, len, camseal_span_of(noted[i].bytes + at, SECRET_MIN));
    return n;
}
