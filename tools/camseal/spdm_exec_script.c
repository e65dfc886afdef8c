/* `camseal spdm exec`: a script's steps, out of YAML. Knows their form, not what they do. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "spdm_exec.h"

/* ---- fields ---------------------------------------------------------------------------------- */

typedef struct word {
    const char *name;
    uint64_t number;
} word;

static const word switches[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {NULL, 0}};
static const word summaries[] = {{"none", 0}, {"tcb", 1}, {"all", 0xFF}, {NULL, 0}};
static const word indices[] = {{"count", 0}, {"all", 0xFF}, {NULL, 0}};
static const word places[] = {{"none", SPDM_CLIENT_OUTSIDE}, {NULL, 0}};

/* `words` NULL and max 0: bytes. */
static const struct field {
    const char *name;
    uint64_t min, max;
    const word *words;
    const char *want;
} fields[EXEC_FIELDS] = {
    [EXEC_SLOT] = {"slot", 0, 7, NULL, "a number from 0 to 7"},
    [EXEC_SUMMARY] = {"summary", 1, 0, summaries, "none, tcb or all"},
    [EXEC_INDEX] = {"index", 1, 254, indices, "count, all or a number from 1 to 254"},
    [EXEC_SIGNED] = {"signed", 1, 0, switches, "true or false"},
    [EXEC_RAW] = {"raw", 1, 0, switches, "true or false"},
    [EXEC_FRESH] = {"fresh", 1, 0, switches, "true or false"},
    [EXEC_SESSION] = {"session", 0, 7, places, "none or a number from 0 to 7"},
    [EXEC_ALL] = {"all", 1, 0, switches, "true or false"},
    [EXEC_MS] = {"ms", 0, 600000, NULL, "milliseconds, 0 to 600000"},
    [EXEC_TIMES] = {"times", 1, 100000, NULL, "a number from 1 to 100000"},
    [EXEC_STANDARD] = {"standard", 0, 65535, NULL, "a number from 0 to 65535"},
    [EXEC_COUNT] = {"count", 0, 255, NULL, "a number from 0 to 255"},
    [EXEC_FLIP] = {"flip", 0, 65535, NULL, "the number of a byte"},
    [EXEC_PAD] = {"pad", 0, EXEC_BYTES_MAX, NULL, "a number of bytes, at most 16384"},
    [EXEC_ID] = {"id", 0, 0, NULL, "bytes: pairs of hex digits"},
    [EXEC_HINT] = {"hint", 0, 0, NULL, "bytes: pairs of hex digits"},
    [EXEC_SEND] = {"send", 0, 0, NULL, "bytes: pairs of hex digits, vv for the version"},
    [EXEC_ANSWER] = {"answer", 0, 0, NULL,
                     "bytes: pairs of hex digits, vv for the version, ?? for any, * at the end"},
    [EXEC_BODY] = {"steps", 0, 0, NULL, "a list of steps"},
};

