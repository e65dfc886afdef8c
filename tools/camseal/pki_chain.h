/* A certificate chain as people see it: names, validity, every rule, the pin. */
#ifndef CAMSEAL_TOOL_PKI_CHAIN_H
#define CAMSEAL_TOOL_PKI_CHAIN_H

#include <jansson.h>

#include "pki.h"
#include "pki_rules.h"

enum { PKI_CHAIN_MAX = 8, PKI_CHAIN_NAME_BYTES = 256 };

typedef struct pki_chain {
    camseal_span bytes; /* borrowed: DER certificates, root ... device */
    camseal_span der[PKI_CHAIN_MAX];
    X509 *cert[PKI_CHAIN_MAX];
    size_t n;
    struct pki_verdict verdict;
    char pin[PKI_PIN_TEXT]; /* "" when the leaf cannot be read */
    char device_info[PKI_CHAIN_NAME_BYTES];
} pki_chain;

/* Borrows `der`. SPACE: too many certificates; FORMAT: none at *broken_at. Free in either case. */
camseal_status pki_chain_read(pki_chain *c, camseal_span der, size_t *broken_at);
/* `anchor` may be empty: trust is not judged then. `now`: seconds since 1970. */
void pki_chain_judge(pki_chain *c, camseal_span anchor, int64_t now);
void pki_chain_free(pki_chain *c);

void pki_chain_print(const pki_chain *c);
/* good, certificates, rules, device_info, pin. */
json_t *pki_chain_json(const pki_chain *c);

#endif
