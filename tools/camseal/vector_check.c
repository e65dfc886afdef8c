#include "vector_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "camseal/csi2.h"
#include "context/context.h"
#include "cse/stream.h"
#include "vector_json.h"

enum { DATA_MAX = 1 << 16 };

void vector_fault(vector_run *run, const char *what, const char *why)
{
    if (!run->detail[0])
        snprintf(run->detail, sizeof run->detail, "%s: %s", what, why);
}

void vector_compare(vector_run *run, const char *what, const uint8_t *ours, size_t ours_len,
                    const uint8_t *theirs, size_t theirs_len)
{
    char why[96];
    size_t n = ours_len < theirs_len ? ours_len : theirs_len, i = 0;
    while (i < n && ours[i] == theirs[i])
        i++;
    if (i == n && ours_len == theirs_len)
        return;
    if (i == n)
        snprintf(why, sizeof why, "%zu bytes, in the file %zu", ours_len, theirs_len);
    else
        snprintf(why, sizeof why, "first difference at byte %zu: %02x, in the file %02x", i,
                 ours[i], theirs[i]);
    vector_fault(run, what, why);
}

void vector_compare_member(vector_run *run, const json_t *object, const char *name,
                           const uint8_t *ours, size_t len)
{
    static uint8_t theirs[DATA_MAX];
    size_t n;
    if (vector_bytes(object, name, theirs, sizeof theirs, &n))
        vector_compare(run, name, ours, len, theirs, n);
    else
        vector_fault(run, name, "missing or no hex string");
}

void vector_compare_number(vector_run *run, const json_t *object, const char *name, uint64_t ours)
{
    char why[96];
    uint64_t theirs;
    if (!vector_number(object, name, &theirs)) {
        vector_fault(run, name, "missing or no number");
        return;
    }
    if (theirs == ours)
        return;
    snprintf(why, sizeof why, "0x%" PRIX64 ", in the file 0x%" PRIX64, ours, theirs);
    vector_fault(run, name, why);
}

void vector_compare_word(vector_run *run, const json_t *object, const char *name, const char *ours)
{
    const char *theirs = json_string_value(json_object_get(object, name));
    char why[96];
    if (theirs && strcmp(theirs, ours) == 0)
        return;
    snprintf(why, sizeof why, "%s, in the file %.40s", ours, theirs ? theirs : "no word");
    vector_fault(run, name, why);
}

void vector_compare_derived(vector_run *run, const json_t *keys, const uint8_t crk[32],
                            const uint8_t ids[4], uint32_t epoch)
{
    static const char *const labels[4][2] = {
        {"int", "k_int"}, {"iv.int", "iv_int"}, {"enc", "k_enc"}, {"iv.enc", "iv_enc"}};
    const camseal_priv_suite *suite = camseal_priv_suite_of(ids[3]);
    uint8_t okm[32];
    for (size_t i = 0; suite && i < (suite->encrypts ? 4u : 2u); i++) {
        size_t len = i % 2 ? 12 : suite->key_bytes;
        if (camseal_priv_key_expand(run->crypto, okm, len, crk, labels[i][0], ids, epoch) ==
            CAMSEAL_OK)
            vector_compare_member(run, keys, labels[i][1], okm, len);
        else
            vector_fault(run, labels[i][1], "derivation failed");
    }
}

bool vector_root(vector_run *run, const json_t *root, uint8_t crk[32])
{
    uint8_t loaded[32], salt[16];
    const camseal_hash *hash = camseal_crypto_hash(run->crypto, CAMSEAL_HASH_SHA256);
    if (!vector_exact(root, "loaded", loaded, sizeof loaded) ||
        !vector_exact(root, "salt", salt, sizeof salt) ||
        camseal_hkdf_extract(run->crypto, hash, crk, camseal_span_of(salt, sizeof salt),
                             camseal_span_of(loaded, sizeof loaded)) != CAMSEAL_OK)
        return false;
    vector_compare_member(run, root, "crk", crk, 32);
    return true;
}

static void begin(vector_run *run, const char *section, const char *name, size_t index)
{
    run->section = section;
    run->detail[0] = 0;
    if (name)
        snprintf(run->name, sizeof run->name, "%s", name);
    else
        snprintf(run->name, sizeof run->name, "%s[%zu]", section, index);
}

static void end(vector_run *run, enum vector_outcome outcome)
{
    run->counts[outcome]++;
    if (outcome != VECTOR_AGREES && run->report)
        run->report(run->user, outcome, run->section, run->name, run->detail);
}

