/* `camseal vectors check` must be able to fail: every member of every vector is changed, one at a
 * time, and the checker has to see it. tests/model/try_faults does the same with the model. */
#include "test.h"

#include <jansson.h>

#include "camseal/openssl.h"
#include "vector_check.h"

enum { STRIDE = 4 }; /* of the vectors that are tried */

/* One vector alone in a file. */
typedef struct trial {
    json_t *root;
    json_t *entry;
    const char *section, *name;
    unsigned tried, unseen;
} trial;

static bool agrees(const trial *t)
{
    vector_run run = {.bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL),
                      .crypto = camseal_openssl()};
    assert_true(vector_check(&run, t->root));
    return run.counts[VECTOR_DIFFERS] == 0;
}

static json_t *changed(const json_t *value)
{
    if (json_is_boolean(value))
        return json_boolean(!json_is_true(value));
    if (json_is_integer(value))
        return json_integer(json_integer_value(value) ^ 1);
    size_t n = json_string_length(value);
    if (n == 0)
        return json_string("00");
    char *text = malloc(n + 1);
    assert_non_null(text);
    memcpy(text, json_string_value(value), n + 1);
    text[n - 1] = text[n - 1] == '0' ? '1' : '0';
    json_t *out = json_string(text);
    free(text);
    return out;
}

/* Words for people, and inputs of which another value can give the same bytes: strides that cover
 * the same messages, slots and streams that no message uses. */
static bool is_free(const char *key)
{
    static const char *const keys[] = {"name",  "clause",  "note", "stride",
                                       "slots", "streams", "tbt"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void judge(trial *t, const char *key)
{
    t->tried++;
    if (!agrees(t))
        return;
    t->unseen++;
    print_error("%s %s: a change of \"%s\" is not seen\n", t->section, t->name, key);
}

static void change_members(trial *t, json_t *value);

static void change_member(trial *t, json_t *object, const char *key)
{
    json_t *old = json_incref(json_object_get(object, key));
    if (json_is_object(old) || json_is_array(old)) {
        change_members(t, old);
    } else {
        json_object_set_new(object, key, changed(old));
        judge(t, key);
        json_object_set(object, key, old);
    }
    json_decref(old);
}

/* Lists of objects are walked; in a list of numbers (sv) each number is changed. */
static void change_members(trial *t, json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *old = json_incref(json_array_get(value, i));
        if (json_is_integer(old)) {
            json_array_set_new(value, i, changed(old));
            judge(t, "list");
            json_array_set(value, i, old);
        } else {
            change_members(t, old);
        }
        json_decref(old);
    }
    for (void *it = json_object_iter(value); it; it = json_object_iter_next(value, it))
        if (!is_free(json_object_iter_key(it)))
            change_member(t, value, json_object_iter_key(it));
}

static void try_file(const char *file, const char *section)
{
    char path[256];
    trial t = {.section = section};
    snprintf(path, sizeof path, CAMSEAL_SOURCE_DIR "/vectors/%s", file);
    json_t *root = json_load_file(path, 0, NULL);
    json_t *list = json_object_get(root, section);
    assert_true(json_array_size(list) > 20);
    for (size_t i = 0; i < json_array_size(list); i += STRIDE) {
        t.entry = json_array_get(list, i);
        t.name = json_string_value(json_object_get(t.entry, "name"));
        t.root = json_pack("{s:s, s:[O]}", "format", "", section, t.entry);
        assert_non_null(t.root);
        if (!agrees(&t))
            fail_msg("%s differs as it is", t.name);
        change_members(&t, t.entry);
        json_decref(t.root);
    }
    print_message("%s: %u changes\n", file, t.tried);
    assert_int_equal(t.unseen, 0);
    assert_true(t.tried > 200);
    json_decref(root);
}

static void sep_message(void **state)
{
    (void)state;
    try_file("sep-message.json", "sep");
}

static void sep_data_type(void **state)
{
    (void)state;
    try_file("sep-datatype.json", "sep");
}

static void sep_frame(void **state)
{
    (void)state;
    try_file("sep-frame.json", "sep");
}

static void fsed(void **state)
{
    (void)state;
    try_file("fsed.json", "fsed");
}

static void ccise(void **state)
{
    (void)state;
    try_file("ccise.json", "ccise");
}

static void keep_detail(void *user, enum vector_outcome outcome, const char *section,
                        const char *name, const char *detail)
{
    (void)outcome;
    (void)section;
    snprintf(user, 320, "%s: %s", name, detail);
}

static void first_difference_is_named(void **state)
{
    (void)state;
    char said[320] = "";
    json_t *root = json_load_file(CAMSEAL_SOURCE_DIR "/vectors/ccise.json", 0, NULL);
    json_t *vector = json_array_get(json_object_get(root, "ccise"), 0);
    json_t *unit = json_array_get(json_object_get(vector, "units"), 0);
    json_t *mac = json_object_get(unit, "mac");
    json_object_set_new(mac, "tag", changed(json_object_get(mac, "tag"))); /* 8 bytes */
    vector_run run = {.bulk = camseal_bulk_soft(),
                      .crypto = camseal_openssl(),
                      .report = keep_detail,
                      .user = said};
    assert_true(vector_check(&run, root));
    assert_non_null(strstr(said, json_string_value(json_object_get(vector, "name"))));
    assert_non_null(strstr(said, "tag: first difference at byte 7: "));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sep_message), cmocka_unit_test(sep_data_type),
        cmocka_unit_test(sep_frame),   cmocka_unit_test(fsed),
        cmocka_unit_test(ccise),       cmocka_unit_test(first_difference_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
