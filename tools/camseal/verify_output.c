/* Pictures of `verify`: each good frame, marked bad ones, and the coverage of all. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "picture_files.h"
#include "picture_write.h"
#include "verify.h"

static void note(verify *v, camseal_status status, const picture_error *error)
{
    if (status == CAMSEAL_OK || v->output != CAMSEAL_OK)
        return;
    v->output = status;
    v->output_error = *error;
}

/* With one camera its name is left out. */
static void name_of(char *out, size_t size, const verify_camera *c, const char *suffix,
                    uint64_t frame)
{
    const bool one = c->owner->n_cameras == 1;
    snprintf(out, size, "%s%sframe-%06" PRIu64 "%s", one ? "" : c->name, one ? "" : "-", frame,
             suffix);
}

static void write_marked(verify_camera *c, const frame_entry *e, const uint8_t *lines)
{
    char name[64], title[120];
    picture_error error;
    if (c->marked++ >= VERIFY_MARKED_MAX)
        return;
    snprintf(title, sizeof title, "%s frame %" PRIu64 ": %s", c->name, e->frame.frame_count,
             camseal_verdict_name(e->frame.verdict));
    name_of(name, sizeof name, c, "-marked", e->frame.frame_count);
    note(c->owner, picture_files_marked(c->owner->o->out, name, e->picture, lines, title, &error),
         &error);
}

static void write_good(verify_camera *c, const frame_entry *e)
{
    char name[64];
    picture_error error;
    name_of(name, sizeof name, c,
            e->frame.verdict == CAMSEAL_VERDICT_UNVERIFIED ? "-unverified" : "",
            e->frame.frame_count);
    note(c->owner, picture_files_accepted(c->owner->o->out, name, e->picture, &error), &error);
}

/* What is wrong with each line; where nothing is, how it was protected. */
static void fill_lines(const verify_camera *c, const assembly *a, uint8_t *lines)
{
    assembly_lines(a, lines);
    for (unsigned row = 0; row < a->height && row < c->cover_rows; row++)
        if (lines[row] == PICTURE_LINE_OK)
            lines[row] = c->cover[row];
}

static void set_stripes(verify_camera *c)
{
    const camseal_stride *stride = &c->owner->profile.config.stride;
    if (stride->unit == 2)
        c->overview.stripes = (overview_stripes){stride->offset, stride->run, stride->period};
}

void verify_output_frame(verify_camera *c, const frame_entry *e)
{
    verify *v = c->owner;
    const assembly *a = e->picture;
    if ((!v->o->out && !v->o->picture) || !a->height || e->frame.kind != CAMSEAL_RECORD_FRAME)
        return;
    uint8_t *lines = malloc(a->height);
    if (!lines)
        return;
    fill_lines(c, a, lines);
    set_stripes(c);
    overview_add(&c->overview, e->frame.frame_count, lines, a->height);
    const bool good = verify_is_good(v, e);
    if (v->o->out && good)
        write_good(c, e);
    else if (v->o->out)
        write_marked(c, e, lines);
    free(lines);
}

void verify_output_end(verify *v)
{
    picture all = {0};
    picture_error error;
    const overview *list[CSE_CAMERAS_MAX];
    const char *names[CSE_CAMERAS_MAX];
    size_t n = 0;
    if (!v->o->picture || v->output != CAMSEAL_OK)
        return;
    for (size_t i = 0; i < v->n_cameras; i++)
        if (v->cameras[i].overview.frames) {
            list[n] = &v->cameras[i].overview;
            names[n++] = v->cameras[i].name;
        }
    camseal_status status = overview_draw_all(&all, list, names, n, &error);
    if (status == CAMSEAL_OK)
        status = picture_write_png(v->o->picture, &all, 0, &error);
    note(v, status, &error);
    picture_free(&all);
}
