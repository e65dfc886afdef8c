#include "spdm_policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "camseal/openssl.h"
#include "spdm/registry.h"

/* ---- algorithms ------------------------------------------------------------------------------ */

typedef struct named {
    const char *name;
    uint8_t id;
} named;

/* Entry i of what the provider has of a kind; name NULL behind the last. */
static named entry(spdm_algorithm_kind kind, size_t i)
{
    const camseal_crypto *c = camseal_openssl();
    named none = {NULL, 0};
    switch (kind) {
    case SPDM_KIND_HASH:
        return i < c->n_hashes ? (named){c->hashes[i].name, (uint8_t)c->hashes[i].id} : none;
    case SPDM_KIND_KEX:
        return i < c->n_kexes ? (named){c->kexes[i].name, (uint8_t)c->kexes[i].id} : none;
    case SPDM_KIND_AEAD:
        return i < c->n_aeads ? (named){c->aeads[i].name, (uint8_t)c->aeads[i].id} : none;
    default:
        return i < c->n_signs ? (named){c->signs[i].name, (uint8_t)c->signs[i].id} : none;
    }
}

static bool same_name(const char *a, size_t a_len, const char *b)
{
    size_t i = 0;
    for (;;) {
        while (i < a_len && (a[i] == '-' || a[i] == '_'))
            i++;
        while (*b == '-' || *b == '_')
            b++;
        if (i == a_len || !*b)
            return i == a_len && !*b;
        if (tolower((unsigned char)a[i++]) != tolower((unsigned char)*b++))
            return false;
    }
}

static uint8_t find(spdm_algorithm_kind kind, const char *name, size_t len)
{
    for (size_t i = 0;; i++) {
        named e = entry(kind, i);
        if (!e.name)
            return 0;
        if (same_name(name, len, e.name))
            return e.id;
    }
}

static camseal_spdm_choice *choice(spdm_policy *p, spdm_algorithm_kind kind, uint8_t **prefer)
{
    switch (kind) {
    case SPDM_KIND_HASH:
        *prefer = p->hash;
        return &p->rules.hash;
    case SPDM_KIND_SIGN:
        *prefer = p->sign;
        return &p->rules.sign;
    case SPDM_KIND_REQ_SIGN:
        *prefer = p->req_sign;
        return &p->rules.req_sign;
    case SPDM_KIND_KEX:
        *prefer = p->kex;
        return &p->rules.kex;
    default:
        *prefer = p->aead;
        return &p->rules.aead;
    }
}

const char *spdm_policy_algorithms(spdm_policy *p, spdm_algorithm_kind kind, const char *text,
                                   char word[32])
{
    uint8_t *prefer;
    camseal_spdm_choice *c = choice(p, kind, &prefer);
    size_t n = 0;
    *c = (camseal_spdm_choice){.allowed = 0, .prefer = prefer};
    while (*text) {
        size_t len = strcspn(text, ",");
        uint8_t id = find(kind, text, len);
        snprintf(word, 32, "%.*s", (int)(len < 31 ? len : 31), text);
        if (!id)
            return "is no algorithm that this build has";
        if (c->allowed & CAMSEAL_SPDM_BIT(id) || n + 1 >= SPDM_PREFER_MAX)
            return "stands there twice";
        c->allowed |= CAMSEAL_SPDM_BIT(id);
        prefer[n++] = id;
        text += len + (text[len] == ',');
    }
    prefer[n] = 0;
    word[0] = 0;
    return n ? NULL : "names no algorithm";
}

void spdm_policy_known(spdm_algorithm_kind kind, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; entry(kind, i).name && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", entry(kind, i).name);
}

json_t *spdm_algorithm_names(spdm_algorithm_kind kind, uint32_t mask)
{
    json_t *list = json_array();
    for (size_t i = 0; entry(kind, i).name; i++)
        if (mask & CAMSEAL_SPDM_BIT(entry(kind, i).id))
            json_array_append_new(list, json_string(entry(kind, i).name));
    return list;
}

/* ---- versions, rules ------------------------------------------------------------------------- */

static bool one_version(const char *text, char least, char most, uint8_t *version)
{
    if (text[0] != '1' || text[1] != '.' || text[2] < least || text[2] > most)
        return false;
    *version = (uint8_t)(0x10 + (text[2] - '0'));
    return true;
}

/* "1.2..1.4" or "1.3", minor versions from `least` to `most`. */
static bool version_range(const char *text, char least, char most, uint8_t *from, uint8_t *to)
{
    if (!one_version(text, least, most, from))
        return false;
    *to = *from;
    if (text[3] &&
        (strncmp(text + 3, "..", 2) || !one_version(text + 5, least, most, to) || text[8]))
        return false;
    return *from <= *to;
}

