/* `camseal spdm respond --provision DIR`: certificates that requesters set, one file a slot, each
 * replaced as a whole; an empty file is an erased slot. CSRs are made with the keys of --key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camseal/openssl.h"
#include "outfile.h"
#include "spdm_respond.h"

enum { PATH_BYTES = 4096 };

static bool slot_path(const spdm_responder *r, uint8_t slot, char *path)
{
    int n = snprintf(path, PATH_BYTES, "%s/slot%u.der", r->options.provision, slot);
    return n > 0 && n < PATH_BYTES;
}

/* The --key of a KeyPairID; 0 names the one that the entry has now. */
static const camseal_key_ref *key_of(const spdm_responder *r, const camseal_spdm_identity *identity,
                                     uint8_t key_pair_id)
{
    size_t i = key_pair_id - 1u - (size_t)r->options.n.spare_keys;
    if (!key_pair_id)
        return &identity->key;
    return i < r->options.n_keys ? &r->files[i].key.ref : NULL;
}

/* Which key pair each slot has, in both tables. */
static void associate(spdm_responder *r)
{
    size_t spare = (size_t)r->options.n.spare_keys;
    for (size_t k = 0; k < r->options.n_keys; k++) {
        uint8_t slots = 0;
        for (size_t i = 0; i < r->options.n_keys; i++) {
            camseal_spdm_identity *id = &r->identities[i];
            if (id->key.handle != r->files[k].key.ref.handle)
                continue;
            id->key_pair_id = (uint8_t)(spare + k + 1);
            slots = (uint8_t)(slots | 1u << id->slot);
        }
        r->pairs[spare + k].slots = slots;
    }
}

/* ---- what was stored before ------------------------------------------------------------------ */

/* The --key that the chain is for; NULL: none. */
static const camseal_key_ref *find_key(const spdm_responder *r, camseal_span chain, size_t own,
                                       const char **why)
{
    camseal_span first = camseal_span_of(chain.data, identity_first_certificate(chain));
    camseal_chain_job job = {
        .chain = chain, .anchors = &first, .n_anchors = 1, .time = {CAMSEAL_TIME_IGNORE, 0}};
    *why = "no sound certificate chain";
    if (!first.len || camseal_openssl()->chain(camseal_openssl()->user, &job) != CAMSEAL_OK)
        return NULL;
    *why = "it is for none of the keys given";
    for (size_t n = 0; n < r->options.n_keys; n++) {
        const camseal_key_ref *key = &r->files[(own + n) % r->options.n_keys].key.ref;
        if (camseal_openssl_key_matches(key, job.leaf_spki) == CAMSEAL_OK)
            return key;
    }
    return NULL;
}

static int load_slot(spdm_responder *r, size_t i)
{
    char path[PATH_BYTES];
    const char *why = "";
    struct stat st;
    pki_file file = {0};
    camseal_spdm_identity *id = &r->identities[i];
    if (!slot_path(r, id->slot, path))
        return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FILE, "--provision: too long a path");
    if (stat(path, &st))
        return errno == ENOENT
                   ? CLI_EXIT_OK
                   : cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FILE, "%s: %s", path, strerror(errno));
    if (st.st_size) {
        camseal_status status = pki_load_file(&file, path, PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail(SPDM_RESPOND_VERB, status, "%s", file.error);
    }
    pki_file_free(&r->files[i].chain);
    r->files[i].chain = file;
    id->chain = camseal_span_of(file.data, file.len);
    const camseal_key_ref *key = file.len ? find_key(r, id->chain, i, &why) : &id->key;
    if (!key)
        return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_KEY, "%s: %s", path, why);
    id->key = *key;
    return CLI_EXIT_OK;
}

int spdm_respond_open_provision(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    int code = CLI_EXIT_OK;
    if (o->provision && access(o->provision, W_OK | X_OK))
        return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FILE, "--provision %s: %s: make the folder",
                        o->provision, strerror(errno));
    for (size_t i = 0; o->provision && !code && i < o->n_keys; i++)
        code = load_slot(r, i);
    for (size_t i = 0; !code && i < o->n_install; i++) {
        pki_file *file = &r->install_files[i];
        camseal_status status = pki_load_file(file, o->install[i], PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail(SPDM_RESPOND_VERB, status, "--install-trust %s", file->error);
        r->install_anchors[i] = camseal_span_of(file->data, file->len);
        if (!identity_first_certificate(r->install_anchors[i]))
            code = cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FORMAT,
                            "--install-trust %s: is no DER certificate", o->install[i]);
    }
    return code;
}

