/* The scenario file: from YAML to the object, every fault with its line and column. Knows the
 * words; what they mean together is for scenario_plan. */
#include <string.h>

#include "scenario.h"

/* One key of a mapping. */
typedef struct pair {
    const char *key;
    const yaml_node_t *at, *value;
    const char *text; /* of the value; NULL: it is a list or mapping */
} pair;

/* Calls `take` for each pair. Exit code, or -1. */
static int each(scenario *s, const yaml_node_t *map, const char *what, void *target,
                int (*take)(scenario *s, void *target, const pair *p))
{
    pair p;
    int code = -1;
    if (!yaml_is_map(map))
        return yaml_fault(&s->file, map, "%s: not a list of names with values", what);
    for (size_t i = 0; code < 0 && (p.key = yaml_pair(&s->file, map, i, &p.at, &p.value)); i++) {
        p.text = yaml_text(p.value);
        code = take(s, target, &p);
    }
    return code;
}

static int unknown(scenario *s, const pair *p, const char *where)
{
    return yaml_fault(&s->file, p->at, "'%s' is nothing that %s can have", p->key, where);
}

static int take_number(scenario *s, const pair *p, uint64_t min, uint64_t max, uint64_t *out)
{
    if (p->text && cli_parse_number(p->text, min, max, out))
        return -1;
    return yaml_fault(&s->file, p->value, "%s: a number from %llu to %llu", p->key,
                      (unsigned long long)min, (unsigned long long)max);
}

static int take_flag(scenario *s, const pair *p, bool *out)
{
    *out = p->text && (!strcmp(p->text, "yes") || !strcmp(p->text, "true"));
    if (*out || (p->text && (!strcmp(p->text, "no") || !strcmp(p->text, "false"))))
        return -1;
    return yaml_fault(&s->file, p->value, "%s: yes or no", p->key);
}

static int take_text(scenario *s, const pair *p, const char **out)
{
    *out = p->text;
    return p->text && *p->text ? -1 : yaml_fault(&s->file, p->value, "%s: a word", p->key);
}

