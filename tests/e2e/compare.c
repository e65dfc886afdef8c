/* compare SPEC WxH FORMAT FRAME PICTURE: is the lossless picture of the ECU frame FRAME (from 0) of
 * this source?
 *
 * Judges what happened between the sensor's scene and the ECU's picture; the scene itself is judged
 * by its own tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "develop.h"
#include "keyfile.h"
#include "scene.h"
#include "stream_profile.h"

static int no(const char *what, const char *text)
{
    fprintf(stderr, "compare: %s: %s\n", what, text);
    return 1;
}

static int judge(scene *s, uint8_t dt, uint64_t frame, const picture *seen)
{
    picture_error error = {""};
    unsigned width = scene_width(s), height = scene_height(s);
    size_t n = (size_t)height * scene_line_samples(s);
    uint16_t *wanted = calloc(n, sizeof *wanted), *got = calloc(n, sizeof *got);
    int code = 0;
    if (!wanted || !got)
        code = no("memory", "none");
    else if (scene_frame(s, frame, wanted) != CAMSEAL_OK)
        code = no("scene", scene_error(s));
    else if (develop_samples(got, seen, dt, width, height, &error) != CAMSEAL_OK)
        code = no("picture", error.text);
    else if (memcmp(wanted, got, n * sizeof *got) != 0)
        code = no("picture", "other samples");
    free(wanted);
    free(got);
    return code;
}

int main(int argc, char **argv)
{
    scene_options options = {0};
    picture_error error = {""};
    picture seen = {0};
    pki_file file;
    scene *s = NULL;
    if (argc != 6 || sscanf(argv[2], "%ux%u", &options.width, &options.height) != 2 ||
        !stream_format_parse(&options.dt, argv[3]))
        return no("usage", "compare SPEC WxH FORMAT FRAME PICTURE");
    if (scene_open(&s, argv[1], &options, &error) != CAMSEAL_OK)
        return no("scene", error.text);
    int code = 1;
    if (pki_load_file(&file, argv[5], 1u << 26) != CAMSEAL_OK)
        no(argv[5], file.error);
    else if (picture_png_read(&seen, camseal_span_of(file.data, file.len), argv[5], &error) !=
             CAMSEAL_OK)
        no(argv[5], error.text);
    else
        code = judge(s, options.dt, strtoull(argv[4], NULL, 10), &seen);
    pki_file_free(&file);
    picture_free(&seen);
    scene_close(s);
    return code;
}
