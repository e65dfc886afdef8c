/* `camseal spdm respond`: the files that its options name. */
#include <stdlib.h>

#include "spdm_client.h"
#include "spdm_respond.h"

/* A slot that waits for its certificates. */
static int open_key(identity_file *f, const char *path)
{
    camseal_status status = pki_load_key_file(&f->key, path);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "%s", f->key.error);
    f->identity = (camseal_spdm_identity){.sign = f->key.sign, .key = f->key.ref};
    return CLI_EXIT_OK;
}

static int open_identities(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    for (size_t i = 0; i < o->n_keys; i++) {
        int code = i < o->n_chains ? identity_file_load(&r->files[i], SPDM_RESPOND_VERB,
                                                        o->chains[i], o->keys[i])
                                   : open_key(&r->files[i], o->keys[i]);
        if (code)
            return code;
        r->identities[i] = r->files[i].identity;
        r->identities[i].slot = o->slots[i];
    }
    return spdm_respond_open_provision(r);
}

static int open_psks(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    for (size_t i = 0; i < o->n_psks; i++) {
        pki_file *file = &r->psk_files[i];
        camseal_status status = pki_load_secret_file(file, o->psks[i], CAMSEAL_SPDM_PSK_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail(SPDM_RESPOND_VERB, status, "--psk %s", file->error);
    }
    return CLI_EXIT_OK;
}

/* What is known of the requester beforehand. */
static int open_requester(spdm_responder *r)
{
    const char *path = r->options.requester;
    if (!path)
        return CLI_EXIT_OK;
    camseal_status status = pki_load_file(&r->requester_file, path, PKI_CHAIN_FILE_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--requester %s", r->requester_file.error);
    return CLI_EXIT_OK;
}

int spdm_respond_open_files(spdm_responder *r)
{
    const spdm_responder_options *o = &r->options;
    int code = open_identities(r);
    if (!code)
        code = spdm_trust_load(SPDM_RESPOND_VERB, o->trust, o->n_trust, r->trust_files, r->anchors);
    if (!code && o->measurements)
        code = spdm_blocks_load(&r->blocks, SPDM_RESPOND_VERB, "measurements", o->measurements);
    if (!code && o->log)
        code = spdm_log_load(&r->log, SPDM_RESPOND_VERB, o->log);
    if (!code)
        code = open_psks(r);
    if (!code)
        code = open_requester(r);
    if (code)
        return code;
    camseal_status status = keylog_open(&r->keylog, o->keylog);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--keylog %s", r->keylog.file.error);
    return CLI_EXIT_OK;
}

void spdm_respond_free_files(spdm_responder *r)
{
    for (size_t i = 0; i < SPDM_RESPOND_IDENTITIES_MAX; i++)
        identity_file_free(&r->files[i]);
    for (size_t i = 0; i < SPDM_RESPOND_TRUST_MAX; i++)
        pki_file_free(&r->trust_files[i]);
    for (size_t i = 0; i < SPDM_RESPOND_TRUST_MAX; i++)
        pki_file_free(&r->install_files[i]);
    for (size_t i = 0; i < SPDM_RESPOND_PSKS_MAX; i++)
        pki_file_free(&r->psk_files[i]);
    pki_file_free(&r->requester_file);
    spdm_blocks_free(&r->blocks);
    free(r->log.data);
}
