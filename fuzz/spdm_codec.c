/* Every SPDM codec: the first byte picks the message, the second the version and how long digests,
 * keys and signatures are. What is read and written once is read and written the same again, and
 * never written beyond the room there is. */
#include "fuzz.h"

#include "../tests/unit/spdm/spdm_codecs.h"

enum {
    CODECS = sizeof all_codecs / sizeof all_codecs[0],
    PICK_OPAQUE = 0xFF,
    PICK_ERROR = 0xFE,
    PICK_DIGESTS = 0xFD,
    PICK_OFFER = 0xFC,
    PICK_NUMBERS = 0xFB
};
_Static_assert(CODECS < PICK_NUMBERS, "what is picked is unambiguous");

static void require_inside(camseal_span outer, camseal_span inner)
{
    FUZZ_REQUIRE(inner.len == 0 ||
                 (inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len));
}

/* What is found in opaque data is well-formed as a whole. */
static void fuzz_opaque(camseal_span opaque)
{
    camseal_span versions;
    uint16_t selected;
    uint8_t exponent;
    bool legal = camseal_spdm_check_opaque(opaque) == CAMSEAL_OK;
    if (camseal_spdm_read_sm_versions(opaque, &versions) == CAMSEAL_OK) {
        FUZZ_REQUIRE(legal && versions.len >= 2);
        require_inside(opaque, versions);
    }
    if (camseal_spdm_read_sm_selection(opaque, &selected) == CAMSEAL_OK)
        FUZZ_REQUIRE(legal);
    if (camseal_spdm_read_sm_limit(opaque, &exponent) == CAMSEAL_OK)
        FUZZ_REQUIRE(legal && exponent <= 64);
}

/* What is written of an error is read as the same. */
static void rewrite_error(const spdm_error *e, uint8_t version)
{
    uint8_t room[SPDM_ERROR_BYTES_MAX];
    spdm_error again;
    camseal_writer w = camseal_writer_of(room, sizeof room);
    camseal_spdm_write_error(&w, version, e);
    FUZZ_REQUIRE(camseal_writer_end(&w) == CAMSEAL_OK);
    camseal_reader r = camseal_reader_of(camseal_span_of(room, w.len));
    FUZZ_REQUIRE(camseal_spdm_read_error(&r, &again) == CAMSEAL_OK && r.left == 0);
    FUZZ_REQUIRE(again.code == e->code && again.data == e->data &&
                 again.extended.len == e->extended.len);
    if (e->extended.len)
        FUZZ_REQUIRE(memcmp(again.extended.data, e->extended.data, e->extended.len) == 0);
}

/* The same for the kinds of errors that have a writer of their own. */
static void rewrite_kind(const spdm_error *e, uint8_t version, const spdm_not_ready *n,
                         uint32_t size)
{
    uint8_t room[SPDM_ERROR_BYTES_MAX];
    spdm_error again;
    camseal_writer w = camseal_writer_of(room, sizeof room);
    if (n)
        camseal_spdm_write_not_ready(&w, version, n);
    else if (e->code == SPDM_ERR_LARGE_RESPONSE && e->extended.len == 1)
        camseal_spdm_write_large_response(&w, version, e->extended.data[0]);
    else
        camseal_spdm_write_error_size(&w, version, SPDM_ERR_RESPONSE_TOO_LARGE, size);
    FUZZ_REQUIRE(camseal_writer_end(&w) == CAMSEAL_OK);
    camseal_reader r = camseal_reader_of(camseal_span_of(room, w.len));
    FUZZ_REQUIRE(camseal_spdm_read_error(&r, &again) == CAMSEAL_OK && r.left == 0);
    if (again.code == e->code && !n && e->code != SPDM_ERR_RESPONSE_TOO_LARGE)
        FUZZ_REQUIRE(again.extended.data[0] == e->extended.data[0]);
}

