/* What the bridge did, for machines and for people. */
#include <jansson.h>

#include "bridge.h"

static json_t *event_of(const bridge *b, const attack_entry *e)
{
    attack_info info = attack_info_of(b->attacks, e->attack);
    json_t *j = json_pack("{s:i, s:s, s:s, s:s}", "attack", (int)e->attack, "name", info.name,
                          "plane", e->control ? "control" : "data", "detail", e->detail);
    if (e->control) {
        json_object_set_new(j, "connection", json_integer(e->connection));
        json_object_set_new(j, "message", json_integer(e->message));
        json_object_set_new(j, "message_name", json_string(e->message_name));
        json_object_set_new(j, "direction", json_string(e->request ? "request" : "response"));
    } else {
        json_object_set_new(j, "wire_vc", json_integer(e->wire_vc));
        json_object_set_new(j, "frame", json_integer(e->frame));
        json_object_set_new(j, "packets", json_integer(e->packets));
    }
    if (!e->control && e->has_count) {
        json_object_set_new(j, "evc", json_integer(e->evc));
        json_object_set_new(j, "frame_count", json_integer(e->frame_count));
        json_object_set_new(j, "first_message", json_integer(e->first_message));
        json_object_set_new(j, "last_message", json_integer(e->last_message));
    }
    if (e->length) {
        json_object_set_new(j, "offset", json_integer(e->offset));
        json_object_set_new(j, "length", json_integer(e->length));
    }
    return j;
}

static json_t *attack_of(const bridge *b, size_t index)
{
    attack_info info = attack_info_of(b->attacks, index);
    return json_pack("{s:s, s:s, s:s, s:b, s:I}", "name", info.name, "parameters", info.text,
                     "plane", info.control ? "control" : "data", "legal", (int)info.legal, "hits",
                     (json_int_t)info.hits);
}

camseal_status bridge_report(const bridge *b, FILE *out)
{
    const attack_entry *entries;
    size_t n = attack_log(b->attacks, &entries);
    json_t *attacks = json_array(), *events = json_array();
    for (size_t i = 0; i < attack_count(b->attacks); i++)
        json_array_append_new(attacks, attack_of(b, i));
    for (size_t i = 0; i < n; i++)
        json_array_append_new(events, event_of(b, &entries[i]));
    json_t *root = json_pack(
        "{s:s, s:s, s:I, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I}, s:o, s:o, s:I}", "verb", "bridge",
        "ended", b->ended ? b->ended : "", "seed", (json_int_t)b->seed, "data", "packets_in",
        (json_int_t)b->packets_in, "packets_out", (json_int_t)b->packets_out, "bytes_in",
        (json_int_t)b->bytes_in, "bytes_out", (json_int_t)b->bytes_out, "control", "connections",
        (json_int_t)b->connections, "messages", (json_int_t)b->control_messages, "attacks", attacks,
        "events", events, "events_lost", (json_int_t)attack_log_lost(b->attacks));
    if (!root)
        return CAMSEAL_E_BUG;
    int failed = json_dumpf(root, out, JSON_INDENT(1)) || fputc('\n', out) == EOF;
    json_decref(root);
    return failed ? CAMSEAL_E_IO : CAMSEAL_OK;
}

void bridge_summary(const bridge *b, FILE *out)
{
    fprintf(out, "bridge: %s\n", b->ended ? b->ended : "ended");
    fprintf(out, "  data     %llu packets in, %llu out, %llu bytes out\n",
            (unsigned long long)b->packets_in, (unsigned long long)b->packets_out,
            (unsigned long long)b->bytes_out);
    fprintf(out, "  control  %u connections, %llu messages\n", (unsigned)b->connections,
            (unsigned long long)b->control_messages);
    for (size_t i = 0; i < attack_count(b->attacks); i++) {
        attack_info info = attack_info_of(b->attacks, i);
        fprintf(out, "  %-8s %-40s %llu time%s\n", info.legal ? "legal" : "attack", info.text,
                (unsigned long long)info.hits, info.hits == 1 ? "" : "s");
    }
}