bool spdm_policy_versions(spdm_policy *p, const char *text)
{
    return version_range(text, '2', '4', &p->rules.min_version, &p->rules.max_version);
}

bool spdm_policy_secured(spdm_policy *p, const char *text)
{
    return version_range(text, '0', '3', &p->rules.min_sm, &p->rules.max_sm);
}

bool spdm_policy_rule(uint8_t *rule, const char *text)
{
    static const struct {
        const char *name;
        uint8_t rule;
    } rows[] = {{"refuse", CAMSEAL_SPDM_REFUSE},
                {"allow", CAMSEAL_SPDM_ALLOW},
                {"require", CAMSEAL_SPDM_REQUIRE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(text, rows[i].name)) {
            *rule = rows[i].rule;
            return true;
        }
    return false;
}

/* ---- what was agreed ------------------------------------------------------------------------- */

/* Where two bits together are a value, each row has all of its bits in `field`. */
static const struct flag {
    uint32_t field, value;
    const char *name;
} flag_rows[] = {
    {0x01, 0x01, "CACHE"},
    {CAMSEAL_SPDM_CAP_CERT, CAMSEAL_SPDM_CAP_CERT, "CERT"},
    {CAMSEAL_SPDM_CAP_CHAL, CAMSEAL_SPDM_CAP_CHAL, "CHAL"},
    {0x18, CAMSEAL_SPDM_CAP_MEAS_UNSIGNED, "MEAS (unsigned)"},
    {0x18, CAMSEAL_SPDM_CAP_MEAS_SIGNED, "MEAS (signed)"},
    {0x20, CAMSEAL_SPDM_CAP_MEAS_FRESH, "MEAS_FRESH"},
    {CAMSEAL_SPDM_CAP_ENCRYPT, CAMSEAL_SPDM_CAP_ENCRYPT, "ENCRYPT"},
    {CAMSEAL_SPDM_CAP_MAC, CAMSEAL_SPDM_CAP_MAC, "MAC"},
    {CAMSEAL_SPDM_CAP_MUT_AUTH, CAMSEAL_SPDM_CAP_MUT_AUTH, "MUT_AUTH"},
    {CAMSEAL_SPDM_CAP_KEY_EX, CAMSEAL_SPDM_CAP_KEY_EX, "KEY_EX"},
    {0xC00, CAMSEAL_SPDM_CAP_PSK, "PSK"},
    {0xC00, CAMSEAL_SPDM_CAP_PSK_CONTEXT, "PSK (with context)"},
    {CAMSEAL_SPDM_CAP_ENCAP, CAMSEAL_SPDM_CAP_ENCAP, "ENCAP"},
    {CAMSEAL_SPDM_CAP_HBEAT, CAMSEAL_SPDM_CAP_HBEAT, "HBEAT"},
    {CAMSEAL_SPDM_CAP_KEY_UPD, CAMSEAL_SPDM_CAP_KEY_UPD, "KEY_UPD"},
    {CAMSEAL_SPDM_CAP_HANDSHAKE_CLEAR, CAMSEAL_SPDM_CAP_HANDSHAKE_CLEAR, "HANDSHAKE_IN_THE_CLEAR"},
    {CAMSEAL_SPDM_CAP_PUB_KEY_ID, CAMSEAL_SPDM_CAP_PUB_KEY_ID, "PUB_KEY_ID"},
    {CAMSEAL_SPDM_CAP_CHUNK, CAMSEAL_SPDM_CAP_CHUNK, "CHUNK"},
    {CAMSEAL_SPDM_CAP_ALIAS_CERT, CAMSEAL_SPDM_CAP_ALIAS_CERT, "ALIAS_CERT"},
    {CAMSEAL_SPDM_CAP_SET_CERT, CAMSEAL_SPDM_CAP_SET_CERT, "SET_CERT"},
    {CAMSEAL_SPDM_CAP_CSR, CAMSEAL_SPDM_CAP_CSR, "CSR"},
    {CAMSEAL_SPDM_CAP_INSTALL_RESET, CAMSEAL_SPDM_CAP_INSTALL_RESET, "CERT_INSTALL_RESET"},
    {0xC00000, CAMSEAL_SPDM_CAP_EP_INFO_UNSIGNED, "EP_INFO (unsigned)"},
    {0xC00000, CAMSEAL_SPDM_CAP_EP_INFO_SIGNED, "EP_INFO (signed)"},
    {CAMSEAL_SPDM_CAP_MEL, CAMSEAL_SPDM_CAP_MEL, "MEL"},
    {CAMSEAL_SPDM_CAP_EVENT, CAMSEAL_SPDM_CAP_EVENT, "EVENT"},
    {0xC000000, CAMSEAL_SPDM_CAP_MULTI_KEY_ONLY, "MULTI_KEY (only)"},
    {0xC000000, CAMSEAL_SPDM_CAP_MULTI_KEY, "MULTI_KEY (negotiable)"},
    {CAMSEAL_SPDM_CAP_GET_KEY_PAIR, CAMSEAL_SPDM_CAP_GET_KEY_PAIR, "GET_KEY_PAIR_INFO"},
    {CAMSEAL_SPDM_CAP_SET_KEY_PAIR, CAMSEAL_SPDM_CAP_SET_KEY_PAIR, "SET_KEY_PAIR_INFO"},
    {CAMSEAL_SPDM_CAP_KEY_PAIR_RESET, CAMSEAL_SPDM_CAP_KEY_PAIR_RESET, "SET_KEY_PAIR_RESET"},
    {CAMSEAL_SPDM_CAP_LARGE_RESP, CAMSEAL_SPDM_CAP_LARGE_RESP, "LARGE_RESP"},
};

json_t *spdm_flag_names(uint32_t flags)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++) {
        const struct flag *row = &flag_rows[i];
        if ((flags & row->field) == row->value)
            json_array_append_new(list, json_string(row->name));
    }
    return list;
}

