#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "printf_like.h"

static camseal_status fail(char error[512], camseal_status status, const char *format, ...)
    CAMSEAL_PRINTF_LIKE(3, 4);

static camseal_status fail(char error[512], camseal_status status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(error, 512, format, values);
    va_end(values);
    return status;
}

/* Fills data[0..limit] as far as the file goes; -1 with errno on failure. One byte more than the
 * limit is read, to notice longer files (a size from stat would be wrong for pipes). */
static ssize_t read_up_to(int fd, uint8_t *data, size_t limit)
{
    size_t len = 0;
    while (len <= limit) {
        ssize_t n = read(fd, data + len, limit + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static camseal_status read_open_file(pki_file *file, int fd, const char *path, size_t limit)
{
    file->data = calloc(1, limit + 2);
    if (!file->data)
        return fail(file->error, CAMSEAL_E_MEMORY, "%s: out of memory", path);
    ssize_t len = read_up_to(fd, file->data, limit);
    if (len < 0)
        return fail(file->error, CAMSEAL_E_FILE, "%s: cannot read: %s", path, strerror(errno));
    file->len = (size_t)len;
    if (file->len == 0)
        return fail(file->error, CAMSEAL_E_FORMAT, "%s: the file is empty", path);
    if (file->len > limit)
        return fail(file->error, CAMSEAL_E_FORMAT, "%s: the file is longer than %zu bytes", path,
                    limit);
    return CAMSEAL_OK;
}

static camseal_status load(pki_file *file, const char *path, size_t limit, bool secret)
{
    memset(file, 0, sizeof *file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(file->error, CAMSEAL_E_FILE, "%s: cannot open: %s", path, strerror(errno));
    struct stat info;
    camseal_status status;
    if (fstat(fd, &info))
        status = fail(file->error, CAMSEAL_E_FILE, "%s: cannot read: %s", path, strerror(errno));
    else if (secret && (info.st_mode & (S_IRWXG | S_IRWXO)))
        status =
            fail(file->error, CAMSEAL_E_POLICY,
                 "%s: others than its owner may access this file: chmod 600 it, and make a new key "
                 "if anybody may have read it",
                 path);
    else
        status = read_open_file(file, fd, path, limit);
    close(fd);
    if (status != CAMSEAL_OK)
        pki_file_free(file);
    return status;
}

camseal_status pki_load_file(pki_file *file, const char *path, size_t limit)
{
    return load(file, path, limit, false);
}

camseal_status pki_load_secret_file(pki_file *file, const char *path, size_t limit)
{
    return load(file, path, limit, true);
}

void pki_file_free(pki_file *file)
{
    if (file->data)
        OPENSSL_cleanse(file->data, file->len);
    free(file->data);
    file->data = NULL;
    file->len = 0;
}

camseal_status pki_load_key_file(pki_key *key, const char *path)
{
    pki_file file;
    memset(key, 0, sizeof *key);
    camseal_status status = pki_load_secret_file(&file, path, PKI_KEY_FILE_MAX);
    if (status != CAMSEAL_OK) {
        memcpy(key->error, file.error, sizeof key->error);
        return status;
    }
    status = camseal_openssl_key_load(&key->ref, &key->sign, camseal_span_of(file.data, file.len));
    pki_file_free(&file);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    return fail(
        key->error, status,
        "%s: no usable private key: give an unencrypted P-256, P-384, P-521, Ed25519 or RSA key "
        "(2048, 3072 or 4096 bits) in PEM or DER",
        path);
}

void pki_key_free(pki_key *key)
{
    camseal_openssl_key_free(&key->ref);
    key->sign = CAMSEAL_SIGN_NONE;
}

bool pki_looks_like_pem(camseal_span bytes)
{
    static const char begin[] = "-----BEGIN ";
    return bytes.len >= sizeof begin - 1 && memcmp(bytes.data, begin, sizeof begin - 1) == 0;
}