static void skip(vector_run *run, const char *why)
{
    snprintf(run->detail, sizeof run->detail, "not implemented: %s", why);
    end(run, VECTOR_SKIPPED);
}

/* ---- small sections: one entry each ---- */

static void check_header(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    uint8_t bytes[4] = {0};
    uint64_t dt = 0, wc = 0;
    (void)vector_number(entry, "dt", &dt);
    (void)vector_number(entry, "wc", &wc);
    if (camseal_csi2_header(bytes, (uint8_t)vector_small(entry, "vc"), (uint8_t)dt, (uint16_t)wc) !=
        CAMSEAL_OK)
        vector_fault(run, "header", "refused");
    vector_compare_member(run, entry, "bytes", bytes, sizeof bytes);
    camseal_csi2_packet packet;
    if (!vector_exact(entry, "bytes", bytes, sizeof bytes) ||
        camseal_csi2_header_read(&packet, bytes) != CAMSEAL_OK ||
        packet.vc != vector_small(entry, "vc") || packet.dt != dt || packet.field != wc)
        vector_fault(run, "bytes", "read back differently");
}

static size_t entry_data(vector_run *run, const json_t *entry, uint8_t *data)
{
    size_t n;
    if (!vector_bytes(entry, "data", data, DATA_MAX, &n))
        vector_fault(run, "data", "missing or no hex string");
    return n;
}

static void check_crc16(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    static uint8_t data[DATA_MAX];
    uint16_t crc = run->bulk->crc16(0xFFFF, data, entry_data(run, entry, data));
    const uint8_t wire[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};
    vector_compare_number(run, entry, "crc", crc);
    vector_compare_member(run, entry, "wire", wire, sizeof wire);
}

static void check_crc32(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    static uint8_t data[DATA_MAX];
    const char *poly = json_string_value(json_object_get(entry, "poly"));
    bool ieee = poly && strcmp(poly, "ieee") == 0;
    if (!ieee && (!poly || strcmp(poly, "crc32c") != 0))
        vector_fault(run, "poly", "unknown polynomial");
    size_t n = entry_data(run, entry, data);
    uint32_t crc = ieee ? run->bulk->crc32(0, data, n) : run->bulk->crc32c(0, data, n);
    const uint8_t wire[4] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                             (uint8_t)(crc >> 24)};
    vector_compare_number(run, entry, "crc", crc);
    vector_compare_member(run, entry, "wire", wire, sizeof wire);
}

static void check_extraction(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    uint8_t crk[32];
    if (!vector_root(run, entry, crk))
        vector_fault(run, "loaded", "cannot be used");
}

/* What HKDF-Expand reads (§2), put together here once more. */
static void compare_info(vector_run *run, const json_t *entry, const char *label,
                         const uint8_t ids[4], uint32_t epoch)
{
    uint8_t info[64];
    const uint8_t big_endian[4] = {(uint8_t)(epoch >> 24), (uint8_t)(epoch >> 16),
                                   (uint8_t)(epoch >> 8), (uint8_t)epoch};
    int n = snprintf((char *)info, sizeof info - 8, "OP1 %s", label);
    if (n < 0 || (size_t)n >= sizeof info - 9) {
        vector_fault(run, "label", "too long");
        return;
    }
    memcpy(info + n + 1, ids, 4);
    memcpy(info + n + 5, big_endian, 4);
    vector_compare_member(run, entry, "info", info, (size_t)n + 9);
}

static void check_derivation(vector_run *run, const json_t *group, const json_t *entry)
{
    uint8_t crk[32], okm[32], expected[32];
    size_t len;
    uint64_t ctx_id = 0, suite = 0, epoch = 0;
    const char *label = json_string_value(json_object_get(entry, "label"));
    if (!vector_root(run, group, crk) || !vector_number(entry, "ctx_id", &ctx_id) ||
        !vector_number(entry, "suite", &suite) || !vector_number(entry, "epoch", &epoch) ||
        !vector_bytes(entry, "okm", expected, sizeof expected, &len) || !label) {
        vector_fault(run, "entry", "incomplete");
        return;
    }
    const uint8_t ids[4] = {(uint8_t)vector_small(entry, "protocol"), (uint8_t)ctx_id,
                            (uint8_t)vector_small(entry, "dir"), (uint8_t)suite};
    if (camseal_priv_key_expand(run->crypto, okm, len, crk, label, ids, (uint32_t)epoch) !=
        CAMSEAL_OK) {
        vector_fault(run, "label", "cannot be used");
        return;
    }
    compare_info(run, entry, label, ids, (uint32_t)epoch);
    vector_compare(run, "okm", okm, len, expected, len);
}

