/* What a scenario means: routes of cameras through bridges to ECUs, names of link ends, and the
 * arguments of each process. Starts nothing. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pki.h"
#include "scenario.h"

/* ---- who reads whom ---- */

static const char *name_of(const scenario *s, scenario_ref ref)
{
    return ref.kind == SCENARIO_SENSOR   ? s->sensors[ref.index].name
           : ref.kind == SCENARIO_BRIDGE ? s->bridges[ref.index].name
                                         : s->ecus[ref.index].name;
}

static bool same(scenario_ref a, scenario_ref b)
{
    return a.kind == b.kind && a.index == b.index;
}

/* Every component; false when there are no more. */
static bool component(const scenario *s, size_t at, scenario_ref *out)
{
    const size_t counts[] = {s->n_sensors, s->n_bridges, s->n_ecus};
    for (uint8_t kind = SCENARIO_SENSOR; kind < SCENARIO_NOTHING; at -= counts[kind], kind++) {
        *out = (scenario_ref){kind, (uint8_t)at};
        if (at < counts[kind])
            return true;
    }
    return false;
}

static int check_names(scenario *s)
{
    scenario_ref a, b;
    for (size_t i = 0; component(s, i, &a); i++)
        for (size_t k = 0; k < i && component(s, k, &b); k++)
            if (!strcmp(name_of(s, a), name_of(s, b)))
                return yaml_fault(&s->file,
                                  a.kind == SCENARIO_SENSOR   ? s->sensors[a.index].node
                                  : a.kind == SCENARIO_BRIDGE ? s->bridges[a.index].node
                                                              : s->ecus[a.index].node,
                                  "'%s': there are two of this name", name_of(s, a));
    return -1;
}

/* A sensor or bridge that `reader` reads. */
static int resolve(scenario *s, scenario_feed *feed, const yaml_node_t *at, scenario_ref reader)
{
    const char *name = yaml_text(at);
    for (uint8_t i = 0; i < 16; i++)
        feed->vc_map[i] = i;
    for (size_t i = 0; name && component(s, i, &feed->from); i++) {
        if (feed->from.kind == SCENARIO_ECU || strcmp(name_of(s, feed->from), name) != 0)
            continue;
        if (feed->from.kind == SCENARIO_BRIDGE)
            return -1;
        scenario_sensor *sensor = &s->sensors[feed->from.index];
        if (sensor->reader.kind != SCENARIO_NOTHING)
            return yaml_fault(&s->file, at, "'%s' is read already: a bridge can copy its stream",
                              name);
        sensor->reader = reader;
        return -1;
    }
    return yaml_fault(&s->file, at, "'%s' is no sensor or bridge", name ? name : "a list");
}

/* {0: 3, 1: 4}: virtual channels in and out. */
static int take_map(scenario *s, scenario_feed *feed, const yaml_node_t *map)
{
    const yaml_node_t *key, *value;
    const char *from;
    const char *none = yaml_text(map);
    if (none && !*none)
        return -1;
    if (!yaml_is_map(map))
        return yaml_fault(&s->file, map, "virtual channels as {IN: OUT}");
    for (size_t i = 0; (from = yaml_pair(&s->file, map, i, &key, &value)); i++) {
        uint64_t in, out;
        const char *to = yaml_text(value);
        if (!to || !cli_parse_number(from, 0, 15, &in) || !cli_parse_number(to, 0, 15, &out))
            return yaml_fault(&s->file, key, "virtual channels are 0 to 15");
        feed->vc_map[in] = (uint8_t)out;
    }
    return -1;
}

