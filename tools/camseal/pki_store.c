/* Files of `camseal pki`: certificates, keys, pins. Every one appears whole or not at all. */
#include "pki.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "cli.h"
#include "keyfile.h"
#include "outfile.h"

enum { PATH_BYTES = 4096 };

static int path_of(const char *verb, char path[PATH_BYTES], const char *folder, const char *name)
{
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, name) < PATH_BYTES)
        return CLI_EXIT_OK;
    return cli_fail(verb, CAMSEAL_E_ARGUMENT, "%.60s...: the path is too long", folder);
}

int pki_folder_make(const char *verb, const char *folder)
{
    struct stat info;
    if (mkdir(folder, 0777) == 0)
        return CLI_EXIT_OK;
    if (errno != EEXIST)
        return cli_fail(verb, CAMSEAL_E_FILE, "%s: cannot make the folder: %s", folder,
                        strerror(errno));
    if (stat(folder, &info) || !S_ISDIR(info.st_mode))
        return cli_fail(verb, CAMSEAL_E_FILE, "%s: is not a folder: choose another --out", folder);
    return CLI_EXIT_OK;
}

int pki_folder_guard(const char *verb, const char *folder, const char *key_name, bool force)
{
    char path[PATH_BYTES];
    struct stat info;
    int exit_code = path_of(verb, path, folder, key_name);
    if (exit_code)
        return exit_code;
    if (force || (lstat(path, &info) && errno == ENOENT))
        return CLI_EXIT_OK;
    return cli_fail(verb, CAMSEAL_E_FILE,
                    "%s: there is a key already: choose another --out, or --force to replace it",
                    path);
}

static int save(const char *verb, const char *folder, const char *name, camseal_span bytes,
                bool secret)
{
    char path[PATH_BYTES];
    outfile file;
    int exit_code = path_of(verb, path, folder, name);
    if (exit_code)
        return exit_code;
    camseal_status status = outfile_write(&file, path, secret, bytes.data, bytes.len);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", file.error);
    return CLI_EXIT_OK;
}

int pki_save(const char *verb, const char *folder, const char *name, camseal_span bytes)
{
    return save(verb, folder, name, bytes, false);
}

int pki_save_cert(const char *verb, const char *folder, const char *name, X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    if (len <= 0)
        return cli_fail(verb, CAMSEAL_E_CRYPTO, "%s: the certificate cannot be encoded", name);
    int exit_code = pki_save(verb, folder, name, camseal_span_of(der, (size_t)len));
    OPENSSL_free(der);
    return exit_code;
}

int pki_save_key(const char *verb, const char *folder, const char *name, EVP_PKEY *key)
{
    int exit_code;
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
        exit_code = cli_fail(verb, CAMSEAL_E_CRYPTO, "%s: the key cannot be encoded", name);
    } else {
        long len = BIO_get_mem_data(bio, &text);
        exit_code = save(verb, folder, name, camseal_span_of(text, (size_t)len), true);
    }
    BIO_free(bio); /* wipes */
    return exit_code;
}

int pki_read_cert(const char *verb, const char *folder, const char *name, X509 **cert)
{
    char path[PATH_BYTES];
    pki_file file;
    int exit_code = path_of(verb, path, folder, name);
    if (exit_code)
        return exit_code;
    camseal_status status = pki_load_file(&file, path, PKI_CHAIN_FILE_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", file.error);
    const unsigned char *at = file.data;
    *cert = d2i_X509(NULL, &at, (long)file.len);
    bool whole = *cert && at == file.data + file.len;
    pki_file_free(&file);
    if (whole)
        return CLI_EXIT_OK;
    X509_free(*cert);
    *cert = NULL;
    return cli_fail(verb, CAMSEAL_E_FORMAT, "%s: is not one DER certificate", path);
}

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

int pki_read_key(const char *verb, const char *folder, const char *name, EVP_PKEY **key)
{
    char path[PATH_BYTES];
    pki_file file;
    int exit_code = path_of(verb, path, folder, name);
    if (exit_code)
        return exit_code;
    camseal_status status = pki_load_secret_file(&file, path, PKI_KEY_FILE_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", file.error);
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    pki_file_free(&file);
    if (*key)
        return CLI_EXIT_OK;
    return cli_fail(verb, CAMSEAL_E_KEY, "%s: is not an unencrypted private key in PEM", path);
}