static void fuzz_error(const spdm_shape *shape, camseal_span in)
{
    camseal_reader r = camseal_reader_of(in);
    spdm_error e;
    spdm_not_ready n;
    uint32_t size = 0;
    camseal_span vendor, data;
    if (camseal_spdm_read_error(&r, &e) != CAMSEAL_OK)
        return;
    FUZZ_REQUIRE(e.extended.len <= 32);
    require_inside(in, e.extended);
    (void)camseal_spdm_error_known(e.code);
    bool later = camseal_spdm_read_not_ready(&e, &n) == CAMSEAL_OK;
    if (later)
        FUZZ_REQUIRE(n.rdt_exponent <= 31 && n.rdtm > 1);
    (void)!camseal_spdm_read_error_size(&e, &size);
    if (camseal_spdm_read_error_vendor(&e, &vendor, &data) == CAMSEAL_OK) {
        require_inside(in, vendor);
        require_inside(in, data);
    }
    rewrite_error(&e, shape->version);
    rewrite_kind(&e, shape->version, later ? &n : NULL, size);
}

/* ---- DIGESTS, slot by slot -------------------------------------------------------------------
 */

static void fuzz_digests(const spdm_shape *shape, camseal_span in)
{
    spdm_digests m;
    spdm_digest_key key;
    camseal_reader r = camseal_reader_of(in);
    if (camseal_spdm_read_digests(&r, shape, &m) != CAMSEAL_OK ||
        camseal_reader_ok(&r) != CAMSEAL_OK)
        return;
    for (unsigned slot = 0; slot < 256; slot++) {
        camseal_span digest = camseal_spdm_digest_of(shape, &m, (uint8_t)slot);
        bool there = slot < 8 && ((unsigned)m.provisioned >> slot & 1u) != 0;
        FUZZ_REQUIRE(digest.len == (there ? shape->hash : 0u));
        require_inside(in, digest);
        if (camseal_spdm_digest_key(&m, (uint8_t)slot, &key))
            FUZZ_REQUIRE(there && m.key_pair_ids.len && key.model < 8);
    }
}

/* ---- secured-message versions as both sides write them ----------------------------------------
 */

static void fuzz_offer(camseal_span in)
{
    uint16_t versions[20], selected;
    uint8_t room[80], exponent;
    camseal_span list;
    size_t n = in.len / 2 < 20 ? in.len / 2 : 20;
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        versions[i] = (uint16_t)(in.data[2 * i] | in.data[2 * i + 1] << 8);
    uint8_t limit = (uint8_t)(in.data[0] % 65u);
    for (unsigned with_limit = 0; with_limit < 2; with_limit++) {
        camseal_writer w = camseal_writer_of(room, sizeof room);
        if (with_limit)
            camseal_spdm_write_sm_versions_limit(&w, versions, n, limit);
        else
            camseal_spdm_write_sm_versions(&w, versions, n);
        FUZZ_REQUIRE(camseal_writer_end(&w) == CAMSEAL_OK);
        camseal_span opaque = camseal_span_of(room, w.len);
        FUZZ_REQUIRE(camseal_spdm_read_sm_versions(opaque, &list) == CAMSEAL_OK);
        FUZZ_REQUIRE(list.len == 2 * n && memcmp(list.data, in.data, list.len) == 0);
        if (camseal_spdm_read_sm_limit(opaque, &exponent) == CAMSEAL_OK)
            FUZZ_REQUIRE(exponent == (with_limit ? limit : SPDM_SM_LIMIT_MAX));
        w = camseal_writer_of(room, sizeof room);
        if (with_limit)
            camseal_spdm_write_sm_selection_limit(&w, versions[0], limit);
        else
            camseal_spdm_write_sm_selection(&w, versions[0]);
        FUZZ_REQUIRE(camseal_writer_end(&w) == CAMSEAL_OK);
        opaque = camseal_span_of(room, w.len);
        FUZZ_REQUIRE(camseal_spdm_read_sm_selection(opaque, &selected) == CAMSEAL_OK);
        FUZZ_REQUIRE(selected == versions[0]);
    }
}

/* ---- small things -----------------------------------------------------------------------------
 */

static void fuzz_numbers(const spdm_shape *shape, camseal_span in)
{
    FUZZ_REQUIRE(camseal_spdm_context_bytes(shape) == (shape->version < 0x13 ? 0u : 8u));
    (void)camseal_spdm_pqc_bits(in);
    for (size_t i = 0; i < in.len; i++) {
        uint8_t b = in.data[i];
        FUZZ_REQUIRE(camseal_spdm_slot_legal(b) == (b < 8 || b == 0xFF));
        FUZZ_REQUIRE(camseal_spdm_slot4_legal(b) == (b < 8 || b == 0x0F));
        FUZZ_REQUIRE(camseal_spdm_summary_legal(b) == (b < 2 || b == 0xFF));
        FUZZ_REQUIRE(camseal_spdm_chunk_overhead(b) == (b ? 12u : 16u));
    }
}

