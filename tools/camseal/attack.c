/* The chain of attacks: memory, choice of targets, passing packets and messages from one to the
 * next. */
#include "attack.h"

#include <stdlib.h>
#include <string.h>

#include "attack_kinds.h"
#include "camseal/spdm.h"
#include "camseal/transport.h"
#include "number.h"

enum { DEFAULT_FRAME = 5, OWNED_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- memory ---------------------------------------------------------------------------------- */

/* Room for one more item in a growing array; false: no memory, the array is unchanged. */
bool attack_grow(attack_set *set, void **items, size_t n, size_t *capacity, size_t item_bytes)
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
    if (!attack_grow(a->set, &items, out->n_owned, &out->owned_capacity, sizeof *out->owned))
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
    if (!attack_grow(a->set, &items, list->n, &list->capacity, sizeof *list->items))
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
    if (!attack_grow(set, &items, set->out->n, &set->out->capacity, sizeof *set->out->spans))
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
