/* `camseal spdm`: a policy from the command line, and names of what is negotiated. */
#ifndef CAMSEAL_TOOL_SPDM_POLICY_H
#define CAMSEAL_TOOL_SPDM_POLICY_H

#include <jansson.h>

#include "camseal/spdm.h"

enum { SPDM_PREFER_MAX = 16 };

/* A policy and the lists that it borrows. Must not move once filled. */
typedef struct spdm_policy {
    camseal_spdm_policy rules;
    uint8_t hash[SPDM_PREFER_MAX], sign[SPDM_PREFER_MAX], req_sign[SPDM_PREFER_MAX],
        kex[SPDM_PREFER_MAX], aead[SPDM_PREFER_MAX];
    uint32_t capabilities; /* CAMSEAL_SPDM_CAP_...: only these; 0: all */
} spdm_policy;

typedef enum spdm_algorithm_kind {
    SPDM_KIND_HASH,
    SPDM_KIND_SIGN,
    SPDM_KIND_REQ_SIGN,
    SPDM_KIND_KEX,
    SPDM_KIND_AEAD
} spdm_algorithm_kind;

/* "SHA-384,SHA-256", best first; case, '-' and '_' do not matter. NULL, or what is wrong: a static
 * text, with *word the name that nobody knows. */
const char *spdm_policy_algorithms(spdm_policy *p, spdm_algorithm_kind kind, const char *text,
                                   char word[32]);
/* Names for a help text or an error line: "SHA-256, SHA-384, ...". */
void spdm_policy_known(spdm_algorithm_kind kind, char *text, size_t size);
/* "1.2..1.4" or "1.3". */
bool spdm_policy_versions(spdm_policy *p, const char *text);
/* The same for secured messages, 1.0 to 1.3. */
bool spdm_policy_secured(spdm_policy *p, const char *text);
/* "refuse", "allow", "require". */
bool spdm_policy_rule(uint8_t *rule, const char *text);

/* "CHAL,HBEAT": capabilities that are not offered, as the list below names them. NULL, or the word
 * that names none. */
const char *spdm_policy_without(spdm_policy *p, const char *text, char word[32]);

/* A list of the algorithms in a mask (CAMSEAL_SPDM_BIT) that this build has. */
json_t *spdm_algorithm_names(spdm_algorithm_kind kind, uint32_t mask);
/* A list of the capabilities of a responder, as DSP0274 names them. */
json_t *spdm_flag_names(uint32_t flags);
/* What was agreed so far. */
json_t *spdm_info_json(const camseal_spdm_info *info);
void spdm_info_print(const camseal_spdm_info *info);

#endif