/* ---- for the engine -------------------------------------------------------------------------- */

static camseal_status authorise(void *user, const camseal_spdm_installation *what)
{
    const spdm_responder *r = user;
    return r->options.trusted || what->proof != CAMSEAL_SPDM_PROOF_NONE ? CAMSEAL_OK
                                                                        : CAMSEAL_E_POLICY;
}

static camseal_status fits_key(void *user, const camseal_spdm_installation *what)
{
    const camseal_key_ref *key = key_of(user, what->identity, what->key_pair_id);
    return key ? camseal_openssl_key_matches(key, what->leaf_spki) : CAMSEAL_E_KEY;
}

/* A rename is on the disk when its folder is. */
static camseal_status sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return CAMSEAL_E_FILE;
    int code = fsync(fd);
    (void)close(fd);
    return code ? CAMSEAL_E_FILE : CAMSEAL_OK;
}

static camseal_status write_slot(const spdm_responder *r, uint8_t slot, camseal_span chain)
{
    char path[PATH_BYTES];
    outfile file;
    if (!slot_path(r, slot, path))
        return CAMSEAL_E_FILE;
    camseal_status status = outfile_write(&file, path, false, chain.data, chain.len);
    if (status != CAMSEAL_OK)
        cli_warn(SPDM_RESPOND_VERB, "%s", file.error);
    return status == CAMSEAL_OK ? sync_folder(r->options.provision) : status;
}

static camseal_status store(void *user, const camseal_spdm_installation *what, bool *reset)
{
    spdm_responder *r = user;
    size_t i = (size_t)(what->identity - r->identities);
    camseal_spdm_identity *id = &r->identities[i];
    const camseal_key_ref *key = key_of(r, id, what->erase ? 0 : what->key_pair_id);
    pki_file copy = {.data = calloc(1, what->chain.len + 1), .len = what->chain.len};
    camseal_status status = copy.data && key ? CAMSEAL_OK : CAMSEAL_E_MEMORY;
    *reset = false;
    if (status == CAMSEAL_OK && copy.len)
        memcpy(copy.data, what->chain.data, copy.len);
    if (status == CAMSEAL_OK)
        status = write_slot(r, what->slot, what->chain);
    if (status != CAMSEAL_OK) {
        pki_file_free(&copy);
        return status;
    }
    pki_file_free(&r->files[i].chain);
    r->files[i].chain = copy;
    id->chain = camseal_span_of(copy.data, copy.len);
    id->model = what->key_pair_id ? what->model : id->model;
    id->key = *key;
    associate(r);
    if (spdm_responder_talks(r))
        printf("  slot %u: %zu bytes of certificates stored\n", what->slot, copy.len);
    return CAMSEAL_OK;
}

static camseal_status make_csr(void *user, const camseal_spdm_csr_request *request,
                               camseal_buf *csr, bool *reset, uint8_t *tag)
{
    const spdm_responder *r = user;
    size_t i = 0;
    while (i + 1 < r->options.n_keys &&
           !camseal_sign_fits_key(request->sign, r->identities[i].sign))
        i++;
    const camseal_key_ref *key = key_of(r, &r->identities[i], request->key_pair_id);
    *reset = false;
    *tag = 0;
    return key ? camseal_openssl_csr(key, request->hash, request->requester_info,
                                     "camseal responder", csr)
               : CAMSEAL_E_KEY;
}

bool spdm_respond_provision(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    if (!o->provision)
        return false;
    r->provisioner = (camseal_spdm_provisioner){.trusted_environment = o->trusted,
                                                .anchors = r->install_anchors,
                                                .n_anchors = o->n_install,
                                                .time = o->time,
                                                .authorise = authorise,
                                                .fits_key = fits_key,
                                                .store = store,
                                                .csr = make_csr,
                                                .user = r};
    r->config.provisioner = &r->provisioner;
    associate(r);
    return true;
}