/* from: NAME, a list of names, or names with their channels. */
static int resolve_bridge(scenario *s, uint8_t at)
{
    scenario_bridge *b = &s->bridges[at];
    scenario_ref me = {SCENARIO_BRIDGE, at};
    const yaml_node_t *entry, *map = NULL;
    bool one = yaml_text(b->from) != NULL;
    size_t n = one ? 1 : yaml_count(b->from);
    if (!n || n > BRIDGE_UP_MAX)
        return yaml_fault(&s->file, b->from, "from: 1 to %d names", BRIDGE_UP_MAX);
    for (size_t i = 0; i < n; i++) {
        scenario_feed *feed = &b->feeds[b->n_feeds++];
        entry = one ? b->from : yaml_entry(&s->file, b->from, i);
        if (yaml_is_map(b->from))
            (void)yaml_pair(&s->file, b->from, i, &entry, &map);
        int code = resolve(s, feed, entry, me);
        if (code < 0 && map && b->agent)
            return yaml_fault(&s->file, map, "%s: an agent takes its sensor as it is", b->name);
        if (code < 0 && map)
            code = take_map(s, feed, map);
        if (code >= 0)
            return code;
    }
    bool legacy =
        b->feeds[0].from.kind == SCENARIO_SENSOR && s->sensors[b->feeds[0].from.index].legacy;
    if (b->agent && (b->n_feeds != 1 || !legacy || b->n_attacks))
        return yaml_fault(&s->file, b->node, "%s: an agent reads one legacy sensor and attacks not",
                          b->name);
    for (size_t i = 0; i < b->n_feeds && !b->agent; i++)
        if (b->feeds[i].from.kind == SCENARIO_SENSOR && s->sensors[b->feeds[i].from.index].legacy)
            return yaml_fault(&s->file, b->node, "%s: a legacy sensor needs an agent", b->name);
    return -1;
}

static int resolve_ecu(scenario *s, uint8_t at)
{
    scenario_ecu *e = &s->ecus[at];
    int code = resolve(s, &e->feed, e->from, (scenario_ref){SCENARIO_ECU, at});
    e->host = at;
    if (code >= 0)
        return code;
    if (e->feed.from.kind == SCENARIO_SENSOR && s->sensors[e->feed.from.index].legacy)
        return yaml_fault(&s->file, e->node, "%s: a legacy sensor needs a bridge with an agent",
                          e->name);
    for (uint8_t i = 0; e->keys && i < s->n_ecus; i++)
        if (i != at && !s->ecus[i].keys && !strcmp(s->ecus[i].name, e->keys))
            e->host = i;
    if (e->keys && e->host == at)
        return yaml_fault(&s->file, e->node, "%s: '%s' is no ECU with keys of its own", e->name,
                          e->keys);
    return -1;
}

/* ---- routes ---- */

/* The feeds from the ECU down to where the walk is. */
typedef struct walk {
    uint8_t ecu, bridges[SCENARIO_BRIDGES];
    size_t n;
    const scenario_feed *feeds[SCENARIO_BRIDGES + 1];
} walk;

static int master_of(scenario *s, const scenario_route *route)
{
    for (size_t i = 0; i < s->n_routes; i++)
        if (s->routes[i].ecu == s->ecus[route->ecu].host && s->routes[i].sensor == route->sensor)
            return (int)i;
    return -1;
}

static int add_route(scenario *s, const walk *w, uint8_t sensor)
{
    const scenario_sensor *camera = &s->sensors[sensor];
    const scenario_ecu *ecu = &s->ecus[w->ecu];
    if (s->n_routes == SCENARIO_ROUTES)
        return yaml_fault(&s->file, ecu->node, "more than %d routes", SCENARIO_ROUTES);
    scenario_route *r = &s->routes[s->n_routes];
    *r = (scenario_route){.sensor = sensor, .ecu = w->ecu, .n_bridges = w->n, .master = -1};
    memcpy(r->bridges, w->bridges, sizeof r->bridges);
    r->link_vc = (uint8_t)camera->vc;
    for (size_t i = w->n + 1; i-- > 0;)
        r->link_vc = w->feeds[i]->vc_map[r->link_vc];
    r->evc = camera->has_evc ? (uint8_t)camera->evc : r->link_vc;
    snprintf(r->name, sizeof r->name, "%s%s%s", camera->name, ecu->keys ? "@" : "",
             ecu->keys ? ecu->name : "");
    if (ecu->keys) {
        r->master = master_of(s, r);
        if (r->master < 0)
            return yaml_fault(&s->file, ecu->node, "%s: %s does not have camera %s", ecu->name,
                              ecu->keys, camera->name);
        r->evc = s->routes[r->master].evc;
    }
    for (size_t i = 0; i < s->n_routes; i++) {
        const scenario_route *o = &s->routes[i];
        if (o->ecu == r->ecu && (o->link_vc == r->link_vc || o->evc == r->evc))
            return yaml_fault(&s->file, ecu->node,
                              "%s: cameras %s and %s both come on channel %u: renumber one at a "
                              "bridge, from: {%s: {%u: ...}}",
                              ecu->name, o->name, r->name, (unsigned)r->link_vc, camera->name,
                              (unsigned)camera->vc);
        if (o->sensor == r->sensor && o->master < 0 && r->master < 0)
            return yaml_fault(&s->file, ecu->node,
                              "%s: camera %s has a host already: give this ECU its keys, keys: %s",
                              ecu->name, camera->name, s->ecus[o->ecu].name);
    }
    s->n_routes++;
    return -1;
}