/* Lists that reading a message leaves alone. */
static void fuzz_lists(camseal_span in)
{
    (void)!camseal_spdm_check_device_classes(in);
    (void)!camseal_spdm_check_log(in);
    if (in.len) {
        const spdm_event_types m = {in.data[0], {in.data + 1, in.len - 1}};
        (void)!camseal_spdm_check_event_groups(&m);
    }
    uint8_t count;
    camseal_reader r = camseal_reader_of(in);
    if (camseal_spdm_read_device_classes_head(&r, &count) == CAMSEAL_OK) {
        uint8_t head[4];
        camseal_writer w = camseal_writer_of(head, sizeof head);
        camseal_spdm_write_device_classes_head(&w, count);
        FUZZ_REQUIRE(camseal_writer_end(&w) == CAMSEAL_OK && head[0] == in.data[0]);
    }
}

static void fuzz_message(codec run, const spdm_shape *shape, camseal_span in)
{
    static uint8_t first[70000], second[70000];
    camseal_reader r = camseal_reader_of(in);
    camseal_writer w = camseal_writer_of(first, sizeof first);
    if (run(shape, &r, &w) != CAMSEAL_OK)
        return;
    size_t len = w.len;
    FUZZ_REQUIRE(!w.failed && len <= in.len);
    r = camseal_reader_of(camseal_span_of(first, len));
    w = camseal_writer_of(second, len);
    FUZZ_REQUIRE(run(shape, &r, &w) == CAMSEAL_OK);
    FUZZ_REQUIRE(!w.failed && w.len == len && memcmp(first, second, len) == 0);
    r = camseal_reader_of(camseal_span_of(first, len));
    w = camseal_writer_of(second, len - 1);
    FUZZ_REQUIRE(run(shape, &r, &w) == CAMSEAL_OK && w.failed);
}

/* What is not one message after another. */
static bool fuzz_other(uint8_t pick, const spdm_shape *shape, camseal_span in)
{
    switch (pick) {
    case PICK_OPAQUE:
        fuzz_opaque(in);
        fuzz_lists(in);
        return true;
    case PICK_ERROR:
        fuzz_error(shape, in);
        return true;
    case PICK_DIGESTS:
        fuzz_digests(shape, in);
        return true;
    case PICK_OFFER:
        fuzz_offer(in);
        return true;
    case PICK_NUMBERS:
        fuzz_numbers(shape, in);
        return true;
    default:
        return false;
    }
}

/* One of the short shapes, or with sizes as they are. */
static spdm_shape shape_of(uint8_t choice)
{
    spdm_shape s = *all_shapes[choice % 3];
    if (!(choice / 3 % 2))
        return s;
    s.hash = choice & 0x40 ? 48 : 32;
    s.signature = s.req_signature = choice & 0x40 ? 96 : 64;
    s.kex_request = s.kex_response = choice & 0x40 ? 96 : 64;
    s.summary = choice & 0x80;
    s.multi_key = s.version > 0x12 && (choice & 0x20);
    s.clear_handshake = choice & 0x10;
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 65536)
        return 0;
    camseal_span in = camseal_span_of(data + 2, size - 2);
    const spdm_shape shape = shape_of(data[1]);
    unsigned pick = data[0] % CODECS;
    if (fuzz_other(data[0], &shape, in))
        return 0;
    uint8_t *copy = malloc(in.len ? in.len : 1);
    FUZZ_REQUIRE(copy);
    if (in.len)
        memcpy(copy, in.data, in.len);
    if (all_codecs[pick].code && in.len >= 2) { /* as the caller of a codec has checked */
        copy[0] = shape.version;
        copy[1] = all_codecs[pick].code;
    }
    fuzz_message(all_codecs[pick].run, &shape, camseal_span_of(copy, in.len));
    free(copy);
    return 0;
}
