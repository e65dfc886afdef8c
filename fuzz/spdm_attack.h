/* What happens to one message on its way. */
#ifndef CAMSEAL_FUZZ_SPDM_ATTACK_H
#define CAMSEAL_FUZZ_SPDM_ATTACK_H

#include "spdm_engines.h"

enum { RING = 4 };

/* What went one way before. */
typedef struct history {
    wire ring[RING];
    unsigned n;
    wire held; /* taken out, to come behind the next; len 0: none */
} history;

void wire_copy(wire *out, const wire *in);
void history_note(history *h, const wire *m);

typedef struct attack {
    unsigned copies; /* how often the message is delivered now                 */
    bool forged;     /* something was sealed that its sender did not say       */
    bool again;      /* the next message is attacked too                       */
    bool extra;      /* `before` is delivered first                            */
    wire before;
} attack;

/* Changes `m`, which is for `to`, as the input says. */
void attack_message(attack *a, input *in, spdm_role to, wire *m, history *h);

#endif