static int descend(scenario *s, walk *w, const scenario_feed *feed)
{
    int code = -1;
    w->feeds[w->n] = feed;
    if (feed->from.kind == SCENARIO_SENSOR)
        return add_route(s, w, feed->from.index);
    const scenario_bridge *b = &s->bridges[feed->from.index];
    if (w->n == s->n_bridges)
        return yaml_fault(&s->file, b->node, "%s: the bridges go round in a circle", b->name);
    w->bridges[w->n++] = feed->from.index;
    for (size_t i = 0; i < b->n_feeds && code < 0; i++)
        code = descend(s, w, &b->feeds[i]);
    w->n--;
    return code;
}

static size_t readers(const scenario *s, scenario_ref of)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_bridges; i++)
        for (size_t k = 0; k < s->bridges[i].n_feeds; k++)
            n += same(s->bridges[i].feeds[k].from, of);
    for (size_t i = 0; i < s->n_ecus; i++)
        n += same(s->ecus[i].feed.from, of);
    return n;
}

/* Nothing hangs loose, nothing is asked for that does not exist. */
static int check_whole(scenario *s)
{
    for (uint8_t i = 0; i < s->n_sensors; i++)
        if (s->sensors[i].reader.kind == SCENARIO_NOTHING)
            return yaml_fault(&s->file, s->sensors[i].node, "%s: nobody reads it",
                              s->sensors[i].name);
    for (uint8_t i = 0; i < s->n_bridges; i++) {
        size_t n = readers(s, (scenario_ref){SCENARIO_BRIDGE, i});
        if (!n || n > (s->bridges[i].agent ? 1u : BRIDGE_DOWN_MAX))
            return yaml_fault(&s->file, s->bridges[i].node, "%s: %zu readers", s->bridges[i].name,
                              n);
    }
    for (size_t i = 0; i < s->n_expects; i++) {
        bool found = false;
        for (size_t k = 0; k < s->n_routes; k++)
            found = found || !strcmp(s->routes[k].name, s->expects[i].camera);
        if (!found)
            return yaml_fault(&s->file, s->expects[i].node, "'%s' is no camera at any ECU",
                              s->expects[i].camera);
    }
    return -1;
}

int scenario_routes(scenario *s)
{
    int code = check_names(s);
    for (uint8_t i = 0; i < s->n_bridges && code < 0; i++)
        code = resolve_bridge(s, i);
    for (uint8_t i = 0; i < s->n_ecus && code < 0; i++)
        code = resolve_ecu(s, i);
    for (int keys = 0; keys < 2; keys++) /* hosts first: the others share their routes */
        for (uint8_t i = 0; i < s->n_ecus && code < 0; i++) {
            walk w = {.ecu = i};
            if ((s->ecus[i].keys != NULL) == (keys == 1))
                code = descend(s, &w, &s->ecus[i].feed);
        }
    return code < 0 ? check_whole(s) : code;
}

/* ---- link ends ---- */

/* A TCP port that is free now. */
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof address) &&
                !getsockname(fd, (struct sockaddr *)&address, &len);
    if (fd >= 0)
        close(fd);
    return good ? ntohs(address.sin_port) : 0;
}

static void name_end(scenario *s, char out[SCENARIO_END])
{
    if (s->tcp)
        snprintf(out, SCENARIO_END, "tcp:127.0.0.1:%u", free_port());
    else
        snprintf(out, SCENARIO_END, "unix:%.90s/link%u", s->folder, s->n_ends++);
}

