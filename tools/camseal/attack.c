#include "attack.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "attack_kinds.h"
#include "camseal/spdm.h"
#include "camseal/transport.h"
#include "number.h"

/* Frames of one wire virtual channel, as they pass. */
typedef struct channel {
    uint32_t frame;
    bool saw_fs;     /* frames start with FS here: SOF starts none       */
    uint32_t lines;  /* long packets so far in this frame                */
    uint32_t before; /* and in the frame before: to choose a line        */
} channel;

struct attack_set {
    uint64_t seed;
    attack *attacks[ATTACK_MAX];
    size_t n;
    channel channels[CHANNELS];
    attack_output *out;
    attack_entry *log;
    size_t n_log, log_capacity;
    uint64_t log_lost;
    uint32_t connection, messages;
    camseal_status status;
};

static const attack_kind *const tables[] = {attack_data_kinds, attack_frame_kinds,
                                            attack_control_kinds};
enum { TABLES = 3, DEFAULT_FRAME = 5, OWNED_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- memory ---------------------------------------------------------------------------------- */

/* Room for one more item in a growing array; false: no memory, the array is unchanged. */
static bool grow(attack_set *set, void **items, size_t n, size_t *capacity, size_t item_bytes)
{
    if (n < *capacity)
        return true;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *bigger = realloc(*items, wanted * item_bytes);
    if (!bigger) {
        set->status = CAMSEAL_E_MEMORY;
        return false;
    }
    *items = bigger;
    *capacity = wanted;
    return true;
}

attack_set *attack_set_new(uint64_t seed)
{
    attack_set *set = calloc(1, sizeof *set);
    if (set)
        set->seed = seed;
    return set;
}

void packet_list_clear(packet_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].v.bytes.data);
    free(list->items);
    memset(list, 0, sizeof *list);
}

void attack_set_free(attack_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++) {
        attack *a = set->attacks[i];
        packet_list_clear(&a->held);
        packet_list_clear(&a->messages);
        for (size_t k = 0; k <= BACK_MAX; k++)
            packet_list_clear(&a->stored[k]);
        free(a);
    }
    free(set->log);
    free(set);
}

uint8_t *attack_borrow(attack *a, size_t len)
{
    attack_output *out = a->set->out;
    void *items = out->owned;
    if (len > OWNED_BYTES_MAX - out->owned_bytes) {
        a->set->status = CAMSEAL_E_MEMORY;
        return NULL;
    }
    if (!grow(a->set, &items, out->n_owned, &out->owned_capacity, sizeof *out->owned))
        return NULL;
    out->owned = items;
    uint8_t *memory = malloc(len ? len : 1);
    if (!memory) {
        a->set->status = CAMSEAL_E_MEMORY;
        return NULL;
    }
    out->owned[out->n_owned++] = memory;
    out->owned_bytes += len;
    return memory;
}

bool attack_clone(attack *a, attack_packet *out, const attack_packet *p)
{
    uint8_t *memory = attack_borrow(a, p->v.bytes.len);
    if (!memory)
        return false;
    *out = *p;
    out->v.bytes.data = memory;
    memcpy(memory, p->v.bytes.data, p->v.bytes.len);
    return true;
}

bool packet_list_add(attack *a, packet_list *list, const attack_packet *p)
{
    void *items = list->items;
    if (!grow(a->set, &items, list->n, &list->capacity, sizeof *list->items))
        return false;
    list->items = items;
    uint8_t *memory = malloc(p->v.bytes.len ? p->v.bytes.len : 1);
    if (!memory) {
        a->set->status = CAMSEAL_E_MEMORY;
        return false;
    }
    memcpy(memory, p->v.bytes.data, p->v.bytes.len);
    list->items[list->n] = *p;
    list->items[list->n++].v.bytes.data = memory;
    list->bytes += p->v.bytes.len;
    return true;
}

camseal_status attack_status(const attack_set *set)
{
    return set->status;
}

