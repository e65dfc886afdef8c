/* The texts of attacks: NAME[:key=value,...], and the list for --list-attacks. */
#include <stdlib.h>
#include <string.h>

#include "attack_kinds.h"
#include "number.h"

static const attack_kind *const tables[] = {attack_data_kinds, attack_frame_kinds,
                                            attack_control_kinds};
enum { TABLES = 3 };

static const char *const key_names[KEY_COUNT] = {
    [KEY_FRAME] = "frame",
    [KEY_EVERY] = "every",
    [KEY_P] = "p",
    [KEY_LINE] = "line",
    [KEY_VC] = "vc",
    [KEY_OFFSET] = "offset",
    [KEY_BIT] = "bit",
    [KEY_BITS] = "bits",
    [KEY_BYTES] = "bytes",
    [KEY_TIMES] = "times",
    [KEY_FIELD] = "field",
    [KEY_BACK] = "back",
    [KEY_OF] = "of",
    [KEY_MODE] = "mode",
    [KEY_BY] = "by",
    [KEY_LINES] = "lines",
    [KEY_FROM] = "from",
    [KEY_TO] = "to",
    [KEY_LS] = "ls",
    [KEY_CONNECTION] = "connection",
    [KEY_MESSAGE] = "message",
    [KEY_DIR] = "dir",
    [KEY_CLEAR] = "clear",
};

/* Largest value of a number; 0: a word. Ranges are only for frame and line. */
static const uint64_t key_limits[KEY_COUNT] = {
    [KEY_FRAME] = UINT32_MAX,
    [KEY_EVERY] = UINT32_MAX,
    [KEY_P] = 1000000,
    [KEY_LINE] = UINT32_MAX,
    [KEY_VC] = 15,
    [KEY_OFFSET] = 65535,
    [KEY_BIT] = 31,
    [KEY_BITS] = 1000,
    [KEY_BYTES] = 65535,
    [KEY_TIMES] = 16,
    [KEY_BACK] = BACK_MAX,
    [KEY_OF] = UINT32_MAX,
    [KEY_BY] = UINT32_MAX,
    [KEY_LINES] = 10000,
    [KEY_FROM] = 15,
    [KEY_TO] = UINT32_MAX,
    [KEY_LS] = 1,
    [KEY_CONNECTION] = UINT32_MAX,
    [KEY_CLEAR] = UINT32_MAX,
};

/* "0.01" as millionths. */
static bool parse_probability(const char *text, attack_value *v)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !(value > 0 && value <= 1))
        return false;
    v->first = v->last = (uint64_t)(value * 1e6 + 0.5);
    return true;
}

static bool parse_range(const char *text, uint64_t max, attack_value *v)
{
    char low[24];
    const char *dash = strchr(text, '-');
    if (!strcmp(text, "all")) {
        v->last = UINT64_MAX;
        return true;
    }
    if (!dash) {
        bool ok = cli_parse_number(text, 0, max, &v->first);
        v->last = v->first;
        return ok;
    }
    size_t len = (size_t)(dash - text);
    if (len >= sizeof low)
        return false;
    memcpy(low, text, len);
    low[len] = 0;
    return cli_parse_number(low, 0, max, &v->first) &&
           cli_parse_number(dash + 1, v->first, max, &v->last);
}

static bool parse_value(enum attack_key key, const char *text, attack_value *v)
{
    memset(v, 0, sizeof *v);
    v->given = true;
    if (strlen(text) >= sizeof v->word || text[0] == 0)
        return false;
    strcpy(v->word, text);
    if (key_limits[key] == 0)
        return true;
    if (key == KEY_P)
        return parse_probability(text, v);
    if (key == KEY_FRAME || key == KEY_LINE)
        return parse_range(text, key_limits[key], v);
    bool ok = cli_parse_number(text, key == KEY_EVERY || key == KEY_BACK ? 1 : 0, key_limits[key],
                               &v->first);
    v->last = v->first;
    return ok;
}

