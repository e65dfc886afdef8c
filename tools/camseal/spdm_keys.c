/* `camseal spdm keys`: the key pairs of a responder, and how they are changed. */
#include <stdio.h>
#include <string.h>

#include "camseal/spdm_keypair.h"
#include "hex.h"
#include "spdm.h"
#include "spdm/registry.h"
#include "spdm_client.h"

enum { OPT_ID = 1, OPT_IN_SESSION, OPT_SET, OPT_USAGE, OPT_ALGORITHM, OPT_SLOTS, DER_MAX = 4096 };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    {OPT_ID, 'i', "id", "N", "one key pair, 1 to 255 (default: all of them)"},
    {OPT_IN_SESSION, 0, "in-session", NULL, "inside a session"},
    {OPT_SET, 0, "set", "HOW", "change, erase or generate the key pair of --id"},
    {OPT_USAGE, 0, "usage", "LIST",
     "what it is to be used for: key-exchange, challenge, measurements,\n"
     "endpoint-info, standard, vendor (default: as it is)"},
    {OPT_ALGORITHM, 0, "algorithm", "NAME",
     "what it is to be: P-256, RSA-3072, ML-DSA-65, ... (default: as it is)"},
    {OPT_SLOTS, 0, "slots", "LIST", "which slots it is to belong to, or none (default: as it is)"},
    SPDM_SESSION_OPTIONS,
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm keys", "--to ENDPOINT --trust FILE [options]",
    "Shows the key pairs of a responder (SPDM 1.3): which algorithm, which slots, what for, and\n"
    "what may be done with them. With --set it changes one first.",
    options,
    "Outside a session nobody vouches for what is shown.\n"
    "Exit code 0: read, or changed and read; 3: refused by the responder; otherwise see\n"
    "'camseal --help'."};

/* ---- names ------------------------------------------------------------------------------------
 */

typedef struct bit_name {
    uint32_t bit;
    const char *name;
} bit_name;

static const bit_name uses[] = {{CAMSEAL_SPDM_USE_KEY_EXCHANGE, "key-exchange"},
                                {CAMSEAL_SPDM_USE_CHALLENGE, "challenge"},
                                {CAMSEAL_SPDM_USE_MEASUREMENTS, "measurements"},
                                {CAMSEAL_SPDM_USE_ENDPOINT_INFO, "endpoint-info"},
                                {CAMSEAL_SPDM_USE_STANDARD, "standard"},
                                {CAMSEAL_SPDM_USE_VENDOR, "vendor"},
                                {0, NULL}};
static const bit_name algorithms[] = {
    {CAMSEAL_SPDM_KEY_RSA_2048, "RSA-2048"}, {CAMSEAL_SPDM_KEY_RSA_3072, "RSA-3072"},
    {CAMSEAL_SPDM_KEY_RSA_4096, "RSA-4096"}, {CAMSEAL_SPDM_KEY_P256, "P-256"},
    {CAMSEAL_SPDM_KEY_P384, "P-384"},        {CAMSEAL_SPDM_KEY_P521, "P-521"},
    {CAMSEAL_SPDM_KEY_SM2, "SM2"},           {CAMSEAL_SPDM_KEY_ED25519, "Ed25519"},
    {CAMSEAL_SPDM_KEY_ED448, "Ed448"},       {0, NULL}};
static const bit_name capabilities[] = {{CAMSEAL_SPDM_KEY_GENERATE, "generated"},
                                        {CAMSEAL_SPDM_KEY_ERASE, "erased"},
                                        {CAMSEAL_SPDM_KEY_ASSOCIATE, "given to slots"},
                                        {CAMSEAL_SPDM_KEY_USAGE, "given another use"},
                                        {CAMSEAL_SPDM_KEY_ALGORITHM, "given another algorithm"},
                                        {CAMSEAL_SPDM_KEY_SHARE, "shared by slots"},
                                        {0, NULL}};

static void add_names(json_t *list, const bit_name *names, uint32_t bits)
{
    for (; names->name; names++)
        if (bits & names->bit)
            json_array_append_new(list, json_string(names->name));
}

static json_t *names_of(const bit_name *names, uint32_t bits)
{
    json_t *list = json_array();
    add_names(list, names, bits);
    return list;
}

static json_t *algorithm_names(uint32_t classical, uint32_t pqc)
{
    json_t *list = names_of(algorithms, classical);
    for (uint32_t bit = 1; bit; bit <<= 1) {
        const spdm_registered *row = camseal_spdm_registered_pqc_sign(pqc & bit);
        if (row)
            json_array_append_new(list, json_string(row->name));
    }
    return list;
}

static uint32_t pqc_bit_of(const char *name)
{
    for (uint32_t bit = 1; bit; bit <<= 1) {
        const spdm_registered *row = camseal_spdm_registered_pqc_sign(bit);
        if (row && !strcmp(row->name, name))
            return bit;
    }
    return 0;
}