void attack_release(attack_output *out)
{
    for (size_t i = 0; i < out->n_owned; i++)
        free(out->owned[i]);
    out->n = out->n_owned = out->owned_bytes = 0;
}

void attack_output_free(attack_output *out)
{
    attack_release(out);
    free(out->spans);
    free(out->owned);
    memset(out, 0, sizeof *out);
}

/* ---- parameters ------------------------------------------------------------------------------ */

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

camseal_status attack_add(attack_set *set, const char *text, attack_error *error)
{
    error->text[0] = 0;
    attack *a = calloc(1, sizeof *a);
    bool fits = strlen(text) < sizeof a->text && set->n < ATTACK_MAX;
    if (!a || !fits) {
        free(a);
        snprintf(error->text, sizeof error->text, "attack '%.40s...': too long, or more than %d",
                 text, ATTACK_MAX);
        return CAMSEAL_E_SPACE;
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

/* ---- choice ---------------------------------------------------------------------------------- */

uint64_t attack_random(attack *a)
{
    a->random ^= a->random >> 12;
    a->random ^= a->random << 25;
    a->random ^= a->random >> 27;
    return (a->random * UINT64_C(2685821657736338717)) >> 16;
}

uint64_t attack_number(const attack *a, enum attack_key key, uint64_t otherwise)
{
    return a->values[key].given ? a->values[key].first : otherwise;
}

bool attack_word(const attack *a, enum attack_key key, const char *word)
{
    return a->values[key].given && !strcmp(a->values[key].word, word);
}

static bool in_range(const attack_value *v, uint64_t number)
{
    return number >= v->first && number <= v->last;
}

static bool by_chance(attack *a)
{
    return attack_random(a) % 1000000 < a->values[KEY_P].first;
}

/* By frame= and every= alone; what neither names is frame 5, or all for those who act on all. */
static bool frame_named(const attack *a, uint32_t frame)
{
    const attack_value *v = a->values;
    if (v[KEY_FRAME].given && !in_range(&v[KEY_FRAME], frame))
        return false;
    if (v[KEY_EVERY].given && frame % v[KEY_EVERY].first != 0)
        return false;
    if (v[KEY_FRAME].given || v[KEY_EVERY].given || v[KEY_P].given || a->kind->unit == UNIT_ALL)
        return true;
    return frame == DEFAULT_FRAME;
}

bool attack_frame_may_be(const attack *a, uint32_t frame)
{
    return frame_named(a, frame);
}

/* Once a frame and channel: is it a target, and which of its lines. */
static void decide(attack *a, const attack_packet *p)
{
    uint32_t lines = a->set->channels[p->channel].before;
    bool dice = a->values[KEY_P].given && a->kind->unit != UNIT_LINE;
    a->decided[p->channel] = p->frame;
    a->active[p->channel] = frame_named(a, p->frame) && (!dice || by_chance(a));
    a->chosen[p->channel] = lines >= 3 ? 1 + (uint32_t)(attack_random(a) % (lines - 2)) : 1;
}

bool attack_frame_chosen(attack *a, const attack_packet *p)
{
    if (a->values[KEY_VC].given && a->values[KEY_VC].first != p->channel)
        return false;
    if (p->frame == 0)
        return a->kind->unit == UNIT_ALL;
    if (a->decided[p->channel] != p->frame)
        decide(a, p);
    return a->active[p->channel];
}

bool attack_line_chosen(attack *a, const attack_packet *p)
{
    if (!p->carries || !attack_frame_chosen(a, p))
        return false;
    if (a->values[KEY_LINE].given)
        return in_range(&a->values[KEY_LINE], p->line);
    if (a->kind->unit != UNIT_LINE)
        return true;
    return a->values[KEY_P].given ? by_chance(a) : p->line == a->chosen[p->channel];
}

/* ---- passing --------------------------------------------------------------------------------- */

static void put_out(attack_set *set, camseal_mspan bytes)
{
    void *items = set->out->spans;
    if (!grow(set, &items, set->out->n, &set->out->capacity, sizeof *set->out->spans))
        return;
    set->out->spans = items;
    set->out->spans[set->out->n++] = camseal_span_of(bytes.data, bytes.len);
}

/* Gives the packet to the first data attack from `index` on. At most ATTACK_MAX calls deep. */
static void pass_from(attack_set *set, size_t index, attack_packet *p)
{
    while (index < set->n && !set->attacks[index]->kind->packet)
        index++;
    if (index == set->n || set->status != CAMSEAL_OK)
        put_out(set, p->v.bytes);
    else
        set->attacks[index]->kind->packet(set->attacks[index], p);
}

void attack_pass(attack *a, attack_packet *p)
{
    pass_from(a->set, a->index + 1, p);
}

/* Which frame the packet belongs to. A frame starts at FS, or at SOF where there is no FS. */
static void track(channel *c, attack_packet *p)
{
    const packet_view *v = &p->v;
    bool fs = v->fits && v->dt == CAMSEAL_CSI2_FS, fe = v->fits && v->dt == CAMSEAL_CSI2_FE;
    const uint8_t *header = v->sep ? packet_sep_header(v) : NULL;
    p->first = fs || (header && !c->saw_fs && sep_get(header, SEP_SOF));
    p->last = fe || (header && !c->saw_fs && sep_get(header, SEP_EOF));
    c->saw_fs = c->saw_fs || fs;
    if (p->first) {
        c->frame++;
        c->before = c->lines;
        c->lines = 0;
    }
    p->frame = c->frame;
    p->carries = v->fits && v->dt >= CAMSEAL_CSI2_EMBEDDED;
    p->line = header ? sep_get(header, SEP_COUNT) : c->lines;
    p->sep = v->sep;
    p->evc = header ? (uint8_t)sep_get(header, SEP_EVC) : 0;
    p->frame_count = header ? sep_get(header, SEP_FRAME) : 0;
    c->lines += p->carries;
}

void attack_data(attack_set *set, camseal_mspan packet, attack_output *out)
{
    attack_packet p = {.v = packet_view_of(packet)};
    set->out = out;
    p.channel = p.v.vc;
    if (p.v.header_ok)
        track(&set->channels[p.channel], &p);
    pass_from(set, 0, &p);
}

void attack_data_end(attack_set *set, attack_output *out)
{
    set->out = out;
    for (size_t i = 0; i < set->n; i++)
        if (set->attacks[i]->kind->end)
            set->attacks[i]->kind->end(set->attacks[i]);
}

/* ---- control --------------------------------------------------------------------------------- */

static const char *message_name(const attack_message *m)
{
    if (m->type == CAMSEAL_TCP_SECURED)
        return "SECURED";
    if (m->type != CAMSEAL_TCP_SPDM || m->bytes.len < 2)
        return "OTHER";
    return camseal_spdm_code_name(m->bytes.data[1]);
}

/* connection=, dir=, message= (a name, or a number counted from 1) and times= (0: no limit) choose.
 */
static bool message_chosen(attack *a, const attack_message *m, const char *name, uint32_t index)
{
    const attack_value *v = a->values;
    uint64_t number = 0;
    if (m->bytes.len == 0)
        return false;
    if (v[KEY_CONNECTION].given && v[KEY_CONNECTION].first != m->connection)
        return false;
    if (v[KEY_DIR].given && attack_word(a, KEY_DIR, m->request ? "rsp" : "req"))
        return false;
    const char *wanted = v[KEY_MESSAGE].given ? v[KEY_MESSAGE].word : a->kind->default_message;
    if (cli_parse_number(wanted, 0, UINT32_MAX, &number) ? number != index
                                                         : strcmp(wanted, name) != 0)
        return false;
    if (a->seen_connection != m->connection)
        a->seen_hits = 0;
    a->seen_connection = m->connection;
    uint64_t times = attack_number(a, KEY_TIMES, 1);
    return times == 0 || a->seen_hits < times;
}

static void pass_message_from(attack_set *set, size_t index, const attack_message *m)
{
    const char *name = message_name(m);
    attack_message copy = *m;
    for (; index < set->n; index++) {
        attack *a = set->attacks[index];
        if (!a->kind->message || set->status != CAMSEAL_OK ||
            !message_chosen(a, m, name, set->messages))
            continue;
        a->kind->message(a, &copy, name, set->messages);
        return;
    }
    put_out(set, m->bytes);
}

void attack_pass_message(attack *a, const attack_message *m)
{
    pass_message_from(a->set, a->index + 1, m);
}

void attack_control(attack_set *set, const attack_message *message, attack_output *out)
{
    set->out = out;
    if (set->connection != message->connection)
        set->messages = 0;
    set->connection = message->connection;
    set->messages++;
    pass_message_from(set, 0, message);
}

/* ---- log ------------------------------------------------------------------------------------- */

static attack_entry *new_entry(attack *a)
{
    attack_set *set = a->set;
    void *items = set->log;
    a->hits++;
    if (set->n_log == ATTACK_LOG_MAX ||
        !grow(set, &items, set->n_log, &set->log_capacity, sizeof *set->log)) {
        set->log_lost++;
        return NULL;
    }
    set->log = items;
    attack_entry *e = &set->log[set->n_log++];
    memset(e, 0, sizeof *e);
    e->attack = (uint16_t)a->index;
    return e;
}

static void fill_entry(attack_entry *e, const attack_packet *p)
{
    e->wire_vc = p->channel;
    e->frame = p->frame;
    e->packets = 1;
    if (!p->sep)
        return;
    e->has_count = true;
    e->evc = p->evc;
    e->frame_count = p->frame_count;
    e->first_message = e->last_message = p->line;
}

void attack_note(attack *a, const attack_packet *p, size_t offset, size_t length,
                 const char *format, ...)
{
    attack_entry *e = new_entry(a);
    if (!e)
        return;
    fill_entry(e, p);
    e->offset = (uint32_t)offset;
    e->length = (uint32_t)length;
    va_list values;
    va_start(values, format);
    vsnprintf(e->detail, sizeof e->detail, format, values);
    va_end(values);
}

void attack_note_frame(attack *a, const attack_packet *p, const char *detail)
{
    attack_entry *e = a->open_entry ? &a->set->log[a->open_entry - 1] : NULL;
    if (!e || e->frame != p->frame || e->wire_vc != p->channel) {
        e = new_entry(a);
        a->open_entry = e ? a->set->n_log : 0;
        if (!e)
            return;
        fill_entry(e, p);
        snprintf(e->detail, sizeof e->detail, "%s", detail);
        return;
    }
    e->packets++;
    if (!p->sep)
        return;
    if (!e->has_count) {
        uint32_t packets = e->packets;
        fill_entry(e, p);
        e->packets = packets;
    }
    e->last_message = p->line;
}

void attack_note_message(attack *a, const attack_message *m, const char *name, uint32_t index,
                         size_t offset, size_t length, const char *format, ...)
{
    attack_entry *e = new_entry(a);
    a->seen_hits++;
    if (!e)
        return;
    e->control = true;
    e->connection = m->connection;
    e->message = index;
    e->message_name = name;
    e->request = m->request;
    e->offset = (uint32_t)offset;
    e->length = (uint32_t)length;
    va_list values;
    va_start(values, format);
    vsnprintf(e->detail, sizeof e->detail, format, values);
    va_end(values);
}

size_t attack_log(const attack_set *set, const attack_entry **entries)
{
    *entries = set->log;
    return set->n_log;
}

uint64_t attack_log_lost(const attack_set *set)
{
    return set->log_lost;
}

size_t attack_count(const attack_set *set)
{
    return set->n;
}

attack_info attack_info_of(const attack_set *set, size_t index)
{
    const attack *a = set->attacks[index];
    attack_info info = {a->kind->name, a->text, a->kind->message != NULL, a->kind->legal, a->hits};
    return info;
}