/* `key` is one of the words of `keys`. */
static bool accepts(const char *keys, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = strstr(keys, key); at; at = strstr(at + 1, key))
        if ((at == keys || at[-1] == ' ') && (at[len] == ' ' || at[len] == 0))
            return true;
    return false;
}

static bool word_known(const attack_kind *kind, enum attack_key key, const char *word)
{
    if (key == KEY_DIR)
        return accepts("req rsp", word);
    if (key == KEY_FIELD && kind->packet)
        return sep_field_find(word) >= 0;
    return (key != KEY_MODE && key != KEY_FIELD) || accepts(kind->words, word);
}

static camseal_status parse_parameter(attack *a, char *text, attack_error *error)
{
    char *value = strchr(text, '=');
    if (value)
        *value++ = 0;
    int key = -1;
    for (int i = 0; i < KEY_COUNT; i++)
        if (!strcmp(key_names[i], text) && accepts(a->kind->keys, text))
            key = i;
    if (key < 0) {
        snprintf(error->text, sizeof error->text, "attack %s has no parameter '%.40s': it takes %s",
                 a->kind->name, text, a->kind->keys[0] ? a->kind->keys : "none");
        return CAMSEAL_E_ARGUMENT;
    }
    if (!value || !parse_value((enum attack_key)key, value, &a->values[key]) ||
        !word_known(a->kind, (enum attack_key)key, value)) {
        snprintf(error->text, sizeof error->text, "attack %s: %s=%.40s is no possible value",
                 a->kind->name, text, value ? value : "");
        return CAMSEAL_E_ARGUMENT;
    }
    return CAMSEAL_OK;
}

static const attack_kind *find_kind(const char *name)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const attack_kind *k = tables[t]; k->name; k++)
            if (!strcmp(k->name, name))
                return k;
    return NULL;
}

static camseal_status parse_attack(attack *a, attack_error *error)
{
    char copy[sizeof a->text];
    strcpy(copy, a->text);
    char *rest = strchr(copy, ':');
    if (rest)
        *rest++ = 0;
    a->kind = find_kind(copy);
    if (!a->kind) {
        snprintf(error->text, sizeof error->text,
                 "there is no attack '%.60s': see 'camseal bridge --help'", copy);
        return CAMSEAL_E_ARGUMENT;
    }
    char *state = NULL;
    for (char *part = rest ? strtok_r(rest, ",", &state) : NULL; part;
         part = strtok_r(NULL, ",", &state)) {
        camseal_status status = parse_parameter(a, part, error);
        if (status != CAMSEAL_OK)
            return status;
    }
    return CAMSEAL_OK;
}

/* Printable ASCII without spaces: the text goes into reports as it is. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

camseal_status attack_add(attack_set *set, const char *text, attack_error *error)
{
    error->text[0] = 0;
    attack *a = calloc(1, sizeof *a);
    if (!a || strlen(text) >= sizeof a->text || set->n == ATTACK_MAX || !is_plain(text)) {
        free(a);
        snprintf(error->text, sizeof error->text,
                 "attack '%.40s': too long, not plain text, or one more than %d", text, ATTACK_MAX);
        return set->n == ATTACK_MAX ? CAMSEAL_E_SPACE : CAMSEAL_E_ARGUMENT;
    }
    strcpy(a->text, text);
    camseal_status status = parse_attack(a, error);
    if (status != CAMSEAL_OK) {
        free(a);
        return status;
    }
    a->set = set;
    a->index = set->n;
    a->channel = -1;
    a->random = (set->seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^
                (set->n + 1) * UINT64_C(0xBF58476D1CE4E5B9);
    if (a->random == 0)
        a->random = 1;
    set->attacks[set->n++] = a;
    return CAMSEAL_OK;
}

void attack_help(FILE *out)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const attack_kind *k = tables[t]; k->name; k++)
            fprintf(out, "  %-18s %s%s\n%21s[%s]\n", k->name, k->help,
                    k->legal ? " (legal: must verify)" : "", "", k->keys);
}