/* 0: there is none of that name. */
static uint32_t bit_of(const bit_name *names, const char *text, size_t len)
{
    for (; names->name; names++)
        if (strlen(names->name) == len && !strncmp(names->name, text, len))
            return names->bit;
    return 0;
}

/* ---- options ----------------------------------------------------------------------------------
 */

struct wanted {
    spdm_client *client;
    uint8_t id; /* 0: all */
    bool in_session, set, has_slots;
    camseal_spdm_key_change change;
    json_t *pairs;
};

static int take_operation(struct wanted *w, const char *value)
{
    static const char *const names[] = {"change", "erase", "generate"};
    for (uint8_t i = 0; i < 3; i++)
        if (!strcmp(value, names[i])) {
            w->set = true;
            w->change.operation = i;
            return CLI_EXIT_OK;
        }
    return cli_usage(verb.name, "--set %s: not change, erase or generate", value);
}

static int take_usage(struct wanted *w, const char *value)
{
    const char *text = value;
    while (*text) {
        size_t len = strcspn(text, ",");
        uint32_t bit = bit_of(uses, text, len);
        if (!bit)
            return cli_usage(verb.name,
                             "--usage %s: not a list of key-exchange, challenge, "
                             "measurements, endpoint-info, standard, vendor",
                             value);
        w->change.usage = (uint16_t)(w->change.usage | bit);
        text += len + (text[len] == ',');
    }
    return CLI_EXIT_OK;
}

static int take_algorithm(struct wanted *w, const char *value)
{
    w->change.algorithm = bit_of(algorithms, value, strlen(value));
    w->change.pqc_algorithm = pqc_bit_of(value);
    if (w->change.algorithm || w->change.pqc_algorithm)
        return CLI_EXIT_OK;
    return cli_usage(verb.name, "--algorithm %s: not one like P-256, RSA-3072, Ed25519, ML-DSA-65",
                     value);
}

static int take_slots(struct wanted *w, const char *value)
{
    unsigned mask = 0;
    w->has_slots = true;
    for (const char *text = value; *text && strcmp(value, "none") != 0; text += text[1] ? 2 : 1) {
        if (*text < '0' || *text > '7' || (text[1] && text[1] != ','))
            return cli_usage(verb.name, "--slots %s: not none, nor like 0,2,3", value);
        mask |= 1u << (*text - '0');
    }
    w->change.slots = (uint8_t)mask;
    return CLI_EXIT_OK;
}

static int take_option(struct wanted *w, int id)
{
    cli_args *args = &w->client->args;
    uint64_t n = 0;
    switch (id) {
    case OPT_ID:
        if (!cli_number(args, 1, 255, &n))
            return args->exit;
        w->id = (uint8_t)n;
        return CLI_EXIT_OK;
    case OPT_IN_SESSION:
        w->in_session = true;
        return CLI_EXIT_OK;
    case OPT_SET:
        return take_operation(w, args->value);
    case OPT_USAGE:
        return take_usage(w, args->value);
    case OPT_ALGORITHM:
        return take_algorithm(w, args->value);
    case OPT_SLOTS:
        return take_slots(w, args->value);
    default:
        return spdm_client_option(w->client, id);
    }
}

/* ---- what was read ----------------------------------------------------------------------------
 */

static json_t *slot_list(uint8_t mask)
{
    json_t *list = json_array();
    for (unsigned slot = 0; slot < CAMSEAL_SPDM_SLOTS; slot++)
        if ((uint32_t)mask >> slot & 1u)
            json_array_append_new(list, json_integer(slot));
    return list;
}

static void keep(struct wanted *w, uint8_t id, const camseal_spdm_key_pair *p)
{
    char der[2 * DER_MAX + 1] = "";
    json_t *j = json_object();
    if (p->public_key_info.len)
        hex_write(der, p->public_key_info.data, p->public_key_info.len);
    json_object_set_new(j, "id", json_integer(id));
    json_object_set_new(j, "algorithm", algorithm_names(p->algorithm, p->pqc_algorithm));
    json_object_set_new(j, "algorithms", algorithm_names(p->algorithms, p->pqc_algorithms));
    json_object_set_new(j, "slots", slot_list(p->slots));
    json_object_set_new(j, "usage", names_of(uses, p->usage));
    json_object_set_new(j, "usages", names_of(uses, p->usages));
    json_object_set_new(j, "may_be", names_of(capabilities, p->capabilities));
    json_object_set_new(j, "public_key_info", json_string(der));
    json_array_append_new(w->pairs, j);
}

static void print_list(const char *what, const json_t *list, const char *none)
{
    printf("  %-11s %s", what, json_array_size(list) ? "" : none);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        printf("%s", i ? ", " : "");
        if (json_is_integer(item))
            printf("%lld", (long long)json_integer_value(item));
        else
            printf("%s", json_string_value(item));
    }
}

