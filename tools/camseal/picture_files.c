#include "picture_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/try.h"
#include "camseal/csi2.h"
#include "develop.h"
#include "picture_write.h"

enum { PATH_BYTES = 4096 };

static camseal_status write_png(const char *folder, const char *name, const char *suffix,
                                const picture *p, unsigned significant, picture_error *error)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s%s.png", folder, name, suffix);
    return picture_write_png(path, p, significant, error);
}

static camseal_status write_samples(picture *p, const char *folder, const char *name,
                                    const assembly *a, picture_error *error)
{
    if (a->dt == CAMSEAL_CSI2_RGB888)
        return CAMSEAL_OK;
    const char *suffix = a->dt == CAMSEAL_CSI2_YUV422_8 ? "-samples" : "-mosaic";
    CAMSEAL_TRY(develop_lossless(p, a->dt, a->width, a->height, a->samples, error));
    return write_png(folder, name, suffix, p, camseal_csi2_bits(a->dt), error);
}

camseal_status picture_files_accepted(const char *folder, const char *name, const assembly *a,
                                      picture_error *error)
{
    picture p = {0};
    camseal_status status = develop_view(&p, a->dt, a->width, a->height, a->samples, error);
    if (status == CAMSEAL_OK)
        status = write_png(folder, name, "", &p, 0, error);
    if (status == CAMSEAL_OK)
        status = write_samples(&p, folder, name, a, error);
    picture_free(&p);
    return status;
}

camseal_status picture_files_marked(const char *folder, const char *name, const assembly *a,
                                    const uint8_t *lines, const char *title, picture_error *error)
{
    picture view = {0}, marked = {0};
    camseal_status status = develop_view(&view, a->dt, a->width, a->height, a->samples, error);
    if (status == CAMSEAL_OK)
        status = picture_mark(&marked, &view, lines, title, error);
    if (status == CAMSEAL_OK)
        status = write_png(folder, name, "", &marked, 0, error);
    picture_free(&view);
    picture_free(&marked);
    return status;
}

camseal_status picture_files_folder(const char *folder, picture_error *error)
{
    if (!mkdir(folder, 0777) || errno == EEXIST)
        return CAMSEAL_OK;
    return picture_fail(error, CAMSEAL_E_FILE, folder, "cannot be made (%s): give another --out",
                        strerror(errno));
}