static void check_extension(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    uint64_t last = 0, low = 0, value;
    if (!vector_number(entry, "last", &last) || !vector_number(entry, "low32", &low) ||
        low > UINT32_MAX) {
        vector_fault(run, "entry", "incomplete");
        return;
    }
    bool newer = camseal_priv_frame_extend(&value, last, (uint32_t)low);
    if (json_object_get(entry, "value")) /* missing: it would be below zero */
        vector_compare_number(run, entry, "value", value);
    else if (newer)
        vector_fault(run, "value", "one below zero was taken");
    vector_compare_number(run, entry, "replay", !newer);
}

static void check_stride(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    const char *covered = json_string_value(json_object_get(entry, "covered"));
    bool byte = kind && strcmp(kind, "byte") == 0;
    camseal_stride stride = {byte ? 2 : 1, (uint16_t)vector_small(entry, "offset"),
                             (uint16_t)vector_small(entry, "run"),
                             (uint16_t)vector_small(entry, "period")};
    if (!kind || !covered || stride.period == 0 || stride.offset >= stride.period) {
        vector_fault(run, "entry", "incomplete");
        return;
    }
    uint32_t sum = 0;
    for (uint32_t n = 0; covered[n]; n++) {
        bool ours =
            byte ? camseal_priv_covers_byte(&stride, n) : camseal_priv_covers(&stride, 3, n);
        if (ours != (covered[n] == '1'))
            vector_fault(run, "covered",
                         ours ? "a number is covered, in the file not" : "a number is not covered");
        sum += ours;
    }
    if (byte && camseal_priv_covered_bytes(&stride, 4, true, (uint32_t)strlen(covered)) != sum)
        vector_fault(run, "covered", "count and places disagree");
}

/* ---- the file ---- */

typedef void (*entry_check)(vector_run *run, const json_t *group, const json_t *entry);

static void run_entries(vector_run *run, const char *section, const json_t *group,
                        const json_t *entries, entry_check check)
{
    if (!json_is_array(entries)) {
        begin(run, section, section, 0);
        vector_fault(run, section, "holds no list of vectors");
        end(run, VECTOR_DIFFERS);
        return;
    }
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        begin(run, section, json_string_value(json_object_get(entry, "name")), i);
        check(run, group, entry);
        end(run, run->detail[0] ? VECTOR_DIFFERS : VECTOR_AGREES);
    }
}

static void check_sep(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    vector_check_sep(run, entry);
}

static void check_fsed(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    vector_check_fsed(run, entry);
}

static void check_ccise(vector_run *run, const json_t *group, const json_t *entry)
{
    (void)group;
    vector_check_ccise(run, entry);
}

static void skip_section(vector_run *run, const char *section, const json_t *value)
{
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(value, i);
        begin(run, section, json_string_value(json_object_get(entry, "name")), i);
        skip(run, section);
    }
}

static void run_section(vector_run *run, const char *section, const json_t *value)
{
    static const struct {
        const char *name,
            *list; /* list: member that holds the entries, NULL: the section is the list */
        entry_check check;
    } sections[] = {
        {"crc32", NULL, check_crc32},
        {"salt_extraction", NULL, check_extraction},
        {"key_derivation", "entries", check_derivation},
        {"counter_extension", "entries", check_extension},
        {"stride_coverage", "entries", check_stride},
        {"sep", NULL, check_sep},
        {"fsed", NULL, check_fsed},
        {"ccise", NULL, check_ccise},
    };
    if (strcmp(section, "format") == 0)
        return;
    if (strcmp(section, "csi2") == 0) {
        run_entries(run, "csi2.headers", value, json_object_get(value, "headers"), check_header);
        run_entries(run, "csi2.crc16", value, json_object_get(value, "crc16"), check_crc16);
        return;
    }
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (strcmp(section, sections[i].name) != 0)
            continue;
        const json_t *list = sections[i].list ? json_object_get(value, sections[i].list) : value;
        run_entries(run, section, value, list, sections[i].check);
        return;
    }
    skip_section(run, section, value);
}

bool vector_check(vector_run *run, const json_t *root)
{
    const char *section;
    json_t *value;
    if (!json_is_object(root) || !json_object_get(root, "format"))
        return false;
    json_object_foreach((json_t *)root, section, value) run_section(run, section, value);
    return true;
}