static bool is_bytes(const struct field *f)
{
    return f->min == 0 && f->max == 0 && !f->words;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static bool one_byte(const char *text, uint8_t version, bool wild, uint8_t *byte, uint8_t *mask)
{
    *mask = 0xFF;
    if (text[0] == 'v' && text[1] == 'v') {
        *byte = version;
        return true;
    }
    if (wild && text[0] == '?' && text[1] == '?') {
        *byte = *mask = 0;
        return true;
    }
    char digits[3] = {text[0], text[0] ? text[1] : (char)0, 0};
    return hex_parse(byte, 1, digits);
}

bool exec_bytes(const char *text, uint8_t version, uint8_t *bytes, uint8_t *mask, size_t *len,
                bool *open_end)
{
    uint8_t counts;
    size_t n = 0;
    *open_end = false;
    for (;;) {
        while (isspace((unsigned char)*text))
            text++;
        if (!*text || *open_end)
            break;
        if (mask && *text == '*') {
            *open_end = true;
            text++;
            continue;
        }
        if (n == EXEC_BYTES_MAX || !one_byte(text, version, mask != NULL, &bytes[n], &counts))
            return false;
        if (mask)
            mask[n] = counts;
        n++;
        text += 2;
    }
    *len = n;
    return !*text;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool read_number(const struct field *f, const char *text, exec_value *out)
{
    for (const word *w = f->words; w && w->name; w++)
        if (!strcmp(text, w->name)) {
            out->number = w->number;
            return true;
        }
    return f->min <= f->max && cli_parse_number(text, f->min, f->max, &out->number);
}

static int read_value(exec_script *s, exec_step *step, size_t field, const yaml_node_t *node)
{
    static uint8_t bytes[EXEC_BYTES_MAX], mask[EXEC_BYTES_MAX];
    const struct field *f = &fields[field];
    exec_value *out = &step->values[field];
    const char *text = yaml_text(node);
    size_t len;
    bool open_end;
    if (out->set)
        return yaml_fault(&s->file, node, "%s stands there twice", f->name);
    out->set = true;
    out->text = text;
    bool good = text != NULL;
    if (good && is_bytes(f))
        good = exec_bytes(text, 0, bytes, field == EXEC_ANSWER ? mask : NULL, &len, &open_end);
    else if (good)
        good = read_number(f, text, out);
    return good ? CLI_EXIT_OK
                : yaml_fault(&s->file, node, "%s: %s is not %s", f->name, text ? text : "this",
                             f->want);
}

static int read_body(exec_script *s, size_t at, const yaml_node_t *node, unsigned depth);

/* "slot: 1" and the like of a step. */
static int read_fields(exec_script *s, size_t at, const yaml_node_t *node, unsigned depth)
{
    const yaml_node_t *key, *value;
    const exec_kind *kind = s->steps[at].kind;
    const char *name;
    for (size_t i = 0; (name = yaml_pair(&s->file, node, i, &key, &value)); i++) {
        size_t f = 0;
        while (f < EXEC_FIELDS && (strcmp(name, fields[f].name) || !(kind->fields & EXEC_BIT(f))))
            f++;
        if (f == EXEC_FIELDS)
            return yaml_fault(&s->file, key, "%s takes no '%s'", kind->name, name);
        int code = f == EXEC_BODY ? read_body(s, at, value, depth)
                                  : read_value(s, &s->steps[at], f, value);
        if (code)
            return code;
    }
    return CLI_EXIT_OK;
}

/* What stands behind the name of the step: nothing, its main value, or fields. */
static int read_arguments(exec_script *s, size_t at, const yaml_node_t *node, unsigned depth)
{
    const exec_kind *kind = s->steps[at].kind;
    const char *text = yaml_text(node);
    if (yaml_is_map(node))
        return read_fields(s, at, node, depth);
    if (text && !*text)
        return CLI_EXIT_OK;
    if (!text || kind->main == EXEC_FIELDS)
        return yaml_fault(&s->file, node, "%s takes no plain value", kind->name);
    return read_value(s, &s->steps[at], kind->main, node);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int read_expectation(exec_script *s, exec_step *step, const yaml_node_t *node)
{
    const char *text = yaml_text(node);
    if (step->n_expect == EXEC_EXPECT_MAX)
        return yaml_fault(&s->file, node, "more than %d expectations", EXEC_EXPECT_MAX);
    if (!text || !exec_expectation_of(text, &step->expect[step->n_expect]))
        return yaml_fault(&s->file, node,
                          "expect: '%s' is not ok, none, ERROR, nor the name of a status, an SPDM "
                          "error or a response",
                          text ? text : "");
    step->n_expect++;
    return CLI_EXIT_OK;
}

static int read_expect(exec_script *s, exec_step *step, const yaml_node_t *node)
{
    int code = CLI_EXIT_OK;
    if (!yaml_is_list(node))
        return read_expectation(s, step, node);
    for (size_t i = 0; !code && i < yaml_count(node); i++)
        code = read_expectation(s, step, yaml_entry(&s->file, node, i));
    return code;
}

static int add_step(exec_script *s, const yaml_node_t *node, size_t *at)
{
    if (s->n_steps == EXEC_STEPS_MAX)
        return yaml_fault(&s->file, node, "more than %d steps", EXEC_STEPS_MAX);
    if (s->n_steps == s->room) {
        size_t room = 2 * s->room + 32;
        exec_step *more = realloc(s->steps, room * sizeof *more);
        if (!more)
            return cli_fail(s->file.verb, CAMSEAL_E_BUG, "out of memory");
        s->steps = more;
        s->room = room;
    }
    *at = s->n_steps++;
    memset(&s->steps[*at], 0, sizeof s->steps[*at]);
    s->steps[*at].line = yaml_line(node);
    return CLI_EXIT_OK;
}

static int take_kind(exec_script *s, size_t at, const yaml_node_t *node, const char *name)
{
    exec_step *step = &s->steps[at];
    if (step->kind)
        return yaml_fault(&s->file, node, "'%s' in a step that is already '%s'", name,
                          step->kind->name);
    step->kind = exec_kind_named(name);
    return step->kind ? CLI_EXIT_OK : yaml_fault(&s->file, node, "'%s' is no step", name);
}

static int read_pair(exec_script *s, size_t at, const char *name, const yaml_node_t *key,
                     const yaml_node_t *value, unsigned depth)
{
    if (!strcmp(name, "expect"))
        return read_expect(s, &s->steps[at], value);
    if (!strcmp(name, "name")) {
        s->steps[at].name = yaml_text(value);
        return s->steps[at].name ? CLI_EXIT_OK : yaml_fault(&s->file, value, "name: not a text");
    }
    int code = take_kind(s, at, key, name);
    return code ? code : read_arguments(s, at, value, depth);
}

static int check_step(exec_script *s, size_t at, const yaml_node_t *node)
{
    exec_step *step = &s->steps[at];
    if (!step->kind)
        return yaml_fault(&s->file, node, "a step without a name of what to do");
    if (!step->name)
        step->name = step->kind->name;
    for (size_t f = 0; f < EXEC_FIELDS; f++)
        if ((step->kind->needs & EXEC_BIT(f)) && !step->values[f].set)
            return yaml_fault(&s->file, node, "%s needs '%s'", step->kind->name, fields[f].name);
    bool any_answer = step->kind->run == exec_raw && step->values[EXEC_ANSWER].set;
    if (!step->n_expect && !any_answer)
        (void)exec_expectation_of("ok", &step->expect[step->n_expect++]);
    return CLI_EXIT_OK;
}

static int read_step(exec_script *s, const yaml_node_t *node, unsigned depth)
{
    const yaml_node_t *key, *value;
    const char *name = yaml_text(node);
    size_t at = 0;
    int code = add_step(s, node, &at);
    if (!code && name)
        code = take_kind(s, at, node, name);
    else if (!code && !yaml_is_map(node))
        code = yaml_fault(&s->file, node, "a step is a name or a mapping");
    for (size_t i = 0; !code && (name = yaml_pair(&s->file, node, i, &key, &value)); i++)
        code = read_pair(s, at, name, key, value, depth);
    return code ? code : check_step(s, at, node);
}

static int read_steps(exec_script *s, const yaml_node_t *node, unsigned depth)
{
    int code = CLI_EXIT_OK;
    if (!yaml_is_list(node) || yaml_count(node) == 0)
        return yaml_fault(&s->file, node, "steps: not a list of steps");
    for (size_t i = 0; !code && i < yaml_count(node); i++)
        code = read_step(s, yaml_entry(&s->file, node, i), depth);
    return code;
}

/* The steps to repeat follow the step that repeats them. */
static int read_body(exec_script *s, size_t at, const yaml_node_t *node, unsigned depth)
{
    size_t first = s->n_steps;
    if (depth == EXEC_DEPTH_MAX)
        return yaml_fault(&s->file, node, "more than %d repeats in each other", EXEC_DEPTH_MAX);
    if (s->steps[at].values[EXEC_BODY].set)
        return yaml_fault(&s->file, node, "steps stands there twice");
    int code = read_steps(s, node, depth + 1);
    s->steps[at].values[EXEC_BODY].set = true;
    s->steps[at].body = s->n_steps - first;
    return code;
}

int exec_script_read(exec_script *s, const yaml_node_t *steps)
{
    return read_steps(s, steps, 0);
}

void exec_script_free(exec_script *s)
{
    free(s->steps);
    yaml_file_close(&s->file);
}
