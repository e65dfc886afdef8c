/* What the key pair tests share: a pair of engines whose responder serves a table of key pairs. */
#ifndef CAMSEAL_TESTS_KEYPAIR_RIG_H
#define CAMSEAL_TESTS_KEYPAIR_RIG_H

#include "spdm_pair.h"

#include "camseal/spdm_keypair.h"

enum { PAIRS = 5, OUTSIDE = 0xFF, EVERYTHING = 0x3F };

/* The application. Its table: 1 fixed, in slot 0; 2 all can be done, has a P-384 key, in no slot; 3
 * all but sharing, no key yet; 4 post-quantum, in slots 1 and 2; 5 nothing but ASSOCIATE. */
struct keypair_app {
    camseal_spdm_key_pair table[PAIRS];
    unsigned gets, sets, abandoned;
    unsigned pending_gets, pending_sets;
    camseal_status get_fails, authorise_fails, set_fails;
    bool reset;
    camseal_spdm_key_change authorised, done;
};
extern struct keypair_app app;
extern camseal_spdm_key_pairs service;
extern struct pair p;

/* Fills all of these; not started. begin: connected too. */
void prepare(uint8_t version);
void begin(uint8_t version);

/* GET_KEY_PAIR_INFO into these. */
extern camseal_spdm_key_pair seen;
extern uint8_t seen_total;
camseal_status ask(uint8_t session, uint8_t n);
camseal_status change(const camseal_spdm_key_change *c);
uint8_t peer_error(void);

#endif
