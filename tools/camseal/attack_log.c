/* What the attacks did. */
#include <stdarg.h>
#include <string.h>

#include "attack_kinds.h"

static attack_entry *new_entry(attack *a)
{
    attack_set *set = a->set;
    void *items = set->log;
    a->hits++;
    if (set->n_log == ATTACK_LOG_MAX ||
        !attack_grow(set, &items, set->n_log, &set->log_capacity, sizeof *set->log)) {
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
