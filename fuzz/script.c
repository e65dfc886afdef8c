/* A script of `camseal spdm exec`: YAML into steps. Every script is read or refused in a line that
 * names the place; what was read is whole. Nothing runs. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "spdm_exec.h"

static const yaml_node_t *steps_of(exec_script *s)
{
    const yaml_node_t *key, *value, *root = yaml_file_root(&s->file);
    const char *name;
    for (size_t i = 0; (name = yaml_pair(&s->file, root, i, &key, &value)); i++)
        if (!strcmp(name, "steps"))
            return value;
    return root;
}

/* The steps to repeat lie within the script. */
static void require_whole(const exec_script *s)
{
    FUZZ_REQUIRE(s->n_steps && s->n_steps <= EXEC_STEPS_MAX);
    for (size_t i = 0; i < s->n_steps; i++) {
        const exec_step *step = &s->steps[i];
        FUZZ_REQUIRE(step->kind && step->name && step->line);
        FUZZ_REQUIRE(step->body < s->n_steps - i);
        FUZZ_REQUIRE(step->n_expect <= EXEC_EXPECT_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    exec_script s = {0};
    FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (!file)
        return 0;
    int code = yaml_file_read(&s.file, "fuzz", "script", file);
    if (!code)
        code = exec_script_read(&s, steps_of(&s));
    if (!code)
        require_whole(&s);
    exec_script_free(&s);
    fclose(file);
    return 0;
}