/* What it is, and in brackets what it could be if that is more. */
static void print_choice(const char *what, const json_t *now, const json_t *possible,
                         const char *none)
{
    print_list(what, now, none);
    if (!json_equal(now, possible)) {
        printf(" (possible:");
        for (size_t i = 0; i < json_array_size(possible); i++)
            printf("%s %s", i ? "," : "", json_string_value(json_array_get(possible, i)));
        putchar(')');
    }
    putchar('\n');
}

static void print_pairs(const struct wanted *w)
{
    size_t i;
    json_t *p;
    json_array_foreach(w->pairs, i, p)
    {
        const char *der = json_string_value(json_object_get(p, "public_key_info"));
        printf("key pair %lld%s\n", (long long)json_integer_value(json_object_get(p, "id")),
               der && *der ? "" : ", without a key");
        print_choice("algorithm", json_object_get(p, "algorithm"), json_object_get(p, "algorithms"),
                     "none");
        print_list("slots", json_object_get(p, "slots"), "none\n");
        if (json_array_size(json_object_get(p, "slots")))
            putchar('\n');
        print_choice("used for", json_object_get(p, "usage"), json_object_get(p, "usages"),
                     "nothing");
        print_list("may be", json_object_get(p, "may_be"), "read only");
        putchar('\n');
    }
}

/* ---- conversation ------------------------------------------------------------------------------
 */

static int read_pair(struct wanted *w, uint8_t session, uint8_t id, camseal_spdm_key_pair *pair,
                     uint8_t *total)
{
    static uint8_t room[DER_MAX];
    static camseal_buf der = {room, sizeof room, 0};
    spdm_client *c = w->client;
    return spdm_client_run(
        c, camseal_spdm_begin_get_key_pair(c->engine, session, id, pair, &der, total));
}

/* The message always names slots: without --slots those that it has. */
static int set(struct wanted *w, uint8_t session)
{
    spdm_client *c = w->client;
    camseal_spdm_key_pair now;
    uint8_t total;
    int code = CLI_EXIT_OK;
    w->change.id = w->id;
    w->change.session = session;
    if (!w->has_slots && w->change.operation != CAMSEAL_SPDM_KEY_OP_ERASE) {
        code = read_pair(w, session, w->id, &now, &total);
        if (code)
            return code;
        w->change.slots = now.slots;
    }
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_set_key_pair(c->engine, &w->change));
    return code;
}

static int read_pairs(struct wanted *w, uint8_t session)
{
    unsigned id = w->id ? w->id : 1, last = w->id ? w->id : 255;
    for (; id <= last; id++) {
        camseal_spdm_key_pair pair;
        uint8_t total = 0;
        int code = read_pair(w, session, (uint8_t)id, &pair, &total);
        if (code)
            return code;
        keep(w, (uint8_t)id, &pair);
        json_object_set_new(w->client->result, "total", json_integer(total));
        if (!w->id)
            last = total;
    }
    return CLI_EXIT_OK;
}

static int converse(struct wanted *w)
{
    spdm_client *c = w->client;
    uint8_t session = SPDM_CLIENT_OUTSIDE;
    int code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code && !(spdm_client_info(c)->peer_flags & CAMSEAL_SPDM_CAP_GET_KEY_PAIR))
        code = cli_fail(c->verb, CAMSEAL_E_NEGOTIATION, "the responder tells of no key pairs");
    if (!code && w->in_session)
        code = spdm_client_session(c, &session);
    if (!code && w->set)
        code = set(w, session);
    if (!code)
        code = read_pairs(w, session);
    if (session != SPDM_CLIENT_OUTSIDE && code) /* a genuine refusal leaves the session intact */
        (void)spdm_client_step(c, camseal_spdm_begin_end_session(c->engine, session));
    else if (session != SPDM_CLIENT_OUTSIDE)
        code = spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, session));
    json_object_set(c->result, "key_pairs", w->pairs);
    if (!code && spdm_client_talks(c))
        print_pairs(w);
    return code;
}

static int run(struct wanted *w)
{
    bool values = w->change.usage || w->change.algorithm || w->change.pqc_algorithm || w->has_slots;
    if (w->set && !w->id)
        return cli_usage(verb.name, "--set: say which: --id N");
    if (values && (!w->set || w->change.operation == CAMSEAL_SPDM_KEY_OP_ERASE))
        return cli_usage(verb.name, "--usage, --algorithm, --slots: with --set change or generate");
    if (w->client->psk_path && !w->in_session)
        return cli_usage(verb.name, "--psk is for sessions: give --in-session too");
    int code = spdm_client_open(w->client);
    return code ? code : converse(w);
}

int spdm_keys(int argc, char **argv)
{
    struct wanted w;
    memset(&w, 0, sizeof w);
    w.client = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    if (!w.client)
        return CLI_EXIT_BUG;
    w.pairs = json_array();
    while (!code && (id = cli_next(&w.client->args)) > 0)
        code = take_option(&w, id);
    if (!code && id < 0)
        code = w.client->args.exit;
    else if (!code)
        code = run(&w);
    json_decref(w.pairs);
    return spdm_client_close(w.client, code);
}
