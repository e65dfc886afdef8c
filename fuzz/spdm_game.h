/* The game between the engines and somebody in the middle: what its parts share. */
#ifndef CAMSEAL_FUZZ_SPDM_GAME_H
#define CAMSEAL_FUZZ_SPDM_GAME_H

#include "spdm_attack.h"

enum { GAME_QUEUE = 6 };

typedef struct spdm_game {
    spdm_role target;     /* whose messages are changed                              */
    unsigned countdown;   /* messages until one is attacked; 0: none is              */
    bool forged;          /* since the connection or its newest session began        */
    bool connects, opens; /* an honest connection, an honest session was possible  */
    bool measured;        /* evidence is being gathered                            */
    uint8_t place;        /* session that operations use; 0xFF outside             */
    unsigned errands;     /* of the responder, not ended                           */
    attack act;
    history to_req, to_rsp;
    wire queue[GAME_QUEUE]; /* for the requester */
    unsigned head, tail;
} spdm_game;
extern spdm_game game;

/* Steps the requester, and whoever it talks to, until its operation is over. */
camseal_status game_run(input *in);

/* Runs what was begun; in a session both ends still agree. */
camseal_status game_complete(input *in, camseal_status begun);

/* The room for results, anew; the input may make it small. And: nothing was handed out with a
 * failure, nothing written behind it. */
extern camseal_buf game_buffer;
camseal_buf *game_new_buffer(input *in);
void game_check_buffer(camseal_status status);

/* What the input can ask for, by number. */
typedef void (*game_operation)(input *in);
extern const game_operation game_operations[32];
void game_connect(input *in);
void game_session(input *in);
/* An honest vendor request whose answer is what was sent. */
void game_use_session(void);
void game_end_session(input *in);
void game_other_slot(input *in);
void game_get_csr(input *in);
void game_set_certificate(input *in);
void game_key_pairs(input *in);

#endif
