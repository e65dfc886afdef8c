#include "ecu_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture_files.h"
#include "picture_write.h"

enum { PATH_BYTES = 4096 };

static camseal_status fail(ecu_output *output, camseal_status status, const char *text)
{
    if (output->status == CAMSEAL_OK) {
        output->status = status;
        snprintf(output->error, sizeof output->error, "%s", text);
    }
    return output->status;
}

static void note(ecu_output *output, camseal_status status, const picture_error *error)
{
    if (status != CAMSEAL_OK)
        fail(output, status, error->text);
}

camseal_status ecu_output_init(ecu_output *output, const char *folder, uint64_t save_every,
                               uint64_t marks_max)
{
    memset(output, 0, sizeof *output);
    output->folder = folder;
    output->save_every = save_every;
    output->marks_max = marks_max;
    picture_error error;
    if (folder)
        note(output, picture_files_folder(folder, &error), &error);
    return output->status;
}

static void write_png(ecu_output *output, const picture *p, const char *name, unsigned significant)
{
    char path[PATH_BYTES];
    picture_error error;
    snprintf(path, sizeof path, "%s/%s", output->folder, name);
    camseal_status status = picture_write_png(path, p, significant, &error);
    if (status != CAMSEAL_OK)
        fail(output, status, error.text);
}

static void write_accepted(ecu_output *output, const assembly *a, const char *name)
{
    picture_error error;
    note(output, picture_files_accepted(output->folder, name, a, &error), &error);
}

/* The frame as far as it verified, with what was found on each line. */
static void write_marked(ecu_output *output, const frame_entry *entry, const uint8_t *lines)
{
    const camseal_record *f = &entry->frame;
    unsigned reason = f->reason || !entry->n_bad ? f->reason : entry->bad[0].reason;
    char title[120], file[64];
    picture_error error;
    snprintf(title, sizeof title, "frame %" PRIu64 ": %s, %s", f->frame_count,
             camseal_verdict_name(f->verdict), camseal_reason_name(reason));
    snprintf(file, sizeof file, "tampered-%06" PRIu64, f->frame_count);
    note(output, picture_files_marked(output->folder, file, entry->picture, lines, title, &error),
         &error);
}

void ecu_output_frame(ecu_output *output, const frame_entry *entry, bool good)
{
    assembly *a = entry->picture;
    bool spotless = good && !entry->n_bad && !entry->n_missing;
    if (!output->folder || output->status != CAMSEAL_OK || !a->height)
        return;
    uint8_t *lines = malloc(a->height);
    if (!lines)
        return;
    assembly_lines(a, lines);
    if (entry->frame.kind)
        overview_add(&output->overview, entry->frame.frame_count, lines, a->height);
    if (!spotless) {
        output->spoilt = true;
        if (output->marks < output->marks_max) {
            output->marks++;
            write_marked(output, entry, lines);
        }
    }
    free(lines);
    if (!good)
        return;
    output->good++;
    if (output->save_every && output->good % output->save_every == 0) {
        char name[64];
        snprintf(name, sizeof name, "frame-%06" PRIu64, entry->frame.frame_count);
        write_accepted(output, a, name);
    }
    /* The book goes on with the old picture's memory; it must have the same shape. */
    if (!output->accepted.samples)
        output->accepted.dt = a->dt;
    assembly_swap(a, &output->accepted);
}

static void write_overview(ecu_output *output)
{
    picture p = {0};
    picture_error error;
    camseal_status status = overview_draw(&p, &output->overview, &error);
    if (status == CAMSEAL_OK)
        write_png(output, &p, "tampering.png", 0);
    else
        fail(output, status, error.text);
    picture_free(&p);
}

camseal_status ecu_output_finish(ecu_output *output)
{
    if (output->folder && output->spoilt && output->overview.frames && output->status == CAMSEAL_OK)
        write_overview(output);
    if (output->folder && output->good && output->status == CAMSEAL_OK)
        write_accepted(output, &output->accepted, "accepted");
    return output->status;
}

void ecu_output_free(ecu_output *output)
{
    assembly_free(&output->accepted);
    overview_free(&output->overview);
}