static void name_feed(scenario *s, scenario_feed *feed)
{
    name_end(s, feed->end);
    if (feed->from.kind == SCENARIO_SENSOR)
        memcpy(s->sensors[feed->from.index].data, feed->end, SCENARIO_END);
}

/* The control link goes the way of the data link, through every bridge; an agent is its end. */
static int name_control(scenario *s, scenario_route *r)
{
    scenario_sensor *sensor = &s->sensors[r->sensor];
    name_end(s, sensor->control);
    memcpy(r->control, sensor->control, SCENARIO_END);
    for (size_t i = r->n_bridges; i-- > 0;) {
        scenario_bridge *b = &s->bridges[r->bridges[i]];
        if (b->agent)
            continue;
        if (b->n_hops == BRIDGE_CONTROL_MAX)
            return yaml_fault(&s->file, b->node, "%s: more than %d control links", b->name,
                              BRIDGE_CONTROL_MAX);
        scenario_hop *hop = &b->hops[b->n_hops++];
        memcpy(hop->up, r->control, SCENARIO_END);
        name_end(s, hop->down);
        memcpy(r->control, hop->down, SCENARIO_END);
    }
    return -1;
}

int scenario_ends(scenario *s)
{
    int code = -1;
    for (size_t i = 0; i < s->n_bridges; i++)
        for (size_t k = 0; k < s->bridges[i].n_feeds; k++)
            name_feed(s, &s->bridges[i].feeds[k]);
    for (size_t i = 0; i < s->n_ecus; i++)
        name_feed(s, &s->ecus[i].feed);
    for (size_t i = 0; i < s->n_routes && code < 0; i++)
        if (s->routes[i].master < 0)
            code = name_control(s, &s->routes[i]);
    return code;
}

/* ---- arguments ---- */

const scenario_bridge *scenario_agent_of(const scenario *s, const scenario_sensor *sensor)
{
    return sensor->legacy ? &s->bridges[sensor->reader.index] : NULL;
}

static void put_text(process_arguments *a, const char *option, const char *text)
{
    if (text)
        process_put(a, "--%s=%s", option, text);
}

/* The camera's identity belongs to the sensor, or to the agent that speaks for it. */
static void put_identity(const scenario *s, const char *name, process_arguments *a)
{
    process_put(a, "--chain=%s/%s/%s", s->folder, name, PKI_DEVICE_CHAIN);
    process_put(a, "--key=%s/%s/%s", s->folder, name, PKI_DEVICE_KEY);
}

/* The words that a source must know too. */
static void put_source_words(const scenario_sensor *sensor, bool format, process_arguments *a)
{
    for (size_t i = 0; i < STREAM_PROFILE_WORDS; i++) {
        const char *name = stream_profile_word_name(i);
        if ((format && !strcmp(name, "format")) || !strcmp(name, "protocol") ||
            !strcmp(name, "tag-mode"))
            put_text(a, name, sensor->words[i]);
    }
}

void scenario_sensor_arguments(const scenario *s, size_t at, process_arguments *a)
{
    const scenario_sensor *sensor = &s->sensors[at];
    process_put(a, "sensor");
    process_put(a, "--quiet");
    process_put(a, "--data=%s", sensor->data);
    if (sensor->legacy) {
        process_put(a, "--unprotected");
    } else {
        process_put(a, "--control=%s", sensor->control);
        put_identity(s, sensor->name, a);
    }
    process_put(a, "--frames=%llu", (unsigned long long)sensor->frames);
    process_put(a, "--vc=%u", (unsigned)sensor->vc);
    put_text(a, "input", sensor->input);
    put_text(a, "mode", sensor->mode);
    put_text(a, "embedded-lines", sensor->embedded_lines);
    process_put(a, "--fps=%s", sensor->fps ? sensor->fps : "0");
    put_source_words(sensor, true, a);
}

