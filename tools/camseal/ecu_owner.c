/* `--owner FILE`: the secret by which a sensor knows its host again after the host was restarted
 * (OP1 §8). */
#include "ecu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "camseal/openssl.h"
#include "hex.h"

enum { SECRET = CAMSEAL_OWNER_SECRET_BYTES, TEXT = 2 * SECRET };

static int make(ecu *e, const char *path)
{
    char text[TEXT + 1];
    outfile file;
    camseal_status status = camseal_openssl()->random(camseal_openssl()->user, e->owner, SECRET);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", camseal_status_text(status));
    hex_write(text, e->owner, SECRET);
    text[TEXT] = '\n';
    status = outfile_write(&file, path, true, text, sizeof text);
    camseal_wipe(text, sizeof text);
    return status == CAMSEAL_OK ? -1 : cli_fail("ecu", status, "%s", file.error);
}

int ecu_load_owner(ecu *e)
{
    const char *path = e->options.owner;
    struct stat info;
    pki_file file;
    if (!path)
        return -1;
    if (stat(path, &info) && errno == ENOENT)
        return make(e, path);
    camseal_status status = pki_load_file(&file, path, TEXT + 1u);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", file.error);
    bool open = (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    bool good = file.len >= TEXT && hex_parse(e->owner, SECRET, (const char *)file.data);
    pki_file_free(&file);
    if (open)
        return cli_fail("ecu", CAMSEAL_E_POLICY,
                        "%s: others than its owner may access this secret: chmod 600 it", path);
    return good ? -1
                : cli_fail("ecu", CAMSEAL_E_FORMAT,
                           "%s: not an owner secret of %d hex digits: give a new name", path, TEXT);
}
