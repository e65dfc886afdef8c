/* `camseal spdm challenge`: does the device hold the key of its certificate? */
#include <stdio.h>

#include "hex.h"
#include "spdm.h"
#include "spdm_client.h"

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_OWN_OPTIONS,
    {SPDM_OPT_SUMMARY, 0, "summary", "WHAT",
     "also ask for a measurement summary: none (default), tcb, all"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm challenge", "--to ENDPOINT --trust FILE [options]",
    "Authenticates a responder: its certificate chain, and a signature over a fresh nonce and\n"
    "everything that was said before.",
    options, "Exit code 0: it is who it says; 4: it is not; otherwise see 'camseal --help'."};

static void put_hex(json_t *j, const char *key, const uint8_t *bytes, size_t n)
{
    char text[2 * CAMSEAL_HASH_MAX + 1] = "";
    hex_write(text, bytes, n);
    json_object_set_new(j, key, json_string(text));
}

static void show(spdm_client *c)
{
    const camseal_spdm_info *info = spdm_client_info(c);
    const camseal_hash *hash = camseal_crypto_hash(&c->crypto, info->hash);
    put_hex(c->result, "pin", info->leaf_key_hash, 32);
    if (c->config.summary && hash)
        put_hex(c->result, "measurement_summary", info->measurement_summary, hash->digest_bytes);
    if (!spdm_client_talks(c))
        return;
    spdm_info_print(info);
    printf("authenticated: slot %u, %u certificates, pin %s\n", (unsigned)c->config.slot,
           (unsigned)info->certificates, json_string_value(json_object_get(c->result, "pin")));
    if (json_object_get(c->result, "measurement_summary"))
        printf("measurement summary %s\n",
               json_string_value(json_object_get(c->result, "measurement_summary")));
}

int spdm_challenge(int argc, char **argv)
{
    spdm_client *c = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    if (!c)
        return CLI_EXIT_BUG;
    c->config.challenge = true;
    while (!code && (id = cli_next(&c->args)) > 0)
        code = spdm_client_option(c, id);
    if (!code && id < 0)
        return spdm_client_close(c, c->args.exit);
    if (!code)
        code = spdm_client_open(c);
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code)
        show(c);
    return spdm_client_close(c, code);
}