static void put_downstreams(const scenario *s, uint8_t at, process_arguments *a)
{
    scenario_ref me = {SCENARIO_BRIDGE, at};
    for (size_t i = 0; i < s->n_bridges; i++)
        for (size_t k = 0; k < s->bridges[i].n_feeds; k++)
            if (same(s->bridges[i].feeds[k].from, me))
                process_put(a, "--downstream=%s", s->bridges[i].feeds[k].end);
    for (size_t i = 0; i < s->n_ecus; i++)
        if (same(s->ecus[i].feed.from, me))
            process_put(a, "--downstream=%s", s->ecus[i].feed.end);
}

static void put_upstreams(const scenario_bridge *b, process_arguments *a)
{
    for (size_t i = 0; i < b->n_feeds; i++) {
        process_put(a, "--upstream=%s", b->feeds[i].end);
        for (unsigned vc = 0; vc < 16; vc++)
            if (b->feeds[i].vc_map[vc] != vc)
                process_put(a, "--up-vc=%u=%u", vc, (unsigned)b->feeds[i].vc_map[vc]);
    }
}

void scenario_bridge_arguments(const scenario *s, size_t at, process_arguments *a)
{
    const scenario_bridge *b = &s->bridges[at];
    process_put(a, "bridge");
    process_put(a, "--quiet");
    put_upstreams(b, a);
    put_downstreams(s, (uint8_t)at, a);
    process_put(a, "--log=%s/%s.json", s->results, b->name);
    if (s->keep)
        process_put(a, "--capture=%s/%s.pcapng", s->results, b->name);
    if (b->agent) {
        process_put(a, "--agent");
        process_put(a, "--control-down=%s", s->sensors[b->feeds[0].from.index].control);
        put_identity(s, b->name, a);
        put_source_words(&s->sensors[b->feeds[0].from.index], false, a);
        return;
    }
    for (size_t i = 0; i < b->n_hops; i++) {
        process_put(a, "--control-up=%s", b->hops[i].up);
        process_put(a, "--control-down=%s", b->hops[i].down);
    }
    put_text(a, "seed", b->seed);
    for (size_t i = 0; i < b->n_attacks; i++)
        process_put(a, "--attack=%s", b->attacks[i]);
}

/* Every position pins one device (OP1 §8). */
static void put_pin(const scenario *s, const char *name, process_arguments *a)
{
    char path[TESTBED_PATH_BYTES + 64], pin[65] = "";
    snprintf(path, sizeof path, "%s/%s/%s", s->folder, name, PKI_DEVICE_PIN);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%64s", pin) == 1)
        process_put(a, "--pin=%s", pin);
    if (file)
        fclose(file);
}

static void put_camera(const scenario *s, const scenario_route *r, process_arguments *a)
{
    const scenario_sensor *sensor = &s->sensors[r->sensor];
    const scenario_bridge *agent = scenario_agent_of(s, sensor);
    process_put(a, "--camera=%s", r->name);
    process_put(a, "--data=%s", s->ecus[r->ecu].feed.end);
    process_put(a, "--link-vc=%u", (unsigned)r->link_vc);
    process_put(a, "--report=%s/%s.json", s->results, r->name);
    put_text(a, "embedded-lines", sensor->embedded_lines);
    if (s->keep) {
        process_put(a, "--capture=%s/%s.pcapng", s->results, r->name);
        process_put(a, "--out=%s/%s", s->results, r->name);
    }
    if (r->master >= 0) {
        process_put(a, "--sink-of=%s", s->routes[r->master].name);
        return;
    }
    process_put(a, "--control=%s", r->control);
    process_put(a, "--vc=%u", (unsigned)sensor->vc);
    process_put(a, "--evc=%u", (unsigned)r->evc);
    put_pin(s, agent ? agent->name : sensor->name, a);
    put_text(a, "rotate-every", sensor->rotate_every);
    for (size_t i = 0; i < STREAM_PROFILE_WORDS; i++)
        put_text(a, stream_profile_word_name(i), sensor->words[i]);
}

void scenario_ecu_arguments(const scenario *s, size_t at, process_arguments *a)
{
    process_put(a, "ecu");
    process_put(a, "--trust=%s/ca/%s", s->folder, PKI_ROOT_CERT);
    process_put(a, "--timeout=20");
    process_put(a, "--quiet");
    for (size_t i = 0; i < s->n_routes; i++)
        if (s->ecus[s->routes[i].ecu].host == at)
            put_camera(s, &s->routes[i], a);
}