/* Names of components become names of files. */
static int check_name(scenario *s, const pair *p)
{
    size_t len = strspn(p->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (len && len <= 30 && !p->key[len])
        return -1;
    return yaml_fault(&s->file, p->at, "'%s': a name has 1 to 30 letters, digits, - and _", p->key);
}

/* ---- profiles ---- */

static int take_word(scenario *s, void *target, const pair *p)
{
    const char **words = target, *name;
    stream_profile scratch;
    stream_profile_init(&scratch);
    for (size_t i = 0; (name = stream_profile_word_name(i)); i++) {
        if (strcmp(name, p->key) != 0)
            continue;
        if (!p->text || !stream_profile_word(&scratch, name, p->text))
            return yaml_fault(&s->file, p->value, "%s: '%s' is none of its values", name,
                              p->text ? p->text : "a list");
        words[i] = p->text;
        return -1;
    }
    return unknown(s, p, "a profile");
}

/* The words together, as the ECU will have them. */
static int check_profile(scenario *s, const scenario_sensor *sensor)
{
    stream_profile profile;
    stream_profile_init(&profile);
    for (size_t i = 0; i < STREAM_PROFILE_WORDS; i++)
        if (sensor->words[i])
            (void)stream_profile_word(&profile, stream_profile_word_name(i), sensor->words[i]);
    const char *fault = stream_profile_fault(&profile);
    return fault ? yaml_fault(&s->file, sensor->node, "%s: %s", sensor->name, fault) : -1;
}

/* ---- sensors ---- */

static int take_sensor_key(scenario *s, void *target, const pair *p)
{
    scenario_sensor *sensor = target;
    const struct {
        const char *key, **place;
    } texts[] = {{"input", &sensor->input},
                 {"mode", &sensor->mode},
                 {"embedded-lines", &sensor->embedded_lines},
                 {"rotate-every", &sensor->rotate_every},
                 {"fps", &sensor->fps}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(p->key, texts[i].key))
            return take_text(s, p, texts[i].place);
    if (!strcmp(p->key, "frames"))
        return take_number(s, p, 1, UINT32_MAX, &sensor->frames);
    if (!strcmp(p->key, "vc"))
        return take_number(s, p, 0, 15, &sensor->vc);
    if (!strcmp(p->key, "evc")) {
        sensor->has_evc = true;
        return take_number(s, p, 0, 15, &sensor->evc);
    }
    if (!strcmp(p->key, "legacy"))
        return take_flag(s, p, &sensor->legacy);
    if (!strcmp(p->key, "profile"))
        return each(s, p->value, "profile", sensor->words, take_word);
    return unknown(s, p, "a sensor");
}

static int take_sensor(scenario *s, void *target, const pair *p)
{
    const char *const *words = target; /* the file's profile: what a sensor does not say */
    int code = check_name(s, p);
    if (code >= 0)
        return code;
    if (s->n_sensors == SCENARIO_SENSORS)
        return yaml_fault(&s->file, p->at, "more than %d sensors", SCENARIO_SENSORS);
    scenario_sensor *sensor = &s->sensors[s->n_sensors++];
    sensor->name = p->key;
    sensor->node = p->at;
    sensor->frames = 10;
    sensor->reader.kind = SCENARIO_NOTHING;
    memcpy(sensor->words, words, sizeof sensor->words);
    if (!p->text || *p->text) /* "front:" alone is a sensor with nothing special */
        code = each(s, p->value, p->key, sensor, take_sensor_key);
    return code < 0 ? check_profile(s, sensor) : code;
}

/* ---- bridges and ECUs ---- */

static int take_attacks(scenario *s, scenario_bridge *b, const pair *p)
{
    attack_error error;
    const yaml_node_t *entry;
    int code = -1;
    attack_set *set = attack_set_new(1); /* only to try them */
    if (!set)
        return cli_fail(s->verb, CAMSEAL_E_SPACE, "no memory");
    if (!yaml_is_list(p->value))
        code = yaml_fault(&s->file, p->value, "attacks: a list");
    for (size_t i = 0; code < 0 && (entry = yaml_entry(&s->file, p->value, i)); i++) {
        const char *text = yaml_text(entry);
        if (!text || b->n_attacks == SCENARIO_ATTACKS)
            code = yaml_fault(&s->file, entry, "attacks: at most %d texts", SCENARIO_ATTACKS);
        else if (attack_add(set, text, &error) != CAMSEAL_OK)
            code = yaml_fault(&s->file, entry, "%s", error.text);
        else
            b->attacks[b->n_attacks++] = text;
    }
    attack_set_free(set);
    return code;
}

static int take_bridge_key(scenario *s, void *target, const pair *p)
{
    scenario_bridge *b = target;
    if (!strcmp(p->key, "from")) {
        b->from = p->value;
        return -1;
    }
    if (!strcmp(p->key, "agent"))
        return take_flag(s, p, &b->agent);
    if (!strcmp(p->key, "seed"))
        return take_text(s, p, &b->seed);
    if (!strcmp(p->key, "attacks"))
        return take_attacks(s, b, p);
    return unknown(s, p, "a bridge");
}

static int take_bridge(scenario *s, void *target, const pair *p)
{
    int code = check_name(s, p);
    (void)target;
    if (code >= 0)
        return code;
    if (s->n_bridges == SCENARIO_BRIDGES)
        return yaml_fault(&s->file, p->at, "more than %d bridges", SCENARIO_BRIDGES);
    scenario_bridge *b = &s->bridges[s->n_bridges++];
    b->name = p->key;
    b->node = p->at;
    code = each(s, p->value, p->key, b, take_bridge_key);
    if (code < 0 && !b->from)
        return yaml_fault(&s->file, p->at, "%s: from: names what it reads", p->key);
    return code;
}

static int take_ecu_key(scenario *s, void *target, const pair *p)
{
    scenario_ecu *ecu = target;
    if (!strcmp(p->key, "from")) {
        ecu->from = p->value;
        return -1;
    }
    if (!strcmp(p->key, "keys"))
        return take_text(s, p, &ecu->keys);
    return unknown(s, p, "an ECU");
}

static int take_ecu(scenario *s, void *target, const pair *p)
{
    int code = check_name(s, p);
    (void)target;
    if (code >= 0)
        return code;
    if (s->n_ecus == SCENARIO_ECUS)
        return yaml_fault(&s->file, p->at, "more than %d ECUs", SCENARIO_ECUS);
    scenario_ecu *ecu = &s->ecus[s->n_ecus++];
    ecu->name = p->key;
    ecu->node = p->at;
    code = each(s, p->value, p->key, ecu, take_ecu_key);
    if (code < 0 && !ecu->from)
        return yaml_fault(&s->file, p->at, "%s: from: names what it reads", p->key);
    return code;
}

/* ---- expectations ---- */

static int take_count(scenario *s, void *target, const pair *p)
{
    uint64_t *counts = target;
    for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++)
        if (!strcmp(p->key, camseal_verdict_name(v)))
            return take_number(s, p, 0, UINT32_MAX, &counts[v]);
    return unknown(s, p, "a list of verdicts");
}