/* "MEAS" is the name of every row that begins so. */
static uint32_t flags_named(const char *name, size_t len)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++) {
        const char *row = flag_rows[i].name;
        if (!strncmp(row, name, len) && (row[len] == 0 || row[len] == ' '))
            flags |= flag_rows[i].field;
    }
    return len ? flags : 0;
}

const char *spdm_policy_without(spdm_policy *p, const char *text, char word[32])
{
    uint32_t without = 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        uint32_t flags = flags_named(text, len);
        snprintf(word, 32, "%.*s", (int)(len < 31 ? len : 31), text);
        if (!flags)
            return word;
        without |= flags;
        text += len + (text[len] == ',');
    }
    p->capabilities = ~without;
    return NULL;
}

static void put_text(json_t *j, const char *key, const char *text)
{
    if (text)
        json_object_set_new(j, key, json_string(text));
}

static const char *measurement_name(uint32_t bits)
{
    const spdm_registered *hash = camseal_spdm_registered_hash(bits >> 1);
    return bits == 1 ? "raw values only" : hash ? hash->name : NULL;
}

static const char *version_text(char text[8], uint8_t version)
{
    snprintf(text, 8, "%u.%u", version >> 4, version & 15u);
    return text;
}

json_t *spdm_info_json(const camseal_spdm_info *info)
{
    char text[8];
    json_t *j = json_object();
    if (!info->version)
        return j;
    put_text(j, "version", version_text(text, info->version));
    put_text(j, "hash", info->hash_name);
    put_text(j, "signature", info->sign_name);
    put_text(j, "requester_signature", info->req_sign_name);
    put_text(j, "key_exchange", info->kex_name);
    put_text(j, "aead", info->aead_name);
    put_text(j, "measurement_hash", measurement_name(info->measurement_hash));
    json_object_set_new(j, "clear_handshake", json_boolean(info->clear_handshake));
    json_object_set_new(j, "multi_key", json_boolean(info->multi_key));
    if (info->multi_key)
        json_object_set_new(j, "key_pair", json_integer(info->key_pair_id));
    json_object_set_new(j, "provisioned_slots", json_integer(info->provisioned_slots));
    json_object_set_new(j, "certificates", json_integer(info->certificates));
    if (info->sm_version)
        put_text(j, "secured_messages", version_text(text, info->sm_version));
    return j;
}

static void print_name(const char *what, const char *name)
{
    if (name)
        printf("  %-20s %s\n", what, name);
}

void spdm_info_print(const camseal_spdm_info *info)
{
    char text[8];
    if (!info->version)
        return;
    printf("agreed\n");
    print_name("version", version_text(text, info->version));
    print_name("hash", info->hash_name);
    print_name("signature", info->sign_name);
    print_name("requester signature", info->req_sign_name);
    print_name("key exchange", info->kex_name);
    print_name("AEAD", info->aead_name);
    print_name("measurement hash", measurement_name(info->measurement_hash));
    if (info->sm_version)
        print_name("secured messages", version_text(text, info->sm_version));
    if (info->clear_handshake)
        print_name("handshake", "in the clear");
    if (info->multi_key)
        printf("  %-20s %u, each slot has its own\n", "key pair", info->key_pair_id);
}
