/* Pictures as the messages of frames: top lines, image lines, bottom lines. */
#include <stdlib.h>
#include <string.h>

#include "camseal/csi2.h"
#include "develop.h"
#include "embedded_record.h"
#include "protect.h"

static int fail(camseal_status status, const char *text)
{
    return cli_fail("protect", status, "%s", text);
}

static int open_scene(protect_camera *c)
{
    picture_error error;
    camseal_status status = scene_open(&c->scene, c->inputs[c->input], &c->mode, &error);
    if (status != CAMSEAL_OK)
        return fail(status, error.text);
    c->input_frames = 0;
    return -1;
}

static bool make_room(protect_camera *c)
{
    c->payload_bytes = c->line_bytes > EMBEDDED_BYTES ? c->line_bytes : EMBEDDED_BYTES;
    c->samples = malloc(c->height * c->line_samples * sizeof *c->samples);
    c->payloads = malloc(protect_camera_messages(c) * c->payload_bytes);
    c->own = malloc(3 * c->own_bytes);
    return c->samples && c->payloads && c->own;
}

int protect_camera_open(protect_camera *c)
{
    c->mode.pan = -1;
    c->mode.dt = c->dt;
    int code = open_scene(c);
    if (code >= 0)
        return code;
    c->width = c->mode.width = scene_width(c->scene);
    c->height = c->mode.height = scene_height(c->scene);
    c->line_samples = scene_line_samples(c->scene);
    c->line_bytes = camseal_csi2_line_bytes(c->dt, c->line_samples);
    if (!c->line_bytes || c->line_bytes > 65000u || protect_camera_messages(c) > UINT16_MAX)
        return cli_fail("protect", CAMSEAL_E_ARGUMENT,
                        "%s: lines of %u pixels do not pack into %s packets: give a --mode with a "
                        "width that is a multiple of 4",
                        c->inputs[0], c->width, camseal_csi2_dt_name(c->dt));
    return make_room(c) ? -1 : fail(CAMSEAL_E_MEMORY, "no memory for a frame");
}

unsigned protect_camera_messages(const protect_camera *c)
{
    return c->top + c->height + c->bottom;
}

static uint8_t *payload(const protect_camera *c, unsigned message)
{
    return c->payloads + message * c->payload_bytes;
}

camseal_mspan protect_camera_payload(const protect_camera *c, unsigned message)
{
    const bool image = message >= c->top && message < c->top + c->height;
    return camseal_mspan_of(payload(c, message), image ? c->line_bytes : EMBEDDED_BYTES);
}

static void put_embedded(const protect_camera *c, unsigned first, unsigned lines)
{
    for (unsigned i = 0; i < lines; i++) {
        const embedded_record record = {
            (uint8_t)i,         (uint8_t)lines,      c->dt,
            (uint16_t)c->width, (uint16_t)c->height, (uint32_t)c->frames + 1u};
        embedded_encode(payload(c, first + i), &record);
    }
}

static camseal_status pack(protect_camera *c)
{
    put_embedded(c, 0, c->top);
    put_embedded(c, c->top + c->height, c->bottom);
    for (unsigned row = 0; row < c->height; row++) {
        camseal_buf out = {payload(c, c->top + row), c->payload_bytes, 0};
        camseal_status status =
            camseal_csi2_pack(&out, c->dt, c->samples + row * c->line_samples, c->line_samples);
        if (status != CAMSEAL_OK)
            return status;
    }
    return CAMSEAL_OK;
}

static void next_input(protect_camera *c)
{
    scene_close(c->scene);
    c->scene = NULL;
    c->input++;
}

/* The next frame of the open input into `samples`; *end: it has no more. */
static int take_frame(protect_camera *c, bool endless, bool *end)
{
    camseal_status status = scene_frame(c->scene, c->input_frames, c->samples);
    *end = status == CAMSEAL_E_NOT_FOUND;
    if (status != CAMSEAL_OK && !*end)
        return fail(status, scene_error(c->scene));
    if (!*end && c->input_frames && scene_is_still(c->scene) && !endless)
        *end = true;
    c->input_frames++;
    return -1;
}

int protect_camera_next(protect_camera *c, uint64_t limit, bool *over)
{
    bool end = true;
    *over = true;
    if (limit && c->frames == limit)
        return -1;
    while (end && c->input < c->n_inputs) {
        int code = c->scene ? -1 : open_scene(c);
        if (code < 0)
            code = take_frame(c, limit && c->input + 1 == c->n_inputs, &end);
        if (code >= 0)
            return code;
        if (end)
            next_input(c);
    }
    if (end)
        return -1;
    *over = false;
    c->next = 0;
    return pack(c) == CAMSEAL_OK ? -1 : fail(CAMSEAL_E_BUG, "a frame cannot be packed");
}

void protect_camera_close(protect_camera *c)
{
    scene_close(c->scene);
    free(c->samples);
    free(c->payloads);
    free(c->own);
}