static int take_expect_key(scenario *s, void *target, const pair *p)
{
    scenario_expect *e = target;
    if (!strcmp(p->key, "frames")) {
        e->has_frames = true;
        return each(s, p->value, p->key, e->frames, take_count);
    }
    if (!strcmp(p->key, "messages")) {
        e->has_messages = true;
        return each(s, p->value, p->key, e->messages, take_count);
    }
    if (!strcmp(p->key, "missing")) {
        e->has_missing = true;
        return take_number(s, p, 0, UINT32_MAX, &e->missing);
    }
    return unknown(s, p, "an expectation");
}

static int take_expect(scenario *s, void *target, const pair *p)
{
    (void)target;
    if (!strcmp(p->key, "exit"))
        return take_number(s, p, 0, 255, &s->exit);
    if (s->n_expects == SCENARIO_ROUTES)
        return yaml_fault(&s->file, p->at, "more than %d expectations", SCENARIO_ROUTES);
    scenario_expect *e = &s->expects[s->n_expects++];
    e->camera = p->key;
    e->node = p->at;
    return each(s, p->value, p->key, e, take_expect_key);
}

/* ---- the file ---- */

static int take_links(scenario *s, const pair *p)
{
    s->tcp = p->text && !strcmp(p->text, "tcp");
    if (s->tcp || (p->text && !strcmp(p->text, "unix")))
        return -1;
    return yaml_fault(&s->file, p->value, "links: unix or tcp");
}

/* Sensors need the file's profile, wherever it stands: they are read in a second pass. */
static int take_top(scenario *s, void *target, const pair *p)
{
    const char **words = target;
    if (!strcmp(p->key, "name"))
        return take_text(s, p, &s->name);
    if (!strcmp(p->key, "links"))
        return take_links(s, p);
    if (!strcmp(p->key, "timeout"))
        return take_number(s, p, 1, 86400, &s->timeout_s);
    if (!strcmp(p->key, "profile"))
        return each(s, p->value, p->key, words, take_word);
    if (!strcmp(p->key, "sensors"))
        return -1;
    if (!strcmp(p->key, "bridges"))
        return each(s, p->value, p->key, NULL, take_bridge);
    if (!strcmp(p->key, "ecus"))
        return each(s, p->value, p->key, NULL, take_ecu);
    if (!strcmp(p->key, "expect"))
        return each(s, p->value, p->key, NULL, take_expect);
    return unknown(s, p, "a scenario");
}

static int take_sensors(scenario *s, void *target, const pair *p)
{
    if (strcmp(p->key, "sensors") != 0)
        return -1;
    return each(s, p->value, p->key, target, take_sensor);
}

int scenario_read(scenario *s, const char *path)
{
    const char *words[STREAM_PROFILE_WORDS] = {NULL};
    s->name = path;
    s->timeout_s = 60;
    s->exit = UINT64_MAX;
    int code = yaml_file_open(&s->file, s->verb, path);
    if (code)
        return code;
    const yaml_node_t *root = yaml_file_root(&s->file);
    code = each(s, root, "the scenario", words, take_top);
    if (code < 0)
        code = each(s, root, "the scenario", words, take_sensors);
    if (code < 0 && (!s->n_sensors || !s->n_ecus))
        return yaml_fault(&s->file, root, "sensors: and ecus: are both needed");
    return code < 0 ? scenario_routes(s) : code;
}

void scenario_close(scenario *s)
{
    yaml_file_close(&s->file);
}
